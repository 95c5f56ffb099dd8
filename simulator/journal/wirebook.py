"""The book of what went over the wire: raw bytes of each exchange and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from simulator.domain.flows import Blob, LateReceipt, WireRecord

if TYPE_CHECKING:
    from simulator.journal.tx import Tx

_encode = msgspec.json.Encoder(order="deterministic").encode


class Recorded(msgspec.Struct, frozen=True):
    """A row of the book: its number, and the bytes of the answer when they are inside the journal."""

    number: int
    answer: bytes


class WireBook:
    """Reads and writes the book inside a step's transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def add(
        self, record: WireRecord, *, accepted: bool = False, returned: int | None = None
    ) -> int:
        """Writes an exchange; returns its number.

        Args:
            record: what went over the wire.
            accepted: whether its label is known from now on (`accepted_before`).
            returned: the return that was pushed.
        """
        tx = self._tx
        row = (
            tx.space,
            record.partner,
            record.protocol,
            record.direction,
            record.label,
            record.label if accepted else None,
            record.outcome,
            _encode(record.facts).decode(),
            self._kept(record.request),
            self._kept(record.answer),
            returned,
            tx.at,
            tx.wall,
        )
        number = tx.execute(
            "INSERT INTO wire (space, partner, protocol, direction, label, accepted, outcome, facts,"
            " request, answer, returned, at, wall) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        ).lastrowid
        assert number is not None
        return number

    def _kept(self, blob: Blob | None) -> str | None:
        if blob is None:
            return None
        self._tx.keep_blob(blob.ref, blob.content)
        return blob.ref.sha256

    def accepted_before(self, record: WireRecord) -> Recorded | None:
        """The exchange that brought a message of the same label and was accepted, if there is one."""
        row = self._tx.execute(
            "SELECT w.id, b.data FROM wire w LEFT JOIN blob b"
            " ON b.space = w.space AND b.sha256 = w.answer"
            " WHERE w.space = ? AND w.partner = ? AND w.protocol = ? AND w.accepted = ?",
            (self._tx.space, record.partner, record.protocol, record.label),
        ).fetchone()
        return None if row is None else Recorded(row[0], row[1] or b"")

    def receipt_on(self, push: WireRecord) -> LateReceipt | None:
        """The last receipt on a push that came since an earlier push of the same label, if one did."""
        tx = self._tx
        row = tx.execute(
            "SELECT facts FROM wire WHERE space = ? AND partner = ? AND direction = 'in'"
            " AND json_extract(facts, '$.speaks_of.label') = ?"
            " AND id > (SELECT coalesce(max(id), 0) FROM wire WHERE space = ? AND partner = ?"
            " AND direction = 'out' AND label = ?) ORDER BY id DESC LIMIT 1",
            (tx.space, push.partner, push.label, tx.space, push.partner, push.label),
        ).fetchone()
        if row is None:
            return None
        facts = msgspec.json.decode(row[0], type=dict[str, Any])
        return msgspec.convert(facts["speaks_of"], LateReceipt)

    def pushed_as(self, partner: str, label: str) -> tuple[int, dict[str, Any]] | None:
        """The return that was pushed to a partner under a label, and the facts of the last push."""
        row = self._tx.execute(
            "SELECT returned, facts FROM wire WHERE space = ? AND partner = ? AND label = ?"
            " AND direction = 'out' AND returned IS NOT NULL ORDER BY id DESC LIMIT 1",
            (self._tx.space, partner, label),
        ).fetchone()
        return None if row is None else (row[0], msgspec.json.decode(row[1], type=dict[str, Any]))
