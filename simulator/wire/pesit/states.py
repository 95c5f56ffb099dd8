"""The dialogue as one table, for both sides.

Rule 1: everything that decides whether an FPDU may be said now, and what it leads to, is in this
file. The session asks `step` before it sends and after it receives, and does nothing else with
states.

Rule 2: this file does not know which side we are. PeSIT is a strict conversation: the requester
asks, the server answers, and while nothing crosses on the wire both hold the same state. So there
is one table, and its rows name who may speak: REQUESTER or SERVER for the conversation, SENDER or
RECEIVER for the data, which flow either way. Sending an FPDU that the table does not give to us is
our caller's mistake (`LocalProtocolError`); receiving one that it does not give to the peer is the
peer's (`RemoteProtocolError` 3-311).

The shape is a staircase: connection, file selected, file open, data. An answer climbs one stair,
or, when it refuses, stays on the stair where the question was asked; DESELECT, CRF and TRANS.END
climb down, and their answers do so whatever they say, because there is nothing else to do
(PeSIT E 4.4.9, 4.4.13, 4.4.19). ABORT leaves from anywhere and is not written in each row.

What makes it a protocol and not a procedure is that four things may cross: RESYN and IDT may be
sent by either side at any moment of the data phase, while DTF, SYN, DTF.END, ACK(SYN) and
TRANS.END are on their way in the other direction. The text gives an order (ABORT, IDT, RESYN,
TRANS.END, ACK(SYN), DTF.END, DTF; between equals the requester wins) and the weaker is ignored. So
after RESYN or IDT there is a state that says who asked, and in it every weaker FPDU that the other
side may have sent before it knew is IGNORED: a step that leads nowhere. When both ask the same at
once, the server's question is the one forgotten: the requester ignores it, and the server on
seeing the requester's moves over to answering. An FPDU that was sent before a question but that
the question outranks therefore never is an error, and one that cannot have been is. One thing more
is forgotten: the ACK(IDT) of a requester that won and answers the server's IDT all the same, as
Connect:Express is said to (deduced); it comes once the file is open again.

After an interruption for good (PI 19 = 8, 12, 16) the file is spent: nothing but CRF and DESELECT
may follow, so OPEN and its two stairs down have a twin that knows this. After PI 19 = 4 the file
may be opened, written or read again.

CLOSED swallows what arrives late. FAILED is where a fatal error of the peer leaves us: all that
may still be said is ABORT.

Sources: PeSIT E 4.4 (FPDU by FPDU), 4.8.3 (collisions). Marks: official, except: several
transfers may follow each other on one open file (deduced from the text's states), ACK(SYN) is read
after TRANS.END (deduced from the order of collisions).
"""

from __future__ import annotations

import enum
import functools
from typing import Final

import msgspec

from simulator.wire.pesit.kinds import Kind


class Side(enum.Enum):
    """Who we are: who opened the connection, or who answers."""

    __hash__ = object.__hash__  # members are one of a kind, and looked up for every FPDU

    REQUESTER = "requester"
    SERVER = "server"

    @property
    def other(self) -> Side:
        """The peer."""
        return Side.SERVER if self is Side.REQUESTER else Side.REQUESTER


class By(enum.Enum):
    """Who may say something."""

    __hash__ = object.__hash__  # members are one of a kind, and looked up for every FPDU

    REQUESTER = "requester"
    SERVER = "server"
    SENDER = "sender of the data"
    RECEIVER = "receiver of the data"
    WRITER = "requester of a write"
    READER = "requester of a read"


class State(enum.Enum):
    """Where the dialogue is."""

    __hash__ = object.__hash__  # members are one of a kind, and looked up for every FPDU

    IDLE = "idle"
    PRECONNECTING = "pre-connection asked"
    PRECONNECTED = "pre-connection granted"
    CONNECTING = "connection asked"
    CONNECTED = "connected"
    MESSAGE_BEGUN = "message begun"
    MESSAGE_SENT = "message sent"
    CREATING = "creation asked"
    SELECTING = "selection asked"
    SELECTED = "file selected"
    OPENING = "opening asked"
    OPEN = "file open"
    STARTING_WRITE = "write asked"
    STARTING_READ = "read asked"
    DATA = "data"
    ARTICLE = "inside an article"
    DATA_ENDED = "data ended"
    ENDING = "end of transfer asked"
    RESYNC_BY_REQUESTER = "resynchronisation asked by the requester"
    RESYNC_BY_SERVER = "resynchronisation asked by the server"
    IDT_BY_REQUESTER = "interruption asked by the requester"
    IDT_BY_SERVER = "interruption asked by the server"
    CLOSING_FILE = "closing asked"
    DESELECTING = "deselection asked"
    SPENT = "file open, spent"
    CLOSING_SPENT = "closing asked, spent"
    SELECTED_SPENT = "file selected, spent"
    RELEASING = "release asked"
    CLOSED = "closed"
    FAILED = "failed"


S = State
K = Kind


class Step(msgspec.Struct, frozen=True):
    """One entry of the table.

    Attributes:
        by: the parts that who says it must play, all of them.
        to: the state it leads to.
        otherwise: the state it leads to when it refuses (PI 2 not zero) or, for ACK(IDT), when the
            interruption spends the file.
        ignored: it is weaker than a question already asked; read it and forget it.
    """

    by: frozenset[By]
    to: State
    otherwise: State | None = None
    ignored: bool = False


def _requester(to: State, otherwise: State | None = None) -> Step:
    return Step(frozenset({By.REQUESTER}), to, otherwise)


def _server(to: State, otherwise: State | None = None) -> Step:
    return Step(frozenset({By.SERVER}), to, otherwise)


def _only(by: By, to: State) -> Step:
    return Step(frozenset({by}), to)


def _late(side: By, part: By | None, state: State) -> Step:
    return Step(frozenset({side, part} if part else {side}), state, ignored=True)


_RESYN: Final = (_requester(S.RESYNC_BY_REQUESTER), _server(S.RESYNC_BY_SERVER))
_IDT: Final = (_requester(S.IDT_BY_REQUESTER), _server(S.IDT_BY_SERVER))
_DATA_KINDS: Final = (K.DTF, K.DTFDA, K.DTFMA, K.DTFFA, K.DTF_END, K.SYN)


def _crossing(state: State, other: By, *more: Kind) -> dict[Kind, tuple[Step, ...]]:
    """What the side that did not ask may have said before it knew of a RESYN or an IDT."""
    late: dict[Kind, tuple[Step, ...]] = {}
    late.update((kind, (_late(other, By.SENDER, state),)) for kind in _DATA_KINDS)
    late[K.ACK_SYN] = (_late(other, By.RECEIVER, state),)
    late.update((kind, (_late(other, None, state),)) for kind in more)
    return late


TABLE: Final[dict[State, dict[Kind, tuple[Step, ...]]]] = {
    S.IDLE: {
        K.PRECONNECT: (_requester(S.PRECONNECTING),),
        K.CONNECT: (_requester(S.CONNECTING),),
    },
    S.PRECONNECTING: {
        K.PREACCEPT: (_server(S.PRECONNECTED),),
        K.PREREFUSE: (_server(S.CLOSED),),
    },
    S.PRECONNECTED: {K.CONNECT: (_requester(S.CONNECTING),)},
    S.CONNECTING: {
        K.ACONNECT: (_server(S.CONNECTED),),
        K.RCONNECT: (_server(S.CLOSED),),
    },
    S.CONNECTED: {
        K.CREATE: (_requester(S.CREATING),),
        K.SELECT: (_requester(S.SELECTING),),
        K.MSG: (_requester(S.MESSAGE_SENT),),
        K.MSGDM: (_requester(S.MESSAGE_BEGUN),),
        K.RELEASE: (_requester(S.RELEASING),),
    },
    S.MESSAGE_BEGUN: {
        K.MSGMM: (_requester(S.MESSAGE_BEGUN),),
        K.MSGFM: (_requester(S.MESSAGE_SENT),),
    },
    S.MESSAGE_SENT: {K.ACK_MSG: (_server(S.CONNECTED, S.CONNECTED),)},
    S.CREATING: {K.ACK_CREATE: (_server(S.SELECTED, S.CONNECTED),)},
    S.SELECTING: {K.ACK_SELECT: (_server(S.SELECTED, S.CONNECTED),)},
    S.SELECTED: {
        K.ORF: (_requester(S.OPENING),),
        K.DESELECT: (_requester(S.DESELECTING),),
    },
    S.OPENING: {K.ACK_ORF: (_server(S.OPEN, S.SELECTED),)},
    S.OPEN: {
        K.WRITE: (_only(By.WRITER, S.STARTING_WRITE),),
        K.READ: (_only(By.READER, S.STARTING_READ),),
        K.CRF: (_requester(S.CLOSING_FILE),),
        K.ACK_IDT: (_late(By.REQUESTER, None, S.OPEN),),
    },
    S.STARTING_WRITE: {K.ACK_WRITE: (_server(S.DATA, S.OPEN),)},
    S.STARTING_READ: {K.ACK_READ: (_server(S.DATA, S.OPEN),)},
    S.DATA: {
        K.DTF: (_only(By.SENDER, S.DATA),),
        K.DTFDA: (_only(By.SENDER, S.ARTICLE),),
        K.SYN: (_only(By.SENDER, S.DATA),),
        K.DTF_END: (_only(By.SENDER, S.DATA_ENDED),),
        K.ACK_SYN: (_only(By.RECEIVER, S.DATA),),
        K.RESYN: _RESYN,
        K.IDT: _IDT,
    },
    S.ARTICLE: {
        K.DTFMA: (_only(By.SENDER, S.ARTICLE),),
        K.DTFFA: (_only(By.SENDER, S.DATA),),
        K.ACK_SYN: (_only(By.RECEIVER, S.ARTICLE),),
        K.RESYN: _RESYN,
        K.IDT: _IDT,
    },
    S.DATA_ENDED: {
        K.TRANS_END: (_requester(S.ENDING),),
        K.ACK_SYN: (_only(By.RECEIVER, S.DATA_ENDED),),
        K.RESYN: _RESYN,
        K.IDT: _IDT,
    },
    S.ENDING: {
        K.ACK_TRANS_END: (_server(S.OPEN, S.OPEN),),
        K.ACK_SYN: (Step(frozenset({By.SERVER, By.RECEIVER}), S.ENDING),),
        K.RESYN: (_server(S.RESYNC_BY_SERVER),),
        K.IDT: (_server(S.IDT_BY_SERVER),),
    },
    S.RESYNC_BY_REQUESTER: {
        **_crossing(S.RESYNC_BY_REQUESTER, By.SERVER, K.RESYN),
        K.ACK_RESYN: (_server(S.DATA),),
        K.IDT: _IDT,
    },
    S.RESYNC_BY_SERVER: {
        **_crossing(S.RESYNC_BY_SERVER, By.REQUESTER, K.TRANS_END),
        K.ACK_RESYN: (_requester(S.DATA),),
        K.RESYN: (_requester(S.RESYNC_BY_REQUESTER),),
        K.IDT: _IDT,
    },
    S.IDT_BY_REQUESTER: {
        **_crossing(S.IDT_BY_REQUESTER, By.SERVER, K.RESYN, K.ACK_RESYN, K.IDT),
        K.ACK_IDT: (_server(S.OPEN, S.SPENT),),
    },
    S.IDT_BY_SERVER: {
        **_crossing(S.IDT_BY_SERVER, By.REQUESTER, K.TRANS_END, K.RESYN, K.ACK_RESYN),
        K.ACK_IDT: (_requester(S.OPEN, S.SPENT),),
        K.IDT: (_requester(S.IDT_BY_REQUESTER),),
    },
    S.CLOSING_FILE: {K.ACK_CRF: (_server(S.SELECTED, S.SELECTED),)},
    S.SPENT: {
        K.CRF: (_requester(S.CLOSING_SPENT),),
        K.ACK_IDT: (_late(By.REQUESTER, None, S.SPENT),),
    },
    S.CLOSING_SPENT: {K.ACK_CRF: (_server(S.SELECTED_SPENT, S.SELECTED_SPENT),)},
    S.SELECTED_SPENT: {K.DESELECT: (_requester(S.DESELECTING),)},
    S.DESELECTING: {K.ACK_DESELECT: (_server(S.CONNECTED, S.CONNECTED),)},
    S.RELEASING: {K.RELCONF: (_server(S.CLOSED),)},
    S.CLOSED: {},
    S.FAILED: {},
}
"""state, FPDU -> who may say it and where it leads; what is not here is refused."""

AWAITED: Final[dict[State, By | None]] = {
    S.IDLE: By.REQUESTER,
    S.PRECONNECTING: By.SERVER,
    S.PRECONNECTED: By.REQUESTER,
    S.CONNECTING: By.SERVER,
    S.CONNECTED: By.REQUESTER,
    S.MESSAGE_BEGUN: By.REQUESTER,
    S.MESSAGE_SENT: By.SERVER,
    S.CREATING: By.SERVER,
    S.SELECTING: By.SERVER,
    S.SELECTED: By.REQUESTER,
    S.OPENING: By.SERVER,
    S.OPEN: By.REQUESTER,
    S.STARTING_WRITE: By.SERVER,
    S.STARTING_READ: By.SERVER,
    S.DATA: By.SENDER,
    S.ARTICLE: By.SENDER,
    S.DATA_ENDED: By.REQUESTER,
    S.ENDING: By.SERVER,
    S.RESYNC_BY_REQUESTER: By.SERVER,
    S.RESYNC_BY_SERVER: By.REQUESTER,
    S.IDT_BY_REQUESTER: By.SERVER,
    S.IDT_BY_SERVER: By.REQUESTER,
    S.CLOSING_FILE: By.SERVER,
    S.DESELECTING: By.SERVER,
    S.SPENT: By.REQUESTER,
    S.CLOSING_SPENT: By.SERVER,
    S.SELECTED_SPENT: By.REQUESTER,
    S.RELEASING: By.SERVER,
    S.CLOSED: None,
    S.FAILED: None,
}
"""Whose turn it is: silence of that side is what a timer measures."""

TRANSFERRING: Final = frozenset(
    {
        S.DATA,
        S.ARTICLE,
        S.DATA_ENDED,
        S.ENDING,
        S.RESYNC_BY_REQUESTER,
        S.RESYNC_BY_SERVER,
        S.IDT_BY_REQUESTER,
        S.IDT_BY_SERVER,
    }
)
"""The states in which a loss of the connection loses a transfer (to be restarted)."""

_ABORT: Final[tuple[Step, ...]] = (_requester(S.CLOSED), _server(S.CLOSED))


@functools.cache
def roles(side: Side, writing: bool | None) -> frozenset[By]:
    """The parts that a side plays.

    Args:
        side: whose parts.
        writing: the transfer is a write (True), a read (False); None outside a transfer.
    """
    if side is Side.REQUESTER:
        by = {By.REQUESTER}
        if writing is not None:
            by |= {By.WRITER, By.SENDER} if writing else {By.READER, By.RECEIVER}
    else:
        by = {By.SERVER}
        if writing is not None:
            by |= {By.RECEIVER} if writing else {By.SENDER}
    return frozenset(by)


@functools.cache
def step(state: State, kind: Kind, speaker: frozenset[By]) -> Step | None:
    """The step that an FPDU is in a state when someone with these parts says it, or None."""
    is_abort = kind is K.ABORT and state is not S.CLOSED
    steps = _ABORT if is_abort else TABLE[state].get(kind, ())
    return next((one for one in steps if one.by <= speaker), None)
