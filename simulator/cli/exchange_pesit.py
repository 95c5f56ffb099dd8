"""`send` and `receive` over PeSIT: files deposited by CREATE, returns fetched by SELECT."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.exchange_side import Exchange, Fetched, Sent
from simulator.cli.main import EnvironmentFailure
from simulator.transport import pesit_client, tls
from simulator.transport.pesit_alone import run
from simulator.transport.pesit_client import Endpoint, TransferFailed

OPTIONS: frozenset[str] = frozenset({"plain"})


def send(exchange: Exchange, flows: tuple[Path, ...]) -> Sent:
    """Deposits files under their own names, in the order given; each is acknowledged."""
    try:
        run(pesit_client.send(_endpoint(exchange), flows))
    except TransferFailed as error:
        raise click.ClickException(str(error)) from None
    return Sent((f"{len(flows)} deposited as {exchange.partner}",))


def receive(exchange: Exchange, into: Path) -> Fetched:
    """Fetches everything that waits."""
    into.mkdir(parents=True, exist_ok=True)
    try:
        return Fetched(tuple(run(pesit_client.receive(_endpoint(exchange), into))))
    except TransferFailed as error:
        raise click.ClickException(str(error)) from None


def _endpoint(exchange: Exchange) -> Endpoint:
    """Where and how the partner reaches the node, from the ready file."""
    plain = bool(exchange.options.get("plain"))
    where = exchange.ready["pesit_plain" if plain else "pesit"]
    if where is None:
        message = "the node does not listen for PeSIT in clear: serve --pesit-plain-port N"
        raise click.ClickException(message)
    return Endpoint(
        host=where["host"],
        port=where["port"],
        part_id=exchange.row["part_id"] or exchange.partner,
        server_id=exchange.ready.get("part_id") or "CPP001",
        password=exchange.row["password"],
        context=None if plain else tls.client_context(*_keys(exchange)),
    )


def _keys(exchange: Exchange) -> tuple[bytes, tls.Identity]:
    """What we believe, and what we show."""
    folder = Path(exchange.row["pki"])
    try:
        authority = (Path(exchange.ready["pki"]) / "aife" / "ca.pem").read_bytes()
        return authority, tls.Identity.read(exchange.key or folder / "key.pem", folder / "cert.pem")
    except (OSError, tls.TlsError) as error:
        raise EnvironmentFailure(f"keys of {exchange.partner}: {error}") from None
