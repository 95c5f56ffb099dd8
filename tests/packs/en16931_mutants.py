"""Seeded mutants of invoices: what careless or rounding software does to amounts, rates and groups."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from lxml import etree

_AMOUNT = re.compile(r"Amount|Percent|Quantity")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B")
_RATES = ("0", "0.00", "0.4", "0.5", "5.5", "10", "20.0", "21.00", "-5", "20.123456")
# What schemas let be there several times.
_REPEATED = re.compile(
    "TaxSubtotal|AllowanceCharge|InvoiceLine|CreditNoteLine|PaymentMeans|PartyTaxScheme"
    "|ApplicableTradeTax|SpecifiedTradeAllowanceCharge|IncludedSupplyChainTradeLineItem"
    "|SpecifiedTaxRegistration|AdditionalItemProperty|ApplicableProductCharacteristic"
    "|BillingReference|AdditionalReferencedDocument|AdditionalDocumentReference"
)
Element = etree._Element


def mutants(documents: Sequence[Element], count: int, seed: int) -> Iterator[tuple[str, Element]]:
    """`count` trees, each one to three changes away from a document, and what was changed."""
    dice = random.Random(seed)
    for _ in range(count):
        root = copy.deepcopy(dice.choice(documents))
        changes = dice.choices(CHANGES, k=dice.choice((1, 1, 2, 3)))
        for change in changes:
            change(root, dice)
        yield " ".join(change.__name__ for change in changes), root


def amount(root: Element, dice: random.Random) -> None:
    leaf = _any(dice, _numbers(root))
    if leaf is not None:
        leaf.text = dice.choice(_NEW_AMOUNTS)(Decimal(leaf.text.strip()), dice)


def _shifted(value: Decimal, dice: random.Random) -> str:
    by = dice.choice(("0.01", "-0.01", "1", "-1", "0.99", "-0.99", "1.01", "0.5"))
    return f"{value + Decimal(by):f}"


def _half_a_cent(value: Decimal, dice: random.Random) -> str:
    # -0.005 is rounded to a negative zero, which Saxon does not take for 0
    return f"{value + Decimal('0.005'):f}" if value >= 0 else f"{value:f}"


def _with_decimals(value: Decimal, dice: random.Random) -> str:
    return f"{abs(value) + Decimal(dice.randrange(1, 1000)) / 1000:f}"


def _negative(value: Decimal, dice: random.Random) -> str:
    return f"{-value if value else value:f}"


def _other(value: Decimal, dice: random.Random) -> str:
    return dice.choice(("0", "00012.50", " 5.00 ", "5.000", ".5", "7" * 30, f"{value * 2:f}"))


_NEW_AMOUNTS = (_shifted, _shifted, _shifted, _half_a_cent, _with_decimals, _negative, _other)


def category(root: Element, dice: random.Random) -> None:
    """One code, or all that are the same."""
    leaves = [e for e in _leaves(root) if _is_category(e)]
    chosen = _any(dice, leaves)
    if chosen is not None:
        old, new = chosen.text, dice.choice(_CATEGORIES)
        everywhere = dice.random() < 0.5
        for leaf in leaves if everywhere else [chosen]:
            if leaf.text == old:
                leaf.text = new


def rate(root: Element, dice: random.Random) -> None:
    leaf = _any(dice, [e for e in _leaves(root) if "Percent" in _name(e)])
    if leaf is not None:
        leaf.text = dice.choice(_RATES)


def remove(root: Element, dice: random.Random) -> None:
    element = _any(dice, [e for e in root.iter(etree.Element) if e.getparent() is not None])
    if element is not None:
        element.getparent().remove(element)


def repeat(root: Element, dice: random.Random) -> None:
    element = _any(dice, [e for e in root.iter(etree.Element) if _REPEATED.fullmatch(_name(e))])
    if element is not None and element.getparent() is not None:
        other = copy.deepcopy(element)
        element.addnext(other)
        amount(other, dice)


def day(root: Element, dice: random.Random) -> None:
    leaves = [e for e in _leaves(root) if "Date" in _name(e) and (e.text or "").strip()]
    leaf = _any(dice, leaves)
    if leaf is not None:
        written = dice.choice(("2001-01-01", "2018-12-28", "2035-06-15"))
        leaf.text = written if "-" in leaf.text else written.replace("-", "")


def blank(root: Element, dice: random.Random) -> None:
    leaf = _any(dice, [e for e in _leaves(root) if not _AMOUNT.search(_name(e))])
    if leaf is not None:
        leaf.text = dice.choice(("", " "))


def mark(root: Element, dice: random.Random) -> None:
    """An attribute less, or another one."""
    element = _any(dice, [e for e in root.iter(etree.Element) if e.attrib])
    if element is not None:
        name = dice.choice(list(element.attrib))
        if dice.random() < 0.5:
            del element.attrib[name]
        else:
            element.set(name, dice.choice(("", "USD", "EUR", "VA", "FC", "SEPA", "0088")))


CHANGES: tuple[Callable[[Element, random.Random], None], ...] = (
    *(amount,) * 5,
    *(category,) * 3,
    *(rate,) * 2,
    *(remove,) * 3,
    *(repeat,) * 3,
    *(day, blank, mark),
)


def _any(dice: random.Random, elements: Sequence[Element]) -> Element | None:
    return dice.choice(elements) if elements else None


def _name(element: Element) -> str:
    return etree.QName(element).localname


def _leaves(root: Element) -> list[Element]:
    return [e for e in root.iter(etree.Element) if len(e) == 0]


def _numbers(root: Element) -> list[Element]:
    found = [e for e in _leaves(root) if _AMOUNT.search(_name(e))]
    return [e for e in found if _NUMBER.fullmatch((e.text or "").strip())]


def _is_category(element: Element) -> bool:
    parent = element.getparent()
    inside = _name(parent) if parent is not None else ""
    return _name(element) == "CategoryCode" or (
        _name(element) == "ID" and inside in ("TaxCategory", "ClassifiedTaxCategory")
    )
