"""What others say of a document that was judged: another XSD validator, official Schematron.

``check --explain``, ``check --schematron`` and ``flow why --schematron`` ask them, one document at a
time, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from simulator.cli.config import settings_in_force
from simulator.cli.main import EnvironmentFailure
from simulator.schematron.beside import SideBySide, lines
from simulator.schematron.checking import Members, SecondOpinions
from simulator.schematron.folder import FolderError
from simulator.schematron.process import Bounds, Subject
from simulator.validation.jsonline import Asides, Compared, Schematron, Stopped
from simulator.validation.offline import DIRECTORY, Request, Row, job_of
from simulator.validation.reasons import Reason, Reasons, matched

_NOT_READ = "official Schematron not run: the document could not be read"


class Looks(NamedTuple):
    """What others say of one document; None: not asked, or there is nothing to ask about.

    Attributes:
        reasons: of the other validator, for each finding.
        side: official Schematron beside our findings.
        official: whether it was asked for.
    """

    reasons: list[str | None] | None
    side: SideBySide | None
    official: bool

    @property
    def lines(self) -> Iterator[str]:
        """The comparison with official Schematron, for people."""
        return lines(self.side) if self.side else iter(())

    @property
    def asides(self) -> Asides:
        """The same for JSON."""
        if not self.official:
            return Asides(self.reasons)
        return Asides(self.reasons, as_json(self.side) if self.side else None)


def as_json(side: SideBySide) -> Schematron:
    """A comparison as ``--json`` writes it."""
    return Schematron(
        agrees=side.agrees,
        not_run=side.not_run,
        engines=side.engines,
        stopped=tuple(Stopped(title, reason) for title, reason in side.stopped),
        rows=msgspec.convert(side.rows, tuple[Compared, ...], from_attributes=True),
    )


class SecondLooks:
    """Second looks at the rows of a run, in their order.

    Args:
        request: how the files were judged.
        reasons: the other validator; None: it is not asked.
        official: official Schematron; None: it is not asked.
    """

    def __init__(
        self, request: Request, reasons: Reasons | None, official: SecondOpinions | None
    ) -> None:
        self._request = request
        self._reasons = reasons
        self._official = official
        self._path: Path | None = None
        self._members: Members | None = None
        self._seen: tuple[Path, str | None] | None = None

    def at(self, path: Path, row: Row) -> Looks:
        """Asks about a document.

        Raises:
            OSError: the file cannot be read any more.
        """
        reasons = matched(row.findings, self._found(path, row)) if self._reasons else None
        side = self._beside(path, row)
        return Looks(reasons, side, official=self._official is not None)

    def _found(self, path: Path, row: Row) -> tuple[Reason, ...]:
        """Reasons, if the schema refuses the document."""
        content = None
        if any(f.rule.startswith("cvc-") for f in row.findings):
            content = self._content(path, row)
        if content is None or self._reasons is None:
            return ()
        return self._reasons.of(content, row.syntax, job_of(path, self._request).syntax)

    def _beside(self, path: Path, row: Row) -> SideBySide | None:
        # Of a file that holds several invoices the first row has all findings.
        if self._official is None or row.member is None or self._seen == (path, row.member):
            return None
        self._seen = (path, row.member)
        content = self._content(path, row)
        if content is None:
            return SideBySide(not_run=_NOT_READ)
        wanted = (*row.packs, *(pack for pack, _ in row.skipped))
        packs = tuple(pack for pack in wanted if pack != DIRECTORY)
        return self._official.beside(
            row.findings, Subject(content, row.syntax, packs=packs), row.packs
        )

    def _content(self, path: Path, row: Row) -> bytes | None:
        if self._members is None or self._path != path:
            self._path, self._members = path, Members(job_of(path, self._request))
        return self._members.content(row.member) if row.member else None


@contextmanager
def second_looks(
    request: Request, *, explained: bool = False, schematron: bool = False
) -> Iterator[SecondLooks]:
    """Second looks for a run; their processes end with it.

    Args:
        request: how the files are judged.
        explained: whether the other validator is asked.
        schematron: whether official Schematron is.

    Raises:
        EnvironmentFailure: the settings, or the folder of rule sets they name, cannot be used.
    """
    with ExitStack() as stack:
        reasons = stack.enter_context(Reasons()) if explained else None
        official = stack.enter_context(_official()) if schematron else None
        yield SecondLooks(request, reasons, official)


def _official() -> SecondOpinions:
    settings = settings_in_force(None, {}).schematron
    bounds = Bounds(settings.seconds, settings.memory, settings.fired, settings.size)
    try:
        return SecondOpinions(Path(settings.folder) if settings.folder else None, bounds)
    except FolderError as error:
        raise EnvironmentFailure(str(error)) from None
