"""A session taken down within bounds while it runs, so that a long one can still be read to its end.

A short session is kept octet by octet. Once it is long, data FPDUs are left out: what remains is the
conversation, and in the place of the data how much they were. What is kept then is whole FPDUs; one
that shared an entity with data stands in an entity of its own. Leaving out begins where an article
begins. Past its bound a tape stops and says so.

A transfer pays for it with a look at the header of each FPDU, and with nothing until it is long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulator.wire.pesit import crc
from simulator.wire.pesit.fpdu import HEADER_LENGTH
from simulator.wire.pesit.framing import PREFIX, announces_crc, framing_of, greeting_length
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.profile import Framing
from simulator.wire.pesit.recording import BACKWARD, FORWARD, Chunk, Header, Recording

WHOLE: Final = 256 << 10
"""Octets of a session, both directions together, that are kept with all their data."""
MOST: Final = 1 << 20
"""Octets that are kept at all, what each chunk costs beside them included."""
_EACH: Final = 64
_DATA: Final = frozenset(
    kind.to_bytes(2, "big") for kind in (Kind.DTF, Kind.DTFDA, Kind.DTFMA, Kind.DTFFA)
)
_ARTICLE_BEGINS: Final = frozenset(kind.to_bytes(2, "big") for kind in (Kind.DTF, Kind.DTFDA))


class Sieve:
    """One direction of a connection: FPDUs that are kept, and data that are left out.

    Args:
        framing: of what comes; None when it could not be told: everything is kept then.
        check: check octets follow each FPDU.

    Attributes:
        leaves_out: data are left out, as soon as an article begins.
        fpdus: how many were.
    """

    def __init__(self, framing: Framing | None, *, check: bool) -> None:
        self.leaves_out = False
        self.fpdus = 0
        self._prefix = PREFIX if framing is Framing.PREFIXED else 0
        self._check = crc.LENGTH if check else 0
        self._is_lost = framing is None
        self._begun = False
        self._head = b""
        self._kept = self._skipped = self._inside = 0

    def feed(self, octets: bytes) -> Iterator[bytes | int]:
        """What came, in order: octets to keep, or how many are left out."""
        octets, at = self._head + octets, 0
        self._head = b""
        while at < len(octets):
            if self._is_lost:
                yield octets[at:]
                return
            if self._kept or self._skipped:
                end = min(len(octets), at + (self._kept or self._skipped))
                yield octets[at:end] if self._kept else end - at
                self._kept, self._skipped = self._left(end - at)
                at = end
                continue
            prefix = 0 if self._inside else self._prefix
            if len(octets) - at < prefix + HEADER_LENGTH:
                self._head = octets[at:]
                return
            yield from self._meet(octets[at : at + prefix + HEADER_LENGTH])
            at += prefix if self._inside and prefix else 0

    def rest(self) -> bytes:
        """The start of a header whose end never came."""
        head, self._head = self._head, b""
        return head

    def _left(self, taken: int) -> tuple[int, int]:
        return max(0, self._kept - taken), max(0, self._skipped - taken)

    def _meet(self, head: bytes) -> Iterator[bytes]:
        """Decides about the entity or FPDU that begins so."""
        fpdu = head[-HEADER_LENGTH:]
        prefix = len(head) - HEADER_LENGTH
        length = int.from_bytes(fpdu[:2], "big")
        entity = int.from_bytes(head[:prefix], "big") if prefix else self._inside or length
        if not HEADER_LENGTH <= length <= entity:
            self._is_lost = True
            return
        leaves = self._leaves(fpdu[2:4])
        if prefix and self._begun and length + self._check < entity:
            self._inside = entity  # its FPDUs are looked at one by one
            return
        if self._inside:
            self._inside -= length
            if not leaves:
                yield length.to_bytes(PREFIX, "big")
            whole = length
        else:
            whole = prefix + entity + (0 if prefix else self._check)
        self._kept, self._skipped = (0, whole) if leaves else (whole, 0)
        self.fpdus += leaves

    def _leaves(self, kind: bytes) -> bool:
        if self.leaves_out and not self._begun:
            self._begun = kind in _ARTICLE_BEGINS
        return self._begun and kind in _DATA


class Tape:
    """A session as it passes.

    Args:
        whole: octets after which data are left out.
        most: octets after which it stops.

    Attributes:
        chunks: what was said.
        stopped: why no more is taken down; empty while it is.
    """

    def __init__(self, whole: int = WHOLE, most: int = MOST) -> None:
        self.chunks: list[Chunk] = []
        self.stopped = ""
        self._whole = whole
        self._most = most
        self._size = 0
        self._sieves: dict[str, Sieve] = {}
        self._left_out = 0
        self._since = (FORWARD, 0.0)
        self._fpdus = 0
        self._last = 0.0

    def __call__(self, direction: str, octets: bytes, offset: float) -> None:
        """Some octets, none when that side closed."""
        if self.stopped:
            return
        self._last = offset
        if not (self._sieves and octets):
            self._keep(direction, octets, offset)
            if self._size > self._whole and not self._sieves:
                self._be_thrifty()
            return
        sieve = self._sieves[direction]
        before = sieve.fpdus
        for part in sieve.feed(octets):
            if isinstance(part, int):
                self._leave_out(direction, part, offset)
                self._fpdus += sieve.fpdus - before
                before = sieve.fpdus
            else:
                self._keep(direction, part, offset)

    def recording(self, header: Header) -> Recording:
        """All of it."""
        for direction, sieve in self._sieves.items():
            if rest := sieve.rest():
                self._keep(direction, rest, self._last)
        self._tell_left_out()
        return Recording(header, tuple(self.chunks), self.stopped)

    def _keep(self, direction: str, octets: bytes, offset: float) -> None:
        self._tell_left_out()
        self._size += len(octets) + _EACH
        if self._size > self._most and octets:
            self.stopped = f"more than {self._most} octets"
            return
        self.chunks.append(Chunk(direction, bytes(octets), offset))

    def _leave_out(self, direction: str, octets: int, offset: float) -> None:
        if self._left_out and self._since[0] != direction:
            self._tell_left_out()
        if not self._left_out:
            self._since = direction, offset
        self._left_out += octets

    def _tell_left_out(self) -> None:
        if not self._left_out:
            return
        direction, offset = self._since
        words = f"{self._fpdus} data FPDUs left out"
        self.chunks.append(Chunk(direction, b"", offset, words, self._left_out))
        self._size += _EACH
        self._left_out = self._fpdus = 0

    def _be_thrifty(self) -> None:
        """Finds out how what was kept is framed, and where in it the session stands."""
        streams = {way: self._said(way) for way in (FORWARD, BACKWARD)}
        begins = {way: greeting_length(said) for way, said in streams.items()}
        asked = streams[FORWARD][begins[FORWARD] :]
        framing = framing_of(asked)
        connect = asked[PREFIX if framing is Framing.PREFIXED else 0 :]
        check = announces_crc(connect[: int.from_bytes(connect[:2], "big")])
        for way, said in streams.items():
            self._sieves[way] = sieve = Sieve(framing, check=check)
            for _ in sieve.feed(said[begins[way] :]):
                pass  # it is on the tape; the sieve only has to follow
            sieve.leaves_out = True

    def _said(self, direction: str) -> bytes:
        return b"".join(one.octets for one in self.chunks if one.direction == direction)
