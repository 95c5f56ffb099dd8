"""For each business rule of EN 16931 that is not of a VAT category the edits that break it.

A case is `(rule, syntax, document, edits, others)`: `others` come with the rule because the same value
is asked for by more than one.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.validation.packs.breaking.core_documents import Vat
from simulator.validation.packs.breaking.edits import Edit, add, attribute, drop, text


class Case(NamedTuple):
    """A rule and how to break it."""

    rule: str
    syntax: str
    vat: Vat
    edits: tuple[Edit, ...]
    others: frozenset[str]

    @property
    def name(self) -> str:
        """As a test shows it."""
        return f"{self.rule}-{self.syntax}"


Edits = Edit | tuple[Edit, ...]

UBL_LINE = "/*/*[cac:Item][1]"
UBL_TOTALS = "/*/cac:LegalMonetaryTotal"
UBL_SELLER = "//cac:AccountingSupplierParty/cac:Party"
UBL_BUYER = "//cac:AccountingCustomerParty/cac:Party"
UBL_ALLOWANCE = "/*/cac:AllowanceCharge[cbc:ChargeIndicator='false']"
UBL_CHARGE = "/*/cac:AllowanceCharge[cbc:ChargeIndicator='true']"
UBL_LINE_ALLOWANCE = f"{UBL_LINE}/cac:AllowanceCharge[cbc:ChargeIndicator='false']"
UBL_LINE_CHARGE = f"{UBL_LINE}/cac:AllowanceCharge[cbc:ChargeIndicator='true']"
UBL_ROW = "/*/cac:TaxTotal/cac:TaxSubtotal"
CARD = "//cac:CardAccount/cbc:PrimaryAccountNumberID"

UBL: dict[str, Edits] = {
    "BR-01": drop("/*/cbc:CustomizationID"),
    "BR-02": text("/*/cbc:ID", "  "),
    "BR-03": drop("/*/cbc:IssueDate"),
    "BR-04": drop("/*/cbc:InvoiceTypeCode | /*/cbc:CreditNoteTypeCode"),
    "BR-05": text("/*/cbc:DocumentCurrencyCode", ""),
    "BR-06": text(f"{UBL_SELLER}/cac:PartyLegalEntity/cbc:RegistrationName", " "),
    "BR-07": drop(f"{UBL_BUYER}/cac:PartyLegalEntity/cbc:RegistrationName"),
    "BR-08": drop(f"{UBL_SELLER}/cac:PostalAddress"),
    "BR-09": drop(f"{UBL_SELLER}/cac:PostalAddress/cac:Country"),
    "BR-10": drop(f"{UBL_BUYER}/cac:PostalAddress"),
    "BR-11": drop(f"{UBL_BUYER}/cac:PostalAddress/cac:Country"),
    "BR-12": drop(f"{UBL_TOTALS}/cbc:LineExtensionAmount"),
    "BR-13": drop(f"{UBL_TOTALS}/cbc:TaxExclusiveAmount"),
    "BR-14": drop(f"{UBL_TOTALS}/cbc:TaxInclusiveAmount"),
    "BR-15": drop(f"{UBL_TOTALS}/cbc:PayableAmount"),
    "BR-16": drop("/*/*[cac:Item]"),
    "BR-17": drop("//cac:PayeeParty/cac:PartyName"),
    "BR-18": text("//cac:TaxRepresentativeParty/cac:PartyName/cbc:Name", ""),
    "BR-19": drop("//cac:TaxRepresentativeParty/cac:PostalAddress"),
    "BR-20": drop("//cac:TaxRepresentativeParty/cac:PostalAddress/cac:Country"),
    "BR-21": text(f"{UBL_LINE}/cbc:ID", " "),
    "BR-22": drop(f"{UBL_LINE}/*[contains(local-name(), 'Quantity')]"),
    "BR-23": attribute(f"{UBL_LINE}/*[contains(local-name(), 'Quantity')]", "unitCode"),
    "BR-24": drop(f"{UBL_LINE}/cbc:LineExtensionAmount"),
    "BR-25": drop(f"{UBL_LINE}/cac:Item/cbc:Name"),
    "BR-26": drop(f"{UBL_LINE}/cac:Price/cbc:PriceAmount"),
    "BR-27": text(f"{UBL_LINE}/cac:Price/cbc:PriceAmount", "-0.01"),
    "BR-28": text(f"{UBL_LINE}/cac:Price/cac:AllowanceCharge/cbc:BaseAmount", "-1"),
    "BR-29": text("/*/cac:InvoicePeriod/cbc:EndDate", "2026-08-31"),
    "BR-30": text(f"{UBL_LINE}/cac:InvoicePeriod/cbc:EndDate", "2026-08-31"),
    "BR-31": drop(f"{UBL_ALLOWANCE}/cbc:Amount"),
    "BR-32": drop(f"{UBL_ALLOWANCE}/cac:TaxCategory"),
    "BR-33": drop(f"{UBL_ALLOWANCE}/cbc:AllowanceChargeReason"),
    "BR-36": drop(f"{UBL_CHARGE}/cbc:Amount"),
    "BR-37": drop(f"{UBL_CHARGE}/cac:TaxCategory"),
    "BR-38": drop(f"{UBL_CHARGE}/cbc:AllowanceChargeReason"),
    "BR-41": drop(f"{UBL_LINE_ALLOWANCE}/cbc:Amount"),
    "BR-42": drop(f"{UBL_LINE_ALLOWANCE}/cbc:AllowanceChargeReason"),
    "BR-43": drop(f"{UBL_LINE_CHARGE}/cbc:Amount"),
    "BR-44": drop(f"{UBL_LINE_CHARGE}/cbc:AllowanceChargeReason"),
    "BR-45": drop(f"{UBL_ROW}/cbc:TaxableAmount"),
    "BR-46": drop(f"{UBL_ROW}/cbc:TaxAmount"),
    "BR-47": text(f"{UBL_ROW}/cac:TaxCategory/cac:TaxScheme/cbc:ID", "GST"),
    "BR-48": drop(f"{UBL_ROW}/cac:TaxCategory/cbc:Percent"),
    "BR-49": drop("//cbc:PaymentMeansCode"),
    "BR-50": text("//cac:PayeeFinancialAccount/cbc:ID", " "),
    "BR-51": text(CARD, "12345678901"),
    "BR-52": text("//cac:AdditionalDocumentReference/cbc:ID", ""),
    "BR-53": drop("/*/cac:TaxTotal[cbc:TaxAmount/@currencyID='USD']"),
    "BR-54": drop("//cac:AdditionalItemProperty/cbc:Value"),
    "BR-55": drop("//cac:InvoiceDocumentReference/cbc:ID"),
    "BR-56": text("//cac:TaxRepresentativeParty//cac:TaxScheme/cbc:ID", "LOC"),
    "BR-57": drop("//cac:DeliveryLocation/cac:Address/cac:Country"),
    "BR-61": drop("//cac:PayeeFinancialAccount"),
    "BR-62": attribute(f"{UBL_SELLER}/cbc:EndpointID", "schemeID"),
    "BR-63": attribute(f"{UBL_BUYER}/cbc:EndpointID", "schemeID"),
    "BR-64": attribute("//cac:StandardItemIdentification/cbc:ID", "schemeID"),
    "BR-65": attribute("//cbc:ItemClassificationCode", "listID"),
    "BR-CO-03": (
        add("/*", "<cbc:TaxPointDate>2026-09-30</cbc:TaxPointDate>"),
        add("/*/cac:InvoicePeriod", "<cbc:DescriptionCode>35</cbc:DescriptionCode>"),
    ),
    "BR-CO-04": drop(f"{UBL_LINE}/cac:Item/cac:ClassifiedTaxCategory"),
    "BR-CO-09": text(f"{UBL_BUYER}/cac:PartyTaxScheme/cbc:CompanyID", "XX123"),
    "BR-CO-10": text(f"{UBL_LINE}/cbc:LineExtensionAmount", "979.99"),
    "BR-CO-11": text(f"{UBL_TOTALS}/cbc:AllowanceTotalAmount", "100.01"),
    "BR-CO-12": drop(f"{UBL_TOTALS}/cbc:ChargeTotalAmount"),
    "BR-CO-13": text(f"{UBL_TOTALS}/cbc:LineExtensionAmount", "1000.01"),
    "BR-CO-14": text(f"{UBL_ROW}/cbc:TaxAmount", "190.01"),
    "BR-CO-15": text(f"{UBL_TOTALS}/cbc:TaxInclusiveAmount", "1140.01"),
    "BR-CO-16": text(f"{UBL_TOTALS}/cbc:PayableAmount", "1000.49"),
    "BR-CO-17": text(f"{UBL_ROW}/cbc:TaxAmount", "191"),
    "BR-CO-18": drop(UBL_ROW),
    "BR-CO-19": drop("/*/cac:InvoicePeriod/*"),
    "BR-CO-20": drop(f"{UBL_LINE}/cac:InvoicePeriod/*"),
    "BR-CO-21": drop(f"{UBL_ALLOWANCE}/cbc:AllowanceChargeReason"),
    "BR-CO-22": drop(f"{UBL_CHARGE}/cbc:AllowanceChargeReason"),
    "BR-CO-23": drop(f"{UBL_LINE_ALLOWANCE}/cbc:AllowanceChargeReason"),
    "BR-CO-24": drop(f"{UBL_LINE_CHARGE}/cbc:AllowanceChargeReason"),
    "BR-CO-26": (
        drop(f"{UBL_SELLER}/cac:PartyTaxScheme"),
        drop(f"{UBL_SELLER}/cac:PartyLegalEntity/cbc:CompanyID"),
        attribute(f"{UBL_SELLER}/cac:PartyIdentification/cbc:ID", "schemeID", "SEPA"),
    ),
    "BR-DEC-01": text(f"{UBL_ALLOWANCE}/cbc:Amount", "100.000"),
    "BR-DEC-02": text(f"{UBL_ALLOWANCE}/cbc:BaseAmount", "1000.001"),
    "BR-DEC-05": text(f"{UBL_CHARGE}/cbc:Amount", "50.000"),
    "BR-DEC-06": text(f"{UBL_CHARGE}/cbc:BaseAmount", "1000.001"),
    "BR-DEC-09": text(f"{UBL_TOTALS}/cbc:LineExtensionAmount", "1000.000"),
    "BR-DEC-10": text(f"{UBL_TOTALS}/cbc:AllowanceTotalAmount", "100.000"),
    "BR-DEC-11": text(f"{UBL_TOTALS}/cbc:ChargeTotalAmount", "50.000"),
    "BR-DEC-12": text(f"{UBL_TOTALS}/cbc:TaxExclusiveAmount", "950.000"),
    "BR-DEC-14": text(f"{UBL_TOTALS}/cbc:TaxInclusiveAmount", "1140.000"),
    "BR-DEC-16": text(f"{UBL_TOTALS}/cbc:PrepaidAmount", "140.000"),
    "BR-DEC-17": text(f"{UBL_TOTALS}/cbc:PayableRoundingAmount", "0.500"),
    "BR-DEC-18": text(f"{UBL_TOTALS}/cbc:PayableAmount", "1000.500"),
    "BR-DEC-19": text(f"{UBL_ROW}/cbc:TaxableAmount", "950.000"),
    "BR-DEC-20": text(f"{UBL_ROW}/cbc:TaxAmount", "190.000"),
    "BR-DEC-23": text(f"{UBL_LINE}/cbc:LineExtensionAmount", "980.000"),
    "BR-DEC-24": text(f"{UBL_LINE_ALLOWANCE}/cbc:Amount", "50.000"),
    "BR-DEC-25": text(f"{UBL_LINE_ALLOWANCE}/cbc:BaseAmount", "1000.001"),
    "BR-DEC-27": text(f"{UBL_LINE_CHARGE}/cbc:Amount", "30.000"),
    "BR-DEC-28": text(f"{UBL_LINE_CHARGE}/cbc:BaseAmount", "1000.001"),
}

HEADER = "/*/rsm:SupplyChainTradeTransaction"
AGREEMENT = f"{HEADER}/ram:ApplicableHeaderTradeAgreement"
SETTLEMENT = f"{HEADER}/ram:ApplicableHeaderTradeSettlement"
LINE = f"{HEADER}/ram:IncludedSupplyChainTradeLineItem[1]"
LINE_SETTLEMENT = f"{LINE}/ram:SpecifiedLineTradeSettlement"
NET = f"{LINE_SETTLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
TOTALS = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
SELLER, BUYER = f"{AGREEMENT}/ram:SellerTradeParty", f"{AGREEMENT}/ram:BuyerTradeParty"
REPRESENTATIVE = f"{AGREEMENT}/ram:SellerTaxRepresentativeTradeParty"
_STAC = "ram:SpecifiedTradeAllowanceCharge[ram:ChargeIndicator/udt:Indicator"
ALLOWANCE, CHARGE = f"{SETTLEMENT}/{_STAC}='false']", f"{SETTLEMENT}/{_STAC}='true']"
LINE_ALLOWANCE, LINE_CHARGE = (
    f"{LINE_SETTLEMENT}/{_STAC}='false']",
    f"{LINE_SETTLEMENT}/{_STAC}='true']",
)
ROW = f"{SETTLEMENT}/ram:ApplicableTradeTax"
PERIOD, LINE_PERIOD = (f"{s}/ram:BillingSpecifiedPeriod" for s in (SETTLEMENT, LINE_SETTLEMENT))
END = "ram:EndDateTime/udt:DateTimeString"
EUR_TOTAL, USD_TOTAL = (f"{TOTALS}/ram:TaxTotalAmount[@currencyID='{c}']" for c in ("EUR", "USD"))

CII: dict[str, Edits] = {
    "BR-01": drop("//ram:GuidelineSpecifiedDocumentContextParameter"),
    "BR-02": text("/*/rsm:ExchangedDocument/ram:ID", " "),
    "BR-03": attribute("/*/rsm:ExchangedDocument//udt:DateTimeString", "format", "203"),
    "BR-04": drop("/*/rsm:ExchangedDocument/ram:TypeCode"),
    "BR-05": text(f"{SETTLEMENT}/ram:InvoiceCurrencyCode", ""),
    "BR-06": text(f"{SELLER}/ram:Name", ""),
    "BR-07": drop(f"{BUYER}/ram:Name"),
    "BR-08": drop(f"{SELLER}/ram:PostalTradeAddress"),
    "BR-09": drop(f"{SELLER}/ram:PostalTradeAddress/ram:CountryID"),
    "BR-10": drop(f"{BUYER}/ram:PostalTradeAddress"),
    "BR-11": drop(f"{BUYER}/ram:PostalTradeAddress/ram:CountryID"),
    "BR-12": drop(f"{TOTALS}/ram:LineTotalAmount"),
    "BR-13": drop(f"{TOTALS}/ram:TaxBasisTotalAmount"),
    "BR-14": drop(f"{TOTALS}/ram:GrandTotalAmount"),
    "BR-15": drop(f"{TOTALS}/ram:DuePayableAmount"),
    "BR-16": drop("//ram:IncludedSupplyChainTradeLineItem"),
    "BR-17": text("//ram:PayeeTradeParty/ram:ID", "111111111"),
    "BR-18": text(f"{REPRESENTATIVE}/ram:Name", ""),
    "BR-19": drop(f"{REPRESENTATIVE}/ram:PostalTradeAddress"),
    "BR-20": drop(f"{REPRESENTATIVE}/ram:PostalTradeAddress/ram:CountryID"),
    "BR-21": text(f"{LINE}/ram:AssociatedDocumentLineDocument/ram:LineID", " "),
    "BR-22": drop(f"{LINE}//ram:BilledQuantity"),
    "BR-23": attribute(f"{LINE}//ram:BilledQuantity", "unitCode"),
    "BR-24": drop(NET),
    "BR-25": drop(f"{LINE}/ram:SpecifiedTradeProduct/ram:Name"),
    "BR-26": drop(f"{LINE}//ram:NetPriceProductTradePrice/ram:ChargeAmount"),
    "BR-27": text(f"{LINE}//ram:NetPriceProductTradePrice/ram:ChargeAmount", "-0.01"),
    "BR-28": text(f"{LINE}//ram:GrossPriceProductTradePrice/ram:ChargeAmount", "-1"),
    "BR-29": text(f"{PERIOD}/{END}", "20260831"),
    "BR-30": attribute(f"{LINE_PERIOD}/{END}", "format", "203"),
    "BR-31": drop(f"{ALLOWANCE}/ram:ActualAmount"),
    "BR-32": drop(f"{ALLOWANCE}/ram:CategoryTradeTax"),
    "BR-33": drop(f"{ALLOWANCE}/ram:Reason"),
    "BR-36": drop(f"{CHARGE}/ram:ActualAmount"),
    "BR-37": drop(f"{CHARGE}/ram:CategoryTradeTax"),
    "BR-38": drop(f"{CHARGE}/ram:Reason"),
    "BR-41": drop(f"{LINE_ALLOWANCE}/ram:ActualAmount"),
    "BR-42": drop(f"{LINE_ALLOWANCE}/ram:Reason"),
    "BR-43": drop(f"{LINE_CHARGE}/ram:ActualAmount"),
    "BR-44": drop(f"{LINE_CHARGE}/ram:Reason"),
    "BR-45": drop(f"{ROW}/ram:BasisAmount"),
    "BR-46": drop(f"{ROW}/ram:CalculatedAmount"),
    "BR-47": text(f"{ROW}/ram:TypeCode", "GST"),
    "BR-48": drop(f"{ROW}/ram:RateApplicablePercent"),
    "BR-49": drop("//ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode"),
    "BR-50": text("//ram:IBANID", " "),
    "BR-51": text("//ram:ApplicableTradeSettlementFinancialCard/ram:ID", "12345678901"),
    "BR-52": drop("//ram:AdditionalReferencedDocument/ram:IssuerAssignedID"),
    "BR-53": (
        attribute(USD_TOTAL, "currencyID", "GBP"),
        add(TOTALS, '<ram:TaxTotalAmount currencyID="CHF">1</ram:TaxTotalAmount>'),
    ),
    "BR-54": drop("//ram:ApplicableProductCharacteristic/ram:Value"),
    "BR-55": drop(f"{SETTLEMENT}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID"),
    "BR-56": drop(f"{REPRESENTATIVE}/ram:SpecifiedTaxRegistration"),
    "BR-57": drop("//ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID"),
    "BR-61": drop("//ram:IBANID"),
    "BR-62": attribute(f"{SELLER}//ram:URIID", "schemeID"),
    "BR-63": attribute(f"{BUYER}//ram:URIID", "schemeID", ""),
    "BR-64": attribute("//ram:GlobalID", "schemeID", ""),
    "BR-65": attribute("//ram:ClassCode", "listID", ""),
    "BR-CO-03": add(
        ROW,
        '<ram:TaxPointDate><udt:DateString format="102">20260930</udt:DateString>'
        "</ram:TaxPointDate><ram:DueDateTypeCode>5</ram:DueDateTypeCode>",
    ),
    "BR-CO-04": text(f"{LINE_SETTLEMENT}/ram:ApplicableTradeTax/ram:TypeCode", "GST"),
    "BR-CO-09": text(f"{BUYER}/ram:SpecifiedTaxRegistration/ram:ID", "XX123"),
    "BR-CO-10": text(NET, "979.99"),
    "BR-CO-11": text(f"{TOTALS}/ram:AllowanceTotalAmount", "100.01"),
    "BR-CO-12": drop(f"{TOTALS}/ram:ChargeTotalAmount"),
    "BR-CO-13": text(f"{TOTALS}/ram:LineTotalAmount", "1000.01"),
    "BR-CO-14": text(f"{ROW}/ram:CalculatedAmount", "190.01"),
    "BR-CO-15": text(f"{TOTALS}/ram:GrandTotalAmount", "1140.01"),
    "BR-CO-16": text(f"{TOTALS}/ram:DuePayableAmount", "1000.501"),
    "BR-CO-17": text(f"{ROW}/ram:CalculatedAmount", "191.01"),
    "BR-CO-18": drop(ROW),
    "BR-CO-19": drop(f"{PERIOD}/*"),
    "BR-CO-20": drop(f"{LINE_PERIOD}/*"),
    "BR-CO-21": drop(f"{ALLOWANCE}/ram:Reason"),
    "BR-CO-22": drop(f"{CHARGE}/ram:Reason"),
    "BR-CO-23": drop(f"{LINE_ALLOWANCE}/ram:Reason"),
    "BR-CO-24": drop(f"{LINE_CHARGE}/ram:Reason"),
    "BR-CO-26": (
        drop(f"{SELLER}/ram:ID"),
        drop(f"{SELLER}/ram:SpecifiedLegalOrganization"),
        drop(f"{SELLER}/ram:SpecifiedTaxRegistration"),
    ),
    "BR-DEC-01": text(f"{ALLOWANCE}/ram:ActualAmount", "100.000"),
    "BR-DEC-02": text(f"{ALLOWANCE}/ram:BasisAmount", "1000.001"),
    "BR-DEC-05": text(f"{CHARGE}/ram:ActualAmount", "50.000"),
    "BR-DEC-06": text(f"{CHARGE}/ram:BasisAmount", "1000.001"),
    "BR-DEC-09": text(f"{TOTALS}/ram:LineTotalAmount", "1000.000"),
    "BR-DEC-10": text(f"{TOTALS}/ram:AllowanceTotalAmount", "100.000"),
    "BR-DEC-11": text(f"{TOTALS}/ram:ChargeTotalAmount", "50.000"),
    "BR-DEC-12": text(f"{TOTALS}/ram:TaxBasisTotalAmount", "950.000"),
    "BR-DEC-13": (text(EUR_TOTAL, "190.001"), drop(USD_TOTAL)),
    "BR-DEC-14": text(f"{TOTALS}/ram:GrandTotalAmount", "1140.000"),
    "BR-DEC-15": text(USD_TOTAL, "200.001"),
    "BR-DEC-16": text(f"{TOTALS}/ram:TotalPrepaidAmount", "140.000"),
    "BR-DEC-17": text(f"{TOTALS}/ram:RoundingAmount", "0.500"),
    "BR-DEC-18": text(f"{TOTALS}/ram:DuePayableAmount", "1000.500"),
    "BR-DEC-19": text(f"{ROW}/ram:BasisAmount", "950.000"),
    "BR-DEC-20": text(f"{ROW}/ram:CalculatedAmount", "190.000"),
    "BR-DEC-23": text(NET, "980.000"),
    "BR-DEC-24": text(f"{LINE_ALLOWANCE}/ram:ActualAmount", "50.000"),
    "BR-DEC-25": text(f"{LINE_ALLOWANCE}/ram:BasisAmount", "1000.001"),
    "BR-DEC-27": text(f"{LINE_CHARGE}/ram:ActualAmount", "30.000"),
    "BR-DEC-28": text(f"{LINE_CHARGE}/ram:BasisAmount", "1000.001"),
}
