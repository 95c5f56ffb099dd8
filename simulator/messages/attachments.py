"""Files that travel inside documents, as base64.

A document may carry a hundred megabytes of them, so nothing here decodes: a size is computed from
the length of the base64 text, which is read once and not kept.

Source: EN 16931-3-2 and -3-3 (BG-24, BT-122 to BT-125); OASIS UBL 2.1; UN/CEFACT CII D16B and D22B,
CDAR D22B; PJ block of CPPFacturePivot V2_02 and of the public sample of CPPFactureMixte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec
from lxml.etree import _Element as Element

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"

_UBL_REFERENCE = f"{{{_CAC}}}AdditionalDocumentReference"
_UBL_ID = f"{{{_CBC}}}ID"
_UBL_DESCRIPTION = f"{{{_CBC}}}DocumentDescription"
_UBL_ATTACHMENT = f"{{{_CAC}}}Attachment"
_UBL_BINARY = f"{{{_CBC}}}EmbeddedDocumentBinaryObject"
_UN_BINARY = f"{{{_RAM}}}AttachmentBinaryObject"
_UN_ID = f"{{{_RAM}}}IssuerAssignedID"
_UN_NAME = f"{{{_RAM}}}Name"
# The first is that of the schema and of the sample, the other the word of the portal.
_CPP_BLOCKS = ("PJ", "PieceJointe")

_BLANKS = " \n\t\r"
_BASE64 = re.compile(r"[A-Za-z0-9+/ \t\r\n]*+(?:=[ \t\r\n]*+){0,2}")
# Counting goes by pieces that fit a cache: four looks at each cost little more than one.
_WINDOW = 256 << 10
# Enough for two signs of padding, a line break and the indent of the end tag.
_TAIL = 1024
_LONGEST = 1024
_END_KEPT = 64


class Attachment(msgspec.Struct, frozen=True):
    """A file inside a document; ``""`` where the document says nothing.

    Attributes:
        name: file name, without blanks around it (BT-125-2, ``NomPJ``); what is over 1,024
            characters is left out of its middle.
        reference: identifier of the reference that carries it (BT-122). Chorus Pro takes it for the
            name in historic CII.
        mime: MIME type (BT-125-1, ``MimeTypePJ``).
        qualifier: what it is for (BT-123, ``TypePJ``).
        size: bytes, decoded; of base64 that is none, what as many characters would give.
        element: the one with the base64 text, or a ``PJ`` without one.
    """

    name: str
    reference: str
    mime: str
    qualifier: str
    size: int
    element: Element


def attachments(root: Element, syntax: str) -> Iterator[Attachment]:
    """The attachments of a document, valid or not, in document order.

    What a document only points to (an external reference, an ``IdUnique``) is none.

    Args:
        root: of the document.
        syntax: as `Facts.syntax`; a syntax that carries none gives none.
    """
    reader = _READERS.get(syntax)
    return reader(root) if reader else iter(())


def decoded_size(text: str) -> int:
    """Bytes that a base64 text decodes to, blanks allowed, without decoding it (RFC 4648 §4)."""
    tail = text[-_TAIL:].rstrip(_BLANKS) or text.rstrip(_BLANKS)[-_TAIL:]
    last = "".join(tail.split())
    padding = min(2, len(last) - len(last.rstrip("=")))
    return (len(text) - _blanks(text) - padding) * 3 // 4


def is_base64(attachment: Attachment) -> bool:
    """Whether the content of an attachment is base64, as ``xs:base64Binary`` has it.

    For formats whose schema takes any text; with the others the schema decides.
    """
    text = _encoded(attachment.element) if attachment.size else ""
    return _BASE64.fullmatch(text) is not None and (len(text) - _blanks(text)) % 4 == 0


def _of_ubl(root: Element) -> Iterator[Attachment]:
    for reference in root.iterchildren(_UBL_REFERENCE):
        about = _text(reference.find(_UBL_ID)), _text(reference.find(_UBL_DESCRIPTION))
        for holder in reference.iterchildren(_UBL_ATTACHMENT):
            for element in holder.iterchildren(_UBL_BINARY):
                yield _binary(element, *about)


def _of_un(root: Element) -> Iterator[Attachment]:
    owner: Element | None = None
    about = "", ""
    for element in root.iter(_UN_BINARY):
        parent = element.getparent()
        # One reference may hold many: it is searched once.
        if parent is not None and parent is not owner:
            owner = parent
            about = _text(parent.find(_UN_ID)), _text(parent.find(_UN_NAME))
        yield _binary(element, *about)


def _of_cpp(root: Element) -> Iterator[Attachment]:
    for block in root.iter(*_CPP_BLOCKS):
        content = block.find("Contenu")
        if content is None and block.find("IdUnique") is not None:
            continue
        yield Attachment(
            name=_text(block.find("NomPJ")),
            reference="",
            mime=_text(block.find("MimeTypePJ")),
            qualifier=_text(block.find("TypePJ")),
            size=0 if content is None else decoded_size(_encoded(content)),
            element=block if content is None else content,
        )


def _binary(element: Element, reference: str, qualifier: str) -> Attachment:
    return Attachment(
        name=_short(element.get("filename")),
        reference=reference,
        mime=_short(element.get("mimeCode")),
        qualifier=qualifier,
        size=decoded_size(_encoded(element)),
        element=element,
    )


def _encoded(element: Element) -> str:
    """The text of an element; a comment inside may split it."""
    text = element.text or ""
    return "".join([text, *(child.tail or "" for child in element)]) if len(element) else text


def _blanks(text: str) -> int:
    count = 0
    for start in range(0, len(text), _WINDOW):
        end = start + _WINDOW
        # `count` is slower than `find`, and most base64 has no blanks at all.
        found = (blank for blank in _BLANKS if text.find(blank, start, end) >= 0)
        count += sum(text.count(blank, start, end) for blank in found)
    return count


def _text(element: Element | None) -> str:
    return "" if element is None else _short(_encoded(element))


def _short(text: str | None) -> str:
    """A text without the blanks around it; a very long one keeps its end, where an extension is."""
    kept = (text or "").strip()
    if len(kept) <= _LONGEST:
        return kept
    return kept[: _LONGEST - _END_KEPT] + kept[-_END_KEPT:]


_READERS: Mapping[str, Callable[[Element], Iterator[Attachment]]] = {
    "ubl-invoice": _of_ubl,
    "ubl-creditnote": _of_ubl,
    "cii-d16b": _of_un,
    "cii-d22b": _of_un,
    "factur-x": _of_un,
    "cdar": _of_un,
    "cpp-facture-mixte": _of_cpp,
    "cpp-facture-pivot": _of_cpp,
}
