"""Returns pushed over AS2: what a partner answers, and what the journal says of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import as2_forge as forge
import msgspec
import pytest
from as2_desk import Desk, as2_desk, flow_name, settings
from as2_partner import Got, Listener, Partner, listening
from click.testing import CliRunner, Result
from running_node import RunningNode

from simulator.cli.main import aife_sim
from simulator.testing.client import NodeError
from simulator.wire import as2
from simulator.wire.as2 import dispositions

SECONDS = 1.5
PARTNERS = {
    "STRICT": "{}",
    "OTHER1": "{}",
    "ASYNC1": '{ mdn = "async" }',
    "NOMDN1": '{ mdn = "none" }',
    "UNSIG1": "{ mdn_signed = false }",
    "PLAIN1": '{ sign = false, encrypt = false, compression = "after-signing" }',
}
BOUNDS = f"[as2]\npush_seconds = {SECONDS}\nmdn_seconds = {SECONDS}\n"

Script = Callable[[Partner, Got], tuple[int, Any, bytes]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with as2_desk(tmp_path_factory.mktemp("push"), settings(PARTNERS, BOUNDS)) as running:
        yield running


class Pushed(msgspec.Struct, frozen=True):
    """What became of the one return of a flow.

    Attributes:
        state: of the return.
        events: about its pushes.
        wire: the newest exchange with the partner.
        got: what came to where it listens.
        name: of the flow.
        returned: name of the return.
    """

    state: str
    events: list[dict[str, Any]]
    wire: dict[str, Any]
    got: list[Got]
    name: str
    returned: str

    @property
    def outcome(self) -> str:
        """Of the last push, by its event."""
        outcome: str = self.events[-1]["body"]["outcome"]
        return outcome


def deposit(desk: Desk, code: str) -> str:
    """An empty flow: it is answered by one return, the report that refuses it."""
    name = flow_name(code)
    assert desk[code].send(b"", name)[0].disposition.is_positive
    return name


def seen(desk: Desk, code: str, name: str, got: list[Got]) -> Pushed:
    desk.node.quiet()
    (returned,) = desk.node.client.get(f"/api/v1/flows/{name}")["returns"]
    events = desk.pushes(name)
    return Pushed(returned["state"], events, desk.wire(code), got, name, returned["name"])


@contextmanager
def at(desk: Desk, code: str, url: str) -> Iterator[None]:
    """While a partner listens there."""
    desk.announce(code, url)
    try:
        yield
    finally:
        desk.announce(code, None)


def pushed(desk: Desk, code: str, script: Script) -> Pushed:
    """A return pushed to where a script answers."""
    partner = desk[code]
    with listening(lambda got: script(partner, got)) as listener, at(desk, code, listener.url):
        return seen(desk, code, deposit(desk, code), listener.got)


# -- receipts -----------------------------------------------------------------------------------------


def answering(**changes: Any) -> Script:
    """The receipt that the message deserves, but for what is changed."""
    return lambda partner, got: partner.answer(got, **changes)


def page(status: int, words: bytes = b"", kind: str = "text/plain") -> Script:
    """An answer without a receipt."""
    return lambda *_: (status, [("Content-Type", kind)], words)


def cut(*_: object) -> tuple[int, Any, bytes]:
    raise ConnectionAbortedError


def foreign(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
    headers = [(n, "<another@message>" if n.lower() == "message-id" else v) for n, v in got.headers]
    reply = as2.reply_to(as2.read_request(headers), dispositions.PROCESSED)
    mdn = as2.build_mdn(reply, "<mdn@x>", partner.own)
    return 200, mdn.headers, mdn.body()


WRONG = as2.Mic("sha256", b"\0" * 32, "sha-256")
OLD = as2.parse_disposition("automatic-action/MDN-sent-automatically; processed/Error: Falsch")
RECEIPTS: dict[str, tuple[Script, str]] = {
    "the right receipt": (answering(), "delivered"),
    "a warning": (answering(disposition=dispositions.DUPLICATE_DOCUMENT), "delivered"),
    "an error": (answering(disposition=dispositions.DECRYPTION_FAILED), "nok"),
    "a failure": (answering(disposition=dispositions.UNSUPPORTED_FORMAT), "nok"),
    "an error in old spelling": (answering(disposition=OLD), "nok"),
    "a wrong MIC": (answering(mic=WRONG), "wrong-mic"),
    "an unsigned receipt": (answering(signed=False), "no-mdn"),
    "a stranger's receipt": (answering(identity=forge.platform().identity), "no-mdn"),
    "a receipt for another message": (foreign, "no-mdn"),
    "a page": (page(200, b"Thank you."), "no-mdn"),
    "nothing": (page(200), "no-mdn"),
    "accepted": (page(202), "no-mdn"),
    "no content": (page(204), "no-mdn"),
    "a receipt that is none": (page(200, b"junk", "multipart/report"), "no-mdn"),
    "a signature that is none": (page(200, b"junk", "multipart/signed"), "no-mdn"),
    "redirected": (page(302), "no-mdn"),
    "forbidden": (page(403, b"<p>no", "text/html"), "no-mdn"),
    "an error of the server": (page(500), "no-mdn"),
    "a connection that is cut": (cut, "unreachable"),
}


@pytest.mark.parametrize("case", RECEIPTS)
def test_the_answer_of_the_partner_decides(desk: Desk, case: str) -> None:
    script, outcome = RECEIPTS[case]
    end = pushed(desk, "STRICT", script)
    delivered = outcome == "delivered"
    assert end.state == ("delivered" if delivered else "failed")
    last = "PushSucceeded" if delivered else "PushFailed"
    assert [event["type"] for event in end.events] == ["PushAttempted", last]
    assert end.outcome == outcome
    assert end.events[-1]["body"]["detail"]
    assert (end.wire["outcome"], end.wire["direction"]) == (outcome, "out")
    (got,) = end.got
    raw = desk.side(end.wire, "request")
    assert raw.startswith(b"POST /as2 HTTP/1.1\r\n")
    assert raw.endswith(b"\r\n\r\n" + got.body)
    assert got.request.message_id == end.wire["label"]
    if outcome == "unreachable":
        assert end.wire["answer_size"] is None
    else:
        answer = desk.side(end.wire, "answer")
        assert answer.startswith(b"HTTP/1.1 ")
    if case == "the right receipt":
        assert answer.endswith(desk["STRICT"].answer(got)[2][-4:])
        assert "signed by" in end.wire["facts"]


def test_what_is_pushed_is_signed_encrypted_and_named_as_agreed(desk: Desk) -> None:
    (got,) = pushed(desk, "STRICT", answering()).got
    message = as2.open_message(got.request, got.body, desk["STRICT"].opening)
    assert [layer.kind for layer in message.layers] == ["encrypted", "signed"]
    assert message.attachments[0].filename == message.request.subject
    assert message.request.receipt.signed
    assert message.request.receipt.url is None
    (got,) = pushed(desk, "PLAIN1", answering()).got
    opening = as2.Opening()
    message = as2.open_message(got.request, got.body, opening)
    assert [layer.kind for layer in message.layers] == ["compressed"]
    (got,) = pushed(desk, "UNSIG1", answering()).got
    assert not got.request.receipt.signed
    assert pushed(desk, "UNSIG1", answering(signed=False)).outcome == "delivered"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [(page(200), "delivered"), (page(202, b"ok"), "delivered"), (page(500), "no-mdn")],
)
def test_without_receipt_the_status_decides(desk: Desk, script: Script, outcome: str) -> None:
    end = pushed(desk, "NOMDN1", script)
    assert end.outcome == outcome
    assert end.got[0].request.receipt is None


def test_nobody_listens(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/as2"
    with at(desk, "STRICT", url):
        end = seen(desk, "STRICT", deposit(desk, "STRICT"), [])
    assert (end.state, end.outcome) == ("failed", "unreachable")
    assert url in end.wire["facts"]["detail"]


# -- answers that are bad HTTP --------------------------------------------------------------------------


@contextmanager
def dripping(*parts: bytes, hold: bool) -> Iterator[str]:
    """A server that answers its first connection with these bytes, and holds it or hangs up."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(SECONDS * 3)
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                try:
                    for part in parts:
                        connection.sendall(part)
                except OSError:
                    return
                over.wait(SECONDS * 3 if hold else 0)

        serving = pool.submit(serve)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/as2"
        finally:
            over.set()
            serving.result(timeout=10)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("parts", "hold", "outcome", "words"),
    [
        ((), True, "unreachable", "no answer within 1.5 s"),
        ((OK,), True, "unreachable", "no answer within 1.5 s"),
        ((OK + b"Content-Length: 9\r\n\r\nslow",), True, "unreachable", "no answer within 1.5 s"),
        ((OK + b"Content-Length: 9\r\n\r\ncut",), False, "unreachable", "broke off"),
        ((b"rubbish\r\n\r\n",), False, "unreachable", ""),
        ((b"\0" * 70_000,), False, "unreachable", ""),
        ((OK + b"Content-Length: x\r\n\r\n",), False, "unreachable", ""),
        ((OK + b"X: y\r\n" * 9999,), True, "unreachable", ""),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), False, "unreachable", ""),
        ((OK + b"\r\n", *[b"x" * 65536] * 64), True, "unreachable", "at most 1048576 bytes"),
    ],
    ids=[
        "silence", "half a head", "a slow body", "a cut body", "rubbish", "zeros",
        "a length that is none", "too many headers", "bad chunks", "too long",
    ],
)  # fmt: skip
def test_an_answer_that_is_no_good_http_is_no_receipt(
    desk: Desk, parts: tuple[bytes, ...], hold: bool, outcome: str, words: str
) -> None:
    with dripping(*parts, hold=hold) as url, at(desk, "STRICT", url):
        end = seen(desk, "STRICT", deposit(desk, "STRICT"), [])
    assert (end.state, end.outcome) == ("failed", outcome)
    assert words in end.events[-1]["body"]["detail"]
    assert pushed(desk, "STRICT", answering()).outcome == "delivered"


# -- receipts that come later ---------------------------------------------------------------------------


def posted(partner: Partner, got: Got, **changes: Any) -> int:
    return partner.post(partner.receipt(got, **changes)).status


def test_a_receipt_that_comes_after_the_answer(desk: Desk) -> None:
    partner = desk["ASYNC1"]
    with listening(lambda _: (202, [], b"")) as listener, at(desk, "ASYNC1", listener.url):
        name = deposit(desk, "ASYNC1")
        listener.wait()
        (got,) = listener.got
        assert got.request.receipt.url == desk.node.ready["as2"]
        assert posted(partner, got) == 200
        end = seen(desk, "ASYNC1", name, listener.got)
    assert (end.state, end.outcome) == ("delivered", "delivered")
    raw = desk.side(end.wire, "answer")
    assert raw.startswith(b"POST /as2 HTTP/1.1\r\n")  # the connection that brought it
    assert b"disposition-notification" in raw


@pytest.mark.parametrize("status", [200, 500])
def test_a_receipt_that_is_there_before_the_answer(desk: Desk, status: int) -> None:
    def script(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
        assert posted(partner, got) == 200
        return status, [], b""

    end = pushed(desk, "ASYNC1", script)
    assert (end.state, end.outcome) == ("delivered", "delivered")


def test_a_receipt_that_is_there_before_the_connection_is_cut(desk: Desk) -> None:
    def script(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
        assert posted(partner, got) == 200
        raise ConnectionAbortedError

    assert pushed(desk, "ASYNC1", script).outcome == "delivered"


def test_a_receipt_on_the_connection_though_another_was_agreed(desk: Desk) -> None:
    assert pushed(desk, "ASYNC1", answering()).outcome == "delivered"
    assert pushed(desk, "ASYNC1", answering(mic=WRONG)).outcome == "wrong-mic"


def test_a_receipt_that_never_comes(desk: Desk) -> None:
    end = pushed(desk, "ASYNC1", page(202, b"a body that is no MDN"))
    assert (end.state, end.outcome) == ("failed", "no-mdn")
    assert "no receipt within 1.5 s" in end.events[-1]["body"]["detail"]


@pytest.mark.parametrize("code", ["ASYNC1", "STRICT"])
@pytest.mark.parametrize(
    ("changes", "state", "outcome"),
    [
        ({}, "delivered", "delivered"),
        ({"disposition": dispositions.AUTHENTICATION_FAILED}, "failed", "nok"),
        ({"mic": WRONG}, "failed", "wrong-mic"),
        ({"signed": False}, "failed", "no-mdn"),
        ({"identity": forge.platform().identity}, "failed", "no-mdn"),
    ],
)
def test_a_receipt_after_the_push_was_given_up_still_counts(
    desk: Desk, code: str, changes: dict[str, Any], state: str, outcome: str
) -> None:
    end = pushed(desk, code, page(202))
    assert (end.state, end.outcome) == ("failed", "no-mdn")
    assert posted(desk[code], end.got[0], **changes) == 200
    late = seen(desk, code, end.name, end.got)
    assert (late.state, late.outcome) == (state, outcome)
    assert late.events[-1]["body"].get("late", False) is (outcome != "no-mdn")


@pytest.mark.parametrize(("changes", "outcome"), [({}, "delivered"), ({"mic": WRONG}, "wrong-mic")])
def test_a_receipt_posted_before_an_answer_that_should_have_been_one_counts(
    desk: Desk, changes: dict[str, Any], outcome: str
) -> None:
    def script(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
        assert posted(partner, got, **changes) == 200
        return 202, [], b""

    assert pushed(desk, "STRICT", script).outcome == outcome


def test_a_later_receipt_does_not_turn_a_refusal(desk: Desk) -> None:
    end = pushed(desk, "ASYNC1", answering(disposition=dispositions.DECRYPTION_FAILED))
    assert posted(desk["ASYNC1"], end.got[0]) == 200
    assert seen(desk, "ASYNC1", end.name, end.got).state == "failed"


def test_a_later_receipt_ends_the_plan(patient: Desk) -> None:
    with trying(patient, page(202)) as (listener, name):
        assert posted(patient["STRICT"], listener.got[0]) == 200
        after(patient, "P1D")
        assert seen(patient, "STRICT", name, listener.got).state == "delivered"
    assert len(listener.got) == 1


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"disposition": dispositions.AUTHENTICATION_FAILED}, "nok"),
        ({"mic": WRONG}, "wrong-mic"),
        ({"signed": False}, "no-mdn"),
    ],
)
def test_a_later_receipt_is_judged_like_any(
    desk: Desk, changes: dict[str, Any], outcome: str
) -> None:
    def script(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
        posted(partner, got, **changes)
        return 200, [], b""

    assert pushed(desk, "ASYNC1", script).outcome == outcome


def test_a_strangers_later_receipt_does_not_count(desk: Desk) -> None:
    def script(partner: Partner, got: Got) -> tuple[int, Any, bytes]:
        assert posted(partner, got, identity=forge.platform().identity) == 200
        assert posted(partner, got) == 200
        return 200, [], b""

    assert pushed(desk, "ASYNC1", script).outcome == "delivered"
    outcomes = [row["outcome"] for row in desk.exchanges("ASYNC1")[:3]]
    assert outcomes == ["delivered", "receipt", "untrusted receipt"]


# -- order, endpoints, resend ---------------------------------------------------------------------------


def test_what_waits_is_pushed_in_order_one_at_a_time_once_its_partner_listens(desk: Desk) -> None:
    names = [deposit(desk, "STRICT") for _ in range(3)]
    desk.node.quiet()
    waiting = [desk.node.client.get(f"/api/v1/flows/{name}")["returns"][0] for name in names]
    assert [row["state"] for row in waiting] == ["waiting"] * 3
    busy, together, partner = threading.Lock(), [], desk["STRICT"]

    def script(got: Got) -> tuple[int, Any, bytes]:
        together.append(not busy.acquire(blocking=False))
        desk.announce("STRICT", listener.url)  # said again while pushes are under way
        answer = partner.answer(got)
        busy.release()
        return answer

    with listening(script) as listener, at(desk, "STRICT", listener.url):
        desk.node.quiet()
        subjects = [got.request.subject for got in listener.got]
    assert subjects == [row["name"] for row in waiting]
    assert together == [False] * 3
    for name in names:
        (row,) = desk.node.client.get(f"/api/v1/flows/{name}")["returns"]
        assert row["state"] == "delivered"


def test_a_slow_partner_does_not_hold_up_another(desk: Desk) -> None:
    release = threading.Event()

    def slow(got: Got) -> tuple[int, Any, bytes]:
        release.wait(SECONDS)
        return desk["STRICT"].answer(got)

    with listening(slow) as listener, at(desk, "STRICT", listener.url):
        name = deposit(desk, "STRICT")
        with listening(desk["OTHER1"].answer) as quick, at(desk, "OTHER1", quick.url):
            deposit(desk, "OTHER1")
            quick.wait(SECONDS)
        release.set()
        assert seen(desk, "STRICT", name, listener.got).outcome == "delivered"


def verb(desk: Desk, *arguments: str) -> Result:
    environment = {"AIFE_SIM_NODE": str(desk.node.ready_file)}
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(CliRunner().invoke, aife_sim, list(arguments), env=environment).result()


def test_a_resend_keeps_the_message_id(desk: Desk) -> None:
    answers = [page(500), answering(), answering()]
    with listening(lambda got: answers.pop(0)(desk["STRICT"], got)) as listener:
        with at(desk, "STRICT", listener.url):
            name = deposit(desk, "STRICT")
            assert seen(desk, "STRICT", name, []).state == "failed"
            for _ in range(2):  # also one that was delivered
                end = seen(desk, "STRICT", name, listener.got)
                told = verb(desk, "flow", "resend", end.returned)
                assert told.exit_code == 0, told.output
                assert seen(desk, "STRICT", name, []).state == "delivered"
        refused = verb(desk, "flow", "resend", end.returned)
    assert refused.exit_code == 1
    assert "listens nowhere" in refused.output
    assert len({got.request.message_id for got in listener.got}) == 1
    assert [e["body"]["resend"] for e in desk.pushes(name)[::2]] == [False, True, True]
    assert [row["facts"]["resend"] for row in desk.exchanges("STRICT")[:2]] == [True, True]


def test_all_that_failed_is_resent_in_order(desk: Desk) -> None:
    said = verb(desk, "flow", "resend", "--failed", "OTHER1")
    assert (said.exit_code, "listens nowhere" in said.output) == (1, True)
    answers = [page(500), answering(), page(500), answering(), answering()]
    with listening(lambda got: answers.pop(0)(desk["OTHER1"], got)) as listener:
        with at(desk, "OTHER1", listener.url):
            names = []
            for _ in range(3):
                names.append(deposit(desk, "OTHER1"))
                desk.node.quiet()
            said = verb(desk, "flow", "resend", "--failed", "OTHER1")
            states = [seen(desk, "OTHER1", name, []).state for name in names]
            again = verb(desk, "flow", "resend", "--failed", "OTHER1")
    assert said.output.count("is pushed again") == 2
    assert again.output == "none had failed\n"
    assert states == ["delivered"] * 3
    ids = [got.request.message_id for got in listener.got]
    assert [ids[3], ids[4]] == [ids[0], ids[2]]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://chorus-pro.gouv.fr:5443/as2",
        "http://QUALIF.Chorus-Pro.GOUV.FR./as2",
        "ftp://127.0.0.1/as2",
        "127.0.0.1:8000",
    ],
)
def test_nothing_is_pushed_to_the_real_system_or_to_no_url(desk: Desk, endpoint: str) -> None:
    with pytest.raises(NodeError, match="wrong endpoint") as refused:
        desk.announce("STRICT", endpoint)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "endpoint",
    [f"http://{'a' * 300}.invalid/", "http://..:1/", "http://a b/", "http://127.0.0.1:1/\u00e9"],
)
def test_an_endpoint_that_cannot_be_is_refused_or_unreachable(desk: Desk, endpoint: str) -> None:
    try:
        with at(desk, "STRICT", endpoint):
            end = seen(desk, "STRICT", deposit(desk, "STRICT"), [])
    except NodeError as refused:
        assert refused.status == 400
    else:
        assert (end.state, end.outcome) == ("failed", "unreachable")


# -- HTTPS --------------------------------------------------------------------------------------------


def served_with(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_an_https_endpoint_shows_the_certificate_of_the_raccordement(
    desk: Desk, tmp_path: Path
) -> None:
    folder = Path(desk.node.partner("STRICT")["pki"])
    context = served_with(folder / "cert.pem", folder / "key.pem")
    with listening(desk["STRICT"].answer, context) as listener:
        with at(desk, "STRICT", listener.url):
            end = seen(desk, "STRICT", deposit(desk, "STRICT"), [])
    assert end.outcome == "delivered"
    other = forge.platform()
    (tmp_path / "cert.pem").write_bytes(other.certificate)
    (tmp_path / "key.pem").write_bytes(other.key)
    context = served_with(tmp_path / "cert.pem", tmp_path / "key.pem")
    with listening(desk["STRICT"].answer, context) as listener:
        with at(desk, "STRICT", listener.url):
            end = seen(desk, "STRICT", deposit(desk, "STRICT"), [])
    assert (end.state, end.outcome) == ("failed", "unreachable")
    assert "certificate" in end.events[-1]["body"]["detail"]
    assert listener.got == []


# -- a retry plan -------------------------------------------------------------------------------------


CLOCK = '[clock]\nstart = "2026-09-01T08:00:00Z"\nmode = "frozen"\n'
RETRY = f'[returns]\nretry = ["PT5M", "PT10M"]\n{CLOCK}'


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    text = settings(PARTNERS, RETRY + BOUNDS)
    with as2_desk(tmp_path_factory.mktemp("retry"), text) as running:
        yield running


def test_a_node_does_not_start_with_an_endpoint_of_the_real_system(tmp_path: Path) -> None:
    endpoint = ("--partner-endpoint", "DEM002=https://portail.chorus-pro.gouv.fr/as2")
    with pytest.raises(RuntimeError, match="host of the State"):
        RunningNode(tmp_path, *endpoint)


@contextmanager
def trying(desk: Desk, *answers: Script) -> Iterator[tuple[Listener, str]]:
    left = list(answers)
    with listening(lambda got: left.pop(0)(desk["STRICT"], got)) as listener:
        with at(desk, "STRICT", listener.url):
            name = deposit(desk, "STRICT")
            desk.node.quiet()
            yield listener, name


def after(desk: Desk, by: str) -> None:
    desk.node.client.post("/api/v1/clock/advance", {"by": by})
    desk.node.quiet()


def attempts(desk: Desk, name: str) -> list[str]:
    """Business instants of the attempts."""
    return [e["at"] for e in desk.pushes(name) if e["type"] == "PushAttempted"]


def test_the_plan_is_kept_until_a_push_succeeds(patient: Desk) -> None:
    with trying(patient, page(500), cut, answering()) as (listener, name):
        (first,) = attempts(patient, name)
        after(patient, "PT4M59S")
        assert len(listener.got) == 1
        after(patient, "PT1S")
        assert len(listener.got) == 2
        after(patient, "P1D")
        assert len(listener.got) == 3
        end = seen(patient, "STRICT", name, listener.got)
    assert end.state == "delivered"
    minutes = [_minutes(first, instant) for instant in attempts(patient, name)]
    assert minutes == [0, 5, 15]
    assert len({got.request.message_id for got in listener.got}) == 1
    assert [e["body"].get("resend") for e in end.events[::2]] == [False, True, True]


def _minutes(first: str, instant: str) -> float:
    from simulator.domain.businesstime import parse_instant

    return (parse_instant(instant) - parse_instant(first)).total_seconds() / 60


def test_the_plan_ends(patient: Desk) -> None:
    with trying(patient, page(500), page(500), page(500)) as (listener, name):
        after(patient, "P2D")
        end = seen(patient, "STRICT", name, listener.got)
    assert len(listener.got) == 3
    assert end.state == "failed"
    assert end.events[-1]["body"]["again"] is None


@pytest.mark.parametrize(
    "script",
    [answering(disposition=dispositions.DECRYPTION_FAILED), page(403), answering(mic=WRONG)],
)
def test_what_will_not_get_better_is_not_tried_again(patient: Desk, script: Script) -> None:
    with trying(patient, script) as (listener, name):
        after(patient, "P1D")
        assert seen(patient, "STRICT", name, listener.got).state == "failed"
    assert len(listener.got) == 1


def test_a_resend_takes_the_place_of_the_attempt_that_was_planned(patient: Desk) -> None:
    with trying(patient, page(500), answering()) as (listener, name):
        patient.node.client.post("/api/v1/returns/latest/resend", {})
        patient.node.quiet()
        after(patient, "P1D")
        end = seen(patient, "STRICT", name, listener.got)
    assert (end.state, len(listener.got)) == ("delivered", 2)
