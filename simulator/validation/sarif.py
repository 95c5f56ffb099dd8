"""Rows of ``check`` as a SARIF log, so that editors and code hosts mark the line of a finding.

Source: OASIS SARIF 2.1.0 plus Errata 01. Implemented: §3.4 artifactLocation, §3.11.3 and §3.11.5
plain messages with literal braces, §3.13 sarifLog, §3.14 run (§3.14.14 originalUriBaseIds, §3.14.17
columnKind), §3.19 toolComponent, §3.20 invocation, §3.24 artifact (§3.24.3 members of an archive),
§3.27 result, §3.28 location, §3.29 physicalLocation, §3.30 region, §3.33 logicalLocation, §3.49
reportingDescriptor, §3.50 reportingConfiguration. All else is optional there and left out.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from simulator.domain.findings import Finding, Place, Severity
from simulator.validation.explain import caret_of, explanation, templates_of, version_of
from simulator.validation.offline import Row

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_BASE = "%SRCROOT%"
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}

Json = dict[str, Any]


def report(rows: Iterable[Row]) -> Json:
    """A SARIF log with one run and a result for each finding.

    Args:
        rows: what was judged; paths are relative to the working folder, or absolute.

    Raises:
        MissingResource: the rule tables are not installed.
    """
    run = _Run()
    for row in rows:
        for finding in row.findings:
            run.add(row, finding)
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run.as_json()]}


def text_of(log: Json) -> str:
    """A log as it is written: JSON, indented, with a line break at its end."""
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


class _Run:
    """A run that grows; rules and artifacts are listed once and referred to by their index."""

    def __init__(self) -> None:
        self._here = Path.cwd()
        self._rules: dict[str, int] = {}
        self._descriptors: list[Json] = []
        self._artifacts: dict[tuple[str, str | None], Json] = {}
        self._listed: list[Json] = []
        self._results: list[Json] = []

    def add(self, row: Row, finding: Finding) -> None:
        if finding.rule not in self._rules:
            self._rules[finding.rule] = len(self._descriptors)
            self._descriptors.append(_rule(finding))
        self._results.append(
            {
                "ruleId": finding.rule,
                "ruleIndex": self._rules[finding.rule],
                "level": _LEVELS[finding.severity],
                "message": {"text": _told(finding)},
                "locations": [self._location(row, finding.place)],
                "properties": _properties(row, finding),
            }
        )

    def as_json(self) -> Json:
        version = importlib.metadata.version("aife-sim")
        driver = {"name": "aife-sim", "version": version, "rules": self._descriptors}
        return {
            "tool": {"driver": driver},
            "invocations": [{"executionSuccessful": True}],
            "originalUriBaseIds": {_BASE: {"uri": f"{self._here.as_uri().rstrip('/')}/"}},
            "columnKind": "unicodeCodePoints",
            "artifacts": self._listed,
            "results": self._results,
        }

    def _location(self, row: Row, place: Place) -> Json:
        physical: Json = {"artifactLocation": self._artifact(row)}
        if place.line:
            physical["region"] = _region(place, place.line)
        location: Json = {"physicalLocation": physical}
        if place.xpath:
            path = _scalar(place.xpath)
            name = path.rpartition("/")[2]
            kind = "attribute" if name.startswith("@") else "element"
            logical = {"name": name, "fullyQualifiedName": path, "kind": kind}
            location["logicalLocations"] = [logical]
        return location

    def _artifact(self, row: Row) -> Json:
        """Where the document is; one inside an archive is an artifact nested in it."""
        file = self._listed_as(row.path, None)
        if row.member in (None, Path(row.path).name):
            return file
        return self._listed_as(row.path, row.member, file["index"])

    def _listed_as(self, path: str, member: str | None, parent: int | None = None) -> Json:
        key = (path, member)
        if key not in self._artifacts:
            location = self._file(path) if member is None else _inside(member)
            self._artifacts[key] = {**location, "index": len(self._listed)}
            artifact: Json = {"location": location, "roles": ["analysisTarget"]}
            if parent is not None:
                artifact["parentIndex"] = parent
            self._listed.append(artifact)
        return self._artifacts[key]

    def _file(self, path: str) -> Json:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links
        if absolute.is_relative_to(self._here):
            relative = absolute.relative_to(self._here).as_posix()
            return {"uri": quote(relative), "uriBaseId": _BASE}
        return {"uri": absolute.as_uri()}


def _inside(member: str) -> Json:
    """§3.24.2: the path from the root of the archive; it has no base."""
    return {"uri": "/" + quote(_scalar(member).lstrip("/"))}


def _region(place: Place, line: int) -> Json:
    """From the column to the end of the excerpt; without a column the line."""
    region: Json = {"startLine": line}
    text = _scalar(place.excerpt or "")
    if place.column:
        region["startColumn"] = place.column
        caret = caret_of(place)
        text = "" if caret is None else text[caret:]
        if text:
            region["endColumn"] = place.column + len(text)
    if text:
        region["snippet"] = {"text": text}
    return region


def _paragraphs(*texts: str) -> str:
    """Texts one under the other; the last one says what to do."""
    *told, repair = texts
    return _literal("\n\n".join(filter(None, (*told, repair and f"Repair: {repair}"))))


def _properties(row: Row, finding: Finding) -> Json:
    """What SARIF has no place of its own for."""
    return {
        "pack": finding.pack,
        "version": version_of(finding),
        "motif": finding.motif,
        "interface": row.interface,
        "syntax": row.syntax,
        "verdict": row.verdict,
    }


def _told(finding: Finding) -> str:
    french = explanation(finding).repair_fr
    told = _paragraphs(finding.message, finding.help, finding.repair)
    return "\n\n".join([told, _literal(f"Réparer : {french}")]) if french else told


def _rule(finding: Finding) -> Json:
    """The rule behind a finding, in the words of its pack or table where it is still there."""
    message, text, repair = finding.message, finding.help, finding.repair
    if templates := templates_of(finding):
        message, text, repair = (_open(t) for t in templates[:3])
    return {
        "id": finding.rule,
        "shortDescription": {"text": _literal(message)},
        "help": {"text": _paragraphs(text, repair)},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "pack": finding.pack,
            "source": finding.source,
            "mark": finding.mark,
            "motif": finding.motif,
        },
    }


class _Open(dict[str, str]):
    """Every place of a template, left open."""

    def __missing__(self, key: str) -> str:
        return "…"


def _open(template: str) -> str:
    """A template as it reads without an occasion."""
    return template.format_map(_Open())


def _literal(text: str) -> str:
    """A message as SARIF wants it: braces would be placeholders (§3.11.5), ``](`` a link (§3.11.6)."""
    doubled = _scalar(text).replace("{", "{{").replace("}", "}}")
    return doubled.replace("](", "] (")


def _scalar(text: str) -> str:
    """A text that UTF-8 can carry: names of members may hold half of a character."""
    return text.encode(errors="replace").decode()
