"""What was said in a recorded session, as messages, and sides of ours that say it again.

A recording holds octets; this module listens to both directions with a session on each side, so
segments are put together, compression is undone and points have their marks. `Accepting` is a
server that says yes to everything; `Following` stands for either side and says what that side said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from simulator.wire.pesit import messages as m
from simulator.wire.pesit.dissect import Dissection, Piece
from simulator.wire.pesit.errors import ProtocolError, RemoteProtocolError
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.negotiation import (
    accept,
    accept_create,
    accept_open,
    accept_select,
    refusal,
)
from simulator.wire.pesit.profile import Framing, Options, Tolerated
from simulator.wire.pesit.recording import FORWARD, Recording
from simulator.wire.pesit.session import Requester, Server, Session
from simulator.wire.pesit.states import Side

OWN_ID: Final = 0x01


class Said(msgspec.Struct, frozen=True):
    """One thing that was said.

    Attributes:
        chunk: number of the chunk of the recording that ended it.
        by: who said it.
        message: what.
    """

    chunk: int
    by: Side
    message: m.Message


def speaker(direction: str) -> Side:
    """Who says what goes in a direction of a PeSIT recording."""
    return Side.REQUESTER if direction == FORWARD else Side.SERVER


def pieces_of(recording: Recording) -> Iterator[Piece]:
    """The FPDUs of both sides, in the order they were whole."""
    dissection = Dissection()
    for chunk in recording.chunks:
        yield from dissection.feed(chunk.octets, speaker(chunk.direction))
    yield from dissection.finish()


def overhear(recording: Recording) -> Iterator[Said]:
    """What both sides said, as far as they kept to the protocol and it was kept; never raises."""
    ids = _identifiers(recording)
    sessions: dict[Side, Session] = {
        Side.REQUESTER: Requester(ids[Side.REQUESTER]),
        Side.SERVER: Server(ids[Side.SERVER]),
    }
    for number, chunk in enumerate(recording.chunks):
        by = speaker(chunk.direction)
        if chunk.left_out:
            return  # from here on the sessions would not know what was moved
        try:
            for event in sessions[by.other].receive(chunk.octets):
                if not isinstance(event, Tolerated):
                    sessions[by].send(event)
                    yield Said(number, by, event)
        except ProtocolError:
            return  # what follows is beyond what a session can take part in


class Accepting:
    """A server that decides by itself and accepts everything.

    Files are taken and forgotten. Who reads is given the file that the recorded server gave: its
    ACK(SELECT) and its data, points where they were.
    """

    def __init__(self, recording: Recording) -> None:
        said = [one.message for one in overhear(recording)]
        self._server = Server(_identifiers(recording)[Side.SERVER])
        self._selected = deque(one for one in said if isinstance(one, m.AckSelect))
        self._files = deque(_files(said))
        self._file: list[m.Message] = []
        self._due: deque[m.Message] = deque()

    def start(self) -> bytes:
        """A server waits."""
        return b""

    def hear(self, octets: bytes, now: float) -> bytes:
        """Answers; raises `ProtocolError` for what is no PeSIT."""
        out = b""
        try:
            for event in self._server.receive(octets, now):
                if not isinstance(event, Tolerated):
                    out += self._server.send(*self._answer(event), now=now)
                    out += b"".join(self._server.send(one, now=now) for one in self._allowed())
        except RemoteProtocolError as error:
            if error.reply is None:
                raise
            out += self._server.send(error.reply, now=now)
        return out

    def _answer(self, event: m.Message) -> list[m.Message]:
        if isinstance(event, m.Select):
            return [self._selected.popleft() if self._selected else accept_select(event, _ANY)]
        if isinstance(event, m.Read):
            self._file = self._files.popleft() if self._files else [m.DtfEnd()]
            self._due = deque(_behind(self._file, event.restart_point))
            return [m.AckRead()]
        if isinstance(event, m.Resyn):
            self._due = deque(_behind(self._file, event.restart_point))
            return [m.AckResyn(restart_point=event.restart_point)]
        if isinstance(event, m.TransEnd):
            return [self._receipt(event)]
        if isinstance(event, m.Syn) and not self._server.agreement.sync.window:
            return []
        made = _YES.get(type(event))
        return [made(event)] if made else []

    def _allowed(self) -> Iterator[m.Message]:
        """What of the file may be sent before a point is acknowledged."""
        while self._due and self._server.can_send_data:
            is_point = isinstance(self._due[0], m.Syn)
            if is_point and not self._server.agreement.current.window_open:
                return
            yield self._due.popleft()

    def _receipt(self, end: m.TransEnd) -> m.AckTransEnd:
        transfer = self._server.agreement.current
        octets, articles = transfer.moved
        return m.AckTransEnd(diagnostic=transfer.verdict(end), octets=octets, articles=articles)


class Following:
    """A side that says what the recorded side said, when it said it.

    Args:
        recording: of the session.
        side: which one it stands for.
    """

    def __init__(self, recording: Recording, side: Side) -> None:
        own = _identifiers(recording)[side]
        options = Options(framing=_framing(recording))
        self._session = Requester(own, options) if side is Side.REQUESTER else Server(own, options)
        self._due = deque(_batches(recording, side))

    def start(self) -> bytes:
        """What was said before anything was heard."""
        return self._say(0.0)

    def hear(self, octets: bytes, now: float) -> bytes:
        """What was said behind this piece of the peer's octets and before the next."""
        for _ in self._session.receive(octets, now):
            pass  # what it means is known: only the session has to follow
        return self._say(now)

    def _say(self, now: float) -> bytes:
        batch = self._due.popleft() if self._due else []
        return b"".join(self._session.send(one, now=now) for one in batch)


def _batches(recording: Recording, side: Side) -> Iterator[list[m.Message]]:
    """What a side said before each piece that its peer said, and after the last."""
    said: dict[int, list[m.Message]] = {}
    for one in overhear(recording):
        if one.by is side:
            said.setdefault(one.chunk, []).append(one.message)
    batch: list[m.Message] = []
    for number, chunk in enumerate(recording.chunks):
        if speaker(chunk.direction) is side:
            batch += said.get(number, [])
        elif chunk.octets:
            yield batch
            batch = []
    yield batch


def _files(said: Iterable[m.Message]) -> Iterator[list[m.Message]]:
    """The data behind each ACK(READ): articles, points, the end; without what was said again."""
    file: list[m.Message] | None = None
    for message in said:
        if isinstance(message, m.AckRead):
            if file is not None:
                yield file
            file = []
        elif file is not None and isinstance(message, m.Data | m.Syn | m.DtfEnd):
            file.append(message)
        elif file is not None and isinstance(message, m.AckResyn):
            del file[len(file) - len(_behind(file, message.restart_point)) :]
    if file is not None:
        yield file


def _behind(file: list[m.Message], point: int) -> list[m.Message]:
    """What of a file follows a point; all of it when the point is not in it."""
    places = (at for at, one in enumerate(file) if isinstance(one, m.Syn) and one.number == point)
    return file[next(places, -1) + 1 :]


def _identifiers(recording: Recording) -> dict[Side, int]:
    """The connection identifiers that were used; some where they cannot be told."""
    found = {Side.REQUESTER: OWN_ID, Side.SERVER: OWN_ID}
    for piece in pieces_of(recording):
        if piece.by and piece.kind in {Kind.CONNECT, Kind.ACONNECT} and piece.fpdu[5]:
            found[piece.by] = piece.fpdu[5]
        if piece.kind is Kind.ACONNECT:
            break
    return found


def _framing(recording: Recording) -> Framing:
    """How the recorded requester framed its first FPDU."""
    for piece in pieces_of(recording):
        if piece.fpdu:
            return Framing.RAW if piece.octets.startswith(piece.fpdu) else Framing.PREFIXED
    return Framing.PREFIXED


def _connected(connect: m.Connect) -> m.Message:
    diagnostic = refusal(connect)
    return m.Rconnect(diagnostic=diagnostic) if diagnostic else accept(connect)


_ANY: Final = m.Create(file_name="ANY", transfer_id=1, article_length=1, max_reserved=1)
_YES: Final[dict[type[m.Message], Callable[..., m.Message]]] = {
    m.PreConnection: lambda _: m.PreAccept(),
    m.Connect: _connected,
    m.Create: accept_create,
    m.Orf: accept_open,
    m.Write: lambda _: m.AckWrite(),
    m.Syn: lambda event: m.AckSyn(number=event.number),
    m.Idt: lambda _: m.AckIdt(),
    m.Crf: lambda _: m.AckCrf(),
    m.Deselect: lambda _: m.AckDeselect(),
    m.Msg: lambda _: m.AckMsg(),
    m.Release: lambda _: m.Relconf(),
}
