"""Decision: stateful checks on the facts, verdicts, and what goes back on each circuit."""

from __future__ import annotations

from pathlib import Path

import pytest
from playbook import PRIVATE, Playbook, document, name_of

from simulator.domain.findings import Finding, Place
from simulator.domain.judgement import Document, Judgement
from simulator.domain.reference import Options
from simulator.exchange.inputs import Judged


def statuses(play: Playbook, flow: int) -> list[tuple[str, list[str]]]:
    return [(r.interface, [s.status for s in r.statuses]) for r in play.returns(flow)]


def deposit_platform(play: Playbook, number: int = 1) -> int:
    return play.deposit(name_of(number, "FSO1150A", "DEM011"), partner="DEM011")


def syntax_error(member: str) -> Finding:
    return Finding(
        "cvc-elt.1.a", "xsd", "error", "file", "m", "h", "r", "IRR_SYNTAX", Place(member, 3, 4),
        "s", "official",
    )  # fmt: skip


def test_a_good_historic_flow_gets_90_and_a_deposited_status_for_each_invoice(
    play: Playbook,
) -> None:
    flow = play.deposit(name_of(1))
    play.judge(flow, document("F-1"), document("F-2"))
    assert statuses(play, flow) == [("CSO1100A", ["90"]), ("FEN1201A", ["01", "01"])]
    assert play.state(flow) == ("IN_INTEGRE", "accepted")


def test_one_bad_invoice_of_three_gives_96_with_one_line_and_the_two_others_a_status(
    play: Playbook,
) -> None:
    flow = play.deposit(name_of(1))
    play.judge(flow, document("F-1"), document("F-2", supplier="00000000000000"), document("F-3"))
    report, life_cycle = play.returns(flow)
    assert [s.status for s in report.statuses] == ["96"]
    (line,) = report.statuses[0].lines
    assert (line.code, line.subject, line.nature) == ("REJ_COH", "F-2", "FONCTIONNELLE")
    assert [s.number for s in life_cycle.statuses] == ["F-1", "F-3"]
    assert play.state(flow) == ("IN_INTEGRE_PARTIEL", "partial")


def test_a_platform_gets_500_then_202_or_213_for_each_invoice_in_order(play: Playbook) -> None:
    flow = deposit_platform(play)
    play.judge(flow, document("F-1"), document("F-2", recipient="99999999999999"))
    assert statuses(play, flow) == [("CSO1150A", ["500"]), ("FEN1214A", ["202", "213"])]
    rejected = play.returns(flow)[1].statuses[1]
    assert [line.code for line in rejected.lines] == ["REJ_ADR"]


def test_a_syntax_error_in_one_file_refuses_the_whole_flow(play: Playbook) -> None:
    flow = play.deposit(name_of(1))
    bad = Document("b.xml", 10, None, (syntax_error("b.xml"),))
    play.judge(flow, document("F-1"), bad)
    assert statuses(play, flow) == [("CSO1100A", ["93"])]
    assert play.state(flow) == ("IN_REJETE", "irrecevable")
    other = play.deposit(name_of(2))
    play.judge(other, document("F-1"))
    assert play.state(other)[1] == "accepted", "an invoice of a refused flow does not count"


@pytest.mark.parametrize(
    ("changes", "rule", "motif"),
    [
        ({"number": "A" * 21}, "G1.05_LENGTH", "REJ_COH"),
        ({"number": "F 1#"}, "G1.05_CHARACTERS", "REJ_COH"),
        ({"number": "F  1"}, "G1.05_CHARACTERS", "REJ_COH"),
        ({"number": " F1"}, "G1.05_CHARACTERS", "REJ_COH"),
        ({"number": "  "}, "NUMBER_MISSING", "REJ_COH"),
        ({"supplier": ""}, "SUPPLIER_MISSING", "REJ_COH"),
        ({"supplier": "332540215"}, "SUPPLIER_FORMAT", "REJ_COH"),
        ({"supplier": "00000000000000"}, "SUPPLIER_UNKNOWN", "REJ_COH"),
        ({"supplier": "12345678200077"}, "SUPPLIER_INACTIVE", "REJ_COH"),
        ({"recipient": ""}, "RECIPIENT_MISSING", "ADR_ERR"),
        ({"recipient": "99999999999999"}, "RECIPIENT_UNKNOWN", "REJ_ADR"),
        ({"recipient": PRIVATE}, "RECIPIENT_NOT_PUBLIC", "REJ_CONT_B2G"),
    ],
)
def test_a_fact_that_fails_a_check_rejects_the_invoice_with_its_motif(
    play: Playbook, changes: dict[str, str], rule: str, motif: str
) -> None:
    flow = deposit_platform(play)
    play.judge(flow, document(**changes))
    (finding,) = play.why(flow)["findings"]
    assert (finding["rule"], finding["motif"]) == (rule, motif)
    assert play.state(flow) == ("IN_INTEGRE_PARTIEL", "rejected")


@pytest.mark.parametrize("number", ["F-1", "a+b_c/d", "F 2026 001", "1"])
def test_a_number_of_the_allowed_characters_is_accepted(play: Playbook, number: str) -> None:
    flow = play.deposit(name_of(1))
    play.judge(flow, document(number, member="x.xml"))
    assert play.state(flow)[1] == "accepted"


def test_an_invoice_number_counts_once_for_its_supplier_also_inside_one_flow(
    play: Playbook,
) -> None:
    first = play.deposit(name_of(1))
    play.judge(first, document("F-1"), document("F-1", member="again.xml"))
    second = play.deposit(name_of(2))
    play.judge(second, document("F-1"))
    assert play.motifs(first) == play.motifs(second) == ["REJ_UNI"]
    assert name_of(1) in play.why(second)["findings"][0]["help"]


def test_a_rejected_invoice_may_be_sent_again_under_its_number(play: Playbook) -> None:
    first = play.deposit(name_of(1))
    play.judge(first, document("F-1", recipient="99999999999999"))
    second = play.deposit(name_of(2))
    play.judge(second, document("F-1"))
    assert play.state(second)[1] == "accepted"


def test_a_platform_may_use_a_number_again_in_another_year(play: Playbook) -> None:
    first, second = deposit_platform(play, 1), deposit_platform(play, 2)
    play.judge(first, document("F-1", issue_date="2025-12-31"))
    play.judge(second, document("F-1", issue_date="2026-01-01"))
    assert play.state(second)[1] == "accepted"


def test_a_second_answer_to_one_job_changes_nothing(play: Playbook) -> None:
    flow = play.deposit(name_of(1))
    play.judge(flow, document("F-1"))
    work = play.todo[0]
    play.do(Judged(work.id, flow, Judgement(documents=(document("F-9"),))))
    assert len(play.returns(flow)) == 2


def test_numbers_of_our_own_flows_go_up_by_interface_and_partner(play: Playbook) -> None:
    for number in (1, 2):
        flow = play.deposit(name_of(number))
        play.judge(flow, document(f"F-{number}"))
    names = [n for n in play.waiting() if n.startswith("FEN")]
    assert names == [
        "FEN1201A_DEM001_CPP0011201000000000000001.tar.gz",
        "FEN1201A_DEM001_CPP0011201000000000000002.tar.gz",
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(messages_per_archive=1), [("CSO1100A", ["90"]), ("FEN1201A", ["01"]),
                                         ("FEN1201A", ["01"])]),
        (Options(report="errors-only"), [("FEN1201A", ["01", "01"])]),
        (Options(life_cycle_interface="FEN1200A"), [("CSO1100A", ["90"]),
                                                    ("FEN1200A", ["01", "01"])]),
    ],
)  # fmt: skip
def test_what_no_public_text_settles_is_an_option(
    tmp_path: Path, options: Options, expected: list[tuple[str, list[str]]]
) -> None:
    play = Playbook(tmp_path / "other", options)
    flow = play.deposit(name_of(1))
    play.judge(flow, document("F-1"), document("F-2"))
    assert statuses(play, flow) == expected
    play.store.close()


def test_an_unknown_structure_can_be_accepted_with_or_without_a_warning(tmp_path: Path) -> None:
    for setting, rules in (
        ("accept", []),
        ("accept-and-warn", ["SUPPLIER_UNKNOWN_ACCEPTED"]),
    ):
        play = Playbook(tmp_path / setting, Options(directory_unknown=setting))
        flow = play.deposit(name_of(1))
        play.judge(flow, document("F-1", supplier="00000000000000"))
        assert [f["rule"] for f in play.why(flow)["findings"]] == rules
        assert play.state(flow)[1] == "accepted"
        play.store.close()


def test_all_rejected_can_be_reported_as_a_refusal(tmp_path: Path) -> None:
    play = Playbook(tmp_path / "other", Options(all_rejected="refused"))
    flow = play.deposit(name_of(1))
    play.judge(flow, document("F-1", recipient=""))
    assert statuses(play, flow) == [("CSO1100A", ["93"])]
    play.store.close()
