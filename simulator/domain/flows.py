"""What moves through the exchange: deposits in, returns out, and the work between them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from simulator.domain.raccordement import Protocol

WorkKind = Literal["judge", "compose", "push", "purge"]


class BlobRef(msgspec.Struct, frozen=True):
    """Bytes kept by the journal: lowercase hex SHA-256 and size in bytes."""

    sha256: str
    size: int


def blob_ref(content: bytes) -> BlobRef:
    """The reference of some bytes."""
    return BlobRef(hashlib.sha256(content).hexdigest(), len(content))


class Deposit(msgspec.Struct, frozen=True):
    """A whole flow as a transport hands it over; acknowledged on the wire once it is durable.

    Attributes:
        partner: code application of who signed in.
        protocol: protocol it came by.
        name: file name given by the partner, whatever it is.
        blob: hash and size of the content.
        content: the bytes when they fit in the journal; None when they lie in the blob folder.
        session: label of the session, for the journal only.
    """

    partner: str
    protocol: Protocol
    name: str
    blob: BlobRef
    content: bytes | None
    session: str = ""


class Work(msgspec.Struct, frozen=True):
    """A thing still to do: outbox and due row in one.

    Attributes:
        id: row number; the order inside a lane is (due, id).
        space: whose clock and books it belongs to.
        lane: one row at a time runs in a lane: ``decide:DEM001``, ``push:DEM002``.
        due: business instant; None: now.
        kind: what is to be done.
        state: ``doubt``: begun before a crash, outcome unknown.
        subject: number of the flow or return it is about.
        attempt: 0 at first, 1 for the marked resend of a doubtful push.
    """

    id: int
    space: str
    lane: str
    due: datetime | None
    kind: WorkKind
    state: Literal["ready", "running", "doubt"]
    subject: int
    attempt: int = 0


class ErrorLine(msgspec.Struct, frozen=True):
    """One error as a report carries it.

    Attributes:
        nature: ``TECHNIQUE`` or ``FONCTIONNELLE``.
        code: motif on the wire (``IRR_SYNTAX``).
        label: short words of the code.
        text: what exactly, with place.
        rule: id of the rule behind it.
        subject: file, tag or invoice that it is about.
    """

    nature: str
    code: str
    label: str
    text: str
    rule: str = ""
    subject: str = ""


class FlowStatus(msgspec.Struct, frozen=True, tag="flow"):
    """Status of a whole flow: CPPStatut 90-96, CDAR 500/501.

    Attributes:
        identifier: 25-character id, or the received file name when no id can be read.
        readable: whether `identifier` is an id.
        received: business instant of the deposit.
    """

    status: str
    label: str
    identifier: str
    readable: bool
    received: datetime
    lines: tuple[ErrorLine, ...] = ()
    comment: str = ""


class InvoiceStatus(msgspec.Struct, frozen=True, tag="invoice"):
    """Status of one invoice: CPPStatut 01-41, CDAR 2xx.

    Attributes:
        supplier_scheme: scheme as the document gave it (``0009``, ``1``, ``0002``).
        issue_date: ``YYYY-MM-DD`` or ``""``.
    """

    status: str
    label: str
    number: str
    issue_date: str
    type_code: str
    supplier_scheme: str
    supplier: str
    supplier_name: str
    recipient: str
    recipient_name: str
    received: datetime
    lines: tuple[ErrorLine, ...] = ()
    comment: str = ""


class Return(msgspec.Struct, frozen=True):
    """A flow of ours to a partner, before it is written out; composing is a pure function of it.

    Attributes:
        partner: code application of the addressee.
        name: flow name with extension.
        interface: interface code of the name.
        format: ``cppstatut`` or ``cdar``.
        issued: business instant.
        emitter: our prefix, ``CPP001``.
        emitter_matricule: 4 digits in scheme 0238.
        partner_matricule: 4 digits in scheme 0238.
        statuses: all of one kind; one file each, or one file for all, as the format wants.
        in_reply_to: stream of the deposit it answers.
    """

    partner: str
    name: str
    interface: str
    format: Literal["cppstatut", "cdar"]
    issued: datetime
    emitter: str
    emitter_matricule: str
    partner_matricule: str
    statuses: tuple[FlowStatus | InvoiceStatus, ...]
    in_reply_to: str = ""
