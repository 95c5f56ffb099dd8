"""Synchronisation points, window, restart, resynchronisation, counts."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_dialogue import Dialogue, big, pump
from pesit_examples import ACONNECT, CONNECT

from simulator.wire import pesit as p
from simulator.wire.pesit.negotiation import smaller

FILE = [b"%06d " % number * 30 for number in range(1000)]  # 210 octets each
KB = 1024


def agreed(interval, window, resync=True):
    sync = p.SyncOption(interval, window)
    return (
        msgspec.structs.replace(CONNECT, sync=sync, resync=resync),
        msgspec.structs.replace(ACONNECT, sync=sync, resync=resync),
    )


def source(mark):
    return iter(FILE[mark.articles :])


def test_points_are_never_further_apart_than_agreed():
    dialogue = Dialogue().connected(*agreed(4, 1)).writing(big())
    feed = p.Feed(dialogue.requester, source)
    last = 0
    while not feed.is_done:
        for event in dialogue.server.receive(feed.more()):
            if isinstance(event, p.Syn):
                assert event.mark.wire - last <= 4 * KB
                assert event.mark.wire - last > 4 * KB - 2 * 210
                last = event.mark.wire
                dialogue.answer(p.AckSyn(number=event.number))
    assert len(FILE) * 210 - last <= 4 * KB


def test_a_full_window_stops_the_sender_and_an_acknowledgement_frees_it():
    dialogue = Dialogue().connected(*agreed(1, 2)).writing(big())
    feed = p.Feed(dialogue.requester, source)
    events = []
    while octets := feed.more():
        events += dialogue.server.receive(octets)
    assert [event.number for event in events if isinstance(event, p.Syn)] == [1, 2]
    assert not dialogue.requester.transfer.window_open
    assert dialogue.requester.transfer.unacknowledged == 2
    dialogue.answer(p.AckSyn(number=2))  # acknowledges 1 as well
    assert dialogue.requester.transfer.unacknowledged == 0
    assert feed.more()


def test_a_window_of_0_asks_for_no_acknowledgement():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected(*agreed(1, 0)).writing(big())
    assert pump(dialogue, source, acknowledge=False) == FILE
    assert dialogue.requester.transfer.last_point > 100


def test_without_points_nothing_limits_the_data():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected(*agreed(0, 0)).writing(big())
    assert dialogue.requester.transfer.room is None
    assert pump(dialogue, source, acknowledge=False) == FILE
    assert dialogue.requester.transfer.last_point == 0


def test_an_undefined_interval_leaves_points_to_the_sender():
    dialogue = Dialogue().connected(*agreed(0xFFFF, 4)).writing(big())
    dialogue.ask(p.Data(articles=tuple(FILE)), p.Syn(number=1))
    assert dialogue.server.transfer.point.octets == 210_000


@pytest.mark.parametrize(
    ("offer", "answer", "result"),
    [
        ((32, 4), (64, 8), (32, 4)),
        ((0xFFFF, 4), (16, 2), (16, 2)),
        ((16, 16), (0xFFFF, 16), (16, 16)),
        ((0, 0), (32, 4), (0, 0)),
        ((32, 4), None, (0, 0)),
        (None, (32, 4), (0, 0)),
    ],
)
def test_the_points_agreed(offer, answer, result):
    offer, answer = (pair and p.SyncOption(*pair) for pair in (offer, answer))
    assert smaller(offer, answer) == p.SyncOption(*result)


def test_a_point_before_it_is_due_is_ours_to_place():
    dialogue = Dialogue().connected().writing(big())
    [data, syn] = dialogue.ask(p.Data(articles=(b"x",)), p.Syn(number=1))
    assert syn.mark == p.Mark(1, 1, 1, 1)
    assert data.articles == (b"x",)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((p.Syn(number=2),), "expected 1"),
        ((p.Syn(number=1), p.Syn(number=2), p.Syn(number=3)), "window"),
        ((p.Data(articles=(b"x" * 600, b"x" * 600)),), "interval"),
        ((p.Data(articles=()),), "articles"),
        ((p.Data(articles=(b"",)),), "blank"),
        ((p.Data(articles=(b"x" * 1025,)),), "longer than PI 32"),
    ],
)
def test_the_sender_is_held_to_what_was_agreed(said, words):
    dialogue = Dialogue().connected(*agreed(1, 2)).writing(big())
    with pytest.raises(p.LocalProtocolError, match=words):
        b"".join(map(dialogue.requester.send, said))


def test_one_article_larger_than_the_interval_goes_alone_between_two_points():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected(*agreed(1, 4))
    dialogue.writing(big(article_length=5000, max_entity=8000))
    articles = [b"x" * 3000, b"y" * 10, b"z" * 3000]
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    assert dialogue.requester.transfer.last_point == 2


def test_the_acknowledgement_may_come_after_the_end_of_the_data():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Data(articles=(b"x",)), p.Syn(number=1), p.DtfEnd())
    dialogue.answer(p.AckSyn(number=1))
    assert dialogue.requester.transfer.unacknowledged == 0
    dialogue.ended()


def test_the_acknowledgement_may_cross_the_end_of_the_transfer():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Data(articles=(b"x",)), p.Syn(number=1), p.DtfEnd())
    late = dialogue.server.send(p.AckSyn(number=1))
    dialogue.ask(p.TransEnd(octets=1, articles=1))
    assert list(dialogue.requester.receive(late))
    dialogue.answer(p.AckTransEnd(octets=1, articles=1))
    assert dialogue.requester.state is p.State.OPEN


# Restart across connections.


@settings(max_examples=300, deadline=None)
@given(cut=st.integers(0, 220_000), pulling=st.booleans(), compressed=st.booleans())
def test_a_transfer_cut_anywhere_is_resumed_and_the_file_is_whole(cut, pulling, compressed):
    asked = p.Compression(horizontal=compressed, vertical=compressed)
    orf, ackorf = p.Orf(compression=asked), p.AckOrf(compression=asked)
    options = agreed(8, 3)

    def start(dialogue, point=0):
        if pulling:
            return dialogue.reading(chosen=big(), point=point)
        return dialogue.writing(big(restarted=point > 0), orf, ackorf, point)

    first = start(Dialogue().connected(*options))
    sender, receiver = (
        (first.server, first.requester) if pulling else (first.requester, first.server)
    )
    feed = p.Feed(sender, source)
    kept, marks, sent = [], [p.Mark()], 0
    while not feed.is_done and sent < cut:
        octets = feed.more()[: cut - sent]
        sent += len(octets)
        for event in receiver.receive(octets):
            if isinstance(event, p.Data):
                kept += event.articles
            elif isinstance(event, p.Syn):
                marks.append(event.mark)
                list(sender.receive(receiver.send(p.AckSyn(number=event.number))))
    receiver.lost()
    point = marks[-1]
    del kept[point.articles :]

    again = Dialogue().connected(*options)
    again.requester.know(marks)
    again.server.know(marks)
    start(again, point.number)
    kept += pump(again, source)
    assert kept == FILE
    taker = again.requester if pulling else again.server
    assert taker.transfer.octets == sum(map(len, FILE))
    assert taker.transfer.articles == len(FILE)
    assert taker.transfer.point.number == taker.transfer.last_point
    again.ended().released()


def test_after_a_restart_points_go_on_from_there():
    dialogue = Dialogue().connected()
    dialogue.writing(big(restarted=True), point=7)
    [_, syn] = dialogue.ask(p.Data(articles=(b"x",)), p.Syn(number=8))
    assert syn.number == 8


@pytest.mark.parametrize(
    ("octets", "articles"), [(5, 2), (105, 12), (None, None), (5, None), (105, 2)]
)
def test_after_a_restart_counts_may_cover_the_part_or_the_whole(octets, articles):
    point = p.Mark(3, 10, 100, 100)
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected()
    dialogue.requester.know([point])
    dialogue.server.know([point])
    dialogue.writing(big(restarted=True), point=3)
    dialogue.ask(p.Data(articles=(b"xx", b"yyy")), p.DtfEnd())
    end = p.TransEnd(octets=octets, articles=articles)
    assert dialogue.ask(end) == [end]
    assert dialogue.server.transfer.verdict(end) == p.SUCCESS
    assert dialogue.server.transfer.moved == (5, 2)


def test_a_restart_from_a_point_we_know_nothing_of_accepts_any_counts():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected()
    dialogue.writing(big(restarted=True), point=3)
    dialogue.ask(p.Data(articles=(b"x",)), p.DtfEnd())
    end = p.TransEnd(octets=999, articles=99)
    assert dialogue.ask(end) == [end]


# Resynchronisation.


def halfway(dialogue, writing=True):
    """Three points, two acknowledged, some data after them."""
    say, back = (dialogue.ask, dialogue.answer) if writing else (dialogue.answer, dialogue.ask)
    for number in (1, 2, 3):
        say(p.Data(articles=(b"%d" % number * 10,)), p.Syn(number=number))
    back(p.AckSyn(number=2))
    say(p.Data(articles=(b"late",)))
    return say, back


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize(("wanted", "granted"), [(2, 2), (3, 3), (3, 0), (0, 0)])
def test_the_receiver_asks_back_and_gets_its_point_or_the_start(writing, wanted, granted):
    dialogue = Dialogue().connected()
    (dialogue.writing if writing else dialogue.reading)(
        **({"create": big()} if writing else {"chosen": big()})
    )
    say, back = halfway(dialogue, writing)
    back(p.Resyn(diagnostic=p.Diagnostic(1, 100), restart_point=wanted))
    say(p.AckResyn(restart_point=granted))
    for side in (dialogue.requester, dialogue.server):
        assert side.state is p.State.DATA
        assert side.transfer.mark == p.Mark(granted, granted, granted * 10, granted * 10)
        assert side.transfer.next_point == granted + 1


@pytest.mark.parametrize(("wanted", "granted"), [(2, 2), (2, 3), (3, 0)])
def test_the_sender_asks_back_and_gets_that_point_or_a_later_or_the_start(wanted, granted):
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    dialogue.ask(p.Resyn(restart_point=wanted))
    dialogue.answer(p.AckResyn(restart_point=granted))
    assert dialogue.requester.transfer.last_point == granted
    assert dialogue.server.transfer.last_point == granted


def test_data_on_their_way_during_a_resynchronisation_are_dropped():
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    on_the_way = dialogue.requester.send(p.Data(articles=(b"lost",)), p.Syn(number=4))
    resyn = dialogue.server.send(p.Resyn(restart_point=3))
    assert list(dialogue.server.receive(on_the_way)) == []
    list(dialogue.requester.receive(resyn))
    dialogue.ask(p.AckResyn(restart_point=3))
    assert dialogue.ask(p.Data(articles=(b"again",))) == [p.Data(articles=(b"again",))]
    assert dialogue.server.transfer.mark == dialogue.requester.transfer.mark


def test_a_feed_goes_back_by_itself():
    dialogue = Dialogue().connected(*agreed(8, 4)).writing(big())
    feed = p.Feed(dialogue.requester, source)
    kept, gone_back = [], False
    while not feed.is_done:
        for event in dialogue.server.receive(feed.more()):
            if isinstance(event, p.Data):
                kept += event.articles
            elif isinstance(event, p.Syn) and event.number == 5 and not gone_back:
                gone_back = True
                dialogue.answer(p.Resyn(restart_point=4))
                dialogue.ask(p.AckResyn(restart_point=4))
                del kept[dialogue.server.transfer.articles :]
            elif isinstance(event, p.Syn):
                dialogue.answer(p.AckSyn(number=event.number))
    assert gone_back
    assert kept == FILE
    dialogue.ended()


def test_after_the_end_of_the_data_the_receiver_may_still_ask_back():
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    dialogue.ask(p.DtfEnd())
    dialogue.answer(p.Resyn(restart_point=3))
    dialogue.ask(p.AckResyn(restart_point=3))
    assert dialogue.ask(p.Data(articles=(b"x",)), p.DtfEnd())


def test_both_ask_back_at_once_and_the_requester_wins():
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    one = dialogue.requester.send(p.Resyn(restart_point=2))
    other = dialogue.server.send(p.Resyn(restart_point=3))
    assert list(dialogue.server.receive(one)) == [p.Resyn(restart_point=2)]
    assert list(dialogue.requester.receive(other)) == []
    dialogue.answer(p.AckResyn(restart_point=2))
    assert dialogue.states == (p.State.DATA, p.State.DATA)


def test_an_interruption_crosses_a_resynchronisation_and_wins():
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    resyn = dialogue.requester.send(p.Resyn(restart_point=2))
    idt = dialogue.server.send(p.Idt(end_code=p.EndCode.ERROR))
    assert list(dialogue.server.receive(resyn)) == []
    assert list(dialogue.requester.receive(idt)) == [p.Idt(end_code=p.EndCode.ERROR)]
    dialogue.ask(p.AckIdt())
    assert dialogue.states == (p.State.OPEN, p.State.OPEN)


def test_an_interruption_crosses_the_end_of_the_transfer_and_wins():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Data(articles=(b"x",)), p.DtfEnd())
    end = dialogue.requester.send(p.TransEnd(octets=1, articles=1))
    idt = dialogue.server.send(p.Idt(end_code=p.EndCode.ERROR))
    assert list(dialogue.server.receive(end)) == []
    list(dialogue.requester.receive(idt))
    dialogue.ask(p.AckIdt())
    assert dialogue.states == (p.State.OPEN, p.State.OPEN)


@pytest.mark.parametrize("wanted", [4, 999])
def test_nobody_goes_back_to_a_point_that_was_never_placed(wanted):
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    with pytest.raises(p.LocalProtocolError, match="the last point is 3"):
        dialogue.server.send(p.Resyn(restart_point=wanted))


@pytest.mark.parametrize("granted", [1, 2])
def test_another_point_than_the_receivers_is_no_answer(granted):
    dialogue = Dialogue().connected().writing(big())
    halfway(dialogue)
    dialogue.answer(p.Resyn(restart_point=3))
    with pytest.raises(p.LocalProtocolError, match="RESYN asked for 3"):
        dialogue.requester.send(p.AckResyn(restart_point=granted))


def test_memory_for_points_is_bounded_and_the_start_stays_known():
    dialogue = Dialogue().connected(*agreed(1, 0)).writing(big())
    feed = p.Feed(dialogue.requester, lambda mark: iter([b"x" * 1000] * 3000))
    while not feed.is_done:
        list(dialogue.server.receive(feed.more()))
    transfer = dialogue.server.transfer
    assert len(transfer._marks) <= p.LENIENT.marks_kept
    assert 0 in transfer._marks
    assert transfer.last_point in transfer._marks


def test_points_may_be_told_before_or_after_the_file_is_selected():
    point = p.Mark(2, 20, 200, 200)
    for early in (True, False):
        dialogue = Dialogue().connected()
        if early:
            dialogue.requester.know([point])
        dialogue.ask(big(restarted=True))
        if not early:
            dialogue.requester.know([point])
        dialogue.answer(p.AckCreate())
        dialogue.ask(p.Orf())
        dialogue.answer(p.AckOrf())
        dialogue.ask(p.Write())
        dialogue.answer(p.AckWrite(restart_point=2))
        assert dialogue.requester.transfer.mark == point


def test_a_feed_says_nothing_outside_the_data():
    dialogue = Dialogue().connected()
    feed = p.Feed(dialogue.requester, source)
    assert feed.more() == b""
    dialogue.ask(big())
    assert feed.more() == b""
