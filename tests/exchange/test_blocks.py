"""A large flow: decided block by block, answered when the last block is."""

from __future__ import annotations

from typing import Any

import msgspec
from playbook import Playbook, document, name_of

from simulator.domain.findings import NOWHERE, Finding
from simulator.domain.judgement import Document, Judgement
from simulator.exchange.inputs import BlockJudged, Judged

ENVELOPE = name_of(1, "FSO1150A", "DEM011").replace(".xml", ".tar.gz")


def deposit(play: Playbook, name: str = ENVELOPE, partner: str = "DEM011") -> tuple[int, int]:
    """A flow and the row of work that has it judged."""
    flow = play.deposit(name, partner=partner)
    return flow, next(w.id for w in play.todo if w.kind == "judge" and w.subject == flow)


def block(work: int, flow: int, index: int, *documents: Document) -> BlockJudged:
    return BlockJudged(work, flow, index, msgspec.msgpack.encode(documents))


def pending(play: Playbook) -> list[str]:
    rows = play.store.connection.execute("SELECT state FROM returned ORDER BY id")
    return [row[0] for row in rows]


def shown(play: Playbook, flow: int) -> list[tuple[str, list[tuple[str, Any]]]]:
    """Returns in the order in which their rows of work or files came to be."""
    return [
        (r.interface, [(s.status, getattr(s, "number", "")) for s in r.statuses])
        for r in play.returns(flow)
    ]


def test_a_flow_is_in_process_until_its_last_block_and_says_nothing_before(play: Playbook) -> None:
    flow, work = deposit(play)
    play.do(block(work, flow, 0, document("F-1"), document("F-2")))
    assert play.state(flow) == ("IN_EN_COURS_TRAITEMENT_CPP", "")
    assert play.waiting("DEM011") == []
    assert pending(play) == ["held"]
    play.do(block(work, flow, 1, document("F-3", recipient="99999999999999")))
    play.do(Judged(work, flow, Judgement()))
    assert play.state(flow) == ("IN_INTEGRE_PARTIEL", "partial")
    assert sorted(shown(play, flow)) == [
        ("CSO1150A", [("500", "")]),
        ("FEN1214A", [("202", "F-1"), ("202", "F-2")]),
        ("FEN1214A", [("213", "F-3")]),
    ]
    assert len(play.waiting("DEM011")) == 1  # the report; the statuses are still to be written
    composing = [w.subject for w in play.todo if w.kind == "compose"]
    assert composing == sorted(composing)
    assert pending(play) == ["composing", "composing", "waiting"]


def test_a_block_that_was_decided_before_a_restart_is_not_decided_again(play: Playbook) -> None:
    flow, work = deposit(play)
    for _ in range(2):
        play.do(block(work, flow, 0, document("F-1")))
        play.do(block(work, flow, 1, document("F-2")))
    play.do(Judged(work, flow, Judgement()))
    assert play.state(flow) == ("IN_INTEGRE", "accepted")
    assert [n for _, statuses in shown(play, flow)[:2] for _, n in statuses] == ["F-1", "F-2"]


def test_an_invoice_that_stood_in_an_earlier_block_is_a_duplicate_in_a_later(
    play: Playbook,
) -> None:
    flow, work = deposit(play)
    play.do(block(work, flow, 0, document("F-1", member="a.xml")))
    play.do(block(work, flow, 1, document("F-1", member="b.xml")))
    play.do(Judged(work, flow, Judgement()))
    assert play.state(flow) == ("IN_INTEGRE_PARTIEL", "partial")
    assert play.motifs(flow) == ["REJ_UNI"]


def test_the_report_of_the_historic_channel_has_a_line_for_each_refused_invoice_of_all_blocks(
    play: Playbook,
) -> None:
    flow, work = deposit(play, name_of(1).replace(".xml", ".tar.gz"), "DEM001")
    play.do(block(work, flow, 0, document("F-1"), document("F-2", supplier="00000000000000")))
    play.do(block(work, flow, 1, document("F-3", supplier="00000000000000")))
    play.do(Judged(work, flow, Judgement()))
    (report,) = [r for r in play.returns(flow) if r.interface == "CSO1100A"]
    assert [s.status for s in report.statuses] == ["96"]
    assert [line.subject for line in report.statuses[0].lines] == ["F-2", "F-3"]


def test_a_flow_that_cannot_be_judged_after_all_takes_its_blocks_back(play: Playbook) -> None:
    flow, work = deposit(play)
    play.do(block(work, flow, 0, document("F-1")))
    gave_up = Finding(
        "SIM_JUDGE_TIMEOUT", "container", "error", "flow", "m", "h", "r", "IRR_SYNTAX", NOWHERE,
        "s", "assumed",
    )  # fmt: skip
    play.do(Judged(work, flow, Judgement(findings=(gave_up,))))
    assert play.state(flow) == ("IN_INCIDENTE", "irrecevable")
    assert shown(play, flow) == [("CSO1150A", [("501", "")])]
    second, work = deposit(play, name_of(2, "FSO1150A", "DEM011"))
    play.do(Judged(work, second, Judgement(documents=(document("F-1"),))))
    assert play.state(second) == ("IN_INTEGRE", "accepted")  # its number may be used again


def test_many_invoices_leave_one_line_and_the_failures_in_the_trace(play: Playbook) -> None:
    flow, work = deposit(play)
    bad = document("F-0", recipient="99999999999999")
    play.do(block(work, flow, 0, bad, *(document(f"F-{n}") for n in range(1, 30))))
    play.do(Judged(work, flow, Judgement()))
    lines = [(c["name"], c["outcome"]) for c in play.why(flow)["checks"]]
    assert lines[-2:] == [("invoices", "failed"), ("recipient of F-0.xml", "failed")]


def test_a_status_message_is_received_without_being_taken_for_an_invoice(play: Playbook) -> None:
    flow, work = deposit(play)
    play.do(Judged(work, flow, Judgement(documents=(document("F-1", syntax="cdar"),))))
    assert play.state(flow) == ("IN_INTEGRE", "accepted")
    assert [interface for interface, _ in shown(play, flow)] == ["CSO1150A"]
