"""A second opinion on schema errors, in the words of another validator (xmlschema).

It compiles UBL in two seconds and checks 10 MB in six, so it runs only when a person asks, in
processes of its own (`simulator.validation.reasons_worker`): one for each syntax, kept for the next
document, with a time limit for each document, and replaced when it dies.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import msgspec

from simulator.domain.findings import Finding

SECONDS = 20.0
LENGTH = struct.Struct(">I")
# A process of UBL has 70 MB.
_MOST_PROCESSES = 4
_ENDING = 5.0
_FIRST = re.compile(r"\[1\]")
_WORKER = "simulator.validation.reasons_worker"


class Reason(msgspec.Struct, frozen=True):
    """What xmlschema says: of the element at `path`, or of a child of it."""

    path: str
    text: str


class Question(msgspec.Struct, frozen=True):
    """A document for the process.

    Attributes:
        content: XML, or the PDF around it.
        demanded: what the interface demands, as `Job.syntax`.
        seconds: of processor.
    """

    content: bytes
    demanded: str
    seconds: float


class Gone(Exception):
    """The process ended without an answer; the text is its exit status."""


class Reasons:
    """The second validator for a run: asked for one document at a time.

    Args:
        seconds: wall time for a document, compiling its schema included.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._processes: dict[str, _Process] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that are up, by syntax, the one that was asked last at the end."""
        return {syntax: process.pid for syntax, process in self._processes.items()}

    def of(self, content: bytes, syntax: str, demanded: str = "") -> tuple[Reason, ...]:
        """What xmlschema has against a document, at most 100 reasons.

        Time up, or a process that dies, is a reason too; nothing is raised for a document.

        Args:
            content: a document, or the PDF that it is in; of no known syntax: there are no reasons.
            syntax: as `Facts.syntax`.
            demanded: what the interface demands, as `Job.syntax`.
        """
        process = self._process(syntax)
        try:
            return process.ask(Question(content, demanded, self._seconds))
        except TimeoutError:
            self._end(syntax)
            return (Reason("/", f"xmlschema did not finish in {self._seconds:g} s"),)
        except Gone as gone:
            self._end(syntax)
            return (Reason("/", f"xmlschema failed with exit status {gone}"),)

    def close(self) -> None:
        """Ends the processes."""
        for syntax in list(self._processes):
            self._end(syntax)

    def _process(self, syntax: str) -> _Process:
        found = self._processes.pop(syntax, None) or _Process()
        self._processes[syntax] = found
        if len(self._processes) > _MOST_PROCESSES:
            self._end(next(iter(self._processes)))
        return found

    def _end(self, syntax: str) -> None:
        self._processes.pop(syntax).end()


def matched(findings: Sequence[Finding], found: Sequence[Reason]) -> list[str | None]:
    """The reason that speaks of each finding: of its element, else of the parent of that."""
    left = list(found)
    texts: list[str | None] = []
    for finding in findings:
        path = _FIRST.sub("", finding.place.xpath or "")
        near = (path, path.rpartition("/")[0])
        match = next((r for r in left if path and _FIRST.sub("", r.path) in near), None)
        if match is not None:
            left.remove(match)
        texts.append(match.text if match else None)
    return texts


class _Process:
    """One process and the conversation with it: frames of 4 bytes of length and msgpack."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        root = str(Path(__file__).parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", _WORKER],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, question: Question) -> tuple[Reason, ...]:
        """Raises `TimeoutError`, or `Gone`."""
        until = monotonic() + question.seconds
        frame = msgspec.msgpack.encode(question)
        try:
            self._socket.settimeout(question.seconds)
            self._socket.sendall(LENGTH.pack(len(frame)) + frame)
            size = LENGTH.unpack(self._exactly(LENGTH.size, until))[0]
            answer = self._exactly(size, until)
        except (EOFError, ConnectionError):
            raise Gone(self._exit_status()) from None
        return msgspec.msgpack.decode(answer, type=tuple[Reason, ...])

    def _exit_status(self) -> str:
        """Of a process that has hung up; one that does not get to its end is helped."""
        with suppress(subprocess.TimeoutExpired):
            return str(self._process.wait(_ENDING))
        self._process.kill()
        return str(self._process.wait())

    def _exactly(self, size: int, until: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            piece = self._socket.recv(size - len(found))
            if not piece:
                raise EOFError
            found += piece
        return bytes(found)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.close()
