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
from simulator.transport.pesit_fetch import Errand
from simulator.transport.pesit_hooks import Hooks
from simulator.transport.pesit_names import transfer_number
from simulator.transport.pesit_settings import Manner, PesitSettings

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
    errand = Errand(into, wanted)
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
