"""What ``check`` shows people: one block for a document, the verdict, then what speaks against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from simulator.cli.finding_text import caret, lines

if TYPE_CHECKING:
    from simulator.cli.second_looks import Looks
    from simulator.domain.becoming import Replies
    from simulator.domain.findings import Finding
    from simulator.validation.jsonline import FindingLine
    from simulator.validation.offline import Row

_COLOURS = {"accepted": "green", "rejected": "red", "irrecevable": "red"}
_SEVERITIES = {"error": "red", "warning": "yellow", "info": "cyan"}


def show(row: Row, replies: Replies, looks: Looks) -> None:
    """Prints a row.

    Args:
        row: what was judged.
        replies: how refusals are answered where it came in.
        looks: what others say of it; with reasons of the other validator every finding is explained.
    """
    from simulator.validation.jsonline import line_of

    console = Console(highlight=False, soft_wrap=True)
    name = row.path if row.member in (None, Path(row.path).name) else f"{row.path} > {row.member}"
    _line(console, (row.verdict, f"bold {_COLOURS[row.verdict]}"), (f"  {name}", "bold"))
    ran = f"packs {', '.join(row.packs) or 'none'}"
    not_run = [f"{pack} ({reason})" for pack, reason in row.skipped]
    skipped = f"; skipped {', '.join(not_run)}" if not_run else ""
    _line(console, (f"  {row.interface or 'no interface'}, {row.syntax}, {ran}{skipped}", "dim"))
    told = line_of(row, replies, looks.asides)
    for finding, line in zip(row.findings, told.findings, strict=True):
        _show_heading(console, line)
        if looks.reasons is None:
            _show_finding(console, finding, line)
        else:
            _show_explained(console, line)
    for text in looks.lines:
        _line(console, (f"  {text}", ""))
    console.print()


def show_left_out(count: int) -> None:
    """Tells how many files of folders were not looked at."""
    from simulator.domain.flowname import EXTENSIONS

    files = "1 file of a folder" if count == 1 else f"{count} files of folders"
    text = f"{files} left out: neither {', '.join(EXTENSIONS)} nor a flow name"
    _line(Console(highlight=False, soft_wrap=True), (text, "dim"))


def _show_heading(console: Console, line: FindingLine) -> None:
    at = f"  {line.line}:{line.column or '?'}" if line.line else ""
    motif = f"  {line.motif}" if line.motif and line.motif != line.rule else ""
    colour = _SEVERITIES[line.severity]
    _line(console, (f"  {line.severity}", colour), (f"  {line.rule}{motif}{at}", "bold"))


def _show_finding(console: Console, finding: Finding, line: FindingLine) -> None:
    details = {
        "": finding.message,
        "where": finding.place.xpath,
        "text": (finding.place.excerpt or "").strip(),
        "help": finding.help,
        "repair": finding.repair,
    }
    for label, text in details.items():
        if text:
            _line(console, (f"    {label}: " if label else "    ", "dim"), (text, ""))
        if text and label == "text" and (mark := caret(line, _printable)):
            _line(console, (f"          {mark}", "dim"))


def _show_explained(console: Console, line: FindingLine) -> None:
    for text in lines(line):
        _line(console, (f"    {text}", ""))


def _line(console: Console, *parts: tuple[str, str]) -> None:
    """Prints text as it is: what a partner wrote neither styles the line nor drives the terminal."""
    line = Text()
    for text, style in parts:
        line.append(_printable(text), style)
    console.print(line)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in text)
