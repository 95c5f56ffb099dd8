"""Rows of ``check``: a file that holds several invoices has one verdict where its syntax is wrong."""

from datetime import UTC, datetime

import pytest
from cpp_documents import MIXED

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.messages.archives import pack
from simulator.validation.judge import judge
from simulator.validation.offline import DIRECTORY, Request, job_of, rows_of

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
GOOD = MIXED.encode()
BAD = MIXED.replace("</CPPFacture", "<autre/></CPPFacture").encode()


@pytest.fixture
def rows(tmp_path):
    """The rows of a file with that content, held against a directory that has everyone."""

    def judged(content, name="f.xml"):
        path = tmp_path / name
        path.write_bytes(content)
        request = Request(
            CATALOGUE, CATALOGUE["FSO1113A"], directory=lambda _document, _circuit: ()
        )
        return rows_of(path, judge(job_of(path, request)), request)

    return judged


def test_each_invoice_of_a_file_has_a_row(rows):
    found = rows(GOOD)
    assert [(r.member, r.verdict) for r in found] == [("f.xml", "accepted")] * 2
    assert all(DIRECTORY in r.packs for r in found)


def test_no_invoice_of_a_refused_file_is_accepted(rows):
    found = rows(BAD)
    assert BAD != GOOD
    assert [r.verdict for r in found] == ["irrecevable"] * 2
    assert [bool(r.findings) for r in found] == [True, False]


def test_no_invoice_of_a_refused_file_is_looked_up(rows):
    assert {(DIRECTORY, "irrecevable") in r.skipped for r in rows(BAD)} == {True}


def test_a_refused_file_does_not_touch_the_one_beside_it(rows):
    envelope = pack([("a.xml", BAD), ("b.xml", GOOD)], datetime(2026, 9, 1, tzinfo=UTC))
    found = rows(envelope, "f.tar.gz")
    assert [(r.member, r.verdict) for r in found] == [("a.xml", "irrecevable")] * 2 + [
        ("b.xml", "accepted")
    ] * 2
