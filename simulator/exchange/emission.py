"""Emission: what goes to a partner, and under which name and number.

Which answer follows what is data (``schemas/circuits/*.toml``); this module applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.flowname import FlowName, own_identifier
from simulator.domain.flows import (
    ErrorLine,
    FlowStatus,
    Format,
    InvoiceStatus,
    ObjectStatus,
    Passage,
    Return,
    blob_ref,
)
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Answer, CircuitPlan
from simulator.exchange.returns import ready
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

Outcome = Literal["accepted", "partial", "refused"]


class Content(msgspec.Struct, frozen=True):
    """What a return holds.

    Attributes:
        statuses: see `Return.statuses`.
        sources: files of a deposit that it passes on.
        format: None: that of the partner's circuit.
    """

    statuses: tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...] = ()
    sources: tuple[Passage, ...] = ()
    format: Format | None = None


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
    _emit(tx, to, FlowName.parse(flow.report), Content((status,)), cause)


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
        _emit(tx, to, name, Content(group), cause, held=held)


def emit_to(
    tx: Tx,
    flow: Flow,
    to: tuple[Raccordement, str],
    content: Content,
    cause: int,
    *,
    held: bool = False,
) -> int | None:
    """Emits something about a flow on a code to a partner, who need not be its depositor.

    Returns the number of the return; None where nothing is known of the partner's circuit.
    """
    partner, code = to
    addressee = _partner(tx, flow, partner.code_application)
    if addressee is None:
        return None
    name = _own_name(tx, partner.code_application, code)
    return _emit(tx, addressee, name, content, cause, held=held)


def status_refused(tx: Tx, flow: Flow, about: ObjectStatus, cause: int) -> None:
    """Emits what a circuit answers to a status that may not be said, if it answers anything."""
    to = _addressee(tx, flow)
    answer = to.plan.status_refused if to else None
    if to is None or answer is None or answer.interface not in to.raccordement.interfaces:
        return
    status = msgspec.structs.replace(about, status=answer.status, label=answer.label)
    _emit(tx, to, _own_name(tx, flow.partner, answer.interface), Content((status,)), cause)


def answer_declarations(
    tx: Tx, flow: Flow, declarations: Sequence[ObjectStatus], cause: int, *, held: bool = False
) -> None:
    """Emits what a circuit answers to declarations that were taken, a return for each answer."""
    to = _addressee(tx, flow)
    for answer in to.plan.declaration_accepted if to and declarations else ():
        code = answer.code_for(tx.reference.catalogue[flow.interface], tx.reference.options)
        if to is None or code not in to.raccordement.interfaces:
            continue
        about = tuple(
            msgspec.structs.replace(each, status=answer.status, label=answer.label)
            for each in declarations
        )
        _emit(tx, to, _own_name(tx, flow.partner, code), Content(about), cause, held=held)


def release_held(tx: Tx, flow: Flow, cause: int) -> None:
    """Lets the statuses of a large flow go, now that the report on it has."""
    for number, partner in tx.held_returns(flow.id):
        tx.set_return(number, "composing")
        tx.enqueue("compose", number, _lane(partner), cause)


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
    holds: Content,
    cause: int,
    *,
    held: bool = False,
) -> int:
    flow, partner = to.flow, to.raccordement.code_application
    value = Return(
        partner=partner,
        name=str(name),
        interface=name.interface,
        format=holds.format or to.plan.format,
        issued=tx.now,
        emitter=tx.reference.options.prefix,
        emitter_matricule=tx.reference.options.matricule,
        partner_matricule=to.raccordement.matricule,
        statuses=holds.statuses,
        in_reply_to=flow.stream,
        sources=holds.sources,
    )
    # What is taken out of a deposit is large. A small return does not overtake a larger one of the
    # same partner.
    later = held or holds.sources or tx.lane_is_busy(_lane(partner))
    content = None if later else tx.compose(value)
    blob = blob_ref(content) if content else None
    number = tx.add_return(value, flow.id, blob, held=held)
    decided = tx.event(flow.stream, "ReturnDecided", _about(value), cause=cause, flow=flow.id)
    if held:
        return number
    if blob is None:
        tx.enqueue("compose", number, _lane(partner), decided)
    else:
        tx.keep_blob(blob, content)
        ready(tx, number, value, flow.id, blob, decided)
    return number


def _lane(partner: str) -> str:
    return f"compose:{partner}"


def _about(value: Return) -> dict[str, object]:
    """What an event says of a return."""
    statuses = [
        {"status": s.status, "label": s.label, "number": getattr(s, "number", "")}
        for s in value.statuses
    ]
    body: dict[str, object] = {"name": value.name, "interface": value.interface}
    body["statuses"] = statuses
    if value.sources and not statuses:
        body["invoices"] = [source.number for source in value.sources]
    return body
