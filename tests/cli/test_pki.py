"""``aife-sim pki show``: whose certificates a data folder holds."""

import json

import pytest
from click.testing import CliRunner

from simulator import pki
from simulator.cli.main import aife_sim


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("show") / "data"
    pki.prepare_data(folder)
    pki.ensure(folder, ["DEM001", "DEM002"])
    return folder


def show(data, *arguments):
    return CliRunner().invoke(aife_sim, ["pki", "show", "--data", str(data), *arguments])


def test_it_shows_the_simulator_and_every_partner_one_object_a_line(data):
    told = show(data, "--json")
    assert told.exit_code == 0
    rows = [json.loads(line) for line in told.output.splitlines()]
    assert [row["code"] for row in rows] == ["aife", "DEM001", "DEM002"]
    assert all("TEST" in row["subject"] and "TEST" in row["issuer"] for row in rows)
    assert rows[1]["not_after"].startswith("2049-12-31")
    assert rows[1]["folder"] == str(data / "pki" / "partners" / "DEM001")
    assert rows[1]["files"] == sorted(pki.PARTNER_FILES)


def test_it_shows_one_partner_for_people(data):
    told = show(data, "DEM002")
    assert told.exit_code == 0
    assert told.output.startswith("DEM002\n  subject    ")
    assert "DEM001" not in told.output
    assert "ssh_key.pub" in told.output


def test_an_unknown_partner_is_a_usage_error_that_names_those_there_are(data):
    told = show(data, "DEM009")
    assert told.exit_code == 2
    assert "DEM001, DEM002" in told.output


def test_a_folder_without_keys_is_an_environment_failure(tmp_path):
    told = show(tmp_path)
    assert told.exit_code == 3
    assert "no key material" in told.output


@pytest.mark.parametrize("content", ["", None])
def test_an_unreadable_certificate_is_an_environment_failure(tmp_path, content):
    keys = pki.Pki(tmp_path / "pki", tmp_path / "private")
    keys.ca.parent.mkdir(parents=True)
    keys.ca.write_text("x")
    if content is not None:
        keys.certificate.write_text(content)
    told = show(tmp_path)
    assert told.exit_code == 3
    assert str(keys.certificate) in told.output
