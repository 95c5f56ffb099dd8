"""``aife-sim emit`` and ``aife-sim ack``: the public issuer and the receiving platform, by hand."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.console import (
    client_of,
    json_option,
    node_option,
    plain,
    print_json,
    talks_to_node,
)

if TYPE_CHECKING:
    from simulator.testing.client import Client


@click.command()
@click.argument(
    "files", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
@click.option("--to", "platform", metavar="CODE", required=True, help="Platform: DEM021, DEM022.")
@click.option("--make", is_flag=True, help="Make an invoice instead of reading files.")
@click.option("--syntax", type=click.Choice(["ubl", "factur-x"]), default="ubl", help="Of --make.")
@click.option("--number", help="Of --make. Default: one that was not used.")
@click.option("--issuer", default="", metavar="CODE", help="Default: the first public issuer.")
@node_option
@json_option
@talks_to_node
def emit(
    files: tuple[Path, ...], platform: str, issuer: str, node: str | None, **given: object
) -> None:
    """Have the simulated public issuer send invoices to a platform (G2B).

    FILE is a UBL or Factur-X invoice of a public supplier to a recipient behind the platform. Each is
    judged like a deposit of the issuer; exit code 1 if one does not leave for the platform.
    """
    make, as_json = bool(given["make"]), given["as_json"]
    if make == bool(files):
        message = "give the files of invoices, or --make"
        raise click.UsageError(message)
    client = client_of(node)
    behind = _behind(client, platform)
    asked: dict[str, Any] = dict(given)
    contents = [_made(behind, asked)] if make else _read(files, behind, platform)
    rows = [
        client.post(
            "/api/v1/emit",
            {"to": platform, "content": base64.b64encode(each).decode(), "issuer": issuer},
        )
        for each in contents
    ]
    client.get("/api/v1/quiet", timeout=60)
    outcomes = [client.get(f"/api/v1/flows/{row['id']}") for row in rows]
    left = [list(_left(outcome, platform)) for outcome in outcomes]
    if as_json:
        print_json(outcomes)
    else:
        for outcome, names in zip(outcomes, left, strict=True):
            click.echo(plain(f"{outcome['name']}: {outcome['verdict']} ({outcome['state']})"))
            for name in names or ["nothing left for the platform: aife-sim flow why tells why"]:
                click.echo(plain(f"  {name}"))
    if not all(left):
        raise click.exceptions.Exit(1)


def _left(flow: dict[str, Any], platform: str) -> Iterator[str]:
    """Names of the returns that took the invoice to the platform."""
    for row in flow["returns"]:
        if row["partner"] == platform and row["invoices"]:
            yield row["name"]


def _behind(client: Client, platform: str) -> list[str]:
    """Identifiers of the recipients that a platform receives for."""
    private = [s for s in client.get("/api/v1/directory") if s["kind"] == "private"]
    behind = [s["identifier"] for s in private if s["partner"] == platform]
    if not behind:
        possible = ", ".join(sorted({s["partner"] for s in private} - {""})) or "none"
        message = f"no recipient of the directory is behind {platform} (possible: {possible})"
        raise click.ClickException(message)
    return behind


def _made(behind: list[str], given: dict[str, Any]) -> bytes:
    """An invoice of the public issuer of the demo to the first recipient behind a platform."""
    import secrets

    from msgspec.structs import replace

    from simulator.messages.specimens.factory import document, of_circuit

    number = given["number"] or f"G2B-{secrets.token_hex(4).upper()}"
    spec = replace(of_circuit("g2b-issuer"), number=number, recipient=behind[0])
    return document(spec, given["syntax"])


def _read(files: tuple[Path, ...], behind: list[str], platform: str) -> list[bytes]:
    """The files, each of whose recipients must be behind the platform."""
    contents = []
    for file in files:
        content = file.read_bytes()
        recipient = _recipient(content, file)
        if recipient not in behind:
            message = (
                f"{file}: its recipient {recipient or '(none)'} is not behind {platform}"
                f" (possible: {', '.join(behind) or 'none'})"
            )
            raise click.ClickException(message)
        contents.append(content)
    return contents


def _recipient(content: bytes, file: Path) -> str:
    """The identifier of the recipient of an invoice."""
    from simulator.messages import facturx
    from simulator.validation.parsing import parse
    from simulator.validation.syntaxes import recognise

    is_pdf = content.startswith(b"%PDF")
    xml = facturx.extract(content).xml if is_pdf else content
    root = parse(xml).root if xml else None
    syntax = recognise(root, is_pdf=is_pdf) if root is not None else None
    if root is None or syntax is None:
        message = f"{file}: expected a UBL or Factur-X invoice"
        raise click.ClickException(message)
    return syntax.read(root)[0].recipient


@click.command()
@click.argument("wanted", metavar="FLOW")
@click.argument("status", metavar="STATUS")
@click.option("--motif", default="", metavar="CODE", help="Why, of a refusal.")
@click.option("--comment", default="", help="Words that come with it.")
@node_option
@json_option
@talks_to_node
def ack(
    wanted: str, status: str, motif: str, comment: str, node: str | None, as_json: bool
) -> None:
    """Have the receiving partner acknowledge a flow of ours: STATUS is 202, 213, 501, 601, 92 or 94.

    FLOW is the name of a return, its 25-character id, its number or 'latest'. What the code of the
    flow is never acknowledged by is refused with what is possible.
    """
    from simulator.testing.client import quoted

    body = {"status": status, "motif": motif, "comment": comment}
    row = client_of(node).post(f"/api/v1/returns/{quoted(wanted)}/ack", body)
    if as_json:
        print_json(row)
        return
    click.echo(plain(f"{row['name']}: acknowledged by {row['status']}"))
    for told in row["told"]:
        click.echo(plain(f"  told to {told}"))
