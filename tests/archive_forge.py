"""Archives for tests: by the standard library where it can write them, by hand where it cannot."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

from simulator.domain.findings import Finding
from simulator.domain.judgement import Job, Limits
from simulator.messages.archives import Member, unpack

XML = b"<a/>"
PDF = b"%PDF-1.7\n"


def job(content, name="flow.tar.gz", circuit="b2g", syntax="", **limits):
    return Job(name, syntax, circuit, ("xsd",), Limits(**limits), content=content)


def opened(content, **given):
    return list(unpack(job(content, **given)))


def members(items):
    return [(m.name, m.content) for m in items if isinstance(m, Member)]


def fired(items):
    found = [f for m in items for f in ([m] if isinstance(m, Finding) else m.findings)]
    return [f.rule for f in found]


# -- tar.gz --------------------------------------------------------------------------------------


def tar(*entries, layout=tarfile.USTAR_FORMAT, **options):
    """A tar.gz by the standard library: entries are (name, content) or a TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=layout, **options) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def tar_entry(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def tar_header(name, flag, size):
    """One raw header block with a right checksum; a size over 8 GB in base 256."""
    octal = b"%011o\0" % size if size < 1 << 33 else b"\x80" + size.to_bytes(11, "big")
    block = name.ljust(100, b"\0") + b"0000644\0" * 3 + octal + b"0" * 11 + b"\0"
    block += b" " * 8 + flag + bytes(100) + b"ustar\x0000"
    return summed(block.ljust(512, b"\0"))


def summed(block):
    """A header block with its checksum set right."""
    block = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


# -- zip -----------------------------------------------------------------------------------------


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    """A zip by the standard library: entries are (name or ZipInfo, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def zip_info(name, mode=0, dos=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16 | dos
    return info


def deflated(content):
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(content) + deflate.flush()


class Part:
    """One entry of a forged zip.

    Changes are fields by name: ``crc=0`` in both headers, ``local_crc=0`` or ``central_crc=0`` in
    one. `data` stands for the packed bytes, `after` comes behind them.
    """

    def __init__(self, name=b"a.xml", content=XML, *, data=None, after=b"", **changes):
        method = changes.get("method", 8)
        self.data = data if data is not None else deflated(content) if method == 8 else content
        self.after = after
        fields = {
            "signature": None, "flags": 0, "method": method, "crc": zlib.crc32(content),
            "packed": len(self.data), "size": len(content), "name": name, "extra": b"",
            "comment": b"", "disk": 0, "attributes": 0, "offset": None,
        }  # fmt: skip
        fields |= {k: v for k, v in changes.items() if not k.startswith(("local_", "central_"))}
        self.local = fields | _of("local_", changes)
        self.central = fields | _of("central_", changes)

    def local_bytes(self):
        f = self.local
        head = struct.pack(
            "<4s5H3L2H", f["signature"] or b"PK\x03\x04", 20, f["flags"], f["method"], 0, 0x21,
            f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"]),
        )  # fmt: skip
        return head + f["name"] + f["extra"] + self.data + self.after

    def central_bytes(self, offset):
        f = self.central
        head = struct.pack(
            "<4s6H3L5H2L", f["signature"] or b"PK\x01\x02", 0x0314, 20, f["flags"], f["method"], 0,
            0x21, f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"]),
            len(f["comment"]), f["disk"], 0, f["attributes"],
            offset if f["offset"] is None else f["offset"],
        )  # fmt: skip
        return head + f["name"] + f["extra"] + f["comment"]


def _of(prefix, changes):
    return {k.removeprefix(prefix): v for k, v in changes.items() if k.startswith(prefix)}


def forged(*parts, wide=False, order=None, between=b"", **end):
    """A zip of `Part`: well formed, but for what was changed.

    Args:
        wide: with the zip64 end record and its locator.
        order: indexes of the parts in the directory.
        between: bytes between the last entry and the directory.
        end: fields of the end records: entries, here, length, start, disk, comment.
    """
    locals_, offsets, at = [], [], 0
    for part in parts:
        locals_.append(part.local_bytes())
        offsets.append(at)
        at += len(locals_[-1])
    body = b"".join([*locals_, between])
    listed = [parts[i].central_bytes(offsets[i]) for i in order or range(len(parts))]
    directory = b"".join(listed)
    told = {"entries": len(parts), "length": len(directory), "start": len(body)} | end
    told = {"here": told["entries"], "disk": 0, "comment": b""} | told
    ends = _wide_end(told, len(body) + len(directory)) if wide else _narrow_end(told)
    return body + directory + ends


def _narrow_end(told):
    fields = (told["disk"], 0, told["here"], told["entries"], told["length"], told["start"])
    comment = told["comment"]
    return struct.pack("<4s4H2LH", b"PK\x05\x06", *fields, len(comment)) + comment


def _wide_end(told, at):
    fields = (told["disk"], 0, told["here"], told["entries"], told["length"], told["start"])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, *fields)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, told.get("locator", at), 1)
    few = told.get("few", (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF))
    return record + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *few, 0)


def descriptor(content, data, *, signed=True, wide=False):
    numbers = struct.pack("<LQQ" if wide else "<3L", zlib.crc32(content), len(data), len(content))
    return b"PK\x07\x08" * signed + numbers


def zip64_extra(*values):
    return struct.pack("<2H", 1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)


# -- bombs ---------------------------------------------------------------------------------------

_MEGABYTES = 100 << 20


def endless(times, start=b""):
    """A deflate stream of `start` and `times` times 100 MiB of zeros: about 100 KB each time."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(bytes(_MEGABYTES)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return first + again * times + deflate.flush()


def gzip_bomb(times, start=b""):
    """The same in gzip; the CRC is wrong, which nobody gets to see."""
    return gzip.compress(b"")[:10] + endless(times, start) + bytes(8)


_CHILD = """
import resource, sys
from simulator.domain.judgement import Job, Limits
from simulator.messages.archives import unpack, rules
rules()
seconds, memory = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
count = 0
for item in unpack(Job(sys.argv[1], "", "b2g", (), Limits(), path=sys.argv[1])):
    count += 1
    told = [f.rule for f in getattr(item, "findings", (item,))]
print(count, *told)
"""


def unpacked_in_bounds(path, seconds, memory):
    """Unpacks in a process of its own under hard limits; answers the number of items and the rules
    of the last one, or how the process died."""
    command = [sys.executable, "-c", _CHILD, str(path), str(seconds), str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.split() or [done.returncode, done.stderr]
