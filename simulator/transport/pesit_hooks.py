"""What a PeSIT listener or caller may be given to do beside the protocol: all of it optional."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from simulator.transport.pesit_names import DEFAULT, Naming

log = logging.getLogger("aife_sim.pesit")

Direction = Literal[">", "<"]
"""From the requester to the server, and back, as `simulator.wire.pesit.recording` writes it."""


class Capture(Protocol):
    """Takes the octets of one connection as they pass, above TLS (`recording.Recorder.capture`)."""

    def __call__(self, direction: Direction, octets: bytes, offset: float, /) -> None:
        """Some octets, none when that side closed; must not raise.

        `offset` is in seconds since the connection stood.
        """


class Note(msgspec.Struct, frozen=True):
    """Something that a person who reads the journal would want to know.

    Attributes:
        session: label of the connection; begins with ``pesit-N`` as that of its capture.
        partner: code application, ``""`` while nobody has signed in.
        kind: ``refused`` (we said no), ``broken`` (the peer did what PeSIT does not allow),
            ``tolerated``, ``silent`` (a timer), ``aborted`` (by the peer), ``message`` (MSG),
            ``changed`` (its password), ``cut`` (the peer was gone in the middle of a transfer).
        diagnostic: as people write it, ``3-304``; ``""`` for none.
        words: what happened, one line.
    """

    session: str
    partner: str
    kind: Literal[
        "refused", "broken", "tolerated", "silent", "aborted", "message", "changed", "cut"
    ]
    diagnostic: str
    words: str


def _nobody(_part_id: str) -> str | None:
    return None


def _no_capture(_session: str) -> Capture | None:
    return None


def _nothing(_note: Note) -> None:
    return None


class Hooks(msgspec.Struct, frozen=True):
    """What a listener is given.

    Attributes:
        named: the code application of a Part ID, where it is not the code itself.
        capture: asked for each connection, with the start of its label (``pesit-1 127.0.0.1:5000``).
        note: told what happens beside deposits and fetches; must not raise.
        naming: the profile of names.
    """

    named: Callable[[str], str | None] = _nobody
    capture: Callable[[str], Capture | None] = _no_capture
    note: Callable[[Note], None] = _nothing
    naming: Naming = DEFAULT

    def tell(self, note: Note) -> None:
        """Logs a note and passes it on."""
        level = logging.DEBUG if note.kind == "tolerated" else logging.WARNING
        words = (note.session, note.kind, note.diagnostic, note.words)
        log.log(level, "%s: %s %s: %s", *words)
        self.note(note)
