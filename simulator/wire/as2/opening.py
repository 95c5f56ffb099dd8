"""Opening a message layer by layer, from the outside in, in whatever order they come.

The loop ends at the first entity that is neither CMS nor multipart/signed. What a known product
does to the signed part (libas2 signs without the last line break) is tried only after the exact
bytes have failed. Source: RFC 4130 section 5, RFC 5402, RFC 8551 section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from simulator.wire.as2 import algorithms, ber, cms, compressed, enveloped, signed
from simulator.wire.as2.ber import BerError, Reader
from simulator.wire.as2.errors import (
    AuthenticationFailed,
    DecompressionFailed,
    DecryptionFailed,
    InsufficientSecurity,
    IntegrityCheckFailed,
    RemoteProtocolError,
    UnsupportedFormat,
)
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.mic import Content, digest_of
from simulator.wire.as2.mime import Entity, from_base64, read_entity, split_parts
from simulator.wire.as2.profile import Limits
from simulator.wire.as2.signed import SignedData
from simulator.wire.as2.span import Span
from simulator.wire.as2.structures import StructureError
from simulator.wire.as2.values import Fit, Layer, Signature

_PKCS7 = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature"}


class Opening(msgspec.Struct, frozen=True, eq=False):
    """What is needed to open messages of one partner.

    Attributes:
        keys: our identities that decrypt, the current one first.
        signers: certificates of the partner; nothing else is trusted.
        require_signature: refuse a message that is not signed.
        require_encryption: refuse a message that is not encrypted.
        legacy: accept SHA-1 and 3DES.
        limits: what a message may cost.
        subject_as_name: take the Subject for the file name when the message gives none.
    """

    keys: tuple[Identity, ...] = ()
    signers: tuple[Certificate, ...] = ()
    require_signature: bool = False
    require_encryption: bool = False
    legacy: bool = True
    limits: Limits = Limits()
    subject_as_name: bool = False


class Opened(msgspec.Struct, frozen=True, eq=False):
    """The innermost entity and what was around it.

    Attributes:
        entity: plain MIME.
        layers: outermost first.
        signature: the outermost signature, verified; None without.
        covered: the bytes that it covers.
    """

    entity: Entity
    layers: tuple[Layer, ...]
    signature: Signature | None
    covered: Content | None


class _Step(msgspec.Struct, frozen=True, eq=False):
    entity: Entity
    layer: Layer
    signature: Signature | None = None
    covered: Content | None = None


def unwrap(entity: Entity, opening: Opening) -> Opened:
    """Open every layer.

    Raises:
        RemoteProtocolError: with the disposition that says which layer failed, and the layers
            opened before it.
    """
    steps: list[_Step] = []
    try:
        while step := _next(entity, opening):
            steps.append(step)
            entity = step.entity
            _check_depth(len(steps), opening.limits)
    except RemoteProtocolError as error:
        error.layers = tuple(step.layer for step in steps)
        raise
    layers = tuple(step.layer for step in steps)
    first = next((step for step in steps if step.signature), None)
    if first is None:
        return Opened(entity, layers, None, None)
    return Opened(entity, layers, first.signature, first.covered)


def _check_depth(count: int, limits: Limits) -> None:
    if count > limits.layers:
        raise RemoteProtocolError(f"more than {limits.layers} layers of security")


def _next(entity: Entity, opening: Opening) -> _Step | None:
    kind = entity.content_type
    if kind == "multipart/signed":
        return _accepted(_open_signed(entity, opening), opening)
    if kind in _PKCS7:
        return _accepted(_open_cms(entity, opening), opening)
    return None


def _accepted(step: _Step, opening: Opening) -> _Step:
    if step.layer.algorithm in algorithms.LEGACY and not opening.legacy:
        raise InsufficientSecurity(f"{step.layer.algorithm} is below what was agreed")
    return step


def _cms_bytes(entity: Entity) -> Span:
    """The structure itself: also when base64 was sent without being announced."""
    span = entity.decoded()
    if len(span) and span.base[span.start] != ber.SEQUENCE:
        return from_base64(span)
    return span


def _open_cms(entity: Entity, opening: Opening) -> _Step:
    with _StructureFaults(UnsupportedFormat):
        content_type, reader = cms.open_content(_cms_bytes(entity))
    opener = _OPENERS.get(content_type)
    if opener is None:
        raise UnsupportedFormat(f"CMS content type {content_type} is not one of AS2")
    return opener(reader, opening)


def _open_enveloped(reader: Reader, opening: Opening) -> _Step:
    return _open_encrypted(reader, opening, authenticated=False)


def _open_authenticated(reader: Reader, opening: Opening) -> _Step:
    return _open_encrypted(reader, opening, authenticated=True)


def _open_encrypted(reader: Reader, opening: Opening, *, authenticated: bool) -> _Step:
    with _StructureFaults(DecryptionFailed):
        span, layer = enveloped.decrypt(
            reader, opening.keys, opening.limits, authenticated=authenticated
        )
    entity = read_entity(span, need_header=True)
    if entity is None:
        raise DecryptionFailed(enveloped.UNREADABLE)
    return _Step(entity, layer)


def _open_compressed(reader: Reader, opening: Opening) -> _Step:
    with _StructureFaults(DecompressionFailed):
        span = compressed.inflate(reader, opening.limits)
    entity = read_entity(span, need_header=True)
    if entity is None:
        raise DecompressionFailed("the compressed content is not a MIME part")
    return _Step(entity, Layer("compressed", "zlib"))


def _open_opaque(reader: Reader, opening: Opening) -> _Step:
    """SignedData with its content inside: outside AS2 proper, but `openssl cms -nodetach`."""
    with _StructureFaults(AuthenticationFailed):
        data = signed.read_signed(reader, opening.limits)
        if data.attached is None:
            raise AuthenticationFailed("SignedData without the content that it signs")
        content = Content(_joined(data.attached))
        signature = signed.verify(data, content, opening.signers, "attached")
    entity = read_entity(content.span)
    if entity is None:
        raise RemoteProtocolError("the signed content is not a MIME part")
    return _Step(entity, _signed_layer(signature), signature, content)


def _joined(pieces: list[Span]) -> Span:
    if len(pieces) == 1:
        return pieces[0]
    return Span.of(bytearray().join(piece.view() for piece in pieces))


def _signed_layer(signature: Signature) -> Layer:
    return Layer("signed", signature.digest, signature.scheme)


_OPENERS: dict[str, Callable[[Reader, Opening], _Step]] = {
    cms.ENVELOPED_DATA: _open_enveloped,
    cms.AUTH_ENVELOPED_DATA: _open_authenticated,
    cms.COMPRESSED_DATA: _open_compressed,
    cms.SIGNED_DATA: _open_opaque,
}


def _open_signed(entity: Entity, opening: Opening) -> _Step:
    parts = split_parts(entity, need_end=False)
    if len(parts) != 2:
        raise AuthenticationFailed(f"multipart/signed with {len(parts)} parts instead of 2")
    proof = read_entity(parts[1])
    if proof is None or proof.content_type not in _SIGNATURES:
        shown = proof.content_type if proof else "nothing"
        raise UnsupportedFormat(f"a pkcs7-signature is expected, the second part is {shown}")
    with _StructureFaults(AuthenticationFailed):
        data = _detached(proof, opening)
        signature, content = _verify_any_form(data, parts[0], opening)
    inner = read_entity(parts[0])
    if inner is None:
        raise RemoteProtocolError("the signed part is not a MIME part")
    return _Step(inner, _signed_layer(signature), signature, content)


def _detached(proof: Entity, opening: Opening) -> SignedData:
    content_type, reader = cms.open_content(_cms_bytes(proof))
    if content_type != cms.SIGNED_DATA:
        raise AuthenticationFailed(f"the signature is CMS {content_type}, not SignedData")
    return signed.read_signed(reader, opening.limits)


def _verify_any_form(data: SignedData, part: Span, opening: Opening) -> tuple[Signature, Content]:
    """Verify over the part as it stands, then over the forms that products are known to sign.

    Content inside a detached signature must be the part itself, byte for byte.
    """
    if data.attached is not None and not _is_same(data.attached, part):
        raise IntegrityCheckFailed("the signature encloses another content than the signed part")
    failure: IntegrityCheckFailed | None = None
    for fit, content in _forms(part):
        try:
            return signed.verify(data, content, opening.signers, fit), content
        except IntegrityCheckFailed as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _is_same(attached: list[Span], part: Span) -> bool:
    inside = digest_of((piece.view() for piece in attached), "sha512")
    return inside == digest_of((part.view(),), "sha512")


def _forms(part: Span) -> Iterator[tuple[Fit, Content]]:
    yield "exact", Content(part)
    if part.ends_with(b"\r\n"):
        yield "without-last-crlf", Content(part.to(part.start, part.stop - 2))
    if part.base[part.stop : part.stop + 2] == b"\r\n":
        yield "with-next-crlf", Content(part.to(part.start, part.stop + 2))
    yield "canonical", Content(part, canonical=True)


class _StructureFaults:
    """A broken structure is a fault of the layer that it belongs to."""

    __slots__ = ("_fault",)

    def __init__(self, fault: type[RemoteProtocolError]) -> None:
        self._fault = fault

    def __enter__(self) -> None:
        """A generator would do, at ten times the price."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BerError | StructureError):
            raise self._fault(str(error)) from None
