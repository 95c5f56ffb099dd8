"""The neutral invoice out of UN/CEFACT Cross Industry Invoice (D16B, D22B, Factur-X).

Source: CEN/TS 16931-3-3 (syntax binding CII); extensions: XP Z12-012, Factur-X 1.09.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml.etree import _Element as Element

from simulator.messages.invoice import model
from simulator.messages.invoice.fields import NO_DAY
from simulator.messages.invoice.reading import (
    Field,
    G,
    Mapped,
    day,
    group,
    groups,
    number,
    numbers,
    text,
    texts,
)

_PREFIXES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}


def _mapped(kind: type[G], fields: Mapping[str, Field]) -> Mapped[G]:
    return Mapped(kind, fields, _PREFIXES)


_ADDRESS = _mapped(
    model.Address,
    {
        "ram:LineOne": text("line1"),
        "ram:LineTwo": text("line2"),
        "ram:LineThree": text("line3"),
        "ram:CityName": text("city"),
        "ram:PostcodeCode": text("postcode"),
        "ram:CountrySubDivisionName": text("subdivision"),
        "ram:CountryID": text("country"),
    },
)
_CONTACT = _mapped(
    model.Contact,
    {
        "ram:PersonName": text("name"),
        "ram:DepartmentName": text("department"),
        "ram:TelephoneUniversalCommunication/ram:CompleteNumber": text("phone"),
        "ram:EmailURIUniversalCommunication/ram:URIID": text("email"),
    },
)
_PARTY = _mapped(
    model.Party,
    {
        "ram:ID": texts("identifiers"),
        "ram:GlobalID": texts("identifiers"),
        "ram:Name": text("name"),
        "ram:Description": text("legal_form"),
        "ram:SpecifiedLegalOrganization/ram:ID": text("legal_id"),
        "ram:SpecifiedLegalOrganization/ram:TradingBusinessName": text("trade_name"),
        "ram:DefinedTradeContact": groups("contacts", _CONTACT),
        "ram:PostalTradeAddress": group("address", _ADDRESS),
        "ram:URIUniversalCommunication/ram:URIID": text("endpoint"),
        "ram:SpecifiedTaxRegistration": groups(
            "tax_registrations", _mapped(model.TaxRegistration, {"ram:ID": text("id")})
        ),
    },
)
_PERIOD = _mapped(
    model.Period,
    {
        "ram:StartDateTime/udt:DateTimeString": day("start"),
        "ram:EndDateTime/udt:DateTimeString": day("end"),
    },
)
_REFERENCE = _mapped(
    model.Reference,
    {
        "ram:IssuerAssignedID": text("id"),
        "ram:FormattedIssueDateTime/qdt:DateTimeString": day("date"),
        "ram:TypeCode": text("type_code"),
        "ram:LineID": text("line"),
    },
)
_PROJECT = _mapped(model.Reference, {"ram:ID": text("id")})
_SUPPORTING = _mapped(
    model.Supporting,
    {
        "ram:IssuerAssignedID": text("id"),
        "ram:URIID": text("location"),
        "ram:TypeCode": text("type_code"),
        "ram:Name": text("description"),
        "ram:AttachmentBinaryObject": text("attachment"),
        "ram:ReferenceTypeCode": text("scheme"),
    },
)
_NOTE = _mapped(model.Note, {"ram:Content": text("content"), "ram:SubjectCode": text("code")})
_DELIVERY = _mapped(
    model.Delivery,
    {
        "ram:ShipToTradeParty/ram:ID": text("location"),
        "ram:ShipToTradeParty/ram:GlobalID": text("location"),
        "ram:ShipToTradeParty/ram:Name": text("name"),
        "ram:ShipToTradeParty/ram:PostalTradeAddress": group("address", _ADDRESS),
        "ram:ShipToTradeParty/.": group("party", _PARTY),
        "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString": day("date"),
    },
)
_PAYMENT = _mapped(
    model.Payment,
    {
        "ram:TypeCode": text("code"),
        "ram:Information": text("text"),
        "ram:ApplicableTradeSettlementFinancialCard": group(
            "card",
            _mapped(model.Card, {"ram:ID": text("number"), "ram:CardholderName": text("holder")}),
        ),
        "ram:PayerPartyDebtorFinancialAccount/ram:IBANID": text("debited"),
        "ram:PayeePartyCreditorFinancialAccount/.": group(
            "account",
            _mapped(
                model.Account,
                {
                    "ram:IBANID": text("id"),
                    "ram:ProprietaryID": text("proprietary"),
                    "ram:AccountName": text("name"),
                },
            ),
        ),
        "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID": text("bic"),
    },
)
_TERMS = _mapped(
    model.Terms,
    {
        "ram:Description": text("text"),
        "ram:DueDateDateTime/udt:DateTimeString": day("due_date"),
        "ram:DirectDebitMandateID": text("mandate"),
    },
)
_CATEGORY = _mapped(
    model.TaxCategory,
    {
        "ram:TypeCode": text("scheme"),
        "ram:CategoryCode": text("code"),
        "ram:RateApplicablePercent": number("rate"),
        "ram:ExemptionReason": text("reason"),
        "ram:ExemptionReasonCode": text("reason_code"),
    },
)
_ALLOWANCE_CHARGE = _mapped(
    model.AllowanceCharge,
    {
        "ram:ChargeIndicator/udt:Indicator": text("indicator"),
        "ram:ActualAmount": number("amount"),
        "ram:BasisAmount": number("base"),
        "ram:CalculationPercent": number("percent"),
        "ram:Reason": text("reason"),
        "ram:ReasonCode": text("reason_code"),
        "ram:CategoryTradeTax": groups("categories", _CATEGORY),
    },
)
_LOGISTICS = _mapped(
    model.AllowanceCharge,
    {
        "ram:Description": text("reason"),
        "ram:AppliedAmount": number("amount"),
        "ram:AppliedTradeTax": groups("categories", _CATEGORY),
    },
)
_BREAKDOWN = _mapped(
    model.VatBreakdown,
    {
        "ram:BasisAmount": number("taxable"),
        "ram:CalculatedAmount": number("tax"),
        "ram:TaxPointDate/udt:DateString": day("point_date"),
        "ram:DueDateTypeCode": text("point_code"),
        ".": groups("categories", _CATEGORY),
    },
)
_TAX_TOTAL = _mapped(model.TaxTotal, {".": number("amount")})
_TOTALS = _mapped(
    model.Totals,
    {
        "ram:LineTotalAmount": number("lines"),
        "ram:AllowanceTotalAmount": number("allowances"),
        "ram:ChargeTotalAmount": number("charges"),
        "ram:TaxBasisTotalAmount": number("without_vat"),
        "ram:TaxTotalAmount": numbers("taxes"),
        "ram:GrandTotalAmount": number("with_vat"),
        "ram:TotalPrepaidAmount": number("prepaid"),
        "ram:RoundingAmount": number("rounding"),
        "ram:DuePayableAmount": number("payable"),
    },
)
_PRICE = _mapped(
    model.Price,
    {
        "ram:NetPriceProductTradePrice/ram:ChargeAmount": number("net"),
        "ram:NetPriceProductTradePrice/ram:BasisQuantity": number("quantity"),
        "ram:GrossPriceProductTradePrice/ram:ChargeAmount": number("stated_gross"),
        "ram:GrossPriceProductTradePrice/ram:BasisQuantity": number("gross_quantity"),
        "ram:GrossPriceProductTradePrice/ram:AppliedTradeAllowanceCharge": groups(
            "discounts", _ALLOWANCE_CHARGE
        ),
    },
)
_ATTRIBUTE = _mapped(
    model.Attribute,
    {
        "ram:TypeCode": text("code"),
        "ram:Description": text("name"),
        "ram:Value": text("value"),
        "ram:ValueMeasure": number("quantity"),
    },
)
_ITEM = _mapped(
    model.Item,
    {
        "ram:GlobalID": text("standard_id"),
        "ram:SellerAssignedID": text("seller_id"),
        "ram:BuyerAssignedID": text("buyer_id"),
        "ram:Name": text("name"),
        "ram:Description": text("description"),
        "ram:ApplicableProductCharacteristic": groups("attributes", _ATTRIBUTE),
        "ram:DesignatedProductClassification/ram:ClassCode": texts("classifications"),
        "ram:OriginTradeCountry/ram:ID": text("origin"),
    },
)
_DOCUMENT = "ram:AssociatedDocumentLineDocument"
_LINE_AGREEMENT = "ram:SpecifiedLineTradeAgreement"
_LINE_DELIVERY = "ram:SpecifiedLineTradeDelivery"
_LINE_SETTLEMENT = "ram:SpecifiedLineTradeSettlement"
_LINE_TOTALS = f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation"
_LINE = _mapped(
    model.Line,
    {
        f"{_DOCUMENT}/ram:LineID": text("id"),
        f"{_DOCUMENT}/ram:ParentLineID": text("parent"),
        f"{_DOCUMENT}/ram:LineStatusCode": text("status"),
        f"{_DOCUMENT}/ram:LineStatusReasonCode": text("kind"),
        f"{_DOCUMENT}/ram:IncludedNote": groups("notes", _NOTE),
        "ram:SpecifiedTradeProduct": group("item", _ITEM),
        f"{_LINE_AGREEMENT}/.": group("price", _PRICE),
        f"{_LINE_AGREEMENT}/ram:ItemSellerTradeParty": group("own_seller", _PARTY),
        f"{_LINE_AGREEMENT}/ram:BuyerOrderReferencedDocument": group("order_line", _REFERENCE),
        f"{_LINE_DELIVERY}/ram:BilledQuantity": number("quantity"),
        f"{_LINE_DELIVERY}/.": group("delivery", _DELIVERY),
        f"{_LINE_SETTLEMENT}/ram:ApplicableTradeTax": groups("own_categories", _CATEGORY),
        f"{_LINE_SETTLEMENT}/ram:BillingSpecifiedPeriod": group("period", _PERIOD),
        f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge": groups(
            "allowance_charges", _ALLOWANCE_CHARGE
        ),
        f"{_LINE_TOTALS}/ram:LineTotalAmount": number("net"),
        f"{_LINE_TOTALS}/ram:TaxTotalAmount": groups("tax_totals", _TAX_TOTAL),
        f"{_LINE_TOTALS}/ram:GrandTotalAmount": number("with_vat"),
        f"{_LINE_SETTLEMENT}/ram:InvoiceReferencedDocument": groups("preceding", _REFERENCE),
        f"{_LINE_SETTLEMENT}/ram:AdditionalReferencedDocument": groups("references", _SUPPORTING),
        f"{_LINE_SETTLEMENT}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID": text(
            "accounting"
        ),
    },
)
_CONTEXT = "rsm:ExchangedDocumentContext"
_HEADER = "rsm:ExchangedDocument"
_TRADE = "rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_SHIPPING = f"{_TRADE}/ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_INVOICE = _mapped(
    model.Invoice,
    {
        f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID": text("profile"),
        f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID": text("specification"),
        f"{_HEADER}/ram:ID": text("number"),
        f"{_HEADER}/ram:TypeCode": text("type_code"),
        f"{_HEADER}/ram:IssueDateTime/udt:DateTimeString": day("issue_date"),
        f"{_HEADER}/ram:IncludedNote": groups("notes", _NOTE),
        f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem": groups("lines", _LINE),
        f"{_AGREEMENT}/ram:BuyerReference": text("buyer_reference"),
        f"{_AGREEMENT}/ram:SellerTradeParty": group("seller", _PARTY),
        f"{_AGREEMENT}/ram:BuyerTradeParty": group("buyer", _PARTY),
        f"{_AGREEMENT}/ram:SellerTaxRepresentativeTradeParty": group("representative", _PARTY),
        f"{_AGREEMENT}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID": text("sales_order"),
        f"{_AGREEMENT}/ram:BuyerOrderReferencedDocument": group("order", _REFERENCE),
        f"{_AGREEMENT}/ram:ContractReferencedDocument": group("contract", _REFERENCE),
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument": groups("supporting", _SUPPORTING),
        f"{_AGREEMENT}/ram:SpecifiedProcuringProject": group("project", _PROJECT),
        f"{_SHIPPING}/.": groups("deliveries", _DELIVERY),
        f"{_SHIPPING}/ram:DespatchAdviceReferencedDocument": group("despatch", _REFERENCE),
        f"{_SHIPPING}/ram:ReceivingAdviceReferencedDocument": group("receipt", _REFERENCE),
        f"{_SETTLEMENT}/ram:CreditorReferenceID": text("creditor"),
        f"{_SETTLEMENT}/ram:PaymentReference": text("remittance"),
        f"{_SETTLEMENT}/ram:TaxCurrencyCode": text("tax_currency"),
        f"{_SETTLEMENT}/ram:InvoiceCurrencyCode": text("currency"),
        f"{_SETTLEMENT}/ram:PayeeTradeParty": group("payee", _PARTY),
        f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans": groups("payments", _PAYMENT),
        f"{_SETTLEMENT}/ram:ApplicableTradeTax": groups("vat", _BREAKDOWN),
        f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod": group("period", _PERIOD),
        f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge": groups(
            "allowance_charges", _ALLOWANCE_CHARGE
        ),
        f"{_SETTLEMENT}/ram:SpecifiedLogisticsServiceCharge": groups("logistics", _LOGISTICS),
        f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms": groups("payment_terms", _TERMS),
        f"{_AGREEMENT}/ram:SalesAgentTradeParty": groups("seller_agents", _PARTY),
        f"{_AGREEMENT}/ram:BuyerAgentTradeParty": groups("buyer_agents", _PARTY),
        f"{_SETTLEMENT}/ram:PayerTradeParty": groups("payers", _PARTY),
        f"{_SETTLEMENT}/ram:InvoicerTradeParty": groups("invoicers", _PARTY),
        f"{_SETTLEMENT}/ram:InvoiceeTradeParty": groups("invoicees", _PARTY),
        f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation": groups(
            "all_totals", _TOTALS
        ),
        f"{_SETTLEMENT}/ram:InvoiceReferencedDocument": groups("preceding", _REFERENCE),
        f"{_SETTLEMENT}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID": text("accounting"),
    },
)


def read_invoice(root: Element) -> model.Invoice:
    """The invoice that a CrossIndustryInvoice is, valid or not."""
    values = _INVOICE.values(root)
    totals = values.get("all_totals", ())
    values["totals"] = next(iter(totals), model.NO_TOTALS)
    values["tax_totals"] = [
        model.TaxTotal(element=amount.element, amount=amount)
        for group in totals
        for amount in group.taxes
    ]
    terms = values.get("payment_terms")
    values["due_date"] = terms[0].due_date if terms else NO_DAY
    return model.Invoice(syntax="cii", **values)
