"""Deposits: when a file is one, when it is none, and what a session sees of it."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any

import paramiko
import pytest
from paramiko.sftp import CMD_CLOSE, CMD_OPEN, CMD_WRITE, int64

from simulator.runtime.gateway import GatewayError
from simulator.runtime.spool import Spool

pytestmark = pytest.mark.interop
NAME = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
WRITE, APPEND, CREATE, TRUNCATE, EXCLUSIVE = 2, 4, 8, 16, 32


def put(client: paramiko.SFTPClient, name: str, content: bytes) -> None:
    """As paramiko does it, but for the refusal of a CLOSE, which paramiko swallows."""
    handle = opened(client, f"/depot/{name}", WRITE | CREATE | TRUNCATE)
    write(client, handle, 0, content)
    close(client, handle)


def opened(client: paramiko.SFTPClient, path: str, flags: int) -> bytes:
    """A handle on a file, opened with flags that paramiko has no word for."""
    _, reply = client._request(CMD_OPEN, path.encode(), flags, paramiko.SFTPAttributes())
    return reply.get_binary()


def write(client: paramiko.SFTPClient, handle: bytes, offset: int, data: bytes) -> None:
    client._request(CMD_WRITE, handle, int64(offset), data)


def close(client: paramiko.SFTPClient, handle: bytes) -> None:
    client._request(CMD_CLOSE, handle)


def cut_upload(site: Any, name: str, content: bytes) -> None:
    """Writes a part of a file and drops the connection before any CLOSE."""
    with site.session() as client:
        write(client, opened(client, f"/depot/{name}", WRITE | CREATE | TRUNCATE), 0, content)
    site.gateway.expect("cut")


def test_a_closed_file_is_a_deposit_under_its_name(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, b"content")
        assert site.gateway.deposits == [("DEM001", NAME, b"content")]


def test_the_close_is_answered_only_once_the_deposit_is_durable(site: Any) -> None:
    site.call(site.gateway.commit.clear)
    with site.session() as client:
        handle = opened(client, f"/depot/{NAME}", WRITE | CREATE)
        sent = client._async_request(type(None), CMD_CLOSE, handle)
        site.gateway.expect("depositing")
        assert (
            client.stat(f"/depot/{NAME}").st_size == 0
        )  # visible, while the CLOSE is not answered
        assert sent in client._expecting
        site.call(site.gateway.commit.set)
        client._read_response(sent)
    assert len(site.gateway.deposits) == 1


def test_closes_of_one_session_wait_for_their_commits_together(site: Any) -> None:
    site.call(site.gateway.commit.clear)
    with site.session() as client:
        for number in range(3):
            handle = opened(client, f"/depot/{number}.xml", WRITE | CREATE)
            client._async_request(type(None), CMD_CLOSE, handle)
        assert [site.gateway.expect("depositing")[2] for _ in range(3)] == [
            "0.xml", "1.xml", "2.xml",
        ]  # fmt: skip
        site.call(site.gateway.commit.set)
        while client._expecting:
            client._read_response()
    assert len(site.gateway.deposits) == 3


def test_a_deposit_stays_visible_with_its_size_until_the_session_ends(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, bytes(1234))
        assert client.stat(f"/depot/{NAME}").st_size == 1234
        (row,) = client.listdir_attr("/depot")
        assert (row.filename, row.st_size, stat.S_ISREG(row.st_mode)) == (NAME, 1234, True)
    with site.session() as client:
        assert client.listdir("/depot") == []
        with pytest.raises(FileNotFoundError):
            client.stat(f"/depot/{NAME}")


def test_a_large_file_arrives_as_it_was_sent(site: Any) -> None:
    content = os.urandom(3 << 20)
    source = site.folder / "large"
    source.write_bytes(content)
    with site.session() as client:
        client.put(str(source), f"/depot/{NAME}")
    assert site.gateway.content_of(NAME) == content


def test_an_empty_file_is_a_deposit_too(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, b"")
    assert site.gateway.content_of(NAME) == b""


def test_writes_in_any_order_make_the_same_file(site: Any) -> None:
    with site.session() as client:
        handle = opened(client, f"/depot/{NAME}", WRITE | CREATE | TRUNCATE)
        for offset in (200_000, 100_000, 0, 50_000):
            write(client, handle, offset, bytes([offset // 50_000]) * 100_000)
        close(client, handle)
    expected = bytes(50_000) + b"\1" * 100_000 + b"\2" * 50_000 + b"\4" * 100_000
    assert site.gateway.content_of(NAME) == expected


@pytest.mark.parametrize("temporary", [f"{NAME}.part", f"{NAME}.TMP", f"{NAME}.filepart", ".hid"])
@pytest.mark.parametrize("rename", ["rename", "posix_rename"])
def test_a_temporary_name_becomes_a_deposit_when_it_is_renamed(
    site: Any, temporary: str, rename: str
) -> None:
    with site.session() as client:
        put(client, temporary, b"content")
        assert site.gateway.deposits == []
        assert client.listdir("/depot") == [temporary]
        getattr(client, rename)(f"/depot/{temporary}", f"/depot/{NAME}")
        assert site.gateway.deposits == [("DEM001", NAME, b"content")]
        assert client.listdir("/depot") == [NAME]


def test_a_staged_file_may_change_its_temporary_name_and_waits_for_a_later_session(
    site: Any,
) -> None:
    with site.session() as client:
        put(client, "a.part", b"content")
        client.rename("/depot/a.part", "/depot/b.tmp")
    with site.session() as client:
        assert client.stat("/depot/b.tmp").st_size == 7
        client.rename("/depot/b.tmp", f"/depot/{NAME}")
    assert site.gateway.content_of(NAME) == b"content"


def test_unfinished_files_are_their_partners_own(site: Any) -> None:
    with site.session("DEM001") as client:
        put(client, "a.part", b"content")
    with site.session("DEM011") as client:
        assert client.listdir("/depot") == []
        with pytest.raises(FileNotFoundError):
            client.rename("/depot/a.part", f"/depot/{NAME}")


def test_which_names_are_temporary_is_a_setting(idle_site: Any) -> None:
    site = idle_site.start(temporary_suffixes=(".inprogress",), hidden_prefix="")
    with site.session() as client:
        put(client, "a.inprogress", b"")
        assert site.gateway.deposits == []
        for name in ("a.part", ".hidden"):
            put(client, name, b"")
    assert [name for _, name, _ in site.gateway.deposits] == ["a.part", ".hidden"]


def test_two_uploads_of_one_name_are_two_deposits_of_their_own(site: Any) -> None:
    with site.session() as one, site.session() as two:
        handles = [
            (client, opened(client, f"/depot/{NAME}", WRITE | CREATE | TRUNCATE))
            for client in (one, one, two)
        ]
        for number, (client, handle) in enumerate(handles):
            write(client, handle, 0, bytes([number]) * (number + 1))
        for client, handle in handles:
            close(client, handle)
        assert [c for _, _, c in site.gateway.deposits] == [b"\0", b"\1" * 2, b"\2" * 3]


def test_an_upload_that_loses_its_connection_is_no_deposit(site: Any) -> None:
    with site.session() as client:
        write(client, opened(client, f"/depot/{NAME}", WRITE | CREATE), 0, bytes(70_000))
    assert site.gateway.expect("cut") == ("cut", "DEM001", NAME, 70_000)
    assert site.gateway.deposits == []


def test_a_cut_upload_is_seen_by_the_next_session_and_continued_there(site: Any) -> None:
    cut_upload(site, NAME, b"first ")
    with site.session() as client:
        assert client.stat(f"/depot/{NAME}").st_size == 6
        assert client.listdir("/depot") == [NAME]
        handle = opened(client, f"/depot/{NAME}", WRITE)
        write(client, handle, 6, b"second")
        close(client, handle)
    assert site.gateway.content_of(NAME) == b"first second"


def test_append_writes_at_the_end_whatever_the_offset(site: Any) -> None:
    cut_upload(site, NAME, b"first ")
    with site.session() as client:
        handle = opened(client, f"/depot/{NAME}", WRITE | APPEND)
        write(client, handle, 0, b"second")
        close(client, handle)
    assert site.gateway.content_of(NAME) == b"first second"


def test_opening_with_truncation_starts_anew(site: Any) -> None:
    cut_upload(site, NAME, b"a longer first attempt")
    with site.session() as client:
        put(client, NAME, b"second")
        assert client.stat(f"/depot/{NAME}").st_size == 6
    assert site.gateway.content_of(NAME) == b"second"


def test_an_upload_cut_twice_keeps_what_both_brought(site: Any) -> None:
    cut_upload(site, NAME, b"one ")
    with site.session() as client:
        write(client, opened(client, f"/depot/{NAME}", WRITE), 4, b"two ")
    assert site.gateway.expect("cut")[3] == 8
    with site.session() as client:
        handle = opened(client, f"/depot/{NAME}", WRITE)
        write(client, handle, 8, b"three")
        close(client, handle)
    assert site.gateway.content_of(NAME) == b"one two three"


def test_only_so_many_cut_uploads_are_kept_and_the_oldest_go(idle_site: Any) -> None:
    site = idle_site.start(kept_uploads=2, kept_bytes=10)
    for name, size in (("a", 1), ("b", 1), ("c", 1)):
        cut_upload(site, name, bytes(size))
    with site.session() as client:
        assert client.listdir("/depot") == ["b", "c"]
    cut_upload(site, "d", bytes(9))
    with site.session() as client:
        assert client.listdir("/depot") == ["c", "d"]
    cut_upload(site, "e", bytes(11))
    with site.session() as client:
        assert client.listdir("/depot") == []


def test_staged_files_beyond_the_bound_are_refused_at_their_close(idle_site: Any) -> None:
    site = idle_site.start(kept_staged=2)
    with site.session() as client:
        for name in ("a.part", "b.part"):
            put(client, name, b"x")
        with pytest.raises(OSError, match="quota: 2 files"):
            put(client, "c.part", b"x")
        client.rename("/depot/a.part", "/depot/a")
        put(client, "c.part", b"x")
        assert sorted(client.listdir("/depot")) == ["a", "b.part", "c.part"]


def test_own_unfinished_files_can_be_removed_and_deposits_cannot(site: Any) -> None:
    cut_upload(site, "cut", b"x")
    with site.session() as client:
        put(client, "staged.part", b"x")
        put(client, NAME, b"x")
        client.remove("/depot/cut")
        client.remove("/depot/staged.part")
        with pytest.raises(PermissionError, match="is a deposit"):
            client.remove(f"/depot/{NAME}")
        with pytest.raises(FileNotFoundError):
            client.remove("/depot/staged.part")
        assert client.listdir("/depot") == [NAME]


def test_a_file_being_written_can_be_neither_renamed_nor_removed(site: Any) -> None:
    with site.session() as client, client.open("/depot/a.part", "wb") as file:
        file.write(b"x")
        for attempt in (client.remove, lambda path: client.rename(path, f"/depot/{NAME}")):
            with pytest.raises(OSError, match="still being written"):
                attempt("/depot/a.part")


def test_a_cut_upload_is_no_deposit_by_being_renamed(site: Any) -> None:
    cut_upload(site, "a.part", b"xy")
    with site.session() as client, pytest.raises(OSError, match="broke off after 2 bytes"):
        client.rename("/depot/a.part", f"/depot/{NAME}")
    assert site.gateway.deposits == []


def test_a_deposit_cannot_be_renamed_and_a_plain_rename_does_not_replace(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, b"1")
        with pytest.raises(PermissionError, match="is a deposit"):
            client.rename(f"/depot/{NAME}", "/depot/other")
        put(client, "a.part", b"2")
        with pytest.raises(OSError, match="exists already"):
            client.rename("/depot/a.part", f"/depot/{NAME}")
        client.posix_rename("/depot/a.part", f"/depot/{NAME}")
    assert [c for _, _, c in site.gateway.deposits] == [b"1", b"2"]


def test_nothing_can_be_read_back_from_the_deposit_area(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, b"secret")
        with pytest.raises(PermissionError, match="read back"):
            client.open(f"/depot/{NAME}", "rb")
        with client.open("/depot/a.part", "w+b") as file:
            file.write(b"x")
            file.seek(0)
            with pytest.raises(PermissionError, match="not opened for reading"):
                file.read(1)


def test_attributes_are_accepted_without_effect(site: Any) -> None:
    with site.session() as client:
        put(client, NAME, b"12345")
        client.chmod(f"/depot/{NAME}", 0o777)
        client.utime(f"/depot/{NAME}", (0, 0))
        client.truncate(f"/depot/{NAME}", 1)
        with client.open("/depot/a.part", "wb") as file:
            file.chmod(0o777)
        seen = client.stat(f"/depot/{NAME}")
        assert (seen.st_size, seen.st_mode & 0o777) == (5, 0o200)
        assert seen.st_mtime > 1_600_000_000
        with pytest.raises(FileNotFoundError):
            client.chmod("/depot/unknown", 0o777)


def test_a_deposit_that_the_node_refuses_fails_the_close_with_its_words(site: Any) -> None:
    site.gateway.refuse = GatewayError("the journal is full; send it again later")
    with site.session() as client:
        with pytest.raises(OSError, match="the journal is full; send it again later"):
            put(client, NAME, b"x")
        assert client.listdir("/depot") == []
        put(client, "a.part", b"y")
        with pytest.raises(OSError, match="the journal is full"):
            client.rename("/depot/a.part", f"/depot/{NAME}")
        assert client.listdir("/depot") == ["a.part"]
        site.gateway.refuse = None
        client.rename("/depot/a.part", f"/depot/{NAME}")
    assert site.gateway.content_of(NAME) == b"y"


def test_a_failure_inside_the_node_is_told_without_its_details(site: Any) -> None:
    site.gateway.refuse = ZeroDivisionError("inner workings")
    with site.session() as client:
        with pytest.raises(OSError, match="its log says how"):
            put(client, NAME, b"x")
        site.gateway.refuse = None
        put(client, NAME, b"x")
    assert len(site.gateway.deposits) == 1


def test_a_full_disk_fails_the_write_and_the_file_is_no_deposit(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with site.session() as client:
        handle = opened(client, f"/depot/{NAME}", WRITE | CREATE)
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "write", full)
            with pytest.raises(OSError, match="No space left"):
                write(client, handle, 0, b"x")
        write(client, handle, 0, b"x")
        with pytest.raises(OSError, match="incomplete: No space left on device; send the file"):
            close(client, handle)
        site.gateway.expect("cut")
        assert client.listdir("/depot") == []
        put(client, NAME, b"x")
    assert site.gateway.content_of(NAME) == b"x"


def test_flags_of_an_open_are_honoured(site: Any) -> None:
    with site.session() as client:
        with pytest.raises(FileNotFoundError, match="no unfinished upload"):
            opened(client, f"/depot/{NAME}", WRITE)
        put(client, NAME, b"x")
        with pytest.raises(OSError, match="exists already"):
            opened(client, f"/depot/{NAME}", WRITE | CREATE | EXCLUSIVE)
        with pytest.raises(PermissionError, match="cannot be continued"):
            opened(client, f"/depot/{NAME}", WRITE | CREATE)


def test_handles_of_a_session_are_bounded(idle_site: Any) -> None:
    site = idle_site.start(max_handles=3)
    with site.session() as client:
        handles = [opened(client, f"/depot/{n}", WRITE | CREATE) for n in range(3)]
        for attempt in (lambda: opened(client, "/depot/x", WRITE | CREATE), client.listdir):
            with pytest.raises(OSError, match="3 handles are open"):
                attempt()
        close(client, handles[0])
        close(client, opened(client, "/depot/x", WRITE | CREATE))
