"""CPP formats and CDAR against the reference: verdicts of the official schemas, facts of all files.

The official schemas of the CPP formats are an oracle, read where they lie, never copied:
``AIFE_SIM_SHARED``, else ``shared/`` beside the repository.
"""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cpp_documents import FLOW_STATUS, INVOICE_STATUS, PIVOT
from lxml import etree
from xml_mutations import mutants, parsed

from simulator import resources
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages import cppfacture, cppstatut, statusfacts

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared"))
CORPUS = SHARED / "corpus"
OFFICIAL = SHARED / "standards" / "cpp-pivot"
NAMES = {"CPPStatut": "CPPStatutPivot_V1_19", "CPPFacturePivot": "CPPFacturePivot_V2_02"}
OURS = {"CPPStatut": (FLOW_STATUS, INVOICE_STATUS), "CPPFacturePivot": (PIVOT,)}

MUTANTS = 500
NOW = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
    pytest.mark.skipif(not OFFICIAL.is_dir(), reason="no schemas of AIFE: set AIFE_SIM_SHARED"),
]


@pytest.fixture(scope="module", params=sorted(NAMES))
def pair(request):
    """Root tag, our schema, the official one."""
    return request.param, *schemas(request.param)


def schemas(tag):
    own = resources.path("schemas", "xsd", f"{tag}.xsd")
    official = OFFICIAL / f"{NAMES[tag]}.xsd"
    return [etree.XMLSchema(file=str(path)) for path in (own, official)]


def samples(tag):
    """Public samples of a format, without blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    roots = (
        etree.parse(path, parser).getroot() for path in sorted(CORPUS.glob("cpp-pivot/**/*.xml"))
    )
    return [root for root in roots if root.tag == tag]


def errors(schema, root):
    """Kind, line and path of each error, in order."""
    schema.validate(root)
    return [(entry.type_name, entry.line, entry.path) for entry in schema.error_log]


def test_public_samples_and_whole_documents_get_the_errors_of_the_official_schema(pair):
    tag, own, official = pair
    documents = [*samples(tag), *map(parsed, OURS[tag])]
    assert len(documents) >= 3
    assert [errors(own, d) for d in documents] == [errors(official, d) for d in documents]


def test_what_our_writer_makes_is_valid_by_both():
    own, official = schemas("CPPStatut")
    for root in written():
        assert (errors(own, root), errors(official, root)) == ([], [])


def test_500_damaged_documents_get_the_verdict_of_the_official_schema(pair, record_property):
    tag, own, official = pair
    documents = [*samples(tag), *map(parsed, OURS[tag])]
    if tag == "CPPStatut":
        documents += [parsed(etree.tostring(root).decode()) for root in written()]
    verdicts, kinds, otherwise = Counter(), Counter(), []
    for kind, root in mutants(documents, MUTANTS, seed=20260902):
        ours, theirs = own.validate(root), official.validate(root)
        verdicts[theirs] += 1
        kinds[kind] += 1
        if ours != theirs:
            otherwise.append((kind, ours, theirs, etree.tostring(root)[:2000]))
    record_property("agreement", f"{tag}: {MUTANTS - len(otherwise)} of {MUTANTS}")
    assert otherwise == []
    assert min(verdicts[True], verdicts[False]) >= MUTANTS // 10
    assert len(kinds) > 10


def test_damaged_documents_get_the_first_error_of_the_official_schema(pair):
    tag, own, official = pair
    documents = [*samples(tag), *map(parsed, OURS[tag])]
    otherwise = []
    for _, root in mutants(documents, MUTANTS, seed=1):
        if root.tag == tag and errors(own, root)[:1] != errors(official, root)[:1]:
            otherwise.append((errors(own, root), errors(official, root)))
    assert otherwise == []


def test_facts_of_the_public_samples_are_read():
    statuses = [f for root in samples("CPPStatut") for f in statusfacts.read_all(root)]
    assert {(f.number, f.type_code, f.issue_date) for f in statuses} == {
        ("Example01", "07", "2018-06-13"),
        ("Example03", "07", "2018-06-13"),
    }
    invoices = [f for root in samples("CPPFacturePivot") for f in cppfacture.read_all(root)]
    assert {(f.number, f.profile, f.currency) for f in invoices} == {
        ("AVA20150924", "A1", "EUR"),
        ("AVA20150925", "A1", "EUR"),
    }


def cdar_files():
    """CDAR files of the corpus with their verdict."""
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        for name, entry in files.items():
            if entry.get("root") == "CrossDomainAcknowledgementAndResponse":
                yield expected.parent / name, entry["xsd"]["CDAR-D22B"]


def test_every_cdar_has_the_verdict_of_the_schema():
    path = resources.of_package(
        "pyfrctc", "cdar-xsd", "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
    )
    schema = etree.XMLSchema(file=str(path))
    expected = dict(cdar_files())
    assert len(expected) > 40
    assert {path: schema.validate(etree.parse(path)) for path in expected} == expected


def test_facts_of_every_cdar_are_read_and_placed():
    for path, _ in cdar_files():
        root = etree.parse(path).getroot()
        references = root.findall("{*}AcknowledgementDocument/{*}ReferenceReferencedDocument")
        every = statusfacts.read_all(root)
        first = msgspec.structs.replace(every[0], said=None, message="", issued="")
        assert (len(every), first) == (len(references), statusfacts.read_facts(root))
        assert all(facts.said and facts.said.status == facts.type_code for facts in every), path
        for facts in every:
            assert facts.number, path
            assert facts.type_code.isdecimal(), path
            assert facts.supplier_scheme == "0002", path
            assert len(facts.supplier) in (9, 14), path  # one sample has a SIRET there
            assert len(facts.issue_date) == len("2026-09-01"), path
            assert_places_lead_back(root, facts)


def assert_places_lead_back(root, facts):
    namespaces = {prefix: name for name, prefix in statusfacts.PREFIXES.items()}
    for xpath, line, _ in facts.places.values():
        (element,) = root.xpath(xpath, namespaces=namespaces)
        assert element.sourceline == line
    (number,) = root.xpath(facts.places["number"][0], namespaces=namespaces)
    assert number.xpath("string()") == facts.number


def written():
    """Documents of our own writer: with and without error lines, of flows and of invoices."""
    line = ErrorLine("FONCTIONNELLE", "REJ_COH", "Cohérence", "inconnu", subject="F1")
    flow = FlowStatus("93", "Erreur", "DEM0011100000000000000001", True, NOW, (line, line), "c")
    invoice = InvoiceStatus(
        *("05", "Rejetée", "F2026-001", "2026-09-01", "380", "0223", "BE0123456789", "FOURNISSEUR"),
        *("12345678200051", "COMMUNE", NOW, (line,)),
    )
    for statuses in ((flow,), (flow, flow), (invoice,), (invoice, invoice)):
        return_ = Return(
            *("DEM001", "CSO1100A_DEM001_DEM0011100000000000000001.tar.gz", "CSO1100A"),
            *("cppstatut", NOW, "CPP001", "9999", "0042", statuses),
        )
        for _, content in cppstatut.write(return_):
            yield etree.fromstring(content)
