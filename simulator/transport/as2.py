"""AS2 of a node: one port (two with HTTPS) to receive on, and a client for what goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec
from twisted.internet.interfaces import IListeningPort

from simulator.runtime.gateway import Gateway
from simulator.transport.as2_awaiting import Awaiting
from simulator.transport.as2_http import House
from simulator.transport.as2_post import Poster
from simulator.transport.as2_push import As2Client
from simulator.transport.as2_server import As2Server, Desk
from simulator.transport.as2_settings import As2Settings
from simulator.transport.tls import Identity as TlsIdentity
from simulator.transport.tls import listener_factory, server_context
from simulator.wire import as2

__all__ = ["As2Settings", "Keys", "Listener", "listen"]


class Keys(msgspec.Struct, frozen=True):
    """Key material of the exchange system, PEM.

    Attributes:
        key: our private key.
        certificate: ours.
        authority: certificate of the test CA that issued it.
    """

    key: bytes
    certificate: bytes
    authority: bytes


class Listener:
    """The bound ports, and the client that shares names and keys with them.

    Attributes:
        port: of HTTP.
        tls_port: of HTTPS, None without.
        client: pushes and receipts.
    """

    def __init__(self, house: House, bound: list[IListeningPort], client: As2Client) -> None:
        self._house = house
        self._bound = bound
        self.client = client
        ports = [_number(port) for port in bound]
        self.port = ports[0]
        self.tls_port = ports[1] if len(ports) > 1 else None

    async def close(self) -> None:
        """Takes no more requests; those that are whole are answered."""
        await self._house.close(self._bound)


def listen(  # noqa: PLR0913 - the composition root hands over what it made
    reactor: Any,  # noqa: ANN401 - whatever reactor is installed
    gateway: Gateway,
    settings: As2Settings,
    keys: Keys,
    *,
    host: str,
    port: int,
    tls_port: int | None,
    url: Callable[[], str],
    inflated: int,
) -> Listener:
    """Binds the ports; 0 takes a free one.

    Args:
        reactor: Twisted's.
        gateway: the rest of the node.
        settings: names and bounds.
        keys: of the exchange system.
        host: address to bind.
        port: of HTTP.
        tls_port: of HTTPS, None for none.
        url: where partners reach us, once the port is bound.
        inflated: largest content of compressed layers, in bytes.

    Raises:
        twisted.internet.error.CannotListenError: a port is taken.
    """
    identity = as2.Identity.load(keys.key, keys.certificate)
    desk = Desk(gateway, settings, identity, Awaiting(), url, inflated)
    house = As2Server(desk).house()
    bound = [reactor.listenTCP(port, house, _BACKLOG, host)]
    if tls_port is not None:
        context = server_context(TlsIdentity(keys.key, keys.certificate + keys.authority))
        wrapped = listener_factory(context, cast("Any", house))
        bound.append(reactor.listenTCP(tls_port, wrapped, _BACKLOG, host))
    return Listener(house, bound, As2Client(desk, Poster(reactor), keys.authority))


# Connections that wait to be accepted: more than come at once, or they try again a second later.
_BACKLOG = 1024


def _number(port: Any) -> int:  # noqa: ANN401 - Twisted's interface does not tell
    number: int = port.getHost().port
    return number
