"""Decision: the checks that need the books, and the verdict of the flow and of each invoice.

It sees a judgement, never a document. Source of the checks and their order: Chorus Pro external
specifications v1.1 §3.2.1.4.2 (supplier, recipient, uniqueness); of the numbers: dossier §7.2, §7.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.flows import ErrorLine, InvoiceStatus, ObjectStatus
from simulator.domain.judgement import (
    INVOICES,
    Check,
    Document,
    Facts,
    Judgement,
    documents_of,
)
from simulator.domain.reference import Answer, CircuitPlan
from simulator.exchange import declarations
from simulator.exchange.delivery import Word, played_by, tell
from simulator.exchange.emission import (
    Outcome,
    answer_declarations,
    error_line,
    invoice_statuses,
    object_of,
    release_held,
    report_lines,
    report_on_flow,
    status_refused,
)
from simulator.exchange.faults import refusals
from simulator.exchange.hearing import Heard, hear, too_many
from simulator.exchange.inputs import BlockJudged, Judged
from simulator.exchange.invoice_checks import check, place_of
from simulator.exchange.life import begin, complete, plan_story
from simulator.exchange.standing import Standing, standing
from simulator.journal.rows import Flow, Invoice
from simulator.journal.tx import Tx

_ONE_STATUS = "cdar"
# So many invoices have every check of theirs in the trace.
_FEW = 20


class Decided(msgspec.Struct, frozen=True):
    """One document with its findings, those of the judging process and those of the books.

    `words` is what follows besides the answer to the deposit, `stands` what it meets under its number,
    `refusal` why a status may not be said.
    """

    document: Document
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    stands: Standing = Standing("")
    words: tuple[Word, ...] = ()
    refusal: ErrorLine | None = None

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses the invoice, or the status."""
        return self.refusal is None and not any(f.refuses for f in self.findings)


def conclude(tx: Tx, judged: Judged) -> None:
    """The step of a judgement: decide, record, answer. A second answer to one job changes nothing.

    The documents of a large flow have been decided before it, block by block.
    """
    open_, cause = tx.finish(judged.work)
    if not open_:
        return
    flow = tx.flow(judged.flow)
    judgement = declarations.once(tx, judged.judgement)
    if judgement.errors_of_flow:
        _refuse(tx, flow, judgement, cause)
    else:
        _settle(tx, flow, judgement, cause)


def decide_block(tx: Tx, judged: BlockJudged) -> None:
    """The step of one block of a large flow; it stays in process until its last block is decided.

    Its statuses are held back until the report on the flow has left. A block that was decided before
    a restart is not decided again.
    """
    flow = tx.flow(judged.flow)
    if judged.index != flow.blocks or not tx.is_open(judged.work):
        return
    tx.set_flow(flow.id, "IN_EN_COURS_TRAITEMENT_CPP")
    tx.set_blocks(flow.id, judged.index + 1)
    decided = _decided(tx, flow, documents_of(judged.documents))
    body = {"checks": _checks(decided), "documents": _told(decided)}
    cause = tx.cause_of(judged.work)
    event = tx.event(flow.stream, "DocumentsDecided", body, cause=cause, flow=flow.id)
    invoice_statuses(tx, flow, _statuses(tx, flow, decided), event, held=True)
    tell(tx, (word for one in decided for word in one.words), event, held=flow.id)
    answer_declarations(tx, flow, _declared(tx, flow, decided), event, held=True)


def _refuse(tx: Tx, flow: Flow, judgement: Judgement, cause: int | None) -> None:
    incident = any(f.rule.startswith("SIM_JUDGE") for f in judgement.errors_of_flow)
    if flow.blocks:  # the judge gave up at its second try
        tx.forget_blocks(flow.id)
        tx.event(flow.stream, "BlocksForgotten", {"blocks": flow.blocks}, cause=cause, flow=flow.id)
    tx.set_flow(flow.id, "IN_INCIDENTE" if incident else "IN_REJETE", "irrecevable")
    decided = [Decided(d, d.findings, ()) for d in judgement.documents]
    event = _record(tx, flow, judgement, decided, "irrecevable", cause)
    report_on_flow(tx, flow, "refused", judgement.errors_of_flow, event)


def _settle(tx: Tx, flow: Flow, judgement: Judgement, cause: int | None) -> None:
    decided = _decided(tx, flow, judgement.documents)
    lines = tx.lines_of(flow.id)
    everything = len(lines) == tx.invoices_of(flow.id)
    verdict = "accepted" if not lines else "rejected" if everything else "partial"
    tx.set_flow(flow.id, "IN_INTEGRE_PARTIEL" if lines else "IN_INTEGRE", verdict)
    event = _record(tx, flow, judgement, decided, verdict, cause)
    of_invoices = not any(flow.interface in p.statuses for p in tx.reference.circuits.values())
    all_refused = of_invoices and verdict == "rejected" and _refuses_all(tx)
    outcome: Outcome = "accepted" if not lines else "refused" if all_refused else "partial"
    report_lines(tx, flow, outcome, lines, event)
    invoice_statuses(tx, flow, _statuses(tx, flow, decided), event)
    release_held(tx, flow, event)
    tell(tx, (word for one in decided for word in one.words), event)
    answer_declarations(tx, flow, _declared(tx, flow, decided), event)
    plan_story(tx, flow, event)


def _refuses_all(tx: Tx) -> bool:
    """Whether a deposit none of whose invoices is taken counts as refused."""
    return tx.reference.options.all_rejected == "refused"


def _decided(tx: Tx, flow: Flow, documents: Sequence[Document]) -> list[Decided]:
    """Decides documents in order, and enters each invoice into the book before the next."""
    raccordement = tx.raccordement(flow.partner)
    circuit = raccordement.circuit if raccordement else ""
    plan = tx.reference.circuits.get(circuit)
    decided = []
    said = Counter(d.member for d in documents if d.facts and d.facts.syntax == _ONE_STATUS)
    for document in documents:
        assert document.facts is not None, "a document without facts has an error of level file"
        if document.facts.syntax in INVOICES:
            one = _check_document(tx, flow, document, circuit)
            invoice = _enter(tx, flow, one, plan)
            answer = _answer(one, plan)
            if one.accepted and one.stands.completes:
                words = complete(tx, flow, one.stands.completes, document.member)
                one = msgspec.structs.replace(one, words=words)
            elif one.accepted and plan and answer:
                about = _status((plan, answer), document.facts, flow, ())
                words = begin(tx, flow, invoice, about, document.facts.profile)
                checks = (*one.checks, *_platform_missing(tx, flow, plan, about))
                one = msgspec.structs.replace(one, words=words, checks=checks)
        elif declarations.is_declaration(document):
            one = _declares(tx, document)
            _enter(tx, flow, one, None)
        else:
            one = _heard(tx, flow, document, said[document.member])
            said[document.member] = min(0, -said[document.member])  # it is answered once
            _enter(tx, flow, one, None)
        decided.append(one)
    return decided


def _declared(tx: Tx, flow: Flow, decided: Iterable[Decided]) -> list[ObjectStatus]:
    """The declarations that were taken, for their answers to say a status of."""
    return declarations.answered(tx, flow, (one.document for one in decided if one.accepted))


def _declares(tx: Tx, document: Document) -> Decided:
    """A declaration: it is passed on to the PPF, whose answer is told in the trace."""
    assert document.facts is not None
    lines = declarations.refusals(tx, document, document.facts)
    said = "; ".join(line.text for line in lines) or "the PPF takes it"
    check = Check(f"declaration {document.facts.number}", "failed" if lines else "passed", said)
    key = declarations.key_of(document)
    # Two files of one name in a flow too large to be decided at once: the first keeps it.
    key = "" if tx.invoice_standing(key) else key
    return Decided(document, document.findings, (check,), Standing(key))


def _heard(tx: Tx, flow: Flow, document: Document, in_file: int) -> Decided:
    """A status or a declaration: told to the invoice that it is about, or refused in its turn.

    `in_file` is how many its message says, negative once that was told for another of them.
    """
    facts = document.facts
    assert facts is not None
    lines = tuple(error_line(tx, f) for f in document.findings if f.refuses)
    if lines:
        heard = Heard(None, "its rules refuse it")
    elif abs(in_file) > 1:
        heard = too_many(tx, abs(in_file))
    else:
        heard = hear(tx, flow, document)
    if heard.refusal:
        lines = (heard.refusal,)
    # What is itself an acknowledgement is never answered (PPF general dossier v3.2 §3.4.4).
    is_answered = bool(tx.reference.catalogue[flow.interface].flow_ack)
    if lines and is_answered and in_file >= 0 and isinstance(facts.said, InvoiceStatus):
        event = tx.event(flow.stream, "StatusRefused", {"number": facts.number, "lines": lines})
        status_refused(tx, flow, object_of(flow, facts, "message", lines), event)
    check = Check(f"status of {facts.number}", "failed" if lines else "passed", heard.note)
    return Decided(document, document.findings, (check,), words=heard.words, refusal=heard.refusal)


def _enter(tx: Tx, flow: Flow, one: Decided, plan: CircuitPlan | None) -> int:
    facts = one.document.facts
    assert facts is not None
    answer = _answer(one, plan)
    keeps_number = one.accepted and not one.stands.completes
    if keeps_number and one.stands.recycles:
        tx.life.replace(one.stands.recycles.id)
    return tx.add_invoice(
        flow.id,
        Invoice(
            member=one.document.member,
            number=facts.number,
            supplier=facts.supplier,
            recipient=facts.recipient,
            status=answer.status if answer else "",
            verdict="accepted" if one.accepted else "rejected",
            triptych=(one.stands.key or None) if keeps_number else None,
            size=one.document.size,
            line=None if one.accepted else _line_of_invoice(tx, one),
        ),
    )


def _answer(one: Decided, plan: CircuitPlan | None) -> Answer | None:
    """The status that goes back for one invoice, if its circuit has one."""
    if plan is None or (one.accepted and one.stands.completes):
        return None
    return plan.invoice_accepted if one.accepted else plan.invoice_refused


def _record(
    tx: Tx,
    flow: Flow,
    judgement: Judgement,
    decided: Sequence[Decided],
    verdict: str,
    cause: int | None,
) -> int:
    body = {
        "verdict": verdict,
        "checks": (*judgement.checks, *_checks(decided)),
        "skipped": judgement.skipped,
        "findings": judgement.findings,
        "documents": _told(decided),
    }
    return tx.event(flow.stream, "FlowJudged", body, cause=cause, flow=flow.id)


def _told(decided: Iterable[Decided]) -> list[dict[str, object]]:
    return [
        {
            "member": one.document.member,
            "number": one.document.facts.number if one.document.facts else "",
            "verdict": "accepted" if one.accepted else "rejected",
            "findings": one.findings,
            **_carried(one.document.facts),
        }
        for one in decided
    ]


def _carried(facts: Facts | None) -> dict[str, object]:
    """The files that a status message carries, if it carries any."""
    files = facts.said.attachments if facts and isinstance(facts.said, InvoiceStatus) else ()
    told = [{"name": file.name, "mime": file.mime, "size": file.size} for file in files]
    return {"attachments": told} if told else {}


def _checks(decided: Sequence[Decided]) -> list[Check]:
    """The trace: every check of a few invoices; of many, those that failed."""
    every = [check for one in decided for check in one.checks]
    if len(decided) <= _FEW:
        return every
    failed = [check for check in every if check.outcome == "failed"]
    passed = sum(one.accepted for one in decided)
    outcome: Literal["passed", "failed"] = "passed" if passed == len(decided) else "failed"
    return [Check("invoices", outcome, f"{passed} of {len(decided)} accepted"), *failed]


# -- checks on the facts of one document --------------------------------------------------------


def _check_document(tx: Tx, flow: Flow, document: Document, circuit: str) -> Decided:
    facts = document.facts
    assert facts is not None
    checked = check(tx, document, circuit)
    demanded = refusals(tx, flow, facts, place_of(facts, "number", document.member))
    found = (*document.findings, *checked.findings, *demanded)
    refused = any(f.refuses for f in found)
    stands = Standing("") if refused else standing(tx, document, circuit)
    checks = (*checked.checks, stands.trace(document.member))
    return Decided(document, (*found, *stands.findings), checks, stands)


# -- what goes back -----------------------------------------------------------------------------


def _line_of_invoice(tx: Tx, one: Decided) -> ErrorLine:
    """One line for a refused invoice, its messages joined as the portal joins them (CRDET)."""
    lines = [error_line(tx, f) for f in one.findings if f.refuses]
    lines += [one.refusal] if one.refusal else []
    number = one.document.facts.number if one.document.facts else ""
    return ErrorLine(
        nature=lines[0].nature,
        code=lines[0].code,
        label=lines[0].label,
        text=" | ".join(line.text for line in lines),
        rule=lines[0].rule,
        subject=number or one.document.member,
    )


def _statuses(tx: Tx, flow: Flow, decided: Sequence[Decided]) -> list[InvoiceStatus]:
    raccordement = tx.raccordement(flow.partner)
    plan = tx.reference.circuits.get(raccordement.circuit) if raccordement else None
    statuses = []
    for one in decided:
        answer, facts = _answer(one, plan), one.document.facts
        if plan and answer and facts and facts.syntax in INVOICES:
            lines = tuple(error_line(tx, f) for f in one.findings if f.refuses)
            status = _status((plan, answer), facts, flow, lines)
            statuses.append(_or_undelivered(tx, flow, plan, status) if one.accepted else status)
    return statuses


def _is_undelivered(tx: Tx, flow: Flow, plan: CircuitPlan, recipient: str) -> bool:
    """Whether nobody can hand an invoice of a flow to its recipient."""
    who = played_by(tx, plan.circuit, flow.interface, recipient) if plan.undelivered else "us"
    return who == "nobody"


def _platform_missing(
    tx: Tx, flow: Flow, plan: CircuitPlan, about: InvoiceStatus
) -> tuple[Check, ...]:
    """The line of the trace that tells why an accepted invoice goes to no platform."""
    if not _is_undelivered(tx, flow, plan, about.recipient):
        return ()
    code = plan.deliveries.get(flow.interface, "")
    detail = f"no connected platform takes {code} for {about.recipient}: {plan.undelivered}"
    return (Check(f"platform of the recipient of {about.number}", "skipped", detail),)


def _or_undelivered(tx: Tx, flow: Flow, plan: CircuitPlan, status: InvoiceStatus) -> InvoiceStatus:
    """The first status of an invoice; with a motif when nobody can hand it to its recipient."""
    if not _is_undelivered(tx, flow, plan, status.recipient):
        return status
    label = tx.reference.life.motifs.label(plan.undelivered)
    return msgspec.structs.replace(status, motif=plan.undelivered, motif_label=label)


def _status(
    said: tuple[CircuitPlan, Answer], facts: Facts, flow: Flow, lines: tuple[ErrorLine, ...]
) -> InvoiceStatus:
    plan, answer = said
    return InvoiceStatus(
        status=answer.status,
        label=answer.label,
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
        reference=facts.reference if plan.echoes else "",
    )
