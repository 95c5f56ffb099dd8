"""One node for the tests that only ask, and leave its books as others expect them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running_node import RunningNode, running_node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node whose business time stands still; each test uses flow names of its own."""
    settings = tmp_path_factory.mktemp("settings") / "aife-sim.toml"
    settings.write_text('[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n')
    folder = tmp_path_factory.mktemp("node")
    with running_node(folder, "--config", str(settings)) as running:
        yield running
        assert running.stop() == 0
