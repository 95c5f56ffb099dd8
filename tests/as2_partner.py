"""A partner's AS2 stack for tests: a sender and a listener over plain sockets, with our own core.

The listener answers as it is told to, so that what a partner does wrong can be shown too. Real other
stacks (pyas2lib, openssl, libas2) are driven elsewhere.
"""

from __future__ import annotations

import http.client
import itertools
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from simulator.wire import as2

NUMBERS = itertools.count(1)


class Got(msgspec.Struct, frozen=True, eq=False):
    """An answer, or a POST that came: status (0 for a POST), headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def request(self):
        return as2.read_request(self.headers)


class Partner:
    """One partner of a running node, with its key material."""

    def __init__(self, node, code="DEM002"):
        folder = Path(node.partner(code)["pki"])
        aife = Path(node.ready["pki"]) / "aife"
        self.folder = folder
        self.code = code
        self.url = node.ready["as2"]
        self.own = as2.Identity.load(
            (folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes()
        )
        self.aife = as2.Certificate.load((aife / "cert.pem").read_bytes())
        self.opening = as2.Opening(keys=(self.own,), signers=(self.aife,))

    # -- sending --------------------------------------------------------------------------------

    def envelope(self, **changes):
        given = {
            "as2_from": self.code,
            "as2_to": "CPP001",
            "message_id": f"<{next(NUMBERS)}@{self.code}>",
            "receipt": as2.ReceiptRequest(signed=True, micalgs=("sha-256",)),
        }
        return as2.Envelope(**{**given, **changes})

    def message(self, content, name, *, security=None, profile=None, **changes):
        security = security or as2.Security(identity=self.own, recipients=(self.aife,))
        files = [as2.File(content, name)] if isinstance(content, bytes) else content
        return as2.build_message(
            self.envelope(**changes), files, security, profile or as2.PROFILES["strict"]
        )

    def post(self, outgoing, *, chunked=False, url=None):
        """Posts a message; the answer."""
        body = outgoing.body()
        headers = dict(outgoing.headers)
        return post(url or self.url, headers, pieces(body) if chunked else body, chunked)

    def send(self, content, name, **changes):
        """Posts one flow; the receipt and the message it speaks of."""
        outgoing = self.message(content, name, **changes)
        return self.read(self.post(outgoing)), outgoing

    def read(self, got):
        return as2.read_mdn(got.request, got.body, self.opening)

    # -- listening ------------------------------------------------------------------------------

    def receipt(self, got, *, disposition=None, mic=None, signed=True, identity=None):
        """The MDN that a push deserves, or a wrong one."""
        request = got.request
        outcome = disposition or as2.open_message(request, got.body, self.opening)
        reply = as2.reply_to(request, outcome)
        if mic is not None:
            reply = msgspec.structs.replace(reply, mic=mic)
        reply = msgspec.structs.replace(reply, signed=signed)
        return as2.build_mdn(reply, f"<{next(NUMBERS)}@mdn>", identity or self.own)

    def answer(self, got, **changes):
        """An HTTP answer with that MDN."""
        mdn = self.receipt(got, **changes)
        return 200, mdn.headers, mdn.body()


def pieces(body, size=1000):
    return [body[at : at + size] for at in range(0, len(body), size)]


def post(url, headers, body, chunked=False):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("POST", parts.path, body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return Got(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Listener:
    """An HTTP server in a thread: what it got, and a script of what it answers."""

    def __init__(self, answer, context=None):
        self.got = []
        self.arrived = threading.Semaphore(0)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                got = Got(0, tuple(self.headers.items()), self.rfile.read(length))
                outer.got.append(got)
                try:
                    status, headers, body = answer(got)
                except ConnectionAbortedError:
                    outer.arrived.release()
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                outer.arrived.release()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}/as2"

    def wait(self, seconds=20.0):
        assert self.arrived.acquire(timeout=seconds), "nothing was pushed"


@contextmanager
def listening(answer, context=None):
    """A listener; over TLS with the context of a server."""
    listener = Listener(answer, context)
    thread = threading.Thread(target=listener.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.server.shutdown()
        listener.server.server_close()
        thread.join()
