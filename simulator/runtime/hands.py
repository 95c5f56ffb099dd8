"""What lanes need done outside the engine: jobs for judging, bytes of returns, pushes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from simulator.domain.flows import BlobRef, CarriedFile, Deposit, Return, Work, blob_ref
from simulator.domain.judgement import Job, Judgement, Limits
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Reference
from simulator.exchange.inputs import Composed
from simulator.journal import contents
from simulator.journal.contents import ToJudge
from simulator.journal.store import Store
from simulator.runtime.engine import Compose
from simulator.runtime.lanes import PushOutcome
from simulator.runtime.readers import Readers
from simulator.validation.choice import packs_of_interface

if TYPE_CHECKING:
    from simulator.messages.carrying import Contents

log = logging.getLogger("aife_sim.hands")

# Deposits that are judged at once are the rule; a backlog beyond this is read back from the journal.
_FRESH_BYTES = 16 << 20


class Parcel(msgspec.Struct, frozen=True):
    """A return on its way to a partner that listens."""

    name: str
    content: bytes
    to: Raccordement
    resend: bool


class Letter(msgspec.Struct, frozen=True):
    """A receipt on its way by a connection of its own: raw head and body, and the URL it goes to."""

    raw: bytes
    url: str
    to: Raccordement | None


Push = Callable[[Parcel], Awaitable[PushOutcome]]
SendReceipt = Callable[[Letter], Awaitable[PushOutcome]]


class Judge(Protocol):
    """Judges a job somewhere else (`simulator.runtime.judging.JudgingPool`)."""

    async def judge(self, job: Job) -> Judgement:
        """Answers with a judgement, whatever the job does to its process."""


class NodeHands:
    """Implements `simulator.runtime.lanes.Hands` for a node.

    Args:
        store: the data folder.
        readers: reads the journal off the loop.
        pool: the judging processes.
        reference: says which syntax an interface is judged as.
        limits: bounds of a job.
        rules: whether documents are held to rule packs, or to schemas alone.
        compose: writes a return.
        partner: finds a raccordement in memory.
        at_once: how many jobs may hold their content in memory.
    """

    def __init__(  # noqa: PLR0913 - the composition root hands over what it made
        self,
        *,
        store: Store,
        readers: Readers,
        pool: Judge,
        reference: Reference,
        limits: Limits,
        rules: bool,
        compose: Compose,
        partner: Callable[[str], Raccordement | None],
        at_once: int = 4,
    ) -> None:
        self._store = store
        self._readers = readers
        self._pool = pool
        self._reference = reference
        self._limits = limits
        self._rules = rules
        self._compose_bytes = compose
        self._partner = partner
        self._slots = asyncio.Semaphore(at_once)
        self._fresh: dict[int, ToJudge] = {}
        self._fresh_bytes = 0
        self.pushers: dict[str, Push] = {}
        self.receipt_senders: dict[str, SendReceipt] = {}

    def remember(self, flow: int, received: datetime, deposit: Deposit) -> None:
        """Keeps the content of a deposit just made at hand: its job need not read it back."""
        blob, content = deposit.blob, deposit.content
        if content is not None and self._fresh_bytes < _FRESH_BYTES:
            kept = ToJudge(deposit.partner, deposit.name, received, blob.sha256, content)
            self._fresh[flow] = kept
            self._fresh_bytes += len(content)

    async def judge(self, work: Work) -> Judgement:
        """Builds the job of a flow and has it judged."""
        async with self._slots:
            job = await self._job(work.subject)
            if job.content is not None:
                return await self._pool.judge(job)
        return await self._pool.judge(job)  # on disk: it may wait for long and holds no memory

    async def _job(self, flow: int) -> Job:
        given = self._fresh.pop(flow, None)
        if given is None:
            given = await self._readers(contents.to_judge, flow)
        elif given.content is not None:
            self._fresh_bytes -= len(given.content)
        raccordement = self._partner(given.partner)
        interface = self._reference.catalogue[
            self._reference.catalogue.deposited_as(given.name[:8])
        ]
        packs = packs_of_interface(interface)
        on_disk = str(self._store.blob_path(given.sha256))
        return Job(
            name=given.name,
            syntax=interface.judged_as,
            circuit=raccordement.circuit if raccordement else "",
            packs=packs if self._rules else ("xsd",),
            off=() if self._rules else tuple(pack for pack in packs if pack != "xsd"),
            interface=interface.code,
            kind=interface.kind,
            on=given.received.date().isoformat(),
            limits=self._limits,
            content=given.content,
            path=on_disk if given.content is None else None,
        )

    async def compose(self, work: Work) -> Composed:
        """Writes a large return in a thread; beyond the inline size it becomes a file."""
        value = await self._readers(contents.return_value, work.subject)
        carried = await self._contents(work.space, value.blobs())
        ref, content = await asyncio.to_thread(self._written, value, carried)
        return Composed(work.id, work.subject, ref, content)

    async def enclosed(self, space: str, file: CarriedFile) -> bytes:
        """The bytes of a file that came with a status. Raises `ValueError`, `OSError`."""
        from simulator.messages.carrying import enclosed_file  # noqa: PLC0415 - as in `_written`

        blob = file.origin.blob if file.origin else file.blob
        carried = await self._contents(space, (blob,) if blob else ())
        return await asyncio.to_thread(enclosed_file, file, carried, self._limits)

    async def _contents(self, space: str, blobs: Iterable[BlobRef]) -> Contents:
        """Contents of the journal: small ones in memory, of others where they lie."""
        found: dict[str, bytes | Path] = {}
        for blob in blobs:
            data = await self._readers(contents.blob_named, space, blob.sha256)
            found[blob.sha256] = self._store.blob_path(blob.sha256) if data is None else data
        return found

    def _written(self, value: Return, carried: Contents) -> tuple[BlobRef, bytes | None]:
        if carried:
            # Readers of documents: a node that passes nothing on starts without them.
            from simulator.messages.carrying import filled  # noqa: PLC0415

            # It tells of every table of the fonts in a readable form.
            logging.getLogger("fontTools").setLevel(logging.WARNING)
            value = filled(value, carried, self._limits)
        content = self._compose_bytes(value)
        ref = blob_ref(content)
        if len(content) <= self._reference.options.inline:
            return ref, content
        self._store.write_blob(ref, content)
        return ref, None

    async def push(self, work: Work) -> PushOutcome:
        """Sends a return to where its partner listens."""
        value = await self._readers(contents.return_value, work.subject)
        to = self._partner(value.partner)
        push = self.pushers.get(to.protocol) if to else None
        if to is None or push is None:
            return PushOutcome(delivered=False, detail=f"no way to push to {value.partner}")
        sha256, data = await self._readers(contents.blob_of_return, work.subject)
        if data is None:
            data = await asyncio.to_thread(self._store.blob_path(sha256).read_bytes)
        try:
            return await push(Parcel(value.name, data, to, resend=work.attempt > 0))
        except Exception as error:  # whatever it is, the return must not stay "being pushed"
            log.exception("%s was not pushed", value.name)
            detail = f"{type(error).__name__}: {error}"
            return PushOutcome(delivered=False, detail=detail, outcome="refused")

    async def receipt(self, work: Work) -> PushOutcome:
        """Sends a receipt that was asked for by a connection of its own."""
        row = await self._readers(contents.receipt, work.subject)
        send = self.receipt_senders.get(row.protocol)
        if send is None:
            return PushOutcome(
                delivered=False, detail=f"no way to send receipts over {row.protocol}"
            )
        try:
            return await send(Letter(row.answer, row.url, self._partner(row.partner)))
        except Exception as error:
            log.exception("receipt %d was not sent", work.subject)
            return PushOutcome(delivered=False, detail=f"{type(error).__name__}: {error}")
