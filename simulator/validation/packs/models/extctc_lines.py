"""EXTENDED-CTC-FR: lines in a hierarchy, and what only counted lines need.

Source: behaviour of the FNFE rules EXTENDED-CTC-FR V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import Invoice, Line
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import normal
from simulator.validation.packs.models.brfr_lines import (
    DETAIL,
    GROUP,
    INFORMATION,
    counted_lines,
    own_references,
    parents_of,
    roles_of,
)
from simulator.validation.packs.models.brfr_places import children
from simulator.validation.packs.models.en16931_doubles import double_cents, double_sum, shown

rules = ModelRules()
_ROLES = frozenset((DETAIL, GROUP, INFORMATION))
_DOCUMENT = "ram:AssociatedDocumentLineDocument"

Checked = Callable[[Line], bool]


def _has_unit(quantity: Number) -> bool:
    return quantity.element is not None and quantity.element.get("unitCode") is not None


def _lacking(has: Checked, invoice: Invoice) -> Iterator[Fault]:
    for line in counted_lines(invoice):
        if not has(line) and _is_document(invoice, line):
            yield Fault(line, line.id.value)


def _is_document(invoice: Invoice, line: Line) -> bool:
    """CII says nothing of a line without its line document."""
    return invoice.syntax == "ubl" or any(True for _ in children(invoice, line, _DOCUMENT))


for _id, _has in {
    "22": lambda line: line.quantity.exists,
    "23": lambda line: _has_unit(line.quantity),
    "24": lambda line: line.net.exists,
    "26": lambda line: line.price.net.exists,
}.items():
    rules.add(f"BR-FREXT-{_id}", partial(_lacking, _has))
    rules.add(f"BR-FREXT-BR-{_id}", partial(_lacking, _has))


@rules("BR-FREXT-CO-04")
def category(invoice: Invoice) -> Iterator[Fault]:
    """A counted line has a VAT category (BT-151); UBL looks past blanks around VAT."""
    return _lacking(partial(_is_coded, invoice.syntax), invoice)


def _is_coded(syntax: str, line: Line) -> bool:
    schemes = [c.scheme.value for c in line.categories if c.code.exists]
    return any((normal(s) if syntax == "ubl" else s).upper() == "VAT" for s in schemes)


@rules("BR-FREXT-05")
def role(invoice: Invoice) -> Iterator[Fault]:
    """What a line says that it is, is DETAIL, GROUP or INFORMATION; UBL looks past blanks."""
    for line in invoice.lines:
        for said in roles_of(invoice, line)[:1]:
            value = normal(said.value) if invoice.syntax == "ubl" else said.value
            if value not in _ROLES:
                yield Fault(said)


@rules("BR-FREXT-06")
def role_below(invoice: Invoice) -> Iterator[Fault]:
    """A line that belongs to another says what it is."""
    for line in invoice.lines:
        roles = roles_of(invoice, line)
        said = roles and (invoice.syntax == "ubl" or roles[0].value)
        if not said and _parents(invoice, line):
            yield Fault(line, line.id.value)


def _parents(invoice: Invoice, line: Line) -> list[str]:
    """The lines above: in CII normalised, and none when it is blank."""
    values = [parent.value for parent in parents_of(invoice, line)]
    return values if invoice.syntax == "ubl" else [v for v in map(normal, values) if v]


@rules("BR-FREXT-11")
def parent(invoice: Invoice) -> Iterator[Fault]:
    """The line that a line belongs to is there, and is another one."""
    known = {line.id.value for line in invoice.lines if line.id.exists}
    for line in invoice.lines:
        above = _parents(invoice, line)
        others = [v for v in above if v in known and line.id.exists and v != line.id.value]
        if above and not others:
            yield Fault(line, above[0])


class _Below:
    """Net amounts of the lines below another one."""

    def __init__(self) -> None:
        self.nets: list[Number] = []
        self.groups = 0
        self.priced_groups = 0


def _below(invoice: Invoice) -> dict[str, _Below]:
    found: dict[str, _Below] = {}
    for line in invoice.lines:
        said = {r.value for r in roles_of(invoice, line)}
        if not said & {DETAIL, GROUP}:
            continue
        for above in {p.value for p in parents_of(invoice, line)}:
            below = found.setdefault(above, _Below())
            if line.net.exists:
                below.nets.append(line.net)
            if GROUP in said:
                below.groups += 1
                below.priced_groups += line.net.exists
    return found


def _priced_groups(invoice: Invoice) -> Iterator[tuple[Line, _Below]]:
    """GROUP lines with an amount, and what is below them."""
    groups = [x for x in invoice.lines if x.net.exists and _is_group(invoice, x)]
    below = invoice.once(_below) if groups else {}
    for line in groups:
        yield line, below.get(line.id.value, _Below()) if line.id.exists else _Below()


def _is_group(invoice: Invoice, line: Line) -> bool:
    if invoice.syntax == "cii":
        return line.kind.value == GROUP
    return any(r.status.value == GROUP for r in own_references(invoice, line))


@rules("BR-FREXT-08")
def group_total(invoice: Invoice) -> Iterator[Fault]:
    """The amount of a GROUP line is the sum of the lines below it, compared as doubles."""
    for line, below in _priced_groups(invoice):
        total = double_sum(below.nets)
        if total is None or line.net.value is None:
            continue
        expected = double_cents(total)
        if float(line.net.value) != expected:
            yield Fault(line.net, line.net.text, shown(expected))


@rules("BR-FREXT-12")
def priced_below(invoice: Invoice) -> Iterator[Fault]:
    """Below a GROUP line with an amount every GROUP line has one."""
    for line, below in _priced_groups(invoice):
        if below.groups != below.priced_groups:
            yield Fault(line, line.id.value)


@rules("UBL-FREXT-SR-48")
def one_category(invoice: Invoice) -> Iterator[Fault]:
    """A counted line has one VAT category, another one at most; who refers elsewhere is another."""
    for line in invoice.lines:
        roles = roles_of(invoice, line)
        refers = any(r.id.exists for r in line.preceding)
        counted = not refers or any(said.value == DETAIL for said in roles)
        count = len(line.categories)
        if count > 1 or (counted and not count):
            yield Fault(line, count, 1)
