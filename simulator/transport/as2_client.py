"""The partner's side of AS2: posts files, and listens for what is pushed (`as2_client_listen`).

A message is built and judged by a `Party` engine; HTTP is `as2_client_http`, on asyncio alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import msgspec

from simulator.transport.as2_client_http import (
    DEFAULT,
    HttpFault,
    Limits,
    Message,
    NoAnswer,
    NotConnected,
    post,
)
from simulator.transport.as2_client_listen import Listener, Where, listen
from simulator.transport.as2_party import (
    Built,
    EngineName,
    File,
    Outcome,
    Party,
    PartyError,
    PartySettings,
)
from simulator.transport.as2_party_choice import party as chosen_party

__all__ = ["Endpoint", "Listener", "Result", "Where", "listen", "send"]


class Endpoint(msgspec.Struct, frozen=True):
    """Where the server is, and where an asynchronous MDN may come.

    Attributes:
        url: of the server.
        ca: certificates to trust for https, PEM; None for those of the system.
        limits: of one exchange.
        listen: where asynchronous MDNs are taken.
        receipt_seconds: how long one is waited for.
    """

    url: str
    ca: Path | None = None
    limits: Limits = DEFAULT
    listen: Where = Where()
    receipt_seconds: float = 60.0


class Result(msgspec.Struct, frozen=True):
    """What became of one file.

    Attributes:
        name: of the file.
        outcome: verdict.
        engine: who built the message.
        remark: what the user ought to know of that choice, empty for nothing.
        message_id: with brackets; empty when there was no message.
    """

    name: str
    outcome: Outcome
    engine: str
    remark: str = ""
    message_id: str = ""


async def send(
    endpoint: Endpoint,
    files: Iterable[Path],
    settings: PartySettings,
    engine: EngineName | None = None,
) -> list[Result]:
    """Posts files under their own names, in the order given, one message each.

    After a file that could not be sent nothing more is sent.

    Returns:
        One result for each file.

    Raises:
        PartyError: keys, names or engine cannot be used, or nobody can listen for MDNs.
    """

    def party_at(url: str) -> Party:
        return chosen_party(msgspec.structs.replace(settings, receipt_url=url), engine)

    if settings.receipt != "async":
        return await _send_all(
            _Sender(endpoint, settings, await asyncio.to_thread(party_at, "")), files
        )
    async with listen(endpoint.listen, None, party_at) as listener:
        return await _send_all(_Sender(endpoint, settings, listener.party, listener), files)


async def _send_all(sender: _Sender, files: Iterable[Path]) -> list[Result]:
    results: list[Result] = []
    stopped = ""
    for file in files:
        if stopped:
            results.append(sender.told(file, Outcome("not-sent", f"not tried after {stopped}")))
            continue
        results.append(await sender.send(file))
        stopped = file.name if results[-1].outcome.kind == "not-sent" else ""
    return results


class _Sender:
    """Sends with one engine to one server."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: PartySettings,
        party: Party,
        listener: Listener | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._party = party
        self._listener = listener

    def told(self, file: Path, outcome: Outcome, message_id: str = "") -> Result:
        return Result(file.name, outcome, self._party.engine, self._party.remark, message_id)

    async def send(self, file: Path) -> Result:
        try:
            built = await asyncio.to_thread(self._build, file)
        except (OSError, PartyError) as error:
            return self.told(file, Outcome("not-sent", str(error)))
        return self.told(file, await self._exchanged(built), built.message_id)

    def _build(self, file: Path) -> Built:
        return self._party.build(File(file.name, file.read_bytes()))

    async def _exchanged(self, built: Built) -> Outcome:
        judge = self._judge_of(built)
        endpoint = self._endpoint
        try:
            answer = await post(
                endpoint.url, built.headers, built.body, ca=endpoint.ca, limits=endpoint.limits
            )
        except (NotConnected, HttpFault) as error:
            return Outcome("not-sent", str(error))
        except NoAnswer as error:
            return Outcome("no-mdn", str(error))
        if not 200 <= answer.status < 300:
            said = answer.body[:200].decode("utf-8", "replace").strip()
            return Outcome("no-mdn", f"{answer.start}: {said}")
        return await judge(answer)

    def _judge_of(self, built: Built) -> Callable[[Message], Awaitable[Outcome]]:
        """How the answer will be judged; an asynchronous MDN may be there before the answer."""
        if self._listener:
            awaited = self._listener.expect(built.message_id)
            return lambda _: self._awaited(awaited)
        if self._settings.receipt == "none":
            return self._unjudged
        return lambda answer: self._judged(built, answer)

    async def _unjudged(self, answer: Message) -> Outcome:
        return Outcome("sent", f"{answer.start}; no MDN was asked for")

    async def _judged(self, built: Built, answer: Message) -> Outcome:
        outcome = await asyncio.to_thread(self._party.read_mdn, answer.headers, answer.body)
        told = outcome.message_id.strip("<> ")
        if told and told != built.message_id.strip("<> "):
            text = f"it speaks of {outcome.message_id}, not of this message"
            return Outcome("unreadable", text, outcome.disposition, outcome.message_id)
        return outcome

    async def _awaited(self, awaited: asyncio.Future[Outcome]) -> Outcome:
        assert self._listener is not None
        seconds = self._endpoint.receipt_seconds
        try:
            return await asyncio.wait_for(awaited, seconds)
        except TimeoutError:
            beside = "; ".join(["", *self._listener.problems])
            return Outcome("no-mdn", f"no asynchronous MDN within {seconds:g} s{beside}")
