"""EN 16931: sums of the document (BR-CO-10 to -16, BR-DEC-09 to -18).

Amounts that are not numbers are left to the schema. A comparison with what is not there is false, so
that most rules fire on an amount that is missing.

Source: EN 16931-1:2017 clause 6.4; to what digit they compare: the CEN validation artefacts 1.3.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial

from simulator.messages.invoice.fields import Number, Text
from simulator.messages.invoice.model import AllowanceCharge, Invoice, Totals
from simulator.messages.invoice.rounding import cents, double_total, total
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_doubles import (
    double_cents,
    double_sum,
    shown,
    two_decimals,
)
from simulator.validation.packs.models.en16931_faults import decimals, fault, missing

rules = ModelRules()
_ZERO = Decimal()


@rules("BR-CO-10")
def lines(invoice: Invoice) -> Iterator[Fault]:
    """BT-106 is the sum of BT-131."""
    for totals in invoice.all_totals:
        stated = totals.lines
        add = double_total if invoice.syntax == "cii" else total
        expected = None if stated.bad else add(line.net for line in invoice.lines)
        if expected is not None and stated.value != cents(expected):
            yield fault(stated, totals, cents(expected))


@rules("BR-CO-11")
def allowances(invoice: Invoice) -> Iterator[Fault]:
    """BT-107 is the sum of BT-92, and neither is there without the other."""
    for totals in invoice.all_totals:
        yield from _sum_of(invoice, totals, totals.allowances, invoice.allowances)


@rules("BR-CO-12")
def charges(invoice: Invoice) -> Iterator[Fault]:
    """BT-108 is the sum of BT-99, and neither is there without the other."""
    for totals in invoice.all_totals:
        yield from _sum_of(invoice, totals, totals.charges, invoice.charges)


def _sum_of(
    invoice: Invoice, totals: Totals, stated: Number, parts: tuple[AllowanceCharge, ...]
) -> Iterator[Fault]:
    if stated.bad or (not stated.exists and not parts):
        return
    expected = _sum(invoice, [part.amount for part in parts])
    if expected is not None and not _is(stated, expected):
        yield fault(stated, totals, _shown(expected))


def _sum(invoice: Invoice, numbers: list[Number]) -> Decimal | float | None:
    """``round(sum(...) * 10 * 10) div 100``: of doubles in CII, exactly in UBL."""
    if invoice.syntax == "cii":
        double = double_sum(numbers)
        return None if double is None else double_cents(double)
    exact = total(numbers)
    return None if exact is None else cents(exact)


def _is(stated: Number, expected: Decimal | float) -> bool:
    if stated.value is None:
        return False
    return (float(stated.value) if isinstance(expected, float) else stated.value) == expected


def _shown(expected: Decimal | float) -> object:
    return shown(expected) if isinstance(expected, float) else expected


@rules("BR-CO-13")
def without_vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-109 is BT-106 - BT-107 + BT-108; without the latter two it is BT-106 as written."""
    for t in invoice.all_totals:
        if _any_bad(t.without_vat, t.lines, t.allowances, t.charges):
            continue
        expected = _without_vat(invoice, t)
        if expected is None:
            yield fault(t.without_vat, t, "BT-106 - BT-107 + BT-108")
        elif t.without_vat.value != expected:
            yield fault(t.without_vat, t, expected)


def _without_vat(invoice: Invoice, t: Totals) -> Decimal | None:
    if t.lines.value is None:
        return None
    exact = t.lines.value - (t.allowances.value or _ZERO) + (t.charges.value or _ZERO)
    rounds = invoice.syntax == "cii" or t.allowances.exists or t.charges.exists
    return cents(exact) if rounds else exact


@rules("BR-CO-14")
def vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-110 is the sum of BT-117."""
    if invoice.syntax == "ubl":
        stated = [(t, t.breakdown) for t in invoice.tax_totals if t.breakdown]
    else:
        stated = [(t, invoice.vat) for t in invoice.own_tax_totals]
    for group, rows in stated:
        expected = _sum(invoice, [row.tax for row in rows])
        if expected is not None and not group.amount.bad and not _is(group.amount, expected):
            yield fault(group.amount, group, _shown(expected))


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
        yield fault(t.with_vat, t or invoice, "BT-109 + BT-110" if expected is None else expected)


@rules("BR-CO-16")
def payable(invoice: Invoice) -> Iterator[Fault]:
    """BT-115 is BT-112 - BT-113 + BT-114; UBL rounds before it compares, CII does not."""
    for t in invoice.all_totals:
        if _any_bad(t.payable, t.with_vat, t.prepaid, t.rounding):
            continue
        if t.with_vat.value is None:
            yield fault(t.payable, t, "BT-112 - BT-113 + BT-114")
            continue
        paid = t.with_vat.value - (t.prepaid.value or _ZERO)
        if t.payable.value is None or not _is_due(invoice, t, t.payable.value, paid):
            yield fault(t.payable, t, paid + (t.rounding.value or _ZERO))


def _is_due(invoice: Invoice, t: Totals, payable: Decimal, paid: Decimal) -> bool:
    due = payable - (t.rounding.value or _ZERO)
    if invoice.syntax == "ubl":
        due = cents(due) if t.rounding.exists else due
        paid = cents(paid) if t.prepaid.exists else paid
    return due == paid


def total_decimals(of: Callable[[Totals], Number], invoice: Invoice) -> Iterable[Fault]:
    """An amount of the totals has two decimals at most."""
    numbers = [number for t in invoice.all_totals if (number := of(t)).element is not None]
    return decimals(numbers) if numbers else ()


rules.add("BR-DEC-09", partial(total_decimals, lambda totals: totals.lines))
rules.add("BR-DEC-10", partial(total_decimals, lambda totals: totals.allowances))
rules.add("BR-DEC-11", partial(total_decimals, lambda totals: totals.charges))
rules.add("BR-DEC-12", partial(total_decimals, lambda totals: totals.without_vat))
rules.add("BR-DEC-14", partial(total_decimals, lambda totals: totals.with_vat))
rules.add("BR-DEC-16", partial(total_decimals, lambda totals: totals.prepaid))
rules.add("BR-DEC-17", partial(total_decimals, lambda totals: totals.rounding))
rules.add("BR-DEC-18", partial(total_decimals, lambda totals: totals.payable))


@rules("BR-DEC-13")
def vat_decimals(invoice: Invoice) -> Iterator[Fault]:
    """BT-110 has two decimals at most; one total that is right, or of another currency, is enough."""
    for totals in invoice.all_totals:
        own = _in_currency(totals, invoice.currency)
        if len(own) == len(totals.taxes) and not any(map(_is_short, own)):
            yield from (Fault(amount, found=amount.text) for amount in own)


@rules("BR-DEC-15")
def accounting_decimals(invoice: Invoice) -> Iterator[Fault]:
    """With an accounting currency, one VAT total is in it (BT-111) and has two decimals at most."""
    if not invoice.tax_currency.exists:
        return
    for totals in invoice.all_totals:
        own = _in_currency(totals, invoice.tax_currency)
        if totals.taxes and not any(map(_is_short, own)):
            yield from (Fault(amount, found=amount.text) for amount in own)
            if not own:
                yield missing(totals)


def _in_currency(totals: Totals, currency: Text) -> list[Number]:
    return [t for t in totals.taxes if currency.exists and t.currency == currency.value]


def _is_short(amount: Number) -> bool:
    return amount.value is None or two_decimals(amount.value)


def _any_bad(*numbers: Number) -> bool:
    return any(number.bad for number in numbers)
