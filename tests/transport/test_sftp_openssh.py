"""What people do with OpenSSH's sftp, as they do it."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest

pytestmark = pytest.mark.interop
NAME = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"


def test_put_and_get_keep_every_byte(site: Any) -> None:
    content = os.urandom(1 << 20)
    (site.folder / NAME).write_bytes(content)
    site.gateway.add_return("return.xml", content)
    site.batch(f"put {NAME} /depot", "get /retrait/return.xml")
    assert site.gateway.content_of(NAME) == content
    assert (site.folder / "return.xml").read_bytes() == content
    assert site.gateway.fetches == [1]


def test_put_with_times_and_sync_and_a_listing_afterwards(site: Any) -> None:
    (site.folder / NAME).write_bytes(b"12345")
    said = site.batch("cd /depot", f"put -pf {NAME}", "ls -l", "pwd", f"ls -n {NAME}", "df")
    assert re.search(
        rf"^--w------- +1 DEM001 +aife +5 \w{{3}} [ \d]\d [\d:]{{5}} {NAME}", said, re.M
    )
    assert "Remote working directory: /depot" in said
    assert re.search(r"1000 +1000 +5 ", said)
    assert "Avail" in said


def test_listing_walking_and_globbing(site: Any) -> None:
    for number in range(3):
        site.gateway.add_return(f"CSO1100A_{number}.tar.gz", b"x" * number)
    site.gateway.add_return("FEN1201A_0.tar.gz", b"xyz")
    said = site.batch("pwd", "ls -la", "cd retrait", "ls -l CSO*", "get FEN*", "ls", "get -r .")
    assert "Remote working directory: /\n" in said
    assert re.search(r"^drwx-wx--- .* depot$", said, re.M)
    assert re.search(r"^dr-xr-x--- .* retrait$", said, re.M)
    assert re.search(r"-r--r----- .* 2 Sep  1 08:00 |-r--r----- .* 2 Sep  1  2026", said)
    assert (site.folder / "FEN1201A_0.tar.gz").read_bytes() == b"xyz"
    assert sorted(site.gateway.fetches) == [1, 2, 3, 4]
    assert site.batch("ls /retrait").splitlines()[1:] == []


@pytest.mark.parametrize("command", ["reput", "put -a"])
def test_an_upload_that_was_killed_is_resumed_where_it_broke_off(site: Any, command: str) -> None:
    content = os.urandom(3 << 20)
    (site.folder / NAME).write_bytes(content)
    line = [*site.openssh("sftp", "-l", "4000", "-B", "32768"), "-b", "-", "DEM001@127.0.0.1"]
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=site.folder
    )
    try:
        process.stdin.write(f"put {NAME} /depot/{NAME}\n".encode())
        process.stdin.flush()
        site.wait_for_spool()
    finally:
        process.kill()
        process.stdin.close()
        process.wait()
    _, _, _, size = site.gateway.expect("cut")
    assert 0 < size < len(content)
    assert site.gateway.deposits == []
    assert f" {size} " in site.batch("ls -l /depot")
    site.batch(f"{command} {NAME} /depot/{NAME}")
    assert site.gateway.content_of(NAME) == content


def test_put_under_a_temporary_name_and_rename(site: Any) -> None:
    (site.folder / NAME).write_bytes(b"content")
    site.batch(f"put {NAME} /depot/{NAME}.part", f"rename /depot/{NAME}.part /depot/{NAME}")
    assert site.gateway.deposits == [("DEM001", NAME, b"content")]


@pytest.mark.parametrize(
    "line",
    [
        "mkdir /depot/sub", "rmdir /depot", "symlink a /depot/b", "ln /depot/a /depot/b",
        "rm /retrait/there", "rename /retrait/there /retrait/b", "put there /retrait/there",
        "get /depot/there", "put there /etc/there", "put there /there", "chmod 777 /retrait/there",
        "get ../../etc/passwd", "cd /etc",
    ],
)  # fmt: skip
def test_what_is_refused_fails_the_batch_and_leaves_the_server_well(site: Any, line: str) -> None:
    (site.folder / "there").write_bytes(b"x")
    site.gateway.add_return("there", b"x")
    site.batch(line, fails=True)
    assert "there" in site.batch("ls /retrait")
    assert (site.gateway.deposits, site.gateway.fetches) == ([], [])


def test_many_files_in_one_go(site: Any) -> None:
    names = [f"{number:03}.xml" for number in range(200)]
    for name in names:
        (site.folder / name).write_bytes(name.encode() * 10)
    site.batch("put *.xml /depot/")
    assert sorted(site.gateway.deposits) == [("DEM001", n, n.encode() * 10) for n in names]
