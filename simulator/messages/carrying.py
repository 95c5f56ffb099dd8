"""Fills a return with what it passes on: files taken out of deposits, invoices made into pivots.

Outside of any step, when the return is written: what is taken out may be large. Deposits were judged
when they came; what cannot be read now is a fault of ours, never of a partner.

Source: Chorus Pro external specifications v1.0 p. 57-60 (FEN0036A, FEN3036A, FEN3736A, FEN400xA);
v1.1 §3.2 (readable form added when absent), table 12 (attachments of 209 and 227).
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator.domain.delivery import DeliveredInvoice, PivotFile
from simulator.domain.findings import Finding
from simulator.domain.flows import CarriedFile, InvoiceStatus, Origin, Passage, Return
from simulator.domain.judgement import Job, Limits
from simulator.messages import cdarreading, cppfacture, facturx
from simulator.messages.archives import unpack
from simulator.messages.invoice import cii, cpp, ubl
from simulator.messages.invoice.model import Invoice
from simulator.messages.pivot import fitted, form
from simulator.messages.pivotsource import Received, delivered, is_readable, past
from simulator.messages.readable import readable, tracking
from simulator.messages.readableubl import has_readable, with_readable
from simulator.messages.statusfacts import CDAR

# By hash of a deposit: its bytes, or where it lies.
Contents = Mapping[str, bytes | Path]
_Files = Mapping[Origin, bytes]

_PDF = b"%PDF"
_SYNTAXES: Mapping[str, Literal["ubl", "cii", "cpp"]] = {
    "Invoice": "ubl",
    "CreditNote": "ubl",
    "CrossIndustryInvoice": "cii",
    "CPPFactureMixte": "cpp",
}


def filled(value: Return, contents: Contents, limits: Limits) -> Return:
    """A return with the files and invoices that it names.

    Args:
        value: as the journal keeps it.
        contents: everything that it is filled out of (`Return.blobs`).
        limits: bounds of a flow.

    Raises:
        ValueError: a file is not in its deposit, or is no invoice.
        OSError: a deposit cannot be read.
    """
    if not value.sources:
        return _with_files(value, contents)
    files = _taken(value, contents, limits)
    if value.format == "pivot":
        invoices = tuple(_delivered(passage, files, contents) for passage in value.sources)
        return msgspec.structs.replace(value, invoices=invoices)
    relayed = tuple(_relayed(passage, files) for passage in value.sources)
    return msgspec.structs.replace(value, files=relayed)


def enclosed_file(file: CarriedFile, contents: Contents, limits: Limits) -> bytes:
    """The bytes of a file that came with a status, wherever it lies.

    Raises:
        ValueError: it is not there.
        OSError: the content cannot be read.
    """
    if file.origin is None:
        return _content(file, contents)
    origin = file.origin
    for name, content in _members(origin.flow, contents[origin.blob.sha256], limits):
        if name == origin.member:
            return _carried_by(content, file.name)
    message = f"{origin.flow} holds no {origin.member}"
    raise ValueError(message)


def _carried_by(content: bytes, name: str) -> bytes:
    """A file out of the status message that carries it; a document that completes is one itself."""
    if content.startswith(_PDF) or _parsed(content).tag != CDAR:
        return content
    for status in cdarreading.read(_parsed(content)).statuses:
        for file in getattr(status, "attachments", ()):
            if file.name == name:
                return bytes(file.content)
    message = f"the message carries no {name}"
    raise ValueError(message)


def _with_files(value: Return, contents: Contents) -> Return:
    """Statuses with the files that they carry."""
    if not value.blobs():
        return value
    statuses = tuple(
        msgspec.structs.replace(
            status,
            attachments=tuple(
                msgspec.structs.replace(file, content=_content(file, contents))
                for file in status.attachments
            ),
        )
        if isinstance(status, InvoiceStatus) and status.attachments
        else status
        for status in value.statuses
    )
    return msgspec.structs.replace(value, statuses=statuses)


def _content(file: CarriedFile, contents: Contents) -> bytes:
    if file.blob is None:
        return file.content
    content = contents[file.blob.sha256]
    return content.read_bytes() if isinstance(content, Path) else content


# -- out of the deposits -----------------------------------------------------------------------


def _taken(value: Return, contents: Contents, limits: Limits) -> dict[Origin, bytes]:
    """The files that a return names; each deposit is read once."""
    wanted: dict[tuple[str, str], dict[str, Origin]] = defaultdict(dict)
    for passage in value.sources:
        for origin in (passage.origin, *passage.completing):
            wanted[origin.blob.sha256, origin.flow][origin.member] = origin
    taken: dict[Origin, bytes] = {}
    for (sha256, flow), members in wanted.items():
        for name, content in _members(flow, contents[sha256], limits):
            if name in members:
                taken[members[name]] = content
        if missing := [name for name, origin in members.items() if origin not in taken]:
            message = f"{flow} holds no {', '.join(missing)}"
            raise ValueError(message)
    return taken


def _members(flow: str, content: bytes | Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    job = Job(name=flow, syntax="", circuit="", packs=(), limits=limits)
    at = {"path": str(content)} if isinstance(content, Path) else {"content": content}
    for member in unpack(msgspec.structs.replace(job, **at)):
        if isinstance(member, Finding):
            message = f"{flow} cannot be read any more: {member.message}"
            raise ValueError(message)  # noqa: TRY004 - a finding is not a wrong type
        if member.content is not None:
            yield member.name, member.content


# -- as it is -----------------------------------------------------------------------------------


def _relayed(passage: Passage, files: _Files) -> CarriedFile:
    content = files[passage.origin]
    if passage.readable and not content.startswith(_PDF):
        content = _with_readable(content)
    return CarriedFile(passage.origin.member, content=content)


def _with_readable(content: bytes) -> bytes:
    """A UBL invoice with a readable form; the bytes as they came when it has one."""
    root = _parsed(content)
    if has_readable(root):
        return content
    return with_readable(root, readable(ubl.read_invoice(root)))


# -- for a public buyer --------------------------------------------------------------------------


def _delivered(passage: Passage, files: _Files, contents: Contents) -> DeliveredInvoice:
    content = files[passage.origin]
    invoice, syntax, content = _read(content, passage.number)
    story = tuple(past(invoice, said) for said in passage.story)
    plain = syntax == "factur-x" or is_readable(invoice) or _has_pdf(invoice)
    received = Received(
        syntax=syntax,
        is_platform=passage.is_platform,
        name=fitted(passage.origin.member),
        content=content,
        day=passage.day,
        readable=b"" if plain else readable(invoice),
        resent=passage.resent,
        chorus_id=passage.chorus_id,
        tracking=tracking(invoice, story) if story else b"",
        story=story,
        more=tuple(_completing(passage, files, contents)),
    )
    return delivered(invoice, received)


def _has_pdf(invoice: Invoice) -> bool:
    """Whether a PDF is attached: the readable form of the mixed formats of the historic channel."""
    return any(s.attachment.attribute("mimeCode") == "application/pdf" for s in invoice.supporting)


def _read(
    content: bytes, number: str
) -> tuple[Invoice, Literal["ubl", "cii", "factur-x", "cpp"], bytes]:
    """An invoice, its syntax, and the document that holds it and no other."""
    if content.startswith(_PDF):
        xml = facturx.extract(content).xml
        if xml is None:
            message = f"the Factur-X of {number} has lost its invoice"
            raise ValueError(message)
        return cii.read_invoice(_parsed(xml)), "factur-x", content
    root = _parsed(content)
    name = etree.QName(root).localname
    syntax = _SYNTAXES.get(name)
    if syntax == "cpp":
        alone = _alone(root, number)
        if alone is not root:
            tree = alone.getroottree()
            content = etree.tostring(tree, encoding="UTF-8", xml_declaration=True)
        return cpp.read_invoice(alone), syntax, content
    if syntax is None:
        message = f"an invoice is UBL, CII or CPPFactureMixte: found {name}"
        raise ValueError(message)
    reader = ubl.read_invoice if syntax == "ubl" else cii.read_invoice
    return reader(root), syntax, content


def _alone(root: Element, number: str) -> Element:
    """A CPPFactureMixte with one of its invoices only: the others are for other eyes."""
    numbers = [facts.number for facts in cppfacture.read_all(root)]
    if len(numbers) <= 1:
        return root
    rank = numbers.index(number)
    alone = copy.deepcopy(root)
    units = alone.findall("CPPFactures/CPPFactureMixteUnitaire")
    for other in (unit for n, unit in enumerate(units) if n != rank):
        parent = other.getparent()
        assert parent is not None
        parent.remove(other)
    for parent in alone.iterfind("CPPFactures"):
        parent.set("Compteur", "1")
    return alone


def _completing(passage: Passage, files: _Files, contents: Contents) -> Iterator[PivotFile]:
    """What came with the messages, or the commands, that complete an invoice."""
    category = form().files.annex if passage.is_platform else ""
    for file, content in _completing_files(passage, files, contents):
        yield PivotFile(
            name=fitted(file.name),
            kind="02",
            mime=file.mime or "application/octet-stream",
            content=content,
            original=fitted(file.name),
            category=category,
        )


def _completing_files(
    passage: Passage, files: _Files, contents: Contents
) -> Iterator[tuple[CarriedFile, bytes]]:
    for origin in passage.completing:
        for status in cdarreading.read(_parsed(files[origin])).statuses:
            for file in getattr(status, "attachments", ()):
                yield file, file.content
    for file in passage.enclosed:
        yield file, _content(file, contents)


def _parsed(content: bytes) -> Element:
    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root: Element = etree.fromstring(content, parser)
    return root
