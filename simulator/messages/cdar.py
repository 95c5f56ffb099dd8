"""Writer of CDAR (F6): one document a status, as Chorus Pro wants it.

Flow statuses (500, 501) refer to a received flow, invoice statuses (2xx) to one invoice, object
statuses to a status message (601) or a declaration (300, 301).

Source: UN/CEFACT CDAR D22B (order of the elements); PPF annex 2 (flow 6) v2.3 (MDT-n); Chorus Pro
external specifications v1.1 §3.4.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulator.domain.flowname import FlowName
from simulator.domain.flows import FlowStatus, InvoiceStatus, ObjectStatus, Return
from simulator.messages.cdarblocks import Said, condition, files, flow_blocks, invoice_blocks
from simulator.messages.cdarfields import (
    SIRET_SCHEME,
    Phase,
    cut,
    form,
    issue_date,
    moment,
    phase_of,
    platform,
    prose,
    stamp,
    supplier,
    treating,
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
_SINGLE = branch("ram:MultipleReferencesIndicator", leaf("udt:Indicator", "false"))
_TRANSMISSION = "305"


class _Sheet(msgspec.Struct, frozen=True):
    """What the writers of all kinds of statuses are given."""

    return_: Return
    identifier: str

    def platform(self, tag: str) -> str:
        """The emitter as a party: Chorus Pro, or the PPF (MDT-21, MDT-40: DFH)."""
        constants = form().document
        role = constants.ppf_role if self.return_.of_ppf else constants.platform_role
        return platform(tag, self.return_.emitter_matricule, role)


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
        sheet = _Sheet(return_, f"{stem}-{rank}")
        yield f"{stem}_{rank:05d}.xml", document(_root(sheet, status))


def _root(sheet: _Sheet, status: Said) -> str:
    if isinstance(status, FlowStatus):
        parts = _flow_parts(sheet, status)
    elif isinstance(status, ObjectStatus):
        parts = _object_parts(sheet, status)
    else:
        parts = _invoice_parts(sheet, status)
    return branch("rsm:CrossDomainAcknowledgementAndResponse", *parts, **_NAMESPACES)


# -- flows: 500, 501 ------------------------------------------------------------------------------


def _flow_parts(sheet: _Sheet, status: FlowStatus) -> tuple[str, str, str]:
    title = f"CDV {status.status} {status.identifier}"
    return (
        _context("", form().document.flow_guideline),
        _exchanged(sheet, title, sheet.platform("ram:IssuerTradeParty")),
        branch(
            "rsm:AcknowledgementDocument",
            _SINGLE,
            # G7.22: where the id cannot be read, the name of the file stands here too.
            "" if status.readable else leaf("ram:Name", cut("MDT-76", status.identifier)),
            moment("ram:IssueDateTime", sheet.return_.issued),
            branch(
                "ram:ReferenceReferencedDocument",
                leaf("ram:IssuerAssignedID", cut("MDT-87", status.identifier)),
                leaf("ram:TypeCode", form().document.flow_type),
                moment("ram:ReceiptDateTime", status.received),
                leaf("ram:ReferenceTypeCode", form().document.flow_guideline),
                *condition(status),
                *flow_blocks(status),
            ),
        ),
    )


# -- status messages and declarations: 601, 300, 301, 500 -----------------------------------------


def _object_parts(sheet: _Sheet, status: ObjectStatus) -> tuple[str, str, str]:
    constants = form().document
    is_message = status.kind == "message"
    guideline = constants.message_guideline if is_message else constants.declaration_guideline
    title = f"CDV {status.status} {status.number}"
    return (
        _context("", guideline),
        _exchanged(sheet, title, sheet.platform("ram:IssuerTradeParty")),
        branch(
            "rsm:AcknowledgementDocument",
            _SINGLE,
            leaf("ram:TypeCode", _TRANSMISSION),
            moment("ram:IssueDateTime", sheet.return_.issued),
            _object_reference(status, guideline),
        ),
    )


def _object_reference(status: ObjectStatus, guideline: str) -> str:
    constants = form().document
    is_message = status.kind == "message"
    # Of a declaration the party is who declares; what is not known is not told.
    is_known = is_message or status.supplier
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", cut("MDT-87", status.number or form().defaults.number)),
        leaf("ram:TypeCode", constants.message_type if is_message else constants.declaration_type),
        optional("ram:Name", cut("MDT-94", status.flow)),
        moment("ram:ReceiptDateTime", status.received),
        leaf("ram:ReferenceTypeCode", guideline),
        _issued(stamp(status.issued), "204") if status.issued else "",
        *condition(status),
        _supplier(status.supplier_scheme, status.supplier) if is_known else "",
        *flow_blocks(status),
    )


# -- invoices: 2xx ----------------------------------------------------------------------------------


def _invoice_parts(sheet: _Sheet, status: InvoiceStatus) -> tuple[str, str, str]:
    phase = phase_of(status.status)
    title = f"CDV {status.status} {status.number}"
    return (
        _context(form().document.business_process, form().document.invoice_guideline),
        _exchanged(sheet, title, _issuer(sheet, status, phase)),
        branch(
            "rsm:AcknowledgementDocument",
            _SINGLE,
            leaf("ram:TypeCode", phase.type),
            moment("ram:IssueDateTime", status.occurred or sheet.return_.issued),
            _invoice_reference(status, phase),
        ),
    )


def _issuer(sheet: _Sheet, status: InvoiceStatus, phase: Phase) -> str:
    """A platform issues what it transmits; what is treated, the buyer or the seller issues."""
    if phase.type == _TRANSMISSION:
        return sheet.platform("ram:IssuerTradeParty")
    role = status.issuer or phase.issuer or form().document.buyer_role
    if role == form().document.seller_role:
        scheme = SIRET_SCHEME if status.supplier_scheme in ("", "1") else status.supplier_scheme
        return treating(role, scheme, status.supplier, status.supplier_name)
    return treating(role, SIRET_SCHEME, status.recipient, status.recipient_name)


def _invoice_reference(status: InvoiceStatus, phase: Phase) -> str:
    echo, scheme = cut("MDT-92", status.reference), form().document.reference_scheme
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", cut("MDT-87", status.number or form().defaults.number)),
        optional("ram:StatusCode", phase.status),
        optional("ram:TypeCode", cut("MDT-91", status.type_code)),
        leaf("ram:GlobalID", echo, schemeID=scheme) if echo else "",
        moment("ram:ReceiptDateTime", status.received),
        *files(status.attachments),
        _issued(issue_date(status.issue_date), "102"),
        *condition(status),
        _supplier(status.supplier_scheme, status.supplier),
        *invoice_blocks(status),
    )


# -- what all have ------------------------------------------------------------------------------------


def _issued(text: str, layout: str) -> str:
    """MDT-100: an invoice by its day, a message by its moment."""
    return branch("ram:FormattedIssueDateTime", leaf("qdt:DateTimeString", text, format=layout))


def _supplier(scheme: str, identifier: str) -> str:
    return branch("ram:IssuerTradeParty", supplier(scheme, identifier))


def _context(process: str, guideline: str) -> str:
    business = "ram:BusinessProcessSpecifiedDocumentContextParameter"
    return branch(
        "rsm:ExchangedDocumentContext",
        branch(business, leaf("ram:ID", process)) if process else "",
        branch("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", guideline)),
    )


def _exchanged(sheet: _Sheet, title: str, issuer: str) -> str:
    return branch(
        "rsm:ExchangedDocument",
        leaf("ram:ID", cut("MDT-4", sheet.identifier)),
        leaf("ram:Name", prose("MDT-5", title)),
        moment("ram:IssueDateTime", sheet.return_.issued),
        sheet.platform("ram:SenderTradeParty"),
        issuer,
        platform("ram:RecipientTradeParty", sheet.return_.partner_matricule),
    )
