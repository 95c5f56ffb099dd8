"""CII documents of the reference corpus get the verdicts of the official schemas.

The D16B schema is made of the D22B one; here it is held against the published D16B schema: type by
type, on the corpus, and on documents changed at random. Corpus and standards are read where they
lie, never copied: ``AIFE_SIM_SHARED``, else ``shared/`` beside the repository.
"""

import copy
import json
import os
import random
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from simulator.messages import cii
from simulator.validation import d16b, profiles

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared"))
CORPUS = SHARED / "corpus"
PUBLISHED = SHARED / "standards/cii-d16b/uncoupled/uncefact/data/standard"
MODULES = {
    "rsm": "CrossIndustryInvoice_100pD16B.xsd",
    "ram": "CrossIndustryInvoice_ReusableAggregateBusinessInformationEntity_100pD16B.xsd",
    "qdt": "CrossIndustryInvoice_QualifiedDataType_100pD16B.xsd",
    "udt": "CrossIndustryInvoice_UnqualifiedDataType_100pD16B.xsd",
}
XSD = "{http://www.w3.org/2001/XMLSchema}"
ROOT = f"{{{cii.INVOICE}}}CrossIndustryInvoice"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
MUTATIONS = 300

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
    pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no CII D16B schema: set AIFE_SIM_SHARED"),
]


@cache
def entries():
    """Path of each CII document that is a file of its own, and what is expected of it."""
    found = {}
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        for name, entry in files.items():
            if "CII-D22B" in (entry.get("xsd") or {}) and name.endswith(".xml"):
                found[expected.parent / name] = entry
    return found


@cache
def invoices():
    """Those of them that are CII: one has a root element in another namespace."""
    return {path: entry for path, entry in entries().items() if tree(path).getroot().tag == ROOT}


@cache
def tree(path):
    return etree.parse(path)


@cache
def official():
    return etree.XMLSchema(file=str(PUBLISHED / MODULES["rsm"]))


@cache
def plain(profile):
    return etree.XMLSchema(file=str(profiles.schema_path(profile)))


def verdicts(schema):
    return {path: schema.validate(tree(path)) for path in entries()}


def expected(name):
    return {path: entry["xsd"][name] for path, entry in entries().items()}


def outcome(schema, document):
    """Verdict, and the line and text of the first error."""
    if schema.validate(document):
        return True, None, None
    first = schema.error_log[0]
    return False, first.line, first.message


def test_the_corpus_has_valid_and_invalid_documents():
    for name in ("CII-D22B", "CII-D16B"):
        assert len(expected(name)) > 150
        assert set(expected(name).values()) == {True, False}


def test_every_document_has_the_d22b_verdict():
    assert verdicts(plain(profiles.CTC_FR)) == expected("CII-D22B")


def test_every_document_has_the_d16b_verdict():
    assert verdicts(d16b.compiled()) == expected("CII-D16B")


def test_every_document_has_the_outcome_of_the_published_d16b_schema():
    ours = {path: outcome(d16b.compiled(), tree(path)) for path in entries()}
    assert ours == {path: outcome(official(), tree(path)) for path in entries()}


def test_every_invoice_has_the_verdict_of_its_factur_x_profile():
    ours, theirs = {}, {}
    for path, entry in invoices().items():
        profile = profiles.profile_of(cii.guideline(tree(path).getroot()))
        if profile is not None:
            ours[path] = {f"FX-{profile.upper()}": plain(profile).validate(tree(path))}
        factur_x = {k: v for k, v in entry["xsd"].items() if k.startswith("FX-")}
        if factur_x:
            theirs[path] = factur_x
    assert len(theirs) > 100
    assert ours == theirs


def test_every_invoice_says_its_guideline():
    ours = {path: cii.guideline(tree(path).getroot()) for path in invoices()}
    assert ours == {path: entry["guideline"] or "" for path, entry in invoices().items()}


def test_the_places_of_every_invoice_lead_to_what_was_read():
    prefixes = {prefix: namespace for namespace, prefix in cii.PREFIXES.items()}
    numbers = 0
    for path in invoices():
        root = tree(path).getroot()
        facts = cii.read_facts(root)
        numbers += bool(facts.number)
        for field, (xpath, line, _) in facts.places.items():
            (element,) = root.xpath(xpath, namespaces=prefixes)
            assert element.sourceline == line, path
            if field != "issue_date":
                assert (element.text or "").strip() == getattr(facts, field).strip(), path
    assert numbers > len(invoices()) * 0.95


def test_the_official_samples_of_the_historic_channel_are_read():
    samples = [path for path in invoices() if path.name.startswith("FSO1116A")]
    assert len(samples) > 10
    for path in samples:
        facts = cii.read_facts(tree(path).getroot(), "cii-d16b")
        assert (facts.syntax, facts.issue_date) == ("cii-d16b", "2018-01-01"), path
        assert facts.profile in {"A1", "A7", "A9", "A10"}, path
        # SIRET, EU outside France, TAHITI
        assert {"1": 14, "2": 12, "5": 9}[facts.supplier_scheme] == len(facts.supplier), path
        assert (facts.recipient_scheme, len(facts.recipient)) == ("1", 14), path
        assert facts.number.startswith("JMR"), path


def shape(node):
    """A part of a schema as a value: names, types and occurrences, without annotations."""
    attributes = dict(node.attrib)
    if node.tag == f"{XSD}element":
        attributes = {"minOccurs": "1", "maxOccurs": "1"} | attributes
    # The one stand-in of the table of differences: D22B has no udt:ValueType.
    attributes = {k: v.replace("udt:ValueType", "udt:NumericType") for k, v in attributes.items()}
    children = [c for c in node.iterchildren("*") if c.tag != f"{XSD}annotation"]
    return node.tag, attributes, [shape(c) for c in children]


def components(module):
    named = [c for c in module.iterchildren("*") if c.get("name")]
    return {c.get("name"): shape(c) for c in named}


@pytest.mark.parametrize("prefix", sorted(MODULES))
def test_every_type_is_that_of_the_published_d16b_schema(prefix):
    ours = components(d16b.derived(d16b.published(), d16b.delta())[prefix])
    theirs = components(etree.parse(PUBLISHED / MODULES[prefix]).getroot())
    if prefix == "udt":
        value = theirs.pop("ValueType")
        assert value[1:] == ({"name": "ValueType"}, ours["NumericType"][2])
    assert {name: ours.get(name) for name in theirs} == theirs
    if prefix in ("rsm", "ram"):
        assert ours.keys() == theirs.keys()


@cache
def names():
    """Every child that an aggregate of D22B may have."""
    return sorted({each.get("name") for each in d16b.published()["ram"].iter(f"{XSD}element")})


def mutate(root, chance):
    """Changes one element of a document."""
    elements = list(root.iterdescendants("*"))
    victim, other = chance.choice(elements), chance.choice(elements)
    kind = chance.choice(("remove", "duplicate", "rename", "move", "insert", "attribute"))
    if kind == "remove":
        victim.getparent().remove(victim)
    elif kind == "duplicate":
        victim.addnext(copy.deepcopy(victim))
    elif kind == "rename":
        victim.tag = other.tag
    elif kind == "move":
        other.addnext(copy.deepcopy(victim))
        victim.getparent().remove(victim)
    elif kind == "insert":
        victim.addnext(etree.Element(f"{{{RAM}}}{chance.choice(names())}"))
    else:
        name = chance.choice(("listID", "listAgencyID", "schemeVersionID", "format", "unitCode"))
        victim.set(name, chance.choice(("6", "1001", "5305", "102", "C62", "")))


def mutants():
    """Valid documents of the corpus, each with one change; the same at every run."""
    chance = random.Random(16)
    valid = [path for path, is_valid in expected("CII-D16B").items() if is_valid]
    for number in range(MUTATIONS):
        path = chance.choice(valid)
        root = copy.deepcopy(tree(path)).getroot()
        mutate(root, chance)
        yield f"{number} {path.name}", root


def test_changed_documents_have_the_outcome_of_the_published_d16b_schema():
    ours, theirs, unchanged = {}, {}, {}
    for name, root in mutants():
        # Parsed anew: lines as a deposit has them.
        document = etree.fromstring(etree.tostring(root))
        ours[name] = outcome(d16b.compiled(), document)
        theirs[name] = outcome(official(), document)
        unchanged[name] = outcome(plain(profiles.CTC_FR), document)
    assert ours == theirs
    assert {verdict for verdict, _, _ in theirs.values()} == {True, False}
    assert unchanged != theirs  # the changes do tell the two versions apart
