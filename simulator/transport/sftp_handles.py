"""What a client may hold open, whatever area it is in, and what a session is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from simulator.transport.sftp_packets import Code, Entry, Refused

if TYPE_CHECKING:
    from simulator.runtime.gateway import Gateway
    from simulator.transport.sftp_settings import SftpSettings
    from simulator.transport.sftp_unfinished import Unfinished

# What is left to do for an answer, or nothing.
Work: TypeAlias = Coroutine[Any, Any, None] | None


class Visit(msgspec.Struct, frozen=True):
    """One session of one partner.

    Attributes:
        partner: code application.
        label: names the session in the journal and in `Gateway.hold`.
        gateway: the node.
        settings: of the server.
        unfinished: what all sessions of the partner have not finished.
    """

    partner: str
    label: str
    gateway: Gateway
    settings: SftpSettings
    unfinished: Unfinished


class Handle:
    """A file or listing that a client has open; each kind allows what makes sense for it."""

    def read(self, offset: int, size: int) -> bytes | Awaitable[bytes]:
        """Bytes from an offset, ``b""`` at the end. Raises `Refused`."""
        text = f"{size} bytes at {offset}: this handle was not opened for reading"
        raise Refused(Code.PERMISSION_DENIED, text)

    def write(self, offset: int, data: memoryview) -> None:
        """Puts bytes at an offset. Raises `Refused` and `OSError`."""
        text = f"{len(data)} bytes at {offset}: this handle was not opened for writing"
        raise Refused(Code.PERMISSION_DENIED, text)

    def entries(self) -> list[Entry]:
        """The next part of a listing, ``[]`` at its end. Raises `Refused`."""
        raise Refused(Code.FAILURE, "this handle is no listing")

    def entry(self) -> Entry:
        """What the handle is open on. Raises `Refused`."""
        raise Refused(Code.FAILURE, "this handle is no file")

    def close(self) -> Work:
        """The client has sent CLOSE; a coroutine does what must be durable before the reply."""
        return None

    def cut(self) -> Work:
        """The session is over and no CLOSE came; a coroutine tells the node."""
        return None


class Listing(Handle):
    """A directory as it was when it was opened: what appears later is in the next listing."""

    _PART = 100

    def __init__(self, directory: Entry, entries: list[Entry]) -> None:
        self._directory = directory
        self._rest = entries
        self._rest.reverse()

    def entries(self) -> list[Entry]:
        """The next entries, as many as fit a packet."""
        part = self._rest[-self._PART :]
        del self._rest[-self._PART :]
        return part[::-1]

    def entry(self) -> Entry:
        """The directory itself."""
        return self._directory
