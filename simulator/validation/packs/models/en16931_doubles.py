"""Arithmetic of the CEN rules where they do not cast to xs:decimal: on doubles.

An amount that meets a number in XPath 2.0 without a cast is an xs:double, and so is everything that
is computed from it. Most CII rules work so, and in UBL the slack of BR-S-08. Python's floats are the
same doubles.

Source: XML Path Language (XPath) 2.0, §3.4 and B.2; fn:round and casting from xs:double to xs:decimal
of XQuery 1.0 and XPath 2.0 Functions and Operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import floor, isfinite

from simulator.messages.invoice.fields import Number


def rounded(value: float) -> float:
    """``round(value)`` of a double: the nearest whole number, of two the greater."""
    if not isfinite(value):
        return value
    low = floor(value)
    return float(low + 1 if value - low >= 0.5 else low)


def double_cents(value: float) -> float:
    """``round(value * 10 * 10) div 100``."""
    return rounded(value * 10 * 10) / 100


def double_sum(numbers: Iterable[Number]) -> float | None:
    """``sum()`` of amounts; None when one of them is not a number."""
    result = 0.0
    for number in numbers:
        if number.value is not None:
            result += float(number.value)
        elif number.element is not None:
            return None
    return result


def two_decimals(value: Decimal) -> bool:
    """``. = round(. * 100) div 100``."""
    double = float(value)
    return double == rounded(double * 100) / 100


def near(stated: Decimal, expected: Decimal) -> bool:
    """``xs:decimal(stated - 1) < expected and xs:decimal(stated + 1) > expected``.

    The difference is one of doubles, so that exactly 1 is near for some amounts and not for others.
    """
    double = float(stated)
    return Decimal(double - 1) < expected < Decimal(double + 1)


def double_near(stated: Decimal, expected: Decimal) -> bool:
    """``stated - 1 < expected and stated + 1 > expected``, `expected` becoming a double as well."""
    double, other = float(stated), float(expected)
    return double - 1 < other < double + 1


def shown(value: float) -> str:
    """A computed amount for a message."""
    return f"{value:.2f}"
