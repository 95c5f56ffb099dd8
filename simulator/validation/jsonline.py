"""A row of ``check`` as the JSON object that ``--json`` writes, one a line, and its JSON Schema.

``python -m simulator.validation.jsonline`` prints the schema; ``make schema`` keeps it in
``schemas/check.schema.json``. Readers should ignore keys they do not know: later versions may add
some.

Source: design §7, ``check``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from simulator.domain.findings import Finding, Severity
from simulator.domain.judgement import Verdict
from simulator.validation.offline import Row

_SYNTAXES = [
    "ubl-invoice",
    "ubl-creditnote",
    "cii-d16b",
    "cii-d22b",
    "factur-x",
    "cdar",
    "cpp-statut",
    "cpp-facture-pivot",
    "cpp-facture-mixte",
    "unknown",
]


def _about(description: str) -> Meta:
    return Meta(description=description)


# A count from 1.
Ordinal = Annotated[int, Meta(ge=1)]


class FindingLine(msgspec.Struct, frozen=True):
    """One rule that fired."""

    rule: Annotated[str, _about("Its id; of a schema error the cvc-... key.")]
    pack: Annotated[str, _about("The family of rules that it belongs to.")]
    severity: Annotated[Severity, _about("Only an error refuses.")]
    message: Annotated[str, _about("French, as the exchange system would word it.")]
    line: Annotated[Ordinal | None, _about("Line in the document, from 1.")]
    column: Annotated[Ordinal | None, _about("Column in characters, from 1.")]
    xpath: Annotated[str | None, _about("Path of the element.")]
    motif: Annotated[str | None, _about("Code on the wire, such as IRR_SYNTAX.")]
    explanation: Annotated[
        str | UnsetType | None,
        _about("What a second validator says of a schema error; with --explain only."),
    ] = UNSET


class Skipped(msgspec.Struct, frozen=True):
    """A rule pack that did not run."""

    pack: str
    reason: str


class Line(msgspec.Struct, frozen=True):
    """What is said of one document, or of a whole file that is refused as a container."""

    path: Annotated[str, _about("The file, as it was given.")]
    member: Annotated[
        str | None, _about("The document in the file; null where the file itself is judged.")
    ]
    interface: Annotated[str | None, _about("The interface code that it was judged by, if any.")]
    syntax: Annotated[str, Meta(description="Kind of the document.", examples=_SYNTAXES)]
    verdict: Annotated[
        Verdict,
        _about("rejected: by a rule of severity error; irrecevable: by container or syntax."),
    ]
    packs: Annotated[tuple[str, ...], _about("Rule packs that ran.")]
    findings: Annotated[tuple[FindingLine, ...], _about("In document order.")]
    skipped: Annotated[tuple[Skipped, ...], _about("Rule packs that did not run.")]


def line_of(row: Row, reasons: Sequence[str | None] | None = None) -> Line:
    """The line of a row.

    Args:
        row: what was judged.
        reasons: for each finding, what the second validator says; None: it was not asked.
    """
    told: Sequence[str | UnsetType | None]
    told = [UNSET] * len(row.findings) if reasons is None else reasons
    return Line(
        path=row.path,
        member=row.member,
        interface=row.interface,
        syntax=row.syntax,
        verdict=row.verdict,
        packs=row.packs,
        findings=tuple(_finding(f, r) for f, r in zip(row.findings, told, strict=True)),
        skipped=tuple(Skipped(pack, reason) for pack, reason in row.skipped),
    )


def schema() -> dict[str, Any]:
    """JSON Schema of a line."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of aife-sim check --json",
        **msgspec.json.schema(Line),
    }


def schema_text() -> str:
    """`schema` as it stands in ``schemas/check.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def _finding(finding: Finding, reason: str | UnsetType | None) -> FindingLine:
    return FindingLine(
        rule=finding.rule,
        pack=finding.pack,
        severity=finding.severity,
        message=finding.message,
        line=finding.place.line or None,
        column=finding.place.column or None,
        xpath=finding.place.xpath,
        motif=finding.motif,
        explanation=reason,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_text().encode())
