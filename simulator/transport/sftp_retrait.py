"""The area that partners fetch from: a view on the returns that wait, list and get only.

A return is fetched once one session has read all of it, through whatever handles, and has closed
the last of them. Source: DG3.2, list and get only, each file once (official for the PPF).
"""

from __future__ import annotations

import bisect
import inspect
from collections.abc import Awaitable

from simulator.runtime.gateway import ReturnReader, Waiting
from simulator.transport.sftp_handles import Handle, Visit, Work
from simulator.transport.sftp_packets import Code, Entry, Refused

_FILE = 0o100440
_LAST_SECOND = (1 << 32) - 1
# A client that reads in crumbs has to stop somewhere: each gap costs memory.
_MOST_GAPS = 4096


class Coverage:
    """Which bytes of a file were read: ranges in order, apart from each other."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Takes in a range; raises `Refused` when there are too many gaps."""
        if start >= end:
            return
        if self._ends and self._starts[-1] <= start <= self._ends[-1]:
            self._ends[-1] = max(self._ends[-1], end)  # the usual case: read in order
            return
        first = bisect.bisect_left(self._ends, start)
        last = bisect.bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        if len(self._starts) > _MOST_GAPS:
            raise Refused(Code.FAILURE, "read in too many pieces: read in order")

    @property
    def begun(self) -> bool:
        """Whether anything was read."""
        return bool(self._starts)

    def is_all(self, size: int) -> bool:
        """Whether every byte of a file of that size was read."""
        return size == 0 or (self._starts[:1] == [0] and self._ends[0] >= size)


class _Reading:
    """One return in one session: what was read of it, and the reader while a handle is open."""

    def __init__(self, row: Waiting) -> None:
        self.row = row
        self.coverage = Coverage()
        self.handles = 0
        self.reader: ReturnReader | None = None


class Fetch(Handle):
    """A handle on a return."""

    def __init__(self, retrait: Retrait, reading: _Reading) -> None:
        self._retrait = retrait
        self._reading = reading

    def read(self, offset: int, size: int) -> bytes | Awaitable[bytes]:
        """A block of the return; it counts as read once it is on its way."""
        reading = self._reading
        size = min(size, reading.row.size - offset)
        if size <= 0 or reading.reader is None:
            return b""
        block = reading.reader.read(offset, size)
        if inspect.isawaitable(block):
            return self._awaited(block, offset)
        assert isinstance(block, bytes)
        return self._counted(block, offset)

    async def _awaited(self, block: Awaitable[bytes], offset: int) -> bytes:
        return self._counted(await block, offset)

    def _counted(self, block: bytes, offset: int) -> bytes:
        self._reading.coverage.add(offset, offset + len(block))
        return block

    def entry(self) -> Entry:
        """Name, size and instant of issue."""
        return _entry(self._reading.row)

    def close(self) -> Work:
        """Records the fetch if this was the last handle and everything was read."""
        return self._retrait.close(self._reading, told=True)

    def cut(self) -> Work:
        """Without a CLOSE nothing was fetched."""
        return self._retrait.close(self._reading, told=False)


class Retrait:
    """The retrieval area as one session sees it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._known: dict[bytes, Waiting] = {}
        self._readings: dict[int, _Reading] = {}

    async def entries(self) -> list[Entry]:
        """Everything that waits now."""
        await self._look()
        return [_entry(row) for row in self._known.values()]

    def find(self, name: bytes) -> Entry | Awaitable[Entry | None]:
        """A return of that name; asks the node only for one that was not listed before."""
        row = self._known.get(name)
        return _entry(row) if row else self._find(name)

    async def _find(self, name: bytes) -> Entry | None:
        row = await self._row(name)
        return _entry(row) if row else None

    async def _row(self, name: bytes) -> Waiting | None:
        if name not in self._known:
            await self._look()
        return self._known.get(name)

    async def _look(self) -> None:
        rows = await self._visit.gateway.waiting(self._visit.partner)
        known = {row.name.encode("utf-8", "replace"): row for row in reversed(rows)}
        self._known = dict(reversed(known.items()))

    async def open(self, name: bytes) -> Fetch:
        """Opens a return; raises `Refused` when it is read elsewhere or not there any more."""
        row = await self._row(name)
        if row is None:
            raise Refused(Code.NO_SUCH_FILE, "no such file in the retrieval area")
        reading = self._readings.setdefault(row.number, _Reading(row))
        if reading.reader is None:
            await self._reserve(reading)
        reading.handles += 1
        return Fetch(self, reading)

    async def _reserve(self, reading: _Reading) -> None:
        gateway, number, label = self._visit.gateway, reading.row.number, self._visit.label
        if not gateway.hold(number, label):
            text = f"{reading.row.name} is being read in another session: try again later"
            raise Refused(Code.FAILURE, text)
        try:
            reading.reader = await gateway.open_return(number)
        except BaseException:
            self._known.pop(reading.row.name.encode("utf-8", "replace"), None)
            gateway.release(number, label)
            raise

    def close(self, reading: _Reading, *, told: bool) -> Work:
        """A handle is gone; `told` says that the client closed it."""
        reading.handles -= 1
        if reading.handles:
            return None
        if told and reading.coverage.is_all(reading.row.size):
            return self._fetched(reading)
        self._let_go(reading)
        return None

    async def _fetched(self, reading: _Reading) -> None:
        visit, number = self._visit, reading.row.number
        try:
            keep = not visit.settings.once
            await visit.gateway.fetched(number, visit.partner, visit.label, keep=keep)
            reading.coverage = Coverage()
            if visit.settings.once:
                self._known.pop(reading.row.name.encode("utf-8", "replace"), None)
        finally:
            if not reading.handles:  # it may have been opened again meanwhile
                self._let_go(reading)

    def _let_go(self, reading: _Reading) -> None:
        reader, reading.reader = reading.reader, None
        if not reading.coverage.begun:
            self._readings.pop(reading.row.number, None)
        if reader is not None:
            reader.close()
        self._visit.gateway.release(reading.row.number, self._visit.label)


def _entry(row: Waiting) -> Entry:
    at = min(max(int(row.at.timestamp()), 0), _LAST_SECOND)
    return Entry(row.name.encode("utf-8", "replace"), _FILE, row.size, at)
