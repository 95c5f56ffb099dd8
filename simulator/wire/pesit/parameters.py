"""Parameters (PI): the table of them, and their values to and from octets.

A parameter travels as code, length, value; a group (PGI) has the same shape and holds parameters.
What a code means, how long it may be and how its value reads is in ``data/parameters.toml``;
this module knows only the few types those rows name.

Source: PeSIT E 4.7.2 and 4.7.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from simulator.wire.pesit.diagnostics import Diagnostic
from simulator.wire.pesit.errors import LocalProtocolError
from simulator.wire.pesit.tables import Provenance, rows

LONG_LENGTH: Final = 0xFF
UNDEFINED_INTERVAL: Final = 0xFFFF
NUMBERS: Final = "NSM"
"""Types whose value is an unsigned big-endian number."""


class Parameter(Provenance, frozen=True, kw_only=True):
    """One row of the table of parameters.

    Attributes:
        name: name of the field that holds it in a message.
        type: ``C`` string, ``N`` number, ``S`` symbol, ``M`` mask, ``D`` date, ``A`` aggregate.
        max: octets of the value at most.
        shown_as: name of the Python value when the type alone does not say it.
        words: what it is, for a person.
        meanings: the values that exist, when the list is closed.
        words_of: words for some values, when the list is open.
    """

    name: str
    type: str
    max: int
    words: str
    shown_as: str = msgspec.field(default="", name="as")
    meanings: dict[int, str] = msgspec.field(default_factory=dict)
    words_of: dict[int, str] = msgspec.field(default_factory=dict)


class Group(Provenance, frozen=True, kw_only=True):
    """One row of the table of groups: its name and the codes it may hold."""

    name: str
    members: tuple[int, ...]


PARAMETERS: Final[dict[int, Parameter]] = {
    int(code): row for code, row in rows("parameters", "parameters", Parameter).items()
}
"""Every parameter by its code."""

GROUPS: Final[dict[int, Group]] = {
    int(code): row for code, row in rows("parameters", "groups", Group).items()
}
"""Every group by its code."""

CODES: Final[dict[str, int]] = {row.name: code for code, row in PARAMETERS.items()}
"""Code of a parameter by the name of its field."""


class Access(msgspec.Struct, frozen=True):
    """Access control (PI 5): password of up to 8 characters, and a new one to change it.

    A new password counts only if the connection is accepted.
    """

    password: str
    new_password: str = ""

    def to_text(self) -> str:
        """The characters of PI 5: blanks fill the password only when a new one follows."""
        return self.password.ljust(8) + self.new_password if self.new_password else self.password

    @classmethod
    def from_text(cls, text: str) -> Access:
        """Reads PI 5; trailing blanks do not count."""
        return cls(text[:8].rstrip(" "), text[8:].rstrip(" "))


class SyncOption(msgspec.Struct, frozen=True):
    """Synchronisation points (PI 7).

    Attributes:
        interval: KB of data between two points at most; 0 no points, FFFFh undefined.
        window: points that may wait for their acknowledgement; 0 = none is acknowledged.
    """

    interval: int = 0
    window: int = 0


class Compression(msgspec.Struct, frozen=True):
    """Compression (PI 21): asked in ORF, granted (as much or less) in ACK(ORF)."""

    horizontal: bool = False
    vertical: bool = False

    def __bool__(self) -> bool:
        """True when any of the two is on."""
        return self.horizontal or self.vertical


Value = str | int | bool | bytes | Diagnostic | Access | SyncOption | Compression
"""What a parameter holds once decoded."""


class LengthError(ValueError):
    """A length that runs past the end of its area.

    Attributes:
        code: the parameter whose length it is.
    """

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


def units(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Splits a parameter area into (code, value) pairs.

    Raises `LengthError` when a length runs past the end.
    """
    at = 0
    while at < len(body):
        code = body[at]
        start, length = _length(body, at + 1)
        value = body[start : start + length]
        if len(value) < length:
            raise LengthError(f"PI {code} announces {length} octets, {len(value)} are left", code)
        yield code, value
        at = start + length


def unit(code: int, value: bytes) -> bytes:
    """One parameter or group on the wire: code, length (1 or 3 octets), value."""
    if len(value) < LONG_LENGTH:
        return bytes((code, len(value))) + value
    return bytes((code, LONG_LENGTH)) + len(value).to_bytes(2, "big") + value


def to_octets(code: int, value: Value) -> bytes:
    """The octets of a value.

    Raises `LocalProtocolError` when the value is not of the parameter's type or does not fit.
    """
    row = PARAMETERS[code]
    try:
        octets = _ENCODERS[row.shown_as or row.type](value)
    except (AttributeError, TypeError, ValueError, OverflowError) as reason:
        raise LocalProtocolError(
            f"PI {code} ({row.words}): {value!r} cannot be sent as type {row.type}: {reason}"
        ) from None
    if not 0 < len(octets) <= row.max:
        raise LocalProtocolError(
            f"PI {code} ({row.words}): expected 1 to {row.max} octets, found {len(octets)}"
        )
    return octets


def from_octets(code: int, octets: bytes) -> Value:
    """The value of some octets; never fails, whatever they are."""
    row = PARAMETERS[code]
    return _DECODERS[row.shown_as or row.type](octets)


def defect(code: int, octets: bytes) -> str | None:
    """The deviation (a row of ``deviations.toml``) that these octets are, or None."""
    row = PARAMETERS[code]
    if row.type in NUMBERS:
        return _number_defect(row, octets)
    if len(octets) > row.max:
        return "long-value"
    if row.type in "CD" and not octets.isascii():
        return "not-ascii"
    if row.type == "D" and not (len(octets) == row.max and octets.isdigit()):
        return "bad-date"
    return None


def _number_defect(row: Parameter, octets: bytes) -> str | None:
    number = int.from_bytes(octets, "big")
    if len(octets) > 1 and octets[0] == 0:
        octets = octets.lstrip(b"\x00")
        if len(octets) <= row.max:
            return "padded-number"
    if len(octets) > row.max or (row.meanings and number not in row.meanings):
        return "out-of-range"
    return None


def _length(body: bytes, at: int) -> tuple[int, int]:
    """Where a value starts and how long it is."""
    head = body[at : at + 1]
    if not head:
        raise LengthError(f"PI {body[at - 1]} has no length", body[at - 1])
    if head[0] < LONG_LENGTH:
        return at + 1, head[0]
    long = body[at + 1 : at + 3]
    if len(long) < 2:
        raise LengthError(f"PI {body[at - 1]} has half a length", body[at - 1])
    return at + 3, int.from_bytes(long, "big")


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def _text(value: str) -> bytes:
    return value.encode("latin-1")


def _aggregate(value: bytes) -> bytes:
    return bytes(memoryview(value))  # refuses numbers, which bytes() would take as a length


def _sync(value: SyncOption) -> bytes:
    return value.interval.to_bytes(2, "big") + value.window.to_bytes(1, "big")


def _compression(value: Compression) -> bytes:
    return bytes((bool(value), value.horizontal + 2 * value.vertical))


def _read_compression(octets: bytes) -> Compression:
    wanted, kinds = (octets + b"\x00\x00")[:2]
    return Compression(bool(wanted and kinds & 1), bool(wanted and kinds & 2))


def _read_text(octets: bytes) -> str:
    return octets.decode("latin-1").rstrip(" ")


def _read_number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


_ENCODERS: Final[dict[str, Callable[..., bytes]]] = {
    "C": _text,
    "D": _text,
    "N": _number,
    "S": _number,
    "M": _number,
    "A": _aggregate,
    "flag": lambda value: _number(int(value)),
    "diagnostic": lambda value: value.to_bytes(),
    "access": lambda value: _text(value.to_text()),
    "sync": _sync,
    "compression": _compression,
}
_DECODERS: Final[dict[str, Callable[[bytes], Value]]] = {
    "C": _read_text,
    "D": _read_text,
    "N": _read_number,
    "S": _read_number,
    "M": _read_number,
    "A": bytes,
    "flag": lambda octets: _read_number(octets) != 0,
    "diagnostic": Diagnostic.from_bytes,
    "access": lambda octets: Access.from_text(_read_text(octets)),
    "sync": lambda octets: SyncOption(_read_number(octets[:2]), _read_number(octets[2:3])),
    "compression": _read_compression,
}
