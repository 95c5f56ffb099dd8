"""A test CA: it signs certificates that say TEST, for a few names, and can sign for no others.

Who installs it by mistake trusts it for those names alone (RFC 5280 §4.2.1.10). Certificates are
long-lived on purpose: validity is judged at business time, which ``--clock`` moves (design §7).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)

# The password of a bundle is documented, so many rounds would protect nothing; OpenSSL's default.
_P12_ROUNDS = 2048


class UnusableName(ValueError):
    """A name or address that no certificate can be good for."""


class Authority(msgspec.Struct, frozen=True):
    """A CA with its private key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, names: Iterable[str]) -> Authority:
        """A new CA for these host names and addresses. Raises `UnusableName`."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder("aife-sim CA", key.public_key())
        for extension in (
            x509.BasicConstraints(ca=True, path_length=0),
            _usage(authority=True),
            x509.NameConstraints([_subtree(n) for n in names], None),
        ):
            builder = builder.add_extension(extension, critical=True)
        name = _subject("aife-sim CA")
        return cls(key, builder.issuer_name(name).sign(key, hashes.SHA256()))

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> Authority:
        """The CA that was written as PEM. Raises `ValueError`, or `TypeError` of another key."""
        read = load_pem_private_key(key, None)
        if not isinstance(read, ec.EllipticCurvePrivateKey):
            message = "expected an EC private key, as this tool makes"
            raise TypeError(message)
        return cls(read, x509.load_pem_x509_certificate(certificate))

    def refused(self, names: Iterable[str]) -> list[str]:
        """Those names that this CA was not made for. Raises `UnusableName`."""
        constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        permitted = set(constraints.value.permitted_subtrees or ())
        return [n for n in names if _subtree(n) not in permitted]

    def issue(
        self, common_name: str, public: rsa.RSAPublicKey, names: Iterable[str]
    ) -> x509.Certificate:
        """A certificate for server and client use, good for `names`. Raises `UnusableName`."""
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _builder(common_name, public)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(_alternatives(names), critical=False)
            .add_extension(authority, critical=False)
        )
        return builder.issuer_name(self.certificate.subject).sign(self.key, hashes.SHA256())

    def chain(self, certificate: x509.Certificate) -> bytes:
        """A certificate with the CA's, PKCS#7 in PEM."""
        return pkcs7.serialize_certificates([certificate, self.certificate], Encoding.PEM)

    def bundle(
        self, name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate, password: str
    ) -> bytes:
        """Key, certificate and chain, PKCS#12 under AES-256."""
        protection = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(_P12_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(password.encode())
        )
        return pkcs12.serialize_key_and_certificates(
            name.encode(), key, certificate, [self.certificate], protection
        )


def is_good_for(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    """Whether a certificate names all of these. Raises `UnusableName`."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(_alternatives(names)) <= set(found.value)


def key_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PKCS#8 PEM, without password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def ssh_private(key: rsa.RSAPrivateKey) -> bytes:
    """A private key in OpenSSH form, without password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def ssh_public(key: rsa.RSAPublicKey) -> str:
    """``ssh-rsa AAAA...``."""
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def _builder(
    common_name: str, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """What every certificate of ours has in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(common_name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "aife-sim TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{common_name} TEST"),
        ]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    """Key usage of the CA, or of a key that signs messages and unwraps their keys."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Iterable[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(name) for name in names])


def _general(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return _dns(name)


def _subtree(name: str) -> x509.DNSName | x509.IPAddress:
    """A name as a constraint writes it: an address is a network of one."""
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return _dns(name.removeprefix("*."))


def _dns(name: str) -> x509.DNSName:
    if not name or not name.isascii() or any(c.isspace() or c in "/:" for c in name):
        message = f"expected a host name or an IP address, found {name!r}"
        raise UnusableName(message)
    return x509.DNSName(name)
