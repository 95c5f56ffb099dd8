"""EN 16931: what single VAT categories ask beyond the rules that all have.

Intra-community supply (BR-IC-11, -12), outside the scope of VAT (BR-O-11 to -14), split payment
(BR-B-01, -02).

Source: EN 16931-1:2017 clause 6.4.3; Italian split payment: the CEN validation artefacts 1.3.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Text, content_of
from simulator.messages.invoice.model import Group, Invoice, TaxCategory
from simulator.validation.packs.model import Fault, ModelRules, Placed
from simulator.validation.packs.models.en16931_anywhere import CBC, RAM, anywhere
from simulator.validation.packs.models.en16931_categories import Use, is_vat, of_code, uses
from simulator.validation.packs.models.en16931_faults import ABSENT
from simulator.validation.packs.models.en16931_periods import Span, document_spans

rules = ModelRules()
_OUTSIDE, _INTRA, _SPLIT, _STANDARD = "O", "K", "B", "S"
_COUNTRY = {"ubl": f"{CBC}IdentificationCode", "cii": f"{RAM}CountryID"}
_ITALY = "IT"
_Part = Callable[[Use, str], list[TaxCategory]]  # of a use, in a syntax


def delivered_on(use: Use, invoice: Invoice) -> Iterator[Fault]:
    """BR-IC-11: an intra-community supply has a delivery date (BT-72) or an invoicing period (BG-14)."""
    if not use.vat_rows:
        return
    known = any(_is_given(invoice, delivery.date) for delivery in invoice.deliveries)
    if not known and not any(_says_something(span) for span in document_spans(invoice)):
        yield Fault(invoice.delivery or invoice, found=ABSENT)


def _says_something(span: Span) -> bool:
    if span.element.tag.startswith(RAM):
        return span.starts or span.ends
    return next(span.element.iterchildren("*"), None) is not None


def delivered_to(use: Use, invoice: Invoice) -> Iterator[Fault]:
    """BR-IC-12: an intra-community supply has a country of delivery (BT-80)."""
    known = any(_is_given(invoice, d.address.country) for d in invoice.deliveries)
    if not known and use.vat_rows:
        yield Fault(invoice.delivery or invoice, found=ABSENT)


def _is_given(invoice: Invoice, text: Text) -> bool:
    return text.exists if invoice.syntax == "cii" else len(text.value) > 1


rules.add("BR-IC-11", of_code(_INTRA, delivered_on))
rules.add("BR-IC-12", of_code(_INTRA, delivered_to))


def alone(of: _Part, outside: Use, invoice: Invoice) -> Iterator[Fault]:
    """BR-O-11 to -14: beside something outside the scope of VAT there is no other category."""
    if not outside.vat_rows:
        return
    for code, use in uses(invoice).items():
        if use is outside:
            continue
        for found in of(use, invoice.syntax):
            if _counts(invoice, found):
                yield Fault(found.code if found.code.exists else found, found=code or ABSENT)


def _counts(invoice: Invoice, found: TaxCategory) -> bool:
    # CII asks for a code, of whatever scheme; UBL for the scheme, with whatever code.
    return found.code.exists if invoice.syntax == "cii" else is_vat(found)


def _rows(use: Use, syntax: str) -> list[TaxCategory]:
    return _own_rows(use) + use.all_lines if syntax == "cii" else _own_rows(use)


def _items(use: Use, syntax: str) -> list[TaxCategory]:
    return _rows(use, syntax) if syntax == "cii" else use.all_lines


def _allowances(use: Use, syntax: str) -> list[TaxCategory]:
    return use.charged if syntax == "cii" else use.all_allowances


def _charges(use: Use, syntax: str) -> list[TaxCategory]:
    return use.charged if syntax == "cii" else use.all_charges


rules.add("BR-O-11", of_code(_OUTSIDE, partial(alone, _rows)))
rules.add("BR-O-12", of_code(_OUTSIDE, partial(alone, _items)))
rules.add("BR-O-13", of_code(_OUTSIDE, partial(alone, _allowances)))
rules.add("BR-O-14", of_code(_OUTSIDE, partial(alone, _charges)))


@rules("BR-B-01")
def italian(invoice: Invoice) -> Iterator[Fault]:
    """Split payment is for invoices of which every country is Italy."""
    if invoice.element is None or not _written(invoice, _SPLIT, on_lines=True):
        return
    for element in invoice.element.iter(_COUNTRY[invoice.syntax]):
        if content_of(element) != _ITALY:
            yield Fault(Group(element=element), found=content_of(element).strip() or ABSENT)


@rules("BR-B-02")
def not_both(invoice: Invoice) -> Iterator[Fault]:
    """Split payment and standard rate are not in the same invoice."""
    if _written(invoice, _SPLIT):
        standard = _written(invoice, _STANDARD)
        yield from [Fault(standard[0], found=_STANDARD)] if standard else []


def _written(invoice: Invoice, code: str, *, on_lines: bool = False) -> list[Placed]:
    """Where a code stands as it is; in UBL only if asked for on allowances of lines and the like."""
    if invoice.syntax == "cii":
        found = anywhere(invoice)["CategoryCode"]
        return [Group(element=element) for element in found if content_of(element) == code]
    use = uses(invoice).get(code)
    if use is None:
        return []
    own = use.categories if on_lines else use.all_lines + use.allowances + use.charges
    return [c.code for c in (*own, *_own_rows(use)) if c.code.value == code]


def _own_rows(use: Use) -> list[TaxCategory]:
    return [category for _, category in use.rows]
