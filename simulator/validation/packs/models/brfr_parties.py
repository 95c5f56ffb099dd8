"""BR-FR: identifiers and electronic addresses of parties.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Text, text_of
from simulator.messages.invoice.model import Delivery, Group, Invoice, Party
from simulator.validation.packs.model import Fault, ModelRules, Placed
from simulator.validation.packs.models.brfr_formats import (
    is_address,
    is_siren,
    is_siret,
    normal,
)
from simulator.validation.packs.models.brfr_places import children
from simulator.validation.packs.models.brfr_roles import (
    BY_ADDRESS,
    BY_IDENTIFIER,
    SIREN,
    SIRET,
    Parties,
    private_ids,
    siren_of,
)

rules = ModelRules()
_ROUTING = "0224"
_DIRECTORY = "0225"
_VAT_GROUP = "0231"
_LONGEST_ADDRESS = 125
_LONGEST_ROUTING = 100
# Seller and buyer need a SIREN beside their SIRET; for others the SIRET alone will do.
_WITH_SIREN = ("BT-29", "BT-46")


def _sirets(parties: Parties, with_siren: bool, invoice: Invoice) -> Iterator[Fault]:
    for party in parties(invoice):
        siret = _first(private_ids(invoice, party), SIRET)
        if siret is not None:
            siren = siren_of(invoice, party).value
            yield from _siret(siret, siren, with_siren)


def _siret(siret: Text, siren: str, with_siren: bool) -> Iterator[Fault]:
    begins = siret.value[:9] == siren or (not siren and not with_siren)
    if not is_siret(siret.value) or not begins:
        yield Fault(siret, expected=siren)


def _first(identifiers: Iterable[Text], scheme: str) -> Text | None:
    return next((i for i in identifiers if i.scheme == scheme), None)


for _term, _parties in BY_IDENTIFIER.items():
    rules.add(f"BR-FR-09_{_term}", partial(_sirets, _parties, _term in _WITH_SIREN))


@rules("BR-FR-09_BT-71")
def delivery_siret(invoice: Invoice) -> Iterator[Fault]:
    """The SIRET of a place of delivery begins with the SIREN of who is there."""
    return _delivery_sirets(invoice, invoice.deliveries)


@rules("BR-FR-09_EXT-FR-FE-146")
def line_delivery_siret(invoice: Invoice) -> Iterator[Fault]:
    """The same of the place of delivery of a line."""
    return _delivery_sirets(invoice, _line_deliveries(invoice))


def _delivery_sirets(invoice: Invoice, deliveries: Iterable[Delivery]) -> Iterator[Fault]:
    for delivery in deliveries:
        siret = _first(_places(invoice, delivery), SIRET)
        if siret is not None:
            yield from _siret(siret, siren_of(invoice, delivery.party).value, with_siren=False)


def _places(invoice: Invoice, delivery: Delivery) -> list[Text]:
    """BT-71: in CII the identifiers of the party that is delivered to."""
    if invoice.syntax == "cii":
        return private_ids(invoice, delivery.party)
    first = delivery.location.element
    if first is None:
        return []
    return [delivery.location, *map(text_of, first.itersiblings(first.tag))]


@rules("BR-FR-10_BT-30")
def seller_siren(invoice: Invoice) -> Iterator[Fault]:
    """The seller has a SIREN (BT-30); UBL says nothing when there is no legal entity at all."""
    if invoice.syntax == "cii":
        siren = siren_of(invoice, invoice.seller)
        if not is_siren(normal(siren.value)):
            yield Fault(siren if siren.exists else invoice.seller or invoice, siren.value)
        return
    for entity in children(invoice, invoice.seller, "cac:PartyLegalEntity"):
        place = Group(element=entity)
        company = _first(map(text_of, children(invoice, place, "cbc:CompanyID")), SIREN)
        if company is None or not is_siren(normal(company.value)):
            yield Fault(company or place, company.value if company else "")


@rules("BR-FR-12_BT-49")
def buyer_address(invoice: Invoice) -> Iterator[Fault]:
    """The buyer has an electronic address (BT-49)."""
    return _without_address(invoice, invoice.buyer)


@rules("BR-FR-13_BT-34")
def seller_address(invoice: Invoice) -> Iterator[Fault]:
    """The seller has an electronic address (BT-34)."""
    return _without_address(invoice, invoice.seller)


def _without_address(invoice: Invoice, party: Party) -> Iterator[Fault]:
    address = party.endpoint
    if not (normal(address.value) if invoice.syntax == "ubl" else address.value):
        place: Placed = address if address.exists else party or invoice
        yield Fault(place, address.value)


def _malformed_address(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    for party in parties(invoice):
        address = party.endpoint
        if address.scheme == _DIRECTORY and not is_address(address.value):
            yield Fault(address)


def _long_address(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    for party in parties(invoice):
        length = len(party.endpoint.value)
        if length > _LONGEST_ADDRESS:
            yield Fault(party.endpoint, length, _LONGEST_ADDRESS)


for _term, _parties in BY_ADDRESS.items():
    rules.add(f"BR-FR-23_{_term}", partial(_malformed_address, _parties))
    rules.add(f"BR-FR-25_{_term}", partial(_long_address, _parties))


def _routing(parties: Parties, invoice: Invoice) -> list[Text]:
    found = (i for party in parties(invoice) for i in private_ids(invoice, party))
    return [i for i in found if i.scheme == _ROUTING]


def _malformed_routing(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    return (Fault(i) for i in _routing(parties, invoice) if not is_address(i.value))


def _long_routing(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    for identifier in _routing(parties, invoice):
        length = len(identifier.value)
        if length > _LONGEST_ROUTING:
            yield Fault(identifier, length, _LONGEST_ROUTING)


for _term in ("BT-29", "BT-46"):
    rules.add(f"BR-FR-24_{_term}", partial(_malformed_routing, BY_IDENTIFIER[_term]))
    rules.add(f"BR-FR-26_{_term}", partial(_long_routing, BY_IDENTIFIER[_term]))


def _without_scheme(identifiers: Iterable[Text]) -> Iterator[Fault]:
    return (Fault(i) for i in identifiers if i.attribute("schemeID") is None)


def _repeated_scheme(identifiers: Iterable[Text]) -> Iterator[Fault]:
    seen: set[str] = set()
    for identifier in identifiers:
        scheme = identifier.attribute("schemeID")
        if scheme is None:
            continue
        if scheme in seen:
            yield Fault(identifier, scheme)
            return
        seen.add(scheme)


def _bare(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    for party in parties(invoice):
        if party.identifiers:
            yield from _without_scheme(private_ids(invoice, party))


def _twice(parties: Parties, invoice: Invoice) -> Iterator[Fault]:
    for party in parties(invoice):
        if len(party.identifiers) > 1:
            yield from _repeated_scheme(private_ids(invoice, party))


for _term, _parties in BY_IDENTIFIER.items():
    rules.add(f"BR-FR-CO-10_{_term}-1", partial(_bare, _parties))
    rules.add(f"BR-FR-CO-10_{_term}-2", partial(_twice, _parties))


def _line_deliveries(invoice: Invoice) -> list[Delivery]:
    found = [line.delivery for line in invoice.lines]
    return [d for d in found if d.location.element is not None]


@rules("BR-FR-CO-10_BT-71-1")
def bare_place(invoice: Invoice) -> Iterator[Fault]:
    """BT-71 has a scheme."""
    for delivery in invoice.deliveries:
        yield from _without_scheme(_places(invoice, delivery))


@rules("BR-FR-CO-10_BT-71-2")
def place_twice(invoice: Invoice) -> Iterator[Fault]:
    """BT-71: no scheme twice."""
    for delivery in invoice.deliveries:
        yield from _repeated_scheme(_places(invoice, delivery))


@rules("BR-FR-CO-10_EXT-FR-FE-146-1")
def bare_line_place(invoice: Invoice) -> Iterator[Fault]:
    """The place of delivery of a line has a scheme."""
    for delivery in _line_deliveries(invoice):
        yield from _without_scheme(_places(invoice, delivery))


@rules("BR-FR-CO-10_EXT-FR-FE-146-2")
def line_place_twice(invoice: Invoice) -> Iterator[Fault]:
    """The place of delivery of a line: no scheme twice."""
    for delivery in _line_deliveries(invoice):
        yield from _repeated_scheme(_places(invoice, delivery))


@rules("BR-FR-CO-15_BT-29-1")
def tax_representative(invoice: Invoice) -> Iterator[Fault]:
    """A member of a VAT group names a tax representative with a VAT identifier (BT-63)."""
    member = _first(private_ids(invoice, invoice.seller), _VAT_GROUP)
    if member is None:
        return
    registrations = invoice.representative.tax_registrations
    if invoice.syntax == "ubl":
        numbers = [r.id.value for r in registrations]
    else:
        numbers = [r.id.value for r in registrations if r.id.scheme == "VA"]
    if not any(numbers):
        yield Fault(invoice.representative or member, "")
