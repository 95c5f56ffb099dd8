"""The neutral invoice (EN 16931), each field with the term (BT) or group (BG) that it holds.

Its groups are in `parties` and `groups`; all names can be had from here.

Source: EN 16931-1:2017 clause 6.3 (the semantic model).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any, Literal, TypeVar

import msgspec

from simulator.messages.invoice.fields import NO_DAY, NO_NUMBER, NO_TEXT, Day, Number, Text
from simulator.messages.invoice.groups import (
    NO_ACCOUNT,
    NO_CARD,
    NO_CATEGORY,
    NO_DELIVERY,
    NO_ITEM,
    NO_PERIOD,
    NO_PRICE,
    NO_REFERENCE,
    NO_TERMS,
    NO_TOTALS,
    Account,
    AllowanceCharge,
    Attribute,
    Card,
    Delivery,
    Item,
    Line,
    Note,
    Payment,
    Period,
    Price,
    Reference,
    Supporting,
    TaxCategory,
    TaxTotal,
    Terms,
    Totals,
    VatBreakdown,
)
from simulator.messages.invoice.parties import (
    NO_ADDRESS,
    NO_CONTACT,
    NO_PARTY,
    Address,
    Contact,
    Group,
    Party,
    TaxRegistration,
)

__all__ = [
    "NO_ACCOUNT",
    "NO_ADDRESS",
    "NO_CARD",
    "NO_CATEGORY",
    "NO_CONTACT",
    "NO_DELIVERY",
    "NO_ITEM",
    "NO_PARTY",
    "NO_PERIOD",
    "NO_PRICE",
    "NO_REFERENCE",
    "NO_TERMS",
    "NO_TOTALS",
    "Account",
    "Address",
    "AllowanceCharge",
    "Attribute",
    "Card",
    "Contact",
    "Delivery",
    "Group",
    "Invoice",
    "Item",
    "Line",
    "Note",
    "Party",
    "Payment",
    "Period",
    "Price",
    "Reference",
    "Supporting",
    "TaxCategory",
    "TaxRegistration",
    "TaxTotal",
    "Terms",
    "Totals",
    "VatBreakdown",
    "VatSum",
]

_NOTE_MARK = "#"
_Part = Literal["lines", "charges", "allowances"]
T = TypeVar("T")


class VatSum(msgspec.Struct):
    """What lines, charges and allowances of one VAT category and rate come to.

    Attributes:
        lines: sum of BT-131.
        charges: sum of BT-99.
        allowances: sum of BT-92.
        count: how many were added.
        unknown: whether the amount of one of them is not a number, so that the sums mean nothing.
    """

    lines: Decimal = Decimal()
    charges: Decimal = Decimal()
    allowances: Decimal = Decimal()
    count: int = 0
    unknown: bool = False

    @property
    def taxable(self) -> Decimal:
        """What BT-116 should be."""
        return self.lines + self.charges - self.allowances


class Invoice(Group, frozen=True, eq=False, kw_only=True, dict=True, gc=True):
    """An invoice or credit note.

    Attributes:
        syntax: ``ubl`` or ``cii``.
        is_credit_note: whether the root element is a UBL CreditNote.
        number: BT-1.
        issue_date: BT-2.
        type_code: BT-3.
        currency: BT-5.
        tax_currency: BT-6.
        tax_point_date: BT-7 (UBL; CII has it in the breakdown).
        due_date: BT-9 (UBL; CII has it in `terms`).
        buyer_reference: BT-10.
        project: BT-11.
        contract: BT-12.
        order: BT-13.
        sales_order: BT-14.
        receipt: BT-15.
        despatch: BT-16.
        tender: BT-17 (UBL).
        accounting: BT-19.
        payment_terms: BT-20, BT-9 (CII); one in EN 16931, several in extensions.
        notes: BG-1.
        profile: BT-23, cadre de facturation.
        specification: BT-24.
        preceding: BG-3.
        seller: BG-4.
        buyer: BG-7.
        payee: BG-10.
        representative: BG-11.
        deliveries: BG-13.
        period: BG-14.
        payments: BG-16.
        remittance: BT-83 (CII; UBL has it in `payments`).
        creditor: BT-90 (CII; UBL has it among the identifiers of seller or payee, scheme SEPA).
        allowance_charges: BG-20, BG-21.
        totals: BG-22.
        all_totals: the same, and those that are there beside the first, where none should be.
        tax_totals: BT-110, BT-111.
        vat: BG-23.
        supporting: BG-24, BT-17 (CII), BT-18.
        lines: BG-25.
        logistics: charges for transport and the like beside BG-21 (CII, extension).
        seller_agents, buyer_agents: agents of either side (extension EXT-FR-FE-BG-03, -01).
        payers: who pays (extension EXT-FR-FE-BG-02).
        invoicers, invoicees: who sends and receives the invoice for them (extension
            EXT-FR-FE-BG-05, -04).
    """

    syntax: str = ""
    is_credit_note: bool = False
    number: Text = NO_TEXT
    issue_date: Day = NO_DAY
    type_code: Text = NO_TEXT
    currency: Text = NO_TEXT
    tax_currency: Text = NO_TEXT
    tax_point_date: Day = NO_DAY
    due_date: Day = NO_DAY
    buyer_reference: Text = NO_TEXT
    project: Reference = NO_REFERENCE
    contract: Reference = NO_REFERENCE
    order: Reference = NO_REFERENCE
    sales_order: Text = NO_TEXT
    receipt: Reference = NO_REFERENCE
    despatch: Reference = NO_REFERENCE
    tender: Reference = NO_REFERENCE
    accounting: Text = NO_TEXT
    payment_terms: Sequence[Terms] = ()
    notes: Sequence[Note] = ()
    profile: Text = NO_TEXT
    specification: Text = NO_TEXT
    preceding: Sequence[Reference] = ()
    seller: Party = NO_PARTY
    buyer: Party = NO_PARTY
    payee: Party = NO_PARTY
    representative: Party = NO_PARTY
    deliveries: Sequence[Delivery] = ()
    period: Period = NO_PERIOD
    payments: Sequence[Payment] = ()
    remittance: Text = NO_TEXT
    creditor: Text = NO_TEXT
    allowance_charges: Sequence[AllowanceCharge] = ()
    totals: Totals = NO_TOTALS
    all_totals: Sequence[Totals] = ()
    tax_totals: Sequence[TaxTotal] = ()
    vat: Sequence[VatBreakdown] = ()
    supporting: Sequence[Supporting] = ()
    lines: Sequence[Line] = ()
    logistics: Sequence[AllowanceCharge] = ()
    seller_agents: Sequence[Party] = ()
    buyer_agents: Sequence[Party] = ()
    payers: Sequence[Party] = ()
    invoicers: Sequence[Party] = ()
    invoicees: Sequence[Party] = ()

    @property
    def terms(self) -> Terms:
        """The first payment terms: BT-20."""
        return self.payment_terms[0] if self.payment_terms else NO_TERMS

    @property
    def delivery(self) -> Delivery:
        """The first delivery."""
        return self.deliveries[0] if self.deliveries else NO_DELIVERY

    @cached_property
    def allowances(self) -> tuple[AllowanceCharge, ...]:
        """BG-20."""
        return tuple(a for a in self.allowance_charges if a.is_allowance)

    @cached_property
    def charges(self) -> tuple[AllowanceCharge, ...]:
        """BG-21."""
        return tuple(a for a in self.allowance_charges if a.is_charge)

    @cached_property
    def own_tax_totals(self) -> tuple[TaxTotal, ...]:
        """The VAT totals in the invoice currency: candidates for BT-110."""
        return self._taxes_in(self.currency)

    @cached_property
    def accounting_tax_totals(self) -> tuple[TaxTotal, ...]:
        """The VAT totals in the accounting currency: candidates for BT-111."""
        return self._taxes_in(self.tax_currency)

    @property
    def vat_total(self) -> Number:
        """BT-110: the first VAT total in the invoice currency."""
        found = self.own_tax_totals
        return found[0].amount if found else NO_NUMBER

    @property
    def vat_total_accounting(self) -> Number:
        """BT-111: the first VAT total in the accounting currency."""
        found = self.accounting_tax_totals
        return found[0].amount if found else NO_NUMBER

    @cached_property
    def breakdown(self) -> dict[str, tuple[VatBreakdown, ...]]:
        """BG-23 by category code, those of scheme VAT only."""
        return _by_code((row, row.category) for row in self.vat if row.category.is_vat)

    @cached_property
    def any_breakdown(self) -> dict[str, tuple[VatBreakdown, ...]]:
        """BG-23 by category code, whatever their scheme."""
        return _by_code((row, row.category) for row in self.vat)

    @cached_property
    def line_categories(self) -> dict[str, tuple[TaxCategory, ...]]:
        """BG-30 of all lines by category code (BT-151), whatever their scheme."""
        return _by_code((c, c) for line in self.lines for c in line.categories)

    @cached_property
    def allowance_categories(self) -> dict[str, tuple[TaxCategory, ...]]:
        """The same of the document allowances (BT-95)."""
        return _by_code((c, c) for a in self.allowances for c in a.categories)

    @cached_property
    def charge_categories(self) -> dict[str, tuple[TaxCategory, ...]]:
        """The same of the document charges (BT-102)."""
        return _by_code((c, c) for a in self.charges for c in a.categories)

    @cached_property
    def vat_sums(self) -> dict[tuple[str, Decimal], VatSum]:
        """Sums by (category code, rate), computed once; what has no readable rate is left out.

        A line with several categories counts for each code and rate of them, as it does for the
        official rules.
        """
        sums: dict[tuple[str, Decimal], VatSum] = {}
        for part, amount, categories in self._taxed():
            rates = {c.rate.value for c in categories if c.rate.value is not None}
            for key in product({c.code.clean for c in categories}, rates):
                _add(sums.setdefault(key, VatSum()), part, amount)
        return sums

    @cached_property
    def category_sums(self) -> dict[str, VatSum]:
        """The same by category code, whatever the rate."""
        sums: dict[str, VatSum] = {}
        for part, amount, categories in self._taxed():
            for code in {c.code.clean for c in categories}:
                _add(sums.setdefault(code, VatSum()), part, amount)
        return sums

    def once(self, make: Callable[[Invoice], T]) -> T:
        """What a function makes of the invoice: called the first time, kept for the next.

        For what several rules need and the model does not have.
        """
        made = self._made
        if make not in made:
            made[make] = make(self)
        result: T = made[make]
        return result

    @cached_property
    def _made(self) -> dict[Callable[[Invoice], Any], Any]:
        return {}

    @cached_property
    def all_lines(self) -> tuple[Line, ...]:
        """Lines and the lines inside them (UBL, extension), as deep as they are read."""
        found = list(self.lines)
        for line in found:
            found += line.lines
        return tuple(found)

    @cached_property
    def all_allowance_charges(self) -> tuple[AllowanceCharge, ...]:
        """Allowances and charges of the document, of all lines and of their prices."""
        found = list(self.allowance_charges)
        for line in self.all_lines:
            found += line.allowance_charges
            found += line.price.discounts
        return tuple(found)

    @cached_property
    def all_vat(self) -> tuple[VatBreakdown, ...]:
        """BG-23 and the VAT breakdowns of lines (UBL, extension)."""
        found = list(self.vat)
        for line in self.all_lines:
            for total in line.tax_totals:
                found += total.breakdown
        return tuple(found)

    @cached_property
    def joined_notes(self) -> str:
        """The texts of all notes joined by ``#``: in UBL they begin with their subject code."""
        return _NOTE_MARK.join(note.content.value for note in self.notes)

    def uses(self, code: str) -> bool:
        """Whether a line, allowance or charge is of a VAT category."""
        return (
            code in self.line_categories
            or code in self.allowance_categories
            or code in self.charge_categories
        )

    def _taxes_in(self, currency: Text) -> tuple[TaxTotal, ...]:
        if not currency.exists:
            return ()
        return tuple(
            t
            for t in self.tax_totals
            if t.amount.element is not None and t.amount.element.get("currencyID") == currency.value
        )

    def _taxed(self) -> Iterator[tuple[_Part, Number, Sequence[TaxCategory]]]:
        """Everything that has a VAT category, with the part of the sum that it is."""
        for line in self.lines:
            yield "lines", line.net, line.categories
        for charge in self.charges:
            yield "charges", charge.amount, charge.categories
        for allowance in self.allowances:
            yield "allowances", allowance.amount, allowance.categories


def _by_code(rows: Iterable[tuple[T, TaxCategory]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for row, category in rows:
        found.setdefault(category.code.clean, []).append(row)
    return {code: tuple(same) for code, same in found.items()}


def _add(row: VatSum, part: _Part, amount: Number) -> None:
    row.count += 1
    if amount.value is None:
        row.unknown = row.unknown or amount.bad
    elif part == "lines":
        row.lines += amount.value
    elif part == "charges":
        row.charges += amount.value
    else:
        row.allowances += amount.value
