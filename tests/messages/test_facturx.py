"""Factur-X out of its PDF: one invoice or one error, advice on the container, bounds that hold."""

import json
import subprocess
import sys
import time
import zlib
from dataclasses import replace

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import (
    CII,
    FACTURX,
    FIELDS,
    SOUND,
    Attached,
    factur_x,
    inflating,
    structure_bomb,
    without_attachments,
    xmp,
)

from simulator import resources
from simulator.messages.facturx import Extracted, extract, profile_findings
from simulator.messages.facturxcontainer import rules

EN16931 = "urn:cen.eu:en16931:2017"
BASIC = "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"
MINIMUM = "urn:factur-x.eu:1p0:minimum"
OTHER = replace(FACTURX, name="second.xml", relationship="Supplement")


def with_xmp(packet, **layout):
    return factur_x(layout=replace(SOUND, xmp=packet, **layout))


def with_fields(**fields):
    """The XMP with some fields changed, or left out where None."""
    changed = {name: value for name, value in (FIELDS | fields).items() if value is not None}
    return with_xmp(xmp(changed))


def attached(**given):
    return factur_x(replace(FACTURX, **given))


def encrypted(**given):
    return factur_x(layout=replace(SOUND, encryption=pikepdf.Encryption(**given)))


def fired(content, guideline=EN16931):
    extracted = extract(content)
    return [f.rule for f in (*extracted.findings, *profile_findings(extracted, guideline))]


def refused(content, **limits):
    """The rule of the only finding of a PDF that gives no XML."""
    extracted = extract(content, **limits)
    (finding,) = extracted.findings
    assert finding.refuses
    assert extracted == Extracted(None, findings=(finding,))
    return finding.rule


ERRORS = {
    "IRR_SYNTAX_PDF": lambda: b"%PDF-1.7\nnothing of it",
    "IRR_SYNTAX_PDF_ENCRYPTED": lambda: encrypted(user="secret", owner="other"),
    "IRR_SYNTAX_PDF_MANY": lambda: factur_x(
        *(Attached(f"{number}.txt", b"", ()) for number in range(5_001))
    ),
    "IRR_SYNTAX_PDF_XML": without_attachments,
    "IRR_SYNTAX_PDF_TWO": lambda: factur_x(FACTURX, replace(FACTURX, name="xrechnung.xml")),
    "IRR_SYNTAX_PDF_STREAM": lambda: attached(raw=b"no deflated data"),
    "IRR_SYNTAX_PDF_FILTER": lambda: attached(filters=("LZWDecode",)),
    "IRR_TAILLE_F_XML": lambda: attached(size=(100 << 20) + 1),
}
ADVICE = {
    "FACTURX_NAME": lambda: factur_x(
        replace(FACTURX, name="facture.xml"),
        layout=replace(SOUND, xmp=xmp(FIELDS | {"DocumentFileName": "facture.xml"})),
    ),
    "FACTURX_SEVERAL": lambda: factur_x(FACTURX, OTHER),
    "FACTURX_DAMAGED": lambda: factur_x().replace(b"startxref", b"startxxxx"),
    "FACTURX_EMBEDDED": lambda: attached(embedded=False),
    "FACTURX_AF": lambda: attached(associated=False),
    "FACTURX_RELATION": lambda: attached(relationship="Unspecified"),
    "FACTURX_XMP": lambda: with_xmp(None),
    "FACTURX_XMP_UNREADABLE": lambda: with_xmp(b"<x:xmpmeta"),
    "FACTURX_PDFA": lambda: with_xmp(xmp(part="1")),
    "FACTURX_XMP_EXTENSION": lambda: with_xmp(xmp({})),
    "FACTURX_XMP_FIELD": lambda: with_fields(Version=None),
    "FACTURX_XMP_VALUE": lambda: with_fields(DocumentType="ORDER"),
    "FACTURX_XMP_NAMESPACE": lambda: with_xmp(
        xmp(namespace="urn:zugferd:pdfa:CrossIndustryDocument:invoice:2p0#")
    ),
    "FACTURX_XMP_SCHEMA": lambda: with_xmp(xmp(described=False)),
    "FACTURX_PROFILE": lambda: with_fields(ConformanceLevel="MINIMUM"),
    "FACTURX_RELATION_SOURCE": lambda: attached(relationship="Source"),
    "FACTURX_ID": lambda: factur_x(layout=replace(SOUND, identified=False)),
    "FACTURX_INTENT": lambda: factur_x(layout=replace(SOUND, intent=False)),
    "FACTURX_FONT": lambda: factur_x(layout=replace(SOUND, fonts={"Helvetica": False})),
}


# -- one finding each --------------------------------------------------------------------------


def test_a_sound_factur_x_gives_its_xml_and_no_finding():
    assert extract(factur_x()) == Extracted(CII, "factur-x.xml", (), "Data", "EN 16931")
    assert fired(factur_x()) == []


@pytest.mark.parametrize("rule", ERRORS)
def test_an_error_is_the_only_finding_and_there_is_no_xml(rule):
    assert refused(ERRORS[rule]()) == rule


@pytest.mark.parametrize("rule", ADVICE)
def test_advice_comes_alone_and_with_the_xml(rule):
    content = ADVICE[rule]()
    assert fired(content) == [rule]
    extracted = extract(content)
    assert extracted.xml == CII
    assert not any(f.refuses for f in extracted.findings)


def test_a_relationship_other_than_data_does_not_fit_a_profile_without_lines():
    content = with_fields(ConformanceLevel="MINIMUM")
    assert fired(content, MINIMUM) == []
    for relationship in ("Source", "Alternative"):
        extracted = replace_relationship(extract(content), relationship)
        (finding,) = profile_findings(extracted, MINIMUM)
        assert (finding.rule, finding.severity) == ("FACTURX_RELATION_PROFILE", "warning")


def replace_relationship(extracted, relationship):
    return Extracted(extracted.xml, extracted.name, (), relationship, extracted.profile)


def test_every_row_of_the_table_has_a_case_here():
    assert {*ERRORS, *ADVICE, "FACTURX_RELATION_PROFILE"} == set(rules())


@pytest.mark.parametrize("rule", [*ERRORS, *ADVICE])
def test_a_finding_words_itself_completely(rule):
    extracted = extract((ERRORS | ADVICE)[rule]())
    for finding in (*extracted.findings, *profile_findings(extracted, EN16931)):
        for text in (finding.message, finding.help, finding.repair, finding.source):
            assert text.strip()
            assert not {"{", "}", "\n"} & set(text)
        assert not finding.message.endswith(".")
        assert (finding.pack, finding.level) == ("facturx", "file")


def test_errors_carry_the_motif_their_name_begins_with_and_advice_none():
    labels = resources.table("schemas", "codelists", "motifs.toml")
    for rule in rules():
        row = rules()[rule]
        if rule.startswith("IRR_"):
            assert row.severity == "error"
            assert rule.startswith(row.motif)
            assert row.motif in labels
        else:
            assert (row.severity in ("warning", "info"), row.motif) == (True, None)


# -- which attachment --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["xrechnung.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml", "Factur-X.XML"]
)
def test_an_invoice_under_another_name_is_taken_with_advice(name):
    extracted = extract(attached(name=name))
    assert (extracted.xml, extracted.name) == (CII, name)
    assert extracted.findings[0].rule == "FACTURX_NAME"


@pytest.mark.parametrize(
    "start",
    [b"", b"\xef\xbb\xbf", b"<!-- <x/> CrossIndustryInvoice -->\n<?pi ?>", b"<!DOCTYPE x>"],
    ids=["plain", "bom", "comment", "doctype"],
)
def test_a_wrong_name_is_found_by_the_root_element(start):
    body = start + b"<CrossIndustryInvoice/>"
    assert extract(attached(name="a.xml", raw=body, filters=())).xml == body


def test_a_wrong_name_is_found_in_utf_16_for_the_judge_of_syntax_to_refuse():
    body = CII.decode().encode("utf-16")
    assert extract(attached(name="a.xml", raw=body, filters=())).xml == body


@pytest.mark.parametrize(
    "body",
    [
        b"<Invoice/>",
        b"<CrossIndustryInvoices/>",
        b"<!-- <CrossIndustryInvoice/> --><a/>",
        b"",
        b"<",
    ],
)
def test_other_xml_is_no_invoice(body):
    assert refused(attached(name="a.xml", raw=body, filters=())) == "IRR_SYNTAX_PDF_XML"


def test_the_right_name_is_taken_whatever_is_in_it():
    extracted = extract(attached(raw=b"<cut", filters=()))
    assert (extracted.xml, extracted.findings) == (b"<cut", ())


def test_two_invoices_with_wrong_names_are_one_too_many():
    files = (replace(FACTURX, name="a.xml"), replace(FACTURX, name="b.xml"))
    (finding,) = extract(factur_x(*files)).findings
    assert finding.rule == "IRR_SYNTAX_PDF_TWO"
    assert "a.xml, b.xml" in finding.help


def test_two_attachments_of_the_right_name_are_one_too_many():
    assert refused(factur_x(FACTURX, FACTURX)) == "IRR_SYNTAX_PDF_TWO"


def test_other_attachments_do_not_disturb():
    xml = Attached("delivery.xml", b"<DespatchAdvice/>", (), relationship="Supplement")
    text = Attached("terms.txt", b"text", (), relationship="Unspecified")
    assert fired(factur_x(xml, text, FACTURX)) == []


@pytest.mark.parametrize("tree", ["kids", "loop"])
def test_a_name_tree_with_branches_is_read_even_if_it_is_a_loop(tree):
    text = Attached("terms.txt", b"text", ())
    assert fired(factur_x(text, FACTURX, layout=replace(SOUND, tree=tree))) == []


# -- streams -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "raw"),
    [
        ((), CII),
        (("ASCIIHexDecode",), CII.hex(" ").encode() + b">"),
        (("ASCIIHexDecode", "FlateDecode"), zlib.compress(CII).hex().encode()),
        (("FlateDecode", "FlateDecode"), zlib.compress(zlib.compress(CII))),
        (("FlateDecode",), zlib.compress(CII)[:-4]),
    ],
    ids=["none", "hex", "chain", "twice", "without-checksum"],
)
def test_filters_are_undone(filters, raw):
    assert extract(attached(filters=filters, raw=raw)).xml == CII


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"raw": b""}, "IRR_SYNTAX_PDF_STREAM"),
        ({"raw": zlib.compress(b"")}, "IRR_SYNTAX_PDF_STREAM"),
        ({"raw": zlib.compress(CII)[:-4] + b"\0\0\0\0"}, "IRR_SYNTAX_PDF_STREAM"),
        ({"filters": ("ASCII85Decode",)}, "IRR_SYNTAX_PDF_FILTER"),
        ({"raw": b"xyz", "filters": ("ASCIIHexDecode",)}, "IRR_SYNTAX_PDF_STREAM"),
        ({"filters": ("FlateDecode",) * 5}, "IRR_SYNTAX_PDF_FILTER"),
        ({"filters": ("RunLengthDecode",)}, "IRR_SYNTAX_PDF_FILTER"),
        ({"predictor": 12}, "IRR_SYNTAX_PDF_FILTER"),
    ],
)
def test_what_does_not_unpack_is_an_error(given, rule):
    assert refused(attached(**given)) == rule


def test_predictor_one_means_none():
    assert extract(attached(predictor=1)).xml == CII


@pytest.mark.parametrize(
    ("filters", "raw"),
    [
        ((), b"x" * 1001),
        (("FlateDecode",), zlib.compress(b"x" * 1001)),
        (("ASCIIHexDecode",), b"20" * 1001),
        (("FlateDecode", "ASCIIHexDecode"), zlib.compress(b"20" * 1001)),
    ],
)
def test_the_limit_holds_for_what_is_really_there(filters, raw):
    assert refused(attached(filters=filters, raw=raw), most=1000) == "IRR_TAILLE_F_XML"


def test_the_limit_itself_is_allowed():
    content = attached(raw=zlib.compress(b"x" * 1000), size=1000)
    assert extract(content, most=1000).xml == b"x" * 1000


# -- encryption --------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
@pytest.mark.parametrize("user", ["", "secret"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_encryption_is_refused_also_without_a_password_to_open(revision, user):
    given = {"R": revision, "aes": revision > 3, "metadata": revision > 3}
    content = encrypted(user=user, owner="other", **given)
    assert refused(content) == "IRR_SYNTAX_PDF_ENCRYPTED"


def test_an_encryption_that_nobody_knows_is_refused_as_such():
    content = encrypted(user="", owner="other", R=6).replace(b"/V 5", b"/V 9")
    assert refused(content) == "IRR_SYNTAX_PDF_ENCRYPTED"


# -- container ---------------------------------------------------------------------------------


def test_properties_may_be_attributes():
    assert fired(with_xmp(xmp(attributes=True))) == []


def test_packed_metadata_are_read_when_they_inflate_within_bounds():
    assert fired(with_xmp(zlib.compress(xmp()), xmp_filter="FlateDecode")) == []
    bomb = with_xmp(inflating(2 << 20), xmp_filter="FlateDecode")
    assert fired(bomb) == ["FACTURX_XMP_UNREADABLE"]


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ({"xmp": b"x", "xmp_filter": "LZWDecode"}, "filter LZWDecode"),
        ({"xmp": b"no deflated data", "xmp_filter": "FlateDecode"}, "do not unpack"),
        ({"xmp": inflating(2 << 20), "xmp_filter": "FlateDecode"}, "more than 1048576 bytes"),
        ({"xmp": b""}, "found: "),
    ],
)
def test_metadata_that_cannot_be_had_say_why(layout, told):
    (finding,) = extract(factur_x(layout=replace(SOUND, **layout))).findings
    assert finding.rule == "FACTURX_XMP_UNREADABLE"
    assert told in finding.help


def test_entities_in_metadata_are_not_expanded():
    text = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    packet = f'<!DOCTYPE x [<!ENTITY e0 "INVOICE">{text}]>'.encode()
    fields = FIELDS | {"DocumentType": "&e9;"}
    assert fired(with_xmp(packet + xmp(fields))) == ["FACTURX_XMP_UNREADABLE"]


@pytest.mark.parametrize("level", ["A", "B", "U", "b"])
def test_every_conformance_of_pdf_a_3_will_do(level):
    assert fired(with_xmp(xmp(conformance=level))) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("DocumentFileName", "facture.xml"), ("ConformanceLevel", "no thing"), ("DocumentType", "x")],
)
def test_a_value_that_does_not_fit_is_named(field, value):
    extracted = extract(with_fields(**{field: value}))
    (finding,) = extracted.findings
    assert finding.rule == "FACTURX_XMP_VALUE"
    assert field in finding.message
    assert value in finding.message


def test_fonts_in_the_file_are_no_fault_and_others_are_named():
    fonts = {"Arial": True, "Helvetica": False, "Courier": False}
    (finding,) = extract(factur_x(layout=replace(SOUND, fonts=fonts))).findings
    assert finding.message.endswith(": Helvetica, Courier")


@pytest.mark.parametrize(
    ("guideline", "profile"),
    [
        (MINIMUM, "MINIMUM"),
        ("urn:factur-x.eu:1p0:basicwl", "BASIC WL"),
        (BASIC, "BASIC"),
        ("urn:cen.eu:en16931:2017:compliant:factur-x.eu:1p0:basic", "BASIC"),
        (EN16931, "EN 16931"),
        (EN16931, "EN16931"),
        ("urn:cen.eu:en16931:2017#compliant#urn.cpro.gouv.fr:1p0:en16931-ctc-fr", "EN 16931"),
        ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", "EXTENDED"),
        ("urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "EXTENDED"),
        ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", "XRECHNUNG"),
    ],
)
def test_the_profile_of_a_guideline_is_known(guideline, profile):
    assert profile_findings(Extracted(CII, profile=profile), guideline) == ()
    for other in {"MINIMUM", "BASIC", "EXTENDED"} - {profile}:
        found = profile_findings(Extracted(CII, profile=other), guideline)
        accepted = other == "EXTENDED" and "xrechnung" in guideline
        assert [f.rule for f in found] == ([] if accepted else ["FACTURX_PROFILE"])


@pytest.mark.parametrize("guideline", ["", "urn:factur-x.eu:2p0:ultimate", "A1"])
def test_an_unknown_guideline_is_compared_with_nothing(guideline):
    assert profile_findings(Extracted(CII, profile="MINIMUM"), guideline) == ()


# -- bad input ---------------------------------------------------------------------------------

SAMPLE = factur_x(OTHER, FACTURX, layout=replace(SOUND, fonts={"Helvetica": False}))


def given_an_answer(content):
    """Whatever it is: XML without an error, or one error without XML; printable texts."""
    extracted = extract(content)
    errors = [f for f in extracted.findings if f.refuses]
    assert len(errors) == (extracted.xml is None)
    for finding in extracted.findings:
        assert " at 0x" not in finding.help
        assert finding.help.isprintable()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_unreadable(content):
    assert refused(content) == "IRR_SYNTAX_PDF"
    assert refused(b"%PDF-1.7\n" + content) == "IRR_SYNTAX_PDF"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1))
def test_a_pdf_cut_anywhere_has_an_answer(end):
    given_an_answer(SAMPLE[:end])


PIECES = (b"null", b"[", b"<<", b">>", b"1 0 R", b"-1", b"1e400", b"9" * 30, b"(\xd8\x00)", b"/F")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=8,
    )
)
def test_a_pdf_with_other_objects_anywhere_has_an_answer(edits):
    content = bytearray(SAMPLE)
    for at, length, piece in edits:
        content[at : at + length] = piece
    given_an_answer(bytes(content))


def test_a_cut_pdf_gives_the_same_words_every_time():
    content = factur_x().replace(b"startxref", b"startxxxx")
    assert extract(content) == extract(bytes(bytearray(content)))
    assert refused(content[:200]) == "IRR_SYNTAX_PDF"


def test_names_of_a_partner_are_quoted_short_and_printable():
    name = "a\n\x1b[2J" + "é" * 500 + ".xml"
    (finding,) = extract(attached(name=name, raw=b"<a/>", filters=())).findings
    assert finding.help.isprintable()
    assert len(finding.help) < 400


def test_two_thousand_attachments_are_read_in_little_time():
    files = [replace(FACTURX, name=f"{n}.xml", raw=b"<a/>", filters=()) for n in range(2_000)]
    content = factur_x(*files, FACTURX)
    began = time.perf_counter()
    extracted = extract(content)
    assert time.perf_counter() - began < 2
    assert (extracted.xml, extracted.findings) == (CII, ())


MEASURED = """
import json, resource, sys, time
from simulator.messages.facturx import extract
from pdfs import factur_x
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
extract(factur_x())
content = open(sys.argv[1], "rb").read()
before, began = peak(), time.perf_counter()
found = extract(content, int(sys.argv[2]))
seconds = time.perf_counter() - began
print(json.dumps([[f.rule for f in found.findings], peak() - before, seconds]))
"""


def measured(tmp_path, content, most):
    """Rules, growth of memory in bytes and seconds of an extraction in a process of its own."""
    file = tmp_path / "bomb.pdf"
    file.write_bytes(content)
    script = (
        "import sys; sys.path[:0] = json_path\n".replace("json_path", repr(sys.path)) + MEASURED
    )
    command = [sys.executable, "-c", script, str(file), str(most)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SIZE = 512 << 20
BOMBS = {
    "attachment": (lambda: attached(raw=inflating(SIZE)), "IRR_TAILLE_F_XML"),
    "twice": (
        lambda: attached(raw=zlib.compress(inflating(SIZE)), filters=("FlateDecode",) * 2),
        "IRR_TAILLE_F_XML",
    ),
    "wrong-name": (lambda: attached(name="a.xml", raw=inflating(SIZE)), "IRR_SYNTAX_PDF_XML"),
    "metadata": (
        lambda: with_xmp(inflating(SIZE), xmp_filter="FlateDecode"),
        "FACTURX_XMP_UNREADABLE",
    ),
    "objects": (lambda: structure_bomb(SIZE, table=False), "IRR_SYNTAX_PDF"),
    "table": (lambda: structure_bomb(SIZE, table=True), "IRR_SYNTAX_PDF"),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is measured as Linux counts it")
def test_a_bomb_takes_no_more_memory_than_the_limit(bomb, tmp_path):
    build, rule = BOMBS[bomb]
    most = 32 << 20
    found, grown, seconds = measured(tmp_path, build(), most)
    assert found == [rule]
    assert grown < 2 * most + (32 << 20)
    assert seconds < 5


def test_importing_the_module_loads_no_library():
    code = (
        "import sys, simulator.messages.facturx\n"
        "sys.exit(bool({'pikepdf', 'lxml'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
