"""The engine: one owner of the writing connection, which runs every step.

`Engine.run` is the whole of it and needs neither thread nor loop; `EngineThread` feeds it from a
loop: it takes what is waiting, those first that a peer waits for, commits once for all of them, and
only then tells the loop.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulator.domain.businesstime import Clock
from simulator.domain.flows import Return, Work
from simulator.domain.reference import Reference
from simulator.exchange import STEPS
from simulator.exchange.inputs import ClockMoved
from simulator.journal.recall import Recall
from simulator.journal.store import Store
from simulator.journal.tx import Tx, clocks
from simulator.runtime.points import Point, nothing

Compose = Callable[[Return], bytes]
BATCH = 128
# Peers first: what no peer waits for is done when none has come for a lull, or when it is overdue,
# and may then hold a batch, and so a peer's reply, for a share at most. Seconds.
_LULL = 0.005
_OVERDUE = 5.0
_SHARE = 0.010
# Seconds without work after which the log is merged into the journal file.
_IDLE = 1.0
# The octet of SQLite's result codes that the extended ones share.
_PRIMARY = 0xFF
# A return of this many statuses and lines is written in under a millisecond, inside the step.
_SMALL_RETURN = 12


class JournalError(Exception):
    """A transaction could not be made durable (disk full, I/O error): nothing of it happened."""


class Order(msgspec.Struct):
    """One input on its way to its step, or several that stand or fall together, in order.

    Attributes:
        settle: told on the loop once it is durable: the outcome, a list of them for several.
        urgent: a peer waits.
        since: monotonic seconds from which it could have been done.
    """

    space: str
    input: Any
    settle: asyncio.Future[Any] | None = None
    urgent: bool = False
    since: float = 0.0


class Turn(msgspec.Struct):
    """What one transaction did: an outcome for each order, the work it left, the clocks it set.

    An outcome is the step's value, or the exception that undid that step alone.
    """

    outcomes: list[tuple[Order, object]]
    work: list[Work]
    cancelled: list[int]
    clocks: dict[str, Clock]


def utc_now() -> datetime:
    """Wall time."""
    return datetime.now(UTC)


class Engine:
    """Runs steps in transactions.

    Args:
        store: an open data folder.
        reference: tables for the steps.
        compose: writes a return; called for small ones only.
        wall: the wall clock.
        point: named points.
    """

    def __init__(
        self,
        store: Store,
        reference: Reference,
        compose: Compose,
        *,
        wall: Callable[[], datetime] = utc_now,
        point: Point = nothing,
    ) -> None:
        self._sql = store.connection
        self._reference = reference
        self._compose = compose
        self._wall = wall
        self._point = point
        self._recall = Recall()
        self.clocks: dict[str, Clock] = dict(clocks(store.connection))

    def business_now(self, space: str) -> datetime:
        """Business time of a space."""
        return self.clocks.get(space, Clock()).at(self._wall())

    def run(self, orders: Iterable[Order]) -> Turn:
        """Runs steps in one transaction and commits it.

        A step that raises is undone alone and its exception is its outcome.

        Raises:
            JournalError: the transaction as a whole was lost; its second argument is the orders.
        """
        turn = Turn([], [], [], dict(self.clocks))
        taken: list[Order] = []
        try:
            self._sql.execute("BEGIN IMMEDIATE")
            for order in orders:
                taken.append(order)
                turn.outcomes.append((order, self._steps(order, turn)))
            self._point("engine.before-commit")
            self._sql.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):
                self._sql.rollback()
            self._recall.clear()
            message = f"the journal cannot be written: {error}"
            raise JournalError(message, [*taken, *orders]) from error
        self._point("engine.after-commit")
        self.clocks.update(turn.clocks)  # in place: lanes look into the same dictionary
        return turn

    def _steps(self, order: Order, turn: Turn) -> object:
        if isinstance(order.input, list):
            return [self._step(order.space, value, turn) for value in order.input]
        return self._step(order.space, order.input, turn)

    def _step(self, space: str, value: object, turn: Turn) -> object:
        moved = value if isinstance(value, ClockMoved) else None
        self._sql.execute("SAVEPOINT step")
        try:
            tx = self._tx(space, value, turn.clocks.get(space, Clock()))
            outcome = STEPS[type(value)](tx, value)
            work = tx.finish_step()
        except Exception as error:
            if _is_of_the_disk(error):
                raise
            self._sql.execute("ROLLBACK TO step")
            self._sql.execute("RELEASE step")
            self._recall.clear()
            return error
        self._sql.execute("RELEASE step")
        turn.work += work
        turn.cancelled += tx.cancelled
        if moved:
            turn.clocks[space] = moved.clock
        return outcome

    def _tx(self, space: str, value: object, clock: Clock) -> Tx:
        """What a step works in; a move of the clock already happens at its new time."""
        wall = self._wall()
        return Tx(
            self._sql,
            space,
            value.to if isinstance(value, ClockMoved) else clock.at(wall),
            wall,
            self._reference,
            session=getattr(value, "session", ""),
            compose=self._compose_small,
            recall=self._recall,
        )

    def checkpoint(self) -> None:
        """Merges the log into the journal file: it costs several fsyncs, so not while peers wait."""
        with suppress(sqlite3.Error):
            self._sql.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _compose_small(self, value: Return) -> bytes | None:
        """Small returns are written inside the step: one transaction less until they are seen."""
        size = sum(1 + len(status.lines) for status in value.statuses)
        return self._compose(value) if size <= _SMALL_RETURN else None


def _is_of_the_disk(error: Exception) -> bool:
    """Whether the journal failed, not the step: all that is operational but a wrong statement."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY != sqlite3.SQLITE_ERROR


class EngineThread:
    """The engine in a thread of its own, fed from a loop.

    Args:
        engine: what runs the steps.
        loop: where futures are settled and `on_turn` is called.
        on_turn: told what each transaction did once it is durable, work above all.
    """

    def __init__(
        self,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        on_turn: Callable[[Turn], None],
    ) -> None:
        self._engine = engine
        self._loop = loop
        self._on_turn = on_turn
        # What the loop asks for in one round goes over together, and so into one transaction.
        self._asked: list[Order] = []
        self._inbox: queue.SimpleQueue[list[Order] | None] = queue.SimpleQueue()
        self._urgent: deque[Order] = deque()
        self._background: deque[Order] = deque()
        self._last_urgent = 0.0
        self._unmerged = False
        self._ended = False
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    async def submit(self, space: str, value: object, *, urgent: bool = False) -> Any:  # noqa: ANN401 - each step has its own
        """Runs a step; returns its value once it is durable.

        Args:
            space: whose books.
            value: an input (see `simulator.exchange.STEPS`).
            urgent: a peer waits for the answer.

        Raises:
            JournalError: it could not be made durable.
            Exception: what the step raised.
        """
        return await self._hand_over(space, value, urgent=urgent, since=time.monotonic())

    async def submit_all(self, space: str, values: list[object], since: float) -> list[object]:
        """Runs steps in order in one transaction; their outcomes, exceptions among them.

        Args:
            space: whose books.
            values: inputs; together they may hold the engine, so keep them few.
            since: monotonic seconds from which they wait to be done.

        Raises:
            JournalError: none of them is durable.
        """
        outcomes: list[object] = await self._hand_over(space, values, urgent=False, since=since)
        return outcomes

    async def _hand_over(
        self,
        space: str,
        value: object,
        *,
        urgent: bool,
        since: float,
    ) -> Any:  # noqa: ANN401 - each step has its own
        if self._ended:
            message = "the node is stopping"
            raise JournalError(message)
        settle = self._loop.create_future()
        if not self._asked:
            self._loop.call_soon(self._send)
        self._asked.append(Order(space, value, settle, urgent, since))
        return await settle

    def _send(self) -> None:
        if self._asked:
            self._inbox.put(self._asked)
            self._asked = []

    async def close(self) -> None:
        """Runs what is waiting, then ends the thread; called on the loop."""
        self._ended = True
        self._send()
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def _main(self) -> None:
        while self._wait():
            try:
                self._unmerged = True
                turn = self._engine.run(self._batch())
            except JournalError as error:
                reason, taken = error.args
                outcomes: list[tuple[Order, object]] = [(o, JournalError(reason)) for o in taken]
                turn = Turn(outcomes, [], [], {})
            self._loop.call_soon_threadsafe(self._release, turn)

    def _wait(self) -> bool:
        """Sorts the inbox; returns when there is something to do now. False at the end."""
        while True:
            try:
                orders = self._inbox.get(timeout=self._patience())
            except queue.Empty:
                if self._urgent or self._background:
                    return True
                if self._closing:
                    return False
                self._engine.checkpoint()
                self._unmerged = False
                continue
            if orders is None:
                self._closing = True
                continue
            for order in orders:
                (self._urgent if order.urgent else self._background).append(order)
                if order.urgent:
                    self._last_urgent = time.monotonic()

    def _patience(self) -> float | None:
        """Seconds to wait for more before doing what is there; None: there is nothing."""
        if self._urgent or self._closing:
            return 0.0
        if not self._background:
            return _IDLE if self._unmerged else None
        now = time.monotonic()
        lull = self._last_urgent + _LULL - now
        return max(0.0, min(lull, self._background[0].since + _OVERDUE - now))

    def _batch(self) -> Iterator[Order]:
        """Those that a peer waits for; with them only what is overdue, without them the others."""
        begun = time.monotonic()
        for _ in range(BATCH):
            if not self._urgent:
                break
            yield self._urgent.popleft()
        else:
            return
        alone = time.monotonic() - self._last_urgent >= _LULL or self._closing
        while self._background and time.monotonic() - begun < _SHARE:
            if not alone and self._background[0].since + _OVERDUE > begun:
                return
            yield self._background.popleft()

    def _release(self, turn: Turn) -> None:
        for order, outcome in turn.outcomes:
            if order.settle is None or order.settle.cancelled():
                continue
            if isinstance(outcome, Exception):
                order.settle.set_exception(outcome)
            else:
                order.settle.set_result(outcome)
        self._on_turn(turn)
