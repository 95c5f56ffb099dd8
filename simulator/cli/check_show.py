"""What ``check`` shows people: one block for a document, the verdict, then what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from simulator.domain.findings import Finding
    from simulator.validation.offline import Row

_COLOURS = {"accepted": "green", "rejected": "red", "irrecevable": "red"}
_SEVERITIES = {"error": "red", "warning": "yellow", "info": "cyan"}


def show(row: Row, reasons: Sequence[str | None] | None) -> None:
    """Prints a row; `reasons` are what a second validator says of each finding, if it was asked."""
    console = Console(highlight=False, soft_wrap=True)
    name = row.path if row.member in (None, Path(row.path).name) else f"{row.path} > {row.member}"
    _line(console, (row.verdict, f"bold {_COLOURS[row.verdict]}"), (f"  {name}", "bold"))
    ran = f"packs {', '.join(row.packs) or 'none'}"
    not_run = [f"{pack} ({reason})" for pack, reason in row.skipped]
    skipped = f"; skipped {', '.join(not_run)}" if not_run else ""
    _line(console, (f"  {row.interface or 'no interface'}, {row.syntax}, {ran}{skipped}", "dim"))
    for number, finding in enumerate(row.findings):
        _show_finding(console, finding, reasons[number] if reasons else None)
    console.print()


def _show_finding(console: Console, finding: Finding, reason: str | None) -> None:
    place = finding.place
    at = f"  {place.line}:{place.column or '?'}" if place.line else ""
    motif = f"  {finding.motif}" if finding.motif and finding.motif != finding.rule else ""
    colour = _SEVERITIES[finding.severity]
    _line(console, (f"  {finding.severity}", colour), (f"  {finding.rule}{motif}{at}", "bold"))
    details = {
        "": finding.message,
        "where": place.xpath,
        "text": (place.excerpt or "").strip(),
        "help": finding.help,
        "repair": finding.repair,
        "xmlschema": reason,
    }
    for label, text in details.items():
        if text:
            _line(console, (f"    {label}: " if label else "    ", "dim"), (text, ""))


def _line(console: Console, *parts: tuple[str, str]) -> None:
    """Prints text as it is: what a partner wrote neither styles the line nor drives the terminal."""
    line = Text()
    for text, style in parts:
        line.append("".join(c if c.isprintable() else "·" for c in text), style)
    console.print(line)
