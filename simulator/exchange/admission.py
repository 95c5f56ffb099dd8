"""Admission: the checks of a deposit that need no content, in the order of the exchange system.

Source: PPF general dossier v3.2 §3.4.1-3.4.3, applied to Chorus Pro (deduced). The first check that
fails makes the whole flow irrecevable; the later ones are not made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import msgspec

from simulator.domain.faults import Standing
from simulator.domain.findings import Finding
from simulator.domain.flowname import (
    EXTENSIONS,
    FlowName,
    NameFault,
    code_application_in,
    interface_in,
)
from simulator.domain.flows import Deposit
from simulator.domain.judgement import Check
from simulator.exchange.emission import report_name, report_on_flow
from simulator.exchange.faults import (
    Disturbed,
    check,
    disturbed_by,
    met_by,
    met_on_wire,
    note_met,
    refusal,
)
from simulator.journal.rows import NewFlow
from simulator.journal.tx import Tx

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,6}$")


class Admission(msgspec.Struct, frozen=True):
    """What admission says of a deposit: its journal number, and why it was refused if it was.

    `received` is the business instant; `unsaid` tells why its sender is not told that it was taken.
    """

    flow: int
    refused: Finding | None
    received: datetime
    unsaid: str = ""


class Arrival:
    """A deposit as the checks see it: what of its name can be read, and whose it is."""

    def __init__(self, tx: Tx, deposit: Deposit) -> None:
        self.deposit = deposit
        self.raccordement = tx.raccordement(deposit.partner)
        self.interface = _interface(tx, deposit.name)
        self.code_application = code_application_in(deposit.name)
        self.name: FlowName | None = None
        self.fault: NameFault | None = None
        try:
            self.name = FlowName.parse(deposit.name)
        except NameFault as fault:
            self.fault = fault


_UNREAD = "kept as it came: the format of this interface is not published"


def _is_unread(tx: Tx, code: str | None) -> bool:
    """Whether a deposit has a format that nobody published (CEN0036A)."""
    row = tx.reference.catalogue.get(code) if code else None
    return row is not None and not row.judged_as


def _interface(tx: Tx, name: str) -> str | None:
    """The code that a deposit counts as; another name of it stands for it if the settings say so."""
    found, is_taken = interface_in(name), tx.reference.options.code_aliases == "accept"
    return tx.reference.catalogue.deposited_as(found) if found and is_taken else found


def receive(tx: Tx, deposit: Deposit) -> Admission | Disturbed:
    """The step of a deposit by a transport: taken, unless a fault on demand refuses it on the wire."""
    met = met_on_wire(tx, deposit)
    if met is None:
        return admit(tx, deposit)
    disturbed = disturbed_by(met, deposit)
    admission = admit(tx, deposit) if disturbed.taken else None
    note_met(tx, deposit, met, admission.flow if admission else None)
    return msgspec.structs.replace(admission, unsaid=disturbed.reason) if admission else disturbed


def admit(tx: Tx, deposit: Deposit, wire: int | None = None) -> Admission:
    """Takes a deposit: record it, check it, then hand it to judging or refuse it.

    Args:
        tx: of the step.
        deposit: what came.
        wire: the exchange that brought it, where that is recorded before.
    """
    arrival = Arrival(tx, deposit)
    stream = tx.stream_of(deposit.partner, deposit.name)
    tx.keep_blob(deposit.blob, deposit.content)
    checks, findings = _run_checks(tx, arrival)
    refused = next((f for f in findings if f.refuses), None)
    met = None if refused else met_by(tx, deposit)
    if met:
        refused = refusal(tx, met)
        checks.append(check(met.fault, met.id, refuses=refused is not None))
        findings += [refused] if refused else []
    unread = not refused and _is_unread(tx, arrival.interface)
    if unread:
        checks.append(Check("content", "skipped", _UNREAD))
    standing = _standing(tx, stream, arrival, refused, met)
    if unread:
        standing = msgspec.structs.replace(standing, state="IN_INTEGRE", verdict="accepted")
    flow = tx.add_flow(deposit, msgspec.structs.replace(standing, wire=wire))
    body = {**_about(deposit), "checks": checks, "findings": findings}
    event = tx.event(stream, "DepositReceived", body, flow=flow)
    if met:
        tx.faults.mark(flow, met.fault)
    if refused and not _is_incident(met):
        report_on_flow(tx, tx.flow(flow), "refused", (refused,), event)
    elif not refused and not unread:
        due = met.fault.put_off(tx.now) if met and met.fault.outcome == "delay" else None
        tx.enqueue("judge", flow, f"decide:{deposit.partner}", event, due)
    return Admission(flow, refused, tx.now)


def _about(deposit: Deposit) -> dict[str, object]:
    """What the event of a deposit says of it, whatever became of it."""
    return {
        "partner": deposit.partner,
        "protocol": deposit.protocol,
        "name": deposit.name,
        "sha256": deposit.blob.sha256,
        "size": deposit.blob.size,
    }


def _is_incident(met: Standing | None) -> bool:
    return met is not None and met.fault.outcome == "incident"


def _standing(
    tx: Tx, stream: str, arrival: Arrival, refused: Finding | None, met: Standing | None
) -> NewFlow:
    """How the flow enters the books; a name counts as received once every check was passed.

    The name of its report is settled here too: two deposits under one name are told apart in the
    order in which they came, however long each is judged.
    """
    name, partner = arrival.name, arrival.raccordement
    # Refused on demand for what is inside, the name is used all the same.
    is_used = not refused or (met is not None and not _is_of_admission(tx, refused))
    refused_state = "IN_INCIDENTE" if _is_incident(met) else "IN_REJETE"
    return NewFlow(
        stream=stream,
        stem=name.stem if name and is_used else None,
        identifier=name.identifier if name else "",
        interface=arrival.interface or "",
        report=report_name(tx, partner, name, arrival.interface) if partner else "",
        state=refused_state if refused else "IN_EN_ATTENTE_TRAITEMENT_CPP",
        verdict="irrecevable" if refused else "",
    )


def _is_of_admission(tx: Tx, refused: Finding) -> bool:
    """Whether a flow is refused as by a check of this module, or as never treated."""
    rules = tx.reference.rules
    motifs = {rules[name].motif for name in rules if rules[name].pack == "admission"}
    return refused.motif in motifs or refused.rule == "SIM_FAULT_INCIDENT"


def _run_checks(tx: Tx, arrival: Arrival) -> tuple[list[Check], list[Finding]]:
    """Makes the checks up to the first that refuses; a warning does not stop them."""
    checks: list[Check] = []
    findings: list[Finding] = []
    for name, made in CHECKS:
        answer = made(tx, arrival)
        if isinstance(answer, str):
            checks.append(Check(name, "skipped", answer))
            continue
        refuses = answer is not None and answer.refuses
        checks.append(Check(name, "failed" if refuses else "passed", answer.help if answer else ""))
        if answer:
            findings.append(answer)
        if refuses:
            break
    return checks, findings


# A check answers None (passed), a reason for not making it, or a finding; an error refuses the flow.
Answer = Finding | str | None


def _code_application(tx: Tx, arrival: Arrival) -> Answer:
    partner, found = arrival.deposit.partner, arrival.code_application
    if found is None:
        return "the name cannot be read that far"
    if found == partner:
        return None
    known = tx.raccordement(found) is not None
    rule = "IRR_CODE_APP_FOREIGN" if known else "IRR_CODE_APP_UNKNOWN"
    return tx.reference.rules.finding(rule, found=found, partner=partner)


def _raccordement_active(tx: Tx, arrival: Arrival) -> Answer:
    raccordement, partner = arrival.raccordement, arrival.deposit.partner
    if raccordement is None:
        return tx.reference.rules.finding("IRR_CODE_APP_UNKNOWN", found=partner, partner=partner)
    if raccordement.is_active(tx.now):
        return None
    return tx.reference.rules.finding(
        "IRR_CODE_APP_INACTIVE",
        partner=partner,
        valid_from=_date(raccordement.valid_from),
        valid_to=_date(raccordement.valid_to),
        now=_date(tx.now),
    )


def _interface_known(tx: Tx, arrival: Arrival) -> Answer:
    code = arrival.interface
    if code is None:
        return "the name cannot be read that far"
    if code not in tx.reference.catalogue:
        return tx.reference.rules.finding("IRR_CODE_INTER_UNKNOWN", found=code)
    if tx.reference.catalogue[code].direction != "EMISSION":
        return tx.reference.rules.finding("IRR_CODE_INTER_DIRECTION", found=code)
    return None


def _interface_subscribed(tx: Tx, arrival: Arrival) -> Answer:
    code = arrival.interface
    if code is None:
        return "the name cannot be read that far"
    subscribed = arrival.raccordement.interfaces if arrival.raccordement else ()
    if code not in subscribed:
        words = ", ".join(_deposits_of(tx, subscribed)) or "none"
        return tx.reference.rules.finding(
            "IRR_CODE_INTER_UNSUBSCRIBED", found=code, subscribed=words
        )
    if _is_unread(tx, code) and tx.reference.options.unpublished == "refuse":
        return tx.reference.rules.finding("IRR_CODE_INTER_UNSUPPORTED", found=code)
    return None


def _protocol(tx: Tx, arrival: Arrival) -> Answer:
    assert arrival.raccordement is not None
    expected, found = arrival.raccordement.protocol, arrival.deposit.protocol
    if expected == found:
        return None
    return tx.reference.rules.finding("IRR_CODE_INTER_PROTOCOL", expected=expected, found=found)


def _not_empty(tx: Tx, arrival: Arrival) -> Answer:
    return None if arrival.deposit.blob.size else tx.reference.rules.finding("IRR_VIDE")


def _extension(tx: Tx, arrival: Arrival) -> Answer:
    name = arrival.deposit.name
    found = _EXTENSION.search(name)
    if found is None or name.endswith(EXTENSIONS):
        return None
    expected = ", ".join(EXTENSIONS)
    return tx.reference.rules.finding("IRR_TYPE", found=found.group(), expected=expected)


def _size(tx: Tx, arrival: Arrival) -> Answer:
    size, limit = arrival.deposit.blob.size, tx.reference.options.flow_limit
    if size <= limit:
        return None
    return tx.reference.rules.finding("IRR_TAILLE", found=size, limit=limit)


def _name(tx: Tx, arrival: Arrival) -> Answer:
    rules, fault = tx.reference.rules, arrival.fault
    if fault:
        return rules.finding(
            "IRR_FORM",
            part=fault.part,
            position=fault.at + 1,
            expected=fault.expected,
            found=fault.found,
        )
    assert arrival.name is not None
    expected, found = arrival.name.code_application, arrival.name.emitter
    if expected != found and not _keeps_our_identifier(tx, arrival.name):
        return rules.finding("IRR_FORM_EMITTER", expected=expected, found=found)
    expected, found = arrival.name.interface[3:7], arrival.name.identifier[6:10]
    if expected != found:
        return rules.finding("IRR_FORM_DIGITS", expected=expected, found=found)
    return None


def _keeps_our_identifier(tx: Tx, name: FlowName) -> bool:
    """Whether an acknowledgement is named as the flow of ours that it is about, but for its code.

    Source: PPF general dossier v3.2 fig. 16-20 (CFE0604A_AAA123_PPF001...), applied to CEN and CEI
    (deduced); one with an identifier of the partner's own is taken too.
    """
    options = tx.reference.options
    return name.interface[0] == "C" and name.emitter in (options.prefix, *options.prefixes.values())


def _unique(tx: Tx, arrival: Arrival) -> Answer:
    assert arrival.name is not None
    earlier = tx.flow_received_as(arrival.name.stem)
    if earlier is None:
        return None
    same = earlier.sha256 == arrival.deposit.blob.sha256
    rule = "IRR_UNICITE_SAME" if same else "IRR_UNICITE"
    return tx.reference.rules.finding(rule, earlier=_date(earlier.received))


CHECKS: tuple[tuple[str, Callable[[Tx, Arrival], Answer]], ...] = (
    ("raccordement active", _raccordement_active),
    ("code application", _code_application),
    ("interface known", _interface_known),
    ("interface subscribed", _interface_subscribed),
    ("protocol", _protocol),
    ("not empty", _not_empty),
    ("extension", _extension),
    ("size", _size),
    ("flow name", _name),
    ("flow received once", _unique),
)


def _deposits_of(tx: Tx, codes: tuple[str, ...]) -> list[str]:
    catalogue = tx.reference.catalogue
    return [c for c in codes if c in catalogue and catalogue[c].direction == "EMISSION"]


def _date(instant: datetime | None) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC") if instant else "no limit"
