"""UN/CEFACT Cross Industry Invoice, as far as decisions need it; one reader for D16B and D22B.

Source: UN/CEFACT CII, SCRDM subset; mapping of the business terms: EN 16931-3-3; supplier and
recipient of the historic channel: Chorus Pro identifies both by
``ram:SpecifiedLegalOrganization/ram:ID``.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.reading import attribute, child, day, facts_of, origin_of, text

INVOICE = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"

PREFIXES = {INVOICE: "rsm", _RAM: "ram", _UDT: "udt", _QDT: "qdt"}

_SIRET_DIGITS = 14
# ``1`` is the TypeIdentifiant of a SIRET in the historic channel, 0009 its ISO 6523 code.
_SIRET_SCHEMES = ("1", "0009")
# UNTDID 2379 formats that have a day, YYYYMMDD first; official historic samples give no format.
_DAY_FORMATS = ("102", "203", "204", "")

_CONTEXT = f"{{{INVOICE}}}ExchangedDocumentContext"
_DOCUMENT = f"{{{INVOICE}}}ExchangedDocument"
_TRANSACTION = f"{{{INVOICE}}}SupplyChainTradeTransaction"
_AGREEMENT = f"{{{_RAM}}}ApplicableHeaderTradeAgreement"
_SETTLEMENT = f"{{{_RAM}}}ApplicableHeaderTradeSettlement"
_ID = f"{{{_RAM}}}ID"
_PROCESS = f"{{{_RAM}}}BusinessProcessSpecifiedDocumentContextParameter"
_GUIDELINE = f"{{{_RAM}}}GuidelineSpecifiedDocumentContextParameter"
_TYPE_CODE = f"{{{_RAM}}}TypeCode"
_ISSUED = f"{{{_RAM}}}IssueDateTime"
_DATE_TIME = f"{{{_UDT}}}DateTime"
_CURRENCY = f"{{{_RAM}}}InvoiceCurrencyCode"
_SELLER = f"{{{_RAM}}}SellerTradeParty"
_BUYER = f"{{{_RAM}}}BuyerTradeParty"
_NAME = f"{{{_RAM}}}Name"
_LEGAL = f"{{{_RAM}}}SpecifiedLegalOrganization"
_IDENTIFIERS = (f"{{{_RAM}}}GlobalID", _ID, f"{_LEGAL}/{_ID}")
_TRADE_NAME = f"{{{_RAM}}}TradingBusinessName"
_ADDRESS = f"{{{_RAM}}}URIUniversalCommunication"
_URI = f"{{{_RAM}}}URIID"
_BUYER_REFERENCE = f"{{{_RAM}}}BuyerReference"
_ORDER = f"{{{_RAM}}}BuyerOrderReferencedDocument/{{{_RAM}}}IssuerAssignedID"

# BT-18: a reference of type 130, with the qualifier that Chorus Pro echoes (v1.1 §3.2.3.3, G2B).
_REFERENCE = f"{{{_RAM}}}AdditionalReferencedDocument"
_REFERENCED = f"{{{_RAM}}}IssuerAssignedID"
_QUALIFIER = f"{{{_RAM}}}ReferenceTypeCode"
_OBJECT, _ECHOED = "130", "AJW"


def read_facts(root: Element, syntax: str = "cii-d22b") -> Facts:
    """What a CrossIndustryInvoice says, valid or not; ``""`` where it says nothing.

    The day of issue is ``YYYY-MM-DD``, or as it stands in a format that has no day. Places have
    XPath and line; their column is 0, "not looked up": `validation.locate.with_columns` fills it for
    the few documents that a finding points into. A line that libxml2 lost is 0 too. Fields are cut
    at 1,024 characters.

    Args:
        root: the document; any other has no facts but its syntax.
        syntax: as `Facts.syntax` is to name it: one root element stands for several.
    """
    document, transaction = root.find(_DOCUMENT), root.find(_TRANSACTION)
    agreement = child(transaction, _AGREEMENT)
    seller, buyer = child(agreement, _SELLER), child(agreement, _BUYER)
    found = {
        "number": child(document, _ID),
        "issue_date": child(document, f"{_ISSUED}/*"),
        "type_code": child(document, _TYPE_CODE),
        "profile": child(root, f"{_CONTEXT}/{_PROCESS}/{_ID}"),
        "supplier": _identifier(seller),
        "supplier_name": _name(seller),
        "recipient": _identifier(buyer),
        "recipient_name": _name(buyer),
        "recipient_address": child(buyer, f"{_ADDRESS}/{_URI}"),
        "service": child(agreement, _BUYER_REFERENCE),
        "engagement": child(agreement, _ORDER),
        "currency": child(transaction, f"{_SETTLEMENT}/{_CURRENCY}"),
    }
    given = {
        "issue_date": _day(found["issue_date"]),
        "reference": _echoed(agreement),
        "guideline": guideline(root),
        "supplier_scheme": attribute(found["supplier"], "schemeID"),
        "recipient_scheme": attribute(found["recipient"], "schemeID"),
    }
    return facts_of(syntax, origin_of(root, PREFIXES), found, given)


def guideline(root: Element) -> str:
    """BT-24, which rules the document says it follows; ``""`` if it does not say.

    The parameter may be repeated; the first that has an identifier counts.
    """
    return text(root.find(f"{_CONTEXT}/{_GUIDELINE}/{_ID}"))


def _echoed(agreement: Element | None) -> str:
    """BT-18 with qualifier AJW."""
    for each in () if agreement is None else agreement.iterfind(_REFERENCE):
        is_object = text(each.find(_TYPE_CODE)) == _OBJECT
        if is_object and text(each.find(_QUALIFIER)) == _ECHOED:
            return text(each.find(_REFERENCED))
    return ""


def _identifier(party: Element | None) -> Element | None:
    """The element that identifies a party best: a SIRET if there is one, else the first given."""
    if party is None:
        return None
    candidates = (each for path in _IDENTIFIERS for each in party.iterfind(path))
    return min(candidates, key=_rank, default=None)


def _rank(candidate: Element) -> tuple[bool, bool]:
    written = text(candidate)
    is_siret = len(written) == _SIRET_DIGITS and written.isdecimal()
    return not is_siret, candidate.get("schemeID") not in _SIRET_SCHEMES


def _name(party: Element | None) -> Element | None:
    legal = child(party, _NAME)
    return legal if text(legal) else child(party, f"{_LEGAL}/{_TRADE_NAME}")


def _day(element: Element | None) -> str:
    written = text(element)
    if element is None:
        return written
    if element.tag == _DATE_TIME:
        return written.partition("T")[0]
    return day(written) if element.get("format", "") in _DAY_FORMATS else written
