"""The book of returns: what goes back to partners, from its name to its last push."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from simulator.domain.businesstime import instant_text
from simulator.domain.flows import BlobRef, Return

if TYPE_CHECKING:
    from simulator.journal.tx import Tx

_encode = msgspec.json.Encoder(order="deterministic").encode


class ReturnBook:
    """Reads and writes the book inside a step's transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def next_number(self, partner: str, interface: str) -> int:
        """Next number of our own flows to a partner on an interface, from 1."""
        return int(
            self._tx.execute(
                "INSERT INTO sequence (space, partner, interface, last) VALUES (?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
                (self._tx.space, partner, interface),
            ).fetchone()[0]
        )

    def name_taken(self, partner: str, name: str) -> bool:
        """Whether a flow of ours to a partner has that name, or a report was promised it."""
        row = self._tx.execute(
            "SELECT 1 FROM flow WHERE space = ? AND partner = ? AND report = ?"
            " UNION ALL SELECT 1 FROM returned WHERE space = ? AND name = ? LIMIT 1",
            (self._tx.space, partner, name, self._tx.space, name),
        ).fetchone()
        return row is not None

    def add(
        self, value: Return, flow: int | None, blob: BlobRef | None, *, held: bool = False
    ) -> int:
        """Writes a return: waiting with its bytes, or (None) still to be composed; its number.

        Held, it is composed once `held` is asked for it.
        """
        unwritten = "held" if held else "composing"
        row = (
            self._tx.space,
            value.partner,
            flow,
            value.name,
            value.interface,
            _encode(value).decode(),
            "waiting" if blob else unwritten,
            instant_text(value.issued),
            blob.sha256 if blob else None,
            blob.size if blob else None,
        )
        return self._tx.insert(
            "INSERT INTO returned (space, partner, flow, name, interface, body, state, issued,"
            " sha256, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def find(self, number: int) -> tuple[Return, int | None, str]:
        """A return, the deposit it answers and its state; `LookupError` if there is none."""
        row = self._tx.execute(
            "SELECT body, flow, state FROM returned WHERE space = ? AND id = ?",
            (self._tx.space, number),
        ).fetchone()
        if row is None:
            message = f"no return with number {number}"
            raise LookupError(message)
        return msgspec.json.decode(row["body"], type=Return), row["flow"], row["state"]

    def set(self, number: int, state: str, blob: BlobRef | None = None) -> None:
        """Moves a return to a state, with its bytes once they are known."""
        if blob:
            self._tx.execute(
                "UPDATE returned SET state = ?, sha256 = ?, size = ? WHERE id = ?",
                (state, blob.sha256, blob.size, number),
            )
        else:
            self._tx.execute("UPDATE returned SET state = ? WHERE id = ?", (state, number))

    def mark_ready(self, number: int, event: int) -> None:
        """Notes the event of a return that is ready to leave: its place among the others."""
        self._tx.execute("UPDATE returned SET ready = ? WHERE id = ?", (event, number))

    def gather_until(self, number: int, leaves: datetime) -> None:
        """Lets a return take more until it leaves."""
        self._tx.execute(
            "UPDATE returned SET leaves = ? WHERE id = ?", (instant_text(leaves), number)
        )

    def gathering(self, partner: str, interface: str) -> list[tuple[int, Return]]:
        """Returns to a partner on an interface that still take more, the newest first."""
        rows = self._tx.execute(
            "SELECT id, body FROM returned WHERE space = ? AND partner = ? AND interface = ?"
            " AND leaves > ? ORDER BY id DESC",
            (self._tx.space, partner, interface, self._tx.at),
        ).fetchall()
        return [(row[0], msgspec.json.decode(row[1], type=Return)) for row in rows]

    def rewrite(self, number: int, value: Return) -> None:
        """Writes what a return holds from now on."""
        self._tx.execute(
            "UPDATE returned SET body = ? WHERE id = ?", (_encode(value).decode(), number)
        )

    def add_answered(self, number: int, flow: int) -> None:
        """Notes one more deposit that a return answers."""
        self._tx.execute(
            "INSERT OR IGNORE INTO answers (flow, returned)"
            " SELECT ?, id FROM returned WHERE id = ? AND flow IS NOT ?",
            (flow, number, flow),
        )

    def begin_push(self, number: int) -> int:
        """Counts one more attempt to push a return; which one it is, from 1."""
        row = self._tx.execute(
            "UPDATE returned SET attempts = attempts + 1 WHERE id = ? RETURNING attempts", (number,)
        ).fetchone()
        return int(row[0])

    def attempts(self, number: int) -> int:
        """How often a return was pushed so far."""
        row = self._tx.execute("SELECT attempts FROM returned WHERE id = ?", (number,)).fetchone()
        return int(row[0])

    def is_pushing(self, number: int) -> bool:
        """Whether a push of a return was begun and has not ended."""
        row = self._tx.execute(
            "SELECT 1 FROM work WHERE kind = 'push' AND subject = ? AND (state = 'running'"
            " OR due IS NULL)",
            (number,),
        ).fetchone()
        return row is not None

    def waiting(self, partner: str) -> list[int]:
        """Numbers of the returns that wait for a partner, no push of them under way.

        In the order in which they were ready.
        """
        rows = self._tx.execute(
            "SELECT id FROM returned WHERE space = ? AND partner = ? AND state = 'waiting'"
            " AND id NOT IN (SELECT subject FROM work WHERE kind = 'push'"
            " AND (state = 'running' OR due IS NULL)) ORDER BY ready, id",
            (self._tx.space, partner),
        )
        return [row[0] for row in rows]

    def failed(self, partner: str) -> list[int]:
        """Numbers of the returns that a partner could not be given, in the order they were ready."""
        rows = self._tx.execute(
            "SELECT id FROM returned WHERE space = ? AND partner = ? AND state = 'failed'"
            " ORDER BY ready, id",
            (self._tx.space, partner),
        )
        return [row[0] for row in rows]

    def held(self, flow: int) -> list[tuple[int, str]]:
        """Returns of a flow that are held back, in order: number, and partner that they go to."""
        rows = self._tx.execute(
            "SELECT id, partner FROM returned WHERE flow = ? AND state = 'held' ORDER BY id",
            (flow,),
        )
        return [(row[0], row[1]) for row in rows]
