"""The test CA: OpenSSL accepts its certificates for its own names and for no others."""

import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulator.authority import Authority, UnusableName, is_good_for, key_pem

NAMES = ("localhost", "127.0.0.1", "::1", "host.docker.internal")


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def authority():
    return Authority.create(NAMES)


@pytest.fixture(scope="module")
def certificate(authority, key):
    return authority.issue("DEM001", key.public_key(), NAMES)


def shake_hands(authority, certificate, key, name, folder):
    """A TLS handshake of both sides, with certificates on both, in memory."""
    pair = folder / "pair.pem"
    pair.write_bytes(key_pem(key) + certificate.public_bytes(Encoding.PEM))
    root = authority.certificate.public_bytes(Encoding.PEM).decode()
    client = ssl.create_default_context(cadata=root)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=root)
    server.verify_mode = ssl.CERT_REQUIRED
    for context in (client, server):
        context.load_cert_chain(pair)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(down, up, server_hostname=name),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return sides[0].version(), sides[1].getpeercert()


@pytest.mark.parametrize("name", NAMES)
def test_a_certificate_serves_server_and_client_under_each_name(
    authority, certificate, key, name, tmp_path
):
    version, peer = shake_hands(authority, certificate, key, name, tmp_path)
    assert version in {"TLSv1.2", "TLSv1.3"}
    assert (("commonName", "DEM001 TEST"),) in peer["subject"]


def test_openssl_refuses_what_the_ca_signs_for_another_name(authority, key, tmp_path):
    other = authority.issue("x", key.public_key(), ["example.org"])
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(authority, other, key, "example.org", tmp_path)


def test_certificates_say_test_and_outlive_every_clock(authority, certificate):
    for made in (authority.certificate, certificate):
        assert "TEST" in made.subject.rfc4514_string()
        assert made.not_valid_before_utc == datetime(2020, 1, 1, tzinfo=UTC)
        assert made.not_valid_after_utc.date() == datetime(2049, 12, 31, tzinfo=UTC).date()


def test_a_certificate_is_for_server_and_client_and_signs_no_other(certificate):
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(purposes) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment
    assert not usage.key_cert_sign


def test_the_name_constraints_are_critical(authority):
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert len(constraints.value.permitted_subtrees) == len(NAMES)


def test_a_ca_comes_back_from_its_files(authority, key):
    read = Authority.load(authority.certificate.public_bytes(Encoding.PEM), key_pem(authority.key))
    assert read.refused(NAMES) == []
    assert read.refused([*NAMES, "sim.test", "192.0.2.1"]) == ["sim.test", "192.0.2.1"]
    read.issue("x", key.public_key(), NAMES).verify_directly_issued_by(authority.certificate)
    with pytest.raises(TypeError, match="EC private key"):
        Authority.load(authority.certificate.public_bytes(Encoding.PEM), key_pem(key))


def test_a_certificate_tells_what_it_is_good_for(certificate):
    assert is_good_for(certificate, ["localhost", "::1"])
    assert not is_good_for(certificate, ["localhost", "sim.test"])


@pytest.mark.parametrize("name", ["", "a b", "http://x", "é.fr", "a/b"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UnusableName, match="expected a host name or an IP address"):
        Authority.create([name])
