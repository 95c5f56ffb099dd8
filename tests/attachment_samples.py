"""Small documents of each syntax with the attachments that a test wants; valid only where it matters."""

from xml.sax.saxutils import escape, quoteattr

import msgspec
from lxml import etree

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UNECE = "urn:un:unece:uncefact:data:standard"
PREFIXES = {CAC: "cac", CBC: "cbc", RAM: "ram"}

UBL = ("ubl-invoice", "ubl-creditnote")
UN = ("cii-d16b", "cii-d22b", "factur-x", "cdar")
CPP = ("cpp-facture-mixte", "cpp-facture-pivot")
SYNTAXES = (*UBL, *UN, *CPP)
ROOTS = {"ubl-creditnote": "CreditNote", "cpp-facture-pivot": "CPPFacturePivot"}


class File(msgspec.Struct, frozen=True):
    """An attachment to write; a field that is None is left out."""

    name: str | None = "annexe.pdf"
    text: str = "SGVsbG8="
    mime: str | None = "application/pdf"
    reference: str = "REF-1"
    qualifier: str = "02"


def document(syntax, *files, inside="", before=""):
    """Bytes of a document of that syntax; `inside` is written as it is, after the attachments."""
    if syntax in UBL:
        body = "".join(map(_ubl, files))
        text = _ubl_root(ROOTS.get(syntax, "Invoice"), body + inside)
    elif syntax in UN:
        text = _un_root(syntax, "".join(map(_un, files)) + inside)
    else:
        text = _cpp_root(ROOTS.get(syntax, "CPPFactureMixte"), "".join(map(_cpp, files)) + inside)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{before}{text}'.encode()


def tree(content):
    return etree.fromstring(content, etree.XMLParser(huge_tree=True))


def _ubl_root(name, body):
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
    return f'<{name} xmlns="{namespace}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">\n{body}</{name}>'


def _ubl(file):
    return (
        f"<cac:AdditionalDocumentReference><cbc:ID>{escape(file.reference)}</cbc:ID>"
        f"<cbc:DocumentDescription>{file.qualifier}</cbc:DocumentDescription><cac:Attachment>\n"
        f"<cbc:EmbeddedDocumentBinaryObject{_attributes(file)}>{file.text}"
        "</cbc:EmbeddedDocumentBinaryObject>"
        "</cac:Attachment></cac:AdditionalDocumentReference>\n"
    )


def _un_root(syntax, body):
    name = "CrossIndustryInvoice"
    if syntax == "cdar":
        name = "CrossDomainAcknowledgementAndResponse"
    return f'<r:{name} xmlns:r="{UNECE}:{name}:100" xmlns:ram="{RAM}">\n{body}</r:{name}>'


def _un(file):
    return (
        "<ram:AdditionalReferencedDocument>"
        f"<ram:IssuerAssignedID>{escape(file.reference)}</ram:IssuerAssignedID>"
        f"<ram:Name>{file.qualifier}</ram:Name>\n"
        f"<ram:AttachmentBinaryObject{_attributes(file)}>{file.text}</ram:AttachmentBinaryObject>"
        "</ram:AdditionalReferencedDocument>\n"
    )


def _attributes(file):
    pairs = (("mimeCode", file.mime), ("filename", file.name))
    return "".join(f" {key}={quoteattr(value)}" for key, value in pairs if value is not None)


def _cpp_root(name, body):
    unit = f"{name}Unitaire"
    return f"<{name}><CPPFactures><{unit}>\n{body}</{unit}></CPPFactures></{name}>"


def _cpp(file):
    fields = (("NomPJ", file.name), ("TypePJ", file.qualifier), ("MimeTypePJ", file.mime))
    rest = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields if value is not None)
    return f"<PJ>\n<Contenu>{file.text}</Contenu>{rest}</PJ>\n"
