"""Which VAT categories an invoice uses, and where: collected once for the rules on each of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.model import (
    AllowanceCharge,
    Invoice,
    TaxCategory,
    VatBreakdown,
)
from simulator.validation.packs.models.en16931_anywhere import (
    CAC,
    CBC,
    RAM,
    anywhere,
    is_below,
    stray_category,
)

_UDT = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100}"
# Elements that hold the category of an allowance or charge, on any level.
_CHARGES = {"ubl": f"{CAC}AllowanceCharge", "cii": f"{RAM}SpecifiedTradeAllowanceCharge"}
_INDICATOR = {"ubl": f"{CBC}ChargeIndicator", "cii": f"{RAM}ChargeIndicator/{_UDT}Indicator"}
# Names of the category elements: of an item or line, of anything else.
_NAMES = {
    "ubl": ("ClassifiedTaxCategory", "TaxCategory"),
    "cii": ("ApplicableTradeTax", "CategoryTradeTax"),
}


class Use(msgspec.Struct, gc=False):
    """Where one category code is used, whatever the tax scheme.

    Attributes:
        lines: BG-30.
        allowances: BG-20.
        charges: BG-21.
        rows: BG-23 with the category in it.
        inner_lines: of items elsewhere, such as lines inside lines.
        inner_allowances, inner_charges: of allowances and charges on lines and prices.
        inner_rows: of anything else: tax subtotals on lines, in CII allowances of prices.
    """

    lines: list[TaxCategory] = msgspec.field(default_factory=list)
    allowances: list[TaxCategory] = msgspec.field(default_factory=list)
    charges: list[TaxCategory] = msgspec.field(default_factory=list)
    rows: list[tuple[VatBreakdown, TaxCategory]] = msgspec.field(default_factory=list)
    inner_lines: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_allowances: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_charges: list[TaxCategory] = msgspec.field(default_factory=list)
    inner_rows: list[TaxCategory] = msgspec.field(default_factory=list)

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
        """On allowances and charges of any level, in CII also on those of prices."""
        return self.all_allowances + self.all_charges + self.inner_rows

    @property
    def categories(self) -> list[TaxCategory]:
        """All but those of the breakdown."""
        return self.all_lines + self.charged

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


def is_vat(category: TaxCategory) -> bool:
    """Whether the scheme is VAT, in any case."""
    return category.scheme.value == "VAT" or category.is_vat


def _uses(invoice: Invoice) -> Uses:
    seen = _Seen(invoice)
    for line in invoice.lines:
        for category in line.categories:
            seen.use(category).lines.append(category)
    for part in invoice.allowance_charges:
        for category in part.categories:
            seen.charged(part, category)
    for row in invoice.vat:
        for category in row.categories:
            seen.use(category).rows.append((row, category))
    items, others = (anywhere(invoice)[name] for name in _NAMES[invoice.syntax])
    if len(items) + len(others) > seen.count:
        _add_strays(invoice, seen, items, others)
    return seen.found


class _Seen:
    """Uses as they are collected."""

    def __init__(self, invoice: Invoice) -> None:
        self.found: Uses = {}
        self.count = 0
        self._raw = invoice.syntax == "cii"  # where the official rules compare codes as they stand

    def use(self, category: TaxCategory, *, stray: bool = False) -> Use:
        self.count += not stray
        code = category.code.value if self._raw else category.code.clean
        use = self.found.get(code)
        if use is None:
            use = self.found[code] = Use()
        return use

    def charged(self, part: AllowanceCharge, category: TaxCategory) -> None:
        use = self.use(category)
        if part.is_allowance:
            use.allowances.append(category)
        elif part.is_charge:
            use.charges.append(category)
        else:
            use.inner_rows.append(category)


def _add_strays(
    invoice: Invoice, seen: _Seen, items: list[Element], others: list[Element]
) -> None:
    known = {category.element for category in _known(seen.found)}
    for element in items:
        if element not in known:
            category = stray_category(invoice, element)
            seen.use(category, stray=True).inner_lines.append(category)
    for element in others:
        if element not in known:
            category = stray_category(invoice, element)
            _place(invoice, element, seen.use(category, stray=True)).append(category)


def _known(found: Uses) -> Iterator[TaxCategory]:
    for use in found.values():
        yield from use.categories
        for _, category in use.rows:
            yield category


def _place(invoice: Invoice, element: Element, use: Use) -> list[TaxCategory]:
    parent = element.getparent()
    if parent is None or not is_below(element, _CHARGES[invoice.syntax]):
        return use.inner_rows
    indicator = (parent.findtext(_INDICATOR[invoice.syntax]) or "").strip()
    if indicator in ("true", "1"):
        return use.inner_charges
    return use.inner_allowances if indicator in ("false", "0") else use.inner_rows
