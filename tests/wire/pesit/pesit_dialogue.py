"""A requester and a server that talk to each other without a network.

A test reads as the dialogue it is about: ``ask`` says something on the requester's side and gives
what the server heard, ``answer`` the other way round.
"""

import msgspec
from pesit_examples import ACONNECT, CONNECT, CREATE, SELECT

from simulator.wire import pesit as p


class Dialogue:
    def __init__(self, requester=None, server=None, now=0.0):
        self.requester = p.Requester(0x01, requester or p.Options(), now)
        self.server = p.Server(0x62, server or p.Options(), now)
        self.wire = []

    def ask(self, *messages, now=0.0):
        octets = self.requester.send(*messages, now=now)
        self.wire.append(octets)
        return list(self.server.receive(octets, now))

    def answer(self, *messages, now=0.0):
        octets = self.server.send(*messages, now=now)
        self.wire.append(octets)
        return list(self.requester.receive(octets, now))

    @property
    def states(self):
        return self.requester.state, self.server.state

    def connected(self, connect=CONNECT, aconnect=ACONNECT):
        self.ask(connect)
        self.answer(aconnect)
        return self

    def writing(self, create=CREATE, orf=None, ackorf=None, point=0):
        """Up to the data of a write."""
        self.ask(create)
        self.answer(p.AckCreate())
        self.ask(orf or p.Orf())
        self.answer(ackorf or p.AckOrf())
        self.ask(p.Write())
        self.answer(p.AckWrite(restart_point=point))
        return self

    def reading(self, select=SELECT, chosen=CREATE, point=0):
        """Up to the data of a read."""
        self.ask(select)
        self.answer(p.accept_select(select, chosen))
        self.ask(p.Orf())
        self.answer(p.AckOrf())
        self.ask(p.Read(restart_point=point))
        self.answer(p.AckRead())
        return self

    def ended(self):
        """From the end of the data to the connection, with the counts of both sides."""
        octets, articles = self.requester.transfer.moved
        self.ask(p.TransEnd(octets=octets, articles=articles))
        octets, articles = self.server.transfer.moved
        self.answer(p.AckTransEnd(octets=octets, articles=articles))
        return self.left()

    def left(self):
        """From an open file back to the connection."""
        self.ask(p.Crf())
        self.answer(p.AckCrf())
        self.ask(p.Deselect())
        self.answer(p.AckDeselect())
        return self

    def released(self):
        self.ask(p.Release())
        self.answer(p.Relconf())
        return self


def big(create=CREATE, **changes):
    """The example CREATE with room for a test's file."""
    return msgspec.structs.replace(create, **{"max_reserved": 1 << 20, **changes})


def pump(dialogue, source, *, acknowledge=True, batch=1 << 16):
    """Runs a whole data phase; gives the octets of the file as they were received."""
    writing = dialogue.requester.transfer.writing
    sender = dialogue.requester if writing else dialogue.server
    back = dialogue.answer if writing else dialogue.ask
    feed = p.Feed(sender, source, batch)
    received = []
    while not feed.is_done:
        octets = feed.more()
        assert octets, "the feed is blocked and nothing will unblock it"
        receiver = dialogue.server if writing else dialogue.requester
        for event in receiver.receive(octets):
            if isinstance(event, p.Data):
                received += event.articles
            elif isinstance(event, p.Syn) and acknowledge:
                back(p.AckSyn(number=event.number))
    return received
