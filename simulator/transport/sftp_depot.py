"""The area that partners deposit in: uploads, what is left of those that broke off, and deposits.

A file is a deposit once its handle is closed, or once it is renamed from a temporary name. Until
then it lies in a spool under a name of the spool's own: no name of a partner becomes a path.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from simulator.runtime.spool import Spool
from simulator.transport.sftp_handles import Handle, Visit, Work
from simulator.transport.sftp_packets import Code, Entry, Open, Refused
from simulator.transport.sftp_unfinished import Leftover, entry_of, wall_seconds

log = logging.getLogger("aife_sim.sftp")

# How many deposits a session goes on seeing: a bound on memory, out of reach in practice.
_MOST_SEEN = 100_000


class Upload(Handle):
    """A file being written; two of one name do not know of each other."""

    def __init__(self, depot: Depot, name: bytes, spool: Spool, *, append: bool) -> None:
        self.name = name
        self.spool = spool
        self._depot = depot
        self._append = append
        self._failure: str | None = None

    def write(self, offset: int, data: memoryview) -> None:
        """Writes to the spool; after a failure the file can no longer become a deposit."""
        try:
            self.spool.write(self.spool.size if self._append else offset, data)
        except OSError as error:
            self._failure = error.strerror or str(error)
            log.warning("%s: cannot store %r: %s", self._depot.partner, self.name, error)
            raise

    def entry(self) -> Entry:
        """Name and size so far."""
        return entry_of(self.name, self.spool, wall_seconds())

    def close(self) -> Work:
        """Makes the file a deposit, or keeps it under its temporary name."""
        self._depot.leave(self)
        if self._failure is not None:
            text = f"the upload is incomplete: {self._failure}; send the file again"
            return self._depot.give_up(self, text)
        return self._depot.complete(self.name, self.spool)

    def cut(self) -> Work:
        """Keeps what arrived for a later session."""
        self._depot.leave(self)
        size = self.spool.size
        if self._failure is None:
            self._depot.unfinished.keep_cut(self.name, self.spool)
        else:
            self.spool.discard()
        return self._depot.tell_cut(self.name, size)


class Depot:
    """The deposit area as one session sees it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.partner = visit.partner
        self.unfinished = visit.unfinished
        self._open: list[Upload] = []
        self._deposited: dict[bytes, Entry] = {}

    # -- seeing ---------------------------------------------------------------------------------

    def find(self, name: bytes) -> Entry | None:
        """A file of that name, as this session sees it."""
        upload = self._writing(name)
        if upload is not None:
            return upload.entry()
        if name in self._deposited:
            return self._deposited[name]
        left = self.unfinished.find(name)
        return entry_of(name, left.spool, left.at) if left else None

    def entries(self) -> list[Entry]:
        """Deposits of this session, leftovers of the partner, uploads under way."""
        seen = {e.name: e for e in self.unfinished.entries()}
        seen |= self._deposited
        seen |= {upload.name: upload.entry() for upload in self._open}
        return list(seen.values())

    # -- writing --------------------------------------------------------------------------------

    def open(self, name: bytes, flags: Open) -> Upload:
        """Opens a file to write: anew, or where a cut upload ended. Raises `Refused`."""
        if not flags & Open.WRITE:
            text = "files cannot be read back from the deposit area"
            raise Refused(Code.PERMISSION_DENIED, text)
        upload = Upload(self, name, self._spool(name, flags), append=bool(flags & Open.APPEND))
        self._open.append(upload)
        return upload

    def _spool(self, name: bytes, flags: Open) -> Spool:
        if flags & Open.EXCLUSIVE and self.find(name) is not None:
            raise Refused(Code.FAILURE, f"{_text(name)} exists already")
        if flags & Open.TRUNCATE:
            self.unfinished.drop(name)
        elif left := self.unfinished.take(name):
            return left
        elif name in self._deposited:
            text = f"{_text(name)} is a deposit already and cannot be continued"
            raise Refused(Code.PERMISSION_DENIED, text)
        elif not flags & Open.CREATE:
            raise Refused(Code.NO_SUCH_FILE, f"there is no unfinished upload {_text(name)}")
        return self._visit.gateway.new_spool()

    def rename(self, old: bytes, new: bytes, *, replace: bool) -> Work:
        """Gives a staged file its next name; a final one makes it a deposit. Raises `Refused`."""
        left = self._movable(old)
        if not replace and self.find(new) is not None:
            raise Refused(Code.FAILURE, f"{_text(new)} exists already")
        self.unfinished.take(old)
        return self.complete(new, left.spool, back_to=old)

    def _movable(self, name: bytes) -> Leftover:
        if self._writing(name):
            raise Refused(Code.FAILURE, f"{_text(name)} is still being written: close it first")
        if name in self._deposited:
            text = f"{_text(name)} is a deposit: it can be neither renamed nor removed"
            raise Refused(Code.PERMISSION_DENIED, text)
        left = self.unfinished.find(name)
        if left is None:
            raise Refused(Code.NO_SUCH_FILE, f"there is no {_text(name)}")
        if not left.staged:
            text = f"{_text(name)} broke off after {left.spool.size} bytes: finish it first"
            raise Refused(Code.FAILURE, text)
        return left

    def remove(self, name: bytes) -> None:
        """Removes a file that is no deposit. Raises `Refused`."""
        if self.unfinished.find(name) is None or self._writing(name):
            self._movable(name)  # says why not
        self.unfinished.drop(name)

    # -- ends of an upload ----------------------------------------------------------------------

    def leave(self, upload: Upload) -> None:
        """An upload is no longer open."""
        self._open.remove(upload)

    def complete(self, name: bytes, spool: Spool, back_to: bytes | None = None) -> Work:
        """A whole file: staged under a temporary name, else on its way to be a deposit.

        Args:
            name: its name.
            spool: its bytes.
            back_to: temporary name that it gets back if it cannot become a deposit.
        """
        if not self._visit.settings.is_temporary(_text(name)):
            before = self._deposited.pop(name, None)
            self._see(name, entry_of(name, spool, wall_seconds()))
            return self._deposit(name, spool, before, back_to)
        try:
            self.unfinished.stage(name, spool)
        except Refused:
            spool.discard()
            raise
        return None

    async def _deposit(
        self, name: bytes, spool: Spool, before: Entry | None, back_to: bytes | None
    ) -> None:
        """Returns once the deposit is durable; if it fails, `before` is what is seen again."""
        visit = self._visit
        try:
            _refuse_hole(name, spool)
            await visit.gateway.deposit(visit.partner, "sftp", _text(name), spool, visit.label)
        except BaseException:
            self._unsee(name, before)
            if back_to is not None and spool.intact:
                self.unfinished.stage(back_to, spool)
            else:
                spool.discard()
            raise
        spool.discard()

    def _see(self, name: bytes, entry: Entry) -> None:
        self._deposited[name] = entry
        if len(self._deposited) > _MOST_SEEN:
            del self._deposited[next(iter(self._deposited))]

    def _unsee(self, name: bytes, before: Entry | None) -> None:
        self._deposited.pop(name, None)
        if before is not None:
            self._see(name, before)

    async def give_up(self, upload: Upload, text: str) -> None:
        """An upload that was closed but could not be stored. Raises `Refused` with the text."""
        size = upload.spool.size
        upload.spool.discard()
        await self.tell_cut(upload.name, size)
        raise Refused(Code.FAILURE, text)

    async def tell_cut(self, name: bytes, size: int) -> None:
        """Lets the node note an upload that broke off."""
        visit = self._visit
        await visit.gateway.upload_cut(visit.partner, _text(name), size, visit.label)

    def _writing(self, name: bytes) -> Upload | None:
        return next(_named(self._open, name), None)


def _refuse_hole(name: bytes, spool: Spool) -> None:
    """A resumed upload whose beginning is gone is not the partner's file. Raises `Refused`."""
    if hole := spool.hole:
        start, stop = hole
        text = f"{_text(name)} is incomplete: bytes {start} to {stop - 1} were never sent; send it anew"
        raise Refused(Code.FAILURE, text)


def _named(uploads: list[Upload], name: bytes) -> Iterator[Upload]:
    """Uploads of that name, the latest first."""
    return (upload for upload in reversed(uploads) if upload.name == name)


def _text(name: bytes) -> str:
    r"""A name for the journal and for people: bytes that are no UTF-8 become ``\xNN``."""
    return name.decode("utf-8", "backslashreplace")
