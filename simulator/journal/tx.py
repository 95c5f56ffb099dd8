"""The transaction that every step works in: books, events, work, small blobs.

A step reads and writes through a `Tx` and nothing else, so that the same inputs at the same business
times write the same rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from simulator.domain.businesstime import Clock, instant_text, parse_instant
from simulator.domain.flows import BlobRef, Deposit, ErrorLine, Return, Work, WorkKind
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import Reference
from simulator.journal.faultbook import FaultBook
from simulator.journal.lifebook import LifeBook
from simulator.journal.recall import Recall
from simulator.journal.returnbook import ReturnBook
from simulator.journal.rows import Flow, Invoice, NewFlow, NewWork, flow_of
from simulator.journal.wirebook import WireBook

T = TypeVar("T")
# Contents that one statement writes.
_BLOBS = 16
_encode = msgspec.json.Encoder(order="deterministic").encode


def _never(_: Return) -> None:
    """No return is written inside a step."""


class Tx:
    """One step's view of the journal, inside a transaction that the engine opened.

    Attributes:
        now: business time of the step; `at` is its text in the journal.
        reference: tables that never change.
        todo: work added by the step so far.
        cancelled: numbers of the rows of work that the step took back.
        wire: the book of what went over the wire.
        life: the book of lives.
        faults: what is to go wrong.
        returns: the book of what goes back to partners.
    """

    def __init__(  # noqa: PLR0913 - made in one place, by the engine
        self,
        connection: sqlite3.Connection,
        space: str,
        now: datetime,
        wall: datetime,
        reference: Reference,
        *,
        session: str = "",
        compose: Callable[[Return], bytes | None] = _never,
        recall: Recall | None = None,
    ) -> None:
        self.execute = self._sql = connection.execute
        self.space = space
        self._compose = compose
        self.now = now
        self.at = instant_text(now)
        self.wall = instant_text(wall)
        self._session = session
        self.reference = reference
        self.recall = recall or Recall()
        self._blobs: dict[str, tuple[str, str, int, bytes | None]] = {}
        self.todo: list[NewWork] = []
        self.cancelled: list[int] = []
        self.wire = WireBook(self)
        self.life = LifeBook(self)
        self.faults = FaultBook(self)
        self.returns = ReturnBook(self)

    # -- events ---------------------------------------------------------------------------------

    def event(
        self,
        stream: str,
        kind: str,
        body: object,
        *,
        cause: int | None = None,
        flow: int | None = None,
    ) -> int:
        """Appends an event; `body` is anything msgspec can write. Returns its global number."""
        row = (
            self.space,
            stream,
            self.space,
            stream,
            kind,
            self.at,
            self.wall,
            cause,
            flow,
            self._session,
            _encode(body).decode(),
        )
        return self.insert(
            "INSERT INTO event (space, stream, position, type, at, wall, cause, flow, session, body)"
            " VALUES (?, ?, (SELECT coalesce(max(position), 0) + 1 FROM event"
            " WHERE space = ? AND stream = ?), ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    # -- raccordements and directory ------------------------------------------------------------

    def raccordement(self, code: str) -> Raccordement | None:
        """The raccordement of a code application."""
        known, key = self.recall.raccordements, (self.space, code)
        if key not in known:
            query = "SELECT body FROM raccordement WHERE space = ? AND code = ?"
            self.recall.keep(known, key, self._one(query, code, Raccordement))
        return known[key]

    def save_raccordement(self, value: Raccordement) -> None:
        """Adds a raccordement or replaces it."""
        self.recall.raccordements.clear()
        self._sql(
            "INSERT OR REPLACE INTO raccordement (space, code, body) VALUES (?, ?, ?)",
            (self.space, value.code_application, _encode(value).decode()),
        )

    def structure(self, identifier: str) -> Structure | None:
        """The directory entry of an identifier."""
        known, key = self.recall.structures, (self.space, identifier)
        if key not in known:
            query = "SELECT body FROM structure WHERE space = ? AND identifier = ?"
            self.recall.keep(known, key, self._one(query, identifier, Structure))
        return known[key]

    def save_structure(self, value: Structure) -> None:
        """Adds a directory entry or replaces it."""
        self.recall.structures.clear()
        self._sql(
            "INSERT OR REPLACE INTO structure (space, identifier, body) VALUES (?, ?, ?)",
            (self.space, value.identifier, _encode(value).decode()),
        )

    def public_structures(self) -> tuple[Structure, ...]:
        """The public structures of the directory, in order of identifier."""
        rows = self._sql(
            "SELECT body FROM structure WHERE space = ? ORDER BY identifier", (self.space,)
        )
        every = (msgspec.json.decode(row[0], type=Structure) for row in rows)
        return tuple(each for each in every if each.kind == "public")

    # -- flows ----------------------------------------------------------------------------------

    def stream_of(self, partner: str, name: str) -> str:
        """Name of the stream of one more deposit under a name: ``DEM001/NAME``, ``DEM001/NAME#2``."""
        base = f"{partner}/{name}"
        earlier = self._sql(
            "SELECT count(*) FROM flow WHERE space = ? AND partner = ? AND name = ?",
            (self.space, partner, name),
        ).fetchone()[0]
        return f"{base}#{earlier + 1}" if earlier else base

    def add_flow(self, deposit: Deposit, flow: NewFlow) -> int:
        """Writes a deposit into the book of flows; returns its journal number.

        With a stem, the flow name counts as received for ever.
        """
        row = (
            self.space,
            deposit.partner,
            flow.stream,
            deposit.protocol,
            deposit.name,
            flow.stem,
            flow.identifier,
            flow.interface,
            flow.report,
            deposit.blob.sha256,
            deposit.blob.size,
            self.at,
            flow.state,
            flow.verdict,
            flow.wire,
        )
        return self.insert(
            "INSERT INTO flow (space, partner, stream, protocol, name, stem, identifier, interface,"
            " report, sha256, size, received, state, verdict, wire)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def flow(self, number: int) -> Flow:
        """A deposit by its journal number; `LookupError` if there is none."""
        row = self._sql(
            "SELECT * FROM flow WHERE space = ? AND id = ?", (self.space, number)
        ).fetchone()
        if row is None:
            message = f"no flow with journal number {number}"
            raise LookupError(message)
        return flow_of(row)

    def flow_received_as(self, stem: str) -> Flow | None:
        """The deposit that used a flow name first, if any."""
        row = self._sql(
            "SELECT * FROM flow WHERE space = ? AND stem = ?", (self.space, stem)
        ).fetchone()
        return flow_of(row) if row else None

    def set_flow(self, number: int, state: str, verdict: str = "") -> None:
        """Moves a deposit to another state of the portal's list (dossier §6)."""
        self._sql("UPDATE flow SET state = ?, verdict = ? WHERE id = ?", (state, verdict, number))

    def set_blocks(self, number: int, blocks: int) -> None:
        """Notes how many blocks of a large flow are decided."""
        self._sql("UPDATE flow SET blocks = ? WHERE id = ?", (blocks, number))

    # -- invoices -------------------------------------------------------------------------------

    def invoice_standing(self, triptych: str) -> Flow | None:
        """The deposit that brought the invoice with this key of uniqueness, if one stands."""
        row = self._sql(
            "SELECT flow.* FROM invoice JOIN flow ON flow.id = invoice.flow"
            " WHERE invoice.space = ? AND invoice.triptych = ?",
            (self.space, triptych),
        ).fetchone()
        return flow_of(row) if row else None

    def add_invoice(self, flow: int, invoice: Invoice) -> int:
        """Writes an invoice of a flow; returns its number."""
        *values, line = (getattr(invoice, name) for name in invoice.__struct_fields__)
        return self.insert(
            "INSERT INTO invoice (space, flow, member, number, supplier, recipient, status, verdict,"
            " triptych, size, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.space, flow, *values, _encode(line).decode() if line else None),
        )

    def invoices_of(self, flow: int) -> int:
        """How many invoices of a flow are in the book."""
        row = self._sql("SELECT count(*) FROM invoice WHERE flow = ?", (flow,)).fetchone()
        return int(row[0])

    def lines_of(self, flow: int) -> tuple[ErrorLine, ...]:
        """What its report says of each refused invoice of a flow, in the order of the envelope."""
        rows = self._sql(
            "SELECT line FROM invoice WHERE flow = ? AND line IS NOT NULL ORDER BY id", (flow,)
        )
        return tuple(msgspec.json.decode(row[0], type=ErrorLine) for row in rows)

    def forget_blocks(self, flow: int) -> None:
        """Takes back what was decided of a flow that is refused after all."""
        self._sql(
            "DELETE FROM delivery WHERE invoice IN (SELECT id FROM invoice WHERE flow = ?)", (flow,)
        )
        self._sql(
            "DELETE FROM status WHERE invoice IN (SELECT id FROM invoice WHERE flow = ?)", (flow,)
        )
        self._sql("DELETE FROM invoice WHERE flow = ?", (flow,))
        self._sql("DELETE FROM returned WHERE flow = ? AND state = 'held'", (flow,))
        self._sql("UPDATE flow SET blocks = 0 WHERE id = ?", (flow,))

    # -- contents of returns, and other blobs ------------------------------------------------------

    def compose(self, value: Return) -> bytes | None:
        """The bytes of a return that is small enough to be written inside the step, else None."""
        return self._compose(value)

    def keep_blob(self, ref: BlobRef, content: bytes | None) -> None:
        """Refers to content: inline, or (None) a file that already lies in the blob folder.

        Written at the end of the step, all together (`finish_step`).
        """
        self._blobs.setdefault(ref.sha256, (self.space, ref.sha256, ref.size, content))

    def _write_blobs(self) -> None:
        rows = list(self._blobs.values())
        self._blobs.clear()
        for at in range(0, len(rows), _BLOBS):
            some = rows[at : at + _BLOBS]
            self._sql(
                "INSERT OR IGNORE INTO blob (space, sha256, size, data) VALUES"  # noqa: S608 - signs alone
                f" {', '.join(['(?, ?, ?, ?)'] * len(some))}",
                [value for row in some for value in row],
            )

    # -- work -----------------------------------------------------------------------------------

    def enqueue(
        self, kind: WorkKind, subject: int, lane: str, cause: int, due: datetime | None = None
    ) -> None:
        """Adds something to do once this transaction is durable."""
        self.todo.append(NewWork(lane, kind, subject, due, cause))

    def finish_step(self) -> list[Work]:
        """Writes contents and what was enqueued; called by the engine when the step has returned."""
        self._write_blobs()
        written = []
        for new in self.todo:
            due = instant_text(new.due) if new.due else None
            number = self.insert(
                "INSERT INTO work (space, lane, due, kind, state, subject, cause)"
                " VALUES (?, ?, ?, ?, 'ready', ?, ?)",
                (self.space, new.lane, due, new.kind, new.subject, new.cause),
            )
            written.append(
                Work(number, self.space, new.lane, new.due, new.kind, "ready", new.subject)
            )
        self.todo.clear()
        return written

    def mark_work(self, number: int, state: str, attempt: int) -> None:
        """Notes that a push was begun."""
        self._sql("UPDATE work SET state = ?, attempt = ? WHERE id = ?", (state, attempt, number))

    def finish(self, number: int) -> tuple[bool, int | None]:
        """Takes a row off the list: it is done. Whether it was on it, and the event that asked for it.

        A second answer to the same work finds it gone and must change nothing.
        """
        row = self._sql("DELETE FROM work WHERE id = ? RETURNING cause", (number,)).fetchone()
        return (False, None) if row is None else (True, row[0])

    def cancel(self, kind: WorkKind, subject: int) -> None:
        """Takes back what is to be done about a subject."""
        rows = self._sql(
            "DELETE FROM work WHERE space = ? AND subject = ? AND kind = ? RETURNING id",
            (self.space, subject, kind),
        )
        self.cancelled += [row[0] for row in rows]

    def lane_is_busy(self, lane: str) -> bool:
        """Whether something waits or runs in a lane, or was added to it in this step."""
        if any(new.lane == lane for new in self.todo):
            return True
        row = self._sql(
            "SELECT 1 FROM work WHERE space = ? AND lane = ? LIMIT 1", (self.space, lane)
        ).fetchone()
        return row is not None

    def is_open(self, work: int) -> bool:
        """Whether a row of work is still on the list."""
        return self._sql("SELECT 1 FROM work WHERE id = ?", (work,)).fetchone() is not None

    def cause_of(self, work: int) -> int | None:
        """The event that asked for a row of work."""
        row = self._sql("SELECT cause FROM work WHERE id = ?", (work,)).fetchone()
        return row[0] if row else None

    # -- clock ----------------------------------------------------------------------------------

    def save_clock(self, clock: Clock) -> None:
        """Writes the business clock of the space."""
        self._sql(
            "INSERT OR REPLACE INTO space (name, mode, business, wall, rate) VALUES (?, ?, ?, ?, ?)",
            (
                self.space,
                clock.mode,
                instant_text(clock.business),
                instant_text(clock.wall),
                clock.rate,
            ),
        )

    # -- plumbing -------------------------------------------------------------------------------

    def insert(self, statement: str, row: tuple[Any, ...]) -> int:
        """Executes an INSERT; the number of its row."""
        number = self._sql(statement, row).lastrowid
        assert number is not None
        return number

    def _one(self, statement: str, key: str, kind: type[T]) -> T | None:
        row = self._sql(statement, (self.space, key)).fetchone()
        return msgspec.json.decode(row[0], type=kind) if row else None


def clocks(connection: sqlite3.Connection) -> Iterator[tuple[str, Clock]]:
    """The business clock of each space."""
    for row in connection.execute("SELECT * FROM space"):
        business, wall = parse_instant(row["business"]), parse_instant(row["wall"])
        yield row["name"], Clock(row["mode"], business, wall, row["rate"])


def open_work(connection: sqlite3.Connection) -> list[Work]:
    """Everything still to do, in (due, id) order; a push that was running is in doubt."""
    rows = connection.execute("SELECT * FROM work ORDER BY due IS NOT NULL, due, id")
    return [
        Work(
            id=row["id"],
            space=row["space"],
            lane=row["lane"],
            due=parse_instant(row["due"]) if row["due"] else None,
            kind=row["kind"],
            state="doubt" if row["state"] == "running" else row["state"],
            subject=row["subject"],
            attempt=row["attempt"],
        )
        for row in rows
    ]
