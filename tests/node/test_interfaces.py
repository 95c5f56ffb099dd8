"""Every deposit code of the catalogue over SFTP: its answer to a good flow, and to one that is not.

All flows are deposited and all answers fetched once; each test looks at those of its code.
"""

from __future__ import annotations

import io
from itertools import chain
from typing import Any, NamedTuple

import paramiko
import pytest
from interface_flows import CATALOGUE, ROWS, Answers, flows_of, standing_of
from running_node import RunningNode

from simulator.messages.summary import statuses

INVOICES = [code for code, row in ROWS.items() if row.rejected is not None]
# No demo partner is a public buyer of the historic channel.
BUYER = {
    "code": "BUYER1",
    "circuit": "b2g",
    "protocol": "sftp",
    "interfaces": ["FEN0036A", "FSO1300A", "CSO1300A", "FSO1301A", "CSO1301A"],
}


class Outcome(NamedTuple):
    """What became of a flow: its rows in the API, and the content of its returns by name."""

    name: str
    state: str
    why: dict[str, Any]
    returns: dict[str, bytes]

    @property
    def answers(self) -> Answers:
        """What its returns say, one status each."""
        said = {name[:8]: statuses(content) for name, content in self.returns.items()}
        assert len(said) == len(self.returns)
        assert {len(each) for each in said.values()} <= {1}
        return {code: (one.status, *one.motifs) for code, (one,) in said.items()}


def fetched(sftp: paramiko.SFTPClient, known: set[str]) -> dict[str, bytes]:
    """What waits and was not there before, by name."""
    found = {}
    for name in sorted(set(sftp.listdir("/retrait")) - known):
        with sftp.open(f"/retrait/{name}") as file:
            found[name] = file.read()
    return found


class Exchange:
    """All flows deposited, all returns fetched."""

    def __init__(self, node: RunningNode) -> None:
        self._node = node
        self.flows = {
            (f.code, f.what): f for code, row in ROWS.items() for f in flows_of(code, row)
        }
        self.returns: dict[str, bytes] = {}
        self.left: list[str] = []
        for partner in sorted({row.partner for row in ROWS.values()}):
            with node.session(partner) as sftp:
                self._with(sftp, partner)

    def _with(self, sftp: paramiko.SFTPClient, partner: str) -> None:
        known = set(sftp.listdir("/retrait"))
        for flow in self.flows.values():
            if ROWS[flow.code].partner == partner:
                sftp.putfo(io.BytesIO(flow.content), f"/depot/{flow.name}")
        self._node.quiet()
        self.returns |= fetched(sftp, known)
        self.left += set(sftp.listdir("/retrait")) - known

    def outcome(self, code: str, what: str) -> Outcome:
        """What became of one of them."""
        name = self.flows[code, what].name
        flow = self._node.client.get(f"/api/v1/flows/{name}")
        returns = {row["name"]: self.returns[row["name"]] for row in flow["returns"]}
        return Outcome(name, flow["state"], self._node.why(name), returns)


@pytest.fixture(scope="module")
def exchange(node: RunningNode) -> Exchange:
    node.client.post("/api/v1/partners", BUYER)
    node.ready = node.client.get("/api/v1/node")
    return Exchange(node)


def errors(outcome: Outcome) -> list[dict[str, Any]]:
    return [f for f in outcome.why["findings"] if f["severity"] == "error"]


def test_the_table_has_every_code_that_is_judged() -> None:
    assert set(ROWS) == {code for code, row in CATALOGUE.items() if row.judged_as}
    assert len(ROWS) == 36


@pytest.mark.parametrize("code", ROWS)
def test_a_good_flow_has_the_answer_of_its_circuit(exchange: Exchange, code: str) -> None:
    outcome = exchange.outcome(code, "good")
    assert errors(outcome) == []
    assert (outcome.state, outcome.why["verdict"]) == standing_of(code)
    assert outcome.answers == ROWS[code].good


@pytest.mark.parametrize("code", ROWS)
def test_a_document_against_its_schema_is_refused_on_the_code_of_its_report(
    exchange: Exchange, code: str
) -> None:
    outcome = exchange.outcome(code, "broken")
    (error,) = errors(outcome)
    assert error["pack"] == "xsd"
    assert error["rule"].startswith("cvc-complex-type.2.4.")
    assert (outcome.state, outcome.why["verdict"]) == ("IN_REJETE", "irrecevable")
    assert outcome.answers == ROWS[code].broken


@pytest.mark.parametrize("code", INVOICES)
def test_an_invoice_to_nobody_is_refused_where_its_circuit_says_so(
    exchange: Exchange, code: str
) -> None:
    outcome = exchange.outcome(code, "rejected")
    assert {f["motif"] for f in errors(outcome)} == {"REJ_ADR"}
    assert (outcome.state, outcome.why["verdict"]) == ("IN_INTEGRE_PARTIEL", "rejected")
    assert outcome.answers == ROWS[code].rejected


def test_a_report_keeps_the_name_of_its_flow_but_for_the_code(exchange: Exchange) -> None:
    reports = 0
    for code, what in exchange.flows:
        outcome = exchange.outcome(code, what)
        for name in outcome.returns:
            if name.startswith(CATALOGUE[code].flow_ack or "-"):
                stem = outcome.name.partition(".")[0]
                assert name == f"{CATALOGUE[code].flow_ack}{stem[8:]}.tar.gz"
                reports += 1
    assert reports == 13 * 3 + 2 + 9


def test_nothing_else_comes_and_nothing_stays(exchange: Exchange) -> None:
    answered = [exchange.outcome(code, what).returns for code, what in exchange.flows]
    assert sorted(chain(*answered)) == sorted(exchange.returns)
    assert exchange.left == []
