"""What a finding becomes on the wire, and why: the same words in ``check`` and in ``flow why``.

Of a document that nobody deposited the plan of its circuit tells it (`planned`); of a flow that was
deposited the journal knows what went out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from simulator.domain.findings import Level, Mark, Severity
from simulator.domain.interfaces import Interface
from simulator.domain.reference import Answer, CircuitPlan, Options, Reference

Effect = Literal["flow", "invoice", "nothing"]

_NO_INTERFACE = "which status follows depends on the interface"


def _about(description: str) -> Meta:
    """For the JSON Schemas of what shows it."""
    return Meta(description=description)


class Reply(msgspec.Struct, frozen=True):
    """A status that goes back: code, label and interface code; where the circuit has it from."""

    status: str
    label: str
    interface: str
    source: str | None = None
    mark: Mark | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.label} on {self.interface}"


class Replies(msgspec.Struct, frozen=True):
    """How refusals are answered where a flow came in; None: not at all.

    Attributes:
        circuit: ``b2g`` ...; ``""`` if it is not known.
        flow: what a flow that is irrecevable gets.
        invoice: the status that a refused invoice has of its own.
        report: the report whose lines tell refused invoices, where they have no status.
        irrecevable: whether this flow is.
        unknown: why none of this is known; ``""`` if it is.
    """

    circuit: str = ""
    flow: Reply | None = None
    invoice: Reply | None = None
    report: Reply | None = None
    irrecevable: bool = False
    unknown: str = ""


class Becoming(msgspec.Struct, frozen=True):
    """What a finding leads to on the wire."""

    effect: Annotated[Effect, _about("What it refuses.")]
    text: Annotated[str, _about("In words: refuses the invoice: 213 Rejetée on FEN1214A.")]
    because: Annotated[str, _about("Why it is so.")]
    status: Annotated[
        str | None, _about("Of the message that carries it; null: nothing leaves, or not known.")
    ] = None
    label: Annotated[str | None, _about("Of that status.")] = None
    interface: Annotated[str | None, _about("Code that the message goes out on.")] = None
    source: Annotated[str | None, _about("Where the circuit has that status from.")] = None
    mark: Annotated[Mark | None, _about("How far that is known.")] = None


def planned(reference: Reference, code: str | None, *, irrecevable: bool = False) -> Replies:
    """How refusals of a deposit on an interface would be answered.

    Args:
        reference: catalogue, circuits, options.
        code: of the interface; None if there is none.
        irrecevable: whether something refuses the whole flow.
    """
    deposit = reference.catalogue.get(code) if code else None
    if code is None or deposit is None:
        return Replies(unknown=_NO_INTERFACE, irrecevable=irrecevable)
    plan = plan_of(reference, code)
    if plan is None:
        return Replies(unknown=f"{code} is no deposit on a circuit", irrecevable=irrecevable)
    options, of_invoices = reference.options, code in plan.deposits
    return Replies(
        circuit=plan.circuit,
        flow=_reply(plan.flow_refused, deposit, options),
        invoice=_reply(plan.invoice_refused, deposit, options) if of_invoices else None,
        report=_reply(plan.flow_partial, deposit, options) if of_invoices else None,
        irrecevable=irrecevable,
    )


def plan_of(reference: Reference, code: str) -> CircuitPlan | None:
    """The circuit on which an interface code is deposited."""
    plans = reference.circuits.values()
    return next((plan for plan in plans if code in (*plan.deposits, *plan.statuses)), None)


def becomes(severity: Severity, level: Level, replies: Replies) -> Becoming:
    """What a finding leads to.

    Args:
        severity: of the finding: only an error refuses.
        level: of the finding: what its rule speaks of.
        replies: how refusals are answered there.
    """
    if severity != "error":
        return Becoming("nothing", f"{severity}: nothing leaves", "only an error refuses")
    if level != "invoice":
        return _of_flow(level, replies)
    if replies.irrecevable:
        return _in_irrecevable(replies)
    return _of_invoice(replies)


def _of_flow(level: Level, replies: Replies) -> Becoming:
    because = f"an error of level {level} refuses the flow as a whole"
    return _refusal(replies, Becoming("flow", "makes the flow irrecevable", because), replies.flow)


def _in_irrecevable(replies: Replies) -> Becoming:
    text = "would refuse the invoice, but the flow is irrecevable"
    because = "the flow is refused as a whole, so no invoice of it is answered"
    return _refusal(replies, Becoming("flow", text, because), replies.flow)


def _of_invoice(replies: Replies) -> Becoming:
    text, because = "refuses the invoice", "an error of level invoice refuses its invoice alone"
    if replies.invoice or replies.unknown:
        return _refusal(replies, Becoming("invoice", text, because), replies.invoice)
    if replies.report:
        because += f"; on circuit {replies.circuit} the report on the flow tells it"
        told = Becoming("invoice", text, because)
        return _refusal(replies, told, replies.report, "a line of ")
    because = "of statuses and declarations only the refusal of the whole flow is answered"
    return _refusal(replies, Becoming("invoice", "refuses the document", because), None)


def _refusal(replies: Replies, of: Becoming, reply: Reply | None, way: str = "") -> Becoming:
    """A refusal with the message that carries it, or with the reason why there is none to name."""
    if replies.unknown:
        return msgspec.structs.replace(of, text=f"{of.text}; {replies.unknown}")
    if reply is None:
        return msgspec.structs.replace(of, text=f"{of.text}: nothing is answered")
    text = f"{of.text}: {way}{reply}"
    return msgspec.structs.replace(of, text=text, **msgspec.structs.asdict(reply))


def _reply(answer: Answer | None, deposit: Interface, options: Options) -> Reply | None:
    """An answer of a plan; None where the plan has none, or the catalogue no code for it."""
    code = answer.code_for(deposit, options) if answer else ""
    if answer is None or not code:
        return None
    return Reply(answer.status, answer.label, code, answer.source, answer.mark)


def sourced(becoming: Becoming, plan: CircuitPlan) -> Becoming:
    """The same with source and mark of its status, as the circuit has them."""
    answers = (plan.flow_refused, plan.flow_partial, plan.invoice_refused)
    answer = next((a for a in answers if a and a.status == becoming.status), None)
    if answer is None:
        return becoming
    return msgspec.structs.replace(becoming, source=answer.source, mark=answer.mark)
