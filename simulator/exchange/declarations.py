"""Declarations of e-reporting (F10): taken once under one name, and what the PPF answers to them.

Chorus Pro checks names and schema and passes a declaration on; its answer (300, 301) is the PPF's.
Of the PPF's controls only that of the period is made here: the period must be over at business time.

Source: Chorus Pro external specifications v1.1 §3.2.1.4.1, §3.6.2, §3.7; PPF annex 7 v1.9 G7.43.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from simulator.domain.businesstime import LEGAL_TIME
from simulator.domain.findings import Finding, Place
from simulator.domain.flows import ErrorLine, ObjectStatus
from simulator.domain.judgement import Document, Facts, Judgement
from simulator.exchange.emission import error_line, object_of
from simulator.exchange.invoice_checks import place_of
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

SYNTAX = "flux-10"


def is_declaration(document: Document) -> bool:
    """Whether a document is a declaration."""
    return document.facts is not None and document.facts.syntax == SYNTAX


def key_of(document: Document) -> str:
    """Key of uniqueness: the name of the file, which tells declarant, id and period."""
    return f"f10|{document.member}"


def once(tx: Tx, judgement: Judgement) -> Judgement:
    """The judgement with a finding on each declaration whose name was used before."""
    documents = tuple(_once(tx, document) for document in judgement.documents)
    return msgspec.structs.replace(judgement, documents=documents)


def _once(tx: Tx, document: Document) -> Document:
    earlier = tx.invoice_standing(key_of(document)) if is_declaration(document) else None
    if earlier is None:
        return document
    finding = tx.reference.rules.finding(
        "IRR_NOM_F_REPORT_AGAIN",
        Place(member=document.member),
        name=document.member,
        earlier=earlier.name,
    )
    return msgspec.structs.replace(document, findings=(*document.findings, finding))


def answered(tx: Tx, flow: Flow, documents: Iterable[Document]) -> list[ObjectStatus]:
    """What the answers to declarations speak of; the lines are why the PPF refuses one."""
    return [
        object_of(flow, d.facts, "declaration", refusals(tx, d, d.facts))
        for d in documents
        if is_declaration(d) and d.facts
    ]


def refusals(tx: Tx, document: Document, facts: Facts) -> tuple[ErrorLine, ...]:
    """Why the PPF refuses a declaration; none: it takes it."""
    return tuple(error_line(tx, finding) for finding in _open_periods(tx, document, facts))


def _open_periods(tx: Tx, document: Document, facts: Facts) -> Iterator[Finding]:
    today = tx.now.astimezone(LEGAL_TIME).strftime("%Y%m%d")
    for _, end in facts.periods:
        if end >= today:
            place = place_of(facts, "number", document.member)
            values = {"id": facts.number, "end": end, "on": today}
            yield tx.reference.rules.finding("REPORT_PERIOD", place, **values)
