"""A document as the worker hands it to the engine: plain text, and what selects the rule sets."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.messages import cii, facturx

_PDF = b"%PDF"
_CUSTOMIZATION = (
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}CustomizationID"
)
_PARSING: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": True}


class Unreadable(ValueError):
    """No rule can be run on the document; the text says why."""


class Text(NamedTuple):
    """A document.

    Attributes:
        text: without byte order mark, XML declaration or DOCTYPE, whatever its encoding was.
        namespace: of the root; ``""`` is none.
        guideline: BT-24; ``""`` if it does not say.
    """

    text: str
    namespace: str
    guideline: str


def text_of(content: bytes) -> Text:
    """Reads an XML document, or the one that a PDF holds.

    Raises:
        Unreadable: it is not well-formed, has a DOCTYPE, or the PDF holds none.
    """
    xml = _extracted(content) if content.startswith(_PDF) else content
    parser: Any = etree.XMLParser(**_PARSING)
    try:
        root: Element = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, LookupError) as error:  # LookupError: an unknown encoding
        message = f"not well-formed: {error}"
        raise Unreadable(message) from None
    tree = root.getroottree()
    about: Any = tree.docinfo  # the stubs do not know its doctype
    if about.doctype:
        message = "it has a DOCTYPE"
        raise Unreadable(message)
    text = etree.tostring(tree, encoding="unicode")
    return Text(text, etree.QName(root).namespace or "", _guideline(root))


def _extracted(content: bytes) -> bytes:
    extracted = facturx.extract(content)
    if extracted.xml is None:
        message = "; ".join(finding.help for finding in extracted.findings)
        raise Unreadable(message)
    return extracted.xml


def _guideline(root: Element) -> str:
    if etree.QName(root).namespace == cii.INVOICE:
        return cii.guideline(root).strip()
    return (root.findtext(_CUSTOMIZATION) or "").strip()
