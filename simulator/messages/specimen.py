"""Specimen invoices: documents of our own, between parties that do not exist.

For demonstrations, tests and load; valid against UBL 2.1, with sums that are right. Two circuits:
the historic one (cadre A1, identifiers in scheme 1) and the AFNOR one of a plateforme agréée
(EN 16931, cadre S1, identifiers in schemes 0009 and 0002).

Source: OASIS UBL 2.1 Invoice; for the AFNOR documents EN 16931 and BR-FR rules; for the historic
ones the practice of public clients of Chorus Pro (deduced).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from simulator.messages.xmltext import branch, document, leaf, optional

_CENT = Decimal("0.01")
_NAMESPACES = {
    "xmlns": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "xmlns:cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "xmlns:cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_TERM = timedelta(days=30)
_FILLER = b"reference;designation;quantite\n"
# The mentions that a French invoice must carry (BR-FR-05), in our words.
_MENTIONS = (
    "#PMD#Pénalités de retard : trois fois le taux d'intérêt légal",
    "#PMT#Indemnité forfaitaire pour frais de recouvrement : 40 euros",
    "#AAB#Pas d'escompte pour paiement anticipé",
)
# The sample IBAN of the French format; it belongs to nobody.
_IBAN = "FR7630006000011234567890189"
_CITY = (("cbc:CityName", "VILLE-DEMO"), ("cbc:PostalZone", "99999"))


class Line(msgspec.Struct, frozen=True):
    """One invoice line: quantity at most 4 decimals, unit price at most 6, VAT rate in percent."""

    name: str = "Prestation de démonstration"
    quantity: Decimal = Decimal("2")
    price: Decimal = Decimal("150.00")
    vat: Decimal = Decimal("20.00")

    @property
    def amount(self) -> Decimal:
        """Net amount, 2 decimals."""
        return _cents(self.quantity * self.price)


class Specimen(msgspec.Struct, frozen=True):
    """What the invoice is to be like. Any text is written as it stands, right or wrong.

    Attributes:
        circuit: ``b2g`` (historic) or ``b2g-pa`` (AFNOR).
        number: BT-1; at most 20 characters towards the public sector.
        supplier: SIRET; ``""`` leaves the identifier out.
        recipient: SIRET; ``""`` leaves identifier and address out.
        issue_date: BT-2, ``YYYY-MM-DD``; payment is due 30 days later.
        profile: BT-23, cadre de facturation; ``""`` for A1 or S1, by the circuit.
        address_scheme: scheme of the electronic addresses of an AFNOR invoice, ``0225`` (French
            directory) or ``0009`` (SIRET).
        size: bytes to reach by an attachment of filler; smaller than the bare document: none.
        broken: ``xsd`` puts an element out of order, ``truncated`` cuts the document in its middle.
    """

    circuit: Literal["b2g", "b2g-pa"] = "b2g"
    number: str = "DEMO-0001"
    supplier: str = "33254021516357"
    supplier_name: str = "FOURNISSEUR DE DEMONSTRATION"
    recipient: str = "12345678200051"
    recipient_name: str = "COMMUNE DE DEMONSTRATION"
    issue_date: str = "2026-09-01"
    profile: str = ""
    address_scheme: Literal["0225", "0009"] = "0225"
    lines: tuple[Line, ...] = (Line(),)
    size: int = 0
    broken: Literal["", "xsd", "truncated"] = ""

    @property
    def is_afnor(self) -> bool:
        """Whether it speaks the dialect of a plateforme agréée."""
        return self.circuit == "b2g-pa"


def ubl_invoice(spec: Specimen) -> bytes:
    """The invoice as UBL 2.1 in UTF-8.

    Reaches `spec.size` to 4 bytes when the bare document and an attachment fit into it.

    Raises:
        ValueError: an issue date that is not one, or a specimen without lines.
    """
    if not spec.lines:
        message = f"an invoice has at least one line: found none in specimen {spec.number!r}"
        raise ValueError(message)
    content = _invoice(spec, b"")
    if spec.size > len(content):
        room = spec.size - len(_invoice(spec, b"x")) + len(base64.b64encode(b"x"))
        content = _invoice(spec, _filler(room * 3 // 4)) if room >= len("====") else content
    return content[: len(content) // 2] if spec.broken == "truncated" else content


def vat_number(siren: str) -> str:
    """The French VAT number of a SIREN; ``""`` for what is not one.

    Source: article 286 ter of the tax code: the key is 12 + 3 times the SIREN, modulo 97.
    """
    if len(siren) != len("123456789") or not (siren.isascii() and siren.isdigit()):
        return ""
    return f"FR{(12 + 3 * int(siren)) % 97:02d}{siren}"


def _invoice(spec: Specimen, attachment: bytes) -> bytes:
    supplier = _party(spec, spec.supplier, spec.supplier_name, seller=True)
    recipient = _party(spec, spec.recipient, spec.recipient_name, seller=False)
    root = branch(
        "Invoice",
        *_head(spec),
        _attachment(attachment),
        branch("cac:AccountingSupplierParty", supplier),
        branch("cac:AccountingCustomerParty", recipient),
        _payment(),
        *_totals(spec),
        *(_line(spec, rank, line) for rank, line in enumerate(spec.lines, 1)),
        **_NAMESPACES,
    )
    return document(root)


def _head(spec: Specimen) -> list[str]:
    """From the version to the currency."""
    due = date.fromisoformat(spec.issue_date) + _TERM
    identity = [leaf("cbc:ID", spec.number), leaf("cbc:IssueDate", spec.issue_date)]
    if spec.broken == "xsd":
        identity.reverse()
    return [
        leaf("cbc:UBLVersionID", "2.1"),
        leaf("cbc:CustomizationID", "urn:cen.eu:en16931:2017") if spec.is_afnor else "",
        leaf("cbc:ProfileID", spec.profile or ("S1" if spec.is_afnor else "A1")),
        *identity,
        leaf("cbc:DueDate", due.isoformat()),
        leaf("cbc:InvoiceTypeCode", "380"),
        *(leaf("cbc:Note", text) for text in (_MENTIONS if spec.is_afnor else ())),
        leaf("cbc:DocumentCurrencyCode", "EUR"),
    ]


def _filler(length: int) -> bytes:
    """Whole groups of 3 bytes, which base64 makes 4 characters of, without padding."""
    length -= length % 3
    return (_FILLER * (length // len(_FILLER) + 1))[:length]


def _attachment(content: bytes) -> str:
    if not content:
        return ""
    text = base64.b64encode(content).decode("ascii")
    binary = "cbc:EmbeddedDocumentBinaryObject"
    return branch(
        "cac:AdditionalDocumentReference",
        leaf("cbc:ID", "ANNEXE-1"),
        leaf("cbc:DocumentDescription", "DOCUMENT_ANNEXE"),
        branch("cac:Attachment", leaf(binary, text, mimeCode="text/csv", filename="annexe.csv")),
    )


def _party(spec: Specimen, identifier: str, name: str, *, seller: bool) -> str:
    scheme = "0009" if spec.is_afnor else "1"
    country = branch("cac:Country", leaf("cbc:IdentificationCode", "FR"))
    identification = leaf("cbc:ID", identifier, schemeID=scheme)
    return branch(
        "cac:Party",
        _address(spec, identifier) if spec.is_afnor and identifier else "",
        branch("cac:PartyIdentification", identification) if identifier else "",
        branch("cac:PartyName", leaf("cbc:Name", name)),
        branch("cac:PostalAddress", *(leaf(*field) for field in _CITY), country),
        _tax_registration(spec, vat_number(identifier[:9])) if seller else "",
        branch(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", name),
            leaf("cbc:CompanyID", identifier[:9], schemeID="0002")
            if spec.is_afnor and identifier
            else "",
        ),
    )


def _address(spec: Specimen, identifier: str) -> str:
    """An address of the French directory begins with the SIREN; a SIRET stands for itself."""
    is_french = spec.address_scheme == "0225"
    address = f"{identifier[:9]}_{identifier}" if is_french else identifier
    return leaf("cbc:EndpointID", address, schemeID=spec.address_scheme)


def _tax_registration(spec: Specimen, number: str) -> str:
    scheme = "VAT" if spec.is_afnor else "TVA DEBIT"
    return branch(
        "cac:PartyTaxScheme",
        optional("cbc:CompanyID", number),
        branch("cac:TaxScheme", leaf("cbc:ID", scheme)),
    )


def _payment() -> str:
    account = branch("cac:PayeeFinancialAccount", leaf("cbc:ID", _IBAN))
    return branch("cac:PaymentMeans", leaf("cbc:PaymentMeansCode", "30"), account)


def _totals(spec: Specimen) -> tuple[str, str]:
    bases: dict[Decimal, Decimal] = {}
    for line in spec.lines:
        bases[line.vat] = bases.get(line.vat, Decimal()) + line.amount
    taxes = {rate: _cents(base * rate / 100) for rate, base in bases.items()}
    net, tax = _total(bases.values()), _total(taxes.values())
    subtotals = (_subtotal(spec, rate, base, taxes[rate]) for rate, base in bases.items())
    return (
        branch("cac:TaxTotal", _amount("cbc:TaxAmount", tax), *subtotals),
        branch(
            "cac:LegalMonetaryTotal",
            _amount("cbc:LineExtensionAmount", net),
            _amount("cbc:TaxExclusiveAmount", net),
            _amount("cbc:TaxInclusiveAmount", net + tax),
            _amount("cbc:PayableAmount", net + tax),
        ),
    )


def _subtotal(spec: Specimen, rate: Decimal, base: Decimal, tax: Decimal) -> str:
    return branch(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", base),
        _amount("cbc:TaxAmount", tax),
        _tax_category("cac:TaxCategory", spec, rate),
    )


def _line(spec: Specimen, rank: int, line: Line) -> str:
    return branch(
        "cac:InvoiceLine",
        leaf("cbc:ID", str(rank)),
        leaf("cbc:InvoicedQuantity", _plain(line.quantity), unitCode="C62"),
        _amount("cbc:LineExtensionAmount", line.amount),
        branch(
            "cac:Item",
            leaf("cbc:Name", line.name),
            _tax_category("cac:ClassifiedTaxCategory", spec, line.vat),
        ),
        branch("cac:Price", leaf("cbc:PriceAmount", _plain(line.price), currencyID="EUR")),
    )


def _tax_category(tag: str, spec: Specimen, rate: Decimal) -> str:
    scheme = leaf("cbc:ID", "VAT" if spec.is_afnor else "TVA")
    percent = leaf("cbc:Percent", _plain(rate))
    return branch(
        tag, leaf("cbc:ID", "S" if rate else "Z"), percent, branch("cac:TaxScheme", scheme)
    )


def _amount(tag: str, value: Decimal) -> str:
    return leaf(tag, _plain(value), currencyID="EUR")


def _plain(value: Decimal) -> str:
    """Without exponent, which neither xs:decimal nor the rules on decimals take."""
    return f"{value:f}"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal("0.00"))
