"""Where in the bytes an element stands: line, column, excerpt.

A parsed tree knows lines only, and not even those in a document without line breaks. A second pass
with expat over the same bytes tells the rest; only documents with findings pay for it.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from contextlib import suppress
from xml.parsers import expat

import msgspec
from lxml.etree import _Element as Element

EXCERPT = 160
_BEFORE = 60
_START_TAG = re.compile(rb"""<[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*""")


class Spot(msgspec.Struct, frozen=True):
    """A place in the bytes of a document. Line and column count from 1, columns in characters.

    The line is that of the end of the start tag, which is what libxml2 and Xerces report; the
    column is where the tag begins, or where that line begins when the tag spans several.
    """

    line: int
    column: int
    excerpt: str


def spots(content: bytes, elements: Sequence[Element]) -> list[Spot | None]:
    """The spot of each element; None where expat does not get that far.

    Args:
        content: the bytes that the elements' tree was read from.
        elements: of one tree, in any order, repeats allowed.
    """
    ordinals = _ordinals(elements)
    starts = _starts(content, frozenset(ordinals.values()))
    return [_spot(content, starts.get(ordinals.get(element, -1))) for element in elements]


def position(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1, the column in characters."""
    start = content.rfind(b"\n", 0, offset) + 1
    before = content[start:offset].removeprefix(BOM_UTF8).decode(errors="ignore")
    return content.count(b"\n", 0, offset) + 1, len(before) + 1


def excerpt_at(content: bytes, line: int, column: int) -> str:
    """A line of a document, cut around a column, at most 160 characters."""
    start = 0
    for _ in range(line - 1):
        start = content.find(b"\n", start) + 1
        if start == 0:
            return ""
    return excerpt(content, start + max(0, column - 1))


def excerpt(content: bytes, offset: int) -> str:
    """The line around an offset, cut to at most 160 characters."""
    # A character has at most four bytes; the cut may split one, which is then left out.
    window = max(0, offset - 4 * _BEFORE)
    begin = max(window, content.rfind(b"\n", window, offset) + 1)
    before = content[begin:offset].decode(errors="ignore")[-_BEFORE:]
    rest = content[offset : offset + 4 * EXCERPT].split(b"\n", 1)[0].decode(errors="ignore")
    return (before + rest)[:EXCERPT].strip("\r\n")


class _Start(msgspec.Struct, frozen=True):
    line: int
    column: int
    offset: int


class _Enough(Exception):
    """All wanted elements were seen."""


def _ordinals(elements: Iterable[Element]) -> dict[Element, int]:
    """Position of each element among all elements of its document, in document order from 0."""
    wanted = set(elements)
    found: dict[Element, int] = {}
    if not wanted:
        return found
    root = next(iter(wanted)).getroottree().getroot()
    for ordinal, element in enumerate(root.iter("*")):
        if element in wanted:
            found[element] = ordinal
            if len(found) == len(wanted):
                break
    return found


def _starts(content: bytes, wanted: frozenset[int]) -> dict[int, _Start]:
    found: dict[int, _Start] = {}
    last, ordinal = max(wanted, default=-1), -1
    parser = expat.ParserCreate()

    def started(_name: str, _attributes: object) -> None:
        nonlocal ordinal
        ordinal += 1
        if ordinal in wanted:
            line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
            column -= line == 1 and content.startswith(BOM_UTF8)  # no editor counts it
            found[ordinal] = _Start(line, column, parser.CurrentByteIndex)
        if ordinal >= last:
            raise _Enough

    parser.StartElementHandler = started
    with suppress(_Enough, expat.ExpatError):
        parser.Parse(content, True)
    return found


def _spot(content: bytes, start: _Start | None) -> Spot | None:
    if start is None:
        return None
    tag = _START_TAG.match(content, start.offset)
    end = tag.end() if tag else start.offset
    breaks = content.count(b"\n", start.offset, end)
    if not breaks:
        return Spot(start.line, start.column, excerpt(content, start.offset))
    line_start = content.rfind(b"\n", start.offset, end) + 1
    text = content[line_start : end + 1]
    indent = len(text) - len(text.lstrip())
    return Spot(start.line + breaks, indent + 1, excerpt(content, line_start + indent))
