"""MDNs: what is built is what the texts ask for; what comes back is judged fairly."""

import base64
import hashlib

import pytest
from as2_forge import (
    CRLF,
    multipart_signed,
    opening,
    platform,
    received,
    security,
    sent,
    signed_data,
    signer_info,
    simulator,
)
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2 import dispositions
from simulator.wire.as2.mdn import Reply
from simulator.wire.as2.profile import STRICT

SIGNED = as2.ReceiptRequest(signed=True, micalgs=("sha-384", "sha1"))


def notification(*lines, kind="message/disposition-notification"):
    """An unsigned MDN with these fields."""
    fields = "".join(f"{line}\r\n" for line in lines).encode()
    head = f"--r\r\nContent-Type: {kind}\r\n\r\n".encode()
    body = b"--r\r\nContent-Type: text/plain\r\n\r\nwords\r\n" + head + fields + b"\r\n--r--"
    kind = "multipart/report; report-type=disposition-notification; boundary=r"
    return as2.read_request([("Content-Type", kind), ("AS2-From", "DEM002")]), body


def judged(*lines, of=None):
    outgoing = of or sent()
    mdn = as2.read_mdn(*notification("Original-Message-ID: <1@platform>", *lines), as2.Opening())
    return as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic)


def answer(outcome=None, receipt=SIGNED, profile=STRICT):
    outgoing = sent(receipt=receipt)
    message = received(outgoing)
    reply = as2.reply_to(message.request, outcome or message, profile)
    return as2.build_mdn(reply, "<2@simulator>", simulator().identity, profile)


def read(outgoing, **changes):
    changes = {"keys": (), "signers": (simulator().public,)} | changes
    request = as2.read_request(outgoing.headers)
    return as2.read_mdn(request, outgoing.body(), opening(**changes))


class TestBuilding:
    def test_names_are_swapped_and_the_message_id_is_echoed(self):
        mdn = read(answer())
        assert (mdn.request.as2_from, mdn.request.as2_to) == ("CPP001", "DEM002")
        assert (mdn.final_recipient, mdn.original_message_id) == ("CPP001", "<1@platform>")
        assert mdn.request.message_id == "<2@simulator>"

    @pytest.mark.parametrize("message_id", ["1@x", "<1@x", "<1@x>>"])
    def test_brackets_are_neither_added_nor_taken_away(self, message_id):
        request = as2.read_request(
            [("AS2-From", "DEM002"), ("AS2-To", "CPP001"), ("Message-ID", message_id)]
        )
        built = as2.build_mdn(as2.reply_to(request, dispositions.PROCESSED), "<2@simulator>")
        assert f"Original-Message-ID: {message_id}\r\n".encode() in built.body()

    def test_the_signature_uses_the_first_digest_asked_for(self):
        assert read(answer()).signature.digest == "sha384"

    def test_the_floor_of_the_bis_skips_sha_1(self):
        receipt = as2.ReceiptRequest(signed=True, micalgs=("sha1", "sha-512"))
        mdn = read(answer(receipt=receipt, profile=as2.PROFILES["rfc4130bis"]))
        assert mdn.signature.digest == "sha512"
        assert mdn.request.version == "1.3"

    def test_an_error_is_signed_when_a_signature_was_asked_for_and_has_no_mic(self):
        mdn = read(answer(as2.DecryptionFailed("never told")))
        assert mdn.signature
        assert mdn.mic is None
        assert str(mdn.disposition).endswith("processed/error: decryption-failed")
        assert "never told" not in mdn.text
        assert mdn.text

    def test_a_stranger_gets_it_unsigned(self):
        mdn = read(answer(as2.UnknownTradingRelationship("who?")))
        assert mdn.signature is None

    def test_a_duplicate_is_a_warning(self):
        mdn = read(answer(dispositions.DUPLICATE_DOCUMENT))
        assert mdn.disposition.verdict == "warning"

    def test_nobody_to_sign_is_our_mistake(self):
        request = as2.read_request(sent(receipt=SIGNED).headers)
        reply = as2.reply_to(request, dispositions.PROCESSED)
        with pytest.raises(as2.LocalProtocolError, match="identity"):
            as2.build_mdn(reply, "<2@simulator>")

    def test_a_name_with_a_space_is_quoted_once(self):
        reply = Reply("Hub 1", "DEM002", "<1@x>", dispositions.PROCESSED, None, "text", False)
        built = as2.build_mdn(reply, "<2@simulator>")
        assert dict(built.headers)["AS2-From"] == '"Hub 1"'
        assert read(built).request.as2_from == "Hub 1"

    def test_an_echo_cannot_break_out_of_its_line(self):
        reply = Reply("A", "B", "<1@x>\r\nX: y", dispositions.PROCESSED, None, "text", False)
        with pytest.raises(as2.LocalProtocolError, match="control characters"):
            as2.build_mdn(reply, "<2@simulator>")


class TestReading:
    def test_an_unsigned_one_where_a_signature_was_asked_for(self):
        with pytest.raises(as2.InsufficientSecurity, match="not signed"):
            read(answer(receipt=as2.ReceiptRequest()), require_signature=True)

    def test_one_signed_by_somebody_else(self):
        with pytest.raises(as2.AuthenticationFailed):
            read(answer(), signers=(platform().public,))

    def test_a_changed_one(self):
        genuine = answer(as2.DecryptionFailed("x"))
        body = genuine.body().replace(b"processed/error: decryption-failed", b"processed")
        with pytest.raises(as2.IntegrityCheckFailed):
            read(replace(genuine, pieces=(body,)))

    def test_fields_alone_without_a_report_around(self):
        request = as2.read_request([("Content-Type", "message/disposition-notification")])
        body = b"Disposition: x; processed\r\nOriginal-Message-ID: <1@platform>"
        mdn = as2.read_mdn(request, body, as2.Opening())
        assert (mdn.disposition.verdict, mdn.text) == ("processed", "")

    def test_fields_in_base64(self):
        request, body = notification("x")
        fields = base64.encodebytes(b"Disposition: x; processed\r\n").strip()
        head = b"message/disposition-notification\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        body = b"--r\r\nContent-Type: " + head + fields + b"\r\n--r--"
        assert as2.read_mdn(request, body, as2.Opening()).disposition.verdict == "processed"

    def test_the_words_are_kept(self):
        mdn = as2.read_mdn(*notification("Disposition: x; processed"), as2.Opening())
        assert mdn.text == "words"

    @pytest.mark.parametrize(
        "given",
        [notification("Reporting-UA: x"), notification("Disposition: x", kind="text/plain")],
        ids=["no-disposition", "no-notification"],
    )
    def test_a_report_of_another_kind(self, given):
        with pytest.raises(as2.NotAnMdn):
            as2.read_mdn(*given, as2.Opening())

    @pytest.mark.parametrize(
        ("kind", "receipt", "expected"),
        [
            ("multipart/report; boundary=x", False, True),
            ("multipart/signed; boundary=x", False, True),
            ("multipart/signed; boundary=x", True, False),
            ("application/pkcs7-mime", False, False),
            ("application/xml", False, False),
        ],
    )
    def test_an_asynchronous_one_is_told_from_a_message(self, kind, receipt, expected):
        fields = [("Content-Type", kind)]
        fields += [("Disposition-Notification-To", "x")] if receipt else []
        assert as2.is_mdn(fields) == expected


class TestJudging:
    OUTGOING = sent(layers=security(encrypt=False))

    def mic(self, algorithm):
        covered = b"".join(self.OUTGOING.covered)
        return base64.b64encode(hashlib.new(algorithm, covered).digest()).decode()

    @pytest.mark.parametrize(
        ("algorithm", "spelling"),
        [
            ("sha1", "sha1"),
            ("sha1", "SHA-1"),
            ("sha256", "sha-256"),
            ("sha256", "SHA256"),
            ("sha256", "sha2-256"),
            ("sha384", "rsa-sha384"),
            ("sha512", " sha512 "),
        ],
    )
    def test_the_mic_is_compared_with_the_algorithm_that_the_mdn_names(self, algorithm, spelling):
        mic = f"Received-content-MIC: {self.mic(algorithm)}, {spelling}"
        verdict = judged("Disposition: x; processed", mic, of=self.OUTGOING)
        assert (verdict.outcome, verdict.reason) == ("delivered", "delivered, with the right MIC")

    def test_a_mic_that_was_folded(self):
        mic = (
            f"Received-Content-MIC: {self.mic('sha512')[:40]}\r\n {self.mic('sha512')[40:]}, sha512"
        )
        assert judged("Disposition: x; processed", mic, of=self.OUTGOING).outcome == "delivered"

    def test_a_wrong_mic(self):
        mic = f"Received-content-MIC: {self.mic('sha1')}, sha256"
        assert judged("Disposition: x; processed", mic).outcome == "wrong-mic"

    @pytest.mark.parametrize("mic", ["", "Received-Content-MIC: , sha1", "Received-Content-MIC: !"])
    def test_no_mic_delivers_and_proves_nothing(self, mic):
        verdict = judged("Disposition: x; processed", *([mic] if mic else []))
        assert (verdict.outcome, verdict.proven) == ("delivered", False)

    @pytest.mark.parametrize("algorithm", ["whirlpool", "", "shake_128", "md5"])
    def test_an_algorithm_that_nobody_has_or_trusts_proves_nothing(self, algorithm):
        digest = base64.b64encode(hashlib.md5(b"".join(self.OUTGOING.covered)).digest()).decode()
        mic = f"Received-Content-MIC: {digest}, {algorithm}"
        verdict = judged("Disposition: x; processed", mic, of=self.OUTGOING)
        assert (verdict.outcome, verdict.proven) == ("delivered", False)

    @pytest.mark.parametrize(
        ("disposition", "outcome"),
        [
            ("processed/error: authentication-failed", "nok"),
            ("failed/Failure: unsupported format", "nok"),
            ("processed/warning: duplicate-document", "delivered"),
            ("dispatched", "nok"),
        ],
    )
    def test_the_disposition_decides(self, disposition, outcome):
        assert judged(f"Disposition: automatic-action/x; {disposition}").outcome == outcome

    def test_an_mdn_of_another_message(self):
        outgoing = sent(message_id="<other@platform>")
        assert judged("Disposition: x; processed", of=outgoing).outcome == "foreign"

    def test_a_signed_one_with_the_right_mic_is_a_proof(self):
        outgoing = sent(receipt=SIGNED)
        message = received(outgoing)
        built = as2.build_mdn(
            as2.reply_to(message.request, message), "<2@simulator>", simulator().identity
        )
        assert as2.judge_mdn(read(built), outgoing.message_id, outgoing.mic).proven

    def test_one_inside_a_signature_forged_from_another_part(self):
        report = b"Content-Type: multipart/report; boundary=r" + CRLF + CRLF + b"--r--"
        fields, body = multipart_signed(report, signed_data(signer_info(b"other")))
        with pytest.raises(as2.IntegrityCheckFailed):
            as2.read_mdn(as2.read_request(fields), body, opening())
