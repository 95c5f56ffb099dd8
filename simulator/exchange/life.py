"""The life of invoices: their first status, what actors say of them, and the default story.

Who may say what, and whom it is told to, is data (``schemas/lifecycle/*.toml``, decided in
`simulator.domain.lifecycle`); these steps apply it: they record each line of history and emit the
returns that follow. A story goes on by itself until somebody else speaks of the invoice (assumed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, ObjectStatus
from simulator.domain.judgement import Document, Facts
from simulator.domain.lifecycle import decide, possible, recorded, story, told_as_error
from simulator.domain.lifetable import Actor, Step
from simulator.domain.lifevalues import Allowed, Entry, Refused, Request
from simulator.domain.raccordement import Raccordement
from simulator.domain.telling import Delivery
from simulator.exchange.emission import statuses_to
from simulator.exchange.inputs import Fired, StatusAsked
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

# Statuses of one firing: the step must not hold the engine for long.
_TOGETHER = 200


class Said(msgspec.Struct, frozen=True):
    """What became of a status that somebody asked for: what was recorded, and what follows."""

    invoice: str
    status: str
    label: str
    effect: str
    told: tuple[str, ...]
    notes: tuple[str, ...]


# -- the first status, and the story -------------------------------------------------------------


def begin(tx: Tx, invoice: int, about: InvoiceStatus, circuit: str, cadre: str) -> None:
    """An accepted invoice starts to live; the first step of its story is planned."""
    tx.life.begin(invoice, about, circuit, cadre)
    first = _first(tx, circuit) or about.status
    tx.life.add(invoice, Entry(first, "chorus", tx.now, said=about.status))
    steps = _story(tx, circuit, cadre)
    if steps:
        tx.life.plan(invoice, 0, tx.now + steps[0].after)


def _first(tx: Tx, circuit: str) -> str:
    """The code under which the first status is recorded."""
    life = tx.reference.life.circuits.get(circuit)
    order = tx.reference.life.order.get(life) if life else None
    return order.first[0] if order else ""


def _story(tx: Tx, circuit: str, cadre: str) -> tuple[Step, ...]:
    options = tx.reference.options
    if not options.story:
        return ()
    return story(tx.reference.life, circuit, cadre, delays=options.delays)


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
    said: list[tuple[Living, Delivery]] = []
    told = []
    for living in tx.life.due(flow.id, _TOGETHER):
        steps = _story(tx, living.circuit, living.cadre)
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
        said += [(living, delivery) for delivery in outcome.deliveries]
        told.append({"number": living.number, "status": outcome.status, "actor": step.actor})
    event = tx.event(f"{flow.stream}/life", "StatusesSet", {"statuses": told}, flow=flow.id)
    _tell(tx, flow, said, event)
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
    _tell(tx, flow, [(living, delivery) for delivery in outcome.deliveries], event)
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


# -- what partners say by flows --------------------------------------------------------------------


class Heard(msgspec.Struct, frozen=True):
    """What a status message of a partner leads to.

    Attributes:
        refusal: what is wrong with it, None when it was taken.
        note: for the trace.
    """

    refusal: ErrorLine | None
    note: str


def hear(tx: Tx, flow: Flow, document: Document) -> Heard:
    """Takes a status out of a deposit: recorded and told on, or refused with the reason."""
    facts = document.facts
    assert facts is not None
    if isinstance(facts.said, FlowStatus):
        return _acknowledged(tx, flow, facts.said)
    if isinstance(facts.said, ObjectStatus) or facts.type_code == _OF_MESSAGE:
        return Heard(None, f"{facts.type_code} on a message of ours: noted")
    if facts.said is None:
        return Heard(None, "nothing is recorded of it")
    return _said_of_invoice(tx, flow, facts, facts.said)


# CDV of a CDV: a partner refuses a status of ours.
_OF_MESSAGE = "601"


def _acknowledged(tx: Tx, flow: Flow, said: FlowStatus) -> Heard:
    found = tx.life.acknowledged(flow.partner, said.identifier, said.status)
    if found is None:
        return Heard(None, f"{said.status} on {said.identifier}: no flow of ours was called so")
    _, name = found
    body = {"name": name, "status": said.status, "lines": said.lines}
    tx.event(f"{flow.partner}/{name}", "ReturnAcknowledged", body)
    return Heard(None, f"{said.status} on our {name}")


def _said_of_invoice(tx: Tx, flow: Flow, facts: Facts, said: InvoiceStatus) -> Heard:
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
    event = _set(tx, origin, living, outcome, request)
    _tell(tx, origin, [(living, delivery) for delivery in outcome.deliveries], event)
    return Heard(None, "; ".join((f"{living.number}: {outcome.label}", *outcome.notes)))


def _of_partner(tx: Tx, flow: Flow, facts: Facts) -> Living | None:
    """The invoice, if it is one that this partner may speak of."""
    for living in tx.life.named(facts.number):
        parties = {tx.flow(living.flow).partner, *_bearers(tx, living)}
        if flow.partner in parties:
            return living
    return None


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


# -- whom it is told to ----------------------------------------------------------------------------


def _tell(tx: Tx, flow: Flow, said: Iterable[tuple[Living, Delivery]], cause: int) -> None:
    """Emits what follows, in the order given: one return for each addressee and code."""
    groups: dict[tuple[str, str], list[InvoiceStatus]] = {}
    for living, delivery in said:
        to = _addressee(tx, flow, living, delivery)
        if to is None or delivery.carries != "status":
            continue
        code = delivery.interface.format(
            life_cycle=tx.reference.options.life_cycle_interface,
            object_ack=next(iter(tx.reference.catalogue[flow.interface].object_acks), ""),
        )
        if code in to.interfaces:
            status = msgspec.structs.replace(delivery.on(living.about), occurred=tx.now)
            groups.setdefault((to.code_application, code), []).append(status)
    for (partner, code), statuses in groups.items():
        statuses_to(tx, flow, (partner, code), statuses, cause)


def _addressee(tx: Tx, flow: Flow, living: Living, delivery: Delivery) -> Raccordement | None:
    """The partner behind an actor; None when no flow of this exchange reaches it."""
    if not delivery.interface:
        return None
    depositor = tx.raccordement(flow.partner)
    if delivery.to in _DEPOSITORS.get(living.circuit, ()):
        return depositor
    structure = tx.structure(living.recipient)
    return tx.raccordement(structure.partner) if structure and structure.partner else None


# Who stands behind the partner that deposited the invoice.
_DEPOSITORS = {
    "b2g": ("supplier",),
    "b2g-pa": ("platform", "supplier"),
    "g2b-issuer": ("issuer",),
}
