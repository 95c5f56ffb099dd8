"""Files over PeSIT, both ways, over TLS and in clear."""

import asyncio
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pesit_world import FLOW, awaited

from simulator.runtime import spool
from simulator.transport import pesit_client, pesit_fetch

RETURN = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"
SIZES = [0, 1, 1024, 200_000]


@pytest.mark.parametrize("size", SIZES)
@awaited
async def test_a_file_that_is_sent_becomes_one_deposit(pesit_site, size):
    content = os.urandom(size)
    file = pesit_site.file(FLOW, content)
    await pesit_client.send(pesit_site.endpoint(), [file])
    assert pesit_site.node.deposits == [("DEM003", FLOW, content)]
    assert not pesit_site.notes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("late", [False, True])
@awaited
async def test_a_return_that_is_fetched_is_a_file_under_its_name(pesit_site, size, late):
    content = os.urandom(size)
    pesit_site.node.late_reads = late
    number = pesit_site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", content)
    [file] = await pesit_client.receive(pesit_site.endpoint(), pesit_site.box)
    assert file.name == "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"
    assert file.read_bytes() == content
    assert pesit_site.node.fetches == [number]
    assert pesit_site.node.held == {}
    assert [reader.closed for reader in pesit_site.node.readers] == [1]


@awaited
async def test_a_script_without_a_reactor_sends_and_receives(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_return(RETURN, b"abc")
    file = site.file(FLOW, b"<a/>")
    script = Path(__file__).parents[1] / "pesit_script.py"
    words = [sys.executable, str(script), str(site.listener.port), str(file), str(site.box)]
    done = await asyncio.to_thread(
        subprocess.run, words, capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.stdout.split(), done.returncode) == ([RETURN], 0), done.stderr
    assert len(site.node.deposits) == 1


@awaited
async def test_a_sync_that_failed_on_the_way_is_told_at_the_end(tmp_path, monkeypatch):
    """The system tells of a lost write once: whoever asks again is told that all is well."""
    failures = [OSError(errno.EIO, "lost")]

    def fsync(_descriptor):
        if failures:
            raise failures.pop()

    monkeypatch.setattr(pesit_fetch.os, "fsync", fsync)
    fetch = pesit_fetch.Fetch(tmp_path / "return", 1, None)
    for _ in range(20):
        fetch.inflow.take([bytes(1 << 20)])
        await asyncio.sleep(0)
    with pytest.raises(OSError, match="lost"):
        await fetch.finish()
    await fetch.close()
    assert not failures
    assert list(tmp_path.iterdir()) == []


@awaited
async def test_a_disk_that_takes_parts_of_what_is_written_gets_all_of_it(pesit_site, monkeypatch):
    write, content = os.pwrite, os.urandom(1_000_000)
    monkeypatch.setattr(spool.os, "pwrite", lambda at, data, to: write(at, data[:7_000], to))
    pesit_site.node.add_return(RETURN, content)
    [file] = await pesit_client.receive(pesit_site.endpoint(), pesit_site.box)
    assert file.read_bytes() == content


@pytest.mark.parametrize("size", [1000, 30_000, 3_000_000])
@pytest.mark.parametrize("room", [0, 500])
@awaited
async def test_a_full_disk_leaves_no_file_and_the_return_waits(pesit_site, monkeypatch, size, room):
    """Also when the data come with the answer to READ, so that nobody awaits anything then."""
    write, free = os.pwrite, [room]

    def full(at, data, to):
        if not free[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(at, data[: free[0]], to)
        free[0] -= written
        return written

    monkeypatch.setattr(spool.os, "pwrite", full)
    pesit_site.node.add_return(RETURN, os.urandom(size))
    (pesit_site.box / RETURN).write_bytes(b"an older one")
    with pytest.raises(pesit_client.TransferFailed, match="No space left"):
        await pesit_client.receive(pesit_site.endpoint(), pesit_site.box)
    assert [(one.name, one.read_bytes()) for one in pesit_site.box.iterdir()] == [
        (RETURN, b"an older one")
    ]
    assert not pesit_site.node.fetches


@awaited
async def test_a_fetch_cancelled_in_its_last_sync_keeps_its_descriptor_until_that_ends(
    tmp_path, monkeypatch
):
    begun, go_on = threading.Event(), threading.Event()

    def fsync(_descriptor):
        begun.set()
        assert go_on.wait(30)

    monkeypatch.setattr(pesit_fetch.os, "fsync", fsync)
    fetch = pesit_fetch.Fetch(tmp_path / "return", 1, None)
    fetch.inflow.take([b"content"])
    fetch.inflow.flush()
    finishing = asyncio.ensure_future(fetch.finish())
    await asyncio.to_thread(begun.wait, 30)
    finishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finishing
    closing = asyncio.ensure_future(fetch.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go_on.set()
    await closing
    assert (tmp_path / "return").read_bytes() == b"content"
