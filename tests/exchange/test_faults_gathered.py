"""Faults on returns that do not leave at once: gathered for their hour, or held for a large flow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playbook import START, Playbook, document, name_of

from simulator.domain.businesstime import Clock
from simulator.domain.faults import Fault
from simulator.domain.flows import Return
from simulator.domain.judgement import Judgement
from simulator.domain.reference import Options
from simulator.exchange.inputs import BlockJudged, ClockMoved, FaultAdded, Judged
from simulator.exchange.packing import next_leaving

SIX = next_leaving(START, "06:00")


def daily(tmp_path: Path) -> Playbook:
    return Playbook(tmp_path / "data", Options(status_delivery="daily", story=False))


def demand(play: Playbook, outcome: str, **given: Any) -> int:
    return int(play.do(FaultAdded(Fault(outcome, **given))))  # type: ignore[arg-type]


def invoice(play: Playbook, number: int) -> int:
    flow = play.deposit(name_of(number), b"%d" % number)
    play.judge(flow, document(f"F-{number}"))
    return flow


def statuses(play: Playbook, flow: int) -> list[Return]:
    return [value for value in play.returns(flow) if value.interface == "FEN1201A"]


def said(play: Playbook, flow: int) -> list[list[str]]:
    """The invoices that each return with a status about a deposit speaks of."""
    return [[s.number for s in value.statuses] for value in statuses(play, flow)]  # type: ignore[union-attr]


@pytest.mark.parametrize("interface", ["", "FEN1201A"])
def test_silence_does_not_leak_into_a_return_that_is_gathered(
    tmp_path: Path, interface: str
) -> None:
    play = daily(tmp_path)
    first = invoice(play, 1)
    demand(play, "silence", interface=interface)
    silent, third = invoice(play, 2), invoice(play, 3)
    assert said(play, silent) == []
    assert said(play, first) == said(play, third) == [["F-1", "F-3"]]
    play.store.close()


@pytest.mark.parametrize(
    ("outcome", "after"), [("duplicate", timedelta()), ("delay", timedelta(hours=2))]
)
def test_a_return_that_meets_a_fault_neither_joins_another_nor_lets_one_join(
    tmp_path: Path, outcome: str, after: timedelta
) -> None:
    play = daily(tmp_path)
    invoice(play, 1)
    demand(play, outcome, interface="FEN1201A", after=after)
    second, third = invoice(play, 2), invoice(play, 3)
    assert said(play, second) == [["F-2"]]
    assert said(play, third) == [["F-1", "F-3"]]
    assert statuses(play, second)[0].issued == SIX + after
    play.store.close()


def test_the_first_that_meets_a_fault_is_left_alone_by_the_next(tmp_path: Path) -> None:
    play = daily(tmp_path)
    demand(play, "delay", interface="FEN1201A", after=timedelta(hours=2))
    first, second = invoice(play, 1), invoice(play, 2)
    assert (said(play, first), said(play, second)) == ([["F-1"]], [["F-2"]])
    play.store.close()


@pytest.mark.parametrize("delivery", ["immediate", "daily"])
@pytest.mark.parametrize("days", [0, 3])
def test_a_delay_of_a_return_holds_for_a_large_flow(
    tmp_path: Path, delivery: Any, days: int
) -> None:
    play = Playbook(tmp_path / "data", Options(status_delivery=delivery, story=False))
    after = timedelta(days=days, hours=2)
    demand(play, "delay", interface="FEN1201A", after=after)
    flow = play.deposit(name_of(1))
    work = next(w.id for w in play.todo if w.kind == "judge")
    documents = msgspec.msgpack.encode((document("F-1"),))
    play.do(BlockJudged(work, flow, 0, documents))
    moved = START + timedelta(minutes=5)
    play.do(ClockMoved(Clock("frozen", moved, moved), moved))
    play.do(Judged(work, flow, Judgement()))
    dues = [w.due for w in play.todo if w.kind == "compose"]
    assert dues == [max(START + after, SIX) if delivery == "daily" else START + after]
    play.store.close()
