"""Compression of one article: horizontal (repeats) and vertical (same as the article before).

A compressed article is a run of strings, each headed by one octet: two bits of what it is, six
bits of how many octets it stands for (1 to 63).

===== ==================================================
head  what follows
===== ==================================================
00|n  n octets as they are
80|n  one octet, to be repeated n times
C0|n  nothing: n octets equal to the previous article here
===== ==================================================

The first article, and the first after each synchronisation point, are literal throughout. What a
vertical string means past the end of a shorter previous article depends on whom one asks: the text
fills it with 40h, Connect:Express finds there what an older article left in its buffer, which
starts as zeros and lives through synchronisation points. `Expander` reads either way; what we send
reads the same both ways.

Source: PeSIT E annex A; Rust implementation's notes for Connect:Express (deduced).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from simulator.wire.pesit.diagnostics import PROTOCOL_ERROR
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.fpdu import Judge
from simulator.wire.pesit.parameters import Compression

LITERAL, ILLEGAL, REPEAT, SAME = 0x00, 0x40, 0x80, 0xC0
LONGEST: Final = 63
BLANK: Final = b"\x40"

# Shorter runs gain nothing once the header that resumes the literal is paid.
_REPEATS: Final = re.compile(rb"(.)\1{2,}", re.DOTALL)
_EQUAL: Final = re.compile(rb"\x00{2,}")


class Compressor:
    """Compresses the articles of one data phase, in order."""

    def __init__(self, granted: Compression) -> None:
        self._granted = granted
        self._previous: bytes | None = None

    def reset(self) -> None:
        """Forgets the previous article: after a synchronisation point or a restart."""
        self._previous = None

    def compress(self, article: bytes) -> bytes:
        """The strings that stand for an article."""
        previous, self._previous = self._previous, article
        out = bytearray()
        if previous is None:
            _literal(article, out)
            return bytes(out)
        at = 0
        for start, end in self._equal(article, previous):
            self._different(article[at:start], out)
            for count in _portions(end - start):
                out.append(SAME | count)
            at = end
        self._different(article[at:], out)
        return bytes(out)

    def _equal(self, article: bytes, previous: bytes) -> Iterator[tuple[int, int]]:
        """Stretches equal to the previous article, within what both have."""
        if not self._granted.vertical:
            return
        size = min(len(article), len(previous))
        difference = int.from_bytes(article[:size], "big") ^ int.from_bytes(previous[:size], "big")
        for match in _EQUAL.finditer(difference.to_bytes(size, "big")):
            yield match.span()

    def _different(self, stretch: bytes, out: bytearray) -> None:
        """Repeats if they are granted, and literals."""
        at = 0
        if self._granted.horizontal:
            for match in _REPEATS.finditer(stretch):
                _literal(stretch[at : match.start()], out)
                for count in _portions(match.end() - match.start()):
                    out += bytes((REPEAT | count, match[1][0]))
                at = match.end()
        _literal(stretch[at:], out)


class Expander:
    """Expands the articles of one data phase, in order.

    Args:
        tail: ``blank`` or ``kept``, see `profile.Profile.vertical_tail`.
    """

    def __init__(self, tail: str) -> None:
        self._keeps = tail == "kept"
        self._fill = b"\x00" if self._keeps else BLANK
        self._previous = b""
        self._is_first = True

    def reset(self) -> None:
        """After a synchronisation point: the next article should not refer to the one before."""
        self._is_first = True
        if not self._keeps:
            self._previous = b""

    def expand(self, strings: bytes, judge: Judge) -> bytes:
        """The article that some strings stand for.

        Raises `RemoteProtocolError` 3-311 for a string that is cut or of an illegal type.
        """
        out = bytearray()
        at = 0
        while at < len(strings):
            what, count = strings[at] & 0xC0, strings[at] & LONGEST
            if not count:
                judge("empty-string", f"at octet {at} of a compressed article")
            at += 1
            taken = {LITERAL: count, REPEAT: 1, SAME: 0}.get(what)
            if taken is None or at + taken > len(strings):
                raise _bad_string(strings, at - 1)
            if what == SAME:
                out += self._same(len(out), count, judge)
            else:
                out += strings[at : at + taken] * (count if what == REPEAT else 1)
            at += taken
        return self._remember(bytes(out))

    def _same(self, at: int, count: int, judge: Judge) -> bytes:
        if self._is_first:
            judge("vertical-without-reference", "there is no previous article")
        return self._previous[at : at + count].ljust(count, self._fill)

    def _remember(self, article: bytes) -> bytes:
        older = self._previous[len(article) :] if self._keeps else b""
        self._previous = article + older
        self._is_first = False
        return article


def bound(size: int) -> int:
    """Octets that an article of ``size`` may take once compressed, at most."""
    return size + (size + LONGEST - 1) // LONGEST


def _literal(stretch: bytes, out: bytearray) -> None:
    for at in range(0, len(stretch), LONGEST):
        piece = stretch[at : at + LONGEST]
        out.append(LITERAL | len(piece))
        out += piece


def _portions(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, LONGEST)
        length -= LONGEST


def _bad_string(strings: bytes, at: int) -> RemoteProtocolError:
    words = (
        f"octet {at} of a compressed article heads a string that is cut or illegal: "
        f"{strings[at : at + 8].hex(' ')}"
    )
    return RemoteProtocolError(words, PROTOCOL_ERROR)
