"""How the first octets tell what comes, and that the pieces they come in do not matter."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, PRECONNECTION, X, Y, entity, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.crc import check_octets

PLAIN = p.fpdu(CONNECT, 0, X)
CHECKED = p.fpdu(msgspec.structs.replace(CONNECT, crc=True), 0, X)


def with_check(fpdu):
    return fpdu + check_octets(fpdu)


STARTS = {
    "prefix": (entity(PLAIN), p.Framing.PREFIXED, False),
    "no prefix": (PLAIN, p.Framing.RAW, False),
    "prefix, check octets": (entity(with_check(CHECKED)), p.Framing.PREFIXED, True),
    "no prefix, check octets": (with_check(CHECKED), p.Framing.RAW, True),
}


@pytest.mark.parametrize(("wire", "framing", "crc"), STARTS.values(), ids=STARTS)
def test_the_server_answers_in_the_framing_it_was_called_in(wire, framing, crc):
    server = p.Server(Y)
    [connect] = server.receive(wire)
    assert connect.requester == "ACME"
    answer = server.send(p.Aconnect())
    fpdu = p.fpdu(p.Aconnect(), X, Y)
    expected = with_check(fpdu) if crc else fpdu
    assert answer == (entity(expected) if framing is p.Framing.PREFIXED else expected)


@pytest.mark.parametrize("greeting_prefixed", [True, False])
@pytest.mark.parametrize(("wire", "framing", "crc"), STARTS.values(), ids=STARTS)
def test_a_pre_connection_does_not_decide_for_what_follows(wire, framing, crc, greeting_prefixed):
    greeting = octets(PRECONNECTION[0])
    server = p.Server(Y)
    seen = []
    for event in server.receive((entity(greeting) if greeting_prefixed else greeting) + wire):
        seen.append(event)
        if isinstance(event, p.PreConnection):
            answer = server.send(p.PreAccept())
            accepted = octets(PRECONNECTION[1])
            assert answer == (entity(accepted) if greeting_prefixed else accepted)
    assert [type(event) for event in seen] == [p.PreConnection, p.Connect]
    assert server._reader.framing is framing


@pytest.mark.parametrize("framing", p.Framing)
def test_the_requester_reads_either_framing(framing):
    requester = p.Requester(X)
    requester.send(CONNECT)
    fpdu = p.fpdu(p.Aconnect(), X, Y)
    [answer] = requester.receive(entity(fpdu) if framing is p.Framing.PREFIXED else fpdu)
    assert answer == p.Aconnect()


def test_a_name_too_long_for_a_pre_connection_is_our_callers_mistake():
    with pytest.raises(p.LocalProtocolError, match="8 ASCII characters"):
        p.Requester(X).send(p.PreConnection(identifier="TOO-LONG-A-NAME"))


ANSWERS = {
    p.PreConnection: p.PreAccept(),
    p.Connect: p.Aconnect(sync=p.SyncOption(32, 4), resync=True),
    p.Create: p.AckCreate(),
    p.Write: p.AckWrite(),
    p.Crf: p.AckCrf(),
    p.Deselect: p.AckDeselect(),
    p.Msg: p.AckMsg(),
    p.Release: p.Relconf(),
}


def listen(pieces, options):
    """Plays the server on pieces of what a requester says."""
    server = p.Server(Y, options)
    seen = []
    for piece in pieces:
        for event in server.receive(piece):
            seen.append(event)
            if isinstance(event, p.Orf):
                server.send(p.AckOrf(compression=event.compression))
            elif isinstance(event, p.Syn):
                server.send(p.AckSyn(number=event.number))
            elif isinstance(event, p.TransEnd):
                server.send(p.AckTransEnd(octets=event.octets, articles=event.articles))
            elif type(event) in ANSWERS:
                server.send(ANSWERS[type(event)])
    return seen, server.state


def requester_octets(framing, crc, compression):
    """The requester's half of a session, by playing it against a server."""
    requester = p.Requester(X, p.Options(framing=framing, packing=p.Packing.FILL))
    server = p.Server(Y)
    said = b""

    def ask(*messages):
        nonlocal said
        wire = requester.send(*messages)
        said += wire
        for event in server.receive(wire):
            if isinstance(event, p.Orf):
                answer = p.AckOrf(compression=event.compression)
            elif isinstance(event, p.Syn):
                answer = p.AckSyn(number=event.number)
            elif isinstance(event, p.TransEnd):
                answer = p.AckTransEnd(octets=event.octets, articles=event.articles)
            else:
                answer = ANSWERS.get(type(event))
            if answer:
                list(requester.receive(server.send(answer)))

    ask(p.PreConnection(identifier="ACME", password="secret"))
    ask(msgspec.structs.replace(CONNECT, crc=crc))
    ask(big(max_entity=300))
    ask(p.Orf(compression=compression))
    ask(p.Write())
    articles = tuple(b"article %03d " % n * (n % 30 + 1) for n in range(40))
    ask(p.Data(articles=articles), p.Syn(number=1), p.DtfEnd())
    octets_, count = requester.transfer.moved
    ask(p.TransEnd(octets=octets_, articles=count))
    ask(p.Crf())
    ask(p.Deselect())
    ask(p.Msg(file_name="F", transfer_id=1, text=b"m" * 9000))
    ask(p.Release())
    return said


SESSIONS = [
    requester_octets(framing, crc, compression)
    for framing in p.Framing
    for crc in (None, True)
    for compression in (p.Compression(), p.Compression(horizontal=True, vertical=True))
]


@pytest.mark.parametrize("wire", SESSIONS)
def test_octet_by_octet_gives_the_events_of_the_whole(wire):
    whole = listen([wire], p.Options(profile=p.STRICT))
    assert whole[1] is p.State.CLOSED
    assert not [event for event in whole[0] if isinstance(event, p.Tolerated)]
    assert listen([wire[at : at + 1] for at in range(len(wire))], p.Options()) == whole


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SESSIONS), st.lists(st.integers(0, 30_000), max_size=12))
def test_any_split_gives_the_events_of_the_whole(wire, cuts):
    edges = [0, *sorted(cut % len(wire) for cut in cuts), len(wire)]
    pieces = [wire[start:end] for start, end in itertools.pairwise(edges)]
    assert listen(pieces, p.Options()) == listen([wire], p.Options())


@pytest.mark.parametrize(
    "wire",
    [
        requester_octets(p.Framing.RAW, None, p.Compression())[:200] + b"\0\3" + bytes(50),
        b"GET / HTTP/1.1\r\nHost: aife\r\n\r\n",
        requester_octets(p.Framing.PREFIXED, None, p.Compression())[:200] + b"\0\0" + bytes(50),
    ],
)
def test_any_split_gives_the_error_of_the_whole(wire):
    def said(pieces):
        session = p.Server(Y)
        with pytest.raises(p.RemoteProtocolError) as error:
            for piece in pieces:
                for event in session.receive(piece):
                    if isinstance(event, p.Connect):
                        session.send(p.Aconnect(resync=True))
        return str(error.value)

    for size in range(1, 20):
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert said(pieces) == said([wire])


def test_what_is_not_asked_for_is_not_lost():
    dialogue = Dialogue().connected().writing(big())
    wire = dialogue.requester.send(p.Data(articles=(b"1",)), p.Syn(number=1))
    events = dialogue.server.receive(wire)
    first = next(events)
    events.close()
    [second] = dialogue.server.receive(b"")
    assert (first.articles, second.number) == ((b"1",), 1)


def test_nothing_is_buffered_past_the_end_of_the_dialogue():
    dialogue = Dialogue().connected().released()
    list(dialogue.server.receive(b"x" * 100_000))
    assert not dialogue.server._reader._buffer
