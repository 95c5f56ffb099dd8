"""What Factur-X and PDF/A-3 ask of a PDF beside its XML: advisory findings.

None of these refuses. The official samples of Chorus Pro for FSO1117A have neither trailer ID nor
output intent, and are accepted there. The checks are cheap ones that name a defect; they do not
replace a PDF/A validator.

Source: ISO 19005-3 (PDF/A-3) §6.1.3, §6.2.3, §6.2.11.4, §6.6.2, §6.6.4 and §6.8; Factur-X
specification (FNFE-MPE, FeRD), embedded XML and XMP extension.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import resources
from simulator.domain.findings import NOWHERE, Finding, Rulebook
from simulator.messages.pdfobjects import (
    StreamFault,
    entry,
    items,
    library,
    reason,
    text,
    unfiltered,
    values,
    walk,
)

if TYPE_CHECKING:
    from pikepdf import Pdf

RELATIONS = ("Data", "Source", "Alternative")

_MOST_NODES = 500  # page tree nodes, pages and forms whose fonts are looked at
_MOST_FONTS = 5  # named in a finding
_LARGEST_XMP = 1 << 20
_LONGEST_TEXT = 120

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
_SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}namespaceURI"
_FACTURX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_NAMESPACES = (
    _FACTURX,
    "urn:zugferd:pdfa:CrossIndustryDocument:invoice:2p0#",
    "urn:ferd:pdfa:CrossIndustryDocument:invoice:1p0#",
)
_FIELDS = ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")
# How a stream of metadata that cannot be had is told, by the rule of its fault.
_UNREAD = {
    "IRR_SYNTAX_PDF_FILTER": "filter {found}",
    "IRR_SYNTAX_PDF_STREAM": "data that do not unpack ({detail})",
    "IRR_TAILLE_F_XML": "more than {limit} bytes",
}
_LEVELS = ("MINIMUM", "BASIC WL", "BASIC", "EN 16931", "EXTENDED", "XRECHNUNG", "COMFORT")


class Attachment(msgspec.Struct, frozen=True):
    """A file in a PDF.

    Attributes:
        name: as findings may quote it.
        stream: its embedded file stream.
        relationship: AFRelationship without slash, or ``""``.
        embedded: it is in /Names /EmbeddedFiles of the catalog.
        associated: it is in /AF of the catalog.
    """

    name: str
    stream: Any
    relationship: str = ""
    embedded: bool = False
    associated: bool = False


class Metadata(msgspec.Struct, frozen=True):
    """The XMP of a PDF: properties by qualified name, namespaces described; why it is unreadable."""

    properties: dict[str, str] = {}
    described: frozenset[str] = frozenset()
    fault: str = ""

    def property(self, field: str) -> str:
        """A field of the Factur-X extension, also from the namespaces of ZUGFeRD."""
        names = (f"{{{space}}}{field}" for space in _NAMESPACES)
        return next((self.properties[name] for name in names if name in self.properties), "")


@cache
def rules() -> Rulebook:
    """Wordings of the Factur-X container. Raises `MissingResource`."""
    return Rulebook.from_tables(resources.table("schemas", "rules", "facturx.toml"))


def finding(rule: str, **given: object) -> Finding:
    """Words a row of that table; `KeyError` if there is none."""
    return rules().finding(rule, NOWHERE, shown=None, **given)


def shown(words: str) -> str:
    """Text of a partner as a finding may quote it: printable, not too long."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in words[:_LONGEST_TEXT])
    return clean if len(words) <= _LONGEST_TEXT else f"{clean}…"


def container_findings(pdf: Pdf, invoice: Attachment) -> Iterator[Finding]:
    """What PDF/A-3 and Factur-X ask of the PDF, metadata apart."""
    if warnings := pdf.get_warnings():
        yield finding("FACTURX_DAMAGED", detail=shown(reason(warnings[0])))
    if not invoice.embedded:
        yield finding("FACTURX_EMBEDDED", name=invoice.name)
    if not invoice.associated:
        yield finding("FACTURX_AF", name=invoice.name)
    if invoice.relationship not in RELATIONS:
        yield finding("FACTURX_RELATION", found=invoice.relationship or "none")
    if not items(entry(pdf.trailer, "/ID"), 1):
        yield finding("FACTURX_ID")
    if not items(entry(pdf.Root, "/OutputIntents"), 1):
        yield finding("FACTURX_INTENT")
    if fonts := _fonts(pdf.Root):
        yield finding("FACTURX_FONT", names=", ".join(fonts))


def metadata(catalog: object) -> Metadata | None:
    """The XMP in the catalog; None without one."""
    packet = entry(catalog, "/Metadata")
    if not isinstance(packet, library().Stream):
        return None
    etree = importlib.import_module("lxml.etree")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False)
    try:
        root = etree.fromstring(unfiltered(packet, _LARGEST_XMP), parser)
    except StreamFault as fault:
        return Metadata(fault=_UNREAD[fault.rule].format(**fault.values))
    except (etree.XMLSyntaxError, ValueError) as error:
        return Metadata(fault=str(error) or "no reason given")
    return _read(root)


def metadata_findings(found: Metadata | None, name: str) -> Iterator[Finding]:
    """What the XMP says of PDF/A and of the invoice, whose attachment has that name."""
    if found is None:
        yield finding("FACTURX_XMP")
        return
    if found.fault:
        yield finding("FACTURX_XMP_UNREADABLE", detail=shown(found.fault))
        return
    part, level = (found.properties.get(_PDFA + field, "") for field in ("part", "conformance"))
    if part != "3" or level.upper() not in ("A", "B", "U"):
        yield finding("FACTURX_PDFA", found=shown(f"{part or 'no part'} {level}".strip()))
    missing = [field for field in _FIELDS if not found.property(field)]
    if len(missing) == len(_FIELDS):
        yield finding("FACTURX_XMP_EXTENSION")
        return
    if missing:
        yield finding("FACTURX_XMP_FIELD", missing=", ".join(missing))
    yield from _extension(found, name)


def _extension(found: Metadata, name: str) -> Iterator[Finding]:
    if not any(f"{{{_FACTURX}}}{field}" in found.properties for field in _FIELDS):
        yield finding("FACTURX_XMP_NAMESPACE", expected=_FACTURX)
    elif _FACTURX not in found.described:
        yield finding("FACTURX_XMP_SCHEMA", expected=_FACTURX)
    for field, expected in (
        ("DocumentType", ("INVOICE",)),
        ("DocumentFileName", (name,)),
        ("ConformanceLevel", _LEVELS),
    ):
        value = found.property(field)
        if value and value not in expected:
            given = {"expected": " / ".join(expected), "found": shown(value)}
            yield finding("FACTURX_XMP_VALUE", field=field, **given)


def _read(root: Any) -> Metadata:  # noqa: ANN401 - the stubs of lxml do not know iterchildren
    found: dict[str, str] = {}
    for description in root.iter(_RDF):
        found.update(description.attrib)
        found.update((child.tag, child.text or "") for child in description.iterchildren("*"))
    described = ((node.text or "").strip() for node in root.iter(_SCHEMA))
    return Metadata({name: value.strip() for name, value in found.items()}, frozenset(described))


def _fonts(catalog: object) -> list[str]:
    """Names of the fonts that are not in the file: a few, of the first pages and their forms."""
    found: dict[str, None] = {}
    for node in walk(entry(catalog, "/Pages"), _below, _MOST_NODES):
        for font in values(entry(entry(node, "/Resources"), "/Font")):
            if not _in_file(font):
                found[shown(text(entry(font, "/BaseFont")) or "?")] = None
        if len(found) >= _MOST_FONTS:
            break
    return list(found)[:_MOST_FONTS]


def _below(node: object) -> list[object]:
    """Pages of a page tree node, forms that a page or form draws."""
    drawn = values(entry(entry(node, "/Resources"), "/XObject"))
    forms = [item for item in drawn if text(entry(item, "/Subtype")) == "Form"]
    return [*items(entry(node, "/Kids"), _MOST_NODES), *forms]


def _in_file(font: object) -> bool:
    if text(entry(font, "/Subtype")) == "Type3":  # drawn by the file itself
        return True
    for part in (font, *items(entry(font, "/DescendantFonts"), 1)):
        descriptor = entry(part, "/FontDescriptor")
        if any(entry(descriptor, f"/FontFile{kind}") is not None for kind in ("", "2", "3")):
            return True
    return False
