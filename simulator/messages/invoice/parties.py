"""Parties of an EN 16931 invoice: groups (BG) with the terms (BT) in them.

A group that the invoice does not have is an empty one (its `element` is None, it is false), so that
a path like ``invoice.seller.address.country`` never ends in None. Lists are in document order.

Source: EN 16931-1:2017 clause 6.3 (the semantic model).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import NO_TEXT, Text


class Group(msgspec.Struct, frozen=True, eq=False, kw_only=True, gc=False):
    """What all groups have: the element they were read from, None for a group that is not there."""

    element: Element | None = None

    def __bool__(self) -> bool:
        return self.element is not None


class Address(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A postal address: BG-5 seller, BG-8 buyer, BG-12 tax representative, BG-15 deliver to.

    Attributes:
        line1, line2, line3: BT-35/50/64/75, BT-36/51/65/76, BT-162/163/164/165.
        city: BT-37/52/66/77.
        postcode: BT-38/53/67/78.
        subdivision: BT-39/54/68/79.
        country: BT-40/55/69/80.
    """

    line1: Text = NO_TEXT
    line2: Text = NO_TEXT
    line3: Text = NO_TEXT
    city: Text = NO_TEXT
    postcode: Text = NO_TEXT
    subdivision: Text = NO_TEXT
    country: Text = NO_TEXT


class Contact(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A contact: BG-6 seller, BG-9 buyer.

    Attributes:
        name: BT-41/56 (the person; the department of CII is `department`).
        phone: BT-42/57.
        email: BT-43/58.
    """

    name: Text = NO_TEXT
    department: Text = NO_TEXT
    phone: Text = NO_TEXT
    email: Text = NO_TEXT


class TaxRegistration(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A tax number of a party.

    Attributes:
        id: BT-31/48/63 (VAT) or BT-32 (other).
        scheme: ``VAT`` and others, where it is an element of its own (UBL); CII has ``VA`` and
            ``FC`` as the scheme of the `id`.
    """

    id: Text = NO_TEXT
    scheme: Text = NO_TEXT

    @property
    def is_vat(self) -> bool:
        """Whether it is a VAT identifier: scheme ``VAT`` in any case (UBL), ``VA`` (CII)."""
        if self.scheme.exists:
            return self.scheme.clean.upper() == "VAT"
        return self.id.scheme == "VA"


NO_ADDRESS = Address()
NO_CONTACT = Contact()


class Party(Group, frozen=True, eq=False, kw_only=True, gc=False):
    """A party: BG-4 seller, BG-7 buyer, BG-10 payee, BG-11 tax representative.

    Attributes:
        name: BT-27/44/59/62.
        trade_name: BT-28/45.
        identifiers: BT-29/46/60, each with its scheme.
        legal_id: BT-30/47/61.
        legal_form: BT-33, additional legal information.
        endpoint: BT-34/49, electronic address with its scheme.
        tax_registrations: BT-31, BT-32, BT-48, BT-63.
        address: BG-5, BG-8, BG-12.
        contacts: BG-6, BG-9.
    """

    name: Text = NO_TEXT
    trade_name: Text = NO_TEXT
    identifiers: Sequence[Text] = ()
    legal_id: Text = NO_TEXT
    legal_form: Text = NO_TEXT
    endpoint: Text = NO_TEXT
    tax_registrations: Sequence[TaxRegistration] = ()
    address: Address = NO_ADDRESS
    contacts: Sequence[Contact] = ()

    @property
    def contact(self) -> Contact:
        """The first contact."""
        return self.contacts[0] if self.contacts else NO_CONTACT

    @property
    def vat_id(self) -> Text:
        """BT-31/48/63: the first VAT identifier."""
        return next((r.id for r in self.tax_registrations if r.is_vat and r.id.exists), NO_TEXT)

    @property
    def tax_id(self) -> Text:
        """BT-32: the first tax registration that is not one for VAT."""
        return next((r.id for r in self.tax_registrations if not r.is_vat and r.id.exists), NO_TEXT)


NO_PARTY = Party()
