"""Sends a file: draws articles from a source and says what is due, as far as the window allows.

A session knows what may be said; a feed knows what to say next. It places a point whenever the
next article would overstep the interval, stops while the window is full, starts again from a point
after a RESYN, and ends with DTF.END. It serves a requester that writes and a server that is read.

::

    feed = Feed(session, articles_from)
    transport.write(feed.more())      # after ACK(WRITE), and again whenever an event came
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from simulator.wire.pesit.compression import bound
from simulator.wire.pesit.messages import Data, DtfEnd, Mark, Message, Syn
from simulator.wire.pesit.session import Session
from simulator.wire.pesit.transfer import Transfer

Source = Callable[[Mark], Iterator[bytes]]
"""Gives the articles of the file after a mark; called again when the data go back."""

BATCH: Final = 1 << 16


class Feed:
    """The sender's half of one data phase.

    Args:
        session: in the data phase, and ours to send.
        source: where articles come from.
        batch: octets that one call of `more` gives at about most.

    Attributes:
        is_done: DTF.END was sent (a RESYN takes that back).
    """

    def __init__(self, session: Session, source: Source, batch: int = BATCH) -> None:
        self.is_done = False
        self._session = session
        self._source = source
        self._batch = batch
        self._epoch = -1
        self._articles: Iterator[bytes] = iter(())
        self._next: bytes | None = None

    def more(self, now: float = 0.0) -> bytes:
        """What may be sent now; nothing while blocked, interrupted or done.

        Raises `LocalProtocolError` for an article that the file may not hold.
        """
        transfer = self._session.transfer
        if transfer is None or not self._session.can_send_data:
            return b""
        if transfer.epoch != self._epoch:
            self._open(transfer)
        return self._session.send(*self._due(transfer), now=now)

    def _open(self, transfer: Transfer) -> None:
        self._epoch = transfer.epoch
        self._articles = iter(self._source(transfer.mark))
        self._next = next(self._articles, None)
        self.is_done = False

    def _due(self, transfer: Transfer) -> list[Message]:
        """One batch of articles, then a point or the end if it is time."""
        due: list[Message] = []
        batch = tuple(self._draw(transfer))
        if batch:
            due.append(Data(articles=batch))
        if self._next is None:
            due.append(DtfEnd())
            self.is_done = True
        elif self._is_point_due(transfer, batch) and transfer.window_open:
            due.append(Syn(number=transfer.next_point))
        return due

    def _draw(self, transfer: Transfer) -> Iterator[bytes]:
        """Articles that fit before the next point, as many as make a batch."""
        size = 0
        while self._next is not None and size < self._batch:
            cost = self._cost(transfer, self._next)
            if self._oversteps(transfer, size + cost, first=not size):
                return
            size += cost
            yield self._next
            self._next = next(self._articles, None)

    def _is_point_due(self, transfer: Transfer, batch: tuple[bytes, ...]) -> bool:
        assert self._next is not None, "asked only while an article waits"
        drawn = sum(self._cost(transfer, one) for one in batch)
        cost = drawn + self._cost(transfer, self._next)
        return self._oversteps(transfer, cost, first=not (batch or transfer.since_point))

    def _oversteps(self, transfer: Transfer, octets: int, *, first: bool) -> bool:
        """Whether that much more needs a point before; an article alone never does."""
        alone = first and not transfer.since_point
        return transfer.room is not None and octets > transfer.room and not alone

    def _cost(self, transfer: Transfer, article: bytes) -> int:
        return bound(len(article)) if transfer.compression else len(article)
