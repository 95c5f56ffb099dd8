"""The historic rules: each fires on its bad document, in every syntax, and not on the good one."""

import datetime as dt
import io
import tarfile
import unicodedata

import pytest
from lxml import etree
from packs import oracle

from simulator.messages.invoice.cpp import read_invoice, read_invoices
from simulator.validation.packs.breaking.historic_cases import ALSO, CASES
from simulator.validation.packs.breaking.historic_documents import (
    CPP,
    CPP_UNIT,
    GOOD,
    MISSING,
    UBL,
    changed,
)
from simulator.validation.packs.dialects import NAMES
from simulator.validation.packs.loading import load
from simulator.validation.packs.run import Scope, run

ELSEWHERE = {"G1.07", "FACTORING_MENTION"}
WARNINGS = {
    *("PRICE_NEGATIVE", "SUPPLIER_SCHEME", "G2.19_COUNTRY", "G1.73", "FACTORING_MENTION"),
    *("G1.16_KEY", "G2.31", "G2.13", "DESIGNATION_LENGTH", "COMMENT_LENGTH", "SERVICE_NAME_LENGTH"),
}
NOTES = {"G1.14", "PAYMENT_ON_CREDIT_NOTE", "CADRE_WORKS", "MOE_SERVICE"}


def judged(content, syntax, **scope):
    scope.setdefault("circuit", "b2g")
    return run(content, etree.fromstring(content), Scope(("historic",), syntax, **scope))


def rules_of(content, syntax, **scope):
    return {rule for _, rule in judged(content, syntax, **scope).fired}


@pytest.mark.parametrize("syntax", GOOD)
def test_the_good_document_breaks_nothing(syntax):
    assert rules_of(GOOD[syntax].encode(), syntax) == set()


def test_the_table_has_every_rule_in_every_syntax():
    told = {(rule, s) for rule, (syntaxes, _, _) in CASES.items() for s in syntaxes}
    rows = {(r.id, s) for r in load("historic").rules for s in r.syntaxes if s in GOOD}
    assert {pair for pair in rows if pair[0] not in ELSEWHERE} == told


@pytest.mark.parametrize(("rule", "syntax"), [(r, s) for r, row in CASES.items() for s in row[0]])
def test_a_rule_fires_on_bad_documents_alone(rule, syntax):
    _, bad, good = CASES[rule]
    for changes in bad:
        outcome = judged(changed(syntax, changes), syntax)
        fired = {r for _, r in outcome.fired}
        assert fired - ALSO.get(rule, set()) == {rule}, changes
        finding = next(f for f in outcome.findings if f.rule == rule)
        assert finding.severity == severity_of(rule, syntax)
        assert finding.motif == ("ADR_ERR" if rule == "RECIPIENT_MISSING" else "REJ_COH")
        assert finding.place.line
    for changes in good:
        assert rule not in rules_of(changed(syntax, changes), syntax), changes


def severity_of(rule, syntax):
    is_advice = rule in WARNINGS or (rule, syntax) in {
        ("PAYMENT_MEANS_CODE", "ubl-invoice"),
        ("IBAN_MISSING", "cpp-facture-mixte"),
    }
    return "info" if rule in NOTES else "warning" if is_advice else "error"


@pytest.mark.parametrize("syntax", GOOD)
def test_an_invoice_of_the_future_is_refused_on_the_day_of_control(syntax):
    content = GOOD[syntax].encode()
    assert rules_of(content, syntax, on=dt.date(2026, 8, 31)) == {"G1.07"}
    for day in (dt.date(2026, 9, 1), dt.date(2026, 9, 2), None):
        assert rules_of(content, syntax, on=day) == set()


PAYEE = {
    "ubl-invoice": (
        "<cac:PaymentMeans>",
        "<cac:PayeeParty><cac:PartyIdentification><cbc:ID>{}</cbc:ID></cac:PartyIdentification></cac:PayeeParty>",
    ),
    "cii-d16b": (
        "<ram:SpecifiedTradeSettlementPaymentMeans>",
        "<ram:PayeeTradeParty><ram:ID>{}</ram:ID></ram:PayeeTradeParty>",
    ),
}


@pytest.mark.parametrize("syntax", PAYEE)
def test_a_factor_is_to_be_mentioned(syntax):
    before, payee = PAYEE[syntax]
    other = GOOD[syntax].replace(before, payee.format("11111111100011") + before)
    assert rules_of(other.encode(), syntax) == {"FACTORING_MENTION"}
    told = other.replace(">Note<", ">Réglée par SUBROGATION à la société Exemple<")
    assert rules_of(told.encode(), syntax) == set()
    same = GOOD[syntax].replace(before, payee.format("33254021516357") + before)
    assert rules_of(same.encode(), syntax) == set()


def test_a_cadre_may_be_missing_in_factur_x():
    content = changed("cii-d16b", {"cadre": MISSING})
    (finding,) = judged(content, "factur-x").findings
    assert (finding.rule, finding.severity) == ("CADRE_MISSING", "warning")


def test_a_mean_is_not_asked_for_in_cpp_documents():
    content = changed("cpp-facture-mixte", {"means": MISSING})
    assert rules_of(content, "cpp-facture-mixte") == {"G1.14"}


def test_an_account_that_is_no_iban_is_taken_as_it_is():
    rib = UBL.replace(
        "</cbc:PaymentMeansCode>",
        "</cbc:PaymentMeansCode><cbc:PaymentChannelCode>RIB</cbc:PaymentChannelCode>",
    )
    assert rules_of(rib.replace("FR76 3000", "3000").encode(), "ubl-invoice") == set()
    assert (
        rules_of(CPP.replace('"IBAN"', '"RIB"').replace("FR76 ", "").encode(), "cpp-facture-mixte")
        == set()
    )


def test_a_siret_counts_before_other_identifiers():
    form = '<cac:PartyIdentification><cbc:ID schemeID="{}">{}</cbc:ID></cac:PartyIdentification>'
    siren, creditor = form.format("0002", "332540215"), form.format("SEPA", "FR72ZZZ123456")
    first = "<cac:AccountingSupplierParty><cac:Party>"
    content = UBL.replace(first, f"{first}{creditor}{siren}")
    assert rules_of(content.encode(), "ubl-invoice") == set()


def test_interfaces_decide_where_they_are_known():
    works, lines = (
        changed("ubl-invoice", {"cadre": "A5"}),
        changed("ubl-invoice", {"line": MISSING}),
    )
    assert rules_of(works, "ubl-invoice", interface="FSO1100A") == {"CADRE_WORKS"}
    assert rules_of(works, "ubl-invoice", interface="FSO1130A") == set()
    assert rules_of(lines, "ubl-invoice", interface="FSO1110A") == {"LINES_MISSING"}
    assert rules_of(lines, "ubl-invoice", interface="FSO1100A") == set()
    card = changed("ubl-invoice", {"cadre": "A3", "means": "48"})
    assert "G8.20" in rules_of(card, "ubl-invoice", interface="FSO1120A")
    assert "G8.20" not in rules_of(card, "ubl-invoice", interface="FSO1100A")


def test_messages_are_worded_as_the_platform_does():
    for rule in load("historic").rules:
        plain = unicodedata.normalize("NFD", rule.message)
        assert not any(unicodedata.combining(c) for c in plain), rule.id
        assert rule.message.isascii(), rule.id
    content = changed("cii-d16b", {"number": "F" * 21, "price": "1.0000001"})
    told = {f.rule: f.message for f in judged(content, "cii-d16b").findings}
    assert "(FichierXml.ExchangedDocument.ID.value)" in told["G1.05_LENGTH"]
    assert (
        "FichierXml.SupplyChainTradeTransaction...NetPriceProductTradePrice.ChargeAmount.value"
        in told["PRICE_FORMAT"]
    )
    content = changed("ubl-invoice", {"supplier": "1"})
    (finding,) = judged(content, "ubl-invoice").findings
    assert "balise AccountingSupplierParty.Party.PartyIdentification.ID.value" in finding.message


# -- several invoices to a file -------------------------------------------------------------------


def test_every_invoice_of_a_cpp_file_is_read():
    second = CPP_UNIT.replace("<Id>F 1</Id>", "<Id>F#2</Id>")
    content = CPP.replace(CPP_UNIT, CPP_UNIT + second).encode()
    root = etree.fromstring(content)
    assert [i.number.value for i in read_invoices(root)] == ["F 1", "F#2"]
    (finding,) = judged(content, "cpp-facture-mixte").findings
    assert finding.rule == "G1.05_CHARACTERS"
    assert finding.place.xpath == (
        "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire[2]/DonneesFacture/Id"
    )


def test_a_cpp_invoice_is_the_neutral_one():
    invoice = read_invoice(etree.fromstring(CPP))
    assert (invoice.syntax, invoice.profile.clean, invoice.currency.clean) == ("cpp", "A1", "EUR")
    supplier = invoice.seller.identifiers[0]
    assert (supplier.clean, supplier.scheme) == ("33254021516357", "1")
    assert (invoice.order.id.clean, invoice.contract.id.clean) == ("EJ1", "M1")
    assert [str(row.tax.value) for row in invoice.vat] == ["60.00"]
    assert [str(line.price.net.value) for line in invoice.lines] == ["150.000000"]
    assert invoice.payments[0].account.id.value.startswith("FR76")


@pytest.mark.parametrize(
    "text",
    ["<CPPFactureMixte/>", "<CPPStatut/>", "<CPPFactureMixte><CPPFactures/></CPPFactureMixte>"],
)
def test_a_file_without_invoices_has_none(text):
    root = etree.fromstring(text)
    assert read_invoices(root) == []
    assert not read_invoice(root).number.exists
    assert rules_of(text.encode(), "cpp-facture-mixte") == set()


@pytest.mark.parametrize("syntax", GOOD)
@pytest.mark.parametrize(
    "value", ["", " ", "x" * 5000, "1e5", "NaN", "9" * 200, "\u0661", "{found}", "é"]
)
def test_no_text_is_an_exception(syntax, value):
    root = etree.fromstring(GOOD[syntax])
    for element in root.iter():
        if isinstance(element.tag, str) and not len(element):
            element.text = value
    content = etree.tostring(root)
    judged(content, syntax, on=dt.date(2026, 9, 1))


# -- official samples -----------------------------------------------------------------------------

SAMPLES = oracle.CORPUS / "aife-chorus-pro"


def samples():
    """Name, syntax and content of each official sample."""
    for file in sorted(SAMPLES.rglob("FSO111*")):
        if file.suffix == ".xml":
            yield file.name, "cii-d16b", file.read_bytes()
        elif file.name.startswith("FSO1117A") and file.suffix == ".pdf":
            yield file.name, "factur-x", oracle.content_of(file)
        elif file.suffix == ".gz":
            with tarfile.open(fileobj=io.BytesIO(file.read_bytes())) as archive:
                for member in archive:
                    if member.isfile():
                        yield member.name, "cii-d16b", archive.extractfile(member).read()


@pytest.mark.corpus
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
def test_official_samples_are_accepted():
    pytest.importorskip("pikepdf")
    count = 0
    for name, syntax, content in samples():
        count += 1
        found = judged(content, syntax, on=dt.date(2018, 10, 1)).findings
        assert [(f.rule, f.message) for f in found if f.refuses] == [], name
    assert count > 20


def test_only_the_formats_of_the_channel_have_rules():
    syntaxes = {s for rule in load("historic").rules for s in rule.syntaxes}
    assert syntaxes == {*NAMES["ubl"].syntaxes, *NAMES["cii"].syntaxes, "cpp-facture-mixte"}
