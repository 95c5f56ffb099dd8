"""Messages that ask for a receipt: taken once, and answered the same way whenever they come again.

The receipt is part of the exchange that enters the journal with the flows, so that what was
acknowledged and what is kept never differ (RFC 4130 §5.2.1 leaves the rest to the application).
"""

from __future__ import annotations

import msgspec

from simulator.domain.faults import Standing
from simulator.domain.flows import Blob, LateReceipt, WireRecord
from simulator.exchange.admission import Admission, admit
from simulator.exchange.faults import Disturbed, disturbed_by, met_on_wire, note_met
from simulator.exchange.inputs import MessageTaken, ReceiptSent, WireNoted
from simulator.exchange.returns import judged, told_late
from simulator.journal.tx import Tx


class Taken(msgspec.Struct, frozen=True):
    """What became of a message.

    Attributes:
        admissions: one for each deposit; none when the message was there before.
        repeated: the receipt that was given the first time, None for a new message.
        disturbed: a fault on demand: the message was not taken, or its sender is not to be told.
    """

    admissions: tuple[Admission, ...]
    repeated: bytes | None = None
    disturbed: Disturbed | None = None


def take(tx: Tx, message: MessageTaken) -> Taken:
    """The step of a message: its flows are admitted, unless it was taken before."""
    record = message.record
    if earlier := tx.wire.accepted_before(record):
        answer = Blob.of(earlier.answer) if record.answer and earlier.answer else record.answer
        noted = msgspec.structs.replace(record, outcome="repeated", answer=answer)
        wire = tx.wire.add(noted)
        event = tx.event(_stream(record), "MessageRepeated", {"label": record.label})
        _plan(tx, record, wire, message.reply_to, event)
        return Taken((), earlier.answer)
    met, disturbed = _met(tx, message), None
    if met:
        disturbed = disturbed_by(met[1], message.deposits[met[0]])
    if met and disturbed and not disturbed.taken:
        note_met(tx, message.deposits[met[0]], met[1])
        return Taken((), disturbed=disturbed)
    wire = tx.wire.add(record, accepted=True)
    admissions = tuple(admit(tx, deposit, wire) for deposit in message.deposits)
    if met:
        note_met(tx, message.deposits[met[0]], met[1], admissions[met[0]].flow)
    if message.reply_to and not disturbed:
        body = {"label": record.label, "to": message.reply_to}
        event = tx.event(_stream(record), "ReceiptPlanned", body)
        _plan(tx, record, wire, message.reply_to, event)
    return Taken(admissions, disturbed=disturbed)


def _met(tx: Tx, message: MessageTaken) -> tuple[int, Standing] | None:
    """The first of the flows that meets a fault of the wire, by its place, and that fault."""
    for place, deposit in enumerate(message.deposits):
        if met := met_on_wire(tx, deposit):
            return place, met
    return None


def note(tx: Tx, noted: WireNoted) -> None:
    """An exchange that brought no flow: a partner will ask what became of it."""
    record = noted.record
    wire = tx.wire.add(record)
    body = {"label": record.label, "outcome": record.outcome, "reason": record.facts.get("reason")}
    event = tx.event(_stream(record), "MessageNoted", body)
    _plan(tx, record, wire, noted.reply_to, event)
    if noted.late:
        _settle(tx, record.partner, noted.late, event)


def _settle(tx: Tx, partner: str, late: LateReceipt, cause: int) -> None:
    """A receipt whose push was given up still says whether the partner has the return."""
    returned, facts = tx.wire.pushed_as(partner, late.label) or (0, {})
    proofs = facts.get("proofs")
    if not proofs:  # nobody's push, or one that had its answer
        return
    told_late(tx, returned, judged(late, proofs), cause)


def sent(tx: Tx, done: ReceiptSent) -> None:
    """A receipt went by a connection of its own; without success the sender repeats its message."""
    is_open, cause = tx.finish(done.work)
    if is_open:
        kind = "ReceiptSent" if done.delivered else "ReceiptFailed"
        tx.event(f"receipts/{done.wire}", kind, {"detail": done.detail}, cause=cause)


def _plan(tx: Tx, record: WireRecord, wire: int, reply_to: str, cause: int) -> None:
    """One receipt at a time for each partner."""
    if reply_to:
        tx.enqueue("receipt", wire, f"receipt:{record.partner}", cause)


def _stream(record: WireRecord) -> str:
    """Events of a partner's messages; strangers share one stream."""
    return f"{record.partner or 'strangers'}/{record.protocol}"
