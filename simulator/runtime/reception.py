"""The reception: what a transport asks of the node, whatever its protocol.

It turns a whole upload into a durable deposit, shows a partner its returns, and records what was
fetched. Nothing of a protocol is known here.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from simulator.domain.businesstime import parse_instant
from simulator.domain.flows import Blob, BlobRef, Deposit, LateReceipt, WireRecord
from simulator.domain.raccordement import Protocol as Wire
from simulator.domain.raccordement import Raccordement
from simulator.exchange.faults import Disturbed
from simulator.exchange.inputs import (
    Fetched,
    MessageTaken,
    PasswordChanged,
    UploadCut,
    WireNoted,
)
from simulator.exchange.receipts import Taken
from simulator.journal import contents, read
from simulator.journal.store import Store
from simulator.runtime.engine import JournalError
from simulator.runtime.gateway import (
    Arrived,
    DisturbedOnDemand,
    GatewayError,
    Kept,
    ReturnReader,
    Waiting,
)
from simulator.runtime.points import Point, nothing
from simulator.runtime.readers import Readers
from simulator.runtime.spool import Spool

log = logging.getLogger("aife_sim.reception")

SPACE = "default"  # strangers have no space of their own


class Submit(Protocol):
    """Runs a step and returns once it is durable (`EngineThread.submit`)."""

    async def __call__(self, space: str, value: object, *, urgent: bool = False) -> Any:  # noqa: ANN401
        """See `simulator.runtime.engine.EngineThread.submit`."""


class Reception:
    """Implements `simulator.runtime.gateway.Gateway` over the engine and the journal.

    Args:
        store: the data folder.
        submit: runs a step.
        readers: reads the journal off the loop.
        inline: largest content, in bytes, that is kept inside the journal file.
        now: business time of a space.
        point: named points.
    """

    def __init__(
        self,
        *,
        store: Store,
        submit: Submit,
        readers: Readers,
        inline: int,
        now: Callable[[str], datetime],
        point: Point = nothing,
    ) -> None:
        self._store = store
        self._now = now
        self._submit = submit
        self._readers = readers
        self._inline = inline
        self._point = point
        self._partners: dict[str, tuple[str, Raccordement]] = {}
        self._as2_names: dict[str, str] = {}
        self._held: dict[int, str] = {}

    # -- partners -------------------------------------------------------------------------------

    def know(self, space: str, raccordement: Raccordement) -> None:
        """Takes a raccordement into memory, where sign-in looks it up."""
        code = raccordement.code_application
        self._partners[code] = (space, raccordement)
        self._as2_names = {r.as2_id or c: c for c, (_, r) in sorted(self._partners.items())}

    def raccordement(self, user: str) -> Raccordement | None:
        """The raccordement of who signs in; None when its certificate is not valid now."""
        found = self._partners.get(user)
        if found is None:
            return None
        space, raccordement = found
        if not raccordement.has_valid_certificate(now := self._now(space)):
            log.warning(
                "%s may not sign in: its certificate is valid from %s to %s, business time is %s",
                user,
                raccordement.certificate_from,
                raccordement.certificate_to,
                now,
            )
            return None
        return raccordement

    async def change_password(self, partner: str, password: str, session: str) -> None:
        """Makes a password the partner's own; it is asked for from now on. Raises `GatewayError`."""
        space = self._space(partner)
        try:
            asked = PasswordChanged(partner, password, session)
            changed: Raccordement | None = await self._submit(space, asked, urgent=True)
        except JournalError as error:
            message = f"the password of {partner} was not changed: {error}"
            raise GatewayError(message) from error
        if changed is not None:
            self.know(space, changed)

    def partner(self, code: str) -> Raccordement | None:
        """The raccordement of a code application, whatever its certificate."""
        found = self._partners.get(code)
        return found[1] if found else None

    def partner_named(self, as2_name: str) -> Raccordement | None:
        """The raccordement of an AS2 name, whatever its certificate."""
        return self.partner(self._as2_names.get(as2_name, ""))

    def partners(self) -> list[tuple[str, Raccordement]]:
        """Every raccordement with its space, in code order."""
        return [self._partners[code] for code in sorted(self._partners)]

    def _space(self, partner: str) -> str:
        return self._partners[partner][0]

    # -- deposits -------------------------------------------------------------------------------

    def new_spool(self) -> Spool:
        """A place for an upload."""
        durable = self._store.sync == "full"
        return Spool(self._store.incoming, inline=self._inline, durable=durable)

    async def deposit(
        self, partner: str, protocol: Wire, name: str, spool: Spool, session: str
    ) -> None:
        """Makes a whole upload a deposit; it is durable when this returns.

        Raises:
            GatewayError: it could not be made durable; nothing was acknowledged.
        """
        self._point("deposit.received")
        try:
            blob = await self._kept(spool)
            deposit = Deposit(partner, protocol, name, blob.ref, blob.content, session)
            admitted = await self._submit(self._space(partner), deposit, urgent=True)
        except (OSError, JournalError) as error:
            message = f"{name} was not taken: {error}; send it again later"
            raise GatewayError(message) from error
        if isinstance(admitted, Disturbed):
            raise DisturbedOnDemand(admitted.reason, taken=False)
        if admitted.unsaid:
            raise DisturbedOnDemand(admitted.unsaid, taken=True)
        self._point("deposit.before-reply")
        asyncio.get_running_loop().call_soon(self._point, "deposit.after-reply")

    async def keep(self, spool: Spool) -> Kept:
        """Makes a large spool a file of the journal. Raises `GatewayError`."""
        try:
            blob = await self._kept(spool)
        except OSError as error:
            message = f"the message was not taken: {error}; send it again later"
            raise GatewayError(message) from error
        path = self._store.blob_path(blob.ref.sha256) if blob.content is None else None
        return Kept(blob, path)

    async def _kept(self, spool: Spool) -> Blob:
        """The content of a spool, on its way into the journal: a large one is a durable file now."""
        ref, content = await spool.finish()
        if content is None:
            assert spool.path is not None
            self._point("blob.synced")
            await asyncio.to_thread(self._store.adopt, spool.path, ref)
            self._point("blob.adopted")
        return Blob(ref, content)

    async def keep_bytes(self, content: bytes) -> Blob:
        """As `keep`, for bytes in memory. Raises `GatewayError`."""
        try:
            if len(content) <= self._inline:
                return self._small(content)
            return await asyncio.to_thread(self._large, content)
        except OSError as error:
            message = f"the disk did not take {len(content)} bytes: {error}"
            raise GatewayError(message) from error

    def _small(self, content: bytes | memoryview) -> Blob:
        return Blob.of(bytes(content))

    def _large(self, content: bytes | memoryview) -> Blob:
        ref = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
        self._store.write_blob(ref, content)
        return Blob(ref, None)

    async def take(self, message: Arrived) -> bytes | None:
        """Makes a message a deposit for each of its files; see `Gateway.take`."""
        self._point("deposit.received")
        partner, record = message.partner, message.record
        try:
            deposits = []
            for name, content in message.files:
                blob = await self._content(content)
                deposits.append(
                    Deposit(partner, record.protocol, name, blob.ref, blob.content, message.session)
                )
            value = MessageTaken(record, tuple(deposits), message.reply_to, message.session)
            taken: Taken = await self._submit(self._space(partner), value, urgent=True)
        except (OSError, JournalError) as error:
            message_text = f"the message was not taken: {error}; send it again later"
            raise GatewayError(message_text) from error
        if taken.disturbed:
            raise DisturbedOnDemand(taken.disturbed.reason, taken=taken.disturbed.taken)
        self._point("deposit.before-reply")
        asyncio.get_running_loop().call_soon(self._point, "deposit.after-reply")
        return taken.repeated

    async def _content(self, content: memoryview) -> Blob:
        if len(content) <= self._inline:
            return self._small(content)
        return await asyncio.to_thread(self._large, content)

    async def note(
        self,
        record: WireRecord,
        *,
        reply_to: str = "",
        session: str = "",
        late: LateReceipt | None = None,
    ) -> None:
        """Records an exchange that brought no flow. Raises `GatewayError`."""
        space = self._partners[record.partner][0] if record.partner in self._partners else SPACE
        try:
            await self._submit(space, WireNoted(record, reply_to, session, late), urgent=True)
        except JournalError as error:
            message = f"the exchange was not recorded: {error}"
            raise GatewayError(message) from error

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        """Notes a transfer that broke off: it is no deposit."""
        try:
            cut = UploadCut(partner, name, size, session)
            await self._submit(self._space(partner), cut, urgent=True)
        except JournalError as error:  # a note; the partner's own failure must not depend on it
            log.warning("the broken upload of %s was not noted: %s", name, error)

    # -- returns --------------------------------------------------------------------------------

    async def waiting(self, partner: str) -> Sequence[Waiting]:
        """What a partner may fetch, oldest first."""
        rows = await self._readers(read.waiting, self._space(partner), partner)
        return [Waiting(r["id"], r["name"], r["size"], parse_instant(r["issued"])) for r in rows]

    async def open_return(self, number: int) -> ReturnReader:
        """The bytes of a return that still waits. Raises `GatewayError` for one that does not."""
        try:
            sha256, data = await self._readers(contents.blob_of_return, number, waiting_only=True)
        except read.NoSuchFlow as gone:
            raise GatewayError(str(gone)) from None
        if data is not None:
            return _Held(data, self._point)
        return _File(self._store.blob_path(sha256), self._point)

    async def fetched(self, number: int, partner: str, session: str, *, keep: bool = False) -> None:
        """Records that a return was read whole; durable when this returns."""
        try:
            done = Fetched(number, partner, keep, session)
            await self._submit(self._space(partner), done, urgent=True)
        except JournalError as error:
            message = f"the fetch was not recorded: {error}"
            raise GatewayError(message) from error
        self._point("fetch.before-reply")
        asyncio.get_running_loop().call_soon(self._point, "fetch.after-reply")

    def hold(self, number: int, session: str) -> bool:
        """Reserves a return for one session; False while another one reads it."""
        return self._held.setdefault(number, session) == session

    def release(self, number: int, session: str) -> None:
        """Ends a reservation."""
        if self._held.get(number) == session:
            del self._held[number]


class _Held:
    """A small return, in memory."""

    def __init__(self, data: bytes, point: Point) -> None:
        self._data = data
        self._point = point

    def read(self, offset: int, size: int) -> bytes:
        self._point("fetch.read")
        return self._data[offset : offset + size]

    def close(self) -> None:
        self._data = b""


class _File:
    """A large return, in the blob folder."""

    def __init__(self, path: Path, point: Point) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._point = point

    def read(self, offset: int, size: int) -> bytes:
        self._point("fetch.read")
        return os.pread(self._descriptor, size, offset)

    def close(self) -> None:
        os.close(self._descriptor)
