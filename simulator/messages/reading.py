"""From elements to facts: what readers of documents do the same way.

Whatever a document says, valid or not, is taken as text: fields are cut, nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.xpath import Prefixes, line_of, qualified, xpath_of

LONGEST = 1024

# Fields that findings point to.
_PLACED = ("number", "issue_date", "type_code", "supplier", "recipient", "recipient_address")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}(?:[0-9]{2})?)?")


class Origin(msgspec.Struct, frozen=True):
    """An element whose path is known, so that places below it need no walk to the root.

    Among thousands of siblings, counting those before each costs the square of their number.

    Attributes:
        top: the element.
        path: absolute path of it.
        prefixes: for the steps below.
    """

    top: Element
    path: str
    prefixes: Prefixes


def origin_of(element: Element, prefixes: Prefixes) -> Origin:
    """The origin of one element, its path looked up."""
    return Origin(element, xpath_of(element, prefixes), prefixes)


def origins_of(block: Element, tag: str, prefixes: Prefixes) -> list[Origin]:
    """The origins of all children of a kind, at a cost in proportion to their number."""
    children = block.findall(tag)
    path = f"{xpath_of(block, prefixes)}/{qualified(tag, prefixes)}"
    if len(children) == 1:
        return [Origin(children[0], path, prefixes)]
    return [Origin(c, f"{path}[{n}]", prefixes) for n, c in enumerate(children, 1)]


def facts_of(
    syntax: str,
    origin: Origin,
    found: Mapping[str, Element | None],
    given: Mapping[str, str] | None = None,
) -> Facts:
    """Facts out of elements.

    Places have XPath and line; their column is 0, "not looked up". A line that libxml2 lost is 0.

    Args:
        syntax: as `Facts.syntax`.
        origin: what all elements are below of; those that are not are placed from the root.
        found: by name of the field, the element that says it.
        given: fields whose words are not simply the text of their element.
    """
    texts = {field: text(element) for field, element in found.items()}
    texts["number"] = raw(found.get("number"))
    texts |= given or {}
    at = {f: _place(e, origin) for f in _PLACED if (e := found.get(f)) is not None}
    return msgspec.structs.replace(Facts(syntax=syntax, places=at), **texts)


def text(element: Element | None) -> str:
    """Text of an element without blanks around it, at most 1,024 characters; ``""`` for None."""
    return raw(element).strip()


def raw(element: Element | None) -> str:
    """Text as written, blanks included: rules on numbers speak of them."""
    if element is None:
        return ""
    # A comment inside splits the text; XPath is slow, so only then.
    said = str(element.xpath("string()")) if len(element) else element.text
    return (said or "")[:LONGEST]


def attribute(element: Element | None, name: str) -> str:
    """An attribute; ``""`` if there is none."""
    return "" if element is None else (element.get(name) or "")[:LONGEST]


def child(element: Element | None, path: str) -> Element | None:
    """The first element at a path below another; None if either is not there."""
    return None if element is None else element.find(path)


def day(written: str) -> str:
    """``YYYYMMDD`` and what may follow (formats 102, 203, 204) as ``YYYY-MM-DD``; else unchanged."""
    match = _DAY.fullmatch(written)
    return "-".join(match.groups()) if match else written


def _place(element: Element, origin: Origin) -> tuple[str, int, int]:
    steps: list[str] = []
    node: Element | None = element
    while node is not None and node is not origin.top:
        steps.append(_step(node, origin.prefixes))
        node = node.getparent()
    path = "/".join(reversed(steps))
    line = line_of(element) or 0
    return f"{'' if node is None else origin.path}/{path}", line, 0


def _step(node: Element, prefixes: Prefixes) -> str:
    name = qualified(node.tag, prefixes)
    before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
    alone = not before and next(iter(node.itersiblings(node.tag)), None) is None
    return name if alone else f"{name}[{before + 1}]"
