"""A readable PDF put into a UBL invoice that came without one (FEN3036A).

Nothing else of the document changes but its serialisation.

Source: Chorus Pro external specifications v1.0 §5.4.2.2 (readable PDF added when absent); OASIS UBL
2.1 (order of the references); EN 16931-3-2 (BT-122 to BT-125); BR-FR Flux 2 (BT-123 ``LISIBLE``).
"""

from __future__ import annotations

import base64

from lxml import etree
from lxml.etree import _Element as Element

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_REFERENCE = f"{{{_CAC}}}AdditionalDocumentReference"
_CREDIT_NOTE = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"
# What follows the references, in either document.
_AFTER = ("ProjectReference", "Signature", "AccountingSupplierParty")
_AFTER_IN_CREDIT_NOTE = (
    "StatementDocumentReference",
    "OriginatorDocumentReference",
    "Signature",
    "AccountingSupplierParty",
)
_NAME, _QUALIFIER, _MIME = "lisible.pdf", "LISIBLE", "application/pdf"


def has_readable(root: Element) -> bool:
    """Whether a UBL document carries its readable form."""
    descriptions = root.iterfind(f"{_REFERENCE}/{{{_CBC}}}DocumentDescription")
    return any((each.text or "").strip() == _QUALIFIER for each in descriptions)


def with_readable(root: Element, pdf: bytes) -> bytes:
    """The document with a PDF as its readable form; one that has it already only in new bytes.

    Raises:
        ValueError: no UBL invoice or credit note with a supplier.
    """
    if not has_readable(root):
        followers = _AFTER_IN_CREDIT_NOTE if root.tag == _CREDIT_NOTE else _AFTER
        after = [f"{{{_CAC}}}{name}" for name in followers]
        place = next((n for n, each in enumerate(root) if each.tag in after), None)
        if place is None:
            message = f"a UBL invoice has a supplier: found none below {root.tag}"
            raise ValueError(message)
        last = [n for n, each in enumerate(root) if each.tag == _REFERENCE]
        root.insert(last[-1] + 1 if last else place, _reference(root, pdf))
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def _reference(root: Element, pdf: bytes) -> Element:
    # Made inside the document, so that it takes the prefixes in use there; the caller moves it.
    reference = etree.SubElement(root, _REFERENCE)
    etree.SubElement(reference, f"{{{_CBC}}}ID").text = _NAME
    etree.SubElement(reference, f"{{{_CBC}}}DocumentDescription").text = _QUALIFIER
    attachment = etree.SubElement(reference, f"{{{_CAC}}}Attachment")
    binary = etree.SubElement(attachment, f"{{{_CBC}}}EmbeddedDocumentBinaryObject")
    binary.set("mimeCode", _MIME)
    binary.set("filename", _NAME)
    binary.text = base64.b64encode(pdf).decode("ascii")
    return reference
