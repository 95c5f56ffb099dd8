"""A second opinion: the words of xmlschema, matched to our findings, within a time limit."""

import os
import signal
import zlib

import msgspec
import pytest
from pdfs import CII, Attached, factur_x

from simulator.domain.judgement import Job, Limits
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation.judge import judge
from simulator.validation.reasons import Reason, Reasons, matched

GOOD = ubl_invoice(Specimen())
BAD = GOOD.replace(b"2026-09-01</cbc:IssueDate>", b"1/9/2026</cbc:IssueDate>").replace(
    b"<cbc:DocumentCurrencyCode>", b"<cbc:Wrong/><cbc:DocumentCurrencyCode>"
)


def findings_of(content, name="f.xml", syntax=""):
    job = Job(name, syntax, "", ("xsd",), Limits(), content=content)
    return [f for f in judge(job).documents[0].findings if f.pack == "xsd"]


@pytest.fixture(scope="module")
def reasons():
    with Reasons() as asked:
        yield asked


def test_a_second_validator_speaks_of_the_same_elements(reasons):
    findings = findings_of(BAD)
    found = reasons.of(BAD, "ubl-invoice")
    assert [r.path for r in found] == ["/Invoice/cbc:IssueDate", "/Invoice"]
    assert matched(findings, found) == [r.text for r in found]
    assert "1/9/2026" in found[0].text
    assert "cbc:Wrong" in found[1].text


def test_the_invoice_in_a_pdf_is_spoken_of_by_the_schema_of_its_interface(reasons):
    bad = CII.replace(b"/>", b"><autre/></rsm:CrossIndustryInvoice>")
    pdf = factur_x(Attached(raw=zlib.compress(bad)))
    for syntax in ("", "factur-x", "factur-x-d16b"):
        findings = findings_of(pdf, "f.pdf", syntax)
        (text,) = matched(findings, reasons.of(pdf, "factur-x", syntax))
        assert "autre" in text


def test_the_process_of_a_syntax_is_kept_and_there_are_a_few_at_most(reasons):
    first = reasons.of(BAD, "ubl-invoice")
    pid = reasons.pids["ubl-invoice"]
    assert reasons.of(BAD, "ubl-invoice") == first
    assert reasons.pids["ubl-invoice"] == pid
    for number in range(4):
        reasons.of(b"<a/>", f"other-{number}")
    assert len(reasons.pids) == 4
    assert "ubl-invoice" not in reasons.pids


def test_a_process_that_dies_is_replaced(reasons):
    reasons.of(b"<a/>", "mortal")
    os.kill(reasons.pids["mortal"], signal.SIGKILL)
    assert reasons.of(b"<a/>", "mortal") == (Reason("/", "xmlschema failed with exit status -9"),)
    assert "mortal" not in reasons.pids
    assert reasons.of(b"<a/>", "mortal") == ()


def test_an_answer_that_takes_too_long_is_said_to_and_costs_the_process_its_life():
    with Reasons(seconds=0.01) as hasty:
        assert hasty.of(BAD, "ubl-invoice") == (Reason("/", "xmlschema did not finish in 0.01 s"),)
        assert hasty.pids == {}


def test_processes_end_with_the_run():
    with Reasons() as asked:
        asked.of(b"<a/>", "x")
        (pid,) = asked.pids.values()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("content", [b"<a/>", b"<a", b"", b"%PDF-1.7 no", b"\0" * 10])
def test_there_is_nothing_to_say_of_what_is_no_document(reasons, content):
    assert reasons.of(content, "unknown") == ()


@pytest.mark.parametrize("depth", [500, 5000])
def test_a_document_that_the_library_cannot_bear_does_not_end_the_run(reasons, depth):
    deep = GOOD.replace(b"<cbc:ID>", b"<cbc:X>" * depth + b"</cbc:X>" * depth + b"<cbc:ID>", 1)
    found = reasons.of(deep, "ubl-invoice")
    assert all(isinstance(reason, Reason) for reason in found)
    assert reasons.of(BAD, "ubl-invoice") != ()


def test_a_reason_is_given_to_one_finding_only():
    findings = findings_of(BAD, syntax="ubl-2.1")
    once = [Reason("/Invoice/cbc:IssueDate[1]", "of the date")]
    assert matched([findings[0], findings[0]], once) == ["of the date", None]
    assert matched(findings, []) == [None, None]
    nowhere = msgspec.structs.replace(findings[0].place, xpath=None)
    lost = msgspec.structs.replace(findings[0], place=nowhere)
    assert matched([lost], [Reason("/", "of all")]) == [None]
