"""The circuits answer deposits with codes and statuses that the catalogue knows."""

import msgspec
import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import CircuitPlan, Options

FAMILIES = {"b2g": "historic", "b2g-pa": "pa-b2g"}
OF_FLOW = ("flow_accepted", "flow_partial", "flow_refused")
OF_INVOICE = ("invoice_accepted", "invoice_refused")


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.from_table(resources.table("schemas", "catalogue.toml"))


@pytest.fixture(params=FAMILIES, scope="module")
def plan(request):
    return read(request.param)


def read(circuit):
    table = resources.table("schemas", "circuits", f"{circuit}.toml")
    return msgspec.convert(table, CircuitPlan)


def statuses(plan, names):
    answers = ((name, getattr(plan, name)) for name in names)
    return {name: answer and answer.status for name, answer in answers}


def test_the_file_is_named_for_its_circuit(plan):
    path = resources.path("schemas", "circuits", f"{plan.circuit}.toml")
    assert path.stem == plan.circuit


def test_every_deposit_of_invoices_of_the_family_is_in_the_plan(plan, catalogue):
    family = FAMILIES[plan.circuit]
    deposits = {
        code
        for code, row in catalogue.items()
        if row.family == family and row.direction == "EMISSION" and row.level == "-"
    }
    assert set(plan.deposits) == deposits


def test_answers_on_flows_are_statuses_of_the_deposits_own_acknowledgement(plan, catalogue):
    for name in OF_FLOW:
        answer = getattr(plan, name)
        assert answer.interface == "{flow_ack}"
        for deposit in plan.deposits:
            assert answer.status in catalogue[catalogue[deposit].flow_ack].statuses


def test_answers_on_invoices_are_statuses_of_an_object_acknowledgement(plan, catalogue):
    choice = {"{life_cycle}": Options().life_cycle_interface}
    for answer in filter(None, (getattr(plan, name) for name in OF_INVOICE)):
        code = choice.get(answer.interface, answer.interface)
        assert answer.status in catalogue[code].statuses
        assert all(code in catalogue[deposit].object_acks for deposit in plan.deposits)


def test_the_fallback_is_the_acknowledgement_of_a_deposit(plan, catalogue):
    assert plan.fallback_ack in {catalogue[deposit].flow_ack for deposit in plan.deposits}


def test_the_historic_channel_reports_90_96_93_and_01():
    plan = read("b2g")
    assert plan.format == "cppstatut"
    assert statuses(plan, OF_FLOW + OF_INVOICE) == {
        "flow_accepted": "90",
        "flow_partial": "96",
        "flow_refused": "93",
        "invoice_accepted": "01",
        "invoice_refused": None,
    }


def test_the_channel_of_platforms_answers_500_501_202_and_213():
    plan = read("b2g-pa")
    assert plan.format == "cdar"
    assert statuses(plan, OF_FLOW + OF_INVOICE) == {
        "flow_accepted": "500",
        "flow_partial": "500",
        "flow_refused": "501",
        "invoice_accepted": "202",
        "invoice_refused": "213",
    }
