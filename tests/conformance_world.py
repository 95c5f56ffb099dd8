"""A node and everything its partners do at it: what was accepted, and what came back, by code.

`World` plays one message after the other; `everything` plays each code of the catalogue once.
"""

from __future__ import annotations

import io
import itertools
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import paramiko
from interface_documents import WHEN
from interface_flows import ROWS, flows_of
from running_node import RunningNode, running_node

from simulator.messages.archives import pack
from simulator.messages.specimen_status import Status, cdar_message, cpp_statut
from simulator.messages.specimens.factory import document, of_circuit
from simulator.messages.summary import statuses

ISSUER = "12345678200051"
AT_DEM021, AT_NOBODY, TOWN = "90000000810015", "90000000830013", "90000000910013"
BUYER = {
    "code": "BUYER1",
    "circuit": "b2g",
    "protocol": "sftp",
    "interfaces": [
        "FEN0036A",
        "FSO1300A",
        "CSO1300A",
        "FSO1301A",
        "CSO1301A",
        "CEN0036A",
        "FAR0037A",
    ],
}
PARTNERS = ("BUYER1", "DEM001", "DEM011", "DEM021", "DEM031")
CPPSTATUT = ("FSO1300A", "FSO1301A")


class Came(msgspec.Struct, frozen=True):
    """A return as a partner fetched it; `said` is ``status motif...`` of each message in it."""

    partner: str
    name: str
    content: bytes
    said: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.name[:8]

    def lines(self) -> list[str]:
        return [f"{self.code} {said}" for said in self.said] or [self.code]

    def files(self) -> dict[str, bytes]:
        return files_of(self.content)


class World:
    """A node and what its partners do at it; `came` is all that was ever fetched, by code."""

    def __init__(self, node: RunningNode, stack: ExitStack) -> None:
        self.node = node
        self._stack = stack
        self._sessions: dict[str, paramiko.SFTPClient] = {}
        self.came: dict[str, list[Came]] = {}
        self.verdicts: dict[str, list[str]] = {}
        self._numbers = itertools.count(1)

    # -- what partners do --------------------------------------------------------------------------

    def session(self, partner: str) -> paramiko.SFTPClient:
        """A session that stays open."""
        if partner not in self._sessions:
            self._sessions[partner] = self._stack.enter_context(self.node.session(partner))
        return self._sessions[partner]

    def put(self, partner: str, name: str, content: bytes) -> str:
        """Deposits a flow and waits for its end; its name."""
        self.session(partner).putfo(io.BytesIO(content), f"/depot/{name}")
        self.node.quiet()
        self.verdicts.setdefault(name[:8], []).append(self.node.why(name)["verdict"])
        return name

    def name(self, partner: str, code: str, extension: str = ".tar.gz") -> str:
        return f"{code}_{partner}_{partner}{code[3:7]}{next(self._numbers):015d}{extension}"

    def invoice(self, partner: str, code: str, circuit: Any, **changes: Any) -> str:
        syntax: Any = changes.pop("syntax", "ubl")
        spec = msgspec.structs.replace(of_circuit(circuit), **changes)
        file = "f.pdf" if syntax == "factur-x" else "f.xml"
        content = pack([(file, document(spec, syntax))], WHEN)
        return self.put(partner, self.name(partner, code), content)

    def says(self, partner: str, code: str, status: str, subject: str, **more: Any) -> str:
        name = self.name(partner, code)
        make = cpp_statut if code in CPPSTATUT else cdar_message
        return self.put(
            partner, name, pack([("s.xml", make(Status(status, subject, name, **more)))], WHEN)
        )

    def fetched(self, partner: str) -> list[Came]:
        """Everything that waits for a partner, oldest first."""
        waiting = self.node.client.get("/api/v1/returns", partner=partner, limit=1000)
        names = [row["name"] for row in reversed(waiting) if row["state"] == "waiting"]
        found = []
        for name in names:
            with self.session(partner).open(f"/retrait/{name}") as file:
                found.append(came(partner, name, file.read()))
        self.node.quiet()
        for each in found:
            self.came.setdefault(each.code, []).append(each)
        return found

    def heard(self, partner: str) -> list[str]:
        """What a partner was told since it last asked: ``FEN1204A 203``."""
        return [line for each in self.fetched(partner) for line in each.lines()]

    # -- what people do ----------------------------------------------------------------------------

    def advance(self, by: str) -> None:
        self.node.client.post("/api/v1/clock/advance", {"by": by})
        self.node.quiet()

    def set(self, invoice: str, status: str, motif: str = "") -> None:
        body = {"status": status, "motif": motif}
        self.node.client.post(f"/api/v1/invoices/{invoice}/status", body)
        self.node.quiet()

    # -- what the books say ------------------------------------------------------------------------

    def motifs(self, flow: str) -> set[str]:
        return {f["motif"] for f in self.node.why(flow)["findings"] if f["severity"] == "error"}

    def state(self, flow: str) -> str:
        return str(self.node.client.get(f"/api/v1/flows/{flow}")["state"])

    def history(self, invoice: str) -> list[str]:
        (row,) = self.node.client.get(f"/api/v1/invoices/{invoice}")
        return [entry["status"] for entry in row["history"]]

    def ack(self, partner: str, name: str) -> str:
        """How a flow of ours was acknowledged; ``""``: not yet."""
        rows = self.node.client.get("/api/v1/returns", partner=partner, limit=1000)
        return str(next(row["ack"] for row in rows if row["name"] == name))


def came(partner: str, name: str, content: bytes) -> Came:
    is_silent = name[:8] in ("FEN3036A", "FEN3736A", "FEN0036A", "FAR0037A")
    said = [] if is_silent else statuses(content)
    return Came(partner, name, content, tuple(" ".join((s.status, *s.motifs)) for s in said))


def files_of(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]


@contextmanager
def world_at(folder: Path, more: str = "") -> Iterator[World]:
    """A world whose business time stands still, with a public buyer who is connected."""
    settings = folder / "own.toml"
    settings.write_text(f'[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n{more}')
    with running_node(folder, "--config", str(settings)) as node, ExitStack() as stack:
        node.client.post("/api/v1/partners", BUYER)
        town = {"identifier": TOWN, "name": "VILLE", "kind": "public", "partner": "BUYER1"}
        node.client.post("/api/v1/directory", [town])
        node.ready = node.client.get("/api/v1/node")
        yield World(node, stack)
        assert node.process.poll() is None
        assert "Traceback" not in node.log.read_text(errors="replace")


def everything(world: World) -> None:
    """Every deposit code once well and once badly, then a life on each circuit."""
    for code, row in ROWS.items():
        for flow in flows_of(code, row):
            world.put(row.partner, flow.name, flow.content)
    world.invoice("DEM001", "FSO1100A", "b2g", number="ALL-H", recipient=TOWN)
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="ALL-P", recipient=TOWN)
    world.advance("PT5M")
    for syntax, code, ack in (
        ("ubl", "FSO3110A", "CEN3036A"),
        ("factur-x", "FSO3117A", "CEN3736A"),
    ):
        number = f"ALL-{syntax[0]}"
        world.invoice(
            "DEM031", code, "g2b-issuer", number=number, recipient=AT_DEM021, syntax=syntax
        )
        world.says("DEM021", ack, "202", number, supplier=ISSUER)
    # Of invoices that are there: those of `interface_flows` speak of none.
    world.says("BUYER1", "FSO1301A", "07", "ALL-H", buyer=TOWN)
    world.says("DEM011", "FSO1304A", "220", "ALL-P")
    world.says("DEM021", "FSO3301A", "203", "ALL-u", supplier=ISSUER)
    world.says("DEM031", "FSO3302A", "205", "ALL-u", supplier=ISSUER)
    world.says("DEM031", "FSO3300A", "220", "ALL-u", supplier=ISSUER)
    world.node.client.post("/api/v1/directory/export", {"to": "BUYER1"})
    world.node.quiet()
    for partner in PARTNERS:
        world.fetched(partner)
