"""Every deposit code of the catalogue over SFTP: its answer to a good flow, and to one that is not.

All flows are deposited and all answers fetched once; each test looks at those of its code.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import paramiko
import pytest
from interface_documents import STYLESHEET, WHEN, document
from running_node import RunningNode

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen
from simulator.messages.summary import statuses

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))

# What comes back: by code of the return, its one status with the motifs.
Answers = Mapping[str, tuple[str, ...]]
SILENCE: Answers = {}


class Row(NamedTuple):
    """Who deposits on a code, and what comes back; no `rejected` where no invoices travel."""

    partner: str
    good: Answers
    broken: Answers
    rejected: Answers | None = None


def _historic(report: str) -> Row:
    return Row(
        "DEM001",
        good={report: ("90",), "FEN1201A": ("01",)},
        broken={report: ("93", "IRR_SYNTAX")},
        rejected={report: ("96", "REJ_ADR")},
    )


def _of_platform(report: str) -> Row:
    return Row(
        "DEM011",
        good={report: ("500",), "FEN1214A": ("202",)},
        broken={report: ("501", "IRR_SYNTAX")},
        rejected={report: ("500",), "FEN1214A": ("213", "REJ_ADR")},
    )


def _of_issuer(report: str, status: str) -> Row:
    return Row(
        "DEM031",
        good={status: ("200",)},
        broken={report: ("501", "IRR_SYNTAX")},
        rejected={status: ("213", "REJ_ADR")},
    )


def _acknowledgement(partner: str) -> Row:
    return Row(partner, SILENCE, SILENCE)


def _message(partner: str, report: str, refused: str = "501") -> Row:
    return Row(partner, SILENCE, {report: (refused, "IRR_SYNTAX")})


# Chorus Pro external specifications v1.0 p. 55-61, fig. 19-25; annex of interface codes v1.0.
ROWS = {
    "FSO1100A": _historic("CSO1100A"),
    "FSO1106A": _historic("CSO1106A"),
    "FSO1110A": _historic("CSO1110A"),
    "FSO1113A": _historic("CSO1113A"),
    "FSO1116A": _historic("CSO1116A"),
    "FSO1117A": _historic("CSO1117A"),
    "FSO1120A": _historic("CSO1120A"),
    "FSO1130A": _historic("CSO1130A"),
    "FSO1131A": _historic("CSO1131A"),
    "FSO1137A": _historic("CSO1137A"),
    "FSO1300A": _message("BUYER1", "CSO1300A", "93"),
    "FSO1301A": _message("BUYER1", "CSO1301A", "93"),
    "FSO1150A": _of_platform("CSO1150A"),
    "FSO1156A": _of_platform("CSO1156A"),
    "FSO1157A": _of_platform("CSO1157A"),
    "FSO1304A": _message("DEM011", "CSO1304A"),
    "FSO1305A": _message("DEM011", "CSO1305A"),
    "CEN1204A": _acknowledgement("DEM011"),
    "CEN1205A": _acknowledgement("DEM011"),
    "CEN1214A": _acknowledgement("DEM011"),
    "FSO3301A": _message("DEM021", "CSI3301A"),
    "FSO3303A": _message("DEM021", "CSI3303A"),
    "CEN3036A": _acknowledgement("DEM021"),
    "CEN3736A": _acknowledgement("DEM021"),
    "CEI3036A": _acknowledgement("DEM021"),
    "CEI3736A": _acknowledgement("DEM021"),
    "CEI4001A": _acknowledgement("DEM021"),
    "CEI4003A": _acknowledgement("DEM021"),
    "FSO3110A": _of_issuer("CSI3110A", "CSO3110A"),
    "FSO3117A": _of_issuer("CSI3117A", "CSO3117A"),
    "FSO3300A": _message("DEM031", "CSI3300A"),
    "FSO3302A": _message("DEM031", "CSI3302A"),
    "CEI4000A": _acknowledgement("DEM031"),
    "CEI4002A": _acknowledgement("DEM031"),
    "FSO6000A": _message("DEM031", "CSI6000A"),
    "CEI6000A": _acknowledgement("DEM031"),
}
INVOICES = [code for code, row in ROWS.items() if row.rejected is not None]
# No demo partner is a public buyer of the historic channel.
BUYER = {
    "code": "BUYER1",
    "circuit": "b2g",
    "protocol": "sftp",
    "interfaces": ["FEN0036A", "FSO1300A", "CSO1300A", "FSO1301A", "CSO1301A"],
}


class Flow(NamedTuple):
    """A flow to deposit."""

    code: str
    what: str
    name: str
    content: bytes


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


def specimen(code: str, what: str) -> Specimen:
    """The invoice of a code, between demo parties; in G2B the supplier is the public one."""
    is_historic, to_private = CATALOGUE[code].family == "historic", CATALOGUE[code].family == "g2b"
    private, public = "33254021516357", "12345678200051"
    recipient = private if to_private else public
    return Specimen(
        circuit="b2g" if is_historic else "b2g-pa",
        number=f"{code[3:7]}-{what}",
        supplier=public if to_private else private,
        recipient="90000000900017" if what == "rejected" else recipient,
    )


def stem_of(code: str) -> str:
    """The name of a file in its envelope; that of a declaration tells what is in it."""
    return "123456782_TR-1_20260901_20260910" if code == "FSO6000A" else "facture"


def flows_of(code: str, row: Row) -> Iterator[Flow]:
    """Good and rejected ones in an envelope, broken ones as a bare document."""
    interface = CATALOGUE[code]
    kinds = ("good", "broken") if row.rejected is None else ("good", "broken", "rejected")
    for number, what in enumerate(kinds):
        content = document(interface, specimen(code, what), broken=what == "broken")
        extension = ".pdf" if content.startswith(b"%PDF") else ".xml"
        if what != "broken":
            beside = [STYLESHEET] if interface.kind in ("E1", "E4") else []
            content = pack([(f"{stem_of(code)}{extension}", content), *beside], WHEN)
            extension = ".tar.gz"
        name = f"{code}_{row.partner}_{row.partner}{code[3:7]}70000000000000{number}{extension}"
        yield Flow(code, what, name, content)


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
    assert (outcome.state, outcome.why["verdict"]) == ("IN_INTEGRE", "accepted")
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
