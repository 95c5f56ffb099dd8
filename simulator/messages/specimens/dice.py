"""Chance from a seed: the same rolls for the same seed, on every machine and version of Python.

Source: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

_T = TypeVar("_T")
_BITS = 64
_MASK = (1 << _BITS) - 1
_STEP = 0x9E3779B97F4A7C15
_MIXES = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST = 31


class Dice:
    """Rolls; each moves the state on."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self._roll() % (high - low + 1)

    def chance(self, part: int, of: int) -> bool:
        """True `part` times out of `of`."""
        return self._roll() % of < part

    def pick(self, items: Sequence[_T]) -> _T:
        """One of them."""
        return items[self._roll() % len(items)]

    def decimal(self, low: int, high: int, places: int) -> Decimal:
        """A number from `low` to `high`, in whole steps of the last place.

        Args:
            low: least, in that step: 150 with 2 places is 1.50.
            high: most, likewise.
            places: decimals.
        """
        return Decimal(self.number(low, high)).scaleb(-places)

    def _roll(self) -> int:
        self._state = (self._state + _STEP) & _MASK
        mixed = self._state
        for shift, factor in _MIXES:
            mixed = ((mixed ^ (mixed >> shift)) * factor) & _MASK
        return mixed ^ (mixed >> _LAST)
