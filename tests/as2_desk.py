"""A node with AS2 partners of its own terms, and what tests ask of its journal and its socket."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from as2_partner import Got, Partner
from running_node import RunningNode, running_node

from simulator.wire import as2

T = TypeVar("T")
NUMBERS = itertools.count(1)
OPEN = "{ require_signature = false, require_encryption = false }"
PROFILES = {
    "STRICT": "strict",
    "LEGACY": "legacy",
    "OPNAS2": "openas2-like",
    "LIBAS2": "libas2-like",
    "RFCBIS": "rfc4130bis",
}


def settings(partners: Mapping[str, str], more: str = "") -> str:
    """A settings file: partners with their AS2 terms (an inline table), and other tables."""
    rows = [
        f'[[partner]]\ncode = "{code}"\ncircuit = "b2g"\nprotocol = "as2"\nas2 = {terms}\n'
        for code, terms in partners.items()
    ]
    return "\n".join([more, *rows])


class Desk:
    """A running node and its partners, made once each."""

    def __init__(self, node: RunningNode) -> None:
        self.node = node
        self._partners: dict[str, Partner] = {}

    def __getitem__(self, code: str) -> Partner:
        if code not in self._partners:
            self._partners[code] = Partner(self.node, code)
        return self._partners[code]

    # -- the journal ----------------------------------------------------------------------------

    def flows(self, code: str) -> list[str]:
        """Names of the flows of a partner, newest first."""
        rows = self.node.client.get("/api/v1/flows", partner=code, limit=1000)
        return [row["name"] for row in rows]

    def wire(self, code: str | None = None) -> dict[str, Any]:
        """The newest exchange."""
        row: dict[str, Any] = self.node.client.get("/api/v1/wire", partner=code, limit=1)[0]
        return row

    def exchanges(self, code: str) -> list[dict[str, Any]]:
        """All exchanges of a partner, newest first."""
        rows: list[dict[str, Any]] = self.node.client.get("/api/v1/wire", partner=code, limit=1000)
        return rows

    def side(self, row: Mapping[str, Any], side: str) -> bytes:
        """Raw bytes of an exchange."""
        return self.node.client.raw(f"/api/v1/wire/{row['id']}/{side}")

    def pushes(self, name: str) -> list[dict[str, Any]]:
        """Events about pushes of the answers to a flow, in order."""
        events = self.node.client.get(f"/api/v1/flows/{name}")["events"]
        return [event for event in events if event["type"].startswith("Push")]

    def announce(self, code: str, endpoint: str | None) -> None:
        """Where a partner listens from now on."""
        body = msgspec.json.encode({"endpoint": endpoint})
        self.node.client._ask("PUT", f"/api/v1/partners/{code}/endpoint", body)

    # -- the socket -----------------------------------------------------------------------------

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.node.ready["as2"])
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    @contextmanager
    def dial(self) -> Iterator[Dialogue]:
        with socket.create_connection(self.address, timeout=20) as connection:
            line = Dialogue(connection)
            with closing(line.file):
                yield line


class Dialogue:
    """HTTP by hand on one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.file = connection.makefile("rb")

    def say(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def hear(self) -> Got:
        """The next answer; an interim one has no body."""
        status = int(self.file.readline().split(b" ")[1])
        headers = []
        while line := self.file.readline().rstrip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        length = next((int(v) for n, v in headers if n.lower() == "content-length"), None)
        if status == 100:
            return Got(status, tuple(headers), b"")
        body = self.file.read() if length is None else self.file.read(length)
        return Got(status, tuple(headers), body)

    def rest(self) -> bytes:
        """Whatever still comes until the other side closes."""
        return self.file.read()


def head(outgoing: as2.Outgoing, *more: str, version: str = "1.1", length: bool = True) -> bytes:
    """Request line and headers of a POST."""
    lines = [f"POST /as2 HTTP/{version}", "Host: here"]
    lines += [f"{name}: {value}" for name, value in outgoing.headers]
    lines += [f"Content-Length: {outgoing.size}"] if length else []
    return "".join(f"{line}\r\n" for line in [*lines, *more, ""]).encode("latin-1")


def with_headers(outgoing: as2.Outgoing, **changes: str | None) -> as2.Outgoing:
    """The same message under other headers; underscores stand for hyphens, None takes one away."""
    named = {name.replace("_", "-").lower(): (name, value) for name, value in changes.items()}
    kept = [(n, v) for n, v in outgoing.headers if n.lower() not in named]
    new = [(n.replace("_", "-"), v) for n, v in named.values() if v is not None]
    return msgspec.structs.replace(outgoing, headers=(*kept, *new))


def security(partner: Partner, *, sign: bool, encrypt: bool, compression: str) -> as2.Security:
    return as2.Security(
        partner.own if sign else None, (partner.aife,) if encrypt else (), compression
    )


def answer_of(got: Got) -> tuple[list[tuple[str, str]], bytes]:
    """Body, and headers that are not those of the connection."""
    of_connection = {"server", "connection"}
    return [pair for pair in got.headers if pair[0].lower() not in of_connection], got.body


def asked_later(receipt: as2.ReceiptRequest | None, url: str) -> as2.ReceiptRequest | None:
    return msgspec.structs.replace(receipt, url=url) if receipt else None


def eventually(look: Callable[[], list[T]], count: int) -> list[T]:
    """What there is to see, once it is so many or some seconds have passed."""
    pause, left = threading.Event(), 200
    while len(found := look()) != count and left:
        left -= 1
        pause.wait(0.05)
    return found


def flow_name(code: str, extension: str = ".xml") -> str:
    """A name that was not used yet."""
    return f"FSO1100A_{code}_{code}1100{next(NUMBERS):015d}{extension}"


@contextmanager
def as2_desk(folder: Path, text: str = "", *arguments: str, points: str = "") -> Iterator[Desk]:
    """A desk at a node of its own; at the end it is the process that it was, without a defect."""
    folder.mkdir(exist_ok=True)
    file = folder / "own.toml"
    file.write_text(text)
    with running_node(folder, "--config", str(file), *arguments, points=points) as node:
        yield Desk(node)
        assert node.process.poll() is None
        assert "Traceback" not in node.log.read_text(errors="replace"), node.log.read_text()
