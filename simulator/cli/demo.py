"""``aife-sim demo``: a node on free ports, the main job over its protocols, a story of each circuit."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from simulator.cli.console import print_table
from simulator.cli.main import EXPECTATION_FAILED, EnvironmentFailure

if TYPE_CHECKING:
    from simulator.testing.client import Client

_START_SECONDS = 30.0
# Business time begins on the day of the specimen invoices, and is moved by the stories.
_START = "2026-09-01T08:00:00Z"


class Step(msgspec.Struct, frozen=True):
    """One step of the tour.

    Attributes:
        what: for people.
        partner: who deposits.
        name: of the flow.
        content: bytes of the flow.
        expected: statuses that must come back, in order.
    """

    what: str
    partner: str
    name: str
    content: bytes
    expected: tuple[str, ...]


@click.command()
def demo() -> None:
    """Run a node on free ports, tour the main job and tell a story of each circuit.

    Exit code 0 when all came back as it should, 1 when something did not.
    """
    from simulator.cli.demo_stories import tell

    with (
        tempfile.TemporaryDirectory(prefix="aife-sim-demo-") as folder,
        running(Path(folder)) as node,
    ):
        rows = tour(node, Path(folder))
        told = tell(node, Path(folder))
    of_tour = ("step", "over", "deposited", "came back", "why")
    print_table("A tour of the exchange system", of_tour, [row[:5] for row in rows])
    of_story = ("circuit", "what happened", "came back")
    print_table("A story of each circuit", of_story, [row[:3] for row in told])
    wrong = [row[0] for row in rows if not row[5]]
    wrong += [f"{story}: {what}" for story, what, _, is_expected in told if not is_expected]
    if wrong:
        click.echo(f"not as expected: {'; '.join(wrong)}", err=True)
        sys.exit(EXPECTATION_FAILED)


@contextmanager
def running(folder: Path) -> Iterator[dict[str, Any]]:
    """A node in a process of its own; its ready file's content."""
    ready = folder / "ready.json"
    command = [sys.executable, "-P", "-m", "simulator", "serve", "--memory", "--ephemeral"]
    command += ["--clock", _START]
    log = folder / "node.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [*command, "--ready-file", str(ready)], stdout=out, stderr=out, env=_plain_environment()
        )
    try:
        yield _wait_for(ready, process, log)
    finally:
        process.terminate()
        process.wait()


def _plain_environment() -> dict[str, str]:
    """The demo shows the defaults, whatever the variables of this shell say."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AIFE_SIM_")}


def _wait_for(ready: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    end = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            message = f"the node did not start: {log.read_text(errors='replace').strip()}"
            raise EnvironmentFailure(message)
        time.sleep(0.02)
    content: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return content


Row = tuple[str, str, str, str, str, bool]


def tour(node: dict[str, Any], folder: Path) -> list[Row]:
    """Plays every step; for each: what, protocol, flow, statuses, explanation, whether as expected."""
    from simulator.testing.client import Client

    client = Client(node["http"])
    own_key = add_own_partner(client, folder)
    node = client.get("/api/v1/node")
    rows = []
    for number, step in enumerate(steps(), start=1):
        box = folder / f"step{number}"
        key = own_key if step.partner == "VFE025" else None
        protocol, said = _play(node, step, box, key)
        came = tuple(s.status for s in said)
        shown = "  ".join(f"{s.status} {' '.join(s.motifs)}".strip() for s in said)
        why = client.get("/api/v1/flows/latest/why")
        rows.append(
            (
                f"{number} {step.what}",
                protocol,
                step.name,
                shown,
                _reason(why),
                came == step.expected,
            )
        )
    return rows


def _play(node: dict[str, Any], step: Step, box: Path, key: Path | None) -> tuple[str, list[Any]]:
    """Deposits a flow, waits until the node is quiet, takes what came: its protocol, the statuses."""
    from simulator.cli.exchange_files import side_of
    from simulator.messages.summary import statuses
    from simulator.testing.client import Client

    box.mkdir()
    flow = box / step.name
    flow.write_bytes(step.content)
    side, exchange = side_of(node["http"], step.partner, key, {})
    sent = side.send(exchange, (flow,))
    Client(node["http"]).get("/api/v1/quiet", timeout=30)
    fetched = side.receive(exchange, box / "returns")
    if sent.failed or fetched.problems:
        raise click.ClickException("; ".join((*sent.lines, *fetched.problems)))
    said = [said for file in fetched.files for said in statuses(file.read_bytes())]
    return exchange.row["protocol"], said


def _reason(why: dict[str, Any]) -> str:
    findings = [f for f in why["findings"] if f["severity"] == "error"]
    if not findings:
        return f"{len(why['checks'])} checks passed"
    return "\n".join(f"{f['rule']}: {f['help']}" for f in findings)


def steps() -> list[Step]:
    """Each circuit and protocol once, then what goes wrong most often, then a partner's own key."""
    from simulator.messages.archives import pack
    from simulator.messages.specimen import Specimen, ubl_invoice

    def envelope(*specimens: Specimen) -> bytes:
        files = [(f"facture_{s.number}.xml", ubl_invoice(s)) for s in specimens]
        return pack(files, datetime.now(UTC))

    good = envelope(Specimen(number="DEMO-1"))
    mixed = envelope(
        Specimen(number="DEMO-3A"),
        Specimen(number="DEMO-3B", recipient="99999999999999"),
        Specimen(number="DEMO-3C"),
    )
    platform = envelope(Specimen(circuit="b2g-pa", number="DEMO-2"))
    historic_as2 = envelope(Specimen(number="DEMO-4"))
    platform_as2 = envelope(Specimen(circuit="b2g-pa", number="DEMO-5"))
    own = envelope(Specimen(circuit="b2g-pa", number="DEMO-6"))
    first = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
    return [
        Step("historic invoice", "DEM001", first, good, ("90", "01")),
        Step("platform invoice", "DEM011", "FSO1150A_DEM011_DEM0111150000000000000001.tar.gz",
             platform, ("500", "202")),
        Step("historic invoice", "DEM002", "FSO1100A_DEM002_DEM0021100000000000000001.tar.gz",
             historic_as2, ("90", "01")),
        Step("platform invoice", "DEM012", "FSO1150A_DEM012_DEM0121150000000000000001.tar.gz",
             platform_as2, ("500", "202")),
        Step("historic invoice", "DEM003", "FSO1100A_DEM003_DEM0031100000000000000001.tar.gz",
             envelope(Specimen(number="DEMO-7")), ("90", "01")),
        Step("platform invoice", "DEM013", "FSO1150A_DEM013_DEM0131150000000000000001.tar.gz",
             envelope(Specimen(circuit="b2g-pa", number="DEMO-8")), ("500", "202")),
        Step("one bad invoice of three", "DEM001",
             "FSO1100A_DEM001_DEM0011100000000000000002.tar.gz", mixed, ("96", "01", "01")),
        Step("badly named file", "DEM001", "FSO1100A_DEM001_facture-mars.tar.gz", good, ("93",)),
        Step("the first flow again", "DEM001", first, good, ("93",)),
        Step("a partner just added", "VFE025", "FSO1150A_VFE025_VFE0251150000000000000001.tar.gz",
             own, ("500", "202")),
    ]  # fmt: skip


def add_own_partner(client: Client, folder: Path) -> Path:
    """Adds VFE025 with a certificate of its own, as `partner add --cert mine.p7b` does."""
    key, certificate = _own_certificate(folder)
    enrolment = {
        "code": "VFE025",
        "circuit": "b2g-pa",
        "protocol": "sftp",
        "certificate": base64.b64encode(certificate).decode(),
    }
    client.post("/api/v1/partners", enrolment)
    return key


def _own_certificate(folder: Path) -> tuple[Path, bytes]:
    """A platform's key pair: private key in a file, certificate as p7b."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs7

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "VFE025 demo platform TEST")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 12, 31, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path = folder / "vfe025.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    return path, pkcs7.serialize_certificates([certificate], serialization.Encoding.DER)
