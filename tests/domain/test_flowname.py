"""Flow names: every legal name round-trips; every fault tells its part and its character."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain.flowname import (
    ALNUM,
    DIGITS,
    EXTENSIONS,
    UPPER,
    FlowName,
    NameFault,
    code_application_in,
    interface_in,
    own_identifier,
)

PARTS = {
    "interface letters": (0, 3, UPPER),
    "interface digits": (3, 7, DIGITS),
    "interface version": (7, 8, UPPER),
    "first separator": (8, 9, "_"),
    "code application": (9, 15, ALNUM),
    "second separator": (15, 16, "_"),
    "emitter": (16, 22, ALNUM),
    "sequence": (22, 41, ALNUM),
}


def texts(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=length, max_size=length)


legal_names = st.builds(
    lambda letters, digits, version, code, emitter, tail, extension: (
        f"{letters}{digits}{version}_{code}_{emitter}{tail}{extension}"
    ),
    texts(UPPER, 3),
    texts(DIGITS, 4),
    texts(UPPER, 1),
    texts(ALNUM, 6),
    texts(ALNUM, 6),
    texts(ALNUM, 19),
    st.sampled_from(("", *EXTENSIONS)),
)


def part_at(index: int) -> tuple[str, str]:
    return next(
        ((name, allowed) for name, (start, end, allowed) in PARTS.items() if start <= index < end),
        ("extension", ""),
    )


@given(legal_names)
def test_a_legal_name_round_trips(text: str) -> None:
    assert str(FlowName.parse(text)) == text


@given(legal_names, st.data())
def test_a_wrong_character_is_named_with_its_part_and_place(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, 40))
    part, allowed = part_at(index)
    wrong = data.draw(st.characters().filter(lambda c: c not in allowed))
    with pytest.raises(NameFault) as caught:
        FlowName.parse(text[:index] + wrong + text[index + 1 :])
    assert (caught.value.part, caught.value.at) == (part, index)


@given(legal_names, st.integers(0, 40))
def test_a_name_cut_short_tells_where_it_ends_and_which_part_is_missing(
    text: str, length: int
) -> None:
    with pytest.raises(NameFault) as caught:
        FlowName.parse(text[:length])
    assert (caught.value.part, caught.value.at) == (part_at(length)[0], length)


@given(legal_names, st.data())
def test_any_mutation_that_is_not_legal_points_at_or_before_the_change_or_after_a_shift(
    text: str, data: st.DataObject
) -> None:
    """Insert, delete or swap anywhere: what is before the reported character is a legal beginning."""
    index = data.draw(st.integers(0, len(text)))
    character = data.draw(st.sampled_from(string.printable))
    mutation = data.draw(st.sampled_from(("insert", "delete", "replace")))
    rest = text[index:] if mutation == "insert" else text[index + 1 :]
    mutated = text[:index] + ("" if mutation == "delete" else character) + rest
    try:
        FlowName.parse(mutated)
    except NameFault as fault:
        assert fault.at >= min(index, 41)
        assert fault.part == part_at(min(fault.at, 41))[0]
        assert fault.expected
    else:
        assert str(FlowName.parse(mutated)) == mutated


@pytest.mark.parametrize("extension", [".txt", ".tar", ".tar.gzz", ".XML", "x", ".tar.gz.xml"])
def test_an_extension_that_is_not_taken_is_a_fault_of_the_extension(extension: str) -> None:
    with pytest.raises(NameFault) as caught:
        FlowName.parse("FSO1100A_DEM001_DEM0011100000000000000001" + extension)
    assert caught.value.part == "extension"
    assert caught.value.at >= 41


def test_an_acknowledgement_keeps_everything_but_the_code() -> None:
    name = FlowName.parse("FSO1100A_DEM001_DEM0011100000000000000001.xml")
    acknowledgement = name.acknowledged_by("CSO1100A")
    assert str(acknowledgement) == "CSO1100A_DEM001_DEM0011100000000000000001.tar.gz"


def test_our_own_identifier_has_prefix_digits_and_counter() -> None:
    assert own_identifier("CPP001", "FEN1201A", 42) == "CPP0011201000000000000042"
    assert len(own_identifier("CPP001", "FEN1201A", 10**15 - 1)) == 25


def test_a_counter_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="25 characters"):
        own_identifier("CPP001", "FEN1201A", 10**15)


@pytest.mark.parametrize(
    ("text", "interface", "code"),
    [
        ("FSO1100A_DEM001_short.xml", "FSO1100A", "DEM001"),
        ("FSO1100A_DEM001", "FSO1100A", "DEM001"),
        ("FSO1100A_dem001_x", "FSO1100A", None),
        ("FSO1100A-DEM001", None, None),
        ("facture.xml", None, None),
        ("", None, None),
    ],
)
def test_what_can_be_read_of_an_ill_formed_name_is_read(
    text: str, interface: str | None, code: str | None
) -> None:
    assert (interface_in(text), code_application_in(text)) == (interface, code)
