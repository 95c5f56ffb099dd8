"""Every worked example, in both directions."""

import pytest
from pesit_dialogue import Dialogue, big
from pesit_examples import CREATE, DATA, FPDUS, PRECONNECTION, X, Y, entity, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.compression import Compressor, Expander
from simulator.wire.pesit.crc import check_octets
from simulator.wire.pesit.fpdu import decode_body
from simulator.wire.pesit.framing import Reader
from simulator.wire.pesit.parameters import unit, units


def refuse(deviation, words, code=None):
    pytest.fail(f"a worked example is in the text: {deviation}: {words}")


def frames(wire, reader=None):
    reader = reader or Reader()
    reader.framing = reader.framing or p.Framing.PREFIXED
    reader.feed(wire)
    found = []
    while (frame := reader.next()) is not None:
        found.append(frame)
    return found


@pytest.mark.parametrize(("message", "to", "by", "text"), [row[1:] for row in FPDUS])
def test_a_message_is_written_as_its_example(message, to, by, text):
    assert p.fpdu(message, to, by) == octets(text)


@pytest.mark.parametrize(("message", "to", "by", "text"), [row[1:] for row in FPDUS])
def test_an_example_is_read_as_its_message(message, to, by, text):
    [frame] = frames(entity(octets(text)))
    assert (frame.kind, frame.destination, frame.source) == (message.KIND, to, by)
    assert decode_body(frame.kind, frame.body, refuse) == message


@pytest.mark.parametrize(("articles", "size", "texts"), [row[1:] for row in DATA])
def test_articles_are_written_as_their_example(articles, size, texts):
    dialogue = Dialogue(requester=p.Options(concatenate=False)).connected()
    dialogue.writing(big(max_entity=size))
    assert dialogue.requester.send(p.Data(articles=articles)) == b"".join(
        entity(octets(text)) for text in texts
    )


@pytest.mark.parametrize(("articles", "size", "texts"), [row[1:] for row in DATA])
def test_data_examples_are_read_as_their_articles(articles, size, texts):
    dialogue = Dialogue().connected().writing(big(max_entity=size))
    wire = b"".join(entity(octets(text)) for text in texts)
    assert list(dialogue.server.receive(wire)) == [p.Data(articles=articles)]


def test_one_entity_carries_dtf_syn_and_the_end():
    wire = octets(
        "00 1C 00 08 00 00 62 00 48 49 00 09 C0 03 62 00 14 01 02 00 0B C0 04 62 00 02 03 00 00 00"
    )
    dialogue = Dialogue().connected().writing()
    for side in (dialogue.requester, dialogue.server):
        side.transfer.start(1)
    said = (p.Data(articles=(b"HI",)), p.Syn(number=2), p.DtfEnd())
    assert dialogue.requester.send(*said) == wire
    data, syn, end = dialogue.server.receive(wire)
    assert (data, syn.number, end) == (said[0], 2, said[2])


def test_the_prefix_counts_the_entity_and_not_itself():
    assert Dialogue().requester.send(FPDUS[0][1])[:4] == octets("00 27 00 27")


def test_a_whole_session_has_the_octets_of_the_examples():
    by_name = {name: entity(octets(text)) for name, _, _, _, text in FPDUS}
    dialogue = Dialogue().connected()
    dialogue.writing(
        CREATE, p.Orf(compression=p.Compression()), p.AckOrf(compression=p.Compression())
    )
    names = ["CONNECT", "ACONNECT", "CREATE", "ACK(CREATE)", "ORF", "ACK(ORF)", "WRITE"]
    assert dialogue.wire == [by_name[name] for name in [*names, "ACK(WRITE)"]]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (p.PreConnection(identifier="ACME", password="secret"), PRECONNECTION[0]),
        (p.PreAccept(), PRECONNECTION[1]),
        (p.PreRefuse(), PRECONNECTION[2]),
    ],
)
@pytest.mark.parametrize("framing", list(p.Framing))
def test_pre_connection_in_both_directions(message, text, framing):
    wire = octets(text)
    if framing is p.Framing.PREFIXED:
        wire = entity(wire)
    options = p.Options(framing=framing)
    dialogue = Dialogue(requester=options, server=options)
    sender, receiver = dialogue.requester, dialogue.server
    if not isinstance(message, p.PreConnection):
        dialogue.ask(p.PreConnection(identifier="ACME"))
        sender, receiver = receiver, sender
    assert sender.send(message) == wire
    assert list(receiver.receive(wire)) == [message]


def test_a_long_value_has_a_length_of_three_octets():
    wire = octets("5B FF 01 2C") + bytes(300)
    assert unit(91, bytes(300)) == wire
    assert list(units(wire)) == [(91, bytes(300))]


def test_an_article_of_254_octets_still_has_a_short_length():
    assert unit(99, bytes(254))[:2] == octets("63 FE")
    assert unit(91, bytes(255))[:4] == octets("5B FF 00 FF")


@pytest.mark.parametrize(
    ("fpdu", "check"),
    [("00 06 C0 02 62 00", "E8 EB"), ("00 09 C0 03 62 00 14 01 01", "EF CA")],
)
def test_check_octets(fpdu, check):
    assert check_octets(octets(fpdu)) == octets(check)
    assert check_octets(octets(fpdu) + octets(check)) == b"\x00\x00"


def test_horizontal_compression():
    strings = octets("85 41 02 42 43 84 44")
    compressor = Compressor(p.Compression(horizontal=True))
    compressor.compress(b"the first article is literal")
    assert compressor.compress(b"AAAAABCDDDD") == strings
    assert Expander("blank").expand(strings, refuse) == b"AAAAABCDDDD"


def test_vertical_compression():
    strings = octets("C9 01 32 C3")
    compressor, expander = Compressor(p.Compression(vertical=True)), Expander("blank")
    first = compressor.compress(b"ORDER 0001 OK")
    assert first == b"\x0dORDER 0001 OK"
    assert compressor.compress(b"ORDER 0002 OK") == strings
    assert expander.expand(first, refuse) == b"ORDER 0001 OK"
    assert expander.expand(strings, refuse) == b"ORDER 0002 OK"


def test_the_identifiers_of_the_examples_are_those_of_a_session():
    dialogue = Dialogue().connected()
    assert (dialogue.requester.own_id, dialogue.requester.peer_id) == (X, Y)
    assert (dialogue.server.own_id, dialogue.server.peer_id) == (Y, X)
