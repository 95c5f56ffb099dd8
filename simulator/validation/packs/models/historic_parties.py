"""Historic channel: how supplier and recipient are identified, and the mention of a factor.

The scheme of an identifier is the ``TypeIdentifiant`` of the pivot (1 SIRET ... 7 natural person) or
its code of ISO 6523. Which of several identifiers counts: a SIRET, else the first of a known scheme.

Source: AIFE schema CPPFacturePivot V2_02 (TypeIdentifiant); rules G1.73 and G2.19; live tests in
qualification (a SIREN is refused; the key of a SIRET is not checked).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from simulator.messages.invoice.fields import NO_TEXT, Text
from simulator.messages.invoice.model import Invoice, Party
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.historic_tags import tag_of

rules = ModelRules()

_Kind = Literal["siret", "union", "abroad", "ridet", "tahiti", "registering", "person"]
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(("", "1", "0009", "0002"), "siret"),
    **dict.fromkeys(("2", "0223"), "union"),
    # ETR stands in an AIFE sample of FSO1117A (P57, a supplier outside the Union).
    **dict.fromkeys(("3", "0227", "ETR"), "abroad"),
    **dict.fromkeys(("4", "0228"), "ridet"),
    **dict.fromkeys(("5", "0229"), "tahiti"),
    "6": "registering",
    **dict.fromkeys(("7", "0226"), "person"),
}
_SIRET = re.compile(r"[0-9]{14}")
_LONGEST = 18
_COUNTRY_FIRST = re.compile(r"[A-Z]{2}.+", re.DOTALL)
# Fewest and most characters.
_LENGTHS: dict[_Kind, tuple[int, int]] = {"ridet": (9, 10), "tahiti": (9, 9), "person": (1, 80)}
_CREDITOR = "SEPA"  # UBL has the creditor identifier (BT-90) among those of the party
_FACTORING = ("subrog", "affactur", "factor", "cession")
_ACCENTS = str.maketrans("éèêëàâîïôûç", "eeeeaaiiouc")


@rules("SUPPLIER_MISSING")
def supplier_missing(invoice: Invoice) -> Iterator[Fault]:
    """The supplier is identified."""
    return _missing(invoice, invoice.seller)


@rules("RECIPIENT_MISSING")
def recipient_missing(invoice: Invoice) -> Iterator[Fault]:
    """The recipient is identified."""
    return _missing(invoice, invoice.buyer)


@rules("SUPPLIER_FORMAT")
def supplier_siret(invoice: Invoice) -> Iterator[Fault]:
    """A French supplier is identified by a SIRET."""
    supplier = identifier_of(invoice.seller)
    if supplier and _kind(supplier) == "siret" and not _SIRET.fullmatch(supplier.clean):
        yield _fault(invoice, supplier)


@rules("RECIPIENT_FORMAT")
def recipient_siret(invoice: Invoice) -> Iterator[Fault]:
    """A recipient is identified by a SIRET, whatever its scheme says."""
    recipient = identifier_of(invoice.buyer)
    if recipient and not _SIRET.fullmatch(recipient.clean):
        yield _fault(invoice, recipient)


@rules("SUPPLIER_SCHEME")
def supplier_scheme(invoice: Invoice) -> Iterator[Fault]:
    """The scheme of the supplier's identifier is a known one."""
    supplier = identifier_of(invoice.seller)
    if supplier and _kind(supplier) is None and not _SIRET.fullmatch(supplier.clean):
        yield Fault(supplier, supplier.scheme, tag_of(invoice, supplier))


@rules("G2.19")
def foreign_supplier(invoice: Invoice) -> Iterator[Fault]:
    """The identifier of a supplier outside France has at most 18 characters."""
    supplier = identifier_of(invoice.seller)
    if _kind(supplier) in ("union", "abroad") and len(supplier.clean) > _LONGEST:
        yield _fault(invoice, supplier)


@rules("G2.19_COUNTRY")
def country_of_supplier(invoice: Invoice) -> Iterator[Fault]:
    """The identifier of a supplier outside France begins with its country."""
    supplier = identifier_of(invoice.seller)
    if _kind(supplier) in ("union", "abroad") and not _COUNTRY_FIRST.fullmatch(supplier.clean):
        yield _fault(invoice, supplier)


@rules("G1.73")
def lengths(invoice: Invoice) -> Iterator[Fault]:
    """RIDET, TAHITI and the identifier of a person have their lengths."""
    supplier = identifier_of(invoice.seller)
    kind = _kind(supplier)
    if supplier and kind in _LENGTHS:
        fewest, most = _LENGTHS[kind]
        if not fewest <= len(supplier.clean) <= most:
            yield _fault(invoice, supplier)


@rules("FACTORING_MENTION")
def factoring(invoice: Invoice) -> Iterator[Fault]:
    """An invoice that another one cashes says so."""
    payee = identifier_of(invoice.payee)
    if not invoice.payee or payee.clean == identifier_of(invoice.seller).clean:
        return
    told = [n.content.value for n in invoice.notes] + [t.text.value for t in invoice.payment_terms]
    told += [p.text.value for p in invoice.payments]
    if not _speaks_of_factoring(told):
        yield Fault(invoice.payee, payee.clean or invoice.payee.name.clean)


def identifier_of(party: Party) -> Text:
    """The identifier of a party that counts; an empty one if there is none."""
    given = [i for i in (*party.identifiers, party.legal_id) if i and i.scheme != _CREDITOR]
    return min(given, key=_rank, default=NO_TEXT)


def _rank(identifier: Text) -> int:
    if _SIRET.fullmatch(identifier.clean):
        return 0
    if not identifier.scheme:
        return 2
    return 1 if _kind(identifier) else 3


def _kind(identifier: Text) -> _Kind | None:
    return _KINDS.get(identifier.scheme) if identifier else None


def _missing(invoice: Invoice, party: Party) -> Iterator[Fault]:
    if not identifier_of(party):
        yield Fault(party or invoice)


def _speaks_of_factoring(texts: Iterable[str]) -> bool:
    plain = " ".join(texts).lower().translate(_ACCENTS)
    return any(word in plain for word in _FACTORING)


def _fault(invoice: Invoice, identifier: Text) -> Fault:
    return Fault(identifier, identifier.clean, tag_of(invoice, identifier))
