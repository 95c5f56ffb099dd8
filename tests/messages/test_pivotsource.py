"""Whatever an invoice came in as, its public buyer is handed the same facts and its files."""

import msgspec
import pytest
from lxml import etree
from pivot_desk import assert_valid, both_schemas, root_of

from simulator.domain.delivery import PivotFile
from simulator.messages.invoice import cii, cpp, ubl
from simulator.messages.pivotreading import read
from simulator.messages.pivotsource import Received, delivered, is_readable
from simulator.messages.specimens import factory
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Attachment, References
from simulator.messages.specimens.variety import varied


@pytest.fixture(scope="module")
def schemas():
    return both_schemas()


READERS = {
    "ubl": ubl.read_invoice,
    "ubl-creditnote": ubl.read_invoice,
    "cii-d16b": cii.read_invoice,
    "cii-d22b": cii.read_invoice,
    "cpp": cpp.read_invoice,
}
CIRCUIT_OF = {"cii-d16b": "b2g", "cpp": "b2g"}
BON = Attachment("BL-1", "BON_LIVRAISON", "bon de livraison.pdf", "application/pdf", b"%PDF bon")


def received(syntax, content=b"<Invoice/>", **more):
    kind = "cii" if syntax.startswith("cii") else "cpp" if syntax == "cpp" else "ubl"
    fields = {"is_platform": CIRCUIT_OF.get(syntax) != "b2g", "name": "f.xml", **more}
    return Received(syntax=kind, content=content, day="2026-09-02", **fields)


def pivot_of(spec, syntax, **more):
    content = factory.document(spec, syntax)
    invoice = READERS[syntax](etree.fromstring(content))
    return delivered(invoice, received(syntax, content, **more))


@pytest.mark.parametrize("syntax", READERS)
def test_an_invoice_of_any_syntax_becomes_a_valid_pivot_with_the_same_facts(schemas, syntax):
    plain = Specimen(circuit=CIRCUIT_OF.get(syntax, "b2g-pa"))
    for base in (plain, *(varied(plain, seed) for seed in range(8))):
        spec = msgspec.structs.replace(base, references=References(buyer="S1", order="E1"))
        value = pivot_of(spec, syntax)
        root = root_of(value)
        assert_valid(schemas, root)
        assert read(root) == (value,)
        assert value.number == spec.number
        assert value.supplier.identifier == spec.supplier
        assert value.debtor.identifier == spec.recipient
        assert (value.debtor.service, value.order) == ("S1", "E1")
        assert value.issue_date == spec.issue_date
        is_credit = syntax == "ubl-creditnote" or (spec.credit_note and syntax != "ubl")
        assert value.type_code == ("381" if is_credit else "380")
        assert len(value.lines) == spec.line_total
        assert value.files[0].content == factory.document(spec, syntax)


@pytest.mark.parametrize(
    ("syntax", "category"),
    [("ubl", "Facture_UBL_AFNOR"), ("cii-d22b", "Facture_CII _AFNOR")],
)
def test_files_of_a_platforms_invoice_have_their_printed_categories(syntax, category):
    spec = Specimen(circuit="b2g-pa", attachments=(BON,))
    value = pivot_of(spec, syntax, readable=b"%PDF lisible")
    assert [(f.name, f.kind, f.category, f.original) for f in value.files] == [
        ("f.xml", "01", category, ""),
        ("FACDEMO-000133254021516357.pdf", "02", "Facture PDF", ""),
        ("PJ01.pdf", "02", "Document annexe", "bon de livraison.pdf"),
    ]
    assert value.files[2].content == b"%PDF bon"


def test_a_factur_x_is_its_own_readable_form():
    spec = Specimen(circuit="b2g-pa")
    invoice = cii.read_invoice(etree.fromstring(factory.document(spec, "cii-d22b")))
    of = Received("factur-x", True, "f.pdf", b"%PDF", "2026-09-02", readable=b"%PDF other")
    (only,) = delivered(invoice, of).files
    assert (only.kind, only.mime, only.category) == (
        "01",
        "application/pdf",
        "FACTURE_FACTUR-X_AFNOR",
    )


def test_the_suppliers_own_readable_form_is_known():
    spec = Specimen(
        circuit="b2g-pa", attachments=(msgspec.structs.replace(BON, qualifier="LISIBLE"),)
    )
    invoice = ubl.read_invoice(etree.fromstring(factory.document(spec, "ubl")))
    assert is_readable(invoice)
    assert delivered(invoice, received("ubl")).files[1].category == "Facture PDF"
    bare = ubl.read_invoice(etree.fromstring(factory.document(Specimen(circuit="b2g-pa"), "ubl")))
    assert not is_readable(bare)


def test_a_completed_invoice_goes_out_again_with_what_completed_it(schemas):
    more = (PivotFile("PJ09.pdf", "02", "application/pdf", b"RIB", "rib.pdf", "Document annexe"),)
    value = pivot_of(Specimen(circuit="b2g-pa"), "ubl", resent="Complétée", more=more)
    root = root_of(value)
    assert_valid(schemas, root)
    assert root.findtext(".//Renvoi") == "Complétée"
    assert value.files[-1] == more[0]


@pytest.mark.parametrize(
    ("profile", "cadre"),
    [("B1", "A1"), ("S2", "A2"), ("S3", "A9"), ("S6", "A12"), ("A4", "A4"), ("X", "A1")],
)
def test_cadres_of_the_reform_have_a_cadre_of_chorus_pro(profile, cadre):
    spec = Specimen(circuit="b2g-pa", profile=profile)
    assert pivot_of(spec, "ubl").cadre == cadre


def test_an_invoice_that_says_nothing_still_gives_a_valid_pivot(schemas):
    empty = ubl.read_invoice(
        etree.Element("{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice")
    )
    value = delivered(empty, received("ubl"))
    assert (value.payment, value.payment_label, value.currency) == ("30", "Virement", "EUR")
    assert_valid(schemas, root_of(value))
