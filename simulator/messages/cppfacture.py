"""Reader of CPPFacturePivot (FEN0036A) and CPPFactureMixte (FSO1113A): invoices, many to a file.

Source: AIFE schema CPPFacturePivot V2_02; public sample of CPPFactureMixte, which has the same
fields (deduced).
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.reading import Origin, facts_of, origin_of, origins_of

PIVOT = "CPPFacturePivot"
MIXED = "CPPFactureMixte"

# No element of either has a namespace.
PREFIXES: dict[str, str] = {}
# By root: the syntax it stands for, and the tag of one invoice.
ROOTS = {
    PIVOT: ("cpp-facture-pivot", "CPPFacturePivotUnitaire"),
    MIXED: ("cpp-facture-mixte", "CPPFactureMixteUnitaire"),
}

_BLOCK = "CPPFactures"
_FIELDS = {
    "number": "DonneesFacture/Id",
    "issue_date": "DonneesFacture/DateEmissionFacture",
    "type_code": "DonneesFacture/Type",
    "profile": "DonneesFacture/Cadre",
    "supplier_scheme": "Fournisseur/TypeIdentifiant",
    "supplier": "Fournisseur/Identifiant",
    "supplier_name": "Fournisseur/RaisonSociale",
    "recipient_scheme": "Debiteur/TypeIdentifiant",
    "recipient": "Debiteur/Identifiant",
    "recipient_name": "Debiteur/Nom",
    "service": "Debiteur/CodeService",
    "engagement": "DonneesFacture/Engagement/NumeroEngagement",
    "currency": "DonneesFacture/Devise",
}


def read_facts(root: Element) -> Facts:
    """What the first invoice of a file says, valid or not; nothing but the syntax without one.

    Raises:
        KeyError: another root element.
    """
    syntax, tag = ROOTS[root.tag]
    unit = root.find(f"{_BLOCK}/{tag}")
    return Facts(syntax=syntax) if unit is None else _facts(syntax, origin_of(unit, PREFIXES))


def read_all(root: Element) -> list[Facts]:
    """What each invoice of a file says, in order; schemes are those of ``TypeIdentifiant``.

    Raises:
        KeyError: another root element.
    """
    syntax, tag = ROOTS[root.tag]
    blocks = root.findall(_BLOCK)
    return [_facts(syntax, o) for block in blocks for o in origins_of(block, tag, PREFIXES)]


def _facts(syntax: str, origin: Origin) -> Facts:
    found = {field: origin.top.find(path) for field, path in _FIELDS.items()}
    return facts_of(syntax, origin, found)
