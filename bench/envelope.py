"""Large envelopes: thousands of invoices in one tar.gz, memory, and what others feel of it.

The reference is the least that any judge of such a flow must do: in one thread, read the same
archive with `tarfile`, parse each file with lxml and check it with the same compiled schema. The node
does so too for the comparison: rule packs are switched off, but where a line says otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import tarfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
from lxml import etree

from bench.spine import RunningNode, name_of, running_node, workplace
from simulator.messages.archives import pack
from simulator.messages.specimen import Line, Specimen, ubl_invoice
from simulator.validation.parsing import PARSING
from simulator.validation.syntaxes import schema_of

_LINES = tuple(Line(name=f"Prestation {n}") for n in range(14))
MANY, MOST = 10_000, 100_000
MB = 1 << 20


def envelope() -> None:
    """10,000 invoices with one and with two judging processes, then 100,000."""
    with workplace() as folder:
        flow = _envelope(folder / "many.tar.gz", MANY)
        bare, parsing = _bare(flow)
        size = len(_invoice("E0"))
        print(f"{MANY} UBL invoices of {size} bytes, {flow.stat().st_size / MB:.1f} MB of tar.gz")
        print(
            f"reference, one thread: unpack, parse, XSD {bare:.2f} s (parse and XSD {parsing:.2f})"
        )
        for processes in (1, 2):
            took, memory = _judged(folder / f"node{processes}", flow, processes)
            print(
                f"{processes} judging process(es): CLOSE to report {took:.2f} s, {MANY / took:.0f}"
                f" invoices/s, {took / parsing:.2f} of parse and XSD, {took / bare:.2f} of the"
                f" reference (claim with 2: <= 2); memory at most {memory / MB:.0f} MB PSS"
                " (claim <= 300)"
            )
        took_rules, _ = _judged(folder / "rules", flow, 2, rules=True)
        print(f"the same with the rules of the historic channel: {took_rules:.2f} s")
        _beside(folder / "beside", flow)
        large = _envelope(folder / "most.tar.gz", MOST)
        took_most, memory = _judged(folder / "most", large, 2)
        print(
            f"{MOST} invoices: {took_most:.2f} s, {took_most / took:.1f} times {MANY} invoices"
            f" (linear: {MOST / MANY:.0f}); memory at most {memory / MB:.0f} MB PSS"
        )


def _envelope(path: Path, count: int) -> Path:
    files = ((f"{n:06d}.xml", _invoice(f"E{n}")) for n in range(count))
    path.write_bytes(pack(files, datetime(2026, 9, 1, tzinfo=UTC)))
    return path


def _invoice(number: str) -> bytes:
    """About 10 KB of elements, no filler."""
    return ubl_invoice(Specimen(number=number, lines=_LINES))


def _bare(flow: Path) -> tuple[float, float]:
    """Seconds in all, and of parsing and checking alone."""
    schema, parsing = schema_of("ubl-2.1"), 0.0
    begun = time.perf_counter()
    with tarfile.open(flow) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            content = file.read()
            begin = time.perf_counter()
            assert schema.validate(etree.fromstring(content, etree.XMLParser(**PARSING)))
            parsing += time.perf_counter() - begin
    return time.perf_counter() - begun, parsing


def _settings(folder: Path, processes: int, *, rules: bool) -> Path:
    folder.mkdir()
    file = folder / "settings.toml"
    file.write_text(f"[judging]\nprocesses = {processes}\nrules = {str(rules).lower()}\n")
    return file


@contextlib.asynccontextmanager
async def _client(node: RunningNode, code: str) -> AsyncIterator[asyncssh.SFTPClient]:
    sftp, partner = node.ready["sftp"], node.partner(code)
    async with (
        asyncssh.connect(
            sftp["host"], sftp["port"], username=code,
            client_keys=[f"{partner['pki']}/ssh_key"], known_hosts=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):  # fmt: skip
        yield client


async def _put(
    client: asyncssh.SFTPClient, name: str, content: bytes, pause: float = 0.001
) -> float:
    """Seconds from CLOSE to the report being in a listing, which is asked for after each pause."""
    report = "C" + name.replace(".xml", ".tar.gz")[1:]
    file = await client.open(f"/depot/{name}", "wb")
    await file.write(content)
    begin = time.perf_counter()
    await file.close()
    while report not in await client.listdir("/retrait"):
        await asyncio.sleep(pause)
    return time.perf_counter() - begin


def _judged(folder: Path, flow: Path, processes: int, *, rules: bool = False) -> tuple[float, int]:
    """Seconds from CLOSE to report, and the most PSS of node and processes until all is quiet."""
    settings = _settings(folder, processes, rules=rules)
    with running_node(folder, "--config", str(settings)) as node:
        with _watched(node.process.pid) as most:
            took = asyncio.run(_deposit(node, flow))
            node.client.get("/api/v1/quiet", timeout=300)
        assert node.why()["verdict"] == "accepted", node.why()["verdict"]
        node.stop()
    return took, max(most)


async def _deposit(node: RunningNode, flow: Path) -> float:
    name = name_of(1).replace(".xml", ".tar.gz")
    async with _client(node, "DEM001") as client:
        return await _put(client, name, flow.read_bytes(), pause=0.02)


def _beside(folder: Path, flow: Path) -> None:
    """Deposits of another partner while the envelope is judged and answered."""
    settings = _settings(folder, 2, rules=True)
    with running_node(folder, "--config", str(settings)) as node:
        times = asyncio.run(_others(node, flow))
        node.stop()
    print(
        f"single deposits of another partner meanwhile: {len(times)}, CLOSE to report median"
        f" {statistics.median(times) * 1e3:.0f} ms, p95"
        f" {sorted(times)[int(len(times) * 0.95)] * 1e3:.0f} ms (claim: median <= 50)"
    )


async def _others(node: RunningNode, flow: Path) -> list[float]:
    times: list[float] = []
    async with _client(node, "DEM011") as other:
        large = asyncio.ensure_future(_deposit(node, flow))
        number = 0
        while not large.done():
            number += 1
            name = f"FSO1150A_DEM011_DEM0111150{number:015d}.xml"
            content = _invoice(f"S{number}")
            times.append(await _put(other, name, content))
        await large
    return times


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """The sum of PSS of a process and its children, sampled every 200 ms."""
    samples, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            samples.append(sum(map(_pss, _family(pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        stop.set()
        watcher.join()


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    envelope()
