"""Judging a flow: what is refused, in which words, at which place, and what is told of it."""

from datetime import UTC, datetime

import msgspec
import pytest
from cpp_documents import MIXED
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.domain.judgement import Check, Job, Limits, documents_of
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation import assembly
from simulator.validation import judge as module
from simulator.validation.assembly import assembled
from simulator.validation.judge import answers, judge, safe_answers

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
GOOD = ubl_invoice(Specimen())
BAD = GOOD.replace(b"2026-09-01</cbc:IssueDate>", b"1/9/2026</cbc:IssueDate>")
DESPATCH = (
    b'<DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"/>'
)
CII = (
    b"<rsm:CrossIndustryInvoice"
    b' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
)


def job(content, name="f.xml", syntax="ubl-2.1", packs=("xsd",), **limits):
    return Job(name, syntax, "b2g", packs, Limits(**limits), content=content)


def envelope(*contents, **given):
    files = [(f"{number}.xml", content) for number, content in enumerate(contents, 1)]
    return job(pack(files, WHEN), name="f.tar.gz", **given)


def only(judgement):
    (document,) = judgement.documents
    return document


def rules(judgement):
    return [f.rule for d in judgement.documents for f in d.findings]


def test_a_good_invoice_is_accepted_with_its_facts():
    judgement = judge(envelope(GOOD))
    assert judgement.verdict == "accepted"
    document = only(judgement)
    assert (document.member, document.size, document.findings) == ("1.xml", len(GOOD), ())
    assert (document.facts.number, document.facts.places["number"][2]) == ("DEMO-0001", 0)


def test_judging_is_a_pure_function_of_the_job():
    assert judge(envelope(GOOD, BAD)) == judge(envelope(GOOD, BAD))


def test_the_trace_tells_every_step_in_order():
    assert judge(job(GOOD)).checks == (
        Check("unpack", "passed", f"1 files, {len(GOOD)} bytes"),
        Check("file", "passed", "1 of 1 files"),
        Check("well-formed", "passed", "1 of 1 files"),
        Check("syntax", "passed", "1 of 1 files"),
        Check("xsd", "passed", "1 of 1 files"),
        Check("attachments", "passed", "1 of 1 files"),
    )


def test_the_trace_of_many_files_has_a_line_a_step_and_one_for_each_failure():
    checks = [c for c in judge(envelope(GOOD, BAD, GOOD)).checks if c.name == "xsd"]
    assert checks == [
        Check("xsd", "failed", "2 of 3 files"),
        Check("xsd", "failed", "2.xml: cvc-datatype-valid.1.2.1"),
    ]


def test_a_schema_error_has_words_place_and_motif():
    judgement = judge(job(BAD))
    assert judgement.verdict == "irrecevable"
    (finding,) = only(judgement).findings
    line = BAD.split(b"\n").index(b"<cbc:IssueDate>1/9/2026</cbc:IssueDate>") + 1
    assert (finding.rule, finding.pack, finding.motif) == (
        "cvc-datatype-valid.1.2.1",
        "xsd",
        "IRR_SYNTAX",
    )
    assert finding.message == (
        "IRRECEVABILITE: cvc-datatype-valid.1.2.1 : '1/9/2026' n'est pas une valeur valide pour"
        f" 'xs:date' (élément 'cbc:IssueDate') - ligne: {line} - position: 1"
    )
    place = finding.place
    assert (place.member, place.line, place.column) == ("f.xml", line, 1)
    assert place.xpath == "/Invoice/cbc:IssueDate"
    assert place.excerpt == "<cbc:IssueDate>1/9/2026</cbc:IssueDate>"


def test_an_invalid_document_still_has_its_facts():
    assert only(judge(job(BAD))).facts.number == "DEMO-0001"


def test_one_bad_file_makes_the_flow_irrecevable_and_leaves_the_others_as_they_are():
    judgement = judge(envelope(GOOD, BAD))
    assert judgement.verdict == "irrecevable"
    assert [len(d.findings) for d in judgement.documents] == [0, 1]


@pytest.mark.parametrize(
    ("rule", "content", "syntax", "at"),
    [
        ("IRR_SYNTAX_MALFORMED", b"<a>\n<b>\n</a>", "", (3, 5)),
        ("IRR_SYNTAX_MALFORMED", b"<a>&nbsp;</a>", "", (1, 10)),
        ("IRR_SYNTAX_MALFORMED", b"<a>\xff</a>", "", (1, 4)),
        ("IRR_SYNTAX_MALFORMED", b"hello", "", (1, 1)),
        ("IRR_SYNTAX_DOCTYPE", b"<?xml version='1.0'?>\n<!-- - --><!DOCTYPE a><a/>", "", (2, 11)),
        ("IRR_SYNTAX_DOCTYPE", b"\xef\xbb\xbf<!DOCTYPE a><a/>", "", (1, 1)),
        ("IRR_SYNTAX_ENCODING", "<a/>".encode("utf-16"), "", (1, 1)),
        ("IRR_SYNTAX_ENCODING", "<a/>".encode("utf-16-le"), "", (1, 1)),
        ("IRR_SYNTAX_ENCODING", b'<?xml version="1.0" encoding="UTF-7"?><a/>', "", (1, 1)),
        ("IRR_SYNTAX_UNKNOWN", b"<!-- - -->\n  <a/>", "", (2, 3)),
        ("IRR_SYNTAX_UNKNOWN", DESPATCH, "", (1, 1)),
        ("IRR_SYNTAX_ROOT", CII, "ubl-2.1", (1, 1)),
        ("IRR_SYNTAX_ROOT", DESPATCH, "ubl-2.1", (1, 1)),
    ],
)
def test_what_is_no_document_of_the_interface_is_a_finding_with_its_place(
    rule, content, syntax, at
):
    (finding,) = only(judge(job(content, syntax=syntax))).findings
    assert (finding.rule, finding.motif) == (rule, "IRR_SYNTAX")
    assert (finding.place.line, finding.place.column) == at


def test_a_document_that_no_interface_carries_is_irrecevable():
    judgement = judge(job(DESPATCH, syntax=""))
    assert judgement.verdict == "irrecevable"
    assert judgement.skipped == (("xsd", "unknown document"),)


def test_another_encoding_is_refused_and_the_document_read_all_the_same():
    latin = BAD.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"')
    assert latin != BAD
    judgement = judge(job(latin))
    assert rules(judgement) == ["IRR_SYNTAX_ENCODING", "cvc-datatype-valid.1.2.1"]
    assert only(judgement).facts.number == "DEMO-0001"


@pytest.mark.parametrize("declared", [b"utf-8", b"UTF8", b"Utf-8"])
def test_utf_8_may_be_spelled_in_any_way_and_have_a_byte_order_mark(declared):
    content = b"\xef\xbb\xbf" + GOOD.replace(b"UTF-8", declared)
    assert judge(job(content)).verdict == "accepted"


def test_entities_cannot_reach_the_parser():
    bomb = b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]>'
    bomb += b'<a x="' + b"&c;" * 1000 + b'"/>'
    assert rules(judge(job(bomb))) == ["IRR_SYNTAX_DOCTYPE"]


def test_a_hint_in_the_document_is_not_followed(tmp_path):
    schema = tmp_path / "hint.xsd"
    schema.write_text("not a schema")
    hinted = GOOD.replace(
        b"<Invoice ",
        b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
        + f"urn:x {schema.as_uri()}".encode()
        + b'" ',
    )
    assert rules(judge(job(hinted))) == []


def test_a_text_of_more_than_10_mb_is_legal():
    big = ubl_invoice(Specimen(size=16 << 20))
    assert judge(job(big)).verdict == "accepted"


def test_packs_of_later_versions_are_told_as_skipped():
    judgement = judge(job(GOOD, packs=("xsd", "peppol")))
    assert judgement.skipped == (("peppol", "not in this version"),)


def test_without_the_schema_pack_only_the_syntax_is_looked_at():
    judgement = judge(job(BAD, packs=()))
    assert judgement.verdict == "accepted"
    assert [c.name for c in judgement.checks] == [
        "unpack",
        "file",
        "well-formed",
        "syntax",
        "attachments",
    ]


def test_a_fault_of_the_container_is_one_of_the_flow():
    whole = envelope(GOOD).content
    judgement = judge(job(whole[:-4], name="f.tar.gz"))
    assert [f.rule for f in judgement.findings] == ["IRR_EXTRAC_CUT"]
    assert judgement.checks[:2] == (
        Check("unpack", "failed", f"1 files, {len(GOOD)} bytes"),
        Check("unpack", "failed", "IRR_EXTRAC_CUT"),
    )
    assert only(judgement).facts is not None


def test_a_file_refused_unread_is_a_document_without_facts():
    flow = job(pack([("a.pdf", b"%PDF"), ("b.xml", GOOD)], WHEN), name="f.tar.gz")
    judgement = judge(flow)
    assert [(d.member, d.facts is None) for d in judgement.documents] == [
        ("a.pdf", True),
        ("b.xml", False),
    ]
    assert rules(judgement) == ["IRR_TYPE_F_EXTENSION"]


def lines(count, attribute=b' wrong="1"'):
    """An invoice with many lines, each wrong in the same way."""
    start = GOOD.index(b"<cac:InvoiceLine>")
    end = GOOD.index(b"</cac:InvoiceLine>") + len(b"</cac:InvoiceLine>")
    line = GOOD[start:end].replace(b"<cbc:ID>", b"<cbc:ID" + attribute + b">", 1)
    return GOOD[:start] + line * count + GOOD[end:]


def test_the_list_of_errors_is_capped_and_the_rest_counted():
    findings = only(judge(job(lines(7), findings=5))).findings
    assert [f.rule for f in findings] == ["cvc-complex-type.3.2.2"] * 5 + ["XSD_MORE"]
    assert findings[-1].severity == "info"
    assert findings[-1].message == "2 autres erreurs de schéma ne sont pas détaillées"


def test_the_documents_of_a_block_share_the_room_for_findings(monkeypatch):
    monkeypatch.setattr(module, "_FULL", 1)
    judgement = judge(envelope(lines(4), lines(4), lines(4), findings=5))
    assert [len([f for f in d.findings if f.refuses]) for d in judgement.documents] == [4, 1, 1]


@pytest.mark.parametrize("attribute", [b' wrong="1"', b""])
def test_a_document_of_many_lines_is_judged_like_one_of_few(attribute):
    few = only(judge(job(lines(6, attribute), findings=5)))
    many = only(judge(job(lines(9000, attribute), findings=5)))
    assert [f.place for f in many.findings[:5]] == [f.place for f in few.findings[:5]]
    assert many.facts == few.facts
    assert len(many.findings) == (6 if attribute else 0)
    assert not attribute or many.findings[-1].message.startswith("8995 autres")


def test_a_single_error_far_down_a_long_document_is_found_where_it_is():
    content = lines(9000, b"")
    head, tail = content.rsplit(b"<cac:InvoiceLine>", 1)
    line = head.count(b"\n") + 1
    (finding,) = only(judge(job(head + b"<cac:Wrong/><cac:InvoiceLine>" + tail))).findings
    assert finding.rule == "cvc-complex-type.2.4.a"
    assert (finding.place.line, finding.place.xpath) == (line, "/Invoice/cac:Wrong")


def test_judging_stops_after_the_block_in_which_enough_files_were_refused(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_FILES", 2)
    judgement = judge(envelope(*[b"<a/>"] * 5, findings=3))
    assert len(judgement.documents) == 4
    assert [f.rule for f in judgement.findings] == ["JUDGE_STOPPED"]
    assert judgement.checks[0].detail == "4 files, 16 bytes"


def test_a_last_block_that_is_too_much_is_no_reason_to_speak_of_a_rest(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_FILES", 5)
    judgement = judge(envelope(*[b"<a/>"] * 5, findings=3))
    assert len(judgement.documents) == 5
    assert judgement.findings == ()


def shares(flow, parts):
    """The answers of several processes to one job, the last first."""
    jobs = [msgspec.structs.replace(flow, part=n, parts=parts) for n in range(parts)]
    return [answer for share in reversed(jobs) for answer in answers(share)]


FILES = {"good": GOOD, "bad": BAD, "unreadable": b"<a>", "empty": b"", "foreign": DESPATCH}


@given(
    st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=12),
    st.integers(1, 4),
    st.integers(2, 5),
    st.integers(1, 6),
)
@settings(deadline=None, max_examples=60)
def test_over_however_many_processes_a_flow_is_spread_the_judgement_is_the_same(
    kinds, size, parts, most
):
    flow = envelope(*(FILES[kind] for kind in kinds), findings=most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_FILES", size)
        assert assembled(flow, shares(flow, parts)) == judge(flow)


def test_the_documents_of_many_blocks_are_all_there_in_their_order(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_FILES", 2)
    judgement = judge(envelope(*[GOOD] * 5))
    assert (judgement.documents, len(judgement.blocks)) == ((), 3)
    assert [d.member for d in judgement.every_document()] == [f"{n}.xml" for n in range(1, 6)]
    assert judgement.verdict == "accepted"


def test_an_unforeseen_fault_becomes_an_answer(monkeypatch, capsys):
    def broken(_job):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(module, "answers", broken)
    judgement = assembled(job(GOOD), safe_answers(job(GOOD)))
    assert judgement.verdict == "irrecevable"
    assert [f.rule for f in judgement.findings] == ["SIM_JUDGE_DEFECT"]
    assert "ZeroDivisionError: by nothing" in judgement.findings[0].help
    assert "Traceback" in capsys.readouterr().err


def test_running_out_of_memory_becomes_an_answer(monkeypatch):
    def hungry(_job):
        raise MemoryError

    monkeypatch.setattr(module, "answers", hungry)
    judgement = assembled(job(GOOD), safe_answers(job(GOOD, memory=123)))
    assert [f.rule for f in judgement.findings] == ["SIM_JUDGE_MEMORY"]
    assert "123 bytes" in judgement.findings[0].help


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6))
@settings(deadline=None)
def test_no_change_of_a_document_raises(changes):
    content = bytearray(GOOD)
    for at, value in changes:
        content[at] = value
    judge(job(bytes(content)))


@given(st.integers(0, len(GOOD) - 20))
@settings(deadline=None, max_examples=30)
def test_every_cut_of_a_document_is_irrecevable(length):
    assert judge(job(GOOD[:length])).verdict == "irrecevable"


def test_lines_beyond_16_bits_are_right_in_facts_and_findings():
    long = GOOD.replace(b"<cbc:ProfileID>", b"<!--" + b"\n" * 70_000 + b"--><cbc:ProfileID>", 1)
    wrong = long.replace(b"2026-09-01</cbc:IssueDate>", b"1/9</cbc:IssueDate>")
    line = wrong[: wrong.index(b"<cbc:IssueDate>")].count(b"\n") + 1
    document = only(judge(job(wrong)))
    assert document.facts.places["issue_date"] == ("/Invoice/cbc:IssueDate", line, 1)
    assert document.findings[0].place.line == line


def test_without_an_interface_each_document_has_the_packs_that_it_calls_for():
    judgement = judge(job(CII, syntax="", packs=None))
    assert rules(judgement) == ["cvc-complex-type.2.4.b"]
    assert only(judgement).facts.syntax == "cii-d22b"


def test_a_document_of_another_interface_is_named_for_what_it_is():
    judgement = judge(job(CII, syntax="ubl-2.1"))
    assert rules(judgement) == ["IRR_SYNTAX_ROOT"]
    assert only(judgement).facts.syntax == "cii-d22b"


STYLED = GOOD.replace(b"?>", b'?><?xml-stylesheet type="text/xsl" href="E1.xsl"?>', 1)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(("held", "found"), [("E1.xsl", []), ("other.xsl", ["STYLESHEET_MISSING"])])
def test_the_stylesheets_that_invoices_name_travel_with_them(parts, held, found):
    content = pack([("a.xml", STYLED), (held, b"<xsl/>")], WHEN)
    flow = msgspec.structs.replace(job(content, name="f.tar.gz"), kind="E1")
    judgement = assembled(flow, shares(flow, parts))
    assert [f.rule for f in judgement.findings] == found
    assert [d.member for d in judgement.documents] == ["a.xml"]
    assert judgement.verdict == "accepted"


def test_errors_beyond_ten_thousand_are_not_even_counted():
    content = GOOD.replace(b"<cbc:DocumentC", b'<cbc:Note x="1"/>' * 30_000 + b"<cbc:DocumentC", 1)
    findings = only(judge(job(content))).findings
    assert findings[-1].rule == "XSD_MANY"
    assert len(findings) == 101


def test_many_errors_in_one_element_deep_down_are_found_in_bounded_time():
    start, item = GOOD.index(b"<cac:Item>"), b'<cbc:Description x="1"/>'
    content = GOOD[: start + 10] + item * 40_000 + GOOD[start + 10 :]
    findings = only(judge(job(content, seconds=20.0))).findings
    assert {f.rule for f in findings[:-1]} == {"cvc-complex-type.3.2.2"}


EMPTY_BLOCKS = (b"<CPPFactureMixte/>", b"<CPPStatut/>", b"<CPPFacturePivot/>")


@pytest.mark.parametrize("content", EMPTY_BLOCKS)
@pytest.mark.parametrize("packs", [("xsd",), ()])
def test_a_file_of_no_invoices_at_all_has_facts_that_say_nothing(content, packs):
    judgement = judge(job(content, syntax="", packs=packs))
    assert only(judgement).facts.number == ""
    assert (judgement.verdict == "irrecevable") == bool(packs)


def styled(name, content):
    return pack([("a.xml", GOOD), (name, content), ("b.xml", b"<a>")], WHEN)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", "IRR_VIDE_F"), (b"x" * 20_000, "IRR_TAILLE_F"), (b"PK\x03\x04zip", "IRR_TYPE_F_NESTED")],
)
def test_a_stylesheet_at_fault_is_told_and_hides_nothing(monkeypatch, content, rule, parts):
    monkeypatch.setattr(module, "_BLOCK_FILES", 1)
    flow = job(styled("s.xsl", content), name="f.tar.gz", member=15_000)
    judgement = assembled(flow, shares(flow, parts))
    found = [(d.member, f.rule) for d in judgement.documents for f in d.findings]
    assert ("s.xsl", rule) in found
    assert judgement == judge(flow)
    assert judgement.verdict == "irrecevable"


def mixed(text=MIXED):
    return judge(job(text.encode(), syntax="cpp-facture-mixte", packs=("xsd", "historic")))


def test_a_file_of_many_invoices_is_decided_in_parts(monkeypatch):
    monkeypatch.setattr(assembly, "_MOST_TOGETHER", 1)
    judgement = mixed()
    assert [len(documents_of(block)) for block in judgement.blocks] == [1, 1]


def test_a_finding_is_with_the_invoice_that_it_speaks_of():
    second = MIXED.index("<Id>", MIXED.index('NumOrdre="2"'))
    text = MIXED[:second] + MIXED[second:].replace("<Id>", "<Id>é ", 1)
    first, other = mixed(text).documents
    assert not [f for f in first.findings if f.rule == "G1.05_CHARACTERS"]
    assert [f for f in other.findings if f.rule == "G1.05_CHARACTERS"]
