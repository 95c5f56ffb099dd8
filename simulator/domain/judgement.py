"""What goes into a judging process and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.flows import FlowStatus, InvoiceStatus, ObjectStatus

# Values of `Facts.syntax` that are invoices; the others are statuses and declarations.
INVOICES = frozenset(
    ("ubl-invoice", "ubl-creditnote", "cii-d16b", "cii-d22b", "factur-x", "cpp-facture-mixte")
)

Verdict = Literal["accepted", "rejected", "irrecevable"]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one job. Sizes in bytes, times in seconds.

    Sizes of flow, member and attachment: Chorus Pro external specifications v1.0 §5.4.1 (official);
    the others protect the machine (assumed). `seconds` bounds the time until a judging process says
    something: of a large flow it answers some blocks at a time.
    """

    flow: int = 1 << 30
    member: int = 100 << 20
    attachment: int = 100 << 20
    members: int = 100_000
    total: int = 20 << 30
    header: int = 64 << 10
    findings: int = 100
    seconds: float = 60.0
    memory: int = 2 << 30


class Job(msgspec.Struct, frozen=True):
    """One flow to judge: exactly one of `content` and `path` is given.

    Attributes:
        name: file name of the flow as deposited; its extension tells the container.
        syntax: what the interface demands (``ubl-2.1``); ``""`` lets the document decide.
        circuit: ``b2g``, ``b2g-pa``, ... or ``""``: whose file-name rules apply.
        interface: its code, ``""`` without one.
        kind: of the interface (``E1`` ... ``F2``), ``""`` without one.
        on: business day of the deposit, ``YYYY-MM-DD``: rules in force on it; ``""`` for all.
        off: packs of the interface that a setting switches off.
        thorough: run rule packs on documents too that their schema refuses; the exchange does not.
        packs: rule packs to run, in order; None: those that each document calls for.
        limits: bounds of this job.
        content: the bytes of a small flow.
        path: where a large flow lies.
        part: which share of the files this process judges, from 0: every `parts`-th block.
        parts: over how many processes the flow is spread.
    """

    name: str
    syntax: str
    circuit: str
    packs: tuple[str, ...] | None
    limits: Limits
    content: bytes | None = None
    path: str | None = None
    interface: str = ""
    kind: str = ""
    on: str = ""
    off: tuple[str, ...] = ()
    thorough: bool = False
    part: int = 0
    parts: int = 1


class Check(msgspec.Struct, frozen=True):
    """One line of the decision trace: a check that was made, in order, and what came of it."""

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    detail: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What decision needs to know of one document; ``""`` where the document says nothing.

    Attributes:
        syntax: ``ubl-invoice``, ``ubl-creditnote``, ``cii-d16b`` ... ``unknown`` (design §7).
        number: BT-1, as written.
        issue_date: BT-2, ``YYYY-MM-DD``.
        type_code: BT-3.
        profile: BT-23, cadre de facturation.
        guideline: BT-24, the norm or profile that it follows.
        supplier_scheme: scheme of the supplier identifier (``0009``, ``1`` ...).
        supplier: identifier of the supplier (14-digit SIRET in France).
        supplier_name: its name.
        recipient_scheme: scheme of the recipient identifier.
        recipient: identifier of the recipient.
        recipient_name: its name.
        recipient_address: BT-49, electronic address.
        service: BT-10, code of the recipient's service.
        engagement: BT-13, number of the recipient's order (engagement).
        currency: BT-5.
        reference: BT-18 qualified AJW, which a G2B status echoes.
        issued: when a status message or a declaration says that it was made (MDT-8, TT-3): 14 digits.
        periods: first and last day of the periods of a declaration, ``AAAAMMJJ`` as written.
        message: identifier of a status message itself (MDT-4).
        said: the status itself, of a document that is one; files of it come without their content.
        places: XPath, line and column of the fields above that findings point to, by field name.
    """

    syntax: str
    number: str = ""
    issue_date: str = ""
    type_code: str = ""
    profile: str = ""
    guideline: str = ""
    supplier_scheme: str = ""
    supplier: str = ""
    supplier_name: str = ""
    recipient_scheme: str = ""
    recipient: str = ""
    recipient_name: str = ""
    recipient_address: str = ""
    service: str = ""
    engagement: str = ""
    currency: str = ""
    reference: str = ""
    issued: str = ""
    periods: tuple[tuple[str, str], ...] = ()
    message: str = ""
    said: FlowStatus | InvoiceStatus | ObjectStatus | None = None
    places: dict[str, tuple[str, int, int]] = {}


class Document(msgspec.Struct, frozen=True):
    """One file of a flow, judged.

    Attributes:
        member: its name in the envelope; the flow's own name when it travels bare.
        size: bytes, unpacked.
        facts: None when the file could not be read as a document.
        findings: in document order.
    """

    member: str
    size: int
    facts: Facts | None
    findings: tuple[Finding, ...] = ()


class Steps(msgspec.Struct, frozen=True):
    """How one check of the trace went for some files: how many, how many failed, the first ones."""

    name: str
    total: int
    failures: int = 0
    failed: tuple[str, ...] = ()


class Block(msgspec.Struct, frozen=True, tag=True):
    """Some neighbouring files of a flow, judged: what a judging process answers at a time.

    Attributes:
        index: of the block in the flow, from 0; where blocks begin depends on the flow alone.
        documents: a tuple of `Document`, left encoded until someone needs them.
        count: how many documents; a file may hold several.
        files: how many files, stylesheets left out.
        size: bytes of them, unpacked.
        refused: how many make the flow irrecevable.
        unknown: how many are of no known syntax, so that no rule pack ran.
        steps: the trace.
        styles: stylesheets that documents name, where their format wants them in the flow.
    """

    index: int
    documents: msgspec.Raw
    count: int
    files: int
    size: int
    refused: int
    unknown: int
    steps: tuple[Steps, ...]
    styles: tuple[str, ...] = ()


class Ending(msgspec.Struct, frozen=True, tag=True):
    """The last word of a judging process on a job, after its blocks.

    Attributes:
        findings: of the flow as a whole.
        missing: packs that were asked for and do not exist.
        stopped: so many files were refused that the rest was not read.
        styles: stylesheets that the flow holds.
    """

    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    stopped: bool = False
    styles: tuple[str, ...] = ()


Answer = Block | Ending


class Judgement(msgspec.Struct, frozen=True):
    """The answer to a job, put together from what the judging processes said.

    A pure function of the job, over however many processes it was spread.

    Attributes:
        documents: in the order of the envelope; of an irrecevable flow only those at fault.
        findings: of the flow as a whole (container, limits).
        checks: the trace, in order.
        skipped: packs that did not run, with the reason.
        blocks: documents of a flow too large for one block, in order, each a tuple of `Document`
            as msgpack; `documents` is empty then.
    """

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    blocks: tuple[bytes, ...] = ()

    @property
    def errors_of_flow(self) -> tuple[Finding, ...]:
        """Findings that make the whole flow irrecevable: its own and those of its files."""
        files = (f for d in self.documents for f in d.findings if f.level != "invoice")
        return tuple(f for f in (*self.findings, *files) if f.refuses)

    @property
    def verdict(self) -> Verdict:
        """The verdict before any check that needs the books."""
        if self.errors_of_flow:
            return "irrecevable"
        rejected = any(f.refuses for d in self.every_document() for f in d.findings)
        return "rejected" if rejected else "accepted"

    def every_document(self) -> Iterator[Document]:
        """All documents, those of blocks decoded one block at a time."""
        yield from self.documents
        for block in self.blocks:
            yield from documents_of(block)


def documents_of(block: bytes) -> tuple[Document, ...]:
    """Decodes one of `Judgement.blocks`."""
    return _decode(block)


_decode = msgspec.msgpack.Decoder(tuple[Document, ...]).decode
