"""How strictly a peer is read, and the settings of a session.

The text leaves little open, products leave much of it aside. Each known liberty is a row of
``data/deviations.toml``: the lenient profile notes most of them (the session yields
`Tolerated`), the strict profile refuses all, and a caller may choose row by row.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from simulator.wire.pesit.diagnostics import Diagnostic
from simulator.wire.pesit.tables import Provenance, rows


class Deviation(Provenance, frozen=True, kw_only=True):
    """One row of the table of deviations.

    Attributes:
        diagnostic: what a refusal answers with, ``"3-318"``.
        answer: ``abort`` or ``interrupt``.
        end: of an interruption, ``error`` (a restart may follow) or ``cancel``.
        cause: of 3-318, the cause that PI 29 gives; 0 for none.
        lenient: the lenient profile tolerates it.
        words: what it is, for a person.
    """

    diagnostic: str
    words: str
    lenient: bool
    answer: str = "abort"
    end: str = "error"
    cause: int = 0

    @property
    def refusal(self) -> Diagnostic:
        """``diagnostic`` as a value."""
        return Diagnostic.parse(self.diagnostic)


DEVIATIONS: Final[dict[str, Deviation]] = rows("deviations", None, Deviation)
"""Every deviation that we know of, by name."""


class Tolerated(msgspec.Struct, frozen=True):
    """An event: the peer did something outside the text and we went on.

    Attributes:
        deviation: name of the row of ``deviations.toml``.
        fpdu: name of the FPDU, as the text writes it.
        words: what was found and where.
    """

    deviation: str
    fpdu: str
    words: str


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Which deviations are refused, and how much a peer may make us keep.

    Attributes:
        name: shown in reports.
        refused: names of the deviations that end in an error.
        vertical_tail: what vertical compression refers to past a shorter previous article:
            ``blank`` (the text: 40h) or ``kept`` (Connect:Express: what an older one left there;
            deduced, and the lenient default because it is the product that compresses).
        max_article: octets of a segmented article at most, when PI 32 does not say less.
        max_message: octets of a segmented message at most.
        max_resyncs: resynchronisations in one transfer before 3-320 (assumed).
        marks_kept: synchronisation points remembered in one transfer.
    """

    name: str
    refused: frozenset[str]
    vertical_tail: str = "kept"
    max_article: int = 1 << 20
    max_message: int = 1 << 16
    max_resyncs: int = 16
    marks_kept: int = 1024

    def refusing(self, *names: str) -> Profile:
        """The same, refusing those deviations too; raises KeyError for an unknown one."""
        known = {name for name in names if DEVIATIONS[name]}
        return msgspec.structs.replace(self, name=f"{self.name}+", refused=self.refused | known)

    def tolerating(self, *names: str) -> Profile:
        """The same, tolerating those deviations; raises KeyError for an unknown one."""
        known = {name for name in names if DEVIATIONS[name]}
        return msgspec.structs.replace(self, name=f"{self.name}-", refused=self.refused - known)


LENIENT: Final = Profile(
    name="lenient",
    refused=frozenset(name for name, row in DEVIATIONS.items() if not row.lenient),
)
"""Reads what real products send; the default."""

STRICT: Final = Profile(name="strict", refused=frozenset(DEVIATIONS), vertical_tail="blank")
"""Reads the text and nothing else."""


class Framing(enum.Enum):
    """What stands before an FPDU: two octets with the entity's length, or nothing (TLS only)."""

    PREFIXED = "prefixed"
    RAW = "raw"


class Packing(enum.Enum):
    """How articles we send fill FPDUs."""

    SINGLE = "single"
    """One article an FPDU, for a peer that does not read several."""
    WHOLE = "whole"
    """As many whole articles as fit."""
    FILL = "fill"
    """As WHOLE, then the start of the next one: the shape of Connect:Express."""


class Timers(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds before a silent peer is given up; source: PeSIT E 4.6.

    Attributes:
        answer: Tp, an answer or any activity inside a transfer.
        connect: Tc, the server waits for CONNECT.
        idle: Td, the server waits between two transfers; at least 300 in the text.
        close: Tr, the peer closes the transport after the last FPDU.
    """

    answer: float = 30.0
    connect: float = 30.0
    idle: float = 300.0
    close: float = 30.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one session.

    Attributes:
        profile: how strictly the peer is read.
        timers: how long it may be silent.
        framing: what a requester puts before its FPDUs; a server follows its requester.
        packing: how articles fill FPDUs.
        concatenate: put DTF, SYN and DTF.END of one `send` into one entity when they fit.
    """

    profile: Profile = LENIENT
    timers: Timers = Timers()
    framing: Framing = Framing.PREFIXED
    packing: Packing = Packing.WHOLE
    concatenate: bool = True
