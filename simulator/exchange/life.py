"""The life of invoices: their first status, what actors say of them, and the default story.

Who may say what, and whom it is told to, is data (``schemas/lifecycle/*.toml``, decided in
`simulator.domain.lifecycle`); these steps apply it: they record each line of history and emit the
returns that follow (`simulator.exchange.delivery`). A story goes on by itself until somebody else
speaks of the invoice, or until it is for a connected partner to speak (assumed).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import msgspec

from simulator.domain.flows import CarriedFile, InvoiceStatus, Origin
from simulator.domain.lifecycle import decide, possible, recorded, story
from simulator.domain.lifetable import Actor, Life, Step
from simulator.domain.lifevalues import Allowed, Entry, Refused, Request
from simulator.domain.telling import Words, deliveries
from simulator.exchange.delivery import (
    DEPOSITORS,
    RECIPIENTS,
    Word,
    carries_files,
    played_by,
    tell,
    unsent,
)
from simulator.exchange.enclosing import enclosed, keep
from simulator.exchange.holding import hold
from simulator.exchange.inputs import Fired, StatusAsked
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

_SIREN, _SIRET, _YEAR = 9, 14, 4
# Statuses of one firing: the step must not hold the engine for long.
_TOGETHER = 200
_COMPLETED = "12"


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
    hold(tx, flow, living)
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
    steps = story(
        tx.reference.life,
        living.circuit,
        living.cadre,
        second_validator=options.second_validator,
        delays=options.delays,
    )
    silent: tuple[Actor, ...] = DEPOSITORS.get(living.circuit, ())
    if played_by(tx, living.circuit, flow.interface, living.recipient) != "us":
        silent = (*silent, *RECIPIENTS)
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
        outcome = decided(tx, living, Request(
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
    living, others = _asked(tx, asked)
    said = say_of(tx, living, asked)
    return msgspec.structs.replace(said, notes=(*said.notes, *_passed_over(tx, others)))


def say_of(tx: Tx, living: Living, asked: StatusAsked) -> Said:
    """The same of an invoice that is known, whatever `asked` says of which.

    Raises:
        ValueError: it may not be said; the text tells why, and what could be.
    """
    actor = asked.actor or _speaker(tx, living, asked.status)
    files = enclosed(tx, asked.attachments, living.circuit, actor)
    request = Request(
        circuit=living.circuit,
        actor=actor,
        status=asked.status,
        at=tx.now,
        motif=asked.motif,
        comment=asked.comment,
        attachments=files.kept,
    )
    outcome = decided(tx, living, request)
    if message := _why_not(outcome):
        raise ValueError(message)
    assert isinstance(outcome, Allowed)
    flow = tx.flow(living.flow)
    keep(tx, asked.attachments)
    tx.life.plan(living.id, living.step, None)
    event = noted(tx, flow, living, outcome, request)
    words = [Word(living, delivery, files=files.kept) for delivery in outcome.deliveries]
    tell(tx, words, event)
    told = tuple(_told(tx, word) for word in words)
    notes = (*outcome.notes, *files.notes, *_left_here(tx, words))
    return Said(living.number, outcome.status, outcome.label, outcome.effect, told, notes)


def _left_here(tx: Tx, words: Sequence[Word]) -> Iterator[str]:
    """Says of files beside a status that no message carries them to anybody."""
    if any(word.files for word in words) and not any(carries_files(tx, word) for word in words):
        yield "its attachments stay here: what follows from this status has no place for them"


def _why_not(outcome: Allowed | Refused) -> str:
    """Why a status may not be said, and what could be; ``""`` if it may."""
    if isinstance(outcome, Allowed):
        return ""
    return f"{outcome.reason} (possible: {', '.join(outcome.possible) or 'nothing'})"


def _told(tx: Tx, word: Word) -> str:
    """Whom a status is told to, and why no flow leaves where none does."""
    delivery, why = word.delivery, unsent(tx, tx.flow(word.living.flow), word)
    text = f"{delivery.to}: {delivery.status} {delivery.label}".strip()
    return f"{text} (nothing is sent: {why})" if why else text


def _asked(tx: Tx, asked: StatusAsked) -> tuple[Living, list[Living]]:
    """The invoice that is meant, the newest of those that could be, and the others."""
    meant = [
        living
        for living in tx.life.named(asked.invoice)
        if (not asked.partner or tx.flow(living.flow).partner == asked.partner)
        and (not asked.supplier or is_same_supplier(living, asked.supplier))
        and (not asked.year or living.about.issue_date[:_YEAR] == asked.year)
    ]
    if not meant:
        message = (
            f"no invoice {asked.invoice!r} stands: expected the number of one that was accepted"
        )
        raise LookupError(message)
    return meant[0], meant[1:]


def _passed_over(tx: Tx, others: list[Living]) -> tuple[str, ...]:
    """What tells somebody that another invoice of this number may have been meant."""
    if not others:
        return ()
    known = ", ".join(
        f"{each.supplier} of {each.about.issue_date[:_YEAR]} by {tx.flow(each.flow).partner}"
        for each in others
    )
    return (
        f"the newest is meant; others of this number: {known} (supplier, year, partner choose)",
    )


def is_same_supplier(living: Living, told: str) -> bool:
    """Whether an invoice is one of the supplier that is told, by SIRET, SIREN or what else it has.

    Its SIREN is enough where numbers are once for a SIREN; in the historic channel they are once for
    a SIRET (`standing.key_of`), so that of two SIRETs the one told is meant.
    """
    if told == living.supplier:
        return True
    is_french = told.isdigit() and len(told) in (_SIREN, _SIRET)
    if not is_french or (living.circuit == "b2g" and len(told) == _SIRET):
        return False
    return living.supplier[:_SIREN] == told[:_SIREN]


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
        second_validator=tx.reference.options.second_validator,
    )


def decided(tx: Tx, living: Living, request: Request) -> Allowed | Refused:
    """Whether a status may be said of an invoice; what is allowed is recorded."""
    full = _with_history(tx, living, request)
    outcome = decide(tx.reference.life, full)
    if isinstance(outcome, Allowed):
        tx.life.add(living.id, recorded(full, outcome, tx.reference.life))
    return outcome


def noted(tx: Tx, flow: Flow, living: Living, outcome: Allowed, request: Request) -> int:
    """Appends the event of a status that was recorded."""
    body = {
        "number": living.number,
        "status": outcome.status,
        "actor": request.actor,
        "effect": outcome.effect,
        "notes": outcome.notes,
        "attachments": [{"name": f.name, "size": f.size} for f in request.attachments],
    }
    return tx.event(f"{flow.stream}/life", "StatusSet", body, flow=flow.id)


def complete(tx: Tx, flow: Flow, living: Living, member: str) -> tuple[Word, ...]:
    """A suspended invoice is deposited once more: its supplier completes it (v1.0 fig. 19)."""
    request = Request(
        circuit=living.circuit,
        actor="supplier",
        status=_COMPLETED,
        at=tx.now,
        attachments=(CarriedFile(member, origin=Origin(flow.blob, flow.name, member)),),
    )
    outcome = decided(tx, living, request)
    if isinstance(outcome, Refused):
        return ()
    origin = tx.flow(living.flow)
    tx.life.plan(living.id, living.step, None)
    noted(tx, origin, living, outcome, request)
    source = Origin(flow.blob, flow.name, member)
    return tuple(Word(living, delivery, source) for delivery in outcome.deliveries)
