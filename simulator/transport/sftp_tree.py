"""The tree that a partner sees: two areas and the directories above them, and nothing of the disk."""

from __future__ import annotations

from typing import NamedTuple

from simulator.transport.sftp_packets import Code, Entry, Refused
from simulator.transport.sftp_settings import SftpSettings

_DIRECTORY, _DROP_BOX = 0o040550, 0o040730
_LONGEST_PATH = 4096
_LONGEST_NAME = 255


class Place(NamedTuple):
    """Where a path leads: a directory of the tree (no name), or a name in one of the areas."""

    directory: bytes
    name: bytes = b""


class Tree:
    """Paths of clients against the areas of the settings."""

    def __init__(self, settings: SftpSettings) -> None:
        self.depot = settings.depot.encode()
        self.retrait = settings.retrait.encode()
        self._below: dict[bytes, set[bytes]] = {}
        for path in (self.depot, self.retrait):
            self._grow(path)

    def _grow(self, path: bytes) -> None:
        self._below.setdefault(path, set())
        if path != b"/":
            above = path.rpartition(b"/")[0] or b"/"
            self._grow(above)
            self._below[above].add(path)

    def place(self, path: bytes) -> Place:
        """Where a path leads, relative paths from the root. Raises `Refused`."""
        path = normal(path)
        if path in self._below:
            return Place(path)
        directory, _, name = path.rpartition(b"/")
        if directory not in (self.depot, self.retrait):
            raise Refused(Code.NO_SUCH_FILE, "no such file or directory")
        if len(name) > _LONGEST_NAME:
            raise Refused(Code.FAILURE, f"a name has at most {_LONGEST_NAME} bytes")
        return Place(directory, name)

    def deposited(self, path: bytes, what: str) -> bytes:
        """The name of a file in the deposit area; elsewhere `what` is refused."""
        place = self.place(path)
        if not place.name or place.directory != self.depot:
            raise Refused(Code.PERMISSION_DENIED, f"{what}: only files in {self.depot.decode()}")
        return place.name

    def entry(self, directory: bytes) -> Entry:
        """A directory as it shows; it has no time of its own."""
        mode = _DROP_BOX if directory == self.depot else _DIRECTORY
        return Entry(directory.rpartition(b"/")[2], mode, 0, 0)

    def dots(self, directory: bytes) -> list[Entry]:
        """The entries ``.`` and ``..`` of a listing."""
        above = directory.rpartition(b"/")[0] or b"/"
        return [self.entry(directory)._replace(name=b"."), self.entry(above)._replace(name=b"..")]

    def below(self, directory: bytes) -> list[Entry]:
        """The directories inside one that is no area."""
        return [self.entry(path) for path in sorted(self._below[directory])]


def normal(path: bytes) -> bytes:
    """A path from the root without ``.``, ``..`` and doubled slashes. Raises `Refused`."""
    if len(path) > _LONGEST_PATH or b"\0" in path:
        text = f"a path has at most {_LONGEST_PATH} bytes, none of them zero"
        raise Refused(Code.FAILURE, text)
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/" + b"/".join(parts)
