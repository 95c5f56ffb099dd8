"""Articles in and out of the data FPDUs: one, several, or a segment.

An article is a record, the unit of the file. DTF carries one article as it is (octet 6 = 0) or
several, each behind two octets of length (octet 6 = how many). An article longer than an FPDU is
cut into DTFDA, DTFMA ..., DTFFA.

Source: PeSIT E 4.4.20; octet 6 = 1 as Connect:Express and pesitwizard send it (deduced).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator, Sequence
from typing import Final

from simulator.wire.pesit.diagnostics import PROTOCOL_ERROR
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.fpdu import HEADER_LENGTH
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.profile import Packing

MOST: Final = 255
"""Articles in one FPDU at most: octet 6 counts them."""
PREFIX: Final = 2

Piece = tuple[Kind, int, Sequence[bytes]]
"""A data FPDU to be: its type, its octet 6, its content in parts, which are joined once."""


def split(body: bytes | memoryview, count: int) -> tuple[bytes, ...]:
    """The articles of a DTF.

    Args:
        body: what follows the header.
        count: octet 6.

    Raises `RemoteProtocolError` 3-311 when the lengths do not add up.
    """
    if count == 0:
        return (bytes(body),)
    length = int.from_bytes(body[:PREFIX], "big")
    if count * (PREFIX + length) == len(body):  # of one length, as a rule
        found = _alike(count, length).unpack(body)
        if found[::2].count(length) == count:
            return found[1::2]
    articles = []
    at = 0
    for _ in range(count):
        start = at + PREFIX
        at = start + int.from_bytes(body[at:start], "big")
        articles.append(bytes(body[start:at]))
    if at != len(body):
        words = f"DTF of {count} articles: their lengths make {at} octets, it has {len(body)}"
        raise RemoteProtocolError(words, PROTOCOL_ERROR)
    return tuple(articles)


@functools.lru_cache(maxsize=16)
def _alike(count: int, length: int) -> struct.Struct:
    """Articles of one length behind their prefixes."""
    return struct.Struct(">" + f"H{length}s" * count)


def pack(articles: Sequence[bytes], limit: int, packing: Packing) -> Iterator[Piece]:
    """The data FPDUs that carry some articles.

    Args:
        articles: none of them empty.
        limit: octets of an FPDU at most, header included.
        packing: how to fill them.
    """
    room = limit - HEADER_LENGTH
    together = _together(articles, room, packing)
    if together:
        for at in range(0, len(articles), together):
            yield from _flush(articles[at : at + together])
        return
    run: list[bytes] = []
    size = 0
    for article in articles:
        if not _joins(article, run, size, room, packing):
            yield from _flush(run)
            left = room - HEADER_LENGTH - size if packing is Packing.FILL and run else 0
            run, size = [], 0
            if len(article) > room or 0 < left < len(article):
                yield from _segments(article, room, left)
                continue
        run.append(article)
        size += PREFIX + len(article)
    yield from _flush(run)


def _together(articles: Sequence[bytes], room: int, packing: Packing) -> int:
    """How many go into an FPDU when all have one length and whole ones are wanted; else 0."""
    if packing is not Packing.WHOLE or len(set(map(len, articles))) != 1:
        return 0
    return min(room // (PREFIX + len(articles[0])), MOST)


def _joins(article: bytes, run: list[bytes], size: int, room: int, packing: Packing) -> bool:
    """Whether an article fits behind those that already wait for an FPDU."""
    if not run:
        return len(article) <= room
    fits = size + PREFIX + len(article) <= room and len(run) < MOST
    return fits and packing is not Packing.SINGLE


def _flush(run: Sequence[bytes]) -> Iterator[Piece]:
    if len(run) == 1:
        yield Kind.DTF, 0, run
    elif run:
        parts = [b""] * (2 * len(run))
        parts[::2] = [len(one).to_bytes(PREFIX, "big") for one in run]
        parts[1::2] = run
        yield Kind.DTF, len(run), parts


def _segments(article: bytes, room: int, first: int) -> Iterator[Piece]:
    """One article in several FPDUs; the first takes ``first`` octets if that is not 0."""
    at = first if 0 < first < min(room, len(article)) else min(room, len(article) - 1)
    yield Kind.DTFDA, 0, (article[:at],)
    while len(article) - at > room:
        yield Kind.DTFMA, 0, (article[at : at + room],)
        at += room
    yield Kind.DTFFA, 0, (article[at:],)
