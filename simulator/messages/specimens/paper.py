"""Empty documents: PDF/A-3B with fonts inside and the XMP that says what they are, or plain ones.

Source: ISO 19005-3 (PDF/A-3) §6.6.2 (XMP), §6.6.2.3 (extension schemas), §6.2.11.4 (fonts); Factur-X
specification (FNFE-MPE, FeRD), XMP extension. Fonts: Open Sans (Apache-2.0), from the package
ttf-opensans. No date but that of the invoice, no identifier but that of the content: the same
specimen gives the same bytes.
"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING

from simulator import resources
from simulator.messages.specimens.model import Specimen
from simulator.messages.xmltext import escaped

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "opensans"
PLAIN_FONT, PLAIN_ENCODING = "helvetica", "cp1252"
CREATOR = "aife-sim"

_FONTS = (("", "OpenSans-Regular.ttf"), ("B", "OpenSans-Bold.ttf"))
_COMPLIANCE = "PDF/A-3B"
_MARGIN = 15
_FACTURX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
# The properties of the extension, each with what it is in the words of PDF/A.
_PROPERTIES = (
    ("DocumentFileName", "Name of the embedded XML invoice"),
    ("DocumentType", "Type of the document"),
    ("Version", "Version of the Factur-X schema"),
    ("ConformanceLevel", "Profile of the embedded XML invoice"),
)
_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
}
# Of the extension and its description only.
_FACTURX_SPACES = {
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
    "fx": _FACTURX,
}


def library() -> ModuleType:
    """fpdf2, loaded when the first PDF is made.

    Raises:
        MissingResource: it is not installed.
    """
    try:
        return importlib.import_module("fpdf")
    except ImportError:
        message = "package fpdf2 is not installed: pip install fpdf2"
        raise resources.MissingResource(message) from None


def blank(spec: Specimen) -> FPDF:
    """A document without pages, dated as the invoice.

    Raises:
        ValueError: an issue date that is not one.
        MissingResource: fpdf2 or the fonts are not installed.
    """
    pdf: FPDF = library().FPDF(enforce_compliance=_COMPLIANCE)
    for style, file in _FONTS:
        pdf.add_font(FONT, style, resources.of_package("ttf_opensans", "ttf", file))
    _laid_out(pdf, spec)
    pdf.set_xmp_metadata(xmp(spec))
    return pdf


def plain(spec: Specimen) -> FPDF:
    """The same without fonts inside, and no PDF/A: a fifth of the time, a tenth of the bytes.

    Shows `PLAIN_ENCODING` alone, in the fonts that every reader of PDF has.

    Raises:
        ValueError: an issue date that is not one.
        MissingResource: fpdf2 is not installed.
    """
    pdf: FPDF = library().FPDF()
    pdf.core_fonts_encoding = PLAIN_ENCODING
    pdf.set_title(f"{spec.supplier_name} {spec.number}")
    pdf.set_creator(CREATOR)
    _laid_out(pdf, spec)
    return pdf


def _laid_out(pdf: FPDF, spec: Specimen) -> None:
    pdf.set_creation_date(moment(spec))
    pdf.set_lang("fr-FR")
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN)


def moment(spec: Specimen) -> datetime:
    """The day of issue as an instant. Raises ValueError for a date that is not one."""
    return datetime.fromisoformat(spec.issue_date).replace(tzinfo=UTC)


def xmp(spec: Specimen, profile: str = "") -> str:
    """XMP of a PDF/A-3B, without its packet.

    Args:
        spec: whose number and date it tells.
        profile: ConformanceLevel of a Factur-X; ``""`` for a PDF that is none.
    """
    when = moment(spec).isoformat()
    title = escaped(f"{spec.supplier_name} {spec.number}")
    spaces = _declared(_SPACES | _FACTURX_SPACES if profile else _SPACES)
    described = _extension(profile) if profile else ""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}>'
        '<rdf:Description rdf:about=""><pdfaid:part>3</pdfaid:part>'
        "<pdfaid:conformance>B</pdfaid:conformance></rdf:Description>"
        f'<rdf:Description rdf:about=""><xmp:CreatorTool>{CREATOR}</xmp:CreatorTool>'
        f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        f"</rdf:Description>{described}</rdf:RDF></x:xmpmeta>"
    )


def _declared(spaces: dict[str, str]) -> str:
    return " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in spaces.items())


def _extension(profile: str) -> str:
    values = {
        "DocumentFileName": "factur-x.xml",
        "DocumentType": "INVOICE",
        "Version": "1.0",
        "ConformanceLevel": profile,
    }
    stated = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value in values.items())
    properties = "".join(_property(name, words) for name, words in _PROPERTIES)
    return (
        f'<rdf:Description rdf:about="">{stated}</rdf:Description>'
        '<rdf:Description rdf:about=""><pdfaExtension:schemas><rdf:Bag>'
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_FACTURX}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )


def _property(name: str, words: str) -> str:
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
    )
