"""EN 16931: rules on each VAT category (BR-S-*, BR-Z-*, BR-E-* and so on), the same ten for each.

01: what is used is in the breakdown; 02, 03, 04: who must have a VAT number when a line, an
allowance, a charge is of the category; 05, 06, 07: their rates; 10: the exemption reason. 08 and 09
are amounts (`en16931_vat_amounts`), what single categories have beyond is in `en16931_vat_special`.

Source: EN 16931-1:2017 clause 6.4.3; where UBL and CII differ: the CEN validation artefacts 1.3.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Literal

import msgspec

from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import Invoice, TaxCategory, VatBreakdown
from simulator.validation.packs.model import Fault, ModelRules, Placed
from simulator.validation.packs.models.en16931_categories import Use, is_vat, of_code
from simulator.validation.packs.models.en16931_faults import ABSENT
from simulator.validation.packs.models.en16931_taxpayers import Taxpayers, taxpayers

rules = ModelRules()
_ZERO = Decimal()

_Rate = Literal["positive", "not negative", "zero", "absent"]
_Listed = Literal["once", "at least once"]
_Part = Callable[[Use, str], list[TaxCategory]]  # of a use, in a syntax
_Rule = Callable[[Use, Invoice], Iterable[Fault]]


class VatCategory(msgspec.Struct, frozen=True):
    """What the rules ask of a category.

    Attributes:
        prefix: of its rules: ``S`` in BR-S-01.
        code: BT-118.
        identified: whether the parties have the tax numbers that the category needs.
        rate: of lines, allowances and charges.
        reason: whether there must be an exemption reason, or must not be one.
        listed: how often the breakdown has a category that is used.
    """

    prefix: str
    code: str
    identified: Callable[[Taxpayers], bool]
    rate: _Rate
    reason: bool
    listed: _Listed = "once"


def _tax_number(parties: Taxpayers) -> bool:
    return parties.seller_tax or parties.representative_vat


def _vat_number(parties: Taxpayers) -> bool:
    return parties.seller_vat or parties.representative_vat


def _reverse(parties: Taxpayers) -> bool:
    return _tax_number(parties) and (parties.buyer_vat or parties.buyer_legal)


def _both(parties: Taxpayers) -> bool:
    return _vat_number(parties) and parties.buyer_vat


def _nobody(parties: Taxpayers) -> bool:
    return not (_vat_number(parties) or parties.buyer_vat)


CATEGORIES = (
    VatCategory("S", "S", _tax_number, "positive", reason=False, listed="at least once"),
    VatCategory("Z", "Z", _tax_number, "zero", reason=False),
    VatCategory("E", "E", _tax_number, "zero", reason=True),
    VatCategory("AE", "AE", _reverse, "zero", reason=True),
    VatCategory("IC", "K", _both, "zero", reason=True),
    VatCategory("G", "G", _vat_number, "zero", reason=True),
    VatCategory("O", "O", _nobody, "absent", reason=True),
    VatCategory("AF", "L", _tax_number, "not negative", reason=False, listed="at least once"),
    VatCategory("AG", "M", _tax_number, "not negative", reason=False, listed="at least once"),
)


def listed(category: VatCategory, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """01: a category is in the breakdown if, and only if, something is of it."""
    wrong = _listed_cii if invoice.syntax == "cii" else _listed_ubl
    if wrong(category, use):
        rows = [row for row, _ in use.rows]
        at: Placed = rows[-1] if rows else next(iter(use.categories), invoice)
        yield Fault(at, found=str(len(rows)), expected="1" if use.categories else "0")


def _listed_ubl(category: VatCategory, use: Use) -> bool:
    if category.listed == "once":
        rows = sum(c.code.exists for _, c in use.vat_rows)
        return rows != 1 and (rows > 0 or any(map(is_vat, use.categories)))
    charged = use.all_lines + use.charged
    if category.code == "S":  # whose rule does not ask for the scheme
        return bool(charged) != bool(use.rows)
    if not any(map(is_vat, charged)):
        return bool(use.vat_rows)
    rows_as_written = use.rows if category.code == "L" else use.vat_rows
    return not any(c.code.value == category.code for _, c in rows_as_written)


def _listed_cii(category: VatCategory, use: Use) -> bool:
    rows, lines = len(use.rows), len(use.lines)
    charged = len(use.charged)
    if category.listed == "at least once":
        # The official count is of lines and breakdown together, so that two lines pass without one.
        return lines + rows == 1 > rows or charged + rows == 1 > rows
    used = bool(lines or charged)
    if category.code == "O" and not rows:
        return False
    return rows > 1 or used != bool(rows)


def identified(category: VatCategory, of: _Part, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """02, 03, 04: the parties have the tax numbers that the category of something asks for."""
    if category.identified(taxpayers(invoice)):
        return
    if any(map(is_vat, of(use, invoice.syntax))):
        yield _unidentified(invoice)


def _unidentified(invoice: Invoice) -> Fault:
    at: Placed = invoice.seller or invoice
    return Fault(at, found=taxpayers(invoice).shown)


def standard_lines(use: Use, invoice: Invoice) -> Iterator[Fault]:
    """02 of the standard rate, whose UBL rule also asks for one line with the scheme VAT."""
    lines = use.lines if invoice.syntax == "cii" else use.all_lines
    vat = any(map(is_vat, lines))
    if vat and not _tax_number(taxpayers(invoice)):
        yield _unidentified(invoice)
    elif lines and not vat and invoice.syntax == "ubl":
        yield Fault(lines[0].scheme if lines[0].scheme.exists else lines[0], found=ABSENT)


def rate(category: VatCategory, of: _Part, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """05, 06, 07: the rate is one that the category has."""
    asked: _Rate = category.rate
    if category.code == "L" and invoice.syntax == "cii":
        asked = "positive"
    for found in of(use, invoice.syntax):
        number = found.rate
        if not _is_rate(asked, number) and is_vat(found):
            at: Placed = number if number.exists else found
            yield Fault(at, found=number.text or ABSENT)


def _is_rate(asked: _Rate, number: Number) -> bool:
    if asked == "absent":
        return not number.exists
    value = number.value
    if value is None:
        return number.exists  # what is not a number is left to the schema
    if asked == "positive":
        return value > _ZERO
    return value == _ZERO or (asked == "not negative" and value > _ZERO)


def reason(category: VatCategory, use: Use, invoice: Invoice) -> Iterator[Fault]:
    """10: an exemption reason is there, or is not."""
    for _, found in judged_rows(category.code, use, invoice):
        given = found.reason if found.reason.exists else found.reason_code
        if given.exists != category.reason:
            yield Fault(given if given.exists else found, found=given.clean or ABSENT)


def judged_rows(
    code: str, use: Use, invoice: Invoice
) -> Iterable[tuple[VatBreakdown, TaxCategory]]:
    """The rows of the breakdown that the rules on a category speak of."""
    if invoice.syntax == "cii" and code in ("S", "Z"):  # where CII does not ask for the scheme
        return use.rows
    return use.vat_rows


def _lines(use: Use, _syntax: str) -> list[TaxCategory]:
    return use.lines


def _items(use: Use, _syntax: str) -> list[TaxCategory]:
    return use.all_lines


def _allowances(use: Use, _syntax: str) -> list[TaxCategory]:
    return use.all_allowances


def _charges(use: Use, _syntax: str) -> list[TaxCategory]:
    return use.all_charges


def _plain_charges(use: Use, syntax: str) -> list[TaxCategory]:
    # The UBL rule on charges with IGIC passes over a code with blanks around it.
    return [c for c in use.all_charges if syntax == "cii" or c.code.value == "L"]


def _document_allowances(use: Use, syntax: str) -> list[TaxCategory]:
    return use.allowances if syntax == "ubl" else use.all_allowances


def _document_charges(use: Use, syntax: str) -> list[TaxCategory]:
    return use.charges if syntax == "ubl" else use.all_charges


def _functions(category: VatCategory) -> Iterator[tuple[str, _Rule]]:
    allowances: _Part = _allowances
    charges: _Part = _charges
    if category.code == "O":  # whose UBL rules leave out allowances and charges of lines
        allowances, charges = _document_allowances, _document_charges
    elif category.code == "L":
        charges = _plain_charges
    standard = category.code == "S"
    yield "01", partial(listed, category)
    yield "02", standard_lines if standard else partial(identified, category, _items)
    yield "03", partial(identified, category, allowances)
    yield "04", partial(identified, category, charges)
    yield "05", partial(rate, category, _lines)
    yield "06", partial(rate, category, _allowances)
    yield "07", partial(rate, category, _charges)
    yield "10", partial(reason, category)


for _category in CATEGORIES:
    for _number, _function in _functions(_category):
        rules.add(f"BR-{_category.prefix}-{_number}", of_code(_category.code, _function))
