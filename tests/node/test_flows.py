"""Flows over SFTP through a running node: both circuits, every bad input, and what explains it."""

from __future__ import annotations

import gzip
import io
import itertools
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running_node import RunningNode

from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.messages.summary import statuses

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
numbers = itertools.count(1)


def new_name(partner: str = "DEM001", extension: str = ".tar.gz") -> str:
    interface = "FSO1100A" if partner == "DEM001" else "FSO1150A"
    return f"{interface}_{partner}_{partner}{interface[3:7]}{next(numbers):015d}{extension}"


def envelope(*specimens: Specimen) -> bytes:
    return pack([(f"{s.number}.xml", ubl_invoice(s)) for s in specimens], WHEN)


def put(node: RunningNode, name: str, content: bytes, partner: str = "DEM001") -> None:
    with node.session(partner) as sftp:
        sftp.putfo(io.BytesIO(content), f"/depot/{name}")
    node.quiet()


def fetch(node: RunningNode, partner: str = "DEM001") -> dict[str, list[tuple[str, ...]]]:
    """Fetches all that waits: statuses with their motifs, by interface code."""
    found = {}
    with node.session(partner) as sftp:
        for name in sorted(sftp.listdir("/retrait")):
            with sftp.open(f"/retrait/{name}") as file:
                said = statuses(file.read())
            found[name[:8]] = [(s.status, *s.motifs) for s in said]
        assert sftp.listdir("/retrait") == []
    return found


@pytest.fixture(autouse=True)
def _empty_areas(node: RunningNode) -> Iterator[None]:
    yield
    for partner in ("DEM001", "DEM011"):
        fetch(node, partner)


def test_a_good_historic_invoice_gets_its_report_and_its_status(node: RunningNode) -> None:
    put(node, new_name(), envelope(Specimen(number="H-1")))
    assert fetch(node) == {"CSO1100A": [("90",)], "FEN1201A": [("01",)]}
    assert node.why()["verdict"] == "accepted"


def test_a_good_invoice_of_a_platform_gets_500_and_202(node: RunningNode) -> None:
    content = envelope(Specimen(circuit="b2g-pa", number="P-1"))
    put(node, new_name("DEM011"), content, "DEM011")
    assert fetch(node, "DEM011") == {"CSO1150A": [("500",)], "FEN1214A": [("202",)]}


def test_a_bare_document_is_a_flow_too(node: RunningNode) -> None:
    put(node, new_name(extension=".xml"), ubl_invoice(Specimen(number="H-2")))
    assert fetch(node) == {"CSO1100A": [("90",)], "FEN1201A": [("01",)]}


def test_one_bad_invoice_of_three_is_one_line(node: RunningNode) -> None:
    bad = Specimen(number="H-3B", recipient="99999999999999")
    put(node, new_name(), envelope(Specimen(number="H-3A"), bad, Specimen(number="H-3C")))
    assert fetch(node) == {"CSO1100A": [("96", "REJ_ADR")], "FEN1201A": [("01",), ("01",)]}


def test_a_rejected_invoice_of_a_platform_gets_213_with_its_motif(node: RunningNode) -> None:
    bad = Specimen(circuit="b2g-pa", number="P-2", supplier="00000000000000")
    put(node, new_name("DEM011"), envelope(bad), "DEM011")
    assert fetch(node, "DEM011") == {"CSO1150A": [("500",)], "FEN1214A": [("213", "REJ_COH")]}


def _with_doctype() -> bytes:
    return ubl_invoice(Specimen(number="X")).replace(
        b"<Invoice", b"<!DOCTYPE Invoice [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Invoice", 1
    )


def _with_folder() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("../../etc/passwd")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return out.getvalue()


GOOD = ubl_invoice(Specimen(number="X"))
BAD = {
    "ill-formed name": ("FSO1100A_DEM001_facture.tar.gz", envelope(Specimen()), "IRR_FORM"),
    "unknown code": ("FSO9999A_DEM001_DEM0019999000000000000001.xml", GOOD, "IRR_CODE_INTER"),
    "unsubscribed code": ("FSO1150A_DEM001_DEM0011150000000000000001.xml", GOOD, "IRR_CODE_INTER"),
    "foreign code": ("FSO1100A_DEM011_DEM0111100000000000000001.xml", GOOD, "IRR_CODE_APP"),
    "unknown partner": ("FSO1100A_ZZZ999_ZZZ9991100000000000000001.xml", GOOD, "IRR_CODE_APP"),
    "empty flow": ("FSO1100A_DEM001_DEM0011100000000000009001.xml", b"", "IRR_VIDE"),
    "cut gzip": ("FSO1100A_DEM001_DEM0011100000000000009002.tar.gz",
                 envelope(Specimen(number="X"))[:-40], "IRR_EXTRAC"),
    "no gzip at all": ("FSO1100A_DEM001_DEM0011100000000000009003.tar.gz", b"rubbish" * 99,
                       "IRR_EXTRAC"),
    "gzip of no tar": ("FSO1100A_DEM001_DEM0011100000000000009004.tar.gz",
                       gzip.compress(b"text" * 500), "IRR_EXTRAC"),
    "not well-formed": ("FSO1100A_DEM001_DEM0011100000000000009005.xml", GOOD[:-5], "IRR_SYNTAX"),
    "doctype": ("FSO1100A_DEM001_DEM0011100000000000009006.xml", _with_doctype(), "IRR_SYNTAX"),
    "against the schema": ("FSO1100A_DEM001_DEM0011100000000000009007.xml",
                           ubl_invoice(Specimen(number="X", broken="xsd")), "IRR_SYNTAX"),
    "another document": ("FSO1100A_DEM001_DEM0011100000000000009008.xml", b"<a/>", "IRR_SYNTAX"),
    "path out of the archive": ("FSO1100A_DEM001_DEM0011100000000000009009.tar.gz",
                                _with_folder(), "IRR_NOM_F"),
    "other extension": ("FSO1100A_DEM001_DEM0011100000000000009010.txt", GOOD, "IRR_TYPE"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_has_its_motif_its_report_and_its_explanation(
    node: RunningNode, what: str
) -> None:
    name, content, motif = BAD[what]
    put(node, name, content)
    assert fetch(node) == {"CSO1100A": [("93", motif)]}
    trace = node.why()
    assert trace["verdict"] == "irrecevable"
    (finding,) = [f for f in trace["findings"] if f["severity"] == "error"]
    assert finding["motif"] == motif
    assert finding["wire"], "the finding says what it became"
    assert finding["help"]
    assert finding["repair"]
    assert finding["source"]


def test_the_same_flow_again_is_a_duplicate(node: RunningNode) -> None:
    name, content = new_name(), envelope(Specimen(number="H-9"))
    put(node, name, content)
    fetch(node)
    put(node, name, content)
    assert fetch(node) == {"CSO1100A": [("93", "IRR_UNICITE")]}


def test_a_flow_over_another_protocol_than_the_raccordement_is_refused(node: RunningNode) -> None:
    put(node, "FSO1100A_DEM002_DEM0021100000000000000001.xml", GOOD, "DEM002")
    assert fetch(node, "DEM002") == {"CSO1100A": [("93", "IRR_CODE_INTER")]}


def test_a_raccordement_that_is_not_active_yet_is_refused(node: RunningNode) -> None:
    enrolment = {"code": "LATE01", "circuit": "b2g", "protocol": "sftp",
                 "valid_from": "2026-09-02T00:00:00Z"}  # fmt: skip
    node.client.post("/api/v1/partners", enrolment)
    node.ready = node.client.get("/api/v1/node")
    put(node, "FSO1100A_LATE01_LATE011100000000000000001.xml", GOOD, "LATE01")
    assert fetch(node, "LATE01") == {"CSO1100A": [("93", "IRR_CODE_APP")]}


def test_the_place_of_a_schema_error_is_told_to_the_column(node: RunningNode) -> None:
    content = ubl_invoice(Specimen(number="H-10", broken="xsd"))
    put(node, new_name(extension=".xml"), content)
    (finding,) = [f for f in node.why()["findings"] if f["pack"] == "xsd"]
    place = finding["place"]
    assert finding["rule"].startswith("cvc-")
    line = content.decode().splitlines()[place["line"] - 1]
    assert line[place["column"] - 1 :].startswith("<")
    assert place["xpath"].startswith("/")
    assert place["excerpt"] in line
    assert f"ligne: {place['line']}" in finding["message"]


def test_openssh_deposits_and_fetches(node: RunningNode, tmp_path: Path) -> None:
    name = new_name()
    (node.folder / name).write_bytes(envelope(Specimen(number="H-11")))
    done = node.openssh(f"put {name} /depot/{name}\nls -l /depot\n")
    assert done.returncode == 0, done.stderr
    assert name in done.stdout
    node.quiet()
    done = node.openssh(f"get /retrait/* {tmp_path}/\nls /retrait\n")
    assert done.returncode == 0, done.stderr
    fetched = sorted(f.name[:8] for f in tmp_path.iterdir())
    assert fetched == ["CSO1100A", "FEN1201A"]
    assert fetch(node) == {}


def test_a_fetched_return_can_be_put_back(node: RunningNode) -> None:
    name = new_name(extension=".xml")
    put(node, name, b"")
    fetch(node)
    (row,) = node.client.get(f"/api/v1/flows/{name}")["returns"]
    assert row["state"] == "delivered"
    node.client.post(f"/api/v1/returns/{row['name']}/requeue", {})
    assert list(fetch(node)) == ["CSO1100A"]
