"""Emission: what goes to a partner, and under which name and number.

Which answer follows what is data (``schemas/circuits/*.toml``); this module applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from simulator.domain.businesstime import instant_of_stamp
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
from simulator.domain.judgement import Facts
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Answer, CircuitPlan
from simulator.exchange.faults import Met, delayed, of_return, withheld
from simulator.exchange.packing import joined, leaves_later, packed
from simulator.exchange.returns import ready
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

Outcome = Literal["accepted", "partial", "refused"]
_SILENT = "none"


class Content(msgspec.Struct, frozen=True):
    """What a return holds.

    Attributes:
        statuses: see `Return.statuses`.
        sources: files of a deposit that it passes on.
        format: None: that of the partner's circuit.
        of_ppf: it is the PPF that says it.
    """

    statuses: tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...] = ()
    sources: tuple[Passage, ...] = ()
    format: Format | None = None
    of_ppf: bool = False


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
    _emit(tx, to, _Draft(FlowName.parse(flow.report), Content((status,))), cause)


def invoice_statuses(
    tx: Tx, flow: Flow, statuses: Sequence[InvoiceStatus], cause: int, *, held: bool = False
) -> None:
    """Emits statuses of invoices in the order given, as few returns as the settings allow.

    Held, they are named and wait for `release_held`.
    """
    to = _addressee(tx, flow)
    if to is None or not statuses:
        return
    for group in packed(tx, statuses):
        _send(tx, to, _life_cycle_code(tx, to), Content(group), cause, held=held)


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

    Returns the number of the return; None where nothing is known of the partner's circuit, or a fault on
    demand withholds it.
    """
    partner, code = to
    addressee = _partner(tx, flow, partner.code_application)
    if addressee is None:
        return None
    return _send(tx, addressee, code, content, cause, held=held)


def object_of(
    flow: Flow, facts: Facts, kind: Literal["message", "declaration"], lines: tuple[ErrorLine, ...]
) -> ObjectStatus:
    """What an answer to a status message or a declaration speaks of; its status comes later.

    Of a declaration no party is named: the block is that of an invoice's supplier (MDG-40).
    """
    of_invoice = kind == "message"
    return ObjectStatus(
        status="",
        label="",
        kind=kind,
        number=facts.message if of_invoice else facts.number,
        received=flow.received,
        flow=FlowName.parse(flow.name).stem,
        issued=instant_of_stamp(facts.issued),
        supplier_scheme=facts.supplier_scheme if of_invoice else "",
        supplier=facts.supplier if of_invoice else "",
        lines=lines,
    )


def status_refused(tx: Tx, flow: Flow, about: ObjectStatus, cause: int) -> None:
    """Emits what a circuit answers to a status that may not be said, if it answers anything."""
    to = _addressee(tx, flow)
    answer = to.plan.status_refused if to else None
    if to is None or answer is None or answer.interface not in to.raccordement.interfaces:
        return
    status = msgspec.structs.replace(about, status=answer.status, label=answer.label)
    name = own_name(tx, flow.partner, answer.interface)
    _emit(tx, to, _Draft(name, Content((status,))), cause)


def answer_declarations(
    tx: Tx, flow: Flow, declarations: Sequence[ObjectStatus], cause: int, *, held: bool = False
) -> None:
    """Emits what a circuit answers to declarations that were taken, each answer apart."""
    to = _addressee(tx, flow)
    for answer in to.plan.declaration_accepted if to and declarations else ():
        code = answer.code_for(tx.reference.catalogue[flow.interface], tx.reference.options)
        if to is None or code not in to.raccordement.interfaces:
            continue
        if answer.status_by(tx.reference.options) == _SILENT:
            continue
        about = tuple(_said_of_declaration(tx, answer, each) for each in declarations)
        for group in packed(tx, about):
            content = Content(group, of_ppf=answer.said_by == "ppf")
            _emit(tx, to, _Draft(_answer_name(tx, to, code), content, held=held), cause)


def _said_of_declaration(tx: Tx, answer: Answer, about: ObjectStatus) -> ObjectStatus:
    """An answer to one declaration; only who refuses it tells why."""
    is_refused = bool(about.lines and answer.refused)
    status = answer.refused if is_refused else answer.status_by(tx.reference.options)
    is_plain = status == answer.status
    label = answer.label if is_plain else tx.reference.life.label("ereporting", status)
    lines = about.lines if is_refused else ()
    return msgspec.structs.replace(about, status=status, label=label, lines=lines)


def release_held(tx: Tx, flow: Flow, cause: int) -> None:
    """Lets the statuses of a large flow go, now that the report on it has."""
    for number, partner in tx.returns.held(flow.id):
        value, _, _ = tx.returns.find(number)
        gathered = leaves_later(tx, value.statuses)
        is_delayed = value.issued > tx.now  # on demand, when it was decided
        later = max(gathered or value.issued, value.issued) if is_delayed else gathered
        tx.returns.set(number, "composing")
        tx.enqueue("compose", number, _lane(partner, later=bool(later)), cause, later)
        if gathered:
            tx.returns.gather_until(number, tx.now if is_delayed else gathered)


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


class _Draft(msgspec.Struct, frozen=True):
    """A return that is to be emitted; `met` is the fault that it is known to meet."""

    name: FlowName
    holds: Content
    held: bool = False
    met: Met | None = None


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
    if name and acknowledgement and tx.reference.options.ack_name == "same":
        own = str(name.acknowledged_by(code))
        if not tx.returns.name_taken(code_application, own):
            return own
    return str(own_name(tx, code_application, code))


def own_name(tx: Tx, partner: str, interface: str) -> FlowName:
    """The next name of a flow of ours, with a number that no other to the partner has or will have.

    Source: Chorus Pro external specifications v1.0 §5.4.3.1; a sequence for each partner and code is
    ours.
    """
    options = tx.reference.options
    prefix = options.prefixes.get(interface, options.prefix)
    while True:
        number = tx.returns.next_number(partner, interface)
        name = FlowName(interface, partner, own_identifier(prefix, interface, number), ".tar.gz")
        # A report keeps the identifier that its deposit was given: that may look like one of ours.
        if not tx.returns.name_taken(partner, str(name)):
            return name


def _send(
    tx: Tx, to: _Addressee, code: str, holds: Content, cause: int, *, held: bool = False
) -> int | None:
    """Emits under a name of ours, or lets it join what is gathered for the partner."""
    met = None
    if not held and leaves_later(tx, holds.statuses):
        partner = to.raccordement.code_application
        value = _return(tx, to, FlowName(code, partner, "", ".tar.gz"), holds)
        # What meets a fault must not share it with what is gathered.
        met = of_return(tx, to.flow, partner, code, value.name)
        if not met and (found := joined(tx, value)):
            number, whole = found
            tx.returns.add_answered(number, to.flow.id)
            body = {**_about(whole), "statuses": _said(holds.statuses)}
            tx.event(to.flow.stream, "ReturnGathered", body, cause=cause, flow=to.flow.id)
            return number
    return _emit(tx, to, _Draft(_answer_name(tx, to, code), holds, held, met), cause)


def _answer_name(tx: Tx, to: _Addressee, code: str) -> FlowName:
    """The name of an answer about the objects of a deposit.

    An acknowledgement (CSO3110A, CSO6000A) keeps the identifier of its deposit, like a report on the
    whole flow; of several, the first. Assumed (dossier §10 row 7), by the same setting.
    """
    flow, partner = to.flow, to.raccordement.code_application
    row = tx.reference.catalogue.get(flow.interface)
    keeps = row and code in row.object_acks and code.startswith("C") and partner == flow.partner
    if keeps and tx.reference.options.ack_name == "same":
        kept = FlowName.parse(flow.name).acknowledged_by(code)
        if not tx.returns.name_taken(partner, str(kept)):
            return kept
    return own_name(tx, partner, code)


def _return(tx: Tx, to: _Addressee, name: FlowName, holds: Content) -> Return:
    return Return(
        partner=to.raccordement.code_application,
        name=str(name),
        interface=name.interface,
        format=holds.format or to.plan.format,
        issued=tx.now,
        emitter=tx.reference.options.prefix,
        emitter_matricule=_matricule(tx, to, holds),
        partner_matricule=to.raccordement.matricule,
        statuses=holds.statuses,
        in_reply_to=to.flow.stream,
        sources=holds.sources,
        of_ppf=holds.of_ppf,
    )


def _matricule(tx: Tx, to: _Addressee, holds: Content) -> str:
    """Who sends, by its number in scheme 0238 (dossier §10 row 20)."""
    options = tx.reference.options
    if holds.of_ppf:
        return options.matricule_ppf
    return options.matricule_g2b if to.plan.circuit.startswith("g2b") else options.matricule


def _emit(tx: Tx, to: _Addressee, draft: _Draft, cause: int) -> int | None:
    flow, held, value = to.flow, draft.held, _return(tx, to, draft.name, draft.holds)
    met = draft.met or of_return(tx, flow, value.partner, value.interface, value.name)
    if met and met.fault.outcome == "silence":
        body = _about(value) | withheld(met, value.name)
        tx.event(flow.stream, "ReturnWithheld", body, cause=cause, flow=flow.id)
        return None
    gathered = None if held else leaves_later(tx, value.statuses)
    later = delayed(tx, gathered, met)
    if later:
        value = msgspec.structs.replace(value, issued=later)
    # What is taken out of a deposit or carries files is large. A small return does not overtake a
    # larger one of the same partner.
    waits = held or later or value.blobs() or tx.lane_is_busy(_lane(value.partner))
    content = None if waits else tx.compose(value)
    blob = blob_ref(content) if content else None
    number = tx.returns.add(value, flow.id, blob, held=held)
    body = _about(value) | ({"leaves": later} if later else {})
    decided = tx.event(flow.stream, "ReturnDecided", body, cause=cause, flow=flow.id)
    if blob is not None:
        tx.keep_blob(blob, content)
        ready(tx, number, value, flow.id, blob, decided)
    elif not held:
        tx.enqueue("compose", number, _lane(value.partner, later=bool(later)), decided, later)
    if gathered and later:
        tx.returns.gather_until(number, tx.now if met else later)  # nothing shares a fault
    if met and met.fault.outcome == "duplicate":
        tx.faults.repeat(number)
    return number


def _lane(partner: str, *, later: bool = False) -> str:
    """What waits for its hour must not hold up what leaves at once."""
    return f"{'daily' if later else 'compose'}:{partner}"


def _said(statuses: Sequence[FlowStatus | InvoiceStatus | ObjectStatus]) -> list[dict[str, str]]:
    return [
        {"status": s.status, "label": s.label, "number": getattr(s, "number", "")} for s in statuses
    ]


def _about(value: Return) -> dict[str, object]:
    """What an event says of a return."""
    body: dict[str, object] = {"name": value.name, "interface": value.interface}
    body["statuses"] = _said(value.statuses)
    if value.sources and not value.statuses:
        body["invoices"] = [source.number for source in value.sources]
    return body
