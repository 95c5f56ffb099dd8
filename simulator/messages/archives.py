"""Flows in and out of their containers: tar.gz and zip envelopes, and bare documents.

Reading checks every limit before it spends memory, and never raises for what a partner sent: what
is wrong comes out as a `Finding`. Rule ids are rows of ``schemas/rules/container.toml``; each begins
with its motif on the wire.

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
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from simulator.domain.findings import Finding, Place
from simulator.domain.judgement import Job, Limits
from simulator.messages.members import (
    LONGEST_KEPT,
    SNIFFED,
    ArchiveFault,
    Entry,
    Member,
    Terms,
    finding,
    misplaced,
    oversized,
    rules,
    shown,
    sniffed,
    told,
)
from simulator.messages.tarstream import TarStream
from simulator.messages.zipstream import ZipStream

__all__ = ["Member", "Wanted", "finding", "pack", "rules", "unpack"]

# Whether the content of a member is wanted, by its place among the members (from 0).
Wanted = Callable[[int], bool]

# The time field of gzip has 32 bits: until 2106.
_LAST_MOMENT = (1 << 32) - 1
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_HERE = (".", "./")


class Archive(Protocol):
    """Entries of an archive, one after the other; `content` is that of the one just seen."""

    def __iter__(self) -> Iterator[Entry]: ...

    def content(self) -> bytes: ...


_ARCHIVES: dict[str, Callable[[BinaryIO, Limits], Archive]] = {
    ".tar.gz": TarStream,
    ".zip": ZipStream,
}


def unpack(job: Job, wanted: Wanted | None = None) -> Iterator[Member | Finding]:
    """The files of a flow, one at a time in their order; a `Finding` speaks of the flow as a whole.

    At most one member is in memory. Reading stops at the first `Finding`, and at a member over the
    limit.

    Args:
        job: which flow, and what it may hold.
        wanted: asked for each member, refused ones too, with its place among the members; where it
            answers no, the member comes without content and `skipped`. Names, kinds and sizes are
            checked all the same, and the bytes are inflated. So a flow can be judged in parts, which
            stop at the same place.

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
            yield from _by_container(job, source, wanted or _all)


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


def _all(_: int) -> bool:
    return True


def _opened(job: Job) -> BinaryIO:
    if job.path is not None:
        return Path(job.path).open("rb")
    return io.BytesIO(job.content or b"")


def _by_container(job: Job, source: BinaryIO, wanted: Wanted) -> Iterator[Member | Finding]:
    """Reads a flow by the extension of its name; without one, by its first bytes."""
    start = source.read(SNIFFED)
    source.seek(0)
    terms = Terms(job)
    named = _extension(job.name)
    extension = named or sniffed(start)
    expected = ", ".join((*terms.documents, *_ARCHIVES))
    if extension in _ARCHIVES:
        yield from _members(_ARCHIVES[extension](source, job.limits), terms, wanted)
    elif extension in terms.documents:
        yield _bare(job, extension, source, wanted)
    elif named:
        yield finding("IRR_TYPE_EXTENSION", extension=named, expected=expected)
    else:
        yield finding("IRR_TYPE_CONTENT", start=start[:8].hex(" "), expected=expected)


def _extension(name: str) -> str:
    """The extension of a flow, in lower case; ``""`` when the name has none."""
    lower = name.lower()
    if lower.endswith(".tar.gz"):
        return ".tar.gz"
    match = _EXTENSION.search(lower)
    return match.group() if match else ""


def _bare(job: Job, extension: str, source: BinaryIO, wanted: Wanted) -> Member | Finding:
    """A document that travels alone."""
    name, limit = shown(job.name), job.limits.member
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    skipped = not wanted(0)
    if size > limit:
        return Member(name, size, None, (oversized(name, size, limit),), skipped=skipped)
    content = source.read()
    if wrong := misplaced(extension, content):
        _, found = wrong
        return finding("IRR_TYPE_MISMATCH", name=name, extension=extension, found=found)
    return Member(name, size, None if skipped else content, skipped=skipped)


def _members(archive: Archive, terms: Terms, wanted: Wanted) -> Iterator[Member | Finding]:
    """The files of an archive, in its order."""
    names: set[str] = set()
    ordinal = documents = 0
    try:
        for entry in archive:
            if entry.kind == "folder" and entry.name in _HERE:
                continue
            name = entry.name.removeprefix("./")
            terms.demand_plain(entry, name)
            member = _member(entry, terms, archive, wanted(ordinal))
            if (kept := name[:LONGEST_KEPT]) in names:
                member = _twice(member)
            names.add(kept)
            documents += member.kind == "document"
            yield member
            if entry.size > terms.largest:
                return
            ordinal += 1
    except ArchiveFault as fault:
        yield told(fault)
    else:
        if not documents:
            yield finding("IRR_VIDE_ARCHIVE", found="stylesheets only" if names else "none")


def _member(entry: Entry, terms: Terms, archive: Archive, wanted: bool) -> Member:
    name, size = entry.name.removeprefix("./"), entry.size
    label, kind = shown(name), terms.kind(name)
    faults = terms.name_faults(name)
    if unread := terms.bar(name, size):
        return Member(label, size, None, (*faults, unread), kind, not wanted)
    if not wanted:
        return Member(label, size, None, faults, kind, skipped=True)
    content = archive.content()
    if wrong := misplaced(name, content):
        rule, found = wrong
        nested = finding(rule, Place(member=label), name=label, found=found)
        return Member(label, size, None, (*faults, nested), kind)
    return Member(label, size, content, faults, kind)


def _twice(member: Member) -> Member:
    again = finding("IRR_NOM_F_TWICE", Place(member=member.name), name=member.name)
    return msgspec.structs.replace(member, findings=(*member.findings, again))


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
