"""The XML of a Factur-X: out of its PDF, with what is wrong.

Errors (rules that begin with ``IRR_``) say why there is no XML; all other findings are advisory and
come with it. Nothing that a partner sends raises. Which attachment is the invoice: the one that has
a name of the specification; without one, the only XML attachment that is a CrossIndustryInvoice.

Source: Factur-X specification (FNFE-MPE, FeRD), embedded XML; ISO 19005-3 §6.8; ISO 32000-1 §7.9.6
(name trees), §7.11 (file specifications). Wordings: ``schemas/rules/facturx.toml``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from simulator.domain.findings import Finding
from simulator.messages.facturxcontainer import (
    RELATIONS,
    Attachment,
    container_findings,
    finding,
    metadata,
    metadata_findings,
    shown,
)
from simulator.messages.pdfobjects import (
    StreamFault,
    entry,
    faults,
    items,
    library,
    reason,
    text,
    unfiltered,
    walk,
)

if TYPE_CHECKING:
    from pikepdf import Pdf

STANDARD_NAME = "factur-x.xml"
# ZUGFeRD 2 and its profile XRECHNUNG, ZUGFeRD 1: the same container, other names.
_NAMES = (STANDARD_NAME, "xrechnung.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml")

_MOST_ATTACHMENTS = 5_000
_MOST_OPENED = 16  # XML attachments looked into for an invoice
_MOST_LISTED = 5
# A reader repairs what was cut off; a flow that did not arrive whole is not to be taken.
_END, _TAIL = b"%%EOF", 2048
_CUT = "no %%EOF at its end: the file is cut"
_HEAD = 64 << 10

# Possessive, so that it never backtracks; NULs are taken out first, so it reads UTF-16 too.
_INVOICE = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?+(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*+>)*+"
    rb"<(?:[^\s<>/:]++:)?+CrossIndustryInvoice[\s/>]",
    re.DOTALL,
)

# The end of a guideline (BT-24) and the profiles that the XMP may name for it; first match wins.
_PROFILES = (
    (re.compile(r"[:.]minimum$"), ("MINIMUM",)),
    (re.compile(r"[:.]basicwl$"), ("BASIC WL",)),
    (re.compile(r"[:.]basic$"), ("BASIC",)),
    (re.compile(r"[:.]comfort$"), ("EN 16931", "COMFORT")),
    (re.compile(r"xrechnung"), ("XRECHNUNG", "EN 16931", "EXTENDED")),
    (re.compile(r"[:.]extended(-ctc-fr)?$"), ("EXTENDED",)),
    (re.compile(r"^urn:cen\.eu:en16931:2017(#compliant#.*)?$"), ("EN 16931",)),
)
# Their XML is no full invoice, so it cannot be source or alternative of the pages.
_ONLY_DATA = {"MINIMUM", "BASIC WL"}


class Extracted(msgspec.Struct, frozen=True):
    """What a Factur-X PDF holds.

    Attributes:
        xml: the invoice, its bytes as they are; None when an error says why there is none.
        name: of the attachment it came from; ``""`` without one.
        findings: the error, or what is advisory on the container; they point nowhere.
        relationship: AFRelationship of the attachment, without slash; ``""`` without one.
        profile: ConformanceLevel in the XMP metadata; ``""`` without one.
    """

    xml: bytes | None
    name: str = ""
    findings: tuple[Finding, ...] = ()
    relationship: str = ""
    profile: str = ""


class _Refused(Exception):
    """The PDF gives no invoice; carries the error."""

    def __init__(self, rule: str, **given: object) -> None:
        super().__init__(rule)
        self.finding = finding(rule, **given)


def extract(content: bytes, most: int = 100 << 20) -> Extracted:
    """Takes the invoice out of a PDF and looks at the PDF as its container.

    Args:
        content: the PDF.
        most: bytes that the XML may have, as declared and as inflated.

    Raises:
        MemoryError: the memory allowed to the process does not suffice.
    """
    if _END not in content[-_TAIL:]:
        return Extracted(None, findings=(_unreadable(_CUT),))
    pikepdf = library()
    try:
        with pikepdf.open(io.BytesIO(content), inherit_page_attributes=False) as pdf:
            return _extracted(pdf, most)
    except _Refused as refused:
        fault = refused.finding
    except pikepdf.PasswordError:
        fault = finding("IRR_SYNTAX_PDF_ENCRYPTED")
    except faults() as error:
        fault = _unreadable(reason(error))
    return Extracted(None, findings=(fault,))


def profile_findings(extracted: Extracted, guideline: str) -> tuple[Finding, ...]:
    """What the container says against the guideline of its XML: profile and relationship.

    Args:
        extracted: of the PDF.
        guideline: BT-24 of the XML; one that is not known is compared with nothing.
    """
    plain = guideline.strip().lower()
    expected = next((profiles for end, profiles in _PROFILES if end.search(plain)), ())
    given = {"guideline": shown(guideline), "expected": " / ".join(expected)}
    findings = []
    stated = extracted.profile
    if expected and stated and _bare(stated) not in map(_bare, expected):
        findings.append(finding("FACTURX_PROFILE", found=stated, **given))
    relationship = extracted.relationship
    if _ONLY_DATA.intersection(expected) and relationship in RELATIONS[1:]:
        findings.append(finding("FACTURX_RELATION_PROFILE", found=relationship, **given))
    elif relationship == "Source":
        findings.append(finding("FACTURX_RELATION_SOURCE"))
    return tuple(findings)


def _bare(profile: str) -> str:
    """A profile without what its spellings differ in: ``EN 16931``, ``en16931``."""
    return re.sub(r"[\s_-]", "", profile).upper()


def _unreadable(why: str) -> Finding:
    if "encrypt" in why.lower():
        return finding("IRR_SYNTAX_PDF_ENCRYPTED")
    return finding("IRR_SYNTAX_PDF", detail=shown(why) or "no reason given")


def _extracted(pdf: Pdf, most: int) -> Extracted:
    if pdf.is_encrypted:
        raise _Refused("IRR_SYNTAX_PDF_ENCRYPTED")
    attachments = _attachments(pdf.Root)
    invoice = _invoice(attachments)
    xml = _content(invoice, most)
    about = metadata(pdf.Root)
    findings = (
        *_naming(invoice, attachments),
        *container_findings(pdf, invoice),
        *metadata_findings(about, invoice.name),
    )
    profile = about.property("ConformanceLevel") if about else ""
    return Extracted(xml, invoice.name, findings, invoice.relationship, shown(profile))


def _attachments(catalog: object) -> list[Attachment]:
    """Embedded and associated files, each content once. Raises `_Refused` if they are too many."""
    associated = entry(catalog, "/AF")
    single = isinstance(associated, library().Dictionary)
    listed = [associated] if single else items(associated, _MOST_ATTACHMENTS + 1)
    found: dict[object, Attachment] = {}
    for file in (*_embedded(catalog), *(_file("", spec, associated=True) for spec in listed)):
        if file is None:
            continue
        known = found.setdefault(file.stream.objgen, file)
        found[file.stream.objgen] = msgspec.structs.replace(
            known,
            relationship=known.relationship or file.relationship,
            associated=known.associated or file.associated,
        )
        if len(found) > _MOST_ATTACHMENTS:
            raise _Refused("IRR_SYNTAX_PDF_MANY", limit=_MOST_ATTACHMENTS)
    return list(found.values())


def _embedded(catalog: object) -> Iterator[Attachment | None]:
    """The files of the name tree, in its order."""
    top = entry(entry(catalog, "/Names"), "/EmbeddedFiles")
    room = _MOST_ATTACHMENTS + 1
    for node in walk(top, lambda branch: items(entry(branch, "/Kids"), room), room):
        pairs = items(entry(node, "/Names"), 2 * room)
        for key, specification in zip(pairs[::2], pairs[1::2], strict=False):
            yield _file(text(key), specification, embedded=True)


def _file(
    key: str, specification: object, *, embedded: bool = False, associated: bool = False
) -> Attachment | None:
    """The file of a specification, named by it or else by its key; None if it embeds none."""
    streams = (entry(entry(specification, "/EF"), name) for name in ("/F", "/UF"))
    stream = next((s for s in streams if isinstance(s, library().Stream)), None)
    if stream is None:
        return None
    names = (text(entry(specification, name)) for name in ("/UF", "/F"))
    name = next(filter(None, names), key)
    relationship = text(entry(specification, "/AFRelationship"))
    return Attachment(shown(name), stream, shown(relationship), embedded, associated)


def _invoice(attachments: list[Attachment]) -> Attachment:
    named = [file for file in attachments if file.name in _NAMES]
    candidates = named or [file for file in _xml_files(attachments) if _is_invoice(file)]
    if len(candidates) > 1:
        raise _Refused("IRR_SYNTAX_PDF_TWO", names=_listed(candidates))
    if not candidates:
        found = _listed(attachments) or "no attachment"
        raise _Refused("IRR_SYNTAX_PDF_XML", found=found, limit=_MOST_OPENED)
    return candidates[0]


def _xml_files(attachments: list[Attachment]) -> list[Attachment]:
    """Those that call themselves XML, the first ones."""
    return [file for file in attachments if file.name.lower().endswith(".xml")][:_MOST_OPENED]


def _is_invoice(file: Attachment) -> bool:
    try:
        head = unfiltered(file.stream, _HEAD, cut=True)
    except StreamFault:
        return False
    return _INVOICE.match(head.replace(b"\0", b"")) is not None


def _listed(files: list[Attachment]) -> str:
    names = ", ".join(file.name for file in files[:_MOST_LISTED])
    more = len(files) - _MOST_LISTED
    return f"{names}, and {more} more" if more > 0 else names


def _content(file: Attachment, most: int) -> bytes:
    declared = entry(entry(file.stream, "/Params"), "/Size")
    if isinstance(declared, int) and declared > most:
        raise _Refused("IRR_TAILLE_F_XML", name=file.name, limit=most)
    try:
        content = unfiltered(file.stream, most)
    except StreamFault as fault:
        given = {key: shown(str(value)) for key, value in fault.values.items()}
        raise _Refused(fault.rule, name=file.name, **given) from None
    if not content:
        raise _Refused("IRR_SYNTAX_PDF_STREAM", name=file.name, detail="it is empty")
    return content


def _naming(invoice: Attachment, attachments: list[Attachment]) -> Iterator[Finding]:
    if invoice.name != STANDARD_NAME:
        yield finding("FACTURX_NAME", name=invoice.name)
    others = [f for f in _xml_files(attachments) if f is not invoice and _is_invoice(f)]
    if others:
        yield finding("FACTURX_SEVERAL", name=invoice.name, others=_listed(others))
