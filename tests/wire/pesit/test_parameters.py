"""Parameters to octets and back, and what a reader says of bad ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pesit_examples import FPDUS, octets

from simulator.wire import pesit as p
from simulator.wire.pesit.diagnostics import BAD_PARAMETER
from simulator.wire.pesit.errors import LocalProtocolError, RemoteProtocolError
from simulator.wire.pesit.fpdu import decode_body, encode_body
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.parameters import (
    PARAMETERS,
    defect,
    from_octets,
    to_octets,
    unit,
    units,
)


def notes(kind, body):
    """The deviations that reading a body meets."""
    found = []
    decode_body(kind, body, lambda deviation, words, code=None: found.append((deviation, code)))
    return found


def body(index):
    return octets(FPDUS[index][4])[6:]


CONNECT_BODY, CREATE_BODY = body(0), body(3)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=600)), max_size=8))
def test_units_round_trip(pairs):
    wire = b"".join(unit(code, value) for code, value in pairs)
    assert list(units(wire)) == pairs


@given(st.sampled_from(sorted(PARAMETERS)), st.binary(min_size=1, max_size=40))
def test_any_octets_have_a_value_and_perhaps_a_defect(code, value):
    from_octets(code, value)
    assert defect(code, value) in {
        None,
        "long-value",
        "not-ascii",
        "bad-date",
        "padded-number",
        "out-of-range",
    }


@given(st.sampled_from(sorted(PARAMETERS)), st.binary(min_size=1, max_size=3))
def test_a_value_without_defect_round_trips_up_to_blanks(code, value):
    row = PARAMETERS[code]
    if defect(code, value) or (row.shown_as in {"sync", "diagnostic", "compression", "access"}):
        return
    read = from_octets(code, value)
    if read == "":
        return
    expected = value.rstrip(b" ") if row.type == "C" else value
    assert to_octets(code, read) == expected


@pytest.mark.parametrize("number", [0, 1, 255, 256, 65535, 65536, 0xFFFFFF])
def test_a_number_has_no_leading_zeros_and_at_least_one_octet(number):
    wire = to_octets(13, number)
    assert int.from_bytes(wire, "big") == number
    assert len(wire) == max(1, (number.bit_length() + 7) // 8)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (13, 1 << 24),
        (13, -1),
        (13, "one"),
        (12, "x" * 77),
        (12, "€"),
        (91, 3),
        (51, "2611121230001"),
        (7, p.SyncOption(1 << 16, 0)),
        (2, "2-204"),
    ],
)
def test_a_value_that_does_not_fit_is_our_callers_mistake(code, value):
    with pytest.raises(LocalProtocolError, match=f"PI {code} "):
        to_octets(code, value)


def test_a_mandatory_parameter_cannot_be_left_out():
    with pytest.raises(LocalProtocolError, match=r"PI 32 \(article length\)"):
        encode_body(p.Create(file_name="F", transfer_id=1, max_reserved=1))


@given(
    st.builds(
        p.Create,
        file_name=st.text(
            st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=76
        ),
        transfer_id=st.integers(1, 0xFFFFFF),
        restarted=st.none() | st.booleans(),
        data_code=st.sampled_from(p.DataCode),
        priority=st.integers(0, 2),
        max_entity=st.integers(1, 0xFFFF),
        article_length=st.integers(0, 0xFFFF),
        max_reserved=st.integers(0, 0xFFFFFFFF),
        label=st.none() | st.text("abc", min_size=1, max_size=80),
        originator=st.none() | st.text("xyz", min_size=1, max_size=24),
    )
)
def test_any_create_round_trips(create):
    judged = []
    assert (
        decode_body(Kind.CREATE, encode_body(create), lambda *found: judged.append(found)) == create
    )
    assert not judged


def test_password_and_new_password():
    assert to_octets(5, p.Access("old", "new")) == b"old     new"
    assert from_octets(5, b"old     new     ") == p.Access("old", "new")
    assert from_octets(5, b"secret  ") == p.Access("secret")


def test_trailing_blanks_do_not_count():
    assert from_octets(3, b"ACME    ") == "ACME"


def test_masks_count_bits_from_the_highest():
    assert from_octets(14, b"\xe0") == 0x80 | 0x40 | 0x20


@pytest.mark.parametrize(
    ("kind", "wire", "expected"),
    [
        (Kind.CONNECT, CONNECT_BODY + unit(200, b"x"), ("unknown-parameter", 200)),
        (Kind.TRANS_END, unit(2, b"\0\0\0"), ("misplaced-parameter", 2)),
        (Kind.CONNECT, CONNECT_BODY + unit(23, b"\1"), ("repeated-parameter", 23)),
        (Kind.CONNECT, unit(6, b"\2") + CONNECT_BODY, ("disorder", 3)),
        (Kind.CREATE, CREATE_BODY + unit(50, b""), ("empty-value", 50)),
        (Kind.RELCONF, unit(99, b""), ("empty-value", 99)),
        (Kind.READ, unit(18, b"\0\0\3"), ("padded-number", 18)),
        (Kind.READ, unit(18, b"\1\0\0\0"), ("out-of-range", 18)),
        (Kind.RELCONF, unit(99, bytes(255)), ("long-value", 99)),
        (
            Kind.CONNECT,
            CONNECT_BODY.replace(unit(22, b"\2"), unit(22, b"\7")),
            ("out-of-range", 22),
        ),
        (Kind.RELCONF, unit(99, b"\xe9"), ("not-ascii", 99)),
        (Kind.CREATE, CREATE_BODY[:-12] + b"26111212300x", ("bad-date", 51)),
        (Kind.CREATE, CREATE_BODY[:-12] + b"2611", None),
        (Kind.READ, b"", ("missing-parameter", 18)),
        (Kind.MSG, unit(9, unit(12, b"F")) + unit(13, b"\1"), ("missing-parameter", 11)),
        (
            Kind.SELECT,
            unit(9, unit(11, b"\0") + unit(12, b"F") + unit(31, b"\0")),
            ("misplaced-parameter", 31),
        ),
    ],
)
def test_each_liberty_with_parameters_is_noticed(kind, wire, expected):
    if expected is None:
        with pytest.raises(RemoteProtocolError, match="announces"):
            notes(kind, wire)
    else:
        assert expected in notes(kind, wire)


def test_the_first_of_two_is_kept():
    message = decode_body(Kind.RELCONF, unit(99, b"one") + unit(99, b"two"), lambda *found: None)
    assert message.free == "one"


@pytest.mark.parametrize(
    ("kind", "wire", "complement"),
    [
        (Kind.CONNECT, unit(3, b"A"), (1, 4, 1)),
        (Kind.CREATE, unit(9, unit(12, b"F")), (1, 13, 1)),
        (Kind.CREATE, unit(13, b"\1"), (1, 12, 1)),
        (Kind.CREATE, unit(9, unit(30, unit(31, b"\0"))), (1, 30, 2)),
        (Kind.RELCONF, b"\x63", (1, 99, 2)),
        (Kind.RELCONF, b"\x63\xff\x01", (1, 99, 2)),
        (Kind.RELCONF, b"\x63\x05ab", (1, 99, 2)),
        (Kind.SYN, b"", (1, 20, 1)),
    ],
)
def test_what_cannot_be_read_names_the_parameter_and_the_cause(kind, wire, complement):
    with pytest.raises(RemoteProtocolError) as caught:
        notes(kind, wire)
    assert caught.value.diagnostic == BAD_PARAMETER
    assert caught.value.complement == bytes(complement)
