"""The process that runs Schematron: reads questions from descriptor 0, answers on descriptor 1.

``python -X utf8 -m simulator.schematron.worker MEMORY``. It says `Hello`; then it answers each
question with `Looked` and one `Ruled` for each set that applies, until its input ends. A frame is 4
bytes of length, big-endian, and msgpack. UTF-8 mode, because SaxonC encodes texts as the platform does.

The kernel holds the limits. RLIMIT_AS is of no use: SaxonC reserves 32 GB of addresses when it
starts; RLIMIT_DATA counts what of them can be written. RLIMIT_CPU is set anew for each set.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import BinaryIO

import msgspec

from simulator.schematron.document import Text, Unreadable, text_of
from simulator.schematron.rulesets import Answer, Hello, Looked, Question, Ruled, RuleSet
from simulator.schematron.saxon import Saxon, Stopped
from simulator.schematron.svrl import NoReport, report

_LENGTH = struct.Struct(">I")
_LARGEST_FILE = 1 << 20

_decode = msgspec.msgpack.Decoder(Question).decode
_encode = msgspec.msgpack.Encoder().encode


def main(arguments: list[str]) -> int:
    """Answers questions until the input ends; gives the exit code."""
    source, sink = _own_descriptors()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    try:
        saxon = Saxon()
    except ImportError as error:
        _write(sink, Hello("", str(error)))
        return 1
    _limit(int(arguments[0]))
    _write(sink, Hello(saxon.version))
    while (frame := _read(source)) is not None:
        for answer in _answers(_decode(frame), saxon):
            _write(sink, answer)
    return 0


def _own_descriptors() -> tuple[BinaryIO, BinaryIO]:
    """The two ends of the conversation, moved where no print of a library can reach them."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return source, sink


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _answers(question: Question, saxon: Saxon) -> Iterator[Answer]:
    _allow(question.seconds)
    try:
        text = text_of(question.content)
        tree = saxon.tree(text.text)
    except (Unreadable, Stopped) as error:
        yield Looked((), str(error))
        return
    chosen = [n for n, row in enumerate(question.sets) if _applies(row, question, text)]
    yield Looked(tuple(chosen))
    for number in chosen:
        _allow(question.seconds)
        yield _ruled(question.sets[number], tree, question.most, saxon)


def _applies(row: RuleSet, question: Question, text: Text) -> bool:
    guideline = question.guideline or text.guideline
    return row.applies.to(text.namespace, question.syntax, guideline)


def _ruled(row: RuleSet, tree: object, most: int, saxon: Saxon) -> Ruled:
    if row.problem:
        return Ruled(stopped=row.problem)
    begin = perf_counter()
    compiling = 0.0
    try:
        stylesheet = saxon.stylesheet(row.file)
        compiling = perf_counter() - begin
        fired, counts = report(saxon.run(stylesheet, tree), most)
    except (Stopped, NoReport) as error:
        return Ruled(stopped=str(error), seconds=perf_counter() - begin, compiling=compiling)
    seconds = perf_counter() - begin
    return Ruled(fired, counts, stylesheet.rules, seconds=seconds, compiling=compiling)


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


def _write(sink: BinaryIO, answer: Answer) -> None:
    encoded = _encode(answer)
    left = memoryview(_LENGTH.pack(len(encoded)) + encoded)
    while left:
        left = left[sink.write(left) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
