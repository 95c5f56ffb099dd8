"""What steps read over and over, kept from one to the next: partners, the directory, faults.

The engine alone writes the journal, so what was read stays true until a step writes it anew, or is
undone after it did.
"""

from __future__ import annotations

from typing import TypeVar

from simulator.domain.faults import Standing
from simulator.domain.raccordement import Raccordement, Structure

T = TypeVar("T")
# Rows of a kind: a real directory has many more, and names of flows can ask for any partner.
_MOST = 10_000


class Recall:
    """Rows as they stand in the journal, by space and key; None for what is known not to be there."""

    def __init__(self) -> None:
        self.raccordements: dict[tuple[str, str], Raccordement | None] = {}
        self.structures: dict[tuple[str, str], Structure | None] = {}
        self.faults: dict[str, list[Standing]] = {}

    def clear(self) -> None:
        """Forgets everything: a step was undone."""
        self.raccordements.clear()
        self.structures.clear()
        self.faults.clear()

    @staticmethod
    def keep(known: dict[tuple[str, str], T], key: tuple[str, str], row: T) -> None:
        """Keeps a row among those of its kind, as long as there are not too many."""
        if len(known) >= _MOST:
            known.clear()
        known[key] = row
