"""What a specimen comes to: totals and VAT breakdown, in Decimal.

Source: EN 16931-1:2017, BR-CO-10 to BR-CO-17 and the rules on BG-23 (BR-S-08 and its like).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Line, cents

_ZERO = Decimal("0.00")


class VatRow(msgspec.Struct, frozen=True):
    """BG-23: category, rate in percent, taxable amount, tax."""

    category: str
    rate: Decimal
    base: Decimal
    tax: Decimal


class Figures(msgspec.Struct, frozen=True):
    """The totals of an invoice, 2 decimals each.

    Attributes:
        lines: BT-106.
        allowances, charges: BT-107, BT-108.
        net: BT-109.
        tax: BT-110.
        gross: BT-112.
        payable: BT-115.
        vat: BG-23, in the order in which rates first appear.
        has_allowances, has_charges: whether there are any; they may come to nothing.
    """

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    payable: Decimal
    vat: tuple[VatRow, ...]
    has_allowances: bool
    has_charges: bool


def figures(spec: Specimen) -> Figures:
    """The figures of a specimen; the time is that of its distinct lines."""
    bases = _bases(spec)
    vat = tuple(
        VatRow(category, rate, base, cents(base * rate / 100))
        for (category, rate), base in bases.items()
    )
    lines = sum((line.amount * times for line, times in _counted(spec)), _ZERO)
    taken = [a.amount for a in spec.adjustments if not a.charge]
    added = [a.amount for a in spec.adjustments if a.charge]
    allowances, charges = sum(taken, _ZERO), sum(added, _ZERO)
    net = lines - allowances + charges
    tax = sum((row.tax for row in vat), _ZERO)
    return Figures(
        lines=lines,
        allowances=allowances,
        charges=charges,
        net=net,
        tax=tax,
        gross=net + tax,
        payable=net + tax - spec.prepaid,
        vat=vat,
        has_allowances=bool(taken),
        has_charges=bool(added),
    )


def _bases(spec: Specimen) -> dict[tuple[str, Decimal], Decimal]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line, times in _counted(spec):
        bases[line.tax] = bases.get(line.tax, _ZERO) + line.amount * times
    for adjustment in spec.adjustments:
        bases[adjustment.tax] = bases.get(adjustment.tax, _ZERO) + adjustment.signed
    return bases


def _counted(spec: Specimen) -> Iterator[tuple[Line, int]]:
    """Each line that is written, and how often."""
    rounds, rest = divmod(spec.line_total, len(spec.lines))
    for rank, line in enumerate(spec.lines):
        if times := rounds + (rank < rest):
            yield line, times
