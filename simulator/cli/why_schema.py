"""``flow why --json``: what it writes, and its JSON Schema.

``python -m simulator.cli.why_schema`` prints the schema; ``make schema`` keeps it in
``schemas/why.schema.json``. Readers should ignore keys they do not know: later versions may add some.

Source: design §7, ``flow why``.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from simulator.domain.becoming import Becoming
from simulator.domain.findings import Level, Mark, Severity
from simulator.validation.jsonline import Count, Ordinal, Schematron

_VERDICTS = ["", "accepted", "partial", "rejected", "irrecevable"]


def _about(description: str) -> Meta:
    return Meta(description=description)


class CheckLine(msgspec.Struct, frozen=True):
    """One check, in the order in which they were made."""

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    detail: str


class PlaceLine(msgspec.Struct, frozen=True):
    """Where a finding points; null where it is not known."""

    member: Annotated[str | None, _about("The file in the flow.")]
    line: Annotated[Count | None, _about("Line, from 1; 0 is not known.")]
    column: Annotated[Count | None, _about("Column in characters, from 1; 0 is not known.")]
    xpath: Annotated[str | None, _about("Path of the element.")]
    excerpt: Annotated[str | None, _about("The line around the place, at most 160 characters.")]


class WireLine(msgspec.Struct, frozen=True):
    """A line of a return that says what a finding says."""

    return_: Annotated[str, _about("Name of the return.")] = msgspec.field(name="return")
    status: Annotated[str, _about("Status that the line stands under.")]
    code: Annotated[str, _about("Motif.")]
    text: Annotated[str, _about("As it was sent.")]


class WhyFinding(msgspec.Struct, frozen=True):
    """One rule that fired, and what came of it."""

    rule: Annotated[str, _about("Its id; of a schema error the cvc-... key.")]
    pack: Annotated[str, _about("The family of rules that it belongs to.")]
    severity: Annotated[Severity, _about("Only an error refuses.")]
    level: Annotated[Level, _about("What the rule speaks of, and so what an error refuses.")]
    message: Annotated[str, _about("French, as the exchange system would word it.")]
    help: Annotated[str, _about("English: expected, found, where.")]
    repair: Annotated[str, _about("English: what to do.")]
    motif: Annotated[str | None, _about("Code on the wire, such as IRR_SYNTAX.")]
    place: Annotated[PlaceLine, _about("Where in the flow.")]
    source: Annotated[str, _about("Document and section behind the rule, with versions.")]
    mark: Annotated[Mark, _about("How far the behaviour is known.")]
    invoice: Annotated[str, _about("Number of the invoice that it speaks of; empty: of none.")]
    wire: Annotated[tuple[WireLine, ...], _about("What was sent of it.")]
    becomes: Annotated[Becoming, _about("What it led to, and why.")]
    version: Annotated[
        str | None, _about("Of the rule pack; null: a check that comes with the program.")
    ]
    asked: Annotated[str, _about("English: what the rule asks for.")]
    found: Annotated[
        str | None, _about("What was found; null where the rule does not tell it apart.")
    ]
    caret: Annotated[
        Count | None, _about("Where in the excerpt the place is, in characters from 0.")
    ]
    repair_fr: Annotated[str | None, _about("French: what to do; null: there is English only.")]


class ReportedLine(msgspec.Struct, frozen=True):
    """One error as a return carries it."""

    nature: str
    code: str
    label: str
    text: str
    rule: str
    subject: str


class StatusLine(msgspec.Struct, frozen=True):
    """One status in a return."""

    status: str
    label: str
    about: Annotated[str, _about("The flow by its id or name, or the invoice by its number.")]
    lines: tuple[ReportedLine, ...]


class ReturnLine(msgspec.Struct, frozen=True):
    """One return to the partner."""

    id: Ordinal
    name: str
    interface: str
    format: Literal["cppstatut", "cdar"]
    state: Annotated[str, _about("composing, held, waiting, delivered, failed or purged.")]
    issued: Annotated[str, _about("Business instant.")]
    size: Annotated[Count | None, _about("In bytes; null: it is not written yet.")]
    statuses: tuple[StatusLine, ...]


class DocumentBeside(msgspec.Struct, frozen=True):
    """One document of the flow: our findings beside those of official Schematron."""

    member: str
    schematron: Schematron


class FlowBeside(msgspec.Struct, frozen=True):
    """The documents of the flow, as official Schematron sees them."""

    not_run: Annotated[str, _about("Why it was not asked at all; empty if it was.")] = ""
    documents: Annotated[tuple[DocumentBeside, ...], _about("In the order of the flow.")] = ()
    left_out: Annotated[Count, _about("Documents that it was not asked about.")] = 0


class Why(msgspec.Struct, frozen=True):
    """Why a flow was answered as it was."""

    flow: Annotated[Ordinal, _about("Its number in the journal.")]
    name: Annotated[str, _about("As it was deposited.")]
    partner: Annotated[str, _about("Code application of who deposited it.")]
    circuit: Annotated[str, _about("Of that partner; empty: it is gone.")]
    interface: Annotated[str, _about("Code in the name; empty: the name cannot be read.")]
    state: Annotated[str, _about("As the portal shows it, such as IN_REJETE.")]
    verdict: Annotated[str, Meta(description="Empty: not decided yet.", examples=_VERDICTS)]
    checks: Annotated[tuple[CheckLine, ...], _about("In the order in which they were made.")]
    skipped: Annotated[
        tuple[tuple[str, str], ...], _about("Rule packs that did not run, with the reason.")
    ]
    findings: Annotated[tuple[WhyFinding, ...], _about("In the order in which they were made.")]
    returns: Annotated[tuple[ReturnLine, ...], _about("What was answered, in order.")]
    schematron: Annotated[FlowBeside | UnsetType, _about("With --schematron only.")] = UNSET


def schema() -> dict[str, Any]:
    """JSON Schema of the answer."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The answer of aife-sim flow why --json",
        **msgspec.json.schema(Why),
    }


def schema_text() -> str:
    """`schema` as it stands in ``schemas/why.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_text().encode())
