"""Small invoices for the French rules, valid by them."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking import french_cii, french_ubl
from simulator.validation.packs.breaking.edits import removed
from simulator.validation.packs.breaking.french_edits import at, fragment, put


def as_credit_note(root: Element) -> Element:
    """The invoice as a credit note: in UBL another document, in CII another type."""
    put("BT-3", "381")(root)
    if "CrossIndustry" in root.tag:
        return root
    text = etree.tostring(root, encoding="unicode").replace(":Invoice-2", ":CreditNote-2")
    for old, new in (
        ("InvoiceLine", "CreditNoteLine"),
        ("InvoicedQuantity", "CreditedQuantity"),
        ("InvoiceTypeCode", "CreditNoteTypeCode"),
        ("<Invoice ", "<CreditNote "),
        ("</Invoice>", "</CreditNote>"),
    ):
        text = text.replace(old, new)
    changed = etree.fromstring(text)
    (due,) = at(changed, "cbc:DueDate")
    removed(due)
    means = at(changed, "cac:PaymentMeans/cbc:PaymentMeansCode")[0]
    means.addnext(fragment(f"<cbc:PaymentDueDate>{due.text}</cbc:PaymentDueDate>")[0])
    return changed


def plain(syntax: str) -> Element:
    """An invoice with everything that the French rules speak of."""
    return etree.fromstring(french_ubl.PLAIN if syntax == "ubl" else french_cii.PLAIN)


def several_sellers(syntax: str) -> Element:
    """An invoice of two sellers (cadre S8): a GROUP and a DETAIL line for each."""
    return etree.fromstring(french_ubl.SELLERS if syntax == "ubl" else french_cii.SELLERS)


def both_ways(syntax: str) -> Element:
    """The same between seller and buyer, both of whom sell (cadre S9), made by the buyer."""
    root = several_sellers(syntax)
    put("BT-23", "S9")(root)
    put("BT-3", "389")(root)
    for nth in (2, 3):
        put("EXT-FR-FE-167", french_ubl.BUYER_SIREN, nth)(root)
    return root
