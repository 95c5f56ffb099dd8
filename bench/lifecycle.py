"""The life cycle: 10,000 statuses written and packed; a story of 1,000 invoices through all statuses.

Engine, journal and writers as in a node, in one process and one thread: what a node does in parallel
is here one after the other.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from playbook import SUPPLIER, document, name_of
from stage_desk import AT_DEM021, TOWN, Stage

from simulator.domain.judgement import Judgement
from simulator.exchange.inputs import Judged

_STATUSES, _INVOICES = 10_000, 1_000
_BLOCK = 200  # invoices that one judgement brings


@contextmanager
def staged() -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="aife-sim-bench-"))
    stage = Stage(folder / "data")
    try:
        yield stage
    finally:
        stage.store.close()
        shutil.rmtree(folder)


def _flows(stage: Stage, count: int, recipient: str) -> None:
    """So many accepted invoices of a platform, judged without being read."""
    for rank in range(count // _BLOCK):
        flow = stage.deposit(name_of(rank + 1, "FSO1150A", "DEM011"), partner="DEM011")
        work = next(w for w in stage.todo if w.kind == "judge" and w.subject == flow)
        stage.todo.remove(work)
        invoices = tuple(
            document(f"F-{rank}-{n}", supplier=SUPPLIER, recipient=recipient) for n in range(_BLOCK)
        )
        stage.do(Judged(work.id, flow, Judgement(documents=invoices)))
    stage.compose_all()


def _put_out(stage: Stage) -> int:
    """Statuses in returns that were put out for the platform, bytes and all."""
    rows = stage.store.connection.execute(
        "SELECT count(*) FROM returned WHERE partner = 'DEM011' AND state IN ('waiting', 'purged')"
        " AND sha256 IS NOT NULL"
    )
    assert rows.fetchone()[0] == len(stage.sent("DEM011"))
    return sum(len(value.statuses) for value in stage.sent("DEM011"))


def lifecycle() -> None:
    with staged() as stage:
        _flows(stage, _STATUSES, "12345678200051")
        before = _put_out(stage)
        begin = time.perf_counter()
        stage.advance(minutes=5)
        took = time.perf_counter() - begin
        assert _put_out(stage) - before == _STATUSES
    print(f"{_STATUSES} statuses decided, written, packed, put out: {took:.1f} s (claim <= 10)")
    with staged() as stage:
        begin = time.perf_counter()
        _flows(stage, _INVOICES, "12345678200051")
        stage.advance(days=40)
        took = time.perf_counter() - begin
        last = stage.life("F-0-0")["history"]
        assert [entry["status"] for entry in last] == ["01", "03", "07", "08", "11"]
        assert _put_out(stage) == _INVOICES * 5 + _INVOICES // _BLOCK
    print(f"story of {_INVOICES} invoices, 01 to 11, clock advanced: {took:.1f} s (claim <= 10)")
    _deliveries()


def _deliveries() -> None:
    """Invoices taken out of deposits: relayed with a readable form, and made into pivots."""
    with staged() as stage:
        numbers = [f"G-{n}" for n in range(50)]
        begin = time.perf_counter()
        stage.invoices(numbers, interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
        relayed = time.perf_counter() - begin
        stage.invoices(numbers, recipient=TOWN)
        begin = time.perf_counter()
        stage.advance(minutes=5)
        pivots = time.perf_counter() - begin
    print(f"50 UBL invoices judged and relayed with a readable PDF: {relayed:.1f} s")
    print(f"50 invoices for a public buyer with a readable PDF: {pivots:.1f} s")
