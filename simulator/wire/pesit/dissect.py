"""Takes a connection apart as its octets come: FPDUs, parameters, and what is wrong where.

`annotate` reads a stream aloud; this module knows what it read: each FPDU as a value, with the
offsets of its parts, who said it, and each `Fault` with what was expected and what was found. The
decoder, the comments of recordings and the comparison of two sessions stand on it. Nothing is
refused and nothing raised: past a fault that makes lengths unsure the rest is one last piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from simulator.wire.pesit import crc
from simulator.wire.pesit.annotate import Line, describe
from simulator.wire.pesit.fpdu import HEADER_LENGTH
from simulator.wire.pesit.framing import (
    ACCEPTED,
    EBCDIC,
    GREETING,
    PRECONNECTION_LENGTH,
    PREFIX,
    REFUSED,
    announces_crc,
)
from simulator.wire.pesit.items import (
    SHOWN,
    Fault,
    Item,
    articles_of,
    in_ebcdic,
    items_of,
    printable,
    shown,
)
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.messages import DataCode
from simulator.wire.pesit.parameters import CODES
from simulator.wire.pesit.profile import Framing
from simulator.wire.pesit.recording import FORWARD, Chunk, Comment
from simulator.wire.pesit.states import TABLE, By, Side

_KINDS: Final = frozenset(int(kind) for kind in Kind)


class Piece(msgspec.Struct, frozen=True):
    """An FPDU, a pre-connection or its answer, or what cannot be read.

    Attributes:
        at: offset of its first octet in the stream, prefix included.
        octets: all of it, prefix and check octets included.
        name: ``ACK(CREATE)``; of what cannot be read, empty.
        line: all of it in words.
        kind: None when it has none.
        fpdu: header and body alone.
        items: parameters, in the order they travel.
        articles: of a data FPDU, or the segment that it carries.
        by: who said it, as far as that is known.
        also: more words: what is EBCDIC.
        faults: what is wrong in it.
    """

    at: int
    octets: bytes
    name: str
    line: Line
    kind: Kind | None = None
    fpdu: bytes = b""
    items: tuple[Item, ...] = ()
    articles: tuple[bytes, ...] = ()
    by: Side | None = None
    also: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        """All there is to say, on indented lines."""
        more = [f"  {one}" for one in self.also] + [f"  FAULT {one}" for one in self.faults]
        return "\n".join((str(self.line), *more))


class Dissector:
    """One direction of a connection; keeps at most one entity that is not whole yet.

    Attributes:
        framing: None until the first FPDU tells.
        crc: check octets follow each FPDU; None until that is known.
        is_lost: past a fault after which nothing can be read.
        at: offset of what is read next.
    """

    def __init__(self, framing: Framing | None = None) -> None:
        self.framing = framing
        self.crc: bool | None = None
        self.is_lost = False
        self.at = 0
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> Iterator[Piece]:
        """What is whole now; octets behind a fault that ends reading are dropped."""
        if self.is_lost:
            return
        self._buffer += octets
        while not self.is_lost and (found := self._next()):
            yield from found

    def finish(self) -> Iterator[Piece]:
        """What is left when nothing more comes: cut short."""
        if self.is_lost or not self._buffer:
            return
        left = len(self._buffer)
        length = int.from_bytes(self._buffer[:2], "big")
        needed = length + (PREFIX if self.framing is Framing.PREFIXED else 0)
        is_known = self.framing is not None and left >= PREFIX
        whole = f"{needed} octets" if is_known else f"an FPDU of at least {HEADER_LENGTH} octets"
        yield self._lose(Fault(self.at, f"{whole} from here", f"{left} before the end"))

    def _next(self) -> list[Piece]:
        """The FPDUs of the next entity; nothing until it is whole."""
        greeting = self._greeting()
        if greeting is not None:
            return greeting
        if len(self._buffer) < HEADER_LENGTH:
            return []
        self.framing = self.framing or _framing(bytes(self._buffer[:HEADER_LENGTH]))
        if self.framing is None:
            found = bytes(self._buffer[:HEADER_LENGTH]).hex(" ")
            expected = "an FPDU: its type in octets 3 and 4, or in 5 and 6 behind a prefix"
            return [self._lose(Fault(self.at, expected, found))]
        return self._raw() if self.framing is Framing.RAW else self._entity()

    def _raw(self) -> list[Piece]:
        """One FPDU without prefix; without a CONNECT only the value of check octets tells them."""
        length = int.from_bytes(self._buffer[:2], "big")
        if length < HEADER_LENGTH:
            return [self._lose(_bad_length(self.at, length, len(self._buffer)))]
        if len(self._buffer) < length + crc.LENGTH * bool(self.crc):
            return []
        fpdu = bytes(self._buffer[:length])
        self._learn(fpdu)
        behind = bytes(self._buffer[length : length + crc.LENGTH])
        if self.crc is None and len(behind) == crc.LENGTH:
            self.crc = behind == crc.check_octets(fpdu)
        if not self.crc:
            behind = b""
        elif len(behind) < crc.LENGTH:
            return []
        at = self.at
        return [self._piece(at, self._take(length + len(behind)), at, fpdu, behind)]

    def _entity(self) -> list[Piece]:
        """All FPDUs behind one prefix."""
        size = int.from_bytes(self._buffer[:PREFIX], "big")
        inner = int.from_bytes(self._buffer[PREFIX : PREFIX + 2], "big")
        if not HEADER_LENGTH <= inner <= size:
            return [self._lose(_bad_length(self.at + PREFIX, inner, size))]
        if len(self._buffer) < PREFIX + size:
            return []
        begin = self.at
        octets = self._take(PREFIX + size)
        pieces: list[Piece] = []
        at, skipped = 0, PREFIX
        while at < len(octets):
            start = at + skipped
            length = int.from_bytes(octets[start : start + 2], "big")
            left = len(octets) - start
            if not HEADER_LENGTH <= length <= left:
                fault = _bad_length(begin + start, length, left)
                return [*pieces, self._lose(fault, begin + at, octets[at:])]
            fpdu = octets[start : start + length]
            self._learn(fpdu)
            is_checked = self.crc is not False and left - length == crc.LENGTH
            if self.crc and not is_checked:
                fault = Fault(begin + start + length, "check octets", f"{left - length} octets")
                return [*pieces, self._lose(fault, begin + at, octets[at:])]
            end = start + length + crc.LENGTH * is_checked
            check = octets[start + length : end]
            pieces.append(self._piece(begin + at, octets[at:end], begin + start, fpdu, check))
            at, skipped = end, 0
        return pieces

    def _learn(self, fpdu: bytes) -> None:
        """CONNECT says whether check octets follow."""
        if fpdu[2:4] == Kind.CONNECT.to_bytes(2, "big"):
            self.crc = announces_crc(fpdu)

    def _greeting(self) -> list[Piece] | None:
        """A pre-connection or its answer; an empty list while it is not whole."""
        head = bytes(self._buffer[: PREFIX + PRECONNECTION_LENGTH])
        for prefix in (0, PREFIX):
            text = head[prefix:]
            announced = int.from_bytes(head[:prefix], "big")
            if text.startswith(GREETING) and announced in {0, PRECONNECTION_LENGTH}:
                return self._greeted(prefix + PRECONNECTION_LENGTH, prefix)
            if text[:4] in {ACCEPTED, REFUSED} and announced in {0, len(ACCEPTED)}:
                return self._greeted(prefix + len(ACCEPTED), prefix)
        return None

    def _greeted(self, length: int, prefix: int) -> list[Piece]:
        if len(self._buffer) < length:
            return []
        at, octets = self.at, self._take(length)
        text = octets[prefix:].decode(EBCDIC)
        if length - prefix == PRECONNECTION_LENGTH:
            name, kind, by = "pre-connection", Kind.PRECONNECT, Side.REQUESTER
            words = f"pre-connection of {text[8:16].rstrip()!r}, password not shown (EBCDIC)"
        else:
            is_granted = octets[prefix:] == ACCEPTED
            kind, by = (Kind.PREACCEPT if is_granted else Kind.PREREFUSE), Side.SERVER
            name = f"pre-connection {'granted' if is_granted else 'refused'}"
            words = f"{name}: {text} (EBCDIC)"
        return [Piece(at, octets, name, Line(at, octets, words), kind, by=by)]

    def _piece(self, at: int, octets: bytes, start: int, fpdu: bytes, check: bytes) -> Piece:
        """Reads one FPDU; ``start`` is the offset of its header."""
        line = describe(fpdu, at, octets)
        faults: list[Fault] = []
        if check:
            expected = crc.check_octets(fpdu)
            self.crc = True
            line = _with_check(line, check, expected)
            if check != expected:
                place = start + len(fpdu)
                fault = Fault(place, f"check octets {expected.hex(' ')}", check.hex(" "))
                faults.append(fault)
        number = int.from_bytes(fpdu[2:4], "big")
        if number not in _KINDS:
            fault = Fault(start + 2, "the type of an FPDU", fpdu[2:4].hex(" "))
            return Piece(at, octets, "", line, fpdu=fpdu, faults=(*faults, fault))
        kind, body = Kind(number), fpdu[HEADER_LENGTH:]
        articles = articles_of(kind, start, fpdu, faults) if kind.is_data else ()
        items = () if kind.is_data else tuple(items_of(body, start + HEADER_LENGTH, faults))
        also = tuple(in_ebcdic(items))
        return Piece(
            at, octets, kind.label, line, kind, fpdu, items, articles, None, also, tuple(faults)
        )

    def _lose(self, fault: Fault, at: int | None = None, octets: bytes | None = None) -> Piece:
        """The last piece: all that is left, with what is wrong in it."""
        self.is_lost = True
        if octets is None:
            at, octets = self.at, self._take(len(self._buffer))
        at = self.at if at is None else at
        text = f"{len(octets)} octets that cannot be read"
        return Piece(at, octets, "", Line(at, octets, text, (shown(octets),)), faults=(fault,))

    def _take(self, length: int) -> bytes:
        octets = bytes(self._buffer[:length])
        del self._buffer[:length]
        self.at += length
        return octets


class Dissection:
    """Both directions of one connection, or one stream of which nobody knows the direction.

    What one side says is needed to read the other: CONNECT tells of check octets, CREATE who sends
    the data and in which code.

    Args:
        framing: as for `Dissector`, of both directions.
    """

    def __init__(self, framing: Framing | None = None) -> None:
        self._framing = framing
        self._directions: dict[Side | None, Dissector] = {}
        self._writing: bool | None = None
        self._is_ebcdic = False

    def feed(self, octets: bytes, by: Side | None = None) -> Iterator[Piece]:
        """What is whole now of what one side said; None = whoever it was."""
        if by not in self._directions:
            self._directions[by] = Dissector(self._framing)
        for piece in self._directions[by].feed(octets):
            yield self._placed(piece, by)

    def skip(self, gap: Chunk, by: Side) -> Piece:
        """Something that a recording left out, as a piece without octets; what follows is read on."""
        direction = self._directions.setdefault(by, Dissector(self._framing))
        words = f"{gap.label or 'left out'}, {gap.left_out} octets"
        direction.at += gap.left_out
        return remark(words, direction.at - gap.left_out, by)

    def finish(self) -> Iterator[Piece]:
        """What was cut short, in each direction."""
        for by, direction in self._directions.items():
            for piece in direction.finish():
                yield self._placed(piece, by)

    def _placed(self, piece: Piece, by: Side | None) -> Piece:
        """A piece with who said it, and what is known from the ones before."""
        self._learn(piece)
        also = piece.also
        if self._is_ebcdic and piece.articles:
            also += (f"in EBCDIC: |{printable(piece.articles[0][:SHOWN].decode(EBCDIC))}|",)
        by = by or piece.by or (_speaker(piece.kind, self._writing))
        return msgspec.structs.replace(piece, by=by, also=also)

    def _learn(self, piece: Piece) -> None:
        if piece.kind is Kind.CONNECT:
            for direction in self._directions.values():
                direction.crc = announces_crc(piece.fpdu)
            if Side.REQUESTER in self._directions:
                other = self._directions.setdefault(Side.SERVER, Dissector(self._framing))
                other.crc = announces_crc(piece.fpdu)
        if piece.kind in {Kind.CREATE, Kind.SELECT}:
            self._writing = piece.kind is Kind.CREATE
        if piece.kind in {Kind.CREATE, Kind.ACK_SELECT}:
            codes = {item.code: item.octets for item in piece.items}
            self._is_ebcdic = codes.get(CODES["data_code"]) == bytes((DataCode.EBCDIC,))


def remark(words: str, at: int = 0, by: Side | None = None) -> Piece:
    """Something to say in the place of octets that are not there."""
    return Piece(at, b"", "", Line(at, b"", words), by=by)


def dissect(stream: bytes, framing: Framing | None = None) -> Iterator[Piece]:
    """Takes a whole stream apart, of one direction or of both one after the other."""
    dissection = Dissection(framing)
    yield from dissection.feed(stream)
    yield from dissection.finish()


def commentator() -> Comment:
    """Comments for a `recording.Recorder` of one PeSIT session: FPDUs and parameters in words."""
    dissection = Dissection()

    def comment(direction: str, octets: bytes) -> Iterator[str]:
        if not octets:
            yield "closed"
        by = Side.REQUESTER if direction == FORWARD else Side.SERVER
        for piece in dissection.feed(octets, by):
            yield from str(piece).splitlines()

    return comment


def _framing(head: bytes) -> Framing | None:
    """Told from the lengths and the types of the first six octets."""
    outer, inner = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:4], "big")
    if HEADER_LENGTH <= inner <= outer and (
        inner == outer or int.from_bytes(head[4:6], "big") in _KINDS
    ):
        return Framing.PREFIXED
    return Framing.RAW if inner in _KINDS else None


def _bad_length(at: int, length: int, left: int) -> Fault:
    expected = f"the length of an FPDU, {HEADER_LENGTH} to {left}"
    return Fault(at, expected, str(length))


def _with_check(line: Line, check: bytes, expected: bytes) -> Line:
    words = "good" if check == expected else f"WRONG, expected {expected.hex(' ')}"
    detail = f"check octets {check.hex(' ')}: {words}"
    return msgspec.structs.replace(line, details=(*line.details, detail))


_PARTS: Final = {
    By.REQUESTER: (Side.REQUESTER, Side.REQUESTER),
    By.WRITER: (Side.REQUESTER, Side.REQUESTER),
    By.READER: (Side.REQUESTER, Side.REQUESTER),
    By.SERVER: (Side.SERVER, Side.SERVER),
    By.SENDER: (Side.REQUESTER, Side.SERVER),
    By.RECEIVER: (Side.SERVER, Side.REQUESTER),
}
"""Which side plays a part in a write, and in a read."""


def _speaker(kind: Kind | None, writing: bool | None) -> Side | None:
    """Who says an FPDU of that type, if only one side may (late ones aside)."""
    parts = {
        by
        for row in TABLE.values()
        for step in (row.get(kind, ()) if kind is not None else ())
        if not step.ignored
        for by in step.by
    }
    sides = set()
    for by in parts:
        write, read = _PARTS[by]
        sides |= {write, read} if writing is None else {write if writing else read}
    return sides.pop() if len(sides) == 1 else None
