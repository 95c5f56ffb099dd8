"""A file on its way in: articles to octets at their places, and back to a point when that is asked.

Articles of a binary file are pieces of it. Those of a text are its lines without their ends, so the
octets of the file are not those that were moved, and each point remembers where it lies in the file.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

import msgspec

from simulator.wire import pesit

# How the files begin that are never made of lines, whatever PI 16 says: gzip, zip, PDF.
_NO_TEXT = (b"\x1f\x8b", b"PK", b"%PDF")
# Octets that are written at once, a few articles being little.
_GATHERED = 1 << 18
_EBCDIC = "cp037"
# Points that are remembered, as many as the session does: a peer may place them and never have
# them acknowledged.
_MOST_PLACES = pesit.LENIENT.marks_kept

Write = Callable[[int, bytes], None]


class Place(msgspec.Struct, frozen=True):
    """A point, and the octets of the file before it."""

    mark: pesit.Mark
    end: int


START = Place(pesit.Mark(), 0)


class Inflow:
    """One file being received.

    Args:
        write: puts octets at a place in the file; raises OSError.
        data_code: PI 16, None if it was not said.
        lines: articles of a text are lines.
        limit: octets of the file at most.

    Attributes:
        end: octets of the file so far.
    """

    def __init__(self, write: Write, data_code: int | None, *, lines: bool, limit: int) -> None:
        self._write = write
        self._limit = limit
        said = data_code in {pesit.DataCode.ASCII, pesit.DataCode.EBCDIC}
        self._may_be_lines = lines and said
        ebcdic = _EBCDIC if data_code == pesit.DataCode.EBCDIC else ""
        self._layout = pesit.Layout(text=True, ebcdic=ebcdic)
        self._is_lines: bool | None = None if self._may_be_lines else False
        self._places = {0: START}
        self._gathered: list[bytes] = []
        self._written = 0
        self.end = 0

    @property
    def last(self) -> Place:
        """The last point, or the start."""
        return self._places[max(self._places)]

    def resume(self, place: Place, *, is_lines: bool | None) -> None:
        """Goes on from where an earlier connection broke off."""
        self._places[place.mark.number] = place
        self._is_lines = is_lines

    @property
    def is_lines(self) -> bool | None:
        """Whether articles are taken as lines; None before the first."""
        return self._is_lines

    def back(self, number: int) -> None:
        """What follows comes after that point. Raises KeyError for one that is not kept."""
        self._gathered.clear()
        place = self._places[number]
        self._places = {n: one for n, one in self._places.items() if n <= number}
        self.end = self._written = place.end

    def take(self, articles: Sequence[bytes]) -> None:
        """Some articles. Raises OSError: the medium, or the file is too large."""
        if self._is_lines is None:
            self._is_lines = not articles[0].startswith(_NO_TEXT)
        if self._is_lines:
            articles = (pesit.join(articles, self._layout),)
        self._gathered += articles
        self.end += sum(map(len, articles))
        if self.end > self._limit:
            raise OSError(errno.EFBIG, f"above the limit of {self._limit} bytes for one file")
        if self.end - self._written >= _GATHERED:
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered: before anything is acknowledged. Raises OSError."""
        if self._gathered:
            octets = b"".join(self._gathered)
            self._gathered.clear()
            self._write(self._written, octets)
            self._written += len(octets)

    def point(self, mark: pesit.Mark, acknowledged: int) -> None:
        """A point; those before the last acknowledged one are forgotten, the start never is.

        Raises OSError: what came before it cannot be written.
        """
        self.flush()
        self._places[mark.number] = Place(mark, self.end)
        kept = {n: one for n, one in self._places.items() if not 0 < n < acknowledged}
        if len(kept) > _MOST_PLACES:
            del kept[min(filter(None, kept))]
        self._places = kept
