"""`send` and `receive` choose the partner's protocol; over AS2 they tell what the MDN says."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from as2_forge import pair, platform, simulator
from as2_simulator import simulated
from click.testing import CliRunner

from simulator.cli.main import aife_sim
from simulator.transport import as2_party_choice
from simulator.transport.as2_pyas2 import Pyas2Unavailable
from simulator.wire import as2


def verb(*arguments):
    with ThreadPoolExecutor(1) as pool:  # a verb runs a loop of its own
        return pool.submit(CliRunner().invoke, aife_sim, [str(a) for a in arguments]).result()


@pytest.fixture
def node(tmp_path):
    """A node that is none, with DEM002 over AS2 and DEM003 over a protocol of tomorrow."""
    own = tmp_path / "pki" / "partners" / "DEM002"
    own.mkdir(parents=True)
    (own / "key.pem").write_bytes(platform().key)
    (own / "cert.pem").write_bytes(platform().certificate)
    (tmp_path / "pki" / "aife").mkdir()
    (tmp_path / "pki" / "aife" / "cert.pem").write_bytes(simulator().certificate)
    with simulated() as (served, url):
        row = {"code_application": "DEM002", "protocol": "as2", "pki": str(own), "endpoint": None}
        other = {**row, "code_application": "DEM003", "protocol": "pigeon"}
        sftp = {**row, "code_application": "DEM001", "protocol": "sftp"}
        served.ready = {
            "http": url,
            "as2": f"{url}/as2",
            "pki": str(tmp_path / "pki"),
            "partners": [{**row, "as2_id": "DEM002"}, other, sftp],
        }
        served.own, served.url = own, url
        yield served


@pytest.fixture
def flow(tmp_path):
    path = tmp_path / "FSO1100A_DEM002_DEM0021100000000000000001.tar.gz"
    path.write_bytes(b"1\n" * 100)
    return path


def sent(node, *arguments):
    return verb("send", *arguments, "--partner", "DEM002", "--to", node.url)


def received(node, box, *arguments):
    return verb("receive", "--partner", "DEM002", "--into", box, "--to", node.url, *arguments)


class TestSend:
    @pytest.mark.parametrize(
        "options",
        [
            [],
            ["--engine", "own"],
            ["--engine", "pyas2lib", "--compress"],
            ["--mdn", "async", "--listen", "127.0.0.1:0", "--seconds", "20"],
            ["--unsigned", "--unencrypted"],
        ],
    )
    def test_a_flow_is_deposited_and_its_mdn_told(self, node, flow, options):
        told = sent(node, flow, *options)
        assert told.exit_code == 0, told.output
        assert node.deposits == [(flow.name, flow.read_bytes())]
        assert told.stdout.startswith(f"{flow.name}  delivered  processed")

    def test_the_options_are_those_of_the_message(self, node, flow):
        sent(node, flow, "--unsigned", "--unencrypted", "--mdn", "none")
        (request,) = node.requests
        assert request.receipt is None
        assert request.headers.get("Content-Type") == "application/octet-stream"

    def test_without_an_mdn_asked_for_sent_is_all_that_is_said(self, node, flow):
        told = sent(node, flow, "--mdn", "none")
        assert told.exit_code == 0
        assert f"{flow.name}  sent  " in told.stdout

    def test_a_refusal_ends_with_1(self, node, flow):
        node.refusal = as2.InsufficientSecurity("x")
        told = sent(node, flow)
        assert told.exit_code == 1
        assert f"{flow.name}  nok  processed/error: insufficient-message-security" in told.stdout

    def test_the_built_in_engine_is_named_where_pyas2lib_does_not_load(
        self, node, flow, monkeypatch
    ):
        def unavailable():
            raise Pyas2Unavailable("no libcrypto")

        monkeypatch.setattr(as2_party_choice, "load", unavailable)
        told = sent(node, flow)
        assert told.exit_code == 0
        assert told.stderr == "the built-in AS2 engine plays the partner: no libcrypto\n"
        assert sent(node, flow, "--engine", "pyas2lib").exit_code == 3

    def test_a_missing_key_ends_with_3_and_one_given_is_taken(self, node, flow, tmp_path):
        key = tmp_path / "mine.pem"
        (node.own / "key.pem").rename(key)
        told = sent(node, flow)
        assert told.exit_code == 3
        assert "--key" in told.output
        assert sent(node, flow, "--key", key).exit_code == 0

    def test_a_key_of_somebody_else_ends_with_3(self, node, flow, tmp_path):
        key = tmp_path / "mine.pem"
        key.write_bytes(pair("stranger").key)
        told = sent(node, flow, "--key", key)
        assert told.exit_code == 3
        assert "the private key is not that of" in told.output

    def test_a_node_without_as2_is_told(self, node, flow):
        node.ready["as2"] = None
        told = sent(node, flow)
        assert told.exit_code == 1
        assert "does not listen for AS2" in told.output

    @pytest.mark.parametrize("listen", ["", "x", "1.2.3.4", "h:99999", "h:-1"])
    def test_a_wrong_address_is_a_usage_error(self, node, flow, listen):
        assert sent(node, flow, "--listen", listen).exit_code == 2

    def test_an_option_of_another_protocol_is_a_usage_error(self, node, flow):
        told = verb("send", flow, "--partner", "DEM001", "--to", node.url, "--mdn", "sync")
        assert told.exit_code == 2
        assert "--mdn: not for DEM001, which exchanges over sftp" in told.output

    def test_a_protocol_that_is_not_played_is_told(self, node, flow):
        told = verb("send", flow, "--partner", "DEM003", "--to", node.url)
        assert told.exit_code == 1
        assert "DEM003 exchanges over pigeon: this version plays sftp, as2" in told.output

    def test_an_unknown_partner_is_told(self, node, flow):
        told = verb("send", flow, "--partner", "NOBODY", "--to", node.url)
        assert told.exit_code == 1
        assert "no partner NOBODY: aife-sim partner list" in told.output


class TestReceive:
    @pytest.mark.parametrize("engine", ["pyas2lib", "own"])
    def test_what_waits_is_pushed_acknowledged_and_shown(self, node, tmp_path, engine):
        node.returns = [("a.tar.gz", b"1"), ("b.tar.gz", b"2")]
        node.ready["partners"][0]["endpoint"] = "http://127.0.0.1:1/before"
        told = received(node, tmp_path / "box", "--engine", engine, "--json")
        assert told.exit_code == 0, told.output
        rows = [json.loads(line) for line in told.stdout.splitlines()]
        assert rows == [
            {"file": str(tmp_path / "box" / name), "statuses": []}
            for name in ("a.tar.gz", "b.tar.gz")
        ]
        assert (tmp_path / "box" / "b.tar.gz").read_bytes() == b"2"
        assert [receipt.proven for receipt in node.receipts] == [True, True]
        where, after = node.endpoints
        assert where.startswith("http://127.0.0.1:")
        assert where.endswith("/as2")
        assert after == "http://127.0.0.1:1/before"

    def test_nothing_waits(self, node, tmp_path):
        told = received(node, tmp_path / "box")
        assert (told.exit_code, told.stdout) == (0, "nothing waits\n")
        assert node.endpoints[-1] is None

    def test_what_still_waits_when_the_time_is_over_ends_with_1(self, node, tmp_path):
        node.returns, node.stubborn = [("a", b"1")], True
        told = received(node, tmp_path / "box", "--seconds", "0.05")
        assert told.exit_code == 1
        assert "1 still waiting after 0.05 s" in told.stderr
        assert node.endpoints[-1] is None

    def test_a_refused_push_ends_with_1_and_the_endpoint_is_taken_back(self, node, tmp_path):
        (node.own.parent.parent / "aife" / "cert.pem").write_bytes(platform().certificate)
        node.returns = [("a", b"1")]
        told = received(node, tmp_path / "box")
        assert told.exit_code == 1
        assert "was refused: " in told.stderr
        assert list((tmp_path / "box").iterdir()) == []
        assert node.endpoints[-1] is None
