"""Faults that rules of EN 16931 have in common: something missing, a wrong amount, too many decimals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.messages.invoice.fields import Number
from simulator.validation.packs.model import Fault, Placed

# What a message says of a value that is not there; the same word in English and in French.
ABSENT = "absent"
_MOST_DECIMALS = 2


def missing(group: Placed) -> Fault:
    """Something that a group should have."""
    return Fault(group, found=ABSENT)


def fault(number: Number, group: Placed, expected: object) -> Fault:
    """A wrong amount, or one that a group lacks."""
    return Fault(number if number.exists else group, number.text or ABSENT, expected)


def decimals(numbers: Iterable[Number]) -> Iterator[Fault]:
    """Numbers with more than two decimals, as ``substring-after(., '.')`` counts them."""
    for number in numbers:
        if number.element is not None and number.decimals > _MOST_DECIMALS:
            yield Fault(number, found=number.text)
