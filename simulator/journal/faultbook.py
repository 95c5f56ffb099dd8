"""The book of faults: what somebody wants to go wrong, and how often it still will."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from simulator.domain.faults import Fault, Standing

if TYPE_CHECKING:
    from simulator.journal.tx import Tx

_encode = msgspec.json.Encoder(order="deterministic").encode


def standing_faults(connection: sqlite3.Connection, space: str) -> list[Standing]:
    """Every fault of a space, those that are used up among them, in the order given."""
    rows = connection.execute(
        'SELECT id, body, "left" FROM fault WHERE space = ? ORDER BY id', (space,)
    )
    return [Standing(r[0], msgspec.json.decode(r[1], type=Fault), r[2]) for r in rows]


class FaultBook:
    """Reads and writes the book inside a step's transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def add(self, fault: Fault) -> int:
        """Takes a fault in, after those that are there; its number."""
        self._forget()
        row = self._tx.execute(
            'INSERT INTO fault (space, body, "left") VALUES (?, ?, ?) RETURNING id',
            (self._tx.space, _encode(fault).decode(), fault.times or None),
        ).fetchone()
        return int(row[0])

    def remove(self, number: int | None) -> int:
        """Takes one away, or (None) all; how many there were."""
        self._forget()
        rows = self._tx.execute(
            "DELETE FROM fault WHERE space = ? AND (? IS NULL OR id = ?) RETURNING id",
            (self._tx.space, number, number),
        )
        return len(rows.fetchall())

    def met(self, is_meant: Callable[[Fault], bool]) -> Standing | None:
        """The first fault that is meant, which is thereby met once more; None: there is none."""
        found = next((each for each in self._standing() if is_meant(each.fault)), None)
        if found and found.left is not None:
            self._forget()
            self._tx.execute('UPDATE fault SET "left" = "left" - 1 WHERE id = ?', (found.id,))
        return found

    def _standing(self) -> list[Standing]:
        """Faults that can still be met."""
        known, space = self._tx.recall.faults, self._tx.space
        if space not in known:
            rows = self._tx.execute(
                'SELECT id, body, "left" FROM fault WHERE space = ? AND "left" IS NOT 0 ORDER BY id',
                (space,),
            )
            known[space] = [
                Standing(r[0], msgspec.json.decode(r[1], type=Fault), r[2]) for r in rows
            ]
        return known[space]

    def _forget(self) -> None:
        self._tx.recall.faults.pop(self._tx.space, None)

    # -- what they leave on flows and returns ----------------------------------------------------------

    def mark(self, flow: int, fault: Fault) -> None:
        """Notes the fault that a deposit met."""
        self._tx.execute("UPDATE flow SET fault = ? WHERE id = ?", (_encode(fault).decode(), flow))

    def repeat(self, returned: int) -> None:
        """A return goes out once more after it was delivered."""
        self._tx.execute("UPDATE returned SET again = again + 1 WHERE id = ?", (returned,))

    def is_repeated(self, returned: int) -> bool:
        """Whether a return that was delivered goes out again; asked once for each time."""
        row = self._tx.execute(
            "UPDATE returned SET again = again - 1 WHERE id = ? AND again > 0 RETURNING id",
            (returned,),
        ).fetchone()
        return row is not None
