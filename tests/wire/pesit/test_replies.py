"""Faults where little can be said: the reply is one that may be sent, in the framing of the peer."""

import msgspec
import pytest
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, X, Y

from simulator.wire import pesit as p
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.parameters import unit


def error_of(session, octets):
    with pytest.raises(p.RemoteProtocolError) as caught:
        list(session.receive(octets))
    return caught.value


def test_wrong_check_octets_behind_an_interruption_get_a_reply_that_can_be_sent():
    connect = msgspec.structs.replace(CONNECT, crc=True)
    dialogue = Dialogue().connected(connect).writing(big())
    data = bytearray(dialogue.requester.send(p.Data(articles=(b"x",))))
    data[-1] ^= 0x55
    dialogue.ask(p.Idt(end_code=p.EndCode.ERROR))
    error = error_of(dialogue.server, bytes(data))
    assert dialogue.server.send(error.reply)


def test_a_first_fpdu_that_is_refused_is_answered_in_its_own_framing():
    connect = frame_octets(p.Kind.CONNECT, 0, X, unit(3, b"ACME"))  # no prefix, no PI 4
    server = p.Server(Y)
    assert server.send(error_of(server, connect).reply)[2:4] == b"\x40\x25"
