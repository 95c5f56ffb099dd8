"""``aife-sim status``: the life of invoices, and the actors who speak of them."""

from __future__ import annotations

import base64
from pathlib import Path
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

_ACTORS = ["chorus", "supplier", "validator1", "validator2", "buyer", "accountant", "platform"]

# Beyond this nothing is read: no circuit takes it.
_LARGEST = 100 << 20


@click.group()
def status() -> None:
    """Show the life of an invoice; have a buyer, an accountant, a platform say a status.

    INVOICE is the number of an invoice that was accepted; the newest of several is meant.
    """


@status.command("set")
@click.argument("invoice", metavar="INVOICE")
@click.argument("code", metavar="STATUS")
@click.option("--actor", type=click.Choice([*_ACTORS, "issuer"]), help="Who says it.")
@click.option("--motif", default="", metavar="CODE", help="Why: JUSTIF_ABS, CMD_ERR ...")
@click.option("--comment", default="", help="Words that come with it.")
@click.option(
    "--attachment",
    "attachments",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File that goes along (209, 227, 12); several are possible.",
)
@click.option("--partner", default="", metavar="CODE", help="Only an invoice of this partner.")
@click.option("--supplier", default="", metavar="SIRET", help="Only one of this supplier.")
@click.option("--year", default="", metavar="YYYY", help="Only one of this year.")
@node_option
@json_option
@talks_to_node
def set_status(
    invoice: str,
    code: str,
    actor: str | None,
    attachments: tuple[Path, ...],
    node: str | None,
    as_json: bool,
    **given: object,
) -> None:
    """Have an actor say a status: STATUS is a code of CPPStatut (06), AFNOR (208) or the API.

    Without --actor the one who may say it speaks. What may not be said is refused with the reason
    and with what could be.
    """
    from simulator.testing.client import quoted

    files = [{"name": f.name, "content": _base64(f)} for f in attachments]
    body = {"status": code, "actor": actor or "", "attachments": files, **given}
    row = client_of(node).post(f"/api/v1/invoices/{quoted(invoice)}/status", body)
    if as_json:
        print_json(row)
        return
    click.echo(plain(f"{row['invoice']}: {row['status']} {row['label']} ({row['effect']})"))
    for line in (*row["notes"], *(f"told to {told}" for told in row["told"])):
        click.echo(plain(f"  {line}"))


@status.command()
@click.argument("invoice", metavar="INVOICE")
@node_option
@json_option
@talks_to_node
def show(invoice: str, node: str | None, as_json: bool) -> None:
    """The history of an invoice, and what its story says next."""
    from simulator.testing.client import quoted

    rows = client_of(node).get(f"/api/v1/invoices/{quoted(invoice)}")
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(plain(f"{row['number']}  {row['supplier']} to {row['recipient']}"))
        click.echo(plain(f"{row['circuit']}  {row['flow']}  status {row['status']}"))
        lines = [
            (
                *(e[key] for key in ("at", "status", "actor", "effect", "motif", "comment")),
                _named(e),
            )
            for e in row["history"]
        ]
        columns = (
            "business time",
            "status",
            "said by",
            "effect",
            "motif",
            "comment",
            "attachments",
        )
        print_table("History", columns, lines)
        click.echo(f"next step of its story: {row['due'] or 'none'}")


@status.command()
@click.argument("invoice", metavar="INVOICE")
@click.option(
    "--into",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; made when missing.",
)
@node_option
@talks_to_node
def files(invoice: str, folder: Path, node: str | None) -> None:
    """Save the files that came with the statuses of an invoice, sent by partners or by command.

    Of several invoices with the number, those of all. Each is saved under its id and name, so that two
    of one name do not meet.
    """
    from simulator.testing.client import quoted

    client = client_of(node)
    rows = client.get(f"/api/v1/invoices/{quoted(invoice)}")
    found = [file for row in rows for entry in row["history"] for file in entry["attachments"]]
    if not found:
        message = f"no status of {invoice} came with a file"
        raise click.ClickException(message)
    folder.mkdir(parents=True, exist_ok=True)
    for file in found:
        # The name is a partner's: what could leave the folder was refused when it came.
        target = folder / Path(f"{file['id']}-{file['name']}").name
        target.write_bytes(client.raw(f"/api/v1/attachments/{file['id']}"))
        click.echo(plain(str(target)))


def _named(entry: dict[str, Any]) -> str:
    return ", ".join(f"{f['name']} ({f['size']} bytes)" for f in entry["attachments"])


def _base64(file: Path) -> str:
    if file.stat().st_size > _LARGEST:
        message = (
            f"{file.name} has {file.stat().st_size} bytes: an attachment has {_LARGEST} at most"
        )
        raise click.ClickException(message)
    return base64.b64encode(file.read_bytes()).decode()
