"""Judges one file of a flow: its bytes, its syntax, its attachments, its rule packs; reads its facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.findings import Finding, Place
from simulator.domain.judgement import Document, Facts, Job
from simulator.messages import cii, facturx, flux10
from simulator.messages.archives import Member
from simulator.messages.members import finding as container_finding
from simulator.messages.members import is_e_reporting_name
from simulator.messages.xpath import line_of, xpath_of
from simulator.validation.attachments import (
    Bounds,
    attachment_findings,
    readable_pdf_missing,
    stylesheet_of,
)
from simulator.validation.choice import packs_in_force, packs_of_document
from simulator.validation.columns import located
from simulator.validation.locate import spots
from simulator.validation.packs.loading import names
from simulator.validation.packs.run import Scope, run
from simulator.validation.parsing import parse, syntax_finding
from simulator.validation.syntaxes import Syntax, recognise
from simulator.validation.trace import Trace
from simulator.validation.xsd import MOST_COUNTED, schema_findings

SCHEMA = "xsd"
_PDF = b"%PDF"
# A name in a document may have ten million characters; findings are kept, and travel.
_LONGEST_NAME, _LONGEST_PATH = 200, 2000


class DocumentJudging:
    """One file on its way.

    Args:
        job: what the flow is judged as.
        member: the file.
        trace: where the outcome of each check is noted.
        room: for how many findings there is room.
    """

    def __init__(self, job: Job, member: Member, trace: Trace, room: int) -> None:
        self._job = job
        self._member = member
        self._trace = trace
        self._room = room
        self._found: list[Finding] = []
        self.unknown = False
        self.stylesheet = ""

    def documents(self) -> list[Document]:
        """The documents of the file: one, or one for each invoice that it holds.

        A finding on an element of an invoice is with that one, all others are with the first.
        """
        member = self._member
        self._note("file", member.findings)
        units = self._units(member.content) if member.content else ()
        placed = [_placed(f, member.name) for f in self._found]
        if len(units) <= 1:
            return [Document(member.name, member.size, next(iter(units), None), tuple(placed))]
        shares = _shared(placed, units)
        sizes = (member.size, *(0 for _ in units[1:]))
        return [
            Document(member.name, size, facts, tuple(found))
            for size, facts, found in zip(sizes, units, shares, strict=True)
        ]

    def _note(self, step: str, findings: Sequence[Finding]) -> None:
        self._found += findings
        self._trace.step(step, self._member.name, findings)

    def _units(self, content: bytes) -> Sequence[Facts]:
        if not content.startswith(_PDF):
            return self._read(content, None)
        extracted = facturx.extract(content, self._job.limits.member)
        self._note("Factur-X", extracted.findings)
        return self._read(extracted.xml, extracted) if extracted.xml else ()

    def _read(self, content: bytes, extracted: facturx.Extracted | None) -> Sequence[Facts]:
        """What an XML document says, one that travelled alone or in a PDF."""
        parsed = parse(content)
        self._note("well-formed", parsed.findings)
        root = parsed.root
        if root is None:
            return ()
        syntax = recognise(root, self._job.syntax, is_pdf=extracted is not None)
        if syntax is None:
            self._note("syntax", [_misfit(content, root, self._job.syntax)])
            return self._foreign(root, is_pdf=extracted is not None)
        self._note("syntax", ())
        if extracted:
            self._note("Factur-X", facturx.profile_findings(extracted, cii.guideline(root)))
        units = syntax.read(root) or (Facts(syntax=syntax.name),)
        self._packs(content, root, syntax, units[0])
        self._attachments(content, root, syntax)
        self._file_name(units[0])
        self.stylesheet = stylesheet_of(root, self._job.kind)
        return _with_lines(content, root, units, syntax)

    def _foreign(self, root: Element, *, is_pdf: bool) -> Sequence[Facts]:
        """Facts of a document that the interface does not carry."""
        actual = recognise(root, "", is_pdf=is_pdf)
        self.unknown = actual is None
        return actual.read(root) if actual else (Facts(syntax="unknown"),)

    def _attachments(self, content: bytes, root: Element, syntax: Syntax) -> None:
        job, subject = self._job, (content, root, syntax.name, syntax.prefixes)
        bounds = Bounds(job.limits.attachment, max(1, self._room))
        found = attachment_findings(*subject, job.circuit, bounds)
        found += readable_pdf_missing(*subject, job.kind)
        self._room -= len(found)
        self._note("attachments", found)

    def _file_name(self, facts: Facts) -> None:
        """A transmission of e-reporting is called by what it says."""
        name = self._member.name
        if self._job.syntax != flux10.SYNTAX or not is_e_reporting_name(name):
            return
        expected = flux10.names_of(facts)
        if name[: -len(".xml")] not in expected:
            said = _cut(" or ".join(expected), _LONGEST_NAME)
            found = container_finding("IRR_NOM_F_REPORT_OTHER", Place(), name=name, expected=said)
            self._note("file name", [found])

    def _packs(self, content: bytes, root: Element, syntax: Syntax, facts: Facts) -> None:
        asked = self._job.packs
        wanted = packs_in_force(packs_of_document(facts) if asked is None else asked, facts)
        if SCHEMA in wanted:
            found, more = schema_findings(content, root, syntax, max(1, self._room))
            self._describe(SCHEMA, found)
            if more:
                rest = "XSD_MANY" if more > MOST_COUNTED else "XSD_MORE"
                self._found.append(syntax_finding(rest, count=more))
            if found and not self._job.thorough:
                return
        if packs := tuple(pack for pack in wanted if pack in packs_known() and pack != SCHEMA):
            self._rules(content, root, packs, syntax)

    def _rules(self, content: bytes, root: Element, packs: tuple[str, ...], syntax: Syntax) -> None:
        """Runs all rule packs at once: then the document is read once for all of them."""
        job = self._job
        on = date.fromisoformat(job.on) if job.on else None
        scope = Scope(packs, syntax.name, job.circuit, job.interface, on)
        outcome = run(content, root, scope, max(1, self._room))
        for pack in packs:
            self._describe(pack, [f for f in outcome.findings if f.pack == pack])
        if outcome.more:
            self._found.append(syntax_finding("RULES_MORE", count=outcome.more))

    def _describe(self, step: str, found: Sequence[Finding]) -> None:
        self._room -= len(found)
        self._note(step, found)


@cache
def packs_known() -> frozenset[str]:
    """The packs that there are: the schemas, and those of ``schemas/rules/packs``."""
    return frozenset((SCHEMA, *names()))


def _shared(findings: Sequence[Finding], units: Sequence[Facts]) -> list[list[Finding]]:
    """The findings of each unit: by the first step in which the paths of the units differ."""
    paths = [facts.places.get("number", ("", 0, 0))[0].split("/") for facts in units]
    at = next((n for n, steps in enumerate(zip(*paths, strict=False)) if len(set(steps)) > 1), 0)
    owners = {"/".join(path[: at + 1]): n for n, path in enumerate(paths) if len(path) > at}
    shares: list[list[Finding]] = [[] for _ in units]
    for finding in findings:
        prefix = "/".join((finding.place.xpath or "").split("/")[: at + 1])
        shares[owners.get(prefix, 0) if finding.level == "invoice" else 0].append(finding)
    return shares


def _with_lines(
    content: bytes, root: Element, units: Sequence[Facts], syntax: Syntax
) -> Sequence[Facts]:
    """Lines beyond 16 bits, which libxml2 does not know: only very long documents need this."""
    if all(line for facts in units for _, line, _ in facts.places.values()):
        return units
    return located(content, root, units, syntax.prefixes)


def _misfit(content: bytes, root: Element, demanded: str) -> Finding:
    """The root element is not one that the interface carries."""
    values: dict[str, object] = {"found": _cut(root.tag, _LONGEST_NAME)}
    if demanded:
        rule = "IRR_SYNTAX_ROOT"
        values["expected"] = demanded
    else:
        rule = "IRR_SYNTAX_UNKNOWN"
    place = Place(line=line_of(root), xpath=xpath_of(root, {}))
    if spot := spots(content, [root])[0]:
        place = Place(None, spot.line, spot.column, place.xpath, spot.excerpt)
    return syntax_finding(rule, place, **values)


def _placed(finding: Finding, member: str) -> Finding:
    path = finding.place.xpath
    short = None if path is None else _cut(path, _LONGEST_PATH)
    place = msgspec.structs.replace(finding.place, member=member, xpath=short)
    return msgspec.structs.replace(finding, place=place)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
