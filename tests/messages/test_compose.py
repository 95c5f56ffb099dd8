"""A return becomes one archive, the same one every time, without lxml."""

import io
import subprocess
import sys
import tarfile
from datetime import UTC, datetime

import msgspec
import pytest

from simulator.domain.flows import FlowStatus, InvoiceStatus, Return
from simulator.messages import cdar, cppstatut
from simulator.messages.compose import compose

NOW = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
FLOW = FlowStatus("500", "Recevable", "DEM0111150000000000000001", True, NOW)
INVOICE = InvoiceStatus(
    status="01",
    label="Déposée",
    number="F1",
    issue_date="2026-09-01",
    type_code="380",
    supplier_scheme="1",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=NOW,
)
HISTORIC = Return(
    partner="DEM001",
    name="FEN1201A_DEM001_CPP0011201000000000000001.tar.gz",
    interface="FEN1201A",
    format="cppstatut",
    issued=NOW,
    emitter="CPP001",
    emitter_matricule="9999",
    partner_matricule="0042",
    statuses=(INVOICE, INVOICE),
)
PLATFORM = msgspec.structs.replace(
    HISTORIC,
    partner="DEM011",
    name="CSO1150A_DEM011_DEM0111150000000000000001.tar.gz",
    interface="CSO1150A",
    format="cdar",
    statuses=(FLOW, FLOW),
)


def members(content):
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return [(m.name, archive.extractfile(m).read()) for m in archive.getmembers()]


@pytest.mark.parametrize(
    ("return_", "write", "count"),
    [(HISTORIC, cppstatut.write, 1), (PLATFORM, cdar.write, 2)],
    ids=["one file for all statuses", "one file a status"],
)
def test_the_archive_holds_what_the_writer_of_the_format_wrote(return_, write, count):
    found = members(compose(return_))
    assert found == list(write(return_))
    assert len(found) == count


@pytest.mark.parametrize("return_", [HISTORIC, PLATFORM], ids=["cppstatut", "cdar"])
def test_composing_again_gives_the_same_bytes(return_):
    again = msgspec.convert(msgspec.to_builtins(return_), Return)
    assert compose(return_) == compose(again)


def test_composing_does_not_load_lxml():
    """The node's main process composes; parsers of trees stay in the judging processes."""
    code = "import sys, simulator.messages.compose; print('lxml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
