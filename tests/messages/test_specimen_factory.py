"""One specimen in every syntax: valid, as large as asked, streamed, wrong only where it is asked."""

import io
import re
import time
import tracemalloc
import zipfile
from base64 import b64decode, b64encode
from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.domain.judgement import Facts
from simulator.messages import cii, cppfacture, ubl
from simulator.messages.specimens import factory, filler
from simulator.messages.specimens.dice import Dice
from simulator.messages.specimens.figures import figures
from simulator.messages.specimens.model import Circuit, Specimen
from simulator.messages.specimens.parts import Attachment, Line
from simulator.messages.specimens.streaming import encoded
from simulator.messages.specimens.variety import MOST_DISTINCT, varied
from simulator.validation.syntaxes import schema_of

# The schema of each syntax that is XML.
SCHEMAS = {
    "ubl": "ubl-2.1",
    "ubl-creditnote": "ubl-2.1",
    "cii-d16b": "cii-d16b",
    "cii-d22b": "cii-d22b",
    "cpp": "cpp-facture-mixte",
}
CIRCUITS = get_args(Circuit)
DOCUMENTS = [
    (syntax, circuit)
    for syntax in SCHEMAS
    for circuit in CIRCUITS
    if syntax != "cpp" or circuit == "b2g"
]
SEEDS = range(5)


def read(content: bytes) -> Facts:
    root = etree.fromstring(content)
    if root.tag == cppfacture.MIXED:
        return cppfacture.read_facts(root)
    return cii.read_facts(root) if "CrossIndustry" in root.tag else ubl.read_facts(root)


@pytest.mark.parametrize(("syntax", "circuit"), DOCUMENTS)
def test_every_seed_is_valid_against_the_schema(syntax, circuit):
    schema = schema_of(SCHEMAS[syntax])
    plain = factory.of_circuit(circuit)
    for spec in (plain, *(varied(plain, seed) for seed in SEEDS)):
        schema.assertValid(etree.fromstring(factory.document(spec, syntax)))


@pytest.mark.parametrize(("syntax", "circuit"), DOCUMENTS)
def test_every_syntax_says_who_invoices_whom(syntax, circuit):
    spec = factory.of_circuit(circuit)
    facts = read(factory.document(spec, syntax))
    assert (facts.number, facts.issue_date) == (spec.number, spec.issue_date)
    assert (facts.supplier, facts.supplier_name) == (spec.supplier, spec.supplier_name)
    assert (facts.recipient, facts.recipient_name) == (spec.recipient, spec.recipient_name)
    assert facts.profile == ("A1" if circuit == "b2g" else "S1")
    assert facts.type_code == ("381" if syntax == "ubl-creditnote" else "380")
    scheme = "1" if circuit == "b2g" else "0009"
    assert (facts.supplier_scheme, facts.recipient_scheme) == (scheme, scheme)


def test_a_public_issuer_invoices_a_company():
    spec = factory.of_circuit("g2b-issuer")
    assert "COMMUNE" in spec.supplier_name
    assert spec.recipient != Specimen().recipient


@pytest.mark.parametrize("syntax", factory.SYNTAXES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(syntax):
    documents = [factory.document(varied(Specimen(), seed), syntax) for seed in (1, 1, 2)]
    assert documents[0] == documents[1] != documents[2]


def test_the_dice_are_splitmix64():
    # First outputs for seed 0, from the published algorithm.
    dice = Dice(0)
    low, high = 0, (1 << 64) - 1
    rolls = [dice.number(low, high) for _ in range(3)]
    assert rolls == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_two_hundred_seeds_have_everything_that_specimens_can_have():
    specs = [varied(Specimen(circuit="b2g-pa"), seed) for seed in range(200)]
    lines = [line for spec in specs for line in spec.lines]
    assert {line.tax[0] for line in lines} == {"S", "Z", "E", "AE"}
    assert {str(line.vat) for line in lines} == {"0", "2.1", "5.5", "10", "20"}
    assert {a.charge for spec in specs for a in spec.adjustments} == {True, False}
    assert {a.charge for line in lines for a in line.adjustments} == {True, False}
    assert {p.code for spec in specs for p in spec.payments} >= {"30", "48", "58", "59"}
    assert {spec.profile for spec in specs} == {"", "S2"}
    assert any(0 < spec.prepaid < figures(spec).gross for spec in specs)
    for field in ("credit_note", "receipts", "period", "delivery", "notes", "terms", "attachments"):
        assert {bool(getattr(spec, field)) for spec in specs} == {True, False}, field
    assert any(len(figures(spec).vat) > 3 for spec in specs)
    assert max(len(line.name) for line in lines) > 100
    assert set('éÉœŒ&<"«') <= {sign for line in lines for sign in line.name}


def test_what_is_given_is_not_drawn_by_lot():
    given_ = Specimen(number="F-1", profile="A9", credit_note=True, issue_date="2027-01-31")
    for seed in range(20):
        spec = varied(given_, seed, 3)
        assert (spec.number, spec.profile, spec.credit_note) == ("F-1", "A9", True)
        assert (spec.issue_date, spec.line_total) == ("2027-01-31", 3)


# -- size, streams -------------------------------------------------------------------------------


@pytest.mark.parametrize(("syntax", "circuit"), DOCUMENTS)
@pytest.mark.parametrize("size", [60_000, 300_001])
def test_an_attachment_of_filler_reaches_the_size(syntax, circuit, size):
    spec = msgspec.structs.replace(factory.of_circuit(circuit), size=size)
    content = factory.document(spec, syntax)
    assert size - 4 < len(content) <= size
    schema_of(SCHEMAS[syntax]).assertValid(etree.fromstring(content))


def test_files_of_cpp_are_zips_of_one_file_under_their_own_name():
    root = etree.fromstring(factory.document(Specimen(size=80_000), "cpp"))
    names = []
    for block in root.iter("PJ"):
        archive = zipfile.ZipFile(io.BytesIO(b64decode(block.findtext("Contenu"))))
        assert archive.testzip() is None
        assert archive.namelist() == [block.findtext("NomPJ")]
        names += archive.namelist()
    assert names == ["facture.pdf", filler.NAME]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=20), max_size=8))
def test_base64_in_pieces_is_base64_of_the_whole(pieces):
    assert b"".join(encoded(iter(pieces))) == b64encode(b"".join(pieces))


@settings(max_examples=30)
@given(st.text("abé.", min_size=1, max_size=9), st.binary(max_size=100), st.integers(1, 7))
def test_a_zip_in_pieces_holds_what_was_put_in(name, content, step):
    pieces = [content[at : at + step] for at in range(0, len(content), step)]
    archive = b"".join(filler.zipped(name, lambda: iter(pieces)))
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        assert found.read(name) == content


AMOUNT = {
    "ubl": b"cbc:LineExtensionAmount",
    "cii-d22b": b"ram:LineTotalAmount",
    "cpp": b"MontantHT",
}


@pytest.mark.parametrize("syntax", AMOUNT)
def test_a_hundred_thousand_lines_are_written_in_bounded_time_and_memory(syntax):
    spec = varied(Specimen(circuit="b2g" if syntax == "cpp" else "b2g-pa"), 7, 100_000)
    assert len(spec.lines) == MOST_DISTINCT
    started = time.perf_counter()
    size = sum(map(len, factory.written(spec, syntax)))
    assert time.perf_counter() - started < 3
    assert size > 10 << 20
    tracemalloc.start()
    for _ in factory.written(spec, syntax):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 << 20


@pytest.mark.parametrize("syntax", AMOUNT)
def test_a_hundred_thousand_lines_have_the_sum_that_the_totals_tell(syntax):
    spec = varied(Specimen(circuit="b2g" if syntax == "cpp" else "b2g-pa"), 7, 100_000)
    amounts = re.compile(rb"<%b[^>]*>(-?[0-9.]+)<" % AMOUNT[syntax])
    count = total = 0
    for piece in factory.written(spec, syntax):
        found = amounts.findall(piece)
        if len(found) > 1:  # a piece of lines: the totals have it once
            count += len(found)
            total += sum(Decimal(amount.decode()) for amount in found)
    assert (count, total) == (100_000, figures(spec).lines)


def test_ranks_count_the_lines_and_repeated_lines_are_the_same():
    spec = Specimen(lines=(Line("a"), Line("b")), line_count=2005)
    root = etree.fromstring(factory.document(spec, "cii-d22b"))
    spaces = {"ram": cii._RAM}
    ranks = root.xpath("//ram:LineID/text()", namespaces=spaces)
    assert ranks == [str(rank) for rank in range(1, 2006)]
    names = root.xpath("//ram:SpecifiedTradeProduct/ram:Name/text()", namespaces=spaces)
    assert names == ["a", "b"] * 1002 + ["a"]


@settings(deadline=None, max_examples=60)
@given(text=st.text(st.characters()), syntax=st.sampled_from(["ubl", "cii-d22b"]))
def test_any_text_is_carried_in_a_well_formed_document(text, syntax):
    file = Attachment(text, text, text, text, b"x")
    spec = Specimen(
        number=text, supplier=text, lines=(Line(text, note=text),), attachments=(file,), size=6000
    )
    facts = read(factory.document(spec, syntax))
    assert len(facts.number) == len(text)


# -- wrong on purpose ----------------------------------------------------------------------------


@pytest.mark.parametrize(("syntax", "circuit"), DOCUMENTS)
def test_a_broken_specimen_is_well_formed_but_not_valid(syntax, circuit):
    spec = msgspec.structs.replace(factory.of_circuit(circuit), broken="xsd")
    root = etree.fromstring(factory.document(spec, syntax))
    assert not schema_of(SCHEMAS[syntax]).validate(root)


@pytest.mark.parametrize(("syntax", "circuit"), DOCUMENTS)
def test_a_truncated_specimen_is_half_of_it(syntax, circuit):
    whole = msgspec.structs.replace(factory.of_circuit(circuit), line_count=3000)
    cut = msgspec.structs.replace(whole, broken="truncated")
    content = factory.document(whole, syntax)
    assert factory.document(cut, syntax) == content[: len(content) // 2]


@pytest.mark.parametrize("syntax", factory.SYNTAXES)
def test_a_specimen_without_lines_or_with_a_wrong_date_is_refused(syntax):
    for spec in (Specimen(lines=()), Specimen(issue_date="31/12/2026")):
        with pytest.raises(ValueError, match=r"line|isoformat"):
            factory.document(spec, syntax)


@pytest.mark.parametrize(
    ("syntax", "spec", "said"),
    [
        ("cpp", Specimen(circuit="b2g-pa"), "found circuit b2g-pa"),
        ("ubl", Specimen(circuit="b2g-pa", level="basic"), "one of Factur-X"),
        ("cii-d22b", Specimen(level="extended"), "in Factur-X only"),
    ],
)
def test_what_a_syntax_cannot_say_is_refused(syntax, spec, said):
    with pytest.raises(ValueError, match=said):
        factory.document(spec, syntax)


def test_a_credit_note_names_an_earlier_invoice():
    facts = read(factory.document(Specimen(credit_note=True), "cii-d22b"))
    assert facts.type_code == "381"
    assert b"DEMO-0000" in factory.document(Specimen(credit_note=True), "cii-d22b")
    assert b"<CreditNote" in factory.document(Specimen(), "ubl-creditnote")
    assert b"<Invoice" in factory.document(Specimen(credit_note=True), "ubl")


def test_the_historic_dialect_has_service_and_engagement_and_tva():
    references = factory.of_circuit("b2g").references
    spec = Specimen(
        references=msgspec.structs.replace(references, buyer="SERV-1", order="EJ1", contract="M1")
    )
    text = factory.document(spec, "ubl").decode()
    assert "<cac:Contact>\n<cbc:ID>SERV-1</cbc:ID>" in text
    assert "<cac:OrderReference>\n<cbc:ID>EJ1</cbc:ID>" in text
    assert "CustomizationID" not in text
    assert "TVA DEBIT" in text
    text = factory.document(spec, "cii-d16b").decode()
    assert "<ram:BuyerReference>SERV-1</ram:BuyerReference>" in text
    assert "Guideline" not in text
    text = factory.document(spec, "cpp").decode()
    assert "<CodeService>SERV-1</CodeService>" in text
    assert "<NumeroEngagement>EJ1</NumeroEngagement>" in text


def test_a_document_names_its_stylesheet():
    root = etree.fromstring(factory.document(Specimen(stylesheet="FSO1100A.xsl"), "ubl"))
    (instruction,) = root.xpath("preceding-sibling::processing-instruction()")
    assert (instruction.target, instruction.get("href")) == ("xml-stylesheet", "FSO1100A.xsl")
