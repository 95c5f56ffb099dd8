"""Octets of the transport to FPDUs and back: prefix or none, check octets, concatenation.

Over TCP each entity is headed by two octets with its length (not counting them) and holds one
FPDU or several. Over TLS some products drop the prefix and send FPDUs back to back. Nobody
announces which; the first octets tell:

================================= ======================================
first octets                      meaning
================================= ======================================
D7 C5 E2 C9 E3                    pre-connection, no prefix
00 18 D7 C5 E2 C9 E3              pre-connection behind a prefix
.. .. 40 2x                       first FPDU, no prefix
.. .. .. .. 40 2x, b2b3 <= b0b1   first FPDU behind a prefix
anything else                     not PeSIT
================================= ======================================

The pre-connection is 24 octets of EBCDIC and its answer four; after it the next octets are
looked at afresh.

Sources: PeSIT E 4.5, 4.7.1; exchanges with Connect:Express and pesitwizard (deduced).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from simulator.wire.pesit import crc
from simulator.wire.pesit.diagnostics import NETWORK_INCIDENT, PROTOCOL_ERROR
from simulator.wire.pesit.errors import LocalProtocolError, RemoteProtocolError
from simulator.wire.pesit.fpdu import HEADER, HEADER_LENGTH, LARGEST, Frame, Framed, read_kind
from simulator.wire.pesit.kinds import CONCATENATED, Kind
from simulator.wire.pesit.messages import PreAccept, PreConnection, PreRefuse
from simulator.wire.pesit.parameters import CODES, units
from simulator.wire.pesit.profile import Framing

EBCDIC: Final = "cp037"
GREETING: Final = "PESIT".encode(EBCDIC)
PRECONNECTION_LENGTH: Final = 24
ACCEPTED: Final = "ACK0".encode(EBCDIC)
REFUSED: Final = "NAK0".encode(EBCDIC)
PREFIX: Final = 2
_TOLD_BY: Final = 6
CONNECTION_PHASE: Final = 0x40
DATA_PHASE: Final = 0x00
_CONNECT: Final = Kind.CONNECT.to_bytes(2, "big")

Found = Frame | PreConnection | PreAccept | PreRefuse
"""What the octets of a transport turn out to be."""


class BadCrc(RemoteProtocolError):
    """The check octets of an FPDU are wrong; the FPDU is dropped and the stream still in step."""


class Reader:
    """Splits what arrives into FPDUs, whatever pieces it arrives in.

    Attributes:
        framing: as detected; None before the first octets.
        crc: check octets follow each FPDU; the CONNECT that asks for them says so.
        greeting: how the pre-connection (or its answer) came, if there was one.
    """

    def __init__(self) -> None:
        self.framing: Framing | None = None
        self.crc = False
        self.greeting: Framing | None = None
        self._buffer = b""
        self._at = 0
        # The entity whose FPDUs are being read: where it begins and ends.
        self._begin = 0
        self._end = 0

    def feed(self, data: bytes) -> None:
        """Adds what arrived."""
        at = self._at
        self._buffer = self._buffer[at:] + data if at < len(self._buffer) else data
        self._begin, self._end, self._at = self._begin - at, self._end - at, 0

    def discard(self) -> None:
        """Forgets what is not read yet: the connection is over."""
        self._buffer = b""
        self._at = self._begin = self._end = 0

    def next(self) -> Found | None:
        """The next FPDU or pre-connection, or None until more arrives.

        Raises `RemoteProtocolError`; after one that is not a `BadCrc` the stream is lost.
        """
        if self._at < self._end:
            return self._within()
        if self.framing is None:
            greeting = self._detect()
            if greeting is not None or self.framing is None:
                return greeting
        if self.framing is Framing.RAW:
            return self._raw()
        return self._within() if self._enter() else None

    def _left(self) -> int:
        return len(self._buffer) - self._at

    def _peek(self, start: int, end: int) -> bytes:
        return self._buffer[self._at + start : self._at + end]

    def _take(self, length: int) -> bytes:
        self._at += length
        return self._buffer[self._at - length : self._at]

    def _detect(self) -> Found | None:
        """Looks at the first octets; sets `framing`, or answers a whole pre-connection."""
        head = self._peek(0, _LONGEST_START)
        for start, prefix, length in _GREETINGS:
            if _may_start(head, start):
                return self._greeting(prefix, length)
        if len(head) >= _TOLD_BY or _opens(head[2:4]):
            self.framing = framing_of(head)
            if self.framing is None:
                words = f"not PeSIT: {head[:_TOLD_BY].hex(' ')}"
                raise RemoteProtocolError(words, PROTOCOL_ERROR)
        return None

    def _greeting(self, prefix: int, length: int) -> Found | None:
        if self._left() < prefix + length:
            return None
        text = self._take(prefix + length)[prefix:]
        self.greeting = Framing.PREFIXED if prefix else Framing.RAW
        if length == PRECONNECTION_LENGTH:
            words = text.decode(EBCDIC)
            return PreConnection(
                identifier=words[8:16].rstrip(" "), password=words[16:24].rstrip(" ")
            )
        return PreAccept() if text == ACCEPTED else PreRefuse()

    def _raw(self) -> Frame | None:
        """One FPDU without prefix, and its check octets."""
        if self._left() < HEADER_LENGTH:
            return None
        length = int.from_bytes(self._peek(0, 2), "big")
        if length < HEADER_LENGTH:
            raise _bad_length(length, LARGEST)
        if self._left() < length:
            return None
        checked = self.crc or (self._starts_connect() and announces_crc(self._peek(0, length)))
        if self._left() < length + crc.LENGTH * checked:
            return None
        octets = self._take(length)
        if checked:
            self.crc = True
            _check(octets, self._take(crc.LENGTH))
        return _frame(octets, 0, length, 0, alone=True)

    def _starts_connect(self) -> bool:
        return self._peek(2, 4) == _CONNECT

    def _enter(self) -> bool:
        """Steps over a prefix; False until the whole of its entity is here."""
        buffer, at = self._buffer, self._at + PREFIX
        if len(buffer) < at:
            return False
        end = at + _length(buffer, self._at)
        if len(buffer) < end:
            return False
        self._at, self._begin, self._end = at, at, end
        if end == at:
            raise _bad_check(b"", b"") if self.crc else _bad_length(0, 0)
        return True

    def _within(self) -> Frame:
        """The next FPDU of an entity that is here."""
        buffer, begin, at, end = self._buffer, self._begin, self._at, self._end
        length = buffer[at] << 8 | buffer[at + 1] if at + 1 < end else 0
        if self.crc or (at == begin and self._starts_connect() and self._announces_crc()):
            self.crc = True
            return _checked(self._take(end - at))
        if not HEADER_LENGTH <= length <= end - at:
            raise _bad_length(length, end - at)
        self._at = at + length
        entity = end - begin
        return _frame(buffer, at, length, entity, alone=length == entity)

    def _announces_crc(self) -> bool:
        length = min(_length(self._buffer, self._at), self._end - self._at)
        return announces_crc(self._peek(0, length))


class Writer:
    """Puts FPDUs into entities.

    Attributes:
        framing: prefix or none.
        crc: check octets follow each FPDU; nothing is concatenated then.
        max_entity: octets of an entity at most (PI 25).
        concatenate: put what may share an entity together.
    """

    def __init__(self, framing: Framing, *, concatenate: bool) -> None:
        self.framing = framing
        self.crc = False
        self.max_entity = LARGEST
        self.concatenate = concatenate

    def write(self, fpdus: Sequence[Framed]) -> bytes:
        """The octets that carry some FPDUs, in order."""
        octets: list[bytes] = []
        if self.crc:
            for fpdu in fpdus:
                octets += self._checked(fpdu)
        elif self.framing is Framing.RAW:
            for fpdu in fpdus:
                octets += fpdu.parts
        else:
            for length, group in self._entities(fpdus):
                octets.append(length.to_bytes(PREFIX, "big"))
                for fpdu in group:
                    octets += fpdu.parts
        return b"".join(octets)

    def greeting(self, text: bytes) -> bytes:
        """A pre-connection or its answer."""
        return self._prefix(len(text)) + text

    def _entities(self, fpdus: Iterable[Framed]) -> Iterator[tuple[int, list[Framed]]]:
        """What shares an entity, and its length."""
        group: list[Framed] = []
        size, shared = 0, False
        for fpdu in fpdus:
            joins = self.concatenate and fpdu.kind in CONCATENATED
            if group and not (joins and shared and size + fpdu.length <= self.max_entity):
                yield size, group
                group, size = [], 0
            group.append(fpdu)
            size += fpdu.length
            shared = joins
        if group:
            yield size, group

    def _checked(self, fpdu: Framed) -> tuple[bytes, ...]:
        """One FPDU and its check octets."""
        octets = b"".join(fpdu.parts)
        return self._prefix(fpdu.length + crc.LENGTH), octets, crc.check_octets(octets)

    def _prefix(self, length: int) -> bytes:
        return length.to_bytes(PREFIX, "big") if self.framing is Framing.PREFIXED else b""


def greeting_octets(message: PreConnection | PreAccept | PreRefuse) -> bytes:
    """A pre-connection or its answer in EBCDIC; raises `LocalProtocolError`."""
    if isinstance(message, PreAccept):
        return ACCEPTED
    if isinstance(message, PreRefuse):
        return REFUSED
    words = f"PESIT   {message.identifier:8}{message.password:8}"
    if len(words) != PRECONNECTION_LENGTH or not words.isascii():
        raise LocalProtocolError("a pre-connection has two names of at most 8 ASCII characters")
    return words.encode(EBCDIC)


def announces_crc(fpdu: bytes) -> bool:
    """Whether an FPDU is a CONNECT whose PI 1 asks for check octets."""
    if fpdu[2:4] != _CONNECT:
        return False
    try:
        return any(code == CODES["crc"] and any(value) for code, value in units(fpdu[6:]))
    except ValueError:
        return False  # the parameters cannot be read; their reader will say so


def greeting_length(octets: bytes) -> int:
    """Octets of the pre-connection, or of the answer to one, that a direction begins with."""
    found = (prefix + length for start, prefix, length in _GREETINGS if octets.startswith(start))
    return next(found, 0)


def framing_of(octets: bytes) -> Framing | None:
    """How a direction is framed whose first FPDU begins so; None when that cannot be told."""
    if _opens(octets[2:4]):
        return Framing.RAW
    return Framing.PREFIXED if _opens(octets[4:6]) and octets[2:4] <= octets[0:2] else None


def _greetings() -> Iterator[tuple[bytes, int, int]]:
    """How a pre-connection or its answer may start: the octets, of those the prefix, the length."""
    for text, length in (
        (GREETING, PRECONNECTION_LENGTH),
        (ACCEPTED, len(ACCEPTED)),
        (REFUSED, len(REFUSED)),
    ):
        for prefix in (b"", length.to_bytes(PREFIX, "big")):
            yield prefix + text, len(prefix), length


_GREETINGS: Final = tuple(_greetings())
_LONGEST_START: Final = max(len(start) for start, _, _ in _GREETINGS)


def _may_start(head: bytes, wanted: bytes) -> bool:
    """Whether octets that begin like this may be the wanted ones, as far as they go."""
    return len(head) >= 3 and head[: len(wanted)] == wanted[: len(head)]


def _opens(octets: bytes) -> bool:
    return len(octets) == 2 and octets[0] == CONNECTION_PHASE and 0x20 <= octets[1] <= 0x25


def _length(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at : at + 2], "big")


def _check(octets: bytes, check: bytes) -> None:
    if crc.check_octets(octets) != check:
        raise _bad_check(octets, check)


def _bad_check(octets: bytes, check: bytes) -> BadCrc:
    words = f"wrong check octets {check.hex(' ')} after {octets[:6].hex(' ')} ..."
    return BadCrc(words, NETWORK_INCIDENT)


def _checked(entity: bytes) -> Frame:
    """The one FPDU of an entity that ends with check octets."""
    octets, check = entity[: -crc.LENGTH], entity[-crc.LENGTH :]
    _check(octets, check)
    if not HEADER_LENGTH <= _length(octets, 0) == len(octets):
        raise _bad_length(_length(octets, 0), len(octets))
    return _frame(octets, 0, len(octets), len(entity), alone=True)


def _frame(octets: bytes, at: int, length: int, entity: int, *, alone: bool) -> Frame:
    _, phase, kind, destination, source = HEADER.unpack_from(octets, at)
    found = read_kind(phase, kind)
    body: bytes | memoryview
    if phase == DATA_PHASE:  # long, and to be copied once: into its articles
        body = memoryview(octets)[at + HEADER_LENGTH : at + length]
    else:
        body = octets[at + HEADER_LENGTH : at + length]
    return Frame(found, destination, source, body, entity, alone)


def _bad_length(length: int, found: int) -> RemoteProtocolError:
    words = f"an FPDU announces {length} octets, at least {HEADER_LENGTH} and {found} can be"
    return RemoteProtocolError(words, PROTOCOL_ERROR)
