"""Lines and settlement of a CII specimen.

Source: UN/CEFACT CII D16B and D22B (order of the elements); binding of the business terms:
EN 16931-3-3.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.messages.specimens import dialect
from simulator.messages.specimens.figures import Figures, VatRow, figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Adjustment, Line, Payment, Period, Preceding, plain
from simulator.messages.specimens.streaming import RANK
from simulator.messages.xmltext import branch, leaf, optional

_CURRENCY = "EUR"
_ON_RECEIPTS, _ON_INVOICES = "72", "5"  # BT-8 as UNTDID 2475 has it
_DAY_FORMAT = "102"


def day(written: str, prefix: str = "udt") -> str:
    """A day, ``YYYY-MM-DD``, in format 102."""
    return leaf(f"{prefix}:DateTimeString", written.replace("-", ""), format=_DAY_FORMAT)


def line(spec: Specimen, given: Line) -> str:
    """``IncludedSupplyChainTradeLineItem``."""
    note = branch("ram:IncludedNote", leaf("ram:Content", given.note)) if given.note else ""
    quantity = leaf("ram:BilledQuantity", plain(given.quantity), unitCode=given.unit)
    total = "ram:SpecifiedTradeSettlementLineMonetarySummation"
    return branch(
        "ram:IncludedSupplyChainTradeLineItem",
        branch("ram:AssociatedDocumentLineDocument", f"<ram:LineID>{RANK}</ram:LineID>", note),
        _product(given),
        branch("ram:SpecifiedLineTradeAgreement", *_prices(given)),
        branch("ram:SpecifiedLineTradeDelivery", quantity),
        branch(
            "ram:SpecifiedLineTradeSettlement",
            branch("ram:ApplicableTradeTax", *_category(spec, *given.tax)),
            _period(given.period),
            *(_adjustment(each) for each in given.adjustments),
            branch(total, _amount("ram:LineTotalAmount", given.amount)),
        ),
    )


def settlement(spec: Specimen) -> str:
    """``ApplicableHeaderTradeSettlement``."""
    totals = figures(spec)
    payments = spec.payments if spec.is_afnor or not spec.credit_note else ()
    return branch(
        "ram:ApplicableHeaderTradeSettlement",
        *_first(payments, "creditor", "ram:CreditorReferenceID"),
        *_first(payments, "reference", "ram:PaymentReference"),
        leaf("ram:InvoiceCurrencyCode", _CURRENCY),
        *(_means(each) for each in payments),
        *(_tax(spec, row) for row in totals.vat),
        _period(spec.period),
        *(_adjustment(each, _category(spec, *each.tax)) for each in spec.adjustments),
        _terms(spec, payments),
        _summation(spec, totals),
        *(_preceding(each) for each in spec.references.preceding),
    )


def _product(given: Line) -> str:
    properties = (
        branch(
            "ram:ApplicableProductCharacteristic",
            leaf("ram:Description", name),
            leaf("ram:Value", value),
        )
        for name, value in given.properties
    )
    return branch(
        "ram:SpecifiedTradeProduct",
        optional("ram:SellerAssignedID", given.reference),
        leaf("ram:Name", given.name),
        optional("ram:Description", given.description),
        *properties,
    )


def _prices(given: Line) -> Iterator[str]:
    if given.discount:
        yield branch(
            "ram:GrossPriceProductTradePrice",
            _amount("ram:ChargeAmount", given.price + given.discount),
            branch(
                "ram:AppliedTradeAllowanceCharge",
                _indicator(charge=False),
                _amount("ram:ActualAmount", given.discount),
            ),
        )
    yield branch("ram:NetPriceProductTradePrice", _amount("ram:ChargeAmount", given.price))


def _first(payments: tuple[Payment, ...], field: str, tag: str) -> list[str]:
    """What CII has once for all means of payment."""
    found = [value for each in payments if (value := getattr(each, field))]
    return [leaf(tag, found[0])] if found else []


def _means(given: Payment) -> str:
    payee = (optional("ram:IBANID", given.account), optional("ram:AccountName", given.holder))
    card = branch("ram:ApplicableTradeSettlementFinancialCard", leaf("ram:ID", given.card))
    payer = branch("ram:PayerPartyDebtorFinancialAccount", leaf("ram:IBANID", given.debited))
    bank = branch("ram:PayeeSpecifiedCreditorFinancialInstitution", leaf("ram:BICID", given.bank))
    return branch(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        leaf("ram:TypeCode", given.code),
        card if given.card else "",
        payer if given.debited else "",
        branch("ram:PayeePartyCreditorFinancialAccount", *payee) if given.account else "",
        bank if given.bank else "",
    )


def _tax(spec: Specimen, row: VatRow) -> str:
    code, words = dialect.exemption(row.category)
    due = _ON_RECEIPTS if spec.receipts else "" if spec.is_afnor else _ON_INVOICES
    return branch(
        "ram:ApplicableTradeTax",
        _amount("ram:CalculatedAmount", row.tax),
        leaf("ram:TypeCode", "VAT"),
        optional("ram:ExemptionReason", words),
        _amount("ram:BasisAmount", row.base),
        leaf("ram:CategoryCode", row.category),
        optional("ram:ExemptionReasonCode", code),
        optional("ram:DueDateTypeCode", due),
        leaf("ram:RateApplicablePercent", plain(row.rate)),
    )


def _category(spec: Specimen, category: str, rate: Decimal) -> tuple[str, ...]:
    code, words = dialect.item_exemption(spec, category)
    return (
        leaf("ram:TypeCode", "VAT"),
        optional("ram:ExemptionReason", words),
        leaf("ram:CategoryCode", category),
        optional("ram:ExemptionReasonCode", code),
        leaf("ram:RateApplicablePercent", plain(rate)),
    )


def _period(given: Period | None) -> str:
    if given is None:
        return ""
    return branch(
        "ram:BillingSpecifiedPeriod",
        branch("ram:StartDateTime", day(given.start)),
        branch("ram:EndDateTime", day(given.end)),
    )


def _adjustment(given: Adjustment, category: tuple[str, ...] = ()) -> str:
    percent, base = given.percent, given.base
    return branch(
        "ram:SpecifiedTradeAllowanceCharge",
        _indicator(charge=given.charge),
        "" if percent is None else leaf("ram:CalculationPercent", plain(percent)),
        "" if base is None else _amount("ram:BasisAmount", base),
        _amount("ram:ActualAmount", given.amount),
        optional("ram:ReasonCode", given.code),
        optional("ram:Reason", given.reason),
        branch("ram:CategoryTradeTax", *category) if category else "",
    )


def _indicator(*, charge: bool) -> str:
    return branch("ram:ChargeIndicator", leaf("udt:Indicator", str(charge).lower()))


def _terms(spec: Specimen, payments: tuple[Payment, ...]) -> str:
    return branch(
        "ram:SpecifiedTradePaymentTerms",
        optional("ram:Description", spec.terms),
        branch("ram:DueDateDateTime", day(dialect.due_date(spec))),
        *_first(payments, "mandate", "ram:DirectDebitMandateID"),
    )


def _summation(spec: Specimen, totals: Figures) -> str:
    charges = _amount("ram:ChargeTotalAmount", totals.charges)
    allowances = _amount("ram:AllowanceTotalAmount", totals.allowances)
    return branch(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _amount("ram:LineTotalAmount", totals.lines),
        charges if totals.has_charges else "",
        allowances if totals.has_allowances else "",
        _amount("ram:TaxBasisTotalAmount", totals.net),
        leaf("ram:TaxTotalAmount", plain(totals.tax), currencyID=_CURRENCY),
        _amount("ram:GrandTotalAmount", totals.gross),
        _amount("ram:TotalPrepaidAmount", spec.prepaid) if spec.prepaid else "",
        _amount("ram:DuePayableAmount", totals.payable),
    )


def _preceding(given: Preceding) -> str:
    issued = branch("ram:FormattedIssueDateTime", day(given.issue_date, "qdt"))
    return branch(
        "ram:InvoiceReferencedDocument", leaf("ram:IssuerAssignedID", given.number), issued
    )


def _amount(tag: str, value: Decimal) -> str:
    """An amount; in CII the currency stands once for all (EN 16931-3-3)."""
    return leaf(tag, plain(value))
