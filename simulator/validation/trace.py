"""The decision trace: which check was made, in order, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.domain.findings import Finding
from simulator.domain.judgement import Check, Steps

_LISTED = 20


class Trace:
    """Collects the outcome of each step for each file, and tells it in a few lines.

    A flow of 10,000 files has one line a step, and one for each of the first files that failed.
    """

    def __init__(self) -> None:
        self._total: dict[str, int] = {}
        self._failed: dict[str, list[str]] = {}
        self._failures: dict[str, int] = {}

    def step(self, name: str, subject: str, findings: Sequence[Finding]) -> None:
        """Notes a step on a file, and what it found."""
        rule = next((f.rule for f in findings if f.refuses), None) if findings else None
        if rule is None and name in self._total:
            self._total[name] += 1
        else:
            failed = () if rule is None else (f"{subject}: {rule}",)
            self._add(Steps(name, 1, len(failed), failed))

    def steps(self) -> tuple[Steps, ...]:
        """What was noted, in the order in which the steps were first made."""
        return tuple(
            Steps(name, total, self._failures[name], tuple(self._failed[name]))
            for name, total in self._total.items()
        )

    def _add(self, steps: Steps) -> None:
        name = steps.name
        self._total[name] = self._total.get(name, 0) + steps.total
        self._failures[name] = self._failures.get(name, 0) + steps.failures
        listed = self._failed.setdefault(name, [])
        listed += steps.failed[: _LISTED - len(listed)]

    @classmethod
    def together(cls, parts: Iterable[Steps]) -> tuple[Check, ...]:
        """The lines of several traces, in order."""
        whole = cls()
        for steps in parts:
            whole._add(steps)
        return tuple(line for steps in whole.steps() for line in _lines(steps))


def _lines(steps: Steps) -> Iterable[Check]:
    detail = f"{steps.total - steps.failures} of {steps.total} files"
    yield Check(steps.name, "failed" if steps.failures else "passed", detail)
    for subject in steps.failed:
        yield Check(steps.name, "failed", subject)
