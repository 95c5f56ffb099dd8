"""The catalogue of interface codes says what the official tables say."""

import os
import re
from pathlib import Path

import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", Path(__file__).resolve().parents[3] / "shared"))
DOSSIER = SHARED / "domain" / "chorus-edi.md"


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.from_table(resources.table("schemas", "catalogue.toml"))


def appendix_rows():
    """The table of the dossier's appendix: cells by column name."""
    text = DOSSIER.read_text(encoding="utf-8").partition("## Appendix: catalogue")[2]
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    header = next(line for line in cells if line[0] == "code")
    return [
        dict(zip(header, line, strict=True))
        for line in cells
        if re.fullmatch("[A-Z]{3}[0-9]{4}[A-Z]", line[0])
    ]


def listed(cell):
    return () if cell in ("-", "unknown") else tuple(item.strip() for item in cell.split(","))


def links_of(interface):
    flow = [f"{interface.flow_ack}:flow"] if interface.flow_ack else []
    objects = [f"{code}:object" for code in interface.object_acks]
    return {*flow, *objects, *(f"{code}:cdv" for code in interface.cdv_acks)}


def as_cells(interface):
    return {
        "circuit": interface.family,
        "direction": interface.direction,
        "sender → receiver": f"{interface.sender} → {interface.receiver}",
        "syntax": interface.syntax,
        "kind": interface.kind,
        "level": interface.level,
        "statuses carried": interface.statuses,
        "acknowledged by": links_of(interface),
        "acknowledges": set(interface.acknowledges),
        "protocols allowed": interface.protocols,
        "mark": interface.mark,
        "source": interface.source,
    }


@pytest.mark.skipif(not DOSSIER.exists(), reason="the dossier of the domain is not on this machine")
def test_every_row_is_the_row_of_the_appendix(catalogue):
    rows = appendix_rows()
    assert [row["code"] for row in rows] == list(catalogue)
    for row in rows:
        expected = {
            **row,
            "statuses carried": listed(row["statuses carried"]),
            "acknowledged by": set(listed(row["acknowledged by"])),
            "acknowledges": set(listed(row["acknowledges"])),
            "protocols allowed": tuple(p.lower() for p in listed(row["protocols allowed"])),
        }
        assert {"code": row["code"], **as_cells(catalogue[row["code"]])} == expected


def test_there_are_78_codes_of_four_families(catalogue):
    families = [interface.family for interface in catalogue.values()]
    assert {name: families.count(name) for name in families} == {
        "historic": 29,
        "pa-b2g": 16,
        "g2b": 28,
        "ereporting": 5,
    }


def test_acknowledgements_are_told_from_both_ends(catalogue):
    forth = {(c, link) for c, interface in catalogue.items() for link in links_of(interface)}
    back = set()
    for code, interface in catalogue.items():
        for link in interface.acknowledges:
            acknowledged, scope = link.split(":")
            back.add((acknowledged, f"{code}:{scope}"))
    assert forth == back


def test_an_acknowledgement_goes_the_other_way(catalogue):
    for interface in catalogue.values():
        for link in links_of(interface):
            assert catalogue[link.split(":")[0]].direction != interface.direction


def test_every_deposit_is_judged_but_the_one_whose_format_is_not_published(catalogue):
    deposits = {code for code, row in catalogue.items() if row.direction == "EMISSION"}
    judged = {code for code, row in catalogue.items() if row.judged_as}
    assert deposits - judged == {"CEN0036A"}
    assert judged <= deposits


def test_what_a_code_is_judged_as_is_its_printed_syntax(catalogue):
    found = {
        (row.syntax.split(" (")[0], row.judged_as) for row in catalogue.values() if row.judged_as
    }
    assert found == {
        ("UBL 2.1", "ubl-2.1"),
        ("UBL Invoice", "ubl-2.1"),
        ("UBL Invoice Minimal + PDF", "ubl-2.1"),
        ("UBL Invoice Mémoire", "ubl-2.1"),
        ("CII 16B", "cii-d16b"),
        ("CII 16B Minimal + PDF", "cii-d16b"),
        ("CII 22B", "cii-d22b"),
        ("Factur-X", "factur-x"),
        ("Factur-X", "factur-x-d16b"),
        ("CPPFactureMixte", "cpp-facture-mixte"),
        ("CPPStatut", "cpp-statut"),
        ("CDAR", "cdar-d22b"),
        ("F10 specific XML", "flux-10"),
    }
