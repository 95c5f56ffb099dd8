"""Paths of elements as people write them: fixed prefixes, predicates only where needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lxml.etree import _Element as Element

LINE_OVERFLOW = 65535
_LONGEST_KEPT = 256
Prefixes = Mapping[str, str]


def xpath_of(element: Element, prefixes: Prefixes) -> str:
    """Absolute path of an element: ``/Invoice/cac:InvoiceLine[2]/cbc:ID``.

    Args:
        element: where.
        prefixes: namespace to prefix, whatever the document uses; ``""`` for none.
    """
    return Paths(prefixes).of(element)


class Paths:
    """Paths of several elements of one tree: what they have in common is found once."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._known: dict[Element, str] = {}
        self._numbers: dict[tuple[Element, str], dict[Element, int]] = {}

    def of(self, element: Element) -> str:
        """As `xpath_of`."""
        new: list[Element] = []
        node: Element | None = element
        while node is not None and node not in self._known:
            new.append(node)
            node = node.getparent()
        path = "" if node is None else self._known[node]
        for node in reversed(new):
            path = f"{path}/{self._step(node)}"
            self._known[node] = path
        return path

    def _step(self, node: Element) -> str:
        """The last step: a number only where the parent has others of the same name."""
        name = qualified(node.tag, self._prefixes)
        parent = node.getparent()
        if parent is None:
            return name
        same = parent.iterchildren(node.tag)
        if next(same) is node and next(same, None) is None:
            return name
        numbers = self._numbers.get((parent, node.tag))
        if numbers is None:
            siblings = parent.iterchildren(node.tag)
            numbers = {sibling: n for n, sibling in enumerate(siblings, 1)}
            self._numbers[parent, node.tag] = numbers
        return f"{name}[{numbers[node]}]"


def line_of(element: Element) -> int | None:
    """Line of the end of an element's start tag, from 1; None where libxml2 lost it."""
    # libxml2 keeps 16 bits of a line in the element, and guesses larger ones from what is around it.
    line: Any = element.sourceline
    return None if line is None or line >= LINE_OVERFLOW else line


def qualified(tag: str, prefixes: Prefixes) -> str:
    """``{namespace}local`` with its prefix; the local name alone if the namespace has none."""
    # A name may have ten million characters, and a cache would keep it.
    namespace, name = _split(tag) if len(tag) <= _LONGEST_KEPT else _parts(tag)
    prefix = prefixes.get(namespace, "")
    return f"{prefix}:{name}" if prefix else name


def _parts(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    return namespace, name


_split = lru_cache(maxsize=2048)(_parts)
