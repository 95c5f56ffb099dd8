"""Every sequence of docs/circuits.md is played at a node: partners hear what is drawn for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conformance_world import AT_DEM021, AT_NOBODY, ISSUER, PARTNERS, TOWN, World, world_at
from interface_documents import document as interface_document
from interface_flows import CATALOGUE, WHEN, specimen, stem_of

from simulator import resources
from simulator.circuit_sequences import (
    SEQUENCES,
    Acknowledge,
    Arrow,
    Deposit,
    Dialogue,
    Say,
    arrows,
)
from simulator.domain.reference import Options
from simulator.messages.archives import pack
from simulator.messages.specimens.factory import document, of_circuit

REFERENCE = resources.reference(Options())
# Who plays whom: word of the catalogue -> partner of the demo.
PLAYED = {
    "SUPPLIER": "DEM001",
    "PA_E": "DEM011",
    "ISSUER": "DEM031",
    "PUBLIC_ENTITY": "DEM031",
    "PA_R": "DEM021",
    "BUYER": "BUYER1",
}
RECIPIENTS = {"b2g": TOWN, "b2g-pa": TOWN, "g2b-issuer": AT_DEM021}
MOTIFS = {"05": "CMD_ERR", "06": "HONORER_LA_COMMANDE"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_at(tmp_path_factory.mktemp("drawn")) as running:
        yield running


class Player:
    """Plays the steps of one sequence with an invoice of its own."""

    def __init__(self, world: World, sequence: Dialogue, number: str) -> None:
        self.world = world
        self.sequence = sequence
        self.number = number

    def play(self, step: Deposit | Say | Acknowledge) -> None:
        if isinstance(step, Deposit):
            self.deposit(step)
        elif isinstance(step, Acknowledge):
            rows = self.world.node.client.get("/api/v1/returns", partner="BUYER1", limit=1)
            self.world.says("BUYER1", step.code, step.status, rows[0]["name"][16:41])
        elif step.via:
            self.say(step)
        elif step.actor == "chorus":
            self.world.advance("PT5M")
        else:
            self.world.put(self.depositor, *self.flow(self.good()))

    @property
    def depositor(self) -> str:
        return PLAYED[CATALOGUE[self.sequence.deposit].sender]

    def flow(self, content: bytes) -> tuple[str, bytes]:
        return self.world.name(self.depositor, self.sequence.deposit), content

    def good(self, **changes: Any) -> bytes:
        given = {"number": self.number, "recipient": RECIPIENTS[self.sequence.circuit], **changes}
        circuit: Any = self.sequence.circuit
        return pack([(f"{given['number']}.xml", self.invoice(circuit, given))], WHEN)

    @staticmethod
    def invoice(circuit: Any, given: dict[str, Any]) -> bytes:
        from msgspec.structs import replace

        return document(replace(of_circuit(circuit), **given), "ubl")

    def deposit(self, step: Deposit) -> None:
        nobody = "99999999999999"
        contents = {
            "accepted": self.good,
            "rejected": lambda: self.good(recipient=nobody),
            "undelivered": lambda: self.good(recipient=AT_NOBODY),
            "partial": self.half_good,
            "irrecevable": lambda: b"rubbish",
            "declared": self.declaration,
        }
        self.world.put(self.depositor, *self.flow(contents[step.outcome]()))

    def half_good(self) -> bytes:
        recipients = {self.number: "12345678200051", f"{self.number}-B": "99999999999999"}
        files = [
            (f"{n}.xml", self.invoice("b2g", {"number": n, "recipient": r}))
            for n, r in recipients.items()
        ]
        return pack(files, WHEN)

    def declaration(self) -> bytes:
        content = interface_document(CATALOGUE["FSO6000A"], specimen("FSO6000A", "good"))
        return pack([(f"{stem_of('FSO6000A')}.xml", content)], WHEN)

    def say(self, step: Say) -> None:
        """As the arrow has it: 12 is 209 in a CDAR; what needs a motif is said by command."""
        drawn = [a for a in arrows(REFERENCE, self.sequence) if a.code == step.via]
        said = "209" if step.via == "FSO1304A" else step.status
        assert said in {arrow.status for arrow in drawn}
        more = {"supplier": ISSUER} if self.sequence.circuit == "g2b-issuer" else {"buyer": TOWN}
        if step.via == "FSO1301A" and step.status in MOTIFS:
            self.world.set(self.number, step.status, MOTIFS[step.status])
            return
        partner = PLAYED[CATALOGUE[step.via].sender]
        self.world.says(partner, step.via, said, self.number, **more)


def drawn_for(partner: str, lines: list[Arrow]) -> list[str]:
    mine = [a for a in lines if a.sender == "CPRO" and PLAYED.get(a.receiver) == partner]
    return [f"{a.code} {a.status}".strip() for a in mine]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=[each.title for each in SEQUENCES])
def test_partners_hear_what_is_drawn_for_them(world: World, sequence: Dialogue) -> None:
    world.advance("P31D")  # the stories of earlier invoices end
    for partner in PARTNERS:
        world.fetched(partner)
    player = Player(world, sequence, f"DRAWN-{SEQUENCES.index(sequence)}")
    for step in sequence.steps:
        player.play(step)
    lines = arrows(REFERENCE, sequence)
    for partner in PARTNERS:
        heard = [" ".join(line.split()[:2]) for line in world.heard(partner)]
        assert heard == drawn_for(partner, lines), partner
