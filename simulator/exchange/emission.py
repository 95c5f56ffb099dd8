"""Emission: what goes back to a partner, under which name and number, and when it is gone.

Which answer follows what is data (``schemas/circuits/*.toml``); this module applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.flowname import FlowName, own_identifier
from simulator.domain.flows import (
    BlobRef,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Return,
    blob_ref,
)
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Answer, CircuitPlan
from simulator.exchange.inputs import Composed, Fetched, Purged, PushBegun, Pushed, Requeued
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

Outcome = Literal["accepted", "partial", "refused"]


def report_on_flow(
    tx: Tx, flow: Flow, outcome: Outcome, findings: Sequence[Finding], cause: int
) -> None:
    """Emits the report on a whole flow, if its circuit sends one for this outcome."""
    lines = tuple(error_line(tx, finding) for finding in findings)
    report_lines(tx, flow, outcome, lines, cause)


def report_lines(
    tx: Tx, flow: Flow, outcome: Outcome, lines: tuple[ErrorLine, ...], cause: int
) -> None:
    """As `report_on_flow`, for lines that are already worded."""
    to = _addressee(tx, flow)
    answer = _flow_answer(tx, to, outcome) if to else None
    if to is None or answer is None or not flow.report:
        return
    status = FlowStatus(
        status=answer.status,
        label=answer.label,
        identifier=flow.identifier or flow.name,
        readable=bool(flow.identifier),
        received=flow.received,
        lines=() if _says_all_is_well(to.plan, answer) else lines,
    )
    _emit(tx, to, FlowName.parse(flow.report), (status,), cause)


def invoice_statuses(
    tx: Tx, flow: Flow, statuses: Sequence[InvoiceStatus], cause: int, *, held: bool = False
) -> None:
    """Emits statuses of invoices, grouped into one return or one each, in the order given.

    Held, they are named and wait for `release_held`.
    """
    to = _addressee(tx, flow)
    if to is None or not statuses:
        return
    groups = [tuple(statuses)] if tx.reference.options.group_statuses else [(s,) for s in statuses]
    for group in groups:
        name = _own_name(tx, flow.partner, _life_cycle_code(tx, to))
        _emit(tx, to, name, group, cause, held=held)


def statuses_to(
    tx: Tx, flow: Flow, to: tuple[str, str], statuses: Sequence[InvoiceStatus], cause: int
) -> None:
    """Emits statuses about invoices of a flow to a partner on a code, grouped as the settings ask.

    The partner need not be the one that deposited the flow.
    """
    partner, code = to
    addressee = _partner(tx, flow, partner)
    if addressee is None or not statuses:
        return
    groups = [tuple(statuses)] if tx.reference.options.group_statuses else [(s,) for s in statuses]
    for group in groups:
        _emit(tx, addressee, _own_name(tx, partner, code), group, cause)


def status_refused(tx: Tx, flow: Flow, about: ObjectStatus, cause: int) -> None:
    """Emits what a circuit answers to a status that may not be said, if it answers anything."""
    to = _addressee(tx, flow)
    answer = to.plan.status_refused if to else None
    if to is None or answer is None or answer.interface not in to.raccordement.interfaces:
        return
    status = msgspec.structs.replace(about, status=answer.status, label=answer.label)
    _emit(tx, to, _own_name(tx, flow.partner, answer.interface), (status,), cause)


def release_held(tx: Tx, flow: Flow, cause: int) -> None:
    """Lets the statuses of a large flow go, now that the report on it has."""
    for number in tx.held_returns(flow.id):
        tx.set_return(number, "composing")
        tx.enqueue("compose", number, _lane(flow.partner), cause)


def error_line(tx: Tx, finding: Finding) -> ErrorLine:
    """A finding as the wire carries it."""
    code = finding.motif or finding.rule
    return ErrorLine(
        nature="FONCTIONNELLE" if finding.level == "invoice" else "TECHNIQUE",
        code=code,
        label=tx.reference.motifs.get(code, code),
        text=finding.message,
        rule=finding.rule,
        subject=finding.place.member or "",
    )


class _Addressee(msgspec.Struct, frozen=True):
    """Who a return goes to, why, and by which plan."""

    flow: Flow
    raccordement: Raccordement
    plan: CircuitPlan


def _addressee(tx: Tx, flow: Flow) -> _Addressee | None:
    """None when there is no partner left to answer, or nothing known of its circuit."""
    return _partner(tx, flow, flow.partner)


def _partner(tx: Tx, flow: Flow, code: str) -> _Addressee | None:
    raccordement = tx.raccordement(code)
    plan = tx.reference.circuits.get(raccordement.circuit) if raccordement else None
    return _Addressee(flow, raccordement, plan) if raccordement and plan else None


def _flow_answer(tx: Tx, to: _Addressee, outcome: Outcome) -> Answer | None:
    plan = to.plan
    if outcome != "refused" and to.flow.interface in plan.statuses:
        return None
    if outcome == "accepted":
        quiet = plan.circuit == "b2g" and tx.reference.options.report == "errors-only"
        return None if quiet else plan.flow_accepted
    return plan.flow_partial if outcome == "partial" else plan.flow_refused


def _says_all_is_well(plan: CircuitPlan, answer: Answer) -> bool:
    """Whether a report is the same as for a flow without fault: then it carries no error lines."""
    return plan.flow_accepted is not None and answer.status == plan.flow_accepted.status


def _life_cycle_code(tx: Tx, to: _Addressee) -> str:
    answer = to.plan.invoice_accepted or to.plan.invoice_refused
    assert answer is not None
    return answer.code_for(tx.reference.catalogue[to.flow.interface], tx.reference.options)


def report_name(tx: Tx, partner: Raccordement, name: FlowName | None, interface: str | None) -> str:
    """The name of the report on a deposit: its own with the code of its acknowledgement; else ours.

    Ours when the received name cannot be read, when its code does not belong to this circuit, or
    when that name was promised to an earlier deposit. All assumed. ``""`` without a plan, and for an
    acknowledgement, which is itself never acknowledged (PPF general dossier v3.2 §3.4.4).
    """
    plan = tx.reference.circuits.get(partner.circuit)
    answer = (plan.flow_refused or plan.flow_accepted) if plan else None
    if plan is None or answer is None:
        return ""
    known = interface in (*plan.deposits, *plan.statuses)
    acknowledgement = tx.reference.catalogue[interface].flow_ack if interface and known else ""
    if known and not acknowledgement:
        return ""
    code = answer.interface.format(flow_ack=acknowledgement or plan.fallback_ack)
    code_application = partner.code_application
    if name and acknowledgement:
        own = str(name.acknowledged_by(code))
        if not tx.report_name_taken(code_application, own):
            return own
    return str(_own_name(tx, code_application, code))


def _own_name(tx: Tx, partner: str, interface: str) -> FlowName:
    number = tx.next_number(partner, interface)
    identifier = own_identifier(tx.reference.options.prefix, interface, number)
    return FlowName(interface, partner, identifier, ".tar.gz")


def _emit(
    tx: Tx,
    to: _Addressee,
    name: FlowName,
    statuses: tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...],
    cause: int,
    *,
    held: bool = False,
) -> None:
    flow, partner = to.flow, to.raccordement.code_application
    value = Return(
        partner=partner,
        name=str(name),
        interface=name.interface,
        format=to.plan.format,
        issued=tx.now,
        emitter=tx.reference.options.prefix,
        emitter_matricule=tx.reference.options.matricule,
        partner_matricule=to.raccordement.matricule,
        statuses=statuses,
        in_reply_to=flow.stream,
    )
    # A small return does not overtake a larger one of the same partner.
    content = None if held or tx.lane_is_busy(_lane(partner)) else tx.compose(value)
    blob = blob_ref(content) if content else None
    number = tx.add_return(value, flow.id, blob, held=held)
    body = {"name": value.name, "interface": value.interface, "statuses": _summary(statuses)}
    decided = tx.event(flow.stream, "ReturnDecided", body, cause=cause, flow=flow.id)
    if held:
        return
    if blob is None:
        tx.enqueue("compose", number, _lane(partner), decided)
    else:
        tx.keep_blob(blob, content)
        _ready(tx, number, value, flow.id, blob, decided)


def _lane(partner: str) -> str:
    return f"compose:{partner}"


def _summary(
    statuses: Iterable[FlowStatus | InvoiceStatus | ObjectStatus],
) -> list[dict[str, str]]:
    return [
        {"status": s.status, "label": s.label, "number": getattr(s, "number", "")} for s in statuses
    ]


# -- what becomes of a return -------------------------------------------------------------------


def composed(tx: Tx, done: Composed) -> None:
    """A return is written: it waits for the partner, or a push is due."""
    value, flow, state = tx.returned(done.returned)
    if state != "composing":
        return
    _, cause = tx.finish(done.work)
    tx.keep_blob(done.blob, done.content)
    tx.set_return(done.returned, "waiting", done.blob)
    _ready(tx, done.returned, value, flow, done.blob, cause)


def _ready(
    tx: Tx, number: int, value: Return, flow: int | None, blob: BlobRef, cause: int | None
) -> None:
    event = _tell(tx, value, flow, "ReturnReady", msgspec.to_builtins(blob), cause)
    if _listens(tx.raccordement(value.partner)):
        tx.enqueue("push", number, _push_lane(value.partner), event)
    _plan_purge(tx, number, value, event)


def push_what_waits(tx: Tx, partner: Raccordement, cause: int) -> None:
    """A partner listens from now on: what waits for it leaves, oldest first."""
    if partner.listens:
        for number in tx.waiting_returns(partner.code_application):
            tx.enqueue("push", number, _push_lane(partner.code_application), cause)


def _listens(partner: Raccordement | None) -> bool:
    return partner is not None and partner.listens


def _push_lane(partner: str) -> str:
    """One push at a time, so that 500 goes before 202."""
    return f"push:{partner}"


def fetched(tx: Tx, done: Fetched) -> None:
    """A partner has taken a return; from now on it is in no listing."""
    value, flow, state = tx.returned(done.returned)
    if state != "waiting":
        return
    if not done.keep:
        tx.set_return(done.returned, "delivered")
        tx.cancel("purge", done.returned)
    _tell(tx, value, flow, "ReturnFetched", {"kept": done.keep})


def push_begun(tx: Tx, begun: PushBegun) -> bool:
    """A push leaves; whether it is a resend: another attempt came before, also one that a crash cut."""
    value, flow, _ = tx.returned(begun.returned)
    tx.mark_work(begun.work, "running", begun.attempt)
    attempt = tx.begin_push(begun.returned)
    body = {"attempt": attempt, "resend": attempt > 1}
    _tell(tx, value, flow, "PushAttempted", body, tx.cause_of(begun.work))
    return attempt > 1


def pushed(tx: Tx, done: Pushed) -> None:
    """A push has ended. By default there is no retry (DG3.2: without an answer one calls support)."""
    is_open, cause = tx.finish(done.work)
    if not is_open:
        return
    value, flow, _ = tx.returned(done.returned)
    if done.record:
        tx.wire.add(done.record, returned=done.returned)
    body = {"outcome": done.outcome, "detail": done.detail}
    if done.delivered:
        tx.set_return(done.returned, "delivered")
        tx.cancel("purge", done.returned)
        _tell(tx, value, flow, "PushSucceeded", body, cause)
        return
    due = _next_attempt(tx, done)
    tx.set_return(done.returned, "waiting" if due else "failed")
    event = _tell(tx, value, flow, "PushFailed", {**body, "again": due}, cause)
    if due:
        tx.enqueue("push", done.returned, _push_lane(value.partner), event, due)


def _next_attempt(tx: Tx, done: Pushed) -> datetime | None:
    """When the plan of the settings has another attempt; None for never."""
    plan = tx.reference.options.push_retries
    attempts = tx.attempts(done.returned)
    return tx.now + plan[attempts - 1] if done.again and attempts <= len(plan) else None


def purged(tx: Tx, due: Purged) -> None:
    """An unfetched return goes (DG3.2 note 42)."""
    open_, cause = tx.finish(due.work)
    if not open_:
        return
    value, flow, state = tx.returned(due.returned)
    if state == "waiting":
        tx.set_return(due.returned, "purged")
        _tell(tx, value, flow, "ReturnPurged", {}, cause)


def requeued(tx: Tx, asked: Requeued) -> str:
    """Puts a return back, or pushes it again with the same identity; returns its name.

    Raises:
        LookupError: there is no such return.
        ValueError: it is not written yet, or on its way.
    """
    value, flow, state = tx.returned(asked.returned)
    if state in ("composing", "held"):
        message = f"{value.name} is still being written"
        raise ValueError(message)
    if tx.is_pushing(asked.returned):
        message = f"{value.name} is being pushed"
        raise ValueError(message)
    tx.cancel("push", asked.returned)
    tx.cancel("purge", asked.returned)
    tx.set_return(asked.returned, "waiting")
    event = _tell(tx, value, flow, "ReturnRequeued", {"was": state})
    if _listens(tx.raccordement(value.partner)):
        tx.enqueue("push", asked.returned, _push_lane(value.partner), event)
    _plan_purge(tx, asked.returned, value, event)
    return value.name


def _plan_purge(tx: Tx, number: int, value: Return, cause: int) -> None:
    due = tx.now + tx.reference.options.purge_after
    tx.enqueue("purge", number, f"purge:{value.partner}", cause, due)


def _tell(
    tx: Tx,
    value: Return,
    flow: int | None,
    kind: str,
    body: Mapping[str, object],
    cause: int | None = None,
) -> int:
    """Appends an event to the stream of a return.

    A stream of its own: when a return is written, fetched or purged depends on the machine and the
    partner, and must not mix into the order of events of the deposit that it answers.
    """
    stream = f"{value.partner}/{value.name}"
    return tx.event(stream, kind, {"name": value.name, **body}, cause=cause, flow=flow)
