"""The life of invoices: their first status, what actors say of them, and the default story.

Who may say what, and whom it is told to, is data (``schemas/lifecycle/*.toml``, decided in
`simulator.domain.lifecycle`); these steps apply it: they record each line of history and emit the
returns that follow (`simulator.exchange.delivery`). A story goes on by itself until somebody else
speaks of the invoice, or until it is for a connected partner to speak (assumed).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import msgspec

from simulator.domain.flows import (
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Origin,
)
from simulator.domain.judgement import Document, Facts
from simulator.domain.lifecycle import decide, possible, recorded, story, told_as_error
from simulator.domain.lifetable import Actor, Life, Step
from simulator.domain.lifevalues import Allowed, Entry, Refused, Request
from simulator.domain.telling import Words, deliveries
from simulator.exchange.delivery import DEPOSITORS, Word, played_by, tell
from simulator.exchange.inputs import Fired, StatusAsked
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

# Statuses of one firing: the step must not hold the engine for long.
_TOGETHER = 200
_COMPLETED = "12"
# Who speaks on the side of the recipient, so that a partner may be behind it.
_RECIPIENTS: tuple[Actor, ...] = ("buyer", "accountant", "platform")


class Said(msgspec.Struct, frozen=True):
    """What became of a status that somebody asked for: what was recorded, and what follows."""

    invoice: str
    status: str
    label: str
    effect: str
    told: tuple[str, ...]
    notes: tuple[str, ...]


# -- the first status, and the story -------------------------------------------------------------


def begin(tx: Tx, flow: Flow, invoice: int, about: InvoiceStatus, cadre: str) -> tuple[Word, ...]:
    """An accepted invoice starts to live; the first step of its story is planned.

    Returns what follows besides the first status itself, which answers the deposit: the invoice for
    its recipient.
    """
    raccordement = tx.raccordement(flow.partner)
    circuit = raccordement.circuit if raccordement else ""
    living = tx.life.begin(invoice, about, circuit, cadre)
    first = _first(tx, circuit) or about.status
    tx.life.add(invoice, Entry(first, "chorus", tx.now, said=about.status))
    steps = _story(tx, flow, living)
    if steps:
        tx.life.plan(invoice, 0, tx.now + steps[0].after)
    life = tx.reference.life.circuits.get(circuit)
    if life is None:
        return ()
    case: tuple[Life, Actor, str] = (life, "chorus", tx.reference.life.group(cadre))
    told = deliveries(tx.reference.life, case, first, Words())
    return tuple(Word(living, each) for each in told if each.carries != "status")


def _first(tx: Tx, circuit: str) -> str:
    """The code under which the first status is recorded."""
    life = tx.reference.life.circuits.get(circuit)
    order = tx.reference.life.order.get(life) if life else None
    return order.first[0] if order else ""


def _story(tx: Tx, flow: Flow, living: Living) -> tuple[Step, ...]:
    """The steps that the simulator says; what a connected partner has to say ends them."""
    options = tx.reference.options
    if not options.story:
        return ()
    steps = story(tx.reference.life, living.circuit, living.cadre, delays=options.delays)
    silent: tuple[Actor, ...] = DEPOSITORS.get(living.circuit, ())
    if played_by(tx, living.circuit, flow.interface, living.recipient) != "us":
        silent = (*silent, *_RECIPIENTS)
    return tuple(takewhile(lambda step: step.actor not in silent, steps))


def plan_story(tx: Tx, flow: Flow, cause: int) -> None:
    """Plans the next firing of the invoices of a flow, if any of them has a step to come."""
    due = tx.life.next_due(flow.id)
    if due is not None:
        tx.enqueue("fire", flow.id, f"life:{flow.partner}", cause, due)


def fire(tx: Tx, fired: Fired) -> None:
    """The step of a story: every invoice of a flow whose time has come says its next status."""
    is_open, _ = tx.finish(fired.work)
    if not is_open:
        return
    flow = tx.flow(fired.flow)
    said: list[Word] = []
    told = []
    for living in tx.life.due(flow.id, _TOGETHER):
        steps = _story(tx, flow, living)
        if living.step >= len(steps):
            tx.life.plan(living.id, living.step, None)
            continue
        step = steps[living.step]
        outcome = _decided(tx, living, Request(
            circuit=living.circuit, actor=step.actor, status=step.status, at=tx.now,
        ))  # fmt: skip
        if isinstance(outcome, Refused):  # the story does not fit any more: it ends
            tx.life.plan(living.id, living.step, None)
            continue
        rest = steps[living.step + 1 :]
        tx.life.plan(living.id, living.step + 1, tx.now + rest[0].after if rest else None)
        said += [Word(living, delivery) for delivery in outcome.deliveries]
        told.append({"number": living.number, "status": outcome.status, "actor": step.actor})
    event = tx.event(f"{flow.stream}/life", "StatusesSet", {"statuses": told}, flow=flow.id)
    tell(tx, said, event)
    plan_story(tx, flow, event)


# -- what actors say -------------------------------------------------------------------------------


def say(tx: Tx, asked: StatusAsked) -> Said:
    """The step of a status that somebody asks for by command.

    Raises:
        LookupError: there is no such invoice.
        ValueError: it may not be said; the text tells why, and what could be.
    """
    living = _asked(tx, asked)
    request = Request(
        circuit=living.circuit,
        actor=asked.actor or _speaker(tx, living, asked.status),
        status=asked.status,
        at=tx.now,
        motif=asked.motif,
        comment=asked.comment,
        attachments=asked.attachments,
    )
    outcome = _decided(tx, living, request)
    if message := _why_not(outcome):
        raise ValueError(message)
    assert isinstance(outcome, Allowed)
    flow = tx.flow(living.flow)
    tx.life.plan(living.id, living.step, None)
    event = _set(tx, flow, living, outcome, request)
    tell(tx, [Word(living, delivery) for delivery in outcome.deliveries], event)
    told = tuple(f"{d.to}: {d.status} {d.label}".strip() for d in outcome.deliveries)
    return Said(living.number, outcome.status, outcome.label, outcome.effect, told, outcome.notes)


def _why_not(outcome: Allowed | Refused) -> str:
    """Why a status may not be said, and what could be; ``""`` if it may."""
    if isinstance(outcome, Allowed):
        return ""
    return f"{outcome.reason} (possible: {', '.join(outcome.possible) or 'nothing'})"


def _asked(tx: Tx, asked: StatusAsked) -> Living:
    for living in tx.life.named(asked.invoice):
        if not asked.partner or tx.flow(living.flow).partner == asked.partner:
            return living
    message = f"no invoice {asked.invoice!r} stands: expected the number of one that was accepted"
    raise LookupError(message)


def _speaker(tx: Tx, living: Living, status: str) -> Actor:
    """Who would say such a status: the first actor who may; the buyer if nobody may."""
    for right in tx.reference.life.right:
        if right.circuit != tx.reference.life.circuits.get(living.circuit):
            continue
        request = Request(circuit=living.circuit, actor=right.actor, status=status, at=tx.now)
        if _may(tx, living, request, status):
            return right.actor
    return "buyer"


def _may(tx: Tx, living: Living, request: Request, status: str) -> bool:
    outcome = decide(tx.reference.life, _with_history(tx, living, request))
    # What only lacks words is the right speaker all the same.
    missing = isinstance(outcome, Refused) and outcome.cause.split("_")[0] in _WORDS
    return (
        isinstance(outcome, Allowed)
        or missing
        or status in possible(tx.reference.life, _with_history(tx, living, request))
    )


_WORDS = ("motif", "comment", "attachment", "payment")


def _with_history(tx: Tx, living: Living, request: Request) -> Request:
    return msgspec.structs.replace(
        request,
        history=tx.life.history(living.id),
        cadre=living.cadre,
        choices=tx.reference.options.choices,
    )


def _decided(tx: Tx, living: Living, request: Request) -> Allowed | Refused:
    """Decides, and records what is allowed."""
    full = _with_history(tx, living, request)
    outcome = decide(tx.reference.life, full)
    if isinstance(outcome, Allowed):
        tx.life.add(living.id, recorded(full, outcome))
    return outcome


def _set(tx: Tx, flow: Flow, living: Living, outcome: Allowed, request: Request) -> int:
    body = {
        "number": living.number,
        "status": outcome.status,
        "actor": request.actor,
        "effect": outcome.effect,
        "notes": outcome.notes,
    }
    return tx.event(f"{flow.stream}/life", "StatusSet", body, flow=flow.id)


def complete(tx: Tx, flow: Flow, living: Living, member: str) -> tuple[Word, ...]:
    """A suspended invoice is deposited once more: its supplier completes it (v1.0 fig. 19)."""
    request = Request(
        circuit=living.circuit,
        actor="supplier",
        status=_COMPLETED,
        at=tx.now,
        attachments=(member,),
    )
    outcome = _decided(tx, living, request)
    if isinstance(outcome, Refused):
        return ()
    origin = tx.flow(living.flow)
    tx.life.plan(living.id, living.step, None)
    _set(tx, origin, living, outcome, request)
    source = Origin(flow.blob, flow.name, member)
    return tuple(Word(living, delivery, source) for delivery in outcome.deliveries)


# -- what partners say by flows --------------------------------------------------------------------


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
_SIREN, _YEAR = 9, 4


def _acknowledged(tx: Tx, flow: Flow, said: FlowStatus) -> Heard:
    found = tx.life.acknowledged(flow.partner, said.identifier, said.status)
    if found is None:
        return Heard(None, f"{said.status} on {said.identifier}: no flow of ours was called so")
    _, name = found
    body = {"name": name, "status": said.status, "lines": said.lines}
    tx.event(f"{flow.partner}/{name}", "ReturnAcknowledged", body)
    return Heard(None, f"{said.status} on our {name}")


def _refused_by(tx: Tx, flow: Flow, said: ObjectStatus) -> Heard:
    """A partner refuses a message of ours, which is called like its flow and by its rank in it."""
    name = said.number.rpartition("-")[0]
    found = tx.life.acknowledged(flow.partner, name, said.status) if name else None
    if found is None:
        return Heard(None, f"{said.status} on {said.number}: no message of ours was called so")
    body = {"name": found[1], "status": said.status, "lines": said.lines}
    tx.event(f"{flow.partner}/{found[1]}", "ReturnAcknowledged", body)
    return Heard(None, f"{said.status} on our {said.number}")


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
        attachments=tuple(file.name for file in said.attachments),
        payments=said.characteristics,
        interface=flow.interface,
    )
    # Without an invoice the history is empty, and that is what the refusal says.
    outcome = _decided(tx, living, request) if living else decide(tx.reference.life, request)
    if living is None or isinstance(outcome, Refused):
        assert isinstance(outcome, Refused), "no status but the first is said of no invoice"
        line = told_as_error(tx.reference.life, outcome)
        return Heard(msgspec.structs.replace(line, subject=facts.number), outcome.reason)
    origin = tx.flow(living.flow)
    tx.life.plan(living.id, living.step, None)
    _set(tx, origin, living, outcome, request)
    _note_answer(tx, flow, living, facts.type_code)
    source = Origin(flow.blob, flow.name, member)
    words = tuple(Word(living, delivery, source) for delivery in outcome.deliveries)
    return Heard(None, "; ".join((f"{living.number}: {outcome.label}", *outcome.notes)), words)


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


def _is_meant(living: Living, facts: Facts) -> bool:
    """Whether supplier (by its SIREN) and year are those of an invoice, where they are told."""
    siren, year = facts.supplier[:_SIREN], facts.issue_date[:_YEAR]
    is_supplier = len(siren) < _SIREN or living.supplier[:_SIREN] == siren
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
