"""The engine's process is bounded, replaced when it fails, and never ours."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from simulator.schematron.process import (
    Bounds,
    SchematronProcess,
    SchematronUnavailable,
    Subject,
)

PASSES = '<pattern><rule context="a"><assert id="R" test="@x">x</assert></rule></pattern>'
ENDLESS = """<pattern><rule context="a">
  <assert id="R" test="sum(for $i in 1 to 2000000000, $j in 1 to 2000 return $i mod 7) = 0">x</assert>
  </rule></pattern>"""
AMOUNT = """<pattern><rule context="a"><assert id="R" test="xs:decimal(.) = 1">x</assert></rule>
  </pattern>"""
DOCUMENT = Subject(b"<a/>", "")


def test_one_stylesheet_is_compiled_once_until_its_file_changes(process, rule_set):
    row = rule_set(PASSES)
    first, second = (process.run(DOCUMENT, [row]).rulings[0][1] for _ in range(2))
    assert first.compiling > 0.001 > second.compiling
    os.utime(rule_set(PASSES.replace('"R"', '"S"')).file, ns=(1, 1))
    assert process.run(DOCUMENT, [row]).rulings[0][1].counts == {"S": 1}


def test_the_engine_is_in_another_process(process, monkeypatch):
    monkeypatch.delitem(sys.modules, "saxonche", raising=False)  # an oracle of another test
    process.run(DOCUMENT, [])
    assert process.engine == "" or process.engine.startswith("SaxonC-HE ")
    assert "saxonche" not in sys.modules
    assert process.pid != os.getpid()


def test_what_asks_loads_neither_engine_nor_parser():
    code = (
        "import sys, simulator.schematron.checking\n"
        "sys.exit(any(n.split('.')[0] in ('lxml', 'saxonche') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_process_killed_under_a_document_is_replaced_and_asked_again(extra, rule_set):
    pids = []

    def killed_once(pid):
        pids.append(pid)
        if len(pids) == 1:
            os.kill(pid, signal.SIGKILL)

    with SchematronProcess(Bounds(), killed_once) as process:
        outcome = process.run(DOCUMENT, [rule_set(PASSES)])
    assert outcome.rulings[0][1].counts == {"R": 1}
    assert len(set(pids)) == 2


def test_a_process_that_dies_twice_is_told_and_the_next_document_is_served(extra, rule_set):
    killing = True

    def asking(pid):
        if killing:
            os.kill(pid, signal.SIGKILL)

    with SchematronProcess(Bounds(), asking) as process:
        outcome = process.run(DOCUMENT, [rule_set(PASSES)])
        assert outcome.problem == "the process ended twice (exit status -9)"
        killing = False
        assert process.run(DOCUMENT, [rule_set(PASSES)]).rulings[0][1].counts == {"R": 1}


def test_a_rule_set_without_end_is_cut_off_and_the_others_are_run(extra, rule_set):
    endless, good = rule_set(ENDLESS, "endless.sch"), rule_set(PASSES)
    with SchematronProcess(Bounds(seconds=1.5)) as process:
        begin = time.monotonic()
        rulings = process.run(DOCUMENT, [good, endless, good]).rulings
        seconds = time.monotonic() - begin
    assert [r.stopped for _, r in rulings] == ["", "did not finish in 1.5 s", ""]
    assert [r.counts for _, r in rulings] == [{"R": 1}, {}, {"R": 1}]
    assert seconds < 8


def test_a_stylesheet_that_needs_too_much_memory_is_told(extra, rule_set):
    text = "string-join((1 to 1000000) ! '0123456789')"
    test = f"let $s := {text} return string-length(string-join((1 to 90) ! $s)) = 0"
    greedy = PASSES.replace("@x", test)
    with SchematronProcess(Bounds(memory=300 << 20)) as process:
        rulings = process.run(DOCUMENT, [rule_set(greedy, "g.sch"), rule_set(PASSES)]).rulings
    assert rulings[0][1].stopped
    assert rulings[1][1].counts == {"R": 1}


def test_a_stylesheet_that_stops_is_not_clean_and_says_why(ruled):
    stopped = ruled(AMOUNT, "<a>2400,00</a>")
    assert stopped.stopped.startswith('FORG0001: Cannot convert string "2400,00"')
    assert (stopped.fired, stopped.counts) == ((), {})
    assert ruled(AMOUNT, "<a>1</a>").stopped == ""


@pytest.mark.parametrize(
    "document",
    [
        b"\xef\xbb\xbf<a>\xc3\xa9</a>",
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
        '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"),
        b"<a>&#233;</a>",
    ],
)
def test_byte_order_marks_and_encodings_do_not_matter(ruled, document):
    schema = """<pattern><rule context="a"><report id="R" test=". = 'é'">« <value-of select="."/>
        »</report></rule></pattern>"""
    assert ruled(schema, document).fired[0].text == "« é »"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<a>", "not well-formed: "),
        (b"", "not well-formed: "),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>', "DOCTYPE"),
        (b"%PDF-1.7\nrubbish", "PDF"),
    ],
)
def test_a_document_that_cannot_be_read_is_told(process, rule_set, content, told):
    outcome = process.run(Subject(content, ""), [rule_set(PASSES)])
    assert told in outcome.problem
    assert outcome.rulings == ()


def test_a_stylesheet_reaches_neither_network_nor_disk(process, rule_set, tmp_path):
    row = rule_set(PASSES.replace("@x", "doc('http://127.0.0.1:9/x')/x"))
    assert "has been prohibited" in process.run(DOCUMENT, [row]).rulings[0][1].stopped
    sheet = f"""<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="3.0">
        <xsl:template match="/"><schematron-output/><xsl:result-document
        href="{(tmp_path / "out.xml").as_uri()}"><x/></xsl:result-document></xsl:template>
        </xsl:stylesheet>"""
    process.run(DOCUMENT, [rule_set(sheet, "writes.xslt")])
    assert not (tmp_path / "out.xml").exists()


def test_only_so_many_are_described_and_all_are_counted(extra, rule_set):
    schema = PASSES.replace('context="a"', 'context="b"')
    with SchematronProcess(Bounds(fired=3)) as process:
        content = b"<a>" + b"<b/>" * 500 + b"</a>"
        ruled = process.run(Subject(content, ""), [rule_set(schema)]).rulings[0][1]
    assert len(ruled.fired) == 3
    assert ruled.counts == {"R": 500}


def test_a_process_at_rest_is_gone_and_comes_back(extra, rule_set):
    with SchematronProcess() as process:
        process.run(DOCUMENT, [rule_set(PASSES)])
        first = process.pid
        process.rest()
        assert process.pid is None
        process.run(DOCUMENT, [rule_set(PASSES)])
        assert process.pid not in (None, first)


def test_closing_ends_a_run_from_another_thread(extra, rule_set):
    asking = threading.Event()
    process = SchematronProcess(Bounds(), lambda _pid: asking.set())
    told = []

    def run():
        try:
            process.run(DOCUMENT, [rule_set(ENDLESS)])
        except SchematronUnavailable as error:
            told.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert asking.wait(30)
    process.close()
    thread.join(30)
    assert told == ["it was closed"]


def test_a_process_that_cannot_start_is_told(extra):
    with SchematronProcess(Bounds(memory=1 << 20)) as process:
        try:
            outcome = process.run(DOCUMENT, [])
        except SchematronUnavailable as error:
            assert "did not start" in str(error)
        else:
            assert outcome.rulings == ()
