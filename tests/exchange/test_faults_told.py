"""Where a fault on demand is told: in the trace and the events, and to its sender nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playbook import name_of
from stage_desk import Stage

from simulator.domain.faults import Fault
from simulator.domain.flows import Deposit, blob_ref
from simulator.exchange.inputs import FaultAdded
from simulator.journal import read


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "data")
    yield stage
    stage.store.close()


def demand(stage: Stage, outcome: str, **given: Any) -> int:
    return int(stage.do(FaultAdded(Fault(outcome, **given))))  # type: ignore[arg-type]


def received(stage: Stage) -> Any:
    return stage.do(Deposit("DEM001", "sftp", name_of(1), blob_ref(b"<x/>"), b"<x/>"))


def told(stage: Stage, flow: int) -> list[tuple[str, str]]:
    """What the trace of a flow says of faults."""
    checks = stage.why(flow)["checks"]
    return [(c["outcome"], c["detail"]) for c in checks if c["name"] == "fault on demand"]


def bodies(stage: Stage, flow: int, kind: str) -> list[dict[str, Any]]:
    events = read.events_of(stage.store.connection, flow)
    return [event["body"] for event in events if event["type"] == kind]


@pytest.mark.parametrize("outcome", ["wire-refusal", "no-receipt"])
def test_who_deposits_does_not_read_that_a_failure_is_on_demand(stage: Stage, outcome: str) -> None:
    demand(stage, outcome)
    answer = received(stage)
    text = answer.reason if outcome == "wire-refusal" else answer.unsaid
    assert text == f"{name_of(1)}: the transfer failed; send it again later"


def test_a_flow_without_receipt_names_the_fault_that_it_met(stage: Stage) -> None:
    number = demand(stage, "no-receipt")
    flow = received(stage).flow
    (body,) = bodies(stage, flow, "FaultMet")
    assert (body["fault"], body["outcome"]) == (number, "no-receipt")
    assert told(stage, flow) == [("skipped", f"fault {number}: no-receipt")]
    rows = stage.store.connection.execute("SELECT count(*) FROM event WHERE type = 'FaultMet'")
    assert rows.fetchone()[0] == 1


def test_a_withheld_return_names_the_fault_that_it_met(stage: Stage) -> None:
    number = demand(stage, "silence", interface="FEN1214A")
    flow = stage.invoice("P-1")
    (body,) = bodies(stage, flow, "ReturnWithheld")
    assert (body["fault"], body["outcome"]) == (number, "silence")
    assert told(stage, flow) == [("skipped", f"fault {number}: silence of {body['name']}")]


def test_returns_withheld_for_the_fault_of_their_deposit_are_told_in_its_trace(
    stage: Stage,
) -> None:
    number = demand(stage, "silence")
    flow = stage.invoice("P-1")
    first, *returns = told(stage, flow)
    assert first == ("skipped", f"fault {number}: silence")
    assert [text.split(" of ")[0] for _, text in returns] == [
        "the deposit's own fault: silence"
    ] * 2


@pytest.mark.parametrize(
    ("outcome", "sign"),
    [("duplicate", "skipped"), ("irrecevable", "failed"), ("incident", "failed")],
)
def test_only_a_fault_that_refuses_the_flow_is_a_failed_check(
    stage: Stage, outcome: str, sign: str
) -> None:
    number = demand(stage, outcome)
    assert told(stage, received(stage).flow) == [(sign, f"fault {number}: {outcome}")]
