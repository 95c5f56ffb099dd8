"""What partners say by flows: statuses of invoices, and acknowledgements of flows of ours.

A status is recorded and told on like one that is asked for by command (`simulator.exchange.life`), or
refused with the reason. An acknowledgement is noted on the flow that it is about, and never answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from simulator.domain.flows import (
    CarriedFile,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Origin,
)
from simulator.domain.judgement import Document, Facts
from simulator.domain.lifecycle import decide, told_as_error
from simulator.domain.lifetable import Actor
from simulator.domain.lifevalues import Refused, Request
from simulator.exchange.delivery import Word
from simulator.exchange.life import decided, is_same_supplier, noted
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx


class Heard(msgspec.Struct, frozen=True):
    """What a status message of a partner leads to.

    Attributes:
        refusal: what is wrong with it, None when it was taken.
        note: for the trace.
        words: what follows from it.
    """

    refusal: ErrorLine | None
    note: str
    words: tuple[Word, ...] = ()


def hear(tx: Tx, flow: Flow, document: Document) -> Heard:
    """Takes a status out of a deposit: recorded and told on, or refused with the reason."""
    facts = document.facts
    assert facts is not None
    if isinstance(facts.said, FlowStatus):
        return _acknowledged(tx, flow, facts.said)
    if isinstance(facts.said, ObjectStatus):
        return _refused_by(tx, flow, facts.said)
    if facts.said is None or facts.type_code == _OF_MESSAGE:
        return Heard(None, "nothing is recorded of it")
    return _said_of_invoice(tx, flow, document.member, facts, facts.said)


def too_many(tx: Tx, count: int) -> Heard:
    """Refuses a message that says several things at once, where one is all that it may say."""
    row = tx.reference.life.refusals["several"]
    words = {"found": count}
    refused = Refused("several", row.code, row.message.format(**words), row.reason.format(**words))
    return Heard(told_as_error(tx.reference.life, refused), refused.reason)


# CDV of a CDV: a partner refuses a status of ours.
_OF_MESSAGE = "601"
_YEAR = 4


def _acknowledged(tx: Tx, flow: Flow, said: FlowStatus) -> Heard:
    called = tx.life.called(flow.partner, said.identifier)
    return _of_ours(tx, flow, said, said.identifier, called)


def _refused_by(tx: Tx, flow: Flow, said: ObjectStatus) -> Heard:
    """A partner refuses a message that it got from us.

    Ours are called like their flow and by their rank in it; one that went on as it was has the name
    that its author gave it.
    """
    called = tx.life.called(flow.partner, said.number.rpartition("-")[0])
    return _of_ours(
        tx, flow, said, said.number, called or tx.life.relayed(flow.partner, said.number)
    )


def _of_ours(
    tx: Tx,
    flow: Flow,
    said: FlowStatus | ObjectStatus,
    subject: str,
    called: Sequence[tuple[int, str, str]],
) -> Heard:
    """What a partner says of a flow of ours is noted there, if its code may speak of such a flow.

    `called` are the flows that may be meant, as number, name and code.
    """
    row = tx.reference.catalogue[flow.interface]
    if said.status not in row.statuses:
        expected = ", ".join(row.statuses) or "none"
        text = f"{said.status} on {subject}: {flow.interface} carries {expected}"
        return Heard(None, f"{text}: noted, nothing follows")
    about = [acknowledged.partition(":")[0] for acknowledged in row.acknowledges]
    for number, name, interface in called:
        if interface in about:
            tx.life.acknowledged(number, said.status)
            body = {"name": name, "status": said.status, "lines": said.lines}
            tx.event(f"{flow.partner}/{name}", "ReturnAcknowledged", body)
            return Heard(None, f"{said.status} on our {name}")
    if called:
        text = f"{said.status} on our {called[0][1]}: {flow.interface} does not answer such a flow"
        return Heard(None, f"{text} (but {', '.join(about) or 'none'}): noted, nothing follows")
    text = f"{said.status} on {subject}: no flow of ours was called so"
    return Heard(None, f"{text}: noted, nothing follows")


def _said_of_invoice(tx: Tx, flow: Flow, member: str, facts: Facts, said: InvoiceStatus) -> Heard:
    living = _of_partner(tx, flow, facts)
    raccordement = tx.raccordement(flow.partner)
    circuit = living.circuit if living else raccordement.circuit if raccordement else ""
    request = Request(
        circuit=circuit,
        actor=_by_flow(tx, flow, circuit, facts.type_code),
        status=facts.type_code,
        at=tx.now,
        motif=said.motif,
        comment=said.comment,
        attachments=_lying_in(Origin(flow.blob, flow.name, member), said),
        payments=said.characteristics,
        interface=flow.interface,
    )
    # Without an invoice the history is empty, and that is what the refusal says.
    outcome = decided(tx, living, request) if living else decide(tx.reference.life, request)
    if living is None or isinstance(outcome, Refused):
        assert isinstance(outcome, Refused), "no status but the first is said of no invoice"
        line = told_as_error(tx.reference.life, outcome)
        is_missing = living is None and outcome.cause == "no_invoice"
        reason = _not_meant(tx, flow, facts) if is_missing else outcome.reason
        return Heard(msgspec.structs.replace(line, subject=facts.number), reason)
    origin = tx.flow(living.flow)
    tx.life.plan(living.id, living.step, None)
    noted(tx, origin, living, outcome, request)
    _note_answer(tx, flow, living, facts.type_code)
    source = Origin(flow.blob, flow.name, member)
    words = tuple(Word(living, each, source, facts.message) for each in outcome.deliveries)
    files = (f"with {file.name} ({file.size} bytes)" for file in said.attachments)
    note = "; ".join((f"{living.number}: {outcome.label}", *files, *outcome.notes))
    return Heard(None, note, words)


def _lying_in(message: Origin, said: InvoiceStatus) -> tuple[CarriedFile, ...]:
    """The files that a message carries, as the books know them: where they lie, not their content."""
    return tuple(msgspec.structs.replace(file, origin=message) for file in said.attachments)


def _note_answer(tx: Tx, flow: Flow, living: Living, status: str) -> None:
    """A status on the code of an acknowledgement is one of the flow that brought the invoice too."""
    for acknowledged in tx.reference.catalogue[flow.interface].acknowledges:
        interface, _, level = acknowledged.partition(":")
        if level == "object":
            tx.life.answered(living.id, flow.partner, interface, status)


def _of_partner(tx: Tx, flow: Flow, facts: Facts) -> Living | None:
    """The invoice, if it is one that this partner may speak of."""
    for living in tx.life.named(facts.number):
        if _is_meant(living, facts) and _concerns(tx, flow.partner, living):
            return living
    return None


def _not_meant(tx: Tx, flow: Flow, facts: Facts) -> str:
    """Why no invoice is meant. For us alone: the partner is told of none, whosoever it is."""
    named = tx.life.named(facts.number)
    if not named:
        return f"no invoice {facts.number!r} stands"
    meant = [living for living in named if _is_meant(living, facts)]
    if not meant:
        return f"an invoice {facts.number!r} stands, but of another supplier or year"
    depositor = tx.flow(meant[0].flow).partner
    text = f"{facts.number!r} was deposited by {depositor}: {flow.partner} has no part in it"
    return f"{text}, or has not got it yet"


def _is_meant(living: Living, facts: Facts) -> bool:
    """Whether supplier and year are those of an invoice, where they are told."""
    year = facts.issue_date[:_YEAR]
    is_supplier = not facts.supplier or is_same_supplier(living, facts.supplier)
    return is_supplier and (not year or living.about.issue_date[:_YEAR] == year)


def _concerns(tx: Tx, partner: str, living: Living) -> bool:
    """Whether a partner deposited an invoice, or is behind a party; a platform must have got it."""
    if tx.flow(living.flow).partner == partner:
        return True
    plan = tx.reference.circuits.get(living.circuit)
    if plan and plan.deliveries:
        return tx.life.was_delivered(living.id, partner)
    return partner in _bearers(tx, living)


def _bearers(tx: Tx, living: Living) -> Iterator[str]:
    """Partners behind the parties of an invoice, as the directory knows them."""
    for identifier in (living.recipient, living.supplier):
        structure = tx.structure(identifier)
        if structure and structure.partner:
            yield structure.partner


def _by_flow(tx: Tx, flow: Flow, circuit: str, status: str) -> Actor:
    """Who speaks by a code: of several actors the one who may say this."""
    life = tx.reference.life
    rights = [
        right
        for right in life.right
        if right.circuit == life.circuits.get(circuit) and flow.interface in right.via
    ]
    named = [right.actor for right in rights if status in right.statuses]
    return next(iter((*named, *(right.actor for right in rights))), "buyer")
