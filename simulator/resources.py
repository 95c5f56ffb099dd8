"""Where data files are: `schemas/` and `scenarios/`, in a checkout and in an installed wheel.

Third-party schemas come from the packages that ship them, found without importing those packages.
"""

from __future__ import annotations

import importlib.util
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from simulator.domain.attached import Conventions
from simulator.domain.findings import Rulebook
from simulator.domain.flowstates import FlowStates
from simulator.domain.interfaces import Catalogue
from simulator.domain.lifetable import LifeCycle
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import CircuitPlan, Options, Reference

_HERE = Path(__file__).resolve().parent


class MissingResource(LookupError):
    """A data file or a package that carries one is not there; the text says what to install."""


@cache
def root() -> Path:
    """The folder that holds ``schemas/`` and ``scenarios/``."""
    for candidate in (_HERE / "_data", _HERE.parent):
        if (candidate / "schemas").is_dir():
            return candidate
    message = f"schemas/ is neither in {_HERE / '_data'} nor beside {_HERE}: reinstall aife-sim"
    raise MissingResource(message)


def path(*parts: str) -> Path:
    """A data file: ``path("schemas", "catalogue.toml")``. Raises `MissingResource`."""
    found = root().joinpath(*parts)
    if not found.exists():
        message = f"{'/'.join(parts)} is missing from the installation: reinstall aife-sim"
        raise MissingResource(message)
    return found


def table(*parts: str) -> dict[str, Any]:
    """A decoded TOML data file."""
    return tomllib.loads(path(*parts).read_text(encoding="utf-8"))


def rule_tables() -> list[dict[str, Any]]:
    """Every table of ``schemas/rules/``, in name order."""
    folder = path("schemas", "rules")
    return [tomllib.loads(f.read_text(encoding="utf-8")) for f in sorted(folder.glob("*.toml"))]


def reference(options: Options) -> Reference:
    """Every table that steps look up, read from ``schemas/``."""
    plans = [
        msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), CircuitPlan)
        for file in sorted(path("schemas", "circuits").glob("*.toml"))
    ]
    return Reference(
        catalogue=Catalogue.from_table(table("schemas", "catalogue.toml")),
        rules=Rulebook.from_tables(*rule_tables()),
        circuits={plan.circuit: plan for plan in plans},
        motifs=motif_labels(),
        life=life_cycle(),
        attachments=attachment_conventions(),
        options=options,
    )


@cache
def attachment_conventions() -> Conventions:
    """What files inside messages may be called and may be."""
    return msgspec.convert(table("schemas", "codelists", "attachments.toml"), Conventions)


def motif_labels() -> dict[str, str]:
    """The words of the motifs by which the exchange itself refuses."""
    motifs = table("schemas", "codelists", "motifs.toml")
    return {code: row["label"] for code, row in motifs.items()}


@cache
def life_cycle() -> LifeCycle:
    """The life of invoices: every table of ``schemas/lifecycle/`` but that of flow states.

    Its motifs have the words of ``schemas/codelists/motifs.toml`` as well.
    """
    tables: dict[str, Any] = {}
    for file in sorted(path("schemas", "lifecycle").glob("*.toml")):
        if file.stem != "flow-states":
            tables |= tomllib.loads(file.read_text(encoding="utf-8"))
    tables["motifs"]["labels"] |= motif_labels()
    return msgspec.convert(tables, LifeCycle)


@cache
def flow_states() -> FlowStates:
    """The states of flows."""
    return msgspec.convert(table("schemas", "lifecycle", "flow-states.toml"), FlowStates)


def demo_partners() -> list[Raccordement]:
    """The raccordements of the demo, without keys."""
    return msgspec.convert(table("schemas", "demo", "partners.toml")["partner"], list[Raccordement])


def demo_structures() -> tuple[Structure, ...]:
    """The directory of the demo."""
    rows = table("schemas", "demo", "directory.toml")["structure"]
    return msgspec.convert(rows, tuple[Structure, ...])


def of_package(package: str, *parts: str) -> Path:
    """A file inside an installed package, without importing it. Raises `MissingResource`."""
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        found = Path(location).joinpath(*parts)
        if found.exists():
            return found
    message = f"package {package} with {'/'.join(parts)} is not installed: pip install {package}"
    raise MissingResource(message)
