"""Diagnostics (PI 2): one octet of type, two of reason, and what they mean.

Source: PeSIT E annex D, and what Connect:Express adds (see ``data/diagnostics.toml``).
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulator.wire.pesit.tables import Provenance, rows

LENGTH: Final = 3


class DiagnosticRow(Provenance, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        name: short English name, stable, for programs.
        words: what it means, for a person.
        where: names of the FPDUs that may carry it, blank separated, or ``all``.
    """

    name: str
    words: str
    where: str


class Diagnostic(msgspec.Struct, frozen=True, order=True):
    """A diagnostic as it travels: ``Diagnostic(2, 204)`` is written 2-204.

    Attributes:
        kind: 0 success, 1 transmission, 2 file, 3 connection; 0 to 255.
        reason: 0 to 65535.
    """

    kind: int
    reason: int

    @classmethod
    def parse(cls, text: str) -> Diagnostic:
        """Reads ``"2-204"``; raises ValueError on anything else."""
        kind, dash, reason = text.partition("-")
        if not (dash and kind.isdecimal() and reason.isdecimal()):
            raise ValueError(f"expected a diagnostic such as 2-204, found {text!r}")
        return cls(int(kind), int(reason))

    @classmethod
    def named(cls, name: str) -> Diagnostic:
        """The diagnostic of that name in the table; raises KeyError."""
        return _BY_NAME[name]

    @property
    def is_success(self) -> bool:
        """Type 0, whatever the reason says."""
        return self.kind == 0

    @property
    def row(self) -> DiagnosticRow | None:
        """Its row in the table, if it has one."""
        return DIAGNOSTICS.get(self)

    @property
    def words(self) -> str:
        """What it means, for a person."""
        return self.row.words if self.row else "not in the table"

    def to_bytes(self) -> bytes:
        """The three octets of PI 2."""
        return bytes((self.kind,)) + self.reason.to_bytes(2, "big")

    @classmethod
    def from_bytes(cls, value: bytes) -> Diagnostic:
        """Reads PI 2; fewer than three octets are taken as a short reason."""
        return cls(value[0] if value else 0, int.from_bytes(value[1:3], "big"))

    def __str__(self) -> str:
        """As people write it: ``2-204``."""
        return f"{self.kind}-{self.reason:03d}"


DIAGNOSTICS: Final[dict[Diagnostic, DiagnosticRow]] = {
    Diagnostic.parse(code): row
    for code, row in rows("diagnostics", "diagnostics", DiagnosticRow).items()
}
"""Every diagnostic that has a meaning."""

_BY_NAME: Final = {row.name: diagnostic for diagnostic, row in DIAGNOSTICS.items()}

SUCCESS: Final = Diagnostic.named("success")
TRANSMISSION_ERROR: Final = Diagnostic.named("transmission-error")
RESYNC_IMPOSSIBLE: Final = Diagnostic.named("resynchronisation-impossible")
ABNORMAL_END: Final = Diagnostic.named("abnormal-end")
NETWORK_INCIDENT: Final = Diagnostic.named("network-incident")
PROTOCOL_ERROR: Final = Diagnostic.named("protocol-error")
IDLE_TOO_LONG: Final = Diagnostic.named("idle-too-long")
WATCHDOG_EXPIRED: Final = Diagnostic.named("watchdog-expired")
BAD_PARAMETER: Final = Diagnostic.named("bad-parameter")
TOO_MANY_RESYNCS: Final = Diagnostic.named("too-many-resynchronisations")
