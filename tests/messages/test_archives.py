"""Flows in both containers and bare: what they may hold, limits before memory, faults as findings."""

import gzip
import io
import struct
import tarfile
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from archive_forge import (
    PDF,
    XML,
    Part,
    fired,
    forged,
    gzip_bomb,
    job,
    members,
    opened,
    tar,
    tar_entry,
    tar_header,
    unpacked_in_bounds,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.domain.findings import Finding
from simulator.domain.judgement import Job, Limits
from simulator.messages.archives import Member, pack, rules, unpack
from simulator.messages.members import shown

WHEN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
ARCHIVES = {"flow.tar.gz": tar, "flow.zip": zipped}
BOTH = pytest.mark.parametrize("name", list(ARCHIVES))


def packed(name, *entries):
    """An archive of the kind that the flow's name says."""
    return ARCHIVES[name](*entries)


# -- what is read ------------------------------------------------------------------------------


@BOTH
def test_members_come_in_the_order_of_the_archive(name):
    items = opened(packed(name, ("b.xml", b"<b/>"), ("a.xml", b"<a/>")), name=name)
    assert items == [Member("b.xml", 4, b"<b/>"), Member("a.xml", 4, b"<a/>")]


@BOTH
def test_the_current_folder_is_no_part_of_a_name(name):
    assert opened(packed(name, ("./a.xml", XML)), name=name) == [Member("a.xml", 4, XML)]


@pytest.mark.parametrize(
    "name", ["flow.xml", "FLOW.XML", "FSO1100A_DEM001_DEM0011100000000000000001"]
)
def test_a_bare_document_is_one_member_of_the_name_of_its_flow(name):
    assert opened(XML, name=name) == [Member(name, 4, XML)]


@pytest.mark.parametrize("content", [tar(("a.xml", XML)), zipped(("a.xml", XML))])
def test_an_archive_without_extension_is_known_by_its_first_bytes(content):
    assert members(opened(content, name="flow")) == [("a.xml", XML)]


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf \n<a/>", PDF, "<a/>".encode("utf-16"), "<a/>".encode("utf-16-be")],
)
def test_a_document_without_extension_is_known_by_its_first_bytes(content):
    assert opened(content, name="flow") == [Member("flow", len(content), content)]


@BOTH
def test_a_flow_on_disk_is_read_like_one_in_memory(tmp_path, name):
    path = tmp_path / "blob"
    path.write_bytes(packed(name, ("a.xml", XML)))
    on_disk = Job(name, "", "b2g", (), Limits(), path=str(path))
    assert members(unpack(on_disk)) == [("a.xml", XML)]


# -- documents by the interface ------------------------------------------------------------------

FACTUR_X = pytest.mark.parametrize("syntax", ["factur-x", "factur-x-d16b"])
OTHERS = pytest.mark.parametrize("syntax", ["ubl-2.1", "cii-d16b", "cpp-facture-mixte", "cdar"])


@FACTUR_X
@BOTH
def test_a_factur_x_interface_takes_archives_of_pdf(name, syntax):
    content = packed(name, ("a.pdf", PDF), ("B.PDF", PDF), ("c.xml", XML))
    items = opened(content, name=name, syntax=syntax)
    assert members(items) == [("a.pdf", PDF), ("B.PDF", PDF), ("c.xml", None)]
    assert fired(items) == ["IRR_TYPE_F_EXTENSION"]


@OTHERS
@BOTH
def test_other_interfaces_take_archives_of_xml(name, syntax):
    items = opened(packed(name, ("a.xml", XML), ("b.pdf", PDF)), name=name, syntax=syntax)
    assert members(items) == [("a.xml", XML), ("b.pdf", None)]
    assert fired(items) == ["IRR_TYPE_F_EXTENSION"]


@BOTH
def test_a_check_without_interface_takes_both(name):
    items = opened(packed(name, ("a.xml", XML), ("b.pdf", PDF)), name=name, circuit="")
    assert members(items) == [("a.xml", XML), ("b.pdf", PDF)]


@pytest.mark.parametrize(
    ("syntax", "name", "content", "rule"),
    [
        ("factur-x", "flow.pdf", PDF, None),
        ("factur-x", "flow", PDF, None),
        ("", "flow.pdf", PDF, None),
        ("factur-x", "flow.xml", XML, "IRR_TYPE_EXTENSION"),
        ("factur-x-d16b", "flow", XML, "IRR_TYPE_CONTENT"),
        ("ubl-2.1", "flow.pdf", PDF, "IRR_TYPE_EXTENSION"),
        ("ubl-2.1", "flow", PDF, "IRR_TYPE_CONTENT"),
        ("factur-x", "flow.pdf", XML, "IRR_TYPE_MISMATCH"),
        ("factur-x", "flow.pdf", b"hello", "IRR_TYPE_MISMATCH"),
        ("", "flow.xml", PDF, "IRR_TYPE_MISMATCH"),
    ],
)
def test_a_bare_flow_is_what_its_interface_and_its_extension_say(syntax, name, content, rule):
    items = opened(content, name=name, syntax=syntax)
    assert fired(items) == ([rule] if rule else [])
    assert members(items) == ([] if rule else [(name, content)])


def test_what_is_no_xml_at_all_is_left_to_the_parser_which_says_where():
    assert opened(b"hello", name="flow.xml") == [Member("flow.xml", 5, b"hello")]


# -- stylesheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("circuit", ["b2g", ""])
@pytest.mark.parametrize("style", ["s.xsl", "S.XSLT"])
@BOTH
def test_the_historic_circuit_takes_stylesheets_beside_invoices(name, style, circuit):
    content = packed(name, (style, b"<xsl/>"), ("a.xml", XML))
    items = opened(content, name=name, circuit=circuit)
    assert items == [Member(style, 6, b"<xsl/>", kind="stylesheet"), Member("a.xml", 4, XML)]


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-pa", "g2b-issuer"])
def test_no_other_circuit_takes_stylesheets(circuit):
    items = opened(tar(("s.xsl", b"<xsl/>"), ("a.xml", XML)), circuit=circuit)
    assert items[0].kind == "document"
    assert fired(items) == ["IRR_TYPE_F_EXTENSION"]


def test_a_flow_by_itself_is_no_stylesheet():
    assert fired(opened(b"<xsl/>", name="flow.xsl")) == ["IRR_TYPE_EXTENSION"]


@BOTH
def test_stylesheets_alone_are_an_empty_flow(name):
    items = opened(packed(name, ("s.xsl", b"<xsl/>")), name=name)
    assert [i.kind for i in items if isinstance(i, Member)] == ["stylesheet"]
    assert fired(items) == ["IRR_VIDE_ARCHIVE"]
    assert "stylesheets only" in items[-1].help


def test_a_stylesheet_is_looked_at_like_any_file():
    content = tar(("a.xml", XML), ("e.xsl", b""), ("z.xsl", PDF), ("z.xslt", zipped()))
    assert fired(opened(content)) == ["IRR_VIDE_F", "IRR_TYPE_F_MISMATCH", "IRR_TYPE_F_NESTED"]


# -- what is refused ---------------------------------------------------------------------------

GOOD = tar(("a.xml", XML * 500))
GOOD_ZIP = zipped(("a.xml", XML * 500))
MIB = bytes(1 << 20)
FLOWS = [
    ("IRR_VIDE_FLOW", "flow.tar.gz", b""),
    ("IRR_VIDE_FLOW", "flow.zip", b""),
    ("IRR_VIDE_FLOW", "flow.xml", b""),
    ("IRR_VIDE_ARCHIVE", "flow.tar.gz", tar()),
    ("IRR_VIDE_ARCHIVE", "flow.tar.gz", tar(tar_entry("./", tarfile.DIRTYPE))),
    ("IRR_VIDE_ARCHIVE", "flow.zip", zipped()),
    ("IRR_VIDE_ARCHIVE", "flow.zip", zipped(("./", b""))),
    ("IRR_TYPE_EXTENSION", "flow.txt", XML),
    ("IRR_TYPE_EXTENSION", "flow.tgz", GOOD),
    ("IRR_TYPE_CONTENT", "flow", b"hello"),
    ("IRR_TYPE_MISMATCH", "flow.xml", GOOD),
    ("IRR_TYPE_MISMATCH", "flow.xml", GOOD_ZIP),
    ("IRR_TYPE_MISMATCH", "flow.xml", PDF),
    ("IRR_EXTRAC_FOLDER", "flow.tar.gz", tar(("sub/a.xml", XML))),
    ("IRR_EXTRAC_FOLDER", "flow.zip", zipped(("sub/a.xml", XML))),
    ("IRR_EXTRAC_FOLDER", "flow.zip", zipped(("__MACOSX/._a.xml", XML))),
    ("IRR_EXTRAC_FOLDER", "flow.zip", zipped(("././a.xml", XML))),
    ("IRR_EXTRAC_FOLDER", "flow.zip", zipped(("sub\\a.xml", XML))),
]
UNSAFE = ["/etc/a.xml", "../a.xml", "./../a.xml", "b/../../a.xml", "..\\a.xml", "c:\\a.xml", ".."]
FILES = [
    ("IRR_VIDE_F", ("a.xml", b"")),
    ("IRR_TYPE_F_EXTENSION", ("a.txt", XML)),
    ("IRR_TYPE_F_EXTENSION", ("xml", XML)),
    ("IRR_TYPE_F_EXTENSION", ("inner.tar.gz", GOOD)),
    ("IRR_TYPE_F_EXTENSION", ("inner.zip", GOOD_ZIP)),
    ("IRR_TYPE_F_NESTED", ("inner.xml", GOOD)),
    ("IRR_TYPE_F_NESTED", ("inner.xml", GOOD_ZIP)),
    ("IRR_TYPE_F_NESTED", ("inner.xml", zipped())),
    ("IRR_TYPE_F_NESTED", ("inner.pdf", GOOD)),
    ("IRR_TYPE_F_MISMATCH", ("a.xml", PDF)),
    ("IRR_TYPE_F_MISMATCH", ("a.pdf", XML)),
    ("IRR_TYPE_F_MISMATCH", ("a.pdf", b"hello")),
    *(("IRR_NOM_F_UNSAFE", (name, XML)) for name in UNSAFE),
    *(("IRR_NOM_F_UNSEEN", (name, XML)) for name in ("a\nb.xml", "a\x1b.xml", "a\u202eb.xml")),
]


@pytest.mark.parametrize(("rule", "name", "content"), FLOWS)
def test_what_is_wrong_with_the_flow_is_said_of_the_flow(rule, name, content):
    (item,) = opened(content, name=name)
    assert isinstance(item, Finding)
    assert (item.rule, item.level, item.pack, item.refuses) == (rule, "flow", "container", True)


@BOTH
@pytest.mark.parametrize(("rule", "entry"), FILES)
def test_what_is_wrong_with_a_file_is_said_of_the_file(rule, entry, name):
    member, after = opened(packed(name, entry, ("z.xml", XML)), name=name)
    assert [f.rule for f in member.findings] == [rule]
    assert member.findings[0].level == "file"
    assert member.findings[0].place.member == member.name
    assert member.content is None
    assert after == Member("z.xml", 4, XML)


@BOTH
def test_what_cannot_be_extracted_ends_the_reading_and_names_the_entry(name):
    content = packed(name, ("a.xml", XML), ("sub/b.xml", XML), ("sub/c.xml", XML), ("d.xml", XML))
    read, fault = opened(content, name=name)
    assert read == Member("a.xml", 4, XML)
    assert (fault.rule, fault.place.member) == ("IRR_EXTRAC_FOLDER", "sub/b.xml")


@BOTH
def test_the_second_file_of_a_name_is_refused(name):
    with pytest.warns(UserWarning, match="Duplicate") if name == "flow.zip" else nullcontext():
        content = packed(name, ("a.xml", XML), ("A.xml", XML), ("./a.xml", XML), ("A.xml", XML))
    found = [fired([m]) for m in opened(content, name=name)]
    assert found == [[], [], ["IRR_NOM_F_TWICE"], ["IRR_NOM_F_TWICE"]]


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-pa", "g2b-issuer"])
@pytest.mark.parametrize("character", "%$!&:;«»#@\\")
def test_circuits_of_platforms_forbid_some_characters_in_file_names(circuit, character):
    content = tar((f"a{character}b.xml", XML))
    assert fired(opened(content, circuit=circuit)) == ["IRR_NOM_F_CHARACTER"]
    free = fired(opened(content, circuit="b2g"))
    assert free == (["IRR_EXTRAC_FOLDER"] if character == "\\" else [])


def test_circuits_of_platforms_forbid_names_of_more_than_256_characters():
    just, over = "x" * 252 + ".xml", "x" * 253 + ".xml"
    content = tar((just, XML), (over, XML), layout=tarfile.PAX_FORMAT)
    assert [fired([m]) for m in opened(content, circuit="b2g-pa")] == [[], ["IRR_NOM_F_LENGTH"]]
    assert fired(opened(content, circuit="b2g")) == []


@pytest.mark.parametrize(
    ("stem", "legal"),
    [
        ("013579246_e-reporting numero 000001_20260101_20260201", True),
        ("013579246_a_b_20260101_20260201", True),
        ("013579246__20260101_20260201", False),
        ("13579246_a_20260101_20260201", False),
        ("x13579246_a_20260101_20260201", False),
        ("013579246_a_20260101", False),
        ("013579246_a_260101_260201", False),
        ("013579246_a_20261301_20260201", False),
        ("013579246_a_20260101_20260230", False),
        ("facture", False),
    ],
)
@BOTH
def test_a_transmission_of_e_reporting_is_named_by_siren_identifier_and_period(name, stem, legal):
    content = packed(name, (f"{stem}.xml", XML))
    items = opened(content, name=name, syntax="flux-10", circuit="g2b-issuer")
    assert fired(items) == ([] if legal else ["IRR_NOM_F_REPORT"])
    assert members(items) == [(f"{stem}.xml", XML)]
    assert fired(opened(content, name=name, circuit="g2b-issuer")) == []


def test_a_bare_transmission_has_the_name_of_its_flow_and_no_stylesheet_goes_with_one():
    assert opened(XML, name="flow.xml", syntax="flux-10") == [Member("flow.xml", 4, XML)]
    archive = tar(("s.xsl", b"<xsl/>"))
    assert "IRR_TYPE_F_EXTENSION" in fired(opened(archive, syntax="flux-10", circuit=""))


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("facturé €.xml", "facturé €.xml"),
        ("no\u00a01.xml", "no\u00a01.xml"),
        ("a\x1b[31mb\n.xml", "a\\x1b[31mb\\n.xml"),
        ("a\u202elmx.exe.xml", "a\\u202elmx.exe.xml"),
    ],
)
@BOTH
def test_a_name_is_safe_to_show(name, raw, safe):
    items = opened(packed(name, (raw, b"")), name=name)
    assert items[0].name == items[0].findings[0].place.member == safe
    assert safe in items[0].findings[0].message


def test_only_the_start_of_a_very_long_name_is_kept():
    (item,) = opened(tar(("x" * 5000 + ".xml", XML), layout=tarfile.PAX_FORMAT))
    assert item == Member("x" * 1024, 4, XML)


# -- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "good"), [("flow.tar.gz", GOOD), ("flow.zip", GOOD_ZIP)])
def test_a_flow_over_the_limit_is_not_opened(name, good):
    assert fired(opened(good, name=name, flow=len(good) - 1)) == ["IRR_TAILLE_FLOW"]
    assert fired(opened(good, name=name, flow=len(good))) == []


@BOTH
def test_a_member_over_the_limit_is_not_read_and_nothing_after_it(name):
    content = packed(name, ("a.xml", b"x" * 1001), ("b.xml", XML))
    items = opened(content, name=name, member=1000)
    assert items == [Member("a.xml", 1001, None, items[0].findings)]
    assert fired(items) == ["IRR_TAILLE_F"]
    assert fired(opened(content, name=name, member=1001)) == []


def test_a_bare_document_over_the_limit_is_not_kept():
    (member,) = opened(b"<" * 1001, name="a.xml", member=1000)
    assert (member.size, member.content, fired([member])) == (1001, None, ["IRR_TAILLE_F"])


@BOTH
def test_the_number_of_entries_is_bounded(name):
    content = packed(name, ("a.xml", XML), ("b.xml", XML), ("c.xml", XML))
    assert fired(opened(content, name=name, members=2)) == ["IRR_EXTRAC_MEMBERS"]
    assert fired(opened(content, name=name, members=3)) == []


@BOTH
def test_the_size_of_all_members_is_bounded(name):
    content = packed(name, ("a.xml", b"<" * 600), ("b.xml", b"<" * 600))
    assert fired(opened(content, name=name, total=1199)) == ["IRR_EXTRAC_TOTAL"]
    assert fired(opened(content, name=name, total=1200)) == []


def test_a_ratio_alone_refuses_nothing():
    content = b"<!--" + b" " * (4 << 20) + b"--><a/>"
    for name in ARCHIVES:
        archive = packed(name, ("a.xml", content))
        assert len(content) > 500 * len(archive)
        assert members(opened(archive, name=name)) == [("a.xml", content)]


# -- parts of a flow -----------------------------------------------------------------------------


@BOTH
def test_the_parts_of_a_flow_make_up_the_whole(name):
    files = [("a.xml", XML), ("s.xsl", b"<xsl/>"), ("b.txt", XML), ("c.xml", b""), ("d.xml", GOOD)]
    content = packed(name, *files, ("e.xml", XML), ("sub/f.xml", XML), ("g.xml", XML))
    whole = opened(content, name=name)
    parts = [list(unpack(job(content, name), lambda i, k=k: i % 3 == k)) for k in range(3)]
    assert [len(p) for p in parts] == [len(whole)] * 3
    for ordinal, item in enumerate(whole[:-1]):
        assert parts[ordinal % 3][ordinal] == item
        for k in {0, 1, 2} - {ordinal % 3}:
            skipped = parts[k][ordinal]
            assert (skipped.name, skipped.size, skipped.kind) == (item.name, item.size, item.kind)
            assert skipped.skipped
            assert skipped.content is None
    assert [p[-1] for p in parts] == [whole[-1]] * 3
    assert fired(whole[-1:]) == ["IRR_EXTRAC_FOLDER"]


@BOTH
def test_names_kinds_and_sizes_are_checked_of_what_is_not_wanted_too(name):
    files = [("a.xml", XML), ("../b.xml", XML), ("c.txt", XML), ("d.xml", b""), ("./a.xml", XML)]
    items = list(unpack(job(packed(name, *files), name), lambda _: False))
    assert [fired([m]) for m in items] == [
        [], ["IRR_NOM_F_UNSAFE"], ["IRR_TYPE_F_EXTENSION"], ["IRR_VIDE_F"], ["IRR_NOM_F_TWICE"],
    ]  # fmt: skip
    assert all(m.skipped for m in items)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("flow.tar.gz", GOOD[:-8] + bytes(4) + GOOD[-4:], "IRR_EXTRAC_GZIP"),
        ("flow.zip", forged(Part(crc=1)), "IRR_EXTRAC_CONTENT"),
    ],
)
def test_what_is_not_wanted_is_inflated_and_its_crc_compared(name, content, rule):
    items = list(unpack(job(content, name), lambda _: False))
    assert fired(items) == [rule]


def test_a_bare_document_can_be_left_out_too():
    assert list(unpack(job(XML, "a.xml"), lambda _: False)) == [
        Member("a.xml", 4, None, skipped=True)
    ]


# -- bombs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        (tar_header(b"a.xml", b"0", 10 << 30), "IRR_TAILLE_F"),
        (tar_header(b"x", b"x", 10 << 30), "IRR_EXTRAC_HEADER"),
        (b"", "IRR_EXTRAC_TRAILING"),
        (tar_header(b"a.xml", b"0", 4) + XML.ljust(512, b"\0"), "IRR_EXTRAC_TRAILING"),
    ],
)
def test_10_gb_in_10_mb_are_refused_in_bounded_time_and_memory(tmp_path, start, rule):
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip_bomb(100, start))
    assert 9 << 20 < path.stat().st_size < 11 << 20
    assert unpacked_in_bounds(path, seconds=5, memory=256 << 20)[-1] == rule


def test_600_mb_of_headers_in_611_kb_are_refused_in_bounded_time_and_memory(tmp_path):
    """The standard library takes 1.2 GB for this one."""
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip_bomb(6, tar_header(b"x", b"x", 600 << 20)))
    assert path.stat().st_size < 620_000
    assert unpacked_in_bounds(path, seconds=5, memory=256 << 20) == ["1", "IRR_EXTRAC_HEADER"]


@BOTH
def test_10000_small_files_take_no_more_memory_than_one(tmp_path, name):
    path = tmp_path / name
    content = b"<" + b"x" * 10_000
    path.write_bytes(packed(name, *((f"{i}.xml", content) for i in range(10_000))))
    assert unpacked_in_bounds(path, seconds=10, memory=128 << 20) == ["10000"]


@BOTH
def test_a_member_of_100_mb_is_in_memory_once(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(packed(name, ("a.xml", b"<" * (100 << 20))))
    assert unpacked_in_bounds(path, seconds=20, memory=240 << 20) == ["1"]


# -- the table of rules --------------------------------------------------------------------------


def test_every_container_rule_is_fired_by_a_test_or_by_the_judging_process():
    here = {rule for rule, *_ in FLOWS + FILES}
    elsewhere = {r for r in rules() if r.startswith(("SIM_", "JUDGE_", "STYLESHEET_"))}
    limits = {"IRR_TAILLE_FLOW", "IRR_TAILLE_F", "IRR_EXTRAC_TOTAL", "IRR_EXTRAC_MEMBERS"}
    names = {
        f"IRR_NOM_F_{what}" for what in ("LENGTH", "CHARACTER", "TWICE", "REPORT", "REPORT_OTHER")
    }
    tars = {f"IRR_EXTRAC_{what}" for what in ("GZIP", "CUT", "TRAILING", "TAR", "KIND", "HEADER")}
    zips = {f"IRR_EXTRAC_{what}" for what in ("ZIP", "OVERLAP", "CONTENT", "ENCRYPTED", "METHOD")}
    assert set(rules()) == here | elsewhere | limits | names | tars | zips


def test_a_refusal_carries_the_motif_that_its_name_begins_with():
    for name in rules():
        row = rules()[name]
        if name.startswith("IRR_"):
            assert name == row.motif or name.startswith(f"{row.motif}_")


def test_a_motif_of_a_file_is_said_of_files_and_the_others_of_the_flow():
    for name in rules():
        row = rules()[name]
        if name.startswith("IRR_"):
            assert row.level == ("file" if row.motif.endswith("_F") else "flow")


# -- packing -----------------------------------------------------------------------------------

NAMES = st.text(
    st.characters(
        codec="utf-8", exclude_characters="/\\:", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs")
    ),
    min_size=1,
    max_size=200,
)
FILE_NAMES = NAMES.map(lambda stem: f"f{stem}.xml")
CONTENTS = st.binary(max_size=2000).map(lambda data: b"<" + data)


@given(
    st.dictionaries(FILE_NAMES, CONTENTS, min_size=1, max_size=5),
    st.datetimes(timezones=st.just(UTC)),
)
@settings(deadline=None)
def test_what_is_packed_is_unpacked(files, when):
    items = opened(pack(files.items(), when))
    assert members(items) == [(shown(name), content) for name, content in files.items()]
    assert fired(items) == []


def test_the_same_files_give_the_same_bytes_whatever_the_day():
    files = [("b.xml", XML), ("a.xml", XML)]
    assert pack(files, WHEN) == pack(iter(files), WHEN)
    assert pack(files, WHEN) != pack(files, WHEN.replace(second=1))


def test_a_packed_archive_tells_names_times_and_nobody():
    archive = pack([("é" * 80 + ".xml", XML), ("a.xml", XML)], WHEN)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened_again:
        told = [(m.name, m.mtime, m.uid, m.gid, m.uname, m.mode) for m in opened_again]
    seconds = int(WHEN.timestamp())
    assert told == [
        ("é" * 80 + ".xml", seconds, 0, 0, "", 0o644),
        ("a.xml", seconds, 0, 0, "", 0o644),
    ]
    flags, mtime = struct.unpack("<3xBI", archive[:8])
    assert (flags, mtime) == (0, seconds)


# -- anything at all ---------------------------------------------------------------------------


@given(st.binary(max_size=1500), st.sampled_from([".tar.gz", ".zip", ".xml", ".pdf", ""]))
def test_no_content_raises(content, extension):
    opened(content, name=f"flow{extension}")
    opened(gzip.compress(content), name=f"flow{extension}")
