"""Anything at all may arrive: only `RemoteProtocolError` comes out, with an answer, in bounds."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, X, Y, entity
from pesit_fuzz import (
    CODEC,
    EXAMPLES,
    KINDS,
    OPTIONS,
    STATES,
    Sessions,
    codec_input,
    damaged,
    feed,
    up_to,
)

from simulator.wire import pesit as p
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.kinds import LAYOUT


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(STATES),
    st.sampled_from(OPTIONS),
    st.booleans(),
    st.lists(st.binary(max_size=80), max_size=5),
)
def test_any_octets(state, options, by_requester, pieces):
    dialogue = up_to(state, options)
    session = dialogue.server if by_requester else dialogue.requester
    for piece in pieces:
        feed(session, piece)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(STATES),
    st.sampled_from(OPTIONS),
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60)
        ),
        max_size=6,
    ),
)
def test_any_fpdu_with_any_body(state, options, by_requester, fpdus):
    dialogue = up_to(state, options)
    session = dialogue.server if by_requester else dialogue.requester
    for kind, to, by, body in fpdus:
        feed(session, entity(frame_octets(kind, to, by, body)))


@pytest.mark.parametrize("options", OPTIONS, ids=["lenient", "strict"])
@pytest.mark.parametrize("state", STATES)
def test_damaged_examples(state, options):
    random_ = random.Random(state)
    for _ in range(150):
        dialogue = up_to(state, options)
        session = random_.choice([dialogue.server, dialogue.requester])
        for _ in range(4):
            feed(session, damaged(random_, random_.choice(EXAMPLES)))


CODEC_INPUTS, SESSION_INPUTS = 70_000, 30_000
"""Together the 100,000 of CI; ``bench/fuzz/pesit.py`` runs as many as you like."""


def test_tens_of_thousands_of_damaged_inputs_of_the_codec():
    chance = random.Random("codec")
    seen = Counter(codec_input(chance) for _ in range(CODEC_INPUTS))
    assert set(seen) >= {"read", "3-318", "3-311", "3-310", "no recording", "a recording"}
    assert {one.__name__ for one in CODEC} >= {"body_input", "stream_input", "dissected_input"}


def test_tens_of_thousands_of_damaged_entities_of_sessions():
    chance, sessions = random.Random("sessions"), Sessions()
    seen = Counter(sessions.input(chance) for _ in range(SESSION_INPUTS))
    assert set(seen) >= {"fine", "3-318", "3-311", "3-319", "2-218"}, seen


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in LAYOUT], ids=lambda k: k.label)
def test_an_fpdu_of_65535_octets_is_read_or_refused(kind):
    for state in STATES:
        dialogue = up_to(state, p.Options())
        for filling in (bytes(65529 - 2), b"\x63\xff\xff\xf6" + bytes(65525 - 2)):
            for session in (dialogue.server, dialogue.requester):
                feed(session, entity(frame_octets(kind, Y, 0, filling)[:65535]))


def test_a_peer_that_never_finishes_an_entity_makes_us_keep_one():
    server = p.Server(Y)
    list(server.receive(entity(p.fpdu(CONNECT, 0, X))))
    server.send(p.Aconnect())
    list(server.receive(b"\xff\xff" + bytes(65534)))
    assert len(server._reader._buffer) <= 65537


def test_a_peer_that_never_ends_an_article_is_interrupted():
    dialogue = Dialogue().connected().writing(big())
    wire = entity(frame_octets(p.Kind.DTFDA, Y, 0, b"x"))
    wire += entity(frame_octets(p.Kind.DTFMA, Y, 0, bytes(1000))) * 10
    with pytest.raises(p.RemoteProtocolError, match="2-220"):
        list(dialogue.server.receive(wire))
    assert sum(map(len, dialogue.server._inlet._segments)) <= 1024


def test_segments_without_octets_are_not_kept():
    dialogue = Dialogue().connected().writing(big())
    wire = entity(frame_octets(p.Kind.DTFDA, Y, 0, b"x"))
    wire += entity(frame_octets(p.Kind.DTFMA, Y, 0, b"")) * 1000
    notes = list(dialogue.server.receive(wire))
    assert len(dialogue.server._inlet._segments) == 1
    [data] = dialogue.server.receive(entity(frame_octets(p.Kind.DTFFA, Y, 0, b"y")))
    assert data.articles == (b"xy",)
    assert {note.deviation for note in notes} == {"empty-data"}
    assert dialogue.server.transfer.pieces == 1002


def test_small_strings_cannot_become_a_large_article():
    compression = p.Compression(horizontal=True)
    dialogue = Dialogue().connected()
    dialogue.writing(big(), p.Orf(compression=compression), p.AckOrf(compression=compression))
    with pytest.raises(p.RemoteProtocolError, match="2-220"):
        list(dialogue.server.receive(entity(frame_octets(p.Kind.DTF, Y, 0, b"\xbfx" * 30_000))))
