"""A neutral specimen invoice: what it says, in no syntax.

Source of the business terms (BT, BG): EN 16931-1:2017 clause 6.3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from simulator.messages.specimens.parts import (
    About,
    Adjustment,
    Attachment,
    Delivery,
    Line,
    Note,
    Payment,
    Period,
    References,
)

Circuit = Literal["b2g", "b2g-pa", "g2b-issuer"]
Level = Literal["basic", "en16931", "extended"]
Broken = Literal["", "xsd", "truncated"]


class Specimen(msgspec.Struct, frozen=True):
    """What the invoice is to be like.

    Attributes:
        circuit: ``b2g`` (historic), ``b2g-pa`` (AFNOR, towards the public sector) or ``g2b-issuer``
            (AFNOR, by a public issuer).
        number: BT-1; at most 20 characters towards the public sector.
        supplier: SIRET; ``""`` leaves the identifier out.
        recipient: SIRET; ``""`` leaves identifier and address out.
        issue_date: BT-2, ``YYYY-MM-DD``; payment is due 30 days later.
        profile: BT-23, cadre de facturation; ``""`` for A1 or S1, by the circuit.
        address_scheme: scheme of the electronic addresses of an AFNOR invoice, ``0225`` (French
            directory) or ``0009`` (SIRET).
        lines: BG-25.
        size: bytes to reach by an attachment of filler; smaller than the bare document: none.
        broken: ``xsd`` puts an element out of order, ``truncated`` cuts the document in its middle.
        line_count: how many lines are written, `lines` over and over; 0: each once.
        level: BT-24. ``basic`` is a profile of Factur-X; ``extended`` is EXTENDED there and
            EXTENDED-CTC-FR in UBL and CII. The historic circuit knows it in Factur-X only.
        credit_note: type 381; otherwise 380.
        receipts: VAT is due on receipts (BT-8; TVA ENCAISSEMENT), otherwise nothing is said.
        seller, buyer: more on the parties.
        references: BT-10, BT-12 to BT-14, BG-3.
        notes: BG-1, beside those that an AFNOR invoice must have.
        period, delivery: BG-14, BG-13.
        payments, terms: BG-16, BT-20.
        adjustments: BG-20, BG-21.
        prepaid: BT-113.
        attachments: BG-24.
        stylesheet: named in a processing instruction, as documents of kind E1 must.
        flow: identifier of the flow, for the envelope inside CPP documents.
    """

    circuit: Circuit = "b2g"
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
    broken: Broken = ""
    line_count: int = 0
    level: Level = "en16931"
    credit_note: bool = False
    receipts: bool = False
    seller: About = About()
    buyer: About = About()
    references: References = References()
    notes: tuple[Note, ...] = ()
    period: Period | None = None
    delivery: Delivery | None = None
    payments: tuple[Payment, ...] = (Payment(),)
    terms: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal = Decimal(0)
    attachments: tuple[Attachment, ...] = ()
    stylesheet: str = ""
    flow: str = ""

    @property
    def is_afnor(self) -> bool:
        """Whether it speaks the dialect of the reform (EN 16931, BR-FR)."""
        return self.circuit != "b2g"

    @property
    def line_total(self) -> int:
        """How many lines are written."""
        return self.line_count or len(self.lines)
