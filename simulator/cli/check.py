"""``aife-sim check``: judges envelopes and documents off line, with the code of the node.

Exit codes: 0 all accepted, 1 one was refused, 2 usage, 3 environment (design §7).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from simulator.cli.console import json_option, print_json
from simulator.cli.main import EXPECTATION_FAILED, EnvironmentFailure

if TYPE_CHECKING:
    from simulator.cli.second_looks import Looks
    from simulator.domain.becoming import Replies
    from simulator.domain.judgement import Job, Judgement, Limits
    from simulator.domain.reference import Reference
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
@click.option(
    "--explain",
    "explained",
    is_flag=True,
    help="Say all of each finding, and ask a second validator.",
)
@click.option("--schematron", is_flag=True, help="Compare with official Schematron.")
@click.option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0; - for stdout.")
@json_option
def check(
    paths: tuple[Path, ...],
    *,
    interface: str | None,
    packs: str | None,
    directory: Path | None,
    explained: bool,
    schematron: bool,
    sarif: str | None,
    as_json: bool,
) -> None:
    """Judges envelopes (.tar.gz), documents (.xml) or the files of folders."""
    from simulator.cli.second_looks import second_looks
    from simulator.cli.whole_file import STANDARD_OUTPUT
    from simulator.resources import MissingResource
    from simulator.runtime.judging import JudgingUnavailable

    silent = sarif == STANDARD_OUTPUT
    if as_json and silent:
        message = "--json and --sarif - both write to the standard output"
        raise click.UsageError(message)
    try:
        request = _request(interface, packs, directory)
        ours = Path(sarif).resolve() if sarif and not silent else None
        files, left_out = chosen(paths, without=ours)
        judged = rows(files, request)
        if sarif:
            judged = _reported(judged, sarif)
        refused = False
        with second_looks(request, explained=explained, schematron=schematron) as looks:
            for path, row, replies in _with_replies(judged):
                refused |= row.verdict != "accepted"
                if not silent:
                    _tell(row, replies, looks.at(path, row), as_json=as_json)
    except (MissingResource, JudgingUnavailable, OSError) as error:
        raise EnvironmentFailure(str(error)) from None
    if left_out and not silent and not as_json:
        _tell_left_out(left_out)
    if refused:
        raise SystemExit(EXPECTATION_FAILED)


class Chosen(NamedTuple):
    """Files to judge, and how many of the folders are not what a flow can be."""

    files: list[Path]
    left_out: int


def chosen(paths: Iterable[Path], without: Path | None = None) -> Chosen:
    """The files that are named, and those of folders that have the name of a flow or a document.

    Args:
        paths: files and folders.
        without: a resolved file that is our own output: not judged when it lies in such a folder.

    Raises:
        click.UsageError: there are none.
        OSError: one cannot be read.
    """
    found = [(f, named) for f, named in _files(paths) if without is None or f.resolve() != without]
    files = [file for file, named in found if named or _can_be_a_flow(file.name)]
    for file in files:
        file.open("rb").close()  # not to be read: a matter of this machine, not of the flow
    if not files:
        message = f"no file to judge in {', '.join(map(str, paths))}"
        raise click.UsageError(message)
    return Chosen(files, len(found) - len(files))


def rows(paths: Iterable[Path], request: Request) -> Iterator[tuple[Path, Row]]:
    """A row for each document of some files and folders, in their order, with its file.

    Args:
        paths: files and folders.
        request: how to judge them.

    Raises:
        JudgingUnavailable: no judging process can work here.
        OSError: a file cannot be read.
    """
    from simulator.validation.offline import job_of, rows_of

    files = chosen(paths).files
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
    if interface is not None and not catalogue[interface].judged_as:
        message = f"{interface} is no deposit that is judged: see docs/interfaces.md"
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
    from simulator.validation.document import packs_known

    if packs is None:
        return None
    names = tuple(filter(None, (name.strip() for name in packs.split(","))))
    unknown = [name for name in names if name not in ALL_PACKS]
    if unknown or not names:
        message = f"expected names of {', '.join(ALL_PACKS)}; found {', '.join(unknown) or 'none'}"
        raise click.BadParameter(message, param_hint="--packs")
    if not set(names) & packs_known():
        known = ", ".join(sorted(packs_known()))
        message = f"none of {', '.join(names)} is in this version; there is {known}"
        raise click.BadParameter(message, param_hint="--packs")
    return names


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Files in order, and whether they were named."""
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in sorted(path.rglob("*")) if file.is_file())
        elif not path.is_file():
            message = f"{path} is neither a file nor a folder"
            raise click.UsageError(message)
        else:
            yield path, True


def _can_be_a_flow(name: str) -> bool:
    """Whether a file of a folder is a document or an envelope by its name."""
    from simulator.domain.flowname import EXTENSIONS, FlowName, NameFault

    if name.lower().endswith(EXTENSIONS):
        return True
    try:
        FlowName.parse(name)
    except NameFault:
        return False
    return True


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


def _with_replies(
    judged: Iterable[tuple[Path, Row]],
) -> Iterator[tuple[Path, Row, Replies]]:
    """Adds to each row how refusals are answered: one file may make its whole flow irrecevable."""
    from simulator.domain.becoming import planned

    for path, group in groupby(judged, key=itemgetter(0)):
        of_flow = [row for _, row in group]
        irrecevable = any(row.verdict == "irrecevable" for row in of_flow)
        replies = planned(_reference(), of_flow[0].interface, irrecevable=irrecevable)
        yield from ((path, row, replies) for row in of_flow)


@cache
def _reference() -> Reference:
    from simulator import resources
    from simulator.domain.reference import Options

    return resources.reference(Options())


def _tell(row: Row, replies: Replies, looks: Looks, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        from simulator.validation.jsonline import line_of

        print_json(msgspec.to_builtins(line_of(row, replies, looks.asides)))
        return
    from simulator.cli.check_show import show

    show(row, replies, looks)


def _tell_left_out(count: int) -> None:
    from simulator.cli.check_show import show_left_out

    show_left_out(count)
