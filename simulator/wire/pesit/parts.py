"""Messages too long for one PI 91: cut into MSGDM, MSGMM ..., MSGFM, and put together.

Source: PeSIT E 4.4.31.
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulator.wire.pesit.fpdu import OUT_OF_RANGE, bad_parameter
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.messages import Message, Msg, MsgPart
from simulator.wire.pesit.parameters import CODES, PARAMETERS

LONGEST: Final = PARAMETERS[CODES["text"]].max
"""Octets of text in one FPDU."""

PARTS: Final = frozenset({Kind.MSGDM, Kind.MSGMM, Kind.MSGFM})


def is_long(message: Message) -> bool:
    """Whether a message has to be cut."""
    return isinstance(message, Msg) and len(message.text or b"") > LONGEST


def cut_message(message: Msg) -> list[tuple[Kind, Message]]:
    """The FPDUs of a long message, in order; the first carries all the parameters."""
    text = message.text or b""
    cuts = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)]
    kinds = [Kind.MSGDM, *[Kind.MSGMM] * (len(cuts) - 2), Kind.MSGFM]
    parts: list[Message] = [MsgPart(text=cut) for cut in cuts]
    parts[0] = msgspec.structs.replace(message, text=cuts[0])
    return list(zip(kinds, parts, strict=True))


class Assembly:
    """Puts the parts of one message after another together.

    Args:
        limit: octets of text at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun: Msg | None = None
        self._text = b""

    def take(self, kind: Kind, part: Message) -> Msg | None:
        """One part; the last one gives the message.

        Raises `RemoteProtocolError` 3-318 when the text grows past the limit.
        """
        if isinstance(part, Msg):
            self._begun, self._text = part, b""
        assert isinstance(part, Msg | MsgPart), "only MSGDM, MSGMM and MSGFM come here"
        self._text += part.text or b""
        if len(self._text) > self._limit:
            words = f"a message of {len(self._text)} octets, {self._limit} allowed"
            raise bad_parameter(words, CODES["text"], OUT_OF_RANGE)
        if kind is not Kind.MSGFM:
            return None
        assert self._begun is not None, "the table begins a long message with MSGDM"
        return msgspec.structs.replace(self._begun, text=self._text)
