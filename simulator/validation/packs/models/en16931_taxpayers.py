"""Which tax numbers the parties have, as far as the rules on VAT categories ask."""

from __future__ import annotations

import msgspec

from simulator.messages.invoice.model import Invoice, Party
from simulator.validation.packs.models.en16931_faults import ABSENT

_CII_TAX_SCHEMES = ("VA", "FC")
_CII_VAT_SCHEME = "VA"


class Taxpayers(msgspec.Struct, frozen=True, gc=False):
    """Tax numbers of the parties.

    Attributes:
        seller_tax: BT-31 or BT-32.
        seller_vat: BT-31.
        representative_vat: BT-63.
        buyer_vat: BT-48.
        buyer_legal: BT-47.
    """

    seller_tax: bool
    seller_vat: bool
    representative_vat: bool
    buyer_vat: bool
    buyer_legal: bool

    @property
    def shown(self) -> str:
        """Which of them there are, for a message."""
        terms = {
            "BT-31": self.seller_vat,
            "BT-32": self.seller_tax and not self.seller_vat,
            "BT-63": self.representative_vat,
            "BT-47": self.buyer_legal,
            "BT-48": self.buyer_vat,
        }
        return ", ".join(term for term, given in terms.items() if given) or ABSENT


def taxpayers(invoice: Invoice) -> Taxpayers:
    """The tax numbers of an invoice."""
    return invoice.once(_taxpayers)


def _taxpayers(invoice: Invoice) -> Taxpayers:
    return Taxpayers(
        seller_tax=_has_tax_number(invoice, invoice.seller),
        seller_vat=has_vat_number(invoice, invoice.seller),
        representative_vat=has_vat_number(invoice, invoice.representative),
        buyer_vat=has_vat_number(invoice, invoice.buyer),
        buyer_legal=invoice.buyer.legal_id.exists,
    )


def has_vat_number(invoice: Invoice, party: Party) -> bool:
    """Whether a party has a VAT identifier, be it empty."""
    if invoice.syntax == "cii":
        return any(r.id.scheme == _CII_VAT_SCHEME for r in party.tax_registrations)
    return any(r.id.exists and r.is_vat for r in party.tax_registrations)


def _has_tax_number(invoice: Invoice, party: Party) -> bool:
    if invoice.syntax == "cii":
        return any(r.id.scheme in _CII_TAX_SCHEMES for r in party.tax_registrations)
    return any(r.id.exists for r in party.tax_registrations)
