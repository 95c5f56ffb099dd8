"""Why a flow was answered as it was: the decision trace, put together from its events."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.journal.read import Row, events_of, returns_of
from simulator.journal.tx import Flow


def why(connection: sqlite3.Connection, flow: Flow) -> Row:
    """Every check in order with its outcome, and every finding with what it became on the wire.

    Returns:
        ``{flow, name, verdict, state, checks: [{name, outcome, detail}], skipped, findings: [{...,
        wire: [{return, status, code, text}]}], returns}``; findings carry ``invoice`` (its number)
        when they speak of one.
    """
    returns = returns_of(connection, flow.id)
    lines = _lines_by_subject(returns)
    checks: list[Any] = []
    skipped: list[Any] = []
    findings: list[Row] = []
    for event in events_of(connection, flow.id):
        body = event["body"]
        checks += body.get("checks", [])
        skipped += body.get("skipped", [])
        findings += [_with_wire(f, number, lines) for f, number in _findings(body)]
    return {
        "flow": flow.id,
        "name": flow.name,
        "partner": flow.partner,
        "state": flow.state,
        "verdict": flow.verdict,
        "checks": checks,
        "skipped": skipped,
        "findings": findings,
        "returns": returns,
    }


def _findings(body: Row) -> Iterator[tuple[Row, str]]:
    for finding in body.get("findings", []):
        yield finding, ""
    for document in body.get("documents", []):
        for finding in document["findings"]:
            yield finding, document["number"]


def _lines_by_subject(returns: list[Row]) -> Mapping[str, list[Row]]:
    """Every line of every return, under the file or invoice that it speaks of."""
    lines: dict[str, list[Row]] = defaultdict(list)
    for returned in returns:
        for status in returned["statuses"]:
            for line in status["lines"]:
                said = {"return": returned["name"], "status": status["status"]}
                row = {**said, "code": line["code"], "text": line["text"]}
                for subject in {line["subject"], status["about"]}:
                    lines[subject].append(row)
    return lines


def _with_wire(finding: Row, number: str, lines: Mapping[str, list[Row]]) -> Row:
    """A finding, and each line of a return that says it of the same file or invoice."""
    place = finding["place"]
    subject = number if finding["level"] == "invoice" else place["member"] or ""
    wire = [row for row in lines.get(subject, []) if finding["message"] in row["text"]]
    return {**finding, "invoice": number, "wire": wire}
