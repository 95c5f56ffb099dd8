"""Names of flows in the parameters of a file, and the profiles that say where they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pesit_world import FLOW, creation

from simulator.transport import pesit_names
from simulator.transport.pesit_names import Naming, ProfileError, described, flow_name, matches
from simulator.transport.pesit_settings import Manner, PesitSettings
from simulator.wire import pesit

PROFILES = Path(__file__).parents[2] / "schemas" / "pesit-profiles"
DEFAULT = Naming.read((PROFILES / "default.toml").read_text())


def test_every_profile_is_read_and_says_how_sure_it_is():
    files = sorted(PROFILES.glob("*.toml"))
    assert len(files) >= 2
    for file in files:
        naming = Naming.read(file.read_text())
        for entry in Naming.__struct_fields__:
            place = getattr(naming, entry)
            assert place.source
            assert place.mark == "assumed"


def test_the_default_of_the_code_is_the_default_file():
    for entry in Naming.__struct_fields__:
        assert getattr(DEFAULT, entry).pi == getattr(pesit_names.DEFAULT, entry).pi


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("", "flow_name"),
        ("[flow_name", "Expected"),
        ((PROFILES / "default.toml").read_text().replace("pi = 37", "pi = 5"), "found 5"),
        ((PROFILES / "default.toml").read_text().replace("assumed", "guessed"), "guessed"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(toml, words):
    with pytest.raises(ProfileError, match=words):
        Naming.read(toml)


@pytest.mark.parametrize("file", sorted(PROFILES.glob("*.toml")), ids=lambda file: file.stem)
def test_what_we_describe_we_read_back(file):
    naming = Naming.read(file.read_text())
    fields = described(FLOW, naming, "DEM003", "CPP001")
    create = pesit.Create(transfer_id=1, **fields)
    assert flow_name(create, naming) == FLOW
    assert (create.originator, create.recipient) == ("DEM003", "CPP001")


@given(st.text(max_size=90), st.text(max_size=90), st.text(max_size=300), st.integers(0, 1 << 24))
def test_any_parameters_give_a_name(label, file_name, free, number):
    create = creation(label=label, file_name=file_name, free=free, transfer_id=number)
    assert flow_name(create)


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_neighbours_have_numbers_of_their_own(one, other):
    numbers = []
    for sequence in (one, other):
        name = f"FSO1100A_DEM003_DEM0031100{sequence:015d}.xml"
        numbers.append(pesit_names.transfer_number(name))
        assert 1 <= numbers[-1] < 1 << 24
        assert numbers[-1] == pesit_names.transfer_number(name)
    if 0 < abs(one - other) < (1 << 24) - 1:
        assert numbers[0] != numbers[1]


@pytest.mark.parametrize("name", ["", "notes.txt", "FSO1100A_DEM003_DEM0031100ABCDEFGHIJKLMNO.xml"])
def test_a_name_without_a_number_has_one_all_the_same(name):
    assert 1 <= pesit_names.transfer_number(name) < 1 << 24


@pytest.mark.parametrize(
    ("wanted", "means"),
    [
        ("", True), (" ", True), ("*", True), ("FSO1100A", True), ("FSO*", True),
        (FLOW, True), (FLOW.removesuffix(".xml"), True), ("FSO1100?", True),
        ("FSO1106A", False), ("fso*", False), ("[F]SO*", False), (FLOW + "x", False),
    ],
)  # fmt: skip
def test_what_a_select_asks_for(wanted, means):
    assert matches(wanted, FLOW) is means


@pytest.mark.parametrize("fields", [
    {"part_id": ""}, {"part_id": "X" * 25}, {"part_id": "é"}, {"article_length": 0},
    {"window": 256}, {"sync_interval": 70_000}, {"max_entity": 10},
])  # fmt: skip
def test_settings_out_of_bounds_are_refused(fields):
    with pytest.raises(ValueError, match="expected"):
        PesitSettings(**fields)


@pytest.mark.parametrize("fields", [
    {"attempts": 0}, {"article_length": 70_000}, {"window": -1}, {"max_entity": 1},
])  # fmt: skip
def test_manners_out_of_bounds_are_refused(fields):
    with pytest.raises(ValueError, match="expected"):
        Manner(**fields)
