"""``aife-sim invoice``: sample documents of our own, with fictitious parties."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.group()
def invoice() -> None:
    """Make sample invoices."""


@invoice.command()
@click.option("--circuit", type=click.Choice(["b2g", "b2g-pa"]), default="b2g", show_default=True)
@click.option("--number", default="DEMO-0001", show_default=True)
@click.option("--supplier", metavar="SIRET", help="Default: the supplier of the demo directory.")
@click.option("--recipient", metavar="SIRET", help="Default: a recipient of the demo directory.")
@click.option("--issue-date", metavar="YYYY-MM-DD", help="Default: 2026-09-01.")
@click.option("--size", type=click.IntRange(0, 100 << 20), default=0, help="About so many bytes.")
@click.option("--broken", type=click.Choice(["xsd", "truncated"]), help="Wrong in this way.")
def make(**given: Any) -> None:  # noqa: ANN401 - each option is a field of the specimen
    """Write a UBL 2.1 invoice to standard output."""
    import msgspec

    from simulator.messages.specimen import Specimen, ubl_invoice

    try:
        spec = msgspec.convert({k: v for k, v in given.items() if v is not None}, Specimen)
        content = ubl_invoice(spec)
    except (msgspec.ValidationError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    sys.stdout.buffer.write(content)
