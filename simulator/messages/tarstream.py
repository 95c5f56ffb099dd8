"""A tar.gz read as a stream, with every bound checked before memory is spent.

The reader of the standard library trusts the sizes written in extension headers: an archive of
600 KB can make it ask for more than a gigabyte. This one reads ustar, pax (``path`` and ``size``)
and GNU long names, and nothing it keeps is larger than a limit that the caller gave.

Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
"Basic Tar Format"; RFC 1952.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from simulator.domain.judgement import Limits
from simulator.messages.members import ArchiveFault, Entry, EntryKind

_BLOCK = 512
# What zlib leaves of its input is copied at each call, so the input is cut smaller than the output.
_INPUT = 16 << 10
_AHEAD = 64 << 10
_SKIP = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
# Blocking factors pad an archive with zeros: 10 KiB by habit, 1 MiB with the largest in use.
_MOST_PADDING = 1 << 20
# Gzip members that hold nothing: writers of blocks put one at the end.
_MOST_HOLLOW = 1000
_EMPTY = bytes(_BLOCK)

_KINDS: dict[bytes, EntryKind] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"5": "folder",
    b"6": "device",
    b"S": "sparse",
}
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_EXTENSIONS = (_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL)


class GzipStream:
    """Inflates one or several gzip members in a row; checks every CRC.

    It inflates up to 64 KiB ahead of what was asked for.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._input = b""
        self._ready = b""
        self._at = 0
        self._inflate = zlib.decompressobj(wbits=31)
        self._begun = False
        self._ended = False
        self._inflated = 0
        self._hollow = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end. Raises `ArchiveFault`."""
        start, end = self._at, self._at + size
        if end <= len(self._ready):
            self._at = end
            return self._ready[start:end]
        gathered = io.BytesIO()  # hands out what it gathered without another copy of it
        missing = size
        while missing and self._refill():
            piece = self._ready[self._at : self._at + missing]
            self._at += len(piece)
            missing -= len(piece)
            gathered.write(piece)
        return gathered.getvalue()

    def _refill(self) -> bool:
        """Whether there is anything left to read."""
        while self._at == len(self._ready) and not self._ended:
            self._ready, self._at = self._more(), 0
        return self._at < len(self._ready)

    def _more(self) -> bytes:
        if self._inflate.eof:
            self._next_member()
            return b""
        if not self._input:
            self._input = self._source.read(_INPUT)
        if not self._input:
            raise self._cut()
        try:
            piece = self._inflate.decompress(self._input, _AHEAD)
        except zlib.error as error:
            raise ArchiveFault("IRR_EXTRAC_GZIP", detail=str(error)) from None
        self._begun = True
        self._inflated += len(piece)
        self._input = self._inflate.unconsumed_tail
        return piece

    def _cut(self) -> ArchiveFault:
        if self._begun:
            return ArchiveFault("IRR_EXTRAC_CUT", expected="the end of the gzip data")
        return ArchiveFault("IRR_EXTRAC_GZIP", detail="no data")

    def _next_member(self) -> None:
        """After a member: another one, zeros that pad a tape, or the end."""
        self._hollow += not self._inflated
        if self._hollow > _MOST_HOLLOW:
            raise ArchiveFault("IRR_EXTRAC_GZIP", detail="too many empty gzip members")
        rest = self._inflate.unused_data + self._input
        self._input = rest.lstrip(b"\0") or self._past_zeros()
        if not self._input:
            self._ended = True
            return
        if len(self._input) < len(_GZIP_MAGIC):
            self._input += self._source.read(_INPUT)
        if not self._input.startswith(_GZIP_MAGIC):
            raise ArchiveFault("IRR_EXTRAC_TRAILING")
        self._inflate = zlib.decompressobj(wbits=31)
        self._inflated = 0

    def _past_zeros(self) -> bytes:
        for _ in range(_MOST_PADDING // _INPUT):
            chunk = self._source.read(_INPUT)
            if not chunk:
                return b""
            if stripped := chunk.lstrip(b"\0"):
                return stripped
        raise ArchiveFault("IRR_EXTRAC_TRAILING")


class _Extensions(msgspec.Struct):
    """What extension records said about the entry that follows them."""

    name: str | None = None
    size: int | None = None
    sparse: bool = False
    spent: int = 0


class TarStream:
    """Entries of a tar.gz, one after the other.

    Iterate for the headers; `content` gives the bytes of the entry just seen and may be left out.
    Both raise `ArchiveFault`.
    """

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self._gzip = GzipStream(source)
        self._limits = limits
        self._entries = 0
        self._total = 0
        self._pending = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Entry]:
        extensions = _Extensions()
        while (header := self._header()) is not None:
            flag, size = header[156:157], _number(header[124:136])
            if flag in _EXTENSIONS:
                self._extend(extensions, flag, size)
                continue
            entry = _entry(header, extensions, size)
            self._count(entry, extensions.spent)
            yield entry
            self._skip()
            if extensions.spent:
                extensions = _Extensions()
        self._finish()

    def content(self) -> bytes:
        """All bytes of the current entry; the caller has compared its size with a limit."""
        data = self._exactly(self._pending)
        self._pending = 0
        return data

    def _header(self) -> bytes | None:
        """The next header block; None at the end-of-archive mark, or where the data ends."""
        block = self._gzip.read(_BLOCK)
        if not block or block == _EMPTY:
            return None
        if len(block) < _BLOCK:
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a header shorter than 512 bytes")
        if not _checksum_agrees(block):
            what = "a header with a wrong checksum" if self._entries else "no tar header"
            raise ArchiveFault("IRR_EXTRAC_TAR", detail=what)
        return block

    def _count(self, entry: Entry, spent: int) -> None:
        self._entries += 1
        self._total += entry.size + spent
        if self._entries > self._limits.members:
            raise ArchiveFault("IRR_EXTRAC_MEMBERS", limit=self._limits.members)
        if self._total > self._limits.total:
            raise ArchiveFault("IRR_EXTRAC_TOTAL", size=self._total, limit=self._limits.total)
        self._pending, self._padding = entry.size, -entry.size % _BLOCK

    def _extend(self, extensions: _Extensions, flag: bytes, size: int) -> None:
        extensions.spent += size + _BLOCK
        if extensions.spent > self._limits.header:
            raise ArchiveFault("IRR_EXTRAC_HEADER", size=size, limit=self._limits.header)
        data = self._exactly(size + -size % _BLOCK)[:size]
        if flag == _LONG_NAME:
            extensions.name = _decoded(data)
        elif flag == _PAX:
            _read_pax(data, extensions)

    def _exactly(self, size: int) -> bytes:
        data = self._gzip.read(size)
        if len(data) < size:
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a file shorter than its header says")
        return data

    def _skip(self) -> None:
        left = self._pending + self._padding
        while left:
            left -= len(self._exactly(min(left, _SKIP)))
        self._pending = self._padding = 0

    def _finish(self) -> None:
        """Reads to the end of the gzip data, so that its CRC is checked; only zeros may follow."""
        padding = self._gzip.read(_MOST_PADDING)
        if padding.strip(b"\0") or self._gzip.read(1):
            raise ArchiveFault("IRR_EXTRAC_TRAILING")


def _entry(header: bytes, extensions: _Extensions, size: int) -> Entry:
    name = extensions.name if extensions.name is not None else _name(header)
    kind = _KINDS.get(header[156:157], "other")
    if kind == "file" and name.endswith("/"):
        kind = "folder"  # how tar wrote folders before it had a type for them
    if extensions.sparse:
        kind = "sparse"
    size = extensions.size if extensions.size is not None else size
    return Entry(name, kind, size if kind in ("file", "sparse", "other") else 0)


def _name(header: bytes) -> str:
    name = _decoded(header[:100])
    if header[345] and header[257:263] == b"ustar\0":
        return f"{_decoded(header[345:500])}/{name}"
    return name


def _decoded(data: bytes) -> str:
    text = data.split(b"\0", 1)[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _number(field: bytes) -> int:
    """A number field: octal digits, or base 256 when the first bit is set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0", 1)[0].strip()
    if not digits.isdigit() and digits:
        raise ArchiveFault("IRR_EXTRAC_TAR", detail="a size that is not a number")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        raise ArchiveFault("IRR_EXTRAC_TAR", detail="a size that is not octal") from None


def _checksum_agrees(block: bytes) -> bool:
    """Sum of all bytes, the checksum's own counted as blanks; some old tars summed signed bytes."""
    field = block[148:156]
    try:
        written = int(field.split(b"\0", 1)[0].strip() or b"-1", 8)
    except ValueError:
        return False
    blanks = 8 * ord(" ") - sum(field)
    if block.isascii():
        # The low half of Adler-32 is 1 plus the sum modulo 65521, and 512 bytes of ASCII stay below
        # that: the same number in a tenth of the time.
        return written == (zlib.adler32(block) & 0xFFFF) - 1 + blanks
    unsigned = sum(block) + blanks
    return written == unsigned or written == unsigned - 256 * sum(b > 127 for b in block)


def _read_pax(data: bytes, extensions: _Extensions) -> None:
    """Reads records of length, blank, key, ``=``, value and line feed."""
    at, length = 0, len(data.rstrip(b"\0"))
    while at < length:
        end = at + _record_length(data, at)
        start = data.index(b" ", at) + 1
        key, equals, value = data[start : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax record that is not key=value")
        _apply_pax(key, value, extensions)
        at = end


def _record_length(data: bytes, at: int) -> int:
    digits, blank, _ = data[at : at + len("99999999 ")].partition(b" ")
    if not blank or not digits.isdigit():
        raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax record without length")
    return int(digits)


def _apply_pax(key: bytes, value: bytes, extensions: _Extensions) -> None:
    if key == b"path":
        extensions.name = _decoded(value)
    elif key == b"size":
        if not value.isdigit() or len(value) > len(str(1 << 63)):
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax size that is not a number")
        extensions.size = int(value)
    elif key.startswith(b"GNU.sparse."):
        extensions.sparse = True
