"""Certificates and keys as the core needs them: read once, compared by the bytes on the wire.

Nothing here looks at validity dates or chains: the caller says which certificates a partner has.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from simulator.wire.as2.errors import LocalProtocolError
from simulator.wire.as2.structures import PartyId, same_name

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Certificate(msgspec.Struct, frozen=True, eq=False):
    """A certificate with what CMS needs of it.

    Attributes:
        der: the certificate.
        issuer: DER of its issuer.
        serial: its serial number.
        key_id: its subject key identifier; the SHA-1 of the key bits when it has none.
        subject: its subject, to be shown.
        public_key: RSA or EC.
    """

    der: bytes
    issuer: bytes
    serial: int
    key_id: bytes
    subject: str
    public_key: PublicKey

    @classmethod
    def load(cls, data: bytes) -> Certificate:
        """Read PEM or DER.

        Raises:
            LocalProtocolError: no certificate, or its key is neither RSA nor EC.
        """
        try:
            pem = data.lstrip().startswith(b"-----")
            read = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
            return cls._of(read(data))
        except (ValueError, UnsupportedAlgorithm, TypeError) as error:
            raise LocalProtocolError(f"this is not a usable certificate: {error}") from error

    @classmethod
    def _of(cls, found: x509.Certificate) -> Certificate:
        key = found.public_key()
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise TypeError(f"an RSA or EC key is expected, {type(key).__name__} found")
        return cls(
            found.public_bytes(serialization.Encoding.DER),
            found.issuer.public_bytes(),
            found.serial_number,
            _key_id(found),
            found.subject.rfc4514_string(),
            key,
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.der)
        return digest.finalize().hex()

    def is_named(self, party: PartyId) -> bool:
        """Whether a recipientInfo or signerInfo means this certificate."""
        if party.key_id:
            return party.key_id == self.key_id
        return party.serial == self.serial and same_name(party.issuer, self.issuer)


def _key_id(found: x509.Certificate) -> bytes:
    try:
        return found.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return x509.SubjectKeyIdentifier.from_public_key(found.public_key()).digest


class Identity(msgspec.Struct, frozen=True, eq=False):
    """A certificate with its private key: what signs and what decrypts."""

    certificate: Certificate
    key: PrivateKey

    @classmethod
    def load(cls, key: bytes, certificate: bytes, password: bytes | None = None) -> Identity:
        """Read a PEM or DER private key with its certificate.

        Raises:
            LocalProtocolError: one of them cannot be read, or they do not belong together.
        """
        own = Certificate.load(certificate)
        try:
            pem = key.lstrip().startswith(b"-----")
            read = serialization.load_pem_private_key if pem else serialization.load_der_private_key
            found = read(key, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise LocalProtocolError(f"this is not a usable private key: {error}") from error
        if not isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise LocalProtocolError(f"an RSA or EC key is expected, not {type(found).__name__}")
        if found.public_key() != own.public_key:
            raise LocalProtocolError(f"the private key is not that of {own.subject}")
        return cls(own, found)
