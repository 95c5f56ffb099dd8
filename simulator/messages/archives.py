"""Flows in and out of their containers: tar.gz envelopes and bare documents.

Reading checks every limit before it spends memory, and never raises for what a partner sent: what
is wrong comes out as a `Finding`. Rule ids are rows of ``schemas/rules/container.toml``; the part
before the dot is the motif on the wire.

Source: Chorus Pro external specifications v1.0 §5.4.1 and §5.4.3; v1.1 §3.2.1.4.1 (file names);
PPF general dossier v3.2 §3.4.1 to 3.4.3 and table 3 (order of the checks, motifs).
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from simulator import resources
from simulator.domain.findings import NOWHERE, Finding, Place, Rulebook
from simulator.domain.judgement import Job
from simulator.messages.tarstream import ArchiveFault, Entry, TarStream

# Chorus Pro external specifications v1.1 §3.2.1.4.1, circuits of the plateformes agréées.
_LONGEST_NAME = 256
_FORBIDDEN = frozenset("%$!&/\\:;«»#@")
_STRICT_CIRCUITS = ("b2g-pa", "g2b-pa", "g2b-issuer")

_LONGEST_KEPT = 1024
# The time field of gzip has 32 bits: until 2106.
_LAST_MOMENT = (1 << 32) - 1

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_MAGIC = ((b"\x1f\x8b", ".tar.gz"), (b"PK\x03\x04", ".zip"), (b"%PDF", ".pdf"))
_UNSAFE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL)


class Member(msgspec.Struct, frozen=True):
    """One file of a flow.

    Attributes:
        name: in the envelope, without ``./``; the flow's own name when it travels bare.
        size: bytes, unpacked.
        content: None when it is refused unread.
        findings: what is wrong with it as a file.
    """

    name: str
    size: int
    content: bytes | None
    findings: tuple[Finding, ...] = ()


@cache
def rules() -> Rulebook:
    """Wordings of the container and of the judging processes. Raises `MissingResource`."""
    return Rulebook.from_tables(resources.table("schemas", "rules", "container.toml"))


def finding(rule: str, place: Place = NOWHERE, **values: object) -> Finding:
    """Words a row of the container table; `KeyError` if there is none."""
    return rules().finding(rule, place, shown=None, **values)


def unpack(job: Job) -> Iterator[Member | Finding]:
    """The files of a flow, one at a time in their order; a `Finding` speaks of the flow as a whole.

    At most one member is in memory. Reading stops at a fault that hides what follows, and at a
    member over the limit.

    Raises:
        OSError: the job's path cannot be read.
    """
    with _opened(job) as source:
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        if size == 0:
            yield finding("IRR_VIDE_FLOW")
        elif size > job.limits.flow:
            yield finding("IRR_TAILLE_FLOW", size=size, limit=job.limits.flow)
        else:
            yield from _by_container(job, source)


def pack(files: Iterable[tuple[str, bytes]], when: datetime) -> bytes:
    """A tar.gz of files in the order given; the same input gives the same bytes.

    Args:
        files: (name, content).
        when: aware instant written as modification time, in the tar and in the gzip header.
    """
    moment = min(max(0, int(when.timestamp())), _LAST_MOMENT)
    parts: list[bytes] = []
    for name, content in files:
        parts += (_headers(name, len(content), moment), content, bytes(-len(content) % 512))
    tar = b"".join(parts) + bytes(1024)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    # RFC 1952 §2.3: no flags, so no file name; operating system unknown.
    head = struct.pack("<4sIBB", b"\x1f\x8b\x08\x00", moment, 0, 255)
    tail = struct.pack("<II", zlib.crc32(tar), len(tar) & 0xFFFFFFFF)
    return head + deflate.compress(tar) + deflate.flush() + tail


def _opened(job: Job) -> BinaryIO:
    if job.path is not None:
        return Path(job.path).open("rb")
    return io.BytesIO(job.content or b"")


def _by_container(job: Job, source: BinaryIO) -> Iterator[Member | Finding]:
    start = source.read(64)
    source.seek(0)
    extension = _extension(job.name) or _sniffed(start)
    reader = _CONTAINERS.get(extension)
    if reader is not None:
        yield from reader(job, source)
    elif extension in (".zip", ".pdf"):
        yield finding("IRR_TYPE_LATER", extension=extension)
    elif extension:
        yield finding("IRR_TYPE_EXTENSION", extension=extension)
    else:
        yield finding("IRR_TYPE_CONTENT", start=start[:8].hex(" "))


def _extension(name: str) -> str:
    """The extension of a flow, in lower case; ``""`` when the name has none."""
    lower = name.lower()
    if lower.endswith(".tar.gz"):
        return ".tar.gz"
    match = _EXTENSION.search(lower)
    return match.group() if match else ""


def _sniffed(start: bytes) -> str:
    """What a flow without extension is, by its first bytes (deduced: none is defined)."""
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return ".xml"
    return next((extension for magic, extension in _MAGIC if start.startswith(magic)), "")


def _nested(content: bytes) -> str:
    """What stands where an XML document should: ``.tar.gz``, ``.zip``, ``.pdf`` or ``""``."""
    return _sniffed(content[:64]).replace(".xml", "")


def _bare(job: Job, source: BinaryIO) -> Iterator[Member | Finding]:
    limit = job.limits.member
    content = source.read(limit + 1)
    if len(content) > limit:
        size = source.seek(0, io.SEEK_END)
        yield _oversized(job.name, size, limit)
    elif nested := _nested(content):
        yield finding("IRR_TYPE_MISMATCH", name=job.name, found=nested)
    else:
        yield Member(job.name, len(content), content)


def _envelope(job: Job, source: BinaryIO) -> Iterator[Member | Finding]:
    """Members of a tar.gz, in order."""
    tar = TarStream(source, job.limits)
    seen: set[str] = set()
    try:
        for entry in tar:
            name = entry.name.removeprefix("./")[:_LONGEST_KEPT]
            if entry.kind == "folder" and name.strip("/") in ("", "."):
                continue
            item = _member(entry, name, tar, job)
            if isinstance(item, Member) and name in seen:
                item = _with(item, "IRR_NOM_F_TWICE", name=name)
            yield item
            seen.add(name)
            if entry.kind == "sparse" or entry.size > job.limits.member:
                return
    except ArchiveFault as fault:
        yield finding(fault.rule, NOWHERE, **fault.values)
    else:
        if not seen:
            yield finding("IRR_VIDE_ARCHIVE")


def _member(entry: Entry, name: str, tar: TarStream, job: Job) -> Member | Finding:
    place = Place(member=name)
    if _UNSAFE.match(entry.name):
        return finding("IRR_EXTRAC_UNSAFE", place, name=name)
    if entry.kind != "file":
        refused = finding("IRR_TYPE_F_KIND", place, name=name, kind=entry.kind)
        return Member(name, entry.size, None, (refused,))
    if entry.size > job.limits.member:
        return _oversized(name, entry.size, job.limits.member)
    wrong = [*_name_faults(name, job.circuit), *_type_faults(name)]
    if wrong and wrong[-1].motif == "IRR_TYPE_F":
        return Member(name, entry.size, None, tuple(wrong))
    content = tar.content()
    if not content:
        wrong.append(finding("IRR_VIDE_F", place, name=name))
    elif nested := _nested(content):
        wrong.append(finding("IRR_TYPE_F_NESTED", place, name=name, found=nested))
    else:
        return Member(name, entry.size, content, tuple(wrong))
    return Member(name, entry.size, None, tuple(wrong))


def _name_faults(name: str, circuit: str) -> Iterator[Finding]:
    if circuit not in _STRICT_CIRCUITS:
        return
    if len(name) > _LONGEST_NAME:
        yield finding("IRR_NOM_F_LENGTH", Place(member=name), length=len(name), limit=_LONGEST_NAME)
    if found := sorted(_FORBIDDEN.intersection(name)):
        listed = " ".join(found)
        yield finding("IRR_NOM_F_CHARACTER", Place(member=name), name=name, found=listed)


def _type_faults(name: str) -> Iterator[Finding]:
    if "/" in name or "\\" in name:
        yield finding("IRR_TYPE_F_FOLDER", Place(member=name), name=name)
    elif not name.lower().endswith(".xml"):
        yield finding("IRR_TYPE_F_EXTENSION", Place(member=name), name=name)


def _oversized(name: str, size: int, limit: int) -> Member:
    place = Place(member=name)
    fault = finding("IRR_TAILLE_F", place, name=name, size=size, limit=limit)
    return Member(name, size, None, (fault,))


def _with(member: Member, rule: str, **values: object) -> Member:
    extra = finding(rule, Place(member=member.name), **values)
    return msgspec.structs.replace(member, findings=(*member.findings, extra))


def _headers(name: str, size: int, moment: int) -> bytes:
    """Header block of a file, after a pax record when its name does not fit."""
    raw = name.encode()
    if len(raw) <= 100 and raw.isascii():
        return _ustar(raw, b"0", size, moment)
    record = _pax_record(b"path", raw)
    long_name = _ustar(b"PaxHeader", b"x", len(record), moment) + record + bytes(-len(record) % 512)
    return long_name + _ustar(raw[:100], b"0", size, moment)


def _ustar(name: bytes, flag: bytes, size: int, moment: int) -> bytes:
    fields = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (0o644, 0, 0, size, moment)
    block = name.ljust(100, b"\0") + fields + b"        " + flag + bytes(100) + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _pax_record(key: bytes, value: bytes) -> bytes:
    """A record of length, key and value; the length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


_CONTAINERS: dict[str, Callable[[Job, BinaryIO], Iterator[Member | Finding]]] = {
    ".tar.gz": _envelope,
    ".xml": _bare,
    # .zip and .pdf (Factur-X) come here, each with its reader.
}
