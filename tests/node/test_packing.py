"""Gathered statuses, the export of the directory and bad attachments on a real node over SFTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running_node import RunningNode, running_node

from simulator.cli.main import aife_sim
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.testing.client import NodeError

SETTINGS = """
[clock]
start = "2026-09-01T08:00:00Z"
mode = "frozen"
[exchange]
status_delivery = "daily"
daily_at = "18:00"
[[partner]]
code = "VFE025"
circuit = "b2g"
protocol = "sftp"
interfaces = ["FSO1100A", "CSO1100A", "FEN1201A", "FAR0037A"]
[[partner]]
code = "VFE026"
circuit = "b2g"
protocol = "sftp"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "aife-sim.toml"
    file.write_text(SETTINGS)
    return file


@pytest.fixture
def node(tmp_path: Path, settings: Path) -> Iterator[RunningNode]:
    with running_node(tmp_path / "node", "--config", str(settings)) as running:
        yield running


def verb(node: RunningNode, *arguments: str) -> Result:
    environment = {"AIFE_SIM_NODE": str(node.ready_file)}
    with ThreadPoolExecutor(1) as pool:  # verbs that transfer run a loop of their own
        return pool.submit(CliRunner().invoke, aife_sim, list(arguments), env=environment).result()


def fetched(node: RunningNode, box: Path) -> list[str]:
    node.quiet()
    told = verb(node, "receive", "--partner", "VFE025", "--into", str(box), "--json")
    assert told.exit_code == 0, told.output
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    return [" ".join((row["file"].rpartition("/")[2][:8], *row["statuses"])) for row in rows]


def deposit(node: RunningNode, folder: Path, number: int) -> None:
    flow = folder / f"FSO1100A_VFE025_VFE0251100{number:015d}.xml"
    flow.write_bytes(ubl_invoice(Specimen(circuit="b2g", number=f"D-{number}")))
    sent = verb(node, "send", str(flow), "--partner", "VFE025")
    assert sent.exit_code == 0, sent.output
    node.quiet()


def test_gathered_statuses_outlive_a_kill_and_leave_at_the_hour(
    node: RunningNode, settings: Path, tmp_path: Path
) -> None:
    box = tmp_path / "box"
    deposit(node, tmp_path, 1)
    deposit(node, tmp_path, 2)
    assert verb(node, "clock", "advance", "PT1H").exit_code == 0
    assert [row[:8] for row in fetched(node, box)] == ["CSO1100A", "CSO1100A"]
    node.kill()
    with running_node(tmp_path / "node", "--config", str(settings)) as again:
        assert fetched(again, box) == []
        assert verb(again, "clock", "advance", "P1D").exit_code == 0
        (only,) = fetched(again, box)
        assert only == "FEN1201A 01 D-1 01 D-2 03 D-1 03 D-2"
        for wanted in ("FSO1100A_VFE025_VFE0251100000000000000001", "latest"):
            codes = {row["interface"] for row in again.why(wanted)["returns"]}
            assert codes == {"CSO1100A", "FEN1201A"}
        assert again.stop() == 0


def test_the_directory_is_exported_to_a_subscriber_and_fetched(
    node: RunningNode, tmp_path: Path
) -> None:
    told = verb(node, "directory", "export", "--to", "VFE025", "--json")
    assert told.exit_code == 0, told.output
    name = json.loads(told.stdout)["name"]
    node.quiet()
    with node.session("VFE025") as sftp:
        assert sftp.listdir("/retrait") == [name]
    refused = verb(node, "directory", "export", "--to", "VFE026")
    assert refused.exit_code != 0
    assert "does not subscribe to FAR0037A" in refused.output
    unknown = verb(node, "directory", "export", "--to", "NONE01")
    assert unknown.exit_code != 0
    assert "no partner 'NONE01'" in unknown.output


def test_an_attachment_that_is_a_path_is_refused(node: RunningNode, tmp_path: Path) -> None:
    deposit(node, tmp_path, 1)
    for name in ("../a.pdf", "a\x1b[31m.pdf"):
        file = {"name": name, "content": base64.b64encode(b"%PDF").decode()}
        body = {"status": "12", "actor": "supplier", "attachments": [file]}
        with pytest.raises(NodeError, match=r"IRR_NOM_PJ_UNSAFE") as refused:
            node.client.post("/api/v1/invoices/D-1/status", body)
        assert refused.value.status == 409
        assert "\x1b" not in str(refused.value)


def test_what_a_structure_demands_is_given_by_command_and_judged(
    node: RunningNode, tmp_path: Path
) -> None:
    asks = ("--service", "S1", "--service-required")
    town = ("12345678200051", "--name", "COMMUNE", "--kind", "public")
    added = verb(node, "directory", "add", *town, *asks)
    assert added.exit_code == 0, added.output
    deposit(node, tmp_path, 1)
    (finding,) = node.why()["findings"]
    assert finding["rule"] == "SERVICE_MISSING"
    assert "Services: S1" in finding["help"]
