"""The spine: start, one deposit, many small files, one large file, memory of a 1 GB upload.

The reference for transfers is OpenSSH's own sftp-server behind sshd on this machine, driven by the
same OpenSSH client with the same files in the same run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import asyncssh
from running_node import RunningNode, running_node

from simulator.messages.specimen import Specimen, ubl_invoice

MB = 1 << 20


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="aife-sim-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def name_of(number: int) -> str:
    return f"FSO1100A_DEM001_DEM0011100{number:015d}.xml"


def invoice(number: int, size: int = 10_000) -> bytes:
    return ubl_invoice(Specimen(number=f"B{number}", size=size))


def started(folder: Path) -> float:
    begin = time.perf_counter()
    with running_node(folder) as node:
        took = time.perf_counter() - begin
        node.stop()
    return took


def start() -> None:
    with workplace() as folder:
        first = [started(folder / f"{n}") for n in range(10)]
        later = [started(folder / "0") for _ in range(10)]
    print(f"first start, keys included: median {statistics.median(first):.2f} s (claim <= 1.0)")
    print(f"later start: median {statistics.median(later):.2f} s (claim <= 0.6)")


# -- one deposit --------------------------------------------------------------------------------


def deposit() -> None:
    with workplace() as folder, running_node(folder) as node:
        times = asyncio.run(_deposits(node, 200))
    print(
        f"CLOSE sent to report visible: median {statistics.median(times) * 1e3:.1f} ms,"
        f" p95 {sorted(times)[int(len(times) * 0.95)] * 1e3:.1f} ms (claim: median <= 15)"
    )
    _count_fsyncs()


async def _deposits(node: RunningNode, count: int, first: int = 1) -> list[float]:
    """Seconds from CLOSE to the report being in a listing, one deposit after the other."""
    sftp, partner = node.ready["sftp"], node.partner("DEM001")
    times = []
    async with (
        asyncssh.connect(
            sftp["host"], sftp["port"], username="DEM001",
            client_keys=[f"{partner['pki']}/ssh_key"], known_hosts=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):  # fmt: skip
        for number in range(first, first + count):
            name = name_of(number)
            report = name.replace("FSO", "CSO").replace(".xml", ".tar.gz")
            file = await client.open(f"/depot/{name}", "wb")
            await file.write(invoice(number))
            begin = time.perf_counter()
            await file.close()
            while report not in await client.listdir("/retrait"):
                pass
            times.append(time.perf_counter() - begin)
            for waiting in await client.listdir("/retrait"):
                if waiting not in (".", ".."):
                    await client.get(f"/retrait/{waiting}", os.devnull)
    return times


def _count_fsyncs() -> None:
    """fsync and fdatasync per deposit, by strace on a node that only takes deposits."""
    if not shutil.which("strace"):
        print("fsyncs: strace is not installed, not counted")
        return
    with workplace() as folder, running_node(folder) as node:
        asyncio.run(_put(node, 1, 5))
        node.quiet()
        trace = folder / "trace"
        tracer = subprocess.Popen(
            ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace), "-p",
             str(node.process.pid)],
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert tracer.stderr is not None
        tracer.stderr.readline()  # "attached"
        for number in range(20):
            asyncio.run(_put(node, 100 + number, 1))
            node.quiet()
        tracer.terminate()
        tracer.wait()
        calls = sum("sync(" in line for line in trace.read_text().splitlines())
    print(f"fsyncs per deposit, report included: {calls / 20:.1f} (claim: at most 3)")


async def _put(node: RunningNode, first: int, count: int) -> None:
    sftp, partner = node.ready["sftp"], node.partner("DEM001")
    async with (
        asyncssh.connect(
            sftp["host"], sftp["port"], username="DEM001",
            client_keys=[f"{partner['pki']}/ssh_key"], known_hosts=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):  # fmt: skip
        for number in range(first, first + count):
            async with client.open(f"/depot/{name_of(number)}", "wb") as file:
                await file.write(invoice(number))


# -- against OpenSSH ----------------------------------------------------------------------------


class OpenSsh:
    """sshd with its own sftp-server on a free loopback port; same client, same key kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", folder / name],
                check=True,
            )
        shutil.copy(folder / "user.pub", folder / "authorized")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = folder / "config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nPidFile none\nUsePAM no\n"
            "Subsystem sftp /usr/lib/openssh/sftp-server\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", config], stderr=subprocess.DEVNULL
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        raise RuntimeError("sshd did not start")

    def batch(self, commands: str) -> float:
        user = os.environ.get("USER") or "root"
        return timed_sftp(
            commands, self.folder / "user", self.port, user, "-o", "StrictHostKeyChecking=no",
            "-o", f"UserKnownHostsFile={self.folder}/known",
        )  # fmt: skip

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def timed_sftp(commands: str, key: Path, port: int, user: str, *options: str) -> float:
    """Wall seconds of one `sftp -b` run."""
    command = ["sftp", "-q", "-b", "-", "-P", str(port), "-i", str(key), "-o", "IdentitiesOnly=yes"]
    begin = time.perf_counter()
    done = subprocess.run(
        [*command, *options, f"{user}@127.0.0.1"],
        input=commands, text=True, capture_output=True, check=False,
    )  # fmt: skip
    took = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"sftp failed: {done.stderr}")
    return took


def node_batch(node: RunningNode, commands: str) -> float:
    key = Path(node.partner("DEM001")["pki"]) / "ssh_key"
    known = f"UserKnownHostsFile={node.ready['pki']}/aife/known_hosts"
    return timed_sftp(commands, key, node.ready["sftp"]["port"], "DEM001", "-o", known)


@contextlib.contextmanager
def reference(folder: Path) -> Iterator[OpenSsh]:
    if not Path("/usr/sbin/sshd").exists():
        print("no sshd here (Debian: openssh-server): nothing to compare with")
        raise SystemExit(0)
    server = OpenSsh(folder)
    try:
        yield server
    finally:
        server.stop()


def many(count: int = 2000) -> None:
    """2,000 files of 10 KB in one session, judging on."""
    with workplace() as folder, reference(folder / "sshd") as ssh:
        source, target = folder / "source", folder / "target"
        source.mkdir()
        target.mkdir()
        for number in range(count):
            (source / name_of(number)).write_bytes(invoice(number))
        theirs = ssh.batch(f"put {source}/* {target}/\n")
        with running_node(folder / "node") as node:
            node_batch(node, "ls /retrait\n")  # judging is warm
            begin = time.perf_counter()
            ours = node_batch(node, f"put {source}/* /depot/\n")
            _until_reports(node, count)
            all_reports = time.perf_counter() - begin
    print(
        f"put {count} x 10 KB: OpenSSH {theirs:.2f} s, node {ours:.2f} s,"
        f" speed ratio {theirs / ours:.2f} (claim >= 0.3)"
    )
    print(
        f"last report visible after {all_reports:.2f} s, {all_reports / ours:.2f} of the put"
        " (claim <= 1.5)"
    )


def _until_reports(node: RunningNode, count: int) -> None:
    """Until nothing runs; then every flow must have its report."""
    node.quiet()
    flows = node.client.get("/api/v1/flows", limit=count + 1)
    assert len(flows) == count, f"expected {count} flows, found {len(flows)}"
    assert {f["verdict"] for f in flows} == {"accepted"}


def large() -> None:
    """100 MB up, and 100 MB down."""
    with workplace() as folder, reference(folder / "sshd") as ssh:
        (folder / "target").mkdir()
        file = folder / name_of(1)
        file.write_bytes(os.urandom(100 * MB))
        ups, downs = [], []
        with running_node(folder / "node") as node:
            for turn in range(5):
                name = name_of(10 + turn)
                theirs = ssh.batch(f"put {file} {folder}/target/{name}\n")
                ours = node_batch(node, f"put {file} /depot/{name}\n")
                ups.append(theirs / ours)
        downs = _downs(folder, ssh)
    print(f"put 100 MB: speed ratio median {statistics.median(ups):.2f} (claim >= 1.2)")
    print(f"get 100 MB: speed ratio median {statistics.median(downs):.2f} (claim >= 0.8)")


def _downs(folder: Path, ssh: OpenSsh) -> list[float]:
    """A 100 MB return is put into the journal of a stopped node, then fetched from a running one."""
    content = os.urandom(100 * MB)
    (folder / "target" / "down").write_bytes(content)
    ratios = []
    with running_node(folder / "getter") as node:
        node_batch(node, f"put {folder / name_of(1)} /depot/{name_of(99)}\n")
        node.quiet()
        node.stop()
    _enlarge_return(folder / "getter" / "data", content)
    with running_node(folder / "getter") as node:
        for _ in range(5):
            name = node.client.get("/api/v1/flows/latest")["returns"][0]["name"]
            theirs = ssh.batch(f"get {folder}/target/down {folder}/one\n")
            ours = node_batch(node, f"get /retrait/{name} {folder}/two\n")
            assert (folder / "two").stat().st_size == 100 * MB
            node.client.post(f"/api/v1/returns/{name}/requeue", {})
            ratios.append(theirs / ours)
    return ratios


def _enlarge_return(data: Path, content: bytes) -> None:
    """Gives the one return of a stopped node a large content, as composing would."""
    from simulator.domain.flows import blob_ref
    from simulator.journal.store import Store

    store = Store(data)
    ref = blob_ref(content)
    store.write_blob(ref, content)
    store.connection.execute(
        "INSERT INTO blob (space, sha256, size) VALUES ('default', ?, ?)", (ref.sha256, ref.size)
    )
    store.connection.execute("UPDATE returned SET sha256 = ?, size = ?", (ref.sha256, ref.size))
    store.close()


def memory() -> None:
    """Resident growth of the node during a 1 GB upload."""
    with workplace() as folder, running_node(folder) as node:
        asyncio.run(_put(node, 1, 3))
        node.quiet()
        file = folder / "big"
        with file.open("wb") as out:
            for _ in range(1000):
                out.write(os.urandom(MB))
        before = _peak(node.process.pid, reset=True)
        took = node_batch(node, f"put {file} /depot/{name_of(50)}\n")
        after = _peak(node.process.pid)
    print(
        f"1 GB upload in {took:.1f} s: the node grew by {(after - before) / MB:.0f} MiB at its peak"
        " (claim < 64)"
    )


def _peak(pid: int, *, reset: bool = False) -> int:
    """Peak resident bytes; a reset starts the peak at what is resident now."""
    if reset:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


__all__ = ["deposit", "large", "many", "memory", "start"]
