"""Faults on demand: each outcome, whom it meets, how often; and what makes no sense is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playbook import START, document, name_of
from stage_desk import Stage

from simulator.domain.faults import Fault
from simulator.domain.flows import Deposit, blob_ref
from simulator.exchange.faults import Disturbed
from simulator.exchange.inputs import FaultAdded, FaultsRemoved, Fetched
from simulator.journal import read
from simulator.journal.faultbook import standing_faults
from simulator.messages.archives import pack
from simulator.messages.specimens.factory import document as made
from simulator.messages.specimens.factory import of_circuit


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "data")
    yield stage
    stage.store.close()


def demand(stage: Stage, outcome: str, **given: Any) -> int:
    return int(stage.do(FaultAdded(Fault(outcome, **given))))  # type: ignore[arg-type]


def deposited(stage: Stage, number: int, partner: str = "DEM011", code: str = "FSO1150A") -> int:
    """A deposit that was admitted, judged or not."""
    one = made(of_circuit(stage.partner(partner).circuit), "ubl")
    name = name_of(100 + number, code, partner).replace(".xml", ".tar.gz")
    return stage.deposit(name, pack([("f.xml", one)], START), partner, "sftp")


def received(stage: Stage, name: str) -> Any:
    return stage.do(Deposit("DEM001", "sftp", name, blob_ref(b"<x/>"), b"<x/>"))


def left(stage: Stage) -> list[int | None]:
    return [each.left for each in standing_faults(stage.store.connection, "default")]


# -- a flow --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "code", "told"),
    [("DEM001", "FSO1100A", "CSO1100A 93"), ("DEM011", "FSO1150A", "CSO1150A 501")],
)
def test_a_flow_is_irrecevable_with_the_motif_asked_for_and_the_next_is_not(
    stage: Stage, partner: str, code: str, told: str
) -> None:
    number = demand(stage, "irrecevable", motif="IRR_ANTIVIRUS", text="Virus Eicar")
    flow = deposited(stage, 1, partner, code)
    (finding,) = stage.why(flow)["findings"]
    assert (finding["rule"], finding["motif"]) == ("SIM_FAULT_FLOW", "IRR_ANTIVIRUS")
    assert f"fault {number}" in finding["help"]
    assert stage.state(flow) == ("IN_REJETE", "irrecevable")
    assert stage.heard(partner) == [told]
    (status,) = stage.sent(partner)[0].statuses
    assert [(line.code, line.text) for line in status.lines] == [("IRR_ANTIVIRUS", "Virus Eicar")]
    stage.invoice("N-1", interface=code, partner=partner)
    assert len(stage.heard(partner)) == 3
    assert left(stage) == [0]


def test_on_the_wire_nothing_tells_that_a_refusal_is_on_demand(stage: Stage) -> None:
    demand(stage, "irrecevable")
    deposited(stage, 1)
    (content,) = stage.files(stage.sent("DEM011")[0]).values()
    assert b"IRR_SYNTAX" in content
    assert b"SIM_" not in content
    assert b"fault" not in content.lower()


def test_the_name_of_a_flow_refused_on_demand_is_used_unless_admission_refuses_so(
    stage: Stage,
) -> None:
    demand(stage, "irrecevable", motif="IRR_SYNTAX")
    deposited(stage, 1)
    assert stage.motifs(deposited(stage, 1)) == ["IRR_UNICITE"]
    demand(stage, "irrecevable", motif="IRR_CODE_APP")
    deposited(stage, 2)
    assert stage.motifs(deposited(stage, 2)) == []


def test_an_incident_leaves_the_flow_untreated_without_a_word_and_the_name_free(
    stage: Stage,
) -> None:
    demand(stage, "incident")
    flow = deposited(stage, 1)
    assert stage.state(flow) == ("IN_INCIDENTE", "irrecevable")
    assert stage.sent("DEM011") == []
    assert stage.motifs(deposited(stage, 1)) == []


def test_invoices_are_rejected_by_pattern_and_the_flow_is_integrated_in_part(stage: Stage) -> None:
    demand(stage, "rejected", invoice="*-2", motif="REJ_UNI")
    flow = stage.invoices(["F-1", "F-2", "F-3"], interface="FSO1100A", partner="DEM001")
    assert stage.state(flow) == ("IN_INTEGRE_PARTIEL", "partial")
    assert stage.heard("DEM001") == ["CSO1100A 96", "FEN1201A 01 01"]
    (finding,) = stage.why(flow)["findings"]
    assert (finding["rule"], finding["motif"]) == ("SIM_FAULT_INVOICE", "REJ_UNI")
    again = stage.invoice("F-2", interface="FSO1100A", partner="DEM001")
    assert stage.state(again)[1] == "accepted"


def test_an_invoice_of_a_platform_is_rejected_in_its_213(stage: Stage) -> None:
    demand(stage, "rejected")
    stage.invoice("P-1")
    assert stage.heard("DEM011") == ["CSO1150A 500", "FEN1214A 213"]


def test_silence_withholds_whatever_answers_the_deposit_and_is_told_in_its_events(
    stage: Stage,
) -> None:
    demand(stage, "silence")
    flow = stage.invoice("P-1")
    assert stage.state(flow)[1] == "accepted"
    assert stage.sent("DEM011") == []
    events = [e["type"] for e in read.events_of(stage.store.connection, flow)]
    assert events.count("ReturnWithheld") == 2


def test_a_delay_puts_the_answers_off_by_business_time(stage: Stage) -> None:
    demand(stage, "delay", after=timedelta(hours=2))
    flow = deposited(stage, 1)
    assert stage.state(flow)[0] == "IN_EN_ATTENTE_TRAITEMENT_CPP"
    (work,) = [w for w in stage.todo if w.kind == "judge"]
    assert work.due == START + timedelta(hours=2)


# -- a return ------------------------------------------------------------------------------------------


def test_silence_of_one_code_withholds_that_return_alone(stage: Stage) -> None:
    demand(stage, "silence", interface="FEN1214A")
    stage.invoice("P-1")
    assert stage.heard("DEM011") == ["CSO1150A 500"]
    stage.invoice("P-2")
    assert stage.heard("DEM011")[1:] == ["CSO1150A 500", "FEN1214A 202"]


def test_a_delay_of_one_code_puts_that_return_off_and_lets_the_others_go(stage: Stage) -> None:
    demand(stage, "delay", interface="FEN1214A", after=timedelta(days=1))
    one = made(of_circuit("b2g-pa"), "ubl")
    flow = stage.deposit(
        name_of(1, "FSO1150A", "DEM011"), pack([("f.xml", one)], START), "DEM011", "sftp"
    )
    stage.judge(flow, document(syntax="ubl-invoice"))
    assert [n[:8] for n in stage.waiting("DEM011")] == ["CSO1150A"]
    (work,) = [w for w in stage.todo if w.kind == "compose"]
    assert work.due == START + timedelta(days=1)


def test_a_doubled_return_is_there_once_more_after_it_was_fetched_and_then_never(
    stage: Stage,
) -> None:
    demand(stage, "duplicate", interface="CSO1150A")
    stage.invoice("P-1")
    row = next(
        r
        for r in read.waiting(stage.store.connection, "default", "DEM011")
        if r["name"].startswith("CSO1150A")
    )
    for expected in (1, 0):
        stage.do(Fetched(row["id"], "DEM011"))
        names = [n for n in stage.waiting("DEM011") if n.startswith("CSO1150A")]
        assert len(names) == expected


# -- the wire ------------------------------------------------------------------------------------------


def test_a_deposit_refused_on_the_wire_leaves_nothing_but_an_event(stage: Stage) -> None:
    demand(stage, "wire-refusal", name="*000000000000007*")
    outcome = received(stage, name_of(7))
    assert isinstance(outcome, Disturbed)
    assert not outcome.taken
    with pytest.raises(read.NoSuchFlow):
        read.find_flow(stage.store.connection, "default", name_of(7))
    assert not isinstance(received(stage, name_of(7)), Disturbed)


def test_a_deposit_without_receipt_is_taken_and_sent_again_it_is_known(stage: Stage) -> None:
    demand(stage, "no-receipt")
    outcome = received(stage, name_of(1))
    assert outcome.unsaid
    retried = received(stage, name_of(1))
    assert not retried.unsaid
    assert stage.motifs(retried.flow) == ["IRR_UNICITE"]


# -- whom it meets, and how often -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "other", [{"partner": "DEM012"}, {"interface": "FSO1156A"}, {"name": "FSO3*"}]
)
def test_a_fault_meets_those_only_that_it_is_for(stage: Stage, other: dict[str, str]) -> None:
    demand(stage, "irrecevable", **other)
    assert stage.state(deposited(stage, 1))[0] == "IN_EN_ATTENTE_TRAITEMENT_CPP"
    assert left(stage) == [1]


def test_faults_are_met_in_the_order_given_so_many_times(stage: Stage) -> None:
    demand(stage, "irrecevable", motif="IRR_ANTIVIRUS", times=2)
    demand(stage, "irrecevable", motif="IRR_EXTRAC")
    met = [stage.motifs(deposited(stage, n)) for n in range(1, 5)]
    assert met == [["IRR_ANTIVIRUS"], ["IRR_ANTIVIRUS"], ["IRR_EXTRAC"], []]


def test_a_fault_without_number_of_times_goes_on_until_it_is_taken_away(stage: Stage) -> None:
    number = demand(stage, "irrecevable", times=0)
    assert [len(stage.motifs(deposited(stage, n))) for n in range(1, 4)] == [1, 1, 1]
    assert stage.do(FaultsRemoved(number)) == 1
    assert stage.motifs(deposited(stage, 4)) == []


def test_a_deposit_that_is_refused_anyway_uses_no_fault_up(stage: Stage) -> None:
    demand(stage, "irrecevable")
    stage.deposit("FSO9999A_DEM001_nonsense", b"<x/>")
    assert left(stage) == [1]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("irrecevable", motif="REJ_UNI"), "expected one of .*IRR_SYNTAX"),
        (Fault("rejected", motif="IRR_SYNTAX"), "expected one of .*REJ_UNI"),
        (Fault("silence", motif="REJ_UNI"), "silence has no motif"),
        (Fault("irrecevable", interface="FSO9999A"), "expected a code of the catalogue"),
        (Fault("silence", partner="DEM999"), "'DEM999': expected the code application"),
        (Fault("rejected", interface="CSO1100A"), "expected silence, delay, duplicate"),
        (Fault("delay"), "a time above 0"),
        (Fault("delay", after=timedelta(days=9_999_999)), "P3650D at most"),
        (Fault("irrecevable", invoice="F-1"), "'invoice' is for rejected alone"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_would(
    stage: Stage, fault: Fault, expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        stage.do(FaultAdded(fault))
    assert left(stage) == []


def test_a_number_of_no_fault_is_told(stage: Stage) -> None:
    with pytest.raises(LookupError, match=r"no fault 7"):
        stage.do(FaultsRemoved(7))
    assert stage.do(FaultsRemoved()) == 0
