"""For each business rule of EN 16931 the edits that break it in the sample, by syntax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simulator.validation.packs.breaking.core_documents import CATEGORIES, STANDARD, SYNTAXES, Vat
from simulator.validation.packs.breaking.core_edits import (
    ALLOWANCE,
    BUYER,
    CHARGE,
    CII,
    PERIOD,
    REPRESENTATIVE,
    ROW,
    SELLER,
    UBL,
    UBL_ALLOWANCE,
    UBL_BUYER,
    UBL_CHARGE,
    UBL_ROW,
    UBL_SELLER,
    Case,
)
from simulator.validation.packs.breaking.edits import Edit, add, drop, text, twice

# What comes with a rule in both syntaxes, and in one of them only.
OTHERS: dict[str, set[str]] = {
    "BR-05": {"BR-CO-15"},
    "BR-12": {"BR-CO-10", "BR-CO-13"},
    "BR-13": {"BR-CO-13", "BR-CO-15"},
    "BR-14": {"BR-CO-15", "BR-CO-16"},
    "BR-15": {"BR-CO-16"},
    "BR-16": {"BR-CO-10", "BR-S-08"},
    "BR-22": {"BR-23"},
    "BR-24": {"BR-CO-10", "BR-S-08"},
    "BR-26": {"BR-27"},
    "BR-31": {"BR-CO-11", "BR-S-08"},
    "BR-32": {"BR-S-08"},
    "BR-33": {"BR-CO-21"},
    "BR-36": {"BR-CO-12", "BR-S-08"},
    "BR-37": {"BR-S-08"},
    "BR-38": {"BR-CO-22"},
    "BR-42": {"BR-CO-23"},
    "BR-44": {"BR-CO-24"},
    "BR-45": {"BR-CO-17", "BR-S-08", "BR-S-09"},
    "BR-46": {"BR-CO-14", "BR-CO-17", "BR-S-09"},
    "BR-47": {"BR-48", "BR-CO-17"},
    "BR-48": {"BR-CO-17", "BR-S-09"},
    "BR-CO-11": {"BR-CO-13"},
    "BR-CO-12": {"BR-CO-13"},
    "BR-CO-13": {"BR-CO-10"},
    "BR-CO-15": {"BR-CO-16"},
    "BR-CO-17": {"BR-CO-14", "BR-S-09"},
    "BR-CO-21": {"BR-33"},
    "BR-CO-22": {"BR-38"},
    "BR-CO-23": {"BR-42"},
    "BR-CO-24": {"BR-44"},
    "BR-O-02": {"BR-O-13", "BR-O-14"},
    "BR-O-03": {"BR-O-12", "BR-O-14"},
    "BR-O-04": {"BR-O-12", "BR-O-13"},
    "BR-O-11": {"BR-48"},
    "BR-O-12": {"BR-O-08"},
    "BR-O-13": {"BR-O-08"},
    "BR-O-14": {"BR-O-08"},
    "BR-B-02": {"BR-S-01"},
}
ONLY: dict[str, dict[str, set[str]]] = {
    "ubl": {"BR-CO-04": {"BR-S-08"}, "BR-CO-18": {"BR-S-01"}},
    "cii": {
        "BR-08": {"BR-09"},
        "BR-10": {"BR-11"},
        "BR-19": {"BR-20"},
        "BR-53": {"BR-DEC-15"},
        "BR-61": {"BR-50"},
        "BR-CO-10": {"BR-S-08"},
        "BR-CO-16": {"BR-DEC-18"},
        "BR-CO-18": {"BR-CO-14"},
        "BR-DEC-13": {"BR-53", "BR-CO-14", "BR-DEC-15"},
        "BR-O-03": {"BR-O-11", "BR-O-13"},
        "BR-O-04": {"BR-O-11", "BR-O-14"},
        "BR-O-11": {"BR-O-12"},
        "BR-O-12": {"BR-O-11"},
        "BR-O-13": {"BR-O-14"},
        "BR-O-14": {"BR-O-13"},
    },
}


def _with_category(prefix: str, number: str, family: str) -> set[str]:
    """What comes with the ten rules that every category has."""
    if number == "09":
        return {"BR-CO-14", "BR-CO-17"} if prefix in RATED else {"BR-CO-14"}
    moved = number in ("02", "03", "04") or (number in ("05", "06", "07") and prefix in RATED)
    never = family == "cii" and prefix in ("AF", "AG")
    return {f"BR-{prefix}-08"} if moved and not never else set()


class Places(NamedTuple):
    """Where a syntax has the VAT categories and what is about them."""

    items: str
    allowance: str
    charge: str
    row: str
    category: str
    code: str
    rate: str
    base: str
    tax: str
    reason: str
    seller_numbers: str
    buyer_numbers: str
    delivery_day: str
    delivery_place: str
    period: str
    countries: str


PLACES = {
    "ubl": Places(
        items="//cac:ClassifiedTaxCategory",
        allowance=f"{UBL_ALLOWANCE}/cac:TaxCategory",
        charge=f"{UBL_CHARGE}/cac:TaxCategory",
        row=UBL_ROW,
        category=f"{UBL_ROW}/cac:TaxCategory",
        code="cbc:ID",
        rate="cbc:Percent",
        base="cbc:TaxableAmount",
        tax="cbc:TaxAmount",
        reason="cbc:TaxExemptionReasonCode",
        seller_numbers=f"{UBL_SELLER}/cac:PartyTaxScheme | //cac:TaxRepresentativeParty",
        buyer_numbers=f"{UBL_BUYER}/cac:PartyTaxScheme | {UBL_BUYER}/cac:PartyLegalEntity/cbc:CompanyID",
        delivery_day="//cbc:ActualDeliveryDate",
        delivery_place="//cac:DeliveryLocation",
        period="/*/cac:InvoicePeriod",
        countries="//cbc:IdentificationCode",
    ),
    "cii": Places(
        items="//ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax",
        allowance=f"{ALLOWANCE}/ram:CategoryTradeTax",
        charge=f"{CHARGE}/ram:CategoryTradeTax",
        row=ROW,
        category=ROW,
        code="ram:CategoryCode",
        rate="ram:RateApplicablePercent",
        base="ram:BasisAmount",
        tax="ram:CalculatedAmount",
        reason="ram:ExemptionReasonCode",
        seller_numbers=f"{SELLER}/ram:SpecifiedTaxRegistration | {REPRESENTATIVE}",
        buyer_numbers=f"{BUYER}/ram:SpecifiedTaxRegistration | {BUYER}/ram:SpecifiedLegalOrganization",
        delivery_day="//ram:ActualDeliverySupplyChainEvent",
        delivery_place="//ram:ShipToTradeParty",
        period=PERIOD,
        countries="//ram:CountryID",
    ),
}
_UBL_NUMBER = (
    "<cac:PartyTaxScheme><cbc:CompanyID>FR00111111111</cbc:CompanyID><cac:TaxScheme>"
    "<cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
)
_CII_NUMBER = (
    '<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">FR00111111111</ram:ID>'
    "</ram:SpecifiedTaxRegistration>"
)
SELLER_NUMBER = {"ubl": (UBL_SELLER, _UBL_NUMBER), "cii": (SELLER, _CII_NUMBER)}
UNKNOWN = "Q"  # a category that no rule speaks of
RATED = ("S", "AF", "AG")


def _code(places: Places, *paths: str, code: str = UNKNOWN) -> Edit:
    return text(" | ".join(f"{path}/{places.code}" for path in paths), code)


def recoded(syntax: str, code: str) -> Edit:
    """Puts everything into another VAT category."""
    p = PLACES["cii" if syntax.startswith(("cii", "factur")) else "ubl"]
    return _code(p, p.items, p.allowance, p.charge, p.category, code=code)


def _alone(prefix: str, syntax: str, p: Places) -> tuple[Edit, ...]:
    """01: what is used is not in the breakdown, or is there twice."""
    if prefix not in RATED:
        return (twice(p.row),)
    if syntax == "ubl":
        return (_code(p, p.category),)
    # The CII rule lets two lines pass that have no row.
    return (_code(p, p.category, f"({p.items})[2]", p.charge),)


def _unidentified(prefix: str, syntax: str, p: Places, part: str) -> tuple[Edit, ...]:
    """02, 03, 04: only one kind of thing is of the category, and a number is missing."""
    others = [path for path in (p.items, p.allowance, p.charge) if path != part]
    parties: Edit = drop(p.seller_numbers)
    if prefix == "O":
        parties = add(*SELLER_NUMBER[syntax])
    elif prefix in ("AE", "IC"):
        parties = drop(p.buyer_numbers)
    return (_code(p, *others), parties)


def _wrong_rate(prefix: str, p: Places, part: str) -> tuple[Edit, ...]:
    """05, 06, 07."""
    first = f"({part})[1]"
    if prefix == "O":
        tag = p.rate
        return (add(first, f"<{tag}>0</{tag}>"),)
    wrong = {"S": "0", "AF": "-7", "AG": "-7"}.get(prefix, "5")
    return (text(f"{first}/{p.rate}", wrong),)


def _reason(vat: Vat, p: Places) -> tuple[Edit, ...]:
    if vat.reason:
        return (drop(f"{p.category}/{p.reason}"),)
    return (add(p.category, f"<{p.reason}>VATEX-EU-132</{p.reason}>"),)


def _category_edits(prefix: str, syntax: str) -> dict[str, tuple[Edit, ...]]:
    p, vat = PLACES[syntax], CATEGORIES[prefix]
    rated = prefix in RATED
    edits = {
        "01": _alone(prefix, syntax, p),
        "02": _unidentified(prefix, syntax, p, p.items),
        "03": _unidentified(prefix, syntax, p, p.allowance),
        "04": _unidentified(prefix, syntax, p, p.charge),
        "05": _wrong_rate(prefix, p, p.items),
        "06": _wrong_rate(prefix, p, p.allowance),
        "07": _wrong_rate(prefix, p, p.charge),
        "08": (text(f"{p.row}/{p.base}", "952.00"),),
        "09": (text(f"{p.row}/{p.tax}", "192.00" if rated else "0.30"),),
        "10": _reason(vat, p),
    }
    if syntax == "cii" and prefix in ("AF", "AG"):  # rules that never fire
        del edits["08"], edits["09"]
    return edits


def _special_edits(syntax: str) -> dict[str, tuple[str, tuple[Edit, ...]]]:
    """Rules of single categories, with the category that the document is of."""
    p = PLACES[syntax]
    other_row = (twice(p.row), _code(p, f"({p.category})[2]"))
    return {
        "BR-IC-11": ("IC", (drop(p.delivery_day), drop(p.period))),
        "BR-IC-12": ("IC", (drop(p.delivery_place),)),
        "BR-O-11": ("O", other_row),
        "BR-O-12": ("O", (_code(p, f"({p.items})[2]"),)),
        "BR-O-13": ("O", (_code(p, p.allowance),)),
        "BR-O-14": ("O", (_code(p, p.charge),)),
        "BR-B-01": ("B", ()),
        "BR-B-02": ("B", (text(p.countries, "IT"), _code(p, f"({p.items})[2]", code="S"))),
    }


def cases() -> Iterator[Case]:
    """Every rule in every syntax that has it."""
    for syntax in SYNTAXES:
        family = "cii" if syntax.startswith("cii") else "ubl"
        for rule, edits in {"ubl": UBL, "cii": CII}[family].items():
            chosen = edits if isinstance(edits, tuple) else (edits,)
            yield Case(rule, syntax, STANDARD, chosen, _others(rule, family))
        for prefix, vat in CATEGORIES.items():
            for number, chosen in _category_edits(prefix, family).items():
                rule = f"BR-{prefix}-{number}"
                others = _others(rule, family) | _with_category(prefix, number, family)
                yield Case(rule, syntax, vat, chosen, others)
        for rule, (prefix, chosen) in _special_edits(family).items():
            vat = CATEGORIES.get(prefix, Vat("B", *STANDARD[1:]))
            yield Case(rule, syntax, vat, chosen, _others(rule, family))


def _others(rule: str, family: str) -> frozenset[str]:
    return frozenset(OTHERS.get(rule, ())) | frozenset(ONLY[family].get(rule, ()))
