"""PeSIT of a node: a port over TLS, one in clear on loopback if asked for, and what calls out."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulator.runtime.gateway import Gateway
from simulator.transport import pesit_server, tls
from simulator.transport.pesit_client import Pusher
from simulator.transport.pesit_hooks import Hooks
from simulator.transport.pesit_journal import SessionJournal
from simulator.transport.pesit_names import Naming
from simulator.transport.pesit_server import Listener
from simulator.transport.pesit_settings import Manner, PesitSettings

__all__ = [
    "Manner",
    "Names",
    "Naming",
    "Pesit",
    "PesitSettings",
    "Place",
    "PlainPortTaken",
    "listen",
]


class Place(msgspec.Struct, frozen=True):
    """Where to listen: `plain_port` None for none in clear; 0 takes a free one."""

    host: str
    port: int
    plain_port: int | None


class PlainPortTaken(OSError):
    """The port in clear is taken, not the one over TLS."""


class Names(msgspec.Struct, frozen=True):
    """Who is called what.

    Attributes:
        naming: which parameter carries which name.
        named: the code application of a Part ID.
    """

    naming: Naming
    named: Callable[[str], str | None]


class Pesit:
    """What listens and what calls.

    Attributes:
        port: over TLS.
        plain_port: in clear, None without.
        pusher: pushes returns.
    """

    def __init__(
        self,
        listener: Listener,
        plain_port: int | None,
        pusher: Pusher,
        journal: SessionJournal,
    ) -> None:
        self.port = listener.port
        self.plain_port = plain_port
        self._listener = listener
        self.pusher = pusher
        self._journal = journal

    async def close(self) -> None:
        """Commits under way are acknowledged, then every connection ends."""
        await self._listener.close()
        await self._journal.close()


async def listen(
    gateway: Gateway,
    settings: PesitSettings,
    identity: tls.Identity,
    authority: bytes,
    place: Place,
    names: Names,
) -> Pesit:
    """Binds the ports.

    Args:
        gateway: the rest of the node.
        settings: manners and bounds.
        identity: of the exchange system.
        authority: PEM of the test CA.
        place: where.
        names: of partners and files.

    Raises:
        OSError: a port is taken; `PlainPortTaken` if it is the one in clear.
    """
    journal = SessionJournal(gateway, names.named)
    hooks = Hooks(
        named=names.named, capture=journal.capture, note=journal.note, naming=names.naming
    )
    asks = settings.client_certificate != "ignore"
    context = tls.server_context(identity, ask=asks, names=authority)
    listener = await pesit_server.listen(gateway, settings, place.host, place.port, context, hooks)
    plain_port = None
    if place.plain_port is not None:
        plain_port = await _in_clear(listener, place.plain_port)

    def is_valid(code: str) -> bool:
        return gateway.raccordement(code) is not None

    pusher = Pusher(settings, identity, authority, is_valid, hooks)
    return Pesit(listener, plain_port, pusher, journal)


async def _in_clear(listener: Listener, port: int) -> int:
    """One more port, for this machine alone; the others are given back if it is taken."""
    try:
        return listener.open("127.0.0.1", port, None)
    except OSError as error:
        await listener.close()
        raise PlainPortTaken(*error.args) from error
