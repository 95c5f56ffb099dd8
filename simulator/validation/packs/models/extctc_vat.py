"""EXTENDED-CTC-FR: each VAT category against its lines, allowances and charges.

The official rules compare twice: by category and rate (``ini``), and by exemption reason as well
(``rev``). The rule proper is content with either; the other two are warnings. Lines that are groups
or information do not count; there is a cent of slack for each part.

Source: behaviour of the FNFE rules EXTENDED-CTC-FR V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import AllowanceCharge, Invoice, TaxCategory, VatBreakdown
from simulator.messages.invoice.rounding import cents, total
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import normal
from simulator.validation.packs.models.brfr_lines import counted_lines
from simulator.validation.packs.models.en16931_doubles import double_cents, double_sum
from simulator.validation.packs.models.en16931_faults import fault

rules = ModelRules()
_CENT = Decimal("0.01")
_OUTSIDE = "O"
# By the name of a category in rule ids its code.
CATEGORIES = {
    "S": "S",
    "Z": "Z",
    "E": "E",
    "AE": "AE",
    "IC": "K",
    "G": "G",
    "O": _OUTSIDE,
    "AF": "L",
    "AG": "M",
}


class _Key(NamedTuple):
    """What a part has in common with a row; reasons are None where they do not matter."""

    code: str
    rate: Decimal | None
    reason_code: str | None = None
    reason: str | None = None


class _Parts:
    """What the taxable amount of a row is made of, and how many parts that is."""

    def __init__(self) -> None:
        self.lines: list[Number] = []
        self.allowances: list[Number] = []
        self.charges: list[Number] = []
        self.logistics: list[Number] = []
        self.count = 0

    @property
    def slack(self) -> Decimal:
        """A cent for each part."""
        return _CENT * self.count

    def adjust(self, part: AllowanceCharge) -> None:
        """Adds an allowance or a charge; what says neither counts for the slack alone."""
        if part.is_charge:
            self.charges.append(part.amount)
        elif part.is_allowance:
            self.allowances.append(part.amount)


_NOTHING = _Parts()


def _parts(invoice: Invoice) -> dict[_Key, _Parts]:
    """Lines, allowances and charges by every key that they have."""
    found: dict[_Key, _Parts] = {}
    for line in counted_lines(invoice):
        for parts in _of(invoice, found, line.categories):
            parts.lines.append(line.net)
            parts.count += line.net.exists or invoice.syntax == "cii"
    for charge in invoice.allowance_charges:
        for parts in _of(invoice, found, charge.categories):
            parts.adjust(charge)
            parts.count += charge.amount.exists or invoice.syntax == "cii"
    for charge in invoice.logistics:
        for parts in _of(invoice, found, charge.categories):
            parts.logistics.append(charge.amount)
            parts.count += 1
    return found


def _of(
    invoice: Invoice, found: dict[_Key, _Parts], categories: Sequence[TaxCategory]
) -> Iterator[_Parts]:
    keys = {key for c in categories for key in _keys(invoice, c)}
    return (found.setdefault(key, _Parts()) for key in keys)


def _keys(invoice: Invoice, category: TaxCategory) -> Iterator[_Key]:
    code, rate = _code(invoice, category), category.rate.value
    reasons = (normal(category.reason_code.value), normal(category.reason.value))
    for one in {rate, None}:
        yield _Key(code, one)
        yield _Key(code, one, *reasons)


def _code(invoice: Invoice, category: TaxCategory) -> str:
    """BT-118: as written in CII."""
    return normal(category.code.value) if invoice.syntax == "ubl" else category.code.value


def _rows(code: str, invoice: Invoice) -> Iterator[tuple[VatBreakdown, TaxCategory]]:
    """Rows of the breakdown of a category, VAT only."""
    for row in invoice.vat:
        for category in row.categories:
            if _code(invoice, category) == code and _is_vat(invoice, category):
                yield row, category


def _is_vat(invoice: Invoice, category: TaxCategory) -> bool:
    scheme = category.scheme.value
    return (normal(scheme) if invoice.syntax == "ubl" else scheme).upper() == "VAT"


def _plain(invoice: Invoice, category: TaxCategory) -> _Parts:
    """Parts of the category and rate of a row; of the category alone outside the scope of VAT."""
    code = _code(invoice, category)
    rate = None if code == _OUTSIDE else category.rate.value
    if rate is None and code != _OUTSIDE:
        return _NOTHING
    return invoice.once(_parts).get(_Key(code, rate), _NOTHING)


def _reasoned(invoice: Invoice, category: TaxCategory) -> _Parts:
    """Those of them that have the exemption reason of the row."""
    code = _code(invoice, category)
    rate = None if code == _OUTSIDE else category.rate.value
    if rate is None and code != _OUTSIDE:
        return _NOTHING
    reasons = (normal(category.reason_code.value), normal(category.reason.value))
    return invoice.once(_parts).get(_Key(code, rate, *reasons), _NOTHING)


def _is_base(invoice: Invoice, stated: Decimal | None, parts: _Parts) -> bool | None:
    """Whether BT-116 is the sum of the parts; None when one of them is not a number."""
    if stated is None:
        return False
    return _exact(stated, parts) if invoice.syntax == "cii" else _double(stated, parts)


def _exact(stated: Decimal, parts: _Parts) -> bool | None:
    sums = [total(x) for x in (parts.lines, parts.allowances, parts.charges, parts.logistics)]
    lines, allowances, charges, logistics = (None if x is None else cents(x) for x in sums)
    if lines is None or allowances is None or charges is None or logistics is None:
        return None
    return abs(stated - lines + allowances - charges - logistics) <= parts.slack


def _double(stated: Decimal, parts: _Parts) -> bool | None:
    sums = [double_sum(x) for x in (parts.lines, parts.allowances, parts.charges)]
    lines, allowances, charges = (None if x is None else double_cents(x) for x in sums)
    if lines is None or allowances is None or charges is None:
        return None
    if any(line.exists for line in parts.lines):
        off = float(stated) - lines + allowances - charges
        return abs(off) <= float(parts.slack)
    return abs(stated + Decimal(allowances) - Decimal(charges)) <= parts.slack


def _base(code: str, kind: str, invoice: Invoice) -> Iterator[Fault]:
    """08: BT-116 of each row; `kind` says which comparisons have to hold."""
    for row, category in _rows(code, invoice):
        if row.taxable.bad or category.rate.bad:
            continue
        plain, reasoned = _plain(invoice, category), _reasoned(invoice, category)
        either = {"ini": (plain,), "rev": (reasoned,)}.get(kind, (plain, reasoned))
        judged = [_is_base(invoice, row.taxable.value, parts) for parts in either]
        if True not in judged and None not in judged:
            yield fault(row.taxable, row, _expected(either[0]))


def _expected(parts: _Parts) -> str:
    sums = [total(x) for x in (parts.lines, parts.allowances, parts.charges, parts.logistics)]
    lines, allowances, charges, logistics = (Decimal() if x is None else cents(x) for x in sums)
    return str(lines - allowances + charges + logistics)


def _used(code: str, invoice: Invoice) -> Iterator[Fault]:
    """01: the breakdown has a category exactly when a line, allowance or charge has it."""
    of_charges = (
        invoice.all_allowance_charges if invoice.syntax == "cii" else invoice.allowance_charges
    )
    parts = [c for line in counted_lines(invoice) for c in line.categories]
    parts += [c for charge in of_charges for c in charge.categories]
    used = [c for c in parts if _code(invoice, c) == code]
    rows = [c for row in invoice.vat for c in row.categories if _code(invoice, c) == code]
    if bool(used) != bool(rows):
        yield Fault((used or rows)[0], code)


@rules("BR-FREXT-S-09", "BR-FXEXT-S-09")
def tax(invoice: Invoice) -> Iterator[Fault]:
    """BT-117 is BT-116 x BT-119, within a cent for each part; CII counts parts either way."""
    for row, category in _rows("S", invoice):
        base, rate, stated = row.taxable, category.rate, row.tax
        if base.bad or rate.bad or stated.bad:
            continue
        expected = None
        if base.value is not None and rate.value is not None:
            expected = cents(base.value * rate.value / 100)
        count = _reasoned(invoice, category).count
        if invoice.syntax == "cii":
            count = max(count, _plain(invoice, category).count)
        if expected is None or stated.value is None or abs(stated.value - expected) > _CENT * count:
            yield fault(stated, row, "BT-116 x BT-119" if expected is None else expected)


for _name, _category in CATEGORIES.items():
    rules.add(f"BR-FREXT-{_name}-01", partial(_used, _category))
    for _kind in ("", "ini", "rev"):
        for _prefix in ("BR-FREXT", "BR-FXEXT"):
            rules.add(f"{_prefix}-{_name}-08{_kind}", partial(_base, _category, _kind))
