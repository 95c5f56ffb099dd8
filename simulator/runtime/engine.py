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
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulator.domain.businesstime import Clock
from simulator.domain.flows import Return, Work
from simulator.domain.reference import Reference
from simulator.exchange import STEPS
from simulator.exchange.inputs import ClockMoved
from simulator.journal.store import Store
from simulator.journal.tx import Tx, clocks
from simulator.runtime.points import Point, nothing

Compose = Callable[[Return], bytes]
BATCH = 128
# Work that no peer waits for may hold a batch, and so a peer's reply, this long at most.
_BACKGROUND_SECONDS = 0.010
# A return of this many statuses and lines is written in under a millisecond, inside the step.
_SMALL_RETURN = 12


class JournalError(Exception):
    """A transaction could not be made durable (disk full, I/O error): nothing of it happened."""


class Order(msgspec.Struct):
    """One input on its way to its step; `settle` is told on the loop once it is durable."""

    space: str
    input: Any
    settle: asyncio.Future[Any] | None = None
    urgent: bool = False


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
        self.clocks: dict[str, Clock] = dict(clocks(store.connection))

    def business_now(self, space: str) -> datetime:
        """Business time of a space."""
        return self.clocks.get(space, Clock()).at(self._wall())

    def run(self, orders: Iterable[Order]) -> Turn:
        """Runs steps in one transaction and commits it.

        A step that raises is undone alone and its exception is its outcome.

        Raises:
            JournalError: the transaction as a whole was lost; the orders taken are in its
                second argument.
        """
        turn = Turn([], [], [], dict(self.clocks))
        taken: list[Order] = []
        try:
            self._sql.execute("BEGIN IMMEDIATE")
            for order in orders:
                taken.append(order)
                turn.outcomes.append((order, self._step(order, turn)))
            self._point("engine.before-commit")
            self._sql.execute("COMMIT")
        except sqlite3.Error as error:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            message = f"the journal cannot be written: {error}"
            raise JournalError(message, taken) from error
        self._point("engine.after-commit")
        self.clocks.update(turn.clocks)  # in place: lanes look into the same dictionary
        return turn

    def _step(self, order: Order, turn: Turn) -> object:
        wall = self._wall()
        moved = order.input if isinstance(order.input, ClockMoved) else None
        now = moved.to if moved else turn.clocks.get(order.space, Clock()).at(wall)
        session = getattr(order.input, "session", "")
        tx = Tx(
            self._sql,
            order.space,
            now,
            wall,
            self._reference,
            session=session,
            compose=self._compose_small,
        )
        self._sql.execute("SAVEPOINT step")
        try:
            value = STEPS[type(order.input)](tx, order.input)
            work = tx.write_work()
        except sqlite3.OperationalError:
            raise  # the disk, not the step
        except Exception as error:
            self._sql.execute("ROLLBACK TO step")
            self._sql.execute("RELEASE step")
            return error
        self._sql.execute("RELEASE step")
        turn.work += work
        turn.cancelled += tx.cancelled
        if moved:
            turn.clocks[order.space] = moved.clock
        return value

    def _compose_small(self, value: Return) -> bytes | None:
        """Small returns are written inside the step: one transaction less until they are seen."""
        size = sum(1 + len(status.lines) for status in value.statuses)
        return self._compose(value) if size <= _SMALL_RETURN else None


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
        self._inbox: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._urgent: deque[Order] = deque()
        self._background: deque[Order] = deque()
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
        settle = self._loop.create_future()
        self._inbox.put(Order(space, value, settle, urgent))
        return await settle

    def close(self) -> None:
        """Runs what is waiting, then ends the thread."""
        self._inbox.put(None)
        self._thread.join()

    def _main(self) -> None:
        while self._wait():
            try:
                turn = self._engine.run(self._batch())
            except JournalError as error:
                reason, taken = error.args
                outcomes: list[tuple[Order, object]] = [(o, JournalError(reason)) for o in taken]
                turn = Turn(outcomes, [], [], {})
            self._loop.call_soon_threadsafe(self._release, turn)

    def _wait(self) -> bool:
        """Sorts the inbox; blocks while there is nothing to do. False at the end."""
        while True:
            idle = not self._urgent and not self._background
            if idle and self._closing:
                return False
            try:
                order = self._inbox.get(block=idle)
            except queue.Empty:
                return True
            if order is None:
                self._closing = True
            else:
                (self._urgent if order.urgent else self._background).append(order)

    def _batch(self) -> Iterator[Order]:
        taken = 0
        while self._urgent and taken < BATCH:
            taken += 1
            yield self._urgent.popleft()
        end = time.monotonic() + _BACKGROUND_SECONDS
        while self._background and taken < BATCH and time.monotonic() < end:
            taken += 1
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
