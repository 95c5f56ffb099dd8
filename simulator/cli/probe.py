"""``aife-sim probe``: readiness for containers and scripts."""

from __future__ import annotations

import time

import click

from simulator.cli.console import client_of, json_option, node_option, print_json
from simulator.cli.main import EnvironmentFailure


@click.command()
@click.option("--wait", default=0.0, metavar="SECONDS", help="Keep asking for so long.")
@node_option
@json_option
def probe(wait: float, node: str | None, as_json: bool) -> None:
    """Exit 0 when a node is ready, 3 when it is not."""
    from simulator.testing.client import NodeError, NodeUnreachable

    end = time.monotonic() + wait
    while True:
        try:
            client = client_of(node)
            ready = client.get("/readyz")
            break
        except (NodeError, NodeUnreachable) as error:
            if time.monotonic() >= end:
                raise EnvironmentFailure(str(error)) from None
            time.sleep(0.05)
    if as_json:
        print_json(ready)
    else:
        click.echo(f"{ready['status']}: {client.url}")
