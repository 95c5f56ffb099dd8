"""What a bad peer does, and the diagnostic it is answered with."""

import msgspec
import pytest
from pesit_dialogue import Dialogue, big, pump
from pesit_examples import ACONNECT, CONNECT, CREATE, SELECT, X, Y, entity, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.crc import check_octets
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.messages import SMALLEST_ENTITY
from simulator.wire.pesit.parameters import unit
from simulator.wire.pesit.profile import DEVIATIONS

STRICT = p.Options(profile=p.STRICT)


def wire(message, to=Y, by=0):
    return entity(p.fpdu(message, to, by))


def raw(kind, body=b"", by=0):
    return entity(frame_octets(kind, Y, by, body))


def caught(session, data):
    """The error that some octets end in, and the events before it."""
    events = []
    with pytest.raises(p.RemoteProtocolError) as found:
        events.extend(session.receive(data))
    return found.value, events


def writing(options=STRICT, **changes):
    return Dialogue(server=options).connected().writing(big(**changes))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"SSH-2.0-x\r\n",
        octets("00 06 C0 02 62 00"),
        octets("00 06 00 27 40 20 00"),
        bytes(8),
    ],
)
def test_what_is_not_pesit_is_only_closed(data):
    server = p.Server(Y)
    error, events = caught(server, data)
    assert (events, error.reply, server.must_close) == ([], None, True)
    assert server.deadline is None


BAD_HEADERS = {
    "length 0": "00 00",
    "length below the header": "00 05 00 05 C0 14 62",
    "length past the entity": "00 06 00 07 C0 14 62 00",
    "octets left over": "00 09 00 06 C0 14 62 00 00 00 01",
    "unknown type": "00 06 00 06 C0 07 62 00",
    "unknown phase": "00 06 00 06 80 14 62 00",
    "type of another phase": "00 06 00 06 40 11 62 00",
}


@pytest.mark.parametrize("data", BAD_HEADERS.values(), ids=BAD_HEADERS)
@pytest.mark.parametrize("options", [p.Options(), STRICT], ids=["lenient", "strict"])
def test_a_header_that_cannot_be_is_3_311(data, options):
    dialogue = Dialogue(server=options).connected()
    dialogue.ask(CREATE)
    dialogue.answer(p.AckCreate())
    with pytest.raises(p.RemoteProtocolError) as found:
        list(dialogue.server.receive(octets(data)))
    assert str(found.value.diagnostic) == "3-311"
    assert found.value.reply == p.Abort(diagnostic=p.Diagnostic(3, 311))
    assert dialogue.server.state is p.State.FAILED
    answer = dialogue.server.send(found.value.reply)
    assert list(dialogue.requester.receive(answer)) == [found.value.reply]


OUT_OF_STATE = {
    "DTF before WRITE": (Dialogue.connected, raw(p.Kind.DTF, b"x")),
    "WRITE without a file": (Dialogue.connected, wire(p.Write())),
    "ORF without a file": (Dialogue.connected, wire(p.Orf())),
    "a second CONNECT": (Dialogue.connected, wire(CONNECT, 0, X)),
    "an answer from the requester": (Dialogue.connected, wire(p.AckCreate(max_entity=1))),
    "RELEASE with a file": (lambda d: d.connected().writing(), wire(p.Release(), Y, X)),
    "DTFFA without DTFDA": (lambda d: d.connected().writing(), raw(p.Kind.DTFFA, b"x")),
    "DTFMA without DTFDA": (lambda d: d.connected().writing(), raw(p.Kind.DTFMA, b"x")),
    "TRANS.END before DTF.END": (lambda d: d.connected().writing(), wire(p.TransEnd())),
    "ACK(SYN) from the sender": (lambda d: d.connected().writing(), wire(p.AckSyn(number=1))),
    "READ on a created file": (None, wire(p.Read())),
    "MSGMM without MSGDM": (Dialogue.connected, raw(p.Kind.MSGMM, unit(91, b"x"))),
    "ACK(RESYN) unasked": (lambda d: d.connected().writing(), wire(p.AckResyn(restart_point=0))),
    "ACK(IDT) unasked": (lambda d: d.connected().writing(), wire(p.AckIdt())),
}


@pytest.mark.parametrize(("start", "data"), OUT_OF_STATE.values(), ids=OUT_OF_STATE)
def test_what_the_state_does_not_allow_is_3_311(start, data):
    dialogue = Dialogue()
    if start:
        start(dialogue)
    else:
        dialogue.connected().ask(CREATE)
        dialogue.answer(p.AckCreate())
        dialogue.ask(p.Orf())
        dialogue.answer(p.AckOrf())
    error, events = caught(dialogue.server, data)
    assert (events, str(error.diagnostic)) == ([], "3-311")
    assert "in the state" in str(error)


def test_the_next_question_before_our_answer_is_3_311():
    dialogue = Dialogue().connected()
    data = wire(CREATE) + wire(p.Orf())
    error, events = caught(dialogue.server, data)
    assert events == [CREATE]
    assert str(error.diagnostic) == "3-311"


def test_who_answers_inside_the_loop_takes_even_a_peer_that_does_not_wait():
    dialogue = Dialogue().connected()
    seen = []
    for event in dialogue.server.receive(wire(CREATE) + wire(p.Orf())):
        seen.append(event)
        dialogue.server.send(p.AckCreate() if isinstance(event, p.Create) else p.AckOrf())
    assert seen == [CREATE, p.Orf()]


def test_nothing_is_heard_after_a_fatal_error():
    dialogue = Dialogue().connected()
    caught(dialogue.server, wire(p.Write()))
    assert list(dialogue.server.receive(wire(CREATE))) == []


@pytest.mark.parametrize(
    ("body", "complement"),
    [
        (unit(3, b"ACME"), (1, 4, 1)),
        (unit(3, b"ACME") + unit(4, b"HUB") + b"\x05\x09ab", (1, 5, 2)),
        (unit(3, b"ACME") + unit(4, b"HUB") + unit(6, b"\2") + unit(9, b""), None),
    ],
)
def test_a_connect_that_cannot_be_read_is_3_318(body, complement):
    server = p.Server(Y, STRICT)
    error, _ = caught(server, entity(frame_octets(p.Kind.CONNECT, 0, X, body)))
    assert str(error.diagnostic) == "3-318"
    if complement:
        assert error.reply == p.Abort(diagnostic=error.diagnostic, complement=bytes(complement))


def test_the_identifier_of_a_bad_connect_is_not_known_yet():
    server = p.Server(Y)
    error, _ = caught(server, entity(frame_octets(p.Kind.CONNECT, 0, X, unit(3, b"A"))))
    assert server.send(error.reply)[6:8] == bytes((0, Y))


def test_an_old_version_is_refused_by_the_caller_with_3_308():
    old = msgspec.structs.replace(CONNECT, version=1)
    assert str(p.refusal(old)) == "3-308"
    assert p.refusal(CONNECT) is None


@pytest.mark.parametrize(
    ("access", "request_", "diagnostic"),
    [
        (p.AccessType.WRITE, CREATE, None),
        (p.AccessType.READ, CREATE, "3-304"),
        (p.AccessType.WRITE, p.Select(file_name="F"), "3-304"),
        (p.AccessType.MIXED, p.Select(file_name="F"), None),
    ],
)
def test_a_file_must_fit_the_access_announced(access, request_, diagnostic):
    found = p.access_refusal(msgspec.structs.replace(CONNECT, access_type=access), request_)
    assert (str(found) if found else None) == diagnostic


# In the data phase.


@pytest.mark.parametrize("options", [p.Options(), STRICT], ids=["lenient", "strict"])
@pytest.mark.parametrize(
    ("changes", "data", "diagnostic"),
    [
        ({"article_length": 4}, raw(p.Kind.DTF, b"12345"), "2-220"),
        ({"article_length": 4}, raw(p.Kind.DTFDA, b"123") + raw(p.Kind.DTFMA, b"45"), "2-220"),
        ({"max_reserved": 1}, raw(p.Kind.DTF, b"x" * 1024) + raw(p.Kind.DTF, b"y"), "2-219"),
        (
            {"max_reserved": 1, "reservation_unit": 1},
            raw(p.Kind.DTF, b"\0\1x\0\1y", by=2),
            "2-219",
        ),
    ],
)
def test_more_than_announced_is_interrupted_and_the_session_lives(
    options, changes, data, diagnostic
):
    dialogue = writing(options, **changes)
    error, _ = caught(dialogue.server, data)
    assert error.reply == p.Idt(
        diagnostic=p.Diagnostic.parse(diagnostic), end_code=p.EndCode.CANCELLED_BY_SERVER
    )
    # Until that is said, what was on its way is dropped, whatever it is.
    on_the_way = raw(p.Kind.DTF, b"12") + wire(p.DtfEnd()) + wire(p.TransEnd())
    assert list(dialogue.server.receive(on_the_way)) == []
    [idt] = dialogue.answer(error.reply)
    assert str(idt.diagnostic) == diagnostic
    dialogue.ask(p.AckIdt())
    assert dialogue.left().states == (p.State.CONNECTED, p.State.CONNECTED)


@pytest.mark.parametrize(
    ("data", "diagnostic"),
    [
        (b"".join(wire(p.Syn(number=n)) for n in range(1, 7)), "2-217"),
        (raw(p.Kind.DTF, b"x" * 1024) * 33, "2-222"),
    ],
)
def test_the_strict_profile_interrupts_who_oversteps_points_and_the_lenient_one_notes(
    data, diagnostic
):
    error, _ = caught(writing().server, data)
    assert error.reply == p.Idt(diagnostic=p.Diagnostic.parse(diagnostic), end_code=p.EndCode.ERROR)
    events = list(writing(p.Options()).server.receive(data))
    assert any(isinstance(event, p.Tolerated) for event in events)


@pytest.mark.parametrize("number", [0, 2, 999_999])
def test_a_point_out_of_turn_is_3_318(number):
    error, _ = caught(writing().server, wire(p.Syn(number=number)))
    assert (str(error.diagnostic), error.complement) == ("3-318", bytes((1, 20, 4)))


def test_an_acknowledgement_of_a_point_never_placed_is_3_318():
    dialogue = writing()
    error, _ = caught(dialogue.requester, entity(p.fpdu(p.AckSyn(number=1), X)))
    assert str(error.diagnostic) == "3-318"


def test_a_resynchronisation_to_a_point_never_placed_is_3_318():
    error, _ = caught(writing().server, wire(p.Resyn(restart_point=1)))
    assert (str(error.diagnostic), error.complement) == ("3-318", bytes((1, 18, 4)))


def test_an_impossible_resynchronisation_is_2_218():
    dialogue = writing()
    for number in (1, 2):
        dialogue.ask(p.Syn(number=number))
    dialogue.answer(p.Resyn(restart_point=2))
    error, _ = caught(dialogue.server, wire(p.AckResyn(restart_point=1)))
    assert error.reply.diagnostic == p.Diagnostic(2, 218)
    assert isinstance(error.reply, p.Idt)


def test_too_many_resynchronisations_are_3_320():
    dialogue = Dialogue().connected().writing(big())
    for _ in range(p.LENIENT.max_resyncs):
        dialogue.ask(p.Resyn(restart_point=0))
        dialogue.answer(p.AckResyn(restart_point=0))
    error, _ = caught(dialogue.server, wire(p.Resyn(restart_point=0)))
    assert str(error.diagnostic) == "3-320"


@pytest.mark.parametrize(
    "end", [p.TransEnd(octets=4, articles=1), p.TransEnd(octets=5, articles=2)]
)
def test_counts_that_do_not_match_are_3_319_or_noted(end):
    for options in (STRICT, p.Options()):
        dialogue = writing(options)
        dialogue.ask(p.Data(articles=(b"12345",)), p.DtfEnd())
        if options is STRICT:
            error, _ = caught(dialogue.server, wire(end))
            assert str(error.diagnostic) == "3-319"
        else:
            note, heard = dialogue.server.receive(wire(end))
            assert (note.deviation, heard) == ("counts-differ", end)
            assert str(dialogue.server.transfer.verdict(end)) == "2-223"
            verdict = dialogue.server.transfer.verdict(end)
            dialogue.server.send(p.AckTransEnd(diagnostic=verdict))
            assert dialogue.server.state is p.State.OPEN


def test_lengths_inside_a_dtf_that_do_not_add_up_are_3_311():
    for body, count in ((b"\0\5abc", 1), (b"\0\1a\0\1b", 3), (b"\0\1abc", 1), (b"\0", 2)):
        error, _ = caught(writing(p.Options()).server, raw(p.Kind.DTF, body, by=count))
        assert str(error.diagnostic) == "3-311"


@pytest.mark.parametrize("strings", [b"\x41x", b"\x05ab", b"\x83", b"\x7f"])
def test_compression_that_cannot_be_read_is_3_311(strings):
    asked = p.Compression(horizontal=True)
    dialogue = Dialogue().connected()
    dialogue.writing(big(), p.Orf(compression=asked), p.AckOrf(compression=asked))
    error, _ = caught(dialogue.server, raw(p.Kind.DTF, strings))
    assert str(error.diagnostic) == "3-311"


def test_a_message_without_end_is_3_318():
    dialogue = Dialogue().connected()
    dialogue.server.receive(b"")
    begun = raw(p.Kind.MSGDM, unit(9, unit(11, b"\0") + unit(12, b"F")) + unit(13, b"\1"))
    more = raw(p.Kind.MSGMM, unit(91, bytes(4000)))
    error, _ = caught(dialogue.server, begun + more * 20)
    assert (str(error.diagnostic), error.complement) == ("3-318", bytes((1, 91, 4)))


# Check octets.


def damaged(octets_, at=-1):
    changed = bytearray(octets_)
    changed[at] ^= 0x55
    return bytes(changed)


def checked(**options):
    connect = msgspec.structs.replace(CONNECT, crc=True)
    return Dialogue(**options).connected(connect)


def test_a_damaged_fpdu_in_the_data_phase_asks_back_to_the_last_safe_point():
    dialogue = checked().writing(big())
    for number in (1, 2):
        dialogue.ask(p.Data(articles=(b"%d" % number,)), p.Syn(number=number))
    dialogue.answer(p.AckSyn(number=1))
    error, _ = caught(dialogue.server, damaged(dialogue.requester.send(p.Data(articles=(b"3",)))))
    assert error.reply == p.Resyn(diagnostic=p.Diagnostic(1, 100), restart_point=1)
    on_the_way = dialogue.requester.send(p.Syn(number=3))
    assert list(dialogue.server.receive(on_the_way)) == []
    dialogue.answer(error.reply)
    dialogue.ask(p.AckResyn(restart_point=1))
    assert dialogue.server.transfer.mark == p.Mark(1, 1, 1, 1)
    assert dialogue.requester.transfer.mark == p.Mark(1, 1, 1, 1)


@pytest.mark.parametrize("framing", p.Framing)
def test_a_damaged_fpdu_elsewhere_is_3_310(framing):
    dialogue = checked(requester=p.Options(framing=framing))
    error, _ = caught(dialogue.server, damaged(dialogue.requester.send(CREATE), -5))
    assert error.reply == p.Abort(diagnostic=p.Diagnostic(3, 310))


def test_a_damaged_fpdu_without_resynchronisation_is_3_310():
    dialogue = Dialogue().connected(
        msgspec.structs.replace(CONNECT, crc=True, resync=None),
        msgspec.structs.replace(ACONNECT, resync=None),
    )
    dialogue.writing(big())
    error, _ = caught(dialogue.server, damaged(dialogue.requester.send(p.Data(articles=(b"3",)))))
    assert error.reply == p.Abort(diagnostic=p.Diagnostic(3, 310))


def test_a_connect_that_promises_check_octets_and_has_none_is_3_310():
    connect = p.fpdu(msgspec.structs.replace(CONNECT, crc=True), 0, X)
    error, _ = caught(p.Server(Y), entity(connect))
    assert str(error.diagnostic) == "3-310"


# Every liberty of the table, seen by a session.

OPENED = [CREATE, p.AckCreate(), p.Orf(), p.AckOrf()]
LIBERTIES = {
    "wrong-identifier": (Dialogue.connected, wire(CREATE, to=9)),
    "not-concatenable": (
        Dialogue.connected,
        entity(p.fpdu(CREATE, Y), p.fpdu(p.Abort(), Y, X)),
    ),
    "entity-over-limit": (
        lambda d: d.connected().writing(big(max_entity=100)),
        raw(p.Kind.DTF, b"x" * 200),
    ),
    "counted-single-article": (
        lambda d: d.connected().writing(),
        raw(p.Kind.DTF, b"\0\1x", by=1),
    ),
    "empty-data": (lambda d: d.connected().writing(), raw(p.Kind.DTF)),
    "sync-not-agreed": (
        lambda d: d.connected(CONNECT, p.Aconnect()).writing(),
        wire(p.Syn(number=1)),
    ),
    "resync-not-agreed": (
        lambda d: d.connected(CONNECT, p.Aconnect()).writing(),
        wire(p.Resyn(restart_point=0)),
    ),
    "vertical-without-reference": (
        lambda d: d.connected().writing(
            CREATE,
            p.Orf(compression=p.Compression(vertical=True)),
            p.AckOrf(compression=p.Compression(vertical=True)),
        ),
        raw(p.Kind.DTF, b"\xc3"),
    ),
    "empty-string": (
        lambda d: d.connected().writing(
            CREATE,
            p.Orf(compression=p.Compression(horizontal=True)),
            p.AckOrf(compression=p.Compression(horizontal=True)),
        ),
        raw(p.Kind.DTF, b"\x00\x01x"),
    ),
    "disorder": (Dialogue.connected, raw(p.Kind.RELEASE, unit(29, b"x") + unit(2, bytes(3)), by=X)),
}


@pytest.mark.parametrize("name", LIBERTIES)
def test_a_liberty_is_noted_by_the_lenient_profile_and_refused_by_the_strict(name):
    start, data = LIBERTIES[name]
    lenient, strict = Dialogue(), Dialogue(server=STRICT)
    start(lenient)
    start(strict)
    notes = [event for event in lenient.server.receive(data) if isinstance(event, p.Tolerated)]
    assert name in [note.deviation for note in notes]
    error, _ = caught(strict.server, data)
    assert error.diagnostic == DEVIATIONS[name].refusal


def test_a_liberty_is_noted_once_for_an_fpdu():
    dialogue = Dialogue().connected()
    flood = raw(p.Kind.RELEASE, unit(2, bytes(3)) + unit(200, b"") * 30_000, by=X)
    assert len(list(dialogue.server.receive(flood))) == 2


@pytest.mark.parametrize(
    "aconnect",
    [
        p.Aconnect(sync=p.SyncOption(33, 4)),
        p.Aconnect(sync=p.SyncOption(32, 5)),
        p.Aconnect(version=3),
    ],
)
def test_an_answer_above_the_offer_is_3_315_or_noted_and_the_offer_stands(aconnect):
    strict = p.Requester(X, STRICT)
    strict.send(CONNECT)
    error, _ = caught(strict, entity(p.fpdu(aconnect, X, Y)))
    assert str(error.diagnostic) == ("3-318" if aconnect.version == 3 else "3-315")
    lenient = p.Requester(X)
    lenient.send(CONNECT)
    notes = list(lenient.receive(entity(p.fpdu(aconnect, X, Y))))
    assert "offer-raised" in [note.deviation for note in notes if isinstance(note, p.Tolerated)]
    assert lenient.agreement.sync.interval <= 32
    assert lenient.agreement.sync.window <= 4


def test_a_stale_acknowledgement_is_noted_and_changes_nothing():
    dialogue = Dialogue().connected().writing(big())
    dialogue.ask(p.Syn(number=1))
    dialogue.ask(p.Syn(number=2))
    dialogue.answer(p.AckSyn(number=2))
    again = entity(p.fpdu(p.AckSyn(number=1), X))
    note, _ = dialogue.requester.receive(again)
    assert note.deviation == "stale-acknowledgement"
    assert dialogue.requester.transfer.acknowledged == 2


def test_an_entity_above_the_offer_is_noted_and_the_offer_stands():
    dialogue = Dialogue().connected()
    dialogue.ask(CREATE)
    raised = entity(p.fpdu(p.AckCreate(max_entity=9000), X))
    note, _ = dialogue.requester.receive(raised)
    assert note.deviation == "offer-raised"
    assert dialogue.requester.transfer.max_entity == 4096


def test_compression_that_was_not_asked_for_is_not_used():
    dialogue = Dialogue().connected()
    dialogue.ask(CREATE)
    dialogue.answer(p.AckCreate())
    dialogue.ask(p.Orf())
    granted = p.AckOrf(compression=p.Compression(horizontal=True))
    note, _ = dialogue.requester.receive(entity(p.fpdu(granted, X)))
    assert note.deviation == "offer-raised"
    assert not dialogue.requester.transfer.compression
    with pytest.raises(p.LocalProtocolError, match="PI 21"):
        dialogue.server.send(granted)


def test_resynchronisation_that_was_not_offered_is_not_agreed():
    requester = p.Requester(X)
    requester.send(msgspec.structs.replace(CONNECT, resync=None))
    note, _ = requester.receive(entity(p.fpdu(p.Aconnect(resync=True), X, Y)))
    assert note.deviation == "offer-raised"
    assert not requester.agreement.resync


def test_an_empty_article_among_others_is_noted():
    dialogue = Dialogue().connected().writing()
    note, data = dialogue.server.receive(raw(p.Kind.DTF, b"\0\1a\0\0", by=2))
    assert (note.deviation, data.articles) == ("empty-data", (b"a", b""))


@pytest.mark.parametrize(
    "data", ["00 05 C0 14 62", "00 00 C0 14 62 00"], ids=["too short", "nothing"]
)
def test_a_bad_length_without_prefix_is_3_311(data):
    dialogue = Dialogue(requester=p.Options(framing=p.Framing.RAW)).connected()
    error, _ = caught(dialogue.server, octets(data) + bytes(6))
    assert str(error.diagnostic) == "3-311"


def test_good_check_octets_do_not_excuse_a_wrong_length():
    dialogue = checked()
    lying = b"\x00\x07" + p.fpdu(p.Orf(), Y)[2:]
    error, _ = caught(dialogue.server, entity(lying + check_octets(lying)))
    assert str(error.diagnostic) == "3-311"


def test_a_connect_with_unreadable_parameters_does_not_ask_for_check_octets():
    connect = frame_octets(p.Kind.CONNECT, 0, X, b"\x03\x20abc")
    error, _ = caught(p.Server(Y), connect)
    assert str(error.diagnostic) == "3-318"


def test_a_requester_that_reads_interrupts_with_its_own_code():
    chosen = big(article_length=4)
    dialogue = Dialogue().connected().reading(chosen=chosen)
    data = entity(frame_octets(p.Kind.DTF, X, 0, b"12345"))
    error, _ = caught(dialogue.requester, data)
    assert error.reply.end_code == p.EndCode.CANCELLED_BY_REQUESTER


def test_a_point_that_was_forgotten_cannot_be_gone_back_to():
    small = p.Options(profile=msgspec.structs.replace(p.LENIENT, marks_kept=3))
    dialogue = Dialogue(small, small).connected().writing(big())
    for number in range(1, 5):
        dialogue.ask(p.Syn(number=number))
    dialogue.answer(p.Resyn(restart_point=1))
    with pytest.raises(p.LocalProtocolError, match="nothing is known of point 1"):
        dialogue.requester.send(p.AckResyn(restart_point=1))
    dialogue.ask(p.AckResyn(restart_point=0))
    assert dialogue.states == (p.State.DATA, p.State.DATA)


def test_an_fpdu_has_at_most_65535_octets():
    with pytest.raises(p.LocalProtocolError, match="at most 65535"):
        frame_octets(p.Kind.DTF, Y, 0, bytes(65530))


@pytest.mark.parametrize("octets_", [0, 1, SMALLEST_ENTITY - 1])
@pytest.mark.parametrize("question", [CREATE, SELECT])
def test_an_entity_without_room_for_data_is_3_318(question, octets_):
    dialogue = Dialogue().connected()
    asked = msgspec.structs.replace(question, max_entity=octets_)
    error, _ = caught(dialogue.server, wire(asked))
    assert (str(error.diagnostic), error.complement) == ("3-318", bytes((1, 25, 4)))


def test_an_entity_without_room_for_data_cannot_be_granted_either():
    dialogue = Dialogue().connected()
    dialogue.ask(CREATE)
    error, _ = caught(dialogue.requester, entity(p.fpdu(p.AckCreate(max_entity=6), X)))
    assert (str(error.diagnostic), error.complement) == ("3-318", bytes((1, 25, 4)))


@pytest.mark.parametrize(("crc", "least"), [(None, SMALLEST_ENTITY), (True, SMALLEST_ENTITY + 2)])
def test_the_smallest_entity_moves_a_file_and_a_smaller_one_is_refused(crc, least):
    chosen = big(article_length=10)
    select = msgspec.structs.replace(SELECT, max_entity=least)
    connect = msgspec.structs.replace(CONNECT, crc=crc)
    dialogue = Dialogue().connected(connect).reading(select, chosen)
    assert b"".join(pump(dialogue, lambda _mark: iter([b"0123456789"]))) == b"0123456789"
    dialogue = Dialogue().connected(connect)
    with pytest.raises(p.LocalProtocolError, match="PI 25"):
        dialogue.requester.send(msgspec.structs.replace(select, max_entity=least - 1))
