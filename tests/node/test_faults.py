"""What the machine and the network do to a node: full disk, dead judges, cut uploads. It goes on."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running_node import RunningNode, running_node

from simulator.messages.archives import pack
from simulator.messages.specimen import Line, Specimen, ubl_invoice

WHEN = datetime(2026, 9, 1, tzinfo=UTC)


def name_of(number: int, extension: str = ".xml") -> str:
    return f"FSO1100A_DEM001_DEM0011100{number:015d}{extension}"


def put(node: RunningNode, name: str, content: bytes) -> None:
    with node.session() as sftp:
        sftp.putfo(io.BytesIO(content), f"/depot/{name}")
    node.quiet()


def good(number: int) -> bytes:
    return ubl_invoice(Specimen(number=f"D-{number}"))


@contextmanager
def disk_full(node: RunningNode, room: int) -> Iterator[None]:
    """The node may not write beyond so many bytes of any file, as on a disk without room."""
    before = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, before)


def names(node: RunningNode) -> list[str]:
    return [row["name"] for row in node.client.get("/api/v1/flows")]


def test_a_disk_that_is_full_at_the_commit_fails_the_close_and_the_journal_stays_readable(
    tmp_path: Path,
) -> None:
    with running_node(tmp_path) as node:
        put(node, name_of(1), good(1))
        (tmp_path / "large").write_bytes(os.urandom(200_000))
        with disk_full(node, 16_384):
            # OpenSSH shows no text of a failed CLOSE and paramiko drops the failure itself.
            done = node.openssh(f"put large /depot/{name_of(2)}\n")
            assert (done.returncode, done.stderr) == (1, "close remote: Failure\n")
            large = tmp_path / name_of(3)
            large.write_bytes(os.urandom(200_000))
            verb = ["send", large, "--partner", "DEM001", "--to", node.ready_file]
            told = subprocess.run(
                [sys.executable, "-m", "simulator", *verb],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert told.returncode == 1
            assert "was not taken" in told.stderr
            assert "again later" in told.stderr
            assert names(node) == [name_of(1)]
            assert node.why(name_of(1))["verdict"] == "accepted"
        put(node, name_of(2), good(2))
        assert names(node) == [name_of(2), name_of(1)]
        assert node.why()["verdict"] == "accepted"


def test_a_disk_that_is_full_during_an_upload_fails_it_and_the_node_goes_on(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        put(node, name_of(1), good(1))
        with disk_full(node, 300_000), node.session() as sftp:
            with pytest.raises(OSError), sftp.open(f"/depot/{name_of(2)}", "wb") as file:  # noqa: PT011
                file.set_pipelined(True)
                file.write(os.urandom(8 << 20))
        assert names(node) == [name_of(1)]
        put(node, name_of(2), good(2))
        assert node.why()["verdict"] == "accepted"


def judges(node: RunningNode) -> list[int]:
    tasks = Path(f"/proc/{node.process.pid}/task").glob("*/children")
    found = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [p for p in found if b"validation.worker" in Path(f"/proc/{p}/cmdline").read_bytes()]


def test_killed_judging_processes_are_replaced_and_no_flow_is_lost(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        put(node, name_of(1), good(1))
        before = judges(node)
        assert before
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        put(node, name_of(2), good(2))
        assert node.why()["verdict"] == "accepted"
        assert not set(before) & set(judges(node))


def test_a_flow_that_cannot_be_judged_in_time_has_its_report_and_its_explanation(
    tmp_path: Path,
) -> None:
    settings = tmp_path / "own.toml"
    settings.write_text("[judging]\nseconds = 0.3\n")
    heavy = ubl_invoice(Specimen(number="T-1", lines=tuple(Line() for _ in range(60_000))))
    with running_node(tmp_path, "--config", str(settings)) as node:
        put(node, name_of(1, ".tar.gz"), pack([("big.xml", heavy)], WHEN))
        trace = node.why()
        assert [f["rule"] for f in trace["findings"]] == ["SIM_JUDGE_TIMEOUT"]
        assert trace["state"] == "IN_INCIDENTE"
        assert [r["interface"] for r in trace["returns"]] == ["CSO1100A"]
        put(node, name_of(2), good(2))
        assert node.why()["verdict"] == "accepted"


def test_a_flow_that_eats_memory_has_its_report_and_its_explanation(tmp_path: Path) -> None:
    settings = tmp_path / "own.toml"
    settings.write_text(f"[judging]\nmemory = {256 << 20}\n")
    bomb = ubl_invoice(Specimen(number="M-1", lines=tuple(Line() for _ in range(60_000))))
    with running_node(tmp_path, "--config", str(settings)) as node:
        put(node, name_of(1, ".tar.gz"), pack([("big.xml", bomb)], WHEN))
        trace = node.why()
        assert [f["rule"] for f in trace["findings"]] == ["SIM_JUDGE_MEMORY"]
        assert [r["interface"] for r in trace["returns"]] == ["CSO1100A"]
        put(node, name_of(2), good(2))
        assert node.why()["verdict"] == "accepted"


def test_a_cut_upload_is_no_deposit_but_an_event(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        with node.session() as sftp:
            file = sftp.open(f"/depot/{name_of(1)}", "wb")
            file.write(b"half")
            file.flush()
            transport = sftp.get_channel().get_transport()
            transport.close()
        put(node, name_of(2), good(2))
        assert names(node) == [name_of(2)]
        assert node.stop() == 0
    from simulator.journal.store import open_reader

    connection = open_reader(tmp_path / "data")
    cut = connection.execute("SELECT stream, body FROM event WHERE type = 'UploadCut'").fetchall()
    assert [(row["stream"], row["body"]) for row in cut] == [
        ("DEM001", f'{{"name":"{name_of(1)}","size":4}}')
    ]
    connection.close()


def test_of_two_uploads_of_one_name_the_first_close_is_the_deposit(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        with node.session() as one, node.session() as two:
            first, second = (s.open(f"/depot/{name_of(1)}", "wb") for s in (one, two))
            second.write(good(2))
            first.write(good(1))
            first.close()
            second.close()
        node.quiet()
        rows = sorted(node.client.get("/api/v1/flows"), key=lambda r: r["id"])
        assert [r["verdict"] for r in rows] == ["accepted", "irrecevable"]
        assert node.why(str(rows[1]["id"]))["findings"][0]["rule"] == "IRR_UNICITE"
        assert b"D-1" in node.client.raw(f"/api/v1/flows/{rows[0]['id']}/raw")


def test_an_expired_certificate_does_not_sign_in_at_business_time(tmp_path: Path) -> None:
    import paramiko

    with running_node(tmp_path, "--clock", "2049-12-30T00:00:00Z") as node:
        put(node, name_of(1), good(1))
        node.client.post("/api/v1/clock/advance", {"by": "P3D"})
        with pytest.raises(paramiko.AuthenticationException), node.session():
            pass


def test_many_sessions_at_once_lose_nothing(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:

        def deposit(worker: int) -> None:
            with node.session() as sftp:
                for n in range(5):
                    number = worker * 10 + n + 1
                    sftp.putfo(io.BytesIO(good(number)), f"/depot/{name_of(number)}")

        threads = [threading.Thread(target=deposit, args=(w,)) for w in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        node.quiet()
        rows = node.client.get("/api/v1/flows")
        assert len(rows) == 30
        assert {r["verdict"] for r in rows} == {"accepted"}
