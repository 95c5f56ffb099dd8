"""``aife-sim partner``: the partners of a running node."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from simulator.cli.console import (
    client_of,
    json_option,
    node_option,
    print_json,
    print_table,
    talks_to_node,
)

_PROFILES = ["strict", "legacy", "openas2-like", "libas2-like", "rfc4130bis"]


@click.group()
def partner() -> None:
    """Add and show partners."""


@partner.command()
@click.argument("code", metavar="CODE")
@click.option(
    "--circuit", required=True, type=click.Choice(["b2g", "b2g-pa", "g2b-pa", "g2b-issuer"])
)
@click.option("--protocol", required=True, type=click.Choice(["sftp", "as2", "pesit"]))
@click.option(
    "--environment", type=click.Choice(["QUAL", "PROD"]), default="QUAL", show_default=True
)
@click.option(
    "--cert",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its certificate: p7b, crt, cer or pem; none: keys are made for it.",
)
@click.option(
    "--ssh-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its OpenSSH public key, if not the one of the certificate.",
)
@click.option(
    "--interface",
    "interfaces",
    multiple=True,
    metavar="CODE",
    help="Interface subscribed; repeatable; none: those of the circuit.",
)
@click.option("--endpoint", help="Where it listens for pushed returns.")
@click.option("--as2-id", default="", help="Its AS2 name, if not CODE.")
@click.option("--as2-profile", type=click.Choice(_PROFILES), help="Its AS2 habits.")
@click.option("--as2-mdn", type=click.Choice(["sync", "async", "none"]), help="MDN on our pushes.")
@click.option("--valid-from", default="", metavar="ISO", help="Active from this business instant.")
@click.option("--valid-to", default="", metavar="ISO", help="Inactive from this business instant.")
@click.option("--matricule", default="0042", show_default=True, help="Its number in scheme 0238.")
@node_option
@json_option
@talks_to_node
def add(
    cert: Path | None, ssh_key: Path | None, node: str | None, as_json: bool, **given: object
) -> None:
    """Add a partner, or replace its raccordement."""
    if cert:
        given["certificate"] = base64.b64encode(cert.read_bytes()).decode()
    given["as2"] = {
        key: value for key in ("profile", "mdn") if (value := given.pop(f"as2_{key}")) is not None
    }
    if ssh_key:
        given["ssh_key"] = ssh_key.read_text(encoding="ascii").strip()
    row = client_of(node).post("/api/v1/partners", given)
    if as_json:
        print_json(row)
        return
    click.echo(f"{row['code_application']} may exchange: {', '.join(row['interfaces'])}")
    kept = "its certificate is" if cert else "its keys are"
    click.echo(f"{kept} in {row['pki']}")


@partner.command("list")
@node_option
@json_option
@talks_to_node
def list_partners(node: str | None, as_json: bool) -> None:
    """The partners of a node."""
    rows = client_of(node).get("/api/v1/partners")
    if as_json:
        print_json(rows)
        return
    columns = ("code", "circuit", "protocol", "environment", "interfaces")
    keys = ("code_application", "circuit", "protocol", "environment")
    cells = [[*(row[key] for key in keys), " ".join(row["interfaces"])] for row in rows]
    print_table("Partners", columns, cells)


@partner.command()
@click.argument("code", metavar="CODE")
@node_option
@json_option
@talks_to_node
def show(code: str, node: str | None, as_json: bool) -> None:
    """One partner, with its raccordement."""
    from simulator.testing.client import quoted

    row = client_of(node).get(f"/api/v1/partners/{quoted(code)}")
    if as_json:
        print_json(row)
        return
    raccordement = row.pop("raccordement")
    for key, value in {**raccordement, **row}.items():
        click.echo(f"{key:16} {' '.join(value) if isinstance(value, list) else value}")
