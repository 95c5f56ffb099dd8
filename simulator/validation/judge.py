"""Judges one flow: container, syntax, schema, rule packs, facts.

`judge` is a pure function of its job (and of the schemas installed), so a job cut short is simply
done again.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Mapping

import msgspec
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.findings import Finding, Place
from simulator.domain.judgement import Check, Document, Facts, Job, Judgement
from simulator.messages import archives
from simulator.messages.archives import Member
from simulator.messages.xpath import line_of, xpath_of
from simulator.validation.columns import located
from simulator.validation.givenup import given_up
from simulator.validation.locate import spots
from simulator.validation.parsing import parse, syntax_finding
from simulator.validation.syntaxes import FAMILIES, NOT_YET, Syntax, recognise
from simulator.validation.trace import Trace
from simulator.validation.xsd import schema_findings

Pack = Callable[[bytes, Element, Syntax, int], tuple[list[Finding], int]]

# By name: what a pack says of a document (bytes, tree, syntax, most findings): its findings, and
# how many more there are.
PACKS: Mapping[str, Pack] = {"xsd": schema_findings}

_UNKNOWN = Facts(syntax="unknown")


def judge(job: Job) -> Judgement:
    """Judges a flow.

    Raises:
        MemoryError: the memory allowed to the process does not suffice.
        MissingResource: a schema is not installed.
        OSError: the job's path cannot be read.
    """
    return _Judging(job).run()


def answer(job: Job) -> Judgement:
    """Judges a flow, whatever happens: a fault of the judge itself becomes a finding of the flow.

    Raises:
        MissingResource: a schema is not installed.
        OSError: the job's path cannot be read.
    """
    try:
        return judge(job)
    except MemoryError:
        return given_up("SIM_JUDGE_MEMORY", memory=job.limits.memory)
    except (OSError, resources.MissingResource):
        raise
    except Exception as error:  # the last line of defence holds for any input
        traceback.print_exc(file=sys.stderr)
        return given_up("SIM_JUDGE_DEFECT", detail=f"{type(error).__name__}: {error}"[:200])


class _Judging:
    """One job on its way: what was found so far, and how many findings there is still room for."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._room = job.limits.findings
        self._documents: list[Document] = []
        self._flow: list[Finding] = []
        self._trace = Trace()
        self._refused = 0
        self._unknown = 0

    def run(self) -> Judgement:
        for item in archives.unpack(self._job):
            if isinstance(item, Finding):
                self._flow.append(item)
                continue
            self._documents.append(self._document(item))
            # The flow is irrecevable already; a list without end helps nobody.
            if self._refused >= self._job.limits.findings:
                self._flow.append(archives.finding("JUDGE_STOPPED", count=self._refused))
                break
        return Judgement(
            documents=tuple(self._documents),
            findings=tuple(self._flow),
            checks=(*self._unpacked(), *self._trace.checks()),
            skipped=tuple(self._skipped()),
        )

    def _unpacked(self) -> list[Check]:
        size = sum(d.size for d in self._documents)
        failed = [f for f in self._flow if f.refuses]
        what = f"{len(self._documents)} files, {size} bytes"
        first = Check("unpack", "failed" if failed else "passed", what)
        return [first, *(Check("unpack", "failed", f.rule) for f in failed)]

    def _skipped(self) -> Iterable[tuple[str, str]]:
        for pack in self._job.packs:
            if pack not in PACKS:
                yield pack, "not in this version"
            elif self._unknown == len(self._documents) and self._unknown:
                yield pack, "unknown document"
            elif self._unknown:
                yield pack, f"unknown document: {self._unknown} of {len(self._documents)} files"

    def _document(self, member: Member) -> Document:
        found = list(member.findings)
        self._trace.step("file", member.name, found)
        facts = self._read(member.name, member.content, found) if member.content else None
        self._refused += any(f.refuses and f.level != "invoice" for f in found)
        placed = tuple(_placed(f, member.name) for f in found)
        return Document(member.name, member.size, facts, placed)

    def _read(self, name: str, content: bytes, found: list[Finding]) -> Facts | None:
        """Facts of a document; adds to `found` what is wrong with it."""
        parsed = parse(content)
        found += parsed.findings
        self._trace.step("well-formed", name, parsed.findings)
        if parsed.root is None:
            return None
        syntax = recognise(parsed.root)
        wrong = self._misfit(content, parsed.root, syntax)
        found += wrong
        self._trace.step("syntax", name, wrong)
        if syntax is None:
            self._unknown += 1
            return _UNKNOWN
        if not wrong:
            found += self._packs(name, content, parsed.root, syntax)
        facts = syntax.read(parsed.root)
        if all(line for _, line, _ in facts.places.values()):
            return facts
        return located(content, parsed.root, facts, syntax.prefixes)  # a very long document

    def _misfit(self, content: bytes, root: Element, syntax: Syntax | None) -> list[Finding]:
        """Whether the root element is one that the interface carries."""
        demanded = self._job.syntax
        values: dict[str, object] = {"found": root.tag}
        if demanded in FAMILIES and (syntax is None or syntax.family != demanded):
            rule = "IRR_SYNTAX_ROOT"
            values["expected"] = demanded
        elif syntax is not None:
            return []
        elif root.tag in NOT_YET:
            rule = "IRR_SYNTAX_NOT_YET"
            values["found"] = NOT_YET[root.tag]
        else:
            rule = "IRR_SYNTAX_UNKNOWN"
        place = Place(line=line_of(root), xpath=xpath_of(root, {}))
        if spot := spots(content, [root])[0]:
            place = Place(None, spot.line, spot.column, place.xpath, spot.excerpt)
        return [syntax_finding(rule, place, **values)]

    def _packs(self, name: str, content: bytes, root: Element, syntax: Syntax) -> Iterable[Finding]:
        for pack in self._job.packs:
            if pack not in PACKS:
                continue
            found, more = PACKS[pack](content, root, syntax, max(1, self._room))
            self._room -= len(found)
            self._trace.step(pack, name, found)
            yield from found
            if more:
                yield syntax_finding("XSD_MORE", count=more)


def _placed(finding: Finding, member: str) -> Finding:
    place = msgspec.structs.replace(finding.place, member=member)
    return msgspec.structs.replace(finding, place=place)
