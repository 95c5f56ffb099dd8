"""Small PDFs with attachments, sound or with one thing wrong.

`factur_x()` is a Factur-X that gives no finding; every knob breaks one thing. Streams are written
as given, without object streams, so that a test may also edit the bytes.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

CII = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm='
    b'"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
)
# The writer corrects metadata, so they get their key after it.
_HIDDEN = "/MetadatX"
NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
FIELDS = {
    "DocumentType": "INVOICE",
    "DocumentFileName": "factur-x.xml",
    "Version": "1.0",
    "ConformanceLevel": "EN 16931",
}


@dataclass(frozen=True)
class Attached:
    """One attachment: `raw` is the data of the stream as stored, the filters are only named."""

    name: str = "factur-x.xml"
    raw: bytes = zlib.compress(CII)
    filters: tuple[str, ...] = ("FlateDecode",)
    predictor: int | None = None
    size: int | None = None
    relationship: str | None = "Data"
    embedded: bool = True
    associated: bool = True


FACTURX = Attached()


@dataclass(frozen=True)
class Layout:
    """What is around the attachments.

    Attributes:
        xmp: the packet; None leaves it out.
        xmp_filter: name of its filter, whose data `xmp` then is.
        fonts: names of the fonts of the page, and whether each is embedded.
        tree: ``flat``; ``kids`` puts each attachment in a branch; ``loop`` adds a branch that is
            the tree itself.
    """

    xmp: bytes | None
    xmp_filter: str | None = None
    identified: bool = True
    intent: bool = True
    fonts: dict[str, bool] = field(default_factory=dict)
    tree: str = "flat"
    encryption: pikepdf.Encryption | None = None


def xmp(
    fields: dict[str, str] | None = None,
    *,
    part: str = "3",
    conformance: str = "B",
    namespace: str = NAMESPACE,
    described: bool = True,
    attributes: bool = False,
) -> bytes:
    """An XMP packet; properties of the extension are elements, or attributes."""
    values = (FIELDS if fields is None else fields).items()
    inside = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value in values)
    beside = "".join(f' fx:{name}="{value}"' for name, value in values)
    uri = f"<s:namespaceURI>{namespace}</s:namespaceURI>" if described else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<r:Description r:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        f"<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>{conformance}</pdfaid:conformance>"
        f'</r:Description><r:Description r:about="" xmlns:fx="{namespace}"'
        f"{beside if attributes else ''}>{'' if attributes else inside}</r:Description>"
        '<r:Description r:about="" xmlns:e="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:s="http://www.aiim.org/pdfa/ns/schema#"><e:schemas><r:Bag>'
        f'<r:li r:parseType="Resource">{uri}</r:li></r:Bag></e:schemas></r:Description>'
        '</r:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


SOUND = Layout(xmp=xmp())


def factur_x(*attached: Attached, layout: Layout = SOUND) -> bytes:
    """A PDF of one page; without arguments a sound Factur-X."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(100, 100))
        page.obj.Resources = Dictionary(Font=_fonts(pdf, layout.fonts))
        _attach(pdf, attached or (FACTURX,), layout.tree)
        if layout.xmp is not None:
            packet = Stream(pdf, layout.xmp, Type=Name.Metadata, Subtype=Name.XML)
            if layout.xmp_filter:
                packet.Filter = Name(f"/{layout.xmp_filter}")
            pdf.Root[_HIDDEN] = packet
        if layout.intent:
            pdf.Root.OutputIntents = Array([Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1)])
        return _saved(pdf, layout)


def without_attachments() -> bytes:
    """A PDF that is no Factur-X."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(100, 100))
        return _saved(pdf, SOUND)


def inflating(size: int, start: bytes = b"") -> bytes:
    """Deflated data of that size, blanks after `start`, made without holding them."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(start)]
    parts += (packer.compress(b" " * (1 << 20)) for _ in range(size >> 20))
    return b"".join((*parts, packer.flush()))


def structure_bomb(size: int, *, table: bool) -> bytes:
    """A PDF whose cross-reference stream, or else whose object stream, inflates to `size`."""
    catalog = b"<< /Type /Catalog /Pages 3 0 R >>"
    out, places = io.BytesIO(), {}
    out.write(b"%PDF-1.7\n")

    def put(number: int, body: bytes) -> None:
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def stream(entries: bytes, data: bytes) -> bytes:
        return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)

    put(3, b"<< /Type /Pages /Kids [] /Count 0 >>")
    if table:
        put(1, catalog)
    else:
        packed = inflating(size, b"1 0 " + catalog)
        put(2, stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed))
    start = out.tell()
    places[4] = start
    rows = [(0, 0, 255), (1, places[1], 0) if table else (2, 2, 0)]
    rows += [(1, places.get(number, start), 0) for number in (2, 3, 4)]
    data = b"".join(b"%c%s%c" % (k, at.to_bytes(4, "big"), n) for k, at, n in rows)
    entries = b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R"
    if table:
        entries, data = entries + b" /Filter /FlateDecode", inflating(size, data)
    put(4, stream(entries, data))
    return out.getvalue() + b"startxref\n%d\n%%%%EOF\n" % start


def _fonts(pdf: Pdf, fonts: dict[str, bool]) -> Any:
    found = Dictionary()
    for number, (name, embedded) in enumerate(fonts.items()):
        font = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name(f"/{name}"))
        if embedded:
            font.FontDescriptor = Dictionary(FontFile2=Stream(pdf, b"font"))
        found[f"/F{number}"] = pdf.make_indirect(font)
    return found


def _attach(pdf: Pdf, attached: tuple[Attached, ...], tree: str) -> None:
    files = [(file, _specification(pdf, file)) for file in attached]
    pairs = [[String(file.name), spec] for file, spec in files if file.embedded]
    if tree == "flat":
        root = Dictionary(Names=Array([item for pair in pairs for item in pair]))
    else:
        branches = [pdf.make_indirect(Dictionary(Names=Array(pair))) for pair in pairs]
        root = Dictionary(Kids=Array(branches))
    root = pdf.make_indirect(root)
    if tree == "loop":
        root.Kids.append(root)
    pdf.Root.Names = Dictionary(EmbeddedFiles=root)
    associated = [spec for file, spec in files if file.associated]
    if associated:
        pdf.Root.AF = Array(associated)


def _specification(pdf: Pdf, file: Attached) -> Any:
    stream = Stream(pdf, file.raw, Type=Name.EmbeddedFile, Subtype=Name("/text/xml"))
    if file.filters:
        stream.Filter = Array([Name(f"/{name}") for name in file.filters])
    if file.predictor is not None:
        stream.DecodeParms = Dictionary(Predictor=file.predictor)
    if file.size is not None:
        stream.Params = Dictionary(Size=file.size)
    specification = Dictionary(
        Type=Name.Filespec, F=String(file.name), UF=String(file.name), EF=Dictionary(F=stream)
    )
    if file.relationship is not None:
        specification.AFRelationship = Name(f"/{file.relationship}")
    return pdf.make_indirect(specification)


def _saved(pdf: Pdf, layout: Layout) -> bytes:
    out = io.BytesIO()
    pdf.save(
        out,
        compress_streams=False,
        stream_decode_level=None if layout.encryption else pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        static_id=layout.encryption is None,
        encryption=layout.encryption or False,
    )
    content = out.getvalue().replace(_HIDDEN.encode(), b"/Metadata")
    # The writer always adds an identifier; another key of the same length hides it.
    return content if layout.identified else content.replace(b"/ID [", b"/XX [")
