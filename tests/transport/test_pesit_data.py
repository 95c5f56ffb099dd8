"""What files look like on the wire, and what becomes of them: articles, text, names, points."""

import asyncio
import io
import os
import tracemalloc

import msgspec
import pytest
from pesit_world import FLOW, FullSpool, Talk, awaited, creation

from simulator.runtime.gateway import GatewayError
from simulator.transport import pesit_client
from simulator.wire import pesit
from simulator.wire.pesit.recording import Header, Recorder, read_recording

RETURN = "CSO1100A_DEM003_DEM0031100000000000000001.tar.gz"


async def written(talk, *articles, **fields):
    """Writes a file article by article."""
    await talk.writing(**fields)
    for article in articles:
        talk.say(pesit.Data(articles=(article,)))
    talk.say(pesit.DtfEnd())
    octets, count = talk.session.transfer.moved
    answer = await talk.ask(pesit.TransEnd(octets=octets, articles=count))
    assert answer.diagnostic.is_success, answer


@pytest.mark.parametrize(("fields", "articles", "content"), [
    ({"data_code": 2}, (b"<a>", b"</a>"), b"<a></a>"),
    ({"data_code": None}, (b"<a>", b"</a>"), b"<a></a>"),
    ({"data_code": 0}, (b"<a>", b" ", b"</a>"), b"<a>\n\n</a>\n"),
    ({"data_code": 1}, (b"\x4c\x81\x6e", b"\x4c\x61\x81\x6e"), b"<a>\n</a>\n"),
    ({"data_code": 0}, (b"\x1f\x8b\x08", b"abc"), b"\x1f\x8b\x08abc"),
    ({"data_code": 0}, (b"PK\x03\x04", b"abc"), b"PK\x03\x04abc"),
])  # fmt: skip
@awaited
async def test_articles_become_the_file_that_they_were(idle_pesit, fields, articles, content):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await written(talk, *articles, **fields)
    assert site.node.deposits == [("DEM003", FLOW, content)]


@awaited
async def test_text_may_be_taken_in_pieces(idle_pesit):
    site = await idle_pesit.start(secure=False, text="pieces")
    async with await Talk.to(site) as talk:
        await written(talk, b"<a>", b"</a>", data_code=0)
    assert site.node.deposits == [("DEM003", FLOW, b"<a></a>")]


@awaited
async def test_a_text_that_broke_off_goes_on_at_its_line(idle_pesit):
    site = await idle_pesit.start(secure=False)
    lines = [b"line %d" % number for number in range(40)]
    async with await Talk.to(site) as talk:
        await talk.writing(data_code=0)
        talk.say(*[pesit.Data(articles=(one,)) for one in lines[:20]])
        await talk.ask(pesit.Syn(number=1))
        talk.say(*[pesit.Data(articles=(one,)) for one in lines[20:30]])
    while not site.node.cuts:
        await asyncio.sleep(0.01)
    async with await Talk.to(site) as talk:
        await talk.connected()
        talk.session.know([pesit.Mark(1, 20, 130, 130)])
        await talk.ask(creation(data_code=0, restarted=True))
        await talk.ask(pesit.Orf())
        assert (await talk.ask(pesit.Write())).restart_point == 1
        talk.say(*[pesit.Data(articles=(one,)) for one in lines[20:]], pesit.DtfEnd())
        octets, count = talk.session.transfer.moved
        assert (await talk.ask(pesit.TransEnd(octets=octets, articles=count))).diagnostic.is_success
    ((_, _, content),) = site.node.deposits
    assert content == b"".join(one + b"\n" for one in lines)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"label": FLOW, "file_name": "X"}, FLOW),
        ({"label": "invoices", "file_name": FLOW}, FLOW),
        ({"label": None, "file_name": "INV", "free": FLOW.ljust(254)}, FLOW),
        (
            {"label": None, "file_name": "FSO1100A", "originator": "DEM003", "transfer_id": 42},
            "FSO1100A_DEM003_DEM0031100000000000000042",
        ),
        ({"label": "my invoices", "file_name": "INV"}, "my invoices"),
        ({"label": None, "file_name": "INV"}, "INV"),
        ({"label": None, "file_name": " "}, "unnamed"),
    ],
)
@awaited
async def test_the_name_is_found_where_it_reads_as_one(idle_pesit, fields, name):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await written(talk, b"<a/>", **fields)
    ((_, found, _),) = site.node.deposits
    assert found == name


@awaited
async def test_several_files_and_a_message_on_one_connection(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.connected()
        for number in (1, 2, 3):
            for question in (creation(transfer_id=number), pesit.Orf(), pesit.Write()):
                assert (await talk.ask(question)).diagnostic.is_success
            talk.say(pesit.Data(articles=(b"%d" % number,)), pesit.DtfEnd())
            await talk.ask(pesit.TransEnd(octets=1, articles=1))
            await talk.ask(pesit.Crf())
            await talk.ask(pesit.Deselect())
        answer = await talk.ask(pesit.Msg(file_name="FSO1100A", transfer_id=3, text=b"received"))
        assert answer.diagnostic.is_success
        assert isinstance(await talk.ask(pesit.Release()), pesit.Relconf)
    assert [content for _, _, content in site.node.deposits] == [b"1", b"2", b"3"]
    assert [note.kind for note in site.notes] == ["message"]


@awaited
async def test_a_resynchronisation_goes_back_and_the_file_is_whole(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"one ",)))
        await talk.ask(pesit.Syn(number=1))
        talk.say(pesit.Data(articles=(b"wrong",)))
        back = await talk.ask(pesit.Resyn(restart_point=1))
        assert back == pesit.AckResyn(restart_point=1)
        talk.say(pesit.Data(articles=(b"two",)), pesit.DtfEnd())
        octets, count = talk.session.transfer.moved
        await talk.ask(pesit.TransEnd(octets=octets, articles=count))
    assert site.node.deposits == [("DEM003", FLOW, b"one two")]


@awaited
async def test_a_reader_may_go_back_to_a_point(idle_pesit):
    site = await idle_pesit.start(secure=False)
    content = os.urandom(40_000)
    site.node.add_return(RETURN, content)
    async with await Talk.to(site) as talk:
        await talk.connected()
        for question in (pesit.Select(file_name="*"), pesit.Orf(), pesit.Read()):
            assert (await talk.ask(question)).diagnostic.is_success
        read, seen = b"", 0
        while not isinstance(event := await talk.hear(), pesit.DtfEnd):
            if isinstance(event, pesit.Data):
                read += b"".join(event.articles)
            elif isinstance(event, pesit.Syn) and event.number == 2 and not seen:
                seen = event.mark.octets
                assert isinstance(await talk.ask(pesit.Resyn(restart_point=1)), pesit.AckResyn)
                read = read[: talk.session.transfer.octets]
            elif isinstance(event, pesit.Syn):
                talk.say(pesit.AckSyn(number=event.number))
        assert read == content


@awaited
async def test_an_upload_interrupted_by_its_sender_goes_on_or_not_as_it_said(idle_pesit):
    site = await idle_pesit.start(secure=False)
    for end, point in ((pesit.EndCode.ERROR, 1), (pesit.EndCode.CANCELLED_BY_REQUESTER, 0)):
        async with await Talk.to(site) as talk:
            await talk.writing(transfer_id=end)
            talk.say(pesit.Data(articles=(b"abc",)))
            await talk.ask(pesit.Syn(number=1))
            talk.say(pesit.Data(articles=(b"def",)))
            await talk.ask(pesit.Idt(diagnostic=pesit.Diagnostic.parse("2-216"), end_code=end))
            await talk.ask(pesit.Crf())
            await talk.ask(pesit.Deselect())
            await talk.ask(creation(transfer_id=end, restarted=True))
            await talk.ask(pesit.Orf())
            assert (await talk.ask(pesit.Write())).restart_point == point
    assert [size for _, _, size in site.node.cuts][:1] == [6]


@awaited
async def test_an_upload_under_another_name_is_not_taken_for_the_one_that_broke_off(idle_pesit):
    site = await idle_pesit.start(secure=False)
    async with await Talk.to(site) as talk:
        await talk.writing()
        talk.say(pesit.Data(articles=(b"abc",)))
        await talk.ask(pesit.Syn(number=1))
    while not site.node.cuts:
        await asyncio.sleep(0.01)
    other = FLOW.replace("0001.xml", "0002.xml")
    async with await Talk.to(site) as talk:
        await talk.connected()
        await talk.ask(creation(restarted=True, label=other))
        await talk.ask(pesit.Orf())
        assert (await talk.ask(pesit.Write())).restart_point == 0


# -- returns ------------------------------------------------------------------------------------


@awaited
async def test_many_returns_are_polled_until_none_is_left(idle_pesit):
    site = await idle_pesit.start()
    names = [f"CSO1100A_DEM003_DEM0031100{number:015d}.tar.gz" for number in range(1, 21)]
    for name in names:
        site.node.add_return(name, name.encode())
    files = await pesit_client.receive(site.endpoint(), site.box)
    assert [file.name for file in files] == names
    assert all(file.read_bytes() == file.name.encode() for file in files)
    assert site.node.returns == {}


@pytest.mark.parametrize(("wanted", "numbers"), [
    ("*", [1, 2]), ("", [1, 2]), ("CSO1100A", [1]), ("CEN*", [2]), ("FEN*", []),
    ("CSO1100A_DEM003_DEM0031100000000000000001", [1]),
])  # fmt: skip
@awaited
async def test_a_name_of_a_select_means_what_it_matches(idle_pesit, wanted, numbers):
    site = await idle_pesit.start(secure=False)
    site.node.add_return("CSO1100A_DEM003_DEM0031100000000000000001.tar.gz", b"1")
    site.node.add_return("CEN1204A_DEM003_CPP0011204000000000000001.tar.gz", b"2")
    if wanted:
        await pesit_client.receive(site.endpoint(), site.box, wanted)
    else:
        await pesit_client.receive(site.endpoint(), site.box, " ")
    assert site.node.fetches == numbers


@awaited
async def test_a_return_that_is_kept_is_offered_once_a_connection(idle_pesit):
    site = await idle_pesit.start(secure=False, once=False)
    site.node.add_return(RETURN, b"abc")
    for _ in range(2):
        assert len(await pesit_client.receive(site.endpoint(), site.box)) == 1
    assert site.node.fetches == [1, 1]


@awaited
async def test_a_return_has_its_name_without_its_label_too(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_return(RETURN, b"abc")
    async with await Talk.to(site) as talk:
        await talk.connected()
        answer = await talk.ask(pesit.Select(file_name="*"))
        assert (answer.label, answer.free) == (None, RETURN)
        await talk.ask(pesit.Deselect())
        wanted = pesit.Wanted.LOGICAL | pesit.Wanted.PHYSICAL | pesit.Wanted.HISTORICAL
        answer = await talk.ask(pesit.Select(file_name="*", attributes=wanted))
        assert (answer.label, answer.free, answer.max_reserved) == (RETURN, None, 1)
        assert answer.created == "260901080000"


@awaited
async def test_a_fetch_that_is_not_recorded_is_not_acknowledged(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.add_return(RETURN, b"abc")
    site.node.refuse = GatewayError("not recorded")
    with pytest.raises(pesit_client.TransferFailed, match="2-223"):
        await pesit_client.receive(site.endpoint(), site.box)
    assert len(site.node.returns) == 1


# -- bounds -------------------------------------------------------------------------------------


@awaited
async def test_two_partners_at_once_get_what_is_theirs(idle_pesit):
    site = await idle_pesit.start()
    names = {code: FLOW.replace("DEM003", code) for code in ("DEM003", "DEM013")}
    contents = {code: os.urandom(500_000) for code in names}
    files = {code: site.file(names[code], contents[code]) for code in names}
    await asyncio.gather(*(pesit_client.send(site.endpoint(code), [files[code]]) for code in names))
    expected = sorted((code, names[code], contents[code]) for code in names)
    assert sorted(site.node.deposits) == expected


@awaited
async def test_a_transfer_takes_little_memory_whatever_its_size(idle_pesit):
    site = await idle_pesit.start(secure=False)
    site.node.new = lambda: FullSpool(site.spools, 1 << 30, 0)
    seen = []
    article = bytes(4096)
    async with await Talk.to(site) as talk:
        await talk.writing(article_length=4096, max_entity=32_768, max_reserved=200_000)
        tracemalloc.start()
        tracemalloc.reset_peak()
        for number in range(1, 1025):
            talk.say(pesit.Data(articles=(article, article)))
            answer = await talk.ask(pesit.Syn(number=number))
            assert answer.number == number
        seen.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert seen[0] < 8 << 20


@awaited
async def test_kept_uploads_are_bounded_and_the_oldest_goes(idle_pesit):
    site = await idle_pesit.start(secure=False, kept_uploads=2)
    for number in (1, 2, 3):
        async with await Talk.to(site) as talk:
            await talk.writing(transfer_id=number)
            talk.say(pesit.Data(articles=(b"abc",)))
            await talk.ask(pesit.Syn(number=1))
        while len(site.node.cuts) < number:
            await asyncio.sleep(0.01)
    points = []
    for number in (1, 2, 3):
        async with await Talk.to(site) as talk:
            await talk.connected()
            await talk.ask(creation(transfer_id=number, restarted=True))
            await talk.ask(pesit.Orf())
            points.append((await talk.ask(pesit.Write())).restart_point)
    assert points == [0, 1, 1]


# -- capture ------------------------------------------------------------------------------------


@awaited
async def test_a_connection_hands_its_octets_to_who_wants_them(idle_pesit):
    chunks = []
    labels = []

    def capture(label):
        labels.append(label)
        return lambda *chunk: chunks.append(chunk)

    site = await idle_pesit.start(hooks={"capture": capture})
    await pesit_client.send(site.endpoint(), [site.file(FLOW, b"<a/>")])
    while not [c for c in chunks if not c[1]]:
        await asyncio.sleep(0.01)
    (label,) = labels
    assert label.startswith("pesit-1 127.0.0.1:")
    up = b"".join(octets for way, octets, _ in chunks if way == ">")
    down = b"".join(octets for way, octets, _ in chunks if way == "<")
    server, heard = pesit.Server(1), []
    for event in server.receive(up):
        heard.append(type(event).__name__)
        if isinstance(event, pesit.Connect):
            break
    assert heard == ["Connect"]
    assert down[2:6] == down[:2] + b"\x40\x21"
    offsets = [offset for _, _, offset in chunks]
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0


@awaited
async def test_both_sides_of_a_call_record_the_same_session(idle_pesit):
    sides = {"server": [], "caller": []}

    def taker(side):
        return lambda _label: lambda way, octets, _: sides[side].append((way, octets))

    site = await idle_pesit.start(hooks={"capture": taker("server")})
    endpoint = msgspec.structs.replace(site.endpoint(), capture=taker("caller"))
    await pesit_client.send(endpoint, [site.file(FLOW, os.urandom(50_000))])
    for way in "><":
        joined = [b"".join(o for w, o in chunks if w == way) for chunks in sides.values()]
        assert joined[0] == joined[1]
        assert joined[0]


@awaited
async def test_a_recording_of_a_session_is_read_back(idle_pesit, tmp_path):
    texts = {}

    def capture(label):
        texts[label] = io.StringIO()
        return Recorder(texts[label], Header(session=label.split()[0]))

    site = await idle_pesit.start(hooks={"capture": capture})
    await pesit_client.send(site.endpoint(), [site.file(FLOW, b"<a/>")])
    (text,) = texts.values()
    while not text.getvalue().count(" 0\n"):
        await asyncio.sleep(0.01)
    recording = read_recording(text.getvalue())
    (line, *_) = pesit.annotate(recording.octets(">"))
    assert "CONNECT" in str(line)
    assert recording.header.session == "pesit-1"


@awaited
async def test_a_name_that_pesit_cannot_carry_is_told(idle_pesit):
    site = await idle_pesit.start(secure=False)
    name = "x" * 120 + ".xml"
    with pytest.raises(pesit_client.TransferFailed, match="cannot be said in PeSIT"):
        await pesit_client.send(site.endpoint(), [site.file(name, b"<a/>")])
