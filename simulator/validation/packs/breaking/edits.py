"""Changes of a tree, by XPath: what the cases of EN 16931 are told with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.dialects import NAMES

NAMESPACES = {
    prefix: uri
    for dialect in ("ubl", "cii")
    for prefix, uri in NAMES[dialect].prefixes.items()
    if prefix not in ("ubl", "cn", "ext")
}


class NotThere(ValueError):
    """A document that does not have the place to be changed; the text names the place."""


Edit = Callable[[Element], None]


def chosen(root: Element, path: str, prefixes: Mapping[str, str]) -> list[Element]:
    """The elements of an XPath; none if it is of something else."""
    elements = root.xpath(path, namespaces=dict(prefixes) or None)
    return [e for e in elements if isinstance(e, Element)] if isinstance(elements, list) else []


def found(root: Element, path: str) -> list[Element]:
    """The elements of a path.

    Raises:
        NotThere: there is none.
    """
    elements = chosen(root, path, NAMESPACES)
    if not elements:
        message = f"expected {path} in the document, found none"
        raise NotThere(message)
    return elements


def removed(element: Element) -> None:
    """Takes an element out of its parent; the root stays."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def without(element: Element, name: str) -> None:
    """Takes an attribute off.

    Raises:
        NotThere: it does not have it.
    """
    if name not in element.attrib:
        message = f"expected the attribute {name} on {element.tag}, found none"
        raise NotThere(message)
    del element.attrib[name]


def drop(path: str) -> Edit:
    """Takes out every element of a path."""

    def edit(root: Element) -> None:
        for element in found(root, path):
            removed(element)

    return edit


def text(path: str, value: str) -> Edit:
    """Writes another text into every element of a path."""

    def edit(root: Element) -> None:
        for element in found(root, path):
            element.text = value

    return edit


def attribute(path: str, name: str, value: str | None = None) -> Edit:
    """Writes an attribute, or takes it off."""

    def edit(root: Element) -> None:
        for element in found(root, path):
            if value is None:
                without(element, name)
            else:
                element.set(name, value)

    return edit


def add(path: str, content: str) -> Edit:
    """Appends elements to the first of a path."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())

    def edit(root: Element) -> None:
        found(root, path)[0].extend(etree.fromstring(f"<x {spaces}>{content}</x>"))

    return edit


def twice(path: str) -> Edit:
    """Repeats the first element of a path."""

    def edit(root: Element) -> None:
        element = found(root, path)[0]
        element.addnext(copy.deepcopy(element))

    return edit
