"""Specimen declarations (Flux 10) are valid and say what is asked."""

from decimal import Decimal

import pytest
from lxml import etree
from packs import schematron

from simulator.messages import flux10
from simulator.messages.specimen_ereporting import EReporting, ereporting, ereporting_name
from simulator.validation.syntaxes import schema_of

KINDS = ("transactions", "payments")


@pytest.mark.parametrize("kind", KINDS)
def test_a_declaration_is_valid_and_says_who_declares(kind):
    content = ereporting(EReporting(kind=kind, rate=Decimal("5.5")))
    root = etree.fromstring(content)
    schema_of("flux-10").assertValid(root)
    facts = flux10.read_facts(root)
    assert (facts.number, facts.supplier) == ("ER-2026-0001", "123456782")
    assert content == ereporting(EReporting(kind=kind, rate=Decimal("5.5")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_declaration_passes_the_official_rules(kind, monkeypatch):
    pytest.importorskip("saxonche", reason="saxonche runs the official rules")
    rules = ("pyfrctc", "frr-schematron", "Flux10.xslt")
    monkeypatch.setitem(schematron.STYLESHEETS, "FLUX-10", rules)
    assert schematron.fired("FLUX-10", ereporting(EReporting(kind=kind))) == {}


def test_taxes_follow_from_the_base():
    root = etree.fromstring(ereporting(EReporting(base=Decimal("10.01"), rate=Decimal("5.5"))))
    assert root.findtext(".//TaxSubtotal/TaxTotal") == root.findtext(".//Transactions/TaxTotal")
    assert root.findtext(".//TaxTotal") == "0.55"


def test_its_file_has_a_legal_name():
    name = ereporting_name(EReporting())
    assert name == "123456782_ER-2026-0001_20260801_20260810.xml"


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="transactions or payments: found 'x'"):
        ereporting(EReporting(kind="x"))
