"""Which rule packs a deposit is held to."""

import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.domain.judgement import Facts
from simulator.validation.choice import packs_of_document, packs_of_interface

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
STATUSES = [code for code, row in CATALOGUE.items() if row.kind == "F6"]


@pytest.mark.parametrize("code", [c for c in STATUSES if CATALOGUE[c].level == "object"])
def test_the_rules_of_the_life_cycle_are_for_the_statuses_of_invoices(code):
    assert packs_of_interface(CATALOGUE[code]) == ("xsd", "br-fr-cdv")


@pytest.mark.parametrize("code", [c for c in STATUSES if CATALOGUE[c].level == "flow"])
def test_a_status_of_a_flow_is_held_to_its_schema_alone(code):
    assert packs_of_interface(CATALOGUE[code]) == ("xsd",)


@pytest.mark.parametrize(("status", "extra"), [("501", ()), ("500", ()), ("205", ("br-fr-cdv",))])
def test_a_cdar_without_interface_is_held_to_what_it_speaks_of(status, extra):
    facts = Facts(syntax="cdar", type_code=status)
    assert packs_of_document(facts) == ("xsd", *extra)
