"""SFTP version 3 on the wire: requests into fields, replies into bytes; no input, no output.

Source: draft-ietf-secsh-filexfer-02, the version that OpenSSH, paramiko, JSch, WinSCP and libssh2
agree on, and the extensions that OpenSSH documents in its PROTOCOL file (section 4).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import NamedTuple

VERSION = 3
# As OpenSSH: longest packet a peer may send, and longest run of bytes in one READ or WRITE.
LONGEST_PACKET = 256 << 10
LONGEST_RUN = LONGEST_PACKET - 1024


class Kind(IntEnum):
    """Packet types (section 3)."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Code(IntEnum):
    """Status codes (section 7)."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


class Open(IntFlag):
    """Flags of an OPEN request (section 6.3)."""

    READ = 1
    WRITE = 2
    APPEND = 4
    CREATE = 8
    TRUNCATE = 16
    EXCLUSIVE = 32


class Refused(Exception):
    """A request that is answered with a status; the text is for a person."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code


class Broken(Exception):
    """Bytes that cannot be an SFTP packet: the session cannot go on."""


class Entry(NamedTuple):
    """A file or directory as the server describes it.

    Attributes:
        name: last part of the path, as bytes of the wire.
        mode: file type and permissions, as in ``st_mode``.
        size: bytes.
        mtime: seconds since 1970.
    """

    name: bytes
    mode: int
    size: int
    mtime: int


_NUMBER = struct.Struct(">I")
_LONG = struct.Struct(">Q")
_HEAD = struct.Struct(">IB4s")
_STATUS = struct.Struct(">IB4sI")
# Size, user and group, permissions, times: all that version 3 knows.
_ATTRIBUTES = struct.Struct(">IQIIIII")
_ALL_ATTRIBUTES = 0x1 | 0x2 | 0x4 | 0x8
# Nobody reads meaning into these; they are what a partner sees in a listing.
_OWNER = 1000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALF_A_YEAR = 182 * 86400
_EXTENSIONS = (
    (b"posix-rename@openssh.com", b"1"),
    (b"statvfs@openssh.com", b"2"),
    (b"fstatvfs@openssh.com", b"2"),
    (b"fsync@openssh.com", b"1"),
    (b"lsetstat@openssh.com", b"1"),
    (b"limits@openssh.com", b"1"),
)


class Fields:
    """A reader over the fields of one packet, in order. Raises `Refused` at a short one."""

    __slots__ = ("_at", "_packet")

    def __init__(self, packet: bytes, at: int) -> None:
        self._packet = packet
        self._at = at

    def number(self) -> int:
        """Unsigned, 4 bytes."""
        return int(self._unpack(_NUMBER))

    def long(self) -> int:
        """Unsigned, 8 bytes."""
        return int(self._unpack(_LONG))

    def string(self) -> bytes:
        """A length and as many bytes."""
        return bytes(self.run())

    def run(self) -> memoryview:
        """The same without a copy."""
        size = self.number()
        start, self._at = self._at, self._at + size
        if self._at > len(self._packet):
            raise Refused(Code.BAD_MESSAGE, "the request is shorter than its fields")
        return memoryview(self._packet)[start : self._at]

    def _unpack(self, shape: struct.Struct) -> int:
        try:
            (value,) = shape.unpack_from(self._packet, self._at)
        except struct.error:
            raise Refused(Code.BAD_MESSAGE, "the request is shorter than its fields") from None
        self._at += shape.size
        return int(value)


def string(text: bytes) -> bytes:
    """A field of a length and as many bytes."""
    return _NUMBER.pack(len(text)) + text


def reply(kind: Kind, request: bytes, body: bytes) -> bytes:
    """A whole packet; `request` is the identifier of the request, as 4 bytes."""
    return _HEAD.pack(5 + len(body), kind, request) + body


def status(request: bytes, code: Code, text: str = "") -> bytes:
    """A STATUS reply; the language tag is empty."""
    message = text.encode("utf-8", "replace")
    head = _STATUS.pack(17 + len(message), Kind.STATUS, request, code)
    return head + string(message) + bytes(4)


def data(request: bytes, block: bytes) -> bytes:
    """A DATA reply."""
    return reply(Kind.DATA, request, _NUMBER.pack(len(block)) + block)


def attributes(entry: Entry) -> bytes:
    """The attributes of a file as a field."""
    return _ATTRIBUTES.pack(
        _ALL_ATTRIBUTES, entry.size, _OWNER, _OWNER, entry.mode, entry.mtime, entry.mtime
    )


def names(request: bytes, entries: Iterable[Entry], owner: str) -> bytes:
    """A NAME reply with long names in the form of ``ls -l``."""
    now = time.time()
    rows = [string(e.name) + string(_long_name(e, owner, now)) + attributes(e) for e in entries]
    return reply(Kind.NAME, request, _NUMBER.pack(len(rows)) + b"".join(rows))


def path_name(request: bytes, path: bytes) -> bytes:
    """The NAME reply to a REALPATH: one name, no attributes."""
    return reply(Kind.NAME, request, _NUMBER.pack(1) + string(path) + string(path) + bytes(4))


def version() -> bytes:
    """The VERSION packet, with the extensions that are served."""
    pairs = b"".join(string(name) + string(value) for name, value in _EXTENSIONS)
    body = _NUMBER.pack(VERSION) + pairs
    return _NUMBER.pack(1 + len(body)) + bytes([Kind.VERSION]) + body


def limits(request: bytes, handles: int) -> bytes:
    """The reply to limits@openssh.com."""
    body = struct.pack(">4Q", LONGEST_PACKET, LONGEST_RUN, LONGEST_RUN, handles)
    return reply(Kind.EXTENDED_REPLY, request, body)


def file_system(request: bytes, *, read_only: bool) -> bytes:
    """The reply to statvfs@openssh.com: 1 TiB, all of it free, as a view has no disk of its own."""
    blocks, files = 1 << 28, 1 << 20
    flags = 0x1 | 0x2 if read_only else 0x2
    shape = (4096, 4096, blocks, blocks, blocks, files, files, files, 0, flags, 255)
    return reply(Kind.EXTENDED_REPLY, request, struct.pack(">11Q", *shape))


def _long_name(entry: Entry, owner: str, now: float) -> bytes:
    at = time.gmtime(entry.mtime)
    recent = now - _HALF_A_YEAR < entry.mtime <= now
    clock = f"{at.tm_hour:02}:{at.tm_min:02}" if recent else f"{at.tm_year:5}"
    links = 2 if entry.mode & 0o40000 else 1
    return (
        f"{_mode_text(entry.mode)} {links:4} {owner:8} aife     {entry.size:12}"
        f" {_MONTHS[at.tm_mon - 1]} {at.tm_mday:2} {clock} "
    ).encode() + entry.name


def _mode_text(mode: int) -> str:
    letters = "".join(
        letter if mode >> shift & 1 else "-"
        for letter, shift in zip("rwxrwxrwx", range(8, -1, -1), strict=True)
    )
    return ("d" if mode & 0o40000 else "-") + letters
