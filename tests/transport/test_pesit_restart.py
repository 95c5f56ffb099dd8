"""Transfers that break off and go on: equal files, and each of them once."""

import random

import msgspec
import pytest
from pesit_world import FLOW, CuttingProxy, awaited

from simulator.transport import pesit_client

CONTENT = random.Random(7).randbytes(200_000)
RETURN = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"
# What 200 KB come to on the wire, handshake and all; the places of a cut are spread over it.
ON_THE_WIRE = 210_000


def places(count, most, seed):
    """Octets after which a connection is cut; the first and the last are always tried."""
    chosen = random.Random(seed).sample(range(1, most), count - 2)
    return [1, *sorted(chosen), most]


async def deposited(site, proxy, file):
    endpoint = msgspec.structs.replace(site.endpoint(), port=proxy.port)
    await pesit_client.send(endpoint, [file])


async def cut_upload(site, plan):
    """Deposits the file through a proxy that cuts; what went over the last connection."""
    async with CuttingProxy(site.listener.port, plan) as proxy:
        await deposited(site, proxy, site.folder / FLOW)
    (deposit,) = site.node.deposits
    assert deposit == ("DEM003", FLOW, CONTENT)
    site.node.deposits.clear()
    return proxy


@pytest.mark.parametrize(("way", "count", "most"), [("up", 60, ON_THE_WIRE), ("down", 40, 700)])
@pytest.mark.parametrize("part", range(2))
@awaited
async def test_an_upload_cut_anywhere_is_resumed_and_deposited_once(
    idle_pesit, way, count, most, part
):
    site = await idle_pesit.start(secure=False)
    site.file(FLOW, CONTENT)
    for octets in places(count, most, seed=part):
        await cut_upload(site, [(way, octets)])
        site.stop_remembering()


@pytest.mark.parametrize(("way", "count", "most"), [("up", 20, 215_000), ("down", 15, 3_500)])
@awaited
async def test_an_upload_cut_anywhere_inside_tls_is_resumed_too(idle_pesit, way, count, most):
    site = await idle_pesit.start()
    site.file(FLOW, CONTENT)
    for octets in places(count, most, seed=3):
        await cut_upload(site, [(way, octets)])
        site.stop_remembering()


@pytest.mark.parametrize(
    ("secure", "way", "count", "most"),
    [
        (False, "down", 60, ON_THE_WIRE),
        (False, "up", 30, 700),
        (True, "down", 20, 215_000),
    ],
)
@awaited
async def test_a_return_cut_anywhere_is_resumed_and_fetched_once(
    idle_pesit, secure, way, count, most
):
    site = await idle_pesit.start(secure=secure)
    for octets in places(count, most, seed=4):
        number = site.node.add_return(RETURN, CONTENT)
        async with CuttingProxy(site.listener.port, [(way, octets)]) as proxy:
            endpoint = msgspec.structs.replace(site.endpoint(), port=proxy.port)
            (file,) = await pesit_client.receive(endpoint, site.box)
        assert (file.name, file.read_bytes()) == (RETURN, CONTENT)
        assert site.node.fetches == [number]
        assert sorted(path.name for path in site.box.iterdir()) == [RETURN]
        site.node.fetches.clear()


@awaited
async def test_a_transfer_cut_again_and_again_moves_on_each_time(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.file(FLOW, CONTENT)
    proxy = await cut_upload(site, [("up", 70_000), ("up", 70_000)])
    assert proxy.connections == 3


@awaited
async def test_no_more_connections_are_made_than_the_manner_allows(idle_pesit):
    site = await idle_pesit.start(secure=False)
    file = site.file(FLOW, CONTENT)
    async with CuttingProxy(site.listener.port, [("up", 50_000)] * 9) as proxy:
        with pytest.raises(pesit_client.TransferFailed, match="connection"):
            await deposited(site, proxy, file)
    assert proxy.connections == 3
    assert site.node.deposits == []
