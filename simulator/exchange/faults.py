"""Faults on demand: what a step does about those that somebody gave.

A deposit meets at most one fault of the wire and one of the exchange; this one stays with the flow, for
the steps that come later: its judgement, and what goes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from simulator.domain.faults import OF_WIRE, Fault, Standing, objection
from simulator.domain.findings import Finding, Place
from simulator.domain.flows import Deposit
from simulator.domain.judgement import Check, Facts
from simulator.exchange.inputs import FaultAdded, FaultsRemoved
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

_INCIDENT = "Incident technique : le flux n'a pas été traité"


class Disturbed(msgspec.Struct, frozen=True):
    """A deposit whose transport is disturbed: refused, or (`taken`) taken without a word.

    `reason` is for its sender: that a fault is behind it, only the events tell.
    """

    reason: str
    taken: bool


class Met(msgspec.Struct, frozen=True):
    """The fault that a return meets; no number: its deposit met it, whose own trace tells which."""

    fault: Fault
    number: int | None = None


def add(tx: Tx, added: FaultAdded) -> int:
    """The step of a fault that somebody gives; its number. Raises `ValueError` if it makes no sense."""
    partner = added.fault.partner
    if partner and tx.raccordement(partner) is None:
        message = f"partner {partner!r}: expected the code application of one that is enrolled"
        raise ValueError(message)
    motifs = frozenset(tx.reference.motifs) | frozenset(tx.reference.life.motifs.labels)
    if wrong := objection(added.fault, tx.reference.catalogue, motifs):
        raise ValueError(wrong)
    number = tx.faults.add(added.fault)
    tx.event("faults", "FaultAdded", {"fault": number, **msgspec.to_builtins(added.fault)})
    return number


def remove(tx: Tx, removed: FaultsRemoved) -> int:
    """The step of taking one fault away, or all; how many. Raises `LookupError` for one not there."""
    count = tx.faults.remove(removed.fault)
    if removed.fault is not None and not count:
        message = f"no fault {removed.fault}: aife-sim fault list shows them"
        raise LookupError(message)
    tx.event("faults", "FaultsRemoved", {"fault": removed.fault, "count": count})
    return count


# -- the wire ----------------------------------------------------------------------------------------


def met_on_wire(tx: Tx, deposit: Deposit) -> Standing | None:
    """The fault of the wire that a deposit meets, if any."""
    return _met(tx, deposit, wire=True)


def disturbed_by(met: Standing, deposit: Deposit) -> Disturbed:
    """What a fault of the wire makes of a deposit."""
    reason = f"{deposit.name}: the transfer failed; send it again later"
    return Disturbed(reason, taken=met.fault.outcome == "no-receipt")


def note_met(tx: Tx, deposit: Deposit, met: Standing, flow: int | None = None) -> None:
    """Tells of a fault of the wire: in the trace of the flow, or (None) among its partner's events."""
    body: dict[str, object] = {"fault": met.id, "outcome": met.fault.outcome, "name": deposit.name}
    if flow is None:
        tx.event(deposit.partner, "FaultMet", body)
    else:
        body["checks"] = [check(met.fault, met.id)]
        tx.event(tx.flow(flow).stream, "FaultMet", body, flow=flow)


def check(fault: Fault, number: int | None, *, refuses: bool = False) -> Check:
    """The line of a trace that names a fault; failed only where it refuses the flow."""
    which = f"fault {number}" if number is not None else "the deposit's own fault"
    return Check("fault on demand", "failed" if refuses else "skipped", f"{which}: {fault.outcome}")


# -- a deposit ---------------------------------------------------------------------------------------


def met_by(tx: Tx, deposit: Deposit) -> Standing | None:
    """The fault of the exchange that a deposit meets, if any."""
    return _met(tx, deposit, wire=False)


def refusal(tx: Tx, met: Standing) -> Finding | None:
    """The finding by which a fault refuses a whole flow; None: it does not."""
    rules, fault = tx.reference.rules, met.fault
    if fault.outcome == "incident":
        return rules.finding("SIM_FAULT_INCIDENT", text=fault.text or _INCIDENT, fault=met.id)
    if fault.outcome != "irrecevable":
        return None
    finding = rules.finding("SIM_FAULT_FLOW", text=_words(tx, fault), fault=met.id)
    return msgspec.structs.replace(finding, motif=fault.said)


def refusals(tx: Tx, flow: Flow, facts: Facts, place: Place) -> Iterator[Finding]:
    """The finding by which the fault that a flow met refuses one of its invoices."""
    fault = flow.fault
    if fault and fault.outcome == "rejected" and fault.meets_invoice(facts.number):
        finding = tx.reference.rules.finding("SIM_FAULT_INVOICE", place, text=_words(tx, fault))
        yield msgspec.structs.replace(finding, motif=fault.said)


# -- a return ----------------------------------------------------------------------------------------


def of_return(tx: Tx, flow: Flow, partner: str, interface: str, name: str) -> Met | None:
    """The fault that a return meets: that of the deposit it answers, or one for its own code."""
    if partner == flow.partner and flow.fault and flow.fault.outcome in ("silence", "duplicate"):
        return Met(flow.fault)
    met = tx.faults.met(lambda fault: fault.meets_return(partner, interface, name))
    return Met(met.fault, met.id) if met else None


def delayed(tx: Tx, leaves: datetime | None, met: Met | None) -> datetime | None:
    """When a return leaves, a delay on demand included; None: now."""
    if met is None or met.fault.outcome != "delay":
        return leaves
    return met.fault.put_off(leaves or tx.now)


def withheld(met: Met, name: str) -> dict[str, object]:
    """What an event says of the fault that keeps a return back, its line of the trace included."""
    line = check(met.fault, met.number)
    line = msgspec.structs.replace(line, detail=f"{line.detail} of {name}")
    return {"fault": met.number, "outcome": met.fault.outcome, "checks": [line]}


def _met(tx: Tx, deposit: Deposit, *, wire: bool) -> Standing | None:
    code = tx.reference.catalogue.deposited_as(deposit.name[:8])

    def is_meant(fault: Fault) -> bool:
        of_wire = fault.outcome in OF_WIRE
        return of_wire == wire and fault.meets(deposit.partner, code, deposit.name)

    return tx.faults.met(is_meant)


def _words(tx: Tx, fault: Fault) -> str:
    labels = tx.reference.life.motifs
    return fault.text or tx.reference.motifs.get(fault.said, "") or labels.label(fault.said)
