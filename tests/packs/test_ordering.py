"""What an edit added gets the place and the content that the schema asks for."""

import pytest
from lxml import etree

from simulator import resources
from simulator.validation.packs.breaking import grammar
from simulator.validation.packs.breaking.edits import drop
from simulator.validation.packs.breaking.french_documents import plain
from simulator.validation.packs.breaking.french_edits import at, fragment
from simulator.validation.packs.breaking.ordering import complete, put_in_order
from simulator.validation.syntaxes import schema_of

SCHEMAS = {"ubl-invoice": ("ubl", "ubl-2.1"), "cii-d22b": ("cii", "cii-d22b")}
# By syntax: an element, and what is put at its end.
ADDED = {
    "ubl-invoice": ("cac:InvoiceLine", "<cbc:UUID/><cac:PricingReference/><cac:TaxTotal/>"),
    "cii-d22b": (
        "//ram:ApplicableHeaderTradeSettlement",
        "<ram:TaxApplicableTradeCurrencyExchange/><ram:SpecifiedAdvancePayment/>",
    ),
}


def document(syntax):
    name, schema = SCHEMAS[syntax]
    return plain(name), schema_of(schema)


@pytest.mark.parametrize("syntax", SCHEMAS)
def test_what_was_added_anywhere_is_completed_and_moved_so_that_the_schema_lets_it_pass(syntax):
    root, schema = document(syntax)
    place, added = ADDED[syntax]
    parent = at(root, place)[0]
    parent.extend(fragment(added))
    new = parent[-added.count("/>") :]
    assert not schema.validate(root)
    for element in new:
        complete(element, syntax)
    put_in_order(root, syntax)
    assert schema.validate(root), schema.error_log
    assert [element.getparent() for element in new] == [parent] * len(new)


@pytest.mark.parametrize("syntax", SCHEMAS)
def test_a_document_in_order_stays_as_it_is(syntax):
    root, _ = document(syntax)
    before = etree.tostring(root)
    put_in_order(root, syntax)
    assert etree.tostring(root) == before


def test_what_the_schema_does_not_know_stays_behind_its_neighbour():
    root, _ = document("ubl-invoice")
    unknown = fragment("<cbc:Unknown/>")[0]
    at(root, "cbc:ID")[0].addnext(unknown)
    at(root, "cbc:IssueDate")[0].addnext(at(root, "cbc:CustomizationID")[0])
    put_in_order(root, "ubl-invoice")
    assert unknown.getprevious() is at(root, "cbc:ID")[0]
    assert root[0] is at(root, "cbc:CustomizationID")[0]


def test_what_is_missing_elsewhere_is_not_filled_in():
    root, schema = document("ubl-invoice")
    drop("//cac:LegalMonetaryTotal/cbc:PayableAmount")(root)
    put_in_order(root, "ubl-invoice")
    assert not schema.validate(root)


def test_without_the_schema_nothing_moves(monkeypatch):
    def missing(*_):
        message = "not installed"
        raise resources.MissingResource(message)

    monkeypatch.setattr(grammar, "_read", missing)
    root, _ = document("ubl-invoice")
    root.append(root[0])
    before = etree.tostring(root)
    put_in_order(root, "ubl-invoice")
    complete(root[0], "ubl-invoice")
    assert etree.tostring(root) == before
