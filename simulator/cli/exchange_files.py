"""``aife-sim send`` and ``receive``: the platform's side, over the partner's own protocol."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from simulator.cli.console import client_of, json_option, plain, print_json, talks_to_node
from simulator.cli.main import EXPECTATION_FAILED

if TYPE_CHECKING:
    from simulator.cli.exchange_side import Exchange, Side

# protocol: the module that plays it (`exchange_side.Side`)
SIDES: dict[str, str] = {
    "sftp": "simulator.cli.exchange_sftp",
    "as2": "simulator.cli.exchange_as2",
    "pesit": "simulator.cli.exchange_pesit",
}

to_option = click.option(
    "--to", "--node", "node", metavar="URL|READYFILE", help="The node (default AIFE_SIM_NODE)."
)
partner_option = click.option("--partner", required=True, metavar="CODE", help="Who we play.")
key_option = click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key (default: the one in the partner's folder).",
)
_AS2_BOTH = (
    click.option("--unsigned", is_flag=True, default=None, help="AS2: agreed without signature."),
    click.option(
        "--unencrypted", is_flag=True, default=None, help="AS2: agreed without encryption."
    ),
    click.option("--engine", type=click.Choice(["pyas2lib", "own"]), help="AS2: who plays us."),
    click.option(
        "--listen", metavar="HOST:PORT", help="AS2: where we listen (default 127.0.0.1:0)."
    ),
    click.option(
        "--seconds", type=click.FloatRange(min=0), help="AS2: how long to wait (default 60)."
    ),
)
_PESIT = (
    click.option("--plain", is_flag=True, default=None, help="PeSIT: without TLS, on loopback."),
)
_AS2_SEND = (
    click.option(
        "--mdn", type=click.Choice(["sync", "async", "none"]), help="AS2: MDN to ask for."
    ),
    click.option("--compress", is_flag=True, default=None, help="AS2: compress before signing."),
)


def _options(
    *options: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Several options at once, in the order of --help."""

    def decorated(verb: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            verb = option(verb)
        return verb

    return decorated


@click.command()
@click.argument(
    "flows", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@partner_option
@to_option
@key_option
@_options(*_AS2_SEND, *_AS2_BOTH, *_PESIT)
@talks_to_node
def send(
    flows: tuple[Path, ...], partner: str, node: str | None, key: Path | None, **options: object
) -> None:
    """Deposit files under their own names, in the order given.

    Over AS2 a line for each file says what the MDN made of it; exit 1 if one is not acknowledged.
    """
    side, exchange = side_of(node, partner, key, options)
    sent = side.send(exchange, flows)
    for remark in sent.remarks:
        click.echo(plain(remark), err=True)
    for line in sent.lines:
        click.echo(plain(line))
    if sent.failed:
        sys.exit(EXPECTATION_FAILED)


@click.command()
@partner_option
@click.option("--into", required=True, type=click.Path(file_okay=False, path_type=Path))
@to_option
@key_option
@_options(*_AS2_BOTH, *_PESIT)
@json_option
@talks_to_node
def receive(
    partner: str, into: Path, node: str | None, key: Path | None, as_json: bool, **options: object
) -> None:
    """Fetch everything that waits for a partner into a folder.

    Over AS2 we listen, and tell the node where for as long as it takes.
    """
    side, exchange = side_of(node, partner, key, options)
    fetched = side.receive(exchange, into)
    for file in fetched.files:
        _show(file, as_json)
    if not fetched.files and not as_json:
        click.echo("nothing waits" if not fetched.problems else "nothing came")
    for line in (*fetched.remarks, *fetched.problems):
        click.echo(plain(line), err=True)
    if fetched.problems:
        sys.exit(EXPECTATION_FAILED)


def side_of(
    node: str | None, partner: str, key: Path | None, options: dict[str, object]
) -> tuple[Side, Exchange]:
    """The module of a partner's protocol, and what it is to work on.

    Args:
        node: URL or ready file, None for the default.
        partner: code application.
        key: its private key, None for that of its folder.
        options: those of the verb; None stands for one that was not given.
    """
    from simulator.cli.exchange_side import Exchange, partner_row

    ready = client_of(node).get("/api/v1/node")
    row = partner_row(ready, partner)
    protocol = row["protocol"]
    if protocol not in SIDES:
        message = f"{partner} exchanges over {protocol}: this version plays {', '.join(SIDES)}"
        raise click.ClickException(message)
    side = cast("Side", importlib.import_module(SIDES[protocol]))
    given = {name: value for name, value in options.items() if value is not None}
    foreign = ", ".join(f"--{name}" for name in given if name not in side.OPTIONS)
    if foreign:
        raise click.UsageError(f"{foreign}: not for {partner}, which exchanges over {protocol}")
    return side, Exchange(node, ready, partner, row, key, given)


def _show(file: Path, as_json: bool) -> None:
    """A file and the statuses in it; something else than a return says none."""
    from simulator.messages.summary import statuses

    try:
        said = [f"{s.status} {s.about}" for s in statuses(file.read_bytes())]
    except ValueError:
        said = []
    if as_json:
        print_json({"file": str(file), "statuses": said})
    else:
        click.echo(plain(f"{file.name}  {', '.join(said)}"))
