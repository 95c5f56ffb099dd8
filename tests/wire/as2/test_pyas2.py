"""pyas2lib, the other implementation, and the core understand each other in both directions."""

import importlib
import itertools

import pytest
from as2_forge import (
    PAYLOAD,
    content_of,
    opened,
    opening,
    part,
    platform,
    security,
    sent,
    simulator,
)
from msgspec.structs import replace

from simulator.transport.as2_pyas2 import Pyas2Unavailable, load
from simulator.wire import as2
from simulator.wire.as2.profile import STRICT

try:
    pyas2 = load().module
    cms = importlib.import_module("pyas2lib.cms")
except Pyas2Unavailable as reason:
    pytest.skip(str(reason), allow_module_level=True)

pytestmark = pytest.mark.interop

DIGESTS = ("sha1", "sha256", "sha384", "sha512")
CIPHERS = {
    "tripledes_192_cbc": "3des-cbc",
    "aes_128_cbc": "aes128-cbc",
    "aes_192_cbc": "aes192-cbc",
    "aes_256_cbc": "aes256-cbc",
}
LAYERS = list(itertools.product([False, True], [False, True], [False, True]))


def organization(pair, name):
    material = pair.key + pair.certificate
    return pyas2.Organization(
        as2_name=name,
        sign_key=material,
        decrypt_key=material,
        mdn_url="http://platform.example/mdn",
    )


def partner(pair, name, **options):
    return pyas2.Partner(
        as2_name=name,
        verify_cert=pair.certificate,
        encrypt_cert=pair.certificate,
        validate_certs=False,
        **options,
    )


def from_pyas2(content=PAYLOAD, kind="application/octet-stream", **options):
    """A message that pyas2lib, as the platform, sends to the simulator."""
    message = pyas2.Message(
        organization(platform(), "DEM002"), partner(simulator(), "CPP001", **options)
    )
    message.build(content, filename="FSO1100A.xml", content_type=kind)
    return message


def received(message, **changes):
    request = as2.read_request(message.headers.items())
    assert as2.refusal_of(request) is None
    return as2.open_message(request, message.content, opening(**changes))


def raw(fields, body):
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n" + body


def judged_by_pyas2(message, answer):
    """What pyas2lib makes of our MDN."""
    mdn = pyas2.Mdn()
    return mdn.parse(raw(answer.headers, answer.body()), lambda *_: message)


def to_pyas2(outgoing, **options):
    """Our message as pyas2lib, as the platform's partner, receives it."""
    message = pyas2.Message()
    status, (error, _), mdn = message.parse(
        raw(outgoing.headers, outgoing.body()),
        find_org_cb=lambda _: organization(simulator(), "CPP001"),
        find_partner_cb=lambda _: partner(platform(), "DEM002", **options),
    )
    return status, error, message, mdn


class TestFromPyas2:
    @pytest.mark.parametrize(("sign", "encrypt", "compress"), LAYERS)
    @pytest.mark.parametrize("mode", [None, "SYNC", "ASYNC"])
    @pytest.mark.parametrize("digest", [None, "sha256"])
    def test_every_combination(self, sign, encrypt, compress, mode, digest):
        message = from_pyas2(
            sign=sign,
            encrypt=encrypt,
            enc_alg="aes_256_cbc",
            compress=compress,
            mdn_mode=mode,
            mdn_digest_alg=digest,
        )
        ours = received(message)
        assert content_of(ours) == [PAYLOAD]
        assert ours.attachments[0].filename == "FSO1100A.xml"
        if mode is None:
            assert ours.request.receipt is None
            return
        assert (ours.request.receipt.url is not None) == (mode == "ASYNC")
        reply = as2.reply_to(ours.request, ours)
        assert reply.signed == (digest is not None)
        answer = as2.build_mdn(reply, "<2@simulator>", simulator().identity)
        assert judged_by_pyas2(message, answer) == ("processed", None)

    @pytest.mark.parametrize("cipher", CIPHERS)
    @pytest.mark.parametrize("digest", DIGESTS)
    def test_every_pair_of_algorithms(self, cipher, digest):
        message = from_pyas2(
            sign=True,
            encrypt=True,
            enc_alg=cipher,
            digest_alg=digest,
            mdn_mode="SYNC",
            mdn_digest_alg=digest,
        )
        ours = received(message)
        assert [layer.algorithm for layer in ours.layers] == [CIPHERS[cipher], digest]
        assert ours.mic().algorithm == digest
        answer = as2.build_mdn(
            as2.reply_to(ours.request, ours), "<2@simulator>", simulator().identity
        )
        assert judged_by_pyas2(message, answer) == ("processed", None)

    def test_oaep(self):
        """Its `Message` never uses the option, its CMS layer does."""
        certificate = partner(simulator(), "CPP001").load_encrypt_cert()
        body = cms.encrypt_message(part(), "aes_256_cbc", certificate, "rsaes_oaep")
        message = opened([("Content-Type", "application/pkcs7-mime")], body)
        assert message.layers[0].detail == "rsa-oaep-sha1"
        assert content_of(message) == [PAYLOAD]

    def test_pss_without_parameters_is_refused_as_openssl_does(self):
        message = from_pyas2(sign=True, sign_alg="rsassa_pss")
        with pytest.raises(as2.AuthenticationFailed, match="sha256 beside a signature with sha1"):
            received(message)

    @pytest.mark.parametrize("kind", ["application/edi-consent", "application/xml"])
    def test_a_text_that_pyas2lib_re_lines(self, kind):
        message = from_pyas2(b"a\nb\n", kind, sign=True, encrypt=True, enc_alg="aes_128_cbc")
        assert content_of(received(message))[0].replace(b"\r\n", b"\n") == b"a\nb\n"

    def test_a_stranger_is_refused(self):
        message = from_pyas2(sign=True)
        with pytest.raises(as2.AuthenticationFailed):
            received(message, signers=(simulator().public,))

    @pytest.mark.parametrize(
        ("refusal", "expected"),
        [
            (as2.DecryptionFailed("x"), "decryption-failed"),
            (as2.SenderEqualsReceiver("x"), "sender-equals-receiver"),
        ],
    )
    def test_a_negative_mdn_is_understood(self, refusal, expected):
        message = from_pyas2(sign=True, mdn_mode="SYNC", mdn_digest_alg="sha256")
        request = as2.read_request(message.headers.items())
        answer = as2.build_mdn(
            as2.reply_to(request, refusal), "<2@simulator>", simulator().identity
        )
        assert judged_by_pyas2(message, answer)[1] == expected


class TestToPyas2:
    @pytest.mark.parametrize(("sign", "encrypt", "compress"), LAYERS)
    @pytest.mark.parametrize(
        "receipt",
        [None, as2.ReceiptRequest(), as2.ReceiptRequest(signed=True, micalgs=("sha256",))],
    )
    def test_every_combination(self, sign, encrypt, compress, receipt):
        layers = security(sign, encrypt, "before-signing" if compress else "none")
        outgoing = sent(layers=layers, receipt=receipt)
        status, error, message, mdn = to_pyas2(outgoing, sign=sign, encrypt=encrypt)
        assert (status, error) == ("processed", None)
        assert message.content == PAYLOAD
        assert message.payload.get_filename() == "FSO1100A.xml"
        if receipt is None:
            assert mdn is None
            return
        read = as2.read_mdn(
            as2.read_request(mdn.headers.items()),
            mdn.content,
            as2.Opening(signers=(simulator().public,)),
        )
        verdict = as2.judge_mdn(read, outgoing.message_id, outgoing.mic)
        assert verdict.outcome == "delivered"
        assert verdict.proven == (sign and receipt.signed)

    @pytest.mark.parametrize("cipher", CIPHERS.values())
    @pytest.mark.parametrize("digest", DIGESTS)
    def test_every_pair_of_algorithms(self, cipher, digest):
        profile = replace(STRICT, cipher=cipher, digest=digest)
        outgoing = sent(profile=profile, receipt=as2.ReceiptRequest(signed=True, micalgs=(digest,)))
        status, error, message, mdn = to_pyas2(outgoing, sign=True, encrypt=True)
        assert (status, error, message.content) == ("processed", None, PAYLOAD)
        read = as2.read_mdn(
            as2.read_request(mdn.headers.items()),
            mdn.content,
            as2.Opening(signers=(simulator().public,), require_signature=True),
        )
        assert read.signature.digest == digest
        assert as2.judge_mdn(read, outgoing.message_id, outgoing.mic).proven

    def test_compression_after_signing(self):
        outgoing = sent(layers=security(True, True, "after-signing"))
        status, error, message, _ = to_pyas2(outgoing, sign=True, encrypt=True)
        assert (status, error, message.content) == ("processed", None, PAYLOAD)

    def test_oaep_with_sha_1(self):
        profile = replace(STRICT, key_transport="rsa-oaep", oaep_digest="sha1")
        assert to_pyas2(sent(profile=profile))[0] == "processed"

    def test_its_refusal_is_read(self):
        outgoing = sent(receipt=as2.ReceiptRequest(signed=True, micalgs=("sha256",)))
        broken = replace(outgoing, pieces=(outgoing.body()[:-32] + bytes(32),))
        status, _, _, mdn = to_pyas2(broken, sign=True, encrypt=True)
        assert status != "processed"
        read = as2.read_mdn(
            as2.read_request(mdn.headers.items()),
            mdn.content,
            as2.Opening(signers=(simulator().public,)),
        )
        assert as2.judge_mdn(read, outgoing.message_id, outgoing.mic).outcome == "nok"
        assert read.disposition.text == "decryption-failed"
