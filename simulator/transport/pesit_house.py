"""What the connections of one PeSIT server share: partners signed in, transfers under way, leftovers."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol

import msgspec

from simulator.domain.raccordement import Protocol as Wire
from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import ReturnReader, Waiting
from simulator.runtime.spool import Spool
from simulator.transport.pesit_hooks import Hooks, Note
from simulator.transport.pesit_link import SERVICE_CLOSED, Link
from simulator.transport.pesit_settings import PesitSettings
from simulator.transport.pesit_unfinished import Key, Unfinished
from simulator.wire import pesit

log = logging.getLogger("aife_sim.pesit")

CUT_FOR_ANOTHER = pesit.Diagnostic.named("cut-for-another")

# Wall seconds that a stopping server gives to commits under way.
_DRAIN = 10.0
# Wall seconds in which the partners of a stopping server may close their ends.
_GOODBYE = 2.0
# Wall seconds in which a connection gone silent may take note that it is cut.
_LAST_WORD = 0.2
# Transports beyond the bound that are heard, so that they can be told why they are refused.
_MORE = 32


class PesitGateway(Protocol):
    """What of `simulator.runtime.gateway.Gateway` a PeSIT server needs; see there."""

    def raccordement(self, user: str) -> Raccordement | None:
        """The raccordement of a code application, None without one that may sign in now."""

    async def change_password(self, partner: str, password: str, session: str) -> None:
        """Makes a password the partner's own, durable when this returns. Raises `GatewayError`."""

    def new_spool(self) -> Spool:
        """An empty place for an upload."""
        ...

    async def deposit(
        self, partner: str, protocol: Wire, name: str, spool: Spool, session: str
    ) -> None:
        """Makes a whole upload a deposit; durable when this returns. Raises `GatewayError`."""

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        """Notes a transfer that broke off."""

    async def waiting(self, partner: str) -> Sequence[Waiting]:
        """What a partner may fetch, oldest first."""
        ...

    async def open_return(self, number: int) -> ReturnReader:
        """The bytes of a return. Raises `GatewayError`."""
        ...

    async def fetched(self, number: int, partner: str, session: str, *, keep: bool = False) -> None:
        """Records that a return was read whole; durable when this returns. Raises `GatewayError`."""

    def hold(self, number: int, session: str) -> bool:
        """Reserves a return for one session; False while another session reads it."""
        ...

    def release(self, number: int, session: str) -> None:
        """Ends a reservation."""


Subject = tuple[str, Key] | int
"""What one connection at a time may be about: an upload of a partner, or a return."""


class Occupied(msgspec.Struct):
    """Who is about something.

    Attributes:
        link: the connection.
        freed: done when it no longer is.
        committing: the end of it is being made durable.
    """

    link: Link
    freed: asyncio.Future[None]
    committing: bool = False


class House:
    """One server, on all its ports.

    Args:
        gateway: the node.
        settings: manners and bounds.
        hooks: what is to be done beside.

    Attributes:
        busy: what connections are about: uploads by partner and key, returns by number.
    """

    def __init__(self, gateway: PesitGateway, settings: PesitSettings, hooks: Hooks) -> None:
        self.gateway = gateway
        self.settings = settings
        self.hooks = hooks
        self.links: set[Link] = set()
        self._surplus: set[Link] = set()
        self._empty = asyncio.Event()
        self.signed_in: Counter[str] = Counter()
        self.busy: dict[Subject, Occupied] = {}
        self._sessions = itertools.count(1)
        self._unfinished: dict[str, Unfinished] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enter(self, link: Link, port: str) -> str | None:
        """A connection came; the start of its label, None when there are too many to be heard.

        `port` is how labels of its connections begin.
        """
        if len(self.links) >= self.settings.max_connections + _MORE:
            return None
        self.links.add(link)
        self._empty.clear()
        if len(self.links) > self.settings.max_connections:
            self._surplus.add(link)
        label = f"{port}-{next(self._sessions)}"
        link.capture = self.hooks.capture(f"{label} {link.peer}")
        return label

    def leave(self, link: Link, partner: str) -> None:
        """A connection is gone."""
        self.links.discard(link)
        self._surplus.discard(link)
        if partner:
            self.signed_in[partner] -= 1
        if not self.links:
            self._empty.set()

    def has_room(self, link: Link) -> bool:
        """Whether a connection may be served: it came while there were few enough."""
        return link not in self._surplus

    def occupy(self, subject: Subject, link: Link) -> None:
        """A connection is about something now."""
        self.busy[subject] = Occupied(link, asyncio.get_running_loop().create_future())

    def free(self, subject: Subject) -> None:
        """It no longer is."""
        if (found := self.busy.pop(subject, None)) is not None:
            found.freed.set_result(None)

    def yields(self, subject: Subject) -> Occupied | None:
        """Who gives way to a restart: a commit that ends soon, or a connection gone silent."""
        found = self.busy.get(subject)
        if found is None:
            return None
        silent = found.link.silence >= self.settings.stale_after
        return found if found.committing or silent else None

    async def wait_for(self, found: Occupied) -> None:
        """Returns when it has given way; a connection gone silent is cut (3-314)."""
        if not found.committing:
            found.link.end(pesit.Abort(diagnostic=CUT_FOR_ANOTHER))
            await asyncio.wait({found.freed}, timeout=_LAST_WORD)
            found.link.cut()
        await asyncio.wait({found.freed})

    def unfinished(self, partner: str) -> Unfinished:
        """What the transfers of a partner left behind."""
        return self._unfinished.setdefault(partner, Unfinished(self.settings))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine to its end (`pesit_link.Spawn`)."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work for a connection failed", exc_info=error)

    async def close(self) -> None:
        """Ends every connection, waits for commits under way, forgets what is unfinished."""
        for link in [link for link in self.links if not link.is_working]:
            link.end(pesit.Abort(diagnostic=SERVICE_CLOSED))
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_DRAIN)
            for task in late:
                task.cancel()
        for link in list(self.links):
            link.end(pesit.Abort(diagnostic=SERVICE_CLOSED))
        if self.links:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), _GOODBYE)
        for link in list(self.links):
            link.cut()
        for left in self._unfinished.values():
            left.clear()


class Visit(msgspec.Struct, frozen=True):
    """A partner that has signed in on a connection.

    Attributes:
        house: the server.
        link: the connection.
        partner: code application.
        label: of the session, for the journal and for reservations.
    """

    house: House
    link: Link
    partner: str
    label: str

    @property
    def gateway(self) -> PesitGateway:
        """The node."""
        return self.house.gateway

    @property
    def unfinished(self) -> Unfinished:
        """What the transfers of this partner left behind."""
        return self.house.unfinished(self.partner)

    def tell(
        self,
        kind: Literal[
            "refused", "broken", "tolerated", "silent", "aborted", "message", "changed", "cut"
        ],
        diagnostic: pesit.Diagnostic | None,
        words: str,
    ) -> None:
        """Has something noted."""
        said = str(diagnostic) if diagnostic is not None else ""
        self.house.hooks.tell(Note(self.label, self.partner, kind, said, words))


def complement(words: str) -> bytes:
    """PI 29: a text in ASCII, at most 254 octets."""
    return words.encode("ascii", "replace")[:254]
