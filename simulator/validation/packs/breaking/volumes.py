"""Rules that a document breaks by its size alone.

Such a document is written as it goes, and not judged here: its tree would take gigabytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.validation.packs.rows import Rule

# By rule: how many lines (BG-25) it takes.
LINES: Mapping[str, int] = {"BR-FR-CPRO-19": 1_000_000}


def lines_for(rule: Rule) -> int:
    """How many lines break a rule; 0 if it is not about their number."""
    return LINES.get(rule.id, 0)
