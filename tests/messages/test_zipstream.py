"""zip: one way only to read it, nothing is believed, and what cannot be extracted is a finding."""

import io
import shutil
import stat
import struct
import subprocess
import zipfile
import zlib

import pytest
from archive_forge import (
    XML,
    Part,
    deflated,
    descriptor,
    endless,
    fired,
    forged,
    job,
    members,
    opened,
    unpacked_in_bounds,
    zip64_extra,
    zip_info,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.domain.findings import Finding
from simulator.messages.archives import Member, unpack

A, B = Part(b"a.xml"), Part(b"b.xml", b"<b/>")
BIG = b"<" + bytes(range(256)) * 2000
STREAMED = 1 << 3
DATA = deflated(XML)
OVER = 0xFFFFFFFF


def opened_zip(content, **given):
    return opened(content, name="flow.zip", **given)


# -- what is read ------------------------------------------------------------------------------


def test_what_is_forged_here_is_a_zip_to_the_standard_library_but_for_what_was_changed():
    for content in (forged(A, B), forged(A, B, wide=True)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
        assert members(opened_zip(content)) == [("a.xml", XML), ("b.xml", b"<b/>")]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("content", [XML, BIG])
def test_stored_and_deflated_entries_are_read(method, content):
    archive = zipped(("a.xml", content), ("é €.xml", content), method=method)
    assert members(opened_zip(archive)) == [("a.xml", content), ("é €.xml", content)]


@pytest.mark.parametrize(
    ("raw", "name"),
    [("é.xml".encode(), "é.xml"), ("é.xml".encode("cp437"), "é.xml"), (b"\xff.xml", "\xa0.xml")],
)
def test_a_name_is_utf_8_if_it_can_be_whatever_the_flag_says(raw, name):
    assert members(opened_zip(forged(Part(raw)))) == [(name, XML)]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("told", [0, None])
def test_a_data_descriptor_may_follow_what_was_written_as_a_stream(signed, wide, told):
    fields = {} if told is None else {f"local_{f}": told for f in ("crc", "packed", "size")}
    after = descriptor(XML, DATA, signed=signed, wide=wide)
    content = forged(Part(b"a.xml", flags=STREAMED, after=after, **fields), B)
    assert members(opened_zip(content)) == [("a.xml", XML), ("b.xml", b"<b/>")]


def test_the_descriptor_of_a_large_entry_is_read_too():
    data = deflated(BIG)
    for after, rules in ((descriptor(BIG, data), []), (descriptor(b"", data), ["IRR_EXTRAC_ZIP"])):
        part = Part(b"a.xml", BIG, flags=STREAMED, local_crc=0, after=after)
        assert fired(opened_zip(forged(part))) == rules
    noise = b"<" + zlib.compress(bytes(1 << 20)) * 300
    part = Part(b"a.xml", noise, method=0, flags=STREAMED, after=descriptor(noise, noise))
    assert len(noise) > 1 << 18
    assert members(opened_zip(forged(part))) == [("a.xml", noise)]


def test_sizes_may_stand_in_the_zip64_field():
    wide = zip64_extra(len(XML), len(DATA))
    parts = [
        Part(b"a.xml", size=OVER, packed=OVER, extra=wide),
        Part(b"b.xml", local_size=OVER, local_packed=OVER, local_extra=wide),
        Part(b"c.xml", size=OVER, extra=b"\x55\x54\x01\x00\x00" + zip64_extra(len(XML))),
        Part(b"d.xml", central_offset=OVER, central_extra=zip64_extra(0)),
    ]
    for part in parts:
        assert fired(opened_zip(forged(part))) == []


def test_both_end_records_may_tell_the_same():
    plain = forged(A)
    directory = len(plain) - len(forged()) - len(A.local_bytes())
    few = (1, 1, directory, len(A.local_bytes()))
    assert members(opened_zip(forged(A, wide=True, few=few))) == [("a.xml", XML)]


def test_a_comment_at_the_end_is_part_of_a_zip():
    for comment in (b"made by hand", b"PK\x05\x06" * 5000, bytes(65535)):
        assert members(opened_zip(forged(A, comment=comment))) == [("a.xml", XML)]


def test_members_come_in_the_order_of_the_directory():
    assert [n for n, _ in members(opened_zip(forged(A, B, order=[1, 0])))] == ["b.xml", "a.xml"]


def test_an_entry_of_nothing_and_the_current_folder_are_read():
    content = forged(Part(b"./", b""), Part(b"a.xml", b"", method=0), B)
    assert fired(opened_zip(content)) == ["IRR_VIDE_F"]


class Unseekable(io.RawIOBase):
    """Where writers have to use data descriptors."""

    def __init__(self):
        self.written = io.BytesIO()

    def writable(self):
        return True

    def write(self, data):
        return self.written.write(data)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="/\\"))
FILES = st.dictionaries(
    NAMES.map(lambda stem: f"f{stem}.xml"),
    st.binary(max_size=100_000).map(lambda data: b"<" + data),
    min_size=1,
    max_size=4,
)


@given(FILES, st.sampled_from([0, 8]), st.booleans(), st.booleans(), st.binary(max_size=30))
@settings(deadline=None, max_examples=50)
def test_what_the_standard_library_writes_is_read(files, method, streamed, wide, comment):
    out = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as entry:
                entry.write(content)
        archive.comment = comment
    items = opened_zip(out.written.getvalue() if streamed else out.getvalue())
    assert fired(items) == []
    assert [(m.size, m.content) for m in items] == [(len(c), c) for c in files.values()]


@pytest.mark.skipif(shutil.which("zip") is None, reason="no zip command here")
def test_what_the_zip_command_writes_is_read(tmp_path):
    for name in ("a.xml", "é.xml"):
        (tmp_path / name).write_bytes(BIG)
    for options in ([], ["-0"], ["-fz"]):
        (tmp_path / "f.zip").unlink(missing_ok=True)
        command = ["zip", "-q", *options, "f.zip", "a.xml", "é.xml"]
        subprocess.run(command, cwd=tmp_path, check=True)
        content = (tmp_path / "f.zip").read_bytes()
        assert members(opened_zip(content)) == [("a.xml", BIG), ("é.xml", BIG)]
    piped = subprocess.run(
        ["zip", "-q", "-", "a.xml"], cwd=tmp_path, check=True, capture_output=True
    )
    assert members(opened_zip(piped.stdout)) == [("a.xml", BIG)]


# -- what is refused: the archive ----------------------------------------------------------------

GOOD = forged(A, B)
FLOWS = {
    "no zip": ("IRR_EXTRAC_ZIP", b"hello"),
    "a local header alone": ("IRR_EXTRAC_CUT", A.local_bytes()),
    "cut": ("IRR_EXTRAC_CUT", GOOD[:-30]),
    "cut in the end record": ("IRR_EXTRAC_CUT", GOOD[:-1]),
    "followed by other data": ("IRR_EXTRAC_TRAILING", GOOD + b"and more of it, long enough"),
    "followed by another zip": ("IRR_EXTRAC_ZIP", GOOD + GOOD),
    "behind other data": ("IRR_EXTRAC_ZIP", b"#!/bin/sh\n" + GOOD),
    "behind other data, offsets right": (
        "IRR_EXTRAC_ZIP",
        forged(Part(name=b"a.xml", signature=b"junk"), B, order=[1], entries=1),
    ),
    "data before the directory": ("IRR_EXTRAC_ZIP", forged(A, B, between=b"junk")),
    "data between entries": ("IRR_EXTRAC_ZIP", forged(Part(after=b"junk"), B)),
    "an entry not in the directory": ("IRR_EXTRAC_ZIP", forged(A, B, order=[0], entries=1)),
    "more entries than told": ("IRR_EXTRAC_ZIP", forged(A, B, entries=1)),
    "fewer entries than told": ("IRR_EXTRAC_ZIP", forged(A, B, entries=3)),
    "no entries told": ("IRR_EXTRAC_ZIP", forged(A, B, entries=0)),
    "a short directory": ("IRR_EXTRAC_ZIP", forged(A, B, length=60)),
    "a directory elsewhere": ("IRR_EXTRAC_ZIP", forged(A, B, start=10)),
    "of several disks": ("IRR_EXTRAC_ZIP", forged(A, B, disk=1)),
    "entries on several disks": ("IRR_EXTRAC_ZIP", forged(A, B, here=1)),
    "an entry on another disk": ("IRR_EXTRAC_ZIP", forged(Part(disk=1))),
    "no directory entry": ("IRR_EXTRAC_ZIP", forged(Part(central_signature=b"PK\1\3"))),
    "a name beyond the directory": (
        "IRR_EXTRAC_ZIP",
        GOOD[: GOOD.index(b"PK\1\2") + 28] + b"\xff\x10" + GOOD[GOOD.index(b"PK\1\2") + 30 :],
    ),
    "a locator to nowhere": ("IRR_EXTRAC_ZIP", forged(A, wide=True, locator=0)),
    "end records that differ": ("IRR_EXTRAC_ZIP", forged(A, wide=True, few=(2, 2, OVER, OVER))),
    "a wide end record of two disks": ("IRR_EXTRAC_ZIP", forged(A, wide=True, here=2)),
    "a wide end record of rubbish": (
        "IRR_EXTRAC_ZIP",
        forged(A, wide=True).replace(b"PK\x06\x06", b"PK\x06\x05"),
    ),
    "an offset beyond the directory": ("IRR_EXTRAC_ZIP", forged(Part(central_offset=5000))),
    "an offset beyond all, wide": (
        "IRR_EXTRAC_ZIP",
        forged(Part(central_offset=OVER, central_extra=zip64_extra((1 << 64) - 1))),
    ),
    "one entry twice": ("IRR_EXTRAC_OVERLAP", forged(A, B, order=[0, 1, 0], entries=3)),
    "an entry over the next": ("IRR_EXTRAC_OVERLAP", forged(Part(packed=50, data=DATA), B)),
    "an entry inside another": (
        "IRR_EXTRAC_OVERLAP",
        forged(Part(b"a.xml", method=0, content=B.local_bytes()), Part(central_offset=35)),
    ),
    "an entry inside a header": ("IRR_EXTRAC_OVERLAP", forged(A, Part(central_offset=20))),
    "a long directory entry": ("IRR_EXTRAC_HEADER", forged(Part(central_extra=bytes(65_535)))),
    "a long local header": ("IRR_EXTRAC_HEADER", forged(Part(local_extra=bytes(65_535)))),
}  # fmt: skip


@pytest.mark.parametrize("what", FLOWS)
def test_what_is_wrong_with_the_archive_is_said_of_the_flow(what):
    rule, content = FLOWS[what]
    items = opened_zip(content)
    assert fired(items) == [rule]
    assert isinstance(items[-1], Finding)
    assert items[-1].level == "flow"


def test_a_forged_number_of_entries_does_not_help():
    """The number told is compared before the directory is read; what it does not tell is not."""
    many = forged(A, entries=0xFFFF)
    assert fired(opened_zip(many, members=1000)) == ["IRR_EXTRAC_MEMBERS"]
    wide = forged(A, wide=True, entries=1 << 60, here=1 << 60)
    assert fired(opened_zip(wide)) == ["IRR_EXTRAC_MEMBERS"]
    few = forged(*[Part(b"%d.xml" % i) for i in range(50)], entries=2)
    assert fired(opened_zip(few, members=2)) == ["IRR_EXTRAC_ZIP"]


def test_exactly_65535_entries_need_no_zip64():
    content = forged(*[Part(b"%d.xml" % i, method=0) for i in range(0xFFFF)])
    items = opened_zip(content, members=0xFFFF)
    assert (len(items), fired(items)) == (0xFFFF, [])


def test_the_whole_size_is_compared_before_the_first_entry_is_inflated():
    content = forged(A, Part(b"b.xml", size=1 << 20))
    items = opened_zip(content, total=1 << 20)
    assert [type(i) for i in items] == [Finding]
    assert fired(items) == ["IRR_EXTRAC_TOTAL"]


# -- what is refused: an entry -------------------------------------------------------------------


def mode(kind, permissions=0o644):
    return (kind | permissions) << 16


ENTRIES = {
    "encrypted": ("IRR_EXTRAC_ENCRYPTED", Part(flags=1)),
    "strongly encrypted": ("IRR_EXTRAC_ENCRYPTED", Part(flags=1 << 6)),
    "masked headers": ("IRR_EXTRAC_ENCRYPTED", Part(flags=1 << 13)),
    "AES": ("IRR_EXTRAC_ENCRYPTED", Part(flags=1, method=99)),
    **{f"method {m}": ("IRR_EXTRAC_METHOD", Part(method=m)) for m in (1, 6, 9, 12, 14, 93, 95, 99)},
    "encrypted in the local header": ("IRR_EXTRAC_ZIP", Part(local_flags=1)),
    "another method": ("IRR_EXTRAC_ZIP", Part(local_method=0)),
    "another name": ("IRR_EXTRAC_ZIP", Part(local_name=b"b.xml")),
    "a longer name": ("IRR_EXTRAC_ZIP", Part(local_name=b"a.xml.xml")),
    "another CRC": ("IRR_EXTRAC_ZIP", Part(local_crc=1)),
    "no CRC": ("IRR_EXTRAC_ZIP", Part(local_crc=0)),
    "another size": ("IRR_EXTRAC_ZIP", Part(local_size=5)),
    "another packed size": ("IRR_EXTRAC_ZIP", Part(local_packed=5)),
    "another size, wide": (
        "IRR_EXTRAC_ZIP", Part(local_size=OVER, local_extra=zip64_extra(5))),
    "another use of UTF-8": ("IRR_EXTRAC_ZIP", Part(local_flags=1 << 11)),
    "no local header": ("IRR_EXTRAC_ZIP", Part(local_signature=b"PK\3\5")),
    "stored, of two sizes": ("IRR_EXTRAC_ZIP", Part(method=0, size=3)),
    "no data descriptor": ("IRR_EXTRAC_ZIP", Part(flags=STREAMED)),
    "half a data descriptor": ("IRR_EXTRAC_ZIP", Part(flags=STREAMED, after=bytes(6))),
    "a data descriptor of another file": (
        "IRR_EXTRAC_ZIP", Part(flags=STREAMED, after=descriptor(b"<b/>", DATA))),
    "a data descriptor that is not announced": (
        "IRR_EXTRAC_ZIP", Part(after=descriptor(XML, DATA))),
    "a data descriptor with other data before it": (
        "IRR_EXTRAC_ZIP", Part(flags=STREAMED, after=b"junk" + descriptor(XML, DATA))),
    "longer than told": ("IRR_EXTRAC_CONTENT", Part(size=3)),
    "nothing told": ("IRR_EXTRAC_CONTENT", Part(size=1, content=bytes(5 << 20))),
    "shorter than told": ("IRR_EXTRAC_CONTENT", Part(size=5)),
    "of another CRC": ("IRR_EXTRAC_CONTENT", Part(crc=1)),
    "stored, of another CRC": ("IRR_EXTRAC_CONTENT", Part(method=0, crc=1)),
    "no deflate stream": ("IRR_EXTRAC_CONTENT", Part(data=b"\xff" * 20)),
    "a deflate stream that ends early": ("IRR_EXTRAC_CONTENT", Part(data=DATA + b"more")),
    "a deflate stream that ends too late": ("IRR_EXTRAC_CONTENT", Part(data=DATA[:-2])),
    "a deflate stream with much behind it": (
        "IRR_EXTRAC_CONTENT", Part(data=DATA + bytes(200_000))),
    "a symbolic link": ("IRR_EXTRAC_KIND", Part(attributes=mode(stat.S_IFLNK))),
    "a folder": ("IRR_EXTRAC_KIND", Part(b"sub/", b"")),
    "a folder by its mode": ("IRR_EXTRAC_KIND", Part(b"sub", b"", attributes=mode(stat.S_IFDIR))),
    "a folder by its DOS attribute": ("IRR_EXTRAC_KIND", Part(b"sub", b"", attributes=0x10)),
    "a volume label": ("IRR_EXTRAC_KIND", Part(b"label", b"", attributes=0x08)),
    "a device": ("IRR_EXTRAC_KIND", Part(attributes=mode(stat.S_IFCHR))),
    "a disk": ("IRR_EXTRAC_KIND", Part(attributes=mode(stat.S_IFBLK))),
    "a pipe": ("IRR_EXTRAC_KIND", Part(attributes=mode(stat.S_IFIFO))),
    "a socket": ("IRR_EXTRAC_KIND", Part(attributes=mode(stat.S_IFSOCK))),
    "of no known kind": ("IRR_EXTRAC_KIND", Part(attributes=mode(0o150000))),
    "of the folder of macOS": ("IRR_EXTRAC_FOLDER", Part(b"__MACOSX/._a.xml")),
}  # fmt: skip


@pytest.mark.parametrize("what", ENTRIES)
@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_wrong_with_an_entry_ends_the_reading(what, wanted):
    rule, part = ENTRIES[what]
    items = list(unpack(job(forged(part, B), "flow.zip"), lambda _: wanted))
    assert fired(items) == [rule]
    assert isinstance(items[-1], Finding)
    name = part.central["name"].decode()
    # An entry that is not wanted has been handed out before its bytes are found wrong.
    assert [m.name for m in items[:-1]] == ([] if wanted or len(items) == 1 else [name])
    assert items[-1].place.member == name


def test_a_file_of_unix_is_a_file():
    info = zip_info("a.xml", stat.S_IFREG | 0o644, dos=0x20)
    assert members(opened_zip(zipped((info, XML)))) == [("a.xml", XML)]


def test_a_size_over_the_limit_is_believed_and_ends_the_reading():
    items = opened_zip(forged(A, Part(b"b.xml", size=101 << 20), B))
    assert items[:-1] == [Member("a.xml", 4, XML)]
    assert (items[-1].size, fired(items)) == (101 << 20, ["IRR_TAILLE_F"])


# -- bombs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "rule"),
    [(10 << 30, "IRR_TAILLE_F"), (1000, "IRR_EXTRAC_CONTENT"), (99 << 20, "IRR_EXTRAC_CONTENT")],
)
def test_10_gb_in_10_mb_are_refused_in_bounded_time_and_memory(tmp_path, size, rule):
    part = Part(data=endless(100, b"<"), size=OVER, extra=zip64_extra(size))
    path = tmp_path / "bomb.zip"
    path.write_bytes(forged(part))
    assert 9 << 20 < path.stat().st_size < 11 << 20
    assert unpacked_in_bounds(path, seconds=5, memory=256 << 20)[-1] == rule


def test_entries_that_share_one_kernel_are_refused_before_it_is_inflated(tmp_path):
    """Each of 1000 files reaches over those after it to one stream of 100 MB in 100 KB."""
    kernel = Part(b"k.xml", data=endless(1), size=90 << 20)
    parts = [Part(b"%04d.xml" % i, data=b"", packed=9000, size=18 << 20) for i in range(1000)]
    path = tmp_path / "bomb.zip"
    path.write_bytes(forged(*parts, kernel))
    assert unpacked_in_bounds(path, seconds=5, memory=256 << 20)[-1] == "IRR_EXTRAC_OVERLAP"


def test_a_directory_of_200_mb_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "bomb.zip"
    one = Part(b"a.xml", central_comment=bytes(60_000)).central_bytes(0)
    directory = one * 3500
    with path.open("wb") as out:
        local = A.local_bytes()
        out.write(local + directory)
        end = (0, 0, 3500, 3500, len(directory), len(local), 0)
        out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", *end))
    assert unpacked_in_bounds(path, seconds=5, memory=256 << 20) == ["1", "IRR_EXTRAC_OVERLAP"]


# -- anything at all ---------------------------------------------------------------------------

LEGAL = forged(
    A,
    Part(b"b.xml", flags=STREAMED, after=descriptor(XML, DATA), local_crc=0),
    Part("é.xml".encode(), XML * 100, size=OVER, extra=zip64_extra(400)),
    Part(b"d.xml", method=0),
    wide=True,
)


def test_the_sample_of_the_tests_below_is_legal():
    items = opened_zip(LEGAL)
    assert fired(items) == []
    assert [m.name for m in items] == ["a.xml", "b.xml", "é.xml", "d.xml"]


@given(st.integers(0, len(LEGAL) - 1))
def test_every_cut_of_an_archive_is_a_finding(length):
    assert fired(opened_zip(LEGAL[:length]))


@given(st.lists(st.tuples(st.integers(0, len(LEGAL) - 1), st.integers(0, 255)), max_size=4))
@settings(deadline=None, max_examples=400)
def test_no_change_of_an_archive_raises(changes):
    content = bytearray(LEGAL)
    for at, value in changes:
        content[at] = value
    whole = opened_zip(bytes(content))
    parts = [
        list(unpack(job(bytes(content), "flow.zip"), lambda i, k=k: i % 2 == k)) for k in (0, 1)
    ]
    assert all(item == parts[i % 2][i] for i, item in enumerate(whole))
