"""Places in bytes: line and column of an element, and the text around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.messages.ubl import read_facts
from simulator.validation.columns import with_columns
from simulator.validation.locate import EXCERPT, excerpt, excerpt_at, spots

WIDE = "<a>" + "é" * 300 + "<b/>" + "x" * 300 + "</a>"


def spot(content, path):
    root = etree.fromstring(content)
    return spots(content, [root.find(path)])[0]


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (b"<a><b/></a>", (1, 4)),
        (b"<a>\n  <b/></a>", (2, 3)),
        (b"<a>\r\n  <b/></a>", (2, 3)),
        ("<a>é€𝄞<b/></a>".encode(), (1, 7)),
        (b"\xef\xbb\xbf<a><b/></a>", (1, 4)),
        (b"<a>\n<b\n    x='1>'\n    y='2'/></a>", (4, 5)),
        (b"<a><!-- <b/> --><b/></a>", (1, 17)),
    ],
)
def test_an_element_is_found_by_line_and_column(content, at):
    found = spot(content, "b")
    assert (found.line, found.column) == at


def test_the_line_is_the_one_that_libxml2_reports():
    content = b"<a>\n<b\n  x='1'\n  y='2'\n/><c/>\n</a>"
    for element in etree.fromstring(content).iter():
        assert spots(content, [element])[0].line == element.sourceline


def test_elements_may_come_in_any_order_and_twice():
    content = b"<a><b/><c/></a>"
    root = etree.fromstring(content)
    b, c = root
    assert [s.column for s in spots(content, [c, b, c])] == [8, 4, 8]
    assert spots(content, []) == []


def test_a_document_that_expat_does_not_read_has_no_spots():
    root = etree.fromstring(b"<a><b/></a>")
    assert spots(b"<a", [root]) == [None]


def test_an_excerpt_is_the_line_around_the_element_and_never_long():
    text = spot(WIDE.encode(), "b").excerpt
    assert "é" * 20 + "<b/>" in text
    assert len(text) == EXCERPT
    assert spot(b"<a>\n <b/> \n</a>", "b").excerpt == " <b/> "


@given(st.text(alphabet="aé€𝄞\n<", max_size=400), st.integers(0, 1600))
def test_an_excerpt_never_breaks_a_character(text, offset):
    content = text.encode()
    part = excerpt(content, min(offset, len(content)))
    assert len(part) <= EXCERPT
    assert "\n" not in part


def test_an_excerpt_by_line_number_ends_with_the_document():
    assert excerpt_at(b"one\ntwo\nthree", 2, 1) == "two"
    assert excerpt_at(b"one", 2, 1) == ""


def test_facts_get_their_columns_on_request():
    content = ubl_invoice(Specimen()).replace(b"\n", b"")
    facts = read_facts(etree.fromstring(content))
    assert {column for _, _, column in facts.places.values()} == {0}
    located = with_columns(content, facts)
    for path, line, column in located.places.values():
        name = path.rpartition("/")[2].partition("[")[0]
        assert content.decode()[column - 1 :].startswith(f"<{name}")
        assert line == 1
    assert located.number == facts.number


def test_facts_of_what_cannot_be_read_stay_as_they_are():
    facts = read_facts(etree.fromstring(ubl_invoice(Specimen())))
    assert with_columns(b"<a", facts) == facts
    assert with_columns(b"<a/>", facts) == facts
