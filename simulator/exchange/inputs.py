"""What can happen to the exchange: one value for each input of a step.

A `simulator.domain.flows.Deposit` is an input too. Whatever comes back from outside the engine (a
judgement, the outcome of a push, a move of the clock) enters as one of these and becomes an event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from simulator.domain.businesstime import Clock
from simulator.domain.faults import Fault
from simulator.domain.flows import Blob, BlobRef, Deposit, LateReceipt, WireRecord
from simulator.domain.judgement import Judgement
from simulator.domain.lifetable import Actor
from simulator.domain.raccordement import Raccordement, Structure


class UploadCut(msgspec.Struct, frozen=True):
    """A transfer that broke off before it was whole: no deposit. Size in bytes received."""

    partner: str
    name: str
    size: int
    session: str = ""


class MessageTaken(msgspec.Struct, frozen=True):
    """A message that asks for a receipt and can be accepted: all its flows, or none of them.

    Attributes:
        record: the exchange; its answer is the receipt, to be given again if the message comes again.
        deposits: one for each file of the message.
        reply_to: URL that the receipt goes to, ``""`` when it is the answer of the connection.
        session: label of the connection.
    """

    record: WireRecord
    deposits: tuple[Deposit, ...]
    reply_to: str = ""
    session: str = ""


class WireNoted(msgspec.Struct, frozen=True):
    """An exchange that brought no flow: refused, or about something sent before (`late`)."""

    record: WireRecord
    reply_to: str = ""
    session: str = ""
    late: LateReceipt | None = None


class Fired(msgspec.Struct, frozen=True):
    """The time of the next step of a story has come, for the invoices of a flow."""

    work: int
    flow: int


class Enclosure(msgspec.Struct, frozen=True):
    """A file that somebody has an actor send along; its MIME type, ``""``: that of its extension."""

    name: str
    blob: Blob
    mime: str = ""


class HoldingEnded(msgspec.Struct, frozen=True):
    """Invoices of a flow that waited for a platform may leave now."""

    work: int
    flow: int


class StatusAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody has an actor say a status of an invoice.

    Attributes:
        invoice: its number.
        actor: who says it; ``""``: whoever may.
        attachments: files that come with it.
        partner: code application of who deposited it; ``""``: whoever did last.
        supplier: its SIRET or SIREN, `year` that of the invoice, where several have the number.
    """

    invoice: str
    status: str
    actor: Actor | Literal[""] = ""
    motif: str = ""
    comment: str = ""
    attachments: tuple[Enclosure, ...] = ()
    partner: str = ""
    supplier: str = ""
    year: str = ""


class InvoiceEmitted(msgspec.Struct, frozen=True):
    """An invoice that somebody has a public issuer send.

    Attributes:
        partner: code application of the issuer.
        interface: code that it deposits on.
        extension: of the flow name: ``.xml``, ``.pdf`` or ``.tar.gz``.
        blob: the content.
    """

    partner: str
    interface: str
    extension: str
    blob: Blob


class Acknowledged(msgspec.Struct, frozen=True):
    """Somebody has a partner acknowledge a flow of ours."""

    returned: int
    status: str
    motif: str = ""
    comment: str = ""


class ReceiptSent(msgspec.Struct, frozen=True):
    """The outcome of a receipt that went by a connection of its own."""

    work: int
    wire: int
    delivered: bool
    detail: str


class Judged(msgspec.Struct, frozen=True):
    """The answer of a judging process to a row of work."""

    work: int
    flow: int
    judgement: Judgement


class BlockJudged(msgspec.Struct, frozen=True):
    """One block of the documents of a large flow; its `Judged` follows the last of them.

    Attributes:
        index: of the block, from 0.
        documents: a tuple of `simulator.domain.judgement.Document` as msgpack.
    """

    work: int
    flow: int
    index: int
    documents: bytes


class Composed(msgspec.Struct, frozen=True):
    """The bytes of a return are written, outside of a step."""

    work: int
    returned: int
    blob: BlobRef
    content: bytes | None


class Fetched(msgspec.Struct, frozen=True):
    """A partner has read a return whole and closed it; `keep` leaves it in the area all the same."""

    returned: int
    partner: str
    keep: bool = False
    session: str = ""


class PushBegun(msgspec.Struct, frozen=True):
    """A push is about to leave; recorded first, so that after a crash its outcome is in doubt."""

    work: int
    returned: int
    attempt: int


class Pushed(msgspec.Struct, frozen=True):
    """The outcome of a push.

    Attributes:
        outcome: in one word (`simulator.runtime.lanes.PushOutcome`).
        detail: the peer's word for it.
        again: whether another attempt may succeed, if the settings ask for one.
        record: what went over the wire.
    """

    work: int
    returned: int
    delivered: bool
    detail: str
    outcome: str = ""
    again: bool = False
    record: WireRecord | None = None


class Purged(msgspec.Struct, frozen=True):
    """The time of an unfetched return is over."""

    work: int
    returned: int


class Requeued(msgspec.Struct, frozen=True):
    """Someone puts a return back: to be fetched, or pushed again to a partner that listens."""

    returned: int


class FailedRequeued(msgspec.Struct, frozen=True):
    """Every return that a partner could not be given is to be tried once more."""

    partner: str


class RaccordementSaved(msgspec.Struct, frozen=True):
    """A raccordement is added or changed."""

    raccordement: Raccordement


class PasswordChanged(msgspec.Struct, frozen=True):
    """A partner has asked for another password of its own (PeSIT, PI 5).

    Attributes:
        partner: code application.
        password: the new one.
        session: label of the session.
    """

    partner: str
    password: str
    session: str = ""


class StructuresSaved(msgspec.Struct, frozen=True):
    """Directory entries are added or changed."""

    structures: tuple[Structure, ...]


class DirectoryAsked(msgspec.Struct, frozen=True):
    """Somebody has the directory of public structures sent to a partner."""

    partner: str


class FaultAdded(msgspec.Struct, frozen=True):
    """Somebody wants something to go wrong."""

    fault: Fault


class FaultsRemoved(msgspec.Struct, frozen=True):
    """Somebody takes a fault away by its number; None: all of them."""

    fault: int | None = None


class ClockMoved(msgspec.Struct, frozen=True):
    """The business clock of the space is set; the business time of this input is the new one."""

    clock: Clock
    to: datetime
