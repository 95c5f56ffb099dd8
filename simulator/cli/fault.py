"""``aife-sim fault``: what is to go wrong on a running node."""

from __future__ import annotations

from typing import Any

import click

from simulator.cli.console import (
    client_of,
    json_option,
    node_option,
    plain,
    print_json,
    print_table,
    talks_to_node,
)

_OUTCOMES = {
    "irrecevable": "the whole flow is refused, with a motif",
    "rejected": "invoices are refused, with a motif",
    "incident": "the flow is not treated, nothing comes back",
    "silence": "what answers is never sent",
    "delay": "it is sent later, by business time",
    "duplicate": "the partner gets it twice, under one name",
    "wire-refusal": "the transport answers no (NOK MDN), nothing is taken",
    "no-receipt": "it is taken, its sender is not told (missing MDN)",
}


@click.group()
def fault() -> None:
    """Let something go wrong: give, list and take away faults.

    A fault is met by the next deposit that it is for, as often as --times says, and never again.
    """


@fault.command(epilog="Outcomes: " + "; ".join(f"{k}: {v}" for k, v in _OUTCOMES.items()) + ".")
@click.argument("outcome", type=click.Choice(list(_OUTCOMES)), metavar="OUTCOME")
@click.option("--partner", default="", metavar="CODE", help="Only deposits of, returns to it.")
@click.option(
    "--interface",
    default="",
    metavar="CODE",
    help="Only deposits on this code; of silence, delay, duplicate: or returns on it.",
)
@click.option("--name", default="*", metavar="PATTERN", help="Only flows called so: *, ?, [...].")
@click.option("--invoice", default="*", metavar="PATTERN", help="Of rejected: only these numbers.")
@click.option("--motif", default="", metavar="CODE", help="Default: IRR_SYNTAX, REJ_COH.")
@click.option("--text", default="", help="Words that go with the motif.")
@click.option("--after", default="", metavar="DURATION", help="Of delay: PT2H, P1D.")
@click.option("--times", default=1, type=click.IntRange(min=0), help="0: until taken away.")
@node_option
@json_option
@talks_to_node
def add(outcome: str, after: str, node: str | None, as_json: bool, **given: object) -> None:
    """Let OUTCOME happen to the next deposit that is meant."""
    body = {"outcome": outcome, **given, **({"after": after} if after else {})}
    row = client_of(node).post("/api/v1/faults", body)
    if as_json:
        print_json(row)
    else:
        click.echo(plain(f"fault {row['id']}: {_told(row)}"))


@fault.command("list")
@node_option
@json_option
@talks_to_node
def list_faults(node: str | None, as_json: bool) -> None:
    """What is to go wrong, and how often it still will."""
    rows = client_of(node).get("/api/v1/faults")
    if as_json:
        print_json(rows)
        return
    lines = [(str(r["id"]), _told(r), "always" if r["left"] is None else r["left"]) for r in rows]
    print_table("Faults", ("number", "what", "left"), lines)


@fault.command()
@click.argument("number", metavar="NUMBER|all")
@node_option
@talks_to_node
def remove(number: str, node: str | None) -> None:
    """Take a fault away, or all of them."""
    if number != "all" and not number.isdecimal():
        message = f"expected the number of a fault, or all: found {number!r}"
        raise click.UsageError(message)
    row = client_of(node).post(f"/api/v1/faults/{number}/remove", {})
    click.echo(f"{row['removed']} taken away")


def _told(row: dict[str, Any]) -> str:
    """A fault in one line: its outcome, and what was given besides."""
    given = row["fault"]
    after = {"after": _readable(given["after"])} if given["outcome"] == "delay" else {}
    usual = {"name": "*", "invoice": "*"}
    words = [
        f"{key} {value}"
        for key, value in ({**given, "after": ""} | after).items()
        if key not in ("outcome", "times") and value not in ("", usual.get(key))
    ]
    return ", ".join((given["outcome"], *words))


def _readable(duration: str) -> str:
    """An ISO 8601 duration as people write it: ``PT2H``, where the node says ``PT7200S``."""
    from simulator.domain.businesstime import parse_duration

    span = parse_duration(duration)
    minutes, seconds = divmod(span.seconds + span.microseconds / 1e6, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((hours, "H"), (minutes, "M"), (round(seconds, 6), "S"))
    time = "".join(f"{count:g}{unit}" for count, unit in parts if count)
    day = f"{span.days}D" if span.days else ""
    return f"P{day}{'T' if time else ''}{time}" if day or time else "PT0S"
