"""The engine: one commit for a batch, a bad step undone alone, a lost commit told to everyone."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from loops import run
from playbook import Playbook, name_of

from simulator.domain.flows import Deposit, blob_ref
from simulator.exchange import STEPS
from simulator.exchange.inputs import Requeued, UploadCut
from simulator.journal import read
from simulator.journal.store import Store, StoreError, migrate, open_reader
from simulator.journal.tx import Tx
from simulator.runtime.engine import EngineThread, JournalError, Order


def deposit(number: int, content: bytes = b"<x/>") -> Deposit:
    return Deposit("DEM001", "sftp", name_of(number), blob_ref(content), content)


def test_a_batch_is_one_transaction(play: Playbook) -> None:
    statements: list[str] = []
    play.store.connection.set_trace_callback(statements.append)
    turn = play.engine.run([Order("default", deposit(n)) for n in range(50)])
    assert len(turn.work) == 50
    assert statements.count("COMMIT") == 1


def test_a_step_that_raises_is_undone_alone(play: Playbook) -> None:
    orders = [Order("default", v) for v in (deposit(1), Requeued(99), deposit(2))]
    turn = play.engine.run(orders)
    assert [isinstance(outcome, Exception) for _, outcome in turn.outcomes] == [False, True, False]
    assert len(read.flows(play.store.connection, "default")) == 2


def test_a_wrong_statement_is_a_fault_of_its_step_and_not_of_the_disk(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(tx: Tx, _: Requeued) -> None:
        tx.execute("SELECT nothing FROM nowhere")

    monkeypatch.setitem(STEPS, Requeued, wrong)
    orders = [Order("default", v) for v in (deposit(1), Requeued(99), deposit(2))]
    outcomes = [outcome for _, outcome in play.engine.run(orders).outcomes]
    assert isinstance(outcomes[1], sqlite3.OperationalError)
    assert len(read.flows(play.store.connection, "default")) == 2


def test_a_full_disk_loses_the_whole_batch_and_the_journal_stays_readable(play: Playbook) -> None:
    pages = play.store.connection.execute("PRAGMA page_count").fetchone()[0]
    play.store.connection.execute(f"PRAGMA max_page_count = {pages}")
    big = deposit(1, b"<x>" + b"y" * 200_000 + b"</x>")
    with pytest.raises(JournalError, match="full"):
        play.engine.run([Order("default", deposit(2)), Order("default", big)])
    assert read.flows(play.store.connection, "default") == []
    play.store.connection.execute("PRAGMA max_page_count = 1000000")
    play.engine.run([Order("default", big)])
    assert len(read.flows(open_reader(play.store.folder), "default")) == 1


def test_the_thread_settles_after_the_commit_and_tells_the_work(play: Playbook) -> None:
    async def submit() -> tuple[list[int], int]:
        seen: list[int] = []
        thread = EngineThread(
            play.engine,
            asyncio.get_running_loop(),
            lambda turn: seen.extend(r.id for r in turn.work),
        )
        thread.start()
        reader = open_reader(play.store.folder)
        admission = await thread.submit("default", deposit(1), urgent=True)
        durable = len(read.flows(reader, "default"))
        assert admission.flow == 1
        with pytest.raises(LookupError):
            await thread.submit("default", Requeued(5))
        await thread.close()
        reader.close()
        return seen, durable

    seen, durable = run(submit())
    assert (len(seen), durable) == (1, 1)


def test_everything_handed_over_before_close_is_done(play: Playbook) -> None:
    async def submit() -> int:
        thread = EngineThread(play.engine, asyncio.get_running_loop(), lambda turn: None)
        thread.start()
        tasks = [
            asyncio.ensure_future(thread.submit("default", UploadCut("DEM001", f"{n}", n)))
            for n in range(300)
        ]
        await asyncio.sleep(0)
        await thread.close()
        await asyncio.gather(*tasks)
        rows = play.store.connection.execute("SELECT count(*) FROM event WHERE type = 'UploadCut'")
        return int(rows.fetchone()[0])

    assert run(submit()) == 300


def test_one_process_has_a_data_folder_and_the_refusal_names_it(play: Playbook) -> None:
    with pytest.raises(StoreError, match=r"in use by process \d+"):
        Store(play.store.folder)


def test_a_journal_of_a_newer_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "j.sqlite3")
    connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer aife-sim"):
        migrate(connection)
    connection.close()


def test_a_spool_that_a_dead_process_left_is_swept(play: Playbook, tmp_path: Path) -> None:
    play.store.close()
    leftover = play.store.incoming / "abandoned"
    leftover.write_bytes(b"x")
    store = Store(play.store.folder)
    assert not leftover.exists()
    play.store = store


def test_a_large_content_whose_transaction_never_came_is_swept(play: Playbook) -> None:
    known, orphan = blob_ref(b"known"), blob_ref(b"orphan")
    for ref, content in ((known, b"known"), (orphan, b"orphan")):
        play.store.write_blob(ref, content)
    play.do(Deposit("DEM001", "sftp", name_of(1), known, None))
    play.store.close()
    play.store = Store(play.store.folder)
    assert [f.name for f in play.store.blobs.iterdir()] == [known.sha256]


def test_a_fault_outside_of_any_step_fails_the_batch_and_the_engine_goes_on(
    play: Playbook,
) -> None:
    def faulty(name: str) -> None:
        raise RuntimeError(name)

    play.engine._point = faulty
    with pytest.raises(JournalError, match=r"engine\.before-commit"):
        play.engine.run([Order("default", deposit(1))])
    play.engine._point = lambda name: None
    play.engine.run([Order("default", deposit(1))])
    assert len(read.flows(play.store.connection, "default")) == 1
