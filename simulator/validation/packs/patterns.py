"""Contexts and forbidden paths: a small part of XPath, so that they can be found in one walk.

A pattern is alternatives joined by ``|``; an alternative is steps joined by ``/`` or ``//``; a step
is ``prefix:name``, a bare name, ``*`` or ``prefix:*``, with predicates in plain XPath 1.0; the last
step may be ``@name``. A group ``(a|b)`` may stand for one step. Without ``/`` in front it matches
at any depth, as in Schematron.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

import msgspec

_STEP = re.compile(r"(?P<name>@?(?:[\w.-]+:)?(?:[\w.-]+|\*))\s*(?P<predicates>\[.*\])?", re.DOTALL)
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")


class PatternError(ValueError):
    """A pattern that is not one; the text says which and why."""


class Step(msgspec.Struct, frozen=True):
    """One step: `deep` when it may be at any depth below the step before."""

    deep: bool
    name: str
    predicates: str


class Path(msgspec.Struct, frozen=True):
    """One alternative of a pattern.

    Attributes:
        steps: from the outermost element to the one that is meant.
        attribute: name of the attribute that is meant, ``""`` for the element itself.
    """

    steps: tuple[Step, ...]
    attribute: str = ""

    @property
    def leaf(self) -> str:
        """Name of the last element step."""
        return self.steps[-1].name

    @property
    def plain(self) -> bool:
        """Whether no step has a predicate, so that names alone decide."""
        return not any(step.predicates for step in self.steps)

    @property
    def condition(self) -> str:
        """An XPath test that holds on an element if the path leads to it."""
        return f"self::{self.leaf}{self._inner()}"

    @property
    def guard(self) -> str:
        """The same for elements of the last step's name; ``""`` when the name alone decides."""
        inner = self._inner()
        return f"self::node(){inner}" if inner else ""

    def _inner(self) -> str:
        inner = ""
        for before, step in zip((None, *self.steps), self.steps, strict=False):
            if before is None:
                above = "" if step.deep else "[not(parent::*)]"
            else:
                axis = "ancestor" if step.deep else "parent"
                above = f"[{axis}::{before.name}{inner}]"
            inner = f"{above}{step.predicates}"
        return inner

    @property
    def select(self) -> str:
        """The path as an absolute XPath expression."""
        return "".join(f"/{'/' if s.deep else ''}{s.name}{s.predicates}" for s in self.steps)


def parse(pattern: str) -> tuple[Path, ...]:
    """The alternatives of a pattern. Raises `PatternError`."""
    alternatives = [a for part in _split(pattern, "|") for a in _ungrouped(part.strip())]
    if not alternatives:
        message = "an empty pattern"
        raise PatternError(message)
    return tuple(_path(alternative) for alternative in alternatives)


def below(context: tuple[Path, ...], target: str) -> tuple[Path, ...]:
    """A forbidden path: below each context, or from the root when it begins with ``/``.

    Raises:
        PatternError: the target is not a pattern.
    """
    found: list[Path] = []
    for part in _split(target, "|"):
        text = part.strip()
        if text.startswith("/"):
            found += parse(text)
            continue
        deep = text.startswith(".//")
        ends = [_path(f"{'//' if deep else '/'}{t}") for t in _ungrouped(text[3 if deep else 0 :])]
        found += [
            Path((*start.steps, *end.steps), end.attribute) for start in context for end in ends
        ]
    return tuple(found)


def _path(text: str) -> Path:
    steps: list[Step] = []
    # What is not anchored at the root matches at any depth.
    parts = _split(text, "/")
    deep = not text.startswith("/")
    if not deep:
        parts = parts[1:]
    attribute = ""
    for part in parts:
        if not part.strip():
            deep = True
            continue
        match = _STEP.fullmatch(part.strip())
        if match is None or attribute:
            message = f"{text!r}: {part.strip()!r} is not a step; expected prefix:name[predicate]"
            raise PatternError(message)
        name = match["name"]
        if name.startswith("@"):
            attribute = name[1:]
            if deep:  # any element that carries it
                steps.append(Step(True, "*", ""))
        else:
            steps.append(Step(deep, name, match["predicates"] or ""))
        deep = False
    if not steps:
        message = f"{text!r} names no element"
        raise PatternError(message)
    return Path(tuple(steps), attribute)


def _ungrouped(text: str) -> Iterator[str]:
    """The alternative with each ``(a|b)`` step replaced by its members in turn."""
    choices: list[list[str]] = []
    for part in _split(text, "/"):
        stripped = part.strip()
        if stripped.startswith("(") and ")" in stripped:
            group, _, rest = stripped[1:].partition(")")
            choices.append([member.strip() + rest for member in group.split("|")])
        else:
            choices.append([stripped])
    return ("/".join(members) for members in itertools.product(*choices))


def _split(text: str, at: str) -> list[str]:
    """Splits outside of brackets, parentheses and literals."""
    hidden = _LITERAL.sub(lambda m: "_" * len(m[0]), text)
    parts, depth, start = [], 0, 0
    for index, character in enumerate(hidden):
        if character in "[(":
            depth += 1
        elif character in "])":
            depth -= 1
        elif character == at and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    if depth:
        message = f"{text!r} has brackets that do not match"
        raise PatternError(message)
    return parts


def clark(name: str, prefixes: Mapping[str, str]) -> str:
    """``prefix:name`` as ``{namespace}name``; ``*`` and ``{namespace}*`` for any.

    Raises:
        PatternError: a prefix that the dialect does not have.
    """
    prefix, colon, local = name.rpartition(":")
    if not colon:
        return local
    if prefix not in prefixes:
        message = f"{name}: unknown prefix {prefix}; known are {', '.join(prefixes)}"
        raise PatternError(message)
    return f"{{{prefixes[prefix]}}}{local}"
