"""`doctor` tells whether official Schematron and pyas2lib can run, and what no public text settles."""

import importlib
import importlib.metadata
import importlib.util
import json

import msgspec
import pytest
from click.testing import CliRunner

from simulator import resources
from simulator.cli.assumed import assumptions, property_of
from simulator.cli.main import aife_sim
from simulator.schematron import process, sources
from simulator.schematron.rulesets import Applies, RuleSet
from simulator.settings import Tables, schema
from simulator.transport import as2_pyas2

# Looked for, not imported: the engine never runs in this process.
WITH_EXTRA = pytest.mark.skipif(
    not importlib.util.find_spec("saxonche"), reason="no saxonche: pip install aife-sim[schematron]"
)


def row():
    told = CliRunner().invoke(aife_sim, ["doctor", "--json"])
    assert told.exit_code == 0, told.output
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    (found,) = [row for row in rows if row["check"] == "schematron"]
    return found


@WITH_EXTRA
def test_the_version_of_the_engine_and_the_official_sets_are_told():
    found = row()
    assert found["outcome"] == "ok"
    assert importlib.metadata.version("saxonche") in found["detail"]
    assert f"{len(sources.official())} official sets" in found["detail"]


def test_a_missing_extra_is_a_warning_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(process, "missing_extra", lambda: process.NOT_RUN)
    assert row() == {"check": "schematron", "outcome": "missing", "detail": process.NOT_RUN}


@WITH_EXTRA
def test_a_set_that_is_gone_from_its_package_is_a_warning(monkeypatch):
    gone = RuleSet("X", "", "p", "", "f", Applies(), "not to be found: f")
    monkeypatch.setattr(sources, "official", lambda: (gone,))
    assert row()["detail"] == "1 of 1 official sets: X (not to be found: f)"


def as2_row():
    told = CliRunner().invoke(aife_sim, ["doctor", "--json"])
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    (found,) = [row for row in rows if row["check"] == "as2 partner"]
    return found


@pytest.mark.parametrize(
    ("patched", "detail"),
    [(False, "loaded"), (True, "loaded with the wider OpenSSL version pattern")],
)
def test_how_pyas2lib_was_loaded_is_told(monkeypatch, patched, detail):
    monkeypatch.setattr(as2_pyas2, "load", lambda: as2_pyas2.Pyas2(as2_pyas2, "1.4.4", patched))
    expected = {"check": "as2 partner", "outcome": "ok", "detail": f"pyas2lib 1.4.4, {detail}"}
    assert as2_row() == expected


def test_pyas2lib_that_does_not_load_is_a_warning_that_says_why(monkeypatch):
    def unavailable():
        raise as2_pyas2.Pyas2Unavailable("pyas2lib does not import (X: y)")

    monkeypatch.setattr(as2_pyas2, "load", unavailable)
    assert as2_row()["outcome"] == "missing"
    assert as2_row()["detail"] == "pyas2lib does not import (X: y)"


# -- what it assumes ----------------------------------------------------------------------------------


def unknowns(*more):
    told = CliRunner().invoke(aife_sim, ["doctor", "--assumptions", "--json", *more])
    assert told.exit_code == 0, told.output
    return [row for line in told.stdout.splitlines() if "in force" in (row := json.loads(line))]


# Settings of the exchange; all others are names, bounds and manners of protocols, of the node, of files.
OF_EXCHANGE = ("exchange", "life_cycle")


def test_every_unknown_of_the_list_is_told_once_at_least():
    rows = {row["row"] for row in unknowns()} - {""}
    assert rows == {str(number) for number in range(1, 34)}


def test_every_setting_of_the_exchange_is_an_unknown_with_a_row():
    named = {row["setting"] for row in unknowns()}
    settings = {
        f"{table.name}.{field.name}"
        for table in msgspec.structs.fields(Tables)
        if table.name in OF_EXCHANGE
        for field in msgspec.structs.fields(table.type)
    }
    assert settings <= named
    assert {"directory.unknown", "returns.purge_after", "returns.retry"} <= named


def test_every_setting_that_is_named_exists_and_is_named_once():
    named = [path for each in assumptions() for path in each.settings]
    assert len(named) == len(set(named))
    tables = schema()
    for path in named:
        assert property_of(tables, path)["description"], path


def test_a_setting_that_does_not_exist_is_no_property():
    with pytest.raises(KeyError):
        property_of(schema(), "exchange.none")


def test_each_is_told_with_values_default_source_and_mark():
    rows = {row["setting"]: row for row in unknowns()}
    assert rows["exchange.ereporting_ack"] == {
        "row": "17",
        "what": "Status of the CSO6000A that takes a declaration",
        "setting": "exchange.ereporting_ack",
        "values": "300 | 500 | none",
        "in force": "500",
        "mark": "assumed",
        "source": rows["exchange.ereporting_ack"]["source"],
    }
    defaults = {
        "exchange.matricule_g2b": "9997",
        "exchange.matricule_ppf": "9998",
        "exchange.prefixes": "none",
        "exchange.g2b_unconnected": "played",
        "exchange.status_delivery": "immediate",
        "exchange.messages_per_archive": "0",
        "partner.as2.digest": "none (each partner)",
    }
    assert {path: rows[path]["in force"] for path in defaults} == defaults
    for row in unknowns():
        assert row["source"]
        assert row["mark"] in ("deduced", "assumed")
        assert row["in force"]
        assert bool(row["values"]) == bool(row["setting"])


def test_what_is_in_force_comes_from_the_settings_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[exchange]\nprefixes = { FEN0036A = "CPP002" }\nack_name = "own"\n')
    rows = {row["setting"]: row["in force"] for row in unknowns("--config", str(file))}
    assert rows["exchange.ack_name"] == "own"
    assert "CPP002" in rows["exchange.prefixes"]


def test_what_no_setting_decides_is_told_with_its_place_or_as_not_built():
    rows = {row["row"]: row["in force"] for row in unknowns() if not row["setting"]}
    assert rows["13"].startswith("fixed: schemas/rules/admission.toml")
    assert rows["27"] == rows["33"] == "not built in this version"
    for each in assumptions():
        assert bool(each.settings or each.decided) == each.built
        for word in each.decided.replace(",", " ").replace(";", " ").split():
            if word.startswith("schemas/"):
                assert resources.path(*word.split("/")).exists()
            if word.startswith("simulator."):
                assert _imported(word), word


def _imported(path):
    """Whether a dotted path is a module, or a name in one."""
    try:
        return importlib.util.find_spec(path) is not None
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return hasattr(importlib.import_module(module), name)


def test_people_see_both_tables():
    told = CliRunner().invoke(aife_sim, ["doctor", "--assumptions"])
    assert told.exit_code == 0
    assert "Unknowns" in told.output
    assert "Assumptions" in told.output
