"""Every rule of Chorus Pro: a document that breaks it alone, and one at its limit that does not.

There is no official rule set to compare with.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from packs.french_documents import made

from simulator.validation.packs.breaking.french_documents import as_credit_note, plain
from simulator.validation.packs.breaking.french_edits import (
    again,
    all_of,
    before,
    by,
    drop,
    into,
    mark,
    put,
    unchanged,
)
from simulator.validation.packs.breaking.french_places import SYNTAXES
from simulator.validation.packs.loading import load
from simulator.validation.packs.models.cpro_limits import rules
from simulator.validation.packs.run import Scope, run

PACK = "cpro"
SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
LEGAL_NAME = "cac:PartyLegalEntity/cbc:RegistrationName"
NAME = "<cac:PartyName><cbc:Name>{}</cbc:Name></cac:PartyName>"
TRADING_NAME = "<ram:TradingBusinessName>{}</ram:TradingBusinessName>"
FILE = "mimeCode='application/pdf' filename='{}'>QQ=="
ASSUMED = {"01", "04", "05", "06", "07", "08", "29", "40"}


def written(ubl, cii=None):
    """Writes a text where there is one."""
    return lambda text: by(ubl=put(ubl, text), cii=put(cii or ubl, text))


def added(ubl_place, ubl, cii_place, cii):
    """Adds elements with a text before others."""
    return lambda text: by(
        ubl=before(ubl_place, ubl=ubl.format(text)), cii=before(cii_place, cii=cii.format(text))
    )


# By rule: most characters, and what writes a text.
TEXTS = {
    "02": (20, written("BT-1")),
    "14": (50, written("BT-12")),
    "15": (
        50,
        added(
            "BG-3",
            "<cac:OrderReference><cbc:ID>{}</cbc:ID></cac:OrderReference>",
            "//ram:ContractReferencedDocument",
            "<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID>"
            "</ram:BuyerOrderReferencedDocument>",
        ),
    ),
    "29": (
        1024,
        added(
            "cac:TaxTotal//cac:TaxScheme",
            "<cbc:TaxExemptionReason>{}</cbc:TaxExemptionReason>",
            "BT-118",
            "<ram:ExemptionReason>{}</ram:ExemptionReason>",
        ),
    ),
    "30": (
        50,
        written(
            "cac:AdditionalDocumentReference[cbc:DocumentDescription]/cbc:ID",
            "//ram:AdditionalReferencedDocument[ram:Name]/ram:IssuerAssignedID",
        ),
    ),
    "31": (
        1024,
        added(
            "cac:InvoiceLine/cac:Item/cbc:Name",
            "<cbc:Description>{}</cbc:Description>",
            "BG-32",
            "<ram:Description>{}</ram:Description>",
        ),
    ),
    "32": (
        400,
        added(
            f"{SELLER}/*/cac:Country",
            "<cbc:AdditionalStreetName>{}</cbc:AdditionalStreetName>",
            "//ram:SellerTradeParty/*/ram:CountryID",
            "<ram:LineTwo>{}</ram:LineTwo>",
        ),
    ),
    "33": (
        400,
        added(
            f"{SELLER}/*/cac:Country",
            "<cbc:CityName>{}</cbc:CityName>",
            "//ram:SellerTradeParty/*/ram:CountryID",
            "<ram:CityName>{}</ram:CityName>",
        ),
    ),
    "34": (
        99,
        added(
            f"{BUYER}/cac:PostalAddress",
            NAME,
            "//ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
            TRADING_NAME,
        ),
    ),
    "35": (
        1024,
        added(
            "cac:AllowanceCharge",
            "<cac:PaymentTerms><cbc:Note>{}</cbc:Note></cac:PaymentTerms>",
            "//ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime",
            "<ram:Description>{}</ram:Description>",
        ),
    ),
    "36": (
        99,
        added(
            f"{SELLER}/cac:PostalAddress",
            NAME,
            "//ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
            TRADING_NAME,
        ),
    ),
    "37": (
        99,
        lambda text: by(
            ubl=before("cac:PayeeParty/cac:PostalAddress", ubl=NAME.format(text)),
            cii=put("//ram:PayeeTradeParty/ram:Name", text),
        ),
    ),
    "38": (20, written("BT-71")),
    "39": (
        27,
        added(
            "cac:PaymentMeans/cac:PaymentMandate",
            "<cac:PayeeFinancialAccount><cbc:ID>{}</cbc:ID></cac:PayeeFinancialAccount>",
            "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax",
            "<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount>"
            "<ram:ProprietaryID>{}</ram:ProprietaryID></ram:PayeePartyCreditorFinancialAccount>"
            "</ram:SpecifiedTradeSettlementPaymentMeans>",
        ),
    ),
    "40": (20, written("EXT-FR-FE-146")),
    "41": (
        50,
        added(
            "BT-123",
            "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject "
            f"{FILE}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>",
            "BT-123",
            f"<ram:AttachmentBinaryObject {FILE}</ram:AttachmentBinaryObject>",
        ),
    ),
    "42": (1024, written("cbc:Note", "rsm:ExchangedDocument/*/ram:Content")),
    "43": (99, written(f"{SELLER}/{LEGAL_NAME}", "//ram:SellerTradeParty/ram:Name")),
    "44": (99, written(f"{BUYER}/{LEGAL_NAME}", "//ram:BuyerTradeParty/ram:Name")),
}
contract = added(
    "cac:ContractDocumentReference/cbc:ID",
    "<cbc:DocumentType>{}</cbc:DocumentType>",
    "BT-12",
    "<ram:ReferenceTypeCode>{}</ram:ReferenceTypeCode>",
)
terms = TEXTS["35"][1]
TWO_TERMS = by(
    ubl=all_of(terms("a"), terms("b")),
    cii=all_of(terms("a"), again("//ram:SpecifiedTradePaymentTerms")),
)


def known_by(scheme, text):
    """The seller with another identifier for its SIRET, and without a SIREN."""
    return all_of(mark("BT-29", schemeID=scheme), put("BT-29", text), drop("BT-30"))


def contacts(role, count):
    return into(
        role,
        ubl="<cac:Contact><cbc:Name>Martin</cbc:Name></cac:Contact>" * count,
        cii="<ram:DefinedTradeContact><ram:PersonName>Martin</ram:PersonName>"
        "</ram:DefinedTradeContact>" * count,
    )


FOREIGN = all_of(mark("BT-29", schemeID="0227"), put("BT-29", "US1"))
NO_SIREN = by(
    ubl=drop("cac:PayeeParty/cac:PartyLegalEntity/cbc:CompanyID"),
    cii=drop("//ram:PayeeTradeParty/ram:SpecifiedLegalOrganization"),
)
# Rule, edit of the bad document, edit of the good one.
ROWS = [
    *((rule, write("x" * (most + 1)), write("é" * most)) for rule, (most, write) in TEXTS.items()),
    ("01", contract("AUTRE"), contract("MARCHE")),
    ("01", contract("marche"), contract("CONTRAT")),
    ("02", put("BT-25", "F" * 21), put("BT-25", "F" * 20)),
    ("02", put("EXT-FR-FE-136", "F" * 21), put("EXT-FR-FE-136", "F" * 20)),
    ("03", known_by("0088", "3012345678902"), known_by("0226", "0123456789NOM")),
    ("04", known_by("0223", "DE" + "1" * 17), known_by("0223", "DE" + "1" * 16)),
    ("05", known_by("0227", "US" + "1" * 17), known_by("0227", "US" + "1" * 16)),
    *(
        (rule, known_by(scheme, "1" * bad), known_by(scheme, "1" * good))
        for rule, scheme in (("06", "0228"), ("07", "0229"))
        for bad, good in ((8, 9), (11, 10))
    ),
    ("08", known_by("0226", "123456789NOM"), known_by("0226", "1234567890")),
    ("08", known_by("0226", "1" * 10 + "N" * 71), known_by("0226", "1" * 10 + "N" * 70)),
    ("09", FOREIGN, all_of(FOREIGN, drop("BT-30"))),
    ("10", mark("BT-46", schemeID="0224"), mark("BT-46", 1, schemeID="0009")),
    ("17", drop("BT-60", 0), all_of(drop("BT-60", 0), NO_SIREN)),
    ("20", again("BG-3"), unchanged),
    ("24", put("BT-23", "S5"), put("BT-23", "S3")),
    ("25", TWO_TERMS, terms("a")),
    ("26", contacts("seller", 2), contacts("seller", 1)),
    ("27", contacts("buyer", 2), contacts("buyer", 1)),
]
CASES = [(syntax, *row) for syntax in SYNTAXES for row in ROWS]


def of_pack(rule):
    return f"BR-FR-CPRO-{rule}"


@pytest.mark.parametrize("case", CASES, ids=[f"{syntax}-{rule}" for syntax, rule, *_ in CASES])
def test_a_rule_fires_on_the_bad_document_alone_and_not_on_the_good_one(case):
    syntax, rule, bad, good = case
    assert made(plain(syntax), good).fired(PACK) == set()
    assert made(plain(syntax), bad).fired(PACK) == {of_pack(rule)}


@pytest.mark.parametrize(("count", "faults"), [(999_999, 0), (1_000_000, 1)])
def test_as_many_lines_as_chorus_pro_takes_are_let_pass_and_one_more_is_not(count, faults):
    invoice = SimpleNamespace(lines=[None] * count)
    assert len(list(rules.functions[of_pack("19")](invoice))) == faults


def test_every_rule_is_broken_here():
    broken = {of_pack(rule) for rule, *_ in ROWS}
    assert broken | {of_pack("19")} == {rule.id for rule in load(PACK).rules}


def test_a_credit_note_is_judged_like_an_invoice():
    assert made(as_credit_note(plain("ubl")), unchanged).fired(PACK) == set()
    assert made(as_credit_note(plain("ubl")), put("BT-23", "S5")).fired(PACK) == {of_pack("24")}


@pytest.mark.parametrize("circuit", ["b2g", "g2b-pa"])
def test_the_rules_hold_on_the_way_to_the_public_sector_through_a_platform_only(circuit):
    document = made(plain("ubl"), put("BT-23", "S5"))
    outcome = run(document.content, document.root, Scope((PACK,), document.syntax, circuit))
    assert outcome.findings == []


def test_chorus_pro_refuses_with_rej_coh():
    document = made(plain("cii"), put("BT-23", "S5"))
    outcome = run(document.content, document.root, Scope((PACK,), document.syntax, "b2g-pa"))
    assert [finding.motif for finding in outcome.findings] == ["REJ_COH"]


def test_what_is_not_known_for_sure_is_marked_and_has_its_source():
    for rule in load(PACK).rules:
        assert rule.mark == ("assumed" if rule.id[-2:] in ASSUMED else "deduced")
        assert "GOBL" in rule.source
