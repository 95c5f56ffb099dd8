"""The simulator's side of AS2 for tests of the partner's: `http.server` with our core behind it.

It also answers the three routes of a node that `receive` uses, and pushes when it is told where.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from as2_forge import envelope, platform, simulator

from simulator.wire import as2

SECONDS = 20.0


class Simulator:
    """Receives and judges what a platform posts; `refusal`, `answer` and `order` disturb it."""

    def __init__(self) -> None:
        self.deposits: list[tuple[str, bytes]] = []
        self.requests: list[Any] = []
        self.refusal: as2.RemoteProtocolError | None = None
        self.answer: tuple[int, list[tuple[str, str]], bytes] | None = None
        self.mdn_first = True
        self.posted: list[int] = []
        self.ready: dict[str, Any] = {}
        self.endpoints: list[str | None] = []
        self.returns: list[tuple[str, bytes]] = []
        self.receipts: list[as2.Receipt] = []
        self.receipt = as2.ReceiptRequest(signed=True, micalgs=("sha256",))
        self.stubborn = False

    # --- AS2

    def take(self, handler: Any, body: bytes) -> None:
        """Answers one AS2 message."""
        request = as2.read_request(handler.headers.items())
        self.requests.append(request)
        mdn = self._mdn(request, body)
        url = request.receipt.url if request.receipt else None
        if mdn and url:
            self._asynchronously(handler, url, mdn)
        elif self.answer:
            handler.reply(*self.answer)
        else:
            handler.reply(200, mdn.headers if mdn else [], mdn.body() if mdn else b"")

    def _mdn(self, request: as2.Request, body: bytes) -> as2.Outgoing | None:
        opening = as2.Opening(keys=(simulator().identity,), signers=(platform().public,))
        message = as2.open_message(request, body, opening)
        self.deposits += [(a.filename or "", bytes(a.content)) for a in message.attachments]
        if request.receipt is None:
            return None
        reply = as2.reply_to(request, self.refusal or message)
        return as2.build_mdn(reply, "<m@sim>", simulator().identity)

    def _asynchronously(self, handler: Any, url: str, mdn: as2.Outgoing) -> None:
        if not self.mdn_first:
            handler.reply(202, [], b"")
        if self.answer is None:
            self.posted.append(posted(url, mdn.headers, mdn.body())[0])
        if self.mdn_first:
            handler.reply(202, [], b"")

    # --- the node

    def api(self, handler: Any, method: str, body: bytes) -> None:
        """Answers one request of the command line."""
        if handler.path == "/api/v1/node":
            answer: Any = self.ready
        elif handler.path.endswith("/waiting"):
            answer = {"waiting": len(self.returns)}
        else:
            assert (method, handler.path) == ("PUT", "/api/v1/partners/DEM002/endpoint")
            self.endpoints.append(json.loads(body)["endpoint"])
            answer = {"endpoint": self.endpoints[-1]}
            if self.endpoints[-1] and not self.stubborn:
                threading.Thread(target=self.push, args=(self.endpoints[-1],)).start()
        handler.reply(200, [("Content-Type", "application/json")], json.dumps(answer).encode())

    def push(self, url: str) -> None:
        """Pushes what waits, in order; a return is gone when its MDN was read."""
        while self.returns:
            name, content = self.returns[0]
            outgoing = push_of(name, content, f"<{len(self.returns)}@sim>", self.receipt)
            _, headers, body = posted(url, outgoing.headers, outgoing.body())
            opening = as2.Opening(signers=(platform().public,))
            mdn = as2.read_mdn(as2.read_request(headers), body, opening)
            self.receipts.append(as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic))
            del self.returns[0]


def push_of(
    name: str, content: bytes, message_id: str, receipt: as2.ReceiptRequest | None
) -> as2.Outgoing:
    """A message of the simulator for DEM002, signed and encrypted."""
    return as2.build_message(
        envelope(as2_from="CPP001", as2_to="DEM002", message_id=message_id, receipt=receipt),
        [as2.File(content, name)],
        as2.Security(simulator().identity, (platform().public,)),
    )


def posted(url: str, headers: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Posts by `http.client`, an HTTP that is not ours."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Simulator

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/as2":
            self.served.take(self, body)
        else:
            self.served.api(self, self.command, body)

    do_GET = do_POST = do_PUT = _any

    def reply(self, status: int, headers: Any, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def simulated() -> Iterator[tuple[Simulator, str]]:
    """A simulator and its ``http://host:port``."""
    served = Simulator()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": served}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
