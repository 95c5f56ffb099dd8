"""Changes of a document at places named by their term, in either syntax.

A place is a term (``BT-1``, ``EXT-FR-FE-136``) or a path with the prefixes of the dialect. A change is a
function of the root element.
"""

from __future__ import annotations

import copy

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit, NotThere, chosen, removed
from simulator.validation.packs.breaking.french_places import PLACES, SYNTAXES
from simulator.validation.packs.dialects import NAMES


def at(root: Element, place: str) -> list[Element]:
    """The elements of a term, or of a path.

    Raises:
        NotThere: there is none.
    """
    syntax = SYNTAXES["CrossIndustry" in root.tag]
    path = PLACES[place][SYNTAXES.index(syntax)] if place in PLACES else place
    found = _xpath(root, path, syntax)
    if not found:
        message = f"expected {place} in the document ({syntax}), found none"
        raise NotThere(message)
    return found


def _xpath(root: Element, path: str, syntax: str) -> list[Element]:
    head, group, rest = path.partition(")")
    if group:  # a group of names in front
        names = head.removeprefix("(").split("|")
        path = " | ".join(f"{name}{rest}" for name in names)
    return chosen(root, path, NAMES[syntax].prefixes)


def nth_of(root: Element, place: str, nth: int) -> Element:
    """One of the elements of a term, or of a path; the first is 0.

    Raises:
        NotThere: there are not so many.
    """
    found = at(root, place)
    if nth >= len(found):
        message = f"expected {nth + 1} of {place} in the document, found {len(found)}"
        raise NotThere(message)
    return found[nth]


def put(place: str, text: str, nth: int = 0) -> Edit:
    """Writes a text."""

    def edit(root: Element) -> None:
        nth_of(root, place, nth).text = text

    return edit


def mark(place: str, nth: int = 0, **attributes: str | None) -> Edit:
    """Writes attributes, None removes one."""

    def edit(root: Element) -> None:
        element = nth_of(root, place, nth)
        for name, value in attributes.items():
            if value is None:
                element.attrib.pop(name, "")
            else:
                element.set(name, value)

    return edit


def drop(place: str, nth: int | None = None) -> Edit:
    """Removes the elements, or one of them."""

    def edit(root: Element) -> None:
        found = at(root, place)
        for element in found if nth is None else found[nth : nth + 1]:
            removed(element)

    return edit


def again(place: str, nth: int = 0) -> Edit:
    """Repeats an element."""

    def edit(root: Element) -> None:
        element = nth_of(root, place, nth)
        element.addnext(copy.deepcopy(element))

    return edit


def into(place: str, ubl: str = "", cii: str = "") -> Edit:
    """Adds elements at the end of another."""

    def edit(root: Element) -> None:
        xml = cii if "CrossIndustry" in root.tag else ubl
        at(root, place)[0].extend(fragment(xml))

    return edit


def before(place: str, ubl: str = "", cii: str = "", nth: int = 0) -> Edit:
    """Adds elements before another."""

    def edit(root: Element) -> None:
        xml = cii if "CrossIndustry" in root.tag else ubl
        for element in fragment(xml):
            nth_of(root, place, nth).addprevious(element)

    return edit


def fragment(xml: str) -> list[Element]:
    """Elements out of a text with the prefixes of all dialects."""
    prefixes = {**NAMES["ubl"].prefixes, **NAMES["cii"].prefixes}
    spaces = " ".join(f'xmlns:{p}="{u}"' for p, u in prefixes.items())
    return list(etree.fromstring(f"<x {spaces}>{xml}</x>"))


def all_of(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(root: Element) -> None:
        for one in edits:
            one(root)

    return edit


def by(**edits: Edit) -> Edit:
    """An edit for each syntax."""

    def edit(root: Element) -> None:
        edits[SYNTAXES["CrossIndustry" in root.tag]](root)

    return edit


def unchanged(_: Element) -> None:
    """No edit."""


def note(code: str, text: str) -> Edit:
    """Adds a note with a subject code."""
    return before(
        "note",
        ubl=f"<cbc:Note>#{code}#{text}</cbc:Note>",
        cii=f"<ram:IncludedNote><ram:Content>{text}</ram:Content>"
        f"<ram:SubjectCode>{code}</ram:SubjectCode></ram:IncludedNote>",
    )
