"""An exchange in process: engine and journal, no thread, no socket; time stands still."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from simulator import resources
from simulator.domain.businesstime import Clock
from simulator.domain.flows import BlobRef, Deposit, Return
from simulator.domain.judgement import Document, Facts, Judgement
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import Options
from simulator.exchange.inputs import ClockMoved, Judged, RaccordementSaved, StructuresSaved
from simulator.journal import contents, explain, read
from simulator.journal.store import Store
from simulator.runtime.engine import Engine, Order

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SUPPLIER, RECIPIENT, PRIVATE = "33254021516357", "12345678200051", "12345678200099"
HISTORIC = ("FSO1100A", "CSO1100A", "FEN1201A")
PLATFORM = ("FSO1150A", "CSO1150A", "FEN1214A")


def name_of(number: int, interface: str = "FSO1100A", partner: str = "DEM001") -> str:
    return f"{interface}_{partner}_{partner}{interface[3:7]}{number:015d}.xml"


class Playbook:
    """Feeds inputs to an engine and reads back what it did."""

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.store = Store(folder, "off")
        reference = resources.reference(options or Options())
        self.engine = Engine(self.store, reference, msgspec.json.encode)
        self.todo: list[Any] = []
        self.do(ClockMoved(Clock("frozen", START, START), START))
        for partner in (
            Raccordement("DEM001", "b2g", "sftp", interfaces=HISTORIC),
            Raccordement("DEM002", "b2g", "as2", interfaces=HISTORIC),
            Raccordement("DEM011", "b2g-pa", "sftp", interfaces=PLATFORM),
            Raccordement("OLD001", "b2g", "sftp", interfaces=HISTORIC, valid_to=START),
            Raccordement(
                "NEW001", "b2g", "sftp", interfaces=HISTORIC, valid_from=START + timedelta(days=1)
            ),
        ):
            self.do(RaccordementSaved(partner))
        structures = (
            Structure(SUPPLIER, "Fournisseur", "private"),
            Structure(RECIPIENT, "Commune", "public"),
            Structure(PRIVATE, "Entreprise", "private"),
            Structure("12345678200077", "Commune fermée", "public", active=False),
        )
        self.do(StructuresSaved(structures))

    def do(self, value: object) -> Any:
        """Runs one input; its outcome, or raises what the step raised."""
        turn = self.engine.run([Order("default", value)])
        self.todo += turn.work
        outcome = turn.outcomes[0][1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def deposit(
        self, name: str, content: bytes = b"<x/>", partner: str = "DEM001", protocol: str = "sftp"
    ) -> int:
        ref = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
        admission = self.do(Deposit(partner, protocol, name, ref, content))
        return int(admission.flow)

    def judge(self, flow: int, *documents: Document, judgement: Judgement | None = None) -> None:
        work = next(w for w in self.todo if w.kind == "judge" and w.subject == flow)
        self.do(Judged(work.id, flow, judgement or Judgement(documents=documents)))

    def why(self, flow: int) -> dict[str, Any]:
        return explain.why(self.store.connection, self._flow(flow))

    def motifs(self, flow: int) -> list[str]:
        return [f["motif"] for f in self.why(flow)["findings"] if f["severity"] == "error"]

    def returns(self, flow: int) -> list[Return]:
        rows = read.returns_of(self.store.connection, flow)
        return [contents.return_value(self.store.connection, row["id"]) for row in rows]

    def state(self, flow: int) -> tuple[str, str]:
        row = self._flow(flow)
        return row.state, row.verdict

    def waiting(self, partner: str = "DEM001") -> list[str]:
        return [r["name"] for r in read.waiting(self.store.connection, "default", partner)]

    def _flow(self, flow: int) -> Any:
        return read.find_flow(self.store.connection, "default", str(flow))


def facts(number: str = "F-1", **changes: Any) -> Facts:
    given = {
        "syntax": "ubl-invoice",
        "number": number,
        "issue_date": "2026-08-31",
        "type_code": "380",
        "supplier_scheme": "1",
        "supplier": SUPPLIER,
        "recipient_scheme": "1",
        "recipient": RECIPIENT,
    }
    return Facts(**{**given, **changes})


def document(number: str = "F-1", member: str = "", **changes: Any) -> Document:
    return Document(member or f"{number}.xml", 100, facts(number, **changes))
