"""The requester's errands: a return pushed to its partner, and what the platform's side does.

An errand survives its connection: what broke off is restarted on the next one, under the same PI 13
and with PI 15, from the last point that both sides know. How often is bounded (`Manner.attempts`);
each file that arrives starts the count anew.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from OpenSSL import SSL

from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.raccordement import Raccordement
from simulator.runtime.hands import Parcel
from simulator.runtime.lanes import PushOutcome
from simulator.transport import tls
from simulator.transport.pesit_call import Broken, Endpoint, Refused, connect
from simulator.transport.pesit_errands import FileCall, Sending
from simulator.transport.pesit_hooks import Hooks
from simulator.transport.pesit_inflow import Inflow
from simulator.transport.pesit_names import transfer_number
from simulator.transport.pesit_settings import Manner, PesitSettings
from simulator.wire import pesit

__all__ = [
    "Address",
    "Endpoint",
    "Manner",
    "Pusher",
    "TransferFailed",
    "read_address",
    "receive",
    "send",
]

_SUFFIX = ".part"
_LONGEST_NAME = 200
_NO_LIMIT = 1 << 62


class TransferFailed(Exception):
    """A transfer did not come about; one line that says where, why and what to do."""


class Address(msgspec.Struct, frozen=True):
    """Where a partner listens."""

    host: str
    port: int
    tls: bool


def read_address(text: str) -> Address:
    """``host:port`` or ``pesits://host:port`` (TLS), ``pesit://host:port`` (in clear).

    Raises `EndpointRefused`.
    """
    parts = urlsplit(text if "://" in text else f"pesits://{text}")
    if parts.scheme not in ("pesit", "pesits") or parts.path not in {"", "/"}:
        message = f"endpoint {text!r}: expected HOST:PORT, pesits://HOST:PORT or pesit://HOST:PORT"
        raise EndpointRefused(message)
    checked_endpoint("pesit", text)
    return Address(parts.hostname or "", parts.port or 0, parts.scheme == "pesits")


# -- what both directions share -----------------------------------------------------------------


@asynccontextmanager
async def _connected(endpoint: Endpoint) -> AsyncIterator[FileCall]:
    """A connection, released at the end and dropped on any failure."""
    call = await connect(endpoint, FileCall)
    try:
        yield call
        with suppress(Broken, Refused):  # the errand is done
            await call.release()
    finally:
        call.drop()
        await asyncio.wait({call.lost}, timeout=endpoint.manner.timeout)


class _Attempts:
    """How often an errand may break off."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._left = manner.attempts

    def progress(self) -> None:
        """Something was done: the count starts anew."""
        self._left = self._manner.attempts

    async def broke(self, failure: Broken) -> None:
        """Waits before the next connection. Raises the failure when there is to be none."""
        self._left -= 1
        if self._left <= 0:
            raise failure
        await asyncio.sleep(self._manner.pause)


async def _deliver(endpoint: Endpoint, sendings: list[Sending]) -> None:
    """Sends files in order, over as many connections as it takes. Raises `Refused`, `Broken`."""
    attempts = _Attempts(endpoint.manner)
    while left := [one for one in sendings if not one.delivered]:
        try:
            async with _connected(endpoint) as call:
                for sending in left:
                    await call.put(sending)
                    attempts.progress()
        except Broken as failure:
            if any(one.delivered for one in left):
                attempts.progress()
            if all(one.delivered for one in sendings):
                return
            await attempts.broke(failure)


class _Octets:
    """A file in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


class _File:
    """A file on the disk, open while it is sent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def read(self, offset: int, size: int) -> bytes:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._descriptor, size, offset)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


# -- the node's side: a return is pushed --------------------------------------------------------


class Pusher:
    """Pushes returns to partners that listen (`simulator.runtime.hands.Push`).

    Args:
        settings: our Part ID, and how we call.
        identity: what we show in TLS.
        trusted: PEM of authorities whose partners are believed, besides the very certificate of the
            raccordement; None believes any.
        valid: whether the certificate of a code application is valid at business time; None does not
            ask.
        hooks: capture and naming.
    """

    def __init__(
        self,
        settings: PesitSettings,
        identity: tls.Identity | None,
        trusted: bytes | None,
        valid: Callable[[str], bool] | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._trusted = trusted
        self._valid = valid
        self._hooks = hooks or Hooks()
        self._pushes = itertools.count(1)

    async def push(self, parcel: Parcel) -> PushOutcome:
        """Sends a return to where its partner listens; never raises for what the partner does."""
        partner, name = parcel.to, parcel.name
        sending = Sending(name, _Octets(parcel.content), len(parcel.content), parcel.resend)
        try:
            endpoint = self._endpoint(partner)
            await _deliver(endpoint, [sending])
        except (Refused, Broken, EndpointRefused, tls.TlsError) as failure:
            return _failed(f"{partner.endpoint}: {failure}", failure)
        number = transfer_number(name)
        detail = (
            f"{endpoint.server_id}@{endpoint.host}:{endpoint.port} took it as transfer {number}"
        )
        return PushOutcome(True, f"PeSIT 0-000: {detail}", "delivered")

    def _endpoint(self, partner: Raccordement) -> Endpoint:
        code = partner.code_application
        if self._valid is not None and not self._valid(code):
            message = f"the certificate of {code} is not valid at business time"
            raise EndpointRefused(message)
        address = read_address(partner.endpoint or "")
        return Endpoint(
            address.host,
            address.port,
            self._settings.part_id,
            partner.part_id or code,
            partner.password,
            self._context(partner) if address.tls else None,
            self._settings.manner(code),
            self._hooks.naming,
            self._hooks.capture,
            f"pesit-push-{next(self._pushes)} {code} {address.host}:{address.port}",
        )

    def _context(self, partner: Raccordement) -> SSL.Context:
        trusted = self._trusted
        if trusted is not None:
            trusted += b"\n" + partner.certificate.encode()
        return tls.client_context(trusted, self._identity)


def _failed(detail: str, failure: Exception) -> PushOutcome:
    if isinstance(failure, Broken):
        return PushOutcome(False, detail, "unreachable", again=True)
    return PushOutcome(False, detail, "nok" if isinstance(failure, Refused) else "refused")


# -- the platform's side ------------------------------------------------------------------------


async def send(endpoint: Endpoint, files: Iterable[Path]) -> None:
    """Deposits files under their own names, in the order given.

    Raises:
        TransferFailed: nothing after the file that it names was sent.
    """
    paths = list(files)
    readers = [_File(path) for path in paths]
    try:
        sendings = [
            Sending(path.name, reader, path.stat().st_size)
            for path, reader in zip(paths, readers, strict=True)
        ]
        try:
            await _deliver(endpoint, sendings)
        except (Refused, Broken) as failure:
            name = next(one.name for one in sendings if not one.delivered)
            message = f"{endpoint}: sending {name}: {failure}"
            raise TransferFailed(message) from None
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
        raise TransferFailed(message) from None
    finally:
        for reader in readers:
            reader.close()


# Octets that are written before they are brought to the disk beside the transfer: bounds the last sync.
_SYNCED = 16 << 20


class _Fetch:
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
        os.pwrite(self._descriptor, octets, offset)
        end = offset + len(octets)
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
        await asyncio.to_thread(self._finish)

    async def _settled(self) -> None:
        """Waits for a sync that was begun: it owns the descriptor."""
        if self._syncing is not None:
            await asyncio.wait({self._syncing})

    def _finish(self) -> None:
        os.ftruncate(self._descriptor, self.inflow.end)
        os.fsync(self._descriptor)
        if not self.is_here:
            self._part.replace(self.target)
            self.is_here = True

    async def close(self) -> None:
        """Removes what is unfinished."""
        await self._settled()
        os.close(self._descriptor)
        if not self.is_here:
            self._part.unlink(missing_ok=True)


async def receive(endpoint: Endpoint, into: Path, wanted: str = "*") -> list[Path]:
    """Fetches what waits into a folder; the files, in the order of the server.

    Asks for a generic name until nothing is left. A file that is there already under the same name
    is replaced.

    Args:
        endpoint: the server.
        into: the folder.
        wanted: file name of SELECT: a pattern, an interface code or a flow name.

    Raises:
        TransferFailed: what was fetched until then is in the folder.
    """
    errand = _Errand(into, wanted)
    attempts = _Attempts(endpoint.manner)
    try:
        while not errand.is_over:
            try:
                async with _connected(endpoint) as call:
                    await errand.run(call, attempts.progress)
            except Broken as failure:
                if not errand.is_over:
                    await attempts.broke(failure)
    except (Refused, Broken, OSError) as failure:
        message = f"{endpoint}: fetching: {failure}"
        raise TransferFailed(message) from None
    finally:
        await errand.close()
    return errand.files


class _Errand:
    """Fetching everything that waits."""

    fetches = _Fetch

    def __init__(self, into: Path, wanted: str) -> None:
        self._into = into
        self._wanted = wanted
        self._current: _Fetch | None = None
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

    async def _resume(self, call: FileCall, fetch: _Fetch) -> None:
        """Goes on with the file that broke off; if it waits no longer, the server knows we have it."""
        chosen = await call.choose(fetch.target.name, fetch.transfer_id)
        if chosen is None:
            await self._done(fetch)
        else:
            await self._fetch(call, fetch, fetch.inflow.last.mark.number)

    def _begin(self, chosen: pesit.AckSelect) -> _Fetch:
        name = (chosen.label or chosen.free or chosen.file_name or "").rstrip()
        target = self._into / local_name(name, {path.name for path in self.files})
        return self.fetches(target, chosen.transfer_id or 0, chosen.data_code)

    async def _fetch(self, call: FileCall, fetch: _Fetch, point: int) -> None:
        await call.read(fetch.inflow, point)
        await fetch.finish()
        await call.acknowledge()
        await self._done(fetch)

    async def _done(self, fetch: _Fetch) -> None:
        self._current = None
        if fetch.is_here:
            self.files.append(fetch.target)
        await fetch.close()

    async def close(self) -> None:
        """Removes what is unfinished."""
        if self._current is not None:
            await self._current.close()


def local_name(name: str, taken: set[str]) -> str:
    """A name in the local folder for a name of the peer: never a path, never one twice."""
    last = name.replace("\\", "/").rpartition("/")[2]
    safe = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last)
    safe = safe.lstrip(".")[:_LONGEST_NAME] or "unnamed"
    number, candidate = 1, safe
    while candidate in taken:
        number += 1
        candidate = f"{safe}.{number}"
    return candidate
