"""Fields keep what is written, and never raise."""

import datetime as dt
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.messages.invoice.fields import (
    EXACT,
    NO_DAY,
    NO_NUMBER,
    NO_TEXT,
    day_of,
    decimal_of,
    number_of,
    text_of,
)
from simulator.messages.invoice.rounding import cents, double_total, total, whole, within


def element(text, **attributes):
    found = etree.Element("x", attributes)
    found.text = text
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.50", "1.50"),
        (" +1 ", "1"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("9" * 30, "9" * 30),
        ("1e5", None),
        ("NaN", None),
        ("1_000", None),
        ("1,5", None),
        ("", None),
        ("١", None),
        ("9" * 101, None),
    ],
)
def test_numbers_are_those_of_xs_decimal(text, value):
    number = number_of(element(text))
    assert number.value == (None if value is None else Decimal(value))
    assert number.bad is (value is None)
    assert number.text == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_decimal_is_read_exactly(value):
    assert decimal_of(f"{value:f}") == value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_raises(text):
    for read in (text_of, number_of, day_of):
        assert read(element(text)).exists


def test_a_comment_does_not_cut_a_field():
    found = etree.fromstring("<x>1<!-- 5 -->2<?p?>.5</x>")
    assert text_of(found).value == "12.5"
    assert number_of(found).value == Decimal("12.5")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-09-01", dt.date(2026, 9, 1)),
        ("20260901", dt.date(2026, 9, 1)),
        ("2026-02-31", None),
        ("20260229", None),
        ("1/9/2026", None),
        ("", None),
    ],
)
def test_days_are_read_in_both_forms(text, date):
    day = day_of(element(text))
    assert (day.date, day.bad) == (date, date is None)


def test_attributes_are_those_of_the_element():
    text = text_of(element(" a  b ", schemeID="0009", listID="L"))
    assert (text.scheme, text.list_id, text.clean, bool(text)) == ("0009", "L", "a b", True)
    number = number_of(element("1.234", currencyID="EUR", unitCode="C62"))
    assert (number.currency, number.unit, number.decimals) == ("EUR", "C62", 3)


def test_what_is_absent_is_empty():
    assert not NO_TEXT
    assert not NO_DAY
    assert (NO_TEXT.value, NO_TEXT.scheme, NO_TEXT.exists, NO_DAY.date) == ("", "", False, None)
    assert (NO_NUMBER.value, NO_NUMBER.bad, NO_NUMBER.text, NO_NUMBER.exists) == (
        None,
        False,
        "",
        False,
    )
    assert not text_of(element(" \n "))


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.01"), ("-0.005", "0.00"), ("-0.0051", "-0.01"), ("2.675", "2.68"), ("1", "1.00")],
)
def test_half_a_cent_goes_up_also_below_zero(value, rounded):
    assert cents(Decimal(value)) == Decimal(rounded)


def test_units_are_rounded_likewise():
    assert [whole(Decimal(v)) for v in ("2.5", "-2.5", "-2.6")] == [3, -2, -3]


def test_sums_of_doubles_are_those_of_the_cii_rules():
    numbers = [number_of(element("100.005"))]
    assert cents(total(numbers)) == Decimal("100.01")
    assert cents(double_total(numbers)) == Decimal("100.00")


def test_a_sum_with_something_unreadable_is_not_one():
    bad = [number_of(element("1")), number_of(element("x"))]
    assert total(bad) is None
    assert double_total(bad) is None
    assert total([NO_NUMBER, number_of(element("2"))]) == 2


def test_thirty_digits_are_summed_exactly():
    with localcontext(EXACT):
        numbers = [number_of(element("9" * 30 + ".99")), number_of(element("0.01"))]
        assert total(numbers) == Decimal(10**30)


def test_slack_excludes_its_bounds():
    assert within(Decimal("10.99"), Decimal(10))
    assert not within(Decimal(11), Decimal(10))
