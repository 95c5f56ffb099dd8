"""Runs rule packs on a document, and words what they find."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.findings import Finding, Place
from simulator.messages.invoice.fields import content_of
from simulator.messages.xpath import line_of, qualified, xpath_of
from simulator.validation.locate import Spot, spots
from simulator.validation.packs.dialects import Dialect
from simulator.validation.packs.rows import Rule
from simulator.validation.packs.selection import Hit, Hits, selected
from simulator.validation.syntaxes import Syntax

Pack = Callable[[bytes, Element, Syntax, int], tuple[list[Finding], int]]

_LONGEST = 120
# Beyond this size the collector of cycles walks over so many values that it costs a tenth.
_LARGE = 1 << 20


class Scope(msgspec.Struct, frozen=True):
    """What rules are run on a document, and how.

    Attributes:
        packs: ``name`` or ``name@version``, in the order of the findings.
        syntax: of the document (design §7: ``ubl-invoice``).
        circuit: ``b2g`` ...; ``""`` for any: rules of every circuit, motif of the others.
        interface: its code; ``""`` for any.
        on: rules in force on this day; None: all.
        warn: packs whose errors are warnings (the next version, run beside the current one).
    """

    packs: tuple[str, ...]
    syntax: str
    circuit: str = ""
    interface: str = ""
    on: date | None = None
    warn: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What rules found.

    Attributes:
        findings: at most as many as asked for; of every rule that fired at least one as far as they
            go, in document order.
        more: how many there are beyond.
        fired: how often each rule fired, by pack and id.
    """

    findings: list[Finding]
    more: int
    fired: Mapping[tuple[str, str], int]


def run(content: bytes, root: Element, scope: Scope, most: int = 100) -> Outcome:
    """Runs rules.

    Args:
        content: bytes of the document.
        root: its tree.
        scope: which rules.
        most: findings to describe.

    Raises:
        PackError: a pack is not there or cannot be used.
    """
    selection = selected(scope.packs, scope.syntax, scope.circuit, scope.interface)
    if selection is None:
        return Outcome([], 0, {})
    with _undisturbed(len(content)):
        hits = selection.hits(root, most, scope.on)
    chosen = _fair(hits, most)
    places = _places(content, [hit.element for hit in chosen], selection.dialect)
    shown = selection.dialect.shown
    found = [
        _finding(selection.rules[h.rule], h, place, scope, shown)
        for h, place in zip(chosen, places, strict=True)
    ]
    found.sort(key=lambda f: (f.place.line or 0, f.place.column or 0))
    fired = {
        (selection.rules[n].pack, selection.rules[n].id): count
        for n, count in hits.counts.items()
        if count
    }
    return Outcome(found, sum(hits.counts.values()) - len(found), fired)


def pack_of(key: str, circuit: str = "", interface: str = "") -> Pack:
    """A pack as the judge calls them: ``(content, root, syntax, most) -> (findings, more)``.

    Several packs are cheaper in one `run` than one by one: the document is then read once.
    """

    def pack(content: bytes, root: Element, syntax: Syntax, most: int) -> tuple[list[Finding], int]:
        outcome = run(content, root, Scope((key,), syntax.name, circuit, interface), most)
        return outcome.findings, outcome.more

    return pack


@contextmanager
def _undisturbed(size: int) -> Iterator[None]:
    """No collection of cycles while a large document is read; the model has none."""
    pause = size > _LARGE and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _fair(hits: Hits, most: int) -> list[Hit]:
    """The hits to describe: the first of every rule, then the second of every rule, and so on."""
    queues = [places for _, places in sorted(hits.places.items())]
    chosen: list[Hit] = []
    for rank in range(max(map(len, queues), default=0)):
        for places in queues:
            if len(chosen) >= most:
                return chosen
            if rank < len(places):
                chosen.append(places[rank])
    return chosen


def _places(content: bytes, elements: Sequence[Element], dialect: Dialect) -> list[Place]:
    found: list[Spot | None] = spots(content, elements) if elements else []
    shown = dialect.shown
    return [
        Place(
            line=spot.line if spot else line_of(element),
            column=spot.column if spot else None,
            xpath=xpath_of(element, shown),
            excerpt=spot.excerpt if spot else None,
        )
        for element, spot in zip(elements, found, strict=True)
    ]


def _finding(rule: Rule, hit: Hit, place: Place, scope: Scope, shown: Mapping[str, str]) -> Finding:
    element = hit.element
    values = {
        "found": _cut(str(hit.found or _content(element, rule))),
        "expected": _cut(str(hit.expected or ", ".join(rule.lists))),
        "element": qualified(element.tag, shown),
        "rule": rule.id,
    }
    warns = rule.pack in scope.warn and rule.severity == "error"
    return Finding(
        rule=rule.id,
        pack=rule.pack,
        severity="warning" if warns else rule.severity,
        level=rule.level,
        message=rule.message.format(**values),
        help=rule.asked.format(**values),
        repair=rule.repair.en.format(**values),
        motif=None if warns else rule.motif_on(scope.circuit),
        place=place,
        source=f"{rule.source} ({rule.pack} {rule.version})",
        mark=rule.mark,
    )


def _content(element: Element, rule: Rule) -> str:
    if rule.value.startswith("@"):
        return element.get(rule.value[1:]) or ""
    return content_of(element).strip()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
