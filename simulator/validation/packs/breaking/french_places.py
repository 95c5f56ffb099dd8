"""Where the terms of the French rules stand in UBL and in CII."""

from __future__ import annotations

SYNTAXES = ("ubl", "cii")
_AGREEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_DELIVERY = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
_SUM = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE = "rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem"
LINE_SUM = "ram:SpecifiedTradeSettlementLineMonetarySummation"
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
        f"{_UBL_LINE}/*[self::cbc:InvoicedQuantity or self::cbc:CreditedQuantity]",
        f"{_LINE}/ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    ),
    "BT-131": (
        f"{_UBL_LINE}/cbc:LineExtensionAmount",
        f"{_LINE}/ram:SpecifiedLineTradeSettlement/{LINE_SUM}/ram:LineTotalAmount",
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
        f"{_LINE}/*/{LINE_SUM}/ram:GrandTotalAmount",
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
PLACES["note"] = ("cbc:Note", "rsm:ExchangedDocument/ram:IncludedNote")
