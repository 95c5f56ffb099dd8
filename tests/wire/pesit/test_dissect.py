"""A stream taken apart: every FPDU with its places, and every fault with what was expected."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_examples import CONNECT, FPDUS, PRECONNECTION, X, Y, entity, octets
from pesit_tour import SESSIONS, tours

from simulator.wire import pesit as p
from simulator.wire.pesit.crc import check_octets
from simulator.wire.pesit.dissect import Dissection, Dissector, commentator, dissect
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.overhearing import pieces_of, speaker
from simulator.wire.pesit.parameters import unit

ALL = [octets(row[4]) for row in FPDUS]
RAW, PREFIXED = p.Framing.RAW, p.Framing.PREFIXED


def faults(stream, framing=None):
    return [fault for piece in dissect(stream, framing) for fault in piece.faults]


@pytest.mark.parametrize("row", FPDUS, ids=[row[0] for row in FPDUS])
@pytest.mark.parametrize("frame", [entity, bytes], ids=["prefix", "no prefix"])
def test_each_example_is_named_with_the_place_of_each_parameter(row, frame):
    stream = frame(octets(row[4]))
    [piece] = dissect(stream)
    assert (piece.name, piece.octets, piece.faults) == (row[1].KIND.label, stream, ())
    for item in piece.items:
        assert stream[item.at] == item.code
        assert stream.index(item.octets, item.at) <= item.at + 4
        assert all(stream[member.at] == member.code for member in item.members)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_is_read_without_a_fault_and_its_pieces_are_the_stream(name):
    recording = tours()[name]
    pieces = list(pieces_of(recording))
    for direction in "><":
        mine = [piece for piece in pieces if piece.by is speaker(direction)]
        assert b"".join(piece.octets for piece in mine) == recording.octets(direction)
        ends = [piece.at for piece in mine[1:]] + [len(recording.octets(direction))]
        assert [piece.at + len(piece.octets) for piece in mine] == ends
    assert not [piece.faults for piece in pieces if piece.faults]
    assert "UNREADABLE" not in "\n".join(map(str, pieces))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SESSIONS)), st.lists(st.integers(0, 15_000), max_size=8))
def test_any_split_gives_the_pieces_of_the_whole(name, cuts):
    stream = tours()[name].octets(">")
    whole, split = Dissector(), Dissector()
    at, found = 0, []
    for cut in [*sorted(cuts), len(stream)]:
        found += split.feed(stream[at:cut])
        at = max(at, cut)
    assert found == list(whole.feed(stream))
    assert not list(split.finish())


def test_who_says_what_is_told_from_the_type_where_only_one_side_may():
    stream = b"".join(map(entity, ALL))
    by = {piece.name: piece.by for piece in dissect(stream)}
    assert by["CREATE"] is by["WRITE"] is by["READ"] is p.Side.REQUESTER
    assert by["ACK(CREATE)"] is by["RELCONF"] is p.Side.SERVER
    assert by["ABORT"] is by["IDT"] is by["RESYN"] is None


@pytest.mark.parametrize(("ask", "by"), [(3, p.Side.REQUESTER), (19, p.Side.SERVER)])
def test_who_sends_data_is_told_from_the_file(ask, by):
    stream = entity(ALL[ask]) + entity(frame_octets(p.Kind.DTF, Y, 0, b"x"))
    assert [piece.by for piece in dissect(stream)][-1] is by


@pytest.mark.parametrize("prefix", [b"", b"\x00\x18"])
def test_the_pre_connection_is_read_and_its_password_is_not_shown(prefix):
    stream = prefix + octets(PRECONNECTION[0]) + entity(ALL[0])
    first, second = dissect(stream)
    assert (first.name, second.name) == ("pre-connection", "CONNECT")
    assert "'ACME'" in str(first)
    assert "secret" not in str(first) + str(second)


@pytest.mark.parametrize(("text", "name"), [(1, "granted"), (2, "refused")])
@pytest.mark.parametrize("frame", [entity, bytes])
def test_the_answers_to_a_pre_connection(text, name, frame):
    [piece] = dissect(frame(octets(PRECONNECTION[text])))
    assert (piece.name, piece.by) == (f"pre-connection {name}", p.Side.SERVER)


@pytest.mark.parametrize("framing", p.Framing)
def test_check_octets_are_known_from_connect_in_both_directions(framing):
    connect = p.fpdu(p.Connect(requester="A", server="B", crc=True), 0, X)
    aconnect = p.fpdu(p.Aconnect(), X, Y)

    def wire(fpdu, check=None):
        whole = fpdu + (check_octets(fpdu) if check is None else check)
        return entity(whole) if framing is PREFIXED else whole

    dissection = Dissection()
    [piece] = dissection.feed(wire(connect), p.Side.REQUESTER)
    assert "good" in str(piece)
    [piece] = dissection.feed(wire(aconnect), p.Side.SERVER)
    assert "good" in str(piece)
    [piece] = dissection.feed(wire(aconnect, b"\0\0"), p.Side.SERVER)
    [fault] = piece.faults
    assert (fault.expected, fault.found) == (
        f"check octets {check_octets(aconnect).hex(' ')}",
        "00 00",
    )
    assert piece.octets[fault.at - piece.at :] == b"\0\0"


def test_check_octets_that_are_announced_and_absent_are_a_fault():
    connect = p.fpdu(p.Connect(requester="A", server="B", crc=True), 0, X)
    [fault] = faults(entity(connect))
    assert (fault.at, fault.expected) == (2 + len(connect), "check octets")


def test_check_octets_without_connect_are_told_from_their_value():
    fpdus = [ALL[4], ALL[7]]
    [one, two] = dissect(b"".join(one + check_octets(one) for one in fpdus))
    assert "good" in str(one)
    assert "good" in str(two)
    assert [piece.name for piece in dissect(b"".join(fpdus))] == ["ACK(CREATE)", "ACK(ORF)"]


def test_a_text_in_ebcdic_is_read_too():
    connect = frame_octets(
        p.Kind.CONNECT,
        0,
        X,
        unit(3, "ACME".encode("cp037")) + unit(4, b"HUB") + unit(5, b"\xa2\x85") + unit(6, b"\2"),
    )
    [piece] = dissect(entity(connect))
    assert piece.also == ("PI 3 reads as EBCDIC: 'ACME'",)
    assert "PI 5" not in "".join(piece.also)


def test_data_of_a_file_in_ebcdic_are_read_too():
    create = p.Create(file_name="F", transfer_id=1, data_code=1, article_length=9, max_reserved=1)
    data = frame_octets(p.Kind.DTF, Y, 0, "FACTURE\n".encode("cp037"))
    _, piece = dissect(entity(p.fpdu(create, Y)) + entity(data))
    assert piece.also == ("in EBCDIC: |FACTURE.|",)


START = entity(ALL[3])
FAULTS = {
    "not PeSIT": (b"GET / HTTP/1.1\r\n", 0, "type in octets 3 and 4", "47 45 54 20 2f 20"),
    "octets of a length": (b"\x00", 0, "at least 6 octets", "1 before the end"),
    "cut in a header": (START + b"\x00\x09\x00", len(START), "11 octets", "3 before the end"),
    "cut in an entity": (START[:-5], 0, f"{len(START)} octets", f"{len(START) - 5} before the end"),
    "cut without prefix": (ALL[3][:-5], 0, f"{len(ALL[3])} octets", "62 before the end"),
    "a length below the header": (
        START + octets("00 06 00 05 C0 14 62 00"),
        len(START) + 2,
        "6 to 6",
        "5",
    ),
    "a length past the entity": (
        START + octets("00 06 00 07 C0 14 62 00"),
        len(START) + 2,
        "6 to 6",
        "7",
    ),
    "octets left over": (
        octets("00 0A 00 06 C0 14 62 00 00 06 C0 14"),
        8,
        "6 to 4",
        "6",
    ),
    "a type that does not exist": (
        START + octets("00 06 00 06 C0 07 62 00"),
        len(START) + 4,
        "the type of an FPDU",
        "c0 07",
    ),
    "a length of 0 without prefix": (ALL[4] + bytes(8), 15, "6 to 8", "0"),
    "a parameter past its end": (
        entity(frame_octets(p.Kind.RELCONF, X, Y, b"\x63\x09abc")),
        8,
        "9 octets of PI 99",
        "3 in its area",
    ),
    "a parameter without length": (
        entity(frame_octets(p.Kind.RELCONF, X, Y, b"\x63")),
        8,
        "1 octets of PI 99",
        "0 in its area",
    ),
    "half a long length": (
        entity(frame_octets(p.Kind.RELCONF, X, Y, b"\x63\xff\x01")),
        8,
        "1 octets of PI 99",
        "0 in its area",
    ),
    "a member past its group": (
        entity(frame_octets(p.Kind.CREATE, Y, 0, unit(9, b"\x0b\x01\x00\x0c\x08abc"))),
        13,
        "8 octets of PI 12",
        "3 in its area",
    ),
    "a group in a group": (
        entity(frame_octets(p.Kind.CREATE, Y, 0, unit(9, unit(30, b"")))),
        10,
        "a parameter inside group 9",
        "group 30",
    ),
    "articles that do not add up": (
        entity(frame_octets(p.Kind.DTF, Y, 2, b"\0\5ab")),
        8,
        "2 articles",
        "do not add up",
    ),
}


@pytest.mark.parametrize(("stream", "at", "expected", "found"), FAULTS.values(), ids=FAULTS)
def test_a_fault_says_where_what_was_expected_and_what_was_found(stream, at, expected, found):
    [fault] = faults(stream)
    assert fault.at == at
    assert expected in fault.expected
    assert found in fault.found
    assert str(fault).startswith(f"at octet {at}: expected ")


def test_what_stands_before_a_fault_is_read():
    first, second, last = dissect(START + entity(ALL[6]) + b"\x00\x06\x00\x01")
    assert (first.name, second.name, last.name) == ("CREATE", "ORF", "")
    assert last.octets == b"\x00\x06\x00\x01"


def test_a_bad_parameter_does_not_stop_reading():
    bad = entity(frame_octets(p.Kind.RELCONF, X, Y, b"\x63\x09abc"))
    assert [piece.name for piece in dissect(bad + START)] == ["RELCONF", "CREATE"]


def test_a_framing_that_is_told_is_taken():
    ambiguous = octets("00 08 00 00 C0 01 48 49")  # DTF to C0h, or a prefix before READ
    [piece] = dissect(ambiguous, RAW)
    assert (piece.name, piece.articles) == ("DTF", ())
    assert [piece.name for piece in dissect(ambiguous, PREFIXED)] == [""]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5), st.sampled_from([None, *p.Framing]))
def test_anything_is_taken_apart_and_nothing_is_lost(parts, framing):
    dissector = Dissector(framing)
    pieces = [piece for part in parts for piece in dissector.feed(part)]
    pieces += dissector.finish()
    read = b"".join(piece.octets for piece in pieces)
    whole = b"".join(parts)
    assert read == whole or (dissector.is_lost and whole.startswith(read))
    assert all(str(piece) for piece in pieces)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SESSIONS)), st.data())
def test_a_damaged_session_never_fails_the_reader(name, data):
    stream = bytearray(tours()[name].octets(">"))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    for piece in dissect(bytes(stream)):
        assert str(piece)


def test_a_peer_that_never_finishes_an_entity_makes_us_keep_one():
    dissector = Dissector()
    list(dissector.feed(entity(p.fpdu(CONNECT, 0, X))))
    for _ in range(3):
        list(dissector.feed(b"\xff\xff\xff\xfd\x00\x00" + bytes(65530)))
    assert len(dissector._buffer) <= 65537 + 65536


def test_comments_tell_when_a_side_closed():
    assert list(commentator()("<", b"")) == ["closed"]
