"""What the transfers of a partner left behind: cut uploads, ends that it may not know of, points.

Everything is bounded, and the oldest goes first. It is memory only: after a stop of the node a file
is restarted from its beginning, which the protocol allows.
"""

from __future__ import annotations

import msgspec

from simulator.runtime.spool import Spool
from simulator.transport.pesit_inflow import Place
from simulator.transport.pesit_settings import PesitSettings
from simulator.wire import pesit

Key = tuple[int, str, int, str, str]
"""What tells transfers of one partner apart: PI 11, 12, 13, 61, 62."""

_MOST_READINGS = 64


class Cut(msgspec.Struct, frozen=True):
    """An upload that broke off.

    Attributes:
        name: of the deposit that it would have become.
        spool: what came of it.
        place: the point to go on from.
        is_lines: how its articles were taken.
    """

    name: str
    spool: Spool
    place: Place
    is_lines: bool | None


class End(msgspec.Struct, frozen=True):
    """A transfer that became a deposit.

    Attributes:
        name: of the deposit.
        size: of the file.
        place: its last point.
        is_lines: how its articles were taken.
    """

    name: str
    size: int
    place: Place
    is_lines: bool | None


class Unfinished:
    """The leftovers of one partner, whichever connection they are from."""

    def __init__(self, settings: PesitSettings) -> None:
        self._settings = settings
        self._cuts: dict[Key, Cut] = {}
        self._ends: dict[Key, End] = {}
        self._readings: dict[int, dict[int, pesit.Mark]] = {}

    def take(self, key: Key, name: str) -> Cut | End | None:
        """Hands over what is left of a transfer; of another file under the same key, nothing."""
        cut = self._cuts.pop(key, None)
        if cut is not None and cut.name == name:
            return cut
        if cut is not None:
            cut.spool.discard()
        end = self._ends.get(key)
        return end if end is not None and end.name == name else None

    def forget(self, key: Key) -> None:
        """Drops what is left of a transfer: it begins anew."""
        self._ends.pop(key, None)
        cut = self._cuts.pop(key, None)
        if cut is not None:
            cut.spool.discard()

    def keep(self, key: Key, cut: Cut) -> None:
        """Keeps a cut upload for a restart; older ones make room."""
        self.forget(key)
        most = self._settings.kept_uploads
        while self._cuts and (len(self._cuts) >= most or not self._fits(cut.spool.size)):
            self.forget(next(iter(self._cuts)))
        if most and cut.place.mark.number and self._fits(cut.spool.size):
            self._cuts[key] = cut
        else:
            cut.spool.discard()

    def _fits(self, size: int) -> bool:
        used = sum(cut.spool.size for cut in self._cuts.values())
        return used + size <= self._settings.kept_bytes

    def end(self, key: Key, end: End) -> None:
        """Remembers a transfer that became a deposit."""
        self._ends.pop(key, None)
        self._ends[key] = end
        while len(self._ends) > self._settings.kept_ends:
            del self._ends[next(iter(self._ends))]

    def marks(self, number: int) -> dict[int, pesit.Mark]:
        """Points of a return that was read in part."""
        return self._readings.get(number, {})

    def keep_marks(self, number: int, marks: dict[int, pesit.Mark]) -> None:
        """Remembers the points of a reading that broke off; none forgets them."""
        self._readings.pop(number, None)
        if marks:
            self._readings[number] = marks
        while len(self._readings) > _MOST_READINGS:
            del self._readings[next(iter(self._readings))]

    def clear(self) -> None:
        """Forgets everything."""
        for key in list(self._cuts):
            self.forget(key)
        self._ends.clear()
        self._readings.clear()
