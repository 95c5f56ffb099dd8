"""What stands under the number of an invoice: nothing, itself, or one that waits to be sent again.

A suspended invoice of the historic channel is completed by depositing it once more. One that is to
be recycled (04) is corrected and sent under its own number; the new deposit takes its place.

Source: Chorus Pro external specifications v1.1 §3.2.3.3.2 (uniqueness), §2.4.2 (recycling); v1.0
fig. 19 (completing); historic uniqueness: dossier §7.3 (assumed).
"""

from __future__ import annotations

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.judgement import Check, Document, Facts
from simulator.exchange.invoice_checks import place_of, traced
from simulator.journal.lifebook import Living
from simulator.journal.tx import Tx

_YEAR, _SIREN = 4, 9


class Standing(msgspec.Struct, frozen=True):
    """What a deposit of an invoice meets.

    Attributes:
        key: of uniqueness.
        completes: the suspended invoice that it is once more.
        recycles: the invoice to be recycled whose place it takes.
        findings: that its number is used.
    """

    key: str
    completes: Living | None = None
    recycles: Living | None = None
    findings: tuple[Finding, ...] = ()

    def trace(self, member: str) -> Check:
        """The line of the decision trace."""
        check = traced(f"invoice received once: {member}", self.findings)
        detail = check.detail
        if self.completes:
            detail = f"completes {self.completes.number}, suspended"
        elif self.recycles:
            detail = f"takes the place of {self.recycles.number}, to be recycled"
        return msgspec.structs.replace(check, detail=detail)


def standing(tx: Tx, document: Document, circuit: str) -> Standing:
    """What a deposit of an invoice meets under its number."""
    assert document.facts is not None
    key = key_of(document.facts, circuit)
    plan, found = tx.reference.circuits.get(circuit), tx.life.standing(key)
    if plan and found and found.status in plan.completed_in:
        return Standing(key, completes=found)
    if plan and found and found.status in plan.recycled_in:
        return Standing(key, recycles=found)
    return Standing(key, findings=_used(tx, document, key))


def key_of(facts: Facts, circuit: str) -> str:
    """Year, supplier SIREN and number for a platform; supplier and number in the historic channel."""
    if circuit == "b2g":
        return f"b2g|{facts.supplier}|{facts.number}"
    return f"pa|{facts.issue_date[:_YEAR]}|{facts.supplier[:_SIREN]}|{facts.number}"


def was_recycled(tx: Tx, living: Living) -> bool:
    """Whether an invoice took the place of one that was to be recycled."""
    plan = tx.reference.circuits.get(living.circuit)
    return any(
        other.id < living.id
        and other.supplier == living.supplier
        and other.circuit == living.circuit
        for other in (tx.life.named(living.number) if plan and plan.recycled_in else ())
        if plan and other.status in plan.recycled_in
    )


def _used(tx: Tx, document: Document, key: str) -> tuple[Finding, ...]:
    earlier, facts = tx.invoice_standing(key), document.facts
    if earlier is None or facts is None:
        return ()
    finding = tx.reference.rules.finding(
        "INVOICE_DUPLICATE",
        place_of(facts, "number", document.member),
        number=facts.number,
        supplier=facts.supplier,
        earlier=earlier.name,
    )
    return (finding,)
