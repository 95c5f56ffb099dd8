"""Containers in and out: limits before memory, faults as findings, the same bytes every time."""

import gzip
import io
import struct
import tarfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.domain.findings import Finding
from simulator.domain.judgement import Job, Limits
from simulator.messages.archives import Member, pack, rules, unpack

WHEN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
XML = b"<a/>"


def job(content, name="flow.tar.gz", circuit="b2g", **limits):
    return Job(name, "", circuit, ("xsd",), Limits(**limits), content=content)


def opened(content, **given):
    return list(unpack(job(content, **given)))


def members(items):
    return [(m.name, m.content) for m in items if isinstance(m, Member)]


def fired(items):
    found = [f for m in items for f in ([m] if isinstance(m, Finding) else m.findings)]
    return [f.rule for f in found]


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


def entry(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def header(name, flag, size):
    """One raw header block with a right checksum."""
    block = name.ljust(100, b"\0") + b"0000644\0" * 3 + b"%011o\0" % size + b"0" * 11 + b"\0"
    block += b" " * 8 + flag + bytes(100) + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


# -- what is read ------------------------------------------------------------------------------


def test_members_come_in_the_order_of_the_archive():
    items = opened(tar(("b.xml", b"<b/>"), ("a.xml", b"<a/>")))
    assert items == [Member("b.xml", 4, b"<b/>"), Member("a.xml", 4, b"<a/>")]


@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("name", ["a.xml", "x" * 150 + ".xml", "facturé €.xml"])
def test_every_common_format_of_tar_is_read(layout, name):
    if layout == tarfile.USTAR_FORMAT and len(name) > 100:
        name = "x" * 96 + ".xml"
    assert members(opened(tar((name, XML), layout=layout))) == [(name, XML)]


def test_a_long_name_of_ustar_lies_in_two_fields():
    items = opened(tar(("d" * 60 + "/" + "x" * 90 + ".xml", XML)))
    assert fired(items) == ["IRR_TYPE_F_FOLDER"]
    assert items[0].name == "d" * 60 + "/" + "x" * 90 + ".xml"


def test_the_current_folder_is_no_member_and_its_prefix_no_part_of_a_name():
    content = tar(entry(".", tarfile.DIRTYPE), entry("./", tarfile.DIRTYPE), ("./a.xml", XML))
    assert opened(content) == [Member("a.xml", 4, XML)]


def test_extension_records_of_the_whole_archive_are_passed_over():
    content = tar(("a.xml", XML), layout=tarfile.PAX_FORMAT, pax_headers={"comment": "made here"})
    assert members(opened(content)) == [("a.xml", XML)]


def test_a_pax_size_stands_for_that_of_the_header():
    record = b"12 size=600\n"
    blocks = [header(b"x", b"x", len(record)), record.ljust(512, b"\0"), header(b"a.xml", b"0", 0)]
    content = gzip.compress(b"".join(blocks) + b"<".ljust(600).ljust(1024, b"\0") + bytes(1024))
    assert [m.size for m in opened(content)] == [600]


def test_gzip_members_in_a_row_and_padding_are_one_archive():
    whole = gzip.decompress(tar(("a.xml", XML)))
    split = gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(2000)
    assert members(opened(split)) == [("a.xml", XML)]


def test_an_archive_without_end_mark_is_read_to_its_end():
    assert members(opened(gzip.compress(header(b"a.xml", b"0", 4) + XML.ljust(512, b"\0")))) == [
        ("a.xml", XML)
    ]


@pytest.mark.parametrize(
    "name", ["flow.xml", "FLOW.XML", "FSO1100A_DEM001_DEM0011100000000000000001"]
)
def test_a_bare_document_is_one_member_of_the_name_of_its_flow(name):
    assert opened(XML, name=name) == [Member(name, 4, XML)]


def test_a_flow_without_extension_is_known_by_its_first_bytes():
    assert members(opened(tar(("a.xml", XML)), name="flow")) == [("a.xml", XML)]
    assert members(opened(b"\xef\xbb\xbf \n<a/>", name="flow"))


def test_a_flow_on_disk_is_read_like_one_in_memory(tmp_path):
    path = tmp_path / "blob"
    path.write_bytes(tar(("a.xml", XML)))
    on_disk = Job("flow.tar.gz", "", "b2g", (), Limits(), path=str(path))
    assert members(unpack(on_disk)) == [("a.xml", XML)]


# -- what is refused ---------------------------------------------------------------------------

GOOD = tar(("a.xml", XML * 500))
BAD_CRC = GOOD[:-8] + bytes(4) + GOOD[-4:]
FLOWS = [
    ("IRR_VIDE_FLOW", "flow.tar.gz", b""),
    ("IRR_VIDE_ARCHIVE", "flow.tar.gz", tar()),
    ("IRR_VIDE_ARCHIVE", "flow.tar.gz", tar(entry("./", tarfile.DIRTYPE))),
    ("IRR_TYPE_EXTENSION", "flow.txt", XML),
    ("IRR_TYPE_LATER", "flow.zip", b"PK\x03\x04"),
    ("IRR_TYPE_LATER", "flow", b"PK\x03\x04"),
    ("IRR_TYPE_LATER", "flow.pdf", b"%PDF-1.7"),
    ("IRR_TYPE_CONTENT", "flow", b"hello"),
    ("IRR_TYPE_MISMATCH", "flow.xml", GOOD),
    ("IRR_EXTRAC_GZIP", "flow.tar.gz", XML),
    ("IRR_EXTRAC_CUT", "flow.tar.gz", GOOD[: len(GOOD) // 2]),
    ("IRR_EXTRAC_CUT", "flow.tar.gz", GOOD[:-1]),
    ("IRR_EXTRAC_CUT", "flow.tar.gz", GOOD[:5]),
    ("IRR_EXTRAC_GZIP", "flow.tar.gz", BAD_CRC),
    ("IRR_EXTRAC_TRAILING", "flow.tar.gz", GOOD + b"more"),
    ("IRR_EXTRAC_TRAILING", "flow.tar.gz", gzip.compress(gzip.decompress(GOOD) * 2)),
    ("IRR_EXTRAC_TRAILING", "flow.tar.gz", GOOD + bytes(2 << 20)),
    ("IRR_EXTRAC_TAR", "flow.tar.gz", gzip.compress(XML)),
    ("IRR_EXTRAC_TAR", "flow.tar.gz", gzip.compress(XML * 1000)),
    ("IRR_EXTRAC_TAR", "flow.tar.gz", gzip.compress(header(b"a.xml", b"0", 4000) + XML)),
    ("IRR_EXTRAC_UNSAFE", "flow.tar.gz", tar(("/etc/a.xml", XML))),
    ("IRR_EXTRAC_UNSAFE", "flow.tar.gz", tar(("../a.xml", XML))),
    ("IRR_EXTRAC_UNSAFE", "flow.tar.gz", tar(("b/../../a.xml", XML))),
    ("IRR_EXTRAC_UNSAFE", "flow.tar.gz", tar(("c:\\a.xml", XML))),
]
FILES = [
    ("IRR_VIDE_F", tar(("a.xml", b""))),
    ("IRR_TYPE_F_EXTENSION", tar(("a.pdf", b"%PDF"))),
    ("IRR_TYPE_F_EXTENSION", tar(("inner.tar.gz", GOOD))),
    ("IRR_TYPE_F_NESTED", tar(("inner.xml", GOOD))),
    ("IRR_TYPE_F_FOLDER", tar(("sub/a.xml", XML))),
    ("IRR_TYPE_F_KIND", tar(entry("sub", tarfile.DIRTYPE))),
    ("IRR_TYPE_F_KIND", tar(entry("a.xml", tarfile.SYMTYPE, "/etc/passwd"))),
    ("IRR_TYPE_F_KIND", tar(entry("a.xml", tarfile.LNKTYPE, "b.xml"))),
    ("IRR_TYPE_F_KIND", tar(entry("a.xml", tarfile.FIFOTYPE))),
    ("IRR_TYPE_F_KIND", tar(entry("a.xml", tarfile.CHRTYPE))),
    ("IRR_TYPE_F_KIND", gzip.compress(header(b"a.xml", b"S", 0) + bytes(1024))),
]


@pytest.mark.parametrize(("rule", "name", "content"), FLOWS)
def test_what_is_wrong_with_the_flow_is_said_of_the_flow(rule, name, content):
    items = opened(content, name=name)
    assert fired(items) == [rule]
    last = items[-1]
    assert isinstance(last, Finding)
    assert (last.level, last.pack, last.refuses) == ("flow", "container", True)


@pytest.mark.parametrize(("rule", "content"), FILES)
def test_what_is_wrong_with_a_file_is_said_of_the_file(rule, content):
    (member,) = opened(content)
    assert [f.rule for f in member.findings] == [rule]
    assert member.findings[0].level == "file"
    assert member.findings[0].place.member == member.name
    assert member.content is None


def test_a_fault_hides_nothing_that_was_read_before_it():
    items = opened(GOOD + b"more")
    assert members(items) == [("a.xml", XML * 500)]


def test_the_second_file_of_a_name_is_refused():
    items = opened(tar(("a.xml", XML), ("a.xml", XML)))
    assert [fired([m]) for m in items] == [[], ["IRR_NOM_F_TWICE"]]


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-pa", "g2b-issuer"])
@pytest.mark.parametrize("character", "%$!&:;«»#@")
def test_circuits_of_platforms_forbid_some_characters_in_file_names(circuit, character):
    content = tar((f"a{character}b.xml", XML))
    assert fired(opened(content, circuit=circuit)) == ["IRR_NOM_F_CHARACTER"]
    assert fired(opened(content, circuit="b2g")) == []


def test_circuits_of_platforms_forbid_names_of_more_than_256_characters():
    just, over = "x" * 252 + ".xml", "x" * 253 + ".xml"
    content = tar((just, XML), (over, XML), layout=tarfile.PAX_FORMAT)
    assert [fired([m]) for m in opened(content, circuit="b2g-pa")] == [[], ["IRR_NOM_F_LENGTH"]]
    assert fired(opened(content, circuit="b2g")) == []


def test_every_container_rule_is_fired_by_a_test_or_by_the_judging_process():
    here = {rule for rule, *_ in FLOWS + FILES}
    elsewhere = {r for r in rules() if r.startswith(("SIM_", "JUDGE_"))}
    limits = {"IRR_TAILLE_FLOW", "IRR_TAILLE_TOTAL", "IRR_TAILLE_MEMBERS", "IRR_TAILLE_F"}
    names = {"IRR_NOM_F_LENGTH", "IRR_NOM_F_CHARACTER", "IRR_NOM_F_TWICE", "IRR_EXTRAC_HEADER"}
    assert set(rules()) == here | elsewhere | limits | names


def test_a_refusal_carries_the_motif_that_its_name_begins_with():
    for name in rules():
        row = rules()[name]
        if name.startswith("IRR_"):
            assert name == row.motif or name.startswith(f"{row.motif}_")


# -- limits ------------------------------------------------------------------------------------


def test_a_flow_over_the_limit_is_not_opened():
    assert fired(opened(GOOD, flow=len(GOOD) - 1)) == ["IRR_TAILLE_FLOW"]
    assert fired(opened(GOOD, flow=len(GOOD))) == []


def test_a_member_over_the_limit_is_not_read_and_nothing_after_it():
    content = tar(("a.xml", b"x" * 1001), ("b.xml", XML))
    items = opened(content, member=1000)
    assert items == [Member("a.xml", 1001, None, items[0].findings)]
    assert fired(items) == ["IRR_TAILLE_F"]
    assert fired(opened(content, member=1001)) == []


def test_a_bare_document_over_the_limit_is_not_kept():
    (member,) = opened(b"<" * 1001, name="a.xml", member=1000)
    assert (member.size, member.content, fired([member])) == (1001, None, ["IRR_TAILLE_F"])


def test_the_number_of_entries_is_bounded():
    content = tar(("a.xml", XML), ("b.xml", XML), ("c.xml", XML))
    assert fired(opened(content, members=2)) == ["IRR_TAILLE_MEMBERS"]
    assert fired(opened(content, members=3)) == []


def test_the_size_of_all_members_is_bounded():
    content = tar(("a.xml", b"<" * 600), ("b.xml", b"<" * 600))
    assert fired(opened(content, total=1199)) == ["IRR_TAILLE_TOTAL"]
    assert fired(opened(content, total=1200)) == []


@pytest.mark.parametrize("flag", [b"x", b"g", b"L", b"K"])
def test_a_huge_extension_header_is_refused_before_it_is_inflated(flag):
    """600 KB of gzip that would become 600 MB; only the first block is ever looked at."""
    deflated = gzip.compress(header(b"x", flag, 600_000_000) + bytes(1 << 20))
    assert fired(opened(deflated)) == ["IRR_EXTRAC_HEADER"]


def test_many_extension_headers_before_one_file_count_together():
    blocks = (header(b"x", b"x", 512) + b"30 comment=".ljust(29) + b"\n") * 200
    assert fired(opened(gzip.compress(blocks))) in (["IRR_EXTRAC_HEADER"], ["IRR_EXTRAC_TAR"])
    record = b"512 comment=".ljust(511, b"x") + b"\n"
    chain = (header(b"x", b"x", 512) + record) * 65
    assert fired(opened(gzip.compress(chain + header(b"a.xml", b"0", 0)))) == ["IRR_EXTRAC_HEADER"]


@pytest.mark.parametrize(
    "record",
    [b"nothing", b"99 path", b"0 path=x\n", b"9999999999999 path=x\n", b"11 size=-1\n", b"6 x=y"],
)
def test_a_damaged_extension_header_is_a_finding(record):
    blocks = header(b"x", b"x", len(record)) + record.ljust(512, b"\0")
    content = gzip.compress(blocks + header(b"a.xml", b"0", 0) + bytes(1024))
    assert fired(opened(content)) == ["IRR_EXTRAC_TAR"]


@pytest.mark.parametrize("size", [b"\x80" + b"\xff" * 11, b"-1".ljust(12), b"9".ljust(12, b"9")])
def test_a_size_that_is_huge_or_no_number_is_a_finding(size):
    block = header(b"a.xml", b"0", 0)
    block = block[:124] + size + block[136:148] + b" " * 8 + block[156:]
    block = block[:148] + b"%06o\0 " % sum(block) + block[156:]
    assert fired(opened(gzip.compress(block + bytes(1024))))[0].startswith("IRR_")


# -- packing -----------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=200)
FILE_NAMES = NAMES.map(lambda stem: f"f{stem}.xml")
CONTENTS = st.binary(max_size=2000).map(lambda data: b"<" + data)


@given(
    st.dictionaries(FILE_NAMES, CONTENTS, min_size=1, max_size=5),
    st.datetimes(timezones=st.just(UTC)),
)
@settings(deadline=None)
def test_what_is_packed_is_unpacked(files, when):
    items = opened(pack(files.items(), when))
    assert members(items) == list(files.items())
    assert fired(items) == []


def test_the_same_files_give_the_same_bytes_whatever_the_day():
    files = [("b.xml", XML), ("a.xml", XML)]
    assert pack(files, WHEN) == pack(iter(files), WHEN)
    assert pack(files, WHEN) != pack(files, WHEN.replace(second=1))


def test_a_packed_archive_tells_names_times_and_nobody():
    packed = pack([("é" * 80 + ".xml", XML), ("a.xml", XML)], WHEN)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        told = [(m.name, m.mtime, m.uid, m.gid, m.uname, m.mode) for m in archive]
    seconds = int(WHEN.timestamp())
    assert told == [
        ("é" * 80 + ".xml", seconds, 0, 0, "", 0o644),
        ("a.xml", seconds, 0, 0, "", 0o644),
    ]
    flags, mtime = struct.unpack("<3xBI", packed[:8])
    assert (flags, mtime) == (0, seconds)


# -- anything at all ---------------------------------------------------------------------------

LEGAL = pack([("a.xml", XML * 100), ("x" * 150 + ".xml", XML)], WHEN)


@given(st.integers(0, len(LEGAL) - 1))
def test_every_cut_of_an_archive_is_a_finding(length):
    items = opened(LEGAL[:length])
    assert fired(items)


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
    opened(gzip.compress(bytes(content), 1))


@given(st.binary(max_size=1500), st.sampled_from([".tar.gz", ".xml", ""]))
def test_no_content_raises(content, extension):
    opened(content, name=f"flow{extension}")
    opened(gzip.compress(content), name=f"flow{extension}")
