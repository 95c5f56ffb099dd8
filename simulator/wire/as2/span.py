"""A stretch of a buffer that is never copied: the currency between the layers of the core."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

Buffer: TypeAlias = bytes | bytearray | mmap.mmap
"""What a body may be: a `memoryview` will not do, it has no ``find``."""

WINDOW = 1 << 20
"""Bytes worked on at a time: other threads get their turn in between, also where the interpreter
is held (searching, decoding; 3DES takes 34 ms for as much)."""


def blank(size: int) -> bytearray | mmap.mmap:
    """A buffer to write to.

    A large one is mapped, so that its pages come as they are filled: clearing 100 MB at once would
    hold the interpreter for 40 ms.
    """
    return bytearray(size) if size <= 8 * WINDOW else mmap.mmap(-1, size)


class Span(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Bytes ``start`` to ``stop`` of ``base``; offsets are absolute, in bytes."""

    base: Buffer
    start: int
    stop: int

    @classmethod
    def of(cls, base: Buffer | Span) -> Span:
        """Span the whole buffer; a span stays what it is."""
        return base if isinstance(base, Span) else cls(base, 0, len(base))

    def __len__(self) -> int:
        return self.stop - self.start

    def view(self) -> memoryview:
        """The bytes without a copy; a mapped file cannot be closed while the view lives."""
        return memoryview(self.base)[self.start : self.stop]

    def copy(self) -> bytes:
        """The bytes, copied: for small things only."""
        return bytes(self.base[self.start : self.stop])

    def find(self, needle: bytes, at: int, stop: int | None = None) -> int:
        """Absolute offset of ``needle`` at or after ``at``, -1 when absent."""
        limit = self.stop if stop is None else min(stop, self.stop)
        while at < limit:
            end = min(at + WINDOW, limit)
            found = self.base.find(needle, at, min(end + len(needle) - 1, limit))
            if found >= 0:
                return found
            at = end
        return -1

    def windows(self) -> Iterator[memoryview]:
        """The bytes in views of at most a window."""
        view = self.view()
        return (view[at : at + WINDOW] for at in range(0, len(view), WINDOW))

    def ends_with(self, tail: bytes) -> bool:
        """Whether the stretch ends with these bytes."""
        begin = self.stop - len(tail)
        return begin >= self.start and self.base[begin : self.stop] == tail

    def to(self, start: int, stop: int) -> Span:
        """Another stretch of the same buffer, by absolute offsets."""
        return Span(self.base, start, stop)
