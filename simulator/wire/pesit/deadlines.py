"""Timers as moments: which one runs in a state, and what its end means.

======= ======= ========================================== ==========================
timer   text    runs while                                 at its end
======= ======= ========================================== ==========================
answer  Tp      an answer, or data, are the peer's to send ABORT 3-317
connect Tc      the server waits for CONNECT               close
idle    Td      the server waits between two files         ABORT 3-313
close   Tr      the peer is to close the transport         close
======= ======= ========================================== ==========================

A sender runs Tp only while its window is full. It may still have room for data then, and each
FPDU it sends starts Tp anew, so what is measured is the time in which nothing moves.

Source: PeSIT E 4.6.
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulator.wire.pesit.diagnostics import IDLE_TOO_LONG, WATCHDOG_EXPIRED
from simulator.wire.pesit.messages import Abort
from simulator.wire.pesit.states import AWAITED, By, Side, State


class Deadline(msgspec.Struct, frozen=True):
    """When the peer's silence has lasted too long.

    Attributes:
        timer: ``answer`` (Tp), ``connect`` (Tc), ``idle`` (Td) or ``close`` (Tr).
        at: the moment, on the caller's clock.
    """

    timer: str
    at: float


class Expired(msgspec.Struct, frozen=True):
    """A deadline has passed.

    Attributes:
        timer: whose.
        reply: what to send before closing the transport; None: just close it.
    """

    timer: str
    reply: Abort | None


_DIAGNOSTICS: Final = {"answer": WATCHDOG_EXPIRED, "idle": IDLE_TOO_LONG}
_BEFORE_CONNECT: Final = frozenset({State.IDLE, State.PRECONNECTED})


def timer(side: Side, state: State, peer: frozenset[By], *, waiting: bool) -> str | None:
    """The timer that runs, or None while it is our turn.

    Args:
        side: who we are.
        state: where the dialogue is.
        peer: the parts that the peer plays.
        waiting: the data are ours to send and the window is full.
    """
    if state is State.CLOSED:
        return "close"
    if AWAITED[state] not in peer:
        return "answer" if waiting else None
    if side is Side.SERVER and state in _BEFORE_CONNECT:
        return "connect"
    return "idle" if side is Side.SERVER and state is State.CONNECTED else "answer"


def expiry(name: str) -> Expired:
    """What the end of a timer asks for."""
    diagnostic = _DIAGNOSTICS.get(name)
    return Expired(name, Abort(diagnostic=diagnostic) if diagnostic else None)
