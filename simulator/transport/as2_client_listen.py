"""The partner's AS2 server: takes what is pushed, and the asynchronous MDNs of what was sent.

A message is on the disk under its own name before its MDN leaves. A Message-ID that was accepted
once gets the same MDN again and is written no second time; a message that was refused is looked at
again, or a forged one would shut out the real one.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from simulator.transport.arrivals import local_name, sync_folder
from simulator.transport.as2_client_http import (
    DEFAULT,
    HttpFault,
    Limits,
    Message,
    NoAnswer,
    NotConnected,
    Reply,
    post,
    serve,
)
from simulator.transport.as2_party import Answer, File, Opened, Outcome, Party, PartyError
from simulator.wire import as2

_REMEMBERED = 10_000
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared


class Where(msgspec.Struct, frozen=True):
    """Where to listen; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    path: str = "/as2"
    limits: Limits = DEFAULT


class Listener:
    """A partner that listens. Made by `listen`.

    Attributes:
        url: where others reach it.
        files: what was received, in the order of arrival.
        problems: what was refused or went wrong, a line each.
    """

    def __init__(self, folder: Path | None, limits: Limits) -> None:
        self.url = ""
        self.files: list[Path] = []
        self.problems: list[str] = []
        self._folder = folder
        self._limits = limits
        self._party: Party | None = None
        self._answered: OrderedDict[tuple[str, str], Answer | None] = OrderedDict()
        self._awaited: dict[str, asyncio.Future[Outcome]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Event()
        self._posting: set[asyncio.Task[None]] = set()

    @property
    def party(self) -> Party:
        """The engine that opens and answers."""
        assert self._party is not None
        return self._party

    def play(self, party: Party) -> None:
        """Begins to take messages."""
        self._party = party

    def expect(self, message_id: str) -> asyncio.Future[Outcome]:
        """The verdict of an asynchronous MDN, once it is there; ask before the message is sent."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._awaited[message_id.strip("<> ")] = future
        return future

    async def news(self, seconds: float) -> None:
        """Waits until something has come since the last call, at most that long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()

    async def settled(self) -> None:
        """Waits until the asynchronous MDNs that are under way have been posted."""
        await asyncio.gather(*self._posting, return_exceptions=True)

    async def handle(self, request: Message) -> Reply:
        """Answers one POST; never raises."""
        if self._party is None:
            return Reply.text(503, "not yet ready")
        if as2.is_mdn(request.headers):
            taken = await self._take_mdn(self._party, request)
            if taken is not None:
                return taken
        if self._folder is None:
            return Reply.text(403, "only the MDNs of what was sent are taken here")
        try:
            async with self._one_at_a_time:
                return await self._take_message(self._party, self._folder, request)
        except OSError as error:
            return self._fault(500, f"a message could not be kept: {error}")
        finally:
            self._news.set()

    async def _take_mdn(self, party: Party, request: Message) -> Reply | None:
        """Settles what waits for the MDN; None for a signed message that only looked like one."""
        outcome = await asyncio.to_thread(party.read_mdn, request.headers, request.body)
        signed = request.get("Content-Type").lower().startswith("multipart/signed")
        if outcome.kind == "no-mdn" and signed:
            return None
        future = self._awaited.get(outcome.message_id.strip("<> "))
        if future is None:
            self.problems.append(f"an MDN came that helps nobody: {outcome.kind}: {outcome.text}")
        elif not future.done():
            future.set_result(outcome)
        return Reply(200)

    async def _take_message(self, party: Party, folder: Path, request: Message) -> Reply:
        headers = as2.read_request(request.headers)
        known = (headers.as2_from, headers.message_id)
        if known in self._answered:
            return self._given(self._answered[known])
        opened = await asyncio.to_thread(party.open, request.headers, request.body)
        if opened.problem:
            return self._refused(opened)
        self.files += await asyncio.to_thread(store, opened.files, folder)
        self._answered[known] = opened.mdn
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        return self._given(opened.mdn)

    def _refused(self, opened: Opened) -> Reply:
        reason = f"{opened.message_id or 'a message'} was refused: {opened.problem}"
        if opened.status != 200:
            return self._fault(opened.status, reason)
        self.problems.append(reason)
        return self._given(opened.mdn)

    def _fault(self, status: int, reason: str) -> Reply:
        self.problems.append(reason)
        return Reply.text(status, reason)

    def _given(self, mdn: Answer | None) -> Reply:
        """The MDN as the answer, or an empty answer while it is posted elsewhere."""
        if mdn is None:
            return Reply(200)
        if mdn.url is None:
            return Reply(200, mdn.headers, mdn.body)
        task = asyncio.ensure_future(self._post(mdn, mdn.url))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)
        return Reply(202)

    async def _post(self, mdn: Answer, url: str) -> None:
        try:
            answer = await post(url, mdn.headers, mdn.body, limits=self._limits)
        except (NotConnected, NoAnswer, HttpFault) as error:
            self.problems.append(f"an MDN could not be posted: {error}")
        else:
            if answer.status >= 300:
                self.problems.append(f"an MDN was not taken by {url}: {answer.start}")


@asynccontextmanager
async def listen(
    where: Where, folder: Path | None, party_at: Callable[[str], Party]
) -> AsyncIterator[Listener]:
    """The partner listens as long as the context lasts.

    Args:
        where: address and limits.
        folder: where files go; None takes MDNs only.
        party_at: makes the engine, given the URL where this listener is reached; it may block.

    Raises:
        PartyError: the address is taken, or the engine cannot be made.
    """
    listener = Listener(folder, where.limits)
    try:
        server = await serve(where.host, where.port, listener.handle, where.limits)
    except (OSError, OverflowError) as error:
        message = f"cannot listen on {where.host}:{where.port}: {error}; give another with --listen"
        raise PartyError(message) from None
    try:
        host = _EVERYWHERE.get(server.host, server.host)
        shown = f"[{host}]" if ":" in host else host
        listener.url = f"http://{shown}:{server.port}{where.path}"
        listener.play(await asyncio.to_thread(party_at, listener.url))
        yield listener
        await listener.settled()
    finally:
        await server.close()


def store(files: Iterable[File], folder: Path) -> list[Path]:
    """Writes files into a folder, each whole or not at all, none over another.

    Returns:
        Where they are: the announced name, with a number behind it when that was taken.

    Raises:
        OSError: none of them is there.
    """
    written: list[Path] = []
    try:
        for file in files:
            written.append(_store(file, folder))  # noqa: PERF401 - known also when the next fails
        sync_folder(folder)
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _store(file: File, folder: Path) -> Path:
    draft = folder / f".{secrets.token_hex(8)}.part"
    try:
        with draft.open("xb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        return _named(draft, folder, local_name(file.name))
    finally:
        draft.unlink(missing_ok=True)


def _named(draft: Path, folder: Path, name: str) -> Path:
    """Gives a draft its first free name; linking fails where renaming would replace."""
    number = 1
    while True:
        target = folder / (name if number == 1 else f"{name}.{number}")
        try:
            os.link(draft, target)
        except FileExistsError:
            number += 1
            continue
        except OSError:  # a file system without links: the name is taken first, then filled
            with suppress(FileExistsError):
                target.touch(exist_ok=False)
                return draft.replace(target)
            number += 1
            continue
        return target
