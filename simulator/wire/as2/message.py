"""A message received: opened, verified, with its attachments and the MIC to be returned.

Source: RFC 4130 sections 5 and 7.3.1, RFC 5402 section 4, RFC 6362 (several attachments).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulator.wire.as2.algorithms import DIGESTS
from simulator.wire.as2.errors import InsufficientSecurity, RemoteProtocolError
from simulator.wire.as2.filenames import announced_name, safe_name
from simulator.wire.as2.headers import Headers
from simulator.wire.as2.mic import Content, Mic
from simulator.wire.as2.mime import Entity, read_entity, split_parts
from simulator.wire.as2.opening import Opened, Opening, unwrap
from simulator.wire.as2.profile import STRICT, Profile
from simulator.wire.as2.request import Request
from simulator.wire.as2.span import Buffer, Span
from simulator.wire.as2.values import Layer, Signature

_MAX_DEPTH = 8


class Attachment(msgspec.Struct, frozen=True, eq=False):
    """One file of a message.

    Attributes:
        content: its bytes, a view into the message or into what it decrypted to.
        content_type: media type in lower case.
        filename: the announced name made safe, None when there is none.
        announced: the name as the partner wrote it, empty when there is none.
        headers: of the innermost part.
    """

    content: memoryview
    content_type: str
    filename: str | None
    announced: str
    headers: Headers


class Message(msgspec.Struct, frozen=True, eq=False):
    """A message that was accepted.

    Attributes:
        request: its headers.
        attachments: at least one, the root of a multipart/related first as it stands.
        layers: what it was wrapped in, outermost first.
        signature: verified; None when it was not signed.
        covered: the bytes that its MIC covers.
    """

    request: Request
    attachments: tuple[Attachment, ...]
    layers: tuple[Layer, ...]
    signature: Signature | None
    covered: Content

    def has(self, kind: str) -> bool:
        """Whether a layer of that kind (``signed``, ``encrypted``, ``compressed``) was there."""
        return any(layer.kind == kind for layer in self.layers)

    def mic(self, profile: Profile = STRICT) -> Mic:
        """The MIC to be returned.

        Its algorithm is that of the signature (RFC 4130 7.3.1); of an unsigned message, or with
        ``mic_from="request"``, the first of signed-receipt-micalg that we have.
        """
        receipt = self.request.receipt
        asked = receipt.digests if receipt else []
        chosen = asked[0] if asked else profile.digest
        if self.signature and (profile.mic_from == "signature" or not asked):
            chosen = self.signature.digest
        spelling = receipt.spelling(chosen) if receipt else None
        own = DIGESTS[chosen].name if profile.plain_names else DIGESTS[chosen].wire
        return Mic(chosen, self.covered.digest(chosen), spelling or own)


def open_message(request: Request, body: Buffer | Span, opening: Opening) -> Message:
    """Open, verify and take apart the body of a POST.

    Args:
        request: its headers, read (`request.read_request`).
        body: the body as received, without the chunks of HTTP; bytes or a mapped file.
        opening: our keys, the partner's certificates, what was agreed.

    Raises:
        RemoteProtocolError: with the disposition to answer and the layers opened before.
    """
    entity = Entity(request.headers, Span.of(body))
    opened = unwrap(entity, opening)
    try:
        _check_agreed(opened, opening)
        attachments = _attachments(opened.entity, request, opening)
    except RemoteProtocolError as error:
        error.layers = opened.layers
        raise
    return Message(request, attachments, opened.layers, opened.signature, _covered(opened))


def _check_agreed(opened: Opened, opening: Opening) -> None:
    kinds = {layer.kind for layer in opened.layers}
    if opening.require_signature and "signed" not in kinds:
        raise InsufficientSecurity("a signed message was agreed, this one is not signed")
    if opening.require_encryption and "encrypted" not in kinds:
        raise InsufficientSecurity("an encrypted message was agreed, this one is not encrypted")


def _covered(opened: Opened) -> Content:
    """What the MIC covers: the signed part; else the plain part with its header; else the body."""
    if opened.covered is not None:
        return opened.covered
    return Content(opened.entity.whole or opened.entity.body)


def _attachments(entity: Entity, request: Request, opening: Opening) -> tuple[Attachment, ...]:
    if entity.content_type == "multipart/report":
        raise RemoteProtocolError("this is an MDN, not a message")
    leaves: list[Entity] = []
    most = opening.limits.attachments
    for leaf in _leaves(entity, 0):
        leaves.append(leaf)
        if len(leaves) > most:
            raise RemoteProtocolError(f"more than {most} attachments")
    fallback = request.subject if opening.subject_as_name and len(leaves) == 1 else ""
    return tuple(_attachment(leaf, fallback) for leaf in leaves)


def _leaves(entity: Entity, depth: int) -> Iterator[Entity]:
    if not entity.content_type.startswith("multipart/"):
        yield entity
        return
    if depth > _MAX_DEPTH:
        raise RemoteProtocolError(f"multipart bodies nested more than {_MAX_DEPTH} deep")
    for span in split_parts(entity):
        part = read_entity(span)
        if part is None:
            raise RemoteProtocolError(f"a part of the {entity.content_type} has no header block")
        yield from _leaves(part, depth + 1)


def _attachment(leaf: Entity, fallback: str) -> Attachment:
    announced = announced_name(leaf.headers) or fallback
    content = leaf.decoded().view()
    return Attachment(
        content,
        leaf.content_type,
        safe_name(announced) if announced else None,
        announced,
        leaf.headers,
    )
