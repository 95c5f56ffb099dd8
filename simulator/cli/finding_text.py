"""A finding for people: the same lines in ``check --explain`` and in ``flow why``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from simulator.cli.console import plain

if TYPE_CHECKING:
    from simulator.validation.jsonline import FindingLine

_WIDTH = 10


def lines(finding: FindingLine, wire: Sequence[str] = (), about: str = "") -> Iterator[str]:
    """Everything there is to say of a finding, each line with its label, nothing that steers a terminal.

    Args:
        finding: explained.
        wire: messages that carried it.
        about: the invoice that it speaks of.
    """
    yield plain(finding.message)
    for label, text in _details(finding, wire, about):
        yield f"{label:<{_WIDTH}}{plain(text)}"
        if label == "excerpt":
            yield from _caret(finding, " " * _WIDTH)


def _details(finding: FindingLine, wire: Sequence[str], about: str) -> Iterator[tuple[str, str]]:
    becomes = finding.becomes
    known = f" ({becomes.source}) [{becomes.mark}]" if becomes.source else ""
    version = f" {finding.version}" if finding.version else ""
    details = [
        ("asked", finding.asked),
        ("found", "''" if finding.found == "" else finding.found),
        ("where", ", ".join(_where(finding, about))),
        ("xpath", finding.xpath),
        ("excerpt", (finding.excerpt or "").strip()),
        ("becomes", becomes.text + (f", motif {finding.motif}" if finding.motif else "")),
        ("because", becomes.because + known),
        *(("wire", text) for text in wire),
        ("repair", finding.repair),
        ("réparer", finding.repair_fr),
        ("pack", f"{finding.pack}{version}"),
        ("source", f"{finding.source} [{finding.mark}]"),
        ("xmlschema", finding.explanation),
    ]
    return ((label, text) for label, text in details if isinstance(text, str) and text)


def _where(finding: FindingLine, about: str) -> Iterator[str]:
    yield finding.file
    if about:
        yield f"invoice {about}"
    if finding.line:
        yield f"line {finding.line}, column {finding.column or '?'}"


def _caret(finding: FindingLine, indent: str) -> Iterator[str]:
    mark = caret(finding, plain)
    if mark is not None:
        yield indent + mark


def caret(finding: FindingLine, shown: Callable[[str], str]) -> str | None:
    """The line to print below an excerpt without the blanks around it; None without a column.

    Args:
        finding: with the excerpt.
        shown: what printing makes of a text.
    """
    from rich.cells import cell_len

    if finding.excerpt is None or finding.caret is None:
        return None
    before = finding.excerpt[: finding.caret].lstrip()
    return " " * cell_len(shown(before)) + "^"
