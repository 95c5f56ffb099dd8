"""What real products send, by the shapes known of them (not their code)."""

import msgspec
import pytest
from pesit_dialogue import Dialogue, big
from pesit_examples import CONNECT, X, Y, entity

from simulator.wire import pesit as p
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.parameters import unit


def raw(kind, body=b"", by=0):
    return frame_octets(kind, Y, by, body)


def padded_connect():
    """Connect:Express: mixed access, password filled to 8, PI 99 filled to 254."""
    body = unit(3, b"CXSITE  ") + unit(4, b"HUB     ") + unit(5, b"secret  ") + unit(6, b"\2")
    body += unit(7, b"\0\x20\4") + unit(22, b"\2") + unit(99, b" " * 254)
    return frame_octets(p.Kind.CONNECT, 0, X, body)


def test_padded_fields_of_connect_express():
    for profile in (p.LENIENT, p.STRICT):
        [connect] = p.Server(Y, p.Options(profile=profile)).receive(entity(padded_connect()))
        assert (connect.requester, connect.access) == ("CXSITE", p.Access("secret"))
        assert connect.free == ""


def test_a_transfer_id_in_three_octets_and_an_empty_group():
    body = unit(9, unit(11, b"\0") + unit(12, b"F")) + unit(13, b"\x00\x24\xc9") + unit(17, b"\1")
    body += unit(25, b"\xff\xff") + unit(30, b"") + unit(40, unit(42, b"\1")) + unit(50, b"")
    *notes, create = Dialogue().connected().server.receive(entity(raw(p.Kind.CREATE, body)))
    assert (create.transfer_id, create.max_entity) == (0x24C9, 0xFFFF)
    assert {note.deviation for note in notes} == {
        "padded-number",
        "empty-value",
        "missing-parameter",
    }


def test_the_data_shape_of_connect_express():
    """Three articles in a DTF and the start of the fourth in one entity of 4,096, then its end."""
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected()
    dialogue.writing(big(max_entity=4096, max_reserved=2048))
    articles = [bytes([number % 256]) * 1024 for number in range(1024)]
    got, data_fpdus, wire = [], 0, 0
    for at in range(0, 1024, 4):
        three = b"".join(b"\x04\x00" + one for one in articles[at : at + 3])
        head = raw(p.Kind.DTF, three, by=3)
        room = 4096 - len(head) - 6
        first = raw(p.Kind.DTFDA, articles[at + 3][:room])
        last = raw(p.Kind.DTFFA, articles[at + 3][room:])
        data_fpdus += 3
        stream = entity(head, first) + entity(last)
        assert len(head) + len(first) == 4096
        wire += 4096
        if wire % 32768 == 0 and at < 1020:
            stream += entity(p.fpdu(p.Syn(number=wire // 32768), Y))
        for event in dialogue.server.receive(stream):
            if isinstance(event, p.Data):
                got += event.articles
            else:
                dialogue.server.send(p.AckSyn(number=event.number))
    assert got == articles
    assert data_fpdus == 256 * 3
    assert dialogue.server.transfer.last_point == 31
    end = p.TransEnd(octets=1 << 20, articles=1024)
    assert list(dialogue.server.receive(entity(p.fpdu(p.DtfEnd(), Y)) + entity(p.fpdu(end, Y))))
    assert dialogue.server.transfer.verdict(end) == p.SUCCESS


def test_no_synchronisation_and_no_pi_23_in_aconnect():
    dialogue = Dialogue().connected(CONNECT, p.Aconnect(sync=p.SyncOption(0, 0)))
    assert dialogue.requester.agreement.sync == p.SyncOption()
    assert not dialogue.requester.agreement.resync


def test_segments_counted_as_articles_are_accepted_and_noted():
    """pesitwizard counts each segment in PI 28 of ACK(TRANS.END)."""
    dialogue = Dialogue().connected().writing(big(max_entity=100))
    dialogue.ask(p.Data(articles=(b"x" * 250,)), p.DtfEnd())
    dialogue.ask(p.TransEnd(octets=250, articles=1))
    answer = p.AckTransEnd(octets=250, articles=3)
    note, heard = dialogue.requester.receive(entity(p.fpdu(answer, X)))
    assert (note.deviation, heard) == ("counts-differ", answer)
    assert dialogue.requester.state is p.State.OPEN


def test_a_message_without_pi_11_and_14():
    body = unit(9, unit(12, b"F")) + unit(13, b"\1") + unit(91, b"OK")
    note, message = Dialogue().connected().server.receive(entity(raw(p.Kind.MSG, body)))
    assert note.deviation == "missing-parameter"
    assert (message.file_name, message.text) == ("F", b"OK")


def test_a_message_with_the_attributes_of_its_file():
    body = unit(9, unit(11, b"\xff\xff") + unit(12, b"F")) + unit(13, b"\1") + unit(17, b"\1")
    body += unit(30, unit(31, b"\x80")) + unit(91, b"OK")
    *notes, message = Dialogue().connected().server.receive(entity(raw(p.Kind.MSG, body)))
    assert {note.deviation for note in notes} == {"misplaced-parameter"}
    assert message.file_type == 0xFFFF


def test_a_diagnostic_in_trans_end():
    dialogue = Dialogue().connected().writing()
    dialogue.ask(p.DtfEnd())
    end = raw(p.Kind.TRANS_END, unit(2, bytes(3)) + unit(27, b"\0") + unit(28, b"\0"))
    note, heard = dialogue.server.receive(entity(end))
    assert (note.deviation, heard) == ("misplaced-parameter", p.TransEnd(octets=0, articles=0))


def test_a_select_with_a_transfer_id():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected()
    select = p.Select(file_name="F", transfer_id=5)
    assert dialogue.ask(select) == [select]


def test_one_article_behind_a_prefix():
    dialogue = Dialogue().connected().writing()
    note, data = dialogue.server.receive(entity(raw(p.Kind.DTF, b"\0\5HELLO", by=1)))
    assert (note.deviation, data.articles) == ("counted-single-article", (b"HELLO",))


def test_a_requester_that_answers_our_interruption_although_its_own_won():
    dialogue = Dialogue().connected().writing()
    ours = dialogue.server.send(p.Idt(end_code=p.EndCode.ERROR))
    dialogue.ask(p.Idt(end_code=p.EndCode.ERROR))
    assert list(dialogue.requester.receive(ours)) == []
    dialogue.answer(p.AckIdt())
    late = entity(p.fpdu(p.AckIdt(), Y))
    assert list(dialogue.server.receive(late)) == []
    assert dialogue.left().states == (p.State.CONNECTED, p.State.CONNECTED)


def test_the_undefined_format_of_transfer_cft():
    dialogue = Dialogue(server=p.Options(profile=p.STRICT)).connected()
    create = big(article_format=p.ArticleFormat.UNDEFINED)
    assert dialogue.ask(create) == [create]


def test_identities_of_transfer_cft_in_create():
    """24 characters: 8 user, 8 network name, 8 application."""
    create = big(requester="USER    NETWORK APPLI   ")
    [heard] = Dialogue().connected().ask(create)
    assert heard.requester == "USER    NETWORK APPLI"


def test_the_offer_of_the_largest_entity():
    dialogue = Dialogue().connected()
    [create] = dialogue.ask(big(max_entity=0xFFFF))
    dialogue.answer(p.accept_create(create, p.Limits(max_entity=32_768)))
    assert dialogue.requester.transfer.max_entity == 32_768
    assert dialogue.server.transfer.max_entity == 32_768


def test_an_article_length_of_0_says_nothing():
    dialogue = Dialogue().connected().writing(big(article_length=0))
    assert dialogue.ask(p.Data(articles=(b"x" * 2000,)))


@pytest.mark.parametrize("packing", [p.Packing.SINGLE, p.Packing.WHOLE])
def test_a_peer_that_waits_for_each_acknowledgement_is_served(packing):
    options = p.Options(packing=packing)
    dialogue = Dialogue(options).connected(
        msgspec.structs.replace(CONNECT, sync=p.SyncOption(1, 1)),
        p.Aconnect(sync=p.SyncOption(1, 1)),
    )
    dialogue.writing(big())
    feed = p.Feed(dialogue.requester, lambda mark: iter([b"x" * 500] * 9))
    points = 0
    while not feed.is_done:
        octets = feed.more()
        for event in dialogue.server.receive(octets):
            if isinstance(event, p.Syn):
                points += 1
                dialogue.answer(p.AckSyn(number=event.number))
    assert points == 4
