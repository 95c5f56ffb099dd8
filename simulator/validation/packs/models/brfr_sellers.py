"""BR-FR-MV, BR-FR-BD: who sells on an invoice of several sellers, and what its lines are.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Text
from simulator.messages.invoice.model import Invoice, Line, Reference, Supporting
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import (
    BOTH_WAYS,
    SELF_BILLED,
    SEVERAL_SELLERS,
    normal,
)
from simulator.validation.packs.models.brfr_groups import (
    CADRE,
    NUMBER,
    OBJECT,
    group_lines,
    is_special,
    object_of,
    objects_of,
    tax_of,
)
from simulator.validation.packs.models.brfr_lines import own_references
from simulator.validation.packs.models.brfr_places import TRANSACTION, has

rules = ModelRules()
_REPLACING = frozenset(("384", "472", "381", "396", "503"))
_SELF_REPLACING = frozenset(("261", "471", "473", "502"))

CheckedLine = Callable[[Invoice, Line], bool]


@rules("BR-FR-MV-01_EXT-FR-FE-163")
def roles(invoice: Invoice) -> Iterator[Fault]:
    """Each line says what it is (UBL); what is said is not blank."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    for line in invoice.lines:
        if invoice.syntax == "cii":
            if line.kind.exists and not normal(line.kind.value):
                yield Fault(line.kind)
        elif not any(normal(r.status.value) for r in own_references(invoice, line)):
            yield Fault(line)


@rules("BR-FR-MV-02_EXT-FR-FE-163")
def some_group(invoice: Invoice) -> Iterator[Fault]:
    """Several sellers: there is a GROUP line."""
    if is_special(invoice, SEVERAL_SELLERS) and not group_lines(invoice) and _has_body(invoice):
        yield Fault(invoice, 0)


@rules("BR-FR-BD-02_EXT-FR-FE-163")
def two_groups(invoice: Invoice) -> Iterator[Fault]:
    """Both parties sell: there are two GROUP lines."""
    if is_special(invoice, BOTH_WAYS):
        count = len(group_lines(invoice))
        if count != 2 and _has_body(invoice):
            yield Fault(invoice, count, 2)


@rules("BR-FR-BD-02_BT-30", "BR-FR-BD-02_BT-31")
def seller_group(invoice: Invoice) -> Iterator[Fault]:
    """Both parties sell: one of the GROUP lines is the seller's."""
    return _one_group_of(invoice, invoice.seller.legal_id)


@rules("BR-FR-BD-02_BT-47")
def buyer_group(invoice: Invoice) -> Iterator[Fault]:
    """Both parties sell: one of the GROUP lines is the buyer's."""
    return _one_group_of(invoice, invoice.buyer.legal_id)


def _one_group_of(invoice: Invoice, party: Text) -> Iterator[Fault]:
    if is_special(invoice, BOTH_WAYS):
        ids = [line.seller.legal_id for line in group_lines(invoice)]
        count = sum(party.exists and i.exists and i.value == party.value for i in ids)
        if count != 1 and _has_body(invoice):
            yield Fault(party if party.exists else invoice, count, 1)


def _has_body(invoice: Invoice) -> bool:
    return has(invoice, TRANSACTION)


def _each_group(is_right: CheckedLine, invoice: Invoice) -> Iterator[Fault]:
    if is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        for line in group_lines(invoice):
            if not is_right(invoice, line):
                yield Fault(line, line.id.value)


def _has_name(_: Invoice, line: Line) -> bool:
    return bool(normal(line.seller.name.value))


def _has_legal_id(_: Invoice, line: Line) -> bool:
    return bool(normal(line.seller.legal_id.value))


def _has_country(_: Invoice, line: Line) -> bool:
    return bool(normal(line.seller.address.country.value))


def _has_tax(invoice: Invoice, line: Line) -> bool:
    return bool(normal(tax_of(line, invoice.currency).text))


def _has_accounting_tax(invoice: Invoice, line: Line) -> bool:
    return not invoice.tax_currency.exists or bool(normal(tax_of(line, invoice.tax_currency).text))


for _term, _check in {
    "EXT-FR-FE-164": _has_name,
    "EXT-FR-FE-167": _has_legal_id,
    "EXT-FR-FE-177": _has_country,
    "EXT-FR-FE-181": _has_tax,
    "EXT-FR-FE-182": _has_accounting_tax,
}.items():
    rules.add(f"BR-FR-MV-03_{_term}", partial(_each_group, _check))


def _is_numbered(invoice: Invoice, line: Line) -> bool:
    if invoice.syntax == "ubl":
        return bool(normal(object_of(invoice, line, NUMBER).value))
    return all(map(_is_given, objects_of(invoice, line, NUMBER)))


def _has_cadre(invoice: Invoice, line: Line) -> bool:
    """The cadre of an invoice in the invoice is not of several sellers itself."""
    if invoice.syntax == "ubl":
        cadre = object_of(invoice, line, CADRE).value
        return bool(normal(cadre)) and cadre not in SEVERAL_SELLERS
    found = objects_of(invoice, line, CADRE)
    return all(_is_given(r) and r.id.value not in SEVERAL_SELLERS for r in found)


def _is_given(reference: Supporting) -> bool:
    return reference.type_code.value == OBJECT and bool(normal(reference.id.value))


rules.add("BR-FR-MV-03_BT-128_AFL", partial(_each_group, _is_numbered))
rules.add("BR-FR-MV-03_BT-128_AVV", partial(_each_group, _has_cadre))


@rules("BR-FR-MV-13_BT-3")
def not_self_billed(invoice: Invoice) -> Iterator[Fault]:
    """Several sellers: the invoice is not self-billed."""
    if invoice.type_code.exists and is_special(invoice, SEVERAL_SELLERS):
        code = invoice.type_code.value
        code = normal(code) if invoice.syntax == "ubl" else code
        if not normal(code) or code in SELF_BILLED:
            yield Fault(invoice.type_code)


@rules("BR-FR-MV-BD_BT-3", "BR-FR-BD-13_BT-3")
def self_billed(invoice: Invoice) -> Iterator[Fault]:
    """Both parties sell: the invoice is self-billed."""
    code = invoice.type_code
    if code.exists and normal(code.value) not in SELF_BILLED and is_special(invoice, BOTH_WAYS):
        yield Fault(code)


def _replaced(
    cadres: frozenset[str], types: frozenset[str], is_named: CheckedLine, invoice: Invoice
) -> Iterator[Fault]:
    if is_special(invoice, cadres) and invoice.type_code.value in types:
        for line in group_lines(invoice):
            if not is_named(invoice, line):
                yield Fault(line, line.id.value)


def _others(invoice: Invoice, line: Line) -> list[Reference]:
    """References of a line to other invoices; in UBL those that say a number at all."""
    if invoice.syntax == "cii":
        return list(line.preceding)
    number = invoice.number
    return [
        r for r in line.preceding if number.exists and r.id.exists and r.id.value != number.value
    ]


def _names_invoice(invoice: Invoice, line: Line) -> bool:
    return any(r.id.exists for r in _others(invoice, line))


def _names_date(invoice: Invoice, line: Line) -> bool:
    return any(r.date.exists for r in _others(invoice, line))


for _prefix, _cadres, _types in (
    ("MV", SEVERAL_SELLERS, _REPLACING),
    ("BD", BOTH_WAYS, _SELF_REPLACING),
):
    for _term, _named in (("136", _names_invoice), ("138", _names_date)):
        rules.add(
            f"BR-FR-{_prefix}-14-EXT-FR-FE-{_term}", partial(_replaced, _cadres, _types, _named)
        )
