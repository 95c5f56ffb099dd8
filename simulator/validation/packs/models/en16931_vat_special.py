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
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import CBC, RAM
from simulator.validation.packs.models.en16931_categories import Use, is_vat, use_of, uses
from simulator.validation.packs.models.en16931_faults import ABSENT
from simulator.validation.packs.models.en16931_periods import Span, document_spans

rules = ModelRules()
_OUTSIDE, _INTRA, _SPLIT, _STANDARD = "O", "K", "B", "S"
_COUNTRY = {"ubl": f"{CBC}IdentificationCode", "cii": f"{RAM}CountryID"}
_ITALY = "IT"
_Part = Callable[[Use, str], list[TaxCategory]]  # of a use, in a syntax


@rules("BR-IC-11")
def delivered_on(invoice: Invoice) -> Iterator[Fault]:
    """An intra-community supply has a delivery date (BT-72) or an invoicing period (BG-14)."""
    if not use_of(invoice, _INTRA).vat_rows:
        return
    known = any(_is_given(invoice, delivery.date) for delivery in invoice.deliveries)
    if not known and not any(_says_something(span) for span in document_spans(invoice)):
        yield Fault(invoice.delivery or invoice, found=ABSENT)


def _says_something(span: Span) -> bool:
    if span.element.tag.startswith(RAM):
        return span.starts or span.ends
    return len(span.element.xpath("*")) > 0


@rules("BR-IC-12")
def delivered_to(invoice: Invoice) -> Iterator[Fault]:
    """An intra-community supply has a country of delivery (BT-80)."""
    known = any(_is_given(invoice, d.address.country) for d in invoice.deliveries)
    if not known and use_of(invoice, _INTRA).vat_rows:
        yield Fault(invoice.delivery or invoice, found=ABSENT)


def _is_given(invoice: Invoice, text: Text) -> bool:
    return text.exists if invoice.syntax == "cii" else len(text.value) > 1


def alone(of: _Part, invoice: Invoice) -> Iterator[Fault]:
    """BR-O-11 to -14: beside something outside the scope of VAT there is no other category."""
    if not use_of(invoice, _OUTSIDE).vat_rows:
        return
    for code, use in uses(invoice).items():
        if code == _OUTSIDE:
            continue
        for found in of(use, invoice.syntax):
            if _counts(invoice, found):
                yield Fault(found.code if found.code.exists else found, found=code or ABSENT)


def _counts(invoice: Invoice, found: TaxCategory) -> bool:
    # CII asks for a code, of whatever scheme; UBL for the scheme, with whatever code.
    return found.code.exists if invoice.syntax == "cii" else is_vat(found)


def _rows(use: Use, syntax: str) -> list[TaxCategory]:
    own = [category for _, category in use.rows]
    return own + use.all_lines if syntax == "cii" else own


def _items(use: Use, syntax: str) -> list[TaxCategory]:
    return _rows(use, syntax) if syntax == "cii" else use.all_lines


def _allowances(use: Use, syntax: str) -> list[TaxCategory]:
    return use.charged if syntax == "cii" else use.all_allowances


def _charges(use: Use, syntax: str) -> list[TaxCategory]:
    return use.charged if syntax == "cii" else use.all_charges


rules.add("BR-O-11", partial(alone, _rows))
rules.add("BR-O-12", partial(alone, _items))
rules.add("BR-O-13", partial(alone, _allowances))
rules.add("BR-O-14", partial(alone, _charges))


@rules("BR-B-01")
def italian(invoice: Invoice) -> Iterator[Fault]:
    """Split payment is for invoices of which every country is Italy."""
    if _SPLIT not in uses(invoice) or invoice.element is None:
        return
    for element in invoice.element.iter(_COUNTRY[invoice.syntax]):
        if content_of(element) != _ITALY:
            yield Fault(Group(element=element), found=content_of(element).strip())


@rules("BR-B-02")
def not_both(invoice: Invoice) -> Iterator[Fault]:
    """Split payment and standard rate are not in the same invoice."""
    split, standard = _split(invoice, _SPLIT), _split(invoice, _STANDARD)
    if split and standard:
        yield Fault(standard[0].code, found=_STANDARD)


def _split(invoice: Invoice, code: str) -> list[TaxCategory]:
    use = use_of(invoice, code)
    rows = [category for _, category in use.rows]
    if invoice.syntax == "cii":
        return use.categories + rows
    return use.all_lines + use.allowances + use.charges + rows
