"""What ``aife-sim fault`` prints of a fault, and what it says of an outcome that there is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from simulator.cli import fault as verb
from simulator.cli.main import aife_sim
from simulator.domain.faults import Fault


class Node:
    """A node that takes every fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def post(self, _path: str, _body: object) -> dict[str, Any]:
        return {"id": 1, "fault": msgspec.to_builtins(self._fault), "left": 1}


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("silence", partner="DEM001"), "silence, partner DEM001"),
        (Fault("delay", after=timedelta(hours=2)), "delay, after PT2H"),
        (Fault("delay", after=timedelta(days=1, minutes=90)), "delay, after P1DT1H30M"),
        (Fault("delay", after=timedelta(days=3)), "delay, after P3D"),
        (Fault("delay", after=timedelta(seconds=0.5)), "delay, after PT0.5S"),
    ],
)
def test_a_fault_is_printed_as_it_was_given(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, line: str
) -> None:
    monkeypatch.setattr(verb, "client_of", lambda _node: Node(fault))
    told = CliRunner().invoke(aife_sim, ["fault", "add", fault.outcome])
    assert told.output == f"fault 1: {line}\n"


def test_an_unknown_outcome_is_refused_with_those_there_are() -> None:
    told = CliRunner().invoke(aife_sim, ["fault", "add", "none"])
    assert told.exit_code == 2
    assert all(outcome in told.output for outcome in ("irrecevable", "delay", "no-receipt"))
