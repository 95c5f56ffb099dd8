"""What the two sides have settled so far, learned from what they say.

Everything said passes through `Agreement.learn`, sent or received alike, so the two sides cannot
hold different views of an option without one of them having broken a rule. Where a rule is
broken, the judge hears it (`fpdu.Judge`), or the transfer raises a `Breach`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from simulator.wire.pesit import crc
from simulator.wire.pesit import messages as m
from simulator.wire.pesit.fpdu import Judge, diagnostic_of
from simulator.wire.pesit.messages import SMALLEST_ENTITY
from simulator.wire.pesit.negotiation import smaller
from simulator.wire.pesit.parameters import CODES, UNDEFINED_INTERVAL, Compression, SyncOption
from simulator.wire.pesit.profile import Profile
from simulator.wire.pesit.states import By
from simulator.wire.pesit.transfer import Transfer, bad_number

_FOR_GOOD: Final = frozenset(
    {m.EndCode.SUSPENSION, m.EndCode.CANCELLED_BY_SERVER, m.EndCode.CANCELLED_BY_REQUESTER}
)


class Agreement:
    """The options of a connection and the file selected on it.

    Attributes:
        connect: what the requester offered; None before.
        aconnect: what the server answered; None before.
        sync, resync: points and resynchronisation, as agreed.
        transfer: the file selected, or about to be; None without one.
    """

    def __init__(self, profile: Profile) -> None:
        self.connect: m.Connect | None = None
        self.aconnect: m.Aconnect | None = None
        self.sync = SyncOption()
        self.resync = False
        self.transfer: Transfer | None = None
        self._profile = profile
        self._known: tuple[m.Mark, ...] = ()
        self._read: m.Read | None = None

    @property
    def crc(self) -> bool:
        """Check octets follow each FPDU."""
        return bool(self.connect and self.connect.crc)

    @property
    def writing(self) -> bool | None:
        """The file selected is written (True) or read (False) by the requester; None: no file."""
        return self.transfer.writing if self.transfer else None

    @property
    def current(self) -> Transfer:
        """The transfer, where the state says that there is one."""
        assert self.transfer is not None, "the table puts this after CREATE or SELECT"
        return self.transfer

    def know(self, marks: Iterable[m.Mark]) -> None:
        """Points of an earlier connection, for the transfer selected or the next one."""
        self._known = tuple(marks)
        if self.transfer:
            self.transfer.know(self._known)

    def learn(self, message: m.Message, speaker: frozenset[By], judge: Judge) -> None:
        """Takes in what was said by someone with these parts."""
        if isinstance(message, m.Resyn | m.AckResyn):
            self._resynchronise(message, speaker, judge)
        elif (effect := self._EFFECTS.get(type(message))) is not None:
            effect(self, message, judge)

    def is_refused(self, message: m.Message) -> bool:
        """Whether a message takes the other way out of its step (see `states.Step`)."""
        if isinstance(message, m.AckIdt):
            return self.current.spent
        diagnostic = diagnostic_of(message)
        return diagnostic is not None and not diagnostic.is_success

    def _offer(self, message: m.Connect, _judge: Judge) -> None:
        self.connect = message

    def _accept(self, message: m.Aconnect, judge: Judge) -> None:
        offer = self.connect
        assert offer is not None, "the table puts ACONNECT after CONNECT"
        self.aconnect = message
        self.sync = smaller(offer.sync, message.sync)
        self.resync = bool(offer.resync and message.resync)
        if message.version > offer.version:
            judge("offer-raised", f"PI 6 = {message.version}", CODES["version"])
        if _raised(offer.sync, message.sync):
            judge("offer-raised", f"PI 7 = {message.sync}, offered {offer.sync}", CODES["sync"])
        if message.resync and not offer.resync:
            judge("offer-raised", "PI 23 = 1", CODES["resync"])

    def _select(self, message: m.Create | m.Select, _judge: Judge) -> None:
        self._check_entity(message.max_entity)
        self.transfer = Transfer(message, self.sync, self._profile)
        self.transfer.know(self._known)
        self._known = ()

    def _selected(self, message: m.AckCreate | m.AckSelect, judge: Judge) -> None:
        if message.diagnostic.is_success:
            self._check_entity(message.max_entity)
            self.current.settle(message, judge)
        else:
            self.transfer = None

    def _check_entity(self, octets: int | None) -> None:
        """Raises `Breach` for an entity without room for data, in which no article ever ends."""
        least = SMALLEST_ENTITY + (crc.LENGTH if self.crc else 0)
        if octets is not None and octets < least:
            raise bad_number("max_entity", octets, f"at least {least} octets are needed")

    def _deselected(self, _message: m.AckDeselect, _judge: Judge) -> None:
        self.transfer = None

    def _ask_compression(self, message: m.Orf, _judge: Judge) -> None:
        self.current.asked = message.compression or Compression()

    def _grant_compression(self, message: m.AckOrf, judge: Judge) -> None:
        asked, granted = self.current.asked, message.compression or Compression()
        both = Compression(
            asked.horizontal and granted.horizontal, asked.vertical and granted.vertical
        )
        if both != granted:
            judge("offer-raised", f"PI 21 = {granted}", CODES["compression"])
        self.current.compression = both

    def _ask_read(self, message: m.Read, _judge: Judge) -> None:
        self._read = message

    def _start(self, message: m.AckRead | m.AckWrite, _judge: Judge) -> None:
        if not message.diagnostic.is_success:
            return
        if isinstance(message, m.AckWrite):
            self.current.start(message.restart_point)
        else:
            self.current.start(self._read.restart_point if self._read else 0)

    def _place(self, message: m.Syn, judge: Judge) -> None:
        self.current.place(message.number, judge)

    def _acknowledge(self, message: m.AckSyn, judge: Judge) -> None:
        self.current.acknowledge(message.number, judge)

    def _resynchronise(
        self, message: m.Resyn | m.AckResyn, speaker: frozenset[By], judge: Judge
    ) -> None:
        if isinstance(message, m.Resyn):
            if not (self.resync and self.sync.interval):
                judge("resync-not-agreed", f"to point {message.restart_point}", CODES["resync"])
            self.current.ask_back(message.restart_point)
        else:
            by_receiver = By.SENDER in speaker  # who answers is not who asked
            self.current.go_back(message.restart_point, asked_by_receiver=by_receiver)

    def _interrupt(self, message: m.Idt, _judge: Judge) -> None:
        self.current.spent = message.end_code in _FOR_GOOD

    def _count(self, message: m.TransEnd | m.AckTransEnd, judge: Judge) -> None:
        transfer = self.current
        if not self.is_refused(message) and not transfer.agrees(message):
            octets, articles = transfer.moved
            words = (
                f"octets {message.octets}, articles {message.articles}; "
                f"moved: octets {octets}, articles {articles}"
            )
            judge("counts-differ", words, CODES["octets"])
        if isinstance(message, m.AckTransEnd) == transfer.writing:
            transfer.acknowledged = (
                transfer.last_point
            )  # said by the receiver, it covers all points

    _EFFECTS: ClassVar[dict[type[m.Message], Callable[[Agreement, Any, Judge], None]]] = {
        m.Connect: _offer,
        m.Aconnect: _accept,
        m.Create: _select,
        m.Select: _select,
        m.AckCreate: _selected,
        m.AckSelect: _selected,
        m.AckDeselect: _deselected,
        m.Orf: _ask_compression,
        m.AckOrf: _grant_compression,
        m.Read: _ask_read,
        m.AckRead: _start,
        m.AckWrite: _start,
        m.Syn: _place,
        m.AckSyn: _acknowledge,
        m.Idt: _interrupt,
        m.TransEnd: _count,
        m.AckTransEnd: _count,
    }


def _raised(offer: SyncOption | None, answer: SyncOption | None) -> bool:
    if not (answer and answer.interval):
        return False
    offer = offer or SyncOption()
    below = offer.interval == UNDEFINED_INTERVAL or 0 < answer.interval <= offer.interval
    return not below or answer.window > offer.window
