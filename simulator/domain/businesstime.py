"""Business time: the clock that activation dates, statuses and purges live on.

It is virtual, one per space, and never used for timeouts on the wire. All instants are aware and in
UTC; in the journal they are texts of fixed width, so that text order is time order.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

LEGAL_TIME = ZoneInfo("Europe/Paris")
_STAMP = re.compile(r"[0-9]{14}")
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


Mode = Literal["real", "frozen", "running"]


# No business date lies beyond; sums with durations stay within what the language can hold.
LAST_YEAR = 9000


class Clock(msgspec.Struct, frozen=True):
    """Where business time stands in relation to wall time.

    Attributes:
        mode: ``real`` (business time is wall time), ``frozen`` or ``running`` (from an anchor).
        business: business instant at the anchor.
        wall: wall instant of the anchor.
        rate: business seconds for one wall second when running.
    """

    mode: Mode = "real"
    business: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    wall: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    rate: float = 1.0

    def at(self, wall: datetime) -> datetime:
        """Business time at a wall instant."""
        if self.mode == "real":
            return wall
        if self.mode == "frozen":
            return self.business
        return self.business + (wall - self.wall) * self.rate

    def wait(self, business: datetime, wall: datetime) -> float | None:
        """Wall seconds until a business instant; None when the clock does not get there alone."""
        ahead = (business - self.at(wall)).total_seconds()
        if ahead <= 0:
            return 0.0
        if self.mode == "frozen":
            return None
        return ahead / (self.rate if self.mode == "running" else 1.0)

    def moved_to(self, business: datetime, wall: datetime) -> Clock:
        """This clock set to an instant; a real clock goes on running from there."""
        mode: Mode = "frozen" if self.mode == "frozen" else "running"
        return Clock(mode=mode, business=business, wall=wall, rate=self.rate)


def instant_text(instant: datetime) -> str:
    """Fixed-width UTC text of an aware instant: ``2026-09-01T08:00:00.000000Z``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def parse_instant(text: str) -> datetime:
    """Reads ISO 8601; an instant without zone is UTC. Raises `ValueError` with an example."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"expected an ISO 8601 instant such as 2026-09-01T08:00:00Z, found {text!r}"
        raise ValueError(message) from None
    if instant.year >= LAST_YEAR:
        message = f"expected an instant before the year {LAST_YEAR}, found {text!r}"
        raise ValueError(message)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def instant_of_stamp(stamp: str) -> datetime | None:
    """The instant of 14 digits ``AAAAMMJJHHMMSS`` (format 204), legal time; None for anything else."""
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=LEGAL_TIME)
    except ValueError:
        return None


def parse_duration(text: str) -> timedelta:
    """Reads an ISO 8601 duration of weeks, days, hours, minutes, seconds (``P1D``, ``PT2H30M``).

    Raises:
        ValueError: not such a duration, or an empty one.
    """
    match = _DURATION.fullmatch(text)
    parts = {k: float(v) for k, v in match.groupdict().items() if v} if match else {}
    if not parts:
        message = f"expected an ISO 8601 duration such as P1D or PT2H30M, found {text!r}"
        raise ValueError(message)
    try:
        return timedelta(**parts)
    except OverflowError:
        message = f"expected a duration of less than 2.7 million years, found {text!r}"
        raise ValueError(message) from None
