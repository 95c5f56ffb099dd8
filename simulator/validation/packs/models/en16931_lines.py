"""EN 16931: what a line must have (BR-21 to -28, BR-64, BR-CO-04, BR-DEC-23).

Source: EN 16931-1:2017 clause 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.messages.invoice.model import Invoice, Line
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_categories import is_vat
from simulator.validation.packs.models.en16931_faults import ABSENT, decimals, missing

rules = ModelRules()
_ZERO = Decimal()


@rules("BR-21")
def has_identifier(invoice: Invoice) -> Iterator[Fault]:
    """An identifier (BT-126)."""
    for line in invoice.lines:
        if not line.id:
            yield missing(line)


@rules("BR-22")
def has_quantity(invoice: Invoice) -> Iterator[Fault]:
    """A quantity (BT-129)."""
    for line in invoice.lines:
        if line.quantity.element is None:
            yield missing(line)


@rules("BR-23")
def has_unit(invoice: Invoice) -> Iterator[Fault]:
    """A unit of the quantity (BT-130)."""
    for line in invoice.lines:
        quantity = line.quantity.element
        if quantity is None or quantity.get("unitCode") is None:
            yield missing(line if quantity is None else line.quantity)


@rules("BR-24")
def has_net(invoice: Invoice) -> Iterator[Fault]:
    """A net amount (BT-131)."""
    for line in invoice.lines:
        if line.net.element is None:
            yield missing(line)


@rules("BR-25")
def has_name(invoice: Invoice) -> Iterator[Fault]:
    """A name of what is invoiced (BT-153)."""
    for line in invoice.lines:
        if not line.item.name:
            yield missing(line.item or line)


@rules("BR-26")
def has_price(invoice: Invoice) -> Iterator[Fault]:
    """A net price (BT-146)."""
    for line in invoice.lines:
        if line.price.net.element is None:
            yield missing(line.price or line)


@rules("BR-27")
def price_not_negative(invoice: Invoice) -> Iterator[Fault]:
    """A net price that is not negative; one that is missing is not either."""
    for line in invoice.lines:
        net = line.price.net
        if net.value is None:
            if net.element is None:
                yield missing(line.price or line)
        elif net.value < _ZERO:
            yield Fault(net, found=net.text)


@rules("BR-28")
def gross_not_negative(invoice: Invoice) -> Iterator[Fault]:
    """A gross price (BT-148), if there is one, that is not negative."""
    for line in invoice.lines:
        price = line.price
        if price.discounts or price.stated_gross.element is not None:
            yield from _gross(invoice, line)


def _gross(invoice: Invoice, line: Line) -> Iterator[Fault]:
    prices = [line.price.stated_gross]
    if invoice.syntax == "ubl":
        prices = [discount.base for discount in line.price.discounts]
    there = [price for price in prices if price.exists]
    # One that is not negative is enough, as the official rule puts it.
    if there and not any(p.bad or (p.value is not None and p.value >= _ZERO) for p in there):
        yield Fault(there[0], found=there[0].text)


@rules("BR-64")
def standard_has_scheme(invoice: Invoice) -> Iterator[Fault]:
    """A scheme of the standard identifier (BT-157), if there is one; CII wants it filled."""
    for line in invoice.lines:
        found = line.item.standard_id
        if found.element is None:
            continue
        scheme = found.attribute("schemeID")
        if scheme is None or (invoice.syntax == "cii" and not scheme.strip()):
            yield Fault(found, found=ABSENT)


@rules("BR-CO-04")
def has_category(invoice: Invoice) -> Iterator[Fault]:
    """A VAT category (BT-151)."""
    for line in invoice.lines:
        for category in line.categories:
            if category.code.exists and is_vat(category):
                break
        else:
            yield missing(line.item or line)


@rules("BR-DEC-23")
def net_decimals(invoice: Invoice) -> Iterator[Fault]:
    """Two decimals of the net amount (BT-131) at most."""
    return decimals(line.net for line in invoice.lines)
