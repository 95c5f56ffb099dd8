"""``aife-sim send`` and ``receive``: the platform's side, over the partner's own protocol."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.console import client_of, json_option, print_json, talks_to_node
from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.transport.sftp_client import Endpoint

to_option = click.option(
    "--to", "--node", "node", metavar="URL|READYFILE", help="The node (default AIFE_SIM_NODE)."
)
partner_option = click.option("--partner", required=True, metavar="CODE", help="Who we play.")
key_option = click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key (default: the one in the partner's folder).",
)


@click.command()
@click.argument(
    "flows", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@partner_option
@to_option
@key_option
@talks_to_node
def send(flows: tuple[Path, ...], partner: str, node: str | None, key: Path | None) -> None:
    """Deposit files under their own names, in the order given."""
    from simulator.transport import sftp_client
    from simulator.transport.sftp_settings import SftpSettings

    unfinished = [f.name for f in flows if SftpSettings().is_temporary(f.name)]
    if unfinished:
        message = f"{', '.join(unfinished)}: a temporary name is no deposit; rename it first"
        raise click.UsageError(message)
    endpoint = endpoint_of(client_of(node).get("/api/v1/node"), partner, key)
    try:
        asyncio.run(sftp_client.send(endpoint, flows))
    except sftp_client.TransferFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(flows)} deposited as {partner}")


@click.command()
@partner_option
@click.option("--into", required=True, type=click.Path(file_okay=False, path_type=Path))
@to_option
@key_option
@json_option
@talks_to_node
def receive(partner: str, into: Path, node: str | None, key: Path | None, as_json: bool) -> None:
    """Fetch everything that waits for a partner into a folder."""
    from simulator.messages.summary import statuses
    from simulator.transport import sftp_client

    endpoint = endpoint_of(client_of(node).get("/api/v1/node"), partner, key)
    into.mkdir(parents=True, exist_ok=True)
    try:
        files = asyncio.run(sftp_client.receive(endpoint, into))
    except sftp_client.TransferFailed as error:
        raise click.ClickException(str(error)) from None
    for file in files:
        said = [s.status + " " + s.about for s in statuses(file.read_bytes())]
        if as_json:
            print_json({"file": str(file), "statuses": said})
        else:
            click.echo(f"{file.name}  {', '.join(said)}")
    if not files and not as_json:
        click.echo("nothing waits")


def endpoint_of(ready: dict[str, Any], partner: str, key: Path | None) -> Endpoint:
    """Where and how a partner reaches a node, from its ready file."""
    from simulator.transport.sftp_client import Endpoint

    row = next((p for p in ready["partners"] if p["code_application"] == partner), None)
    if row is None:
        message = f"the node has no partner {partner}: aife-sim partner list"
        raise click.ClickException(message)
    if row["protocol"] != "sftp":
        message = f"{partner} exchanges over {row['protocol']}: this version plays SFTP partners"
        raise click.ClickException(message)
    own_key = key or Path(row["pki"]) / "ssh_key"
    if not own_key.exists():
        message = f"no private key of {partner} in {own_key}: give yours with --key"
        raise EnvironmentFailure(message)
    return Endpoint(
        host=ready["sftp"]["host"],
        port=ready["sftp"]["port"],
        user=row["sftp_user"],
        key_path=own_key,
        known_hosts=Path(ready["pki"]) / "aife" / "known_hosts",
        depot=row["depot"],
        retrait=row["retrait"],
    )
