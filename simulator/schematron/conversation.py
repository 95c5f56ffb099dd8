"""One Schematron process: started, spoken to, ended.

Started by `subprocess.Popen`, never forked from ours: SaxonC aborts in a forked process, and holds the
interpreter for as long as a transformation takes.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar

import msgspec

from simulator.schematron.rulesets import Answer, Hello, Looked, Ruled

Told = TypeVar("Told", Hello, Looked, Ruled)

_LENGTH = struct.Struct(">I")
_ENDING = 5.0
_decode = msgspec.msgpack.Decoder(Answer).decode


class SchematronUnavailable(RuntimeError):
    """No process can work here, or it was closed; the text says why and what to do."""


class Gone(Exception):
    """The process ended without an answer; `code` is its exit status as Popen tells it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit status {code}")
        self.code = code


class Worker:
    """One process and the conversation with it."""

    def __init__(self, memory: int) -> None:
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self.process = _spawned(theirs.fileno(), memory)
        except OSError as error:
            self._socket.close()
            message = f"cannot start a process: {error}"
            raise SchematronUnavailable(message) from error

    def send(self, frame: bytes, seconds: float) -> None:
        """Hands a question over. Raises `TimeoutError`."""
        self._socket.settimeout(seconds)
        with suppress(ConnectionError):  # what happened to it, the reading side tells
            self._socket.sendall(_LENGTH.pack(len(frame)) + frame)

    def receive(self, kind: type[Told], seconds: float) -> Told:
        """The next answer. Raises `TimeoutError`, or `Gone` also for an answer that is none."""
        until = monotonic() + seconds
        try:
            size = _LENGTH.unpack(self._exactly(_LENGTH.size, until))[0]
            answer = _decode(self._exactly(size, until))
        except (EOFError, ConnectionError):
            raise Gone(self._exit_status()) from None
        except msgspec.MsgspecError:
            raise Gone(0) from None
        if not isinstance(answer, kind):
            raise Gone(0)
        return answer

    def _exit_status(self) -> int:
        """Of a process that has hung up; one that does not get to its end is helped."""
        try:
            return self.process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

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
        """Ends the process and waits until it is gone."""
        self.process.kill()
        self.process.wait()
        self._socket.close()


def _spawned(channel: int, memory: int) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    module = "simulator.schematron.worker"
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        # -P: a file in the working folder must not be taken for a module of ours.
        [sys.executable, "-P", "-X", "utf8", "-m", module, str(memory)],
        stdin=channel,
        stdout=channel,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
