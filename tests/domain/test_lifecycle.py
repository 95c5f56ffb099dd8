"""Every status of every actor on every circuit is decided; histories that result hold."""

import itertools
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_desk import (
    ACTORS,
    BEFORE,
    CADRES,
    CIRCUITS,
    EXPECTED,
    NOW,
    TABLE,
    ask,
    complete,
    deposited,
    entries,
    every_code,
    motif_of,
    told_to,
)

from simulator.domain.lifecycle import (
    Allowed,
    Choices,
    Refused,
    Request,
    current,
    decide,
    possible,
    recorded,
    story,
    told_as_error,
)

# -- every combination --------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_every_status_is_decided_and_a_refusal_tells_why_and_what_instead(circuit, actor):
    histories = ((), deposited(circuit))
    for status, history, cadre in itertools.product(every_code(circuit), histories, CADRES):
        request = complete(circuit, actor, status, history=history, cadre=cadre)
        answer = decide(TABLE, request)
        if isinstance(answer, Allowed):
            assert answer.label
            assert (answer.effect == "noted") <= bool(answer.notes)
            continue
        assert isinstance(answer, Refused)
        assert answer.message
        assert answer.reason
        assert "{" not in answer.message + answer.reason
        assert answer.code in TABLE.motifs.lists["601"]
        assert answer.cause in TABLE.refusals


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_what_is_called_possible_is_allowed_and_nothing_else_moves_an_invoice(circuit, actor):
    for history, cadre in itertools.product(((), deposited(circuit)), CADRES):
        request = complete(circuit, actor, "", history=history, cadre=cadre)
        said = possible(TABLE, request)
        answers = {
            code: ask(circuit, actor, code, history=history, cadre=cadre, motif=motif_of(code))
            for code in said
        }
        assert {c for c, a in answers.items() if isinstance(a, Refused)} == set()
        moved = {a.status for a in answers.values() if a.effect == "set"}
        for code in every_code(circuit):
            answer = ask(circuit, actor, code, history=history, cadre=cadre)
            if isinstance(answer, Allowed) and answer.effect == "set":
                assert answer.status in moved


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa", "g2b-pa", "g2b-issuer", "ereporting"])
def test_each_actor_has_its_own_statuses(circuit, actor):
    expected = EXPECTED.get((TABLE.circuits[circuit], actor), "").split()
    assert list(possible(TABLE, complete(circuit, actor, ""))) == expected


@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa"])
def test_validators_speak_of_their_own_invoices_only(circuit):
    def sayable(actor, cadre, second):
        request = complete(circuit, actor, "", cadre=cadre, second_validator=second)
        return possible(TABLE, request)

    assert sayable("validator1", "A9", False) == ("13", "14")
    assert sayable("validator1", "A12", False) == ("13", "14")
    assert sayable("validator1", "S3", False) == ("13", "14")
    assert sayable("validator1", "A1", False) == ()
    assert sayable("validator2", "A9", True) == ("17", "18")
    assert sayable("validator2", "A9", False) == ()
    assert sayable("validator2", "A12", True) == ()
    assert ask(circuit, "validator1", "13", cadre="A1").cause == "cadre"


def test_an_unknown_circuit_is_refused():
    answer = decide(TABLE, Request(circuit="b2b", actor="buyer", status="05", at=NOW))
    assert (answer.cause, answer.code) == ("circuit", "REJ_INC")
    assert possible(TABLE, Request(circuit="b2b", actor="buyer", status="05", at=NOW)) == ()


@pytest.mark.parametrize(
    ("circuit", "actor", "status", "cause", "code"),
    [
        ("b2g", "buyer", "99", "unknown", "REJ_INEX"),
        ("b2g", "buyer", "207", "unknown", "REJ_INEX"),
        ("b2g-pa", "buyer", "999", "unknown", "REJ_INEX"),
        ("b2g-pa", "platform", "12", "unknown", "REJ_INEX"),
        ("g2b-pa", "platform", "07", "unknown", "REJ_INEX"),
        ("g2b-pa", "platform", "501", "not_of_invoice", "REJ_INC"),
        ("b2g-pa", "platform", "601", "not_of_invoice", "REJ_INC"),
        ("b2g-pa", "platform", "300", "not_of_invoice", "REJ_INC"),
        ("b2g", "platform", "07", "role", "REJ_HAB"),
        ("b2g", "chorus", "25", "role", "REJ_HAB"),
        ("g2b-pa", "platform", "212", "role", "REJ_HAB"),
        ("g2b-issuer", "buyer", "203", "role", "REJ_HAB"),
        ("b2g", "chorus", "01", "again", "REJ_INC"),
    ],
)
def test_refusals_have_the_motif_of_a_601(circuit, actor, status, cause, code):
    answer = ask(circuit, actor, status)
    assert (answer.cause, answer.code) == (cause, code)


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_only_chorus_pro_and_the_ppf_bring_an_invoice_about(circuit):
    asked = itertools.product(set(ACTORS) - {"chorus", "ppf"}, every_code(circuit), CADRES)
    for actor, status, cadre in asked:
        answer = ask(circuit, actor, status, cadre=cadre, history=())
        assert isinstance(answer, Refused), (actor, status)


def test_a_refusal_is_a_line_of_a_601():
    line = told_as_error(TABLE, ask("g2b-issuer", "issuer", "212", payments=()))
    assert (line.nature, line.code, line.rule) == ("FONCTIONNELLE", "REJ_ENCAISSEMENT", "G7.45")
    assert (line.label, line.text) == (
        "Contrôle des encaissements",
        "[G7.45] montant encaissé non réparti par taux de TVA",
    )


def test_a_status_of_a_flow_is_refused_with_a_hint():
    assert "acknowledge the flow" in ask("g2b-pa", "platform", "501").reason


# -- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["7", "07", "007", " 7 ", "+7", "SERVICE_FAIT", "service_fait"])
def test_codes_are_numbers_and_names_are_taken(text):
    assert ask("b2g", "buyer", text).status == "07"


@pytest.mark.parametrize("code", TABLE.unpublished.codes)
def test_codes_without_a_published_meaning_are_noted_and_never_emitted(code):
    answer = ask("b2g", "buyer", code)
    assert (answer.status, answer.effect, answer.deliveries) == (code, "noted", ())
    if code != "32":
        assert ask("b2g", "supplier", code).effect == "noted"


@pytest.mark.parametrize(("circuit", "actor"), [("b2g", "supplier"), ("b2g-pa", "platform")])
def test_completed_is_12_and_32_is_taken_for_it(circuit, actor):
    assert ask(circuit, actor, "32").status == "12"


# -- à recycler ---------------------------------------------------------------------------------------


def test_recycling_is_a_status_of_its_own_before_its_withdrawal():
    answer = ask("b2g", "buyer", "04", at=BEFORE)
    assert (answer.status, answer.notes) == ("04", ())
    assert told_to("platform", ask("b2g-pa", "buyer", "04", at=BEFORE, motif="")).status == "210"


def test_recycling_is_a_refusal_after_its_withdrawal_and_needs_no_motif_of_its_own():
    for circuit in ("b2g", "b2g-pa"):
        answer = ask(circuit, "buyer", "4", motif="")
        assert answer.status == "05"
        assert "withdrawn since 2026-09-01" in answer.notes[0]
    told = told_to("platform", answer)
    assert (told.status, told.motif) == ("210", "DEST_ERR")


def test_what_becomes_of_recycling_can_be_chosen():
    assert ask("b2g", "buyer", "04", choices=Choices(recycling="keep")).status == "04"
    refused = ask("b2g", "buyer", "04", choices=Choices(recycling="refuse"))
    assert (refused.cause, "2026-09-01" in refused.message) == ("recycling", True)
    later = Choices(recycling_since=date(2027, 1, 1))
    assert ask("b2g", "buyer", "04", choices=later).status == "04"
    early = Choices(recycling="refuse", recycling_since=date(2026, 1, 1))
    assert ask("b2g", "buyer", "04", at=BEFORE, choices=early).cause == "recycling"


# -- order --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_without_an_invoice_only_its_first_status_can_be_set(circuit):
    order = TABLE.order[TABLE.circuits[circuit]]
    for actor, code in itertools.product(ACTORS, every_code(circuit)):
        answer = ask(circuit, actor, code, history=())
        if isinstance(answer, Allowed):
            assert answer.status in order.first
        else:
            assert answer.cause != "order"


def test_a_buyer_may_say_anything_after_anything():
    codes = EXPECTED["b2g", "buyer"].split()
    for before, after in itertools.product(codes, codes):
        history = entries("01", "03", before)
        assert isinstance(ask("b2g", "buyer", after, history=history), Allowed)


def test_with_strict_order_a_buyer_keeps_to_the_table():
    strict = Choices(order="strict", recycling="keep")
    codes = EXPECTED["b2g", "buyer"].split()
    moves = TABLE.order["b2g"].moves
    for before, after in itertools.product(moves, codes):
        answer = ask("b2g", "buyer", after, history=entries("01", before), choices=strict)
        assert isinstance(answer, Allowed) == (after in moves[before]), (before, after)
        if isinstance(answer, Refused):
            assert answer.cause == "order"
            assert set(answer.possible) == set(moves[before]) & set(codes)


def test_nothing_follows_a_rejection():
    for order in ("free", "strict"):
        for circuit, actor in (("b2g-pa", "buyer"), ("g2b-pa", "platform")):
            status = "05" if actor == "buyer" else "203"
            answer = ask(circuit, actor, status, history=entries("213"), choices=Choices(order))
            assert answer.cause == "ended"
            assert answer.possible == ()


def test_the_same_status_in_the_same_words_is_noted_relayed_or_refused():
    first = complete("b2g", "buyer", "07")
    history = (*first.history, recorded(first, decide(TABLE, first)))
    answer = ask("b2g", "buyer", "07", history=history)
    assert (answer.effect, answer.deliveries) == ("noted", ())
    assert "already is 07" in answer.notes[0]
    relayed = ask("b2g", "buyer", "07", history=history, choices=Choices(repeated="relay"))
    assert relayed.deliveries
    refused = ask("b2g", "buyer", "07", history=history, choices=Choices(repeated="refuse"))
    assert (refused.cause, refused.code) == ("repeated", "REJ_INC")
    assert ask("b2g", "buyer", "07", history=history, comment="autre").effect == "set"
    assert ask("b2g", "accountant", "09", history=history).effect == "set"


def test_several_receipts_are_several_statuses():
    first = complete("g2b-issuer", "issuer", "212")
    history = (*first.history, recorded(first, decide(TABLE, first)))
    answer = ask("g2b-issuer", "issuer", "212", history=history)
    assert answer.effect == "set"
    assert answer.deliveries


# -- histories ----------------------------------------------------------------------------------------


def requests(circuit):
    return st.builds(
        complete,
        st.just(circuit),
        st.sampled_from(ACTORS),
        st.sampled_from(every_code(circuit)),
        motif=st.sampled_from(("", "AUTRE", "JUSTIF_ABS", "REJ_UNI", "DEST_ERR")),
        comment=st.sampled_from(("", "mot")),
        cadre=st.sampled_from(CADRES),
        choices=st.sampled_from((Choices(), Choices("strict"), Choices(repeated="refuse"))),
    )


ORDERS = st.sampled_from(CIRCUITS).flatmap(
    lambda circuit: st.tuples(st.just(circuit), st.lists(requests(circuit), max_size=12))
)


@settings(deadline=None, max_examples=1000)
@given(ORDERS)
def test_random_orders_leave_a_consistent_history(case):
    circuit, orders = case
    life, history = TABLE.circuits[circuit], ()
    for number, order in enumerate(orders):
        request = msgspec.structs.replace(
            order, history=history, at=NOW + timedelta(minutes=number)
        )
        answer = decide(TABLE, request)
        if isinstance(answer, Refused):
            continue
        before = current(history)
        history = (*history, recorded(request, answer))
        after = current(history)
        assert after == (answer.status if answer.effect == "set" else before)
        if request.choices.order == "strict" and before not in ("", after):
            assert after in TABLE.order[life].moves[before]
    assert_consistent(life, history)


def assert_consistent(life, history):
    order = TABLE.order[life]
    assert [e.at for e in history] == sorted(e.at for e in history)
    if history:
        assert history[0].status in order.first
        assert history[0].effect == "set"
    for entry in history:
        assert TABLE.status(life, entry.status) or TABLE.is_unpublished(life, entry.status)
        if entry.effect == "set":
            assert entry.status in order.moves
    ended = [n for n, e in enumerate(history) if e.effect == "set" and e.status in order.ends]
    assert ended in ([], [len(history) - 1])


# -- the story ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("cadre", CADRES)
@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa", "g2b-pa", "g2b-issuer"])
def test_the_default_story_is_allowed_step_by_step_in_strict_order(circuit, cadre, second):
    history, at = deposited(circuit), NOW
    for step in story(TABLE, circuit, cadre, second_validator=second):
        at += step.after
        request = complete(
            circuit,
            step.actor,
            step.status,
            at=at,
            history=history,
            cadre=cadre,
            second_validator=second,
            choices=Choices("strict"),
        )
        answer = decide(TABLE, request)
        assert isinstance(answer, Allowed), answer
        assert answer.effect == "set"
        history = (*history, recorded(request, answer))
    assert current(history) == ("212" if circuit.startswith("g2b") else "11")
    assert NOW + timedelta(days=28) < at < NOW + timedelta(days=40)


def test_an_ordinary_invoice_is_available_after_minutes_and_paid_after_thirty_days():
    steps = [(s.actor, s.status, s.after) for s in story(TABLE, "b2g")]
    assert steps[0] == ("chorus", "03", timedelta(minutes=5))
    assert [(a, s) for a, s, _ in steps] == [
        ("chorus", "03"),
        ("buyer", "07"),
        ("buyer", "08"),
        ("accountant", "11"),
    ]
    assert sum((after for _, _, after in steps), timedelta()) // timedelta(days=1) == 30


def test_delays_of_a_story_can_be_chosen_by_status():
    steps = story(TABLE, "b2g", delays={"07": timedelta(hours=1)})
    assert {s.status: s.after for s in steps} == {
        **{s.status: s.after for s in story(TABLE, "b2g")},
        "07": timedelta(hours=1),
    }


def test_an_unknown_circuit_has_no_story():
    assert story(TABLE, "b2b") == ()
