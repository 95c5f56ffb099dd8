"""What a finding becomes: by the plan of its circuit, and in the same words by what was sent."""

import pytest

from simulator import resources
from simulator.domain.becoming import (
    Becoming,
    Replies,
    Reply,
    becomes,
    planned,
    sourced,
)
from simulator.domain.reference import Options

REFERENCE = resources.reference(Options())


def text(code, severity="error", level="invoice", **more):
    return becomes(severity, level, planned(REFERENCE, code, **more)).text


@pytest.mark.parametrize(
    ("code", "of_invoice", "of_flow"),
    [
        (
            "FSO1150A",
            "refuses the invoice: 213 Rejetée on FEN1214A",
            "makes the flow irrecevable: 501 Irrecevable on CSO1150A",
        ),
        (
            "FSO1100A",
            "refuses the invoice: a line of 96 Reçu - intégration partielle on CSO1100A",
            "makes the flow irrecevable: 93 Erreur réception on CSO1100A",
        ),
        (
            "FSO3110A",
            "refuses the invoice: 213 Rejetée on CSO3110A",
            "makes the flow irrecevable: 501 Irrecevable on CSI3110A",
        ),
        (
            "FSO1301A",
            "refuses the document: nothing is answered",
            "makes the flow irrecevable: 93 Erreur réception on CSO1301A",
        ),
    ],
)
def test_an_error_becomes_the_status_of_its_circuit(code, of_invoice, of_flow):
    assert text(code) == of_invoice
    assert text(code, level="file") == text(code, level="flow") == of_flow


def test_the_codes_named_are_those_of_the_catalogue_for_every_deposit():
    codes = [c for p in REFERENCE.circuits.values() for c in (*p.deposits, *p.statuses)]
    assert codes
    for code in codes:
        for level in ("flow", "file", "invoice"):
            found = becomes("error", level, planned(REFERENCE, code))
            assert found.interface is None or found.interface in REFERENCE.catalogue, code
            assert (found.interface is None) == text(code, level=level).endswith("is answered")


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_what_does_not_refuse_does_not_leave(severity):
    assert text("FSO1150A", severity) == f"{severity}: nothing leaves"
    assert text("FSO1150A", severity, level="file", irrecevable=True) == (
        f"{severity}: nothing leaves"
    )


def test_in_a_flow_that_is_irrecevable_no_invoice_is_answered():
    assert text("FSO1150A", irrecevable=True) == (
        "would refuse the invoice, but the flow is irrecevable: 501 Irrecevable on CSO1150A"
    )


@pytest.mark.parametrize("code", [None, "FSO9999Z"])
def test_without_an_interface_the_status_is_not_known(code):
    assert text(code) == "refuses the invoice; which status follows depends on the interface"
    assert text(code, level="file").startswith("makes the flow irrecevable; which status")


def test_a_code_that_nobody_deposits_is_said_to_be_one():
    assert text("CSO1100A") == "refuses the invoice; CSO1100A is no deposit on a circuit"


def test_the_reason_and_the_source_of_the_status_are_told():
    found = becomes("error", "invoice", planned(REFERENCE, "FSO1150A"))
    assert (found.effect, found.status, found.label) == ("invoice", "213", "Rejetée")
    assert found.interface == "FEN1214A"
    assert found.because == "an error of level invoice refuses its invoice alone"
    assert found.mark == "official"
    assert "p. 56" in (found.source or "")


def test_what_was_sent_gets_its_source_from_the_circuit():
    sent = Replies("b2g", flow=Reply("93", "Erreur réception", "CSO1100A"))
    found = becomes("error", "flow", sent)
    known = sourced(found, REFERENCE.circuits["b2g"])
    assert (found.source, known.mark) == (None, "deduced")
    assert known == becomes("error", "flow", planned(REFERENCE, "FSO1100A"))


def test_what_did_not_leave_has_no_source():
    nothing = Becoming("nothing", "warning: nothing leaves", "only an error refuses")
    assert sourced(nothing, REFERENCE.circuits["b2g"]) == nothing
