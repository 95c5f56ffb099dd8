"""``aife-sim clock``: business time of a running node."""

from __future__ import annotations

import click

from simulator.cli.console import client_of, json_option, node_option, print_json, talks_to_node


@click.group()
def clock() -> None:
    """Show and move business time."""


@clock.command()
@node_option
@json_option
@talks_to_node
def show(node: str | None, as_json: bool) -> None:
    """Business time, and how it runs."""
    _print(client_of(node).get("/api/v1/clock"), as_json)


@clock.command()
@click.argument("duration", metavar="DURATION")
@node_option
@json_option
@talks_to_node
def advance(duration: str, node: str | None, as_json: bool) -> None:
    """Move business time forward by an ISO 8601 duration (P1D, PT2H30M).

    Everything due on the way happens, in order, before this returns.
    """
    _print(client_of(node).post("/api/v1/clock/advance", {"by": duration}), as_json)


def _print(row: dict[str, object], as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        click.echo(f"{row['now']}  ({row['mode']}, rate {row['rate']}, space {row['space']})")
