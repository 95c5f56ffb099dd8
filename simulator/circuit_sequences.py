"""The sequences of the circuits: what partners and actors do, and the messages that follow from it.

Here stands only what is done in each sequence; what follows is looked up in the catalogue,
``schemas/circuits/`` and ``schemas/lifecycle/``, as the exchange does it (`simulator.circuits_page`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from simulator.domain.findings import Mark
from simulator.domain.interfaces import Interface
from simulator.domain.lifetable import Actor, Life, Right
from simulator.domain.reference import Answer, CircuitPlan, Reference
from simulator.domain.telling import Delivery, Words, deliveries

Outcome = Literal["accepted", "partial", "rejected", "undelivered", "irrecevable", "declared"]


class Deposit(msgspec.Struct, frozen=True):
    """A partner deposits on a code of a circuit, and the deposit has this outcome."""

    code: str
    outcome: Outcome = "accepted"


class Say(msgspec.Struct, frozen=True):
    """An actor says a status of the invoice; `via`: the code, ``""`` where no flow carries it."""

    actor: Actor
    status: str
    via: str = ""


class Acknowledge(msgspec.Struct, frozen=True):
    """A partner acknowledges a flow of ours with a status."""

    code: str
    status: str
    label: str


class Dialogue(msgspec.Struct, frozen=True):
    """One sequence: what happens on a circuit; everything else follows.

    Attributes:
        title: as a heading.
        circuit: name of the plan, whose deposits may each take the place of the one drawn.
        steps: what partners and actors do.
    """

    title: str
    circuit: str
    steps: tuple[Deposit | Say | Acknowledge, ...]

    @property
    def deposit(self) -> str:
        """The code that it is drawn for."""
        return next(step.code for step in self.steps if isinstance(step, Deposit))


class Arrow(msgspec.Struct, frozen=True):
    """One message: from and to are words of the catalogue (``SUPPLIER``), or ``PPF``."""

    sender: str
    receiver: str
    code: str
    status: str
    label: str
    mark: Mark
    source: str
    note: str = ""


_HISTORIC, _PLATFORM = Deposit("FSO1100A"), Deposit("FSO1150A")
_ISSUER = Deposit("FSO3110A")
_AVAILABLE = Say("chorus", "03")
_TAKEN = Acknowledge("FSO1300A", "92", "Recevable")

# Source: the sequences of the dossier §9; Chorus Pro external specifications v1.0 fig. 19 to 30.
SEQUENCES = (
    Dialogue("B2G historic: nominal", "b2g", (
        _HISTORIC, _AVAILABLE, _TAKEN,
        *(Say("buyer", status, "FSO1301A") for status in ("07", "08")),
        Say("accountant", "11", "FSO1301A"),
    )),
    Dialogue("B2G historic: partly integrated", "b2g", (Deposit("FSO1100A", "partial"),)),
    Dialogue("B2G historic: irrecevable", "b2g", (Deposit("FSO1100A", "irrecevable"),)),
    Dialogue("B2G historic: completed by the supplier", "b2g", (
        _HISTORIC, _AVAILABLE, Say("buyer", "06", "FSO1301A"), Say("supplier", "12"),
    )),
    Dialogue("B2G through a platform: nominal", "b2g-pa", (
        _PLATFORM, _AVAILABLE, _TAKEN,
        *(Say("buyer", status, "FSO1301A") for status in ("07", "08")),
        Say("accountant", "11", "FSO1301A"),
    )),
    Dialogue("B2G through a platform: rejected", "b2g-pa", (Deposit("FSO1150A", "rejected"),)),
    Dialogue("B2G through a platform: irrecevable", "b2g-pa", (Deposit("FSO1150A", "irrecevable"),)),
    Dialogue("B2G through a platform: completed by the supplier", "b2g-pa", (
        _PLATFORM, _AVAILABLE, Say("buyer", "06", "FSO1301A"), Say("platform", "12", "FSO1304A"),
    )),
    Dialogue("G2B: nominal", "g2b-issuer", (
        _ISSUER, Say("platform", "202", "CEN3036A"),
        *(Say("platform", status, "FSO3301A") for status in ("203", "204", "211")),
        Say("issuer", "212", "FSO3300A"),
    )),
    Dialogue("G2B: no connected platform", "g2b-issuer", (Deposit("FSO3110A", "undelivered"),)),
    Dialogue("G2B: rejected", "g2b-issuer", (Deposit("FSO3110A", "rejected"),)),
    Dialogue("G2B: irrecevable", "g2b-issuer", (Deposit("FSO3110A", "irrecevable"),)),
    Dialogue("e-reporting: nominal", "g2b-issuer", (Deposit("FSO6000A", "declared"),)),
    Dialogue("e-reporting: irrecevable", "g2b-issuer", (Deposit("FSO6000A", "irrecevable"),)),
)  # fmt: skip


# -- what follows ------------------------------------------------------------------------------------


def arrows(reference: Reference, sequence: Dialogue) -> list[Arrow]:
    """The messages of a sequence, in order."""
    found: list[Arrow] = []
    deposit = reference.catalogue[sequence.deposit]
    plan = reference.circuits[sequence.circuit]
    for step in sequence.steps:
        if isinstance(step, Deposit):
            found += _deposited(reference, plan, deposit, step.outcome)
        elif isinstance(step, Say):
            found += _said(reference, plan, deposit, step)
        else:
            row = reference.catalogue[step.code]
            words = (step.status, step.label, row.mark, row.source)
            found.append(Arrow(row.sender, row.receiver, row.code, *words))
    return found


def _deposited(
    reference: Reference, plan: CircuitPlan, deposit: Interface, outcome: Outcome
) -> Iterator[Arrow]:
    what = "invoices" if deposit.code in plan.deposits else "declaration"
    ends = (deposit.sender, deposit.receiver, deposit.code)
    yield Arrow(*ends, "", what, deposit.mark, deposit.source)
    note = plan.undelivered if outcome == "undelivered" else ""
    for answer in _answers(plan, outcome):
        yield _answered(reference, deposit, answer, note)
    yield from _beside(reference, plan, deposit, outcome)


def _answered(reference: Reference, deposit: Interface, answer: Answer, note: str = "") -> Arrow:
    ends = (deposit.receiver, deposit.sender, answer.code_for(deposit, reference.options))
    status = answer.status_by(reference.options)
    return Arrow(*ends, status, answer.label, answer.mark, answer.source, note)


def _answers(plan: CircuitPlan, outcome: Outcome) -> Iterator[Answer]:
    """What answers a deposit of that outcome, flow first."""
    if outcome == "declared":
        yield from plan.declaration_accepted
        return
    answers = {
        "accepted": (plan.flow_accepted, plan.invoice_accepted),
        "partial": (plan.flow_partial, plan.invoice_accepted, plan.invoice_refused),
        "rejected": (plan.flow_partial, plan.invoice_refused),
        "undelivered": (plan.flow_accepted, plan.invoice_accepted),
        "irrecevable": (plan.flow_refused,),
    }
    yield from filter(None, answers[outcome])


def _beside(
    reference: Reference, plan: CircuitPlan, deposit: Interface, outcome: Outcome
) -> Iterator[Arrow]:
    """What follows from the first status besides the answer: the invoice goes on, the PPF is told."""
    life = reference.life.circuits[plan.circuit]
    order = reference.life.order[life].first
    if outcome in ("irrecevable", "declared") or (outcome == "rejected" and len(order) == 1):
        return
    first = order[-1] if outcome == "rejected" else order[0]
    for told in deliveries(reference.life, (life, "chorus", ""), first, Words()):
        is_on_its_way = told.carries != "status" and outcome != "undelivered"
        if is_on_its_way or told.to == "ppf":
            yield _told(reference, plan, deposit, told)


def _said(
    reference: Reference, plan: CircuitPlan, deposit: Interface, step: Say
) -> Iterator[Arrow]:
    """A status that an actor sets, by a flow of its own or not, and whom it is told to."""
    life = reference.life.circuits[plan.circuit]
    said = _spoken(reference, life, step)
    right = _right(reference, life, step)
    label = reference.life.label(life, said)
    if step.via:
        row = reference.catalogue[_variant(plan, deposit, step.via)]
        ends = (row.sender, row.receiver, row.code)
        yield Arrow(*ends, said, label, right.mark, right.source)
    elif step.actor == "chorus":
        yield Arrow("CPRO", "CPRO", "", said, label, right.mark, right.source)
    else:  # by a new deposit: completed
        ends = (deposit.sender, deposit.receiver, deposit.code)
        yield Arrow(*ends, "", "the invoice once more", right.mark, right.source)
        if plan.flow_accepted:
            yield _answered(reference, deposit, plan.flow_accepted)
    for told in deliveries(reference.life, (life, step.actor, ""), step.status, Words()):
        yield _told(reference, plan, deposit, told)


def _spoken(reference: Reference, life: Life, step: Say) -> str:
    """The code of a recorded status as its actor's message carries it: AFNOR in a CDAR."""
    if not step.via or reference.catalogue[step.via].kind != "F6":
        return step.status
    for alias in reference.life.alias:
        if (alias.circuit, alias.means) == (life, step.status) and step.actor in alias.actors:
            return alias.said
    return step.status


def _right(reference: Reference, life: Life, step: Say) -> Right:
    """By which right an actor says a status. Raises LookupError if it has none."""
    for right in reference.life.right:
        if (right.circuit, right.actor) == (life, step.actor) and step.status in right.statuses:
            return right
    message = f"{step.actor} may not say {step.status} on {life}: see schemas/lifecycle/rights.toml"
    raise LookupError(message)


def _variant(plan: CircuitPlan, deposit: Interface, code: str) -> str:
    """The acknowledgement of an invoice on the code that delivers this deposit: CEN3036A, CEN3736A."""
    if not code.startswith("CEN3") or deposit.code not in plan.deliveries:
        return code
    return f"C{plan.deliveries[deposit.code][1:]}"


def _told(reference: Reference, plan: CircuitPlan, deposit: Interface, told: Delivery) -> Arrow:
    words = (told.status, told.label, told.mark, told.source)
    if not told.interface:  # the PPF speaks AFNOR codes on every circuit
        label = reference.life.statuses.afnor[told.status].label
        return Arrow("CPRO", "PPF", "", told.status, label, told.mark, told.source)
    code = told.interface.format(
        life_cycle=reference.options.life_cycle_interface,
        object_ack=next(iter(deposit.object_acks), ""),
        delivery=plan.deliveries.get(deposit.code, ""),
    )
    row = reference.catalogue[code]
    if told.carries != "status":
        words = ("", told.carries, told.mark, told.source)
    return Arrow(row.sender, row.receiver, code, *words, told.comment)
