"""Official flows through a node, as their partners would deposit them: reports and verdicts.

Parties of the corpus are in no directory of ours, so the node accepts unknown ones. The corpus is
read where it lies, never copied: ``AIFE_SIM_SHARED``, else ``shared/`` beside the repository.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from running_node import RunningNode, running_node

from simulator.messages.archives import pack
from simulator.messages.summary import statuses

SHARED = Path(os.environ.get("AIFE_SIM_SHARED") or Path(__file__).parents[2].parent / "shared")
CORPUS = SHARED / "corpus"
OFFICIAL = CORPUS / "aife-chorus-pro"
AFNOR = CORPUS / "afnor-xp-z12/xp-z12-014-v1.3"
CII, FACTUR_X = "FSO1116A (CII facture complete xml)", "FSO1117A_EN16931 (factur-x)"
WHEN = datetime(2026, 9, 1, tzinfo=UTC)
# How many Factur-X travel together; the others come alone.
TOGETHER = 5
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not OFFICIAL.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
]

# No demo partner is a public buyer of the historic channel.
BUYER = {
    "code": "BUYER1",
    "circuit": "b2g",
    "protocol": "sftp",
    "interfaces": ["FEN0036A", "FSO1300A", "CSO1300A", "FSO1301A", "CSO1301A"],
}

Answers = Mapping[str, list[tuple[str, ...]]]


@cache
def d16b() -> dict[str, bool]:
    """What the schema says of each official sample, by file name."""
    files = json.loads((OFFICIAL / "expected.json").read_text(encoding="utf-8"))["files"]
    told = {Path(name).name: entry.get("xml") or entry for name, entry in files.items()}
    return {n: e["xsd"]["CII-D16B"] for n, e in told.items() if "CII-D16B" in (e.get("xsd") or {})}


def samples(folder: str, pattern: str) -> list[Path]:
    return sorted(path for path in (OFFICIAL / folder).glob(pattern) if path.name in d16b())


class Channel:
    """A node, and partners who deposit one flow after the other."""

    def __init__(self, node: RunningNode) -> None:
        self.node = node
        self._number = 0

    def send(self, code: str, extension: str, content: bytes, partner: str) -> tuple[str, Answers]:
        """Deposits a flow under a legal name and fetches what comes back: name, and what it says."""
        self._number += 1
        name = f"{code}_{partner}_{partner}{code[3:7]}{self._number:015d}{extension}"
        said = {}
        with self.node.session(partner) as sftp:
            sftp.putfo(io.BytesIO(content), f"/depot/{name}")
            self.node.quiet()
            for returned in sorted(sftp.listdir("/retrait")):
                with sftp.open(f"/retrait/{returned}") as file:
                    said[returned[:8]] = [(s.status, *s.motifs) for s in statuses(file.read())]
        return name, said

    def state(self, name: str) -> str:
        return str(self.node.client.get(f"/api/v1/flows/{name}")["state"])

    def errors(self, name: str) -> list[dict[str, Any]]:
        return [f for f in self.node.why(name)["findings"] if f["severity"] == "error"]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    folder = tmp_path_factory.mktemp("channels")
    settings = folder / "own.toml"
    settings.write_text('[directory]\nunknown = "accept"\n')
    with running_node(folder, "--config", str(settings)) as node:
        node.client.post("/api/v1/partners", BUYER)
        node.ready = node.client.get("/api/v1/node")
        yield Channel(node)
        assert node.stop() == 0


def packed(path: Path, content: bytes | None = None) -> bytes:
    return pack([(path.name, path.read_bytes() if content is None else content)], WHEN)


def test_the_samples_are_there() -> None:
    assert len(samples(CII, "FSO1116A_*.xml")) >= 14
    assert len(samples(FACTUR_X, "FSO1117A_*.pdf")) >= 16
    assert len(list((OFFICIAL / CII).glob("*.tar.gz"))) == 1
    assert set(d16b().values()) == {True, False}


def test_the_official_envelope_of_two_invoices_is_integrated_as_it_is(channel: Channel) -> None:
    (envelope,) = (OFFICIAL / CII).glob("*.tar.gz")
    name, said = channel.send("FSO1116A", ".tar.gz", envelope.read_bytes(), "DEM001")
    assert said == {"CSO1116A": [("90",)], "FEN1201A": [("01",), ("01",)]}
    assert [i["number"] for i in channel.node.client.get(f"/api/v1/flows/{name}")["invoices"]] == [
        "JMRPOR1116000179",
        "JMRPOR1116000180",
    ]


def test_every_official_cii_is_integrated_or_refused_as_the_d16b_schema_says(
    channel: Channel,
) -> None:
    ours = {}
    for rank, path in enumerate(samples(CII, "FSO1116A_*.xml")):
        # A test book: its samples share their numbers, as each is to be deposited for itself.
        content = path.read_bytes().replace(b">JMR", b">%02d-" % rank)
        name, said = channel.send("FSO1116A", ".tar.gz", packed(path, content), "DEM001")
        ours[path.name] = said == {"CSO1116A": [("90",)], "FEN1201A": [("01",)]}
        if not ours[path.name]:
            assert said == {"CSO1116A": [("93", "IRR_SYNTAX")]}, path.name
            assert {error["pack"] for error in channel.errors(name)} == {"xsd"}
    assert ours == {name: d16b()[name] for name in ours}


def test_the_same_number_of_the_same_supplier_is_refused_the_second_time(channel: Channel) -> None:
    twins = [p for p in samples(CII, "FSO1116A_*.xml") if b">JMRPOR1116000105<" in p.read_bytes()]
    said = [channel.send("FSO1116A", ".tar.gz", packed(p), "DEM001")[1] for p in twins]
    assert said == [
        {"CSO1116A": [("90",)], "FEN1201A": [("01",)]},
        {"CSO1116A": [("96", "REJ_UNI")]},
    ]


def test_every_official_factur_x_is_integrated_alone_and_with_others(channel: Channel) -> None:
    every = samples(FACTUR_X, "FSO1117A_*.pdf")
    assert [path.name for path in every if not d16b()[path.name]] == []
    for path in every[TOGETHER:]:
        name, said = channel.send("FSO1117A", ".pdf", path.read_bytes(), "DEM001")
        assert said == {"CSO1117A": [("90",)], "FEN1201A": [("01",)]}, path.name
        assert channel.errors(name) == []
    together = pack([(path.name, path.read_bytes()) for path in every[:TOGETHER]], WHEN)
    _, said = channel.send("FSO1117A", ".tar.gz", together, "DEM001")
    assert said == {"CSO1117A": [("90",)], "FEN1201A": [("01",)] * TOGETHER}


@pytest.mark.parametrize(
    ("code", "report", "file"),
    [
        ("FSO1156A", "CSO1156A", "UC1/UC1_F202500003_00-INV_20250701_CII_EN16931.xml"),
        ("FSO1157A", "CSO1157A", "UC2/UC2_F202500004_00-INV_20250701_FX_EN16931.pdf"),
    ],
)
def test_an_invoice_of_the_afnor_annex_is_recevable_and_gets_its_status(
    channel: Channel, code: str, report: str, file: str
) -> None:
    path = AFNOR / file
    name, said = channel.send(code, path.suffix, path.read_bytes(), "DEM011")
    # Whether it is integrated is for the rule packs to say; the schema has nothing against it.
    integrated = channel.node.why(name)["verdict"] == "accepted"
    assert {key: answers[0][0] for key, answers in said.items()} == {
        report: "500",
        "FEN1214A": "202" if integrated else "213",
    }
    assert len(said["FEN1214A"]) == 1
    assert "xsd" not in {error["pack"] for error in channel.errors(name)}


def test_a_status_of_the_afnor_samples_is_rejected_for_an_invoice_that_never_came(
    channel: Channel,
) -> None:
    (path,) = CORPUS.glob("fnfe-cdar-1.4/**/UC1_F202500003_07-CDV-212_Encaissee.xml")
    name, said = channel.send("FSO1304A", ".tar.gz", packed(path), "DEM011")
    assert (said, channel.state(name)) == ({"FEN1205A": [("601", "REJ_INC")]}, "IN_INTEGRE_PARTIEL")


def test_the_public_samples_of_statuses_are_taken_but_for_the_one_with_a_false_date(
    channel: Channel,
) -> None:
    good, bad = sorted(CORPUS.glob("cpp-pivot/**/Example*-FactureStatut-*.xml"))
    name, said = channel.send("FSO1301A", ".tar.gz", packed(good), "BUYER1")
    assert (said, channel.state(name)) == ({}, "IN_INTEGRE_PARTIEL")
    name, said = channel.send("FSO1301A", ".tar.gz", packed(bad), "BUYER1")
    assert (said, channel.state(name)) == ({"CSO1301A": [("93", "IRR_SYNTAX")]}, "IN_REJETE")
    (error,) = channel.errors(name)
    assert error["rule"] == "cvc-datatype-valid.1.2.1"
    assert "2018-15-18T16:51:55.000+01:00" in error["help"]
