"""BR-FR-DEC: how amounts, quantities, prices and percentages are written.

The sign counts among the 19 characters, as it does in the official rules.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import (
    BOTH_WAYS,
    is_amount,
    is_percent,
    is_price,
    is_quantity,
    is_signed_price,
    normal,
)

rules = ModelRules()
Numbers = Callable[[Invoice], Iterable[Number]]


def _tax_totals(invoice: Invoice) -> Iterable[Number]:
    """BT-110, BT-111; in UBL also the VAT of lines."""
    found = [total.amount for total in invoice.tax_totals]
    if invoice.syntax == "ubl":
        found += [total.amount for line in invoice.all_lines for total in line.tax_totals]
    return found


def _rates_of_charges(invoice: Invoice) -> Iterable[Number]:
    parts = invoice.all_allowance_charges if invoice.syntax == "ubl" else invoice.allowance_charges
    return [category.rate for part in parts for category in part.categories]


def _gross_prices(invoice: Invoice) -> Iterable[Number]:
    """BT-148: in UBL the base of each discount."""
    if invoice.syntax == "cii":
        return [line.price.stated_gross for line in invoice.lines]
    return [discount.base for line in invoice.lines for discount in line.price.discounts]


_AMOUNTS: dict[str, Numbers] = {
    "BT-92_BT-99": lambda i: [a.amount for a in i.allowance_charges],
    "BT-93_BT-100": lambda i: [a.base for a in i.allowance_charges],
    "BT-106": lambda i: (i.totals.lines,),
    "BT-107": lambda i: (i.totals.allowances,),
    "BT-108": lambda i: (i.totals.charges,),
    "BT-109": lambda i: (i.totals.without_vat,),
    "BT-110": _tax_totals,
    "BT-112": lambda i: (i.totals.with_vat,),
    "BT-113": lambda i: (i.totals.prepaid,),
    "BT-114": lambda i: (i.totals.rounding,),
    "BT-115": lambda i: (i.totals.payable,),
    "BT-116": lambda i: [row.taxable for row in i.all_vat],
    "BT-117": lambda i: [row.tax for row in i.all_vat],
    "BT-131": lambda i: [line.net for line in i.lines],
    "BT-136_BT-141": lambda i: [a.amount for line in i.lines for a in line.allowance_charges],
    "BT-137_BT-142": lambda i: [a.base for line in i.lines for a in line.allowance_charges],
}
_PERCENTAGES: dict[str, Numbers] = {
    "BT-96_BT-103": _rates_of_charges,
    "BT-119": lambda i: [c.rate for row in i.all_vat for c in row.categories],
    "BT-152": lambda i: [c.rate for line in i.all_lines for c in line.categories],
}
_PRICES: dict[str, Numbers] = {
    "BT-146": lambda i: [line.price.net for line in i.lines],
    "BT-147": lambda i: [d.amount for line in i.lines for d in line.price.discounts],
    "BT-148": _gross_prices,
}


def _misfits(numbers: Numbers, fits: Callable[[str], bool], invoice: Invoice) -> Iterator[Fault]:
    for number in numbers(invoice):
        if number.element is not None and not fits(number.text):
            yield Fault(number, number.text)


@rules("BR-FR-DEC-02_BT-149")
def price_quantity(invoice: Invoice) -> Iterator[Fault]:
    """BT-149 has 19 digits, 4 of them decimals, at most; an empty one passes in UBL."""
    return _filled_misfits(
        lambda i: [line.price.quantity for line in i.lines], is_quantity, invoice
    )


def _prices(numbers: Numbers, invoice: Invoice) -> Iterator[Fault]:
    """Prices are not negative, but where both parties sell (cadres B9, S9, M9)."""
    both_ways = normal(invoice.profile.value) in BOTH_WAYS
    return _filled_misfits(numbers, is_signed_price if both_ways else is_price, invoice)


def _filled_misfits(
    numbers: Numbers, fits: Callable[[str], bool], invoice: Invoice
) -> Iterator[Fault]:
    for fault in _misfits(numbers, fits, invoice):
        if invoice.syntax == "cii" or normal(str(fault.found)):
            yield fault


rules.add(
    "BR-FR-DEC-02_BT-129", partial(_misfits, lambda i: [x.quantity for x in i.lines], is_quantity)
)
for _term, _numbers in _AMOUNTS.items():
    rules.add(f"BR-FR-DEC-01_{_term}", partial(_misfits, _numbers, is_amount))
for _term, _numbers in _PERCENTAGES.items():
    rules.add(f"BR-FR-DEC-04_{_term}", partial(_misfits, _numbers, is_percent))
for _term, _numbers in _PRICES.items():
    rules.add(f"BR-FR-DEC-03_{_term}", partial(_prices, _numbers))
