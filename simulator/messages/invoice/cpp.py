"""The neutral invoice out of CPPFactureMixte and CPPFacturePivot, which hold many to a file.

A party is identified by ``TypeIdentifiant`` and ``Identifiant``: the former stands in for the scheme
of the identifier, which other syntaxes have in an attribute. The account is the supplier's
(``ReferenceBancaire``), the means of payment the invoice's; the model has them together (BG-16).

Source: AIFE schema CPPFacturePivot V2_02; public sample of CPPFactureMixte, which has the same fields
(deduced).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from simulator.messages.invoice import model
from simulator.messages.invoice.fields import (
    NO_DAY,
    NO_NUMBER,
    NO_TEXT,
    Day,
    Number,
    Text,
    day_of,
    number_of,
    text_of,
)

# By root: the tag of one invoice.
_UNITS = {
    "CPPFactureMixte": "CPPFactureMixteUnitaire",
    "CPPFacturePivot": "CPPFacturePivotUnitaire",
}
_IBAN = "IBAN"


class Identifier(Text, frozen=True, eq=False, gc=False):
    """An identifier whose scheme is an element beside it.

    Attributes:
        kind: ``1`` SIRET, ``2`` European Union outside France, ``3`` elsewhere, ``4`` RIDET,
            ``5`` TAHITI, ``6`` being registered, ``7`` natural person.
    """

    kind: str = ""

    @property
    def scheme(self) -> str:
        """The kind."""
        return self.kind


def read_invoice(root: Element) -> model.Invoice:
    """The first invoice of a file, valid or not; an empty one where there is none."""
    unit = next(_units(root), None)
    return model.Invoice(element=root, syntax="cpp") if unit is None else _invoice(unit)


def read_invoices(root: Element) -> list[model.Invoice]:
    """Every invoice of a file in order; none of a document that holds none."""
    return [_invoice(unit) for unit in _units(root)]


def _units(root: Element) -> Iterator[Element]:
    tag = _UNITS.get(str(root.tag))
    for block in root.iterchildren("CPPFactures") if tag else ():
        yield from block.iterchildren(tag)


class _Fields:
    """The children of an element by tag, the first of each; of no element there are none."""

    def __init__(self, element: Element | None) -> None:
        self.element = element
        self._found: dict[object, Element] = {}
        for child in () if element is None else element:
            self._found.setdefault(child.tag, child)

    def text(self, tag: str) -> Text:
        found = self._found.get(tag)
        return NO_TEXT if found is None else text_of(found)

    def number(self, tag: str) -> Number:
        found = self._found.get(tag)
        return NO_NUMBER if found is None else number_of(found)

    def day(self, tag: str) -> Day:
        found = self._found.get(tag)
        return NO_DAY if found is None else day_of(found)

    def group(self, *tags: str) -> _Fields:
        """The first group that is there under one of these names."""
        return _Fields(next((f for tag in tags if (f := self._found.get(tag)) is not None), None))

    def groups(self, tag: str) -> list[_Fields]:
        return [] if self.element is None else [_Fields(e) for e in self.element.iterchildren(tag)]


def _invoice(unit: Element) -> model.Invoice:
    top = _Fields(unit)
    supplier, debtor = top.group("Fournisseur"), top.group("Debiteur")
    data = top.group("DonneesFacture")
    committed = data.group("Engagement")
    return model.Invoice(
        element=unit,
        syntax="cpp",
        number=data.text("Id"),
        issue_date=data.day("DateEmissionFacture"),
        type_code=data.text("Type"),
        currency=data.text("Devise"),
        buyer_reference=debtor.text("CodeService"),
        contract=_reference(committed, "NumeroMarche"),
        order=_reference(committed, "NumeroEngagement"),
        profile=data.text("Cadre"),
        preceding=_preceding(data),
        seller=_party(supplier, "RaisonSociale"),
        buyer=_party(debtor, "Nom"),
        deliveries=_deliveries(data),
        payments=_payments(data, supplier),
        totals=_totals(data.group("Montants")),
        vat=[_vat(row) for row in data.group("TVAS", "TVAs").groups("TVA")],
        lines=[_line(row) for row in data.group("Lignes").groups("Ligne")],
    )


def _party(fields: _Fields, name: str) -> model.Party:
    kind, given = fields.text("TypeIdentifiant"), fields.text("Identifiant")
    identifiers = [Identifier(given.element, given.value, kind.clean)] if given.exists else []
    address = model.Address(element=fields.element, country=fields.text("CodePays"))
    return model.Party(
        element=fields.element, name=fields.text(name), identifiers=identifiers, address=address
    )


def _reference(fields: _Fields, tag: str) -> model.Reference:
    return model.Reference(element=fields.element, id=fields.text(tag))


def _preceding(data: _Fields) -> list[model.Reference]:
    number = data.text("IdFactureOrigine")
    return [model.Reference(element=number.element, id=number)] if number.exists else []


def _deliveries(data: _Fields) -> list[model.Delivery]:
    day = data.day("DateLivraison")
    return [model.Delivery(element=day.element, date=day)] if day.exists else []


def _payments(data: _Fields, supplier: _Fields) -> list[model.Payment]:
    """One, of what is there of the means and of the account."""
    means, bank = data.group("ModePaiement"), supplier.group("ReferenceBancaire")
    place = bank.element if means.element is None else means.element
    if place is None:
        return []
    number = bank.text("Compte")
    is_iban = bank.element is not None and bank.element.get("Type") == _IBAN
    account = model.Account(
        element=bank.element,
        id=number if is_iban else NO_TEXT,
        proprietary=NO_TEXT if is_iban else number,
        name=bank.text("RaisonSocialeEncaisseur"),
    )
    code, text = means.text("Code"), means.text("Libelle")
    return [model.Payment(element=place, code=code, text=text, account=account)]


def _totals(fields: _Fields) -> model.Totals:
    return model.Totals(
        element=fields.element,
        without_vat=fields.number("MontantHT"),
        with_vat=fields.number("MontantTTC"),
        payable=fields.number("MontantNetAPayer"),
    )


def _vat(row: _Fields) -> model.VatBreakdown:
    category = model.TaxCategory(element=row.element, rate=row.number("Taux"))
    return model.VatBreakdown(
        element=row.element,
        taxable=row.number("BaseHt"),
        tax=row.number("MontantTVA"),
        categories=[category],
    )


def _line(row: _Fields) -> model.Line:
    rate = row.number("TauxTVA")
    return model.Line(
        element=row.element,
        quantity=row.number("Quantite"),
        net=row.number("MontantHT"),
        price=model.Price(element=row.element, net=row.number("PrixUnitaire")),
        own_categories=[model.TaxCategory(element=row.element, rate=rate)] if rate.exists else [],
        item=model.Item(element=row.element, seller_id=row.text("ReferenceProduit")),
    )
