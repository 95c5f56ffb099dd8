"""The neutral invoice is the same out of UBL and out of CII."""

from decimal import Decimal

import pytest
from lxml import etree
from packs.documents import cii as cii_document

from simulator.messages.invoice import cii, ubl
from simulator.messages.invoice.model import Group, Invoice, Party
from simulator.messages.invoice.reading import Mapped, group, text
from simulator.messages.specimen import Line, Specimen, ubl_invoice

LINES = (Line(price=Decimal(100)), Line(vat=Decimal("5.50")), Line())


@pytest.fixture(scope="module")
def invoice():
    content = ubl_invoice(Specimen(circuit="b2g-pa", lines=LINES))
    return ubl.read_invoice(etree.fromstring(content))


def test_ubl_fields_are_read(invoice):
    assert (invoice.number.value, invoice.currency.value) == ("DEMO-0001", "EUR")
    assert invoice.issue_date.date.isoformat() == "2026-09-01"
    assert invoice.seller.vat_id.value == "FR04332540215"
    assert invoice.seller.legal_id.scheme == "0002"
    assert invoice.seller.identifiers[0].scheme == "0009"
    assert invoice.buyer.address.country.value == "FR"
    assert invoice.payments[0].account.id.value.startswith("FR76")
    assert [note.subject for note in invoice.notes] == ["PMD", "PMT", "AAB"]
    assert [line.category.rate.value for line in invoice.lines] == [20, Decimal("5.5"), 20]
    assert invoice.totals.payable.value == invoice.totals.with_vat.value
    assert invoice.vat_total.value == Decimal("116.50")


def test_sums_by_category_and_rate_are_computed(invoice):
    assert invoice.vat_sums["S", Decimal(20)].taxable == 500
    assert invoice.vat_sums["S", Decimal("5.50")].lines == 300
    assert invoice.category_sums["S"].count == 3
    assert invoice.uses("S")
    assert not invoice.uses("AE")
    assert [row.taxable.value for row in invoice.breakdown["S"]] == [500, 300]


def test_cii_fields_are_read():
    found = cii.read_invoice(etree.fromstring(cii_document(5000)))
    assert (found.number.value, found.type_code.value, found.currency.value) == ("B1", "380", "EUR")
    assert found.issue_date.date.isoformat() == "2026-09-01"
    assert found.seller.vat_id.value == "FR04332540215"
    assert found.seller.endpoint.scheme == "0225"
    assert found.terms.text.value == "30 jours"
    assert found.lines[0].net.value == 300
    assert found.lines[0].price.net.value == 150
    assert found.lines[0].quantity.unit == "C62"
    assert found.vat_total.value == sum(row.tax.value for row in found.vat)
    assert found.breakdown["S"][0].category.rate.value == 20
    assert found.vat_sums["S", Decimal(20)].taxable == found.totals.lines.value


@pytest.mark.parametrize("read", [ubl.read_invoice, cii.read_invoice])
def test_an_empty_document_is_an_empty_invoice(read):
    invoice = read(etree.fromstring("<a><b/></a>"))
    assert not invoice.seller.address.country
    assert invoice.totals.payable.value is None
    assert (invoice.vat_sums, invoice.breakdown, invoice.vat_total.value) == ({}, {}, None)
    assert not invoice.delivery.address
    assert invoice.seller.contact.email.value == ""


def test_a_line_of_two_categories_counts_for_both():
    root = etree.fromstring(ubl_invoice(Specimen(circuit="b2g-pa")))
    item = root.find(".//{*}Item")
    second = etree.fromstring(etree.tostring(item[-1]))
    second.find("{*}ID").text = "Z"
    second.find("{*}Percent").text = "0"
    item.append(second)
    sums = ubl.read_invoice(root).vat_sums
    assert set(sums) == {("S", 20), ("S", 0), ("Z", 20), ("Z", 0)}


@pytest.mark.parametrize(
    ("text", "subject", "rest"),
    [("#PMT#x", "PMT", "x"), (" #A#", "A", ""), ("x #A# y", "", "x #A# y"), ("#A", "", "#A")],
)
def test_a_subject_code_is_told_from_a_note(text, subject, rest):
    root = etree.fromstring(ubl_invoice(Specimen(circuit="b2g-pa")))
    root.find("{*}Note").text = text
    note = ubl.read_invoice(root).notes[0]
    assert (note.subject, note.text) == (subject, rest)


def test_every_field_of_a_group_is_documented():
    def groups(kind):
        for sub in kind.__subclasses__():
            yield sub
            yield from groups(sub)

    for kind in groups(Group):
        for field in set(kind.__struct_fields__) - {"element"}:
            assert field in (kind.__doc__ or ""), f"{kind.__name__}.{field}"
    assert Invoice in set(groups(Group))


def test_a_path_is_a_field_or_leads_to_one():
    with pytest.raises(ValueError, match="mapped twice"):
        Mapped(Party, {"x:a/x:b": text("name"), "x:a": text("name")}, {"x": "u"})
    with pytest.raises(ValueError, match="is a field"):
        Mapped(Party, {"x:a": text("name"), "x:a/x:b": text("name")}, {"x": "u"})
    assert group("address", Mapped(Party, {}, {})).name == "address"
