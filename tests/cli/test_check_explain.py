"""`check --explain` and `--schematron`: all there is to say of a finding, and what others say."""

import importlib.util
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from simulator.cli import check, second_looks
from simulator.cli.main import aife_sim
from simulator.domain.findings import Finding, Place
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.schematron import opinion
from simulator.schematron.process import NOT_RUN
from simulator.validation.offline import Row
from simulator.validation.packs.loading import load

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
GOOD = ubl_invoice(Specimen(circuit="b2g-pa"))
BAD = GOOD.replace(b"<cbc:DocumentCurrencyCode>", b"\t<cbc:Wrong/><cbc:DocumentCurrencyCode>")
EURO = GOOD.replace(b">EUR</cbc:DocumentCurrencyCode>", b">EURO</cbc:DocumentCurrencyCode>")
FLOW = "FSO1150A_DEM011_DEM0111150000000000000001.tar.gz"


def run(*arguments):
    return CliRunner().invoke(aife_sim, ["check", *map(str, arguments)], prog_name="aife-sim")


def told(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def flow(tmp_path):
    path = tmp_path / FLOW
    path.write_bytes(pack([("a.xml", GOOD), ("b.xml", BAD)], WHEN))
    return path


@pytest.fixture
def extra():
    if not importlib.util.find_spec("saxonche"):
        pytest.skip("no saxonche: pip install aife-sim[schematron]")


# -- explained ----------------------------------------------------------------------------------


def test_json_has_all_of_a_finding(flow):
    ((finding,),) = [row["findings"] for row in told(flow) if row["findings"]]
    assert finding["becomes"]["text"] == "makes the flow irrecevable: 501 Irrecevable on CSO1150A"
    assert finding["asked"].startswith("Expected one of: cbc:Note")
    assert finding["found"] == "cbc:Wrong"
    assert finding["file"] == f"{flow} > b.xml"
    assert finding["excerpt"][finding["caret"] :].startswith("<cbc:Wrong/>")
    assert (finding["level"], finding["mark"]) == ("file", "deduced")
    assert "explanation" not in finding


def test_explain_adds_the_reason_of_a_second_validator(flow):
    ((finding,),) = [row["findings"] for row in told(flow, "--explain") if row["findings"]]
    assert "cbc:Wrong" in finding["explanation"]


def test_people_see_all_of_a_finding_with_its_place_marked(flow):
    out = run(flow, "--explain").stdout
    lines = [line.strip() for line in out.splitlines()]
    assert (
        "becomes   makes the flow irrecevable: 501 Irrecevable on CSO1150A, motif IRR_SYNTAX"
        in (lines)
    )
    for label in ("asked", "found", "where", "xpath", "because", "repair", "pack", "source"):
        assert any(line.startswith(f"{label:<10}") for line in lines), label
    assert any(line.startswith("xmlschema ") and "cbc:Wrong" in line for line in lines)
    for shown in (out, run(flow).stdout):
        rows = shown.splitlines()
        (at,) = [n for n, line in enumerate(rows) if line.strip() == "^"]
        assert rows[at - 1][rows[at].index("^") :].startswith("<cbc:Wrong/>")


def test_people_see_the_repair_in_both_languages_for_a_rule_of_a_pack(monkeypatch, tmp_path):
    rule = next(r for r in load("en16931").rules if r.id == "BR-CL-04")
    values = {"found": "EURO\x1b[31m", "expected": "", "element": "cbc:X", "rule": rule.id}
    finding = Finding(
        rule.id, "en16931", "error", "invoice", rule.message.format(**values),
        rule.asked.format(**values), rule.repair.en.format(**values), "REJ_COH",
        Place("a.xml", 3, 2, "/Invoice", "\u6f22\t<a/>"), f"EN (en16931 {rule.version})", "official",
    )  # fmt: skip
    path = tmp_path / "a.xml"
    path.write_bytes(GOOD)
    row = Row(str(path), "a.xml", "FSO1150A", "ubl-invoice", "rejected", (), (), (finding,))
    monkeypatch.setattr(check, "rows", lambda *_: iter([(path, row)]))
    out = run(path, "--explain").stdout
    assert f"réparer   {rule.repair.fr.format(**values)}" in out.replace("\\x1b", "\x1b")
    assert f"pack      en16931 {rule.version}" in out
    assert "refuses the invoice: 213 Rejetée on FEN1214A, motif REJ_COH" in out
    assert "\x1b[31m" not in out
    (found,) = told(path)[0]["findings"]
    assert found["found"] == "EURO\x1b[31m"
    assert found["version"] == rule.version


def test_an_error_of_an_invoice_does_not_promise_a_status_in_an_irrecevable_flow(
    monkeypatch, tmp_path
):
    path = tmp_path / FLOW
    path.write_bytes(b"x")
    finding = Finding(
        "R", "functional", "error", "invoice", "m", "h", "r", None, Place("a.xml"), "s", "official"
    )
    good = Row(str(path), "a.xml", "FSO1150A", "ubl-invoice", "rejected", (), (), (finding,))
    bad = Row(str(path), "b.xml", "FSO1150A", "ubl-invoice", "irrecevable", (), (), ())
    monkeypatch.setattr(check, "rows", lambda *_: iter([(path, good), (path, bad)]))
    (found,) = told(path)[0]["findings"]
    assert found["becomes"]["text"].startswith("would refuse the invoice, but the flow is")
    monkeypatch.setattr(check, "rows", lambda *_: iter([(path, good)]))
    (found,) = told(path)[0]["findings"]
    assert found["becomes"]["text"] == "refuses the invoice: 213 Rejetée on FEN1214A"


def test_one_process_explains_all_documents_of_a_syntax(tmp_path, monkeypatch):
    asked = []

    class Counted(second_looks.Reasons):
        def of(self, content, syntax, demanded=""):
            found = super().of(content, syntax, demanded)
            asked.append((syntax, self.pids[syntax]))
            return found

    monkeypatch.setattr(second_looks, "Reasons", Counted)
    for number in range(3):
        (tmp_path / f"{number}.xml").write_bytes(BAD)
    (tmp_path / "good.xml").write_bytes(GOOD)
    (tmp_path / "not.xml").write_bytes(b"<a/>")
    told(tmp_path, "--explain")
    assert len(asked) == 3, "only documents that a schema refuses"
    assert len(set(asked)) == 1


# -- official Schematron ------------------------------------------------------------------------


def test_without_the_extra_each_document_says_what_to_install(flow, monkeypatch):
    monkeypatch.setattr(opinion, "missing_extra", lambda: NOT_RUN)
    rows = told(flow, "--schematron")
    assert [row["schematron"]["not_run"] for row in rows] == [NOT_RUN] * 2
    assert NOT_RUN == "official Schematron not run: pip install aife-sim[schematron]"
    assert f"  {NOT_RUN}\n" in run(flow, "--schematron").stdout


def test_what_official_rules_say_stands_beside_our_findings(extra, tmp_path):
    path = tmp_path / "euro.xml"
    path.write_bytes(EURO)
    (row,) = told(path, "--schematron")
    side = row["schematron"]
    assert side["not_run"] == ""
    assert any("EN16931-UBL" in engine for engine in side["engines"])
    fired = {told["rule"]: told for told in side["rows"] if told["official"]}
    assert "EN16931-UBL" in fired["BR-CL-04"]["sets"]
    assert fired["BR-CL-04"]["flag"] == "fatal"
    shown = run(path, "--schematron").stdout
    assert "official Schematron: EN16931-UBL" in shown
    assert "rules that fired:" in shown


def test_a_container_that_is_refused_has_no_document_to_ask_about(tmp_path):
    path = tmp_path / FLOW
    path.write_bytes(b"not a gzip")
    (row,) = told(path, "--schematron")
    assert (row["member"], row["schematron"]) == (None, None)
    assert "official Schematron" not in run(path, "--schematron").stdout


def test_the_folder_of_the_settings_is_used_or_told_to_be_wrong(extra, tmp_path, monkeypatch):
    settings = tmp_path / "own.toml"
    settings.write_text('[schematron]\nfolder = "rules"\n')
    monkeypatch.setenv("AIFE_SIM_CONFIG", str(settings))
    path = tmp_path / "a.xml"
    path.write_bytes(GOOD)
    assert run(path, "--schematron").exit_code == 3
    assert run(path).exit_code == 0
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.sch").write_text(
        """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
        <ns prefix="u" uri="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>
        <pattern><rule context="u:Invoice"><assert id="MY-01" test="@mine">x</assert></rule>
        </pattern></schema>"""
    )
    (row,) = told(path, "--schematron")
    assert "MY-01" in [told["rule"] for told in row["schematron"]["rows"]]
