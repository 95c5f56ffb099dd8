"""Files that fill: rows of a table, and the ZIP that the historic formats wrap files in.

Source: PKWARE APPNOTE 6.3.10 §4.3 (local header, central directory, end record); stored, without
dates, so that the same content gives the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

NAME = "annexe.csv"
MIME = "text/csv"
# As an attachment: BT-122, BT-123, and the file.
FILE = ("ANNEXE-1", "DOCUMENT_ANNEXE", NAME, MIME)

_ROW = b"reference;designation;quantite\n"
_BLOCK = _ROW * 3000
_VERSION = 20
_STORED = 0
_UTF8_NAME = 1 << 11
_DATE = (1 << 5) | 1  # 1 January 1980


def filler(length: int) -> Iterator[bytes]:
    """So many bytes of a table, piece by piece."""
    for _ in range(length // len(_BLOCK)):
        yield _BLOCK
    yield _BLOCK[: length % len(_BLOCK)]


def zipped_filler(length: int) -> Iterator[bytes]:
    """A ZIP of one file with so many bytes of a table."""
    return zipped(NAME, lambda: filler(length))


def zipped(name: str, content: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """A ZIP of one file.

    Args:
        name: of the file.
        content: gives its bytes, as often as it is asked.
    """
    crc = size = 0
    for piece in content():
        crc, size = zlib.crc32(piece, crc), size + len(piece)
    raw = name.encode()
    flags = 0 if name.isascii() else _UTF8_NAME
    form = struct.pack("<HHHHH", _VERSION, flags, _STORED, 0, _DATE)
    fields = form + struct.pack("<IIIHH", crc, size, size, len(raw), 0)
    local = b"PK\x03\x04" + fields + raw
    central = b"PK\x01\x02\x14\x00" + fields + bytes(14) + raw
    yield local
    yield from content()
    yield central
    yield b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + size, 0)
