"""Starting and stopping: one clear line and exit 3 for what is in the way; SIGTERM drains."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from running_node import RunningNode, running_node


def serve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator", "serve", "--data", str(folder / "d"), *arguments],
        capture_output=True, text=True, timeout=30, check=False, cwd=folder,
    )  # fmt: skip


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 3, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("option", ["--sftp-port", "--http-port"])
def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = one_line(serve(tmp_path, "--ephemeral", option, port))
    assert port in line
    assert option.strip("-").replace("-", "_") in line


def test_a_locked_folder_names_its_owner(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        done = subprocess.run(
            [sys.executable, "-m", "simulator", "serve", "--ephemeral", "--data",
             str(tmp_path / "data")],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert str(node.process.pid) in one_line(done)


def test_an_unreadable_settings_file_is_one_line(tmp_path: Path) -> None:
    assert "none.toml" in one_line(serve(tmp_path, "--config", "none.toml"))


def test_a_bad_setting_tells_its_table_and_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[node]\nhttp_port = 1\n\n[sftp]\ndepott = '/x'\n")
    line = one_line(serve(tmp_path, "--config", "bad.toml"))
    assert "bad.toml:5" in line
    assert "sftp.depott" in line
    assert "depot" in line


def test_a_fault_that_makes_no_sense_tells_its_table_and_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        '[[fault]]\noutcome = "silence"\n\n[[fault]]\npartner = "DEM999"\noutcome = "silence"\n'
    )
    line = one_line(serve(tmp_path, "--ephemeral", "--config", "bad.toml"))
    assert "bad.toml:6: fault[1]: partner 'DEM999'" in line


def test_an_unusable_data_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("a file")
    assert "--data" in one_line(serve(tmp_path, "--ephemeral"))


def test_a_partner_certificate_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[[partner]]\ncode = "VFE025"\ncircuit = "b2g"\nprotocol = "sftp"\ncert = "none.p7b"\n'
    )
    assert "none.p7b" in one_line(serve(tmp_path, "--ephemeral", "--config", "own.toml"))


def test_sigterm_drains_and_ends_with_zero_and_the_next_start_finds_everything(
    tmp_path: Path,
) -> None:
    with running_node(tmp_path) as node:
        node.client.post("/api/v1/directory", [{"identifier": "1", "name": "n", "kind": "public"}])
        assert node.stop() == 0
        assert not node.ready_file.exists()
    with running_node(tmp_path) as node:
        identifiers = [s["identifier"] for s in node.client.get("/api/v1/directory")]
        assert "1" in identifiers


def test_what_a_command_made_of_the_demo_outlives_a_restart(tmp_path: Path) -> None:
    town = {"identifier": "12345678200051", "name": "Commune", "kind": "public"}
    fewer = {"code": "DEM021", "circuit": "g2b-pa", "protocol": "sftp", "interfaces": ["FEN3036A"]}
    with running_node(tmp_path) as node:
        node.client.post("/api/v1/directory", [{**town, "partner": "BUY001"}])
        node.client.post("/api/v1/partners", fewer)
        keys = node.partner("DEM001")["pki"]
        assert node.stop() == 0
    with running_node(tmp_path) as node:
        partners = {s["identifier"]: s["partner"] for s in node.client.get("/api/v1/directory")}
        assert partners["12345678200051"] == "BUY001"
        assert partners["90000000810015"] == "DEM021"
        assert node.partner("DEM021")["interfaces"] == ["FEN3036A"]
        assert node.partner("DEM001")["pki"] == keys
        with node.session("DEM001") as sftp:
            assert sftp.listdir() != []


def test_the_ready_file_has_all_that_the_contract_names(node: RunningNode) -> None:
    ready = json.loads(node.ready_file.read_text())
    named = {"version", "pid", "http", "as2", "sftp", "pesit", "pesit_plain", "data", "pki",
             "partners", "token_file", "clock"}  # fmt: skip
    assert named <= ready.keys()
    partner = {"code_application", "circuit", "environment", "protocol", "interfaces", "pki",
               "space", "sftp_user", "depot", "retrait", "as2_id", "part_id", "password",
               "endpoint"}  # fmt: skip
    assert all(partner <= row.keys() for row in ready["partners"])
    assert {"DEM001", "DEM011"} <= {p["code_application"] for p in ready["partners"]}


def test_the_data_folder_is_ours_alone_and_ignored_by_git(node: RunningNode) -> None:
    data = Path(node.ready["data"])
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert (data / ".gitignore").read_text() == "*\n"
    assert not list(Path(node.ready["pki"]).glob("**/ca_key*"))


def test_memory_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_node(tmp_path, "--memory") as node:
        data = Path(node.ready["data"])
        assert data.is_dir()
        assert node.stop() == 0
    assert not data.exists()


def test_an_endpoint_given_on_the_command_line_is_in_the_raccordement(tmp_path: Path) -> None:
    with running_node(tmp_path, "--partner-endpoint", "DEM002=http://127.0.0.1:9/as2") as node:
        assert node.partner("DEM002")["endpoint"] == "http://127.0.0.1:9/as2"


def test_a_settings_file_brings_partners_and_structures_of_its_own(tmp_path: Path) -> None:
    settings = tmp_path / "own.toml"
    settings.write_text(
        '[[partner]]\ncode = "VFE025"\ncircuit = "b2g-pa"\nprotocol = "sftp"\n'
        '[[structure]]\nidentifier = "12345678900011"\nname = "N"\nkind = "private"\n'
        "[directory]\ndemo = false\n"
    )
    with running_node(tmp_path, "--config", str(settings)) as node:
        assert [p["code_application"] for p in node.ready["partners"]] == ["VFE025"]
        assert node.partner("VFE025")["interfaces"] == [
                "FSO1150A", "FSO1156A", "FSO1157A", "CSO1150A", "CSO1156A", "CSO1157A",
                "FEN1214A", "CEN1214A", "FEN1204A", "CEN1204A", "FSO1304A", "CSO1304A",
                "FEN1205A", "CEN1205A", "FSO1305A", "CSO1305A",
            ]  # fmt: skip
        assert len(node.client.get("/api/v1/directory")) == 1
        assert (Path(node.partner("VFE025")["pki"]) / "ssh_key").exists()


@pytest.mark.parametrize("target", ["/nonexistent/r.json", "."])
def test_a_ready_file_that_cannot_be_written_is_one_line(tmp_path: Path, target: str) -> None:
    one_line(serve(tmp_path, "--ephemeral", "--ready-file", target))


def test_a_journal_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "journal.sqlite3").write_bytes(b"rubbish" * 1000)
    assert "database" in one_line(serve(tmp_path, "--ephemeral"))
