"""What the schemas say of elements, as far as documents that break rules need it: children and values.

Source: the XML Schemas of UBL 2.1, of CII and CDAR D22B, as the packages ship them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.syntaxes import SCHEMAS

XSD = "{http://www.w3.org/2001/XMLSchema}"
_SCHEMAS = {"ubl": "ubl-2.1", "cii": "cii-d22b", "cdar": "cdar-d22b"}


class Slot(NamedTuple):
    """Where a child stands among its siblings, its type (``""``: that of its name), and its need."""

    rank: int
    type: str
    required: bool


class Kind(NamedTuple):
    """A type: its children, or what its text is made from; the attributes that it needs."""

    children: Mapping[str, Slot]
    base: str
    attributes: tuple[str, ...]


_UNKNOWN = Kind({}, "", ())


class Grammar(NamedTuple):
    """The types of global elements, and all types; names in Clark's notation."""

    elements: Mapping[str, str]
    kinds: Mapping[str, Kind]

    def kind(self, of_type: str) -> Kind:
        """A type; one without anything if there is none of the name."""
        return self.kinds.get(of_type, _UNKNOWN)

    def type_of_child(self, of_type: str, tag: str) -> str:
        """The type of a child; ``""`` if the schema does not have it there."""
        slot = self.kind(of_type).children.get(tag)
        return (slot.type or self.elements.get(tag, "")) if slot else ""

    def type_of(self, element: Element) -> str:
        """The type of an element where it stands."""
        parent = element.getparent()
        if parent is None:
            return self.elements.get(element.tag, "")
        return self.type_of_child(self.type_of(parent), element.tag)


def grammar_of(root: Element, syntax: str) -> Grammar | None:
    """What the schema of a document says; None if the syntax has none, or it is not installed."""
    dialect = dialect_of(syntax)
    key = _SCHEMAS.get(dialect.name if dialect else "")
    if key is None:
        return None
    try:
        return _read(key, etree.QName(root).namespace or "")
    except resources.MissingResource:
        return None


@cache
def _read(key: str, namespace: str) -> Grammar:
    elements: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    for schema in _schemas(SCHEMAS[key].path(namespace)):
        space = schema.get("targetNamespace", "")
        for element in schema.findall(f"{XSD}element"):
            elements[f"{{{space}}}{element.get('name')}"] = _resolved(element, "type")
        for kind in schema.iterchildren(f"{XSD}complexType", f"{XSD}simpleType"):
            kinds[f"{{{space}}}{kind.get('name')}"] = _kind(kind, space)
    return Grammar(elements, kinds)


def _schemas(path: Path) -> Iterator[Element]:
    """A schema and those that it imports or includes, each once."""
    seen: set[Path] = set()
    waiting = [path.resolve()]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        schema = etree.parse(current).getroot()
        yield schema
        named = (
            each.get("schemaLocation") for each in schema.iter(f"{XSD}import", f"{XSD}include")
        )
        waiting += [(current.parent / name).resolve() for name in named if name]


def _kind(kind: Element, space: str) -> Kind:
    children: dict[str, Slot] = {}
    for rank, element in enumerate(kind.iter(f"{XSD}element")):
        name = _resolved(element, "ref") or f"{{{space}}}{element.get('name')}"
        slot = Slot(rank, _resolved(element, "type"), _is_required(element))
        children.setdefault(name, slot)
    derived = next(kind.iter(f"{XSD}extension", f"{XSD}restriction"), None)
    needed = [each for each in kind.iter(f"{XSD}attribute") if each.get("use") == "required"]
    return Kind(
        children,
        "" if derived is None else _resolved(derived, "base"),
        tuple(str(each.get("name")) for each in needed),
    )


def _is_required(element: Element) -> bool:
    """Of a choice the first is as good as any."""
    parent = element.getparent()
    in_choice = parent is not None and parent.tag == f"{XSD}choice"
    is_first = next(element.itersiblings(f"{XSD}element", preceding=True), None) is None
    return element.get("minOccurs", "1") != "0" and (is_first or not in_choice)


def _resolved(element: Element, attribute: str) -> str:
    """A qualified name in Clark's notation; ``""`` if there is none."""
    prefix, _, name = element.get(attribute, "").rpartition(":")
    return f"{{{element.nsmap.get(prefix or None, '')}}}{name}" if name else ""
