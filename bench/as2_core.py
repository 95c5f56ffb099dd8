"""Speed and memory of the AS2 core, as ratios measured in one run.

    python bench/as2_core.py            # speed: against pyas2lib and against the RSA floor
    python bench/as2_core.py --large    # and 50 MB against `openssl cms`, 100 MB in memory

The floor of receiving is two RSA private operations: one to get the content key, one to sign the
MDN. Each figure is the best of many runs; contenders take turns, so that a busy machine slows them
alike.
"""

from __future__ import annotations

import argparse
import mmap
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from as2_forge import CRLF, indefinite, opening, platform, security, sent, simulator  # noqa: E402

from simulator.transport.as2_pyas2 import Pyas2Unavailable, load  # noqa: E402
from simulator.wire import as2  # noqa: E402
from simulator.wire.as2 import ber, cms  # noqa: E402

TURN = 10
RECEIPT = as2.ReceiptRequest(signed=True, micalgs=("sha256",))


def best(actions: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Shortest time of each action, in seconds; they take turns of ten until the time is over."""
    shortest = dict.fromkeys(actions, float("inf"))
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for name, action in (each for each in actions.items() for _ in range(TURN)):
            start = time.perf_counter()
            action()
            shortest[name] = min(shortest[name], time.perf_counter() - start)
    return shortest


def receive(fields: list[tuple[str, str]], body: bytes) -> as2.Outgoing:
    """What the server does with a request: open, verify, answer with a signed MDN."""
    request = as2.read_request(fields)
    message = as2.open_message(request, body, opening())
    return as2.build_mdn(as2.reply_to(request, message), "<2@simulator>", simulator().identity)


def floor() -> None:
    """Two RSA private operations."""
    key = simulator().identity.key
    key.decrypt(SEALED, padding.PKCS1v15())
    key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())


SEALED = simulator().public.public_key.encrypt(bytes(32), padding.PKCS1v15())


def pyas2_party(pair: object, name: str, module: object, **options: object) -> tuple:
    """Organization and partner of that name."""
    material = pair.key + pair.certificate
    keys = {"verify_cert": pair.certificate, "encrypt_cert": pair.certificate}
    return (
        module.Organization(as2_name=name, sign_key=material, decrypt_key=material),
        module.Partner(as2_name=name, validate_certs=False, **keys, **options),
    )


def against_pyas2(size: int, seconds: float) -> None:
    """Building and receiving, both implementations, one payload."""
    content = os.urandom(size)
    built = sent(content, receipt=RECEIPT)
    fields, body = list(built.headers), built.body()
    actions = {
        "floor": floor,
        "ours build": lambda: sent(content, receipt=RECEIPT),
        "ours receive": lambda: receive(fields, body),
    }
    actions |= pyas2_actions(content, fields, body)
    times = best(actions, seconds)
    print(f"{size:,} bytes, signed and encrypted, signed MDN; best of {seconds:.0f} s, ms:")
    for name, taken in times.items():
        print(f"  {name:16} {taken * 1e3:8.3f}")
    print(f"  ours receive is {times['floor'] / times['ours receive']:.0%} of the RSA floor")
    for task in ("build", "receive"):
        if f"pyas2lib {task}" in times:
            ratio = times[f"pyas2lib {task}"] / times[f"ours {task}"]
            print(f"  {task}: {ratio:.1f} times pyas2lib")


def pyas2_actions(
    content: bytes, fields: list[tuple[str, str]], body: bytes
) -> dict[str, Callable[[], object]]:
    """The same tasks done by pyas2lib, none when it cannot be loaded."""
    try:
        module = load().module
    except Pyas2Unavailable as reason:
        print(reason)
        return {}
    options = {
        "sign": True,
        "encrypt": True,
        "enc_alg": "aes_256_cbc",
        "mdn_mode": "SYNC",
        "mdn_digest_alg": "sha256",
    }
    us, us_as_partner = pyas2_party(simulator(), "CPP001", module, **options)
    them, them_as_partner = pyas2_party(platform(), "DEM002", module, **options)
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + CRLF + body

    def build() -> None:
        message = module.Message(them, us_as_partner)
        message.build(content, filename="F.xml", content_type="application/octet-stream")
        assert message.headers
        assert message.content

    def parse() -> None:
        message = module.Message()
        status, error, mdn = message.parse(
            raw, find_org_cb=lambda _: us, find_partner_cb=lambda _: them_as_partner
        )
        assert status == "processed", error
        assert mdn.content

    return {"pyas2lib build": build, "pyas2lib receive": parse}


def against_openssl(size: int) -> None:
    """Decrypt and verify one large message, here and with two openssl processes."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "key").write_bytes(simulator().key)
        (base / "own").write_bytes(simulator().certificate)
        (base / "ca").write_bytes(platform().certificate)
        text = (os.urandom(48).hex().encode() + CRLF) * (size // 98)
        built = sent(text)
        (base / "body").write_bytes(built.body())

        def openssl() -> None:
            decrypt = "cms -decrypt -inform DER -recip own -inkey key -in body -out inner"
            verify = "cms -verify -CAfile ca -purpose any -in inner -out plain"
            for command in (decrypt, verify):
                subprocess.run(
                    ["openssl", *command.split()], cwd=base, check=True, stderr=subprocess.DEVNULL
                )

        body = built.body()
        times = best({"openssl": openssl, "ours": lambda: receive(list(built.headers), body)}, 8)
    print(f"{size:,} bytes, decrypt and verify: ours {times['ours']:.3f} s,", end=" ")
    print(f"openssl cms {times['openssl']:.3f} s, ratio {times['ours'] / times['openssl']:.2f}")


def memory(size: int) -> None:
    """Peak of a process of its own that maps a body and opens it, in payloads."""
    for frame in ("der", "ber"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "body"
            in_child(write_body, path, frame, size)
            in_child(open_mapped, path, frame, size)


def in_child(action: Callable[..., object], *given: object) -> None:
    """Run in a forked process, which has the same keys and its own peak of memory."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        action(*given)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def write_body(path: Path, frame: str, size: int) -> None:
    """Build the body in a process of its own, whose memory is not measured."""
    path.write_bytes(encrypted(size, frame))


class Stalls:
    """How long another thread was kept from running: what a reactor would feel."""

    def __enter__(self) -> Stalls:
        self.longest, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        last = time.perf_counter()
        while not self._over.wait(0.001):
            now = time.perf_counter()
            self.longest, last = max(self.longest, now - last), now

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def open_mapped(path: Path, frame: str, size: int) -> None:
    """Open a mapped body and say what it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as file:
        body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        start = time.perf_counter()
        with Stalls() as stalls:
            answer = receive(FIELDS, body)
        taken = time.perf_counter() - start
    assert answer.size
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    mega = size / (1 << 20)
    print(f"{mega:.0f} MiB mapped, {frame}: opened in {taken:.2f} s,", end=" ")
    print(f"peak {used / mega:.2f} payloads more than before (mapping included);", end=" ")
    print(f"longest stall of another thread {stalls.longest * 1e3:.0f} ms")


FIELDS = [
    ("AS2-From", "DEM002"),
    ("AS2-To", "CPP001"),
    ("Message-ID", "<1@platform>"),
    ("Content-Type", "application/pkcs7-mime"),
    ("Disposition-Notification-To", "x"),
    ("Disposition-Notification-Options", "signed-receipt-protocol=required, pkcs7-signature"),
]


def encrypted(size: int, frame: str) -> bytes:
    """A signed and encrypted body, in DER or in BER with pieces of 1,000 bytes."""
    built = sent(os.urandom(size), layers=security()).body()
    return built if frame == "der" else in_ber(built)


def in_ber(built: bytes) -> bytes:
    """An EnvelopedData in BER: indefinite lengths, the content in pieces of 1,000 bytes."""
    walk = ber.Reader(as2.span.Span.of(built))
    walk.enter(ber.SEQUENCE)
    walk.skip()
    walk.enter(ber.CONTEXT_0)
    walk.enter(ber.SEQUENCE)
    front = [walk.skip().copy(), walk.skip().copy()]
    walk.enter(ber.SEQUENCE)
    inner = [walk.skip().copy(), walk.skip().copy()]
    (content,) = walk.octets(ber.CONTEXT_0_PRIMITIVE, ber.CONTEXT_0)
    view = content.view()
    cut = (ber.tlv(ber.OCTETS, bytes(view[at : at + 1000])) for at in range(0, len(view), 1000))
    body = indefinite(ber.SEQUENCE, *inner, indefinite(0xA0, *cut))
    envelope = indefinite(ber.CONTEXT_0, indefinite(ber.SEQUENCE, *front, body))
    return indefinite(ber.SEQUENCE, ber.oid(cms.ENVELOPED_DATA), envelope)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="50 and 100 MB too")
    parser.add_argument("--seconds", type=float, default=4, help="for each payload")
    given = parser.parse_args()
    for size in (10 * 1024, 1 << 20):
        against_pyas2(size, given.seconds)
    if given.large:  # memory first: a forked child inherits the peak of its parent
        memory(100 << 20)
        against_openssl(50 << 20)


if __name__ == "__main__":
    main()
