"""An invoice that was NON_TRANSMISE waits for its platform to fetch once that is added."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from running_node import running_node

from simulator.messages.archives import pack
from simulator.messages.specimens.factory import document, of_circuit

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
AT_NOBODY = "90000000830013"


def test_what_was_held_is_there_for_a_platform_that_is_added_later(tmp_path: Path) -> None:
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="G-1", recipient=AT_NOBODY)
    name = "FSO3110A_DEM031_DEM0313110000000000000001.tar.gz"
    with running_node(tmp_path / "node") as node:
        with node.session("DEM031") as sftp:
            content = pack([("f.xml", document(spec, "ubl"))], WHEN)
            sftp.putfo(io.BytesIO(content), f"/depot/{name}")
        node.quiet()
        added = {"code": "DEM029", "circuit": "g2b-pa", "protocol": "sftp"}
        node.client.post("/api/v1/partners", added)
        node.quiet()
        (sent,) = node.client.get("/api/v1/returns", partner="DEM029")
        assert sent["name"].startswith("FEN3036A_DEM029_CPP001")
        assert sent["state"] == "waiting"
