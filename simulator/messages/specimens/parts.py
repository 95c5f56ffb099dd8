"""What a specimen invoice is made of: lines, adjustments, payments and the like, in no syntax.

Source of the business terms (BT, BG): EN 16931-1:2017 clause 6.3. Texts are written as they stand,
right or wrong: a specimen may be made to be refused.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import msgspec

_CENT = Decimal("0.01")
# The sample IBAN of the French format; it belongs to nobody.
_IBAN = "FR7630006000011234567890189"


def cents(value: Decimal) -> Decimal:
    """An amount: 2 decimals, halves away from zero."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """Without exponent, which neither xs:decimal nor the rules on decimals take."""
    return f"{value:f}"


class Contact(msgspec.Struct, frozen=True):
    """BG-6, BG-9: whom to ask."""

    name: str
    phone: str = ""
    email: str = ""


class About(msgspec.Struct, frozen=True):
    """What is said of a party beside its identifier and its name.

    Attributes:
        trade_name: BT-28; written for the seller only.
        street, complement, city, postcode, country: BG-5, BG-8.
        contact: BG-6, BG-9.
    """

    trade_name: str = ""
    street: str = ""
    complement: str = ""
    city: str = "VILLE-DEMO"
    postcode: str = "99999"
    country: str = "FR"
    contact: Contact | None = None


class Note(msgspec.Struct, frozen=True):
    """BG-1: a text and what it is about (UNTDID 4451; ``""`` for nothing said)."""

    text: str
    code: str = ""


class Preceding(msgspec.Struct, frozen=True):
    """BG-3: an earlier invoice; date ``YYYY-MM-DD``."""

    number: str
    issue_date: str


class References(msgspec.Struct, frozen=True):
    """What the invoice refers to.

    Attributes:
        buyer: BT-10; on the historic circuit the code of the service.
        order: BT-13; towards the public sector the engagement.
        contract: BT-12, the marché.
        sales_order: BT-14.
        preceding: BG-3.
    """

    buyer: str = ""
    order: str = ""
    contract: str = ""
    sales_order: str = ""
    preceding: tuple[Preceding, ...] = ()


class Period(msgspec.Struct, frozen=True):
    """BG-14, BG-26: first and last day, ``YYYY-MM-DD``."""

    start: str
    end: str


class Delivery(msgspec.Struct, frozen=True):
    """BG-13: when and where to; day ``YYYY-MM-DD``."""

    day: str
    name: str = ""
    place: About = About()


class Payment(msgspec.Struct, frozen=True):
    """BG-16, one means of payment.

    Attributes:
        code: BT-81, UNTDID 4461.
        reference: BT-83.
        account, holder, bank: BT-84, BT-85, BT-86; ``""`` where the code needs none.
        card: BT-87, the last digits.
        mandate, creditor, debited: BT-89, BT-90, BT-91.
    """

    code: str = "30"
    reference: str = ""
    account: str = _IBAN
    holder: str = ""
    bank: str = ""
    card: str = ""
    mandate: str = ""
    creditor: str = ""
    debited: str = ""


class Adjustment(msgspec.Struct, frozen=True):
    """BG-20, BG-21 on the document, BG-27, BG-28 on a line.

    Attributes:
        amount: 2 decimals, not negative.
        charge: a charge; otherwise an allowance.
        reason, code: words, and UNTDID 5189 (allowance) or 7161 (charge).
        percent, base: what the amount was made of, both or neither.
        vat, category: as on a line; on the document only.
    """

    amount: Decimal
    charge: bool = False
    reason: str = ""
    code: str = ""
    percent: Decimal | None = None
    base: Decimal | None = None
    vat: Decimal = Decimal("20.00")
    category: str = ""

    @property
    def signed(self) -> Decimal:
        """What it adds."""
        return self.amount if self.charge else -self.amount

    @property
    def tax(self) -> tuple[str, Decimal]:
        """Category and rate."""
        return category_of(self.category, self.vat), self.vat


class Attachment(msgspec.Struct, frozen=True):
    """BG-24: a file inside the invoice.

    Attributes:
        reference: BT-122.
        qualifier: BT-123, one of the list of BR-FR-17.
        name, mime: of the file.
        content: its bytes.
    """

    reference: str
    qualifier: str
    name: str
    mime: str
    content: bytes


class Line(msgspec.Struct, frozen=True):
    """One invoice line: quantity at most 4 decimals, unit price at most 6, VAT rate in percent.

    Attributes:
        category: BT-151; ``""`` is S with a rate and Z without.
        unit: BT-130, UN/ECE Recommendation 20.
        description, note, reference: BT-154, BT-127, BT-155.
        discount: BT-147, taken off the gross price of a unit.
        period: BG-26.
        adjustments: BG-27, BG-28.
        properties: BG-32, name and value.
    """

    name: str = "Prestation de démonstration"
    quantity: Decimal = Decimal("2")
    price: Decimal = Decimal("150.00")
    vat: Decimal = Decimal("20.00")
    category: str = ""
    unit: str = "C62"
    description: str = ""
    note: str = ""
    reference: str = ""
    discount: Decimal = Decimal(0)
    period: Period | None = None
    adjustments: tuple[Adjustment, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def amount(self) -> Decimal:
        """BT-131, net amount, 2 decimals."""
        adjusted = sum((a.signed for a in self.adjustments), Decimal())
        return cents(self.quantity * self.price) + adjusted

    @property
    def tax(self) -> tuple[str, Decimal]:
        """Category and rate."""
        return category_of(self.category, self.vat), self.vat


def category_of(category: str, rate: Decimal) -> str:
    """BT-151: as given, else S with a rate and Z without."""
    return category or ("S" if rate else "Z")
