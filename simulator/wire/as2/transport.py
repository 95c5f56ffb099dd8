"""Transport of the content key: RSA PKCS#1 v1.5 and OAEP, both ways.

A failure here must not be told from a failure of the padding later on (Bleichenbacher): the
decryption goes on with a random key. Source: RFC 3370 section 4.2.1, RFC 3560, RFC 3218.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from simulator.wire.as2 import algorithms, ber, cms, structures
from simulator.wire.as2.errors import DecryptionFailed, LocalProtocolError
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.profile import Profile
from simulator.wire.as2.structures import Algorithm, Recipient

_MAX_LABEL = 1_024


def scheme_of(transport: Algorithm) -> tuple[str, padding.AsymmetricPadding]:
    """Name and padding of a key transport that is accepted.

    Raises:
        DecryptionFailed: the method, or its hash, is not one of ours.
    """
    if transport.oid == algorithms.RSA:
        return "rsa-pkcs1", padding.PKCS1v15()
    if transport.oid != algorithms.RSA_OAEP:
        raise DecryptionFailed(f"key transport {transport.oid} is not supported, only RSA")
    found = structures.read_oaep(transport.parameters)
    digest = algorithms.DIGESTS_BY_OID.get(found.digest)
    mask = algorithms.DIGESTS_BY_OID.get(found.mask_digest)
    if digest is None or mask is None or len(found.label) > _MAX_LABEL:
        names = f"{algorithms.describe(found.digest)} and {algorithms.describe(found.mask_digest)}"
        raise DecryptionFailed(f"OAEP with {names} is not supported, only SHA-1 and SHA-2")
    name = f"rsa-oaep-{digest.name}" + ("" if mask is digest else f"-mgf1-{mask.name}")
    return name, padding.OAEP(padding.MGF1(mask.hash), digest.hash, found.label or None)


def recover_key(recipient: Recipient, identity: Identity, size: int) -> tuple[bytes, str]:
    """The content key of ``size`` bytes and the name of its transport; a random key on failure.

    Raises:
        DecryptionFailed: the transport is not supported (said by public bytes only).
    """
    name, scheme = scheme_of(recipient.transport)
    spare = secrets.token_bytes(size)
    if not isinstance(identity.key, rsa.RSAPrivateKey):
        raise DecryptionFailed("the recipient's key is not RSA, key agreement is not supported")
    try:
        key = identity.key.decrypt(recipient.encrypted_key, scheme)
    except (ValueError, UnsupportedAlgorithm):
        return spare, name
    return (key if len(key) == size else spare), name


def wrap_key(key: bytes, certificate: Certificate, profile: Profile) -> bytes:
    """A KeyTransRecipientInfo in DER for one recipient.

    Raises:
        LocalProtocolError: the certificate's key is not RSA.
    """
    if not isinstance(certificate.public_key, rsa.RSAPublicKey):
        raise LocalProtocolError(
            f"{certificate.subject}: an RSA certificate is needed to encrypt for it"
        )
    transport, scheme = _chosen(profile)
    serial = ber.integer(certificate.serial)
    return ber.tlv(
        ber.SEQUENCE,
        ber.integer(0),
        ber.tlv(ber.SEQUENCE, certificate.issuer, serial),
        transport,
        ber.tlv(ber.OCTETS, certificate.public_key.encrypt(key, scheme)),
    )


def _chosen(profile: Profile) -> tuple[bytes, padding.AsymmetricPadding]:
    if profile.key_transport == "rsa-pkcs1":
        return cms.algorithm(algorithms.RSA, ber.NULL_VALUE), padding.PKCS1v15()
    digest = algorithms.digest(profile.oaep_digest)
    hashed = cms.algorithm(digest.oid, ber.NULL_VALUE)
    parameters = ber.tlv(
        ber.SEQUENCE,
        ber.tlv(ber.CONTEXT_0, hashed),
        ber.tlv(ber.CONTEXT_1, cms.algorithm(algorithms.MGF1, hashed)),
    )
    scheme = padding.OAEP(padding.MGF1(digest.hash), digest.hash, None)
    return cms.algorithm(algorithms.RSA_OAEP, parameters), scheme
