"""Specimen statuses are valid, pass the official rules on life-cycle messages, and say what is asked."""

import pytest
from lxml import etree
from packs import schematron

from simulator.messages import statusfacts
from simulator.messages.cdarreading import read
from simulator.messages.specimen_status import Status, cdar_message, cpp_statut
from simulator.messages.specimens.statuses import LABELS
from simulator.validation.syntaxes import schema_of

# BR-FR-CDV is about statuses of invoices.
OF_INVOICES = [code for code in LABELS if code.startswith("2")]


def facts(content):
    (found,) = statusfacts.read_all(etree.fromstring(content))
    return found


@pytest.mark.parametrize("code", LABELS)
def test_a_cdar_is_valid_and_says_its_status(code):
    content = cdar_message(Status(code, subject="F2026-001"))
    schema_of("cdar-d22b").assertValid(etree.fromstring(content))
    assert (facts(content).type_code, facts(content).number) == (code, "F2026-001")


@pytest.mark.parametrize("code", OF_INVOICES)
def test_a_status_of_an_invoice_passes_the_official_rules(code):
    pytest.importorskip("saxonche", reason="saxonche runs the official rules")
    assert schematron.fired("BR-FR-CDV", cdar_message(Status(code))) == {}


def test_a_seller_speaks_of_its_own_invoice():
    root = etree.fromstring(cdar_message(Status("212", supplier="90000000700018")))
    spaces = {prefix: space for space, prefix in statusfacts.PREFIXES.items()}
    issuer = "rsm:ExchangedDocument/ram:IssuerTradeParty/"
    assert root.findtext(f"{issuer}ram:RoleCode", namespaces=spaces) == "SE"
    assert root.findtext(f"{issuer}ram:GlobalID", namespaces=spaces) == "90000000700018"
    assert root.findtext(".//ram:ValueAmount", namespaces=spaces) == "360.00"


@pytest.mark.parametrize("code", ["90", "92", "94", "96", "01", "04", "06", "11", "41"])
def test_a_cpp_statut_is_valid_and_says_its_status(code):
    content = cpp_statut(Status(code, subject="F2026-001"))
    schema_of("cpp-statut").assertValid(etree.fromstring(content))
    assert (facts(content).type_code, facts(content).number) == (code, "F2026-001")


def test_the_same_status_gives_the_same_bytes():
    for write, code in ((cdar_message, "210"), (cdar_message, "601"), (cpp_statut, "06")):
        assert write(Status(code)) == write(Status(code)) != write(Status(code, subject="X"))


def test_a_flow_name_that_is_none_is_refused():
    for write, code in ((cdar_message, "210"), (cpp_statut, "06")):
        with pytest.raises(ValueError, match="interface"):
            write(Status(code, flow="x"))


@pytest.mark.parametrize("code", ["209", "227"])
def test_a_completed_invoice_comes_with_a_file(code):
    (status,) = read(etree.fromstring(cdar_message(Status(code)))).statuses
    (file,) = status.attachments
    assert (file.name, file.mime) == ("annexe.csv", "text/csv")
    assert file.content


def test_a_rejection_speaks_of_a_message():
    (status,) = read(etree.fromstring(cdar_message(Status("601", subject="CDV-7")))).statuses
    assert (status.kind, status.number) == ("message", "CDV-7")
