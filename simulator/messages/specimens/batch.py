"""Many specimens in one flow: numbered on, each with a seed of its own, packed as they are written.

Source: POSIX.1-2008 pax (tar blocks); RFC 1952 (gzip); names of files: Chorus Pro external
specifications v1.1 §3.2.1.4.1 (characters that the circuits of the plateformes agréées refuse).
"""

from __future__ import annotations

import gzip
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from simulator.messages.specimens.factory import Syntax, fitted, readable, written
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.variety import varied
from simulator.messages.xmltext import DECLARATION, TEST_DATA

Content = Callable[[], Iterable[bytes]]

_HELD = (
    8 << 20
)  # a document up to this size is kept while its size is told, a larger one made twice
_BLOCK = tarfile.BLOCKSIZE
_COMPRESSION = 6
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_DIGITS = re.compile(r"[0-9]*\Z")
# Shows any document as its texts in their order.
_STYLESHEET = (
    f"{DECLARATION}\n{TEST_DATA}\n"
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">\n'
    '<xsl:output method="html" encoding="UTF-8"/>\n'
    '<xsl:template match="/"><html><body><xsl:apply-templates/></body></html></xsl:template>\n'
    '<xsl:template match="*[not(*)]"><p><xsl:value-of select="."/></p></xsl:template>\n'
    "</xsl:stylesheet>\n"
)


class Order(msgspec.Struct, frozen=True):
    """What to make.

    Attributes:
        spec: the first specimen; its number is counted on.
        syntax: of all of them.
        count: how many.
        seed: of the first, counted on; None for plain ones.
        lines: of each; 0 for those of `spec`, or for as many as the seed gives.
        readable: each comes with its page as an attachment.
    """

    spec: Specimen
    syntax: Syntax = "ubl"
    count: int = 1
    seed: int | None = None
    lines: int = 0
    readable: bool = False


def specimen(order: Order, rank: int = 0) -> Specimen:
    """One of an order, the first having rank 0.

    Raises:
        ValueError, MissingResource: as `factory.written`.
    """
    spec = replace(order.spec, number=numbered(order.spec.number, rank))
    if order.seed is None:
        spec = replace(spec, line_count=order.lines)
    else:
        spec = varied(spec, order.seed + rank, order.lines)
    # The page shows what the document says, so it is fitted first.
    return readable(fitted(spec, order.syntax)) if order.readable else spec


def files(order: Order) -> Iterator[tuple[str, Content]]:
    """Name and content of each file of a flow; first the stylesheet, if the specimens name one."""
    if order.spec.stylesheet:
        yield order.spec.stylesheet, lambda: (_STYLESHEET.encode(),)
    extension = ".pdf" if order.syntax == "factur-x" else ".xml"
    for rank in range(order.count):
        spec = specimen(order, rank)
        name = f"facture_{_UNFIT.sub('_', spec.number)}{extension}"
        yield name, partial(written, spec, order.syntax)


def pack_into(out: BinaryIO, order: Order) -> None:
    """Writes a flow as tar.gz, one file at a time; the same order gives the same bytes.

    Raises:
        OSError: it cannot be written.
        ValueError, MissingResource: as `factory.written`.
    """
    when = int(datetime.fromisoformat(order.spec.issue_date).replace(tzinfo=UTC).timestamp())
    with gzip.GzipFile("", "wb", _COMPRESSION, out, when) as archive:
        for name, content in files(order):
            size, pieces = _sized(content)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = size, when
            archive.write(entry.tobuf(tarfile.PAX_FORMAT))
            for piece in pieces:
                archive.write(piece)
            archive.write(bytes(-size % _BLOCK))
        archive.write(bytes(2 * _BLOCK))


def numbered(number: str, rank: int) -> str:
    """A number counted on: ``DEMO-0009`` and 1 give ``DEMO-0010``, ``A`` and 1 give ``A-1``."""
    if not rank:
        return number
    match = _DIGITS.search(number)
    digits = match.group() if match else ""
    if not digits:
        return f"{number}-{rank}"
    return f"{number[: -len(digits)]}{int(digits) + rank:0{len(digits)}d}"


def _sized(content: Content) -> tuple[int, Iterable[bytes]]:
    """The size of a document, and its pieces: kept if they are few, made again if not."""
    held: list[bytes] = []
    size = 0
    for piece in content():
        size += len(piece)
        if size <= _HELD:
            held.append(piece)
    return size, held if size <= _HELD else content()
