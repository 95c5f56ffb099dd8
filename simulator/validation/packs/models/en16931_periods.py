"""EN 16931: invoicing periods of the document and of lines (BR-29, BR-30, BR-CO-19, BR-CO-20).

Source: EN 16931-1:2017 clause 6.4; in CII the CEN validation artefacts 1.3.16 compare days as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import NO_DAY, Day, day_of
from simulator.messages.invoice.model import Group, Invoice
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import CAC, CBC, RAM, anywhere, is_below
from simulator.validation.packs.models.en16931_faults import ABSENT

rules = ModelRules()
_STRING = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100}DateTimeString"
_DAY_FORMAT = "102"
_LINES = (f"{CAC}InvoiceLine", f"{CAC}CreditNoteLine")

_Place = Literal["document", "line", "elsewhere"]


class Span(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A period as the rules look at it.

    Attributes:
        element: the period.
        place: BG-14, BG-26, or what UBL has of it elsewhere (lines inside lines).
        starts, ends: whether there is a beginning, an end, be it empty.
        start, end: the days.
        coded: whether there is a code (BT-8, UBL).
    """

    element: Element
    place: _Place
    starts: bool
    ends: bool
    start: Day
    end: Day
    coded: bool = False

    @property
    def is_reversed(self) -> bool:
        """Whether the end is before the beginning, as far as UBL can be read; CII compares text."""
        if not (self.starts and self.ends):
            return False
        if self.element.tag.startswith(RAM):
            written = (self.start.attribute("format"), self.end.attribute("format"))
            return written != (_DAY_FORMAT,) * 2 or self.end.value < self.start.value
        start, end = self.start.date, self.end.date
        return start is not None and end is not None and end < start


def document_spans(invoice: Invoice) -> list[Span]:
    """The periods of the document itself (BG-14)."""
    return [span for span in invoice.once(_spans) if span.place == "document"]


def _spans(invoice: Invoice) -> list[Span]:
    if invoice.syntax == "ubl":
        return [_ubl(invoice, element) for element in anywhere(invoice)["InvoicePeriod"]]
    own = invoice.period.element
    spans = [] if own is None else [_cii(own, "document")]
    periods = (line.period.element for line in invoice.lines)
    spans += [_cii(element, "line") for element in periods if element is not None]
    return spans


def _ubl(invoice: Invoice, element: Element) -> Span:
    place: _Place = "document" if element.getparent() is invoice.element else "elsewhere"
    if is_below(element, *_LINES):
        place = "line"
    start, end = (element.find(f"{CBC}{name}") for name in ("StartDate", "EndDate"))
    coded = element.find(f"{CBC}DescriptionCode") is not None
    return Span(element, place, start is not None, end is not None, _day(start), _day(end), coded)


def _cii(element: Element, place: _Place) -> Span:
    start, end = (element.find(f"{RAM}{name}") for name in ("StartDateTime", "EndDateTime"))
    first, last = (None if e is None else e.find(_STRING) for e in (start, end))
    return Span(element, place, start is not None, end is not None, _day(first), _day(last))


def _day(element: Element | None) -> Day:
    return NO_DAY if element is None else day_of(element)


def in_order(of_line: bool, invoice: Invoice) -> Iterator[Fault]:
    """BR-29, BR-30: a period does not end before it begins."""
    for span in invoice.once(_spans):
        if (span.place == "line") is of_line and span.is_reversed:
            yield Fault(Group(element=span.element), span.end.clean, span.start.clean)


def filled(of_line: bool, invoice: Invoice) -> Iterator[Fault]:
    """BR-CO-19, BR-CO-20: a period has a beginning, an end or both; BG-14 may have a code instead."""
    for span in invoice.once(_spans):
        known = span.starts or span.ends or (span.coded and not of_line)
        if (span.place == "line") is of_line and not known:
            yield Fault(Group(element=span.element), found=ABSENT)


rules.add("BR-29", partial(in_order, False))
rules.add("BR-30", partial(in_order, True))
rules.add("BR-CO-19", partial(filled, False))
rules.add("BR-CO-20", partial(filled, True))
