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
from simulator.validation.packs.breaking.ways import ways
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.rows import Rule
from simulator.validation.packs.run import Outcome, Scope, run

# Tests that hold whatever a document says.
_ALWAYS = (".", "true()")
_NOTHING = "[false()]"


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
        also: other rules of the pack that fire on it and not on the good one.
        places: where it was changed.
        own: whether it was made from the document that the caller gave.
    """

    content: bytes
    good: bytes
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
    if reason := never(rule):
        message = f"rule {rule.id} of pack {rule.pack} cannot be broken: {reason}"
        raise Unbreakable(message)
    best: Broken | None = None
    for found in _attempts(rule, scope, own):
        if not found.also:
            return found
        if best is None or len(found.also) < len(best.also):
            best = found
    if best is None:
        message = (
            f"rule {rule.id} of pack {rule.pack}: no way to break it in {scope.syntax} is known"
        )
        raise Unbreakable(message)
    return best


def never(rule: Rule) -> str:
    """Why a rule never fires by construction; ``""`` if it does."""
    is_so = rule.test in _ALWAYS or rule.forbid.endswith(_NOTHING)
    return rule.asked if is_so else ""


def _attempts(rule: Rule, scope: Scope, own: bytes | None) -> Iterator[Broken]:
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
    places = _changed(root, before)
    content = _written(root)
    fired = _fired(run(content, etree.fromstring(content), scope)) - good.fired
    if rule.id not in fired:
        return None
    also = tuple(sorted(fired - {rule.id}))
    return Broken(content, good.content, also, _places(content, places, scope))


class _Good(NamedTuple):
    content: bytes
    fired: frozenset[str]


@cache
def _good(content: bytes, scope: Scope) -> _Good | None:
    """A document as it is written here, and the advice it gets; None if it breaks rules."""
    content = _written(etree.fromstring(content))
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
