"""Posting: what a listener does wrong while it is written to is a failure, never another error."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred

from simulator.transport.as2_post import Answer, Poster, PostFailed

BODY = [b"x" * (1 << 20)] * 24


@contextmanager
def hanging_up(after: int, answer: bytes = b"") -> Iterator[str]:
    """A server that reads so many bytes, may say something, and cuts the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                left = after
                while left > 0 and (piece := connection.recv(min(left, 65536))):
                    left -= len(piece)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/as2"
        finally:
            thread.join(10)


def posting(url: str) -> Deferred[Answer]:
    asked = Poster(reactor).post(url, [("X", "y")], BODY, 10.0)
    return Deferred.fromFuture(asyncio.ensure_future(asked))


@pytest.mark.parametrize("after", [1, 1 << 20])
def test_a_connection_cut_while_the_body_is_written(after: int) -> object:
    async def scene() -> None:
        with hanging_up(after) as url:
            with pytest.raises(PostFailed, match="broke off"):
                await posting(url)

    return ensureDeferred(scene())


def test_an_answer_that_comes_before_the_body_is_written() -> object:
    """A listener that says no at once and hangs up: whichever is seen first, nothing else escapes."""

    async def scene() -> None:
        with hanging_up(1, b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n") as url:
            try:
                answer = await posting(url)
            except PostFailed as failed:
                assert "broke off" in str(failed)
            else:
                assert answer.status == 413

    return ensureDeferred(scene())
