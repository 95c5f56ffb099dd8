"""Historic channel: how the invoice is to be paid.

Source: rules G1.14, G1.16 to G1.19 and G8.20 of the EDI annex of Chorus Pro (ids published, texts
not); what public connectors do about them; live tests in qualification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.messages.invoice.model import Invoice, Payment
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.historic_tags import tag_of

rules = ModelRules()

_CREDIT_NOTE = "381"
_TRANSFERS = frozenset({"30", "31", "42"})
# UNTDID 4461: not defined, agreed between the parties.
_OTHER = frozenset({"1", "01", "ZZZ"})
_TRANSFER = "30"
_NONE = "(absent)"
_JUSTICE = "A3"  # the cadre of the mémoires de frais de justice, which the interface E3 carries
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CHECKED, _REST = 97, 1


@rules("PAYMENT_MEANS_MISSING")
def means_missing(invoice: Invoice) -> Iterator[Fault]:
    """An invoice has a means of payment (BT-81)."""
    if not _is_credit_note(invoice) and not _coded(invoice):
        yield Fault(invoice.payments[0] if invoice.payments else invoice)


@rules("PAYMENT_ON_CREDIT_NOTE")
def means_of_credit_note(invoice: Invoice) -> Iterator[Fault]:
    """A credit note needs none."""
    if _is_credit_note(invoice) and (payments := _coded(invoice)):
        yield Fault(payments[0], payments[0].code.clean)


@rules("G1.14")
def other_means(invoice: Invoice) -> Iterator[Fault]:
    """What has another means of payment, or none where none is asked for, goes on as a transfer."""
    if _is_credit_note(invoice):
        return
    payments = _coded(invoice)
    if payments and payments[0].code.clean in _OTHER:
        yield Fault(payments[0].code, payments[0].code.clean)
    elif not payments and invoice.syntax == "cpp":
        yield Fault(invoice, _NONE)


@rules("IBAN_MISSING")
def account_missing(invoice: Invoice) -> Iterator[Fault]:
    """A transfer names the account that it goes to."""
    if _is_credit_note(invoice):
        return
    for payment in _coded(invoice):
        account = payment.account
        if payment.code.clean in _TRANSFERS and not account.id and not account.proprietary:
            yield Fault(payment, payment.code.clean)


@rules("G1.16_KEY")
def keys(invoice: Invoice) -> Iterator[Fault]:
    """The two digits of an IBAN are those that ISO 13616 computes."""
    for payment in invoice.payments:
        account = payment.account.id
        number = account.value.replace(" ", "").strip()
        if _IBAN.fullmatch(number) and not _has_its_key(number):
            yield Fault(account, account.clean, tag_of(invoice, account))


@rules("G8.20")
def justice(invoice: Invoice) -> Iterator[Fault]:
    """A mémoire is paid by transfer."""
    if invoice.profile.clean != _JUSTICE:
        return
    for payment in _coded(invoice):
        if payment.code.clean != _TRANSFER:
            yield Fault(payment.code, payment.code.clean)


def _is_credit_note(invoice: Invoice) -> bool:
    return invoice.is_credit_note or invoice.type_code.clean == _CREDIT_NOTE


def _coded(invoice: Invoice) -> list[Payment]:
    return [payment for payment in invoice.payments if payment.code]


def _has_its_key(iban: str) -> bool:
    # Letters count as two digits, A is 10: what base 36 makes of them.
    digits = "".join(str(int(c, 36)) for c in iban[4:] + iban[:4])
    return int(digits) % _CHECKED == _REST
