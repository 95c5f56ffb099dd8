"""Facts of CII documents: which element says who and what, and where it stands."""

from datetime import date
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.domain.judgement import Facts
from simulator.messages.cii import INVOICE, PREFIXES, guideline, read_facts

DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for name, prefix in PREFIXES.items())
SIRET, OTHER_SIRET = "33254021516357", "12345678200051"
PARTY = (
    "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
)


def document(head="", agreement="", context="", settlement=""):
    return etree.fromstring(
        f"<rsm:CrossIndustryInvoice {DECLARED}>"
        f"<rsm:ExchangedDocumentContext>{context}</rsm:ExchangedDocumentContext>"
        f"<rsm:ExchangedDocument>{head}</rsm:ExchangedDocument>"
        "<rsm:SupplyChainTradeTransaction>"
        "<ram:IncludedSupplyChainTradeLineItem/><ram:IncludedSupplyChainTradeLineItem/>"
        f"<ram:ApplicableHeaderTradeAgreement>{agreement}</ram:ApplicableHeaderTradeAgreement>"
        f"<ram:ApplicableHeaderTradeSettlement>{settlement}</ram:ApplicableHeaderTradeSettlement>"
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"
    )


def element(tag, value, scheme=""):
    given_scheme = f' schemeID="{scheme}"' if scheme else ""
    return f"<ram:{tag}{given_scheme}>{value}</ram:{tag}>"


def legal(body):
    return f"<ram:SpecifiedLegalOrganization>{body}</ram:SpecifiedLegalOrganization>"


def seller(body):
    return f"<ram:SellerTradeParty>{body}</ram:SellerTradeParty>"


def buyer(body):
    return f"<ram:BuyerTradeParty>{body}</ram:BuyerTradeParty>"


def issued(body):
    return f"<ram:IssueDateTime>{body}</ram:IssueDateTime>"


def day(text, form=' format="102"'):
    return issued(f"<udt:DateTimeString{form}>{text}</udt:DateTimeString>")


def parameter(name, value):
    tag = f"ram:{name}SpecifiedDocumentContextParameter"
    return f"<{tag}><ram:ID>{value}</ram:ID></{tag}>"


def supplier_of(body):
    facts = read_facts(document(agreement=seller(body)))
    return facts.supplier_scheme, facts.supplier


def test_an_invoice_of_the_historic_channel_is_read_whole():
    root = document(
        head=element("ID", "F-1") + element("TypeCode", "380") + day("20260901", ""),
        agreement=seller(element("Name", "SHOP") + legal(element("ID", SIRET, "1")))
        + buyer(element("Name", "COMMUNE") + legal(element("ID", OTHER_SIRET, "1"))),
        context=parameter("BusinessProcess", "A1"),
        settlement=element("InvoiceCurrencyCode", "EUR"),
    )
    facts = read_facts(root, "cii-d16b")
    assert facts == Facts(
        syntax="cii-d16b",
        number="F-1",
        issue_date="2026-09-01",
        type_code="380",
        profile="A1",
        supplier_scheme="1",
        supplier=SIRET,
        supplier_name="SHOP",
        recipient_scheme="1",
        recipient=OTHER_SIRET,
        recipient_name="COMMUNE",
        currency="EUR",
        places=facts.places,
    )


def test_an_invoice_of_a_platform_gives_siret_and_electronic_address():
    address = (
        "<ram:URIUniversalCommunication>"
        + element("URIID", f"123456782_{OTHER_SIRET}", "0225")
        + "</ram:URIUniversalCommunication>"
    )
    identity = element("GlobalID", OTHER_SIRET, "0009") + legal(element("ID", "123456782", "0002"))
    facts = read_facts(document(agreement=buyer(identity + address)))
    assert (facts.recipient_scheme, facts.recipient) == ("0009", OTHER_SIRET)
    assert facts.recipient_address == f"123456782_{OTHER_SIRET}"
    assert facts.places["recipient_address"][0] == (
        f"{PARTY}/ram:BuyerTradeParty/ram:URIUniversalCommunication/ram:URIID"
    )


def test_an_empty_document_has_no_facts_but_its_syntax():
    assert read_facts(document()) == Facts(syntax="cii-d22b")
    assert read_facts(etree.fromstring("<Invoice/>")) == Facts(syntax="cii-d22b")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (legal(element("ID", SIRET, "1")), ("1", SIRET)),
        (element("ID", "X1") + element("GlobalID", "GLN", "0088"), ("0088", "GLN")),
        (element("ID", "X1") + legal(element("ID", "332540215", "0002")), ("", "X1")),
        (element("ID", "X1") + legal(element("ID", SIRET, "0009")), ("0009", SIRET)),
        (element("ID", SIRET) + element("GlobalID", OTHER_SIRET, "0009"), ("0009", OTHER_SIRET)),
        (element("GlobalID", "1", "0088") + element("GlobalID", SIRET, "0009"), ("0009", SIRET)),
        (legal(element("ID", "332540215", "0002")), ("0002", "332540215")),
        (legal(element("ID", "BE0429958042", "2")), ("2", "BE0429958042")),
        (legal(""), ("", "")),
        ("", ("", "")),
    ],
)
def test_the_supplier_is_the_siret_if_there_is_one_else_what_comes_first(body, found):
    assert supplier_of(body) == found


IDENTIFIERS = st.lists(
    st.tuples(
        st.sampled_from(["ID", "GlobalID"]),
        st.sampled_from(["", "1", "0002", "0009", "0088"]),
        st.sampled_from([SIRET, OTHER_SIRET, "332540215", "GLN", ""]),
    ),
    max_size=5,
)


@given(IDENTIFIERS)
def test_whatever_a_party_is_called_a_siret_in_its_own_scheme_goes_first(given_identifiers):
    body = "".join(element(tag, value, scheme) for tag, scheme, value in given_identifiers)
    found = supplier_of(body)
    values = {(scheme, value) for _, scheme, value in given_identifiers}
    sirets = {(scheme, value) for scheme, value in values if value in (SIRET, OTHER_SIRET)}
    marked = {(scheme, value) for scheme, value in sirets if scheme in ("1", "0009")}
    assert found in (marked or sirets or values or {("", "")})


def test_a_party_is_named_by_its_legal_name_before_its_trade_name():
    trade = legal(element("TradingBusinessName", "SHOP"))
    named = read_facts(document(agreement=buyer(element("Name", "SHOP SARL") + trade)))
    assert named.recipient_name == "SHOP SARL"
    assert read_facts(document(agreement=buyer(trade))).recipient_name == "SHOP"


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_day_of_format_102_is_given_as_iso(when):
    facts = read_facts(document(head=day(when.strftime("%Y%m%d"))))
    assert facts.issue_date == when.isoformat()


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (day("20260901"), "2026-09-01"),
        (day(" 20260901\n"), "2026-09-01"),
        (day("20260901", ""), "2026-09-01"),
        (day("202609011230", ' format="203"'), "2026-09-01"),
        (day("20260901123000", ' format="204"'), "2026-09-01"),
        (day("202609", ' format="610"'), "202609"),
        (day("20260901", ' format="103"'), "20260901"),
        (day("2026-09-01"), "2026-09-01"),
        (day("Tuesday"), "Tuesday"),
        (day("٢٠٢٦٠٩٠١"), "٢٠٢٦٠٩٠١"),
        (day(""), ""),
        (issued("<!-- x --><udt:DateTime>2026-09-01T12:30:00</udt:DateTime>"), "2026-09-01"),
        (issued(""), ""),
        ("", ""),
    ],
)
def test_the_day_of_issue_is_read_by_its_format(head, found):
    assert read_facts(document(head=head)).issue_date == found


def test_the_number_keeps_its_blanks_other_fields_do_not():
    facts = read_facts(document(head=element("ID", " F 1 ") + element("TypeCode", " 380 ")))
    assert (facts.number, facts.type_code) == (" F 1 ", "380")


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=2000)


@given(TEXTS)
def test_a_number_is_read_as_written_and_bounded(number):
    facts = read_facts(document(head=element("ID", escape(number))))
    assert facts.number == number[:1024]


def test_a_comment_does_not_cut_a_field():
    assert read_facts(document(head=element("ID", "F<!-- x -->-1"))).number == "F-1"


def test_places_point_to_the_elements_that_were_read():
    head = "\n" + element("ID", "F-1") + "\n" + day("20260901")
    party = seller(element("GlobalID", "X", "0088") + "\n" + element("GlobalID", SIRET, "0009"))
    facts = read_facts(document(head=head, agreement=party))
    top = "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument"
    assert facts.places == {
        "number": (f"{top}/ram:ID", 2, 0),
        "issue_date": (f"{top}/ram:IssueDateTime/udt:DateTimeString", 3, 0),
        "supplier": (f"{PARTY}/ram:SellerTradeParty/ram:GlobalID[2]", 4, 0),
    }


def test_the_prefixes_of_the_document_do_not_matter():
    root = etree.fromstring(
        f'<CrossIndustryInvoice xmlns="{INVOICE}"><ExchangedDocument/></CrossIndustryInvoice>'
    )
    tag = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}ID"
    etree.SubElement(root[0], tag).text = "F-1"
    facts = read_facts(root)
    assert facts.number == "F-1"
    assert facts.places["number"][0] == "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID"


def test_the_guideline_is_bt_24():
    urn = "urn:cen.eu:en16931:2017"
    context = parameter("BusinessProcess", "S1") + parameter("Guideline", f" {urn} ")
    assert guideline(document(context=context)) == urn
    assert guideline(document(context=parameter("BusinessProcess", "S1"))) == ""
    assert guideline(etree.fromstring("<Invoice/>")) == ""


@pytest.mark.parametrize(
    ("kind", "qualifier", "echoed"), [("130", "AJW", "R-9"), ("130", "AFV", ""), ("916", "AJW", "")]
)
def test_the_reference_that_is_echoed_is_the_object_qualified_ajw(kind, qualifier, echoed):
    reference = (
        element("IssuerAssignedID", "R-9")
        + element("TypeCode", kind)
        + element("ReferenceTypeCode", qualifier)
    )
    body = f"<ram:AdditionalReferencedDocument>{reference}</ram:AdditionalReferencedDocument>"
    assert read_facts(document(agreement=body)).reference == echoed
