"""TLS contexts from PEM: what is believed, what is overlooked, what is refused."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from simulator.transport import tls


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def identity(name="x", years=0, purpose=None):
    """A self-signed one, valid for a day that lies some years ahead."""
    key = ec.generate_private_key(ec.SECP256R1())
    begin = datetime.now(UTC) + timedelta(days=365 * years) - timedelta(hours=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
    )
    if purpose:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    leaf = builder.sign(key, hashes.SHA256())
    return tls.Identity(pem(key), leaf.public_bytes(Encoding.PEM))


def shaken(server, client):
    """Hands of two contexts, without a network; the connections, client first."""
    ends = [SSL.Connection(client, None), SSL.Connection(server, None)]
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    done = set()
    while len(done) < 2:
        for end, other in (ends, ends[::-1]):
            with suppress(SSL.WantReadError):
                end.do_handshake()
                done.add(end)
            with suppress(SSL.WantReadError):
                other.bio_write(end.bio_read(65536))
    return ends


@pytest.mark.parametrize("years", [-5, 0, 20])
@pytest.mark.parametrize("purpose", [None, ExtendedKeyUsageOID.CLIENT_AUTH])
def test_a_listener_is_believed_by_its_certificate_whatever_its_dates_and_purpose(years, purpose):
    own = identity(years=years, purpose=purpose)
    client, server = shaken(tls.server_context(own), tls.client_context(own.chain))
    assert client.get_protocol_version_name() == "TLSv1.3"
    assert server.get_peer_certificate(as_cryptography=True) is None


def test_another_listener_is_not_believed():
    with pytest.raises(SSL.Error):
        shaken(tls.server_context(identity()), tls.client_context(identity().chain))


def test_nothing_trusted_believes_nobody_and_none_believes_anybody():
    server = tls.server_context(identity())
    with pytest.raises(SSL.Error):
        shaken(server, tls.client_context(b""))
    shaken(server, tls.client_context(None))


def test_a_client_shows_its_certificate_where_it_is_asked_for():
    own, caller = identity(), identity("caller", years=20)
    for ask, expected in ((True, tls.certificates(caller.chain)[0]), (False, None)):
        server = tls.server_context(own, ask=ask, names=caller.chain)
        _, end = shaken(server, tls.client_context(own.chain, caller))
        assert end.get_peer_certificate(as_cryptography=True) == expected


def test_tls_1_2_is_spoken_and_1_1_is_not():
    own = identity()
    for version, spoken in ((SSL.TLS1_2_VERSION, True), (SSL.TLS1_1_VERSION, False)):
        client = tls.client_context(own.chain)
        client.set_min_proto_version(SSL.TLS1_VERSION)
        client.set_max_proto_version(version)
        if spoken:
            end, _ = shaken(tls.server_context(own), client)
            assert end.get_protocol_version_name() == "TLSv1.2"
        else:
            with pytest.raises(SSL.Error):
                shaken(tls.server_context(own), client)


def test_material_that_cannot_be_used_says_which(tmp_path):
    own, other = identity(), identity()
    odd = pem(ed25519.Ed25519PrivateKey.generate())
    for wrong, words in (
        (tls.Identity(b"nonsense", own.chain), "private key in PEM"),
        (tls.Identity(own.key, b"nonsense"), "certificates in PEM"),
        (tls.Identity(own.key, b""), "found none"),
        (tls.Identity(other.key, own.chain), "CN=x cannot be used"),
        (tls.Identity(odd, own.chain), "RSA or EC"),
    ):
        with pytest.raises(tls.TlsError, match=words):
            tls.server_context(wrong)
    with pytest.raises(tls.TlsError, match="cannot read"):
        tls.Identity.read(tmp_path / "key", tmp_path / "cert")


def test_a_transport_without_tls_has_no_certificate():
    assert tls.peer_certificate(object()) is None
    assert not tls.is_tls(object())


class Heard(Protocol):
    """Says some blocks as soon as it is connected, and keeps what it hears."""

    def __init__(self, *blocks):
        self.blocks, self.heard = blocks, b""

    def connectionMade(self):
        for block in self.blocks:
            self.transport.write(block)

    def dataReceived(self, data):
        self.heard += data

    def read_ended(self):
        pass

    def connectionLost(self, reason=None):
        pass


def at_both_ends(server, client, own, peer):
    """Two protocols behind TLS that writes at once, each with a transport in memory."""
    ends = []
    factories = (tls.listener_factory(server, Factory()), tls.caller_factory(client, Factory()))
    for factory, protocol in zip(factories, (own, peer), strict=True):
        end = tls.at_once(factory).protocol(factory, protocol)
        end.makeConnection(StringTransport())
        ends.append(end)
    return ends


def carried(*ends):
    """Carries octets until neither end has any."""
    while any(end.transport.value() for end in ends):
        for end, other in (ends, ends[::-1]):
            octets = end.transport.value()
            end.transport.clear()
            if octets:
                other.dataReceived(octets)


CBC = b"ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0"  # what adds most to a record


@pytest.mark.parametrize(
    ("version", "cipher"), [(SSL.TLS1_3_VERSION, None), (SSL.TLS1_2_VERSION, CBC)]
)
@pytest.mark.parametrize("sizes", [(1,), (16384,), (16385,), (100, 300_000, 5, 70_000, 16384)])
def test_what_is_written_at_once_arrives_whole_and_in_order(version, cipher, sizes):
    own, blocks = identity(), [os.urandom(size) for size in sizes]
    client = tls.client_context(own.chain)
    client.set_max_proto_version(version)
    if cipher:
        client.set_cipher_list(cipher)
    server, peer = Heard(), Heard(*blocks)  # before any hand is shaken
    ends = at_both_ends(tls.server_context(own), client, server, peer)
    carried(*ends)
    assert server.heard == b"".join(blocks)
    for block in blocks:
        server.transport.write(block)
        server.transport.write(block[:1])
    carried(*ends)
    assert peer.heard == b"".join(block + block[:1] for block in blocks)


def test_a_large_block_is_one_write_to_the_socket():
    own, server = identity(), Heard()
    ends = at_both_ends(tls.server_context(own), tls.client_context(own.chain), server, Heard())
    carried(*ends)
    writes = []
    ends[0].transport.write = writes.append
    server.transport.write(bytes(1 << 20))
    assert [len(one) > 1 << 20 for one in writes] == [True]


def test_records_as_small_as_a_peer_asks_for_are_all_passed_on(monkeypatch):
    """RFC 6066: 512 octets a record make more of a block than it was thought to need."""
    monkeypatch.setattr(tls, "_OVERHEAD", 0)
    own, server, peer = identity(), Heard(), Heard()
    ends = at_both_ends(tls.server_context(own), tls.client_context(own.chain), server, peer)
    carried(*ends)
    block = os.urandom(100_000)
    server.transport.write(block)
    carried(*ends)
    assert peer.heard == block


def test_what_is_written_after_the_end_is_dropped():
    own, server, peer = identity(), Heard(), Heard()
    ends = at_both_ends(tls.server_context(own), tls.client_context(own.chain), server, peer)
    carried(*ends)
    server.transport.loseConnection()
    server.transport.write(bytes(1 << 17))
    carried(*ends)
    ends[0].connectionLost(Failure(ConnectionDone()))
    server.transport.write(bytes(1 << 17))
    assert peer.heard == b""
