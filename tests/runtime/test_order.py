"""What is written before what: recorded through a shim around the system calls and the journal."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from loops import run
from playbook import Playbook, name_of

from simulator.journal import read
from simulator.journal.store import Store
from simulator.runtime.engine import EngineThread
from simulator.runtime.readers import Readers
from simulator.runtime.reception import Reception


class Recorder:
    """Notes fsync, rename and COMMIT in the order in which they happen."""

    def __init__(self, play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self._folder = play.store.folder
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._sync(getattr(os, name)))
        monkeypatch.setattr("simulator.runtime.spool._sync_data", self._sync(os.fdatasync))
        monkeypatch.setattr(Path, "replace", self._rename(Path.replace))
        play.store.connection.set_trace_callback(self._statement)

    def _sync(self, real: Any) -> Any:
        def recorded(descriptor: int) -> None:
            real(descriptor)
            self.note("sync", Path(f"/proc/self/fd/{descriptor}").readlink())

        return recorded

    def _rename(self, real: Any) -> Any:
        def recorded(path: Path, target: Path) -> Path:
            self.note("rename into", Path(target).parent)
            result: Path = real(path, target)
            return result

        return recorded

    def _statement(self, statement: str) -> None:
        if statement.startswith(("COMMIT", "INSERT INTO flow")):
            self.seen.append(statement.split("(", maxsplit=1)[0].strip())

    def note(self, what: str, path: Path) -> None:
        inside = path.relative_to(self._folder)
        self.seen.append(f"{what} {inside.parts[0]}")


async def deposit(play: Playbook, recorder: Recorder, content: bytes) -> None:
    loop = asyncio.get_running_loop()
    thread = EngineThread(play.engine, loop, lambda turn: None)
    readers = Readers(play.store.folder)
    reception = Reception(
        store=play.store,
        submit=thread.submit,
        readers=readers,
        inline=256 << 10,
        now=play.engine.business_now,
    )
    for space, raccordement in await readers(read.raccordements):
        reception.know(space, raccordement)
    thread.start()
    spool = reception.new_spool()
    for start in range(0, len(content), 32 << 10):
        spool.write(start, content[start : start + (32 << 10)])
    recorder.seen.append("write")
    await reception.deposit("DEM001", "sftp", name_of(1), spool, "session")
    recorder.seen.append("acknowledged")
    spool.discard()
    await thread.close()
    readers.close()


@pytest.fixture
def full(play: Playbook) -> Playbook:
    play.store.connection.execute("PRAGMA synchronous = FULL")
    play.store.sync = "full"
    return play


def test_a_small_deposit_is_committed_before_it_is_acknowledged(
    full: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(full, monkeypatch)
    run(deposit(full, recorder, b"<x/>"))
    assert recorder.seen == ["write", "INSERT INTO flow", "COMMIT", "acknowledged"]
    assert full.store.connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_large_content_is_durable_under_its_name_before_the_transaction_refers_to_it(
    full: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(full, monkeypatch)
    run(deposit(full, recorder, os.urandom(1 << 20)))
    assert recorder.seen == [
        "write",
        "sync incoming",
        "rename into blobs",
        "sync blobs",
        "INSERT INTO flow",
        "COMMIT",
        "acknowledged",
    ]


def test_the_full_setting_is_what_a_new_journal_uses(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    store.close()
