"""Opinions name what ran, compare rule by rule, and do without the extra."""

import importlib.util

import pytest

from simulator.schematron import opinion as module
from simulator.schematron.opinion import Differences, Opinion, SecondOpinion, compare, opinions
from simulator.schematron.process import NOT_RUN, Bounds, SchematronProcess, Subject, missing_extra
from simulator.schematron.rulesets import Applies, RuleSet
from simulator.schematron.sources import official

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
INVOICE = f'<Invoice xmlns="{UBL}" xmlns:cbc="{CBC}"><cbc:ID>1</cbc:ID></Invoice>'.encode()


@pytest.fixture
def no_extra(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "saxonche" else find(name)
    )


def test_without_the_extra_it_says_how_to_get_it(no_extra):
    assert missing_extra() == "official Schematron not run: pip install aife-sim[schematron]"
    with SchematronProcess() as process:
        found = opinions(process, official(), Subject(INVOICE, "ubl-invoice"))
        assert process.pid is None
    assert found == SecondOpinion(not_run=NOT_RUN)


def test_an_invoice_gets_the_opinions_of_the_packs_it_is_held_to(process):
    subject = Subject(INVOICE, "ubl-invoice", packs=("xsd", "en16931"))
    found = opinions(process, official(), subject)
    assert [o.name for o in found.opinions] == ["EN16931-UBL"]
    assert {"BR-01", "BR-03"} <= set(found.opinions[0].counts)
    assert found.opinions[0].fired[0].location == "/Invoice"
    assert found.opinions[0].seconds > 0
    assert found.engines == (f"{found.opinions[0].title}, {found.engine}",)
    assert found.opinions[0].title.startswith("EN16931-UBL 1.")
    assert found.engine.startswith("SaxonC-HE ")


def test_historic_flows_are_not_held_to_official_rules(process):
    subject = Subject(INVOICE, "ubl-invoice", packs=("xsd", "historic"))
    found = opinions(process, official(), subject)
    assert found.opinions == ()
    assert found.not_run == "official Schematron not run: no official rules for this document"


def test_a_document_that_cannot_be_read_has_no_opinion(process):
    found = opinions(process, official(), Subject(b"<Invoice>", "ubl-invoice"))
    assert found.not_run.startswith("official Schematron not run: not well-formed")


def test_a_document_that_is_too_large_has_no_opinion(extra):
    with SchematronProcess(Bounds(size=10)) as process:
        found = opinions(process, official(), Subject(INVOICE, "ubl-invoice"))
        assert process.pid is None
    assert found.not_run.endswith(f"the document has {len(INVOICE)} bytes, limit 10")


def test_the_guideline_given_counts_before_the_document_s(process):
    row = RuleSet("x", "", "", "", "none.xslt", Applies(guidelines=("urn:mine",)))
    given = opinions(process, [row], Subject(INVOICE, "ubl-invoice", "urn:mine"))
    assert [o.name for o in given.opinions] == ["x"]
    assert "none.xslt" in given.opinions[0].stopped
    assert opinions(process, [row], Subject(INVOICE, "ubl-invoice")).opinions == ()


def test_a_closed_process_is_told_and_not_raised(extra):
    process = SchematronProcess()
    process.close()
    found = opinions(process, official(), Subject(INVOICE, "ubl-invoice"))
    assert found.not_run == "official Schematron not run: it was closed"


def test_rules_are_compared_by_id_and_only_where_both_have_them():
    ran = Opinion("a", "", "", "", counts={"B": 2, "O": 1}, rules=("B", "O", "U"))
    stopped = Opinion("b", "", "", "", rules=("S",), stopped="FORG0001: no")
    assert compare({"B", "U", "S", "ZZ"}, [ran, stopped]) == Differences(
        both=("B",), only_ours=("U",), only_official=("O",), unknown=("S", "ZZ")
    )


def test_the_reason_is_not_said_twice():
    assert module._not_run(NOT_RUN) == NOT_RUN
