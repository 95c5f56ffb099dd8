"""The judging process: reads jobs from descriptor 0, writes judgements to descriptor 1.

``python -m simulator.validation.worker MEMORY NICENESS [FAMILY...]``: bytes of address space, how
far it yields to the node and to its peers, and the schemas to compile before the first job. It says
hello with an empty frame, or with the reason why it cannot work; then it answers each job with its
blocks and an ending, until its input ends. A frame is 4 bytes of length, big-endian, and msgpack; the
blocks of a small flow and its ending travel in one write.

The kernel holds the limits: RLIMIT_AS for the life of the process, RLIMIT_CPU anew for each block, at
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
import time
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from simulator.domain.judgement import Answer, Ending, Job
from simulator.messages import archives
from simulator.resources import MissingResource
from simulator.validation.givenup import gave_up
from simulator.validation.judge import safe_answers
from simulator.validation.parsing import rules
from simulator.validation.syntaxes import schema_of

_LENGTH = struct.Struct(">I")
_WORN_OUT = 70
# Answers wait for the next as long as they are smaller than this.
_TOGETHER = 64 << 10
# Seconds after which the node hears of a block, so that its deadline is one of blocks.
_LONGEST_SILENCE = 0.2

_decode = msgspec.msgpack.Decoder(Job).decode
_encode = msgspec.msgpack.Encoder().encode


def main(arguments: list[str]) -> int:
    """Serves jobs until the input ends; gives the exit code."""
    source, sink = _own_descriptors()
    memory, niceness, families = int(arguments[0]), int(arguments[1]), arguments[2:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node, which then ends us
    try:
        os.nice(niceness)
        _prepare(memory, families)
    except MissingResource as error:
        _write(sink, str(error).encode())
        return 1
    _write(sink, b"")
    while (frame := _read(source)) is not None:
        if not _serve(frame, sink, memory):
            return _WORN_OUT
    return 0


def _serve(frame: bytes, sink: BinaryIO, memory: int) -> bool:
    """Answers one job; whether the process is good for another."""
    pending, worn_out, sent = b"", False, time.monotonic()
    for answer in _answers(frame, memory):
        encoded = _encode(answer)
        pending += _LENGTH.pack(len(encoded)) + encoded
        if isinstance(answer, Ending):
            worn_out = any(f.rule == "SIM_JUDGE_MEMORY" for f in answer.findings)
        elif len(pending) > _TOGETHER or time.monotonic() - sent > _LONGEST_SILENCE:
            _send(sink, pending)
            pending, sent = b"", time.monotonic()
    _send(sink, pending)
    return not worn_out


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
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    archives.rules()
    rules()
    for family in families:
        schema_of(family)


def _answers(frame: bytes, memory: int) -> Iterator[Answer]:
    """Judges one job; the last answer is an ending."""
    try:
        job = _decode(frame)
        _allow(job.limits.seconds)
        for answer in safe_answers(job):
            _allow(job.limits.seconds)
            yield answer
    except MemoryError:
        yield gave_up("SIM_JUDGE_MEMORY", memory=memory)
    except (OSError, MissingResource) as error:
        yield gave_up("SIM_JUDGE_DEFECT", detail=str(error))


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
    _send(sink, _LENGTH.pack(len(frame)) + frame)


def _send(sink: BinaryIO, frames: bytes) -> None:
    left = memoryview(frames)
    while left:
        left = left[sink.write(left) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
