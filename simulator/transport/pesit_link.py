"""One PeSIT connection on a transport: octets to the session and back, in step with either side.

The session (`simulator.wire.pesit`) knows the protocol, its owner (`Speaker`) knows what to do; the
link knows the transport. What an owner cannot do at once it returns as a coroutine: nothing more is
read until that is done, so a connection holds what one read of the transport brings and no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Protocol, cast

from cryptography import x509
from twisted.internet import protocol
from twisted.python.failure import Failure

from simulator.transport.pesit_hooks import Capture, Direction
from simulator.transport.tls import is_tls, peer_certificate
from simulator.wire import pesit

log = logging.getLogger("aife_sim.pesit")

Work = Awaitable[None] | None
"""What is left of a step: nothing, or something to be awaited before the next one."""

OTHER = pesit.Diagnostic(3, 399)
SERVICE_CLOSED = pesit.Diagnostic(3, 312)
# Octets that one read of a socket brings, and that a socket is given before it counts as full. Below
# the 128 KiB from which glibc takes every block from the system and gives it back (ADR 6).
_AT_ONCE = 96 << 10
# Seconds in which a transport that was told to close must be gone.
_LAST = 5.0


class Speaker(Protocol):
    """Who uses a link."""

    def hear(self, event: pesit.Event) -> Work:
        """Something that the peer said."""

    def ready(self) -> None:
        """There is room to send, and everything that came was heard."""

    def broken(self, error: pesit.RemoteProtocolError) -> None:
        """The peer did what is not allowed; the answer has been sent."""

    def silent(self, expired: pesit.Expired) -> None:
        """The peer was silent for too long; the connection ends."""

    def gone(self, why: str) -> None:
        """The connection is over; called once."""


class Spawn(Protocol):
    """Runs a coroutine to its end, even when the connection is over before."""

    def __call__(self, work: Coroutine[Any, Any, None], /) -> object:
        """Keeps a reference to the task."""


class Link(protocol.Protocol):
    """A connection.

    Args:
        make: makes the session, at the time given.
        speaker: makes the owner, once the connection stands.
        spawn: runs what the owner leaves to be done.
        patience: seconds that the transport may be full before the peer is given up (Tp).

    Attributes:
        session: the protocol.
        peer: host and port of the other side.
        is_tls: the transport is TLS.
        full: the transport takes no more for now.
        is_cut: the peer was gone in the middle of a transfer.
    """

    session: pesit.Session

    def __init__(
        self,
        make: Callable[[float], pesit.Session],
        speaker: Callable[[Link], Speaker],
        spawn: Spawn,
        patience: float = 30.0,
    ) -> None:
        self._make = make
        self._speaker_of = speaker
        self._spawn = spawn
        self.capture: Capture | None = None
        self.peer = "unknown"
        self.is_tls = False
        self.full = False
        self.is_cut = False
        self._full_since = 0.0
        self._most_full = patience
        self._working = False
        self._moving = False
        self._closing = False
        self._over = False
        self._timer: asyncio.TimerHandle | None = None
        self._pending: list[bytes] = []

    # -- the transport --------------------------------------------------------------------------

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """The connection stands (TLS may still be under way)."""
        self._loop = asyncio.get_running_loop()
        self._since = self._heard = self._loop.time()
        self._wire = cast("Any", self.transport)
        address = self._wire.getPeer()
        self.peer = f"{address.host}:{address.port}"
        self._wire.setTcpNoDelay(True)
        self.is_tls = is_tls(self._wire)
        tcp = self._wire.transport if self.is_tls else self._wire
        tcp.bufferSize = _AT_ONCE
        tcp.SEND_LIMIT = 2 * _AT_ONCE
        self.session = self._make(self._since)
        self._wire.registerProducer(self, True)
        self._speaker = self._speaker_of(self)
        self._watch()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Octets of the peer."""
        # TLS hands over each of its records; what came with one read is heard together.
        self._pending.append(data)
        if not self.is_tls:
            self.read_ended()

    def read_ended(self) -> None:
        """Hears what came with one read of the transport (`tls.Reads`)."""
        if not self._pending:
            return
        self._heard = self._loop.time()
        data = b"".join(self._pending)
        self._pending.clear()
        self._captured(self.session.side.other, data)
        if self._closing:
            return
        events = self.session.receive(data, self._heard)
        if not self._working:
            self._hear(events)

    def _captured(self, speaker: pesit.Side, octets: bytes) -> None:
        if self.capture is not None:
            way: Direction = ">" if speaker is pesit.Side.REQUESTER else "<"
            self.capture(way, octets, self._loop.time() - self._since)

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone."""
        self.read_ended()
        if not self._closing:
            self.is_cut = self.session.is_transferring
            self._captured(self.session.side.other, b"")
        self._over = self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self.session.lost()
        self._speaker.gone(_reason(reason))

    @property
    def silence(self) -> float:
        """Seconds since anything came."""
        return self._loop.time() - self._heard

    @property
    def is_working(self) -> bool:
        """Whether something that takes time is being done for the peer."""
        return self._working

    @property
    def is_over(self) -> bool:
        """Whether the connection is gone."""
        return self._over

    @property
    def certificate(self) -> x509.Certificate | None:
        """What the peer showed in TLS."""
        return peer_certificate(self._wire)

    # -- what comes -----------------------------------------------------------------------------

    def _hear(self, events: Iterator[pesit.Event]) -> None:
        """Hears what came, as far as that can be done at once."""
        while self._hear_some(events):
            events = self.session.receive(b"", self._loop.time())
        self._rest()

    def _hear_some(self, events: Iterator[pesit.Event]) -> bool:
        """True after an error of the peer that the session survives: there may be more."""
        try:
            for event in events:
                work = self._speaker.hear(event)
                if work is not None:
                    self._begin(work)
                    return False
                if self._closing:
                    return False
        except pesit.RemoteProtocolError as error:
            self._answer(error)
            return not self._closing
        except Exception as error:
            self._defect(error)
        return False

    def _rest(self) -> None:
        """Everything that came was heard."""
        if self._closing or self._working:
            return
        if self.session.must_close:
            self.close()
            return
        self.move()
        self._watch()

    def move(self) -> None:
        """Lets the owner send what it has, if there is room."""
        if self.full or self._closing or self._working:
            return
        self._moving = True
        try:
            self._speaker.ready()
        except Exception as error:
            self._defect(error)
        finally:
            self._moving = False
        self._watch()

    def _answer(self, error: pesit.RemoteProtocolError) -> None:
        """Says what the text wants said, and closes unless the session goes on."""
        if error.reply is not None:
            self.say(error.reply)
        self._speaker.broken(error)
        if error.reply is None or isinstance(error.reply, pesit.Abort):
            self.close()

    def _begin(self, work: Awaitable[None]) -> None:
        self._working = True
        self._wire.pauseProducing()
        self._spawn(self._work(work))

    def work(self, work: Awaitable[None]) -> None:
        """Does something that takes time and was not asked for by the peer; see `Speaker.hear`."""
        self._begin(work)

    async def _work(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:
            self._defect(error)
        finally:
            self._working = False
        if not self._over:
            self._wire.resumeProducing()
            self._hear(self.session.receive(b"", self._loop.time()))

    def _defect(self, error: Exception) -> None:
        """A fault of ours must not leave the peer waiting."""
        words = "the connection with %s ends on a fault of the simulator"
        log.error(words, self.peer, exc_info=error)
        self.end(pesit.Abort(diagnostic=OTHER))

    # -- what leaves ----------------------------------------------------------------------------

    def say(self, *messages: pesit.Message) -> None:
        """Sends, unless the connection is over.

        Raises:
            LocalProtocolError: the protocol does not allow it here.
        """
        if self._closing:
            return
        self.write(self.session.send(*messages, now=self._loop.time()))

    def go_back(self, point: int) -> int:
        """Answers RESYN with a point, or with the start if that is forgotten; which it was."""
        try:
            self.say(pesit.AckResyn(restart_point=point))
        except pesit.LocalProtocolError:
            point = 0
            self.say(pesit.AckResyn(restart_point=point))
        return point

    def write(self, octets: bytes) -> None:
        """Sends octets that the session made."""
        if not octets or self._closing:
            return
        self._captured(self.session.side, octets)
        self._wire.write(octets)
        if not self._moving:
            self._watch()  # what was said may ask for an answer: its time runs now

    @property
    def now(self) -> float:
        """Time of the session."""
        return self._loop.time()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport has enough."""
        if not self.full:
            self.full = True
            self._full_since = self._loop.time()
            self._watch()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport takes more."""
        self.full = False
        self.move()
        if not self._closing:
            self._watch()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport is going; `connectionLost` follows."""

    # -- the end --------------------------------------------------------------------------------

    def end(self, *last: pesit.Message) -> None:
        """Says something for the last time, if it can be said, and closes."""
        if self._closing:
            return
        try:
            self.say(*last)
        except pesit.LocalProtocolError:
            log.debug("%s is past hearing %s", self.peer, last)
        self.close()

    def close(self) -> None:
        """Closes once what was said is on its way; the peer has a few seconds for it."""
        if self._closing:
            return
        self._closing = True
        self._captured(self.session.side, b"")
        self._wire.unregisterProducer()
        self._wire.loseConnection()
        self._arm(self._loop.time() + _LAST)

    def cut(self) -> None:
        """Drops the connection as it is."""
        self._closing = True
        if not self._over:
            self._wire.abortConnection()

    # -- time -----------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Sees to it that a timer runs when the peer's silence is to be measured."""
        at = self._patience()
        if at is not None and (self._timer is None or at < self._timer.when()):
            self._arm(at)

    def _patience(self) -> float | None:
        """When the peer is to be given up: the session's deadline, or a transport long full."""
        if self._closing:
            return None
        deadline = self.session.deadline
        if not self.full:
            return deadline.at if deadline else None
        full = self._full_since + self._most_full
        return min(full, deadline.at) if deadline else full

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._time)

    def _time(self) -> None:
        self._timer = None
        if self._closing:
            self.cut()
            return
        at, now = self._patience(), self._loop.time()
        if at is None or now < at:
            self._watch()
            return
        expired = self.session.expire(now) or pesit.Expired("answer", None)
        self._speaker.silent(expired)
        self.end(*([expired.reply] if expired.reply else []))


def _reason(failure: Failure) -> str:
    """Why a connection ended, in one line; TLS gives a list of lists."""
    said = failure.value
    rows = said.args[0] if said and said.args and isinstance(said.args[0], list) else None
    if rows:
        return "TLS: " + "; ".join(str(row[-1]) for row in rows if row)
    return failure.getErrorMessage() or type(said).__name__
