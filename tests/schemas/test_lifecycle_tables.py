"""The tables of the life cycle are complete, agree with each other and say where they come from."""

import re

import pytest

from simulator import resources
from simulator.domain.businesstime import parse_duration

FOLDER = resources.path("schemas", "lifecycle")
FILES = sorted(file.name for file in FOLDER.glob("*.toml"))
TABLE = resources.life_cycle()
MARKS = {"official", "deduced", "assumed"}


def rows(value, path=""):
    """Every table that states a source, with where it is."""
    if isinstance(value, dict):
        if "source" in value:
            yield path, value
        for key, below in value.items():
            yield from rows(below, f"{path}.{key}")
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from rows(below, f"{path}[{number}]")


def table_of(name):
    return resources.table("schemas", "lifecycle", name)


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_a_source_and_a_mark(name):
    found = list(rows(table_of(name)))
    assert found
    for path, row in found:
        assert row["mark"] in MARKS, path
        assert len(row["source"]) > 5, path


@pytest.mark.parametrize("table", ["right", "alias", "told", "obligation", "story"])
def test_every_row_of_a_list_is_a_row_with_a_source(table):
    tables = [t for name in FILES for t in table_of(name).get(table, [])]
    assert tables
    assert all({"source", "mark"} <= set(row) for row in tables)


def test_no_key_is_in_two_files():
    keys = [key for name in FILES if name != "flow-states.toml" for key in table_of(name)]
    assert len(keys) == len(set(keys))


def test_codes_in_all_rows_exist():
    for row in (*TABLE.right, *TABLE.told):
        for code in row.statuses:
            assert TABLE.status(row.circuit, code), row
    for row in TABLE.alias:
        assert TABLE.status(row.circuit, row.means), row
    for life, order in TABLE.order.items():
        codes = {*order.first, *order.ends, *order.again, *order.moves}
        codes |= {code for after in order.moves.values() for code in after}
        assert {c for c in codes if TABLE.status(life, c) is None} == set()
        assert codes <= set(order.moves)
    for obligation in TABLE.obligation:
        for life in obligation.circuits:
            assert all(TABLE.status(life, code) for code in obligation.statuses)
    for step in TABLE.story:
        assert all(TABLE.status(life, step.status) for life in step.circuits)
    assert set(TABLE.motifs.lists) <= set(TABLE.statuses.afnor)
    assert set(TABLE.motifs.of_buyer) <= set(TABLE.statuses.a)


def test_groups_of_validation_in_all_rows_exist():
    for row in (*TABLE.right, *TABLE.told, *TABLE.story):
        assert set(row.cadres) <= set(TABLE.validation)


def test_the_eight_published_ids_of_referential_b_are_those_of_the_specifications():
    published = {code: row.same for code, row in TABLE.statuses.b.items() if row.mark == "official"}
    assert published == {
        "16": "06",
        "17": "05",
        "18": "08",
        "19": "11",
        "20": "10",
        "21": "09",
        "32": "12",
        "37": "07",
    }


def test_referentials_a_and_b_agree_on_names():
    named = {row.same: row.name for row in TABLE.statuses.b.values() if row.same}
    assert named == {code: row.name for code, row in TABLE.statuses.a.items()}


def test_referential_a_and_the_unpublished_codes_are_those_of_the_schema():
    schema = resources.path("schemas", "xsd", "CPPStatut.xsd").read_text(encoding="utf-8")
    block = schema.partition('name="InvoiceStatusCode"')[2]
    codes = re.findall(r'enumeration value="(\d\d)"', block)
    assert sorted([*TABLE.statuses.a, *TABLE.unpublished.codes]) == codes


def test_every_status_that_an_interface_carries_is_in_a_referential():
    for code, row in resources.table("schemas", "catalogue.toml").items():
        for status in row.get("statuses", ()):
            known = {**TABLE.statuses.a, **TABLE.statuses.afnor}
            is_flow = row["kind"] == "CPPStatut" and row["level"] == "flow"
            assert is_flow or status in known, (code, status)


def test_the_story_is_written_in_business_time():
    for row in table_of("rules.toml")["story"]:
        assert parse_duration(row["after"]).total_seconds() > 0


def test_refusals_use_motifs_of_a_601():
    assert {row.code for row in TABLE.refusals.values()} <= set(TABLE.motifs.lists["601"])


def test_motifs_of_the_rule_pack_and_of_the_table_are_the_same():
    """BR-FR-CDV judges what others write by the same lists that we write by."""
    packs = "".join(
        file.read_text(encoding="utf-8")
        for file in sorted(resources.path("schemas", "rules", "packs", "br-fr-cdv").glob("*.toml"))
    )
    for status in ("206", "207", "208", "210", "213"):
        for motif in TABLE.motifs.lists[status]:
            assert re.search(rf"\b{motif}\b", packs), (status, motif)


def test_the_words_of_a_motif_are_written_once():
    own = set(table_of("motifs.toml")["motifs"]["labels"])
    assert own & set(resources.motif_labels()) == set()
    assert own | set(resources.motif_labels()) == set(TABLE.motifs.labels)
