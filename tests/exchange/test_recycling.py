"""An invoice to be recycled (04) is corrected and sent again under its own number, before 04 ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from stage_desk import CITY, TOWN, Stage

from simulator.domain.lifevalues import Choices
from simulator.domain.reference import Options
from simulator.messages.pivotreading import read as read_pivot


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Before the withdrawal."""
    options = Options(choices=Choices(recycling_since=date(2027, 1, 1)))
    made = Stage(tmp_path / "data", options)
    yield made
    made.store.close()


def historic(stage: Stage, recipient: str = TOWN) -> int:
    return stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=recipient)


def sent_again(stage: Stage, partner: str) -> list[str]:
    values = [v for v in stage.sent(partner) if v.interface == "FEN0036A"]
    ((_, content),) = stage.files(values[-1]).items()
    return [each.resent for each in read_pivot(etree.fromstring(content))]


def test_a_recycled_invoice_is_taken_under_its_own_number(stage: Stage) -> None:
    historic(stage)
    stage.advance(minutes=5)
    stage.status("BUYER1", "FSO1301A", "04", "H-1")
    flow = historic(stage, CITY)
    assert stage.state(flow) == ("IN_INTEGRE", "accepted")
    assert stage.why(flow)["checks"][-1]["detail"] == "takes the place of H-1, to be recycled"
    assert stage.heard("DEM001")[-3:] == ["FEN1201A 04", "CSO1100A 90", "FEN1201A 01"]
    stage.advance(minutes=5)
    assert sent_again(stage, "BUYER2") == ["Recyclée"]
    stage.status("BUYER2", "FSO1301A", "07", "H-1")
    assert [s for s, _ in stage.history("H-1")] == ["01", "03", "07"]


def test_the_first_delivery_is_no_recycling(stage: Stage) -> None:
    historic(stage)
    stage.advance(minutes=5)
    assert sent_again(stage, "BUYER1") == [""]


def test_it_is_taken_once(stage: Stage) -> None:
    historic(stage)
    stage.say("H-1", "04")
    historic(stage)
    assert stage.motifs(historic(stage)) == ["REJ_UNI"]


def test_a_number_refused_for_good_is_not_used_again(stage: Stage) -> None:
    historic(stage)
    stage.say("H-1", "05", motif="AUTRE")
    assert stage.motifs(historic(stage)) == ["REJ_UNI"]


def test_after_the_withdrawal_04_is_a_refusal_and_its_number_stays_used(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data")
    historic(stage)
    assert stage.say("H-1", "04").status == "05"
    assert stage.motifs(historic(stage)) == ["REJ_UNI"]
    stage.store.close()
