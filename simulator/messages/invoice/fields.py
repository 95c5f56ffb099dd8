"""Values of an invoice as written: text, number, date; each knows the element that it stands in.

Nothing here raises: a field that is not there is an empty value (`NO_TEXT`, `NO_NUMBER`, `NO_DAY`),
and one that cannot be read keeps its text and has no value.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache

import msgspec
from lxml.etree import _Element as Element

# xs:decimal; Python's own constructor takes exponents, underscores, NaN and foreign digits as well.
_DECIMAL = re.compile(r"[ \t\r\n]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*", re.ASCII)
_ISO_DAY = re.compile(
    r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?\s*", re.ASCII
)
_DAY_102 = re.compile(r"\s*([0-9]{4})([0-9]{2})([0-9]{2})\s*", re.ASCII)
_LONGEST_NUMBER = 100

# Sums and products of any numbers that a document may hold are exact in it, and nothing in it
# raises: a comparison with what is not a number is false.
EXACT = Context(prec=4 * _LONGEST_NUMBER, traps=[])


class Text(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A text, code or identifier.

    Attributes:
        element: where it stands; None when the invoice has none.
        value: as written, blanks included; ``""`` when there is none.
    """

    element: Element | None
    value: str

    def __bool__(self) -> bool:
        """Whether there is more than blanks, as ``normalize-space(.) != ''``."""
        return not (not self.value or self.value.isspace())

    @property
    def clean(self) -> str:
        """The text as ``normalize-space`` gives it."""
        return " ".join(self.value.split())

    @property
    def exists(self) -> bool:
        """Whether the element is there, be it empty."""
        return self.element is not None

    @property
    def scheme(self) -> str:
        """Scheme identifier of an identifier (``0009``); ``""`` when there is none."""
        return self.attribute("schemeID") or ""

    @property
    def list_id(self) -> str:
        """Identifier of the code list that a code is of; ``""`` when there is none."""
        return self.attribute("listID") or ""

    def attribute(self, name: str) -> str | None:
        """An attribute of the element; None when there is none."""
        return None if self.element is None else self.element.get(name)


class Number(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An amount, quantity, price or percentage.

    Attributes:
        element: where it stands; None when the invoice has none.
        value: None when there is none, and when it is not an xs:decimal of at most 100 characters.
    """

    element: Element | None
    value: Decimal | None

    @property
    def exists(self) -> bool:
        """Whether the element is there, be it unreadable."""
        return self.element is not None

    @property
    def bad(self) -> bool:
        """Whether something is written that is not a number."""
        return self.value is None and self.element is not None

    @property
    def text(self) -> str:
        """As written; ``""`` when there is none."""
        return "" if self.element is None else content_of(self.element)

    @property
    def decimals(self) -> int:
        """Characters after the point as written, as the rules on decimals count them."""
        return len(self.text.partition(".")[2])

    @property
    def currency(self) -> str:
        """``currencyID``; ``""`` when there is none."""
        return "" if self.element is None else self.element.get("currencyID") or ""

    @property
    def unit(self) -> str:
        """``unitCode``; ``""`` when there is none."""
        return "" if self.element is None else self.element.get("unitCode") or ""


class Day(Text, frozen=True, eq=False, gc=False):
    """A date: ``YYYY-MM-DD`` in UBL, ``YYYYMMDD`` (format 102) in CII."""

    @property
    def date(self) -> date | None:
        """The day; None when there is none, and for one that no calendar has (31 February)."""
        match = _ISO_DAY.fullmatch(self.value) or _DAY_102.fullmatch(self.value)
        if match is None:
            return None
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            return None

    @property
    def bad(self) -> bool:
        """Whether something is written that is not a day."""
        return self.element is not None and self.date is None


NO_TEXT = Text(None, "")
NO_NUMBER = Number(None, None)
NO_DAY = Day(None, "")


def text_of(element: Element) -> Text:
    """The text of an element."""
    return Text(element, content_of(element) if len(element) else element.text or "")


def day_of(element: Element) -> Day:
    """The text of an element as a day."""
    return Day(element, content_of(element))


def number_of(element: Element) -> Number:
    """The text of an element as a number."""
    text = content_of(element) if len(element) else element.text
    if text is None or len(text) > _LONGEST_NUMBER:
        return Number(element, None)
    return Number(element, decimal_of(text))


@lru_cache(4096)  # most numbers of a long invoice are there many times
def decimal_of(text: str) -> Decimal | None:
    """An xs:decimal of at most 100 characters, exactly; None for any other text."""
    match = _DECIMAL.fullmatch(text)
    if match is None or len(text) > _LONGEST_NUMBER:
        return None
    return Decimal(match[1])


def content_of(element: Element) -> str:
    """The text of an element that holds nothing but text (and comments)."""
    text = element.text or ""
    if len(element):  # a comment splits the text of a field
        text += "".join(child.tail or "" for child in element)
    return text
