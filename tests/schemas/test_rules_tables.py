"""Every rule of the tables words itself with the values that its callers give."""

import string

import pytest

from simulator import resources
from simulator.domain.findings import Rulebook

ADMISSION = {
    "IRR_CODE_APP_UNKNOWN": {"found": "VFE025", "partner": "DEM001"},
    "IRR_CODE_APP_FOREIGN": {"found": "DEM002", "partner": "DEM001"},
    "IRR_CODE_APP_INACTIVE": {
        "partner": "DEM001",
        "valid_from": "2026-09-01",
        "valid_to": "2026-12-31",
        "now": "2027-01-01",
    },
    "IRR_CODE_INTER_UNKNOWN": {"found": "FSO1102A"},
    "IRR_CODE_INTER_DIRECTION": {"found": "CSO1100A"},
    "IRR_CODE_INTER_UNSUBSCRIBED": {"found": "FSO1150A", "subscribed": "FSO1100A"},
    "IRR_CODE_INTER_PROTOCOL": {"expected": "sftp", "found": "as2"},
    "IRR_CODE_INTER_UNSUPPORTED": {"found": "FSO1117A"},
    "IRR_VIDE": {},
    "IRR_TYPE": {"found": ".exe", "expected": ".tar.gz, .xml"},
    "IRR_TAILLE": {"found": 1_073_741_825, "limit": 1_073_741_824},
    "IRR_FORM": {"part": "sequence", "position": 27, "expected": "19 characters", "found": "a"},
    "IRR_FORM_EMITTER": {"expected": "DEM001", "found": "DEM002"},
    "IRR_FORM_DIGITS": {"expected": "1100", "found": "0000"},
    "IRR_UNICITE": {"earlier": "2026-09-01T08:00:00Z"},
    "IRR_UNICITE_SAME": {"earlier": "2026-09-01T08:00:00Z"},
}
FUNCTIONAL = {
    "G1.05_LENGTH": {"found": "F" * 21, "length": 21},
    "G1.05_CHARACTERS": {"found": "F#1"},
    "NUMBER_MISSING": {},
    "SUPPLIER_MISSING": {},
    "SUPPLIER_UNKNOWN": {"found": "33254021516357"},
    "SUPPLIER_INACTIVE": {"found": "33254021516357"},
    "SUPPLIER_FORMAT": {"found": "332540215"},
    "RECIPIENT_MISSING": {},
    "RECIPIENT_UNKNOWN": {"found": "12345678200051"},
    "RECIPIENT_INACTIVE": {"found": "12345678200051"},
    "RECIPIENT_FORMAT": {"found": "123456782"},
    "RECIPIENT_NOT_PUBLIC": {"found": "33254021516357"},
    "SUPPLIER_NOT_PUBLIC": {"found": "33254021516357"},
    "INVOICE_DUPLICATE": {"number": "F1", "supplier": "33254021516357", "earlier": "2026-09-01"},
    "IRR_NOM_F_REPORT_AGAIN": {"name": "a.xml", "earlier": "FSO6000A_DEM031"},
    "REPORT_PERIOD": {"id": "TR-1", "end": "20260910", "on": "20260901"},
    "SERVICE_MISSING": {"recipient": "12345678200028", "services": "S1, S2"},
    "ENGAGEMENT_MISSING": {"recipient": "12345678200036", "found": "S1"},
    "SERVICE_OR_ENGAGEMENT_MISSING": {"recipient": "12345678200044"},
    "SERVICE_UNKNOWN": {"recipient": "12345678200028", "found": "S9", "services": "S1, S2"},
    "SERVICE_INACTIVE": {"recipient": "12345678200028", "found": "S2", "services": "S1, S2"},
    "SUPPLIER_UNKNOWN_ACCEPTED": {"found": "33254021516357"},
    "RECIPIENT_UNKNOWN_ACCEPTED": {"found": "12345678200051"},
}
MOTIFS = {
    "RECIPIENT_MISSING": "ADR_ERR",
    "RECIPIENT_UNKNOWN": "REJ_ADR",
    "RECIPIENT_INACTIVE": "REJ_ADR",
    "RECIPIENT_NOT_PUBLIC": "REJ_CONT_B2G",
    "INVOICE_DUPLICATE": "REJ_UNI",
    "IRR_NOM_F_REPORT_AGAIN": "IRR_NOM_F",
    "REPORT_PERIOD": "REJ_PER",
    "SUPPLIER_UNKNOWN_ACCEPTED": None,
    "RECIPIENT_UNKNOWN_ACCEPTED": None,
}
# Of e-reporting, which no 213 answers.
DECLARATIONS = {"IRR_NOM_F_REPORT_AGAIN", "REPORT_PERIOD"}
WARNINGS = {"IRR_FORM_DIGITS", "SUPPLIER_UNKNOWN_ACCEPTED", "RECIPIENT_UNKNOWN_ACCEPTED"}
IRR_FAMILIES = (
    "IRR_CODE_APP",
    "IRR_CODE_INTER",
    "IRR_VIDE",
    "IRR_TYPE",
    "IRR_TAILLE",
    "IRR_FORM",
    "IRR_UNICITE",
)
CASES = [*ADMISSION.items(), *FUNCTIONAL.items()]
# Motifs that a 213 may carry: BR-FR-CDV schematron v1.4.0, CL-09.
OF_A_213 = {"ADR_ERR", "REJ_ADR", "REJ_COH", "REJ_CONT_B2G", "REJ_UNI"}


@pytest.fixture(scope="module")
def book():
    names = ("admission.toml", "functional.toml")
    return Rulebook.from_tables(*(resources.table("schemas", "rules", name) for name in names))


@pytest.mark.parametrize(("name", "values"), [("admission", ADMISSION), ("functional", FUNCTIONAL)])
def test_a_table_has_exactly_the_agreed_rules(name, values):
    assert set(resources.table("schemas", "rules", f"{name}.toml")) == set(values)


@pytest.mark.parametrize(("rule", "values"), CASES, ids=[rule for rule, _ in CASES])
def test_a_rule_words_itself_with_its_values_and_uses_them_all(book, rule, values):
    row = book[rule]
    texts = (row.message, row.help, row.repair)
    asked = {field for text in texts for _, field, _, _ in string.Formatter().parse(text) if field}
    assert asked == set(values)
    finding = book.finding(rule, **values)
    for text in (finding.message, finding.help, finding.repair):
        assert text.strip()
        assert not {"{", "}"} & set(text)
    for value in values.values():
        assert str(value) in f"{finding.message} {finding.help} {finding.repair}"


def test_levels_and_packs_follow_the_table(book):
    for rule in ADMISSION:
        assert (book[rule].pack, book[rule].level) == ("admission", "flow")
    for rule in FUNCTIONAL:
        level = "file" if rule.startswith("IRR_") else "invoice"
        assert (book[rule].pack, book[rule].level) == ("functional", level)


def test_only_the_agreed_rules_are_warnings(book):
    assert {rule for rule in book if book[rule].severity != "error"} == WARNINGS


def test_a_refusal_of_a_flow_carries_the_irr_code_that_its_name_begins_with(book):
    for rule in ADMISSION:
        motif = book[rule].motif
        assert motif in IRR_FAMILIES
        assert rule == motif or rule.startswith(f"{motif}_")


def test_a_refusal_of_an_invoice_carries_a_motif_that_a_213_may_have(book):
    for rule in FUNCTIONAL:
        assert book[rule].motif == MOTIFS.get(rule, "REJ_COH")
        assert rule in WARNINGS | DECLARATIONS or book[rule].motif in OF_A_213


def test_a_message_is_a_french_line_without_a_full_stop(book):
    for rule in book:
        assert not book[rule].message.endswith(".")
        assert "\n" not in book[rule].message


def test_what_the_directory_lacks_is_repaired_by_a_command(book):
    for rule in ("SUPPLIER_UNKNOWN", "SUPPLIER_UNKNOWN_ACCEPTED"):
        repair = book.finding(rule, found="33254021516357").repair
        assert "aife-sim directory add 33254021516357 --name NAME --kind private" in repair
    for rule in ("RECIPIENT_UNKNOWN", "RECIPIENT_UNKNOWN_ACCEPTED", "RECIPIENT_NOT_PUBLIC"):
        repair = book.finding(rule, found="12345678200051").repair
        assert "aife-sim directory add 12345678200051 --name NAME --kind public" in repair


def test_every_motif_has_words_for_reports(book):
    labels = resources.table("schemas", "codelists", "motifs.toml")
    assert {book[rule].motif for rule in book} - {None} <= set(labels)
