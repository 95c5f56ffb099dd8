"""Rules: what a document pays for parsing, the neutral invoice, the walk, the tests, everything."""

from __future__ import annotations

import decimal
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from lxml import etree
from packs.documents import cii, ubl

from simulator.messages.invoice.fields import EXACT
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.loading import names
from simulator.validation.packs.run import Scope, run
from simulator.validation.packs.selection import selected

SIZES = (10_000, 1_000_000, 10_000_000)


def rules() -> None:
    """Prints milliseconds a document, the best of several rounds."""
    packs = tuple(n for n in ("en16931", "br-fr", "extended-ctc-fr") if n in names())
    chosen = packs[:2]
    print(f"packs: {', '.join(chosen)}; milliseconds a document")
    print(
        f"{'':24}{'parse':>9}{'model':>9}{'rules':>9}{'walk':>9}{'tests':>9}{'all':>9}{'+parse':>9}"
    )
    for syntax, make in (("ubl-invoice", ubl), ("cii-d22b", cii)):
        for size in SIZES:
            _measure(syntax, make(size), chosen)


def _measure(syntax: str, content: bytes, packs: tuple[str, ...]) -> None:
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


def _best(measured: Callable[[], float], rounds: int) -> float:
    for _ in range(min(3, rounds)):
        measured()
    # the median of each series, the best series
    series = [sorted(measured() for _ in range(rounds))[rounds // 2] for _ in range(3)]
    return min(series)


def write(folder: Path) -> None:
    """Writes the documents, for engines that read files."""
    for size in SIZES:
        (folder / f"ubl-{size}.xml").write_bytes(ubl(size))
        (folder / f"cii-{size}.xml").write_bytes(cii(size))


if __name__ == "__main__":
    rules()
