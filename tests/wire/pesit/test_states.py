"""The table of the dialogue: complete, and the staircase that the text describes."""

import pytest

from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.states import AWAITED, TABLE, By, Side, State, roles, step

BOTH = (Side.REQUESTER, Side.SERVER)
DIRECTIONS = (None, True, False)


def outcomes(state, kind):
    """What happens when each side says it, with and without a file either way."""
    return {
        (side, writing): step(state, kind, roles(side, writing))
        for side in BOTH
        for writing in DIRECTIONS
    }


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_row_and_someone_who_is_awaited(state):
    assert state in TABLE
    assert state in AWAITED


@pytest.mark.parametrize("state", State)
def test_every_pair_is_decided_alike_by_both_sides(state):
    """A pair is a step with one meaning, or refused; never two for one speaker."""
    said = [(kind, *one) for kind in Kind for one in outcomes(state, kind).items()]
    for kind, (side, writing), found in said:
        steps = [one for one in TABLE[state].get(kind, ()) if one.by <= roles(side, writing)]
        assert len(steps) <= 1
        if kind is Kind.ABORT:
            assert (found is None) == (state is State.CLOSED)
        else:
            assert found == (steps[0] if steps else None)


def test_every_fpdu_can_be_said_somewhere_and_every_state_be_reached():
    said = {kind for row in TABLE.values() for kind in row}
    assert said == set(Kind) - {Kind.ABORT}
    reached = {one.to for row in TABLE.values() for steps in row.values() for one in steps}
    reached |= {
        one.otherwise for row in TABLE.values() for steps in row.values() for one in steps
    } - {None}
    assert set(State) - reached == {State.IDLE, State.FAILED}


def test_an_ignored_step_leads_nowhere():
    for state, row in TABLE.items():
        for steps in row.values():
            assert all(one.to is state for one in steps if one.ignored)


def test_the_server_never_speaks_unasked_outside_the_data():
    unasked = {State.IDLE, State.PRECONNECTED, State.CONNECTED, State.SELECTED, State.OPEN}
    for state in unasked:
        assert all(By.SERVER not in one.by for steps in TABLE[state].values() for one in steps)


def test_an_answer_is_awaited_from_who_may_give_it():
    for state, awaited in AWAITED.items():
        if awaited is None:
            assert not TABLE[state]
            continue
        speakers = {by for steps in TABLE[state].values() for one in steps for by in one.by}
        assert awaited in speakers


@pytest.mark.parametrize("writing", [True, False])
def test_only_the_sender_sends_data_and_only_the_receiver_acknowledges(writing):
    for state in (State.DATA, State.ARTICLE, State.DATA_ENDED):
        for kind in (Kind.DTF, Kind.DTFDA, Kind.SYN, Kind.DTF_END):
            sender = Side.REQUESTER if writing else Side.SERVER
            assert step(state, kind, roles(sender.other, writing)) is None
        receiver = Side.SERVER if writing else Side.REQUESTER
        assert step(state, Kind.ACK_SYN, roles(receiver, writing))
        assert step(state, Kind.ACK_SYN, roles(receiver.other, writing)) is None


def test_write_is_for_a_created_file_and_read_for_a_selected_one():
    asks = {
        (kind, writing): step(State.OPEN, kind, roles(Side.REQUESTER, writing))
        for kind in (Kind.WRITE, Kind.READ)
        for writing in (True, False)
    }
    assert {pair for pair, found in asks.items() if found} == {
        (Kind.WRITE, True),
        (Kind.READ, False),
    }


def test_no_point_inside_an_article():
    assert Kind.SYN not in TABLE[State.ARTICLE]
    assert Kind.DTF not in TABLE[State.ARTICLE]
    assert Kind.DTF_END not in TABLE[State.ARTICLE]


def test_a_spent_file_can_only_be_left():
    for state, only in ((State.SPENT, Kind.CRF), (State.SELECTED_SPENT, Kind.DESELECT)):
        meant = {kind for kind, steps in TABLE[state].items() if not steps[0].ignored}
        assert meant == {only}


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        # who says what at the same moment, and the state both end in
        ((Side.REQUESTER, Kind.IDT), (Side.SERVER, Kind.IDT), State.IDT_BY_REQUESTER),
        ((Side.REQUESTER, Kind.RESYN), (Side.SERVER, Kind.RESYN), State.RESYNC_BY_REQUESTER),
        ((Side.REQUESTER, Kind.IDT), (Side.SERVER, Kind.RESYN), State.IDT_BY_REQUESTER),
        ((Side.REQUESTER, Kind.RESYN), (Side.SERVER, Kind.IDT), State.IDT_BY_SERVER),
    ],
)
@pytest.mark.parametrize("start", [State.DATA, State.ARTICLE, State.DATA_ENDED])
def test_a_collision_ends_in_one_state_on_both_sides(start, first, second, winner, writing):
    ends = set()
    for mine, theirs in ((first, second), (second, first)):
        sent = step(start, mine[1], roles(mine[0], writing))
        heard = step(sent.to, theirs[1], roles(theirs[0], writing))
        ends.add(heard.to)
    assert ends == {winner}


@pytest.mark.parametrize("weaker", [Kind.DTF, Kind.SYN, Kind.DTF_END, Kind.DTFDA, Kind.DTFFA])
@pytest.mark.parametrize("stronger", [Kind.RESYN, Kind.IDT])
@pytest.mark.parametrize("writing", [True, False])
def test_data_on_the_way_to_who_interrupts_are_ignored(weaker, stronger, writing):
    receiver = Side.SERVER if writing else Side.REQUESTER
    asked = step(State.DATA, stronger, roles(receiver, writing))
    found = step(asked.to, weaker, roles(receiver.other, writing))
    assert found.ignored
    assert step(asked.to, weaker, roles(receiver, writing)) is None


def test_the_servers_interruption_outranks_the_requesters_end_of_transfer():
    asked = step(State.DATA_ENDED, Kind.IDT, roles(Side.SERVER, True))
    assert step(asked.to, Kind.TRANS_END, roles(Side.REQUESTER, True)).ignored
    ending = step(State.DATA_ENDED, Kind.TRANS_END, roles(Side.REQUESTER, True))
    assert step(ending.to, Kind.IDT, roles(Side.SERVER, True)).to is asked.to


def test_what_cannot_have_crossed_stays_an_error():
    """CRF cannot be on its way while the requester waits for ACK(IDT)."""
    assert step(State.IDT_BY_REQUESTER, Kind.CRF, roles(Side.REQUESTER, True)) is None
    assert step(State.RESYNC_BY_SERVER, Kind.CREATE, roles(Side.REQUESTER, True)) is None
