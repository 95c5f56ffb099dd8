"""Every rule of Chorus Pro: a document that breaks it alone, and one at its limit that does not.

There is no official rule set to compare with.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from lxml import etree
from msgspec.structs import replace
from packs.french_documents import made

from simulator.messages.specimens import factory
from simulator.validation.packs.breaking.choosing import SYNTAXES as SYNTAX_NAMES
from simulator.validation.packs.breaking.cpro_cases import TABLE
from simulator.validation.packs.breaking.french_documents import as_credit_note, plain
from simulator.validation.packs.breaking.french_edits import put, unchanged
from simulator.validation.packs.breaking.french_places import SYNTAXES
from simulator.validation.packs.breaking.volumes import LINES
from simulator.validation.packs.loading import load
from simulator.validation.packs.models.cpro_limits import rules
from simulator.validation.packs.run import Scope, run
from simulator.validation.packs.selection import selected

PACK = "cpro"
CII_LINE = "IncludedSupplyChainTradeLineItem"
ASSUMED = {"01", "04", "05", "06", "07", "08", "29", "40"}
CASES = [(syntax, *rules, bad, good) for syntax in SYNTAXES for rules, bad, good in TABLE]


def of_pack(rule):
    return f"BR-FR-CPRO-{rule}"


@pytest.mark.parametrize("case", CASES, ids=[f"{syntax}-{rule}" for syntax, rule, *_ in CASES])
def test_a_rule_fires_on_the_bad_document_alone_and_not_on_the_good_one(case):
    syntax, rule, bad, good = case
    assert made(plain(syntax), good).fired(PACK) == set()
    assert made(plain(syntax), bad).fired(PACK) == {rule}


@pytest.mark.parametrize("more", [0, 1])
def test_as_many_lines_as_chorus_pro_takes_are_let_pass_and_one_more_is_not(more):
    invoice = SimpleNamespace(lines=[None] * (LINES[of_pack("19")] - 1 + more))
    assert len(list(rules.functions[of_pack("19")](invoice))) == more


@pytest.fixture
def three_lines_at_most(monkeypatch):
    """Rule 19 with another limit: the real one takes a gigabyte."""
    real = rules.functions[of_pack("19")]
    monkeypatch.setitem(rules.functions, of_pack("19"), partial(real.func, 3, *real.args[1:]))
    selected.cache_clear()
    yield
    selected.cache_clear()


@pytest.mark.parametrize("syntax", ["ubl", "ubl-creditnote", "cii-d22b"])
@pytest.mark.usefixtures("three_lines_at_most")
def test_too_many_lines_are_told_of_at_the_first_of_them(syntax):
    spec = factory.of_circuit("b2g-pa")
    fired = {}
    for count in (3, 4):
        content = factory.document(replace(spec, line_count=count), syntax)
        root = etree.fromstring(content)
        outcome = run(content, root, Scope((PACK,), SYNTAX_NAMES[syntax], "b2g-pa"))
        fired[count] = [(f.rule, f.place.line) for f in outcome.findings]
    lines = list(root.iter("{*}InvoiceLine", "{*}CreditNoteLine", f"{{*}}{CII_LINE}"))
    assert fired == {3: [], 4: [(of_pack("19"), lines[3].sourceline)]}


def test_every_rule_is_broken_here():
    broken = {rule for rules, *_ in TABLE for rule in rules}
    assert broken | {of_pack("19")} == {rule.id for rule in load(PACK).rules}


def test_a_credit_note_is_judged_like_an_invoice():
    assert made(as_credit_note(plain("ubl")), unchanged).fired(PACK) == set()
    assert made(as_credit_note(plain("ubl")), put("BT-23", "S5")).fired(PACK) == {of_pack("24")}


@pytest.mark.parametrize("circuit", ["b2g", "g2b-pa"])
def test_the_rules_hold_on_the_way_to_the_public_sector_through_a_platform_only(circuit):
    document = made(plain("ubl"), put("BT-23", "S5"))
    outcome = run(document.content, document.root, Scope((PACK,), document.syntax, circuit))
    assert outcome.findings == []


def test_chorus_pro_refuses_with_rej_coh():
    document = made(plain("cii"), put("BT-23", "S5"))
    outcome = run(document.content, document.root, Scope((PACK,), document.syntax, "b2g-pa"))
    assert [finding.motif for finding in outcome.findings] == ["REJ_COH"]


def test_what_is_not_known_for_sure_is_marked_and_has_its_source():
    for rule in load(PACK).rules:
        assert rule.mark == ("assumed" if rule.id[-2:] in ASSUMED else "deduced")
        assert "GOBL" in rule.source
