"""The decoder in words: every example is named, nothing makes it fail, no password is shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pesit_examples import CONNECT, FPDUS, PRECONNECTION, X, Y, entity, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.crc import check_octets

ALL = [octets(row[4]) for row in FPDUS]


def text(stream, framing=None):
    return "\n".join(map(str, p.annotate(stream, framing)))


@pytest.mark.parametrize("row", FPDUS, ids=[row[0] for row in FPDUS])
def test_each_example_is_read_aloud(row):
    [line] = p.annotate(entity(octets(row[4])))
    assert line.title.startswith(row[1].KIND.label)
    assert "UNREADABLE" not in str(line)


def test_the_words_of_a_create():
    assert text(entity(ALL[3])).splitlines() == [
        "000000  CREATE  67 octets, to 98, octet 6 = 0",
        "  PGI 9 file identifier",
        "    PI 11 file type: 0",
        "    PI 12 file name: 'INVOICES'",
        "  PI 13 transfer id: 1",
        "  PI 16 data code: 2, binary",
        "  PI 17 priority: 1, normal",
        "  PI 25 largest entity: 4096",
        "  PGI 30 logical attributes",
        "    PI 31 article format: 128, variable",
        "    PI 32 article length: 1024",
        "  PGI 40 physical attributes",
        "    PI 41 reservation unit: 0, KB",
        "    PI 42 largest size reserved: 10",
        "  PGI 50 historical attributes",
        "    PI 51 created: '261112123000'",
    ]


def test_a_diagnostic_is_given_in_words():
    assert "PI 2 diagnostic: 2-204, the file already exists" in text(entity(ALL[5]))


def test_the_complement_of_a_bad_parameter_is_given_in_words():
    abort = p.Abort(diagnostic=p.Diagnostic(3, 318), complement=bytes((2, 4, 1, 17, 4)))
    shown = text(entity(p.fpdu(abort, Y, X)))
    assert "PI 4 is absent  PI 17 is out of range" in shown


def test_passwords_are_not_shown():
    changed = msgspec.structs.replace(CONNECT, access=p.Access("secret", "newer"))
    stream = entity(octets(PRECONNECTION[0])) + entity(p.fpdu(changed, 0, X))
    shown = text(stream)
    assert "secret" not in shown
    assert "newer" not in shown
    assert "password and new password (not shown)" in shown
    assert "'ACME'" in shown


@pytest.mark.parametrize("framing", [p.Framing.PREFIXED, p.Framing.RAW])
@pytest.mark.parametrize("crc", [True, False])
def test_a_whole_stream_line_by_line(framing, crc):
    checked = [one + check_octets(one) if crc else one for one in ALL]
    stream = b"".join(entity(one) if framing is p.Framing.PREFIXED else one for one in checked)
    lines = list(p.annotate(stream))
    assert [line.title.split("  ")[0] for line in lines] == [row[1].KIND.label for row in FPDUS]
    assert b"".join(line.octets for line in lines) == stream
    assert all(("good" in str(line)) == crc for line in lines)


def test_concatenated_fpdus_have_a_line_each():
    stream = entity(octets("00 08 00 00 62 00 48 49"), octets("00 09 C0 03 62 00 14 01 02"))
    lines = list(p.annotate(stream))
    assert [line.title.split("  ")[0] for line in lines] == ["DTF", "SYN"]
    assert [line.at for line in lines] == [0, 10]


def test_articles_of_a_dtf():
    shown = text(entity(octets("00 0F 00 00 62 02 00 02 41 42 00 03 43 44 45")))
    assert "article 1, 2 octets: 41 42  |AB|" in shown
    assert "article 2, 3 octets: 43 44 45  |CDE|" in shown


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (entity(octets("00 06 C0 07 62 00")), "no FPDU has octets 3 and 4 = C0 07"),
        (entity(octets("00 06 C0 11 62 00")), "CREATE"),
        (entity(octets("00 08 40 24 01 62 63 05")), "UNREADABLE: PI 99 announces 5"),
        (entity(octets("00 09 40 24 01 62 C8 01 41")), "PI 200 does not exist"),
        (entity(octets("00 09 00 00 62 02 00 09 41")), "UNREADABLE"),
        (octets("00 10 00 06 40 24 01 62"), "cut short"),
        (entity(octets("00 06 40 24 01 62"), octets("00 99 40 24")), "announces 153"),
        (entity(octets("00 06 40 24 01 62 00 00")), "WRONG"),
        (entity(octets("00 0B C0 01 62 00 12 03 00 00 03")), "leading zero"),
        (octets(PRECONNECTION[1]), "granted"),
        (entity(octets(PRECONNECTION[2])), "refused"),
        (b"GET / HTTP/1.1\r\n", "not PeSIT"),
    ],
)
def test_what_cannot_be_read_is_said(stream, words):
    assert words in text(stream)


@given(st.binary(max_size=300), st.sampled_from([None, *p.Framing]))
def test_any_octets_are_read_to_the_end(stream, framing):
    lines = list(p.annotate(stream, framing))
    assert b"".join(line.octets for line in lines) == stream
    assert all(str(line) for line in lines)


@given(st.sampled_from(ALL), st.integers(0, 200), st.integers(0, 255))
def test_damaged_examples_are_read_to_the_end(example, at, value):
    damaged = bytearray(entity(example))
    damaged[at % len(damaged)] = value
    lines = list(p.annotate(bytes(damaged)))
    assert b"".join(line.octets for line in lines) == bytes(damaged)


def test_the_identifiers_are_shown():
    assert "to 98" in text(entity(ALL[8]))
    assert Y == 98
