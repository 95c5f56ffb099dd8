"""tar.gz: every common format is read, nothing is believed, and a damaged one is a finding."""

import gzip
import io
import tarfile

import pytest
from archive_forge import (
    XML,
    fired,
    job,
    members,
    opened,
    summed,
    tar,
    tar_entry,
    tar_header,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.domain.findings import Finding
from simulator.messages.archives import Member, unpack
from simulator.messages.tarstream import GzipStream

END = bytes(1024)
A_FILE = tar_header(b"a.xml", b"0", 4) + XML.ljust(512, b"\0")


# -- what is read ------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("name", ["a.xml", "x" * 150 + ".xml", "facturé €.xml"])
def test_every_common_format_of_tar_is_read(layout, name):
    if layout == tarfile.USTAR_FORMAT and len(name) > 100:
        name = "x" * 96 + ".xml"
    assert members(opened(tar((name, XML), layout=layout))) == [(name, XML)]


def test_a_name_that_is_no_utf_8_is_latin_1():
    content = gzip.compress(tar_header("é.xml".encode("latin-1"), b"0", 4) + XML.ljust(512, b"\0"))
    assert members(opened(content)) == [("é.xml", XML)]


def test_a_long_name_of_ustar_lies_in_two_fields():
    name = "d" * 60 + "/" + "x" * 90 + ".xml"
    (fault,) = opened(tar((name, XML)))
    assert (fault.rule, fault.place.member) == ("IRR_EXTRAC_FOLDER", name)


def test_the_current_folder_is_no_member():
    folder = tarfile.DIRTYPE
    content = tar(tar_entry(".", folder), tar_entry("./", folder), ("./a.xml", XML))
    assert opened(content) == [Member("a.xml", 4, XML)]


def test_extension_records_of_the_whole_archive_are_passed_over():
    content = tar(("a.xml", XML), layout=tarfile.PAX_FORMAT, pax_headers={"comment": "made here"})
    assert members(opened(content)) == [("a.xml", XML)]


def test_a_pax_size_stands_for_that_of_the_header():
    record = b"12 size=600\n"
    blocks = [tar_header(b"x", b"x", len(record)), record.ljust(512, b"\0")]
    blocks += [tar_header(b"a.xml", b"0", 0), b"<".ljust(600).ljust(1024, b"\0"), END]
    assert [m.size for m in opened(gzip.compress(b"".join(blocks)))] == [600]


def test_gzip_members_in_a_row_and_padding_are_one_archive():
    whole = gzip.decompress(tar(("a.xml", XML)))
    split = gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(2000)
    assert members(opened(split)) == [("a.xml", XML)]


def test_an_archive_without_end_mark_is_read_to_its_end():
    assert members(opened(gzip.compress(A_FILE))) == [("a.xml", XML)]


def test_a_sum_of_signed_bytes_is_a_checksum_too():
    block = tar_header("é.xml".encode(), b"0", 4)
    signed = sum(b - 256 if b > 127 else b for b in block[:148] + b" " * 8 + block[156:])
    block = block[:148] + b"%06o\0 " % signed + block[156:]
    assert members(opened(gzip.compress(block + XML.ljust(512, b"\0")))) == [("é.xml", XML)]


def test_a_fault_hides_nothing_that_was_read_before_it():
    content = tar(("a.xml", XML * 500))
    assert members(opened(content + b"more")) == [("a.xml", XML * 500)]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="/\\"))
FILES = st.dictionaries(
    NAMES.map(lambda stem: f"f{stem}.xml"),
    st.binary(max_size=100_000).map(lambda data: b"<" + data),
    min_size=1,
    max_size=4,
)


@given(FILES, st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
@settings(deadline=None, max_examples=50)
def test_what_the_standard_library_writes_is_read(files, layout):
    items = opened(tar(*files.items(), layout=layout))
    assert fired(items) == []
    assert [(m.size, m.content) for m in items] == [(len(c), c) for c in files.values()]


@given(st.binary(max_size=200_000), st.lists(st.integers(1, 70_000), max_size=20))
@settings(deadline=None, max_examples=50)
def test_a_stream_gives_exactly_what_is_asked_for(content, sizes):
    half = len(content) // 2
    stream = GzipStream(io.BytesIO(gzip.compress(content[:half]) + gzip.compress(content[half:])))
    at = 0
    for size in [*sizes, len(content), 1]:
        assert stream.read(size) == content[at : at + size]
        at += size


# -- what is refused ---------------------------------------------------------------------------

GOOD = tar(("a.xml", XML * 500))
BAD_CRC = GOOD[:-8] + bytes(4) + GOOD[-4:]
SPARSE = b"22 GNU.sparse.major=1\n".ljust(512, b"\0")
FLOWS = [
    ("IRR_EXTRAC_GZIP", XML),
    ("IRR_EXTRAC_GZIP", BAD_CRC),
    ("IRR_EXTRAC_GZIP", gzip.compress(b"") * 2000),
    ("IRR_EXTRAC_CUT", GOOD[: len(GOOD) // 2]),
    ("IRR_EXTRAC_CUT", GOOD[:-1]),
    ("IRR_EXTRAC_CUT", GOOD[:5]),
    ("IRR_EXTRAC_TRAILING", GOOD + b"more"),
    ("IRR_EXTRAC_TRAILING", gzip.compress(gzip.decompress(GOOD) * 2)),
    ("IRR_EXTRAC_TRAILING", GOOD + bytes(2 << 20)),
    ("IRR_EXTRAC_TAR", gzip.compress(XML)),
    ("IRR_EXTRAC_TAR", gzip.compress(XML * 1000)),
    ("IRR_EXTRAC_TAR", gzip.compress("é".encode() * 1000)),
    ("IRR_EXTRAC_TAR", gzip.compress(tar_header(b"a.xml", b"0", 4000) + XML)),
    ("IRR_EXTRAC_TAR", gzip.compress(A_FILE + b"\1" + tar_header(b"b.xml", b"0", 4)[1:])),
    ("IRR_EXTRAC_KIND", tar(tar_entry("sub", tarfile.DIRTYPE))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("sub/", tarfile.REGTYPE))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("a.xml", tarfile.SYMTYPE, "/etc/passwd"))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("../a.xml", tarfile.LNKTYPE, "b.xml"))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("a.xml", tarfile.FIFOTYPE))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("a.xml", tarfile.CHRTYPE))),
    ("IRR_EXTRAC_KIND", tar(tar_entry("a.xml", tarfile.BLKTYPE))),
    ("IRR_EXTRAC_KIND", gzip.compress(tar_header(b"a.xml", b"S", 0) + END)),
    ("IRR_EXTRAC_KIND", gzip.compress(tar_header(b"label", b"V", 0) + END)),
    ("IRR_EXTRAC_KIND", gzip.compress(tar_header(b"x", b"x", 22) + SPARSE + A_FILE)),
]


@pytest.mark.parametrize(("rule", "content"), FLOWS)
def test_what_is_wrong_with_the_archive_is_said_of_the_flow(rule, content):
    items = opened(content)
    assert fired(items) == [rule]
    assert isinstance(items[-1], Finding)
    assert items[-1].level == "flow"


def test_the_entry_that_cannot_be_extracted_is_named():
    (fault,) = opened(tar(tar_entry("a\n.xml", tarfile.SYMTYPE, "/etc/passwd")))
    assert fault.place.member == "a\\n.xml"
    assert "link" in fault.help


@pytest.mark.parametrize("flag", [b"x", b"g", b"L", b"K"])
def test_a_huge_extension_header_is_refused_before_it_is_inflated(flag):
    deflated = gzip.compress(tar_header(b"x", flag, 600_000_000) + bytes(1 << 20))
    assert fired(opened(deflated)) == ["IRR_EXTRAC_HEADER"]


RECORD = b"512 comment=".ljust(511, b"x") + b"\n"


def test_many_extension_headers_before_one_file_count_together():
    chain = (tar_header(b"x", b"x", 512) + RECORD) * 65
    assert fired(opened(gzip.compress(chain + A_FILE))) == ["IRR_EXTRAC_HEADER"]


def test_extension_headers_count_in_the_size_of_the_whole():
    entry = tar_header(b"x", b"x", 512) + RECORD
    content = gzip.compress(entry + A_FILE + entry + tar_header(b"b.xml", b"0", 0))
    assert fired(opened(content, total=2000)) == ["IRR_EXTRAC_TOTAL"]
    assert fired(opened(content, total=2052)) == ["IRR_VIDE_F"]


@pytest.mark.parametrize(
    "record",
    [
        b"nothing",
        b"99 path",
        b"0 path=x\n",
        b"1 path=x\n",
        b"9999999999999 path=x\n",
        b"9 path=x\n0 path=x\n",
        b"11 size=-1\n",
        b"6 x=y",
        b"-3 x=y\n",
    ],
)
def test_a_damaged_extension_header_is_a_finding(record):
    blocks = tar_header(b"x", b"x", len(record)) + record.ljust(512, b"\0")
    assert fired(opened(gzip.compress(blocks + A_FILE))) == ["IRR_EXTRAC_TAR"]


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        (b"\x80" + b"\xff" * 11, "IRR_EXTRAC_TOTAL"),
        (b"\xff" * 12, "IRR_EXTRAC_TAR"),
        (b"-1".ljust(12), "IRR_EXTRAC_TAR"),
        (b"9".ljust(12, b"9"), "IRR_EXTRAC_TAR"),
        (b"1_0".ljust(12), "IRR_EXTRAC_TAR"),
        (b"7".ljust(12, b"7"), "IRR_EXTRAC_TOTAL"),
    ],
)
def test_a_size_that_is_huge_or_no_number_is_a_finding(size, rule):
    block = tar_header(b"a.xml", b"0", 0)
    content = gzip.compress(summed(block[:124] + size + block[136:]) + END)
    assert fired(opened(content)) == [rule]


# -- anything at all ---------------------------------------------------------------------------

LEGAL = tar(("a.xml", XML * 100), ("x" * 150 + ".xml", XML), layout=tarfile.PAX_FORMAT)


@given(st.integers(0, len(LEGAL) - 1))
def test_every_cut_of_an_archive_is_a_finding(length):
    assert fired(opened(LEGAL[:length]))


@given(st.lists(st.tuples(st.integers(0, len(LEGAL) - 1), st.integers(0, 255)), max_size=4))
def test_no_change_of_an_archive_raises(changes):
    content = bytearray(LEGAL)
    for at, value in changes:
        content[at] = value
    opened(bytes(content))


TAR = gzip.decompress(LEGAL)


@given(st.lists(st.tuples(st.integers(0, len(TAR) - 1), st.integers(0, 255)), max_size=4))
@settings(deadline=None)
def test_no_change_inside_an_archive_raises(changes):
    content = bytearray(TAR)
    for at, value in changes:
        content[at] = value
    content = gzip.compress(bytes(content), 1)
    parts = [list(unpack(job(content), lambda i, k=k: i % 2 == k)) for k in (0, 1)]
    assert all(item == parts[i % 2][i] for i, item in enumerate(opened(content)))
