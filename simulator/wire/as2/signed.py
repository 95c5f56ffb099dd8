"""SignedData: verified against the partner's certificates only, generated detached.

Every signerInfo must verify; a certificate inside the message proves nothing. Source: RFC 5652
sections 5 and 11, RFC 4056 (PSS), RFC 5753 (ECDSA).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import HashAlgorithm

from simulator.wire.as2 import algorithms, ber, cms, structures
from simulator.wire.as2.algorithms import Digest, DigestName, SchemeName
from simulator.wire.as2.ber import Reader
from simulator.wire.as2.errors import AuthenticationFailed, IntegrityCheckFailed
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.mic import Content
from simulator.wire.as2.profile import Limits, Profile
from simulator.wire.as2.span import Span
from simulator.wire.as2.structures import Attribute, Signer
from simulator.wire.as2.values import Fit, Signature

_MAX_ENCLOSED = 100
_MAX_CERTIFICATE = 65_536


class SignedData(msgspec.Struct, frozen=True, eq=False):
    """What a SignedData holds.

    Attributes:
        content_type: identifier of what was signed, nearly always ``data``.
        attached: the content in its pieces, None when it is detached.
        signers: the signerInfos.
        enclosed: certificates, DER, at most a hundred.
    """

    content_type: str
    attached: list[Span] | None
    signers: tuple[Signer, ...]
    enclosed: tuple[bytes, ...]


def read_signed(reader: Reader, limits: Limits) -> SignedData:
    """Read the structure.

    Args:
        reader: inside it (`cms.open_content`).
        limits: bounds the number of signerInfos.

    Raises:
        AuthenticationFailed: no signerInfo, or too many.
        BerError, StructureError: the structure is broken.
    """
    reader.primitive(ber.INTEGER)
    reader.skip()
    reader.enter(ber.SEQUENCE)
    content_type, attached = reader.oid(), None
    if not reader.at_end():
        reader.enter(ber.CONTEXT_0)
        attached = reader.octets()
        reader.leave()
    reader.leave()
    enclosed = _enclosed(reader)
    if reader.peek() == ber.CONTEXT_1:
        reader.skip()
    return SignedData(content_type, attached, _signers(reader, limits.signers), enclosed)


def _enclosed(reader: Reader) -> tuple[bytes, ...]:
    if reader.peek() != ber.CONTEXT_0:
        return ()
    found: list[Span] = []
    reader.enter(ber.CONTEXT_0)
    while not reader.at_end():
        found.append(reader.skip())
    reader.leave()
    small = (span for span in found[:_MAX_ENCLOSED] if len(span) <= _MAX_CERTIFICATE)
    return tuple(span.copy() for span in small)


def _signers(reader: Reader, most: int) -> tuple[Signer, ...]:
    found: list[Signer] = []
    reader.enter(ber.SET)
    while not reader.at_end():
        if len(found) == most:
            raise AuthenticationFailed(f"more than {most} signerInfos")
        found.append(structures.read_signer(reader.skip().copy()))
    reader.leave()
    if not found:
        raise AuthenticationFailed("SignedData without a signerInfo proves nothing")
    return tuple(found)


def verify(
    signed: SignedData, content: Content, trusted: Sequence[Certificate], fit: Fit
) -> Signature:
    """Verify every signerInfo over this content.

    Raises:
        AuthenticationFailed: a signer is not trusted, or a signature is wrong or not acceptable.
        IntegrityCheckFailed: the content is not what was signed.
    """
    schemes = [
        _verify_one(signer, signed.content_type, content, trusted) for signer in signed.signers
    ]
    digest, scheme, signer = schemes[0]
    return Signature(digest, scheme, signer, fit, signed.enclosed)


def _verify_one(
    signer: Signer, content_type: str, content: Content, trusted: Sequence[Certificate]
) -> tuple[DigestName, SchemeName, Certificate]:
    certificate = next((known for known in trusted if known.is_named(signer.party)), None)
    if certificate is None:
        raise AuthenticationFailed(f"signed by {_shown(signer)}, which is not the partner's")
    digest, scheme = _agreed(signer)
    if signer.attributes is None:
        _verify_bare(signer, scheme, digest, content, certificate)
        return digest.name, scheme, certificate
    _check_attributes(signer.attributes, content_type, content.digest(digest.name))
    if not any(
        _is_signature(signer, scheme, digest.hash, form, certificate)
        for form in structures.attribute_forms(signer.attribute_bytes)
    ):
        raise AuthenticationFailed(f"the signature is not that of {certificate.subject}")
    return digest.name, scheme, certificate


def _shown(signer: Signer) -> str:
    party = signer.party
    return f"key {party.key_id.hex()}" if party.key_id else f"certificate number {party.serial:x}"


def _agreed(signer: Signer) -> tuple[Digest, SchemeName]:
    """Digest and scheme, once sure that all places that name a digest name the same."""
    digest = algorithms.DIGESTS_BY_OID.get(signer.digest.oid)
    if digest is None:
        raise AuthenticationFailed(
            f"digest {algorithms.describe(signer.digest.oid)} is not accepted, only SHA-1 and SHA-2"
        )
    scheme, implied = algorithms.SIGNATURES.get(signer.scheme.oid, (None, None))
    if scheme is None:
        name = algorithms.describe(signer.scheme.oid)
        raise AuthenticationFailed(f"signature algorithm {name} is not accepted")
    if scheme == "rsa-pss":
        pss = structures.read_pss(signer.scheme.parameters)
        implied = algorithms.describe(pss.digest)
    if implied not in {None, digest.name}:
        raise AuthenticationFailed(f"digest {digest.name} beside a signature with {implied}")
    return digest, scheme


def _check_attributes(attributes: tuple[Attribute, ...], content_type: str, digest: bytes) -> None:
    said_type = structures.read_oid(_only(attributes, cms.CONTENT_TYPE, "content-type"))
    if said_type != content_type:
        raise AuthenticationFailed(f"signed content-type {said_type}, content is {content_type}")
    said = structures.read_octets(_only(attributes, cms.MESSAGE_DIGEST, "message-digest"))
    if said != digest:
        raise IntegrityCheckFailed(f"signed digest {said.hex()}, that of the part {digest.hex()}")


def _only(attributes: tuple[Attribute, ...], oid: str, name: str) -> bytes:
    found = [value for each in attributes if each.oid == oid for value in each.values]
    if len(found) != 1:
        raise AuthenticationFailed(f"one signed {name} attribute is expected, {len(found)} found")
    return found[0]


def _verify_bare(
    signer: Signer,
    scheme: SchemeName,
    digest: Digest,
    content: Content,
    certificate: Certificate,
) -> None:
    """A signature straight over the content (RFC 5652 5.4, no signed attributes).

    A content that starts like a set of attributes is refused: it may be the attributes of some
    other signature, presented as a message.
    """
    if content.span.base[content.span.start : content.span.start + 1] == b"\x31":
        raise AuthenticationFailed("a signature without attributes over what looks like attributes")
    hashed = content.digest(digest.name)
    if not _is_signature(signer, scheme, Prehashed(digest.hash), hashed, certificate):
        raise IntegrityCheckFailed("the signature does not fit the content")


def _is_signature(
    signer: Signer,
    scheme: SchemeName,
    hashing: HashAlgorithm | Prehashed,
    data: bytes,
    certificate: Certificate,
) -> bool:
    key = certificate.public_key
    try:
        if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signer.signature, data, ec.ECDSA(hashing))
        elif scheme != "ecdsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signer.signature, data, _padding(scheme, signer), hashing)
        else:
            return False
    except (InvalidSignature, ValueError, OverflowError, UnsupportedAlgorithm):
        return False
    return True


def _padding(scheme: SchemeName, signer: Signer) -> padding.AsymmetricPadding:
    if scheme != "rsa-pss":
        return padding.PKCS1v15()
    pss = structures.read_pss(signer.scheme.parameters)
    mask = algorithms.DIGESTS_BY_OID.get(pss.mask_digest)
    if mask is None:
        raise ValueError(f"mask digest {pss.mask_digest}")
    return padding.PSS(padding.MGF1(mask.hash), pss.salt)


def sign(
    digest: bytes, identity: Identity, profile: Profile, signed_at: datetime | None = None
) -> bytes:
    """A detached SignedData in DER over a content of that digest.

    Args:
        digest: of the content, with the profile's algorithm.
        identity: who signs.
        profile: digest, padding, whether the certificate goes along.
        signed_at: the signingTime attribute, in UTC, left out when None.

    Raises:
        LocalProtocolError: the digest is unknown.
    """
    method = algorithms.digest(profile.digest)
    attributes = ber.set_of(_attributes(digest, signed_at))
    scheme, signature = _signature(attributes, identity, profile, method)
    before, signer = _constant(identity.certificate, method.oid, enclosed=profile.certificates)
    implicit = bytes((ber.CONTEXT_0,)) + attributes[1:]
    info = ber.tlv(ber.SEQUENCE, signer, implicit, scheme, ber.tlv(ber.OCTETS, signature))
    data = ber.tlv(ber.SEQUENCE, before, ber.set_of([info]))
    return ber.tlv(ber.SEQUENCE, ber.oid(cms.SIGNED_DATA), ber.tlv(ber.CONTEXT_0, data))


@lru_cache(maxsize=32)
def _constant(certificate: Certificate, oid: str, *, enclosed: bool) -> tuple[bytes, bytes]:
    """What is the same in every signature of a certificate: before the signerInfos, and in its own."""
    before = (
        ber.integer(1),
        ber.set_of([cms.algorithm(oid)]),
        ber.tlv(ber.SEQUENCE, cms.DATA_OID),
        ber.tlv(ber.CONTEXT_0, certificate.der) if enclosed else b"",
    )
    named = ber.tlv(ber.SEQUENCE, certificate.issuer, ber.integer(certificate.serial))
    return b"".join(before), ber.integer(1) + named + cms.algorithm(oid)


def _attributes(digest: bytes, signed_at: datetime | None) -> list[bytes]:
    values = [
        (cms.CONTENT_TYPE, cms.DATA_OID),
        (cms.MESSAGE_DIGEST, ber.tlv(ber.OCTETS, digest)),
    ]
    if signed_at is not None:
        values.append((cms.SIGNING_TIME, _time(signed_at)))
    return [ber.tlv(ber.SEQUENCE, ber.oid(oid), ber.tlv(ber.SET, value)) for oid, value in values]


def _time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime after (RFC 5652 section 11.3)."""
    if moment.year < 2050:
        return ber.tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return ber.tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _signature(
    data: bytes, identity: Identity, profile: Profile, digest: Digest
) -> tuple[bytes, bytes]:
    """Algorithm identifier and value of the signature."""
    key = identity.key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        scheme = cms.algorithm(algorithms.ECDSA_OIDS[digest.name])
        return scheme, key.sign(data, ec.ECDSA(digest.hash))
    if profile.signature == "rsa-pkcs1":
        scheme = cms.algorithm(algorithms.RSA, ber.NULL_VALUE)
        return scheme, key.sign(data, padding.PKCS1v15(), digest.hash)
    salted = padding.PSS(padding.MGF1(digest.hash), digest.hash.digest_size)
    return _pss(digest), key.sign(data, salted, digest.hash)


def _pss(digest: Digest) -> bytes:
    hashed = cms.algorithm(digest.oid, ber.NULL_VALUE)
    parameters = ber.tlv(
        ber.SEQUENCE,
        ber.tlv(ber.CONTEXT_0, hashed),
        ber.tlv(ber.CONTEXT_1, cms.algorithm(algorithms.MGF1, hashed)),
        ber.tlv(0xA2, ber.integer(digest.hash.digest_size)),
    )
    return cms.algorithm(algorithms.RSA_PSS, parameters)
