"""The readable form of an invoice: a PDF of its facts, for an invoice that came without one.

Chorus Pro makes one with a style sheet of its own whatever the supplier attached; a partner's
stylesheet is never run here. Dated as the invoice; equal invoices give equal bytes. A text that goes
beyond Windows-1252 brings its font along, as PDF/A-3B: that takes 40 ms, five times as long.

Source: Chorus Pro external specifications v1.1 §3.2 (readable form added when absent); the layout is
ours (assumed).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, cast

from simulator.domain.delivery import PivotStatus
from simulator.messages.invoice.fields import Number
from simulator.messages.invoice.model import (
    AllowanceCharge,
    Invoice,
    Line,
    Party,
    Payment,
    VatBreakdown,
)
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.paper import FONT, PLAIN_ENCODING, PLAIN_FONT, blank, plain
from simulator.messages.xmltext import shortened

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

MENTION = "Forme lisible produite par aife-sim : document de test, sans valeur"

_MOST_LINES = 500  # the time of a page is bounded: more are in the XML only
_MOST_NOTES = 50
_MOST_TEXT = 2000
_NO_DAY = "1900-01-01"
_SMALL, _NORMAL, _LARGE = 8, 9, 16
_ROW = 4.5  # millimetres
_HALF = 90.0
_NAME, _REASON, _STATUS = 50, 50, 32  # characters that a column holds
_CREDIT = ("261", "381", "396", "502", "503")
# Columns: title, width in millimetres, alignment.
_LINES = (
    ("N°", 14.0, "L"),
    ("Désignation", 78.0, "L"),
    ("Quantité", 22.0, "R"),
    ("Prix HT", 24.0, "R"),
    ("TVA", 18.0, "R"),
    ("Montant HT", 24.0, "R"),
)
_TAXES = (
    ("Catégorie", 22.0, "L"),
    ("Taux", 18.0, "R"),
    ("Base HT", 30.0, "R"),
    ("TVA", 30.0, "R"),
    ("Motif d'exonération", 80.0, "L"),
)
_STATUSES = (
    ("Date", 20.0, "L"),
    ("Code", 12.0, "L"),
    ("Statut", 50.0, "L"),
    ("Par", 50.0, "L"),
    ("Commentaire", 48.0, "L"),
)
_Columns = tuple[tuple[str, float, str], ...]


def readable(invoice: Invoice) -> bytes:
    """The PDF of an invoice, valid or not.

    Raises:
        MissingResource: fpdf2 or the fonts are not installed.
    """
    return _made(invoice, _draw)


def _made(invoice: Invoice, draw: Callable[[FPDF, Invoice], None]) -> bytes:
    about = _about(invoice)
    try:
        pdf = _opened(plain(about), PLAIN_FONT)
        draw(pdf, invoice)
    except UnicodeEncodeError:
        pdf = _opened(blank(about), FONT)
        draw(pdf, invoice)
    return bytes(pdf.output())


def _opened(pdf: FPDF, font: str) -> FPDF:
    pdf.add_page()
    pdf.set_font(font, "", _NORMAL)
    return pdf


def _draw(pdf: FPDF, invoice: Invoice) -> None:
    _title(pdf, invoice)
    _parties(pdf, invoice)
    _texts(pdf, _facts(invoice))
    _table(pdf, _LINES, map(_line, islice(invoice.lines, _MOST_LINES)))
    if (more := len(invoice.lines) - _MOST_LINES) > 0:
        _texts(pdf, [f"… et {more} lignes de plus dans le XML"])
    _texts(pdf, map(_adjustment, islice(invoice.allowance_charges, _MOST_NOTES)))
    _table(pdf, _TAXES, map(_tax, invoice.vat))
    _sums(pdf, invoice)
    _texts(pdf, map(_payment, islice(invoice.payments, _MOST_NOTES)))
    _texts(pdf, (note.text for note in islice(invoice.notes, _MOST_NOTES)))


def tracking(invoice: Invoice, story: Iterable[PivotStatus]) -> bytes:
    """The PDF of the statuses that an invoice went through (bordereau de suivi).

    Raises:
        MissingResource: fpdf2 or the fonts are not installed.
    """
    rows = [_past(status) for status in islice(story, _MOST_LINES)]

    def draw(pdf: FPDF, invoice: Invoice) -> None:
        _title(pdf, invoice)
        _texts(pdf, ["Bordereau de suivi"])
        _table(pdf, _STATUSES, rows)

    return _made(invoice, draw)


def _past(status: PivotStatus) -> tuple[str, ...]:
    author = f"{status.author.name} {status.author.identifier}"
    texts = (shortened(text, _STATUS) for text in (status.label, author, status.comment))
    return (status.day, status.code, *texts)


def _about(invoice: Invoice) -> Specimen:
    """What the metadata of the document say."""
    day = invoice.issue_date.date
    return Specimen(
        number=_printable(invoice.number.clean),
        supplier_name=_printable(invoice.seller.name.clean),
        issue_date=day.isoformat() if day else _NO_DAY,
    )


def _title(pdf: FPDF, invoice: Invoice) -> None:
    is_credit = invoice.is_credit_note or invoice.type_code.clean in _CREDIT
    kind = "AVOIR" if is_credit else "FACTURE"
    pdf.set_font(pdf.font_family, "B", _LARGE)
    text = shortened(f"{kind} {invoice.number.clean}", _NAME)
    pdf.cell(0, 9, _shown(pdf, text), new_x="LMARGIN", new_y="NEXT")
    _texts(pdf, [MENTION])


def _parties(pdf: FPDF, invoice: Invoice) -> None:
    left, right = _party("Fournisseur", invoice.seller), _party("Client", invoice.buyer)
    pdf.set_font(pdf.font_family, "", _NORMAL)
    for texts in zip(left, right, strict=True):
        pdf.cell(_HALF, _ROW, _shown(pdf, texts[0]))
        pdf.cell(_HALF, _ROW, _shown(pdf, texts[1]), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _party(role: str, party: Party) -> tuple[str, ...]:
    address = party.address
    given = [*party.identifiers, party.legal_id]
    number = next((each.clean for each in given if each), "")
    town = " ".join(filter(None, (address.postcode.clean, address.city.clean)))
    rows = (
        f"{role} :",
        party.name.clean,
        f"Identifiant : {number}" if number else "",
        f"TVA : {party.vat_id.clean}" if party.vat_id else "",
        address.line1.clean,
        address.line2.clean,
        f"{town} ({address.country.clean})" if address.country else town,
    )
    return tuple(shortened(row, _NAME) for row in rows)


def _facts(invoice: Invoice) -> Iterator[str]:
    """What stands between the parties and the lines."""
    yield f"Date : {invoice.issue_date.clean}   Type : {invoice.type_code.clean}"
    due = invoice.due_date or invoice.terms.due_date
    for label, value in (
        ("Cadre de facturation", invoice.profile.clean),
        ("Échéance", due.clean),
        ("Service ou référence de l'acheteur", invoice.buyer_reference.clean),
        ("Engagement ou commande", invoice.order.id.clean),
        ("Marché", invoice.contract.id.clean),
        ("Conditions", invoice.terms.text.clean),
    ):
        if value:
            yield f"{label} : {value}"
    for earlier in islice(invoice.preceding, _MOST_NOTES):
        yield f"Facture antérieure : {earlier.id.clean}"


def _line(line: Line) -> tuple[str, ...]:
    return (
        line.id.clean,
        shortened(line.item.name.clean or line.item.seller_id.clean, _NAME),
        _figure(line.quantity),
        _figure(line.price.net),
        _rate(line.category.rate),
        _figure(line.net),
    )


def _adjustment(given: AllowanceCharge) -> str:
    sign = "+" if given.is_charge else "-"
    words = given.reason.clean or ("Frais" if given.is_charge else "Remise")
    return f"{words} : {sign}{_figure(given.amount)}"


def _tax(row: VatBreakdown) -> tuple[str, ...]:
    category = row.category
    reason = category.reason.clean or category.reason_code.clean
    amounts = (_figure(row.taxable), _figure(row.tax))
    return category.code.clean, _rate(category.rate), *amounts, shortened(reason, _REASON)


def _sums(pdf: FPDF, invoice: Invoice) -> None:
    totals = invoice.totals
    rows = (
        ("Total HT", totals.without_vat),
        ("Total TVA", _vat_total(invoice)),
        ("Total TTC", totals.with_vat),
        ("Déjà payé", totals.prepaid),
        ("Net à payer", totals.payable),
    )
    pdf.set_font(pdf.font_family, "B", _NORMAL)
    for label, value in rows:
        if value.exists:
            text = f"{_figure(value)} {invoice.currency.clean}"
            pdf.cell(2 * _HALF - 40, _ROW, label, align="R")
            pdf.cell(40, _ROW, _shown(pdf, text), align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _vat_total(invoice: Invoice) -> Number:
    """BT-110; where the syntax has none, the sum of the breakdown."""
    if invoice.vat_total.exists or not invoice.vat:
        return invoice.vat_total
    taxes = (row.tax.value or Decimal() for row in invoice.vat)
    return Number(invoice.vat[0].element, sum(taxes, Decimal()))


def _payment(given: Payment) -> str:
    account = given.account.id.clean or given.account.proprietary.clean
    fields = (given.code.clean, given.text.clean, account, given.service.clean)
    return " ".join(("Paiement :", *filter(None, fields)))


def _figure(number: Number) -> str:
    return shortened(number.text if number.value is None else format(number.value, "f"), 16)


def _rate(number: Number) -> str:
    return f"{_figure(number)} %" if number.exists else ""


def _table(pdf: FPDF, columns: _Columns, rows: Iterable[Sequence[str]]) -> None:
    pdf.set_font(pdf.font_family, "B", _SMALL)
    _row(pdf, columns, [title for title, _, _ in columns])
    pdf.set_font(pdf.font_family, "", _SMALL)
    for row in rows:
        _row(pdf, columns, row)
    pdf.ln(2)


def _row(pdf: FPDF, columns: _Columns, values: Sequence[str]) -> None:
    for (_, width, align), value in zip(columns, values, strict=True):
        pdf.cell(width, _ROW, _shown(pdf, value), align=align)
    pdf.ln(_ROW)


def _texts(pdf: FPDF, texts: Iterable[str]) -> None:
    pdf.set_font(pdf.font_family, "", _NORMAL)
    for text in texts:
        shown = _shown(pdf, shortened(text, _MOST_TEXT))
        pdf.multi_cell(0, _ROW, shown, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _printable(text: str) -> str:
    """A text that XML metadata can hold."""
    return "".join(c if unicodedata.category(c)[0] != "C" else "?" for c in text)


def _shown(pdf: FPDF, text: str) -> str:
    """A text as the font can show it: PDF/A allows no glyph that is not there.

    Raises:
        UnicodeEncodeError: it takes a font that is not one of PDF's own.
    """
    printable = _printable(" ".join(text.split()))
    if FONT not in pdf.fonts:
        printable.encode(PLAIN_ENCODING)
        return printable
    known = cast("TTFFont", pdf.fonts[FONT]).cmap
    return "".join(c if ord(c) in known else "?" for c in printable)
