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
from typing import TYPE_CHECKING

import click

from simulator.cli.console import json_option, print_json
from simulator.cli.main import EXPECTATION_FAILED, EnvironmentFailure

if TYPE_CHECKING:
    from simulator.domain.judgement import Job, Judgement, Limits
    from simulator.validation.offline import DirectoryChecks, Request, Row

_MOST_PROCESSES = 4


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
@click.option(
    "--directory",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Look suppliers and recipients up in this file, as `directory import` reads it.",
)
@click.option("--explain", "explained", is_flag=True, help="Add the reasons of a second validator.")
@click.option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0; - for stdout.")
@json_option
def check(
    paths: tuple[Path, ...],
    *,
    interface: str | None,
    packs: str | None,
    directory: Path | None,
    explained: bool,
    sarif: str | None,
    as_json: bool,
) -> None:
    """Judges envelopes (.tar.gz), documents (.xml) or the files of folders."""
    from simulator.cli.whole_file import STANDARD_OUTPUT
    from simulator.resources import MissingResource
    from simulator.runtime.judging import JudgingUnavailable

    if as_json and sarif == STANDARD_OUTPUT:
        message = "--json and --sarif - both write to the standard output"
        raise click.UsageError(message)
    try:
        request = _request(interface, packs, directory)
        ours = Path(sarif).resolve() if sarif and sarif != STANDARD_OUTPUT else None
        judged = rows(paths, request, without=ours)
        if sarif:
            judged = _reported(judged, sarif)
        refused = False
        for path, row in judged:
            refused |= row.verdict != "accepted"
            if sarif != STANDARD_OUTPUT:
                _tell(row, _reasons(path, row, request) if explained else None, as_json=as_json)
    except (MissingResource, JudgingUnavailable, OSError) as error:
        raise EnvironmentFailure(str(error)) from None
    if refused:
        raise SystemExit(EXPECTATION_FAILED)


def rows(
    paths: Iterable[Path], request: Request, without: Path | None = None
) -> Iterator[tuple[Path, Row]]:
    """A row for each document of some files and folders, in their order, with its file.

    Args:
        paths: files and folders.
        request: how to judge them.
        without: a resolved file that is our own output: not judged when it lies in such a folder.

    Raises:
        JudgingUnavailable: no judging process can work here.
        OSError: a file cannot be read.
    """
    from simulator.validation.offline import job_of, rows_of

    files = [f for f in _files(paths) if without is None or f.resolve() != without]
    if not files:
        message = f"no file to judge in {', '.join(map(str, paths))}"
        raise click.UsageError(message)
    processes = min(len(files), os.cpu_count() or 1, _MOST_PROCESSES)
    with _judges(max(1, processes), request.limits) as judge:
        judged = [(path, judge(job_of(path, request))) for path in files]
        for path, judgement in judged:
            for row in rows_of(path, judgement.result(), request):
                yield path, row


def _reported(judged: Iterable[tuple[Path, Row]], target: str) -> Iterator[tuple[Path, Row]]:
    """Passes rows on; after the last one the findings of all are written as SARIF."""
    from simulator.cli.whole_file import can_be_written, write_whole
    from simulator.validation.sarif import report, text_of

    can_be_written(target)
    faulty: list[Row] = []
    for path, row in judged:
        if row.findings:
            faulty.append(row)
        yield path, row
    write_whole(target, text_of(report(faulty)))


def _request(interface: str | None, packs: str | None, directory: Path | None) -> Request:
    from simulator import resources
    from simulator.domain.interfaces import Catalogue
    from simulator.validation.offline import Request

    catalogue = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
    if interface is not None and interface not in catalogue:
        message = f"no interface {interface!r}: expected a code such as FSO1100A"
        raise click.BadParameter(message, param_hint="--interface")
    return Request(
        catalogue,
        catalogue[interface] if interface else None,
        _pack_names(packs),
        directory=_directory(directory) if directory else None,
    )


def _directory(file: Path) -> DirectoryChecks:
    from simulator.cli.check_directory import directory_checks
    from simulator.cli.structure_files import StructureFileError

    try:
        return directory_checks(file)
    except StructureFileError as error:
        raise click.BadParameter(str(error), param_hint="--directory") from None


def _pack_names(packs: str | None) -> tuple[str, ...] | None:
    from simulator.validation.choice import ALL_PACKS
    from simulator.validation.document import PACKS

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


def _tell(row: Row, reasons: Sequence[str | None] | None, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        from simulator.validation.jsonline import line_of

        print_json(msgspec.to_builtins(line_of(row, reasons)))
        return
    from simulator.cli.check_show import show

    show(row, reasons)
