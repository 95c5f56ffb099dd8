"""The directory of a zip: where it lies and what it tells of each entry.

It is read a chunk at a time, so that memory does not grow with what it says of itself.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (layout), 4.4 (fields) and 4.5.3 (zip64).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from simulator.domain.judgement import Limits
from simulator.messages.members import ArchiveFault, EntryKind

STORED, DEFLATED = 0, 8
WIDE = 0xFFFFFFFF  # a field that says so stands in the zip64 extra field

# APPNOTE 4.4.4: bits of the general purpose flag that change how an entry is read.
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
DESCRIPTOR = 1 << 3
_UTF8 = 1 << 11
TELLING = _ENCRYPTED | DESCRIPTOR | _UTF8

# APPNOTE 4.3.12, 4.3.16, 4.3.15, 4.3.14.
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LENGTHS = struct.Struct("<3H")
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LENGTHS_AT = 28
_ZIP64 = 1
_LONGEST_COMMENT = 0xFFFF
_CHUNK = 64 << 10

# POSIX file types in the upper half of the external attributes; 0: the writer gave none.
_FILE_TYPES: dict[int, EntryKind] = {
    0: "file",
    0o100000: "file",
    0o040000: "folder",
    0o120000: "link",
    0o020000: "device",
    0o060000: "device",
    0o010000: "device",
    0o140000: "device",
}
_DOS_LABEL, _DOS_FOLDER = 0x08, 0x10


class Directory(msgspec.Struct, frozen=True):
    """Where the directory lies (offsets in the file), and of how many entries it says it is."""

    entries: int
    start: int
    end: int


class Record(msgspec.Struct, frozen=True):
    """One entry as the directory tells it. `packed` and `size`: bytes before and after inflating."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int

    @property
    def kind(self) -> EntryKind:
        """What the external attributes and the name make of it."""
        kind = _FILE_TYPES.get(self.attributes >> 16 & 0o170000, "other")
        if kind == "file" and (self.name.endswith("/") or self.attributes & _DOS_FOLDER):
            return "folder"
        return "other" if kind == "file" and self.attributes & _DOS_LABEL else kind


def broken(detail: str, record: Record | None = None) -> ArchiveFault:
    """What cannot be read as a zip: `detail` says what was found."""
    name = None if record is None else record.name
    return ArchiveFault("IRR_EXTRAC_ZIP", name=name, detail=detail)


def read_at(source: BinaryIO, position: int, size: int) -> bytes:
    """Bytes from a place in the file, fewer only at its end."""
    source.seek(position)
    return source.read(size)


def find_directory(source: BinaryIO) -> Directory:
    """Reads the end records. The directory must end where they begin, the file where they end.

    Raises:
        ArchiveFault: there is none, or it does not fit the file.
    """
    size = source.seek(0, io.SEEK_END)
    base = max(0, size - _END.size - _LONGEST_COMMENT)
    tail = read_at(source, base, size - base)
    found = _end_record(tail)
    if found is None:
        raise _no_end(tail, read_at(source, 0, 4))
    _, disk, first_disk, here, entries, length, start, _ = _END.unpack_from(tail, found)
    end = base + found
    if end >= _LOCATOR.size and read_at(source, end - _LOCATOR.size, 4) == b"PK\x06\x07":
        return _zip64(source, end - _LOCATOR.size, (entries, length, start))
    if disk or first_disk or here != entries:
        raise broken("a part of an archive on several disks")
    return _fitting(entries, start, length, end)


def records(source: BinaryIO, directory: Directory, limits: Limits) -> Iterator[Record]:
    """What the directory tells, in its order; no record takes more than `limits.header` bytes.

    Raises:
        ArchiveFault: it is damaged, or has an entry that cannot be extracted.
    """
    position, buffer, at = directory.start, b"", 0
    for _ in range(directory.entries):
        if position < directory.end and len(buffer) - at < _CENTRAL.size + limits.header:
            most = min(_CHUNK + limits.header, directory.end - position)
            fresh = read_at(source, position, most)
            position += len(fresh)
            buffer, at = buffer[at:] + fresh, 0
        length = _length(buffer, at, limits.header)
        yield _record(buffer[at : at + length])
        at += length
    if at < len(buffer) or position < directory.end:
        raise broken("more in the directory than the entries that its end record tells")


def widened(extra: bytes, *narrow: int) -> tuple[int, ...]:
    """Sizes and offsets, those too large for 4 bytes from the zip64 extra field (APPNOTE 4.5.3)."""
    if WIDE not in narrow:
        return narrow
    values = _zip64_values(extra)
    return tuple(next(values, value) if value == WIDE else value for value in narrow)


def _end_record(tail: bytes) -> int | None:
    """Where the end record begins that reaches, with its comment, to the end of the file."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if at + _END.size <= len(tail):
            (comment,) = struct.unpack_from("<H", tail, at + _END.size - 2)
            if at + _END.size + comment == len(tail):
                return at
        at = tail.rfind(b"PK\x05\x06", 0, at + 3)
    return None


def _no_end(tail: bytes, start: bytes) -> ArchiveFault:
    if b"PK\x05\x06" in tail[: -_END.size]:
        return ArchiveFault("IRR_EXTRAC_TRAILING")
    if start in (b"PK\x03\x04", b"PK\x05\x06"):
        return ArchiveFault("IRR_EXTRAC_CUT", expected="the directory at the end of the zip")
    return broken("a file that does not start like one")


def _zip64(source: BinaryIO, locator: int, narrow: tuple[int, int, int]) -> Directory:
    """The end record in its wide form, which stands right before its locator."""
    _, disk, end, disks = _LOCATOR.unpack(read_at(source, locator, _LOCATOR.size))
    if end + _END64.size != locator or disk or disks > 1:
        raise broken("a zip64 end record that is not where its locator says")
    signature, rest, _, _, disk, first_disk, here, *wide = _END64.unpack(
        read_at(source, end, _END64.size)
    )
    entries, length, start = wide
    masks = (0xFFFF, WIDE, WIDE)
    same = all(few in (much, mask) for few, much, mask in zip(narrow, wide, masks, strict=True))
    if signature != b"PK\x06\x06" or rest != _END64.size - 12 or not same:
        raise broken("two end records that differ")
    if disk or first_disk or here != entries:
        raise broken("a part of an archive on several disks")
    return _fitting(entries, start, length, end)


def _fitting(entries: int, start: int, length: int, end: int) -> Directory:
    if start + length != end:
        raise broken("a directory that does not end at its end record")
    return Directory(entries, start, end)


def _length(buffer: bytes, at: int, limit: int) -> int:
    """Bytes of the record that begins here."""
    if len(buffer) - at < _CENTRAL.size or not buffer.startswith(b"PK\x01\x02", at):
        raise broken("fewer entries in the directory than its end record tells")
    parts: int = sum(_LENGTHS.unpack_from(buffer, at + _LENGTHS_AT))
    if parts > limit:
        raise ArchiveFault("IRR_EXTRAC_HEADER", size=parts, limit=limit)
    if len(buffer) - at < _CENTRAL.size + parts:
        raise broken("a directory entry longer than the directory")
    return _CENTRAL.size + parts


def _record(block: bytes) -> Record:
    fields = _CENTRAL.unpack_from(block)
    flags, method = fields[3], fields[4]
    crc, packed, size, name_length, extra_length = fields[7:12]
    disk, _, attributes, offset = fields[13:]
    extra_at = _CENTRAL.size + name_length
    raw = block[_CENTRAL.size : extra_at]
    name = _decoded(raw)
    if flags & _ENCRYPTED:
        raise ArchiveFault("IRR_EXTRAC_ENCRYPTED", name=name)
    if method not in (STORED, DEFLATED):
        raise ArchiveFault("IRR_EXTRAC_METHOD", name=name, method=method)
    extra = block[extra_at : extra_at + extra_length]
    size, packed, offset = widened(extra, size, packed, offset)
    record = Record(raw, name, flags, method, crc, packed, size, offset, attributes)
    if disk or (method == STORED and packed != size):
        raise broken("a directory entry that contradicts itself", record)
    return record


def _zip64_values(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64:
            field = extra[at + 4 : at + 4 + size]
            yield from (value for (value,) in struct.iter_unpack("<Q", field[: size // 8 * 8]))
            return
        at += 4 + size


def _decoded(raw: bytes) -> str:
    """UTF-8 when it is that, whatever the flag says: many writers do not set it; else code page 437.

    Source: APPNOTE appendix D; that UTF-8 comes first is ours (deduced).
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp437")
