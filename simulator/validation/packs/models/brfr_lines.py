"""Lines that stand above and below each other, as the French rules read them.

In UBL a line says what it is (GROUP, DETAIL, INFORMATION) and which line it belongs to in a reference
to the very invoice that it stands in; in CII it has elements for it.

Source: XP Z12-012 annex A, EXT-FR-FE-162 and -163; behaviour of the FNFE rules BR-FR Flux 2 and
EXTENDED-CTC-FR.
"""

from __future__ import annotations

from simulator.messages.invoice.fields import Text
from simulator.messages.invoice.model import Invoice, Line, Reference

GROUP = "GROUP"
DETAIL = "DETAIL"
INFORMATION = "INFORMATION"


def own_references(invoice: Invoice, line: Line) -> list[Reference]:
    """References of a line to the invoice that it stands in (UBL)."""
    number = invoice.number
    if not line.preceding or not number.exists:
        return []
    return [r for r in line.preceding if r.id.exists and r.id.value == number.value]


def roles_of(invoice: Invoice, line: Line) -> list[Text]:
    """What a line says that it is; nothing for a line that stands for itself."""
    if invoice.syntax == "cii":
        return [line.kind] if line.kind.exists else []
    return [r.status for r in own_references(invoice, line) if r.status.exists]


def parents_of(invoice: Invoice, line: Line) -> list[Text]:
    """Identifiers of the line above."""
    if invoice.syntax == "cii":
        return [line.parent] if line.parent.exists else []
    return [r.line for r in own_references(invoice, line) if r.line.exists]


def is_counted(invoice: Invoice, line: Line) -> bool:
    """Whether the totals of the invoice have a line in them: no group, no information."""
    if invoice.syntax == "cii":
        return line.kind.element is None or line.kind.value == DETAIL
    own = own_references(invoice, line)
    return not own or any(r.status.value == DETAIL for r in own)


def counted_lines(invoice: Invoice) -> list[Line]:
    """The lines that the totals of the invoice are made of."""
    return invoice.once(_counted_lines)


def _counted_lines(invoice: Invoice) -> list[Line]:
    return [line for line in invoice.lines if is_counted(invoice, line)]
