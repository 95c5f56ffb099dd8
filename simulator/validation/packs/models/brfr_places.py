"""BR-FR: elements that the neutral invoice has no field for, found where they stand.

The official rules of CII say nothing when the group that they look into is not there; the schema does.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.dialects import NAMES
from simulator.validation.packs.model import Placed
from simulator.validation.packs.patterns import clark

CONTEXT = "rsm:ExchangedDocumentContext"
DOCUMENT = "rsm:ExchangedDocument"
TRANSACTION = "rsm:SupplyChainTradeTransaction"


def elements(invoice: Invoice, place: Placed, path: str) -> Iterator[Element]:
    """Elements below a place, by a path with the prefixes of the invoice's dialect."""
    if place.element is not None:
        yield from place.element.iterfind(path, dict(NAMES[invoice.syntax].prefixes))


def children(invoice: Invoice, place: Placed, name: str) -> Iterator[Element]:
    """Children of a place, by a name with a prefix of the invoice's dialect."""
    if place.element is not None:
        yield from place.element.iterchildren(clark(name, NAMES[invoice.syntax].prefixes))


def has(invoice: Invoice, name: str) -> bool:
    """Whether the root has a child of a name; UBL rules look from the root itself."""
    return invoice.syntax == "ubl" or any(True for _ in children(invoice, invoice, name))
