"""One judging process: started, spoken to, ended.

Processes are started by `subprocess.Popen` in a thread and spoken to over a socket pair: this needs
no child watcher and no signal, which the loop under Twisted does not have.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from simulator.domain.judgement import Answer, Ending
from simulator.runtime.points import Point

_LENGTH = struct.Struct(">I")
_decode = msgspec.msgpack.Decoder(Answer).decode


class JudgingUnavailable(RuntimeError):
    """No judging process can work here; the text says why and what to do."""


class DiedAtStart(JudgingUnavailable):
    """A process ended before it was ready: its own trouble, or killed from outside."""


class WorkerGone(Exception):
    """The process ended without an answer; `code` is its exit status as Popen tells it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit status {code}")
        self.code = code


class Kind(msgspec.Struct, frozen=True):
    """How judging processes are started.

    Attributes:
        memory: bytes of address space.
        niceness: how far they yield to others where there are fewer cores than work.
        families: schemas to compile before the first job.
    """

    memory: int
    niceness: int
    families: tuple[str, ...]


class Worker:
    """One process and the conversation with it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, kind: Kind) -> Worker:
        """Starts a process and waits for its hello. Raises `JudgingUnavailable`."""
        try:
            worker = cls(*await _connected(kind))
        except OSError as error:
            message = f"cannot start a judging process: {error}"
            raise JudgingUnavailable(message) from error
        try:
            problem = await worker._receive()
        except WorkerGone as gone:
            await worker.end()
            message = f"a judging process ended at its start ({gone}); its error is on stderr"
            raise DiedAtStart(message) from None
        if problem:
            await worker.end()
            raise JudgingUnavailable(problem.decode())
        return worker

    @property
    def usable(self) -> bool:
        """Whether it is up and can be spoken to."""
        return self.process.poll() is None and not self._reader.at_eof()

    async def ask(self, job: bytes, seconds: float, point: Point) -> list[Answer]:
        """Hands a job over and gives its answers, the last an ending.

        Args:
            job: encoded.
            seconds: allowed for each answer.
            point: told when the job is sent.

        Raises:
            WorkerGone: it ended.
            TimeoutError: it did not answer in time.
        """
        with suppress(ConnectionError):  # what happened to it, the reading side tells
            self._writer.write(_LENGTH.pack(len(job)) + job)
            await self._writer.drain()
        point("judge.sent")
        answers: list[Answer] = []
        while not answers or not isinstance(answers[-1], Ending):
            async with asyncio.timeout(seconds):
                frame = await self._receive()
            try:
                answers.append(_decode(frame))
            except msgspec.MsgspecError:
                raise WorkerGone(None) from None
        return answers

    async def _receive(self) -> bytes:
        try:
            head = await self._reader.readexactly(_LENGTH.size)
            return await self._reader.readexactly(_LENGTH.unpack(head)[0])
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WorkerGone(await asyncio.to_thread(self.process.wait)) from None

    def kill(self) -> None:
        """Ends the process at once; `end` still has to follow."""
        self.process.kill()
        self._writer.close()

    async def end(self) -> None:
        """Ends the process and waits until it is gone."""
        self.kill()
        await asyncio.to_thread(self.process.wait)
        with suppress(ConnectionError):
            await self._writer.wait_closed()


async def _connected(
    kind: Kind,
) -> tuple[subprocess.Popen[bytes], asyncio.StreamReader, asyncio.StreamWriter]:
    """A process and the streams to it. Raises `OSError`; then nothing is left open."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await asyncio.to_thread(_spawn, theirs.fileno(), kind)
        return process, *await asyncio.open_connection(sock=ours)
    except OSError:
        ours.close()
        raise


def _spawn(channel: int, kind: Kind) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    arguments = [str(kind.memory), str(kind.niceness), *kind.families]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        # -P: a file in the working folder must not be taken for a module of ours.
        [sys.executable, "-P", "-m", "simulator.validation.worker", *arguments],
        stdin=channel,
        stdout=channel,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
