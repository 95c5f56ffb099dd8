"""The same inputs in the same order per partner, the same times: the same streams."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from pathlib import Path

from running_node import running_node

from simulator.journal import read
from simulator.journal.store import open_reader
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice

WHEN = datetime(2026, 9, 1, tzinfo=UTC)


def content(number: int) -> bytes:
    """Every third flow is judged later than those after it; one has several blocks, on disk."""
    count = 1100 if number == 5 else 60 if number % 3 == 0 else 1
    specimens = [Specimen(number=f"F{number}-{n}") for n in range(count)]
    if number % 4 == 1:
        specimens.append(Specimen(number=f"F{number}-0"))  # a duplicate inside the flow
    noise = [
        (f"noise-{n}.xsl", random.Random(n).randbytes(300_000)) for n in range(4 * (number == 5))
    ]
    return pack([*noise, *((f"{n}.xml", ubl_invoice(s)) for n, s in enumerate(specimens))], WHEN)


def streams(folder: Path, processes: int) -> str:
    folder.mkdir()
    settings = folder / "own.toml"
    settings.write_text(
        f'[clock]\nmode = "frozen"\nstart = "2026-09-01T08:00:00Z"\n'
        f"[judging]\nprocesses = {processes}\n"
    )
    with running_node(folder, "--config", str(settings)) as node:
        with node.session() as sftp:
            for number in range(12):
                name = f"FSO1100A_DEM001_DEM0011100{number % 11:015d}.tar.gz"
                sftp.putfo(io.BytesIO(content(number)), f"/depot/{name}")
        node.quiet()
        node.client.post("/api/v1/clock/advance", {"by": "P8D"})
        assert node.stop() == 0
    connection = open_reader(folder / "data")
    events = connection.execute(
        "SELECT count(*) FROM event WHERE stream NOT LIKE 'DEM0__'"
    ).fetchone()[0]
    assert events > 80
    blocks = connection.execute(
        "SELECT count(*) FROM event WHERE type = 'DocumentsDecided'"
    ).fetchone()[0]
    assert blocks == 3
    digest = read.stream_hash(connection, "default")
    connection.close()
    return digest


def test_one_and_two_judging_processes_give_the_same_streams(tmp_path: Path) -> None:
    assert streams(tmp_path / "one", 1) == streams(tmp_path / "two", 2)
