"""The BER reader goes through anything once, in bounds, and hands out slices; the writer is DER."""

import pytest
from as2_forge import chopped, indefinite
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.as2 import ber
from simulator.wire.as2.ber import BerError, Reader
from simulator.wire.as2.span import Span


def reader(*parts):
    return Reader(Span.of(b"".join(parts)))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 24])
def test_lengths_of_every_form(length):
    header = ber.head(ber.OCTETS, length)
    assert core.OctetString.load(header + bytes(length)).native == bytes(length)
    (piece,) = reader(header, bytes(length)).octets()
    assert len(piece) == length


@given(st.integers(-(2**70), 2**70))
def test_integers_are_der(value):
    assert ber.integer(value) == core.Integer(value).dump()


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.7.1", "2.5.4.3", "0.9.2342", "2.999.3"])
def test_identifiers_both_ways(dotted):
    encoded = ber.oid(dotted)
    assert encoded == core.ObjectIdentifier(dotted).dump()
    assert reader(encoded).oid() == dotted


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a" * 33, b"\x2a\x86"])
def test_malformed_identifiers(content):
    with pytest.raises(BerError, match="identifier"):
        reader(ber.tlv(ber.OID, content)).oid()


def test_a_set_is_in_the_order_of_its_encodings():
    assert ber.set_of([b"\x02\x01\x05", b"\x01\x01\xff"]) == b"\x31\x06\x01\x01\xff\x02\x01\x05"


def test_a_shell_is_what_nesting_would_give():
    front, back = ber.shell(300, (ber.OCTETS, b"", b""), (ber.SEQUENCE, b"\x05\0", b"\x02\x01\x01"))
    whole = ber.tlv(ber.SEQUENCE, b"\x05\0", ber.tlv(ber.OCTETS, bytes(300)), b"\x02\x01\x01")
    assert front + bytes(300) + back == whole


@given(st.binary(max_size=400), st.integers(1, 50), st.integers(0, 3))
def test_a_string_in_pieces_is_read_as_slices_of_the_body(data, size, depth):
    encoded = chopped(data, size)
    for _ in range(depth):
        encoded = indefinite(ber.OCTETS_CUT, encoded)
    walk = reader(encoded, b"\x05\0")
    pieces = walk.octets()
    assert b"".join(piece.view() for piece in pieces) == data
    assert walk.skip().copy() == b"\x05\0"
    assert all(piece.base is pieces[0].base for piece in pieces)


def test_leaving_passes_over_what_was_not_read():
    for wrap in (ber.tlv, indefinite):
        inner = wrap(ber.SEQUENCE, ber.integer(1), wrap(ber.SEQUENCE, ber.integer(2)))
        walk = reader(wrap(ber.SEQUENCE, inner, ber.integer(3)), ber.integer(4))
        walk.enter(ber.SEQUENCE)
        walk.enter(ber.SEQUENCE)
        walk.leave()
        assert walk.primitive(ber.INTEGER) == b"\3"
        assert walk.at_end()
        walk.leave()
        assert walk.primitive(ber.INTEGER) == b"\4"
        assert walk.at_end()
        assert walk.peek() == -1


def test_the_stretch_bounds_the_reader():
    base = ber.tlv(ber.OCTETS, b"abc")
    with pytest.raises(BerError):
        Reader(Span(base, 0, 4)).octets()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04",
        b"\x04\x05abc",
        b"\x04\x80\0\0",
        b"\x1f\x81\x01\x00",
        b"\x04\x84\xff\xff\xff\xff",
        b"\x24\x80\x04\x01a",
        b"\x24\x80\x04\x01a\x00",
        b"\x24\x80" * 100,
        b"\x24\x80" * 10_000 + b"\0\0" * 10_000,
        b"\x24\x03\x04\x05ab",
        b"\x04\xff" + b"\xff" * 127,
    ],
)
def test_bad_bytes_are_one_error(data):
    with pytest.raises(BerError, match="BER structure at byte"):
        reader(data).octets()


def test_a_deep_nest_is_passed_over_without_recursion():
    walk = reader(b"\x24\x80" * 5_000 + b"\0\0" * 5_000)
    assert len(walk.skip()) == 20_000


def test_elements_are_counted(monkeypatch):
    monkeypatch.setattr(ber, "FREE_ELEMENTS", 10)
    for action in (Reader.octets, Reader.skip):
        with pytest.raises(BerError, match="too many elements"):
            action(reader(chopped(bytes(2000), 1)))
        action(reader(chopped(bytes(2000), 64)))


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_value_or_in_a_ber_error(data):
    walk = reader(data)
    try:
        while not walk.at_end():
            walk.skip()
        reader(data).octets()
    except BerError:
        pass
    assert walk.pos <= len(data)
