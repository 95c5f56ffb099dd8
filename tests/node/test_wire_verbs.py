"""`aife-sim wire` and `flow raw --wire`: raw bytes of an exchange, decoded beside."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from as2_desk import Desk, flow_name
from as2_partner import listening
from click.testing import CliRunner, Result
from running_node import RunningNode

from simulator.cli.main import aife_sim
from simulator.wire import as2


def verb(node: RunningNode, *arguments: str) -> Result:
    environment = {"AIFE_SIM_NODE": str(node.ready_file)}
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(
            CliRunner().invoke, aife_sim, list(arguments), env=environment
        ).result()
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def desk(node: RunningNode) -> Desk:
    return Desk(node)


def test_flow_raw_shows_deposit_and_push_with_what_was_read_of_them(desk: Desk) -> None:
    partner, name = desk["DEM002"], flow_name("DEM002")
    with listening(partner.answer) as listener:
        desk.announce("DEM002", listener.url)
        outgoing = partner.message(b"", name)
        partner.post(outgoing)
        desk.node.quiet()
        desk.announce("DEM002", None)
    (got,) = listener.got
    said = verb(desk.node, "flow", "raw", "latest", "--wire").output
    for part in (
        "as2  received from DEM002",
        "  | POST /as2 HTTP/1.1",
        f"  | Message-ID: {outgoing.message_id}",
        "bytes of body: aife-sim wire raw)",  # encrypted
        "  | Disposition: automatic-action/MDN-sent-automatically; processed",
        "layers: encrypted ",
        f"name {name}",
        f"mic: {str(outgoing.mic('sha256')).partition(',')[0]}, sha-256",
        "as2  sent to DEM002",
        f"url: {listener.url}",
        f"original message: {got.request.message_id}",
        "signed by: ",
    ):
        assert part in said, said


def test_wire_list_tells_of_refused_messages_and_strangers_too(desk: Desk) -> None:
    partner = desk["DEM002"]
    partner.send(b"", flow_name("DEM002"), security=as2.Security())
    stranger, _ = partner.send(b"", flow_name("DEM002"), as2_from="NOBODY")
    assert not stranger.disposition.is_positive
    listed = [
        json.loads(line) for line in verb(desk.node, "wire", "list", "--json").stdout.splitlines()
    ]
    assert [(row["partner"], row["outcome"]) for row in listed[:2]] == [
        ("", "processed/error: unknown-trading-relationship"),
        ("DEM002", "processed/error: insufficient-message-security"),
    ]
    own = verb(desk.node, "wire", "list", "--partner", "DEM002", "--limit", "1").output
    assert "DEM002" in own
    assert "NOBODY" not in own


def test_wire_show_and_raw_tell_one_exchange(desk: Desk) -> None:
    partner = desk["DEM002"]
    outgoing = partner.message(b"", flow_name("DEM002"), security=as2.Security())
    got = partner.post(outgoing)
    row = desk.wire("DEM002")
    said = verb(desk.node, "wire", "show", str(row["id"])).output
    for part in ("request, ", "answer, ", "  | POST /as2", "read of it", "  reason: Insufficient"):
        assert part in said, said
    raw = verb(desk.node, "wire", "raw", str(row["id"])).stdout_bytes
    assert raw.endswith(b"\r\n\r\n" + outgoing.body())
    answer = verb(desk.node, "wire", "raw", str(row["id"]), "--answer").stdout_bytes
    assert answer.endswith(b"\r\n\r\n" + got.body)
