"""One connection as requester, in coroutines: ask and be answered.

What is done with files on it is in `pesit_errands`.

What may go wrong has two kinds. `Refused`: the peer said no, and would say it again. `Broken`: the
connection or the transfer broke off, or the peer has no room now; the same errand may be tried anew.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from OpenSSL import SSL
from twisted.internet import protocol

from simulator.transport import tls
from simulator.transport.pesit_hooks import Capture
from simulator.transport.pesit_inflow import Inflow
from simulator.transport.pesit_link import Link, Work
from simulator.transport.pesit_names import DEFAULT, Naming
from simulator.transport.pesit_outflow import Outflow
from simulator.transport.pesit_settings import Manner
from simulator.wire import pesit

_OWN_ID = 1
# The peer has no room now, or reads that file elsewhere: not a no for good.
_LATER = frozenset(
    pesit.Diagnostic.named(name)
    for name in (
        "system-resources-short",
        "user-resources-short",
        "file-busy",
        "local-congestion",
        "remote-congestion",
        "too-many-connections",
        "call-later",
    )
)
_AGAIN = frozenset({pesit.EndCode.ERROR, pesit.EndCode.SUSPENSION, None})
_M = TypeVar("_M", bound=pesit.Message)
_C = TypeVar("_C", bound="Call")


class Refused(Exception):
    """The peer said no; `diagnostic` is its word for it, None when none was given."""

    def __init__(self, words: str, diagnostic: pesit.Diagnostic | None = None) -> None:
        super().__init__(words)
        self.diagnostic = diagnostic


class Broken(Exception):
    """The connection or a transfer broke off: it may be tried again."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where and how a server is reached.

    Attributes:
        host: name or address.
        port: of the server.
        part_id: who we are, PI 3.
        server_id: who it is, PI 4.
        password: PI 5; ``""`` sends none.
        context: of TLS (`tls.client_context`); None speaks in clear.
        manner: how we speak.
        naming: the profile of names.
        capture: asked for each connection, with its label; takes its octets.
        label: of its connections; ``""`` stands for who calls whom.
    """

    host: str
    port: int
    part_id: str
    server_id: str = "CPP001"
    password: str = ""
    context: SSL.Context | None = None
    manner: Manner = Manner()
    naming: Naming = DEFAULT
    capture: Callable[[str], Capture | None] | None = None
    label: str = ""

    def __str__(self) -> str:
        return f"{self.part_id}@{self.host}:{self.port}"


class Call:
    """A connection on which we ask. Made by `connect` (`pesit_link.Speaker`).

    Attributes:
        link: the connection.
        endpoint: where to, and how we speak.
        outflow: the file that is being sent.
        inflow: the file that is being read, and `data_ended` whether all of it is here.
        lost: done when the connection is gone.
    """

    def __init__(self, link: Link, endpoint: Endpoint) -> None:
        self.link = link
        self.endpoint = endpoint
        self._expected: tuple[type, ...] = ()
        self._answer: asyncio.Future[Any] | None = None
        self.outflow: Outflow | None = None
        self.inflow: Inflow | None = None
        self.data_ended = False
        self._failure: Exception | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # -- what the link tells --------------------------------------------------------------------

    def hear(self, event: pesit.Event) -> Work:
        """Something that the peer said."""
        action = self._ACTIONS.get(type(event))
        if action is not None:
            action(self, event)
        if isinstance(event, self._expected):
            self._settle(event)
        return None

    def ready(self) -> None:
        """There is room to send."""
        if self.outflow is None:
            return
        self.outflow.pump()
        if self.outflow.failed:
            self._fail(Refused("the file cannot be read"))
        elif self.outflow.is_done and self._expected == (Outflow,):
            self._settle(None)

    def broken(self, error: pesit.RemoteProtocolError) -> None:
        """The peer did what is not allowed."""
        if error.reply is None or isinstance(error.reply, pesit.Abort):
            self._fail(Broken(f"the peer does not keep to PeSIT: {error}"))

    def silent(self, expired: pesit.Expired) -> None:
        """The peer was silent for too long."""
        self._fail(Broken(f"no answer: timer {expired.timer} has run out"))

    def gone(self, why: str) -> None:
        """The connection is over."""
        self._fail(Broken(f"connection lost: {why}"))
        if not self.lost.done():
            self.lost.set_result(None)

    def _settle(self, answer: object) -> None:
        self._expected = ()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _fail(self, failure: Exception) -> None:
        """Ends whatever is awaited; the first failure is the one that is told."""
        self._failure = self._failure or failure
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self._failure)

    async def wait(self, *expected: type) -> Any:  # noqa: ANN401 - one of these
        """The next that is one of these; `Outflow` stands for the end of the data that we send."""
        if self._failure is not None:
            raise self._failure
        self._expected = expected
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self.link.move()
            return await self._answer
        finally:
            self._expected, self._answer = (), None

    async def ask(self, question: pesit.Message, answer: type[_M]) -> _M:
        """Says something and waits for its answer. Raises `Refused` and `Broken`."""
        try:
            self.link.say(question)
        except pesit.LocalProtocolError as error:
            message = f"this cannot be said in PeSIT: {error}"
            raise Refused(message) from None
        found: _M = await self.wait(answer)
        diagnostic: pesit.Diagnostic | None = getattr(found, "diagnostic", None)
        if diagnostic is not None and not diagnostic.is_success:
            raise refusal(question, diagnostic, getattr(found, "complement", None))
        return found

    # -- what the peer may say while data move --------------------------------------------------

    def _data(self, event: pesit.Data) -> None:
        if self.inflow is not None:
            self._written(partial(self.inflow.take, event.articles))

    def _point(self, event: pesit.Syn) -> None:
        agreement = self.link.session.agreement
        assert event.mark is not None, "the session fills it in"
        if self.inflow is not None:
            acknowledged = agreement.current.acknowledged
            self._written(partial(self.inflow.point, event.mark, acknowledged))
        if agreement.sync.window:
            self.link.say(pesit.AckSyn(number=event.number))

    def _ended(self, _event: pesit.DtfEnd) -> None:
        if self.inflow is not None:
            self._written(self.inflow.flush)
        self.data_ended = self._failure is None

    def _written(self, writing: Callable[[], None]) -> None:
        """Writes something; a medium that fails ends the connection."""
        try:
            writing()
        except OSError as error:
            self._fail(Refused(f"the file cannot be written: {error}"))
            self.link.end(pesit.Abort(diagnostic=pesit.Diagnostic.named("other")))

    def _resync(self, event: pesit.Resyn) -> None:
        transfer = self.link.session.agreement.current
        number = event.restart_point
        if not transfer.writing and number:
            number = max(number, transfer.acknowledged)
        number = self.link.go_back(number)
        if self.inflow is not None:
            self.inflow.back(number)

    def _resynced(self, event: pesit.AckResyn) -> None:
        self.data_ended = False
        if self.inflow is not None:
            self.inflow.back(event.restart_point)

    def _stopped(self, event: pesit.Idt) -> None:
        self.link.say(pesit.AckIdt())
        words = f"interrupted by the peer: {_said(event.diagnostic, event.complement)}"
        again = event.end_code in _AGAIN
        self._fail(Broken(words) if again else Refused(words, event.diagnostic))

    def _aborted(self, event: pesit.Abort) -> None:
        words = f"aborted by the peer: {_said(event.diagnostic, event.complement)}"
        self._fail(Broken(words))

    def _refused(self, event: pesit.Rconnect) -> None:
        if event.diagnostic in _LATER:
            self._fail(Broken(f"not connected: {_said(event.diagnostic, event.complement)}"))
        else:
            words = f"not connected: {_said(event.diagnostic, event.complement)}"
            self._fail(Refused(words, event.diagnostic))

    def _not_greeted(self, _event: pesit.PreRefuse) -> None:
        self._fail(Refused("the pre-connection was refused (NAK0)"))

    _ACTIONS: ClassVar[dict[type, Callable[[Any, Any], None]]] = {
        pesit.Data: _data,
        pesit.Syn: _point,
        pesit.DtfEnd: _ended,
        pesit.Resyn: _resync,
        pesit.AckResyn: _resynced,
        pesit.Idt: _stopped,
        pesit.Abort: _aborted,
        pesit.Rconnect: _refused,
        pesit.PreRefuse: _not_greeted,
    }

    # -- errands --------------------------------------------------------------------------------

    async def sign_in(self) -> None:
        """CONNECT, after a pre-connection if the manner wants one."""
        given, manner = self.endpoint, self.endpoint.manner
        if manner.preconnection:
            greeting = pesit.PreConnection(
                identifier=given.part_id[:8], password=given.password[:8]
            )
            await self.ask(greeting, pesit.PreAccept)
        connect = pesit.Connect(
            requester=given.part_id,
            server=given.server_id,
            access=pesit.Access(given.password[:8]) if given.password else None,
            crc=manner.crc or None,
            sync=manner.sync,
            resync=True,
        )
        accepted = await self.ask(connect, pesit.Aconnect)
        if accepted.version < connect.version:
            refused = pesit.Diagnostic.named("version-not-supported")
            self.link.end(pesit.Abort(diagnostic=refused))
            words = f"the peer speaks version {accepted.version} (PI 6), here it is version E, 2"
            raise Refused(words, refused)

    async def release(self) -> None:
        """Ends the connection politely."""
        await self.ask(pesit.Release(), pesit.Relconf)
        self.drop()

    def drop(self) -> None:
        """Closes the transport, whatever was going on."""
        self.link.close()


class _Factory(protocol.ClientFactory, Generic[_C]):
    noisy = False

    def __init__(self, kind: type[_C], endpoint: Endpoint, connected: asyncio.Future[_C]) -> None:
        self._kind = kind
        self._endpoint = endpoint
        self._connected = connected
        self._tasks: set[asyncio.Task[None]] = set()

    def buildProtocol(self, _address: object) -> Link:  # noqa: N802 - Twisted's name
        patience = self._endpoint.manner.answer_timeout
        link = Link(self._session, self._speaker, self._spawn, patience)
        if self._endpoint.capture is not None:
            link.capture = self._endpoint.capture(self._endpoint.label or str(self._endpoint))
        return link

    def _session(self, now: float) -> pesit.Session:
        options = self._endpoint.manner.options(tls=self._endpoint.context is not None)
        return pesit.Requester(_OWN_ID, options, now)

    def _speaker(self, link: Link) -> _C:
        call = self._kind(link, self._endpoint)
        if self._connected.done():  # nobody waits for it any more
            link.cut()
        else:
            self._connected.set_result(call)
        return call

    def _spawn(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def clientConnectionFailed(self, _connector: object, reason: Any) -> None:  # noqa: N802, ANN401 - Twisted's
        if not self._connected.done():
            self._connected.set_exception(Broken(f"no connection: {reason.getErrorMessage()}"))


async def connect(endpoint: Endpoint, kind: type[_C]) -> _C:
    """A connection of that kind, signed in. Raises `Refused` and `Broken`."""
    connected: asyncio.Future[_C] = asyncio.get_running_loop().create_future()
    factory: Any = _Factory(kind, endpoint, connected)
    if endpoint.context is not None:
        factory = tls.at_once(tls.caller_factory(endpoint.context, factory))
    timeout = endpoint.manner.timeout
    host = await _address(endpoint)
    connector = _reactor().connectTCP(host, endpoint.port, factory, timeout)
    try:
        call = await connected
    except asyncio.CancelledError:
        connector.disconnect()
        raise
    try:
        await call.sign_in()
    except BaseException:
        call.drop()
        raise
    return call


async def _address(endpoint: Endpoint) -> str:
    """The host as an address: looked up by the loop, since the reactor's threads may not run."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"no connection: {endpoint.host} is not known: {error.strerror}"
        raise Broken(message) from None
    return str(found[0][4][0])


def _reactor() -> Any:  # noqa: ANN401 - whatever was installed
    from twisted.internet import reactor  # noqa: PLC0415 - its import installs one

    return reactor


def refusal(
    question: pesit.Message, diagnostic: pesit.Diagnostic, complement: bytes | None
) -> Refused | Broken:
    """What a negative answer to a question is: a no, or a not now."""
    words = f"{question.KIND.label} refused: {_said(diagnostic, complement)}"
    return Broken(words) if diagnostic in _LATER else Refused(words, diagnostic)


def _said(diagnostic: pesit.Diagnostic, complement: bytes | None) -> str:
    more = (complement or b"").decode("ascii", "replace")
    more = f" ({more})" if more and more.isprintable() else ""
    return f"{diagnostic} {diagnostic.words}{more}"
