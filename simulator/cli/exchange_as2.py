"""`send` and `receive` over AS2, played by pyas2lib or, where that does not load, by our core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from simulator.cli.exchange_side import Exchange, Fetched, Sent
from simulator.cli.main import EnvironmentFailure
from simulator.testing.client import Client, quoted
from simulator.transport import as2_client
from simulator.transport.as2_client import Endpoint, Listener, Result, Where
from simulator.transport.as2_party import Party, PartyError, PartySettings
from simulator.transport.as2_party_choice import party

OPTIONS = frozenset({"mdn", "unsigned", "unencrypted", "compress", "engine", "listen", "seconds"})

T = TypeVar("T")

_SECONDS = 60.0
_PAUSE = 0.25
_SIMULATOR = "CPP001"


def _announce(node: Client, code: str, endpoint: str | None) -> None:
    """Tells the node where the partner listens; None for nowhere."""
    node.put(f"/api/v1/partners/{quoted(code)}/endpoint", {"endpoint": endpoint})


def _waiting(node: Client, code: str) -> int:
    """How many returns wait for the partner."""
    return int(node.get(f"/api/v1/partners/{quoted(code)}/waiting")["waiting"])


def send(exchange: Exchange, flows: tuple[Path, ...]) -> Sent:
    """Posts each file in a message of its own; a line for each says what the MDN made of it."""
    url = exchange.ready.get("as2")
    if not url:
        raise click.ClickException("the node does not listen for AS2")
    authority = Path(exchange.ready["pki"]) / "aife" / "ca.pem"
    endpoint = Endpoint(
        url=url,
        ca=authority if authority.exists() else None,
        listen=_where(exchange),
        receipt_seconds=exchange.options.get("seconds", _SECONDS),
    )
    engine = exchange.options.get("engine")
    results = _ran(as2_client.send(endpoint, flows, settings_of(exchange), engine))
    return Sent(
        tuple(_line(result) for result in results),
        tuple(sorted({result.remark for result in results} - {""})),
        any(not result.outcome.is_positive for result in results),
    )


def _line(result: Result) -> str:
    outcome = result.outcome
    return "  ".join(filter(None, (result.name, outcome.kind, outcome.disposition, outcome.text)))


def receive(exchange: Exchange, into: Path) -> Fetched:
    """Listens, tells the node where, and takes what it pushes until nothing waits any more."""
    into.mkdir(parents=True, exist_ok=True)
    return _ran(_received(exchange, into))


async def _received(exchange: Exchange, into: Path) -> Fetched:
    node, code = Client.find(exchange.node), exchange.partner
    settings, engine = settings_of(exchange), exchange.options.get("engine")
    seconds = exchange.options.get("seconds", _SECONDS)

    def party_at(_: str) -> Party:
        return party(settings, engine)

    async with as2_client.listen(_where(exchange), into, party_at) as listener:
        try:
            await asyncio.to_thread(_announce, node, code, listener.url)
            left = await _until_nothing_waits(lambda: _waiting(node, code), listener, seconds)
        finally:
            await asyncio.to_thread(_announce, node, code, exchange.row.get("endpoint"))
    late = [f"{left} still waiting after {seconds:g} s"] if left else []
    remarks = [listener.party.remark] if listener.party.remark else []
    return Fetched(tuple(listener.files), tuple(remarks), (*listener.problems, *late))


async def _until_nothing_waits(
    waiting: Callable[[], int], listener: Listener, seconds: float
) -> int:
    """What still waits when nothing does, or when the time is over."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while True:
        count = await asyncio.to_thread(waiting)
        if not count or clock() >= end:
            return count
        await listener.news(min(_PAUSE, end - clock()))


def settings_of(exchange: Exchange) -> PartySettings:
    """Who we play and what was agreed, from the ready file and the options."""
    folder, given = Path(exchange.row["pki"]), exchange.options
    receipt = given.get("mdn", "sync")
    return PartySettings(
        own_name=exchange.row.get("as2_id") or exchange.partner,
        peer_name=exchange.ready.get("as2_id") or _SIMULATOR,
        key=_read(exchange.key or folder / "key.pem", "private key", "give yours with --key"),
        certificate=_read(folder / "cert.pem", "certificate", "see aife-sim partner add --cert"),
        peer_certificate=_read(
            Path(exchange.ready["pki"]) / "aife" / "cert.pem", "certificate", "is the node here?"
        ),
        sign=not given.get("unsigned"),
        encrypt=not given.get("unencrypted"),
        compress=bool(given.get("compress")),
        receipt=receipt,
    )


def _read(path: Path, what: str, repair: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentFailure(f"no {what} in {path} ({error.strerror}): {repair}") from None


def _where(exchange: Exchange) -> Where:
    given = exchange.options.get("listen", "127.0.0.1:0")
    host, _, port = given.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise click.UsageError(f"--listen: HOST:PORT expected, found {given!r}")
    return Where(host.strip("[]"), int(port))


def _ran(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except PartyError as error:
        raise EnvironmentFailure(str(error)) from None
