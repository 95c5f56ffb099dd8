"""Golden sessions: what two sides said to each other, as text that people read and diff compares.

::

    aife-sim-recording/1 protocol=pesit session=S17 from=requester to=server
    > 0.0 41
      0027002740200001030441434d4504034855420506736563726574060102070300200416
      0102170101
    # 000000  CONNECT  39 octets, to 0, octet 6 = 1
    #   PI 3 requester id: 'ACME'
    < 0.25 19  00110011402101620601020703002004170101

The first line names the protocol, the session and the two roles; more fields may follow. A chunk is
what one side gave to the transport at once: ``>`` from the first role to the second, ``<`` back;
seconds since the session began; how many octets; then the octets, on the same line when they are
few. A chunk of 0 octets is the end of that direction: its side closed. A chunk may carry a label in
quotes after its count: the name of an operation (SFTP) or the line of a request (AS2), where octets
alone do not tell; PeSIT has none. Lines that start with ``#`` are comments and mean nothing, so a
recording can be read without a decoder. ``!`` says that recording stopped before the session did.

Of a long session octets may be left out (see `tape`). A line in their place says how many passed, and
in words what they were::

    ~ > 1.5 8388608 "257 data FPDUs left out"

Octets, directions, offsets and labels come back exactly; comments do not. Recordings hold what was
said, passwords included.

Nothing in this module knows PeSIT: who annotates is an argument (see `dissect.commentator`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TextIO

import msgspec

FORMAT: Final = "aife-sim-recording"
VERSION: Final = 1
FORWARD, BACKWARD = ">", "<"
DIRECTIONS: Final = (FORWARD, BACKWARD)
STOPPED: Final = "!"
COMMENT: Final = "#"
LEFT_OUT: Final = "~"
ON_ONE_LINE: Final = 24
"""Octets that stand on the line of their chunk at most."""
ON_A_LINE: Final = 36
"""Octets of a line of their own."""
MOST: Final = 256 << 20
"""Octets that a recorder takes in unless it is told otherwise."""

Comment = Callable[[str, bytes], Iterable[str]]
"""What there is to say about a chunk: direction and octets to lines of text."""


class RecordingError(ValueError):
    """A text is no recording.

    Attributes:
        line: number of the line at fault, from 1.
        expected: what stands there in a recording.
        found: what stands there in this text.
    """

    def __init__(self, line: int, expected: str, found: str) -> None:
        super().__init__(f"line {line}: expected {expected}, found {found}")
        self.line = line
        self.expected = expected
        self.found = found


class Chunk(msgspec.Struct, frozen=True):
    """What one side gave to the transport at once.

    Attributes:
        direction: ``>`` or ``<``.
        octets: all of them; none = that side closed.
        offset: seconds since the session began.
        label: name of the operation, where octets alone do not tell it; of what was left out, what
            it was.
        left_out: octets that passed here and were not kept; there are no others then.
    """

    direction: str
    octets: bytes
    offset: float = 0.0
    label: str = ""
    left_out: int = 0

    @property
    def closes(self) -> bool:
        """That side closed."""
        return not (self.octets or self.left_out)


class Header(msgspec.Struct, frozen=True):
    """The first line of a recording.

    Attributes:
        protocol: ``pesit``, ``sftp``, ``as2``.
        session: what tells this session from others.
        speaks: role of who says ``>``.
        answers: role of who says ``<``.
        fields: whatever else is worth knowing, by name (letters, digits, ``_``).
    """

    protocol: str = "pesit"
    session: str = "1"
    speaks: str = "requester"
    answers: str = "server"
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)

    def role(self, direction: str) -> str:
        """Who says what goes in a direction."""
        return self.speaks if direction == FORWARD else self.answers

    def __str__(self) -> str:
        """As it stands in the file, without its line end."""
        values = (self.protocol, self.session, self.speaks, self.answers)
        named = {**dict(zip(_NAMED, values, strict=True)), **self.fields}
        return " ".join((f"{FORMAT}/{VERSION}", *(f"{k}={_quoted(v)}" for k, v in named.items())))


class Recording(msgspec.Struct, frozen=True):
    """A session that was recorded.

    Attributes:
        header: what it is.
        chunks: what was said, in the order it was said.
        stopped: why recording ended before the session; empty when it did not.
    """

    header: Header
    chunks: tuple[Chunk, ...]
    stopped: str = ""

    def octets(self, direction: str) -> bytes:
        """All that went in one direction."""
        return b"".join(c.octets for c in self.chunks if c.direction == direction)


class Recorder:
    """Writes a recording while the session runs.

    It never fails the session: past its bound it says so in the text and takes in no more.

    Args:
        stream: open for text; the caller closes it.
        header: the first line, written at once.
        comment: lines about each chunk, written behind it; None = no comments.
        most: octets taken in at most, all chunks together.

    Attributes:
        is_full: the bound was met, what follows is not recorded.
    """

    def __init__(
        self, stream: TextIO, header: Header, comment: Comment | None = None, most: int = MOST
    ) -> None:
        self.is_full = False
        self._stream = stream
        self._comment = comment
        self._most = most
        self._left = most
        stream.write(f"{header}\n")

    def capture(self, direction: str, octets: bytes, offset: float, label: str = "") -> None:
        """Appends a chunk; raises ValueError for a direction or an offset that cannot be."""
        if direction not in DIRECTIONS:
            raise ValueError(f"expected a direction of {' '.join(DIRECTIONS)}, found {direction!r}")
        if not (math.isfinite(offset) and offset >= 0):
            raise ValueError(f"expected seconds since the session began, found {offset!r}")
        if self.is_full:
            return
        if len(octets) > self._left:
            self.is_full = True
            self._stream.write(f"{STOPPED} more than {self._most} octets\n")
            return
        self._left -= len(octets)
        self._write(Chunk(direction, bytes(octets), float(offset), label))

    __call__ = capture

    def _write(self, chunk: Chunk) -> None:
        said = self._comment(chunk.direction, chunk.octets) if self._comment else ()
        lines = [*_chunk_lines(chunk), *(_comment_line(one) for one in said)]
        self._stream.write("".join(f"{line}\n" for line in lines))


def recording_text(recording: Recording, comment: Comment | None = None) -> str:
    """A recording as text."""
    lines = [str(recording.header)]
    for chunk in recording.chunks:
        lines += _chunk_lines(chunk)
        if comment and not chunk.left_out:
            lines += map(_comment_line, comment(chunk.direction, chunk.octets))
    if recording.stopped:
        lines.append(f"{STOPPED} {recording.stopped}")
    return "".join(f"{line}\n" for line in lines)


def is_recording(text: str) -> bool:
    """Whether a text says that it is a recording, of whatever version."""
    return text.startswith(f"{FORMAT}/")


def read_recording(text: str) -> Recording:
    """Reads a recording; raises `RecordingError`."""
    numbered = list(enumerate(text.splitlines(), start=1))
    header = _header(numbered[0][1] if numbered else "")
    lines = [one for one in numbered[1:] if one[1].strip() and not one[1].startswith(COMMENT)]
    stopped = ""
    if lines and lines[-1][1].startswith(STOPPED):
        stopped = lines.pop()[1][len(STOPPED) :].strip()
    return Recording(header, tuple(_chunks(lines)), stopped)


_FIELD: Final = re.compile(r'\s+(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]*)')
_HEAD: Final = re.compile(
    r'(~ +)?([<>]) +(\d[\d.eE+-]*) +(\d+)(?: +("(?:[^"\\]|\\.)*"))?(?: +([0-9a-fA-F ]*))?'
)
_PLAIN: Final = re.compile(r"[\w.:/@+-]+", re.ASCII)
_NAMED: Final = ("protocol", "session", "from", "to")
_SHOWN: Final = 60


def _header(line: str) -> Header:
    name, slash, rest = line.partition("/")
    if (name, slash) != (FORMAT, "/"):
        raise RecordingError(1, f"{FORMAT}/{VERSION} and its fields", _short(line))
    version = re.match(r"\d+", rest)
    if not version or int(version[0]) != VERSION:
        raise RecordingError(1, f"version {VERSION} of the format", _short(rest))
    fields, at = {}, version.end()
    while at < len(rest.rstrip()):
        field = _FIELD.match(rest, at)
        if field is None:
            raise RecordingError(1, "name=value, quoted if it has blanks", _short(rest[at:]))
        fields[field[1]] = _unquoted(1, field[2])
        at = field.end()
    missing = [one for one in _NAMED if not fields.get(one)]
    if missing:
        raise RecordingError(1, f"the field {missing[0]}=", _short(line))
    protocol, session, speaks, answers = (fields.pop(one) for one in _NAMED)
    return Header(protocol, session, speaks, answers, fields)


def _chunks(lines: list[tuple[int, str]]) -> Iterator[Chunk]:
    """The chunks of lines without comments; a chunk is its head and the blank-led lines after."""
    at = 0
    while at < len(lines):
        number, head = lines[at]
        found = _HEAD.fullmatch(head.rstrip())
        if found is None:
            expected = "a chunk such as '> 0.25 9  0009c0036200140101'"
            raise RecordingError(number, expected, _short(head))
        left_out, direction, offset, count, label, octets_ = found.groups()
        parts = [_hex(number, octets_ or "")]
        at += 1
        while at < len(lines) and lines[at][1][0].isspace():
            parts.append(_hex(*lines[at]))
            at += 1
        octets = b"".join(parts)
        announced = 0 if left_out else int(count)
        if len(octets) != announced:
            raise RecordingError(number, f"{announced} octets in this chunk", f"{len(octets)}")
        words = _unquoted(number, label) if label else ""
        gone = int(count) if left_out else 0
        yield Chunk(direction, octets, _seconds(number, offset), words, gone)


def _seconds(number: int, text: str) -> float:
    try:
        offset = float(text)
    except ValueError:
        offset = math.inf
    if not math.isfinite(offset):
        raise RecordingError(number, "seconds since the session began", _short(text))
    return offset


def _hex(number: int, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        expected = "pairs of hexadecimal digits"
        raise RecordingError(number, expected, _short(text.strip())) from None


def _chunk_lines(chunk: Chunk) -> list[str]:
    label = f" {json.dumps(chunk.label)}" if chunk.label else ""
    if chunk.left_out:
        return [f"{LEFT_OUT} {chunk.direction} {chunk.offset!r} {chunk.left_out}{label}"]
    head = f"{chunk.direction} {chunk.offset!r} {len(chunk.octets)}{label}"
    if len(chunk.octets) <= ON_ONE_LINE:
        return [f"{head}  {chunk.octets.hex()}".rstrip()]
    lines = chunk.octets.hex("\n", -ON_A_LINE)  # negative: counted from the left
    return [head, *(f"  {line}" for line in lines.split("\n"))]


def _comment_line(text: str) -> str:
    """One line, whatever the text holds: a peer chooses names, and names may hold anything."""
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return f"{COMMENT} {plain}".rstrip()


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value)


def _unquoted(number: int, text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        raise RecordingError(number, "a text in double quotes, as in JSON", _short(text)) from None


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...") if text else "nothing"
