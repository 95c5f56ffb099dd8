"""The AS2 server: a POST becomes deposits, and its receipt leaves once they are durable.

The order is that of the spine: bytes into a spool, the layers opened, the receipt built, flows and
receipt written in one transaction, then the answer. A message that was taken before gets the receipt
of the first time, byte for byte. What is refused is answered by its disposition and noted.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import secrets
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import msgspec

from simulator.domain.flows import Blob
from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import Arrived, Gateway, GatewayError, Kept
from simulator.transport import as2_records as records
from simulator.transport.as2_awaiting import Awaiting
from simulator.transport.as2_http import House, Post, Response
from simulator.transport.as2_settings import As2Settings, opening_of, profile_of
from simulator.wire import as2
from simulator.wire.as2.span import Span

log = logging.getLogger("aife_sim.as2")

# Bodies up to here are opened on the loop; above, public-key work and digests go to a thread.
_ON_LOOP = 64 << 10


class Desk(msgspec.Struct, frozen=True, eq=False):
    """What server and client have in common.

    Attributes:
        gateway: the rest of the node.
        settings: names and bounds.
        identity: ours, signs and decrypts.
        awaiting: receipts that pushes wait for.
        url: where asynchronous receipts are posted to us; known once the port is bound.
        inflated: largest content of compressed layers, in bytes.
    """

    gateway: Gateway
    settings: As2Settings
    identity: as2.Identity
    awaiting: Awaiting
    url: Callable[[], str]
    inflated: int


class _Arrival(msgspec.Struct, frozen=True, eq=False):
    """A request whose bytes are safe."""

    request: as2.Request
    kept: Kept
    head: int
    partner: Raccordement | None
    session: str

    @property
    def code(self) -> str:
        """Code application of the sender, ``""`` for a stranger."""
        return self.partner.code_application if self.partner else ""

    def body(self) -> Span:
        """The body, mapped if it is large."""
        if self.kept.path is None:
            content = self.kept.blob.content or b""
            return Span(content, self.head, len(content))
        return Span(_mapped(self.kept.path), self.head, self.kept.blob.ref.size)


Outcome = as2.Message | as2.RemoteProtocolError


class _Verdict(msgspec.Struct, frozen=True, eq=False):
    """What a message is answered: the outcome, and the receipt as raw bytes if one was asked for."""

    outcome: Outcome
    words: str
    receipt: bytes | None


class As2Server:
    """Answers requests; one for each node."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def house(self) -> House:
        """The factory of connections, to be bound to ports."""
        return House(self._desk.settings, self.answer, self._desk.gateway.new_spool)

    async def answer(self, post: Post) -> Response:
        """The response to a whole request."""
        if post.path.decode("latin-1") != self._desk.settings.path:
            return Response.text(404, f"AS2 messages are posted to {self._desk.settings.path}")
        if post.method in (b"GET", b"HEAD"):
            return Response.text(200, _PAGE.format(name=self._desk.settings.name))
        if post.method != b"POST":
            return Response.text(405, "expected POST, or GET for a page")
        try:
            return await self._posted(post)
        except GatewayError as error:
            log.warning("%s: %s", post.channel.label, error)
            return Response.text(503, str(error))

    async def _posted(self, post: Post) -> Response:
        request = as2.read_request(post.pairs)
        refusal = as2.refusal_of(request)
        if isinstance(refusal, as2.MalformedRequest):
            return Response.text(refusal.http_status, f"no AS2 message: {refusal}")
        assert post.spool is not None
        arrival = _Arrival(
            request=request,
            kept=await self._desk.gateway.keep(post.spool),
            head=post.head,
            partner=self._desk.gateway.partner_named(request.as2_from),
            session=post.channel.label,
        )
        if as2.is_mdn(request.headers):
            response = await self._receipt_came(arrival)
            if response is not None:
                return response
        return await self._message_came(arrival, refusal)

    # -- messages -------------------------------------------------------------------------------

    async def _message_came(
        self, arrival: _Arrival, refusal: as2.RemoteProtocolError | None
    ) -> Response:
        verdict = await self._off_loop(arrival, self._judge, arrival, refusal)
        url = self._reply_to(arrival)
        facts = records.request_facts(arrival.request)
        if url:
            facts["reply_to"] = url
        if isinstance(verdict.outcome, as2.Message):
            repeated = await self._take(arrival, verdict, facts, verdict.outcome)
            raw = repeated if repeated is not None else verdict.receipt
        else:
            facts |= records.error_facts(verdict.outcome)
            record = self._record(arrival, verdict, facts)
            await self._desk.gateway.note(record, reply_to=url, session=arrival.session)
            raw = verdict.receipt
        if url:
            return Response(202)
        if raw is None:
            return Response(200)
        return Response(200, *records.split_raw(raw))

    def _judge(self, arrival: _Arrival, refusal: as2.RemoteProtocolError | None) -> _Verdict:
        """Opens a message and builds its receipt; pure but for random bytes."""
        profile = profile_of(arrival.partner.as2) if arrival.partner else as2.PROFILES["strict"]
        try:
            outcome: Outcome = refusal or self._opened(arrival)
        except as2.RemoteProtocolError as error:
            outcome = error
        reply = as2.reply_to(arrival.request, outcome, profile)
        receipt = None
        if arrival.request.receipt:
            message_id = f"<{secrets.token_hex(16)}@{self._desk.settings.name}>"
            date = formatdate(usegmt=True)
            mdn = as2.build_mdn(reply, message_id, self._desk.identity, profile, date)
            receipt = records.raw_of(mdn)
        return _Verdict(outcome, records.said(reply.disposition), receipt)

    def _opened(self, arrival: _Arrival) -> as2.Message:
        """The message of a partner in good standing. Raises `as2.RemoteProtocolError`."""
        request, partner = arrival.request, arrival.partner
        if request.as2_to != self._desk.settings.name:
            text = f"AS2-To {request.as2_to!r}: expected {self._desk.settings.name!r}"
            raise as2.UnknownTradingRelationship(text)
        if partner is None:
            text = f"AS2-From {request.as2_from!r} is the AS2 name of no partner"
            raise as2.UnknownTradingRelationship(text)
        if self._desk.gateway.raccordement(partner.code_application) is None:
            text = (
                f"the certificate of {partner.code_application} is valid from"
                f" {partner.certificate_from} to {partner.certificate_to}, not at business time"
            )
            raise as2.AuthenticationFailed(text)
        opening = opening_of(partner, self._desk.identity, self._desk.inflated)
        return as2.open_message(request, arrival.body(), opening)

    async def _take(
        self, arrival: _Arrival, verdict: _Verdict, facts: records.Facts, message: as2.Message
    ) -> bytes | None:
        """Makes the message deposits; the receipt of the first time if it was taken before."""
        facts |= records.message_facts(message)
        files = tuple(
            (attachment.filename or _UNNAMED, attachment.content)
            for attachment in message.attachments
        )
        arrived = Arrived(
            record=self._record(arrival, verdict, facts),
            partner=arrival.code,
            files=files,
            reply_to=facts.get("reply_to", ""),
            session=arrival.session,
        )
        return await self._desk.gateway.take(arrived)

    def _record(self, arrival: _Arrival, verdict: _Verdict, facts: records.Facts) -> Any:  # noqa: ANN401 - WireRecord
        blobs = (arrival.kept.blob, verdict.receipt)
        return records.record_in(arrival.code, arrival.request, verdict.words, facts, blobs)

    def _reply_to(self, arrival: _Arrival) -> str:
        """Where the receipt goes; a stranger's is the answer itself: we call nobody we do not know."""
        receipt = arrival.request.receipt
        return receipt.url or "" if receipt and arrival.partner else ""

    async def _off_loop(self, arrival: _Arrival, work: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401
        """Runs what reads a body: in a thread unless it is small."""
        if arrival.kept.blob.ref.size <= _ON_LOOP:
            return work(*args)
        return await asyncio.to_thread(work, *args)

    # -- receipts on what we sent ---------------------------------------------------------------

    async def _receipt_came(self, arrival: _Arrival) -> Response | None:
        """An asynchronous receipt; None when it is a message after all."""
        opening = as2.Opening(keys=(self._desk.identity,))
        if arrival.partner:
            opening = opening_of(arrival.partner, self._desk.identity, self._desk.inflated)
            opening = msgspec.structs.replace(
                opening, require_signature=False, require_encryption=False
            )
        try:
            mdn = await self._off_loop(
                arrival, as2.read_mdn, arrival.request, arrival.body(), opening
            )
        except as2.NotAnMdn as error:
            if arrival.request.headers.parameters("Content-Type")[0] == "multipart/signed":
                return None
            return await self._note_receipt(arrival, "unreadable receipt", {"reason": str(error)})
        except as2.RemoteProtocolError as error:
            facts = records.error_facts(error)
            return await self._note_receipt(arrival, "untrusted receipt", facts)
        if self._desk.awaiting.settle(arrival.code, mdn, _bytes_of(arrival)):
            return Response(200)
        return await self._note_receipt(arrival, "unexpected receipt", records.mdn_facts(mdn))

    async def _note_receipt(
        self, arrival: _Arrival, outcome: str, facts: records.Facts
    ) -> Response:
        """A receipt that nobody waits for: noted, and acknowledged so that it does not come again."""
        facts = records.request_facts(arrival.request) | facts
        blobs = (arrival.kept.blob, None)
        record = records.record_in(arrival.code, arrival.request, outcome, facts, blobs)
        await self._desk.gateway.note(record, session=arrival.session)
        return Response(200)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _bytes_of(arrival: _Arrival) -> Blob:
    return arrival.kept.blob


# A file without a name: admission tells what a flow name looks like.
_UNNAMED = "unnamed"

_PAGE = """This is {name}, the AS2 side of aife-sim, a simulator of the AIFE exchange system.
AS2 messages (RFC 4130) are posted to this URL; AS2-To is {name}, AS2-From your AS2 name.
Your certificate and your AS2 name are those of your raccordement: aife-sim partner show CODE.
"""
