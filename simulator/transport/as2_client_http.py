"""As much of HTTP/1.1 as a partner's side of AS2 needs: one exchange a connection, all bounded.

Over asyncio streams, client and server: the command line runs `asyncio.run`, without a reactor, and
installing Twisted's for one POST costs more than these few lines; `http.client` in a thread cannot
be cancelled, takes a 102 for the answer (RFC 2518 section 10.1), and has no server beside it.
Source: RFC 9112 sections 2 to 7; RFC 9110 section 10.1.1 (Expect).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from simulator.transport.as2_party import Fields

_LAST_CHUNK = 0
_MOST_INTERIM = 100
_BLOCK = 1 << 20
_REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class HttpFault(Exception):
    """The other side does not speak HTTP as expected; `status` is what a server answers to it."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class NotConnected(Exception):
    """Nothing was sent: no connection came about."""


class NoAnswer(Exception):
    """The request may have arrived; no answer did."""


class Limits(msgspec.Struct, frozen=True):
    """What one exchange may cost.

    Attributes:
        head: bytes of a start line with its fields.
        body: bytes of a body.
        connect: seconds to connect.
        seconds: for the whole exchange.
        connections: at the same time, of a server.
    """

    head: int = 64 << 10
    body: int = 256 << 20
    connect: float = 30.0
    seconds: float = 300.0
    connections: int = 32


DEFAULT = Limits()


class Message(msgspec.Struct, frozen=True, eq=False):
    """A request or an answer.

    Attributes:
        start: first line.
        headers: fields in their order.
        body: whole.
    """

    start: str
    headers: Fields
    body: bytes = b""

    @property
    def status(self) -> int:
        """Of an answer; 0 of anything else."""
        word = self.start.split(" ")[1:2]
        return int(word[0]) if word and word[0].isdigit() and len(word[0]) == 3 else 0

    def get(self, name: str) -> str:
        """The values of that name, joined by commas; empty when absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


class Address(msgspec.Struct, frozen=True):
    """A URL taken apart: where to connect, what to ask for."""

    host: str
    port: int
    target: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Take a URL apart.

        Raises:
            NotConnected: it is not ``http://host[:port]/path`` or ``https://...``.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise NotConnected(f"{url!r} is not a URL: {error}") from None
        plain = url.isascii() and url.isprintable() and " " not in url
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise NotConnected(f"expected http://host:port/path or https://..., found {url!r}")
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname, port or (443 if secure else 80), target, secure)

    @property
    def named(self) -> str:
        """``host:port``, as in a Host field."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def post(
    url: str, headers: Fields, body: bytes, *, ca: Path | None = None, limits: Limits = DEFAULT
) -> Message:
    """Posts a body and reads the answer, interim ones (1xx) passed over.

    Args:
        url: where to.
        headers: those of the message; those of HTTP are added.
        body: whole.
        ca: certificates to trust for https, PEM; None for those of the system.
        limits: time and size.

    Raises:
        NotConnected: nothing was sent.
        NoAnswer: something was sent, and no readable answer came.
    """
    address = Address.of(url)
    reader, writer = await _connected(address, ca, limits)
    own = (("Host", address.named), ("Content-Length", str(len(body))), ("Connection", "close"))
    try:
        async with asyncio.timeout(limits.seconds):
            with suppress(ConnectionError):  # it may have answered before it had read everything
                await _write(writer, f"POST {address.target} HTTP/1.1", (*own, *headers), body)
            return await _final_answer(reader, limits)
    except TimeoutError:
        raise NoAnswer(f"no answer from {url} within {limits.seconds:g} s") from None
    except (HttpFault, OSError) as error:
        raise NoAnswer(f"no answer from {url}: {error or type(error).__name__}") from error
    finally:
        await _end(writer)


async def _connected(
    address: Address, ca: Path | None, limits: Limits
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        context = ssl.create_default_context(cafile=ca) if address.secure else None
        async with asyncio.timeout(limits.connect):
            return await asyncio.open_connection(
                address.host, address.port, ssl=context, limit=limits.head
            )
    except ConnectionRefusedError:
        raise NotConnected(f"{address.named}: nothing listens there") from None
    except TimeoutError:
        message = f"{address.named}: no connection within {limits.connect:g} s"
        raise NotConnected(message) from None
    except (OSError, UnicodeError) as error:  # ssl's errors are OSErrors, those of IDNA are not
        raise NotConnected(f"{address.named}: {error}") from error


async def _final_answer(reader: asyncio.StreamReader, limits: Limits) -> Message:
    for _ in range(_MOST_INTERIM):
        head = await _read_head(reader)
        if not head.start.startswith("HTTP/1.") or not head.status:
            raise HttpFault(f"an HTTP answer is expected, {head.start[:60]!r} came")
        if head.status >= 200:
            bodiless = head.status in {204, 304}
            body = b"" if bodiless else await _read_body(reader, head, limits, to_the_end=True)
            return Message(head.start, head.headers, body)
    raise HttpFault(f"more than {_MOST_INTERIM} interim answers")


async def _read_head(reader: asyncio.StreamReader) -> Message:
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        what = f"after {len(error.partial)} bytes" if error.partial else "without a word"
        raise HttpFault(f"the connection ended {what}") from None
    except asyncio.LimitOverrunError:
        raise HttpFault("the header block is too long") from None
    start, *lines = block[:-4].decode("latin-1").split("\r\n")
    return Message(start, tuple(_field(line) for line in lines))


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip() or "\n" in line or "\0" in line:
        raise HttpFault(f"a header field is expected, {line[:60]!r} came")
    return name, value.strip()


async def _read_body(
    reader: asyncio.StreamReader, head: Message, limits: Limits, *, to_the_end: bool
) -> bytes:
    """A body of fixed length, in chunks, or `to_the_end` of the connection (answers only)."""
    length, coding = head.get("Content-Length"), head.get("Transfer-Encoding").lower()
    if coding and (coding != "chunked" or length):
        raise HttpFault(f"transfer coding {coding!r} beside length {length!r} is not understood")
    try:
        if coding:
            return await _read_chunks(reader, limits)
        if length or not to_the_end:
            return await reader.readexactly(_size(length or "0", 10, limits))
        return await _read_rest(reader, limits)
    except asyncio.IncompleteReadError as error:
        raise HttpFault(f"the body ended after {len(error.partial)} bytes") from None
    except asyncio.LimitOverrunError:
        raise HttpFault("the line before a chunk is too long") from None


def _size(text: str, base: int, limits: Limits, before: int = 0) -> int:
    digits = set("0123456789abcdefABCDEF"[: 10 if base == 10 else 22])
    if not text or not set(text) <= digits or len(text) > 16:
        raise HttpFault(f"a size is expected, {text[:20]!r} came")
    size = int(text, base)
    if before + size > limits.body:
        raise HttpFault(f"more than {limits.body} bytes", 413)
    return size


async def _read_chunks(reader: asyncio.StreamReader, limits: Limits) -> bytes:
    body = bytearray()
    while True:
        line = (await reader.readuntil(b"\r\n")).decode("latin-1")
        size = _size(line.partition(";")[0].strip(), 16, limits, len(body))
        if size == _LAST_CHUNK:
            break
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise HttpFault("a chunk is longer than it says")
    for _ in range(_MOST_INTERIM):  # trailers mean nothing in AS2
        if await reader.readuntil(b"\r\n") == b"\r\n":
            return bytes(body)
    raise HttpFault("too many trailers")


async def _read_rest(reader: asyncio.StreamReader, limits: Limits) -> bytes:
    body = bytearray()
    while block := await reader.read(_BLOCK):
        body += block
        if len(body) > limits.body:
            raise HttpFault(f"more than {limits.body} bytes", 413)
    return bytes(body)


async def _write(
    writer: asyncio.StreamWriter, start: str, headers: Iterable[tuple[str, str]], body: bytes
) -> None:
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if any(set(line) & set("\r\n\0") for line in lines):
        raise HttpFault("a header field with a line break cannot be sent")
    writer.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n")
    view = memoryview(body)
    for at in range(0, len(view), _BLOCK):
        writer.write(view[at : at + _BLOCK])
        await writer.drain()
    await writer.drain()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):  # a peer that never says goodbye is not waited for
            await writer.wait_closed()


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lets the peer read a refusal: closing over bytes that it still sends would reset it away."""
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while await reader.read(_BLOCK):
                pass


class Reply(msgspec.Struct, frozen=True, eq=False):
    """What a server answers."""

    status: int
    headers: Fields = ()
    body: bytes = b""

    @classmethod
    def text(cls, status: int, words: str) -> Reply:
        """A line for people."""
        return cls(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{words}\n".encode())


Handler: TypeAlias = Callable[[Message], Awaitable[Reply]]


class Server:
    """An HTTP server whose only method is POST. Made by `serve`."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        self._handler = handler
        self._limits = limits
        self._open: set[asyncio.Task[None]] = set()
        self.host, self.port = "", 0

    async def bind(self, host: str, port: int) -> None:
        """Listens. Raises `OSError` when the port is taken."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=self._limits.head)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Takes no more connections; those that are open are cut."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                reply = await self._replied(reader, writer)
                own = (("Content-Length", str(len(reply.body))), ("Connection", "close"))
                start = f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"
                async with asyncio.timeout(self._limits.seconds):
                    await _write(writer, start, (*own, *reply.headers), reply.body)
                if reply.status >= 400:
                    await _linger(reader, writer)
        finally:
            await _end(writer)

    async def _replied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
        if len(self._open) > self._limits.connections:
            return Reply.text(503, "too many connections")
        try:
            async with asyncio.timeout(self._limits.seconds):
                request = await self._read(reader, writer)
        except HttpFault as fault:
            return Reply.text(fault.status, str(fault))
        except TimeoutError:
            return Reply.text(408, f"the request took more than {self._limits.seconds:g} s")
        if not request.start.startswith("POST "):
            return Reply.text(405, "AS2 messages are posted")
        return await self._handler(request)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Message:
        head = await _read_head(reader)
        if len(head.start.split(" ")) != 3 or " HTTP/1." not in head.start:
            raise HttpFault(f"an HTTP request is expected, {head.start[:60]!r} came")
        if head.get("Expect").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await _read_body(reader, head, self._limits, to_the_end=False)
        return Message(head.start, head.headers, body)


async def serve(host: str, port: int, handler: Handler, limits: Limits = DEFAULT) -> Server:
    """A server that is bound. Raises `OSError` when the port is taken."""
    server = Server(handler, limits)
    await server.bind(host, port)
    return server
