"""The AS2 headers of an HTTP request: read by name, complete or not, never an exception.

Source: RFC 4130 sections 6 and 7.3; RFC 6017 (EDIINT-Features); rfc4130bis (AS2-Product).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from simulator.wire.as2 import errors
from simulator.wire.as2.algorithms import DIGESTS, DigestName, digest_named
from simulator.wire.as2.errors import RemoteProtocolError
from simulator.wire.as2.headers import Headers, unquote_name

MAX_MESSAGE_ID = 998
"""Characters of a Message-ID (RFC 5322 section 2.1.1); 255 is what everyone takes."""

_SIGNED = ("pkcs7-signature", "x-pkcs7-signature")
_IMPORTANCE = {"required", "optional"}


class ReceiptRequest(msgspec.Struct, frozen=True):
    """The MDN that a message asks for.

    Attributes:
        signed: a signed one is asked for, in the S/MIME format.
        micalgs: digests in the order of preference, as spelled by the partner.
        protocols: formats of a signed receipt, in lower case.
        protocol_required: nothing else will do.
        micalg_required: nothing else will do.
        url: where an asynchronous MDN goes; None for a synchronous one.
        notify: ``Disposition-Notification-To``; its content means nothing (RFC 4130 7.3).
    """

    signed: bool = False
    micalgs: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    protocol_required: bool = False
    micalg_required: bool = False
    url: str | None = None
    notify: str = ""

    @property
    def digests(self) -> list[DigestName]:
        """The digests asked for that we have, in the order of preference, by our names."""
        return list(_had(self.micalgs))

    def spelling(self, digest: str) -> str | None:
        """How the partner spells one of its digests."""
        return next((name for name in self.micalgs if digest_named(name) == digest), None)


@lru_cache(maxsize=256)
def _had(micalgs: tuple[str, ...]) -> tuple[DigestName, ...]:
    named = (digest_named(name) for name in micalgs)
    return tuple(DIGESTS[name].name for name in named if name in DIGESTS)


class Request(msgspec.Struct, frozen=True):
    """What the headers of a POST say; absent things are empty.

    Attributes:
        headers: all of them.
        as2_from: sender, without quotes.
        as2_to: receiver, without quotes.
        message_id: as received, brackets included, to be echoed byte for byte.
        version: ``AS2-Version``, ``1.0`` when absent (RFC 4130 section 6.1).
        product: ``AS2-Product``.
        features: values of ``EDIINT-Features``, in lower case.
        subject: ``Subject``.
        receipt: the MDN asked for, None for none.
    """

    headers: Headers
    as2_from: str
    as2_to: str
    message_id: str
    version: str
    product: str
    features: tuple[str, ...]
    subject: str
    receipt: ReceiptRequest | None


def read_request(headers: Headers | Iterable[tuple[str | bytes, str | bytes]]) -> Request:
    """Read the headers of a POST, whatever they are."""
    fields = headers if isinstance(headers, Headers) else Headers.of(headers)
    return Request(
        fields,
        unquote_name(fields.get("AS2-From")),
        unquote_name(fields.get("AS2-To")),
        fields.get("Message-ID"),
        fields.get("AS2-Version") or "1.0",
        fields.get("AS2-Product"),
        tuple(name.lower() for name in _listed(fields.get("EDIINT-Features"))),
        fields.get("Subject"),
        _receipt(fields),
    )


def _receipt(headers: Headers) -> ReceiptRequest | None:
    if "Disposition-Notification-To" not in headers:
        return None
    return _asked(
        headers.get("Disposition-Notification-To"),
        headers.get("Disposition-Notification-Options"),
        headers.get("Receipt-Delivery-Option"),
    )


@lru_cache(maxsize=256)
def _asked(notify: str, said: str, url: str) -> ReceiptRequest:
    """A partner asks the same of every message."""
    options = _options(said)
    protocols, protocol_required = options.get("signed-receipt-protocol", ((), False))
    micalgs, micalg_required = options.get("signed-receipt-micalg", ((), False))
    lower = tuple(name.lower() for name in protocols)
    return ReceiptRequest(
        signed=any(name in _SIGNED for name in lower) or bool(micalgs and not lower),
        micalgs=micalgs,
        protocols=lower,
        protocol_required=protocol_required,
        micalg_required=micalg_required,
        url=url or None,
        notify=notify,
    )


def _options(value: str) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Values and whether they are required, by name; importance and quotes may be missing."""
    found: dict[str, tuple[tuple[str, ...], bool]] = {}
    for option in value.split(";"):
        name, _, rest = option.partition("=")
        values = _listed(rest)
        importance = values[0].lower() if values else ""
        if importance in _IMPORTANCE:
            values = values[1:]
        found.setdefault(name.strip().lower(), (tuple(values), importance == "required"))
    return found


def _listed(value: str) -> list[str]:
    return [item for part in value.split(",") if (item := part.strip(' \t"'))]


def refusal_of(request: Request) -> RemoteProtocolError | None:
    """What is wrong with the headers alone, None when the message may be opened.

    Unknown names and duplicates are for the caller, who knows its partners.
    """
    if not request.as2_from or not request.as2_to:
        return errors.MalformedRequest("AS2-From and AS2-To are expected, one is missing or empty")
    if request.as2_from == request.as2_to:
        return errors.SenderEqualsReceiver(f"AS2-From and AS2-To are both {request.as2_from!r}")
    if not _is_echoable(request.message_id):
        return errors.InvalidMessageId(
            f"Message-ID {request.message_id[:80]!r}: 1 to {MAX_MESSAGE_ID} printable ASCII"
            " characters without spaces are expected"
        )
    return _receipt_refusal(request.receipt) if request.receipt else None


def _is_echoable(message_id: str) -> bool:
    visible = message_id.isascii() and message_id.isprintable() and " " not in message_id
    return 0 < len(message_id) <= MAX_MESSAGE_ID and visible


def _receipt_refusal(receipt: ReceiptRequest) -> RemoteProtocolError | None:
    if receipt.protocols and receipt.protocol_required and not receipt.signed:
        return errors.UnsupportedFormat(
            f"receipt formats {', '.join(receipt.protocols)} are required, we sign pkcs7-signature"
        )
    if receipt.micalgs and receipt.micalg_required and not receipt.digests:
        return errors.UnsupportedMicAlgorithms(
            f"MIC algorithms {', '.join(receipt.micalgs)} are required,"
            f" we have {', '.join(DIGESTS)}"
        )
    return None
