"""`doctor` tells whether official Schematron and pyas2lib can run."""

import importlib.metadata
import importlib.util
import json

import pytest
from click.testing import CliRunner

from simulator.cli.main import aife_sim
from simulator.schematron import process, sources
from simulator.schematron.rulesets import Applies, RuleSet
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
