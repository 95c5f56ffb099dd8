"""EN 16931: invoicing periods of the document and of lines (BR-29, BR-30, BR-CO-03, -19, -20).

Source: EN 16931-1:2017 clause 6.4; in CII the CEN validation artefacts 1.3.16 compare days as text.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import NO_DAY, Day, day_of
from simulator.messages.invoice.model import Group, Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import CAC, CBC, RAM, anywhere, is_below
from simulator.validation.packs.models.en16931_breakdown import judged

rules = ModelRules()
_UDT = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100}"
_DAY_FORMAT = "102"
_LINES = (f"{CAC}InvoiceLine", f"{CAC}CreditNoteLine")


class Span(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A period as the rules look at it.

    Attributes:
        element: the period.
        starts, ends: whether there is a beginning, an end, be it empty.
        start, end: the days.
        code: whether there is a code instead (BT-8, UBL).
        comparable: whether the days can be compared.
        of_line: BG-26, not BG-14.
    """

    element: Element
    starts: bool
    ends: bool
    start: Day
    end: Day
    code: bool
    of_line: bool

    @property
    def is_reversed(self) -> bool:
        """Whether the end is before the beginning, as far as both can be read."""
        if not (self.starts and self.ends):
            return False
        if self.element.tag.startswith(CAC):
            start, end = self.start.date, self.end.date
            return start is not None and end is not None and end < start
        days = (self.start, self.end)
        if any(day.attribute("format") != _DAY_FORMAT for day in days):
            return True
        return self.end.value < self.start.value


def document_spans(invoice: Invoice) -> list[Span]:
    """The periods of the document itself (BG-14)."""
    root = invoice.element
    return [s for s in invoice.once(_spans) if not s.of_line and s.element.getparent() is root]


def _spans(invoice: Invoice) -> list[Span]:
    if invoice.syntax == "ubl":
        return [_ubl(element) for element in anywhere(invoice)["InvoicePeriod"]]
    spans = [_cii(line.period.element, of_line=True) for line in invoice.lines if line.period]
    return [*spans, _cii(invoice.period.element, of_line=False)] if invoice.period else spans
