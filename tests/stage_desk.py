"""An exchange in process with all its actors: real documents in, real documents out, no socket.

Deposits are judged by the judging code (schemas only), returns are composed as a node composes them,
business time moves from one due row to the next. What a partner got is told as a dialogue.
"""

from __future__ import annotations

import io
import itertools
import tarfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from playbook import START, Playbook

from simulator import resources
from simulator.domain.businesstime import Clock
from simulator.domain.flows import Blob, Return, blob_ref
from simulator.domain.interfaces import Catalogue
from simulator.domain.judgement import Job, Limits
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import Options
from simulator.exchange.inputs import (
    ClockMoved,
    Composed,
    Enclosure,
    Fired,
    HoldingEnded,
    Judged,
    Purged,
    RaccordementSaved,
    StatusAsked,
    StructuresSaved,
)
from simulator.journal import contents, read
from simulator.messages.archives import pack
from simulator.messages.carrying import filled
from simulator.messages.compose import compose
from simulator.messages.specimen_status import Status, cdar_message, cpp_statut
from simulator.messages.specimens.factory import document, of_circuit
from simulator.runtime.engine import Order
from simulator.validation.judge import judge

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))
SUPPLIER, ISSUER = "33254021516357", "12345678200051"
TOWN, CITY = "12345678200036", "12345678200028"
AT_DEM021, AT_DEM022, AT_NOBODY = "90000000810015", "90000000820014", "90000000830013"
PLAYED = "90000000700018"  # by the simulator
_TIMED: dict[str, Any] = {"fire": Fired, "purge": Purged, "transmit": HoldingEnded}
BUYER = ("FEN0036A", "FSO1300A", "CSO1300A", "FSO1301A", "CSO1301A")
_SYNTAX = {"FSO1100A": "ubl", "FSO1150A": "ubl", "FSO3110A": "ubl", "FSO3117A": "factur-x"}


def enclosure(name: str = "bon.pdf", content: bytes = b"%PDF-1.7 bon") -> Enclosure:
    """A file that goes along with a status."""
    return Enclosure(name, Blob.of(content))


class Stage(Playbook):
    """Feeds real documents to an engine; the demo partners and two public buyers are there."""

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self.cancelled: set[int] = set()
        super().__init__(folder, options)
        self.now = START
        self._numbers = itertools.count(1)
        for partner in resources.demo_partners():
            self.do(RaccordementSaved(partner))
        for code in ("BUYER1", "BUYER2"):
            self.do(RaccordementSaved(Raccordement(code, "b2g", "sftp", interfaces=BUYER)))
        self.do(StructuresSaved(resources.demo_structures()))
        towns = (
            Structure(TOWN, "Département", "public", partner="BUYER1"),
            Structure(CITY, "Région", "public", partner="BUYER2"),
        )
        self.do(StructuresSaved(towns))

    # -- in --------------------------------------------------------------------------------------

    def invoice(self, number: str = "F-1", **given: Any) -> int:
        """Deposits an envelope with one invoice and lets it be decided; number of the flow."""
        return self.invoices((number,), **given)

    def invoices(
        self,
        numbers: Iterable[str],
        interface: str = "FSO1150A",
        partner: str = "DEM011",
        **changes: Any,
    ) -> int:
        spec = of_circuit(self.partner(partner).circuit)
        syntax = _SYNTAX[interface]
        extension = ".pdf" if syntax == "factur-x" else ".xml"
        files = []
        for number in numbers:
            one = msgspec.structs.replace(spec, number=number, **changes)
            files.append((f"{number}{extension}", document(one, syntax)))
        return self.send(partner, interface, pack(files, START))

    def partner(self, code: str) -> Raccordement:
        rows = read.raccordements(self.store.connection)
        return next(r for _, r in rows if r.code_application == code)

    def status(self, partner: str, interface: str, status: str, number: str, **more: Any) -> int:
        """Deposits a status of an invoice, or of a flow (`number` is its identifier)."""
        name = self._name(partner, interface)
        supplier = ISSUER if CATALOGUE[interface].family == "g2b" else SUPPLIER
        said = Status(status, **{"subject": number, "flow": name, "supplier": supplier, **more})
        make = cpp_statut if CATALOGUE[interface].judged_as == "cpp-statut" else cdar_message
        return self._deposit(partner, name, pack([(f"{status}.xml", make(said))], START))

    def send(self, partner: str, interface: str, content: bytes) -> int:
        return self._deposit(partner, self._name(partner, interface), content)

    def _name(self, partner: str, interface: str) -> str:
        number = next(self._numbers)
        return f"{interface}_{partner}_{partner}{interface[3:7]}{number:015d}.tar.gz"

    def _deposit(self, partner: str, name: str, content: bytes) -> int:
        raccordement, judged_as = (
            self.partner(partner),
            CATALOGUE[CATALOGUE.deposited_as(name[:8])].judged_as,
        )
        flow = self.deposit(name, content, partner, raccordement.protocol)
        job = Job(name, judged_as, raccordement.circuit, ("xsd",), Limits(), content)
        work = next((w for w in self.todo if w.kind == "judge" and w.subject == flow), None)
        assert work is not None, self.why(flow)["findings"]
        self.do(Judged(work.id, flow, judge(job)))
        self.compose_all()
        return flow

    def say(
        self, invoice: str, status: str, attachments: Iterable[str | Enclosure] = (), **more: Any
    ) -> Any:
        """Has an actor say a status by command; an attachment is a file, or the name of any."""
        files = (a if isinstance(a, Enclosure) else enclosure(a) for a in attachments)
        said = self.do(StatusAsked(invoice, status, attachments=tuple(files), **more))
        self.compose_all()
        return said

    # -- time ------------------------------------------------------------------------------------

    def advance(self, **by: float) -> None:
        """Lets business time pass; what is due on the way happens in order."""
        target = self.now + timedelta(**by)
        while (due := self._next(target)) is not None:
            self._move(max(self.now, due.due))
            self.todo.remove(due)
            if due.id not in self.cancelled:
                self.do(_TIMED[due.kind](due.id, due.subject))
            self.compose_all()
        self._move(target)

    def _next(self, target: datetime) -> Any:
        rows = [w for w in self.todo if w.kind in _TIMED and w.due and w.due <= target]
        return min(rows, key=lambda w: (w.due, w.id), default=None)

    def _move(self, to: datetime) -> None:
        self.now = to
        self.do(ClockMoved(Clock("frozen", to, to), to))

    def do(self, value: object) -> Any:
        turn = self.engine.run([Order("default", value)])
        self.todo += turn.work
        self.cancelled |= set(turn.cancelled)
        outcome = turn.outcomes[0][1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def transmit(self) -> None:
        """Does what is to be done at once about invoices that waited for a platform."""
        while ready := [w for w in self.todo if w.kind == "transmit" and not w.due]:
            self.todo.remove(ready[0])
            self.do(HoldingEnded(ready[0].id, ready[0].subject))
            self.compose_all()

    # -- out -------------------------------------------------------------------------------------

    def compose_all(self) -> None:
        """Writes every return that is to be written, as a node does."""
        for work in [w for w in self.todo if w.kind == "compose"]:
            self.todo.remove(work)
            value = contents.return_value(self.store.connection, work.subject)
            content = self.written(value)
            self.do(Composed(work.id, work.subject, blob_ref(content), content))

    def written(self, value: Return) -> bytes:
        """The bytes of a return."""
        carried = {
            blob.sha256: contents.blob_named(self.store.connection, "default", blob.sha256) or b""
            for blob in value.blobs()
        }
        return compose(filled(value, carried, Limits()))

    def sent(self, partner: str) -> list[Return]:
        """Every return to a partner, in order."""
        rows = self.store.connection.execute(
            "SELECT id FROM returned WHERE partner = ? ORDER BY id", (partner,)
        )
        return [contents.return_value(self.store.connection, row[0]) for row in rows.fetchall()]

    def heard(self, partner: str) -> list[str]:
        """What a partner was told, in order: ``FEN1204A 203``, ``FEN3036A F-1``."""
        told = []
        for value in self.sent(partner):
            words = [s.status for s in value.statuses] or [p.number for p in value.sources]
            told.append(" ".join((value.interface, *words)))
        return told

    def files(self, value: Return) -> dict[str, bytes]:
        """The files of a return as its partner unpacks them."""
        with tarfile.open(fileobj=io.BytesIO(self.written(value))) as archive:
            return {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]

    def life(self, number: str) -> dict[str, Any]:
        """The newest invoice of a number."""
        return read.lives(self.store.connection, "default", number)[0]

    def history(self, number: str) -> list[tuple[str, str]]:
        return [(e["status"], e["actor"]) for e in self.life(number)["history"]]

    def ack(self, name: str) -> str:
        """What a partner said of one flow of ours."""
        rows = self.store.connection.execute("SELECT ack FROM returned WHERE name = ?", (name,))
        return str(rows.fetchone()["ack"])

    def acks(self, partner: str) -> dict[str, str]:
        """What a partner said of our flows, by interface code; the last of a code counts."""
        rows = self.store.connection.execute(
            "SELECT interface, ack FROM returned WHERE partner = ? ORDER BY id", (partner,)
        )
        return {row["interface"]: row["ack"] for row in rows}
