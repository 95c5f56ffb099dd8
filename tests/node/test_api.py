"""The control API: who is answered, what errors look like, what the routes give."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from running_node import RunningNode

from simulator.api.routes import ROUTES
from simulator.testing.client import Client, NodeError, NodeUnreachable


def ask(
    node: RunningNode, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, object]]:
    place = urlsplit(node.ready["http"])
    assert place.hostname
    assert place.port
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, {"text": content.decode()}


def test_health_is_answered(node: RunningNode) -> None:
    assert ask(node, "GET", "/livez") == (200, {"status": "alive"})
    assert ask(node, "GET", "/readyz") == (200, {"status": "ready"})


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
def test_a_foreign_host_is_refused(node: RunningNode, host: str) -> None:
    status, problem = ask(node, "GET", "/api/v1/flows", Host=host)
    assert (status, problem["title"]) == (403, "foreign host")


def test_a_foreign_origin_is_refused_and_our_own_is_not(node: RunningNode) -> None:
    assert ask(node, "GET", "/api/v1/flows", Origin="http://evil.example")[0] == 403
    assert ask(node, "GET", "/api/v1/flows", Origin=node.ready["http"])[0] == 200


def test_writing_asks_for_json(node: RunningNode) -> None:
    status, problem = ask(node, "POST", "/api/v1/clock/advance", b"by=P1D")
    assert status == 415
    assert "application/json" in str(problem["detail"])


def test_raw_content_and_keys_ask_for_the_token_even_on_loopback(node: RunningNode) -> None:
    for path in ("/api/v1/partners/DEM001/keys", "/api/v1/flows/latest/raw"):
        assert ask(node, "GET", path)[0] == 401
        assert ask(node, "GET", path, Authorization="Bearer wrong")[0] == 401


def test_the_token_of_the_data_folder_opens_keys(node: RunningNode) -> None:
    files = Client.find(str(node.ready_file)).keys("DEM001")
    assert files["ssh_key.pub"].startswith(b"ssh-rsa ")
    assert Path(node.ready["token_file"]).stat().st_mode & 0o777 == 0o600


def test_errors_tell_what_was_expected(node: RunningNode) -> None:
    status, problem = ask(node, "GET", "/api/v1/flows/none-such")
    assert status == 404
    assert "25-character id" in str(problem["detail"])
    assert ask(node, "GET", "/nowhere")[0] == 404
    assert ask(node, "DELETE", "/api/v1/flows")[0] == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/clock/advance", b'{"by": "one day"}'),
        ("/api/v1/clock/advance", b'{"byy": "P1D"}'),
        ("/api/v1/clock/advance", b"{"),
        ("/api/v1/partners", b'{"code": "x", "circuit": "b2g", "protocol": "sftp"}'),
        ("/api/v1/partners", b'{"code": "ABC123", "circuit": "b2b", "protocol": "sftp"}'),
        ("/api/v1/partners", b'{"code":"ABC123","circuit":"b2g","protocol":"sftp","interfaces":["X"]}'),
        ("/api/v1/directory", b'[{"identifier": "1"}]'),
    ],
)  # fmt: skip
def test_a_bad_body_is_400_with_a_reason(node: RunningNode, path: str, body: bytes) -> None:
    status, problem = ask(node, "POST", path, body, Content_Type="application/json")
    assert status == 400
    assert problem["detail"]


def test_every_route_of_the_table_is_on_the_page(node: RunningNode) -> None:
    text = str(ask(node, "GET", "/")[1]["text"])
    assert all(route.path in text for route in ROUTES)


def test_the_client_says_where_it_looked_for_a_node(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable, match="aife-sim serve"):
        Client("http://127.0.0.1:9").get("/livez")
    with pytest.raises(NodeUnreachable, match="ready file"):
        Client.find(str(tmp_path / "none.json"))


def test_the_client_raises_with_the_reason_of_the_node(node: RunningNode) -> None:
    with pytest.raises(NodeError, match="no such partner"):
        node.client.get("/api/v1/partners/NOBODY")
