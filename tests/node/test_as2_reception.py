"""AS2 messages at a running node: what is accepted, what is refused and how, what is kept of it."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from as2_desk import (
    OPEN,
    PROFILES,
    Desk,
    Dialogue,
    answer_of,
    as2_desk,
    asked_later,
    eventually,
    flow_name,
    head,
    security,
    settings,
    with_headers,
)
from as2_partner import Got, Listener, listening

from simulator.wire import as2

SIGNED = as2.ReceiptRequest(signed=True, micalgs=("sha-256",))
UNSIGNED = as2.ReceiptRequest()
RECEIPTS = {"no": None, "unsigned": UNSIGNED, "signed": SIGNED}
LAYERS = {"plain": (False, False), "signed": (True, False), "encrypted": (False, True)}
LAYERS["both"] = (True, True)

PARTNERS = {
    "OPEN01": OPEN,
    "SUBJ01": "{ subject_as_name = true }",
    "OTHER1": "{}",
    **{code: f'{{ profile = "{name}" }}' for code, name in PROFILES.items()},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with as2_desk(tmp_path_factory.mktemp("as2"), settings(PARTNERS)) as running:
        yield running


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Listener]:
    """Where a partner waits for receipts."""
    with listening(lambda _: (200, [], b"")) as listener:
        yield listener


# -- what is accepted -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("receipt", RECEIPTS)
@pytest.mark.parametrize("compression", ["none", "before-signing", "after-signing"])
@pytest.mark.parametrize("layers", LAYERS)
def test_every_combination_is_taken_and_gets_the_receipt_that_it_asks_for(
    desk: Desk, mailbox: Listener, layers: str, compression: str, receipt: str, way: str
) -> None:
    partner, name = desk["OPEN01"], flow_name("OPEN01")
    sign, encrypt = LAYERS[layers]
    wanted = RECEIPTS[receipt]
    if way == "async":
        wanted = asked_later(wanted, mailbox.url)
    outgoing = partner.message(
        b"<a/>",
        name,
        security=security(partner, sign=sign, encrypt=encrypt, compression=compression),
        receipt=wanted,
    )
    if way == "async" and wanted is None:  # an address alone asks for nothing
        outgoing = with_headers(outgoing, Receipt_Delivery_Option=mailbox.url)
    got = partner.post(outgoing)
    if wanted is None:
        assert (got.status, got.body) == (200, b"")
    else:
        if way == "async":
            assert (got.status, got.body) == (202, b"")
            mailbox.wait()
            got = mailbox.got[-1]
        mdn = partner.read(got)
        assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic) == as2.Receipt(
            "delivered", receipt == "signed", "delivered, with the right MIC"
        )
        assert (mdn.signature is not None) == (receipt == "signed")
        assert (got.request.as2_from, got.request.as2_to) == ("CPP001", "OPEN01")
    assert desk.flows("OPEN01").count(name) == 1
    row = desk.wire("OPEN01")
    assert (row["label"], row["outcome"]) == (outgoing.message_id, "processed")
    kinds = {layer.split()[0] for layer in row["facts"].get("layers", [])}
    assert kinds == {
        kind
        for kind, there in (
            ("signed", sign),
            ("encrypted", encrypt),
            ("compressed", compression != "none"),
        )
        if there
    }


@pytest.mark.parametrize("code", PROFILES)
def test_every_profile_is_understood_in_both_directions(desk: Desk, code: str) -> None:
    partner, name = desk[code], flow_name(code)
    profile = as2.PROFILES[PROFILES[code]]
    asked = as2.ReceiptRequest(signed=True, micalgs=(profile.digest.replace("sha", "sha-"),))
    with listening(partner.answer) as listener:
        desk.announce(code, listener.url)
        mdn, outgoing = partner.send(b"", name, profile=profile, receipt=asked)
        assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
        assert mdn.request.version == profile.version
        assert mdn.signature.digest == profile.digest
        listener.wait()
        desk.node.quiet()
        (got,) = listener.got
        desk.announce(code, None)
    pushed = as2.open_message(got.request, got.body, partner.opening)
    assert pushed.request.version == profile.version
    assert pushed.signature.digest == profile.digest
    assert [layer.kind for layer in pushed.layers] == ["encrypted", "signed"]
    assert pushed.attachments[0].filename.startswith(f"CSO1100A_{code}_")
    assert desk.wire(code)["outcome"] == "delivered"


@pytest.mark.parametrize("asked", ["sha1", "sha-512", "md5", "whirlpool", "SHA256,sha1", ""])
def test_every_wish_for_a_digest_is_answered(desk: Desk, asked: str) -> None:
    for code, name in PROFILES.items():
        micalgs = tuple(asked.split(",")) if asked else ()
        receipt = as2.ReceiptRequest(signed=True, micalgs=micalgs)
        mdn, outgoing = desk[code].send(
            b"", flow_name(code), profile=as2.PROFILES[name], receipt=receipt
        )
        assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
        assert mdn.signature.digest in ("sha1", "sha256", "sha512")
        assert (name, mdn.signature.digest) != ("rfc4130bis", "sha1")


# -- HTTP -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_come_whole_or_in_chunks(desk: Desk, chunked: bool) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"<a/>" * 5000, name)
    got = partner.post(outgoing, chunked=chunked)
    assert as2.judge_mdn(partner.read(got), outgoing.message_id, outgoing.mic).proven
    raw = desk.side(desk.wire("STRICT"), "request")
    assert raw.endswith(b"\r\n\r\n" + outgoing.body())  # without the chunks of HTTP
    assert raw.startswith(b"POST /as2 HTTP/1.1\r\n")


@pytest.mark.parametrize("announced", ["base64", "BASE64", None])
def test_a_body_in_base64_is_read_whether_it_says_so_or_not(
    desk: Desk, announced: str | None
) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"", name)
    text = base64.encodebytes(outgoing.body()).replace(b"\n", b"\r\n")
    changed = with_headers(outgoing, Content_Transfer_Encoding=announced)
    got = partner.post(msgspec.structs.replace(changed, pieces=(text,)))
    assert as2.judge_mdn(partner.read(got), outgoing.message_id, outgoing.mic).proven


def test_a_client_that_waits_for_100_is_told_to_go_on(desk: Desk) -> None:
    partner, outgoing = desk["STRICT"], desk["STRICT"].message(b"", flow_name("STRICT"))
    with desk.dial() as line:
        line.say(head(outgoing, "Expect: 100-continue"))
        assert line.hear().status == 100
        line.say(outgoing.body())
        got = line.hear()
    assert as2.judge_mdn(partner.read(got), outgoing.message_id, outgoing.mic).proven


def test_http_1_0_gets_its_answer_and_the_end(desk: Desk) -> None:
    partner, outgoing = desk["STRICT"], desk["STRICT"].message(b"", flow_name("STRICT"))
    with desk.dial() as line:
        line.say(head(outgoing, version="1.0"), outgoing.body())
        assert partner.read(line.hear()).disposition.is_positive
        assert line.rest() == b""


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_connection_carries_several_messages(desk: Desk, pipelined: bool) -> None:
    partner = desk["STRICT"]
    messages = [partner.message(b"x" * 3000, flow_name("STRICT")) for _ in range(5)]
    requests = [head(message) + message.body() for message in messages]
    with desk.dial() as line:
        if pipelined:
            line.say(*requests)
            answers = [line.hear() for _ in messages]
        else:
            answers = [_asked(line, request) for request in requests]
    read = [partner.read(got).original_message_id for got in answers]
    assert read == [message.message_id for message in messages]
    rows = desk.exchanges("STRICT")[:5]
    for row, request in zip(reversed(rows), requests, strict=True):
        assert desk.side(row, "request") == request


def _asked(line: Dialogue, request: bytes) -> Got:
    line.say(request)
    return line.hear()


@pytest.mark.parametrize("size", [100, 300_000])
def test_a_message_that_is_whole_is_taken_though_its_sender_hangs_up(desk: Desk, size: int) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"x" * size, name)
    with desk.dial() as line:
        line.say(head(outgoing), outgoing.body())
        line.socket.shutdown(socket.SHUT_WR)
    again = partner.post(outgoing)
    assert as2.judge_mdn(partner.read(again), outgoing.message_id, outgoing.mic).proven
    assert desk.flows("STRICT").count(name) == 1
    outcomes = eventually(lambda: outcomes_of(desk, outgoing), 2)
    assert sorted(outcomes) == ["processed", "repeated"]  # whichever was there first


def outcomes_of(desk: Desk, outgoing: as2.Outgoing) -> list[str]:
    rows = desk.exchanges("STRICT")
    return [row["outcome"] for row in rows if row["label"] == outgoing.message_id]


def test_a_message_cut_in_the_middle_is_none(desk: Desk) -> None:
    outgoing = desk["STRICT"].message(b"x" * 50_000, flow_name("STRICT"))
    with desk.dial() as line:
        line.say(head(outgoing), outgoing.body()[:-1])
    assert desk["STRICT"].send(b"", flow_name("STRICT"))[0].disposition.is_positive
    assert outcomes_of(desk, outgoing) == []


# -- files and names ----------------------------------------------------------------------------------


def test_each_file_of_a_message_is_a_flow(desk: Desk) -> None:
    names = [flow_name("STRICT") for _ in range(3)]
    files = [as2.File(b"", name) for name in names]
    mdn, outgoing = desk["STRICT"].send(files, "")
    assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
    assert desk.flows("STRICT")[:3] == names[::-1]
    wires = [
        [row["label"] for row in desk.node.client.get(f"/api/v1/flows/{name}/wire")]
        for name in names
    ]
    assert wires == [[outgoing.message_id]] * 3


def test_a_message_of_too_many_files_is_refused_whole(desk: Desk) -> None:
    before = desk.flows("STRICT")
    files = [as2.File(b"", f"{n}.xml") for n in range(101)]
    mdn, _ = desk["STRICT"].send(files, "")
    assert mdn.disposition.text == "unexpected-processing-error"
    assert desk.flows("STRICT") == before


def test_the_subject_names_the_file_where_that_was_agreed(desk: Desk) -> None:
    for code, expected in (("SUBJ01", None), ("STRICT", "unnamed")):
        name = flow_name(code)
        assert desk[code].send(b"", "", subject=name)[0].disposition.is_positive
        assert desk.flows(code)[0] == (expected or name)


def test_a_name_inside_the_compressed_layer_counts(desk: Desk) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    layers = security(partner, sign=True, encrypt=True, compression="after-signing")
    outgoing = partner.message(b"", name, security=layers)
    assert name not in str(outgoing.headers)
    assert partner.read(partner.post(outgoing)).disposition.is_positive
    assert desk.flows("STRICT")[0] == name


def test_a_missing_extension_is_no_matter_of_the_wire(desk: Desk) -> None:
    name = flow_name("STRICT", "")
    assert desk["STRICT"].send(b"", name)[0].disposition.is_positive
    assert desk.flows("STRICT")[0] == name


@pytest.mark.parametrize(
    ("announced", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("..", "unnamed"),
        ("x" * 5000, None),
        ("nul.xml", "_nul.xml"),
        ("<b>&'\u00e9.xml", None),
    ],
)
def test_a_hostile_name_is_made_harmless_and_answered(
    desk: Desk, announced: str, kept: str | None
) -> None:
    mdn, outgoing = desk["STRICT"].send(b"", announced)
    assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven
    stored = desk.flows("STRICT")[0]
    assert kept is None or stored == kept
    assert len(stored.encode()) <= 255
    assert not set(stored) & set("/\\\r\n\0<>")
    assert desk.wire("STRICT")["facts"]["files"][0]["announced"] == announced


# -- the same message again -----------------------------------------------------------------------------


def test_a_message_that_comes_again_gets_the_same_receipt_byte_for_byte(desk: Desk) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"", name)
    first, *others = [answer_of(partner.post(outgoing)) for _ in range(3)]
    assert others == [first, first]
    assert desk.flows("STRICT").count(name) == 1
    rows = desk.exchanges("STRICT")[:3]
    assert [row["outcome"] for row in rows] == ["repeated", "repeated", "processed"]
    assert len({desk.side(row, "answer") for row in rows}) == 1


def test_a_message_that_comes_many_times_at_once_is_taken_once(desk: Desk) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"x" * 100_000, name)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: answer_of(partner.post(outgoing)), range(8)))
    assert answers == answers[:1] * 8
    assert desk.flows("STRICT").count(name) == 1


def test_a_message_id_is_known_for_each_partner_alone(desk: Desk) -> None:
    for code in ("STRICT", "OTHER1"):
        name = flow_name(code)
        mdn, _ = desk[code].send(b"", name, message_id="<the-same@for.both>")
        assert mdn.disposition.is_positive
        assert desk.flows(code)[0] == name


def test_a_repeated_message_gets_its_receipt_where_it_asks_for_it_now(
    desk: Desk, mailbox: Listener
) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    sync = partner.message(b"", name)
    later = with_headers(sync, Receipt_Delivery_Option=mailbox.url)
    bodies = []
    for outgoing in (later, later, sync):
        got = partner.post(outgoing)
        if outgoing is later:
            assert (got.status, got.body) == (202, b"")
            mailbox.wait()
            got = mailbox.got[-1]
        bodies.append(got.body)
    assert len(set(bodies)) == 1
    assert desk.flows("STRICT").count(name) == 1


@pytest.mark.parametrize("second", ["no", "signed"])
def test_a_message_without_receipt_that_comes_again_is_answered_as_it_asks(
    desk: Desk, second: str
) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    outgoing = partner.message(b"", name, receipt=None)
    assert answer_of(partner.post(outgoing))[1] == b""
    if second == "signed":
        asking = partner.message(b"", name, message_id=outgoing.message_id)
        mdn = partner.read(partner.post(asking))
        assert as2.judge_mdn(mdn, asking.message_id, asking.mic).proven
    else:
        got = partner.post(outgoing)
        assert (got.status, got.body) == (200, b"")
        assert all(name for name, _ in got.headers)
    assert desk.flows("STRICT").count(name) == 1


def test_a_message_that_failed_is_processed_when_it_comes_again_correctly(desk: Desk) -> None:
    partner, name = desk["STRICT"], flow_name("STRICT")
    good = partner.message(b"", name)
    plain = partner.message(b"", name, security=as2.Security(), message_id=good.message_id)
    said = [partner.read(partner.post(m)).disposition.text for m in (plain, plain, good, good)]
    assert said == ["insufficient-message-security"] * 2 + ["", ""]
    assert desk.flows("STRICT").count(name) == 1


# -- HTTPS ----------------------------------------------------------------------------------------------


def test_https_with_names_and_a_path_of_ones_own(tmp_path: Path) -> None:
    text = settings(
        {"STRICT": '{}\nas2_id = "My, Company"'}, '[as2]\nname = "Hub 1"\npath = "/in"\n'
    )
    with as2_desk(tmp_path, text, "--as2-tls-port", "0") as desk:
        partner, name = desk["STRICT"], flow_name("STRICT")
        outgoing = partner.message(b"", name, as2_from="My, Company", as2_to="Hub 1")
        assert dict(outgoing.headers)["AS2-From"] == '"My, Company"'
        got = posted_over_tls(desk, "/in", outgoing)
        assert as2.judge_mdn(partner.read(got), outgoing.message_id, outgoing.mic).proven
        assert (got.request.as2_from, got.request.as2_to) == ("Hub 1", "My, Company")
        assert partner.post(outgoing).body == got.body  # the same message, over plain HTTP
        with listening(partner.answer) as listener:
            desk.announce("STRICT", listener.url)
            listener.wait()
            desk.node.quiet()
        assert desk.wire("STRICT")["outcome"] == "delivered"
        pushed = listener.got[0].request
        assert (pushed.as2_from, pushed.as2_to) == ("Hub 1", "My, Company")
        assert " " not in pushed.message_id


def posted_over_tls(desk: Desk, path: str, outgoing: as2.Outgoing) -> Got:
    trust = ssl.create_default_context(cafile=f"{desk.node.ready['pki']}/aife/ca.pem")
    connection = http.client.HTTPSConnection(
        "localhost", urlsplit(desk.node.ready["as2_tls"]).port, timeout=20, context=trust
    )
    connection.request("POST", path, outgoing.body(), dict(outgoing.headers))
    answer = connection.getresponse()
    got = Got(answer.status, tuple(answer.getheaders()), answer.read())
    connection.close()
    return got
