"""For each French rule on a single value the edits that break it, and those that nearly do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_edits import (
    again,
    all_of,
    before,
    by,
    drop,
    into,
    mark,
    note,
    put,
)
from simulator.validation.packs.breaking.french_places import ROLES, SYNTAXES

# Rules that fire together, what breaks them, and an edit that comes near and does not.
Row = tuple[tuple[str, ...], Edit] | tuple[tuple[str, ...], Edit, Edit]
NO_DAY = {"ubl": "2027-02-29", "cii": "20270229"}
LEAP_DAY = {"ubl": "2028-02-29", "cii": "20280229"}
NEXT_CENTURY = {"ubl": "2126-10-01", "cii": "21261001"}
EARLIER = {"ubl": "2026-08-31", "cii": "20260831"}


def day(term: str, text: Mapping[str, str]) -> Edit:
    """Writes a day as the syntax has it."""
    return by(**{syntax: put(term, text[syntax]) for syntax in SYNTAXES})


def ids(rule: str, *terms: str) -> tuple[str, ...]:
    """The rules of some terms."""
    return tuple(f"{rule}_{term}" for term in terms)


def numbers() -> Iterator[Row]:
    """BR-FR-01, -02."""
    for term in ("BT-1", "BT-25", "EXT-FR-FE-136"):
        yield ids("BR-FR-01", term, f"{term}-1"), put(term, "F" * 36), put(term, "F" * 35)
        malformed = (f"BR-FR-01_{term}-2", f"BR-FR-02_{term}")
        for text in ("F 1", " F-2", "é", "", "F.1"):
            yield malformed, put(term, text), put(term, "+f-2_/")


def dates() -> Iterator[Row]:
    """BR-FR-03."""
    for term in ("BT-7", "BT-9", "BT-26", "BT-72", "BT-73", "BT-74"):
        yield ids("BR-FR-03", term), day(term, NO_DAY), day(term, LEAP_DAY)
    for term in ("EXT-FR-FE-138", "EXT-FR-FE-158"):
        yield ids("BR-FR-03", term), day(term, NO_DAY), day(term, LEAP_DAY)
    for term in ("BT-134", "BT-135"):
        rules = ids("BR-FR-03", term, f"EXT-FR-FE-{term[3:]}")
        yield rules, day(term, NO_DAY), day(term, LEAP_DAY)
    yield ids("BR-FR-03", "BT-9"), day("BT-9", NEXT_CENTURY)
    yield ids("BR-FR-03", "BT-2"), day("BT-2", {"ubl": "1999-12-31", "cii": "19991231"})


CODES: list[Row] = [
    (ids("BR-FR-04", "BT-3"), put("BT-3", "325"), put("BT-3", "386")),
    (ids("BR-FR-04", "EXT-FR-FE-02"), put("EXT-FR-FE-02", "380 "), put("EXT-FR-FE-02", "503")),
    (ids("BR-FR-04", "EXT-FR-FE-137"), put("EXT-FR-FE-137", "1"), put("EXT-FR-FE-137", "262")),
    (ids("BR-FR-08", "BT-23"), put("BT-23", "A1"), put("BT-23", "B7")),
    (ids("BR-FR-08", "BT-23"), drop("BT-23")),
    (ids("BR-FR-15", "BT-95_BT-102-1", "BT-95_BT-102"), put("BT-95", "X"), put("BT-95", "AE")),
    (
        ids("BR-FR-15", "BT-95_BT-102-1", "BT-95_BT-102-2", "BT-95_BT-102", "BT-95_BT-102_LM"),
        put("BT-95", "L"),
    ),
    (ids("BR-FR-15", "BT-118-1", "BT-95_BT-118"), put("BT-118", " S"), put("BT-118", "K")),
    (
        ids("BR-FR-15", "BT-118-1", "BT-118-2", "BT-95_BT-118", "BT-95_BT-118_LM"),
        put("BT-118", "M"),
    ),
    (ids("BR-FR-15", "BT-151-1", "BT-95_BT-151"), put("BT-151", "B"), put("BT-151", "O")),
    (
        (*ids("BR-FR-15", "BT-151-1", "BT-95_BT-151", "BT-95_BT-151_LM"), "BR-FR-08_BT-151-2"),
        put("BT-151", "L"),
    ),
    (
        ids("BR-FR-16", "BT-96", "BT-96_BT-103"),
        put("BT-96_BT-103", "21"),
        put("BT-96_BT-103", "5.50"),
    ),
    (ids("BR-FR-16", "BT-119"), put("BT-119", "21.0"), put("BT-119", "0.9")),
    (ids("BR-FR-16", "BT-152"), put("BT-152", "3"), put("BT-152", "1.05")),
    (ids("BR-FR-17", "BT-123"), put("BT-123", "Facture lisible"), put("BT-123", "RIB")),
    (ids("BR-FR-18", "BT-123"), again("BG-24"), all_of(again("BG-24"), put("BT-123", "PJA"))),
]


def notes() -> Iterator[Row]:
    """BR-FR-05, -06, -20, -30, -31."""
    for nth, code in enumerate(("PMD", "PMT", "AAB")):
        rank = ("PMT", "PMD", "AAB").index(code) + 1
        without = by(
            ubl=put("note", f"{code} sans dièse", nth),
            cii=put("rsm:ExchangedDocument/ram:IncludedNote/ram:SubjectCode", "REG", nth),
        )
        yield ids("BR-FR-05", f"BT-22-{rank}", f"BT-22_{code}"), without
        yield (
            ids("BR-FR-06", f"BT-21-{rank}", f"BT-21_{code}"),
            note(code, "encore"),
            note("REG", ""),
        )
    twice = all_of(note("TXD", "a"), note("TXD", "b"))
    yield ids("BR-FR-06", "BT-21-4", "BT-21_TXD"), twice, note("TXD", "a")
    yield ids("BR-FR-20", "BT-21"), note("BAR", "PRIVE"), note("BAR", "B2BINT")
    two = all_of(note("BAR", "B2C"), note("BAR", "B2CINT"))
    yield ("BR-FR-30_BT-21", "BR-FR-31_BT-21"), two, note("BAR", "OUTOFSCOPE")


def treatments() -> Iterator[Row]:
    """Rules of a treatment (note BAR), or of a group that is taxed as one."""
    between = note("BAR", "B2B")
    yield ("BR-FR-11_BT-47", "BR-FR-09_BT-46"), all_of(between, drop("BT-47")), between
    elsewhere = put("BT-49", "123456789")
    yield ("BR-FR-21_BT-49",), all_of(between, elsewhere), elsewhere
    yield ("BR-FR-21_BT-49",), all_of(between, mark("BT-49", schemeID="0088")), between
    self_billed = all_of(between, put("BT-3", "389"), elsewhere)
    yield ("BR-FR-22_BT-34",), all_of(self_billed, put("BT-34", "987654321")), self_billed
    grouped = all_of(put("BT-29", "123456789", 1), mark("BT-29", 1, schemeID="0231"))
    said = all_of(grouped, note("TXD", "MEMBRE_ASSUJETTI_UNIQUE"))
    yield ("BR-FR-CO-14_BT-29-1",), grouped, said
    yield ("BR-FR-CO-15_BT-29-1",), all_of(said, put("BT-63", "")), said


def parties() -> Iterator[Row]:
    """Identifiers and addresses."""
    for own, address in ROLES.values():
        yield ids("BR-FR-09", own), put(own, "00000000000011")
        yield ids("BR-FR-09", own), put(own, "1234")
        yield ids("BR-FR-23", address), put(address, "987654321/A"), put(address, "9.8-7_6+")
        yield ids("BR-FR-25", address), put(address, "9" * 126), put(address, "9" * 125)
        bare, empty = mark(own, 1, schemeID=None), mark(own, 1, schemeID="")
        yield ids("BR-FR-CO-10", f"{own}-1"), bare, empty
        yield ids("BR-FR-CO-10", f"{own}-2"), mark(own, 1, schemeID="0009")
    for term in ("BT-29", "BT-46"):
        yield ids("BR-FR-24", term), put(term, "R 1", 1), put(term, "a.b", 1)
        yield ids("BR-FR-26", term), put(term, "R" * 101, 1), put(term, "R" * 100, 1)
    for term in ("BT-71", "EXT-FR-FE-146"):
        yield (
            ids("BR-FR-CO-10", f"{term}-1"),
            mark(term, schemeID=None),
            mark(term, schemeID="0088"),
        )
        yield ids("BR-FR-CO-10", f"{term}-2"), again(term)
    yield ids("BR-FR-09", "BT-71"), put("BT-71", "1234")
    yield ("BR-FR-10_BT-30", "BR-FR-09_BT-29"), mark("BT-30", schemeID="0088")
    yield ("BR-FR-12_BT-49",), drop("BT-49")
    yield ("BR-FR-13_BT-34",), drop("BT-34")
    yield ("BR-FR-32-LEGALID", "BR-FR-09_BT-46"), put("BT-47", "98765432")
    company = mark("BT-46", 1, schemeID="0002")
    yield (
        ("BR-FR-32-ID", "BR-FR-32-GLOBALID"),
        all_of(company, put("BT-46", "98 7654321", 1)),
        all_of(company, put("BT-46", "987654321", 1)),
    )


def amounts() -> Iterator[Row]:
    """BR-FR-DEC."""
    terms = (
        "92_BT-99 93_BT-100 106 107 108 109 110 112 113 114 115 116 117 131 136_BT-141 137_BT-142"
    )
    for term in (f"BT-{number}" for number in terms.split()):
        for text in ("1.005", "+1.00", "-123456789012345678.9"):
            yield ids("BR-FR-DEC-01", term), put(term, text), put(term, "-12345678901234567.9")
    for term in ("BT-129", "BT-149"):
        yield ids("BR-FR-DEC-02", term), put(term, "1.00001"), put(term, "-1.0001")
    for term in ("BT-146", "BT-147", "BT-148"):
        yield ids("BR-FR-DEC-03", term), put(term, "1.0000001"), put(term, "1.000001")
        yield ids("BR-FR-DEC-03", term), put(term, "-1.00"), put(term, "0")
    for term in ("BT-96_BT-103", "BT-119", "BT-152"):
        rules = (f"BR-FR-DEC-04_{term}", f"BR-FR-16_{term}", f"BR-FR-16_{term[:5]}")
        yield rules, put(term, "20.000"), put(term, "20.00")


def measured(root: Element) -> None:
    """A quantity as the value of a property."""
    into(
        "BG-32",
        ubl="<cbc:ValueQuantity unitCode='C62'>1</cbc:ValueQuantity>",
        cii="<ram:ValueMeasure unitCode='C62'>1</ram:ValueMeasure>",
    )(root)


CADRE_OBJECT = by(
    ubl=mark("BT-18", schemeID="AVV"),
    cii=put("//ram:ApplicableHeaderTradeAgreement/*/ram:ReferenceTypeCode", "AVV"),
)
OBJECTS: list[Row] = [
    (("BR-FR-28-Value",), drop("BT-161"), all_of(drop("BT-161"), measured)),
    (("BR-FR-28-Value",), measured),
    (("BR-FR-29_AFL",), put("BT-18", " ")),
    (("BR-FR-29_AVV",), all_of(CADRE_OBJECT, put("BT-18", "")), CADRE_OBJECT),
]
# BR-FR-27 of UBL looks for an item where the schema has none, BR-FR-30 of CII for references.
_ITEM = "<cac:Item><cac:AdditionalItemProperty>{}</cac:AdditionalItemProperty></cac:Item>"
_DOCUMENT = (
    "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>{0}</ram:IssuerAssignedID>"
    "<ram:ReferenceTypeCode>{1}</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>"
)
UBL_ONLY: list[Row] = [
    (("BR-FR-27_BG-32",), before("BG-25", ubl=_ITEM.format(""))),
    (("BR-FR-27_BT-160",), before("BG-25", ubl=_ITEM.format("<cbc:Name/>"))),
    (("BR-FR-27_EXT-FR-FE-159",), before("BG-25", ubl=_ITEM.format("<cbc:NameCode/>"))),
    (("BR-FR-29_BT-18",), again("BT-18")),
    (("BR-FR-30_BT-128",), again("BT-128")),
    (("BR-FR-30_AFL",), put("BT-128", "")),
    (("BR-FR-30_AVV",), all_of(mark("BT-128", schemeID="AVV"), put("BT-128", " "))),
]
CII_ONLY: list[Row] = [
    (("BR-FR-27_BG-32",), drop("BT-160")),
    (("BR-FR-27_BT-160",), put("BT-160", " ")),
    (("BR-FR-27_EXT-FR-FE-159",), into("BG-32", cii="<ram:TypeCode/>")),
    (
        ("BR-FR-29_BT-18",),
        again("//ram:ApplicableHeaderTradeAgreement/ram:AdditionalReferencedDocument"),
    ),
    (("BR-FR-30_BT-128",), into("BG-25", cii=_DOCUMENT.format("x", "AFL") * 2)),
    (("BR-FR-30_AFL",), into("BG-25", cii=_DOCUMENT.format("", "AFL"))),
    (("BR-FR-30_AVV",), into("BG-25", cii=_DOCUMENT.format(" ", "AVV"))),
    (("BR-FR-09_EXT-FR-FE-146",), put("EXT-FR-FE-146", "1234")),
    (
        ("BR-FR-15_BT-95_BT-151",),
        drop("BT-151"),
        all_of(
            drop("BT-151"),
            into(
                "//ram:AssociatedDocumentLineDocument",
                cii="<ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>",
            ),
        ),
    ),
]
