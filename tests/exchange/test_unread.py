"""CEN0036A: its format (CR18) is not published, so it is taken and kept unread."""

from __future__ import annotations

from typing import Any

import pytest
from stage_desk import Stage

from simulator.domain.raccordement import Raccordement
from simulator.exchange.inputs import RaccordementSaved

NAME = "CEN0036A_BUYER1_BUYER10036000000000000{:03d}.xml"


def deposited(stage: Stage, number: int = 1, content: bytes = b"<cr18/>") -> int:
    buyer = Raccordement("BUYER1", "b2g", "sftp", interfaces=("FEN0036A", "CEN0036A"))
    stage.do(RaccordementSaved(buyer))
    return stage.deposit(NAME.format(number), content, "BUYER1", "sftp")


def row(stage: Stage, flow: int) -> Any:
    return stage.store.connection.execute("SELECT * FROM flow WHERE id = ?", (flow,)).fetchone()


def test_it_is_taken_and_kept_and_nothing_is_answered(staged: Any) -> None:
    stage = staged()
    flow = deposited(stage)
    assert (row(stage, flow)["state"], row(stage, flow)["verdict"]) == ("IN_INTEGRE", "accepted")
    assert [work for work in stage.todo if work.subject == flow and work.kind == "judge"] == []
    assert stage.returns(flow) == []
    (check,) = [c for c in stage.why(flow)["checks"] if c["name"] == "content"]
    assert check["outcome"] == "skipped"
    assert "not published" in check["detail"]


def test_its_name_counts_as_received(staged: Any) -> None:
    stage = staged()
    deposited(stage)
    again = deposited(stage)
    assert row(stage, again)["verdict"] == "irrecevable"


@pytest.mark.parametrize("content", [b""])
def test_what_is_wrong_without_reading_it_is_refused(staged: Any, content: bytes) -> None:
    stage = staged()
    assert row(stage, deposited(stage, content=content))["verdict"] == "irrecevable"


def test_it_is_refused_where_the_settings_say_so(staged: Any) -> None:
    stage = staged(unpublished="refuse")
    flow = deposited(stage)
    assert row(stage, flow)["verdict"] == "irrecevable"
    assert "IRR_CODE_INTER_UNSUPPORTED" in str(stage.why(flow)["findings"])
