"""An SFTP server with a node that is none, on a loop of its own in a thread."""

from __future__ import annotations

import asyncio
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest
from memory_gateway import MemoryGateway

from simulator.domain.raccordement import Raccordement
from simulator.runtime.spool import Spool
from simulator.transport import sftp

PARTNERS = ("DEM001", "DEM011")
SECONDS = 20.0


class Keyring:
    """Keys of one test run: the partners', a stranger's, the server's."""

    def __init__(self, folder: Path) -> None:
        self.partner = self._write(folder / "partner")
        self.stranger = self._write(folder / "stranger")
        self.host = asyncssh.generate_private_key("ssh-ed25519")
        self.public = self.partner.with_suffix(".pub").read_text()

    def _write(self, path: Path) -> Path:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        path.touch(0o600)
        key.write_private_key(path)
        key.write_public_key(path.with_suffix(".pub"))
        return path


class FakeGateway(MemoryGateway):
    """Tells what happens in `events`, as tuples that begin with a word."""

    def __init__(self, folder: Path, public_key: str) -> None:
        super().__init__("sftp")
        self.folder = folder
        self.inline = 64 << 10
        for code in PARTNERS:
            self.partners[code] = Raccordement(code, "b2g", "sftp", ssh_keys=(public_key,))
        self.events: queue.Queue[tuple[Any, ...]] = queue.Queue()

    def expect(self, word: str) -> tuple[Any, ...]:
        """The next event, which begins with that word."""
        event = self.events.get(timeout=SECONDS)
        assert event[0] == word, event
        return event

    def content_of(self, name: str) -> bytes:
        (content,) = [c for _, n, c in self.deposits if n == name]
        return content

    def new_spool(self) -> Spool:
        return Spool(self.folder, inline=self.inline)

    async def deposit(
        self, partner: str, protocol: str, name: str, spool: Spool, session: str
    ) -> None:
        self.events.put(("depositing", partner, name))
        await super().deposit(partner, protocol, name, spool, session)

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        self.events.put(("cut", partner, name, size))

    def release(self, number: int, session: str) -> None:
        super().release(number, session)
        self.events.put(("released", number))


class Site:
    """A server in a thread, and the clients that tests drive against it."""

    def __init__(self, folder: Path, keys: Keyring) -> None:
        self.folder = folder
        self.keys = keys
        self.spools = folder / "spools"
        self.spools.mkdir()
        self.gateway = FakeGateway(self.spools, keys.public)
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    # -- server ---------------------------------------------------------------------------------

    def start(self, **settings: Any) -> Site:
        arguments = (self._serve(sftp.SftpSettings(**settings)),)
        self._thread = threading.Thread(target=asyncio.run, args=arguments, daemon=True)
        self._thread.start()
        assert self._ready.wait(SECONDS)
        host = self.keys.host.export_public_key().decode().strip()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host}\n")
        return self

    async def _serve(self, settings: sftp.SftpSettings) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await sftp.listen(self.gateway, settings, "127.0.0.1", 0, [self.keys.host])
        self.port = listener.port
        self._ready.set()
        await self._stop.wait()
        await listener.close()

    def stop(self) -> None:
        if self._thread is None:
            return
        self.call(self._stop.set)
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        self._thread = None

    def wait_for_spool(self) -> None:
        """Returns once bytes of an upload are on the disk."""
        pause = threading.Event()
        for _ in range(int(SECONDS / 0.01)):
            if any(path.stat().st_size for path in self.spools.iterdir()):
                return
            pause.wait(0.01)
        pytest.fail("nothing arrived")

    def call(self, function: Any) -> None:
        """Runs a function in the thread of the server."""
        self._loop.call_soon_threadsafe(function)

    # -- clients --------------------------------------------------------------------------------

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def openssh(self, program: str, *arguments: str, key: Path | None = None) -> list[str]:
        """A command line of OpenSSH against this server, without the target."""
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"OpenSSH's {program} is not installed")
        options = ("BatchMode=yes", f"UserKnownHostsFile={self.known_hosts}", "IdentitiesOnly=yes")
        given = [part for option in options for part in ("-o", option)]
        port = "-p" if program == "ssh" else "-P"
        identity = str(key or self.keys.partner)
        return [found, "-F", "none", "-q", *given, "-i", identity, port, str(self.port), *arguments]

    def batch(
        self, *lines: str, user: str = "DEM001", options: tuple[str, ...] = (), fails: bool = False
    ) -> str:
        """What OpenSSH's sftp says to some commands, one after the other."""
        command = [*self.openssh("sftp", *options), "-b", "-", f"{user}@127.0.0.1"]
        done = subprocess.run(
            command, input="\n".join(lines), capture_output=True, text=True, timeout=SECONDS,
            cwd=self.folder, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def transport(self, user: str = "DEM001", key: Path | None = None) -> paramiko.Transport:
        transport = paramiko.Transport(("127.0.0.1", self.port))
        try:
            transport.connect(
                username=user, pkey=paramiko.RSAKey.from_private_key_file(key or self.keys.partner)
            )
        except BaseException:
            transport.close()
            raise
        return transport

    @contextmanager
    def session(self, user: str = "DEM001") -> Iterator[paramiko.SFTPClient]:
        """A session of paramiko's."""
        transport = self.transport(user)
        try:
            client = paramiko.SFTPClient.from_transport(transport)
            client.get_channel().settimeout(SECONDS)
            yield client
        finally:
            transport.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def gateway(tmp_path: Path, keys: Keyring) -> FakeGateway:
    """A node that is none, for a test without a server."""
    return FakeGateway(tmp_path, keys.public)


@pytest.fixture
def idle_site(tmp_path: Path, keys: Keyring) -> Iterator[Site]:
    """A server that a test starts with its own settings."""
    site = Site(tmp_path, keys)
    yield site
    site.stop()
    assert list(site.spools.iterdir()) == [], "a spool was left behind"


@pytest.fixture
def site(idle_site: Site) -> Site:
    return idle_site.start()


# -- PeSIT --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def pesit_pki() -> Any:
    """A CA and certificates; made once, keys take their time."""
    from pesit_world import Pki

    return Pki()


@pytest.fixture
def idle_pesit(tmp_path: Path, pesit_pki: Any) -> Iterator[Any]:
    """A PeSIT server that a test starts with its own settings."""
    from pesit_world import Site as PesitSite
    from pesit_world import run

    site = PesitSite(tmp_path, pesit_pki)
    yield site
    run(site.stop())
    run(site.swept())


@pytest.fixture(params=["tls", "clear"])
def pesit_site(idle_pesit: Any, request: pytest.FixtureRequest) -> Any:
    """A PeSIT server, over TLS and in clear."""
    from pesit_world import run

    return run(idle_pesit.start(secure=request.param == "tls"))
