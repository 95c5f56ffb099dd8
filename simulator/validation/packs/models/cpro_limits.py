"""BR-FR-CPRO: how long and how many things may be on an invoice for Chorus Pro.

Source: digest of XP Z12-012 annex A V1.3, sheet BR-France-CTC-CPRO, as invopop's GOBL has it in public
(Apache-2.0); no rule set is published. Lengths are counted as written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import NO_TEXT, Text
from simulator.messages.invoice.model import Delivery, Invoice
from simulator.validation.packs.model import Fault, ModelRules, Placed

rules = ModelRules()
_MOST_LINES = 999_999

Texts = Callable[[Invoice], Iterable[Text]]
Things = Callable[[Invoice], Iterable[Placed]]


def _numbers(invoice: Invoice) -> Iterable[Text]:
    """BT-1, BT-25, EXT-FR-FE-136."""
    preceding = [r.id for line in invoice.lines for r in line.preceding]
    return [invoice.number, *(r.id for r in invoice.preceding), *preceding]


def _exemptions(invoice: Invoice) -> Iterable[Text]:
    """BT-120, of lines as well where they have it."""
    of_lines = [c.reason for line in invoice.lines for c in line.categories]
    return [*(c.reason for row in invoice.vat for c in row.categories), *of_lines]


def _accounts(invoice: Invoice) -> Iterable[Text]:
    """BT-84."""
    accounts = [payment.account for payment in invoice.payments]
    return [*(a.id for a in accounts), *(a.proprietary for a in accounts)]


def _places(deliveries: Iterable[Delivery]) -> list[Text]:
    return [delivery.location for delivery in deliveries]


def _files(invoice: Invoice) -> Iterable[Text]:
    """BT-125-2: an attribute, so that its text stands for the element that has it."""
    for document in invoice.supporting:
        name = document.attachment.attribute("filename")
        yield NO_TEXT if name is None else Text(document.attachment.element, name)


_LONGEST: dict[str, tuple[int, Texts]] = {
    "02": (20, _numbers),
    "14": (50, lambda i: (i.contract.id,)),
    "15": (50, lambda i: (i.order.id,)),
    "29": (1024, _exemptions),
    "30": (50, lambda i: [d.id for d in i.supporting]),
    "31": (1024, lambda i: [line.item.description for line in i.lines]),
    "32": (400, lambda i: (i.seller.address.line1, i.seller.address.line2, i.seller.address.line3)),
    "33": (400, lambda i: (i.seller.address.city,)),
    "34": (99, lambda i: (i.buyer.trade_name,)),
    "35": (1024, lambda i: [terms.text for terms in i.payment_terms]),
    "36": (99, lambda i: (i.seller.trade_name,)),
    "37": (99, lambda i: (i.payee.name,)),
    "38": (20, lambda i: _places(i.deliveries)),
    "39": (27, _accounts),
    "40": (20, lambda i: _places(line.delivery for line in i.lines)),
    "41": (50, _files),
    "42": (1024, lambda i: [note.content for note in i.notes]),
    "43": (99, lambda i: (i.seller.name,)),
    "44": (99, lambda i: (i.buyer.name,)),
}


def _too_long(most: int, texts: Texts, invoice: Invoice) -> Iterator[Fault]:
    for text in texts(invoice):
        if len(text.value) > most:
            yield Fault(text, len(text.value), most)


for _number, (_most, _texts) in _LONGEST.items():
    rules.add(f"BR-FR-CPRO-{_number}", partial(_too_long, _most, _texts))


def _terms(invoice: Invoice) -> Iterable[Placed]:
    return [terms for terms in invoice.payment_terms if terms.text.exists]


_SINGLE: dict[str, Things] = {
    "20": lambda i: i.preceding,
    "25": _terms,
    "26": lambda i: i.seller.contacts,
    "27": lambda i: i.buyer.contacts,
}


def _too_many(most: int, things: Things, invoice: Invoice) -> Iterator[Fault]:
    found = list(things(invoice))
    if len(found) > most:
        yield Fault(found[most], len(found), most)


for _number, _things in _SINGLE.items():
    rules.add(f"BR-FR-CPRO-{_number}", partial(_too_many, 1, _things))
rules.add("BR-FR-CPRO-19", partial(_too_many, _MOST_LINES, lambda i: i.lines))
