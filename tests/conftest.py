"""One exchange in process for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playbook import Playbook


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Playbook]:
    playbook = Playbook(tmp_path / "data")
    yield playbook
    playbook.store.close()
