"""Pushes over a crash: an unknown one is repeated once and marked, a known one never.

No transport pushes yet; a node with a pusher of the test's own shows the machinery at its points.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import paramiko
import pytest
from running_node import RunningNode, running_node

from simulator.journal import read
from simulator.journal.store import open_reader

SCRIPT = Path(__file__).parent.parent / "node_with_push.py"
NAME = "FSO1100A_DEM002_DEM0021100000000000000001.xml"
COMMAND = (str(SCRIPT),)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    with running_node(folder) as node:
        assert node.stop() == 0
    return folder / "data"


def play(folder: Path, seeded: Path, points: str) -> list[str]:
    """Deposits for a partner that listens, with a kill; what was pushed over both lives."""
    shutil.copytree(seeded, folder / "data", ignore=shutil.ignore_patterns("lock"))
    pushed = folder / "pushed"
    more = {"command": COMMAND, "environment": {"PUSHED": str(pushed)}}
    endpoint = ("--partner-endpoint", "DEM002=http://127.0.0.1:9/as2")
    node = RunningNode(folder, *endpoint, points=points, **more)  # type: ignore[arg-type]
    try:
        with (
            contextlib.suppress(OSError, EOFError, paramiko.SSHException),
            node.session("DEM002") as sftp,
        ):
            sftp.putfo(io.BytesIO(b""), f"/depot/{NAME}", confirm=False)
            if not points:
                node.quiet()
        if points:
            node.ended()
    finally:
        if node.process.poll() is None:
            node.stop()
    with running_node(folder, *endpoint, **more) as again:
        again.quiet()
        assert again.stop() == 0
    return pushed.read_text().split() if pushed.exists() else []


def events(folder: Path) -> list[str]:
    connection = open_reader(folder / "data")
    found = [e["type"] for e in read.events_of(connection, 1)]
    connection.close()
    return found


def test_a_push_that_ended_is_never_repeated(tmp_path: Path, seeded: Path) -> None:
    assert play(tmp_path, seeded, "") == ["first"]
    assert events(tmp_path)[-2:] == ["PushAttempted", "PushSucceeded"]


@pytest.mark.parametrize(
    ("point", "pushed"),
    [("push.begun", ["resend"]), ("push.ended", ["first", "resend"])],
)
def test_a_push_whose_outcome_is_unknown_is_repeated_once_and_marked(
    tmp_path: Path, seeded: Path, point: str, pushed: list[str]
) -> None:
    assert play(tmp_path, seeded, f"{point}@1=kill") == pushed
    assert events(tmp_path)[-3:] == ["PushAttempted", "PushAttempted", "PushSucceeded"]
