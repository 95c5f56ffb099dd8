"""BR-FR-MV, BR-FR-BD: invoices of several sellers, and those that both parties sell on.

The former are cadres B8, S8 and M8, the latter B9, S9 and M9.
Such an invoice holds one invoice a GROUP line, whose DETAIL lines name it as their parent. In UBL a
line says what it is in a reference to the invoice itself, in CII in the line document. Sums are
sums of doubles, as the official rules have them.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial

from simulator.messages.invoice.fields import NO_NUMBER, NO_TEXT, Number, Text, text_of
from simulator.messages.invoice.model import Group, Invoice, Line, Reference, Supporting
from simulator.messages.invoice.rounding import double_total
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import (
    BOTH_WAYS,
    SELF_BILLED,
    SEVERAL_SELLERS,
    normal,
)
from simulator.validation.packs.models.brfr_places import TRANSACTION, elements, has

rules = ModelRules()
_GROUP = "GROUP"
_DETAIL = "DETAIL"
_INFORMATION = "INFORMATION"
_OBJECT = "130"
_NUMBER = "AFL"
_CADRE = "AVV"
_CENT = Decimal("0.01")
_REPLACING = frozenset(("384", "472", "381", "396", "503"))
_SELF_REPLACING = frozenset(("261", "471", "473", "502"))

Checked = Callable[[Invoice], Iterable[Fault]]
CheckedLine = Callable[[Invoice, Line], bool]


def is_special(invoice: Invoice, *cadres: frozenset[str]) -> bool:
    """Whether BT-23 is one of these cadres."""
    profile = normal(invoice.profile.value)
    return any(profile in some for some in cadres)


def own_references(invoice: Invoice, line: Line) -> list[Reference]:
    """References of a line to the invoice that it stands in (UBL)."""
    number = invoice.number
    return [
        r for r in line.preceding if number.exists and r.id.exists and r.id.value == number.value
    ]


def group_lines(invoice: Invoice) -> list[Line]:
    """The lines that begin an invoice in the invoice; in UBL one for each reference that says so."""
    if invoice.syntax == "cii":
        return [x for x in invoice.lines if x.kind.value == _GROUP and not x.parent.exists]
    return [
        line
        for line in invoice.lines
        for r in own_references(invoice, line)
        if r.status.value == _GROUP and not r.line.exists
    ]


def parents_of(invoice: Invoice, line: Line) -> list[Text]:
    """Identifiers of the line above."""
    if invoice.syntax == "cii":
        return [line.parent] if line.parent.exists else []
    return [r.line for r in own_references(invoice, line) if r.line.exists]


def _objects(invoice: Invoice, line: Line, scheme: str) -> list[Supporting]:
    """BT-128 of a scheme: AFL number, AVV cadre of the invoice in the invoice."""
    if invoice.syntax == "cii":
        return [r for r in line.references if r.scheme.value == scheme]
    return [r for r in line.references if r.id.scheme == scheme]


def _object(invoice: Invoice, line: Line, scheme: str) -> Text:
    found = _objects(invoice, line, scheme)
    return next((r.id for r in found if r.type_code.value == _OBJECT and r.id.exists), NO_TEXT)


def _tax(line: Line, currency: Text) -> Number:
    """VAT of a line in a currency."""
    if not currency.exists:
        return NO_NUMBER
    found = (t.amount for t in line.tax_totals)
    return next((a for a in found if a.exists and a.currency == currency.value), NO_NUMBER)


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
    return bool(normal(_tax(line, invoice.currency).text))


def _has_accounting_tax(invoice: Invoice, line: Line) -> bool:
    return not invoice.tax_currency.exists or bool(normal(_tax(line, invoice.tax_currency).text))


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
        return bool(normal(_object(invoice, line, _NUMBER).value))
    return all(map(_is_given, _objects(invoice, line, _NUMBER)))


def _has_cadre(invoice: Invoice, line: Line) -> bool:
    """The cadre of an invoice in the invoice is not of several sellers itself."""
    if invoice.syntax == "ubl":
        cadre = _object(invoice, line, _CADRE).value
        return bool(normal(cadre)) and cadre not in SEVERAL_SELLERS
    found = _objects(invoice, line, _CADRE)
    return all(_is_given(r) and r.id.value not in SEVERAL_SELLERS for r in found)


def _is_given(reference: Supporting) -> bool:
    return reference.type_code.value == _OBJECT and bool(normal(reference.id.value))


rules.add("BR-FR-MV-03_BT-128_AFL", partial(_each_group, _is_numbered))
rules.add("BR-FR-MV-03_BT-128_AVV", partial(_each_group, _has_cadre))


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
        counts = line.kind.exists and line.kind.value != _INFORMATION and line.parent.exists
        return {line.parent.value} if counts else set()
    own = own_references(invoice, line)
    return {
        r.line.value
        for r in own
        if r.line.exists and r.status.exists and r.status.value != _INFORMATION
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
    return _as_parent(invoice, lambda line: normal(_object(invoice, line, _NUMBER).value))


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
        number = normal(_object(invoice, line, _NUMBER).value)
        reason = line.category.reason
        if not number or not reason.value.startswith(f"#{number}#"):
            yield Fault(reason if reason.exists else line, reason.value, f"#{number}#")


def _is_detail(invoice: Invoice, line: Line) -> bool:
    if invoice.syntax == "cii":
        return line.kind.value == _DETAIL
    return any(r.status.value == _DETAIL for r in own_references(invoice, line))


@rules("BR-FR-MV-09_EXT-FR-FE-181")
def group_tax(invoice: Invoice) -> Iterator[Fault]:
    """VAT of a GROUP line is what the breakdown has under its number, within a cent."""
    if not is_special(invoice, SEVERAL_SELLERS, BOTH_WAYS):
        return
    for group in group_lines(invoice):
        start = f"#{normal(_object(invoice, group, _NUMBER).value)}#"
        expected = double_total(
            row.tax
            for row in invoice.vat
            if row.category.scheme.value == "VAT" and row.category.reason.value.startswith(start)
        )
        stated = _tax(group, invoice.currency)
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
        stated, net, tax = group.with_vat, group.net, _tax(group, invoice.currency)
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
            parents = [line.parent] if line.kind.value in (_DETAIL, _GROUP) else []
        else:
            own = own_references(invoice, line)
            parents = [r.line for r in own if r.status.value in (_DETAIL, _GROUP)]
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
    numbers = [_object(invoice, line, _NUMBER).value for line in own]
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
        for r in _objects(invoice, line, _NUMBER)
        if r.type_code.value == _OBJECT
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
        if _OBJECT in types:
            ids = map(text_of, elements(invoice, group, "cbc:ID"))
            yield from (i for i in ids if i.scheme == _NUMBER)


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
