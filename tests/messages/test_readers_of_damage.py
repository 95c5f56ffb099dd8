"""Readers of status messages, pivots and directories never raise for what they are given."""

import pytest
from cdar_desk import COLLECTED, COMPLETED, REJECTION, SUSPENDED, content_of
from cpp_documents import FLOW_STATUS, INVOICE_STATUS
from cpp_documents import PIVOT as FULL_PIVOT
from lxml import etree
from pivot_desk import BARE, FULL, root_of
from xml_mutations import mutants, parsed

from simulator.messages import annuairereading, cdarreading, cppstatutreading, pivotreading

CDAR = [etree.fromstring(content_of(s)) for s in (COMPLETED, COLLECTED, SUSPENDED, REJECTION)]
STATUT = [parsed(FLOW_STATUS), parsed(INVOICE_STATUS)]
PIVOT = [parsed(FULL_PIVOT), root_of(FULL), root_of(BARE)]
MANY = 500


@pytest.mark.parametrize(
    ("read", "documents"),
    [(cdarreading.read, CDAR), (cppstatutreading.read, STATUT), (pivotreading.read, PIVOT)],
    ids=["cdar", "cppstatut", "pivot"],
)
def test_damaged_documents_are_read_as_far_as_they_go(read, documents):
    found = {type(read(root)).__name__ for _, root in mutants(documents, MANY, seed=6)}
    assert len(found) == 1


@pytest.mark.parametrize(
    "read", [cdarreading.read, cppstatutreading.read, pivotreading.read, annuairereading.read]
)
def test_foreign_documents_are_read_as_nothing(read):
    for root in (etree.Element("x"), *CDAR, *STATUT, *PIVOT):
        assert read(root) is not None
