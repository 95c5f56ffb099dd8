"""Reader of the directory that `annuaire.write` writes (FAR0037A; the layout is ours)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.raccordement import Structure


def read(root: Element) -> tuple[Structure, ...]:
    """The structures of a directory in order; what is not there is ``""``."""
    return tuple(_structure(each) for each in root.iterfind("Structures/Structure"))


def _structure(element: Element) -> Structure:
    return Structure(
        identifier=element.findtext("Identifiant") or "",
        name=element.findtext("RaisonSociale") or "",
        kind="public",
        active=(element.findtext("Actif") or "").strip() in ("true", "1"),
        address=element.findtext("AdresseElectronique") or "",
    )
