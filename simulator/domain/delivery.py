"""An invoice as Chorus Pro hands it to a public buyer (FEN0036A): one unit of CPPFacturePivot.

All values are texts as they stand in the document, so that what was read is what is written.

Source: AIFE schema CPPFacturePivot V2_02; Chorus Pro external specifications v1.1 tables 6, 7.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Resent = Literal["", "Non", "Complétée", "Recyclée"]
Channel = Literal["flux", "PDF", "saisie", "numérisation"]


class PivotParty(msgspec.Struct, frozen=True):
    """Supplier, debtor or author of a status.

    Attributes:
        kind: TypeIdentifiant, 1 to 7; 1 is a SIRET.
        country: CodePays; of a debtor none is written.
        service, service_name: of a debtor.
        note: of the author of a status.
    """

    identifier: str
    name: str = ""
    kind: str = "1"
    country: str = "FR"
    service: str = ""
    service_name: str = ""
    note: str = ""


class PivotAccount(msgspec.Struct, frozen=True):
    """ReferenceBancaire: where to pay."""

    number: str = ""
    bank: str = ""
    payee: str = ""
    kind: Literal["IBAN", "RIB"] = "IBAN"


class PivotVat(msgspec.Struct, frozen=True):
    """One rate of VAT, in percent, with base and tax."""

    rate: str
    base: str
    tax: str


class PivotLine(msgspec.Struct, frozen=True):
    """One line; `rate` in percent, ``""`` for none."""

    price: str
    quantity: str
    net: str
    reference: str = ""
    rate: str = ""


class PivotFile(msgspec.Struct, frozen=True):
    """PJ: a file of the invoice.

    Attributes:
        name: NomPJ, at most 50 characters.
        kind: TypePJ: ``01`` the invoice, ``02`` what goes with it.
        content: the bytes, not yet zipped; empty while they lie in the blob `sha256`, out of which
            they must be taken before the message is written.
        original: NomPJOrigine.
        category: CategoriePJ.
    """

    name: str
    kind: Literal["01", "02"]
    mime: str
    content: bytes = b""
    original: str = ""
    category: str = ""
    sha256: str = ""


class PivotStatus(msgspec.Struct, frozen=True):
    """ValidationUnitaire: a status that the invoice went through; `day` is ``YYYY-MM-DD``."""

    day: str
    code: str
    author: PivotParty
    label: str = ""
    comment: str = ""


class DeliveredInvoice(msgspec.Struct, frozen=True):
    """One invoice for its buyer.

    Attributes:
        number: BT-1, at most 20 characters.
        type_code: 380 or 381.
        cadre: A1 to A25.
        issue_date, received: ``YYYY-MM-DD``; `delivered` likewise or ``""``.
        payment: code of the means of payment, with its words.
        without_vat, with_vat, payable: amounts.
        resent: why a known invoice comes again; ``""``: it does not.
        chorus_id: IdCPRO.
        preceding: number of the invoice that it corrects.
        contract, order: NumeroMarche, NumeroEngagement.
        channel: how the supplier brought it in.
        files: one at least, the invoice itself first.
        story: statuses so far; validated invoices have it.
    """

    supplier: PivotParty
    debtor: PivotParty
    number: str
    type_code: str
    cadre: str
    issue_date: str
    received: str
    payment: str
    without_vat: str
    with_vat: str
    payable: str
    files: tuple[PivotFile, ...]
    currency: str = "EUR"
    payment_label: str = ""
    delivered: str = ""
    resent: Resent = ""
    chorus_id: str = ""
    preceding: str = ""
    contract: str = ""
    order: str = ""
    channel: Channel = "flux"
    account: PivotAccount | None = None
    vat: tuple[PivotVat, ...] = ()
    lines: tuple[PivotLine, ...] = ()
    story: tuple[PivotStatus, ...] = ()
