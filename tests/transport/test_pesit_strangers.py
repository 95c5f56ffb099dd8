"""Clients and servers that are not ours: a naive one, shapes of products, and nonsense."""

import asyncio
import logging
import os
import random
import sys
from pathlib import Path

import pytest
from pesit_world import FLOW, Talk, awaited, connect, creation
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from simulator.domain.raccordement import Raccordement
from simulator.runtime.hands import Parcel
from simulator.transport import pesit_client, pesit_server
from simulator.transport.pesit_house import House
from simulator.transport.pesit_settings import Manner, PesitSettings
from simulator.wire import pesit

sys.path.insert(0, str(Path(__file__).parents[1] / "wire" / "pesit"))

from pesit_naive import NaiveRequester, NaiveServer

RETURN = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"


async def entity(reader):
    head = await reader.readexactly(2)
    return await reader.readexactly(int.from_bytes(head, "big"))


@awaited
async def test_a_naive_requester_deposits_a_file(idle_pesit):
    site = await idle_pesit.start(secure=False, part_id="HUB")
    site.node.add_partner("NAIVE", password="")
    naive = NaiveRequester()
    articles = [os.urandom(800) for _ in range(50)]
    reader, writer = await asyncio.open_connection("127.0.0.1", site.listener.port)
    writer.write(naive.connect())
    naive.y = (await entity(reader))[5]
    for said, expected in naive.push(FLOW.encode(), 7, articles):
        writer.write(said)
        if expected is not None:
            answer = await entity(reader)
            assert (answer[2], answer[3]) == expected
    writer.close()
    await writer.wait_closed()
    assert site.node.deposits == [("NAIVE", FLOW, b"".join(articles))]


@awaited
async def test_a_naive_server_takes_what_is_pushed(idle_pesit):
    naive = NaiveServer()

    async def serve(reader, writer):
        while octets := await reader.read(65536):
            whole = octets
            while len(whole) < 2 or _cut_short(whole):
                whole += await reader.read(65536)
            writer.write(naive.hear(whole))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    to = Raccordement("NAIVE1", "b2g", "pesit", endpoint=f"pesit://127.0.0.1:{port}")
    calls = Manner(article_length=1000, max_entity=4096, sync_interval=0, window=0, attempts=1)
    pusher = pesit_client.Pusher(PesitSettings(calls=calls), None, None)
    content = os.urandom(100_000)
    outcome = await pusher.push(Parcel(RETURN, content, to, resend=False))
    server.close()
    await server.wait_closed()
    assert outcome.delivered, outcome.detail
    assert naive.data == content


def _cut_short(octets):
    """Whether the last entity is not whole."""
    at = 0
    while at < len(octets):
        if len(octets) - at < 2:
            return True
        at += 2 + int.from_bytes(octets[at : at + 2], "big")
    return at > len(octets)


@pytest.mark.parametrize("options", [
    pesit.Options(packing=pesit.Packing.FILL),
    pesit.Options(packing=pesit.Packing.SINGLE),
    pesit.Options(packing=pesit.Packing.SINGLE, concatenate=False),
    pesit.Options(framing=pesit.Framing.RAW),
])  # fmt: skip
@awaited
async def test_the_shapes_that_products_send_arrive(idle_pesit, options):
    site = await idle_pesit.start(secure=False)
    content = os.urandom(300_000)
    async with await Talk.to(site) as talk:
        talk.session = pesit.Requester(7, options)
        await talk.connected(access=pesit.Access("secret  "), sync=pesit.SyncOption(32, 4))
        described = creation(free=" " * 254, max_entity=4096, article_length=1024)
        for question in (described, pesit.Orf(compression=pesit.Compression()), pesit.Write()):
            assert (await talk.ask(question)).diagnostic.is_success
        feed = pesit.Feed(
            talk.session,
            lambda mark: pesit.after(pesit.cut([content], pesit.Layout()), mark.articles),
        )
        while not feed.is_done:
            said = feed.more()
            talk.raw(said)
            if not said:
                await talk.hear()
        octets, articles = talk.session.transfer.moved
        talk.say(pesit.TransEnd(octets=octets, articles=articles))
        while not isinstance(answer := await talk.hear(), pesit.AckTransEnd):
            assert isinstance(answer, pesit.AckSyn)
        assert answer.diagnostic.is_success
    assert site.node.deposits == [("DEM003", FLOW, content)]


# -- nonsense -----------------------------------------------------------------------------------


class Plug(StringTransport):
    """A transport that is none; what is written to it is dropped beyond a little."""

    def __init__(self):
        super().__init__(peerAddress=IPv4Address("TCP", "127.0.0.1", 1))
        self.gone = False

    def setTcpNoDelay(self, on):
        pass

    def abortConnection(self):
        self.gone = True

    def loseConnection(self):
        self.gone = True


async def whole_session(site):
    """What a requester says in two uploads and a reading, with what it is answered left out."""
    said = []

    def capture(_label):
        return lambda way, octets, _: said.append(octets) if way == ">" else None

    await site.start(secure=False, hooks={"capture": capture})
    site.node.add_return(RETURN, os.urandom(3000))
    files = [site.file(FLOW.replace("1.xml", f"{n}.xml"), os.urandom(20_000)) for n in (1, 2)]
    await pesit_client.send(site.endpoint(), files)
    await pesit_client.receive(site.endpoint(), site.box)
    site.node.deposits.clear()
    return [octets for octets in said if octets]


def mutated(chunks, dice):
    """The session with some octets changed, dropped, doubled or put elsewhere."""
    octets = bytearray(
        b"".join(dice.sample(chunks, len(chunks)) if dice.random() < 0.2 else chunks)
    )
    for _ in range(dice.choice((0, 1, 1, 2, 5))):
        at = dice.randrange(len(octets))
        what = dice.randrange(4)
        if what == 0:
            octets[at] = dice.randrange(256)
        elif what == 1:
            del octets[at : at + dice.choice((1, 2, 300))]
        elif what == 2:
            octets[at:at] = dice.randbytes(dice.choice((1, 2, 300)))
        else:
            octets[at:at] = octets[: dice.randrange(400)]
    return bytes(octets)


@awaited
async def test_nonsense_never_is_a_fault_of_ours(idle_pesit, caplog):
    site = idle_pesit
    chunks = await whole_session(site)
    caplog.set_level(logging.ERROR)
    for seed in range(600):
        dice = random.Random(seed)
        house = House(site.node, PesitSettings(), pesit_server.Hooks())
        link = pesit_server._Factory(house).buildProtocol(None)
        plug = Plug()
        link.makeConnection(plug)
        octets, at = mutated(chunks, dice), 0
        while at < len(octets) and not plug.gone:
            size = dice.choice((1, 7, 100, 5000, 30_000))
            link.dataReceived(octets[at : at + size])
            at += size
            for _ in range(3):
                await asyncio.sleep(0)
        link.connectionLost(pesit_server.protocol.connectionDone)
        await house.close()
        assert not house.links
        assert not house.busy
        assert not site.node.held, seed
    assert [record.getMessage() for record in caplog.records] == []
    # What was changed may still be a file, but never one of more than was said, nor of nobody.
    assert {partner for partner, _, _ in site.node.deposits} == {"DEM003"}
    said = sum(map(len, chunks))
    assert all(len(content) < 2 * said for _, _, content in site.node.deposits)


@awaited
async def test_octets_that_trickle_mean_the_same(idle_pesit):
    site = idle_pesit
    chunks = await whole_session(site)
    house = House(site.node, PesitSettings(), pesit_server.Hooks())
    link = pesit_server._Factory(house).buildProtocol(None)
    link.makeConnection(plug := Plug())
    # One upload: everything a requester says until it leaves the first file.
    talk = pesit.Requester(1)
    talk.send(connect())
    for octet in b"".join(chunks[:8]):
        link.dataReceived(bytes((octet,)))
        await asyncio.sleep(0)
    assert not plug.gone
    link.connectionLost(pesit_server.protocol.connectionDone)
    await house.close()
    assert len(site.node.deposits) == 1
