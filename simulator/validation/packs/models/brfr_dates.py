"""BR-FR-01 to -03: numbers of invoices, and dates.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simulator.messages.invoice.fields import Day, Text
from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.brfr_formats import is_day, is_invoice_id

rules = ModelRules()
_LONGEST = 35


def _own(invoice: Invoice) -> Iterable[Text]:
    return (invoice.number,)


def _preceding(invoice: Invoice) -> Iterable[Text]:
    return [reference.id for reference in invoice.preceding]


def _preceding_of_lines(invoice: Invoice) -> Iterable[Text]:
    return [reference.id for line in invoice.lines for reference in line.preceding]


def _too_long(numbers: Callable[[Invoice], Iterable[Text]], invoice: Invoice) -> Iterator[Fault]:
    for number in numbers(invoice):
        if len(number.value) > _LONGEST:
            yield Fault(number, found=len(number.value), expected=_LONGEST)


def _malformed(numbers: Callable[[Invoice], Iterable[Text]], invoice: Invoice) -> Iterator[Fault]:
    for number in numbers(invoice):
        if number.exists and not is_invoice_id(number.value):
            yield Fault(number)


for _term, _numbers in {
    "BT-1": _own,
    "BT-25": _preceding,
    "EXT-FR-FE-136": _preceding_of_lines,
}.items():
    # The UBL artefact has the format in BR-FR-01 too, and counts its assertions.
    for _id in (f"BR-FR-01_{_term}", f"BR-FR-01_{_term}-1"):
        rules.add(_id, partial(_too_long, _numbers))
    for _id in (f"BR-FR-01_{_term}-2", f"BR-FR-02_{_term}"):
        rules.add(_id, partial(_malformed, _numbers))


def _due(invoice: Invoice) -> Iterable[Day]:
    if invoice.syntax == "ubl":
        return (invoice.due_date,)
    return [terms.due_date for terms in invoice.payment_terms]


def _tax_points(invoice: Invoice) -> Iterable[Day]:
    if invoice.syntax == "ubl":
        return (invoice.tax_point_date,)
    return [row.point_date for row in invoice.vat]


_DAYS: dict[str, Callable[[Invoice], Iterable[Day]]] = {
    "BT-2": lambda i: (i.issue_date,),
    "BT-7": _tax_points,
    "BT-9": _due,
    "BT-26": lambda i: [r.date for r in i.preceding],
    "BT-72": lambda i: [d.date for d in i.deliveries],
    "BT-73": lambda i: (i.period.start,),
    "BT-74": lambda i: (i.period.end,),
    "EXT-FR-FE-138": lambda i: [r.date for line in i.lines for r in line.preceding],
    "EXT-FR-FE-158": lambda i: [line.delivery.date for line in i.lines],
    # Two names for each term: the artefacts of UBL and CII do not agree on them.
    "BT-134": lambda i: [line.period.start for line in i.lines],
    "EXT-FR-FE-134": lambda i: [line.period.start for line in i.lines],
    "BT-135": lambda i: [line.period.end for line in i.lines],
    "EXT-FR-FE-135": lambda i: [line.period.end for line in i.lines],
}


def _no_day(days: Callable[[Invoice], Iterable[Day]], invoice: Invoice) -> Iterator[Fault]:
    for day in days(invoice):
        if day.exists and not is_day(day.value, invoice.syntax):
            yield Fault(day)


for _term, _days in _DAYS.items():
    rules.add(f"BR-FR-03_{_term}", partial(_no_day, _days))
