"""PeSIT with a real node behind it: reports, pushes, and a machine that stops in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pesit_world import awaited
from running_node import RunningNode

from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.transport import pesit_client, pesit_returns, tls
from simulator.transport.pesit_client import Endpoint, Manner
from simulator.wire import pesit


def name_of(number):
    return f"FSO1100A_DEM003_DEM0031100{number:015d}.xml"


def report_of(number):
    return f"CSO1100A_DEM003_DEM0031100{number:015d}.tar.gz"


@pytest.fixture
def start(tmp_path):
    """Starts nodes that speak PeSIT; they end with the test."""
    nodes = []

    def one(*arguments, **fields):
        nodes.append(
            RunningNode(tmp_path / "node", "--pesit-plain-port", "0", *arguments, **fields)
        )
        return nodes[-1]

    yield one
    for node in nodes:
        node.kill()


def identity(node, partner="DEM003"):
    folder = Path(node.partner(partner)["pki"])
    return tls.Identity.read(folder / "key.pem", folder / "cert.pem")


def endpoint(node, partner="DEM003", shown=None, **manner):
    trusted = Path(node.ready["pki"], "aife", "ca.pem").read_bytes()
    context = tls.client_context(trusted, identity(node, shown or partner))
    where, how = node.ready["pesit"], Manner(**{"pause": 0.05, "sync_interval": 64} | manner)
    password = node.partner(partner)["password"]
    return Endpoint(where["host"], where["port"], partner, "CPP001", password, context, how)


def invoice(folder, number, size=10_000):
    file = folder / name_of(number)
    file.write_bytes(ubl_invoice(Specimen(number=f"P{number}", size=size)))
    return file


async def quiet(node):
    await asyncio.to_thread(node.quiet)


@awaited
async def test_a_deposit_is_judged_and_its_report_fetched(start, tmp_path):
    node = await asyncio.to_thread(start)
    await pesit_client.send(endpoint(node), [invoice(tmp_path, 1), invoice(tmp_path, 2, 400_000)])
    await quiet(node)
    box = tmp_path / "box"
    box.mkdir()
    files = await pesit_client.receive(endpoint(node), box)
    # Statuses of the life cycle may wait as well: the reports are among them, once each.
    assert sorted(f.name for f in files if f.name[:3] == "CSO") == [report_of(1), report_of(2)]
    assert await pesit_client.receive(endpoint(node), box) == []
    flows = await asyncio.to_thread(node.client.get, "/api/v1/flows")
    assert [flow["verdict"] for flow in flows] == ["accepted", "accepted"]


@awaited
async def test_another_partners_certificate_opens_nothing(start, tmp_path):
    node = await asyncio.to_thread(start)
    with pytest.raises(pesit_client.TransferFailed, match="3-304"):
        await pesit_client.send(endpoint(node, shown="DEM013"), [invoice(tmp_path, 1)])


async def changed(node, old, new):
    """Signs in with a password and changes it."""
    host, port = node.ready["pesit_plain"]["host"], node.ready["pesit_plain"]["port"]
    reader, writer = await asyncio.open_connection(host, port)
    requester = pesit.Requester(1)
    connect = pesit.Connect(requester="DEM003", server="CPP001", access=pesit.Access(old, new))
    writer.write(requester.send(connect))
    answer = next(requester.receive(await reader.read(65536)))
    writer.close()
    return getattr(answer, "diagnostic", None)


@awaited
async def test_a_password_that_its_partner_changed_outlives_a_kill(start, tmp_path):
    node = await asyncio.to_thread(start)
    assert await changed(node, "secret", "mine") is None
    node.kill()
    node = await asyncio.to_thread(start)
    assert str(await changed(node, "secret", "")) == "3-304"
    assert (node.partner("DEM003"))["password"] == "mine"
    await pesit_client.send(endpoint(node), [invoice(tmp_path, 1)])
    assert await changed(node, "mine", "secret") is None
    node.kill()
    node = await asyncio.to_thread(start)
    assert await changed(node, "secret", "") is None


@awaited
async def test_a_report_is_pushed_to_a_partner_that_listens(start, tmp_path):
    arrived = asyncio.Queue()
    box = pesit_returns.Mailbox(tmp_path / "returns", "DEM003", arrived=arrived.put_nowait)
    listener = await pesit_returns.serve_returns(box, "127.0.0.1", 0, None)
    where = f"DEM003=pesit://127.0.0.1:{listener.port}"
    node = await asyncio.to_thread(start, "--partner-endpoint", where)
    await pesit_client.send(endpoint(node), [invoice(tmp_path, 1)])
    files = [await asyncio.wait_for(arrived.get(), 30)]
    while files[-1].name != report_of(1):
        files.append(await asyncio.wait_for(arrived.get(), 30))
    await listener.close()
    assert files[-1].stat().st_size


@awaited
async def test_a_machine_that_stops_before_the_receipt_has_one_flow_or_none(start, tmp_path):
    node = await asyncio.to_thread(start, points="deposit.received=kill")
    file = invoice(tmp_path, 1)
    with pytest.raises(pesit_client.TransferFailed):
        await pesit_client.send(endpoint(node, attempts=1), [file])
    await asyncio.to_thread(node.ended)
    node = await asyncio.to_thread(start)
    await pesit_client.send(endpoint(node), [file])
    await quiet(node)
    flows = await asyncio.to_thread(node.client.get, "/api/v1/flows")
    assert [flow["verdict"] for flow in flows] == ["accepted"]
