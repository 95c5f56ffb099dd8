"""A row of ``check`` as the JSON object that ``--json`` writes, one a line, and its JSON Schema.

``python -m simulator.validation.jsonline`` prints the schema; ``make schema`` keeps it in
``schemas/check.schema.json``. Readers should ignore keys they do not know: later versions may add
some.

Source: design §7, ``check``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from simulator.domain.becoming import Becoming, Replies, becomes
from simulator.domain.findings import Finding, Level, Mark, Severity
from simulator.domain.judgement import Verdict
from simulator.validation.explain import explanation
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


# A number from 1, and one from 0.
Ordinal = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]


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
    version: Annotated[
        str | None, _about("Of the rule pack; null: a check that comes with the program.")
    ]
    level: Annotated[Level, _about("What the rule speaks of, and so what an error refuses.")]
    asked: Annotated[str, _about("English: what the rule asks for.")]
    found: Annotated[
        str | None, _about("What was found; null where the rule does not tell it apart.")
    ]
    file: Annotated[str, _about("The document, in its envelope if it came in one; or the flow.")]
    excerpt: Annotated[str | None, _about("The line around the place, at most 160 characters.")]
    caret: Annotated[
        Count | None,
        _about("Where in the excerpt the place is, in characters from 0."),
    ]
    becomes: Annotated[Becoming, _about("What it leads to on the wire, and why.")]
    repair: Annotated[str, _about("English: what to do.")]
    repair_fr: Annotated[str | None, _about("French: the same; null: there is English only.")]
    source: Annotated[str, _about("Document and section behind the rule, with versions.")]
    mark: Annotated[Mark, _about("How far the behaviour is known.")]
    explanation: Annotated[
        str | UnsetType | None,
        _about("What a second validator says of a schema error; with --explain only."),
    ] = UNSET


class Skipped(msgspec.Struct, frozen=True):
    """A rule pack that did not run."""

    pack: str
    reason: str


class Compared(msgspec.Struct, frozen=True):
    """A rule that fired here, in official Schematron, or in both."""

    rule: Annotated[str, _about("Its id.")]
    where: Annotated[Literal["both", "only ours", "only official"], _about("Who says so.")]
    ours: Annotated[Count, _about("How many findings.")]
    official: Annotated[Count, _about("How often it fired there.")]
    sets: Annotated[tuple[str, ...], _about("Official sets that fired it, or that only have it.")]
    flag: Annotated[str, _about("As the official rule has it; empty for only ours.")]
    location: Annotated[str, _about("Path of the first of them.")]
    text: Annotated[str, _about("Its message.")]
    note: Annotated[str, _about("Why a difference means nothing; empty: it does mean something.")]


class Stopped(msgspec.Struct, frozen=True):
    """An official set that did not get to its end."""

    title: str
    reason: str


class Schematron(msgspec.Struct, frozen=True):
    """Our findings on a document beside those of official Schematron."""

    agrees: Annotated[bool, _about("Whether no rule differs; where nothing ran, none does.")]
    not_run: Annotated[str, _about("Why no official set ran; empty if one did.")]
    engines: Annotated[tuple[str, ...], _about("Official sets that ran to their end.")]
    stopped: Annotated[tuple[Stopped, ...], _about("Those that did not.")]
    rows: Annotated[tuple[Compared, ...], _about("Rules that fired; those that differ first.")]


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
    schematron: Annotated[
        Schematron | UnsetType | None,
        _about("With --schematron only; null where there is no document to run it on."),
    ] = UNSET


class Asides(msgspec.Struct, frozen=True):
    """What others say of a document, as far as they were asked.

    Attributes:
        reasons: for each finding, what a second validator says; None: it was not asked.
        schematron: official Schematron beside our findings; UNSET: it was not asked.
    """

    reasons: Sequence[str | None] | None = None
    schematron: Schematron | UnsetType | None = UNSET


def line_of(row: Row, replies: Replies, asides: Asides | None = None) -> Line:
    """The line of a row.

    Args:
        row: what was judged.
        replies: how refusals are answered where it came in.
        asides: what others say of it.
    """
    asides = asides or Asides()
    told: Sequence[str | UnsetType | None]
    told = [UNSET] * len(row.findings) if asides.reasons is None else asides.reasons
    findings = (finding_line(f, replies, row.path) for f in row.findings)
    return Line(
        path=row.path,
        member=row.member,
        interface=row.interface,
        syntax=row.syntax,
        verdict=row.verdict,
        packs=row.packs,
        findings=tuple(
            msgspec.structs.replace(line, explanation=reason)
            for line, reason in zip(findings, told, strict=True)
        ),
        skipped=tuple(Skipped(pack, reason) for pack, reason in row.skipped),
        schematron=asides.schematron,
    )


def finding_line(finding: Finding, replies: Replies | Becoming, flow: str) -> FindingLine:
    """A finding, explained.

    Args:
        finding: of today, or out of a journal.
        replies: how refusals are answered where it was made, or what became of it.
        flow: the file that it was found in.
    """
    explained = explanation(finding)
    if isinstance(replies, Replies):
        replies = becomes(finding.severity, finding.level, replies)
    return FindingLine(
        rule=finding.rule,
        pack=finding.pack,
        severity=finding.severity,
        message=finding.message,
        line=finding.place.line or None,
        column=finding.place.column or None,
        xpath=finding.place.xpath,
        motif=finding.motif,
        version=explained.version,
        level=finding.level,
        asked=explained.asked,
        found=explained.found,
        file=_file(flow, finding.place.member),
        excerpt=finding.place.excerpt,
        caret=explained.caret,
        becomes=replies,
        repair=finding.repair,
        repair_fr=explained.repair_fr,
        source=finding.source,
        mark=finding.mark,
    )


def _file(flow: str, member: str | None) -> str:
    return flow if member in (None, Path(flow).name) else f"{flow} > {member}"


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


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_text().encode())
