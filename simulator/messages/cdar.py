"""Writer of CDAR (F6): one document a status, as Chorus Pro wants it.

Flow statuses (500, 501) refer to a received flow, invoice statuses (2xx) to one invoice.

Source: UN/CEFACT CDAR D22B (order of the elements); PPF annex 2 (flow 6) v2.3 (MDT-n); Chorus Pro
external specifications v1.1 §3.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.domain.flowname import FlowName
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages.cdarfields import (
    SIRET_SCHEME,
    Phase,
    cut,
    form,
    issue_date,
    moment,
    platform,
    prose,
    supplier,
)
from simulator.messages.xmltext import branch, document, leaf, optional

_NAMESPACES = {
    f"xmlns:{prefix}": f"urn:un:unece:uncefact:data:standard:{name}:100"
    for prefix, name in (
        ("rsm", "CrossDomainAcknowledgementAndResponse"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("udt", "UnqualifiedDataType"),
        ("qdt", "QualifiedDataType"),
    )
}
# Ids of published rules, as our own ids begin with them: G1.05, S2.05, BR-FR-CPRO-10.
_PUBLISHED_RULE = re.compile(r"[GPS]\d+\.\d+|BR-[A-Z0-9-]*[A-Z0-9]")
_BUSINESS_TERM = re.compile(r"B[TG]-[0-9]+(-[0-9]+)?")
_SINGLE = branch("ram:MultipleReferencesIndicator", leaf("udt:Indicator", "false"))


def write(return_: Return) -> Iterator[tuple[str, bytes]]:
    """The files of a return, one a status, as (name, bytes).

    The id of a document (MDT-4) is the name of the return and the rank of the status in it, so that
    composing twice gives the same bytes.

    Raises:
        ValueError: no status, or a name of the return that is not a flow name.
    """
    stem = FlowName.parse(return_.name).stem
    if not return_.statuses:
        message = f"a CDAR speaks of one status: found none in {return_.name}"
        raise ValueError(message)
    for rank, status in enumerate(return_.statuses, 1):
        yield f"{stem}_{rank:05d}.xml", document(_root(return_, f"{stem}-{rank}", status))


def _root(return_: Return, identifier: str, status: FlowStatus | InvoiceStatus) -> str:
    if isinstance(status, FlowStatus):
        parts = _flow_parts(return_, identifier, status)
    else:
        parts = _invoice_parts(return_, identifier, status)
    return branch("rsm:CrossDomainAcknowledgementAndResponse", *parts, **_NAMESPACES)


def _flow_parts(return_: Return, identifier: str, status: FlowStatus) -> tuple[str, str, str]:
    title = f"CDV {status.status} {status.identifier}"
    issuer = platform("ram:IssuerTradeParty", return_.emitter_matricule)
    return (
        _context("", form().document.flow_guideline),
        _exchanged(return_, identifier, title, issuer),
        branch(
            "rsm:AcknowledgementDocument",
            _SINGLE,
            # G7.22: where the id cannot be read, the name of the file stands here too.
            "" if status.readable else leaf("ram:Name", cut("MDT-76", status.identifier)),
            moment("ram:IssueDateTime", return_.issued),
            _flow_reference(status),
        ),
    )


def _flow_reference(status: FlowStatus) -> str:
    blocks = [
        _block(rank, line, _note("", line.text, line.subject))
        for rank, line in enumerate(_kept(status), 1)
    ]
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", cut("MDT-87", status.identifier)),
        leaf("ram:TypeCode", form().document.flow_type),
        moment("ram:ReceiptDateTime", status.received),
        leaf("ram:ReferenceTypeCode", form().document.flow_guideline),
        *_condition(status),
        *blocks,
        *_remarks(status, len(blocks)),
    )


def _invoice_parts(return_: Return, identifier: str, status: InvoiceStatus) -> tuple[str, str, str]:
    phase = form().phases.get(status.status, form().treatment)
    title = f"CDV {status.status} {status.number}"
    issuer = _issuer(return_, status, phase)
    return (
        _context(form().document.business_process, form().document.invoice_guideline),
        _exchanged(return_, identifier, title, issuer),
        branch(
            "rsm:AcknowledgementDocument",
            _SINGLE,
            leaf("ram:TypeCode", phase.type),
            moment("ram:IssueDateTime", return_.issued),
            _invoice_reference(status, phase),
        ),
    )


def _issuer(return_: Return, status: InvoiceStatus, phase: Phase) -> str:
    """Chorus Pro issues what it transmits; what is treated, the buyer issues."""
    if phase.type != form().treatment.type:
        return platform("ram:IssuerTradeParty", return_.emitter_matricule)
    return branch(
        "ram:IssuerTradeParty",
        leaf("ram:GlobalID", cut("MDT-38", status.recipient), schemeID=SIRET_SCHEME),
        optional("ram:Name", prose("MDT-39", status.recipient_name)),
        leaf("ram:RoleCode", form().document.buyer_role),
    )


def _invoice_reference(status: InvoiceStatus, phase: Phase) -> str:
    issued = leaf("qdt:DateTimeString", issue_date(status.issue_date), format="102")
    blocks = [_invoice_block(rank, line) for rank, line in enumerate(_kept(status), 1)]
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", cut("MDT-87", status.number or form().defaults.number)),
        optional("ram:StatusCode", phase.status),
        optional("ram:TypeCode", cut("MDT-91", status.type_code)),
        moment("ram:ReceiptDateTime", status.received),
        branch("ram:FormattedIssueDateTime", issued),
        *_condition(status),
        branch("ram:IssuerTradeParty", supplier(status.supplier_scheme, status.supplier)),
        *blocks,
        *_remarks(status, len(blocks)),
    )


def _invoice_block(rank: int, line: ErrorLine) -> str:
    """A motif and what is behind it; rule, place and term only for an anomaly of a published rule.

    Source: Chorus Pro external specifications v1.1 §3.4.2.3.
    """
    rule = _PUBLISHED_RULE.match(line.rule)
    if rule is None:
        return _block(rank, line, _note("", line.text, ""))
    if _BUSINESS_TERM.fullmatch(line.subject) is None:
        return _block(rank, line, _note(rule.group(), line.text, line.subject))
    characteristic = branch(
        "ram:SpecifiedDocumentCharacteristic",
        leaf("ram:ID", cut("MDT-206", line.subject)),
        leaf("ram:TypeCode", form().document.invalid_data),
    )
    return _block(rank, line, _note(rule.group(), line.text, ""), characteristic)


def _context(process: str, guideline: str) -> str:
    business = "ram:BusinessProcessSpecifiedDocumentContextParameter"
    return branch(
        "rsm:ExchangedDocumentContext",
        branch(business, leaf("ram:ID", process)) if process else "",
        branch("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", guideline)),
    )


def _exchanged(return_: Return, identifier: str, title: str, issuer: str) -> str:
    return branch(
        "rsm:ExchangedDocument",
        leaf("ram:ID", cut("MDT-4", identifier)),
        leaf("ram:Name", prose("MDT-5", title)),
        moment("ram:IssueDateTime", return_.issued),
        platform("ram:SenderTradeParty", return_.emitter_matricule),
        issuer,
        platform("ram:RecipientTradeParty", return_.partner_matricule),
    )


def _condition(status: FlowStatus | InvoiceStatus) -> tuple[str, str]:
    return (
        leaf("ram:ProcessConditionCode", cut("MDT-105", status.status)),
        optional("ram:ProcessCondition", prose("MDT-106", status.label)),
    )


def _block(rank: int, line: ErrorLine, *details: str) -> str:
    return branch(
        "ram:SpecifiedDocumentStatus",
        optional("ram:ReasonCode", cut("MDT-113", line.code)),
        optional("ram:Reason", prose("MDT-114", line.label or line.code)),
        leaf("ram:SequenceNumeric", str(rank)),
        *details,
    )


def _note(rule: str, text: str, subject: str) -> str:
    fields = (
        optional("ram:ContentCode", cut("MDT-125", rule)),
        optional("ram:Content", prose("MDT-126", text)),
        optional("ram:SubjectCode", cut("MDT-127", subject)),
    )
    return branch("ram:IncludedNote", *fields) if any(fields) else ""


def _kept(status: FlowStatus | InvoiceStatus) -> tuple[ErrorLine, ...]:
    """The lines that there are ranks for, one rank set aside for each remark."""
    most = form().limits["MDT-124-2"] - bool(status.comment)
    return status.lines if len(status.lines) <= most else status.lines[: most - 1]


def _remarks(status: FlowStatus | InvoiceStatus, used: int) -> list[str]:
    """What is said without a motif: the comment, and how many lines found no rank."""
    left = len(status.lines) - used
    texts = (status.comment, f"{left} autres anomalies" if left else "")
    return [
        branch(
            "ram:SpecifiedDocumentStatus",
            leaf("ram:SequenceNumeric", str(rank)),
            _note("", text, ""),
        )
        for rank, text in enumerate(filter(None, texts), used + 1)
    ]
