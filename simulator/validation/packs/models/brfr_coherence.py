"""BR-FR-CO: what type, cadre, dates, references and amounts say of each other.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.messages.invoice.fields import Day
from simulator.messages.invoice.model import Invoice, Reference
from simulator.validation.packs.model import Fault, ModelRules, Placed
from simulator.validation.packs.models.brfr_formats import (
    ADVANCES,
    CORRECTIVES,
    CREDIT_NOTES,
    FINAL,
    PAID,
    normal,
)
from simulator.validation.packs.models.brfr_lines import counted_lines

rules = ModelRules()
_REBATE = "262"
_EURO = "EUR"


@rules("BR-FR-CO-03_BT-3")
def rebate(invoice: Invoice) -> Iterator[Fault]:
    """A global rebate (262) names contract and billing period; UBL looks at CreditNotes only."""
    if invoice.type_code.value != _REBATE or (
        invoice.syntax == "ubl" and not invoice.is_credit_note
    ):
        return
    needed = (invoice.contract.id, invoice.period.start, invoice.period.end)
    if not all(text.value for text in needed):
        yield Fault(invoice.type_code)


@rules("BR-FR-CO-04_BT-3", "BR-FR-CO-04_BT-4")
def corrective(invoice: Invoice) -> Iterator[Fault]:
    """A corrective invoice names exactly one preceding invoice; UBL looks at Invoices only."""
    if invoice.is_credit_note or invoice.type_code.value not in CORRECTIVES:
        return
    count = len(invoice.preceding)
    if count != 1:
        place: Placed = invoice.preceding[1] if count else invoice.type_code
        yield Fault(place, count, 1)


@rules("BR-FR-CO-05_BT-3")
def credited(invoice: Invoice) -> Iterator[Fault]:
    """A credit note names an invoice with its date, in the header or on each line."""
    if invoice.type_code.value not in CREDIT_NOTES:
        return
    if invoice.syntax == "ubl" and not invoice.is_credit_note:
        return
    if not any(map(_is_dated, invoice.preceding)) and not _is_credited_by_line(invoice):
        yield Fault(invoice.type_code)


def _is_dated(reference: Reference) -> bool:
    return reference.id.exists and reference.date.exists


def _is_credited_by_line(invoice: Invoice) -> bool:
    lines = counted_lines(invoice)
    if invoice.syntax == "cii":
        return all(any(map(_is_dated, line.preceding)) for line in lines)
    number = invoice.number
    return not lines or (
        number.exists
        and all(
            any(_is_dated(r) and r.id.value != number.value for r in x.preceding) for x in lines
        )
    )


@rules("BR-FR-CO-07_BT-9")
def due(invoice: Invoice) -> Iterator[Fault]:
    """Payment is not due before the invoice is issued, but for advances and what is paid."""
    if invoice.type_code.value in ADVANCES or invoice.profile.value in PAID:
        return
    issued = invoice.issue_date
    dates = [day for day in _due_dates(invoice) if day.exists]
    if invoice.syntax == "ubl":
        late = [day for day in dates if issued.exists and day.value < issued.value]
    elif any(normal(day.value) for day in dates):
        late = [day for day in dates if not issued.exists or day.value < issued.value]
    else:
        late = []
    if late:
        yield Fault(late[0], late[0].value, issued.value)


def _due_dates(invoice: Invoice) -> Iterable[Day]:
    """BT-9: in UBL of the invoice or its means of payment, in CII of the terms."""
    if invoice.syntax == "ubl":
        return (invoice.due_date, *(payment.due_date for payment in invoice.payments))
    return [terms.due_date for terms in invoice.payment_terms]


@rules("BR-FR-CO-08_BT-23")
def final(invoice: Invoice) -> Iterator[Fault]:
    """A final invoice after an advance is no advance itself."""
    if invoice.profile.value in FINAL and invoice.type_code.value in ADVANCES:
        yield Fault(invoice.profile, invoice.profile.value, invoice.type_code.value)


@rules("BR-FR-CO-09_BT-23-1")
def prepaid(invoice: Invoice) -> Iterator[Fault]:
    """What is paid already: BT-113 is BT-112."""
    total, paid = invoice.totals.with_vat, invoice.totals.prepaid
    if invoice.profile.value not in PAID or total.bad or paid.bad:
        return
    if paid.value is None or paid.value != total.value:
        yield Fault(paid if paid.exists else invoice.totals or invoice, paid.text, total.text)


@rules("BR-FR-CO-09_BT-23-2")
def nothing_due(invoice: Invoice) -> Iterator[Fault]:
    """What is paid already: BT-115 is 0."""
    payable = invoice.totals.payable
    if invoice.profile.value in PAID and not payable.bad and payable.value != 0:
        yield Fault(payable if payable.exists else invoice.totals or invoice, payable.text, "0.00")


@rules("BR-FR-CO-09_BT-23-3")
def paid_on(invoice: Invoice) -> Iterator[Fault]:
    """What is paid already says when, as BT-9."""
    if invoice.profile.value in PAID:
        dates = [day.value for day in _due_dates(invoice)]
        if not any(dates if invoice.syntax == "ubl" else map(normal, dates)):
            yield Fault(invoice.profile, invoice.profile.value)


@rules("BR-FR-CO-12_BT-5")
def euro(invoice: Invoice) -> Iterator[Fault]:
    """An invoice in another currency states its VAT in euro too."""
    if not invoice.currency.exists or invoice.currency.value == _EURO:
        return
    stated = [t.amount for t in invoice.tax_totals if t.amount.currency == _EURO]
    if invoice.tax_currency.value != _EURO or not any(amount.text for amount in stated):
        yield Fault(invoice.currency)
