"""docs/interfaces.md says of each code what the data of this version say."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import Options
from simulator.interfaces_page import page, uses_of
from simulator.validation.syntaxes import FAMILIES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "interfaces.md"


@pytest.fixture(scope="module")
def reference():
    return resources.reference(Options())


def with_code(reference, code, **changes):
    rows = dict(reference.catalogue)
    rows[code] = msgspec.structs.replace(rows[code], **changes)
    return msgspec.structs.replace(reference, catalogue=Catalogue(rows))


def row_of(text, code):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{code}` |")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


@pytest.mark.skipif(not PAGE.parent.is_dir(), reason="docs/ is not part of an installed wheel")
def test_the_committed_page_is_the_generated_one(reference):
    assert PAGE.read_text(encoding="utf-8") == page(reference, FAMILIES), "run: make docs"


def test_the_command_prints_the_page(reference):
    command = [sys.executable, "-m", "simulator.interfaces_page"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert run.stdout.decode() == page(reference, FAMILIES)


def test_every_code_has_one_row_with_its_mark_and_source(reference):
    text = page(reference, FAMILIES)
    codes = re.findall(r"^\| `([A-Z]{3}\d{4}[A-Z])` \|", text, re.MULTILINE)
    assert sorted(codes) == sorted(reference.catalogue)
    for code, row in reference.catalogue.items():
        cells = row_of(text, code)
        assert len(cells) == 11
        assert cells[-2:] == [row.mark, row.source]
        assert cells[-3] == ", ".join(row.protocols)


def test_the_summary_counts_every_code_once(reference):
    text = page(reference, FAMILIES)
    summary = text.partition("| what we do | codes |")[2].partition("\n\n")[0]
    *kinds, total = [int(n) for n in re.findall(r"\| (\d+) \|", summary)]
    assert sum(kinds) == total == len(reference.catalogue)


def test_what_becomes_of_a_deposit_follows_judged_as(reference):
    def use(**changes):
        return uses_of(with_code(reference, "FSO1106A", **changes), {"ubl-2.1"})["FSO1106A"]

    assert use(judged_as="ubl-2.1") == "judged: as `ubl-2.1`; answered on circuit `b2g`"
    assert use(judged_as="").startswith("kept unread (`exchange.unpublished`), or refused")
    assert use(judged_as="later").startswith("accepted, not judged: `later`")


def test_a_judged_deposit_of_no_circuit_says_so(reference):
    changed = with_code(reference, "CEN0036A", judged_as="ubl-2.1")
    assert uses_of(changed, {"ubl-2.1"})["CEN0036A"] == "judged: as `ubl-2.1`; in no circuit yet"


def test_of_a_status_only_the_refusal_is_answered(reference):
    assert uses_of(reference, FAMILIES)["CSO1304A"] == "emitted: 501 Irrecevable"


def test_the_answers_to_a_deposit_are_emitted_on_its_own_acknowledgement(reference):
    judged = with_code(reference, "FSO1106A", judged_as="ubl-2.1")
    refused = with_code(reference, "FSO1106A", judged_as="")
    assert uses_of(judged, FAMILIES)["CSO1106A"].startswith("emitted: 90 Reçu, 96 ")
    assert uses_of(refused, FAMILIES)["CSO1106A"] == "emitted: 93 Erreur réception"


def test_the_life_cycle_goes_out_on_the_code_of_the_setting(reference):
    swapped = msgspec.structs.replace(reference, options=Options(life_cycle_interface="FEN1200A"))
    assert uses_of(reference, FAMILIES)["FEN1201A"].startswith("emitted: 01 Déposée")
    assert uses_of(reference, FAMILIES)["FEN1200A"].startswith("emitted instead of FEN1201A:")
    assert uses_of(swapped, FAMILIES)["FEN1200A"].startswith("emitted: 01 Déposée")
    assert uses_of(swapped, FAMILIES)["FEN1201A"].startswith("emitted instead of FEN1200A:")


def test_nothing_is_emitted_on_a_code_of_deposit_and_no_return_is_refused(reference):
    for code, use in uses_of(reference, FAMILIES).items():
        is_deposit = reference.catalogue[code].direction == "EMISSION"
        assert ("emitted" in use) != is_deposit


def test_acknowledgements_are_told_from_both_ends(reference):
    text = page(reference, FAMILIES)
    assert "by CSO1150A (flow), FEN1214A (object)" in row_of(text, "FSO1150A")
    assert "by CSO1304A (flow), FEN1205A (status)" in row_of(text, "FSO1304A")
    assert "of FSO1150A (flow)" in row_of(text, "CSO1150A")


def test_the_answers_of_each_circuit_are_listed_with_mark_and_source(reference):
    answers = page(reference, FAMILIES).partition("## Answers of the circuits")[2]
    for plan in reference.circuits.values():
        rows = [line for line in answers.splitlines() if line.startswith(f"| `{plan.circuit}` |")]
        given = [a for a in (plan.flow_refused, plan.invoice_refused) if a]
        assert len(rows) >= len(given)
        for answer in given:
            assert any(answer.source in row and f"| {answer.mark} |" in row for row in rows)
