"""The core against a second implementation that shares nothing with it."""

import pytest
from pesit_dialogue import big
from pesit_examples import CONNECT, FPDUS
from pesit_naive import NaiveRequester, NaiveServer, entity, fpdu, number, pi

from simulator.wire import pesit as p

ANSWERS = {
    p.Connect: p.accept,
    p.Create: p.accept_create,
    p.Orf: p.accept_open,
    p.Write: lambda event: p.AckWrite(),
    p.TransEnd: lambda event: p.AckTransEnd(octets=event.octets, articles=event.articles),
    p.Crf: lambda event: p.AckCrf(),
    p.Deselect: lambda event: p.AckDeselect(),
    p.Release: lambda event: p.Relconf(),
}


@pytest.mark.parametrize("profile", [p.LENIENT, p.STRICT], ids=["lenient", "strict"])
def test_a_naive_requester_writes_a_file_to_our_server(profile):
    server = p.Server(0x62, p.Options(profile=profile))
    naive = NaiveRequester()
    got = []

    def hear(octets):
        out = b""
        for event in server.receive(octets):
            if isinstance(event, p.Data):
                got.extend(event.articles)
            elif type(event) in ANSWERS:
                out += server.send(ANSWERS[type(event)](event))
        return out

    answer = hear(naive.connect())
    assert answer[4:7] == bytes((0x40, 0x21, naive.x))
    naive.y = answer[7]
    articles = [b"one", b"two", b"three" * 100]
    for said, expected in naive.push(b"INVOICES", 9, articles):
        answer = hear(said)
        assert (tuple(answer[4:6]) or None) == expected
    assert got == articles
    assert server.state is p.State.CLOSED


def test_our_requester_writes_a_file_to_a_naive_server():
    naive = NaiveServer()
    requester = p.Requester(0x01)

    def ask(*messages):
        return list(requester.receive(naive.hear(requester.send(*messages))))

    ask(CONNECT)
    assert requester.peer_id == naive.y
    ask(big())
    ask(p.Orf())
    ask(p.Write())
    assert requester.transfer.max_entity == 4096
    feed = p.Feed(requester, lambda mark: iter([b"x" * 1000] * 20))
    while not feed.is_done:
        naive.hear(feed.more())
    ask(p.TransEnd(octets=20_000, articles=20))
    ask(p.Crf())
    ask(p.Deselect())
    ask(p.Release())
    assert requester.state is p.State.CLOSED
    assert naive.data == b"x" * 20_000


@pytest.mark.parametrize("row", FPDUS, ids=[row[0] for row in FPDUS])
def test_the_naive_encoder_writes_the_examples_from_their_units(row):
    """Takes an example apart by hand and puts it together again: the naive view holds."""
    wire = bytes.fromhex(row[4])
    body, parts = wire[6:], []
    while body:
        size = body[1]
        parts.append(pi(body[0], body[2 : 2 + size]))
        body = body[2 + size :]
    assert fpdu(wire[2], wire[3], wire[4], wire[5], b"".join(parts)) == wire
    assert entity(wire)[:2] == wire[:2]
    assert number(300) == b"\x01\x2c"
