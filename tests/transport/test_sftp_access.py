"""Who comes in, how many, and what they get: SFTP and nothing else."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import suppress
from typing import Any

import asyncssh
import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import run

from simulator.domain.raccordement import Raccordement
from simulator.transport.sftp import SftpSettings
from simulator.transport.sftp_packets import Refused
from simulator.transport.sftp_tree import Tree, normal

interop = pytest.mark.interop
parts = st.sampled_from([b"..", b".", b"", b"depot", b"retrait", b"x", b"\xff", "é".encode()])


@given(st.lists(parts, max_size=12).map(b"/".join))
def test_no_path_leaves_the_tree(path: bytes) -> None:
    found = normal(path)
    assert found.startswith(b"/")
    assert not set(found.split(b"/")) & {b"..", b"."}
    try:
        place = Tree(SftpSettings()).place(path)
    except Refused as refused:
        assert refused.code == 2
    else:
        assert place.directory in {b"/", b"/depot", b"/retrait"}
        assert b"/" not in place.name


def test_areas_may_lie_deeper_and_the_directories_above_are_seen() -> None:
    tree = Tree(SftpSettings(depot="/cpp/in/depot", retrait="/cpp/out"))
    assert [entry.name for entry in tree.below(b"/")] == [b"cpp"]
    assert [entry.name for entry in tree.below(b"/cpp")] == [b"in", b"out"]
    assert tree.place(b"cpp/in/depot/x") == (b"/cpp/in/depot", b"x")


@pytest.mark.parametrize(
    ("depot", "retrait"),
    [("depot", "/r"), ("/", "/r"), ("/a/", "/r"), ("/a", "/a"), ("/a/b", "/a"), ("/a", "/a/b")],
)
def test_areas_that_cannot_be_are_refused(depot: str, retrait: str) -> None:
    with pytest.raises(ValueError, match="SFTP area"):
        SftpSettings(depot=depot, retrait=retrait)


@interop
def test_path_tricks_end_inside_the_tree(site: Any) -> None:
    with site.session() as client:
        assert client.normalize("/depot/../../../etc") == "/etc"
        assert client.normalize(".") == "/"
        assert sorted(client.listdir("/depot/../..")) == ["depot", "retrait"]
        for path in ("/etc/passwd", "../../etc/passwd", "/depot/a/b", "/depot/../etc"):
            with pytest.raises(FileNotFoundError):
                client.stat(path)
            with pytest.raises(FileNotFoundError):
                client.open(path, "wb")
        for path in ("/depot/a\0b", "/depot/" + "x" * 256, "/" + "x/" * 3000):
            with pytest.raises(OSError, match="at most"):
                client.open(path, "wb")


@interop
@pytest.mark.parametrize("name", ["é 'quotes\"\n.xml", "x" * 255, "\N{PILE OF POO}", "-rf", "%00"])
def test_a_name_of_any_kind_is_a_name_and_never_a_path(site: Any, name: str) -> None:
    with site.session() as client:
        client.open(f"/depot/{name}", "wb").close()
        assert client.listdir("/depot") == [name]
    assert site.gateway.deposits == [("DEM001", name, b"")]


@interop
def test_a_name_that_is_no_utf8_is_told_in_ascii_and_shown_as_it_came(site: Any) -> None:
    async def deposit() -> list[bytes]:
        async with connected(site) as line, line.start_sftp_client(path_encoding=None) as client:
            async with client.open(b"/depot/\xe9t\xe9.xml", "wb") as file:
                await file.write(b"x")
            return [name for name in await client.listdir(b"/depot") if not name.startswith(b".")]

    assert run(deposit()) == [b"\xe9t\xe9.xml"]
    assert site.gateway.deposits == [("DEM001", "\\xe9t\\xe9.xml", b"x")]


@interop
def test_directories_and_links_are_refused(site: Any) -> None:
    with site.session() as client:
        attempts = [
            lambda: client.mkdir("/depot/sub"),
            lambda: client.rmdir("/depot"),
            lambda: client.symlink("/etc/passwd", "/depot/link"),
            lambda: client.readlink("/depot"),
        ]
        for attempt in attempts:
            with pytest.raises(PermissionError, match="no directories and no links"):
                attempt()
        for attempt in (client.remove, lambda path: client.rename(path, "/depot/x")):
            with pytest.raises(PermissionError, match="only files in /depot"):
                attempt("/depot")
        with pytest.raises(OSError, match="a directory cannot be opened"):
            client.open("/depot", "rb")
        with pytest.raises(OSError, match="not a directory"):
            client.listdir("/depot/x")


def connected(site: Any, **options: Any) -> Any:
    given = {
        "username": "DEM001",
        "client_keys": [str(site.keys.partner)],
        "known_hosts": str(site.known_hosts),
        "config": None,
        "agent_path": None,
        **options,
    }
    return asyncssh.connect("127.0.0.1", site.port, **given)


@interop
@pytest.mark.parametrize(("user", "key"), [("DEM001", "stranger"), ("NOBODY", "partner")])
def test_a_wrong_key_and_an_unknown_user_are_refused_alike(site: Any, user: str, key: str) -> None:
    with pytest.raises(paramiko.AuthenticationException) as refused:
        site.transport(user, getattr(site.keys, key))
    assert str(refused.value) == "Authentication failed."


@interop
def test_a_key_opens_only_the_raccordement_that_has_it(site: Any) -> None:
    other = site.keys.stranger.with_suffix(".pub").read_text()
    site.gateway.partners["DEM011"] = Raccordement("DEM011", "b2g", "sftp", ssh_keys=(other,))
    site.transport("DEM011", site.keys.stranger).close()
    with pytest.raises(paramiko.AuthenticationException):
        site.transport("DEM011", site.keys.partner)


@interop
def test_a_raccordement_with_an_unreadable_key_opens_with_its_others(site: Any) -> None:
    keys = ("ssh-rsa not-a-key", site.keys.public)
    site.gateway.partners["DEM001"] = Raccordement("DEM001", "b2g", "sftp", ssh_keys=keys)
    site.transport().close()


@interop
def test_passwords_are_not_even_asked_for(site: Any) -> None:
    transport = paramiko.Transport(("127.0.0.1", site.port))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.BadAuthenticationType) as refused:
            transport.auth_password("DEM001", "secret")
        assert refused.value.allowed_types == ["publickey"]
    finally:
        transport.close()


@interop
@pytest.mark.parametrize("wanted", ["exec", "shell", "pty", "subsystem", "x11", "agent"])
def test_nothing_but_sftp_is_served(site: Any, wanted: str) -> None:
    transport = site.transport()
    try:
        channel = transport.open_session(timeout=10)
        attempts = {
            "exec": lambda: channel.exec_command("scp -t /depot"),
            "shell": channel.invoke_shell,
            "pty": channel.get_pty,
            "subsystem": lambda: channel.invoke_subsystem("netconf"),
            "x11": channel.request_x11,
            "agent": lambda: channel.request_forward_agent(lambda _: None),
        }
        if wanted == "agent":  # paramiko asks for no reply
            assert attempts[wanted]()
            channel.invoke_subsystem("sftp")
        else:
            with pytest.raises(paramiko.SSHException):
                attempts[wanted]()
    finally:
        transport.close()


@interop
def test_nothing_is_forwarded(site: Any) -> None:
    async def forward() -> None:
        async with connected(site) as line:
            with pytest.raises(asyncssh.ChannelOpenError):
                await line.open_connection("127.0.0.1", site.port)
            with pytest.raises(asyncssh.ChannelListenError):
                await line.forward_remote_port("127.0.0.1", 0, "127.0.0.1", site.port)
            with pytest.raises(asyncssh.ChannelOpenError):
                await line.open_unix_connection("/nowhere")

    run(forward())


@interop
def test_a_connection_too_many_is_told_so(idle_site: Any) -> None:
    site = idle_site.start(max_connections=2)

    async def crowd() -> None:
        async with connected(site), connected(site):
            with pytest.raises(asyncssh.DisconnectError, match="too many connections: try again"):
                await connected(site)
        async with connected(site):
            pass

    run(crowd())


@interop
def test_connections_of_one_partner_are_bounded_apart_from_others(idle_site: Any) -> None:
    site = idle_site.start(max_connections_per_partner=1)

    async def crowd() -> None:
        async with connected(site) as first:
            async with connected(site) as late:
                with pytest.raises((asyncssh.DisconnectError, asyncssh.ChannelOpenError)):
                    await late.start_sftp_client()
            async with connected(site, username="DEM011") as other:
                await other.start_sftp_client()
            await first.start_sftp_client()
        async with connected(site) as again:
            await again.start_sftp_client()

    run(crowd())


@interop
def test_sessions_of_one_connection_are_bounded(site: Any) -> None:
    async def crowd() -> None:
        async with connected(site) as line:
            clients = [await line.start_sftp_client() for _ in range(10)]
            with pytest.raises(asyncssh.ChannelOpenError):
                await line.start_sftp_client()
            clients[0].exit()
            await clients[0].wait_closed()
            for _ in range(100):  # the server counts a session out a turn or two later
                with suppress(asyncssh.ChannelOpenError):
                    await line.start_sftp_client()
                    return
            pytest.fail("the place of a session that ended is not given again")

    run(crowd())


@interop
def test_who_does_not_sign_in_is_sent_away(idle_site: Any) -> None:
    site = idle_site.start(login_timeout=0.2)
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as idler:
        idler.sendall(b"SSH-2.0-idler\r\n")
        while idler.recv(65536):
            pass


@interop
@pytest.mark.parametrize("cipher", SftpSettings().ciphers)
def test_every_cipher_of_the_settings_carries_a_deposit(site: Any, cipher: str) -> None:
    async def deposit() -> None:
        async with (
            connected(site, encryption_algs=[cipher]) as line,
            line.start_sftp_client() as client,
            client.open("/depot/x", "wb") as file,
        ):
            await file.write(bytes(100_000))

    run(deposit())
    assert site.gateway.deposits == [("DEM001", "x", bytes(100_000))]


@interop
def test_openssh_with_the_two_official_ciphers_only(site: Any) -> None:
    (site.folder / "x").write_bytes(b"content")
    site.batch("put x /depot/x", options=("-c", "aes256-cbc,aes128-cbc"))
    assert site.gateway.content_of("x") == b"content"


@interop
@pytest.mark.parametrize(
    "arguments", [("id",), ("-N", "-o", "ExitOnForwardFailure=yes", "-R0:h:1")]
)
def test_openssh_gets_no_command_and_no_port(site: Any, arguments: tuple[str, ...]) -> None:
    command = [*site.openssh("ssh"), "DEM001@127.0.0.1", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert done.returncode != 0
    assert done.stdout == b""


@interop
def test_a_stopped_server_ends_its_sessions_and_answers_nobody(site: Any) -> None:
    with site.session() as client:
        file = client.open("/depot/x", "wb")
        file.write(b"x")
        site.stop()
        with pytest.raises((OSError, EOFError, paramiko.SSHException)):
            client.listdir("/depot")
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", site.port), timeout=5)
        file.close()
    site.gateway.expect("cut")


@interop
def test_a_stop_waits_for_commits_under_way(site: Any) -> None:
    site.call(site.gateway.commit.clear)
    with site.session() as client:
        file = client.open("/depot/x", "wb")
        client._async_request(type(None), paramiko.sftp.CMD_CLOSE, file.handle)
        site.gateway.expect("depositing")
        stop = threading.Thread(target=site.stop)
        stop.start()
        with pytest.raises((OSError, EOFError, paramiko.SSHException)):
            client._read_response()
        site.call(site.gateway.commit.set)
        stop.join()
        file.close()
    assert site.gateway.deposits == [("DEM001", "x", b"")]
