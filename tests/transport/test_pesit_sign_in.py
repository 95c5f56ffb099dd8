"""Who may connect, from which port and how many: the refusals of CONNECT."""

import asyncio

import pytest
from pesit_world import FLOW, Talk, awaited, code, connect, creation, told

from simulator.runtime.gateway import GatewayError
from simulator.transport import pesit as pesit_port
from simulator.transport import pesit_call, pesit_client, pesit_errands, pesit_server
from simulator.transport.pesit_names import DEFAULT
from simulator.transport.pesit_settings import PesitSettings
from simulator.wire import pesit

# -- signing in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "diagnostic"),
    [
        ({"access": pesit.Access("wrong")}, "3-304"),
        ({"access": None}, "3-304"),
        ({"requester": "NOBODY"}, "3-304"),
        ({"server": "ELSEWHERE"}, "3-301"),
        ({"version": 1}, "3-308"),
        ({"access": pesit.Access("wrong", "other")}, "3-304"),
        ({"access": pesit.Access("secret", "other"), "version": 1}, "3-308"),
    ],
)
@awaited
async def test_a_connection_is_refused_with_the_reason(idle_pesit, fields, diagnostic):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        answer = await talk.ask(connect(**fields))
        assert isinstance(answer, pesit.Rconnect)
        assert code(answer.diagnostic) == diagnostic
    (words,) = told(site, diagnostic)
    assert "secret" not in words
    assert "wrong" not in words
    assert site.node.partners["DEM003"].password == "secret"


@awaited
async def test_a_partner_is_known_by_its_part_id_and_a_padded_password_is_the_password(idle_pesit):
    hooks = {"named": {"VFE025": "DEM003"}.get}
    site = await idle_pesit.start(secure=False, hooks=hooks)
    for part_id in ("VFE025", "DEM003", "VFE025  "):
        async with await Talk.to(site) as talk:
            await talk.connected(requester=part_id, access=pesit.Access("secret  "))


async def signed_in(site, access):
    """What a CONNECT with that password is answered."""
    async with await Talk.to(site) as talk:
        return await talk.ask(connect(access=access))


@awaited
async def test_a_new_password_is_asked_for_from_the_next_connection_on(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected(access=pesit.Access("secret", "a newer1"))
        await talk.ask(creation())
    assert code((await signed_in(site, pesit.Access("secret"))).diagnostic) == "3-304"
    assert isinstance(await signed_in(site, pesit.Access("a newer1")), pesit.Aconnect)
    assert [note.kind for note in site.notes] == ["changed", "refused"]
    assert not any("newer" in note.words or "secret" in note.words for note in site.notes)


@awaited
async def test_the_connection_waits_until_the_new_password_is_durable(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.commit.clear()
    answering = asyncio.ensure_future(signed_in(site, pesit.Access("secret", "newer")))
    done, _ = await asyncio.wait({answering}, timeout=0.2)
    assert not done
    assert isinstance(await signed_in(site, pesit.Access("secret")), pesit.Aconnect)
    site.node.commit.set()
    assert isinstance(await answering, pesit.Aconnect)


@awaited
async def test_a_new_password_that_cannot_be_kept_ends_in_a_refusal(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.refuse = GatewayError("the disk is full")
    answer = await signed_in(site, pesit.Access("secret", "newer"))
    assert code(answer.diagnostic) == "3-399"
    assert len(told(site, "3-399")) == 1
    assert isinstance(await signed_in(site, pesit.Access("secret")), pesit.Aconnect)


@pytest.mark.parametrize(("allowed", "password"), [(False, "secret"), (True, "")])
@awaited
async def test_a_new_password_is_refused_by_the_setting_and_where_none_was(
    idle_pesit, allowed, password
):
    site = await idle_pesit.start(secure=False, password_change=allowed)
    site.node.add_partner("DEM003", password=password)
    answer = await signed_in(site, pesit.Access(password, "newer"))
    assert code(answer.diagnostic) == "3-304"
    assert site.node.partners["DEM003"].password == password


@awaited
async def test_a_partner_of_another_protocol_without_a_password_is_nobody_here(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_partner("DEM001", protocol="sftp", password="")
    site.node.add_partner("DEM002", protocol="as2", password="agreed")
    async with await Talk.to(site) as talk, await Talk.to(site) as other:
        answer = await talk.ask(connect(requester="DEM001", access=None))
        assert code(answer.diagnostic) == "3-304"
        await other.connected(requester="DEM002", access=pesit.Access("agreed"))
    (words,) = told(site, "3-304")
    assert "sftp" in words


@pytest.mark.parametrize(("shown", "manner", "in_"), [
    ("same", "ask", True), ("DEM013", "ask", False), ("stranger", "ask", False),
    (None, "ask", True), (None, "require", False), ("same", "require", True),
    ("DEM013", "ignore", True),
])  # fmt: skip
@awaited
async def test_a_client_certificate_is_the_partners_own(idle_pesit, shown, manner, in_):
    site = await idle_pesit.start(client_certificate=manner)
    sending = pesit_client.send(site.endpoint(shown=shown), [site.file(FLOW, b"<a/>")])
    if in_:
        await sending
        return
    with pytest.raises(pesit_client.TransferFailed, match="3-304"):
        await sending
    assert len(told(site, "3-304")) == 1


@awaited
async def test_a_server_that_is_not_trusted_is_told_no_password(idle_pesit):
    site = await idle_pesit.start()
    context = pesit_server.tls.client_context(site.pki.of("stranger").chain)
    endpoint = site.endpoint(context=context)
    with pytest.raises(pesit_client.TransferFailed, match="certificate verify failed"):
        await pesit_client.send(endpoint, [site.file(FLOW, b"<a/>")])
    assert not told(site, "3-304")


@awaited
async def test_a_server_is_trusted_by_its_very_certificate(idle_pesit):
    site = await idle_pesit.start()
    context = pesit_server.tls.client_context(site.pki.of("aife").chain)
    await pesit_client.send(site.endpoint(context=context), [site.file(FLOW, b"<a/>")])
    assert len(site.node.deposits) == 1


@awaited
async def test_in_clear_only_this_machine_is_served(idle_pesit):
    settings = pesit_server.PesitSettings()
    with pytest.raises(ValueError, match="loopback"):
        await pesit_server.listen(idle_pesit.node, settings, "0.0.0.0", 0, None)


@awaited
async def test_a_port_in_clear_that_is_taken_is_told_from_the_other(idle_pesit):
    taken = await idle_pesit.start(secure=False)
    names = pesit_port.Names(DEFAULT, str)
    aife, authority = idle_pesit.pki.of("aife"), idle_pesit.pki.ca
    place = pesit_port.Place("127.0.0.1", 0, taken.listener.port)
    with pytest.raises(pesit_port.PlainPortTaken):
        await pesit_port.listen(idle_pesit.node, PesitSettings(), aife, authority, place, names)


# -- how many -----------------------------------------------------------------------------------


@awaited
async def test_too_many_connections_of_one_partner_are_refused_and_others_are_not(idle_pesit):
    site = await idle_pesit.start(secure=False, max_connections_per_partner=1)
    async with await Talk.to(site) as one, await Talk.to(site) as two, await Talk.to(site) as other:
        await one.connected()
        answer = await two.ask(connect())
        assert code(answer.diagnostic) == "3-309"
        await other.connected(requester="DEM013")
    assert len(told(site, "3-309")) == 1


@awaited
async def test_too_many_connections_at_all_are_refused(idle_pesit):
    site = await idle_pesit.start(secure=False, max_connections=1)
    async with await Talk.to(site) as one, await Talk.to(site) as two:
        await one.connected()
        answer = await two.ask(connect(requester="DEM013"))
        assert code(answer.diagnostic) == "3-303"
    assert len(told(site, "3-303")) == 1


@awaited
async def test_far_too_many_connections_are_closed_unheard(idle_pesit):
    site = await idle_pesit.start(secure=False, max_connections=0)
    talks = [await Talk.to(site) for _ in range(40)]
    assert await talks[-1].closed() == b""
    for talk in talks:
        await talk.__aexit__()


@awaited
async def test_two_ports_are_one_server(idle_pesit):
    site = await idle_pesit.start(max_connections_per_partner=2)
    site.listener.port = site.listener.open("127.0.0.1", 0, None)  # where `Talk` calls
    content = bytes(5000)
    async with await Talk.to(site) as one, await Talk.to(site) as two, await Talk.to(site) as more:
        await one.writing()
        await two.connected()
        assert code((await two.ask(creation())).diagnostic) == "2-207"
        assert code((await more.ask(connect())).diagnostic) == "3-309"
        one.say(pesit.Data(articles=(content[:1000],)))
        await one.ask(pesit.Syn(number=1))
        one.say(pesit.Abort(diagnostic=pesit.Diagnostic.parse("3-312")))
        await one.closed()
        while site.listener._house.signed_in["DEM003"] > 1:
            await asyncio.sleep(0.01)
    assert len(told(site, "2-207")) == len(told(site, "3-309")) == 1


@awaited
async def test_what_broke_off_on_one_port_goes_on_on_the_other(idle_pesit):
    site = await idle_pesit.start()
    over_tls = site.endpoint()
    site.listener.port = site.listener.open("127.0.0.1", 0, None)
    async with await Talk.to(site) as talk:
        await talk.connected(requester="DEM003")
        described = pesit_errands.described(FLOW, over_tls.naming, "DEM003", "CPP001")
        number = pesit_errands.transfer_number(FLOW)
        for question in (creation(transfer_id=number, **described), pesit.Orf(), pesit.Write()):
            await talk.ask(question)
        talk.say(pesit.Data(articles=(b"a" * 1000,)))
        await talk.ask(pesit.Syn(number=1))
    call = await pesit_call.connect(over_tls, pesit_errands.FileCall)
    restart = pesit_errands.Sending(FLOW, None, 2000, restarted=True)
    await call.ask(call._creation(restart), pesit.AckCreate)
    await call.ask(pesit.Orf(), pesit.AckOrf)
    assert (await call.ask(pesit.Write(), pesit.AckWrite)).restart_point == 1
    call.drop()
