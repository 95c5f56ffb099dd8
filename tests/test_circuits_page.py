"""docs/circuits.md draws each circuit as the data of this version have it, and leaves no code out."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from simulator import resources
from simulator.circuit_sequences import SEQUENCES, Say, arrows
from simulator.circuits_page import not_carried, page, places
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import Options

PAGE = Path(__file__).resolve().parents[1] / "docs" / "circuits.md"
# Dossier §9 ("Sequences to simulate"), as code and status of each flow of the exchange.
DRAWN = {
    "B2G historic: nominal": [
        "FSO1100A", "CSO1100A 90", "FEN1201A 01", "FEN1201A 03", "FEN0036A", "FSO1300A 92",
        "FSO1301A 07", "FEN1201A 07", "FSO1301A 08", "FEN1201A 08", "FSO1301A 11", "FEN1201A 11",
    ],
    "B2G through a platform: nominal": [
        "FSO1150A", "CSO1150A 500", "FEN1214A 202", "FEN1204A 203", "FEN0036A", "FSO1300A 92",
        "FSO1301A 07", "FEN1204A 204", "FSO1301A 08", "FEN1204A 204", "FSO1301A 11",
        "FEN1204A 211",
    ],
    "B2G through a platform: rejected": ["FSO1150A", "CSO1150A 500", "FEN1214A 213"],
    "B2G through a platform: irrecevable": ["FSO1150A", "CSO1150A 501"],
    "B2G through a platform: completed by the supplier": [
        "FSO1150A", "CSO1150A 500", "FEN1214A 202", "FEN1204A 203", "FEN0036A", "FSO1301A 06",
        "FEN1204A 208", "FSO1304A 209", "FEN0036A",
    ],
    "G2B: nominal": [
        "FSO3110A", "CSO3110A 200", "FEN3036A", "CEN3036A 202", "FEN4000A 202", "FSO3301A 203",
        "FEN4000A 203", "FSO3301A 204", "FEN4000A 204", "FSO3301A 211", "FEN4000A 211",
        "FSO3300A 212", "FEN4001A 212",
    ],
    "G2B: no connected platform": ["FSO3110A", "CSO3110A 200"],
    "G2B: irrecevable": ["FSO3110A", "CSI3110A 501"],
    "e-reporting: nominal": ["FSO6000A", "CSO6000A 500", "FEN6000A 300"],
    "e-reporting: irrecevable": ["FSO6000A", "CSI6000A 501"],
}  # fmt: skip


@pytest.fixture(scope="module")
def reference():
    return resources.reference(Options())


def drawn(reference, title):
    (sequence,) = [each for each in SEQUENCES if each.title == title]
    return arrows(reference, sequence)


@pytest.mark.skipif(not PAGE.parent.is_dir(), reason="docs/ is not part of an installed wheel")
def test_the_committed_page_is_the_generated_one(reference):
    assert PAGE.read_text(encoding="utf-8") == page(reference), "run: make docs"


def test_the_command_prints_the_page(reference):
    command = [sys.executable, "-m", "simulator.circuits_page"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert run.stdout.decode() == page(reference)


@pytest.mark.parametrize("title", DRAWN)
def test_a_sequence_is_drawn_as_the_dossier_has_it(reference, title):
    flows = [f"{a.code} {a.status}".strip() for a in drawn(reference, title) if a.code]
    assert flows == DRAWN[title]


def test_every_arrow_has_its_words_its_mark_and_its_source(reference):
    for sequence in SEQUENCES:
        for arrow in arrows(reference, sequence):
            assert arrow.label
            assert arrow.source
            assert arrow.mark in ("official", "deduced", "assumed")
            assert arrow.code in reference.catalogue or not arrow.code


def test_no_flow_carries_a_status_that_its_code_does_not(reference):
    for sequence in SEQUENCES:
        for arrow in arrows(reference, sequence):
            if arrow.code and arrow.status:
                assert arrow.status in reference.catalogue[arrow.code].statuses


def test_every_code_is_drawn_or_named_as_not_carried_with_the_reason(reference):
    there, absent = places(reference), not_carried(reference)
    assert sorted([*there, *absent]) == sorted(reference.catalogue)
    index = page(reference).partition("## Where each code is")[2]
    for code in reference.catalogue:
        (line,) = [each for each in index.splitlines() if each.startswith(f"| `{code}` |")]
        assert ("not carried: " in line) == (code in absent)
    assert set(absent) == {"CEN0036A"}
    assert "CR18" in absent["CEN0036A"]


def test_a_code_that_nothing_leads_to_is_named_so(reference):
    row = msgspec.structs.replace(reference.catalogue["FAR0037A"], code="FAR0099A")
    catalogue = Catalogue({**reference.catalogue, "FAR0099A": row})
    other = msgspec.structs.replace(reference, catalogue=catalogue)
    assert not_carried(other)["FAR0099A"].startswith("never sent:")
    assert "| `FAR0099A` | not carried: never sent:" in page(other)


def test_a_diagram_and_its_table_have_the_same_messages(reference):
    parts = page(reference).split("```mermaid\n")[1:]
    assert len(parts) == len(SEQUENCES)
    for part, sequence in zip(parts, SEQUENCES, strict=True):
        diagram, _, rest = part.partition("```")
        messages = re.findall(r"^    \w+-?->>\w+: .+$", diagram, re.MULTILINE)
        numbers = re.findall(r"^\| (\d+) \|", rest.partition("\n## ")[0], re.MULTILINE)
        assert len(messages) == len(numbers) == len(arrows(reference, sequence))
        assert not any(sign in message for message in messages for sign in ";#")


def test_the_page_follows_the_data(reference):
    plan = reference.circuits["b2g"]
    answer = msgspec.structs.replace(plan.flow_accepted, status="91", mark="assumed")
    changed = msgspec.structs.replace(plan, flow_accepted=answer)
    other = msgspec.structs.replace(reference, circuits={**reference.circuits, "b2g": changed})
    assert "CPRO->>SUPPLIER: CSO1100A 91 Reçu (assumed)" in page(other)


def test_what_an_actor_may_not_say_cannot_be_drawn(reference):
    sequence = next(each for each in SEQUENCES if each.title == "G2B: nominal")
    wrong = msgspec.structs.replace(sequence, steps=(sequence.steps[0], Say("issuer", "211")))
    with pytest.raises(LookupError, match=r"issuer may not say 211 on g2b"):
        arrows(reference, wrong)
