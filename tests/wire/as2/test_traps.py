"""What real products do and the text does not foresee: each accepted, or refused in good order."""

import base64

import pytest
from as2_forge import (
    CRLF,
    ENCRYPTED,
    PAYLOAD,
    attribute,
    attributes,
    content_of,
    enveloped,
    framed,
    indefinite,
    multipart_signed,
    opened,
    opening,
    part,
    platform,
    received,
    recipient,
    security,
    sent,
    signed_data,
    signer_info,
    simulator,
)
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2 import ber, cms, compressed
from simulator.wire.as2.mdn import read_mdn


class TestLibas2:
    """Signs without the last line break, posts BER in base64 under folded headers."""

    def test_signed_without_the_last_line_break(self):
        whole = part() + CRLF
        message = opened(*multipart_signed(whole, signed_data(signer_info(whole[:-2]))))
        assert message.signature.fit == "without-last-crlf"
        assert message.covered.span.copy() == whole[:-2]

    def test_its_mdn_is_signed_without_the_last_line_break(self):
        report = (
            b'Content-Type: multipart/report; boundary="r"; report-type=disposition-notification'
            b"\r\n\r\n--r\r\nContent-Type: text/plain\r\n\r\nok\r\n--r\r\n"
            b"Content-Type: message/disposition-notification\r\n\r\n"
            b"Original-Message-ID: <1@platform>\r\n"
            b"Disposition: automatic-action/MDN-sent-automatically; processed\r\n\r\n--r--\r\n"
        )
        fields, body = multipart_signed(report, signed_data(signer_info(report[:-2])))
        mdn = read_mdn(as2.read_request(fields), body, opening(require_signature=True))
        assert mdn.disposition.verdict == "processed"
        assert mdn.signature.fit == "without-last-crlf"

    def test_ber_with_indefinite_lengths_in_base64(self):
        body = base64.encodebytes(enveloped(frame="ber"))
        fields = [*ENCRYPTED, ("Content-Transfer-Encoding", "base64")]
        assert content_of(opened(fields, body)) == [PAYLOAD]

    def test_base64_that_nobody_announced(self):
        assert content_of(opened(ENCRYPTED, base64.encodebytes(enveloped()))) == [PAYLOAD]

    def test_folded_headers_disposition_first_and_a_bare_filename(self):
        header = (
            b"Content-Disposition: attachment;\r\n\tfilename=FSO1100A.xml\r\n"
            b"Content-Type: application/xml;\r\n charset=utf-8\r\n"
        )
        message = opened(ENCRYPTED, enveloped(part(header=header)))
        assert message.attachments[0].filename == "FSO1100A.xml"
        assert message.attachments[0].content_type == "application/xml"

    @pytest.mark.parametrize("frame", ["der", "ber"])
    def test_gcm_inside_enveloped_data_is_a_decryption_failure(self, frame):
        with pytest.raises(as2.DecryptionFailed, match="has no place in EnvelopedData"):
            opened(ENCRYPTED, enveloped(cipher="aes256-gcm", frame=frame))


class TestOpenas2:
    """Binary signature part, no certificate, names inside the compressed layer."""

    def test_a_binary_signature_part(self):
        whole = part()
        fields, body = multipart_signed(whole, signed_data(signer_info(whole)), binary=True)
        assert content_of(opened(fields, body)) == [PAYLOAD]

    def test_no_certificate_in_the_signature(self):
        whole = part()
        message = opened(*multipart_signed(whole, signed_data(signer_info(whole))))
        assert message.signature.enclosed == ()

    def test_the_file_name_only_inside_the_compressed_layer(self):
        header = b'Content-Disposition: attachment; filename="F.tar.gz"\r\n'
        inner = part(header=b"Content-Type: application/gzip\r\n" + header)
        zipped = b"".join(compressed.deflate([inner]))
        outer = b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n"
        message = opened(ENCRYPTED, enveloped(part(zipped, outer)))
        assert message.attachments[0].filename == "F.tar.gz"
        assert [layer.kind for layer in message.layers] == ["encrypted", "compressed"]

    @pytest.mark.parametrize("body", [b"", b"<html>thanks</html>", b"\r\n"])
    @pytest.mark.parametrize("kind", ["text/html", ""])
    def test_no_mdn_where_one_might_be(self, body, kind):
        request = as2.read_request([("Content-Type", kind)] if kind else [])
        with pytest.raises(as2.NotAnMdn):
            read_mdn(request, body, as2.Opening())

    def test_an_mdn_under_names_in_another_case(self):
        outgoing = sent(receipt=as2.ReceiptRequest())
        message = received(outgoing)
        answer = as2.build_mdn(as2.reply_to(message.request, message), "<2@simulator>")
        fields = [(name.upper(), value) for name, value in answer.headers]
        mdn = read_mdn(as2.read_request(fields), answer.body(), as2.Opening())
        assert (mdn.request.as2_from, mdn.original_message_id) == ("CPP001", "<1@platform>")


class TestOthers:
    def test_signed_over_crlf_and_sent_with_bare_line_feeds(self):
        whole = part(b"one\ntwo\n", b"Content-Type: text/plain\r\n")
        canonical = whole.replace(CRLF, b"\n").replace(b"\n", CRLF)
        message = opened(*multipart_signed(whole, signed_data(signer_info(canonical))))
        assert message.signature.fit == "canonical"
        assert content_of(message) == [b"one\ntwo\n"], "nothing rewrites the line ends"

    def test_signed_together_with_the_next_line_break(self):
        whole = part()
        message = opened(*multipart_signed(whole, signed_data(signer_info(whole + CRLF))))
        assert message.signature.fit == "with-next-crlf"

    def test_attributes_signed_in_der_and_sent_in_another_order(self):
        whole = part()
        chosen = attributes(whole)
        time = attribute(cms.SIGNING_TIME, ber.tlv(0x17, b"260901080000Z"))
        info = signer_info(whole, signed=[*chosen.values(), time])
        block = b"".join(sorted([*chosen.values(), time]))
        shuffled = info.replace(block, b"".join(sorted([*chosen.values(), time], reverse=True)))
        assert shuffled != info
        message = opened(*multipart_signed(whole, signed_data(shuffled)))
        assert content_of(message) == [PAYLOAD]

    def test_signed_data_in_ber(self):
        whole = part()
        body = indefinite(
            ber.SEQUENCE,
            ber.integer(1),
            indefinite(ber.SET),
            indefinite(ber.SEQUENCE, cms.DATA_OID),
            indefinite(ber.SET, signer_info(whole)),
        )
        proof = indefinite(ber.SEQUENCE, ber.oid(cms.SIGNED_DATA), indefinite(ber.CONTEXT_0, body))
        assert content_of(opened(*multipart_signed(whole, proof))) == [PAYLOAD]

    def test_the_names_of_the_types_that_netscape_chose(self):
        fields = [("Content-Type", "application/x-pkcs7-mime")]
        assert content_of(opened(fields, enveloped())) == [PAYLOAD]
        whole = part()
        fields, body = multipart_signed(whole, signed_data(signer_info(whole)))
        body = body.replace(b"application/pkcs7-s", b"application/x-pkcs7-s")
        assert content_of(opened(fields, body)) == [PAYLOAD]

    def test_line_feeds_alone_around_the_parts(self):
        whole = part()
        fields, body = multipart_signed(whole, signed_data(signer_info(whole)))
        head, tail = body.split(whole)
        body = head.replace(CRLF, b"\n") + whole + tail.replace(CRLF, b"\n")
        assert content_of(opened(fields, body)) == [PAYLOAD]

    def test_a_preamble_an_epilogue_and_blanks_after_a_boundary(self):
        whole = part()
        fields, body = multipart_signed(whole, signed_data(signer_info(whole)))
        body = b"This is S/MIME.\r\n" + body.replace(b"--edge\r\n", b"--edge \t\r\n") + b"bye"
        assert content_of(opened(fields, body)) == [PAYLOAD]

    def test_a_boundary_inside_another(self):
        """The inner boundary begins with the outer one: only whole lines count."""
        files = [as2.File(b"a", "a.xml"), as2.File(b"b", "b.xml")]
        inner = as2.build_message(
            as2.Envelope("DEM002", "CPP001", "<1@platform>"), files, as2.Security()
        )
        kind = dict(inner.headers)["Content-Type"]
        boundary = kind.partition('boundary="')[2].rstrip('"')
        whole = part(
            inner.body().replace(boundary.encode(), b"edge2"),
            b'Content-Type: multipart/related; boundary="edge2"\r\n',
        )
        message = opened(*multipart_signed(whole, signed_data(signer_info(whole))))
        assert content_of(message) == [b"a", b"b"]

    def test_a_recipient_among_a_thousand(self):
        crowd = recipient(bytes(32), platform().public, encrypted=bytes(256))

        def recipients(key):
            return [*[crowd] * 999, recipient(key)]

        assert content_of(opened(ENCRYPTED, enveloped(recipients=recipients))) == [PAYLOAD]

    def test_a_hundred_certificates_in_the_signature(self):
        whole = part()
        chain = [platform().public.der] * 150
        proof = signed_data(signer_info(whole), certificates=chain)
        message = opened(*multipart_signed(whole, proof))
        assert len(message.signature.enclosed) == 100

    def test_an_issuer_in_another_string_type(self):
        """The same name as PrintableString where the certificate has UTF8String."""
        whole = part()
        info = signer_info(whole)
        name = platform().public.issuer
        printable = name.replace(b"\x0c\x08platform", b"\x13\x08platform")
        assert printable != name
        proof = signed_data(info.replace(name, printable))
        assert content_of(opened(*multipart_signed(whole, proof))) == [PAYLOAD]


class TestAgreement:
    """What was agreed is asked for."""

    @pytest.mark.parametrize(("sign", "encrypt"), [(False, True), (True, False), (False, False)])
    def test_a_message_with_less_than_agreed(self, sign, encrypt):
        outgoing = sent(layers=security(sign, encrypt))
        with pytest.raises(as2.InsufficientSecurity, match="agreed"):
            received(outgoing, require_signature=True, require_encryption=True)

    @pytest.mark.parametrize("change", [{"digest": "sha1"}, {"cipher": "3des-cbc"}])
    def test_legacy_algorithms_below_the_floor(self, change):
        outgoing = sent(profile=replace(as2.PROFILES["strict"], **change))
        with pytest.raises(as2.InsufficientSecurity, match="below what was agreed"):
            received(outgoing, legacy=False)
        assert content_of(received(outgoing)) == [PAYLOAD]

    def test_the_layers_opened_before_a_fault_are_told(self):
        outgoing = sent(layers=security())
        with pytest.raises(as2.AuthenticationFailed) as fault:
            received(outgoing, signers=(simulator().public,))
        assert [layer.kind for layer in fault.value.layers] == ["encrypted"]

    def test_an_mdn_is_no_message(self):
        fields = [("Content-Type", "multipart/report; boundary=x")]
        with pytest.raises(as2.RemoteProtocolError, match="an MDN"):
            opened(fields, b"--x\r\n\r\n\r\n--x--")

    def test_a_signature_of_another_kind_is_an_unsupported_format(self):
        body = CRLF.join((b"--x", part(), b"--x", b"Content-Type: application/pgp-signature", b""))
        fields = [("Content-Type", "multipart/signed; boundary=x")]
        with pytest.raises(as2.UnsupportedFormat, match="pgp-signature"):
            opened(fields, body + b"\r\nx\r\n--x--")

    def test_a_cms_type_of_another_world_is_an_unsupported_format(self):
        with pytest.raises(as2.UnsupportedFormat, match=r"1\.2\.840\.113549\.1\.7\.5"):
            opened(ENCRYPTED, framed("1.2.840.113549.1.7.5", ber.tlv(ber.SEQUENCE)))
