"""A small invoice that has nearly everything of EN 16931, in UBL and CII."""

from __future__ import annotations

import copy
from functools import cache
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import NAMESPACES, Edit, drop

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii-d22b")


class Vat(NamedTuple):
    """A VAT category and what follows from it.

    The lines come to 1000, an allowance takes off 100, a charge adds 50.
    """

    code: str
    rate: str = "0"
    tax: str = "0.00"
    with_vat: str = "950.00"
    payable: str = "810.50"
    reason: str = ""


STANDARD = Vat("S", "20", "190.00", "1140.00", "1000.50")
CATEGORIES = {
    "S": STANDARD,
    "Z": Vat("Z"),
    "E": Vat("E", reason="VATEX-EU-132"),
    "AE": Vat("AE", reason="VATEX-EU-AE"),
    "IC": Vat("K", reason="VATEX-EU-IC"),
    "G": Vat("G", reason="VATEX-EU-G"),
    "O": Vat("O", rate="", reason="VATEX-EU-O"),
    "AF": Vat("L", "7", "66.50", "1016.50", "877.00"),
    "AG": Vat("M", "7", "66.50", "1016.50", "877.00"),
}


def document(syntax: str, vat: Vat = STANDARD) -> Element:
    """A valid document, which the caller may edit."""
    return copy.deepcopy(_document(syntax, vat))


@cache
def _document(syntax: str, vat: Vat) -> Element:
    root = etree.fromstring(cii(vat) if syntax == "cii-d22b" else ubl(vat, syntax))
    for edit in _needed(syntax, vat.code):
        edit(root)
    return root


def _needed(syntax: str, code: str) -> list[Edit]:
    """What a category asks for, or does not let be."""
    if code != "O":
        return []
    if syntax == "cii-d22b":
        numbers = "//ram:ID[@schemeID='VA']/.."
        return [drop("//ram:RateApplicablePercent"), drop(numbers), drop(f"//{CII_REPRESENTATIVE}")]
    return [
        drop("//cbc:Percent"),
        drop("//cac:PartyTaxScheme"),
        drop("//cac:TaxRepresentativeParty"),
    ]


CII_REPRESENTATIVE = "ram:SellerTaxRepresentativeTradeParty"


def _ubl_vat(vat: Vat, name: str) -> str:
    reason = f"<cbc:TaxExemptionReasonCode>{vat.reason}</cbc:TaxExemptionReasonCode>"
    return (
        f"<cac:{name}><cbc:ID>{vat.code}</cbc:ID><cbc:Percent>{vat.rate}</cbc:Percent>"
        f"{reason if vat.reason and name == 'Breakdown' else ''}"
        f"<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:{name}>"
    ).replace("cac:Breakdown", "cac:TaxCategory")


def _ubl_party(name: str, number: str) -> str:
    return (
        f'<cac:Party><cbc:EndpointID schemeID="0225">{number}</cbc:EndpointID>'
        f"<cac:PartyIdentification><cbc:ID>{number}</cbc:ID></cac:PartyIdentification>"
        f"<cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>{_UBL_ADDRESS}"
        f"<cac:PartyTaxScheme><cbc:CompanyID>FR00{number}</cbc:CompanyID>{_UBL_SCHEME}"
        "</cac:PartyTaxScheme><cac:PartyLegalEntity>"
        f"<cbc:RegistrationName>{name}</cbc:RegistrationName>"
        f'<cbc:CompanyID schemeID="0002">{number}</cbc:CompanyID></cac:PartyLegalEntity></cac:Party>'
    )


_UBL_SCHEME = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
_UBL_COUNTRY = "<cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country>"
_UBL_ADDRESS = f"<cac:PostalAddress>{_UBL_COUNTRY}</cac:PostalAddress>"
_PERIOD = "<cbc:StartDate>2026-09-01</cbc:StartDate><cbc:EndDate>2026-09-30</cbc:EndDate>"


def _money(name: str, value: str, currency: str = "EUR") -> str:
    return f'<cbc:{name} currencyID="{currency}">{value}</cbc:{name}>'


def _ubl_charge(indicator: str, amount: str, base: str, category: str = "") -> str:
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator>"
        "<cbc:AllowanceChargeReason>accord</cbc:AllowanceChargeReason>"
        f"{_money('Amount', amount)}{_money('BaseAmount', base)}{category}</cac:AllowanceCharge>"
    )


class _Kind(NamedTuple):
    """What invoices and credit notes name differently."""

    root: str
    code: str
    quantity: str


_KINDS = {
    "ubl-invoice": _Kind("Invoice", "380", "Invoiced"),
    "ubl-creditnote": _Kind("CreditNote", "381", "Credited"),
}


def ubl(vat: Vat, syntax: str = "ubl-invoice") -> str:
    """A UBL invoice, or the credit note of the same content."""
    kind = _KINDS[syntax]
    spaces = " ".join(f'xmlns:{p}="{NAMESPACES[p]}"' for p in ("cac", "cbc"))
    return (
        f'<{kind.root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind.root}-2" {spaces}>'
        f"{_ubl_header(kind)}{_UBL_PARTIES}{_UBL_DELIVERY}{_ubl_sums(vat)}"
        f"{_ubl_first_line(vat, kind)}{_ubl_second_line(vat, kind)}</{kind.root}>"
    )


def _ubl_header(kind: _Kind) -> str:
    return (
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>F1</cbc:ID>"
        f"<cbc:IssueDate>2026-09-30</cbc:IssueDate><cbc:{kind.root}TypeCode>{kind.code}"
        f"</cbc:{kind.root}TypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        "<cbc:TaxCurrencyCode>USD</cbc:TaxCurrencyCode>"
        f"<cac:InvoicePeriod>{_PERIOD}</cac:InvoicePeriod><cac:BillingReference>"
        "<cac:InvoiceDocumentReference><cbc:ID>F0</cbc:ID></cac:InvoiceDocumentReference>"
        "</cac:BillingReference><cac:AdditionalDocumentReference><cbc:ID>P1</cbc:ID>"
        "</cac:AdditionalDocumentReference>"
    )


_UBL_PARTIES = (
    f"<cac:AccountingSupplierParty>{_ubl_party('Vendeur', '111111111')}"
    f"</cac:AccountingSupplierParty><cac:AccountingCustomerParty>"
    f"{_ubl_party('Acheteur', '222222222')}</cac:AccountingCustomerParty>"
    "<cac:PayeeParty><cac:PartyIdentification><cbc:ID>333333333</cbc:ID>"
    "</cac:PartyIdentification><cac:PartyName><cbc:Name>Affactureur</cbc:Name></cac:PartyName>"
    "</cac:PayeeParty><cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>Fiscal</cbc:Name>"
    f"</cac:PartyName>{_UBL_ADDRESS}<cac:PartyTaxScheme><cbc:CompanyID>FR00444444444"
    f"</cbc:CompanyID>{_UBL_SCHEME}</cac:PartyTaxScheme></cac:TaxRepresentativeParty>"
)
_UBL_DELIVERY = (
    "<cac:Delivery><cbc:ActualDeliveryDate>2026-09-29</cbc:ActualDeliveryDate>"
    f"<cac:DeliveryLocation><cac:Address>{_UBL_COUNTRY}</cac:Address></cac:DeliveryLocation>"
    "</cac:Delivery><cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>"
    "<cac:CardAccount><cbc:PrimaryAccountNumberID>123456</cbc:PrimaryAccountNumberID>"
    "<cbc:NetworkID>NA</cbc:NetworkID></cac:CardAccount><cac:PayeeFinancialAccount>"
    "<cbc:ID>FR7630006000011234567890189</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
)


def _ubl_sums(vat: Vat) -> str:
    """Allowance, charge, taxes and totals."""
    category = _ubl_vat(vat, "TaxCategory")
    return (
        f"{_ubl_charge('false', '100.00', '1000.00', category)}"
        f"{_ubl_charge('true', '50.00', '1000.00', category)}"
        f"<cac:TaxTotal>{_money('TaxAmount', vat.tax)}<cac:TaxSubtotal>"
        f"{_money('TaxableAmount', '950.00')}{_money('TaxAmount', vat.tax)}"
        f"{_ubl_vat(vat, 'Breakdown')}</cac:TaxSubtotal></cac:TaxTotal>"
        f"<cac:TaxTotal>{_money('TaxAmount', '200.00', 'USD')}</cac:TaxTotal>"
        f"<cac:LegalMonetaryTotal>{_money('LineExtensionAmount', '1000.00')}"
        f"{_money('TaxExclusiveAmount', '950.00')}{_money('TaxInclusiveAmount', vat.with_vat)}"
        f"{_money('AllowanceTotalAmount', '100.00')}{_money('ChargeTotalAmount', '50.00')}"
        f"{_money('PrepaidAmount', '140.00')}{_money('PayableRoundingAmount', '0.50')}"
        f"{_money('PayableAmount', vat.payable)}</cac:LegalMonetaryTotal>"
    )


def _ubl_first_line(vat: Vat, kind: _Kind) -> str:
    return (
        f"<cac:{kind.root}Line><cbc:ID>1</cbc:ID>"
        f'<cbc:{kind.quantity}Quantity unitCode="C62">10</cbc:{kind.quantity}Quantity>'
        f"{_money('LineExtensionAmount', '980.00')}<cac:InvoicePeriod>{_PERIOD}</cac:InvoicePeriod>"
        f"{_ubl_charge('false', '50.00', '1000.00')}{_ubl_charge('true', '30.00', '1000.00')}"
        "<cac:Item><cbc:Name>Service</cbc:Name><cac:StandardItemIdentification>"
        '<cbc:ID schemeID="0160">1234567890128</cbc:ID></cac:StandardItemIdentification>'
        '<cac:CommodityClassification><cbc:ItemClassificationCode listID="STI">79000000'
        "</cbc:ItemClassificationCode></cac:CommodityClassification>"
        f"{_ubl_vat(vat, 'ClassifiedTaxCategory')}<cac:AdditionalItemProperty>"
        "<cbc:Name>Couleur</cbc:Name><cbc:Value>bleu</cbc:Value></cac:AdditionalItemProperty>"
        f"</cac:Item><cac:Price>{_money('PriceAmount', '100.00')}<cac:AllowanceCharge>"
        f"<cbc:ChargeIndicator>false</cbc:ChargeIndicator>{_money('Amount', '5.00')}"
        f"{_money('BaseAmount', '105.00')}</cac:AllowanceCharge></cac:Price></cac:{kind.root}Line>"
    )


def _ubl_second_line(vat: Vat, kind: _Kind) -> str:
    return (
        f"<cac:{kind.root}Line><cbc:ID>2</cbc:ID>"
        f'<cbc:{kind.quantity}Quantity unitCode="C62">1</cbc:{kind.quantity}Quantity>'
        f"{_money('LineExtensionAmount', '20.00')}<cac:Item><cbc:Name>Port</cbc:Name>"
        f"{_ubl_vat(vat, 'ClassifiedTaxCategory')}</cac:Item>"
        f"<cac:Price>{_money('PriceAmount', '20.00')}</cac:Price></cac:{kind.root}Line>"
    )


def _cii_vat(vat: Vat, name: str, amounts: tuple[str, str] | None = None) -> str:
    tax, base = "", ""
    if amounts:
        tax = f"<ram:CalculatedAmount>{amounts[0]}</ram:CalculatedAmount>"
        base = f"<ram:BasisAmount>{amounts[1]}</ram:BasisAmount>"
    reason = f"<ram:ExemptionReasonCode>{vat.reason}</ram:ExemptionReasonCode>"
    return (
        f"<ram:{name}>{tax}<ram:TypeCode>VAT</ram:TypeCode>{base}"
        f"<ram:CategoryCode>{vat.code}</ram:CategoryCode>{reason if vat.reason and amounts else ''}"
        f"<ram:RateApplicablePercent>{vat.rate}</ram:RateApplicablePercent></ram:{name}>"
    )


def _cii_charge(indicator: str, amount: str, base: str, category: str = "") -> str:
    return (
        "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator>"
        f"<udt:Indicator>{indicator}</udt:Indicator></ram:ChargeIndicator>"
        f"<ram:BasisAmount>{base}</ram:BasisAmount><ram:ActualAmount>{amount}</ram:ActualAmount>"
        f"<ram:Reason>accord</ram:Reason>{category}</ram:SpecifiedTradeAllowanceCharge>"
    )


def _cii_day(name: str, day: str, kind: str = "udt") -> str:
    return f'<ram:{name}><{kind}:DateTimeString format="102">{day}</{kind}:DateTimeString></ram:{name}>'


_CII_PERIOD = (
    f"<ram:BillingSpecifiedPeriod>{_cii_day('StartDateTime', '20260901')}"
    f"{_cii_day('EndDateTime', '20260930')}</ram:BillingSpecifiedPeriod>"
)
_CII_ADDRESS = "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"


def _cii_party(role: str, name: str, number: str) -> str:
    return (
        f"<ram:{role}><ram:ID>{number}</ram:ID><ram:Name>{name}</ram:Name>"
        f'<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{number}</ram:ID>'
        f"</ram:SpecifiedLegalOrganization>{_CII_ADDRESS}<ram:URIUniversalCommunication>"
        f'<ram:URIID schemeID="0225">{number}</ram:URIID></ram:URIUniversalCommunication>'
        f"{_cii_number('VA', f'FR00{number}')}</ram:{role}>"
    )


def _cii_number(scheme: str, number: str) -> str:
    return (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="{scheme}">{number}</ram:ID>'
        "</ram:SpecifiedTaxRegistration>"
    )


def _cii_line(vat: Vat, number: str, amounts: tuple[str, str, str], more: tuple[str, str]) -> str:
    quantity, price, net = amounts
    product, settlement = more
    return (
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"<ram:LineID>{number}</ram:LineID></ram:AssociatedDocumentLineDocument>"
        f"<ram:SpecifiedTradeProduct>{product}</ram:SpecifiedTradeProduct>"
        "<ram:SpecifiedLineTradeAgreement><ram:GrossPriceProductTradePrice>"
        f"<ram:ChargeAmount>{price}</ram:ChargeAmount></ram:GrossPriceProductTradePrice>"
        f"<ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        f'<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">{quantity}'
        "</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>"
        f"{_cii_vat(vat, 'ApplicableTradeTax')}{settlement}"
        f"<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{net}"
        "</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def cii(vat: Vat) -> str:
    """The same invoice in CII."""
    spaces = " ".join(f'xmlns:{p}="{NAMESPACES[p]}"' for p in ("rsm", "ram", "udt", "qdt"))
    return (
        f"<rsm:CrossIndustryInvoice {spaces}>{_CII_HEADER}<rsm:SupplyChainTradeTransaction>"
        f"{_cii_lines(vat)}{_CII_AGREEMENT}{_CII_DELIVERY}<ram:ApplicableHeaderTradeSettlement>"
        f"{_CII_PAYMENT}{_cii_sums(vat)}</ram:ApplicableHeaderTradeSettlement>"
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"
    )


_CII_HEADER = (
    "<rsm:ExchangedDocumentContext>"
    "<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>"
    "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>"
    "<rsm:ExchangedDocument><ram:ID>F1</ram:ID><ram:TypeCode>380</ram:TypeCode>"
    f"{_cii_day('IssueDateTime', '20260930')}</rsm:ExchangedDocument>"
)
_CII_AGREEMENT = (
    "<ram:ApplicableHeaderTradeAgreement>"
    f"{_cii_party('SellerTradeParty', 'Vendeur', '111111111')}"
    f"{_cii_party('BuyerTradeParty', 'Acheteur', '222222222')}<{CII_REPRESENTATIVE}>"
    f"<ram:Name>Fiscal</ram:Name>{_CII_ADDRESS}{_cii_number('VA', 'FR00444444444')}"
    f"</{CII_REPRESENTATIVE}><ram:AdditionalReferencedDocument>"
    "<ram:IssuerAssignedID>P1</ram:IssuerAssignedID><ram:TypeCode>916</ram:TypeCode>"
    "</ram:AdditionalReferencedDocument></ram:ApplicableHeaderTradeAgreement>"
)
_CII_DELIVERY = (
    f"<ram:ApplicableHeaderTradeDelivery><ram:ShipToTradeParty>{_CII_ADDRESS}</ram:ShipToTradeParty>"
    "<ram:ActualDeliverySupplyChainEvent>"
    f"{_cii_day('OccurrenceDateTime', '20260929')}</ram:ActualDeliverySupplyChainEvent>"
    "</ram:ApplicableHeaderTradeDelivery>"
)
_CII_PAYMENT = (
    "<ram:TaxCurrencyCode>USD</ram:TaxCurrencyCode>"
    "<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:PayeeTradeParty>"
    "<ram:ID>333333333</ram:ID><ram:Name>Affactureur</ram:Name></ram:PayeeTradeParty>"
    "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>30</ram:TypeCode>"
    "<ram:ApplicableTradeSettlementFinancialCard><ram:ID>123456</ram:ID>"
    "</ram:ApplicableTradeSettlementFinancialCard><ram:PayeePartyCreditorFinancialAccount>"
    "<ram:IBANID>FR7630006000011234567890189</ram:IBANID>"
    "</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
)


def _cii_lines(vat: Vat) -> str:
    product = (
        '<ram:GlobalID schemeID="0160">1234567890128</ram:GlobalID><ram:Name>Service</ram:Name>'
        "<ram:ApplicableProductCharacteristic><ram:Description>Couleur</ram:Description>"
        "<ram:Value>bleu</ram:Value></ram:ApplicableProductCharacteristic>"
        '<ram:DesignatedProductClassification><ram:ClassCode listID="STI">79000000</ram:ClassCode>'
        "</ram:DesignatedProductClassification>"
    )
    charges = (
        f"{_CII_PERIOD}{_cii_charge('false', '50.00', '1000.00')}"
        f"{_cii_charge('true', '30.00', '1000.00')}"
    )
    return _cii_line(vat, "1", ("10", "100.00", "980.00"), (product, charges)) + _cii_line(
        vat, "2", ("1", "20.00", "20.00"), ("<ram:Name>Port</ram:Name>", "")
    )


def _cii_sums(vat: Vat) -> str:
    """Taxes, period, allowance, charge and totals, and the preceding invoice behind them."""
    category = _cii_vat(vat, "CategoryTradeTax")
    return (
        f"{_cii_vat(vat, 'ApplicableTradeTax', (vat.tax, '950.00'))}{_CII_PERIOD}"
        f"{_cii_charge('false', '100.00', '1000.00', category)}"
        f"{_cii_charge('true', '50.00', '1000.00', category)}"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        "<ram:LineTotalAmount>1000.00</ram:LineTotalAmount>"
        "<ram:ChargeTotalAmount>50.00</ram:ChargeTotalAmount>"
        "<ram:AllowanceTotalAmount>100.00</ram:AllowanceTotalAmount>"
        "<ram:TaxBasisTotalAmount>950.00</ram:TaxBasisTotalAmount>"
        f'<ram:TaxTotalAmount currencyID="EUR">{vat.tax}</ram:TaxTotalAmount>'
        '<ram:TaxTotalAmount currencyID="USD">200.00</ram:TaxTotalAmount>'
        "<ram:RoundingAmount>0.50</ram:RoundingAmount>"
        f"<ram:GrandTotalAmount>{vat.with_vat}</ram:GrandTotalAmount>"
        "<ram:TotalPrepaidAmount>140.00</ram:TotalPrepaidAmount>"
        f"<ram:DuePayableAmount>{vat.payable}</ram:DuePayableAmount>"
        "</ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:InvoiceReferencedDocument>"
        "<ram:IssuerAssignedID>F0</ram:IssuerAssignedID></ram:InvoiceReferencedDocument>"
    )
