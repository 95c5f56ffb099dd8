"""Invoices that were NON_TRANSMISE go to the platform of their recipient once it is connected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from playbook import START
from stage_desk import AT_NOBODY, ISSUER, Stage

from simulator.domain.raccordement import Raccordement, Structure
from simulator.exchange.inputs import HoldingEnded, RaccordementSaved, StructuresSaved
from simulator.journal import read

LATE = Raccordement("DEM029", "g2b-pa", "sftp", interfaces=("FEN3036A", "FEN3736A"))
ALONE = "90000000990016"


def emitted(stage: Stage, *numbers: str, recipient: str = AT_NOBODY) -> int:
    return stage.invoices(
        numbers, interface="FSO3110A", partner="DEM031", supplier=ISSUER, recipient=recipient
    )


def connect(stage: Stage, **changes: Any) -> None:
    stage.do(RaccordementSaved(msgspec.structs.replace(LATE, **changes)))
    stage.transmit()


def test_what_was_held_is_sent_in_order_when_the_platform_is_connected(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1", "G-2")
    emitted(stage, "G-3")
    stage.advance(days=2)
    connect(stage)
    assert stage.heard("DEM029") == ["FEN3036A G-1 G-2", "FEN3036A G-3"]
    assert all(stage.files(value) for value in stage.sent("DEM029"))


def test_it_is_sent_once(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1")
    connect(stage)
    connect(stage)
    assert stage.heard("DEM029") == ["FEN3036A G-1"]


def test_the_issuer_is_not_told_again_and_the_events_say_what_left(staged: Any) -> None:
    stage = staged()
    flow = emitted(stage, "G-1")
    before = stage.heard("DEM031")
    connect(stage)
    assert stage.heard("DEM031") == before == ["CSO3110A 200"]
    (event,) = [
        e
        for e in read.events_of(stage.store.connection, flow)
        if e["type"] == "InvoicesTransmitted"
    ]
    assert event["body"] == {"invoices": ["G-1"], "too_late": []}


def test_a_platform_may_speak_of_what_it_got_later(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1")
    connect(stage, interfaces=(*LATE.interfaces, "FSO3301A"))
    stage.status("DEM029", "FSO3301A", "203", "G-1")
    assert stage.heard("DEM031")[-1] == "FEN4000A 203"


def test_a_platform_that_is_valid_from_a_later_day_gets_it_then(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1")
    connect(stage, valid_from=START + timedelta(days=3))
    stage.advance(days=2)
    assert stage.heard("DEM029") == []
    stage.advance(days=2)
    assert stage.heard("DEM029") == ["FEN3036A G-1"]


def test_a_platform_that_does_not_subscribe_gets_nothing_until_it_does(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1")
    connect(stage, interfaces=("FEN3736A",))
    assert stage.heard("DEM029") == []
    connect(stage)
    assert stage.heard("DEM029") == ["FEN3036A G-1"]


def test_a_recipient_that_moves_to_a_connected_platform_gets_it_there(staged: Any) -> None:
    stage = staged()
    emitted(stage, "G-1")
    moved = Structure(AT_NOBODY, "RELIURE", "private", partner="DEM021")
    stage.do(StructuresSaved((moved,)))
    stage.transmit()
    assert stage.heard("DEM021") == ["FEN3036A G-1"]


@pytest.mark.parametrize(("held_for", "days", "left"), [(30, 29, 1), (30, 31, 0), (0, 0, 0)])
def test_how_long_it_waits_is_an_option(staged: Any, held_for: int, days: int, left: int) -> None:
    stage = staged(held_for=timedelta(days=held_for))
    emitted(stage, "G-1")
    stage.advance(days=days)
    connect(stage)
    assert len(stage.sent("DEM029")) == left


def test_a_recipient_without_any_platform_never_gets_it(staged: Any) -> None:
    stage = staged(g2b_unconnected="non-transmise")
    stage.do(StructuresSaved((Structure(ALONE, "SEULE", "private"),)))
    emitted(stage, "G-1", recipient=ALONE)
    stage.do(StructuresSaved((Structure(ALONE, "SEULE", "private", partner="DEM021"),)))
    stage.transmit()
    assert stage.heard("DEM021") == []


def test_many_are_sent_in_several_steps(staged: Any) -> None:
    stage = staged()
    emitted(stage, *(f"G-{n}" for n in range(120)))
    connect(stage)
    told = [len(v.sources) for v in stage.sent("DEM029")]
    assert sum(told) == 120
    assert max(told) <= 100


def test_a_row_of_work_that_is_done_changes_nothing(staged: Any) -> None:
    stage = staged()
    flow = emitted(stage, "G-1")
    stage.do(HoldingEnded(10_000, flow))
    assert stage.heard("DEM029") == []
