"""The parties of a UBL specimen, and where it was delivered.

Source: OASIS UBL 2.1 (order of the elements); binding of the business terms: EN 16931-3-2; service
of the buyer on the historic channel: practice of public clients of Chorus Pro (deduced).
"""

from __future__ import annotations

from simulator.messages.specimens import dialect
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import About, Delivery
from simulator.messages.xmltext import branch, leaf, optional

_HISTORIC_SIRET = "1"  # TypeIdentifiant of a SIRET
_SIRET = "0009"
_SIREN = "0002"
_SEPA = "SEPA"


def party(spec: Specimen, *, seller: bool) -> str:
    """``cac:Party`` of the seller or of the buyer."""
    identifier = spec.supplier if seller else spec.recipient
    about = spec.seller if seller else spec.buyer
    name = spec.supplier_name if seller else spec.recipient_name
    is_known = bool(spec.is_afnor and identifier)
    scheme = _SIRET if spec.is_afnor else _HISTORIC_SIRET
    shown_name = (seller and about.trade_name) or name
    company = leaf("cbc:CompanyID", dialect.siren(identifier), schemeID=_SIREN)
    return branch(
        "cac:Party",
        _address(spec, identifier) if is_known else "",
        _identification(identifier, scheme) if identifier else "",
        *(_identification(creditor, _SEPA) for creditor in _creditors(spec, seller=seller)),
        branch(
            "cac:PartyName",
            leaf("cbc:Name", shown_name),
        ),
        branch("cac:PostalAddress", *_postal(about)),
        _tax_registration(spec, identifier, seller=seller),
        branch(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", name),
            company if is_known else "",
        ),
        _contact(spec, about, seller=seller),
    )


def delivery(given: Delivery) -> str:
    """``cac:Delivery``."""
    name = branch("cac:PartyName", leaf("cbc:Name", given.name))
    return branch(
        "cac:Delivery",
        leaf("cbc:ActualDeliveryDate", given.day),
        branch("cac:DeliveryLocation", branch("cac:Address", *_postal(given.place))),
        branch("cac:DeliveryParty", name) if given.name else "",
    )


def _address(spec: Specimen, identifier: str) -> str:
    address = dialect.electronic_address(spec, identifier)
    return leaf("cbc:EndpointID", address, schemeID=spec.address_scheme)


def _identification(identifier: str, scheme: str) -> str:
    return branch("cac:PartyIdentification", leaf("cbc:ID", identifier, schemeID=scheme))


def _creditors(spec: Specimen, *, seller: bool) -> list[str]:
    """BT-90, which UBL has among the identifiers of the seller."""
    return list(dict.fromkeys(p.creditor for p in spec.payments if p.creditor)) if seller else []


def _postal(about: About) -> tuple[str, ...]:
    return (
        optional("cbc:StreetName", about.street),
        optional("cbc:AdditionalStreetName", about.complement),
        leaf("cbc:CityName", about.city),
        leaf("cbc:PostalZone", about.postcode),
        branch("cac:Country", leaf("cbc:IdentificationCode", about.country)),
    )


def _tax_registration(spec: Specimen, identifier: str, *, seller: bool) -> str:
    number = dialect.vat_number(dialect.siren(identifier))
    if not seller and not (number and dialect.names_buyer_for_tax(spec)):
        return ""
    historic = "TVA ENCAISSEMENT" if spec.receipts else "TVA DEBIT"
    scheme = "VAT" if spec.is_afnor else historic
    return branch(
        "cac:PartyTaxScheme",
        optional("cbc:CompanyID", number),
        branch("cac:TaxScheme", leaf("cbc:ID", scheme)),
    )


def _contact(spec: Specimen, about: About, *, seller: bool) -> str:
    """BG-6, BG-9; towards the historic channel the buyer's has the code of its service."""
    service = "" if seller or spec.is_afnor else spec.references.buyer
    fields = [optional("cbc:ID", service)]
    if about.contact:
        fields += [
            leaf("cbc:Name", about.contact.name),
            optional("cbc:Telephone", about.contact.phone),
            optional("cbc:ElectronicMail", about.contact.email),
        ]
    return branch("cac:Contact", *fields) if any(fields) else ""
