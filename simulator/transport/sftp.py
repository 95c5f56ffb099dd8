"""The SFTP server: who may come in, how many, and with what.

It shows the journal's tables as two areas (`sftp_view`); what a partner does there goes through the
port `simulator.runtime.gateway`. Sign-in is by public key only, RSA on the exchange system (DG3.2).
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any

import asyncssh

from simulator.runtime.gateway import Gateway
from simulator.transport.sftp_handles import Visit
from simulator.transport.sftp_session import SftpSession
from simulator.transport.sftp_settings import SftpSettings
from simulator.transport.sftp_unfinished import Unfinished

__all__ = ["Listener", "SftpSettings", "listen"]

log = logging.getLogger("aife_sim.sftp")

# Sessions that one connection may have at a time, as OpenSSH's MaxSessions.
_MOST_SESSIONS = 10
# Wall seconds that a stopping server gives to commits under way.
_DRAIN = 10.0


class _House:
    """What the connections of one server share."""

    def __init__(self, gateway: Gateway, settings: SftpSettings) -> None:
        self.gateway = gateway
        self.settings = settings
        self.doors: set[_Door] = set()
        self.signed_in: Counter[str] = Counter()
        self.sessions = itertools.count(1)
        self._unfinished: dict[str, Unfinished] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    def unfinished(self, partner: str) -> Unfinished:
        """What the sessions of a partner left behind."""
        return self._unfinished.setdefault(partner, Unfinished(self.settings))

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs a coroutine to its end; see `sftp_session.Spawn`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work for a session failed", exc_info=error)

    async def clear(self) -> None:
        """Waits for what is under way, then forgets what is unfinished."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_DRAIN)
            for task in late:
                task.cancel()
        for left in self._unfinished.values():
            left.clear()


class _Door(asyncssh.SSHServer):
    """One connection, from the first byte on."""

    def __init__(self, house: _House) -> None:
        self._house = house
        self._conn: asyncssh.SSHServerConnection | None = None
        self._partner = ""
        self._sessions = 0

    # -- coming and going -----------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Someone knocks; refused at once when the house is full."""
        self._conn = conn
        self._house.doors.add(self)
        if len(self._house.doors) > self._house.settings.max_connections:
            # In the next turn: the greeting, sent after this call, has to come first.
            asyncio.get_running_loop().call_soon(self._turn_away, "too many connections")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if exc is not None:
            log.info("connection of %s lost: %s", self._partner or "nobody", exc)
        self._house.doors.discard(self)
        if self._partner:
            self._house.signed_in[self._partner] -= 1

    def _turn_away(self, why: str) -> None:
        log.warning("turned away %s: %s", self._partner or "a connection", why)
        if self._conn is not None:
            self._conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, f"{why}: try again later")

    async def close(self) -> None:
        """Ends the connection."""
        if self._conn is None:
            return
        self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, "the simulator stops")
        await self._conn.wait_closed()

    # -- signing in -----------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Everyone has to prove who they are."""
        log.debug("%r wants to sign in", username)
        return True

    def public_key_auth_supported(self) -> bool:
        """Offered to anyone, so that nobody learns which names exist."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key is one of the raccordement of that code application."""
        raccordement = self._house.gateway.raccordement(username)
        lines = raccordement.ssh_keys if raccordement else ()
        return any(_public_data(line) == key.public_data for line in lines)

    def auth_completed(self) -> None:
        """A partner is in; refused when too many of its connections are."""
        assert self._conn is not None
        self._partner = str(self._conn.get_extra_info("username"))
        self._house.signed_in[self._partner] += 1
        if self._house.signed_in[self._partner] > self._house.settings.max_connections_per_partner:
            self._turn_away(f"too many connections of {self._partner}")

    # -- sessions -------------------------------------------------------------------------------

    def session_requested(self) -> SftpSession | bool:
        """A session of SFTP; forwarding of any kind is refused by the base class."""
        if self._sessions >= _MOST_SESSIONS:
            return False
        self._sessions += 1
        house = self._house
        visit = Visit(
            partner=self._partner,
            label=self._label(),
            gateway=house.gateway,
            settings=house.settings,
            unfinished=house.unfinished(self._partner),
        )
        return SftpSession(visit, house.spawn, self._session_over)

    def _session_over(self) -> None:
        self._sessions -= 1

    def _label(self) -> str:
        assert self._conn is not None
        host, port, *_ = self._conn.get_extra_info("peername") or ("unknown", 0)
        return f"sftp-{next(self._house.sessions)} {self._partner} {host}:{port}"


class Listener:
    """A server that listens. Made by `listen`."""

    def __init__(self, acceptor: asyncssh.SSHAcceptor, house: _House) -> None:
        self._acceptor = acceptor
        self._house = house
        self.port: int = acceptor.get_addresses()[0][1]

    async def close(self) -> None:
        """Listens no more, ends every connection, waits for commits under way."""
        self._acceptor.close()
        closing = [asyncio.ensure_future(door.close()) for door in self._house.doors]
        if closing:
            await asyncio.wait(closing, timeout=_DRAIN)
        await self._house.clear()


async def listen(
    gateway: Gateway,
    settings: SftpSettings,
    host: str,
    port: int,
    host_keys: Sequence[asyncssh.SSHKey],
) -> Listener:
    """Starts an SFTP server.

    Args:
        gateway: the node.
        settings: areas, manners and bounds.
        host: address to listen on.
        port: 0 takes a free one; `Listener.port` tells it.
        host_keys: private keys of the server.

    Raises:
        OSError: the address cannot be used.
    """
    house = _House(gateway, settings)
    acceptor = await asyncssh.listen(
        host,
        port,
        server_factory=functools.partial(_Door, house),
        server_host_keys=list(host_keys),
        server_version="aife_sim",
        config=None,
        encryption_algs=list(settings.ciphers),
        mac_algs=list(settings.macs),
        compression_algs=None,
        login_timeout=settings.login_timeout,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        allow_pty=False,
        x11_forwarding=False,
        agent_forwarding=False,
        line_editor=False,
        encoding=None,
    )
    return Listener(acceptor, house)


@functools.lru_cache(maxsize=4096)
def _public_data(line: str) -> bytes | None:
    """The key in a line of OpenSSH form; None, and a warning, if there is none."""
    try:
        return asyncssh.import_public_key(line).public_data
    except asyncssh.KeyImportError as error:
        log.warning("a public key of a raccordement cannot be read: %s: %.60r", error, line)
        return None
