"""A stretch of a buffer that is never copied: the currency between the layers of the core."""

from __future__ import annotations

import mmap
from typing import TypeAlias

import msgspec

Buffer: TypeAlias = bytes | bytearray | mmap.mmap
"""What a body may be: a `memoryview` will not do, it has no ``find``."""


class Span(msgspec.Struct, frozen=True, eq=False):
    """Bytes ``start`` to ``stop`` of ``base``; offsets are absolute, in bytes."""

    base: Buffer
    start: int
    stop: int

    @classmethod
    def of(cls, base: Buffer) -> Span:
        """Span the whole buffer."""
        return cls(base, 0, len(base))

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
        return self.base.find(needle, at, self.stop if stop is None else min(stop, self.stop))

    def ends_with(self, tail: bytes) -> bool:
        """Whether the stretch ends with these bytes."""
        begin = self.stop - len(tail)
        return begin >= self.start and self.base[begin : self.stop] == tail

    def to(self, start: int, stop: int) -> Span:
        """Another stretch of the same buffer, by absolute offsets."""
        return Span(self.base, start, stop)
