"""The answer on a flow that could not be judged; needs no parser, so the node may import it."""

from __future__ import annotations

from simulator.domain.findings import NOWHERE
from simulator.domain.judgement import Check, Ending, Judgement
from simulator.messages import archives


def gave_up(rule: str, **values: object) -> Ending:
    """The last word of a process; `rule` is a ``SIM_JUDGE_...`` row of the container table."""
    return Ending((archives.finding(rule, NOWHERE, **values),))


def given_up(rule: str, **values: object) -> Judgement:
    """A judgement with that one finding."""
    return Judgement(
        findings=gave_up(rule, **values).findings, checks=(Check("judge", "failed", rule),)
    )
