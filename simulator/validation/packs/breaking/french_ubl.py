"""The invoices of `french_documents` in UBL."""

from __future__ import annotations

from simulator.validation.packs.dialects import NAMES

SELLER_SIREN, BUYER_SIREN, OTHER_SIREN = "123456789", "987654321", "555555555"


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
        f"<cbc:ID schemeID='0009'>{BUYER_SIREN}00011</cbc:ID></cac:DeliveryLocation></cac:Delivery>"
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
        f"{_ubl_party('AgentParty', OTHER_SIREN)}<cac:ServiceProviderParty>"
        f"{_ubl_party('Party', OTHER_SIREN)}</cac:ServiceProviderParty>"
    )
    return f"""<Invoice {_UBL_SPACES}>
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
<cbc:ProfileID>{cadre}</cbc:ProfileID><cbc:ID>F-1</cbc:ID><cbc:IssueDate>2026-09-01</cbc:IssueDate>
<cbc:DueDate>2026-10-01</cbc:DueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:Note>#PMD#Pénalités</cbc:Note><cbc:Note>#PMT#40 euros</cbc:Note><cbc:Note>#AAB#Néant</cbc:Note>
<cbc:TaxPointDate>2026-09-01</cbc:TaxPointDate>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{header}
<cac:AccountingSupplierParty>{_ubl_party("Party", SELLER_SIREN, seller)}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{_ubl_party("Party", BUYER_SIREN, seller)}</cac:AccountingCustomerParty>
{_ubl_party("PayeeParty", OTHER_SIREN)}
<cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>NOM</cbc:Name></cac:PartyName>{_UBL_ADDRESS}
<cac:PartyTaxScheme><cbc:CompanyID>FR32123456789</cbc:CompanyID>{_UBL_VAT}</cac:PartyTaxScheme>
</cac:TaxRepresentativeParty>
{_ubl_place("2026-08-31")}
<cac:PaymentMeans><cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cac:PaymentMandate>
<cbc:ID>M</cbc:ID>{_ubl_party("PayerParty", OTHER_SIREN)}</cac:PaymentMandate></cac:PaymentMeans>
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


PLAIN = _ubl(
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


SELLERS = _ubl(
    "S8",
    _ubl_reference("F-0", day="2026-07-01"),
    _ubl_sold("1", SELLER_SIREN, "F-1")
    + _ubl_sold("2", SELLER_SIREN, "F-1", "1")
    + _ubl_sold("3", OTHER_SIREN, "F-1-2")
    + _ubl_sold("4", OTHER_SIREN, "F-1-2", "3"),
    _ubl_tax("20.00", "#F-1#") + _ubl_tax("20.00", "#F-1-2#"),
)
