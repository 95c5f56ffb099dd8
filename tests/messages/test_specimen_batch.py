"""Many specimens in one flow: numbered on, each with its seed, packed as they are written."""

import io
import tarfile
from datetime import UTC, datetime

import msgspec
import pypdf
import pytest
from lxml import etree

from simulator.domain.judgement import Job, Limits
from simulator.messages import archives, cii, ubl
from simulator.messages.specimens import batch, factory
from simulator.messages.specimens.batch import Order, files, numbered, pack_into, specimen
from simulator.messages.specimens.model import Specimen

FLOW = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"


def packed(order):
    out = io.BytesIO()
    pack_into(out, order)
    return out.getvalue()


def unpacked(content):
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


@pytest.mark.parametrize(
    ("number", "rank", "expected"),
    [
        ("DEMO-0001", 0, "DEMO-0001"),
        ("DEMO-0001", 9, "DEMO-0010"),
        ("F9", 1, "F10"),
        ("0099", 1, "0100"),
        ("A", 2, "A-2"),
        ("", 1, "-1"),
    ],
)
def test_numbers_are_counted_on(number, rank, expected):
    assert numbered(number, rank) == expected


def test_a_flow_holds_so_many_invoices_each_its_own():
    found = unpacked(packed(Order(Specimen(), count=12, seed=4, lines=2)))
    assert list(found) == [f"facture_DEMO-{n:04d}.xml" for n in range(1, 13)]
    roots = [etree.fromstring(content) for content in found.values()]
    assert [ubl.read_facts(r).number for r in roots] == [f"DEMO-{n:04d}" for n in range(1, 13)]
    assert len({content[-900:] for content in found.values()}) == 12


def test_the_fifth_of_a_flow_is_the_first_of_a_later_seed():
    fifth = specimen(Order(Specimen(), count=9, seed=10), 4)
    alone = specimen(Order(Specimen(number="DEMO-0005"), seed=14))
    assert fifth == alone


def test_plain_ones_differ_in_their_numbers_only():
    order = Order(Specimen(), count=2, lines=3)
    first, second = (specimen(order, rank) for rank in range(2))
    assert first.line_total == 3
    assert msgspec.structs.replace(second, number=first.number) == first


def test_the_same_order_gives_the_same_bytes_and_our_packer_would_give_the_same_files():
    order = Order(Specimen(), count=3, seed=1)
    content = packed(order)
    assert content == packed(order)
    members = [(name, b"".join(make())) for name, make in files(order)]
    when = datetime(2026, 9, 1, tzinfo=UTC)
    assert unpacked(content) == unpacked(archives.pack(members, when))


@pytest.mark.parametrize("syntax", factory.SYNTAXES)
def test_a_node_unpacks_every_file_of_a_flow(syntax):
    order = Order(Specimen(stylesheet="FSO1100A.xsl"), syntax, count=2)
    family = "factur-x" if syntax == "factur-x" else "ubl-2.1"
    job = Job(
        name=FLOW,
        syntax=family,
        packs=("xsd",),
        circuit="b2g",
        content=packed(order),
        limits=Limits(),
    )
    members = list(archives.unpack(job))
    assert [member.findings for member in members] == [()] * 3
    assert [member.kind for member in members] == ["stylesheet", "document", "document"]


def test_a_large_document_is_made_twice_instead_of_held(monkeypatch):
    order = Order(Specimen(), count=2, lines=4000)
    held = packed(order)
    monkeypatch.setattr(batch, "_HELD", 10_000)
    assert packed(order) == held


def test_names_of_files_have_no_character_that_a_circuit_refuses():
    order = Order(Specimen(circuit="b2g-pa", number="A/1:2 é"))
    ((name, _),) = files(order)
    assert name == "facture_A_1_2__.xml"


def test_readable_ones_hold_their_page():
    order = Order(Specimen(circuit="b2g-pa"), "cii-d22b", readable=True)
    ((_, make),) = files(order)
    root = etree.fromstring(b"".join(make()))
    (binary,) = root.iter(f"{{{cii._RAM}}}AttachmentBinaryObject")
    assert binary.getparent().findtext(f"{{{cii._RAM}}}Name") == "LISIBLE"
    spec = specimen(order)
    assert factory.readable(spec) == spec


def test_the_page_of_a_credit_note_is_one_of_a_credit_note():
    spec = specimen(Order(Specimen(), "ubl-creditnote", readable=True))
    assert spec.credit_note
    (file,) = spec.attachments
    assert "AVOIR DEMO-0001" in pypdf.PdfReader(io.BytesIO(file.content)).pages[0].extract_text()


def test_a_stylesheet_is_one():
    (name, make), _ = files(Order(Specimen(stylesheet="S.xsl")))
    transform = etree.XSLT(etree.fromstring(b"".join(make())))
    page = transform(etree.fromstring(factory.document(Specimen(), "ubl")))
    assert (name, "DEMO-0001" in str(page)) == ("S.xsl", True)
