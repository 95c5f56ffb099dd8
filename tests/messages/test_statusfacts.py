"""Facts of status messages: which status, of which flow or invoice."""

from datetime import UTC, datetime

import msgspec
import pytest
from cpp_documents import FLOW_STATUS, INVOICE_STATUS
from lxml import etree
from xml_mutations import mutants, parsed

from simulator import resources
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.domain.judgement import Facts
from simulator.messages import cdar, cppstatut
from simulator.messages.statusfacts import CDAR, CPP_STATUT, ROOTS, read_all, read_facts

NOW = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
LINE = ErrorLine("FONCTIONNELLE", "NON_CONFORME", "Non conforme", "total faux", subject="F1")
FLOW = FlowStatus("500", "Recevable", "DEM0111150000000000000001", True, NOW)
INVOICE = InvoiceStatus(
    status="213",
    label="Rejetée",
    number="F2026-001",
    issue_date="2026-09-01",
    type_code="380",
    supplier_scheme="0009",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=NOW,
    lines=(LINE,),
)

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:un:unece:uncefact:data:standard:{name}:100"'
    for prefix, name in (
        ("rsm", "CrossDomainAcknowledgementAndResponse"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("qdt", "QualifiedDataType"),
        ("udt", "UnqualifiedDataType"),
    )
)


def message(references="", exchanged=""):
    return etree.fromstring(
        f"<rsm:CrossDomainAcknowledgementAndResponse {NAMESPACES}>"
        f"<rsm:ExchangedDocument>{exchanged}</rsm:ExchangedDocument>"
        f"<rsm:AcknowledgementDocument>{references}</rsm:AcknowledgementDocument>"
        "</rsm:CrossDomainAcknowledgementAndResponse>"
    )


def reference(body):
    return f"<ram:ReferenceReferencedDocument>{body}</ram:ReferenceReferencedDocument>"


def party(tag, value, scheme="0009", role=""):
    code = f"<ram:RoleCode>{role}</ram:RoleCode>" if role else ""
    return (
        f'<ram:{tag}><ram:GlobalID schemeID="{scheme}">{value}</ram:GlobalID>'
        f"<ram:Name>NOM {value}</ram:Name>{code}</ram:{tag}>"
    )


def issued(value):
    text = f'<qdt:DateTimeString format="102">{value}</qdt:DateTimeString>'
    return f"<ram:FormattedIssueDateTime>{text}</ram:FormattedIssueDateTime>"


def documents(writer, *statuses):
    """What our own writer makes of some statuses."""
    return_ = Return(
        partner="DEM011",
        name="FEN1214A_DEM011_DEM0111214000000000000001.tar.gz",
        interface="FEN1214A",
        format="cdar",
        issued=NOW,
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=statuses,
    )
    return [etree.fromstring(content) for _, content in writer.write(return_)]


def read_back(writer, *statuses):
    return [facts for root in documents(writer, *statuses) for facts in read_all(root)]


def test_a_report_on_flows_speaks_of_flow_ids():
    facts = read_all(etree.fromstring(FLOW_STATUS))
    assert [(f.syntax, f.number, f.type_code) for f in facts] == [
        ("cpp-statut", "DEM0011113000000000000001", "96"),
        ("cpp-statut", "F2", "90"),
    ]
    assert {(f.supplier, f.recipient, f.issue_date) for f in facts} == {("", "", "")}


def test_the_life_cycle_speaks_of_invoices():
    facts, bare = read_all(etree.fromstring(INVOICE_STATUS))
    assert facts == Facts(
        syntax="cpp-statut",
        number="F2026-001",
        issue_date="2026-09-01",
        type_code="06",
        supplier_scheme="1",
        supplier="33254021516357",
        supplier_name="FOURNISSEUR DEMO",
        recipient_scheme="1",
        recipient="12345678200051",
        recipient_name="COMMUNE DEMO",
        said=facts.said,
        message=facts.message,
        places=facts.places,
    )
    assert isinstance(facts.said, InvoiceStatus)
    assert (facts.said.number, facts.said.status) == ("F2026-001", "06")
    assert (bare.number, bare.type_code, bare.supplier_scheme) == ("F2026-002", "07", "2")
    assert bare.issue_date == ""


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("7", "07"),
        (" 007 ", "07"),
        ("+12", "12"),
        ("0", "00"),
        ("213", "213"),
        ("x7", "x7"),
        ("", ""),
    ],
)
def test_a_status_code_of_the_historic_channel_is_a_number_of_two_digits(given, read):
    unit = f"<DonneesStatut><IdStatut>{given}</IdStatut></DonneesStatut>"
    block = f"<CPPFactureStatutUnitaire>{unit}</CPPFactureStatutUnitaire>"
    root = etree.fromstring(
        f"<CPPStatut><CPPFactureStatuts>{block}</CPPFactureStatuts></CPPStatut>"
    )
    assert read_facts(root).type_code == read


def test_a_cdar_names_status_invoice_and_parties():
    body = (
        "<ram:IssuerAssignedID>F-1</ram:IssuerAssignedID>"
        + issued("20260901")
        + "<ram:ProcessConditionCode>210</ram:ProcessConditionCode>"
        + party("IssuerTradeParty", "332540215", "0002")
        + party("RecipientTradeParty", "12345678200051")
    )
    root = message(reference(body), party("IssuerTradeParty", "99", role="BY"))
    facts = read_facts(root)
    assert facts == Facts(
        syntax="cdar",
        number="F-1",
        issue_date="2026-09-01",
        type_code="210",
        supplier_scheme="0002",
        supplier="332540215",
        supplier_name="NOM 332540215",
        recipient_scheme="0009",
        recipient="12345678200051",
        recipient_name="NOM 12345678200051",
        places=facts.places,
    )
    base = (
        "/rsm:CrossDomainAcknowledgementAndResponse/rsm:AcknowledgementDocument"
        "/ram:ReferenceReferencedDocument"
    )
    assert facts.places["type_code"] == (f"{base}/ram:ProcessConditionCode", 1, 0)
    assert facts.places["recipient"] == (f"{base}/ram:RecipientTradeParty/ram:GlobalID", 1, 0)


@pytest.mark.parametrize("tag", ["IssuerTradeParty", "RecipientTradeParty", "SenderTradeParty"])
def test_a_buyer_among_the_parties_of_a_cdar_is_the_recipient_of_the_invoice(tag):
    platform = party("SenderTradeParty", "9999", "0238", "WK")
    exchanged = platform + party(tag, "12345678200051", role="BY")
    facts = read_facts(message(reference(""), exchanged))
    assert (facts.recipient_scheme, facts.recipient) == ("0009", "12345678200051")
    path, _, _ = facts.places["recipient"]
    assert path.startswith(
        f"/rsm:CrossDomainAcknowledgementAndResponse/rsm:ExchangedDocument/ram:{tag}"
    )


def test_a_platform_is_never_taken_for_the_recipient_of_an_invoice():
    exchanged = party("RecipientTradeParty", "0042", "0238", "WK")
    assert read_facts(message(reference(""), exchanged)).recipient == ""


def test_of_several_identifiers_a_supplier_is_its_siren_and_a_buyer_its_siret():
    both = "".join(
        f'<ram:GlobalID schemeID="{scheme}">{value}</ram:GlobalID>'
        for scheme, value in (("0088", "gln"), ("0009", "siret"), ("0002", "siren"))
    )
    body = "".join(
        f"<ram:{t}>{both}</ram:{t}>" for t in ("IssuerTradeParty", "RecipientTradeParty")
    )
    facts = read_facts(message(reference(body)))
    assert (facts.supplier, facts.recipient) == ("siren", "siret")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("20260901", "2026-09-01"),
        ("20260901100000", "2026-09-01"),
        (" 20260901 ", "2026-09-01"),
        ("2026-09-01", "2026-09-01"),
        ("202609", "202609"),
        ("soon", "soon"),
    ],
)
def test_the_date_of_the_invoice_is_read_from_any_of_its_formats(given, read):
    assert read_facts(message(reference(issued(given)))).issue_date == read


def test_every_reference_of_a_cdar_is_read_and_placed():
    numbers = [f"<ram:IssuerAssignedID>F-{n}</ram:IssuerAssignedID>" for n in (1, 2, 3)]
    facts = read_all(message("".join(map(reference, numbers))))
    assert [f.number for f in facts] == ["F-1", "F-2", "F-3"]
    assert [f.places["number"][0].partition("Referenced")[2] for f in facts] == [
        f"Document[{n}]/ram:IssuerAssignedID" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(("writer", "syntax"), [(cdar, "cdar"), (cppstatut, "cpp-statut")])
def test_what_our_writers_say_of_flows_is_read_back(writer, syntax):
    (facts,) = read_back(writer, FLOW)
    assert (facts.syntax, facts.number, facts.type_code) == (syntax, FLOW.identifier, FLOW.status)


@pytest.mark.parametrize(
    ("writer", "known_by"), [(cdar, "332540215"), (cppstatut, INVOICE.supplier)]
)
def test_what_our_writers_say_of_invoices_is_read_back(writer, known_by):
    second = msgspec.structs.replace(INVOICE, number="F2026-002")
    facts = read_back(writer, INVOICE, second)
    assert [f.number for f in facts] == ["F2026-001", "F2026-002"]
    assert {(f.issue_date, f.type_code, f.supplier) for f in facts} == {
        (INVOICE.issue_date, INVOICE.status, known_by)
    }


def test_the_root_tags_are_those_of_the_messages():
    assert {CPP_STATUT: "cpp-statut", CDAR: "cdar"} == ROOTS
    assert message().tag == CDAR


@pytest.mark.parametrize("root", ["<CPPStatut/>", "<CPPStatut><CPPFluxStatuts/></CPPStatut>"])
def test_a_message_without_status_has_no_facts_but_its_syntax(root):
    assert read_facts(etree.fromstring(root)) == Facts(syntax="cpp-statut")
    assert read_all(etree.fromstring(root)) == []
    assert read_facts(message()) == Facts(syntax="cdar")


@pytest.mark.parametrize("read", [read_facts, read_all])
def test_another_root_is_a_fault_of_the_caller(read):
    with pytest.raises(KeyError):
        read(etree.fromstring("<Invoice/>"))


def test_damage_never_keeps_a_message_from_being_read():
    whole = message(reference(party("IssuerTradeParty", "1")), party("SenderTradeParty", "2"))
    documents = [parsed(FLOW_STATUS), parsed(INVOICE_STATUS), whole]
    for _, root in mutants(documents, 300, seed=4):
        if root.tag in ROOTS:
            assert all(facts.syntax for facts in (read_facts(root), *read_all(root)))


def test_the_schema_of_cdar_is_installed_and_takes_what_we_write():
    path = resources.of_package(
        "pyfrctc", "cdar-xsd", "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
    )
    schema = etree.XMLSchema(file=str(path))
    assert all(map(schema.validate, documents(cdar, INVOICE, FLOW)))
    assert not schema.validate(message())
