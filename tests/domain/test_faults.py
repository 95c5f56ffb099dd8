"""What a fault may say, and how far it may put something off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulator import resources
from simulator.domain.businesstime import LAST_YEAR, instant_text, parse_instant
from simulator.domain.faults import LONGEST_DELAY, Fault, objection
from simulator.domain.interfaces import Catalogue

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))


def objected(fault: Fault) -> str:
    return objection(fault, CATALOGUE, frozenset({"IRR_SYNTAX", "REJ_COH"}))


def test_a_delay_may_last_ten_years_and_no_longer() -> None:
    assert objected(Fault("delay", after=LONGEST_DELAY)) == ""
    assert "P3650D at most" in objected(Fault("delay", after=LONGEST_DELAY + timedelta(seconds=1)))
    assert "at most" in objected(Fault("delay", after=timedelta(days=9_999_999)))


@pytest.mark.parametrize(
    "start", [datetime(2026, 9, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_putting_off_never_leaves_what_an_instant_can_hold(start: datetime) -> None:
    put_off = Fault("delay", after=timedelta(days=9_999_999)).put_off(start)
    last = datetime(LAST_YEAR - 1, 12, 31, tzinfo=UTC)
    assert put_off == max(start, last)


def test_putting_off_adds_the_time() -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    assert Fault("delay", after=timedelta(hours=2)).put_off(start) == start + timedelta(hours=2)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault("irrecevable", invoice="F-1"), "'invoice' is for rejected"),
        (Fault("irrecevable", after=timedelta(hours=1)), "'after' is for delay"),
        (Fault("wire-refusal", text="Virus"), "'text' is for irrecevable, rejected, incident"),
    ],
)
def test_what_an_outcome_has_no_use_for_is_refused(fault: Fault, named: str) -> None:
    assert named in objected(fault)
    assert fault.outcome in objected(fault)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("rejected", invoice="*-2", text="Doublon"),
        Fault("irrecevable", text="Virus"),
        Fault("incident", text="Panne"),
    ],
)
def test_what_an_outcome_uses_is_taken(fault: Fault) -> None:
    assert objected(fault) == ""


def test_what_is_put_off_as_far_as_can_be_is_still_read_as_an_instant() -> None:
    put_off = Fault("delay", after=timedelta.max).put_off(datetime(2026, 9, 1, tzinfo=UTC))
    assert parse_instant(instant_text(put_off)) == put_off
