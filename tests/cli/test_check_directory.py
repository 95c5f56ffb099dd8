"""`check --directory FILE`: the exchange's checks of supplier and recipient, without a node."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.cli.main import aife_sim
from simulator.cli.structure_files import StructureFileError, structures_in
from simulator.domain.raccordement import Structure
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
FLOW = "FSO1100A_DEM001_DEM0011100000000000000001.tar.gz"
SUPPLIER, RECIPIENT = Specimen().supplier, Specimen().recipient
GOOD = ubl_invoice(Specimen())
BAD = ubl_invoice(Specimen(broken="xsd"))
TOML = f"""
[[structure]]
identifier = "{SUPPLIER}"
name = "FOURNISSEUR"
kind = "private"

[[structure]]
identifier = "{RECIPIENT}"
name = "COMMUNE"
kind = "public"

[[structure]]
identifier = "11111111111111"
name = "FERMEE"
kind = "public"
active = false
"""
CSV = (
    "identifier;name;kind;active\n"
    f"{SUPPLIER};FOURNISSEUR;private;\n"
    f"{RECIPIENT};COMMUNE;public;oui\n"
    "11111111111111;FERMEE;public;non\n"
)


def run(*arguments):
    return CliRunner().invoke(aife_sim, ["check", *map(str, arguments)], prog_name="aife-sim")


def told(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def skipped(row):
    return {s["pack"]: s["reason"] for s in row["skipped"]}


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "directory.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


@pytest.fixture
def invoice(tmp_path):
    def write(name="invoice.xml", **changes):
        path = tmp_path / name
        path.write_bytes(ubl_invoice(Specimen(**changes)))
        return path

    return write


def test_without_a_directory_an_invoice_says_that_it_was_not_looked_up(invoice):
    (row,) = told(invoice(supplier="99999999999999"))
    assert row["verdict"] == "accepted"
    assert "directory" not in row["packs"]
    assert skipped(row)["directory"] == "no --directory FILE"


def test_packs_that_were_chosen_are_not_reminded_of_a_directory(invoice):
    (row,) = told(invoice(), "--packs", "xsd")
    assert row["skipped"] == []


def test_an_invoice_between_structures_of_the_directory_is_accepted(invoice, directory):
    (row,) = told(invoice(), "--directory", directory)
    assert (row["verdict"], row["findings"]) == ("accepted", [])
    assert row["packs"] == ["xsd", "historic", "directory"]
    assert "directory" not in skipped(row)


@pytest.mark.parametrize(
    ("changes", "rule", "motif"),
    [
        ({"supplier": "99999999999999"}, "SUPPLIER_UNKNOWN", "REJ_COH"),
        ({"supplier": "11111111111111"}, "SUPPLIER_INACTIVE", "REJ_COH"),
        ({"recipient": "99999999999999"}, "RECIPIENT_UNKNOWN", "REJ_ADR"),
        ({"recipient": "11111111111111"}, "RECIPIENT_INACTIVE", "REJ_ADR"),
        ({"recipient": SUPPLIER}, "RECIPIENT_NOT_PUBLIC", "REJ_CONT_B2G"),
        ({"number": "A" * 21}, "G1.05_LENGTH", "REJ_COH"),
    ],
)
def test_what_a_node_would_refuse_is_refused_with_its_motif_and_line(
    invoice, directory, changes, rule, motif
):
    path = invoice(**changes)
    (row,) = told(path, "--directory", directory)
    (finding,) = row["findings"]
    assert (row["verdict"], finding["rule"], finding["motif"]) == ("rejected", rule, motif)
    value = next(iter(changes.values()))
    assert value in path.read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
    assert run(path, "--directory", directory).exit_code == 1


def test_a_directory_may_be_chosen_beside_packs(invoice, directory):
    path = invoice(supplier="99999999999999")
    (row,) = told(path, "--packs", "xsd", "--directory", directory)
    assert (row["packs"], row["verdict"]) == (["xsd", "directory"], "rejected")


def test_each_document_of_an_envelope_is_looked_up(tmp_path, directory):
    flow = tmp_path / FLOW
    unknown = ubl_invoice(Specimen(supplier="99999999999999"))
    flow.write_bytes(pack([("a.xml", GOOD), ("b.xml", unknown)], WHEN))
    assert [r["verdict"] for r in told(flow, "--directory", directory)] == ["accepted", "rejected"]


def test_a_document_that_is_irrecevable_is_not_looked_up(tmp_path, directory):
    path = tmp_path / "bad.xml"
    path.write_bytes(BAD)
    (row,) = told(path, "--directory", directory)
    assert row["verdict"] == "irrecevable"
    assert skipped(row)["directory"] == "irrecevable"


def test_what_is_no_invoice_says_nothing_of_a_directory(tmp_path, directory):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    for row in (*told(path), *told(path, "--directory", directory)):
        assert "directory" not in {**skipped(row), **dict.fromkeys(row["packs"])}


def test_in_g2b_the_supplier_is_the_public_one(invoice, directory):
    path = invoice(recipient=SUPPLIER)
    (row,) = told(path, "--interface", "FSO3110A", "--directory", directory)
    assert [f["rule"] for f in row["findings"] if f["pack"] == "functional"] == [
        "SUPPLIER_NOT_PUBLIC"
    ]


# -- the file -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_toml_and_csv_say_the_same(file):
    expected = (
        Structure(SUPPLIER, "FOURNISSEUR", "private"),
        Structure(RECIPIENT, "COMMUNE", "public"),
        Structure("11111111111111", "FERMEE", "public", active=False),
    )
    assert structures_in(file("d.toml", TOML)) == expected
    assert structures_in(file("d.csv", CSV)) == expected
    assert structures_in(file("d.csv", "\ufeff" + CSV.replace(";", ","))) == expected


def test_the_directory_of_the_demo_can_be_used(invoice):
    demo = Path(__file__).resolve().parents[2] / "schemas" / "demo" / "directory.toml"
    (row,) = told(invoice(), "--directory", demo)
    assert row["verdict"] == "accepted"


def test_the_last_entry_of_an_identifier_stands(file, invoice):
    again = TOML + TOML.replace('kind = "public"', 'kind = "private"')
    (row,) = told(invoice(), "--directory", file("d.toml", again))
    assert [f["rule"] for f in row["findings"]] == ["RECIPIENT_NOT_PUBLIC"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("d.toml", "", "no [[structure]] table"),
        ("d.toml", "structure = 3", "no [[structure]] table"),
        ("d.toml", "structure = [3]", "no [[structure]] table"),
        ("d.toml", "not toml", "expected [[structure]] tables"),
        ("d.toml", '[[structure]]\nidentifier = "1"\nname = "a"\n', "entry 1 (1)"),
        ("d.toml", TOML.replace("public", "secret"), f"entry 2 ({RECIPIENT})"),
        ("d.csv", "", "expected [[structure]] tables, or a CSV"),
        ("d.csv", "identifier\n1\n", "expected [[structure]] tables, or a CSV"),
        ("d.csv", "identifier;name;kind\n1;a;public;extra\n", "entry 1 (1)"),
        ("d.csv", "identifier;name;kind;active\n1;a;public;perhaps\n", "entry 1 (1)"),
    ],
)
def test_a_file_without_structures_is_a_usage_error_that_says_where(
    file, invoice, name, text, said
):
    result = run(invoice(), "--directory", file(name, text))
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path, invoice):
    binary = tmp_path / "d.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert run(invoice(), "--directory", tmp_path / "none.toml").exit_code == 2
    assert run(invoice(), "--directory", binary).exit_code == 2


@given(st.binary(max_size=200), st.sampled_from(["d.toml", "d.csv"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_file_raises_anything_else(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    try:
        structures_in(path)
    except StructureFileError as error:
        assert name in str(error)
