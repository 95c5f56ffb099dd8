"""Makes of what an edit added what the schema asks for, so that the rule is what a document breaks."""

from __future__ import annotations

from itertools import pairwise

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.grammar import XSD, Grammar, grammar_of

# A value of each built-in type that is not any text, and of the attributes that schemas ask for.
_VALUES = {
    f"{XSD}boolean": "true",
    f"{XSD}date": "2026-09-01",
    f"{XSD}dateTime": "2026-09-01T12:00:00",
    f"{XSD}time": "12:00:00",
    f"{XSD}decimal": "1",
    f"{XSD}integer": "1",
    f"{XSD}base64Binary": "QQ==",
}
_TEXT = "x"
_ATTRIBUTES = {
    "currencyID": "EUR",
    "unitCode": "C62",
    "mimeCode": "application/pdf",
    "format": "102",
}


def put_in_order(root: Element, syntax: str) -> None:
    """Sorts the children of every element as the schema of a syntax has them.

    What the schema does not know stays behind what it stood behind; without the schema nothing moves.
    """
    grammar = grammar_of(root, syntax)
    if grammar:
        _sort(root, grammar.type_of(root), grammar)


def _sort(element: Element, of_type: str, grammar: Grammar) -> None:
    slots = grammar.kind(of_type).children
    if not slots:
        return
    ranked: list[tuple[int, Element]] = []
    rank = -1
    for child in element:
        if slot := slots.get(child.tag):
            rank = slot.rank
            _sort(child, grammar.type_of_child(of_type, child.tag), grammar)
        ranked.append((rank, child))
    if any(one[0] > other[0] for one, other in pairwise(ranked)):
        element[:] = [child for _, child in sorted(ranked, key=lambda each: each[0])]


def complete(element: Element, syntax: str) -> None:
    """Gives an element the children and attributes that the schema asks for, or a value of its type."""
    grammar = grammar_of(element.getroottree().getroot(), syntax)
    if grammar:
        _complete(element, grammar.type_of(element), grammar)


def _complete(element: Element, of_type: str, grammar: Grammar) -> None:
    kind = grammar.kind(of_type)
    if not kind.children:
        _put_value(element, of_type, grammar)
        return
    element.text = None
    for tag, slot in kind.children.items():
        if slot.required and element.find(tag) is None:
            child = etree.SubElement(element, tag)
            _complete(child, grammar.type_of_child(of_type, tag), grammar)


def _put_value(element: Element, of_type: str, grammar: Grammar) -> None:
    """A text of a type, and the attributes of all that it is made from."""
    while of_type and not of_type.startswith(XSD):
        kind = grammar.kind(of_type)
        for name in kind.attributes:
            if name not in element.attrib:
                element.set(name, _ATTRIBUTES.get(name, _TEXT))
        of_type = kind.base
    element.text = _VALUES.get(of_type, _TEXT)
