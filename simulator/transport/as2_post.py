"""Posting over HTTP: a body in pieces, an answer with bounds on size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from OpenSSL import SSL
from twisted.internet import defer, error, protocol
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer  # type: ignore[import-untyped]

from simulator.transport.tls import HttpsTrust

# An MDN is a few kilobytes; a page that says no may be longer.
_MOST = 1 << 20
_PIECE = 256 << 10
_CONNECT_SECONDS = 10.0

Fields = Sequence[tuple[str, str]]


class PostFailed(Exception):
    """No answer came; the text says how far it got."""


class Answer(msgspec.Struct, frozen=True):
    """What came back: status line and headers as pairs, and the body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@implementer(IBodyProducer)
class _Pieces:
    """Writes a body piece by piece, at the pace of the connection."""

    def __init__(self, pieces: Iterable[bytes | memoryview], length: int) -> None:
        self.length = length
        self._windows = _windows(pieces)
        self._paused = False
        self._done: defer.Deferred[None] = defer.Deferred()

    def startProducing(self, consumer: Any) -> defer.Deferred[None]:  # noqa: ANN401, N802 - Twisted's
        """Begins; the agent pauses and resumes at the pace of the connection."""
        self._consumer = consumer
        self.resumeProducing()
        return self._done

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Goes on until the connection is full."""
        self._paused = False
        while not self._paused:
            window = next(self._windows, None)
            if window is None:
                self._paused = True
                self._done.callback(None)
                return
            self._consumer.write(bytes(window))

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is full."""
        self._paused = True

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone."""
        self._paused = True


def _windows(pieces: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), _PIECE):
            yield view[start : start + _PIECE]


class _Collector(protocol.Protocol):
    """Takes the body of an answer, up to a bound."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.broken: BaseException | None = None
        self.done: defer.Deferred[None] = defer.Deferred()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """More of it."""
        self.body += data
        if len(self.body) > _MOST:
            self.abort()

    def abort(self) -> None:
        """Reads no more; the transport of a body that is whole is gone already."""
        if self.transport is not None:
            proxy: Any = self.transport
            with suppress(Exception):
                proxy.loseConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802 - Twisted's name
        """The end: that of the body, or of the connection before it."""
        if reason is not None and not reason.check(ResponseDone, PotentialDataLoss):
            self.broken = reason.value
        if not self.done.called:
            self.done.callback(None)


class Poster:
    """Posts over HTTP and HTTPS.

    Args:
        reactor: Twisted's.
    """

    def __init__(self, reactor: Any) -> None:  # noqa: ANN401 - whatever reactor is installed
        self._reactor = reactor

    async def post(
        self,
        url: str,
        fields: Fields,
        pieces: Sequence[Any],
        seconds: float,
        trust: HttpsTrust | None = None,
    ) -> Answer:
        """Posts a body and reads the answer.

        Args:
            url: http or https.
            fields: headers.
            pieces: the body.
            seconds: wall time for all of it.
            trust: what an https server must prove, None for what the machine trusts.

        Raises:
            PostFailed: no whole answer came.
        """
        try:
            return await asyncio.wait_for(self._post(url, fields, pieces, trust), seconds)
        except TimeoutError:
            message = f"no answer within {seconds:g} s"
            raise PostFailed(message) from None
        except (ResponseFailed, ResponseNeverReceived, RequestTransmissionFailed) as failed:
            inner = failed.reasons[0].value if failed.reasons else failed
            message = f"the connection broke off: {_words(inner)}"
            raise PostFailed(message) from failed
        except (error.ConnectError, error.ConnectionLost, SSL.Error, OSError, ValueError) as no:
            message = f"cannot reach it: {_words(no)}"
            raise PostFailed(message) from no

    async def _post(
        self, url: str, fields: Fields, pieces: Sequence[Any], trust: HttpsTrust | None
    ) -> Answer:
        more = {"contextFactory": trust} if trust is not None else {}
        agent: Any = Agent(self._reactor, connectTimeout=_CONNECT_SECONDS, **more)
        headers = Headers()
        for name, value in fields:
            headers.addRawHeader(name.encode("ascii"), value.encode("latin-1"))
        length = sum(len(piece) for piece in pieces)
        asked = agent.request(b"POST", url.encode("ascii"), headers, _Pieces(pieces, length))
        loop = asyncio.get_running_loop()
        response = await _cancelled_with(asked.asFuture(loop), asked)
        collector = _Collector()
        response.deliverBody(collector)
        try:
            await collector.done.asFuture(loop)
        except asyncio.CancelledError:
            collector.abort()
            raise
        if len(collector.body) > _MOST:
            message = f"expected an answer of at most {_MOST} bytes"
            raise PostFailed(message)
        if collector.broken:
            message = f"the answer broke off: {_words(collector.broken)}"
            raise PostFailed(message)
        pairs = [(n, v) for n, values in response.headers.getAllRawHeaders() for v in values]
        return Answer(response.code, tuple(pairs), bytes(collector.body))


async def _cancelled_with(future: asyncio.Future[Any], deferred: Any) -> Any:  # noqa: ANN401
    try:
        return await future
    except asyncio.CancelledError:
        deferred.cancel()
        raise


def _words(failure: BaseException) -> str:
    return " ".join(str(failure).split()) or type(failure).__name__
