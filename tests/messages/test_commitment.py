"""Service and engagement of the recipient, out of every syntax of invoices."""

import msgspec
import pytest
from lxml import etree

from simulator.messages import cii, cppfacture, ubl
from simulator.messages.specimens.factory import document, of_circuit
from simulator.messages.specimens.model import References

READERS = {
    "ubl": ubl.read_facts,
    "cii-d16b": cii.read_facts,
    "cii-d22b": cii.read_facts,
    "cpp": cppfacture.read_facts,
}
CASES = [
    ("b2g", "ubl"),
    ("b2g", "cii-d16b"),
    ("b2g", "cpp"),
    ("b2g-pa", "ubl"),
    ("b2g-pa", "cii-d22b"),
]


@pytest.mark.parametrize(("circuit", "syntax"), CASES)
def test_both_are_read_where_the_invoice_names_them(circuit, syntax):
    given = References(buyer="SERVICE-1", order="EJ-42")
    spec = msgspec.structs.replace(of_circuit(circuit), references=given)
    facts = READERS[syntax](etree.fromstring(document(spec, syntax)))
    assert (facts.service, facts.engagement) == ("SERVICE-1", "EJ-42")


@pytest.mark.parametrize(("circuit", "syntax"), CASES)
def test_an_invoice_that_names_none_has_none(circuit, syntax):
    spec = msgspec.structs.replace(of_circuit(circuit), references=References())
    facts = READERS[syntax](etree.fromstring(document(spec, syntax)))
    assert (facts.service, facts.engagement) == ("", "")
