"""The PeSIT server: connections, and what each says to the node through its port.

Over TLS, or in clear for this machine alone. The protocol is `simulator.wire.pesit`; who may come in
is `pesit_sign_in`, files that come `pesit_depot`, returns that leave `pesit_retrait`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Any, ClassVar

from OpenSSL import SSL
from twisted.internet import protocol
from twisted.internet.error import CannotListenError

from simulator.runtime.gateway import GatewayError
from simulator.transport import tls
from simulator.transport.pesit_depot import Upload, create, in_the_way
from simulator.transport.pesit_hooks import Hooks, Note
from simulator.transport.pesit_house import House, Occupied, PesitGateway, Visit
from simulator.transport.pesit_link import OTHER, Link, Work
from simulator.transport.pesit_retrait import Download, Listing, select
from simulator.transport.pesit_settings import PesitSettings
from simulator.transport.pesit_sign_in import Claim, TurnedAway, sign_in
from simulator.wire import pesit

__all__ = ["Hooks", "Listener", "PesitSettings", "listen"]

_OWN_IDS = 255


class _Conversation:
    """One connection: who it is, and which file it is about (`pesit_link.Speaker`)."""

    def __init__(self, house: House, link: Link, label: str) -> None:
        self._house = house
        self._link = link
        self._label = f"{label} {link.peer}"
        self._number = label
        self._visit: Visit | None = None
        self._listing: Listing | None = None
        self._file: Upload | Download | None = None
        self._habits: set[tuple[str, str]] = set()

    # -- what the link tells --------------------------------------------------------------------

    def hear(self, event: pesit.Event) -> Work:
        """Something that the peer said."""
        action = self._ACTIONS.get(type(event))
        if action is not None:
            return action(self, event)
        return self._file.hear(event) if self._file is not None else None

    def ready(self) -> None:
        """There is room to send."""
        if self._file is not None:
            self._file.ready()

    def broken(self, error: pesit.RemoteProtocolError) -> None:
        """The peer did what is not allowed; data that are asked for again are no break."""
        said = getattr(error.reply, "diagnostic", error.diagnostic)
        kind = "tolerated" if isinstance(error.reply, pesit.Resyn) else "broken"
        self._tell(kind, said, str(error))

    def silent(self, expired: pesit.Expired) -> None:
        """The peer was silent for too long."""
        said = expired.reply.diagnostic if expired.reply else None
        self._tell("silent", said, f"timer {expired.timer}: closed")

    def gone(self, why: str) -> None:
        """The connection is over."""
        if why.startswith("TLS"):
            self._tell("broken", None, why)
        elif self._link.is_cut:
            self._tell("cut", None, f"connection lost in a transfer: {why}")
        work = self._leave_file()
        if work is not None:
            self._house.spawn(_awaited(work))
        self._house.leave(self._link, self._visit.partner if self._visit else "")

    def _tell(self, kind: Any, diagnostic: pesit.Diagnostic | None, words: str) -> None:  # noqa: ANN401 - one of Note's words
        partner = self._visit.partner if self._visit else ""
        said = str(diagnostic) if diagnostic is not None else ""
        self._house.hooks.tell(Note(self._label, partner, kind, said, words))

    # -- the connection -------------------------------------------------------------------------

    def _greeted(self, _event: pesit.PreConnection) -> None:
        """Granted to anyone; who it is, CONNECT says (as Transfer CFT does, deduced)."""
        self._link.say(pesit.PreAccept())

    def _connect(self, event: pesit.Connect) -> Work:
        room = self._house.has_room(self._link)
        claim = Claim(event, self._link.certificate, self._link.is_tls, room)
        try:
            partner = sign_in(self._house, claim).code_application
        except TurnedAway as refusal:
            self._turn_away(event, refusal)
            return None
        self._label = f"{self._number} {partner} {self._link.peer}"
        self._visit = Visit(self._house, self._link, partner, self._label)
        self._listing = Listing(self._visit)
        self._house.signed_in[partner] += 1
        if event.access and event.access.new_password:
            return self._change_password(self._visit, event, event.access.new_password)
        self._link.say(pesit.accept(event, self._house.settings.limits))
        return None

    def _turn_away(self, event: pesit.Connect, refusal: TurnedAway) -> None:
        self._tell("refused", refusal.diagnostic, f"CONNECT {event.requester!r}: {refusal}")
        self._link.say(pesit.Rconnect(diagnostic=refusal.diagnostic))

    async def _change_password(self, visit: Visit, event: pesit.Connect, new: str) -> None:
        """Grants the connection once the new password is durable: the old one stands until then."""
        try:
            await visit.gateway.change_password(visit.partner, new, visit.label)
        except GatewayError as error:
            self._turn_away(event, TurnedAway(OTHER, str(error)))
        else:
            visit.tell("changed", None, "CONNECT: the password was changed (PI 5)")
            self._link.say(pesit.accept(event, self._house.settings.limits))

    def _release(self, _event: pesit.Release) -> None:
        self._link.say(pesit.Relconf())

    def _aborted(self, event: pesit.Abort) -> None:
        self._tell("aborted", event.diagnostic, f"ABORT: {event.diagnostic.words}")

    def _tolerated(self, event: pesit.Tolerated) -> None:
        """Told once of each kind: a habit shows in every FPDU."""
        if (habit := (event.deviation, event.fpdu)) in self._habits:
            return
        self._habits.add(habit)
        self._tell("tolerated", None, f"{event.fpdu}: {event.deviation}: {event.words}")

    def _message(self, event: pesit.Msg) -> None:
        text = (event.text or b"")[:80].decode("ascii", "replace")
        self._tell("message", None, f"MSG about {event.file_name!r} {event.transfer_id}: {text}")
        self._link.say(pesit.AckMsg())

    # -- the file -------------------------------------------------------------------------------

    def _create(self, event: pesit.Create) -> Work:
        assert self._visit is not None, "the session has seen CONNECT"
        occupied = in_the_way(self._visit, event)
        if occupied is not None:
            return self._create_after(self._visit, occupied, event)
        self._file = create(self._visit, event)
        return None

    async def _create_after(self, visit: Visit, occupied: Occupied, event: pesit.Create) -> None:
        await visit.house.wait_for(occupied)
        if not self._link.is_over:
            self._file = create(visit, event)

    async def _select(self, event: pesit.Select) -> None:
        assert self._visit is not None, "the session has seen CONNECT"
        assert self._listing is not None
        found = await select(self._visit, self._listing, event)
        self._file = found
        if self._link.is_over:
            self._leave_file()

    def _open(self, event: pesit.Orf) -> None:
        self._link.say(pesit.accept_open(event, self._house.settings.limits))

    def _close(self, _event: pesit.Crf) -> None:
        self._link.say(pesit.AckCrf())

    def _deselect(self, _event: pesit.Deselect) -> Work:
        work = self._leave_file()
        if work is not None:
            return self._left(work)
        self._link.say(pesit.AckDeselect())
        return None

    async def _left(self, work: Any) -> None:  # noqa: ANN401 - an awaitable
        await work
        self._link.say(pesit.AckDeselect())

    def _leave_file(self) -> Work:
        file, self._file = self._file, None
        return file.leave() if file is not None else None

    _ACTIONS: ClassVar[dict[type, Callable[[Any, Any], Work]]] = {
        pesit.PreConnection: _greeted,
        pesit.Connect: _connect,
        pesit.Release: _release,
        pesit.Abort: _aborted,
        pesit.Tolerated: _tolerated,
        pesit.Msg: _message,
        pesit.Create: _create,
        pesit.Select: _select,
        pesit.Orf: _open,
        pesit.Crf: _close,
        pesit.Deselect: _deselect,
    }


async def _awaited(work: Any) -> None:  # noqa: ANN401 - an awaitable
    await work


class _Turned:
    """Hears nobody: there are too many connections."""

    def hear(self, _event: pesit.Event) -> Work:
        return None

    def ready(self) -> None:
        pass

    def broken(self, error: pesit.RemoteProtocolError) -> None:
        pass

    def silent(self, expired: pesit.Expired) -> None:
        pass

    def gone(self, why: str) -> None:
        pass


class _Factory(protocol.ServerFactory):
    noisy = False

    def __init__(self, house: House, name: str = "pesit") -> None:
        self._house = house
        self._name = name
        self._ids = 0

    def buildProtocol(self, _address: object) -> Link:  # noqa: N802 - Twisted's name
        settings = self._house.settings
        return Link(self._session, self._speaker, self._house.spawn, settings.answer_timeout)

    def _session(self, now: float) -> pesit.Session:
        self._ids = self._ids % _OWN_IDS + 1
        return pesit.Server(self._ids, self._house.settings.options, now)

    def _speaker(self, link: Link) -> _Conversation | _Turned:
        label = self._house.enter(link, self._name)
        if label is not None:
            return _Conversation(self._house, link, label)
        link.cut()
        return _Turned()


class Listener:
    """A server that listens. Made by `listen`.

    Whatever port a partner calls, it is the same server: what broke off on one goes on on the other,
    no transfer runs on both, and connections count together.

    Attributes:
        port: the first that it listens on.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._ports: list[Any] = []
        self.port = 0

    def open(self, host: str, port: int, context: SSL.Context | None) -> int:
        """Listens on one more port; see `listen`. Which it is."""
        if context is None and not _is_loopback(host):
            message = f"PeSIT in clear listens on loopback only, found {host!r}: use TLS"
            raise ValueError(message)
        factory: Any = _Factory(self._house, "pesit" if context is not None else "pesit-plain")
        if context is not None:
            factory = tls.at_once(tls.listener_factory(context, factory))
        try:
            bound = _reactor().listenTCP(port, factory, interface=host)
        except CannotListenError as error:
            raise OSError(*error.socketError.args) from error
        self._ports.append(bound)
        number: int = bound.getHost().port
        self.port = self.port or number
        return number

    async def close(self) -> None:
        """Listens no more, ends every connection, waits for commits under way."""
        for port in self._ports:
            done = port.stopListening()
            if done is not None:
                await done.asFuture(asyncio.get_running_loop())
        await self._house.close()


async def listen(
    gateway: PesitGateway,
    settings: PesitSettings,
    host: str,
    port: int,
    context: SSL.Context | None,
    hooks: Hooks | None = None,
) -> Listener:
    """Starts a PeSIT server.

    Args:
        gateway: the node.
        settings: manners and bounds.
        host: address to listen on.
        port: 0 takes a free one; `Listener.port` tells it.
        context: of TLS (`tls.server_context`); None listens in clear, on loopback only.
        hooks: what is to be done beside.

    Raises:
        OSError: the address cannot be used.
        ValueError: in clear on an address that others can reach.
    """
    listener = Listener(House(gateway, settings, hooks or Hooks()))
    listener.open(host, port, context)
    return listener


def _reactor() -> Any:  # noqa: ANN401 - whatever was installed
    from twisted.internet import reactor  # noqa: PLC0415 - its import installs one

    return reactor


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
