"""Groups (BG) of an EN 16931 invoice other than parties, with the terms (BT) in them.

Source: EN 16931-1:2017 clause 6.3 (the semantic model); extensions: XP Z12-012.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.messages.invoice.fields import NO_DAY, NO_NUMBER, NO_TEXT, Day, Number, Text
from simulator.messages.invoice.parties import NO_ADDRESS, NO_PARTY, Address, Group, Party

_NOTE_MARK = "#"


class Period(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A period: BG-14 of the invoice, BG-26 of a line.

    Attributes:
        start: BT-73/134.
        end: BT-74/135.
        code: BT-8 where UBL carries it.
    """

    start: Day = NO_DAY
    end: Day = NO_DAY
    code: Text = NO_TEXT


class Reference(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A reference to another document: BG-3 preceding invoice and the like.

    Attributes:
        id: BT-25.
        date: BT-26.
        type_code: of the document referred to (extension EXT-FR-FE-02; BT-18 when ``130``).
        line: number of a line in it (BT-132).
        status: what a line is in the invoice referred to (UBL, extension: DETAIL, GROUP ...).
    """

    id: Text = NO_TEXT
    date: Day = NO_DAY
    type_code: Text = NO_TEXT
    line: Text = NO_TEXT
    status: Text = NO_TEXT


class Supporting(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-24, an additional supporting document; also BT-17 and BT-18 (by their type codes).

    Attributes:
        id: BT-122, BT-17 or BT-18.
        type_code: ``130`` for BT-18, ``50`` for BT-17 (CII), ``916`` or none for BG-24.
        scheme: BT-18-1 where it is an element of its own (CII).
        description: BT-123.
        location: BT-124.
        attachment: BT-125; attributes ``mimeCode`` and ``filename``.
    """

    id: Text = NO_TEXT
    type_code: Text = NO_TEXT
    scheme: Text = NO_TEXT
    description: Text = NO_TEXT
    location: Text = NO_TEXT
    attachment: Text = NO_TEXT


class Note(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-1, a note.

    Attributes:
        code: BT-21 where it is an element of its own (CII).
        content: BT-22 as written; in UBL it may begin with ``#CODE#``.
    """

    code: Text = NO_TEXT
    content: Text = NO_TEXT

    @property
    def subject(self) -> str:
        """BT-21 in either syntax; ``""`` when there is none."""
        if self.code.exists:
            return self.code.clean
        return self._marked()[0]

    @property
    def text(self) -> str:
        """BT-22 without the subject code in front."""
        return self._marked()[1]

    def _marked(self) -> tuple[str, str]:
        text = self.content.value
        head, mark, rest = text.strip().removeprefix(_NOTE_MARK).partition(_NOTE_MARK)
        if not mark or not text.lstrip().startswith(_NOTE_MARK):
            return "", text
        return head, rest


class Delivery(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-13, delivery.

    Attributes:
        name: BT-70.
        location: BT-71 with its scheme.
        date: BT-72.
        address: BG-15.
        party: who receives it, with identifiers and legal identifier.
    """

    name: Text = NO_TEXT
    location: Text = NO_TEXT
    date: Day = NO_DAY
    address: Address = NO_ADDRESS
    party: Party = NO_PARTY


class Account(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-17, an account for credit transfer.

    Attributes:
        id: BT-84 (IBAN in either syntax).
        proprietary: BT-84 as ProprietaryID (CII).
        name: BT-85.
        bic: BT-86 (UBL; use `Payment.service`).
    """

    id: Text = NO_TEXT
    proprietary: Text = NO_TEXT
    name: Text = NO_TEXT
    bic: Text = NO_TEXT


class Card(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-18, a payment card: BT-87 `number`, BT-88 `holder`."""

    number: Text = NO_TEXT
    holder: Text = NO_TEXT


NO_ACCOUNT = Account()
NO_CARD = Card()


class Payment(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-16, one means of payment.

    Attributes:
        code: BT-81.
        text: BT-82 (UBL: attribute ``name`` of the code).
        remittance: BT-83 (UBL; CII has it once, in the invoice).
        account: BG-17.
        card: BG-18.
        mandate: BT-89 (UBL).
        debited: BT-91.
        bic: BT-86 where it stands beside the account (CII; use `Payment.service`).
        due_date: BT-9 where a credit note has it (UBL).
    """

    code: Text = NO_TEXT
    text: Text = NO_TEXT
    remittance: Sequence[Text] = ()
    account: Account = NO_ACCOUNT
    card: Card = NO_CARD
    mandate: Text = NO_TEXT
    debited: Text = NO_TEXT
    bic: Text = NO_TEXT
    due_date: Day = NO_DAY

    @property
    def service(self) -> Text:
        """BT-86, payment service provider, of either syntax."""
        return self.account.bic if self.account.bic.exists else self.bic


class Terms(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """Payment terms: BT-20 `text`, BT-9 `due_date` and BT-89 `mandate` where CII has them."""

    text: Text = NO_TEXT
    due_date: Day = NO_DAY
    mandate: Text = NO_TEXT


class TaxCategory(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A VAT category of a line, an allowance or charge, or the breakdown.

    Attributes:
        code: BT-95/102/118/151.
        rate: BT-96/103/119/152, percent.
        scheme: ``VAT``.
        reason: BT-120.
        reason_code: BT-121.
    """

    code: Text = NO_TEXT
    rate: Number = NO_NUMBER
    scheme: Text = NO_TEXT
    reason: Text = NO_TEXT
    reason_code: Text = NO_TEXT

    @property
    def is_vat(self) -> bool:
        """Whether the scheme is ``VAT``, in any case."""
        return self.scheme.clean.upper() == "VAT"


NO_CATEGORY = TaxCategory()


class AllowanceCharge(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """An allowance or charge: BG-20, BG-21 (document), BG-27, BG-28 (line), BT-147 (price).

    Attributes:
        indicator: ``true`` for a charge, ``false`` for an allowance.
        amount: BT-92/99/136/141/147.
        base: BT-93/100/137/142/148.
        percent: BT-94/101/138/143.
        reason: BT-97/104/139/144.
        reason_code: BT-98/105/140/145.
        categories: BT-95/96, BT-102/103.
    """

    indicator: Text = NO_TEXT
    amount: Number = NO_NUMBER
    base: Number = NO_NUMBER
    percent: Number = NO_NUMBER
    reason: Text = NO_TEXT
    reason_code: Text = NO_TEXT
    categories: Sequence[TaxCategory] = ()

    @property
    def is_charge(self) -> bool:
        """Whether the indicator says true; what says neither is neither."""
        return self.indicator.clean in ("true", "1")

    @property
    def is_allowance(self) -> bool:
        """Whether the indicator says false."""
        return self.indicator.clean in ("false", "0")

    @property
    def category(self) -> TaxCategory:
        """The first VAT category."""
        return self.categories[0] if self.categories else NO_CATEGORY


class VatBreakdown(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-23, one line of the VAT breakdown.

    Attributes:
        taxable: BT-116.
        tax: BT-117.
        categories: BT-118, BT-119, BT-120, BT-121; one in a valid invoice.
        point_date: BT-7 (CII).
        point_code: BT-8 (CII).
    """

    taxable: Number = NO_NUMBER
    tax: Number = NO_NUMBER
    categories: Sequence[TaxCategory] = ()
    point_date: Day = NO_DAY
    point_code: Text = NO_TEXT

    @property
    def category(self) -> TaxCategory:
        """The first VAT category."""
        return self.categories[0] if self.categories else NO_CATEGORY


class TaxTotal(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A VAT total.

    Attributes:
        amount: BT-110 or BT-111, by its currency.
        breakdown: BG-23 (UBL; in CII it stands in the invoice).
    """

    amount: Number = NO_NUMBER
    breakdown: Sequence[VatBreakdown] = ()


class Totals(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-22, document totals.

    Attributes:
        lines: BT-106.
        allowances: BT-107.
        charges: BT-108.
        without_vat: BT-109.
        with_vat: BT-112.
        prepaid: BT-113.
        rounding: BT-114.
        payable: BT-115.
        taxes: BT-110 and BT-111 (CII; use `Invoice.tax_totals`, which has them of either syntax).
    """

    lines: Number = NO_NUMBER
    allowances: Number = NO_NUMBER
    charges: Number = NO_NUMBER
    without_vat: Number = NO_NUMBER
    with_vat: Number = NO_NUMBER
    prepaid: Number = NO_NUMBER
    rounding: Number = NO_NUMBER
    payable: Number = NO_NUMBER
    taxes: Sequence[Number] = ()


class Price(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-29, price of a line.

    Attributes:
        net: BT-146.
        stated_gross: BT-148 where it is an element of its own (CII).
        discounts: BT-147, as allowances of the price.
        quantity: BT-149 with BT-150 as its unit.
        gross_quantity: the same of the gross price (CII).
    """

    net: Number = NO_NUMBER
    stated_gross: Number = NO_NUMBER
    discounts: Sequence[AllowanceCharge] = ()
    quantity: Number = NO_NUMBER
    gross_quantity: Number = NO_NUMBER

    @property
    def gross(self) -> Number:
        """BT-148: in UBL the base amount of the first discount."""
        if self.stated_gross.exists or not self.discounts:
            return self.stated_gross
        return self.discounts[0].base


class Attribute(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-32, an item attribute.

    Attributes:
        name: BT-160.
        value: BT-161.
        code: a coded name (extension EXT-FR-FE-159; CII TypeCode, UBL NameCode).
        quantity: a value with a unit (extension EXT-FR-FE-160).
    """

    name: Text = NO_TEXT
    value: Text = NO_TEXT
    code: Text = NO_TEXT
    quantity: Number = NO_NUMBER


class Item(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-31, what a line is about.

    Attributes:
        name: BT-153.
        description: BT-154.
        seller_id: BT-155.
        buyer_id: BT-156.
        standard_id: BT-157 with its scheme.
        classifications: BT-158, each with its list.
        origin: BT-159.
        attributes: BG-32.
        categories: BG-30 where it is part of the item (UBL; use `Line.categories`).
        seller: who sells it where that is part of the item (UBL, extension; use `Line.seller`).
    """

    name: Text = NO_TEXT
    description: Text = NO_TEXT
    seller_id: Text = NO_TEXT
    buyer_id: Text = NO_TEXT
    standard_id: Text = NO_TEXT
    classifications: Sequence[Text] = ()
    origin: Text = NO_TEXT
    attributes: Sequence[Attribute] = ()
    categories: Sequence[TaxCategory] = ()
    seller: Party = NO_PARTY


NO_ITEM = Item()
NO_PERIOD = Period()
NO_PRICE = Price()
NO_REFERENCE = Reference()
NO_TOTALS = Totals()
NO_DELIVERY = Delivery()
NO_TERMS = Terms()


class Line(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """BG-25, an invoice line.

    Attributes:
        id: BT-126.
        notes: BT-127.
        references: documents of the line: BT-128 (type ``130``) and extensions.
        quantity: BT-129, its unit BT-130.
        net: BT-131.
        order_line: BT-132.
        accounting: BT-133.
        period: BG-26.
        allowance_charges: BG-27, BG-28.
        price: BG-29.
        own_categories: BG-30 where it is not part of the item (CII; use `categories`).
        item: BG-31.
        parent: identifier of the line above it (CII, extension).
        status, kind: status code and reason code of a line (CII, extension: DETAIL, GROUP ...).
        preceding: preceding invoices of the line (extension).
        lines: lines inside it (UBL SubInvoiceLine, extension).
        delivery: BG-13 of the line (extension).
        own_seller: who sells what is on the line, where it is not part of the item (CII, extension;
            use `seller`).
        tax_totals: VAT of the line, by currency (extension).
        with_vat: BT-131 with VAT (extension EXT-FR-FE-184).
    """

    id: Text = NO_TEXT
    notes: Sequence[Note] = ()
    references: Sequence[Supporting] = ()
    quantity: Number = NO_NUMBER
    net: Number = NO_NUMBER
    order_line: Reference = NO_REFERENCE
    accounting: Text = NO_TEXT
    period: Period = NO_PERIOD
    allowance_charges: Sequence[AllowanceCharge] = ()
    price: Price = NO_PRICE
    own_categories: Sequence[TaxCategory] = ()
    item: Item = NO_ITEM
    parent: Text = NO_TEXT
    status: Text = NO_TEXT
    kind: Text = NO_TEXT
    preceding: Sequence[Reference] = ()
    lines: Sequence[Line] = ()
    delivery: Delivery = NO_DELIVERY
    own_seller: Party = NO_PARTY
    tax_totals: Sequence[TaxTotal] = ()
    with_vat: Number = NO_NUMBER

    @property
    def seller(self) -> Party:
        """Who sells what is on the line, in an invoice of several sellers (extension)."""
        return self.item.seller or self.own_seller

    @property
    def categories(self) -> Sequence[TaxCategory]:
        """BG-30, BT-151 and BT-152; one in a valid invoice."""
        return self.item.categories or self.own_categories

    @property
    def category(self) -> TaxCategory:
        """The first VAT category."""
        found = self.categories
        return found[0] if found else NO_CATEGORY

    @property
    def allowances(self) -> list[AllowanceCharge]:
        """BG-27."""
        return [a for a in self.allowance_charges if a.is_allowance]

    @property
    def charges(self) -> list[AllowanceCharge]:
        """BG-28."""
        return [a for a in self.allowance_charges if a.is_charge]
