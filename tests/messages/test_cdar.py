"""CDAR documents are valid, say what the circuit prescribes, and survive any text."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages import cdar

XSD = "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
NS = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
# Characters that a file name of the circuit may not hold (CPRO1.1 §3.2.1.4.1).
FORBIDDEN = set("%$!&/\\:;«»#@")
NOW = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
BEFORE = datetime(2026, 9, 2, 7, 59, 59, tzinfo=UTC)
SYNTAX = ErrorLine(
    "TECHNIQUE", "IRR_SYNTAX", "Syntaxe", "ligne 12", "cvc-type.3", "facture_0001.xml"
)
UNKNOWN = ErrorLine("FONCTIONNELLE", "REJ_ADR", "Absent", "inconnu", "RECIPIENT_UNKNOWN", "BT-49")
DATA = ErrorLine("FONCTIONNELLE", "REJ_COH", "", "trop long", "G1.05_LENGTH", "BT-1")
PLACED = ErrorLine("FONCTIONNELLE", "REJ_COH", "", "invalide", "BR-FR-CPRO-10", "/Invoice/cbc:ID")

FLOW = FlowStatus("500", "Recevable", "DEM0111150000000000000001", True, BEFORE)
REFUSED = msgspec.structs.replace(FLOW, status="501", label="Irrecevable", lines=(SYNTAX,))
INVOICE = InvoiceStatus(
    status="202",
    label="Reçue de la plateforme",
    number="F2026-001",
    issue_date="2026-09-01",
    type_code="380",
    supplier_scheme="0009",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=BEFORE,
)
REJECTED = msgspec.structs.replace(INVOICE, status="213", label="Rejetée", lines=(UNKNOWN,))


def answer(*statuses, issued=NOW):
    return Return(
        partner="DEM011",
        name="FEN1214A_DEM011_CPP0011214000000000000001.tar.gz",
        interface="FEN1214A",
        format="cdar",
        issued=issued,
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=statuses,
    )


def written(*statuses):
    return [etree.fromstring(content) for _, content in cdar.write(answer(*statuses))]


def only(status):
    (root,) = written(status)
    return root


def at(root, path):
    return root.findtext(f"rsm:{path}", namespaces=NS)


CONTEXT = "ExchangedDocumentContext/ram:"
PROCESS = f"{CONTEXT}BusinessProcessSpecifiedDocumentContextParameter/ram:ID"
GUIDELINE = f"{CONTEXT}GuidelineSpecifiedDocumentContextParameter/ram:ID"
REF = "AcknowledgementDocument/ram:ReferenceReferencedDocument/ram:"
BLOCK = f"{REF}SpecifiedDocumentStatus/ram:"


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(resources.of_package("pyfrctc", "cdar-xsd", XSD)))


@pytest.mark.parametrize("status", [FLOW, REFUSED, INVOICE, REJECTED])
def test_every_kind_of_status_is_valid(schema, status):
    schema.assertValid(only(status))


def test_a_refused_flow_is_told_as_501_of_a_flow():
    root = only(REFUSED)
    assert at(root, GUIDELINE) == "urn.cpro.gouv.fr:1p0:CDV:flux"
    assert at(root, PROCESS) is None
    assert at(root, "AcknowledgementDocument/ram:TypeCode") is None
    assert at(root, f"{REF}IssuerAssignedID") == FLOW.identifier
    assert at(root, f"{REF}StatusCode") is None
    assert at(root, f"{REF}TypeCode") == "303"
    assert at(root, f"{REF}ReferenceTypeCode") == "urn.cpro.gouv.fr:1p0:CDV:flux"
    assert at(root, f"{REF}ProcessConditionCode") == "501"
    assert at(root, f"{REF}ProcessCondition") == "Irrecevable"
    assert at(root, f"{BLOCK}ReasonCode") == "IRR_SYNTAX"
    assert at(root, f"{BLOCK}Reason") == "Syntaxe"
    assert at(root, f"{BLOCK}IncludedNote/ram:Content") == "ligne 12"
    assert at(root, f"{BLOCK}IncludedNote/ram:SubjectCode") == "facture_0001.xml"
    assert at(root, f"{BLOCK}IncludedNote/ram:ContentCode") is None


def test_a_flow_that_was_taken_has_no_motif():
    assert only(FLOW).find(f".//{{{NS['ram']}}}SpecifiedDocumentStatus") is None


def test_an_unreadable_name_stands_in_the_reference_and_in_the_name():
    status = msgspec.structs.replace(REFUSED, identifier="n'importe quoi.tar.gz", readable=False)
    root = only(status)
    assert at(root, f"{REF}IssuerAssignedID") == "n'importe quoi.tar.gz"
    assert at(root, "AcknowledgementDocument/ram:Name") == "n'importe quoi.tar.gz"
    assert at(only(REFUSED), "AcknowledgementDocument/ram:Name") is None


@pytest.mark.parametrize(("status", "code"), [(INVOICE, "43"), (REJECTED, "8")])
def test_an_invoice_status_refers_to_the_invoice_in_the_transmission_phase(status, code):
    root = only(status)
    assert at(root, PROCESS) == "REGULATED"
    assert at(root, GUIDELINE) == "urn.cpro.gouv.fr:1p0:CDV:invoice"
    assert at(root, "AcknowledgementDocument/ram:TypeCode") == "305"
    assert at(root, f"{REF}IssuerAssignedID") == "F2026-001"
    assert at(root, f"{REF}StatusCode") == code
    assert at(root, f"{REF}TypeCode") == "380"
    assert at(root, f"{REF}FormattedIssueDateTime/qdt:DateTimeString") == "20260901"
    assert at(root, f"{REF}ProcessConditionCode") == status.status
    assert at(root, f"{REF}IssuerTradeParty/ram:GlobalID") == "332540215"


def test_platforms_are_known_by_their_matricules():
    root = only(INVOICE)
    parties = root.find("rsm:ExchangedDocument", NS).iterfind("*/ram:GlobalID", NS)
    found = [(p.getparent().tag.split("}")[1], p.get("schemeID"), p.text) for p in parties]
    assert found == [
        ("SenderTradeParty", "0238", "9999"),
        ("IssuerTradeParty", "0238", "9999"),
        ("RecipientTradeParty", "0238", "0042"),
    ]


def test_a_status_of_the_treatment_phase_is_issued_by_the_buyer(schema):
    root = only(msgspec.structs.replace(INVOICE, status="204", label="Prise en charge"))
    schema.assertValid(root)
    assert at(root, "AcknowledgementDocument/ram:TypeCode") == "23"
    assert at(root, f"{REF}StatusCode") == "45"
    assert at(root, "ExchangedDocument/ram:IssuerTradeParty/ram:GlobalID") == "12345678200051"
    assert at(root, "ExchangedDocument/ram:IssuerTradeParty/ram:RoleCode") == "BY"


def test_a_status_without_a_row_is_of_the_treatment_phase_without_code(schema):
    root = only(msgspec.structs.replace(INVOICE, status="228"))
    schema.assertValid(root)
    assert at(root, "AcknowledgementDocument/ram:TypeCode") == "23"
    assert at(root, f"{REF}StatusCode") is None


def test_times_are_those_of_paris():
    root = only(INVOICE)
    stamp = "/udt:DateTimeString"
    assert at(root, f"ExchangedDocument/ram:IssueDateTime{stamp}") == "20260902100000"
    assert at(root, f"AcknowledgementDocument/ram:IssueDateTime{stamp}") == "20260902100000"
    assert at(root, f"{REF}ReceiptDateTime{stamp}") == "20260902095959"


def test_an_anomaly_of_our_own_check_shows_its_motif_and_text_only():
    root = only(REJECTED)
    assert at(root, f"{BLOCK}ReasonCode") == "REJ_ADR"
    assert at(root, f"{BLOCK}IncludedNote/ram:Content") == "inconnu"
    assert at(root, f"{BLOCK}IncludedNote/ram:ContentCode") is None
    assert at(root, f"{BLOCK}IncludedNote/ram:SubjectCode") is None
    assert at(root, f"{BLOCK}SpecifiedDocumentCharacteristic/ram:ID") is None


def test_an_anomaly_of_a_published_rule_names_the_rule_and_the_term(schema):
    root = only(msgspec.structs.replace(REJECTED, lines=(DATA,)))
    schema.assertValid(root)
    assert at(root, f"{BLOCK}IncludedNote/ram:ContentCode") == "G1.05"
    assert at(root, f"{BLOCK}IncludedNote/ram:SubjectCode") is None
    assert at(root, f"{BLOCK}SpecifiedDocumentCharacteristic/ram:ID") == "BT-1"
    assert at(root, f"{BLOCK}SpecifiedDocumentCharacteristic/ram:TypeCode") == "DIV"


def test_a_subject_that_is_no_business_term_is_the_place_of_a_published_rule(schema):
    root = only(msgspec.structs.replace(REJECTED, lines=(PLACED,)))
    schema.assertValid(root)
    assert at(root, f"{BLOCK}IncludedNote/ram:ContentCode") == "BR-FR-CPRO-10"
    assert at(root, f"{BLOCK}IncludedNote/ram:SubjectCode") == "/Invoice/cbc:ID"
    assert at(root, f"{BLOCK}SpecifiedDocumentCharacteristic/ram:ID") is None


def ranks(root):
    return [e.text for e in root.iter(f"{{{NS['ram']}}}SequenceNumeric")]


def test_several_lines_are_several_numbered_blocks(schema):
    root = only(msgspec.structs.replace(REJECTED, lines=(UNKNOWN, DATA, PLACED)))
    schema.assertValid(root)
    assert ranks(root) == ["1", "2", "3"]


def test_a_comment_has_a_block_of_its_own_behind_the_lines(schema):
    root = only(msgspec.structs.replace(REJECTED, comment="Service fait"))
    schema.assertValid(root)
    assert ranks(root) == ["1", "2"]
    notes = [e.text for e in root.iter(f"{{{NS['ram']}}}Content")]
    assert notes == ["inconnu", "Service fait"]


@pytest.mark.parametrize(("lines", "comment"), [(999, ""), (998, "c"), (1000, ""), (1500, "c")])
def test_ranks_end_at_999_and_what_is_left_is_counted(schema, lines, comment):
    root = only(msgspec.structs.replace(REFUSED, lines=(SYNTAX,) * lines, comment=comment))
    schema.assertValid(root)
    assert ranks(root) == [str(n) for n in range(1, 1000)]
    told = len(list(root.iter(f"{{{NS['ram']}}}ReasonCode")))
    left = [e.text for e in root.iter(f"{{{NS['ram']}}}Content") if "autres anomalies" in e.text]
    assert left == ([f"{lines - told} autres anomalies"] if lines > told else [])
    assert (lines > told) == (lines + bool(comment) > 999)


@pytest.mark.parametrize(
    ("scheme", "identifier", "expected"),
    [
        ("1", "33254021516357", ("0002", "332540215")),
        ("0002", "332540215", ("0002", "332540215")),
        ("", "332540215", ("0002", "332540215")),
        ("0223", "DE123456789", ("0223", "DE123456789")),
        ("0009", "3325402151635", ("0002", "000000000")),
        ("0009", "", ("0002", "000000000")),
        ("0223", "", ("0002", "000000000")),
    ],
)
def test_the_supplier_is_its_siren_or_its_foreign_number(scheme, identifier, expected):
    root = only(msgspec.structs.replace(INVOICE, supplier_scheme=scheme, supplier=identifier))
    found = root.find(f"rsm:{REF}IssuerTradeParty/ram:GlobalID", NS)
    assert (found.get("schemeID"), found.text) == expected


def test_what_the_invoice_does_not_give_has_the_agreed_defaults(schema):
    root = only(msgspec.structs.replace(REJECTED, number="", issue_date="demain", type_code=""))
    schema.assertValid(root)
    assert at(root, f"{REF}IssuerAssignedID") == "X" * 20
    assert at(root, f"{REF}FormattedIssueDateTime/qdt:DateTimeString") == "19000101"
    assert at(root, f"{REF}TypeCode") is None


def test_texts_are_cut_to_the_lengths_of_their_fields():
    long = "x" * 3000
    line = ErrorLine("", long, long, long, "BR-" + "A" * 40, long)
    root = only(msgspec.structs.replace(REJECTED, number=long, label=long, lines=(line,)))
    assert len(at(root, "ExchangedDocument/ram:Name")) == 150
    assert len(at(root, f"{REF}IssuerAssignedID")) == 100
    assert len(at(root, f"{REF}ProcessCondition")) == 100
    assert len(at(root, f"{BLOCK}ReasonCode")) == 50
    assert len(at(root, f"{BLOCK}Reason")) == 250
    assert len(at(root, f"{BLOCK}IncludedNote/ram:ContentCode")) == 30
    assert len(at(root, f"{BLOCK}IncludedNote/ram:Content")) == 2000
    assert len(at(root, f"{BLOCK}IncludedNote/ram:SubjectCode")) == 200


def test_each_status_has_a_document_with_an_id_and_a_legal_name_of_its_own():
    files = list(cdar.write(answer(*[INVOICE] * 12)))
    ids = [at(etree.fromstring(content), "ExchangedDocument/ram:ID") for _, content in files]
    assert len(set(ids)) == len(ids) == 12
    assert max(map(len, ids)) <= 50
    assert ids[1] == "FEN1214A_DEM011_CPP0011214000000000000001-2"
    names = [name for name, _ in files]
    assert names == sorted(set(names))
    assert all(len(name) <= 256 and not FORBIDDEN & set(name) for name in names)


def test_writing_twice_gives_the_same_bytes():
    return_ = answer(INVOICE, REJECTED)
    assert list(cdar.write(return_)) == list(cdar.write(return_))


def test_a_return_without_status_is_a_fault_of_ours():
    with pytest.raises(ValueError, match="found none"):
        written()


def test_a_document_is_marked_as_test_data():
    ((_, content),) = cdar.write(answer(INVOICE))
    assert b"<!-- aife-sim : message de test" in content


ANY = st.text(st.characters())
LINES = st.lists(
    st.builds(ErrorLine, ANY, ANY, ANY, ANY, ANY | st.just("G1.05"), ANY | st.just("BT-1")),
    max_size=3,
).map(tuple)
INSTANTS = st.integers(946_684_800, 4_070_908_800).map(lambda s: datetime.fromtimestamp(s, UTC))
FLOWS = st.builds(
    FlowStatus,
    status=ANY,
    label=ANY,
    identifier=ANY,
    readable=st.booleans(),
    received=INSTANTS,
    lines=LINES,
    comment=ANY,
)
INVOICES = st.builds(
    InvoiceStatus,
    status=ANY | st.sampled_from(["202", "213", "204"]),
    label=ANY,
    number=ANY,
    issue_date=ANY,
    type_code=ANY,
    supplier_scheme=ANY,
    supplier=ANY,
    supplier_name=ANY,
    recipient=ANY,
    recipient_name=ANY,
    received=INSTANTS,
    lines=LINES,
    comment=ANY,
)


@settings(deadline=None, max_examples=150)
@given(status=FLOWS | INVOICES, issued=INSTANTS, matricule=ANY)
def test_any_text_in_any_field_still_gives_a_valid_document(schema, status, issued, matricule):
    return_ = answer(status, issued=issued)
    return_ = msgspec.structs.replace(return_, partner_matricule=matricule)
    for _, content in cdar.write(return_):
        schema.assertValid(etree.fromstring(content))


@pytest.fixture(scope="module")
def schematron():
    saxonche = pytest.importorskip("saxonche", reason="saxonche runs the official schematron")
    path = resources.of_package("pyfrctc", "cdar-schematron", "BR-FR-CDV-Schematron-CDAR.xslt")
    with saxonche.PySaxonProcessor() as processor:
        sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
        builder = processor.new_document_builder()

        def failed(content):
            node = builder.parse_xml(xml_text=content.decode())
            report = sheet.transform_to_string(xdm_node=node)
            return re.findall(r'failed-assert[^>]* id="([^"]*)"', report)

        yield failed


@pytest.mark.parametrize(
    "status",
    [
        INVOICE,
        *(msgspec.structs.replace(REJECTED, lines=(line,)) for line in (UNKNOWN, DATA, PLACED)),
        msgspec.structs.replace(INVOICE, status="203", label="Mise à disposition"),
        msgspec.structs.replace(INVOICE, status="204", label="Prise en charge", comment="Fait"),
        msgspec.structs.replace(INVOICE, status="211", label="Paiement transmis"),
    ],
    ids=["202", "213", "213-rule", "213-place", "203", "204", "211"],
)
def test_invoice_statuses_pass_the_official_schematron(schematron, status):
    ((_, content),) = cdar.write(answer(status))
    assert schematron(content) == []


def test_the_official_schematron_can_fail(schematron):
    """It knows no IRR_SYNTAX on a 213."""
    ((_, content),) = cdar.write(answer(msgspec.structs.replace(REJECTED, lines=(SYNTAX,))))
    assert schematron(content) == ["BR-FR-CDV-CL-09_MDT-113_213"]
