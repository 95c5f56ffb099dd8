"""Reader of the directory that `annuaire.write` writes (FAR0037A; the layout is ours)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.raccordement import Service, Structure


def read(root: Element) -> tuple[Structure, ...]:
    """The structures of a directory in order; what is not there is ``""``."""
    return tuple(_structure(each) for each in root.iterfind("Structures/Structure"))


def _structure(element: Element) -> Structure:
    return Structure(
        identifier=element.findtext("Identifiant") or "",
        name=element.findtext("RaisonSociale") or "",
        kind="public",
        active=_is_so(element, "Actif"),
        address=element.findtext("AdresseElectronique") or "",
        service_required=_is_so(element, "CodeServiceObligatoire"),
        engagement_required=_is_so(element, "NumeroEngagementObligatoire"),
        service_or_engagement=_is_so(element, "CodeServiceOuNumeroEngagement"),
        services=tuple(_service(each) for each in element.iterfind("Service")),
    )


def _service(element: Element) -> Service:
    return Service(
        code=element.findtext("Code") or "",
        name=element.findtext("Nom") or "",
        active=_is_so(element, "Actif"),
        engagement_required=_is_so(element, "NumeroEngagementObligatoire"),
    )


def _is_so(element: Element, tag: str) -> bool:
    return (element.findtext(tag) or "").strip() in ("true", "1")
