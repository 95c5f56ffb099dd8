"""The dialogues of the text, start to end, between a requester and a server."""

import msgspec
import pytest
from pesit_dialogue import Dialogue, big, pump
from pesit_examples import CONNECT, CREATE, SELECT

from simulator.wire import pesit as p

CLOSED = (p.State.CLOSED, p.State.CLOSED)
CONNECTED = (p.State.CONNECTED, p.State.CONNECTED)


def test_push():
    dialogue = Dialogue().connected().writing(big())
    articles = [b"%04d" % number * 200 for number in range(300)]
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    dialogue.ended().released()
    assert dialogue.states == CLOSED
    assert dialogue.requester.must_close
    assert not dialogue.server.must_close


def test_pull():
    dialogue = Dialogue().connected().reading(chosen=big())
    articles = [b"%04d" % number * 200 for number in range(300)]
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    dialogue.ended().released()
    assert dialogue.states == CLOSED


def test_an_empty_file_has_no_data_at_all():
    dialogue = Dialogue().connected().writing()
    assert dialogue.ask(p.DtfEnd()) == [p.DtfEnd()]
    assert dialogue.ended().states == CONNECTED


def test_several_files_in_both_directions_on_one_connection():
    dialogue = Dialogue().connected()
    for number in range(1, 4):
        dialogue.writing(big(transfer_id=number))
        assert pump(dialogue, lambda mark: iter([b"in"] * 3)) == [b"in"] * 3
        dialogue.ended().reading(chosen=big(transfer_id=number))
        assert pump(dialogue, lambda mark: iter([b"out"])) == [b"out"]
        dialogue.ended()
    assert dialogue.states == CONNECTED


def test_poll_for_many_until_there_is_none():
    dialogue = Dialogue().connected()
    poll = p.Select(file_name="*")
    waiting = ["A", "B"]
    got = []
    while True:
        [select] = dialogue.ask(poll)
        if not waiting:
            break
        chosen = big(file_name=waiting.pop(0), transfer_id=7)
        [answer] = dialogue.answer(p.accept_select(select, chosen))
        got.append(answer.file_name)
        dialogue.ask(p.Orf())
        dialogue.answer(p.AckOrf())
        dialogue.ask(p.Read())
        dialogue.answer(p.AckRead())
        dialogue.answer(p.Data(articles=(b"x",)), p.DtfEnd())
        dialogue.ended()
    [none] = dialogue.answer(p.AckSelect(diagnostic=p.Diagnostic.named("file-not-found")))
    assert (got, str(none.diagnostic)) == (["A", "B"], "2-205")
    assert dialogue.released().states == CLOSED


def test_a_refused_connection_is_over():
    dialogue = Dialogue()
    dialogue.ask(CONNECT)
    refusal = p.Rconnect(diagnostic=p.Diagnostic(3, 304))
    assert dialogue.answer(refusal) == [refusal]
    assert dialogue.states == CLOSED
    assert dialogue.requester.must_close


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (CREATE, p.AckCreate(diagnostic=p.Diagnostic(2, 226), max_entity=4096)),
        (SELECT, p.AckSelect(diagnostic=p.Diagnostic(2, 205))),
    ],
)
def test_a_refused_file_leaves_the_connection(ask, refusal):
    dialogue = Dialogue().connected()
    dialogue.ask(ask)
    assert dialogue.answer(refusal) == [refusal]
    assert dialogue.states == CONNECTED
    assert dialogue.requester.transfer is None
    assert dialogue.server.transfer is None
    dialogue.writing()  # another may be tried


def test_refusals_on_the_way_up_stay_on_the_stair():
    dialogue = Dialogue().connected()
    dialogue.ask(CREATE)
    dialogue.answer(p.AckCreate())
    dialogue.ask(p.Orf())
    dialogue.answer(p.AckOrf(diagnostic=p.Diagnostic.named("cannot-open")))
    assert dialogue.states == (p.State.SELECTED, p.State.SELECTED)
    dialogue.ask(p.Orf())
    dialogue.answer(p.AckOrf())
    dialogue.ask(p.Write())
    dialogue.answer(p.AckWrite(diagnostic=p.Diagnostic.named("input-output-error")))
    assert dialogue.states == (p.State.OPEN, p.State.OPEN)
    assert dialogue.left().states == CONNECTED


def test_refusals_on_the_way_down_go_down_all_the_same():
    dialogue = Dialogue().connected().writing()
    dialogue.ask(p.DtfEnd())
    dialogue.ask(p.TransEnd())
    dialogue.answer(p.AckTransEnd(diagnostic=p.Diagnostic.named("abnormal-end")))
    dialogue.ask(p.Crf())
    dialogue.answer(p.AckCrf(diagnostic=p.Diagnostic.named("cannot-close")))
    dialogue.ask(p.Deselect())
    dialogue.answer(p.AckDeselect(diagnostic=p.Diagnostic.named("not-handed-over")))
    assert dialogue.states == CONNECTED


def test_a_message_and_its_answer():
    dialogue = Dialogue().connected()
    message = p.Msg(file_name="INVOICES", transfer_id=1, attributes=1, text=b"received")
    assert dialogue.ask(message) == [message]
    reply = p.AckMsg(text=b"thanks")
    assert dialogue.answer(reply) == [reply]
    assert dialogue.released().states == CLOSED


@pytest.mark.parametrize("size", [4096, 4097, 8192, 20_000])
def test_a_long_message_arrives_as_one(size):
    dialogue = Dialogue().connected()
    message = p.Msg(file_name="F", transfer_id=1, text=bytes(range(250)) * (size // 250 + 1))
    assert dialogue.ask(message) == [message]
    assert dialogue.states == (p.State.MESSAGE_SENT, p.State.MESSAGE_SENT)
    dialogue.answer(p.AckMsg())
    assert dialogue.states == CONNECTED


@pytest.mark.parametrize("code", p.EndCode)
@pytest.mark.parametrize("by_server", [True, False])
def test_an_interruption(code, by_server):
    dialogue = Dialogue().connected().writing()
    dialogue.ask(p.Data(articles=(b"x",)))
    idt = p.Idt(diagnostic=p.Diagnostic(2, 216), end_code=code)
    first, second = (
        (dialogue.answer, dialogue.ask) if by_server else (dialogue.ask, dialogue.answer)
    )
    assert first(idt) == [idt]
    assert second(p.AckIdt()) == [p.AckIdt()]
    ended = p.State.OPEN if code is p.EndCode.ERROR else p.State.SPENT
    assert dialogue.states == (ended, ended)
    if ended is p.State.SPENT:
        with pytest.raises(p.LocalProtocolError, match="cannot send WRITE"):
            dialogue.requester.send(p.Write())
    assert dialogue.left().states == CONNECTED


def test_after_an_error_the_same_file_may_be_written_again():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Data(articles=(b"x" * 1000,)), p.Syn(number=1))
    dialogue.answer(p.AckSyn(number=1))
    dialogue.ask(p.Idt(end_code=p.EndCode.ERROR))
    dialogue.answer(p.AckIdt())
    dialogue.ask(p.Write())
    dialogue.answer(p.AckWrite(restart_point=0))
    assert pump(dialogue, lambda mark: iter([b"y"])) == [b"y"]
    assert dialogue.ended().states == CONNECTED


def test_a_suspension_and_its_restart_on_the_same_connection():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Data(articles=(b"x" * 1000,)), p.Syn(number=1))
    dialogue.answer(p.AckSyn(number=1))
    point = dialogue.server.transfer.point
    dialogue.ask(p.Idt(end_code=p.EndCode.SUSPENSION))
    dialogue.answer(p.AckIdt())
    dialogue.left()
    for side in (dialogue.requester, dialogue.server):
        side.know([point])
    dialogue.writing(big(restarted=True), point=1)
    pump(dialogue, lambda mark: p.after(iter([b"x" * 1000, b"y"]), mark.articles))
    assert dialogue.server.transfer.mark == p.Mark(1, 2, 1001, 1001)
    assert dialogue.server.transfer.moved == (1, 1)


@pytest.mark.parametrize("by_server", [True, False])
def test_abort_ends_everything_anywhere(by_server):
    dialogue = Dialogue().connected().writing()
    abort = p.Abort(diagnostic=p.Diagnostic(3, 316))
    assert (dialogue.answer if by_server else dialogue.ask)(abort) == [abort]
    assert dialogue.states == CLOSED
    assert dialogue.requester.must_close == by_server
    assert dialogue.server.must_close != by_server


def test_an_abort_before_the_peer_is_known_goes_to_identifier_0():
    requester = p.Requester(1)
    requester.send(CONNECT)
    assert requester.send(p.Abort())[6:8] == b"\x00\x01"


def test_after_the_end_nothing_is_heard():
    dialogue = Dialogue().connected().released()
    assert list(dialogue.server.receive(b"anything at all")) == []


def test_pre_connection_granted_then_connect():
    dialogue = Dialogue()
    greeting = p.PreConnection(identifier="ACME", password="secret")
    assert dialogue.ask(greeting) == [greeting]
    dialogue.answer(p.PreAccept())
    assert dialogue.connected().states == CONNECTED


def test_pre_connection_refused():
    dialogue = Dialogue()
    dialogue.ask(p.PreConnection(identifier="WHO"))
    dialogue.answer(p.PreRefuse())
    assert dialogue.states == CLOSED
    assert dialogue.requester.must_close


def test_a_password_is_changed_in_connect():
    dialogue = Dialogue()
    connect = p.Connect(requester="A", server="B", access=p.Access("old", "new"))
    assert dialogue.ask(connect) == [connect]


@pytest.mark.parametrize("framing", p.Framing)
@pytest.mark.parametrize("crc", [True, False, None])
def test_a_push_in_each_framing_with_and_without_check_octets(framing, crc):
    dialogue = Dialogue(requester=p.Options(framing=framing))
    dialogue.connected(msgspec.structs.replace(CONNECT, crc=crc)).writing(big())
    articles = [b"a" * 1000, b"b" * 1, b"c" * 1024] * 50
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    assert dialogue.ended().released().states == CLOSED


@pytest.mark.parametrize("packing", p.Packing)
@pytest.mark.parametrize("entity", [128, 1030, 4096, 65535])
def test_every_packing_in_every_entity(packing, entity):
    dialogue = Dialogue(requester=p.Options(packing=packing))
    dialogue.connected().writing(big(max_entity=entity))
    articles = [bytes([n % 251 + 1]) * (n * 37 % 1024 + 1) for n in range(400)]
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    assert not list(dialogue.server.receive(b""))
    assert dialogue.ended().states == CONNECTED


def test_no_entity_is_larger_than_agreed():
    dialogue = Dialogue(requester=p.Options(packing=p.Packing.FILL))
    dialogue.connected().writing(big(max_entity=4096))
    wire = dialogue.requester.send(p.Data(articles=(b"x" * 1024,) * 20))
    sizes, at = [], 0
    while at < len(wire):
        sizes.append(int.from_bytes(wire[at : at + 2], "big"))
        at += 2 + sizes[-1]
    assert max(sizes) <= 4096
    assert sizes[0] == 4096  # three articles and the start of the fourth, as Connect:Express


@pytest.mark.parametrize("horizontal", [True, False])
@pytest.mark.parametrize("vertical", [True, False])
def test_a_compressed_push(horizontal, vertical):
    asked = p.Compression(horizontal, vertical)
    dialogue = Dialogue().connected()
    dialogue.writing(big(), p.Orf(compression=asked), p.AckOrf(compression=asked))
    articles = [b"ORDER %05d   " % n + b" " * (n % 90) + b"#" * (n % 7) for n in range(2000)]
    assert pump(dialogue, lambda mark: iter(articles)) == articles
    octets = sum(map(len, articles))
    assert dialogue.server.transfer.octets == octets
    assert (dialogue.server.transfer.wire < octets) == bool(asked)
    assert dialogue.ended().states == CONNECTED


@pytest.mark.parametrize("reading", [True, False])
def test_nothing_of_one_files_compression_reaches_the_next(reading):
    """Every file starts in the same epoch: what is remembered has to be per file."""
    both = p.Compression(horizontal=True, vertical=True)
    dialogue = Dialogue().connected()
    for number, compression in enumerate((both, p.Compression(), both, both), start=1):
        orf, ackorf = p.Orf(compression=compression), p.AckOrf(compression=compression)
        if reading:
            select, chosen = p.Select(file_name="F", attributes=0xE0), big(transfer_id=number)
            dialogue.ask(select)
            dialogue.answer(p.accept_select(select, chosen))
            dialogue.ask(orf)
            dialogue.answer(ackorf)
            dialogue.ask(p.Read())
            dialogue.answer(p.AckRead())
        else:
            dialogue.writing(big(transfer_id=number), orf, ackorf)
        articles = [b"same as before " * 9] * 3
        assert pump(dialogue, lambda mark, articles=articles: iter(articles)) == articles
        dialogue.ended()


def test_compression_is_granted_in_part():
    dialogue = Dialogue().connected()
    both = p.Orf(compression=p.Compression(horizontal=True, vertical=True))
    ours = p.Limits(compression=p.Compression(horizontal=True))
    dialogue.writing(CREATE, both, p.accept_open(both, ours))
    assert dialogue.requester.transfer.compression == p.Compression(horizontal=True)
    assert dialogue.server.transfer.compression == p.Compression(horizontal=True)


def test_a_local_mistake_says_nothing_and_changes_nothing():
    dialogue = Dialogue().connected()
    for wrong in (
        p.Write(),
        p.Data(articles=(b"x",)),
        p.AckSyn(number=1),
        p.Aconnect(),
        p.PreAccept(),
    ):
        with pytest.raises(p.LocalProtocolError, match="cannot send"):
            dialogue.requester.send(wrong)
    with pytest.raises(p.LocalProtocolError, match="the server cannot send CREATE"):
        dialogue.server.send(CREATE)
    with pytest.raises(p.LocalProtocolError, match="PI 32"):
        dialogue.requester.send(p.Create(file_name="F", transfer_id=1, max_reserved=1))
    assert dialogue.writing().states == (p.State.DATA, p.State.DATA)


def test_a_second_mistake_in_one_call_loses_the_session():
    dialogue = Dialogue().connected().writing()
    with pytest.raises(p.LocalProtocolError):
        dialogue.requester.send(p.Data(articles=(b"x",)), p.Write())
    assert dialogue.requester.state is p.State.FAILED
    assert dialogue.requester.send(p.Abort())


@pytest.mark.parametrize("number", [0, 256, -1])
def test_an_identifier_is_one_octet_and_not_zero(number):
    with pytest.raises(p.LocalProtocolError, match="identifier"):
        p.Server(number)


def test_losing_the_transport_tells_whether_a_transfer_was_cut():
    dialogue = Dialogue().connected()
    assert not dialogue.requester.lost()
    assert dialogue.requester.must_close
    cut = Dialogue().connected().writing()
    assert cut.server.lost()
    assert cut.server.state is p.State.CLOSED
    assert cut.server.deadline is None


def test_the_identity_of_a_transfer():
    dialogue = Dialogue().connected().writing(big(originator="A", recipient="B"))
    assert dialogue.server.transfer.identity == (0, "INVOICES", 1, "A", "B")
    pull = Dialogue().connected().reading(chosen=big(transfer_id=12))
    assert pull.requester.transfer.identity == (0, "RETURNS", 12, "", "")
