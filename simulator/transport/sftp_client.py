"""The partner's side of SFTP: deposits files and fetches what waits.

Closing a file is what makes it a deposit, or fetched. So a return is on the disk under its own name
before its handle is closed, and when anything goes wrong the connection is dropped instead.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import asyncssh
import msgspec

from simulator.transport.arrivals import local_name, put_in_place

_BLOCK = 1 << 20
_SUFFIX = ".part"


class TransferFailed(Exception):
    """A transfer did not come about; one line that says where, why and what to do."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where and how a partner reaches the server.

    Attributes:
        host: name or address.
        port: of the SFTP server.
        user: code application.
        key_path: private key, OpenSSH or PEM, without passphrase.
        known_hosts: file with the server's key; None believes any server.
        depot: area to deposit in.
        retrait: area to fetch from.
        timeout: seconds to connect and sign in.
    """

    host: str
    port: int
    user: str
    key_path: Path
    known_hosts: Path | None = None
    depot: str = "/depot"
    retrait: str = "/retrait"
    timeout: float = 30.0

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


async def send(endpoint: Endpoint, files: Iterable[Path], *, temporary: bool = False) -> None:
    """Deposits files under their own names, in the order given.

    Args:
        endpoint: the server.
        files: paths of what to send.
        temporary: write under a temporary name first, then rename.

    Raises:
        TransferFailed: nothing after the file that it names was sent.
    """
    async with _signed_in(endpoint) as sftp:
        for file in files:
            target = f"{endpoint.depot}/{file.name}"
            with _told(endpoint, f"sending {file.name}"):
                if temporary:
                    await _put(sftp, file, f"{target}{_SUFFIX}")
                    await sftp.posix_rename(f"{target}{_SUFFIX}", target)
                else:
                    await _put(sftp, file, target)


async def receive(endpoint: Endpoint, into: Path) -> list[Path]:
    """Fetches everything that waits into a folder; the files, in the order of the server.

    A file that is there already under the same name is replaced.

    Raises:
        TransferFailed: what was fetched until then is in the folder.
    """
    fetched: list[Path] = []
    async with _signed_in(endpoint) as sftp:
        with _told(endpoint, f"listing {endpoint.retrait}"):
            rows = await sftp.readdir(endpoint.retrait)
        for name in [str(row.filename) for row in rows if _is_file(row)]:
            local = into / local_name(name, {path.name for path in fetched})
            with _told(endpoint, f"fetching {name}"):
                await _get(sftp, f"{endpoint.retrait}/{name}", local)
            fetched.append(local)
    return fetched


@asynccontextmanager
async def _signed_in(endpoint: Endpoint) -> AsyncIterator[asyncssh.SFTPClient]:
    with _told(endpoint, "signing in"):
        connection = await asyncssh.connect(
            endpoint.host,
            endpoint.port,
            username=endpoint.user,
            client_keys=[_private_key(endpoint.key_path)],
            known_hosts=str(endpoint.known_hosts) if endpoint.known_hosts else None,
            config=None,
            agent_path=None,
            password_auth=False,
            kbdint_auth=False,
            connect_timeout=endpoint.timeout,
            login_timeout=endpoint.timeout,
        )
    async with connection:
        try:
            with _told(endpoint, "starting SFTP"):
                sftp = await connection.start_sftp_client()
            yield sftp
        except BaseException:
            connection.abort()
            raise


def _private_key(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except (OSError, asyncssh.KeyImportError) as error:
        message = f"no private key can be read from {path}: {error}"
        raise TransferFailed(message) from None


@contextmanager
def _told(endpoint: Endpoint, what: str) -> Iterator[None]:
    """Turns what can go wrong into a `TransferFailed` that says what and where."""
    try:
        yield
    except (asyncssh.Error, OSError) as error:
        raise TransferFailed(f"{endpoint}: {what}: {_reason(endpoint, error)}") from error


def _reason(endpoint: Endpoint, error: Exception) -> str:
    said = error.reason if isinstance(error, asyncssh.Error) else str(error)
    words: tuple[tuple[type[Exception], str], ...] = (
        (
            asyncssh.HostKeyNotVerifiable,
            f"the server's key is not the one in {endpoint.known_hosts}: {said}",
        ),
        (
            asyncssh.KeyExchangeFailed,
            f"no way to agree, or a kind of key that is not in {endpoint.known_hosts}: {said}",
        ),
        (  # the server may be gone before it was told why
            asyncssh.ConnectionLost,
            f"lost; at once means a kind of key that is not in {endpoint.known_hosts}: {said}",
        ),
        (
            asyncssh.PermissionDenied,
            f"{endpoint.user} was refused with the key {endpoint.key_path}",
        ),
        (asyncssh.SFTPError, f"refused by the server: {said}"),
        (ConnectionRefusedError, "nothing listens there"),
        (TimeoutError, f"no answer within {endpoint.timeout:g} s"),
    )
    return next((text for kind, text in words if isinstance(error, kind)), said)


async def _put(sftp: asyncssh.SFTPClient, file: Path, target: str) -> None:
    with file.open("rb") as source:
        remote = await sftp.open(target, "wb")
        while block := source.read(_BLOCK):
            await remote.write(block)
    await remote.close()


async def _get(sftp: asyncssh.SFTPClient, name: str, local: Path) -> None:
    unfinished = local.with_name(f".{local.name}{_SUFFIX}")
    try:
        remote = await sftp.open(name, "rb")
        with unfinished.open("wb") as target:
            while block := cast("bytes", await remote.read(_BLOCK)):
                target.write(block)
            target.flush()
            await asyncio.to_thread(os.fsync, target.fileno())
        await asyncio.to_thread(put_in_place, unfinished, local)
    finally:
        unfinished.unlink(missing_ok=True)
    await remote.close()


def _is_file(row: asyncssh.SFTPName) -> bool:
    mode = row.attrs.permissions
    return mode is None or stat.S_ISREG(mode)
