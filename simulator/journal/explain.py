"""Why a flow was answered as it was: the decision trace, put together from its events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
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
    checks: list[Any] = []
    skipped: list[Any] = []
    findings: list[Row] = []
    for event in events_of(connection, flow.id):
        body = event["body"]
        checks += body.get("checks", [])
        skipped += body.get("skipped", [])
        findings += [_with_wire(f, number, returns) for f, number in _findings(body)]
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


def _with_wire(finding: Row, number: str, returns: list[Row]) -> Row:
    """A finding, and each line of a return that says it."""
    wire = [
        {"return": r["name"], "status": s["status"], "code": line["code"], "text": line["text"]}
        for r in returns
        for s in r["statuses"]
        for line in s["lines"]
        if finding["message"] in line["text"] and _same_subject(line, s, finding, number)
    ]
    return {**finding, "invoice": number, "wire": wire}


def _same_subject(line: Row, status: Row, finding: Row, number: str) -> bool:
    """Two invoices may share a message: the line must speak of the same invoice or file."""
    if finding["level"] != "invoice":
        return bool(line["subject"] == (finding["place"]["member"] or ""))
    return number in (line["subject"], status["about"])
