"""EN 16931: base and VAT of each category in the breakdown (BR-*-08, BR-*-09).

The tolerances are not those of the text of the standard but those of the rule sets: UBL lets a base of
a category with rates be 1 away and asks for equality in the others, CII the other way round; CII
computes on doubles.

Source: EN 16931-1:2017 clause 6.4.3; behaviour of the CEN validation artefacts 1.3.16.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from simulator.messages.invoice.model import Invoice, TaxCategory, VatBreakdown, VatSum
from simulator.messages.invoice.rounding import cents, within
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_categories import Use, of_code
from simulator.validation.packs.models.en16931_doubles import (
    double_near,
    near,
    rounded,
    shown,
)
from simulator.validation.packs.models.en16931_faults import fault
from simulator.validation.packs.models.en16931_vat import CATEGORIES, judged_rows

rules = ModelRules()
_ZERO = Decimal()
_NOTHING = VatSum()
# Categories whose base is one for each rate.
_RATED = ("S", "L", "M")


def rated_base(code: str, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """08 of a category with rates: BT-116 is lines + charges - allowances of its rate."""
    if invoice.syntax == "cii" and code != "S":
        return  # the official rules look for the rate where there is none, and never fire
    for row, category in judged_rows(code, use, invoice):
        rate, stated = category.rate.value, row.taxable
        if rate is None or stated.bad:
            continue
        parts = use.sums.get(rate)
        if parts is not None and parts.unknown:
            continue
        if not _is_rated_base(invoice, (code, rate), stated.value, parts):
            yield fault(stated, row, _base(parts or _NOTHING))


def _is_rated_base(
    invoice: Invoice, key: tuple[str, Decimal], stated: Decimal | None, parts: VatSum | None
) -> bool:
    if stated is None:
        return False
    if invoice.syntax == "cii":
        return float(stated) == float(_base(parts or _NOTHING))
    if parts is None:
        return key[0] != "S" and bool(invoice.lines) and near(stated, _ZERO)
    if near(stated, parts.taxable):
        return bool(invoice.lines) or key[0] == "S"
    # BR-S-08 adds up invoice lines and credit note lines apart, and is content with either sum.
    return (
        key[0] == "S"
        and _is_charged(invoice, key)
        and near(stated, parts.charges - parts.allowances)
    )


def _is_charged(invoice: Invoice, key: tuple[str, Decimal]) -> bool:
    code, rate = key
    return any(
        any(c.code.clean == code for c in part.categories)
        and any(c.rate.value == rate for c in part.categories)
        for part in invoice.allowance_charges
    )


def plain_base(code: str, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """08 of a category without rates: BT-116 is lines + charges - allowances."""
    for row, _ in judged_rows(code, use, invoice):
        stated = row.taxable
        parts = use.sum
        if stated.bad or parts.unknown:
            continue
        if not _is_plain_base(invoice, code, stated.value, parts):
            yield fault(stated, row, _base(parts))


def _is_plain_base(invoice: Invoice, code: str, stated: Decimal | None, parts: VatSum) -> bool:
    if stated is None:
        return False
    if invoice.syntax == "ubl":
        return bool(invoice.lines) and stated == parts.taxable
    expected = _base(parts)
    return float(stated) == float(expected) if code == "O" else double_near(stated, expected)


def _base(parts: VatSum) -> Decimal:
    """What BT-116 should be, each part of it rounded."""
    return cents(parts.lines) + cents(parts.charges) - cents(parts.allowances)


def rated_tax(code: str, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """09 of a category with rates: BT-117 is BT-116 x BT-119, within 1."""
    if invoice.syntax == "cii" and code != "S":
        return  # true() in the official rules
    for row, category in judged_rows(code, use, invoice):
        if not any(n.bad for n in (row.tax, row.taxable, category.rate)):
            yield from _tax(invoice, row, category)


def _tax(invoice: Invoice, row: VatBreakdown, category: TaxCategory) -> Iterator[Fault]:
    tax, base, rate = row.tax.value, row.taxable.value, category.rate.value
    if tax is None or base is None or rate is None:
        yield fault(row.tax, row, "BT-116 x BT-119")
    elif invoice.syntax == "cii":
        double = rounded(float(abs(base)) * float(rate)) / 100
        if not float(abs(tax) - 1) < double < float(abs(tax) + 1):
            yield fault(row.tax, row, shown(double))
    elif not within(abs(tax), cents(abs(base) * rate / 100)):
        yield fault(row.tax, row, cents(abs(base) * rate / 100))


def plain_tax(code: str, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """09 of a category without rates: BT-117 is 0."""
    for row, _ in judged_rows(code, use, invoice):
        if row.tax.value != _ZERO and not row.tax.bad:
            yield fault(row.tax, row, "0")


for _category in CATEGORIES:
    _rated = _category.code in _RATED
    for _number, _rule in (
        ("08", rated_base if _rated else plain_base),
        ("09", rated_tax if _rated else plain_tax),
    ):
        _id = f"BR-{_category.prefix}-{_number}"
        rules.add(_id, of_code(_category.code, partial(_rule, _category.code)))
