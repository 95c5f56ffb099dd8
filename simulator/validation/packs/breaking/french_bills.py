"""For each French rule on an invoice as a whole the edits that break it; the tables of all rules.

A row holds for the syntaxes that have one of its rules. Where a fault breaks several rules all are
named.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_cases import (
    CII_ONLY,
    CODES,
    EARLIER,
    OBJECTS,
    UBL_ONLY,
    Row,
    amounts,
    dates,
    day,
    ids,
    notes,
    numbers,
    parties,
    treatments,
)
from simulator.validation.packs.breaking.french_documents import (
    as_credit_note,
    both_ways,
    plain,
    several_sellers,
)
from simulator.validation.packs.breaking.french_edits import (
    again,
    all_of,
    before,
    by,
    drop,
    mark,
    put,
)


def paid(*edits: Edit) -> Edit:
    """An invoice that is paid (cadre B2)."""
    return all_of(put("BT-23", "B2"), put("BT-113", "240.0"), put("BT-115", "0"), *edits)


IN_DOLLARS = put("BT-5", "USD")
WITH_EURO = all_of(
    IN_DOLLARS,
    by(
        ubl=before(
            "cac:AccountingSupplierParty", ubl="<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>"
        ),
        cii=before("BT-5", cii="<ram:TaxCurrencyCode>EUR</ram:TaxCurrencyCode>"),
    ),
)
COHERENCE: list[Row] = [
    (
        ids("BR-FR-CO-04", "BT-3", "BT-4"),
        all_of(put("BT-3", "384"), again("BG-3")),
        put("BT-3", "384"),
    ),
    (ids("BR-FR-CO-04", "BT-3", "BT-4"), all_of(put("BT-3", "473"), drop("BG-3"))),
    (("BR-FR-CO-07_BT-9",), day("BT-9", EARLIER), all_of(day("BT-9", EARLIER), put("BT-3", "386"))),
    (("BR-FR-CO-08_BT-23",), all_of(put("BT-23", "S4"), put("BT-3", "386")), put("BT-23", "S4")),
    (("BR-FR-CO-09_BT-23-1",), paid(put("BT-113", "239.99")), paid()),
    (("BR-FR-CO-09_BT-23-1",), paid(drop("BT-113"))),
    (("BR-FR-CO-09_BT-23-2",), paid(put("BT-115", "0.01")), paid(put("BT-115", "0.00"))),
    (("BR-FR-CO-09_BT-23-3",), paid(drop("BT-9")), paid()),
    (("BR-FR-CO-12_BT-5",), IN_DOLLARS, WITH_EURO),
    (("BR-FR-CO-12_BT-5",), all_of(WITH_EURO, mark("BT-110", currencyID="USD"))),
]
CREDIT_NOTES: list[Row] = [
    (("BR-FR-CO-03_BT-3",), all_of(put("BT-3", "262"), drop("BT-12")), put("BT-3", "262")),
    (("BR-FR-CO-03_BT-3",), all_of(put("BT-3", "262"), drop("BT-73"))),
    (("BR-FR-CO-05_BT-3",), all_of(drop("BG-3"), drop("EXT-FR-FE-138")), drop("BG-3")),
    (("BR-FR-CO-05_BT-3",), all_of(drop("BT-26"), drop("EXT-FR-FE-136")), drop("BT-26")),
]


def accounted_in(currency: str) -> Edit:
    """With a currency of accounting (BT-6)."""
    code = f"TaxCurrencyCode>{currency}</"
    return by(
        ubl=before("cac:AccountingSupplierParty", ubl=f"<cbc:{code}cbc:TaxCurrencyCode>"),
        cii=before("BT-5", cii=f"<ram:{code}ram:TaxCurrencyCode>"),
    )


CORRECTED = put("BT-3", "384")
SELLERS: list[Row] = [
    (("BR-FR-MV-01_EXT-FR-FE-163",), put("EXT-FR-FE-163", " ", 1)),
    (
        ("BR-FR-MV-02_EXT-FR-FE-163",),
        all_of(put("EXT-FR-FE-163", "INFORMATION"), put("EXT-FR-FE-163", "INFORMATION", 2)),
        put("EXT-FR-FE-163", "INFORMATION", 2),
    ),
    (("BR-FR-MV-03_EXT-FR-FE-164",), put("EXT-FR-FE-164", " ")),
    (
        ("BR-FR-MV-03_EXT-FR-FE-167", "BR-FR-MV-06_EXT-FR-FE-167"),
        drop("EXT-FR-FE-167", 2),
    ),
    (("BR-FR-MV-03_EXT-FR-FE-177",), put("EXT-FR-FE-177", "")),
    (
        ("BR-FR-MV-03_EXT-FR-FE-181", "BR-FR-MV-09_EXT-FR-FE-181"),
        all_of(mark("EXT-FR-FE-181", currencyID="USD"), drop("EXT-FR-FE-184", 0)),
        drop("EXT-FR-FE-184"),
    ),
    (("BR-FR-MV-03_EXT-FR-FE-182",), accounted_in("USD"), accounted_in("EUR")),
    (
        ("BR-FR-MV-03_BT-128_AFL", "BR-FR-MV-07_BT-128", "BR-FR-MV-09_EXT-FR-FE-181"),
        put("type of BT-128", "50", 3),
    ),
    (("BR-FR-MV-03_BT-128_AVV",), put("BT-128", "M8", 1), put("BT-128", "M1", 1)),
    (
        ("BR-FR-MV-05_EXT-FR-FE-BG-12",),
        # A cent is let pass as far as doubles go: 100.01 - 100.00 is more than 0.01 there.
        all_of(put("BT-131", "100.01"), put("EXT-FR-FE-184", "120.01")),
    ),
    (("BR-FR-MV-06_EXT-FR-FE-167",), put("EXT-FR-FE-167", "999999999", 3)),
    (("BR-FR-MV-07_BT-128", "BR-FR-MV-08_BT-128"), put("BT-128", "F-9", 2)),
    (("BR-FR-MV-08_BT-128",), put("BT-120", "Motif"), put("BT-120", "#F-1# Motif")),
    (
        ("BR-FR-MV-09_EXT-FR-FE-181",),
        all_of(put("EXT-FR-FE-181", "20.02"), put("EXT-FR-FE-184", "120.02")),
    ),
    (
        ("BR-FR-MV-10_EXT-FR-FE-184",),
        put("EXT-FR-FE-184", "120.02"),
        put("EXT-FR-FE-184", "120.01"),
    ),
    (
        ("BR-FR-MV-11_BT-128",),
        all_of(
            put("BT-128", "F-2"),
            put("BT-128", "F-2", 2),
            put("BT-120", "#F-2#"),
            put("reason of the breakdown", "#F-2#"),
        ),
    ),
    (
        ("BR-FR-MV-12_BT-128",),
        all_of(put("BT-128", "F-1", 3), put("BT-128", "F-1", 5), put("BT-120", "#F-1#", 1)),
    ),
    (("BR-FR-MV-13_BT-3",), put("BT-3", "389"), CORRECTED),
    (
        ("BR-FR-MV-14-EXT-FR-FE-136", "BR-FR-MV-14-EXT-FR-FE-138"),
        all_of(CORRECTED, drop("dated reference of a line", 1)),
        CORRECTED,
    ),
    (("BR-FR-MV-14-EXT-FR-FE-138",), all_of(CORRECTED, drop("EXT-FR-FE-138", 0)), CORRECTED),
]
SELF_CORRECTED = put("BT-3", "471")
BOTH_WAYS: list[Row] = [
    (("BR-FR-BD-02_EXT-FR-FE-163", "BR-FR-BD-02_BT-47"), put("EXT-FR-FE-163", "INFORMATION", 2)),
    (
        ("BR-FR-BD-02_BT-30", "BR-FR-BD-02_BT-31"),
        all_of(put("EXT-FR-FE-167", "999999999"), put("EXT-FR-FE-167", "999999999", 1)),
    ),
    (
        ("BR-FR-BD-02_BT-47",),
        all_of(put("EXT-FR-FE-167", "999999999", 2), put("EXT-FR-FE-167", "999999999", 3)),
    ),
    (("BR-FR-MV-BD_BT-3", "BR-FR-BD-13_BT-3"), put("BT-3", "380"), put("BT-3", "501")),
    (
        ("BR-FR-BD-14-EXT-FR-FE-136", "BR-FR-BD-14-EXT-FR-FE-138"),
        all_of(SELF_CORRECTED, drop("dated reference of a line", 0)),
        SELF_CORRECTED,
    ),
    (("BR-FR-BD-14-EXT-FR-FE-138",), all_of(SELF_CORRECTED, drop("EXT-FR-FE-138", 1))),
    (("BR-FR-DEC-03_BT-146",), put("BT-146", "1.0000001"), put("BT-146", "-1.00")),
]


def credit_note(syntax: str) -> Element:
    """The plain invoice as a credit note."""
    return as_credit_note(plain(syntax))


TABLES: list[tuple[Callable[[str], Element], list[Row]]] = [
    (plain, [*numbers(), *dates(), *CODES, *notes(), *treatments(), *parties()]),
    (plain, [*amounts(), *OBJECTS, *COHERENCE]),
    (credit_note, CREDIT_NOTES),
    (several_sellers, SELLERS),
    (both_ways, BOTH_WAYS),
]
ONLY = {"ubl": UBL_ONLY, "cii": CII_ONLY}
