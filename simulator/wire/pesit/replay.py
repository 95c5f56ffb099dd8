"""Plays one side of a recorded session to a session of ours, and compares what ours says.

No network and no clock: the recorded octets of the peer go in, in the pieces they came in, and what
ours answers is put beside what the other side answered then. FPDUs are compared by what they mean:
a number with leading zeros or a name with trailing blanks is the same value, and articles are the
same however they were packed (compressed ones are compared as they travelled). Each `Difference`
names the FPDU and the parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import zip_longest
from typing import Final, Protocol

import msgspec

from simulator.wire.pesit.dissect import Dissection, Piece
from simulator.wire.pesit.errors import ProtocolError
from simulator.wire.pesit.items import Item
from simulator.wire.pesit.kinds import GROUP_CODES, Kind
from simulator.wire.pesit.overhearing import speaker
from simulator.wire.pesit.parameters import PARAMETERS, Value, from_octets
from simulator.wire.pesit.recording import Recording
from simulator.wire.pesit.states import Side

DATES: Final = ("PI 51", "PI 52")
"""Parameters that differ whenever a session is repeated."""
DATA: Final = "DTF"
"""How a run of data is named."""
NOTHING: Final = "nothing"
ABSENT: Final = "absent"
_SHOWN: Final = 16


class Actor(Protocol):
    """One side of a session, without a network."""

    def start(self) -> bytes:
        """What it says before it has heard anything."""
        ...  # pragma: no cover

    def hear(self, octets: bytes, now: float) -> bytes:
        """What it answers; raises `ProtocolError` when it cannot go on."""
        ...  # pragma: no cover


Factory = Callable[[Recording], Actor]
"""Makes a side of ours for a recording."""


class Difference(msgspec.Struct, frozen=True):
    """Where ours did not say what was recorded.

    Attributes:
        number: of the FPDU among those of that side, from 1; a run of data counts one.
        fpdu: its name.
        field: ``PI 7 synchronisation points``, ``octet 5``; empty when it is another FPDU.
        recorded: what was said then.
        ours: what ours says.
    """

    number: int
    fpdu: str
    field: str
    recorded: str
    ours: str

    def __str__(self) -> str:
        """For a person."""
        where = f"{self.fpdu}, {self.field}" if self.field else self.fpdu
        return f"FPDU {self.number}, {where}: recorded {self.recorded}, ours {self.ours}"


class Replay(msgspec.Struct, frozen=True):
    """What became of a replay.

    Attributes:
        differences: in the order of the session; none follow an FPDU that is not the recorded one,
            because what is beside what is then unknown.
        compared: FPDUs that stood beside each other; a run of data counts one.
        ended: why ours could not go on, if it could not.
    """

    differences: tuple[Difference, ...]
    compared: int
    ended: str = ""

    @property
    def is_same(self) -> bool:
        """Ours says what was recorded, to the end."""
        return not (self.differences or self.ended)


def replay(
    recording: Recording,
    *,
    server: Factory | None = None,
    requester: Factory | None = None,
    may_differ: Collection[str] = (),
) -> Replay:
    """Plays a recording to a side of ours.

    Args:
        recording: of a PeSIT session, ``>`` from the requester.
        server: makes the server that hears the recorded requester, or
        requester: makes the requester that hears the recorded server; one of the two.
        may_differ: what is not compared: ``PI 4``, ``CREATE PI 13``, ``octet 5``, or an FPDU
            altogether: ``ACK(SYN)``.

    Raises ValueError when not exactly one factory is given.
    """
    factory = server or requester
    if factory is None or (server and requester):
        raise ValueError("expected a server or a requester to play to, found both or none")
    recording = _before_gaps(recording)
    ours = Side.SERVER if server else Side.REQUESTER
    said, ended = _play(recording, factory(recording), ours)
    skipped = frozenset(may_differ)
    then = list(_units(_pieces(recording, ours), skipped))
    now = list(_units(_pieces(recording, ours, said), skipped))
    if recording.stopped:
        del now[len(then) :]
    return Replay(tuple(_differences(then, now, skipped)), min(len(then), len(now)), ended)


def _before_gaps(recording: Recording) -> Recording:
    """As far as nothing was left out: a side of ours cannot take part in what is not there."""
    gap = next((at for at, chunk in enumerate(recording.chunks) if chunk.left_out), None)
    if gap is None:
        return recording
    chunk = recording.chunks[gap]
    stopped = f"{chunk.label or 'octets left out'} at {chunk.offset} s"
    return Recording(recording.header, recording.chunks[:gap], stopped)


class _Unit(msgspec.Struct, frozen=True):
    """What is compared with what: an FPDU, or a run of data."""

    name: str
    pieces: tuple[Piece, ...]


def _play(recording: Recording, actor: Actor, ours: Side) -> tuple[bytes, str]:
    """What ours says to the octets of its peer, and why it stopped before the end."""
    said = b""
    try:
        said += actor.start()
        for chunk in recording.chunks:
            if speaker(chunk.direction) is not ours and chunk.octets:
                said += actor.hear(chunk.octets, chunk.offset)
    except ProtocolError as reason:
        return said, str(reason)
    return said, ""


def _pieces(recording: Recording, by: Side, instead: bytes | None = None) -> Iterator[Piece]:
    """The FPDUs of one side, as recorded or other octets in their stead."""
    dissection = Dissection()
    for chunk in recording.chunks:
        who = speaker(chunk.direction)
        if who is by and instead is not None:
            continue
        found = list(dissection.feed(chunk.octets, who))
        yield from found if who is by else ()
    yield from dissection.feed(instead or b"", by)
    yield from (piece for piece in dissection.finish() if piece.by is by)


def _units(pieces: Iterable[Piece], skipped: Collection[str]) -> Iterator[_Unit]:
    run: list[Piece] = []
    for piece in pieces:
        if piece.name in skipped:
            continue
        if piece.kind is not None and piece.kind.is_data:
            run.append(piece)
            continue
        if run:
            yield _Unit(DATA, tuple(run))
            run = []
        yield _Unit(piece.name or piece.line.title, (piece,))
    if run:
        yield _Unit(DATA, tuple(run))


def _differences(
    then: list[_Unit], now: list[_Unit], skipped: Collection[str]
) -> Iterator[Difference]:
    for number, (recorded, ours) in enumerate(zip_longest(then, now), start=1):
        if recorded is None or ours is None or recorded.name != ours.name:
            one = recorded or ours
            name = one.name if one else NOTHING
            yield Difference(number, name, "", _in_short(recorded), _in_short(ours))
            return
        fields = _data(recorded, ours) if ours.name == DATA else _fields(recorded, ours, number)
        for field, was, is_ in fields:
            short = " ".join(field.split()[:2])
            if not {field, short, f"{ours.name} {short}"} & set(skipped):
                yield Difference(number, ours.name, field, was, is_)


def _fields(recorded: _Unit, ours: _Unit, number: int) -> Iterator[tuple[str, str, str]]:
    """Where two FPDUs of one type differ: the field, and both values in words."""
    was, is_ = recorded.pieces[0], ours.pieces[0]
    if number == 1 and _is_raw(was) != _is_raw(is_):
        yield "prefix", _framing(was), _framing(is_)
    if not (was.fpdu and is_.fpdu):
        if was.octets[-len(is_.octets) :] != is_.octets[-len(was.octets) :]:
            yield "octets", was.line.title, is_.line.title
        return
    for octet in (5, 6):
        one, other = was.fpdu[octet - 1], is_.fpdu[octet - 1]
        if one != other:
            yield f"octet {octet}", str(one), str(other)
    before, after = dict(_flat(was.items)), dict(_flat(is_.items))
    for code in sorted(before.keys() | after.keys()):
        one_, other_ = before.get(code), after.get(code)
        if _value(one_) != _value(other_):
            name = (one_ or other_ or _NONE).name
            yield f"PI {code} {name}", _words(one_), _words(other_)


def _data(recorded: _Unit, ours: _Unit) -> Iterator[tuple[str, str, str]]:
    """The first article that differs between two runs of data."""
    pairs = zip_longest(_articles(recorded.pieces), _articles(ours.pieces))
    for number, (was, is_) in enumerate(pairs, start=1):
        if was != is_:
            yield f"article {number}", _article(was), _article(is_)
            return


def _articles(pieces: Iterable[Piece]) -> Iterator[bytes]:
    segments: list[bytes] = []
    for piece in pieces:
        if piece.kind is Kind.DTF:
            yield from piece.articles
            continue
        segments += piece.articles
        if piece.kind is Kind.DTFFA:
            yield b"".join(segments)
            segments = []


def _flat(items: Iterable[Item]) -> Iterator[tuple[int, Item]]:
    """Parameters by code, those of groups among them; of two the first counts."""
    seen: set[int] = set()
    for item in items:
        inside = _flat(item.members) if item.code in GROUP_CODES else [(item.code, item)]
        for code, one in inside:
            if code not in seen:
                seen.add(code)
                yield code, one


def _value(item: Item | None) -> Value | None:
    """What it says; a name of blanks says as much as an absent one."""
    if item is None or not item.octets:
        return None
    value = from_octets(item.code, item.octets) if item.code in PARAMETERS else item.octets
    return None if value == "" else value


def _words(item: Item | None) -> str:
    return ABSENT if item is None else item.words or "empty"


def _article(octets: bytes | None) -> str:
    if octets is None:
        return NOTHING
    more = " ..." if len(octets) > _SHOWN else ""
    return f"{len(octets)} octets {octets[:_SHOWN].hex(' ')}{more}"


def _in_short(unit: _Unit | None) -> str:
    """An FPDU with its diagnostic, if it has one that says no."""
    if unit is None:
        return NOTHING
    words = [item.words for piece in unit.pieces for item in piece.items if item.code == 2]
    return f"{unit.name} ({words[0]})" if words else unit.name


def _is_raw(piece: Piece) -> bool:
    return bool(piece.fpdu) and piece.octets.startswith(piece.fpdu)


def _framing(piece: Piece) -> str:
    return NOTHING if _is_raw(piece) else "two octets of length"


_NONE: Final = Item(0, 0, b"", "")
