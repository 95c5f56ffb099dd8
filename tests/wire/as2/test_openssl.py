"""The openssl command judges what the core writes, and writes what the core must read."""

import base64
import datetime as dt
import itertools
import shutil
import subprocess
from pathlib import Path

import pytest
from as2_forge import PAYLOAD, content_of, opened, opening, pair, part, platform, sent, simulator
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2.algorithms import CIPHERS, DIGESTS
from simulator.wire.as2.profile import STRICT

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command here"),
]

OPENSSL_CIPHERS = {
    "3des-cbc": "-des3",
    "aes128-cbc": "-aes128",
    "aes192-cbc": "-aes192",
    "aes256-cbc": "-aes256",
    "aes128-gcm": "-aes-128-gcm",
    "aes192-gcm": "-aes-192-gcm",
    "aes256-gcm": "-aes-256-gcm",
}
ENCRYPTED = [("Content-Type", "application/pkcs7-mime")]


SIGNERS = list(
    itertools.product(["rsa", "ec"], ["", "-nocerts", "-noattr", "-keyid", "-nosmimecap"])
)


@pytest.fixture
def openssl(tmp_path):
    """Run openssl in a folder that has the keys; give it bytes, get bytes."""
    for name, kind in (("platform", "rsa"), ("simulator", "rsa"), ("platform-ec", "ec")):
        (tmp_path / f"{name}.key").write_bytes(pair(name, kind).key)
        (tmp_path / f"{name}.pem").write_bytes(pair(name, kind).certificate)

    def run(command, data):
        done = subprocess.run(
            ["openssl", *command.split()],
            input=data,
            capture_output=True,
            cwd=tmp_path,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    run.folder = tmp_path
    return run


def as_mail(outgoing):
    """A message as one S/MIME text, which is what openssl reads."""
    wanted = ("content-type", "content-transfer-encoding", "mime-version")
    fields = [f"{n}: {v}\r\n" for n, v in outgoing.headers if n.lower() in wanted]
    return "".join(fields).encode() + b"\r\n" + outgoing.body()


DECRYPT = "-decrypt -inform DER -recip simulator.pem -inkey simulator.key"
VERIFY = "-verify -CAfile {0}.pem -certfile {0}.pem -purpose any"
TEXT = b"one\r\n\r\ntwo\r\n"
"""openssl brings a mail into CRLF before it verifies; only such a content can go this way."""


def verified(openssl, outgoing, name, command="cms"):
    """Verify as a mail, which checks the frame too; and the exact bytes, whatever they are."""
    mail = openssl(f"{command} {VERIFY.format(name)}", as_mail(outgoing))
    _, first, second, _ = outgoing.body().split(b"--" + _boundary(outgoing))
    proof = base64.b64decode(second.partition(b"\r\n\r\n")[2])
    Path(openssl.folder, "part").write_bytes(first[2:-2])
    detached = f"-binary -inform DER -content part {VERIFY.format(name)}"
    assert openssl(f"{command} {detached}", proof) == first[2:-2]
    return mail


def _boundary(outgoing):
    return dict(outgoing.headers)["Content-Type"].partition('boundary="')[2].rstrip('"').encode()


class TestOpensslReadsUs:
    @pytest.mark.parametrize("cipher", CIPHERS)
    @pytest.mark.parametrize("transport", ["rsa-pkcs1", "rsa-oaep"])
    def test_encrypted(self, openssl, cipher, transport):
        profile = replace(STRICT, cipher=cipher, key_transport=transport)
        outgoing = sent(profile=profile, layers=as2.Security(recipients=(simulator().public,)))
        plain = openssl(f"cms {DECRYPT}", outgoing.body())
        assert plain.endswith(b"\r\n\r\n" + PAYLOAD)

    @pytest.mark.parametrize("cipher", [name for name in CIPHERS if name.endswith("cbc")])
    def test_encrypted_by_the_older_command(self, openssl, cipher):
        layers = as2.Security(recipients=(simulator().public,))
        outgoing = sent(profile=replace(STRICT, cipher=cipher), layers=layers)
        assert openssl(f"smime {DECRYPT}", outgoing.body()).endswith(PAYLOAD)

    @pytest.mark.parametrize("digest", DIGESTS)
    def test_oaep_with_every_hash(self, openssl, digest):
        profile = replace(STRICT, key_transport="rsa-oaep", oaep_digest=digest)
        outgoing = sent(profile=profile, layers=as2.Security(recipients=(simulator().public,)))
        assert openssl(f"cms {DECRYPT}", outgoing.body()).endswith(PAYLOAD)

    @pytest.mark.parametrize("digest", DIGESTS)
    @pytest.mark.parametrize("scheme", ["rsa-pkcs1", "rsa-pss", "ecdsa"])
    @pytest.mark.parametrize("certificates", [True, False])
    def test_signed(self, openssl, digest, scheme, certificates):
        signer = pair("platform-ec", "ec") if scheme == "ecdsa" else platform()
        profile = replace(
            STRICT,
            digest=digest,
            signature="rsa-pss" if scheme == "rsa-pss" else "rsa-pkcs1",
            certificates=certificates,
        )
        outgoing = sent(TEXT, profile=profile, layers=as2.Security(signer.identity))
        name = "platform-ec" if scheme == "ecdsa" else "platform"
        assert verified(openssl, outgoing, name).endswith(b"\r\n\r\n" + TEXT)

    @pytest.mark.parametrize("digest", DIGESTS)
    def test_signed_for_the_older_command(self, openssl, digest):
        profile = replace(STRICT, digest=digest)
        outgoing = sent(TEXT, profile=profile, layers=as2.Security(platform().identity))
        assert verified(openssl, outgoing, "platform", "smime").endswith(TEXT)

    def test_signed_binary_content(self, openssl):
        content = bytes(range(256)) * 8 + b"\n\r\n\n"
        outgoing = sent(content, layers=as2.Security(platform().identity))
        part_and_proof = outgoing.body().split(b"--" + _boundary(outgoing))
        Path(openssl.folder, "part").write_bytes(part_and_proof[1][2:-2])
        proof = base64.b64decode(part_and_proof[2].partition(b"\r\n\r\n")[2])
        command = f"cms -binary -inform DER -content part {VERIFY.format('platform')}"
        assert openssl(command, proof).endswith(content)

    def test_signed_with_a_time(self, openssl):
        moment = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
        outgoing = sent(TEXT, layers=as2.Security(platform().identity, signed_at=moment))
        assert verified(openssl, outgoing, "platform").endswith(TEXT)

    def test_a_signed_mdn(self, openssl):
        receipt = as2.ReceiptRequest(signed=True, micalgs=("sha-384",))
        outgoing = sent(receipt=receipt)
        message = as2.open_message(as2.read_request(outgoing.headers), outgoing.body(), opening())
        answer = as2.build_mdn(
            as2.reply_to(message.request, message), "<2@simulator>", simulator().identity
        )
        report = verified(openssl, answer, "simulator")
        assert b"Original-Message-ID: <1@platform>" in report

    def test_both_layers_peel_off_one_after_the_other(self, openssl):
        inner = openssl(f"cms {DECRYPT}", sent(TEXT).body())
        assert openssl(f"cms {VERIFY.format('platform')}", inner).endswith(TEXT)


class TestWeReadOpenssl:
    @pytest.mark.parametrize("cipher", OPENSSL_CIPHERS)
    @pytest.mark.parametrize("form", ["-outform DER", "-outform DER -stream"])
    @pytest.mark.parametrize("padding", ["pkcs1", "oaep"])
    def test_encrypted(self, openssl, cipher, form, padding):
        options = f"-keyopt rsa_padding_mode:{padding}"
        command = f"cms -encrypt -binary {OPENSSL_CIPHERS[cipher]} {form} -recip simulator.pem"
        body = openssl(f"{command} {options}", part())
        message = opened(ENCRYPTED, body)
        assert content_of(message) == [PAYLOAD]
        assert message.layers[0].algorithm == cipher

    @pytest.mark.parametrize("digest", DIGESTS)
    def test_oaep_with_every_hash_and_mask(self, openssl, digest):
        for mask in ("sha1", digest):
            options = (
                "-keyopt rsa_padding_mode:oaep"
                f" -keyopt rsa_oaep_md:{digest} -keyopt rsa_mgf1_md:{mask}"
            )
            command = "cms -encrypt -binary -aes256 -outform DER -recip simulator.pem"
            assert content_of(opened(ENCRYPTED, openssl(f"{command} {options}", part()))) == [
                PAYLOAD
            ]

    @pytest.mark.parametrize("cipher", ["-des3", "-aes256"])
    def test_encrypted_by_the_older_command(self, openssl, cipher):
        body = openssl(f"smime -encrypt -binary {cipher} -outform DER simulator.pem", part())
        assert content_of(opened(ENCRYPTED, body)) == [PAYLOAD]

    def test_recipient_by_key_identifier_among_others(self, openssl):
        command = (
            "cms -encrypt -binary -aes256 -outform DER -keyid"
            " -recip platform.pem -recip simulator.pem -recip platform-ec.pem"
        )
        assert content_of(opened(ENCRYPTED, openssl(command, part()))) == [PAYLOAD]

    def test_an_s_mime_body_in_base64(self, openssl):
        mail = openssl("cms -encrypt -binary -aes256 -outform SMIME -recip simulator.pem", part())
        fields = [*ENCRYPTED, ("Content-Transfer-Encoding", "base64")]
        assert content_of(opened(fields, mail.partition(b"\n\n")[2])) == [PAYLOAD]

    @pytest.mark.parametrize("digest", DIGESTS)
    @pytest.mark.parametrize(("signer", "extra"), [*SIGNERS, ("pss", "")])
    def test_signed(self, openssl, digest, signer, extra):
        mail = openssl(_sign(digest, signer) + f" -outform SMIME -crlfeol {extra}", part())
        message = _from_mail(mail)
        assert content_of(message) == [PAYLOAD]
        scheme = {"rsa": "rsa-pkcs1", "pss": "rsa-pss", "ec": "ecdsa"}[signer]
        assert (message.signature.digest, message.signature.scheme) == (digest, scheme)
        assert message.signature.fit == "exact"

    @pytest.mark.parametrize("salt", ["digest", "max", "0", "20"])
    def test_pss_with_any_salt(self, openssl, salt):
        command = (
            _sign("sha256", "pss") + f" -keyopt rsa_pss_saltlen:{salt} -outform SMIME -crlfeol"
        )
        assert _from_mail(openssl(command, part())).signature.scheme == "rsa-pss"

    def test_signed_by_the_older_command(self, openssl):
        command = "smime -sign -binary -crlfeol -signer platform.pem -inkey platform.key"
        assert content_of(_from_mail(openssl(command, part()))) == [PAYLOAD]

    def test_signed_text(self, openssl):
        text = part(b"one\ntwo\n").replace(b"\r\n", b"\n")
        mail = openssl("cms -sign -signer platform.pem -inkey platform.key -outform SMIME", text)
        assert content_of(_from_mail(mail)) == [b"one\r\ntwo\r\n"]

    @pytest.mark.parametrize("form", ["-outform DER", "-outform DER -stream"])
    def test_opaque_signed_data(self, openssl, form):
        body = openssl(_sign("sha256", "rsa") + f" -nodetach {form}", part())
        message = opened([("Content-Type", "application/pkcs7-mime")], body, signers=_signers())
        assert content_of(message) == [PAYLOAD]
        assert message.signature.fit == "attached"

    def test_signed_then_encrypted(self, openssl):
        mail = openssl(_sign("sha256", "rsa") + " -outform SMIME -crlfeol", part())
        command = "cms -encrypt -binary -aes-256-gcm -outform DER -stream -recip simulator.pem"
        message = opened(ENCRYPTED, openssl(command, mail))
        assert [layer.kind for layer in message.layers] == ["encrypted", "signed"]
        assert content_of(message) == [PAYLOAD]


def _signers():
    return (platform().public, pair("platform-ec", "ec").public)


def _sign(digest, signer):
    name = "platform-ec" if signer == "ec" else "platform"
    options = " -keyopt rsa_padding_mode:pss" if signer == "pss" else ""
    return f"cms -sign -binary -md {digest} -signer {name}.pem -inkey {name}.key{options}"


def _from_mail(mail):
    head, _, body = mail.replace(b"\n\r\n", b"\n\n", 1).partition(b"\n\n")
    return opened(as2.Headers.parse(head).fields, body, signers=_signers())
