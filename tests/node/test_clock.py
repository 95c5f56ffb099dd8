"""Business time over a running node: purge after seven days, activation on its day."""

from __future__ import annotations

import io
from pathlib import Path

from running_node import running_node


def test_an_unfetched_return_is_purged_after_seven_business_days_and_not_before(
    tmp_path: Path,
) -> None:
    with running_node(tmp_path, "--clock", "2026-09-01T08:00:00Z") as node:
        with node.session() as sftp:
            sftp.putfo(io.BytesIO(b""), "/depot/FSO1100A_DEM001_DEM0011100000000000000001.xml")
        node.quiet()
        for by, waiting in (("P6DT23H", 1), ("PT1H", 0)):
            node.client.post("/api/v1/clock/advance", {"by": by})
            with node.session() as sftp:
                assert len(sftp.listdir("/retrait")) == waiting
        row = node.client.get("/api/v1/flows/latest")
        assert row["returns"][0]["state"] == "purged"
        assert [e["type"] for e in row["events"]][-1] == "ReturnPurged"


def test_a_raccordement_is_active_from_its_business_instant(tmp_path: Path) -> None:
    enrolment = {"code": "LATE01", "circuit": "b2g", "protocol": "sftp",
                 "valid_from": "2026-09-02T00:00:00Z"}  # fmt: skip
    with running_node(tmp_path, "--clock", "2026-09-01T08:00:00Z") as node:
        node.client.post("/api/v1/partners", enrolment)
        node.ready = node.client.get("/api/v1/node")
        verdicts = []
        for number in (1, 2):
            name = f"FSO1100A_LATE01_LATE011100{number:015d}.xml"
            with node.session("LATE01") as sftp:
                sftp.putfo(io.BytesIO(b"<x/>"), f"/depot/{name}")
            node.quiet()
            verdicts.append({f["motif"] for f in node.why(name)["findings"]})
            node.client.post("/api/v1/clock/advance", {"by": "P1D"})
    assert verdicts == [{"IRR_CODE_APP"}, {"IRR_SYNTAX"}]


def test_the_clock_stands_where_it_was_after_a_restart(tmp_path: Path) -> None:
    settings = tmp_path / "frozen.toml"
    settings.write_text('[clock]\nmode = "frozen"\nstart = "2026-09-01T08:00:00Z"\n')
    with running_node(tmp_path, "--config", str(settings)) as node:
        node.client.post("/api/v1/clock/advance", {"by": "P1D"})
        assert node.stop() == 0
    with running_node(tmp_path) as node:
        clock = node.client.get("/api/v1/clock")
    assert (clock["now"], clock["mode"]) == ("2026-09-02T08:00:00.000000Z", "frozen")


def test_a_start_in_the_settings_does_not_set_the_clock_back(tmp_path: Path) -> None:
    start = ("--clock", "2026-09-01T08:00:00Z")
    with running_node(tmp_path, *start) as node:
        node.client.post("/api/v1/clock/advance", {"by": "P10D"})
        assert node.stop() == 0
    with running_node(tmp_path, *start) as node:
        assert node.client.get("/api/v1/clock")["now"] >= "2026-09-11T08:00:00"
