"""The invoices of `french_documents` in CII."""

from __future__ import annotations

from simulator.validation.packs.breaking.french_places import LINE_SUM
from simulator.validation.packs.breaking.french_ubl import BUYER_SIREN, OTHER_SIREN, SELLER_SIREN
from simulator.validation.packs.dialects import NAMES


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
    f"{_cii_party('ShipToTradeParty', BUYER_SIREN)}<ram:ActualDeliverySupplyChainEvent>"
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
<ram:ApplicableHeaderTradeAgreement>{_cii_party("SellerTradeParty", SELLER_SIREN)}
{_cii_party("BuyerTradeParty", BUYER_SIREN)}{_cii_party("SalesAgentTradeParty", OTHER_SIREN)}
<ram:SellerTaxRepresentativeTradeParty><ram:Name>NOM</ram:Name><ram:SpecifiedTaxRegistration>
<ram:ID schemeID='VA'>FR32123456789</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTaxRepresentativeTradeParty>{agreement}
{_cii_party("BuyerAgentTradeParty", OTHER_SIREN)}</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery>{_CII_DELIVERED}</ram:ApplicableHeaderTradeDelivery>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
{_cii_party("InvoicerTradeParty", OTHER_SIREN)}{_cii_party("InvoiceeTradeParty", OTHER_SIREN)}
{_cii_party("PayeeTradeParty", OTHER_SIREN)}{_cii_party("PayerTradeParty", OTHER_SIREN)}
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


PLAIN = _cii(
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
        f"<ram:{LINE_SUM[4:]}><ram:LineTotalAmount>200.00</ram:LineTotalAmount></ram:{LINE_SUM[4:]}>"
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
        f"<ram:{LINE_SUM[4:]}><ram:LineTotalAmount>100.00</ram:LineTotalAmount>{sums}"
        f"</ram:{LINE_SUM[4:]}>{_CII_PRECEDING if group else ''}{_cii_object(bill, 'AFL')}"
        f"{_cii_object('S1', 'AVV') if group else ''}",
    )


SELLERS = _cii(
    "S8",
    "",
    _cii_of("1", SELLER_SIREN, "F-1")
    + _cii_of("2", SELLER_SIREN, "F-1", "1")
    + _cii_of("3", OTHER_SIREN, "F-1-2")
    + _cii_of("4", OTHER_SIREN, "F-1-2", "3"),
    "",
    _cii_rate("ApplicableTradeTax", "#F-1#", ("20.00", "100.00"))
    + _cii_rate("ApplicableTradeTax", "#F-1-2#", ("20.00", "100.00")),
).replace("S8\n", "S8")
