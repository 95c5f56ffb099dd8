"""Files of a disk as jobs, as the node would make them, and judgements as rows, one a document.

Source: design §7, ``check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from simulator import resources
from simulator.domain.findings import Finding, Rulebook
from simulator.domain.flowname import FlowName, NameFault
from simulator.domain.interfaces import Catalogue, Interface
from simulator.domain.judgement import INVOICES, Document, Facts, Job, Judgement, Limits, Verdict
from simulator.validation.choice import packs_in_force, packs_of_document, packs_of_interface
from simulator.validation.document import packs_known

# The circuit of a deposit, by who makes it.
_CIRCUITS = {
    "SUPPLIER": "b2g",
    "BUYER": "b2g",
    "STATE_LEDGER": "b2g",
    "PA_E": "b2g-pa",
    "PA_R": "g2b-pa",
    "ISSUER": "g2b-issuer",
    "PUBLIC_ENTITY": "g2b-issuer",
}

# The checks of the exchange that need its directory, as if they were a pack.
DIRECTORY = "directory"
# A file up to this size is read here; a larger one is left to the judging processes to read.
_IN_MEMORY = 256 << 10

# What the directory has against a document whose facts could be read, on a circuit.
DirectoryChecks = Callable[[Document, str], tuple[Finding, ...]]


class Request(msgspec.Struct, frozen=True):
    """How files are to be judged.

    Attributes:
        catalogue: the interfaces that a flow name may start with.
        interface: the one to judge by, whatever the name; None: that of a legible flow name.
        packs: rule packs to run; None: those of the interface, or of the document.
        limits: bounds of each file.
        directory: checks of invoices against a directory; None: there is none.
    """

    catalogue: Catalogue
    interface: Interface | None = None
    packs: tuple[str, ...] | None = None
    limits: Limits = Limits()
    directory: DirectoryChecks | None = None


class Row(msgspec.Struct, frozen=True):
    """One document, or a whole file when it is refused as a container (`member` is None then).

    Attributes:
        packs: those that ran.
        skipped: those that did not, with the reason.
    """

    path: str
    member: str | None
    interface: str | None
    syntax: str
    verdict: Verdict
    packs: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def job_of(path: Path, request: Request) -> Job:
    """The job that the node would make of a deposit of this file.

    Raises:
        OSError: a small file, or one whose name is not text, is read here, and cannot be.
    """
    interface = _interface(path.name, request)
    is_small = path.stat().st_size <= _IN_MEMORY or shown(path) != str(path)
    return Job(
        name=shown(path.name),
        syntax=interface.judged_as if interface else "",
        circuit=_circuit(interface),
        interface=interface.code if interface else "",
        kind=interface.kind if interface else "",
        thorough=True,
        packs=request.packs or (packs_of_interface(interface) if interface else None),
        limits=request.limits,
        path=None if is_small else str(path),
        content=_content(path, request.limits.flow) if is_small else None,
    )


def rows_of(path: Path, judgement: Judgement, request: Request) -> list[Row]:
    """The rows of a judgement: its own findings first, then its documents in order."""
    interface = _interface(path.name, request)
    code = interface.code if interface else None
    if interface is not None and not interface.judged_as:
        return [_unsupported(path, interface)]
    rows: list[Row] = []
    if judgement.findings or not (judgement.documents or judgement.blocks):
        flow = Row(
            shown(path), None, code, "unknown", judgement.verdict, (), (), judgement.findings
        )
        rows.append(flow)
    for _, documents in groupby(judgement.every_document(), lambda document: document.member):
        rows += _rows_of_file(path, list(documents), interface, request)
    return rows


def _unsupported(path: Path, interface: Interface) -> Row:
    """A flow on a code that no deposit is judged on: what admission says of it."""
    book = Rulebook.from_tables(resources.table("schemas", "rules", "admission.toml"))
    emission = interface.direction == "EMISSION"
    rule = "IRR_CODE_INTER_UNSUPPORTED" if emission else "IRR_CODE_INTER_DIRECTION"
    found = book.finding(rule, found=interface.code)
    return Row(shown(path), None, interface.code, "unknown", "irrecevable", (), (), (found,))


def _rows_of_file(
    path: Path, documents: Sequence[Document], interface: Interface | None, request: Request
) -> Iterator[Row]:
    """One for each invoice or status that a file holds; what refuses the file refuses them all."""
    refused = bool(Judgement(documents=tuple(documents)).errors_of_flow)
    for document in documents:
        row = _row(path, document, interface, request, refused=refused)
        yield msgspec.structs.replace(row, verdict="irrecevable") if refused else row


class _Lookup(NamedTuple):
    """What looking an invoice up in the directory adds to its row."""

    findings: tuple[Finding, ...] = ()
    ran: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


def _row(
    path: Path,
    document: Document,
    interface: Interface | None,
    request: Request,
    *,
    refused: bool,
) -> Row:
    wanted = request.packs or packs_of(interface, document.facts)
    ran = tuple(p for p in wanted if p in packs_known() and _was_read(document))
    skipped = tuple((p, _reason(p)) for p in wanted if p not in ran)
    lookup = _looked_up(document, interface, request, refused=refused)
    document = msgspec.structs.replace(document, findings=(*document.findings, *lookup.findings))
    return Row(
        path=shown(path),
        member=document.member,
        interface=interface.code if interface else None,
        syntax=document.facts.syntax if document.facts else "unknown",
        verdict=Judgement(documents=(document,)).verdict,
        packs=ran + lookup.ran,
        skipped=skipped + lookup.skipped,
        findings=document.findings,
    )


def _looked_up(
    document: Document, interface: Interface | None, request: Request, *, refused: bool
) -> _Lookup:
    """Holds an invoice against the directory; of other documents nothing is said."""
    if not _is_invoice(document) or (request.packs and not request.directory):
        return _Lookup()
    if request.directory is None:
        reason = "no --directory FILE"
    elif refused:
        reason = "irrecevable"  # the exchange does not look it up either
    else:
        return _Lookup(request.directory(document, _circuit(interface)), (DIRECTORY,))
    return _Lookup(skipped=((DIRECTORY, reason),))


def _is_invoice(document: Document) -> bool:
    return document.facts is not None and document.facts.syntax in INVOICES


def shown(path: Path | str) -> str:
    """A path as text; bytes that are not UTF-8 become question marks."""
    return str(path).encode(errors="replace").decode()


def packs_of(interface: Interface | None, facts: Facts | None) -> tuple[str, ...]:
    """The rule packs of an interface; without one, those that the document calls for."""
    packs = packs_of_interface(interface) if interface else packs_of_document(facts)
    return packs_in_force(packs, facts) if facts else packs


def _interface(name: str, request: Request) -> Interface | None:
    if request.interface is not None:
        return request.interface
    try:
        code = request.catalogue.deposited_as(FlowName.parse(name).interface)
        return request.catalogue.get(code)
    except NameFault:
        return None


def _circuit(interface: Interface | None) -> str:
    return _CIRCUITS.get(interface.sender, "") if interface else ""


def _content(path: Path, limit: int) -> bytes:
    with path.open("rb") as source:
        return source.read(limit + 1)


def _was_read(document: Document) -> bool:
    """Whether packs ran: the document is of a known syntax, and of the one that was demanded."""
    misfit = any(f.rule == "IRR_SYNTAX_ROOT" for f in document.findings)
    return document.facts is not None and document.facts.syntax != "unknown" and not misfit


def _reason(pack: str) -> str:
    return "unknown document" if pack in packs_known() else "not in this version"
