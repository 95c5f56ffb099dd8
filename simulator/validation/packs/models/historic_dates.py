"""Historic channel: dates.

Source: rules G1.07 (an invoice is not of the future), G1.09 (form) and G1.36 (years), as Chorus Pro
and PPF annex 7 v1.9 have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.messages.invoice.fields import Day
from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.historic_tags import tag_of

rules = ModelRules()

_DASHED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(r"[0-9]{8}")
_FORMS = {"ubl": _DASHED, "cpp": _DASHED, "cii": _PLAIN}
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@rules("G1.07")
def not_of_the_future(invoice: Invoice) -> Iterator[Fault]:
    """BT-2 is not after the day of control."""
    day = invoice.issue_date
    if day.date is not None:
        yield Fault(day, day.clean, tag_of(invoice, day), before=day.date)


@rules("G1.09")
def forms(invoice: Invoice) -> Iterator[Fault]:
    """Every date is a day of the calendar, in the form of its syntax."""
    form = _FORMS[invoice.syntax]
    for day in _days(invoice):
        if day and (day.bad or not form.fullmatch(day.clean)):
            yield Fault(day, day.clean, tag_of(invoice, day))


@rules("G1.36")
def years(invoice: Invoice) -> Iterator[Fault]:
    """Every date is of the years 2000 to 2099."""
    for day in _days(invoice):
        if day.date is not None and not _FIRST_YEAR <= day.date.year <= _LAST_YEAR:
            yield Fault(day, day.clean, tag_of(invoice, day))


def _days(invoice: Invoice) -> Iterator[Day]:
    """Those that are there."""
    return (day for day in _fields(invoice) if day.element is not None)


def _fields(invoice: Invoice) -> Iterator[Day]:
    yield from (invoice.issue_date, invoice.due_date, invoice.tax_point_date)
    yield from (invoice.period.start, invoice.period.end)
    yield from (delivery.date for delivery in invoice.deliveries)
    yield from (reference.date for reference in invoice.preceding)
    for line in invoice.lines:
        yield from (line.period.start, line.period.end, line.delivery.date)
