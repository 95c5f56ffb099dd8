"""The invoice that the cases of EXTENDED-CTC-FR begin with, and edits that they share.

It is the invoice of the French rules with a second line of no amount, so that a line can be spoilt
without the totals.
"""

from __future__ import annotations

from functools import partial

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit, removed
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
    nth_of,
    put,
    unchanged,
)

GUIDELINE = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
_GUIDELINE = by(
    ubl=put("cbc:CustomizationID", GUIDELINE),
    cii=put("//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", GUIDELINE),
)
UBL_LINE = "(cac:InvoiceLine|cac:CreditNoteLine)"
HEADER, LINE = "//ram:ApplicableHeaderTradeSettlement", "//ram:SpecifiedLineTradeSettlement"
_ROW = f"{HEADER}/ram:ApplicableTradeTax"
_ONE_POINT = drop(f"{_ROW}[2]/ram:TaxPointDate")  # the invoice has one such day
SUBTOTAL = by(ubl=again("cac:TaxTotal/cac:TaxSubtotal"), cii=all_of(again(_ROW), _ONE_POINT))
_ADDRESS = "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"
# What a delivery within the Union asks for: where it went (BT-80), and the buyer's number (BT-48).
_DELIVERED = by(
    ubl=into(
        "cac:Delivery/cac:DeliveryLocation",
        ubl="<cac:Address><cac:Country><cbc:IdentificationCode>BE</cbc:IdentificationCode>"
        "</cac:Country></cac:Address>",
    ),
    cii=before(
        "//ram:ApplicableHeaderTradeDelivery/ram:ActualDeliverySupplyChainEvent",
        cii="<ram:ShipToTradeParty><ram:PostalTradeAddress><ram:CountryID>BE</ram:CountryID>"
        "</ram:PostalTradeAddress></ram:ShipToTradeParty>",
    ),
)
_REGISTERED = by(
    ubl=before(
        "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity",
        ubl="<cac:PartyTaxScheme><cbc:CompanyID>FR32987654321</cbc:CompanyID><cac:TaxScheme>"
        "<cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>",
    ),
    cii=into(
        "buyer",
        cii="<ram:SpecifiedTaxRegistration><ram:ID schemeID='VA'>FR32987654321</ram:ID>"
        "</ram:SpecifiedTaxRegistration>",
    ),
)


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
    all_of(_DELIVERED, _REGISTERED)(root)
    all_of(_GUIDELINE, again("BG-25"), put("BT-126", "2", 1), put("BT-131", "0.00", 1))(root)
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
        element = nth_of(root, place[syntax], nth)
        if syntax == "cii":
            element.extend(fragment(cii))
        else:
            element.addprevious(fragment(ubl)[0])

    return edit


_CODED = (("BT-151", 0), ("BT-151", 1), ("BT-118", 0), ("BT-95", 0), ("BT-95", 1))
_RATES = ("BT-119", "BT-152", "BT-96_BT-103")
RATED = "SLM"  # categories with a rate of their own
OUTSIDE = "O"  # the one without any
_UNTAXED = all_of(
    put("BT-117", "0.00"), put("BT-110", "0.00"), put("BT-112", "200.00"), put("BT-115", "190.01")
)


def of(code: str, reason: str = "", of_row: str = "") -> Edit:
    """Everything in one VAT category, with an exemption reason of lines and one of the breakdown."""
    rates = map(drop if code == OUTSIDE else partial(put_all, text=rate_of(code)), _RATES)
    return all_of(
        *(put(place, code, nth) for place, nth in _CODED),
        *rates,
        unchanged if code in RATED else _UNTAXED,
        put_reason("BT-151", reason),
        put_reason("BT-118", of_row),
    )


def rate_of(code: str) -> str:
    """The rate that the category has here."""
    return "20.00" if code in RATED else "0.00"


def put_all(place: str, text: str) -> Edit:
    """Writes a text into all elements of a place."""

    def edit(root: Element) -> None:
        for element in at(root, place):
            element.text = text

    return edit


def put_reason(place: str, text: str, nth: int | None = None) -> Edit:
    """Writes BT-120 beside the category codes of a place, or beside one; none without a text."""

    def edit(root: Element) -> None:
        codes = at(root, place) if nth is None else [nth_of(root, place, nth)]
        for code in codes if text else []:
            _explain(code, text)

    return edit


def _explain(code: Element, text: str) -> None:
    """Where the schemas have it: before the scheme in UBL, behind the type in CII."""
    around = [*code.itersiblings(), *code.itersiblings(preceding=True)]
    for reason in around:
        if etree.QName(reason).localname in ("TaxExemptionReason", "ExemptionReason"):
            removed(reason)
    for scheme in code.itersiblings("{*}TaxScheme"):
        scheme.addprevious(fragment(f"<cbc:TaxExemptionReason>{text}</cbc:TaxExemptionReason>")[0])
    for kind in code.itersiblings("{*}TypeCode", preceding=True):
        kind.addnext(fragment(f"<ram:ExemptionReason>{text}</ram:ExemptionReason>")[0])


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
