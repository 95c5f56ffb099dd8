"""Servers that answer otherwise than ours, or not at all, and what our requester makes of them."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pesit_world import Pki, awaited

from simulator.domain.raccordement import Raccordement
from simulator.runtime.hands import Parcel
from simulator.transport import pesit_client
from simulator.transport.pesit_settings import Manner, PesitSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "wire" / "pesit"))

from pesit_naive import NaiveServer, entity, fpdu, number, pi

NAME = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"
QUICK = Manner(
    article_length=500, max_entity=4096, sync_interval=1, attempts=2, pause=0.0, answer_timeout=0.2
)
CONNECT, CREATE, SYN, RESYN_GRANTED = (0x40, 0x20), (0xC0, 0x11), (0xC0, 0x03), (0xC0, 0x39)
POINTS = pi(6, b"\x02") + pi(7, b"\x00\x01\x04") + pi(23, b"\x01")


class Awkward(NaiveServer):
    """Answers some FPDUs in ways of its own: octets, or a function of the FPDU; b"" is silence."""

    def __init__(self, ways=None):
        super().__init__()
        usual = {CONNECT: self.say(0x40, 0x21, POINTS), SYN: self._acknowledged}
        self.ways = usual | (ways or {})
        self.connections = 0

    def say(self, octet3, octet4, body):
        by = self.y if octet3 == 0x40 else 0
        return lambda _one: entity(fpdu(octet3, octet4, self.x, by, body))

    def _acknowledged(self, one):
        return entity(fpdu(0xC0, 0x38, self.x, 0, one[6:]))

    def _one(self, one):
        if one[2:4] == b"\x40\x20":
            self.x = one[5]
        way = self.ways.get((one[2], one[3]))
        if way is None:
            return super()._one(one)
        return way(one) if callable(way) else way

    @asynccontextmanager
    async def listening(self):
        """Listens; gives the port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        waiting = b""
        while octets := await reader.read(65536):
            waiting += octets
            while len(waiting) > 1 and len(waiting) >= (end := 2 + int.from_bytes(waiting[:2])):
                writer.write(self.hear(waiting[:end]))
                waiting = waiting[end:]
        writer.close()

    async def pushed(self, content, scheme="pesit", trusted=None):
        async with self.listening() as port:
            to = Raccordement("DEM003", "b2g", "pesit", endpoint=f"{scheme}://127.0.0.1:{port}")
            pusher = pesit_client.Pusher(PesitSettings(calls=QUICK), None, trusted)
            return await pusher.push(Parcel(NAME, content, to, resend=False))


@awaited
async def test_points_are_acknowledged_and_the_file_arrives():
    server, content = Awkward(), os.urandom(20_000)
    outcome = await server.pushed(content)
    assert outcome.delivered, outcome.detail
    assert server.data == content


@pytest.mark.parametrize("silent_at", [CONNECT, CREATE, SYN])
@awaited
async def test_a_server_that_falls_silent_is_given_up(silent_at):
    server = Awkward({silent_at: b""})
    outcome = await server.pushed(bytes(20_000))
    assert not outcome.delivered
    assert outcome.again
    assert "no answer" in outcome.detail
    assert server.connections == QUICK.attempts


@awaited
async def test_a_server_that_never_begins_tls_is_given_up():
    server = Awkward()
    server.hear = lambda _octets: b""
    outcome = await server.pushed(b"abc", scheme="pesits", trusted=Pki().ca)
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "no answer" in outcome.detail


@awaited
async def test_a_server_of_an_older_version_is_left():
    server = Awkward()
    server.ways[CONNECT] = server.say(0x40, 0x21, pi(6, b"\x01"))
    outcome = await server.pushed(b"abc")
    assert (outcome.delivered, outcome.again) == (False, False)
    assert "version 1" in outcome.detail
    assert (server.connections, server.data) == (1, b"")


@awaited
async def test_a_server_that_grants_no_room_for_data_is_left():
    server = Awkward()
    server.ways[CREATE] = server.say(0xC0, 0x30, pi(2, b"\0\0\0") + pi(25, b"\x03"))
    outcome = await server.pushed(b"abc")
    assert not outcome.delivered
    assert "PI 25 = 3" in outcome.detail


@awaited
async def test_a_server_that_goes_back_to_a_point_gets_the_file_from_there():
    server, content = Awkward(), os.urandom(20_000)
    went_back = []

    def point(one):
        if one[-1] == 7 and not went_back:
            went_back.append(len(server.data))
            return entity(fpdu(0xC0, 0x05, server.x, 0, pi(2, b"\x01\0\x64") + pi(18, number(6))))
        return b"" if len(went_back) == 1 else server._acknowledged(one)

    def granted(one):
        assert one[-1] == 6
        went_back.append(0)
        server.data = server.data[: 6 * 1000]
        return b""

    server.ways |= {SYN: point, RESYN_GRANTED: granted}
    outcome = await server.pushed(content)
    assert outcome.delivered, outcome.detail
    assert server.data == content
    assert len(went_back) == 2
