"""Breaks a rule as its row tells: the forbidden is put in, the needed taken out, codes made wrong."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import NotThere, chosen
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.patterns import Path, below, clark, parse
from simulator.validation.packs.rows import Rule

_SINGLE = re.compile(r"count\((.*)\) <= 1")
_REQUIRE = re.compile(r"normalize-space\((.*)\) != ''")


def derive(root: Element, rule: Rule, prefixes: Mapping[str, str]) -> Element:
    """Breaks a rule in a document; the element at fault.

    Raises:
        NotThere: the document does not have the place, or the row does not tell how.
    """
    if rule.kind == "forbid":
        paths = [p for p in below(parse(rule.context), rule.forbid) if p.plain]
        if paths:
            return _planted(root, min(paths, key=lambda p: _absent(root, p, prefixes)), prefixes)
    if rule.kind == "codes":
        return _of_no_list(_first(root, rule, prefixes), rule)
    if single := _SINGLE.fullmatch(rule.test):
        return _repeated(_first(root, rule, prefixes), single[1], prefixes)
    if needed := _REQUIRE.fullmatch(rule.test):
        return _emptied(_first(root, rule, prefixes), needed[1], prefixes)
    message = f"the row of {rule.id} does not tell how it is broken"
    raise NotThere(message)


def looked_at(root: Element, rule: Rule, prefixes: Mapping[str, str]) -> list[Element]:
    """The elements of a document that a rule with a context looks at."""
    left_out = "".join(f"[not({p.condition})]" for p in parse(rule.unless or "none"))
    paths = [f"{p.select}{left_out}" for p in parse(rule.context)]
    found = [e for path in paths for e in chosen(root, path, prefixes)]
    if rule.value != ".":
        found = [e for e in found if e.get(rule.value.removeprefix("@")) is not None]
    return found


def prefixes_of(syntax: str) -> dict[str, str]:
    """Prefix to namespace of a syntax."""
    dialect = dialect_of(syntax)
    return dict(dialect.prefixes) if dialect else {}


def path_of(element: Element) -> str:
    """Where an element stands in its document; see `at_path`."""
    return element.getroottree().getelementpath(element)


def at_path(root: Element, path: str) -> Element:
    """The element that stood there when the document was written."""
    found = None if path == "." else root.getroottree().find(path)
    return root if found is None else found


def _first(root: Element, rule: Rule, prefixes: Mapping[str, str]) -> Element:
    found = looked_at(root, rule, prefixes)
    if not found:
        message = f"expected {rule.context} in the document, found none"
        raise NotThere(message)
    return found[0]


def _of_no_list(place: Element, rule: Rule) -> Element:
    if rule.value == ".":
        place.text = "?"
    else:
        place.set(rule.value.removeprefix("@"), "?")
    return place


def _repeated(place: Element, path: str, prefixes: Mapping[str, str]) -> Element:
    found = chosen(place, path, prefixes)
    if not found:
        message = f"expected {path} in {place.tag}, found none"
        raise NotThere(message)
    found[0].addnext(copy.deepcopy(found[0]))
    return place


def _emptied(place: Element, path: str, prefixes: Mapping[str, str]) -> Element:
    for each in chosen(place, path, prefixes):
        each.text = ""
    return place


def _planted(root: Element, path: Path, prefixes: Mapping[str, str]) -> Element:
    """What must not be there, put there; the steps above it are made where they are missing."""
    current = root
    last = len(path.steps) - 1
    for number, step in enumerate(path.steps):
        tag = clark(step.name, prefixes)
        if step.deep:
            found = next((e for e in root.iter(tag) if e is not root), None)
        elif number == 0:
            continue
        else:
            found = current.find(tag)
        if found is None or (number == last and not path.attribute):
            found = _put_into(current, tag)
            found.text = "x" if number == last else None
        current = found
    if path.attribute:
        current.set(path.attribute, "x")
    return current


def _put_into(parent: Element, tag: str) -> Element:
    """A new child: beside its like, UBL's basic components before its aggregates, else last."""
    new = etree.Element(tag)
    like = [child for child in parent if child.tag == tag]
    groups = [child for child in parent if "CommonAggregate" in str(child.tag)]
    if like:
        like[-1].addnext(new)
    elif "CommonBasic" in tag and groups:
        groups[0].addprevious(new)
    else:
        parent.append(new)
    return new


def _absent(root: Element, path: Path, prefixes: Mapping[str, str]) -> tuple[int, int]:
    """How many steps of a path a document lacks; what begins with another root comes last."""
    if not path.steps[0].deep and clark(path.steps[0].name, prefixes) != root.tag:
        return (1, 0)
    for number in range(len(path.steps), 0, -1):
        above = Path(path.steps[:number])
        if chosen(root, above.select, prefixes):
            return (0, len(path.steps) - number)
    return (0, len(path.steps))
