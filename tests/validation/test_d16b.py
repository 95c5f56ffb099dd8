"""The D16B schema is the one of D22B less what came later; a schema it was not made for is refused."""

import msgspec
import pytest
from lxml import etree

from simulator import resources
from simulator.messages.cii import PREFIXES
from simulator.resources import MissingResource
from simulator.validation import d16b

DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for name, prefix in PREFIXES.items())
XSD = "{http://www.w3.org/2001/XMLSchema}"
LINE_ID = (
    "<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID>"
    "</ram:AssociatedDocumentLineDocument>"
)
LINE = (
    "<ram:SpecifiedLineTradeAgreement/><ram:SpecifiedLineTradeDelivery/>"
    "<ram:SpecifiedLineTradeSettlement/>"
)
SUBJECT = "<ram:SubjectCode>AAB</ram:SubjectCode>"
REFERENCE = (
    "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>F-0</ram:IssuerAssignedID>"
    "</ram:InvoiceReferencedDocument>"
)
USER = (
    "<ram:UserSpecifiedDocumentContextParameter><ram:ID>1</ram:ID>"
    "</ram:UserSpecifiedDocumentContextParameter>"
)
DAY = '<udt:DateTimeString format="102">20260901</udt:DateTimeString>'


def invoice(context="", number="<ram:ID>F-1</ram:ID>", typed="", note="", line="", paid="", end=""):
    """A small CII document: content of some of its elements; `typed` is an attribute."""
    item = f"<ram:IncludedSupplyChainTradeLineItem>{line}</ram:IncludedSupplyChainTradeLineItem>"
    return etree.fromstring(
        f"<rsm:CrossIndustryInvoice {DECLARED}>"
        f"<rsm:ExchangedDocumentContext>{context}</rsm:ExchangedDocumentContext>"
        f"<rsm:ExchangedDocument>{number}<ram:TypeCode{typed}>380</ram:TypeCode>"
        f"<ram:IssueDateTime>{DAY}</ram:IssueDateTime>"
        f"<ram:IncludedNote>{note}</ram:IncludedNote></rsm:ExchangedDocument>"
        f"<rsm:SupplyChainTradeTransaction>{item if line else ''}"
        "<ram:ApplicableHeaderTradeAgreement/><ram:ApplicableHeaderTradeDelivery/>"
        f"<ram:ApplicableHeaderTradeSettlement>{paid}</ram:ApplicableHeaderTradeSettlement>"
        f"</rsm:SupplyChainTradeTransaction>{end}</rsm:CrossIndustryInvoice>"
    )


def card(valid_from):
    inside = f"<ram:ValidFromDateTime>{valid_from}</ram:ValidFromDateTime>"
    paid = "<ram:ApplicableTradeSettlementFinancialCard><ram:ID>1</ram:ID>"
    paid += f"{inside}</ram:ApplicableTradeSettlementFinancialCard>"
    means = "ram:SpecifiedTradeSettlementPaymentMeans"
    return f"<{means}>{paid}</{means}>"


def work_item(body):
    item = f"<ram:ItemBasicWorkItem><ram:ID>1</ram:ID>{body}</ram:ItemBasicWorkItem>"
    statement = "rsm:ValuationBreakdownStatement"
    head = (
        f"<ram:ID>1</ram:ID><ram:Name>X</ram:Name><ram:CreationDateTime>{DAY}</ram:CreationDateTime>"
        "<ram:DefaultCurrencyCode>EUR</ram:DefaultCurrencyCode>"
        "<ram:DefaultLanguageCode>fr</ram:DefaultLanguageCode>"
    )
    return {"end": f"<{statement}>{head}{item}</{statement}>"}


@pytest.fixture(scope="module")
def d22b():
    path = resources.of_package(d16b.PACKAGE, *d16b.FOLDER, d16b.MAIN)
    return etree.XMLSchema(file=str(path))


BOTH, NEITHER, ONLY_D16B, ONLY_D22B = (True, True), (False, False), (True, False), (False, True)


@pytest.mark.parametrize(
    ("parts", "valid"),
    [
        ({}, BOTH),
        ({"number": "<ram:Nothing/>"}, NEITHER),
        ({"number": ""}, ONLY_D22B),
        ({"typed": ' listID="1001" listAgencyID="6"'}, BOTH),
        ({"typed": ' listID="mine"'}, ONLY_D22B),
        ({"typed": ' listAgencyID="9"'}, ONLY_D22B),
        ({"note": SUBJECT}, BOTH),
        ({"note": SUBJECT * 2}, ONLY_D22B),
        ({"context": USER}, ONLY_D22B),
        ({"line": LINE_ID + LINE}, BOTH),
        ({"line": LINE}, ONLY_D22B),
        ({"paid": REFERENCE}, BOTH),
        ({"paid": REFERENCE * 2}, ONLY_D22B),
        ({"paid": card(DAY)}, ONLY_D16B),
        ({"paid": card("2026-09-01")}, ONLY_D22B),
        (work_item(""), BOTH),
        (work_item("<ram:IndexValue>1.5</ram:IndexValue>"), ONLY_D16B),
        (work_item("<ram:IndexValue>high</ram:IndexValue>"), NEITHER),
        (work_item("<ram:StatusCode>1</ram:StatusCode>"), ONLY_D16B),
    ],
)
def test_the_two_versions_differ_where_they_are_said_to(d22b, parts, valid):
    document = invoice(**parts)
    assert (d16b.compiled().validate(document), d22b.validate(document)) == valid


def test_the_table_names_what_was_counted():
    delta = d16b.delta()
    assert len(delta.absent.types) == 7
    assert sum(map(len, delta.absent.children.values())) == 98
    assert (len(delta.occurrence), len(delta.typed), len(delta.restored)) == (11, 6, 5)
    assert delta.about["mark"] in ("official", "deduced", "assumed")
    assert delta.about["source"]


def test_nothing_that_is_absent_is_left():
    module = d16b.derived(d16b.published(), d16b.delta())["ram"]
    types = {each.get("name"): each for each in module.iterchildren(f"{XSD}complexType")}
    for type_name, names in d16b.delta().absent.children.items():
        left = {each.get("name") for each in types[type_name].iter(f"{XSD}element")}
        assert not left & set(names)
    used = {each.get("type") for each in module.iter(f"{XSD}element")}
    absent = d16b.delta().absent.types
    assert not used & {f"ram:{name}" for name in absent}
    assert not types.keys() & set(absent)


def test_it_is_made_once_in_a_process():
    assert d16b.compiled() is d16b.compiled()


def find(module, path):
    type_name, _, name = path.partition("/")
    found = next(e for e in module.iterchildren() if e.get("name") == type_name)
    return next(e for e in found.iter() if e.get("name") == name) if name else found


def drop(path):
    def change(modules):
        found = find(modules["ram"], path)
        found.getparent().remove(found)

    return change


def give(prefix, path, name, value):
    return lambda modules: find(modules[prefix], path).set(name, value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop("TradePartyType/Role"), "has no TradePartyType/Role"),
        (drop("NoteType/SubjectCode"), "has no NoteType/SubjectCode"),
        (drop("TradeTaxType"), "has no TradeTaxType/GrandTotalAmount"),
        (drop("LogisticsSealType"), "has no LogisticsSealType"),
        (drop("TradeSettlementFinancialCardType/ValidFromDateTime"), "has no TradeSettlementF"),
        (
            drop("BasicWorkItemType/TotalQuantityClassificationCode"),
            "has no BasicWorkItemType/TotalQuantityClassificationCode",
        ),
        (
            give("ram", "NoteType/SubjectCode", "maxOccurs", "2"),
            r"occurrence of NoteType/SubjectCode: expected 0\.\.\*, found 0\.\.2",
        ),
        (
            give("ram", "LogisticsLocationType/TypeCode", "type", "udt:CodeType"),
            "type of LogisticsLocationType/TypeCode: expected qdt:.*, found udt:CodeType",
        ),
        (
            lambda modules: modules["rsm"].set("version", "100.D23B"),
            r"version: expected 100\.D22B, found 100\.D23B",
        ),
        (
            lambda modules: [e.attrib.pop("default", 0) for e in modules["qdt"].iter()],
            "attributes with a default",
        ),
    ],
)
def test_a_schema_that_the_table_does_not_speak_of_is_refused(change, told):
    modules = d16b.published()
    change(modules)
    with pytest.raises(MissingResource, match=f"factur.*{told}.*pip install"):
        d16b.derived(modules, d16b.delta())


def test_a_schema_that_does_not_compile_is_refused():
    path = "LogisticsLocationType/TypeCode"
    typed = {path: ("qdt:LocationFunctionCodeType", "udt:NoSuchType")}
    changes = msgspec.structs.replace(d16b.delta(), typed=typed)
    with pytest.raises(MissingResource, match="does not compile with its changes"):
        d16b.compile_modules(d16b.derived(d16b.published(), changes))


@pytest.mark.parametrize("prefix", ["ram", "qdt", "udt"])
def test_no_module_is_taken_from_the_package_behind_our_back(prefix):
    modules = d16b.derived(d16b.published(), d16b.delta())
    del modules[prefix]
    with pytest.raises(MissingResource, match="does not compile"):
        d16b.compile_modules(modules)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(d16b, "PACKAGE", "no_such_package")
    with pytest.raises(MissingResource, match="pip install"):
        d16b.published()


def test_a_module_that_is_cut_is_refused(monkeypatch, tmp_path):
    cut = tmp_path / "cut.xsd"
    cut.write_bytes(b"<xsd:schema")
    monkeypatch.setattr(resources, "of_package", lambda *_: cut)
    with pytest.raises(MissingResource, match="unreadable module"):
        d16b.published()
