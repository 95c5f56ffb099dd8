"""One FPDU to and from octets: the header of six, and the parameters of a message.

Reading judges nothing by itself: what is outside the text goes to a `Judge`, who notes it or
raises, so the strict and the lenient profile share every line here.

Source: PeSIT E 4.7.1, 4.7.2.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from simulator.wire.pesit.diagnostics import BAD_PARAMETER, PROTOCOL_ERROR, Diagnostic
from simulator.wire.pesit.errors import LocalProtocolError, RemoteProtocolError
from simulator.wire.pesit.kinds import GROUP_CODES, LAYOUT, Allowed, Kind
from simulator.wire.pesit.messages import MESSAGES, Message
from simulator.wire.pesit.parameters import (
    GROUPS,
    PARAMETERS,
    LengthError,
    Value,
    defect,
    from_octets,
    to_octets,
    unit,
    units,
)

HEADER: Final = struct.Struct(">HBBBB")
HEADER_LENGTH: Final = HEADER.size
LARGEST: Final = 0xFFFF
_KINDS: Final = {int(kind): kind for kind in Kind}
ABSENT, SYNTAX, UNSUPPORTED, OUT_OF_RANGE = 1, 2, 3, 4
CAUSES: Final = {
    ABSENT: "is absent",
    SYNTAX: "has a wrong syntax",
    UNSUPPORTED: "is not supported",
    OUT_OF_RANGE: "is out of range",
}
"""What PI 29 says with 3-318."""


class Frame(msgspec.Struct, frozen=True):
    """An FPDU whose header is read and whose content is not.

    Attributes:
        kind: its type.
        destination: octet 5, the receiver's connection identifier.
        source: octet 6: the sender's in the connection phase, the number of articles of a DTF.
        body: all after the header; of data a view of what arrived.
        octets: length of the entity it came in; 0 without a prefix.
        alone: nothing else was in that entity.
    """

    kind: Kind
    destination: int
    source: int
    body: bytes | memoryview
    octets: int = 0
    alone: bool = True


class Judge(Protocol):
    """Decides about a deviation: returns when it is tolerated, raises when it is not."""

    def __call__(self, deviation: str, words: str, code: int | None = None) -> None:
        """``deviation`` is a row of ``deviations.toml``; ``code`` the parameter it is about."""


def frame_octets(kind: Kind, destination: int, source: int, body: bytes) -> bytes:
    """An FPDU on the wire, without prefix and check octets; raises `LocalProtocolError`."""
    return b"".join(framed(kind, destination, source, (body,)).parts)


class Framed(NamedTuple):
    """An FPDU on the wire in parts, so that a long one is copied once.

    Attributes:
        kind: its type.
        length: of all parts.
        parts: header and content, without prefix and check octets.
    """

    kind: Kind
    length: int
    parts: Sequence[bytes]


def framed(kind: Kind, destination: int, source: int, body: Sequence[bytes]) -> Framed:
    """An FPDU with a content that is in parts; raises `LocalProtocolError`."""
    length = HEADER_LENGTH + sum(map(len, body))
    if length > LARGEST:
        raise LocalProtocolError(f"{kind.label}: an FPDU has at most {LARGEST} octets: {length}")
    header = HEADER.pack(length, kind >> 8, kind & 0xFF, destination, source)
    return Framed(kind, length, (header, *body))


def read_kind(phase: int, kind: int) -> Kind:
    """The type that octets 3 and 4 name; raises `RemoteProtocolError` 3-311."""
    try:
        return _KINDS[phase << 8 | kind]
    except KeyError:
        words = f"octets 3 and 4 are {phase:02X} {kind:02X}, no FPDU has that type"
        raise RemoteProtocolError(words, PROTOCOL_ERROR) from None


def encode_body(message: Message, kind: Kind | None = None) -> bytes:
    """The parameters of a message, in order.

    Args:
        message: what to say.
        kind: the FPDU that says it, when the message may travel in several (MSG).

    Raises `LocalProtocolError` for a value that does not fit or a mandatory one left out.
    """
    return _encode(LAYOUT[kind or message.KIND], message)


def decode_body(kind: Kind, body: bytes, judge: Judge) -> Message:
    """The message of a parameter area.

    Raises `RemoteProtocolError` 3-318 when it cannot be read at all or lacks what the message
    cannot do without; everything else is for the judge.
    """
    reader = _Reader(kind, judge)
    reader.read(body)
    return MESSAGES[kind](**reader.values)


def bad_parameter(words: str, code: int, cause: int) -> RemoteProtocolError:
    """3-318 with the complement that names one parameter (PI 29: count, code, cause)."""
    complement = bytes((1, code, cause))
    return RemoteProtocolError(words, BAD_PARAMETER, complement=complement)


def fpdu(message: Message, destination: int = 0, source: int = 0) -> bytes:
    """A whole FPDU from a message, for tools and tests; a session chooses the identifiers."""
    return frame_octets(message.KIND, destination, source, encode_body(message))


def diagnostic_of(message: Message) -> Diagnostic | None:
    """PI 2 of a message that carries one."""
    found = getattr(message, "diagnostic", None)
    return found if isinstance(found, Diagnostic) else None


def _encode(layout: Sequence[Allowed], message: Message) -> bytes:
    return b"".join(_encode_one(allowed, message) for allowed in layout)


def _encode_one(allowed: Allowed, message: Message) -> bytes:
    if allowed.code in GROUP_CODES:
        return _encode_group(allowed, message)
    value = _value(allowed, message)
    if value is not None:
        return unit(allowed.code, to_octets(allowed.code, value))
    if allowed.need:
        raise LocalProtocolError(f"{message.KIND.label} needs {_named(allowed.code)}")
    return b""


def _encode_group(group: Allowed, message: Message) -> bytes:
    there = any(_value(member, message) is not None for member in group.members)
    if not (there or group.need):
        return b""
    return unit(group.code, _encode(group.members, message))


def _value(allowed: Allowed, message: Message) -> Value | None:
    """What a message holds for a parameter; an empty string stands for an absent one."""
    value: Value | None = getattr(message, PARAMETERS[allowed.code].name)
    return None if value in {"", b""} else value


class _Reader:
    """Reads one parameter area into keyword arguments of a message."""

    def __init__(self, kind: Kind, judge: Judge) -> None:
        self.values: dict[str, Any] = {}
        self._kind = kind
        self._judge = judge

    def read(self, body: bytes) -> None:
        """Reads the area, then looks for what is missing."""
        layout = LAYOUT[self._kind]
        self._area(body, layout, None)
        for one in layout:
            self._require(one)

    def _area(self, body: bytes, layout: Sequence[Allowed], group: int | None) -> None:
        allowed = {one.code: one for one in layout}
        last = 0
        for code, value in self._units(body):
            if code < last:
                self._note("disorder", f"PI {code} after PI {last}", code)
            last = max(last, code)
            if code in GROUP_CODES:
                self._take_group(code, value, allowed.get(code), group)
            else:
                self._take(code, value, allowed.get(code))

    def _units(self, body: bytes) -> list[tuple[int, bytes]]:
        try:
            return list(units(body))
        except LengthError as reason:
            words = f"{self._kind.label}: {reason}"
            raise bad_parameter(words, reason.code, SYNTAX) from None

    def _take(self, code: int, value: bytes, allowed: Allowed | None) -> None:
        if code not in PARAMETERS:
            self._note("unknown-parameter", f"PI {code}", code)
        elif allowed is None:
            self._note("misplaced-parameter", _named(code), code)
        elif PARAMETERS[code].name in self.values:
            self._note("repeated-parameter", _named(code), code)
        elif not value:
            self._note("empty-value", _named(code), code)
        else:
            self._keep(code, value)

    def _take_group(
        self, code: int, value: bytes, allowed: Allowed | None, group: int | None
    ) -> None:
        if group is not None:
            words = f"{self._kind.label}: group {code} inside group {group}"
            raise bad_parameter(words, code, SYNTAX)
        if allowed is None:
            self._note("misplaced-parameter", f"group {code}", code)
        elif not value:
            self._note("empty-value", f"group {code} ({GROUPS[code].name})", code)
        else:
            self._area(value, allowed.members, code)

    def _keep(self, code: int, octets: bytes) -> None:
        found = defect(code, octets)
        if found:
            self._note(found, f"{_named(code)} = {octets[:16].hex(' ')}", code)
        self.values[PARAMETERS[code].name] = from_octets(code, octets)

    def _require(self, one: Allowed) -> None:
        """Asks for a parameter, or for the members of a group that is there or must be."""
        if one.code in GROUP_CODES:
            names = {PARAMETERS[member.code].name for member in one.members}
            if one.need or names & self.values.keys():
                for member in one.members:
                    self._require(member)
        elif one.need and PARAMETERS[one.code].name not in self.values:
            if one.need == "!":
                words = f"{self._kind.label}: {_named(one.code)} is absent"
                raise bad_parameter(words, one.code, ABSENT)
            self._note("missing-parameter", _named(one.code), one.code)

    def _note(self, deviation: str, words: str, code: int) -> None:
        self._judge(deviation, f"{self._kind.label}: {words}", code)


def _named(code: int) -> str:
    return f"PI {code} ({PARAMETERS[code].words})"
