"""What the sessions of a partner began and did not finish: staged files and cut uploads."""

from __future__ import annotations

import time

import msgspec

from simulator.runtime.spool import Spool
from simulator.transport.sftp_packets import Code, Entry, Refused
from simulator.transport.sftp_settings import SftpSettings

_FILE = 0o100200


class Leftover(msgspec.Struct, frozen=True):
    """A file that is no deposit: `staged` when it was closed under a temporary name, else cut."""

    spool: Spool
    staged: bool
    at: int


class Unfinished:
    """The leftovers of one partner, whichever session they are from, oldest first; bounded."""

    def __init__(self, settings: SftpSettings) -> None:
        self._settings = settings
        self._files: dict[bytes, Leftover] = {}

    def find(self, name: bytes) -> Leftover | None:
        """The leftover of that name; it stays."""
        return self._files.get(name)

    def entries(self) -> list[Entry]:
        """All of them as they show in a listing."""
        return [entry_of(name, f.spool, f.at) for name, f in self._files.items()]

    def take(self, name: bytes) -> Spool | None:
        """Hands the spool of a leftover over."""
        found = self._files.pop(name, None)
        return found.spool if found else None

    def drop(self, name: bytes) -> None:
        """Forgets a leftover, if there is one, and its bytes."""
        if spool := self.take(name):
            spool.discard()

    def stage(self, name: bytes, spool: Spool) -> None:
        """Keeps a whole file under a temporary name; raises `Refused` beyond the bounds."""
        self.drop(name)
        self._make_room(spool.size, self._settings.kept_uploads)
        count = sum(1 for f in self._files.values() if f.staged)
        if count >= self._settings.kept_staged or not self._fits(spool.size):
            text = (
                f"quota: {count} files of {self._bytes()} bytes wait under temporary names;"
                " rename or remove some"
            )
            raise Refused(Code.FAILURE, text)
        self._files[name] = Leftover(spool, staged=True, at=wall_seconds())

    def keep_cut(self, name: bytes, spool: Spool) -> None:
        """Keeps what arrived of an upload so that it can be resumed; older ones make room."""
        self.drop(name)
        self._make_room(spool.size, self._settings.kept_uploads - 1)
        if spool.size and self._settings.kept_uploads and self._fits(spool.size):
            self._files[name] = Leftover(spool, staged=False, at=wall_seconds())
        else:
            spool.discard()

    def clear(self) -> None:
        """Forgets everything."""
        for name in list(self._files):
            self.drop(name)

    def _bytes(self) -> int:
        return sum(f.spool.size for f in self._files.values())

    def _fits(self, size: int) -> bool:
        return self._bytes() + size <= self._settings.kept_bytes

    def _make_room(self, size: int, most: int) -> None:
        """Drops the oldest cut uploads until `most` are left and `size` more bytes fit."""
        cut = [name for name, f in self._files.items() if not f.staged]
        while cut and (len(cut) > most or not self._fits(size)):
            self.drop(cut.pop(0))


def entry_of(name: bytes, spool: Spool, at: int) -> Entry:
    """A file in the deposit area as it shows."""
    return Entry(name, _FILE, spool.size, at)


def wall_seconds() -> int:
    """Time of a file: it is a matter of the wire, so wall time."""
    return int(time.time())
