"""Messages that look right and are not: none of them may pass, each is refused for its reason."""

import pytest
from as2_forge import (
    CRLF,
    ENCRYPTED,
    PAYLOAD,
    attribute,
    attributes,
    authenticated,
    content_of,
    enveloped,
    multipart_signed,
    opened,
    pair,
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
from cryptography.hazmat.primitives.asymmetric import padding
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2 import ber, cms
from simulator.wire.as2.algorithms import MGF1, RSA_OAEP, RSA_PSS
from simulator.wire.as2.enveloped import UNREADABLE

WHOLE = part()
OTHER = part(b"another content")
SHA512_WITH_RSA = "1.2.840.113549.1.1.13"


def signed(*infos, first=WHOLE, **changes):
    attached = changes.pop("attached", None)
    proof = signed_data(*infos, attached=attached, certificates=changes.pop("certificates", ()))
    return opened(*multipart_signed(first, proof), **changes)


def chosen(**changed):
    return (attributes(WHOLE) | changed).values()


def test_the_forge_makes_good_signatures_too():
    assert content_of(signed(signer_info(WHOLE))) == [PAYLOAD]
    assert content_of(signed(signer_info(WHOLE, signed=[]))) == [PAYLOAD]
    assert content_of(signed(signer_info(WHOLE), signer_info(WHOLE))) == [PAYLOAD]
    assert content_of(signed(signer_info(WHOLE), attached=WHOLE)) == [PAYLOAD]
    assert content_of(opened(ENCRYPTED, authenticated())) == [PAYLOAD]
    assert content_of(opened(ENCRYPTED, authenticated(attributes=chosen_attributes()))) == [PAYLOAD]


def chosen_attributes():
    return b"".join(sorted(attributes(WHOLE).values()))


class TestSignatures:
    def test_no_signer(self):
        with pytest.raises(as2.AuthenticationFailed, match="without a signerInfo"):
            signed()

    @pytest.mark.parametrize("order", [1, -1])
    def test_two_signers_of_whom_one_is_wrong(self, order):
        infos = [signer_info(WHOLE), signer_info(WHOLE, by=simulator(), named=platform())]
        with pytest.raises(as2.AuthenticationFailed, match="not that of"):
            signed(*infos[::order])

    @pytest.mark.parametrize("order", [1, -1])
    def test_two_signers_of_whom_one_is_a_stranger(self, order):
        infos = [signer_info(WHOLE), signer_info(WHOLE, by=simulator())]
        with pytest.raises(as2.AuthenticationFailed, match="not the partner's"):
            signed(*infos[::order])

    def test_a_signer_whose_certificate_only_the_message_vouches_for(self):
        stranger = pair("stranger")
        info = signer_info(WHOLE, by=stranger)
        with pytest.raises(as2.AuthenticationFailed, match="not the partner's"):
            signed(info, certificates=[stranger.public.der])

    def test_a_stranger_under_the_partners_name_and_number(self):
        info = signer_info(WHOLE, by=pair("stranger"), named=platform())
        with pytest.raises(as2.AuthenticationFailed, match="not that of"):
            signed(info, certificates=[pair("stranger").public.der])

    def test_the_same_number_under_another_issuer(self):
        info = signer_info(WHOLE).replace(platform().public.issuer, simulator().public.issuer)
        with pytest.raises(as2.AuthenticationFailed):
            signed(info)

    @pytest.mark.parametrize("missing", ["digest", "type"])
    def test_an_attribute_missing(self, missing):
        left = attributes(WHOLE)
        del left[missing]
        with pytest.raises(as2.AuthenticationFailed, match="0 found"):
            signed(signer_info(WHOLE, signed=left.values()))

    @pytest.mark.parametrize("twice", ["digest", "type"])
    def test_an_attribute_given_twice(self, twice):
        both = [*attributes(WHOLE).values(), attributes(OTHER)[twice]]
        with pytest.raises(as2.AuthenticationFailed, match="2 found"):
            signed(signer_info(WHOLE, signed=both))

    def test_an_attribute_with_two_values(self):
        values = [ber.tlv(ber.OCTETS, bytes([n]) * 32) for n in (1, 2)]
        both = chosen(digest=attribute(cms.MESSAGE_DIGEST, *values))
        with pytest.raises(as2.AuthenticationFailed, match="2 found"):
            signed(signer_info(WHOLE, signed=both))

    def test_the_digest_of_another_content(self):
        with pytest.raises(as2.IntegrityCheckFailed, match="signed digest"):
            signed(signer_info(OTHER))

    def test_a_content_type_that_is_not_the_contents(self):
        wrong = attribute(cms.CONTENT_TYPE, ber.oid(cms.SIGNED_DATA))
        with pytest.raises(as2.AuthenticationFailed, match="signed content-type"):
            signed(signer_info(WHOLE, signed=chosen(type=wrong)))

    def test_a_changed_part(self):
        outgoing = sent(layers=security(encrypt=False))
        body = outgoing.body().replace(b"<ID>F1</ID>", b"<ID>F2</ID>")
        with pytest.raises(as2.IntegrityCheckFailed):
            received(replace(outgoing, pieces=(body,)))

    def test_a_changed_header_of_the_part(self):
        outgoing = sent(layers=security(encrypt=False))
        body = outgoing.body().replace(b"FSO1100A.xml", b"FSO1100B.xml")
        with pytest.raises(as2.IntegrityCheckFailed):
            received(replace(outgoing, pieces=(body,)))

    def test_a_changed_signature(self):
        info = bytearray(signer_info(WHOLE))
        info[-1] ^= 1
        with pytest.raises(as2.AuthenticationFailed, match="not that of"):
            signed(bytes(info))

    def test_a_bare_signature_over_another_content(self):
        with pytest.raises(as2.IntegrityCheckFailed):
            signed(signer_info(OTHER, signed=[]))

    def test_attributes_of_another_signature_presented_as_content(self):
        block = ber.tlv(ber.SET, *sorted(attributes(WHOLE).values()))
        with pytest.raises(as2.AuthenticationFailed, match="looks like attributes"):
            signed(signer_info(block, signed=[]), first=block)

    def test_an_enclosed_content_that_is_not_the_part(self):
        with pytest.raises(as2.IntegrityCheckFailed, match="encloses another content"):
            signed(signer_info(WHOLE), attached=OTHER)

    @pytest.mark.parametrize(
        ("scheme", "hashed"), [(SHA512_WITH_RSA, "sha512"), (SHA512_WITH_RSA, "sha256")]
    )
    def test_a_digest_that_is_not_the_signatures(self, scheme, hashed):
        with pytest.raises(as2.AuthenticationFailed, match="sha256 beside a signature with sha512"):
            signed(signer_info(WHOLE, scheme=scheme, hashed=hashed))

    @pytest.mark.parametrize(("oid", "name"), [("1.2.840.113549.2.5", "MD5"), ("1.2.3.4", "1.2.3")])
    def test_a_digest_that_is_not_accepted_is_named(self, oid, name):
        with pytest.raises(as2.AuthenticationFailed, match=name):
            signed(signer_info(WHOLE, oid=oid))

    def test_pss_that_names_no_hash_beside_sha_256(self):
        with pytest.raises(as2.AuthenticationFailed, match="beside a signature with sha1"):
            signed(signer_info(WHOLE, scheme=RSA_PSS))

    @pytest.mark.parametrize("scheme", ["1.2.840.10045.4.3.2", "1.3.101.112", "2.5.4.3"])
    def test_a_scheme_that_is_not_the_keys(self, scheme):
        with pytest.raises(as2.AuthenticationFailed):
            signed(signer_info(WHOLE, scheme=scheme))

    def test_more_signers_than_anyone_needs(self):
        with pytest.raises(as2.AuthenticationFailed, match="more than 16"):
            signed(*[signer_info(WHOLE)] * 17)

    def test_three_parts_under_one_signature(self):
        fields, body = multipart_signed(WHOLE, signed_data(signer_info(WHOLE)))
        extra = b"--edge\r\nContent-Type: text/plain\r\n\r\nmore\r\n--edge--"
        with pytest.raises(as2.AuthenticationFailed, match="3 parts"):
            opened(fields, body.replace(b"--edge--", extra))

    def test_two_contents_under_one_boundary_line_at_the_end_of_the_first(self):
        """The signed part ends where its boundary stands, not where the last one does."""
        fields, body = multipart_signed(WHOLE, signed_data(signer_info(WHOLE)))
        smuggled = body.replace(WHOLE, WHOLE + CRLF + b"--edge--" + CRLF + b"x", 1)
        with pytest.raises(as2.RemoteProtocolError):
            opened(fields, smuggled)


class TestEncryption:
    @pytest.mark.parametrize("size", [0, 1, 4, 12, 15])
    def test_a_short_tag(self, size):
        with pytest.raises(as2.DecryptionFailed) as fault:
            opened(ENCRYPTED, authenticated(tag_size=size, announced=size))
        assert str(fault.value) == UNREADABLE

    @pytest.mark.parametrize("announced", [0, 12, 15])
    def test_a_whole_tag_announced_as_short(self, announced):
        with pytest.raises(as2.DecryptionFailed):
            opened(ENCRYPTED, authenticated(announced=announced))

    @pytest.mark.parametrize("covered", [b"", ber.tlv(ber.SET, b"\x30\x00")])
    def test_attributes_that_the_tag_does_not_cover(self, covered):
        with pytest.raises(as2.DecryptionFailed, match="does not decrypt"):
            opened(ENCRYPTED, authenticated(attributes=chosen_attributes(), covered=covered))

    def test_attributes_taken_away(self):
        covered = ber.tlv(ber.SET, chosen_attributes())
        with pytest.raises(as2.DecryptionFailed):
            opened(ENCRYPTED, authenticated(covered=covered))

    @pytest.mark.parametrize(
        "hash_oid", ["1.2.840.113549.2.5", "2.16.840.1.101.3.4.2.17", "2.5.4.3"]
    )
    @pytest.mark.parametrize("place", ["hash", "mask"])
    def test_oaep_with_an_absurd_hash(self, hash_oid, place):
        absurd = cms.algorithm(hash_oid, ber.NULL_VALUE)
        if place == "hash":
            parameters = ber.tlv(ber.SEQUENCE, ber.tlv(ber.CONTEXT_0, absurd))
        else:
            parameters = ber.tlv(ber.SEQUENCE, ber.tlv(ber.CONTEXT_1, cms.algorithm(MGF1, absurd)))
        transport = cms.algorithm(RSA_OAEP, parameters)

        def recipients(key):
            return [recipient(key, transport=transport)]

        with pytest.raises(as2.DecryptionFailed, match="not supported"):
            opened(ENCRYPTED, enveloped(recipients=recipients))

    def test_a_wrong_key_and_a_wrong_padding_cannot_be_told_apart(self):
        """One class, one text, one disposition, for each way in which a key may be wrong."""
        public = simulator().public.public_key

        def garbage(_):
            return [recipient(b"", encrypted=bytes(255) + b"\x02")]

        def short(_):
            return [recipient(b"", encrypted=public.encrypt(b"short", padding.PKCS1v15()))]

        def wrong(_):
            return [recipient(b"", encrypted=public.encrypt(bytes(32), padding.PKCS1v15()))]

        def tiny(_):
            return [recipient(b"", encrypted=b"x")]

        bodies = [enveloped(recipients=way) for way in (garbage, short, wrong, tiny)]
        bodies.append(enveloped(bytes(64), padded=False))
        bodies.append(enveloped(b"no MIME part at all, but well padded"))
        faults = set()
        for body in bodies:
            with pytest.raises(as2.DecryptionFailed) as fault:
                opened(ENCRYPTED, body)
            faults.add((str(fault.value), str(fault.value.disposition)))
        assert len(faults) == 1

    def test_the_same_path_is_taken_with_a_wrong_key(self, monkeypatch):
        """The content is decrypted even when the key transport failed."""
        seen = []
        genuine = as2.opening.enveloped._open_cbc
        monkeypatch.setattr(
            as2.opening.enveloped,
            "_open_cbc",
            lambda *given: (seen.append(given), genuine(*given))[1],
        )
        with pytest.raises(as2.DecryptionFailed):
            opened(
                ENCRYPTED,
                enveloped(recipients=lambda _: [recipient(b"", encrypted=bytes(256))]),
            )
        assert len(seen) == 1
        assert len(seen[0][2]) == 32

    def test_a_message_for_somebody_else(self):
        outgoing = sent(layers=as2.Security(recipients=(pair("other").public,)))
        with pytest.raises(as2.DecryptionFailed, match="names a key of ours"):
            received(outgoing)

    def test_an_old_cipher_is_named(self):
        body = enveloped().replace(
            ber.oid("2.16.840.1.101.3.4.1.42"), b"\x06\x09" + bytes.fromhex("2a864886f70d030200")
        )
        with pytest.raises(as2.DecryptionFailed, match="is not accepted"):
            opened(ENCRYPTED, body)

    def test_an_ec_key_cannot_decrypt(self):
        ec = pair("platform-ec", "ec")

        def recipients(_):
            return [recipient(b"", ec.public, encrypted=bytes(256))]

        with pytest.raises(as2.DecryptionFailed, match="not RSA"):
            opened(ENCRYPTED, enveloped(recipients=recipients), keys=(ec.identity,))
