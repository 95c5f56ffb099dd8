"""A small document of our own for every deposit code: what `judged_as` says, between demo parties.

Invoices are described by a `Specimen` whatever their syntax. They follow the rules of their circuit,
so that nothing but what a test breaks is wrong with them.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

from cpp_documents import MIXED
from pdfs import Attached, factur_x

from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.domain.interfaces import Interface
from simulator.messages import cdar, cppstatut
from simulator.messages.specimen import Specimen, ubl_invoice, vat_number

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
STYLESHEET = (
    "facture.xsl",
    b'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
)
_STYLED = b'<?xml-stylesheet type="text/xsl" href="facture.xsl"?>\n'
_PDF = "UEsDBA=="
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:un:unece:uncefact:data:standard:{name}:100"'
    for prefix, name in (
        ("rsm", "CrossIndustryInvoice"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("udt", "UnqualifiedDataType"),
    )
)
_MENTIONS = (
    ("PMD", "Pénalités de retard : trois fois le taux d'intérêt légal"),
    ("PMT", "Indemnité forfaitaire pour frais de recouvrement : 40 euros"),
    ("AAB", "Pas d'escompte pour paiement anticipé"),
)
_ERROR = ErrorLine("TECHNIQUE", "IRR_SYNTAX", "Syntaxe", "ligne 12")
_END = re.compile(rb"</[^<>]+>\s*$")


def document(interface: Interface, spec: Specimen, *, broken: bool = False) -> bytes:
    """The document that an interface carries: an invoice as described, a status, a declaration.

    Args:
        interface: whose syntax, statuses and attachments.
        spec: of the invoice; of the invoice that a status speaks of.
        broken: with an element that no schema knows, before the end of the root.
    """
    family = interface.judged_as
    if family in ("factur-x", "factur-x-d16b"):
        xml = cii(spec)
        return factur_x(Attached(raw=zlib.compress(_intruded(xml) if broken else xml)))
    written = _WRITERS[family](interface, spec)
    return _intruded(written) if broken else written


def cii(spec: Specimen, attachment: str = "") -> bytes:
    """A CII invoice, one for D16B and D22B; with a guideline it is of the Factur-X profile EN 16931."""
    day = spec.issue_date.replace("-", "")
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice {_NAMESPACES}>
<rsm:ExchangedDocumentContext>
<ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>{"S1" if spec.is_afnor else "A1"}</ram:ID>
</ram:BusinessProcessSpecifiedDocumentContextParameter>{_guideline(spec)}
</rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{spec.number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">{day}</udt:DateTimeString></ram:IssueDateTime>
{"".join(_note(*mention) for mention in _MENTIONS)}</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{_LINE}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty>{_party(spec, spec.supplier, spec.supplier_name)}</ram:SellerTradeParty>
<ram:BuyerTradeParty>{_party(spec, spec.recipient, spec.recipient_name)}</ram:BuyerTradeParty>
{attachment}</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery><ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>
<udt:DateTimeString format="102">{day}</udt:DateTimeString></ram:OccurrenceDateTime>
</ram:ActualDeliverySupplyChainEvent></ram:ApplicableHeaderTradeDelivery>
<ram:ApplicableHeaderTradeSettlement>{_SETTLEMENT}</ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>
"""
    return text.encode()


def _guideline(spec: Specimen) -> str:
    if not spec.is_afnor:
        return ""
    tag = "ram:GuidelineSpecifiedDocumentContextParameter"
    return f"<{tag}><ram:ID>urn:cen.eu:en16931:2017</ram:ID></{tag}>"


def _note(code: str, text: str) -> str:
    content = f"<ram:Content>{text}</ram:Content><ram:SubjectCode>{code}</ram:SubjectCode>"
    return f"<ram:IncludedNote>{content}</ram:IncludedNote>\n"


_LINE = """
<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>Prestation</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>
<ram:ChargeAmount>150.00</ram:ChargeAmount></ram:NetPriceProductTradePrice>
</ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">2</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>300.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""
_SETTLEMENT = """<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>30</ram:TypeCode>
<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>FR7630006000011234567890189</ram:IBANID>
</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
<ram:ApplicableTradeTax><ram:CalculatedAmount>60.00</ram:CalculatedAmount>
<ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>300.00</ram:BasisAmount>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20</ram:RateApplicablePercent>
</ram:ApplicableTradeTax>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
<udt:DateTimeString format="102">20261001</udt:DateTimeString></ram:DueDateDateTime>
</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>300.00</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>300.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">60.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>360.00</ram:GrandTotalAmount>
<ram:DuePayableAmount>360.00</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>"""
_POSTAL = """<ram:PostalTradeAddress><ram:PostcodeCode>99999</ram:PostcodeCode>
<ram:CityName>VILLE-DEMO</ram:CityName><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"""


def _party(spec: Specimen, siret: str, name: str) -> str:
    """Who it is: by SIRET in the historic channel, by SIRET, SIREN and address in the other."""
    if not spec.is_afnor:
        return f"""<ram:Name>{name}</ram:Name><ram:SpecifiedLegalOrganization>
<ram:ID schemeID="1">{siret}</ram:ID></ram:SpecifiedLegalOrganization>{_POSTAL}"""
    siren = siret[:9]
    return f"""<ram:GlobalID schemeID="0009">{siret}</ram:GlobalID><ram:Name>{name}</ram:Name>
<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{siren}</ram:ID>
</ram:SpecifiedLegalOrganization>{_POSTAL}
<ram:URIUniversalCommunication><ram:URIID schemeID="0225">{siren}_{siret}</ram:URIID>
</ram:URIUniversalCommunication>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{vat_number(siren)}</ram:ID>
</ram:SpecifiedTaxRegistration>"""


def _cii_invoice(interface: Interface, spec: Specimen) -> bytes:
    binary = "ram:AttachmentBinaryObject"
    pdf = f"""<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>01</ram:IssuerAssignedID>
<ram:TypeCode>916</ram:TypeCode>
<{binary} mimeCode="application/pdf" filename="facture.pdf">{_PDF}</{binary}>
</ram:AdditionalReferencedDocument>
"""
    return _styled(interface, cii(spec, pdf if interface.kind in ("E2", "E5") else ""))


def _ubl_invoice(interface: Interface, spec: Specimen) -> bytes:
    written = ubl_invoice(spec)
    if interface.kind in ("E2", "E5"):
        written = written.replace(b"<cac:AccountingSupplierParty>", _UBL_PDF, 1)
    return _styled(interface, written)


_UBL_PDF = f"""<cac:AdditionalDocumentReference><cbc:ID>01</cbc:ID><cac:Attachment>
<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="facture.pdf">{_PDF}\
</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
<cac:AccountingSupplierParty>""".encode()


def _styled(interface: Interface, written: bytes) -> bytes:
    """With the stylesheet that people are to read it by, where the kind of the interface has one."""
    if interface.kind not in ("E1", "E4"):
        return written
    head, _, rest = written.partition(b"?>\n")
    return head + b"?>\n" + _STYLED + rest


def _mixed(_: Interface, spec: Specimen) -> bytes:
    first = MIXED.partition('<CPPFactureMixteUnitaire NumOrdre="2">')[0]
    first = first.replace('<CPPFactures Compteur="2">', '<CPPFactures Compteur="1">')
    first = first.replace("F2026-001", spec.number).replace("12345678200051", spec.recipient)
    return f"{first}</CPPFactures></CPPFactureMixte>".encode()


def _transmission(_interface: Interface, _: Specimen) -> bytes:
    return b"""<?xml version="1.0" encoding="UTF-8"?>
<Report><ReportDocument><Id>TR-1</Id><Name>Encaissements</Name>
<IssueDateTime><DateTimeString>20260811020000</DateTimeString></IssueDateTime>
<TypeCode>IN</TypeCode>
<Sender><Id schemeId="0238">0042</Id><Name>PA DEMO</Name><RoleCode>WK</RoleCode></Sender>
<Issuer><Id schemeId="0002">123456782</Id><Name>COMMUNE DEMO</Name><RoleCode>SE</RoleCode></Issuer>
</ReportDocument>
<PaymentsReport>
<ReportPeriod><StartDate>20260801</StartDate><EndDate>20260810</EndDate></ReportPeriod>
<Transactions><Payment><Date>20260803</Date>
<SubTotals><TaxPercent>20</TaxPercent><Amount>120.00</Amount></SubTotals>
</Payment></Transactions></PaymentsReport></Report>
"""


def _cdar(interface: Interface, spec: Specimen) -> bytes:
    ((_, content),) = cdar.write(_return(interface, spec))
    return content


def _cpp_statut(interface: Interface, spec: Specimen) -> bytes:
    ((_, content),) = cppstatut.write(_return(interface, spec))
    return content


def _return(interface: Interface, spec: Specimen) -> Return:
    """What our own writers make such messages of, with the parts of both sides exchanged."""
    return Return(
        partner="CPP001",
        name=f"{interface.code}_DEM001_DEM001{interface.code[3:7]}000000000000001.tar.gz",
        interface=interface.code,
        format="cdar" if interface.kind == "F6" else "cppstatut",
        issued=WHEN,
        emitter="DEM001",
        emitter_matricule="0042",
        partner_matricule="9999",
        statuses=(_status(interface, spec),),
    )


def _status(interface: Interface, spec: Specimen) -> FlowStatus | InvoiceStatus:
    """The first status that the catalogue lists for the interface."""
    status = interface.statuses[0]
    if interface.level == "flow":
        return FlowStatus(status, "Statut", "CPP0011214000000000000001", True, WHEN, (_ERROR,))
    lines = (_ERROR,) if status in ("601", "213") else ()
    return InvoiceStatus(
        *(status, "Statut", spec.number, spec.issue_date, "380", "0009", spec.supplier),
        *(spec.supplier_name, spec.recipient, spec.recipient_name, WHEN, lines),
    )


_WRITERS = {
    "ubl-2.1": _ubl_invoice,
    "cii-d16b": _cii_invoice,
    "cii-d22b": _cii_invoice,
    "cpp-facture-mixte": _mixed,
    "cpp-statut": _cpp_statut,
    "cdar-d22b": _cdar,
    "flux-10": _transmission,
}


def _intruded(written: bytes) -> bytes:
    return _END.sub(lambda end: b"<intrus/>" + end.group(), written)
