"""Findings on attachments: each rule on each syntax, one that passes and one that fails."""

import os
import string
import tracemalloc
from pathlib import Path

import pytest
from attachment_samples import CPP, PREFIXES, SYNTAXES, UBL, UN, File, document, tree

from simulator import resources
from simulator.domain.findings import Rulebook
from simulator.validation.attachments import (
    Bounds,
    attachment_findings,
    conventions,
    readable_pdf_missing,
    rules,
    stylesheet_of,
)

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared")) / "corpus"
CIRCUITS = ("b2g", "b2g-pa", "g2b-pa", "g2b-issuer")
AFNOR = CIRCUITS[1:]
SMALL = Bounds(size=10)
LONG = "n" * 60 + ".pdf"
STYLESHEET = '<?xml-stylesheet type="text/xsl" href="FSO1100A.xsl"?>'


def find(syntax, *files, circuit="b2g", bounds=SMALL, inside=""):
    content = document(syntax, *files, inside=inside)
    return attachment_findings(content, tree(content), syntax, PREFIXES, circuit, bounds)


def fired(syntax, *files, **options):
    return [finding.rule for finding in find(syntax, *files, **options)]


# rule, an attachment that is right, one that is wrong
CASES = [
    ("IRR_VID_PJ", File(text="QQ=="), File(text="")),
    ("IRR_VID_PJ", File(text="QUI="), File(text=" \n\t ")),
    ("IRR_TAILLE_PJ", File(text="MDEyMzQ1Njc4OQ=="), File(text="MDEyMzQ1Njc4OUE=")),
    ("IRR_NOM_PJ_CHARACTER", File(name="bon n°1 (é).pdf"), File(name="bon #1.pdf")),
    ("IRR_NOM_PJ_CHARACTER", File(name="a-b_c.d.pdf"), File(name="C:a.pdf")),
    ("IRR_NOM_PJ_UNSAFE", File(name="..a.pdf"), File(name="../a.pdf")),
    ("IRR_NOM_PJ_UNSAFE", File(name="a b.pdf"), File(name="a\x85b.pdf")),
    ("IRR_NOM_PJ_UNSAFE", File(name="a\u00a0b.pdf"), File(name="a\u202efdp.pdf")),
    ("IRR_NOM_PJ_UNSAFE", File(name="a.b.pdf"), File(name="dossier\\a.pdf")),
    ("IRR_EXT_DOC", File(name="a.DOCX"), File(name="a.exe")),
    ("IRR_EXT_DOC", File(name="a.tar.gz"), File(name="a.pdf.")),
    ("IRR_EXT_DOC", File(name="a.p7s"), File(name="pdf")),
    ("ATTACHMENT_NAME_CUT", File(name="n" * 46 + ".pdf"), File(name="n" * 47 + ".pdf")),
]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(("rule", "right", "wrong"), CASES)
def test_a_rule_fires_on_what_is_wrong_alone(rule, right, wrong, syntax):
    assert fired(syntax, right) == []
    assert fired(syntax, wrong) == [rule]


@pytest.mark.parametrize("circuit", AFNOR)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_circuits_of_the_platforms_have_their_own_extensions(circuit, syntax):
    assert fired(syntax, File(name="a.xslt"), File(name="a.Ods"), circuit=circuit) == []
    assert fired(syntax, File(name="a.docx"), circuit=circuit) == ["IRR_EXT_DOC_AFNOR"]


@pytest.mark.parametrize("circuit", AFNOR)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_attachment_of_the_platforms_has_a_name(circuit, syntax):
    assert fired(syntax, File(name="a.pdf"), circuit=circuit) == []
    missing = fired(syntax, File(name=None, reference="a.pdf"), circuit=circuit)
    assert missing == ["IRR_NOM_PJ_MISSING"]


@pytest.mark.parametrize("syntax", [*UBL, *UN])
def test_the_reference_names_an_attachment_of_the_historic_channel(syntax):
    assert fired(syntax, File(name=None, reference="aa.pdf")) == []
    assert fired(syntax, File(name=None, reference="")) == ["IRR_NOM_PJ_MISSING"]
    assert fired(syntax, File(name=None, reference="aa.exe")) == ["IRR_EXT_DOC"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_blank_name_is_none(syntax):
    assert fired(syntax, File(name=" ", reference="")) == ["IRR_NOM_PJ_MISSING"]


@pytest.mark.parametrize("syntax", CPP)
def test_base64_is_checked_where_the_schema_takes_any_text(syntax):
    assert fired(syntax, File(text="SGVs\n bG8=")) == []
    assert fired(syntax, File(text="rubbish!")) == ["IRR_SYNTAX_PJ"]


@pytest.mark.parametrize("syntax", [*UBL, *UN])
def test_base64_is_left_to_the_schema_where_there_is_one(syntax):
    assert fired(syntax, File(text="rubbish!")) == []


def test_a_document_without_attachments_has_no_findings():
    assert [fired(syntax) for syntax in SYNTAXES] == [[]] * len(SYNTAXES)


def test_without_a_circuit_nothing_refuses_and_names_are_free():
    wrong = File(text=""), File(name="../a"), File(text="MDEyMzQ1Njc4OUE="), File(name=LONG)
    found = find("ubl-invoice", *wrong, File(name=None), File(name="a#.exe"), circuit="")
    assert [(f.rule, f.severity) for f in found] == [
        ("IRR_VID_PJ", "warning"),
        ("IRR_NOM_PJ_UNSAFE", "warning"),
        ("IRR_TAILLE_PJ", "warning"),
    ]


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_each_refusal_makes_the_file_irrecevable_with_a_motif_that_exists(circuit):
    wrong = File(text=""), File(text="A" * 20), File(name="a%.pdf"), File(name="a.exe")
    found = find("cpp-facture-mixte", *wrong, File(text="*"), circuit=circuit)
    labels = resources.table("schemas", "codelists", "motifs.toml")
    assert {f.motif for f in found} <= set(labels)
    assert {(f.refuses, f.level, f.pack) for f in found} == {(True, "file", "attachments")}


def test_a_document_may_have_several_faults_in_their_order():
    both = File(name="a#.exe", text="")
    rules_of_both = ["IRR_VID_PJ", "IRR_NOM_PJ_CHARACTER", "IRR_EXT_DOC"]
    assert fired("cii-d16b", File(), both, File(name="b.exe")) == [*rules_of_both, "IRR_EXT_DOC"]


def test_a_finding_points_at_its_attachment():
    (found,) = find("ubl-invoice", File(), File(name="a.exe"))
    assert (found.place.line, found.place.column) == (6, 1)
    tag = "cbc:EmbeddedDocumentBinaryObject"
    path = f"/Invoice/cac:AdditionalDocumentReference[2]/cac:Attachment/{tag}"
    assert found.place.xpath == path
    assert found.place.excerpt is not None
    assert found.place.excerpt.startswith(f'<{tag} mimeCode="application/pdf" filename="a.exe">')
    assert ".exe" in found.message
    assert "docx" in found.help


def test_a_cut_name_is_told_as_it_will_read():
    (found,) = find("ubl-invoice", File(name=LONG))
    cut = "n" * 46 + ".pdf"
    assert found.severity == "info"
    assert cut in found.message
    assert found.motif is None


@pytest.mark.parametrize("name", ["n" * 60, f"a.{'x' * 60}", f"{'n' * 10}.{'x' * 49}"])
def test_a_name_whose_extension_does_not_fit_is_cut_plainly(name):
    *_, found = find("ubl-invoice", File(name=name))
    assert (found.rule, found.message.rpartition(" ")[2]) == ("ATTACHMENT_NAME_CUT", name[:50])


def test_what_cannot_be_seen_is_spelled_out_in_messages():
    (found,) = find("ubl-invoice", File(name="a\u202efdp.pdf"))
    assert "a\\u202efdp.pdf" in found.message


@pytest.mark.parametrize("name", [".", "..", "/", "\\\\", "a/../../b.pdf", "C:\\a.pdf", "a\tb.pdf"])
def test_names_that_are_no_file_names_are_refused(name):
    assert fired("cpp-facture-pivot", File(name=name))[0] == "IRR_NOM_PJ_UNSAFE"


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_very_long_name_is_bad_input_not_a_fault(circuit):
    found = find("ubl-invoice", File(name="{%s}" % ("é" * 100_000)), circuit=circuit)
    assert max(len(f.message) for f in found) < 1000


def test_beyond_the_bound_findings_are_counted():
    found = find("ubl-invoice", *[File(name="a.exe")] * 30, bounds=Bounds(findings=10))
    assert [f.rule for f in found] == ["IRR_EXT_DOC"] * 10 + ["ATTACHMENTS_MORE"]
    assert "20 autres" in found[-1].message
    assert len(find("ubl-invoice", *[File(name="a.exe")] * 10, bounds=Bounds(findings=10))) == 10


def test_a_refusal_is_never_hidden_behind_notes():
    files = [File(name=LONG)] * 20 + [File(name="a.exe")]
    found = fired("ubl-invoice", *files, bounds=Bounds(findings=5))
    assert found == ["ATTACHMENT_NAME_CUT"] * 4 + ["IRR_EXT_DOC", "ATTACHMENTS_MORE"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_two_thousand_wrong_attachments_are_bounded_in_number_and_memory(syntax):
    content = document(syntax, *[File(name="a#.exe", text="")] * 2000)
    root = tree(content)
    tracemalloc.start()
    try:
        found = attachment_findings(content, root, syntax, PREFIXES, "b2g")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 101
    assert "5900 autres" in found[-1].message
    assert peak < 4 << 20


def test_a_large_attachment_is_neither_decoded_nor_kept():
    text = "QUFB" * (2 << 20)
    content = document("ubl-invoice", File(name="a.exe", text=text))
    root = tree(content)
    tracemalloc.start()
    try:
        found = attachment_findings(content, root, "ubl-invoice", PREFIXES, "b2g")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [f.rule for f in found] == ["IRR_EXT_DOC"]
    assert peak < 1.5 * len(text)


@pytest.mark.parametrize("syntax", [*UBL, "cii-d16b", "cii-d22b", "cpp-facture-mixte"])
@pytest.mark.parametrize("kind", ["E2", "E5"])
def test_a_mixed_format_comes_with_its_pdf(syntax, kind):
    def missing(*files):
        content = document(syntax, *files)
        return readable_pdf_missing(content, tree(content), syntax, PREFIXES, kind)

    assert missing(File(name="a.PDF", mime=None)) == []
    assert missing(File(name="a.xml"), File(name="b.csv", mime="application/pdf")) == []
    (found,) = missing(File(name="a.pdf", text=""), File(name="a.xml", mime="text/xml"))
    assert (found.rule, found.severity, found.place.line) == ("READABLE_PDF_MISSING", "warning", 2)
    assert "among 2 attachments" in found.help
    assert found.place.xpath
    assert [f.rule for f in missing()] == ["READABLE_PDF_MISSING"]


@pytest.mark.parametrize("kind", ["E1", "E3", "E4", "F2", "Pivot S", ""])
def test_other_formats_need_no_pdf(kind):
    content = document("ubl-invoice")
    assert readable_pdf_missing(content, tree(content), "ubl-invoice", PREFIXES, kind) == []


def test_a_factur_x_is_its_own_pdf():
    content = document("factur-x")
    root = tree(content)
    assert readable_pdf_missing(content, root, "factur-x", PREFIXES, "E2") == []


@pytest.mark.parametrize("syntax", [*UBL, "cii-d16b"])
@pytest.mark.parametrize("kind", ["E1", "E4"])
def test_a_structured_format_may_name_its_stylesheet(syntax, kind):
    def named(before):
        return stylesheet_of(tree(document(syntax, before=before)), kind)

    assert named(f"<!-- c -->{STYLESHEET}<?other?>") == "FSO1100A.xsl"
    assert named(STYLESHEET.replace("FSO", "./styles/FSO")) == "FSO1100A.xsl"
    for before in ("", "<!-- xml-stylesheet -->", "<?xml-stylesheet?>", '<?other href="a.xsl"?>'):
        assert named(before) == ""


@pytest.mark.parametrize("kind", ["E2", "E3", "F2", ""])
def test_other_formats_need_no_stylesheet(kind):
    assert stylesheet_of(tree(document("ubl-invoice", before=STYLESHEET)), kind) == ""


def test_every_circuit_has_one_list_and_every_list_its_source():
    rows = conventions().extensions.values()
    assert sorted(circuit for row in rows for circuit in row.circuits) == sorted(CIRCUITS)
    for row in rows:
        assert row.source
        assert row.rule in rules()
        assert all(value == value.lower() and "." not in value for value in row.values)


def test_every_rule_is_worded_without_holes():
    for rule in rules():
        row = rules()[rule]
        texts = (row.message, row.help, row.repair)
        asked = {f for text in texts for _, f, _, _ in string.Formatter().parse(text) if f}
        found = rules().finding(rule, **dict.fromkeys(asked, "VALUE"))
        assert not {"{", "}"} & set(found.message + found.help + found.repair)
        assert not row.message.endswith(".")
        assert (row.motif is None) == (row.severity != "error")
        assert row.motif is None or rule.startswith(row.motif)


def test_no_rule_has_the_name_of_one_of_another_table():
    assert set(rules()) <= set(Rulebook.from_tables(*resources.rule_tables()))


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
def test_the_official_samples_of_the_historic_channel_pass():
    samples = sorted((CORPUS / "aife-chorus-pro").glob("FSO1116A*/*.xml"))
    assert samples
    for sample in samples:
        content = sample.read_bytes()
        root = tree(content)
        assert attachment_findings(content, root, "cii-d16b", PREFIXES, "b2g") == []
        assert readable_pdf_missing(content, root, "cii-d16b", PREFIXES, "E2") == []
