"""Reader of status messages, CPPStatut and CDAR (F6), as facts: which status, of what.

The fields of `Facts` speak of what the status is about, as far as the message tells: `number` is
the number of the invoice or the id of the flow, `type_code` the code of the status.

Source: AIFE schema CPPStatutPivot V1_19; UN/CEFACT CDAR D22B with the fields of PPF annex 2 (flow
6) v2.3 (MDT-n).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.flows import FlowStatus, InvoiceStatus, ObjectStatus
from simulator.domain.judgement import Facts
from simulator.messages import cdarreading, cppstatutreading
from simulator.messages.reading import (
    Origin,
    attribute,
    child,
    day,
    facts_of,
    origin_of,
    origins_of,
    text,
)

_RSM = "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"

CPP_STATUT = "CPPStatut"
CDAR = f"{{{_RSM}}}CrossDomainAcknowledgementAndResponse"

PREFIXES = {_RSM: "rsm", _RAM: "ram", _UDT: "udt", _QDT: "qdt"}
# By root: the syntax it stands for.
ROOTS = {CPP_STATUT: "cpp-statut", CDAR: "cdar"}

# CPPStatut: the blocks that statuses are in, with the tag of one and where it says what it is about.
_BLOCKS = (
    ("CPPFluxStatuts", "CPPFluxStatutUnitaire", "DonneesStatut/IdFlux"),
    ("CPPFactureStatuts", "CPPFactureStatutUnitaire", "DonneesStatut/IdFacture"),
)
_FIELDS = {
    "issue_date": "DonneesStatut/DateFacture",
    "type_code": "DonneesStatut/IdStatut",
    "supplier_scheme": "Fournisseur/TypeIdentifiant",
    "supplier": "Fournisseur/Identifiant",
    "supplier_name": "Fournisseur/RaisonSociale",
    "recipient_scheme": "Debiteur/TypeIdentifiant",
    "recipient": "Debiteur/Identifiant",
    "recipient_name": "Debiteur/Nom",
}
_CODE = re.compile(r"\+?0*([0-9]{1,2})")

# CDAR.
_ACKNOWLEDGEMENT = f"{{{_RSM}}}AcknowledgementDocument"
_REFERENCE = f"{{{_RAM}}}ReferenceReferencedDocument"
_NUMBER = f"{{{_RAM}}}IssuerAssignedID"  # MDT-87
_STATUS = f"{{{_RAM}}}ProcessConditionCode"  # MDT-105
_ISSUED = f"{{{_RAM}}}FormattedIssueDateTime/{{{_QDT}}}DateTimeString"  # MDT-100
_PROCESS = (  # MDT-2
    f"{{{_RSM}}}ExchangedDocumentContext"
    f"/{{{_RAM}}}BusinessProcessSpecifiedDocumentContextParameter/{{{_RAM}}}ID"
)
_EXCHANGED = f"{{{_RSM}}}ExchangedDocument"
_ISSUED_ITSELF = f"{_EXCHANGED}/{{{_RAM}}}IssueDateTime/{{{_UDT}}}DateTimeString"  # MDT-8
_ISSUER = f"{{{_RAM}}}IssuerTradeParty"
_RECIPIENT = f"{{{_RAM}}}RecipientTradeParty"
_SENDER = f"{{{_RAM}}}SenderTradeParty"
_IDENTIFIERS = (f"{{{_RAM}}}GlobalID", f"{{{_RAM}}}ID")
_NAME = f"{{{_RAM}}}Name"
_ROLE = f"{{{_RAM}}}RoleCode"
_ADDRESS = f"{{{_RAM}}}URIUniversalCommunication/{{{_RAM}}}URIID"
_BUYER = "BY"
# Which identifier of a party is taken, best first: MDT-129 is a SIREN; buyers are known by SIRET.
_SUPPLIER_SCHEMES = ("0002", "0009")
_RECIPIENT_SCHEMES = ("0009", "0002")


def read_facts(root: Element) -> Facts:
    """What the first status of a message says, valid or not; nothing but the syntax without one.

    Raises:
        KeyError: another root element.
    """
    syntax = ROOTS[root.tag]
    return next(_units(root, first=True), Facts(syntax=syntax))


def read_all(root: Element) -> list[Facts]:
    """What each status of a message says, in order.

    In a CPPStatut the codes are two digits, as the schema takes them for numbers (``7`` is ``07``);
    `issue_date` is that of the invoice. In a CDAR the recipient is that of the referenced document
    or, since almost no message names it, the party of the message whose role is ``BY`` (deduced);
    a matricule of a platform is never taken for one.

    Raises:
        KeyError: another root element.
    """
    if root.tag not in ROOTS:
        raise KeyError(root.tag)
    units = list(_units(root, first=False))
    message, said = _values(root)
    if len(said) != len(units):
        return units
    issued = text(root.find(_ISSUED_ITSELF))
    return [
        msgspec.structs.replace(facts, said=value, message=message, issued=issued)
        for facts, value in zip(units, said, strict=True)
    ]


def _values(root: Element) -> tuple[str, tuple[FlowStatus | InvoiceStatus | ObjectStatus, ...]]:
    """Identifier and statuses of a message as values; what is attached is left out."""
    if root.tag == CDAR:
        cdar = cdarreading.read(root, files=False)
        return cdar.identifier, cdar.statuses
    statut = cppstatutreading.read(root)
    return statut.flow, statut.statuses


def _units(root: Element, *, first: bool) -> Iterator[Facts]:
    if root.tag == CDAR:
        process, buyer = root.find(_PROCESS), _buyer(root)
        for origin in _origins(root, _ACKNOWLEDGEMENT, _REFERENCE, first=first):
            yield _cdar_facts(origin, process, buyer)
        return
    for block, tag, number in _BLOCKS:
        for origin in _origins(root, block, tag, first=first):
            yield _cpp_facts(origin, number)


def _origins(root: Element, block: str, tag: str, *, first: bool) -> Iterator[Origin]:
    if first:
        if (unit := root.find(f"{block}/{tag}")) is not None:
            yield origin_of(unit, PREFIXES)
        return
    for element in root.findall(block):
        yield from origins_of(element, tag, PREFIXES)


def _cpp_facts(origin: Origin, number: str) -> Facts:
    paths = {"number": number, **_FIELDS}
    found = {field: origin.top.find(path) for field, path in paths.items()}
    return facts_of(
        ROOTS[CPP_STATUT], origin, found, {"type_code": _code(text(found["type_code"]))}
    )


def _code(written: str) -> str:
    match = _CODE.fullmatch(written)
    return f"{match.group(1):0>2}" if match else written


def _cdar_facts(origin: Origin, process: Element | None, buyer: Element | None) -> Facts:
    reference = origin.top
    supplier, named = reference.find(_ISSUER), reference.find(_RECIPIENT)
    recipient = buyer if named is None else named
    found: Mapping[str, Element | None] = {
        "number": reference.find(_NUMBER),
        "issue_date": reference.find(_ISSUED),
        "type_code": reference.find(_STATUS),
        "profile": process,
        "supplier": _identifier(supplier, _SUPPLIER_SCHEMES),
        "supplier_name": child(supplier, _NAME),
        "recipient": _identifier(recipient, _RECIPIENT_SCHEMES),
        "recipient_name": child(recipient, _NAME),
        "recipient_address": child(recipient, _ADDRESS),
    }
    given = {
        "issue_date": day(text(found["issue_date"])),
        "supplier_scheme": attribute(found["supplier"], "schemeID"),
        "recipient_scheme": attribute(found["recipient"], "schemeID"),
    }
    return facts_of(ROOTS[CDAR], origin, found, given)


def _buyer(root: Element) -> Element | None:
    """The party of the message itself that is a buyer."""
    exchanged = root.find(_EXCHANGED)
    if exchanged is None:
        return None
    parties = exchanged.iterchildren(_ISSUER, _RECIPIENT, _SENDER)
    return next((p for p in parties if text(p.find(_ROLE)) == _BUYER), None)


def _identifier(party: Element | None, schemes: Sequence[str]) -> Element | None:
    """The identifier of a party in the scheme that comes first, else the first given."""
    if party is None:
        return None
    given = [e for tag in _IDENTIFIERS for e in party.findall(tag)]
    ranks = {scheme: rank for rank, scheme in enumerate(schemes)}
    return min(given, key=lambda e: ranks.get(attribute(e, "schemeID"), len(ranks)), default=None)
