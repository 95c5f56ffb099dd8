"""The spool: whatever the order of the writes, the content is what a file would hold."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import run

from simulator.runtime import spool as spool_module
from simulator.runtime.spool import Spool

writes = st.lists(
    st.tuples(st.integers(0, 400), st.binary(max_size=120), st.booleans()), max_size=25
)


def reference(steps: list[tuple[int, bytes, bool]]) -> bytes:
    content = bytearray()
    for offset, data, at_end in steps:
        start = len(content) if at_end else offset
        if data:
            content.extend(bytes(max(0, start - len(content))))
            content[start : start + len(data)] = data
    return bytes(content)


async def spooled(folder: Path, steps: list[tuple[int, bytes, bool]], inline: int) -> bytes:
    """The content after some writes, checked against hash, size and every way to read it."""
    spool = Spool(folder, inline=inline)
    for offset, data, at_end in steps:
        spool.write(spool.size if at_end else offset, memoryview(data))
    seen = spool.read(0, 10_000)
    ref, content = await spool.finish()
    if content is None:
        assert spool.path is not None
        content = spool.path.read_bytes()
        assert len(content) > inline
    else:
        assert spool.path is None
    assert (ref.size, ref.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert seen == content
    assert await spool.finish() == (ref, None if spool.path else content)
    spool.discard()
    return content


@settings(max_examples=80, deadline=None)
@given(writes, st.sampled_from([0, 50, 200, 10_000]), st.sampled_from([16, 64, 1 << 20]))
def test_any_order_of_writes_gives_the_content_of_a_file(
    steps: list[tuple[int, bytes, bool]], inline: int, stride: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool_module, "_STRIDE", stride)
        assert run(spooled(Path(folder), steps, inline)) == reference(steps)
        assert list(Path(folder).iterdir()) == []


def test_content_up_to_the_inline_size_makes_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path, inline=1000)
    spool.write(0, bytes(1000))
    assert list(tmp_path.iterdir()) == []
    spool.write(1000, b"x")
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [1001]
    spool.discard()


def test_a_file_has_a_name_of_its_own_and_belongs_to_its_owner(tmp_path: Path) -> None:
    spool = Spool(tmp_path, inline=0)
    spool.write(0, b"x")
    (file,) = tmp_path.iterdir()
    assert file == spool.path
    assert len(file.name) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    spool.discard()


def test_what_was_adopted_elsewhere_survives_the_discard(tmp_path: Path) -> None:
    async def adopt() -> None:
        spool = Spool(tmp_path, inline=0)
        spool.write(0, b"kept")
        await spool.finish()
        assert spool.intact
        spool.path.replace(tmp_path / "blob")
        assert not spool.intact
        spool.discard()

    run(adopt())
    assert (tmp_path / "blob").read_bytes() == b"kept"


def test_a_full_disk_is_an_error_of_the_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def write_on() -> None:
        spool = Spool(tmp_path, inline=10)
        spool.write(0, bytes(10))
        monkeypatch.setattr(spool_module.os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            spool.write(10, b"x")
        spool.discard()

    run(write_on())
    assert list(tmp_path.iterdir()) == []


def test_a_short_write_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spool_module.os.pwrite
    monkeypatch.setattr(spool_module.os, "pwrite", lambda fd, data, at: whole(fd, data[:7], at))
    steps = [(0, bytes(range(100)), True), (0, bytes(range(100)), True)]
    assert run(spooled(tmp_path, steps, 0)) == bytes(range(100)) * 2


def test_a_failed_sync_is_an_error_of_the_finish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(spool_module, "_sync_data", broken)
    monkeypatch.setattr(spool_module, "_STRIDE", 10)

    async def write_on() -> None:
        spool = Spool(tmp_path, inline=0)
        for _ in range(5):
            spool.write(spool.size, bytes(10))
        with pytest.raises(OSError, match="Input/output"):
            await spool.finish()
        spool.discard()

    run(write_on())
    assert list(tmp_path.iterdir()) == []


def test_a_size_beyond_the_limit_is_refused_however_it_is_reached(tmp_path: Path) -> None:
    spool = Spool(tmp_path, inline=10, limit=100)
    for offset, size in ((100, 1), (1 << 62, 1), (0, 101)):
        with pytest.raises(OSError, match="limit of 100 bytes"):
            spool.write(offset, bytes(size))
    assert spool.size == 0


def test_nothing_is_written_after_the_end(tmp_path: Path) -> None:
    async def finish(spool: Spool) -> None:
        await spool.finish()

    ended, given_up = Spool(tmp_path), Spool(tmp_path)
    run(finish(ended))
    given_up.write(0, b"x")
    given_up.discard()
    for spool in (ended, given_up):
        with pytest.raises(OSError, match="complete or was given up"):
            spool.write(0, b"x")
    with pytest.raises(OSError, match="given up"):
        run(finish(given_up))


def test_without_durability_nothing_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("synced")

    monkeypatch.setattr(spool_module, "_sync_data", never)
    monkeypatch.setattr(spool_module.os, "fsync", never)
    monkeypatch.setattr(spool_module, "_STRIDE", 10)

    async def write_on() -> bytes:
        spool = Spool(tmp_path, inline=0, durable=False)
        for _ in range(5):
            spool.write(spool.size, bytes(10))
        await spool.finish()
        content = spool.path.read_bytes()
        spool.discard()
        return content

    assert run(write_on()) == bytes(50)
