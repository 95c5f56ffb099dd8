"""``aife-sim invoice``: sample documents of our own, with fictitious parties."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.domain.interfaces import Interface
    from simulator.messages.specimens.batch import Order
    from simulator.messages.specimens.model import Specimen
    from simulator.validation.packs.breaking.choosing import Choice, Wanted
    from simulator.validation.packs.breaking.making import Broken

CIRCUITS = ("b2g", "b2g-pa", "g2b-issuer")
SYNTAXES = ("ubl", "ubl-creditnote", "cii-d16b", "cii-d22b", "factur-x", "cpp")
_MESSAGE = "cdar"  # to be broken only
_WRAPPED = "factur-x"  # an XML document in a PDF
PROFILES = ("basic", "en16931", "extended")

# What the catalogue says of an interface, in the words of the options.
_CIRCUITS = {"historic": "b2g", "pa-b2g": "b2g-pa", "g2b": "g2b-issuer"}
_SYNTAXES = {
    "ubl-2.1": "ubl",
    "cii-d16b": "cii-d16b",
    "cii-d22b": "cii-d22b",
    "factur-x": "factur-x",
    "factur-x-d16b": "factur-x",
    "cpp-facture-mixte": "cpp",
}
# Kinds of interfaces whose documents name a stylesheet, and those that hold a readable PDF.
_STYLED = ("E1",)
_WITH_PDF = ("E2", "E5")
_XML_ONLY = ("ubl", "ubl-creditnote", "cii-d16b", "cii-d22b")
_MOST_LINES = 1_000_000


@click.group()
def invoice() -> None:
    """Make sample invoices."""


@invoice.command()
@click.option("--syntax", type=click.Choice((*SYNTAXES, _MESSAGE)), help="Default: ubl.")
@click.option("--circuit", type=click.Choice(CIRCUITS), help="Default: b2g.")
@click.option("--profile", type=click.Choice(PROFILES), help="Of Factur-X. Default: en16931.")
@click.option("--cadre", help="Cadre de facturation (BT-23). Default: A1 or S1.")
@click.option("--number", default="DEMO-0001", show_default=True)
@click.option("--supplier", metavar="SIRET", help="Default: the supplier of the demo directory.")
@click.option("--recipient", metavar="SIRET", help="Default: a recipient of the demo directory.")
@click.option("--issue-date", metavar="YYYY-MM-DD", help="Default: 2026-09-01.")
@click.option("--service", help="Code of the recipient's service (BT-10).")
@click.option("--engagement", help="Number of the engagement or order (BT-13).")
@click.option("--credit-note", is_flag=True, help="Type 381.")
@click.option("--readable", is_flag=True, help="With its page as a PDF attachment.")
@click.option("--lines", type=click.IntRange(1, _MOST_LINES), help="How many.")
@click.option("--seed", type=click.IntRange(min=0), help="Draw all that is not given by lot.")
@click.option("--size", type=click.IntRange(0, 100 << 20), default=0, help="About so many bytes.")
@click.option("--broken", type=click.Choice(["xsd", "truncated"]), help="Wrong in this way.")
@click.option(
    "--break",
    "rule",
    metavar="RULE|list",
    help="Break this rule and, if that can be done, no other; list tells which there are.",
)
@click.option("--count", type=click.IntRange(min=1), default=1, help="How many in the envelope.")
@click.option(
    "--envelope",
    metavar="FLOWNAME.tar.gz",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a flow, ready to send; its interface gives syntax, circuit and what goes along.",
)
def make(**given: Any) -> None:  # noqa: ANN401 - the options above, each of its own type
    """Write an invoice to standard output, or a flow of invoices to a file.

    The same options give the same bytes.
    """
    from simulator import resources

    envelope: Path | None = given["envelope"]
    if given["count"] > 1 and envelope is None:
        message = "--count needs --envelope FLOWNAME.tar.gz"
        raise click.UsageError(message)
    try:
        if given["rule"]:
            _break(given)
        else:
            _write(_order(given, _flow(envelope)), envelope)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except (resources.MissingResource, OSError) as error:
        raise EnvironmentFailure(str(error)) from None


def _break(given: dict[str, Any]) -> None:
    """Writes a document that breaks a rule, and tells of it on standard error."""
    from simulator.validation.packs.breaking import choosing, volumes
    from simulator.validation.packs.breaking.making import broken

    if given["envelope"] or given["broken"]:
        message = "--break makes one document: leave out --envelope and --broken"
        raise ValueError(message)
    extended = given["profile"] == "extended"
    wanted = choosing.Wanted(given["syntax"] or "", given["circuit"] or "", extended)
    if given["rule"] == "list":
        _list(wanted)
        return
    choice = choosing.choose(given["rule"], wanted)
    if lines := volumes.lines_for(choice.rule):
        _write_lines(given, choice, lines)
        return
    made = broken(choice.rule, choice.scope, _own(given, choice))
    sys.stdout.buffer.write(_wrapped(given, choice, made.content))
    _tell(choice, made)


def _write_lines(given: dict[str, Any], choice: Choice, lines: int) -> None:
    """An invoice with more lines than a rule lets pass."""
    if choice.syntax == _WRAPPED:
        message = f"{choice.rule.id} takes {lines} lines, too many for a PDF: use cii-d22b"
        raise ValueError(message)
    _write(_ordered({**given, "lines": lines}, choice), None)
    rule = choice.rule
    click.echo(f"breaks {rule.id} of pack {rule.pack} by its {lines} lines; not judged", err=True)


def _list(wanted: Wanted) -> None:
    """The rules that can be broken in a syntax and circuit, or in any, a line each."""
    from simulator.validation.packs.breaking import choosing

    for choice in choosing.breakable(wanted):
        rule = choice.rule
        click.echo(f"{rule.id}\t{rule.pack}\t{rule.severity}")


def _ordered(given: dict[str, Any], choice: Choice) -> Order:
    """What the options ask for, where the rule is to be broken."""
    asked = {**given, "syntax": choice.syntax, "circuit": choice.circuit}
    if choice.rule.pack.startswith("extended"):
        asked["profile"] = "extended"
    return _order(asked, _Flow())


def _own(given: dict[str, Any], choice: Choice) -> bytes:
    """The specimen that the options ask for, to be broken; of a Factur-X what is inside."""
    from simulator.messages.specimen_status import Status, cdar_message
    from simulator.messages.specimens import batch, factory, facturx

    if choice.syntax == _MESSAGE:
        return cdar_message(Status("204"))
    order = _ordered(given, choice)
    spec = batch.specimen(order)
    if order.syntax == _WRAPPED:
        return _of_pack(facturx.inside(factory.fitted(spec, order.syntax)), spec, choice)
    return factory.document(spec, order.syntax)


def _of_pack(xml: bytes, spec: Specimen, choice: Choice) -> bytes:
    """What is inside a Factur-X with the guideline (BT-24) that calls for the pack of a rule."""
    from simulator.messages.specimens.dialect import facturx_guideline
    from simulator.validation.packs.breaking.extended_documents import GUIDELINE

    if not choice.rule.pack.startswith("extended"):
        return xml
    return xml.replace(f">{facturx_guideline(spec)}<".encode(), f">{GUIDELINE}<".encode())


def _wrapped(given: dict[str, Any], choice: Choice, content: bytes) -> bytes:
    """A broken document as it travels: in its PDF, or as it is."""
    from msgspec.structs import replace

    from simulator.messages.specimens import batch, factory, facturx

    if choice.syntax != _WRAPPED:
        return content
    order = _ordered(given, choice)
    spec = factory.fitted(batch.specimen(order), order.syntax)
    if b":extended" in content:  # BT-24 of a sample
        spec = replace(spec, level="extended")
    return facturx.around(spec, content)


def _tell(choice: Choice, made: Broken) -> None:
    rule, lines = choice.rule, ", ".join(str(place.line) for place in made.places)
    place = f"line {lines}{' of the XML inside' if choice.syntax == _WRAPPED else ''}"
    click.echo(f"breaks {rule.id} of pack {rule.pack}, changed in {place}", err=True)
    if made.also:
        click.echo(f"which cannot be broken alone; with it: {', '.join(made.also)}", err=True)
    if not made.own:
        click.echo("made from a sample of that pack, not from the options", err=True)


class _Flow(NamedTuple):
    """What an envelope is to be: its interface, if that is known, and its identifier."""

    interface: Interface | None = None
    identifier: str = ""

    @property
    def kind(self) -> str:
        return self.interface.kind if self.interface else ""


def _flow(envelope: Path | None) -> _Flow:
    """Raises ValueError for a name that is not one of a tar.gz flow."""
    from simulator import resources
    from simulator.domain.flowname import FlowName
    from simulator.domain.interfaces import Catalogue

    if envelope is None:
        return _Flow()
    name = FlowName.parse(envelope.name)
    if name.extension != ".tar.gz":
        message = f"an envelope of invoices is a .tar.gz: found {envelope.name}"
        raise ValueError(message)
    catalogue = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
    interface = catalogue.get(name.interface)
    if interface is not None and interface.judged_as not in _SYNTAXES:
        message = f"{interface.code} carries no invoices: it is for {interface.syntax}"
        raise ValueError(message)
    return _Flow(interface, name.identifier)


def _order(given: dict[str, Any], flow: _Flow) -> Order:
    """What the options ask for; what they leave open is told by the interface of the flow."""
    from simulator.messages.specimens.batch import Order

    judged_as = flow.interface.judged_as if flow.interface else ""
    syntax: Any = given["syntax"] or _SYNTAXES.get(judged_as, SYNTAXES[0])
    return Order(
        spec=_specimen(given, flow),
        syntax=syntax,
        count=given["count"],
        seed=given["seed"],
        lines=given["lines"] or 0,
        readable=given["readable"] or (flow.kind in _WITH_PDF and syntax in _XML_ONLY),
    )


def _specimen(given: dict[str, Any], flow: _Flow) -> Specimen:
    from msgspec.structs import replace

    from simulator.messages.specimens.factory import of_circuit
    from simulator.messages.specimens.parts import References

    family = flow.interface.family if flow.interface else ""
    circuit: Any = given["circuit"] or _CIRCUITS.get(family, CIRCUITS[0])
    spec = of_circuit(circuit)
    return replace(
        spec,
        **_parties(given, spec),
        number=given["number"],
        issue_date=given["issue_date"] or spec.issue_date,
        profile=given["cadre"] or "",
        level=given["profile"] or spec.level,
        size=given["size"],
        broken=given["broken"] or "",
        credit_note=given["credit_note"],
        references=References(buyer=given["service"] or "", order=given["engagement"] or ""),
        stylesheet=f"{flow.interface.code}.xsl" if flow.interface and flow.kind in _STYLED else "",
        flow=flow.identifier,
    )


def _parties(given: dict[str, Any], spec: Specimen) -> dict[str, str]:
    """The parties that were asked for, with the names that the demo directory has for them."""
    from simulator import resources

    names = {each.identifier: each.name for each in resources.demo_structures()}
    supplier = spec.supplier if given["supplier"] is None else given["supplier"]
    recipient = spec.recipient if given["recipient"] is None else given["recipient"]
    return {
        "supplier": supplier,
        "supplier_name": names.get(supplier, spec.supplier_name),
        "recipient": recipient,
        "recipient_name": names.get(recipient, spec.recipient_name),
    }


def _write(order: Order, envelope: Path | None) -> None:
    """To standard output, or into a file that is there only when it is whole."""
    from simulator.messages.specimens import batch, factory

    if envelope is None:
        for piece in factory.written(batch.specimen(order), order.syntax):
            sys.stdout.buffer.write(piece)
        return
    unfinished = envelope.with_name(f".{envelope.name}.part")
    try:
        with unfinished.open("wb") as out:
            batch.pack_into(out, order)
        unfinished.replace(envelope)
    finally:
        unfinished.unlink(missing_ok=True)
