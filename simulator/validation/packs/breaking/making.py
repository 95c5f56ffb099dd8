"""Makes a document that breaks one rule, and sees that it does.

Ways are tried on the caller's document first, then on samples that have more in them. The first that
breaks the rule alone is taken, else the one that breaks the fewest others with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator.messages.xpath import line_of, xpath_of
from simulator.validation.packs.breaking.derived import at_path, path_of
from simulator.validation.packs.breaking.edits import Edit, NotThere
from simulator.validation.packs.breaking.ordering import put_in_order
from simulator.validation.packs.breaking.unbreakable import why
from simulator.validation.packs.breaking.ways import ways
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.rows import Rule
from simulator.validation.packs.run import Outcome, Scope, run


class Unbreakable(ValueError):
    """A rule that no document of ours breaks; the text says why."""


class Place(NamedTuple):
    """Where a document was changed: line, and XPath as findings have it."""

    line: int
    xpath: str


class Broken(msgspec.Struct, frozen=True):
    """A document that breaks a rule.

    Attributes:
        content: its bytes, an element to a line.
        good: the same document before it was broken.
        fired: the rules of the pack that fire on it, advice on the good one among them.
        also: those besides the rule that do not fire on the good one.
        places: where it was changed.
        own: whether it was made from the document that the caller gave.
    """

    content: bytes
    good: bytes
    fired: frozenset[str]
    also: tuple[str, ...]
    places: tuple[Place, ...]
    own: bool = False


def broken(rule: Rule, scope: Scope, own: bytes | None = None) -> Broken:
    """A document that breaks a rule.

    Args:
        rule: of a pack.
        scope: that pack, the syntax and the circuit that it is judged for.
        own: a document to break, if that can be done in it alone.

    Raises:
        Unbreakable: it never fires, or nobody knows how to break it.
    """
    if reason := why(rule, scope.syntax):
        message = f"rule {rule.id} of pack {rule.pack} cannot be broken: {reason}"
        raise Unbreakable(message)
    found: list[Broken] = []
    for made in attempts(rule, scope, own):
        if made.fired == {rule.id}:
            return made
        found.append(made)
    if not found:
        message = (
            f"rule {rule.id} of pack {rule.pack}: no way to break it in {scope.syntax} is known"
        )
        raise Unbreakable(message)
    return min(found, key=lambda made: (len(made.fired), -len(made.also)))


def attempts(rule: Rule, scope: Scope, own: bytes | None) -> Iterator[Broken]:
    """Documents that break a rule, alone or with others, in the order in which they are tried."""
    known = list(ways(rule, scope.syntax))
    starts = [(way.edit, own, True) for way in known if own is not None]
    starts += [(way.edit, sample, False) for way in known for sample in way.samples]
    for edit, start, is_own in starts:
        if found := _attempt(rule, scope, edit, start):
            yield msgspec.structs.replace(found, own=is_own)


def _attempt(rule: Rule, scope: Scope, edit: Edit, start: bytes) -> Broken | None:
    good = _good(start, scope)
    if good is None:
        return None
    root = etree.fromstring(good.content)
    before = _seen(root)
    try:
        edit(root)
    except NotThere:
        return None
    put_in_order(root, scope.syntax)
    places = _changed(root, before)
    content = _written(root)
    fired = _fired(run(content, etree.fromstring(content), scope))
    if rule.id not in fired - good.fired:
        return None
    also = tuple(sorted(fired - good.fired - {rule.id}))
    return Broken(content, good.content, fired, also, _places(content, places, scope))


class _Good(NamedTuple):
    content: bytes
    fired: frozenset[str]


@cache
def _good(content: bytes, scope: Scope) -> _Good | None:
    """A document as it is written here, and the advice it gets; None if it breaks rules."""
    root = etree.fromstring(content)
    put_in_order(root, scope.syntax)
    content = _written(root)
    outcome = run(content, etree.fromstring(content), scope)
    if any(finding.severity == "error" for finding in outcome.findings):
        return None
    return _Good(content, _fired(outcome))


def _fired(outcome: Outcome) -> frozenset[str]:
    return frozenset(rule for _, rule in outcome.fired)


def _written(root: Element) -> bytes:
    etree.indent(root, space="")
    tree = root.getroottree()
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True) + b"\n"


_Seen = Mapping[Element, tuple[str | None, dict[str, str], list[Element]]]


def _seen(root: Element) -> _Seen:
    return {e: (e.text, _attributes(e), list(e)) for e in root.iter()}


def _attributes(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _changed(root: Element, before: _Seen) -> list[str]:
    """The elements that are new, say something else, or lost a child."""
    found: list[str] = []
    for element in root.iter():
        old = before.get(element)
        if old is None:
            found.append(path_of(element))
            continue
        text, attributes, children = old
        lost = any(child.getparent() is not element for child in children)
        if lost or element.text != text or _attributes(element) != attributes:
            found.append(path_of(element))
    return found


def _places(content: bytes, paths: list[str], scope: Scope) -> tuple[Place, ...]:
    root = etree.fromstring(content)
    dialect = dialect_of(scope.syntax)
    shown = dialect.shown if dialect else {}
    elements = [at_path(root, path) for path in paths]
    return tuple(Place(line_of(e) or 0, xpath_of(e, shown)) for e in elements)
