"""Contents of flows, each wrong in one way, or large and right."""

from __future__ import annotations

import base64
import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import msgspec
import pikepdf
from archive_forge import (
    Part,
    endless,
    forged,
    gzip_bomb,
    tar,
    tar_entry,
    tar_header,
    zip64_extra,
    zip_info,
    zipped,
)
from flow_desk import PLATFORM
from interface_documents import WHEN, cii, document
from pdfs import SOUND, Attached, factur_x

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
OVER = 0xFFFFFFFF
GB = 1 << 30


def good(code: str, number: str = "BAD-1") -> bytes:
    """A document without fault for an interface."""
    return document(CATALOGUE[code], _specimen(code, number))


def _specimen(code: str, number: str = "BAD-1") -> Specimen:
    return Specimen(circuit="b2g-pa" if code in PLATFORM else "b2g", number=number)


UBL, CII, CDAR = good("FSO1100A"), good("FSO1106A"), good("FSO1304A")


# -- XML -----------------------------------------------------------------------------------------


def declared(encoding: str, written: str = "", content: bytes = UBL) -> bytes:
    """A document that says its encoding, in that encoding or another."""
    text = content.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"', 1)
    return text.encode(written or encoding)


def with_doctype(subset: str, reference: str = "", content: bytes = UBL) -> bytes:
    head, end, rest = content.decode().partition("?>\n")
    rest = rest.replace("<cbc:ID>BAD-1", f"<cbc:ID>{reference}")
    return f"{head}{end}<!DOCTYPE Invoice {subset}>\n{rest}".encode()


def laughs(levels: int = 30) -> bytes:
    """Ten times as many laughs at each of the levels."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels))
    return with_doctype(f'[<!ENTITY l0 "lol">{entities}]', f"&l{levels - 1};")


def with_number(number: bytes) -> bytes:
    return UBL.replace(b"<cbc:ID>BAD-1", b"<cbc:ID>" + number, 1)


def deep(levels: int) -> bytes:
    return with_number(b"<a>" * levels + b"</a>" * levels)


def crowded(attributes: int) -> bytes:
    """A root with so many attributes."""
    names = b"".join(b' a%d=""' % n for n in range(attributes))
    return UBL.replace(b"<Invoice", b"<Invoice" + names, 1)


# -- attachments ---------------------------------------------------------------------------------

_BEFORE = b"<cac:AccountingSupplierParty>"


def with_attachment(
    name: str | None = "annexe.pdf", content: bytes = b"x", document: bytes = UBL
) -> bytes:
    """A UBL invoice with a file in it; without a name it has only its reference."""
    named = "" if name is None else f' filename="{name}"'
    text = base64.b64encode(content).decode()
    binary = "cbc:EmbeddedDocumentBinaryObject"
    block = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        f'<{binary} mimeCode="application/pdf"{named}>{text}</{binary}>'
        "</cac:Attachment></cac:AdditionalDocumentReference>"
    )
    return document.replace(_BEFORE, block.encode() + _BEFORE, 1)


def with_attachment_in_cii(code: str, name: str, content: bytes = b"x") -> bytes:
    """A CII invoice with a file in it."""
    text, binary = base64.b64encode(content).decode(), "ram:AttachmentBinaryObject"
    reference = f"""<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>1</ram:IssuerAssignedID>
<ram:TypeCode>916</ram:TypeCode>
<{binary} mimeCode="application/pdf" filename="{name}">{text}</{binary}>
</ram:AdditionalReferencedDocument>"""
    return cii(_specimen(code), reference)


def with_text_for_base64() -> bytes:
    """A CPPFactureMixte, whose schema takes any text for a file."""
    return good("FSO1113A").replace(b"<Contenu>UEsDBA==<", b"<Contenu>***<", 1)


def heavy(code: str, size: int, number: str) -> bytes:
    """A legal invoice of that size, nearly all of it one attachment in base64."""
    return ubl_invoice(msgspec.structs.replace(_specimen(code, number), size=size))


# -- archives ------------------------------------------------------------------------------------


def of_tar(*files: tuple[str, bytes]) -> bytes:
    return tar(*files, layout=tarfile.PAX_FORMAT)


def special(kind: bytes) -> bytes:
    """A tar.gz with an entry that is no file."""
    return tar(("a.xml", UBL), tar_entry("b.xml", kind, "/etc/passwd"))


def sparse() -> bytes:
    """A tar.gz as GNU tar writes a file with holes, in pax format."""
    entry = tarfile.TarInfo("b.xml")
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(10 * GB)}
    return tar(entry, layout=tarfile.PAX_FORMAT)


def special_in_zip(mode: int) -> bytes:
    return zipped(("a.xml", UBL), (zip_info("b.xml", mode), b"/etc/passwd"))


def announcing(size: int) -> bytes:
    """A tar.gz whose only file has so many bytes by its header, and a hundred of them."""
    return gzip.compress(tar_header(b"a.xml", b"0", size) + UBL[:100])


def announcing_zip(size: int, data: bytes = b"") -> bytes:
    """The same as a zip, or with other data."""
    packed = data or zlib.compress(UBL, wbits=-15)
    return forged(Part(data=packed, size=OVER, extra=zip64_extra(size)))


@cache
def zeros_10_gb() -> bytes:
    """10 GB of zeros as gzip: about 10 MB."""
    return gzip_bomb(100)


@cache
def tar_10_gb() -> bytes:
    return gzip_bomb(100, tar_header(b"a.xml", b"0", 10 * GB))


@cache
def zip_10_gb() -> bytes:
    """10 GB of zeros, 99 MB by the directory: the reader must stop there."""
    return announcing_zip(99 << 20, endless(100, b"<"))


def overlapping() -> bytes:
    """A thousand files that share one stream of 100 MB."""
    kernel = Part(b"k.xml", data=endless(1), size=90 << 20)
    parts = [Part(b"%04d.xml" % n, data=b"", packed=9000, size=18 << 20) for n in range(1000)]
    return forged(*parts, kernel)


def huge_header() -> bytes:
    """A tar.gz of 1 KB that asks for a pax header of 600 MB."""
    return gzip.compress(tar_header(b"x", b"x", 600_000_000) + bytes(1 << 20))


def text_beyond_the_limit(packed: Callable[..., bytes]) -> bytes:
    return packed(("a.xml", with_number(b"9" * (101 << 20))))


def invoices(count: int) -> Iterator[tuple[str, bytes]]:
    """Small invoices, each with its number."""
    content = ubl_invoice(Specimen(number="MANY-00000"))
    for n in range(count):
        yield f"{n:05d}.xml", content.replace(b"MANY-00000", b"MANY-%05d" % n, 1)


@cache
def many(count: int) -> bytes:
    return pack(invoices(count), WHEN)


# -- PDF -----------------------------------------------------------------------------------------


def pdf(*attached: Attached, xml: bytes = CII) -> bytes:
    return factur_x(*(attached or (Attached(raw=zlib.compress(xml)),)))


@cache
def inflating_to_2_gb() -> bytes:
    """A PDF of 2 MB whose XML has 2 GB."""
    return pdf(Attached(raw=b"\x78\xda" + endless(20)))


def two_invoices() -> bytes:
    packed = zlib.compress(CII)
    return pdf(Attached(raw=packed), Attached("xrechnung.xml", raw=packed))


def encrypted(**passwords: str) -> bytes:
    return factur_x(layout=replace(SOUND, encryption=pikepdf.Encryption(**passwords)))
