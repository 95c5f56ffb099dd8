"""Each sequence of the circuits once over real SFTP: who says what, and who gets what, in order.

One node, whose business time moves only when a test moves it; every test has invoices of its own.
"""

from __future__ import annotations

import base64
import io
import itertools
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from interface_documents import WHEN
from interface_documents import document as interface_document
from interface_flows import CATALOGUE, specimen, stem_of
from lxml import etree
from running_node import RunningNode, running_node

from simulator.cli.main import aife_sim
from simulator.messages.archives import pack
from simulator.messages.pivotreading import read as read_pivot
from simulator.messages.specimen_status import Status, cdar_message, cpp_statut
from simulator.messages.specimens.factory import document, of_circuit
from simulator.messages.summary import statuses
from simulator.testing.client import NodeError

ISSUER, SUPPLIER = "12345678200051", "33254021516357"
AT_DEM021, AT_NOBODY, TOWN = "90000000810015", "90000000830013", "90000000910013"
BUYER = {
    "code": "TOWN01",
    "circuit": "b2g",
    "protocol": "sftp",
    "interfaces": ["FEN0036A", "FSO1300A", "CSO1300A", "FSO1301A", "CSO1301A"],
}
_HISTORIC = ("FSO1100A", "FSO1300A", "FSO1301A")


class World:
    """A node and what its partners do at it."""

    def __init__(self, node: RunningNode) -> None:
        self.node = node
        self._numbers = itertools.count(1)

    def deposit(self, partner: str, code: str, content: bytes, extension: str = ".tar.gz") -> str:
        name = f"{code}_{partner}_{partner}{code[3:7]}{next(self._numbers):015d}{extension}"
        with self.node.session(partner) as sftp:
            sftp.putfo(io.BytesIO(content), f"/depot/{name}")
        self.node.quiet()
        return name

    def invoice(self, partner: str, code: str, circuit: Any, **changes: Any) -> str:
        spec = msgspec.structs.replace(of_circuit(circuit), **changes)
        return self.deposit(partner, code, pack([("f.xml", document(spec, "ubl"))], WHEN))

    def says(self, partner: str, code: str, status: str, subject: str, **more: Any) -> bytes:
        """Deposits a status; the message."""
        flow = f"{code}_{partner}_{partner}{code[3:7]}{next(self._numbers):015d}.tar.gz"
        make = cpp_statut if code in _HISTORIC else cdar_message
        content = make(Status(status, subject, flow, **more))
        self.deposit(partner, code, pack([("s.xml", content)], WHEN))
        return content

    def fetched(self, partner: str) -> list[tuple[str, dict[str, bytes]]]:
        """Everything that waits for a partner, oldest first: code and files."""
        waiting = self.node.client.get("/api/v1/returns", partner=partner, limit=1000)
        names = [row["name"] for row in reversed(waiting) if row["state"] == "waiting"]
        found = []
        with self.node.session(partner) as sftp:
            assert sorted(sftp.listdir("/retrait")) == sorted(names)
            for name in names:
                with sftp.open(f"/retrait/{name}") as file:
                    found.append((name[:8], _files(file.read())))
        self.node.quiet()
        return found

    def heard(self, partner: str) -> list[str]:
        """What a partner was told since it last asked: ``FEN1204A 203``."""
        told = []
        for code, files in self.fetched(partner):
            said = statuses(pack(list(files.items()), WHEN)) if code not in _INVOICES else []
            told += [f"{code} {s.status}" for s in said] or [code]
        return told

    def advance(self, by: str) -> None:
        self.node.client.post("/api/v1/clock/advance", {"by": by})
        self.node.quiet()

    def acks(self, partner: str) -> dict[str, str]:
        rows = self.node.client.get("/api/v1/returns", partner=partner, limit=1000)
        return {row["interface"]: row["ack"] for row in reversed(rows)}


_INVOICES = ("FEN3036A", "FEN3736A", "FEN0036A")


def _files(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("circuits")
    settings = folder / "own.toml"
    settings.write_text('[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n')
    with running_node(folder, "--config", str(settings)) as node:
        node.client.post("/api/v1/partners", BUYER)
        town = {"identifier": TOWN, "name": "VILLE", "kind": "public", "partner": "TOWN01"}
        node.client.post("/api/v1/directory", [town])
        node.ready = node.client.get("/api/v1/node")
        yield World(node)
        assert node.stop() == 0
        assert "Traceback" not in node.log.read_text(errors="replace")


@pytest.fixture(autouse=True)
def nothing_waits(world: World) -> None:
    for partner in ("DEM001", "DEM011", "DEM021", "DEM031", "TOWN01"):
        world.heard(partner)


def test_historic_nominal(world: World) -> None:
    world.invoice("DEM001", "FSO1100A", "b2g", number="H-1", recipient=TOWN)
    assert world.heard("DEM001") == ["CSO1100A 90", "FEN1201A 01"]
    world.advance("PT5M")
    assert world.heard("DEM001") == ["FEN1201A 03"]
    ((code, files),) = world.fetched("TOWN01")
    assert code == "FEN0036A"
    ((name, content),) = files.items()
    assert [i.number for i in read_pivot(etree.fromstring(content))] == ["H-1"]
    world.says("TOWN01", "FSO1300A", "92", name[16:41])
    assert world.acks("TOWN01")["FEN0036A"] == "92"
    for status in ("07", "08", "11"):
        world.says("TOWN01", "FSO1301A", status, "H-1", buyer=TOWN)
    assert world.heard("DEM001") == ["FEN1201A 07", "FEN1201A 08", "FEN1201A 11"]
    assert world.heard("TOWN01") == []


def test_b2g_nominal(world: World) -> None:
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="P-1", recipient=TOWN)
    assert world.heard("DEM011") == ["CSO1150A 500", "FEN1214A 202"]
    world.advance("PT5M")
    assert world.heard("DEM011") == ["FEN1204A 203"]
    assert world.heard("TOWN01") == ["FEN0036A"]
    for status in ("07", "11"):
        world.says("TOWN01", "FSO1301A", status, "P-1", buyer=TOWN)
    assert world.heard("DEM011") == ["FEN1204A 204", "FEN1204A 211"]


def test_b2g_rejected(world: World) -> None:
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="P-2", recipient="99999999999999")
    assert world.heard("DEM011") == ["CSO1150A 500", "FEN1214A 213"]


def test_b2g_irrecevable(world: World) -> None:
    world.deposit("DEM011", "FSO1150A", b"<Invoice/>", ".xml")
    assert world.heard("DEM011") == ["CSO1150A 501"]


def test_b2g_completed_by_the_supplier(world: World) -> None:
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="P-3", recipient=TOWN)
    world.advance("PT5M")
    body = {"status": "06", "motif": "HONORER_LA_COMMANDE"}
    world.node.client.post("/api/v1/invoices/P-3/status", body)
    assert world.heard("DEM011")[-1] == "FEN1204A 208"
    world.heard("TOWN01")
    world.says("DEM011", "FSO1304A", "209", "P-3")
    ((_, files),) = world.fetched("TOWN01")
    ((_, content),) = files.items()
    (invoice,) = read_pivot(etree.fromstring(content))
    assert (invoice.number, invoice.resent) == ("P-3", "Complétée")
    assert world.heard("DEM011") == []


def test_b2g_bad_status_of_a_platform(world: World) -> None:
    world.says("DEM011", "FSO1304A", "209", "NEVER-SEEN")
    assert world.heard("DEM011") == ["FEN1205A 601"]


def test_g2b_nominal(world: World) -> None:
    world.invoice("DEM031", "FSO3110A", "g2b-issuer", number="G-1", recipient=AT_DEM021)
    assert world.heard("DEM031") == ["CSO3110A 200"]
    ((code, files),) = world.fetched("DEM021")
    assert (code, list(files)) == ("FEN3036A", ["f.xml"])
    said = [world.says("DEM021", "CEN3036A", "202", "G-1", supplier=ISSUER)]
    said += [
        world.says("DEM021", "FSO3301A", status, "G-1", supplier=ISSUER)
        for status in ("203", "204", "211")
    ]
    relayed = world.fetched("DEM031")
    assert [code for code, _ in relayed] == ["FEN4000A"] * 4
    assert [files["s.xml"] for _, files in relayed] == said
    cashed = world.says("DEM031", "FSO3300A", "212", "G-1", supplier=ISSUER)
    assert world.fetched("DEM021") == [("FEN4001A", {"s.xml": cashed})]
    assert world.acks("DEM021")["FEN3036A"] == "202"


def test_g2b_without_connected_platform(world: World) -> None:
    world.invoice("DEM031", "FSO3110A", "g2b-issuer", number="G-2", recipient=AT_NOBODY)
    ((code, files),) = world.fetched("DEM031")
    (said,) = statuses(pack(list(files.items()), WHEN))
    assert (code, said.status, said.motifs) == ("CSO3110A", "200", ("NON_TRANSMISE",))
    assert world.heard("DEM021") == []


def test_g2b_irrecevable(world: World) -> None:
    world.deposit("DEM031", "FSO3110A", b"<Invoice/>", ".xml")
    assert world.heard("DEM031") == ["CSI3110A 501"]
    assert world.heard("DEM021") == []


def test_e_reporting(world: World) -> None:
    content = interface_document(CATALOGUE["FSO6000A"], specimen("FSO6000A", "good"))
    files = [(f"{stem_of('FSO6000A')}.xml", content)]
    world.deposit("DEM031", "FSO6000A", pack(files, WHEN))
    assert world.heard("DEM031") == ["CSO6000A 500", "FEN6000A 300"]
    world.deposit("DEM031", "FSO6000A", b"<Report/>", ".xml")
    assert world.heard("DEM031") == ["CSI6000A 501"]


def test_g2b_emitted_by_hand(world: World) -> None:
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="G-3", recipient=AT_DEM021)
    for syntax, code in (("ubl", "FEN3036A"), ("factur-x", "FEN3736A")):
        one = msgspec.structs.replace(spec, number=f"G-3-{syntax[0]}")
        content = base64.b64encode(document(one, syntax)).decode()
        world.node.client.post("/api/v1/emit", {"to": "DEM021", "content": content})
        world.node.quiet()
        assert world.heard("DEM021") == [code]
        row = world.node.client.get("/api/v1/returns", partner="DEM021")[0]
        world.node.client.post(f"/api/v1/returns/{row['name']}/ack", {"status": "202"})
        assert world.heard("DEM031") == [f"CSO{'3110' if syntax == 'ubl' else '3117'}A 200",
                                         "FEN4000A 202"]  # fmt: skip


def test_what_cannot_be_emitted_or_acknowledged_is_refused_with_what_can(world: World) -> None:
    client = world.node.client
    content = base64.b64encode(b"<Invoice/>").decode()
    with pytest.raises(NodeError, match="possible: DEM021, DEM022"):
        client.post("/api/v1/emit", {"to": "DEM011", "content": content})
    with pytest.raises(NodeError, match="possible: DEM031"):
        client.post("/api/v1/emit", {"to": "DEM021", "issuer": "DEM001", "content": content})
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="P-9", recipient=TOWN)
    with pytest.raises(NodeError, match="never acknowledged"):
        client.post(f"/api/v1/returns/{_last(world, 'CSO1150A')}/ack", {"status": "501"})


def _last(world: World, code: str) -> str:
    rows = world.node.client.get("/api/v1/returns", partner="DEM011", limit=1000)
    return next(row["name"] for row in rows if row["interface"] == code)


# -- the same by verbs ---------------------------------------------------------------------------------


def verb(world: World, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(aife_sim, [*arguments, "--node", world.node.ready["http"]])
    assert result.exit_code == code, result.output
    return result.output


def test_an_issuer_and_a_platform_are_played_by_verbs(world: World, tmp_path: Path) -> None:
    made = verb(world, "emit", "--make", "--to", "DEM021", "--number", "V-1")
    assert "accepted (IN_INTEGRE)" in made
    name = made.split()[-1]
    assert name.startswith("FEN3036A_DEM021_")
    assert "told to issuer: 202" in verb(world, "ack", name, "202")
    refused = verb(world, "ack", name, "500", code=1)
    assert "possible: 501, 202, 213" in refused
    listed = verb(world, "flow", "list", "--sent", "--partner", "DEM021")
    assert "202 (Recevable)" in next(line for line in listed.splitlines() if name in line)
    assert "IN_INTEGRE (Intégré)" in verb(world, "flow", "list", "--partner", "DEM031")
    assert "202 (Recevable)" in verb(world, "flow", "show")
    invoice = tmp_path / "invoice.xml"
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="V-2", recipient=AT_DEM021)
    invoice.write_bytes(document(spec, "ubl"))
    assert "FEN3036A_DEM021_" in verb(world, "emit", str(invoice), "--to", "DEM021")
    elsewhere = verb(world, "emit", str(invoice), "--to", "DEM022", code=1)
    assert f"recipient {AT_DEM021} is not behind DEM022 (possible: 90000000820014)" in elsewhere
    again = verb(world, "emit", str(invoice), "--to", "DEM021", code=1)
    assert "rejected" in again
    assert "nothing left for the platform" in again


def test_an_emission_without_invoice_or_with_nobody_to_go_to_is_refused(world: World) -> None:
    assert "--make" in verb(world, "emit", "--to", "DEM021", code=2)
    nobody = verb(world, "emit", "--make", "--to", "DEM011", code=1)
    assert "possible: DEM021, DEM022" in nobody


def test_a_file_by_command_reaches_the_platform_and_can_be_saved(
    world: World, tmp_path: Path
) -> None:
    content = b"%PDF-1.7 \x00\xff bon"
    (tmp_path / "bon.pdf").write_bytes(content)
    (tmp_path / "bon.exe").write_bytes(content)
    world.invoice("DEM031", "FSO3110A", "g2b-issuer", number="G-209", recipient=AT_DEM021)
    world.heard("DEM021")
    environment = {"AIFE_SIM_NODE": str(world.node.ready_file)}

    def verb(*arguments: str) -> Result:
        return CliRunner().invoke(aife_sim, ["status", *arguments], env=environment)

    refused = verb("set", "G-209", "209", "--attachment", str(tmp_path / "bon.exe"))
    assert refused.exit_code == 1
    assert "IRR_EXT_DOC_AFNOR" in refused.output
    told = verb("set", "G-209", "209", "--attachment", str(tmp_path / "bon.pdf"))
    assert told.exit_code == 0, told.output
    world.node.quiet()
    ((name, files),) = world.fetched("DEM021")
    ((_, message),) = files.items()
    assert name.startswith("FEN4001A")
    assert base64.b64encode(content) in message
    assert f"bon.pdf ({len(content)} bytes)" in "".join(verb("show", "G-209").output.split("\n"))
    kept = verb("files", "G-209", "--into", str(tmp_path / "kept"))
    assert kept.exit_code == 0, kept.output
    assert [f.read_bytes() for f in (tmp_path / "kept").iterdir()] == [content]
