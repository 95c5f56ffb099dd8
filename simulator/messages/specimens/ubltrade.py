"""Lines, payments, allowances and totals of a UBL specimen.

Source: OASIS UBL 2.1 (order of the elements); binding of the business terms: EN 16931-3-2.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.messages.specimens import dialect
from simulator.messages.specimens.figures import VatRow, figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Adjustment, Line, Payment, Period, plain
from simulator.messages.specimens.streaming import RANK
from simulator.messages.xmltext import branch, leaf, optional

CURRENCY = "EUR"


def days(period: Period | None) -> tuple[str, ...]:
    """First and last day of a period; nothing without one."""
    if period is None:
        return ()
    return leaf("cbc:StartDate", period.start), leaf("cbc:EndDate", period.end)


def payments(spec: Specimen) -> Iterator[str]:
    """``cac:PaymentMeans``; the historic channel takes none on a credit note (deduced)."""
    if spec.credit_note and not spec.is_afnor:
        return
    # BT-9, once: a credit note has no due date of its own.
    due = leaf("cbc:PaymentDueDate", dialect.due_date(spec)) if spec.credit_note else ""
    for rank, means in enumerate(spec.payments):
        yield branch(
            "cac:PaymentMeans",
            leaf("cbc:PaymentMeansCode", means.code),
            "" if rank else due,
            optional("cbc:PaymentID", means.reference),
            _card(means),
            _account(means),
            _mandate(means),
        )


def _card(means: Payment) -> str:
    if not means.card:
        return ""
    number = leaf("cbc:PrimaryAccountNumberID", means.card)
    return branch("cac:CardAccount", number, leaf("cbc:NetworkID", "NA"))


def _account(means: Payment) -> str:
    if not means.account:
        return ""
    bank = branch("cac:FinancialInstitutionBranch", leaf("cbc:ID", means.bank))
    return branch(
        "cac:PayeeFinancialAccount",
        leaf("cbc:ID", means.account),
        optional("cbc:Name", means.holder),
        bank if means.bank else "",
    )


def _mandate(means: Payment) -> str:
    if not means.mandate:
        return ""
    debited = branch("cac:PayerFinancialAccount", leaf("cbc:ID", means.debited))
    identified = leaf("cbc:ID", means.mandate)
    return branch("cac:PaymentMandate", identified, debited if means.debited else "")


def adjustment(spec: Specimen, given: Adjustment, *, taxed: bool) -> str:
    """``cac:AllowanceCharge``, with its tax on the document and without on a line."""
    percent, base = given.percent, given.base
    return branch(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", str(given.charge).lower()),
        optional("cbc:AllowanceChargeReasonCode", given.code),
        optional("cbc:AllowanceChargeReason", given.reason),
        "" if percent is None else leaf("cbc:MultiplierFactorNumeric", plain(percent)),
        _amount("cbc:Amount", given.amount),
        "" if base is None else _amount("cbc:BaseAmount", base),
        _tax_category("cac:TaxCategory", spec, *given.tax) if taxed else "",
    )


def totals(spec: Specimen) -> tuple[str, str]:
    """``cac:TaxTotal`` and ``cac:LegalMonetaryTotal``."""
    sums = figures(spec)
    rows = (_subtotal(spec, row) for row in sums.vat)
    adjusted = (
        ("AllowanceTotalAmount", sums.allowances, sums.has_allowances),
        ("ChargeTotalAmount", sums.charges, sums.has_charges),
        ("PrepaidAmount", spec.prepaid, bool(spec.prepaid)),
    )
    return (
        branch("cac:TaxTotal", _amount("cbc:TaxAmount", sums.tax), *rows),
        branch(
            "cac:LegalMonetaryTotal",
            _amount("cbc:LineExtensionAmount", sums.lines),
            _amount("cbc:TaxExclusiveAmount", sums.net),
            _amount("cbc:TaxInclusiveAmount", sums.gross),
            *(_amount(f"cbc:{name}", value) for name, value, is_there in adjusted if is_there),
            _amount("cbc:PayableAmount", sums.payable),
        ),
    )


def _subtotal(spec: Specimen, row: VatRow) -> str:
    return branch(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", row.base),
        _amount("cbc:TaxAmount", row.tax),
        _tax_category("cac:TaxCategory", spec, row.category, row.rate, told=True),
    )


def line(spec: Specimen, given: Line) -> str:
    """``cac:InvoiceLine`` or ``cac:CreditNoteLine``."""
    kind, did = ("CreditNote", "Credited") if spec.credit_note else ("Invoice", "Invoiced")
    return branch(
        f"cac:{kind}Line",
        f"<cbc:ID>{RANK}</cbc:ID>",
        optional("cbc:Note", given.note),
        leaf(f"cbc:{did}Quantity", plain(given.quantity), unitCode=given.unit),
        _amount("cbc:LineExtensionAmount", given.amount),
        branch("cac:InvoicePeriod", *days(given.period)) if given.period else "",
        *(adjustment(spec, each, taxed=False) for each in given.adjustments),
        _item(spec, given),
        _price(given),
    )


def _item(spec: Specimen, line: Line) -> str:
    seller = branch("cac:SellersItemIdentification", leaf("cbc:ID", line.reference))
    properties = (
        branch("cac:AdditionalItemProperty", leaf("cbc:Name", name), leaf("cbc:Value", value))
        for name, value in line.properties
    )
    return branch(
        "cac:Item",
        optional("cbc:Description", line.description),
        leaf("cbc:Name", line.name),
        seller if line.reference else "",
        _tax_category("cac:ClassifiedTaxCategory", spec, *line.tax),
        *properties,
    )


def _price(line: Line) -> str:
    net = leaf("cbc:PriceAmount", plain(line.price), currencyID=CURRENCY)
    if not line.discount:
        return branch("cac:Price", net)
    gross = line.price + line.discount
    discount = branch(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "false"),
        _amount("cbc:Amount", line.discount),
        _amount("cbc:BaseAmount", gross),
    )
    return branch("cac:Price", net, discount)


def _tax_category(
    tag: str, spec: Specimen, category: str, rate: Decimal, *, told: bool = False
) -> str:
    """A category; `told`: with the reason of an exemption, whatever the level."""
    code, words = dialect.exemption(category) if told else dialect.item_exemption(spec, category)
    return branch(
        tag,
        leaf("cbc:ID", category),
        leaf("cbc:Percent", plain(rate)),
        optional("cbc:TaxExemptionReasonCode", code),
        optional("cbc:TaxExemptionReason", words),
        branch("cac:TaxScheme", leaf("cbc:ID", "VAT" if spec.is_afnor else "TVA")),
    )


def _amount(tag: str, value: Decimal) -> str:
    return leaf(tag, plain(value), currencyID=CURRENCY)
