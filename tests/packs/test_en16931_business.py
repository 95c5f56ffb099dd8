"""Business rules of EN 16931: each fires on the document that breaks it, and on no other."""

import pytest
from lxml import etree
from packs import oracle
from packs.en16931_mutants import mutants
from packs.en16931_samples import (
    CATEGORIES,
    SCHEMATRON,
    SYNTAXES,
    business,
    document,
    fires,
    judged,
)
from packs.schematron import SCH, EngineError, fired

from simulator.validation.packs.breaking.core_cases import cases
from simulator.validation.packs.loading import load

CASES = list(cases())
# Rules of the artefacts that can never fire: true(), or a path that leads nowhere.
NEVER = {
    "ubl": {"BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08", "BR-DEC-13", "BR-DEC-15"},
    "cii": {
        *("BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08"),
        *("BR-AF-08", "BR-AF-09", "BR-AG-08", "BR-AG-09"),
    },
}


def broken(case):
    root = document(case.syntax, case.vat)
    for edit in case.edits:
        edit(root)
    return root


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("category", CATEGORIES)
def test_the_valid_document_breaks_no_rule(category, syntax):
    assert fires(document(syntax, CATEGORIES[category]), syntax) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_rule_fires_on_what_breaks_it(case):
    assert fires(broken(case), case.syntax) == {case.rule, *case.others}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_rule_has_a_document_that_breaks_it(syntax):
    rules = {rule.id for rule in load("en16931").rules if syntax in rule.syntaxes}
    assert business(rules) == {case.rule for case in CASES if case.syntax == syntax}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_finding_says_where_and_what(syntax):
    for case in (case for case in CASES if case.syntax == syntax):
        findings = judged(broken(case), syntax).findings
        finding = next(f for f in findings if f.rule == case.rule)
        assert finding.message.startswith(f"{case.rule} : "), case.name
        assert "  " not in finding.message, finding.message
        assert "{" not in f"{finding.message}{finding.help}{finding.repair}", case.name
        assert not finding.help.endswith(("found .", " .")), finding.help
        assert finding.place.xpath, case.name


@pytest.mark.corpus
@pytest.mark.parametrize("family", ["ubl", "cii"])
def test_the_pack_has_every_business_rule_of_the_artefact_that_can_fire(family):
    folder = oracle.SHARED / "standards" / "en16931-1.3.16"
    file = folder / f"EN16931-{family.upper()}-validation-preprocessed.sch"
    if not file.is_file():
        pytest.skip("no official Schematron: set AIFE_SIM_SHARED")
    official = {e.get("id") for e in etree.parse(str(file)).iter(f"{{{SCH}}}assert")}
    syntax = "cii-d22b" if family == "cii" else "ubl-invoice"
    ours = {rule.id for rule in load("en16931").rules if syntax in rule.syntaxes}
    assert business(official) - NEVER[family] == business(ours)


@pytest.mark.corpus
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_official_rules_say_the_same_of_our_documents(syntax):
    pytest.importorskip("saxonche", reason="saxonche is not installed")
    rule_set = SCHEMATRON[syntax[:3]]
    if rule_set == "EN16931-CII" and not oracle.CORPUS.is_dir():
        pytest.skip("no official Schematron for CII: set AIFE_SIM_SHARED")
    for case in (case for case in CASES if case.syntax == syntax):
        official = business(fired(rule_set, etree.tostring(broken(case))))
        assert official == {case.rule, *case.others}, case.name


@pytest.mark.corpus
@pytest.mark.parametrize("rule_set", SCHEMATRON.values())
def test_the_official_rules_say_the_same_of_mutants_of_the_corpus(rule_set):
    pytest.importorskip("saxonche", reason="saxonche is not installed")
    if not oracle.CORPUS.is_dir():
        pytest.skip("no reference corpus: set AIFE_SIM_SHARED")
    known = (case for case in oracle.cases(rule_set) if oracle.syntax_of(case.root))
    documents = [case.root for case in known if 3000 < len(case.content) < 40_000]
    compared = 0
    for what, root in mutants(documents, 120, seed=16931):
        content = etree.tostring(root)
        try:
            official = business(fired(rule_set, content))
        except EngineError:  # a value that is not a number stops them
            continue
        compared += 1
        assert business(oracle.fired_by_us("en16931", content, root)) == official, what
    assert compared > 100
