"""Retrieval: what a partner sees, and when a return counts as fetched."""

from __future__ import annotations

import calendar
import os
import stat
from typing import Any

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko.sftp import CMD_CLOSE, CMD_DATA, CMD_OPEN, CMD_READ, int64

from simulator.runtime.gateway import GatewayError
from simulator.transport.sftp_packets import Refused
from simulator.transport.sftp_retrait import Coverage

NAME = "CSO1100A_DEM001_CPP0011100000000000000001.tar.gz"
PATH = f"/retrait/{NAME}"
interop = pytest.mark.interop


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=30), st.integers(0, 70))
def test_coverage_knows_whether_every_byte_was_read(
    ranges: list[tuple[int, int]], size: int
) -> None:
    coverage, seen = Coverage(), set()
    for start, length in ranges:
        coverage.add(start, start + length)
        seen |= set(range(start, start + length))
    assert coverage.is_all(size) == (set(range(size)) <= seen)


def test_reading_in_crumbs_has_an_end() -> None:
    coverage = Coverage()
    for start in range(0, 2 * 4096, 2):
        coverage.add(start, start + 1)
    with pytest.raises(Refused, match="too many pieces"):
        coverage.add(10_000, 10_001)


def opened(client: paramiko.SFTPClient, path: str = PATH, flags: int = 1) -> bytes:
    _, reply = client._request(CMD_OPEN, path.encode(), flags, paramiko.SFTPAttributes())
    return reply.get_binary()


def read(client: paramiko.SFTPClient, handle: bytes, offset: int, size: int) -> bytes:
    kind, reply = client._request(CMD_READ, handle, int64(offset), size)
    assert kind == CMD_DATA
    return reply.get_binary()


def close(client: paramiko.SFTPClient, handle: bytes) -> None:
    client._request(CMD_CLOSE, handle)


@interop
def test_a_listing_shows_what_waits_and_nothing_to_change(site: Any) -> None:
    site.gateway.add_return(NAME, bytes(1000))
    with site.session() as client:
        (row,) = client.listdir_attr("/retrait")
        assert (row.filename, row.st_size, row.st_mode) == (NAME, 1000, stat.S_IFREG | 0o440)
        assert row.st_mtime == calendar.timegm((2026, 9, 1, 8, 0, 0))
        assert client.stat(PATH).st_size == client.lstat(PATH).st_size == 1000
        assert client.stat("/retrait").st_mode == stat.S_IFDIR | 0o550


@interop
@pytest.mark.parametrize("late", [False, True])
def test_a_return_read_whole_and_closed_is_fetched_and_gone(site: Any, late: bool) -> None:
    content = os.urandom(700_000)
    number = site.gateway.add_return(NAME, content)
    site.gateway.late_reads = late
    with site.session() as client:
        with client.open(PATH, "rb") as file:
            assert file.read() == content
            assert site.gateway.fetches == []
            assert client.listdir("/retrait") == [NAME]
        assert site.gateway.fetches == [number]
        assert client.listdir("/retrait") == []
        with pytest.raises(FileNotFoundError):
            client.stat(PATH)
    assert site.gateway.held == {}
    assert [reader.closed for reader in site.gateway.readers] == [1]


@interop
def test_the_close_is_answered_only_once_the_fetch_is_durable(site: Any) -> None:
    site.gateway.add_return(NAME, b"x")
    with site.session() as client:
        handle = opened(client)
        read(client, handle, 0, 1)
        site.call(site.gateway.commit.clear)
        sent = client._async_request(type(None), CMD_CLOSE, handle)
        client.stat("/retrait")
        assert sent in client._expecting
        site.call(site.gateway.commit.set)
        client._read_response(sent)
    assert len(site.gateway.fetches) == 1


@interop
def test_ranges_read_through_several_handles_together_fetch_it(site: Any) -> None:
    site.gateway.add_return(NAME, bytes(100))
    with site.session() as client:
        one, two = opened(client), opened(client)
        read(client, one, 50, 50)
        close(client, one)
        read(client, two, 0, 30)
        close(client, two)
        assert site.gateway.fetches == []
        three = opened(client)
        read(client, three, 30, 100)
        assert site.gateway.fetches == []
        close(client, three)
        assert site.gateway.fetches == [1]


@interop
def test_a_gap_means_not_fetched(site: Any) -> None:
    site.gateway.add_return(NAME, bytes(100))
    with site.session() as client:
        handle = opened(client)
        read(client, handle, 0, 49)
        read(client, handle, 50, 50)
        close(client, handle)
        assert client.listdir("/retrait") == [NAME]
    assert site.gateway.fetches == []


@interop
def test_a_connection_lost_before_the_close_means_not_fetched(site: Any) -> None:
    site.gateway.add_return(NAME, bytes(100))
    with site.session() as client:
        assert len(read(client, opened(client), 0, 100)) == 100
    site.gateway.expect("released")
    assert (site.gateway.fetches, site.gateway.readers[0].closed) == ([], 1)
    with site.session() as client, client.open(PATH, "rb") as file:
        assert len(file.read()) == 100


@interop
def test_parts_read_in_two_sessions_do_not_add_up(site: Any) -> None:
    site.gateway.add_return(NAME, bytes(100))
    for offset in (0, 50):
        with site.session() as client:
            handle = opened(client)
            read(client, handle, offset, 50)
            close(client, handle)
    assert site.gateway.fetches == []


@interop
def test_an_empty_return_is_fetched_by_a_close(site: Any) -> None:
    site.gateway.add_return(NAME, b"")
    with site.session() as client:
        assert client.stat(PATH).st_size == 0
        close(client, opened(client))
    assert site.gateway.fetches == [1]


@interop
def test_a_return_that_another_session_reads_is_refused_until_it_is_released(site: Any) -> None:
    site.gateway.add_return(NAME, b"xy")
    with site.session() as first, site.session() as second:
        handle = opened(first)
        with pytest.raises(OSError, match="being read in another session"):
            opened(second)
        read(first, handle, 0, 1)
        close(first, handle)
        again = opened(second)
        read(second, again, 0, 2)
        close(second, again)
    assert site.gateway.fetches == [1]


@interop
def test_a_return_that_went_meanwhile_is_refused_with_the_words_of_the_node(site: Any) -> None:
    number = site.gateway.add_return(NAME, b"xy")
    with site.session() as client:
        assert client.listdir("/retrait") == [NAME]
        del site.gateway.returns[number]
        with pytest.raises(OSError, match="there no longer"):
            opened(client)
        with pytest.raises(FileNotFoundError):
            client.stat(PATH)
    assert site.gateway.held == {}


@interop
def test_a_return_that_appears_while_listing_is_in_the_next_listing(site: Any) -> None:
    for number in range(250):
        site.gateway.add_return(f"{number:03}", b"")
    with site.session() as client:
        names = []
        for row in client.listdir_iter("/retrait", read_aheads=1):
            if not names:
                site.gateway.add_return("late", b"")
            names.append(row.filename)
        assert names == [f"{number:03}" for number in range(250)]
        assert client.listdir("/retrait")[-1] == "late"
        assert client.stat("/retrait/late").st_size == 0


@interop
def test_a_fetch_that_is_not_recorded_fails_the_close_and_the_return_stays(site: Any) -> None:
    site.gateway.add_return(NAME, b"x")
    site.gateway.refuse = GatewayError("the fetch was not recorded: disk full")
    with site.session() as client:
        handle = opened(client)
        read(client, handle, 0, 1)
        with pytest.raises(OSError, match="was not recorded: disk full"):
            close(client, handle)
        assert client.listdir("/retrait") == [NAME]
        assert site.gateway.held == {}


@interop
def test_returns_may_stay_after_a_fetch(idle_site: Any) -> None:
    site = idle_site.start(once=False)
    site.gateway.add_return(NAME, b"x")
    for _ in range(2):
        with site.session() as client:
            handle = opened(client)
            read(client, handle, 0, 1)
            close(client, handle)
            assert client.listdir("/retrait") == [NAME]
    assert site.gateway.fetches == [1, 1]


@interop
def test_nothing_can_be_changed_in_the_retrieval_area(site: Any) -> None:
    site.gateway.add_return(NAME, b"x")
    with site.session() as client:
        attempts = [
            lambda: opened(client, "/retrait/new", 2 | 8),
            lambda: opened(client, PATH, 1 | 2),
            lambda: opened(client, PATH, 16),
            lambda: client.remove(PATH),
            lambda: client.rename(PATH, "/retrait/other"),
            lambda: client.rename(PATH, "/depot/other"),
            lambda: client.posix_rename("/depot/a.part", PATH),
            lambda: client.chmod(PATH, 0o777),
        ]
        for attempt in attempts:
            with pytest.raises(PermissionError):
                attempt()
        assert client.listdir("/retrait") == [NAME]


@interop
def test_reading_at_or_beyond_the_end_says_so(site: Any) -> None:
    site.gateway.add_return(NAME, b"x")
    with site.session() as client:
        handle = opened(client)
        for offset in (1, 1 << 63, (1 << 64) - 1):
            with pytest.raises(EOFError):
                read(client, handle, offset, 10)


@interop
def test_an_old_listing_of_another_session_does_not_bring_a_return_back(site: Any) -> None:
    site.gateway.add_return(NAME, b"x")
    with site.session() as first, site.session() as second:
        assert second.listdir("/retrait") == [NAME]
        handle = opened(first)
        read(first, handle, 0, 1)
        close(first, handle)
        with pytest.raises(OSError, match="there no longer"):
            opened(second)
    assert site.gateway.fetches == [1]


@interop
def test_a_handle_is_of_no_use_after_its_close(site: Any) -> None:
    site.gateway.add_return(NAME, b"xy")
    with site.session() as client:
        handle = opened(client)
        close(client, handle)
        for attempt in (lambda: read(client, handle, 0, 1), lambda: close(client, handle)):
            with pytest.raises(OSError, match="no such handle"):
                attempt()
        with pytest.raises(OSError, match="no such handle"):
            close(client, b"\xff" * 200)
