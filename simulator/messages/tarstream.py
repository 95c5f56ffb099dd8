"""A tar.gz read as a stream, with every bound checked before memory is spent.

The reader of the standard library trusts the sizes written in extension headers: an archive of
600 KB can make it ask for more than a gigabyte. This one reads ustar, pax (``path`` and ``size``)
and GNU long names, and nothing it keeps is larger than a limit that the caller gave.

Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
"Basic Tar Format"; RFC 1952.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

import msgspec

from simulator.domain.judgement import Limits

Kind = Literal["file", "folder", "link", "device", "sparse", "other"]

_BLOCK = 512
_CHUNK = 64 << 10
_SKIP = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
# Blocking factors pad an archive with zeros: 10 KiB by habit, 1 MiB with the largest in use.
_MOST_PADDING = 1 << 20
_EMPTY = bytes(_BLOCK)

_KINDS: dict[bytes, Kind] = {
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


class ArchiveFault(Exception):
    """The archive cannot be read any further.

    Attributes:
        rule: row of ``schemas/rules/container.toml``.
        values: what the texts of that row ask for.
    """

    def __init__(self, rule: str, **values: object) -> None:
        super().__init__(f"{rule}: {values}")
        self.rule = rule
        self.values = values


class Entry(msgspec.Struct, frozen=True):
    """Header of one entry. `name` is as written, decoded; `size` is bytes of content to read."""

    name: str
    kind: Kind
    size: int


class GzipStream:
    """Inflates one or several gzip members in a row; checks every CRC."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._input = b""
        self._inflate = zlib.decompressobj(wbits=31)
        self._begun = False
        self._ended = False

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end. Raises `ArchiveFault`."""
        pieces: list[bytes] = []
        missing = size
        while missing and not self._ended:
            piece = self._more(missing)
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _more(self, most: int) -> bytes:
        if self._inflate.eof:
            self._next_member()
            return b""
        if not self._input:
            self._input = self._source.read(_CHUNK)
        if not self._input:
            raise ArchiveFault("IRR_EXTRAC_CUT" if self._begun else "IRR_EXTRAC_GZIP", detail="")
        try:
            piece = self._inflate.decompress(self._input, most)
        except zlib.error as error:
            raise ArchiveFault("IRR_EXTRAC_GZIP", detail=str(error)) from None
        self._begun = True
        self._input = self._inflate.unconsumed_tail
        return piece

    def _next_member(self) -> None:
        """After a member: another one, zeros that pad a tape, or the end."""
        rest = self._inflate.unused_data + self._input
        self._input = rest.lstrip(b"\0") or self._past_zeros()
        if not self._input:
            self._ended = True
            return
        if len(self._input) < len(_GZIP_MAGIC):
            self._input += self._source.read(_CHUNK)
        if not self._input.startswith(_GZIP_MAGIC):
            raise ArchiveFault("IRR_EXTRAC_TRAILING")
        self._inflate = zlib.decompressobj(wbits=31)

    def _past_zeros(self) -> bytes:
        for _ in range(_MOST_PADDING // _CHUNK):
            chunk = self._source.read(_CHUNK)
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
            self._count(entry)
            yield entry
            self._skip()
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

    def _count(self, entry: Entry) -> None:
        self._entries += 1
        self._total += entry.size
        if self._entries > self._limits.members:
            raise ArchiveFault("IRR_TAILLE_MEMBERS", limit=self._limits.members)
        if self._total > self._limits.total:
            raise ArchiveFault("IRR_TAILLE_TOTAL", size=self._total, limit=self._limits.total)
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
    prefix = _decoded(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


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
    rest = block[:148] + b"        " + block[156:]
    try:
        written = int(block[148:156].split(b"\0", 1)[0].strip() or b"-1", 8)
    except ValueError:
        return False
    unsigned = sum(rest)
    return written == unsigned or written == unsigned - 256 * sum(b > 127 for b in rest)


def _read_pax(data: bytes, extensions: _Extensions) -> None:
    """Reads records of length, blank, key, ``=``, value and line feed."""
    while data.strip(b"\0"):
        length, blank, _ = data.partition(b" ")
        if not blank or not length.isdigit() or len(length) > len("65536"):
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax record without length")
        end = int(length)
        key, equals, value = data[len(length) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax record that is not key=value")
        _apply_pax(key, value, extensions)
        data = data[end:]


def _apply_pax(key: bytes, value: bytes, extensions: _Extensions) -> None:
    if key == b"path":
        extensions.name = _decoded(value)
    elif key == b"size":
        if not value.isdigit() or len(value) > len(str(1 << 63)):
            raise ArchiveFault("IRR_EXTRAC_TAR", detail="a pax size that is not a number")
        extensions.size = int(value)
    elif key.startswith(b"GNU.sparse."):
        extensions.sparse = True
