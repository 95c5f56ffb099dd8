"""``check``: judges files as a node would; a JSON line for each document, exit codes of the contract."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.cli import check as module
from simulator.cli.main import aife_sim
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.resources import MissingResource
from simulator.validation import document

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
GOOD = ubl_invoice(Specimen())
PLATFORM = ubl_invoice(Specimen(circuit="b2g-pa"))
BAD = ubl_invoice(Specimen(broken="xsd"))
CII = b'<x:CrossIndustryInvoice xmlns:x="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
HISTORIC_FLOW = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
PLATFORM_FLOW = "FSO1150A_DEM011_DEM0111150000000000000001.tar.gz"
KEYS = ["path", "member", "interface", "syntax", "verdict", "packs", "findings", "skipped"]
FINDING_KEYS = ["rule", "pack", "severity", "message", "line", "column", "xpath", "motif"]


def run(*arguments):
    return CliRunner().invoke(aife_sim, ["check", *map(str, arguments)], prog_name="aife-sim")


def told(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_a_good_document_is_accepted(file):
    path = file("invoice.xml", GOOD)
    assert told(path) == (
        0,
        [
            {
                "path": str(path),
                "member": "invoice.xml",
                "interface": None,
                "syntax": "ubl-invoice",
                "verdict": "accepted",
                "packs": ["xsd", "historic"],
                "findings": [],
                "skipped": [{"pack": "directory", "reason": "no --directory FILE"}],
            }
        ],
    )


def test_the_keys_of_a_line_are_those_of_the_contract(file):
    _, (row,) = told(file("invoice.xml", BAD))
    assert list(row) == KEYS
    assert list(row["findings"][0])[: len(FINDING_KEYS)] == FINDING_KEYS


def test_a_schema_error_is_irrecevable_with_key_motif_and_place(file):
    code, (row,) = told(file("invoice.xml", BAD))
    finding = row["findings"][0]
    assert (code, row["verdict"]) == (1, "irrecevable")
    assert finding["rule"].startswith("cvc-")
    assert (finding["pack"], finding["severity"], finding["motif"]) == (
        "xsd",
        "error",
        "IRR_SYNTAX",
    )
    assert finding["xpath"].startswith("/Invoice/")
    assert finding["line"] > 1
    assert finding["column"] >= 1


def test_each_document_of_an_envelope_has_its_line_and_verdict(file):
    path = file(HISTORIC_FLOW, pack([("a.xml", GOOD), ("b.xml", BAD)], WHEN))
    code, rows = told(path)
    assert code == 1
    assert [(r["member"], r["verdict"], r["interface"]) for r in rows] == [
        ("a.xml", "accepted", "FSO1100A"),
        ("b.xml", "irrecevable", "FSO1100A"),
    ]


def test_a_fault_of_the_container_has_a_line_without_member(file):
    path = file(HISTORIC_FLOW, pack([("a.xml", GOOD)], WHEN)[:-4])
    code, rows = told(path)
    assert code == 1
    assert [(r["member"], r["verdict"]) for r in rows] == [
        (None, "irrecevable"),
        ("a.xml", "accepted"),
    ]
    assert [f["motif"] for f in rows[0]["findings"]] == ["IRR_EXTRAC"]


def test_a_folder_stands_for_its_files_in_order(file, tmp_path):
    file("b.xml", GOOD)
    file("a.xml", GOOD)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.xml").write_bytes(GOOD)
    _, rows = told(tmp_path)
    assert [r["member"] for r in rows] == ["a.xml", "b.xml", "c.xml"]
    assert told(tmp_path / "sub", tmp_path / "a.xml")[1][-1]["member"] == "a.xml"


def test_the_interface_comes_from_a_legible_name_or_from_the_option(file):
    flow = file(PLATFORM_FLOW, pack([("a.xml", PLATFORM)], WHEN))
    bare = file("invoice.xml", PLATFORM)
    assert told(flow)[1][0]["interface"] == "FSO1150A"
    assert told(flow, "--interface", "FSO1100A")[1][0]["interface"] == "FSO1100A"
    assert told(bare, "--interface", "FSO1150A")[1][0]["interface"] == "FSO1150A"
    assert told(bare)[1][0]["interface"] is None


def test_the_circuit_of_the_interface_brings_its_rules_on_file_names(file):
    flow = file("flow.tar.gz", pack([("a#1.xml", PLATFORM)], WHEN))
    assert told(flow, "--interface", "FSO1100A", "--packs", "xsd")[0] == 0
    code, (row,) = told(flow, "--interface", "FSO1150A", "--packs", "xsd")
    assert (code, [f["motif"] for f in row["findings"]]) == (1, ["IRR_NOM_F"])


def test_a_document_is_judged_as_what_it_is_unless_an_interface_demands_another(file):
    path = file("invoice.xml", CII)
    code, (row,) = told(path, "--packs", "xsd")
    assert (code, row["syntax"], row["packs"]) == (1, "cii-d22b", ["xsd"])
    assert [f["rule"] for f in row["findings"]] == ["cvc-complex-type.2.4.b"]
    code, (row,) = told(path, "--interface", "FSO1100A")
    assert (code, row["verdict"]) == (1, "irrecevable")
    assert [f["rule"] for f in row["findings"]] == ["IRR_SYNTAX_ROOT"]


@pytest.mark.parametrize("content", [b"<a/>", b"hello", b"", b"\x00\x01"])
def test_what_is_no_document_at_all_is_irrecevable(file, content):
    code, (row,) = told(file("invoice.xml", content))
    assert (code, row["verdict"], row["syntax"]) == (1, "irrecevable", "unknown")


def test_packs_follow_interface_or_document_and_those_of_later_versions_are_skipped(
    file, monkeypatch
):
    def packs(*arguments):
        (row,) = told(*arguments)[1]
        skipped = [s["pack"] for s in row["skipped"]]  # the directory: see test_check_directory.py
        return row["packs"], [pack for pack in skipped if pack != "directory"]

    historic, platform = file("h.xml", GOOD), file("p.xml", PLATFORM)
    assert packs(historic) == (["xsd", "historic"], [])
    assert packs(platform) == (["xsd", "en16931", "br-fr"], [])
    ran, skipped = packs(platform, "--interface", "FSO1150A")
    assert ran[:3] == ["xsd", "en16931", "br-fr"]
    assert set(ran + skipped) == {"xsd", "en16931", "br-fr", "cpro"}
    assert packs(historic, "--packs", "xsd,br-fr") == (["xsd", "br-fr"], [])
    monkeypatch.setattr(document, "packs_known", lambda: frozenset(["xsd"]))
    assert run(platform, "--packs", "en16931").exit_code == 2, "accepted with nothing run"


def test_a_folder_without_files_is_a_usage_error(tmp_path):
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").exit_code == 2


def test_of_a_folder_only_what_can_be_a_flow_is_judged(file, tmp_path):
    for name in ("a.xml", "B.XML", "notes.md", "expected.json", "FSO1100A", HISTORIC_FLOW[:41]):
        file(name, GOOD)
    file("c.pdf", b"%PDF-1.4")
    _, rows = told(tmp_path)
    names = ["B.XML", HISTORIC_FLOW[:41], "a.xml", "c.pdf"]
    assert [r["path"] for r in rows] == [str(tmp_path / name) for name in names]
    people = run(tmp_path)
    assert people.stdout.endswith(
        "3 files of folders left out: neither .tar.gz, .xml, .zip, .pdf nor a flow name\n"
    )
    (tmp_path / "FSO1100A").unlink()
    (tmp_path / "notes.md").unlink()
    assert "1 file of a folder left out" in run(tmp_path).stdout


def test_a_file_that_is_named_is_judged_whatever_its_name(file, tmp_path):
    notes = file("notes.md", b"# notes")
    code, (row,) = told(notes)
    assert (code, row["verdict"]) == (1, "irrecevable")
    assert "left out" not in run(notes).stdout
    assert run(tmp_path).exit_code == 2, "the folder has nothing to judge"


def test_a_file_left_out_need_not_be_legible(file, tmp_path):
    file("a.xml", GOOD)
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere")
    assert [r["member"] for r in told(tmp_path)[1]] == ["a.xml"]


def test_the_output_for_people_has_verdict_place_words_and_repair(file):
    path = file(HISTORIC_FLOW, pack([("a.xml", GOOD), ("b.xml", BAD)], WHEN))
    result = run(path)
    assert result.exit_code == 1
    assert f"accepted  {path} > a.xml" in result.stdout
    assert f"irrecevable  {path} > b.xml" in result.stdout
    for word in ("cvc-", "IRRECEVABILITE", "where: /Invoice/", "help: Expected", "repair: "):
        assert word in result.stdout


def test_a_document_does_not_drive_the_terminal(file):
    evil = "\x1b[31m[bold]evil.xml"
    result = run(file("flow.tar.gz", pack([(evil, b"<a/>")], WHEN)))
    assert "\x1b[31m" not in result.stdout
    assert "[bold]evil.xml" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--interface", "FSO9999Z"],
        ["--packs", "nothing"],
        ["--packs", ","],
    ],
)
def test_mistakes_on_the_command_line_are_usage_errors(file, arguments):
    paths = [file("invoice.xml", GOOD)] if arguments else []
    assert run(*paths, *arguments).exit_code == 2
    assert run("/nowhere/at/all.xml").exit_code == 2


def test_a_missing_package_is_a_matter_of_the_environment(file, monkeypatch):
    def missing(*_):
        raise MissingResource("pip install factur-x")

    monkeypatch.setattr(module, "_request", missing)
    result = run(file("invoice.xml", GOOD))
    assert (result.exit_code, "pip install factur-x" in result.output) == (3, True)


def test_a_file_that_may_not_be_read_is_a_matter_of_the_environment(file, monkeypatch):
    path = file("invoice.xml", GOOD)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(module, "rows", denied)
    assert run(path).exit_code == 3


@given(st.binary(max_size=300), st.sampled_from(["f.xml", "f.tar.gz", "f", HISTORIC_FLOW]))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_file_raises(file, content, name):
    result = run(file(name, content))
    assert result.exit_code in (0, 1)
    assert isinstance(result.exception, SystemExit | None)


@pytest.mark.parametrize("code", ["CEN0036A", "CSO1100A"])
def test_a_flow_on_a_code_that_is_no_deposit_is_refused_as_by_a_node(file, code):
    flow = file(f"{code}_DEM001_DEM001{code[3:7]}000000000000009.xml", GOOD)
    exit_code, (row,) = told(flow)
    assert (exit_code, row["verdict"]) == (1, "irrecevable")
    assert [f["motif"] for f in row["findings"]] == ["IRR_CODE_INTER"]
    assert run(flow, "--interface", code).exit_code == 2
