"""The neutral invoice out of UBL 2.1 Invoice and CreditNote.

Source: CEN/TS 16931-3-2 (syntax binding UBL 2.1); extensions: XP Z12-012.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml.etree import _Element as Element

from simulator.messages.invoice import model
from simulator.messages.invoice.reading import (
    Field,
    G,
    Mapped,
    day,
    group,
    groups,
    number,
    text,
    texts,
)

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
_PREFIXES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_CREDIT_NOTE_TAG = f"{{{CREDIT_NOTE}}}CreditNote"


def _mapped(kind: type[G], fields: Mapping[str, Field]) -> Mapped[G]:
    return Mapped(kind, fields, _PREFIXES)


_ADDRESS = _mapped(
    model.Address,
    {
        "cbc:StreetName": text("line1"),
        "cbc:AdditionalStreetName": text("line2"),
        "cac:AddressLine/cbc:Line": text("line3"),
        "cbc:CityName": text("city"),
        "cbc:PostalZone": text("postcode"),
        "cbc:CountrySubentity": text("subdivision"),
        "cac:Country/cbc:IdentificationCode": text("country"),
    },
)
_CONTACT = _mapped(
    model.Contact,
    {
        "cbc:Name": text("name"),
        "cbc:Telephone": text("phone"),
        "cbc:ElectronicMail": text("email"),
    },
)
_TAX_REGISTRATION = _mapped(
    model.TaxRegistration,
    {"cbc:CompanyID": text("id"), "cac:TaxScheme/cbc:ID": text("scheme")},
)
_PARTY_FIELDS = {
    "cbc:EndpointID": text("endpoint"),
    "cac:PartyIdentification/cbc:ID": texts("identifiers"),
    "cac:PostalAddress": group("address", _ADDRESS),
    "cac:PartyTaxScheme": groups("tax_registrations", _TAX_REGISTRATION),
    "cac:PartyLegalEntity/cbc:CompanyID": text("legal_id"),
    "cac:PartyLegalEntity/cbc:CompanyLegalForm": text("legal_form"),
    "cac:Contact": groups("contacts", _CONTACT),
}
# Seller and buyer are named by their legal entity, payee and representative by their party name.
_PARTY = _mapped(
    model.Party,
    {
        **_PARTY_FIELDS,
        "cac:PartyName/cbc:Name": text("trade_name"),
        "cac:PartyLegalEntity/cbc:RegistrationName": text("name"),
    },
)
_NAMED_PARTY = _mapped(model.Party, {**_PARTY_FIELDS, "cac:PartyName/cbc:Name": text("name")})
_PERIOD = _mapped(
    model.Period,
    {
        "cbc:StartDate": day("start"),
        "cbc:EndDate": day("end"),
        "cbc:DescriptionCode": text("code"),
    },
)
_REFERENCE = _mapped(
    model.Reference,
    {
        "cbc:ID": text("id"),
        "cbc:IssueDate": day("date"),
        "cbc:DocumentTypeCode": text("type_code"),
    },
)
_PRECEDING = _mapped(
    model.Reference,
    {
        "cac:InvoiceDocumentReference/cbc:ID": text("id"),
        "cac:InvoiceDocumentReference/cbc:IssueDate": day("date"),
        "cac:InvoiceDocumentReference/cbc:DocumentTypeCode": text("type_code"),
        "cac:InvoiceDocumentReference/cbc:DocumentStatusCode": text("status"),
        "cac:BillingReferenceLine/cbc:ID": text("line"),
    },
)
_ORDER = _mapped(model.Reference, {"cbc:ID": text("id"), "cbc:IssueDate": day("date")})
_ORDER_LINE = _mapped(
    model.Reference,
    {"cbc:LineID": text("line"), "cac:OrderReference/cbc:ID": text("id")},
)
_SUPPORTING = _mapped(
    model.Supporting,
    {
        "cbc:ID": text("id"),
        "cbc:DocumentTypeCode": text("type_code"),
        "cbc:DocumentDescription": text("description"),
        "cac:Attachment/cac:ExternalReference/cbc:URI": text("location"),
        "cac:Attachment/cbc:EmbeddedDocumentBinaryObject": text("attachment"),
    },
)
_NOTE = _mapped(model.Note, {".": text("content")})
_DELIVERY = _mapped(
    model.Delivery,
    {
        "cac:DeliveryParty/cac:PartyName/cbc:Name": text("name"),
        "cac:DeliveryParty/.": group("party", _NAMED_PARTY),
        "cac:DeliveryLocation/cbc:ID": text("location"),
        "cbc:ActualDeliveryDate": day("date"),
        "cac:DeliveryLocation/cac:Address": group("address", _ADDRESS),
    },
)
_ACCOUNT = _mapped(
    model.Account,
    {
        "cbc:ID": text("id"),
        "cbc:Name": text("name"),
        "cac:FinancialInstitutionBranch/cbc:ID": text("bic"),
    },
)
_CARD = _mapped(
    model.Card,
    {"cbc:PrimaryAccountNumberID": text("number"), "cbc:HolderName": text("holder")},
)
_PAYMENT = _mapped(
    model.Payment,
    {
        "cbc:PaymentMeansCode": text("code"),
        "cbc:PaymentID": texts("remittance"),
        "cbc:PaymentDueDate": day("due_date"),
        "cac:PayeeFinancialAccount": group("account", _ACCOUNT),
        "cac:CardAccount": group("card", _CARD),
        "cac:PaymentMandate/cbc:ID": text("mandate"),
        "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID": text("debited"),
    },
)
_TERMS = _mapped(model.Terms, {"cbc:Note": text("text")})
_CATEGORY = _mapped(
    model.TaxCategory,
    {
        "cbc:ID": text("code"),
        "cbc:Percent": number("rate"),
        "cac:TaxScheme/cbc:ID": text("scheme"),
        "cbc:TaxExemptionReason": text("reason"),
        "cbc:TaxExemptionReasonCode": text("reason_code"),
    },
)
_ALLOWANCE_CHARGE = _mapped(
    model.AllowanceCharge,
    {
        "cbc:ChargeIndicator": text("indicator"),
        "cbc:Amount": number("amount"),
        "cbc:BaseAmount": number("base"),
        "cbc:MultiplierFactorNumeric": number("percent"),
        "cbc:AllowanceChargeReason": text("reason"),
        "cbc:AllowanceChargeReasonCode": text("reason_code"),
        "cac:TaxCategory": groups("categories", _CATEGORY),
    },
)
_SUBTOTAL = _mapped(
    model.VatBreakdown,
    {
        "cbc:TaxableAmount": number("taxable"),
        "cbc:TaxAmount": number("tax"),
        "cac:TaxCategory": groups("categories", _CATEGORY),
    },
)
_TAX_TOTAL = _mapped(
    model.TaxTotal,
    {"cbc:TaxAmount": number("amount"), "cac:TaxSubtotal": groups("breakdown", _SUBTOTAL)},
)
_TOTALS = _mapped(
    model.Totals,
    {
        "cbc:LineExtensionAmount": number("lines"),
        "cbc:AllowanceTotalAmount": number("allowances"),
        "cbc:ChargeTotalAmount": number("charges"),
        "cbc:TaxExclusiveAmount": number("without_vat"),
        "cbc:TaxInclusiveAmount": number("with_vat"),
        "cbc:PrepaidAmount": number("prepaid"),
        "cbc:PayableRoundingAmount": number("rounding"),
        "cbc:PayableAmount": number("payable"),
    },
)
_PRICE = _mapped(
    model.Price,
    {
        "cbc:PriceAmount": number("net"),
        "cbc:BaseQuantity": number("quantity"),
        "cac:AllowanceCharge": groups("discounts", _ALLOWANCE_CHARGE),
    },
)
_ATTRIBUTE = _mapped(
    model.Attribute,
    {
        "cbc:Name": text("name"),
        "cbc:NameCode": text("code"),
        "cbc:Value": text("value"),
        "cbc:ValueQuantity": number("quantity"),
    },
)
_ITEM = _mapped(
    model.Item,
    {
        "cbc:Name": text("name"),
        "cbc:Description": text("description"),
        "cac:SellersItemIdentification/cbc:ID": text("seller_id"),
        "cac:BuyersItemIdentification/cbc:ID": text("buyer_id"),
        "cac:StandardItemIdentification/cbc:ID": text("standard_id"),
        "cac:CommodityClassification/cbc:ItemClassificationCode": texts("classifications"),
        "cac:OriginCountry/cbc:IdentificationCode": text("origin"),
        "cac:AdditionalItemProperty": groups("attributes", _ATTRIBUTE),
        "cac:ClassifiedTaxCategory": groups("categories", _CATEGORY),
        "cac:ManufacturerParty": group("seller", _PARTY),
    },
)
_LINE_FIELDS = {
    "cbc:ID": text("id"),
    "cbc:Note": groups("notes", _NOTE),
    "cbc:InvoicedQuantity": number("quantity"),
    "cbc:CreditedQuantity": number("quantity"),
    "cbc:LineExtensionAmount": number("net"),
    "cbc:AccountingCost": text("accounting"),
    "cac:InvoicePeriod": group("period", _PERIOD),
    "cac:OrderLineReference": group("order_line", _ORDER_LINE),
    "cac:BillingReference": groups("preceding", _PRECEDING),
    "cac:DocumentReference": groups("references", _SUPPORTING),
    "cac:Delivery": group("delivery", _DELIVERY),
    "cac:AllowanceCharge": groups("allowance_charges", _ALLOWANCE_CHARGE),
    "cac:Item": group("item", _ITEM),
    "cac:Price": group("price", _PRICE),
    "cac:TaxTotal": groups("tax_totals", _TAX_TOTAL),
    "cbc:TaxInclusiveLineExtensionAmount": number("with_vat"),
}
# Lines inside lines are an extension; official samples go four deep. What is deeper is not read: a
# document may nest more of them than Python may call.
_LINE = _mapped(model.Line, _LINE_FIELDS)
for _ in range(8):
    _inner = groups("lines", _LINE)
    _LINE = _mapped(
        model.Line,
        {**_LINE_FIELDS, "cac:SubInvoiceLine": _inner, "cac:SubCreditNoteLine": _inner},
    )
_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_INVOICE = _mapped(
    model.Invoice,
    {
        "cbc:CustomizationID": text("specification"),
        "cbc:ProfileID": text("profile"),
        "cbc:ID": text("number"),
        "cbc:IssueDate": day("issue_date"),
        "cbc:DueDate": day("due_date"),
        "cbc:InvoiceTypeCode": text("type_code"),
        "cbc:CreditNoteTypeCode": text("type_code"),
        "cbc:Note": groups("notes", _NOTE),
        "cbc:TaxPointDate": day("tax_point_date"),
        "cbc:DocumentCurrencyCode": text("currency"),
        "cbc:TaxCurrencyCode": text("tax_currency"),
        "cbc:AccountingCost": text("accounting"),
        "cbc:BuyerReference": text("buyer_reference"),
        "cac:InvoicePeriod": group("period", _PERIOD),
        "cac:OrderReference/.": group("order", _ORDER),
        "cac:OrderReference/cbc:SalesOrderID": text("sales_order"),
        "cac:BillingReference": groups("preceding", _PRECEDING),
        "cac:DespatchDocumentReference": group("despatch", _REFERENCE),
        "cac:ReceiptDocumentReference": group("receipt", _REFERENCE),
        "cac:OriginatorDocumentReference": group("tender", _REFERENCE),
        "cac:ContractDocumentReference": group("contract", _REFERENCE),
        "cac:AdditionalDocumentReference": groups("supporting", _SUPPORTING),
        "cac:ProjectReference": group("project", _REFERENCE),
        f"{_SELLER}/.": group("seller", _PARTY),
        f"{_SELLER}/cac:AgentParty": groups("seller_agents", _PARTY),
        f"{_SELLER}/cac:ServiceProviderParty/cac:Party": groups("invoicers", _PARTY),
        f"{_BUYER}/.": group("buyer", _PARTY),
        f"{_BUYER}/cac:AgentParty": groups("buyer_agents", _PARTY),
        f"{_BUYER}/cac:ServiceProviderParty/cac:Party": groups("invoicees", _PARTY),
        "cac:PayeeParty": group("payee", _NAMED_PARTY),
        "cac:TaxRepresentativeParty": group("representative", _NAMED_PARTY),
        "cac:Delivery": groups("deliveries", _DELIVERY),
        "cac:PaymentMeans/.": groups("payments", _PAYMENT),
        "cac:PaymentMeans/cac:PaymentMandate/cac:PayerParty": groups("payers", _PARTY),
        "cac:PaymentTerms": groups("payment_terms", _TERMS),
        "cac:AllowanceCharge": groups("allowance_charges", _ALLOWANCE_CHARGE),
        "cac:TaxTotal": groups("tax_totals", _TAX_TOTAL),
        "cac:LegalMonetaryTotal": groups("all_totals", _TOTALS),
        "cac:InvoiceLine": groups("lines", _LINE),
        "cac:CreditNoteLine": groups("lines", _LINE),
    },
)


def read_invoice(root: Element) -> model.Invoice:
    """The invoice that a UBL Invoice or CreditNote is, valid or not."""
    values = _INVOICE.values(root)
    totals = values.get("tax_totals", ())
    values["vat"] = [row for total in totals for row in total.breakdown]
    values["totals"] = next(iter(values.get("all_totals", ())), model.NO_TOTALS)
    return model.Invoice(syntax="ubl", is_credit_note=root.tag == _CREDIT_NOTE_TAG, **values)
