"""What is refused once a partner has signed in, with which diagnostic, and that somebody is told."""

import asyncio
import errno

import pytest
from pesit_world import FLOW, FullSpool, Talk, awaited, code, connect, creation, told

from simulator.runtime.gateway import GatewayError
from simulator.wire import pesit

# -- files --------------------------------------------------------------------------------------


@awaited
async def test_two_transfers_of_one_identity_at_once_are_one_too_many(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as one, await Talk.to(site) as two:
        await one.writing()
        await two.connected()
        answer = await two.ask(creation())
        assert code(answer.diagnostic) == "2-207"
        assert (await two.ask(creation(transfer_id=2))).diagnostic.is_success
    assert len(told(site, "2-207")) == 1


@awaited
async def test_the_same_identity_of_two_partners_is_two_transfers(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as one, await Talk.to(site) as two:
        await one.writing()
        await two.connected(requester="DEM013")
        assert (await two.ask(creation())).diagnostic.is_success


@pytest.mark.parametrize(("access", "question"), [
    (pesit.AccessType.READ, creation()),
    (pesit.AccessType.WRITE, pesit.Select(file_name="*")),
])  # fmt: skip
@awaited
async def test_what_the_connection_did_not_announce_is_refused(idle_pesit, access, question):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected(access_type=access)
        assert code((await talk.ask(question)).diagnostic) == "3-304"
    assert len(told(site, "3-304")) == 1


@awaited
async def test_a_file_larger_than_is_taken_is_refused_by_its_announcement(idle_pesit):
    site = await idle_pesit.start(secure=False, max_file=100_000)
    async with await Talk.to(site) as talk:
        await talk.connected()
        assert code((await talk.ask(creation(max_reserved=1000))).diagnostic) == "2-206"
    assert len(told(site, "2-206")) == 1


@pytest.mark.parametrize(("error", "diagnostic"), [
    (errno.ENOSPC, "2-219"), (errno.EDQUOT, "2-219"), (errno.EIO, "2-213"),
])  # fmt: skip
@awaited
async def test_a_full_disk_interrupts_and_the_file_can_be_sent_again(idle_pesit, error, diagnostic):
    site = await idle_pesit.start(secure=False)
    site.node.new = lambda: FullSpool(site.spools, 3000, error)
    async with await Talk.to(site) as talk:
        await talk.writing()
        article = (bytes(1000),)
        talk.say(*[pesit.Data(articles=article)] * 4, pesit.Syn(number=1))
        idt = await talk.hear()
        assert isinstance(idt, pesit.Idt)
        assert (code(idt.diagnostic), idt.end_code) == (diagnostic, pesit.EndCode.ERROR)
        talk.say(pesit.AckIdt())
        await talk.ask(pesit.Crf())
        await talk.ask(pesit.Deselect())
        assert site.node.deposits == []
        site.node.new = lambda: FullSpool(site.spools, 10_000, error)
        for question in (creation(), pesit.Orf()):
            assert (await talk.ask(question)).diagnostic.is_success
        assert (await talk.ask(pesit.Write())).restart_point == 0
    assert len(told(site, diagnostic)) == 1


@awaited
async def test_a_deposit_that_is_not_durable_is_not_acknowledged(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.refuse = GatewayError("the disk did not take it")
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"<a/>",)), pesit.DtfEnd())
        answer = await talk.ask(pesit.TransEnd(octets=4, articles=1))
        assert code(answer.diagnostic) == "2-223"
        assert answer.complement == b"the disk did not take it"


@awaited
async def test_nothing_is_acknowledged_before_the_deposit_is_durable(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.commit.clear()
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"<a/>",)), pesit.DtfEnd())
        answering = asyncio.ensure_future(talk.ask(pesit.TransEnd(octets=4, articles=1)))
        done, _ = await asyncio.wait({answering}, timeout=0.2)
        assert not done
        site.node.commit.set()
        assert (await answering).diagnostic.is_success


@pytest.mark.parametrize("counts", [{"octets": 5, "articles": 1}, {"octets": 4, "articles": 9}])
@awaited
async def test_counts_that_do_not_match_are_no_deposit(idle_pesit, counts):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"<a/>",)), pesit.DtfEnd())
        octets = talk.session.send(pesit.TransEnd(octets=4, articles=1))
        wrong = counts["octets"], counts["articles"]
        talk.raw(octets[:-6] + bytes((0x1B, 1, wrong[0], 0x1C, 1, wrong[1])))
        assert code((await talk.hear()).diagnostic) == "2-223"
    assert site.node.deposits == []
    assert len(told(site, "2-223")) == 1


@awaited
async def test_after_counts_that_do_not_match_the_file_is_written_from_its_start(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"<a>",)))
        assert isinstance(await talk.ask(pesit.Syn(number=1)), pesit.AckSyn)
        talk.say(pesit.Data(articles=(b"</a>",)), pesit.DtfEnd())
        octets = talk.session.send(pesit.TransEnd(octets=7, articles=2))
        talk.raw(octets[:-6] + bytes((0x1B, 1, 8, 0x1C, 1, 2)))
        assert code((await talk.hear()).diagnostic) == "2-223"
        assert (await talk.ask(pesit.Write())).restart_point == 0
        talk.say(pesit.Data(articles=(b"<b/>",)), pesit.DtfEnd())
        assert (await talk.ask(pesit.TransEnd(octets=4, articles=1))).diagnostic.is_success
    assert site.node.deposits == [("DEM003", FLOW, b"<b/>")]


@pytest.mark.parametrize("sync", [pesit.SyncOption(1, 0), None])
@awaited
async def test_a_point_long_forgotten_sends_the_data_back_to_the_start(idle_pesit, sync):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected(sync=sync)
        for question in (creation(), pesit.Orf(), pesit.Write()):
            await talk.ask(question)
        last = pesit.LENIENT.marks_kept + 1
        for number in range(1, last + 1):
            talk.blurt(pesit.Syn(number=number))
        talk.blurt(pesit.Resyn(restart_point=1))
        assert await talk.octets(11) == bytes.fromhex("0009 0009 c039 07 00 12 01 00")
        talk.raw(bytes.fromhex("0009 0009 0000") + bytes((talk.session.peer_id, 0)) + b"abc")
        talk.blurt(pesit.DtfEnd())
        talk.blurt(pesit.TransEnd(octets=3, articles=1))
        assert (await talk.octets(2 + 17))[8:13] == b"\x02\x03\x00\x00\x00"
    assert site.node.deposits == [("DEM003", FLOW, b"abc")]


@awaited
async def test_data_that_ended_badly_are_no_deposit(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(
            pesit.Data(articles=(b"<a/>",)),
            pesit.DtfEnd(diagnostic=pesit.Diagnostic.parse("2-213")),
        )
        answer = await talk.ask(pesit.TransEnd(octets=4, articles=1))
        assert code(answer.diagnostic) == "2-223"
    assert site.node.deposits == []


@awaited
async def test_more_data_than_announced_is_interrupted(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing(max_reserved=1)
        for length in (1000, 25):
            head = (length + 6).to_bytes(2, "big")
            talk.raw(head + head + bytes((0, 0, talk.session.peer_id, 0)) + bytes(length))
        idt = await talk.hear()
        assert isinstance(idt, pesit.Idt)
        assert (code(idt.diagnostic), idt.end_code) == (
            "2-219",
            pesit.EndCode.CANCELLED_BY_SERVER,
        )
    assert len(told(site, "2-219", "broken")) == 1
    assert site.node.deposits == []


# -- returns ------------------------------------------------------------------------------------


@awaited
async def test_nothing_that_waits_is_a_file_not_found(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected()
        assert code((await talk.ask(pesit.Select(file_name="*"))).diagnostic) == "2-205"
    assert not site.notes


@awaited
async def test_a_return_that_is_read_elsewhere_is_busy(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"abc")
    async with await Talk.to(site) as one, await Talk.to(site) as two:
        await one.connected()
        await two.connected()
        assert (await one.ask(pesit.Select(file_name="CSO1100A"))).diagnostic.is_success
        answer = await two.ask(pesit.Select(file_name="CSO1100A"))
        assert code(answer.diagnostic) == "2-207"
    assert len(told(site, "2-207")) == 1


@awaited
async def test_a_reader_without_room_for_data_is_refused_before_anything_moves(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"abc")
    async with await Talk.to(site) as talk:
        await talk.connected()
        talk.blurt(pesit.Select(file_name="*", max_entity=6))
        answer = await talk.hear()
        assert (code(answer.diagnostic), answer.complement) == ("3-318", bytes((1, 25, 4)))
    assert len(told(site, "3-318", "broken")) == 1


@awaited
async def test_a_restart_from_a_point_nobody_knows_is_refused_and_from_the_start_granted(
    idle_pesit,
):
    site = await idle_pesit.start(secure=False)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"abc")
    async with await Talk.to(site) as talk:
        await talk.connected()
        await talk.ask(pesit.Select(file_name="CSO1100A", transfer_id=1, restarted=True))
        await talk.ask(pesit.Orf())
        assert code((await talk.ask(pesit.Read(restart_point=5))).diagnostic) == "2-214"
        assert (await talk.ask(pesit.Read())).diagnostic.is_success
    assert len(told(site, "2-214")) == 1


# -- the protocol -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "diagnostic"),
    [
        (b"\x00\x0a" + bytes.fromhex("000a0000ff00") + b"abcd", "3-311"),  # DTF before WRITE
        (b"\x00\x06" + bytes.fromhex("0003c0020000"), "3-311"),  # a length that lies
        (b"\x00\x08" + bytes.fromhex("0006c0070000") + b"ab", "3-311"),  # no such FPDU
        (b"\x00\x0c" + bytes.fromhex("000cc0110000") + b"\x09\x04\x09\x02\x0c\x00", "3-318"),
    ],
)
@awaited
async def test_what_pesit_does_not_allow_ends_in_an_abort(idle_pesit, octets, diagnostic):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected()
        talk.raw(octets)
        abort = await talk.hear()
        assert isinstance(abort, pesit.Abort)
        assert code(abort.diagnostic) == diagnostic
        assert await talk.closed() == b""
    assert len(told(site, diagnostic, "broken")) == 1


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01"])
@awaited
async def test_what_is_not_pesit_is_closed_without_a_word(idle_pesit, octets):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        talk.raw(octets)
        assert await talk.closed() == b""


@awaited
async def test_the_strict_profile_refuses_what_the_lenient_one_notes(idle_pesit):
    padded = bytes(2) + bytes.fromhex("402000070306") + b"DEM003\x04\x06CPP001\x05\x06secret"
    padded += b"\x06\x02\x00\x02\x16\x01\x02"  # PI 6 in two octets
    octets = len(padded).to_bytes(2, "big") + len(padded).to_bytes(2, "big") + padded[2:]
    for strict in (False, True):
        site = await idle_pesit.start(secure=False, strict=strict)
        async with await Talk.to(site) as talk:
            talk.session.send(connect())
            talk.raw(octets)
            answer = await talk.hear()
            assert isinstance(answer, pesit.Abort if strict else pesit.Aconnect)
        assert told(site, "3-318" if strict else "", "broken" if strict else "tolerated")
        await site.stop()
        site.notes.clear()


# -- silence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "steps", "diagnostic"),
    [
        ({"connect_timeout": 0.05}, [], None),
        ({"idle_timeout": 0.05}, [connect()], "3-313"),
        ({"answer_timeout": 0.05}, [connect(), creation()], "3-317"),
        ({"answer_timeout": 0.05}, [connect(), creation(), pesit.Orf()], "3-317"),
        ({"answer_timeout": 0.05}, [connect(), creation(), pesit.Orf(), pesit.Write()], "3-317"),
        ({"answer_timeout": 0.05}, [connect(), pesit.Select(file_name="*")], "3-317"),
        ({"close_timeout": 0.05}, [connect(), pesit.Release()], None),
    ],
)
@awaited
async def test_silence_in_any_state_ends_the_connection(idle_pesit, settings, steps, diagnostic):
    site = await idle_pesit.start(secure=False, **settings)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"abc")
    async with await Talk.to(site) as talk:
        for step in steps:
            await talk.ask(step)
        if diagnostic is not None:
            abort = await talk.hear()
            assert isinstance(abort, pesit.Abort)
            assert code(abort.diagnostic) == diagnostic
        assert await talk.closed() == b""
    assert [note.kind for note in site.notes] == ["silent"]
    assert site.notes[0].diagnostic == (diagnostic or "")


@awaited
async def test_a_reader_that_takes_nothing_is_given_up(idle_pesit):
    site = await idle_pesit.start(secure=False, answer_timeout=0.2)
    content = bytes(16 << 20)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", content)
    async with await Talk.to(site) as talk:
        await talk.connected(sync=None)
        for question in (pesit.Select(file_name="*"), pesit.Orf()):
            await talk.ask(question)
        talk.say(pesit.Read())
        while not site.notes:
            await asyncio.sleep(0.01)
    assert site.notes[0].kind == "silent"
    assert site.node.fetches == []


@awaited
async def test_a_peer_that_is_gone_in_a_transfer_is_noted_and_one_that_is_gone_before_is_not(
    idle_pesit,
):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected()
    async with await Talk.to(site) as talk:
        await talk.writing()
    while site.listener._house.links:
        await asyncio.sleep(0.01)
    assert [note.kind for note in site.notes] == ["cut"]


@awaited
async def test_a_server_that_stops_says_so(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected()
        stopping = asyncio.ensure_future(site.stop())
        assert code((await talk.hear()).diagnostic) == "3-312"
        await stopping


@awaited
async def test_a_server_that_stops_lets_a_commit_end_and_acknowledges_it(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.commit.clear()
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"<a/>",)), pesit.DtfEnd())
        talk.say(pesit.TransEnd(octets=4, articles=1))
        while not any(one.committing for one in site.listener._house.busy.values()):
            await asyncio.sleep(0.01)
        stopping = asyncio.ensure_future(site.stop())
        await asyncio.sleep(0)
        site.node.commit.set()
        assert (await talk.hear()).diagnostic.is_success
        assert code((await talk.hear()).diagnostic) == "3-312"
        await stopping
    assert len(site.node.deposits) == 1


@awaited
async def test_a_habit_is_told_once(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        one = bytes.fromhex("000b0000") + bytes((talk.session.peer_id, 1)) + b"\x00\x03abc"
        talk.raw(b"\x00\x0b" + one)
        talk.raw(b"\x00\x0b" + one)
        assert isinstance(await talk.ask(pesit.Syn(number=1)), pesit.AckSyn)
    assert len(told(site, "", "tolerated")) == 1


@awaited
async def test_a_transfer_gone_silent_gives_way_to_its_restart(idle_pesit):
    site = await idle_pesit.start(secure=False, stale_after=0.0)
    async with await Talk.to(site) as dead, await Talk.to(site) as talk:
        await dead.writing()
        dead.say(pesit.Data(articles=(b"abc",)))
        await dead.ask(pesit.Syn(number=1))
        await talk.connected()
        assert code((await talk.ask(creation())).diagnostic) == "2-207"
        assert (await talk.ask(creation(restarted=True))).diagnostic.is_success
        await talk.ask(pesit.Orf())
        assert (await talk.ask(pesit.Write())).restart_point == 1
        assert code((await dead.hear()).diagnostic) == "3-314"
    assert site.node.cuts[0] == ("DEM003", FLOW, 3)


@awaited
async def test_a_reading_gone_silent_gives_way_to_its_restart(idle_pesit):
    site = await idle_pesit.start(secure=False, stale_after=0.0)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"abc")
    async with await Talk.to(site) as dead, await Talk.to(site) as talk:
        await dead.connected()
        number = (await dead.ask(pesit.Select(file_name="*"))).transfer_id
        await talk.connected()
        again = pesit.Select(file_name="*", transfer_id=number, restarted=True)
        assert code((await talk.ask(pesit.Select(file_name="*"))).diagnostic) == "2-207"
        assert (await talk.ask(again)).diagnostic.is_success
