"""Entries of an archive, and which of them a flow may hold.

What an entry may be follows from the syntax that the interface demands and from the circuit.

Source: Chorus Pro external specifications v1.0 §5.4.1 (kinds of file); v1.1 §3.2.1.4.1 (file
names); PPF general dossier v3.2 table 3 (motifs). Rules are rows of ``container.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Literal
from unicodedata import category

import msgspec

from simulator import resources
from simulator.domain.findings import NOWHERE, Finding, Place, Rulebook
from simulator.domain.judgement import Job

EntryKind = Literal["file", "folder", "link", "device", "sparse", "other"]
MemberKind = Literal["document", "stylesheet"]

# Chorus Pro external specifications v1.1 §3.2.1.4.1, circuits of the plateformes agréées.
_LONGEST_NAME = 256
_FORBIDDEN = frozenset("%$!&/\\:;«»#@")
_STRICT_CIRCUITS = ("b2g-pa", "g2b-pa", "g2b-issuer")
# E1 flows hold the stylesheets that their invoices name; ``""`` is a check without interface.
_STYLED_CIRCUITS = ("b2g", "")
_STYLESHEETS = (".xsl", ".xslt")
_PDF_FAMILIES = ("factur-x", "factur-x-d16b")
_E_REPORTING = "flux-10"
_E_REPORTING_NAME = re.compile(r"[0-9]{9}_[^/]+_([0-9]{8})_([0-9]{8})\.xml", re.IGNORECASE)

# Of a name, for messages and for comparing it with the others.
LONGEST_KEPT = 1024
# Categories of characters that cannot be seen: control, format (direction of writing), line breaks,
# halves of characters.
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Cs")
_UNSAFE = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL)
_MAGIC = (
    (b"\x1f\x8b", ".tar.gz"),
    (b"PK\x03\x04", ".zip"),
    (b"PK\x05\x06", ".zip"),
    (b"%PDF", ".pdf"),
)
# After a byte order mark and blanks; UTF-16 is told from the parser's mouth, so it is XML here.
_XML_STARTS = (b"<", b"\xff\xfe", b"\xfe\xff", b"\x00<")
# First bytes of a file that tell what it is.
SNIFFED = 64


class ArchiveFault(Exception):
    """The archive cannot be read any further.

    Attributes:
        rule: row of ``schemas/rules/container.toml``.
        name: entry that it is about, as written; None for the archive as a whole.
        values: what the texts of that row ask for besides the name.
    """

    def __init__(self, rule: str, *, name: str | None = None, **values: object) -> None:
        super().__init__(f"{rule}: {name or ''} {values}")
        self.rule = rule
        self.name = name
        self.values = values


class Entry(msgspec.Struct, frozen=True):
    """Header of one entry. `name` is as written, decoded; `size` is bytes of content to read."""

    name: str
    kind: EntryKind
    size: int


class Member(msgspec.Struct, frozen=True):
    """One file of a flow.

    Attributes:
        name: in the envelope, without ``./``, made safe to show; the flow's own name when it
            travels bare.
        size: bytes, unpacked.
        content: None when it is refused unread, or skipped.
        findings: what is wrong with it as a file.
        kind: a stylesheet is carried along and not judged.
        skipped: the caller did not want the content, so nothing was looked for in it.
    """

    name: str
    size: int
    content: bytes | None
    findings: tuple[Finding, ...] = ()
    kind: MemberKind = "document"
    skipped: bool = False


@cache
def rules() -> Rulebook:
    """Wordings of the container and of the judging processes. Raises `MissingResource`."""
    return Rulebook.from_tables(resources.table("schemas", "rules", "container.toml"))


def finding(rule: str, place: Place = NOWHERE, **values: object) -> Finding:
    """Words a row of the container table; `KeyError` if there is none."""
    return rules().finding(rule, place, shown=None, **values)


def told(fault: ArchiveFault) -> Finding:
    """An end of reading, as a finding of the flow."""
    if fault.name is None:
        return finding(fault.rule, NOWHERE, **fault.values)
    name = shown(fault.name)
    return finding(fault.rule, Place(member=name), name=name, **fault.values)


def shown(name: str) -> str:
    """A name that is safe in a terminal, a log and an XML report, at most 1024 characters.

    Control characters, marks that turn the direction of writing and the like come out as Python
    escapes.
    """
    if len(name) > LONGEST_KEPT:
        name = name[:LONGEST_KEPT]
    return name if name.isprintable() else "".join(map(_visible, name))


def sniffed(start: bytes) -> str:
    """What a file is by its first 64 bytes: an extension, or ``""``.

    How the exchange system finds the type of a flow without extension is not published (deduced).
    """
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_XML_STARTS):
        return ".xml"
    return next((extension for magic, extension in _MAGIC if start.startswith(magic)), "")


class Terms:
    """What the files of one flow may be.

    Attributes:
        documents: extensions of the documents that its interface carries.
        largest: bytes of a file, unpacked.
    """

    def __init__(self, job: Job) -> None:
        self.largest = job.limits.member
        self.documents = _documents(job.syntax)
        self._e_reporting = job.syntax == _E_REPORTING
        self._strict = job.circuit in _STRICT_CIRCUITS
        self._styled = job.circuit in _STYLED_CIRCUITS and not self._e_reporting
        self._extensions = self.documents + (_STYLESHEETS if self._styled else ())

    def demand_plain(self, entry: Entry, name: str) -> None:
        """Raises `ArchiveFault` for what is no file at the top of the archive.

        Args:
            entry: as read.
            name: its name without ``./``.
        """
        if entry.kind != "file":
            raise ArchiveFault("IRR_EXTRAC_KIND", name=name, kind=entry.kind)
        # To a platform's circuit a backslash is a forbidden character, no folder.
        folder = "/" in name or ("\\" in name and not self._strict)
        if folder and not _UNSAFE.match(name):
            raise ArchiveFault("IRR_EXTRAC_FOLDER", name=name)

    def kind(self, name: str) -> MemberKind:
        """What a file is to a judge."""
        return "stylesheet" if self._styled and _ends(name, _STYLESHEETS) else "document"

    def bar(self, name: str, size: int) -> Finding | None:
        """Why a file is not even read, by its name and size in bytes; None when it is."""
        label = shown(name)
        if size > self.largest:
            return oversized(label, size, self.largest)
        if _is_unsafe(name):
            return finding("IRR_NOM_F_UNSAFE", Place(member=label), name=label)
        if any(category(c) in _UNSEEN for c in name):
            return finding("IRR_NOM_F_UNSEEN", Place(member=label), name=label)
        if not _ends(name, self._extensions):
            place, expected = Place(member=label), " or ".join(self._extensions)
            return finding("IRR_TYPE_F_EXTENSION", place, name=label, expected=expected)
        return None if size else finding("IRR_VIDE_F", Place(member=label), name=label)

    def name_faults(self, name: str) -> tuple[Finding, ...]:
        """What is wrong with the name of a file that is read all the same."""
        if not self._strict and not self._e_reporting:
            return ()
        return tuple(self._name_faults(name, Place(member=shown(name))))

    def _name_faults(self, name: str, place: Place) -> Iterator[Finding]:
        if self._strict and len(name) > _LONGEST_NAME:
            yield finding("IRR_NOM_F_LENGTH", place, length=len(name), limit=_LONGEST_NAME)
        found = " ".join(sorted(_FORBIDDEN.intersection(name))) if self._strict else ""
        if found and not _is_unsafe(name):  # which is said of it already
            yield finding("IRR_NOM_F_CHARACTER", place, name=place.member, found=found)
        if self._e_reporting and not is_e_reporting_name(name):
            yield finding("IRR_NOM_F_REPORT", place, name=place.member)


def oversized(name: str, size: int, limit: int) -> Finding:
    """A file over the limit; sizes in bytes."""
    return finding("IRR_TAILLE_F", Place(member=name), name=name, size=size, limit=limit)


def misplaced(name: str, content: bytes) -> tuple[str, str] | None:
    """Rule and kind of file found, when content starts as something that its name denies.

    What is no XML at all under an XML name is left to the parser, which says where.
    """
    pdf = name[-4:].lower() == ".pdf"
    if not pdf and content[:1] == b"<":
        return None
    found = sniffed(content[:SNIFFED])
    if found in (".tar.gz", ".zip"):
        return "IRR_TYPE_F_NESTED", found
    if pdf != (found == ".pdf"):
        return "IRR_TYPE_F_MISMATCH", found or f"unknown ({content[:8].hex(' ')})"
    return None


def _is_unsafe(name: str) -> bool:
    """Whether a name leads out of the folder that it is unpacked into."""
    return ("/" in name or "\\" in name or name == "..") and _UNSAFE.match(name) is not None


def _documents(syntax: str) -> tuple[str, ...]:
    if syntax in _PDF_FAMILIES:
        return (".pdf",)
    return (".xml",) if syntax else (".xml", ".pdf")


def _ends(name: str, extensions: tuple[str, ...]) -> bool:
    return name.endswith(extensions) or name.lower().endswith(extensions)


def is_e_reporting_name(name: str) -> bool:
    """``{SIREN}_{ID}_{AAAAMMJJ}_{AAAAMMJJ}.xml`` with two dates of the calendar."""
    match = _E_REPORTING_NAME.fullmatch(name)
    if match is None:
        return False
    try:
        return all(date.fromisoformat(day) for day in match.groups())
    except ValueError:
        return False


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
