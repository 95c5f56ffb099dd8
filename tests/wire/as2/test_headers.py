"""Headers are read by name, in any order, and never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire import as2
from simulator.wire.as2.headers import (
    Headers,
    parameter_text,
    parse_parameters,
    quote_name,
    quoted_parameter,
    unquote_name,
)

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=128)


@given(NAMES.filter(lambda name: name == name.strip()))
def test_an_as2_name_survives_its_header(name):
    assert unquote_name(f" {quote_name(name)} ") == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"Hub 1"', "Hub 1"),
        ("CPP001", "CPP001"),
        (r'"a\"b\\c"', r'a"b\c'),
        ('"', '"'),
        ('"open', '"open'),
        ("", ""),
    ],
)
def test_as2_names_are_unquoted(written, name):
    assert unquote_name(written) == name


def test_only_names_that_need_quotes_get_them():
    assert (quote_name("CPP001"), quote_name("Hub 1")) == ("CPP001", '"Hub 1"')


def test_a_block_is_read_whatever_its_folding_and_line_ends():
    block = b"A: 1\r\nB:2\n  3\r\n\tstill 3\nno field here\r\nC :  4 \r\n\r\n"
    headers = Headers.parse(block)
    assert headers.fields == (("A", "1"), ("B", "2 3 still 3"), ("C", "4"))


def test_names_compare_without_case_and_the_first_counts():
    headers = Headers.of([(b"as2-FROM", b" x "), ("AS2-From", "y")])
    assert headers.get("AS2-From") == "x"
    assert headers.all("as2-from") == ["x", "y"]
    assert "AS2-FROM" in headers
    assert headers.get("absent", "?") == "?"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('multipart/signed; micalg=sha1; boundary="a;b"', {"micalg": "sha1", "boundary": "a;b"}),
        ("Multipart/Signed ;MICALG = sha1 ; x", {"micalg": "sha1"}),
        (r'x/y; name="a\"b\\c\d"', {"name": r'a"b\c\d'}),
        ('x/y; name="open', {"name": "open"}),
        ("x/y; name=a b.xml; name=c", {"name": "a b.xml"}),
        ("", {}),
        (";;;=;", {}),
    ],
)
def test_parameters(value, expected):
    assert parse_parameters(value)[1] == expected


@pytest.mark.parametrize(
    "value",
    [
        'a; filename="Facture été.xml"',
        "a; filename*=utf-8''Facture%20%C3%A9t%C3%A9.xml",
        "a; filename*=iso-8859-1'fr'Facture%20%E9t%E9.xml",
        "a; filename*0*=utf-8''Facture%20; filename*1=%C3%A9t%C3%A9; filename*2*=.xml",
        'a; filename*0="Facture "; filename*1="été.xml"',
        'a; filename="=?utf-8?Q?Facture_=C3=A9t=C3=A9.xml?="',
        'a; filename="=?iso-8859-1?b?RmFjdHVyZSDpdOkueG1s?="',
        "a; filename=Facture été.xml",
    ],
)
@pytest.mark.parametrize("seen_as", ["utf-8", "latin-1"])
def test_every_spelling_of_a_name_beyond_ascii(value, seen_as):
    """As text, and as an HTTP library shows its UTF-8: read as Latin-1."""
    value = value if seen_as == "utf-8" else value.encode().decode("latin-1")
    assert parameter_text(parse_parameters(value)[1], "filename") == "Facture été.xml"


@pytest.mark.parametrize(
    "value",
    [
        "a; filename*=nocharset''%E9",
        "a; filename*=%E9",
        'a; filename="=?nix?B?6Q==?="',
        'a; filename="=?utf-8?B?!?="',
        "a; filename*5=x",
        'a; filename="=?utf-8?b?YWJj?="\ud800',
    ],
)
def test_what_no_one_can_decode_is_shown_somehow(value):
    assert isinstance(parameter_text(parse_parameters(value)[1], "filename"), str)


@given(st.text(max_size=40).filter(lambda text: text.isprintable()))
def test_a_file_name_survives_its_header(name):
    value = f"attachment{quoted_parameter('filename', name)}"
    assert parameter_text(parse_parameters(value)[1], "filename") == name or "=?" in name


ANY_TEXT = st.text(max_size=60) | st.text(" \t\r\n;=,\"'\\*?%<>/:()abc012\x00é", max_size=60)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=6), ANY_TEXT, st.binary(max_size=80))
def test_no_header_raises(pairs, value, block):
    known = [
        "AS2-From",
        "Message-ID",
        "Disposition-Notification-To",
        "Disposition-Notification-Options",
        "Receipt-Delivery-Option",
        "EDIINT-Features",
        "Content-Type",
    ]
    request = as2.read_request([*pairs, *((name, value) for name in known)])
    as2.refusal_of(request)
    as2.is_mdn(request.headers)
    parameter_text(request.headers.parameters("Content-Type")[1], "name")
    Headers.parse(block)
    as2.parse_disposition(value)
