"""EXTENDED-CTC-FR: totals, of counted lines only and with a cent of slack for each part.

UBL computes on doubles where it does not cast, CII on decimals; CII adds charges for logistics.

Source: behaviour of the FNFE rules EXTENDED-CTC-FR V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import AllowanceCharge, Invoice
from simulator.messages.invoice.rounding import cents, total
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_lines import counted_lines
from simulator.validation.packs.models.brfr_places import elements
from simulator.validation.packs.models.en16931_doubles import double_cents, double_sum
from simulator.validation.packs.models.en16931_faults import fault

rules = ModelRules()
_CENT = Decimal("0.01")
# Where the official rules find that something is said of when it is to be paid.
_DUE = {
    "ubl": (".//cbc:DueDate", ".//cac:PaymentTerms/cbc:Note"),
    "cii": (
        ".//ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime",
        ".//ram:SpecifiedTradePaymentTerms/ram:Description",
    ),
}


class _Parts(NamedTuple):
    """What a total is made of; each sum is None when one of its amounts is not a number.

    Attributes:
        lines: sum of BT-131 of counted lines.
        allowances, charges: sums of BT-92 and BT-99; charges with those for logistics.
        line_count, allowance_count, charge_count: how many parts they have.
    """

    lines: Decimal | None
    allowances: Decimal | None
    charges: Decimal | None
    line_count: int
    allowance_count: int
    charge_count: int

    @property
    def slack(self) -> Decimal:
        """A cent for each part."""
        return _CENT * (self.line_count + self.allowance_count + self.charge_count)


def _parts(invoice: Invoice) -> _Parts:
    nets = [line.net for line in counted_lines(invoice)]
    allowances, charges = _adjustments(invoice, "false"), _adjustments(invoice, "true")
    if invoice.syntax == "ubl":
        nets = [net for net in nets if net.exists]
    return _Parts(
        lines=_sum(invoice, nets),
        allowances=_sum(invoice, [a.amount for a in allowances]),
        charges=_with(invoice, _sum(invoice, [a.amount for a in charges])),
        line_count=len(nets),
        allowance_count=len(allowances),
        charge_count=len(charges) + len(invoice.logistics),
    )


def _adjustments(invoice: Invoice, indicator: str) -> Sequence[AllowanceCharge]:
    """BG-20 or BG-21; CII compares the indicator as text here."""
    if invoice.syntax == "cii":
        return [a for a in invoice.allowance_charges if a.indicator.value == indicator]
    return invoice.charges if indicator == "true" else invoice.allowances


def _sum(invoice: Invoice, numbers: Sequence[Number]) -> Decimal | None:
    """A sum to the cent; that of UBL is a double."""
    if invoice.syntax == "cii":
        exact = total(numbers)
        return None if exact is None else cents(exact)
    double = double_sum(numbers)
    return None if double is None else Decimal(double_cents(double))


def _with(invoice: Invoice, charges: Decimal | None) -> Decimal | None:
    logistics = total([charge.amount for charge in invoice.logistics])
    return None if charges is None or logistics is None else charges + cents(logistics)


def _off(invoice: Invoice, stated: Decimal, *expected: Decimal) -> Decimal:
    """How far a stated total is from its parts; UBL subtracts doubles, and rounds the result."""
    if invoice.syntax == "cii":
        return abs(stated - sum(expected))
    off = float(stated)
    for part in expected:
        off -= float(part)
    return Decimal(double_cents(abs(off)))


def _is_near(invoice: Invoice, off: Decimal, slack: Decimal) -> bool:
    return off <= slack if invoice.syntax == "cii" else float(off) <= float(slack)


@rules("BR-FREXT-CO-10")
def lines(invoice: Invoice) -> Iterator[Fault]:
    """BT-106 is the sum of BT-131; CII has a cent for each line, counted or not."""
    stated, parts = invoice.totals.lines, invoice.once(_parts)
    if not invoice.totals or parts.lines is None or stated.bad:
        return
    count = len(invoice.lines) if invoice.syntax == "cii" else parts.line_count
    off = None if stated.value is None else _off(invoice, stated.value, parts.lines)
    if off is None or not _is_near(invoice, off, _CENT * count):
        yield fault(stated, invoice.totals, cents(parts.lines))


@rules("BR-FREXT-CO-11")
def allowances(invoice: Invoice) -> Iterator[Fault]:
    """BT-107 is the sum of BT-92."""
    parts = invoice.once(_parts)
    return _adjusted(invoice, invoice.totals.allowances, parts.allowances, parts.allowance_count)


@rules("BR-FREXT-CO-12")
def charges(invoice: Invoice) -> Iterator[Fault]:
    """BT-108 is the sum of BT-99 and of the charges for logistics."""
    parts = invoice.once(_parts)
    count = parts.charge_count
    if count == len(invoice.logistics) and not invoice.totals.charges.exists:
        return iter(())
    return _adjusted(invoice, invoice.totals.charges, parts.charges, count)


def _adjusted(
    invoice: Invoice, stated: Number, expected: Decimal | None, count: int
) -> Iterator[Fault]:
    if not invoice.totals or expected is None or stated.bad or not (count or stated.exists):
        return
    if stated.value is None or abs(stated.value - expected) > _CENT * count:
        yield fault(stated, invoice.totals, cents(expected))


@rules("BR-FREXT-CO-13")
def without_vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-109 is BT-131 - BT-92 + BT-99."""
    stated, parts = invoice.totals.without_vat, invoice.once(_parts)
    if not invoice.totals or stated.bad:
        return
    if parts.lines is None or parts.allowances is None or parts.charges is None:
        return
    sums = (parts.lines, -parts.allowances, parts.charges)
    off = None if stated.value is None else _off(invoice, stated.value, *sums)
    if off is None or not _is_near(invoice, off, parts.slack):
        yield fault(stated, invoice.totals, cents(sum(sums, Decimal())))


@rules("BR-FREXT-CO-15")
def with_vat(invoice: Invoice) -> Iterator[Fault]:
    """BT-112 is BT-109 + BT-110; CII asks for BT-110 in any case."""
    t, own = invoice.totals, [x.amount for x in invoice.own_tax_totals]
    if not t or any(n.bad for n in (t.with_vat, t.without_vat, *own)):
        return
    if invoice.syntax == "ubl" and not own:
        return
    if not _adds_up(invoice, t.with_vat.value, t.without_vat.value, own):
        expected = ""
        if own and own[0].value is not None and t.without_vat.value is not None:
            expected = str(t.without_vat.value + own[0].value)
        yield fault(t.with_vat, t, expected)


def _adds_up(
    invoice: Invoice, gross: Decimal | None, net: Decimal | None, own: Sequence[Number]
) -> bool:
    if gross is None or net is None or not own or own[0].value is None:
        return False
    if invoice.syntax == "cii" and len(own) != 1:
        return gross == net
    return abs(gross - own[0].value - net) <= invoice.once(_parts).slack


@rules("BR-CO-25")
def due(invoice: Invoice) -> Iterator[Fault]:
    """What is to be paid says when (BT-9) or on which terms (BT-20); UBL looks at Invoices only."""
    payable = invoice.totals.payable
    if invoice.is_credit_note or payable.value is None or payable.value <= 0:
        return
    if not invoice.due_date.exists and not _is_said(invoice):
        yield Fault(payable, payable.text)


def _is_said(invoice: Invoice) -> bool:
    found = (e for path in _DUE[invoice.syntax] for e in elements(invoice, invoice, path))
    return next(found, None) is not None
