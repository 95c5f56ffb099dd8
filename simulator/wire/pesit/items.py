"""The parameters and articles of one FPDU with their places, and what cannot be read in them.

`fpdu` reads an FPDU to judge it; this module reads it to show it, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from simulator.wire.pesit.annotate import value_in_words
from simulator.wire.pesit.articles import split
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.fpdu import HEADER, HEADER_LENGTH
from simulator.wire.pesit.framing import EBCDIC
from simulator.wire.pesit.kinds import GROUP_CODES, Kind
from simulator.wire.pesit.parameters import GROUPS, LONG_LENGTH, PARAMETERS, defect
from simulator.wire.pesit.profile import DEVIATIONS

SHOWN: Final = 24
"""Octets of data that are shown."""
_STRINGS: Final = "CD"


class Fault(msgspec.Struct, frozen=True):
    """Something that cannot be read.

    Attributes:
        at: offset of its first octet in the stream.
        expected: what stands there in PeSIT.
        found: what stands there.
    """

    at: int
    expected: str
    found: str

    def __str__(self) -> str:
        """For a person."""
        return f"at octet {self.at}: expected {self.expected}, found {self.found}"


class Item(msgspec.Struct, frozen=True):
    """A parameter or a group.

    Attributes:
        code: PI or PGI.
        at: offset of its code in the stream.
        octets: its value.
        words: its value for a person; no password.
        note: how it is outside the text; empty when it is not.
        members: of a group.
    """

    code: int
    at: int
    octets: bytes
    words: str
    note: str = ""
    members: tuple[Item, ...] = ()

    @property
    def name(self) -> str:
        """What it is: ``file name``."""
        if self.code in GROUP_CODES:
            return GROUPS[self.code].name
        row = PARAMETERS.get(self.code)
        return row.words if row else "does not exist"


def items_of(body: bytes, at: int, faults: list[Fault], group: int | None = None) -> Iterator[Item]:
    """The parameters of an area that begins at an offset; what is wrong goes to ``faults``."""
    place = 0
    while place < len(body):
        code = body[place]
        start, end = _value(body, place)
        if end > len(body):
            left = max(0, len(body) - start)
            fault = Fault(at + place, f"{end - start} octets of PI {code}", f"{left} in its area")
            faults.append(fault)
            return
        octets = body[start:end]
        if code in GROUP_CODES and group is None:
            members = tuple(items_of(octets, at + start, faults, code))
            note = "" if octets else DEVIATIONS["empty-value"].words
            yield Item(code, at + place, octets, "", note, members)
        else:
            if code in GROUP_CODES:
                inside = f"a parameter inside group {group}"
                faults.append(Fault(at + place, inside, f"group {code}"))
            yield _item(code, at + place, octets)
        place = end


def _value(body: bytes, place: int) -> tuple[int, int]:
    """Where the value of the unit at a place starts and ends, past the end when it is cut."""
    if place + 1 >= len(body):
        return place + 2, place + 3
    length = body[place + 1]
    if length < LONG_LENGTH:
        return place + 2, place + 2 + length
    if place + 4 > len(body):
        return place + 4, place + 5
    return place + 4, place + 4 + int.from_bytes(body[place + 2 : place + 4], "big")


def _item(code: int, at: int, octets: bytes) -> Item:
    if code not in PARAMETERS:
        return Item(code, at, octets, shown(octets), DEVIATIONS["unknown-parameter"].words)
    if not octets:
        return Item(code, at, octets, "", DEVIATIONS["empty-value"].words)
    flaw = defect(code, octets)
    note = DEVIATIONS[flaw].words if flaw else ""
    return Item(code, at, octets, value_in_words(code, octets), note)


def articles_of(kind: Kind, start: int, fpdu: bytes, faults: list[Fault]) -> tuple[bytes, ...]:
    """The articles of a data FPDU whose header is at an offset, or the segment that it carries."""
    body = fpdu[HEADER_LENGTH:]
    count = HEADER.unpack_from(fpdu)[4]
    try:
        return split(body, count) if kind is Kind.DTF else (body,)
    except RemoteProtocolError:
        expected = f"{count} articles, each behind its length, in {len(body)} octets"
        faults.append(Fault(start + HEADER_LENGTH, expected, "lengths that do not add up"))
        return ()


def in_ebcdic(items: tuple[Item, ...]) -> Iterator[str]:
    """Strings that are no ASCII and make sense in EBCDIC, passwords aside."""
    for item in items:
        row = PARAMETERS.get(item.code)
        if row and row.type in _STRINGS and row.shown_as != "access" and not item.octets.isascii():
            text = item.octets.decode(EBCDIC).rstrip()
            if text.isprintable():
                yield f"PI {item.code} reads as EBCDIC: {text!r}"
        yield from in_ebcdic(item.members)


def printable(text: str) -> str:
    """A text with a dot for each character that would steer a terminal."""
    return "".join(one if one.isprintable() else "." for one in text)


def shown(octets: bytes) -> str:
    """Octets as hexadecimal and, where they can be read, as text."""
    text = "".join(chr(one) if 32 <= one < 127 else "." for one in octets[:SHOWN])
    more = " ..." if len(octets) > SHOWN else ""
    return f"{octets[:SHOWN].hex(' ')}{more}  |{text}|" if octets else "nothing"
