"""One judgement out of the answers of one or several judging processes.

Needs no parser, so the node may import it. The result depends on the job alone: blocks begin where
the flow says, and what each process counted for itself is counted again here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from simulator.domain.findings import Finding
from simulator.domain.judgement import (
    Answer,
    Block,
    Check,
    Document,
    Ending,
    Job,
    Judgement,
    documents_of,
)
from simulator.messages import archives
from simulator.validation.trace import Trace

_LISTED = 5
# Documents that are decided in one transaction.
_MOST_TOGETHER = 500

_encode = msgspec.msgpack.Encoder().encode


def assembled(job: Job, answers: Iterable[Answer]) -> Judgement:
    """Puts together what the processes said of all parts of a job, in any order."""
    told = list(answers)
    endings = [answer for answer in told if isinstance(answer, Ending)]
    blocks = sorted((a for a in told if isinstance(a, Block)), key=lambda block: block.index)
    # Every part has read the whole archive, so each ending says the same of it; unless one process
    # gave up, and then that is what there is to say.
    findings = next((e.findings for e in endings if _gave_up(e.findings)), endings[0].findings)
    if _gave_up(findings):
        return Judgement(findings=findings, checks=(Check("judge", "failed", findings[0].rule),))
    enough = _enough(blocks, job.limits.findings)
    if len(enough) < len(blocks) or any(ending.stopped for ending in endings):
        count = sum(block.refused for block in enough)
        blocks, findings = enough, (archives.finding("JUDGE_STOPPED", count=count),)
    else:
        findings = (*findings, *_unstyled(blocks, endings[0].styles))
    return _judgement(blocks, findings, _skipped(job, blocks, endings[0].missing))


def _gave_up(findings: Sequence[Finding]) -> bool:
    return any(f.rule.startswith("SIM_JUDGE") for f in findings)


def _unstyled(blocks: Sequence[Block], held: Sequence[str]) -> Iterator[Finding]:
    """Whether stylesheets that the documents name are missing from the flow."""
    named = dict.fromkeys(style for block in blocks for style in block.styles)
    if missing := [style for style in named if style not in held]:
        more = " ..." if len(missing) > _LISTED else ""
        yield archives.finding("STYLESHEET_MISSING", names=", ".join(missing[:_LISTED]) + more)


def _enough(blocks: Sequence[Block], most: int) -> list[Block]:
    """The blocks up to the one that was too much: a list of refusals without end helps nobody."""
    refused, kept = 0, []
    for block in blocks:
        kept.append(block)
        refused += block.refused
        if refused >= most:
            break
    return kept


def _judgement(
    blocks: Sequence[Block], findings: tuple[Finding, ...], skipped: Iterable[tuple[str, str]]
) -> Judgement:
    refused = any(b.refused for b in blocks) or any(f.refuses for f in findings)
    sliced = not refused and (len(blocks) > 1 or any(b.count > _MOST_TOGETHER for b in blocks))
    documents: tuple[Document, ...] = ()
    if refused and len(blocks) > 1:
        documents = tuple(_at_fault(blocks))
    elif len(blocks) == 1 and not sliced:
        documents = documents_of(bytes(blocks[0].documents))
    return Judgement(
        documents=documents,
        findings=findings,
        checks=(*_unpacked(blocks, findings), *Trace.together(s for b in blocks for s in b.steps)),
        skipped=tuple(skipped),
        blocks=tuple(part for block in blocks for part in _parts(block)) if sliced else (),
    )


def _parts(block: Block) -> Iterator[bytes]:
    """The documents of a block as they are decided: so many at a time, however many a file holds."""
    if block.count <= _MOST_TOGETHER:
        yield bytes(block.documents)
        return
    documents = documents_of(bytes(block.documents))
    for start in range(0, len(documents), _MOST_TOGETHER):
        yield _encode(documents[start : start + _MOST_TOGETHER])


def _at_fault(blocks: Iterable[Block]) -> Iterator[Document]:
    for block in blocks:
        if block.refused:
            documents = documents_of(bytes(block.documents))
            yield from (d for d in documents if any(f.refuses for f in d.findings))


def _unpacked(blocks: Iterable[Block], findings: Iterable[Finding]) -> Iterator[Check]:
    failed = [f for f in findings if f.refuses]
    counts = [(block.files, block.size) for block in blocks]
    what = f"{sum(n for n, _ in counts)} files, {sum(n for _, n in counts)} bytes"
    yield Check("unpack", "failed" if failed else "passed", what)
    yield from (Check("unpack", "failed", f.rule) for f in failed)


def _skipped(
    job: Job, blocks: Sequence[Block], missing: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Packs that do not exist, or did not run on some files as nothing is known of them."""
    unknown, files = sum(b.unknown for b in blocks), sum(b.files for b in blocks)
    few = f": {unknown} of {files} files" if unknown < files else ""
    yield from ((pack, "switched off by judging.rules") for pack in job.off)
    for pack in job.packs or ():
        if pack in missing:
            yield pack, "not in this version"
        elif unknown:
            yield pack, f"unknown document{few}"
