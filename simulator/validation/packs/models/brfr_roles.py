"""BR-FR: parties by the terms that name them in rule ids, with their identifiers and addresses.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from simulator.messages.invoice.fields import NO_TEXT, Text, text_of
from simulator.messages.invoice.model import Invoice, Party
from simulator.validation.packs.dialects import NAMES
from simulator.validation.packs.models.brfr_places import elements

SIREN = "0002"
SIRET = "0009"
Parties = Callable[[Invoice], Iterable[Party]]

# By the term of the party's private identifier, and by that of its electronic address.
BY_IDENTIFIER: dict[str, Parties] = {
    "BT-29": lambda i: (i.seller,),
    "BT-46": lambda i: (i.buyer,),
    "BT-60": lambda i: (i.payee,),
    "EXT-FR-FE-06": lambda i: i.buyer_agents,
    "EXT-FR-FE-46": lambda i: i.payers,
    "EXT-FR-FE-69": lambda i: i.seller_agents,
    "EXT-FR-FE-92": lambda i: i.invoicees,
    "EXT-FR-FE-115": lambda i: i.invoicers,
}
BY_ADDRESS: dict[str, Parties] = {
    "BT-34": lambda i: (i.seller,),
    "BT-49": lambda i: (i.buyer,),
    "EXT-FR-FE-12": lambda i: i.buyer_agents,
    "EXT-FR-FE-29": lambda i: (i.payee,),
    "EXT-FR-FE-52": lambda i: i.payers,
    "EXT-FR-FE-75": lambda i: i.seller_agents,
    "EXT-FR-FE-98": lambda i: i.invoicees,
    "EXT-FR-FE-121": lambda i: i.invoicers,
}

_LOCAL_ID = f"{{{NAMES['cii'].prefixes['ram']}}}ID"
_LEGAL_IDS = {
    "ubl": "cac:PartyLegalEntity/cbc:CompanyID",
    "cii": "ram:SpecifiedLegalOrganization/ram:ID",
}


def private_ids(invoice: Invoice, party: Party) -> list[Text]:
    """BT-29, BT-46, BT-60: in CII those with a scheme (GlobalID), not the bare ID."""
    found = party.identifiers
    if invoice.syntax == "ubl":
        return list(found)
    return [i for i in found if i.element is not None and i.element.tag != _LOCAL_ID]


def legal_ids(invoice: Invoice, party: Party) -> Iterator[Text]:
    """BT-30, BT-47, BT-61 of any scheme."""
    return map(text_of, elements(invoice, party, _LEGAL_IDS[invoice.syntax]))


def siren_of(invoice: Invoice, party: Party) -> Text:
    """The legal identifier of scheme 0002; an empty text when there is none."""
    if party.legal_id.scheme == SIREN or not party.legal_id.exists:
        return party.legal_id
    return next((i for i in legal_ids(invoice, party) if i.scheme == SIREN), NO_TEXT)
