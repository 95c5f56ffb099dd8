"""A file on its way out of a link, as fast as the peer takes it and no faster.

Like `pesit.Feed` it sends batches of articles, places points and ends with DTF.END; but it asks what
may be sent before it reads, because a reader may need to wait. Where the file stands, the transfer
knows: its octets, also after the data went back to a point.
"""

from __future__ import annotations

import errno
import functools
import inspect
import struct
from collections.abc import Awaitable
from typing import Protocol

from simulator.runtime.gateway import GatewayError
from simulator.transport.pesit_link import Link
from simulator.wire import pesit
from simulator.wire.pesit.compression import bound

# Octets that one turn sends at about most: as many as a socket is given before it counts as full.
_BATCH = 96 << 10
_HEADER, _PREFIX = 6, 2  # octets of an FPDU and of each of its articles that are no data


class Reader(Protocol):
    """The bytes of a file (`simulator.runtime.gateway.ReturnReader`)."""

    def read(self, offset: int, size: int) -> bytes | Awaitable[bytes]:
        """At most `size` bytes from `offset`; fewer only at the end."""


@functools.lru_cache(maxsize=16)
def _cut(count: int, length: int) -> struct.Struct:
    """Pieces of one length."""
    return struct.Struct(f"{length}s" * count)


class Outflow:
    """One file being sent, from WRITE or READ to DTF.END.

    Args:
        link: in the data phase, and ours to send.
        reader: the file.
        size: of the file, in bytes.
        article_length: octets of an article.

    Attributes:
        marks: of the points that the peer may come back to.
        failed: the file could not be read on; the transfer was interrupted.
    """

    def __init__(self, link: Link, reader: Reader, size: int, article_length: int) -> None:
        self._link = link
        self._reader = reader
        self._size = size
        self._length = article_length
        self._start = 0
        self._window = b""
        self.marks: dict[int, pesit.Mark] = {}
        self.failed = False

    @property
    def is_done(self) -> bool:
        """Everything, and DTF.END, is on its way (a RESYN takes that back)."""
        session = self._link.session
        return session.is_transferring and not session.can_send_data

    def pump(self) -> None:
        """Sends what the window of points and the transport let through."""
        session = self._link.session
        try:
            while session.can_send_data and not (self.failed or self._link.full):
                transfer = session.agreement.current
                at, octets = transfer.octets, self._fitting(transfer)
                reading = self._read(at, octets)
                if reading is not None:
                    self._link.work(self._awaited(at, reading, octets))
                    return
                due = self._due(transfer, octets)
                if not due:
                    return
                self._link.say(*due)
                self._remember(transfer)
        except (OSError, GatewayError) as error:
            self._give_up(error)

    # -- what is due ----------------------------------------------------------------------------

    def _due(self, transfer: pesit.Transfer, octets: int) -> list[pesit.Message]:
        """One batch of articles, then a point or the end if it is time; nothing while blocked."""
        articles = self._articles(transfer.octets - self._start, octets)
        due: list[pesit.Message] = [pesit.Data(articles=articles)] if articles else []
        left = self._size - transfer.octets - octets
        if not left:
            due.append(pesit.DtfEnd())
        elif self._needs_point(transfer, articles, octets) and transfer.window_open:
            due.append(pesit.Syn(number=transfer.next_point))
        return due

    def _articles(self, begin: int, octets: int) -> tuple[bytes, ...]:
        """A part of the window in articles; only the last of a file is shorter."""
        whole, rest = divmod(octets, self._length)
        articles = _cut(whole, self._length).unpack_from(self._window, begin)
        if rest:
            end = begin + octets
            articles += (self._window[end - rest : end],)
        return articles

    def _fitting(self, transfer: pesit.Transfer) -> int:
        """Octets of the articles that fit before the next point, as many as make a batch."""
        length, room = self._length, transfer.room
        most = _BATCH // length or 1
        together = (transfer.max_entity - _HEADER) // (length + _PREFIX)  # in one FPDU
        if 1 < together < most:
            most -= most % together
        if room is not None:
            alone = 1 if not transfer.since_point else 0  # one alone never oversteps
            most = min(most, max(room // self._cost(transfer, length), alone))
            if not most and self._cost(transfer, self._size - transfer.octets) <= room:
                most = 1
        return min(most * length, self._size - transfer.octets)

    def _needs_point(
        self, transfer: pesit.Transfer, articles: tuple[bytes, ...], sent: int
    ) -> bool:
        """Whether the next article would overstep the interval."""
        if transfer.room is None or not (articles or transfer.since_point):
            return False
        drawn = sent
        if transfer.compression:
            drawn = sum(bound(len(one)) for one in articles)
        following = min(self._size - transfer.octets - sent, self._length)
        return drawn + self._cost(transfer, following) > transfer.room

    def _cost(self, transfer: pesit.Transfer, octets: int) -> int:
        return bound(octets) if transfer.compression else octets

    def _remember(self, transfer: pesit.Transfer) -> None:
        if transfer.last_point not in self.marks:
            least, most = transfer.acknowledged, transfer.last_point
            self.marks = {n: mark for n, mark in self.marks.items() if least <= n <= most}
            self.marks[most] = transfer.point

    # -- the file -------------------------------------------------------------------------------

    def _read(self, at: int, octets: int) -> Awaitable[bytes] | None:
        """Has the window hold some octets; a read that takes time is returned."""
        if self._start <= at and at + octets <= self._start + len(self._window):
            return None
        self._window = b""  # its memory serves for the next one
        block = self._reader.read(at, octets)
        if inspect.isawaitable(block):
            return block
        assert isinstance(block, bytes)
        self._hold(at, block, octets)
        return None

    def _hold(self, at: int, block: bytes, octets: int) -> None:
        if len(block) < octets:
            raise OSError(errno.EIO, f"the file ends before its {self._size} bytes")
        self._start, self._window = at, block

    async def _awaited(self, at: int, reading: Awaitable[bytes], octets: int) -> None:
        try:
            self._hold(at, await reading, octets)
        except (OSError, GatewayError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.failed = True
        words = str(error).encode("ascii", "replace")[:254]
        failure = pesit.Diagnostic.named("input-output-error")
        idt = pesit.Idt(diagnostic=failure, end_code=pesit.EndCode.ERROR, complement=words)
        self._link.say(idt)
