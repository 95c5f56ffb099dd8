"""One file on its way: what was moved, which points stand, how far we may go.

The bookkeeping is the same for who sends and who receives, so there is one class and both sides
hold an equal copy. Three counts run: articles, octets of the file, and octets of the wire (with
compression headers, without length prefixes), which is what PI 27 and the interval between points
are measured in.

Source: PeSIT E 3.6 (F.CHECK, F.RESTART, F.TRANSFER.END), 3.7, 4.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from simulator.wire.pesit.diagnostics import (
    ABNORMAL_END,
    BAD_PARAMETER,
    RESYNC_IMPOSSIBLE,
    SUCCESS,
    TOO_MANY_RESYNCS,
    Diagnostic,
)
from simulator.wire.pesit.errors import Breach
from simulator.wire.pesit.fpdu import OUT_OF_RANGE, Judge
from simulator.wire.pesit.messages import (
    LARGEST_ENTITY,
    AckCreate,
    AckSelect,
    AckTransEnd,
    Create,
    Mark,
    Select,
    TransEnd,
)
from simulator.wire.pesit.parameters import CODES, UNDEFINED_INTERVAL, Compression, SyncOption
from simulator.wire.pesit.profile import Profile

KB: Final = 1024
LAST_POINT: Final = 999_999
START: Final = Mark()


class _Bounds(msgspec.Struct):
    """What a file may hold: octets of an article, octets, articles."""

    article: int = 0
    octets: float = math.inf
    articles: float = math.inf

    def overstepped(self, octets: int, articles: int) -> str:
        """In which unit a file is larger than PI 42 reserved."""
        if octets > self.octets:
            return f"{octets} octets, reserved {self.octets}"
        return f"{articles} articles, reserved {self.articles}"


class Transfer:
    """The books of one selected file.

    Attributes:
        request: the `Create` or `Select` that began it.
        writing: the requester sends (True) or receives (False).
        answer: the positive answer to it.
        max_entity: octets, as agreed.
        asked, compression: asked in ORF, granted in ACK(ORF).
        base: where the data began: point 0 or the restart point.
        octets, articles, wire: moved, counted from the start of the file when the base is known.
        pieces: articles, where each segment counts one (some products count so).
        last_point, acknowledged: numbers of points; equal when none waits.
        spent: an interruption ended it for good.
        epoch: grows when the data go back to a point.
    """

    def __init__(self, request: Create | Select, sync: SyncOption, profile: Profile) -> None:
        self.request = request
        self.writing = isinstance(request, Create)
        self.answer: AckCreate | AckSelect | None = None
        self.max_entity = request.max_entity
        self.asked = Compression()
        self.compression = Compression()
        self.spent = False
        self.epoch = 0
        self.resyncs = 0
        self.wanted = 0
        self._sync = sync
        self._profile = profile
        self._marks: dict[int, Mark] = {0: START}
        self.base = START
        self.articles = self.octets = self.wire = self.pieces = 0
        self.last_point = self.acknowledged = 0
        self._since = 0
        self._bounds = _Bounds()

    # What the file is.

    @property
    def attributes(self) -> Create | AckSelect | None:
        """Who describes the file: the request of a write, the answer to a read."""
        if isinstance(self.request, Create):
            return self.request
        return self.answer if isinstance(self.answer, AckSelect) else None

    @property
    def article_limit(self) -> int:
        """Octets of an article at most."""
        attributes = self.attributes
        return (attributes and attributes.article_length) or self._profile.max_article

    @property
    def identity(self) -> tuple[int, str, int, str, str]:
        """What, with the partner, tells this transfer from others: PI 11, 12, 13, 61, 62."""
        one = self.request
        asked = one.transfer_id or (self.answer and self.answer.transfer_id) or 0
        return (one.file_type, one.file_name, asked, one.originator or "", one.recipient or "")

    def settle(self, answer: AckCreate | AckSelect, judge: Judge) -> None:
        """Takes the positive answer; the smaller entity holds."""
        granted = LARGEST_ENTITY if answer.max_entity is None else answer.max_entity
        if answer.max_entity is not None and answer.max_entity > self.max_entity:
            words = f"PI 25 = {granted} was offered {self.max_entity}"
            judge("offer-raised", words, CODES["max_entity"])
        self.answer = answer
        self.max_entity = min(self.max_entity, granted)

    # Where the data begin.

    def know(self, marks: Iterable[Mark]) -> None:
        """Points of an earlier connection, for a restart."""
        self._marks.update((mark.number, mark) for mark in marks)

    def start(self, point: int) -> None:
        """Data begin after a point; what is not known of it counts as nothing."""
        self.base = self._marks.get(point, Mark(number=point))
        self._marks = {0: START, point: self.base}
        self.epoch += 1
        self._bounds = self._read_bounds()
        self._go_to(self.base)

    def _read_bounds(self) -> _Bounds:
        attributes = self.attributes
        reserved = attributes.max_reserved if attributes else None
        bounds = _Bounds(article=self.article_limit)
        if attributes and reserved:
            if attributes.reservation_unit:
                bounds.articles = reserved
            else:
                bounds.octets = reserved * KB
        return bounds

    @property
    def mark(self) -> Mark:
        """Where the data are now, under the number of the last point."""
        return Mark(self.last_point, self.articles, self.octets, self.wire)

    @property
    def point(self) -> Mark:
        """The last point placed (or the start, or where the data went back to)."""
        return self._marks[self.last_point]

    # What is moved.

    def move(
        self, articles: Sequence[bytes], pieces: int, judge: Judge, wire: int | None = None
    ) -> None:
        """Counts articles that were sent or received.

        Args:
            articles: decompressed.
            pieces: the FPDUs' worth of them, a segment counting one.
            judge: hears of articles or files that are too long, and of points overdue.
            wire: their octets as they travelled, when they were compressed.
        """
        sizes = [*map(len, articles)]
        size, longest = sum(sizes), max(sizes)
        if wire is None:
            wire = size
        bounds = self._bounds
        if longest > bounds.article:
            judge("article-too-long", f"{longest} octets, announced {bounds.article}")
        since = self._since + wire
        if since > (limit := self._interval) and limit and (self._since or len(articles) > 1):
            judge("too-much-data-without-point", f"{since} octets since point {self.last_point}")
        octets, count = self.octets + size, self.articles + len(sizes)
        if octets > bounds.octets or count > bounds.articles:
            judge("space-exhausted", bounds.overstepped(octets, count), CODES["max_reserved"])
        self.octets, self.articles = octets, count
        self.wire += wire
        self.pieces += pieces
        self._since = since

    # Points.

    @property
    def next_point(self) -> int:
        """Number of the next point."""
        return self.last_point + 1

    @property
    def unacknowledged(self) -> int:
        """Points that wait for their acknowledgement."""
        return self.last_point - self.acknowledged if self._sync.window else 0

    @property
    def window_open(self) -> bool:
        """Whether the sender may place a point now."""
        return not self._sync.window or self.unacknowledged < self._sync.window

    @property
    def room(self) -> int | None:
        """Octets of the wire that may be sent before a point is due; None without a limit."""
        return max(0, self._interval - self._since) if self._interval else None

    @property
    def since_point(self) -> int:
        """Octets of the wire since the last point."""
        return self._since

    def place(self, number: int, judge: Judge) -> Mark:
        """A point is sent or received."""
        if number != self.next_point or number > LAST_POINT:
            raise bad_number("number", number, f"expected {self.next_point}")
        if not self._sync.interval:
            judge("sync-not-agreed", f"point {number}")
        elif not self.window_open:
            judge("window-exceeded", f"point {number}, {self.acknowledged} is acknowledged")
        self.last_point = number
        self._since = 0
        self._marks[number] = self.mark
        if len(self._marks) > self._profile.marks_kept:
            del self._marks[min(filter(None, self._marks))]
        return self.mark

    def acknowledge(self, number: int, judge: Judge) -> None:
        """A point, and all before it, are acknowledged."""
        if number > self.last_point:
            raise bad_number("number", number, f"the last point is {self.last_point}")
        if number <= self.acknowledged or not self._sync.window:
            judge("stale-acknowledgement", f"point {number}", CODES["number"])
            return
        self.acknowledged = number
        for old in [one for one in self._marks if 0 < one < number]:
            del self._marks[old]

    # Going back.

    def ask_back(self, point: int) -> None:
        """RESYN was sent or received."""
        self.resyncs += 1
        if self.resyncs > self._profile.max_resyncs:
            raise Breach(f"{self.resyncs} resynchronisations", TOO_MANY_RESYNCS)
        if point > self.last_point:
            raise bad_number("restart_point", point, f"the last point is {self.last_point}")
        self.wanted = point

    def go_back(self, point: int, *, asked_by_receiver: bool) -> None:
        """ACK(RESYN) was sent or received: data go on after ``point``.

        The receiver's wish is met exactly; the sender's may be answered with a later point; both
        may be answered with 0.
        """
        later = self.wanted <= point and not asked_by_receiver
        if point not in {0, self.wanted} and not later:
            words = f"ACK(RESYN) says point {point}, RESYN asked for {self.wanted}"
            raise Breach(words, RESYNC_IMPOSSIBLE, answer="interrupt")
        if point not in self._marks:
            words = f"nothing is known of point {point}"
            raise Breach(words, RESYNC_IMPOSSIBLE, answer="interrupt")
        self._marks = {at: mark for at, mark in self._marks.items() if at <= point}
        self.epoch += 1
        self._go_to(self._marks[point])

    def _go_to(self, mark: Mark) -> None:
        self.articles, self.octets, self.wire = mark.articles, mark.octets, mark.wire
        self.pieces = mark.articles
        self.last_point = self.acknowledged = mark.number
        self._since = 0

    # The end.

    @property
    def moved(self) -> tuple[int, int]:
        """Octets (PI 27) and articles (PI 28) moved since WRITE or READ: what we announce."""
        base = self.base if self.base.number <= self.last_point else START
        return self.wire - base.wire, self.articles - base.articles

    def agrees(self, message: TransEnd | AckTransEnd) -> bool:
        """Whether counts are those of the data moved, or of the whole file."""
        return self._matches(message, {self.articles, self.moved[1]})

    def verdict(self, message: TransEnd | AckTransEnd) -> Diagnostic:
        """What to answer to counts: success, or 2-223; segments may be counted as articles."""
        counted = self.pieces - self.base.articles
        fits = self._matches(message, {self.articles, self.moved[1], self.pieces, counted})
        return SUCCESS if fits else ABNORMAL_END

    def _matches(self, message: TransEnd | AckTransEnd, articles: set[int]) -> bool:
        if self.base.number and not self.base.wire:
            return True  # a restart whose past we do not know: nothing to compare with
        octets = {None, self.wire, self.moved[0]}
        return message.octets in octets and message.articles in articles | {None}

    @property
    def _interval(self) -> int:
        """Octets between two points; 0 without a limit."""
        interval = self._sync.interval
        return 0 if interval == UNDEFINED_INTERVAL else interval * KB


def bad_number(name: str, number: int, words: str) -> Breach:
    """3-318 for a number that cannot be; PI 29 says which parameter."""
    code = CODES[name]
    complement = bytes((1, code, OUT_OF_RANGE))
    return Breach(f"PI {code} = {number}, {words}", BAD_PARAMETER, complement)
