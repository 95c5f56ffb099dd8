"""Rows of the books as values: what steps and readers get of the tables."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from simulator.domain.businesstime import parse_instant
from simulator.domain.faults import Fault
from simulator.domain.flows import BlobRef, ErrorLine, WorkKind


class Flow(msgspec.Struct, frozen=True):
    """A row of the book of flows: a deposit and where it stands (see the migrations for columns)."""

    id: int
    partner: str
    stream: str
    protocol: str
    name: str
    stem: str | None
    identifier: str
    interface: str
    report: str
    sha256: str
    size: int
    received: datetime
    state: str
    verdict: str
    blocks: int
    fault: Fault | None = None

    @property
    def blob(self) -> BlobRef:
        """Its content."""
        return BlobRef(self.sha256, self.size)


class NewFlow(msgspec.Struct, frozen=True):
    """What admission adds to a deposit: where its events go, how it stands, what brought it."""

    stream: str
    stem: str | None
    identifier: str
    interface: str
    report: str
    state: str
    verdict: str = ""
    wire: int | None = None


class Invoice(msgspec.Struct, frozen=True):
    """A row of the book of invoices; statuses and declarations are entered too, with their number.

    `triptych` is None when the number may be used again; `size` is bytes of its file; `line` is what
    the report on the flow says of an invoice that is refused.
    """

    member: str
    number: str
    supplier: str
    recipient: str
    status: str
    verdict: str
    triptych: str | None
    size: int = 0
    line: ErrorLine | None = None


class NewWork(msgspec.Struct):
    """A thing to do, not yet written; becomes a `Work` at the end of the transaction."""

    lane: str
    kind: WorkKind
    subject: int
    due: datetime | None
    cause: int


def flow_of(row: sqlite3.Row) -> Flow:
    """Reads a row of the book of flows."""
    fields = {name: row[name] for name in Flow.__struct_fields__}
    fault = msgspec.json.decode(fields["fault"], type=Fault) if fields["fault"] else None
    return Flow(**{**fields, "received": parse_instant(fields["received"]), "fault": fault})
