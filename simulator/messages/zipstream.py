"""A zip read entry by entry, with every bound checked before memory is spent.

The reader of the standard library takes the whole directory into memory and believes it. This one
passes over it once to count, sum up and sort; then again, entry by entry. Entries must tile the file
from its first byte to the directory, without gap or overlap, each with a local header that says what
the directory says: so there is one way only to read an archive.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header) and 4.3.9 (data descriptor).
"""

from __future__ import annotations

import io
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from simulator.domain.judgement import Limits
from simulator.messages.members import ArchiveFault, Entry
from simulator.messages.zipdirectory import (
    DESCRIPTOR,
    STORED,
    TELLING,
    WIDE,
    Directory,
    Record,
    broken,
    find_directory,
    read_at,
    records,
    widened,
)

_CHUNK = 64 << 10
_STEP = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_DESCRIPTOR = 24


class ZipStream:
    """Entries of a zip, in the order of its directory.

    Iterate for the headers; `content` gives the bytes of the entry just seen and may be left out:
    they are inflated and checked all the same. Both raise `ArchiveFault`.
    """

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._starts: array[int] = array("Q")
        self._unread: Record | None = None

    def __iter__(self) -> Iterator[Entry]:
        directory = find_directory(self._source)
        if directory.entries > self._limits.members:
            raise ArchiveFault("IRR_EXTRAC_MEMBERS", limit=self._limits.members)
        self._starts = self._survey(directory)
        for record in records(self._source, directory, self._limits):
            self._unread = record
            yield Entry(record.name, record.kind, record.size)
            if self._unread is not None:
                for _ in self._checked(record):
                    pass

    def content(self) -> bytes:
        """All bytes of the current entry; the caller has compared its size with a limit."""
        record, self._unread = self._unread, None
        assert record is not None, "content is read once for each entry"
        pieces = self._checked(record)
        first = next(pieces)
        if len(first) == record.size:
            for _ in pieces:  # nothing more may come, but the last checks do
                pass
            return first
        gathered = io.BytesIO()  # hands out what it gathered without another copy of it
        gathered.write(first)
        gathered.writelines(pieces)
        return gathered.getvalue()

    def _survey(self, directory: Directory) -> array[int]:
        """Where entries start, in order, and the directory after them.

        One pass for what must hold for all entries before the first of them is inflated.
        """
        total, starts = 0, array("Q")
        for record in records(self._source, directory, self._limits):
            total += record.size
            if total > self._limits.total:
                raise ArchiveFault("IRR_EXTRAC_TOTAL", size=total, limit=self._limits.total)
            if record.offset >= directory.start:
                raise broken("an entry that lies beyond the directory", record)
            starts.append(record.offset)
        starts = array("Q", sorted(starts))
        starts.append(directory.start)
        if starts[0]:
            raise broken("data before the first entry")
        if any(one == other for one, other in pairwise(starts)):
            raise ArchiveFault("IRR_EXTRAC_OVERLAP")
        return starts

    def _checked(self, record: Record) -> Iterator[bytes]:
        """The content in pieces of at most 1 MiB; at the end its size and CRC have been compared."""
        left, crc = record.size, 0
        for piece in _unpacked(record, self._packed(record)):
            left -= len(piece)
            if left < 0:
                raise _lying(record, "more bytes")
            crc = zlib.crc32(piece, crc)
            yield piece
        if left:
            raise _lying(record, f"{left} bytes fewer")
        if crc != record.crc:
            raise _lying(record, "another CRC")

    def _packed(self, record: Record) -> Iterator[bytes]:
        """The bytes as they lie in the file, once the headers around them have been compared."""
        end = self._starts[bisect_right(self._starts, record.offset)]
        head = read_at(self._source, record.offset, min(end - record.offset, _CHUNK))
        start = self._local(record, head)
        data_end = record.offset + start + record.packed
        if data_end > end:
            raise ArchiveFault("IRR_EXTRAC_OVERLAP", name=record.name)
        self._demand_nothing_more(record, head, data_end, end)
        yield head[start : start + record.packed]
        position = record.offset + max(start, len(head))
        while position < data_end:
            piece = read_at(self._source, position, min(_CHUNK, data_end - position))
            if not piece:
                raise _lying(record, "the end of the file")
            position += len(piece)
            yield piece

    def _local(self, record: Record, head: bytes) -> int:
        """Compares the local header with the directory; answers at which byte the data begins."""
        if len(head) < _LOCAL.size:
            raise ArchiveFault("IRR_EXTRAC_OVERLAP", name=record.name)
        signature, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack_from(head)
        start: int = _LOCAL.size + name + extra
        if signature != b"PK\x03\x04":
            raise broken("no local header where the directory says", record)
        if name + extra > self._limits.header:
            raise ArchiveFault("IRR_EXTRAC_HEADER", size=name + extra, limit=self._limits.header)
        if start > len(head):
            head = read_at(self._source, record.offset, start)
        extra_at = _LOCAL.size + name
        size, packed = widened(head[extra_at:start], size, packed)
        same = method == record.method and not (flags ^ record.flags) & TELLING
        same = same and head[_LOCAL.size : extra_at] == record.raw_name
        if not same or not _agree(record, (crc, packed, size)):
            raise broken("a local header that differs from the directory", record)
        return start

    def _demand_nothing_more(self, record: Record, head: bytes, start: int, end: int) -> None:
        """Between data and next entry there is a data descriptor, if the flags say so, or nothing."""
        if not record.flags & DESCRIPTOR:
            if start != end:
                raise broken("data that belong to no entry", record)
            return
        at, size = start - record.offset, end - start
        block = head[at : at + size]
        if len(block) < size <= _LONGEST_DESCRIPTOR:
            block = read_at(self._source, start, size)
        if block not in _descriptors(record):
            raise broken("no data descriptor that agrees with the directory", record)


def _descriptors(record: Record) -> tuple[bytes, ...]:
    """CRC and sizes, in 4 bytes each or (zip64) 8, after an optional signature."""
    narrow = struct.pack("<3L", record.crc, record.packed & WIDE, record.size & WIDE)
    wide = struct.pack("<LQQ", record.crc, record.packed, record.size)
    return (b"PK\x07\x08" + narrow, narrow, b"PK\x07\x08" + wide, wide)


def _agree(record: Record, local: tuple[int, int, int]) -> bool:
    """CRC and sizes of both headers; one written as a stream may leave them to the descriptor."""
    known = (record.crc, record.packed, record.size)
    if local == known:
        return True
    open_ones = (0, WIDE) if record.flags & DESCRIPTOR else ()
    return all(a == b or a in open_ones for a, b in zip(local, known, strict=True))


def _unpacked(record: Record, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Inflates what is deflated, at most one piece further than the size announced."""
    if record.method == STORED:
        yield from pieces
        return
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    step = min(_STEP, record.size + 1)
    for packed in pieces:
        if inflate.eof:
            raise _lying(record, "data after the end of its deflate stream")
        try:
            yield from _inflated(inflate, packed, step)
        except zlib.error as error:
            raise _lying(record, f"data that do not inflate ({error})") from None
    if not inflate.eof or inflate.unused_data:
        raise _lying(record, "a deflate stream of another length")


def _inflated(inflate: zlib._Decompress, packed: bytes, step: int) -> Iterator[bytes]:
    piece = inflate.decompress(packed, step)
    yield piece
    # A full step may leave output inside zlib even when all of the input is taken.
    while len(piece) == step and not inflate.eof:
        piece = inflate.decompress(inflate.unconsumed_tail, step)
        yield piece


def _lying(record: Record, detail: str) -> ArchiveFault:
    return ArchiveFault("IRR_EXTRAC_CONTENT", name=record.name, detail=detail)
