"""``invoice make``: a document on standard output, or a flow that a node accepts."""

import json
import subprocess
import sys
import tarfile
from typing import get_args

import pytest
from click.testing import CliRunner
from lxml import etree

from simulator.cli import invoice
from simulator.cli.main import aife_sim
from simulator.messages import cii, ubl
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.messages.specimens import factory
from simulator.messages.specimens.model import Circuit, Level
from simulator.messages.specimens.variety import varied
from simulator.validation.packs.breaking import choosing, volumes
from simulator.validation.packs.breaking.unbreakable import why
from simulator.validation.packs.loading import load, names

ID = "000000000000001"
# A deposit of each syntax that invoices travel in: what an envelope of that name is to hold.
FLOWS = {
    f"FSO1100A_DEM001_DEM0011100{ID}": ("ubl-invoice", "A1"),
    f"FSO1110A_DEM001_DEM0011110{ID}": ("ubl-invoice", "A1"),
    f"FSO1113A_DEM001_DEM0011113{ID}": ("cpp-facture-mixte", "A1"),
    f"FSO1116A_DEM001_DEM0011116{ID}": ("cii-d16b", "A1"),
    f"FSO1117A_DEM001_DEM0011117{ID}": ("factur-x", "A1"),
    f"FSO1150A_DEM011_DEM0111150{ID}": ("ubl-invoice", "S1"),
    f"FSO1156A_DEM011_DEM0111156{ID}": ("cii-d22b", "S1"),
    f"FSO3117A_DEM031_DEM0313117{ID}": ("factur-x", "S1"),
}


def run(*arguments):
    return CliRunner().invoke(aife_sim, [*map(str, arguments)], prog_name="aife-sim")


def made(*arguments):
    result = run("invoice", "make", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def refused(*arguments):
    result = run("invoice", "make", *arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


def test_without_options_it_is_the_plain_specimen():
    assert made() == ubl_invoice(Specimen())


def test_the_options_name_what_the_factory_has():
    assert invoice.SYNTAXES == factory.SYNTAXES
    assert get_args(Circuit) == invoice.CIRCUITS
    assert get_args(Level) == invoice.PROFILES


@pytest.mark.parametrize("syntax", factory.SYNTAXES)
def test_every_syntax_is_made_from_a_seed(syntax):
    assert made("--syntax", syntax, "--seed", 3, "--lines", 4) == factory.document(
        varied(Specimen(), 3, 4), syntax
    )


def test_options_that_tell_the_invoice_are_in_it():
    content = made(
        *("--circuit", "g2b-issuer", "--number", "F-9", "--issue-date", "2027-02-03"),
        *("--cadre", "B1", "--service", "S1", "--engagement", "E1", "--lines", 7),
        *("--supplier", "90000000500012", "--recipient", "90000000300017", "--credit-note"),
        *("--syntax", "cii-d22b"),
    )
    facts = cii.read_facts(etree.fromstring(content))
    assert (facts.number, facts.issue_date, facts.profile) == ("F-9", "2027-02-03", "B1")
    assert (facts.supplier, facts.supplier_name) == ("90000000500012", "ECOLE IMAGINAIRE")
    assert (facts.recipient, facts.recipient_name) == ("90000000300017", "TRANSPORTS SANS ROUTE")
    assert facts.type_code == "381"
    assert content.count(b"<ram:LineID>") == 7
    assert b">S1</ram:BuyerReference>" in content
    assert b">E1</ram:IssuerAssignedID>" in content


def test_an_identifier_may_be_left_out():
    root = etree.fromstring(made("--supplier", "", "--recipient", ""))
    facts = ubl.read_facts(root)
    assert (facts.supplier, facts.recipient) == ("", "")


def test_a_profile_is_that_of_the_factur_x():
    content = made("--syntax", "factur-x", "--profile", "basic", "--circuit", "b2g-pa")
    assert b"<fx:ConformanceLevel>BASIC<" in content


@pytest.mark.parametrize("flow", FLOWS)
def test_an_envelope_is_ready_to_send(tmp_path, flow):
    syntax, cadre = FLOWS[flow]
    path = tmp_path / f"{flow}.tar.gz"
    assert made("--envelope", path, "--count", 2, "--number", "F-0001", "--seed", 5) == b""
    result = run("check", path, "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.output
    assert [(each["syntax"], each["verdict"]) for each in told] == [(syntax, "accepted")] * 2
    assert [each["findings"] for each in told] == [[]] * 2
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    with tarfile.open(path) as archive:
        content = archive.extractfile(archive.getmembers()[-1]).read()
    assert cadre.encode() in content or syntax == "factur-x"


def test_what_is_asked_goes_before_the_interface(tmp_path):
    path = tmp_path / f"FSO1150A_DEM011_DEM0111150{ID}.tar.gz"
    made("--envelope", path, "--circuit", "b2g", "--syntax", "cii-d16b")
    with tarfile.open(path) as archive:
        content = archive.extractfile(archive.getmembers()[0]).read()
    assert cii.read_facts(etree.fromstring(content)).profile == "A1"


def test_a_cpp_knows_the_flow_it_travels_in(tmp_path):
    path = tmp_path / f"FSO1113A_DEM001_DEM0011113{ID}.tar.gz"
    made("--envelope", path)
    with tarfile.open(path) as archive:
        content = archive.extractfile(archive.getmembers()[0]).read()
    assert f"<Valeurparametre>DEM0011113{ID}</Valeurparametre>".encode() in content


def test_misuse_is_told(tmp_path):
    assert "--count needs --envelope" in refused("--count", 2)
    assert "interface letters" in refused("--envelope", tmp_path / "invoices.tar.gz")
    zipped = tmp_path / f"FSO1100A_DEM001_DEM0011100{ID}.zip"
    assert ".tar.gz" in refused("--envelope", zipped)
    assert "31/12/2026" in refused("--issue-date", "31/12/2026")
    assert "historic circuit" in refused("--syntax", "cpp", "--circuit", "b2g-pa")
    assert "basic" in refused("--profile", "basic")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_half_envelope(tmp_path):
    path = tmp_path / f"FSO1113A_DEM001_DEM0011113{ID}.tar.gz"
    assert "circuit b2g-pa" in refused("--envelope", path, "--circuit", "b2g-pa")
    missing = tmp_path / "missing" / path.name
    assert run("invoice", "make", "--envelope", missing).exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_a_matter_of_the_environment(monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    result = run("invoice", "make", "--syntax", "factur-x")
    assert (result.exit_code, "pip install fpdf2" in result.stderr) == (3, True)


def test_help_loads_neither_the_factory_nor_the_pdf_library():
    program = (
        "import sys\n"
        "import simulator.cli.invoice\n"
        "print([m for m in ('fpdf', 'msgspec', 'simulator.messages') if m in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert result.stdout.split() == [b"[]"]


@pytest.mark.parametrize("code", ["FSO1304A", "FSO6000A", "CSO1100A"])
def test_an_envelope_on_a_code_that_carries_no_invoices_is_a_usage_error(tmp_path, code):
    flow = tmp_path / f"{code}_DEM011_DEM011{code[3:7]}000000000000001.tar.gz"
    result = CliRunner().invoke(aife_sim, ["invoice", "make", "--envelope", str(flow)])
    assert result.exit_code == 2
    assert "carries no invoices" in result.output
    assert not flow.exists()


def test_a_rule_is_broken_and_told_of():
    told = run("invoice", "make", "--break", "BR-FR-12_BT-49", "--lines", 3)
    assert told.exit_code == 0
    assert told.stdout_bytes.count(b"<cac:InvoiceLine>") == 3
    assert "breaks BR-FR-12_BT-49 of pack br-fr, changed in line" in told.stderr
    told = run("invoice", "make", "--break", "BR-16", "--circuit", "b2g-pa")
    assert "cannot be broken alone; with it: BR-CO-10, BR-S-08" in told.stderr


@pytest.mark.parametrize(
    ("rule", "circuit", "pack"),
    [
        ("G1.05_LENGTH", "b2g", "historic"),
        ("BR-FR-12_BT-49", "b2g-pa", "br-fr"),
        ("BR-S-08", "g2b-issuer", "en16931"),
        ("BR-FREXT-05", "b2g-pa", "extended-ctc-fr"),
        ("CII-FREXTDT-027", "b2g-pa", "extended-ctc-fr"),
        ("BR-FREXT-CO-10", "b2g-pa", "extended-ctc-fr"),
        ("BR-FR-MV-02_EXT-FR-FE-163", "b2g-pa", "br-fr"),
        ("BR-FR-CPRO-24", "b2g-pa", "cpro"),
    ],
)
def test_a_rule_is_broken_in_a_factur_x(tmp_path, rule, circuit, pack):
    path = tmp_path / "broken.pdf"
    told = ("--syntax", "factur-x", "--circuit", circuit)
    path.write_bytes(made("--break", rule, *told))
    checked = json.loads(run("check", path, "--packs", f"xsd,{pack}", "--json").stdout)
    assert checked["syntax"] == "factur-x"
    assert [finding["rule"] for finding in checked["findings"]] == [rule]


def test_a_rule_of_another_syntax_is_not_broken_in_a_factur_x():
    told = refused("--break", "UBL-CR-001", "--syntax", "factur-x")
    assert "UBL-CR-001 is not one of --syntax factur-x: it can be broken with --syntax ubl" in told
    assert "too many for a PDF" in refused("--break", "BR-FR-CPRO-19", "--syntax", "factur-x")


def test_a_rule_on_the_number_of_lines_is_broken_by_their_number(monkeypatch):
    monkeypatch.setattr(volumes, "LINES", {"BR-FR-CPRO-19": 4})
    told = run("invoice", "make", "--break", "BR-FR-CPRO-19", "--syntax", "cii-d22b")
    assert told.stdout_bytes.count(b"<ram:LineID>") == 4
    assert "breaks BR-FR-CPRO-19 of pack cpro by its 4 lines" in told.stderr


def test_what_cannot_be_broken_is_refused_with_the_reason():
    assert "there is no rule BR-999" in refused("--break", "BR-999")
    assert "is not one of --circuit b2g" in refused("--break", "BR-16", "--circuit", "b2g")
    assert "official test never fails" in refused("--break", "BR-FR-CDV-04_MDG-4")
    told = refused("--break", "BR-FR-CO-05_BT-3", "--syntax", "ubl")
    assert "cannot be broken: in UBL the official test looks at CreditNotes only" in told
    assert b"<CreditNote " in made("--break", "BR-FR-CO-03_BT-3")


def listed(*arguments):
    rows = made("--break", "list", *arguments).decode().splitlines()
    return [tuple(row.split("\t")) for row in rows]


def test_the_list_has_what_can_be_broken_and_nothing_else():
    everything = {rule.id for pack in names() for rule in load(pack).rules}
    somewhere = {
        choice.rule.id
        for choice in choosing.offered(choosing.Wanted())
        if not why(choice.rule, choice.scope.syntax)
    }
    ids = [rule for rule, *_ in listed()]
    assert len(ids) == len(set(ids))
    assert set(ids) == somewhere
    assert 0 < len(everything - somewhere) < 30


def test_the_list_is_of_the_syntax_and_circuit_that_were_asked_for():
    historic = listed("--circuit", "b2g")
    assert ("G1.05_LENGTH", "historic", "error") in historic
    assert {pack for _, pack, _ in historic} == {"historic"}
    ubl_ids = {rule for rule, *_ in listed("--syntax", "ubl")}
    note_ids = {rule for rule, *_ in listed("--syntax", "ubl-creditnote")}
    assert "BR-FR-CO-03_BT-3" in note_ids - ubl_ids
    assert "BR-FR-16_BT-152" in ubl_ids - note_ids
    assert "UBL-CR-001" not in {rule for rule, *_ in listed("--syntax", "factur-x")}
