"""A PeSIT server with a node that is none, on the reactor of the test run, and ways to disturb it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest_twisted
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from memory_gateway import MemoryGateway
from twisted.internet.defer import Deferred

from simulator.authority import Authority, key_pem
from simulator.domain.raccordement import Raccordement
from simulator.runtime.spool import Spool
from simulator.transport import pesit_server, tls
from simulator.transport.pesit_client import Endpoint, Manner
from simulator.wire import pesit

NAMES = ("localhost", "127.0.0.1")
FLOW = "FSO1100A_DEM003_DEM0031100000000000000001.xml"
T = TypeVar("T")


SECONDS = 60.0


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on the reactor of the test run; for fixtures."""
    return pytest_twisted.blockon(_deferred(work))


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Deferred[None]]:
    """Makes a test of a coroutine that awaits what asyncio makes."""

    @functools.wraps(test)
    def on_the_reactor(*args: Any, **kwargs: Any) -> Deferred[None]:
        return _deferred(test(*args, **kwargs))

    return on_the_reactor


def _deferred(work: Coroutine[Any, Any, T]) -> Deferred[T]:
    async def bounded() -> T:
        return await asyncio.wait_for(work, SECONDS)

    from twisted.internet import reactor

    loop = reactor._asyncioEventloop
    return Deferred.fromFuture(asyncio.ensure_future(bounded(), loop=loop))


class Pki:
    """A CA, the server's certificate, and one for each partner."""

    def __init__(self) -> None:
        self._ca = Authority.create(NAMES)
        self.ca = self._ca.certificate.public_bytes(Encoding.PEM)
        self._known: dict[str, tls.Identity] = {}

    def of(self, name: str) -> tls.Identity:
        if name not in self._known:
            key = rsa.generate_private_key(65537, 2048)
            leaf = self._ca.issue(name, key.public_key(), NAMES)
            self._known[name] = tls.Identity(key_pem(key), leaf.public_bytes(Encoding.PEM))
        return self._known[name]


class FullSpool(Spool):
    """A spool on a disk with little room."""

    def __init__(self, folder: Path, room: int, error: int) -> None:
        super().__init__(folder)
        self._room, self._error = room, error

    def write(self, offset: int, data: Any) -> None:
        if offset + len(data) > self._room:
            raise OSError(self._error, "no room")
        super().write(offset, data)


class FakeNode(MemoryGateway):
    """Counts cuts, and lets a test choose the spool of a deposit."""

    def __init__(self, folder: Path) -> None:
        super().__init__("pesit")
        self.cuts: list[tuple[str, str, int]] = []
        self.new: Callable[[], Spool] = lambda: Spool(folder, inline=64 << 10)

    def add_partner(self, code: str, **fields: Any) -> Raccordement:
        given = {"part_id": code, "password": "secret", "protocol": "pesit"} | fields
        self.partners[code] = Raccordement(code, "b2g", **given)
        return self.partners[code]

    def new_spool(self) -> Spool:
        return self.new()

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        self.cuts.append((partner, name, size))


class Site:
    """A server in TLS and, on wish, in clear, with its partners and what they see."""

    def __init__(self, folder: Path, pki: Pki) -> None:
        self.folder = folder
        self.pki = pki
        self.spools = folder / "spools"
        self.spools.mkdir()
        self.box = folder / "box"
        self.box.mkdir()
        self.node = FakeNode(self.spools)
        self.notes: list[pesit_server.Note] = []
        self.records: list[tuple[str, str, bytes]] = []
        self.listener: pesit_server.Listener | None = None
        self._secure = False
        for code in ("DEM003", "DEM013"):
            self.node.add_partner(code, certificate=pki.of(code).chain.decode())

    async def start(
        self, *, secure: bool = True, hooks: dict[str, Any] | None = None, **settings: Any
    ) -> Site:
        given = pesit_server.Hooks(note=self.notes.append, **(hooks or {}))
        context = None
        if secure:
            ask = settings.get("client_certificate", "ask") != "ignore"
            context = tls.server_context(self.pki.of("aife"), ask=ask, names=self.pki.ca)
        chosen = pesit_server.PesitSettings(**settings)
        self._secure = secure
        self.listener = await pesit_server.listen(self.node, chosen, "127.0.0.1", 0, context, given)
        return self

    async def stop(self) -> None:
        if self.listener is not None:
            await self.listener.close()
        self.listener = None

    async def swept(self) -> None:
        """Returns once no spool is left; they are unlinked in a thread."""
        while list(self.spools.iterdir()):
            await asyncio.sleep(0.01)

    def stop_remembering(self) -> None:
        """Has the server forget what transfers left behind."""
        for left in self.listener._house._unfinished.values():
            left.clear()

    def endpoint(
        self, partner: str = "DEM003", shown: str | None = "same", **fields: Any
    ) -> Endpoint:
        """How a partner calls; `shown` is whose certificate it shows."""
        assert self.listener is not None
        context = None
        if self._secure:
            who = partner if shown == "same" else shown
            context = tls.client_context(self.pki.ca, self.pki.of(who) if who else None)
        given = {
            "password": "secret",
            "context": context,
            "manner": Manner(article_length=1024, max_entity=4096, sync_interval=8, pause=0.0),
        } | fields
        return Endpoint("127.0.0.1", self.listener.port, partner, **given)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


class Talk:
    """A requester on a plain connection that says whatever a test wants it to.

    The codec is the core's, so that a test reads as a dialogue; `raw` says what the core would not.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.session = pesit.Requester(7)
        self._reader, self._writer = reader, writer
        self._events: Iterator[pesit.Event] = iter(())

    @classmethod
    async def to(cls, site: Site) -> Talk:
        return cls(*await asyncio.open_connection("127.0.0.1", site.listener.port))

    async def __aenter__(self) -> Talk:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def say(self, *messages: pesit.Message) -> None:
        self._writer.write(self.session.send(*messages))

    def raw(self, octets: bytes) -> None:
        self._writer.write(octets)

    def blurt(self, message: pesit.Message) -> None:
        """Says what this side's session would not say here; it does not hear of it."""
        octets = pesit.fpdu(message, self.session.peer_id)
        self.raw(len(octets).to_bytes(2, "big") + octets)

    async def octets(self, count: int) -> bytes:
        """So many octets of what the server says, past the session."""
        return await self._reader.readexactly(count)

    async def hear(self) -> pesit.Event:
        """The next thing that the server says."""
        while (event := next(self._events, None)) is None:
            octets = await self._reader.read(65536)
            assert octets, "the server has closed"
            self._events = self.session.receive(octets)
        return event

    async def ask(self, message: pesit.Message) -> Any:
        self.say(message)
        return await self.hear()

    async def closed(self) -> bytes:
        """What comes until the server closes."""
        with suppress(ConnectionError):
            return await self._reader.read()
        return b""

    async def connected(self, **fields: Any) -> Talk:
        assert isinstance(await self.ask(connect(**fields)), pesit.Aconnect)
        return self

    async def writing(self, **fields: Any) -> Talk:
        """In the data phase of a write."""
        await self.connected()
        for question in (creation(**fields), pesit.Orf(), pesit.Write()):
            answer = await self.ask(question)
            assert answer.diagnostic.is_success, answer
        return self


def connect(**fields: Any) -> pesit.Connect:
    given = {
        "requester": "DEM003",
        "server": "CPP001",
        "access": pesit.Access("secret"),
        "sync": pesit.SyncOption(8, 4),
        "resync": True,
    }
    return pesit.Connect(**given | fields)


def creation(**fields: Any) -> pesit.Create:
    given = {
        "file_name": "FSO1100A",
        "transfer_id": 1,
        "label": FLOW,
        "data_code": pesit.DataCode.BINARY,
        "article_length": 1024,
        "max_entity": 4096,
        "max_reserved": 1000,
    }
    return pesit.Create(**given | fields)


def code(diagnostic: pesit.Diagnostic) -> str:
    """As people write it: ``3-304``."""
    return str(diagnostic)


def told(site: Site, diagnostic: str, kind: str = "refused") -> list[str]:
    """The words of what was noted with a diagnostic."""
    return [note.words for note in site.notes if (note.diagnostic, note.kind) == (diagnostic, kind)]


class CuttingProxy:
    """Passes octets on and breaks the connection after some; past its plan it only passes them on.

    A plan is a list of (direction, octets), one a connection: ``up`` is to the server.
    """

    def __init__(self, port: int, plan: list[tuple[str, int]]) -> None:
        self.target = port
        self.port = 0
        self.connections = 0
        self._plan = plan
        self._open: set[_End] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> CuttingProxy:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        ends = list(self._open)
        for end in ends:
            end.transport.abort()
        await asyncio.gather(*self._tasks, *(end.over for end in ends))
        await self._server.wait_closed()

    def _accept(self) -> _End:
        self.connections += 1
        cut = self._plan.pop(0) if self._plan else ("none", 0)
        return _End(self, cut)

    def add(self, end: _End) -> None:
        self._open.add(end)

    def remove(self, end: _End) -> None:
        self._open.discard(end)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _End(asyncio.Protocol):
    """One side of a connection through the proxy: the caller's, or (with a peer) the server's."""

    def __init__(self, proxy: CuttingProxy, cut: tuple[str, int], peer: _End | None = None) -> None:
        self._proxy = proxy
        self._cut = cut
        self._way = "up" if peer is None else "down"
        self._left = cut[1] if cut[0] == self._way else 1 << 60
        self._waiting = b""
        self.peer = peer
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._proxy.add(self)
        if self.peer is None:
            self._proxy.start(self._call())

    async def _call(self) -> None:
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(
            lambda: _End(self._proxy, self._cut, self), "127.0.0.1", self._proxy.target
        )
        self.peer = other
        if self.over.done():
            other.transport.abort()
        self._pass(self._waiting)

    def data_received(self, octets: bytes) -> None:
        if self.peer is None:
            self._waiting += octets
        else:
            self._pass(octets)

    def _pass(self, octets: bytes) -> None:
        if not octets or self.peer.transport.is_closing():
            return
        self.peer.transport.write(octets[: self._left])
        self._left -= len(octets)
        if self._left <= 0:
            self.transport.close()  # what was passed on arrives, nothing more does
            self.peer.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._proxy.remove(self)
        if not self.over.done():
            self.over.set_result(None)
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()


__all__ = ["FLOW", "CuttingProxy", "FakeNode", "FullSpool", "Pki", "Site", "awaited", "run"]
