"""Reader of CDAR (F6) as values: what `cdar.write` writes, and what partners write.

Bad input never raises: a field that is not there is ``""``, an instant that is none is that of the
message. Whether a document is valid is for schema and rules to say.

Source: UN/CEFACT CDAR D22B; PPF annex 2 (flow 6) v2.3 (MDT-n).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.flows import (
    CarriedFile,
    Characteristic,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
)
from simulator.messages.attachments import decoded_size
from simulator.messages.cdarfields import form
from simulator.messages.invoice.fields import content_of
from simulator.messages.reading import attribute, day

_RSM = "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
_SPACES = {"rsm": _RSM, "ram": _RAM, "udt": _UDT, "qdt": _QDT}

_MOMENT = "udt:DateTimeString"
_LONGEST_DATE = 14
_EURO = "EUR"
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)


class Party(msgspec.Struct, frozen=True):
    """A party of a message: identifier with its scheme, name, role."""

    identifier: str = ""
    scheme: str = ""
    name: str = ""
    role: str = ""


class CdarMessage(msgspec.Struct, frozen=True):
    """A whole CDAR.

    Attributes:
        identifier: MDT-4.
        process: MDT-2, cadre or business process.
        guideline: MDT-3.
        issued: MDT-8.
        sender, issuer, recipient: MDG-9, MDG-16, the first MDG-23.
        statuses: one for each referenced document; Chorus Pro takes messages with one only.
    """

    identifier: str
    process: str
    guideline: str
    issued: datetime
    sender: Party
    issuer: Party
    recipient: Party
    statuses: tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...]


def read(root: Element, *, files: bool = True) -> CdarMessage:
    """A CDAR as values, valid or not.

    Args:
        root: of the document.
        files: whether attachments are decoded; else they come without content.
    """
    about = root.find("rsm:ExchangedDocument", _SPACES)
    issued = _moment(about, "ram:IssueDateTime", _NEVER)
    head = CdarMessage(
        identifier=_text(about, "ram:ID"),
        process=_context(root, "Business", "Process"),
        guideline=_context(root, "Guideline", ""),
        issued=issued,
        sender=_party(about, "ram:SenderTradeParty"),
        issuer=_party(about, "ram:IssuerTradeParty"),
        recipient=_party(about, "ram:RecipientTradeParty"),
        statuses=(),
    )
    return msgspec.structs.replace(head, statuses=tuple(_statuses(root, head, files=files)))


def _context(root: Element, kind: str, more: str) -> str:
    parameter = f"ram:{kind}{more}SpecifiedDocumentContextParameter"
    return _text(root, f"rsm:ExchangedDocumentContext/{parameter}/ram:ID")


def _statuses(
    root: Element, head: CdarMessage, *, files: bool
) -> Iterator[FlowStatus | InvoiceStatus | ObjectStatus]:
    constants = form().document
    for document in root.iterfind("rsm:AcknowledgementDocument", _SPACES):
        for reference in document.iterfind("ram:ReferenceReferencedDocument", _SPACES):
            kind = _text(reference, "ram:TypeCode")
            if kind == constants.flow_type:
                yield _flow(document, reference, head)
            elif kind in (constants.message_type, constants.declaration_type):
                yield _object(reference, head, is_message=kind == constants.message_type)
            else:
                yield _invoice((document, reference), head, files=files)


def _flow(document: Element, reference: Element, head: CdarMessage) -> FlowStatus:
    lines, comment = _lines(reference)
    return FlowStatus(
        status=_text(reference, "ram:ProcessConditionCode"),
        label=_text(reference, "ram:ProcessCondition"),
        identifier=_text(reference, "ram:IssuerAssignedID"),
        readable=not _text(document, "ram:Name"),
        received=_moment(reference, "ram:ReceiptDateTime", head.issued),
        lines=lines,
        comment=comment,
    )


def _object(reference: Element, head: CdarMessage, *, is_message: bool) -> ObjectStatus:
    party = _party(reference, "ram:IssuerTradeParty")
    issued = _text(reference, "ram:FormattedIssueDateTime/qdt:DateTimeString")
    lines, comment = _lines(reference)
    return ObjectStatus(
        status=_text(reference, "ram:ProcessConditionCode"),
        label=_text(reference, "ram:ProcessCondition"),
        kind="message" if is_message else "declaration",
        number=_text(reference, "ram:IssuerAssignedID"),
        received=_moment(reference, "ram:ReceiptDateTime", head.issued),
        flow=_text(reference, "ram:Name"),
        issued=_instant(issued),
        supplier_scheme=party.scheme,
        supplier=party.identifier,
        lines=lines,
        comment=comment,
    )


def _invoice(where: tuple[Element, Element], head: CdarMessage, *, files: bool) -> InvoiceStatus:
    document, reference = where
    supplier = _supplier(reference, head.issuer)
    buyer = head.issuer if head.issuer.role == form().document.buyer_role else Party()
    own, lines, comment = _said(reference)
    given = _text(reference, "ram:FormattedIssueDateTime/qdt:DateTimeString")
    return InvoiceStatus(
        status=_text(reference, "ram:ProcessConditionCode"),
        label=_text(reference, "ram:ProcessCondition"),
        number=_text(reference, "ram:IssuerAssignedID"),
        issue_date=day(given),
        type_code=_text(reference, "ram:TypeCode"),
        supplier_scheme=supplier.scheme,
        supplier=supplier.identifier,
        supplier_name=supplier.name,
        recipient=buyer.identifier,
        recipient_name=buyer.name,
        received=_moment(reference, "ram:ReceiptDateTime", head.issued),
        lines=lines,
        comment=comment,
        motif=own.motif,
        motif_label=own.label,
        action=own.action,
        attachments=tuple(_files(reference, decoded=files)),
        characteristics=own.data,
        issuer=head.issuer.role,
        occurred=_moment(document, "ram:IssueDateTime", head.issued),
        reference=_text(reference, "ram:GlobalID"),
    )


def _supplier(reference: Element, issuer: Party) -> Party:
    """The SIREN of the reference; the SIRET of the seller where the seller itself speaks."""
    named = _party(reference, "ram:IssuerTradeParty")
    is_seller = issuer.role == form().document.seller_role
    if is_seller and named.identifier and issuer.identifier.startswith(named.identifier):
        return issuer
    return named


# -- motifs, comments, data -----------------------------------------------------------------------


class _Block(msgspec.Struct, frozen=True):
    """One SpecifiedDocumentStatus."""

    motif: str = ""
    label: str = ""
    action: str = ""
    rule: str = ""
    text: str = ""
    subject: str = ""
    data: tuple[Characteristic, ...] = ()

    def line(self) -> ErrorLine:
        """As an error; an invalid term is what it is about."""
        invalid = form().document.invalid_data
        term = next((d.identifier for d in self.data if d.type == invalid), "")
        nature = "TECHNIQUE" if self.motif.startswith("IRR_") else "FONCTIONNELLE"
        return ErrorLine(nature, self.motif, self.label, self.text, self.rule, self.subject or term)


def _said(reference: Element) -> tuple[_Block, tuple[ErrorLine, ...], str]:
    """The status's own motif and data, the anomalies behind it, and its comment.

    The first motif without rule or place is that of the status itself.
    """
    own = _Block()
    lines: list[ErrorLine] = []
    comments: list[str] = []
    for block in _blocks(reference):
        anomaly = block.motif and (own.motif or lines or block.rule or block.subject)
        if anomaly:
            lines.append(block.line())
            continue
        if block.text:
            comments.append(block.text)
        own = _Block(
            motif=own.motif or block.motif,
            label=own.label or block.label,
            action=own.action or block.action,
            data=own.data + block.data,
        )
    return own, tuple(lines), " | ".join(comments)


def _lines(reference: Element) -> tuple[tuple[ErrorLine, ...], str]:
    """The anomalies of a flow, message or declaration, and the comment."""
    blocks = list(_blocks(reference))
    lines = tuple(block.line() for block in blocks if block.motif)
    return lines, " | ".join(b.text for b in blocks if b.text and not b.motif)


def _blocks(reference: Element) -> Iterator[_Block]:
    for element in reference.iterfind("ram:SpecifiedDocumentStatus", _SPACES):
        note = element.find("ram:IncludedNote", _SPACES)
        yield _Block(
            motif=_text(element, "ram:ReasonCode"),
            label=_text(element, "ram:Reason"),
            action=_text(element, "ram:RequestedActionCode"),
            rule=_text(note, "ram:ContentCode"),
            text=_text(note, "ram:Content"),
            subject=_text(note, "ram:SubjectCode"),
            data=tuple(_data(element)),
        )


def _data(element: Element) -> Iterator[Characteristic]:
    for each in element.iterfind("ram:SpecifiedDocumentCharacteristic", _SPACES):
        amount = each.find("ram:ValueAmount", _SPACES)
        yield Characteristic(
            type=_text(each, "ram:TypeCode"),
            identifier=_text(each, "ram:ID"),
            name=_text(each, "ram:Name"),
            location=_text(each, "ram:Location"),
            value=_text(each, "ram:Value"),
            amount=_text(each, "ram:ValueAmount"),
            currency=attribute(amount, "currencyID") or _EURO,
            percent=_text(each, "ram:ValuePercent"),
            changed=_text(each, "ram:ValueChangedIndicator/*"),
        )


def _files(reference: Element, *, decoded: bool) -> Iterator[CarriedFile]:
    for element in reference.iterfind("ram:AttachmentBinaryObject", _SPACES):
        yield CarriedFile(
            name=attribute(element, "filename").strip(),
            mime=attribute(element, "mimeCode").strip(),
            content=_decoded(element.text or "") if decoded else b"",
            size=0 if decoded else decoded_size(element.text or ""),
        )


def _decoded(text: str) -> bytes:
    """The bytes of a base64 text; none of what is not base64."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


# -- fields -----------------------------------------------------------------------------------------


def _party(element: Element | None, tag: str) -> Party:
    party = None if element is None else element.find(tag, _SPACES)
    if party is None:
        return Party()
    number = _first(party, ("ram:GlobalID", "ram:ID"))
    return Party(
        identifier=_text(number, "."),
        scheme=attribute(number, "schemeID"),
        name=_text(party, "ram:Name"),
        role=_text(party, "ram:RoleCode"),
    )


def _first(element: Element, paths: Sequence[str]) -> Element | None:
    found = (element.find(path, _SPACES) for path in paths)
    return next((each for each in found if each is not None), None)


def _text(element: Element | None, path: str) -> str:
    found = None if element is None else element.find(path, _SPACES)
    return "" if found is None else content_of(found).strip()


def _moment(element: Element | None, path: str, default: datetime) -> datetime:
    return _instant(_text(element, f"{path}/{_MOMENT}")) or default


def _instant(text: str) -> datetime | None:
    """``YYYYMMDD`` to ``YYYYMMDDHHMMSS`` in the zone of CDAR documents; None for anything else."""
    digits = text.ljust(_LONGEST_DATE, "0")
    if not (text.isascii() and text.isdecimal()) or len(digits) != _LONGEST_DATE:
        return None
    zone = ZoneInfo(form().document.timezone)
    try:
        local = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
