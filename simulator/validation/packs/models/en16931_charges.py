"""EN 16931: allowances and charges of the document and of lines (BR-31 to -44, BR-CO-21 to -24).

Source: EN 16931-1:2017 clause 6.4; the CEN validation artefacts 1.3.16, for which a CII indicator is
the word ``true`` or ``false`` here, and a boolean (``1``, ``0``) in sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from simulator.messages.invoice.model import AllowanceCharge, Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_categories import is_vat
from simulator.validation.packs.models.en16931_faults import decimals, missing

rules = ModelRules()


class Charges(msgspec.Struct, gc=False):
    """Allowances and charges, as these rules tell them apart.

    Attributes:
        allowances: BG-20.
        charges: BG-21.
        line_allowances: BG-27.
        line_charges: BG-28.
    """

    allowances: list[AllowanceCharge] = msgspec.field(default_factory=list)
    charges: list[AllowanceCharge] = msgspec.field(default_factory=list)
    line_allowances: list[AllowanceCharge] = msgspec.field(default_factory=list)
    line_charges: list[AllowanceCharge] = msgspec.field(default_factory=list)


_Parts = Sequence[AllowanceCharge]


def _charges(invoice: Invoice) -> Charges:
    found = Charges()
    cii = invoice.syntax == "cii"
    _sort(cii, invoice.allowance_charges, found.allowances, found.charges)
    for line in invoice.lines:
        if line.allowance_charges:
            _sort(cii, line.allowance_charges, found.line_allowances, found.line_charges)
    return found


def _sort(
    cii: bool,
    parts: Iterable[AllowanceCharge],
    allowances: list[AllowanceCharge],
    charges: list[AllowanceCharge],
) -> None:
    for part in parts:
        word = part.indicator.value
        if word == "false" or (part.is_allowance and not cii):
            allowances.append(part)
        elif word == "true" or (part.is_charge and not cii):
            charges.append(part)


def has_amount(parts: _Parts) -> Iterator[Fault]:
    """An amount."""
    return (missing(part) for part in parts if not part.amount.exists)


def has_category(parts: _Parts) -> Iterator[Fault]:
    """A VAT category."""
    for part in parts:
        if not any(is_vat(c) and c.code.exists for c in part.categories):
            yield missing(part)


def has_reason(parts: _Parts) -> Iterator[Fault]:
    """A reason, or a code for one."""
    return (missing(p) for p in parts if not (p.reason.exists or p.reason_code.exists))


def amount_decimals(parts: _Parts) -> Iterator[Fault]:
    """Two decimals of the amount at most."""
    return decimals(part.amount for part in parts)


def base_decimals(parts: _Parts) -> Iterator[Fault]:
    """Two decimals of the base amount at most."""
    return decimals(part.base for part in parts)


def _judged(
    of: Callable[[Charges], _Parts], rule: Callable[[_Parts], Iterable[Fault]], invoice: Invoice
) -> Iterable[Fault]:
    parts = of(invoice.once(_charges))
    return rule(parts) if parts else ()


def _allowances(found: Charges) -> _Parts:
    return found.allowances


def _surcharges(found: Charges) -> _Parts:
    return found.charges


def _line_allowances(found: Charges) -> _Parts:
    return found.line_allowances


def _line_surcharges(found: Charges) -> _Parts:
    return found.line_charges


# By kind the rules on: amount, category, reason, reason again, decimals of amount and of base.
_RULES: tuple[tuple[Callable[[Charges], _Parts], str, str, str, str, str, str], ...] = (
    (_allowances, "BR-31", "BR-32", "BR-33", "BR-CO-21", "BR-DEC-01", "BR-DEC-02"),
    (_surcharges, "BR-36", "BR-37", "BR-38", "BR-CO-22", "BR-DEC-05", "BR-DEC-06"),
    (_line_allowances, "BR-41", "", "BR-42", "BR-CO-23", "BR-DEC-24", "BR-DEC-25"),
    (_line_surcharges, "BR-43", "", "BR-44", "BR-CO-24", "BR-DEC-27", "BR-DEC-28"),
)
_JUDGED_BY = (has_amount, has_category, has_reason, has_reason, amount_decimals, base_decimals)

for _of, *_ids in _RULES:
    for _id, _function in zip(_ids, _JUDGED_BY, strict=True):
        if _id:
            rules.add(_id, partial(_judged, _of, _function))
