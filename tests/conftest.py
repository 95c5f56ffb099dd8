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


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """A gzip holds the time it was made: as the name of a test it would differ between processes."""
    is_gzip = isinstance(val, bytes) and val.startswith(b"\x1f\x8b")
    return f"gzip of {len(val)} bytes" if is_gzip else None
