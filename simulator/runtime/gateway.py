"""The port between a transport and the rest of a node: all that an SFTP, AS2 or PeSIT server needs.

A transport knows partners, spools and returns through this and nothing else; it never sees the
journal. `simulator.runtime.reception` implements it, tests use a fake.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from simulator.domain.flows import Blob, LateReceipt, WireRecord
from simulator.domain.raccordement import Protocol as Wire
from simulator.domain.raccordement import Raccordement
from simulator.runtime.spool import Spool


class GatewayError(Exception):
    """Something could not be done; its text is shown to the partner as it stands."""


class DisturbedOnDemand(GatewayError):
    """A fault that somebody gave disturbs this deposit.

    Attributes:
        taken: it is durable, and its sender is not to be told; else nothing was taken.
    """

    def __init__(self, reason: str, *, taken: bool) -> None:
        super().__init__(reason)
        self.taken = taken


class Waiting(msgspec.Struct, frozen=True):
    """A return that waits for its partner.

    Attributes:
        number: of the return, unique in the journal.
        name: flow name with extension.
        size: bytes.
        at: business instant of issue.
    """

    number: int
    name: str
    size: int
    at: datetime


class ReturnReader(Protocol):
    """The bytes of a return, open for reading."""

    def read(self, offset: int, size: int) -> bytes | Awaitable[bytes]:
        """At most `size` bytes from `offset`; fewer only at the end, none beyond it."""

    def close(self) -> None:
        """Gives back what the reader holds; called once."""


class Kept(msgspec.Struct, frozen=True):
    """Raw bytes that are safe on the machine: in `blob`, or (large) in the file at `path`."""

    blob: Blob
    path: Path | None


class Arrived(msgspec.Struct, frozen=True, eq=False):
    """A message that can be accepted, with all that it brings.

    Attributes:
        record: what went over the wire, the receipt included.
        partner: code application of its sender.
        files: name and content of each file.
        reply_to: URL that the receipt goes to, ``""`` when it is the answer of the connection.
        session: label of the connection.
    """

    record: WireRecord
    partner: str
    files: tuple[tuple[str, memoryview], ...]
    reply_to: str = ""
    session: str = ""


class Gateway(Protocol):
    """What a transport may ask of a node. `session` is a label for the journal and for `hold`."""

    def raccordement(self, user: str) -> Raccordement | None:
        """The raccordement of a code application, None if there is none; answers from memory."""

    async def change_password(self, partner: str, password: str, session: str) -> None:
        """Makes a password the partner's own; durable when this returns, and asked for from then on.

        Raises:
            GatewayError: it was not made durable; the old one stands.
        """

    def new_spool(self) -> Spool:
        """An empty place for an upload."""

    async def deposit(
        self, partner: str, protocol: Wire, name: str, spool: Spool, session: str
    ) -> None:
        """Makes a whole upload a deposit; it is durable when this returns.

        The caller discards the spool afterwards, whatever happened: what is kept of it has been
        copied or moved by then.

        Args:
            partner: code application of who signed in.
            protocol: protocol it came by.
            name: file name that the partner gave, whatever it is.
            spool: every byte of the upload.
            session: label of the session.

        Raises:
            GatewayError: nothing was made durable and nothing may be acknowledged.
        """

    def partner_named(self, as2_name: str) -> Raccordement | None:
        """The raccordement of an AS2 name, whatever its certificate; answers from memory."""

    async def keep(self, spool: Spool) -> Kept:
        """Makes a large spool a file of the journal; what no transaction refers to goes at a restart.

        Raises:
            GatewayError: the disk did not take it.
        """

    async def keep_bytes(self, content: bytes) -> Blob:
        """As `keep`, for bytes in memory."""

    async def take(self, message: Arrived) -> bytes | None:
        """Makes a message a deposit for each of its files; durable when this returns.

        Returns:
            The receipt of the first time, when the message was taken before; None for a new one.

        Raises:
            GatewayError: nothing was made durable and nothing may be acknowledged.
        """

    async def note(
        self,
        record: WireRecord,
        *,
        reply_to: str = "",
        session: str = "",
        late: LateReceipt | None = None,
    ) -> None:
        """Records an exchange that brought no flow; durable when this returns.

        Args:
            record: the exchange.
            reply_to: URL that its receipt goes to, ``""`` for none.
            session: label of the connection.
            late: what it says of a push that is over.

        Raises:
            GatewayError: it was not recorded.
        """

    async def upload_cut(self, partner: str, name: str, size: int, session: str) -> None:
        """Notes a transfer that broke off after `size` bytes: it is no deposit."""

    async def waiting(self, partner: str) -> Sequence[Waiting]:
        """What a partner may fetch, oldest first."""

    async def open_return(self, number: int) -> ReturnReader:
        """The bytes of a return. Raises `GatewayError` if it is there no longer."""

    async def fetched(self, number: int, partner: str, session: str, *, keep: bool = False) -> None:
        """Records that a return was read whole; durable when this returns.

        Args:
            number: of the return.
            partner: who fetched it.
            session: label of the session.
            keep: the return goes on waiting although it was fetched.

        Raises:
            GatewayError: it was not recorded; the return still waits.
        """

    def hold(self, number: int, session: str) -> bool:
        """Reserves a return for one session; False while another session reads it."""

    def release(self, number: int, session: str) -> None:
        """Ends a reservation of that session, if there is one."""
