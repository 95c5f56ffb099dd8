"""The published JSON Schema of `check --json` is current, and what `check` writes follows it."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner
from schema_faults import Schema

from simulator import resources
from simulator.cli.main import aife_sim
from simulator.cli.second_looks import as_json
from simulator.domain.becoming import planned
from simulator.domain.findings import Finding, Place
from simulator.domain.reference import Options
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.schematron.beside import Comparison, SideBySide
from simulator.validation.jsonline import Asides, line_of, schema_text
from simulator.validation.offline import Row

GOOD, BAD = ubl_invoice(Specimen()), ubl_invoice(Specimen(broken="xsd"))
SCHEMA = Schema(json.loads(schema_text()))
HERE = planned(resources.reference(Options()), "FSO1150A")


def wrong(line):
    return SCHEMA.faults(line)


def builtins(line):
    return json.loads(json.dumps(msgspec.to_builtins(line)))


def row(**changes):
    place = Place("a.xml", 3, 4, "/Invoice")
    finding = Finding(
        "R", "xsd", "error", "file", "m", "h", "r", "IRR_SYNTAX", place, "s", "official"
    )
    given = {
        "path": "a.xml",
        "member": "a.xml",
        "interface": None,
        "syntax": "ubl-invoice",
        "verdict": "irrecevable",
        "packs": ("xsd",),
        "skipped": (("historic", "not in this version"),),
        "findings": (finding,),
    }
    return Row(**{**given, **changes})


def test_the_committed_schema_is_the_generated_one():
    committed = resources.path("schemas", "check.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "run: make schema"


def test_the_module_prints_the_schema():
    command = [sys.executable, "-m", "simulator.validation.jsonline"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert run.stdout.decode() == schema_text()


def test_the_schema_describes_every_key_of_a_line_and_of_a_finding():
    names = ("Line", "FindingLine", "Becoming", "Schematron", "Compared")
    assert SCHEMA.without_description(*names) == []


@pytest.mark.parametrize("more", [[], ["--explain"], ["--schematron"]])
def test_what_check_writes_follows_the_schema(tmp_path, more):
    when = datetime(2026, 9, 1, tzinfo=UTC)
    (tmp_path / "bad.xml").write_bytes(BAD)
    (tmp_path / "no.xml").write_bytes(b"hello")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7")
    flow = tmp_path / "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
    flow.write_bytes(pack([("a.xml", GOOD), ("b.xml", BAD)], when)[:-4])
    result = CliRunner().invoke(aife_sim, ["check", str(tmp_path), "--json", *more])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 6
    assert {line["verdict"] for line in lines} == {"accepted", "irrecevable"}
    assert [wrong(line) for line in lines] == [[]] * 6


def test_the_structural_check_of_these_tests_sees_each_kind_of_fault():
    line = builtins(line_of(row(), HERE))
    assert wrong(line) == []
    finding = line["findings"][0]
    for changed in (
        {k: v for k, v in line.items() if k != "skipped"},
        {**line, "verdict": "perhaps"},
        {**line, "member": 3},
        {**line, "packs": [1]},
        {**line, "findings": [{**finding, "line": 0}]},
        {**line, "findings": [{**finding, "severity": "fatal"}]},
        {**line, "findings": [{**finding, "becomes": {}}]},
        {**line, "schematron": 1},
    ):
        assert wrong(changed) != [], changed


def test_a_finding_is_explained():
    (told,) = builtins(line_of(row(), HERE))["findings"]
    assert told["becomes"]["text"] == "makes the flow irrecevable: 501 Irrecevable on CSO1150A"
    assert (told["level"], told["asked"], told["repair"]) == ("file", "h", "r")
    assert (told["source"], told["mark"], told["file"]) == ("s", "official", "a.xml")
    flow = line_of(row(path="f.tar.gz"), HERE)
    assert flow.findings[0].file == "f.tar.gz > a.xml"


def test_a_line_has_only_what_others_were_asked_for():
    line = builtins(line_of(row(), HERE))
    assert "explanation" not in line["findings"][0]
    assert "schematron" not in line
    told = builtins(line_of(row(), HERE, Asides([None], None)))
    assert told["findings"][0]["explanation"] is None
    assert told["schematron"] is None


def test_official_schematron_stands_beside_the_findings():
    both = Comparison("BR-01", "both", 1, 2, ("EN16931-UBL",), "fatal", "/Invoice", "no BT-24")
    side = SideBySide((both,), ("EN16931-UBL 1.3.16",), (("BR-FR", "FORG0001"),))
    line = builtins(line_of(row(), HERE, Asides(None, as_json(side))))
    assert wrong(line) == []
    told = line["schematron"]
    assert (told["agrees"], told["not_run"]) == (True, "")
    assert told["stopped"] == [{"title": "BR-FR", "reason": "FORG0001"}]
    assert told["rows"] == [builtins(both)]


def test_a_place_that_is_not_known_is_null():
    (finding,) = row().findings
    nowhere = msgspec.structs.replace(finding, place=Place("a.xml", 0, 0))
    (told,) = builtins(line_of(row(findings=(nowhere,)), HERE))["findings"]
    assert (told["line"], told["column"], told["caret"]) == (None, None, None)


def test_the_syntaxes_of_the_schema_are_words():
    words = SCHEMA.schema["$defs"]["Line"]["properties"]["syntax"]["examples"]
    assert all(re.fullmatch("[a-z0-9-]+", word) for word in words)
    assert len(set(words)) == len(words) == 10
