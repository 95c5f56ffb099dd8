"""The tables hold together, and with the values that Python shows."""

import msgspec
import pytest

from simulator.wire import pesit as p
from simulator.wire.pesit import messages
from simulator.wire.pesit.diagnostics import DIAGNOSTICS
from simulator.wire.pesit.kinds import FPDUS, GROUP_CODES, LAYOUT, Kind, read_allowed
from simulator.wire.pesit.parameters import CODES, GROUPS, PARAMETERS, UNDEFINED_INTERVAL
from simulator.wire.pesit.profile import DEVIATIONS

REAL = [kind for kind in Kind if kind < 0x1_0000]


def flat(layout):
    for one in layout:
        yield from flat(one.members) if one.code in GROUP_CODES else [one]


def test_every_fpdu_of_the_text_has_a_row_and_no_row_is_invented():
    assert set(FPDUS) == set(REAL)
    assert all(int(row.octets.replace(" ", ""), 16) == kind for kind, row in FPDUS.items())


@pytest.mark.parametrize("kind", LAYOUT, ids=lambda kind: kind.label)
def test_the_fields_of_a_message_are_the_parameters_of_its_fpdu(kind):
    fields = set(messages.MESSAGES[kind].__struct_fields__) - {"mark"}
    assert fields == {PARAMETERS[one.code].name for one in flat(LAYOUT[kind])}


@pytest.mark.parametrize("kind", LAYOUT, ids=lambda kind: kind.label)
def test_what_may_be_absent_has_a_default_so_a_lenient_reader_never_stumbles(kind):
    fields = {field.name: field for field in msgspec.structs.fields(messages.MESSAGES[kind])}
    for one in flat(LAYOUT[kind]):
        if one.need != "!":
            assert not fields[PARAMETERS[one.code].name].required


@pytest.mark.parametrize("kind", LAYOUT, ids=lambda kind: kind.label)
def test_parameters_are_listed_in_the_order_they_are_sent(kind):
    codes = [one.code for one in LAYOUT[kind]]
    assert codes == sorted(codes)
    for one in LAYOUT[kind]:
        members = [member.code for member in one.members]
        assert members == sorted(members)
        assert set(members) <= set(GROUPS[one.code].members if members else ())


def test_no_hors_sit_fpdu_carries_what_belongs_to_other_profiles():
    used = {one.code for layout in LAYOUT.values() for one in flat(layout)}
    assert not used & {34, 36, 63, 64, *range(71, 84)}


def test_names_of_parameters_are_unique():
    assert len(CODES) == len(PARAMETERS)


def test_every_row_says_where_it_comes_from():
    rows = [*PARAMETERS.values(), *GROUPS.values(), *FPDUS.values()]
    rows += [*DIAGNOSTICS.values(), *DEVIATIONS.values()]
    assert all(row.source and row.mark in {"official", "deduced", "assumed"} for row in rows)


def test_every_diagnostic_reads_writes_and_has_words():
    for diagnostic, row in DIAGNOSTICS.items():
        assert p.Diagnostic.parse(str(diagnostic)) == diagnostic
        assert p.Diagnostic.from_bytes(diagnostic.to_bytes()) == diagnostic
        assert p.Diagnostic.named(row.name) == diagnostic
        assert diagnostic.words == row.words


def test_a_diagnostic_out_of_the_table_still_has_words():
    assert p.Diagnostic(2, 231).words == "not in the table"
    with pytest.raises(ValueError, match="2-204"):
        p.Diagnostic.parse("2.204")


def test_every_deviation_answers_with_a_diagnostic_of_the_table():
    for row in DEVIATIONS.values():
        assert row.refusal in DIAGNOSTICS
        assert row.answer in {"abort", "interrupt"}
        assert row.end in {"error", "cancel"}
        assert bool(row.cause) == (row.diagnostic == "3-318")


def test_the_strict_profile_refuses_all_and_the_lenient_one_what_the_table_says():
    assert p.STRICT.refused == set(DEVIATIONS)
    assert p.LENIENT.refused == {name for name, row in DEVIATIONS.items() if not row.lenient}


def test_a_profile_can_be_changed_row_by_row():
    mine = p.LENIENT.refusing("disorder").tolerating("article-too-long")
    assert "disorder" in mine.refused
    assert "article-too-long" not in mine.refused
    with pytest.raises(KeyError):
        p.LENIENT.refusing("no-such-thing")


def test_the_notation_of_the_table():
    [one, group] = read_allowed("3! 9~{11 12!}")
    assert (one.code, one.need) == (3, "!")
    assert [(m.code, m.need) for m in group.members] == [(11, ""), (12, "!")]
    assert UNDEFINED_INTERVAL == 0xFFFF
