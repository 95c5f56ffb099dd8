"""What one session sees and may do: requests in, replies out, over the two areas.

A request is answered at once (bytes), later in its turn (a coroutine, and the session waits with
the next request), or apart from the others (`Apart`: a commit, so that one session that closes
many files shares a commit among them).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, TypeAlias, TypeVar

from simulator.runtime.gateway import GatewayError
from simulator.transport import sftp_packets as packets
from simulator.transport.sftp_depot import Depot
from simulator.transport.sftp_handles import Handle, Listing, Visit, Work
from simulator.transport.sftp_packets import Broken, Code, Entry, Fields, Kind, Open, Refused
from simulator.transport.sftp_retrait import Retrait
from simulator.transport.sftp_tree import Tree, normal

log = logging.getLogger("aife_sim.sftp")


class Apart(NamedTuple):
    """A reply that may come after those of later requests."""

    reply: Coroutine[Any, Any, bytes]


Answer: TypeAlias = bytes | Coroutine[Any, Any, bytes] | Apart
T = TypeVar("T")


class View:
    """The tree of one session and the handles open in it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._tree = Tree(visit.settings)
        self._depot = Depot(visit)
        self._retrait = Retrait(visit)
        self._handles: dict[bytes, Handle] = {}
        self._next = 0
        self._closing = 0
        self._greeted = False
        self._over = False

    # -- requests -------------------------------------------------------------------------------

    def answer(self, packet: bytes) -> Answer:
        """Answers one packet. Raises `Broken` when the session cannot go on."""
        if not self._greeted:
            return self._greet(packet)
        if len(packet) < 5:
            raise Broken("a packet without type and identifier")
        request = packet[1:5]
        try:
            return _SERVE.get(packet[0], View.unknown)(self, request, Fields(packet, 5))
        except Exception as error:  # no request may end the server
            return failure(request, error)

    def end(self) -> list[Coroutine[Any, Any, None]]:
        """The session is over: what is open is cut; returns what the node has to be told."""
        self._over = True
        cut = [handle.cut() for handle in self._handles.values()]
        self._handles.clear()
        return [work for work in cut if work is not None]

    def _greet(self, packet: bytes) -> bytes:
        if len(packet) < 5 or packet[0] != Kind.INIT:
            raise Broken("the first packet is not INIT")
        self._greeted = True
        return packets.version()

    # -- seeing ---------------------------------------------------------------------------------

    def stat(self, request: bytes, fields: Fields) -> Answer:
        """STAT and LSTAT."""
        place = self._tree.place(fields.string())
        if not place.name:
            return _attributes(request, self._tree.entry(place.directory))
        if place.directory == self._tree.depot:
            return _attributes(request, self._depot.find(place.name))
        found = self._retrait.find(place.name)
        if isinstance(found, Entry):
            return _attributes(request, found)
        return _later(request, found, lambda entry: _attributes(request, entry))

    def fstat(self, request: bytes, fields: Fields) -> Answer:
        """FSTAT."""
        return _attributes(request, self._handle(fields).entry())

    def realpath(self, request: bytes, fields: Fields) -> Answer:
        """REALPATH, of what exists and of what does not."""
        return packets.path_name(request, normal(fields.string()))

    def opendir(self, request: bytes, fields: Fields) -> Answer:
        """OPENDIR: the listing is taken now."""
        place = self._tree.place(fields.string())
        self._check_room()
        if place.name:
            raise Refused(Code.FAILURE, "not a directory")
        if place.directory == self._tree.retrait:
            entries = self._retrait.entries()
            return _later(request, entries, lambda e: self._listing(request, place.directory, e))
        inside = place.directory == self._tree.depot
        below = self._depot.entries() if inside else self._tree.below(place.directory)
        return self._listing(request, place.directory, below)

    def _listing(self, request: bytes, path: bytes, entries: list[Entry]) -> bytes:
        listing = Listing(self._tree.entry(path), self._tree.dots(path) + entries)
        return self._opened(request, listing)

    def readdir(self, request: bytes, fields: Fields) -> Answer:
        """READDIR."""
        entries = self._handle(fields).entries()
        if not entries:
            return packets.status(request, Code.EOF)
        return packets.names(request, entries, self._visit.partner)

    # -- files ----------------------------------------------------------------------------------

    def open(self, request: bytes, fields: Fields) -> Answer:
        """OPEN; the attributes in the request have no effect."""
        place = self._tree.place(fields.string())
        flags = Open(fields.number() & 0x3F)
        self._check_room()
        if not place.name:
            raise Refused(Code.FAILURE, "a directory cannot be opened as a file")
        if place.directory == self._tree.depot:
            return self._opened(request, self._depot.open(place.name, flags))
        if flags & ~Open.READ:
            raise Refused(Code.PERMISSION_DENIED, "the retrieval area is for reading only")
        opening = self._retrait.open(place.name)
        return _later(request, opening, lambda handle: self._opened(request, handle))

    def read(self, request: bytes, fields: Fields) -> Answer:
        """READ: at most what one packet holds."""
        handle = self._handle(fields)
        block = handle.read(fields.long(), min(fields.number(), packets.LONGEST_RUN))
        if isinstance(block, bytes):
            return _block(request, block)
        return _later(request, block, lambda got: _block(request, got))

    def write(self, request: bytes, fields: Fields) -> Answer:
        """WRITE."""
        self._handle(fields).write(fields.long(), fields.run())
        return packets.status(request, Code.OK)

    def close(self, request: bytes, fields: Fields) -> Answer:
        """CLOSE: of an upload, answered once the deposit is durable.

        Only a CLOSE that was received comes here: what is open when a connection is lost goes to
        `end`, so the two cannot be taken for each other.
        """
        key = fields.string()
        handle = self._handles.pop(key, None)
        if handle is None:
            raise Refused(Code.FAILURE, "no such handle")
        return self._apart(request, handle.close())

    def rename(self, request: bytes, fields: Fields) -> Answer:
        """RENAME of version 3: not onto what exists."""
        return self._rename(request, fields, replace=False)

    def posix_rename(self, request: bytes, fields: Fields) -> Answer:
        """posix-rename@openssh.com: onto anything."""
        return self._rename(request, fields, replace=True)

    def _rename(self, request: bytes, fields: Fields, *, replace: bool) -> Answer:
        old = self._tree.deposited(fields.string(), "rename")
        new = self._tree.deposited(fields.string(), "rename")
        return self._apart(request, self._depot.rename(old, new, replace=replace))

    def remove(self, request: bytes, fields: Fields) -> Answer:
        """REMOVE: of what is no deposit."""
        self._depot.remove(self._tree.deposited(fields.string(), "remove"))
        return packets.status(request, Code.OK)

    def set_attributes(self, request: bytes, fields: Fields) -> Answer:
        """SETSTAT and lsetstat@openssh.com: accepted in the deposit area, without effect."""
        name = self._tree.deposited(fields.string(), "change")
        if self._depot.find(name) is None:
            raise Refused(Code.NO_SUCH_FILE, "no such file in the deposit area")
        return packets.status(request, Code.OK)

    def on_handle(self, request: bytes, fields: Fields) -> Answer:
        """FSETSTAT and fsync@openssh.com: without effect, as CLOSE makes everything durable."""
        self._handle(fields)
        return packets.status(request, Code.OK)

    def refuse(self, request: bytes, fields: Fields) -> Answer:  # noqa: ARG002 - as the others
        """MKDIR, RMDIR, SYMLINK, READLINK."""
        text = "the areas are flat: no directories and no links"
        return packets.status(request, Code.PERMISSION_DENIED, text)

    def unknown(self, request: bytes, fields: Fields) -> Answer:  # noqa: ARG002 - as the others
        """Any other packet type."""
        return packets.status(request, Code.OP_UNSUPPORTED, "not a request of SFTP version 3")

    # -- extensions -----------------------------------------------------------------------------

    def extended(self, request: bytes, fields: Fields) -> Answer:
        """EXTENDED: the extensions that VERSION named."""
        name = fields.string()
        serve = _EXTENDED.get(name)
        if serve is None:
            raise Refused(Code.OP_UNSUPPORTED, f"no extension {name[:80]!r}")
        return serve(self, request, fields)

    def limits(self, request: bytes, fields: Fields) -> Answer:  # noqa: ARG002 - as the others
        """limits@openssh.com."""
        return packets.limits(request, self._visit.settings.max_handles)

    def file_system(self, request: bytes, fields: Fields) -> Answer:
        """statvfs@openssh.com."""
        place = self._tree.place(fields.string())
        return packets.file_system(request, read_only=place.directory != self._tree.depot)

    def file_system_of_handle(self, request: bytes, fields: Fields) -> Answer:
        """fstatvfs@openssh.com."""
        self._handle(fields)
        return packets.file_system(request, read_only=False)

    # -- handles --------------------------------------------------------------------------------

    def _handle(self, fields: Fields) -> Handle:
        handle = self._handles.get(fields.string())
        if handle is None:
            raise Refused(Code.FAILURE, "no such handle: it was closed, or never opened")
        return handle

    def _check_room(self) -> None:
        most = self._visit.settings.max_handles
        if len(self._handles) + self._closing >= most:
            raise Refused(Code.FAILURE, f"{most} handles are open already: close some")

    def _opened(self, request: bytes, handle: Handle) -> bytes:
        if self._over:  # the connection went while a return was being opened
            handle.cut()
        self._next += 1
        key = self._next.to_bytes(4, "big")
        self._handles[key] = handle
        return packets.reply(Kind.HANDLE, request, packets.string(key))

    def _apart(self, request: bytes, work: Work) -> Answer:
        """Status OK, once the work is done if there is any."""
        if work is None:
            return packets.status(request, Code.OK)
        self._closing += 1
        return Apart(self._finished(request, work))

    async def _finished(self, request: bytes, work: Coroutine[Any, Any, None]) -> bytes:
        try:
            await work
        except Exception as error:
            return failure(request, error)
        else:
            return packets.status(request, Code.OK)
        finally:
            self._closing -= 1


def failure(request: bytes, error: Exception) -> bytes:
    """The status that tells a partner what went wrong."""
    if isinstance(error, Refused):
        return packets.status(request, error.code, str(error))
    if isinstance(error, GatewayError):
        return packets.status(request, Code.FAILURE, str(error))
    if isinstance(error, OSError):
        return packets.status(request, Code.FAILURE, error.strerror or str(error))
    log.error("a request failed inside the server", exc_info=error)
    return packets.status(request, Code.FAILURE, "the simulator failed: its log says how")


async def _later(request: bytes, work: Awaitable[T], reply: Callable[[T], bytes]) -> bytes:
    try:
        return reply(await work)
    except Exception as error:
        return failure(request, error)


def _attributes(request: bytes, entry: Entry | None) -> bytes:
    if entry is None:
        return packets.status(request, Code.NO_SUCH_FILE, "no such file")
    return packets.reply(Kind.ATTRS, request, packets.attributes(entry))


def _block(request: bytes, block: bytes) -> bytes:
    return packets.data(request, block) if block else packets.status(request, Code.EOF)


_Serve: TypeAlias = Callable[[View, bytes, Fields], Answer]

_SERVE: dict[int, _Serve] = {
    Kind.OPEN: View.open,
    Kind.CLOSE: View.close,
    Kind.READ: View.read,
    Kind.WRITE: View.write,
    Kind.LSTAT: View.stat,
    Kind.FSTAT: View.fstat,
    Kind.SETSTAT: View.set_attributes,
    Kind.FSETSTAT: View.on_handle,
    Kind.OPENDIR: View.opendir,
    Kind.READDIR: View.readdir,
    Kind.REMOVE: View.remove,
    Kind.MKDIR: View.refuse,
    Kind.RMDIR: View.refuse,
    Kind.REALPATH: View.realpath,
    Kind.STAT: View.stat,
    Kind.RENAME: View.rename,
    Kind.READLINK: View.refuse,
    Kind.SYMLINK: View.refuse,
    Kind.EXTENDED: View.extended,
}

_EXTENDED: dict[bytes, _Serve] = {
    b"posix-rename@openssh.com": View.posix_rename,
    b"statvfs@openssh.com": View.file_system,
    b"fstatvfs@openssh.com": View.file_system_of_handle,
    b"fsync@openssh.com": View.on_handle,
    b"lsetstat@openssh.com": View.set_attributes,
    b"hardlink@openssh.com": View.refuse,
    b"limits@openssh.com": View.limits,
}
