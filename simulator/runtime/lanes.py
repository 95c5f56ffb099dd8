"""Lanes: what becomes of the rows of the table of work, on the loop.

A lane runs one row at a time, in (due, id) order. Judging is the exception that proves it: jobs run in
parallel as soon as they are known, but the answer of one waits here until its row is the first of its
lane, so that a partner's flows are decided in the order of deposit.

The rows in memory are a mirror; the table is the truth. After a crash the mirror is filled from the
table: judging and composing are repeated (they are pure), a push that was running is in doubt and is
repeated once, marked as a resend.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections import defaultdict, deque
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from simulator.domain.businesstime import LAST_YEAR, Clock, instant_text
from simulator.domain.flows import WireRecord, Work
from simulator.domain.judgement import Judgement
from simulator.exchange.inputs import (
    BlockJudged,
    ClockMoved,
    Composed,
    Fired,
    HoldingEnded,
    Judged,
    Purged,
    PushBegun,
    Pushed,
    ReceiptSent,
)
from simulator.runtime.engine import JournalError, utc_now
from simulator.runtime.judging import JudgingUnavailable
from simulator.runtime.points import Point, nothing
from simulator.validation.givenup import given_up

log = logging.getLogger("aife_sim.lanes")

# Wall seconds before a row that the journal could not take is tried again.
_AGAIN = 0.5
# Judgements that one transaction takes: together well under the time a peer may be kept waiting.
_TOGETHER = 16
_DOCUMENTS = 200
# A job that raises is tried again so often, then the flow is an incident.
_FAULTS = 2
_MOST_GONE = 1000
_LONGEST_PAUSE = 30.0
# Wall seconds that a move of the clock waits for work to end.
_MOST_SETTLING = 40.0
# A timer for a far instant is renewed now and then: clocks of loops and machines drift apart.
_LONGEST_TIMER = 3600.0


class StillBusy(Exception):
    """Business time cannot go on: something takes long; the text says what, and where time stands."""


class PushOutcome(msgspec.Struct, frozen=True):
    """How a push ended.

    Attributes:
        delivered: the partner has it, by its own word.
        detail: that word.
        outcome: ``delivered``, ``nok`` (refused by the partner), ``wrong-mic`` (it has something else),
            ``no-mdn`` (nothing usable came back), ``unreachable``, ``refused`` (not sent at all).
        again: whether another attempt may succeed.
        record: what went over the wire.
    """

    delivered: bool
    detail: str
    outcome: str = ""
    again: bool = False
    record: WireRecord | None = None


class Hands(Protocol):
    """What lanes need done outside the engine."""

    async def judge(self, work: Work) -> Judgement:
        """Judges the flow of a row."""

    async def compose(self, work: Work) -> Composed:
        """Writes the return of a row."""

    async def push(self, work: Work) -> PushOutcome:
        """Sends the return of a row; never raises for what the peer does."""

    async def receipt(self, work: Work) -> PushOutcome:
        """Sends the receipt of a row by a connection of its own; never raises for what the peer does."""


class Engine(Protocol):
    """Runs steps (`simulator.runtime.engine.EngineThread`)."""

    async def submit(self, space: str, value: object, *, urgent: bool = False) -> Any:  # noqa: ANN401 - each step has its own
        """Runs one."""

    async def submit_all(self, space: str, values: list[object], since: float) -> list[object]:
        """Runs several in one transaction."""


class Lanes:
    """Dispatches work rows.

    Args:
        engine: runs steps.
        hands: does what happens outside the engine.
        clocks: business clock of each space, kept up to date by the engine.
        point: named points.
    """

    def __init__(
        self, engine: Engine, hands: Hands, clocks: dict[str, Clock], point: Point = nothing
    ) -> None:
        self._engine = engine
        self._hands = hands
        self._clocks = clocks
        self._point = point
        self._lanes: dict[tuple[str, str], deque[Work]] = defaultdict(deque)
        self._running: set[tuple[str, str]] = set()
        self._answers: dict[int, tuple[Judgement, float]] = {}
        self._due: dict[str, list[tuple[datetime, int, Work]]] = defaultdict(list)
        self._gone: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._moving = asyncio.Lock()

    # -- rows in --------------------------------------------------------------------------------

    def take(self, works: Sequence[Work], cancelled: Sequence[int] = ()) -> None:
        """Takes durable rows: those due now into their lanes, the others for later."""
        self._gone.update(cancelled)
        if len(self._gone) > _MOST_GONE:
            self._drop_gone()
        sooner = False
        for work in works:
            if work.due is None:
                self._admit(work)
            else:
                rows = self._due[work.space]
                heapq.heappush(rows, (work.due, work.id, work))
                sooner = sooner or rows[0][1] == work.id
        if sooner:
            self.release_due()

    def _drop_gone(self) -> None:
        """Forgets rows that were taken back: on a clock that stands still their time never comes."""
        for space, rows in self._due.items():
            self._due[space] = [row for row in rows if row[1] not in self._gone]
            heapq.heapify(self._due[space])
        self._gone.clear()

    def release_due(self) -> None:
        """Lets every row go whose business instant has come; sets the timer for the next."""
        waits = []
        for space, rows in self._due.items():
            clock = self._clocks.get(space, Clock())
            while rows and rows[0][0] <= clock.at(utc_now()):
                self._admit_unless_gone(heapq.heappop(rows)[2])
            if rows and (seconds := clock.wait(rows[0][0], utc_now())) is not None:
                waits.append(seconds)
        self._set_timer(min(waits, default=None))

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if seconds is not None and not self._closing:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(seconds, _LONGEST_TIMER), self.release_due)

    def _admit_unless_gone(self, work: Work) -> None:
        if work.id in self._gone:
            self._gone.discard(work.id)
        else:
            self._admit(work)

    def _admit(self, work: Work) -> None:
        self._idle.clear()
        lane = (work.space, work.lane)
        self._lanes[lane].append(work)
        if work.kind == "judge":
            self._start(self._judge(work))
        self._go_on(lane)

    # -- rows out -------------------------------------------------------------------------------

    def _go_on(self, lane: tuple[str, str]) -> None:
        """Runs the first row of a lane, unless one runs or its judgement is not there yet.

        Judged rows that follow one another are decided together: one transaction for all of them.
        """
        rows = self._lanes.get(lane)
        if not rows or lane in self._running or self._closing:
            return
        ready = self._decided_together(rows)
        if ready or rows[0].kind != "judge":
            self._running.add(lane)
            self._start(self._run(lane, ready or [rows[0]]))

    def _decided_together(self, rows: deque[Work]) -> list[Work]:
        """The judged rows at the head of a lane, as many as one transaction may take."""
        ready: list[Work] = []
        documents = 0
        for work in itertools.islice(rows, _TOGETHER):
            answer = self._answers.get(work.id)
            if answer is None:
                break
            documents += len(answer[0].documents)
            if ready and (documents > _DOCUMENTS or answer[0].blocks):
                break
            ready.append(work)
        return ready

    async def _judge(self, work: Work) -> None:
        """Judges until there is an answer: a machine out of means may recover, a fault may not."""
        judgement, faults, waits = None, 0, 0
        while judgement is None:
            try:
                judgement = await self._hands.judge(work)
            except JudgingUnavailable as error:
                log.warning("flow %d waits: %s", work.subject, error)
                await asyncio.sleep(min(_LONGEST_PAUSE, _AGAIN * 2 ** min(waits, 10)))
                waits += 1
            except Exception as error:
                log.exception("flow %d could not be judged", work.subject)
                if faults >= _FAULTS:
                    judgement = given_up("SIM_JUDGE_DEFECT", detail=str(error)[:200])
                await asyncio.sleep(_AGAIN)
                faults += 1
        self._answers[work.id] = judgement, time.monotonic()
        self._go_on((work.space, work.lane))

    async def _run(self, lane: tuple[str, str], works: list[Work]) -> None:
        try:
            await self._act(works)
        except (JournalError, OSError) as error:
            log.warning("%s; row %d is tried again", error, works[0].id)
            await asyncio.sleep(_AGAIN)
            self._running.discard(lane)
            self._go_on(lane)
            return
        except Exception:
            # The row stays in the table and is tried again at the next start; its lane goes on.
            log.exception("work %d (%s) failed", works[0].id, works[0].kind)
        rows = self._lanes[lane]
        for work in works:
            rows.popleft()
            self._answers.pop(work.id, None)
        self._running.discard(lane)
        if rows:
            self._go_on(lane)
        else:
            del self._lanes[lane]
            self._tell_if_idle()

    async def _act(self, works: list[Work]) -> None:
        if works[0].kind == "judge":
            await self._conclude(works)
        else:
            acts = {
                "compose": self._compose,
                "push": self._push,
                "receipt": self._receipt,
                "fire": self._fire,
                "transmit": self._transmit,
            }
            await acts.get(works[0].kind, self._purge)(works[0])

    async def _conclude(self, works: list[Work]) -> None:
        judgement, since = self._answers[works[0].id]
        if judgement.blocks and not await self._decide_blocks(works[0], judgement.blocks, since):
            return
        values = [Judged(w.id, w.subject, _head(self._answers[w.id][0])) for w in works]
        outcomes = await self._engine.submit_all(works[0].space, list[object](values), since)
        for work, outcome in zip(works, outcomes, strict=True):
            if isinstance(outcome, Exception):
                await self._conclude_defect(work, outcome)

    async def _decide_blocks(self, work: Work, blocks: Sequence[bytes], since: float) -> bool:
        """The documents of a large flow, a transaction for each block: peers come in between.

        False when one could not be decided and the flow is concluded without them.
        """
        for index, documents in enumerate(blocks):
            value = BlockJudged(work.id, work.subject, index, documents)
            (outcome,) = await self._engine.submit_all(work.space, [value], since)
            if isinstance(outcome, Exception):
                await self._conclude_defect(work, outcome)
                return False
            self._point("block.decided")
        return True

    async def _conclude_defect(self, work: Work, fault: Exception) -> None:
        """A fault of ours while deciding: the flow is an incident, and its partner hears of it."""
        log.error("flow %d could not be decided", work.subject, exc_info=fault)
        judgement = given_up("SIM_JUDGE_DEFECT", detail=f"{type(fault).__name__}: {fault}"[:200])
        await self._engine.submit(work.space, Judged(work.id, work.subject, judgement))

    async def _compose(self, work: Work) -> None:
        self._point("compose.begun")
        done = await self._hands.compose(work)
        self._point("compose.done")
        await self._engine.submit(work.space, done)

    async def _push(self, work: Work) -> None:
        attempt = 1 if work.state == "doubt" else 0
        if work.attempt >= 1 and work.state == "doubt":
            outcome = PushOutcome(delivered=False, detail="unknown: the resend was interrupted too")
        else:
            begun = PushBegun(work.id, work.subject, attempt)
            resend = await self._engine.submit(work.space, begun)
            if resend is None:  # the partner listens no longer: the return waits
                return
            self._point("push.begun")
            outcome = await self._hands.push(
                msgspec.structs.replace(work, attempt=max(attempt, int(bool(resend))))
            )
            self._point("push.ended")
        fields = msgspec.structs.asdict(outcome)
        await self._record(work.space, Pushed(work.id, work.subject, **fields))

    async def _receipt(self, work: Work) -> None:
        """A receipt that a crash cuts is sent again: the same bytes, which its sender knows."""
        outcome = await self._hands.receipt(work)
        done = ReceiptSent(work.id, work.subject, outcome.delivered, outcome.detail)
        await self._record(work.space, done)

    async def _record(self, space: str, value: object) -> None:
        """Records what has happened outside: it cannot be done over, so it is kept until it is."""
        while True:
            try:
                await self._engine.submit(space, value)
            except JournalError as error:
                log.warning("%s; an outcome is recorded again", error)
                await asyncio.sleep(_AGAIN)
            else:
                return

    async def _fire(self, work: Work) -> None:
        await self._engine.submit(work.space, Fired(work.id, work.subject))

    async def _transmit(self, work: Work) -> None:
        await self._engine.submit(work.space, HoldingEnded(work.id, work.subject))

    async def _purge(self, work: Work) -> None:
        await self._engine.submit(work.space, Purged(work.id, work.subject))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- quiet and business time ----------------------------------------------------------------

    def _tell_if_idle(self) -> None:
        if not self._lanes:
            self._idle.set()

    async def quiet(self) -> None:
        """Returns when no row is ready or running now (rows due later do not count)."""
        await self._idle.wait()

    async def advance(self, space: str, by: timedelta) -> datetime:
        """Moves the business clock of a space forward; everything due on the way happens in order.

        After each instant with something due the space becomes quiet before the clock goes on.
        Returns the new business time.

        Raises:
            ValueError: `by` is negative: business time only goes forward.
        """
        if by < timedelta(0):
            message = f"business time only goes forward: expected a positive duration, found {by}"
            raise ValueError(message)
        async with self._moving:
            await self._settled(space)
            try:
                target = self._now(space) + by
            except OverflowError:
                target = datetime.max.replace(tzinfo=UTC)
            if target.year >= LAST_YEAR:
                message = f"business time ends with the year {LAST_YEAR - 1}"
                raise ValueError(message)
            while (instant := self._next_due(space)) is not None and instant <= target:
                await self._set(space, instant)
                await self._settled(space)
            await self._set(space, target)
            return target

    async def _settled(self, space: str) -> None:
        """Waits until the space is quiet, but not for ever: a partner may take its time to answer."""
        try:
            await asyncio.wait_for(self.quiet(), _MOST_SETTLING)
        except TimeoutError:
            lanes = ", ".join(sorted(lane for _, lane in self._lanes))
            message = (
                f"work was still running after {_MOST_SETTLING:g} s ({lanes}); business time stands at"
                f" {instant_text(self._now(space))}: try again when it has ended"
            )
            raise StillBusy(message) from None

    def _now(self, space: str) -> datetime:
        return self._clocks.get(space, Clock()).at(utc_now())

    async def _set(self, space: str, instant: datetime) -> None:
        to = max(instant, self._now(space))  # a running clock may have passed it meanwhile
        moved = self._clocks.get(space, Clock()).moved_to(to, utc_now())
        await self._engine.submit(space, ClockMoved(moved, to), urgent=True)
        self.release_due()

    def _next_due(self, space: str) -> datetime | None:
        rows = self._due[space]
        while rows and rows[0][1] in self._gone:
            self._gone.discard(heapq.heappop(rows)[1])
        return rows[0][0] if rows else None

    async def close(self) -> None:
        """Stops dispatching; rows that are left are taken up at the next start."""
        self._closing = True
        if self._timer:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _head(judgement: Judgement) -> Judgement:
    """A judgement without the documents that were decided before it."""
    return msgspec.structs.replace(judgement, blocks=()) if judgement.blocks else judgement
