"""Every amount of a written invoice follows from its quantities, prices and rates, in any syntax."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.messages.specimens.factory import document
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Adjustment, Line
from simulator.messages.specimens.variety import varied

SPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
# Where each syntax has what the sums are made of: from the root, or from the element above.
UBL = SimpleNamespace(
    lines="cac:InvoiceLine | cac:CreditNoteLine",
    amount="cbc:LineExtensionAmount",
    quantity="cbc:InvoicedQuantity | cbc:CreditedQuantity",
    price="cac:Price/cbc:PriceAmount",
    line_tax="cac:Item/cac:ClassifiedTaxCategory/",
    line_adjustments="cac:AllowanceCharge",
    adjustments="cac:AllowanceCharge",
    adjusted="cbc:Amount",
    percent="cbc:MultiplierFactorNumeric",
    base="cbc:BaseAmount",
    charge="cbc:ChargeIndicator",
    tax="cac:TaxCategory/",
    code="cbc:ID",
    rate="cbc:Percent",
    rows="cac:TaxTotal/cac:TaxSubtotal",
    row_tax="cac:TaxCategory/",
    row_base="cbc:TaxableAmount",
    row_amount="cbc:TaxAmount",
    vat="cac:TaxTotal/cbc:TaxAmount",
    total="cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
    allowances="cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount",
    charges="cac:LegalMonetaryTotal/cbc:ChargeTotalAmount",
    net="cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
    gross="cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
    prepaid="cac:LegalMonetaryTotal/cbc:PrepaidAmount",
    payable="cac:LegalMonetaryTotal/cbc:PayableAmount",
)
HEADER = "//ram:ApplicableHeaderTradeSettlement/"
CII = SimpleNamespace(
    lines="//ram:IncludedSupplyChainTradeLineItem",
    amount=".//ram:LineTotalAmount",
    quantity=".//ram:BilledQuantity",
    price=".//ram:NetPriceProductTradePrice/ram:ChargeAmount",
    line_tax="ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/",
    line_adjustments="ram:SpecifiedLineTradeSettlement/ram:SpecifiedTradeAllowanceCharge",
    adjustments=f"{HEADER}ram:SpecifiedTradeAllowanceCharge",
    adjusted="ram:ActualAmount",
    percent="ram:CalculationPercent",
    base="ram:BasisAmount",
    charge="ram:ChargeIndicator/udt:Indicator",
    tax="ram:CategoryTradeTax/",
    code="ram:CategoryCode",
    rate="ram:RateApplicablePercent",
    rows=f"{HEADER}ram:ApplicableTradeTax",
    row_tax="",
    row_base="ram:BasisAmount",
    row_amount="ram:CalculatedAmount",
    vat=f"{HEADER}/ram:TaxTotalAmount",
    total=f"{HEADER}/ram:LineTotalAmount",
    allowances=f"{HEADER}/ram:AllowanceTotalAmount",
    charges=f"{HEADER}/ram:ChargeTotalAmount",
    net=f"{HEADER}/ram:TaxBasisTotalAmount",
    gross=f"{HEADER}/ram:GrandTotalAmount",
    prepaid=f"{HEADER}/ram:TotalPrepaidAmount",
    payable=f"{HEADER}/ram:DuePayableAmount",
)
WRITTEN = {"ubl": UBL, "ubl-creditnote": UBL, "cii-d16b": CII, "cii-d22b": CII}


def cents(value):
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def every(element, path):
    return element.xpath(path, namespaces=SPACES)


def value(element, path):
    found = every(element, path)
    return Decimal(found[0].text) if found else Decimal(0)


def tax(element, at, where):
    return every(element, where + at.code)[0].text, value(element, where + at.rate)


def adjusted(element, at, path):
    """What each allowance or charge adds, and the allowance or charge itself."""
    for each in every(element, path):
        amount = value(each, at.adjusted)
        if percent := value(each, at.percent):
            assert amount == cents(value(each, at.base) * percent / 100)
        yield amount if every(each, at.charge)[0].text == "true" else -amount, each


def assert_sums_are_right(root, at):
    bases = defaultdict(Decimal)
    total, allowances, charges = Decimal(0), Decimal(0), Decimal(0)
    for line in every(root, at.lines):
        expected = cents(value(line, at.quantity) * value(line, at.price))
        expected += sum(signed for signed, _ in adjusted(line, at, at.line_adjustments))
        assert value(line, at.amount) == expected
        total += expected
        bases[tax(line, at, at.line_tax)] += expected
    for signed, each in adjusted(root, at, at.adjustments):
        bases[tax(each, at, at.tax)] += signed
        allowances, charges = allowances - min(signed, 0), charges + max(signed, 0)
    rows = every(root, at.rows)
    assert {tax(row, at, at.row_tax): value(row, at.row_base) for row in rows} == bases
    for row in rows:
        due = value(row, at.row_base) * tax(row, at, at.row_tax)[1] / 100
        assert value(row, at.row_amount) == cents(due)
    vat, net = sum(value(row, at.row_amount) for row in rows), total - allowances + charges
    assert value(root, at.total) == total
    assert (value(root, at.allowances), value(root, at.charges)) == (allowances, charges)
    assert (value(root, at.net), value(root, at.vat)) == (net, vat)
    assert value(root, at.gross) == net + vat
    assert value(root, at.payable) == net + vat - value(root, at.prepaid)


@pytest.mark.parametrize("syntax", WRITTEN)
@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa", "g2b-issuer"])
def test_a_specimen_drawn_by_lot_has_sums_that_are_right(syntax, circuit):
    for seed in range(30):
        spec = varied(Specimen(circuit=circuit), seed)
        assert_sums_are_right(etree.fromstring(document(spec, syntax)), WRITTEN[syntax])


AMOUNTS = st.decimals("0", "9999", places=2)
RATES = st.sampled_from([Decimal(rate) for rate in ("0", "2.1", "5.5", "10", "20.00")])
ADJUSTMENTS = st.lists(st.builds(Adjustment, AMOUNTS, st.booleans(), vat=RATES), max_size=3)
LINES = st.lists(
    st.builds(
        Line,
        quantity=st.decimals("0.0001", "9999", places=4),
        price=st.decimals("0", "99999", places=6),
        vat=RATES,
        adjustments=ADJUSTMENTS.map(tuple),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(
    lines=LINES,
    adjustments=ADJUSTMENTS,
    count=st.integers(0, 9),
    prepaid=AMOUNTS,
    syntax=st.sampled_from(list(WRITTEN)),
)
def test_any_lines_repeated_any_number_of_times_have_sums_that_are_right(
    lines, adjustments, count, prepaid, syntax
):
    spec = Specimen(
        lines=tuple(lines),
        line_count=count,
        adjustments=tuple(adjustments),
        prepaid=prepaid,
    )
    root = etree.fromstring(document(spec, syntax))
    assert len(every(root, WRITTEN[syntax].lines)) == (count or len(lines))
    assert_sums_are_right(root, WRITTEN[syntax])


def test_cpp_says_the_totals_of_the_same_invoice_in_ubl():
    for seed in range(10):
        spec = varied(Specimen(), seed)
        cpp = etree.fromstring(document(spec, "cpp"))
        ubl = etree.fromstring(document(spec, "ubl"))
        data = "CPPFactures/CPPFactureMixteUnitaire/DonneesFacture/"
        for ours, theirs in (
            ("Montants/MontantHT", UBL.net),
            ("Montants/MontantTTC", UBL.gross),
            ("Montants/MontantNetAPayer", UBL.payable),
        ):
            assert Decimal(cpp.findtext(data + ours)) == value(ubl, theirs)
        written = [Decimal(e.text) for e in cpp.iterfind(f"{data}TVAS/TVA/MontantTVA")]
        assert sum(written) == value(ubl, UBL.vat)
        assert len(cpp.findall(f"{data}Lignes/Ligne")) == len(every(ubl, UBL.lines))
