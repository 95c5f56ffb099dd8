"""Deposits flows at a node over SFTP and tells what became of each: trace, returns, time, memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import paramiko
from process_memory import watched
from running_node import RunningNode, running_node

from simulator.messages.summary import statuses

PLATFORM = ("FSO1150A", "FSO1156A", "FSO1157A", "FSO1304A", "CEN1214A")
# Deposits that are no invoices: a good status is of no invoice that the node knows, which is told;
# the last is answered in no case.
STATUSES = ("FSO1304A",)
ACKNOWLEDGEMENT = ("CEN1214A",)

# By interface code: status and motifs of each thing that returns of that code say.
Returns = dict[str, list[tuple[str, ...]]]


def refused(code: str, motif: str) -> Returns:
    """The report on a flow of that interface that is irrecevable."""
    if code in ACKNOWLEDGEMENT:
        return {}
    return {f"CSO{code[3:]}": [("501" if code in PLATFORM else "93", motif)]}


def accepted(code: str, count: int = 1) -> Returns:
    """The report on a good flow of so many invoices, and their statuses."""
    if code in STATUSES:
        return {"FEN1205A": [("601", "REJ_INC")]}
    if code in ACKNOWLEDGEMENT:
        return {}
    if code in PLATFORM:
        return {f"CSO{code[3:]}": [("500",)], "FEN1214A": [("202",)] * count}
    return {f"CSO{code[3:]}": [("90",)], "FEN1201A": [("01",)] * count}


class Answer(NamedTuple):
    """What became of a flow.

    Attributes:
        why: its trace.
        returns: what was fetched.
        seconds: from CLOSE until nothing was left to do.
        memory: the most that node and judging processes had meanwhile, in bytes.
    """

    why: dict[str, Any]
    returns: Returns
    seconds: float
    memory: int

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Findings that refuse the flow."""
        found = self.why["findings"]
        return [f for f in found if f["severity"] == "error" and f["level"] != "invoice"]


class Desk:
    """A node, and a session of each partner that stays open."""

    def __init__(self, node: RunningNode, sessions: Mapping[str, paramiko.SFTPClient]) -> None:
        self.node = node
        self._sessions = sessions
        self._numbers = itertools.count(1)

    def number(self) -> str:
        """Of an invoice that was not seen yet."""
        return f"GOOD-{next(self._numbers)}"

    def deposit(self, code: str, extension: str, content: bytes) -> Answer:
        """Deposits a flow, waits until all is done, and fetches what came back."""
        partner = "DEM011" if code in PLATFORM else "DEM001"
        name = f"{code}_{partner}_{partner}{code[3:7]}{next(self._numbers):015d}{extension}"
        sftp = self._sessions[partner]
        with watched(self.node.process.pid) as peak:
            file = sftp.open(f"/depot/{name}", "wb")
            file.set_pipelined(True)
            file.write(content)
            begin = time.perf_counter()
            file.close()
            self.node.client.get("/api/v1/quiet", timeout=60)
            seconds = time.perf_counter() - begin
        return Answer(self.node.why(name), _fetched(sftp), seconds, peak.total)


def _fetched(sftp: paramiko.SFTPClient) -> Returns:
    found: Returns = {}
    for name in sorted(sftp.listdir("/retrait")):
        with sftp.open(f"/retrait/{name}") as file:
            said = statuses(file.read())
        found.setdefault(name[:8], []).extend((s.status, *s.motifs) for s in said)
    return found


@contextmanager
def flow_desk(folder: Path, settings: str = "") -> Iterator[Desk]:
    """A desk at a node of its own, whose business time stands still.

    At the end the node must be the process that it was, and its log tell of no defect.
    """
    file = folder / "own.toml"
    file.write_text('[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n' + settings)
    with running_node(folder, "--config", str(file)) as node, ExitStack() as stack:
        partners = ("DEM001", "DEM011")
        yield Desk(node, {code: stack.enter_context(node.session(code)) for code in partners})
        assert node.process.poll() is None
        assert "Traceback" not in node.log.read_text(errors="replace")
