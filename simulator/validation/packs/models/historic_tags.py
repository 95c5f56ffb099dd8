"""How Chorus Pro names a field of a document in its messages: a dotted path that ends in ``.value``.

Source: AIFE page on detailed reports (UBL: ``AccountingSupplierParty.Party...ID.value``); reports
quoted by public clients (CII: ``FichierXml.ExchangedDocument.ID.value``). That CPP documents are
quoted as CII ones is assumed.
"""

from __future__ import annotations

from lxml import etree

from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.model import Placed

_FILE = "FichierXml"
_LONGEST = 120  # what a finding shows of a value
_LEFT_OUT = "..."


def tag_of(invoice: Invoice, at: Placed) -> str:
    """The path of a field, ``""`` for one that is not there; of a long one the ends."""
    if at.element is None:
        return ""
    above = [e.tag for e in at.element.iterancestors()][:-1]
    names = [etree.QName(tag).localname for tag in (*reversed(above), at.element.tag)]
    first = [] if invoice.syntax == "ubl" else [_FILE]
    path = ".".join([*first, *names, "value"])
    if len(path) <= _LONGEST:
        return path
    head, tail = path[: _LONGEST // 3], path[-_LONGEST // 2 :]
    return head.rpartition(".")[0] + _LEFT_OUT + tail.partition(".")[2]
