"""For each rule of EXTENDED-CTC-FR the edits that break it, and those that come near."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.extended_documents import (
    HEADER,
    LINE,
    OUTSIDE,
    RATED,
    SUBTOTAL,
    UBL_LINE,
    delivered,
    eight,
    of,
    placed,
    put_reason,
    rate_of,
)
from simulator.validation.packs.breaking.french_cases import Row, measured
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

_OF_NO_VAT = by(
    ubl=put(f"{UBL_LINE}/cac:Item//cac:TaxScheme/cbc:ID", "GST", 1),
    cii=put(f"{LINE}/ram:ApplicableTradeTax/ram:TypeCode", "GST", 1),
)
CATEGORIES = {
    "S": "S",
    "Z": "Z",
    "E": "E",
    "AE": "AE",
    "IC": "K",
    "G": "G",
    "O": "O",
    "AF": "L",
    "AG": "M",
}
_LINE_CATEGORY = by(
    ubl=all_of(drop("dated reference of a line", 1), drop("//cac:ClassifiedTaxCategory", 1)),
    cii=drop(f"{LINE}/ram:ApplicableTradeTax", 1),
)


_UNEXPLAINED = ("S", "Z", "L", "M")  # categories without an exemption reason


def categories() -> Iterator[Row]:
    """Each VAT category: used as the breakdown has it, and its taxable amount."""
    for name, code in CATEGORIES.items():
        reason = "" if code in _UNEXPLAINED else "R"
        rules = (f"BR-FREXT-{name}-01",)
        other = of("Z" if code == "S" else "S")
        used = all_of(other, put("BT-95", code), put("BT-95", code, 1))
        row = _empty_row(code, reason)
        yield rules, used, other
        yield rules, all_of(other, row), all_of(used, row)
        good = of(code, reason, reason)
        # A cent for each line, allowance and charge, which have no exemption reason.
        nearly = "200.01" if reason else "200.04"
        bad, near = (all_of(good, put("BT-116", base)) for base in ("200.05", nearly))
        yield eight(name, "", "ini", "rev"), bad, near
        yield eight(name, "ini"), all_of(good, _otherwise_exempt(code)), of(code, "R", " R ")
        yield eight(name, "rev"), of(code, "Q", reason), good
    tax = ("BR-FREXT-S-09", "BR-FXEXT-S-09")
    yield tax, _taxed("40.05", "240.05", "230.06"), _taxed("40.04", "240.04", "230.05")
    information = all_of(placed("INFORMATION"), put("BT-151", "Z", 1))
    yield ("BR-FREXT-Z-01",), put("BT-151", "Z", 1), information
    # The core has this rule as well in UBL, and counts the line.
    information = all_of(placed("INFORMATION"), put("BT-151", "M", 1))
    yield ("BR-FREXT-AG-01",), all_of(information, _empty_row("M", ""))


def _empty_row(code: str, reason: str) -> Edit:
    """A row of the breakdown of no amount."""
    explained = put_reason("BT-118", reason, 1)
    rate = drop("BT-119", 1) if code == OUTSIDE else put("BT-119", rate_of(code), 1)
    texts = {"BT-118": code, "BT-116": "0", "BT-117": "0"}
    return all_of(
        SUBTOTAL, *(put(place, text, 1) for place, text in texts.items()), explained, rate
    )


def _otherwise_exempt(code: str) -> Edit:
    """The second line has an amount, and an exemption reason that the breakdown does not have."""
    gross, payable = ("250.00", "240.01") if code in RATED else ("210.00", "200.01")
    texts = {"BT-106": "210.00", "BT-109": "210.00", "BT-112": gross, "BT-115": payable}
    return all_of(
        put("BT-131", "10.00", 1),
        put_reason("BT-151", "P", 1),
        *(put(place, text) for place, text in texts.items()),
    )


def _taxed(tax: str, gross: str, payable: str) -> Edit:
    texts = {"BT-117": tax, "BT-110": tax, "BT-112": gross, "BT-115": payable}
    return all_of(*(put(place, text) for place, text in texts.items()))


def _total(net: str, gross: str, payable: str) -> Edit:
    return all_of(put("BT-109", net), put("BT-112", gross), put("BT-115", payable))


def _gross(gross: str, payable: str) -> Edit:
    return all_of(put("BT-112", gross), put("BT-115", payable))


_TERMS = by(
    ubl=before(
        "cac:AllowanceCharge",
        ubl="<cac:PaymentTerms><cbc:Note>30 jours</cbc:Note></cac:PaymentTerms>",
    ),
    cii=into("//ram:SpecifiedTradePaymentTerms", cii="<ram:Description>30 jours</ram:Description>"),
)
_NO_DAY = by(ubl=drop("cbc:DueDate"), cii=drop("//ram:DueDateDateTime"))
TOTALS: list[Row] = [
    (("BR-FREXT-CO-10",), put("BT-106", "200.03"), put("BT-106", "200.02")),
    (("BR-FREXT-CO-10",), put("BT-106", "199.97"), put("BT-106", "199.98")),
    (("BR-FREXT-CO-11",), put("BT-107", "10.02"), put("BT-107", "10.01")),
    (("BR-FREXT-CO-12",), put("BT-108", "9.98"), put("BT-108", "9.99")),
    (
        ("BR-FREXT-CO-13",),
        _total("200.05", "240.05", "230.06"),
        _total("200.04", "240.04", "230.05"),
    ),
    (("BR-FREXT-CO-15",), _gross("240.05", "230.06"), _gross("240.04", "230.05")),
    (("BR-CO-25",), _NO_DAY, all_of(_NO_DAY, _TERMS)),
    (("BR-CO-25",), _NO_DAY, all_of(_NO_DAY, put("BT-115", "0.00"))),
]


def lines() -> Iterator[Row]:
    """What counted lines have, and how lines stand to each other."""
    group = placed("GROUP")
    for number, place, more in (
        ("22", "BT-129", ("23",)),
        ("24", "BT-131", ()),
        ("26", "BT-146", ()),
    ):
        rules = tuple(f"BR-FREXT-{b}{n}" for n in (number, *more) for b in ("", "BR-"))
        yield rules, drop(place, 1), all_of(drop(place, 1), group)
        yield rules, all_of(placed("DETAIL", "1"), drop(place, 1)), placed("DETAIL", "1")
    unit = mark("BT-129", 1, unitCode=None)
    yield ("BR-FREXT-23", "BR-FREXT-BR-23"), unit, all_of(unit, placed("INFORMATION"))
    yield ("BR-FREXT-CO-04",), _OF_NO_VAT, all_of(_OF_NO_VAT, placed("INFORMATION"))
    rules = ("BR-FREXT-CO-04", "UBL-FREXT-SR-48")
    yield rules, _LINE_CATEGORY, all_of(_LINE_CATEGORY, placed("INFORMATION"))
    yield ("BR-FREXT-05",), placed("SOUS-LIGNE"), placed("DETAIL")
    yield ("BR-FREXT-06",), placed("", "1"), placed("INFORMATION", "1")
    yield ("BR-FREXT-11",), placed("DETAIL", "3"), placed("DETAIL", "1")
    yield ("BR-FREXT-11",), placed("DETAIL", "2"), placed("GROUP", "1")
    third = all_of(again("BG-25", 1), put("BT-126", "3", 2), group)
    below = all_of(third, placed("DETAIL", "2", 2))
    yield ("BR-FREXT-08",), all_of(below, put("BT-131", "0.01", 1)), below
    yield ("BR-FREXT-08",), all_of(third, put("BT-131", "1", 1)), all_of(third, drop("BT-131", 1))
    groups = all_of(third, placed("GROUP", "2", 2))
    yield ("BR-FREXT-12",), all_of(groups, drop("BT-131", 2)), groups


def _code_of_charge(place: str, code: str, listed: str = "") -> Edit:
    listed = f" listID='{listed}'" if listed else ""
    parent = f"{LINE if place else HEADER}/ram:SpecifiedTradeAllowanceCharge"
    return by(
        ubl=before(
            f"{place}cac:AllowanceCharge[cbc:ChargeIndicator = 'true']/cbc:AllowanceChargeReason",
            ubl=f"<cbc:AllowanceChargeReasonCode{listed}>{code}</cbc:AllowanceChargeReasonCode>",
        ),
        cii=before(
            f"{parent}[ram:ChargeIndicator/udt:Indicator = 'true']/ram:Reason",
            cii=f"<ram:ReasonCode{listed}>{code}</ram:ReasonCode>",
        ),
    )


def _attached(mime: str) -> Edit:
    data = f"mimeCode='{mime}' filename='f'>QQ=="
    name = "EmbeddedDocumentBinaryObject"
    return by(
        ubl=into("BG-24", ubl=f"<cac:Attachment><cbc:{name} {data}</cbc:{name}></cac:Attachment>"),
        cii=into("BG-24", cii=f"<ram:AttachmentBinaryObject {data}</ram:AttachmentBinaryObject>"),
    )


def _attribute(code: str) -> Edit:
    """An item attribute with a code in the place of its name."""
    return all_of(
        by(
            ubl=before("BT-160", ubl=f"<cbc:NameCode>{code}</cbc:NameCode>"),
            cii=before("BT-160", cii=f"<ram:TypeCode>{code}</ram:TypeCode>"),
        ),
        drop("BT-160", 0),
    )


_MEASURE = all_of(drop("BT-161", 0), measured)
_UNITLESS = all_of(
    _MEASURE,
    by(
        ubl=mark("//cbc:ValueQuantity", unitCode=None),
        cii=mark("//ram:ValueMeasure", unitCode=None),
    ),
)
_CHARGE_CODES = ("", f"{UBL_LINE}/")
CODES: list[Row] = [
    (("BR-FREXT-54-1",), drop("BT-160", 0), _attribute("A")),
    (("BR-FREXT-04", "BR-FXEXT-04"), _attribute("ZZZZ"), _attribute("BEST_BEFORE_DATE")),
    (("BR-FREXT-54-2",), measured, _MEASURE),
    (("BR-FREXT-54-2",), drop("BT-161", 0), unchanged),
    (("BR-FREXT-54-2",), _UNITLESS),
    (("BR-FREXT-CL-10",), mark("BT-46", 1, schemeID="9999"), mark("BT-46", 1, schemeID="BY")),
    *(
        row
        for place in _CHARGE_CODES
        for row in (
            (
                ("BR-FREXT-CL-20",),
                _code_of_charge(place, "95"),
                _code_of_charge(place, "FC", "7161"),
            ),
            (
                ("BR-FREXT-CL-20-TAX",),
                _code_of_charge(place, "FC", "5153"),
                _code_of_charge(place, "ENV", "5153"),
            ),
            (
                ("BR-FREXT-CL-20-LISTID",),
                _code_of_charge(place, "FC", "4465"),
                _code_of_charge(place, "FC", " 5153 "),
            ),
        )
    ),
    (("BR-FREXT-CL-24",), _attached("text/html"), _attached("application/xml")),
    (("BR-FREXT-CL-24",), _attached("text"), _attached("text/xml")),
    (("BR-FREXT-CL-27",), delivered("XXX"), delivered("FCA")),
]
TABLES: list[list[Row]] = [list(categories()), TOTALS, list(lines()), CODES]
