"""States of flows: the published path, ends that are ends, no state that cannot be reached."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import resources
from simulator.domain.flowstates import Happening, after, path

TABLE = resources.flow_states()
HAPPENINGS = get_args(Happening)
# Code -> label, as the portal and its API have them; those without a published label left out.
PUBLISHED = {
    "IN_RECU": "Reçu",
    "IN_TRAITE_SE_CPP": "Traité",
    "IN_EN_ATTENTE_TRAITEMENT_CPP": "En attente de traitement",
    "IN_EN_COURS_TRAITEMENT_CPP": "En cours de traitement",
    "IN_INCIDENTE": "Incidenté",
    "IN_REJETE": "Rejeté",
    "IN_EN_ATTENTE_RETRAITEMENT_CPP": "En attente de retraitement",
    "IN_INTEGRE": "Intégré",
    "IN_INTEGRE_PARTIEL": "Intégré partiellement",
    "QP_IRRECEVABLE": "Irrecevable",
    "QP_RECEVABLE": "Recevable",
    "QP_RECEVABLE_AVEC_ERREUR": "Recevable avec erreur",
}
FINAL = {"IN_INCIDENTE", "IN_REJETE", "IN_INTEGRE", "IN_INTEGRE_PARTIEL", "QP_IRRECEVABLE"}


def test_published_states_have_their_labels():
    assert {code: TABLE.states[code].label for code in PUBLISHED} == PUBLISHED


def test_states_without_a_source_outside_are_marked_as_assumed():
    own = set(TABLE.states) - set(PUBLISHED) - {TABLE.portal}
    assert {TABLE.states[code].mark for code in own} == {"assumed"}


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ("integrated", "IN_INTEGRE"),
        ("partial", "IN_INTEGRE_PARTIEL"),
        ("refused", "IN_REJETE"),
        ("incident", "IN_INCIDENTE"),
    ],
)
def test_a_deposit_goes_the_nominal_way(last, state):
    assert path(TABLE, TABLE.portal, ("received", "admitted", "queued", "begun", last)) == [
        "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP",
        "IN_RECU",
        "IN_TRAITE_SE_CPP",
        "IN_EN_ATTENTE_TRAITEMENT_CPP",
        "IN_EN_COURS_TRAITEMENT_CPP",
        state,
    ]
    assert TABLE.states[state].is_final


def test_a_blocked_flow_is_taken_up_again():
    ways = ("admitted", "queued", "begun", "blocked", "begun", "integrated")
    assert path(TABLE, TABLE.incoming, ways)[-1] == "IN_INTEGRE"


@pytest.mark.parametrize(
    ("happenings", "state"),
    [
        (("sent",), "QP_TRANSMIS"),
        (("sent", "accepted"), "QP_RECEVABLE"),
        (("sent", "accepted", "faulty"), "QP_RECEVABLE_AVEC_ERREUR"),
        (("sent", "refused"), "QP_IRRECEVABLE"),
        (("incident", "sent"), "QP_TRANSMIS"),
    ],
)
def test_the_partners_own_acknowledgements_show_on_flows_of_ours(happenings, state):
    assert path(TABLE, TABLE.outgoing, happenings)[-1] == state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("92", "QP_RECEVABLE"),
        ("202", "QP_RECEVABLE"),
        ("213", "QP_RECEVABLE_AVEC_ERREUR"),
        ("601", "QP_RECEVABLE_AVEC_ERREUR"),
        ("94", "QP_IRRECEVABLE"),
        ("501", "QP_IRRECEVABLE"),
    ],
)
def test_each_acknowledgement_of_a_partner_is_a_happening(status, state):
    happenings = ("sent", TABLE.acknowledged[status])
    assert path(TABLE, TABLE.outgoing, happenings)[-1] == state


def test_what_is_final_is_left_by_nothing():
    assert {code for code, row in TABLE.states.items() if row.is_final} == FINAL
    for code in FINAL:
        assert {after(TABLE, code, each) for each in HAPPENINGS} == {None}


def test_moves_lead_to_states_and_every_state_can_be_reached():
    reached = {TABLE.incoming, TABLE.portal, TABLE.outgoing}
    for row in TABLE.states.values():
        assert set(row.moves) <= set(HAPPENINGS)
        reached |= set(row.moves.values())
    assert reached == set(TABLE.states)


def test_what_cannot_happen_is_told_with_what_can():
    with pytest.raises(ValueError, match="IN_RECU expects admitted, refused, incident: found sent"):
        path(TABLE, "IN_RECU", ("sent",))
    with pytest.raises(ValueError, match="IN_INTEGRE expects nothing"):
        path(TABLE, "IN_INTEGRE", ("begun",))
    with pytest.raises(KeyError):
        after(TABLE, "IN_PARTOUT", "sent")


@given(st.sampled_from(sorted(TABLE.states)), st.sampled_from(HAPPENINGS))
def test_everything_that_happens_in_any_state_is_decided(state, happening):
    following = after(TABLE, state, happening)
    assert following is None or following in TABLE.states
