"""The circuits answer deposits with codes and statuses that the catalogue knows."""

import msgspec
import pytest

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.domain.reference import CircuitPlan, Options

DEPOSITS_OF = {
    "b2g": ("SUPPLIER",),
    "b2g-pa": ("PA_E",),
    "g2b-pa": ("PA_R",),
    "g2b-issuer": ("ISSUER",),
}
STATUSES_OF = {**DEPOSITS_OF, "b2g": ("BUYER",), "g2b-issuer": ("ISSUER", "PUBLIC_ENTITY")}
OF_FLOW = ("flow_accepted", "flow_partial", "flow_refused")
OF_INVOICE = ("invoice_accepted", "invoice_refused")


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.from_table(resources.table("schemas", "catalogue.toml"))


@pytest.fixture(params=DEPOSITS_OF, scope="module")
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


def sent_by(catalogue, senders):
    return {
        code: row
        for code, row in catalogue.items()
        if row.sender in senders and row.direction == "EMISSION"
    }


def test_every_deposit_of_those_whom_a_plan_is_for_is_in_it(plan, catalogue):
    invoices = sent_by(catalogue, DEPOSITS_OF[plan.circuit])
    assert set(plan.deposits) == {
        c for c, row in invoices.items() if row.kind[0] in "EF" and row.kind not in ("F6", "F10")
    }
    others = sent_by(catalogue, STATUSES_OF[plan.circuit])
    assert set(plan.statuses) == set(others) - set(plan.deposits)


def test_all_codes_that_are_judged_are_in_a_plan_and_no_others(catalogue):
    plans = [read(circuit) for circuit in DEPOSITS_OF]
    planned = [code for plan in plans for code in (*plan.deposits, *plan.statuses)]
    assert len(planned) == len(set(planned))
    assert set(planned) == {code for code, row in catalogue.items() if row.judged_as}


def test_answers_on_flows_are_statuses_of_the_deposits_own_acknowledgement(plan, catalogue):
    for answer in filter(None, (getattr(plan, name) for name in OF_FLOW)):
        assert answer.interface == "{flow_ack}"
        for deposit in plan.deposits:
            assert answer.status in catalogue[catalogue[deposit].flow_ack].statuses


def test_the_refusal_of_a_status_is_one_of_its_own_acknowledgement_if_it_has_one(plan, catalogue):
    for code in plan.statuses:
        if acknowledgement := catalogue[code].flow_ack:
            assert plan.flow_refused.status in catalogue[acknowledgement].statuses


def test_answers_on_invoices_are_statuses_of_an_object_acknowledgement(plan, catalogue):
    life_cycle = Options().life_cycle_interface
    for answer in filter(None, (getattr(plan, name) for name in OF_INVOICE)):
        for deposit in plan.deposits:
            own = catalogue[deposit].object_acks
            code = answer.interface.format(life_cycle=life_cycle, object_ack=own[0])
            assert answer.status in catalogue[code].statuses
            assert code in own


def test_the_fallback_is_the_acknowledgement_of_a_deposit(plan, catalogue):
    known = (*plan.deposits, *plan.statuses)
    assert plan.fallback_ack in {catalogue[deposit].flow_ack for deposit in known}


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


def test_g2b_never_says_500_and_gives_each_invoice_200_or_213():
    issuer, platform = read("g2b-issuer"), read("g2b-pa")
    assert issuer.format == platform.format == "cdar"
    assert statuses(issuer, OF_FLOW + OF_INVOICE) == {
        "flow_accepted": None,
        "flow_partial": None,
        "flow_refused": "501",
        "invoice_accepted": "200",
        "invoice_refused": "213",
    }
    assert statuses(platform, OF_FLOW + OF_INVOICE) == {
        "flow_accepted": None,
        "flow_partial": None,
        "flow_refused": "501",
        "invoice_accepted": None,
        "invoice_refused": None,
    }
