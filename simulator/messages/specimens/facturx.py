"""Factur-X of a specimen: its page as PDF/A-3B with the invoice inside.

Source: Factur-X specification (FNFE-MPE, FeRD), embedded XML; ISO 19005-3 §6.8 (associated files).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from simulator.messages.specimens import cii, filler
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.page import drawn
from simulator.messages.specimens.paper import moment, xmp
from simulator.messages.specimens.streaming import pieces as pieces_of

_NAME = "factur-x.xml"
_LEVELS = {"basic": "BASIC", "en16931": "EN 16931", "extended": "EXTENDED"}
# Offsets and lengths in the PDF grow a digit now and then.
_SLACK = 64


def pieces(spec: Specimen) -> Iterator[bytes]:
    """The PDF, in one piece: its cross-references speak of the whole.

    Reaches `spec.size` to 128 bytes by a second attachment, if the bare document is smaller.

    Raises:
        ValueError: an issue date that is not one, or a specimen without lines.
        MissingResource: fpdf2 or the fonts are not installed.
    """
    xml = inside(spec)
    content = _pdf(spec, 0, xml)
    if spec.size > len(content):
        room = spec.size - len(_pdf(spec, 1, xml)) - _SLACK
        content = _pdf(spec, room, xml) if room > 0 else content
    yield content[: len(content) // 2] if spec.broken == "truncated" else content


def inside(spec: Specimen) -> bytes:
    """The invoice that is inside the PDF; see `around`."""
    whole = replace(spec, size=0, broken="xsd" if spec.broken == "xsd" else "")
    return b"".join(pieces_of(whole, cii.FACTUR_X))


def around(spec: Specimen, xml: bytes) -> bytes:
    """The PDF of a specimen with another invoice inside.

    Raises:
        ValueError, MissingResource: as `pieces`.
    """
    return _pdf(spec, 0, xml)


def _pdf(spec: Specimen, filling: int, xml: bytes) -> bytes:
    pdf = drawn(spec)
    pdf.set_xmp_metadata(xmp(spec, _LEVELS[spec.level]))
    when = moment(spec)
    pdf.embed_file(
        bytes=xml,
        basename=_NAME,
        mime_type="text/xml",
        associated_file_relationship="Alternative",
        desc="Factur-X",
        modification_date=when,
        compress=True,
    )
    if filling:
        pdf.embed_file(
            bytes=b"".join(filler.filler(filling)),
            basename=filler.NAME,
            mime_type=filler.MIME,
            associated_file_relationship="Supplement",
            desc="Annexe",
            modification_date=when,
        )
    return bytes(pdf.output())
