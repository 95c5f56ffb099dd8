"""The party played by pyas2lib, an implementation that shares no code with our core.

Its peculiarities, and what is done about them (pyas2lib 1.4.4, measured):

- it writes the line ends of text anew: everything is sent as ``application/octet-stream``;
- it computes no MIC of an unsigned message and compares with its own digest only: the MICs are
  computed here, over what its public interface shows, and compared here;
- it takes the last word of Disposition-Notification-Options for the digest: it is shown the header
  in the one order that it understands;
- it adds the outer headers to the inner part: those that describe the body are not shown to it, and
  base64 around the body is undone first;
- it quotes a quoted AS2 name again: names in its MDN are written here;
- it takes file names as they come: they are made safe here;
- it fails on a stranger who wants a signed MDN: a stranger gets an unsigned one;
- it believes an MDN whose SignedData has no signer: such an MDN counts as unsigned;
- it finds its key in the first recipientInfo only, knows neither GCM nor EC keys and one file a
  message: such messages get a negative MDN, and the problem names the other engine.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.transport.as2_party import (
    CONTENT_TYPE,
    DOMAIN,
    Answer,
    Built,
    Fields,
    File,
    Notification,
    Opened,
    Outcome,
    PartyError,
    PartySettings,
    Sent,
    checked_name,
    mics_of,
    new_id,
    receipt_asked,
    stranger,
)
from simulator.transport.as2_pyas2 import Pyas2
from simulator.wire import as2
from simulator.wire.as2.filenames import safe_name
from simulator.wire.as2.headers import quote_name
from simulator.wire.as2.mic import parse_mic

_CIPHERS = {
    "3des-cbc": "tripledes_192_cbc",
    "aes128-cbc": "aes_128_cbc",
    "aes192-cbc": "aes_192_cbc",
    "aes256-cbc": "aes_256_cbc",
}
_SILENT = logging.NullHandler()
_OWN_FAILURE = "failed/Failure"  # its word for an MDN that it could not read, too
_NOTIFICATION = "message/disposition-notification"
_LAYERS = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/signed")
_ABOUT_THE_BODY = {"content-disposition", "content-transfer-encoding", "content-length"}
_OPTIONS = "disposition-notification-options"
_OTHER_ENGINE = "pyas2lib does not read everything: the engine 'own' may"


class Pyas2Party:
    """Implements `Party` with pyas2lib.

    Args:
        settings: who plays whom.
        library: pyas2lib, loaded.

    Raises:
        PartyError: a key, a certificate or an algorithm is not one that pyas2lib can use.
    """

    remark = ""

    def __init__(self, settings: PartySettings, library: Pyas2) -> None:
        # Its errors come back as values; without a handler logging would print them to stderr.
        logging.getLogger("pyas2lib").addHandler(_SILENT)
        self.engine = f"pyas2lib {library.version}"
        self._settings = settings
        self._library: Any = library.module
        self._sent = Sent(signed_receipt=settings.signed_receipt)
        _check_keys(settings)
        with _usable(settings):
            self._organization = self._make_organization()
            self._partner = self._make_partner()

    def _make_organization(self) -> Any:  # noqa: ANN401 - pyas2lib has no types
        settings = self._settings
        material = settings.key + b"\n" + settings.certificate
        return self._library.Organization(
            as2_name=settings.own_name,
            sign_key=material,
            decrypt_key=material,
            mdn_url=settings.receipt_url or None,
            domain=DOMAIN,
        )

    def _make_partner(self) -> Any:  # noqa: ANN401
        settings = self._settings
        receipt = receipt_asked(settings)
        return self._library.Partner(
            as2_name=settings.peer_name,
            verify_cert=settings.peer_certificate,
            encrypt_cert=settings.peer_certificate,
            validate_certs=False,  # which certificate is whose was agreed, there is no chain to ask
            sign=settings.sign,
            encrypt=settings.encrypt,
            enc_alg=_CIPHERS[settings.cipher],
            compress=settings.compress,
            digest_alg=settings.digest,
            mdn_mode=settings.receipt.upper() if receipt else None,
            mdn_digest_alg=settings.digest if receipt and receipt.signed else None,
        )

    def build(self, file: File) -> Built:
        """See `Party.build`."""
        name, content = checked_name(file.name), bytes(file.content)
        message = self._message(self._partner, name, content)
        mics = mics_of([self._covered(name, content)])
        if message.mic:  # its own word counts for what it has signed
            mics[self._settings.digest] = binascii.a2b_base64(message.mic)
        headers = tuple((str(key), str(value)) for key, value in message.headers.items())
        built = Built(headers, bytes(message.content), f"<{message.message_id}>", mics)
        return self._sent.remember(built)

    def _message(self, partner: Any, name: str, content: bytes) -> Any:  # noqa: ANN401
        message = self._library.Message(self._organization, partner)
        try:
            message.build(
                content,
                filename=name,
                subject=name if name.isascii() else "file",
                content_type=CONTENT_TYPE,
                disposition_notification_to=quote_name(self._settings.own_name),
                message_id=new_id(),
            )
        except Exception as error:
            raise PartyError(f"{name}: pyas2lib cannot build a message of it: {error}") from error
        return message

    def _covered(self, name: str, content: bytes) -> bytes:
        """What a MIC covers: the part before signing and encryption (RFC 4130 7.3.1)."""
        agreed = self._settings
        if not (agreed.sign or agreed.encrypt or agreed.compress):
            return content
        bare = dataclasses.replace(
            self._partner,
            sign=False,
            encrypt=False,
            compress=agreed.compress and agreed.sign,
            mdn_mode=None,
        )
        part = self._message(bare, name, content)
        fields = [
            f"{key}: {value}\r\n"
            for key, value in part.headers.items()
            if key.lower().startswith("content-")
        ]
        return "".join(fields).encode() + b"\r\n" + bytes(part.content)

    def read_mdn(self, headers: Fields, body: bytes) -> Outcome:
        """See `Party.read_mdn`."""
        mdn = self._library.Mdn()
        original = self._library.Message(
            self._organization, dataclasses.replace(self._partner, mdn_digest_alg=None)
        )
        status, detail = mdn.parse(_raw(headers, body), lambda *_: original)
        fields = _notification(mdn.payload)
        if fields is None:
            return Outcome("no-mdn", f"an MDN is expected, this is none ({detail})")
        disposition = as2.parse_disposition(str(fields.get("Disposition", "")))
        if status == _OWN_FAILURE and _letters(detail) not in _letters(disposition):
            return Outcome("unreadable", f"the MDN cannot be believed: {detail}")
        told = Notification(
            str(fields.get("Original-Message-ID", "")),
            disposition,
            parse_mic(str(fields.get("Received-Content-MIC", ""))),
            mdn.digest_alg is not None,
        )
        return self._sent.judge(told)

    def open(self, headers: Fields, body: bytes) -> Opened:
        """See `Party.open`."""
        request = as2.read_request(headers)
        if not request.as2_from or not request.as2_to:
            return Opened(request.message_id, (), "AS2-From or AS2-To is missing", None, 400)
        unknown = stranger(self._settings, request)
        known = (None, None) if unknown else (self._organization, self._partner)
        message = self._library.Message()
        try:
            shown = _raw(*_shown(request, body, stranger=bool(unknown)))
            _, (error, _), mdn = message.parse(shown, find_org_partner_cb=lambda *_: known)
            files = () if error else tuple(_files(message.payload, request.subject))
            answer = _answer(request, mdn)
        except Exception as failure:  # whatever a message can provoke in a library
            problem = f"pyas2lib failed on it: {type(failure).__name__}: {failure}"
            return Opened(request.message_id, (), problem, None, 500)
        problem = f"{unknown or error}; {_OTHER_ENGINE}" if error else ""
        return Opened(request.message_id, files, problem, answer)


def _check_keys(settings: PartySettings) -> None:
    if settings.cipher not in _CIPHERS:
        raise PartyError(f"pyas2lib does not have {settings.cipher}: use the engine 'own'")
    try:
        own = as2.Identity.load(settings.key, settings.certificate).certificate
        peer = as2.Certificate.load(settings.peer_certificate)
    except as2.LocalProtocolError as error:
        raise PartyError(f"the keys of {settings.own_name} cannot be used: {error}") from None
    for found in (own, peer):
        if not isinstance(found.public_key, rsa.RSAPublicKey):
            message = f"{found.subject}: pyas2lib takes RSA keys only: use the engine 'own'"
            raise PartyError(message)


@contextmanager
def _usable(settings: PartySettings) -> Iterator[None]:
    try:
        yield
    except PartyError:
        raise
    except Exception as error:
        message = f"pyas2lib cannot use the keys of {settings.own_name}: {error}"
        raise PartyError(message) from error


def _raw(headers: Fields, body: bytes) -> bytes:
    """A message as pyas2lib wants it: one block of bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return lines.encode("latin-1", "replace") + b"\r\n" + body


def _shown(request: as2.Request, body: bytes, *, stranger: bool) -> tuple[Fields, bytes]:
    """Headers and body of a message in the form that pyas2lib understands."""
    layered = request.headers.parameters("Content-Type")[0] in _LAYERS
    encoding = request.headers.get("Content-Transfer-Encoding").lower()
    if layered and encoding == "base64":
        body = base64.b64decode(body)
    hidden = _ABOUT_THE_BODY | {_OPTIONS} if layered else {_OPTIONS}
    fields = [(k, v) for k, v in request.headers.fields if k.lower() not in hidden]
    receipt = request.receipt
    if receipt and receipt.signed and not stranger:
        digest = next(iter(receipt.digests), "sha256")
        fields.append((_OPTIONS, f"signed-receipt-micalg=optional, {digest}"))
    return tuple(fields), body


def _letters(text: object) -> str:
    """A text without what pyas2lib loses of it: it takes a disposition apart at every colon."""
    return "".join(c for c in str(text) if c.isalnum())


def _notification(payload: Any) -> Any:  # noqa: ANN401 - an email message
    """The fields of an MDN, None when it has none."""
    parts = payload.walk() if payload is not None else ()
    for part in parts:
        if part.get_content_type() == _NOTIFICATION and part.is_multipart():
            return part.get_payload()[-1]
    return None


def _files(payload: Any, subject: str) -> Iterator[File]:  # noqa: ANN401
    leaves = [part for part in payload.walk() if not part.is_multipart()]
    for leaf in leaves:
        announced = leaf.get_filename() or (subject if len(leaves) == 1 else "")
        yield File(safe_name(announced) or "", leaf.get_payload(decode=True) or b"")


def _answer(request: as2.Request, mdn: Any) -> Answer | None:  # noqa: ANN401
    if mdn is None or request.receipt is None:
        return None
    names = {"as2-from": request.as2_to, "as2-to": request.as2_from}
    headers = tuple(
        (key, quote_name(names[key.lower()]) if key.lower() in names else str(value))
        for key, value in mdn.headers.items()
    )
    return Answer(headers, bytes(mdn.content), request.receipt.url)
