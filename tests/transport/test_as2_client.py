"""The partner's client and listener over real sockets, against an HTTP implementation not ours."""

import asyncio
import datetime as dt
import ipaddress
import os
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from as2_forge import platform, simulator
from as2_simulator import posted, push_of, simulated
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loops import run
from msgspec.structs import replace

from simulator.transport import as2_client_listen
from simulator.transport.as2_client import Endpoint, Where, listen, send
from simulator.transport.as2_client_http import (
    Address,
    Limits,
    NoAnswer,
    NotConnected,
    Reply,
    post,
    serve,
)
from simulator.transport.as2_party import File, PartyError, PartySettings
from simulator.transport.as2_party_choice import party
from simulator.wire import as2

SIGNED = as2.ReceiptRequest(signed=True, micalgs=("sha256",))
INTERIM = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
CHUNKS = b"2;x=y\r\nhi\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
SHORT = Limits(head=4096, body=100_000, connect=5.0, seconds=5.0, connections=4)


def agreed(**changes):
    given = {
        "own_name": "DEM002",
        "peer_name": "CPP001",
        "key": platform().key,
        "certificate": platform().certificate,
        "peer_certificate": simulator().certificate,
    } | changes
    return PartySettings(**given)


@pytest.fixture
def peer():
    with simulated() as (served, url):
        served.url = f"{url}/as2"
        yield served


@pytest.fixture
def files(tmp_path):
    contents = {"b.xml": b"1\n2\n", "a.tar.gz": os.urandom(200_000), "empty": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TestSend:
    @pytest.mark.parametrize("receipt", ["sync", "async", "none"])
    @pytest.mark.parametrize("engine", [None, "own"])
    def test_files_arrive_in_order_and_each_has_its_verdict(self, peer, files, receipt, engine):
        results = run(send(Endpoint(peer.url), files, agreed(receipt=receipt), engine))
        assert peer.deposits == [(file.name, file.read_bytes()) for file in files]
        kind = "sent" if receipt == "none" else "delivered"
        assert [(r.name, r.outcome.kind) for r in results] == [(f.name, kind) for f in files]
        assert all(r.outcome.proven == (receipt != "none") for r in results)
        assert [r.message_id for r in results] == [q.message_id for q in peer.requests]

    def test_an_asynchronous_mdn_may_come_after_the_answer(self, peer, files):
        peer.mdn_first = False
        results = run(send(Endpoint(peer.url), files, agreed(receipt="async")))
        assert {result.outcome.kind for result in results} == {"delivered"}
        assert peer.posted == [200, 200, 200]

    def test_an_asynchronous_mdn_that_never_comes(self, peer, files):
        peer.answer = (202, [], b"")
        endpoint = Endpoint(peer.url, receipt_seconds=0.05)
        (result,) = run(send(endpoint, files[:1], agreed(receipt="async")))
        assert result.outcome.kind == "no-mdn"
        assert "no asynchronous MDN within 0.05 s" in result.outcome.text

    def test_a_refusal_is_told_with_its_disposition_and_the_next_file_is_sent(self, peer, files):
        peer.refusal = as2.InsufficientSecurity("x")
        results = run(send(Endpoint(peer.url), files, agreed()))
        assert [result.outcome.kind for result in results] == ["nok"] * 3
        assert results[0].outcome.disposition == "processed/error: insufficient-message-security"
        assert not results[0].outcome.is_positive

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ((400, [], b"go away\n"), "HTTP/1.1 400 Bad Request: go away"),
            ((200, [("Content-Type", "text/html")], b"<p>It works</p>"), "an MDN is expected"),
            ((204, [], b""), "an MDN is expected"),
        ],
    )
    def test_an_answer_without_an_mdn(self, peer, files, answer, words):
        peer.answer = answer
        (result,) = run(send(Endpoint(peer.url), files[:1], agreed()))
        assert result.outcome.kind == "no-mdn"
        assert words in result.outcome.text

    def test_an_mdn_on_an_earlier_message_is_not_taken_for_this_one(self, peer, files):
        def repeated(handler, body):
            genuine(handler, body) if not peer.deposits else handler.reply(*first)

        first = []
        genuine = peer.take
        peer.take = repeated

        def kept(request, body):
            mdn = original(request, body)
            first[:] = [200, mdn.headers, mdn.body()]
            return mdn

        original = peer._mdn
        peer._mdn = kept
        results = run(send(Endpoint(peer.url), files[:2], agreed()))
        assert [result.outcome.kind for result in results] == ["delivered", "unreadable"]

    def test_where_nothing_listens_nothing_more_is_tried(self, files):
        results = run(send(Endpoint(f"http://127.0.0.1:{free_port()}/as2"), files, agreed()))
        assert [result.outcome.kind for result in results] == ["not-sent"] * 3
        assert "nothing listens there" in results[0].outcome.text
        assert results[2].outcome.text == "not tried after b.xml"

    def test_a_file_that_is_gone_is_told(self, peer, files):
        files[0].unlink()
        (result,) = run(send(Endpoint(peer.url), files[:1], agreed()))
        assert result.outcome.kind == "not-sent"
        assert peer.requests == []

    def test_keys_that_do_not_fit_are_told_before_anything_is_sent(self, peer, files):
        with pytest.raises(PartyError, match="the private key is not that of"):
            run(send(Endpoint(peer.url), files, agreed(key=simulator().key)))
        assert peer.requests == []

    def test_a_taken_port_for_asynchronous_mdns_is_told(self, peer, files):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            endpoint = Endpoint(peer.url, listen=Where(port=taken.getsockname()[1]))
            with pytest.raises(PartyError, match=r"cannot listen on 127\.0\.0\.1:"):
                run(send(endpoint, files, agreed(receipt="async")))


def certified(path):
    """A key with a certificate for 127.0.0.1 that vouches for itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.stem)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2049, 12, 31, tzinfo=dt.UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    return path


async def exchanged(script, work, limits=SHORT):
    """What `work` makes of a raw server that follows a script: bytes to be sent, None to hang up."""

    async def served(reader, writer):
        writers.append(writer)
        for step in script:
            if step is None:
                break
            if step == "read":
                await reader.readuntil(b"\r\n\r\n")
            elif step == "wait":
                return
            else:
                writer.write(step)
                await writer.drain()
        writer.close()

    writers = []

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        return await work(f"http://127.0.0.1:{port}/as2", limits)
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def one_post(url, limits):
    return await post(url, (("X-Test", "1"),), b"body", limits=limits)


class TestHttpClient:
    @pytest.mark.parametrize(
        ("answer", "status", "body"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
            (b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end"),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
            (b"HTTP/1.0 404\r\ncontent-length:0\r\n\r\n", 404, b""),
            (
                INTERIM + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + CHUNKS,
                200,
                b"hi0123456789",
            ),
        ],
    )
    def test_answers_are_read_in_every_framing(self, answer, status, body):
        got = run(exchanged(["read", answer, None], one_post))
        assert (got.status, got.body) == (status, body)

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhixx",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5000,
            b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_001,
            b"HTTP/1.1 100 Continue\r\n\r\n" * 101,
        ],
    )
    def test_what_is_no_answer_is_told(self, answer):
        with pytest.raises(NoAnswer, match=r"no answer from http://127\.0\.0\.1:"):
            run(exchanged(["read", answer, None], one_post))

    def test_a_server_that_never_answers(self):
        with pytest.raises(NoAnswer, match=r"within 0\.05 s"):
            run(exchanged(["wait"], one_post, replace(SHORT, seconds=0.05)))

    @pytest.mark.parametrize(
        "url", ["", "ftp://x/", "http://", "http://x:99999/", "http://a b/", "http://x/\r\nA: b"]
    )
    def test_what_is_no_url_is_refused(self, url):
        with pytest.raises(NotConnected):
            run(post(url, (), b""))

    def test_https_is_verified_with_the_authority_given(self, tmp_path):
        trusted = certified(tmp_path / "a.pem")
        other = certified(tmp_path / "b.pem")
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served.load_cert_chain(trusted)

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async def work():
            server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served)
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/as2"
            try:
                with pytest.raises(NotConnected, match="certificate verify failed"):
                    await post(url, (), b"x", ca=other, limits=SHORT)
                return (await post(url, (), b"x", ca=trusted, limits=SHORT)).status
            finally:
                server.close()

        assert run(work()) == 200

    def test_addresses(self):
        assert Address.of("https://[::1]/as2?x=1") == Address("::1", 443, "/as2?x=1", True)
        assert Address.of("http://h:81") == Address("h", 81, "/", False)
        assert Address.of("http://[::1]:5/").named == "[::1]:5"

    def test_a_header_cannot_break_out_of_its_line(self):
        async def work(url, limits):
            return await post(url, (("A", "b\r\nC: d"),), b"", limits=limits)

        with pytest.raises(NoAnswer, match="line break"):
            run(exchanged(["wait"], work))


async def echoed(request):
    return Reply(200, (("Content-Type", "x/y"),), request.body)


def spoken(data, *, limits=SHORT, handler=echoed):
    """What the server says to raw bytes, until it closes."""

    async def talk():
        server = await serve("127.0.0.1", 0, handler, limits)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(data)
            await writer.drain()
            answer = await reader.read()  # it half-closes after a refusal
            writer.close()
            await writer.wait_closed()
            return answer
        finally:
            await server.close()

    return run(talk())


class TestHttpServer:
    @pytest.mark.parametrize(
        "framed",
        [
            b"Content-Length: 2\r\n\r\nhi",
            b"Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        ],
    )
    def test_bodies_of_both_framings(self, framed):
        answer = spoken(b"POST /as2 HTTP/1.1\r\n" + framed)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\nhi")

    def test_who_waits_for_100_gets_it(self):
        answer = spoken(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize(
        ("data", "status"),
        [
            (b"GET / HTTP/1.1\r\n\r\n", 405),
            (b"junk\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\nx", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", 413),
            (b"POST / HTTP/1.1\r\nX: " + b"x" * 9000, 400),
        ],
    )
    def test_what_is_out_of_bounds_is_refused(self, data, status):
        assert spoken(data).startswith(f"HTTP/1.1 {status} ".encode())

    def test_a_slow_request_is_ended(self):
        answer = spoken(b"POST / HTTP/1.1\r\nA", limits=replace(SHORT, seconds=0.05))
        assert answer.startswith(b"HTTP/1.1 408 ")

    def test_too_many_connections_are_turned_away_and_room_is_made_again(self):
        async def talk():
            server = await serve("127.0.0.1", 0, echoed, replace(SHORT, connections=1))
            url = f"http://127.0.0.1:{server.port}/"
            try:
                _, idle = await asyncio.open_connection("127.0.0.1", server.port)
                refused = await post(url, (), b"x", limits=SHORT)
                idle.close()
                await idle.wait_closed()
                served = refused
                while served.status == 503:  # until the server has noticed the farewell
                    served = await post(url, (), b"x", limits=SHORT)
                return refused.status, served.status
            finally:
                await server.close()

        assert run(talk()) == (503, 200)


@asynccontextmanager
async def listening(folder, engine=None, **changes):
    def party_at(_):
        return party(agreed(**changes), engine)

    async with listen(Where(limits=replace(SHORT, body=1_000_000)), folder, party_at) as listener:
        yield listener


async def pushed(listener, outgoing):
    return await asyncio.to_thread(posted, listener.url, outgoing.headers, outgoing.body())


def judged(outgoing, headers, body):
    opening = as2.Opening(signers=(platform().public,), require_signature=True)
    mdn = as2.read_mdn(as2.read_request(headers), body, opening)
    return as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic)


class TestListen:
    @pytest.mark.parametrize("engine", [None, "own"])
    def test_what_is_pushed_is_kept_and_acknowledged(self, tmp_path, engine):
        outgoing = [
            push_of(f"F{n}.tar.gz", os.urandom(n * 1000), f"<{n}@s>", SIGNED) for n in (1, 2)
        ]

        async def work():
            async with listening(tmp_path, engine) as listener:
                for message in outgoing:
                    status, headers, body = await pushed(listener, message)
                    assert status == 200
                    assert judged(message, headers, body).proven
                return listener.files, listener.problems

        files, problems = run(work())
        assert ([file.name for file in files], problems) == (["F1.tar.gz", "F2.tar.gz"], [])
        assert [file.stat().st_size for file in files] == [1000, 2000]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["F1.tar.gz", "F2.tar.gz"]

    def test_the_file_is_there_before_the_mdn(self, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        outgoing = push_of("F1", b"1", "<1@s>", SIGNED)

        async def work():
            async with listening(tmp_path) as listener:
                with monkeypatch.context() as patch:
                    patch.setattr(as2_client_listen.os, "fsync", full)
                    failed = await pushed(listener, outgoing)
                again = await pushed(listener, outgoing)
                return failed, again, listener.problems

        failed, again, problems = run(work())
        assert (failed[0], again[0]) == (500, 200)
        assert "No space left" in problems[0]
        assert judged(outgoing, *again[1:]).proven
        assert [path.name for path in tmp_path.iterdir()] == ["F1"]

    def test_a_duplicate_gets_the_same_mdn_and_is_not_written_again(self, tmp_path):
        outgoing = push_of("F1", b"1", "<1@s>", SIGNED)

        async def work():
            async with listening(tmp_path) as listener:
                first = await pushed(listener, outgoing)
                return first, await pushed(listener, outgoing), listener.files

        first, second, files = run(work())
        assert first[2] == second[2]
        assert len(files) == len(list(tmp_path.iterdir())) == 1

    def test_a_refused_message_id_is_looked_at_again(self, tmp_path):
        outgoing = push_of("F1", b"1", "<1@s>", SIGNED)
        forged = replace(outgoing, pieces=(outgoing.body()[:-32] + bytes(32),))

        async def work():
            async with listening(tmp_path) as listener:
                refused = await pushed(listener, forged)
                return refused, await pushed(listener, outgoing), listener

        refused, taken, listener = run(work())
        assert judged(outgoing, *refused[1:]).outcome == "nok"
        assert judged(outgoing, *taken[1:]).proven
        assert len(listener.problems) == len(listener.files) == 1

    def test_an_asynchronous_mdn_is_posted_to_where_it_is_wanted(self, tmp_path):
        came = []

        async def taken(request):
            came.append(request)
            return Reply(200)

        async def work():
            desk = await serve("127.0.0.1", 0, taken)
            url = f"http://127.0.0.1:{desk.port}/mdn"
            outgoing = push_of("F1", b"1", "<1@s>", replace(SIGNED, url=url))
            try:
                async with listening(tmp_path) as listener:
                    answers = [await pushed(listener, outgoing) for _ in range(2)]
                return outgoing, answers, listener.problems
            finally:
                await desk.close()

        outgoing, answers, problems = run(work())
        assert [(status, body) for status, _, body in answers] == [(202, b"")] * 2
        assert problems == []
        first, second = came
        assert first.body == second.body
        assert judged(outgoing, first.headers, first.body).proven

    def test_an_asynchronous_mdn_that_nobody_takes_is_a_problem(self, tmp_path):
        url = f"http://127.0.0.1:{free_port()}/mdn"

        async def work():
            async with listening(tmp_path) as listener:
                await pushed(listener, push_of("F1", b"1", "<1@s>", replace(SIGNED, url=url)))
            return listener.problems

        (problem,) = run(work())
        assert "could not be posted" in problem
        assert "nothing listens there" in problem

    def test_no_file_is_written_over_another(self, tmp_path):
        (tmp_path / "F1").write_bytes(b"old")

        async def work():
            async with listening(tmp_path) as listener:
                for number in (1, 2):
                    await pushed(listener, push_of("F1", b"new", f"<{number}@s>", None))
                return [file.name for file in listener.files]

        assert run(work()) == ["F1.2", "F1.3"]
        assert (tmp_path / "F1").read_bytes() == b"old"

    @pytest.mark.parametrize("linked", [True, False])
    @pytest.mark.parametrize(
        ("names", "kept"),
        [
            (["", ""], ["unnamed", "unnamed.2"]),
            ([".bashrc", "..x"], ["bashrc", "x"]),
            (["é" * 200], ["é" * 120]),
        ],
    )
    def test_names_on_the_disk(self, tmp_path, monkeypatch, names, kept, linked):
        if not linked:

            def no_links(*_):
                raise PermissionError(1, "Operation not permitted")

            monkeypatch.setattr(as2_client_listen.os, "link", no_links)
        files = [File(name, b"x") for name in names]
        stored = as2_client_listen.store(files, tmp_path)
        assert [path.name for path in stored] == kept
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
        assert {path.read_bytes() for path in stored} == {b"x"}

    def test_what_is_no_as2_is_refused(self, tmp_path):
        async def work():
            async with listening(tmp_path) as listener:
                answer = await asyncio.to_thread(posted, listener.url, (), b"hello")
                return answer[0], listener.problems

        status, problems = run(work())
        assert status == 400
        assert len(problems) == 1

    @pytest.mark.parametrize("engine", [None, "own"])
    def test_a_signed_message_without_receipt_is_not_taken_for_an_mdn(self, tmp_path, engine):
        outgoing = as2.build_message(
            as2.Envelope("CPP001", "DEM002", "<1@s>"),
            [as2.File(b"1", "F1")],
            as2.Security(simulator().identity),
        )

        async def work():
            async with listening(tmp_path, engine, encrypt=False) as listener:
                status, _, body = await pushed(listener, outgoing)
                return status, body, [file.name for file in listener.files], listener.problems

        assert run(work()) == (200, b"", ["F1"], [])

    def test_an_mdn_that_nobody_waits_for_is_told(self, tmp_path):
        async def work():
            async with listening(tmp_path) as listener:
                headers = (("Content-Type", "multipart/report; boundary=x"),)
                answer = await asyncio.to_thread(posted, listener.url, headers, b"--x--")
                return answer[0], listener.problems

        status, (problem,) = run(work())
        assert status == 200
        assert "helps nobody" in problem

    def test_many_at_once_are_all_kept(self, tmp_path):
        outgoing = [push_of("same", bytes([n]), f"<{n}@s>", SIGNED) for n in range(4)]

        async def work():
            async with listening(tmp_path) as listener:
                answers = await asyncio.gather(*(pushed(listener, one) for one in outgoing))
                return [judged(o, *a[1:]).proven for o, a in zip(outgoing, answers, strict=True)]

        assert run(work()) == [True] * 4
        assert {path.read_bytes() for path in tmp_path.iterdir()} == {bytes([n]) for n in range(4)}

    def test_news_comes_with_the_first_message(self, tmp_path):
        async def work():
            async with listening(tmp_path) as listener:
                waiting = asyncio.ensure_future(listener.news(20.0))
                await pushed(listener, push_of("F1", b"1", "<1@s>", None))
                await asyncio.wait_for(waiting, 10.0)
                return len(listener.files)

        assert run(work()) == 1

    def test_closing_cuts_a_connection_that_says_nothing(self, tmp_path):
        async def work():
            async with listening(tmp_path) as listener:
                address = Address.of(listener.url)
                reader, writer = await asyncio.open_connection(address.host, address.port)
                await asyncio.to_thread(partial(posted, listener.url, (), b"x"))
            rest = await reader.read()
            writer.close()
            return rest

        assert run(work()) == b""
