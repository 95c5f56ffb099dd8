"""Pushes over a crash: an unknown one is repeated once and marked, a known one never."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import paramiko
import pytest
from as2_partner import Partner, listening
from running_node import RunningNode, running_node

from simulator.journal import read
from simulator.journal.store import open_reader

NAME = "FSO1100A_DEM002_DEM0021100000000000000001.xml"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    with running_node(folder) as node:
        assert node.stop() == 0
    return folder / "data"


def play(folder: Path, seeded: Path, points: str) -> list[str]:
    """Deposits for a partner that listens, with a kill; Message-IDs pushed over both lives."""
    shutil.copytree(seeded, folder / "data", ignore=shutil.ignore_patterns("lock"))
    partners: list[Partner] = []
    with listening(lambda got: partners[0].answer(got)) as listener:  # noqa: PLW0108 - filled below
        endpoint = ("--partner-endpoint", f"DEM002={listener.url}")
        node = RunningNode(folder, *endpoint, points=points)
        partners.append(Partner(node))
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
        with running_node(folder, *endpoint) as again:
            again.quiet()
            assert again.stop() == 0
        return [got.request.message_id for got in listener.got]


def events(folder: Path) -> list[tuple[str, bool | None]]:
    connection = open_reader(folder / "data")
    found = [(e["type"], e["body"].get("resend")) for e in read.events_of(connection, 1)]
    connection.close()
    return [row for row in found if row[0].startswith("Push")]


def test_a_push_that_ended_is_never_repeated(tmp_path: Path, seeded: Path) -> None:
    assert len(play(tmp_path, seeded, "")) == 1
    assert events(tmp_path) == [("PushAttempted", False), ("PushSucceeded", None)]


@pytest.mark.parametrize(("point", "pushed"), [("push.begun", 1), ("push.ended", 2)])
def test_a_push_whose_outcome_is_unknown_is_repeated_once_under_its_message_id_and_marked(
    tmp_path: Path, seeded: Path, point: str, pushed: int
) -> None:
    messages = play(tmp_path, seeded, f"{point}@1=kill")
    assert len(messages) == pushed
    assert len(set(messages)) == 1
    assert events(tmp_path) == [
        ("PushAttempted", False),
        ("PushAttempted", True),
        ("PushSucceeded", None),
    ]
