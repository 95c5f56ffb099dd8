"""The HTTP server of the console port: who may ask, which route answers, how errors look.

Safe by default: bound to loopback without a token, only requests whose Host is a loopback name with
the bound port are answered, an Origin must be our own, and writing asks for JSON. So a page in a
browser cannot reach the node through DNS rebinding or a form.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from twisted.internet.interfaces import IListeningPort
from twisted.web.http import Request as HttpRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from simulator.api.calls import Call, Console, Raw, Refused, Route
from simulator.api.routes import ROUTES
from simulator.journal.read import NoSuchFlow

log = logging.getLogger("aife_sim.api")

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# One file of an envelope (100 MB) in base64, with room for the rest of the request.
_BODY_LIMIT = 140 << 20
_PUBLIC = ("/livez", "/readyz")


class Guard(msgspec.Struct, frozen=True):
    """Who may ask.

    Attributes:
        port: the bound port.
        loopback: whether only this machine can reach it.
        token: what ``Authorization: Bearer`` must carry.
        always: whether every request must carry it (not bound to loopback).
    """

    port: int
    loopback: bool
    token: str
    always: bool

    def check(self, request: Request, route: Route) -> None:
        """Raises `Refused` for a request that may not be answered."""
        if self.loopback and not self.always:
            self._check_host(request)
        if (self.always or route.secret) and route.path not in _PUBLIC:
            self._check_token(request)
        if route.method in ("POST", "PUT"):
            _check_json(request)

    def _check_host(self, request: Request) -> None:
        allowed = {f"{_bracketed(host)}:{self.port}" for host in LOOPBACK}
        hosts = request.requestHeaders.getRawHeaders("host") or [""]
        host, origin = ", ".join(hosts), request.getHeader("origin")
        if len(hosts) > 1 or host not in allowed:
            detail = f"expected a Host of {', '.join(sorted(allowed))}, found {host!r}"
            raise Refused(403, "foreign host", detail)
        if origin is not None and origin.removeprefix("http://") not in allowed:
            raise Refused(403, "foreign origin", f"requests from {origin!r} are not answered")

    def _check_token(self, request: Request) -> None:
        given = (request.getHeader("authorization") or "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            detail = "send 'Authorization: Bearer TOKEN'; the ready file names the token file"
            raise Refused(401, "token needed", detail)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_json(request: Request) -> None:
    kind = (request.getHeader("content-type") or "").partition(";")[0].strip()
    if kind != "application/json":
        raise Refused(415, "JSON expected", f"expected application/json, found {kind!r}")


class Api(Resource):
    """The only resource: looks the route up and runs its handler as a task on the loop."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, console: Console) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._console = console
        self._tasks: set[asyncio.Task[None]] = set()
        self.guard: Guard | None = None

    def render(self, request: Request) -> int:
        """Answers later."""
        task = asyncio.get_event_loop().create_task(self._answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        request.notifyFinish().addErrback(lambda _: task.cancel())
        return NOT_DONE_YET

    async def _answer(self, request: Request) -> None:
        try:
            route, wanted = find_route(request.method.decode(), request.path.decode("latin-1"))
            assert self.guard is not None
            self.guard.check(request, route)
            # Shielded: what a request began is ended, though its client went away.
            answer = asyncio.ensure_future(route.handler(self._call(request, wanted)))
            _send(request, 200, await asyncio.shield(answer))
        except Refused as refusal:
            _send_problem(request, refusal)
        except NoSuchFlow as missing:
            _send_problem(request, Refused(404, "not found", str(missing)))
        except ValueError as error:
            _send_problem(request, Refused(400, "wrong value", str(error)))
        except OverflowError:
            _send_problem(request, Refused(404, "not found", "no number is so large"))
        except Exception:
            log.exception("%s %s failed", request.method.decode(), request.path.decode("latin-1"))
            _send_problem(request, Refused(500, "internal error", "see the log of the node"))

    def _call(self, request: Request, wanted: str) -> Call:
        query = {k.decode(): v[-1].decode() for k, v in (request.args or {}).items()}
        body = request.content.read(_BODY_LIMIT + 1) if request.content else b""
        if len(body) > _BODY_LIMIT:
            raise Refused(413, "too large", f"expected at most {_BODY_LIMIT} bytes")
        return Call(self._console, wanted, query, body)


def find_route(method: str, path: str) -> tuple[Route, str]:
    """The route of a path and what stands in its open place. Raises `Refused` 404 or 405."""
    allowed = []
    for route in ROUTES:
        head, _, tail = route.path.partition("{}")
        if "{}" in route.path:
            inner = path[len(head) : len(path) - len(tail)]
            fits = path.startswith(head) and path.endswith(tail) and inner and "/" not in inner
        else:
            fits, inner = path == route.path, ""
        if fits and route.method == method:
            return route, unquote(inner)
        if fits:
            allowed.append(route.method)
    if allowed:
        raise Refused(405, "wrong method", f"expected {' or '.join(allowed)}, found {method}")
    raise Refused(404, "not found", f"no route {path}: GET / lists them")


def _send(request: HttpRequest, status: int, answer: object) -> None:
    request.setResponseCode(status)
    request.setHeader("X-Content-Type-Options", "nosniff")
    if isinstance(answer, Raw):
        request.setHeader("Content-Type", answer.kind)
        content = answer.content
    else:
        request.setHeader("Content-Type", "application/json")
        content = msgspec.json.encode(answer)
    request.write(content)
    request.finish()


def _send_problem(request: HttpRequest, refusal: Refused) -> None:
    problem: Mapping[str, object] = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
    }
    _send(request, refusal.status, problem)


class Listening(msgspec.Struct, frozen=True):
    """A bound console port."""

    listener: IListeningPort
    port: int

    def close(self) -> None:
        """Takes no more requests."""
        listener: Any = self.listener
        listener.stopListening()


def listen(
    listen_tcp: Callable[..., IListeningPort], console: Console, host: str, port: int, token: str
) -> Listening:
    """Binds the console port.

    Args:
        listen_tcp: the reactor's ``listenTCP``.
        console: what the routes work on.
        host: address to bind.
        port: 0 takes a free one.
        token: always asked for raw content; for everything when `host` is not loopback.

    Raises:
        twisted.internet.error.CannotListenError: the port is taken.
    """
    api = Api(console)
    bound: Any = listen_tcp(port, Site(api), interface=host)
    number: int = bound.getHost().port
    loopback = host in LOOPBACK
    api.guard = Guard(number, loopback, token, always=not loopback)
    return Listening(bound, number)
