"""Judges one flow, or a part of it: unpacks it and judges its files, block by block.

`judge` is a pure function of its job (and of the schemas installed), so a job cut short is simply
done again.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

import msgspec

from simulator import resources
from simulator.domain.findings import Finding
from simulator.domain.judgement import Answer, Block, Document, Ending, Job, Judgement
from simulator.messages import archives
from simulator.messages.archives import Member
from simulator.validation.assembly import assembled
from simulator.validation.document import DocumentJudging, packs_known
from simulator.validation.givenup import gave_up
from simulator.validation.trace import Trace

# A process answers so many files at a time, or so many bytes of them.
_BLOCK_FILES = 500
_BLOCK_BYTES = 16 << 20
# Findings in a block: those of one file are at most `Limits.findings`, those of all files this
# many times as many; then each has one.
_FULL = 10
_MOST_STYLES = 20

_encode = msgspec.msgpack.Encoder().encode


def judge(job: Job) -> Judgement:
    """Judges a whole flow in this process.

    Raises:
        MemoryError: the memory allowed to the process does not suffice.
        MissingResource: a schema is not installed.
        OSError: the job's path cannot be read.
    """
    return assembled(job, answers(job))


def answers(job: Job) -> Iterator[Answer]:
    """Judges a flow, or the part of it that the job says: its blocks as they are done, an ending.

    Raises: as `judge`.
    """
    return _Judging(job).answers()


def safe_answers(job: Job) -> Iterator[Answer]:
    """The same, whatever happens: a fault of the judge itself becomes a finding of the flow.

    Raises:
        MissingResource: a schema is not installed.
        OSError: the job's path cannot be read.
    """
    try:
        yield from answers(job)
    except MemoryError:
        yield gave_up("SIM_JUDGE_MEMORY", memory=job.limits.memory)
    except (OSError, resources.MissingResource):
        raise
    except Exception as error:  # the last line of defence holds for any input
        traceback.print_exc(file=sys.stderr)
        yield gave_up("SIM_JUDGE_DEFECT", detail=f"{type(error).__name__}: {error}"[:200])


class _Judging:
    """One job on its way: where blocks begin, and which of them are this process's."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._block = _Block(job, 0)
        self._refused = 0
        self._findings: list[Finding] = []
        self._styles: list[str] = []

    def answers(self) -> Iterator[Answer]:
        for item in archives.unpack(self._job, self._is_ours):
            if isinstance(item, Finding):
                self._findings.append(item)
            else:
                if item.kind == "stylesheet" and not item.findings:
                    self._styles.append(item.name)
                if self._block.is_full:
                    yield from self._done()
                    self._block = _Block(self._job, self._block.index + 1)
                if self._refused >= self._job.limits.findings:
                    yield self._ending(stopped=True)
                    return
                self._block.take(item)
        yield from self._done()
        yield self._ending()

    def _ending(self, *, stopped: bool = False) -> Ending:
        missing = tuple(pack for pack in self._job.packs or () if pack not in packs_known())
        return Ending(tuple(self._findings), missing, stopped, tuple(self._styles))

    def _is_ours(self, _ordinal: int) -> bool:
        """Whether the file that comes next is to be read: asked before it is unpacked."""
        index = self._block.index + self._block.is_full
        return index % self._job.parts == self._job.part

    def _done(self) -> Iterator[Block]:
        if self._block.seen and self._block.index % self._job.parts == self._job.part:
            self._refused += self._block.refused
            yield self._block.answer()


class _Block:
    """Some neighbouring files: what was found so far, and for how many findings there is room."""

    def __init__(self, job: Job, index: int) -> None:
        self._job = job
        self.index = index
        self._room = job.limits.findings * _FULL
        self._documents: list[Document] = []
        self._trace = Trace()
        self._unknown = 0
        self._size = 0
        self._bytes = 0
        self._styles: dict[str, None] = {}
        self.seen = 0
        self.files = 0
        self.refused = 0

    @property
    def is_full(self) -> bool:
        """Whether the next file opens another block."""
        return self.seen >= _BLOCK_FILES or self._bytes >= _BLOCK_BYTES

    def take(self, member: Member) -> None:
        """One more file; judged unless it is another process's, or a sound stylesheet."""
        self.seen += 1
        self._bytes += member.size
        if member.kind == "document":
            self.files += 1
            self._size += member.size
        if not member.skipped and (member.kind == "document" or member.findings):
            self._documents += self._judged(member)

    def answer(self) -> Block:
        """What there is to say."""
        return Block(
            index=self.index,
            documents=msgspec.Raw(_encode(self._documents)),
            count=len(self._documents),
            files=self.files,
            size=self._size,
            refused=self.refused,
            unknown=self._unknown,
            steps=self._trace.steps(),
            styles=tuple(self._styles),
        )

    def _judged(self, member: Member) -> list[Document]:
        room = min(self._job.limits.findings, max(1, self._room))
        one = DocumentJudging(self._job, member, self._trace, room)
        documents = one.documents()
        found = [finding for document in documents for finding in document.findings]
        self._room -= len(found)
        self.refused += any(f.refuses and f.level != "invoice" for f in found)
        self._unknown += one.unknown
        if one.stylesheet and len(self._styles) < _MOST_STYLES:
            self._styles[one.stylesheet] = None
        return documents
