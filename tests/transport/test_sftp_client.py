"""The partner's side: what it sends, what it fetches, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import asyncssh
import msgspec
import pytest
from loops import run

from simulator.runtime.gateway import GatewayError
from simulator.transport import sftp_client
from simulator.transport.sftp_client import Endpoint, TransferFailed, receive, send


@pytest.fixture
def endpoint(site: Any) -> Endpoint:
    return Endpoint("127.0.0.1", site.port, "DEM001", site.keys.partner, site.known_hosts)


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_files_are_deposited_under_their_names_in_order(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    large = os.urandom(2 << 20)
    files = [
        file(tmp_path, "b.xml", b"1"),
        file(tmp_path, "a.tar.gz", large),
        file(tmp_path, "c", b""),
    ]
    run(send(endpoint, files))
    assert site.gateway.deposits == [
        ("DEM001", "b.xml", b"1"), ("DEM001", "a.tar.gz", large), ("DEM001", "c", b""),
    ]  # fmt: skip


def test_a_temporary_name_on_the_way(site: Any, endpoint: Endpoint, tmp_path: Path) -> None:
    run(send(endpoint, [file(tmp_path, "a.xml", b"1")], temporary=True))
    assert site.gateway.deposits == [("DEM001", "a.xml", b"1")]


def test_everything_that_waits_is_fetched_and_then_nothing(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    large = os.urandom(2 << 20)
    for name, content in (("b.xml", b"1"), ("a.tar.gz", large), ("empty", b"")):
        site.gateway.add_return(name, content)
    files = run(receive(endpoint, tmp_path))
    assert [(path.name, path.read_bytes()) for path in files] == [
        ("b.xml", b"1"), ("a.tar.gz", large), ("empty", b""),
    ]  # fmt: skip
    assert site.gateway.fetches == [1, 2, 3]
    assert run(receive(endpoint, tmp_path)) == []


def test_a_return_is_in_place_before_it_counts_as_fetched(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    site.gateway.add_return("a.xml", b"1")
    site.gateway.refuse = GatewayError("not recorded")
    with pytest.raises(TransferFailed, match=r"fetching a\.xml: refused by the server: not record"):
        run(receive(endpoint, tmp_path))
    assert (tmp_path / "a.xml").read_bytes() == b"1"
    assert list(tmp_path.glob(".*")) == []


def test_a_disk_that_fills_while_fetching_leaves_the_return_waiting(
    site: Any, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    site.gateway.add_return("a.xml", b"1")
    monkeypatch.setattr(sftp_client.os, "fsync", full)
    with pytest.raises(TransferFailed, match=r"fetching a\.xml: .*No space left"):
        run(receive(endpoint, tmp_path))
    site.gateway.expect("released")
    assert site.gateway.fetches == []
    assert not (tmp_path / "a.xml").exists()


def test_a_file_that_cannot_be_read_to_its_end_is_not_deposited(
    site: Any, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __init__(self, *_: object) -> None:
            self.blocks = iter([b"x" * 10])

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self, _: int) -> bytes:
            for block in self.blocks:
                return block
            raise OSError(5, "Input/output error")

    path = file(tmp_path, "a.xml", b"x" * 20)
    monkeypatch.setattr(type(path), "open", Failing)
    with pytest.raises(TransferFailed, match=r"sending a\.xml: .*Input/output error"):
        run(send(endpoint, [path]))
    monkeypatch.undo()
    assert site.gateway.expect("cut") == ("cut", "DEM001", "a.xml", 10)
    assert site.gateway.deposits == []


def test_a_server_with_another_key_is_not_believed(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    for kind, words in (
        ("ssh-ed25519", "not the one in"),
        ("ssh-rsa", "a kind of key that is not"),
    ):
        other = asyncssh.generate_private_key(kind).export_public_key()
        known = file(tmp_path, "other", f"[127.0.0.1]:{site.port} ".encode() + other)
        with pytest.raises(TransferFailed, match=f"{words}.* {known}"):
            run(receive(msgspec.structs.replace(endpoint, known_hosts=known), tmp_path))
    assert run(receive(msgspec.structs.replace(endpoint, known_hosts=None), tmp_path)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": "NOBODY"}, "signing in: NOBODY was refused with the key "),
        ({"key_path": Path("none")}, "no private key can be read from none"),
        ({"port": 1}, "signing in: nothing listens there"),
        ({"retrait": "/elsewhere"}, "listing /elsewhere: refused by the server: no such file"),
    ],
)
def test_what_goes_wrong_is_told_with_its_place(
    endpoint: Endpoint, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(TransferFailed, match=words):
        run(receive(msgspec.structs.replace(endpoint, **change), tmp_path))


def test_a_refused_deposit_is_told_in_the_words_of_the_server(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    site.gateway.refuse = GatewayError("the journal is full; send it again later")
    with pytest.raises(TransferFailed, match=r"sending a\.xml: refused by the server: the journal"):
        run(send(endpoint, [file(tmp_path, "a.xml", b"1")]))


def test_names_of_the_server_stay_inside_the_folder(
    site: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    for name in ("..\\..\\up", "C:\\up", ".bashrc", "a\nb", "a\x1bb"):
        site.gateway.add_return(name, name.encode())
    files = run(receive(endpoint, into))
    assert [path.name for path in files] == ["up", "up.2", "bashrc", "a_b", "a_b.2"]
    assert {path.parent for path in files} == {into}
    assert [path.name for path in tmp_path.joinpath("deep").iterdir()] == ["into"]


def test_a_transfer_can_be_cancelled(site: Any, endpoint: Endpoint, tmp_path: Path) -> None:
    async def cancel() -> None:
        task = asyncio.ensure_future(send(endpoint, [file(tmp_path, "a.xml", bytes(1 << 20))]))
        await asyncio.to_thread(site.gateway.expect, "depositing")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    site.call(site.gateway.commit.clear)
    run(cancel())
    site.call(site.gateway.commit.set)
