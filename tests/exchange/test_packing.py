"""How returns are packed: alone or gathered, at once or once a day, and never two under one name."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playbook import START, Playbook, document, name_of
from stage_desk import AT_DEM021, TOWN, Stage

from simulator.domain.businesstime import Clock
from simulator.domain.flowname import FlowName
from simulator.domain.judgement import Judgement
from simulator.domain.reference import Options
from simulator.exchange.inputs import BlockJudged, ClockMoved, Fired, Judged, Requeued
from simulator.exchange.packing import next_leaving
from simulator.journal import read

G2B = {"interface": "FSO3110A", "partner": "DEM031", "recipient": AT_DEM021}
# START is 10:00 in Paris.
AT_SIX = datetime(2026, 9, 2, 4, 0, tzinfo=UTC)


class DailyStage(Stage):
    """A stage on which what is to be written later is written later."""

    def compose_all(self) -> None:
        later = [w for w in self.todo if w.kind == "compose" and w.due and w.due > self.now]
        self.todo = [w for w in self.todo if w not in later]
        super().compose_all()
        self.todo += later

    def advance(self, **by: float) -> None:
        target = self.now + timedelta(**by)
        while leaves := [w.due for w in self.todo if w.kind == "compose" and w.due <= target]:
            super().advance(seconds=(min(leaves) - self.now).total_seconds())
            self.compose_all()
        super().advance(seconds=(target - self.now).total_seconds())

    def left(self, partner: str) -> list[str]:
        return sorted(row[:8] for row in self.waiting(partner))


def staged(tmp_path: Path, **options: Any) -> DailyStage:
    return DailyStage(tmp_path / "data", Options(status_delivery="daily", **options))


# -- the hour ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "daily_at", "leaves"),
    [
        ("2026-09-01T08:00:00Z", "06:00", "2026-09-02T04:00:00Z"),
        ("2026-09-01T03:59:59Z", "06:00", "2026-09-01T04:00:00Z"),
        ("2026-09-01T04:00:00Z", "06:00", "2026-09-02T04:00:00Z"),
        ("2026-12-01T22:59:00Z", "00:00", "2026-12-01T23:00:00Z"),
        # Clocks go forward on 29 March 2026: 02:30 does not exist. They go back on 25 October.
        ("2026-03-29T00:00:00Z", "02:30", "2026-03-29T01:30:00Z"),
        ("2026-10-24T23:00:00Z", "02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00Z", "02:30", "2026-10-26T01:30:00Z"),
    ],
)
def test_gathered_statuses_leave_at_the_hour_of_paris(now: str, daily_at: str, leaves: str) -> None:
    found = next_leaving(datetime.fromisoformat(now), daily_at)
    assert found == datetime.fromisoformat(leaves)


@given(st.integers(0, 10**9), st.times())
def test_it_is_always_later_and_within_a_day_and_its_shift(second: int, at: Any) -> None:
    now = START + timedelta(seconds=second)
    leaves = next_leaving(now, at.strftime("%H:%M"))
    assert timedelta(0) < leaves - now <= timedelta(hours=25)


# -- gathered ------------------------------------------------------------------------------------------


def test_statuses_of_several_deposits_leave_together_at_the_hour(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    first, second = stage.invoice("P-1"), stage.invoice("P-2")
    stage.advance(minutes=5)
    assert stage.left("DEM011") == ["CSO1150A", "CSO1150A"]
    assert stage.heard("DEM011") == [
        "CSO1150A 500", "FEN1214A 202 202", "CSO1150A 500", "FEN1204A 203 203",
    ]  # fmt: skip
    stage.advance(days=1)
    assert stage.left("DEM011") == ["CSO1150A", "CSO1150A", "FEN1204A", "FEN1214A"]
    gathered = stage.sent("DEM011")[1]
    assert gathered.issued == AT_SIX
    assert len(stage.files(gathered)) == 2
    for flow in (first, second):
        answers = sorted(v.interface for v in stage.returns(flow))
        assert answers == ["CSO1150A", "FEN1204A", "FEN1214A"]
    stage.store.close()


def test_what_comes_after_the_hour_leaves_the_next_day(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.invoice("P-1")
    stage.advance(days=1)
    stage.invoice("P-2")
    (first, second) = [v for v in stage.sent("DEM011") if v.interface == "FEN1214A"]
    assert second.issued == first.issued + timedelta(days=1) == AT_SIX + timedelta(days=1)
    stage.store.close()


def test_one_message_each_leaves_at_the_hour_too(tmp_path: Path) -> None:
    stage = staged(tmp_path, messages_per_archive=1, story=False)
    stage.invoices(["P-1", "P-2"])
    assert stage.left("DEM011") == ["CSO1150A"]
    stage.advance(days=1)
    assert stage.left("DEM011") == ["CSO1150A", "FEN1214A", "FEN1214A"]
    stage.store.close()


def test_partners_are_gathered_apart_and_invoices_do_not_wait(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.invoice("P-1", recipient=TOWN)
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=TOWN)
    stage.advance(minutes=5)
    assert stage.left("BUYER1") == ["FEN0036A", "FEN0036A"]
    assert stage.left("DEM001") == ["CSO1100A"]
    stage.advance(days=1)
    assert stage.left("DEM001") == ["CSO1100A", "FEN1201A"]
    assert stage.heard("DEM001") == ["CSO1100A 90", "FEN1201A 01 03"]
    stage.store.close()


def test_messages_relayed_as_they_are_never_meet_under_one_file_name(tmp_path: Path) -> None:
    stage = staged(tmp_path, story=False)
    stage.invoice("G-1", **G2B)
    stage.invoice("G-2", **G2B)
    for number in ("G-1", "G-2"):  # both in a file of one name
        stage.status("DEM021", "FSO3301A", "203", number)
    stage.status("DEM021", "FSO3301A", "204", "G-1")
    relays = [v for v in stage.sent("DEM031") if v.interface == "FEN4000A"]
    assert sorted(list(stage.files(v)) for v in relays) == [["203.xml"], ["203.xml", "204.xml"]]
    stage.store.close()


def test_what_is_gathered_can_be_put_back_only_once_it_has_left(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.invoice("P-1")
    number = stage.store.connection.execute(
        "SELECT id FROM returned WHERE interface = 'FEN1214A'"
    ).fetchone()[0]
    with pytest.raises(ValueError, match="still being written"):
        stage.do(Requeued(number))
    stage.advance(days=1)
    assert stage.do(Requeued(number)).startswith("FEN1214A")
    stage.store.close()


def test_a_gathered_return_holds_five_hundred_messages_at_most(tmp_path: Path) -> None:
    play = Playbook(tmp_path / "data", Options(status_delivery="daily", story=False))
    for start in (0, 300):
        flow = play.deposit(name_of(start + 1), b"%d" % start)
        play.judge(flow, *(document(f"F-{n}") for n in range(start, start + 300)))
    sizes = [
        len(v.statuses) for flow in (1, 2) for v in play.returns(flow) if v.interface == "FEN1201A"
    ]
    assert sizes == [300, 300]
    play.store.close()


def test_statuses_of_a_large_flow_leave_at_the_hour_and_others_join_them(tmp_path: Path) -> None:
    play = Playbook(tmp_path / "data", Options(status_delivery="daily", story=False))
    flow = play.deposit(name_of(1))
    work = next(w.id for w in play.todo if w.kind == "judge")
    for index in range(2):
        documents = msgspec.msgpack.encode((document(f"F-{index}"),))
        play.do(BlockJudged(work, flow, index, documents))
    play.do(Judged(work, flow, Judgement()))
    assert play.waiting() == [r.name for r in play.returns(flow) if r.interface == "CSO1100A"]
    assert [w.due for w in play.todo if w.kind == "compose"] == [AT_SIX, AT_SIX]
    later = play.deposit(name_of(2), b"2")
    play.judge(later, document("F-2"))
    told = [v for v in play.returns(later) if v.interface == "FEN1201A"]
    assert [[s.number for s in v.statuses] for v in told] == [["F-1", "F-2"]]
    play.store.close()


def test_who_waits_for_returns_does_not_wait_for_what_is_gathered(tmp_path: Path) -> None:
    stage = staged(tmp_path, story=False)
    stage.invoice("P-1")
    assert read.returns_left(stage.store.connection, "default", "DEM011") == 1
    stage.advance(days=1)
    assert read.returns_left(stage.store.connection, "default", "DEM011") == 2
    stage.store.close()


# -- names ---------------------------------------------------------------------------------------------

_LEGAL = re.compile(r"[A-Z]{3}\d{4}[A-Z]_[A-Z0-9]{6}_[A-Z0-9]{6}[0-9A-Z]{19}\.tar\.gz")
_PARTNERS = {"DEM001": "FSO1100A", "DEM002": "FSO1100A", "DEM011": "FSO1150A"}
# How a partner may call its flow: as it should be, again the same, like one of ours, not readably.
_FORMS = (
    "{code}_{partner}_{partner}{digits}{number:015d}.xml",
    "{code}_{partner}_CPP001{digits}{number:015d}.xml",
    "{code}_{partner}_{partner}{digits}{number}.xml",
    "{code}.xml",
)
_MOVES = st.lists(
    st.tuples(st.sampled_from(sorted(_PARTNERS)), st.sampled_from(_FORMS), st.integers(1, 3)),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    moves=_MOVES,
    delivery=st.sampled_from(("immediate", "daily")),
    together=st.sampled_from((0, 1, 2)),
    ack_name=st.sampled_from(("same", "own")),
    order=st.randoms(use_true_random=False),
)
def test_never_two_flows_with_one_name_in_any_interleaving(
    moves: Any, delivery: Any, together: int, ack_name: Any, order: Any
) -> None:
    options = Options(status_delivery=delivery, messages_per_archive=together, ack_name=ack_name)
    with tempfile.TemporaryDirectory() as folder:
        play = Playbook(Path(folder) / "data", options)
        waiting: list[Any] = list(enumerate(moves))
        to_judge: list[tuple[int, int]] = []
        while waiting or to_judge:
            if waiting and (not to_judge or order.random() < 0.5):
                _deposit(play, *waiting.pop(0), to_judge)
            else:  # partners are decided in any order among themselves
                rank, flow = to_judge.pop(order.randrange(len(to_judge)))
                play.judge(flow, document(f"F-{rank}"), document(f"R-{rank}", recipient="9"))
        _let_stories_go_on(play)
        rows = play.store.connection.execute("SELECT partner, name FROM returned").fetchall()
        play.store.close()
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    for row in rows:
        assert _LEGAL.fullmatch(row["name"])
        assert FlowName.parse(row["name"]).code_application == row["partner"]


def _deposit(play: Playbook, rank: int, move: Any, to_judge: list[tuple[int, int]]) -> None:
    partner, form, number = move
    code = _PARTNERS[partner]
    name = form.format(code=code, partner=partner, digits=code[3:7], number=number)
    protocol = "as2" if partner == "DEM002" else "sftp"
    flow = play.deposit(name, b"%d" % rank, partner, protocol)
    if any(w.kind == "judge" and w.subject == flow for w in play.todo):
        to_judge.append((rank, flow))


def _let_stories_go_on(play: Playbook) -> None:
    later = START + timedelta(days=2)
    play.do(ClockMoved(Clock("frozen", later, later), later))
    for work in [w for w in play.todo if w.kind == "fire"]:
        play.do(Fired(work.id, work.subject))


def test_a_deposit_called_like_a_flow_of_ours_does_not_take_its_name(tmp_path: Path) -> None:
    play = Playbook(tmp_path / "data")
    play.deposit("FSO1100A_DEM001_CPP0011100000000000000001.xml")  # refused: not the emitter's
    play.deposit("FSO1100A_DEM001.xml")  # unreadable: its report has a name of ours
    assert sorted(play.waiting()) == [
        "CSO1100A_DEM001_CPP0011100000000000000001.tar.gz",
        "CSO1100A_DEM001_CPP0011100000000000000002.tar.gz",
    ]
    play.store.close()


def test_the_prefix_of_our_flows_is_a_setting_by_interface(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data", Options(prefixes={"FEN1214A": "CPP002"}))
    stage.invoice("P-1")
    stage.advance(minutes=5)
    emitters = {v.interface: FlowName.parse(v.name).emitter for v in stage.sent("DEM011")}
    assert emitters == {"CSO1150A": "DEM011", "FEN1214A": "CPP002", "FEN1204A": "CPP001"}
    assert {v.emitter for v in stage.sent("DEM011")} == {"CPP001"}
    stage.store.close()


def test_a_report_may_have_an_identifier_of_ours(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data", Options(ack_name="own"))
    stage.invoice("P-1")
    assert stage.sent("DEM011")[0].name == "CSO1150A_DEM011_CPP0011150000000000000001.tar.gz"
    stage.store.close()


# -- how many together ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "packed"), [(0, [5]), (1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (9, [5])]
)
def test_an_archive_holds_as_many_statuses_as_the_settings_say(
    tmp_path: Path, most: int, packed: list[int]
) -> None:
    stage = Stage(tmp_path / "data", Options(messages_per_archive=most))
    stage.invoices([f"P-{n}" for n in range(5)])
    sent = [v for v in stage.sent("DEM011") if v.interface == "FEN1214A"]
    assert [len(v.statuses) for v in sent] == packed
    assert [s.number for v in sent for s in v.statuses] == [f"P-{n}" for n in range(5)]  # type: ignore[union-attr]
    stage.store.close()


def test_a_story_and_the_invoices_for_the_buyer_are_packed_likewise(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data", Options(messages_per_archive=2))
    stage.invoices(["P-1", "P-2", "P-3"], recipient=TOWN)
    stage.advance(minutes=5)
    assert stage.heard("BUYER1") == ["FEN0036A P-1 P-2", "FEN0036A P-3"]
    assert stage.heard("DEM011")[-2:] == ["FEN1204A 203 203", "FEN1204A 203"]
    stage.store.close()


def test_what_is_gathered_for_the_hour_keeps_to_the_number(tmp_path: Path) -> None:
    stage = staged(tmp_path, messages_per_archive=2, story=False)
    for number in range(5):
        stage.invoice(f"P-{number}")
    sent = [v for v in stage.sent("DEM011") if v.interface == "FEN1214A"]
    assert [len(v.statuses) for v in sent] == [2, 2, 1]
    stage.store.close()
