"""EnvelopedData and AuthEnvelopedData: decrypting slices of the body, encrypting into one buffer.

Source: RFC 5652 section 6, RFC 5083 and RFC 5084 (GCM, where a tag of 16 bytes is required).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import AEADDecryptionContext, AEADEncryptionContext

from simulator.wire.as2 import algorithms, ber, cms, structures
from simulator.wire.as2.algorithms import Cipher
from simulator.wire.as2.ber import Reader
from simulator.wire.as2.errors import DecryptionFailed
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.profile import Limits, Profile
from simulator.wire.as2.span import Span, blank
from simulator.wire.as2.structures import Algorithm, Recipient
from simulator.wire.as2.transport import recover_key, wrap_key
from simulator.wire.as2.values import Layer, Pieces, size_of, windows_of

UNREADABLE = "the content does not decrypt to anything with the recipient's key"
"""One text for a wrong key, a wrong padding, a wrong tag and a content that is no MIME part."""

_TAG = 16
_SLACK = 32


class _Envelope(msgspec.Struct, frozen=True, eq=False):
    """The parts of the structure; ``tag`` and ``attributes`` only when it is authenticated."""

    recipients: list[Span]
    algorithm: Algorithm
    pieces: list[Span]
    attributes: bytes
    tag: bytes


def decrypt(
    reader: Reader, keys: Sequence[Identity], limits: Limits, *, authenticated: bool
) -> tuple[Span, Layer]:
    """Decrypt with whichever of the keys a recipientInfo names.

    Args:
        reader: inside the structure (`cms.open_content`).
        keys: our identities, the current one first.
        limits: bounds the number of recipientInfos.
        authenticated: AuthEnvelopedData, otherwise EnvelopedData.

    Raises:
        DecryptionFailed: for whatever reason.
        BerError: the structure itself is broken.
    """
    envelope = _read(reader, limits, authenticated=authenticated)
    cipher = _cipher_of(envelope.algorithm.oid, "gcm" if authenticated else "cbc")
    recipient, identity = _ours(envelope.recipients, keys)
    key, transport = recover_key(recipient, identity, cipher.key_size)
    layer = Layer("encrypted", cipher.name, transport)
    try:
        if authenticated:
            return _open_gcm(envelope, cipher, key), layer
        return _open_cbc(envelope, cipher, key), layer
    except (ValueError, InvalidTag, UnsupportedAlgorithm):
        raise DecryptionFailed(UNREADABLE) from None


def _read(reader: Reader, limits: Limits, *, authenticated: bool) -> _Envelope:
    reader.primitive(ber.INTEGER)
    if reader.peek() == ber.CONTEXT_0:
        reader.skip()
    recipients = _elements(reader, limits.recipients)
    reader.enter(ber.SEQUENCE)
    reader.oid()
    algorithm = structures.read_algorithm(reader.skip().copy())
    pieces = [] if reader.at_end() else reader.octets(ber.CONTEXT_0_PRIMITIVE, ber.CONTEXT_0)
    reader.leave()
    attributes, tag = b"", b""
    if authenticated:
        attributes = reader.skip().copy() if reader.peek() == ber.CONTEXT_1 else b""
        tag = structures.read_octets(reader.skip().copy())
    return _Envelope(recipients, algorithm, pieces, attributes, tag)


def _elements(reader: Reader, most: int) -> list[Span]:
    found: list[Span] = []
    reader.enter(ber.SET)
    while not reader.at_end():
        found.append(reader.skip())
        if len(found) > most:
            raise DecryptionFailed(f"more than {most} recipientInfos")
    reader.leave()
    return found


def _cipher_of(oid: str, mode: str) -> Cipher:
    cipher = algorithms.CIPHERS_BY_OID.get(oid)
    if cipher is None:
        raise DecryptionFailed(f"content cipher {algorithms.describe(oid)} is not accepted")
    if cipher.mode != mode:
        frame = "AuthEnvelopedData" if mode == "gcm" else "EnvelopedData"
        raise DecryptionFailed(f"content cipher {cipher.name} has no place in {frame}")
    return cipher


def _ours(recipients: list[Span], keys: Sequence[Identity]) -> tuple[Recipient, Identity]:
    """The first recipientInfo that names one of our certificates, among any number of others."""
    for span in recipients:
        if span.base[span.start] != ber.SEQUENCE or len(span) > structures.MAX_STRUCTURE:
            continue
        raw = span.copy()
        for identity in keys:
            if _mentions(raw, identity.certificate):
                recipient = structures.read_recipient(raw)
                if identity.certificate.is_named(recipient.party):
                    return recipient, identity
    raise DecryptionFailed(f"none of the {len(recipients)} recipientInfos names a key of ours")


def _mentions(raw: bytes, certificate: Certificate) -> bool:
    """A look at the bytes spares the parsing of the recipientInfos of others."""
    return ber.integer(certificate.serial) in raw or certificate.key_id in raw


def _open_cbc(envelope: _Envelope, cipher: Cipher, key: bytes) -> Span:
    size = sum(map(len, envelope.pieces))
    iv = structures.read_octets(envelope.algorithm.parameters)
    if not size or size % cipher.block:
        raise ValueError("not whole blocks")
    context = cipher.decryptor(key, iv)
    out = blank(size + _SLACK)
    room, at = memoryview(out), 0
    for piece in envelope.pieces:
        for window in piece.windows():
            at += context.update_into(window, room[at:])
    context.finalize()
    return Span(out, 0, size - _padding(out[size - cipher.block : size]))


def _padding(block: bytes | bytearray) -> int:
    """Length of the padding; every byte of the block is looked at (RFC 5652 section 6.3)."""
    count = block[-1]
    wrong = count < 1 or count > len(block)
    for index, byte in enumerate(reversed(block)):
        wrong |= index < count and byte != count
    if wrong:
        raise ValueError("bad padding")
    return count


def _open_gcm(envelope: _Envelope, cipher: Cipher, key: bytes) -> Span:
    nonce, tag_size = structures.read_gcm(envelope.algorithm.parameters)
    if tag_size != _TAG or len(envelope.tag) != _TAG:
        raise ValueError("short tag")
    for form in _authenticated_forms(envelope.attributes):
        with suppress(InvalidTag):
            return _gcm_with(envelope, cipher.decryptor(key, nonce, envelope.tag), form)
    raise InvalidTag


def _authenticated_forms(attributes: bytes) -> Iterator[bytes]:
    if not attributes:
        return iter((b"",))
    return structures.attribute_forms(structures.attribute_bytes(attributes))


def _gcm_with(envelope: _Envelope, context: object, attributes: bytes) -> Span:
    assert isinstance(context, AEADDecryptionContext)
    size = sum(map(len, envelope.pieces))
    context.authenticate_additional_data(attributes)
    out = blank(size + _SLACK)
    room, at = memoryview(out), 0
    for piece in envelope.pieces:
        for window in piece.windows():
            at += context.update_into(window, room[at:])
    context.finalize()
    return Span(out, 0, size)


def encrypt(pieces: Pieces, recipients: Sequence[Certificate], profile: Profile) -> Pieces:
    """The content encrypted for each recipient, as one DER structure in one buffer.

    Raises:
        LocalProtocolError: the cipher is unknown, or a recipient has no RSA key.
    """
    cipher = algorithms.cipher(profile.cipher)
    key = secrets.token_bytes(cipher.key_size)
    size = size_of(pieces)
    padding = b"" if cipher.mode == "gcm" else _pad(size, cipher.block)
    iv = secrets.token_bytes(12 if cipher.mode == "gcm" else cipher.block)
    context = cipher.encryptor(key, iv)
    wrapped = ber.set_of(wrap_key(key, recipient, profile) for recipient in recipients)
    front, back = _shell(cipher, iv, wrapped, size + len(padding))
    out = blank(len(front) + size + len(padding) + _SLACK)
    room, at = memoryview(out), len(front)
    room[:at] = front
    for piece in (*pieces, padding):
        for window in windows_of(piece):
            at += context.update_into(window, room[at:])
    context.finalize()
    tag = context.tag if isinstance(context, AEADEncryptionContext) else b""
    return room[:at], back + tag


def _pad(size: int, block: int) -> bytes:
    count = block - size % block
    return bytes((count,)) * count


def _shell(cipher: Cipher, iv: bytes, recipients: bytes, size: int) -> tuple[bytes, bytes]:
    """What stands around the encrypted bytes; the tag itself is known, and added, last."""
    authenticated = cipher.mode == "gcm"
    parameters = ber.tlv(ber.OCTETS, iv)
    if authenticated:
        parameters = ber.tlv(ber.SEQUENCE, parameters, ber.integer(_TAG))
    method = cms.DATA_OID + cms.algorithm(cipher.oid, parameters)
    kind = cms.AUTH_ENVELOPED_DATA if authenticated else cms.ENVELOPED_DATA
    tag = ber.head(ber.OCTETS, _TAG) + bytes(_TAG) if authenticated else b""
    front, back = ber.shell(
        size,
        (ber.CONTEXT_0_PRIMITIVE, b"", b""),
        (ber.SEQUENCE, method, b""),
        (ber.SEQUENCE, ber.integer(0) + recipients, tag),
        *cms.frame(kind),
    )
    return front, back[: len(back) - _TAG] if authenticated else back
