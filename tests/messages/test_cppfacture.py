"""Facts of CPPFactureMixte and CPPFacturePivot: which element says who and what, for each invoice."""

import time

import pytest
from cpp_documents import MIXED, PIVOT
from lxml import etree
from xml_mutations import mutants, parsed

from simulator.domain.judgement import Facts
from simulator.messages.cppfacture import PREFIXES, ROOTS, read_all, read_facts


def mixed(*units):
    return etree.fromstring(
        f"<CPPFactureMixte><CPPFactures>{''.join(units)}</CPPFactures></CPPFactureMixte>"
    )


def unit(body=""):
    return f"<CPPFactureMixteUnitaire>{body}</CPPFactureMixteUnitaire>"


def number(value):
    return unit(f"<DonneesFacture><Id>{value}</Id></DonneesFacture>")


def test_the_first_invoice_of_a_deposit_is_read_whole():
    root = etree.fromstring(MIXED)
    at = "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire[1]"
    lines = {e.tag: e.sourceline for e in root.find("CPPFactures")[0].iter()}
    assert read_facts(root) == Facts(
        syntax="cpp-facture-mixte",
        number="F2026-001",
        issue_date="2026-09-01",
        type_code="380",
        profile="A1",
        supplier_scheme="1",
        supplier="33254021516357",
        supplier_name="FOURNISSEUR DEMO",
        recipient_scheme="1",
        recipient="12345678200051",
        recipient_name="COMMUNE DEMO",
        service="SERV1",
        engagement="E1",
        currency="EUR",
        places={
            "number": (f"{at}/DonneesFacture/Id", lines["Id"], 0),
            "issue_date": (f"{at}/DonneesFacture/DateEmissionFacture", lines["Cadre"] + 1, 0),
            "type_code": (f"{at}/DonneesFacture/Type", lines["Type"], 0),
            "supplier": (f"{at}/Fournisseur/Identifiant", lines["Fournisseur"], 0),
            "recipient": (f"{at}/Debiteur/Identifiant", lines["Debiteur"], 0),
        },
    )


@pytest.mark.parametrize(
    ("text", "syntax"), [(MIXED, "cpp-facture-mixte"), (PIVOT, "cpp-facture-pivot")]
)
def test_every_invoice_of_a_file_is_read_in_order(text, syntax):
    root = etree.fromstring(text)
    first, second = read_all(root)
    assert first == read_facts(root)
    assert (first.syntax, first.number, first.type_code) == (syntax, "F2026-001", "380")
    assert (second.syntax, second.number, second.type_code) == (syntax, "F2026-002", "381")


@pytest.mark.parametrize("text", [MIXED, PIVOT])
def test_places_lead_to_the_elements_that_were_read(text):
    root = etree.fromstring(text)
    for facts in read_all(root):
        for field, (path, line, column) in facts.places.items():
            (element,) = root.xpath(path)
            assert (element.text, element.sourceline, column) == (getattr(facts, field), line, 0)


def test_a_lone_invoice_needs_no_predicate():
    (facts,) = read_all(mixed(number("F-1")))
    path, _, _ = facts.places["number"]
    assert path == "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire/DonneesFacture/Id"


def test_a_field_given_twice_is_that_of_the_first_and_placed_there():
    body = "<DonneesFacture><Id>A</Id><Id>B</Id></DonneesFacture>"
    facts = read_facts(mixed(unit(body), unit()))
    path, _, _ = facts.places["number"]
    assert facts.number == "A"
    assert path.endswith("CPPFactureMixteUnitaire[1]/DonneesFacture/Id[1]")


def test_the_number_keeps_its_blanks_other_fields_do_not():
    body = "<DonneesFacture><Id> F 1 </Id><Devise> EUR </Devise></DonneesFacture>"
    facts = read_facts(mixed(unit(body)))
    assert (facts.number, facts.currency) == (" F 1 ", "EUR")


def test_a_comment_does_not_cut_a_field_and_a_long_one_is_bounded():
    assert read_facts(mixed(number("F<!-- x -->-1"))).number == "F-1"
    assert len(read_facts(mixed(number("9" * 5000))).number) == 1024


@pytest.mark.parametrize("root", ["<CPPFactureMixte/>", "<CPPFacturePivot><x/></CPPFacturePivot>"])
def test_a_file_without_invoices_has_no_facts_but_its_syntax(root):
    document = etree.fromstring(root)
    assert read_facts(document) == Facts(syntax=ROOTS[document.tag][0])
    assert read_all(document) == []


@pytest.mark.parametrize("read", [read_facts, read_all])
def test_another_root_is_a_fault_of_the_caller(read):
    with pytest.raises(KeyError):
        read(etree.fromstring("<Invoice/>"))


def test_damage_never_keeps_a_file_from_being_read():
    for _, root in mutants([parsed(MIXED), parsed(PIVOT)], 300, seed=3):
        if root.tag in ROOTS:
            assert all(facts.syntax for facts in (read_facts(root), *read_all(root)))


def test_elements_have_no_prefixes():
    assert PREFIXES == {}


def test_reading_many_invoices_costs_in_proportion_to_their_number():
    few, many = (mixed(*map(number, range(n))) for n in (1000, 8000))
    assert seconds(few) * 16 > seconds(many)  # with a look at all before each it was 27 times


def seconds(root):
    """The shortest of three readings: what else runs on the machine can only add."""
    times = []
    for _ in range(3):
        start = time.process_time()
        read_all(root)
        times.append(time.process_time() - start)
    return min(times)
