"""Which rule packs a document is held to: those of its interface, or those that it calls for itself.

Needs no parser, so the node may import it. Source: dossier §7.1 (the rules of the historic channel and
those of the AFNOR formats never apply together); BR-FR-CDV v1.4.0 (its rules speak of the life cycle
of invoices: those on MDT-2, MDT-3 and MDT-91 refuse every status of a flow); design §7 for documents
without an interface.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from simulator.domain.interfaces import Interface
from simulator.domain.judgement import Facts

ALL_PACKS = ("xsd", "en16931", "br-fr", "extended-ctc-fr", "br-fr-cdv", "cpro", "historic")

_CORE, _EXTENSION = "en16931", "extended-ctc-fr"
_SCHEMA_ONLY = ("xsd",)
_HISTORIC = ("xsd", "historic")
_AFNOR = ("xsd", "en16931", "br-fr", "extended-ctc-fr")
_STATUSES = ("xsd", "br-fr-cdv")
_BY_FAMILY = {
    "historic": _HISTORIC,
    "pa-b2g": (*_AFNOR, "cpro"),
    "g2b": _AFNOR,
}
_BY_SYNTAX = {"cdar": _STATUSES, "cpp-statut": _SCHEMA_ONLY, "flux-10": _SCHEMA_ONLY}
# Statuses of a flow, not of an invoice.
_OF_FLOW = ("500", "501")
# Cadres de facturation of the historic channel.
_HISTORIC_PROFILE = re.compile(r"A(?:[1-9]|1[0-9]|2[0-5])")


def packs_of_interface(interface: Interface) -> tuple[str, ...]:
    """The packs of a deposit on an interface."""
    if interface.kind == "F6":
        return _SCHEMA_ONLY if interface.level == "flow" else _STATUSES
    if interface.kind == "CPPStatut":
        return _SCHEMA_ONLY
    return _BY_FAMILY.get(interface.family, _SCHEMA_ONLY)


def packs_of_document(facts: Facts | None) -> tuple[str, ...]:
    """The packs that a document calls for by what it is; of one that could not be read, a guess."""
    if facts is None:
        return _AFNOR
    if facts.syntax == "cdar" and facts.type_code in _OF_FLOW:
        return _SCHEMA_ONLY
    if facts.syntax.startswith("cpp-facture") or is_historic(facts.profile):
        return _BY_SYNTAX.get(facts.syntax, _HISTORIC)
    return _BY_SYNTAX.get(facts.syntax, _AFNOR)


def packs_in_force(packs: Sequence[str], facts: Facts) -> tuple[str, ...]:
    """Of the core norm and its French extension, the one that the document follows (BT-24)."""
    if not {_CORE, _EXTENSION} <= set(packs):
        return tuple(packs)
    other = _CORE if facts.guideline.endswith(_EXTENSION) else _EXTENSION
    return tuple(pack for pack in packs if pack != other)


def is_historic(profile: str) -> bool:
    """Whether a cadre de facturation (BT-23) is one of the historic channel."""
    return _HISTORIC_PROFILE.fullmatch(profile) is not None
