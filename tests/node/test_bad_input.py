"""All that can be wrong with a flow, over SFTP: motif, finding and report of each; the node goes on.

One table, by motif as PPF general dossier v3.2 table 3 has them. A row is deposited on each of its
interfaces: a flow of the historic channel is answered by CPPStatut 93, one of a platform by CDAR 501.
Every answer must come within `SECONDS`, with node and judging processes within `MEMORY`.
"""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from archive_forge import PDF, XML, Part, forged, tar, tar_entry, zip_info, zipped
from bad_flows import (
    CDAR,
    CII,
    GB,
    UBL,
    announcing,
    announcing_zip,
    crowded,
    declared,
    deep,
    encrypted,
    good,
    heavy,
    huge_header,
    inflating_to_2_gb,
    laughs,
    many,
    of_tar,
    overlapping,
    pdf,
    sparse,
    special,
    special_in_zip,
    tar_10_gb,
    text_beyond_the_limit,
    two_invoices,
    with_attachment,
    with_attachment_in_cii,
    with_doctype,
    with_number,
    with_text_for_base64,
    zeros_10_gb,
    zip_10_gb,
)
from flow_desk import ACKNOWLEDGEMENT, STATUSES, Answer, Desk, accepted, flow_desk, refused
from pdfs import structure_bomb, without_attachments

from simulator.settings import load

_log = logging.getLogger(__name__)

SECONDS, MEMORY = 10.0, 600 << 20
MEMORY_OF_100_MB = 1 << 30

INVOICES = ("FSO1100A", "FSO1150A")
CII_CODES = ("FSO1106A", "FSO1156A")
PDF_CODES = ("FSO1117A", "FSO1157A")

Content = bytes | Callable[[], bytes]
ARCHIVES = {".tar.gz": of_tar, ".zip": zipped}


class Row(NamedTuple):
    """A flow to refuse: what is wrong, its extension and content, the rule that says so."""

    what: str
    extension: str
    content: Content
    rule: str
    codes: tuple[str, ...] = INVOICES


def both(what: str, rule: str, *files: tuple[str, bytes], codes=INVOICES) -> list[Row]:
    """The same files in both kinds of archive."""
    rows = [(extension, (lambda p=p: p(*files))) for extension, p in ARCHIVES.items()]
    return [Row(what, extension, content, rule, codes) for extension, content in rows]


def document(what: str, rule: str, content: Content, codes=INVOICES) -> Row:
    return Row(what, ".xml", content, rule, codes)


BESIDE = ("beside.xml", UBL)
KIND = "IRR_EXTRAC_KIND"

BAD: Mapping[str, list[Row]] = {
    "IRR_VIDE": [
        Row("empty flow", ".xml", b"", "IRR_VIDE"),
        Row("empty flow", ".tar.gz", b"", "IRR_VIDE"),
        Row("empty flow", ".zip", b"", "IRR_VIDE"),
        Row("empty flow", ".pdf", b"", "IRR_VIDE", PDF_CODES),
        Row("empty flow", ".xml", b"", "IRR_VIDE", STATUSES + ACKNOWLEDGEMENT),
        *both("empty archive", "IRR_VIDE_ARCHIVE"),
        *both("stylesheets only", "IRR_VIDE_ARCHIVE", ("a.xsl", b"<x/>"), codes=("FSO1100A",)),
    ],
    "IRR_VIDE_F": both("empty member", "IRR_VIDE_F", ("a.xml", b""), BESIDE),
    "IRR_EXTRAC": [
        Row("cut archive", ".tar.gz", of_tar(BESIDE)[:-40], "IRR_EXTRAC_CUT"),
        Row("cut archive", ".zip", zipped(BESIDE)[:-40], "IRR_EXTRAC_CUT"),
        Row("no archive", ".tar.gz", b"rubbish" * 99, "IRR_EXTRAC_GZIP"),
        Row("no archive", ".zip", b"rubbish" * 99, "IRR_EXTRAC_ZIP"),
        Row("zip under the name of a tar.gz", ".tar.gz", zipped(BESIDE), "IRR_EXTRAC_GZIP"),
        Row("tar.gz under the name of a zip", ".zip", of_tar(BESIDE), "IRR_EXTRAC_ZIP"),
        Row("damaged file", ".zip", forged(Part(crc=1)), "IRR_EXTRAC_CONTENT"),
        Row("encrypted file", ".zip", forged(Part(flags=1)), "IRR_EXTRAC_ENCRYPTED"),
        Row("method bzip2", ".zip", forged(Part(method=12)), "IRR_EXTRAC_METHOD"),
        Row("10 GB of zeros", ".tar.gz", zeros_10_gb, "IRR_EXTRAC_TRAILING"),
        Row("10 GB of zeros", ".zip", zip_10_gb, "IRR_EXTRAC_CONTENT"),
        Row("a thousand files that overlap", ".zip", overlapping, "IRR_EXTRAC_OVERLAP"),
        Row("header of 600 MB", ".tar.gz", huge_header, "IRR_EXTRAC_HEADER"),
        Row("symbolic link", ".tar.gz", special(tarfile.SYMTYPE), KIND),
        Row("hard link", ".tar.gz", special(tarfile.LNKTYPE), KIND),
        Row("device", ".tar.gz", special(tarfile.CHRTYPE), KIND),
        Row("block device", ".tar.gz", special(tarfile.BLKTYPE), KIND),
        Row("pipe", ".tar.gz", special(tarfile.FIFOTYPE), KIND),
        Row("folder", ".tar.gz", special(tarfile.DIRTYPE), KIND),
        Row("sparse file", ".tar.gz", special(tarfile.GNUTYPE_SPARSE), KIND),
        Row("sparse file of pax", ".tar.gz", sparse(), KIND),
        Row("symbolic link", ".zip", special_in_zip(0o120777), KIND),
        Row("device", ".zip", special_in_zip(0o020666), KIND),
        Row("folder", ".zip", zipped(BESIDE, (zip_info("sub/", 0o040755), b"")), KIND),
        *both("file in a folder", "IRR_EXTRAC_FOLDER", ("sub/a.xml", UBL), BESIDE),
    ],
    "IRR_TAILLE_F": [
        Row("2 GB declared", ".tar.gz", announcing(2 * GB), "IRR_TAILLE_F"),
        Row("2 GB declared", ".zip", announcing_zip(2 * GB), "IRR_TAILLE_F"),
        Row("10 GB of zeros in one file", ".tar.gz", tar_10_gb, "IRR_TAILLE_F"),
        Row("text of 101 MB", ".tar.gz", lambda: text_beyond_the_limit(of_tar), "IRR_TAILLE_F"),
        Row("text of 101 MB", ".zip", lambda: text_beyond_the_limit(zipped), "IRR_TAILLE_F"),
        Row("XML of 2 GB in a PDF", ".pdf", inflating_to_2_gb, "IRR_TAILLE_F_XML", PDF_CODES),
    ],
    "IRR_NOM_F": [
        *(row for name in ("../a.xml", "/etc/a.xml", "b/../../a.xml", "c:\\a.xml")
          for row in both(f"traversal {name}", "IRR_NOM_F_UNSAFE", (name, UBL))),
        *(row for character in "%$!&:;«»#@\\"
          for row in both(f"character {character}", "IRR_NOM_F_CHARACTER",
                          (f"a{character}b.xml", UBL), codes=("FSO1150A",))),
        *both("257 characters", "IRR_NOM_F_LENGTH", ("x" * 253 + ".xml", UBL), codes=("FSO1150A",)),
        *both("character %", "IRR_NOM_F_CHARACTER", ("a%b.pdf", pdf()), codes=("FSO1157A",)),
        *both("character %", "IRR_NOM_F_CHARACTER", ("a%b.xml", CDAR), codes=STATUSES),
        Row("one name twice", ".tar.gz", of_tar(BESIDE, BESIDE), "IRR_NOM_F_TWICE"),
    ],
    "IRR_TYPE": [
        Row("text file", ".txt", UBL, "IRR_TYPE"),
        Row("text file", ".txt", CDAR, "IRR_TYPE", STATUSES),
        Row("tgz", ".tgz", of_tar(BESIDE), "IRR_TYPE"),
        Row("PDF", ".pdf", pdf(), "IRR_TYPE_EXTENSION"),
        Row("XML", ".xml", CII, "IRR_TYPE_EXTENSION", PDF_CODES),
        Row("archive under the name of an XML", ".xml", of_tar(BESIDE), "IRR_TYPE_MISMATCH"),
        Row("PDF under the name of an XML", ".xml", pdf(), "IRR_TYPE_MISMATCH"),
        Row("text under the name of a PDF", ".pdf", b"hello", "IRR_TYPE_MISMATCH", PDF_CODES),
        Row("XML under the name of a PDF", ".pdf", CII, "IRR_TYPE_MISMATCH", PDF_CODES),
        Row("nothing known, without extension", "", b"hello", "IRR_TYPE_CONTENT"),
    ],
    "IRR_TYPE_F": [
        *both("text file", "IRR_TYPE_F_EXTENSION", ("a.txt", UBL), BESIDE),
        *both("PDF", "IRR_TYPE_F_EXTENSION", ("a.pdf", pdf()), BESIDE),
        *both("XML", "IRR_TYPE_F_EXTENSION", ("a.xml", CII), codes=PDF_CODES),
        *both("stylesheet", "IRR_TYPE_F_EXTENSION", ("a.xsl", b"<x/>"), BESIDE,
              codes=("FSO1150A",)),
        *both("archive in the archive", "IRR_TYPE_F_NESTED", ("a.xml", of_tar(BESIDE))),
        *both("zip in the archive", "IRR_TYPE_F_NESTED", ("a.xml", zipped(BESIDE))),
        *both("PDF under the name of an XML", "IRR_TYPE_F_MISMATCH", ("a.xml", PDF)),
        *both("text under the name of a PDF", "IRR_TYPE_F_MISMATCH", ("a.pdf", b"hello"),
              codes=PDF_CODES),
    ],
    "IRR_SYNTAX": [
        document("not well-formed", "IRR_SYNTAX_MALFORMED", UBL[:-5]),
        document("not well-formed", "IRR_SYNTAX_MALFORMED", CII[:-5], CII_CODES),
        document("not well-formed", "IRR_SYNTAX_MALFORMED", CDAR[:-5], STATUSES + ACKNOWLEDGEMENT),
        document("no XML at all", "IRR_SYNTAX_MALFORMED", b"hello"),
        *both("not well-formed", "IRR_SYNTAX_MALFORMED", ("a.xml", UBL[:-5]), BESIDE),
        document("against the schema", "cvc-complex-type.2.4.a", with_number(b"1</cbc:ID><cbc:ID>")),
        document("against the schema", "cvc-complex-type.2.4.a",
                 CDAR.replace(b"</rsm:AcknowledgementDocument>",
                              b"</rsm:AcknowledgementDocument><x/>"), STATUSES + ACKNOWLEDGEMENT),
        document("UTF-16", "IRR_SYNTAX_ENCODING", declared("UTF-16")),
        document("UTF-16 without mark", "IRR_SYNTAX_ENCODING", declared("UTF-16", "utf-16-le")),
        document("UTF-16, big end first", "IRR_SYNTAX_ENCODING", declared("UTF-16", "utf-16-be")),
        document("UTF-32", "IRR_SYNTAX_ENCODING", declared("UTF-32", "utf-32-be")),
        *both("UTF-16", "IRR_SYNTAX_ENCODING", ("a.xml", declared("UTF-16")), BESIDE),
        document("ISO-8859-1", "IRR_SYNTAX_ENCODING", declared("ISO-8859-1")),
        document("windows-1252", "IRR_SYNTAX_ENCODING", declared("windows-1252", content=CDAR),
                 STATUSES),
        document("Latin-1 declared as UTF-8", "IRR_SYNTAX_MALFORMED",
                 declared("UTF-8", "iso-8859-1")),
        document("UTF-7", "IRR_SYNTAX_ENCODING", declared("UTF-7", "utf-8")),
        document("EBCDIC", "IRR_SYNTAX_MALFORMED", declared("IBM037", "cp037")),
        document("DOCTYPE", "IRR_SYNTAX_DOCTYPE", with_doctype("SYSTEM 'http://127.0.0.1/a.dtd'")),
        document("XXE", "IRR_SYNTAX_DOCTYPE",
                 with_doctype("[<!ENTITY e SYSTEM 'file:///etc/passwd'>]", "&e;")),
        document("billion laughs", "IRR_SYNTAX_DOCTYPE", laughs()),
        *both("billion laughs", "IRR_SYNTAX_DOCTYPE", ("a.xml", laughs()), BESIDE),
        Row("billion laughs in a PDF", ".pdf", pdf(xml=laughs()), "IRR_SYNTAX_DOCTYPE", PDF_CODES),
        document("CII", "IRR_SYNTAX_ROOT", CII),
        document("UBL", "IRR_SYNTAX_ROOT", UBL, CII_CODES),
        document("status", "IRR_SYNTAX_ROOT", CDAR),
        document("invoice", "IRR_SYNTAX_ROOT", UBL, STATUSES + ACKNOWLEDGEMENT),
        document("no document of the exchange", "IRR_SYNTAX_ROOT", XML),
        *both("UBL and CII", "IRR_SYNTAX_ROOT", BESIDE, ("a.xml", CII)),
        *both("CII and UBL", "IRR_SYNTAX_ROOT", ("a.xml", CII), BESIDE, codes=CII_CODES),
        *both("invoice and status", "IRR_SYNTAX_ROOT", BESIDE, ("a.xml", CDAR)),
        *both("status and invoice", "IRR_SYNTAX_ROOT", ("a.xml", CDAR), BESIDE, codes=STATUSES),
        document("attachment that is no base64", "IRR_SYNTAX_PJ", with_text_for_base64(),
                 ("FSO1113A",)),
        document("depth 5,000", "IRR_SYNTAX_MALFORMED", deep(5_000)),
        document("a million attributes", "IRR_SYNTAX_ATTRIBUTES", lambda: crowded(1_000_000)),
        document("a root name of 9 MB", "IRR_SYNTAX_ROOT", b"<%s/>" % (b"x" * 9_000_000)),
        Row("PDF without XML", ".pdf", without_attachments(), "IRR_SYNTAX_PDF_XML", PDF_CODES),
        Row("PDF with two", ".pdf", two_invoices(), "IRR_SYNTAX_PDF_TWO", PDF_CODES),
        Row("encrypted PDF", ".pdf", encrypted(owner="o", user="u"), "IRR_SYNTAX_PDF_ENCRYPTED",
            PDF_CODES),
        Row("PDF to open without password", ".pdf", encrypted(owner="o", user=""),
            "IRR_SYNTAX_PDF_ENCRYPTED", PDF_CODES),
        Row("cut PDF", ".pdf", PDF, "IRR_SYNTAX_PDF", PDF_CODES),
        Row("PDF with a table of 200 MB", ".pdf", lambda: structure_bomb(200 << 20, table=True),
            "IRR_SYNTAX_PDF", PDF_CODES),
        Row("UBL in a PDF", ".pdf", pdf(xml=UBL), "IRR_SYNTAX_ROOT", PDF_CODES),
        *both("PDF without XML", "IRR_SYNTAX_PDF_XML", ("a.pdf", without_attachments()),
              codes=PDF_CODES),
    ],
    "IRR_NOM_PJ": [
        document("attachment a%b.pdf", "IRR_NOM_PJ_CHARACTER", with_attachment("a%b.pdf")),
        document("attachment ../a.pdf", "IRR_NOM_PJ_UNSAFE", with_attachment("../a.pdf")),
        document("attachment with a line break", "IRR_NOM_PJ_UNSAFE", with_attachment("a&#10;.pdf")),
        document("attachment without name", "IRR_NOM_PJ_MISSING", with_attachment(None),
                 ("FSO1150A",)),
    ],
    "IRR_EXT_DOC": [
        document("attachment a.exe", "IRR_EXT_DOC", with_attachment("a.exe"), ("FSO1100A",)),
        document("attachment a.exe", "IRR_EXT_DOC_AFNOR", with_attachment("a.exe"), ("FSO1150A",)),
        document("attachment a", "IRR_EXT_DOC", with_attachment("a"), ("FSO1100A",)),
        document("attachment a.exe", "IRR_EXT_DOC", with_attachment_in_cii("FSO1106A", "a.exe"),
                 ("FSO1106A",)),
        document("attachment a.exe", "IRR_EXT_DOC_AFNOR",
                 with_attachment_in_cii("FSO1156A", "a.exe"), ("FSO1156A",)),
        document("attachment a.docx", "IRR_EXT_DOC_AFNOR", with_attachment("a.docx"),
                 ("FSO1150A",)),
    ],
    "IRR_VID_PJ": [
        document("empty attachment", "IRR_VID_PJ", with_attachment(content=b"")),
        document("empty attachment", "IRR_VID_PJ",
                 with_attachment_in_cii("FSO1156A", "a.pdf", b""), CII_CODES),
    ],
}  # fmt: skip


# Limits of a node of its own, for what would take long to send; the sizes above are the real ones.
LIMITS = {"flow": 60_000, "member": 20_000, "total": 40_000, "members": 3, "attachment": 1_000}
SETTINGS = "[limits]\n" + "".join(f"{key} = {value}\n" for key, value in LIMITS.items())


def padded(size: int, content: bytes = UBL) -> bytes:
    """An invoice of that size."""
    return content + b" " * (size - len(content))


SMALL: Mapping[str, list[Row]] = {
    "IRR_TAILLE": [
        Row("60,001 bytes", extension, bytes(60_001), "IRR_TAILLE")
        for extension in (".xml", ".tar.gz", ".zip")
    ],
    "IRR_TAILLE_F": [
        document("20,001 bytes", "IRR_TAILLE_F", padded(20_001)),
        document("20,001 bytes", "IRR_TAILLE_F", padded(20_001), STATUSES),
        *both("20,001 bytes", "IRR_TAILLE_F", ("a.xml", padded(20_001)), BESIDE),
        Row("20,001 bytes in a PDF", ".pdf", pdf(xml=CII + b" " * 20_001), "IRR_TAILLE_F_XML",
            PDF_CODES),
    ],
    "IRR_EXTRAC": [
        *both("4 files", "IRR_EXTRAC_MEMBERS", *((f"{n}.xml", UBL) for n in range(4))),
        *both("3 times 15,000 bytes", "IRR_EXTRAC_TOTAL",
              *((f"{n}.xml", padded(15_000)) for n in range(3))),
    ],
    "IRR_TAILLE_PJ": [
        document("attachment of 1,001 bytes", "IRR_TAILLE_PJ", with_attachment(content=b"x" * 1001))
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with flow_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with flow_desk(tmp_path_factory.mktemp("small"), SETTINGS) as desk:
        yield desk


def cases(table: Mapping[str, list[Row]]) -> list[Any]:
    return [
        pytest.param(motif, row, code, id=f"{motif}-{row.what}-{row.extension}-{code}")
        for motif, rows in table.items()
        for row in rows
        for code in row.codes
    ]


def measured(what: str, answer: Answer) -> None:
    """For ``--log-cli-level=INFO``: how far the answer was from its bounds."""
    _log.info("%s: %.2f s, %d MB", what, answer.seconds, answer.memory >> 20)


def check_refused(answer: Answer, motif: str, row: Row, code: str) -> None:
    assert answer.why["verdict"] == "irrecevable"
    (finding,) = answer.errors
    assert (finding["rule"], finding["motif"]) == (row.rule, motif)
    assert answer.returns == refused(code, motif)
    wire = [(line["return"][:8], line["status"], line["code"]) for line in finding["wire"]]
    assert wire == [(report, *said) for report, (said,) in answer.returns.items()]
    assert all(finding[text] for text in ("message", "help", "repair", "source"))
    assert answer.seconds < SECONDS
    assert answer.memory < MEMORY


@pytest.mark.parametrize(("motif", "row", "code"), cases(BAD))
def test_bad_input_has_its_motif_its_finding_and_its_report(
    desk: Desk, motif: str, row: Row, code: str
) -> None:
    content = row.content() if callable(row.content) else row.content
    answer = desk.deposit(code, row.extension, content)
    measured(row.what, answer)
    check_refused(answer, motif, row, code)


@pytest.mark.parametrize(("motif", "row", "code"), cases(SMALL))
def test_what_is_over_a_limit_has_its_motif_its_finding_and_its_report(
    small: Desk, motif: str, row: Row, code: str
) -> None:
    content = row.content() if callable(row.content) else row.content
    check_refused(small.deposit(code, row.extension, content), motif, row, code)


MARK = b"\xef\xbb\xbf"
GOOD: Mapping[str, tuple[str, Callable[[bytes], bytes], tuple[str, ...]]] = {
    "byte order mark": (".xml", lambda d: MARK + d, INVOICES + CII_CODES + STATUSES),
    "encoding in lower case": (".xml", lambda d: d.replace(b"UTF-8", b"utf-8", 1), INVOICES),
    "no declaration": (".xml", lambda d: d.partition(b"?>\n")[2], INVOICES),
    "no extension": ("", lambda d: d, INVOICES),
    "in tar.gz, as of the current folder": (
        ".tar.gz", lambda d: tar(tar_entry("./", tarfile.DIRTYPE), ("./a.xml", d)), INVOICES
    ),
    "in zip, as of the current folder": (".zip", lambda d: zipped(("./a.xml", d)), INVOICES),
    "a file name that only platforms forbid": (
        ".tar.gz", lambda d: of_tar(("n\u00b0 1 (50%) #" + "x" * 250 + ".xml", d)), ("FSO1100A",)
    ),
    "a stylesheet beside": (
        ".zip", lambda d: zipped(("a.xml", d), ("a.xsl", b"<x/>")), ("FSO1100A",)
    ),
    "50 MB that compress 900:1": (
        ".tar.gz", lambda d: of_tar(("a.xml", d + b" " * (50 << 20))), INVOICES
    ),
    "an attachment": (".xml", lambda d: with_attachment(document=d), INVOICES),
    "a status": (".xml", lambda d: d, STATUSES + ACKNOWLEDGEMENT),
    "a PDF": (".pdf", lambda d: d, PDF_CODES),
    "PDFs in zip": (".zip", lambda d: zipped(("a.pdf", d)), PDF_CODES),
    "a CII": (".xml", lambda d: d, CII_CODES),
}  # fmt: skip


@pytest.mark.parametrize(
    ("what", "code"), [(what, code) for what, (_, _, codes) in GOOD.items() for code in codes]
)
def test_what_only_looks_bad_is_accepted(desk: Desk, what: str, code: str) -> None:
    extension, content, _ = GOOD[what]
    answer = desk.deposit(code, extension, content(good(code, desk.number())))
    assert answer.errors == []
    assert answer.returns == accepted(code)
    assert answer.memory < MEMORY


@pytest.mark.parametrize(
    ("extension", "content"),
    [
        (".xml", lambda d: padded(20_000, d)),
        (".xml", lambda d: with_attachment(content=b"x" * 1_000, document=d)),
        (".zip", lambda d: zipped(*((f"{n}.xml", d) for n in range(3)))),
        (".tar.gz", lambda d: of_tar(*((f"{n}.xml", padded(20_000, d)) for n in range(2)))),
    ],
)
def test_what_is_at_a_limit_is_not_refused(
    small: Desk, extension: str, content: Callable[[bytes], bytes]
) -> None:
    answer = small.deposit("FSO1100A", extension, content(good("FSO1100A", small.number())))
    assert answer.errors == []
    assert answer.why["verdict"] in ("accepted", "partial"), "only the number is there again"


@pytest.mark.parametrize(
    ("code", "extension"), [("FSO1100A", ".xml"), ("FSO1100A", ".tar.gz"), ("FSO1150A", ".zip")]
)
def test_an_attachment_of_99_mb_in_base64_is_accepted(
    desk: Desk, code: str, extension: str
) -> None:
    content = heavy(code, 99 << 20, desk.number())
    assert 98 << 20 < len(content) <= 99 << 20
    packed = ARCHIVES[extension](("a.xml", content)) if extension in ARCHIVES else content
    answer = desk.deposit(code, extension, packed)
    measured(f"99 MB as {extension}", answer)
    assert answer.returns == accepted(code)
    assert answer.seconds < SECONDS
    assert answer.memory < MEMORY_OF_100_MB
    assert answer.memory > len(content) or not Path("/proc/self/status").exists()


def test_10000_small_files_are_accepted_and_judged(desk: Desk) -> None:
    answer = desk.deposit("FSO1100A", ".tar.gz", many(10_000))
    measured("10,000 files", answer)
    assert answer.why["verdict"] == "accepted"
    counts = {c["name"]: c["detail"].split(",")[0] for c in answer.why["checks"]}
    assert (counts["unpack"], counts["xsd"]) == ("10000 files", "10000 of 10000 files")
    assert answer.returns == accepted("FSO1100A", 10_000)
    assert answer.seconds < 3 * SECONDS
    assert answer.memory < MEMORY


def test_the_limits_of_a_node_without_settings_are_those_of_chorus_pro() -> None:
    limits = load().limits
    assert (limits.flow, limits.member, limits.attachment) == (1 * GB, 100 << 20, 100 << 20)


def test_the_node_goes_on_as_the_same_process(desk: Desk) -> None:
    pid = desk.node.ready["pid"]
    answer = desk.deposit("FSO1100A", ".xml", good("FSO1100A", desk.number()))
    assert answer.returns == accepted("FSO1100A")
    assert desk.node.client.get("/api/v1/node")["pid"] == pid == desk.node.process.pid
