"""Data files are found in a checkout; what is missing says what to install."""

import json
import subprocess
import sys

import pytest

from simulator import resources


def test_the_root_of_a_checkout_holds_schemas_and_scenarios():
    assert (resources.root() / "schemas").is_dir()
    assert (resources.root() / "scenarios").is_dir()


def test_tables_and_schemas_are_read():
    assert json.loads(resources.path("schemas", "config.schema.json").read_text())["$defs"]
    assert all(isinstance(table, dict) for table in resources.rule_tables())
    assert resources.rule_tables()


def test_a_missing_data_file_is_named():
    with pytest.raises(resources.MissingResource, match=r"schemas/none\.toml is missing"):
        resources.table("schemas", "none.toml")


def test_a_file_of_a_package_is_found_without_importing_the_package():
    program = (
        "import sys; from simulator import resources; "
        "print(resources.of_package('facturx', '__init__.py').is_file(), 'facturx' in sys.modules)"
    )
    assert told_by(program) == "True False"


@pytest.mark.parametrize("package", ["facturx", "no_such_package"])
def test_a_missing_package_file_says_what_to_install(package):
    with pytest.raises(resources.MissingResource, match=f"pip install {package}"):
        resources.of_package(package, "none.xsd")


def told_by(program):
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()
