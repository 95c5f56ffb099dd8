"""The book of lives: the history of each invoice that stands, and the next step of its story."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from simulator.domain.businesstime import instant_text, parse_instant
from simulator.domain.flows import InvoiceStatus
from simulator.domain.lifevalues import Entry

if TYPE_CHECKING:
    from simulator.journal.tx import Tx

_encode = msgspec.json.Encoder(order="deterministic").encode
_COLUMNS = (
    "id, flow, member, size, number, supplier, recipient, status, circuit, cadre, step, about"
)


class Living(msgspec.Struct, frozen=True):
    """An invoice that stands.

    Attributes:
        flow: the deposit that brought it.
        member: the file in it, `size` its bytes.
        status: the last that moved it.
        circuit: word of the raccordement that it came by.
        step: of its story, taken so far.
        about: all that a status says of it; the status in it is its first.
    """

    id: int
    flow: int
    member: str
    size: int
    number: str
    supplier: str
    recipient: str
    status: str
    circuit: str
    cadre: str
    step: int
    about: InvoiceStatus


class LifeBook:
    """Reads and writes the book inside a step's transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def begin(self, invoice: int, about: InvoiceStatus, circuit: str, cadre: str) -> Living:
        """An invoice stands from now on; its first status is added with `add`."""
        row = self._tx.execute(
            "UPDATE invoice SET about = ?, circuit = ?, cadre = ? WHERE id = ?"  # noqa: S608
            f" RETURNING {_COLUMNS}",
            (_encode(about).decode(), circuit, cadre, invoice),
        ).fetchone()
        return _living(row)

    def add(self, invoice: int, entry: Entry) -> None:
        """Appends a line of history; one that is set becomes the status of the invoice."""
        tx = self._tx
        tx.execute(
            "INSERT INTO status (space, invoice, entry) VALUES (?, ?, ?)",
            (tx.space, invoice, _encode(entry).decode()),
        )
        if entry.effect == "set":
            tx.execute("UPDATE invoice SET status = ? WHERE id = ?", (entry.status, invoice))

    def history(self, invoice: int) -> tuple[Entry, ...]:
        """What was said of an invoice, oldest first."""
        rows = self._tx.execute(
            "SELECT entry FROM status WHERE invoice = ? ORDER BY id", (invoice,)
        )
        return tuple(msgspec.json.decode(row[0], type=Entry) for row in rows)

    def named(self, number: str) -> list[Living]:
        """Invoices that stand under a number, the newest first."""
        rows = self._tx.execute(
            f"SELECT {_COLUMNS} FROM invoice WHERE space = ? AND number = ?"  # noqa: S608
            " AND about IS NOT NULL ORDER BY id DESC",
            (self._tx.space, number),
        )
        return [_living(row) for row in rows]

    def standing(self, triptych: str) -> Living | None:
        """The invoice that stands under a key of uniqueness."""
        row = self._tx.execute(
            f"SELECT {_COLUMNS} FROM invoice WHERE space = ? AND triptych = ?"  # noqa: S608
            " AND about IS NOT NULL",
            (self._tx.space, triptych),
        ).fetchone()
        return _living(row) if row else None

    def replace(self, invoice: int) -> None:
        """An invoice leaves its number to the one that takes its place, and its story ends."""
        self._tx.execute("UPDATE invoice SET triptych = NULL, due = NULL WHERE id = ?", (invoice,))

    # -- stories --------------------------------------------------------------------------------

    def plan(self, invoice: int, step: int, due: datetime | None) -> None:
        """So many steps of the story are taken, and when the next is due; None: there is none."""
        self._tx.execute(
            "UPDATE invoice SET step = ?, due = ? WHERE id = ?",
            (step, instant_text(due) if due else None, invoice),
        )

    def due(self, flow: int, most: int) -> Iterator[Living]:
        """Invoices of a flow whose next step is due, in the order of the envelope."""
        rows = self._tx.execute(
            f"SELECT {_COLUMNS} FROM invoice WHERE flow = ? AND due <= ?"  # noqa: S608
            " ORDER BY due, id LIMIT ?",
            (flow, self._tx.at, most),
        ).fetchall()
        return map(_living, rows)

    def next_due(self, flow: int) -> datetime | None:
        """When the next step of any invoice of a flow is due."""
        row = self._tx.execute(
            "SELECT min(due) FROM invoice WHERE flow = ? AND due IS NOT NULL", (flow,)
        ).fetchone()
        return parse_instant(row[0]) if row[0] else None

    # -- invoices that wait for a platform --------------------------------------------------------------

    def hold(self, invoice: int, since: datetime | None) -> None:
        """An invoice waits for the platform of its recipient; None: it does not any more."""
        self._tx.execute(
            "UPDATE invoice SET held = ? WHERE id = ?",
            (instant_text(since) if since else None, invoice),
        )

    def held_recipients(self) -> list[str]:
        """Recipients that invoices wait for."""
        rows = self._tx.execute(
            "SELECT DISTINCT recipient FROM invoice WHERE space = ? AND held IS NOT NULL",
            (self._tx.space,),
        )
        return [row[0] for row in rows]

    def held_flows(self, recipients: Iterable[str]) -> list[int]:
        """Deposits that brought invoices which wait for recipients, in the order they came."""
        found: set[int] = set()
        for recipient in recipients:
            rows = self._tx.execute(
                "SELECT DISTINCT flow FROM invoice WHERE space = ? AND recipient = ?"
                " AND held IS NOT NULL",
                (self._tx.space, recipient),
            )
            found.update(row[0] for row in rows)
        return sorted(found)

    def held(self, flow: int) -> list[tuple[Living, datetime]]:
        """Invoices of a deposit that wait, in order, and since when."""
        rows = self._tx.execute(
            f"SELECT {_COLUMNS}, held FROM invoice WHERE flow = ? AND held IS NOT NULL"  # noqa: S608
            " ORDER BY id",
            (flow,),
        ).fetchall()
        return [(_living(row), parse_instant(row["held"])) for row in rows]

    # -- invoices on their way, and what partners say of our flows --------------------------------

    def deliver(self, returned: int, invoices: Iterable[int]) -> None:
        """Notes which invoices a return of ours holds."""
        for invoice in invoices:
            self._tx.execute(
                "INSERT OR IGNORE INTO delivery (returned, invoice) VALUES (?, ?)",
                (returned, invoice),
            )

    def was_delivered(self, invoice: int, partner: str) -> bool:
        """Whether a return to a partner holds an invoice."""
        row = self._tx.execute(
            "SELECT 1 FROM delivery d JOIN returned r ON r.id = d.returned"
            " WHERE d.invoice = ? AND r.partner = ?",
            (invoice, partner),
        ).fetchone()
        return row is not None

    def in_return(self, returned: int) -> list[Living]:
        """The invoices that a return holds."""
        rows = self._tx.execute(
            f"SELECT {_COLUMNS} FROM invoice WHERE id IN"  # noqa: S608
            " (SELECT invoice FROM delivery WHERE returned = ?) ORDER BY id",
            (returned,),
        )
        return [_living(row) for row in rows]

    def answered(self, invoice: int, partner: str, interface: str, word: str) -> None:
        """Notes what a partner says of an invoice on the last flow of ours that brought it.

        A flow one of whose invoices was refused stays so whatever is said of the others.
        """
        self._tx.execute(
            "UPDATE returned SET ack = ? WHERE ack != '213' AND id = (SELECT max(r.id) FROM delivery d"
            " JOIN returned r ON r.id = d.returned"
            " WHERE d.invoice = ? AND r.partner = ? AND r.interface = ?)",
            (word, invoice, partner, interface),
        )

    def acknowledged(self, returned: int, word: str) -> None:
        """Notes what a partner says of a flow of ours."""
        self._tx.execute("UPDATE returned SET ack = ? WHERE id = ?", (word, returned))

    def called(self, partner: str, identifier: str) -> list[tuple[int, str, str]]:
        """Flows of ours to a partner by what it calls them: number, name and code, newest first.

        Several have one identifier: a report that keeps that of its deposit, codes of equal digits.

        Args:
            partner: who got them.
            identifier: 25 characters of the flow, or its name, with or without extension.
        """
        if not identifier:
            return []
        rows = self._tx.execute(
            "SELECT id, name, interface FROM returned WHERE space = ? AND partner = ?"
            " AND (substr(name, 17, 25) = ? OR name IN (?, ? || '.tar.gz')) ORDER BY id DESC",
            (self._tx.space, partner, identifier, identifier, identifier),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def relayed(self, partner: str, message: str) -> list[tuple[int, str, str]]:
        """The same of flows that passed on a message of this identifier as it was, newest first."""
        if not message:
            return []
        # As it stands in the body: cheaper than reading each, and a quote in a text is escaped.
        written = f'"message":{_encode(message).decode()}'
        rows = self._tx.execute(
            "SELECT id, name, interface FROM returned WHERE space = ? AND partner = ?"
            " AND instr(body, ?) ORDER BY id DESC",
            (self._tx.space, partner, written),
        )
        return [(row[0], row[1], row[2]) for row in rows]


def _living(row: sqlite3.Row) -> Living:
    fields = {name: row[name] for name in Living.__struct_fields__}
    return Living(**{**fields, "about": msgspec.json.decode(row["about"], type=InvoiceStatus)})
