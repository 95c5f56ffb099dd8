"""For each historic rule the changes of the good document that break it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.validation.packs.breaking.historic_documents import MISSING, Changes

# Syntaxes, changes that break it (several ways), changes that do not.
Case = tuple[tuple[str, ...], Sequence[Changes], Sequence[Changes]]
LONG = "x" * 51
FOREIGN: Changes = {"kind": "2", "supplier": "BE0429958042"}
UBL_ONLY, CII_ONLY, CPP_ONLY = ("ubl-invoice",), ("cii-d16b",), ("cpp-facture-mixte",)
WITHOUT_CPP = UBL_ONLY + CII_ONLY
ALL = WITHOUT_CPP + CPP_ONLY
# Rule: syntaxes, changes that break it (several ways), changes that do not.
CASES: dict[str, Case] = {
    "NUMBER_MISSING": (ALL, [{"number": " "}, {"number": MISSING}], []),
    "G1.05_LENGTH": (ALL, [{"number": "F" * 21}], [{"number": "F" * 20}]),
    "G1.05_CHARACTERS": (
        ALL,
        [{"number": n} for n in ("F#1", " F1", "F1 ", "F  1", "É1", "F\n1")],
        [{"number": "a-Z+0_9/ 1"}],
    ),
    "G1.09": (
        ALL,
        [{"date": d} for d in ("01/09/2026", "2026-02-31", "20260231", "202609010000", "soon")],
        [],
    ),
    "G1.36": (ALL, [{"date": (1999, 12, 31)}, {"date": (2100, 1, 1)}], [{"date": (2099, 12, 31)}]),
    "AMOUNT_FORMAT": (
        ALL,
        [{"payable": "360.0000001"}, {"payable": "123456789012345678.00"}],
        [{"payable": "-12345678901234567"}, {"payable": "360"}],
    ),
    "QUANTITY_FORMAT": (ALL, [{"quantity": "2.00001"}], [{"quantity": "-2"}]),
    "PRICE_FORMAT": (ALL, [{"price": "150.0000001"}], [{"price": "0"}]),
    "PRICE_NEGATIVE": (ALL, [{"price": "-150"}], []),
    "G1.24": (ALL, [{"rate": "21"}], [{"rate": "5.50"}, {"rate": "00.00"}]),
    "SUPPLIER_MISSING": (ALL, [{"supplier": MISSING}, {"supplier": ""}], []),
    "SUPPLIER_FORMAT": (
        ALL,
        [{"supplier": s} for s in ("332540215", "3325402151635A", "332 540 215 16357")],
        [FOREIGN, {"supplier": "00000000000000"}],
    ),
    "RECIPIENT_MISSING": (ALL, [{"recipient": MISSING}], []),
    "RECIPIENT_FORMAT": (ALL, [{"recipient": "1234567820005"}, {"recipient": "123456782"}], []),
    "SUPPLIER_SCHEME": (ALL, [{"kind": "9", "supplier": "X1"}], [{"kind": "6", "supplier": "X1"}]),
    "G2.19": (ALL, [{"kind": "3", "supplier": "KR" + "X" * 17}], [FOREIGN]),
    "G2.19_COUNTRY": (ALL, [{"kind": "2", "supplier": "0429958042"}], [FOREIGN]),
    "G1.73": (
        ALL,
        [{"kind": "5", "supplier": "12345678"}, {"kind": "4", "supplier": "1" * 11}],
        [{"kind": "5", "supplier": "350041679"}, {"kind": "7", "supplier": "Camille Exemple"}],
    ),
    "CADRE_MISSING": (ALL, [{"cadre": MISSING}, {"cadre": " "}], []),
    "CADRE_CODE": (ALL, [{"cadre": "A11"}, {"cadre": "S1"}, {"cadre": "a1"}], [{"cadre": "A12"}]),
    "CADRE_WORKS": (ALL, [{"cadre": "A3"}, {"cadre": "A20"}], [{"cadre": "A9"}]),
    "MOE_SERVICE": (ALL, [{"cadre": "A4"}, {"cadre": "A22"}], [{"cadre": "A2"}]),
    "TYPE_CODE": (ALL, [{"type": "389"}], []),
    "CURRENCY_CODE": (ALL, [{"currency": "EURO"}], [{"currency": "RSD"}, {"currency": ""}]),
    "COUNTRY_CODE": (ALL, [{"country": "FRA"}], [{"country": "BE"}, {"country": ""}]),
    "SERVICE_CODE_LENGTH": (ALL, [{"service": "x" * 101}], [{"service": "x" * 100}]),
    "SERVICE_NAME_LENGTH": (ALL, [{"service name": "x" * 256}], [{"service name": "x" * 255}]),
    "CONTRACT_LENGTH": (ALL, [{"contract": LONG}], [{"contract": LONG[1:]}]),
    "ORDER_LENGTH": (ALL, [{"order": LONG}], [{"order": LONG[1:]}]),
    "DESIGNATION_LENGTH": (WITHOUT_CPP, [{"item": "x" * 202}], [{"item": "x" * 201}]),
    "COMMENT_LENGTH": (WITHOUT_CPP, [{"note": "x" * 2001}], [{"note": "x" * 2000}]),
    "PAYMENT_MEANS_MISSING": (
        WITHOUT_CPP,
        [{"means": MISSING}, {"means": ""}],
        [{"means": MISSING, "type": "381"}],
    ),
    "PAYMENT_ON_CREDIT_NOTE": (ALL, [{"type": "381"}], []),
    "G1.14": (ALL, [{"means": "01"}], [{"means": "20", "account": MISSING}]),
    "PAYMENT_MEANS_CODE": (UBL_ONLY + CPP_ONLY, [{"means": "57"}], [{"means": "97"}]),
    "S2.05": (CII_ONLY, [{"means": "57"}, {"means": "03"}], [{"means": "59"}]),
    "IBAN_MISSING": (
        ALL,
        [{"account": MISSING}, {"account": MISSING, "means": "42"}],
        [{"account": MISSING, "means": "48"}],
    ),
    "G1.16": (
        ALL,
        [{"account": a} for a in ("FR76", "IBAN FR7630006000011234567890189", "fr7630006000011")],
        [{"account": "BE71096123456769"}, {"account": "", "means": "48"}],
    ),
    "G1.16_KEY": (ALL, [{"account": "FR7730006000011234567890189"}], []),
    "G2.31": (WITHOUT_CPP, [{"category": "M"}], [{"category": "K"}]),
    "G2.13": (WITHOUT_CPP, [{"regime": "VAT"}], []),
    "TAX_AMOUNT_MISSING": (UBL_ONLY, [{"tax": MISSING}], []),
    "LINES_MISSING": (UBL_ONLY, [{"line": MISSING}], []),
    "G8.20": (UBL_ONLY, [{"cadre": "A3", "means": "48"}], []),
}
# Rules that are told of beside, whatever is tested.
ALSO: dict[str, set[str]] = {
    "G8.20": {"CADRE_WORKS"},
    "MOE_SERVICE": {"CADRE_WORKS"},
}
