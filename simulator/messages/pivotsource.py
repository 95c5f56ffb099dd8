"""From a received invoice, in whatever syntax, to what its public buyer is handed.

Source: Chorus Pro external specifications v1.1 p. 60, tables 6, 7 (files of an invoice of a
platform); AIFE schema CPPFacturePivot V2_02; figures in ``schemas/messages/pivot.toml``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from simulator.domain.delivery import (
    DeliveredInvoice,
    PivotAccount,
    PivotFile,
    PivotLine,
    PivotParty,
    PivotStatus,
    PivotVat,
    Resent,
)
from simulator.domain.flows import PastStatus
from simulator.messages.cppstatut import identifier_type
from simulator.messages.invoice.fields import Day, Number, Text
from simulator.messages.invoice.model import Invoice, Line, Party, Supporting, VatBreakdown
from simulator.messages.pivot import fitted, form

_READABLE = "LISIBLE"
_PDF, _XML, _BINARY = "application/pdf", "application/xml", "application/octet-stream"
_INVOICE: Literal["01"] = "01"
_MORE: Literal["02"] = "02"
_SIRET_SCHEMES = ("0009", "1")
_PERSON = "7"  # a kind of supplier that the author of a status cannot have


class Received(msgspec.Struct, frozen=True):
    """An invoice as it came in.

    Attributes:
        syntax: ``ubl``, ``cii`` or ``factur-x``, ``cpp``.
        is_platform: whether a plateforme agréée brought it: its files have categories.
        name: of the document.
        content: its bytes.
        day: when it was received, ``YYYY-MM-DD``.
        readable: a PDF for people, made by us; ``b""``: none was needed.
        tracking: a PDF of the statuses so far; ``b""``: there are none to show.
        resent: why it goes out again.
        chorus_id: IdCPRO.
        more: files that completed it, last of all.
        story: statuses so far.
    """

    syntax: Literal["ubl", "cii", "factur-x", "cpp"]
    is_platform: bool
    name: str
    content: bytes
    day: str
    readable: bytes = b""
    tracking: bytes = b""
    resent: Resent = ""
    chorus_id: str = ""
    more: tuple[PivotFile, ...] = ()
    story: tuple[PivotStatus, ...] = ()


def delivered(invoice: Invoice, received: Received) -> DeliveredInvoice:
    """What the buyer of an invoice is handed."""
    payment = invoice.payments[0] if invoice.payments else None
    code = _payment(payment.code.clean if payment else "")
    return DeliveredInvoice(
        supplier=_supplier(invoice.seller),
        debtor=_debtor(invoice),
        number=invoice.number.clean,
        type_code=_type(invoice),
        cadre=_cadre(invoice.profile.clean),
        issue_date=_day(invoice.issue_date),
        received=received.day,
        payment=code,
        payment_label=form().payment_labels[code],
        without_vat=_amount(invoice.totals.without_vat),
        with_vat=_amount(invoice.totals.with_vat),
        payable=_amount(invoice.totals.payable),
        files=tuple(_files(invoice, received)),
        currency=_currency(invoice.currency),
        delivered=_day(invoice.delivery.date),
        resent=received.resent,
        chorus_id=received.chorus_id,
        preceding=invoice.preceding[0].id.clean if invoice.preceding else "",
        contract=invoice.contract.id.clean,
        order=invoice.order.id.clean,
        account=_account(invoice),
        vat=tuple(_vat(row) for row in invoice.vat),
        lines=tuple(_line(line) for line in invoice.lines),
        story=received.story,
    )


def past(invoice: Invoice, said: PastStatus) -> PivotStatus:
    """A status that an invoice went through, as its buyer is shown it."""
    return PivotStatus(
        day=said.day,
        code=said.status,
        author=_author(invoice, said),
        label=said.label,
        comment=said.comment,
    )


def _author(invoice: Invoice, said: PastStatus) -> PivotParty:
    if said.actor in ("supplier", "platform"):
        party = _supplier(invoice.seller)
        return msgspec.structs.replace(party, kind="1") if party.kind == _PERSON else party
    if said.actor in ("buyer", "accountant"):
        party = _debtor(invoice)
        return PivotParty(party.identifier, party.name or said.actor_label)
    authors = form().authors
    return PivotParty(authors.identifiers.get(said.actor, authors.other), said.actor_label)


def is_readable(invoice: Invoice) -> bool:
    """Whether the supplier attached the one readable form itself (BT-123 ``LISIBLE``)."""
    return len([s for s in invoice.supporting if _is_readable(s)]) == 1


# -- parties ----------------------------------------------------------------------------------------


def _supplier(party: Party) -> PivotParty:
    given = _identifier(party)
    return PivotParty(
        identifier=given.clean or form().defaults.supplier,
        name=party.name.clean or form().defaults.supplier,
        kind=identifier_type(given.scheme),
        country=party.address.country.clean or "FR",
    )


def _debtor(invoice: Invoice) -> PivotParty:
    return PivotParty(
        identifier=_identifier(invoice.buyer).clean,
        name=invoice.buyer.name.clean,
        service=invoice.buyer_reference.clean,
    )


def _identifier(party: Party) -> Text:
    """The SIRET if there is one, else the first identifier, else the legal one (SIREN)."""
    given = [each for each in party.identifiers if each]
    siret = next((each for each in given if each.scheme in _SIRET_SCHEMES), None)
    return siret or next(iter(given), party.legal_id)


def _account(invoice: Invoice) -> PivotAccount | None:
    for payment in invoice.payments:
        account = payment.account
        number = account.id or account.proprietary
        if number:
            return PivotAccount(
                number=number.clean,
                bank=payment.service.clean,
                payee=account.name.clean or invoice.payee.name.clean,
                kind="IBAN" if account.id else "RIB",
            )
    return None


# -- codes and figures ------------------------------------------------------------------------------


def _type(invoice: Invoice) -> str:
    credits_ = form().types.credit_notes
    is_credit = invoice.is_credit_note or invoice.type_code.clean in credits_
    return "381" if is_credit else form().defaults.type


def _cadre(profile: str) -> str:
    is_own = profile[:1] == "A" and profile[1:].isdecimal()
    cadres = {k: v for k, v in form().cadres.items() if k not in ("source", "mark")}
    return profile if is_own else cadres.get(profile, form().defaults.cadre)


def _payment(code: str) -> str:
    known = form().payment_labels
    other = form().payments.get(code, form().defaults.payment)
    return code if code in known else other


def _currency(given: Text) -> str:
    code = given.clean
    return code if len(code) == len("EUR") and code.isascii() and code.isupper() else "EUR"


def _amount(number: Number) -> str:
    return format(number.value or Decimal(), "f")


def _day(day: Day) -> str:
    return day.date.isoformat() if day.date else ""


def _vat(row: VatBreakdown) -> PivotVat:
    rate = _amount(row.category.rate)
    return PivotVat(rate=rate, base=_amount(row.taxable), tax=_amount(row.tax))


def _line(line: Line) -> PivotLine:
    rate = line.category.rate
    return PivotLine(
        price=_amount(line.price.net),
        quantity=_amount(line.quantity),
        net=_amount(line.net),
        reference=line.item.seller_id.clean or line.item.name.clean,
        rate=_amount(rate) if rate.exists else "",
    )


# -- files --------------------------------------------------------------------------------------------


def _files(invoice: Invoice, received: Received) -> Iterator[PivotFile]:
    """The invoice, its readable form, its annexes, what completed it."""
    categories = form().files if received.is_platform else None
    pdf = received.syntax == "factur-x"
    yield PivotFile(
        name=received.name,
        kind=_INVOICE,
        mime=_PDF if pdf else _XML,
        content=received.content,
        category=categories.categories.get(received.syntax, "") if categories else "",
    )
    if received.readable and not pdf:
        stem = f"FAC{invoice.number.clean}{_identifier(invoice.seller).clean}.pdf"
        category = categories.readable if categories else ""
        yield PivotFile(fitted(stem), _MORE, _PDF, received.readable, category=category)
    if received.tracking:
        name, category = form().files.tracking_name, categories.tracking if categories else ""
        yield PivotFile(name, _MORE, _PDF, received.tracking, category=category)
    for rank, supporting in enumerate(filter(_has_file, invoice.supporting), 1):
        yield _annex(rank, supporting, is_platform=received.is_platform)
    yield from received.more


def _annex(rank: int, supporting: Supporting, *, is_platform: bool) -> PivotFile:
    files, attachment = form().files, supporting.attachment
    original = (attachment.attribute("filename") or supporting.id.clean).strip()
    extension = original.rpartition(".")[2] if "." in original else "pdf"
    category = files.readable if _is_readable(supporting) else files.annex
    return PivotFile(
        name=fitted(f"PJ{rank:02d}.{extension}"),
        kind=_MORE,
        mime=attachment.attribute("mimeCode") or _BINARY,
        content=_decoded(attachment.value),
        original=fitted(original),
        category=category if is_platform else "",
    )


def _has_file(supporting: Supporting) -> bool:
    return bool(supporting.attachment)


def _is_readable(supporting: Supporting) -> bool:
    return _has_file(supporting) and supporting.description.clean == _READABLE


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""
