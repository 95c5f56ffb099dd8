"""A document piece by piece, however many lines and however much filler it has.

A writer gives the whole document as a text with two marks in it: where the lines go and where the
filler goes. Both marks, and that of the rank in a line, are characters that XML cannot carry, so no
text of a specimen holds them. Each distinct line is written once and repeated with its rank.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator

import msgspec

from simulator.messages.specimens.filler import filler
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Line
from simulator.messages.xmltext import DECLARATION, TEST_DATA, escaped

RANK = "\x00"
LINES = "\x01"
FILLER = "\x02"

_LINES_A_PIECE = 1000
_GROUP = 3  # bytes that base64 makes 4 characters of


class Writer(msgspec.Struct, frozen=True):
    """How a syntax writes a specimen.

    Attributes:
        frame: the root element with `LINES` once in it, and `FILLER` in an attachment if it is told
            that there is one.
        line: a line with `RANK` once in it.
        filled: bytes of the filler's file by the bytes of filler in it: a format may wrap it.
    """

    frame: Callable[[Specimen, bool], str]
    line: Callable[[Specimen, Line], str]
    filled: Callable[[int], Iterator[bytes]] = filler


def pieces(spec: Specimen, writer: Writer) -> Iterator[bytes]:
    """The document of a specimen in UTF-8.

    Reaches `spec.size` to 4 bytes when the bare document and an attachment fit into it. Cutting and
    filling take a second look at the document, not more memory. The specimen has lines and a date.
    """
    room = _filling(spec, writer)
    if spec.broken != "truncated":
        yield from _whole(spec, writer, room)
        return
    left = sum(map(len, _whole(spec, writer, room))) // 2
    for piece in _whole(spec, writer, room):
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _filling(spec: Specimen, writer: Writer) -> int | None:
    """Bytes of filler that reach the size; None for no attachment."""
    if not spec.size or spec.size <= sum(map(len, _whole(spec, writer, None))):
        return None
    room = spec.size - sum(map(len, _whole(spec, writer, 0)))
    groups = room // len(base64.b64encode(bytes(_GROUP)))
    return groups * _GROUP if groups > 0 else None


def _whole(spec: Specimen, writer: Writer, room: int | None) -> Iterator[bytes]:
    style = ""
    if spec.stylesheet:
        style = f'<?xml-stylesheet type="text/xsl" href="{escaped(spec.stylesheet)}"?>\n'
    frame = writer.frame(spec, room is not None)
    before, _, after = f"{DECLARATION}\n{style}{TEST_DATA}\n{frame}\n".partition(LINES)
    yield from _filled(before, writer, room or 0)
    yield from _lines(spec, writer)
    yield from _filled(after, writer, room or 0)


def _filled(text: str, writer: Writer, room: int) -> Iterator[bytes]:
    before, mark, after = text.partition(FILLER)
    yield before.encode()
    if mark:
        yield from encoded(writer.filled(room))
        yield after.encode()


def _lines(spec: Specimen, writer: Writer) -> Iterator[bytes]:
    written = [writer.line(spec, line).encode().split(RANK.encode()) for line in spec.lines]
    halves = itertools.cycle(written)
    for first in range(1, spec.line_total + 1, _LINES_A_PIECE):
        last = min(first + _LINES_A_PIECE, spec.line_total + 1)
        some = zip(range(first, last), halves, strict=False)
        piece = b"\n".join([b"%b%d%b" % (head, rank, tail) for rank, (head, tail) in some])
        yield piece if last > spec.line_total else piece + b"\n"


def encoded(content: Iterator[bytes]) -> Iterator[bytes]:
    """Bytes in base64, a piece for a piece."""
    rest = b""
    for piece in content:
        whole = rest + piece
        even = len(whole) - len(whole) % _GROUP
        rest = whole[even:]
        yield base64.b64encode(whole[:even])
    yield base64.b64encode(rest)
