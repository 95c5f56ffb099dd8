"""Writer of the directory of public structures (FAR0037A): one file, public structures only.

The layout is ours (assumed): that the export is XML is published, how it looks is not.

Source: AIFE guide to an EDI connection (directory in XML); ``schemas/xsd/Annuaire.xsd``.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.domain.flowname import FlowName
from simulator.domain.flows import Return
from simulator.domain.raccordement import Service, Structure
from simulator.messages.cppstatut import envelope
from simulator.messages.xmltext import branch, document, leaf, optional

VERSION = "1"
_SIRET = "1"


def write(return_: Return) -> Iterator[tuple[str, bytes]]:
    """The one file of a return, as (name, bytes): its public structures in their order.

    Raises:
        ValueError: a name of the return that is not a flow name.
    """
    name = FlowName.parse(return_.name)
    public = [each for each in return_.structures if each.kind == "public"]
    rows = (_structure(str(rank), each) for rank, each in enumerate(public, 1))
    root = branch(
        "Annuaire",
        envelope(return_, name.identifier),
        branch("Structures", *rows, Compteur=str(len(public))),
        Version=VERSION,
    )
    yield f"{name.stem}.xml", document(root)


def _structure(rank: str, structure: Structure) -> str:
    return branch(
        "Structure",
        leaf("TypeIdentifiant", _SIRET),
        leaf("Identifiant", structure.identifier),
        leaf("RaisonSociale", structure.name),
        optional("AdresseElectronique", structure.address),
        leaf("Actif", "true" if structure.active else "false"),
        _if_so("CodeServiceObligatoire", structure.service_required),
        _if_so("NumeroEngagementObligatoire", structure.engagement_required),
        _if_so("CodeServiceOuNumeroEngagement", structure.service_or_engagement),
        *map(_service, structure.services),
        NumOrdre=rank,
    )


def _service(service: Service) -> str:
    return branch(
        "Service",
        leaf("Code", service.code),
        optional("Nom", service.name),
        leaf("Actif", "true" if service.active else "false"),
        _if_so("NumeroEngagementObligatoire", service.engagement_required),
    )


def _if_so(tag: str, said: bool) -> str:
    return leaf(tag, "true") if said else ""
