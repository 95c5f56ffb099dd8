"""``aife-sim rules``: every rule can be read."""

import json

import pytest
from click.testing import CliRunner

from simulator import resources
from simulator.cli.main import aife_sim
from simulator.validation.packs.loading import load, names


def run(*arguments):
    return CliRunner().invoke(aife_sim, ["rules", *arguments])


def lines(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_rule_of_every_pack_and_table_is_listed():
    packed = sum(len(load(name).rules) for name in names())
    tabled = sum(len(table) for table in resources.rule_tables())
    assert len(lines("list")) == packed + tabled


@pytest.mark.parametrize("pack", ["en16931", "xsd", "container"])
def test_a_pack_can_be_listed_alone(pack):
    assert {row["pack"] for row in lines("list", "--pack", pack)} == {pack}


@pytest.mark.parametrize("rule", ["BR-CO-10", "br-co-10", "IRR_FORM"])
def test_a_rule_says_what_it_asks_how_to_repair_and_where_it_is_from(rule):
    for row in lines("show", rule):
        assert row["rule"] == rule.upper()
        assert all(row[key] for key in ("message", "asked", "repair", "source", "mark"))
    assert rule.upper() in run("show", rule).stdout


def test_packs_tell_version_and_number_of_rules():
    assert [row["pack"] for row in lines("packs")] == names()
    assert all(row["rules"] and row["version"] for row in lines("packs"))


def test_a_rule_that_is_not_there_is_told():
    result = run("show", "BR-9999")
    assert result.exit_code == 1
    assert "aife-sim rules list" in result.output
    assert run("list", "--pack", "nothing").exit_code == 2
