"""The invoice that the cases of EXTENDED-CTC-FR begin with, and edits that they share.

It is the invoice of the French rules with a second line of no amount, so that a line can be spoilt
without the totals.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_documents import plain
from simulator.validation.packs.breaking.french_edits import (
    again,
    all_of,
    at,
    before,
    by,
    drop,
    fragment,
    into,
    put,
)

UBL_LINE = "cac:InvoiceLine"
HEADER, LINE = "//ram:ApplicableHeaderTradeSettlement", "//ram:SpecifiedLineTradeSettlement"
SUBTOTAL = by(
    ubl=again("cac:TaxTotal/cac:TaxSubtotal"), cii=again(f"{HEADER}/ram:ApplicableTradeTax")
)
_ADDRESS = "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"


def start(syntax: str) -> Element:
    """The invoice without what the core does not have, and with a second line of no amount."""
    root = plain(syntax)
    by(
        ubl=all_of(drop("payee"), drop("payer")),
        cii=all_of(
            drop("payee"),
            drop("payer"),
            drop("//ram:ShipToTradeParty"),
            before(
                "//ram:SellerTaxRepresentativeTradeParty/ram:SpecifiedTaxRegistration", cii=_ADDRESS
            ),
        ),
    )(root)
    all_of(again("BG-25"), put("BT-126", "2", 1), put("BT-131", "0.00", 1))(root)
    return root


def placed(role: str = "", parent: str = "", nth: int = 1) -> Edit:
    """Says of a line what it is and which line it belongs to."""
    status = f"<cbc:DocumentStatusCode>{role}</cbc:DocumentStatusCode>" if role else ""
    above = f"<cac:BillingReferenceLine><cbc:ID>{parent}</cbc:ID></cac:BillingReferenceLine>"
    ubl = (
        "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F-1</cbc:ID>"
        f"{status}</cac:InvoiceDocumentReference>{above if parent else ''}</cac:BillingReference>"
    )
    cii = f"<ram:ParentLineID>{parent}</ram:ParentLineID>" if parent else ""
    cii += f"<ram:LineStatusReasonCode>{role}</ram:LineStatusReasonCode>" if role else ""

    def edit(root: Element) -> None:
        syntax = "cii" if "CrossIndustry" in root.tag else "ubl"
        place = {"ubl": f"{UBL_LINE}/cac:Item", "cii": "//ram:AssociatedDocumentLineDocument"}
        element = at(root, place[syntax])[nth]
        if syntax == "cii":
            element.extend(fragment(cii))
        else:
            element.addprevious(fragment(ubl)[0])

    return edit


def of(code: str, reason: str = "", of_row: str = "") -> Edit:
    """Everything in one VAT category, with an exemption reason of lines and one of the breakdown."""

    def edit(root: Element) -> None:
        for place, nth in (("BT-151", 0), ("BT-151", 1), ("BT-118", 0), ("BT-95", 0), ("BT-95", 1)):
            put(place, code, nth)(root)
        for place in ("BT-119", "BT-152", "BT-96_BT-103"):
            for element in at(root, place):
                element.text = {"S": "20.00", "L": "20.00", "M": "20.00"}.get(code, "0.00")
            if code == "O":
                drop(place)(root)
        if code not in "SLM":
            all_of(put("BT-117", "0.00"), put("BT-110", "0.00"), put("BT-112", "200.00"))(root)
        for place, text in (("BT-151", reason), ("BT-118", of_row)):
            if text:
                _reason(root, place, text)

    return edit


def _reason(root: Element, place: str, text: str) -> None:
    """BT-120 beside each category code."""
    for element in at(root, place):
        ubl = element.getparent().find("{*}TaxScheme")
        if ubl is not None:
            ubl.addprevious(fragment(f"<cbc:TaxExemptionReason>{text}</cbc:TaxExemptionReason>")[0])
        else:
            element.addprevious(fragment(f"<ram:ExemptionReason>{text}</ram:ExemptionReason>")[0])


def delivered(code: str, more: str = "", line: bool = False) -> Edit:
    """Delivery terms of the invoice or of a line, with one more element."""
    ubl = f"<cac:DeliveryTerms><cbc:ID>{code}</cbc:ID>{more}</cac:DeliveryTerms>"
    cii = (
        f"<ram:ApplicableTradeDeliveryTerms><ram:DeliveryTypeCode>{code}</ram:DeliveryTypeCode>"
        f"{more}</ram:ApplicableTradeDeliveryTerms>"
    )
    if line:
        agreement = "//ram:SpecifiedLineTradeAgreement"
        return by(ubl=before(f"{UBL_LINE}/cac:Item", ubl=ubl), cii=into(agreement, cii=cii))
    agreement = "//ram:ApplicableHeaderTradeAgreement"
    return by(ubl=before("cac:AllowanceCharge", ubl=ubl), cii=into(agreement, cii=cii))


def eight(name: str, *kinds: str) -> tuple[str, ...]:
    """Rules 08 of a category, as UBL and as CII name them."""
    return tuple(f"BR-F{x}EXT-{name}-08{kind}" for x in "RX" for kind in kinds)
