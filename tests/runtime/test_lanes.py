"""Lanes: order of deposit, one row at a time, due rows, pushes in doubt, quiet."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loops import run

from simulator.domain.businesstime import Clock
from simulator.domain.flows import BlobRef, Work
from simulator.domain.judgement import Document, Judgement
from simulator.exchange.inputs import ClockMoved, Composed, Judged, Purged, PushBegun, Pushed
from simulator.runtime.engine import JournalError
from simulator.runtime.lanes import Lanes, PushOutcome

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def work(number: int, kind: str = "judge", lane: str = "decide:DEM001", **more: Any) -> Work:
    given = {"due": None, "state": "ready", **more}
    return Work(number, "default", lane, kind=kind, subject=number, **given)  # type: ignore[arg-type]


def judgement(number: int) -> Judgement:
    return Judgement(documents=(Document(f"{number}.xml", 1, None),))


class Fake:
    """An engine that records its inputs, and hands that answer when they are told to."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.answers: dict[int, asyncio.Event] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.failures = 0
        self.pushes: list[int] = []
        self.clocks = {"default": Clock("frozen", START, START)}
        self.lanes = Lanes(self, self, self.clocks)

    async def submit(self, space: str, value: Any, *, urgent: bool = False) -> Any:
        assert urgent == isinstance(value, ClockMoved)
        assert space == "default"
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.failures:
            self.failures -= 1
            message = "disk full"
            raise JournalError(message)
        self.inputs.append(value)
        if isinstance(value, PushBegun):
            return value.attempt > 0
        if isinstance(value, ClockMoved):
            self.clocks["default"] = value.clock
        return None

    async def submit_all(self, space: str, values: list[Any], since: float) -> list[Any]:
        assert since > 0
        return [await self.submit(space, value) for value in values]

    async def judge(self, row: Work) -> Judgement:
        await self.answers.setdefault(row.id, asyncio.Event()).wait()
        return judgement(row.id)

    async def compose(self, row: Work) -> Composed:
        return Composed(row.id, row.subject, BlobRef("0" * 64, 1), b"x")

    async def push(self, row: Work) -> PushOutcome:
        self.pushes.append(row.attempt)
        return PushOutcome(True, "ok")

    def answer(self, number: int) -> None:
        self.answers.setdefault(number, asyncio.Event()).set()


def test_flows_of_a_partner_are_decided_in_order_of_deposit_whatever_order_they_are_judged() -> (
    None
):
    async def play() -> list[int]:
        fake = Fake()
        fake.lanes.take([work(n) for n in (1, 2, 3, 4)])
        for number in (4, 2, 3, 1):
            await asyncio.sleep(0)
            fake.answer(number)
        await fake.lanes.quiet()
        assert fake.most_at_once == 1
        return [i.work for i in fake.inputs if isinstance(i, Judged)]

    assert run(play()) == [1, 2, 3, 4]


def test_another_partner_does_not_wait() -> None:
    async def play() -> list[int]:
        fake = Fake()
        fake.lanes.take([work(1), work(2, lane="decide:DEM011")])
        fake.answer(2)
        while not fake.inputs:
            await asyncio.sleep(0)
        first = [i.work for i in fake.inputs]
        fake.answer(1)
        await fake.lanes.quiet()
        return first

    assert run(play()) == [2]


def test_a_row_that_the_journal_could_not_take_is_tried_again_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simulator.runtime.lanes._AGAIN", 0.0)

    async def play() -> list[int]:
        fake = Fake()
        fake.failures = 3
        fake.lanes.take([work(1), work(2)])
        fake.answer(2)
        fake.answer(1)
        await fake.lanes.quiet()
        return [i.work for i in fake.inputs]

    assert run(play()) == [1, 2]


def test_a_push_in_doubt_is_sent_once_more_and_marked() -> None:
    async def play() -> Fake:
        fake = Fake()
        fake.lanes.take([work(1, "push", "push:DEM002", state="doubt")])
        await fake.lanes.quiet()
        return fake

    fake = run(play())
    assert fake.pushes == [1]
    assert fake.inputs == [PushBegun(1, 1, 1), Pushed(1, 1, True, "ok")]


def test_a_resend_that_was_interrupted_too_is_not_sent_a_third_time() -> None:
    async def play() -> Fake:
        fake = Fake()
        fake.lanes.take([work(1, "push", "push:DEM002", state="doubt", attempt=1)])
        await fake.lanes.quiet()
        return fake

    fake = run(play())
    assert fake.pushes == []
    assert [(type(i), i.delivered) for i in fake.inputs] == [(Pushed, False)]


def test_a_push_that_never_began_is_an_ordinary_one() -> None:
    async def play() -> Fake:
        fake = Fake()
        fake.lanes.take([work(1, "push", "push:DEM002")])
        await fake.lanes.quiet()
        return fake

    assert run(play()).pushes == [0]


def test_rows_due_later_do_not_run_and_do_not_hinder_quiet() -> None:
    async def play() -> list[Any]:
        fake = Fake()
        fake.lanes.take([work(1, "purge", "purge:DEM001", due=START + timedelta(days=7))])
        await fake.lanes.quiet()
        return fake.inputs

    assert run(play()) == []


def test_advance_runs_due_rows_one_at_a_time_in_order_of_instant_then_number() -> None:
    async def play() -> list[Any]:
        fake = Fake()
        rows = [(1, 5), (2, 1), (3, 5), (4, 9)]
        due = [work(n, "purge", f"purge:{n}", due=START + timedelta(days=d)) for n, d in rows]
        fake.lanes.take(due)
        now = await fake.lanes.advance("default", timedelta(days=7))
        assert now == START + timedelta(days=7)
        return fake.inputs

    steps = [i.to if isinstance(i, ClockMoved) else i.work for i in run(play())]
    days = [START + timedelta(days=d) for d in (1, 5, 7)]
    assert steps == [days[0], 2, days[1], 1, 3, days[2]]


def test_a_row_taken_back_does_not_run_when_its_time_comes() -> None:
    async def play() -> list[Any]:
        fake = Fake()
        fake.lanes.take([work(1, "purge", "purge:1", due=START + timedelta(days=1))])
        fake.lanes.take([], cancelled=[1])
        await fake.lanes.advance("default", timedelta(days=2))
        return [i for i in fake.inputs if isinstance(i, Purged)]

    assert run(play()) == []


def test_time_does_not_go_back() -> None:
    async def play() -> None:
        await Fake().lanes.advance("default", timedelta(seconds=-1))

    with pytest.raises(ValueError, match="forward"):
        run(play())


def test_a_large_return_is_composed_outside_the_engine() -> None:
    async def play() -> list[Any]:
        fake = Fake()
        fake.lanes.take([work(1, "compose", "compose:DEM001")])
        await fake.lanes.quiet()
        return fake.inputs

    assert [type(i) for i in run(play())] == [Composed]


def test_the_outcome_of_a_push_is_recorded_again_without_a_second_push(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simulator.runtime.lanes._AGAIN", 0.0)

    class Full(Fake):
        async def push(self, row: Work) -> PushOutcome:
            self.failures = 2
            return await super().push(row)

    async def play() -> Fake:
        fake = Full()
        fake.lanes.take([work(1, "push", "push:DEM002")])
        await fake.lanes.quiet()
        return fake

    fake = run(play())
    assert fake.pushes == [0]
    assert fake.inputs == [PushBegun(1, 1, 0), Pushed(1, 1, True, "ok")]


def test_a_return_that_could_not_be_written_is_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simulator.runtime.lanes._AGAIN", 0.0)

    class Full(Fake):
        attempts = 0

        async def compose(self, row: Work) -> Composed:
            self.attempts += 1
            if self.attempts < 3:
                raise OSError(28, "No space left on device")
            return await super().compose(row)

    async def play() -> list[Any]:
        fake = Full()
        fake.lanes.take([work(1, "compose", "compose:DEM001")])
        await fake.lanes.quiet()
        return fake.inputs

    assert [type(i) for i in run(play())] == [Composed]


def test_a_flow_that_cannot_be_judged_for_a_fault_of_ours_is_an_incident(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simulator.runtime.lanes._AGAIN", 0.0)

    class Faulty(Fake):
        async def judge(self, row: Work) -> Judgement:
            raise KeyError("FSO0000A")

    async def play() -> list[Any]:
        fake = Faulty()
        fake.lanes.take([work(1)])
        await fake.lanes.quiet()
        return fake.inputs

    (judged,) = run(play())
    assert [f.rule for f in judged.judgement.findings] == ["SIM_JUDGE_DEFECT"]
