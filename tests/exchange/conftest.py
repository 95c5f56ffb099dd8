"""Stages with options of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stage_desk import Stage

from simulator.domain.reference import Options


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Any]:
    """Makes stages."""
    made: list[Stage] = []

    def stage(**options: Any) -> Stage:
        made.append(Stage(tmp_path / f"data-{len(made)}", Options(**options)))
        return made[-1]

    yield stage
    for one in made:
        one.store.close()
