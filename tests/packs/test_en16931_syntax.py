"""Syntax rules and code lists of EN 16931: each fires alone, where it should, worded by its row."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from simulator import resources
from simulator.messages.xpath import xpath_of
from simulator.validation.packs.breaking import core_syntax as samples
from simulator.validation.packs.codelists import code_list
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.loading import load
from simulator.validation.packs.rows import Rule
from simulator.validation.packs.run import Outcome, Scope, run

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", resources.root().parent / "shared"))
ARTEFACT = SHARED / "standards" / "en16931-1.3.16"
# An earlier rule of the artefact has every ram:TypeCode as its context, so that these can never fire.
UNREACHABLE = {"CII-DT-010", "CII-DT-011", "CII-DT-012"}
EVERY = [(rule, syntax) for syntax in samples.SYNTAXES for rule in samples.rules(syntax)]


def judged(content: bytes, syntax: str) -> Outcome:
    return run(content, etree.fromstring(content), Scope(("en16931",), syntax))


def syntax_rules(outcome: Outcome) -> set[str]:
    return {rule for _, rule in outcome.fired if rule.startswith(samples.PREFIXES)}


def changed(syntax: str, **edit: object) -> set[str]:
    """The syntax rules that fire on the clean document after one edit."""
    root = etree.fromstring(samples.clean(syntax))
    samples.edited(root, samples.Edit(**edit), syntax)
    return syntax_rules(judged(etree.tostring(root), syntax))


@pytest.mark.parametrize("syntax", samples.SYNTAXES)
def test_the_clean_document_is_clean(syntax):
    assert judged(samples.clean(syntax), syntax).fired == {}


@pytest.mark.parametrize(("rule", "syntax"), EVERY, ids=lambda v: getattr(v, "id", v))
def test_a_rule_fires_alone_at_the_element_at_fault(rule: Rule, syntax):
    broken = samples.broken(rule, syntax)
    outcome = judged(broken.content, syntax)
    assert syntax_rules(outcome) == {rule.id, *samples.sample(rule, syntax).also}
    where = xpath_of(broken.place, dialect_of(syntax).shown)
    (finding,) = [f for f in outcome.findings if f.rule == rule.id and f.place.xpath == where]
    assert finding.place.line == broken.place.sourceline
    assert finding.severity == rule.severity
    assert finding.motif == (None if rule.severity == "warning" else "REJ_COH")
    assert finding.message.startswith(f"{rule.id} : ")
    assert "{" not in f"{finding.message}{finding.help}{finding.repair}{rule.repair.fr}".replace(
        "{element}", ""
    )


@pytest.mark.parametrize("syntax", samples.SYNTAXES)
def test_the_clean_document_has_a_code_for_every_code_rule(syntax):
    rules = [r for r in samples.rules(syntax) if r.id.startswith("BR-CL-")]
    assert [r.id for r in rules if not samples.codes_of(r, syntax)] == []


@pytest.mark.parametrize(
    ("rule", "variable", "name"),
    [
        ("BR-CL-01", "invoices", "untdid1001-invoice"),
        ("BR-CL-01", "creditnotes", "untdid1001-creditnote"),
        ("BR-CL-03", "currencies", "iso4217"),
        ("BR-CL-08", "subjects", "untdid4451-ubl"),
        ("BR-CL-22", "vatex", "vatex"),
        ("BR-CL-24", "mimes", "mime-attachments"),
    ],
)
def test_a_list_that_stands_in_a_rule_file_is_the_code_list(rule, variable, name):
    texts = {
        r.variables[variable]
        for r in load("en16931").rules
        if r.id == rule and variable in r.variables
    }
    assert texts
    for text in texts:
        assert re.fullmatch("' [^']+ '", text)
        assert Counter(text.strip("'").split()) == Counter(code_list(name).values)


@pytest.mark.parametrize(
    ("code", "fired"),
    [("VATEX-EU-132", set()), ("vatex-eu-132", set()), (" Vatex-EU-132\n", set())]
    + [(code, {"BR-CL-22"}) for code in ("", "VATEX", "VATEX-EU-132 VATEX-EU-AE", "132")],
)
def test_case_does_not_count_in_exemption_codes(code, fired):
    assert changed("ubl-invoice", at="//cbc:TaxExemptionReasonCode", text=code) == fired
    assert changed("cii-d22b", at="//ram:ExemptionReasonCode", text=code) == fired


@pytest.mark.parametrize(
    ("note", "fired"),
    [("#AAI#x", set()), ("AAI", set()), ("#AA#", set()), ("#QQQ", set()), ("# #QQQ#", set())]
    + [(note, {"BR-CL-08"}) for note in ("#QQQ#x", "a#aai#", "#QQQ#AAI#")],
)
def test_three_letters_between_two_signs_are_a_subject_code_in_ubl(note, fired):
    assert changed("ubl-invoice", at="/*/cbc:Note", text=note) == fired


@pytest.mark.parametrize(
    ("date", "fired"),
    [("20260901", set()), (" 20260931\n", set()), ("20260229", set())]
    + [
        (date, {"CII-DT-097"})
        for date in ("", "2026-09-01", "20260001", "20261301", "20260932", "20260900", "2026 901")
    ],
)
def test_a_date_of_format_102_has_a_month_and_a_day(date, fired):
    assert changed("cii-d22b", at="//rsm:ExchangedDocument//udt:DateTimeString", text=date) == fired


@pytest.mark.parametrize(
    ("currency", "fired"),
    [("EUR", set()), (" EUR ", set()), ("USD", set())]
    + [(code, {"BR-CL-03"}) for code in ("", "eur", "EUX", "EUR USD")],
)
def test_the_currency_of_an_amount_is_of_the_list(currency, fired):
    edit = {"at": "//cbc:PayableAmount", "set": {"currencyID": currency}}
    assert changed("ubl-invoice", **edit) == fired


@pytest.mark.parametrize(("no", "yes"), [("false", "true"), ("0", "1"), (" false ", "\ttrue ")])
def test_a_boolean_is_read_as_the_schema_does(no, yes):
    for value, code in ((no, "FC"), (yes, "95")):
        root = etree.fromstring(samples.clean("ubl-invoice"))
        for at, text in (("ChargeIndicator", value), ("AllowanceChargeReasonCode", code)):
            edit = samples.Edit(at=f"/*/cac:AllowanceCharge[1]/cbc:{at}", text=text)
            samples.edited(root, edit, "ubl-invoice")
        expected = "BR-CL-19" if value == no else "BR-CL-20"
        assert syntax_rules(judged(etree.tostring(root), "ubl-invoice")) == {expected}


def test_the_scheme_sepa_is_for_seller_and_payee_only():
    party = "/*/cac:{}//cac:PartyIdentification/cbc:ID"
    for name, fired in (("PayeeParty", set()), ("AccountingCustomerParty", {"BR-CL-10"})):
        edit = {"at": party.format(name), "set": {"schemeID": "SEPA"}}
        assert changed("ubl-invoice", **edit) - {"UBL-SR-29"} == fired


def test_type_code_50_names_the_project_in_a_credit_note_only():
    edit = {"at": "//cac:AdditionalDocumentReference/cbc:DocumentTypeCode", "text": "50"}
    assert changed("ubl-creditnote", **edit) == {"UBL-CR-665"}
    assert changed("ubl-invoice", **edit) == {"UBL-CR-665", "UBL-SR-43"}


def test_only_the_discount_of_a_price_may_have_more_decimals():
    price = "//cac:Price/cac:AllowanceCharge/cbc:Amount"
    assert changed("ubl-invoice", at=price, text="1.23456") == set()
    assert changed("ubl-invoice", at="//cbc:PriceAmount", text="1.23456") == set()
    line = "//cac:InvoiceLine/cac:AllowanceCharge/cbc:Amount"
    assert changed("ubl-invoice", at=line, text="1.234") == {"UBL-DT-01"}


def test_siblings_are_looked_at_one_at_a_time():
    for rule in samples.rules("ubl-invoice") + samples.rules("cii-d22b"):
        lazy = re.sub(r"\[(?:preceding|following)-sibling::[\w:]+\]", "", rule.forbid)
        for axis in re.finditer(r"sibling::[\w:]+(.{3})", lazy):
            assert axis[1] == "[1]", rule.id


@pytest.mark.skipif(not ARTEFACT.is_dir(), reason="no CEN artefacts: set AIFE_SIM_SHARED")
@pytest.mark.parametrize(
    ("binding", "syntaxes"), [("UBL", ("ubl-invoice", "ubl-creditnote")), ("CII", ("cii-d22b",))]
)
def test_every_rule_of_the_artefact_has_a_row_of_its_severity(binding, syntaxes):
    schema = etree.parse(str(ARTEFACT / f"EN16931-{binding}-validation-preprocessed.sch"))
    flags = {e.get("id"): e.get("flag") for e in schema.iter("{*}assert")}
    asked = {
        i: {"fatal": "error", "warning": "warning"}[flag]
        for i, flag in flags.items()
        if i.startswith(samples.PREFIXES) and i not in UNREACHABLE
    }
    ours = {rule.id: rule.severity for syntax in syntaxes for rule in samples.rules(syntax)}
    assert ours == asked
