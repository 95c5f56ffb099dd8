"""``aife-sim rules``: reads the rule packs, and the tables of the checks that need code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from simulator.cli.console import json_option, print_json, print_table
from simulator.cli.main import EXPECTATION_FAILED


@click.group()
def rules() -> None:
    """Read the rules that documents are held to."""


@rules.command("list")
@click.option("--pack", metavar="NAME", help="Only this pack; `aife-sim rules packs` lists them.")
@json_option
def list_(pack: str | None, as_json: bool) -> None:
    """List rules: one line each, whatever its syntaxes."""
    found = [row for row in _all() if pack in (None, row["pack"])]
    if not found:
        message = f"no rule in a pack {pack!r}: see `aife-sim rules packs`"
        raise click.UsageError(message)
    if as_json:
        print_json(found)
        return
    columns = ("pack", "rule", "severity", "level", "syntaxes", "mark")
    cells = ([", ".join(r[c]) if c == "syntaxes" else r[c] for c in columns] for r in found)
    print_table(f"{len(found)} rules", columns, cells)


@rules.command()
@click.argument("rule")
@json_option
def show(rule: str, as_json: bool) -> None:
    """Show everything about a rule: what it asks, what becomes of it, how to repair, its source."""
    found = [row for row in _all() if row["rule"].lower() == rule.lower()]
    if not found:
        click.echo(f"no rule {rule!r}: `aife-sim rules list` has them all", err=True)
        raise SystemExit(EXPECTATION_FAILED)
    if as_json:
        print_json(found)
        return
    for row in found:
        shown = {k: ", ".join(v) if isinstance(v, list) else v for k, v in row.items()}
        for name, value in shown.items():
            if value:
                click.echo(f"{name:>10}  {value}")
        click.echo()


@rules.command()
@json_option
def packs(as_json: bool) -> None:
    """List the packs: version, title, number of rules."""
    from simulator.validation.packs.loading import load, names

    rows = [_pack_row(load(name)) for name in names()]
    if as_json:
        print_json(rows)
        return
    columns = ("pack", "version", "rules", "title")
    print_table("packs", columns, ([row[c] for c in columns] for row in rows))


def _pack_row(pack: Any) -> dict[str, Any]:  # noqa: ANN401 - a Pack, imported when it runs
    header = pack.header
    return {
        "pack": pack.key,
        "version": header.version,
        "rules": len({rule.id for rule in pack.rules}),
        "title": header.title,
        "source": header.source,
        "mark": header.mark,
    }


def _all() -> Iterator[dict[str, Any]]:
    yield from _of_packs()
    yield from _of_tables()


def _of_packs() -> Iterator[dict[str, Any]]:
    from simulator.validation.packs.loading import load, names

    for name in names():
        for rule in load(name).rules:
            yield {
                "rule": rule.id,
                "pack": rule.pack,
                "severity": rule.severity,
                "level": rule.level,
                "syntaxes": list(rule.syntaxes),
                "circuits": list(rule.circuits),
                "profiles": list(rule.profiles),
                "since": str(rule.since or ""),
                "until": str(rule.until or ""),
                "motif": ", ".join(f"{c}: {m}" for c, m in rule.motif.items()),
                "message": rule.message,
                "asked": rule.asked,
                "repair": rule.repair.en,
                "repair_fr": rule.repair.fr,
                "context": rule.context,
                "test": rule.test or rule.forbid or ", ".join(rule.lists) or "model rule",
                "source": f"{rule.source} ({rule.version})",
                "mark": rule.mark,
            }


def _of_tables() -> Iterator[dict[str, Any]]:
    """The checks of admission, containers, schemas, attachments and books."""
    from simulator import resources
    from simulator.domain.findings import Rulebook

    book = Rulebook.from_tables(*resources.rule_tables())
    for name in book:
        row = book[name]
        yield {
            "rule": name,
            "pack": row.pack,
            "severity": row.severity,
            "level": row.level,
            "syntaxes": [],
            "motif": row.motif or "",
            "message": row.message,
            "asked": row.help,
            "repair": row.repair,
            "source": row.source,
            "mark": row.mark,
        }
