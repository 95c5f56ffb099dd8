"""The PDF of a specimen: a Factur-X without a finding, readable, the same bytes for the same input."""

import importlib
import io
import os
import subprocess
import sys

import msgspec
import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.messages import cii
from simulator.messages.facturx import extract, profile_findings
from simulator.messages.specimens import factory
from simulator.messages.specimens.figures import figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.page import page
from simulator.messages.specimens.parts import Line, Note, plain
from simulator.messages.specimens.variety import varied
from simulator.validation.syntaxes import schema_of

LEVELS = {"basic": "BASIC", "en16931": "EN 16931", "extended": "EXTENDED"}


def texts(content):
    return "\n".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa", "g2b-issuer"])
def test_a_factur_x_has_no_finding_and_its_xml_is_valid(level, circuit):
    plain_one = msgspec.structs.replace(factory.of_circuit(circuit), level=level)
    schema = schema_of("cii-d16b" if circuit == "b2g" else f"factur-x-{level}")
    for spec in (plain_one, *(varied(plain_one, seed) for seed in range(3))):
        found = extract(factory.document(spec, "factur-x"))
        assert found.findings == ()
        assert (found.name, found.relationship) == ("factur-x.xml", "Alternative")
        assert found.profile == LEVELS[level]
        root = etree.fromstring(found.xml)
        assert profile_findings(found, cii.guideline(root)) == ()
        schema.assertValid(root)
        assert cii.read_facts(root).supplier == spec.supplier


def test_the_page_has_the_facts_of_the_invoice():
    spec = varied(Specimen(number="F-2026-7"), 3, 12)
    said, totals = texts(page(spec)), figures(spec)
    for fact in (spec.number, spec.supplier_name, spec.recipient, spec.issue_date):
        assert fact in said
    for amount in (totals.net, totals.tax, totals.gross, *(row.base for row in totals.vat)):
        assert plain(amount) in said
    for line in spec.lines:
        assert line.name[:20] in said
    assert "sans valeur" in said


def test_a_long_invoice_shows_its_first_lines_and_says_how_many_it_left_out():
    spec = Specimen(line_count=2000, lines=(Line("première"), Line("seconde")))
    said = texts(page(spec))
    assert "1500 lignes de plus" in said
    assert said.count("première") == 250


def test_fonts_are_inside_and_colours_are_told():
    with pikepdf.open(io.BytesIO(factory.document(Specimen(), "factur-x"))) as pdf:
        fonts = pdf.pages[0].Resources.Font
        for font in fonts.values():
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor
        (intent,) = pdf.Root.OutputIntents
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"  # an ICC profile
        assert "/Info" not in pdf.trailer


def test_a_validator_of_pdf_a_3b_finds_no_violation_on_a_page():
    pdfa = importlib.util.find_spec("pikepdf.pdfa")
    if pdfa is None or importlib.util.find_spec("jsonschema") is None:
        pytest.skip("the validator comes with pikepdf[pdfa]")
    validate = importlib.import_module("pikepdf.pdfa").validate_written
    for seed in range(3):
        report = validate(io.BytesIO(page(varied(Specimen(), seed))), "3b")
        # It knows neither /OpenAction nor extension schemas, and says so.
        assert [f for f in report.findings if f.kind == "violation"] == []


@settings(deadline=None, max_examples=25)
@given(text=st.text(st.characters()))
def test_any_text_makes_a_page(text):
    spec = Specimen(number=text, supplier_name=text, notes=(Note(text),), lines=(Line(text),))
    found = extract(factory.document(spec, "factur-x"))
    assert found.findings == ()


@pytest.mark.parametrize("size", [60_000, 250_000, 1_000_001])
def test_a_second_attachment_reaches_the_size(size):
    content = factory.document(Specimen(size=size), "factur-x")
    assert size - 128 < len(content) <= size
    assert extract(content).findings == ()


def test_a_size_that_is_too_small_changes_nothing():
    bare = factory.document(Specimen(), "factur-x")
    for size in (1, len(bare), len(bare) + 20):
        assert factory.document(Specimen(size=size), "factur-x") == bare


def test_broken_ones_are_broken():
    cut = extract(factory.document(Specimen(broken="truncated"), "factur-x"))
    assert cut.xml is None or cut.findings
    wrong = extract(factory.document(Specimen(circuit="b2g-pa", broken="xsd"), "factur-x"))
    assert not schema_of("factur-x-en16931").validate(etree.fromstring(wrong.xml))


def test_neither_time_nor_process_shows_in_the_bytes():
    program = (
        "import sys, hashlib\n"
        "from simulator.messages.specimens.factory import document\n"
        "from simulator.messages.specimens.model import Specimen\n"
        "from simulator.messages.specimens.variety import varied\n"
        "for syntax in ('factur-x', 'cpp', 'cii-d22b'):\n"
        "    print(hashlib.sha256(document(varied(Specimen(), 9), syntax)).hexdigest())\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": epoch},
            check=True,
            capture_output=True,
        ).stdout
        for seed, zone, epoch in (("1", "UTC", "1"), ("2", "Pacific/Auckland", "2000000000"))
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0].split()) == 3


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(resources.MissingResource, match="pip install fpdf2"):
        factory.document(Specimen(), "factur-x")
    assert factory.document(Specimen(), "ubl")
