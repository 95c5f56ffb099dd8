"""What moves through the exchange: deposits in, returns out, and the work between them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from simulator.domain.delivery import DeliveredInvoice, Resent
from simulator.domain.raccordement import Protocol, Structure

Format = Literal["cppstatut", "cdar", "pivot", "annuaire", "relay"]
WorkKind = Literal["judge", "compose", "push", "purge", "receipt", "fire", "transmit"]


class BlobRef(msgspec.Struct, frozen=True):
    """Bytes kept by the journal: lowercase hex SHA-256 and size in bytes."""

    sha256: str
    size: int


def blob_ref(content: bytes) -> BlobRef:
    """The reference of some bytes."""
    return BlobRef(hashlib.sha256(content).hexdigest(), len(content))


class Blob(msgspec.Struct, frozen=True):
    """Bytes on their way into the journal: in memory, or (None) already in the blob folder."""

    ref: BlobRef
    content: bytes | None

    @classmethod
    def of(cls, content: bytes) -> Blob:
        """Small content."""
        return cls(blob_ref(content), content)


class WireRecord(msgspec.Struct, frozen=True):
    """One exchange on the wire as the journal keeps it: an AS2 POST with its answer, a session.

    Attributes:
        partner: code application, ``""`` for a stranger.
        protocol: that it was made by.
        direction: ``in``: the partner called us.
        label: Message-ID, or label of the session.
        outcome: how it ended, in the protocol's own words.
        facts: what was read of it, for people: layers, names, algorithms.
        request: raw bytes that the caller sent, None when nothing was.
        answer: raw bytes that came back, None without.
    """

    partner: str
    protocol: Protocol
    direction: Literal["in", "out"]
    label: str
    outcome: str
    facts: dict[str, Any] = {}
    request: Blob | None = None
    answer: Blob | None = None


class LateReceipt(msgspec.Struct, frozen=True):
    """What a receipt says that came when its push was over.

    Attributes:
        label: of the push that it speaks of, as its `WireRecord` has it.
        delivered: the partner has it, by its own word.
        proof: digest that the partner computed, ``""`` without; of those in the facts of the push
            (``proofs``), or it has something else.
        detail: its word.
    """

    label: str
    delivered: bool
    proof: str
    detail: str


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


class Origin(msgspec.Struct, frozen=True):
    """One file of a deposit, to be taken out of it when a return is written.

    Attributes:
        blob: content of the deposit.
        flow: its file name; the extension tells the container.
        member: name of the file in the envelope.
    """

    blob: BlobRef
    flow: str
    member: str


class CarriedFile(msgspec.Struct, frozen=True):
    """A file that travels inside a message, or as it is in an envelope.

    Attributes:
        name: file name.
        mime: MIME type; ``""`` where nobody told it.
        content: the bytes; empty while they lie in the blob `blob`, out of which they must be taken
            before the message is written.
        description: what it is for (BT-123, ``CategoriePJ``).
        size: bytes, of a file whose content is not here; 0 where nobody counted.
        origin: the file of a deposit that it came in: a message that carries it, or itself.
    """

    name: str
    mime: str = ""
    content: bytes = b""
    blob: BlobRef | None = None
    description: str = ""
    size: int = 0
    origin: Origin | None = None


class Characteristic(msgspec.Struct, frozen=True):
    """A datum that a status speaks of: an amount received, a new account, invalid data.

    Source: PPF annex 2 (flow 6) v2.3, MDT-206 to MDT-224.

    Attributes:
        type: MDT-207: ``MEN`` received with tax, ``MPA`` paid, ``RAP`` remaining, ``CBB`` bank
            details, ``DIV`` invalid data ...
        identifier: MDT-206, the term it is about (``BT-31``).
        name: MDT-211.
        location: MDT-213.
        value: MDT-214.
        amount: MDT-215, with a point; ``""`` for none; `currency` is MDT-216.
        percent: MDT-224.
        changed: MDT-209, ``true`` or ``false``.
    """

    type: str = ""
    identifier: str = ""
    name: str = ""
    location: str = ""
    value: str = ""
    amount: str = ""
    currency: str = "EUR"
    percent: str = ""
    changed: str = ""


class InvoiceStatus(msgspec.Struct, frozen=True, tag="invoice"):
    """Status of one invoice: CPPStatut 01-41, CDAR 2xx.

    Attributes:
        supplier_scheme: scheme as the document gave it (``0009``, ``1``, ``0002``).
        issue_date: ``YYYY-MM-DD`` or ``""``.
        motif: of the status itself (MDT-113), with its words; errors have theirs in `lines`.
        action: MDT-121, what is asked for: ``NIN`` a new invoice, ``PIN`` information ...
        attachments: files that come with it (209, 227).
        characteristics: data that the status speaks of (212: one ``MEN`` for each rate of VAT).
        issuer: role of who says it (MDT-40): ``SE``, ``BY`` ...; ``""``: that of the status.
        occurred: business instant when it was set (MDT-78, Horodatage); None: when it is sent.
        reference: BT-18 with qualifier AJW, echoed (MDT-92).
        producer: who set it (CPPStatut, Producteur).
        mandate: IdMandatDP of a 08.
        service, service_name: of the debtor.
        message: identifier of the partner's own message that says it, where that goes on as it is.
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
    motif: str = ""
    motif_label: str = ""
    action: str = ""
    attachments: tuple[CarriedFile, ...] = ()
    characteristics: tuple[Characteristic, ...] = ()
    issuer: str = ""
    occurred: datetime | None = None
    reference: str = ""
    producer: str = ""
    mandate: str = ""
    service: str = ""
    service_name: str = ""
    message: str = ""


class ObjectStatus(msgspec.Struct, frozen=True, tag="object"):
    """Status of a status message (CDAR 601) or of a declaration (300, 301, 500 on CSO6000A).

    Attributes:
        kind: what it is about.
        number: MDT-4 of the message, identifier of the declaration.
        flow: name of the flow that brought it (MDT-94); ``""`` if unknown.
        received: business instant of that flow.
        issued: MDT-8 of the message that it is about; None if unknown.
        supplier, supplier_scheme: of the invoice, or who declares.
    """

    status: str
    label: str
    kind: Literal["message", "declaration"]
    number: str
    received: datetime
    flow: str = ""
    issued: datetime | None = None
    supplier_scheme: str = ""
    supplier: str = ""
    lines: tuple[ErrorLine, ...] = ()
    comment: str = ""


class PastStatus(msgspec.Struct, frozen=True):
    """A status that an invoice went through, for its buyer (CycleDeValidation).

    Attributes:
        day: ``YYYY-MM-DD``.
        actor: word of who said it (``validator1``), with its French label.
    """

    day: str
    status: str
    label: str
    actor: str
    actor_label: str
    comment: str = ""


class Passage(msgspec.Struct, frozen=True):
    """What a return passes on out of a deposit: an invoice, or a message as it is.

    Attributes:
        origin: the file.
        number: of the invoice in it.
        readable: add a readable PDF if the invoice has none.
        day: when the invoice was received, ``YYYY-MM-DD``.
        is_platform: whether a plateforme agréée brought it.
        resent: why it goes out again.
        chorus_id: our number of it (IdCPRO).
        completing: status messages whose attachments complete it.
        enclosed: files that complete it and came by no flow.
        story: statuses so far, of an invoice that is validated before it reaches its buyer.
    """

    origin: Origin
    number: str = ""
    readable: bool = False
    day: str = ""
    is_platform: bool = False
    resent: Resent = ""
    chorus_id: str = ""
    completing: tuple[Origin, ...] = ()
    enclosed: tuple[CarriedFile, ...] = ()
    story: tuple[PastStatus, ...] = ()


class Return(msgspec.Struct, frozen=True):
    """A flow of ours to a partner, before it is written out; composing is a pure function of it.

    Attributes:
        partner: code application of the addressee.
        name: flow name with extension.
        interface: interface code of the name.
        format: how it is written: ``cppstatut`` and ``cdar`` statuses, ``pivot`` invoices for a public
            buyer, ``annuaire`` the directory, ``relay`` `files` as they are.
        issued: business instant.
        emitter: our prefix, ``CPP001``.
        emitter_matricule: 4 digits in scheme 0238.
        of_ppf: whether that is the PPF, whose words are passed on.
        partner_matricule: 4 digits in scheme 0238.
        statuses: all of one kind; one file each, or one file for all, as the format wants; of a
            ``relay`` what its files say.
        in_reply_to: stream of the deposit it answers.
        sources: what `invoices` and `files` are made of when it is written; the journal keeps these.
        invoices: of a ``pivot``.
        files: of a ``relay``.
        structures: of an ``annuaire``.
    """

    partner: str
    name: str
    interface: str
    format: Format
    issued: datetime
    emitter: str
    emitter_matricule: str
    partner_matricule: str
    statuses: tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...]
    in_reply_to: str = ""
    sources: tuple[Passage, ...] = ()
    invoices: tuple[DeliveredInvoice, ...] = ()
    files: tuple[CarriedFile, ...] = ()
    structures: tuple[Structure, ...] = ()
    of_ppf: bool = False

    def blobs(self) -> tuple[BlobRef, ...]:
        """The contents out of which it is filled before it is written, each once."""
        sources = self.sources
        origins = (o.blob for p in sources for o in (p.origin, *p.completing))
        files = [f for p in sources for f in p.enclosed]
        files += [f for s in self.statuses if isinstance(s, InvoiceStatus) for f in s.attachments]
        return tuple(dict.fromkeys((*origins, *(f.blob for f in files if f.blob))))
