"""``aife-sim check``: judges envelopes and documents off line, with the code of the node.

Exit codes: 0 all accepted, 1 one was refused, 2 usage, 3 environment (design §7).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.console import json_option, print_json
from simulator.cli.main import EXPECTATION_FAILED, EnvironmentFailure

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.domain.findings import Finding
    from simulator.domain.judgement import Job, Judgement, Limits
    from simulator.validation.offline import Request, Row

_MOST_PROCESSES = 4
_COLOURS = {"accepted": "green", "rejected": "red", "irrecevable": "red"}
_SEVERITIES = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.option("--interface", metavar="CODE", help="Judge as a deposit on this interface code.")
@click.option("--packs", metavar="NAME,...", help="Rule packs to run instead of the interface's.")
@click.option("--explain", "explained", is_flag=True, help="Add the reasons of a second validator.")
@json_option
def check(
    paths: tuple[Path, ...],
    interface: str | None,
    packs: str | None,
    explained: bool,
    as_json: bool,
) -> None:
    """Judges envelopes (.tar.gz), documents (.xml) or the files of folders."""
    from simulator.resources import MissingResource
    from simulator.runtime.judging import JudgingUnavailable

    try:
        request = _request(interface, packs)
        refused = False
        for path, row in rows(paths, request):
            refused |= row.verdict != "accepted"
            reasons = _reasons(path, row, request) if explained else None
            print_json(_as_json(row, reasons)) if as_json else _show(row, reasons)
    except (MissingResource, JudgingUnavailable, OSError) as error:
        raise EnvironmentFailure(str(error)) from None
    if refused:
        raise SystemExit(EXPECTATION_FAILED)


def rows(paths: Iterable[Path], request: Request) -> Iterator[tuple[Path, Row]]:
    """A row for each document of some files and folders, in their order, with its file.

    Raises:
        JudgingUnavailable: no judging process can work here.
        OSError: a file cannot be read.
    """
    from simulator.validation.offline import job_of, rows_of

    files = list(_files(paths))
    if not files:
        message = f"no file to judge in {', '.join(map(str, paths))}"
        raise click.UsageError(message)
    processes = min(len(files), os.cpu_count() or 1, _MOST_PROCESSES)
    with _judges(max(1, processes), request.limits) as judge:
        judged = [(path, judge(job_of(path, request))) for path in files]
        for path, judgement in judged:
            for row in rows_of(path, judgement.result(), request):
                yield path, row


def _request(interface: str | None, packs: str | None) -> Request:
    from simulator import resources
    from simulator.domain.interfaces import Catalogue
    from simulator.validation.offline import Request

    catalogue = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
    if interface is not None and interface not in catalogue:
        message = f"no interface {interface!r}: expected a code such as FSO1100A"
        raise click.BadParameter(message, param_hint="--interface")
    return Request(catalogue, catalogue[interface] if interface else None, _pack_names(packs))


def _pack_names(packs: str | None) -> tuple[str, ...] | None:
    from simulator.validation.document import PACKS
    from simulator.validation.offline import ALL_PACKS

    if packs is None:
        return None
    names = tuple(filter(None, (name.strip() for name in packs.split(","))))
    unknown = [name for name in names if name not in ALL_PACKS]
    if unknown or not names:
        message = f"expected names of {', '.join(ALL_PACKS)}; found {', '.join(unknown) or 'none'}"
        raise click.BadParameter(message, param_hint="--packs")
    if not set(names) & set(PACKS):
        message = f"none of {', '.join(names)} is in this version; there is {', '.join(PACKS)}"
        raise click.BadParameter(message, param_hint="--packs")
    return names


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from _files(sorted(p for p in path.rglob("*") if p.is_file()))
        elif not path.is_file():
            message = f"{path} is neither a file nor a folder"
            raise click.UsageError(message)
        else:
            path.open("rb").close()  # not to be read: a matter of this machine, not of the flow
            yield path


@contextmanager
def _judges(processes: int, limits: Limits) -> Iterator[Callable[[Job], Future[Judgement]]]:
    """Judging processes, as a node has them: no document can take this one along."""
    from simulator.runtime.judging import JudgingPool

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="judging")
    thread.start()
    pool = JudgingPool(processes, limits)
    try:
        asyncio.run_coroutine_threadsafe(pool.start(), loop).result()
        yield lambda job: asyncio.run_coroutine_threadsafe(pool.judge(job), loop)
    finally:
        asyncio.run_coroutine_threadsafe(pool.close(), loop).result()
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _reasons(path: Path, row: Row, request: Request) -> list[str | None]:
    from simulator.validation.explain import matched, reasons_of_member
    from simulator.validation.offline import job_of

    faulty = row.member is not None and any(f.pack == "xsd" for f in row.findings)
    found = reasons_of_member(job_of(path, request), row.member or "") if faulty else ()
    return matched(row.findings, found)


def _as_json(row: Row, reasons: Sequence[str | None] | None) -> dict[str, Any]:
    findings = [_finding_as_json(finding) for finding in row.findings]
    for finding, reason in zip(findings, reasons or (), strict=False):
        finding["explanation"] = reason
    return {
        "path": row.path,
        "member": row.member,
        "interface": row.interface,
        "syntax": row.syntax,
        "verdict": row.verdict,
        "packs": row.packs,
        "findings": findings,
        "skipped": [{"pack": pack, "reason": reason} for pack, reason in row.skipped],
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "pack": finding.pack,
        "severity": finding.severity,
        "message": finding.message,
        "line": finding.place.line,
        "column": finding.place.column,
        "xpath": finding.place.xpath,
        "motif": finding.motif,
    }


def _show(row: Row, reasons: Sequence[str | None] | None) -> None:
    """One block for a document: the verdict, then what speaks against it."""
    from rich.console import Console

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
    from rich.text import Text

    line = Text()
    for text, style in parts:
        line.append("".join(c if c.isprintable() else "·" for c in text), style)
    console.print(line)
