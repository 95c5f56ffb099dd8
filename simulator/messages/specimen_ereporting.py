"""Specimen e-reporting (Flux 10), as a public declarant deposits it with Chorus Pro.

Source: PPF annex 6 (flow 10) v1.10 (TT-n; no element has a namespace); sender and name of the file:
Chorus Pro external specifications v1.1 §3.6 and §3.2.1.4.1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from simulator.messages.specimens.parts import cents, plain
from simulator.messages.xmltext import branch, document, leaf

_HUNDRED = Decimal(100)
_SENDER = ("0238", "9997")
_SENDER_NAME = "Chorus Pro"
_PLATFORM, _SELLER = "WK", "SE"
_SIREN = "0002"


class EReporting(msgspec.Struct, frozen=True):
    """A declaration of one rate, on one day of a period.

    Attributes:
        kind: ``transactions`` (10.3) or ``payments`` (10.4).
        identifier: TT-1.
        siren, name: TT-13, TT-14, the declarant as a seller.
        start, end: period, ``YYYY-MM-DD``; what is declared was on its first day.
        rate, base: VAT in percent, amount without it.
    """

    kind: str = "transactions"
    identifier: str = "ER-2026-0001"
    siren: str = "123456782"
    name: str = "COMMUNE DE DEMONSTRATION"
    start: str = "2026-08-01"
    end: str = "2026-08-10"
    issued: datetime = datetime(2026, 8, 11, 2, tzinfo=UTC)
    rate: Decimal = Decimal(20)
    base: Decimal = Decimal("500.00")


def ereporting(given: EReporting) -> bytes:
    """A Flux 10 declaration. Raises ValueError for a kind that is none."""
    bodies = {"transactions": _transactions, "payments": _payments}
    if given.kind not in bodies:
        message = f"a declaration is of transactions or payments: found {given.kind!r}"
        raise ValueError(message)
    return document(branch("Report", _report_document(given), bodies[given.kind](given)))


def ereporting_name(given: EReporting) -> str:
    """The name that its file must have (Chorus Pro external specifications v1.1 §3.2.1.4.1)."""
    start, end = given.start.replace("-", ""), given.end.replace("-", "")
    return f"{given.siren}_{given.identifier}_{start}_{end}.xml"


def _report_document(given: EReporting) -> str:
    when = leaf("DateTimeString", given.issued.strftime("%Y%m%d%H%M%S"))
    return branch(
        "ReportDocument",
        leaf("Id", given.identifier),
        branch("IssueDateTime", when),
        leaf("TypeCode", "IN"),
        _declarant("Sender", _SENDER, _SENDER_NAME, _PLATFORM),
        _declarant("Issuer", (_SIREN, given.siren), given.name, _SELLER),
    )


def _declarant(tag: str, identifier: tuple[str, str], name: str, role: str) -> str:
    scheme, number = identifier
    return branch(
        tag, leaf("Id", number, schemeId=scheme), leaf("Name", name), leaf("RoleCode", role)
    )


def _period(given: EReporting) -> str:
    return branch(
        "ReportPeriod", leaf("StartDate", _day(given.start)), leaf("EndDate", _day(given.end))
    )


def _transactions(given: EReporting) -> str:
    tax = plain(cents(given.base * given.rate / _HUNDRED))
    return branch(
        "TransactionsReport",
        _period(given),
        branch(
            "Transactions",
            leaf("Date", _day(given.start)),
            leaf("TransactionsCurrency", "EUR"),
            leaf("CategoryCode", "TPS1"),
            leaf("TaxExclusiveAmount", plain(given.base)),
            leaf("TaxTotal", tax),
            leaf("TransactionsCount", "12"),
            branch(
                "TaxSubtotal",
                leaf("TaxPercent", plain(given.rate)),
                leaf("TaxableAmount", plain(given.base)),
                leaf("TaxTotal", tax),
            ),
        ),
    )


def _payments(given: EReporting) -> str:
    amount = given.base + cents(given.base * given.rate / _HUNDRED)
    received = branch(
        "SubTotals",
        leaf("TaxPercent", plain(given.rate)),
        leaf("CurrencyCode", "EUR"),
        leaf("Amount", plain(amount)),
    )
    payment = branch("Payment", leaf("Date", _day(given.start)), received)
    return branch("PaymentsReport", _period(given), branch("Transactions", payment))


def _day(written: str) -> str:
    return written.replace("-", "")
