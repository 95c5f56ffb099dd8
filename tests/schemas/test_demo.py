"""The demo works together: its partners, its directory, the specimen and the catalogue."""

import msgspec
import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import CircuitPlan
from simulator.messages.specimen import Specimen

# Identifiers of the qualification data set of Chorus Pro, which are not ours to choose.
QUALIFICATION = {
    "33254021516357",
    "12345678200051",
    "12345678200036",
    "12345678200028",
    "12345678200044",
    "11000201100044",
}


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.from_table(resources.table("schemas", "catalogue.toml"))


@pytest.fixture(scope="module")
def partners():
    table = resources.table("schemas", "demo", "partners.toml")
    return msgspec.convert(table["partner"], list[Raccordement])


@pytest.fixture(scope="module")
def directory():
    table = resources.table("schemas", "demo", "directory.toml")
    rows = msgspec.convert(table["structure"], list[Structure])
    assert len({row.identifier for row in rows}) == len(rows)
    return {row.identifier: row for row in rows}


def is_luhn_valid(digits):
    doubled = [int(d) * (2 if rank % 2 else 1) for rank, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def test_there_is_a_partner_for_each_protocol_and_circuit(partners):
    found = [(p.code_application, p.circuit, p.protocol, p.environment) for p in partners]
    assert found == [
        ("DEM001", "b2g", "sftp", "QUAL"),
        ("DEM002", "b2g", "as2", "QUAL"),
        ("DEM003", "b2g", "pesit", "QUAL"),
        ("DEM011", "b2g-pa", "sftp", "QUAL"),
        ("DEM012", "b2g-pa", "as2", "QUAL"),
        ("DEM013", "b2g-pa", "pesit", "QUAL"),
        ("DEM021", "g2b-pa", "sftp", "QUAL"),
        ("DEM022", "g2b-pa", "as2", "QUAL"),
        ("DEM031", "g2b-issuer", "sftp", "QUAL"),
    ]


def test_partners_subscribe_to_what_is_judged_and_to_every_answer_to_it(partners, catalogue):
    for partner in partners:
        table = resources.table("schemas", "circuits", f"{partner.circuit}.toml")
        plan = msgspec.convert(table, CircuitPlan)
        assert set(plan.deposits) <= set(partner.interfaces)
        answered = set(partner.interfaces) & {*plan.deposits, *plan.statuses}
        assert answered
        for code in answered:
            assert catalogue[code].judged_as
        for code in plan.deposits:
            row = catalogue[code]
            assert {row.flow_ack, *row.object_acks} <= set(partner.interfaces)


def test_subscriptions_bring_their_own_acknowledgements(partners, catalogue):
    for partner in partners:
        for code in partner.interfaces:
            row = catalogue[code]
            assert partner.protocol in row.protocols
            assert {row.flow_ack, *row.cdv_acks} - {""} <= set(partner.interfaces)


def test_the_directory_knows_the_parties_of_the_specimen(directory):
    spec = Specimen()
    supplier, recipient = directory[spec.supplier], directory[spec.recipient]
    assert (supplier.name, supplier.kind) == (spec.supplier_name, "private")
    assert (recipient.name, recipient.kind) == (spec.recipient_name, "public")


def test_the_directory_has_every_kind_of_party_to_try(directory):
    kinds = {(row.kind, row.active) for row in directory.values()}
    assert kinds == {("public", True), ("public", False), ("private", True), ("private", False)}


def test_no_structure_of_ours_can_be_a_company(directory):
    for identifier in directory:
        assert len(identifier) == 14
        assert identifier.isdigit()
        assert identifier in QUALIFICATION or not is_luhn_valid(identifier[:9])
