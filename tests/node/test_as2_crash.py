"""A node killed, or without room, while it takes an AS2 message: what is acknowledged is there, once."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import random
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from as2_desk import Desk, answer_of, flow_name
from as2_partner import Partner, listening
from running_node import RunningNode, running_node

from simulator.wire import as2


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    with running_node(folder) as node:
        assert node.stop() == 0
    return folder / "data"


KILLED = [
    *itertools.product(
        ["deposit.received", "engine.before-commit", "engine.after-commit", "deposit.before-reply"],
        [100],
    ),
    ("blob.adopted", 300_000),
]


@pytest.mark.parametrize(("point", "size"), KILLED)
def test_after_a_kill_the_repeated_message_is_taken_once_and_answered(
    tmp_path: Path, seeded: Path, point: str, size: int
) -> None:
    shutil.copytree(seeded, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    name = flow_name("DEM002")
    content = b"".join(
        hashlib.sha512(bytes((n % 256, n // 256))).digest() for n in range(size // 64)
    )
    with running_node(tmp_path, points=f"{point}@1=kill") as node:
        partner = Partner(node)
        outgoing = partner.message(content, name)
        with pytest.raises((OSError, http.client.HTTPException)):
            partner.post(outgoing)
        assert node.ended() == -9
    with running_node(tmp_path) as again:
        check_taken_once(again, outgoing, name)
        assert again.stop() == 0


def check_taken_once(node: RunningNode, outgoing: as2.Outgoing, name: str) -> None:
    desk, partner = Desk(node), Partner(node)
    answers = [answer_of(partner.post(outgoing)) for _ in range(2)]
    assert answers[0] == answers[1]
    mdn = as2.read_mdn(as2.read_request(answers[0][0]), answers[0][1], partner.opening)
    assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
    assert desk.flows("DEM002").count(name) == 1
    stored = {desk.side(row, "answer") for row in desk.exchanges("DEM002")}
    assert len(stored) == 1
    assert stored.pop().endswith(answers[0][1])


def test_the_receipt_is_the_same_after_a_kill_and_a_restart(tmp_path: Path, seeded: Path) -> None:
    shutil.copytree(seeded, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    name = flow_name("DEM002")
    with running_node(tmp_path) as node:
        partner = Partner(node)
        outgoing = partner.message(b"", name)
        first = answer_of(partner.post(outgoing))
        node.kill()
    with running_node(tmp_path) as again:
        assert answer_of(Partner(again).post(outgoing)) == first
        check_taken_once(again, outgoing, name)
        assert again.stop() == 0


def test_a_receipt_that_is_owed_is_sent_after_a_kill_and_a_restart(
    tmp_path: Path, seeded: Path
) -> None:
    shutil.copytree(seeded, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    with listening(lambda _: (200, [], b"")) as mailbox:
        asked = as2.ReceiptRequest(signed=True, micalgs=("sha-256",), url=mailbox.url)
        with running_node(tmp_path, points="engine.after-commit@1=kill") as node:
            partner = Partner(node)
            outgoing = partner.message(b"", flow_name("DEM002"), receipt=asked)
            with pytest.raises((OSError, http.client.HTTPException)):
                partner.post(outgoing)
            assert node.ended() == -9
        assert mailbox.got == []
        with running_node(tmp_path) as again:
            again.quiet()
            (got,) = mailbox.got
            assert as2.judge_mdn(partner.read(got), outgoing.message_id, outgoing.mic).proven
            assert again.stop() == 0


@contextmanager
def disk_full(node: RunningNode) -> Iterator[None]:
    """The node may not write beyond so many bytes of any file, as on a disk without room."""
    before = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (16_384, before[1]))
    try:
        yield
    finally:
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, before)


def test_what_a_full_disk_does_not_take_is_not_acknowledged(tmp_path: Path, seeded: Path) -> None:
    shutil.copytree(seeded, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    with running_node(tmp_path) as node:
        partner, desk = Partner(node), Desk(node)
        names = [flow_name("DEM002") for _ in range(3)]
        messages = [
            partner.message(b"", names[0]),
            partner.message(random.Random(1).randbytes(300_000), names[1]),  # beyond the journal
            partner.message(random.Random(2).randbytes(9_000_000), names[2]),  # beyond the socket
            partner.message(b"", flow_name("DEM002"), security=as2.Security()),  # refused anyway
        ]
        with disk_full(node):
            for outgoing in messages:
                with suppress(BrokenPipeError, ConnectionResetError):  # it does not read on
                    assert partner.post(outgoing).status == 503
            assert desk.flows("DEM002") == []
            assert partner.post(messages[0]).status == 503
        for outgoing in messages[:3]:
            mdn = partner.read(partner.post(outgoing))
            assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
        assert desk.flows("DEM002") == names[::-1]
        assert partner.read(partner.post(messages[3])).disposition.verdict == "error"
        assert "Traceback" not in node.log.read_text(errors="replace")
        assert node.stop() == 0
