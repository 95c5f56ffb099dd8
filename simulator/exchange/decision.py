"""Decision: the checks that need the books, and the verdict of the flow and of each invoice.

It sees a judgement, never a document. Source of the checks and their order: Chorus Pro external
specifications v1.1 §3.2.1.4.2 (supplier, recipient, uniqueness); of the numbers: dossier §7.2, §7.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from simulator.domain.findings import Finding, Place
from simulator.domain.flows import ErrorLine, InvoiceStatus
from simulator.domain.judgement import Check, Document, Facts, Judgement
from simulator.domain.raccordement import Raccordement, Structure
from simulator.exchange.emission import (
    Outcome,
    error_line,
    invoice_statuses,
    report_lines,
    report_on_flow,
)
from simulator.exchange.inputs import Judged
from simulator.journal.tx import Flow, Invoice, Tx

_NUMBER = re.compile(r"[A-Za-z0-9\-+_/]+( [A-Za-z0-9\-+_/]+)*")
_NUMBER_LENGTH = 20
_SIRET = re.compile(r"[0-9]{14}")
# Schemes of an identifier that stand for a French establishment: CPPStatut type 1, ICD 0009 and 0002.
_FRENCH = ("", "1", "0009", "0002")


class Decided(msgspec.Struct, frozen=True):
    """One document with its findings, those of the judging process and those of the books."""

    document: Document
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    triptych: str

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses the invoice."""
        return not any(f.refuses for f in self.findings)


def conclude(tx: Tx, judged: Judged) -> None:
    """The step of a judgement: decide, record, answer. A second answer to one job changes nothing."""
    open_, cause = tx.finish(judged.work)
    if not open_:
        return
    flow = tx.flow(judged.flow)
    if judged.judgement.errors_of_flow:
        _refuse(tx, flow, judged.judgement, cause)
    else:
        _decide(tx, flow, judged.judgement, cause)


def _refuse(tx: Tx, flow: Flow, judgement: Judgement, cause: int | None) -> None:
    incident = any(f.rule.startswith("SIM_JUDGE") for f in judgement.errors_of_flow)
    tx.set_flow(flow.id, "IN_INCIDENTE" if incident else "IN_REJETE", "irrecevable")
    decided = [Decided(d, d.findings, (), "") for d in judgement.documents]
    event = _record(tx, flow, judgement, decided, "irrecevable", cause)
    report_on_flow(tx, flow, "refused", judgement.errors_of_flow, event)


def _decide(tx: Tx, flow: Flow, judgement: Judgement, cause: int | None) -> None:
    raccordement = tx.raccordement(flow.partner)
    circuit = raccordement.circuit if raccordement else ""
    decided = []
    for document in judgement.documents:
        one = _check_document(tx, document, circuit)
        _enter(tx, flow, one, raccordement)
        decided.append(one)
    refused = [d for d in decided if not d.accepted]
    verdict = (
        "accepted" if not refused else "rejected" if len(refused) == len(decided) else "partial"
    )
    tx.set_flow(flow.id, "IN_INTEGRE_PARTIEL" if refused else "IN_INTEGRE", verdict)
    event = _record(tx, flow, judgement, decided, verdict, cause)
    all_refused = verdict == "rejected" and tx.reference.options.all_rejected == "refused"
    outcome: Outcome = "accepted" if not refused else "refused" if all_refused else "partial"
    lines = tuple(_line_of_invoice(tx, d) for d in refused)
    report_lines(tx, flow, outcome, lines, event)
    invoice_statuses(tx, flow, _statuses(tx, flow, decided, raccordement), event)


def _status_code(tx: Tx, one: Decided, raccordement: Raccordement | None) -> str:
    plan = tx.reference.circuits.get(raccordement.circuit) if raccordement else None
    answer = (plan.invoice_accepted if one.accepted else plan.invoice_refused) if plan else None
    return answer.status if answer else ""


def _enter(tx: Tx, flow: Flow, one: Decided, raccordement: Raccordement | None) -> None:
    facts = one.document.facts or Facts(syntax="unknown")
    tx.add_invoice(
        flow.id,
        Invoice(
            member=one.document.member,
            number=facts.number,
            supplier=facts.supplier,
            recipient=facts.recipient,
            status=_status_code(tx, one, raccordement),
            verdict="accepted" if one.accepted else "rejected",
            triptych=one.triptych if one.accepted else None,
        ),
    )


def _record(
    tx: Tx,
    flow: Flow,
    judgement: Judgement,
    decided: Sequence[Decided],
    verdict: str,
    cause: int | None,
) -> int:
    books = tuple(c for d in decided for c in d.checks)
    body = {
        "verdict": verdict,
        "checks": judgement.checks + books,
        "skipped": judgement.skipped,
        "findings": judgement.findings,
        "documents": [
            {
                "member": d.document.member,
                "number": d.document.facts.number if d.document.facts else "",
                "verdict": "accepted" if d.accepted else "rejected",
                "findings": d.findings,
            }
            for d in decided
        ],
    }
    return tx.event(flow.stream, "FlowJudged", body, cause=cause, flow=flow.id)


# -- checks on the facts of one document --------------------------------------------------------


def _check_document(tx: Tx, document: Document, circuit: str) -> Decided:
    facts = document.facts
    assert facts is not None, "a document without facts has an error of level file"
    found = list(document.findings)
    checks: list[Check] = []
    steps = (
        ("invoice number", _number(tx, document, facts)),
        ("supplier", _party(tx, document, facts, "supplier")),
        ("recipient", _party(tx, document, facts, "recipient")),
    )
    for name, findings in steps:
        collected = list(findings)
        checks.append(_traced(f"{name} of {document.member}", collected))
        found += collected
    triptych = triptych_of(facts, circuit)
    twin = _unique(tx, document, facts, triptych) if not any(f.refuses for f in found) else []
    checks.append(_traced(f"invoice received once: {document.member}", twin))
    return Decided(document, (*found, *twin), tuple(checks), triptych)


def triptych_of(facts: Facts, circuit: str) -> str:
    """Key of uniqueness: year, supplier SIREN and number for a platform; supplier and number before.

    Source: Chorus Pro external specifications v1.1 §3.2.3.3.2; historic: dossier §7.3 (assumed).
    """
    if circuit == "b2g":
        return f"b2g|{facts.supplier}|{facts.number}"
    return f"pa|{facts.issue_date[:4]}|{facts.supplier[:9]}|{facts.number}"


def _number(tx: Tx, document: Document, facts: Facts) -> Iterator[Finding]:
    rules, place = tx.reference.rules, _place(document, "number")
    if not facts.number.strip():
        yield rules.finding("NUMBER_MISSING", place)
        return
    if len(facts.number) > _NUMBER_LENGTH:
        yield rules.finding("G1.05_LENGTH", place, found=facts.number, length=len(facts.number))
    if not _NUMBER.fullmatch(facts.number):
        yield rules.finding("G1.05_CHARACTERS", place, found=facts.number)


def _party(tx: Tx, document: Document, facts: Facts, role: str) -> Iterator[Finding]:
    """Checks of one party: named, well-formed, in the directory, active, of the right nature."""
    rules, prefix, place = tx.reference.rules, role.upper(), _place(document, role)
    identifier = facts.supplier if role == "supplier" else facts.recipient
    scheme = facts.supplier_scheme if role == "supplier" else facts.recipient_scheme
    if not identifier:
        yield rules.finding(f"{prefix}_MISSING", place)
    elif scheme in _FRENCH and not _SIRET.fullmatch(identifier):
        yield rules.finding(f"{prefix}_FORMAT", place, found=identifier)
    else:
        yield from _in_directory(tx, role, identifier, place)


def _in_directory(tx: Tx, role: str, identifier: str, place: Place) -> Iterator[Finding]:
    rules, prefix = tx.reference.rules, role.upper()
    structure = tx.structure(identifier)
    if structure is None:
        unknown = tx.reference.options.directory_unknown
        if unknown != "accept":
            rule = f"{prefix}_UNKNOWN" + ("" if unknown == "refuse" else "_ACCEPTED")
            yield rules.finding(rule, place, found=identifier)
    elif not structure.active:
        yield rules.finding(f"{prefix}_INACTIVE", place, found=identifier)
    elif _wrong_nature(structure, role):
        yield rules.finding("RECIPIENT_NOT_PUBLIC", place, found=identifier)


def _wrong_nature(structure: Structure, role: str) -> bool:
    return role == "recipient" and structure.kind != "public"


def _unique(tx: Tx, document: Document, facts: Facts, triptych: str) -> list[Finding]:
    earlier = tx.invoice_standing(triptych)
    if earlier is None:
        return []
    finding = tx.reference.rules.finding(
        "INVOICE_DUPLICATE",
        _place(document, "number"),
        number=facts.number,
        supplier=facts.supplier,
        earlier=earlier.name,
    )
    return [finding]


def _place(document: Document, field: str) -> Place:
    places = document.facts.places if document.facts else {}
    xpath, line, column = places.get(field, ("", 0, 0))
    return Place(document.member, line or None, column or None, xpath or None)


def _traced(name: str, findings: Sequence[Finding]) -> Check:
    refused = [f for f in findings if f.refuses]
    detail = "; ".join(f.help for f in findings)
    return Check(name, "failed" if refused else "passed", detail)


# -- what goes back -----------------------------------------------------------------------------


def _line_of_invoice(tx: Tx, one: Decided) -> ErrorLine:
    """One line for a refused invoice, its messages joined as the portal joins them (CRDET)."""
    lines = [error_line(tx, f) for f in one.findings if f.refuses]
    number = one.document.facts.number if one.document.facts else ""
    return ErrorLine(
        nature=lines[0].nature,
        code=lines[0].code,
        label=lines[0].label,
        text=" | ".join(line.text for line in lines),
        rule=lines[0].rule,
        subject=number or one.document.member,
    )


def _statuses(
    tx: Tx, flow: Flow, decided: Sequence[Decided], raccordement: Raccordement | None
) -> list[InvoiceStatus]:
    plan = tx.reference.circuits.get(raccordement.circuit) if raccordement else None
    if plan is None:
        return []
    statuses = []
    for one in decided:
        answer = plan.invoice_accepted if one.accepted else plan.invoice_refused
        facts = one.document.facts
        if answer and facts:
            lines = tuple(error_line(tx, f) for f in one.findings if f.refuses)
            statuses.append(_status(answer.status, answer.label, facts, flow, lines))
    return statuses


def _status(
    status: str, label: str, facts: Facts, flow: Flow, lines: tuple[ErrorLine, ...]
) -> InvoiceStatus:
    return InvoiceStatus(
        status=status,
        label=label,
        number=facts.number,
        issue_date=facts.issue_date,
        type_code=facts.type_code,
        supplier_scheme=facts.supplier_scheme,
        supplier=facts.supplier,
        supplier_name=facts.supplier_name,
        recipient=facts.recipient,
        recipient_name=facts.recipient_name,
        received=flow.received,
        lines=lines,
    )
