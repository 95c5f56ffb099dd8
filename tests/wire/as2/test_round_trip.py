"""What the core builds it opens again, in every combination, and both ends agree on the MIC."""

import base64
import hashlib
import itertools
import mmap

import pytest
from as2_forge import (
    PAYLOAD,
    content_of,
    envelope,
    opening,
    pair,
    platform,
    received,
    security,
    sent,
    simulator,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2.algorithms import CIPHERS, DIGESTS
from simulator.wire.as2.mdn import build_mdn, judge_mdn, read_mdn, reply_to
from simulator.wire.as2.profile import STRICT

COMPRESSIONS = ["none", "before-signing", "after-signing"]
LAYERS = list(itertools.product([False, True], [False, True], COMPRESSIONS))
RECEIPTS = [
    None,
    as2.ReceiptRequest(),
    as2.ReceiptRequest(signed=True, micalgs=("sha-512", "sha1")),
]


def answered(outgoing, message, profile=STRICT):
    """The MDN for a message, built by the simulator, read by the platform, judged."""
    reply = reply_to(message.request, message, profile)
    answer = build_mdn(reply, "<9@simulator>", simulator().identity, profile)
    mdn = read_mdn(
        as2.read_request(answer.headers), answer.body(), as2.Opening(signers=(simulator().public,))
    )
    return mdn, judge_mdn(mdn, outgoing.message_id, outgoing.mic)


@pytest.mark.parametrize("receipt", RECEIPTS)
@pytest.mark.parametrize(("sign", "encrypt", "compression"), LAYERS)
def test_every_combination_arrives_and_is_receipted(sign, encrypt, compression, receipt):
    outgoing = sent(layers=security(sign, encrypt, compression), receipt=receipt)
    message = received(outgoing)
    assert content_of(message) == [PAYLOAD]
    assert message.attachments[0].filename == "FSO1100A.xml"
    assert [message.has(kind) for kind in ("signed", "encrypted", "compressed")] == [
        sign,
        encrypt,
        compression != "none",
    ]
    if receipt is None:
        assert message.request.receipt is None
        return
    mdn, verdict = answered(outgoing, message)
    assert (verdict.outcome, verdict.proven) == ("delivered", receipt.signed)
    assert (mdn.signature is not None) == receipt.signed


@pytest.mark.parametrize("url", [None, "http://platform.example:4080/mdn"])
def test_the_asynchronous_receipt_is_asked_for_by_its_url(url):
    outgoing = sent(receipt=as2.ReceiptRequest(signed=True, url=url))
    assert received(outgoing).request.receipt.url == url


@pytest.mark.parametrize("profile", as2.PROFILES.values(), ids=lambda p: p.name)
@pytest.mark.parametrize(("sign", "encrypt", "compression"), LAYERS)
def test_every_profile_round_trips(profile, sign, encrypt, compression):
    layers = security(sign, encrypt, compression)
    outgoing = sent(layers=layers, profile=profile, receipt=RECEIPTS[2])
    message = received(outgoing)
    assert content_of(message) == [PAYLOAD]
    assert answered(outgoing, message, profile)[1].proven


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("transport", ["rsa-pkcs1", "rsa-oaep"])
def test_every_cipher_and_key_transport(cipher, transport):
    profile = replace(STRICT, cipher=cipher, key_transport=transport)
    layer = received(sent(profile=profile)).layers[0]
    assert layer.algorithm == cipher
    assert layer.detail.startswith(transport)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("oaep", DIGESTS)
def test_every_hash_of_oaep_and_every_digest(digest, oaep):
    profile = replace(STRICT, digest=digest, oaep_digest=oaep, key_transport="rsa-oaep")
    message = received(sent(profile=profile))
    assert message.layers[0].detail == f"rsa-oaep-{oaep}"
    assert message.signature.digest == digest


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("scheme", ["rsa-pkcs1", "rsa-pss", "ecdsa"])
def test_every_signature_scheme(digest, scheme):
    signer = pair("platform-ec", "ec") if scheme == "ecdsa" else platform()
    padding = "rsa-pss" if scheme == "rsa-pss" else "rsa-pkcs1"
    outgoing = sent(
        layers=as2.Security(signer.identity),
        profile=replace(STRICT, digest=digest, signature=padding),
    )
    message = received(outgoing, signers=(signer.public,))
    assert (message.signature.scheme, message.signature.digest) == (scheme, digest)


def test_a_message_without_certificate_verifies():
    message = received(sent(profile=replace(STRICT, certificates=False)))
    assert message.signature.enclosed == ()
    assert received(sent()).signature.enclosed == (platform().public.der,)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300) | st.text("-\r\n=ab_", max_size=80).map(str.encode),
    layers=st.sampled_from(LAYERS),
    base64=st.booleans(),
    cipher=st.sampled_from(list(CIPHERS)),
)
def test_any_content_comes_back_byte_for_byte(content, layers, base64, cipher):
    """Line ends, boundaries look-alikes and empty files included."""
    profile = replace(STRICT, base64=base64, cipher=cipher)
    outgoing = sent(content, layers=security(*layers), profile=profile, receipt=RECEIPTS[2])
    message = received(outgoing)
    assert content_of(message) == [content]
    assert answered(outgoing, message)[1].proven


@pytest.mark.parametrize(("sign", "encrypt", "compression"), LAYERS)
def test_several_attachments_arrive_in_order_with_their_names(sign, encrypt, compression):
    files = [as2.File(bytes([n]) * n, f"F{n}.xml", "application/xml") for n in range(1, 6)]
    outgoing = as2.build_message(envelope(), files, security(sign, encrypt, compression))
    message = received(outgoing)
    assert content_of(message) == [file.content for file in files]
    assert [a.filename for a in message.attachments] == [file.filename for file in files]


def test_the_mic_of_a_signed_message_covers_the_part_with_its_header():
    message = received(sent(layers=security(encrypt=False)))
    covered = message.covered.span.copy()
    assert covered.startswith(b"Content-Type: application/xml\r\n")
    assert covered.endswith(PAYLOAD)
    assert message.mic().value == hashlib.sha256(covered).digest()


def test_the_mic_of_a_bare_message_covers_the_body_alone():
    message = received(sent(layers=as2.Security()))
    assert (
        str(message.mic())
        == base64.b64encode(hashlib.sha256(PAYLOAD).digest()).decode() + ", sha-256"
    )


@pytest.mark.parametrize(("mic_from", "expected"), [("signature", "sha256"), ("request", "sha384")])
def test_the_mic_algorithm_follows_the_profile(mic_from, expected):
    receipt = as2.ReceiptRequest(signed=True, micalgs=("sha-999", "SHA384", "sha1"))
    message = received(sent(receipt=receipt))
    assert message.mic(replace(STRICT, mic_from=mic_from)).algorithm == expected


def test_an_unsigned_message_gets_the_first_digest_asked_for_in_the_partners_spelling():
    receipt = as2.ReceiptRequest(signed=True, micalgs=("sha-999", "SHA384", "sha1"))
    message = received(sent(layers=security(sign=False), receipt=receipt))
    assert str(message.mic()).endswith(", SHA384")


def test_several_recipients_can_each_decrypt():
    layers = as2.Security(platform().identity, (pair("other").public, simulator().public))
    outgoing = sent(layers=layers)
    assert content_of(received(outgoing)) == [PAYLOAD]
    assert content_of(received(outgoing, keys=(pair("other").identity,))) == [PAYLOAD]


def test_the_bis_profile_keeps_a_copy_of_the_key_for_the_sender():
    outgoing = sent(profile=as2.PROFILES["rfc4130bis"])
    assert dict(outgoing.headers)["AS2-Version"] == "1.3"
    assert dict(outgoing.headers)["AS2-Product"].count(":") == 1
    assert content_of(received(outgoing, keys=(platform().identity,))) == [PAYLOAD]


def test_a_rolled_over_key_still_decrypts():
    keys = (pair("next").identity, simulator().identity)
    assert content_of(received(sent(), keys=keys)) == [PAYLOAD]


def test_a_mapped_file_can_be_the_body(tmp_path):
    outgoing = sent()
    path = tmp_path / "body"
    path.write_bytes(outgoing.body())
    with path.open("rb") as file:
        body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        message = as2.open_message(as2.read_request(outgoing.headers), body, opening())
        assert content_of(message) == [PAYLOAD]


class TestMisuse:
    """What the core refuses to build."""

    @pytest.mark.parametrize("name", ["", "a\r\nX: y", "é", "x" * 129])
    def test_an_as2_name(self, name):
        with pytest.raises(as2.LocalProtocolError, match="AS2 name"):
            sent(as2_from=name)

    @pytest.mark.parametrize(
        "message_id", ["", "1@a", "<1 2@a>", "<1@a>\r\nX: y", f"<{'x' * 998}>"]
    )
    def test_a_message_id(self, message_id):
        with pytest.raises(as2.LocalProtocolError, match="Message-ID"):
            sent(message_id=message_id)

    @pytest.mark.parametrize("field", ["subject", "date"])
    @pytest.mark.parametrize("value", ["a\r\nX: y", "Facture été"])
    def test_a_header_that_breaks_out_or_is_not_ascii(self, field, value):
        with pytest.raises(as2.LocalProtocolError, match="header"):
            sent(**{field: value})

    def test_a_file_name_with_a_line_break(self):
        with pytest.raises(as2.LocalProtocolError, match="filename"):
            sent(name="a\r\nX: y")

    def test_a_media_type(self):
        with pytest.raises(as2.LocalProtocolError, match="media type"):
            as2.build_message(envelope(), [as2.File(b"x", "a", "xml")])

    def test_no_file(self):
        with pytest.raises(as2.LocalProtocolError, match="at least one file"):
            as2.build_message(envelope(), [])

    def test_an_ec_certificate_to_encrypt_for(self):
        layers = as2.Security(recipients=(pair("platform-ec", "ec").public,))
        with pytest.raises(as2.LocalProtocolError, match="RSA certificate"):
            sent(layers=layers)

    @pytest.mark.parametrize("change", [{"digest": "sha1"}, {"cipher": "3des-cbc"}])
    def test_legacy_algorithms_between_partners_of_the_bis(self, change):
        with pytest.raises(as2.LocalProtocolError, match="never generates"):
            sent(profile=replace(as2.PROFILES["rfc4130bis"], **change))

    def test_a_key_that_is_not_the_certificates(self):
        with pytest.raises(as2.LocalProtocolError, match="not that of"):
            as2.Identity.load(platform().key, simulator().certificate)

    @pytest.mark.parametrize("data", [b"", b"-----BEGIN", b"0\x82"])
    def test_what_is_no_certificate(self, data):
        with pytest.raises(as2.LocalProtocolError, match="certificate"):
            as2.Certificate.load(data)


class TestNames:
    def test_the_subject_names_a_single_file_when_the_setting_says_so(self):
        outgoing = sent(name="", subject="FSO1100A_DEM002.xml")
        assert received(outgoing).attachments[0].filename is None
        named = received(outgoing, subject_as_name=True).attachments[0]
        assert (named.filename, named.announced) == ("FSO1100A_DEM002.xml",) * 2

    def test_the_subject_never_overrides_a_name(self):
        outgoing = sent(subject="other.xml")
        assert received(outgoing, subject_as_name=True).attachments[0].filename == "FSO1100A.xml"

    def test_several_files_without_names_stay_so(self):
        files = [as2.File(b"a"), as2.File(b"b")]
        outgoing = as2.build_message(envelope(subject="x.xml"), files, security())
        message = received(outgoing, subject_as_name=True)
        assert [attachment.filename for attachment in message.attachments] == [None, None]

    def test_a_name_beyond_ascii_and_one_without_extension(self):
        for name in ("Facture été.xml", "sans-extension", 'a"b;c.xml'):
            announced = received(sent(name=name)).attachments[0].announced
            assert announced == name

    def test_a_path_is_announced_and_not_followed(self):
        attachment = received(sent(name="../../etc/passwd")).attachments[0]
        assert (attachment.announced, attachment.filename) == ("../../etc/passwd", "passwd")


class TestMicWithoutSignature:
    """RFC 4130 7.3.1 and RFC 5402 section 4: the plain part with its header, uncompressed."""

    @pytest.mark.parametrize(
        ("encrypt", "compression"),
        [(True, "none"), (True, "before-signing"), (False, "before-signing")],
    )
    def test_it_covers_the_plain_part_with_its_header(self, encrypt, compression):
        outgoing = sent(layers=security(False, encrypt, compression))
        covered = received(outgoing).covered.span.copy()
        assert covered.startswith(b"Content-Type: application/xml\r\n")
        assert covered.endswith(b"\r\n\r\n" + PAYLOAD)
        assert outgoing.mic("sha256").value == hashlib.sha256(covered).digest()

    @pytest.mark.parametrize("compression", ["before-signing", "after-signing"])
    def test_of_a_signed_message_it_covers_what_was_signed(self, compression):
        message = received(sent(layers=security(True, False, compression)))
        compressed = message.covered.span.copy().startswith(b"Content-Type: application/pkcs7-mime")
        assert compressed == (compression == "before-signing")
