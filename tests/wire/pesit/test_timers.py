"""Timers as moments that the caller keeps."""

import pytest
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, CREATE

from simulator.wire import pesit as p

TIMERS = p.Options(timers=p.Timers(answer=30, connect=20, idle=300, close=10))


def dialogue():
    return Dialogue(TIMERS, TIMERS)


def test_the_server_waits_for_connect_from_the_first_moment():
    server = p.Server(1, TIMERS, now=100.0)
    assert server.deadline == p.Deadline("connect", 120.0)
    assert server.expire(119.9) is None
    assert server.expire(120.0) == p.Expired("connect", None)


def test_a_requester_that_has_not_spoken_waits_for_nothing():
    assert p.Requester(1, TIMERS).deadline is None


def test_half_an_fpdu_does_not_count_as_activity():
    server = p.Server(1, TIMERS, now=0.0)
    octets = p.Requester(1).send(CONNECT)
    list(server.receive(octets[:-1], 15.0))
    assert server.deadline == p.Deadline("connect", 20.0)
    list(server.receive(octets[-1:], 16.0))
    assert server.deadline is None  # the answer is ours


def test_between_two_files_only_the_server_waits():
    talk = dialogue()
    talk.ask(CONNECT, now=1.0)
    assert talk.requester.deadline == p.Deadline("answer", 31.0)
    talk.answer(p.Aconnect(), now=2.0)
    assert talk.requester.deadline is None
    assert talk.server.deadline == p.Deadline("idle", 302.0)
    expired = talk.server.expire(302.0)
    assert expired == p.Expired("idle", p.Abort(diagnostic=p.Diagnostic(3, 313)))
    assert talk.answer(expired.reply) == [expired.reply]


def test_inside_a_file_who_waits_for_an_answer_aborts_with_3_317():
    talk = dialogue().connected()
    talk.ask(CREATE, now=5.0)
    assert talk.server.deadline is None
    expired = talk.requester.expire(35.0)
    assert expired == p.Expired("answer", p.Abort(diagnostic=p.Diagnostic(3, 317)))
    talk.answer(p.AckCreate(), now=6.0)
    assert talk.server.deadline == p.Deadline("answer", 36.0)


@pytest.mark.parametrize("writing", [True, False])
def test_in_the_data_phase_the_receiver_waits_and_each_fpdu_starts_anew(writing):
    talk = dialogue().connected()
    talk.writing(big()) if writing else talk.reading(chosen=big())
    sender, receiver = (talk.requester, talk.server) if writing else (talk.server, talk.requester)
    say = talk.ask if writing else talk.answer
    say(p.Data(articles=(b"x",)), now=50.0)
    assert receiver.deadline == p.Deadline("answer", 80.0)
    assert sender.deadline is None


def test_a_sender_waits_only_while_its_window_is_full():
    talk = dialogue().connected(
        p.Connect(requester="A", server="B", sync=p.SyncOption(1, 1)),
        p.Aconnect(sync=p.SyncOption(1, 1)),
    )
    talk.writing(big())
    talk.ask(p.Data(articles=(b"x" * 1024,)), now=1.0)
    assert talk.requester.deadline is None
    talk.ask(p.Syn(number=1), now=2.0)
    assert talk.requester.deadline == p.Deadline("answer", 32.0)
    talk.ask(p.Data(articles=(b"x" * 1024,)), now=3.0)
    assert talk.requester.deadline == p.Deadline("answer", 33.0)
    talk.answer(p.AckSyn(number=1), now=4.0)
    assert talk.requester.deadline is None


def test_after_the_last_word_the_other_side_must_close():
    talk = dialogue().connected()
    talk.ask(p.Release(), now=1.0)
    talk.answer(p.Relconf(), now=2.0)
    assert talk.server.deadline == p.Deadline("close", 12.0)
    assert talk.server.expire(12.0) == p.Expired("close", None)
    assert talk.requester.deadline is None
    assert talk.requester.must_close


def test_who_aborts_waits_for_the_close_too():
    talk = dialogue().connected()
    talk.ask(p.Abort(), now=7.0)
    assert talk.requester.deadline == p.Deadline("close", 17.0)


def test_a_pre_connection_does_not_stop_the_wait_for_connect():
    server = p.Server(1, TIMERS, now=0.0)
    greeting = p.Requester(1).send(p.PreConnection(identifier="A"))
    list(server.receive(greeting, 1.0))
    server.send(p.PreAccept(), now=2.0)
    assert server.deadline == p.Deadline("connect", 22.0)


def test_the_text_asks_for_an_idle_time_of_at_least_five_minutes():
    assert p.Timers().idle >= 300
