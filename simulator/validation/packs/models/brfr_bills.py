"""BR-FR-MV: numbers and sums of the invoices in an invoice.

Sums are sums of doubles, as the official rules have them: a difference of exactly one cent may be
more than 0.01.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from simulator.messages.invoice.fields import Number, Text, text_of
from simulator.messages.invoice.model import Group, Invoice, Line
from simulator.messages.invoice.rounding import double_total
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import BOTH_WAYS, SEVERAL_SELLERS, normal
from simulator.validation.packs.models.brfr_groups import (
    NUMBER,
    OBJECT,
    group_lines,
    is_special,
    object_of,
    objects_of,
    tax_of,
)
from simulator.validation.packs.models.brfr_lines import (
    DETAIL,
    GROUP,
    INFORMATION,
    own_references,
    parents_of,
    roles_of,
)
from simulator.validation.packs.models.brfr_places import elements

rules = ModelRules()
_CENT = Decimal("0.01")


@rules("BR-FR-MV-05_EXT-FR-FE-BG-12")
def group_total(invoice: Invoice) -> Iterator[Fault]:
    """The net amount of a GROUP line is that of the lines below it, within a cent for each."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    below = _amounts_by_parent(invoice)
    for group in group_lines(invoice):
        parts = below.get(normal(group.id.value), [])
        total = double_total(parts)
        if total is None or group.net.bad:
            continue
        if not _is_near(group.net.value, total, _CENT * len(parts)):
            yield Fault(group.net if group.net.exists else group, group.net.text, total)


def _amounts_by_parent(invoice: Invoice) -> dict[str, list[Number]]:
    found: dict[str, list[Number]] = {}
    for line in invoice.lines:
        if line.net.exists:
            for parent in _counted_below(invoice, line):
                found.setdefault(parent, []).append(line.net)
    return found


def _counted_below(invoice: Invoice, line: Line) -> set[str]:
    """The lines to whose sum a line counts; what only informs does not."""
    if invoice.syntax == "cii":
        counts = line.kind.exists and line.kind.value != INFORMATION and line.parent.exists
        return {line.parent.value} if counts else set()
    own = own_references(invoice, line)
    return {
        r.line.value
        for r in own
        if r.line.exists and r.status.exists and r.status.value != INFORMATION
    }


def _is_near(stated: Decimal | None, expected: Decimal, slack: Decimal) -> bool:
    """``abs($stated - $expected) <= $slack`` where what is expected is a double."""
    if stated is None:
        return False
    return abs(float(stated) - float(expected)) <= float(slack)


@rules("BR-FR-MV-06_EXT-FR-FE-167")
def same_seller(invoice: Invoice) -> Iterator[Fault]:
    """Each line names its seller, the one of the line above it."""
    return _as_parent(invoice, lambda line: normal(line.seller.legal_id.value))


@rules("BR-FR-MV-07_BT-128")
def same_number(invoice: Invoice) -> Iterator[Fault]:
    """Each line has the number of its invoice (AFL), the one of the line above it."""
    return _as_parent(invoice, lambda line: normal(object_of(invoice, line, NUMBER).value))


def _as_parent(invoice: Invoice, value_of: Callable[[Line], str]) -> Iterator[Fault]:
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    values: dict[str, str] = {}
    for line in invoice.lines:
        if line.id.exists:
            values.setdefault(line.id.value, value_of(line))
    for line in invoice.lines:
        value, parents = value_of(line), parents_of(invoice, line)
        expected = values.get(parents[0].value, "") if parents else value
        if not value or value != expected:
            yield Fault(line, value, expected)


@rules("BR-FR-MV-08_BT-128")
def numbered_reason(invoice: Invoice) -> Iterator[Fault]:
    """The exemption reason of a DETAIL line begins with the number of its invoice."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    for line in filter(partial(_is_detail, invoice), invoice.lines):
        number = normal(object_of(invoice, line, NUMBER).value)
        reason = line.category.reason
        if not number or not reason.value.startswith(f"#{number}#"):
            yield Fault(reason if reason.exists else line, reason.value, f"#{number}#")


def _is_detail(invoice: Invoice, line: Line) -> bool:
    return any(role.value == DETAIL for role in roles_of(invoice, line))


@rules("BR-FR-MV-09_EXT-FR-FE-181")
def group_tax(invoice: Invoice) -> Iterator[Fault]:
    """VAT of a GROUP line is what the breakdown has under its number, within a cent."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    for group in group_lines(invoice):
        start = f"#{normal(object_of(invoice, group, NUMBER).value)}#"
        expected = double_total(
            row.tax
            for row in invoice.vat
            if row.category.scheme.value == "VAT" and row.category.reason.value.startswith(start)
        )
        stated = tax_of(group, invoice.currency)
        if expected is None or stated.bad:
            continue
        if not _is_near(stated.value, expected, _CENT):
            yield Fault(stated if stated.exists else group, stated.text, expected)


@rules("BR-FR-MV-10_EXT-FR-FE-184")
def group_with_tax(invoice: Invoice) -> Iterator[Fault]:
    """A GROUP line with VAT is its net amount and its VAT, within a cent for each line below it."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    counts = _counts_by_parent(invoice)
    for group in group_lines(invoice):
        stated, net, tax = group.with_vat, group.net, tax_of(group, invoice.currency)
        if not stated.exists or net.bad or tax.bad or (stated.bad and normal(stated.text)):
            continue
        if stated.value is None or net.value is None or tax.value is None:
            yield Fault(stated, stated.text)
        elif abs(stated.value - net.value - tax.value) > _CENT * counts.get(group.id.value, 0):
            yield Fault(stated, stated.text, net.value + tax.value)


def _counts_by_parent(invoice: Invoice) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in invoice.lines:
        if invoice.syntax == "cii":
            parents = [line.parent] if line.kind.value in (DETAIL, GROUP) else []
        else:
            own = own_references(invoice, line)
            parents = [r.line for r in own if r.status.value in (DETAIL, GROUP)]
        for parent in parents:
            if parent.exists:
                found[parent.value] = found.get(parent.value, 0) + 1
    return found


@rules("BR-FR-MV-11_BT-128")
def seller_number(invoice: Invoice) -> Iterator[Fault]:
    """Of the seller's own GROUP lines one has the number of the whole invoice."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    own = [line for line in group_lines(invoice) if _is_of_seller(invoice, line)]
    numbers = [object_of(invoice, line, NUMBER).value for line in own]
    whole = invoice.number.value
    count = numbers.count(whole) if invoice.number.exists else 0
    for line, number in zip(own, numbers, strict=True):
        same = normal(number) == whole
        if not (count == 1 or (count == 0 and same) or (count > 1 and not same)):
            yield Fault(line, number, whole)


def _is_of_seller(invoice: Invoice, line: Line) -> bool:
    seller, own = invoice.seller.legal_id, line.seller.legal_id
    value = normal(own.value) if invoice.syntax == "ubl" else own.value
    return seller.exists and own.exists and value == seller.value


@rules("BR-FR-MV-12_BT-128")
def number_twice(invoice: Invoice) -> Iterator[Fault]:
    """No GROUP line has a number that was there before."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    ours = {
        r.id.element
        for line in group_lines(invoice)
        for r in objects_of(invoice, line, NUMBER)
        if r.type_code.value == OBJECT
    }
    seen: set[str] = set()
    for number in _numbers(invoice):
        if number.element in ours and number.value in seen:
            yield Fault(number)
            return
        seen.add(number.value)


def _numbers(invoice: Invoice) -> Iterator[Text]:
    """What a number must not repeat: in CII any identifier of a referenced document."""
    if invoice.syntax == "cii":
        yield from map(text_of, elements(invoice, invoice, ".//ram:IssuerAssignedID"))
        return
    for document in elements(invoice, invoice, ".//cac:DocumentReference"):
        group = Group(element=document)
        types = [text_of(e).value for e in elements(invoice, group, "cbc:DocumentTypeCode")]
        if OBJECT in types:
            ids = map(text_of, elements(invoice, group, "cbc:ID"))
            yield from (i for i in ids if i.scheme == NUMBER)
