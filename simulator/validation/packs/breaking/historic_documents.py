"""Small invoices that break no historic rule, in UBL, CII and CPP, and ways to change them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import NotThere, chosen, removed
from simulator.validation.packs.dialects import NAMES

UBL = """<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ProfileID>A1</cbc:ProfileID><cbc:ID>F 1</cbc:ID><cbc:IssueDate>2026-09-01</cbc:IssueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:Note>Note</cbc:Note>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>EJ1</cbc:ID></cac:OrderReference>
<cac:ContractDocumentReference><cbc:ID>M1</cbc:ID></cac:ContractDocumentReference>
<cac:AccountingSupplierParty><cac:Party>
<cac:PartyIdentification><cbc:ID schemeID="1">33254021516357</cbc:ID></cac:PartyIdentification>
<cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country>
</cac:PostalAddress>
<cac:PartyTaxScheme><cac:TaxScheme><cbc:ID>TVA DEBIT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party>
<cac:PartyIdentification><cbc:ID schemeID="1">12345678200051</cbc:ID></cac:PartyIdentification>
<cac:Contact><cbc:ID>SERV-01</cbc:ID></cac:Contact></cac:Party>
<cac:AccountingContact><cbc:Name>Service</cbc:Name></cac:AccountingContact>
</cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
<cac:PayeeFinancialAccount><cbc:ID>FR76 3000 6000 0112 3456 7890 189</cbc:ID>
</cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">60.00</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="EUR">300.00</cbc:TaxableAmount>
<cbc:TaxAmount currencyID="EUR">60.00</cbc:TaxAmount>
<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory>
</cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">360.00</cbc:PayableAmount>
</cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity>2.0000</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">300.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Conseil</cbc:Name></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">150.000000</cbc:PriceAmount></cac:Price>
</cac:InvoiceLine>
</Invoice>"""
_CEFACT = "urn:un:unece:uncefact:data:standard"
CII = f"""<rsm:CrossIndustryInvoice xmlns:rsm="{_CEFACT}:CrossIndustryInvoice:100"
 xmlns:ram="{_CEFACT}:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="{_CEFACT}:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:BusinessProcessSpecifiedDocumentContextParameter>
<ram:ID>A1</ram:ID>
</ram:BusinessProcessSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>F 1</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20260901</udt:DateTimeString></ram:IssueDateTime>
<ram:IncludedNote><ram:Content>Note</ram:Content></ram:IncludedNote></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>Conseil</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>
<ram:ChargeAmount>150.000000</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity>2.0000</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>300.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation>
</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:BuyerReference>SERV-01</ram:BuyerReference>
<ram:SellerTradeParty><ram:SpecifiedLegalOrganization><ram:ID schemeID="1">33254021516357</ram:ID>
</ram:SpecifiedLegalOrganization>
<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>
</ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:SpecifiedLegalOrganization><ram:ID schemeID="1">12345678200051</ram:ID>
</ram:SpecifiedLegalOrganization>
<ram:DefinedTradeContact><ram:DepartmentName>Service</ram:DepartmentName>
</ram:DefinedTradeContact></ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>EJ1</ram:IssuerAssignedID>
</ram:BuyerOrderReferencedDocument>
<ram:ContractReferencedDocument><ram:IssuerAssignedID>M1</ram:IssuerAssignedID>
</ram:ContractReferencedDocument>
</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>30</ram:TypeCode>
<ram:PayeePartyCreditorFinancialAccount>
<ram:IBANID>FR76 3000 6000 0112 3456 7890 189</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
</ram:SpecifiedTradeSettlementPaymentMeans>
<ram:ApplicableTradeTax><ram:CalculatedAmount>60.00</ram:CalculatedAmount>
<ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>300.00</ram:BasisAmount>
<ram:CategoryCode>S</ram:CategoryCode><ram:DueDateTypeCode>72</ram:DueDateTypeCode>
<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>300.00</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>300.00</ram:TaxBasisTotalAmount>
<ram:GrandTotalAmount>360.00</ram:GrandTotalAmount>
<ram:DuePayableAmount>360.00</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""
CPP_UNIT = """<CPPFactureMixteUnitaire NumOrdre="1">
<Fournisseur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>33254021516357</Identifiant>
<CodePays>FR</CodePays>
<ReferenceBancaire Type="IBAN"><Compte>FR76 3000 6000 0112 3456 7890 189</Compte>
</ReferenceBancaire></Fournisseur>
<Debiteur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>12345678200051</Identifiant>
<CodeService>SERV-01</CodeService><NomService>Service</NomService></Debiteur>
<DonneesFacture><Id>F 1</Id><Type>380</Type><Cadre>A1</Cadre>
<DateEmissionFacture>2026-09-01</DateEmissionFacture>
<ModePaiement><Code>30</Code></ModePaiement><Devise>EUR</Devise>
<Montants><MontantHT>300.000000</MontantHT><MontantTTC>360.00</MontantTTC>
<MontantNetAPayer>360.00</MontantNetAPayer></Montants>
<TVAS><TVA><Taux>0.20</Taux><BaseHt>300.00</BaseHt><MontantTVA>60.00</MontantTVA></TVA></TVAS>
<Engagement><NumeroMarche>M1</NumeroMarche><NumeroEngagement>EJ1</NumeroEngagement></Engagement>
<Lignes><Ligne NumOrdre="1"><PrixUnitaire>150.000000</PrixUnitaire><Quantite>2.0000</Quantite>
<MontantHT>300.00</MontantHT>
<TauxTVA>20</TauxTVA></Ligne></Lignes></DonneesFacture></CPPFactureMixteUnitaire>"""
_ENVELOPE = """<Enveloppe><EnveloppeUnitaire NumOrdre="1"><Parametres><ParametreIndiv NumOrdre="0001">
<Code>DtPrd</Code><Valeurparametre>2026-09-01</Valeurparametre></ParametreIndiv>
<ParametreIndiv NumOrdre="0002"><Code>IdFlx</Code>
<Valeurparametre>0000000000000000000000000</Valeurparametre></ParametreIndiv></Parametres>
<Partenaires><Recepteur><Id>00000000</Id></Recepteur><Emetteur><Id>00000000</Id></Emetteur>
</Partenaires></EnveloppeUnitaire></Enveloppe>"""
CPP = f"<CPPFactureMixte>{_ENVELOPE}<CPPFactures>{CPP_UNIT}</CPPFactures></CPPFactureMixte>"
GOOD = {"ubl-invoice": UBL, "cii-d16b": CII, "cpp-facture-mixte": CPP}
# By field: where it stands in UBL, CII and CPP.
PLACES: dict[str, tuple[str, str, str | None] | tuple[str, str | None, str | None]] = {
    "number": ("/*/cbc:ID", "rsm:ExchangedDocument/ram:ID", "//DonneesFacture/Id"),
    "date": ("/*/cbc:IssueDate", "//ram:IssueDateTime/*", "//DateEmissionFacture"),
    "type": (
        "/*/cbc:InvoiceTypeCode | /*/cbc:CreditNoteTypeCode",
        "rsm:ExchangedDocument/ram:TypeCode",
        "//Type",
    ),
    "cadre": ("/*/cbc:ProfileID", "rsm:ExchangedDocumentContext/*/ram:ID", "//Cadre"),
    "currency": ("/*/cbc:DocumentCurrencyCode", "//ram:InvoiceCurrencyCode", "//Devise"),
    "country": ("//cac:Country/cbc:IdentificationCode", "//ram:CountryID", "//CodePays"),
    "supplier": (
        "cac:AccountingSupplierParty//cac:PartyIdentification/cbc:ID",
        "//ram:SellerTradeParty/*/ram:ID",
        "//Fournisseur/Identifiant",
    ),
    "kind": (
        "cac:AccountingSupplierParty//cac:PartyIdentification/cbc:ID/@schemeID",
        "//ram:SellerTradeParty/*/ram:ID/@schemeID",
        "//Fournisseur/TypeIdentifiant",
    ),
    "recipient": (
        "cac:AccountingCustomerParty//cac:PartyIdentification/cbc:ID",
        "//ram:BuyerTradeParty/*/ram:ID",
        "//Debiteur/Identifiant",
    ),
    "service": ("//cac:Contact/cbc:ID", "//ram:BuyerReference", "//CodeService"),
    "service name": ("//cac:AccountingContact/cbc:Name", "//ram:DepartmentName", "//NomService"),
    "contract": (
        "//cac:ContractDocumentReference/cbc:ID",
        "//ram:ContractReferencedDocument/ram:IssuerAssignedID",
        "//NumeroMarche",
    ),
    "order": (
        "//cac:OrderReference/cbc:ID",
        "//ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "//NumeroEngagement",
    ),
    "note": ("/*/cbc:Note", "//ram:IncludedNote/ram:Content", None),
    "item": ("//cac:Item/cbc:Name", "//ram:SpecifiedTradeProduct/ram:Name", None),
    "means": (
        "//cbc:PaymentMeansCode",
        "//ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",
        "//ModePaiement/Code",
    ),
    "account": ("//cac:PayeeFinancialAccount/cbc:ID", "//ram:IBANID", "//Compte"),
    "payable": ("//cbc:PayableAmount", "//ram:DuePayableAmount", "//MontantNetAPayer"),
    "quantity": (
        "//cbc:InvoicedQuantity | //cbc:CreditedQuantity",
        "//ram:BilledQuantity",
        "//Quantite",
    ),
    "price": ("//cbc:PriceAmount", "//ram:ChargeAmount", "//PrixUnitaire"),
    "rate": ("//cbc:Percent", "//ram:RateApplicablePercent", "//Taux"),
    "category": ("//cac:TaxCategory/cbc:ID", "//ram:CategoryCode", None),
    "regime": ("//cac:PartyTaxScheme//cbc:ID", "//ram:DueDateTypeCode", None),
    "tax": ("/*/cac:TaxTotal/cbc:TaxAmount", None, None),
    "line": ("//cac:InvoiceLine | //cac:CreditNoteLine", None, None),
}
MISSING = None
# By field: its new text, a day as numbers, or None to take it out.
Changes = Mapping[str, str | tuple[int, int, int] | None]


def changed(syntax: str, changes: Changes) -> bytes:
    """The good document of a syntax with fields set, or removed."""
    root = etree.fromstring(GOOD[syntax])
    edited(root, syntax, changes)
    return etree.tostring(root)


def edited(root: Element, syntax: str, changes: Changes) -> None:
    """Sets or removes fields of a document.

    Raises:
        NotThere: it does not have one of the fields.
    """
    family = next(name for name in _COLUMNS if syntax.startswith(name))
    for field, value in changes.items():
        _change(root, PLACES[field][_COLUMNS.index(family)] or "none", value)


_COLUMNS = ("ubl", "cii", "cpp")


def _change(root: Element, path: str, value: str | tuple[int, int, int] | None) -> None:
    path, _, attribute = path.partition("/@")
    found = chosen(root, path, _prefixes(root))
    if not found:
        message = f"expected {path} in the document, found none"
        raise NotThere(message)
    if value is MISSING:
        removed(found[0])
    elif isinstance(value, tuple):
        dashed = dt.date(*value).isoformat()
        found[0].text = dashed.replace("-", "") if "CrossIndustry" in root.tag else dashed
    elif attribute:
        found[0].set(attribute, value)
    else:
        found[0].text = value


def _prefixes(root: Element) -> Mapping[str, str]:
    space = etree.QName(root).namespace
    known = (d.prefixes for d in NAMES.values() if space in d.prefixes.values())
    return next(known, {})
