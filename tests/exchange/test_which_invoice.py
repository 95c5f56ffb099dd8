"""Which invoice is meant where several have one number, and who is told of a status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stage_desk import AT_DEM021, BUYER, SUPPLIER, TOWN, Stage

from simulator.domain.raccordement import Raccordement, Structure
from simulator.exchange.inputs import Acknowledged, RaccordementSaved, StructuresSaved

SISTER = f"{SUPPLIER[:9]}00029"  # another establishment of the supplier
STRANGER = "90000000700018"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "data")
    made.do(StructuresSaved((Structure(SISTER, "Autre établissement", "private"),)))
    yield made
    made.store.close()


def historic(stage: Stage, supplier: str, recipient: str = TOWN) -> int:
    return stage.invoice(
        "H-1", interface="FSO1100A", partner="DEM001", supplier=supplier, recipient=recipient
    )


def lives(stage: Stage) -> dict[str, str]:
    """Status of every invoice, by its supplier and year."""
    rows = stage.store.connection.execute(
        "SELECT supplier, json_extract(about, '$.issue_date') AS day, status FROM invoice"
        " WHERE about IS NOT NULL"
    )
    return {f"{row['supplier']} {row['day'][:4]}": row["status"] for row in rows}


@pytest.mark.parametrize("meant", [SUPPLIER, SISTER])
def test_a_buyer_means_the_invoice_of_the_siret_that_it_tells(stage: Stage, meant: str) -> None:
    for supplier in (SUPPLIER, SISTER):
        historic(stage, supplier)
    stage.advance(minutes=5)
    stage.status("BUYER1", "FSO1301A", "07", "H-1", supplier=meant)
    other = SISTER if meant == SUPPLIER else SUPPLIER
    assert lives(stage) == {f"{meant} 2026": "07", f"{other} 2026": "03"}


def test_a_siret_that_deposited_no_such_invoice_is_not_meant(stage: Stage) -> None:
    historic(stage, SUPPLIER)
    stage.advance(minutes=5)
    stage.status("BUYER1", "FSO1301A", "07", "H-1", supplier=SISTER)
    assert lives(stage) == {f"{SUPPLIER} 2026": "03"}


def test_an_acknowledgement_by_hand_is_of_the_invoices_in_the_flow(stage: Stage) -> None:
    issuers = ("12345678200051", "90000000500012")
    for issuer in issuers:
        stage.invoice(
            "G-1", interface="FSO3110A", partner="DEM031", supplier=issuer, recipient=AT_DEM021
        )
    first = stage.store.connection.execute(
        "SELECT min(id) FROM returned WHERE interface = 'FEN3036A'"
    ).fetchone()[0]
    stage.do(Acknowledged(first, "202"))
    assert lives(stage) == {f"{issuers[0]} 2026": "202", f"{issuers[1]} 2026": "200"}


def test_a_command_means_the_newest_and_names_the_others(stage: Stage) -> None:
    historic(stage, SUPPLIER)
    historic(stage, STRANGER)
    said = stage.say("H-1", "07")
    assert f"{SUPPLIER} of 2026 by DEM001" in said.notes[-1]
    assert stage.say("H-1", "08", supplier=SUPPLIER).notes == ()
    assert lives(stage) == {f"{SUPPLIER} 2026": "08", f"{STRANGER} 2026": "07"}


def test_a_command_may_tell_the_year(stage: Stage) -> None:
    for day in ("2025-12-31", "2026-01-01"):
        stage.invoice("P-1", issue_date=day)
    stage.say("P-1", "07", year="2025")
    assert lives(stage) == {f"{SUPPLIER} 2025": "07", f"{SUPPLIER} 2026": "01"}
    with pytest.raises(LookupError, match="no invoice"):
        stage.say("P-1", "07", year="2024")


# -- who is told ---------------------------------------------------------------------------------


def test_it_is_told_that_nothing_is_sent_to_who_has_not_subscribed(stage: Stage) -> None:
    partner = stage.partner("DEM011")
    fewer = tuple(code for code in partner.interfaces if code != "FEN1204A")
    stage.invoice("P-1")
    stage.do(RaccordementSaved(Raccordement("DEM011", "b2g-pa", "sftp", interfaces=fewer)))
    (told,) = stage.say("P-1", "07").told
    assert told.startswith("platform: 204")
    assert "DEM011 has not subscribed FEN1204A" in told


def test_it_is_told_that_nobody_is_behind_a_played_buyer(stage: Stage) -> None:
    stage.invoice("P-1", recipient="90000000500012")
    (told,) = stage.say("P-1", "209", attachments=("bon.pdf",)).told
    assert told.startswith("buyer: ")
    assert "no active partner is behind 90000000500012" in told


def test_a_public_body_that_is_connected_as_a_supplier_alone_is_played_as_a_buyer(
    stage: Stage,
) -> None:
    seller = Raccordement("BUYER1", "b2g", "sftp", interfaces=("FSO1100A", "CSO1100A"))
    stage.do(RaccordementSaved(seller))
    historic(stage, SUPPLIER)
    stage.advance(days=4)
    assert stage.history("H-1")[-1] == ("07", "buyer")


def test_a_buyer_that_can_speak_speaks_for_itself(stage: Stage) -> None:
    assert "FSO1301A" in BUYER
    historic(stage, SUPPLIER)
    stage.advance(days=4)
    assert stage.history("H-1")[-1] == ("03", "chorus")
