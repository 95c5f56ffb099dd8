"""What a hostile or broken client does to the AS2 port: bounded time and memory, others are served."""

from __future__ import annotations

import itertools
import logging
import random
import resource
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import as2_forge as forge
import msgspec
import pytest
from as2_desk import OPEN, Desk, as2_desk, eventually, flow_name, head, settings, with_headers
from as2_forge import CRLF
from as2_partner import Got, Partner
from process_memory import watched

from simulator.wire import as2
from simulator.wire.as2 import ber, cms, compressed

_log = logging.getLogger(__name__)

PARTNERS = {"OPEN01": OPEN, "OTHER1": "{}"}
BODY = 16 << 20
INFLATED = 128 << 20
# Wall seconds that an attack may take, and another partner may be kept waiting.
SECONDS, PATIENCE = 15.0, 3.0
# What it may add to the memory of the node.
MEMORY = 64 << 20


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A node with bounds on size that an attack reaches soon."""
    bounds = f"[as2]\nbody = {BODY}\n[limits]\nflow = {INFLATED}\n"
    with as2_desk(tmp_path_factory.mktemp("hostile"), settings(PARTNERS, bounds)) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A node that waits for nobody, with few places."""
    bounds = "[as2]\nheader_seconds = 0.5\nrequest_seconds = 1.0\nmax_connections = 50\n"
    folder = tmp_path_factory.mktemp("hasty")
    with as2_desk(folder, settings(PARTNERS, bounds), "--as2-tls-port", "0") as running:
        yield running


@contextmanager
def bounded(desk: Desk, memory: int = MEMORY) -> Iterator[None]:
    """An attack under which another partner is served, in bounded time and memory."""
    stop, waits = threading.Event(), []

    def others() -> None:
        while not (stop.is_set() and waits):
            begin = time.perf_counter()
            assert served(desk)
            waits.append(time.perf_counter() - begin)

    served(desk)
    before = resident(desk)
    other = threading.Thread(target=others)
    begin = time.perf_counter()
    with watched(desk.node.process.pid) as peak:
        other.start()
        try:
            yield
        finally:
            stop.set()
            other.join()
    seconds, grown = time.perf_counter() - begin, peak.total - before
    _log.info("%.2f s, %d MB, others %.3f s", seconds, grown >> 20, max(waits))
    assert waits, "nobody else was served"
    assert max(waits) < PATIENCE
    assert seconds < SECONDS
    assert grown < memory
    assert desk.node.process.poll() is None


def resident(desk: Desk) -> int:
    with watched(desk.node.process.pid) as peak:
        pass
    return peak.total


def served(desk: Desk) -> bool:
    mdn, _ = desk["OTHER1"].send(b"", flow_name("OTHER1"))
    return mdn.disposition.is_positive


def told(desk: Desk, outgoing: as2.Outgoing) -> Got:
    with desk.dial() as line:
        line.say(head(outgoing), outgoing.body())
        return line.hear()


def bodied(partner: Partner, fields: Iterable[tuple[str, str]], body: bytes) -> as2.Outgoing:
    """A message with a body and content headers of its own."""
    plain = partner.message(b"", "", security=as2.Security())
    renamed = with_headers(plain, **{n.replace("-", "_"): v for n, v in fields})
    return msgspec.structs.replace(with_headers(renamed, Content_Disposition=None), pieces=(body,))


def says(desk: Desk, outgoing: as2.Outgoing) -> str:
    got = told(desk, outgoing)
    assert got.status == 200
    disposition = desk["OPEN01"].read(got).disposition
    return disposition.text or disposition.type


# -- sizes ----------------------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    """A ZLIB stream that inflates to so many zeros, made of one block over and over."""
    engine, block = zlib.compressobj(9), bytes(1 << 20)
    first = engine.compress(part_head()) + engine.compress(block) + engine.flush(zlib.Z_FULL_FLUSH)
    again = engine.compress(block) + engine.flush(zlib.Z_FULL_FLUSH)
    return first + again * (size >> 20) + engine.flush()


def part_head() -> bytes:
    return forge.part(b"")


def zipped(packed: bytes) -> bytes:
    inner = ber.tlv(ber.SEQUENCE, cms.DATA_OID, ber.tlv(ber.CONTEXT_0, ber.tlv(ber.OCTETS, packed)))
    method = cms.algorithm(compressed.ZLIB)
    body = ber.tlv(ber.SEQUENCE, ber.integer(0), method, inner)
    return forge.framed(cms.COMPRESSED_DATA, body)


ZIPPED = [("Content-Type", "application/pkcs7-mime; smime-type=compressed-data")]


def zipped_part(packed: bytes) -> bytes:
    return f"Content-Type: {ZIPPED[0][1]}".encode() + CRLF + CRLF + zipped(packed)


def test_a_bomb_of_10_mb_stops_at_the_bound_of_a_flow(desk: Desk) -> None:
    packed = bomb(10 << 30)
    assert 9 << 20 < len(packed) < 12 << 20
    outgoing = bodied(desk["OPEN01"], ZIPPED, zipped(packed))
    with bounded(desk, MEMORY + INFLATED * 5 // 4):
        assert says(desk, outgoing) == "decompression-failed"
    assert "134217728 bytes" in desk.exchanges("OPEN01")[0]["facts"]["reason"]


def test_several_bombs_at_once_do_not_add_up(desk: Desk) -> None:
    outgoing = bodied(desk["OPEN01"], ZIPPED, zipped(bomb(10 << 30)))
    with bounded(desk, 2 * MEMORY + INFLATED * 5 // 2), ExitStack() as stack:
        lines = [stack.enter_context(desk.dial()) for _ in range(5)]
        for line in lines:
            line.say(head(outgoing), outgoing.body())
        for line in lines:
            disposition = desk["OPEN01"].read(line.hear()).disposition
            assert disposition.text == "decompression-failed"


def test_a_small_bomb_in_a_bomb_does_not_hold_up_the_loop(desk: Desk) -> None:
    inner = zipped_part(bomb(1 << 30))
    outgoing = bodied(desk["OPEN01"], ZIPPED, zipped(zlib.compress(inner, 9)))
    assert outgoing.size < 64 << 10
    with bounded(desk, MEMORY + INFLATED * 5 // 4):
        assert says(desk, outgoing) == "decompression-failed"


def test_a_body_announced_too_long_is_refused_at_once(desk: Desk) -> None:
    outgoing = desk["OPEN01"].message(b"", flow_name("OPEN01"))
    for more in ((), ("Expect: 100-continue",)):
        with bounded(desk), desk.dial() as line:
            line.say(head(outgoing, f"Content-Length: {1 << 30}", *more, length=False))
            got = line.hear()
            assert (got.status, got.body) == (413, b"expected at most 16777216 bytes\n")
            assert line.rest() == b""


def test_a_body_that_grows_too_long_is_cut_off(desk: Desk) -> None:
    outgoing = desk["OPEN01"].message(b"", flow_name("OPEN01"))
    chunk = b"%x\r\n%b\r\n" % (1 << 20, bytes(1 << 20))
    with bounded(desk), desk.dial() as line:
        line.say(head(outgoing, "Transfer-Encoding: chunked", length=False))
        sent = 0
        with suppress(OSError):
            while sent < 1 << 30:
                line.say(chunk)
                sent += len(chunk)
        assert sent < BODY + (64 << 20)
        assert line.hear().status == 413
    incoming = Path(desk.node.ready["data"]) / "incoming"
    assert eventually(lambda: list(incoming.iterdir()), 0) == []  # threads empty it


def test_a_reader_of_nothing_does_not_hold_its_connection(hasty: Desk) -> None:
    """Refused, it neither reads nor ends: the connection goes all the same."""
    outgoing = hasty["OPEN01"].message(b"", flow_name("OPEN01"))
    with hasty.dial() as line:
        line.say(head(outgoing, f"Content-Length: {1 << 40}", length=False))
        line.socket.settimeout(SECONDS)
        with suppress(OSError):
            while True:
                line.say(bytes(1 << 20))
    assert served(hasty)


@pytest.mark.parametrize("line_of", [b"X: y\r\n", b"X" * 1000, b" folded\r\n", b"\r\n"])
def test_a_head_without_end_is_cut_off(desk: Desk, line_of: bytes) -> None:
    with bounded(desk), desk.dial() as line:
        line.say(b"POST /as2 HTTP/1.1\r\n" if line_of != b"\r\n" else b"")
        sent, most = 0, 64 << 20
        with suppress(OSError):
            while sent < most:
                line.say(line_of * 1000)
                sent += len(line_of) * 1000
        assert sent < most


# -- slowness -------------------------------------------------------------------------------------------


def dribble(desk: Desk, begin: bytes, drop: bytes) -> float:
    """Sends a little now and then; wall seconds until the other side hangs up."""
    since = time.perf_counter()
    with desk.dial() as line, suppress(OSError):
        line.say(begin)
        line.socket.settimeout(0.05)
        while time.perf_counter() - since < SECONDS:
            with suppress(TimeoutError):
                if not line.socket.recv(4096):
                    break
            line.say(drop)
    return time.perf_counter() - since


def test_a_slow_head_ends_after_its_time(hasty: Desk) -> None:
    assert 0.4 < dribble(hasty, b"POST /as2 HTTP/1.1\r\nX: ", b"x") < PATIENCE


def test_a_handshake_that_never_comes_ends_after_its_time(hasty: Desk) -> None:
    since = time.perf_counter()
    address = hasty.address[0], urlsplit(hasty.node.ready["as2_tls"]).port
    with socket.create_connection(address, timeout=SECONDS) as connection:
        with suppress(ConnectionResetError):
            assert connection.recv(4096) == b""
    assert 0.4 < time.perf_counter() - since < PATIENCE


def test_a_slow_body_ends_after_its_time(hasty: Desk) -> None:
    outgoing = hasty["OPEN01"].message(b"x" * 9000, flow_name("OPEN01"))
    assert 0.9 < dribble(hasty, head(outgoing), b"x") < PATIENCE
    chunked = head(outgoing, "Transfer-Encoding: chunked", length=False)
    assert 0.9 < dribble(hasty, chunked, b"1\r\nx\r\n") < PATIENCE


def test_an_idle_connection_after_an_answer_ends_after_its_time(hasty: Desk) -> None:
    outgoing = hasty["OPEN01"].message(b"", flow_name("OPEN01"))
    with hasty.dial() as line:
        line.say(head(outgoing), outgoing.body())
        assert line.hear().status == 200
        since = time.perf_counter()
        assert line.rest() == b""
    assert 0.4 < time.perf_counter() - since < PATIENCE


# -- connections ----------------------------------------------------------------------------------------


@contextmanager
def idle(desk: Desk, count: int) -> Iterator[list[socket.socket]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 500)), hard))
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(desk.address, timeout=SECONDS))
            for _ in range(count)
        ]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_five_hundred_idle_connections_leave_room_for_others(desk: Desk) -> None:
    with bounded(desk), idle(desk, 500):
        assert served(desk)


def test_more_connections_than_there_are_places_are_told_so(hasty: Desk) -> None:
    with watched(hasty.node.process.pid), idle(hasty, 500) as connections:
        said = [connection.recv(4096) for connection in connections]  # until the last has ended
    refused = [answer for answer in said if answer.startswith(b"HTTP/1.1 503 ")]
    assert len(refused) >= 400
    assert set(said) <= {b"", *refused}
    assert served(hasty)


# -- structures -----------------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    body = b"x"
    for level in range(levels):
        mark = b"--b%d" % level
        kind = b"multipart/mixed; boundary=b%d" % level
        body = b"Content-Type: " + kind + CRLF + CRLF + CRLF.join((mark, body, mark + b"--"))
    return b"--top\r\n" + body + b"\r\n--top--"


TOP = [("Content-Type", "multipart/mixed; boundary=top")]


def crowd(count: int, partner: Partner) -> bytes:
    """EnvelopedData for so many others, and for us last."""
    other = forge.recipient(b"", forge.platform().public, encrypted=b"x" * 256)
    return forge.enveloped(
        recipients=lambda key: [other] * count + [forge.recipient(key, partner.aife)]
    )


def chain(count: int, partner: Partner) -> tuple[Any, bytes]:
    """SignedData that brings so many certificates."""
    first = forge.part()
    mine = forge.Pair(b"", b"", partner.own)
    info = forge.signer_info(first, by=mine)
    proof = forge.signed_data(info, certificates=[partner.own.certificate.der] * count)
    return forge.multipart_signed(first, proof)


def signers(count: int, partner: Partner) -> tuple[Any, bytes]:
    first = forge.part()
    info = forge.signer_info(first, by=forge.Pair(b"", b"", partner.own))
    return forge.multipart_signed(first, forge.signed_data(*[info] * count))


STRUCTURES = {
    "multiparts nested 1,000 deep": (
        lambda p: (TOP, nested(1000)),
        "unexpected-processing-error",
    ),
    "multiparts nested 100,000 deep": (
        lambda p: (
            TOP,
            b"--top\r\n"
            + b"Content-Type: multipart/mixed; boundary=top\r\n\r\n--top\r\n" * 100_000,
        ),
        "unexpected-processing-error",
    ),
    "100,000 parts": (
        lambda p: (TOP, b"--top\r\n\r\na\r\n" * 100_000 + b"--top--"),
        "unexpected-processing-error",
    ),
    "a thousand recipients": (lambda p: (forge.ENCRYPTED, crowd(1000, p)), "processed"),
    "ten thousand recipients": (lambda p: (forge.ENCRYPTED, crowd(10_000, p)), "decryption-failed"),
    "a chain of 100 certificates": (lambda p: chain(100, p), "processed"),
    "ten thousand certificates": (lambda p: chain(10_000, p), "processed"),  # skipped unread
    "a thousand signers": (lambda p: signers(1000, p), "authentication-failed"),
    "structures nested 100,000 deep": (
        lambda p: (forge.ENCRYPTED, b"\x30\x80" * 100_000),
        "unsupported format",
    ),
    "a million elements": (
        lambda p: (
            forge.ENCRYPTED,
            forge.framed(cms.ENVELOPED_DATA, ber.tlv(ber.SEQUENCE, b"\5\0" * 1_000_000)),
        ),
        "decryption-failed",
    ),
}


@pytest.mark.parametrize("case", STRUCTURES)
def test_a_structure_that_is_a_burden_costs_little(desk: Desk, case: str) -> None:
    make, expected = STRUCTURES[case]
    outgoing = bodied(desk["OPEN01"], *make(desk["OPEN01"]))
    with bounded(desk):
        assert says(desk, outgoing) == expected


def test_rubbish_of_all_sizes_is_answered(desk: Desk) -> None:
    """What is no message at all, under the headers of each kind of message."""
    kinds = [forge.ENCRYPTED, ZIPPED, TOP, [("Content-Type", "multipart/signed; boundary=top")]]
    with bounded(desk):
        for fields, size in itertools.product(kinds, (1, 1000, 5_000_000)):
            body = zlib.compress(b"seed" * 99)[:200].ljust(size, b"\x30") if size > 1 else b"\x30"
            assert says(desk, bodied(desk["OPEN01"], fields, body)) != "processed"


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_request_is_answered_or_cut_off(desk: Desk, seed: int) -> None:
    """Bytes changed, removed or repeated anywhere in head and body; the node's log stays clean."""
    chance, partner = random.Random(seed), desk["OPEN01"]
    layers = as2.Security(partner.own, (partner.aife,) if seed % 2 else (), "before-signing")
    statuses = set()
    for _ in range(60):
        outgoing = partner.message(b"<a/>", flow_name("OPEN01"), security=layers)
        request = bytearray(head(outgoing, "Connection: close") + outgoing.body())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(request) if chance.random() < 0.3 else 900)
            way = chance.randrange(3)
            if way == 0:
                request[place] = chance.randrange(256)
            elif way == 1:
                del request[place : place + chance.randint(1, 40)]
            else:
                request[place:place] = request[place : place + chance.randint(1, 40)]
        with desk.dial() as line, suppress(ConnectionResetError):
            line.say(bytes(request))
            line.socket.settimeout(0.05)
            with suppress(TimeoutError):
                statuses.add(line.rest()[9:12])
    assert statuses <= {b"", b"200", b"202", b"400", b"404", b"405", b"413"}
    assert served(desk)
