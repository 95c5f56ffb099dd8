"""Receipts that pushes wait for: an asynchronous one comes by a connection of its own.

It may come before the POST that it speaks of was answered, so a push registers before its first byte.
"""

from __future__ import annotations

import asyncio

import msgspec

from simulator.domain.flows import Blob
from simulator.wire import as2


class Received(msgspec.Struct, frozen=True, eq=False):
    """A receipt with the raw bytes of the exchange that brought it."""

    mdn: as2.Mdn
    raw: Blob


class Awaiting:
    """Pushes under way whose receipt comes later, by partner and Message-ID."""

    def __init__(self) -> None:
        self._futures: dict[tuple[str, str], asyncio.Future[Received]] = {}

    def expect(self, partner: str, message_id: str) -> asyncio.Future[Received]:
        """A future for the receipt on a message; to be given back with `forget`."""
        future: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        self._futures[partner, message_id.strip("<>")] = future
        return future

    def forget(self, partner: str, message_id: str) -> None:
        """Nobody waits any more."""
        self._futures.pop((partner, message_id.strip("<>")), None)

    def is_expected(self, partner: str, mdn: as2.Mdn) -> bool:
        """Whether a push waits for this receipt."""
        future = self._futures.get((partner, mdn.original_message_id.strip("<> ")))
        return future is not None and not future.done()

    def settle(self, partner: str, mdn: as2.Mdn, raw: Blob) -> bool:
        """Hands a receipt to the push that waits for it; False when none does."""
        future = self._futures.get((partner, mdn.original_message_id.strip("<> ")))
        if future is None or future.done():
            return False
        future.set_result(Received(mdn, raw))
        return True
