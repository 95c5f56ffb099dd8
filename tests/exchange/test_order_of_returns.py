"""Returns leave in the order in which they were ready, also those that had to wait or failed.

The statuses of a large flow are numbered before the report that they wait for.
"""

from __future__ import annotations

import msgspec
import pytest
from playbook import Playbook, name_of

from simulator.domain.raccordement import Raccordement
from simulator.exchange.inputs import FailedRequeued, RaccordementSaved
from simulator.journal import read
from simulator.journal.tx import open_work


@pytest.fixture
def names(play: Playbook) -> list[str]:
    """Three returns that were ready in the opposite order of their numbers."""
    for number in (1, 2, 3):
        play.deposit(name_of(number), b"")
    sql = play.store.connection
    in_order = sql.execute("SELECT id, name, ready FROM returned ORDER BY id").fetchall()
    assert [row["ready"] for row in in_order] == sorted(row["ready"] for row in in_order)
    for row in in_order:
        sql.execute("UPDATE returned SET ready = ? WHERE id = ?", (1000 - row["id"], row["id"]))
    return [row["name"] for row in reversed(in_order)]


def listening(play: Playbook) -> RaccordementSaved:
    (body,) = play.store.connection.execute(
        "SELECT body FROM raccordement WHERE code = 'DEM001'"
    ).fetchone()
    fields = msgspec.json.decode(body) | {"protocol": "as2", "endpoint": "http://127.0.0.1:1/"}
    return RaccordementSaved(msgspec.convert(fields, Raccordement))


def pushes(play: Playbook) -> list[str]:
    sql = play.store.connection
    due = [work.subject for work in open_work(sql) if work.kind == "push"]
    return [
        sql.execute("SELECT name FROM returned WHERE id = ?", (one,)).fetchone()[0] for one in due
    ]


def test_what_waits_is_listed_so(play: Playbook, names: list[str]) -> None:
    rows = read.waiting(play.store.connection, "default", "DEM001")
    assert [row["name"] for row in rows] == names


def test_what_waits_is_pushed_so(play: Playbook, names: list[str]) -> None:
    play.do(listening(play))
    assert pushes(play) == names


def test_what_failed_is_pushed_so_once_more(play: Playbook, names: list[str]) -> None:
    play.store.connection.execute("UPDATE returned SET state = 'failed'")
    play.do(listening(play))
    assert play.do(FailedRequeued("DEM001")) == tuple(names)
    assert pushes(play) == names
