"""The data phase below the articles: segments put together, compression undone; and back.

Both directions forget the article before at each synchronisation point and whenever the data go
back to a point, because compression may not look across.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.wire.pesit.articles import Piece, pack, split
from simulator.wire.pesit.compression import Compressor, Expander, bound
from simulator.wire.pesit.errors import LocalProtocolError
from simulator.wire.pesit.fpdu import Frame, Judge
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.profile import DEVIATIONS, Packing, Profile
from simulator.wire.pesit.transfer import Transfer

Phase = tuple[Transfer, int]
"""Which file, and which of its beginnings: what was remembered in another one means nothing."""


class Inlet:
    """Data FPDUs to articles."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._expander = Expander(profile.vertical_tail)
        self._segments: list[bytes] = []
        self._pieces = self._size = 0
        self._phase: Phase | None = None

    def point(self) -> None:
        """A synchronisation point came."""
        self._expander.reset()

    def take(self, frame: Frame, transfer: Transfer, judge: Judge) -> tuple[bytes, ...]:
        """The whole articles that a data FPDU brings, counted; none while one is in pieces.

        Raises `RemoteProtocolError` for lengths or compression that cannot be read.
        """
        if self._phase != (phase := (transfer, transfer.epoch)):
            self._phase = phase
            self._expander = Expander(self._profile.vertical_tail)
            self._segments = []
        found, pieces = self._articles(frame, transfer, judge)
        if not found:
            return ()
        wire = None
        if transfer.compression:
            wire = sum(map(len, found))
            found = tuple(self._expander.expand(one, judge) for one in found)
        transfer.move(found, pieces, judge, wire)
        return found

    def _articles(
        self, frame: Frame, transfer: Transfer, judge: Judge
    ) -> tuple[tuple[bytes, ...], int]:
        if not frame.body:
            judge("empty-data", "no octet follows the header")
        if frame.kind is not Kind.DTF:
            return self._segment(frame, transfer, judge)
        if not frame.body:
            return (), 0
        if frame.source == 1:
            judge("counted-single-article", "octet 6 = 1")
        found = split(frame.body, frame.source)
        if not all(found):
            judge("empty-data", "an article of length 0")
        return found, len(found)

    def _segment(
        self, frame: Frame, transfer: Transfer, judge: Judge
    ) -> tuple[tuple[bytes, ...], int]:
        """Keeps a segment; the last one gives the article."""
        if frame.kind is Kind.DTFDA:
            self._segments, self._pieces, self._size = [], 0, 0
        self._pieces += 1
        if frame.body:
            self._segments.append(bytes(frame.body))
        self._size += len(frame.body)
        limit = min(transfer.article_limit, self._profile.max_article)
        if self._size > (bound(limit) if transfer.compression else limit):
            self._segments.clear()
            judge("article-too-long", f"{self._size} octets in segments, at most {limit}")
        if frame.kind is not Kind.DTFFA:
            return (), 0
        article = b"".join(self._segments)
        self._segments = []
        return ((article,) if article else ()), self._pieces


class Outlet:
    """Articles to data FPDUs."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._compressor: Compressor | None = None
        self._phase: Phase | None = None

    def point(self) -> None:
        """A synchronisation point was placed."""
        if self._compressor:
            self._compressor.reset()

    def give(self, articles: Sequence[bytes], transfer: Transfer, limit: int) -> list[Piece]:
        """The data FPDUs that carry some articles, counted.

        Args:
            articles: whole, none of them empty.
            transfer: whose they are.
            limit: octets of an FPDU at most.

        Raises `LocalProtocolError` when the file may not hold them, or a point is due before.
        """
        if not articles or not all(articles):
            raise LocalProtocolError("DTF needs articles and none of them empty: send a blank")
        if self._phase != (phase := (transfer, transfer.epoch)):
            self._phase = phase
            granted = transfer.compression
            self._compressor = Compressor(granted) if granted else None
        if self._compressor is None:
            pieces = list(pack(articles, limit, self._packing))
            transfer.move(articles, len(pieces), _refuse)
        else:
            packed = list(map(self._compressor.compress, articles))
            pieces = list(pack(packed, limit, self._packing))
            transfer.move(articles, len(pieces), _refuse, sum(map(len, packed)))
        return pieces


def _refuse(deviation: str, words: str, code: int | None = None) -> None:
    """The judge of what we say ourselves: no deviation at all."""
    about = f" (PI {code})" if code is not None else ""
    raise LocalProtocolError(f"{DEVIATIONS[deviation].words}{about}: {words}")


refuse: Judge = _refuse
