"""Returns pushed to a partner that listens."""

import os

import msgspec
import pytest
from pesit_world import CuttingProxy, Pki, awaited

from simulator.domain.raccordement import Raccordement
from simulator.runtime.hands import Parcel
from simulator.transport import pesit_client, pesit_returns, tls
from simulator.transport.pesit_settings import Manner, PesitSettings

NAME = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"
QUICK = Manner(article_length=1024, max_entity=4096, sync_interval=8, pause=0.0)


class Partner:
    """A partner that listens, and the node's side that calls it."""

    def __init__(self, folder, pki: Pki):
        self.box = folder / "returns"
        self.pki = pki
        self.arrived = []
        self.listener = None

    async def start(self, *, secure=True, **mailbox):
        given = {"part_id": "DEM003", "password": "secret", "arrived": self.arrived.append}
        context = tls.server_context(self.pki.of("DEM003"), ask=True) if secure else None
        box = pesit_returns.Mailbox(self.box, **given | mailbox)
        self.listener = await pesit_returns.serve_returns(box, "127.0.0.1", 0, context)
        self._scheme = "pesits" if secure else "pesit"
        return self

    def pusher(self, trusted="ca", valid=None, **settings):
        given = {"calls": QUICK} | settings
        believed = self.pki.ca if trusted == "ca" else trusted
        return pesit_client.Pusher(PesitSettings(**given), self.pki.of("aife"), believed, valid)

    def parcel(self, content, *, port=0, resend=False, endpoint=None, **fields):
        where = endpoint or f"{self._scheme}://127.0.0.1:{port or self.listener.port}"
        given = {"part_id": "DEM003", "password": "secret", "endpoint": where} | fields
        to = Raccordement("DEM003", "b2g", "pesit", **given)
        return Parcel(NAME, content, to, resend)

    def files(self):
        return {path.name: path.read_bytes() for path in self.box.iterdir() if path.is_file()}


@pytest.fixture
def partner(tmp_path, pesit_pki):
    from pesit_world import run

    one = Partner(tmp_path, pesit_pki)
    yield one
    if one.listener is not None:
        run(one.listener.close())


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("size", [0, 1, 300_000])
@awaited
async def test_a_return_that_is_pushed_is_a_file_of_the_partner(partner, secure, size):
    await partner.start(secure=secure)
    content = os.urandom(size)
    outcome = await partner.pusher().push(partner.parcel(content))
    assert outcome.delivered, outcome.detail
    assert "DEM003" in outcome.detail
    assert partner.files() == {NAME: content}
    assert [path.name for path in partner.arrived] == [NAME]


@pytest.mark.parametrize("at", [1, 600, 100_000, 200_500])
@awaited
async def test_a_push_that_breaks_off_goes_on_and_arrives_once(partner, at):
    await partner.start(secure=False)
    content = os.urandom(200_000)
    async with CuttingProxy(partner.listener.port, [("up", at)]) as proxy:
        outcome = await partner.pusher().push(partner.parcel(content, port=proxy.port))
    assert outcome.delivered, outcome.detail
    assert proxy.connections == 2
    assert partner.files() == {NAME: content}
    assert len(partner.arrived) == 1


@awaited
async def test_a_resend_of_what_arrived_is_no_second_file(partner):
    await partner.start(secure=False)
    for resend in (False, True):
        # Small enough for no point: after a crash of the node nothing else is known of the first.
        outcome = await partner.pusher().push(partner.parcel(b"abc", resend=resend))
        assert outcome.delivered, outcome.detail
    assert len(partner.arrived) == 1


@awaited
async def test_a_resend_that_knows_nothing_of_the_points_begins_anew(partner):
    await partner.start(secure=False)
    content = os.urandom(100_000)
    for resend in (False, True):
        outcome = await partner.pusher().push(partner.parcel(content, resend=resend))
        assert outcome.delivered, outcome.detail
    assert partner.files() == {NAME: content}


@awaited
async def test_attempts_are_bounded(partner):
    await partner.start(secure=False)
    async with CuttingProxy(partner.listener.port, [("up", 100)] * 9) as proxy:
        outcome = await partner.pusher().push(partner.parcel(b"abc", port=proxy.port))
    assert proxy.connections == QUICK.attempts
    assert not outcome.delivered
    assert outcome.again


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "wrong"}, "3-304"),
        ({"part_id": "SOMEONE"}, "3-301"),
        ({"endpoint": "pesit://127.0.0.1:1"}, "no connection"),
        ({"endpoint": "nonsense"}, "HOST:PORT"),
        ({"endpoint": "http://127.0.0.1:80"}, "pesits://"),
        ({"endpoint": "edi.chorus-pro.gouv.fr:5100"}, "gouv.fr"),
    ],
)
@awaited
async def test_a_push_that_cannot_be_says_why(partner, fields, words):
    await partner.start(secure=False)
    outcome = await partner.pusher().push(partner.parcel(b"abc", **fields))
    assert not outcome.delivered
    assert words in outcome.detail
    assert "secret" not in outcome.detail


@awaited
async def test_a_partner_with_another_certificate_gets_nothing(partner):
    await partner.start()
    pusher = partner.pusher(trusted=b"")
    other = partner.pki.of("DEM013").chain.decode()
    outcome = await pusher.push(partner.parcel(b"abc", certificate=other))
    assert not outcome.delivered
    assert "certificate verify failed" in outcome.detail
    assert partner.files() == {}
    own = partner.pki.of("DEM003").chain.decode()
    assert (await pusher.push(partner.parcel(b"abc", certificate=own))).delivered


@awaited
async def test_a_caller_with_another_certificate_is_refused(partner):
    await partner.start(certificate=partner.pki.of("DEM013").chain.decode())
    outcome = await partner.pusher().push(partner.parcel(b"abc"))
    assert "3-304" in outcome.detail
    assert not outcome.again


@awaited
async def test_a_certificate_that_is_not_valid_at_business_time_is_not_called(partner):
    await partner.start()
    outcome = await partner.pusher(valid=lambda code: code != "DEM003").push(partner.parcel(b"a"))
    assert not outcome.delivered
    assert "business time" in outcome.detail


@pytest.mark.parametrize("manner", [
    {"prefixed": False}, {"preconnection": True}, {"crc": True}, {"compression": True},
    {"sync_interval": 0}, {"window": 0}, {"strict": True}, {"max_entity": 600},
])  # fmt: skip
@awaited
async def test_every_manner_of_speaking_arrives(partner, manner):
    await partner.start()
    content = b"\0" * 50_000 + os.urandom(50_000)
    calls = msgspec.structs.replace(QUICK, **manner)
    outcome = await partner.pusher(calls=calls).push(partner.parcel(content))
    assert outcome.delivered, outcome.detail
    assert partner.files() == {NAME: content}


@awaited
async def test_a_partner_of_its_own_habits_is_called_in_them(partner):
    await partner.start()
    pusher = partner.pusher(raw_partners=("DEM003",), preconnection_partners=("DEM003",))
    assert (await pusher.push(partner.parcel(b"abc"))).delivered


@awaited
async def test_a_folder_that_takes_nothing_is_not_acknowledged(partner):
    await partner.start(secure=False)
    (partner.box / NAME).mkdir()
    outcome = await partner.pusher().push(partner.parcel(b"abc"))
    assert not outcome.delivered
    assert "2-223" in outcome.detail


def test_an_address_is_read_as_people_write_it():
    read = pesit_client.read_address
    assert read("127.0.0.1:5100") == pesit_client.Address("127.0.0.1", 5100, tls=True)
    assert read("pesits://[::1]:5100") == pesit_client.Address("::1", 5100, tls=True)
    assert read("pesit://host:1") == pesit_client.Address("host", 1, tls=False)
