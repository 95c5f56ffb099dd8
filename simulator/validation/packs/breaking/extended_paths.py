"""As `extended_cases`, for the rules that one syntax has only, and for those that it lacks."""

from __future__ import annotations

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.extended_documents import (
    HEADER,
    LINE,
    SUBTOTAL,
    UBL_LINE,
    delivered,
    eight,
    of,
    placed,
    put_all,
)
from simulator.validation.packs.breaking.french_cases import Row
from simulator.validation.packs.breaking.french_edits import (
    again,
    all_of,
    before,
    drop,
    into,
    put,
)


def _ubl_rate(more: str = "") -> Edit:
    xml = (
        "<cac:TaxExchangeRate><cbc:SourceCurrencyCode>USD</cbc:SourceCurrencyCode>"
        "<cbc:TargetCurrencyCode>EUR</cbc:TargetCurrencyCode><cbc:CalculationRate>0.9"
        f"</cbc:CalculationRate>{more}<cbc:Date>2026-09-01</cbc:Date></cac:TaxExchangeRate>"
    )
    return before("cac:TaxTotal", ubl=xml)


_LOCATION = "<cac:DeliveryLocation><cbc:Name>Lyon</cbc:Name>{}</cac:DeliveryLocation>"
_CODED = _LOCATION.format("<cbc:Description>Port</cbc:Description>")
_SPECIAL = "<cbc:SpecialTerms>Franco</cbc:SpecialTerms>"
_DOCUMENT = "<cac:InvoiceDocumentReference><cbc:ID>F-9</cbc:ID></cac:InvoiceDocumentReference>"
_CREDITED = (
    "<cac:BillingReference><cac:CreditNoteDocumentReference><cbc:ID>A-1</cbc:ID>"
    "</cac:CreditNoteDocumentReference></cac:BillingReference>"
)
UBL_ONLY: list[Row] = [
    (
        ("UBL-SR-06",),
        into("BG-3", ubl=_DOCUMENT),
        before("BG-3", ubl=f"<cac:BillingReference>{_DOCUMENT}</cac:BillingReference>"),
    ),
    (
        ("UBL-SR-07", "BR-55"),
        before("BG-3", ubl=_CREDITED),
        before(f"{UBL_LINE}/cac:Item", ubl=_CREDITED),
    ),
    *(
        ((rule,), delivered("FCA", more, line), delivered("FCA", _LOCATION.format(""), line))
        for rule, line in (("UBL-FREXT-CR-410", False), ("UBL-FREXT-CR-645", True))
        for more in (_SPECIAL, _CODED)
    ),
    (
        ("CII-FREXT-CR-490",),
        _ubl_rate("<cbc:MathematicOperatorCode>Multiply</cbc:MathematicOperatorCode>"),
        _ubl_rate(),
    ),
    (("UBL-FREXT-SR-48",), again("//cac:ClassifiedTaxCategory"), placed("GROUP")),
]
_ROW = "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax"
# A row of the breakdown of a category without rules in the extension: the others have their own. It is
# used within Italy, and not beside S.
_UNKNOWN = all_of(
    of("Z"),
    put_all("//ram:CountryID", "IT"),
    SUBTOTAL,
    put("BT-118", "B", 1),
    put("BT-116", "0", 1),
    put("BT-117", "0", 1),
)
_DAY = "<qdt:DateTimeString format='102'>20260901</qdt:DateTimeString>"


def _referring(kind: str, more: str) -> Edit:
    """A reference to another document, with one more element."""
    xml = f"<ram:{kind}><ram:IssuerAssignedID>D-1</ram:IssuerAssignedID>{more}</ram:{kind}>"
    return before("//ram:ContractReferencedDocument", cii=xml)


def _only(kinds: tuple[str, str], more: str) -> tuple[Edit, Edit]:
    return _referring(kinds[0], more), _referring(kinds[1], more)


def _bare(place: str, indicator: str) -> Edit:
    return drop(
        f"{place}/ram:SpecifiedTradeAllowanceCharge"
        f"[ram:ChargeIndicator/udt:Indicator = '{indicator}']/ram:Reason"
    )


def _priced(code: str) -> Edit:
    return into("//ram:AppliedTradeAllowanceCharge", cii=f"<ram:ReasonCode>{code}</ram:ReasonCode>")


_TERM_PLACE = "<ram:RelevantTradeLocation><ram:Name>Lyon</ram:Name>{}</ram:RelevantTradeLocation>"
_EXCHANGE = (
    "<ram:TaxApplicableTradeCurrencyExchange><ram:SourceCurrencyCode>USD</ram:SourceCurrencyCode>"
    "<ram:TargetCurrencyCode>EUR</ram:TargetCurrencyCode><ram:ConversionRate>0.9</ram:ConversionRate>"
    "{}</ram:TaxApplicableTradeCurrencyExchange>"
)


def _cii_rate(more: str = "") -> Edit:
    return before("BT-5", cii=_EXCHANGE.format(more))


_CII_DELIVERED = [
    ((rule,), delivered("FCA", _TERM_PLACE.format(more), line), near)
    for rule, line in (("CII-FREXT-SR-106", True), ("CII-FREXT-SR-293", False))
    for near in (delivered("FCA", _TERM_PLACE.format(""), line),)
    for more in ("<ram:CountryID>FR</ram:CountryID>", "<ram:ID>1</ram:ID>")
]
_FREIGHT = before(
    f"{HEADER}/ram:SpecifiedTradePaymentTerms",
    cii="<ram:SpecifiedLogisticsServiceCharge><ram:Description>Port</ram:Description>"
    "<ram:AppliedAmount>5.00</ram:AppliedAmount><ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
    "<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20.00"
    "</ram:RateApplicablePercent></ram:AppliedTradeTax></ram:SpecifiedLogisticsServiceCharge>",
)
_FREIGHT_PAID = all_of(
    _FREIGHT,
    put("BT-109", "205.00"),
    put("BT-112", "245.00"),
    put("BT-116", "205.00"),
    put("BT-117", "41.00"),
)
CII_ONLY: list[Row] = [
    (
        ("BR-FREXT-CO-12", "BR-FREXT-CO-13", *eight("S", "", "ini", "rev")),
        _FREIGHT,
        all_of(_FREIGHT_PAID, put("BT-108", "15.00")),
    ),
    (
        ("CII-EXT-DT-018",),
        *_only(
            ("BuyerOrderReferencedDocument", "InvoiceReferencedDocument"),
            "<ram:TypeCode>380</ram:TypeCode>",
        ),
    ),
    (
        ("CII-FREXT-DT-024",),
        *_only(
            ("BuyerOrderReferencedDocument", "ContractReferencedDocument"),
            "<ram:ReferenceTypeCode>MARCHE</ram:ReferenceTypeCode>",
        ),
    ),
    (
        ("CII-FREXTDT-027",),
        *_only(
            ("SellerOrderReferencedDocument", "BuyerOrderReferencedDocument"),
            f"<ram:FormattedIssueDateTime>{_DAY}</ram:FormattedIssueDateTime>",
        ),
    ),
    (("BR-FREXT-CL-19-GP",), _priced("FC"), _priced("95")),
    (("BR-FREXT-BR-38",), _bare(HEADER, "true"), _bare(HEADER, "false")),
    (("BR-FREXT-BR-44",), _bare(LINE, "true"), _bare(LINE, "false")),
    (("CII-FREXT-SR-069",), again("BT-160")),
    (("CII-FREXT-SR-072",), again("BT-161")),
    *_CII_DELIVERED,
    (
        ("CII-FREXT-SR-366",),
        _cii_rate("<ram:SourceUnitBasisNumeric>1</ram:SourceUnitBasisNumeric>"),
        _cii_rate(),
    ),
    (("CII-FREXT-SR-439",), again("BT-146")),
    (("CII-SR-454",), again(f"{LINE}/ram:ApplicableTradeTax")),
    (("BR-45",), all_of(_UNKNOWN, drop("BT-116", 1)), _UNKNOWN),
    (("BR-46",), all_of(_UNKNOWN, drop("BT-117", 1))),
    (("BR-47",), all_of(_UNKNOWN, drop("BT-118", 1))),
    (("BR-47", "BR-48"), all_of(_UNKNOWN, put(f"{_ROW}/ram:TypeCode", "AAD", 1))),
    (("BR-48",), all_of(_UNKNOWN, drop("BT-119", 1))),
    (("BR-DEC-19",), all_of(_UNKNOWN, put("BT-116", "0.001", 1)), put("BT-116", "200.001")),
    (("BR-DEC-20",), all_of(_UNKNOWN, put("BT-117", "0.001", 1)), put("BT-117", "40.001")),
    (
        ("BR-CO-03",),
        all_of(_UNKNOWN, into(_ROW, cii="<ram:DueDateTypeCode>5</ram:DueDateTypeCode>")),
        into(_ROW, cii="<ram:DueDateTypeCode>5</ram:DueDateTypeCode>"),
    ),
]
# What the core asks and the extension, in CII, does not.
DROPPED: dict[str, Edit] = {
    "BR-38": _bare(HEADER, "true"),
    "BR-44": _bare(LINE, "true"),
    "BR-AE-01": put("BT-118", "AE"),
    "BR-AF-10": of("L", "", "R"),
    "BR-AG-01": put("BT-151", "M", 1),
    "BR-AG-10": of("M", "", "R"),
    "BR-CL-07": into("BG-3", cii="<ram:ReferenceTypeCode>?</ram:ReferenceTypeCode>"),
    "BR-CO-22": _bare(HEADER, "true"),
    "BR-CO-24": _bare(LINE, "true"),
    "BR-O-09": all_of(of("O"), put("BT-117", "1.00")),
    "BR-O-10": of("O"),
}
ONLY = {"ubl": UBL_ONLY, "cii": CII_ONLY}
