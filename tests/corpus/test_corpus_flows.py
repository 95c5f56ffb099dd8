"""Ten real UBL documents, packed as flows, through a node over OpenSSH; reports by official schemas."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree
from running_node import running_node

from simulator import resources
from simulator.messages.archives import pack

SHARED = Path(os.environ.get("AIFE_SIM_SHARED") or Path(__file__).parents[2].parent / "shared")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.interop,
    pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the reference corpus is not here"),
    pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH sftp is not installed"),
]


def documents() -> Iterator[tuple[Path, bool]]:
    """UBL invoices of the corpus with their official XSD verdict, in path order."""
    for expected in sorted((SHARED / "corpus").glob("*/expected.json")):
        for name, row in sorted(json.loads(expected.read_text())["files"].items()):
            verdict = row.get("xsd", {}).get("UBL-2.1")
            file = expected.parent / name
            if verdict is not None and file.suffix == ".xml" and row.get("root") == "Invoice":
                yield file, verdict


def chosen() -> list[tuple[Path, bool]]:
    """Seven documents that the schema takes and three that it refuses, spread over the sources."""
    good = [d for d in documents() if d[1]]
    bad = [d for d in documents() if not d[1]]
    return good[:: max(1, len(good) // 7)][:7] + bad[:: max(1, len(bad) // 3)][:3]


def test_ten_documents_come_back_with_reports_that_the_official_schemas_take(
    tmp_path: Path,
) -> None:
    flows = chosen()
    assert len(flows) == 10
    cpp = etree.XMLSchema(etree.parse(SHARED / "standards/cpp-pivot/CPPStatutPivot_V1_19.xsd"))
    name = "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
    cdar = etree.XMLSchema(etree.parse(resources.of_package("pyfrctc", "cdar-xsd", name)))
    settings = tmp_path / "own.toml"
    settings.write_text('[directory]\nunknown = "accept"\n')
    with running_node(tmp_path, "--config", str(settings)) as node:
        for partner, interface, schema in (
            ("DEM001", "FSO1100A", cpp),
            ("DEM011", "FSO1150A", cdar),
        ):
            verdicts = {}
            for number, (file, valid) in enumerate(flows):
                flow = f"{interface}_{partner}_{partner}{interface[3:7]}{number:015d}.tar.gz"
                packed = pack(
                    [("facture.xml", file.read_bytes())], datetime(2026, 9, 1, tzinfo=UTC)
                )
                (tmp_path / flow).write_bytes(packed)
                verdicts[flow] = valid
            puts = "".join(f"put {flow} /depot/{flow}\n" for flow in verdicts)
            done = node.openssh(puts, partner)
            assert done.returncode == 0, done.stderr
            node.quiet()
            box = tmp_path / partner
            box.mkdir()
            done = node.openssh(f"get /retrait/* {box}/\n", partner)
            assert done.returncode == 0, done.stderr
            for flow, valid in verdicts.items():
                irrecevable = node.why(flow)["verdict"] == "irrecevable"
                assert irrecevable == (not valid), flow
                report = box / flow.replace("FSO", "CSO")
                assert report.exists(), f"no report on {flow}"
            for returned in box.iterdir():
                with tarfile.open(fileobj=io.BytesIO(returned.read_bytes())) as archive:
                    for member in archive:
                        content = archive.extractfile(member)
                        assert content is not None
                        schema.assertValid(etree.parse(content))
