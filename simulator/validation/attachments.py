"""What is wrong with the files inside a document, as findings.

Names, sizes and extensions: ``schemas/codelists/attachments.toml``; wordings:
``schemas/rules/attachments.toml``. Without a circuit (``""``) there is no platform to refuse: what
holds everywhere (size, emptiness, names that are no plain file names) is told as warnings.

Source: PPF general dossier v3.2, table 3 (motifs); Chorus Pro external specifications v1.0 §5.4.1
(size and name); rule G4.03 of its EDI annex (extensions).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.attached import (
    Conventions,
    Extensions,
    extension_of,
    name_faults,
    shown_name,
    size_faults,
)
from simulator.domain.findings import Finding, Place, Rulebook
from simulator.messages.attachments import Attachment, attachments, is_base64
from simulator.messages.xpath import Prefixes, line_of, xpath_of
from simulator.validation.locate import spots

# Formats whose schema takes any text for the content; Factur-X is its own PDF.
_UNTYPED = ("cpp-facture-mixte", "cpp-facture-pivot")
_READABLE = "factur-x"
_PDF = "application/pdf"
_LONGEST_PATH = 2000


class Bounds(msgspec.Struct, frozen=True):
    """Limits of the check.

    Attributes:
        size: bytes of one attachment, decoded.
        findings: to describe; the others are counted.
    """

    size: int = 100 << 20
    findings: int = 100


@cache
def rules() -> Rulebook:
    """Wordings of the findings on attachments. Raises `MissingResource`."""
    return Rulebook.from_tables(resources.table("schemas", "rules", "attachments.toml"))


def conventions() -> Conventions:
    """What names and extensions may be. Raises `MissingResource`."""
    return resources.attachment_conventions()


class _Fault(NamedTuple):
    rule: str
    element: Element
    values: Mapping[str, object]


_DEFAULT = Bounds()


def attachment_findings(
    content: bytes,
    root: Element,
    syntax: str,
    prefixes: Prefixes,
    circuit: str,
    bounds: Bounds = _DEFAULT,
) -> list[Finding]:
    """What is wrong with the attachments of a document.

    Args:
        content: bytes of the document; read only when there is a finding, to place it.
        root: its tree.
        syntax: as `Facts.syntax`.
        prefixes: for paths in findings.
        circuit: whose names and extensions apply; with ``""`` nothing refuses.
        bounds: size of an attachment, number of findings.

    Returns:
        Findings in document order, errors before notes when there are too many; then how many more
        there are, if there are.

    Raises:
        MissingResource: the tables are not installed.
        MemoryError: the memory allowed to the process does not hold one attachment's text.
    """
    extensions = conventions().of_circuit(circuit)
    judging = _Judging(syntax, extensions, bounds.size)
    faults = (fault for found in attachments(root, syntax) for fault in judging.faults(found))
    kept, more = _most_serious(faults, bounds.findings)
    findings = _worded(content, kept, prefixes)
    if extensions is None:
        findings = [_advisory(finding) for finding in findings]
    return [*findings, rules().finding("ATTACHMENTS_MORE", count=more)] if more else findings


def readable_pdf_missing(
    content: bytes, root: Element, syntax: str, prefixes: Prefixes, kind: str
) -> list[Finding]:
    """Whether a document of a mixed format comes without the PDF of the invoice.

    A PDF is what its MIME type or its extension says is one; historic senders put it into a ZIP.

    Args:
        content: bytes of the document.
        root: its tree.
        syntax: as `Facts.syntax`.
        prefixes: for the path in the finding.
        kind: of the interface (``E1`` ... ``E5``, ``F2``), as the catalogue has it.

    Returns:
        No finding, or one warning.
    """
    if kind not in conventions().kinds_with_pdf.values or syntax == _READABLE:
        return []
    found = list(attachments(root, syntax))
    if any(a.size and _is_pdf(a) for a in found):
        return []
    fault = _Fault("READABLE_PDF_MISSING", root, {"kind": kind, "count": len(found)})
    return _worded(content, [fault], prefixes)


def stylesheet_of(root: Element, kind: str) -> str:
    """File name of the stylesheet that a document of a structured format is to be read with.

    ``""`` if it names none.

    Args:
        root: of the document.
        kind: of the interface, as the catalogue has it; other kinds need none.
    """
    if kind not in conventions().kinds_with_stylesheet.values:
        return ""
    instructions: Iterable[Any] = root.itersiblings(etree.PI, preceding=True)
    named = (i.get("href") for i in instructions if i.target == "xml-stylesheet")
    return next((shown_name(href.rpartition("/")[2]) for href in named if href), "")


class _Judging:
    """The checks of one attachment, on one circuit."""

    def __init__(self, syntax: str, extensions: Extensions | None, limit: int) -> None:
        self._typed = syntax not in _UNTYPED
        self._extensions = extensions
        self._limit = limit

    def faults(self, attachment: Attachment) -> Iterator[_Fault]:
        name = _name(attachment, self._extensions)
        element = attachment.element
        shown = shown_name(name) or shown_name(attachment.reference) or "?"
        for rule, values in size_faults(shown, attachment.size, self._limit):
            yield _Fault(rule, element, values)
        if not self._typed and not is_base64(attachment):
            yield _Fault("IRR_SYNTAX_PJ", element, {"name": shown})
        for rule, values in name_faults(name, conventions(), self._extensions):
            yield _Fault(rule, element, values)


def _name(attachment: Attachment, extensions: Extensions | None) -> str:
    by_reference = extensions is not None and extensions.named_by_reference
    return attachment.name or (attachment.reference if by_reference else "")


def _is_pdf(attachment: Attachment) -> bool:
    name = attachment.name or attachment.reference
    return attachment.mime.lower() == _PDF or extension_of(name).lower() == "pdf"


def _most_serious(faults: Iterable[_Fault], most: int) -> tuple[list[_Fault], int]:
    """At most so many faults, errors before notes, in their order; and the number of the others."""
    errors: list[tuple[int, _Fault]] = []
    notes: list[tuple[int, _Fault]] = []
    count = 0
    for count, fault in enumerate(faults, 1):
        kept = errors if rules()[fault.rule].severity == "error" else notes
        if len(kept) < most:
            kept.append((count, fault))
    chosen = sorted([*errors, *notes[: most - len(errors)]], key=lambda pair: pair[0])
    return [fault for _, fault in chosen], count - len(chosen)


def _advisory(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, severity="warning") if finding.refuses else finding


def _worded(content: bytes, faults: list[_Fault], prefixes: Prefixes) -> list[Finding]:
    places = spots(content, [fault.element for fault in faults]) if faults else []
    findings = []
    for fault, spot in zip(faults, places, strict=True):
        path = xpath_of(fault.element, prefixes)
        place = Place(line=line_of(fault.element), xpath=path)
        if spot:
            place = Place(None, spot.line, spot.column, path, spot.excerpt)
        values = {"where": path[:_LONGEST_PATH], **fault.values}
        findings.append(rules().finding(fault.rule, place, shown=None, **values))
    return findings
