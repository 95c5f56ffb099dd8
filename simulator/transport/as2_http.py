"""HTTP for AS2: requests streamed to a spool as they arrive, with bounds on size and time.

The raw bytes are kept in the order in which they came: head first, then the body without the chunks
of HTTP. A client that is slow, idle or too large is cut off; it was never acknowledged.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import msgspec
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.web import http
from twisted.web.http_headers import Headers

from simulator.runtime.spool import Spool
from simulator.transport.as2_settings import As2Settings

log = logging.getLogger("aife_sim.as2")

Pairs = list[tuple[bytes, bytes]]


class Response(msgspec.Struct, frozen=True):
    """An HTTP answer.

    Attributes:
        status: its code.
        fields: header fields as they stand on the wire, each with its line end.
        body: its length is announced.
    """

    status: int
    fields: bytes = b""
    body: bytes = b""

    @classmethod
    def raw(cls, status: int, raw: bytes) -> Response:
        """An answer whose fields and body were written before, an empty line between them."""
        fields, _, body = raw.partition(b"\r\n\r\n")
        return cls(status, fields + b"\r\n", body)

    @classmethod
    def text(cls, status: int, words: str) -> Response:
        """An answer for people."""
        kind = b"Content-Type: text/plain; charset=utf-8\r\n"
        return cls(status, kind, f"{words}\n".encode())


Answer = Callable[["Post"], Awaitable[Response]]


class Post(http.Request):
    """One request; its raw bytes lie in `spool`, the first `head` of them are line and headers."""

    channel: Channel
    # Of its own: the channel forgets its request when the client is gone.
    house: House
    label = ""
    spool: Spool | None = None
    head = 0
    _task: asyncio.Task[None] | None = None
    _gone = False

    # -- bytes in: called by the channel --------------------------------------------------------

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """The headers are there: the body may come, if it is not too long."""
        house = self.house = self.channel.factory
        self.label = self.channel.label
        self.content = self
        if length is not None and length > house.settings.body:
            self._refuse_size()
            return
        head = b"\r\n".join(self.channel.lines) + b"\r\n\r\n"
        self.head = len(head)
        self.spool = house.new_spool()
        self.handleContentChunk(head)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """More bytes."""
        if self.spool is None:
            return
        if self.spool.size + len(data) > self.head + self.house.settings.body:
            self._refuse_size()
            return
        try:
            self.spool.write(self.spool.size, data)
        except OSError as error:
            log.warning("an AS2 message was not taken: %s", error)
            self._cut_off(503, "the disk did not take it: try again later")

    def _refuse_size(self) -> None:
        self._cut_off(413, f"expected at most {self.house.settings.body} bytes")

    def _cut_off(self, status: int, words: str) -> None:
        """Answers before the request is whole, and reads no more of it."""
        self._drop_spool()
        self.requestHeaders.removeHeader(b"Expect")  # no "100 Continue" after this
        self.channel.cut_off(status, words)

    # The channel treats `content` as a file, and would read it for an HTML form.

    def tell(self) -> int:
        """Nothing in it: so Twisted does not look for an HTML form."""
        return 0

    def seek(self, *_: int) -> None:
        """Nothing to do: the spool is read by offset."""

    def close(self) -> None:
        """Twisted's end of a request; what is being answered keeps its spool until then."""
        if self._task is None:
            self._drop_spool()

    # -- the whole request ----------------------------------------------------------------------

    def process(self) -> None:
        """The request is whole: answers later."""
        if self.spool is None:
            return
        self._task = asyncio.get_event_loop().create_task(self._answer())
        self.house.tasks.add(self._task)
        self._task.add_done_callback(self.house.tasks.discard)

    async def _answer(self) -> None:
        try:
            response = await self.house.answer(self)
        except Exception:
            log.exception("an AS2 request failed")
            response = Response.text(500, "internal error: see the log of the node")
        finally:
            self._drop_spool()
        if not self._gone:
            self._respond(response)

    def _respond(self, response: Response) -> None:
        """Writes head and body as they are: Twisted would take the fields apart once more."""
        fields = [b"%s: %s\r\n" % pair for pair in _pairs(self.responseHeaders)]  # "Connection"
        fields += [b"Content-Length: %d\r\n" % len(response.body), response.fields]
        reason = http.RESPONSES.get(response.status, b"")
        line = b"%s %d %s\r\n" % (self.clientproto, response.status, reason)
        body = b"" if self.method == b"HEAD" else response.body
        twisted: Any = self
        self.startedWriting = 1
        twisted.channel.writeSequence([line, *fields, b"\r\n", body])
        twisted.finish()

    def connectionLost(self, reason: object) -> None:  # noqa: N802 - Twisted's name
        """The client is gone: a request that is whole is taken all the same."""
        self._gone = True
        self.close()
        with suppress(AttributeError):
            super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _drop_spool(self) -> None:
        if self.spool is not None:
            self.spool.discard()
            self.spool = None

    @property
    def pairs(self) -> Pairs:
        """Names and values of the headers."""
        return _pairs(self.requestHeaders)


def _pairs(headers: Headers) -> Pairs:
    return [(name, value) for name, values in headers.getAllRawHeaders() for value in values]


class Channel(http.HTTPChannel):
    """One connection: keeps the lines of the head as they came, and does not let a client dawdle."""

    requestFactory = Post  # noqa: N815 - Twisted's name
    factory: House

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lines: list[bytes] = []
        self._limit: float | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self.label = ""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Someone knocks."""
        self.factory.channels.add(self)
        self.label = f"as2-{next(self.factory.numbers)}"
        self.timeOut = self.factory.settings.header_seconds  # type: ignore[assignment]
        super().connectionMade()  # type: ignore[no-untyped-call]
        if len(self.factory.channels) > self.factory.settings.max_connections:
            self.cut_off(503, "too many connections: try again later")

    def setTimeout(self, period: float | None) -> float | None:  # noqa: N802 - Twisted's name
        """The limit from now on, None for none; the one before.

        Timed by the loop. An alarm that is early enough is left alone: limits move with every request.
        """
        before, self._limit = self._limit, period
        if period is not None:
            loop = asyncio.get_event_loop()
            self._deadline = loop.time() + period
            if self._alarm is None or self._alarm.when() > self._deadline:
                self._set_alarm(loop)
        return before

    def _set_alarm(self, loop: asyncio.AbstractEventLoop) -> None:
        self._silence()
        self._alarm = loop.call_at(self._deadline, self._ring)

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        """The limit may have been moved or lifted since the alarm was set."""
        self._alarm = None
        if self._limit is None:
            return
        loop = asyncio.get_event_loop()
        if loop.time() < self._deadline:
            self._set_alarm(loop)
        else:
            self.timeoutConnection()  # type: ignore[no-untyped-call]

    def resetTimeout(self) -> None:  # noqa: N802 - Twisted's name
        """A byte now and then does not win time: the limits are for the whole."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Octets. A head goes in without the body behind it, which each line would copy."""
        end = data.find(_HEAD_END) + len(_HEAD_END) if self.line_mode else 0
        if len(_HEAD_END) <= end < len(data):
            super().dataReceived(data[:end])  # type: ignore[no-untyped-call]
            transport: Any = self.transport
            if not transport.disconnecting:  # the head was refused
                self.dataReceived(data[end:])  # what is deaf by now stays so
        else:
            super().dataReceived(data)  # type: ignore[no-untyped-call]

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """A line of the head."""
        if line:
            self.lines.append(line)
        super().lineReceived(line)  # type: ignore[no-untyped-call]

    def allHeadersReceived(self) -> None:  # noqa: N802 - Twisted's name
        """The head is whole: the clock of the body starts."""
        self.setTimeout(self.factory.settings.request_seconds)
        super().allHeadersReceived()  # type: ignore[no-untyped-call]
        self.lines = []

    def requestDone(self, request: object) -> None:  # noqa: N802 - Twisted's name
        """An answer has left; another request may follow."""
        self._savedTimeOut = self.factory.settings.header_seconds
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def cut_off(self, status: int, words: str) -> None:
        """Answers at once, whatever was asked, and ends the connection."""
        reason = http.RESPONSES.get(status, b"").decode()
        head = (
            f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
        )
        transport: Any = self.transport
        transport.write(f"{head}{words}\n".encode())
        self.dataReceived = _deaf  # type: ignore[method-assign, assignment]
        self.setTimeout(_LINGER)
        self.loseConnection()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Any = None) -> None:  # noqa: ANN401, N802 - Twisted's
        """The connection is gone."""
        self.factory.channels.discard(self)
        self._silence()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


_HEAD_END = b"\r\n\r\n"
# Wall seconds that a refused client has to read why.
_LINGER = 5.0


def _deaf(_: bytes) -> None:
    """What a refused client still sends is not read."""


class House(http.HTTPFactory):
    """All connections of one port.

    Args:
        settings: bounds.
        answer: gives the response to a whole request.
        new_spool: makes a place for a request.
    """

    protocol = Channel  # type: ignore[assignment]

    def __init__(
        self, settings: As2Settings, answer: Answer, new_spool: Callable[[], Spool]
    ) -> None:
        super().__init__(timeout=settings.header_seconds)
        self.settings = settings
        self.answer = answer
        self.new_spool = new_spool
        self.channels: set[Channel] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.numbers = itertools.count(1)

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: ANN401, N802 - Twisted's
        """A channel for a connection."""
        del addr
        channel = Channel()
        channel.factory = self
        return channel

    def log(self, request: object) -> None:
        """No access log: the journal has every exchange."""

    async def close(self, listeners: Iterable[IListeningPort]) -> None:
        """Takes no more, lets what is whole be answered, ends the connections."""
        for listener in listeners:
            closing: Any = listener
            closing.stopListening()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=_DRAIN)
        for channel in list(self.channels):
            transport: Any = channel.transport
            transport.abortConnection()


# Wall seconds that a stopping server gives to what is under way.
_DRAIN = 10.0
