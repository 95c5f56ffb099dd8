"""Files that a requester reads into a folder, over as many connections as it takes."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

from simulator.runtime.spool import write_whole
from simulator.transport.arrivals import local_name, put_in_place
from simulator.transport.pesit_errands import FileCall
from simulator.transport.pesit_inflow import Inflow
from simulator.wire import pesit

_SUFFIX = ".part"
_NO_LIMIT = 1 << 62
# Octets that are written before they are brought to the disk beside the transfer: bounds the last sync.
_SYNCED = 16 << 20


class Fetch:
    """One file on its way into a folder, over as many connections as it takes."""

    def __init__(self, target: Path, transfer_id: int, data_code: int | None) -> None:
        self.target = target
        self.transfer_id = transfer_id
        self._part = target.with_name(f".{target.name}{_SUFFIX}")
        self._descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self.inflow = Inflow(self._write, data_code, lines=True, limit=_NO_LIMIT)
        self.is_here = False
        self._synced = 0
        self._syncing: asyncio.Future[None] | None = None

    def _write(self, offset: int, octets: bytes) -> None:
        end = write_whole(self._descriptor, offset, octets)
        before = self._syncing
        if end - self._synced < _SYNCED or (before is not None and not before.done()):
            return
        if before is None or before.exception() is None:  # one that failed is told by `finish`
            self._synced = end
            loop = asyncio.get_running_loop()
            self._syncing = loop.run_in_executor(None, os.fsync, self._descriptor)

    async def finish(self) -> None:
        """Brings the file to the disk under its name: before anybody is told that it is there."""
        await self._settled()
        if self._syncing is not None:
            self._syncing.result()
        self._syncing = asyncio.get_running_loop().run_in_executor(None, self._finish)
        await self._settled()
        self._syncing.result()

    async def _settled(self) -> None:
        """Waits for a sync that was begun, without cancelling it: it owns the descriptor."""
        if self._syncing is not None:
            await asyncio.wait({self._syncing})

    def _finish(self) -> None:
        size = os.fstat(self._descriptor).st_size
        if size < self.inflow.end:
            message = f"{self.inflow.end} octets came and {size} are written"
            raise OSError(errno.EIO, message)
        os.ftruncate(self._descriptor, self.inflow.end)
        os.fsync(self._descriptor)
        if not self.is_here:
            put_in_place(self._part, self.target)
            self.is_here = True

    async def close(self) -> None:
        """Removes what is unfinished."""
        await self._settled()
        os.close(self._descriptor)
        if not self.is_here:
            self._part.unlink(missing_ok=True)


class Errand:
    """Fetching everything that waits."""

    fetches = Fetch

    def __init__(self, into: Path, wanted: str) -> None:
        self._into = into
        self._wanted = wanted
        self._current: Fetch | None = None
        self.files: list[Path] = []
        self.is_over = False

    async def run(self, call: FileCall, progress: Callable[[], None]) -> None:
        """Fetches on one connection until nothing is left."""
        if self._current is not None:
            await self._resume(call, self._current)
            progress()
        while await self.fetch_one(call):
            progress()
        self.is_over = True

    async def fetch_one(self, call: FileCall) -> bool:
        """Fetches one file; False when there is none (left)."""
        chosen = await call.choose(self._wanted)
        if chosen is None:
            return False
        fetch = self._current = self._begin(chosen)
        await self._fetch(call, fetch, 0)
        return True

    async def _resume(self, call: FileCall, fetch: Fetch) -> None:
        """Goes on with the file that broke off; if it waits no longer, the server knows we have it."""
        chosen = await call.choose(fetch.target.name, fetch.transfer_id)
        if chosen is None:
            await self._done(fetch)
        else:
            await self._fetch(call, fetch, fetch.inflow.last.mark.number)

    def _begin(self, chosen: pesit.AckSelect) -> Fetch:
        name = (chosen.label or chosen.free or chosen.file_name or "").rstrip()
        target = self._into / local_name(name, {path.name for path in self.files})
        return self.fetches(target, chosen.transfer_id or 0, chosen.data_code)

    async def _fetch(self, call: FileCall, fetch: Fetch, point: int) -> None:
        await call.read(fetch.inflow, point)
        await fetch.finish()
        await call.acknowledge()
        await self._done(fetch)

    async def _done(self, fetch: Fetch) -> None:
        self._current = None
        if fetch.is_here:
            self.files.append(fetch.target)
        await fetch.close()

    async def close(self) -> None:
        """Removes what is unfinished."""
        if self._current is not None:
            await self._current.close()
