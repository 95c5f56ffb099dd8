"""BR-FR-CDV: each rule fires on its bad message and not on the good one; all as the official set."""

import copy
import importlib.util
import random

import pytest
from lxml import etree
from packs import oracle, schematron

from simulator.validation.packs.breaking.status_messages import (
    CASES,
    FIX_03,
    PACK,
    PPF,
    RSM,
    TRANSMITTED,
    message,
    told,
)
from simulator.validation.packs.loading import load
from simulator.validation.packs.run import Scope, run


def fired(content, pack=PACK):
    outcome = run(content, etree.fromstring(content), Scope((pack,), "cdar"))
    return {rule.removeprefix("BR-FR-CDV-"): n for (_, rule), n in outcome.fired.items()}


NEVER = {
    "01_MDG-3": {"profile": ""},
    "04_MDG-4": {},
    "05_MDG-9": {"sender": ""},
    "06_MDT-21": {"sender": ""},
    "07_MDT-38_no": TRANSMITTED,
    "10_MDT-87": {},
}


def test_the_table_has_every_rule():
    for pack in (PACK, FIX_03):
        rules = {rule.id.removeprefix("BR-FR-CDV-") for rule in load(pack).rules}
        assert rules == {*CASES, *NEVER}
        assert len(rules) == 42


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_on_its_bad_message_alone(rule):
    bad, also, good = CASES[rule]
    assert fired(message(**bad)) == {rule: 1, **dict.fromkeys(also, 1)}
    for each in good:
        assert fired(message(**each)) == {}


@pytest.mark.parametrize("rule", NEVER)
def test_a_rule_whose_official_test_cannot_fail_never_fires(rule):
    assert rule not in fired(message(**NEVER[rule]))
    assert rule not in fired(
        b"<rsm:CrossDomainAcknowledgementAndResponse xmlns:rsm='%s'/>" % RSM.encode()
    )


def test_codes_are_compared_as_they_stand():
    assert fired(message(type=" 380", debtor="BY\n")) == {"BR-FR-04_MDT-91": 1, "CL-08_MDT-158": 1}
    assert fired(message(type="380 389")) == {"BR-FR-04_MDT-91": 1}
    assert fired(message(type="")) == {"BR-FR-04_MDT-91": 1}


def test_a_message_about_a_flow_is_held_to_nothing():
    bad = told("500", "IRR_VIDE", process="", profile="urn.cpro.gouv.fr:1p0:CDV:flux", date="")
    assert fired(message(**bad))
    for pack in (PACK, FIX_03):
        assert fired(message(**bad, type="303"), pack) == {}


def test_fix_03_takes_every_value_of_the_list_of_processes():
    for process in ("NON_REGULATED", "B2C", "B2CINT", "B2BINT", "OUTOFSCOPE"):
        assert fired(message(process=process)) == {"CL-01_MDT-2": 1}
        assert fired(message(process=process), FIX_03) == {}
    assert fired(message(process="B2B"), FIX_03) == {"CL-01_MDT-2": 1}
    assert fired(message(process="S1", recipient=PPF), FIX_03) == {}


@pytest.mark.parametrize(
    ("rule", "motif"),
    [
        ("15_MDT-113", "REJ_RG"),
        ("CL-02_MDT-21_23", "REJ_HAB"),
        ("CL-06_MDT-105", "REJ_INEX"),
        ("14_MDT-207", "REJ_ENCAISSEMENT"),
    ],
)
def test_a_refused_status_has_its_motif(rule, motif):
    content = message(**CASES[rule][0])
    (finding,) = run(content, etree.fromstring(content), Scope((PACK,), "cdar", "g2b-pa")).findings
    assert (finding.motif, finding.place.line is not None) == (motif, True)


# -- beside the official set ----------------------------------------------------------------------

CODES = """200 202 206 207 208 210 212 213 221 229 501 601 23 305 24 380 381 999 10 43 45 8 50 5
WK DFH BY SE AB II XX 9999 0000 0042 0238 0002 REGULATED B2C S1 MEN RAP XXX NOA NON_TRANSMISE AUTRE
CMD_ERR DEST_ERR JUSTIF_ABS ROUTAGE_ERR IRR_SYNTAX REJ_COH CONTACT_ACHTR
urn.cpro.gouv.fr:1p0:CDV:invoice urn.cpro.gouv.fr:1p0:CDV:einvoicingF2"""
VALUES = [*CODES.split(), "", " 380 ", "WK ", "\n23"]


def mutated(root, dice):
    """A copy of a message, changed in one to four places."""
    root = copy.deepcopy(root)
    for _ in range(dice.randint(1, 4)):
        elements = [e for e in root.iterdescendants() if isinstance(e.tag, str)]
        if not elements:
            break
        element = dice.choice(elements)
        kind = dice.randrange(5)
        if kind == 0:
            element.getparent().remove(element)
        elif kind == 1:
            element.addnext(copy.deepcopy(element))
        elif element.attrib and kind == 2:
            element.set(dice.choice(list(element.attrib)), dice.choice(VALUES))
        else:
            leaves = [e for e in elements if not len(e)]
            dice.choice(leaves).text = dice.choice(VALUES)
    return root


def is_about_a_flow(root):
    return "303" in root.xpath(
        "//*[local-name()='ReferenceReferencedDocument']/*[local-name()='TypeCode']/text()"
    )


@pytest.mark.corpus
@pytest.mark.skipif(not oracle.CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
@pytest.mark.skipif(
    importlib.util.find_spec("saxonche") is None, reason="saxonche is not installed"
)
@pytest.mark.parametrize("pack", [PACK, FIX_03])
def test_mutated_messages_fire_the_official_rules(pack, monkeypatch):
    schema = "fnfe-ctc-1.4.0.03/CDAR/schematron/BR-FR-CDV-Schematron-CDAR.sch"
    monkeypatch.setitem(schematron.STYLESHEETS, FIX_03, schema)
    rule_set = "BR-FR-CDV" if pack == PACK else FIX_03
    dice = random.Random(20260901)
    roots = [case.root for case in oracle.cases("BR-FR-CDV")]
    wrong, compared, seen = [], 0, set()
    while compared < 300:
        root = mutated(dice.choice(roots), dice)
        content = etree.tostring(root)
        try:
            official = schematron.fired(rule_set, content)
        except schematron.EngineError:
            continue
        if is_about_a_flow(root):
            continue
        compared += 1
        seen |= set(official)
        ours = {f"{r}" for r in oracle.fired_by_us(pack, content, etree.fromstring(content))}
        if ours != set(official):
            wrong.append((sorted(set(official) - ours), sorted(ours - set(official)), content))
    assert wrong == []
    assert len(seen) > 25
