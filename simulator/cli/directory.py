"""``aife-sim directory``: the structures that invoices may name."""

from __future__ import annotations

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


@click.group()
def directory() -> None:
    """Add, import, list and export structures."""


@directory.command()
@click.argument("identifier", metavar="SIRET")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(["public", "private"]))
@click.option("--inactive", is_flag=True, help="Known, but not active.")
@click.option("--address", default="", help="Electronic address.")
@click.option(
    "--partner", default="", metavar="CODE", help="Partner behind it; none: it is played."
)
@click.option("--service", "codes", multiple=True, metavar="CODE", help="A service of it.")
@click.option("--service-required", is_flag=True, help="An invoice names one of its services.")
@click.option("--engagement-required", is_flag=True, help="An invoice names an engagement.")
@click.option("--service-or-engagement", is_flag=True, help="An invoice names one of the two.")
@node_option
@talks_to_node
def add(
    identifier: str, *, inactive: bool, codes: tuple[str, ...], node: str | None, **given: object
) -> None:
    """Add a structure, or replace it."""
    services = [{"code": code} for code in codes]
    row = {"identifier": identifier, "active": not inactive, "services": services, **given}
    client_of(node).post("/api/v1/directory", [row])
    click.echo(f"{identifier} {given['name']} is in the directory")


@directory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@node_option
@talks_to_node
def import_file(file: Path, node: str | None) -> None:
    """Import structures from a TOML file of [[structure]] tables, or a CSV with a header.

    Columns and keys: identifier, name, kind (public, private), and optionally active, address, partner,
    service_required, engagement_required, service_or_engagement, services.
    """
    from simulator.cli.structure_files import StructureFileError, rows_in

    try:
        rows = rows_in(file)
    except StructureFileError as error:
        raise click.UsageError(str(error)) from None
    answer = client_of(node).post("/api/v1/directory", rows)
    click.echo(f"{answer['saved']} structures saved")


@directory.command()
@click.option("--to", "partner", required=True, metavar="CODE", help="Who gets it.")
@node_option
@json_option
@talks_to_node
def export(partner: str, node: str | None, as_json: bool) -> None:
    """Send the public structures to a partner that subscribes to FAR0037A (its layout is assumed)."""
    row = client_of(node).post("/api/v1/directory/export", {"to": partner})
    if as_json:
        print_json(row)
    else:
        click.echo(f"{row['name']} is on its way to {partner}")


@directory.command("list")
@node_option
@json_option
@talks_to_node
def list_structures(node: str | None, as_json: bool) -> None:
    """The directory of a node."""
    rows = client_of(node).get("/api/v1/directory")
    if as_json:
        print_json(rows)
        return
    columns = ("identifier", "name", "kind", "active")
    print_table("Directory", columns, [[row[key] for key in columns] for row in rows])
