"""The parties of a CII specimen, and where it was delivered.

Source: UN/CEFACT CII D16B and D22B (order of the elements); binding of the business terms:
EN 16931-3-3; identifiers of the historic channel: AIFE samples of FSO1116A and FSO1117A (deduced).
"""

from __future__ import annotations

from simulator.messages.specimens import dialect
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import About, Contact
from simulator.messages.xmltext import branch, leaf, optional

_HISTORIC_SIRET = "1"  # TypeIdentifiant of a SIRET
_SIRET = "0009"
_SIREN = "0002"


def party(tag: str, spec: Specimen, *, seller: bool) -> str:
    """The seller or the buyer, in an element of that name."""
    identifier = spec.supplier if seller else spec.recipient
    about = spec.seller if seller else spec.buyer
    is_known = bool(spec.is_afnor and identifier)
    return branch(
        tag,
        leaf("ram:GlobalID", identifier, schemeID=_SIRET) if is_known else "",
        leaf("ram:Name", spec.supplier_name if seller else spec.recipient_name),
        _organisation(spec, identifier, about.trade_name if seller else ""),
        _contact(about.contact) if about.contact else "",
        _postal(about),
        _address(spec, identifier) if is_known else "",
        _tax_registration(spec, identifier, seller=seller),
    )


def delivery(spec: Specimen, moment: str) -> str:
    """``ApplicableHeaderTradeDelivery``, which must be there, and not empty: else BT-70 is the buyer.

    Args:
        spec: with or without BG-13.
        moment: BT-72 as ``udt:DateTimeString``, where there is a delivery.
    """
    tag = "ram:ApplicableHeaderTradeDelivery"
    given = spec.delivery
    if given is None:
        return branch(tag, branch("ram:ShipToTradeParty", leaf("ram:Name", spec.recipient_name)))
    place = branch("ram:ShipToTradeParty", optional("ram:Name", given.name), _postal(given.place))
    when = branch("ram:OccurrenceDateTime", moment)
    return branch(tag, place, branch("ram:ActualDeliverySupplyChainEvent", when))


def _organisation(spec: Specimen, identifier: str, trade_name: str) -> str:
    number, scheme = identifier, _HISTORIC_SIRET
    if spec.is_afnor:
        number, scheme = dialect.siren(identifier), _SIREN
    fields = (
        leaf("ram:ID", number, schemeID=scheme) if identifier else "",
        optional("ram:TradingBusinessName", trade_name),
    )
    return branch("ram:SpecifiedLegalOrganization", *fields) if any(fields) else ""


def _contact(given: Contact) -> str:
    phone, email = leaf("ram:CompleteNumber", given.phone), leaf("ram:URIID", given.email)
    return branch(
        "ram:DefinedTradeContact",
        leaf("ram:PersonName", given.name),
        branch("ram:TelephoneUniversalCommunication", phone) if given.phone else "",
        branch("ram:EmailURIUniversalCommunication", email) if given.email else "",
    )


def _postal(about: About) -> str:
    return branch(
        "ram:PostalTradeAddress",
        leaf("ram:PostcodeCode", about.postcode),
        optional("ram:LineOne", about.street),
        optional("ram:LineTwo", about.complement),
        leaf("ram:CityName", about.city),
        leaf("ram:CountryID", about.country),
    )


def _address(spec: Specimen, identifier: str) -> str:
    address = dialect.electronic_address(spec, identifier)
    written = leaf("ram:URIID", address, schemeID=spec.address_scheme)
    return branch("ram:URIUniversalCommunication", written)


def _tax_registration(spec: Specimen, identifier: str, *, seller: bool) -> str:
    number = dialect.vat_number(dialect.siren(identifier))
    if not number or not (seller or dialect.names_buyer_for_tax(spec)):
        return ""
    return branch("ram:SpecifiedTaxRegistration", leaf("ram:ID", number, schemeID="VA"))
