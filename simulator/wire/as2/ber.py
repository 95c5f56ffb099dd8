"""BER and DER: a forward reader that yields stretches of the body, and a small DER writer.

The reader keeps a stack of open constructions and one position. It goes through a body once,
whatever the depth of indefinite lengths, and never copies content: a string cut into pieces comes
back as a list of spans. Source: X.690 section 8 (reading), section 10 (writing).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from simulator.wire.as2.errors import RemoteProtocolError
from simulator.wire.as2.span import Span

INTEGER, OCTETS, OCTETS_CUT, NULL, OID, SEQUENCE, SET = 0x02, 0x04, 0x24, 0x05, 0x06, 0x30, 0x31
CONTEXT_0, CONTEXT_1 = 0xA0, 0xA1
CONTEXT_0_PRIMITIVE = 0x80

FREE_ELEMENTS = 10_000
MIN_PIECE = 64
"""Elements read in one body: 10,000, and one more for each 64 bytes. So a string may come in
pieces of 64 bytes, whatever its length, but not in pieces of one: each piece costs memory."""

MAX_NESTING = 64


class BerError(RemoteProtocolError):
    """The bytes are not BER, or not the structure expected here."""


class Reader:
    """Walks through one BER structure; every method moves forward or raises `BerError`."""

    __slots__ = ("_base", "_budget", "_frames", "_limit", "_span", "pos")

    def __init__(self, span: Span) -> None:
        self._span, self._base = span, span.base
        self.pos = span.start
        self._limit = span.stop
        self._frames: list[tuple[int, bool]] = [(span.stop, False)]
        self._budget = FREE_ELEMENTS + len(span) // MIN_PIECE

    def at_end(self) -> bool:
        """Whether the construction last entered has nothing more."""
        if not self._frames[-1][1]:
            return self.pos >= self._limit
        return self._base[self.pos : self.pos + 2] == b"\0\0"

    def peek(self) -> int:
        """Tag byte of the next element, -1 at the end of the construction."""
        if self.at_end() or self.pos >= self._limit:
            return -1
        return self._base[self.pos]

    def enter(self, tag: int) -> None:
        """Step into a constructed element of that tag."""
        length = self._expect(tag)
        if len(self._frames) >= MAX_NESTING:
            raise self._error(f"more than {MAX_NESTING} nested structures")
        indefinite = length < 0
        self._limit = self._limit if indefinite else self.pos + length
        self._frames.append((self._limit, indefinite))

    def leave(self) -> None:
        """Step out, over whatever has not been read."""
        while not self.at_end():
            self.skip()
        limit, indefinite = self._frames.pop()
        self.pos = self.pos + 2 if indefinite else limit
        self._limit = self._frames[-1][0]

    def skip(self) -> Span:
        """Pass over the next element and return it whole, header included."""
        start, depth = self.pos, 0
        while True:
            tag, length = self._header()
            if tag == 0 and length == 0 and depth:
                depth -= 1
            elif length < 0:
                depth += 1
            else:
                self.pos += length
            if not depth:
                return self._span.to(start, self.pos)

    def primitive(self, tag: int) -> bytes:
        """Content of a small primitive element of that tag."""
        length = self._expect(tag)
        self.pos += length
        return bytes(self._base[self.pos - length : self.pos])

    def oid(self) -> str:
        """The next element as an object identifier, dotted."""
        dotted = _dotted(self.primitive(OID))
        if not dotted:
            raise self._error("malformed object identifier")
        return dotted

    def octets(self, whole: int = OCTETS, cut: int = OCTETS_CUT) -> list[Span]:
        """A string of octets as its pieces: one if primitive, any number if constructed."""
        if self.peek() == whole:
            length = self._expect(whole)
            self.pos += length
            return [self._span.to(self.pos - length, self.pos)]
        pieces: list[Span] = []
        self.enter(cut)
        while not self.at_end():
            pieces.extend(self.octets())
        self.leave()
        return pieces

    def _expect(self, tag: int) -> int:
        found, length = self._header()
        if found != tag:
            raise self._error(f"tag {tag:#04x} expected, {found:#04x} found")
        return length

    def _header(self) -> tuple[int, int]:
        """Read tag and length (-1: indefinite) and step behind them; the content fits."""
        base, pos, limit = self._base, self.pos, self._limit
        self._budget -= 1
        if pos + 2 > limit or self._budget < 0:
            raise self._error("cut short" if self._budget >= 0 else "too many elements")
        tag, length = base[pos], base[pos + 1]
        pos += 2
        if length > 0x80:
            size = length - 0x80
            length = int.from_bytes(base[pos : pos + size], "big")
            pos += size
        elif length == 0x80:
            length = -1
        if tag & 0x1F == 0x1F or (length < 0 and not tag & 0x20) or pos + length > limit:
            raise self._error(f"tag {tag:#04x} with length {length} does not fit in {limit - pos}")
        self.pos = pos
        return tag, length

    def _error(self, text: str) -> BerError:
        return BerError(f"BER structure at byte {self.pos - self._span.start}: {text}")


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    """Dotted form of the content of an OBJECT IDENTIFIER; empty when it is malformed."""
    if not content or len(content) > 32 or content[-1] & 0x80:
        return ""
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def head(tag: int, length: int) -> bytes:
    """Tag and definite length of an element whose content follows elsewhere."""
    if length < 0x80:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big")


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element with these contents."""
    content = b"".join(parts)
    return head(tag, len(content)) + content


def shell(length: int, *levels: tuple[int, bytes, bytes]) -> tuple[bytes, bytes]:
    """What stands before and after a content of ``length`` bytes, without touching it.

    Args:
        length: bytes of the content.
        levels: innermost first: a tag, then the bytes inside it before and after what it wraps.
    """
    front, back = b"", b""
    for tag, before, after in levels:
        front, back = before + front, back + after
        front = head(tag, len(front) + length + len(back)) + front
    return front, back


def integer(value: int) -> bytes:
    """A DER INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """A DER OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, b"".join(map(_arc, (40 * first + second, *rest))))


def _arc(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def set_of(elements: Iterable[bytes]) -> bytes:
    """A DER SET OF: its elements in the order of their encodings (X.690 11.6)."""
    return tlv(SET, *sorted(elements))


NULL_VALUE = tlv(NULL)
