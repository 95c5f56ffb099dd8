"""`flow why`: what a finding became, as the node sent it and as `check` foretells it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running_node import RunningNode, running_node
from schema_faults import Schema

from simulator import resources
from simulator.cli import why_schema
from simulator.cli.main import aife_sim
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
SCHEMA = Schema(why_schema.schema())
UNKNOWN = "0" * 14


def verb(*arguments: str, node: RunningNode | None = None) -> Result:
    environment = {"AIFE_SIM_NODE": str(node.ready_file)} if node else {}
    with ThreadPoolExecutor(1) as pool:  # verbs that transfer run a loop of their own
        return pool.submit(CliRunner().invoke, aife_sim, list(arguments), env=environment).result()


def answer(*arguments: str, node: RunningNode | None = None) -> dict[str, Any]:
    told = verb("flow", "why", *arguments, "--json", node=node)
    assert told.exit_code == 0, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    assert SCHEMA.faults(found) == []
    return found


def deposited(node: RunningNode, file: Path) -> Path:
    partner = file.name[9:15]
    sent = verb("send", str(file), "--partner", partner, node=node)
    assert sent.exit_code == 0, sent.output
    node.quiet()
    return file


def invoice(folder: Path, number: int, code: str = "FSO1150A_DEM011", **changes: Any) -> Path:
    circuit = "b2g" if code.startswith("FSO1100A") else "b2g-pa"
    file = folder / f"{code}_{code[-6:]}{code[3:7]}{number:015d}.xml"
    file.write_bytes(ubl_invoice(Specimen(circuit=circuit, number=f"W-{number}", **changes)))
    return file


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests alone: they leave returns that nobody fetches."""
    with running_node(tmp_path_factory.mktemp("node")) as running:
        yield running
        assert running.stop() == 0


@pytest.fixture
def extra() -> None:
    if not importlib.util.find_spec("saxonche"):
        pytest.skip("no saxonche: pip install aife-sim[schematron]")


# -- the schema ---------------------------------------------------------------------------------


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = resources.path("schemas", "why.schema.json").read_text(encoding="utf-8")
    assert committed == why_schema.schema_text(), "run: make schema"
    command = [sys.executable, "-m", "simulator.cli.why_schema"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert run.stdout.decode() == committed


def test_the_schema_describes_every_key_that_does_not_speak_for_itself() -> None:
    names = ("Why", "WhyFinding", "PlaceLine", "WireLine", "FlowBeside", "Schematron")
    assert SCHEMA.without_description(*names) == []


def test_the_structural_check_sees_what_is_wrong(node: RunningNode, tmp_path: Path) -> None:
    found = answer(deposited(node, invoice(tmp_path, 9100, supplier=UNKNOWN)).name, node=node)
    (finding,) = found["findings"]
    for changed in (
        {**found, "skipped": [["one"]]},
        {**found, "findings": [{**finding, "place": {}}]},
        {**found, "findings": [{**finding, "becomes": None}]},
        {k: v for k, v in found.items() if k != "circuit"},
        {**found, "schematron": {"documents": []}, "flow": 0},
    ):
        assert SCHEMA.faults(changed) != []


# -- what a finding became ----------------------------------------------------------------------


def test_a_refused_invoice_of_a_platform_has_its_status_with_its_source(
    node: RunningNode, tmp_path: Path
) -> None:
    file = deposited(node, invoice(tmp_path, 9101, supplier=UNKNOWN))
    found = answer(file.name, node=node)
    assert (found["circuit"], found["interface"]) == ("b2g-pa", "FSO1150A")
    (finding,) = found["findings"]
    becomes = finding["becomes"]
    assert becomes["text"] == "refuses the invoice: 213 Rejetée on FEN1214A"
    assert (becomes["mark"], "p. 56" in becomes["source"]) == ("official", True)
    assert finding["wire"][0]["status"] == "213"
    assert finding["place"]["excerpt"] is None or finding["caret"] is not None
    shown = verb("flow", "why", file.name, node=node).output
    assert "becomes   refuses the invoice: 213 Rejetée on FEN1214A, motif REJ_COH" in shown
    assert f"invoice W-9101, line {finding['place']['line']}" in shown


def test_a_refused_invoice_of_the_historic_channel_is_a_line_of_the_report(
    node: RunningNode, tmp_path: Path
) -> None:
    file = deposited(node, invoice(tmp_path, 9102, "FSO1100A_DEM001", supplier=UNKNOWN))
    (finding,) = answer(file.name, node=node)["findings"]
    text = "refuses the invoice: a line of 96 Reçu - intégration partielle on CSO1100A"
    assert finding["becomes"]["text"] == text
    assert finding["becomes"]["mark"] == "deduced"


def test_a_flow_that_was_not_even_read_is_explained(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "FSO1100A_DEM001_DEM0011100000000000009103.xml"
    file.write_bytes(b"")
    (finding,) = answer(deposited(node, file).name, node=node)["findings"]
    text = "makes the flow irrecevable: 93 Erreur réception on CSO1100A"
    assert finding["becomes"]["text"] == text
    assert finding["asked"] == "Expected an archive or a document."
    assert finding["found"] == "The file has 0 bytes"


@pytest.mark.parametrize("code", ["FSO1150A_DEM011", "FSO1100A_DEM001"])
def test_check_foretells_what_the_node_sends(node: RunningNode, tmp_path: Path, code: str) -> None:
    file = invoice(tmp_path, 9104, code, broken="xsd")
    told = verb("check", str(file), "--json")
    (row,) = [json.loads(line) for line in told.stdout.splitlines()]
    foretold = {f["rule"]: f for f in row["findings"] if f["rule"].startswith("cvc-")}
    sent = answer(deposited(node, file).name, node=node)["findings"]
    assert {f["rule"] for f in sent} == set(foretold)
    for finding in sent:
        same = foretold[finding["rule"]]
        for key in ("becomes", "asked", "found", "caret", "version", "repair", "repair_fr"):
            assert finding[key] == same[key], key


def test_the_journal_of_a_stopped_node_says_the_same(tmp_path: Path) -> None:
    with running_node(tmp_path / "node") as node:
        file = deposited(node, invoice(tmp_path, 9105, supplier=UNKNOWN))
        told = answer(file.name, node=node)
        assert node.stop() == 0
    data = str(tmp_path / "node" / "data")
    assert answer(file.name, "--data", data) == told
    assert verb("flow", "why", "--data", data, "--schematron").exit_code == 2


# -- official Schematron ------------------------------------------------------------------------


def test_official_schematron_is_asked_about_each_document_of_a_flow(
    extra: None, node: RunningNode, tmp_path: Path
) -> None:
    good = ubl_invoice(Specimen(circuit="b2g-pa", number="W-9106"))
    broken = good.replace(b">EUR</cbc:DocumentCurrencyCode>", b">EURO</cbc:DocumentCurrencyCode>")
    file = tmp_path / "FSO1150A_DEM011_DEM0111150000000000009106.tar.gz"
    file.write_bytes(pack([("a.xml", good), ("b.xml", broken)], WHEN))
    told = answer(deposited(node, file).name, "--schematron", node=node)["schematron"]
    assert (told["not_run"], told["left_out"]) == ("", 0)
    assert [document["member"] for document in told["documents"]] == ["a.xml", "b.xml"]
    sides = [document["schematron"] for document in told["documents"]]
    assert all(any("EN16931-UBL" in e for e in side["engines"]) for side in sides)
    fired = {row["rule"]: row["where"] for row in sides[1]["rows"]}
    ours = {f["rule"] for f in answer(file.name, node=node)["findings"]}
    expected = "both" if "BR-CL-04" in ours else "only official"
    assert fired["BR-CL-04"] == expected
    shown = verb("flow", "why", file.name, "--schematron", node=node).output
    assert "b.xml:\n  official Schematron: EN16931-UBL" in shown


def test_of_a_flow_that_was_not_judged_nothing_is_asked(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "FSO1100A_DEM001_DEM0011100000000000009107.xml"
    file.write_bytes(b"")
    told = answer(deposited(node, file).name, "--schematron", node=node)["schematron"]
    assert told["documents"] == []
    assert "no document of the flow was judged" in told["not_run"]
