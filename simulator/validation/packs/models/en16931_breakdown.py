"""EN 16931: rows of the VAT breakdown whatever their category (BR-45 to -48, BR-CO-03, -17, -18).

Source: EN 16931-1:2017 clause 6.4; the CEN validation artefacts 1.3.16, which in UBL also judge tax
subtotals of lines, and in CII leave out rows of the categories L, M and O.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.messages.invoice.fields import NO_NUMBER, Number
from simulator.messages.invoice.model import Group, Invoice, TaxCategory, VatBreakdown
from simulator.messages.invoice.rounding import cents, whole
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import (
    CAC,
    anywhere,
    is_below,
    stray_subtotal,
)
from simulator.validation.packs.models.en16931_categories import is_vat
from simulator.validation.packs.models.en16931_faults import ABSENT, decimals, fault
from simulator.validation.packs.models.en16931_periods import document_spans

rules = ModelRules()
_OUTSIDE = "O"
_APART = ("L", "M", "O")
_TAX_TOTAL = f"{CAC}TaxTotal"
_ZERO = Decimal()
_WITHIN = Decimal(1)


def judged(invoice: Invoice) -> list[VatBreakdown]:
    """The rows that these rules speak of."""
    return invoice.once(_judged)


def _judged(invoice: Invoice) -> list[VatBreakdown]:
    own = list(invoice.vat)
    if invoice.syntax == "cii":
        return [row for row in own if not _is_apart(row.category)]
    found = anywhere(invoice)["TaxSubtotal"]
    if len(found) == len(own):
        return own
    known = {row.element for row in own}
    strays = [e for e in found if e not in known and is_below(e, _TAX_TOTAL)]
    return own + [stray_subtotal(invoice, e) for e in strays]


def _is_apart(category: TaxCategory) -> bool:
    return category.code.value in _APART and is_vat(category)


def _rate_of(row: VatBreakdown) -> Number:
    return next((c.rate for c in row.categories if c.rate.exists and is_vat(c)), NO_NUMBER)


@rules("BR-45")
def has_base(invoice: Invoice) -> Iterator[Fault]:
    """A row has a taxable amount (BT-116)."""
    for row in judged(invoice):
        if not row.taxable.exists:
            yield Fault(row, found=ABSENT)


@rules("BR-46")
def has_tax(invoice: Invoice) -> Iterator[Fault]:
    """A row has a tax amount (BT-117)."""
    for row in judged(invoice):
        if not row.tax.exists:
            yield Fault(row, found=ABSENT)


@rules("BR-47")
def has_category(invoice: Invoice) -> Iterator[Fault]:
    """A row has a VAT category (BT-118)."""
    for row in judged(invoice):
        if not any(is_vat(c) and c.code.exists for c in row.categories):
            yield Fault(row, found=row.category.scheme.clean or ABSENT)


@rules("BR-48")
def has_rate(invoice: Invoice) -> Iterator[Fault]:
    """A row has a rate (BT-119), unless it is outside the scope of VAT."""
    for row in judged(invoice):
        vat = [c for c in row.categories if is_vat(c)]
        if not any(c.rate.exists or c.code.clean == _OUTSIDE for c in vat):
            yield Fault(row, found=ABSENT)


@rules("BR-CO-17")
def tax(invoice: Invoice) -> Iterator[Fault]:
    """BT-117 is BT-116 x BT-119, within 1; without a rate, or with one that rounds to 0, it is 0."""
    for row in judged(invoice):
        rate = _rate_of(row)
        if row.tax.bad or row.taxable.bad or rate.bad:
            continue
        expected = _expected(row, rate.value)
        if not _is_tax(invoice, row.tax.value, rate.value, expected):
            yield fault(row.tax, row, "BT-116 x BT-119" if expected is None else expected)


def _expected(row: VatBreakdown, rate: Decimal | None) -> Decimal | None:
    if rate is None or not whole(rate):
        return _ZERO
    return None if row.taxable.value is None else cents(abs(row.taxable.value) * rate / 100)


def _is_tax(
    invoice: Invoice, found: Decimal | None, rate: Decimal | None, expected: Decimal | None
) -> bool:
    if found is None or expected is None:
        return False
    if rate is None or not whole(rate):
        return not whole(found)
    off = abs(abs(found) - expected)
    return off <= _WITHIN if invoice.syntax == "cii" else off < _WITHIN


@rules("BR-CO-03")
def one_point(invoice: Invoice) -> Iterator[Fault]:
    """A tax point date (BT-7) and a code for one (BT-8) exclude each other."""
    if invoice.syntax == "ubl":
        coded = any(span.coded for span in document_spans(invoice))
        if invoice.tax_point_date.exists and coded:
            yield Fault(invoice.tax_point_date, found=invoice.tax_point_date.clean)
        return
    found = anywhere(invoice)
    if found["TaxPointDate"] and found["DueDateTypeCode"] and judged(invoice):
        yield Fault(Group(element=found["TaxPointDate"][0]), found="BT-7, BT-8")


@rules("BR-CO-18")
def has_rows(invoice: Invoice) -> Iterator[Fault]:
    """There is a row at all; CII asks it for the sake of each line."""
    if not invoice.vat and (invoice.lines or invoice.syntax == "ubl"):
        yield Fault(invoice, found=ABSENT)


@rules("BR-DEC-19")
def base_decimals(invoice: Invoice) -> Iterator[Fault]:
    """BT-116 has two decimals at most."""
    return decimals(row.taxable for row in judged(invoice))


@rules("BR-DEC-20")
def tax_decimals(invoice: Invoice) -> Iterator[Fault]:
    """BT-117 has two decimals at most."""
    return decimals(row.tax for row in judged(invoice))
