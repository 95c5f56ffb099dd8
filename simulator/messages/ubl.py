"""UBL 2.1 Invoice and CreditNote, as far as decisions need them.

Source: OASIS UBL 2.1; mapping of the business terms: EN 16931-3-2; supplier and recipient of the
historic channel: Chorus Pro identifies both by ``cac:PartyIdentification/cbc:ID``.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.xpath import Paths, line_of

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"

PREFIXES = {INVOICE: "", CREDIT_NOTE: "", _CAC: "cac", _CBC: "cbc", _EXT: "ext"}

_SIRET_DIGITS = 14
# ``1`` is the TypeIdentifiant of a SIRET in the historic channel, 0009 its ISO 6523 code.
_SIRET_SCHEMES = ("1", "0009")
_LONGEST = 1024

_NUMBER = f"{{{_CBC}}}ID"
_ISSUE_DATE = f"{{{_CBC}}}IssueDate"
_PROFILE = f"{{{_CBC}}}ProfileID"
_GUIDELINE = f"{{{_CBC}}}CustomizationID"
_CURRENCY = f"{{{_CBC}}}DocumentCurrencyCode"
_SUPPLIER = f"{{{_CAC}}}AccountingSupplierParty/{{{_CAC}}}Party"
_CUSTOMER = f"{{{_CAC}}}AccountingCustomerParty/{{{_CAC}}}Party"
_ADDRESS = f"{{{_CBC}}}EndpointID"
_IDENTIFIER = f"{{{_CAC}}}PartyIdentification/{{{_CBC}}}ID"
_COMPANY = f"{{{_CAC}}}PartyLegalEntity/{{{_CBC}}}CompanyID"
# The service of the recipient: BT-10; the historic channel has it in the contact (public clients).
_BUYER_REFERENCE = f"{{{_CBC}}}BuyerReference"
_CONTACT = f"{{{_CAC}}}Contact/{{{_CBC}}}ID"
_ORDER = f"{{{_CAC}}}OrderReference/{{{_CBC}}}ID"
_LEGAL_NAME = f"{{{_CAC}}}PartyLegalEntity/{{{_CBC}}}RegistrationName"
_TRADE_NAME = f"{{{_CAC}}}PartyName/{{{_CBC}}}Name"
# BT-18: a reference of type 130, with the qualifier that Chorus Pro echoes (v1.1 §3.2.3.3, G2B).
_REFERENCE = f"{{{_CAC}}}AdditionalDocumentReference"
_REFERENCE_TYPE = f"{{{_CBC}}}DocumentTypeCode"
_OBJECT, _ECHOED = "130", "AJW"
# By root: the syntax it stands for, and where its type code is.
_ROOTS = {
    f"{{{INVOICE}}}Invoice": ("ubl-invoice", f"{{{_CBC}}}InvoiceTypeCode"),
    f"{{{CREDIT_NOTE}}}CreditNote": ("ubl-creditnote", f"{{{_CBC}}}CreditNoteTypeCode"),
}


def read_facts(root: Element) -> Facts:
    """What a UBL Invoice or CreditNote says, valid or not; ``""`` where it says nothing.

    Places have XPath and line; their column is 0, "not looked up": `validation.locate.with_columns`
    fills it for the few documents that a finding points into. A line that libxml2 lost is 0 too.
    Fields are cut at 1,024 characters.

    Raises:
        KeyError: another root element.
    """
    syntax, type_tag = _ROOTS[root.tag]
    supplier, customer = root.find(_SUPPLIER), root.find(_CUSTOMER)
    found = {
        "number": root.find(_NUMBER),
        "issue_date": root.find(_ISSUE_DATE),
        "type_code": root.find(type_tag),
        "supplier": _identifier(supplier),
        "recipient": _identifier(customer),
        "recipient_address": _child(customer, _ADDRESS),
    }
    paths = Paths(PREFIXES)
    return Facts(
        syntax=syntax,
        number=_raw(found["number"]),
        issue_date=_text(found["issue_date"]),
        type_code=_text(found["type_code"]),
        profile=_text(root.find(_PROFILE)),
        guideline=_text(root.find(_GUIDELINE)),
        supplier_scheme=_scheme(found["supplier"]),
        supplier=_text(found["supplier"]),
        supplier_name=_name(supplier),
        recipient_scheme=_scheme(found["recipient"]),
        recipient=_text(found["recipient"]),
        recipient_name=_name(customer),
        recipient_address=_text(found["recipient_address"]),
        service=_text(root.find(_BUYER_REFERENCE)) or _text(_child(customer, _CONTACT)),
        engagement=_text(root.find(_ORDER)),
        currency=_text(root.find(_CURRENCY)),
        reference=_echoed(root),
        places={field: _place(e, paths) for field, e in found.items() if e is not None},
    )


def _echoed(root: Element) -> str:
    """BT-18 with qualifier AJW."""
    for each in root.iterfind(_REFERENCE):
        identifier = each.find(_NUMBER)
        is_object = _text(each.find(_REFERENCE_TYPE)) == _OBJECT
        if is_object and _scheme(identifier) == _ECHOED:
            return _text(identifier)
    return ""


def _identifier(party: Element | None) -> Element | None:
    """The element that identifies a party best: a SIRET if there is one, else the first given."""
    if party is None:
        return None
    candidates = [*party.findall(_IDENTIFIER), *party.findall(_COMPANY)]
    return min(candidates, key=_rank, default=None)


def _rank(candidate: Element) -> tuple[bool, bool]:
    text = _text(candidate)
    is_siret = len(text) == _SIRET_DIGITS and text.isdecimal()
    return not is_siret, candidate.get("schemeID") not in _SIRET_SCHEMES


def _name(party: Element | None) -> str:
    return _text(_child(party, _LEGAL_NAME)) or _text(_child(party, _TRADE_NAME))


def _child(party: Element | None, path: str) -> Element | None:
    return None if party is None else party.find(path)


def _scheme(element: Element | None) -> str:
    return "" if element is None else (element.get("schemeID") or "")[:_LONGEST]


def _text(element: Element | None) -> str:
    return _raw(element).strip()


def _raw(element: Element | None) -> str:
    """Text as written, blanks included: rules on the number speak of them."""
    if element is None:
        return ""
    # A comment inside splits the text; XPath is slow, so only then.
    text = str(element.xpath("string()")) if len(element) else element.text
    return (text or "")[:_LONGEST]


def _place(element: Element, paths: Paths) -> tuple[str, int, int]:
    return paths.of(element), line_of(element) or 0, 0
