"""Invoices that could not be handed to their recipient (NON_TRANSMISE), and what becomes of them.

A recipient whose platform the directory names but which is not connected gets them once it is; one that
has no platform at all never does. For how long they wait is not published (option `held_for`).

Source: Chorus Pro external specifications v1.1 §3.2.3.3.2 ("under delay conditions").
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.telling import Words, deliveries
from simulator.exchange.delivery import Word, played_by, tell
from simulator.exchange.inputs import HoldingEnded
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

# Invoices of one step: it must not hold the engine for long.
_TOGETHER = 100


def hold(tx: Tx, flow: Flow, living: Living) -> None:
    """An invoice that nobody can be handed waits, if its recipient has a platform."""
    plan, structure = tx.reference.circuits.get(living.circuit), tx.structure(living.recipient)
    if plan is None or not plan.undelivered or structure is None or not structure.partner:
        return
    if played_by(tx, living.circuit, flow.interface, living.recipient) == "nobody":
        tx.life.hold(living.id, tx.now)


def partner_saved(tx: Tx, partner: Raccordement, cause: int) -> None:
    """What waits for a platform is looked at when its raccordement changes, or begins to be valid."""
    behind = (tx.structure(recipient) for recipient in tx.life.held_recipients())
    mine = [s for s in behind if s and s.partner == partner.code_application]
    starts = partner.valid_from
    _plan(tx, mine, cause, starts if starts and starts > tx.now else None)


def structures_saved(tx: Tx, structures: Iterable[Structure], cause: int) -> None:
    """What waits for recipients is looked at when the directory says something else of them."""
    waiting = set(tx.life.held_recipients())
    _plan(tx, [s for s in structures if s.identifier in waiting], cause, None)


def _plan(tx: Tx, structures: Iterable[Structure], cause: int, due: datetime | None) -> None:
    for flow in tx.life.held_flows([s.identifier for s in structures]):
        tx.enqueue("transmit", flow, f"transmit:{flow}", cause, due)


def transmit(tx: Tx, ended: HoldingEnded) -> None:
    """The step of invoices of a flow that waited: they go to platforms that are connected now."""
    is_open, cause = tx.finish(ended.work)
    if not is_open:
        return
    flow = tx.flow(ended.flow)
    longest = tx.reference.options.held_for
    words: list[Word] = []
    late: list[str] = []
    reached = [
        (living, since)
        for living, since in tx.life.held(flow.id)
        if played_by(tx, living.circuit, flow.interface, living.recipient) == "partner"
    ]
    for living, since in reached[:_TOGETHER]:
        tx.life.hold(living.id, None)
        if not longest or tx.now - since > longest:
            late.append(living.number)
        else:
            words += _delivered(tx, living)
    if not reached:
        return
    body = {"invoices": [word.living.number for word in words], "too_late": late}
    event = tx.event(f"{flow.stream}/life", "InvoicesTransmitted", body, cause=cause, flow=flow.id)
    tell(tx, words, event)
    if len(reached) > _TOGETHER:
        tx.enqueue("transmit", flow.id, f"transmit:{flow.id}", event)


def _delivered(tx: Tx, living: Living) -> list[Word]:
    """What hands an invoice to its platform, as it would have been at first."""
    table = tx.reference.life
    life = table.circuits[living.circuit]
    first = table.order[life].first[0]
    told = deliveries(table, (life, "chorus", table.group(living.cadre)), first, Words())
    return [Word(living, each) for each in told if each.carries == "invoice"]
