"""Whatever comes: an answer within bounds, and never another exception than ours."""

import base64
import contextlib
import os
import random
import zlib
from pathlib import Path

import pytest
from as2_forge import (
    CRLF,
    ENCRYPTED,
    PAYLOAD,
    chopped,
    content_of,
    enveloped,
    framed,
    multipart_signed,
    opened,
    opening,
    part,
    platform,
    recipient,
    security,
    sent,
    signed_data,
    signer_info,
    simulator,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2 import ber, cms, compressed
from simulator.wire.as2.profile import PROFILES, STRICT

RECEIPT = as2.ReceiptRequest(signed=True, micalgs=("sha-256",))


def _forms():
    """One message of each kind, as headers and body."""
    files = [as2.File(PAYLOAD[:200], f"F{n}.xml", "application/xml") for n in range(3)]
    envelope = as2.Envelope("DEM002", "CPP001", "<1@platform>", receipt=RECEIPT)
    gcm = replace(STRICT, cipher="aes128-gcm", key_transport="rsa-oaep")
    pss = replace(STRICT, signature="rsa-pss")
    built = [
        sent(PAYLOAD[:200], layers=security(), receipt=RECEIPT),
        sent(PAYLOAD[:200], layers=security(), profile=gcm),
        sent(PAYLOAD[:200], layers=security(), profile=PROFILES["libas2-like"]),
        sent(PAYLOAD[:200], layers=security(encrypt=False), profile=pss),
        sent(PAYLOAD[:200], layers=security(False, False, "before-signing")),
        sent(PAYLOAD[:200], layers=security(True, False, "after-signing")),
        as2.build_message(envelope, files, as2.Security()),
    ]
    forms = [(list(message.headers), message.body()) for message in built]
    whole = part(PAYLOAD[:200])
    forms.append(multipart_signed(whole, signed_data(signer_info(whole)), binary=True))
    forms.append((ENCRYPTED, enveloped(frame="ber")))
    return forms


FORMS = _forms()


def attempt(fields, body):
    """Open as a message, answer it, read it as an MDN: only our errors may come out."""
    request = as2.read_request(fields)
    refusal = as2.refusal_of(request)
    outcome = refusal
    try:
        outcome = as2.open_message(request, body, opening())
    except as2.RemoteProtocolError as error:
        outcome = error
        str(error.disposition)
    with contextlib.suppress(as2.RemoteProtocolError):
        as2.read_mdn(request, body, opening())
    return outcome


@pytest.mark.parametrize("index", range(len(FORMS)))
def test_every_form_is_sound_to_begin_with(index):
    assert isinstance(attempt(*FORMS[index]), as2.Message)


@pytest.mark.parametrize("index", range(len(FORMS)))
def test_no_truncation_raises_anything_else(index):
    fields, body = FORMS[index]
    for length in sorted({*range(0, len(body), 23), *range(len(body) - 40, len(body))}):
        outcome = attempt(fields, body[:length])
        if isinstance(outcome, as2.Message):
            assert b"".join(content_of(outcome)).strip() in b"".join(
                content_of(attempt(fields, body))
            )


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FORMS), st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_mutation_raises_anything_else(form, chance, count):
    fields, body = form
    mutated = bytearray(body)
    for _ in range(count):
        _mutate(mutated, chance)
    attempt(fields, bytes(mutated))


def _mutate(data, chance):
    """Change, remove, repeat or insert a few bytes."""
    at = chance.randrange(len(data))
    size = chance.choice([1, 1, 1, 2, 4, 30])
    way = chance.randrange(4)
    if way == 0:
        data[at] = chance.choice([0, 0x80, 0xFF, 0x30, 0x24, data[at] ^ 1, chance.randrange(256)])
    elif way == 1 and len(data) > size + 1:
        del data[at : at + size]
    elif way == 2:
        data[at:at] = data[at : at + size]
    else:
        data[at:at] = bytes(chance.randrange(256) for _ in range(size))
    if not data:
        data += b"\0"


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_mutation_under_the_encryption_raises_anything_else(chance):
    """What an authenticated partner could send: the layers inside are mutated."""
    fields, body = chance.choice(FORMS[3:8])
    kind = dict(fields)["Content-Type"].encode()
    mutated = bytearray(b"Content-Type: " + kind + CRLF + CRLF + body)
    _mutate(mutated, chance)
    attempt(ENCRYPTED, enveloped(bytes(mutated)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([fields for fields, _ in FORMS]))
def test_random_bodies_under_genuine_headers(body, fields):
    attempt(fields, body)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FORMS), st.text(" ;=\"'*\\boundary/x-=_\r\n\t0é", max_size=60))
def test_genuine_bodies_under_a_random_content_type(form, kind):
    attempt([("Content-Type", kind)], form[1])


ZIPPED = [("Content-Type", "application/pkcs7-mime; smime-type=compressed-data")]


def zipped(packed, method=compressed.ZLIB):
    inner = ber.tlv(ber.SEQUENCE, cms.DATA_OID, ber.tlv(ber.CONTEXT_0, ber.tlv(ber.OCTETS, packed)))
    return framed(
        cms.COMPRESSED_DATA,
        ber.tlv(ber.SEQUENCE, ber.integer(0), cms.algorithm(method), inner),
    )


class TestCompression:
    def test_a_bomb_stops_at_the_limit(self):
        bomb = zipped(zlib.compress(part(bytes(50_000_000)), 9))
        assert len(bomb) < 100_000
        with pytest.raises(as2.DecompressionFailed, match="more than 1000000 bytes"):
            opened(ZIPPED, bomb, limits=as2.Limits(inflated=1_000_000))

    @pytest.mark.parametrize(
        "body",
        [
            zipped(zlib.compress(part())[:-3]),
            zipped(zlib.compress(part())[:-4] + b"abcd"),
            zipped(b""),
            zipped(b"no zlib"),
            zipped(zlib.compress(b"no MIME part")),
            zipped(zlib.compress(part()), "1.2.3.4"),
            zipped(zlib.compress(part()))[:-9],
        ],
        ids=["cut", "checksum", "empty", "junk", "no-part", "method", "structure"],
    )
    def test_damage_is_a_decompression_failure(self, body):
        with pytest.raises((as2.DecompressionFailed, as2.UnsupportedFormat)):
            opened(ZIPPED, body)

    def test_what_follows_the_stream_is_ignored(self):
        assert content_of(opened(ZIPPED, zipped(zlib.compress(part()) + b"junk"))) == [PAYLOAD]


class TestMime:
    def test_a_thousand_levels_of_multipart(self):
        body = b"x"
        for level in range(1000):
            mark = b"--b%d" % level
            kind = b"multipart/mixed; boundary=b%d" % level
            body = b"Content-Type: " + kind + CRLF + CRLF + CRLF.join((mark, body, mark + b"--"))
        fields = [("Content-Type", "multipart/mixed; boundary=top")]
        with pytest.raises(as2.RemoteProtocolError, match="nested more than"):
            opened(fields, b"--top\r\n" + body + b"\r\n--top--")

    def test_ten_thousand_parts(self):
        body = b"--x\r\n\r\na\r\n" * 10_000 + b"--x--"
        with pytest.raises(as2.RemoteProtocolError, match="more than 1000"):
            opened([("Content-Type", "multipart/mixed; boundary=x")], body)

    def test_many_parts_over_several_levels(self):
        inner = b"--y\r\n\r\na\r\n" * 400 + b"--y--"
        head = b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
        body = (head + inner + CRLF) * 3 + b"--x--"
        with pytest.raises(as2.RemoteProtocolError, match="more than 1000 attachments"):
            opened([("Content-Type", "multipart/mixed; boundary=x")], body)

    @pytest.mark.parametrize("body", [b"", b"no boundary", b"--xy\r\n\r\n", b"--x"])
    def test_no_boundary_in_the_body(self, body):
        with pytest.raises(as2.RemoteProtocolError):
            opened([("Content-Type", "multipart/mixed; boundary=x")], body)

    @pytest.mark.parametrize("kind", ["multipart/mixed", 'multipart/mixed; boundary=""'])
    def test_no_boundary_in_the_header(self, kind):
        with pytest.raises(as2.RemoteProtocolError, match="without a boundary"):
            opened([("Content-Type", kind)], b"--\r\n\r\n\r\n----")

    def test_a_header_block_without_an_end(self):
        whole = b"X: " + b"y" * 200_000
        with pytest.raises(as2.RemoteProtocolError):
            opened(*multipart_signed(whole, signed_data(signer_info(whole))))

    def test_base64_that_is_not(self):
        fields = [("Content-Type", "application/xml"), ("Content-Transfer-Encoding", "base64")]
        with pytest.raises(as2.RemoteProtocolError, match="base64"):
            opened(fields, b"QUJ")

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 100, 1 << 20, (1 << 20) + 1])
    def test_base64_of_any_length_and_line_form(self, size):
        data = os.urandom(size)
        fields = [("Content-Type", "application/xml"), ("Content-Transfer-Encoding", "Base64")]
        for encoded in (base64.encodebytes(data), base64.b64encode(data)):
            assert content_of(opened(fields, encoded)) == [data]

    def test_quoted_printable(self):
        fields = [("Content-Type", "text/xml"), ("Content-Transfer-Encoding", "quoted-printable")]
        assert content_of(opened(fields, b"=C3=A9t=C3=A9=\r\n!")) == ["été!".encode()]


class TestStructures:
    def test_layers_are_counted(self):
        body = part()
        for _ in range(12):
            body = b"Content-Type: application/pkcs7-mime\r\n\r\n" + b"".join(
                compressed.deflate([body])
            )
        with pytest.raises(as2.RemoteProtocolError, match="more than 8 layers"):
            opened(ENCRYPTED, enveloped(body))

    def test_recipients_are_counted(self):
        crowd = recipient(b"", platform().public, encrypted=b"x")
        body = enveloped(recipients=lambda _: [crowd] * 2_001)
        with pytest.raises(as2.DecryptionFailed, match="more than 2000"):
            opened(ENCRYPTED, body)

    @pytest.mark.parametrize("frame", ["recipient", "signer"])
    def test_a_monstrous_structure_is_not_even_read(self, frame):
        filler = ber.tlv(ber.OCTETS, bytes(1 << 20))
        if frame == "recipient":
            body = enveloped(recipients=lambda key: [ber.tlv(ber.SEQUENCE, filler, recipient(key))])
            with pytest.raises(as2.DecryptionFailed, match="names a key"):
                opened(ENCRYPTED, body)
        else:
            proof = signed_data(ber.tlv(ber.SEQUENCE, filler))
            with pytest.raises(as2.AuthenticationFailed, match="at most"):
                opened(*multipart_signed(part(), proof))

    def test_a_string_in_pieces_of_one_byte_is_bounded(self):
        cut = chopped(bytes(20_000), 1, 0xA0)
        method = cms.algorithm("2.16.840.1.101.3.4.1.42", ber.tlv(ber.OCTETS, bytes(16)))
        inner = ber.tlv(ber.SEQUENCE, cms.DATA_OID, method, cut)
        body = ber.tlv(ber.SEQUENCE, ber.integer(0), ber.tlv(ber.SET, recipient(bytes(32))), inner)
        with pytest.raises(as2.DecryptionFailed, match="too many elements"):
            opened(ENCRYPTED, framed(cms.ENVELOPED_DATA, body))


def test_the_core_stands_alone():
    """It imports nothing of ours but itself, and nothing that does input or output."""
    folder = Path(as2.__file__).parent
    ours = [
        line
        for path in folder.glob("*.py")
        for line in path.read_text().splitlines()
        if line.lstrip().startswith(("import ", "from ")) and "simulator" in line
    ]
    assert all("simulator.wire.as2" in line or line == "" for line in ours)
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    assert not any(f"import {name}" in text for name in ("socket", "time\n", "random", "asyncio"))


def test_the_forge_mutates_in_every_way():
    """The generator itself: it must reach removal, repetition, insertion and change."""
    lengths = set()
    for seed in range(200):
        data = bytearray(b"0123456789" * 10)
        _mutate(data, random.Random(seed))
        lengths.add(len(data) - 100)
    assert min(lengths) < 0 < max(lengths)
    assert simulator() is not platform()
