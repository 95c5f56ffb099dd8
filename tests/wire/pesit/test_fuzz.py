"""Anything at all may arrive: only `RemoteProtocolError` comes out, with an answer, in bounds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, FPDUS, SELECT, X, Y, entity, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.kinds import LAYOUT

BOTH = p.Compression(horizontal=True, vertical=True)
OPTIONS = [p.Options(), p.Options(profile=p.STRICT)]
KINDS = [kind for kind in p.Kind if kind < 0x1_0000]


def up_to(state, options):
    """A dialogue in some state, to be fed with anything."""
    dialogue = Dialogue(options, options)
    if state == "idle":
        return dialogue
    dialogue.connected()
    if state == "connected":
        return dialogue
    if state == "reading":
        return dialogue.reading(SELECT, big())
    dialogue.writing(big(), p.Orf(compression=BOTH), p.AckOrf(compression=BOTH))
    if state == "article":
        segment = frame_octets(p.Kind.DTFDA, Y, 0, b"\x03abc")
        list(dialogue.server.receive(entity(segment)))
    if state == "interrupted":
        dialogue.server.send(p.Idt(end_code=p.EndCode.ERROR))
    if state == "resynchronising":
        dialogue.requester.send(p.Resyn(restart_point=0))
    return dialogue


STATES = ["idle", "connected", "writing", "reading", "article", "interrupted", "resynchronising"]


def hear(session, data):
    """The error that some octets end in, or None."""
    try:
        for event in session.receive(data):
            assert isinstance(event, p.Message | p.Tolerated)
    except p.RemoteProtocolError as error:
        return error
    return None


def feed(session, data):
    """Gives octets to a session; answers an error with what it says, and goes on if it may."""
    for _ in range(50):
        error = hear(session, data)
        if error is None:
            return
        assert error.diagnostic in p.DIAGNOSTICS
        if error.reply is None:
            assert session.must_close
            return
        assert session.send(error.reply)
        data = b""
    pytest.fail("fifty errors in one piece of data")


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


def damaged(random_, wire):
    """Octets changed, removed, doubled or inserted here and there."""
    out = bytearray(wire)
    for _ in range(random_.randint(1, 6)):
        at = random_.randrange(len(out))
        match random_.randrange(4):
            case 0:
                out[at] = random_.randrange(256)
            case 1:
                del out[at : at + random_.randint(1, 4)]
            case 2:
                out[at:at] = out[at : at + random_.randint(1, 30)]
            case _:
                out[at:at] = random_.randbytes(random_.randint(1, 6))
        out = out or bytearray(b"\0")
    return bytes(out)


EXAMPLES = [octets(row[4]) for row in FPDUS]


@pytest.mark.parametrize("options", OPTIONS, ids=["lenient", "strict"])
@pytest.mark.parametrize("state", STATES)
def test_damaged_examples(state, options):
    random_ = random.Random(state)
    for _ in range(150):
        dialogue = up_to(state, options)
        session = random_.choice([dialogue.server, dialogue.requester])
        for _ in range(4):
            feed(session, damaged(random_, entity(random_.choice(EXAMPLES))))


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


def test_small_strings_cannot_become_a_large_article():
    compression = p.Compression(horizontal=True)
    dialogue = Dialogue().connected()
    dialogue.writing(big(), p.Orf(compression=compression), p.AckOrf(compression=compression))
    with pytest.raises(p.RemoteProtocolError, match="2-220"):
        list(dialogue.server.receive(entity(frame_octets(p.Kind.DTF, Y, 0, b"\xbfx" * 30_000))))
