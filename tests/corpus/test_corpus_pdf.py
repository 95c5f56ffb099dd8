"""Every PDF of the reference corpus gives the XML that its expectations name, or an explained other.

The corpus is read where it lies, never copied: ``AIFE_SIM_SHARED``, else ``shared/`` beside the
repository.
"""

import json
import os
import statistics
import time
from pathlib import Path

import pytest

from simulator.messages.facturx import extract, profile_findings

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared")) / "corpus"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
]

# Where we say something else than expected.json: attachment taken (None for none), finding, reason.
NOT_WELL_FORMED = (
    "the oracle gives no XML that it cannot parse; ours goes on to the judge of syntax"
)
TWO = "two invoices under names of the specification; the oracle takes the first one it meets"
DIFFERENT = {
    "cas/PDF-002/facture.pdf": (
        "facture.xml",
        "FACTURX_NAME",
        "the oracle looks for the names of the specification; this one is the only CII invoice",
    ),
    "cas/XML-001/facture.pdf": ("factur-x.xml", None, NOT_WELL_FORMED),
    "cas/XML-003/facture.pdf": ("factur-x.xml", None, NOT_WELL_FORMED),
    "ZUGFeRDv2/fail/Mustangproject/factur-x-invalid-xml-encoding-attribute.pdf": (
        "factur-x.xml",
        None,
        NOT_WELL_FORMED,
    ),
    "validator/src/test/resources/invalidXMP-ParseError.pdf": (None, "IRR_SYNTAX_PDF_TWO", TWO),
    "validator/src/test/resources/invalidXMP.pdf": (None, "IRR_SYNTAX_PDF_TWO", TWO),
}
# The defect that each case of the container has by its own description.
DEFECTS = {
    "PDF-002": "FACTURX_NAME",
    "PDF-003": "FACTURX_RELATION",
    "PDF-004": "FACTURX_RELATION_SOURCE",
    "PDF-005": "FACTURX_XMP",
    "PDF-006": "FACTURX_PROFILE",
}


def pdfs():
    """Name, path and expectation of each PDF."""
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        for name, entry in files.items():
            if entry.get("type") == "pdf":
                yield name, expected.parent / name, entry


@pytest.fixture(scope="module")
def extracted():
    """What we take out of each, by path."""
    return {path: extract(path.read_bytes()) for _, path, _ in pdfs()}


def test_the_corpus_has_pdfs_with_and_without_xml():
    present = [bool(entry["xml"]) for _, _, entry in pdfs()]
    assert (len(present) > 80, True in present, False in present) == (True, True, True)


def test_every_pdf_of_the_folders_has_an_expectation():
    files = {path for path in CORPUS.rglob("*") if path.suffix.lower() == ".pdf"}
    assert {path for _, path, _ in pdfs()} == files


def test_the_xml_is_there_where_it_is_expected(extracted):
    found = {name: extracted[path].name for name, path, _ in pdfs() if name not in DIFFERENT}
    expected = {name: e["xml_file"] or "" for name, _, e in pdfs() if name not in DIFFERENT}
    assert found == expected


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_is_the_one_explained(extracted, name):
    attachment, rule, reason = DIFFERENT[name]
    ((path, entry),) = [(path, entry) for other, path, entry in pdfs() if other == name]
    assert (entry["xml_file"] or None) != attachment, f"no difference any more: {reason}"
    assert extracted[path].name == (attachment or "")
    assert (extracted[path].xml is None) == (attachment is None)
    rules = [f.rule for f in extracted[path].findings]
    assert rules == ([rule] if rule else [])


def test_there_is_an_error_exactly_where_there_is_no_xml(extracted):
    for found in extracted.values():
        assert any(f.refuses for f in found.findings) == (found.xml is None)


def test_a_pdf_without_attachment_says_so(extracted):
    without = [path for name, path, e in pdfs() if not e["xml"] and name not in DIFFERENT]
    assert without
    for path in without:
        assert [f.rule for f in extracted[path].findings] == ["IRR_SYNTAX_PDF_XML"]


def test_the_bytes_are_those_of_the_xml_beside_the_pdf(extracted):
    folders = [p for p in extracted if p.parent.parent.parent.name == "facturx-cas-limites"]
    pairs = [(extracted[p].xml, p.parent / "factur-x.xml") for p in folders]
    assert len(pairs) > 20
    assert [file for xml, file in pairs if xml != file.read_bytes()] == []


def test_each_case_with_a_defect_of_the_container_names_it_and_the_others_none(extracted):
    for name, path, entry in pdfs():
        if "facturx-cas-limites" not in path.parts:
            continue
        found = extracted[path]
        guideline = (entry["xml"] or {}).get("guideline", "")
        rules = [f.rule for f in (*found.findings, *profile_findings(found, guideline))]
        defect = DEFECTS.get(Path(name).parent.name)
        assert rules == ([defect] if defect else []), name


def test_the_official_samples_get_advice_and_no_error(extracted):
    samples = [path for path in extracted if path.name.startswith("FSO1117A")]
    assert len(samples) > 10
    for path in samples:
        assert extracted[path].xml is not None
        rules = {f.rule for f in extracted[path].findings}
        assert rules == {"FACTURX_ID", "FACTURX_INTENT", "FACTURX_FONT"}


def test_a_pdf_takes_less_than_two_milliseconds(extracted):
    def seconds(content):
        began = time.perf_counter()
        profile_findings(extract(content), "urn:cen.eu:en16931:2017")
        return time.perf_counter() - began

    contents = [path.read_bytes() for path in extracted]
    best = [min(seconds(content) for _ in range(3)) for content in contents]
    assert statistics.median(best) < 0.002
