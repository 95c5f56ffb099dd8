"""After a kill at any point every acknowledged deposit is there and gets exactly one report."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
from running_node import RunningNode, running_node

from simulator.journal import read
from simulator.journal.store import open_reader
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.runtime.points import POINTS

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
# Points on the way of a push are passed in test_push.py: SFTP partners fetch.
FETCH = ["fetch.read", "fetch.before-reply", "fetch.after-reply"]
ONCE = {"blob.synced", "blob.adopted", "compose.begun", "compose.done"}
DEPOSIT = [p for p in POINTS if not p.startswith(("push.", "fetch.", "block."))]


def name_of(number: int) -> str:
    return f"FSO1100A_DEM001_DEM0011100{number:015d}.tar.gz"


def envelope(number: int, invoices: int = 1, size: int = 0) -> bytes:
    files = [
        (f"f{n}.xml", ubl_invoice(Specimen(number=f"F{number}-{n}", size=size)))
        for n in range(invoices)
    ]
    return pack(files, WHEN)


@pytest.fixture(scope="module")
def flows() -> dict[str, bytes]:
    """A small one, one whose return is composed outside the engine, one above the inline limit."""
    large = pack([("big.xml", _incompressible(3))], WHEN)
    assert len(large) > 256 << 10
    return {name_of(1): envelope(1), name_of(2): envelope(2, invoices=20), name_of(3): large}


def _incompressible(number: int) -> bytes:
    """An invoice whose text does not compress: a comment of random letters."""
    noise = random.Random(number).randbytes(400_000).hex().encode()
    invoice = ubl_invoice(Specimen(number=f"F{number}-0"))
    return invoice.replace(b"<cbc:UBLVersionID>", b"<!--" + noise + b"--><cbc:UBLVersionID>", 1)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its keys made, to copy: key generation is not what is tested."""
    folder = tmp_path_factory.mktemp("seed")
    with running_node(folder) as node:
        assert node.stop() == 0
    return folder / "data"


def killed_at(
    folder: Path, seeded: Path, points: str, flows: dict[str, bytes]
) -> tuple[set[str], set[str]]:
    """Deposits and fetches until the node is killed; what was acknowledged of both."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(seeded, folder / "data", ignore=shutil.ignore_patterns("lock"))
    node = RunningNode(folder, points=points)
    deposited: set[str] = set()
    fetched: set[str] = set()
    try:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), node.session() as sftp:
            for name, content in flows.items():
                with sftp.open(f"/depot/{name}", "wb") as file:
                    file.set_pipelined(True)
                    file.write(content)
                deposited.add(name)
            _fetch_all(node, sftp, fetched)
        assert node.ended() == -signal.SIGKILL, "the node did not come to that point"
    finally:
        if node.process.poll() is None:
            node.kill()
    return deposited, fetched


def _fetch_all(node: RunningNode, sftp: paramiko.SFTPClient, fetched: set[str]) -> None:
    with contextlib.suppress(Exception):
        node.quiet()
    for name in sorted(sftp.listdir("/retrait")):
        with sftp.open(f"/retrait/{name}", "rb") as file:
            file.read()
        fetched.add(name)


def check_after_restart(
    folder: Path, flows: dict[str, bytes], deposited: set[str], fetched: set[str]
) -> None:
    with running_node(folder) as node:
        node.quiet()
        with node.session() as sftp:
            waiting = set(sftp.listdir("/retrait"))
            for name in flows.keys() - deposited:
                sftp.putfo(io.BytesIO(flows[name]), f"/depot/{name}", confirm=False)
        node.quiet()
        connection = open_reader(folder / "data")
        rows = read.flows(connection, "default")
        for name in flows:
            received = sorted((r for r in rows if r["name"] == name), key=lambda r: r["id"])
            assert received, f"{name} is lost"
            first = received[0]
            returns = read.returns_of(connection, first["id"])
            assert [r["interface"] for r in returns] == ["CSO1100A", "FEN1201A"], name
            assert first["verdict"] == "accepted"
            for again in received[1:]:
                assert name not in deposited, "an acknowledged deposit was taken twice"
                (finding,) = node.why(str(again["id"]))["findings"]
                assert finding["rule"] == "IRR_UNICITE_SAME"
        connection.close()
        assert not fetched & waiting, "a fetch that was acknowledged was undone"


@pytest.mark.parametrize(
    ("point", "nth"),
    [(point, nth) for point in DEPOSIT for nth in (1, 2) if nth == 1 or point not in ONCE],
)
def test_killed_at_a_named_point_of_a_deposit(
    tmp_path: Path, seeded: Path, flows: dict[str, bytes], point: str, nth: int
) -> None:
    deposited, fetched = killed_at(tmp_path, seeded, f"{point}@{nth}=kill", flows)
    check_after_restart(tmp_path, flows, deposited, fetched)


@pytest.mark.parametrize("point", FETCH)
@pytest.mark.parametrize("nth", [1, 3])
def test_killed_at_a_named_point_of_a_fetch(
    tmp_path: Path, seeded: Path, flows: dict[str, bytes], point: str, nth: int
) -> None:
    deposited, fetched = killed_at(tmp_path, seeded, f"{point}@{nth}=kill", flows)
    assert deposited == set(flows)
    assert len(fetched) < 6
    check_after_restart(tmp_path, flows, deposited, fetched)


@pytest.mark.timeout(400)
def test_killed_at_fifty_random_places(
    tmp_path: Path, seeded: Path, flows: dict[str, bytes]
) -> None:
    """The same, 50 times: at a passage of whichever point, drawn at random with a fixed seed."""
    dice = random.Random(20261122)
    for turn in range(50):
        folder = tmp_path / f"{turn}"
        deposited, fetched = killed_at(folder, seeded, f"*@{dice.randint(1, 30)}=kill", flows)
        check_after_restart(folder, flows, deposited, fetched)
        shutil.rmtree(folder)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_between_blocks_a_large_flow_goes_on_where_it_stopped(
    tmp_path: Path, seeded: Path, nth: int
) -> None:
    """1,100 invoices are three blocks; after the restart there is another number of processes."""
    name = name_of(9)
    flows = {name: envelope(9, invoices=1100)}
    deposited, _ = killed_at(tmp_path, seeded, f"block.decided@{nth}=kill", flows)
    assert deposited == {name}
    settings = tmp_path / "one.toml"
    settings.write_text("[judging]\nprocesses = 1\n")
    with running_node(tmp_path, "--config", str(settings)) as node:
        node.quiet()
        connection = open_reader(tmp_path / "data")
        (flow,) = read.flows(connection, "default")
        assert (flow["state"], flow["verdict"]) == ("IN_INTEGRE", "accepted")
        returns = read.returns_of(connection, flow["id"])
        codes = sorted(r["interface"] for r in returns)
        connection.close()
    assert codes == ["CSO1100A", "FEN1201A", "FEN1201A", "FEN1201A"]
    first = [r for r in returns if r["interface"] == "FEN1201A"]
    numbers = [s["about"] for r in first for s in r["statuses"]]
    assert numbers == [f"F9-{n}" for n in range(1100)]
