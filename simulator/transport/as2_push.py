"""The AS2 client of a node: returns pushed to where a partner listens, receipts by their own POST.

A return keeps its Message-ID for ever, so that a resend can be told from a new message. Nothing is
repeated here: whether another attempt follows is decided by the exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import msgspec

from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.flows import Blob, WireRecord
from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import GatewayError
from simulator.runtime.hands import Letter, Parcel
from simulator.runtime.lanes import PushOutcome
from simulator.transport import as2_records as records
from simulator.transport.as2_awaiting import Received
from simulator.transport.as2_post import Answer, Poster, PostFailed
from simulator.transport.as2_server import Desk
from simulator.transport.as2_settings import certificate_of, opening_of, profile_of
from simulator.transport.tls import HttpsTrust, TlsError, client_context
from simulator.wire import as2

# Messages up to here are built on the loop; above, public-key work and digests go to a thread.
_ON_LOOP = 64 << 10
# What a receipt may inflate to, in bytes.
_LARGEST_RECEIPT = 1 << 20


class _Push(msgspec.Struct, frozen=True, eq=False):
    """One message on its way."""

    to: Raccordement
    outgoing: as2.Outgoing
    url: str
    trust: HttpsTrust | None

    @property
    def is_answered_later(self) -> bool:
        """Whether its receipt comes by a connection of its own."""
        return self.to.as2.mdn == "async"


class _End(msgspec.Struct, frozen=True):
    """How a push ended, before it is written down."""

    outcome: str
    detail: str
    again: bool = False
    facts: Mapping[str, Any] = {}
    answer: bytes | None = None


class As2Client:
    """Pushes returns and sends receipts.

    Args:
        desk: what it shares with the server.
        poster: posts over HTTP.
        authority: PEM of the node's own test CA, which HTTPS endpoints may have a certificate of.
    """

    def __init__(self, desk: Desk, poster: Poster, authority: bytes) -> None:
        self._desk = desk
        self._poster = poster
        self._authority = authority

    # -- returns --------------------------------------------------------------------------------

    async def push(self, parcel: Parcel) -> PushOutcome:
        """Sends a return and waits for its receipt."""
        to = parcel.to
        try:
            url = checked_endpoint("as2", to.endpoint or "")
            if len(parcel.content) <= _ON_LOOP:
                outgoing = self._built(parcel)
            else:
                outgoing = await asyncio.to_thread(self._built, parcel)
            push = _Push(to, outgoing, url, self._trust(to, url))
        except (EndpointRefused, TlsError, as2.LocalProtocolError) as error:
            return PushOutcome(delivered=False, detail=str(error), outcome="refused")
        return await self._told(push, await self._sent(push), resend=parcel.resend)

    def _built(self, parcel: Parcel) -> as2.Outgoing:
        """The message. Raises `as2.LocalProtocolError`."""
        terms, to = parcel.to.as2, parcel.to
        security = as2.Security(
            identity=self._desk.identity if terms.sign else None,
            recipients=(certificate_of(to.certificate),) if terms.encrypt else (),
            compression=terms.compression,
        )
        envelope = as2.Envelope(
            as2_from=self._desk.settings.name,
            as2_to=to.as2_id or to.code_application,
            message_id=records.message_id(parcel.name, self._desk.settings.name),
            subject=parcel.name,
            date=formatdate(usegmt=True),
            receipt=self._receipt_wanted(to),
        )
        file = as2.File(parcel.content, parcel.name)
        return as2.build_message(envelope, [file], security, profile_of(terms))

    def _receipt_wanted(self, to: Raccordement) -> as2.ReceiptRequest | None:
        terms = to.as2
        if terms.mdn == "none":
            return None
        return as2.ReceiptRequest(
            signed=terms.mdn_signed,
            micalgs=(profile_of(terms).digest.replace("sha", "sha-"),) if terms.mdn_signed else (),
            url=self._desk.url() if terms.mdn == "async" else None,
            notify=self._desk.settings.name,
        )

    async def _sent(self, push: _Push) -> _End:
        """Posts the message; what came of it."""
        waiting, message_id = self._desk.awaiting, push.outgoing.message_id
        code, settings = push.to.code_application, self._desk.settings
        coming = waiting.expect(code, message_id) if push.is_answered_later else None
        try:
            outgoing = push.outgoing
            answer = await self._poster.post(
                push.url,
                outgoing.headers,
                outgoing.pieces,
                settings.push_seconds,
                push.trust,
            )
            if coming is None or _is_final(answer, coming):
                return self._read(push, answer)
            return _judged(push, await asyncio.wait_for(coming, settings.mdn_seconds))
        except PostFailed as failed:
            if coming is not None and coming.done():  # it was faster than the answer to the POST
                return _judged(push, coming.result())
            return _End("unreachable", f"{push.url}: {failed}", again=True)
        except TimeoutError:
            return _End("no-mdn", f"no receipt within {settings.mdn_seconds:g} s", again=True)
        finally:
            waiting.forget(code, message_id)

    def _trust(self, to: Raccordement, url: str) -> HttpsTrust | None:
        """An https endpoint proves itself with the certificate of the raccordement, or our CA's."""
        if urlsplit(url).scheme != "https":
            return None
        return HttpsTrust(client_context(self._authority + to.certificate.encode("ascii")))

    def _read(self, push: _Push, answer: Answer) -> _End:
        """What the answer of the connection says: a receipt, or none."""
        raw = records.head(_text(answer), f"HTTP/1.1 {answer.status}") + answer.body
        if push.to.as2.mdn == "none" and answer.status < 300:
            return _End("delivered", f"HTTP {answer.status}, no receipt was asked for", answer=raw)
        opening = opening_of(push.to, self._desk.identity, _LARGEST_RECEIPT)
        opening = msgspec.structs.replace(
            opening, require_signature=push.to.as2.mdn_signed, require_encryption=False
        )
        try:
            mdn = as2.read_mdn(as2.read_request(answer.headers), answer.body, opening)
        except as2.NotAnMdn as error:
            again = answer.status in _LATER or answer.status >= 500
            detail = f"HTTP {answer.status} without a receipt: {error}"
            return _End("no-mdn", detail, again=again or answer.status < 300, answer=raw)
        except as2.RemoteProtocolError as error:
            detail = f"the receipt cannot be trusted: {error}"
            return _End("no-mdn", detail, again=True, answer=raw)
        return _of_mdn(push, mdn, raw)

    async def _told(self, push: _Push, end: _End, *, resend: bool) -> PushOutcome:
        """The outcome with the record of what went over the wire."""
        parts = urlsplit(push.url)
        facts = {"url": push.url, "resend": resend, "detail": end.detail, **end.facts}
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        line = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}"
        try:
            raw = await asyncio.to_thread(records.raw_of, push.outgoing, line)
            if end.outcome in _UNHEARD:
                facts["proofs"] = await asyncio.to_thread(records.proofs, push.outgoing)
            request = await self._desk.gateway.keep_bytes(raw)
        except GatewayError:
            request = None  # the outcome counts more than its raw bytes
        record = WireRecord(
            partner=push.to.code_application,
            protocol="as2",
            direction="out",
            label=push.outgoing.message_id,
            outcome=end.outcome,
            facts=facts,
            request=request,
            answer=Blob.of(end.answer) if end.answer is not None else None,
        )
        return PushOutcome(
            delivered=end.outcome == "delivered",
            detail=end.detail,
            outcome=end.outcome,
            again=end.again,
            record=record,
        )

    # -- receipts -------------------------------------------------------------------------------

    async def send_receipt(self, letter: Letter) -> PushOutcome:
        """Posts a receipt to the URL that its message named."""
        try:
            url = checked_endpoint("as2", letter.url)
            trust = self._trust(letter.to, url) if letter.to else None
            fields, body = records.split_raw(letter.raw)
            seconds = self._desk.settings.push_seconds
            answer = await self._poster.post(url, fields, [body], seconds, trust)
        except (EndpointRefused, PostFailed, TlsError) as error:
            return PushOutcome(delivered=False, detail=f"{letter.url}: {error}")
        return PushOutcome(delivered=answer.status < 300, detail=f"HTTP {answer.status}")


def _is_final(answer: Answer, coming: asyncio.Future[Received]) -> bool:
    """Whether an answer leaves nothing to wait for: a refusal, or the receipt at once after all."""
    if coming.done():  # it was faster than the answer to the POST
        return False
    return answer.status >= 300 or bool(answer.body and as2.is_mdn(answer.headers))


# Ends after which the receipt may still come.
_UNHEARD = frozenset({"no-mdn", "unreachable"})
# Answers after which another attempt may succeed.
_LATER = frozenset({408, 425, 429})


def _text(answer: Answer) -> list[tuple[str, str]]:
    return [(n.decode("latin-1"), v.decode("latin-1")) for n, v in answer.headers]


def _judged(push: _Push, received: Received) -> _End:
    """An asynchronous receipt: it must be signed if that was asked for."""
    raw = received.raw.content
    if push.to.as2.mdn_signed and received.mdn.signature is None:
        return _End("no-mdn", "a signed receipt was asked for, this one is not", True, answer=raw)
    return _of_mdn(push, received.mdn, raw)


def _of_mdn(push: _Push, mdn: as2.Mdn, raw: bytes | None) -> _End:
    """What a receipt comes to for what was sent."""
    receipt = as2.judge_mdn(mdn, push.outgoing.message_id, push.outgoing.mic)
    facts = records.mdn_facts(mdn)
    if receipt.outcome == "foreign":
        return _End("no-mdn", receipt.reason, again=True, facts=facts, answer=raw)
    detail = receipt.reason if receipt.outcome == "wrong-mic" else records.said(mdn.disposition)
    return _End(receipt.outcome, detail, facts=facts, answer=raw)
