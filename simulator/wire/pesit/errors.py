"""The two ways a dialogue goes wrong: you misused us, or the peer misbehaved.

The habit is h11's. `RemoteProtocolError` carries what the text says to answer, so a caller writes
``transport.write(session.send(error.reply))`` and closes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.pesit.diagnostics import Diagnostic
    from simulator.wire.pesit.messages import Message


class ProtocolError(Exception):
    """Common root; never raised itself."""


class LocalProtocolError(ProtocolError):
    """You asked for something that the protocol does not allow here; nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol does not allow.

    Attributes:
        diagnostic: PI 2 of the answer.
        complement: PI 29 of the answer: for 3-318 count, parameter, cause; else empty.
        answer: how the text answers: ``abort``; ``interrupt`` or ``resync``, after which the
            session goes on; the session turns it into a ``reply``.
        end: of an interruption, ``error`` or ``cancel``.
        reply: the message to send; None when all that is left is to close the transport (what
            came is not PeSIT). Set by the session.
    """

    def __init__(
        self,
        words: str,
        diagnostic: Diagnostic,
        *,
        complement: bytes = b"",
        answer: str = "abort",
        end: str = "error",
    ) -> None:
        super().__init__(f"{diagnostic}: {words}")
        self.diagnostic = diagnostic
        self.complement = complement
        self.answer = answer
        self.end = end
        self.reply: Message | None = None


class Breach(Exception):
    """A rule that both sides hold was broken; the session knows by whom. Never leaves it."""

    def __init__(
        self, words: str, diagnostic: Diagnostic, complement: bytes = b"", answer: str = "abort"
    ) -> None:
        super().__init__(words)
        self.diagnostic = diagnostic
        self.complement = complement
        self.answer = answer
