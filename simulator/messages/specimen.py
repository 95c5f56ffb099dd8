"""The specimen invoice under its old name: see `simulator.messages.specimens`."""

from __future__ import annotations

from simulator.messages.specimens.dialect import vat_number
from simulator.messages.specimens.factory import document
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Line

__all__ = ["Line", "Specimen", "ubl_invoice", "vat_number"]


def ubl_invoice(spec: Specimen) -> bytes:
    """The invoice as UBL 2.1 in UTF-8.

    Reaches `spec.size` to 4 bytes when the bare document and an attachment fit into it.

    Raises:
        ValueError: an issue date that is not one, or a specimen without lines.
    """
    return document(spec, "ubl")
