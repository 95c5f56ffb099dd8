"""The platform, played by pyas2lib or by our core, and the simulator understand each other."""

import base64
import itertools
import logging

import pytest
from as2_forge import PAYLOAD, envelope, pair, platform, simulator
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.transport import as2_party_choice
from simulator.transport.as2_party import File, PartyError, PartySettings
from simulator.transport.as2_party_choice import party
from simulator.transport.as2_pyas2 import Pyas2Unavailable, load
from simulator.wire import as2
from simulator.wire.as2.profile import STRICT

try:
    load()
    ENGINES = ("own", "pyas2lib")
except Pyas2Unavailable:
    ENGINES = ("own",)

NAME = "FSO1100A_DEM002_DEM0021100000000000000001.tar.gz"
LAYERS = list(itertools.product([False, True], [False, True], [False, True]))
RECEIPTS = [("none", False), ("sync", False), ("sync", True), ("async", False), ("async", True)]
PKCS7 = "pkcs7-signature"
REQUIRED = "signed-receipt-micalg=required, SHA256, sha1"
URL = "http://127.0.0.1:1/mdn"


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


def agreed(**changes):
    """What the platform knows: its own keys, the simulator's certificate."""
    given = {
        "own_name": "DEM002",
        "peer_name": "CPP001",
        "key": platform().key,
        "certificate": platform().certificate,
        "peer_certificate": simulator().certificate,
        "receipt_url": URL,
    } | changes
    return PartySettings(**given)


def played(engine, **changes):
    return party(agreed(**changes), engine)


def opening(**changes):
    given = {"keys": (simulator().identity,), "signers": (platform().public,)} | changes
    return as2.Opening(**given)


def at_the_simulator(built):
    return as2.open_message(as2.read_request(built.headers), built.body, opening())


def mdn_of(built, outcome=None, *, identity=None, **changes):
    """The simulator's MDN on a message; `changes` are made to what it says."""
    request = as2.read_request(built.headers)
    reply = as2.reply_to(request, outcome or at_the_simulator(built))
    out = as2.build_mdn(replace(reply, **changes), "<m@sim>", identity or simulator().identity)
    return out.headers, out.body()


def pushed(layers=(True, True, False), receipt=None, *, files=None, profile=STRICT, **changes):
    """A message that the simulator pushes to the platform."""
    sign, encrypt, compress = layers
    to = {"as2_from": "CPP001", "as2_to": "DEM002", "message_id": "<7@sim>"} | changes
    return as2.build_message(
        envelope(**to, receipt=receipt),
        files or [as2.File(PAYLOAD, NAME)],
        as2.Security(
            simulator().identity if sign else None,
            (platform().public,) if encrypt else (),
            "before-signing" if compress else "none",
        ),
        profile,
    )


def asked(mode, signed):
    if mode == "none":
        return None
    url = URL if mode == "async" else None
    return as2.ReceiptRequest(signed=signed, micalgs=("sha-256",) if signed else (), url=url)


def verdict(outgoing, mdn):
    read = as2.read_mdn(
        as2.read_request(mdn.headers), mdn.body, as2.Opening(signers=(platform().public,))
    )
    return as2.judge_mdn(read, outgoing.message_id, outgoing.mic), read


class TestDeposits:
    """The platform sends, the simulator receives and answers, the platform judges."""

    @pytest.mark.parametrize(("mode", "signed"), RECEIPTS)
    @pytest.mark.parametrize(("sign", "encrypt", "compress"), LAYERS)
    def test_every_combination(self, engine, sign, encrypt, compress, mode, signed):
        us = played(
            engine, sign=sign, encrypt=encrypt, compress=compress, receipt=mode,
            signed_receipt=signed,
        )  # fmt: skip
        built = us.build(File(NAME, PAYLOAD))
        message = at_the_simulator(built)
        assert [bytes(found.content) for found in message.attachments] == [PAYLOAD]
        assert message.attachments[0].filename == NAME
        assert message.has("signed") == sign
        assert message.has("encrypted") == encrypt
        assert message.has("compressed") == compress
        assert message.request.message_id == built.message_id
        assert message.mic().value == built.mics["sha256"]
        receipt = message.request.receipt
        if mode == "none":
            assert receipt is None
            return
        assert (receipt.signed, receipt.url) == (signed, URL if mode == "async" else None)
        outcome = us.read_mdn(*mdn_of(built, message))
        assert (outcome.kind, outcome.message_id) == ("delivered", built.message_id)
        assert (outcome.is_positive, outcome.proven) == (True, signed)
        assert outcome.disposition == "processed"

    @pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
    @pytest.mark.parametrize("cipher", ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"])
    def test_every_algorithm(self, engine, digest, cipher):
        us = played(engine, digest=digest, cipher=cipher)
        built = us.build(File(NAME, PAYLOAD))
        message = at_the_simulator(built)
        assert [layer.algorithm for layer in message.layers] == [cipher, digest]
        assert us.read_mdn(*mdn_of(built, message)).proven

    @pytest.mark.parametrize("algorithm", ["sha1", "sha384", "sha512"])
    @pytest.mark.parametrize("sign", [True, False])
    def test_the_mic_is_compared_by_the_algorithm_that_the_mdn_names(self, engine, algorithm, sign):
        us = played(engine, sign=sign)
        built = us.build(File(NAME, PAYLOAD))
        right = as2.Mic(algorithm, at_the_simulator(built).covered.digest(algorithm), algorithm)
        assert us.read_mdn(*mdn_of(built, mic=right)).proven
        wrong = as2.Mic(algorithm, right.value[::-1], algorithm)
        assert us.read_mdn(*mdn_of(built, mic=wrong)).kind == "wrong-mic"

    @pytest.mark.parametrize(
        ("mic", "words"),
        [(None, "without a MIC"), (as2.Mic("md5", b"0" * 16, "md5"), "cannot be compared")],
    )
    def test_a_mic_that_says_nothing_delivers_but_proves_nothing(self, engine, mic, words):
        us = played(engine)
        outcome = us.read_mdn(*mdn_of(us.build(File(NAME, PAYLOAD)), mic=mic))
        assert (outcome.kind, outcome.proven) == ("delivered", False)
        assert words in outcome.text

    @pytest.mark.parametrize(
        ("refusal", "said"),
        [
            (as2.DecryptionFailed("x"), "processed/error: decryption-failed"),
            (as2.SenderEqualsReceiver("x"), "failed/failure: sender-equals-receiver"),
            (as2.UnknownTradingRelationship("x"), "processed/error: unknown-trading-relationship"),
            (as2.Disposition("failed", "Failure", "a: b"), "failed/failure: a: b"),
            (as2.Disposition("Processed", "Error", "a; b"), "processed/error: a; b"),
        ],
    )
    def test_a_negative_mdn_is_nok_with_its_disposition(self, engine, refusal, said):
        us = played(engine)
        outcome = us.read_mdn(*mdn_of(us.build(File(NAME, PAYLOAD)), refusal))
        assert (outcome.kind, outcome.disposition) == ("nok", said)
        assert not outcome.is_positive

    def test_a_warning_delivers(self, engine):
        us = played(engine)
        built = us.build(File(NAME, PAYLOAD))
        duplicate = as2.Disposition("processed", "warning", "duplicate-document")
        assert us.read_mdn(*mdn_of(built, disposition=duplicate)).kind == "delivered"

    def test_an_unsigned_mdn_is_no_proof_where_a_signed_one_was_asked_for(self, engine):
        us = played(engine)
        outcome = us.read_mdn(*mdn_of(us.build(File(NAME, PAYLOAD)), signed=False))
        assert outcome.kind == "unreadable"
        assert "not signed" in outcome.text

    def test_an_mdn_signed_by_another_is_not_believed(self, engine):
        us = played(engine)
        built = us.build(File(NAME, PAYLOAD))
        outcome = us.read_mdn(*mdn_of(built, identity=pair("stranger").identity))
        assert outcome.kind == "unreadable"
        assert "cannot be believed" in outcome.text

    def test_an_mdn_on_another_message_is_not_taken_for_ours(self, engine):
        us = played(engine)
        headers, body = mdn_of(us.build(File(NAME, PAYLOAD)), original_message_id="<other@x>")
        outcome = us.read_mdn(headers, body)
        assert outcome.kind == "unreadable"
        assert "<other@x>" in outcome.text

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("text/html", b"<h1>It works</h1>"),
            ("", b""),
            ("multipart/report; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\nno\r\n--x--"),
            ("multipart/signed; boundary=x", b"--x--"),
        ],
    )
    def test_what_is_no_mdn_is_told(self, engine, kind, body):
        us = played(engine)
        us.build(File(NAME, PAYLOAD))
        assert us.read_mdn((("Content-Type", kind),), body).kind in {"no-mdn", "unreadable"}

    @settings(max_examples=30, deadline=None)
    @given(st.binary(max_size=200), st.sampled_from(LAYERS))
    @example(b"", (True, True, False))
    @example(b"a\nb\n", (True, False, False))
    @example(b"a\r\nb\r", (True, False, False))
    @example(b"\r\n", (False, False, False))
    @example(b"--x\r\n\r\n", (True, False, True))
    def test_any_content_arrives_as_it_is(self, content, layers):
        sign, encrypt, compress = layers
        for engine in ENGINES:
            us = played(engine, sign=sign, encrypt=encrypt, compress=compress)
            built = us.build(File("a.bin", content))
            message = at_the_simulator(built)
            assert bytes(message.attachments[0].content) == content
            assert us.read_mdn(*mdn_of(built, message)).proven

    @pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\nb", "a\x1bb"])
    def test_a_name_that_no_header_takes_is_refused(self, engine, name):
        with pytest.raises(PartyError, match="cannot be sent as a file name"):
            played(engine).build(File(name, PAYLOAD))

    def test_names_beyond_ascii_and_with_spaces_travel(self, engine):
        us = played(engine, own_name="Hub 1", peer_name="Chorus Pro")
        built = us.build(File("facture é 1.xml", PAYLOAD))
        message = at_the_simulator(built)
        assert (message.request.as2_from, message.request.as2_to) == ("Hub 1", "Chorus Pro")
        assert message.attachments[0].filename == "facture é 1.xml"
        assert us.read_mdn(*mdn_of(built, message)).proven


class TestReturns:
    """The simulator pushes, the platform opens and answers, the simulator judges."""

    @pytest.mark.parametrize(("mode", "signed"), RECEIPTS)
    @pytest.mark.parametrize(("sign", "encrypt", "compress"), LAYERS)
    def test_every_combination(self, engine, sign, encrypt, compress, mode, signed):
        us = played(engine, sign=sign, encrypt=encrypt)
        outgoing = pushed((sign, encrypt, compress), asked(mode, signed))
        opened = us.open(outgoing.headers, outgoing.body())
        assert (opened.problem, opened.message_id) == ("", "<7@sim>")
        assert [(file.name, bytes(file.content)) for file in opened.files] == [(NAME, PAYLOAD)]
        if mode == "none":
            assert opened.mdn is None
            return
        assert opened.mdn.url == (URL if mode == "async" else None)
        receipt, mdn = verdict(outgoing, opened.mdn)
        assert receipt.outcome == "delivered"
        # pyas2lib computes no MIC of what is not signed
        assert receipt.proven == (signed and (sign or engine == "own"))
        assert (mdn.signature is not None) == signed

    @pytest.mark.parametrize(
        "options",
        [
            "signed-receipt-micalg=optional, sha-256; signed-receipt-protocol=optional, " + PKCS7,
            f"signed-receipt-protocol=required, {PKCS7}; {REQUIRED}; x-more=optional, y",
            f"signed-receipt-protocol=optional,{PKCS7}",
        ],
    )
    def test_the_options_may_stand_in_any_order_with_more_beside(self, engine, options):
        outgoing = pushed(receipt=asked("sync", True))
        headers = tuple(
            (name, options if name == "Disposition-Notification-Options" else value)
            for name, value in outgoing.headers
        )
        opened = played(engine).open(headers, outgoing.body())
        assert verdict(outgoing, opened.mdn)[0].proven

    def test_a_name_with_a_space_is_quoted_once_in_the_mdn(self, engine):
        us = played(engine, own_name="Hub 1")
        outgoing = pushed(receipt=asked("sync", True), as2_to="Hub 1")
        opened = us.open(outgoing.headers, outgoing.body())
        headers = dict(opened.mdn.headers)
        assert (headers["AS2-From"], headers["AS2-To"]) == ('"Hub 1"', "CPP001")

    @pytest.mark.parametrize(
        ("announced", "safe"),
        [("../../etc/passwd", "passwd"), ("C:\\up\\a.xml", "a.xml"), ("..", ""), ("a:b", "a_b")],
    )
    def test_a_file_name_is_made_safe(self, engine, announced, safe):
        outgoing = pushed(files=[as2.File(PAYLOAD, announced)])
        (file,) = played(engine).open(outgoing.headers, outgoing.body()).files
        assert file.name == safe

    def test_without_a_file_name_the_subject_counts_and_never_that_of_the_envelope(self, engine):
        files = [as2.File(PAYLOAD)]
        for subject, name in (("F1.tar.gz", "F1.tar.gz"), ("", "")):
            outgoing = pushed(files=files, subject=subject)
            (file,) = played(engine).open(outgoing.headers, outgoing.body()).files
            assert file.name == name

    def test_a_body_in_base64_is_read_and_the_file_in_it_left_as_it_is(self, engine):
        content = base64.b64encode(PAYLOAD)
        profile = replace(STRICT, base64=True)
        outgoing = pushed(files=[as2.File(content, NAME)], profile=profile)
        (file,) = played(engine).open(outgoing.headers, outgoing.body()).files
        assert bytes(file.content) == content

    @pytest.mark.parametrize("layers", [(False, True, False), (True, False, False)])
    def test_less_security_than_agreed_is_refused(self, engine, layers):
        outgoing = pushed(layers, asked("sync", True))
        opened = played(engine).open(outgoing.headers, outgoing.body())
        assert opened.problem
        assert opened.files == ()
        receipt, mdn = verdict(outgoing, opened.mdn)
        assert receipt.outcome == "nok"
        assert mdn.disposition.text == "insufficient-message-security"

    def test_a_message_by_another_key_is_refused_with_a_signed_mdn(self, engine):
        us = played(engine, peer_certificate=pair("stranger").certificate)
        outgoing = pushed(receipt=asked("sync", True))
        opened = us.open(outgoing.headers, outgoing.body())
        assert opened.files == ()
        receipt, mdn = verdict(outgoing, opened.mdn)
        assert receipt.outcome == "nok"
        assert mdn.signature is not None

    def test_a_damaged_message_is_refused(self, engine):
        outgoing = pushed(receipt=asked("sync", True))
        opened = played(engine).open(outgoing.headers, outgoing.body()[:-40] + bytes(40))
        assert opened.files == ()
        assert verdict(outgoing, opened.mdn)[0].outcome == "nok"

    def test_a_stranger_gets_an_unsigned_refusal(self, engine):
        outgoing = pushed(receipt=asked("sync", True), as2_from="NOBODY")
        opened = played(engine).open(outgoing.headers, outgoing.body())
        assert "'NOBODY' to 'DEM002' came" in opened.problem
        receipt, mdn = verdict(outgoing, opened.mdn)
        assert (receipt.outcome, mdn.signature) == ("nok", None)

    def test_what_is_no_as2_gets_400(self, engine):
        opened = played(engine).open((("Content-Type", "text/plain"),), b"hello")
        assert (opened.status, opened.mdn) == (400, None)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 5_000), st.integers(0, 255), st.integers(0, 5_000))
    def test_mutations_end_in_a_value(self, at, byte, cut):
        outgoing = pushed((True, False, False), asked("sync", True))
        body = bytearray(outgoing.body())
        body[at % len(body)] = byte
        for engine in ENGINES:
            opened = played(engine).open(outgoing.headers, bytes(body[: len(body) - cut]))
            assert bool(opened.files) != bool(opened.problem)

    def test_what_pyas2lib_cannot_read_the_core_can(self):
        two = [as2.File(PAYLOAD, "a.xml"), as2.File(b"2", "b.xml")]
        outgoing = pushed(files=two, receipt=asked("sync", True))
        gcm = pushed(profile=replace(STRICT, cipher="aes256-gcm"))
        for message, count in ((outgoing, 2), (gcm, 1)):
            assert len(played("own").open(message.headers, message.body()).files) == count
            if "pyas2lib" in ENGINES:
                refused = played("pyas2lib").open(message.headers, message.body())
                assert refused.files == ()
                assert "the engine 'own' may" in refused.problem


class TestChoice:
    @pytest.mark.skipif("pyas2lib" not in ENGINES, reason="pyas2lib does not load here")
    def test_pyas2lib_plays_by_default(self):
        us = played(None)
        assert us.engine.startswith("pyas2lib 1.")
        assert us.remark == ""

    def test_the_core_plays_where_pyas2lib_does_not_load_and_says_so(self, monkeypatch):
        def unavailable():
            raise Pyas2Unavailable("no libcrypto")

        monkeypatch.setattr(as2_party_choice, "load", unavailable)
        us = played(None)
        assert us.engine == "own"
        assert us.remark == "the built-in AS2 engine plays the partner: no libcrypto"
        with pytest.raises(PartyError, match="no libcrypto"):
            played("pyas2lib")
        assert played("own").remark == ""

    @pytest.mark.parametrize("field", ["key", "certificate", "peer_certificate"])
    def test_keys_that_cannot_be_read_are_told(self, engine, field):
        with pytest.raises(PartyError, match="the keys of DEM002 cannot be used"):
            played(engine, **{field: b"nothing"})

    def test_an_asynchronous_mdn_needs_an_address(self, engine):
        with pytest.raises(PartyError, match="needs the URL"):
            played(engine, receipt="async", receipt_url="").build(File(NAME, PAYLOAD))

    @pytest.mark.skipif("pyas2lib" not in ENGINES, reason="pyas2lib does not load here")
    def test_what_pyas2lib_does_not_have_is_refused_at_once(self):
        with pytest.raises(PartyError, match="does not have aes256-gcm: use the engine 'own'"):
            played("pyas2lib", cipher="aes256-gcm")
        elliptic = pair("elliptic", "ec")
        with pytest.raises(PartyError, match="RSA keys only: use the engine 'own'"):
            played("pyas2lib", key=elliptic.key, certificate=elliptic.certificate)

    @pytest.mark.skipif("pyas2lib" not in ENGINES, reason="pyas2lib does not load here")
    def test_the_log_of_pyas2lib_does_not_reach_a_terminal_without_logging(self):
        played("pyas2lib")
        played("pyas2lib")
        (silent,) = logging.getLogger("pyas2lib").handlers
        assert isinstance(silent, logging.NullHandler)
