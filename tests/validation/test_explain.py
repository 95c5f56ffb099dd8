"""A second opinion: the words of xmlschema, matched to our findings, within a time limit."""

import zlib

from pdfs import CII, Attached, factur_x

from simulator.domain.judgement import Job, Limits
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation.explain import Reason, matched, reasons, reasons_of_member
from simulator.validation.judge import judge

GOOD = ubl_invoice(Specimen())
BAD = GOOD.replace(b"2026-09-01</cbc:IssueDate>", b"1/9/2026</cbc:IssueDate>").replace(
    b"<cbc:DocumentCurrencyCode>", b"<cbc:Wrong/><cbc:DocumentCurrencyCode>"
)


def test_a_second_validator_speaks_of_the_same_elements(tmp_path):
    path = tmp_path / "f.xml"
    path.write_bytes(BAD)
    job = Job("f.xml", "", "", ("xsd",), Limits(), path=str(path))
    findings = judge(job).documents[0].findings
    found = reasons_of_member(job, "f.xml")
    assert [r.path for r in found] == ["/Invoice/cbc:IssueDate", "/Invoice"]
    assert matched(findings, found) == [r.text for r in found]
    assert "1/9/2026" in found[0].text
    assert "cbc:Wrong" in found[1].text


def test_the_invoice_in_a_pdf_is_spoken_of_by_the_schema_of_its_interface():
    bad = CII.replace(b"/>", b"><autre/></rsm:CrossIndustryInvoice>")
    pdf = factur_x(Attached(raw=zlib.compress(bad)))
    for syntax in ("", "factur-x", "factur-x-d16b"):
        job = Job("f.pdf", syntax, "", ("xsd",), Limits(), content=pdf)
        findings = [f for f in judge(job).documents[0].findings if f.pack == "xsd"]
        (text,) = matched(findings, reasons_of_member(job, "f.pdf"))
        assert "autre" in text


def test_an_answer_that_takes_too_long_is_said_to():
    assert reasons(BAD, seconds=0.01) == (Reason("/", "xmlschema did not finish in 0.01 s"),)


def test_there_is_nothing_to_say_of_what_is_no_document():
    job = Job("f.xml", "", "", (), Limits(), content=GOOD)
    assert reasons(b"<a/>") == ()
    assert reasons(b"<a") == ()
    assert reasons_of_member(job, "other.xml") == ()


def test_a_reason_is_given_to_one_finding_only():
    job = Job("f.xml", "ubl-2.1", "", ("xsd",), Limits(), content=BAD)
    findings = judge(job).documents[0].findings
    once = [Reason("/Invoice/cbc:IssueDate[1]", "of the date")]
    assert matched([findings[0], findings[0]], once) == ["of the date", None]
    assert matched(findings, []) == [None, None]
