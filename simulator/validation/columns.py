"""Columns of facts: looked up only for documents that a finding of the books points into."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.xpath import Paths, Prefixes
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
    return located(content, root, (facts,), syntax.prefixes)[0]


def located(
    content: bytes, root: Element, units: Sequence[Facts], prefixes: Prefixes
) -> list[Facts]:
    """The same for a document that is at hand as a tree, with the facts of all that it holds."""
    paths = {path for facts in units for path, _, _ in facts.places.values()}
    elements = _elements(root, paths, prefixes)
    at = dict(zip(elements, spots(content, list(elements.values())), strict=True))
    return [
        msgspec.structs.replace(
            facts,
            places={field: _placed(p, at.get(p[0])) for field, p in facts.places.items()},
        )
        for facts in units
    ]


def _elements(root: Element, paths: set[str], prefixes: Prefixes) -> dict[str, Element]:
    """The elements of some paths, by path."""
    names = {path.rpartition("/")[2].partition("[")[0].rpartition(":")[2] for path in paths}
    candidates = root.iter(*(f"{{*}}{name}" for name in sorted(names)))
    known = Paths(prefixes)
    found = ((known.of(element), element) for element in candidates)
    return {path: element for path, element in found if path in paths}


def _placed(place: Located, spot: Spot | None) -> Located:
    path, _, _ = place
    return (path, spot.line, spot.column) if spot else place
