"""The process that runs Schematron: started when it is first needed, replaced when it fails.

Calls block; a coroutine awaits them with `asyncio.to_thread`.
"""

from __future__ import annotations

import importlib.util
import signal
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from simulator.schematron.conversation import Gone, SchematronUnavailable, Worker
from simulator.schematron.rulesets import Hello, Looked, Question, Ruled, RuleSet

__all__ = ["Bounds", "Outcome", "SchematronProcess", "SchematronUnavailable", "Subject"]

NOT_RUN = "official Schematron not run: pip install aife-sim[schematron]"

_ENGINE = "saxonche"
# Seconds for a process to come up: 0.3 on an idle machine.
_STARTING = 60.0
_encode = msgspec.msgpack.Encoder().encode


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the process.

    Attributes:
        seconds: for each rule set on a document, on the clock and of processor, compiling included.
        memory: bytes that it may write to; SaxonC needs 200 MB, and 40 more for each MB of document.
        fired: how many failed asserts to describe for each rule set; all are counted.
        size: bytes of a document; a larger one gets no opinion.
    """

    seconds: float = 60.0
    memory: int = 2 << 30
    fired: int = 100
    size: int = 20 << 20


class Subject(msgspec.Struct, frozen=True):
    """A document to have an opinion on.

    Attributes:
        content: the bytes of an XML document, or of a PDF that holds one.
        syntax: as `Facts.syntax`.
        guideline: BT-24; ``""``: what the document says.
        packs: rule packs that it is held to; official sets of others do not run. None: all that
            syntax and guideline call for, which is wrong for the historic channel.
    """

    content: bytes
    syntax: str
    guideline: str = ""
    packs: tuple[str, ...] | None = None


class Outcome(NamedTuple):
    """What each rule set that applied said; or why none could be asked, in `problem`."""

    rulings: tuple[tuple[RuleSet, Ruled], ...]
    problem: str


def missing_extra() -> str:
    """`NOT_RUN` if the extra is not installed, else ``""``. Does not load it."""
    return "" if importlib.util.find_spec(_ENGINE) else NOT_RUN


class SchematronProcess:
    """A process for rule sets; one document at a time, callers wait for each other.

    Args:
        bounds: of the process.
        asking: called with its process id each time, just before a question is handed over: who
            kills it there kills it under the question, however fast it would have answered.
    """

    def __init__(
        self, bounds: Bounds | None = None, asking: Callable[[int], object] = lambda _pid: None
    ) -> None:
        self.bounds = bounds or Bounds()
        self.engine = ""
        self._asking = asking
        self._worker: Worker | None = None
        self._turn = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the process, if it is up."""
        worker = self._worker
        return worker.process.pid if worker and worker.process.poll() is None else None

    def run(self, subject: Subject, sets: Sequence[RuleSet]) -> Outcome:
        """Runs the sets that apply to a document, each stylesheet compiled once in a process.

        A set under which the process dies is tried once more, for it is a pure function; one that
        exceeds its time is not.

        Raises:
            SchematronUnavailable: no process can be started, or it was closed.
        """
        with self._turn:
            run = _Run(sets)
            while run.is_open:
                try:
                    self._advance(run, subject)
                except TimeoutError:
                    run.give_up(self._too_long())
                except Gone as gone:
                    if gone.code == -signal.SIGXCPU:
                        run.give_up(self._too_long())
                    else:
                        run.died(gone)
            return Outcome(tuple(run.done), run.problem)

    def _too_long(self) -> str:
        return f"did not finish in {self.bounds.seconds:g} s"

    def _advance(self, run: _Run, subject: Subject) -> None:
        worker = self._worker = self._usable()
        question = Question(
            content=subject.content,
            syntax=subject.syntax,
            guideline=subject.guideline,
            sets=tuple(run.left),
            seconds=self.bounds.seconds,
            most=self.bounds.fired,
        )
        try:
            self._asking(worker.process.pid)
            worker.send(_encode(question), self.bounds.seconds)
            run.looked(worker.receive(Looked, self.bounds.seconds))
            while run.left:
                run.ruled(worker.receive(Ruled, self.bounds.seconds))
        except BaseException:
            self._end()
            raise

    def _usable(self) -> Worker:
        if self._closed:
            message = "it was closed"
            raise SchematronUnavailable(message)
        if self._worker and self._worker.process.poll() is None:
            return self._worker
        self._end()
        if problem := missing_extra():
            raise SchematronUnavailable(problem)
        worker = Worker(self.bounds.memory)
        try:
            hello = worker.receive(Hello, _STARTING)
        except (Gone, TimeoutError) as error:
            worker.end()
            message = f"the Schematron process did not start ({error}); its error is on stderr"
            raise SchematronUnavailable(message) from None
        if hello.problem:
            worker.end()
            message = f"{hello.problem}: pip install aife-sim[schematron]"
            raise SchematronUnavailable(message)
        self.engine = hello.engine
        return worker

    def rest(self) -> None:
        """Lets the process go if nobody uses it; the next call starts another."""
        if self._turn.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._turn.release()

    def close(self) -> None:
        """Ends the process, and a run with it, for good."""
        self._closed = True
        if worker := self._worker:
            worker.process.kill()
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._worker:
            self._worker.end()
            self._worker = None


class _Run:
    """One document on its way through the sets, however many processes that takes."""

    def __init__(self, sets: Sequence[RuleSet]) -> None:
        self.left = list(sets)
        self.done: list[tuple[RuleSet, Ruled]] = []
        self.problem = ""
        self._seen = False
        self._deaths = 0

    @property
    def is_open(self) -> bool:
        return bool(self.left)

    def looked(self, looked: Looked) -> None:
        self.problem = looked.problem
        self.left = [self.left[number] for number in looked.applicable]
        self._seen = True

    def ruled(self, ruled: Ruled) -> None:
        self.done.append((self.left.pop(0), ruled))
        self._deaths = 0

    def died(self, gone: Gone) -> None:
        self._deaths += 1
        if self._deaths > 1:
            self.give_up(f"the process ended twice ({gone})")

    def give_up(self, why: str) -> None:
        if self._seen:
            self.ruled(Ruled(stopped=why))
        else:
            self.problem, self.left = why, []
