"""Reader of CPPStatut as values: what `cppstatut.write` writes, and what public buyers write.

Bad input never raises: what is not there is ``""``, an instant that is none is that of the message.
A motif is looked for where our writer puts it, at the head of the comment, and in ComplementStatut
(assumed: the schema has no field for it).

Source: AIFE schema CPPStatutPivot V1_19.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus
from simulator.messages.invoice.fields import content_of
from simulator.messages.reading import attribute

_MOTIF = re.compile(r"\s*([A-Z][A-Z_]{2,40})(?:\s*:\s*(.*)|\s*)", re.DOTALL)
_CODE = re.compile(r"\+?0*([0-9]{1,2})")
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)
# Times without an offset are those of Paris (deduced from public samples).
_ZONE = "Europe/Paris"


class StatutMessage(msgspec.Struct, frozen=True):
    """A whole CPPStatut.

    Attributes:
        flow: id of the flow that it travels in (IdFlx).
        issued: day of production (DtPrd), ``YYYY-MM-DD``.
        sender, recipient: codes application.
        statuses: of flows or of invoices.
    """

    flow: str
    issued: str
    sender: str
    recipient: str
    statuses: tuple[FlowStatus | InvoiceStatus, ...]


def read(root: Element) -> StatutMessage:
    """A CPPStatut as values, valid or not."""
    parameters = {
        _text(each, "Code"): _text(each, "Valeurparametre") for each in root.iter("ParametreIndiv")
    }
    return StatutMessage(
        flow=parameters.get("IdFlx", ""),
        issued=parameters.get("DtPrd", ""),
        sender=_text(root, "Enveloppe/EnveloppeUnitaire/Partenaires/Emetteur/Id"),
        recipient=_text(root, "Enveloppe/EnveloppeUnitaire/Partenaires/Recepteur/Id"),
        statuses=tuple(_statuses(root)),
    )


def _statuses(root: Element) -> Iterator[FlowStatus | InvoiceStatus]:
    for data in root.iterfind("CPPFluxStatuts/CPPFluxStatutUnitaire/DonneesStatut"):
        yield _flow(data)
    for unit in root.iterfind("CPPFactureStatuts/CPPFactureStatutUnitaire"):
        yield _invoice(unit)


def _flow(data: Element) -> FlowStatus:
    return FlowStatus(
        status=_code(_text(data, "IdStatut")),
        label=_text(data, "ComplementStatut"),
        identifier=_text(data, "IdFlux"),
        readable=True,
        received=_instant(_text(data, "Horodatage")),
        lines=tuple(_line(each) for each in data.iterfind("Details/LigneErreurDetail")),
        comment=_text(data, "Commentaire"),
    )


def _line(element: Element) -> ErrorLine:
    return ErrorLine(
        nature=_text(element, "NatureErreur"),
        code=_text(element, "CodeErreur"),
        label=_text(element, "LibelleErreur"),
        text=_text(element, "DescriptionErreur"),
    )


def _invoice(unit: Element) -> InvoiceStatus:
    motif, comment = _motif(unit)
    at = _instant(_text(unit, "DonneesStatut/Horodatage"))
    return InvoiceStatus(
        status=_code(_text(unit, "DonneesStatut/IdStatut")),
        label=_text(unit, "DonneesStatut/ComplementStatut"),
        number=_text(unit, "DonneesStatut/IdFacture"),
        issue_date=_text(unit, "DonneesStatut/DateFacture"),
        type_code="",
        supplier_scheme=_text(unit, "Fournisseur/TypeIdentifiant"),
        supplier=_text(unit, "Fournisseur/Identifiant"),
        supplier_name=_text(unit, "Fournisseur/RaisonSociale"),
        recipient=_text(unit, "Debiteur/Identifiant"),
        recipient_name=_text(unit, "Debiteur/Nom"),
        received=at,
        comment=comment,
        motif=motif,
        occurred=at,
        producer=attribute(unit.find("DonneesStatut/Producteur"), "Id"),
        mandate=_text(unit, "DonneesStatut/IdMandatDP"),
        service=_text(unit, "Debiteur/CodeService"),
        service_name=_text(unit, "Debiteur/NomService"),
    )


def _motif(unit: Element) -> tuple[str, str]:
    """A motif that is known as one, and the comment without it."""
    known = resources.life_cycle().motifs.labels
    comment = _text(unit, "DonneesStatut/Commentaire")
    match = _MOTIF.fullmatch(comment)
    if match and match[1] in known:
        return match[1], (match[2] or "").strip()
    complement = _text(unit, "DonneesStatut/ComplementStatut")
    return (complement if complement in known else ""), comment


def _code(written: str) -> str:
    """Codes are numbers for the schema: ``7`` is ``07``."""
    match = _CODE.fullmatch(written)
    return f"{match[1]:0>2}" if match else written


def _instant(written: str) -> datetime:
    try:
        instant = datetime.fromisoformat(written)
        aware = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(_ZONE))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return _NEVER


def _text(element: Element, path: str) -> str:
    """Whole: comments may be longer than what findings quote."""
    found = element.find(path)
    return "" if found is None else content_of(found).strip()
