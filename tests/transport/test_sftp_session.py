"""One session without a network: bytes in, bytes out, however they are cut."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import run

from simulator.transport import sftp_session
from simulator.transport.sftp_handles import Visit
from simulator.transport.sftp_packets import Entry, Kind, names
from simulator.transport.sftp_session import SftpSession
from simulator.transport.sftp_settings import SftpSettings
from simulator.transport.sftp_unfinished import Unfinished


def packet(kind: int, *fields: int | bytes | tuple[int]) -> bytes:
    """A request: int is 4 bytes, a tuple of one is 8 bytes, bytes have their length in front."""
    body = bytes([kind])
    for field in fields:
        if isinstance(field, tuple):
            body += struct.pack(">Q", *field)
        elif isinstance(field, int):
            body += struct.pack(">I", field)
        else:
            body += struct.pack(">I", len(field)) + field
    return struct.pack(">I", len(body)) + body


INIT = packet(Kind.INIT, 3)


def open_file(number: int, path: bytes, flags: int = 2 | 8 | 16) -> bytes:
    return packet(Kind.OPEN, number, path, flags, 0)


class FakeChannel:
    """What a session asks of its channel."""

    def __init__(self) -> None:
        self.written = b""
        self.paused = False
        self.exits: list[int] = []
        self.on_write: Callable[[], None] = lambda: None

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def write(self, data: bytes) -> None:
        self.written += data
        self.on_write()

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def exit(self, status: int) -> None:
        self.exits.append(status)

    def replies(self) -> list[tuple[int, int, bytes]]:
        """Type, identifier and rest of every whole packet."""
        found, rest = [], self.written
        while rest:
            size, kind, number = struct.unpack(">IBI", rest[:9])
            found.append((kind, number, rest[9 : 4 + size]))
            rest = rest[4 + size :]
        return found

    def codes(self) -> list[tuple[int, int]]:
        """Identifier and code of every status."""
        return [
            (number, struct.unpack(">I", rest[:4])[0])
            for kind, number, rest in self.replies()
            if kind == Kind.STATUS
        ]


class Line:
    """A session on a fake channel with a fake node."""

    def __init__(self, gateway: Any, **given: Any) -> None:
        options = SftpSettings(**given)
        self.gateway = gateway
        self.unfinished = Unfinished(options)
        self.channel = FakeChannel()
        self.tasks: list[asyncio.Task[object]] = []
        self.left = 0
        visit = Visit("DEM001", "test", gateway, options, self.unfinished)
        self.session = SftpSession(visit, self._spawn, self._leave)
        self.session.connection_made(self.channel)

    def _spawn(self, work: Awaitable[object]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    def _leave(self) -> None:
        self.left += 1

    def feed(self, data: bytes) -> None:
        self.session.data_received(data, None)

    async def settle(self) -> None:
        while pending := [task for task in self.tasks if not task.done()]:
            await asyncio.wait(pending)
        for task in self.tasks:
            task.result()


DIALOGUE = (
    INIT
    + open_file(1, b"/depot/a")
    + packet(Kind.WRITE, 2, b"\0\0\0\1", (0,), b"content")
    + packet(Kind.FSTAT, 3, b"\0\0\0\1")
    + packet(Kind.CLOSE, 4, b"\0\0\0\1")
    + packet(Kind.STAT, 5, b"/depot/a")
    + packet(Kind.STAT, 6, b"/retrait/none")
    + packet(99, 7)
    + packet(Kind.REALPATH, 8, b"x/..")
)


async def dialogue(gateway: Any, cuts: list[int]) -> dict[int, tuple[int, bytes]]:
    line = Line(gateway)
    edges = [0, *sorted(cuts), len(DIALOGUE)]
    for start, end in pairwise(edges):
        line.feed(DIALOGUE[start:end])
    await line.settle()
    assert gateway.deposits.pop() == ("DEM001", "a", b"content")
    return {number: (kind, rest[-32:-8]) for kind, number, rest in line.channel.replies()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(0, len(DIALOGUE)), max_size=40))
def test_requests_are_answered_the_same_however_the_bytes_are_cut(
    gateway: Any, cuts: list[int]
) -> None:
    assert run(dialogue(gateway, cuts)) == run(dialogue(gateway, []))


def test_each_byte_alone(gateway: Any) -> None:
    cuts = list(range(len(DIALOGUE)))
    kinds = {number: kind for number, (kind, _) in run(dialogue(gateway, cuts)).items() if number}
    assert kinds == {
        1: Kind.HANDLE, 2: Kind.STATUS, 3: Kind.STATUS, 4: Kind.STATUS, 5: Kind.ATTRS,
        6: Kind.STATUS, 7: Kind.STATUS, 8: Kind.NAME,
    } | {3: Kind.ATTRS}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        packet(Kind.OPEN, 1),
        INIT + struct.pack(">I", 0),
        INIT + struct.pack(">I", 4) + b"\x11\0\0\0",
        INIT + struct.pack(">I", 1 << 20),
        INIT + b"\xff" * 4,
    ],
)
def test_what_is_not_sftp_ends_the_session(gateway: Any, data: bytes) -> None:
    line = Line(gateway)
    line.feed(data)
    assert line.channel.exits == [0]
    line.feed(open_file(2, b"/depot/a"))
    assert all(kind == Kind.VERSION for kind, _, _ in line.channel.replies())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(kind=st.integers(0, 255), body=st.binary(max_size=60))
def test_no_request_whatever_its_fields_ends_the_session(
    gateway: Any, kind: int, body: bytes
) -> None:
    async def ask() -> list[tuple[int, int, bytes]]:
        line = Line(gateway)
        line.feed(INIT + struct.pack(">IBI", 5 + len(body), kind, 7) + body)
        line.feed(packet(Kind.REALPATH, 8, b"/"))
        await line.settle()
        line.session.connection_lost(None)
        await line.settle()
        return line.channel.replies()

    (_, seven, eight) = run(ask())
    assert (seven[1], eight[:2]) == (7, (Kind.NAME, 8))


def test_a_close_that_was_received_is_a_deposit_even_if_the_connection_goes_with_it(
    gateway: Any,
) -> None:
    async def lose() -> None:
        line = Line(gateway)
        line.feed(INIT + open_file(1, b"/depot/a") + open_file(2, b"/depot/b"))
        line.feed(packet(Kind.CLOSE, 3, b"\0\0\0\1"))
        line.session.connection_lost(ConnectionResetError("gone"))
        await line.settle()
        assert line.left == 1
        assert line.channel.codes() == []

    run(lose())
    assert [name for _, name, _ in gateway.deposits] == ["a"]
    assert [gateway.events.get_nowait() for _ in range(2)] == [
        ("depositing", "DEM001", "a"), ("cut", "DEM001", "b", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["end of file", "lost"])
def test_what_is_open_at_the_end_is_cut(gateway: Any, how: str) -> None:
    async def end() -> None:
        line = Line(gateway)
        line.feed(INIT + open_file(1, b"/depot/a"))
        line.feed(packet(Kind.WRITE, 2, b"\0\0\0\1", (0,), b"abc"))
        if how == "lost":
            line.session.connection_lost(None)
        else:
            assert line.session.eof_received()
        assert line.unfinished.find(b"a").spool.size == 3  # before any other session can look
        await line.settle()
        assert line.channel.exits == ([] if how == "lost" else [0])

    run(end())
    assert gateway.events.get_nowait() == ("cut", "DEM001", "a", 3)


def test_the_end_waits_for_commits_and_answers_them(gateway: Any) -> None:
    async def end() -> None:
        gateway.commit.clear()
        line = Line(gateway)
        line.feed(INIT + open_file(1, b"/depot/a") + packet(Kind.CLOSE, 2, b"\0\0\0\1"))
        line.session.eof_received()
        await asyncio.sleep(0)
        assert line.channel.exits == []
        gateway.commit.set()
        await line.settle()
        assert line.channel.codes() == [(2, 0)]
        assert line.channel.exits == [0]

    run(end())


def test_a_client_that_does_not_read_is_not_read_either(gateway: Any) -> None:
    async def stall() -> None:
        gateway.add_return("r", bytes(1 << 20))
        line = Line(gateway)
        line.feed(INIT + open_file(1, b"/retrait/r", 1))
        await line.settle()
        line.session.pause_writing()
        asked = b"".join(packet(Kind.READ, n, b"\0\0\0\1", (n * 1000,), 1000) for n in range(2, 50))
        before = len(line.channel.replies())
        line.feed(asked)
        assert line.channel.paused
        assert len(line.channel.replies()) == before
        line.session.resume_writing()
        assert not line.channel.paused
        assert len(line.channel.replies()) == before + 48
        line.session.connection_lost(None)

    run(stall())


def test_writing_that_pauses_and_resumes_within_itself_does_no_harm(gateway: Any) -> None:
    async def stutter() -> None:
        gateway.add_return("r", bytes(3 << 20))
        line = Line(gateway)

        def on_write() -> None:
            line.session.pause_writing()
            line.session.resume_writing()

        line.channel.on_write = on_write
        line.feed(INIT + open_file(1, b"/retrait/r", 1))
        await line.settle()
        line.feed(b"".join(packet(Kind.READ, n, b"\0\0\0\1", (0,), 100_000) for n in range(2, 40)))
        numbers = [n for kind, n, _ in line.channel.replies() if kind == Kind.DATA]
        assert numbers == list(range(2, 40))
        line.session.connection_lost(None)

    run(stutter())


def test_commits_under_way_are_bounded(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_session, "_MOST_APART", 2)

    async def crowd() -> None:
        gateway.commit.clear()
        line = Line(gateway)
        for number in range(1, 4):
            line.feed(INIT if number == 1 else b"")
            line.feed(open_file(number, f"/depot/{number}".encode()))
        for number in range(1, 4):
            line.feed(packet(Kind.CLOSE, 10 + number, struct.pack(">I", number)))
        assert line.channel.paused
        assert len(line.tasks) == 2
        gateway.commit.set()
        await line.settle()
        assert not line.channel.paused
        assert [number for number, _ in line.channel.codes()] == [11, 12, 13]

    run(crowd())


def test_a_return_that_opens_after_the_connection_went_is_given_back(gateway: Any) -> None:
    async def late() -> None:
        gateway.add_return("r", b"x")
        line = Line(gateway)
        line.feed(INIT + open_file(1, b"/retrait/r", 1))
        line.session.connection_lost(None)
        await line.settle()

    run(late())
    assert gateway.held == {}
    assert [reader.closed for reader in gateway.readers] == [1]


def test_only_the_sftp_subsystem_is_taken(gateway: Any) -> None:
    session = Line(gateway).session
    assert session.subsystem_requested("sftp")
    assert not session.subsystem_requested("shell")
    assert not session.shell_requested()
    assert not session.exec_requested("id")
    assert not session.pty_requested("xterm", (80, 24, 0, 0), {})


def test_a_long_name_reads_like_ls() -> None:
    rows = [Entry(b"old", 0o100440, 5, 0), Entry(b"dir", 0o040550, 0, 1_788_249_600)]
    reply = names(b"\0\0\0\1", rows, "DEM001")
    assert b"-r--r-----    1 DEM001   aife                5 Jan  1  1970 old" in reply
    assert b"dr-xr-x---    2 DEM001   aife                0 Sep  1" in reply
