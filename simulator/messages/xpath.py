"""Paths of elements as people write them: fixed prefixes, predicates only where needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml.etree import _Element as Element

LINE_OVERFLOW = 65535
Prefixes = Mapping[str, str]


def xpath_of(element: Element, prefixes: Prefixes) -> str:
    """Absolute path of an element: ``/Invoice/cac:InvoiceLine[2]/cbc:ID``.

    Args:
        element: where.
        prefixes: namespace to prefix, whatever the document uses; ``""`` for none.
    """
    steps: list[str] = []
    node: Element | None = element
    while node is not None:
        steps.append(_step(node, prefixes))
        node = node.getparent()
    return "/" + "/".join(reversed(steps))


def line_of(element: Element) -> int | None:
    """Line of the end of an element's start tag, from 1; None where libxml2 lost it."""
    # libxml2 keeps 16 bits of a line in the element, and guesses larger ones from what is around it.
    line: Any = element.sourceline
    return None if line is None or line >= LINE_OVERFLOW else line


def qualified(tag: str, prefixes: Prefixes) -> str:
    """``{namespace}local`` with its prefix; the local name alone if the namespace has none."""
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    prefix = prefixes.get(namespace, "")
    return f"{prefix}:{name}" if prefix else name


def _step(node: Element, prefixes: Prefixes) -> str:
    name = qualified(node.tag, prefixes)
    before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
    alone = not before and next(iter(node.itersiblings(node.tag)), None) is None
    return name if alone else f"{name}[{before + 1}]"
