"""Small invoices for the French rules, valid by them, and ways to change one thing in them.

A place is named by its term (``BT-1``, ``EXT-FR-FE-136``) and found in either syntax; other places
are paths with the prefixes of the dialect. An edit is a function of the root element.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from simulator.validation.packs.dialects import NAMES
from simulator.validation.packs.run import Scope, run

SYNTAXES = ("ubl", "cii")
SYNTAX = {"Invoice": "ubl-invoice", "CreditNote": "ubl-creditnote"}
Edit = Callable[[etree._Element], None]

_AGREEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_DELIVERY = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
_SUM = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE = "rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem"
_LINE_SUM = "ram:SpecifiedTradeSettlementLineMonetarySummation"
_UBL_LINE = "(cac:InvoiceLine|cac:CreditNoteLine)"
_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_UBL_PARTIES = {
    "seller": _SELLER,
    "buyer": _BUYER,
    "payee": "cac:PayeeParty",
    "buyer agent": f"{_BUYER}/cac:AgentParty",
    "payer": "cac:PaymentMeans/cac:PaymentMandate/cac:PayerParty",
    "seller agent": f"{_SELLER}/cac:AgentParty",
    "invoicee": f"{_BUYER}/cac:ServiceProviderParty/cac:Party",
    "invoicer": f"{_SELLER}/cac:ServiceProviderParty/cac:Party",
}
_CII_PARTIES = {
    "seller": f"{_AGREEMENT}/ram:SellerTradeParty",
    "buyer": f"{_AGREEMENT}/ram:BuyerTradeParty",
    "payee": f"{_SETTLEMENT}/ram:PayeeTradeParty",
    "buyer agent": f"{_AGREEMENT}/ram:BuyerAgentTradeParty",
    "payer": f"{_SETTLEMENT}/ram:PayerTradeParty",
    "seller agent": f"{_AGREEMENT}/ram:SalesAgentTradeParty",
    "invoicee": f"{_SETTLEMENT}/ram:InvoiceeTradeParty",
    "invoicer": f"{_SETTLEMENT}/ram:InvoicerTradeParty",
}
# By role: terms of the private identifier and of the electronic address.
ROLES = {
    "seller": ("BT-29", "BT-34"),
    "buyer": ("BT-46", "BT-49"),
    "payee": ("BT-60", "EXT-FR-FE-29"),
    "buyer agent": ("EXT-FR-FE-06", "EXT-FR-FE-12"),
    "payer": ("EXT-FR-FE-46", "EXT-FR-FE-52"),
    "seller agent": ("EXT-FR-FE-69", "EXT-FR-FE-75"),
    "invoicee": ("EXT-FR-FE-92", "EXT-FR-FE-98"),
    "invoicer": ("EXT-FR-FE-115", "EXT-FR-FE-121"),
}
# By term: path in UBL, path in CII.
PLACES = {
    "BT-1": ("cbc:ID", "rsm:ExchangedDocument/ram:ID"),
    "BT-2": ("cbc:IssueDate", "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString"),
    "BT-3": (
        "(cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode)",
        "rsm:ExchangedDocument/ram:TypeCode",
    ),
    "BT-5": ("cbc:DocumentCurrencyCode", f"{_SETTLEMENT}/ram:InvoiceCurrencyCode"),
    "BT-7": ("cbc:TaxPointDate", f"{_SETTLEMENT}/ram:ApplicableTradeTax//udt:DateString"),
    "BT-9": (
        "(cbc:DueDate|cac:PaymentMeans/cbc:PaymentDueDate)",
        f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
    ),
    "BT-12": (
        "cac:ContractDocumentReference/cbc:ID",
        f"{_AGREEMENT}/ram:ContractReferencedDocument/ram:IssuerAssignedID",
    ),
    "BT-23": (
        "cbc:ProfileID",
        "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
    ),
    "BG-3": ("cac:BillingReference", f"{_SETTLEMENT}/ram:InvoiceReferencedDocument"),
    "BT-25": (
        "cac:BillingReference/*/cbc:ID",
        f"{_SETTLEMENT}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
    ),
    "BT-26": (
        "cac:BillingReference/*/cbc:IssueDate",
        f"{_SETTLEMENT}/ram:InvoiceReferencedDocument//qdt:DateTimeString",
    ),
    "EXT-FR-FE-02": (
        "cac:BillingReference/*/cbc:DocumentTypeCode",
        f"{_SETTLEMENT}/ram:InvoiceReferencedDocument/ram:TypeCode",
    ),
    "BT-30": (
        f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyID",
        f"{_AGREEMENT}/ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
    ),
    "BT-47": (
        f"{_BUYER}/cac:PartyLegalEntity/cbc:CompanyID",
        f"{_AGREEMENT}/ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
    ),
    "BT-63": (
        "cac:TaxRepresentativeParty/cac:PartyTaxScheme/cbc:CompanyID",
        f"{_AGREEMENT}/ram:SellerTaxRepresentativeTradeParty/ram:SpecifiedTaxRegistration/ram:ID",
    ),
    "BT-71": (
        "cac:Delivery/cac:DeliveryLocation/cbc:ID",
        f"{_DELIVERY}/ram:ShipToTradeParty/ram:GlobalID",
    ),
    "BT-72": (
        "cac:Delivery/cbc:ActualDeliveryDate",
        f"{_DELIVERY}/ram:ActualDeliverySupplyChainEvent/*/udt:DateTimeString",
    ),
    "BT-73": (
        "cac:InvoicePeriod/cbc:StartDate",
        f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
    ),
    "BT-74": (
        "cac:InvoicePeriod/cbc:EndDate",
        f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
    ),
    "BT-92_BT-99": (
        "cac:AllowanceCharge/cbc:Amount",
        f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount",
    ),
    "BT-93_BT-100": (
        "cac:AllowanceCharge/cbc:BaseAmount",
        f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge/ram:BasisAmount",
    ),
    "BT-95": (
        "cac:AllowanceCharge/cac:TaxCategory/cbc:ID",
        f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge/ram:CategoryTradeTax/ram:CategoryCode",
    ),
    "BT-96_BT-103": (
        "cac:AllowanceCharge/cac:TaxCategory/cbc:Percent",
        f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge/*/ram:RateApplicablePercent",
    ),
    "BT-106": ("cac:LegalMonetaryTotal/cbc:LineExtensionAmount", f"{_SUM}/ram:LineTotalAmount"),
    "BT-107": (
        "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount",
        f"{_SUM}/ram:AllowanceTotalAmount",
    ),
    "BT-108": ("cac:LegalMonetaryTotal/cbc:ChargeTotalAmount", f"{_SUM}/ram:ChargeTotalAmount"),
    "BT-109": ("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", f"{_SUM}/ram:TaxBasisTotalAmount"),
    "BT-110": ("cac:TaxTotal/cbc:TaxAmount", f"{_SUM}/ram:TaxTotalAmount"),
    "BT-112": ("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", f"{_SUM}/ram:GrandTotalAmount"),
    "BT-113": ("cac:LegalMonetaryTotal/cbc:PrepaidAmount", f"{_SUM}/ram:TotalPrepaidAmount"),
    "BT-114": ("cac:LegalMonetaryTotal/cbc:PayableRoundingAmount", f"{_SUM}/ram:RoundingAmount"),
    "BT-115": ("cac:LegalMonetaryTotal/cbc:PayableAmount", f"{_SUM}/ram:DuePayableAmount"),
    "BT-116": (
        "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount",
        f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:BasisAmount",
    ),
    "BT-117": (
        "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount",
        f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:CalculatedAmount",
    ),
    "BT-118": (
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID",
        f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:CategoryCode",
    ),
    "BT-119": (
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent",
        f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:RateApplicablePercent",
    ),
    "BT-123": (
        "cac:AdditionalDocumentReference/cbc:DocumentDescription",
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument/ram:Name",
    ),
    "BG-24": (
        "cac:AdditionalDocumentReference[cbc:DocumentDescription]",
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument[ram:Name]",
    ),
    "BT-18": (
        "cac:AdditionalDocumentReference/cbc:ID[@schemeID]",
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument[ram:TypeCode = '130']/ram:IssuerAssignedID",
    ),
    "BG-25": (_UBL_LINE, _LINE),
    "BT-126": (f"{_UBL_LINE}/cbc:ID", f"{_LINE}/*/ram:LineID"),
    "BT-128": (
        f"{_UBL_LINE}/cac:DocumentReference/cbc:ID",
        f"{_LINE}/*/ram:AdditionalReferencedDocument/ram:IssuerAssignedID",
    ),
    "BT-129": (
        f"{_UBL_LINE}/cbc:InvoicedQuantity",
        f"{_LINE}/ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    ),
    "BT-131": (
        f"{_UBL_LINE}/cbc:LineExtensionAmount",
        f"{_LINE}/ram:SpecifiedLineTradeSettlement/{_LINE_SUM}/ram:LineTotalAmount",
    ),
    "BT-134": (
        f"{_UBL_LINE}/cac:InvoicePeriod/cbc:StartDate",
        f"{_LINE}/*/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
    ),
    "BT-135": (
        f"{_UBL_LINE}/cac:InvoicePeriod/cbc:EndDate",
        f"{_LINE}/*/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
    ),
    "BT-136_BT-141": (
        f"{_UBL_LINE}/cac:AllowanceCharge/cbc:Amount",
        f"{_LINE}/*/ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount",
    ),
    "BT-137_BT-142": (
        f"{_UBL_LINE}/cac:AllowanceCharge/cbc:BaseAmount",
        f"{_LINE}/*/ram:SpecifiedTradeAllowanceCharge/ram:BasisAmount",
    ),
    "BT-146": (
        f"{_UBL_LINE}/cac:Price/cbc:PriceAmount",
        f"{_LINE}/*/ram:NetPriceProductTradePrice/ram:ChargeAmount",
    ),
    "BT-147": (
        f"{_UBL_LINE}/cac:Price/cac:AllowanceCharge/cbc:Amount",
        f"{_LINE}/*/*/ram:AppliedTradeAllowanceCharge/ram:ActualAmount",
    ),
    "BT-148": (
        f"{_UBL_LINE}/cac:Price/cac:AllowanceCharge/cbc:BaseAmount",
        f"{_LINE}/*/ram:GrossPriceProductTradePrice/ram:ChargeAmount",
    ),
    "BT-149": (
        f"{_UBL_LINE}/cac:Price/cbc:BaseQuantity",
        f"{_LINE}/*/ram:NetPriceProductTradePrice/ram:BasisQuantity",
    ),
    "BT-151": (
        f"{_UBL_LINE}/cac:Item/cac:ClassifiedTaxCategory/cbc:ID",
        f"{_LINE}/*/ram:ApplicableTradeTax/ram:CategoryCode",
    ),
    "BT-152": (
        f"{_UBL_LINE}/cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
        f"{_LINE}/*/ram:ApplicableTradeTax/ram:RateApplicablePercent",
    ),
    "BT-120": (
        f"{_UBL_LINE}/cac:Item/cac:ClassifiedTaxCategory/cbc:TaxExemptionReason",
        f"{_LINE}/*/ram:ApplicableTradeTax/ram:ExemptionReason",
    ),
    "BG-32": (
        f"{_UBL_LINE}/cac:Item/cac:AdditionalItemProperty",
        f"{_LINE}/*/ram:ApplicableProductCharacteristic",
    ),
    "BT-160": (
        f"{_UBL_LINE}/cac:Item/cac:AdditionalItemProperty/cbc:Name",
        f"{_LINE}/*/ram:ApplicableProductCharacteristic/ram:Description",
    ),
    "BT-161": (
        f"{_UBL_LINE}/cac:Item/cac:AdditionalItemProperty/cbc:Value",
        f"{_LINE}/*/ram:ApplicableProductCharacteristic/ram:Value",
    ),
    "reason of the breakdown": (
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReason",
        f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:ExemptionReason",
    ),
    "type of BT-128": (
        f"{_UBL_LINE}/cac:DocumentReference/cbc:DocumentTypeCode",
        f"{_LINE}/*/ram:AdditionalReferencedDocument/ram:TypeCode",
    ),
    "dated reference of a line": (
        f"{_UBL_LINE}/cac:BillingReference[cac:InvoiceDocumentReference/cbc:IssueDate]",
        f"{_LINE}/*/ram:InvoiceReferencedDocument",
    ),
    "EXT-FR-FE-136": (
        f"{_UBL_LINE}/cac:BillingReference/*/cbc:ID",
        f"{_LINE}/*/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
    ),
    "EXT-FR-FE-137": (
        f"{_UBL_LINE}/cac:BillingReference/*/cbc:DocumentTypeCode",
        f"{_LINE}/*/ram:InvoiceReferencedDocument/ram:TypeCode",
    ),
    "EXT-FR-FE-138": (
        f"{_UBL_LINE}/cac:BillingReference/*/cbc:IssueDate",
        f"{_LINE}/*/ram:InvoiceReferencedDocument//qdt:DateTimeString",
    ),
    "EXT-FR-FE-146": (
        f"{_UBL_LINE}/cac:Delivery/cac:DeliveryLocation/cbc:ID",
        f"{_LINE}/*/ram:ShipToTradeParty/ram:GlobalID",
    ),
    "EXT-FR-FE-158": (
        f"{_UBL_LINE}/cac:Delivery/cbc:ActualDeliveryDate",
        f"{_LINE}/*/ram:ActualDeliverySupplyChainEvent/*/udt:DateTimeString",
    ),
    "EXT-FR-FE-163": (
        f"{_UBL_LINE}/cac:BillingReference/*/cbc:DocumentStatusCode",
        f"{_LINE}/*/ram:LineStatusReasonCode",
    ),
    "EXT-FR-FE-164": (
        f"{_UBL_LINE}/*/cac:ManufacturerParty/*/cbc:RegistrationName",
        f"{_LINE}/*/ram:ItemSellerTradeParty/ram:Name",
    ),
    "EXT-FR-FE-167": (
        f"{_UBL_LINE}/*/cac:ManufacturerParty/*/cbc:CompanyID",
        f"{_LINE}/*/ram:ItemSellerTradeParty/*/ram:ID",
    ),
    "EXT-FR-FE-177": (
        f"{_UBL_LINE}/*/cac:ManufacturerParty/*/*/cbc:IdentificationCode",
        f"{_LINE}/*/ram:ItemSellerTradeParty/*/ram:CountryID",
    ),
    "EXT-FR-FE-181": (
        f"{_UBL_LINE}/cac:TaxTotal/cbc:TaxAmount",
        f"{_LINE}/*/*/ram:TaxTotalAmount",
    ),
    "EXT-FR-FE-184": (
        f"{_UBL_LINE}/cbc:TaxInclusiveLineExtensionAmount",
        f"{_LINE}/*/{_LINE_SUM}/ram:GrandTotalAmount",
    ),
}
for _role, (_private, _electronic) in ROLES.items():
    PLACES[_private] = (
        f"{_UBL_PARTIES[_role]}/cac:PartyIdentification/cbc:ID",
        f"{_CII_PARTIES[_role]}/ram:GlobalID",
    )
    PLACES[_electronic] = (
        f"{_UBL_PARTIES[_role]}/cbc:EndpointID",
        f"{_CII_PARTIES[_role]}/ram:URIUniversalCommunication/ram:URIID",
    )
    PLACES[_role] = (_UBL_PARTIES[_role], _CII_PARTIES[_role])


def at(root: etree._Element, place: str) -> list[etree._Element]:
    """The elements of a term, or of a path."""
    syntax = SYNTAXES["CrossIndustry" in root.tag]
    path = PLACES[place][SYNTAXES.index(syntax)] if place in PLACES else place
    found = _xpath(root, path, syntax)
    assert found, f"{syntax}: no {place}"
    return found


def _xpath(root: etree._Element, path: str, syntax: str) -> list[etree._Element]:
    head, group, rest = path.partition(")")
    if group:  # a group of names in front
        names = head.removeprefix("(").split("|")
        path = " | ".join(f"{name}{rest}" for name in names)
    return list(root.xpath(path, namespaces=NAMES[syntax].prefixes))


def put(place: str, text: str, nth: int = 0) -> Edit:
    """Writes a text."""

    def edit(root):
        at(root, place)[nth].text = text

    return edit


def mark(place: str, nth: int = 0, **attributes: str | None) -> Edit:
    """Writes attributes, None removes one."""

    def edit(root):
        element = at(root, place)[nth]
        for name, value in attributes.items():
            if value is None:
                element.attrib.pop(name, None)
            else:
                element.set(name, value)

    return edit


def drop(place: str, nth: int | None = None) -> Edit:
    """Removes the elements, or one of them."""

    def edit(root):
        found = at(root, place)
        for element in found if nth is None else [found[nth]]:
            element.getparent().remove(element)

    return edit


def again(place: str, nth: int = 0) -> Edit:
    """Repeats an element."""

    def edit(root):
        element = at(root, place)[nth]
        element.addnext(copy.deepcopy(element))

    return edit


def into(place: str, ubl: str = "", cii: str = "") -> Edit:
    """Adds elements at the end of another."""

    def edit(root):
        xml = cii if "CrossIndustry" in root.tag else ubl
        at(root, place)[0].extend(fragment(xml))

    return edit


def before(place: str, ubl: str = "", cii: str = "", nth: int = 0) -> Edit:
    """Adds elements before another."""

    def edit(root):
        xml = cii if "CrossIndustry" in root.tag else ubl
        for element in fragment(xml):
            at(root, place)[nth].addprevious(element)

    return edit


def fragment(xml: str) -> list[etree._Element]:
    """Elements out of a text with the prefixes of all dialects."""
    prefixes = {**NAMES["ubl"].prefixes, **NAMES["cii"].prefixes}
    spaces = " ".join(f'xmlns:{p}="{u}"' for p, u in prefixes.items())
    return list(etree.fromstring(f"<x {spaces}>{xml}</x>"))


def all_of(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(root):
        for one in edits:
            one(root)

    return edit


def by(**edits: Edit) -> Edit:
    """An edit for each syntax."""

    def edit(root):
        edits[SYNTAXES["CrossIndustry" in root.tag]](root)

    return edit


def unchanged(_: etree._Element) -> None:
    """No edit."""


def note(code: str, text: str) -> Edit:
    """Adds a note with a subject code."""
    return before(
        "note",
        ubl=f"<cbc:Note>#{code}#{text}</cbc:Note>",
        cii=f"<ram:IncludedNote><ram:Content>{text}</ram:Content>"
        f"<ram:SubjectCode>{code}</ram:SubjectCode></ram:IncludedNote>",
    )


PLACES["note"] = ("cbc:Note", "rsm:ExchangedDocument/ram:IncludedNote")


def as_credit_note(root: etree._Element) -> etree._Element:
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
    due = changed.find("cbc:DueDate", NAMES["ubl"].prefixes)
    changed.remove(due)
    means = at(changed, "cac:PaymentMeans/cbc:PaymentMeansCode")[0]
    means.addnext(fragment(f"<cbc:PaymentDueDate>{due.text}</cbc:PaymentDueDate>")[0])
    return changed


@dataclass(frozen=True)
class Document:
    """A document and its syntax."""

    content: bytes
    root: etree._Element
    syntax: str

    def fired(self, pack: str) -> set[str]:
        """Ids of the rules of a pack that fire on it."""
        outcome = run(self.content, self.root, Scope((pack,), self.syntax))
        return {rule for _, rule in outcome.fired}


def made(root: etree._Element, edit: Edit) -> Document:
    """A document after an edit."""
    edit(root)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    syntax = SYNTAX.get(etree.QName(root).localname, "cii-d22b")
    return Document(content, etree.fromstring(content), syntax)


def plain(syntax: str) -> etree._Element:
    """An invoice with everything that the French rules speak of."""
    return etree.fromstring(_UBL if syntax == "ubl" else _CII)


def several_sellers(syntax: str) -> etree._Element:
    """An invoice of two sellers (cadre S8): a GROUP and a DETAIL line for each."""
    return etree.fromstring(_UBL_SELLERS if syntax == "ubl" else _CII_SELLERS)


def both_ways(syntax: str) -> etree._Element:
    """The same between seller and buyer, both of whom sell (cadre S9), made by the buyer."""
    root = several_sellers(syntax)
    put("BT-23", "S9")(root)
    put("BT-3", "389")(root)
    for nth in (2, 3):
        put("EXT-FR-FE-167", _BUYER_SIREN, nth)(root)
    return root


_SELLER_SIREN, _BUYER_SIREN, _OTHER_SIREN = "123456789", "987654321", "555555555"


def _ubl_party(tag: str, siren: str, more: str = "") -> str:
    return (
        f"<cac:{tag}><cbc:EndpointID schemeID='0225'>{siren}_A</cbc:EndpointID>"
        f"<cac:PartyIdentification><cbc:ID schemeID='0009'>{siren}00011</cbc:ID>"
        "</cac:PartyIdentification><cac:PartyIdentification><cbc:ID schemeID='0224'>R-1</cbc:ID>"
        f"</cac:PartyIdentification>{_UBL_ADDRESS}<cac:PartyLegalEntity>"
        f"<cbc:RegistrationName>NOM</cbc:RegistrationName><cbc:CompanyID schemeID='0002'>{siren}"
        f"</cbc:CompanyID></cac:PartyLegalEntity>{more}</cac:{tag}>"
    )


_UBL_ADDRESS = (
    "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode>"
    "</cac:Country></cac:PostalAddress>"
)
_UBL_VAT = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
_UBL_RATE = f"<cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent>{_UBL_VAT}"
_UBL_SPACES = " ".join(
    f'xmlns{"" if p == "ubl" else f":{p}"}="{u}"'
    for p, u in NAMES["ubl"].prefixes.items()
    if p in ("ubl", "cac", "cbc")
)


def _euro(name: str, amount: str) -> str:
    return f"<cbc:{name} currencyID='EUR'>{amount}</cbc:{name}>"


def _ubl_charge(indicator: str, tax: str = "") -> str:
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator>"
        "<cbc:AllowanceChargeReason>Motif</cbc:AllowanceChargeReason>"
        f"{_euro('Amount', '10.00')}{_euro('BaseAmount', '100.00')}{tax}</cac:AllowanceCharge>"
    )


def _ubl_reference(number: str, status: str = "", parent: str = "", day: str = "") -> str:
    day = f"<cbc:IssueDate>{day}</cbc:IssueDate>" if day else ""
    kind = "<cbc:DocumentTypeCode>380</cbc:DocumentTypeCode>" if day else ""
    status = f"<cbc:DocumentStatusCode>{status}</cbc:DocumentStatusCode>" if status else ""
    parent = (
        f"<cac:BillingReferenceLine><cbc:ID>{parent}</cbc:ID></cac:BillingReferenceLine>"
        if parent
        else ""
    )
    return (
        f"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{number}</cbc:ID>{day}{kind}"
        f"{status}</cac:InvoiceDocumentReference>{parent}</cac:BillingReference>"
    )


def _ubl_place(day: str) -> str:
    return (
        f"<cac:Delivery><cbc:ActualDeliveryDate>{day}</cbc:ActualDeliveryDate><cac:DeliveryLocation>"
        f"<cbc:ID schemeID='0009'>{_BUYER_SIREN}00011</cbc:ID></cac:DeliveryLocation></cac:Delivery>"
    )


_UBL_PERIOD = (
    "<cac:InvoicePeriod><cbc:StartDate>2026-08-01</cbc:StartDate>"
    "<cbc:EndDate>2026-08-31</cbc:EndDate></cac:InvoicePeriod>"
)
_UBL_PRICE = (
    f"<cac:Price>{_euro('PriceAmount', '100.00')}<cbc:BaseQuantity unitCode='C62'>1"
    "</cbc:BaseQuantity><cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
    f"{_euro('Amount', '5.00')}{_euro('BaseAmount', '105.00')}</cac:AllowanceCharge></cac:Price>"
)


def _ubl(cadre: str, header: str, lines: str, tax: str) -> str:
    seller = (
        f"{_ubl_party('AgentParty', _OTHER_SIREN)}<cac:ServiceProviderParty>"
        f"{_ubl_party('Party', _OTHER_SIREN)}</cac:ServiceProviderParty>"
    )
    return f"""<Invoice {_UBL_SPACES}>
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
<cbc:ProfileID>{cadre}</cbc:ProfileID><cbc:ID>F-1</cbc:ID><cbc:IssueDate>2026-09-01</cbc:IssueDate>
<cbc:DueDate>2026-10-01</cbc:DueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:Note>#PMD#Pénalités</cbc:Note><cbc:Note>#PMT#40 euros</cbc:Note><cbc:Note>#AAB#Néant</cbc:Note>
<cbc:TaxPointDate>2026-09-01</cbc:TaxPointDate>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{header}
<cac:AccountingSupplierParty>{_ubl_party("Party", _SELLER_SIREN, seller)}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{_ubl_party("Party", _BUYER_SIREN, seller)}</cac:AccountingCustomerParty>
{_ubl_party("PayeeParty", _OTHER_SIREN)}
<cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>NOM</cbc:Name></cac:PartyName>{_UBL_ADDRESS}
<cac:PartyTaxScheme><cbc:CompanyID>FR32123456789</cbc:CompanyID>{_UBL_VAT}</cac:PartyTaxScheme>
</cac:TaxRepresentativeParty>
{_ubl_place("2026-08-31")}
<cac:PaymentMeans><cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cac:PaymentMandate>
<cbc:ID>M</cbc:ID>{_ubl_party("PayerParty", _OTHER_SIREN)}</cac:PaymentMandate></cac:PaymentMeans>
{_ubl_charge("false", f"<cac:TaxCategory>{_UBL_RATE}</cac:TaxCategory>")}
{_ubl_charge("true", f"<cac:TaxCategory>{_UBL_RATE}</cac:TaxCategory>")}
<cac:TaxTotal>{_euro("TaxAmount", "40.00")}{tax}</cac:TaxTotal>
<cac:LegalMonetaryTotal>{_euro("LineExtensionAmount", "200.00")}{_euro("TaxExclusiveAmount", "200.00")}
{_euro("TaxInclusiveAmount", "240.00")}{_euro("AllowanceTotalAmount", "10.00")}
{_euro("ChargeTotalAmount", "10.00")}{_euro("PrepaidAmount", "10.00")}
{_euro("PayableRoundingAmount", "0.01")}{_euro("PayableAmount", "230.01")}</cac:LegalMonetaryTotal>
{lines}</Invoice>"""


def _ubl_tax(amount: str, reason: str = "") -> str:
    reason = f"<cbc:TaxExemptionReason>{reason}</cbc:TaxExemptionReason>" if reason else ""
    return (
        f"<cac:TaxSubtotal>{_euro('TaxableAmount', '200.00')}{_euro('TaxAmount', amount)}"
        f"<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent>{reason}{_UBL_VAT}"
        "</cac:TaxCategory></cac:TaxSubtotal>"
    )


_UBL = _ubl(
    "S1",
    f"{_UBL_PERIOD}{_ubl_reference('F-0', day='2026-07-01')}"
    "<cac:ContractDocumentReference><cbc:ID>C-1</cbc:ID></cac:ContractDocumentReference>"
    "<cac:AdditionalDocumentReference><cbc:ID schemeID='AFL'>O-1</cbc:ID>"
    "<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
    "<cac:AdditionalDocumentReference><cbc:ID>P-1</cbc:ID>"
    "<cbc:DocumentDescription>LISIBLE</cbc:DocumentDescription></cac:AdditionalDocumentReference>",
    "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode='C62'>2</cbc:InvoicedQuantity>"
    f"{_euro('LineExtensionAmount', '200.00')}{_UBL_PERIOD}"
    f"{_ubl_reference('F-0', day='2026-07-01')}"
    "<cac:DocumentReference><cbc:ID schemeID='AFL'>O-2</cbc:ID>"
    "<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>"
    f"{_ubl_place('2026-08-31')}{_ubl_charge('false')}{_ubl_charge('true')}"
    f"<cac:Item><cbc:Name>Article</cbc:Name><cac:ClassifiedTaxCategory>{_UBL_RATE}"
    "</cac:ClassifiedTaxCategory><cac:AdditionalItemProperty><cbc:Name>Couleur</cbc:Name>"
    "<cbc:Value>bleu</cbc:Value></cac:AdditionalItemProperty></cac:Item>"
    f"{_UBL_PRICE}</cac:InvoiceLine>",
    _ubl_tax("40.00"),
)


def _ubl_sold(number: str, siren: str, bill: str, parent: str = "") -> str:
    group = not parent
    tax = f"<cac:TaxTotal>{_euro('TaxAmount', '20.00')}</cac:TaxTotal>" if group else ""
    gross = _euro("TaxInclusiveLineExtensionAmount", "120.00") if group else ""
    reason = "" if group else f"<cbc:TaxExemptionReason>#{bill}#</cbc:TaxExemptionReason>"
    cadre = (
        "<cac:DocumentReference><cbc:ID schemeID='AVV'>S1</cbc:ID>"
        "<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>"
        if group
        else ""
    )
    return (
        f"<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity unitCode='C62'>1"
        f"</cbc:InvoicedQuantity>{_euro('LineExtensionAmount', '100.00')}{gross}"
        f"{_ubl_reference('F-1', 'GROUP' if group else 'DETAIL', parent)}"
        f"{_ubl_reference('F-0', day='2026-07-01') if group else ''}"
        f"<cac:DocumentReference><cbc:ID schemeID='AFL'>{bill}</cbc:ID>"
        f"<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>{cadre}{tax}"
        "<cac:Item><cbc:Name>Article</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID>"
        f"<cbc:Percent>20.00</cbc:Percent>{reason}{_UBL_VAT}</cac:ClassifiedTaxCategory>"
        f"<cac:ManufacturerParty>{_UBL_ADDRESS}<cac:PartyLegalEntity><cbc:RegistrationName>NOM"
        f"</cbc:RegistrationName><cbc:CompanyID schemeID='0002'>{siren}</cbc:CompanyID>"
        f"</cac:PartyLegalEntity></cac:ManufacturerParty></cac:Item>{_UBL_PRICE}</cac:InvoiceLine>"
    )


_UBL_SELLERS = _ubl(
    "S8",
    _ubl_reference("F-0", day="2026-07-01"),
    _ubl_sold("1", _SELLER_SIREN, "F-1")
    + _ubl_sold("2", _SELLER_SIREN, "F-1", "1")
    + _ubl_sold("3", _OTHER_SIREN, "F-1-2")
    + _ubl_sold("4", _OTHER_SIREN, "F-1-2", "3"),
    _ubl_tax("20.00", "#F-1#") + _ubl_tax("20.00", "#F-1-2#"),
)


def _cii_party(tag: str, siren: str) -> str:
    return (
        f"<ram:{tag}><ram:GlobalID schemeID='0009'>{siren}00011</ram:GlobalID>"
        "<ram:GlobalID schemeID='0224'>R-1</ram:GlobalID><ram:Name>NOM</ram:Name>"
        f"<ram:SpecifiedLegalOrganization><ram:ID schemeID='0002'>{siren}</ram:ID>"
        "</ram:SpecifiedLegalOrganization><ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID>"
        "</ram:PostalTradeAddress><ram:URIUniversalCommunication>"
        f"<ram:URIID schemeID='0225'>{siren}_A</ram:URIID></ram:URIUniversalCommunication></ram:{tag}>"
    )


def _day(tag: str, day: str, kind: str = "udt:DateTimeString") -> str:
    return f"<ram:{tag}><{kind} format='102'>{day}</{kind}></ram:{tag}>"


def _cii_note(code: str) -> str:
    return (
        f"<ram:IncludedNote><ram:Content>Texte</ram:Content><ram:SubjectCode>{code}"
        "</ram:SubjectCode></ram:IncludedNote>"
    )


def _cii_rate(tag: str, reason: str = "", amounts: tuple[str, str] = ("", "")) -> str:
    reason = f"<ram:ExemptionReason>{reason}</ram:ExemptionReason>" if reason else ""
    tax, base = amounts
    point = _day("TaxPointDate", "20260901", "udt:DateString") if tax else ""
    return (
        f"<ram:{tag}>{f'<ram:CalculatedAmount>{tax}</ram:CalculatedAmount>' if tax else ''}"
        f"<ram:TypeCode>VAT</ram:TypeCode>{reason}"
        f"{f'<ram:BasisAmount>{base}</ram:BasisAmount>' if base else ''}"
        f"<ram:CategoryCode>S</ram:CategoryCode>{point}"
        f"<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:{tag}>"
    )


def _cii_charge(indicator: str, tax: str = "") -> str:
    return (
        f"<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>{indicator}"
        "</udt:Indicator></ram:ChargeIndicator><ram:BasisAmount>100.00</ram:BasisAmount>"
        f"<ram:ActualAmount>10.00</ram:ActualAmount><ram:Reason>Motif</ram:Reason>{tax}"
        "</ram:SpecifiedTradeAllowanceCharge>"
    )


_CII_PERIOD = (
    f"<ram:BillingSpecifiedPeriod>{_day('StartDateTime', '20260801')}{_day('EndDateTime', '20260831')}"
    "</ram:BillingSpecifiedPeriod>"
)
_CII_PRECEDING = (
    "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>F-0</ram:IssuerAssignedID>"
    "<ram:TypeCode>380</ram:TypeCode>"
    f"{_day('FormattedIssueDateTime', '20260701', 'qdt:DateTimeString')}"
    "</ram:InvoiceReferencedDocument>"
)
_CII_DELIVERED = (
    f"{_cii_party('ShipToTradeParty', _BUYER_SIREN)}<ram:ActualDeliverySupplyChainEvent>"
    f"{_day('OccurrenceDateTime', '20260831')}</ram:ActualDeliverySupplyChainEvent>"
)


def _cii_object(number: str, scheme: str) -> str:
    return (
        f"<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>{number}</ram:IssuerAssignedID>"
        f"<ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>{scheme}</ram:ReferenceTypeCode>"
        "</ram:AdditionalReferencedDocument>"
    )


_CII_PRICE = (
    "<ram:GrossPriceProductTradePrice><ram:ChargeAmount>105.00</ram:ChargeAmount>"
    "<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator>"
    "</ram:ChargeIndicator><ram:ActualAmount>5.00</ram:ActualAmount>"
    "</ram:AppliedTradeAllowanceCharge></ram:GrossPriceProductTradePrice>"
    "<ram:NetPriceProductTradePrice><ram:ChargeAmount>100.00</ram:ChargeAmount>"
    "<ram:BasisQuantity unitCode='C62'>1</ram:BasisQuantity></ram:NetPriceProductTradePrice>"
)
_CII_SPACES = " ".join(f'xmlns:{p}="{u}"' for p, u in NAMES["cii"].prefixes.items())


def _cii_sold(line: str, product: str, seller: str, delivery: str, settlement: str) -> str:
    return (
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"{line}</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct>"
        f"<ram:Name>Article</ram:Name>{product}</ram:SpecifiedTradeProduct>"
        f"<ram:SpecifiedLineTradeAgreement>{_CII_PRICE}{seller}</ram:SpecifiedLineTradeAgreement>"
        "<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode='C62'>2</ram:BilledQuantity>"
        f"{delivery}</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>{settlement}"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def _cii(cadre: str, agreement: str, lines: str, settlement: str, taxes: str) -> str:
    return f"""<rsm:CrossIndustryInvoice {_CII_SPACES}>
<rsm:ExchangedDocumentContext><ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>{cadre}
</ram:ID></ram:BusinessProcessSpecifiedDocumentContextParameter>
<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>F-1</ram:ID><ram:TypeCode>380</ram:TypeCode>
{_day("IssueDateTime", "20260901")}{_cii_note("PMD")}{_cii_note("PMT")}{_cii_note("AAB")}
</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>{lines}
<ram:ApplicableHeaderTradeAgreement>{_cii_party("SellerTradeParty", _SELLER_SIREN)}
{_cii_party("BuyerTradeParty", _BUYER_SIREN)}{_cii_party("SalesAgentTradeParty", _OTHER_SIREN)}
<ram:SellerTaxRepresentativeTradeParty><ram:Name>NOM</ram:Name><ram:SpecifiedTaxRegistration>
<ram:ID schemeID='VA'>FR32123456789</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTaxRepresentativeTradeParty>{agreement}
{_cii_party("BuyerAgentTradeParty", _OTHER_SIREN)}</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery>{_CII_DELIVERED}</ram:ApplicableHeaderTradeDelivery>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
{_cii_party("InvoicerTradeParty", _OTHER_SIREN)}{_cii_party("InvoiceeTradeParty", _OTHER_SIREN)}
{_cii_party("PayeeTradeParty", _OTHER_SIREN)}{_cii_party("PayerTradeParty", _OTHER_SIREN)}
{taxes}{settlement}
{_cii_charge("false", _cii_rate("CategoryTradeTax"))}{_cii_charge("true", _cii_rate("CategoryTradeTax"))}
<ram:SpecifiedTradePaymentTerms>{_day("DueDateDateTime", "20261001")}</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>200.00</ram:LineTotalAmount>
<ram:ChargeTotalAmount>10.00</ram:ChargeTotalAmount>
<ram:AllowanceTotalAmount>10.00</ram:AllowanceTotalAmount>
<ram:TaxBasisTotalAmount>200.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID='EUR'>40.00</ram:TaxTotalAmount>
<ram:RoundingAmount>0.01</ram:RoundingAmount><ram:GrandTotalAmount>240.00</ram:GrandTotalAmount>
<ram:TotalPrepaidAmount>10.00</ram:TotalPrepaidAmount>
<ram:DuePayableAmount>230.01</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>{_CII_PRECEDING}
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


_CII = _cii(
    "S1",
    "<ram:ContractReferencedDocument><ram:IssuerAssignedID>C-1</ram:IssuerAssignedID>"
    f"</ram:ContractReferencedDocument>{_cii_object('O-1', 'AFL')}"
    "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>P-1</ram:IssuerAssignedID>"
    "<ram:TypeCode>916</ram:TypeCode><ram:Name>LISIBLE</ram:Name></ram:AdditionalReferencedDocument>",
    _cii_sold(
        "<ram:LineID>1</ram:LineID>",
        "<ram:ApplicableProductCharacteristic><ram:Description>Couleur</ram:Description>"
        "<ram:Value>bleu</ram:Value></ram:ApplicableProductCharacteristic>",
        "",
        _CII_DELIVERED,
        f"{_cii_rate('ApplicableTradeTax')}{_CII_PERIOD}{_cii_charge('false')}{_cii_charge('true')}"
        f"<ram:{_LINE_SUM[4:]}><ram:LineTotalAmount>200.00</ram:LineTotalAmount></ram:{_LINE_SUM[4:]}>"
        f"{_CII_PRECEDING}{_cii_object('O-2', 'AFL')}",
    ),
    _CII_PERIOD,
    _cii_rate("ApplicableTradeTax", amounts=("40.00", "200.00")),
).replace("S1\n", "S1")


def _cii_of(number: str, siren: str, bill: str, parent: str = "") -> str:
    group = not parent
    role = f"<ram:LineStatusReasonCode>{'GROUP' if group else 'DETAIL'}</ram:LineStatusReasonCode>"
    above = f"<ram:ParentLineID>{parent}</ram:ParentLineID>" if parent else ""
    sums = (
        "<ram:TaxTotalAmount currencyID='EUR'>20.00</ram:TaxTotalAmount>"
        "<ram:GrandTotalAmount>120.00</ram:GrandTotalAmount>"
        if group
        else ""
    )
    return _cii_sold(
        f"<ram:LineID>{number}</ram:LineID>{above}{role}",
        "",
        "<ram:ItemSellerTradeParty><ram:Name>NOM</ram:Name><ram:SpecifiedLegalOrganization>"
        f"<ram:ID schemeID='0002'>{siren}</ram:ID></ram:SpecifiedLegalOrganization>"
        "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"
        "</ram:ItemSellerTradeParty>",
        "",
        f"{_cii_rate('ApplicableTradeTax', '' if group else f'#{bill}#')}"
        f"<ram:{_LINE_SUM[4:]}><ram:LineTotalAmount>100.00</ram:LineTotalAmount>{sums}"
        f"</ram:{_LINE_SUM[4:]}>{_CII_PRECEDING if group else ''}{_cii_object(bill, 'AFL')}"
        f"{_cii_object('S1', 'AVV') if group else ''}",
    )


_CII_SELLERS = _cii(
    "S8",
    "",
    _cii_of("1", _SELLER_SIREN, "F-1")
    + _cii_of("2", _SELLER_SIREN, "F-1", "1")
    + _cii_of("3", _OTHER_SIREN, "F-1-2")
    + _cii_of("4", _OTHER_SIREN, "F-1-2", "3"),
    "",
    _cii_rate("ApplicableTradeTax", "#F-1#", ("20.00", "100.00"))
    + _cii_rate("ApplicableTradeTax", "#F-1-2#", ("20.00", "100.00")),
).replace("S8\n", "S8")
