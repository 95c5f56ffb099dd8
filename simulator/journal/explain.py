"""Why a flow was answered as it was: the decision trace, put together from its events."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from simulator.domain.becoming import Replies, Reply, becomes
from simulator.domain.raccordement import Raccordement
from simulator.journal.read import Row, events_of, returns_of
from simulator.journal.rows import Flow

# Lines of returns that are told of one file or invoice.
_MOST_LINES = 50
_NOT_DECIDED = "the flow is not decided yet"


def why(connection: sqlite3.Connection, flow: Flow) -> Row:
    """Every check in order with its outcome, and every finding with what it became on the wire.

    Returns:
        ``{flow, name, partner, circuit, interface, verdict, state, checks: [{name, outcome, detail}],
        skipped, findings: [{..., invoice, wire: [{return, status, code, text}], becomes}], returns}``;
        ``invoice`` is the number of the invoice that a finding speaks of, ``becomes`` a `Becoming` by
        what really went out.
    """
    returns = returns_of(connection, flow.id)
    circuit = _circuit(connection, flow)
    told = _Told(flow, circuit, returns)
    trace: Row = {
        "flow": flow.id,
        "name": flow.name,
        "partner": flow.partner,
        "circuit": circuit,
        "interface": flow.interface,
        "state": flow.state,
        "verdict": flow.verdict,
        "checks": [],
        "skipped": [],
        "findings": [],
        "returns": returns,
    }
    for body in _bodies(events_of(connection, flow.id)):
        trace["checks"] += body.get("checks", [])
        trace["skipped"] += body.get("skipped", [])
        trace["findings"] += [told.explained(f, number) for f, number in _findings(body)]
    return trace


def _bodies(events: list[Row]) -> list[Row]:
    """What events say, in the order of the checks: blocks of a large flow after its unpacking.

    Blocks that were taken back are left out.
    """
    before: list[Row] = []
    blocks: list[Row] = []
    for event in events:
        if event["type"] == "DocumentsDecided":
            blocks.append(event["body"])
        elif event["type"] == "BlocksForgotten":
            blocks.clear()
        else:
            before.append(event["body"])
    return [*before, *blocks]


def _circuit(connection: sqlite3.Connection, flow: Flow) -> str:
    """That of the partner; ``""`` if there is no such partner any more."""
    row = connection.execute(
        "SELECT r.body FROM raccordement r JOIN flow f ON f.space = r.space AND f.partner = r.code"
        " WHERE f.id = ?",
        (flow.id,),
    ).fetchone()
    return msgspec.json.decode(row["body"], type=Raccordement).circuit if row else ""


def _findings(body: Row) -> Iterator[tuple[Row, str]]:
    for finding in body.get("findings", []):
        yield finding, ""
    for document in body.get("documents", []):
        for finding in document["findings"]:
            yield finding, document["number"]


class _Told:
    """What the returns of a flow say of its files and invoices."""

    def __init__(self, flow: Flow, circuit: str, returns: list[Row]) -> None:
        self._flow = flow
        self._circuit = circuit
        self._lines = _lines_by_subject(returns)
        self._sent = {
            (returned["name"], status["status"]): Reply(
                status["status"], status["label"], returned["interface"]
            )
            for returned in returns
            for status in returned["statuses"]
        }
        self._report = next((r for (name, _), r in self._sent.items() if name == flow.report), None)

    def explained(self, finding: Row, number: str) -> Row:
        """A finding, each line of a return that says it of the same file or invoice, its effect."""
        member = finding["place"]["member"] or ""
        subject = (number or member) if finding["level"] == "invoice" else member
        wire = [row for row in self._lines.get(subject, []) if finding["message"] in row["text"]]
        becoming = becomes(finding["severity"], finding["level"], self._replies(wire))
        told = {"invoice": number, "wire": wire, "becomes": msgspec.to_builtins(becoming)}
        return {**finding, **told}

    def _replies(self, wire: list[Row]) -> Replies:
        """How the flow, and the invoice that these lines speak of, were answered."""
        if not self._flow.verdict:
            return Replies(self._circuit, unknown=_NOT_DECIDED)
        own = ((row["return"], row["status"]) for row in wire if row["return"] != self._flow.report)
        of_invoice = next((self._sent[key] for key in own), None)
        return Replies(
            circuit=self._circuit,
            flow=self._report,
            invoice=of_invoice,
            report=self._report if wire else None,
            irrecevable=self._flow.verdict == "irrecevable",
        )


def _lines_by_subject(returns: list[Row]) -> Mapping[str, list[Row]]:
    """Every line of every return, under the file or invoice that it speaks of."""
    lines: dict[str, dict[tuple[str, ...], Row]] = defaultdict(dict)
    for returned in returns:
        for status in returned["statuses"]:
            for line in status["lines"]:
                said = {"return": returned["name"], "status": status["status"]}
                row = {**said, "code": line["code"], "text": line["text"]}
                for subject in {line["subject"], status["about"]}:
                    lines[subject][tuple(row.values())] = row  # equal lines are told once
    return {subject: list(rows.values())[:_MOST_LINES] for subject, rows in lines.items()}
