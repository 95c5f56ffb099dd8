"""What the journal keeps of a session."""

import asyncio

import pytest
from pesit_world import awaited

from simulator.transport.pesit_hooks import Note
from simulator.transport.pesit_journal import SessionJournal
from simulator.wire import pesit
from simulator.wire.pesit.recording import read_recording


class Records:
    """The part of a gateway that keeps records."""

    def __init__(self):
        self.kept = []
        self.records = []

    async def keep_bytes(self, content):
        self.kept.append(content)

    async def note(self, record):
        self.records.append(record)


async def recorded(chunks, notes=(), label="pesit-1 127.0.0.1:5000"):
    """The record of a session, and its recording."""
    node = Records()
    journal = SessionJournal(node, {"DEM003": "DEM003"}.get)
    capture = journal.capture(label)
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


def spoken(*said):
    """Chunks of FPDUs: who says it, and the message."""
    for way, message in said:
        octets = pesit.fpdu(message, 1, 1)
        yield way, len(octets).to_bytes(2, "big") + octets


OPENING = (
    (">", pesit.Connect(requester="DEM003", server="CPP001", access=pesit.Access("secret"))),
    ("<", pesit.Aconnect(version=2)),
)


@awaited
async def test_what_broke_a_session_is_among_what_was_said():
    broken = (
        (">", pesit.Write()),
        ("<", pesit.Abort(diagnostic=pesit.Diagnostic.parse("3-311"))),
    )
    record, _ = await recorded(list(spoken(*OPENING, *broken)))
    assert record.partner == "DEM003"
    said = record.facts["said"]
    assert [line.split()[0] for line in said] == ["Connect", "Aconnect", "Write", "Abort"]
    assert "3-311" in said[-1]
    assert not any("secret" in line for line in said)


@awaited
async def test_a_long_session_is_recorded_to_its_end_and_its_data_left_out():
    articles = b"\x80\x00" + bytes(4) + bytes(0x8000 - 6)  # a DTF of 32,768 octets
    data = [(">", b"\x80\x00" + articles)] * 200
    begin = (
        *OPENING,
        (">", pesit.Create(file_name="F", transfer_id=1, article_length=1, max_reserved=1)),
    )
    end = ((">", pesit.Release()), ("<", pesit.Relconf()))
    record, text = await recorded([*spoken(*begin), *data, *spoken(*end)])
    assert [line.split()[0] for line in record.facts["said"]][-2:] == ["Release", "Relconf"]
    assert "data FPDUs left out" in text
    assert len(text) < 2 << 20
    recording = read_recording(text)
    assert not recording.stopped
    assert sum(one.left_out + len(one.octets) for one in recording.chunks) > 200 * 0x8000


@awaited
async def test_of_many_words_the_first_and_the_last_are_kept():
    many = [(">", pesit.Select(file_name=f"F{number}", transfer_id=1)) for number in range(100)]
    record, _ = await recorded(list(spoken(*OPENING, *many)))
    said = record.facts["said"]
    assert said[0].startswith("Connect")
    assert "(62 more)" in said
    assert "F99" in said[-1]


@awaited
async def test_a_peer_that_is_refused_for_ever_fills_no_memory():
    record, _ = await recorded([], [("refused", f"2-{number}") for number in range(200, 300)])
    notes = record.facts["notes"]
    assert len(notes) == 41
    assert notes[0].startswith("refused 2-200")
    assert notes[20] == "(60 more)"
    assert record.outcome == "refused 2-299"


CUT = (*OPENING, (">", pesit.Release()))
NO = ("<", pesit.AckDeselect(diagnostic=pesit.Diagnostic.parse("2-225")))


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ((*CUT, ("<", pesit.Relconf())), "ended"),
        ((*CUT, NO, ("<", pesit.Relconf())), "refused 2-225"),
        (
            (*OPENING, (">", pesit.Abort(diagnostic=pesit.Diagnostic.parse("3-317")))),
            "aborted 3-317",
        ),
        (OPENING[:1], "cut"),
        ((), "nothing was said"),
    ],
)
@awaited
async def test_the_outcome_of_a_call_is_what_was_said_in_it(said, outcome):
    record, _ = await recorded(list(spoken(*said)), label="pesit-push-1 DEM003 127.0.0.1:5000")
    assert (record.direction, record.partner, record.outcome) == ("out", "DEM003", outcome)
