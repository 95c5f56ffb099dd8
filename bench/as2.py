"""AS2 through HTTP: messages a second with a durable MDN, and one large message.

    python -m bench as2          # rate: against the RSA floor and a pyas2lib endpoint
    python -m bench as2-large    # 100 MB in DER and BER: memory, stalls, other partners; 50 MB: openssl

The floor of receiving is two RSA private operations, measured in the same run. The pyas2lib endpoint
is the same HTTP server with pyas2lib behind it, and without a journal. The client is a process of its
own that sends messages built beforehand.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from as2_partner import Got, Partner, post
from running_node import RunningNode, running_node

from bench.as2_core import against_openssl, in_ber
from bench.spine import MB, workplace
from simulator.wire import as2

CONNECTIONS = 16
SIZE = 10_000


def raw_request(outgoing: as2.Outgoing, url: str) -> bytes:
    """A POST as it goes over the wire."""
    parts = urlsplit(url)
    fields = [("Host", parts.netloc), ("Content-Length", str(outgoing.size)), *outgoing.headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + outgoing.body()


def client(url: str, requests: Sequence[bytes], result: multiprocessing.Queue) -> None:
    """Sends every request over a few connections; puts seconds and negative answers."""
    begun = time.perf_counter()
    bad = asyncio.run(_play(url, list(requests)))
    result.put((time.perf_counter() - begun, bad))


async def _play(url: str, left: list[bytes]) -> int:
    return sum(await asyncio.gather(*(_connection(url, left) for _ in range(CONNECTIONS))))


async def _connection(url: str, left: list[bytes]) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    bad = 0
    while left:
        writer.write(left.pop())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(length)
        bad += b" 200 " not in head.split(b"\r\n")[0] or b"; processed\r\n" not in body
    writer.close()
    return bad


def rate(url: str, requests: Sequence[bytes]) -> float:
    """Messages a second; every one must be acknowledged."""
    result: multiprocessing.Queue = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(
        target=client, args=(url, requests, result)
    )
    process.start()
    seconds, bad = result.get(timeout=300)
    process.join()
    assert bad == 0, f"{bad} of {len(requests)} were not acknowledged"
    return len(requests) / seconds


def floor(identity: as2.Identity, seconds: float = 1.0) -> float:
    """Pairs of RSA private operations a second."""
    own, certificate = identity.key, identity.certificate.public_key
    sealed = certificate.encrypt(b"k" * 32, padding.PKCS1v15())
    count, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        own.decrypt(sealed, padding.PKCS1v15())
        own.sign(b"m" * 256, padding.PKCS1v15(), hashes.SHA256())
        count += 1
    return count / seconds


# Deposits of random bytes. The first are acknowledgements with a foreign emitter in their name: they
# are refused and never answered, so receiving is measured alone. The second are judged and answered.
ALONE = "CEN1204A_DEM012_ZZZ9991204{:015d}.tar.gz"
JUDGED = "FSO1150A_DEM012_DEM0121150{:015d}.tar.gz"


def messages(partner: Partner, pattern: str, count: int, first: int) -> list[bytes]:
    """Signed and encrypted messages, each with one flow."""
    content = bytes(range(256)) * (SIZE // 256)
    names = (pattern.format(first + n) for n in range(count))
    return [raw_request(partner.message(content, name), partner.url) for name in names]


def as2_rate(count: int = 2000) -> None:
    """Messages of 10 KB through HTTP, against the floor and against pyas2lib."""
    rates: dict[str, list[float]] = {ALONE: [], JUDGED: []}
    floors, theirs = [], []
    with workplace() as folder, running_node(folder) as node:
        partner = Partner(node, "DEM012")
        rate(partner.url, messages(partner, ALONE, 50, 1))
        for turn in range(3):
            for pattern, found in rates.items():
                batch = messages(partner, pattern, count, 1000 + turn * count)
                found.append(rate(partner.url, batch))
                node.quiet()
            floors.append(floor(partner.own))
            theirs.append(_pyas2lib_rate(partner, count // 4))
    best, judged, top = max(rates[ALONE]), max(rates[JUDGED]), max(floors)
    print(f"RSA floor: {top:.0f} pairs of private operations a second")
    print(f"node, durable MDN: {best:.0f} a second, {best / top:.0%} of the floor (claim >= 30 %)")
    print(f"  with judging and answering meanwhile: {judged:.0f} a second")
    print(
        f"pyas2lib endpoint, no journal: {max(theirs):.0f} a second;"
        f" ours {best / max(theirs):.1f} x (claim >= 6)"
    )


def _pyas2lib_rate(partner: Partner, count: int) -> float:
    """The same messages to a pyas2lib endpoint on the same HTTP server, in a process of its own."""
    folder = Path(partner.folder)
    command = [sys.executable, "-m", "bench.as2_pyas2_endpoint", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            url = f"http://127.0.0.1:{port}/as2"
            aife = as2.Certificate.load((folder / "own.pem").read_bytes())
            security = as2.Security(identity=partner.own, recipients=(aife,))
            content = bytes(range(256)) * (SIZE // 256)
            batch = [
                raw_request(partner.message(content, f"f{n}", security=security), url)
                for n in range(count)
            ]
            return rate(url, batch)
        finally:
            process.terminate()


# -- large messages -----------------------------------------------------------------------------


class Beside(threading.Thread):
    """What others feel meanwhile: how long the node takes for a page, and for a small deposit."""

    def __init__(self, page: str, deposits: Sequence[bytes], url: str) -> None:
        super().__init__()
        self.pages: list[float] = []
        self.deposits: list[float] = []
        self._page = urlsplit(page)
        self._left = list(deposits)
        self._url = urlsplit(url)
        self.over = threading.Event()

    def run(self) -> None:
        """Alternates until it is over."""
        with (
            socket.create_connection((self._page.hostname, self._page.port)) as console,
            socket.create_connection((self._url.hostname, self._url.port)) as as2_port,
        ):
            get = f"GET {self._page.path} HTTP/1.1\r\nHost: {self._page.netloc}\r\n\r\n".encode()
            while not self.over.wait(0.002):
                self.pages.append(answered(console, get))
                if self._left and len(self.pages) % 20 == 0:
                    self.deposits.append(answered(as2_port, self._left.pop()))


def answered(connection: socket.socket, request: bytes) -> float:
    """Seconds until the answer to a request is whole."""
    begun = time.perf_counter()
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    assert b" 200 " in head.split(b"\r\n")[0], head
    return time.perf_counter() - begun


def as2_large(size: int = 100 * MB) -> None:
    """One message of 100 MB in DER and in BER: memory, stalls, others; 50 MB against openssl."""
    for frame in ("der", "ber"):
        with workplace() as folder, running_node(folder) as node:
            _one_large(node, frame, size)
    against_openssl(50 * MB)


def _one_large(node: RunningNode, frame: str, size: int) -> None:
    partner, other = Partner(node), Partner(node, "DEM012")
    name = "FSO1100A_DEM002_DEM0021100000000000000001.tar.gz"
    outgoing = partner.message(os.urandom(size), name)
    body = outgoing.body() if frame == "der" else in_ber(outgoing.body())
    small = [
        raw_request(
            other.message(b"x" * SIZE, f"FSO1150A_DEM012_DEM0121150{n:015d}.xml"), other.url
        )
        for n in range(200)
    ]
    pid = node.process.pid
    quiet = Beside(other.url, small[:20], other.url)
    watched(quiet, lambda: time.sleep(1.0))
    before = resident(pid, reset=True)
    beside = Beside(other.url, small[20:], other.url)
    answers: list[Got] = []
    begun = time.perf_counter()
    watched(beside, lambda: answers.append(post(partner.url, dict(outgoing.headers), body)))
    took = time.perf_counter() - begun
    mdn = partner.read(answers[0])
    assert mdn.disposition.is_positive, mdn.disposition
    used = (resident(pid) - before) / size
    print(f"{size // MB} MB in {frame}: MDN after {took:.2f} s, peak {used:.2f} payloads (<= 4)")
    for what, times in (("page", beside.pages), ("deposit of another partner", beside.deposits)):
        calm = quiet.pages if what == "page" else quiet.deposits
        print(
            f"  {what}: median {statistics.median(times) * 1e3:.1f} ms, longest"
            f" {max(times) * 1e3:.0f} ms; without the message {statistics.median(calm) * 1e3:.1f}"
            f" and {max(calm) * 1e3:.0f} ms"
        )


def watched(beside: Beside, action: Callable[[], object]) -> None:
    beside.start()
    try:
        action()
    finally:
        beside.over.set()
        beside.join()


def resident(pid: int, *, reset: bool = False) -> int:
    """Highest resident size of a process in bytes since the last reset."""
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    if reset:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        return resident(pid)
    return peak * 1024
