# SPDX-License-Identifier: MIT
"""A client of a node's control API. Standard library only.

``Client.find()`` finds the node as every verb does: an address, a ready file, the variable
``AIFE_SIM_NODE``, or the default port.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

DEFAULT_NODE = "http://127.0.0.1:18080"
_PASS = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # a node is never behind a proxy


class NodeError(Exception):
    """A node refused a request; `status` is the HTTP code, the text its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class NodeUnreachable(Exception):
    """No node answers; the text says where it was looked for."""


class Client:
    """Talks to one node.

    Args:
        url: ``http://host:port``.
        token: for raw content, and for everything when the node is not on loopback.
        timeout: seconds for one request.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 70.0) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout

    @classmethod
    def find(cls, node: str | None = None) -> Client:
        """The client of a node given as URL or ready file, by ``AIFE_SIM_NODE``, or the default.

        Raises:
            NodeUnreachable: the ready file cannot be read.
        """
        wanted = node or os.environ.get("AIFE_SIM_NODE") or DEFAULT_NODE
        token = os.environ.get("AIFE_SIM_TOKEN")
        if wanted.startswith(("http://", "https://")):
            return cls(wanted, token)
        try:
            ready = json.loads(Path(wanted).read_text(encoding="utf-8"))
            url, token_file = str(ready["http"]), ready.get("token_file")
        except (OSError, ValueError, KeyError) as error:
            message = f"expected a URL or a ready file, found {wanted!r}: {error}"
            raise NodeUnreachable(message) from None
        return cls(url, token or _read_token(token_file))

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of ``GET path?query``; None values are left out."""
        given = {key: str(value) for key, value in query.items() if value is not None}
        target = f"{path}?{urllib.parse.urlencode(given)}" if given else path
        return json.loads(self._ask("GET", target))

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of ``POST path``."""
        return json.loads(self._ask("POST", path, json.dumps(body).encode()))

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of ``PUT path``."""
        return json.loads(self._ask("PUT", path, json.dumps(body).encode()))

    def raw(self, path: str) -> bytes:
        """Raw content; asks for the token, which is read from the node's own file when it is here."""
        if self._token is None:
            self._token = _read_token(self.get("/api/v1/node").get("token_file"))
        return self._ask("GET", path)

    def keys(self, partner: str) -> dict[str, bytes]:
        """The key material of a partner, by file name."""
        answer = json.loads(self.raw(f"/api/v1/partners/{quoted(partner)}/keys"))
        return {name: base64.b64decode(content) for name, content in answer.items()}

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method)  # noqa: S310
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with _PASS.open(request, timeout=self._timeout) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise NodeError(error.code, _reason(error)) from None
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            message = f"no node answers at {self.url} ({reason}): start one with 'aife-sim serve'"
            if isinstance(reason, TimeoutError):
                message = f"the node at {self.url} took longer than {self._timeout:g} s to answer"
            raise NodeUnreachable(message) from None


def quoted(text: str) -> str:
    """A text as one part of a path."""
    return urllib.parse.quote(text, safe="")


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.loads(error.read())
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, OSError):
        return f"HTTP {error.code}"


def _read_token(file: str | None) -> str | None:
    try:
        return Path(file).read_text(encoding="ascii").strip() if file else None
    except OSError:
        return None
