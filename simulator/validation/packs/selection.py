"""The compiled rules of some packs for one syntax, circuit and interface.

One automaton, one stylesheet, one list of functions, however many packs there are: a document pays
for one walk, one transformation and one reading of the invoice.
"""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import EXACT
from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.automaton import Automaton, Watch
from simulator.validation.packs.dialects import Dialect, dialect_of
from simulator.validation.packs.loading import load
from simulator.validation.packs.model import Fault, Function, functions_of
from simulator.validation.packs.patterns import Path, below, parse
from simulator.validation.packs.rows import PackError, Rule
from simulator.validation.packs.stylesheet import REGULAR, Tests


class Hit(NamedTuple):
    """A place where a rule fired."""

    rule: int
    element: Element
    found: object = ""
    expected: object = ""


class Hits:
    """What fired: places as far as they are wanted, and counts of all."""

    def __init__(self) -> None:
        self.places: dict[int, list[Hit]] = {}
        self.counts: Counter[int] = Counter()

    def add(self, hit: Hit, most: int) -> None:
        """Counts one more, and keeps it while there are fewer than `most` of its rule."""
        self.counts[hit.rule] += 1
        places = self.places.setdefault(hit.rule, [])
        if len(places) < most:
            places.append(hit)


class Selection:
    """Compiled rules of some packs for one syntax, circuit and interface."""

    def __init__(
        self,
        rules: Sequence[Rule],
        functions: Mapping[str, Mapping[str, Function]],
        dialect: Dialect,
    ) -> None:
        self.rules = rules
        self.dialect = dialect
        numbered = list(enumerate(rules))
        self.automaton = Automaton(
            (w for n, rule in numbered for w in _watches(n, rule, dialect)), dialect.prefixes
        )
        self.tests = Tests([(n, r) for n, r in numbered if r.kind == "test"], dialect.prefixes)
        self.functions = [(n, functions[r.pack][r.id]) for n, r in numbered if r.kind == "model"]

    def hits(self, root: Element, most: int, on: date | None) -> Hits:
        """Runs everything on a document."""
        hits = Hits()
        # The model first: it keeps the elements that the walk then finds ready.
        invoices = self._invoices(root)
        walked = self.automaton.run(root)
        if walked:
            self._walked(walked, hits, most)
        with decimal.localcontext(EXACT):
            for number, fault in self._faults(invoices):
                if fault.before is None or (on is not None and on < fault.before):
                    hits.add(_of_fault(number, fault, root), most)
        for number, count in self.tests.run(root).items():
            hits.counts[number] = count
            found = self.tests.failing(number, root)[:most]
            hits.places[number] = [Hit(number, e) for e in found]
        if hits.counts:
            self._drop(hits, root, on)
        return hits

    def _invoices(self, root: Element) -> Sequence[Invoice]:
        if not self.functions or self.dialect.read is None:
            return ()
        if self.dialect.read_all is not None:
            return self.dialect.read_all(root)
        return (self.dialect.read(root),)

    def _faults(self, invoices: Sequence[Invoice]) -> Iterator[tuple[int, Fault]]:
        for invoice in invoices:
            for number, function in self.functions:
                for fault in function(invoice):
                    yield number, fault

    def _walked(self, found: Iterable[tuple[int, Element]], hits: Hits, most: int) -> None:
        by_rule: dict[int, list[Element]] = {}
        for number, element in found:
            by_rule.setdefault(number, []).append(element)
        for number, elements in by_rule.items():
            hits.counts[number] = len(elements)
            hits.places[number] = [Hit(number, e) for e in elements[:most]]

    def _drop(self, hits: Hits, root: Element, on: date | None) -> None:
        """Leaves out rules that are not in force, or not for the profile of the document."""
        profiles: tuple[str, ...] | None = None
        for number in list(hits.counts):
            rule = self.rules[number]
            late = on is not None and (
                (rule.since is not None and on < rule.since)
                or (rule.until is not None and on > rule.until)
            )
            if rule.profiles and profiles is None:
                profiles = self._profiles(root)
            foreign = bool(rule.profiles) and not any(
                p.startswith(rule.profiles) for p in profiles or ()
            )
            if late or foreign:
                del hits.counts[number]
                hits.places.pop(number, None)

    def _profiles(self, root: Element) -> tuple[str, ...]:
        """BT-23 and BT-24 of a document."""
        if self.dialect.read is None:
            return ()
        invoice = self.dialect.read(root)
        return (invoice.profile.clean, invoice.specification.clean)


@cache
def selected(
    packs: tuple[str, ...], syntax: str, circuit: str = "", interface: str = ""
) -> Selection | None:
    """The compiled rules of some packs, made once in a process; None when there are none.

    Raises:
        PackError: a pack is not there or cannot be used.
    """
    dialect = dialect_of(syntax)
    if dialect is None:
        return None
    rules: list[Rule] = []
    functions: dict[str, Mapping[str, Function]] = {}
    for key in packs:
        pack = load(key)
        here = [r for r in pack.rules if syntax in r.syntaxes and r.applies(circuit, interface)]
        rules += here
        functions[key] = (
            functions_of(pack.functions) if any(r.kind == "model" for r in here) else {}
        )
        missing = [r.id for r in here if r.kind == "model" and r.id not in functions[key]]
        if missing:
            message = f"pack {key}: no function for the model rules {', '.join(missing)}"
            raise PackError(message)
    return Selection(rules, functions, dialect) if rules else None


def _watches(number: int, rule: Rule, dialect: Dialect) -> Iterable[Watch]:
    if rule.kind == "forbid":
        paths = below(parse(rule.context), rule.forbid)
    elif rule.kind == "codes":
        paths = parse(rule.context)
        if rule.value != ".":
            attribute = rule.value.removeprefix("@")
            paths = tuple(Path(p.steps, attribute) for p in paths)
    else:
        return
    codes = rule.codes if rule.kind == "codes" else None
    for path in paths:
        yield Watch(number, path, _guard(path, rule, dialect), codes)


def _guard(path: Path, rule: Rule, dialect: Dialect) -> etree.XPath | None:
    conditions = [] if path.plain else [path.guard]
    if rule.unless:
        excluded = " or ".join(p.condition for p in parse(rule.unless))
        conditions.append(f"not({excluded})")
    if not conditions:
        return None
    test = " and ".join(f"({c})" for c in conditions)
    return etree.XPath(f"boolean({test})", namespaces={**dialect.prefixes, **REGULAR})


def _of_fault(number: int, fault: Fault, root: Element) -> Hit:
    element = fault.at.element
    return Hit(number, root if element is None else element, fault.found, fault.expected)
