"""Where the rule sets of EN 16931 have ways of their own, bad input, and rounding."""

import copy
import re
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from packs import oracle
from packs.en16931_samples import (
    CATEGORIES,
    SCHEMATRON,
    SYNTAXES,
    add,
    attribute,
    business,
    document,
    drop,
    fires,
    found,
    judged,
    text,
    twice,
)
from packs.schematron import fired

from simulator.validation.packs.breaking.core_edits import (
    ALLOWANCE,
    CHARGE,
    LINE_SETTLEMENT,
    REPRESENTATIVE,
    ROW,
    SELLER,
    TOTALS,
    UBL_CHARGE,
    UBL_LINE,
    UBL_ROW,
)
from simulator.validation.packs.models import en16931_doubles as doubles
from simulator.validation.packs.run import Scope, run

TAX = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
INNER_LINE = (
    "<cac:SubInvoiceLine><cbc:ID>1.1</cbc:ID><cac:InvoicePeriod><cbc:StartDate>2026-09-02"
    "</cbc:StartDate><cbc:EndDate>2026-09-01</cbc:EndDate></cac:InvoicePeriod><cac:Item>"
    f"<cac:ClassifiedTaxCategory><cbc:ID>E</cbc:ID>{TAX}</cac:ClassifiedTaxCategory></cac:Item>"
    "</cac:SubInvoiceLine>"
)
INNER_TOTAL = (
    "<cac:TaxTotal><cbc:TaxAmount>0</cbc:TaxAmount><cac:TaxSubtotal><cac:TaxCategory>"
    f"<cbc:ID>Z</cbc:ID>{TAX}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"
)
UBL_BASE, BASE = f"{UBL_ROW}/cbc:TaxableAmount", f"{ROW}/ram:BasisAmount"
UBL_TAX, VAT = f"{UBL_ROW}/cbc:TaxAmount", f"{ROW}/ram:CalculatedAmount"
UBL_SIGN, SIGN = f"{UBL_CHARGE}/cbc:ChargeIndicator", f"{CHARGE}/ram:ChargeIndicator/udt:Indicator"
# Where the rule sets have ways of their own: category of the document, edits, what fires.
EDGES = {
    "the base of a rate is within 1 in UBL": ("ubl", "S", [text(UBL_BASE, "950.99")], ""),
    "and no more": ("ubl", "S", [text(UBL_BASE, "951.01")], "BR-S-08"),
    "in CII it is exact": ("cii", "S", [text(BASE, "950.01")], "BR-S-08"),
    "a base without rate is exact in UBL": ("ubl", "Z", [text(UBL_BASE, "950.01")], "BR-Z-08"),
    "in CII it is within 1": ("cii", "Z", [text(BASE, "950.99")], ""),
    "but for O": ("cii", "O", [text(BASE, "950.01")], "BR-O-08"),
    "tax is less than 1 off": ("ubl", "S", [text(UBL_TAX, "190.99")], "BR-CO-14"),
    "not 1 in UBL": ("ubl", "S", [text(UBL_TAX, "191")], "BR-CO-14 BR-CO-17 BR-S-09"),
    "1 is enough for one CII rule": ("cii", "S", [text(VAT, "191")], "BR-CO-14 BR-S-09"),
    "CII does not add up L": ("cii", "AF", [text(BASE, "949.00")], ""),
    "two lines without a row pass in CII": ("cii", "S", [drop(ROW)], "BR-CO-14 BR-CO-18"),
    "1 is a charge for sums": ("cii", "S", [text(SIGN, "1")], ""),
    "1 is no charge for CII reasons": (
        "cii",
        "S",
        [drop(f"{CHARGE}/ram:Reason"), text(SIGN, "1")],
        "",
    ),
    "1 is a charge for UBL reasons": (
        "ubl",
        "S",
        [drop(f"{UBL_CHARGE}/cbc:AllowanceChargeReason"), text(UBL_SIGN, "1")],
        "BR-38 BR-CO-22",
    ),
    "lines inside lines count": ("ubl", "S", [add(UBL_LINE, INNER_LINE)], "BR-29 BR-E-01"),
    "tax totals of lines count": (
        "ubl",
        "S",
        [add(UBL_LINE, INNER_TOTAL)],
        "BR-45 BR-46 BR-48 BR-CO-17 BR-Z-01",
    ),
    "the scheme may be small": ("ubl", "S", [text("//cac:TaxScheme/cbc:ID", "vat")], ""),
    "half a country passes in UBL": ("ubl", "S", [text("//cbc:CompanyID", "F")], ""),
    "and not in CII": ("cii", "S", [text("//ram:ID[@schemeID='VA']", "F")], "BR-CO-09"),
    "a code with blanks is another in CII": (
        "cii",
        "Z",
        [text(f"({LINE_SETTLEMENT}/ram:ApplicableTradeTax)[1]/ram:CategoryCode", " Z ")],
        "BR-Z-08",
    ),
    "a tax number that is none for VAT serves S": (
        "cii",
        "S",
        [
            drop(REPRESENTATIVE),
            attribute(f"{SELLER}/ram:SpecifiedTaxRegistration/ram:ID", "schemeID", "FC"),
        ],
        "",
    ),
    "and not G": (
        "cii",
        "G",
        [
            drop(REPRESENTATIVE),
            attribute(f"{SELLER}/ram:SpecifiedTaxRegistration/ram:ID", "schemeID", "FC"),
        ],
        "BR-G-02 BR-G-03 BR-G-04",
    ),
    "a code may stand for a period": (
        "ubl",
        "S",
        [
            drop("/*/cac:InvoicePeriod/*"),
            add("/*/cac:InvoicePeriod", "<cbc:DescriptionCode>35</cbc:DescriptionCode>"),
        ],
        "",
    ),
    "a second VAT total is one too many": (
        "ubl",
        "S",
        [attribute("/*/cac:TaxTotal[2]/cbc:TaxAmount", "currencyID", "EUR")],
        "BR-53 BR-CO-15",
    ),
    "totals that are there twice are judged twice": (
        "cii",
        "S",
        [twice(TOTALS), text(f"({TOTALS})[2]/ram:DuePayableAmount", "1")],
        "BR-CO-15 BR-CO-16",
    ),
    "sums of CII are sums of doubles": (
        "cii",
        "Z",
        [
            text(f"{ALLOWANCE}/ram:ActualAmount", "100.005"),
            text(f"{TOTALS}/ram:AllowanceTotalAmount", "100.01"),
            text(f"{TOTALS}/ram:TaxBasisTotalAmount", "949.99"),
            text(f"{TOTALS}/ram:GrandTotalAmount", "949.99"),
            text(f"{TOTALS}/ram:DuePayableAmount", "810.49"),
        ],
        "BR-DEC-01",
    ),
}


def edge(name):
    family, category, edits, expected = EDGES[name]
    syntax = "cii-d22b" if family == "cii" else "ubl-invoice"
    root = document(syntax, CATEGORIES[category])
    for edit in edits:
        edit(root)
    return root, syntax, set(expected.split())


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_is_where_the_rule_sets_have_it(name):
    root, syntax, expected = edge(name)
    assert fires(root, syntax) == expected


@pytest.mark.corpus
def test_the_official_rules_have_the_same_edges():
    pytest.importorskip("saxonche", reason="saxonche is not installed")
    if not oracle.CORPUS.is_dir():
        pytest.skip("no official Schematron for CII: set AIFE_SIM_SHARED")
    for name in EDGES:
        root, syntax, expected = edge(name)
        assert business(fired(SCHEMATRON[syntax[:3]], etree.tostring(root))) == expected, name


BAD = (
    *("abc", "", " ", "-", "1e5", "NaN", "INF", "1,5", "1 000", "9" * 30, "-" + "9" * 30),
    *("9" * 5000, "0." + "3" * 200, "2026-02-31", "20260231", "0000-00-00", "١", "Ⅷ", "\U0001f4a9"),
)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("value", BAD, ids=ascii)
def test_bad_values_are_never_an_exception(value, syntax):
    for category in ("S", "E"):
        for pattern in ("Amount|Percent|Quantity|Multiplier", "Date", "ID|Code|Indicator", "."):
            root = document(syntax, CATEGORIES[category])
            for element in root.iter(etree.Element):
                if len(element) == 0 and re.search(pattern, etree.QName(element).localname):
                    element.text = value
            judged(root, syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_not_a_number_is_left_to_the_schema(syntax):
    root = document(syntax)
    for element in root.iter("{*}TaxAmount", "{*}CalculatedAmount", "{*}TaxTotalAmount"):
        element.text = "abc"
    assert fires(root, syntax) == set()


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_empty_document_has_findings(syntax):
    root = document(syntax)
    del root[:]
    assert {"BR-01", "BR-06", "BR-10", "BR-16"} <= fires(root, syntax)


def calls(root, syntax):
    """Functions called while a document is judged: time that no other process disturbs."""
    content = etree.tostring(root)
    tree, count = etree.fromstring(content), 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        run(content, tree, Scope(("en16931",), syntax))
    finally:
        sys.setprofile(None)
    return count


def with_lines(syntax, count):
    root = document(syntax)
    first = found(root, "/*/*[cac:Item] | //ram:IncludedSupplyChainTradeLineItem")[0]
    for _ in range(count):
        first.addnext(copy.deepcopy(first))
    return root


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_work_grows_with_the_lines_and_no_faster(syntax):
    calls(with_lines(syntax, 1), syntax)
    few, some, many = (calls(with_lines(syntax, n), syntax) for n in (100, 200, 400))
    assert many - some < 2.1 * (some - few)


def test_100_000_lines_are_judged():
    root = document("ubl-invoice")
    for line in found(root, "/*/*[cac:Item]"):
        root.remove(line)
    root.append(etree.Comment("lines"))
    lines = b"<cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>" * 100_000
    content = etree.tostring(root).replace(b"<!--lines-->", lines)
    outcome = run(content, etree.fromstring(content), Scope(("en16931",), "ubl-invoice"))
    assert outcome.fired["en16931", "BR-26"] == 100_000
    assert len(outcome.findings) == 100


CENTS = st.integers(-(10**8), 10**8)
DOUBLES = st.floats(-1e12, 1e12, allow_nan=False)


@given(DOUBLES)
def test_a_double_is_rounded_half_up(value):
    assert Fraction(doubles.rounded(value)) == (Fraction(value) + Fraction(1, 2)).__floor__()


@given(st.lists(CENTS, max_size=30))
def test_doubles_of_whole_cents_come_to_the_exact_sum(amounts):
    total = sum(amount / 100 for amount in amounts)
    assert doubles.double_cents(total) == sum(amounts) / 100


@given(CENTS)
def test_whole_cents_have_two_decimals(amount):
    assert doubles.two_decimals(Decimal(amount) / 100)
    assert not doubles.two_decimals((Decimal(amount) + Decimal("0.5")) / 100)


@given(CENTS, st.integers(-200, 200))
def test_near_is_less_than_one_away(amount, off):
    stated, expected = Decimal(amount) / 100, (Decimal(amount) + off) / 100
    if abs(off) != 100:  # exactly 1 away is a matter of doubles
        assert doubles.near(stated, expected) is (abs(off) < 100)
        assert doubles.double_near(stated, expected) is (abs(off) < 100)


@settings(max_examples=40)
@given(st.sampled_from(SYNTAXES), CENTS, CENTS, st.sampled_from((0, 0, 1, -1)))
def test_totals_that_add_up_are_right_and_a_cent_more_is_not(syntax, first, second, off):
    lines = first + second
    base, net = lines - 5000, [Decimal(n) / 100 for n in (first, second)]
    root = document(syntax, CATEGORIES["Z"])
    places = UBL_AMOUNTS if syntax.startswith("ubl") else CII_AMOUNTS
    values = (*net, Decimal(lines + off) / 100, *(Decimal(base) / 100,) * 3)
    for path, value in zip(places, (*values, Decimal(base - 13950) / 100), strict=True):
        text(path, f"{value:.2f}")(root)
    assert fires(root, syntax) == ({"BR-CO-10", "BR-CO-13"} if off else set())


UBL_AMOUNTS = (
    "/*/*[cac:Item][1]/cbc:LineExtensionAmount",
    "/*/*[cac:Item][2]/cbc:LineExtensionAmount",
    "/*/cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
    "/*/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
    "/*/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
    UBL_BASE,
    "/*/cac:LegalMonetaryTotal/cbc:PayableAmount",
)
CII_AMOUNTS = (
    "(//ram:SpecifiedTradeSettlementLineMonetarySummation)[1]/ram:LineTotalAmount",
    "(//ram:SpecifiedTradeSettlementLineMonetarySummation)[2]/ram:LineTotalAmount",
    f"{TOTALS}/ram:LineTotalAmount",
    f"{TOTALS}/ram:TaxBasisTotalAmount",
    f"{TOTALS}/ram:GrandTotalAmount",
    BASE,
    f"{TOTALS}/ram:DuePayableAmount",
)
