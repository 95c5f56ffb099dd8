"""The judgement of a flow that could not be judged; needs no parser, so the node may import it."""

from __future__ import annotations

from simulator.domain.findings import NOWHERE
from simulator.domain.judgement import Check, Judgement
from simulator.messages import archives


def given_up(rule: str, **values: object) -> Judgement:
    """A judgement with one finding; `rule` is a ``SIM_JUDGE_...`` row of the container table."""
    return Judgement(
        findings=(archives.finding(rule, NOWHERE, **values),),
        checks=(Check("judge", "failed", rule),),
    )
