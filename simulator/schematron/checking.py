"""Second opinions for a run of ``check``, and for ``flow why``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.domain.findings import Finding
from simulator.domain.judgement import Job
from simulator.schematron import folder as own
from simulator.schematron import sources
from simulator.schematron.beside import SideBySide, side_by_side
from simulator.schematron.opinion import opinions
from simulator.schematron.process import Bounds, SchematronProcess, Subject


class SecondOpinions:
    """Second opinions for a run of ``check``: one process for all documents.

    Args:
        folder: of the user's rule sets; None: the official ones only.
        bounds: of the process.

    Raises:
        FolderError: the folder cannot be used.
    """

    def __init__(self, folder: Path | None = None, bounds: Bounds | None = None) -> None:
        mine = own.of_folder(folder) if folder else ()
        self.sets = (*sources.official(), *mine)
        self._process = SchematronProcess(bounds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close()

    def beside(
        self, findings: Sequence[Finding], subject: Subject, packs: Sequence[str] | None = None
    ) -> SideBySide:
        """The official opinion on a document beside our findings on it.

        Args:
            findings: ours.
            subject: the document; its packs say which official sets to run.
            packs: of ours that ran; None: all.
        """
        return side_by_side(findings, opinions(self._process, self.sets, subject), packs)


class Members:
    """The files of a flow again, after it was judged: asked for in its order, one in memory.

    Args:
        job: the flow.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._rest: Iterator[tuple[str, bytes]] = iter(())
        self._last: tuple[str, bytes] | None = None

    def content(self, name: str) -> bytes | None:
        """The content of a file; None if it is not there or was refused unread.

        Raises:
            OSError: the job's path cannot be read.
        """
        if self._last and self._last[0] == name:
            return self._last[1]
        self._last = self._next(name)
        if self._last is None:  # it stands before the last one: once more from the beginning
            self._rest = _contents(self._job)
            self._last = self._next(name)
        return self._last[1] if self._last else None

    def _next(self, name: str) -> tuple[str, bytes] | None:
        return next((found for found in self._rest if found[0] == name), None)


def _contents(job: Job) -> Iterator[tuple[str, bytes]]:
    # Here, as only those who have an envelope need what reads archives.
    from simulator.messages.archives import unpack  # noqa: PLC0415

    for item in unpack(job):
        if not isinstance(item, Finding) and item.content:
            yield item.name, item.content
