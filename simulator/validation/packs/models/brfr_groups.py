"""Invoices in an invoice: several sellers (cadres B8, S8, M8), or both parties sell (B9, S9, M9).

Each begins with a GROUP line that has no line above it; its DETAIL lines name that as their parent.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from simulator.messages.invoice.fields import NO_NUMBER, NO_TEXT, Number, Text
from simulator.messages.invoice.model import Invoice, Line, Supporting
from simulator.validation.packs.models.brfr_formats import normal
from simulator.validation.packs.models.brfr_lines import GROUP, own_references

# Type of an object identifier (BT-128), and the schemes of the number and the cadre of an invoice.
OBJECT = "130"
NUMBER = "AFL"
CADRE = "AVV"


def is_special(invoice: Invoice, *cadres: frozenset[str]) -> bool:
    """Whether BT-23 is one of these cadres."""
    profile = normal(invoice.profile.value)
    return any(profile in some for some in cadres)


def group_lines(invoice: Invoice) -> list[Line]:
    """The lines that begin an invoice in the invoice; in UBL one for each reference that says so."""
    if invoice.syntax == "cii":
        return [x for x in invoice.lines if x.kind.value == GROUP and not x.parent.exists]
    return [
        line
        for line in invoice.lines
        for r in own_references(invoice, line)
        if r.status.value == GROUP and not r.line.exists
    ]


def objects_of(invoice: Invoice, line: Line, scheme: str) -> list[Supporting]:
    """BT-128 of a scheme: AFL number, AVV cadre of the invoice in the invoice."""
    if invoice.syntax == "cii":
        return [r for r in line.references if r.scheme.value == scheme]
    return [r for r in line.references if r.id.scheme == scheme]


def object_of(invoice: Invoice, line: Line, scheme: str) -> Text:
    """The first such identifier of type 130; an empty text when there is none."""
    found = objects_of(invoice, line, scheme)
    return next((r.id for r in found if r.type_code.value == OBJECT and r.id.exists), NO_TEXT)


def tax_of(line: Line, currency: Text) -> Number:
    """VAT of a line in a currency."""
    if not currency.exists:
        return NO_NUMBER
    found = (t.amount for t in line.tax_totals)
    return next((a for a in found if a.exists and a.currency == currency.value), NO_NUMBER)
