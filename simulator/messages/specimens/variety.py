"""A specimen drawn by lot: valid on its circuit, and different for every seed.

What may stand together follows EN 16931, the BR-FR rules and, on the historic circuit, the practice
of public clients of Chorus Pro: several VAT rates and categories, allowances and charges, credit
notes, periods, deliveries, attachments, means of payment, invoices paid already, long texts and
accents.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from simulator.messages.specimens import words
from simulator.messages.specimens.dice import Dice
from simulator.messages.specimens.figures import VatRow, figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import (
    About,
    Adjustment,
    Delivery,
    Line,
    Note,
    Payment,
    Period,
    Preceding,
    References,
    cents,
)

# Distinct lines of an invoice; more are these again, so that a long one costs no more time.
MOST_DISTINCT = 1000

_RATES = ("20", "20", "20", "10", "5.5", "2.1")
_NO_RATE = ("Z", "E", "AE")
_MOST, _DEAREST = 400, 2000  # pieces, euros
_HUNDRED = Decimal(100)
_SEPARATE = 0x5EED  # lines roll with dice of their own: a heading is the same for every number


def varied(spec: Specimen, seed: int, lines: int = 0) -> Specimen:
    """A specimen with what is given, the rest drawn by lot.

    Kept are circuit, parties, number, date, level, cadre, service and order, a credit note, size and
    what is broken.

    Args:
        spec: what is given.
        seed: the same seed gives the same specimen.
        lines: how many; 0 for 1 to 12.

    Raises:
        ValueError: an issue date that is not one.
    """
    dice = Dice(seed)
    count = lines or dice.number(1, 12)
    made = _headed(_kind(spec, dice), dice)
    made = replace(made, lines=_lines(made, seed, min(count, MOST_DISTINCT)), line_count=count)
    if dice.chance(1, 3):
        rows = figures(made).vat
        picked = [_document_adjustment(dice, dice.pick(rows)) for _ in range(dice.number(1, 2))]
        made = replace(made, adjustments=tuple(picked))
    return _paid(made, dice)


def _kind(spec: Specimen, dice: Dice) -> Specimen:
    """Invoice or credit note, and what it refers to."""
    is_credit = dice.chance(1, 4) or spec.credit_note
    given = spec.references
    day = date.fromisoformat(spec.issue_date)
    earlier = Preceding(f"A-{dice.number(1, 9999):04d}", _before(day, dice.number(1, 60)))
    references = References(
        buyer=given.buyer or dice.pick(("", "SERV-01", "COMPTA_2")),
        order=given.order or dice.pick(("", f"EJ{dice.number(1, 10**8):08d}")),
        contract=dice.pick(("", "", f"MARCHE-{dice.number(1, 999)}")),
        sales_order=dice.pick(("", "", "BC/2026/7")) if spec.is_afnor else "",
        preceding=(earlier,) if is_credit else (),
    )
    return replace(spec, credit_note=is_credit, references=references)


def _headed(spec: Specimen, dice: Dice) -> Specimen:
    """All that stands above the lines, amounts apart."""
    day = date.fromisoformat(spec.issue_date)
    period = Period(_before(day, 40), _before(day, 10)) if dice.chance(1, 3) else None
    delivered = _delivery(dice, _before(day, dice.number(1, 9))) if dice.chance(1, 2) else None
    count = dice.number(0, 2)
    return replace(
        spec,
        receipts=dice.chance(1, 3),
        seller=_about(dice, trade_name=dice.pick(words.TRADE_NAMES)),
        buyer=_about(dice),
        notes=tuple(Note(dice.pick(words.NOTES), "AAI") for _ in range(count)),
        period=period,
        delivery=delivered,
        payments=_payments(spec, dice),
        terms=dice.pick(words.TERMS),
        attachments=(dice.pick(words.FILES),) if dice.chance(1, 6) else (),
    )


def _about(dice: Dice, trade_name: str = "") -> About:
    city, postcode = dice.pick(words.CITIES)
    return About(
        trade_name=trade_name,
        street=dice.pick(words.STREETS),
        complement=dice.pick(words.COMPLEMENTS),
        city=city,
        postcode=postcode,
        contact=dice.pick(words.CONTACTS),
    )


def _delivery(dice: Dice, day: str) -> Delivery:
    return Delivery(day, dice.pick(words.DELIVERY_NAMES), _about(dice))


def _payments(spec: Specimen, dice: Dice) -> tuple[Payment, ...]:
    reference = f"REF-{spec.number}"
    transfer = Payment(reference=reference, bank="AGRIFRPP", holder=spec.supplier_name)
    choices: list[tuple[Payment, ...]] = [(Payment(),), (transfer,)]
    card = Payment("48", account="", card="9999")
    if spec.is_afnor:
        sepa = replace(transfer, code="58")
        debit = Payment(
            "59", account="", mandate="MANDAT-1", creditor="FR72ZZZ123456", debited=transfer.account
        )
        choices += [(sepa,), (debit,), (card,), (transfer, replace(transfer, bank=""))]
    else:
        choices += [(replace(card, card=""),), (Payment("20", account=""),)]
    return dice.pick(choices)


def _lines(spec: Specimen, seed: int, count: int) -> tuple[Line, ...]:
    dice = Dice(seed ^ (_SEPARATE << 32))
    return tuple(_line(spec, dice) for _ in range(count))


def _line(spec: Specimen, dice: Dice) -> Line:
    category, rate = _tax(dice)
    line = Line(
        name=dice.pick(words.ITEMS),
        quantity=_quantity(dice, _MOST, dice.pick((0, 0, 0, 1, 2, 4))),
        price=_quantity(dice, _DEAREST, dice.pick((2, 2, 2, 3, 6))),
        vat=rate,
        category=category,
        unit=dice.pick(words.UNITS),
        description=dice.pick(words.DESCRIPTIONS) if dice.chance(1, 3) else "",
        note=dice.pick(words.LINE_NOTES) if dice.chance(1, 5) else "",
        reference=f"ART-{dice.number(1, 999)}" if dice.chance(1, 2) else "",
        discount=dice.decimal(1, 999, 2) if dice.chance(1, 5) else Decimal(0),
        period=spec.period if dice.chance(1, 2) else None,
        properties=(dice.pick(words.PROPERTIES),) if dice.chance(1, 4) else (),
    )
    if not dice.chance(1, 5):
        return line
    return replace(line, adjustments=(_adjustment(dice, line.amount),))


def _quantity(dice: Dice, most: int, places: int) -> Decimal:
    """From a hundredth, or the last place if that is more, to so many."""
    step = 10**places
    return dice.decimal(max(1, step // 100), most * step, places)


def _tax(dice: Dice) -> tuple[str, Decimal]:
    """Category and rate; a fifth of the lines has no tax."""
    if dice.chance(1, 5):
        return dice.pick(_NO_RATE), Decimal(0)
    return "S", Decimal(dice.pick(_RATES))


def _adjustment(dice: Dice, base: Decimal) -> Adjustment:
    """A small part of an amount, taken off or put on; with or without how it was made."""
    is_charge = dice.chance(1, 2)
    reason, code = dice.pick(words.CHARGES if is_charge else words.ALLOWANCES)
    percent = dice.decimal(50, 900, 2)
    amount = cents(base * percent / _HUNDRED)
    if dice.chance(1, 2):
        return Adjustment(amount, is_charge, reason, code)
    return Adjustment(amount, is_charge, reason, code, percent, base)


def _document_adjustment(dice: Dice, row: VatRow) -> Adjustment:
    return replace(_adjustment(dice, row.base), vat=row.rate, category=row.category)


def _paid(spec: Specimen, dice: Dice) -> Specimen:
    """Nothing, a part, or all paid before; all is told by a cadre of its own (BR-FR-CO-09, A2)."""
    fate = dice.number(0, 9)
    gross = figures(spec).gross
    if spec.credit_note or fate >= 3:
        return spec
    if fate == 0 and not spec.profile:
        cadre = "S2" if spec.is_afnor else "A2"
        paid = (Payment("48", account="", card="9999" if spec.is_afnor else ""),)
        return replace(spec, profile=cadre, prepaid=gross, payments=paid)
    return replace(spec, prepaid=cents(gross * dice.number(5, 60) / _HUNDRED))


def _before(day: date, days: int) -> str:
    return (day - timedelta(days=days)).isoformat()
