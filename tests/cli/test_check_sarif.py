"""`check --sarif`: a log of the SARIF specification, written whole, with a place for each finding."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from simulator import resources
from simulator.cli import whole_file
from simulator.cli.main import aife_sim
from simulator.domain.findings import Finding, Place, Rulebook
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation import sarif
from simulator.validation.offline import Row
from simulator.validation.packs.loading import load

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
GOOD = ubl_invoice(Specimen())
BAD = ubl_invoice(Specimen(broken="xsd"))
FLOW = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
CII = b'<x:CrossIndustryInvoice xmlns:x="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
FINDING = Finding(
    rule="SUPPLIER_UNKNOWN",
    pack="functional",
    severity="error",
    level="invoice",
    message="Le fournisseur 1 est inconnu",
    help="Supplier 1 is unknown.",
    repair="Add it.",
    motif="REJ_COH",
    place=Place("a.xml", 3, 4, "/Invoice/cbc:ID[2]", "   <cbc:ID>1</cbc:ID>"),
    source="a source",
    mark="official",
)


def run(*arguments):
    return CliRunner().invoke(aife_sim, ["check", *map(str, arguments)], prog_name="aife-sim")


def row(*findings, path="a.xml", member="a.xml", verdict="rejected"):
    return Row(path, member, None, "ubl-invoice", verdict, ("xsd",), (), findings)


def report(*rows):
    log = json.loads(sarif.text_of(sarif.report(rows)))
    assert_is_sarif(log)
    return log


def told(finding):
    """The result of one finding, in an otherwise empty log."""
    (result,) = report(row(finding))["runs"][0]["results"]
    return result


def assert_is_sarif(log):
    """What SARIF 2.1.0 demands of the objects that we write, by section."""
    assert log["version"] == "2.1.0"  # §3.13.2
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (one,) = log["runs"]
    driver = one["tool"]["driver"]
    assert driver["name"] == "aife-sim"  # §3.19.8
    assert driver["version"]
    assert one["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # §3.14.17
    assert all(isinstance(i["executionSuccessful"], bool) for i in one["invocations"])  # §3.20.14
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert_is_rule(rule)
    for artifact in one["artifacts"]:
        assert_is_artifact(artifact, one)
    for result in one["results"]:
        assert_is_result(result, one)


def assert_is_rule(rule):
    assert rule["id"]  # §3.49.3
    assert_is_message(rule["shortDescription"])
    assert_is_message(rule["help"])
    assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")  # §3.50.3
    assert rule["properties"]["mark"] in ("official", "deduced", "assumed")
    assert {"source", "motif", "pack"} <= rule["properties"].keys()


def assert_is_message(message):
    text = message["text"]
    bare = text.replace("{{", "").replace("}}", "")
    assert "{" not in bare, text  # §3.11.5: a single brace begins a placeholder
    assert "}" not in bare, text
    assert "](" not in text  # §3.11.6: an embedded link


def assert_is_artifact(artifact, one):
    location = artifact["location"]
    if "parentIndex" in artifact:
        assert location["uri"].startswith("/")  # §3.24.2
        assert not location["uri"].startswith("//")
        assert "uriBaseId" not in location  # §3.4.4
        assert "parentIndex" not in one["artifacts"][artifact["parentIndex"]]
        return
    relative = not urlsplit(location["uri"]).scheme
    assert ("uriBaseId" in location) == relative  # §3.4.4
    if relative:
        base = one["originalUriBaseIds"][location["uriBaseId"]]["uri"]
        assert base.startswith("file:///")
        assert base.endswith("/")  # §3.14.14
        assert not location["uri"].startswith("/")


def assert_is_result(result, one):
    assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("note", "warning", "error")  # §3.27.10
    assert_is_message(result["message"])
    (location,) = result["locations"]
    at = location["physicalLocation"]["artifactLocation"]
    listed = one["artifacts"][at.pop("index")]["location"]
    assert at == listed  # §3.4.2
    region = location["physicalLocation"].get("region", {"startLine": 1})
    assert region["startLine"] >= 1  # §3.30.5
    if "endColumn" in region:
        width = region["endColumn"] - region["startColumn"]
        assert width == len(region["snippet"]["text"]) > 0  # §3.30.13: it is that text
    for logical in location.get("logicalLocations", ()):
        assert logical["fullyQualifiedName"].endswith(logical["name"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- the command --------------------------------------------------------------------------------


def test_each_finding_of_a_folder_is_a_result_at_its_line(folder):
    (folder / "bad.xml").write_bytes(BAD)
    (folder / "cii.xml").write_bytes(CII)
    (folder / "good.xml").write_bytes(GOOD)
    (folder / FLOW).write_bytes(pack([("a.xml", GOOD), ("b.xml", BAD)], WHEN))
    result = run(".", "--sarif", "out.sarif")
    assert result.exit_code == 1
    log = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
    assert_is_sarif(log)
    (one,) = log["runs"]
    errors = [r for r in one["results"] if r["level"] == "error"]
    at = [r["locations"][0]["physicalLocation"] for r in errors]
    assert [one["artifacts"][0]["location"]["uri"], one["artifacts"][1]["parentIndex"]] == [FLOW, 0]
    uris = [place["artifactLocation"]["uri"] for place in at]
    assert uris[:2] == ["/b.xml", "bad.xml"]
    line, column = at[1]["region"]["startLine"], at[1]["region"]["startColumn"]
    text = at[1]["region"]["snippet"]["text"]
    assert BAD.decode().splitlines()[line - 1][column - 1 :] == text


def test_documents_without_findings_leave_an_empty_list_of_results(folder):
    (folder / "good.xml").write_bytes(GOOD)
    result = run("good.xml", "--sarif", "out.sarif")
    assert result.exit_code == 0
    log = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
    assert_is_sarif(log)
    assert (log["runs"][0]["results"], log["runs"][0]["artifacts"]) == ([], [])
    assert "accepted  good.xml" in result.stdout, "people are told as without --sarif"


def test_a_dash_is_the_standard_output_and_nothing_else_is_written_there(folder):
    (folder / "bad.xml").write_bytes(BAD)
    result = run("bad.xml", "--sarif", "-")
    assert result.exit_code == 1
    assert_is_sarif(json.loads(result.stdout))
    assert run("bad.xml", "--sarif", "-", "--json").exit_code == 2


def test_json_lines_and_a_sarif_file_go_together(folder):
    (folder / "bad.xml").write_bytes(BAD)
    result = run("bad.xml", "--sarif", "out.sarif", "--json")
    (line,) = [json.loads(text) for text in result.stdout.splitlines()]
    log = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
    ours = [f["rule"] for f in line["findings"]]
    assert [r["ruleId"] for r in log["runs"][0]["results"]] == ours


def test_its_own_output_is_not_judged_when_it_lies_in_the_folder(folder):
    (folder / "good.xml").write_bytes(GOOD)
    (folder / "out.xml").write_text("{}")
    assert run(".", "--sarif", "out.xml").exit_code == 0
    (folder / "out.xml").write_text("{}")
    assert run(".", "--sarif", "./out.xml").exit_code == 0
    (folder / "out.xml").write_text("{}")
    assert run(".").exit_code == 1, "without --sarif it is a file like any other"


def test_a_place_that_cannot_be_written_is_told_before_anything_is_judged(folder):
    (folder / "good.xml").write_bytes(GOOD)
    for target in ("nowhere/out.sarif", "."):
        result = run("good.xml", "--sarif", target)
        assert (result.exit_code, result.stdout) == (3, "")


def test_an_earlier_file_stays_when_the_run_fails(folder, monkeypatch):
    (folder / "bad.xml").write_bytes(BAD)
    (folder / "out.sarif").write_text("earlier")

    def failing(_rows):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sarif, "report", failing)
    assert run("bad.xml", "--sarif", "out.sarif").exit_code == 3
    assert (folder / "out.sarif").read_text() == "earlier"


def test_a_file_is_whole_or_as_it_was(folder, monkeypatch):
    target = folder / "out"
    target.write_text("earlier")

    def failing(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        whole_file.write_whole(str(target), "new")
    assert [p.name for p in folder.iterdir()] == ["out"]
    assert target.read_text() == "earlier"


def test_a_link_goes_on_pointing_and_a_pipe_stays_a_pipe(folder):
    (folder / "real").write_text("earlier")
    (folder / "link").symlink_to("real")
    whole_file.write_whole(str(folder / "link"), "new")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_text() == "new"
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    whole_file.write_whole(str(folder / "pipe"), "new")
    assert os.read(reader, 10) == b"new"
    assert (folder / "pipe").is_fifo()
    os.close(reader)


# -- the log ------------------------------------------------------------------------------------


def test_the_level_follows_the_severity():
    levels = {"error": "error", "warning": "warning", "info": "note"}
    for severity, level in levels.items():
        finding = msgspec.structs.replace(FINDING, severity=severity)
        log = report(row(finding))
        assert log["runs"][0]["results"][0]["level"] == level
        rule = log["runs"][0]["tool"]["driver"]["rules"][0]
        assert rule["defaultConfiguration"]["level"] == level


def test_the_message_has_the_words_of_the_platform_the_help_and_the_repair():
    text = told(FINDING)["message"]["text"]
    assert text.split("\n\n") == [
        "Le fournisseur 1 est inconnu",
        "Supplier 1 is unknown.",
        "Repair: Add it.",
    ]


def test_a_rule_is_listed_once_in_the_words_of_its_table_with_source_mark_and_motif():
    other = msgspec.structs.replace(FINDING, rule="SUPPLIER_MISSING")
    one = report(row(FINDING, other, FINDING))["runs"][0]
    rules = one["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SUPPLIER_UNKNOWN", "SUPPLIER_MISSING"]
    assert [result["ruleIndex"] for result in one["results"]] == [0, 1, 0]
    assert "…" in rules[0]["shortDescription"]["text"]
    assert "Repair: Add it: `aife-sim directory add …" in rules[0]["help"]["text"]
    assert rules[0]["properties"] == {
        "pack": "functional",
        "source": "a source",
        "mark": "official",
        "motif": "REJ_COH",
    }


def test_a_rule_without_a_row_is_worded_as_it_fired():
    finding = msgspec.structs.replace(FINDING, rule="BR-NEW-1")
    (rule,) = report(row(finding))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == FINDING.message
    assert rule["help"]["text"] == "Supplier 1 is unknown.\n\nRepair: Add it."


def test_every_rule_of_the_tables_can_be_described_without_an_occasion():
    names = list(Rulebook.from_tables(*resources.rule_tables()))
    findings = [msgspec.structs.replace(FINDING, rule=name) for name in names]
    rules = report(row(*findings))["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == names
    assert all(rule["help"]["text"] for rule in rules)


def test_a_rule_of_a_pack_has_its_words_version_and_the_repair_in_french():
    rule = next(r for r in load("en16931").rules if r.id == "BR-CL-04")
    values = {"found": "EURO", "expected": "", "element": "cbc:X", "rule": rule.id}
    finding = msgspec.structs.replace(
        FINDING,
        rule=rule.id,
        pack="en16931",
        message=rule.message.format(**values),
        help=rule.asked.format(**values),
        repair=rule.repair.en.format(**values),
        source=f"{rule.source} (en16931 {rule.version})",
    )
    one = report(row(finding))["runs"][0]
    assert "EURO" not in one["tool"]["driver"]["rules"][0]["help"]["text"]
    (result,) = one["results"]
    assert result["message"]["text"].endswith(f"Réparer : {rule.repair.fr.format(**values)}")
    assert result["properties"]["version"] == rule.version


def test_a_place_has_region_snippet_and_xpath():
    (location,) = told(FINDING)["locations"]
    assert location["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 4,
        "endColumn": 22,
        "snippet": {"text": "<cbc:ID>1</cbc:ID>"},
    }
    assert location["logicalLocations"] == [
        {"name": "cbc:ID[2]", "fullyQualifiedName": "/Invoice/cbc:ID[2]", "kind": "element"}
    ]


@pytest.mark.parametrize(
    ("place", "region"),
    [
        (Place("a.xml"), None),
        (Place("a.xml", 0, 0), None),
        (Place("a.xml", 7), {"startLine": 7}),
        (Place("a.xml", 7, 2), {"startLine": 7, "startColumn": 2}),
        (Place("a.xml", 7, None, None, "text"), {"startLine": 7, "snippet": {"text": "text"}}),
    ],
)
def test_what_is_not_known_of_a_place_is_left_out(place, region):
    physical = told(msgspec.structs.replace(FINDING, place=place))["locations"][0]
    assert physical["physicalLocation"].get("region") == region
    assert "logicalLocations" not in physical


def test_the_snippet_of_a_document_in_one_line_begins_at_the_column(folder):
    text = BAD.decode().replace("\n", "")
    (folder / "one.xml").write_text(text, encoding="utf-8")
    log = json.loads(run("one.xml", "--sarif", "-").stdout)
    assert_is_sarif(log)
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startColumn"] > 60
    assert text[region["startColumn"] - 1 :].startswith(region["snippet"]["text"])


def test_paths_below_the_working_folder_are_relative_and_others_absolute(folder):
    inside = folder / "sub" / "a b#1%.xml"
    for path in (str(inside), "sub/a b#1%.xml", "sub/../sub/a b#1%.xml"):
        (artifact,) = report(row(FINDING, path=path, member=inside.name))["runs"][0]["artifacts"]
        assert artifact["location"] == {"uri": "sub/a%20b%231%25.xml", "uriBaseId": "%SRCROOT%"}
    outside = folder.parent / "x.xml"
    (artifact,) = report(row(FINDING, path=str(outside), member="x.xml"))["runs"][0]["artifacts"]
    assert artifact["location"] == {"uri": outside.as_uri()}


def test_a_finding_of_the_container_is_at_the_file_itself():
    log = report(row(FINDING, path=FLOW, member=None), row(FINDING, path=FLOW, member="a.xml"))
    flow, member = log["runs"][0]["artifacts"]
    assert ("parentIndex" in flow, member["parentIndex"]) == (False, 0)
    assert [flow["location"]["uri"], member["location"]["uri"]] == [FLOW, "/a.xml"]


def test_text_of_a_document_is_neither_a_placeholder_nor_a_link():
    finding = msgspec.structs.replace(FINDING, message="{0} [x](http://example.org)", rule="NEW")
    text = told(finding)["message"]["text"].splitlines()[0]
    assert text == "{{0}} [x] (http://example.org)"


TEXTS = st.text(max_size=40)


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0, 300))
def test_no_text_breaks_the_log(message, name, excerpt, xpath, column):
    place = Place(name, 1, column, xpath, excerpt)
    finding = msgspec.structs.replace(FINDING, rule="NEW", message=message, place=place)
    log = report(row(finding, path="f.tar.gz", member=name))
    for artifact in log["runs"][0]["artifacts"]:
        assert unquote(artifact["location"]["uri"])
