"""The judging process: reads jobs from descriptor 0, writes judgements to descriptor 1.

``python -m simulator.validation.worker MEMORY [FAMILY...]``: bytes of address space, and the
schemas to compile before the first job. It says hello with an empty frame, or with the reason why
it cannot work; then it answers one frame with one frame until its input ends. A frame is 4 bytes of
length, big-endian, and msgpack.

The kernel holds the limits: RLIMIT_AS for the life of the process, RLIMIT_CPU anew for each job, at
which it is killed. A job that runs out of memory is answered, and then the process ends: what its
heap looks like afterwards is nobody's business.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from simulator.domain.judgement import Job, Judgement
from simulator.messages import archives
from simulator.resources import MissingResource
from simulator.validation.givenup import given_up
from simulator.validation.judge import answer
from simulator.validation.parsing import rules
from simulator.validation.syntaxes import schema_of

_LENGTH = struct.Struct(">I")
# Judging yields to the node and to its peers where there are fewer cores than work.
_YIELDING = 5
_WORN_OUT = 70

_decode = msgspec.msgpack.Decoder(Job).decode
_encode = msgspec.msgpack.Encoder().encode


def main(arguments: list[str]) -> int:
    """Serves jobs until the input ends; gives the exit code."""
    source, sink = _own_descriptors()
    memory, families = int(arguments[0]), arguments[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node, which then ends us
    try:
        _prepare(memory, families)
    except MissingResource as error:
        _write(sink, str(error).encode())
        return 1
    _write(sink, b"")
    while (judgement := _next(source, memory)) is not None:
        _write(sink, _encode(judgement))
        if any(f.rule == "SIM_JUDGE_MEMORY" for f in judgement.findings):
            return _WORN_OUT
    return 0


def _own_descriptors() -> tuple[BinaryIO, BinaryIO]:
    """The two ends of the conversation, moved where no print of a library can reach them."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return source, sink


def _prepare(memory: int, families: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_YIELDING)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    archives.rules()
    rules()
    for family in families:
        schema_of(family)


def _next(source: BinaryIO, memory: int) -> Judgement | None:
    """Reads one job and judges it; None at the end of the input."""
    try:
        frame = _read(source)
        if frame is None:
            return None
        job = _decode(frame)
        _allow(job.limits.seconds)
        return answer(job)
    except MemoryError:
        return given_up("SIM_JUDGE_MEMORY", memory=memory)
    except (OSError, MissingResource) as error:
        return given_up("SIM_JUDGE_DEFECT", detail=str(error))


def _allow(seconds: float) -> None:
    """Gives the process some seconds of processor from now; whole ones, as the kernel counts."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return source.read(_LENGTH.unpack(head)[0])


def _write(sink: BinaryIO, frame: bytes) -> None:
    left = memoryview(_LENGTH.pack(len(frame)) + frame)
    while left:
        left = left[sink.write(left) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
