"""Clean invoices of any size in UBL and CII, for tests and measurements."""

from __future__ import annotations

from simulator.messages.specimen import Line, Specimen, ubl_invoice

_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"


def ubl(size: int) -> bytes:
    """A UBL invoice of about that size; no attachment, lines only."""
    bare = len(ubl_invoice(Specimen(circuit="b2g-pa")))
    line = len(ubl_invoice(Specimen(circuit="b2g-pa", lines=(Line(),) * 2))) - bare
    count = max(1, (size - bare) // line + 1)
    return ubl_invoice(Specimen(circuit="b2g-pa", lines=(Line(),) * count))


def cii(size: int) -> bytes:
    """A CII invoice of about that size."""
    bare = len(_cii(1))
    return _cii(max(1, (size - bare) // (len(_cii(2)) - bare) + 1))


def _cii(lines: int) -> bytes:
    net = lines * 300
    tax = net // 5
    vat = (
        "<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode>"
        "<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>"
    )
    rows = "".join(
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"<ram:LineID>{n}</ram:LineID></ram:AssociatedDocumentLineDocument>"
        "<ram:SpecifiedTradeProduct><ram:Name>Prestation de démonstration</ram:Name>"
        "</ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement>"
        "<ram:NetPriceProductTradePrice><ram:ChargeAmount>150.00</ram:ChargeAmount>"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        "<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode='C62'>2"
        "</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>"
        f"<ram:ApplicableTradeTax>{vat}</ram:ApplicableTradeTax>"
        "<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>300.00"
        "</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
        for n in range(1, lines + 1)
    )
    party = (
        "<ram:Name>{0}</ram:Name><ram:SpecifiedLegalOrganization><ram:ID schemeID='0002'>332540215"
        "</ram:ID></ram:SpecifiedLegalOrganization><ram:PostalTradeAddress><ram:CountryID>FR"
        "</ram:CountryID></ram:PostalTradeAddress><ram:URIUniversalCommunication>"
        "<ram:URIID schemeID='0225'>332540215</ram:URIID></ram:URIUniversalCommunication>"
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rsm:CrossIndustryInvoice "
        "xmlns:rsm='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100' "
        f"xmlns:ram='{_RAM}' xmlns:udt='urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100'>"
        "<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>"
        "<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>"
        "</rsm:ExchangedDocumentContext><rsm:ExchangedDocument><ram:ID>B1</ram:ID>"
        "<ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>"
        "<udt:DateTimeString format='102'>20260901</udt:DateTimeString></ram:IssueDateTime>"
        f"</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>{rows}"
        "<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>"
        f"{party.format('FOURNISSEUR')}<ram:SpecifiedTaxRegistration><ram:ID schemeID='VA'>"
        "FR04332540215</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>"
        f"<ram:BuyerTradeParty>{party.format('COMMUNE')}</ram:BuyerTradeParty>"
        "</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>"
        "<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR"
        f"</ram:InvoiceCurrencyCode><ram:ApplicableTradeTax><ram:CalculatedAmount>{tax}.00"
        "</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:BasisAmount>{net}.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>"
        "<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
        "<ram:SpecifiedTradePaymentTerms><ram:Description>30 jours</ram:Description>"
        "</ram:SpecifiedTradePaymentTerms>"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        f"<ram:LineTotalAmount>{net}.00</ram:LineTotalAmount>"
        f"<ram:TaxBasisTotalAmount>{net}.00</ram:TaxBasisTotalAmount>"
        f"<ram:TaxTotalAmount currencyID='EUR'>{tax}.00</ram:TaxTotalAmount>"
        f"<ram:GrandTotalAmount>{net + tax}.00</ram:GrandTotalAmount>"
        f"<ram:DuePayableAmount>{net + tax}.00</ram:DuePayableAmount>"
        "</ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        "</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>"
        "</rsm:CrossIndustryInvoice>"
    ).encode()
