"""Long sessions taken down: bounded, to their end, and what is kept can be read."""

import random

import pytest
from pesit_dialogue import Dialogue, big, pump
from pesit_examples import ACONNECT, CONNECT, CREATE, SELECT

from simulator.wire import pesit as p
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.overhearing import Accepting, pieces_of
from simulator.wire.pesit.recording import Chunk, Header, read_recording, recording_text
from simulator.wire.pesit.replay import replay
from simulator.wire.pesit.tape import Tape

FILE = random.Random(5).randbytes(200_000)


class Taped(Dialogue):
    """A dialogue with a tape of what both sides said, in pieces of a size."""

    def __init__(self, tape, options=None, piece=1 << 20):
        super().__init__(options, options)
        self.tape = tape
        self.piece = piece
        for way, side in ((">", self.requester), ("<", self.server)):
            side.send = self._heard(way, side.send)

    def _heard(self, way, send):
        def said(*messages, now=0.0):
            octets = send(*messages, now=now)
            for at in range(0, len(octets), self.piece):
                self.tape(way, octets[at : at + self.piece], 0.5)
            return octets

        return said


def articles(mark):
    return iter([FILE[at : at + 1000] for at in range(mark.octets, len(FILE), 1000)])


def session(tape, *, options=None, piece=1 << 20, crc=None, reading=False, files=2):
    """Some files in one direction, and what a person would want to see at the end."""
    connect = p.Connect(requester="ACME", server="HUB", crc=crc, sync=p.SyncOption(32, 4))
    taped = Taped(tape, options, piece)
    taped.connected(connect, p.accept(connect))
    for _ in range(files):
        create = big(max_entity=4096, article_length=1000)
        taped.reading(SELECT, create) if reading else taped.writing(create)
        pump(taped, articles)
        taped.ended()
    taped.released()
    return tape.recording(Header())


def names(recording):
    return [piece.name for piece in pieces_of(recording) if not piece.kind.is_data]


OPTIONS = {
    "prefixed": p.Options(),
    "raw": p.Options(framing=p.Framing.RAW),
    "filled": p.Options(packing=p.Packing.FILL),
    "single": p.Options(packing=p.Packing.SINGLE, concatenate=False),
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize(("crc", "reading"), [(None, False), (None, True), (True, False)])
@pytest.mark.parametrize("piece", [1 << 20, 700, 7])
def test_a_long_session_is_kept_to_its_end_without_its_data(options, crc, reading, piece):
    whole = session(Tape(1 << 30, 1 << 30), options=options, piece=piece, crc=crc, reading=reading)
    tape = Tape(whole=20_000, most=1 << 30)
    found = session(tape, options=options, piece=piece, crc=crc, reading=reading)
    assert names(found) == names(whole)
    assert not [fault for piece_ in pieces_of(found) for fault in piece_.faults]
    kept = sum(len(one.octets) for one in found.chunks)
    assert kept < 60_000
    octets = sum(len(one.octets) for one in whole.chunks)
    gone = sum(one.left_out for one in found.chunks)
    assert octets - 200 <= kept + gone <= octets + 200  # prefixes of entities that were opened
    data = [piece_ for piece_ in pieces_of(whole) if piece_.kind.is_data]
    left = [piece_ for piece_ in pieces_of(found) if piece_.kind.is_data]
    words = [int(one.label.split()[0]) for one in found.chunks if one.left_out]
    assert len(left) + sum(words) == len(data)
    assert left[-1].kind in {Kind.DTF, Kind.DTFFA}  # no article is cut


def test_a_short_session_is_kept_octet_by_octet():
    said = []

    class Both(Tape):
        def __call__(self, direction, octets, offset):
            said.append(Chunk(direction, octets, offset))
            super().__call__(direction, octets, offset)

    found = session(Both(whole=1 << 20))
    assert found.chunks == tuple(said)
    assert not found.stopped


def test_what_was_left_out_is_said_in_words_and_read_again():
    found = session(Tape(whole=20_000))
    text = recording_text(found)
    assert read_recording(text) == found
    (line,) = [one for one in text.splitlines() if one.startswith("~")][:1]
    assert line.startswith("~ > 0.5 ")
    assert line.endswith('data FPDUs left out"')


def test_a_recording_with_gaps_is_replayed_as_far_as_it_is_whole():
    found = session(Tape(whole=20_000))
    outcome = replay(found, server=Accepting)
    assert outcome.is_same, outcome
    assert outcome.compared > 3


def test_a_tape_stops_at_its_bound_and_says_so():
    found = session(Tape(whole=2_000, most=6_000), files=30)
    assert found.stopped == "more than 6000 octets"
    assert sum(len(one.octets) for one in found.chunks) <= 6_000
    assert read_recording(recording_text(found)) == found


def test_octets_that_trickle_count_for_what_they_cost():
    tape = Tape(most=65_000)
    for _ in range(5000):
        tape(">", b"x", 0.0)
    assert len(tape.chunks) <= 1000
    assert tape.stopped


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\n", b"\x00\x10\x00\x10\x40\x20\x00\x01"])
def test_nonsense_is_kept_up_to_the_bound(start):
    tape = Tape(whole=1000, most=50_000)
    dice = random.Random(2)
    for _ in range(300):
        tape(">", start + dice.randbytes(300), 0.0)
        start = b""
    assert 10_000 < sum(len(one.octets) for one in tape.chunks) <= 50_000
    assert tape.stopped


def test_a_pre_connection_before_it_changes_nothing():
    tape = Tape(whole=20_000)
    taped = Taped(tape)
    taped.ask(p.PreConnection(identifier="ACME", password="secret"))
    taped.answer(p.PreAccept())
    taped.connected(CONNECT, ACONNECT).writing(big(CREATE, max_entity=4096, article_length=1000))
    pump(taped, articles)
    taped.ended().released()
    found = tape.recording(Header())
    assert any(one.left_out for one in found.chunks)
    assert names(found)[-2:] == ["RELEASE", "RELCONF"]


def test_a_header_that_was_cut_is_kept_too():
    tape = Tape(whole=20_000)
    session(tape)
    tape(">", b"\x00\x27\x00", 0.75)
    assert tape.recording(Header()).chunks[-1] == Chunk(">", b"\x00\x27\x00", 0.75)
