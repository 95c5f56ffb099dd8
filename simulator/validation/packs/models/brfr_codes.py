"""BR-FR: codes of French lists: types, cadres, VAT categories and rates, attachments.

Codes are compared as written, so that these are functions and not rows with ``codes``, which look
past blanks.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Text
from simulator.messages.invoice.model import Invoice, TaxCategory
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import (
    ATTACHMENTS,
    CADRES,
    TYPE_CODES,
    VAT_CATEGORIES,
    VAT_RATES,
    normal,
)
from simulator.validation.packs.models.brfr_places import CONTEXT, has

rules = ModelRules()
# Known to EN 16931, and not relevant in France.
_FOREIGN = frozenset(("L", "M"))
_WITHOUT_VAT = frozenset(("GROUP", "INFORMATION"))

Texts = Callable[[Invoice], Iterable[Text]]
Categories = Callable[[Invoice], Iterable[TaxCategory]]


def _unlisted(codes: frozenset[str], texts: Texts, invoice: Invoice) -> Iterator[Fault]:
    for text in texts(invoice):
        if text.exists and text.value not in codes:
            yield Fault(text)


for _term, _types in {
    "BT-3": lambda i: (i.type_code,),
    "EXT-FR-FE-02": lambda i: [r.type_code for r in i.preceding],
    "EXT-FR-FE-137": lambda i: [r.type_code for line in i.lines for r in line.preceding],
}.items():
    rules.add(f"BR-FR-04_{_term}", partial(_unlisted, TYPE_CODES, _types))


@rules("BR-FR-08_BT-23")
def cadre(invoice: Invoice) -> Iterator[Fault]:
    """BT-23 is there, and one of the list."""
    if invoice.profile.value not in CADRES and has(invoice, CONTEXT):
        yield Fault(invoice.profile if invoice.profile.exists else invoice, invoice.profile.value)


def _of_charges(invoice: Invoice) -> Iterable[TaxCategory]:
    """BT-95, BT-102: in UBL those of lines and prices as well."""
    parts = invoice.all_allowance_charges if invoice.syntax == "ubl" else invoice.allowance_charges
    return [category for part in parts for category in part.categories]


def _of_breakdown(invoice: Invoice) -> Iterable[TaxCategory]:
    """BT-118: in UBL those of lines as well."""
    rows = invoice.all_vat if invoice.syntax == "ubl" else invoice.vat
    return [category for row in rows for category in row.categories]


def _of_items(invoice: Invoice) -> Iterable[TaxCategory]:
    """BT-151."""
    return [category for line in invoice.all_lines for category in line.categories]


def _of_invoice_lines(invoice: Invoice) -> Iterable[TaxCategory]:
    """BT-152; the UBL artefact looks at lines of an Invoice only, not at those of a CreditNote."""
    if invoice.is_credit_note:
        return ()
    return [category for line in invoice.lines for category in line.categories]


def _category(categories: Categories, invoice: Invoice) -> Iterator[Fault]:
    for category in categories(invoice):
        code = category.code
        if code.value not in VAT_CATEGORIES and (code.exists or invoice.syntax == "cii"):
            yield Fault(code if code.exists else category, code.value)


def _foreign(categories: Categories, invoice: Invoice) -> Iterator[Fault]:
    for category in categories(invoice):
        if category.code.value in _FOREIGN:
            yield Fault(category.code)


def _rate(categories: Categories, invoice: Invoice) -> Iterator[Fault]:
    for category in categories(invoice):
        rate = category.rate
        if not rate.exists or rate.text in VAT_RATES:
            continue
        if rate.text or invoice.syntax == "ubl":
            yield Fault(rate, rate.text)


@rules("BR-FR-15_BT-95_BT-151")
def item_category(invoice: Invoice) -> Iterator[Fault]:
    """BT-151 (CII): a line without VAT of its own needs none."""
    for line in invoice.lines:
        for category in line.categories:
            code = category.code
            free = not code.exists and line.kind.value in _WITHOUT_VAT
            if code.value not in VAT_CATEGORIES and not free:
                yield Fault(code if code.exists else category, code.value)


for _id, _categories in {
    "BR-FR-15_BT-95_BT-102-1": _of_charges,
    "BR-FR-15_BT-95_BT-102": _of_charges,
    "BR-FR-15_BT-118-1": _of_breakdown,
    "BR-FR-15_BT-95_BT-118": _of_breakdown,
    "BR-FR-15_BT-151-1": _of_items,
}.items():
    rules.add(_id, partial(_category, _categories))

for _id, _categories in {
    "BR-FR-15_BT-95_BT-102-2": _of_charges,
    "BR-FR-15_BT-95_BT-102_LM": _of_charges,
    "BR-FR-15_BT-118-2": _of_breakdown,
    "BR-FR-15_BT-95_BT-118_LM": _of_breakdown,
    "BR-FR-08_BT-151-2": _of_items,
    "BR-FR-15_BT-95_BT-151_LM": _of_items,
}.items():
    rules.add(_id, partial(_foreign, _categories))

for _id, _categories in {
    "BR-FR-16_BT-96": _of_charges,
    "BR-FR-16_BT-96_BT-103": _of_charges,
    "BR-FR-16_BT-119": _of_breakdown,
    "BR-FR-16_BT-152": _of_invoice_lines,
}.items():
    rules.add(_id, partial(_rate, _categories))


@rules("BR-FR-17_BT-123")
def qualifier(invoice: Invoice) -> Iterator[Fault]:
    """BT-123 is one of the list; CII looks at type 916 only, and past blanks."""
    for document in invoice.supporting:
        text = document.description
        if not text.exists or text.value in ATTACHMENTS:
            continue
        named = invoice.syntax == "ubl" or document.type_code.value == "916"
        if named and (invoice.syntax == "ubl" or normal(text.value) not in {"", *ATTACHMENTS}):
            yield Fault(text)


@rules("BR-FR-18_BT-123")
def readable(invoice: Invoice) -> Iterator[Fault]:
    """One attachment at most is the readable one."""
    found = [d for d in invoice.supporting if d.description.value == "LISIBLE"]
    if len(found) > 1:
        yield Fault(found[1].description, len(found), 1)
