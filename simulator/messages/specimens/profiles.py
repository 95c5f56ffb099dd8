"""What the profile BASIC of Factur-X cannot hold, taken out of a specimen.

Source: Factur-X 1.09 (FNFE-MPE), schema and table of the profile BASIC.
"""

from __future__ import annotations

from msgspec.structs import replace

from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import About, Line, Payment


def basic(spec: Specimen) -> Specimen:
    """The specimen without contacts, attachments, bank, card, details of items and allowances."""
    return replace(
        spec,
        lines=tuple(_line(line) for line in spec.lines),
        seller=_about(spec.seller),
        buyer=_about(spec.buyer),
        references=replace(spec.references, sales_order=""),
        payments=tuple(_payment(each) for each in spec.payments),
        attachments=(),
    )


def _about(about: About) -> About:
    return replace(about, contact=None)


def _line(line: Line) -> Line:
    adjustments = tuple(replace(each, percent=None, base=None) for each in line.adjustments)
    return replace(line, description="", reference="", properties=(), adjustments=adjustments)


def _payment(given: Payment) -> Payment:
    return replace(given, holder="", bank="", card="")
