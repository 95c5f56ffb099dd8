"""The layout keeps its promises: contracts for every folder, licences, an empty root package."""

import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "simulator"

# `cli` may import everything, lazily; what is imported lazily is tested in cli/test_main.py.
FREE = {"cli"}


def folders():
    return {p.parent.name for p in PACKAGE.glob("*/*.py")}


def contracts():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["importlinter"]["contracts"]


def test_every_folder_has_its_import_contract():
    sources = {
        s
        for c in contracts()
        for s in c["source_modules"]
        if "simulator.*" in c["forbidden_modules"]
    }
    held = {source.removeprefix("simulator.").removesuffix(".*") for source in sources}
    assert folders() - FREE - held == set()


def test_every_folder_is_a_package():
    assert {f for f in folders() if not (PACKAGE / f / "__init__.py").is_file()} == set()


def test_importing_the_root_package_costs_nothing():
    assert (PACKAGE / "__init__.py").read_text() == ""


def test_the_licences_are_what_the_metadata_says():
    assert (
        "GNU GENERAL PUBLIC LICENSE\n                       Version 3"
        in (REPOSITORY / "LICENSE").read_text()
    )
    licence = (PACKAGE / "testing" / "LICENSE").read_text()
    assert licence.startswith("MIT License\n")
    assert "The aife-sim authors" in licence


def test_files_of_the_mit_folder_say_so():
    silent = [
        p
        for p in PACKAGE.glob("testing/**/*.py")
        if "SPDX-License-Identifier: MIT" not in p.read_text()
    ]
    assert silent == []


def test_the_node_s_own_process_does_not_load_the_xml_parser() -> None:
    """XML is parsed in judging processes only."""
    code = (
        "from twisted.internet import asyncioreactor; asyncioreactor.install()\n"
        "import sys, simulator.node\n"
        "sys.exit(any(name.split('.')[0] == 'lxml' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
