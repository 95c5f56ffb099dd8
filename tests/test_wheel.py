"""The wheel carries its data: an installation without the checkout finds tables and schemas."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

PROGRAM = """
import json
import simulator
from simulator import resources
from simulator.domain.findings import Rulebook
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import CircuitPlan
import msgspec
catalogue = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
rules = Rulebook.from_tables(*resources.rule_tables())
circuits = [
    msgspec.convert(resources.table("schemas", "circuits", path.name), CircuitPlan).circuit
    for path in sorted(resources.path("schemas", "circuits").glob("*.toml"))
]
print(json.dumps({
    "package": simulator.__file__,
    "root": str(resources.root()),
    "interfaces": len(catalogue),
    "rules": len(list(rules)),
    "circuits": circuits,
    "scenarios": resources.path("scenarios").is_dir(),
    "settings": resources.path("schemas", "config.schema.json").is_file(),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by what is installed here: no network."""
    target = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", target, REPOSITORY]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = target.glob("aife_sim-*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """The wheel unpacked, which is what installing a pure one comes to."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(site, folder, *arguments):
    """Python away from the checkout, with the unpacked wheel before everything else."""
    environ = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, *arguments]
    told = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_the_installed_package_finds_its_own_data(site, tmp_path):
    told = json.loads(run(site, tmp_path, "-c", PROGRAM))
    assert told["package"] == str(site / "simulator" / "__init__.py")
    assert told["root"] == str(site / "simulator" / "_data")
    assert told["interfaces"] > 30
    assert told["rules"] > 0
    assert {"b2g", "b2g-pa"} <= set(told["circuits"])
    assert told["scenarios"]
    assert told["settings"]


def test_the_installed_command_runs(site, tmp_path):
    assert run(site, tmp_path, "-m", "simulator", "--help").startswith("Usage: aife-sim")
    (entry,) = site.glob("aife_sim-*.dist-info/entry_points.txt")
    assert "aife-sim = simulator.cli.main:main" in entry.read_text()


def test_every_data_file_of_the_package_is_in_the_wheel(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    code = {p for p in REPOSITORY.glob("simulator/**/*") if p.is_file() and p.suffix != ".pyc"}
    data = {p for p in REPOSITORY.glob("schemas/**/*") if p.is_file()}
    expected = {str(p.relative_to(REPOSITORY)) for p in code}
    expected |= {f"simulator/_data/{p.relative_to(REPOSITORY)}" for p in data}
    assert expected - inside == set()


def test_the_wheel_carries_both_licences_and_no_tests(wheel):
    inside = zipfile.ZipFile(wheel).namelist()
    licences = {name.partition("/licenses/")[2] for name in inside if "/licenses/" in name}
    assert licences == {"LICENSE", "simulator/testing/LICENSE"}
    assert not [name for name in inside if name.startswith(("tests/", "bench/", "docs/"))]
