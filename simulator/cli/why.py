"""``flow why``: the answer of a node or a journal, explained, and held against official Schematron."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from simulator import resources
from simulator.cli.check import rows
from simulator.cli.second_looks import SecondLooks, as_json, second_looks
from simulator.cli.why_schema import DocumentBeside, FlowBeside
from simulator.domain.becoming import Becoming, sourced
from simulator.domain.findings import Finding
from simulator.domain.flowname import FlowName, NameFault
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import Options, Reference
from simulator.schematron.beside import SideBySide, lines
from simulator.validation.jsonline import FindingLine, finding_line
from simulator.validation.offline import Request, Row

Trace = Mapping[str, Any]

# Documents of one flow that official Schematron is run on.
_MOST_DOCUMENTS = 100
_NOT_JUDGED = "official Schematron not run: no document of the flow was judged"
_SCHEMA = "xsd"
_ADDED = ("becomes", "version", "asked", "found", "caret", "repair_fr")


class Explained:
    """The answer of a node or a journal with its findings explained.

    Args:
        trace: as `simulator.journal.explain.why` gives it.
    """

    def __init__(self, trace: Trace) -> None:
        reference = resources.reference(Options())
        self.trace = trace
        self.findings = [_explained(finding, trace, reference) for finding in trace["findings"]]

    def as_json(self, beside: Beside | None = None) -> dict[str, Any]:
        """The answer as ``--json`` writes it, with what official Schematron says if it was asked."""
        told: dict[str, Any] = {
            **self.trace,
            "findings": [
                {**finding, **_added(line)}
                for finding, line in zip(self.trace["findings"], self.findings, strict=True)
            ],
        }
        if beside:
            told["schematron"] = msgspec.to_builtins(beside.as_json)
        return told


def _explained(finding: Trace, trace: Trace, reference: Reference) -> FindingLine:
    becoming = msgspec.convert(finding["becomes"], Becoming)
    plan = reference.circuits.get(trace["circuit"])
    known = sourced(becoming, plan) if plan else becoming
    return finding_line(msgspec.convert(finding, Finding), known, trace["name"])


def _added(line: FindingLine) -> dict[str, Any]:
    told = msgspec.to_builtins(line)
    return {key: told[key] for key in _ADDED}


class Beside(NamedTuple):
    """The documents of a flow, our findings beside those of official Schematron.

    Attributes:
        documents: file in the flow, and the comparison, in order.
        left_out: documents beyond.
        not_run: why none was looked at.
    """

    documents: tuple[tuple[str, SideBySide], ...] = ()
    left_out: int = 0
    not_run: str = ""

    @property
    def lines(self) -> Iterator[str]:
        """For people."""
        if self.not_run:
            yield self.not_run
        for member, side in self.documents:
            yield f"{member}:"
            yield from (f"  {line}" for line in lines(side))
        if self.left_out:
            yield f"{self.left_out} more documents: use flow raw, then check --schematron"

    @property
    def as_json(self) -> FlowBeside:
        """As ``--json`` writes it."""
        documents = (DocumentBeside(member, as_json(side)) for member, side in self.documents)
        return FlowBeside(self.not_run, tuple(documents), self.left_out)


def beside(trace: Trace, content: bytes) -> Beside:
    """Official Schematron on the documents of a flow, beside what the node found in them.

    Args:
        trace: why the flow was answered as it was.
        content: the bytes of the flow.

    Raises:
        EnvironmentFailure: the settings cannot be used.
        JudgingUnavailable: no judging process can work here.
        OSError: there is no place for a copy of the flow.
    """
    if not _was_judged(trace):
        return Beside(not_run=_NOT_JUDGED)
    request = Request(Catalogue.from_table(resources.table("schemas", "catalogue.toml")))
    with (
        TemporaryDirectory(prefix="aife-sim-why-") as folder,
        second_looks(request, schematron=True) as looks,
    ):
        copy = Path(folder, trace["name"])
        copy.write_bytes(content)
        # Judged again: which syntax each document is of, and which packs it is held to.
        judged = (row for _, row in rows([copy], request) if row.member is not None)
        asked = islice(judged, _MOST_DOCUMENTS)
        return Beside(tuple(_documents(asked, looks, copy, trace)), sum(1 for _ in judged))


def _was_judged(trace: Trace) -> bool:
    try:
        FlowName.parse(trace["name"])
    except NameFault:
        return False
    return any(check["name"] == "unpack" for check in trace["checks"])


def _documents(
    judged: Iterable[Row], looks: SecondLooks, copy: Path, trace: Trace
) -> Iterator[tuple[str, SideBySide]]:
    for row in judged:
        ours = tuple(
            msgspec.convert(finding, Finding)
            for finding in trace["findings"]
            if finding["place"]["member"] == row.member
        )
        side = looks.at(copy, _as_the_node_judged(row, ours)).side
        if side is not None and row.member is not None:
            yield row.member, side


def _as_the_node_judged(row: Row, ours: tuple[Finding, ...]) -> Row:
    """A row with the node's findings: it runs no rules on a document that its schema refuses."""
    if not any(f.pack == _SCHEMA and f.refuses for f in ours):
        return msgspec.structs.replace(row, findings=ours)
    rules = ((pack, "refused by its schema") for pack in row.packs if pack != _SCHEMA)
    return msgspec.structs.replace(
        row, findings=ours, packs=(_SCHEMA,), skipped=(*row.skipped, *rules)
    )
