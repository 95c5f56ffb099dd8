"""A recorded session played to a session of ours: the same, or the first thing that is not."""

import msgspec
import pytest
from pesit_dialogue import big
from pesit_examples import ACONNECT, CONNECT, SELECT
from pesit_naive import NaiveRequester, NaiveServer
from pesit_tour import SESSIONS, Taped, tours

from simulator.wire import pesit as p
from simulator.wire.pesit.overhearing import Accepting, Following, overhear
from simulator.wire.pesit.recording import Chunk, Header, Recording, read_recording
from simulator.wire.pesit.replay import replay

EXTRAS = ["PI 99", "PI 29", "PI 5", "ACK(CREATE) PI 13"]


def as_server(recording):
    return Following(recording, p.Side.SERVER)


def as_requester(recording):
    return Following(recording, p.Side.REQUESTER)


def recorded(talk):
    return read_recording(talk.text.getvalue())


def plain_push(aconnect=ACONNECT, ack=None, articles=(b"one", b"two"), aborts=False):
    talk = Taped("plain").connected(CONNECT, aconnect)
    talk.ask(big())
    talk.answer(ack or p.AckCreate())
    talk.ask(p.Orf())
    talk.answer(p.AckOrf())
    talk.ask(p.Write())
    talk.answer(p.AckWrite())
    talk.ask(p.Data(articles=articles), p.DtfEnd())
    if aborts:
        talk.answer(p.Abort(diagnostic=p.Diagnostic(3, 316)))
        return recorded(talk)
    return recorded(talk.ended().released())


def plain_pull(articles, interval=1, window=2):
    options = p.SyncOption(interval, window)
    talk = Taped("plain").connected(
        msgspec.structs.replace(CONNECT, sync=options), p.Aconnect(sync=options, resync=True)
    )
    talk.reading(chosen=big())
    feed = p.Feed(talk.server, lambda mark: iter(articles))
    while not feed.is_done:
        octets = feed.more()
        for event in talk.requester.receive(octets):
            if isinstance(event, p.Syn):
                talk.ask(p.AckSyn(number=event.number))
    return recorded(talk.ended().released())


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("side", p.Side)
def test_a_side_of_ours_can_stand_for_either_side_of_a_recording(name, side):
    factory = {p.Side.SERVER: "server", p.Side.REQUESTER: "requester"}[side]
    follow = {p.Side.SERVER: as_server, p.Side.REQUESTER: as_requester}[side]
    outcome = replay(tours()[name], **{factory: follow})
    assert outcome.is_same, "\n".join(map(str, outcome.differences)) + outcome.ended
    assert outcome.compared > 0


def test_what_was_said_is_heard_with_segments_joined_and_compression_undone():
    said = list(overhear(tours()["push"]))
    articles = [one for s in said if isinstance(s.message, p.Data) for one in s.message.articles]
    assert bytes(range(40, 240)) in articles
    assert b"twwwwwwwwwwwwwwwwo" in articles
    assert {one.by for one in said} == set(p.Side)


def test_the_server_that_accepts_everything_answers_a_plain_push_as_recorded():
    outcome = replay(plain_push(), server=Accepting)
    assert outcome.is_same, list(map(str, outcome.differences))
    assert outcome.compared == 8


def test_the_server_that_accepts_everything_gives_the_recorded_file_point_by_point():
    outcome = replay(plain_pull([b"x" * 400] * 20), server=Accepting)
    assert outcome.is_same, list(map(str, outcome.differences))


@pytest.mark.parametrize("name", ["push", "pull", "messages"])
def test_the_server_that_accepts_everything_goes_through_whole_sessions(name):
    outcome = replay(tours()[name], server=Accepting, may_differ=EXTRAS)
    assert not outcome.ended
    own = {"ACK(ORF)", "ACK(MSG)", "ACK(CREATE)", "ACK(SELECT)", "DTF", "SYN", "RESYN"}
    assert {d.fpdu for d in outcome.differences} <= own


DIFFERENCES = {
    "a value": (
        lambda: plain_push(aconnect=p.Aconnect(sync=p.SyncOption(16, 4), resync=True)),
        (
            "FPDU 1, ACONNECT, PI 7 synchronisation points: "
            "recorded interval 16 KB, window 4, ours interval 32 KB, window 4"
        ),
    ),
    "a parameter we leave out": (
        lambda: plain_push(ack=p.AckCreate(free="hello")),
        "FPDU 2, ACK(CREATE), PI 99 free message: recorded 'hello', ours absent",
    ),
    "a parameter we add": (
        lambda: plain_push(aconnect=p.Aconnect(sync=p.SyncOption(32, 4))),
        "FPDU 1, ACONNECT, PI 23 resynchronisation: recorded absent, ours 1, allowed",
    ),
    "another FPDU": (
        lambda: plain_push(aborts=True),
        "FPDU 5, ABORT: recorded ABORT (3-316, cut by an order of administration), ours nothing",
    ),
}


@pytest.mark.parametrize(("make", "words"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_names_fpdu_and_parameter(make, words):
    outcome = replay(make(), server=Accepting)
    assert str(outcome.differences[0]) == words
    assert not outcome.is_same


@pytest.mark.parametrize(
    "field", ["PI 7", "ACONNECT PI 7", "ACONNECT", "PI 7 synchronisation points"]
)
def test_what_may_differ_is_not_compared(field):
    recording = plain_push(aconnect=p.Aconnect(sync=p.SyncOption(16, 4), resync=True))
    assert replay(recording, server=Accepting, may_differ=[field]).is_same
    assert not replay(recording, server=Accepting, may_differ=["CREATE PI 7"]).is_same


def edited(recording, change):
    """The recording with the octets of its server's chunks changed."""
    chunks = [
        msgspec.structs.replace(one, octets=change(one.octets)) if one.direction == "<" else one
        for one in recording.chunks
    ]
    return msgspec.structs.replace(recording, chunks=tuple(chunks))


def test_padding_is_no_difference():
    def padded(octets):
        return octets.replace(
            bytes.fromhex("000e000ec0360100020300000012 0100"),
            bytes.fromhex("00100010c0360100020300000012 03000000"),
        )

    recording = edited(plain_push(), padded)
    assert recording != plain_push()
    assert replay(recording, server=Accepting).is_same


def test_identifiers_are_compared_unless_they_may_differ():
    recording = edited(
        plain_push(), lambda octets: octets.replace(b"\xc0\x30\x01\x00", b"\xc0\x30\x07\x00")
    )
    [difference] = replay(recording, server=Accepting).differences
    assert (difference.fpdu, difference.field) == ("ACK(CREATE)", "octet 5")
    assert replay(recording, server=Accepting, may_differ=["octet 5"]).is_same


class Other:
    """A requester of ours that packs otherwise, or sends something else."""

    def __init__(self, articles, packing):
        self.articles, self.packing = articles, packing

    def __call__(self, recording):
        session = p.Requester(0x01, p.Options(packing=self.packing))
        self.say = iter(self.steps(session))
        self.session = session
        return self

    def steps(self, session):
        yield session.send(CONNECT)
        yield session.send(big())
        yield session.send(p.Orf())
        yield session.send(p.Write())
        octets = session.send(p.Data(articles=self.articles), p.DtfEnd())
        moved = session.transfer.moved
        yield octets + session.send(p.TransEnd(octets=moved[0], articles=moved[1]))
        yield session.send(p.Crf())
        yield session.send(p.Deselect())
        yield session.send(p.Release())
        yield b""

    def start(self):
        return next(self.say)

    def hear(self, octets, now):
        list(self.session.receive(octets, now))
        return next(self.say)


ARTICLES = (b"a" * 700, b"b" * 700, b"c" * 700)


@pytest.mark.parametrize("packing", p.Packing)
def test_how_articles_are_packed_is_no_difference(packing):
    recording = plain_push(articles=ARTICLES)
    assert replay(recording, requester=Other(ARTICLES, packing)).is_same


def test_another_article_is_named():
    recording = plain_push(articles=ARTICLES)
    other = Other((*ARTICLES[:2], b"d" * 700), p.Packing.WHOLE)
    [difference] = replay(recording, requester=other).differences
    assert (difference.fpdu, difference.field) == ("DTF", "article 3")
    assert difference.recorded.startswith("700 octets 63 63")


def test_a_missing_article_is_named():
    recording = plain_push(articles=ARTICLES)
    first = replay(recording, requester=Other(ARTICLES[:2], p.Packing.WHOLE)).differences[0]
    assert (first.field, first.ours) == ("article 3", "nothing")


def test_another_framing_is_a_difference():
    recording = plain_push()
    without = tuple(
        msgspec.structs.replace(one, octets=one.octets[2:]) if one.direction == "<" else one
        for one in recording.chunks
    )
    bare = msgspec.structs.replace(recording, chunks=without)
    first = replay(bare, server=Accepting).differences[0]
    assert (first.field, first.recorded, first.ours) == (
        "prefix",
        "nothing",
        "two octets of length",
    )


def test_a_second_implementation_recorded_is_answered_as_it_was():
    """The naive requester against the naive server, and then against ours."""
    naive, server, chunks = NaiveRequester(x=0x01), NaiveServer(), []

    def say(octets):
        chunks.append(Chunk(">", octets, float(len(chunks))))
        answer = server.hear(octets)
        if answer:
            chunks.append(Chunk("<", answer, float(len(chunks))))
        return answer

    naive.y = say(naive.connect())[7]
    for said, _ in naive.push(b"INVOICES", 9, [b"one", b"two"]):
        say(said)
    recording = Recording(Header(), tuple(chunks))
    outcome = replay(recording, server=Accepting, may_differ=["PI 27", "PI 28"])
    assert outcome.is_same, list(map(str, outcome.differences))


def test_what_is_no_pesit_ends_the_replay_with_words():
    recording = Recording(Header(), (Chunk(">", b"GET / HTTP/1.1\r\n"),))
    outcome = replay(recording, server=Accepting)
    assert "not PeSIT" in outcome.ended
    assert not outcome.is_same


def test_a_bad_dialogue_is_answered_with_abort_in_the_replay_too():
    talk = Taped("bad").connected()
    bad = Chunk(">", bytes.fromhex("00060006c0026200"), 9.0)
    recording = recorded(talk)
    recording = msgspec.structs.replace(recording, chunks=(*recording.chunks, bad))
    [difference] = replay(recording, server=Accepting).differences
    assert difference.ours == "ABORT (3-311, protocol error of the other side)"
    assert list(overhear(recording))  # what was said before


def test_a_recording_that_stopped_is_compared_as_far_as_it_goes():
    whole = plain_push()
    cut = msgspec.structs.replace(whole, chunks=whole.chunks[:3], stopped="more than 9 octets")
    assert replay(cut, server=Accepting).is_same
    silent = msgspec.structs.replace(cut, stopped="")
    assert replay(silent, server=Accepting).differences[0].recorded == "nothing"


@pytest.mark.parametrize("sides", [{}, {"server": Accepting, "requester": as_requester}])
def test_one_side_is_ours(sides):
    with pytest.raises(ValueError, match="both or none"):
        replay(plain_push(), **sides)


def test_a_select_that_was_never_answered_is_accepted_by_ourselves():
    talk = Taped("asked").connected()
    talk.ask(SELECT)
    assert replay(recorded(talk), server=Accepting).differences[0].ours.startswith("ACK(SELECT)")


def test_who_reads_and_asks_back_is_given_the_file_again_from_that_point():
    articles = [b"%d" % n * 400 for n in range(9)]
    options = p.SyncOption(1, 3)
    talk = Taped("back").connected(
        msgspec.structs.replace(CONNECT, sync=options), p.Aconnect(sync=options, resync=True)
    )
    talk.reading(chosen=big())
    feed = p.Feed(talk.server, lambda mark: iter(articles[mark.articles :]))
    asked = False
    while not feed.is_done:
        octets = feed.more()
        for event in talk.requester.receive(octets):
            if isinstance(event, p.Syn):
                talk.ask(p.AckSyn(number=event.number))
            if isinstance(event, p.Syn) and event.number == 2 and not asked:
                asked = True
                talk.ask(p.Resyn(restart_point=2))
                talk.answer(p.AckResyn(restart_point=2))
    recording = recorded(talk.ended().released())
    outcome = replay(recording, server=Accepting, may_differ=["DTF", "SYN", "ACK(RESYN)"])
    assert not outcome.ended, outcome.ended
    assert outcome.compared > 5
