"""What steps read over and over, kept from one to the next: partners, the directory, faults.

The engine alone writes the journal, so what was read stays true until a step writes it anew, or is
undone after it did.
"""

from __future__ import annotations

from simulator.domain.faults import Standing
from simulator.domain.raccordement import Raccordement, Structure

# Entries of the directory that are kept: a real one has many more.
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

    def keep(self, key: tuple[str, str], structure: Structure | None) -> None:
        """Keeps an entry of the directory, for as long as there are not too many."""
        if len(self.structures) >= _MOST:
            self.structures.clear()
        self.structures[key] = structure
