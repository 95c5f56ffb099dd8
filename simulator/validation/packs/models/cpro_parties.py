"""BR-FR-CPRO: identifiers that Chorus Pro needs, and the cadre that it does not take.

Which of the rules 04 to 08 speaks of which scheme is assumed.

Source: digest of XP Z12-012 annex A V1.3, sheet BR-France-CTC-CPRO, as invopop's GOBL has it in public
(Apache-2.0); PPF annex 7, G1.73 and G2.19.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from simulator.messages.invoice.fields import text_of
from simulator.messages.invoice.model import Invoice, Party
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import normal
from simulator.validation.packs.models.brfr_places import elements
from simulator.validation.packs.models.brfr_roles import SIRET, private_ids, siren_of

rules = ModelRules()
_SUBCONTRACTED = "S5"
_CONTRACT_TYPES = ("MARCHE", "CONTRAT")
_CONTRACT_TYPE = {
    "ubl": "cac:ContractDocumentReference/cbc:DocumentType",
    "cii": "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
    "/ram:ContractReferencedDocument/ram:ReferenceTypeCode",
}
# By rule: scheme of a seller that is no French company, and form of its identifier.
_FORMS = {
    "04": ("0223", re.compile(r".{1,18}")),
    "05": ("0227", re.compile(r".{1,18}")),
    "06": ("0228", re.compile(r".{9,10}")),
    "07": ("0229", re.compile(r".{9,10}")),
    "08": ("0226", re.compile(r"[0-9]{10}.{0,70}")),
}
_SCHEMES = (SIRET, *(scheme for scheme, _ in _FORMS.values()))


@rules("BR-FR-CPRO-01")
def contract_type(invoice: Invoice) -> Iterator[Fault]:
    """The type of a contract (EXT-FR-FE-01) is MARCHE or CONTRAT."""
    for element in elements(invoice, invoice, _CONTRACT_TYPE[invoice.syntax]):
        said = text_of(element)
        if said.value not in _CONTRACT_TYPES:
            yield Fault(said)


@rules("BR-FR-CPRO-03")
def seller_scheme(invoice: Invoice) -> Iterator[Fault]:
    """The seller has an identifier that Chorus Pro knows sellers by."""
    found = [i.scheme for i in private_ids(invoice, invoice.seller)]
    if not set(found) & set(_SCHEMES):
        yield Fault(invoice.seller or invoice, ", ".join(found))


def _malformed(scheme: str, form: re.Pattern[str], invoice: Invoice) -> Iterator[Fault]:
    for identifier in private_ids(invoice, invoice.seller):
        if identifier.scheme == scheme and form.fullmatch(normal(identifier.value)) is None:
            yield Fault(identifier)


for _number, (_scheme, _form) in _FORMS.items():
    rules.add(f"BR-FR-CPRO-{_number}", partial(_malformed, _scheme, _form))


@rules("BR-FR-CPRO-09")
def seller_siret(invoice: Invoice) -> Iterator[Fault]:
    """A seller with a SIREN gives its SIRET."""
    return _without_siret(invoice, invoice.seller)


@rules("BR-FR-CPRO-17")
def payee_siret(invoice: Invoice) -> Iterator[Fault]:
    """A payee with a SIREN gives its SIRET."""
    return _without_siret(invoice, invoice.payee)


def _without_siret(invoice: Invoice, party: Party) -> Iterator[Fault]:
    siren = siren_of(invoice, party)
    if siren.scheme == "0002" and not _has_siret(invoice, party):
        yield Fault(siren)


@rules("BR-FR-CPRO-10")
def buyer_siret(invoice: Invoice) -> Iterator[Fault]:
    """The buyer gives its SIRET."""
    if not _has_siret(invoice, invoice.buyer):
        yield Fault(invoice.buyer or invoice)


def _has_siret(invoice: Invoice, party: Party) -> bool:
    return any(i.scheme == SIRET for i in private_ids(invoice, party))


@rules("BR-FR-CPRO-24")
def subcontracted(invoice: Invoice) -> Iterator[Fault]:
    """A subcontractor invoices with S3, not with S5."""
    if invoice.profile.value == _SUBCONTRACTED:
        yield Fault(invoice.profile)
