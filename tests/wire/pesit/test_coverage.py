"""What the coverage page claims is what the core does."""

import re
from pathlib import Path

import pytest
from pesit_dialogue import Dialogue
from pesit_examples import X, Y, entity
from pesit_tour import tours

from simulator.wire import pesit as p
from simulator.wire.pesit.coverage import (
    DONE,
    GIVEN,
    NEVER,
    REFUSED,
    TOLERATED,
    UNEXPECTED,
    USES,
    carriers,
    fpdu_use,
)
from simulator.wire.pesit.fpdu import frame_octets
from simulator.wire.pesit.kinds import FPDUS, GROUP_CODES, LAYOUT
from simulator.wire.pesit.overhearing import overhear, pieces_of
from simulator.wire.pesit.parameters import PARAMETERS, unit
from simulator.wire.pesit.states import TABLE, roles, step

STRICT = p.Options(profile=p.STRICT)
PACKAGE = Path(p.__file__).parent
SIDES = list(p.Side)
PIECES = [piece for recording in tours().values() for piece in pieces_of(recording)]
HEARD = [said for recording in tours().values() for said in overhear(recording)]
CELLS = [(kind, side) for kind in FPDUS for side in SIDES]
ids = [f"{kind.label} from the {side.value}" for kind, side in CELLS]


def travelled():
    """The parameters of the tours: (FPDU, code)."""
    for piece in PIECES:
        for item in piece.items:
            members = item.members if item.code in GROUP_CODES else [item]
            yield from ((piece.kind, one.code) for one in members)


@pytest.mark.parametrize(("kind", "side"), CELLS, ids=ids)
def test_an_fpdu_that_is_done_travels_in_a_session_and_is_heard(kind, side):
    said = {(piece.kind, piece.by) for piece in PIECES}
    assert ((kind, side) in said) == (fpdu_use(kind, side) == DONE)


def test_both_sides_of_every_tour_understand_each_other():
    for name, recording in tours().items():
        chunks = {said.chunk for said in overhear(recording)}
        assert max(chunks) == len(recording.chunks) - 1, name


@pytest.mark.parametrize(("kind", "side"), [cell for cell in CELLS if fpdu_use(*cell) == REFUSED])
def test_an_fpdu_that_is_refused_gets_its_diagnostic_in_every_state(kind, side):
    for state in p.State:
        for writing in (None, True, False):
            assert not (one := step(state, kind, roles(side, writing))) or one.ignored
    dialogue = Dialogue().connected()
    hearer = dialogue.server if side is p.Side.REQUESTER else dialogue.requester
    with pytest.raises(p.RemoteProtocolError) as caught:
        list(hearer.receive(entity(frame_octets(kind, hearer.own_id, 0, b""))))
    assert caught.value.diagnostic == UNEXPECTED
    assert caught.value.reply == p.Abort(diagnostic=UNEXPECTED)


def test_a_type_that_does_not_exist_is_refused_too():
    server = Dialogue().connected().server
    with pytest.raises(p.RemoteProtocolError) as caught:
        list(server.receive(entity(b"\x00\x06\xc0\x07\x62\x00")))
    assert caught.value.diagnostic == UNEXPECTED


def test_every_parameter_has_a_row_and_every_row_has_words():
    assert set(USES) == set(PARAMETERS)
    assert all(row.words and row.received in {DONE, TOLERATED} for row in USES.values())
    assert all(row.sent in {DONE, NEVER} for row in USES.values())


@pytest.mark.parametrize("code", [code for code, row in USES.items() if row.sent == DONE])
def test_a_parameter_that_is_done_travels_in_every_fpdu_that_carries_it(code):
    kinds = {kind for kind, found in travelled() if found == code}
    assert kinds == set(carriers(code))


@pytest.mark.parametrize("code", [code for code, row in USES.items() if row.received == DONE])
def test_a_parameter_that_is_done_reaches_the_caller(code):
    name = PARAMETERS[code].name
    values = [getattr(said.message, name, None) for said in HEARD]
    assert any(value is not None for value in values)


@pytest.mark.parametrize("code", [code for code, row in USES.items() if row.sent == NEVER])
def test_a_parameter_that_is_never_sent_is_in_no_message(code):
    assert not carriers(code)
    assert PARAMETERS[code].name not in {
        name for message in p.Message.__subclasses__() for name in message.__struct_fields__
    }


def relconf_with(code):
    return entity(frame_octets(p.Kind.RELCONF, X, Y, unit(code, b"\x01")))


def releasing(options):
    dialogue = Dialogue(requester=options).connected()
    dialogue.ask(p.Release())
    return dialogue.requester


@pytest.mark.parametrize("code", [code for code, row in USES.items() if row.by])
def test_a_parameter_that_is_tolerated_is_noted_and_its_refusal_is_the_one_of_the_row(code):
    note, heard = releasing(p.Options()).receive(relconf_with(code))
    assert (note.deviation, heard) == (USES[code].by, p.Relconf())
    with pytest.raises(p.RemoteProtocolError) as caught:
        list(releasing(STRICT).receive(relconf_with(code)))
    assert caught.value.diagnostic == USES[code].refusal
    assert caught.value.complement == bytes((1, code, 3))


@pytest.mark.parametrize("code", [24, 35, 200])
def test_a_parameter_that_does_not_exist_is_tolerated_likewise(code):
    note, _ = releasing(p.Options()).receive(relconf_with(code))
    assert note.deviation == "unknown-parameter"
    with pytest.raises(p.RemoteProtocolError, match="3-318"):
        list(releasing(STRICT).receive(relconf_with(code)))


def test_the_watchdog_of_etebac_changes_no_timer():
    connects = [said for said in HEARD if isinstance(said.message, p.Connect)]
    assert any(said.message.watchdog == 60 for said in connects)
    used = [path for path in PACKAGE.glob("*.py") if "watchdog" in path.read_text("utf-8").lower()]
    assert {path.name for path in used} == {"deadlines.py", "diagnostics.py", "messages.py"}


def test_the_diagnostics_that_the_core_gives_are_those_of_its_source():
    text = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    named = {p.Diagnostic.named(one) for one in re.findall(r'\.named\("([a-z-]+)"\)', text)}
    deviations = {row for row in GIVEN if row not in named}
    assert named <= GIVEN
    assert deviations <= {one.refusal for one in _deviations()}


def _deviations():
    from simulator.wire.pesit.profile import DEVIATIONS

    return DEVIATIONS.values()


def test_the_tours_say_every_fpdu_of_the_table():
    said = {piece.kind for piece in PIECES} - {None}
    assert said == {kind for row in TABLE.values() for kind in row} | {p.Kind.ABORT}
    assert set(LAYOUT) <= said
