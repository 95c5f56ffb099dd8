"""Admission: each bad arrival has its motif and its report; the first failing check stops the rest."""

from __future__ import annotations

import pytest
from playbook import Playbook, name_of

from simulator.exchange.admission import CHECKS

BAD = [
    ("badly named", "facture", b"x", "IRR_FORM", "IRR_FORM"),
    ("sequence too short", "FSO1100A_DEM001_DEM0011100", b"x", "IRR_FORM", "IRR_FORM"),
    ("emitter of another", "FSO1100A_DEM001_XXX0011100000000000000001", b"x", "IRR_FORM_EMITTER",
     "IRR_FORM"),
    ("unknown interface", name_of(1, "FSO9999A"), b"x", "IRR_CODE_INTER_UNKNOWN", "IRR_CODE_INTER"),
    ("code of the other direction", name_of(1, "CSO1100A"), b"x", "IRR_CODE_INTER_DIRECTION",
     "IRR_CODE_INTER"),
    ("not subscribed", name_of(1, "FSO1150A"), b"x", "IRR_CODE_INTER_UNSUBSCRIBED",
     "IRR_CODE_INTER"),
    ("code application of nobody", name_of(1, partner="ZZZ999"), b"x", "IRR_CODE_APP_UNKNOWN",
     "IRR_CODE_APP"),
    ("code application of another partner", name_of(1, partner="DEM011"), b"x",
     "IRR_CODE_APP_FOREIGN", "IRR_CODE_APP"),
    ("empty", name_of(1), b"", "IRR_VIDE", "IRR_VIDE"),
    ("other extension", name_of(1).replace(".xml", ".txt"), b"x", "IRR_TYPE", "IRR_TYPE"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "content", "rule", "motif"), BAD, ids=[b[0] for b in BAD])
def test_a_bad_arrival_is_irrecevable_with_its_motif_and_one_report(
    play: Playbook, what: str, name: str, content: bytes, rule: str, motif: str
) -> None:
    flow = play.deposit(name, content)
    trace = play.why(flow)
    assert [f["rule"] for f in trace["findings"]] == [rule]
    assert play.motifs(flow) == [motif]
    assert play.state(flow) == ("IN_REJETE", "irrecevable")
    assert trace["checks"][-1]["outcome"] == "failed"
    (report,) = play.returns(flow)
    (status,) = report.statuses
    assert (report.interface, status.status) == ("CSO1100A", "93")
    assert [line.code for line in status.lines] == [motif]
    assert trace["findings"][0]["wire"] == [
        {"return": report.name, "status": "93", "code": motif, "text": status.lines[0].text}
    ]
    assert play.waiting() == [report.name]
    assert not play.todo or play.todo[-1].kind == "purge"


@pytest.mark.parametrize("partner", ["OLD001", "NEW001"])
def test_a_raccordement_that_is_not_active_refuses_the_flow_and_says_since_when(
    play: Playbook, partner: str
) -> None:
    flow = play.deposit(name_of(1, partner=partner), partner=partner)
    assert play.motifs(flow) == ["IRR_CODE_APP"]
    assert "2026-09" in play.why(flow)["findings"][0]["help"]
    assert len(play.waiting(partner)) == 1


def test_a_flow_by_another_protocol_than_the_raccordement_s_is_refused(play: Playbook) -> None:
    flow = play.deposit(name_of(1, partner="DEM002"), partner="DEM002", protocol="sftp")
    assert play.motifs(flow) == ["IRR_CODE_INTER"]
    assert play.why(flow)["findings"][0]["rule"] == "IRR_CODE_INTER_PROTOCOL"


def test_a_name_received_before_is_refused_and_the_first_flow_is_untouched(play: Playbook) -> None:
    first = play.deposit(name_of(1), b"one")
    second = play.deposit(name_of(1), b"two")
    assert play.motifs(second) == ["IRR_UNICITE"]
    assert play.state(first) == ("IN_EN_ATTENTE_TRAITEMENT_CPP", "")
    assert play.why(second)["findings"][0]["rule"] == "IRR_UNICITE"


def test_the_same_bytes_again_are_explained_as_a_probable_retry(play: Playbook) -> None:
    play.deposit(name_of(1), b"one")
    again = play.deposit(name_of(1), b"one")
    finding = play.why(again)["findings"][0]
    assert (finding["rule"], finding["motif"]) == ("IRR_UNICITE_SAME", "IRR_UNICITE")
    assert "2026-09-01 08:00:00 UTC" in finding["help"]


def test_another_extension_does_not_make_a_name_new(play: Playbook) -> None:
    play.deposit(name_of(1))
    again = play.deposit(name_of(1).replace(".xml", ".tar.gz"))
    assert play.motifs(again) == ["IRR_UNICITE"]


def test_a_flow_refused_before_its_name_was_registered_may_be_sent_again(play: Playbook) -> None:
    empty = play.deposit(name_of(1), b"")
    again = play.deposit(name_of(1), b"content")
    assert play.motifs(empty) == ["IRR_VIDE"]
    assert play.motifs(again) == []


def test_a_second_report_on_one_name_does_not_take_the_name_of_the_first(play: Playbook) -> None:
    flows = [play.deposit(name_of(1), content) for content in (b"", b"", b"x", b"y")]
    names = [r.name for flow in flows for r in play.returns(flow)]
    assert len(names) == len(set(names)) == 3
    assert names[0] == "CSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
    assert names[1] == "CSO1100A_DEM001_CPP0011100000000000000001.tar.gz"


def test_a_report_on_an_unreadable_name_has_our_identifier_and_names_the_file(
    play: Playbook,
) -> None:
    flow = play.deposit("rapport annuel é.xml")
    (report,) = play.returns(flow)
    (status,) = report.statuses
    assert report.name == "CSO1100A_DEM001_CPP0011100000000000000001.tar.gz"
    assert (status.identifier, status.readable) == ("rapport annuel é.xml", False)


def test_a_platform_gets_its_refusal_as_501(play: Playbook) -> None:
    flow = play.deposit(name_of(1, "FSO1150A", "DEM011"), b"", partner="DEM011")
    (report,) = play.returns(flow)
    assert (report.interface, report.format) == ("CSO1150A", "cdar")
    assert [s.status for s in report.statuses] == ["501"]


def test_every_check_before_the_failing_one_stands_in_the_trace(play: Playbook) -> None:
    flow = play.deposit(name_of(1), b"")
    names = [check["name"] for check in play.why(flow)["checks"]]
    order = [name for name, _ in CHECKS]
    assert names == order[: order.index("not empty") + 1]


def test_other_digits_in_the_identifier_are_a_warning_that_refuses_nothing(play: Playbook) -> None:
    flow = play.deposit("FSO1100A_DEM001_DEM0019999000000000000001.xml")
    assert [(f["rule"], f["severity"]) for f in play.why(flow)["findings"]] == [
        ("IRR_FORM_DIGITS", "warning")
    ]
    assert [w.kind for w in play.todo] == ["judge"]


def test_a_good_arrival_waits_for_judging_and_nothing_is_sent_yet(play: Playbook) -> None:
    flow = play.deposit(name_of(1))
    assert [(w.kind, w.lane, w.subject) for w in play.todo] == [("judge", "decide:DEM001", flow)]
    assert play.returns(flow) == []
