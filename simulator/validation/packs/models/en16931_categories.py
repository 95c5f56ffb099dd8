"""Which VAT categories an invoice uses, where, and for how much: collected once for all rules on them.

The neutral invoice sums up by the code as it is meant; here CII codes are those that are written, as
the official rules compare them, and what stands where the semantic model has nothing is found too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import Invoice, TaxCategory, VatBreakdown, VatSum
from simulator.validation.packs.model import Fault, Function
from simulator.validation.packs.models.en16931_anywhere import (
    CAC,
    CBC,
    RAM,
    anywhere,
    stray_category,
)

_UDT = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100}"
# The category elements: of an item or line, of anything else.
_NAMES = {
    "ubl": ("ClassifiedTaxCategory", "TaxCategory"),
    "cii": ("ApplicableTradeTax", "CategoryTradeTax"),
}
# Elements whose category is one of an allowance or charge, and what tells which it is.
_CHARGES = {
    "ubl": {f"{CAC}AllowanceCharge": f"{CBC}ChargeIndicator"},
    "cii": {
        f"{RAM}SpecifiedTradeAllowanceCharge": f"{RAM}ChargeIndicator/{_UDT}Indicator",
        f"{RAM}AppliedTradeAllowanceCharge": "",
    },
}
_Part = Literal["lines", "allowances", "charges"]


class Use(msgspec.Struct, gc=False):
    """Where one category code is used, whatever the tax scheme.

    Attributes:
        lines: BG-30.
        allowances: BG-20.
        charges: BG-21.
        rows: BG-23 with the category in it.
        inner_lines: of items elsewhere, such as lines inside lines.
        inner_allowances, inner_charges: of allowances and charges of lines (UBL: also of prices).
        unsigned: of what does not say whether it is an allowance or a charge (CII: of prices).
        inner_rows: of anything else, such as tax subtotals on lines.
        sum: what the lines, allowances and charges of the document come to.
        sums: the same by rate; what has no readable rate is left out.
    """

    lines: list[TaxCategory] = msgspec.field(default_factory=list)
    allowances: list[TaxCategory] = msgspec.field(default_factory=list)
    charges: list[TaxCategory] = msgspec.field(default_factory=list)
    rows: list[tuple[VatBreakdown, TaxCategory]] = msgspec.field(default_factory=list)
    inner_lines: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_allowances: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_charges: list[TaxCategory] = msgspec.field(default_factory=list)
    unsigned: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_rows: list[TaxCategory] = msgspec.field(default_factory=list)
    sum: VatSum = msgspec.field(default_factory=VatSum)
    sums: dict[Decimal, VatSum] = msgspec.field(default_factory=dict)

    @property
    def all_lines(self) -> list[TaxCategory]:
        """On items of any level."""
        return self.lines + self.inner_lines

    @property
    def all_allowances(self) -> list[TaxCategory]:
        """On allowances of any level."""
        return self.allowances + self.inner_allowances

    @property
    def all_charges(self) -> list[TaxCategory]:
        """On charges of any level."""
        return self.charges + self.inner_charges

    @property
    def charged(self) -> list[TaxCategory]:
        """On allowances and charges of any level, whether or not they say which they are."""
        return self.all_allowances + self.all_charges + self.unsigned

    @property
    def categories(self) -> list[TaxCategory]:
        """All but those of the breakdown."""
        return self.all_lines + self.charged + self.inner_rows

    @property
    def vat_rows(self) -> list[tuple[VatBreakdown, TaxCategory]]:
        """BG-23 of scheme VAT."""
        return [(row, category) for row, category in self.rows if is_vat(category)]


NO_USE = Use()
Uses = dict[str, Use]


def uses(invoice: Invoice) -> Uses:
    """By category code; ``""`` for categories without one."""
    return invoice.once(_uses)


def use_of(invoice: Invoice, code: str) -> Use:
    """Where a code is used; an empty one when it is not."""
    return invoice.once(_uses).get(code, NO_USE)


def of_code(code: str, rule: Callable[[Use, Invoice], Iterable[Fault]]) -> Function:
    """A rule on one category, which has nothing to say of an invoice that does not use it."""

    def judged(invoice: Invoice) -> Iterable[Fault]:
        use = invoice.once(_uses).get(code)
        return () if use is None else rule(use, invoice)

    return judged


def is_vat(category: TaxCategory) -> bool:
    """Whether the scheme is VAT, in any case."""
    return category.scheme.value == "VAT" or category.is_vat


def _uses(invoice: Invoice) -> Uses:
    seen = _Seen(invoice)
    for line in invoice.lines:
        for category in line.categories:
            seen.use(category).lines.append(category)
        seen.add("lines", line.net, line.categories)
    for part in invoice.allowance_charges:
        is_known = part.is_allowance or part.is_charge
        name: _Part = "allowances" if part.is_allowance else "charges"
        for category in part.categories:
            use = seen.use(category)
            (getattr(use, name) if is_known else use.unsigned).append(category)
        if is_known:
            seen.add(name, part.amount, part.categories)
    for row in invoice.vat:
        for category in row.categories:
            seen.use(category).rows.append((row, category))
    seen.add_strays()
    return seen.found


class _Seen:
    """Uses as they are collected."""

    def __init__(self, invoice: Invoice) -> None:
        self.found: Uses = {}
        self._invoice = invoice
        self._count = 0
        self._raw = invoice.syntax == "cii"

    def use(self, category: TaxCategory) -> Use:
        """The use of the code of a category, which is counted."""
        self._count += 1
        code = self._code(category)
        use = self.found.get(code)
        if use is None:
            use = self.found[code] = Use()
        return use

    def add(self, part: _Part, amount: Number, categories: Sequence[TaxCategory]) -> None:
        """Adds an amount to its codes and rates; of several it counts for each."""
        if len(categories) == 1:
            use, rate = self.found[self._code(categories[0])], categories[0].rate.value
            _add(use.sum, part, amount)
            if rate is not None:
                _add(_of_rate(use, rate), part, amount)
            return
        rates = {c.rate.value for c in categories if c.rate.value is not None}
        for use in [self.found[code] for code in {self._code(c) for c in categories}]:
            _add(use.sum, part, amount)
            for rate in rates:
                _add(_of_rate(use, rate), part, amount)

    def add_strays(self) -> None:
        """Adds the categories that the neutral invoice does not have."""
        items, others = (anywhere(self._invoice)[n] for n in _NAMES[self._invoice.syntax])
        if len(items) + len(others) == self._count:
            return
        known = {category.element for category in self._known()}
        for element in (e for e in items if e not in known):
            category = stray_category(self._invoice, element)
            self.use(category).inner_lines.append(category)
        for element in (e for e in others if e not in known):
            category = stray_category(self._invoice, element)
            self._place(element, self.use(category)).append(category)

    def _code(self, category: TaxCategory) -> str:
        value = category.code.value
        return value if self._raw or value.isalpha() else category.code.clean

    def _known(self) -> Iterator[TaxCategory]:
        for use in self.found.values():
            yield from use.categories
            for _, category in use.rows:
                yield category

    def _place(self, element: Element, use: Use) -> list[TaxCategory]:
        parent = element.getparent()
        charges = _CHARGES[self._invoice.syntax]
        if parent is None or parent.tag not in charges:
            return use.inner_rows
        path = charges[parent.tag]
        indicator = (parent.findtext(path) or "").strip() if path else ""
        if indicator in ("true", "1"):
            return use.inner_charges
        return use.inner_allowances if indicator in ("false", "0") else use.unsigned


def _of_rate(use: Use, rate: Decimal) -> VatSum:
    found = use.sums.get(rate)
    if found is None:
        found = use.sums[rate] = VatSum()
    return found


def _add(into: VatSum, part: _Part, amount: Number) -> None:
    into.count += 1
    value = amount.value
    if value is None:
        into.unknown = into.unknown or amount.bad
    elif part == "lines":
        into.lines += value
    elif part == "charges":
        into.charges += value
    else:
        into.allowances += value
