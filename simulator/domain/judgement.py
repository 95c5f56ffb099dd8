"""What goes into a judging process and what comes out of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from simulator.domain.findings import Finding

Verdict = Literal["accepted", "rejected", "irrecevable"]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one job. Sizes in bytes, times in seconds.

    Sizes of flow and member: Chorus Pro external specifications v1.0 §5.4.1 (official); the others
    protect the machine (assumed).
    """

    flow: int = 1 << 30
    member: int = 100 << 20
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
        packs: rule packs to run, in order.
        limits: bounds of this job.
        content: the bytes of a small flow.
        path: where a large flow lies.
    """

    name: str
    syntax: str
    circuit: str
    packs: tuple[str, ...]
    limits: Limits
    content: bytes | None = None
    path: str | None = None


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
        supplier_scheme: scheme of the supplier identifier (``0009``, ``1`` ...).
        supplier: identifier of the supplier (14-digit SIRET in France).
        supplier_name: its name.
        recipient_scheme: scheme of the recipient identifier.
        recipient: identifier of the recipient.
        recipient_name: its name.
        recipient_address: BT-49, electronic address.
        currency: BT-5.
        places: XPath, line and column of the fields above that findings point to, by field name.
    """

    syntax: str
    number: str = ""
    issue_date: str = ""
    type_code: str = ""
    profile: str = ""
    supplier_scheme: str = ""
    supplier: str = ""
    supplier_name: str = ""
    recipient_scheme: str = ""
    recipient: str = ""
    recipient_name: str = ""
    recipient_address: str = ""
    currency: str = ""
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


class Judgement(msgspec.Struct, frozen=True):
    """The answer of a judging process: a pure function of the job.

    Attributes:
        documents: in the order of the envelope.
        findings: of the flow as a whole (container, limits).
        checks: the trace, in order.
        skipped: packs that did not run, with the reason.
    """

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

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
        rejected = any(f.refuses for d in self.documents for f in d.findings)
        return "rejected" if rejected else "accepted"
