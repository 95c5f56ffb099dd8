"""Arithmetic as the official rule sets do it (XPath 2.0), on Decimals; None is "no value".

Source: XQuery 1.0 and XPath 2.0 Functions and Operators, fn:round (half goes up, also below zero),
fn:sum of nothing is 0, a comparison with the empty sequence is false.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from math import isfinite

from simulator.messages.invoice.fields import Number

_CENT = Decimal("0.01")
_UNIT = Decimal(1)
_HALF = Decimal("0.5")
_HALF_CENT = Decimal("0.005")


def cents(value: Decimal) -> Decimal:
    """``round(value * 100) div 100``."""
    return (value + _HALF_CENT).quantize(_CENT, ROUND_FLOOR)


def whole(value: Decimal) -> Decimal:
    """``round(value)``."""
    return (value + _HALF).quantize(_UNIT, ROUND_FLOOR)


def total(numbers: Iterable[Number]) -> Decimal | None:
    """Sum of those that are there; None when one of them is not a number."""
    result = Decimal()
    for number in numbers:
        if number.value is not None:
            result += number.value
        elif number.element is not None:
            return None
    return result


def double_total(numbers: Iterable[Number]) -> Decimal | None:
    """``sum()`` of amounts that a rule set does not cast to xs:decimal: a sum of doubles.

    The CII rules of CEN do so: three lines of 100.005 do not come to 300.015 there. None when one of
    them is not a number.
    """
    result = 0.0
    for number in numbers:
        if number.value is not None:
            result += float(number.value)
        elif number.element is not None:
            return None
    return Decimal(result) if isfinite(result) else None


def within(found: Decimal, expected: Decimal, slack: Decimal = _UNIT) -> bool:
    """Whether a value is less than `slack` away from what is expected (the tolerance of BR-S-08)."""
    return expected - slack < found < expected + slack
