"""The verbs on a running node, as a person types them, and on a stopped node's data folder."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running_node import RunningNode, running_node

from simulator.cli.main import aife_sim
from simulator.messages.specimen import Specimen, ubl_invoice


def verb(node: RunningNode | None, *arguments: str) -> Result:
    environment = {"AIFE_SIM_NODE": str(node.ready_file)} if node else {}
    with ThreadPoolExecutor(1) as pool:  # verbs that transfer run a loop of their own
        return pool.submit(CliRunner().invoke, aife_sim, list(arguments), env=environment).result()


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_send_receive_and_explain(node: RunningNode, tmp_path: Path) -> None:
    flow = tmp_path / "FSO1150A_DEM011_DEM0111150000000000008001.xml"
    flow.write_bytes(ubl_invoice(Specimen(circuit="b2g-pa", number="V-1", supplier="0" * 14)))
    sent = verb(node, "send", str(flow), "--partner", "DEM011")
    assert sent.exit_code == 0, sent.output
    node.quiet()
    received = lines(
        verb(node, "receive", "--partner", "DEM011", "--into", str(tmp_path / "box"), "--json")
    )
    assert [row["statuses"] for row in received] == [
        ["500 DEM0111150000000000008001"],
        ["213 V-1"],
    ]
    told = verb(node, "flow", "why", flow.name)
    assert told.exit_code == 0
    for part in ("SUPPLIER_UNKNOWN", "repair", "xpath", "FEN1214A", "aife-sim directory add"):
        assert part in told.output, told.output
    assert "V-1" in verb(node, "flow", "show", flow.name).output
    raw = verb(node, "flow", "raw", flow.name)
    assert raw.stdout_bytes == flow.read_bytes()


def test_flows_can_be_named_in_every_way(node: RunningNode, tmp_path: Path) -> None:
    flow = tmp_path / "FSO1150A_DEM011_DEM0111150000000000008002.xml"
    flow.write_bytes(b"")
    assert verb(node, "send", str(flow), "--partner", "DEM011").exit_code == 0
    (latest,) = lines(verb(node, "flow", "why", "latest", "--json"))
    ways = [flow.name, flow.stem, flow.stem[-25:], str(latest["flow"])]
    assert all(lines(verb(node, "flow", "why", way, "--json")) == [latest] for way in ways)
    listed = lines(verb(node, "flow", "list", "--partner", "DEM011", "--limit", "1", "--json"))
    assert [row["name"] for row in listed] == [flow.name]


def test_an_unknown_flow_ends_with_1_and_says_what_may_be_asked(node: RunningNode) -> None:
    told = verb(node, "flow", "show", "nothing")
    assert told.exit_code == 1
    assert "latest" in told.output


def test_no_node_ends_with_3() -> None:
    told = CliRunner().invoke(aife_sim, ["flow", "list", "--node", "http://127.0.0.1:9"])
    assert told.exit_code == 3
    assert "aife-sim serve" in told.output


def test_partner_add_with_a_certificate_then_list_and_show(
    node: RunningNode, tmp_path: Path
) -> None:
    certificate = Path(node.partner("DEM001")["pki"]) / "chain.p7b"
    added = verb(
        node, "partner", "add", "VFE031", "--circuit", "b2g-pa", "--protocol", "sftp",
        "--cert", str(certificate),
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    assert "FSO1150A" in added.output
    assert "VFE031" in verb(node, "partner", "list").output
    (row,) = lines(verb(node, "partner", "show", "VFE031", "--json"))
    folder = Path(str(row["pki"]))
    assert not (folder / "key.pem").exists(), "we have no private key of a certificate given to us"
    assert (folder / "chain.p7b").exists()


@pytest.mark.parametrize("broken", [b"not a certificate", b""])
def test_a_certificate_that_cannot_be_read_is_refused(
    node: RunningNode, tmp_path: Path, broken: bytes
) -> None:
    file = tmp_path / "bad.p7b"
    file.write_bytes(broken)
    told = verb(
        node, "partner", "add", "VFE032", "--circuit", "b2g", "--protocol", "sftp",
        "--cert", str(file),
    )  # fmt: skip
    assert told.exit_code == 2
    assert "certificate" in told.output


def test_directory_add_import_and_list(node: RunningNode, tmp_path: Path) -> None:
    table = tmp_path / "d.toml"
    table.write_text('[[structure]]\nidentifier = "222"\nname = "Deux"\nkind = "public"\n')
    sheet = tmp_path / "d.csv"
    sheet.write_text("identifier;name;kind;active\n333;Trois;private;non\n", encoding="utf-8")
    for arguments in (
        ("add", "111", "--name", "Un", "--kind", "public"),
        ("import", str(table)),
        ("import", str(sheet)),
    ):
        told = verb(node, "directory", *arguments)
        assert told.exit_code == 0, told.output
    rows = {row["identifier"]: row for row in lines(verb(node, "directory", "list", "--json"))}
    assert rows["111"]["name"] == "Un"
    assert rows["333"]["active"] is False


def test_a_file_without_structures_is_a_usage_error(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "d.toml"
    file.write_text("x = 1\n")
    assert verb(node, "directory", "import", str(file)).exit_code == 2


def test_clock_and_probe(node: RunningNode) -> None:
    assert "frozen" in verb(node, "clock", "show").output
    assert verb(node, "clock", "advance", "nonsense").exit_code == 2
    assert verb(node, "probe").exit_code == 0
    assert CliRunner().invoke(aife_sim, ["probe", "--node", "http://127.0.0.1:9"]).exit_code == 3


def test_keys_can_be_fetched_over_the_api(node: RunningNode, tmp_path: Path) -> None:
    told = verb(node, "pki", "export", "--partner", "DEM001", "--into", str(tmp_path / "k"))
    assert told.exit_code == 0, told.output
    key = tmp_path / "k" / "ssh_key"
    assert key.read_bytes() == (Path(node.partner("DEM001")["pki"]) / "ssh_key").read_bytes()
    assert key.stat().st_mode & 0o077 == 0


def test_the_journal_of_a_stopped_node_can_be_read(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        flow = tmp_path / "FSO1100A_DEM001_DEM0011100000000000000001.xml"
        flow.write_bytes(b"")
        assert verb(node, "send", str(flow), "--partner", "DEM001").exit_code == 0
        node.quiet()
        assert node.stop() == 0
    data = str(tmp_path / "data")
    for arguments in (("list",), ("show", "latest"), ("why", "latest")):
        told = verb(None, "flow", *arguments, "--data", data)
        assert told.exit_code == 0, told.output
    assert "IRR_VIDE" in told.output
    assert verb(None, "flow", "list", "--data", str(tmp_path / "none")).exit_code == 3


def test_doctor_tells_the_environment_the_settings_and_the_assumptions(tmp_path: Path) -> None:
    assert verb(None, "doctor").exit_code == 0
    file = tmp_path / "own.toml"
    file.write_text("[node]\nhttp_port = 1234\n")
    rows = lines(verb(None, "doctor", "--settings", "--config", str(file), "--json"))
    (port,) = [row for row in rows if row["setting"] == "node.http_port"]
    assert port["value"] == "1234"
    assert "own.toml:2" in str(port["from"])
    marks = {row["mark"] for row in lines(verb(None, "doctor", "--assumptions", "--json"))}
    assert marks == {"deduced", "assumed"}


def test_invoice_make_writes_a_document() -> None:
    made = verb(None, "invoice", "make", "--number", "I-1", "--circuit", "b2g-pa")
    assert b"<cbc:ID>I-1</cbc:ID>" in made.stdout_bytes


def test_a_name_cannot_steer_the_terminal(node: RunningNode) -> None:
    hostile = "FSO1100A_DEM001_\x1b[31mRED\x07\n  ok  forged.xml"
    with node.session() as sftp, sftp.open(f"/depot/{hostile}", "wb") as file:
        file.write(b"x")
    node.quiet()
    for arguments in (("list",), ("show", "latest"), ("why", "latest")):
        output = verb(node, "flow", *arguments).output
        assert "\x1b[31m" not in output
        assert "\x07" not in output
        assert "\n  ok  forged" not in output
        assert "RED" in output


@pytest.mark.parametrize("by", ["P999999999D", "P99999999999999999999D", "P3000000D"])
def test_time_has_an_end_and_says_so(node: RunningNode, by: str) -> None:
    told = verb(node, "clock", "advance", by)
    assert told.exit_code == 2
    assert "expected" in told.output or "ends" in told.output


def test_something_else_on_the_port_is_not_a_node(node: RunningNode) -> None:
    told = verb(None, "flow", "list", "--node", f"http://127.0.0.1:{node.ready['sftp']['port']}")
    assert told.exit_code == 3
