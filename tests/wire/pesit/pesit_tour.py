"""Sessions that say everything there is to say: every FPDU each way, every parameter we send.

`tours` gives them as recordings by name; those of ``sessions/`` are the same, committed, so that a
change of what we put on the wire is seen as a difference of text.
"""

import io
from functools import cache

import msgspec
from pesit_dialogue import Dialogue, big
from pesit_examples import ACONNECT, CONNECT, SELECT

from simulator.wire import pesit as p
from simulator.wire.pesit.dissect import commentator
from simulator.wire.pesit.recording import BACKWARD, FORWARD, Header, Recorder, read_recording

NO = p.Diagnostic.named("other-file-error")
FULL = {
    "requester": "ACME",
    "server": "HUB",
    "restarted": False,
    "data_code": p.DataCode.ASCII,
    "article_format": p.ArticleFormat.VARIABLE,
    "organisation": 2,
    "label": "INVOICES OF NOVEMBER",
    "key_length": 4,
    "key_offset": 0,
    "reservation_unit": 0,
    "created": "261112123000",
    "extracted": "261113123000",
    "originator": "ORIGIN",
    "recipient": "DESTINATION",
    "free": "free text",
}


class Taped(Dialogue):
    """A dialogue whose octets are recorded, a quarter of a second after each other."""

    def __init__(self, name, requester=None, server=None):
        super().__init__(requester, server)
        self.text = io.StringIO()
        header = Header(session=name, fields={"requester": "ACME", "server": "HUB"})
        self.recorder = Recorder(self.text, header, commentator())
        self.moment = 0.0
        self.tape(self.requester, FORWARD)
        self.tape(self.server, BACKWARD)

    def tape(self, session, direction):
        say = session.send

        def taped(*messages, now=0.0):
            octets = say(*messages, now=now)
            self.recorder(direction, octets, self.moment)
            self.moment += 0.25
            return octets

        session.send = taped

    def resync(self, by_server, point):
        first, second = (self.answer, self.ask) if by_server else (self.ask, self.answer)
        first(p.Resyn(diagnostic=p.Diagnostic(1, 100), restart_point=point, complement=b"\x01"))
        second(p.AckResyn(restart_point=point))

    def interrupt(self, by_server, code=p.EndCode.ERROR):
        first, second = (self.answer, self.ask) if by_server else (self.ask, self.answer)
        first(p.Idt(diagnostic=p.Diagnostic(2, 216), end_code=code, complement=b"why"))
        second(p.AckIdt())


def push(name="push"):
    """A write with every parameter, points, both resynchronisations, both interruptions."""
    d = Taped(name).connected(
        msgspec.structs.replace(CONNECT, crc=False, watchdog=60, free="hello"),
        msgspec.structs.replace(ACONNECT, access=p.Access("server"), free="welcome"),
    )
    d.ask(big(max_entity=64, **FULL))
    d.answer(p.AckCreate(transfer_id=1, complement=b"ok", free="taken"))
    both = p.Compression(horizontal=True, vertical=True)
    d.ask(p.Orf(compression=both))
    d.answer(p.AckOrf(compression=p.Compression(horizontal=True), complement=b"half"))
    d.ask(p.Write())
    d.answer(p.AckWrite(complement=b"go"))
    for by_server in (True, False):
        d.ask(p.Data(articles=(b"one", b"twwwwwwwwwwwwwwwwo")), p.Syn(number=1))
        d.answer(p.AckSyn(number=1))
        d.ask(p.Data(articles=(bytes(range(40, 240)),)))
        d.resync(by_server, 0)
    d.ask(p.Data(articles=(b"last",)), p.DtfEnd(complement=b"end"))
    octets, articles = d.requester.transfer.moved
    d.ask(p.TransEnd(octets=octets, articles=articles))
    d.answer(p.AckTransEnd(octets=octets, articles=articles, complement=b"got it"))
    for by_server in (True, False):
        d.ask(p.Write())
        d.answer(p.AckWrite())
        d.interrupt(by_server)
    d.ask(p.Crf(complement=b"close"))
    d.answer(p.AckCrf(complement=b"closed"))
    d.ask(p.Deselect(complement=b"leave", free="bye"))
    d.answer(p.AckDeselect(complement=b"left", free="bye"))
    d.ask(p.Release(complement=b"end", free="bye"))
    d.answer(p.Relconf(free="bye"))
    return d


def pull(name="pull"):
    """A read with every parameter, segments, points, both resynchronisations, both interruptions."""
    d = Taped(name).connected()
    chosen = big(max_entity=64, **FULL)
    answer = p.accept_select(msgspec.structs.replace(SELECT, max_entity=64), chosen)
    d.ask(
        msgspec.structs.replace(
            SELECT,
            requester="ACME",
            server="HUB",
            restarted=False,
            max_entity=64,
            originator="ORIGIN",
            recipient="DESTINATION",
            free=" ",
        )
    )
    d.answer(msgspec.structs.replace(answer, complement=b"found", free="taken"))
    d.ask(p.Orf())
    d.answer(p.AckOrf())
    d.ask(p.Read(restart_point=0))
    d.answer(p.AckRead(complement=b"go"))
    for by_server in (True, False):
        d.answer(p.Data(articles=(b"one", b"two")), p.Syn(number=1))
        d.ask(p.AckSyn(number=1))
        d.answer(p.Data(articles=(bytes(range(40, 240)),)))
        d.resync(by_server, 1 if by_server else 0)
        d.resync(not by_server, 0)
    d.answer(p.Data(articles=(b"last",)), p.DtfEnd())
    d.ended()
    d.reading(chosen=chosen)
    d.interrupt(by_server=True)
    d.ask(p.Read())
    d.answer(p.AckRead())
    d.interrupt(by_server=False, code=p.EndCode.CANCELLED_BY_REQUESTER)
    return d.left().released()


def messages(name="messages"):
    """Short and long messages behind a pre-connection, and what is refused on the way."""
    d = Taped(name)
    d.ask(p.PreConnection(identifier="ACME", password="secret"))
    d.answer(p.PreAccept())
    d.connected(msgspec.structs.replace(CONNECT, access=p.Access("secret", "newer")))
    whole = {"requester": "ACME", "server": "HUB", "originator": "O", "recipient": "R"}
    whole |= {"attributes": 1, "data_code": 0, "created": "261112123000", "file_name": "F"}
    d.ask(p.Msg(transfer_id=1, text=b"short", **whole))
    d.answer(p.AckMsg(transfer_id=1, data_code=0, complement=b"ok", text=b"thanks"))
    d.ask(p.Msg(transfer_id=2, text=b"long " * 2000, **whole))
    d.answer(p.AckMsg(diagnostic=p.Diagnostic.named("message-refused")))
    d.ask(big())
    d.answer(p.AckCreate(diagnostic=NO))
    d.ask(SELECT)
    d.answer(p.AckSelect(diagnostic=p.Diagnostic.named("file-not-found")))
    d.ask(p.Abort(diagnostic=p.Diagnostic(3, 312), complement=b"stop"))
    return d


def refused(name="refused"):
    """A connection that is refused."""
    d = Taped(name)
    d.ask(CONNECT)
    d.answer(p.Rconnect(diagnostic=p.Diagnostic(3, 304), complement=b"who", free="no"))
    return d


def greeting_refused(name="greeting-refused"):
    """A pre-connection that is refused."""
    d = Taped(name)
    d.ask(p.PreConnection(identifier="WHO"))
    d.answer(p.PreRefuse())
    return d


def checked(name="checked"):
    """Check octets and no prefix; the server gives up in the middle."""
    raw = p.Options(framing=p.Framing.RAW)
    d = Taped(name, requester=raw).connected(msgspec.structs.replace(CONNECT, crc=True))
    d.writing(big(data_code=p.DataCode.EBCDIC))
    d.ask(p.Data(articles=("FACTURE".encode("cp037"),)), p.Syn(number=1))
    d.answer(p.Abort(diagnostic=p.Diagnostic(3, 316)))
    return d


SESSIONS = {
    one.__name__.replace("_", "-"): one
    for one in (push, pull, messages, refused, greeting_refused, checked)
}


@cache
def tours():
    """Every session as a recording, by its name."""
    return {name: read_recording(one(name).text.getvalue()) for name, one in SESSIONS.items()}
