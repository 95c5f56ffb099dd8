"""The MDN: built for what was received, read and judged for what was sent.

Source: RFC 4130 section 7, RFC 8098 (fields), RFC 6522 (multipart/report). A report is signed if a
signature was asked for, also when it brings an error; only a stranger gets it unsigned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from simulator.wire.as2 import dispositions, errors
from simulator.wire.as2.algorithms import LEGACY
from simulator.wire.as2.dispositions import Disposition, parse_disposition
from simulator.wire.as2.errors import RemoteProtocolError
from simulator.wire.as2.headers import Headers, unquote_name
from simulator.wire.as2.keys import Identity
from simulator.wire.as2.message import Message
from simulator.wire.as2.mic import Mic, parse_mic
from simulator.wire.as2.mime import Entity, read_entity, split_parts
from simulator.wire.as2.opening import Opening, unwrap
from simulator.wire.as2.outgoing import Outgoing, Part, as2_fields, multipart, sign_part
from simulator.wire.as2.profile import STRICT, Profile
from simulator.wire.as2.request import Request
from simulator.wire.as2.span import Buffer, Span
from simulator.wire.as2.values import Signature

_NOTIFICATION = "message/disposition-notification"


class Reply(msgspec.Struct, frozen=True):
    """An MDN to be built.

    Attributes:
        as2_from: us, unquoted.
        as2_to: the sender of the message, unquoted.
        original_message_id: echoed byte for byte.
        disposition: what became of the message.
        mic: of the message; None when it was not processed.
        text: for people, never empty.
        signed: whether to sign.
        digest: of that signature.
    """

    as2_from: str
    as2_to: str
    original_message_id: str
    disposition: Disposition
    mic: Mic | None
    text: str
    signed: bool
    digest: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"


def reply_to(
    request: Request,
    outcome: Message | RemoteProtocolError | Disposition,
    profile: Profile = STRICT,
) -> Reply:
    """The MDN that a message deserves.

    Args:
        request: the headers of the message.
        outcome: the message itself when it was accepted, the error that stopped it, or any
            disposition, for what only the caller can know (a duplicate).
        profile: MIC and digest for which the partner states no preference.
    """
    disposition, mic = _said(outcome, profile)
    receipt = request.receipt
    asked = receipt.digests if receipt else []
    usable = [name for name in asked if profile.legacy or name not in LEGACY]
    stranger = disposition == dispositions.UNKNOWN_TRADING_RELATIONSHIP
    return Reply(
        request.as2_to,
        request.as2_from,
        request.message_id,
        disposition,
        mic,
        _text(request, disposition),
        bool(receipt and receipt.signed) and not stranger,
        usable[0] if usable else profile.digest,
    )


def _said(
    outcome: Message | RemoteProtocolError | Disposition, profile: Profile
) -> tuple[Disposition, Mic | None]:
    """RFC 4130 7.4.3: the MIC is there only when the content was processed."""
    if isinstance(outcome, Message):
        return dispositions.PROCESSED, outcome.mic(profile)
    if isinstance(outcome, Disposition):
        return outcome, None
    return outcome.disposition, None


def _text(request: Request, disposition: Disposition) -> str:
    outcome = "was received and processed" if disposition.is_positive else "was not processed"
    reason = f": {disposition.text}" if disposition.text else ""
    return (
        f"The message {request.message_id or '(without Message-ID)'} from {request.as2_from}"
        f" to {request.as2_to} {outcome}{reason}."
    )


def build_mdn(
    reply: Reply,
    message_id: str,
    identity: Identity | None = None,
    profile: Profile = STRICT,
    date: str = "",
) -> Outgoing:
    """Build the MDN, to be sent as the answer or posted later.

    Args:
        reply: what it says.
        message_id: its own Message-ID, with brackets.
        identity: signs it if ``reply.signed``.
        profile: habits.
        date: ``Date`` as it is to stand, left out when empty.

    Raises:
        LocalProtocolError: a name or the Message-ID will not do, or there is nobody to sign.
    """
    if reply.signed and identity is None:
        raise errors.LocalProtocolError("a signed MDN needs an identity to sign with")
    text = Part((("Content-Type", "text/plain; charset=utf-8"),), (f"{reply.text}\r\n".encode(),))
    part = multipart("report", "; report-type=disposition-notification", [text, _report(reply)])
    covered = part.whole()
    if reply.signed and identity:
        part = sign_part(part, identity, msgspec.structs.replace(profile, digest=reply.digest))
    fields = as2_fields(reply.as2_from, reply.as2_to, message_id, profile)
    if date:
        fields.append(("Date", date))
    return Outgoing((*fields, *part.fields), part.pieces, covered, message_id)


def _report(reply: Reply) -> Part:
    fields = [
        ("Reporting-UA", "aife-sim"),
        ("Original-Recipient", f"rfc822; {reply.as2_from}"),
        ("Final-Recipient", f"rfc822; {reply.as2_from}"),
        ("Original-Message-ID", reply.original_message_id),
        ("Disposition", str(reply.disposition)),
    ]
    if reply.mic:
        fields.append(("Received-Content-MIC", str(reply.mic)))
    inner = Part(tuple(fields), ())
    return Part((("Content-Type", _NOTIFICATION),), inner.whole())


class NotAnMdn(RemoteProtocolError):
    """What came is no MDN: nothing at all, a page of text, a report of another kind."""


class Mdn(msgspec.Struct, frozen=True, eq=False):
    """An MDN received.

    Attributes:
        request: its headers; ``as2_from`` is the partner.
        original_message_id: the message it speaks of, as echoed.
        disposition: what became of it.
        mic: the digest that the partner computed, None without.
        text: its words for people.
        fields: all fields of the notification.
        signature: verified; None when it was not signed.
    """

    request: Request
    original_message_id: str
    disposition: Disposition
    mic: Mic | None
    text: str
    fields: Headers
    signature: Signature | None

    @property
    def final_recipient(self) -> str:
        """The AS2 name of who received, without the address type."""
        return unquote_name(self.fields.get("Final-Recipient").rpartition(";")[2])


def read_mdn(request: Request, body: Buffer | Span, opening: Opening) -> Mdn:
    """Read an MDN and verify its signature, if it has one.

    Args:
        request: headers of the answer, or of the POST that brought it.
        body: its body.
        opening: the partner's certificates; ``require_signature`` refuses an unsigned one.

    Raises:
        NotAnMdn: it is none.
        RemoteProtocolError: its signature is wrong or missing, or it cannot be read.
    """
    opened = unwrap(Entity(request.headers, Span.of(body)), opening)
    notification, text = _notification(opened.entity)
    if opening.require_signature and opened.signature is None:
        raise errors.InsufficientSecurity("a signed MDN was asked for, this one is not signed")
    raw = notification.decoded().copy()
    fields = Headers.parse(raw)
    if "Disposition" not in fields:
        raise NotAnMdn("the notification has no Disposition field")
    return Mdn(
        request,
        fields.get("Original-Message-ID"),
        parse_disposition(fields.get("Disposition")),
        parse_mic(fields.get("Received-Content-MIC")),
        text,
        fields,
        opened.signature,
    )


def _notification(entity: Entity) -> tuple[Entity, str]:
    """The part with the fields, and the words beside it."""
    if entity.content_type == _NOTIFICATION:
        return entity, ""
    if entity.content_type != "multipart/report":
        raise NotAnMdn(
            f"an MDN is expected, {entity.content_type} of {len(entity.body)} bytes came"
        )
    parts = [part for span in split_parts(entity) if (part := read_entity(span))]
    found = next((part for part in parts if part.content_type == _NOTIFICATION), None)
    if found is None:
        raise NotAnMdn("the multipart/report has no disposition-notification")
    words = next((part for part in parts if part.content_type == "text/plain"), None)
    return found, words.decoded().copy().decode("utf-8", "replace").strip() if words else ""


class Receipt(msgspec.Struct, frozen=True):
    """What an MDN comes to for the message that was sent.

    Attributes:
        outcome: ``delivered``, ``nok`` (a negative disposition), ``wrong-mic``, or ``foreign``
            (it speaks of another message).
        proven: delivered, signed, and with the MIC that we computed.
        reason: in words.
    """

    outcome: Literal["delivered", "nok", "wrong-mic", "foreign"]
    proven: bool
    reason: str


def judge_mdn(mdn: Mdn, message_id: str, mic: Callable[[str], Mic]) -> Receipt:
    """Compare an MDN with the message that it should speak of.

    Args:
        mdn: as read.
        message_id: of the message sent.
        mic: our MIC by algorithm (`Outgoing.mic`); asked for with the one the MDN names.
    """
    if mdn.original_message_id.strip("<> ") != message_id.strip("<> "):
        return Receipt("foreign", False, f"it speaks of {mdn.original_message_id!r}")
    if not mdn.disposition.is_positive:
        return Receipt("nok", False, str(mdn.disposition))
    if mdn.mic is None:
        return Receipt("delivered", False, "delivered, without a MIC")
    if not mdn.mic.algorithm:
        return Receipt("delivered", False, f"MIC algorithm {mdn.mic.spelling!r} is unknown")
    own = mic(mdn.mic.algorithm)
    if own.value != mdn.mic.value:
        return Receipt("wrong-mic", False, f"MIC {mdn.mic} came back, {own} was sent")
    proven = mdn.signature is not None and mdn.mic.algorithm != "md5"
    return Receipt("delivered", proven, "delivered, with the right MIC")


def is_mdn(headers: Headers | Iterable[tuple[str | bytes, str | bytes]]) -> bool:
    """Whether a POST may be an asynchronous MDN, by its headers alone.

    A signed MDN and a signed message look alike from here; an MDN never asks for a receipt.
    """
    fields = headers if isinstance(headers, Headers) else Headers.of(headers)
    kind, parameters = fields.parameters("Content-Type")
    if kind == "multipart/report":
        return True
    signed = kind == "multipart/signed" and "report" in parameters.get("type", "report")
    return signed and "Disposition-Notification-To" not in fields
