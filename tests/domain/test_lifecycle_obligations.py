"""What must come with a status is asked for, and what does not go with it refused."""

import pytest
from life_desk import NOW, RECEIVED, TABLE, ask, deposited

from simulator.domain.flows import Characteristic
from simulator.domain.lifecycle import Allowed, Request, decide

# -- obligations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("circuit", "actor", "status", "lacking", "cause", "code"),
    [
        ("b2g", "buyer", "05", "motif", "motif_missing", "REJ_RG"),
        ("b2g", "buyer", "06", "motif", "motif_missing", "REJ_RG"),
        ("b2g-pa", "buyer", "05", "motif", "motif_missing", "REJ_RG"),
        ("b2g-pa", "buyer", "06", "motif", "motif_missing", "REJ_RG"),
        *(
            ("g2b-pa", "platform", code, "motif", "motif_missing", "REJ_RG")
            for code in ("206", "207", "208", "210", "213")
        ),
        ("g2b-pa", "platform", "208", "comment", "comment_missing", "REJ_RG"),
        ("g2b-pa", "platform", "210", "comment", "comment_missing", "REJ_RG"),
        ("b2g-pa", "platform", "209", "attachments", "attachment_missing", "REJ_RG"),
        ("b2g-pa", "platform", "227", "attachments", "attachment_missing", "REJ_RG"),
        ("g2b-issuer", "issuer", "212", "payments", "payment_missing", "REJ_ENCAISSEMENT"),
        ("b2g-pa", "platform", "212", "payments", "payment_missing", "REJ_ENCAISSEMENT"),
    ],
)
def test_what_must_come_with_a_status_is_asked_for(circuit, actor, status, lacking, cause, code):
    empty = () if lacking in ("attachments", "payments") else " " if lacking == "comment" else ""
    answer = ask(circuit, actor, status, **{lacking: empty})
    assert (answer.cause, answer.code) == (cause, code)
    if lacking == "motif":
        assert answer.possible
    assert isinstance(ask(circuit, actor, status), Allowed)


@pytest.mark.parametrize("status", ["07", "08", "09", "10", "11"])
def test_other_statuses_of_a_buyer_need_nothing(status):
    request = Request(circuit="b2g", actor="buyer", status=status, at=NOW, history=deposited("b2g"))
    assert isinstance(decide(TABLE, request), Allowed)


@pytest.mark.parametrize(
    ("circuit", "actor", "status", "motif"),
    [
        ("b2g", "buyer", "05", "IRR_TAILLE"),
        ("b2g-pa", "buyer", "06", "inconnu"),
        ("g2b-pa", "platform", "208", "QTE_ERR"),
        ("g2b-pa", "platform", "210", "AUTRE"),
    ],
)
def test_an_unknown_motif_is_refused_with_those_that_go(circuit, actor, status, motif):
    answer = ask(circuit, actor, status, motif=motif)
    assert (answer.cause, answer.code) == ("motif_unknown", "REJ_RG")
    assert motif in answer.message
    assert answer.possible
    assert motif not in answer.possible


def test_a_refusal_in_cadre_s6_takes_routing_motifs_only():
    assert ask("g2b-pa", "platform", "210", cadre="S6", motif="CMD_ERR").cause == "motif_unknown"
    assert isinstance(ask("g2b-pa", "platform", "210", cadre="S6", motif="ROUTAGE_ERR"), Allowed)
    assert isinstance(ask("g2b-pa", "platform", "210", motif="CMD_ERR"), Allowed)


def test_every_received_amount_needs_its_rate():
    half = (*RECEIVED, Characteristic("MEN", amount="10"))
    assert ask("g2b-issuer", "issuer", "212", payments=half).cause == "payment_missing"
    others = (*RECEIVED, Characteristic("RAP", amount="10"))
    assert isinstance(ask("g2b-issuer", "issuer", "212", payments=others), Allowed)
