"""Certificates as partners give them: public part only, one leaf, if possible with its chain.

Source: Chorus Pro's screen for raccordements takes p7b, crt, cer and pem up to 5 MB and asks for
the public part with the full chain (dossier §8.2, official). A partner's certificate may come from
any CA. Dates are not judged here: that is done at business time, when it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    pkcs7,
)

LARGEST = 5 << 20  # bytes; dossier §8.2

# A PKCS#12 file: SEQUENCE of indefinite or any length, then INTEGER 3 (RFC 7292 §4).
_PKCS12 = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03", re.DOTALL)

# A PKCS#7 file opens with this object identifier, 1.2.840.113549.1.7.2 (RFC 2315 §14).
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")

# What the cryptography package raises on bytes that are no sound certificate.
MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

_EXPECTED = "expected PKCS#7 (.p7b) or X.509 (.crt, .cer, .pem), in PEM or DER form"


class CertificateRefused(ValueError):
    """A file that cannot serve as a partner's certificate; the text says why and what to send."""


class PartnerCertificate(msgspec.Struct, frozen=True):
    """What is kept of a partner's certificate.

    Attributes:
        pem: the leaf.
        chain: PEM of the leaf and of the issuers that came with it, in order.
        ssh_key: its RSA key as one OpenSSH line.
        subject: RFC 4514 text, as is `issuer`.
        not_before: first instant of validity, as `not_after` is the last.
        serial: lowercase hex.
        fingerprint: SHA-256 of the DER form, lowercase hex.
        complete: whether the chain ends in a self-signed certificate.
    """

    pem: str
    chain: str
    ssh_key: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    serial: str
    fingerprint: str
    complete: bool


def read_partner_certificate(content: bytes) -> PartnerCertificate:
    """Reads a certificate file: PKCS#7 or X.509, PEM or DER, with or without its chain.

    Raises:
        CertificateRefused: too large, unreadable, with a private key, without exactly one leaf, or
            of a key other than RSA.
    """
    if len(content) > LARGEST:
        message = f"certificate file of {len(content)} bytes: at most {LARGEST} are taken"
        raise CertificateRefused(message)
    _refuse_private(content)
    certificates = list(dict.fromkeys(_certificates(content)))
    try:
        return _described(_leaf(certificates), certificates)
    except CertificateRefused:
        raise
    except MALFORMED as error:
        message = f"the certificate is malformed: {error}"
        raise CertificateRefused(message) from None


def _refuse_private(content: bytes) -> None:
    """Only public parts are taken: a private key sent by mistake must not be kept."""
    held = b"PRIVATE KEY-----" in content or _PKCS12.match(content) is not None
    if not held and content[:1] == b"\x30":
        try:
            load_der_private_key(content, None)
        except TypeError:  # it has a password
            held = True
        except (ValueError, UnsupportedAlgorithm):
            held = False
        else:
            held = True
    if held:
        message = f"the file holds a private key: send the public part only; {_EXPECTED}"
        raise CertificateRefused(message)


def _certificates(content: bytes) -> list[x509.Certificate]:
    """Every certificate of the file; at least one."""
    reason = "no certificate in it"
    try:
        if found := _reader(content)(content):
            return found
    except MALFORMED as error:
        reason = str(error) or reason
    message = f"cannot read the certificate file ({reason}): {_EXPECTED}"
    raise CertificateRefused(message)


def _reader(content: bytes) -> Callable[[bytes], list[x509.Certificate]]:
    """What reads a file of this form."""
    if b"-----BEGIN PKCS7-----" in content:
        return pkcs7.load_pem_pkcs7_certificates
    if b"-----BEGIN " in content:
        return x509.load_pem_x509_certificates
    if _SIGNED_DATA in content[:32]:
        return pkcs7.load_der_pkcs7_certificates
    return _der_certificate


def _der_certificate(content: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(content)]


def _leaf(certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The one certificate that issues no other and is no authority."""
    issuers = {c.issuer for c in certificates if c.issuer != c.subject}
    leaves = [c for c in certificates if c.subject not in issuers and not _is_authority(c)]
    if len(leaves) == 1:
        return leaves[0]
    names = "; ".join(c.subject.rfc4514_string() for c in leaves or certificates)
    if leaves:
        message = f"expected one end certificate with its chain, found {len(leaves)}: {names}"
    else:
        message = f"expected an end certificate, found only those of authorities: {names}"
    raise CertificateRefused(message)


def _is_authority(certificate: x509.Certificate) -> bool:
    """Whether it is there to sign others.

    ``openssl req -x509`` marks every certificate it makes as a CA without giving it the usage; such
    a self-signed one is a partner's own.
    """
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return constraints.ca and certificate.subject != certificate.issuer
    return constraints.ca and usage.key_cert_sign


def _described(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> PartnerCertificate:
    public = leaf.public_key()
    subject = leaf.subject.rfc4514_string()
    if not isinstance(public, rsa.RSAPublicKey):
        message = f"expected an RSA key, found another kind in the certificate of {subject}"
        raise CertificateRefused(message)
    chain = _chain(leaf, certificates)
    return PartnerCertificate(
        pem=_pem(leaf),
        chain="".join(map(_pem, chain)),
        ssh_key=public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii"),
        subject=subject,
        issuer=leaf.issuer.rfc4514_string(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        serial=f"{leaf.serial_number:x}",
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        complete=chain[-1].subject == chain[-1].issuer,
    )


def _chain(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """The leaf and its issuers, as far as they came along."""
    by_subject = {c.subject: c for c in certificates}
    chain = [leaf]
    while (issuer := by_subject.get(chain[-1].issuer)) is not None and issuer not in chain:
        chain.append(issuer)
    return chain


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
