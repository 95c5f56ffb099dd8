"""One walk over a document that finds forbidden elements and codes outside their lists.

All patterns of a selection are one automaton over the tags on the way down. Its states are made when
a document first leads there, so that a thousand rules cost as much as one: a look-up an element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import content_of
from simulator.validation.packs.patterns import Path, clark

_UNSEEN: Any = object()
# States are made by documents; one that is made of ever new paths must not fill the memory.
_MOST_STATES = 20_000

Guard = Callable[[Element], object]


class Watch(msgspec.Struct, frozen=True, eq=False):
    """What to look at where a path leads.

    Attributes:
        rule: number of the rule, as it is reported.
        path: where.
        guard: a compiled XPath for the predicates of the path; None when it has none.
        codes: allowed values; None when nothing at all may be there.
    """

    rule: int
    path: Path
    guard: Guard | None = None
    codes: frozenset[str] | None = None


# (watch number, steps done): how far along its path a watch is.
_Item = tuple[int, int]
Hit = tuple[int, Element]


class _State:
    """A state: where each tag leads, and what to look at here."""

    __slots__ = ("attributes", "here", "items", "leads", "trans")

    def __init__(self, items: frozenset[_Item]) -> None:
        self.items = items
        self.trans: dict[Any, _State | None] = {}
        self.here: tuple[Watch, ...] = ()
        self.attributes: dict[str, list[Watch]] = {}
        self.leads = False


class Automaton:
    """The compiled watches of a selection."""

    def __init__(self, watches: Iterable[Watch], prefixes: Mapping[str, str]) -> None:
        self._watches = tuple(watches)
        self._steps = [
            tuple((step.deep, clark(step.name, prefixes)) for step in w.path.steps)
            for w in self._watches
        ]
        self._states: dict[frozenset[_Item], _State] = {}
        self._start = self._state(frozenset((w, 0) for w in range(len(self._watches))))

    def run(self, root: Element) -> list[Hit]:
        """What is wrong, as (rule, element), in no particular order."""
        hits: list[Hit] = []
        if not self._watches:
            return hits
        if len(self._states) > _MOST_STATES:
            self._forget()
        first = self._start.trans.get(root.tag, _UNSEEN)
        if first is _UNSEEN:
            first = self._step(self._start, root.tag)
        if first is not None:
            if first.here or first.attributes:
                _look(root, first, hits)
            self._walk(root, first, hits)
        return hits

    def _walk(self, root: Element, first: _State, hits: list[Hit]) -> None:
        stack = [(root, first)]  # a document may be deeper than Python's own stack
        while stack:
            element, state = stack.pop()
            trans = state.trans
            for child in element:
                after = trans.get(child.tag, _UNSEEN)
                if after is _UNSEEN:
                    after = self._step(state, child.tag)
                if after is None:
                    continue
                if after.here or after.attributes:
                    _look(child, after, hits)
                if after.leads:
                    stack.append((child, after))

    def _step(self, state: _State, tag: object) -> _State | None:
        if not isinstance(tag, str):  # a comment or processing instruction
            return None
        items = frozenset(self._after(state.items, tag))
        found = self._state(items) if items else None
        state.trans[tag] = found
        return found

    def _after(self, items: frozenset[_Item], tag: str) -> Iterable[_Item]:
        for watch, done in items:
            steps = self._steps[watch]
            if done == len(steps):
                continue
            deep, name = steps[done]
            if deep:
                yield watch, done
            if name == tag or _matches(name, tag):
                yield watch, done + 1

    def _state(self, items: frozenset[_Item]) -> _State:
        state = self._states.get(items)
        if state is None:
            state = self._states[items] = _State(items)
            done = sorted({w for w, n in items if n == len(self._steps[w])})
            watches = [self._watches[w] for w in done]
            state.here = tuple(w for w in watches if not w.path.attribute)
            for watch in watches:
                if watch.path.attribute:
                    state.attributes.setdefault(watch.path.attribute, []).append(watch)
            state.leads = any(n < len(self._steps[w]) for w, n in items)
        return state

    def _forget(self) -> None:
        self._states = {self._start.items: self._start}
        self._start.trans = {}


def _look(element: Element, state: _State, hits: list[Hit]) -> None:
    for watch in state.here:
        codes = watch.codes
        if codes is None or not _is_listed(content_of(element), codes):
            _guarded(element, watch, hits)
    if state.attributes:
        for name, value in element.items():
            for watch in state.attributes.get(str(name), ()):
                codes = watch.codes
                if codes is None or not _is_listed(str(value), codes):
                    _guarded(element, watch, hits)


def _guarded(element: Element, watch: Watch, hits: list[Hit]) -> None:
    if watch.guard is None or watch.guard(element):
        hits.append((watch.rule, element))


_BLANKS = str.maketrans("\t\n\r", "   ")


def _is_listed(value: str, codes: frozenset[str]) -> bool:
    # normalize-space of XPath: the blanks of XML, not those of Unicode.
    return value in codes or " ".join(filter(None, value.translate(_BLANKS).split(" "))) in codes


def _matches(name: str, tag: str) -> bool:
    """Whether a tag is meant by a name with a star."""
    if name == "*":
        return True
    return name.endswith("}*") and tag.startswith(name[:-1])
