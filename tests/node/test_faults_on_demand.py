"""Faults on demand at a running node: given by command and by settings, met over SFTP, AS2 and PeSIT."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from as2_partner import Partner
from click.testing import CliRunner, Result
from running_node import RunningNode, running_node

from simulator.cli.main import aife_sim
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.testing.client import NodeError
from simulator.wire import as2

SETTINGS = """
[clock]
start = "2026-09-01T08:00:00Z"
mode = "frozen"
[[fault]]
outcome = "delay"
name = "FSO1100A_DEM001_*900000001.xml"
after = "PT2H"
times = 2
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "aife-sim.toml").write_text(SETTINGS)
    with running_node(folder / "node", "--config", str(folder / "aife-sim.toml")) as running:
        yield running


@pytest.fixture(autouse=True)
def _none_is_left(node: RunningNode) -> Iterator[None]:
    yield
    for row in node.client.get("/api/v1/faults"):
        if row["fault"]["outcome"] != "delay":
            node.client.post(f"/api/v1/faults/{row['id']}/remove", {})


def verb(node: RunningNode, *arguments: str) -> Result:
    environment = {"AIFE_SIM_NODE": str(node.ready_file)}
    with ThreadPoolExecutor(1) as pool:  # verbs that transfer run a loop of their own
        return pool.submit(CliRunner().invoke, aife_sim, list(arguments), env=environment).result()


def given(node: RunningNode, *arguments: str) -> None:
    told = verb(node, "fault", "add", *arguments)
    assert told.exit_code == 0, told.output


def sent(node: RunningNode, file: Path) -> subprocess.CompletedProcess[str]:
    """Deposits a file over PeSIT, whose client wants a process of its own."""
    command = [sys.executable, "-m", "simulator", "send", str(file), "--partner", "DEM003"]
    command += ["--to", str(node.ready_file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def name_of(number: int, partner: str = "DEM001") -> str:
    return f"FSO1100A_{partner}_{partner}1100{number:015d}.xml"


def put(node: RunningNode, number: int) -> None:
    with node.session("DEM001") as sftp:
        content = ubl_invoice(Specimen(number=f"S-{number}"))
        sftp.putfo(io.BytesIO(content), f"/depot/{name_of(number)}")


def names(node: RunningNode) -> list[str]:
    return [row["name"] for row in node.client.get("/api/v1/flows")]


def test_a_flow_is_refused_by_command_and_the_next_taken(node: RunningNode) -> None:
    given(node, "irrecevable", "--partner", "DEM001", "--motif", "IRR_ANTIVIRUS")
    put(node, 1)
    put(node, 2)
    node.quiet()
    rows = {row["name"]: row["verdict"] for row in node.client.get("/api/v1/flows")}
    assert (rows[name_of(1)], rows[name_of(2)]) == ("irrecevable", "accepted")
    why = verb(node, "flow", "why", name_of(1))
    assert "IRR_ANTIVIRUS" in why.output
    assert "on demand" in why.output


def test_over_sftp_a_refused_deposit_is_not_there_and_an_unsaid_one_is(node: RunningNode) -> None:
    given(node, "wire-refusal")
    given(node, "no-receipt")
    for number in (11, 12):
        with pytest.raises(OSError, match="no such file"):  # what the client makes of it
            put(node, number)
    put(node, 13)
    assert [name_of(n) in names(node) for n in (11, 12, 13)] == [False, True, True]


def test_over_as2_a_refused_message_gets_a_negative_mdn_and_can_be_sent_again(
    node: RunningNode,
) -> None:
    partner, name = Partner(node), name_of(21, "DEM002")
    given(node, "wire-refusal", "--partner", "DEM002")
    outgoing = partner.message(ubl_invoice(Specimen(number="A-21")), name)
    refused = partner.read(partner.post(outgoing))
    judged = as2.judge_mdn(refused, outgoing.message_id, outgoing.mic)
    assert judged.outcome == "nok"
    assert name not in names(node)
    taken = partner.read(partner.post(outgoing))
    assert as2.judge_mdn(taken, outgoing.message_id, outgoing.mic).outcome == "delivered"
    assert name in names(node)


def test_over_as2_the_mdn_is_missing_and_comes_when_the_message_is_sent_again(
    node: RunningNode,
) -> None:
    partner, name = Partner(node), name_of(22, "DEM002")
    given(node, "no-receipt", "--interface", "FSO1100A", "--name", f"*{name[-20:]}")
    outgoing = partner.message(ubl_invoice(Specimen(number="A-22")), name)
    missing = partner.post(outgoing)
    assert (missing.status, missing.body) == (200, b"")
    assert names(node).count(name) == 1
    checks = [check["detail"] for check in node.why(name)["checks"]]
    assert any("no-receipt" in detail for detail in checks)
    late = partner.read(partner.post(outgoing))
    assert as2.judge_mdn(late, outgoing.message_id, outgoing.mic).outcome == "delivered"
    assert names(node).count(name) == 1


def test_over_pesit_a_refused_transfer_is_told_and_leaves_nothing(
    node: RunningNode, tmp_path: Path
) -> None:
    given(node, "wire-refusal", "--partner", "DEM003")
    file = tmp_path / name_of(31, "DEM003")
    file.write_bytes(ubl_invoice(Specimen(number="P-31")))
    told = sent(node, file)
    assert told.returncode != 0
    assert file.name not in names(node)
    again = sent(node, file)
    assert again.returncode == 0, again.stderr
    assert file.name in names(node)


def test_a_fault_of_the_settings_delays_until_business_time_has_come(node: RunningNode) -> None:
    number = 900_000_001
    put(node, number)
    node.quiet()
    flow = node.client.get(f"/api/v1/flows/{name_of(number)}")
    assert (flow["verdict"], flow["returns"]) == ("", [])
    node.client.post("/api/v1/clock/advance", {"by": "PT2H"})
    flow = node.client.get(f"/api/v1/flows/{name_of(number)}")
    assert flow["verdict"] == "accepted"
    (row,) = [r for r in node.client.get("/api/v1/faults") if r["fault"]["outcome"] == "delay"]
    assert row["left"] == 1


def test_faults_are_listed_taken_away_and_refused_with_the_reason(node: RunningNode) -> None:
    given(node, "silence", "--interface", "FEN1201A", "--times", "0")
    told = verb(node, "fault", "list")
    assert "silence, interface FEN1201A" in told.output
    rows = [json.loads(r) for r in verb(node, "fault", "list", "--json").output.splitlines()]
    number = next(r["id"] for r in rows if r["fault"]["outcome"] == "silence")
    assert verb(node, "fault", "remove", str(number)).exit_code == 0
    gone = verb(node, "fault", "remove", str(number))
    assert gone.exit_code == 1
    assert f"no fault {number}" in gone.output
    wrong = verb(node, "fault", "add", "irrecevable", "--motif", "NONE")
    assert wrong.exit_code == 2
    assert "expected one of" in wrong.output


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "none"},
        {"outcome": "delay", "after": "soon"},
        {"outcome": "silence", "x": 1},
    ],
)
def test_a_fault_that_cannot_be_read_is_refused(node: RunningNode, body: dict[str, object]) -> None:
    with pytest.raises(NodeError) as refused:
        node.client.post("/api/v1/faults", body)
    assert refused.value.status == 400


def test_a_number_that_is_none_is_refused(node: RunningNode) -> None:
    with pytest.raises(NodeError) as refused:
        node.client.post("/api/v1/faults/x/remove", {})
    assert refused.value.status == 400
