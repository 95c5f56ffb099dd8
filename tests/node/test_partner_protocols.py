"""The demo partners of the other protocols get what those over SFTP get, played by `send` and `receive`.

Over AS2 the partner is pyas2lib: an implementation that shares nothing with the node's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from interface_flows import ROWS, flows_of
from running_node import RunningNode, running_node

from simulator.messages.summary import statuses

# Partners that stand for those of `ROWS`, by protocol.
STAND_INS = {
    "as2": {"DEM001": "DEM002", "DEM011": "DEM012", "DEM021": "DEM022"},
    "pesit": {"DEM001": "DEM003", "DEM011": "DEM013"},
}


@pytest.fixture
def own_node(tmp_path_factory: pytest.TempPathFactory) -> RunningNode:
    """Directory and clock as `test_interfaces` wants them; no partner's invoices are another's."""
    folder = tmp_path_factory.mktemp("partners")
    settings = folder / "aife-sim.toml"
    settings.write_text('[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n')
    with running_node(folder, "--config", str(settings)) as running:
        yield running
        assert running.stop() == 0


def rows_of(partner: str, code: str, node: RunningNode):
    """Rows of a partner whose stand-in subscribes to them."""
    subscribed = node.partner(code)["interfaces"]
    return {c: row._replace(partner=code) for c, row in ROWS.items()
            if row.partner == partner and c in subscribed}  # fmt: skip


def play(node: RunningNode, *verb: str) -> None:
    """Runs a verb of the platform's side in a process of its own."""
    command = [sys.executable, "-m", "simulator", *verb, "--to", node.ready["http"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.interop
@pytest.mark.parametrize(
    ("protocol", "original", "partner"),
    [(p, o, s) for p, pairs in STAND_INS.items() for o, s in pairs.items()],
)
def test_every_code_is_answered_as_over_sftp(
    own_node: RunningNode, tmp_path: Path, protocol: str, original: str, partner: str
) -> None:
    rows = rows_of(original, partner, own_node)
    assert rows
    flows = [flow for code, row in rows.items() for flow in flows_of(code, row)]
    files = []
    for flow in flows:
        files.append(tmp_path / flow.name)
        files[-1].write_bytes(flow.content)
    assert own_node.partner(partner)["protocol"] == protocol
    play(own_node, "send", *map(str, files), "--partner", partner)
    own_node.quiet()
    play(own_node, "receive", "--partner", partner, "--into", str(tmp_path / "returns"))
    returns = {file.name: file.read_bytes() for file in (tmp_path / "returns").iterdir()}
    for flow in flows:
        wanted = getattr(rows[flow.code], flow.what)
        came = own_node.client.get(f"/api/v1/flows/{flow.name}")["returns"]
        said = {row["name"][:8]: statuses(returns[row["name"]]) for row in came}
        assert {c: (s.status, *s.motifs) for c, (s,) in said.items()} == wanted, flow.name
        assert {row["state"] for row in came} <= {"delivered"}
