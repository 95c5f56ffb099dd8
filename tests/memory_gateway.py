"""The gateway of a node that is none: partners, deposits and returns in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from simulator.domain.raccordement import Raccordement
from simulator.runtime.gateway import GatewayError, Waiting
from simulator.runtime.spool import Spool

ISSUED = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class FakeReader:
    """The bytes of a return; `late` makes every read a coroutine."""

    def __init__(self, content: bytes, *, late: bool) -> None:
        self._content = content
        self._late = late
        self.closed = 0

    def read(self, offset: int, size: int) -> Any:
        block = self._content[offset : offset + size]
        return self._later(block) if self._late else block

    async def _later(self, block: bytes) -> bytes:
        await asyncio.sleep(0)
        return block

    def close(self) -> None:
        self.closed += 1


class MemoryGateway:
    """Implements the gateway but for its spools and for what a cut upload leaves.

    Args:
        protocol: what every deposit must say that it came over.
    """

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.partners: dict[str, Raccordement] = {}
        self.deposits: list[tuple[str, str, bytes]] = []
        self.returns: dict[int, tuple[Waiting, bytes]] = {}
        self.fetches: list[int] = []
        self.held: dict[int, str] = {}
        self.readers: list[FakeReader] = []
        self.refuse: Exception | None = None
        self.late_reads = False
        self.commit = asyncio.Event()
        self.commit.set()

    def add_return(self, name: str, content: bytes) -> int:
        number = len(self.returns) + len(self.fetches) + 1
        self.returns[number] = (Waiting(number, name, len(content), ISSUED), content)
        return number

    # -- the port -------------------------------------------------------------------------------

    def raccordement(self, user: str) -> Raccordement | None:
        return self.partners.get(user)

    async def change_password(self, partner: str, password: str, session: str) -> None:
        await self.commit.wait()
        if self.refuse is not None:
            raise self.refuse
        self.partners[partner] = self.partners[partner].with_password(password)

    async def deposit(
        self, partner: str, protocol: str, name: str, spool: Spool, session: str
    ) -> None:
        await self.commit.wait()
        if self.refuse is not None:
            raise self.refuse
        ref, content = await spool.finish()
        if content is None:
            content = spool.path.read_bytes()
        assert (ref.size, protocol) == (len(content), self.protocol)
        self.deposits.append((partner, name, content))

    async def waiting(self, partner: str) -> list[Waiting]:
        return [row for row, _ in self.returns.values()]

    async def open_return(self, number: int) -> FakeReader:
        if number not in self.returns:
            message = "this return is there no longer"
            raise GatewayError(message)
        self.readers.append(FakeReader(self.returns[number][1], late=self.late_reads))
        return self.readers[-1]

    async def fetched(self, number: int, partner: str, session: str, *, keep: bool = False) -> None:
        await self.commit.wait()
        if self.refuse is not None:
            raise self.refuse
        self.fetches.append(number)
        if not keep:
            del self.returns[number]

    def hold(self, number: int, session: str) -> bool:
        return self.held.setdefault(number, session) == session

    def release(self, number: int, session: str) -> None:
        if self.held.get(number) == session:
            del self.held[number]
