"""A PeSIT connection without a connection: octets in, events out; commands in, octets out.

`Server` and `Requester` differ in one word: which `Side` they are. What may be said when is in
`states`, what was settled is in `agreement`, what was moved is in `transfer`; this module carries
octets between them.

Nothing here reads a clock. Time comes in with ``now`` (seconds, any origin) and goes out as
`Session.deadline`; a caller that does not care for timers leaves ``now`` out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeGuard

import msgspec

from simulator.wire.pesit import messages as m
from simulator.wire.pesit.agreement import Agreement
from simulator.wire.pesit.data import Inlet, Outlet, refuse
from simulator.wire.pesit.deadlines import Deadline, Expired, expiry, timer
from simulator.wire.pesit.diagnostics import PROTOCOL_ERROR, TRANSMISSION_ERROR
from simulator.wire.pesit.errors import Breach, LocalProtocolError, RemoteProtocolError
from simulator.wire.pesit.fpdu import Frame, Framed, decode_body, encode_body, framed
from simulator.wire.pesit.framing import BadCrc, Found, Reader, Writer, greeting_octets
from simulator.wire.pesit.kinds import CONCATENATED, Kind
from simulator.wire.pesit.parts import PARTS, Assembly, cut_message, is_long
from simulator.wire.pesit.profile import DEVIATIONS, Options, Tolerated
from simulator.wire.pesit.states import TRANSFERRING, By, Side, State, Step, roles, step
from simulator.wire.pesit.transfer import Transfer

Event = m.Message | Tolerated
"""What a session yields: what the peer said, and what it was forgiven."""

DEFAULT: Final = Options()
_OVER: Final = frozenset({State.CLOSED, State.FAILED})
_GREETINGS: Final = (m.PreConnection, m.PreAccept, m.PreRefuse)


class Session:
    """One side of one connection; use `Server` or `Requester`.

    Attributes:
        side: who we are.
        state: where the dialogue is.
        agreement: what was settled.
        own_id, peer_id: connection identifiers; the peer's is 0 until it is known.
        must_close: the peer has said its last word, the transport is ours to close.
    """

    side: Side

    def __init__(self, own_id: int, options: Options = DEFAULT, now: float = 0.0) -> None:
        if not 0 < own_id < 256:
            raise LocalProtocolError(f"a connection identifier is 1 to 255: {own_id}")
        self.state = State.IDLE
        self.agreement = Agreement(options.profile)
        self.own_id = own_id
        self.peer_id = 0
        self.must_close = False
        self._options = options
        self._reader = Reader()
        self._writer = Writer(options.framing, concatenate=options.concatenate)
        self._inlet = Inlet(options.profile)
        self._outlet = Outlet(options.packing)
        self._notes: dict[tuple[str, int | None], Tolerated] = {}
        self._hearing: Kind = Kind.CONNECT
        self._assembly = Assembly(options.profile.max_message)
        self._owes_answer = False
        self._takes_data = False
        self._active = now

    @property
    def transfer(self) -> Transfer | None:
        """The file selected, with its books; None without one."""
        return self.agreement.transfer

    @property
    def is_transferring(self) -> bool:
        """Whether losing the transport now would cut a transfer."""
        return self.state in TRANSFERRING

    @property
    def can_send_data(self) -> bool:
        """Whether DTF is ours to send in this state (points and window aside)."""
        return self.state is State.DATA and By.SENDER in self._roles(self.side)

    def know(self, marks: Iterable[m.Mark]) -> None:
        """Points of an earlier connection, so that a restart can count from the file's start."""
        self.agreement.know(marks)

    # What the peer says.

    def receive(self, data: bytes, now: float = 0.0) -> Iterator[Event]:
        """Takes what arrived and yields what it means, one event at a time.

        The octets are taken at once, the events as they are asked for: answer inside the loop and
        what follows is read in the state that the answer led to. What is not asked for is not
        lost, the next call yields it. After the end of the dialogue nothing is yielded.

        Raises `RemoteProtocolError` out of the iteration; its ``reply`` is what to send. Once it
        asked for an interruption or a resynchronisation, data that follow are dropped until that
        is sent.
        """
        if self.state not in _OVER:
            self._reader.feed(data)
        return self._events(now)

    def _events(self, now: float) -> Iterator[Event]:
        while self.state not in _OVER:
            event, error = None, None
            try:
                found = self._reader.next()
                if found is None:
                    return
                self._active = now
                event = self._hear_data(found) if self._is_plain(found) else self._hear(found)
            except Breach as breach:
                error = RemoteProtocolError(
                    f"{self._hearing.label}: {breach}",
                    breach.diagnostic,
                    complement=breach.complement,
                    answer=breach.answer,
                )
            except RemoteProtocolError as caught:
                error = caught
            notes, self._notes = self._notes, {}
            yield from notes.values()
            if error:
                raise self._answered(error)
            if event is not None:
                yield event
        self._reader.discard()

    def _is_plain(self, found: Found) -> TypeGuard[Frame]:
        """A DTF among others, about which no rule has a word: nearly all that ever comes."""
        return (
            self._takes_data
            and self.state is State.DATA
            and isinstance(found, Frame)
            and found.kind is Kind.DTF
            and found.destination == self.own_id
            and found.octets <= self.agreement.current.max_entity
            and not self._owes_answer
        )

    def _hear(self, found: Found) -> m.Message | None:
        """One FPDU; None when it says nothing to the caller."""
        kind = self._hearing = found.kind if isinstance(found, Frame) else found.KIND
        if self._owes_answer and kind not in {Kind.ABORT, Kind.IDT}:
            return None
        taken = step(self.state, kind, self._roles(self.side.other))
        if taken is None:
            raise RemoteProtocolError(self._unexpected(kind), PROTOCOL_ERROR)
        if taken.ignored:
            return None
        if not isinstance(found, Frame):
            self._writer.framing = self._reader.greeting or self._writer.framing
            self._enter(taken, found, by_us=False)
            return found
        self._check_header(found)
        if kind.is_data:
            data = self._hear_data(found)
            self.state = taken.to
            return data
        message = decode_body(kind, bytes(found.body), self._tolerate)
        if kind in PARTS:
            return self._hear_part(kind, message, taken)
        return self._hear_message(found, message, taken)

    def _hear_message(self, frame: Frame, message: m.Message, taken: Step) -> m.Message:
        self.agreement.learn(message, self._roles(self.side.other), self._tolerate)
        if frame.kind in {Kind.CONNECT, Kind.ACONNECT}:
            self.peer_id = frame.source
        if self.side is Side.SERVER and self._reader.framing:
            self._writer.framing = self._reader.framing
        self._enter(taken, message, by_us=False)
        if isinstance(message, m.Syn):
            self._inlet.point()
            return msgspec.structs.replace(message, mark=self.agreement.current.point)
        return message

    def _hear_data(self, frame: Frame) -> m.Data | None:
        self._hearing = frame.kind
        articles = self._inlet.take(frame, self.agreement.current, self._tolerate)
        return m.Data(articles=articles) if articles else None

    def _hear_part(self, kind: Kind, part: m.Message, taken: Step) -> m.Msg | None:
        message = self._assembly.take(kind, part)
        self.state = taken.to
        return message

    def _check_header(self, frame: Frame) -> None:
        """Identifiers, and what shares the entity; all of it only for the judge."""
        kind = frame.kind
        expected = {0} if kind is Kind.CONNECT else {self.own_id}
        if kind is Kind.ABORT:
            expected.add(0)
        if frame.destination not in expected:
            words = f"octet 5 = {frame.destination}, expected {max(expected)}"
            self._tolerate("wrong-identifier", f"{kind.label}: {words}")
        if kind in {Kind.CONNECT, Kind.ACONNECT} and not frame.source:
            self._tolerate("wrong-identifier", f"{kind.label}: octet 6 = 0")
        if not frame.alone and kind not in CONCATENATED:
            self._tolerate("not-concatenable", kind.label)
        transfer = self.transfer
        if transfer and kind.is_data and frame.octets > transfer.max_entity:
            words = f"{frame.octets} octets, agreed {transfer.max_entity}"
            self._tolerate("entity-over-limit", words)

    def _tolerate(self, deviation: str, words: str, code: int | None = None) -> None:
        """The judge of what the peer says (`fpdu.Judge`): notes it, or raises."""
        row = DEVIATIONS[deviation]
        if deviation not in self._options.profile.refused:
            note = Tolerated(deviation, self._hearing.label, words)
            self._notes.setdefault((deviation, code), note)
            return
        complement = bytes((1, code or 0, row.cause)) if row.cause else b""
        raise RemoteProtocolError(
            f"{row.words}: {words}",
            row.refusal,
            complement=complement,
            answer=row.answer,
            end=row.end,
        )

    def _answered(self, error: RemoteProtocolError) -> RemoteProtocolError:
        """The same error with its reply; the session fails unless it may go on."""
        if self.side is Side.SERVER and self._reader.framing:
            self._writer.framing = self._reader.framing  # the FPDU at fault may be the first
        error.reply = self._repair(error)
        self._owes_answer = error.reply is not None
        if error.reply is None:
            if self._reader.framing is not None:
                complement = error.complement or None
                error.reply = m.Abort(diagnostic=error.diagnostic, complement=complement)
            self.must_close = error.reply is None
            self.state = State.FAILED
        return error

    def _repair(self, error: RemoteProtocolError) -> m.Message | None:
        """What to say so that the session can go on; None when it cannot."""
        receiving = By.RECEIVER in self._roles(self.side) and self._may_say(Kind.RESYN)
        if isinstance(error, BadCrc) and receiving and self.agreement.resync:
            point = self.agreement.current.acknowledged
            return m.Resyn(diagnostic=TRANSMISSION_ERROR, restart_point=point)
        if error.answer == "interrupt" and self._may_say(Kind.IDT):
            return m.Idt(diagnostic=error.diagnostic, end_code=self._end_code(error.end))
        return None

    def _may_say(self, kind: Kind) -> bool:
        """Whether an FPDU may be sent now; one that would only be ignored may not."""
        taken = step(self.state, kind, self._roles(self.side))
        return taken is not None and not taken.ignored

    def _end_code(self, end: str) -> m.EndCode:
        if end != "cancel":
            return m.EndCode.ERROR
        if self.side is Side.SERVER:
            return m.EndCode.CANCELLED_BY_SERVER
        return m.EndCode.CANCELLED_BY_REQUESTER

    # What we say.

    def send(self, *messages: m.Message, now: float = 0.0) -> bytes:
        """The octets that say some messages, in order.

        DTF, SYN and DTF.END given together share an entity when they fit.

        Raises `LocalProtocolError` when the protocol does not allow it here. Nothing is said then
        and the session stands as before; if an earlier message of the same call was already
        taken, the session is lost (FAILED), so give several only where all are allowed.
        """
        fpdus: list[Framed] = []
        greetings = b""
        for message in messages:
            try:
                if isinstance(message, _GREETINGS):
                    greetings += self._greet(message)
                else:
                    fpdus += self._say(message)
            except (LocalProtocolError, Breach) as reason:
                if fpdus:
                    self.state = State.FAILED
                raise LocalProtocolError(str(reason)) from None
        self._active = now
        return greetings + self._writer.write(fpdus)

    def _greet(self, message: m.PreConnection | m.PreAccept | m.PreRefuse) -> bytes:
        taken = self._allowed(message.KIND)
        octets = self._writer.greeting(greeting_octets(message))
        self._enter(taken, message, by_us=True)
        return octets

    def _say(self, message: m.Message) -> list[Framed]:
        if isinstance(message, m.Data):
            return self._say_data(message)
        if isinstance(message, m.Msg) and is_long(message):
            return self._say_parts(message)
        message = self._completed(message)
        taken = self._allowed(message.KIND)
        fpdu = self._framed(message.KIND, encode_body(message))
        self.agreement.learn(message, self._roles(self.side), refuse)
        self._enter(taken, message, by_us=True)
        if isinstance(message, m.Syn):
            self._outlet.point()
        return [fpdu]

    def _say_data(self, message: m.Data) -> list[Framed]:
        self._allowed(Kind.DTF)
        transfer = self.agreement.current
        limit = transfer.max_entity - (2 if self.agreement.crc else 0)
        pieces = self._outlet.give(message.articles, transfer, limit)
        return [framed(kind, self.peer_id, count, body) for kind, count, body in pieces]

    def _say_parts(self, message: m.Msg) -> list[Framed]:
        self._allowed(Kind.MSGDM)
        fpdus = [self._framed(kind, encode_body(part, kind)) for kind, part in cut_message(message)]
        self.state = State.MESSAGE_SENT
        return fpdus

    def _completed(self, message: m.Message) -> m.Message:
        """ACK(CREATE) repeats the entity offered unless it says less."""
        if isinstance(message, m.AckCreate) and message.max_entity is None and self.transfer:
            return msgspec.structs.replace(message, max_entity=self.transfer.max_entity)
        return message

    def _framed(self, kind: Kind, body: bytes) -> Framed:
        destination = 0 if kind is Kind.CONNECT else self.peer_id
        source = self.own_id if kind.is_connection and kind is not Kind.RCONNECT else 0
        return framed(kind, destination, source, (body,))

    def _allowed(self, kind: Kind) -> Step:
        taken = step(self.state, kind, self._roles(self.side))
        if taken is None or taken.ignored:
            words = f"the {self.side.value} cannot send {kind.label} in the state"
            raise LocalProtocolError(f"{words} {self.state.value!r}")
        return taken

    # What both come down to.

    def _enter(self, taken: Step, message: m.Message, *, by_us: bool) -> None:
        """Moves to where a step leads."""
        refused = taken.otherwise is not None and self.agreement.is_refused(message)
        self.state = taken.otherwise if refused and taken.otherwise else taken.to
        if message.KIND in {Kind.RESYN, Kind.IDT, Kind.ABORT}:
            self._owes_answer = False
        if self.state is State.CLOSED:
            self.must_close = not by_us
        self._writer.crc = self.agreement.crc
        self._reader.crc = self.agreement.crc
        if self.transfer:
            self._writer.max_entity = self.transfer.max_entity
        stays = step(State.DATA, Kind.DTF, self._roles(self.side.other))
        self._takes_data = stays is not None and not stays.ignored and stays.to is State.DATA

    def _roles(self, side: Side) -> frozenset[By]:
        return roles(side, self.agreement.writing)

    def _unexpected(self, kind: Kind) -> str:
        return f"{kind.label} from the {self.side.other.value} in the state {self.state.value!r}"

    # Time.

    @property
    def deadline(self) -> Deadline | None:
        """When the peer is to be given up if nothing comes; None while it is our turn."""
        if self.must_close:
            return None
        waiting = self.can_send_data and not self.agreement.current.window_open
        name = timer(self.side, self.state, self._roles(self.side.other), waiting=waiting)
        if name is None:
            return None
        return Deadline(name, self._active + getattr(self._options.timers, name))

    def expire(self, now: float) -> Expired | None:
        """Says whether the deadline has passed, and what to send before closing."""
        deadline = self.deadline
        return expiry(deadline.timer) if deadline and now >= deadline.at else None

    def lost(self) -> bool:
        """The transport is gone; answers whether that cut a transfer."""
        cut = self.is_transferring
        self.state = State.CLOSED
        self.must_close = True
        self._reader.discard()
        return cut


class Server(Session):
    """The side that answers; its first octets tell the framing."""

    side = Side.SERVER


class Requester(Session):
    """The side that opens the connection and asks."""

    side = Side.REQUESTER
