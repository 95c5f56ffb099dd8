"""The packs that we ship can be compiled, and say what a finding needs."""

import string

import pytest
from lxml import etree

from simulator.messages.specimen import Line, Specimen, ubl_invoice
from simulator.validation.packs import selection
from simulator.validation.packs.loading import dialects_of, load, names
from simulator.validation.packs.model import functions_of
from simulator.validation.packs.run import Scope, run

PLACES = {"found", "expected", "element", "rule"}


@pytest.mark.parametrize("key", names())
def test_a_pack_compiles_for_each_of_its_syntaxes(key):
    for syntax in {syntax for rule in load(key).rules for syntax in rule.syntaxes}:
        assert selection.selected((key,), syntax) is not None


@pytest.mark.parametrize("key", names())
def test_model_rules_and_functions_are_the_same(key):
    pack = load(key)
    rows = {rule.id for rule in pack.rules if rule.kind == "model"}
    functions = set(functions_of(pack.functions)) - set(pack.header.without)
    assert rows == functions


@pytest.mark.parametrize("key", names())
def test_a_rule_is_worded(key):
    for rule in load(key).rules:
        texts = (rule.message, rule.asked, rule.repair.en, rule.repair.fr)
        for text in texts:
            assert text.strip(), rule.id
            asked = {field for _, field, _, _ in string.Formatter().parse(text) if field}
            assert asked <= PLACES, rule.id
        assert not rule.message.endswith("."), rule.id
        assert "\n" not in rule.message, rule.id
        assert rule.source, rule.id


def test_a_specimen_is_clean_in_the_packs_of_its_circuit():
    content = ubl_invoice(Specimen(circuit="b2g-pa", lines=(Line(),) * 3))
    outcome = run(content, etree.fromstring(content), Scope(("en16931",), "ubl-invoice"))
    assert outcome.fired == {}


@pytest.mark.parametrize(
    "value", ["abc", "1e5", "NaN", "", " ", "-", "1,5", "9" * 30, "9" * 5000, "١"]
)
@pytest.mark.parametrize("tag", ["LineExtensionAmount", "TaxAmount", "Percent", "PayableAmount"])
def test_a_bad_number_is_never_an_exception(value, tag):
    content = ubl_invoice(Specimen(circuit="b2g-pa"))
    root = etree.fromstring(content)
    for element in root.iter(f"{{*}}{tag}"):
        element.text = value
    bad = etree.tostring(root)
    for key in names():
        if "ubl" in dialects_of(load(key)):
            run(bad, etree.fromstring(bad), Scope((key,), "ubl-invoice"))
