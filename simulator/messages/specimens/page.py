"""The readable page of a specimen: the facts of the invoice on paper, for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import TYPE_CHECKING, cast

from simulator.messages.specimens import dialect
from simulator.messages.specimens.figures import Figures, figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.paper import FONT, blank
from simulator.messages.specimens.parts import About, Adjustment, Payment, plain
from simulator.messages.xmltext import shortened

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

_MOST_LINES = 500  # more are in the XML only: the time of a page is bounded
_SMALL, _NORMAL, _LARGE = 8, 9, 16
_ROW = 4.5  # millimetres
_HALF = 90.0
# Columns of the lines: title, width in millimetres, alignment.
_COLUMNS = (
    ("N°", 12.0, "L"),
    ("Désignation", 80.0, "L"),
    ("Quantité", 22.0, "R"),
    ("Prix HT", 24.0, "R"),
    ("TVA", 18.0, "R"),
    ("Montant HT", 24.0, "R"),
)
_TAX_COLUMNS = (
    ("Catégorie", 22.0, "L"),
    ("Taux", 18.0, "R"),
    ("Base HT", 30.0, "R"),
    ("TVA", 30.0, "R"),
    ("Motif", 80.0, "L"),
)
_LONGEST_NAME = 52
_LONGEST_REASON = 56
_Columns = tuple[tuple[str, float, str], ...]


def page(spec: Specimen) -> bytes:
    """The page as a PDF of its own.

    Raises:
        ValueError: an issue date that is not one.
        MissingResource: fpdf2 or the fonts are not installed.
    """
    return bytes(drawn(spec).output())


def drawn(spec: Specimen) -> FPDF:
    """The page in a document that may still be added to; errors as `page`."""
    pdf = blank(spec)
    pdf.add_page()
    totals = figures(spec)
    _title(pdf, spec)
    _parties(pdf, spec)
    _texts(pdf, _facts(spec))
    _table(pdf, _COLUMNS, _rows(spec))
    if (more := spec.line_total - _MOST_LINES) > 0:
        _texts(pdf, [f"… et {more} lignes de plus dans le XML"])
    _texts(pdf, (_adjustment(a) for a in spec.adjustments))
    _table(pdf, _TAX_COLUMNS, _taxes(totals))
    _sums(pdf, spec, totals)
    _texts(pdf, (_payment(each) for each in spec.payments))
    _texts(pdf, (note.text for note in dialect.notes(spec)))
    return pdf


def _title(pdf: FPDF, spec: Specimen) -> None:
    pdf.set_font(FONT, "B", _LARGE)
    kind = "AVOIR" if spec.credit_note else "FACTURE"
    pdf.cell(0, 9, _shown(pdf, f"{kind} {spec.number}"), new_x="LMARGIN", new_y="NEXT")
    _texts(pdf, ["Document de test d'aife-sim, sans valeur"])


def _parties(pdf: FPDF, spec: Specimen) -> None:
    sides = (
        _party("Fournisseur", spec.supplier_name, spec.supplier, spec.seller),
        _party("Client", spec.recipient_name, spec.recipient, spec.buyer),
    )
    pdf.set_font(FONT, "", _NORMAL)
    for left, right in zip(*sides, strict=True):
        pdf.cell(_HALF, _ROW, _shown(pdf, left))
        pdf.cell(_HALF, _ROW, _shown(pdf, right), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _party(role: str, name: str, siret: str, about: About) -> tuple[str, ...]:
    place = " ".join(filter(None, (about.street, about.complement)))
    return (
        f"{role} :",
        shortened(name, _LONGEST_NAME),
        f"SIRET {siret}",
        shortened(place, _LONGEST_NAME),
        f"{about.postcode} {about.city} ({about.country})",
    )


def _facts(spec: Specimen) -> Iterator[str]:
    """What stands between the parties and the lines."""
    yield f"Date : {spec.issue_date}   Échéance : {dialect.due_date(spec)}"
    yield f"Cadre de facturation : {dialect.cadre(spec)}   Type : {dialect.type_code(spec)}"
    given = spec.references
    for label, value in (
        ("Service ou référence de l'acheteur", given.buyer),
        ("Engagement ou commande", given.order),
        ("Marché", given.contract),
        ("Commande du vendeur", given.sales_order),
    ):
        if value:
            yield f"{label} : {value}"
    for earlier in given.preceding:
        yield f"Facture antérieure : {earlier.number} du {earlier.issue_date}"
    if spec.period:
        yield f"Période : du {spec.period.start} au {spec.period.end}"
    if spec.delivery:
        yield f"Livraison : {spec.delivery.day} {spec.delivery.name}"


def _rows(spec: Specimen) -> Iterator[tuple[str, ...]]:
    shown = min(spec.line_total, _MOST_LINES)
    for rank, line in enumerate(islice(cycle(spec.lines), shown), 1):
        category, rate = line.tax
        yield (
            str(rank),
            shortened(line.name, _LONGEST_NAME),
            plain(line.quantity),
            plain(line.price),
            f"{category} {plain(rate)} %",
            plain(line.amount),
        )
        yield from (_detail(_adjustment(a)) for a in line.adjustments)


def _detail(text: str) -> tuple[str, ...]:
    return ("", shortened(text, _LONGEST_NAME), "", "", "", "")


def _adjustment(given: Adjustment) -> str:
    return f"{given.reason} : {'+' if given.charge else '-'}{plain(given.amount)} EUR"


def _taxes(totals: Figures) -> Iterator[tuple[str, ...]]:
    for row in totals.vat:
        _, words = dialect.exemption(row.category)
        amounts = (plain(row.base), plain(row.tax))
        yield row.category, f"{plain(row.rate)} %", *amounts, shortened(words, _LONGEST_REASON)


def _sums(pdf: FPDF, spec: Specimen, totals: Figures) -> None:
    pdf.set_font(FONT, "B", _NORMAL)
    rows = [("Total HT", totals.net), ("Total TVA", totals.tax), ("Total TTC", totals.gross)]
    rows += [("Déjà payé", spec.prepaid)] if spec.prepaid else []
    for label, value in (*rows, ("Net à payer", totals.payable)):
        pdf.cell(2 * _HALF - 40, _ROW, label, align="R")
        pdf.cell(40, _ROW, f"{plain(value)} EUR", align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _payment(given: Payment) -> str:
    fields = (given.reference, given.account, given.bank, given.mandate)
    return " ".join(("Paiement :", given.code, *filter(None, fields)))


def _table(pdf: FPDF, columns: _Columns, rows: Iterable[tuple[str, ...]]) -> None:
    pdf.set_font(FONT, "B", _SMALL)
    _row(pdf, columns, tuple(title for title, _, _ in columns))
    pdf.set_font(FONT, "", _SMALL)
    for row in rows:
        _row(pdf, columns, row)
    pdf.ln(2)


def _row(pdf: FPDF, columns: _Columns, values: tuple[str, ...]) -> None:
    for (_, width, align), value in zip(columns, values, strict=True):
        pdf.cell(width, _ROW, _shown(pdf, value), align=align)
    pdf.ln(_ROW)


def _texts(pdf: FPDF, texts: Iterable[str]) -> None:
    pdf.set_font(FONT, "", _NORMAL)
    for text in texts:
        pdf.multi_cell(0, _ROW, _shown(pdf, text), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _shown(pdf: FPDF, text: str) -> str:
    """A text as the font can show it: PDF/A allows no glyph that is not there."""
    known = cast("TTFFont", pdf.fonts[FONT]).cmap
    flat = " ".join(text.split())
    return "".join(
        c if ord(c) in known and unicodedata.category(c)[0] != "C" else "?" for c in flat
    )
