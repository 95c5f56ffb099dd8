"""EN 16931: what the document must have: header, parties, totals (BR-01 to -16, -53, BR-CO-26).

Source: EN 16931-1:2017 clause 6.4; where UBL and CII differ: the CEN validation artefacts 1.3.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Number, Text
from simulator.messages.invoice.model import Group, Invoice, Party, Totals
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import CAC, CBC, is_below
from simulator.validation.packs.models.en16931_faults import ABSENT, missing
from simulator.validation.packs.models.en16931_taxpayers import has_vat_number

rules = ModelRules()
_DAY_FORMAT = "102"
_SEPA = "SEPA"
_TAX_AMOUNT, _TAX_TOTAL = f"{CBC}TaxAmount", f"{CAC}TaxTotal"


def has_text(
    of: Callable[[Invoice], Text], group: Callable[[Invoice], Group], invoice: Invoice
) -> Iterable[Fault]:
    """Something is there that is not blank."""
    return () if of(invoice) else (missing(group(invoice) or invoice),)


def has_total(of: Callable[[Totals], Number], invoice: Invoice) -> Iterable[Fault]:
    """Totals, if there are any, have an amount."""
    return [missing(totals) for totals in invoice.all_totals if not of(totals).exists]


def _document(invoice: Invoice) -> Group:
    return invoice


def _seller(invoice: Invoice) -> Party:
    return invoice.seller


def _buyer(invoice: Invoice) -> Party:
    return invoice.buyer


rules.add("BR-01", partial(has_text, lambda invoice: invoice.specification, _document))
rules.add("BR-02", partial(has_text, lambda invoice: invoice.number, _document))
rules.add("BR-04", partial(has_text, lambda invoice: invoice.type_code, _document))
rules.add("BR-05", partial(has_text, lambda invoice: invoice.currency, _document))
rules.add("BR-06", partial(has_text, lambda invoice: invoice.seller.name, _seller))
rules.add("BR-07", partial(has_text, lambda invoice: invoice.buyer.name, _buyer))
rules.add("BR-12", partial(has_total, lambda totals: totals.lines))
rules.add("BR-13", partial(has_total, lambda totals: totals.without_vat))
rules.add("BR-14", partial(has_total, lambda totals: totals.with_vat))
rules.add("BR-15", partial(has_total, lambda totals: totals.payable))


@rules("BR-03")
def has_day(invoice: Invoice) -> Iterator[Fault]:
    """An issue date (BT-2), in CII of format 102."""
    day = invoice.issue_date
    if not day or (invoice.syntax == "cii" and day.attribute("format") != _DAY_FORMAT):
        yield Fault(day if day.exists else invoice, found=day.clean or ABSENT)


def has_address(of: Callable[[Invoice], Party], invoice: Invoice) -> Iterator[Fault]:
    """BR-08, BR-10: a party has an address."""
    party = of(invoice)
    if not party.address:
        yield missing(party or invoice)


def has_country(of: Callable[[Invoice], Party], invoice: Invoice) -> Iterator[Fault]:
    """BR-09, BR-11: an address has a country; for CII one that is missing has none."""
    party = of(invoice)
    if not party.address.country and (party.address or invoice.syntax == "cii"):
        yield missing(party.address or party or invoice)


for _of, _address, _country in ((_seller, "BR-08", "BR-09"), (_buyer, "BR-10", "BR-11")):
    rules.add(_address, partial(has_address, _of))
    rules.add(_country, partial(has_country, _of))


@rules("BR-16")
def has_lines(invoice: Invoice) -> Iterator[Fault]:
    """At least one line."""
    if not invoice.lines:
        yield missing(invoice)


@rules("BR-53")
def accounting_total(invoice: Invoice) -> Iterator[Fault]:
    """With a VAT accounting currency (BT-6) there is the VAT total in it (BT-111)."""
    if not invoice.tax_currency.exists:
        return
    if invoice.syntax == "ubl":
        told = bool(invoice.accounting_tax_totals) or _on_line(invoice)
    else:
        same = invoice.currency.exists and invoice.currency.value == invoice.tax_currency.value
        told = not invoice.totals or (bool(invoice.accounting_tax_totals) and not same)
    if not told:
        yield Fault(invoice.tax_currency, found=invoice.tax_currency.clean or ABSENT)


def _on_line(invoice: Invoice) -> bool:
    """Whether any tax total, of a line perhaps, is in the accounting currency."""
    if invoice.element is None:
        return False
    return any(
        amount.get("currencyID") == invoice.tax_currency.value and is_below(amount, _TAX_TOTAL)
        for amount in invoice.element.iter(_TAX_AMOUNT)
    )


@rules("BR-CO-26")
def seller_is_known(invoice: Invoice) -> Iterator[Fault]:
    """A seller has an identifier (BT-29), a legal identifier (BT-30) or a VAT identifier (BT-31)."""
    seller = invoice.seller
    if not _is_party(invoice) or seller.legal_id.exists or has_vat_number(invoice, seller):
        return
    ubl = invoice.syntax == "ubl"
    if not any(i.attribute("schemeID") != _SEPA or not ubl for i in seller.identifiers):
        yield missing(seller or invoice)


def _is_party(invoice: Invoice) -> bool:
    """Whether there is a group for the seller, in UBL be it without a party in it."""
    if invoice.seller or invoice.element is None:
        return bool(invoice.seller)
    return invoice.element.find(f"{CAC}AccountingSupplierParty") is not None
