"""Octets out of what people have at hand: a hex dump of whatever tool, a hex stream, a raw file.

===================== ==========================================================
form                  made by
===================== ==========================================================
dump with offsets     ``xxd``; ``hexdump -C``; ``od -A x -t x1``; Wireshark, "as hex dump"
dump, two directions  Wireshark, Follow TCP Stream, hex dump: the server's part is indented
hexadecimal digits    ``xxd -p``; Wireshark, "as hex stream"; typed, with blanks, colons, ``0x``
raw octets            anything that is no text
===================== ==========================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TEXT = frozenset(range(32, 127)) | frozenset(b"\t\r\n\f")
_COLON_LINE = re.compile(r"([0-9a-fA-F]{4,16}):\s(.*)")
_OFFSET_LINE = re.compile(r"([0-9a-fA-F]{4,16})(?:\s+(.*))?")
_WORDS_LINE = re.compile(r"[0-9a-fA-F]{7}((?:\s+[0-9a-fA-F]{4})+)\s*")
_DIGITS = re.compile(r"[0-9a-fA-F ]*")
_PREFIX = re.compile(r"\b0[xX]|\\x")
_BETWEEN = re.compile(r"[\s:,;-]")
_NO_DIGIT = re.compile(r"[^0-9a-fA-F\s:,;-]")
_OCTET = re.compile(r"[0-9a-fA-F]{2}")
_ASCII_COLUMN = re.compile(r" {3,}|\s*\|.*")
_A_LINE = 16
_REPEATED = "*"
_LARGEST_REPEAT = 64 << 20


class DumpFault(NamedTuple):
    """A dump cannot be read past here.

    Attributes:
        line, column: in the file, from 1.
        expected: what stands there in a dump.
        found: what stands there.
    """

    line: int
    column: int
    expected: str
    found: str

    def __str__(self) -> str:
        """For a person."""
        place = f"line {self.line}, column {self.column}"
        return f"{place} of the dump: expected {self.expected}, found {self.found}"


class Dump(NamedTuple):
    """What a file holds.

    Attributes:
        parts: octets in order; True and False tell the two directions (the side that opened the
            connection is True), None when the file does not tell.
        fault: why it ends before the file does.
    """

    parts: list[tuple[bool | None, bytes]]
    fault: DumpFault | None = None


def read_dump(content: bytes) -> Dump:
    """The octets of a dump, up to the first place that cannot be read; never raises."""
    if not content or not _TEXT.issuperset(content):
        return Dump([(None, content)])
    numbered = list(enumerate(content.decode("ascii").splitlines(), start=1))
    lines = [(n, line) for n, line in numbered if line.strip() and not line.startswith("#")]
    if lines and _starts_with_offset(lines[0][1]):
        return _with_offsets(lines)
    if lines and _WORDS_LINE.fullmatch(lines[0][1]) and lines[0][1].startswith("0000000"):
        expected = "octets one by one: hexdump -C, or xxd"
        return Dump([], DumpFault(lines[0][0], 9, expected, "words of two octets, swapped"))
    return _digits(lines)


def _starts_with_offset(line: str) -> bool:
    """Whether a dump with offsets begins with this line: its offset is 0 and octets follow."""
    found = _COLON_LINE.match(line.strip())
    if found:
        return int(found[1], 16) == 0
    found = _OFFSET_LINE.match(line.strip())
    if found is None or int(found[1], 16):
        return False
    first = (found[2] or "").split(maxsplit=1)
    return bool(first) and _OCTET.fullmatch(first[0]) is not None


class _Row(NamedTuple):
    """One line of a dump with offsets."""

    number: int
    by: bool | None
    offset: int
    octets: bytes


def _with_offsets(lines: list[tuple[int, str]]) -> Dump:
    """A dump whose lines say where they stand, so gaps are seen and repeats can be filled."""
    has_two = any(line.startswith(" ") for _, line in lines)
    parts: list[tuple[bool | None, bytes]] = []
    sizes: dict[bool | None, int] = {}
    repeats = False
    for number, line in lines:
        if line.strip() == _REPEATED:
            repeats = True
            continue
        row = _row(number, line, has_two=has_two)
        if row is None:
            return Dump(parts, DumpFault(number, 1, "an offset and octets", repr(line[:20])))
        missing = row.offset - sizes.get(row.by, 0)
        if repeats and parts and 0 < missing <= _LARGEST_REPEAT:
            parts.append((row.by, _filled(parts[-1][1], missing)))
        elif missing:
            expected = f"the offset {sizes.get(row.by, 0):x}"
            return Dump(parts, DumpFault(number, 1, expected, f"{row.offset:x}"))
        parts.append((row.by, row.octets))
        sizes[row.by] = row.offset + len(row.octets)
        repeats = False
    return Dump(parts)


def _row(number: int, line: str, *, has_two: bool) -> _Row | None:
    by = not line.startswith(" ") if has_two else None
    stripped = line.strip()
    found = _COLON_LINE.match(stripped)
    if found:
        digits, _, _ = found[2].strip().partition("  ")
        if _DIGITS.fullmatch(digits) and len(digits.replace(" ", "")) % 2 == 0:
            return _Row(number, by, int(found[1], 16), bytes.fromhex(digits))
        return None
    found = _OFFSET_LINE.fullmatch(stripped)
    if found is None:
        return None
    return _Row(number, by, int(found[1], 16), bytes(_leading(found[2] or "")))


def _leading(rest: str) -> Iterator[int]:
    """The octets of a line, up to the column that shows them as text."""
    column = _ASCII_COLUMN.search(rest)
    for token in (rest[: column.start()] if column else rest).split()[:_A_LINE]:
        if not _OCTET.fullmatch(token):
            return
        yield int(token, 16)


def _filled(last: bytes, missing: int) -> bytes:
    """What ``*`` stands for: the line before it, again and again."""
    filler = last or b"\0"
    return (filler * (missing // len(filler) + 1))[:missing]


def _digits(lines: list[tuple[int, str]]) -> Dump:
    """Hexadecimal digits, however they are set apart."""
    digits: list[str] = []
    fault = None
    for number, line in lines:
        plain = _PREFIX.sub(lambda found: " " * len(found[0]), line)
        wrong = _NO_DIGIT.search(plain)
        if wrong:
            fault = DumpFault(number, wrong.start() + 1, "a hexadecimal digit", repr(wrong[0]))
            plain = plain[: wrong.start()]
        digits.append(_BETWEEN.sub("", plain))
        if fault:
            break
    text = "".join(digits)
    if len(text) % 2 and fault is None:
        number, line = lines[-1]
        fault = DumpFault(number, len(line) + 1, "a second digit of the last octet", "the end")
    return Dump([(None, bytes.fromhex(text[: len(text) // 2 * 2]))], fault)
