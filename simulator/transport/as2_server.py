"""The AS2 server: a POST becomes deposits, and its receipt leaves once they are durable.

The order is that of the spine: bytes into a spool, the layers opened, the receipt built, flows and
receipt written in one transaction, then the answer. A message that was taken before gets the receipt
of the first time, byte for byte. What is refused is answered by its disposition and noted.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import mmap
import secrets
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.flows import LateReceipt
from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import (
    Arrived,
    DisturbedOnDemand,
    Gateway,
    GatewayError,
    Kept,
)
from simulator.transport import as2_records as records
from simulator.transport.as2_awaiting import Awaiting
from simulator.transport.as2_http import House, Post, Response
from simulator.transport.as2_settings import As2Settings, opening_of, profile_of
from simulator.wire import as2
from simulator.wire.as2.span import Span

log = logging.getLogger("aife_sim.as2")

T = TypeVar("T")

# Bodies up to here are opened on the loop; above, public-key work and digests go to a thread, so many
# at a time: each may need the memory of a whole flow.
_ON_LOOP = 64 << 10
_AT_ONCE = 2
# What a small body, or a receipt, may inflate to on the loop; a message with more goes to a thread too.
_INFLATED_ON_LOOP = 1 << 20


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

    @property
    def is_small(self) -> bool:
        """Whether opening it does not hold up the loop."""
        return self.kept.blob.ref.size <= _ON_LOOP

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
    facts: records.Facts


class As2Server:
    """Answers requests; one for each node."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._threads = asyncio.Semaphore(_AT_ONCE)
        # A receipt's Message-ID must be unique, nobody has to guess wrong: one draw will do.
        self._drawn = secrets.token_hex(12)
        self._numbers = itertools.count(1)

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
            refused = Response.text(405, "expected POST, or GET for a page")
            allowed = b"Allow: GET, HEAD, POST\r\n"
            return Response(405, refused.fields + allowed, refused.body)
        try:
            return await self._posted(post)
        except GatewayError as error:
            log.warning("%s: %s", post.label, error)
            return Response.text(503, str(error))

    async def _posted(self, post: Post) -> Response:
        request = as2.read_request(post.pairs)
        refusal = _unanswerable(request) or as2.refusal_of(request)
        if isinstance(refusal, as2.MalformedRequest):
            return Response.text(refusal.http_status, f"no AS2 message: {refusal}")
        assert post.spool is not None
        partner = self._desk.gateway.partner_named(request.as2_from)
        if partner is None and post.spool.size > _MOST_OF_STRANGER:
            return Response.text(403, f"{request.as2_from} is the AS2 name of no partner")
        arrival = _Arrival(
            request=request,
            kept=await self._desk.gateway.keep(post.spool),
            head=post.head,
            partner=partner,
            session=post.label,
        )
        if as2.is_mdn(request.headers) and _names_a_report(arrival):
            response = await self._receipt_came(arrival)
            if response is not None:
                return response
        return await self._message_came(arrival, refusal)

    # -- messages -------------------------------------------------------------------------------

    async def _message_came(
        self, arrival: _Arrival, refusal: as2.RemoteProtocolError | None
    ) -> Response:
        verdict = await self._verdict(arrival, refusal)
        url = _reply_to(arrival, verdict.outcome)
        facts = records.request_facts(arrival.request) | verdict.facts
        if url:
            facts["reply_to"] = url
        if isinstance(verdict.outcome, as2.Message):
            try:
                repeated = await self._take(arrival, verdict, facts, verdict.outcome)
            except DisturbedOnDemand as fault:
                if fault.taken:  # the connection ends well, and no receipt comes
                    return Response(200)
                return await self._message_came(arrival, as2.RemoteProtocolError(str(fault)))
            # The first time may have asked for none: then this one's own is as good.
            raw = repeated or verdict.receipt
        else:
            record = self._record(arrival, verdict, facts)
            await self._desk.gateway.note(record, reply_to=url, session=arrival.session)
            raw = verdict.receipt
        if url:
            return Response(202)
        if raw is None or arrival.request.receipt is None:
            return Response(200)
        return Response.raw(200, raw)

    async def _verdict(
        self, arrival: _Arrival, refusal: as2.RemoteProtocolError | None
    ) -> _Verdict:
        """Judges a message: a small one at once, unless it turns out to hold much."""
        if arrival.is_small:
            verdict = self._judge(arrival, refusal, _INFLATED_ON_LOOP)
            if not isinstance(verdict.outcome, as2.DecompressionFailed):
                return verdict
        judged = partial(self._judge, arrival, refusal, self._desk.inflated)
        return await self._in_thread(judged)

    def _judge(
        self, arrival: _Arrival, refusal: as2.RemoteProtocolError | None, inflated: int
    ) -> _Verdict:
        """Opens a message and builds its receipt; pure but for random bytes."""
        profile = profile_of(arrival.partner.as2) if arrival.partner else as2.PROFILES["strict"]
        try:
            outcome: Outcome = refusal or self._opened(arrival, inflated)
        except as2.RemoteProtocolError as error:
            outcome = _bare(error)
        reply = _echoable(as2.reply_to(arrival.request, outcome, profile))
        receipt = None
        if arrival.request.receipt:
            message_id = self._new_message_id()
            date = _date_of(int(time.time()))
            mdn = as2.build_mdn(reply, message_id, self._desk.identity, profile, date)
            receipt = records.raw_of(mdn)
        facts = (
            records.message_facts(outcome, reply.mic)
            if isinstance(outcome, as2.Message)
            else records.error_facts(outcome)
        )
        return _Verdict(outcome, records.said(reply.disposition), receipt, facts)

    def _new_message_id(self) -> str:
        return records.message_id(f"{self._drawn}.{next(self._numbers)}", self._desk.settings.name)

    def _opened(self, arrival: _Arrival, inflated: int) -> as2.Message:
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
        opening = opening_of(partner, self._desk.identity, inflated)
        return as2.open_message(request, arrival.body(), opening)

    async def _take(
        self, arrival: _Arrival, verdict: _Verdict, facts: records.Facts, message: as2.Message
    ) -> bytes | None:
        """Makes the message deposits; the receipt of the first time if it was taken before."""
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

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Runs what reads a large body."""
        async with self._threads:
            return await asyncio.to_thread(work)

    # -- receipts on what we sent ---------------------------------------------------------------

    async def _receipt_came(self, arrival: _Arrival) -> Response | None:
        """An asynchronous receipt; None when it is a message after all."""
        opening = self._receipt_opening(arrival)
        reading = partial(as2.read_mdn, arrival.request, arrival.body(), opening)
        try:
            mdn = reading() if arrival.is_small else await self._in_thread(reading)
        except as2.DecompressionFailed:
            return None  # no receipt is so large
        except as2.NotAnMdn as error:
            if arrival.request.headers.parameters("Content-Type")[0] == "multipart/signed":
                return None
            return await self._note_receipt(arrival, "unreadable receipt", {"reason": str(error)})
        except as2.RemoteProtocolError as error:
            facts = records.error_facts(error)
            return await self._note_receipt(arrival, "untrusted receipt", facts)
        # In the journal before it is acknowledged: a crash before the push is told loses no word.
        waited = self._desk.awaiting.is_expected(arrival.code, mdn)
        words = "receipt" if waited else "unexpected receipt"
        # Told also of a push that still waits: it may have given up before this is written.
        response = await self._note_receipt(
            arrival, words, records.mdn_facts(mdn), records.late_receipt(mdn)
        )
        self._desk.awaiting.settle(arrival.code, mdn, arrival.kept.blob)
        return response

    def _receipt_opening(self, arrival: _Arrival) -> as2.Opening:
        if arrival.partner is None:
            limits = as2.Limits(inflated=_INFLATED_ON_LOOP)
            return as2.Opening(keys=(self._desk.identity,), limits=limits)
        opening = opening_of(arrival.partner, self._desk.identity, _INFLATED_ON_LOOP)
        return msgspec.structs.replace(
            opening, require_signature=arrival.partner.as2.mdn_signed, require_encryption=False
        )

    async def _note_receipt(
        self,
        arrival: _Arrival,
        outcome: str,
        facts: records.Facts,
        late: LateReceipt | None = None,
    ) -> Response:
        """A receipt that nobody waits for: noted, and acknowledged so that it does not come again."""
        facts = records.request_facts(arrival.request) | facts
        if late:
            facts["speaks_of"] = msgspec.structs.asdict(late)
        blobs = (arrival.kept.blob, None)
        record = records.record_in(arrival.code, arrival.request, outcome, facts, blobs)
        await self._desk.gateway.note(record, session=arrival.session, late=late)
        return Response(200)


def _reply_to(arrival: _Arrival, outcome: Outcome) -> str:
    """Where the receipt goes; ``""``: it is the answer of the connection.

    A header proves nobody: a message that was not accepted has its receipt posted to the host where
    its partner listens, and nowhere else.
    """
    receipt, partner = arrival.request.receipt, arrival.partner
    if receipt is None or not receipt.url or partner is None:
        return ""
    try:
        checked_endpoint("as2", receipt.url)
    except EndpointRefused:
        return ""
    is_home = urlsplit(receipt.url).hostname == urlsplit(partner.endpoint or "").hostname
    return receipt.url if is_home or isinstance(outcome, as2.Message) else ""


def _names_a_report(arrival: _Arrival) -> bool:
    """Whether the bytes may be a receipt: a signed message without one looks the same in its head."""
    if arrival.request.headers.parameters("Content-Type")[0] == "multipart/report":
        return True
    return b"disposition-notification" in bytes(arrival.body().view()[:_ON_LOOP]).lower()


@lru_cache(maxsize=1)
def _date_of(second: int) -> str:
    """A `Date` field; hundreds of receipts leave in one second."""
    return formatdate(second, usegmt=True)


def _bare(error: as2.RemoteProtocolError) -> as2.RemoteProtocolError:
    """An error without the frames it came through: they hold what was inflated or decrypted."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    return error


def _unanswerable(request: as2.Request) -> as2.MalformedRequest | None:
    """Names that no receipt could be addressed with (RFC 4130 §6.2)."""
    for name in (request.as2_from, request.as2_to):
        if len(name) > _LONGEST_NAME or not name.isascii() or not name.isprintable():
            text = f"AS2 names are 1 to {_LONGEST_NAME} printable ASCII characters, found {name!r}"
            return as2.MalformedRequest(text)
    return None


_LONGEST_NAME = 128


def _echoable(reply: as2.Reply) -> as2.Reply:
    """The reply with a Message-ID that a header can carry; a good one stands as it came."""
    if reply.original_message_id.isprintable():
        return reply
    echo = "".join(c if c.isprintable() else "?" for c in reply.original_message_id)
    return msgspec.structs.replace(reply, original_message_id=echo)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


# What a stranger sends is kept to be looked at, but does not fill the disk.
_MOST_OF_STRANGER = 1 << 20
# A file without a name: admission tells what a flow name looks like.
_UNNAMED = "unnamed"

_PAGE = """This is {name}, the AS2 side of aife-sim, a simulator of the AIFE exchange system.
AS2 messages (RFC 4130) are posted to this URL; AS2-To is {name}, AS2-From your AS2 name.
Your certificate and your AS2 name are those of your raccordement: aife-sim partner show CODE.
"""
