"""`send` and `receive` over SFTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from simulator.cli.exchange_side import Exchange, Fetched, Sent, partner_row
from simulator.cli.main import EnvironmentFailure
from simulator.transport import sftp_client
from simulator.transport.sftp_client import Endpoint
from simulator.transport.sftp_settings import SftpSettings

OPTIONS: frozenset[str] = frozenset()


def send(exchange: Exchange, flows: tuple[Path, ...]) -> Sent:
    """Deposits files under their own names, in the order given."""
    unfinished = [f.name for f in flows if SftpSettings().is_temporary(f.name)]
    if unfinished:
        message = f"{', '.join(unfinished)}: a temporary name is no deposit; rename it first"
        raise click.UsageError(message)
    endpoint = endpoint_of(exchange.ready, exchange.partner, exchange.key)
    try:
        asyncio.run(sftp_client.send(endpoint, flows))
    except sftp_client.TransferFailed as error:
        raise click.ClickException(str(error)) from None
    return Sent((f"{len(flows)} deposited as {exchange.partner}",))


def receive(exchange: Exchange, into: Path) -> Fetched:
    """Fetches everything that waits."""
    endpoint = endpoint_of(exchange.ready, exchange.partner, exchange.key)
    into.mkdir(parents=True, exist_ok=True)
    try:
        return Fetched(tuple(asyncio.run(sftp_client.receive(endpoint, into))))
    except sftp_client.TransferFailed as error:
        raise click.ClickException(str(error)) from None


def endpoint_of(ready: dict[str, Any], partner: str, key: Path | None) -> Endpoint:
    """Where and how a partner reaches a node over SFTP, from its ready file."""
    row = partner_row(ready, partner)
    if row["protocol"] != "sftp":
        message = f"{partner} exchanges over {row['protocol']}: an SFTP partner is expected here"
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
