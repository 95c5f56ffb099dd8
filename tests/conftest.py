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


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test unless they can be read: some hold the time of day (gzip), and every process
    of one run must collect the same names.
    """
    if isinstance(val, bytes) and (
        len(val) > 40 or not val.isascii() or not val.decode().isprintable()
    ):
        return argname
    return None
