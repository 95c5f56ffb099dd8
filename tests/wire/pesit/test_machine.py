"""Our server against a second table of its states, written from the protocol facts alone.

The model below is the text's server as a person would draw it; it shares nothing with
``states.py``. What the requester says is written by the naive encoder. Hypothesis walks, and in
every state that is reached every FPDU is tried on a server that came the same way.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pesit_examples import PRECONNECTION
from pesit_naive import entity, fpdu, number, pi

from simulator.wire import pesit as p

X, Y = 0x0A, 0x77
NO = p.Diagnostic(2, 299)
ZERO = pi(2, b"\0\0\0")

# FPDU: octets 3 and 4
TYPES = {
    "CONNECT": (0x40, 0x20), "ACONNECT": (0x40, 0x21), "RCONNECT": (0x40, 0x22),
    "RELEASE": (0x40, 0x23), "RELCONF": (0x40, 0x24), "ABORT": (0x40, 0x25),
    "READ": (0xC0, 0x01), "WRITE": (0xC0, 0x02), "SYN": (0xC0, 0x03), "DTF.END": (0xC0, 0x04),
    "RESYN": (0xC0, 0x05), "IDT": (0xC0, 0x06), "TRANS.END": (0xC0, 0x08),
    "CREATE": (0xC0, 0x11), "SELECT": (0xC0, 0x12), "DESELECT": (0xC0, 0x13), "ORF": (0xC0, 0x14),
    "CRF": (0xC0, 0x15), "MSG": (0xC0, 0x16), "MSGDM": (0xC0, 0x17), "MSGMM": (0xC0, 0x18),
    "MSGFM": (0xC0, 0x19), "ACK(CREATE)": (0xC0, 0x30), "ACK(SELECT)": (0xC0, 0x31),
    "ACK(DESELECT)": (0xC0, 0x32), "ACK(ORF)": (0xC0, 0x33), "ACK(CRF)": (0xC0, 0x34),
    "ACK(READ)": (0xC0, 0x35), "ACK(WRITE)": (0xC0, 0x36), "ACK(TRANS.END)": (0xC0, 0x37),
    "ACK(SYN)": (0xC0, 0x38), "ACK(RESYN)": (0xC0, 0x39), "ACK(IDT)": (0xC0, 0x3A),
    "ACK(MSG)": (0xC0, 0x3B), "DTF": (0x00, 0x00), "DTFMA": (0x00, 0x40), "DTFDA": (0x00, 0x41),
    "DTFFA": (0x00, 0x42),
}  # fmt: skip
FILE = pi(9, pi(11, b"\0") + pi(12, b"F")) + pi(13, b"\1")
BODIES = {
    "CONNECT": pi(3, b"NAIVE") + pi(4, b"HUB") + pi(6, b"\2") + pi(7, b"\0\x20\0") + pi(22, b"\2")
    + pi(23, b"\1"),
    "CREATE": FILE + pi(17, b"\1") + pi(25, b"\x10\0") + pi(30, pi(31, b"\x80") + pi(32, b"\x10"))
    + pi(40, pi(41, b"\0") + pi(42, b"\x64")),
    "SELECT": FILE + pi(17, b"\1") + pi(25, b"\x10\0"),
    "MSG": FILE + pi(91, b"m"), "MSGDM": FILE + pi(91, b"m"), "MSGMM": pi(91, b"m"),
    "MSGFM": pi(91, b"m"), "READ": pi(18, b"\0"), "RESYN": ZERO + pi(18, b"\0"),
    "ACK(RESYN)": pi(18, b"\0"), "WRITE": b"", "ORF": b"", "TRANS.END": b"", "RELCONF": b"",
    "ACK(IDT)": b"", "DTF": b"data", "DTFDA": b"d", "DTFMA": b"d", "DTFFA": b"d",
}  # fmt: skip
DATA = {"DTF", "DTFDA", "DTFMA", "DTFFA", "SYN", "DTF.END"}
SPENDING, ERROR = b"\x10", b"\x04"

# state: FPDU of the requester -> where the server's question leads ("" = an answer is owed)
TABLE = {
    "idle": {"PRECONNECT", "CONNECT"},
    "greeted": {"CONNECT"},
    "connected": {"CREATE", "SELECT", "MSG", "MSGDM", "RELEASE"},
    "message": {"MSGMM", "MSGFM"},
    "selected": {"ORF", "DESELECT"},
    "open w": {"WRITE", "CRF"},
    "open r": {"READ", "CRF"},
    "receiving": {"DTF", "DTFDA", "SYN", "DTF.END", "RESYN", "IDT"},
    "inside an article": {"DTFMA", "DTFFA", "RESYN", "IDT"},
    "write end": {"TRANS.END", "RESYN", "IDT"},
    "sending": {"ACK(SYN)", "RESYN", "IDT"},
    "sent": {"TRANS.END", "ACK(SYN)", "RESYN", "IDT"},
    "spent": {"CRF"},
    "selected, spent": {"DESELECT"},
    "owing": set(),
    "owing ACK(RESYN)": {"IDT"},
    "our RESYN": {"ACK(RESYN)", "RESYN", "IDT"},
    "our IDT": {"ACK(IDT)", "IDT"},
    "closed": set(),
}
"""What the requester may say in each state of the server; ABORT besides, anywhere but at the end."""


def ignored(model):
    """What may still be on its way from a requester that does not know yet, and is forgotten."""
    late = DATA if model.writing else {"ACK(SYN)"}
    if model.state == "our RESYN":
        return late | {"TRANS.END"}
    if model.state == "our IDT":
        return late | {"TRANS.END", "RESYN", "ACK(RESYN)"}
    if model.state in {"open w", "open r", "spent"}:
        return {"ACK(IDT)"}  # a requester that answers the weaker of two IDT: deduced
    return set(TYPES) if model.state == "closed" else set()


class Model:
    """The server's side as the text tells it."""

    def __init__(self):
        self.state = "idle"
        self.writing = True
        self.asked = ""
        self.point = 0
        self.spends = False

    def allowed(self):
        return TABLE[self.state] | ({"ABORT"} if self.state != "closed" else set())

    def hear(self, name, code):
        """The requester says something that it may."""
        if name == "ABORT":
            self.state = "closed"
        elif name in {"RESYN", "IDT"}:
            self.asked, self.spends = name, code == SPENDING and name == "IDT"
            self.state = "owing ACK(RESYN)" if name == "RESYN" else "owing"
        elif name == "ACK(RESYN)":
            self.state, self.point = self.moving(), 0
        elif name == "ACK(IDT)":
            self.state = self.after_interruption()
        elif name in DATA:
            self.point += name == "SYN"
            self.state = {
                "DTFDA": "inside an article",
                "DTFMA": "inside an article",
                "DTF.END": "write end",
            }.get(name, "receiving")
        elif name in {"MSGDM", "MSGMM"}:
            self.state = "message"
        elif name != "ACK(SYN)":
            self.writing = name == "CREATE" if name in {"CREATE", "SELECT"} else self.writing
            self.asked, self.state = name, "owing"

    def answer(self, refuses):
        """The server answers what it was asked; what it answers, in our words."""
        no = {"diagnostic": NO} if refuses else {}
        asked, is_spent = self.asked, self.came_from_spent
        opened = "open w" if self.writing else "open r"
        answers = {
            "CONNECT": (p.Rconnect(diagnostic=NO) if refuses else None, "connected", "closed"),
            "PRECONNECT": (p.PreRefuse() if refuses else p.PreAccept(), "greeted", "closed"),
            "CREATE": (p.AckCreate(**no), "selected", "connected"),
            "SELECT": (p.AckSelect(**no), "selected", "connected"),
            "ORF": (p.AckOrf(**no), opened, "selected"),
            "WRITE": (p.AckWrite(**no), "receiving", opened),
            "READ": (p.AckRead(**no), "sending", opened),
            "TRANS.END": (p.AckTransEnd(**no), opened, opened),
            "CRF": (p.AckCrf(**no), *["selected, spent" if is_spent else "selected"] * 2),
            "DESELECT": (p.AckDeselect(**no), "connected", "connected"),
            "MSG": (p.AckMsg(**no), "connected", "connected"),
            "MSGFM": (p.AckMsg(**no), "connected", "connected"),
            "RELEASE": (p.Relconf(), "closed", "closed"),
            "RESYN": (p.AckResyn(restart_point=0), self.moving(), self.moving()),
            "IDT": (p.AckIdt(), self.after_interruption(), self.after_interruption()),
        }
        message, well, badly = answers[asked]
        self.state = badly if refuses else well
        if asked in {"WRITE", "READ", "RESYN"}:
            self.point = 0
        return message

    came_from_spent = False

    def moving(self):
        return "receiving" if self.writing else "sending"

    def after_interruption(self):
        if self.spends:
            return "spent"
        return "open w" if self.writing else "open r"


def octets(name, model, code=ERROR):
    """An FPDU of the requester, by the naive encoder."""
    if name == "PRECONNECT":
        return bytes.fromhex(PRECONNECTION[0])
    body = BODIES.get(name, ZERO)
    if name == "IDT":
        body = ZERO + pi(19, code)
    if name == "SYN":
        body = pi(20, number(model.point + 1))
    if name == "ACK(SYN)":
        body = pi(20, number(model.point))
    octet3, octet4 = TYPES[name]
    to = 0 if name == "CONNECT" else Y
    return entity(fpdu(octet3, octet4, to, X if octet3 == 0x40 else 0, body))


class Walk:
    """A server of ours and its model, and how they came where they are."""

    def __init__(self, steps=()):
        self.server = p.Server(Y)
        self.model = Model()
        self.steps = []
        for one in steps:
            self.take(*one)

    def take(self, do, *arguments):
        self.steps.append((do, *arguments))
        getattr(self, do)(*arguments)

    def again(self):
        """Another one that came the same way."""
        return Walk(self.steps)

    def say(self, name, code=ERROR):
        was = self.model.state
        events = list(self.server.receive(octets(name, self.model, code)))
        self.model.hear(name, code)
        self.model.came_from_spent = was == "spent" if name == "CRF" else self.model.came_from_spent
        assert not any(isinstance(event, p.Tolerated) for event in events) or name == "ACK(SYN)"

    def answer(self, refuses):
        connects = self.model.asked == "CONNECT" and not refuses
        message = self.model.answer(refuses)
        if connects:
            connect = self.server.agreement.connect
            message = p.accept(connect)
        self.server.send(message)

    def give(self, what):
        """The server sends data, a point, the end, or asks back or interrupts."""
        if what == "data":
            self.server.send(p.Data(articles=(b"x",)))
        elif what == "point":
            self.model.point += 1
            self.server.send(p.Syn(number=self.model.point))
        elif what == "end":
            self.server.send(p.DtfEnd())
            self.model.state = "sent"
        elif what == "RESYN":
            self.server.send(p.Resyn(restart_point=0))
            self.model.state = "our RESYN"
        else:
            spends = what == "IDT for good"
            code = p.EndCode.CANCELLED_BY_SERVER if spends else p.EndCode.ERROR
            self.server.send(p.Idt(end_code=code))
            self.model.state, self.model.spends = "our IDT", spends

    def decide(self, name):
        """What our server does with an FPDU here: accepted, ignored or refused."""
        before = self.server.state
        events = []
        try:
            events += self.server.receive(octets(name, self.model))
        except p.RemoteProtocolError as error:
            assert str(error.diagnostic) == "3-311", error
            if error.reply is None:  # not PeSIT, as far as one can tell before CONNECT
                assert self.server.must_close
                return "refused"
            assert b"\x40\x25" in {(said := self.server.send(error.reply))[2:4], said[4:6]}
            return "refused"
        is_silent = (before, name) in SILENT
        is_heard = events or is_silent or self.server.state is not before
        return "accepted" if is_heard else "ignored"

    def expected(self, name):
        if name in self.model.allowed():
            return "accepted"
        return "ignored" if name in ignored(self.model) else "refused"


SILENT = {(p.State.ARTICLE, "DTFMA"), (p.State.MESSAGE_BEGUN, "MSGMM")}
"""A part in the middle is kept, and nothing is said of it until the last one."""

S, A, G = "say", "answer", "give"
CONNECTED = [(S, "CONNECT"), (A, False)]
OPEN_W = [*CONNECTED, (S, "CREATE"), (A, False), (S, "ORF"), (A, False)]
OPEN_R = [*CONNECTED, (S, "SELECT"), (A, False), (S, "ORF"), (A, False)]
RECEIVING = [*OPEN_W, (S, "WRITE"), (A, False)]
SENDING = [*OPEN_R, (S, "READ"), (A, False)]
SPENT = [*RECEIVING, (S, "IDT", SPENDING), (A, False)]
PATHS = {
    "idle": [],
    "pre-connection asked": [(S, "PRECONNECT")],
    "pre-connection granted": [(S, "PRECONNECT"), (A, False)],
    "pre-connection refused": [(S, "PRECONNECT"), (A, True)],
    "connection asked": [(S, "CONNECT")],
    "connected": CONNECTED,
    "refused": [(S, "CONNECT"), (A, True)],
    "message begun": [*CONNECTED, (S, "MSGDM")],
    "message asked": [*CONNECTED, (S, "MSG")],
    "long message asked": [*CONNECTED, (S, "MSGDM"), (S, "MSGFM")],
    "creation asked": [*CONNECTED, (S, "CREATE")],
    "selection asked": [*CONNECTED, (S, "SELECT")],
    "selected": [*CONNECTED, (S, "CREATE"), (A, False)],
    "opening asked": [*CONNECTED, (S, "CREATE"), (A, False), (S, "ORF")],
    "open to write": OPEN_W,
    "open to read": OPEN_R,
    "write asked": [*OPEN_W, (S, "WRITE")],
    "read asked": [*OPEN_R, (S, "READ")],
    "receiving": [*RECEIVING, (S, "SYN")],
    "inside an article": [*RECEIVING, (S, "DTFDA")],
    "write end": [*RECEIVING, (S, "DTF.END")],
    "end asked": [*RECEIVING, (S, "DTF.END"), (S, "TRANS.END")],
    "sending": [*SENDING, (G, "point")],
    "sent": [*SENDING, (G, "end")],
    "end of a read asked": [*SENDING, (G, "end"), (S, "TRANS.END")],
    "resynchronisation asked": [*RECEIVING, (S, "RESYN")],
    "resynchronisation of a read asked": [*SENDING, (S, "RESYN")],
    "our resynchronisation": [*RECEIVING, (G, "RESYN")],
    "our resynchronisation of a read": [*SENDING, (G, "RESYN")],
    "interruption asked": [*RECEIVING, (S, "IDT")],
    "our interruption": [*RECEIVING, (G, "IDT")],
    "our interruption of a read": [*SENDING, (G, "IDT")],
    "closing asked": [*OPEN_W, (S, "CRF")],
    "spent": SPENT,
    "closing asked, spent": [*SPENT, (S, "CRF")],
    "selected, spent": [*SPENT, (S, "CRF"), (A, False)],
    "deselection asked": [*CONNECTED, (S, "CREATE"), (A, False), (S, "DESELECT")],
    "release asked": [*CONNECTED, (S, "RELEASE")],
    "closed": [*CONNECTED, (S, "RELEASE"), (A, False)],
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_every_fpdu_is_decided_in_every_state_as_the_text_decides_it(path):
    walk = Walk(path)
    for name in TYPES:
        assert walk.again().decide(name) == walk.expected(name), name


def test_the_paths_reach_every_state_of_either_table():
    walks = [Walk(path) for path in PATHS.values()]
    assert {walk.model.state for walk in walks} == set(TABLE)
    reached = {walk.server.state for walk in walks}
    assert set(p.State) - reached == {p.State.FAILED}


class ServerMachine(RuleBasedStateMachine):
    """Walks that only the model limits."""

    def __init__(self):
        super().__init__()
        self.walk = Walk()
        self.resyncs = 0

    @property
    def state(self):
        return self.walk.model.state

    @rule(data=st.data(), code=st.sampled_from([ERROR, SPENDING]))
    def hear_what_is_allowed(self, data, code):
        # A walk ends with ABORT: it is left to `anything_is_decided`, and to where nothing else may be.
        names = sorted(self.walk.model.allowed() - {"ABORT"}) or ["ABORT"] * (
            self.state != "closed"
        )
        if names:
            name = data.draw(st.sampled_from(names))
            if name == "RESYN" and self.too_many():
                return
            self.walk.take("say", name, code)

    @precondition(lambda self: self.state.startswith("owing"))
    @rule(refuses=st.booleans())
    def answer(self, refuses):
        self.walk.take("answer", refuses and self.walk.model.asked not in {"RESYN", "IDT"})

    @precondition(lambda self: self.state == "sending")
    @rule(what=st.sampled_from(["data", "point", "end"]))
    def send_data(self, what):
        self.walk.take("give", what)

    @precondition(lambda self: self.state in {"receiving", "sending", "inside an article", "sent"})
    @rule(what=st.sampled_from(["RESYN", "IDT", "IDT for good"]))
    def ask_back_or_interrupt(self, what):
        if what != "RESYN" or not self.too_many():
            self.walk.take("give", what)

    @rule(name=st.sampled_from(sorted(TYPES)))
    def anything_is_decided(self, name):
        assert self.walk.again().decide(name) == self.walk.expected(name)

    def too_many(self):
        self.resyncs += 1
        return self.resyncs >= p.LENIENT.max_resyncs


def test_walks_agree_with_the_model_whatever_is_said():
    run_state_machine_as_test(
        ServerMachine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )
