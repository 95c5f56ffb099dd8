"""``aife-sim status``: the life of invoices, and the actors who speak of them."""

from __future__ import annotations

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
@click.option("--attachment", "attachments", multiple=True, metavar="NAME", help="File beside it.")
@click.option("--partner", default="", metavar="CODE", help="Only an invoice of this partner.")
@click.option("--supplier", default="", metavar="SIRET", help="Only one of this supplier.")
@click.option("--year", default="", metavar="YYYY", help="Only one of this year.")
@node_option
@json_option
@talks_to_node
def set_status(
    invoice: str, code: str, actor: str | None, node: str | None, as_json: bool, **given: object
) -> None:
    """Have an actor say a status: STATUS is a code of CPPStatut (06), AFNOR (208) or the API.

    Without --actor the one who may say it speaks. What may not be said is refused with the reason
    and with what could be.
    """
    from simulator.testing.client import quoted

    body = {"status": code, "actor": actor or "", **given}
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
            (e["at"], e["status"], e["actor"], e["effect"], e["motif"], e["comment"])
            for e in row["history"]
        ]
        columns = ("business time", "status", "said by", "effect", "motif", "comment")
        print_table("History", columns, lines)
        click.echo(f"next step of its story: {row['due'] or 'none'}")
