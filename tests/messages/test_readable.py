"""The readable form: the facts of the invoice on paper, the same bytes for the same invoice."""

import importlib
import io
from decimal import Decimal

import msgspec
import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.messages.invoice import cii, cpp, ubl
from simulator.messages.invoice.fields import Text
from simulator.messages.invoice.model import Invoice, Line, Note
from simulator.messages.readable import MENTION, readable
from simulator.messages.readableubl import has_readable, with_readable
from simulator.messages.specimens import factory
from simulator.messages.specimens.figures import figures
from simulator.messages.specimens.parts import Adjustment, Attachment, plain
from simulator.messages.specimens.parts import Line as SpecimenLine
from simulator.messages.specimens.variety import varied
from simulator.validation.packs.run import Scope, run
from simulator.validation.syntaxes import schema_of

READERS = {
    "ubl": ubl.read_invoice,
    "ubl-creditnote": ubl.read_invoice,
    "cii-d16b": cii.read_invoice,
    "cii-d22b": cii.read_invoice,
    "cpp": cpp.read_invoice,
}
CIRCUIT_OF = {"cii-d16b": "b2g", "cpp": "b2g"}
G2B = factory.of_circuit("g2b-issuer")


def root_of(spec, syntax="ubl"):
    return etree.fromstring(factory.document(spec, syntax))


def invoice_of(spec, syntax="ubl"):
    return READERS[syntax](root_of(spec, syntax))


def texts(content):
    return "\n".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("syntax", READERS)
def test_the_facts_of_an_invoice_are_on_the_page(syntax):
    spec = varied(factory.of_circuit(CIRCUIT_OF.get(syntax, "g2b-issuer")), 5)
    said, totals = texts(readable(invoice_of(spec, syntax))), figures(spec)
    is_credit = syntax == "ubl-creditnote" or (spec.credit_note and syntax != "ubl")
    assert f"{'AVOIR' if is_credit else 'FACTURE'} {spec.number}" in said
    for fact in (MENTION, spec.supplier_name, spec.recipient_name, spec.supplier, spec.recipient):
        assert fact in said
    for amount in (totals.net, totals.tax, totals.gross, *(row.base for row in totals.vat)):
        assert plain(amount) in said
    for label in ("Total HT", "Total TVA", "Total TTC", "Net à payer", "Base HT"):
        assert label in said


def test_lines_have_number_words_quantity_price_rate_and_amount():
    line = SpecimenLine("Chaise de bureau")
    said = texts(readable(invoice_of(msgspec.structs.replace(G2B, lines=(line,)))))
    (row,) = [text for text in said.splitlines() if "Chaise" in text]
    assert row.split() == [
        *("1", "Chaise", "de", "bureau"),
        *(plain(line.quantity), plain(line.price), "20.00", "%", plain(line.amount)),
    ]


def test_allowances_and_payments_are_told():
    lower = Adjustment(Decimal("10.00"), reason="Remise de fidélité")
    said = texts(readable(invoice_of(msgspec.structs.replace(G2B, adjustments=(lower,)))))
    assert "Remise de fidélité : -10.00" in said
    assert G2B.payments[0].account in said


def test_a_long_invoice_shows_its_first_lines_and_says_how_many_it_left_out():
    spec = msgspec.structs.replace(G2B, line_count=700)
    assert "200 lignes de plus" in texts(readable(invoice_of(spec)))


def test_the_same_invoice_gives_the_same_bytes_and_another_others():
    one = readable(invoice_of(G2B))
    assert one == readable(invoice_of(G2B))
    assert one != readable(invoice_of(msgspec.structs.replace(G2B, number="F2")))


def test_a_text_of_western_europe_takes_no_font_along():
    content = readable(invoice_of(msgspec.structs.replace(G2B, supplier_name="Œuvre & Cie à 5 €")))
    assert "Œuvre & Cie à 5 €" in texts(content)
    assert len(content) < 5000
    with pikepdf.open(io.BytesIO(content)) as pdf:
        fonts = pdf.pages[0].Resources.Font.values()
        assert {str(font.BaseFont) for font in fonts} == {"/Helvetica", "/Helvetica-Bold"}


def test_any_other_text_makes_it_a_pdf_a_3b_with_its_fonts():
    greek = msgspec.structs.replace(G2B, supplier_name="Ελληνική Εταιρεία")
    content = readable(invoice_of(greek))
    assert "Ελληνική Εταιρεία" in texts(content)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
        for font in pdf.pages[0].Resources.Font.values():
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def test_an_invoice_that_says_nothing_has_a_page_too():
    said = texts(readable(Invoice()))
    assert "FACTURE" in said
    assert MENTION in said


ANY = st.text(st.characters(), max_size=100)


@settings(deadline=None, max_examples=25)
@given(ANY, ANY)
def test_any_text_is_shown_or_replaced(text, other):
    element = etree.Element("x")
    said, also = Text(element, text), Text(element, other)
    invoice = Invoice(
        number=said,
        currency=also,
        notes=[Note(element=element, content=said)],
        lines=[Line(element=element, id=also)],
    )
    assert readable(invoice).startswith(b"%PDF")


def test_without_fpdf2_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(name)

    from simulator import resources
    from simulator.messages.specimens import paper

    monkeypatch.setattr(paper.importlib, "import_module", missing)
    with pytest.raises(resources.MissingResource, match="pip install fpdf2"):
        readable(Invoice())
    monkeypatch.undo()
    assert importlib.import_module("fpdf")


# -- into the document ------------------------------------------------------------------------------

BON = Attachment("BL-1", "BON_LIVRAISON", "bon.pdf", "application/pdf", b"%PDF bon")


@pytest.mark.parametrize("attachments", [(), (BON,)])
@pytest.mark.parametrize("syntax", ["ubl", "ubl-creditnote"])
def test_a_document_without_one_gets_it_and_stays_valid(syntax, attachments):
    spec = msgspec.structs.replace(G2B, attachments=attachments)
    root = root_of(spec, syntax)
    assert not has_readable(root)
    pdf = readable(READERS[syntax](root))
    content = with_readable(root, pdf)
    after = etree.fromstring(content)
    schema_of("ubl-2.1").assertValid(after)
    assert rules_broken_by(content, syntax) == set()
    assert has_readable(after)
    (found,) = [s for s in ubl.read_invoice(after).supporting if s.description.clean == "LISIBLE"]
    assert found.attachment.attribute("mimeCode") == "application/pdf"
    assert len(ubl.read_invoice(after).supporting) == len(attachments) + 1
    assert without_references(root_of(spec, syntax)) == without_references(after)


def rules_broken_by(content, syntax):
    kind = "ubl-creditnote" if syntax == "ubl-creditnote" else "ubl-invoice"
    packs = ("en16931", "br-fr", "cpro")
    return set(run(content, etree.fromstring(content), Scope(packs, kind)).fired)


def without_references(root):
    for each in root.findall("{*}AdditionalDocumentReference"):
        root.remove(each)
    return etree.tostring(root, method="c14n", with_comments=False).split()


def test_a_document_with_one_keeps_it():
    own = msgspec.structs.replace(BON, qualifier="LISIBLE")
    root = root_of(msgspec.structs.replace(G2B, attachments=(own,)))
    assert has_readable(root)
    after = etree.fromstring(with_readable(root, b"%PDF other"))
    assert len(ubl.read_invoice(after).supporting) == 1


def test_what_is_no_invoice_is_told():
    with pytest.raises(ValueError, match="has a supplier"):
        with_readable(etree.Element("Facture"), b"%PDF")
