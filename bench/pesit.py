"""PeSIT over TLS: 100 MB each way, many small files on one connection, memory of one transfer.

The reference of the transfers is a bare Twisted TLS connection on this machine in the same run, with
the same certificate: one side sends octets, the other counts them and drops them, or keeps them with
the same code as PeSIT does (hash, file and fsync in the node; file and fsync for who fetches). Server
and client are processes of their own, on both sides of the comparison. The reference is Twisted as it
comes, without what a PeSIT connection does for its speed on TLS and TCP (ADR 6).
"""

# Protocols of Twisted are named by Twisted, and nothing of it has a type of its own.
# ruff: noqa: ANN401, N802

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

MB = 1 << 20
CHUNK = 1 << 16
GATHERED = 1 << 18
LARGE = 100 * MB
TURNS = 5
ROUNDS = 5


def reactor() -> Any:
    """The reactor of a node, installed once; collections are spared as a node spares them."""
    from simulator.transport import reactor as reactors

    with contextlib.suppress(RuntimeError):
        reactors.install()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
    from twisted.internet import reactor as installed

    return installed


def on_reactor(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Runs one coroutine to its end; a reactor runs once in a process."""
    running = reactor()
    outcome: list[Any] = []

    async def all_of_it() -> None:
        try:
            outcome.append(await work())
        finally:
            running.stop()

    running.callWhenRunning(lambda: asyncio.ensure_future(all_of_it()))
    running.run()
    return outcome[0]


# -- the reference ------------------------------------------------------------------------------


class Gathered:
    """Octets that are written in large pieces."""

    def __init__(self, write: Callable[[int, bytes], object]) -> None:
        self._write = write
        self._parts: list[bytes] = []
        self._size = self._written = 0

    def add(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size == LARGE or self._size - self._written >= GATHERED:
            self._write(self._written, b"".join(self._parts))
            self._parts, self._written = [], self._size


class Dropping:
    """What a sink does with octets."""

    def add(self, data: bytes) -> None:
        pass

    async def answer(self, transport: Any) -> None:
        transport.write(b"!")


class Keeping(Dropping):
    """What the node does with them: they are hashed, and on the disk before the answer."""

    def __init__(self, folder: str) -> None:
        from simulator.runtime.spool import Spool

        self._spool = Spool(Path(folder))
        self._gathered = Gathered(self._spool.write)

    def add(self, data: bytes) -> None:
        self._gathered.add(data)

    async def answer(self, transport: Any) -> None:
        await self._spool.finish()
        transport.write(b"!")
        self._spool.discard()


def sink(key: str, chain: str, folder: str = "") -> None:
    """A process: drops what comes, or keeps it in a folder; sends as much to who asks with one octet."""
    from twisted.internet import protocol

    from simulator.transport import tls

    class Sink(protocol.Protocol):
        seen = 0

        def connectionMade(self) -> None:
            self.use = Keeping(folder) if folder else Dropping()

        def dataReceived(self, data: bytes) -> None:
            if not self.seen and len(data) == 1:
                Source(self.transport, LARGE)
                return
            self.seen += len(data)
            self.use.add(data)
            if self.seen == LARGE:
                self.end = asyncio.ensure_future(self.use.answer(self.transport))

    class Factory(protocol.ServerFactory):
        protocol = Sink
        noisy = False

    running = reactor()
    context = tls.server_context(tls.Identity.read(Path(key), Path(chain)))
    factory = tls.listener_factory(context, Factory())
    port = running.listenTCP(0, factory, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    running.run()


class Source:
    """Sends octets as fast as the transport takes them."""

    def __init__(self, transport: Any, size: int) -> None:
        self._transport, self._left = transport, size
        self._block = os.urandom(CHUNK)
        self._paused = False
        transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        self._paused = False
        while self._left and not self._paused:
            part = self._block[: self._left]
            self._left -= len(part)
            self._transport.write(part)
        if not self._left:
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        self._paused = True

    def stopProducing(self) -> None:
        self._left = 0


async def bare(port: int, *, up: bool, keep: Path | None = None) -> float:
    """Seconds of 100 MB through a bare TLS connection; what comes down may be kept in a file."""
    from twisted.internet import protocol

    from simulator.transport import tls
    from simulator.transport.pesit_fetch import Fetch

    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    fetch = Fetch(keep, 1, None) if keep else None

    class Client(protocol.Protocol):
        seen = 0

        def connectionMade(self) -> None:
            if up:
                Source(self.transport, LARGE)
            else:
                self.transport.write(b"?")

        def dataReceived(self, data: bytes) -> None:
            self.seen += len(data)
            if fetch is not None:
                fetch.inflow.take((data,))
            if self.seen == (1 if up else LARGE):
                done.set_result(None)
                self.transport.loseConnection()

    class Factory(protocol.ClientFactory):
        protocol = Client
        noisy = False

    begin = time.perf_counter()
    factory = tls.caller_factory(tls.client_context(None), Factory())
    reactor().connectTCP("127.0.0.1", port, factory)
    await done
    if fetch is not None:
        fetch.inflow.flush()
        await fetch.finish()
        await fetch.close()
    return time.perf_counter() - begin


# -- the server ---------------------------------------------------------------------------------


def bare_node(place: Path, what: str) -> Any:
    """A node that judges nothing, with returns of 100 MB.

    ``keep``: what comes is hashed and on the disk; ``drop``: it is counted, as the reference does.
    """
    from pesit_world import FakeNode

    from simulator.runtime.spool import Spool

    class Dropped(Spool):
        def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
            self._size = offset + len(data)

    class Node(FakeNode):
        def new_spool(self) -> Spool:
            return Dropped(place) if what == "drop" else Spool(place)

        async def deposit(self, *parts: Any) -> None:
            if what == "keep":
                await parts[3].finish()

    node = Node(place)
    row = node.returns[node.add_return(name_of(500), os.urandom(LARGE))]
    for number in range(2, TURNS + 2):
        node.returns[number] = (msgspec.structs.replace(row[0], number=number), row[1])
    return node


def server(folder: str, what: str) -> None:
    """A process: the PeSIT server over such a node."""
    from pesit_world import Pki

    from simulator.transport import pesit_server, tls

    running, pki, place = reactor(), Pki(), Path(folder)
    for name in ("aife", "DEM003"):
        (place / f"{name}.key").write_bytes(pki.of(name).key)
        (place / f"{name}.pem").write_bytes(pki.of(name).chain)
    (place / "ca.pem").write_bytes(pki.ca)
    node = bare_node(place, what)
    node.add_partner("DEM003", certificate=pki.of("DEM003").chain.decode())

    async def start() -> None:
        context = tls.server_context(pki.of("aife"), ask=True)
        settings = pesit_server.PesitSettings()
        listener = await pesit_server.listen(node, settings, "127.0.0.1", 0, context)
        print(listener.port, flush=True)

    running.callWhenRunning(lambda: asyncio.ensure_future(start()))
    running.run()


def name_of(number: int) -> str:
    return f"FSO1100A_DEM003_DEM0031100{number:015d}.xml"


def calling(port: int, trusted: Path, key: Path, chain: Path) -> Any:
    """How DEM003 calls: articles of 4 KB, entity 32 KB, a point each 1,024 KB, window 4."""
    from simulator.transport import tls
    from simulator.transport.pesit_client import Endpoint, Manner

    identity = tls.Identity.read(key, chain)
    manner = Manner(article_length=4096, max_entity=32_768, sync_interval=1024, window=4)
    context = tls.client_context(trusted.read_bytes(), identity)
    return Endpoint("127.0.0.1", port, "DEM003", "CPP001", "secret", context, manner)


def of_node(ready: dict[str, Any]) -> Any:
    """The same, to a whole node."""
    folder = Path(next(p["pki"] for p in ready["partners"] if p["code_application"] == "DEM003"))
    ca = Path(ready["pki"], "aife", "ca.pem")
    return calling(ready["pesit"]["port"], ca, folder / "key.pem", folder / "cert.pem")


def pesit_node(folder: Path) -> Any:
    """A whole node that listens for PeSIT."""
    from running_node import RunningNode

    return RunningNode(folder, "--pesit-plain-port", "0")


async def timed(work: Coroutine[Any, Any, Any]) -> float:
    begin = time.perf_counter()
    await work
    return time.perf_counter() - begin


@contextlib.contextmanager
def process(*words: str) -> Iterator[int]:
    """One of this module's processes; the port that it listens on."""
    command = [sys.executable, "-m", "bench.pesit", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline())
        finally:
            running.kill()


# -- the measurements ---------------------------------------------------------------------------


def pesit() -> None:
    """100 MB up and down, 1,000 files of 10 KB, memory of one transfer."""
    for part in ("push", "stored", "pull", "fetched", "many", "node", "memory"):
        subprocess.run([sys.executable, "-m", "bench.pesit", part], check=True)


def _compared(folder: Path, words: str, *, up: bool, what: str) -> None:
    _report(words, *on_reactor(lambda: _rounds(folder, up=up, keep=what == "keep")))


async def _rounds(folder: Path, *, up: bool, keep: bool) -> tuple[list[float], list[float]]:
    """Seconds of both contenders, each with servers of its own in every round.

    Where the system puts a process and its memory makes a tenth of its speed, for as long as it lives.
    """
    bare_times, times = [], []
    for number in range(ROUNDS):
        place = folder / str(number)
        place.mkdir()
        with process("server", str(place), "keep" if keep else "drop") as ours:
            keys = str(place / "aife.key"), str(place / "aife.pem")
            spools = (str(place),) if keep and up else ()
            with process("sink", *keys, *spools) as theirs:
                found = await _turns(place, ours, theirs, up=up, keep=keep)
        bare_times += found[0]
        times += found[1]
    return bare_times, times


async def _turns(
    folder: Path, ours: int, theirs: int, *, up: bool, keep: bool
) -> tuple[list[float], list[float]]:
    """Seconds of both contenders, who take turns; the first turn warms them."""
    from simulator.transport import pesit_client

    where = calling(ours, folder / "ca.pem", folder / "DEM003.key", folder / "DEM003.pem")
    bare_times, times = [], []
    file = folder / name_of(1)
    file.write_bytes(os.urandom(LARGE))
    fetched = folder / "fetched" if keep and not up else None
    for turn in range(TURNS + 1):
        await asyncio.to_thread(os.sync)  # no turn pays for the writes of the one before
        bare_times.append(await bare(theirs, up=up, keep=fetched))
        await asyncio.to_thread(os.sync)
        if up:
            times.append(await timed(pesit_client.send(where, [file])))
        else:
            times.append(await timed(_one_return(where, folder / f"box{turn}", keep=keep)))
    return bare_times[1:], times[1:]


async def _one_return(where: Any, box: Path, *, keep: bool) -> None:
    """Fetches one of the returns that wait: to a file that is on the disk, or to nowhere."""
    from simulator.transport.pesit_call import connect
    from simulator.transport.pesit_errands import FileCall
    from simulator.transport.pesit_fetch import Errand, Fetch

    class Dropped(Fetch):
        def _write(self, offset: int, octets: bytes) -> None:
            os.ftruncate(self._descriptor, offset + len(octets))  # its size is looked at

    class Choosing(Errand):
        fetches = Fetch if keep else Dropped

    box.mkdir()
    errand, call = Choosing(box, "*"), await connect(where, FileCall)
    await errand.fetch_one(call)
    await call.release()
    (fetched,) = box.iterdir()
    assert fetched.stat().st_size == LARGE
    fetched.unlink()


def _report(words: str, theirs: list[float], ours: list[float]) -> None:
    ratio = statistics.median(t / o for t, o in zip(theirs, ours, strict=True))
    rates = [LARGE / MB / statistics.median(each) for each in (theirs, ours)]
    print(
        f"{words}, 100 MB over TLS: bare sink {rates[0]:.0f} MB/s, PeSIT {rates[1]:.0f} MB/s,"
        f" median ratio {ratio:.2f} (claim >= 0.6)"
    )


def _files(folder: Path, count: int) -> list[Path]:
    from bench.spine import invoice

    files = [folder / name_of(number) for number in range(1, count + 1)]
    for number, file in enumerate(files):
        file.write_bytes(invoice(number))
    return files


def _many(folder: Path, count: int = 1000) -> None:
    from simulator.transport import pesit_client

    files = _files(folder, count)
    with process("server", str(folder), "keep") as port:
        keys = folder / "ca.pem", folder / "DEM003.key", folder / "DEM003.pem"
        took = on_reactor(lambda: timed(pesit_client.send(calling(port, *keys), files)))
    print(f"{count} files of 10 KB on one connection: {count / took:.0f} a second (claim >= 300)")


def _node(folder: Path, count: int = 1000) -> None:
    from simulator.transport import pesit_client

    (folder / "source").mkdir()
    files = _files(folder / "source", count)
    node = pesit_node(folder / "node")
    try:
        took = on_reactor(lambda: timed(pesit_client.send(of_node(node.ready), files)))
        node.quiet()
    finally:
        node.stop()
    print(f"the same to a whole node that judges them meanwhile: {count / took:.0f} a second")


def _memory(folder: Path) -> None:
    from bench.spine import _peak

    node = pesit_node(folder / "node")
    try:
        small, large = folder / name_of(1), folder / name_of(2)
        small.write_bytes(b"<a/>")
        _alone(node, small)
        node.quiet()
        large.write_bytes(os.urandom(LARGE))
        before = _peak(node.process.pid, reset=True)
        _alone(node, large)
        after = _peak(node.process.pid)
    finally:
        node.stop()
    print(f"push of 100 MB: the node grew by {(after - before) / MB:.1f} MiB (claim <= 8)")


def _alone(node: Any, file: Path) -> None:
    """Sends in a process of its own: a reactor runs once."""
    words = ["send", str(node.ready_file), str(file)]
    subprocess.run([sys.executable, "-m", "bench.pesit", *words], check=True)


def _send(ready: str, file: str) -> None:
    from simulator.transport import pesit_client

    where = of_node(json.loads(Path(ready).read_text()))
    on_reactor(lambda: pesit_client.send(where, [Path(file)]))


_PARTS: dict[str, Callable[[Path], None]] = {
    "push": partial(_compared, words="push, dropped", up=True, what="drop"),
    "stored": partial(_compared, words="push, stored (SHA-256, fsync)", up=True, what="keep"),
    "pull": partial(_compared, words="pull, dropped", up=False, what="drop"),
    "fetched": partial(_compared, words="pull, to a file (fsync)", up=False, what="keep"),
    "many": _many,
    "node": _node,
    "memory": _memory,
}


def main(part: str, *rest: str) -> None:
    from bench.spine import workplace

    parts: dict[str, Callable[..., None]] = {"sink": sink, "server": server, "send": _send}
    if part in parts:
        parts[part](*rest)
        return
    with workplace() as folder:
        _PARTS[part](folder)


__all__ = ["pesit"]

if __name__ == "__main__":
    main(*sys.argv[1:])
