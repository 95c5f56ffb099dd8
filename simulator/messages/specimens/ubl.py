"""UBL 2.1 Invoice and CreditNote of a specimen.

Source: OASIS UBL 2.1 (order of the elements); binding of the business terms: EN 16931-3-2; service
and identifiers of the historic channel: practice of public clients of Chorus Pro (deduced).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from simulator.messages.specimens import dialect, filler
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Attachment, Note
from simulator.messages.specimens.streaming import FILLER, LINES, Writer
from simulator.messages.specimens.ublparties import delivery, party
from simulator.messages.specimens.ubltrade import (
    CURRENCY,
    adjustment,
    days,
    line,
    payments,
    totals,
)
from simulator.messages.xmltext import branch, escaped, leaf, optional

_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
_COMMON = {
    "xmlns:cac": f"{_NAMESPACE}CommonAggregateComponents-2",
    "xmlns:cbc": f"{_NAMESPACE}CommonBasicComponents-2",
}
_BINARY = "cbc:EmbeddedDocumentBinaryObject"
_ON_RECEIPTS = "432"  # BT-8 as UNTDID 2005 has it


def _frame(spec: Specimen, filled: bool) -> str:
    kind = _kind(spec)
    supplier = party(spec, seller=True)
    recipient = party(spec, seller=False)
    return branch(
        kind,
        *_head(spec, kind),
        *_references(spec),
        *(_attachment(each) for each in spec.attachments),
        _reference(*filler.FILE, FILLER) if filled else "",
        branch("cac:AccountingSupplierParty", supplier),
        branch("cac:AccountingCustomerParty", recipient),
        delivery(spec.delivery) if spec.delivery else "",
        *payments(spec),
        branch("cac:PaymentTerms", leaf("cbc:Note", spec.terms)) if spec.terms else "",
        *(adjustment(spec, each, taxed=True) for each in spec.adjustments),
        *totals(spec),
        LINES,
        xmlns=f"{_NAMESPACE}{kind}-2",
        **_COMMON,
    )


def _kind(spec: Specimen) -> str:
    return "CreditNote" if spec.credit_note else "Invoice"


def _head(spec: Specimen, kind: str) -> Iterator[str]:
    """From the version to the buyer's reference."""
    identity = [leaf("cbc:ID", spec.number), leaf("cbc:IssueDate", spec.issue_date)]
    if spec.broken == "xsd":
        identity.reverse()
    yield leaf("cbc:UBLVersionID", "2.1")
    yield optional("cbc:CustomizationID", dialect.guideline(spec))
    yield leaf("cbc:ProfileID", dialect.cadre(spec))
    yield from identity
    yield "" if spec.credit_note else leaf("cbc:DueDate", dialect.due_date(spec))
    yield leaf(f"cbc:{kind}TypeCode", dialect.type_code(spec))
    yield from (leaf("cbc:Note", _note(spec, note)) for note in dialect.notes(spec))
    yield leaf("cbc:DocumentCurrencyCode", CURRENCY)
    yield optional("cbc:BuyerReference", spec.references.buyer if spec.is_afnor else "")


def _note(spec: Specimen, note: Note) -> str:
    """BT-22, headed by BT-21 as the AFNOR documents have it."""
    return f"#{note.code}#{note.text}" if note.code and spec.is_afnor else note.text


def _references(spec: Specimen) -> Iterator[str]:
    given = spec.references
    when = leaf("cbc:DescriptionCode", _ON_RECEIPTS) if spec.is_afnor and spec.receipts else ""
    if spec.period or when:
        yield branch("cac:InvoicePeriod", *days(spec.period), when)
    if given.order or given.sales_order:
        # BT-13 is an element that UBL asks for beside BT-14.
        ordered = leaf("cbc:ID", given.order or "NA")
        yield branch("cac:OrderReference", ordered, optional("cbc:SalesOrderID", given.sales_order))
    for earlier in given.preceding:
        fields = leaf("cbc:ID", earlier.number), leaf("cbc:IssueDate", earlier.issue_date)
        yield branch("cac:BillingReference", branch("cac:InvoiceDocumentReference", *fields))
    if given.contract:
        yield branch("cac:ContractDocumentReference", leaf("cbc:ID", given.contract))


def _attachment(file: Attachment) -> str:
    text = base64.b64encode(file.content).decode("ascii")
    return _reference(file.reference, file.qualifier, file.name, file.mime, text)


def _reference(reference: str, qualifier: str, name: str, mime: str, text: str) -> str:
    about = f'mimeCode="{escaped(mime)}" filename="{escaped(name)}"'
    # Neither base64 nor the mark of the filler is to be escaped.
    binary = f"<{_BINARY} {about}>{text}</{_BINARY}>"
    return branch(
        "cac:AdditionalDocumentReference",
        leaf("cbc:ID", reference),
        leaf("cbc:DocumentDescription", qualifier),
        branch("cac:Attachment", binary),
    )


WRITER = Writer(_frame, line)
