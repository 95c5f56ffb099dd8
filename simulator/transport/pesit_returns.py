"""A partner that listens: returns pushed to it become files of a folder.

It is the server of the simulator with a folder in place of a node, so restarts, points and refusals
are those that its own tests hold.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from OpenSSL import SSL

from simulator.domain.raccordement import Protocol as Wire
from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import GatewayError, ReturnReader, Waiting
from simulator.runtime.spool import Spool
from simulator.transport.arrivals import local_name, put_in_place
from simulator.transport.pesit_hooks import Hooks
from simulator.transport.pesit_server import Listener, listen
from simulator.transport.pesit_settings import PesitSettings

log = logging.getLogger("aife_sim.pesit")

_INCOMING = ".incoming"


class Mailbox(msgspec.Struct, frozen=True):
    """Where pushed returns go, and who may push.

    Attributes:
        folder: gets one file a return, under the name of its flow, whole or not at all; an earlier
            file of that name is replaced.
        part_id: ours, PI 4 of the caller.
        caller: PI 3 that is let in.
        password: PI 5 that is asked of it; ``""`` asks for none.
        certificate: PEM that it must show if it shows one; ``""`` takes any.
        arrived: told of each file, on the loop.
    """

    folder: Path
    part_id: str
    caller: str = "CPP001"
    password: str = ""
    certificate: str = ""
    arrived: Callable[[Path], None] | None = None


async def serve_returns(
    mailbox: Mailbox,
    host: str,
    port: int,
    context: SSL.Context | None,
    hooks: Hooks | None = None,
) -> Listener:
    """Listens for pushed returns.

    Args:
        mailbox: where they go.
        host: address to listen on.
        port: 0 takes a free one; `Listener.port` tells it.
        context: of TLS (`tls.server_context`); None listens in clear, on loopback only.
        hooks: what is to be done beside.

    Raises:
        OSError: the address or the folder cannot be used.
        ValueError: in clear on an address that others can reach.
    """
    incoming = mailbox.folder / _INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    settings = PesitSettings(part_id=mailbox.part_id, password_change=False)
    return await listen(_Folder(mailbox), settings, host, port, context, hooks)


class _Folder:
    """Implements `pesit_house.PesitGateway` over a folder."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def raccordement(self, user: str) -> Raccordement | None:
        given = self._mailbox
        if user != given.caller:
            return None
        return Raccordement(
            user, "b2g", "pesit", password=given.password, certificate=given.certificate
        )

    async def change_password(self, partner: str, password: str, session: str) -> None:
        message = f"{session}: {partner} has no password of its own ({len(password)} characters)"
        raise GatewayError(message)

    def new_spool(self) -> Spool:
        return Spool(self._mailbox.folder / _INCOMING, inline=0)

    async def deposit(
        self, partner: str, protocol: Wire, name: str, spool: Spool, session: str
    ) -> None:
        log.info("%s: %s brings %s by %s", session, partner, name, protocol)
        target = self._mailbox.folder / local_name(name)
        try:
            await spool.finish()
            if spool.path is None:
                target.write_bytes(b"")
            else:
                await asyncio.to_thread(put_in_place, spool.path, target)
        except OSError as error:
            message = f"{name} cannot be stored: {error.strerror}"
            raise GatewayError(message) from error
        if self._mailbox.arrived is not None:
            self._mailbox.arrived(target)

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        log.info("%s: %s broke off %s after %d bytes", session, partner, name, size)

    async def waiting(self, partner: str) -> Sequence[Waiting]:
        log.info("%s asks for files: there are none", partner)
        return ()

    async def open_return(self, number: int) -> ReturnReader:
        message = f"there is no return {number}"
        raise GatewayError(message)

    async def fetched(self, number: int, partner: str, session: str, *, keep: bool = False) -> None:
        message = f"{session}: {partner} has no return {number} to fetch (keep: {keep})"
        raise GatewayError(message)

    def hold(self, number: int, session: str) -> bool:
        log.debug("%s: there is no return %d", session, number)
        return False

    def release(self, number: int, session: str) -> None:
        log.debug("%s: there was no return %d", session, number)
