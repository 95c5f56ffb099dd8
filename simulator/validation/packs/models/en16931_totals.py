"""EN 16931: sums of the document. Amounts that are not numbers are left to the schema.

Source: EN 16931-1:2017 clause 6.4; tolerances: the CEN validation artefacts 1.3.16, which compare
sums to the cent and VAT of the breakdown within 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import AllowanceCharge, Invoice, VatBreakdown, VatSum
from simulator.messages.invoice.rounding import cents, double_total, total, whole, within
from simulator.validation.packs.model import Fault, ModelRules, Placed

rules = ModelRules()
_ZERO = Decimal()


@rules("BR-CO-10")
def lines(invoice: Invoice) -> Iterator[Fault]:
    """BT-106 is the sum of BT-131."""
    totals = invoice.totals
    expected = _total(invoice, [line.net for line in invoice.lines])
    if totals and expected is not None and totals.lines.value != cents(expected):
        yield _fault(totals.lines, totals, cents(expected))


@rules("BR-CO-11")
def allowances(invoice: Invoice) -> Iterator[Fault]:
    """BT-107 is the sum of BT-92, and neither is there without the other."""
    return _sum_of(invoice, invoice.totals.allowances, invoice.allowances)


@rules("BR-CO-12")
def charges(invoice: Invoice) -> Iterator[Fault]:
    """BT-108 is the sum of BT-99, and neither is there without the other."""
    return _sum_of(invoice, invoice.totals.charges, invoice.charges)


def _sum_of(
    invoice: Invoice, stated: Number, parts: tuple[AllowanceCharge, ...]
) -> Iterator[Fault]:
    if not invoice.totals or (not stated.exists and not parts):
        return
    expected = _total(invoice, [part.amount for part in parts])
    if expected is not None and not stated.bad and stated.value != cents(expected):
        yield _fault(stated, invoice.totals, cents(expected))


@rules("BR-CO-13")
def without_vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-109 is BT-106 - BT-107 + BT-108; without the latter two it is BT-106 as written."""
    t = invoice.totals
    if not t or _any_bad(t.without_vat, t.lines, t.allowances, t.charges):
        return
    if t.lines.value is None:
        yield _fault(t.without_vat, t, "")
        return
    expected = t.lines.value - (t.allowances.value or _ZERO) + (t.charges.value or _ZERO)
    if invoice.syntax == "cii" or t.allowances.exists or t.charges.exists:
        expected = cents(expected)
    if t.without_vat.value != expected:
        yield _fault(t.without_vat, t, expected)


@rules("BR-CO-14")
def vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-110 is the sum of BT-117."""
    if invoice.syntax == "ubl":
        stated = [(t, t.breakdown) for t in invoice.tax_totals if t.breakdown]
    else:
        stated = [(t, invoice.vat) for t in invoice.own_tax_totals]
    for group, rows in stated:
        expected = _total(invoice, [row.tax for row in rows])
        if expected is not None and not group.amount.bad and group.amount.value != cents(expected):
            yield _fault(group.amount, group, cents(expected))


@rules("BR-CO-15")
def with_vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-112 is BT-109 + BT-110 in the invoice currency; CII also lets BT-112 be BT-109."""
    if not invoice.currency.exists:
        return
    t = invoice.totals
    own = [total.amount for total in invoice.own_tax_totals]
    if _any_bad(t.with_vat, t.without_vat, *own):
        return
    if invoice.syntax == "cii" and t.with_vat.value == t.without_vat.value is not None:
        return
    expected = None
    if len(own) == 1 and own[0].value is not None and t.without_vat.value is not None:
        expected = cents(t.without_vat.value + own[0].value)
    if expected is None or t.with_vat.value != expected:
        yield _fault(t.with_vat, t or invoice, "" if expected is None else expected)


@rules("BR-CO-16")
def payable(invoice: Invoice) -> Iterator[Fault]:
    """BT-115 is BT-112 - BT-113 + BT-114; UBL rounds before it compares, CII does not."""
    t = invoice.totals
    if not t or _any_bad(t.payable, t.with_vat, t.prepaid, t.rounding):
        return
    if t.with_vat.value is None or t.payable.value is None:
        yield _fault(t.payable, t, "" if t.with_vat.value is None else t.with_vat.value)
        return
    due, paid = t.payable.value - (t.rounding.value or _ZERO), t.with_vat.value
    if t.prepaid.value is not None:
        paid -= t.prepaid.value
    expected = paid + (t.rounding.value or _ZERO)
    if invoice.syntax == "ubl":
        due = cents(due) if t.rounding.exists else due
        paid = cents(paid) if t.prepaid.exists else paid
    if due != paid:
        yield _fault(t.payable, t, expected)


@rules("BR-DEC-09")
def two_decimals(invoice: Invoice) -> Iterator[Fault]:
    """BT-106 has two decimals at most."""
    amount = invoice.totals.lines
    if amount.decimals > 2:
        yield Fault(amount, amount.text)


@rules("BR-S-08")
def standard_base(invoice: Invoice) -> Iterator[Fault]:
    """BT-116 of each rate is lines + charges - allowances of that rate."""
    # CII does not ask whether the breakdown is one of VAT.
    rows = invoice.any_breakdown if invoice.syntax == "cii" else invoice.breakdown
    for row in rows.get("S", ()):
        rate, stated = row.category.rate.value, row.taxable
        if rate is None or stated.bad:
            continue
        parts = invoice.vat_sums.get(("S", rate))
        if parts is not None and parts.unknown:
            continue
        if not _is_base(invoice, stated.value, parts):
            yield _fault(stated, row, _ZERO if parts is None else parts.taxable)


def _is_base(invoice: Invoice, found: Decimal | None, parts: VatSum | None) -> bool:
    if found is None:
        return False
    if invoice.syntax == "ubl":
        return parts is not None and within(found, parts.taxable)
    row = parts or VatSum()
    return found == cents(row.lines) + cents(row.charges) - cents(row.allowances)


@rules("BR-S-09")
def standard_tax(invoice: Invoice) -> Iterator[Fault]:
    """BT-117 is BT-116 x BT-119, within 1."""
    rows = invoice.any_breakdown if invoice.syntax == "cii" else invoice.breakdown
    for row in rows.get("S", ()):
        if not _any_bad(row.tax, row.taxable, row.category.rate):
            yield from _tax(invoice, row)


def _tax(invoice: Invoice, row: VatBreakdown) -> Iterator[Fault]:
    tax, base, rate = row.tax.value, row.taxable.value, row.category.rate.value
    if tax is None or base is None or rate is None:
        yield _fault(row.tax, row, "")
        return
    expected = cents(abs(base) * rate / 100)
    if invoice.syntax == "cii":
        expected = whole(abs(base) * rate) / 100
    if not within(abs(tax), expected):
        yield _fault(row.tax, row, expected)


def _total(invoice: Invoice, numbers: list[Number]) -> Decimal | None:
    return double_total(numbers) if invoice.syntax == "cii" else total(numbers)


def _any_bad(*numbers: Number) -> bool:
    return any(number.bad for number in numbers)


def _fault(number: Number, group: Placed, expected: object) -> Fault:
    return Fault(number if number.exists else group, number.text, expected)
