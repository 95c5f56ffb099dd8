"""What becomes of a return: it waits, is fetched once, purged after its time, put back on demand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playbook import START, Playbook, document, name_of

from simulator.domain.businesstime import Clock
from simulator.domain.flows import blob_ref
from simulator.domain.raccordement import Raccordement
from simulator.exchange.inputs import (
    ClockMoved,
    Composed,
    Fetched,
    Purged,
    PushBegun,
    Pushed,
    RaccordementSaved,
    Requeued,
)
from simulator.journal import read
from simulator.journal.tx import open_work


def report(play: Playbook) -> int:
    flow = play.deposit(name_of(1), b"")
    return int(read.returns_of(play.store.connection, flow)[0]["id"])


def purge_of(play: Playbook, number: int) -> int:
    rows = open_work(play.store.connection)
    return next(w.id for w in rows if w.kind == "purge" and w.subject == number)


def test_a_return_is_purged_seven_business_days_after_it_was_made(play: Playbook) -> None:
    number = report(play)
    row = next(w for w in play.todo if w.kind == "purge")
    assert row.due == START + timedelta(days=7)
    play.do(Purged(row.id, number))
    assert play.waiting() == []


def test_a_fetched_return_is_in_no_listing_and_its_purge_is_off(play: Playbook) -> None:
    number = report(play)
    play.do(Fetched(number, "DEM001"))
    assert play.waiting() == []
    assert open_work(play.store.connection) == []


def test_a_fetched_return_can_be_kept_in_the_area_by_setting(play: Playbook) -> None:
    number = report(play)
    play.do(Fetched(number, "DEM001", keep=True))
    assert len(play.waiting()) == 1


def test_a_requeued_return_waits_again_with_a_new_time_to_live(play: Playbook) -> None:
    number = report(play)
    play.do(Fetched(number, "DEM001"))
    later = START + timedelta(days=3)
    play.do(ClockMoved(Clock("frozen", later, later), later))
    play.do(Requeued(number))
    assert len(play.waiting()) == 1
    (row,) = open_work(play.store.connection)
    assert row.due == later + timedelta(days=7)


def test_requeueing_what_does_not_exist_is_refused(play: Playbook) -> None:
    with pytest.raises(LookupError, match="77"):
        play.do(Requeued(77))


def test_a_late_purge_of_a_fetched_return_changes_nothing(play: Playbook) -> None:
    number = report(play)
    work = purge_of(play, number)
    play.do(Fetched(number, "DEM001"))
    play.do(Requeued(number))
    play.do(Purged(work, number))
    assert len(play.waiting()) == 1


def test_a_large_return_is_left_to_the_composing_work_and_appears_when_it_is_done(
    play: Playbook,
) -> None:
    flow = play.deposit(name_of(1))
    many = [document(f"F-{n}") for n in range(30)]
    play.judge(flow, *many)
    assert [n[:8] for n in play.waiting()] == ["CSO1100A"]
    work = next(w for w in open_work(play.store.connection) if w.kind == "compose")
    play.do(Composed(work.id, work.subject, blob_ref(b"bytes"), b"bytes"))
    assert [n[:8] for n in play.waiting()] == ["CSO1100A", "FEN1201A"]


def test_a_small_return_does_not_overtake_a_large_one_of_the_same_partner(play: Playbook) -> None:
    first, second = play.deposit(name_of(1)), play.deposit(name_of(2), b"")
    del second
    play.judge(first, *[document(f"F-{n}") for n in range(30)])
    third = play.deposit(name_of(3), b"")
    rows = [w for w in open_work(play.store.connection) if w.kind == "compose"]
    assert len(rows) == 2, "the report on the third flow waits behind the large return"
    assert read.returns_of(play.store.connection, third)[0]["state"] == "composing"


class TestPush:
    """A partner that listens gets its returns pushed; what is recorded when."""

    def pushing(self, play: Playbook) -> tuple[int, int]:
        partner = Raccordement(
            "DEM002", "b2g", "as2", interfaces=("FSO1100A",), endpoint="http://127.0.0.1:1/as2"
        )
        play.do(RaccordementSaved(partner))
        play.deposit(name_of(1, partner="DEM002"), b"", "DEM002", "as2")
        work = next(w for w in open_work(play.store.connection) if w.kind == "push")
        return work.id, work.subject

    def test_a_push_begun_is_in_doubt_after_a_restart(self, play: Playbook) -> None:
        work, subject = self.pushing(play)
        play.do(PushBegun(work, subject, 0))
        row = next(w for w in open_work(play.store.connection) if w.id == work)
        assert (row.state, row.attempt) == ("doubt", 0)

    def test_a_push_that_ended_is_off_the_list_with_its_outcome(self, play: Playbook) -> None:
        work, subject = self.pushing(play)
        play.do(PushBegun(work, subject, 0))
        play.do(Pushed(work, subject, True, "processed"))
        assert work not in [w.id for w in open_work(play.store.connection)]
        types = [e["type"] for e in read.events_of(play.store.connection, 1)]
        assert types[-2:] == ["PushAttempted", "PushSucceeded"]
