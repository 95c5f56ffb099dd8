"""AS2 messages that a running node refuses, and what is no message: what is said, what is noted."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import as2_forge as forge
import msgspec
import pytest
from as2_desk import (
    OPEN,
    Desk,
    as2_desk,
    asked_later,
    flow_name,
    head,
    security,
    settings,
    with_headers,
)
from as2_partner import Got, Listener, listening, post

from simulator.wire import as2

SIGNED = as2.ReceiptRequest(signed=True, micalgs=("sha-256",))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    partners = {"OPEN01": OPEN, "STRICT": "{}", "OTHER1": "{}"}
    with as2_desk(tmp_path_factory.mktemp("refusals"), settings(partners)) as running:
        yield running


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Listener]:
    """Where a partner waits for receipts."""
    with listening(lambda _: (200, [], b"")) as listener:
        yield listener


# -- refusals -------------------------------------------------------------------------------------------


class Refusal(msgspec.Struct, frozen=True):
    """What is sent, what the receipt says, a word of the reason, whose it is in the journal."""

    make: Callable[[Desk], as2.Outgoing]
    says: str
    reason: str
    sender: str = "STRICT"
    signed: bool = True


def strict(**changes: Any) -> Callable[[Desk], as2.Outgoing]:
    return lambda desk: desk["STRICT"].message(b"<a/>", flow_name("STRICT"), **changes)


def changed(**headers: str | None) -> Callable[[Desk], as2.Outgoing]:
    return lambda desk: with_headers(strict()(desk), **headers)


def layered(**layers: Any) -> Callable[[Desk], as2.Outgoing]:
    """With layers of its own, from the name of a partner (or None) for each."""

    def make(desk: Desk) -> as2.Outgoing:
        signer = layers.get("signer", "STRICT")
        reader = layers.get("reader", "CPP001")
        certificates = {None: (), "CPP001": (desk["STRICT"].aife,)}
        recipients = certificates.get(reader) if reader in certificates else None
        if recipients is None:
            recipients = (desk[reader].own.certificate,)
        own = desk[signer].own if signer else None
        return strict(security=as2.Security(own, recipients))(desk)

    return make


def altered(
    code: str, way: Callable[[bytes], bytes], **layers: Any
) -> Callable[[Desk], as2.Outgoing]:
    """A body changed on its way."""

    def make(desk: Desk) -> as2.Outgoing:
        given = {"sign": True, "encrypt": True, "compression": "none"} | layers
        wrapped = security(desk[code], **given)
        outgoing = desk[code].message(
            b"<Invoice>1</Invoice>" * 50, flow_name(code), security=wrapped
        )
        body = outgoing.body()
        assert way(body) != body
        return msgspec.structs.replace(outgoing, pieces=(way(body),))

    return make


def flipped_at(place: int) -> Callable[[bytes], bytes]:
    return lambda body: body[:place] + bytes((body[place] ^ 1,)) + body[place:][1:]


def bad_signature(desk: Desk) -> as2.Outgoing:
    """The signature value of a true SignedData, changed; the attributes are as they were."""
    outgoing = desk["OPEN01"].message(b"<a/>", flow_name("OPEN01"))
    first = forge.part()
    mine = forge.Pair(b"", b"", desk["OPEN01"].own)
    proof = forge.signed_data(forge.signer_info(first, by=mine))
    fields, body = forge.multipart_signed(first, flipped_at(-5)(proof))
    headers = {**dict(outgoing.headers), **dict(fields)}
    headers.pop("Content-Transfer-Encoding", None)
    return msgspec.structs.replace(outgoing, headers=tuple(headers.items()), pieces=(body,))


OPTIONS = "Disposition_Notification_Options"
SECURITY = "processed/error: insufficient-message-security"
AUTHENTICATION = "processed/error: authentication-failed"
STRANGER = "processed/error: unknown-trading-relationship"
MESSAGE_ID = "processed/error: invalid-message-id"
UNSUPPORTED = "failed/failure: unsupported format"
UNEXPECTED = "processed/error: unexpected-processing-error"
DECRYPTION = "processed/error: decryption-failed"

REFUSALS = {
    "unknown sender": Refusal(strict(as2_from="NOBODY"), STRANGER, "NOBODY", "", signed=False),
    "unknown receiver": Refusal(strict(as2_to="CPP002"), STRANGER, "CPP002", signed=False),
    "a name in other case": Refusal(
        strict(as2_from="strict"), STRANGER, "strict", "", signed=False
    ),
    "sender equals receiver": Refusal(
        strict(as2_to="STRICT"), "failed/failure: sender-equals-receiver", "STRICT"
    ),
    "we ourselves": Refusal(
        strict(as2_from="CPP001"), "failed/failure: sender-equals-receiver", "CPP001", ""
    ),
    "another's signature": Refusal(layered(signer="OTHER1"), AUTHENTICATION, "not the partner's"),
    "no signature": Refusal(layered(signer=None), SECURITY, "not signed"),
    "no encryption": Refusal(layered(reader=None), SECURITY, "not encrypted"),
    "encrypted for another": Refusal(layered(reader="OTHER1"), DECRYPTION, "DecryptionFailed"),
    # Of the block before the last: it turns over the same bit of the padding. One of the last block
    # makes anything of it, and once in 256 times a padding.
    "a bit of the cipher text": Refusal(altered("STRICT", flipped_at(-17)), DECRYPTION, ""),
    "a cut message": Refusal(altered("STRICT", lambda b: b[:-40]), UNSUPPORTED, "does not fit"),
    "no CMS at all": Refusal(altered("STRICT", lambda _: b"rubbish"), UNEXPECTED, ""),
    "an empty body": Refusal(altered("STRICT", lambda _: b""), UNSUPPORTED, ""),
    "a bad signature": Refusal(bad_signature, AUTHENTICATION, "", "OPEN01"),
    "altered content": Refusal(
        altered("OPEN01", lambda b: b.replace(b">1<", b">2<", 1), encrypt=False),
        "processed/error: integrity-check-failed",
        "",
        "OPEN01",
    ),
    "bad compression": Refusal(
        altered("OPEN01", flipped_at(-12), sign=False, encrypt=False, compression="after-signing"),
        "processed/error: decompression-failed",
        "",
        "OPEN01",
    ),
    "a MIC that we do not have": Refusal(
        changed(
            **{
                OPTIONS: "signed-receipt-protocol=required, pkcs7-signature;"
                " signed-receipt-micalg=required, md2, whirlpool"
            }
        ),
        "failed/failure: unsupported MIC-algorithms",
        "whirlpool",
    ),
    "a format that we do not have": Refusal(
        changed(**{OPTIONS: "signed-receipt-protocol=required, pgp-signature"}),
        "failed/failure: unsupported format",
        "pgp-signature",
        signed=False,
    ),
    "no Message-ID": Refusal(changed(Message_ID=None), MESSAGE_ID, "Message-ID"),
    "a Message-ID with spaces": Refusal(changed(Message_ID="<a b@c>"), MESSAGE_ID, "a b"),
    "a Message-ID too long": Refusal(
        changed(Message_ID=f"<{'m' * 1100}@c>"), MESSAGE_ID, "printable"
    ),
    "a Message-ID that is not ASCII": Refusal(
        changed(Message_ID="<\u00e9\u00ff@c>"), MESSAGE_ID, "printable"
    ),
    "a Message-ID with a control character": Refusal(
        changed(Message_ID="<a\x01\x7f@c>"), MESSAGE_ID, "printable"
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_accepted_is_told_by_its_disposition_and_noted(
    desk: Desk, case: str
) -> None:
    refusal = REFUSALS[case]
    before = desk.flows("STRICT") + desk.flows("OPEN01")
    outgoing = refusal.make(desk)
    with desk.dial() as line:
        line.say(head(outgoing), outgoing.body())
        got = line.hear()
    assert got.status == 200
    mdn = desk["STRICT"].read(got)
    assert str(mdn.disposition) == f"{mdn.disposition.mode}; {refusal.says}"
    assert (mdn.signature is not None) == refusal.signed
    assert mdn.mic is None
    assert desk.flows("STRICT") + desk.flows("OPEN01") == before
    row = desk.wire()
    assert (row["partner"], row["outcome"]) == (refusal.sender, refusal.says)
    assert refusal.reason in row["facts"]["reason"]
    assert row["facts"]["reason"].split(":")[0] not in mdn.text  # the partner only hears the class
    assert desk.side(row, "request").endswith(outgoing.body())
    assert desk.side(row, "answer").endswith(got.body)


def test_a_refusal_is_told_later_when_that_was_asked(desk: Desk, mailbox: Listener) -> None:
    desk.announce("STRICT", "http://127.0.0.1:9/as2")  # nobody is there, but it is the same host
    plain = strict(security=as2.Security(), receipt=asked_later(SIGNED, mailbox.url))(desk)
    got = desk["STRICT"].post(plain)
    desk.announce("STRICT", None)
    assert (got.status, got.body) == (202, b"")
    mailbox.wait()
    mdn = desk["STRICT"].read(mailbox.got[-1])
    assert mdn.disposition.text == "insufficient-message-security"
    assert mdn.signature


def test_a_name_alone_cannot_make_us_call_anybody(desk: Desk, mailbox: Listener) -> None:
    before = len(mailbox.got)
    plain = strict(security=as2.Security(), receipt=asked_later(SIGNED, mailbox.url))(desk)
    mdn = desk["STRICT"].read(desk["STRICT"].post(plain))
    assert mdn.disposition.text == "insufficient-message-security"
    desk.node.quiet()
    assert len(mailbox.got) == before


def test_a_stranger_cannot_make_us_call_anybody(desk: Desk, mailbox: Listener) -> None:
    asked = asked_later(SIGNED, mailbox.url)
    before = len(mailbox.got)
    got = desk["STRICT"].post(strict(as2_from="NOBODY", receipt=asked)(desk))
    assert desk["STRICT"].read(got).disposition.text == "unknown-trading-relationship"
    desk.node.quiet()
    assert len(mailbox.got) == before


def test_a_refusal_without_receipt_is_noted_all_the_same(desk: Desk) -> None:
    got = desk["STRICT"].post(strict(security=as2.Security(), receipt=None)(desk))
    assert (got.status, got.body) == (200, b"")
    assert desk.wire("STRICT")["outcome"] == SECURITY


def test_a_signed_message_that_asks_for_nothing_is_not_taken_for_a_receipt(desk: Desk) -> None:
    partner, name = desk["OPEN01"], flow_name("OPEN01")
    layers = security(partner, sign=True, encrypt=False, compression="before-signing")
    got = partner.post(partner.message(bytes(3 << 20), name, security=layers, receipt=None))
    assert (got.status, got.body) == (200, b"")
    assert desk.flows("OPEN01")[0] == name
    foreign = security(desk["OTHER1"], sign=True, encrypt=False, compression="none")
    partner.post(partner.message(b"", flow_name("OPEN01"), security=foreign, receipt=None))
    assert desk.wire("OPEN01")["outcome"] == AUTHENTICATION
    assert desk.flows("OPEN01")[0] == name


def test_a_receipt_is_not_sent_to_a_host_of_the_state(desk: Desk) -> None:
    asked = asked_later(SIGNED, "https://chorus-pro.gouv.fr/as2")
    got = desk["STRICT"].post(strict(receipt=asked)(desk))
    assert desk["STRICT"].read(got).disposition.is_positive  # on the connection instead
    flow = desk.flows("STRICT")[0]
    assert desk.node.client.get(f"/api/v1/flows/{flow}/wire")


@pytest.mark.parametrize(
    "url",
    [
        "nowhere",
        "ftp://127.0.0.1/as2",
        "http://",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://[::1/as2",
        f"http://{'a' * 300}.invalid/",
        "http://..:1/",
        "http://a b/",
        "http://user:secret@127.0.0.1:1/as2",
        "http://127.0.0.1:1/\u00e9",
        "https://127.0.0.1:1/",
    ],
)
def test_a_receipt_that_cannot_be_sent_leaves_the_message_taken(desk: Desk, url: str) -> None:
    name = flow_name("STRICT")
    outgoing = desk["STRICT"].message(b"", name)
    later = with_headers(outgoing, Receipt_Delivery_Option=url)
    with desk.dial() as line:
        line.say(head(later), later.body())
        got = line.hear()
    if got.status == 200:  # a URL that cannot be one: the receipt is the answer of the connection
        assert desk["STRICT"].read(got).disposition.is_positive
    else:
        assert (got.status, got.body) == (202, b"")
    desk.node.quiet()
    assert desk.flows("STRICT")[0] == name
    mdn = desk["STRICT"].read(desk["STRICT"].post(outgoing))  # the sender asks again, at once now
    assert as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic).proven


def test_a_certificate_that_is_not_valid_at_business_time_opens_nothing(tmp_path: Path) -> None:
    with as2_desk(tmp_path, settings({"STRICT": "{}"}), "--clock", "2019-06-01T00:00:00Z") as desk:
        mdn, _ = desk["STRICT"].send(b"", flow_name("STRICT"))
        assert str(mdn.disposition).endswith(AUTHENTICATION)
        assert mdn.signature
        assert desk.flows("STRICT") == []
        assert "business time" in desk.wire("STRICT")["facts"]["reason"]


# -- junk -----------------------------------------------------------------------------------------------


def asked(desk: Desk, method: str, path: str, body: bytes = b"", **headers: str) -> Got:
    connection = http.client.HTTPConnection(*desk.address, timeout=20)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return Got(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/as2", 200, b"AS2-To is CPP001"),
        ("HEAD", "/as2", 200, b""),
        ("GET", "/", 404, b"/as2"),
        ("POST", "/as2/", 404, b"/as2"),
        ("PUT", "/as2", 405, b"POST"),
        ("DELETE", "/as2", 405, b"POST"),
        ("POST", "/as2", 400, b"AS2-From and AS2-To"),
    ],
)
def test_what_is_no_as2_gets_an_answer_for_people(
    desk: Desk, method: str, path: str, status: int, words: bytes
) -> None:
    desk["STRICT"].send(b"", flow_name("STRICT"))
    before = desk.wire()["id"]
    got = asked(desk, method, path, b"junk" if method == "POST" else b"")
    assert got.status == status
    assert words in got.body
    assert ("Allow" in dict(got.headers)) == (status == 405)
    assert desk.wire()["id"] == before


@pytest.mark.parametrize("name", ["\u00e9t\u00e9", "N" * 129, "a\x7fb"])
@pytest.mark.parametrize("header", ["AS2_From", "AS2_To"])
def test_a_name_that_no_receipt_could_carry_is_no_name(desk: Desk, header: str, name: str) -> None:
    outgoing = changed(**{header: name})(desk)
    with desk.dial() as line:
        line.say(head(outgoing), outgoing.body())
        got = line.hear()
    assert got.status == 400
    assert b"1 to 128 printable ASCII" in got.body


def test_bytes_that_are_no_http_end_the_connection(desk: Desk) -> None:
    for junk in (
        b"\x16\x03\x01\x02\x00\x01\x00" * 20 + b"\r\n\r\n",
        b"junk\r\n\r\n",
        b"junk\r\nwith: a head\r\n\r\nand a body\r\n\r\n",
        b"\0" * 20_000,
    ):
        with desk.dial() as line:
            with suppress(OSError):
                line.say(junk)
            assert line.rest()[:12] in (b"", b"HTTP/1.1 400")
    partner, outgoing = desk["STRICT"], desk["STRICT"].message(b"", flow_name("STRICT"))
    with desk.dial() as line:  # lengths that contradict each other are a way to smuggle
        line.say(head(outgoing, "Transfer-Encoding: chunked"), outgoing.body())
        assert line.hear().status == 400
    assert partner.post(outgoing).status == 200


@pytest.mark.parametrize("signed", [False, True])
def test_a_report_that_nobody_waits_for_is_noted_and_acknowledged(desk: Desk, signed: bool) -> None:
    """An unsigned one, where signed ones are agreed, may be anybody's."""
    partner = desk["STRICT"]
    disposition = as2.parse_disposition("automatic-action/MDN-sent-automatically; processed")
    reply = as2.Reply("STRICT", "CPP001", "<never@sent>", disposition, None, "Thanks.", signed)
    mdn = as2.build_mdn(reply, "<report@STRICT>", partner.own)
    got = partner.post(mdn)
    assert (got.status, got.body) == (200, b"")
    row = desk.wire("STRICT")
    assert row["outcome"] == ("unexpected receipt" if signed else "untrusted receipt")
    assert row["facts"].get("original message") == ("<never@sent>" if signed else None)


@pytest.mark.parametrize("who", ["OTHER1", "NOBODY"])
def test_a_report_that_another_signed_is_noted_as_untrusted(desk: Desk, who: str) -> None:
    disposition = as2.parse_disposition("automatic-action/MDN-sent-automatically; processed")
    sender = "STRICT" if who == "OTHER1" else who
    reply = as2.Reply(sender, "CPP001", "<never@sent>", disposition, None, "Thanks.", signed=True)
    got = post_of(desk, as2.build_mdn(reply, "<r@x>", desk["OTHER1"].own))
    assert (got.status, got.body) == (200, b"")
    assert desk.wire()["outcome"] == "untrusted receipt"


def test_a_report_of_another_kind_is_noted_as_unreadable(desk: Desk) -> None:
    headers = {
        "AS2-From": "STRICT",
        "AS2-To": "CPP001",
        "Message-ID": "<kind@x>",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="b"',
    }
    body = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.0.0\r\n\r\n--b--\r\n"
    got = post(desk.node.ready["as2"], headers, body)
    assert (got.status, got.body) == (200, b"")
    assert desk.wire()["outcome"] == "unreadable receipt"


def post_of(desk: Desk, outgoing: as2.Outgoing) -> Got:
    return post(desk.node.ready["as2"], dict(outgoing.headers), outgoing.body())
