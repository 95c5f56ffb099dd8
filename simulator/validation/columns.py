"""Columns of facts: looked up only for documents that a finding of the books points into."""

from __future__ import annotations

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.xpath import Prefixes, xpath_of
from simulator.validation.locate import Spot, spots
from simulator.validation.parsing import parse
from simulator.validation.syntaxes import recognise

Located = tuple[str, int, int]


def with_columns(content: bytes, facts: Facts) -> Facts:
    """The same facts, every place with its column; unchanged if the document cannot be read.

    Args:
        content: the bytes that the facts were read from.
        facts: with places whose column is 0.

    Raises:
        MemoryError: the memory allowed to the process does not suffice.
    """
    root = parse(content).root
    syntax = None if root is None else recognise(root)
    if root is None or syntax is None:
        return facts
    return located(content, root, facts, syntax.prefixes)


def located(content: bytes, root: Element, facts: Facts, prefixes: Prefixes) -> Facts:
    """The same for a document that is at hand as a tree."""
    elements = _elements(root, {path for path, _, _ in facts.places.values()}, prefixes)
    at = dict(zip(elements, spots(content, list(elements.values())), strict=True))
    places = {field: _placed(place, at.get(place[0])) for field, place in facts.places.items()}
    return msgspec.structs.replace(facts, places=places)


def _elements(root: Element, paths: set[str], prefixes: Prefixes) -> dict[str, Element]:
    """The elements of some paths, by path."""
    names = {path.rpartition("/")[2].partition("[")[0].rpartition(":")[2] for path in paths}
    candidates = root.iter(*(f"{{*}}{name}" for name in sorted(names)))
    found = ((xpath_of(element, prefixes), element) for element in candidates)
    return {path: element for path, element in found if path in paths}


def _placed(place: Located, spot: Spot | None) -> Located:
    path, _, _ = place
    return (path, spot.line, spot.column) if spot else place
