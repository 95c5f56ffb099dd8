"""libas2: messages recorded from it, and the library itself where Node has it.

Set ``AIFE_SIM_LIBAS2`` to a ``node_modules`` folder with libas2 0.8 and pkijs 2.1.90 (later pkijs
will not do) to let it take part.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from as2_forge import content_of, opening, platform, security, simulator
from msgspec.structs import replace

from simulator.wire import as2

pytestmark = pytest.mark.interop

RECORDED = Path(__file__).parent / "recorded"
PEER = Path(__file__).parent / "libas2_peer.js"
PAYLOAD = (RECORDED / "payload").read_bytes()


def recorded(name):
    head, _, body = (RECORDED / f"{name}.as2").read_bytes().partition(b"\r\n\r\n")
    return as2.read_request(as2.Headers.parse(head)), body


def identity(name):
    key, certificate = (RECORDED / f"{name}.{suffix}" for suffix in ("key", "pem"))
    return as2.Identity.load(key.read_bytes(), certificate.read_bytes())


OPENING = as2.Opening((identity("simulator"),), (identity("platform").certificate,))


@pytest.mark.parametrize(
    ("name", "cipher", "digest"),
    [("libas2-signed-encrypted", "aes256-cbc", "sha256"), ("libas2-3des", "3des-cbc", "sha1")],
)
def test_a_recorded_message_opens(name, cipher, digest):
    request, body = recorded(name)
    assert request.headers.get("Content-Transfer-Encoding") == "base64"
    assert request.receipt.micalg_required
    assert as2.refusal_of(request) is None
    message = as2.open_message(request, body, OPENING)
    assert content_of(message) == [PAYLOAD]
    assert message.attachments[0].filename == "FSO1100A.xml"
    assert message.layers[0].detail == "rsa-oaep-sha512"
    assert [layer.algorithm for layer in message.layers] == [cipher, digest]


def test_a_recorded_message_with_gcm_in_the_wrong_frame_is_refused():
    with pytest.raises(as2.DecryptionFailed, match="aes256-gcm has no place in EnvelopedData"):
        as2.open_message(*recorded("libas2-gcm"), OPENING)


def test_a_recorded_mdn_signed_without_its_last_line_break():
    mdn = as2.read_mdn(*recorded("libas2-mdn"), OPENING)
    assert mdn.signature.fit == "without-last-crlf"
    assert (mdn.disposition.verdict, mdn.original_message_id) == ("processed", "<1@simulator>")
    assert str(mdn.mic) == "ZX1nVg+8oJcT9aTCMJE83TJD0OHtl6THod5YNgOKYkM=, SHA-256"


@pytest.fixture
def libas2(tmp_path):
    """Run the peer in a folder with the keys and the payload."""
    if "AIFE_SIM_LIBAS2" not in os.environ or shutil.which("node") is None:
        pytest.skip("no node, or AIFE_SIM_LIBAS2 does not name a node_modules with libas2")
    for name, pair in (("platform", platform()), ("simulator", simulator())):
        (tmp_path / f"{name}.key").write_bytes(pair.key)
        (tmp_path / f"{name}.pem").write_bytes(pair.certificate)
    (tmp_path / "payload").write_bytes(PAYLOAD)

    def run(mode, cipher, digest):
        command = ["node", str(PEER), mode, str(tmp_path), cipher, digest]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        head, _, body = (
            (tmp_path / ("message" if mode == "send" else "mdn"))
            .read_bytes()
            .partition(b"\r\n\r\n")
        )
        return as2.read_request(as2.Headers.parse(head)), body

    run.folder = tmp_path
    return run


CIPHERS = ["none", "des-EDE3-CBC", "aes128-CBC", "aes192-CBC", "aes256-CBC"]


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("digest", ["none", "sha-1", "sha-256", "sha-384", "sha-512"])
def test_what_it_sends_opens(libas2, cipher, digest):
    request, body = libas2("send", cipher, digest)
    message = as2.open_message(request, body, opening())
    assert content_of(message) == [PAYLOAD]
    assert message.has("signed") == (digest != "none")
    assert message.has("encrypted") == (cipher != "none")


@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize("base64", [True, False])
def test_it_receives_and_its_mdn_is_a_proof(libas2, sign, encrypt, base64):
    profile = replace(as2.PROFILES["libas2-like"], base64=base64)
    layers = security(sign, encrypt)
    outgoing = as2.build_message(
        as2.Envelope(
            "CPP001",
            "DEM002",
            "<1@simulator>",
            receipt=as2.ReceiptRequest(signed=True, micalgs=("sha-256",)),
        ),
        [as2.File(PAYLOAD, "F.xml", "application/xml")],
        as2.Security(
            simulator().identity if layers.identity else None,
            (platform().public,) if layers.recipients else (),
        ),
        profile,
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in outgoing.headers).encode()
    (libas2.folder / "in").write_bytes(head + b"\r\n" + outgoing.body())
    request, body = libas2(
        "answer", "aes256-CBC" if encrypt else "none", "sha-256" if sign else "none"
    )
    mdn = as2.read_mdn(request, body, as2.Opening(signers=(platform().public,)))
    verdict = as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic)
    assert verdict.outcome == "delivered"
    assert verdict.proven == sign, "it returns a MIC for signed messages only"
