"""The party played by our own AS2 core: for where pyas2lib does not load, or is asked not to play.

It also does what pyas2lib cannot: several files in a message, AES-GCM, OAEP, EC keys.
"""

from __future__ import annotations

import msgspec

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
from simulator.wire import as2
from simulator.wire.as2.profile import STRICT


class OwnParty:
    """Implements `Party` with `simulator.wire.as2`.

    Args:
        settings: who plays whom.
        remark: why this engine was chosen, when that is worth telling.

    Raises:
        PartyError: a key or a certificate cannot be used.
    """

    engine = "own"

    def __init__(self, settings: PartySettings, remark: str = "") -> None:
        self.remark = remark
        self._settings = settings
        self._sent = Sent(signed_receipt=settings.signed_receipt)
        self._profile = msgspec.structs.replace(
            STRICT, digest=settings.digest, cipher=settings.cipher
        )
        try:
            self._identity = as2.Identity.load(settings.key, settings.certificate)
            self._peer = as2.Certificate.load(settings.peer_certificate)
        except as2.LocalProtocolError as error:
            raise PartyError(f"the keys of {settings.own_name} cannot be used: {error}") from None

    def build(self, file: File) -> Built:
        """See `Party.build`."""
        settings = self._settings
        envelope = as2.Envelope(
            settings.own_name,
            settings.peer_name,
            f"<{new_id()}@{DOMAIN}>",
            subject=file.name if file.name.isascii() else "",
            receipt=receipt_asked(settings),
        )
        content = as2.File(file.content, checked_name(file.name), CONTENT_TYPE)
        try:
            out = as2.build_message(envelope, [content], self._security(), self._profile)
        except as2.LocalProtocolError as error:
            raise PartyError(f"{file.name}: {error}") from None
        mics = mics_of([memoryview(piece) for piece in out.covered])
        return self._sent.remember(Built(out.headers, out.body(), out.message_id, mics))

    def _security(self) -> as2.Security:
        return as2.Security(
            self._identity if self._settings.sign else None,
            (self._peer,) if self._settings.encrypt else (),
            "before-signing" if self._settings.compress else "none",
        )

    def read_mdn(self, headers: Fields, body: bytes) -> Outcome:
        """See `Party.read_mdn`."""
        request = as2.read_request(headers)
        try:
            mdn = as2.read_mdn(request, body, as2.Opening(signers=(self._peer,)))
        except as2.NotAnMdn as error:
            return Outcome("no-mdn", str(error))
        except as2.RemoteProtocolError as error:
            return Outcome("unreadable", f"the MDN cannot be believed: {error}")
        told = Notification(
            mdn.original_message_id, mdn.disposition, mdn.mic, mdn.signature is not None
        )
        return self._sent.judge(told)

    def open(self, headers: Fields, body: bytes) -> Opened:
        """See `Party.open`."""
        request = as2.read_request(headers)
        try:
            if refused := self._refusal(request):
                raise refused
            message = as2.open_message(request, body, self._opening())
        except as2.RemoteProtocolError as error:
            answer = None if error.http_status != 200 else self._mdn(request, error)
            problem = str(error) or str(error.disposition)
            return Opened(request.message_id, (), problem, answer, error.http_status)
        files = tuple(File(found.filename or "", found.content) for found in message.attachments)
        return Opened(request.message_id, files, "", self._mdn(request, message))

    def _refusal(self, request: as2.Request) -> as2.RemoteProtocolError | None:
        if refused := as2.refusal_of(request):
            return refused
        unknown = stranger(self._settings, request)
        return as2.UnknownTradingRelationship(unknown) if unknown else None

    def _opening(self) -> as2.Opening:
        return as2.Opening(
            keys=(self._identity,),
            signers=(self._peer,),
            require_signature=self._settings.sign,
            require_encryption=self._settings.encrypt,
            subject_as_name=True,
        )

    def _mdn(
        self, request: as2.Request, outcome: as2.Message | as2.RemoteProtocolError
    ) -> Answer | None:
        if request.receipt is None:
            return None
        reply = as2.reply_to(request, outcome, self._profile)
        try:
            out = as2.build_mdn(reply, f"<{new_id()}@{DOMAIN}>", self._identity, self._profile)
        except as2.LocalProtocolError:  # names that no header takes: nobody to answer to
            return None
        return Answer(out.headers, out.body(), request.receipt.url)
