"""What the journal keeps of a session."""

import asyncio

import pytest
from pesit_world import awaited

from simulator.transport.pesit_hooks import Note
from simulator.transport.pesit_journal import SessionJournal


class Records:
    """The part of a gateway that keeps records."""

    def __init__(self):
        self.kept = []
        self.records = []

    async def keep_bytes(self, content):
        self.kept.append(content)

    async def note(self, record):
        self.records.append(record)


async def recorded(chunks, notes=()):
    """The record of a session, and its recording."""
    node = Records()
    journal = SessionJournal(node, {"DEM003": "DEM003"}.get)
    capture = journal.capture("pesit-1 127.0.0.1:5000")
    for number, (way, octets) in enumerate(chunks):
        capture(way, octets, number / 8)
    for kind, diagnostic in notes:
        journal.note(Note("pesit-1 DEM003 127.0.0.1:5000", "DEM003", kind, diagnostic, "words"))
    capture("<", b"", len(chunks) / 8)
    while not node.records:
        await asyncio.sleep(0)
    await journal.close()
    return node.records[0], node.kept[0].decode()


@pytest.mark.parametrize(
    ("notes", "outcome"),
    [
        ([], "ended"),
        ([("tolerated", "1-100"), ("message", "")], "ended"),
        ([("refused", "3-304"), ("silent", "")], "refused 3-304"),
        ([("refused", "2-206"), ("broken", "3-311")], "broken 3-311"),
        ([("silent", "")], "silent"),
    ],
)
@awaited
async def test_the_outcome_is_the_last_that_went_wrong(notes, outcome):
    record, _ = await recorded([], notes)
    assert record.outcome == outcome
