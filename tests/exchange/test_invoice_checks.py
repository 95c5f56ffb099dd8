"""Checks on facts need a directory and wordings, nothing else; a step and `check` make the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playbook import PRIVATE, RECIPIENT, SUPPLIER, Playbook, document, facts, name_of

from simulator import resources
from simulator.domain.findings import Place
from simulator.domain.judgement import Document
from simulator.domain.raccordement import Service, Structure
from simulator.domain.reference import Options
from simulator.exchange import invoice_checks

CLOSED = "12345678200077"
BY_SERVICE, BY_ORDER, BY_ONE = "12345678200028", "12345678200036", "12345678200085"
STRUCTURES = {
    s.identifier: s
    for s in (
        Structure(SUPPLIER, "Fournisseur", "private"),
        Structure(RECIPIENT, "Commune", "public"),
        Structure(PRIVATE, "Entreprise", "private"),
        Structure(CLOSED, "Commune fermée", "public", active=False),
        Structure(
            BY_SERVICE,
            "Région",
            "public",
            service_required=True,
            services=(
                Service("S1"),
                Service("S2", engagement_required=True),
                Service("S3", active=False),
            ),
        ),
        Structure(BY_ORDER, "Département", "public", engagement_required=True),
        Structure(BY_ONE, "Hôpital", "public", service_or_engagement=True),
    )
}
REFERENCE = resources.reference(Options())


class Directory:
    """Books made of a mapping: all that the checks may ask for."""

    def __init__(self, reference=REFERENCE):
        self.reference = reference

    def structure(self, identifier):
        return STRUCTURES.get(identifier)


def rules(**changes):
    checked = invoice_checks.check(Directory(), document(**changes), "b2g")
    return [f.rule for f in checked.findings]


def test_an_invoice_between_known_parties_passes_every_check_in_order():
    checked = invoice_checks.check(Directory(), document("F-1"), "b2g")
    assert checked.findings == ()
    assert [(c.name, c.outcome) for c in checked.checks] == [
        ("invoice number of F-1.xml", "passed"),
        ("supplier of F-1.xml", "passed"),
        ("recipient of F-1.xml", "passed"),
        ("service and engagement of F-1.xml", "passed"),
    ]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": ""}, "NUMBER_MISSING"),
        ({"number": "A" * 21}, "G1.05_LENGTH"),
        ({"number": "F#1"}, "G1.05_CHARACTERS"),
        ({"supplier": ""}, "SUPPLIER_MISSING"),
        ({"supplier": "332540215"}, "SUPPLIER_FORMAT"),
        ({"supplier": "00000000000000"}, "SUPPLIER_UNKNOWN"),
        ({"supplier": CLOSED}, "SUPPLIER_INACTIVE"),
        ({"recipient": ""}, "RECIPIENT_MISSING"),
        ({"recipient": "1234567820005"}, "RECIPIENT_FORMAT"),
        ({"recipient": "99999999999999"}, "RECIPIENT_UNKNOWN"),
        ({"recipient": CLOSED}, "RECIPIENT_INACTIVE"),
        ({"recipient": PRIVATE}, "RECIPIENT_NOT_PUBLIC"),
    ],
)
def test_each_fact_that_fails_its_check_gives_one_finding(changes, rule):
    assert rules(**changes) == [rule]


def test_all_checks_are_made_whatever_the_first_says():
    assert rules(number="", supplier="", recipient="") == [
        "NUMBER_MISSING",
        "SUPPLIER_MISSING",
        "RECIPIENT_MISSING",
    ]


@pytest.mark.parametrize("scheme", ["", "1", "0009", "0002"])
def test_a_french_identifier_is_a_siret(scheme):
    assert rules(supplier="BE0123456789", supplier_scheme=scheme) == ["SUPPLIER_FORMAT"]


def test_an_identifier_of_another_scheme_is_looked_up_as_it_stands():
    assert rules(supplier="BE0123456789", supplier_scheme="2") == ["SUPPLIER_UNKNOWN"]


@pytest.mark.parametrize(
    ("unknown", "rule", "outcome"),
    [
        ("refuse", ["SUPPLIER_UNKNOWN"], "failed"),
        ("accept-and-warn", ["SUPPLIER_UNKNOWN_ACCEPTED"], "passed"),
        ("accept", [], "passed"),
    ],
)
def test_what_becomes_of_an_unknown_structure_is_an_option(unknown, rule, outcome):
    books = Directory(resources.reference(Options(directory_unknown=unknown)))
    checked = invoice_checks.check(books, document(supplier="00000000000000"), "b2g")
    assert [f.rule for f in checked.findings] == rule
    assert checked.checks[1].outcome == outcome


def test_a_finding_points_to_the_field_it_speaks_of():
    read = facts(supplier="", places={"supplier": ("/Invoice/x", 12, 5)})
    (finding,) = invoice_checks.check(Directory(), Document("a.xml", 9, read), "b2g").findings
    assert finding.place == Place("a.xml", 12, 5, "/Invoice/x")


def test_a_field_without_place_points_to_the_file():
    assert invoice_checks.place_of(facts(), "number", "a.xml") == Place("a.xml")


def test_the_trace_tells_what_was_found():
    check = invoice_checks.check(Directory(), document(recipient=PRIVATE), "b2g").checks[2]
    assert check.outcome == "failed"
    assert PRIVATE in check.detail


@pytest.mark.parametrize(
    "changes",
    [{}, {"number": "F#1"}, {"supplier": CLOSED}, {"recipient": ""}, {"recipient": PRIVATE}],
)
def test_a_node_and_a_directory_in_a_file_find_the_same(tmp_path: Path, changes):
    play = Playbook(tmp_path / "data")
    flow = play.deposit(name_of(1))
    play.judge(flow, document(**{"number": "F-1", **changes}))
    assert [f["rule"] for f in play.why(flow)["findings"]] == rules(**changes)
    play.store.close()


TEXTS = st.text(max_size=30)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_facts_raise(number, scheme, supplier, recipient):
    found = rules(
        number=number, supplier_scheme=scheme, supplier=supplier, recipient=recipient, member="m"
    )
    assert all(rule in REFERENCE.rules for rule in found)


def test_an_invoice_of_a_public_issuer_may_go_to_anyone_in_the_directory() -> None:
    from_public = document("F-1", supplier=RECIPIENT, recipient=PRIVATE)
    assert invoice_checks.check(Directory(), from_public, "g2b-issuer").findings == ()
    from_private = document("F-1", supplier=SUPPLIER, recipient=PRIVATE)
    (finding,) = invoice_checks.check(Directory(), from_private, "g2b-issuer").findings
    assert (finding.rule, finding.motif) == ("SUPPLIER_NOT_PUBLIC", "REJ_COH")


# -- what the directory says that an invoice must name -------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "service", "engagement", "found"),
    [
        (BY_SERVICE, "", "", ["SERVICE_MISSING"]),
        (BY_SERVICE, "S1", "", []),
        (BY_SERVICE, "S2", "", ["ENGAGEMENT_MISSING"]),
        (BY_SERVICE, "S2", "E1", []),
        (BY_SERVICE, "S3", "", ["SERVICE_INACTIVE"]),
        (BY_SERVICE, "S9", "", ["SERVICE_UNKNOWN"]),
        (BY_ORDER, "", "", ["ENGAGEMENT_MISSING"]),
        (BY_ORDER, "whatever", "E1", []),
        (BY_ONE, "", "", ["SERVICE_OR_ENGAGEMENT_MISSING"]),
        (BY_ONE, "S1", "", []),
        (BY_ONE, "", "E1", []),
        (RECIPIENT, "whatever", "", []),
    ],
)
def test_service_and_engagement_are_judged_by_what_the_directory_says(
    recipient, service, engagement, found
):
    assert rules(recipient=recipient, service=service, engagement=engagement) == found


def test_through_a_platform_the_rules_have_the_ids_of_the_annex():
    for recipient, rule in ((BY_SERVICE, "11"), (BY_ORDER, "12"), (BY_ONE, "13")):
        one = document(recipient=recipient)
        (finding,) = invoice_checks.check(Directory(), one, "b2g-pa").findings
        assert (finding.rule, finding.motif) == (f"BR-FR-CPRO-{rule}", "REJ_COH")


def test_what_a_public_issuer_sends_is_not_asked_for_a_service():
    one = document(supplier=RECIPIENT, recipient=BY_SERVICE)
    checked = invoice_checks.check(Directory(), one, "g2b-issuer")
    assert not any("SERVICE" in f.rule for f in checked.findings)
