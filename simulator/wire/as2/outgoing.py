"""Building what is sent: attachments wrapped in the layers asked for, the payload never copied.

A body is a sequence of pieces; only encryption and compression write the payload anew, once.
Source: RFC 4130 sections 5 and 6, RFC 5402, RFC 6362, RFC 8551 section 3.
"""

from __future__ import annotations

import binascii
import hashlib
import itertools
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from simulator.wire.as2 import algorithms, compressed, enveloped, signed
from simulator.wire.as2.errors import LocalProtocolError
from simulator.wire.as2.headers import block, checked_value, quote_name, quoted_parameter
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.mic import Mic, digest_of
from simulator.wire.as2.profile import STRICT, Compression, Profile
from simulator.wire.as2.request import MAX_MESSAGE_ID, ReceiptRequest
from simulator.wire.as2.span import Buffer
from simulator.wire.as2.values import Piece, Pieces, size_of

Fields = tuple[tuple[str, str], ...]

_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")
# What boundaries are drawn from.
_KEY, _COUNT = secrets.token_bytes(32), itertools.count()
_MEDIA_TYPE = re.compile(r"[!-~]+/[ -~]+")
_BASE64_LINE = 76


class File(msgspec.Struct, frozen=True, eq=False):
    """One file to send: its content (never copied), name and media type."""

    content: Buffer | memoryview
    filename: str = ""
    content_type: str = "application/octet-stream"


class Envelope(msgspec.Struct, frozen=True):
    """Who writes to whom, and what receipt is wanted.

    Attributes:
        as2_from: sender, unquoted.
        as2_to: receiver, unquoted.
        message_id: with its brackets; the same on each retry.
        subject: ``Subject``, left out when empty.
        date: ``Date``, as it is to stand, left out when empty.
        receipt: the MDN wanted, None for none.
    """

    as2_from: str
    as2_to: str
    message_id: str
    subject: str = ""
    date: str = ""
    receipt: ReceiptRequest | None = None


class Security(msgspec.Struct, frozen=True, eq=False):
    """Layers of a message.

    Attributes:
        identity: signs; None leaves the message unsigned.
        recipients: certificates to encrypt for; empty leaves it in clear.
        compression: where the ZLIB layer goes; without a signature both places are the same.
        signed_at: signingTime attribute, left out when None.
    """

    identity: Identity | None = None
    recipients: tuple[Certificate, ...] = ()
    compression: Compression = "none"
    signed_at: datetime | None = None


PLAIN = Security()


class Outgoing(msgspec.Struct, frozen=True, eq=False):
    """A POST, or an answer, ready to be sent.

    Attributes:
        headers: of HTTP, without those that the transport adds (Host, Content-Length).
        pieces: the body.
        covered: the bytes that the MIC covers, for `mic`.
        message_id: of this message.
    """

    headers: Fields
    pieces: Pieces
    covered: Pieces
    message_id: str

    @property
    def size(self) -> int:
        """Content-Length, in bytes."""
        return size_of(self.pieces)

    def body(self) -> bytes:
        """The body in one piece: a copy."""
        return b"".join(self.pieces)

    def mic(self, algorithm: str) -> Mic:
        """The MIC that a correct MDN returns, with our name of the algorithm that it uses."""
        return Mic(algorithm, digest_of(self.covered, algorithm), algorithm)


class Part(msgspec.Struct, frozen=True, eq=False):
    """A MIME part being built."""

    fields: Fields
    pieces: Pieces

    def whole(self) -> Pieces:
        """Header and body."""
        return (block(self.fields), *self.pieces)


def build_message(
    envelope: Envelope,
    files: Sequence[File],
    security: Security = PLAIN,
    profile: Profile = STRICT,
) -> Outgoing:
    """Build a message.

    Args:
        envelope: names, Message-ID, receipt wanted.
        files: one or more; several travel as multipart/related (RFC 6362).
        security: layers.
        profile: algorithms and habits.

    Raises:
        LocalProtocolError: a name, a Message-ID, an algorithm or a certificate will not do.
    """
    check_generation(profile)
    part = _content(files)
    covered, wrapped = _wrap(part, security, profile)
    fields = (*_envelope_fields(envelope, profile), *wrapped.fields)
    for name, value in fields:
        if not checked_value(name, value).isascii():
            raise LocalProtocolError(f"{name}: {value!r}: an HTTP header takes ASCII only")
    return Outgoing(fields, wrapped.pieces, covered, envelope.message_id)


def check_generation(profile: Profile) -> None:
    """Refuse to generate what the profile forbids.

    Raises:
        LocalProtocolError: SHA-1 or 3DES under a profile without legacy algorithms.
    """
    weak = {profile.digest, profile.cipher} & algorithms.LEGACY
    if weak and not profile.legacy:
        raise LocalProtocolError(
            f"profile {profile.name} never generates {', '.join(sorted(weak))}"
        )


def _content(files: Sequence[File]) -> Part:
    if not files:
        raise LocalProtocolError("a message needs at least one file")
    parts = [_file_part(file) for file in files]
    if len(parts) == 1:
        return parts[0]
    return multipart("related", f'; type="{files[0].content_type}"', parts)


def _file_part(file: File) -> Part:
    if not _MEDIA_TYPE.fullmatch(file.content_type):
        raise LocalProtocolError(f"{file.content_type!r} is not a media type (type/subtype)")
    fields = [("Content-Type", file.content_type), ("Content-Transfer-Encoding", "binary")]
    if file.filename:
        named = quoted_parameter("filename", file.filename)
        fields.append(("Content-Disposition", f"attachment{named}"))
    return Part(tuple(fields), (file.content,) if len(file.content) else ())


def _drawn() -> str:
    """A keyed count: nobody can foresee it, and unlike a draw it does not give way to other threads."""
    number = next(_COUNT).to_bytes(8, "big")
    return hashlib.blake2b(number, key=_KEY, digest_size=16).hexdigest()


def multipart(subtype: str, parameters: str, parts: Sequence[Part]) -> Part:
    """Parts under a boundary of 128 bits, which no content meets by chance or on purpose."""
    boundary = f"=_{_drawn()}"
    pieces: list[Piece] = []
    for index, part in enumerate(parts):
        pieces.append(f"{chr(13) + chr(10) if index else ''}--{boundary}\r\n".encode())
        pieces.extend(part.whole())
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    kind = f'multipart/{subtype}{parameters}; boundary="{boundary}"'
    return Part((("Content-Type", kind),), tuple(pieces))


def _wrap(part: Part, security: Security, profile: Profile) -> tuple[Pieces, Part]:
    """Bytes that the MIC covers, and the part in all its layers."""
    covered: Pieces = part.whole()
    if security.compression != "none" and not _compresses_last(security):
        part = _compress(part)
    if security.identity:
        covered = part.whole()
        part = sign_part(part, security.identity, profile, security.signed_at)
    if _compresses_last(security):
        part = _compress(part)
    if security.recipients:
        return covered, _base64(_encrypt(part, security, profile), profile)
    if not security.identity and security.compression == "none":
        covered = part.pieces
    return covered, _base64(part, profile)


def _compresses_last(security: Security) -> bool:
    return security.compression == "after-signing" and security.identity is not None


def _cms_part(kind: str, suffix: str, pieces: Pieces) -> Part:
    fields = (
        ("Content-Type", f'application/pkcs7-mime; smime-type={kind}; name="smime.{suffix}"'),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", f'attachment; filename="smime.{suffix}"'),
    )
    return Part(fields, pieces)


def _compress(part: Part) -> Part:
    return _cms_part("compressed-data", "p7z", compressed.deflate(part.whole()))


def _encrypt(part: Part, security: Security, profile: Profile) -> Part:
    recipients = list(security.recipients)
    if profile.copy_to_self and security.identity:
        recipients.append(security.identity.certificate)
    kind = "authEnveloped-data" if profile.cipher.endswith("gcm") else "enveloped-data"
    return _cms_part(kind, "p7m", enveloped.encrypt(part.whole(), recipients, profile))


def sign_part(
    part: Part, identity: Identity, profile: Profile, signed_at: datetime | None = None
) -> Part:
    """A multipart/signed around the part, signed over exactly its bytes.

    Raises:
        LocalProtocolError: the digest is unknown.
    """
    digest = algorithms.digest(profile.digest)
    proof = signed.sign(digest_of(part.whole(), digest.name), identity, profile, signed_at)
    fields = (
        ("Content-Type", 'application/pkcs7-signature; name="smime.p7s"'),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", 'attachment; filename="smime.p7s"'),
    )
    micalg = digest.name if profile.plain_names else digest.wire
    parameters = f'; protocol="application/pkcs7-signature"; micalg={micalg}'
    return multipart("signed", parameters, [part, Part(fields, (_lines(proof),))])


def _lines(data: bytes | memoryview) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[at : at + _BASE64_LINE] for at in range(0, len(text), _BASE64_LINE)]
    return b"\r\n".join(lines) + b"\r\n"


def _base64(part: Part, profile: Profile) -> Part:
    """The outermost CMS structure in base64, for partners who post it so."""
    if not profile.base64 or not part.fields[0][1].startswith("application/pkcs7-mime"):
        return part
    fields = tuple(
        (name, "base64" if name == "Content-Transfer-Encoding" else value)
        for name, value in part.fields
    )
    return Part(fields, (_lines(b"".join(part.pieces)),))


def _envelope_fields(envelope: Envelope, profile: Profile) -> list[tuple[str, str]]:
    fields = as2_fields(envelope.as2_from, envelope.as2_to, envelope.message_id, profile)
    if envelope.subject:
        fields.append(("Subject", envelope.subject))
    if envelope.date:
        fields.append(("Date", envelope.date))
    return fields + (
        _receipt_fields(envelope.receipt, envelope.as2_from) if envelope.receipt else []
    )


def as2_fields(
    as2_from: str, as2_to: str, message_id: str, profile: Profile
) -> list[tuple[str, str]]:
    """The headers that messages and MDNs have in common.

    Raises:
        LocalProtocolError: a name or the Message-ID is not what RFC 4130 and RFC 5322 allow.
    """
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > MAX_MESSAGE_ID:
        raise LocalProtocolError(
            f"Message-ID {message_id!r}: <id@host> in printable ASCII expected"
        )
    fields = [
        ("AS2-Version", profile.version),
        ("AS2-From", quote_name(as2_from)),
        ("AS2-To", quote_name(as2_to)),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
    ]
    if profile.product:
        fields.append(("AS2-Product", profile.product))
    if profile.features:
        fields.append(("EDIINT-Features", profile.features))
    return fields


def _receipt_fields(receipt: ReceiptRequest, as2_from: str) -> list[tuple[str, str]]:
    fields = [("Disposition-Notification-To", receipt.notify or quote_name(as2_from))]
    if receipt.signed:
        protocol = "required" if receipt.protocol_required else "optional"
        micalg = "required" if receipt.micalg_required else "optional"
        wanted = ", ".join(receipt.micalgs or ("sha-256",))
        options = (
            f"signed-receipt-protocol={protocol}, pkcs7-signature;"
            f" signed-receipt-micalg={micalg}, {wanted}"
        )
        fields.append(("Disposition-Notification-Options", options))
    if receipt.url:
        fields.append(("Receipt-Delivery-Option", receipt.url))
    return fields
