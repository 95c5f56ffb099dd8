"""Elements that rules of EN 16931 mean at any depth (``//cac:TaxCategory``), found in one walk.

The neutral invoice has them where the semantic model has them. Official rules also count those of an
allowance on a line, of a line inside a line, of a tax total of a line.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import NO_NUMBER, NO_TEXT, Number, Text, number_of, text_of
from simulator.messages.invoice.model import Invoice, TaxCategory, VatBreakdown

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"

_TAGS = {
    "ubl": (
        "TaxCategory",
        "ClassifiedTaxCategory",
        "TaxSubtotal",
        "InvoicePeriod",
        "PartyTaxScheme",
    ),
    "cii": (
        "ApplicableTradeTax",
        "CategoryTradeTax",
        "TaxPointDate",
        "DueDateTypeCode",
        "SpecifiedTaxRegistration",
        "CategoryCode",
    ),
}
_PREFIX = {"ubl": CAC, "cii": RAM}
# Where code, rate and scheme of a category stand below it.
_CATEGORY = {
    "ubl": (f"{CBC}ID", f"{CBC}Percent", f"{CAC}TaxScheme/{CBC}ID"),
    "cii": (f"{RAM}CategoryCode", f"{RAM}RateApplicablePercent", f"{RAM}TypeCode"),
}


def anywhere(invoice: Invoice) -> dict[str, list[Element]]:
    """The elements by local name, each name with a list, in document order."""
    return invoice.once(_anywhere)


def _anywhere(invoice: Invoice) -> dict[str, list[Element]]:
    prefix = _PREFIX[invoice.syntax]
    found: dict[str, list[Element]] = {name: [] for name in _TAGS[invoice.syntax]}
    if invoice.element is not None:
        by_tag = {prefix + name: elements for name, elements in found.items()}
        for element in invoice.element.iter(*by_tag):
            by_tag[element.tag].append(element)
    return found


def stray_category(invoice: Invoice, element: Element) -> TaxCategory:
    """A VAT category that the neutral invoice does not have."""
    code, rate, scheme = _CATEGORY[invoice.syntax]
    return TaxCategory(
        element=element,
        code=_text(element, code),
        rate=_number(element, rate),
        scheme=_text(element, scheme),
    )


def stray_subtotal(invoice: Invoice, element: Element) -> VatBreakdown:
    """A UBL tax subtotal that the neutral invoice does not have."""
    return VatBreakdown(
        element=element,
        taxable=_number(element, f"{CBC}TaxableAmount"),
        tax=_number(element, f"{CBC}TaxAmount"),
        categories=[stray_category(invoice, e) for e in element.iterchildren(f"{CAC}TaxCategory")],
    )


def is_below(element: Element, *names: str) -> bool:
    """Whether the parent of an element has one of the names."""
    parent = element.getparent()
    return parent is not None and parent.tag in names


def _text(element: Element, path: str) -> Text:
    found = element.find(path)
    return NO_TEXT if found is None else text_of(found)


def _number(element: Element, path: str) -> Number:
    found = element.find(path)
    return NO_NUMBER if found is None else number_of(found)
