"""Historic channel: the number of the invoice, amounts, quantities, prices, VAT rates.

Source: rules G1.05 and G1.24 and the formats of numbers (19 positions, 2 decimals; quantities 4,
prices 6), as Chorus Pro and PPF annex 7 v1.9 have them; the sign takes a position, the point none.
CPPFacturePivot gives amounts with six decimals and rates as fractions of one, so CPP documents may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache

from simulator.messages.invoice.fields import Number, Text
from simulator.messages.invoice.model import Invoice, TaxCategory
from simulator.validation.packs.codelists import code_list
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.historic_tags import tag_of

rules = ModelRules()

_LONGEST_NUMBER = 20
_NUMBER = re.compile(r"[A-Za-z0-9+\-_/]+( [A-Za-z0-9+\-_/]+)*")
_POSITIONS = 19
_AMOUNT, _QUANTITY, _PRICE = 2, 4, 6
_RATES = "historic-vat-rates"


@rules("NUMBER_MISSING")
def number_missing(invoice: Invoice) -> Iterator[Fault]:
    """BT-1 is there and not only blanks."""
    if not invoice.number:
        yield Fault(invoice.number if invoice.number.exists else invoice)


@rules("G1.05_LENGTH")
def number_length(invoice: Invoice) -> Iterator[Fault]:
    """BT-1 has at most 20 characters."""
    if len(invoice.number.value) > _LONGEST_NUMBER:
        yield _fault(invoice, invoice.number, invoice.number.value)


@rules("G1.05_CHARACTERS")
def number_characters(invoice: Invoice) -> Iterator[Fault]:
    """BT-1 is of letters, digits and ``- + _ /``, single spaces between them."""
    if invoice.number and not _NUMBER.fullmatch(invoice.number.value):
        yield _fault(invoice, invoice.number, invoice.number.value)


@rules("AMOUNT_FORMAT")
def amounts(invoice: Invoice) -> Iterator[Fault]:
    """Every amount has at most 19 positions and 2 decimals."""
    return _formats(invoice, _amounts(invoice), _PRICE if invoice.syntax == "cpp" else _AMOUNT)


@rules("QUANTITY_FORMAT")
def quantities(invoice: Invoice) -> Iterator[Fault]:
    """BT-129 and BT-149 have at most 19 positions and 4 decimals."""
    found = (n for line in invoice.lines for n in (line.quantity, line.price.quantity))
    return _formats(invoice, found, _QUANTITY)


@rules("PRICE_FORMAT")
def prices(invoice: Invoice) -> Iterator[Fault]:
    """BT-146 and BT-148 have at most 19 positions and 6 decimals."""
    found = (n for line in invoice.lines for n in (line.price.net, line.price.gross))
    return _formats(invoice, found, _PRICE)


@rules("PRICE_NEGATIVE")
def negative_prices(invoice: Invoice) -> Iterator[Fault]:
    """BT-146 is not negative."""
    for line in invoice.lines:
        price = line.price.net
        if price.value is not None and price.value < 0:
            yield _fault(invoice, price, price.text)


@rules("G1.24")
def rates(invoice: Invoice) -> Iterator[Fault]:
    """Every VAT rate is one of the list, by its value."""
    for category in _categories(invoice):
        rate = category.rate
        if rate.value is not None and not _is_listed(rate.value, invoice.syntax):
            yield _fault(invoice, rate, rate.text)


def _is_listed(rate: Decimal, syntax: str) -> bool:
    listed = _rates()
    return rate in listed or (syntax == "cpp" and rate * 100 in listed)


@cache
def _rates() -> frozenset[Decimal]:
    return frozenset(map(Decimal, code_list(_RATES).values))


def _amounts(invoice: Invoice) -> Iterator[Number]:
    totals = invoice.totals
    yield from (totals.lines, totals.allowances, totals.charges, totals.without_vat)
    yield from (totals.with_vat, totals.prepaid, totals.rounding, totals.payable)
    yield from (total.amount for total in invoice.tax_totals)
    for row in invoice.vat:
        yield from (row.taxable, row.tax)
    yield from (each.amount for each in invoice.allowance_charges)
    for line in invoice.lines:
        yield line.net
        yield from (each.amount for each in line.allowance_charges)


def _categories(invoice: Invoice) -> Iterator[TaxCategory]:
    for row in invoice.vat:
        yield from row.categories
    for each in invoice.allowance_charges:
        yield from each.categories
    for line in invoice.lines:
        yield from line.categories


def _formats(invoice: Invoice, numbers: Iterable[Number], decimals: int) -> Iterator[Fault]:
    for number in numbers:
        if number.value is not None and not _fits(number.text.strip(), decimals):
            yield _fault(invoice, number, number.text)


def _fits(text: str, decimals: int) -> bool:
    whole, _, part = text.partition(".")
    return len(part) <= decimals and len(whole) + len(part) <= _POSITIONS


def _fault(invoice: Invoice, at: Number | Text, found: str) -> Fault:
    return Fault(at, found, tag_of(invoice, at))
