"""CrossIndustryInvoice of a specimen, within what D16B, D22B and the profiles of Factur-X share.

Source: UN/CEFACT CII D16B and D22B (order of the elements); binding of the business terms:
EN 16931-3-3; the historic channel as the AIFE samples of FSO1116A and FSO1117A have it (deduced).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from simulator.messages.specimens import dialect, filler
from simulator.messages.specimens.ciiparties import delivery, party
from simulator.messages.specimens.ciitrade import day, line, settlement
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Note
from simulator.messages.specimens.streaming import FILLER, LINES, Writer
from simulator.messages.xmltext import branch, escaped, leaf, optional

__all__ = ["FACTUR_X", "WRITER"]

_NAMESPACES = {
    f"xmlns:{prefix}": f"urn:un:unece:uncefact:data:standard:{name}:100"
    for prefix, name in (
        ("rsm", "CrossIndustryInvoice"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("udt", "UnqualifiedDataType"),
        ("qdt", "QualifiedDataType"),
    )
}
_BINARY = "ram:AttachmentBinaryObject"
_SUPPORTING = "916"  # UNTDID 1001: what supports the invoice


def _frame(spec: Specimen, filled: bool, guideline: str) -> str:
    context = "rsm:ExchangedDocumentContext"
    business = "ram:BusinessProcessSpecifiedDocumentContextParameter"
    rules = "ram:GuidelineSpecifiedDocumentContextParameter"
    moment = day(spec.delivery.day) if spec.delivery else ""
    return branch(
        "rsm:CrossIndustryInvoice",
        branch(
            context,
            branch(business, leaf("ram:ID", dialect.cadre(spec))),
            branch(rules, leaf("ram:ID", guideline)) if guideline else "",
        ),
        _document(spec),
        branch(
            "rsm:SupplyChainTradeTransaction",
            LINES,
            branch("ram:ApplicableHeaderTradeAgreement", *_agreement(spec, filled)),
            delivery(spec, moment),
            settlement(spec),
        ),
        **_NAMESPACES,
    )


def _document(spec: Specimen) -> str:
    identity = [
        leaf("ram:ID", spec.number),
        leaf("ram:TypeCode", dialect.type_code(spec)),
    ]
    if spec.broken == "xsd":
        identity.reverse()
    return branch(
        "rsm:ExchangedDocument",
        *identity,
        branch("ram:IssueDateTime", day(spec.issue_date)),
        *(_note(note) for note in dialect.notes(spec)),
    )


def _note(note: Note) -> str:
    words = leaf("ram:Content", note.text)
    return branch("ram:IncludedNote", words, optional("ram:SubjectCode", note.code))


def _agreement(spec: Specimen, filled: bool) -> Iterator[str]:
    given = spec.references
    yield optional("ram:BuyerReference", given.buyer)
    yield party("ram:SellerTradeParty", spec, seller=True)
    yield party("ram:BuyerTradeParty", spec, seller=False)
    for tag, number in (
        ("SellerOrder", given.sales_order),
        ("BuyerOrder", given.order),
        ("Contract", given.contract),
    ):
        if number:
            yield branch(f"ram:{tag}ReferencedDocument", leaf("ram:IssuerAssignedID", number))
    for file in spec.attachments:
        text = base64.b64encode(file.content).decode("ascii")
        yield _reference(file.reference, file.qualifier, file.name, file.mime, text)
    if filled:
        yield _reference(*filler.FILE, FILLER)


def _reference(reference: str, qualifier: str, name: str, mime: str, text: str) -> str:
    about = f'mimeCode="{escaped(mime)}" filename="{escaped(name)}"'
    return branch(
        "ram:AdditionalReferencedDocument",
        leaf("ram:IssuerAssignedID", reference),
        leaf("ram:TypeCode", _SUPPORTING),
        leaf("ram:Name", qualifier),
        # Neither base64 nor the mark of the filler is to be escaped.
        f"<{_BINARY} {about}>{text}</{_BINARY}>",
    )


def _plain(spec: Specimen, filled: bool) -> str:
    return _frame(spec, filled, dialect.guideline(spec))


def _facturx(spec: Specimen, filled: bool) -> str:
    return _frame(spec, filled, dialect.facturx_guideline(spec))


WRITER = Writer(_plain, line)
FACTUR_X = Writer(_facturx, line)
