"""What may be set about PeSIT: the server, the calls that the node makes, and the facts behind it."""

from __future__ import annotations

from typing import Literal

import msgspec

from simulator.wire import pesit

LONGEST_PART_ID = 24  # PI 3 and PI 4


def _within(name: str, found: int, least: int, most: int) -> None:
    if not least <= found <= most:
        message = f"{name}: expected {least} to {most}, found {found}"
        raise ValueError(message)


class Manner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a requester of ours speaks.

    All of it is agreed beforehand or offered; published nowhere (assumed).

    Attributes:
        article_length: octets of an article (PI 32), 1 to 65535.
        max_entity: octets of an entity at most (PI 25).
        sync_interval: KB between two points (PI 7); 0 for none, and no restart then.
        window: points that may wait for their acknowledgement; 0 = they are not acknowledged.
        crc: check octets behind each FPDU (PI 1): of little use inside TLS.
        compression: ask for both kinds (PI 21).
        prefixed: two octets of length before each entity, also on TLS; without TLS always.
        preconnection: the 24 octets before CONNECT that some products want.
        strict: refuse every liberty that the text does not give.
        attempts: connections for one errand at most, when they break off.
        pause: seconds before the next of them.
        timeout: seconds until a connection must stand.
        answer_timeout: Tp, seconds of silence in a transfer.
    """

    article_length: int = 4096
    max_entity: int = 32_768
    sync_interval: int = 1024
    window: int = 4
    crc: bool = False
    compression: bool = False
    prefixed: bool = True
    preconnection: bool = False
    strict: bool = False
    attempts: int = 3
    pause: float = 1.0
    timeout: float = 30.0
    answer_timeout: float = 30.0

    def __post_init__(self) -> None:
        _within("article_length", self.article_length, 1, 0xFFFF)
        _within("max_entity", self.max_entity, 64, 0xFFFF)
        _within("sync_interval", self.sync_interval, 0, 0xFFFF)
        _within("window", self.window, 0, 255)
        _within("attempts", self.attempts, 1, 100)

    @property
    def sync(self) -> pesit.SyncOption:
        """What PI 7 offers."""
        return pesit.SyncOption(self.sync_interval, self.window if self.sync_interval else 0)

    def options(self, *, tls: bool) -> pesit.Options:
        """Settings of a session of ours."""
        raw = tls and not self.prefixed
        return pesit.Options(
            profile=pesit.STRICT if self.strict else pesit.LENIENT,
            timers=pesit.Timers(answer=self.answer_timeout),
            framing=pesit.Framing.RAW if raw else pesit.Framing.PREFIXED,
        )


class PesitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Manners and bounds of the PeSIT server, and of the calls of the node.

    Profile Hors-SIT and version E: deduced. Everything else is published nowhere (assumed), as are
    the bounds. Timers as PeSIT E 4.6 has them (official), the idle one at its least.

    Attributes:
        part_id: our identifier, PI 4 of those who call, PI 3 when we do.
        strict: refuse every liberty that the text does not give; products take many.
        password_change: a partner may change its password in CONNECT (PI 5, characters 9 to 16).
        client_certificate: ``ask``: whoever shows one must show the registered one; ``require``:
            everyone must, as far as one is registered; ``ignore``: it is not asked for.
        sync_interval: KB between two points at most; 65535 leaves it to the peer, 0 grants none.
        window: points that may wait for their acknowledgement, at most.
        max_entity: octets of an entity that we grant at most.
        compression: take part in compression that is asked for.
        text: articles of a file announced as text (PI 16 = 0 or 1) are ``lines``, each without its
            end, or ``pieces`` of the file like those of a binary one. A file that starts as an
            archive or a PDF is never lines.
        once: a return that was read whole no longer waits; False records the reading and keeps it.
        article_length: octets of an article of a return that is read (PI 32).
        connect_timeout: Tc, seconds until CONNECT.
        answer_timeout: Tp, seconds of silence in a transfer.
        idle_timeout: Td, seconds between two files.
        close_timeout: Tr, seconds until the peer closes.
        max_connections: connections at a time, signed in or not.
        max_connections_per_partner: connections of one partner at a time.
        max_file: octets of one file at most; more is refused with 2-206 or 2-219.
        stale_after: seconds of silence after which a transfer gives way to its restart (PI 15) on
            another connection; until then that is refused with 2-207.
        kept_uploads: cut uploads of one partner that wait to be restarted; the oldest go first.
        kept_bytes: their size together, in bytes.
        kept_ends: transfers of one partner whose end is remembered, so that one whose receipt was
            lost can be restarted without a second deposit.
        calls: how we speak when we call out to push.
        raw_partners: code applications that want no prefix on TLS when we call.
        preconnection_partners: code applications that want the pre-connection when we call.
    """

    part_id: str = "CPP001"
    strict: bool = False
    password_change: bool = True
    client_certificate: Literal["ask", "require", "ignore"] = "ask"
    sync_interval: int = 0xFFFF
    window: int = 16
    max_entity: int = 0xFFFF
    compression: bool = True
    text: Literal["lines", "pieces"] = "lines"
    once: bool = True
    article_length: int = 4096
    connect_timeout: float = 30.0
    answer_timeout: float = 30.0
    idle_timeout: float = 300.0
    close_timeout: float = 30.0
    max_connections: int = 200
    max_connections_per_partner: int = 20
    max_file: int = 4 << 30
    stale_after: float = 2.0
    kept_uploads: int = 16
    kept_bytes: int = 4 << 30
    kept_ends: int = 256
    calls: Manner = Manner()
    raw_partners: tuple[str, ...] = ()
    preconnection_partners: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.part_id) <= LONGEST_PART_ID or not self.part_id.isascii():
            message = f"part_id: expected 1 to 24 ASCII characters, found {self.part_id!r}"
            raise ValueError(message)
        _within("article_length", self.article_length, 1, 0xFFFF)
        _within("sync_interval", self.sync_interval, 0, 0xFFFF)
        _within("window", self.window, 0, 255)
        _within("max_entity", self.max_entity, 64, 0xFFFF)

    @property
    def limits(self) -> pesit.Limits:
        """What is granted at most."""
        return pesit.Limits(
            sync=pesit.SyncOption(self.sync_interval, self.window),
            max_entity=self.max_entity,
            compression=pesit.Compression(self.compression, self.compression),
        )

    @property
    def options(self) -> pesit.Options:
        """Settings of a session that we serve."""
        return pesit.Options(
            profile=pesit.STRICT if self.strict else pesit.LENIENT,
            timers=pesit.Timers(
                answer=self.answer_timeout,
                connect=self.connect_timeout,
                idle=self.idle_timeout,
                close=self.close_timeout,
            ),
        )

    def manner(self, partner: str) -> Manner:
        """How we speak to a partner when we call it."""
        return msgspec.structs.replace(
            self.calls,
            prefixed=self.calls.prefixed and partner not in self.raw_partners,
            preconnection=self.calls.preconnection or partner in self.preconnection_partners,
        )
