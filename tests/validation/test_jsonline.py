"""The published JSON Schema of `check --json` is current, and what `check` writes follows it."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner

from simulator import resources
from simulator.cli.main import aife_sim
from simulator.domain.findings import Finding, Place
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation.jsonline import line_of, schema_text
from simulator.validation.offline import Row

GOOD, BAD = ubl_invoice(Specimen()), ubl_invoice(Specimen(broken="xsd"))
SCHEMA = json.loads(schema_text())
TYPES = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}


def faults(value, rule, at="$"):
    """What is wrong with a value, by as much of JSON Schema as our schema uses."""
    known = {"$ref", "anyOf", "enum", "type", "minimum", "required", "properties", "items"}
    assert rule.keys() <= known | {"title", "description", "examples"}, rule.keys()
    if "$ref" in rule:
        rule = SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule and all([*faults(value, option, at)] for option in rule["anyOf"]):
        yield f"{at}: {value!r} is none of {rule['anyOf']}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: {value!r} is not one of {rule['enum']}"
    if "type" in rule and type(value) is not TYPES[rule["type"]]:
        yield f"{at}: {value!r} is no {rule['type']}"
        return
    if "minimum" in rule and value < rule["minimum"]:
        yield f"{at}: {value} is too small"
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{at}: {name} is missing"
    for name, below in rule.get("properties", {}).items():
        if name in value:
            yield from faults(value[name], below, f"{at}.{name}")
    for number, item in enumerate(value if "items" in rule else ()):
        yield from faults(item, rule["items"], f"{at}[{number}]")


def wrong(line):
    return list(faults(line, {"$ref": SCHEMA["$ref"]}))


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
    for name in ("Line", "FindingLine"):
        keys = SCHEMA["$defs"][name]["properties"]
        assert [key for key, rule in keys.items() if "description" not in rule] == []


@pytest.mark.parametrize("more", [[], ["--explain"]])
def test_what_check_writes_follows_the_schema(tmp_path, more):
    when = datetime(2026, 9, 1, tzinfo=UTC)
    (tmp_path / "bad.xml").write_bytes(BAD)
    (tmp_path / "no.xml").write_bytes(b"hello")
    flow = tmp_path / "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
    flow.write_bytes(pack([("a.xml", GOOD), ("b.xml", BAD)], when)[:-4])
    result = CliRunner().invoke(aife_sim, ["check", str(tmp_path), "--json", *more])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 5
    assert {line["verdict"] for line in lines} == {"accepted", "irrecevable"}
    assert [wrong(line) for line in lines] == [[]] * 5


def test_the_structural_check_of_these_tests_sees_each_kind_of_fault():
    line = msgspec.to_builtins(line_of(row()))
    assert wrong(json.loads(json.dumps(line))) == []
    finding = line["findings"][0]
    for changed in (
        {k: v for k, v in line.items() if k != "skipped"},
        {**line, "verdict": "perhaps"},
        {**line, "member": 3},
        {**line, "packs": [1]},
        {**line, "findings": [{**finding, "line": 0}]},
        {**line, "findings": [{**finding, "severity": "fatal"}]},
    ):
        assert len(wrong(json.loads(json.dumps(changed)))) == 1, changed


def test_a_line_without_explanation_does_not_have_the_key():
    assert "explanation" not in msgspec.to_builtins(line_of(row()))["findings"][0]
    told = msgspec.to_builtins(line_of(row(), [None]))
    assert told["findings"][0]["explanation"] is None


def test_a_place_that_is_not_known_is_null():
    (finding,) = row().findings
    nowhere = msgspec.structs.replace(finding, place=Place("a.xml", 0, 0))
    line = msgspec.to_builtins(line_of(row(findings=(nowhere,))))
    assert (line["findings"][0]["line"], line["findings"][0]["column"]) == (None, None)


def test_the_syntaxes_of_the_schema_are_words():
    words = SCHEMA["$defs"]["Line"]["properties"]["syntax"]["examples"]
    assert all(re.fullmatch("[a-z0-9-]+", word) for word in words)
    assert len(set(words)) == len(words) == 10
