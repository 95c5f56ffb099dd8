"""Certificates that partners send: forms that are read, and what is refused with which words."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from simulator.certificates import LARGEST, CertificateRefused, read_partner_certificate

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certified(subject, key, issuer, issuer_key, *extensions):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(START)
        .not_valid_after(END)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


class Family:
    """A root, an intermediate and two leaves, all of one RSA key: only names matter here."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        ca = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.root = certified("root", self.key, "root", self.key, ca, usage)
        self.middle = certified("middle", self.key, "root", self.key, ca)
        self.leaf = certified("leaf", self.key, "middle", self.key)
        self.other = certified("other", self.key, "middle", self.key)
        self.alone = certified("alone", self.key, "alone", self.key, ca)

    def private(self, encoding, form, encryption=None):
        return self.key.private_bytes(encoding, form, encryption or NoEncryption())


@pytest.fixture(scope="module")
def family():
    return Family()


def pem(*certificates):
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)


def refusal(content):
    with pytest.raises(CertificateRefused) as caught:
        read_partner_certificate(content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_p7b_with_its_chain_gives_the_leaf_whatever_the_order(family, encoding):
    chain = [family.root, family.leaf, family.middle]
    read = read_partner_certificate(pkcs7.serialize_certificates(chain, encoding))
    assert read.subject == "CN=leaf"
    assert read.issuer == "CN=middle"
    assert read.pem.encode() == pem(family.leaf)
    assert read.chain.encode() == pem(family.leaf, family.middle, family.root)
    assert read.complete


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_single_certificate_is_read_and_its_chain_told_incomplete(family, encoding):
    read = read_partner_certificate(family.leaf.public_bytes(encoding))
    assert (read.not_before, read.not_after, read.serial) == (START, END, "abc")
    assert read.fingerprint == family.leaf.fingerprint(hashes.SHA256()).hex()
    assert read.ssh_key.startswith("ssh-rsa AAAA")
    assert not read.complete


def test_a_pem_file_may_hold_a_chain_words_and_the_same_certificate_twice(family):
    content = b"subject=leaf\n" + pem(family.leaf, family.leaf) + b"\nroot:\n" + pem(family.middle)
    assert read_partner_certificate(content).subject == "CN=leaf"


def test_a_self_signed_certificate_as_openssl_makes_it_is_a_leaf(family):
    read = read_partner_certificate(pem(family.alone))
    assert (read.subject, read.complete) == ("CN=alone", True)


def test_authorities_alone_are_refused(family):
    assert "only those of authorities: CN=root" in refusal(pem(family.root))
    assert "only those of authorities" in refusal(pem(family.root, family.middle))


def test_two_leaves_are_refused_by_name(family):
    message = refusal(pem(family.leaf, family.middle, family.other))
    assert "found 2: CN=leaf; CN=other" in message


def test_a_key_that_is_not_rsa_is_refused(family):
    curve = ec.generate_private_key(ec.SECP256R1())
    certificate = certified("curve", curve, "middle", family.key)
    assert "expected an RSA key" in refusal(pem(certificate))


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL, PrivateFormat.OpenSSH]
)
def test_a_private_key_beside_the_certificate_is_refused(family, form):
    content = pem(family.leaf) + family.private(Encoding.PEM, form)
    assert "private key: send the public part only" in refusal(content)


def test_a_private_key_in_der_is_refused(family):
    plain = family.private(Encoding.DER, PrivateFormat.PKCS8)
    locked = family.private(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    for content in (plain, locked):
        assert "private key" in refusal(content)


def test_a_pkcs12_bundle_is_refused_as_one(family):
    bundle = pkcs12.serialize_key_and_certificates(
        b"x", family.key, family.leaf, None, BestAvailableEncryption(b"x")
    )
    assert "private key" in refusal(bundle)


def test_a_file_above_five_megabytes_is_refused_unread():
    assert f"at most {LARGEST}" in refusal(b"-" * (LARGEST + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"\x30\x82",
    ],
)
def test_what_is_no_certificate_is_refused_with_what_is_expected(content):
    assert "expected PKCS#7 (.p7b) or X.509" in refusal(content)


def test_an_unheard_of_certificate_version_is_refused(family):
    der = family.leaf.public_bytes(Encoding.DER)
    assert "122 is not a valid" in refusal(
        der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x7a")
    )


@given(st.binary(max_size=64))
def test_any_bytes_end_in_our_own_error(content):
    with pytest.raises(CertificateRefused):
        read_partner_certificate(content)


@given(st.data())
def test_a_damaged_certificate_ends_in_a_reading_or_our_own_error(family, data):
    der = bytearray(family.leaf.public_bytes(Encoding.DER))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    armour = base64.encodebytes(der)
    text = b"-----BEGIN CERTIFICATE-----\n" + armour + b"-----END CERTIFICATE-----\n"
    for content in (bytes(der), text):
        try:
            outcome = read_partner_certificate(content).subject
        except CertificateRefused as error:
            outcome = str(error)
        assert isinstance(outcome, str)
