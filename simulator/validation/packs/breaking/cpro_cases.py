"""For each rule of Chorus Pro the edits that break it in the French invoice, and those at its limit."""

from __future__ import annotations

from collections.abc import Callable

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_cases import Row
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

SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
LEGAL_NAME = "cac:PartyLegalEntity/cbc:RegistrationName"
NAME = "<cac:PartyName><cbc:Name>{}</cbc:Name></cac:PartyName>"
TRADING_NAME = "<ram:TradingBusinessName>{}</ram:TradingBusinessName>"
FILE = "mimeCode='application/pdf' filename='{}'>QQ=="


Write = Callable[[str], Edit]


def written(ubl: str, cii: str = "") -> Write:
    """Writes a text where there is one."""
    return lambda text: by(ubl=put(ubl, text), cii=put(cii or ubl, text))


def added(ubl_place: str, ubl: str, cii_place: str, cii: str) -> Write:
    """Adds elements with a text before others."""
    return lambda text: by(
        ubl=before(ubl_place, ubl=ubl.format(text)), cii=before(cii_place, cii=cii.format(text))
    )


# By rule: most characters, and what writes a text.
TEXTS: dict[str, tuple[int, Write]] = {
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
            "(cac:InvoiceLine|cac:CreditNoteLine)/cac:Item/cbc:Name",
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


def known_by(scheme: str, text: str) -> Edit:
    """The seller with another identifier for its SIRET, and without a SIREN."""
    return all_of(mark("BT-29", schemeID=scheme), put("BT-29", text), drop("BT-30"))


def contacts(role: str, count: int) -> Edit:
    """Contacts of a party."""
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
_ROWS: list[tuple[str, Edit, Edit]] = [
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
TABLE: list[Row] = [((f"BR-FR-CPRO-{number}",), bad, good) for number, bad, good in _ROWS]
