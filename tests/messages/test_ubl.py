"""Facts of UBL documents: which element says who and what, and where it stands."""

import pytest
from lxml import etree

from simulator.domain.judgement import Facts
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.messages.ubl import CREDIT_NOTE, INVOICE, read_facts
from simulator.messages.xpath import line_of, qualified, xpath_of

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


def document(body="", root="Invoice"):
    namespace = INVOICE if root == "Invoice" else CREDIT_NOTE
    text = f'<{root} xmlns="{namespace}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">{body}</{root}>'
    return etree.fromstring(text)


def party(role, body):
    return f"<cac:{role}><cac:Party>{body}</cac:Party></cac:{role}>"


def identifier(value, scheme=None):
    given = f' schemeID="{scheme}"' if scheme else ""
    return f"<cac:PartyIdentification><cbc:ID{given}>{value}</cbc:ID></cac:PartyIdentification>"


def company(value, scheme, name=""):
    text = f'<cbc:CompanyID schemeID="{scheme}">{value}</cbc:CompanyID>'
    return f"<cac:PartyLegalEntity>{name}{text}</cac:PartyLegalEntity>"


def supplier_of(body):
    facts = read_facts(document(party("AccountingSupplierParty", body)))
    return facts.supplier_scheme, facts.supplier


def test_an_invoice_of_the_historic_channel_is_read_whole():
    facts = read_facts(etree.fromstring(ubl_invoice(Specimen(number="F-1"))))
    assert facts == Facts(
        syntax="ubl-invoice",
        number="F-1",
        issue_date="2026-09-01",
        type_code="380",
        profile="A1",
        supplier_scheme="1",
        supplier="33254021516357",
        supplier_name="FOURNISSEUR DE DEMONSTRATION",
        recipient_scheme="1",
        recipient="12345678200051",
        recipient_name="COMMUNE DE DEMONSTRATION",
        recipient_address=facts.recipient_address,
        currency="EUR",
        places=facts.places,
    )


def test_an_invoice_of_a_platform_gives_siret_and_electronic_address():
    facts = read_facts(etree.fromstring(ubl_invoice(Specimen(circuit="b2g-pa"))))
    assert (facts.supplier_scheme, facts.supplier) == ("0009", "33254021516357")
    assert (facts.recipient_scheme, facts.recipient) == ("0009", "12345678200051")
    assert facts.recipient_address


def test_a_credit_note_has_its_own_type_code():
    body = "<cbc:ID>A-1</cbc:ID><cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>"
    facts = read_facts(document(body, "CreditNote"))
    assert (facts.syntax, facts.number, facts.type_code) == ("ubl-creditnote", "A-1", "381")


def test_an_empty_document_has_no_facts_but_its_syntax():
    assert read_facts(document()) == Facts(syntax="ubl-invoice")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (identifier("33254021516357", "1"), ("1", "33254021516357")),
        (identifier("FR123", "2") + identifier("33254021516357", "1"), ("1", "33254021516357")),
        (
            identifier("33254021516357") + identifier("12345678200051", "0009"),
            ("0009", "12345678200051"),
        ),
        (identifier("GLN", "0088") + company("33254021516357", "0009"), ("0009", "33254021516357")),
        (identifier("332540215", "1") + company("332540215", "0002"), ("1", "332540215")),
        (identifier("X1") + identifier("X2"), ("", "X1")),
        (company("332540215", "0002"), ("0002", "332540215")),
        ("", ("", "")),
    ],
)
def test_the_supplier_is_the_siret_if_there_is_one_else_what_comes_first(body, found):
    assert supplier_of(body) == found


def test_a_party_is_named_by_its_legal_name_before_its_trade_name():
    trade = "<cac:PartyName><cbc:Name>SHOP</cbc:Name></cac:PartyName>"
    legal = company("1", "0002", "<cbc:RegistrationName>SHOP SARL</cbc:RegistrationName>")
    named = read_facts(document(party("AccountingCustomerParty", trade + legal)))
    assert named.recipient_name == "SHOP SARL"
    assert read_facts(document(party("AccountingCustomerParty", trade))).recipient_name == "SHOP"


def test_the_number_keeps_its_blanks_other_fields_do_not():
    facts = read_facts(
        document("<cbc:ID> F 1 </cbc:ID><cbc:IssueDate> 2026-09-01 </cbc:IssueDate>")
    )
    assert (facts.number, facts.issue_date) == (" F 1 ", "2026-09-01")


def test_a_comment_does_not_cut_a_field():
    assert read_facts(document("<cbc:ID>F<!-- x -->-1</cbc:ID>")).number == "F-1"


def test_a_field_is_bounded():
    assert len(read_facts(document(f"<cbc:ID>{'9' * 5000}</cbc:ID>")).number) == 1024


def test_places_point_to_the_elements_that_were_read():
    body = "\n<cbc:ID>F-1</cbc:ID>\n" + party(
        "AccountingSupplierParty", identifier("X") + identifier("33254021516357", "1")
    )
    facts = read_facts(document(body))
    prefix = "/Invoice/cac:AccountingSupplierParty/cac:Party"
    assert facts.places == {
        "number": ("/Invoice/cbc:ID", 2, 0),
        "supplier": (f"{prefix}/cac:PartyIdentification[2]/cbc:ID", 3, 0),
    }


def test_a_line_beyond_16_bits_is_left_open():
    near = etree.fromstring("<a>" + "\n" * 60_000 + "<b/></a>")
    assert line_of(near[0]) == 60_001
    far = etree.fromstring("<a>" + "\n" * 70_000 + "<b/></a>")
    assert line_of(far[0]) is None


def test_paths_use_fixed_prefixes_and_predicates_only_where_needed():
    root = etree.fromstring(
        '<x:r xmlns:x="urn:1" xmlns:y="urn:2"><y:a/><y:b/><y:b><x:c/></y:b></x:r>'
    )
    prefixes = {"urn:1": "", "urn:2": "two"}
    assert [xpath_of(e, prefixes) for e in root.iter()] == [
        "/r",
        "/r/two:a",
        "/r/two:b[1]",
        "/r/two:b[2]",
        "/r/two:b[2]/c",
    ]
    assert qualified("{urn:3}z", prefixes) == "z"


@pytest.mark.parametrize(
    ("kind", "qualifier", "echoed"), [("130", "AJW", "R-9"), ("130", "AFV", ""), ("916", "AJW", "")]
)
def test_the_reference_that_is_echoed_is_the_object_qualified_ajw(kind, qualifier, echoed):
    body = (
        f'<cac:AdditionalDocumentReference><cbc:ID schemeID="{qualifier}">R-9</cbc:ID>'
        f"<cbc:DocumentTypeCode>{kind}</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
    )
    assert read_facts(document(body)).reference == echoed
