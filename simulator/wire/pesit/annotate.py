"""Reads a stream of PeSIT octets aloud: every FPDU with its parameters, in words.

For journals, for the command line and for people who stare at a trace. Nothing is refused here:
what cannot be read becomes a line that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from simulator.wire.pesit import crc
from simulator.wire.pesit.articles import split
from simulator.wire.pesit.diagnostics import BAD_PARAMETER, Diagnostic
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.fpdu import CAUSES, HEADER, HEADER_LENGTH
from simulator.wire.pesit.framing import (
    ACCEPTED,
    EBCDIC,
    GREETING,
    PRECONNECTION_LENGTH,
    PREFIX,
    REFUSED,
)
from simulator.wire.pesit.kinds import GROUP_CODES, Kind
from simulator.wire.pesit.parameters import (
    CODES,
    GROUPS,
    PARAMETERS,
    UNDEFINED_INTERVAL,
    Access,
    Compression,
    LengthError,
    Parameter,
    SyncOption,
    defect,
    from_octets,
    units,
)
from simulator.wire.pesit.profile import DEVIATIONS, Framing

SHOWN: Final = 24
"""Octets of data or of an aggregate that are shown."""


class Line(msgspec.Struct, frozen=True):
    """One FPDU, or something else, of a stream.

    Attributes:
        at: offset of its first octet in the stream, prefix included.
        octets: all of it, prefix and check octets included.
        title: what it is.
        details: its parameters or data, one string each, groups indented.
    """

    at: int
    octets: bytes
    title: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The title, then the details, indented."""
        return "\n  ".join((f"{self.at:06d}  {self.title}", *self.details))


def annotate(stream: bytes, framing: Framing | None = None) -> Iterator[Line]:
    """Reads one direction of a connection aloud.

    Args:
        stream: from the start or from anywhere between two entities.
        framing: None = told from each entity.
    """
    at = 0
    while at < len(stream):
        lines = list(_entity(stream, at, framing))
        yield from lines
        at += sum(len(line.octets) for line in lines)


def describe(fpdu: bytes, at: int = 0, around: bytes = b"") -> Line:
    """Reads one FPDU aloud.

    Args:
        fpdu: header and body.
        at: where it stands in its stream.
        around: all that belongs to it, when prefix or check octets do.
    """
    _, phase, type_, destination, source = HEADER.unpack_from(fpdu)
    octets = around or fpdu
    try:
        kind = Kind(phase << 8 | type_)
    except ValueError:
        title = f"no FPDU has octets 3 and 4 = {phase:02X} {type_:02X}"
        return Line(at, octets, title, (_shown(fpdu[HEADER_LENGTH:]),))
    title = f"{kind.label}  {len(fpdu)} octets, to {destination}, octet 6 = {source}"
    body = fpdu[HEADER_LENGTH:]
    details = _data(kind, body, source) if kind.is_data else _parameters(body)
    return Line(at, octets, title, tuple(details))


def value_in_words(code: int, octets: bytes) -> str:
    """The value of a parameter for a person: ``2-204, the file already exists``."""
    row = PARAMETERS[code]
    value = from_octets(code, octets)
    if isinstance(value, Diagnostic):
        return f"{value}, {value.words}"
    if isinstance(value, Access):
        return "password" + (" and new password" if value.new_password else "") + " (not shown)"
    if isinstance(value, SyncOption):
        return _sync(value)
    if isinstance(value, Compression):
        names = [name for name in ("horizontal", "vertical") if getattr(value, name)]
        return " and ".join(names) or "none"
    if isinstance(value, bytes):
        return _shown(value)
    return _plain(row, value)


def _entity(stream: bytes, at: int, framing: Framing | None) -> Iterator[Line]:
    """What stands at an offset: a greeting, an entity, an FPDU, or octets that are none."""
    greeting = _greeting(stream, at)
    if greeting:
        yield greeting
        return
    head = stream[at : at + PREFIX + HEADER_LENGTH]
    framing = framing or _framing(head)
    length = int.from_bytes(head[:2], "big") + (PREFIX if framing is Framing.PREFIXED else 0)
    if framing is None or not 0 < length <= len(stream) - at:
        rest = stream[at:]
        words = "cut short" if framing else "not PeSIT"
        yield Line(at, rest, f"{len(rest)} octets, {words}", (_shown(rest),))
    elif framing is Framing.RAW:
        yield _alone(stream, at, length, 0)
    else:
        yield from _fpdus(stream, at, at + length)


def _fpdus(stream: bytes, at: int, end: int) -> Iterator[Line]:
    """The FPDUs of one entity behind its prefix."""
    skipped = PREFIX
    while at < end:
        start = at + skipped
        length = int.from_bytes(stream[start : start + 2], "big")
        left = end - start
        if not HEADER_LENGTH <= length <= left:
            words = f"an FPDU announces {length} octets, its entity has {left} left"
            yield Line(at, stream[at:end], words, (_shown(stream[start:end]),))
            return
        if left - length == crc.LENGTH:
            yield _alone(stream, at, length, skipped)
            return
        yield describe(stream[start : start + length], at, stream[at : start + length])
        at, skipped = start + length, 0


def _alone(stream: bytes, at: int, length: int, skipped: int) -> Line:
    """An FPDU, with the check octets that follow it if there are any."""
    start = at + skipped
    fpdu = stream[start : start + length]
    check = stream[start + length : start + length + crc.LENGTH]
    line = describe(fpdu, at, stream[at : start + length])
    expected = crc.check_octets(fpdu)
    if check != expected and not skipped:
        return line  # without a prefix nothing but their value tells check octets
    words = "good" if check == expected else f"WRONG, expected {expected.hex(' ')}"
    detail = f"check octets {check.hex(' ')}: {words}"
    return Line(at, line.octets + check, line.title, (*line.details, detail))


def _greeting(stream: bytes, at: int) -> Line | None:
    for prefix in (0, PREFIX):
        start = at + prefix
        announced = int.from_bytes(stream[at:start], "big")
        text = stream[start : start + PRECONNECTION_LENGTH]
        if text.startswith(GREETING) and announced in {0, PRECONNECTION_LENGTH}:
            words = f"pre-connection of {text[8:16].decode(EBCDIC).rstrip()!r}, password not shown"
            return Line(at, stream[at:start] + text, words)
        if text[:4] in {ACCEPTED, REFUSED} and announced in {0, len(ACCEPTED)}:
            words = "granted" if text[:4] == ACCEPTED else "refused"
            octets = stream[at:start] + text[:4]
            return Line(at, octets, f"pre-connection {words}: {text[:4].decode(EBCDIC)}")
    return None


def _framing(head: bytes) -> Framing | None:
    """Told from the lengths, and from the types: an FPDU has one that exists."""
    fits = len(head) >= PREFIX + 4 and head[2:4] <= head[:2]
    if fits and (head[2:4] == head[:2] or _is_kind(head[4:6])):
        return Framing.PREFIXED
    return Framing.RAW if _is_kind(head[2:4]) else None


def _is_kind(octets: bytes) -> bool:
    return len(octets) == 2 and int.from_bytes(octets, "big") in set(Kind)


def _parameters(body: bytes, indent: str = "") -> Iterator[str]:
    try:
        found = list(units(body))
    except LengthError as reason:
        yield f"{indent}UNREADABLE: {reason}: {_shown(body)}"
        return
    diagnostic = Diagnostic.from_bytes(dict(found).get(CODES["diagnostic"], b""))
    for code, octets in found:
        if code in GROUP_CODES and not indent:
            yield f"PGI {code} {GROUPS[code].name}"
            yield from _parameters(octets, "  ")
        elif code in PARAMETERS:
            flaw = defect(code, octets) if octets else "empty-value"
            note = f"  ({DEVIATIONS[flaw].words})" if flaw else ""
            words = value_in_words(code, octets) if octets else ""
            if code == CODES["complement"] and diagnostic == BAD_PARAMETER:
                words += "".join(_culprits(octets))
            yield f"{indent}PI {code} {PARAMETERS[code].words}: {words}{note}"
        else:
            yield f"{indent}PI {code} does not exist: {_shown(octets)}"


def _culprits(complement: bytes) -> Iterator[str]:
    """PI 29 of 3-318: a count, then a parameter and a cause each."""
    for at in range(1, len(complement) - 1, 2):
        code, cause = complement[at : at + 2]
        yield f"  PI {code} {CAUSES.get(cause, 'for an unknown cause')}"


def _data(kind: Kind, body: bytes, count: int) -> Iterator[str]:
    if kind is not Kind.DTF or not count:
        yield f"{len(body)} octets: {_shown(body)}"
        return
    try:
        articles = split(body, count)
    except RemoteProtocolError as reason:
        yield f"UNREADABLE: {reason}"
        return
    for number, article in enumerate(articles, start=1):
        yield f"article {number}, {len(article)} octets: {_shown(article)}"


def _sync(value: SyncOption) -> str:
    if not value.interval:
        return "none"
    interval = "undefined" if value.interval == UNDEFINED_INTERVAL else f"{value.interval} KB"
    return f"interval {interval}, window {value.window}"


def _plain(row: Parameter, value: object) -> str:
    if not isinstance(value, int):
        return repr(value)
    words = (row.meanings | row.words_of).get(int(value))
    return f"{int(value)}, {words}" if words else str(int(value))


def _shown(octets: bytes) -> str:
    """Octets as hexadecimal and, where they can be read, as text."""
    text = "".join(chr(one) if 32 <= one < 127 else "." for one in octets[:SHOWN])
    more = " ..." if len(octets) > SHOWN else ""
    return f"{octets[:SHOWN].hex(' ')}{more}  |{text}|" if octets else "nothing"
