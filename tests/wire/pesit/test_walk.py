"""Two sessions that say anything they may, while what they say is still on its way.

The strict profile reads everything: whatever one side may send, in any state, however late it
arrives, the other side must take without an error; and when the wire is empty both agree.
"""

import random

import msgspec
import pytest
from pesit_dialogue import big
from pesit_examples import ACONNECT, CONNECT, SELECT, X, Y

from simulator.wire import pesit as p

STRICT = p.Options(profile=p.STRICT)
CHOSEN = big()


def moves(random_, session):
    """Something that a session might want to say; the table decides whether it may."""
    transfer = session.transfer
    point = random_.randint(0, transfer.last_point) if transfer else 0
    counts = transfer.moved if transfer else (0, 0)
    refused = p.Diagnostic(2, 299) if random_.random() < 0.2 else p.SUCCESS
    compression = p.Compression(random_.random() < 0.5, random_.random() < 0.5)
    asked = transfer.asked if transfer else p.Compression()
    back = transfer.wanted if transfer else 0
    rare = [
        p.Resyn(restart_point=transfer.acknowledged if transfer else 0),
        p.Idt(end_code=random_.choice(list(p.EndCode))),
    ]
    return (rare if random_.random() < 0.15 else []) + [
        CONNECT,
        ACONNECT,
        big(transfer_id=random_.randint(1, 9), max_entity=random_.choice([64, 500, 4096])),
        p.AckCreate(diagnostic=refused),
        SELECT,
        p.AckSelect(diagnostic=refused)
        if not refused.is_success
        else p.accept_select(SELECT, CHOSEN),
        p.Orf(compression=compression),
        p.AckOrf(diagnostic=refused, compression=asked),
        p.Write(),
        p.AckWrite(diagnostic=refused),
        p.Read(),
        p.AckRead(diagnostic=refused),
        p.Data(articles=tuple(random_.randbytes(random_.randint(1, 900)) for _ in range(3))),
        p.Data(articles=(b"same" * 50, b"same" * 50)),
        p.Syn(number=transfer.next_point if transfer else 1),
        p.AckSyn(number=point),
        p.DtfEnd(),
        p.TransEnd(octets=counts[0], articles=counts[1]),
        p.AckTransEnd(diagnostic=refused, octets=counts[0], articles=counts[1]),
        p.AckResyn(restart_point=random_.choice([back, 0])),
        p.AckIdt(),
        p.Crf(),
        p.AckCrf(),
        p.Deselect(),
        p.AckDeselect(),
        p.Msg(file_name="F", transfer_id=1, attributes=0, text=b"m" * random_.randint(1, 9000)),
        p.AckMsg(),
    ]


class Wire:
    """Octets on their way in one direction."""

    def __init__(self):
        self.octets = b""
        self.articles = []

    def deliver(self, random_, session):
        size = random_.choice([1, 7, 50, 5000, len(self.octets)])
        piece, self.octets = self.octets[:size], self.octets[size:]
        for event in session.receive(piece):
            assert isinstance(event, p.Message)


def walk(seed, steps):
    random_ = random.Random(seed)
    framing = random_.choice(list(p.Framing))
    packing = random_.choice(list(p.Packing))
    options = msgspec.structs.replace(STRICT, framing=framing, packing=packing)
    requester, server = p.Requester(X, options), p.Server(Y, options)
    towards_server, towards_requester = Wire(), Wire()
    visited = set()
    for _ in range(steps):
        session, out, back = random_.choice(
            [
                (requester, towards_server, towards_requester),
                (server, towards_requester, towards_server),
            ]
        )
        if random_.random() < 0.45:
            back.deliver(random_, session)
        else:
            for message in random_.sample(moves(random_, session), 8):
                try:
                    out.octets += session.send(message)
                except p.LocalProtocolError:
                    continue
                break
        visited.add(session.state)
    while towards_server.octets or towards_requester.octets:
        towards_server.deliver(random_, server)
        towards_requester.deliver(random_, requester)
    assert requester.state is server.state
    if requester.state in {p.State.DATA, p.State.DATA_ENDED, p.State.ENDING}:
        assert requester.transfer.mark == server.transfer.mark
        assert requester.transfer.moved == server.transfer.moved
    return visited


@pytest.mark.parametrize("batch", range(8))
def test_whatever_may_be_sent_is_taken_however_late_it_arrives(batch):
    for seed in range(batch * 30, batch * 30 + 30):
        walk(seed, 300)


def test_the_walks_go_through_every_state_but_the_ends():
    visited = set().union(*(walk(seed, 400) for seed in range(60)))
    beginnings = {p.State.IDLE, p.State.PRECONNECTING, p.State.PRECONNECTED}
    ends = {p.State.RELEASING, p.State.CLOSED, p.State.FAILED}
    assert set(p.State) - visited <= beginnings | ends
