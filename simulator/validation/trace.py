"""The decision trace: which check was made, in order, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.domain.findings import Finding
from simulator.domain.judgement import Check

_LISTED = 20


class Trace:
    """Collects the outcome of each step for each file, and tells it in a few lines.

    A flow of 10,000 files has one line a step, and one for each of the first files that failed.
    """

    def __init__(self) -> None:
        self._total: dict[str, int] = {}
        self._failed: dict[str, list[str]] = {}

    def step(self, name: str, subject: str, findings: Sequence[Finding]) -> None:
        """Notes a step on a file, and what it found."""
        self._total[name] = self._total.get(name, 0) + 1
        rules = [f.rule for f in findings if f.refuses]
        if rules:
            self._failed.setdefault(name, []).append(f"{subject}: {rules[0]}")

    def checks(self) -> tuple[Check, ...]:
        """The lines, in the order in which the steps were first made."""
        lines: list[Check] = []
        for name, total in self._total.items():
            failed = self._failed.get(name, [])
            detail = f"{total - len(failed)} of {total} files"
            lines.append(Check(name, "failed" if failed else "passed", detail))
            lines += (Check(name, "failed", subject) for subject in failed[:_LISTED])
        return tuple(lines)
