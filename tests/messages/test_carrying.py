"""What a return passes on: files out of deposits, invoices of every syntax made into pivots."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest
from lxml import etree
from pivot_desk import assert_valid, both_schemas

from simulator.domain.flows import BlobRef, Origin, Passage, Return
from simulator.domain.judgement import Limits
from simulator.messages.archives import pack
from simulator.messages.carrying import filled
from simulator.messages.pivot import write
from simulator.messages.pivotreading import read
from simulator.messages.specimen_status import Status, cdar_message
from simulator.messages.specimens.factory import document, of_circuit
from simulator.messages.specimens.parts import Attachment

WHEN = datetime(2026, 9, 2, tzinfo=UTC)
FLOW = "FSO1150A_DEM011_DEM0111150000000000000001.tar.gz"
CIRCUITS = {
    "ubl": "b2g-pa",
    "ubl-creditnote": "b2g-pa",
    "cii-d16b": "b2g",
    "cii-d22b": "b2g-pa",
    "factur-x": "b2g-pa",
    "cpp": "b2g",
}
EMPTY = Return(
    partner="BUYER1",
    name="FEN0036A_BUYER1_CPP0010036000000000000001.tar.gz",
    interface="FEN0036A",
    format="pivot",
    issued=WHEN,
    emitter="CPP001",
    emitter_matricule="9999",
    partner_matricule="0042",
    statuses=(),
)


class Deposits:
    """Deposits by hash, as the journal has them."""

    def __init__(self):
        self.contents = {}

    def origin(self, content, member, flow=FLOW):
        packed = pack([("before.xml", b"<x/>"), (member, content)], WHEN)
        sha256 = hashlib.sha256(packed).hexdigest()
        self.contents[sha256] = packed
        return Origin(BlobRef(sha256, len(packed)), flow, member)

    def pivots(self, *passages):
        value = msgspec.structs.replace(EMPTY, sources=passages)
        return filled(value, self.contents, Limits())

    def relayed(self, *passages):
        value = msgspec.structs.replace(EMPTY, format="relay", sources=passages)
        return filled(value, self.contents, Limits()).files


@pytest.fixture
def deposits():
    return Deposits()


@pytest.fixture(scope="module")
def schemas():
    return both_schemas()


def made(syntax, **changes):
    return document(msgspec.structs.replace(of_circuit(CIRCUITS[syntax]), **changes), syntax)


@pytest.mark.parametrize("syntax", CIRCUITS)
def test_an_invoice_of_any_syntax_becomes_a_valid_pivot(deposits, schemas, syntax):
    content = made(syntax, number="F-1")
    end = "pdf" if syntax == "factur-x" else "xml"
    passage = Passage(deposits.origin(content, f"f.{end}"), "F-1", day="2026-09-02", chorus_id="7")
    value = deposits.pivots(passage)
    ((_, written),) = write(value)
    root = etree.fromstring(written)
    assert_valid(schemas, root)
    (invoice,) = read(root)
    assert (invoice.number, invoice.chorus_id, invoice.received) == ("F-1", "7", "2026-09-02")
    assert invoice.files[0].content == content
    has_own = syntax in ("factur-x", "cpp")
    assert any(f.content.startswith(b"%PDF") for f in invoice.files[1:]) or has_own


def test_an_attached_readable_form_is_not_made_again(deposits):
    own = Attachment("L-1", "LISIBLE", "lisible.pdf", "application/pdf", b"%PDF own")
    content = made("ubl", number="F-1", attachments=(own,))
    passage = Passage(deposits.origin(content, "f.xml"), "F-1", is_platform=True)
    (invoice,) = deposits.pivots(passage).invoices
    assert [f.content for f in invoice.files] == [content, b"%PDF own"]


def test_of_several_invoices_in_one_file_each_buyer_sees_its_own(deposits):
    first, second = (etree.fromstring(made("cpp", number=n)) for n in ("F-1", "F-2"))
    unit = second.find("CPPFactures/CPPFactureMixteUnitaire")
    unit.set("NumOrdre", "2")
    first.find("CPPFactures").append(unit)
    origin = deposits.origin(etree.tostring(first), "f.xml")
    invoices = deposits.pivots(Passage(origin, "F-2"), Passage(origin, "F-1")).invoices
    assert [invoice.number for invoice in invoices] == ["F-2", "F-1"]
    for invoice, other in zip(invoices, (b"F-1", b"F-2"), strict=True):
        assert other not in invoice.files[0].content
        assert invoice.number.encode() in invoice.files[0].content


def test_what_came_with_a_status_completes_the_invoice(deposits):
    said = cdar_message(Status("209", "F-1"))
    flow = "FSO1304A_DEM011_DEM0111304000000000000001.tar.gz"
    passage = Passage(
        deposits.origin(made("ubl", number="F-1"), "f.xml"),
        "F-1",
        is_platform=True,
        resent="Complétée",
        completing=(deposits.origin(said, "s.xml", flow),),
    )
    (invoice,) = deposits.pivots(passage).invoices
    assert invoice.resent == "Complétée"
    assert invoice.files[-1].category == "Document annexe"
    assert invoice.files[-1].content


def test_a_message_is_passed_on_byte_for_byte(deposits):
    said = cdar_message(Status("203")) + b"<!-- as it came -->\n"
    (file,) = deposits.relayed(Passage(deposits.origin(said, "s.xml")))
    assert (file.name, file.content) == ("s.xml", said)


def test_a_credit_note_gets_a_readable_form_too(deposits):
    origin = deposits.origin(made("ubl-creditnote", number="F-1"), "f.xml")
    (file,) = deposits.relayed(Passage(origin, "F-1", readable=True))
    assert b"LISIBLE" in file.content


@pytest.mark.parametrize("content", [b"<Facture/>", b"%PDF-1.4 cut"])
def test_what_is_no_invoice_any_more_is_told(deposits, content):
    end = "pdf" if content[:1] == b"%" else "xml"
    with pytest.raises(ValueError, match="invoice"):
        deposits.pivots(Passage(deposits.origin(content, f"f.{end}"), "F-1"))


def test_a_return_without_sources_is_left_alone():
    assert filled(EMPTY, {}, Limits()) is EMPTY


def test_a_deposit_that_cannot_be_read_any_more_is_told(deposits):
    origin = deposits.origin(b"<x/>", "f.xml")
    deposits.contents[origin.blob.sha256] = b"\x1f\x8b broken"
    with pytest.raises(ValueError, match="cannot be read any more"):
        deposits.relayed(Passage(origin))
