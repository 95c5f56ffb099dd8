"""Damaged PeSIT, by the ten thousand: inputs of the codec and of sessions, and what comes of them.

Shared by `test_fuzz` (100,000 inputs in CI) and ``bench/fuzz/pesit.py`` (as many as you like). An
input is one damaged entity, stream or body. Anything but our own errors leaves as it was raised.
"""

from functools import cache

from pesit_dialogue import Dialogue, big
from pesit_examples import FPDUS, SELECT, Y, entity, octets
from pesit_tour import tours

from simulator.wire import pesit as p
from simulator.wire.pesit.articles import split
from simulator.wire.pesit.compression import Expander
from simulator.wire.pesit.dissect import dissect
from simulator.wire.pesit.fpdu import decode_body, encode_body, frame_octets
from simulator.wire.pesit.framing import Reader
from simulator.wire.pesit.kinds import LAYOUT
from simulator.wire.pesit.overhearing import pieces_of
from simulator.wire.pesit.recording import RecordingError, read_recording, recording_text
from simulator.wire.pesit.states import TABLE

BOTH = p.Compression(horizontal=True, vertical=True)
OPTIONS = [p.Options(), p.Options(profile=p.STRICT)]
KINDS = [kind for kind in p.Kind if kind < 0x1_0000]
STATES = ["idle", "connected", "writing", "reading", "article", "interrupted", "resynchronising"]
EXAMPLES = [entity(octets(row[4])) for row in FPDUS]
MOST_KEPT = 2 * 65537
"""Octets that a session may keep: one entity, and what came with its end."""
USES = 40
"""Inputs that one session is given at most."""


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


def hear(session, data):
    """The error that some octets end in, or None."""
    try:
        for event in session.receive(data):
            assert isinstance(event, p.Message | p.Tolerated)
    except p.RemoteProtocolError as error:
        return error
    return None


def feed(session, data):
    """Gives octets to a session; answers an error with what it says, and goes on if it may.

    Gives the diagnostic of the last error, or ``fine``.
    """
    outcome = "fine"
    for _ in range(50):
        error = hear(session, data)
        assert len(session._reader._buffer) <= MOST_KEPT
        if error is None:
            return outcome
        outcome = str(error.diagnostic)
        assert error.diagnostic in p.DIAGNOSTICS
        if error.reply is None:
            assert session.must_close
            return outcome
        asked_back = isinstance(error.reply, p.Resyn)  # 1-100, where ABORT would say 3-310
        assert asked_back or error.reply.diagnostic == error.diagnostic
        assert session.send(error.reply)
        data = b""
    raise AssertionError("fifty errors in one piece of data")


def damaged(chance, wire):
    """Octets changed, removed, doubled or inserted here and there."""
    out = bytearray(wire)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out))
        match chance.randrange(4):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                del out[at : at + chance.randint(1, 4)]
            case 2:
                out[at:at] = out[at : at + chance.randint(1, 30)]
            case _:
                out[at:at] = chance.randbytes(chance.randint(1, 6))
        out = out or bytearray(b"\0")
    return bytes(out)


@cache
def entities():
    """Every FPDU of the tours behind its prefix, and the examples."""
    told = {piece.fpdu for one in tours().values() for piece in pieces_of(one) if piece.fpdu}
    return sorted({*EXAMPLES, *map(entity, told)})


@cache
def bodies():
    """Parameter areas of real FPDUs, with their types."""
    kinds = [(p.Kind(int.from_bytes(one[4:6], "big")), one[8:]) for one in entities()]
    return [(kind, body) for kind, body in kinds if kind in LAYOUT and body]


@cache
def by_kind():
    """Bodies of real FPDUs, data among them, by their types."""
    found = {}
    for one in entities():
        found.setdefault(p.Kind(int.from_bytes(one[4:6], "big")), []).append(one[8:])
    return found


@cache
def streams():
    """What a side says in a whole session, short ones."""
    whole = [one.octets(direction) for one in tours().values() for direction in "><"]
    return [stream for stream in whole if 0 < len(stream) < 3000]


@cache
def texts():
    """Recordings as text, short ones."""
    return [text for one in tours().values() if len(text := recording_text(one)) < 2000]


def refuse(deviation, words, code=None):
    """A judge that refuses everything."""
    raise p.RemoteProtocolError(f"{deviation}: {words}", p.Diagnostic(3, 318))


JUDGES = [refuse, lambda deviation, words, code=None: None]


def body_input(chance):
    """A damaged parameter area, read, and written again when it could be read."""
    kind, body = chance.choice(bodies())
    if chance.random() < 0.1:
        kind = chance.choice(list(LAYOUT))
    try:
        message = decode_body(kind, damaged(chance, body), chance.choice(JUDGES))
    except p.RemoteProtocolError as error:
        return str(error.diagnostic)
    try:
        encode_body(message, kind)
    except p.LocalProtocolError:
        return "read, and more than may be sent"
    return "read"


def article_input(chance):
    """Articles of a DTF, and compressed strings."""
    octets_ = damaged(chance, chance.choice([b"\0\3abc\0\2de", b"\x85A\x02BC\x84D", b"\xc9\x012"]))
    try:
        found = split(octets_, chance.choice([0, 0, 1, 2, chance.randrange(256)]))
        expander = Expander(chance.choice(["blank", "kept"]))
        for one in found:
            assert len(expander.expand(one, chance.choice(JUDGES))) <= 63 * (len(one) + 1)
    except p.RemoteProtocolError as error:
        return str(error.diagnostic)
    return "read"


def stream_input(chance):
    """A damaged session for the reader of entities, in two pieces."""
    stream = damaged(chance, chance.choice(streams()))
    cut = chance.randint(0, len(stream))
    reader = Reader()
    try:
        for piece in (stream[:cut], stream[cut:]):
            reader.feed(piece)
            while reader.next() is not None:
                pass
    except p.RemoteProtocolError as error:
        return str(error.diagnostic)
    return "read"


def dissected_input(chance):
    """A damaged entity for the decoder, which never fails."""
    stream = damaged(chance, chance.choice(entities()))
    pieces = list(dissect(stream))
    assert all(str(piece) for piece in pieces)
    return "taken apart, faults" if any(one.faults for one in pieces) else "taken apart"


def text_input(chance):
    """A damaged recording."""
    text = damaged(chance, chance.choice(texts()).encode()).decode("latin-1")
    try:
        read_recording(text)
    except RecordingError:
        return "no recording"
    return "a recording"


CODEC = [body_input] * 12 + [article_input] * 5 + [stream_input, dissected_input, text_input]
"""Most of what is cheap, some of what is not."""


def codec_input(chance):
    """One damaged input of the codec; what came of it."""
    return chance.choice(CODEC)(chance)


class Sessions:
    """Gives damaged entities to sessions in every state; a session is used until it is over."""

    def __init__(self):
        self.session = None
        self.uses = 0

    def input(self, chance):
        """One damaged entity of a session; what came of it."""
        self.uses += 1
        ends = {p.State.CLOSED, p.State.FAILED}
        if self.session is None or self.session.state in ends or self.uses > USES:
            dialogue = up_to(chance.choice(STATES), chance.choice(OPTIONS))
            self.session = chance.choice([dialogue.server, dialogue.requester])
            self.uses = 0
        return feed(self.session, self.octets(chance))

    def octets(self, chance):
        """Half of the time an FPDU of this state, whole but for its body; else anything, damaged."""
        here = [kind for kind in TABLE[self.session.state] if kind in by_kind()]
        if not here or chance.random() < 0.5:
            return damaged(chance, chance.choice(entities()))
        kind = chance.choice(here)
        body = chance.choice(by_kind()[kind])
        body = damaged(chance, body) if body and chance.random() < 0.6 else body
        count = chance.choice([0, 0, 1, 2]) if kind is p.Kind.DTF else 0
        return entity(frame_octets(kind, self.session.own_id, count, body))
